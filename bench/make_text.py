"""make_text: synthetic logs of text for bench.py: lines such as servers write, drawn at random, the same in every run."""

import datetime
import json
import random

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "root", "www-data", "backup")
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "curl/8.5.0", "python-requests/2.31.0", "Go-http-client/1.1",
)  # fmt: skip
BEGIN = datetime.datetime(2024, 3, 1, tzinfo=datetime.timezone.utc)


class Draw(random.Random):
    """What lines are made of."""

    def __init__(self):
        super().__init__(1)
        self.addresses = [f"198.51.{self.randrange(100, 102)}.{self.randrange(256)}" for _ in range(400)]
        self.paths = [f"/{self.choice(('img', 'css', 'app', 'api/v1', 'news'))}/{self.getrandbits(20):x}.{self.choice(('png', 'js', 'php', 'html'))}" for _ in range(3000)]
        self.seconds = 0.0

    def now(self):
        self.seconds += self.expovariate(40)
        return BEGIN + datetime.timedelta(seconds=self.seconds)


def syslog(d):
    when, host, pid = d.now(), d.choice(("mail", "web1", "web2", "db")), d.randrange(300, 32000)
    head = f"{when:%b} {when.day:2} {when:%H:%M:%S} {host} "
    who, address, port = d.choice(NAMES), d.choice(d.addresses), d.randrange(1024, 65536)
    return head + d.choice((
        f"sshd[{pid}]: Failed password for invalid user {who} from {address} port {port} ssh2",
        f"sshd[{pid}]: Accepted publickey for {who} from {address} port {port} ssh2: RSA SHA256:{d.getrandbits(128):x}",
        f"sshd[{pid}]: pam_unix(sshd:session): session opened for user {who} by (uid=0)",
        f"CRON[{pid}]: ({who}) CMD (   cd / && run-parts --report /etc/cron.hourly)",
        f"systemd[1]: Started Session {d.randrange(100000)} of user {who}.",
        f"sudo:    {who} : TTY=pts/0 ; PWD=/home/{who} ; USER=root ; COMMAND=/usr/bin/apt update",
        f"postfix/smtpd[{pid}]: connect from mail.example.org[{address}]",
        f"kernel: [{d.randrange(99999)}.{d.randrange(999999):06}] eth0: link up, 1000 Mbps, full duplex",
    ))  # fmt: skip


def web(d):
    query = f"?id={d.randrange(100000)}&s={d.getrandbits(64):x}" if d.random() < 0.3 else ""
    return (
        f'{d.choice(d.addresses)} - {d.choice(NAMES) if d.random() < 0.1 else "-"} [{d.now():%d/%b/%Y:%H:%M:%S +0000}] '
        f'"{d.choice(("GET", "GET", "GET", "POST", "HEAD"))} {d.choice(d.paths)}{query} HTTP/1.1" {d.choice((200, 200, 200, 304, 404, 500))} '
        f'{d.randrange(200, 90000)} "{d.choice(("-", "https://www.example.org/", "https://www.example.org/news"))}" "{d.choice(AGENTS)}"'
    )


def iis(d):
    return (
        f"{d.now():%Y-%m-%d %H:%M:%S} 192.0.2.10 {d.choice(('GET', 'POST'))} {d.choice(d.paths)} {d.choice(('-', 'id=7', 'q=a+b'))} 443 - "
        f"{d.choice(d.addresses)} {d.choice(AGENTS).replace(' ', '+')} - {d.choice((200, 304, 404))} 0 0 {d.randrange(900)}"
    )


def zeek(d):
    return "\t".join((
        f"{d.now().timestamp():.6f}", f"C{d.getrandbits(80):x}", d.choice(d.addresses), str(d.randrange(1024, 65536)), "192.0.2.10",
        d.choice(("443", "53", "22")), "tcp", d.choice(("ssl", "dns", "-")), f"{d.random() * 9:.6f}", str(d.randrange(9000)),
        str(d.randrange(90000)), d.choice(("SF", "S0", "REJ")),
    ))  # fmt: skip


def table(d):
    return f"{d.now():%Y-%m-%d %H:%M:%S};{d.choice(NAMES)};{d.choice(d.addresses)};{d.choice(('granted', 'denied'))};{d.randrange(10**7)};{d.getrandbits(64):016x}"


