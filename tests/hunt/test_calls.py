#!/usr/bin/env python3
"""test_calls: call records and database audits as switches and servers write them: recognised by what stands in them, with their time, both
numbers, and the outcome. All made up here; and what the shared data are known to hold (data/cdr: SOURCE.md)."""

import collections
import json
import pathlib
import tempfile

import yaml

from evidence import SHARED, hunt, run

FIELDS = ["caller", "called", "caller_e164", "called_e164"]


def rule(title, category, *fields):
    return {
        "title": title,
        "level": "low",
        "logsource": {"category": category},
        "detection": {**{f"s{number}": {name: "*"} for number, name in enumerate(fields)}, "condition": "all of s*"},
    }


def written(folder, name, content):
    path = pathlib.Path(folder) / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


MASTER = (
    '"","0301234567","+1 202 555 0143","out","""Ann"" <0301234567>","SIP/a-1","SIP/b-2","Dial","SIP/b","2023-07-26 01:51:32","2023-07-26 01:51:50",'
    '"2023-07-26 01:52:04",31,13,"ANSWERED","DOCUMENTATION","1690325492.2",""\n'
    '"","6789","112","out","""Bob"" <6789>","SIP/c-1","","Dial","SIP/b","2023-07-26 01:52:11","","2023-07-26 01:52:42",30,0,"NO ANSWER","DOCUMENTATION","pbx-1690325531.5",""\n'
)
CUSTOM = (
    '"""Ann"" <0301234567>","0301234567","6789","default","PJSIP/a","PJSIP/b","Dial","PJSIP/b","2023-07-26 01:51:32","","2023-07-26 01:52:04","31","0",'
    '"BUSY","DOCUMENTATION","","1690325492.7","",2\n'
)
FREESWITCH = (
    '"Ann","0301234567","0049 89 7654321","default","2021-03-14 07:12:03","2021-03-14 07:12:09","2021-03-14 07:13:03","60","54","NORMAL_CLEARING",'
    '"96aa82fe-7bd1-11e5-a230-5c514f6a0f72","","","PCMU","PCMU"\n'
    '"Ann","0301234567","6789","default","2021-03-14 07:14:03","","2021-03-14 07:14:09","6","0","USER_BUSY","96aa82fe-7bd1-11e5-a230-5c514f6a0f73","",""\n'
)
CUCM = (
    '"cdrRecordType","globalCallID_callManagerId","globalCallID_callId","dateTimeOrigination","origIpAddr","callingPartyNumber","origCause_value",'
    '"destIpAddr","originalCalledPartyNumber","finalCalledPartyNumber","destCause_value","dateTimeConnect","dateTimeDisconnect","duration","globalCallId_ClusterID"\n'
    "INTEGER,INTEGER,INTEGER,INTEGER,INTEGER,VARCHAR(50),INTEGER,INTEGER,VARCHAR(50),VARCHAR(50),INTEGER,INTEGER,INTEGER,INTEGER,VARCHAR(50)\n"
    '1,1,4711,1615705923,-939392758,"0301234567",0,16777226,"6789","6790",16,1615705930,1615705990,60,"HQ"\n'
    '1,1,4712,0,0,"6789",0,0,"0897654321","0897654321",17,0,1615706000,0,"HQ"\n'
)
THREECX = (
    "Call 1,00000142ABCD_1,00:00:12,2021/03/14 07:12:03,2021/03/14 07:12:05,2021/03/14 07:12:15,TerminatedByDst,Ext.100,0897654321,100,10000,0897654321,,,,,,,,Chain: Ext.100;\n"
    "Call 2,00000142ABCD_2,00:00:00,2021/03/14 07:13:03,,2021/03/14 07:13:15,TerminatedBySrc,Ext.100,0897654321,100,10000,0897654321,,,,,,,,Chain: Ext.100;\n"
)
PSTN = json.dumps(
    {
        "@odata.context": "x",
        "value": [
            {
                "id": "9c4984c7-6c3c-427d-a30c-bd0b2eacee90",
                "callId": "1835317186_112562680@192.0.2.1",
                "userPrincipalName": "ann@example.org",
                "startDateTime": "2021-03-14T07:12:03.2779556Z",
                "endDateTime": "2021-03-14T07:13:03Z",
                "duration": 60,
                "callType": "user_in",
                "calleeNumber": "+49301234567",
                "callerNumber": "+12025550143",
            }
        ],
    }
)
DIRECT = json.dumps(
    {
        "value": [
            {
                "id": "9e8bba57-dc14-533a-a7dd-f0da6575eed1",
                "correlationId": "c98e1515-a937-4b81-b8a8-3992afde64e0",
                "userPrincipalName": "ann@example.org",
                "inviteDateTime": "2021-03-14T07:12:03Z",
                "failureDateTime": "0001-01-01T00:00:00Z",
                "successfulCall": True,
                "callerNumber": "+49301234***",
                "calleeNumber": "+49897654321",
                "trunkFullyQualifiedDomainName": "sbc.example.org",
                "finalSipCode": 0,
            }
        ]
    }
)


