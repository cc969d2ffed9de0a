#!/usr/bin/env python3
"""test_traps: what breaks a naive reader of logs, a case each: made-up evidence, and what must come of it.

The traps are those of the reference of log formats; the number in front of a case is its section there (1 Microsoft 365, 2 Entra and Azure,
3 CloudTrail, 4 Google, Google Cloud and Okta, 5 Windows, 6 Zeek, 7 web servers, 8 syslog and Unix, 10 call records, 12 in general).
Marked ones (!) are called traps there, all others are told in passing. A file has a name that says nothing, and a time of its own: 2021-06-30.
"""

import gzip
import io
import json
import os
import pathlib
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib

from evidence import BINARY, SHARED, hunt, run

WRITTEN = 1625011200  # 2021-06-30T00:00:00Z
ABSENT = object()
IDS = ("aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002")


def whole(*records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def quoted(*cells):
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\r\n"


def m365(**more):
    return {"CreationTime": "2021-05-18T21:13:33", "Id": IDS[0], "RecordType": 1, "Workload": "Exchange", "UserId": "ann@example.org",
            "Operation": "New-InboxRule", **more}  # fmt: skip


def sign_in(**more):
    return m365(Workload="AzureActiveDirectory", RecordType=15, **more)


def cloudtrail(**more):
    return {"eventTime": "2023-07-10T11:42:36Z", "eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "awsRegion": "us-east-1",
            "sourceIPAddress": "198.51.100.7", "eventID": IDS[0], **more}  # fmt: skip


def windows(system, data):
    return {"Event": {"System": {"Channel": "Security", "Computer": "pc1", "EventID": 4624, "TimeCreated": {"#attributes": {"SystemTime": "2021-03-14T01:39:32.1234567Z"}},
                                 **system}, "EventData": data}}  # fmt: skip


RAW_XML = ("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing' Guid='{G}'/><EventID>4688</EventID>"
           "<TimeCreated SystemTime='2021-01-11T10:48:46.476330800Z'/><EventRecordID>77</EventRecordID><Correlation ActivityID='{A}'/><Channel>Security</Channel>"
           "<Computer>pc1.example.org</Computer><Security/></System><EventData><Data Name='NewProcessName'>C:\\a &amp; b\\&lt;x&gt;.exe</Data><Data>by its place</Data>"
           "<Data Name='Empty'></Data></EventData></Event>")  # fmt: skip


def azure_windows(xml):
    return {"time": "2021-01-11T10:48:46.4763308Z", "category": "WindowsEventLogsTable", "properties": {
        "ProviderName": "Microsoft-Windows-Security-Auditing", "EventId": 4688, "Channel": "Security", "RoleInstance": "_ROLE", "RawXml": xml}}  # fmt: skip


def zeek(*lines, head="#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tssh\n#fields\tts\tuid\tid.orig_h\tclient\ttags\n#types\ttime\tstring\taddr\tstring\tset[string]\n"):
    return head + "".join(line + "\n" for line in lines)


IIS = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2021-03-14 23:59:58\n"
AUDIT = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status"
MASTER = '"","030123","040987","out","""Ann"" <030123>","SIP/a-1","SIP/b-2","Dial","SIP/b","2021-03-14 08:12:03","2021-03-14 08:12:09","2021-03-14 08:13:03",60,54,"ANSWERED","DOCUMENTATION","1615705923.2",""\n'
CUSTOM = '"""Ann"" <030123>","030123","040987","out","SIP/a-1","SIP/b-2","Dial","SIP/b","2021-03-14 08:12:03","","2021-03-14 08:12:34","31","0","BUSY","DOCUMENTATION","","1615705923.7","",2\n'
CUCM = (
    '"cdrRecordType","globalCallID_callManagerId","globalCallID_callId","dateTimeOrigination","origIpAddr","callingPartyNumber","originalCalledPartyNumber",'
    '"finalCalledPartyNumber","destIpAddr","destCause_value","dateTimeConnect","dateTimeDisconnect","duration"\n'
    "INTEGER,INTEGER,INTEGER,INTEGER,INTEGER,VARCHAR(50),VARCHAR(50),VARCHAR(50),INTEGER,INTEGER,INTEGER,INTEGER,INTEGER\n"
    '1,1,4711,1615705923,-939392758,"030123","6789","6790",16777226,16,1615705930,1615705990,60\n'
)
CEF = "Jan 18 11:07:53 fw CEF:0|Vendor|Product|1.0|100|a \\| b|7|src=10.0.0.1 msg=a\\=b c dst=10.0.0.2\n"

# (name, evidence, events): of each event the members that must be so; ABSENT: must not be there.
CASES = [
    ("1! the operation is free text: an en dash, a blank at the end", whole(m365(Operation="Update application – Certificates and secrets management ", Workload="AzureActiveDirectory", RecordType=8)),
     [{"fields.Operation": "Update application – Certificates and secrets management ", "time": "2021-05-18T21:13:33Z"}]),
    ("1! ... and a full stop", whole(m365(Operation="Add member to role.", Workload="AzureActiveDirectory", RecordType=8)), [{"fields.Operation": "Add member to role.", "kind": "m365/entra/Add member to role."}]),
    ("1! a row without a record", quoted("CreationDate", "UserIds", "Operations", "AuditData") + quoted("5/18/2021 9:13:33 PM", "ann@example.org", "MailItemsAccessed", "")
     + quoted("5/18/2021 12:00:01 AM", "ann@example.org", "New-InboxRule", json.dumps(m365())),
     [{"time": "2021-05-18T21:13:33Z", "roles.account": "ann@example.org", "zone": "given"}, {"kind": "m365/exchange/New-InboxRule", "time": "2021-05-18T21:13:33Z"}]),
    ("1! one account in two spellings", whole(m365(UserId="Ann@Example.org"), m365(UserId="ann@example.org", Id=IDS[1])), [{"roles.account": "ann@example.org"}, {"roles.account": "ann@example.org"}]),
    ("1! accounts that are no addresses", whole(*(m365(UserId=name) for name in ("Certificate", "NOT-FOUND", "S-1-5-18", "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)"))),
     [{"fields.UserId": name} for name in ("Certificate", "NOT-FOUND", "S-1-5-18", "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)")]),
    ("1! ResultStatus tells nothing of a sign-in", whole(sign_in(Operation="UserLoginFailed", ResultStatus="Success", LogonError="InvalidUserNameOrPassword"),
                                                        sign_in(Operation="UserLoginFailed", ResultStatus="Failed", LogonError="UserStrongAuthEnrollmentRequiredInterrupt"),
                                                        sign_in(Operation="UserLoggedIn", ResultStatus="Success")),
     [{"roles.outcome": "failure"}, {"roles.outcome": "interrupted"}, {"roles.outcome": "success"}]),
    ("1! ... but elsewhere it does, in five spellings", whole(*(m365(ResultStatus=word) for word in ("True", "Success", "Succeeded", "Failed", "Failure", "PartiallySucceeded")), m365()),
     [{"roles.outcome": word} for word in ("success", "success", "success", "failure", "failure", "partial", ABSENT)]),
    ("1 an address with a port, in three forms, or none", whole(m365(ClientIP="198.51.100.7:52378"), m365(ClientIPAddress="[2001:db8::1]:443"), m365(ActorIpAddress="2001:db8::2"), m365(ClientIP=""), m365()),
     [{"roles.client_address": "198.51.100.7"}, {"roles.client_address": "2001:db8::1"}, {"roles.client_address": "2001:db8::2"}, {"roles.client_address": ABSENT}, {"roles.client_address": ABSENT}]),
    ("1 parameters that are a text", whole(m365(Parameters="-Identity x", Workload="SecurityComplianceCenter", RecordType=18), m365(Parameters=[{"Name": "ForwardTo", "Value": "x@example.net"}])),
     [{"fields.Parameters": "-Identity x"}, {"fields.Parameters.ForwardTo": ["x@example.net"]}]),
    ("1 a line end within a value", whole(m365(OriginatingServer="HE1 (15.20)\r\n")), [{"fields.OriginatingServer": "HE1 (15.20)\r\n"}]),
    ("1 all keys in lower case", whole({"creationtime": "2022-12-12 22:19:00", "operation": "New-InboxRule", "workload": "Exchange", "userid": "ann@example.org", "clientip": "198.51.100.7", "id": IDS[0]}),
     [{"kind": "m365/exchange/New-InboxRule", "time": "2022-12-12T22:19:00Z", "roles.client_address": "198.51.100.7"}]),
    ("2 no address but a text that looks like markup", whole({"time": "2021-03-14T01:39:32.1234567Z", "category": "SignInLogs", "operationName": "Sign-in activity", "callerIpAddress": "<null>", "resourceId": "/tenants/x/providers/Microsoft.aadiam",
                                                              "properties": {"userPrincipalName": "Ann@example.org"}}),
     [{"roles.client_address": ABSENT, "time": "2021-03-14T01:39:32.1234567Z", "precision": "7", "roles.account": "ann@example.org"}]),
    ("3! records are not in order of time", json.dumps({"Records": [cloudtrail(eventTime="2023-07-10T11:43:34Z"), cloudtrail(eventTime="2023-07-10T11:42:36Z", eventID=IDS[1])]}),
     [{"time": "2023-07-10T11:43:34Z", "record": 1}, {"time": "2023-07-10T11:42:36Z", "record": 2}]),
    ("3 the address is a service", whole(cloudtrail(sourceIPAddress="secretsmanager.amazonaws.com"), cloudtrail(sourceIPAddress="AWS Internal")), [{"roles.client_address": ABSENT}] * 2),
    ("3 null, and no type of identity", whole(cloudtrail(requestParameters=None, responseElements=None, resources=None, userIdentity={"invokedBy": "x.amazonaws.com"})), [{"kind": "aws/cloudtrail/iam.amazonaws.com", "roles.account": "x.amazonaws.com", "roles.outcome": "success"}]),
    ("3 what was denied, and a sign-in that failed", whole(cloudtrail(errorCode="AccessDenied"), cloudtrail(eventName="ConsoleLogin", responseElements={"ConsoleLogin": "Failure"})), [{"roles.outcome": "failure"}] * 2),
    ("4 a record that holds several events", whole({"kind": "admin#reports#activity", "id": {"time": "2020-11-25T21:27:03.496Z", "uniqueQualifier": "-1", "applicationName": "login", "customerId": "C1"}, "actor": {"email": "ann@example.org"},
                                                   "ipAddress": "198.51.100.7", "events": [{"type": "login", "name": "login_failure"}, {"type": "login", "name": "login_success"}]}),
     [{"fields.events.name": "login_failure", "record": 1}, {"fields.events.name": "login_success", "record": 1}]),
    ("4 nine decimals", whole({"protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "x", "serviceName": "y"}, "timestamp": "2021-10-19T02:04:00.272384509Z", "logName": "projects/x/logs/cloudaudit", "insertId": "1"}),
     [{"time": "2021-10-19T02:04:00.272384509Z", "precision": "9"}]),
    ("5! local time without zone: Sysmon's own time is right", whole({"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "SourceName": "Microsoft-Windows-Sysmon", "Hostname": "pc1", "EventTime": "2021-03-14 01:39:32",
                                                                     "@timestamp": "2021-03-14T01:39:32.000Z", "UtcTime": "2021-03-14 06:39:30.123", "CommandLine": "a"}),
     [{"time": "2021-03-14T06:39:30.123Z", "kind": "windows/sysmon/1"}]),
    ("5 an event id as number, text and object", whole(windows({"EventID": 4625}, {}), windows({"EventID": "4625"}, {}), windows({"EventID": {"#text": 4625, "#attributes": {"Qualifiers": 0}}}, {})), [{"fields.EventID": "4625", "kind": "windows/security/4625"}] * 3),
    ("5 Azure's diagnostics: the event as XML", whole(azure_windows(RAW_XML), azure_windows(RAW_XML[: RAW_XML.index("<Data Name='Empty'")]), azure_windows("no XML")), [
        {"kind": "windows/security/4688", "time": "2021-01-11T10:48:46.4763308Z", "roles.host": "pc1.example.org", "fields.NewProcessName": "C:\\a & b\\<x>.exe", "fields.Empty": "",
         "fields.EventRecordID": "77", "fields.Correlation_ActivityID": "{A}", "fields.Data": "by its place", "fields.EventID": "4688", "fields.RoleInstance": "_ROLE", "fields.RawXml": RAW_XML},
        {"kind": "windows/security/4688", "roles.host": "pc1.example.org", "fields.NewProcessName": "C:\\a & b\\<x>.exe", "fields.Empty": ABSENT, "fields.EventID": "4688"},
        {"kind": "windows/security/4688", "roles.host": ABSENT, "fields.EventID": "4688", "fields.Channel": "Security", "fields.RawXml": "no XML"}]),
    ("5 Log Analytics: the tables Event and SecurityEvent", whole(
        {"TimeGenerated": "2021-01-11T10:48:46.47", "EventLog": "Microsoft-Windows-Sysmon/Operational", "Source": "Microsoft-Windows-Sysmon", "EventID": 1, "Computer": "pc1",
         "EventData": "<DataItem type=\"System.XmlData\"><EventData xmlns=\"u\"><Data Name=\"Image\">C:\\x.exe</Data><Data Name=\"CommandLine\">x &quot;y&quot;</Data></EventData></DataItem>"},
        {"TimeGenerated": "2021-01-11T10:48:46.47Z", "Channel": "Security", "EventSourceName": "Microsoft-Windows-Security-Auditing", "EventID": 4688, "Computer": "pc1", "NewProcessName": "C:\\y.exe",
         "EventData": "<EventData xmlns=\"u\"><Data Name=\"NewProcessName\">C:\\y.exe</Data><Data Name=\"TokenElevationType\">%%1937</Data></EventData>"}), [
        {"kind": "windows/sysmon/1", "roles.host": "pc1", "fields.Image": "C:\\x.exe", "fields.CommandLine": 'x "y"', "fields.Channel": "Microsoft-Windows-Sysmon/Operational"},
        {"kind": "windows/security/4688", "roles.host": "pc1", "fields.NewProcessName": "C:\\y.exe", "fields.TokenElevationType": "%%1937", "time": "2021-01-11T10:48:46.470Z"}]),
    ("5 XML that is hostile", whole(azure_windows("<Event>" * 40 + "x"), azure_windows("<Event><EventData>" + "<Data Name='a'>1</Data>" * 9000 + "</EventData></Event>"),
                                    azure_windows(f"<Event><{'e' * 2000} a='1'><f>2</f></{'e' * 2000}><System><Computer>pc2</Computer></System></Event>")),
     [{"kind": "windows/security/4688"}, {"kind": "windows/security/4688"}, {"roles.host": "pc2"}]),
    ("5 a channel in other letters", whole(windows({"Channel": "security"}, {})), [{"kind": "windows/security/4624"}]),
    ("5 a number of 64 bits", whole(windows({"Keywords": -9223372036854775808}, {})), [{"fields.Keywords": "-9223372036854775808"}]),
    ("6! more digits than a double has", zeek("1521911799.739898\tC1\t198.51.100.7\tx\t(empty)") + "", [{"time": "2018-03-24T17:16:39.739898Z", "precision": "6"}]),
    ("6! ... in JSON", whole({"_path": "ssh", "uid": "C1", "id.orig_h": "198.51.100.7", "id.resp_h": "192.0.2.1"}).replace("{", '{"ts":1521911799.739898,', 1), [{"time": "2018-03-24T17:16:39.739898Z", "fields.ts": "1521911799.739898"}]),
    ("6 a dash that is one, a separator, a comment that is none", zeek("1.5\tC1\t198.51.100.7\t\\x2d\ta,b", "2.5\tC2\t198.51.100.7\ta\\x09b\t-", "\\x233\tC3\t198.51.100.7\t-\t(empty)"),
     [{"fields.client": "-", "fields.tags": ["a", "b"], "time": "1970-01-01T00:00:01.500Z"}, {"fields.client": "a\tb", "fields.tags": ABSENT}, {"fields.client": ABSENT, "time": None}]),
    ("6 several heads in one file", zeek("1.5\tC1\t198.51.100.7\tx\t-") + "#close\t2021-01-01-00-00-00\n" + zeek("2.5\tC2\t198.51.100.7\ty\t-"), [{"fields.client": "x"}, {"fields.client": "y"}]),
    ("6 a stream without kind of its own keeps its name", zeek("1.5\tC1\t198.51.100.7\t5060\t192.0.2.1\t5060\tINVITE\tsip:1@example.org", head=zeek().replace("ssh", "sip").replace("id.orig_h\tclient\ttags", "id.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tmethod\turi")
                                                                  .replace("addr\tstring\tset[string]", "addr\tport\taddr\tport\tstring\tstring")), [{"kind": "zeek/other/sip"}]),
    ("6 ... and one without name is not taken for another", whole({"ts": 1.5, "uid": "C1", "id.orig_h": "198.51.100.7", "id.orig_p": 5060, "id.resp_h": "192.0.2.1", "id.resp_p": 5060, "trans_depth": 0, "method": "INVITE", "uri": "sip:1@example.org", "seq": "1 INVITE"},
                                                                  {"ts": 1.5, "uid": "C2", "id.orig_h": "198.51.100.7", "id.orig_p": 5060, "id.resp_h": "192.0.2.1", "id.resp_p": 80, "trans_depth": 1, "method": "GET", "uri": "/x", "request_body_len": 0}),
     [{"kind": "zeek/plain"}, {"kind": "zeek/plain/http"}]),
    ("7! lines in quotes as a whole, not in order of time", '"198.51.100.7 - - [22/Dec/2016:16:18:20 +0300] "GET /a HTTP/1.1" 200 5 "-" "x""\n"198.51.100.8 - - [22/Dec/2016:16:18:02 +0300] "GET /b HTTP/1.1" 404 5 "-" "x""\n',
     [{"kind": "web/access", "time": "2016-12-22T13:18:20Z", "roles.client_address": "198.51.100.7", "roles.object": "/a"}, {"time": "2016-12-22T13:18:02Z", "roles.object": "/b"}]),
    ("7 a request that is none, and one with quotes", '198.51.100.7 - - [22/Dec/2016:16:18:20 +0000] "-" 408 - "-" "-"\n198.51.100.7 - - [22/Dec/2016:16:18:20 +0000] "\\x16\\x03\\x01" 400 226 "-" "-"\n'
     '198.51.100.7 - - [22/Dec/2016:16:18:21 +0000] "GET /a?b=\\"c\\" HTTP/1.1" 200 5 "-" "x \\"y\\""\n',
     [{"kind": "web/access"}, {"kind": "web/access", "fields.sc-status": "400"}, {"fields.cs-uri-stem": "/a", "fields.cs-uri-query": 'b="c"', "fields.cs-user-agent": 'x "y"'}]),
    ("7 no date among the fields, and midnight", IIS + "#Fields: time c-ip cs-method cs-uri-stem sc-status\n23:59:59 198.51.100.7 GET /a 200\n00:00:01 198.51.100.7 GET /b 200\n", [{"time": "2021-03-14T23:59:59Z"}, {"time": "2021-03-15T00:00:01Z"}]),
    ("7 other fields after a restart", IIS + "#Fields: date time c-ip cs-method cs-uri-stem\n2021-03-14 01:02:03 198.51.100.7 GET /a\n" + IIS + "#Fields: date time cs-method cs-uri-stem c-ip\n2021-03-14 01:02:04 GET /b 198.51.100.7\n",
     [{"roles.object": "/a", "roles.client_address": "198.51.100.7"}, {"roles.object": "/b", "roles.client_address": "198.51.100.7"}]),
    ("7 a log of the same form whose times are local, and not of a web server", "#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n#Fields: date time action protocol src-ip dst-ip src-port dst-port size\n"
     "2021-03-14 08:12:03 DROP UDP 198.51.100.7 192.0.2.1 137 138 78\n", [{"kind": "firewall/windows", "time": "2021-03-14T08:12:03Z", "zone": "assumed", "roles.client_address": "198.51.100.7", "roles.outcome": "failure"}]),
    ("8 neither year nor zone", "Dec 10 06:55:46 srv1 sshd[24200]: Invalid user x from 198.51.100.7\nMar  6 04:07:23 srv1 sshd[24201]: Invalid user x from 198.51.100.7\n",
     [{"time": "2020-12-10T06:55:46Z", "zone": "assumed"}, {"time": "2021-03-06T04:07:23Z", "zone": "assumed"}]),
    ("8 a forged name that holds an address", "<38>Mar  6 04:07:23 srv1 sshd[1]: Failed password for invalid user x from 192.0.2.9 port 22 from 198.51.100.7 port 4711 ssh2\n", [{"roles.account": "x from 192.0.2.9 port 22", "roles.client_address": "198.51.100.7", "roles.outcome": "failure"}]),
    ("8 a raw capture without line ends", "<38>Mar  6 04:07:23 srv1 app[1]: first<38>Mar  6 04:07:24 srv1 app[1]: second\nand its second line<38>Mar  6 04:07:25 srv1 app[1]: third", [{"fields.message": "first"}, {"fields.message": "second\nand its second line"}, {"fields.message": "third"}]),
    ("8 a line that was repeated", "Mar  6 04:07:23 srv1 sshd[1]: message repeated 76 times: [ Failed password for root from 198.51.100.7 port 4711 ssh2]\n", [{"fields.repeated": "76", "roles.account": "root"}]),
    ("8 columns of a collector in front", "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed for user root\n", [{"time": "2005-11-09T20:01:01Z", "fields.program": "crond", "fields.module": "pam_unix", "fields.pid": "2915"}]),
    ("8 one command is several records, some of it hexadecimal", "type=SYSCALL msg=audit(1615705923.123:4711): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=2 auid=4294967295 uid=0 comm=\"sh\" exe=\"/bin/sh\" key=(null)\n"
     "type=EXECVE msg=audit(1615705923.123:4711): argc=3 a0=\"sh\" a1=\"-c\" a2=6C73202D6C\ntype=CWD msg=audit(1615705923.123:4711): cwd=\"/\"\n", [{"time": "2021-03-14T07:12:03.123Z", "fields.a2": "ls -l"}]),
    ("8 a history with times, and some that are out of step", "#1615705923\nls\n#1615705924\n#1615705925\nid\n", [{"time": "2021-03-14T07:12:03Z"}, {"time": "2021-03-14T07:12:05Z"}]),
    ("10! two orders of columns under one name: Asterisk's own", MASTER, [{"kind": "call/asterisk", "fields.src": "030123", "fields.dst": "040987", "fields.disposition": "ANSWERED"}]),
    ("10! ... and that of a template", CUSTOM, [{"kind": "call/asterisk", "fields.src": "030123", "fields.dst": "040987", "fields.disposition": "BUSY"}]),
    ("10! two header lines", CUCM, [{"kind": "call/cucm", "time": "2021-03-14T07:12:03Z", "zone": "given", "fields.callingPartyNumber": "030123", "roles.client_address": "10.1.2.200"}]),
    ("10 local times, and the offset in the call's number", MASTER, [{"time": "2021-03-14T07:12:03Z"}]),
    ("12 decimals and clocks", whole({"CreationTime": "2021-05-18T21:13:33.1234567", "Operation": "x", "Workload": "Exchange", "RecordType": 1, "Id": "1"}), [{"time": "2021-05-18T21:13:33.1234567Z", "time_text": "2021-05-18T21:13:33.1234567", "zone": "given", "precision": "7"}]),
    ("12 a byte order mark", b"\xef\xbb\xbf" + whole(m365()).encode(), [{"kind": "m365/exchange/New-InboxRule"}]),
    ("12 UTF-16, as PowerShell writes", b"\xff\xfe" + whole(m365(UserId="änn@example.org")).encode("utf-16-le"), [{"roles.account": "änn@example.org"}]),
    ("12 a byte that is no UTF-8 costs no record", b"Mar  6 04:07:23 srv1 sshd[1]: Invalid user j\xf6rg from 198.51.100.7\nMar  6 04:07:24 srv1 sshd[1]: Invalid user x from 198.51.100.7\n", [{"roles.client_address": "198.51.100.7"}, {"roles.account": "x"}]),
    ("12 zero bytes of a crash", b"Mar  6 04:07:23 srv1 app[1]: a\n" + bytes(4096) + b"Mar  6 04:07:24 srv1 app[1]: b\n", [{"fields.message": "a"}, {"fields.message": "b"}]),
    ("12 no line end at the end", whole(m365(), m365(Id=IDS[1])).rstrip("\n"), [{}, {"fields.Id": IDS[1]}]),
    ("12 a record of 200 kB", whole(m365(Subject="x" * 200000), m365(Id=IDS[1])), [{"fields.Subject": "x" * 200000}, {"fields.Id": IDS[1]}]),
]  # fmt: skip


def events_of(name, data):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        os.utime(path, (WRITTEN, WRITTEN))
        done = subprocess.run([BINARY, "events", path, "--json"], capture_output=True, check=False)
        assert done.returncode in (0, 3), (done.returncode, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def member(event, path):
    """fields.x.y is the field x.y."""
    first, _, rest = path.partition(".")
    return event.get(first, ABSENT) if not rest else event.get(first, {}).get(rest, ABSENT)


def every_case():
    failed = []
    for name, data, expected in CASES:
        events, errors = events_of("0001", data)
        if len(events) != len(expected):
            failed.append(f"{name}: {len(events)} events instead of {len(expected)}: {[event['fields'] for event in events]} {errors}")
        for number, (event, wanted) in enumerate(zip(events, expected), 1):
            for path, value in wanted.items():
                if member(event, path) != value:
                    shown = "nothing" if member(event, path) is ABSENT else repr(member(event, path))[:200]
                    failed.append(f"{name}: event {number}: {path} is {shown} instead of {'nothing' if value is ABSENT else repr(value)[:200]} ({event['kind']})")
    assert not failed, "\n  ".join(["", *failed])
    print(f"{len(CASES)} cases")


LOGS = (
    ("lines with their time", "2021-03-14 07:12:03 INFO a\n2021-03-14 07:12:04 INFO b\n", True),
    ("... and a trace of the stack below one", "2021-03-14 07:12:03 ERROR x\n" + "\tat a.b.c(D.java:1)\n" * 99, True),
    ("... of which one line in ten has a time", ("2021-03-14 07:12:03 INFO a\n" + "more\n" * 9) * 2, True),
    ("... of which one in eleven has", ("2021-03-14 07:12:03 INFO a\n" + "more\n" * 10) * 2, False),
    ("dates that are indented", "Release notes\n   2021-03-14 07:12:03 first\n", False),
    ("a rule", "title: x\nlogsource: {product: paloalto}\ndetection:\n  a:\n    - '/opt/panlogs/tmp/device_telemetry/'\n  condition: a\n", False),
    ("a message, which is a log of itself", "Received: by b.example;\n\tFri, 1 Jan 2021 00:00:00 +0000\nSubject: x\n\n2021-03-14 07:12:03 INFO a\n", True),
    ("prose", "# Notes\n\nOn 2021-03-14 07:12:03 nothing happened.\n", False),
)  # fmt: skip


# JSON that is of no kind of ours, though some of its names are: other programs' logs, and what is no log.
FOREIGN = [
    {"timestamp": "2021-03-14T07:12:03Z", "level": "info", "message": "started", "host": "srv1", "pid": 4711},
    {"time": "2021-03-14T07:12:03Z", "level": "ERROR", "msg": "x", "error": "y", "user": "ann"},
    {"@timestamp": "2021-03-14T07:12:03Z", "message": "x", "log": {"level": "info"}, "service": {"name": "a"}, "host": {"name": "srv1"}},
    {"version": "1.1", "host": "srv1", "short_message": "x", "timestamp": 1615705923.1, "level": 3, "_user": "ann"},
    {"log": "line\n", "stream": "stdout", "time": "2021-03-14T07:12:03.1Z"},
    {"name": "app", "hostname": "srv1", "pid": 1, "level": 30, "msg": "x", "time": "2021-03-14T07:12:03Z", "v": 0},
    {"id": 7, "action": "login", "user": "ann", "created_at": "2021-03-14T07:12:03Z", "ip": "198.51.100.7"},
    {"id": "7", "type": "order", "status": "done", "customer": {"name": "ann"}, "items": [{"name": "x", "value": 1}], "date": "2021-03-14"},
    {"event": "click", "user_id": 7, "url": "/a", "ts": 1615705923, "session": "s"},
    {"event_type": "page_view", "timestamp": "2021-03-14T07:12:03Z", "user_id": "7", "properties": {"url": "/a"}},
    {"eventType": "created", "actor": "ann", "target": "x", "published": "2021-03-14T07:12:03Z"},
    {"src": "198.51.100.7", "dst": "192.0.2.1", "bytes": 7, "start": 1615705923},
    {"src_ip": "198.51.100.7", "dest_ip": "192.0.2.1", "action": "x", "time": "2021-03-14T07:12:03Z"},
    {"name": "x", "version": "1.0.0", "dependencies": {"a": "1"}, "scripts": {"test": "x"}},
    {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "x"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]},
    {"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {}},
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"name": "a"}]}},
    {"type": "bundle", "id": "bundle--1", "objects": [{"type": "indicator", "id": "indicator--1", "created": "2021-03-14T07:12:03Z", "pattern": "[a:b = 'c']"}]},
    {"Event": {"id": "1", "info": "x", "date": "2021-03-14", "Attribute": [{"type": "ip-dst", "value": "198.51.100.7", "category": "Network activity"}]}},
    {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [{"results": [{"ruleId": "x", "message": {"text": "y"}}]}]},
    {"_index": "a", "_id": "1", "_source": {"message": "x"}},
    {"trace_id": "a", "span_id": "b", "name": "GET /", "start_time": "2021-03-14T07:12:03Z", "attributes": {"http.method": "GET"}},
    {"Name": "x", "Id": 7, "Path": "C:\\x", "StartTime": "/Date(1615705923000)/"},
    {"uid": "u1", "ts": 1615705923.1, "user": "ann", "score": 5},
    {"GUID": "x", "subject": "y", "sender": "a@b.example", "recipient": "c@d.example"},
    {"MACAddress": "00:00:5e:00:53:01", "IPAddress": "198.51.100.7", "Vendor": "x"},
    {"operationName": "x", "time": "2021-03-14T07:12:03Z", "category": "y"},
    {"verb": "GET", "stage": "prod", "path": "/a", "status": 200},
    {"method": "GET", "path": "/a", "status": 200, "duration": 1.5, "remote_addr": "198.51.100.7", "time": "2021-03-14T07:12:03Z"},
    {"commit": "a", "author": {"name": "ann", "email": "a@b.example"}, "date": "2021-03-14T07:12:03Z", "message": "x"},
    {"caller": "main.go:7", "level": "info", "ts": 1615705923.1, "msg": "x", "logger": "a"},
    {"caller": "+4930123", "called": "+4940123", "duration": 5},
    {"host": "srv1", "name": "cpu", "value": 0.5, "time": 1615705923},
    {"severity": "INFO", "textPayload": "x", "resource": {"type": "a"}},
    {"sender": "a", "message": "b", "room": "c", "sent_at": "2021-03-14T07:12:03Z"},
    {"event_type_id": 7, "title": "concert", "venue": "x", "starts_at": "2021-03-14T07:12:03Z"},
    {"action": "closed", "actor": "ann", "created_at": "2021-03-14T07:12:03Z", "ticket": 7},
    {"action": "save", "isotimestamp": "2021-03-14T07:12:03Z", "username": "ann"},
    {"logtype": "app", "node_id": "a", "line": "x"},
]  # fmt: skip


