#!/usr/bin/env python3
"""test_vendors: firewalls, VPNs and devices: who did what from where and when, out of lines made up here; rules of Sigma about them.

Real lines are in test_expected.py.
"""

import json
import pathlib
import subprocess
import tempfile

from evidence import BINARY, SHARED, hunt, run


def events(folder):
    """The first event of each file, by the file's name."""
    done = subprocess.run([BINARY, "events", str(folder), "--json"], capture_output=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    first = {}
    for line in done.stdout.splitlines():
        event = json.loads(line)
        first.setdefault(pathlib.Path(event["evidence_path"]).name, event)
    return first


NOBODYS = {"kind": None, "time": None, "time_text": None, "roles": {}, "fields": {}}


# Made up here: what a line is, who, and some of its fields. A file each.
LINES = [
    # FortiGate: pairs between blanks and commas; eventtime in nanoseconds before date, time and tz; what N/A means
    ('date=2021-03-06 time=05:07:38 tz="+0100" logid="0000000013" type="traffic" subtype="forward" vd="root" srcip=10.0.0.1 srcport=50000 dstip=203.0.113.5 dstport=443 action="deny" user="N/A"',
     "fortinet/traffic/forward", "2021-03-06T04:07:38Z", {"client_address": "10.0.0.1", "server_address": "203.0.113.5", "outcome": "failure"}, {"dstport": "443"}),
    ('date=2021-03-06,time=05:07:38,eventtime=1615003658123456789,logid="1",type="event",subtype="vpn",vd="root",user="jdoe",remip=203.0.113.9,action="ssl-login-fail",msg="a, b=c"',
     "fortinet/event/vpn", "2021-03-06T04:07:38.123456789Z", {"account": "jdoe", "client_address": "203.0.113.9", "outcome": "failure"}, {"msg": "a, b=c"}),
    ('date=2021-03-06 time=05:07:38 logid="0100044547" type="event" subtype="system" vd="root" user="admin" ui="ssh(192.0.2.1)" action="Add" cfgpath="system.admin" cfgobj="new one" msg="said \\"x\\""',
     "fortinet/event/system", "2021-03-06T05:07:38Z", {"account": "admin", "client_address": "192.0.2.1", "object": "system.admin new one", "outcome": "success"}, {"msg": 'said "x"'}),
    # CEF: escapes; values with blanks and equals signs; a head without its tag; LEEF with its delimiters
    (r"CEF:0|Acme\|Co|Gate|1.0|100|a \\ name|5|src=10.0.0.1 dst=203.0.113.5 act=blocked suser=j doe msg=x\=y and z request=/a?b\=c dpt=443",
     "cef/firewall", None, {"account": "j doe", "client_address": "10.0.0.1", "outcome": "failure"}, {"deviceVendor": "Acme|Co", "name": r"a \ name", "msg": "x=y and z", "request": "/a?b=c", "dpt": "443"}),
    ("Mar  6 2021 04:07:38 gw CEF: 0|Acme|Gate|1.0|100|n|5|rt=1615003658000 suser=jdoe", "cef/event", "2021-03-06T04:07:38Z", {"account": "jdoe", "host": "gw"}, {}),
    ("LEEF:1.0|Acme|Gate|1.0|login|src=10.0.0.1\tusrName=j doe\taction=denied\tdevTime=Mar 06 2021 04:07:38", "leef/event", "2021-03-06T04:07:38Z",
     {"account": "j doe", "client_address": "10.0.0.1", "outcome": "failure"}, {"eventId": "login"}),
    ("LEEF:2.0|Acme|Gate|1.0|login|^|src=10.0.0.1^usrName=j doe^x=a\tb", "leef/event", None, {"account": "j doe"}, {"x": "a\tb"}),
    ("LEEF:2.0|Acme|Gate|1.0|login|x5E|src=10.0.0.1^usrName=jdoe", "leef/event", None, {"account": "jdoe", "client_address": "10.0.0.1"}, {}),
    ("LEEF:2.0|Acme|Gate|1.0|login|0x7c|src=10.0.0.1|usrName=jdoe", "leef/event", None, {"account": "jdoe"}, {}),
    ("LEEF:2.0|Acme|Gate|1.0|login||src=10.0.0.1\tusrName=jdoe", "leef/event", None, {"account": "jdoe"}, {}),
    ("LEEF:2.0|Acme|Gate|1.0|login|src=10.0.0.1\tusrName=jdoe", "leef/event", None, {"account": "jdoe", "client_address": "10.0.0.1"}, {}),
    # ASA: an inbound connection names who began it first, an outbound one last
    ("<166>Mar 06 2021 04:07:38 fw : %ASA-6-302013: Built inbound TCP connection 7 for outside:203.0.113.9/50000 (203.0.113.9/50000) to dmz:10.0.0.1/443 (198.51.100.1/443)",
     "cisco/asa", "2021-03-06T04:07:38Z", {"host": "fw", "client_address": "203.0.113.9", "server_address": "10.0.0.1", "outcome": "success", "session": "7"}, {"dst_port": "443"}),
    ("<166>Mar 06 2021 04:07:38 fw : %ASA-6-302013: Built outbound TCP connection 7 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.1/50000 (198.51.100.1/50000) (jdoe)",
     "cisco/asa", "2021-03-06T04:07:38Z", {"account": "jdoe", "client_address": "10.0.0.1", "server_address": "203.0.113.9"}, {"dst_port": "443"}),
    ('%ASA-4-106023: Deny tcp src outside:203.0.113.9/50000 dst inside:10.0.0.1/22 by access-group "out" [0x0, 0x0]', "cisco/asa", None,
     {"client_address": "203.0.113.9", "server_address": "10.0.0.1", "object": "out", "outcome": "failure"}, {"message_id": "106023"}),
    ('%ASA-6-605004: Login denied from 203.0.113.9/50000 to outside:10.0.0.1/ssh for user "root"', "cisco/asa", None, {"account": "root", "outcome": "failure"}, {}),
    ("%ASA-6-113015: AAA user authentication Rejected : reason = Invalid password : local database : user = jdoe : user IP = 203.0.113.9", "cisco/asa", None,
     {"account": "jdoe", "client_address": "203.0.113.9", "outcome": "failure"}, {"reason": "Invalid password"}),
    # a forged user name does not move the address
    ("%ASA-6-113005: AAA user authentication Rejected : reason = x : server = 10.0.0.2 : user = a : user IP = 9.9.9.9 : user IP = 203.0.113.9", "cisco/asa", None,
     {"client_address": "203.0.113.9"}, {}),
    ("%ASA-6-113039: Group <G> User <a> IP <9.9.9.9> x> IP <203.0.113.9> AnyConnect parent session started.", "cisco/asa", None, {"account": "a> IP <9.9.9.9> x", "client_address": "203.0.113.9", "outcome": "success"}, {}),
    ("%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: a] [Source: 9.9.9.9] [localport: 22] [Reason: x] y] [Source: 203.0.113.9] [localport: 22] [Reason: Login Authentication Failed] at 04:07:38 UTC Sat Mar 6 2021",
     "cisco/ios", None, {"client_address": "203.0.113.9", "outcome": "failure"}, {}),
    ("<189>41: rt1: *Mar  6 2021 04:07:38.311: %SYS-5-CONFIG_I: Configured from console by jdoe on vty0 (10.0.0.1)", "cisco/ios", "2021-03-06T04:07:38.311Z",
     {"host": "rt1", "account": "jdoe", "client_address": "10.0.0.1"}, {"mnemonic": "CONFIG_I", "facility": ["local7", "SYS"]}),
    # a zone by name is one offset, or is read over
    ("rt1: Mar  6 2021 05:07:38.311 CET: %SYS-5-CONFIG_I: Configured from console by jdoe on vty0 (10.0.0.1)", "cisco/ios", "2021-03-06T04:07:38.311Z", {"account": "jdoe"}, {}),
    ("rt1: Mar  6 2021 05:07:38.311 CST: %SYS-5-CONFIG_I: Configured from console by jdoe on vty0 (10.0.0.1)", "cisco/ios", "2021-03-06T05:07:38.311Z", {"account": "jdoe"}, {}),
    ('2021-03-06 05:07:38.311 CET [9] FATAL:  password authentication failed for user "bob"', "unix/postgresql", "2021-03-06T04:07:38.311Z", {"account": "bob", "outcome": "failure"}, {}),
    ("2021-03-06T05:07:38.311Z info hostd[7] [Originator@6876 sub=Vmsvc opID=ab sid=5290 user=jdoe:<no user>] File - failed", "vmware/log", "2021-03-06T05:07:38.311Z", {"account": "jdoe"}, {"text": "File - failed"}),
    ("2021-03-06T05:07:38.311Z info hostd[7] [Originator@6876 sub=Vmsvc opID=ab sid=5290 user=vpxuser:EXAMPLE\\jdoe] File - failed", "vmware/log", "2021-03-06T05:07:38.311Z", {"account": "vpxuser:EXAMPLE\\jdoe"}, {"text": "File - failed"}),
    ("%SEC-6-IPACCESSLOGP: list 101 denied tcp 203.0.113.9(50000) -> 10.0.0.1(22), 1 packet", "cisco/ios-access-list", None,
     {"client_address": "203.0.113.9", "server_address": "10.0.0.1", "outcome": "failure"}, {"dst_port": "22"}),
    ("%PARSER-5-CFGLOG_LOGGEDCMD: User:jdoe  logged command:username x secret y", "cisco/ios", None, {"account": "jdoe", "object": "username x secret y"}, {}),
    # Palo Alto: the zone is in the last column only; a row that was cut off gives what stands in front of that
    ('1,2021/03/06 05:07:38,007,GLOBALPROTECT,0,2562,2021/03/06 05:07:38,vsys1,gateway-auth,login,,,ACME\\jdoe,FR,pc1,203.0.113.9,0.0.0.0,10.0.0.1,0.0.0.0,id,sn,6.0,Windows,"Windows, 64-bit",1,,,,failure,,0,,0,GW,1,0x0,2021-03-06T05:07:38.250+01:00,,,,,,0,0,0,0,,fw1,1',
     "paloalto/globalprotect", "2021-03-06T04:07:38.250Z", {"account": "ACME\\jdoe", "client_address": "203.0.113.9", "host": "fw1", "outcome": "failure"}, {"client_os_ver": "Windows, 64-bit"}),
    ('1,2021/03/06 05:07:38,007,THREAT,url,2562,2021/03/06 05:07:38,10.0.0.1,203.0.113.5,,,rule,jdoe,,web-browsing,vsys1,in,out,e1,e2,log,2021/03/06 05:07:38,1,1,50000,80,0,0,0x0,tcp,block-url,"example.org/a,b',
     "paloalto/url", "2021-03-06T05:07:38Z", {"account": "jdoe", "client_address": "10.0.0.1", "server_address": "203.0.113.5", "outcome": "failure"}, {"action": "block-url", "dport": "80"}),
    # Pulse, Citrix
    ("<134>Mar  6 2021 04:07:38 vpn1 PulseSecure: 2021-03-06 04:07:38 - vpn1 - [203.0.113.9] Default Network::jdoe(Users)[Staff] - Login failed using auth server LDAP.  Reason: Failed",
     "pulse/connect-secure", "2021-03-06T04:07:38Z", {"account": "jdoe", "client_address": "203.0.113.9", "outcome": "failure"}, {"ivs": "Default Network", "roles": "Staff"}),
    ('<134> 03/06/2021:04:07:38 GMT ns1 0-PPE-0 : default SSLVPN LOGIN 12 0 : Context jdoe@203.0.113.9 - SessionId: 7 - User jdoe - Client_ip 203.0.113.9 - Nat_ip "Mapped Ip" - Vserver 10.0.0.1:443 - Browser_type "x" - Group(s) "N/A"',
     "citrix/adc", "2021-03-06T04:07:38Z", {"host": "ns1", "account": "jdoe", "client_address": "203.0.113.9", "outcome": "success", "session": "7"}, {}),
    # netfilter: ufw, with a bridge, and a prefix that says nothing
    ("Mar  6 2021 04:07:38 h kernel: [12.34] [UFW BLOCK] IN=eth0 OUT= MAC=aa:bb SRC=203.0.113.9 DST=10.0.0.1 LEN=60 TOS=0x00 ID=0 DF PROTO=TCP SPT=50000 DPT=22 SYN URGP=0",
     "firewall/netfilter", "2021-03-06T04:07:38Z", {"host": "h", "client_address": "203.0.113.9", "server_address": "10.0.0.1", "object": "TCP 22", "outcome": "failure"}, {"action": "block", "DPT": "22"}),
    ("Mar  6 2021 04:07:38 h kernel: fw: IN=br0 OUT=br0 PHYSIN=a PHYSOUT=b SRC=203.0.113.9 DST=10.0.0.1 LEN=60 PROTO=UDP SPT=53 DPT=5353 LEN=40", "firewall/netfilter",
     "2021-03-06T04:07:38Z", {"client_address": "203.0.113.9"}, {"DPT": "5353"}),
    ("Mar  6 2021 04:07:38 h kernel: usb 1-1: new device", "unix/syslog", "2021-03-06T04:07:38Z", {"host": "h"}, {}),
    # pfSense: columns of IPv4 and IPv6; behind an address of ICMP is no port
    ("<134>Mar  6 2021 04:07:38 pf filterlog[7]: 5,,,1000000103,em0,match,block,in,4,0x0,,64,1,0,DF,6,tcp,60,203.0.113.9,10.0.0.1,50000,22,0,S,1,,64240,,mss", "firewall/filterlog",
     "2021-03-06T04:07:38Z", {"client_address": "203.0.113.9", "server_address": "10.0.0.1", "object": "em0 tcp 22", "outcome": "failure"}, {"tcpflags": "S"}),
    ("<134>Mar  6 2021 04:07:38 pf filterlog[7]: 5,,,1000000103,em0,match,pass,out,6,0x00,0x1,64,UDP,17,40,2001:db8::1,2001:db8::2,50000,53,40", "firewall/filterlog",
     "2021-03-06T04:07:38Z", {"client_address": "2001:db8::1", "server_address": "2001:db8::2", "outcome": "success"}, {"dst_port": "53"}),
    # Check Point, SonicWall, Sophos, WatchGuard
    ('<134>1 2021-03-06T04:07:38Z gw1 CheckPoint 7 - [action:"Drop"; flags:"1"; ifdir:"inbound"; src:"203.0.113.9"; dst:"10.0.0.1"; service:"22"; product:"VPN-1 & FireWall-1"; user:"j; doe"]',
     "firewall/checkpoint", "2021-03-06T04:07:38Z", {"account": "j; doe", "client_address": "203.0.113.9", "server_address": "10.0.0.1", "outcome": "failure"}, {"product": "VPN-1 & FireWall-1"}),
    ("time=1615003658|hostname=gw1|severity=Medium|product=SmartDefense|action=Prevent|src=203.0.113.9|dst=10.0.0.1|user=", "firewall/checkpoint", "2021-03-06T04:07:38Z",
     {"host": "gw1", "client_address": "203.0.113.9", "outcome": "failure"}, {}),
    ('id=firewall sn=0006B1 time="2021-03-06 04:07:38 UTC" fw=198.51.100.1 pri=1 c=32 m=82 msg="Possible port scan" src=203.0.113.9:50000:X1 dst=10.0.0.1:22:X0 usr="jdoe"',
     "firewall/sonicwall", "2021-03-06T04:07:38Z", {"account": "jdoe", "client_address": "203.0.113.9", "server_address": "10.0.0.1"}, {}),
    ('device="SFW" date=2021-03-06 time=04:07:38 timezone="CET" device_name="xg1" log_type="Firewall" log_component="Firewall Rule" log_subtype="Denied" user_name="jdoe" src_ip=10.0.0.1 dst_ip=203.0.113.5 src_port=50000 dst_port=443',
     "firewall/sophos/Firewall", "2021-03-06T03:07:38Z", {"host": "xg1", "account": "jdoe", "client_address": "10.0.0.1", "outcome": "failure"}, {}),
    ('Mar  6 2021 04:07:38 wg1 firewall: msg_id="3000-0148" Deny 0-External Firebox 52 tcp 20 127 203.0.113.9 198.51.100.1 50000 22 offset 8 S 1 win 4 (Unhandled External Packet-00)',
     "firewall/watchguard", "2021-03-06T04:07:38Z", {"client_address": "203.0.113.9", "server_address": "198.51.100.1", "outcome": "failure"}, {"dst_port": "22"}),
    # Juniper, Huawei
    ('<14>1 2021-03-06T04:07:38.100Z srx1 RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.129 source-address="203.0.113.9" source-port="50000" destination-address="10.0.0.1" destination-port="22" username="N/A"] session denied',
     "juniper/srx/RT_FLOW_SESSION_DENY", "2021-03-06T04:07:38.100Z", {"host": "srx1", "client_address": "203.0.113.9", "server_address": "10.0.0.1", "outcome": "failure"}, {}),
    ("Mar  6 2021 04:07:38 rt1 mgd[7]: UI_LOGIN_EVENT: User 'jdoe' login, class 'super-user' [7], ssh-connection '203.0.113.9 50000 10.0.0.1 22', client-mode 'cli'", "juniper/junos",
     "2021-03-06T04:07:38Z", {"account": "jdoe", "client_address": "203.0.113.9", "outcome": "success"}, {}),
    ("Mar  6 2021 04:07:38 rt1 %%01BGP/3/BGP_AUTH_FAILED(l)[7]:BGP session authentication failed. (SrcInfo=203.0.113.9:179)", "huawei/vrp", "2021-03-06T04:07:38Z", {"host": "rt1"}, {"mnemonic": "BGP_AUTH_FAILED"}),
    # flows and alerts
    ("2 123456789012 eni-1 203.0.113.9 10.0.0.1 50000 22 6 1 40 1615003658 1615003700 REJECT OK", "aws/vpcflow", "2021-03-06T04:07:38Z",
     {"host": "eni-1", "client_address": "203.0.113.9", "server_address": "10.0.0.1", "outcome": "failure", "tenant": "123456789012"}, {}),
    ("2 123456789012 eni-1 - - - - - - - 1615003658 1615003700 - SKIPDATA", "aws/vpcflow/none", "2021-03-06T04:07:38Z", {"host": "eni-1", "tenant": "123456789012"}, {}),
    ('03/06/2021-04:07:38.123456  [**] [1:7:3] ET SCAN x [y] [**] [Classification: Attempted] [Priority: 2] {TCP} 203.0.113.9:50000 -> 10.0.0.1:22', "ids/fast", "2021-03-06T04:07:38.123456Z",
     {"client_address": "203.0.113.9", "server_address": "10.0.0.1", "object": "ET SCAN x [y]"}, {"sid": "7", "dst_port": "22"}),
    # a port is none of ICMP over IPv6, whose address ends as if it were one
    ("03/06/2021-04:07:38.123456  [**] [1:7:3] x [**] [Priority: 2] {IPV6-ICMP} 2001:db8::7:35 -> 2001:db8::8:88", "ids/fast", "2021-03-06T04:07:38.123456Z",
     {"client_address": "2001:db8::7:35", "server_address": "2001:db8::8:88"}, {}),
    ("ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,ra\n2021-03-06 04:07:38,2021-03-06 04:07:39,1.0,203.0.113.9,10.0.0.1,50000,22,TCP,....S.,0,0,1,40,198.51.100.2", "flow/nfdump", "2021-03-06T04:07:38Z",
     {"host": "198.51.100.2", "client_address": "203.0.113.9", "server_address": "10.0.0.1", "object": "TCP 22"}, {}),
    # not ours: prose with one equals sign, a line that only begins so, text encoded in letters
    ("x=1 and nothing else", None, None, {}, {}),
    ("CEF:0|Acme|Gate", None, None, {}, {}),
    ("dGVzdA==", None, None, {}, {}),
    ("2 3 4 5", None, None, {}, {}),
]


def lines_made_up_here():
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (line, *_) in enumerate(LINES):
            pathlib.Path(folder, f"{number:03}").write_text(line + "\n", encoding="utf-8")
        first = events(folder)
    for number, (line, kind, when, roles, fields) in enumerate(LINES):
        event = first.get(f"{number:03}", NOBODYS)
        want = (kind, when, roles, fields)
        got = (event["kind"], event["time"], {name: event["roles"].get(name) for name in roles}, {name: event["fields"].get(name) for name in fields})
        if got != want:
            wrong.append(f"{line}\n    {got}\n    instead of {want}")
        if "N/A" in event["roles"].values():
            wrong.append(f"{line}: N/A is nobody")
    assert not wrong, "\n  " + "\n  ".join(wrong)


# SigmaHQ's rules, by the end of their path, and lines that they are about. The second of each is one they are not about.
RULES = [
    ("fortinet_fortigate_new_firewall_policy_added.yml", 'date=2021-03-06 time=04:07:38 logid="1" type="event" subtype="system" vd="root" user="a" action="Add" cfgpath="firewall.policy" cfgobj="7"',
     'date=2021-03-06 time=04:07:38 logid="1" type="event" subtype="system" vd="root" user="a" action="Delete" cfgpath="firewall.policy" cfgobj="7"'),
    ("fortinet_fortigate_new_admin_account_created.yml", "CEF:0|Fortinet|Fortigate|v7|44547|event:system|5|cat=event:system duser=a act=Add FTNTFGTcfgpath=system.admin FTNTFGTcfgobj=x",
     "CEF:0|Fortinet|Fortigate|v7|44547|event:system|5|cat=event:system duser=a act=Edit FTNTFGTcfgpath=system.admin FTNTFGTcfgobj=x"),
    ("fortinet_fortigate_new_local_user_created.yml", 'date=2021-03-06,time=04:07:38,type="event",subtype="system",vd="root",action="Add",cfgpath="user.local"',
     'date=2021-03-06,time=04:07:38,type="event",subtype="system",vd="root",action="Add",cfgpath="user.group"'),
    ("fortios_sslvpnd_exploit_cve_2022_42475_exploitation_indicators.yml", 'date=2021-03-06 time=04:07:38 logid="1" type="event" subtype="vpn" vd="root" msg="wrote /data/lib/libgif.so"',
     'date=2021-03-06 time=04:07:38 logid="1" type="traffic" subtype="forward" vd="root" msg="wrote /data/lib/libgif.so"'),
    ("cisco_cli_clear_logs.yml", "Mar  6 04:07:38 rt1 41: Mar  6 04:07:38.311: %PARSER-5-CFGLOG_LOGGEDCMD: User:x  logged command:clear logging",
     "Mar  6 04:07:38 rt1 41: Mar  6 04:07:38.311: %PARSER-5-CFGLOG_LOGGEDCMD: User:x  logged command:show logging"),
    ("cisco_bgp_md5_auth_failed.yml", "<187>41: RP/0/RSP0/CPU0:Mar  6 04:07:38.311 : tcp[7]: %IP-TCP-3-BADAUTH : Invalid MD5 digest from 203.0.113.9:50000 to 10.0.0.1:179", "Mar  6 04:07:38 rt1 41: %TCP-6-OTHER: from 203.0.113.9(179)"),
    ("huawei_bgp_auth_failed.yml", "Mar  6 04:07:38 rt1 %%01BGP/3/BGP_AUTH_FAILED(l)[7]:BGP session authentication failed. (SrcInfo=203.0.113.9:179)", "Mar  6 04:07:38 rt1 %%01BGP/3/BGP_UP(l)[7]:x 203.0.113.9:179"),
    ("juniper_bgp_missing_md5.yml", "Mar  6 04:07:38 rt1 /kernel: tcp_auth_ok: Packet from 203.0.113.9:179 missing MD5 digest", "Mar  6 04:07:38 rt1 /kernel: tcp_auth_ok: Packet from 203.0.113.9:180 missing MD5 digest"),
    ("paloalto_globalprotect_exploit_cve_2024_3400_command_injection.yml", '2021-03-06 04:07:38 {"level":"error","message":"failed to unmarshal session(../../x) map , EOF"}', "2021-03-06 04:07:38 failed to unmarshal session(7) map"),
    ("file_event_paloalto_globalprotect_exploit_cve_2024_3400_command_inject_file_creation.yml", "2021-03-06 04:07:38 dt_send INFO: fname=/opt/panlogs/tmp/device_telemetry/hour/x`curl${IFS}y`",
     "2021-03-06 04:07:38 dt_send INFO: fname=/opt/panlogs/tmp/device_telemetry/hour/x.tgz"),
    ("cisco_duo_mfa_bypass_via_bypass_code.yml", '{"txid":"1","event_type":"authentication","factor":"bypass_code","reason":"bypass_user","result":"success","isotimestamp":"2021-03-06T04:07:38Z","user":{"name":"jdoe"},"access_device":{"ip":"203.0.113.9"}}',
     '{"txid":"1","event_type":"authentication","factor":"duo_push","reason":"user_approved","result":"success","isotimestamp":"2021-03-06T04:07:38Z","user":{"name":"jdoe"},"access_device":{"ip":"203.0.113.9"}}'),
    ("net_firewall_cleartext_protocols.yml", "Mar  6 2021 04:07:38 h kernel: FW ACCEPT IN=eth0 OUT= MAC=aa:bb SRC=203.0.113.9 DST=10.0.0.1 LEN=60 PROTO=TCP SPT=50000 DPT=23 SYN",
     "Mar  6 2021 04:07:38 h kernel: FW DROP IN=eth0 OUT= MAC=aa:bb SRC=203.0.113.9 DST=10.0.0.1 LEN=60 PROTO=TCP SPT=50000 DPT=23 SYN"),
    ("net_firewall_cleartext_protocols.yml", 'date=2021-03-06 time=05:07:38 type="traffic" subtype="forward" vd="root" srcip=10.0.0.1 dstip=203.0.113.5 dstport=23 action="close"',
     'date=2021-03-06 time=05:07:38 type="traffic" subtype="forward" vd="root" srcip=10.0.0.1 dstip=203.0.113.5 dstport=23 action="deny"'),
    ("net_firewall_cleartext_protocols.yml", "2 123456789012 eni-1 203.0.113.9 10.0.0.1 50000 23 6 1 40 1615003658 1615003700 ACCEPT OK", "2 123456789012 eni-1 203.0.113.9 10.0.0.1 50000 23 6 1 40 1615003658 1615003700 REJECT OK"),
    ("net_firewall_cleartext_protocols.yml", "%ASA-6-302013: Built inbound TCP connection 7 for outside:203.0.113.9/50000 (203.0.113.9/50000) to dmz:10.0.0.1/23 (10.0.0.1/23)",
     '%ASA-4-106023: Deny tcp src outside:203.0.113.9/50000 dst inside:10.0.0.1/23 by access-group "out" [0x0, 0x0]'),
    ("net_firewall_apt_equationgroup_c2.yml", "<134>Mar  6 2021 04:07:38 pf filterlog[7]: 5,,,1,em0,match,block,out,4,0x0,,64,1,0,DF,6,tcp,60,10.0.0.1,69.42.98.86,50000,22,0,S",
     "<134>Mar  6 2021 04:07:38 pf filterlog[7]: 5,,,1,em0,match,block,out,4,0x0,,64,1,0,DF,6,tcp,60,10.0.0.1,69.42.98.87,50000,22,0,S"),
    ("netflow_cleartext_protocols.yml", "ts,te,td,sa,da,sp,dp,pr\n2021-03-06 04:07:38,2021-03-06 04:07:39,1.0,203.0.113.9,10.0.0.1,50000,23,TCP", "ts,te,td,sa,da,sp,dp,pr\n2021-03-06 04:07:38,2021-03-06 04:07:39,1.0,203.0.113.9,10.0.0.1,23,22,TCP"),
    ("proxy_ua_powershell.yml", 'date=2021-03-06 time=05:07:38 type="utm" subtype="webfilter" vd="root" srcip=10.0.0.1 dstip=203.0.113.5 hostname="example.org" url="/a" action="passthrough" agent="Mozilla/5.0 WindowsPowerShell/5.1"',
     'date=2021-03-06 time=05:07:38 type="utm" subtype="webfilter" vd="root" srcip=10.0.0.1 dstip=203.0.113.5 hostname="example.org" url="/a" action="passthrough" agent="Mozilla/5.0"'),
]


def rules_of_sigma_find_their_lines():
    wrong = []
    sigma = SHARED / "data/sigma"
    if not sigma.exists():
        print("SKIP: rules of Sigma: none at hand (set LONGWATCH_SHARED)")
        return
    paths = {path.name: path for path in sigma.rglob("*.yml")}
    for name, line, other in RULES:
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "found").write_text(line + "\n", encoding="utf-8")
            pathlib.Path(folder, "other").write_text(other + "\n", encoding="utf-8")
            _, findings, said = hunt(folder, "--rules", paths[name])
        found = sorted({pathlib.Path(finding["evidence_path"]).name for finding in findings})
        if found != ["found"]:
            wrong.append(f"{name}: {found} {line}\n{said}")
    assert not wrong, "\n  " + "\n  ".join(wrong)


if __name__ == "__main__":
    run([lines_made_up_here, rules_of_sigma_find_their_lines])