def calls(d):
    when, who = d.now(), f"+4930{d.randrange(10**7):07}"
    talk = d.randrange(600)
    return (
        f'"","{who}","+4940{d.randrange(10**6):06}","from-internal","""{d.choice(NAMES)}"" <{who}>","SIP/101-{d.getrandbits(32):08x}",'
        f'"SIP/trunk-{d.getrandbits(32):08x}","Dial","SIP/trunk/{d.randrange(10**6)},60","{when:%Y-%m-%d %H:%M:%S}","{when:%Y-%m-%d %H:%M:%S}",'
        f'"{when + datetime.timedelta(seconds=talk):%Y-%m-%d %H:%M:%S}",{talk},{talk},"ANSWERED","DOCUMENTATION","{when.timestamp():.0f}.{d.randrange(9999)}",""'
    )


def audit(d):
    stamp, pid = f"audit({d.now().timestamp():.3f}:{int(d.seconds * 40)})", d.randrange(300, 32000)
    program = d.choice(("ls", "cat", "sh", "curl", "id", "systemctl"))
    return (
        f'type=SYSCALL msg={stamp}: arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e a2=55f a3=8 items=2 ppid={pid} pid={pid + 1} '
        f'auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm="{program}" exe="/usr/bin/{program}" key="exec"\n'
        f'type=EXECVE msg={stamp}: argc=2 a0="{program}" a1="-{d.choice("alhx")}"\n'
        f'type=CWD msg={stamp}: cwd="/home/{d.choice(NAMES)}"\n'
        f'type=PATH msg={stamp}: item=0 name="/usr/bin/{program}" inode={d.randrange(10**6)} dev=fd:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL'
    )


def firewall(d):
    when = d.now()
    return (
        f'<189>date={when:%Y-%m-%d} time={when:%H:%M:%S} devname="FW1" devid="FG1" eventtime={int(when.timestamp() * 1e9)} tz="+0000" '
        f'logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip={d.choice(d.addresses)} srcport={d.randrange(1024, 65536)} '
        f'srcintf="port1" dstip=192.0.2.10 dstport={d.choice((443, 53, 22))} dstintf="wan1" policyid={d.randrange(90)} sessionid={d.getrandbits(32)} '
        f'proto=6 action="{d.choice(("close", "deny", "accept"))}" service="HTTPS" sentbyte={d.randrange(9000)} rcvdbyte={d.randrange(90000)}'
    )


def guid(d):
    bits = d.getrandbits(128)
    return f"{bits >> 96:08x}-{bits >> 80 & 0xFFFF:04x}-4{bits >> 64 & 0xFFF:03x}-8{bits >> 48 & 0xFFF:03x}-{bits & 0xFFFFFFFFFFFF:012x}"


def whole(record):
    return json.dumps(record, separators=(",", ":"))


def m365(d):
    who, address = d.choice(NAMES), d.choice(d.addresses)
    record = {
        "CreationTime": f"{d.now():%Y-%m-%dT%H:%M:%S}", "Id": guid(d), "OrganizationId": "11111111-2222-4333-8444-555555555555", "UserType": 0,
        "UserKey": f"100320{d.randrange(10**10):010}", "Version": 1, "UserId": f"{who}@example.org", "ClientIP": address,
    }  # fmt: skip
    what = d.random()
    if what < 0.5:
        record |= {
            "Operation": "MailItemsAccessed", "RecordType": 50, "Workload": "Exchange", "ResultStatus": "Succeeded", "ClientIPAddress": address,
            "ClientInfoString": d.choice(("Client=OWA;Action=ViaProxy", "Client=MSExchangeRPC", "Client=REST;Client=RESTSystem;;")), "ExternalAccess": False,
            "LogonType": 0, "MailboxGuid": guid(d), "MailboxOwnerUPN": f"{who}@example.org", "OperationCount": 1, "SessionId": guid(d),
            "OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}, {"Name": "IsThrottled", "Value": "False"}],
            "Folders": [{"FolderItems": [{"InternetMessageId": f"<{d.getrandbits(96):x}@mail.example.org>", "SizeInBytes": d.randrange(99999)}],
                         "Id": f"LgAAAA{d.getrandbits(160):040x}", "Path": "\\Inbox"}],
        }  # fmt: skip
    elif what < 0.75:
        record |= {
            "Operation": d.choice(("UserLoggedIn", "UserLoginFailed")), "RecordType": 15, "Workload": "AzureActiveDirectory", "ResultStatus": "Success",
            "ExtendedProperties": [{"Name": "UserAgent", "Value": d.choice(AGENTS)}, {"Name": "RequestType", "Value": "OAuth2:Authorize"}],
            "ActorIpAddress": address, "ApplicationId": guid(d), "ErrorNumber": d.choice(("0", "50126")), "InterSystemsId": guid(d),
            "Actor": [{"ID": guid(d), "Type": 0}, {"ID": f"{who}@example.org", "Type": 5}], "Target": [{"ID": guid(d), "Type": 0}],
        }  # fmt: skip
    else:
        name = f"{d.getrandbits(32):x}.docx"
        record |= {
            "Operation": d.choice(("FileAccessed", "FileDownloaded", "FileModified")), "RecordType": 6, "Workload": "SharePoint", "ItemType": "File",
            "ObjectId": f"https://example.sharepoint.com/sites/team/Documents/{name}", "SourceFileName": name, "SourceFileExtension": "docx",
            "SiteUrl": "https://example.sharepoint.com/sites/team/", "UserAgent": d.choice(AGENTS), "CorrelationId": guid(d), "ListItemUniqueId": guid(d),
        }  # fmt: skip
    return whole(record)