def what_is_of_no_kind():
    """A kind that asks for two or three names that many have would give others' records a meaning, and rules to match."""
    events, errors = events_of("0001", whole(*FOREIGN))
    assert len(events) == len(FOREIGN) and not errors, errors
    taken = [(event["kind"], event["fields"]) for event in events if event["kind"]]
    assert not taken, taken


def what_is_no_log():
    """Mails, rules and notes quote lines of logs: they are told as not read, and no event is made of them."""
    for name, data, log in LOGS:
        events, errors = events_of("0001", data)
        assert bool(events) == log and ("no reader knows this format" in errors) != log, (name, len(events), errors)


def a_search_that_was_made_twice():
    """1! Every row is there twice: both are events, one of them is told as a duplicate, by its Id alone."""
    rows = [quoted("CreationDate", "UserIds", "Operations", "AuditData", "ResultIndex")]
    rows += [quoted("5/18/2021 9:13:33 PM", "ann@example.org", "New-InboxRule", json.dumps(m365(Id=identifier)), str(number)) for number, identifier in enumerate(IDS * 2)]
    line = ledger_of("".join(rows))
    assert (line["records"], line["duplicates"], line["no_kind"]) == (4, 2, 0), line


def ledger_of(data):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "0001").write_bytes(data if isinstance(data, bytes) else data.encode())
        (folder / "rule.yml").write_text("title: x\nlogsource: {product: none}\ndetection: {a: [x], condition: a}\n", encoding="utf-8")
        subprocess.run([BINARY, "hunt", folder / "0001", "--rules", folder / "rule.yml", "-o", folder / "case", "--quiet"], capture_output=True, check=False)
        told = subprocess.run([BINARY, "ledger", folder / "case", "--json"], capture_output=True, check=True).stdout
        return next(line for line in map(json.loads, told.splitlines()) if line["line"] == "file")