def json_cdr(**variables):
    return json.dumps({
        "core-uuid": "ee35cf25-cbd4-4b0d-8e0a-6ffa2c35a401", "switchname": "fs1",
        "channel_data": {"state": "CS_REPORTING", "direction": "inbound"},
        "variables": {"uuid": "96aa82fe-7bd1-11e5-a230-5c514f6a0f72", "direction": "inbound", "start_stamp": "2021-03-14%2008%3A12%3A03",
                      "start_epoch": "1615705923", "duration": "12", "billsec": "9", "hangup_cause": "NORMAL_CLEARING", **variables},
        "callflow": [{"profile_index": "1", "caller_profile": {"caller_id_number": "0301234567", "destination_number": "0897654321", "network_addr": "192.0.2.7"},
                      "times": {"created_time": "1615705923123456"}}],
    })  # fmt: skip


# name: content, and of each event: kind, time, account, called (outcomes: tests/event/test_kind.c)
CALLS = {
    "asterisk": (
        MASTER,
        [
            ("call/asterisk", "2023-07-25T22:51:32Z", "+49301234567", "+12025550143"),
            ("call/asterisk", "2023-07-25T22:52:11Z", "6789", "112"),
        ],
    ),
    "asterisk, its template": (CUSTOM, [("call/asterisk", "2023-07-25T22:51:32Z", "+49301234567", "6789")]),
    "asterisk, database": (
        "calldate;clid;src;dst;dcontext;channel;dstchannel;lastapp;lastdata;duration;billsec;disposition;amaflags;accountcode;uniqueid\n"
        "2023-07-26 01:51:32;x;0301234567;6789;default;a;b;Dial;c;5;4;FAILED;3;;1690325492.7\n",
        [("call/asterisk-database", "2023-07-25T22:51:32Z", "+49301234567", "6789")],
    ),
    "freeswitch": (
        FREESWITCH,
        [
            ("call/freeswitch", "2021-03-14T07:12:03Z", "+49301234567", "+49897654321"),
            ("call/freeswitch", "2021-03-14T07:14:03Z", "+49301234567", "6789"),
        ],
    ),
    "freeswitch, in the order of asterisk": (
        MASTER.replace("ANSWERED", "NORMAL_CLEARING").replace("NO ANSWER", "NO_ANSWER").replace("1690325492.2", "96aa82fe-7bd1-11e5-a230-5c514f6a0f72")
        .replace("pbx-1690325531.5", "96aa82fe-7bd1-11e5-a230-5c514f6a0f73"),
        [
            ("call/freeswitch", "2023-07-26T01:51:32Z", "+49301234567", "+12025550143"),
            ("call/freeswitch", "2023-07-26T01:52:11Z", "6789", "112"),
        ],
    ),
    "freeswitch, json": (json_cdr(), [("call/freeswitch-json", "2021-03-14T07:12:03Z", "+49301234567", "+49897654321")]),
    "freeswitch, json with microseconds": (
        json_cdr(start_uepoch="1615705923123456"),
        [("call/freeswitch-json", "2021-03-14T07:12:03.123456Z", "+49301234567", "+49897654321")],
    ),
    "cucm": (
        CUCM,
        [
            ("call/cucm", "2021-03-14T07:12:03Z", "+49301234567", "6790"),
            ("call/cucm", "2021-03-14T07:13:20Z", "6789", "+49897654321"),
        ],
    ),
    "3cx": (
        THREECX,
        [
            ("call/3cx", "2021-03-14T07:12:03Z", "Ext.100", "+49897654321"),
            ("call/3cx", "2021-03-14T07:13:03Z", "Ext.100", "+49897654321"),
        ],
    ),
    "teams": (PSTN, [("call/teams-pstn", "2021-03-14T07:12:03.2779556Z", "ann@example.org", "+49301234567")]),
    "teams, direct routing": (DIRECT, [("call/teams-direct", "2021-03-14T07:12:03Z", "ann@example.org", "+49897654321")]),
    "teams, admin centre": (
        "\ufeffUsageId,Call ID,Conference ID,User Location,AAD ObjectId,UPN,User Display Name,Caller ID,Call Type,Number Type,Domestic/International,"
        "Destination Dialed,Destination Number,Start Time,End Time,Duration Seconds,Connection Fee,Charge,Currency,Capability\n"
        "u,c,,DE,a,ann@example.org,Ann,+49301234567,user_out,Subscriber,Domestic,Germany,+49897654321,3/14/2021 7:12:03 AM,3/14/2021 7:13:03 AM,60,0,0,EUR,MCOPSTN1\n",
        [("call/teams-pstn-report", "2021-03-14T07:12:03Z", "ann@example.org", "+49897654321")],
    ),
    "mobile": (
        "From,To,Datetime,Duration(seconds),Cell Tower\n0170 1234567,23,20060601 0008,1634,1\n23,24,20060601 0011,640,24\n",
        [
            ("call/mobile", "2006-06-01T00:08:00Z", "+491701234567", "23"),
            ("call/mobile", "2006-06-01T00:11:00Z", "23", "24"),
        ],
    ),
    "mobile, the form in the name": (
        "From|To|Datetime(yyyymmdd hhmm)|Duration(seconds)|Cell Tower\n22|23|20060601 0008|1634|1\n23|24|20060601 0011|640|24\n",
        [("call/mobile-format", "2006-06-01T00:08:00Z", "22", "23"), ("call/mobile-format", "2006-06-01T00:11:00Z", "23", "24")],
    ),
    "neutral": (
        "switch,callid,caller_id_number,destination_number,starting_date,duration,billsec,hangup_cause_id\n"
        "192.0.2.1,a,(030) 1234567,+34 91 3214422,2015-10-21 12:13:10,55,50,16\n192.0.2.1,b,anonymous,0,2015-10-21 12:14:10,5,0,16\n",
        [
            ("call/neutral", "2015-10-21T12:13:10Z", "+49301234567", "+34913214422"),
            ("call/neutral", "2015-10-21T12:14:10Z", "anonymous", "0"),
        ],
    ),
}