def cloudtrail(d):
    who, when = d.choice(NAMES), f"{d.now():%Y-%m-%dT%H:%M:%SZ}"
    service, name = d.choice((("s3", "GetObject"), ("ec2", "DescribeInstances"), ("iam", "ListUsers"), ("sts", "AssumeRole"), ("ssm", "GetParameter")))
    return whole({
        "eventVersion": "1.09", "userIdentity": {"type": "AssumedRole", "principalId": f"AROA{d.getrandbits(64):016X}:{who}",
                                                  "arn": f"arn:aws:sts::111122223333:assumed-role/team/{who}", "accountId": "111122223333",
                                                  "accessKeyId": f"ASIA{d.getrandbits(64):016X}",
                                                  "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/team", "userName": "team"},
                                                                     "attributes": {"creationDate": when, "mfaAuthenticated": "false"}}},
        "eventTime": when, "eventSource": f"{service}.amazonaws.com", "eventName": name, "awsRegion": "eu-central-1", "sourceIPAddress": d.choice(d.addresses),
        "userAgent": d.choice(AGENTS), "requestParameters": {"bucketName": "team", "key": f"a/{d.getrandbits(48):x}"}, "responseElements": None,
        "requestID": guid(d), "eventID": guid(d), "readOnly": True, "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": "111122223333",
        "eventCategory": "Management",
    })  # fmt: skip


def okta(d):
    who = d.choice(NAMES)
    return whole({
        "actor": {"id": f"00u{d.getrandbits(64):x}", "type": "User", "alternateId": f"{who}@example.org", "displayName": who},
        "client": {"userAgent": {"rawUserAgent": d.choice(AGENTS), "os": "Windows 10", "browser": "CHROME"}, "zone": "null", "device": "Computer",
                   "ipAddress": d.choice(d.addresses), "geographicalContext": {"city": "Berlin", "country": "Germany", "geolocation": {"lat": 52.5, "lon": 13.4}}},
        "authenticationContext": {"externalSessionId": f"102{d.getrandbits(80):x}", "authenticationStep": 0}, "displayMessage": "User login to Okta",
        "eventType": d.choice(("user.session.start", "user.authentication.sso", "policy.evaluate_sign_on")), "outcome": {"result": d.choice(("SUCCESS", "FAILURE"))},
        "published": f"{d.now():%Y-%m-%dT%H:%M:%S}.{d.randrange(1000):03}Z", "severity": "INFO", "uuid": guid(d), "version": "0", "legacyEventType": "core.user_auth.login",
        "debugContext": {"debugData": {"requestId": f"Z{d.getrandbits(96):x}", "requestUri": "/api/v1/authn", "threatSuspected": "false"}},
        "transaction": {"type": "WEB", "id": f"Z{d.getrandbits(96):x}"}, "securityContext": {"asNumber": 64500, "isProxy": False},
        "target": [{"id": f"0oa{d.getrandbits(64):x}", "type": "AppInstance", "alternateId": "mail", "displayName": "mail"}],
    })  # fmt: skip