def an_order_that_is_not_that_of_the_file():
    """3! A correlation goes by the time of events, not by their place: the second record comes first."""
    rule = (
        "title: One\nname: one\nlogsource: {product: aws}\ndetection: {a: {eventName: CreateUser}, condition: a}\n---\n"
        "title: Two\nname: two\nlogsource: {product: aws}\ndetection: {a: {eventName: CreateAccessKey}, condition: a}\n---\n"
        "title: One and then two\ncorrelation: {type: temporal_ordered, rules: [one, two], group-by: [awsRegion], timespan: 5m}\n"
    )
    first, second = cloudtrail(eventName="CreateUser"), cloudtrail(eventName="CreateAccessKey", eventTime="2023-07-10T11:43:34Z", eventID=IDS[1])
    for order, count in (((second, first), 1), ((first, second), 1), (({**first, "eventTime": "2023-07-10T11:44:34Z"}, second), 0)):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "0001").write_text(json.dumps({"Records": order}), encoding="utf-8")
            (folder / "rule.yml").write_text(rule, encoding="utf-8")
            findings = hunt(folder / "0001", "--rules", folder / "rule.yml")[1]
        assert len(findings) == count, (order, findings)


def a_count_of_chunks_that_is_wrong():
    """5! The head of an event log counts one chunk, or a thousand, and says it was not closed: the chunks that are there are read."""
    sample = SHARED / "data/evtx/parser-corpus-plaso/test_data_evtx_System.evtx.gz"
    if not sample.exists():
        print("SKIP: a_count_of_chunks_that_is_wrong: no sample of EVTX (set LONGWATCH_SHARED)")
        return
    sound = gzip.decompress(sample.read_bytes())
    right = struct.unpack_from("<H", sound, 42)[0]
    assert sound[:8] == b"ElfFile\0" and right > 2
    whole_log = len(events_of("0001", sound)[0])
    for count in (0, 1, 1000):
        data = bytearray(sound)
        struct.pack_into("<H", data, 42, count)
        struct.pack_into("<I", data, 120, 1)  # dirty
        struct.pack_into("<I", data, 124, zlib.crc32(data[:120]))
        events, errors = events_of("0001", bytes(data))
        assert len(events) == whole_log > 100 and not errors, (count, len(events), whole_log, errors)


def in_whatever_it_is_packed():
    """12: gzip, tar, zip, one in another."""
    data = whole(m365(), m365(Id=IDS[1])).encode()
    tar, archive = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as to:
        one = tarfile.TarInfo("a")
        one.size = len(data)
        to.addfile(one, io.BytesIO(data))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as to:
        to.writestr("b", tar.getvalue())
        to.writestr("c", gzip.compress(data))
    assert [event["fields"]["Id"] for event in events_of("0001", archive.getvalue())[0]] == [*IDS, *IDS]


if __name__ == "__main__":
    run([every_case, what_is_of_no_kind, what_is_no_log, a_search_that_was_made_twice, an_order_that_is_not_that_of_the_file, a_count_of_chunks_that_is_wrong, in_whatever_it_is_packed])