def found_in(content, folder, *options):
    """What a hunt says of each event."""
    path = written(folder, "evidence", content)
    rules = written(folder, "rules.yml", yaml.safe_dump(rule("call", "call_record", *FIELDS)))
    status, found, errors = hunt(path, "--rules", rules, *options)
    assert status in (0, 1), f"{status} {errors}"
    return found


def calls_are_recognised_by_what_stands_in_them():
    for name, (content, events) in CALLS.items():
        for encoding in ("utf-8", "utf-16"):
            with tempfile.TemporaryDirectory() as folder:
                found = found_in(content.lstrip("\ufeff").encode(encoding) if encoding != "utf-8" else content, folder, "--country", "DE")
            told = [(f["kind"], f["time"], f["account"], f["matched"]["called_e164"]) for f in found]
            wanted = events
            assert told == wanted, f"{name}, {encoding}: {told} instead of {wanted}"


def numbers_stay_as_they_are_without_a_country():
    with tempfile.TemporaryDirectory() as folder:
        found = found_in(MASTER, folder)
    assert [f["matched"]["caller_e164"] for f in found] == ["0301234567", "6789"], found
    assert found[0]["matched"]["called_e164"] == "+12025550143" and found[0]["matched"]["called"] == "+1 202 555 0143", found


def addresses_of_cucm_are_turned_round():
    with tempfile.TemporaryDirectory() as folder:
        rules = written(folder, "rules.yml", yaml.safe_dump(rule("address", "call_record", "orig_ip", "dest_ip")))
        status, found, errors = hunt(written(folder, "cdr", CUCM), "--rules", rules)
    assert status == 1, f"{status} {errors}"
    assert [f["matched"] for f in found] == [{"orig_ip": "10.1.2.200", "dest_ip": "10.0.0.1"}], found