def zeek_json(d):
    return whole({
        "_path": "conn", "ts": round(d.now().timestamp(), 6), "uid": f"C{d.getrandbits(80):x}", "id.orig_h": d.choice(d.addresses),
        "id.orig_p": d.randrange(1024, 65536), "id.resp_h": "192.0.2.10", "id.resp_p": d.choice((443, 53, 22)), "proto": "tcp",
        "service": d.choice(("ssl", "dns")), "duration": round(d.random() * 9, 6), "orig_bytes": d.randrange(9000), "resp_bytes": d.randrange(90000),
        "conn_state": d.choice(("SF", "S0", "REJ")), "local_orig": False, "local_resp": True, "missed_bytes": 0, "history": "ShADadFf",
        "orig_pkts": d.randrange(99), "orig_ip_bytes": d.randrange(9000), "resp_pkts": d.randrange(99), "resp_ip_bytes": d.randrange(90000),
    })  # fmt: skip


def suricata(d):
    record = {
        "timestamp": f"{d.now():%Y-%m-%dT%H:%M:%S}.{d.randrange(10**6):06}+0000", "flow_id": d.getrandbits(50), "in_iface": "eth0", "src_ip": d.choice(d.addresses),
        "src_port": d.randrange(1024, 65536), "dest_ip": "192.0.2.10", "dest_port": 443, "proto": "TCP",
    }  # fmt: skip
    what = d.random()
    if what < 0.1:
        record |= {"event_type": "alert", "alert": {"action": "allowed", "gid": 1, "signature_id": 2000000 + d.randrange(900), "rev": 3,
                                                    "signature": "EXAMPLE outbound connection", "category": "Misc activity", "severity": 3}}  # fmt: skip
    elif what < 0.4:
        record |= {"event_type": "dns", "dns": {"type": "query", "id": d.randrange(65536), "rrname": f"{d.getrandbits(32):x}.example.org", "rrtype": "A", "tx_id": 0}}
    elif what < 0.6:
        record |= {"event_type": "http", "http": {"hostname": "www.example.org", "url": d.choice(d.paths), "http_user_agent": d.choice(AGENTS),
                                                  "http_method": "GET", "protocol": "HTTP/1.1", "status": 200, "length": d.randrange(90000)}}  # fmt: skip
    else:
        record |= {"event_type": "flow", "app_proto": "tls", "flow": {"pkts_toserver": d.randrange(99), "pkts_toclient": d.randrange(99),
                                                                      "bytes_toserver": d.randrange(9000), "bytes_toclient": d.randrange(90000),
                                                                      "start": record["timestamp"], "end": record["timestamp"], "age": 1, "state": "closed"}}  # fmt: skip
    return whole(record)


IIS_HEAD = (
    "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2024-03-01 00:00:00\n#Fields: date time s-ip cs-method cs-uri-stem "
    "cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
)  # fmt: skip
ZEEK_HEAD = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p"
    "\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\n"
)  # fmt: skip
# name of the file: (what it is called, head, maker of lines, MB/s asked)
FORMATS = {
    "syslog.log": ("syslog", "", syslog, 300),
    "access.log": ("web access log (combined)", "", web, 400),
    "iis.log": ("IIS (W3C)", IIS_HEAD, iis, 400),
    "conn.log": ("Zeek conn, separated values", ZEEK_HEAD, zeek, 400),
    "vpn.csv": ("delimited text", "Start;User;Client IP;Result;Bytes In;Session\n", table, 400),
    "cdr.csv": ("call records (Asterisk)", "", calls, 400),
    "audit.log": ("Linux audit", "", audit, 300),
    "firewall.log": ("firewall (key=value)", "", firewall, 300),
    "m365.jsonl": ("Microsoft 365 audit log, JSON lines", "", m365, 400),
    "cloudtrail.jsonl": ("AWS CloudTrail, JSON lines", "", cloudtrail, 400),
    "okta.jsonl": ("Okta System Log, JSON lines", "", okta, 400),
    "conn.jsonl": ("Zeek conn, JSON lines", "", zeek_json, 400),
    "eve.jsonl": ("Suricata eve, JSON lines", "", suricata, 400),
}


def make(name, path, size):
    """Writes the file of this format, of so many bytes."""
    _, head, line, _ = FORMATS[name]
    draw = Draw()
    made = 0
    with open(path, "w", encoding="ascii") as to:
        made += to.write(head)
        while made < size:
            made += to.write("\n".join(line(draw) for _ in range(1000)) + "\n")