USER = """
table: acme/calls
columns: [who, whom, {length: number}, {when: unix}]
---
kind: acme/call
when: {_table: acme/calls}
time: when
logsources:
  - category: call_record
    product: acme
    fields:
      caller: who
      called: whom
      caller_e164: {from: who, as: e164}
      called_e164: {from: whom, as: e164}
roles: {account: {from: who, as: e164}}
"""


def a_user_describes_a_table():
    """Without header line, with blanks behind the commas and Unix time last."""
    with tempfile.TemporaryDirectory() as folder:
        kinds = pathlib.Path(folder) / "kinds"
        kinds.mkdir()
        written(kinds, "acme.yml", USER)
        content = "+49 30 1234567, 089 7654321, 60, 1615705923\n6789, 6790, 5, 1615705990\n"
        found = found_in(content, folder, "--country", "DE", "--kinds", kinds)
    told = [(f["kind"], f["time"], f["account"], f["matched"]["called_e164"]) for f in found]
    assert told == [("acme/call", "2021-03-14T07:12:03Z", "+49301234567", "+49897654321"), ("acme/call", "2021-03-14T07:13:10Z", "6789", "6790")], told


POSTGRES = (
    '2021-03-14 07:12:03.123 UTC,"ann","cdr",4711,"192.0.2.7:50123",604dba03.1267,1,"SELECT",2021-03-14 07:11:59 UTC,3/4,0,LOG,00000,'
    '"statement: SELECT * FROM calls\nWHERE a = \'x, ""y""\'",,,,,,,,,"psql","client backend"\n'
    '2021-03-14 07:12:04.123 CET,"bob","cdr",4712,"192.0.2.8:50124",604dba04.1268,1,"authentication",2021-03-14 07:12:04 CET,3/5,0,FATAL,28P01,'
    '"password authentication failed for user ""bob""",,,,,,,,,"","client backend"\n'
)
MARIADB = (
    "20210314 07:12:03,db1,ann,192.0.2.7,5,42,QUERY,cdr,'SELECT \"a\", b FROM calls WHERE c=\\'x\\'',0\n"
    "20210314 07:12:04,db1,bob,192.0.2.8,6,0,FAILED_CONNECT,,,1045\n"
)
PERCONA = '"Query","49284_2021-03-14T07:00:00","2021-03-14T07:12:03 UTC","select","37","0","select ""a"", b from calls","ann[ann] @ h []","h","","192.0.2.7","cdr"\n'
ORACLE = (
    "EVENT_TIMESTAMP;DBUSERNAME;ACTION_NAME;OBJECT_SCHEMA;OBJECT_NAME;RETURN_CODE;USERHOST;SESSIONID\n"
    "14-MAR-21 07.12.03.123456 AM +00:00;ANN;SELECT;CDR;CALLS;0;ws1;4711\n14-MAR-21 07.12.04 AM +00:00;BOB;LOGON;;;1017;ws2;4712\n"
)
DATABASES = {
    "postgresql": (POSTGRES, "message", [("2021-03-14T07:12:03.123Z", "ann"), ("2021-03-14T06:12:04.123Z", "bob")]),
    "mariadb": (MARIADB, "operation", [("2021-03-14T07:12:03Z", "ann"), ("2021-03-14T07:12:04Z", "bob")]),
    "percona": (PERCONA, "sqltext", [("2021-03-14T07:12:03Z", "ann[ann] @ h []")]),
    "oracle": (ORACLE, "ACTION_NAME", [("2021-03-14T07:12:03.123456Z", "ANN"), ("2021-03-14T07:12:04Z", "BOB")]),
}


def databases_tell_who_asked():
    for name, (content, field, events) in DATABASES.items():
        with tempfile.TemporaryDirectory() as folder:
            rules = written(folder, "rules.yml", yaml.safe_dump(rule("database", "database", field)))
            status, found, errors = hunt(written(folder, "evidence", content), "--rules", rules)
        assert status == 1, f"{name}: {status} {errors}"
        told = [(f["time"], f["account"]) for f in found]
        assert told == events and all(f["kind"] == f"database/{name}" for f in found), f"{name}: {told}"


def a_statement_keeps_its_commas_and_quotes():
    with tempfile.TemporaryDirectory() as folder:
        rules = written(folder, "rules.yml", yaml.safe_dump(rule("object", "database", "object")))
        status, found, errors = hunt(written(folder, "evidence", MARIADB), "--rules", rules)
    assert status == 1, f"{status} {errors}"
    assert [f["matched"]["object"] for f in found][0] == "'SELECT \"a\", b FROM calls WHERE c=\\'x\\''", found


def other_text_is_no_call():
    """The right number of columns, and something else in them."""
    for content in (
        MASTER.replace("ANSWERED", "MAYBE").replace("NO ANSWER", "PERHAPS"),
        FREESWITCH.replace("96aa82fe-7bd1", "x"),
        MARIADB.replace("QUERY", "FOO").replace("FAILED_CONNECT", "BAR"),
        "a,b,c,d\n" * 3,
    ):
        with tempfile.TemporaryDirectory() as folder:
            rules = written(folder, "rules.yml", yaml.safe_dump(rule("call", "call_record", "caller")))
            status, found, errors = hunt(written(folder, "evidence", content), "--rules", rules)
        assert not found and "call/" not in errors, f"{status} {found} {errors}"


def the_shared_records_are_read():
    data = SHARED / "data/cdr"
    if not data.exists():
        print("SKIP: no shared data")
        return
    with tempfile.TemporaryDirectory() as folder:
        rules = written(folder, "rules.yml", yaml.safe_dump(rule("call", "call_record", *FIELDS)))
        counts = {}
        for path in sorted(data.glob("*.csv")):
            status, found, errors = hunt(path, "--rules", rules)
            assert status == 1, f"{path.name}: {status} {errors}"
            counts[path.name] = collections.Counter(f["kind"] for f in found)
            assert all(f["time"] for f in found), path.name
    assert counts == {
        "asterisk-Master-lab.csv": {"call/asterisk": 14},
        "asterisk-pseudonymised.csv": {"call/asterisk": 218},
        "cdr-stats-CDRImport-2015-10-26.csv": {"call/neutral": 5},
        "vast2008-calls-day01-06.csv": {"call/mobile": 5871},
    }, counts


if __name__ == "__main__":
    run(
        [
            calls_are_recognised_by_what_stands_in_them,
            numbers_stay_as_they_are_without_a_country,
            addresses_of_cucm_are_turned_round,
            a_user_describes_a_table,
            databases_tell_who_asked,
            a_statement_keeps_its_commas_and_quotes,
            other_text_is_no_call,
            the_shared_records_are_read,
        ]
    )
