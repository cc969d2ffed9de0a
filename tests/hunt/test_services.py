#!/usr/bin/env python3
"""test_services: what lines of web servers, proxies, DNS and mail servers, Unix services and VMware say.

The shared data hold logs with the template of every line (data/linux/loghub), and scans of web servers (data/web/scanner-attacks). Lines
with what a vendor's parser makes of them are in test_expected.py.
"""

import collections
import csv
import gzip
import io
import json
import pathlib
import re
import subprocess
import tempfile

from evidence import BINARY, SHARED, run


def events(*paths):
    """Records by the name of their file, and its folder."""
    out = subprocess.run([BINARY, "events", *map(str, paths), "--json"], capture_output=True, check=False, timeout=250)
    assert out.returncode in (0, 3), f"events: {out.returncode}: {out.stderr.decode('utf-8', 'replace')}"
    found = collections.defaultdict(list)
    for line in out.stdout.splitlines():
        event = json.loads(line)
        found["/".join(event["evidence_path"].split("/")[-2:])].append(event)
    return found


def shared(name):
    """Bytes of a shared file, unpacked; None and a line when it is not there."""
    path = SHARED / "data" / name
    if not path.exists():
        print(f"skipped: {path} is not there")
        return None
    return gzip.decompress(path.read_bytes())


# The templates of loghub's structured files, and what our fields must hold for their lines: kind, and roles by pattern.
SSH = {
    "E9": (r"for (?P<account>\S+) from (?P<client_address>\S+) port", "failure"),
    "E10": (r"invalid user (?P<account>.*) from (?P<client_address>\S+) port", "failure"),
    "E8": (r"invalid user (?P<account>.*) from (?P<client_address>\S+) port", "failure"),
    "E13": (r"Invalid user (?P<account>.*) from (?P<client_address>\S+)$", "failure"),
    "E12": (r"invalid user (?P<account>.*) \[preauth\]", "failure"),
    "E1": (r"for (?P<account>\S+) from (?P<client_address>\S+) port", "success"),
    "E14": (r"for (?P<account>\S+) from (?P<client_address>\S+) port", "failure"),
    "E19": (r"rhost=(?P<client_address>\S+)", "failure"),
    "E20": (r"rhost=(?P<client_address>\S+) +user=(?P<account>\S+)", "failure"),
    "E16": (r"rhost=(?P<client_address>\S+)", "failure"),
    "E15": (r"rhost=(?P<client_address>\S+)", "failure"),
    "E17": (r"rhost=(?P<client_address>\S+) +user=(?P<account>\S+)", "failure"),
    "E21": (r"check pass", "failure"),
    "E23": (r"for user (?P<account>\S+) by", "success"),
    "E22": (r"for user (?P<account>\S+)", None),
    "E24": (r"from (?P<client_address>\S+): ", None),
    "E7": (r"from (?P<client_address>\S+): ", None),
    "E25": (r"from (?P<client_address>\S+): ", None),
    "E26": (r"from (?P<client_address>\S+): ", None),
    "E6": (r"from (?P<client_address>\S+): ", None),
    "E27": (r"\[(?P<client_address>\S+)\] failed", None),
    "E2": (r"closed by (?P<client_address>\S+)", None),
    "E3": (r"from (?P<client_address>\S+)", "failure"),
    "E5": (r"for (?P<account>\S+) \[", "failure"),
    "E4": (r"for (?P<account>\S+) \[", "failure"),
}

def structured(name):
    """[(row of the structured file, our event)] of a log of loghub; None when the data are not there."""
    log, truth = shared(f"linux/loghub/{name}.log.gz"), shared(f"linux/loghub/{name}.log_structured.csv.gz")
    if log is None or truth is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "log").write_bytes(log)
        found = list(events(folder).values())[0]
    rows = list(csv.DictReader(io.StringIO(truth.decode("utf-8"))))
    assert len(rows) == len(found) == 2000, f"{name}: {len(rows)} rows, {len(found)} events"
    return list(zip(rows, found))


def test_openssh():
    pairs = structured("OpenSSH_2k")
    if pairs is None:
        return
    seen = collections.Counter()
    for row, event in pairs:
        where = f"line {row['LineId']} ({row['EventId']}): {row['Content']!r}: {event['kind']} {event['roles']}"
        assert event["fields"]["pid"] == row["Pid"] and event["roles"]["host"] == row["Component"], where
        if row["EventId"] not in SSH:
            continue
        lines, outcome = SSH[row["EventId"]]
        said = re.search(lines, row["Content"].strip())
        assert said, where
        assert event["roles"].get("outcome") == outcome, where
        for role, value in said.groupdict().items():
            assert event["roles"].get(role, "") == value, f"{role}: {value!r} expected: {where}"
        seen[row["EventId"]] += 1
    assert set(seen) == set(SSH), f"templates without lines: {set(SSH) - set(seen)}"
    rest = 2000 - sum(seen.values())
    assert rest == 8, f"{rest} lines of other templates, where E11 and E18 are 8"


def test_apache():
    pairs = structured("Apache_2k")
    for row, event in pairs or []:
        where = f"line {row['LineId']}: {row['Content']!r}: {event['kind']} {event['fields']}"
        assert event["kind"] == "web/apache-error" and event["time"], where
        assert event["fields"]["level"] == row["Level"], where
        client = re.match(r"\[client ([^\]]+)\] (.*)", row["Content"])
        assert event["fields"]["error"] == (client[2] if client else row["Content"]), where
        assert event["roles"].get("client_address") == (client[1] if client else None), where


def test_thunderbird():
    """A collector's columns in front, and the old tags crond(pam_unix): user, host, pid, and the time that the collector knew."""
    pairs = structured("Thunderbird_2k")
    seen = collections.Counter()
    for row, event in pairs or []:
        where = f"line {row['LineId']}: {row['Content']!r}: {event['kind']} {event['fields']} {event['roles']}"
        assert event["fields"]["received"] == row["Timestamp"], where
        assert event["time_text"] == row["Timestamp"] and event["time"], where
        if row["PID"]:
            assert event["fields"]["pid"] == row["PID"], where
        for lines, kind, role in (
            (r"session (?:opened|closed) for user (\S+)", "unix/pam", "account"),
            (r"^\((\S+)\) CMD", "unix/cron", "account"),
            (r"^DHCPDISCOVER from (\S+)", "dhcp/isc", "object"),
            (r"^DHCP(?:REQUEST for|OFFER on|ACK on) (\S+)", "dhcp/isc", "client_address"),
            (r"^(\w{14}): (?:from|to)=", "mailserver/sendmail", "session"),
        ):
            said = re.search(lines, row["Content"])
            if said:
                seen[kind] += 1
                assert (event["kind"], event["roles"].get(role)) == (kind, said[1]), where
    if pairs:
        assert min(seen.values()) >= 15 and len(seen) == 4, seen


def test_scanners():
    """Every line is an access with method or an empty request, from the clients that SOURCE.md counts; no line is lost."""
    for name, clients, lines in (
        ("acunetix", {"192.168.4.25": 6539}, 6539),
        ("w3af", {"192.168.4.163": 3914, "192.168.1.20": 62, "192.168.4.25": 20}, 3996),
    ):
        data = shared(f"web/scanner-attacks/{name}.txt.gz")
        if data is None:
            return
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "log").write_bytes(data)
            found = list(events(folder).values())[0]
        assert len(found) == lines, f"{name}: {len(found)} of {lines}"
        assert dict(collections.Counter(e["roles"]["client_address"] for e in found)) == clients, name
        for event in found:
            fields = event["fields"]
            assert event["kind"] in ("web/access", "web/access-url") and event["time"], fields["message"]
            # An own reading of the line: what stands in its quotes, by the quotes that are not escaped.
            request, status = re.match(r'"?\S+ - \S+ \[[^\]]+\] "((?:[^"\\]|\\.)*)" (\d+) ', fields["message"]).groups()
            assert fields["sc-status"] == status, fields["message"]
            parts = re.match(r"([A-Za-z_-]+) (.+) (HTTP/\S+)$", request)
            target = parts[2] if parts else None
            if target and "\\" not in target:
                assert (fields["cs-method"], fields["cs-uri"]) == (parts[1], target), fields["message"]


def test_plaso():
    """Samples of one product each: the kind of every line but those named, and the time of all of that kind."""
    cases = (
        ("web/plaso/apache_access.log", "web/access", 15),
        ("web/plaso/aws_elb_access.log", "web/elb", 16),
        ("web/plaso/confluence_access.log", "web/confluence", 3),
        ("linux/plaso/vsftpd.log", "unix/vsftpd", 25),
        ("linux/plaso/dpkg.log", "unix/dpkg", 4),
        ("linux/plaso/syslog_syslog_cron.log", "unix/cron", 9),
        ("linux/plaso/syslog_syslog_ssh.log", "unix/sshd", 9),
        ("linux/plaso/AccessProtectionLog.txt", "endpoint/mcafee-access-protection", 14),
        ("linux/plaso/teamviewer_connections_incoming.txt", "endpoint/teamviewer", 1),
        ("linux/plaso/teamviewer_Connections.txt", "endpoint/teamviewer", 1),
    )
    for name, kind, count in cases:
        path = SHARED / "data" / name
        if not path.exists():
            print(f"skipped: {path} is not there")
            continue
        found = list(events(path).values())[0]
        kinds = collections.Counter(e["kind"] for e in found)
        assert kinds == {kind: count}, f"{name}: {kinds}"
        if not name.startswith("linux/plaso/syslog"):
            assert all(e["time"] for e in found), f"{name}: no time: {[e['time_text'] for e in found if not e['time']]}"


# Lines made up here: (line, kind, roles, fields). Each says what a trap of the format is.
HEAD = "Dec 10 06:55:46 host1 "
ACCESS = '192.0.2.1 - - [10/Oct/2020:13:55:36 +0200] '
MADE = [
    # A user name that forges the rest of the line: the last `from` is the server's own.
    (HEAD + "sshd[1]: Failed password for invalid user x from 198.51.100.9 port 22 ssh2 from 192.0.2.7 port 4022 ssh2", "unix/sshd", {"account": "x from 198.51.100.9 port 22 ssh2", "client_address": "192.0.2.7", "outcome": "failure"}, {"src_port": "4022"}),
    (HEAD + "sshd[1]: Failed password for invalid user  from 192.0.2.7 port 4022 ssh2", "unix/sshd", {"client_address": "192.0.2.7", "outcome": "failure"}, {"user": None}),
    (HEAD + "sshd[1]: Invalid user a b from 198.51.100.9 from 192.0.2.7 port 1", "unix/sshd", {"account": "a b from 198.51.100.9", "client_address": "192.0.2.7"}, {}),
    (HEAD + "sshd-session[1]: Accepted publickey for root from 2001:db8::7 port 4022 ssh2: ED25519 SHA256:abc", "unix/sshd", {"account": "root", "client_address": "2001:db8::7", "outcome": "success"}, {}),
    (HEAD + "sshd[1]: message repeated 3 times: [ Failed password for root from 192.0.2.7 port 5 ssh2]", "unix/sshd", {"account": "root", "outcome": "failure"}, {"repeated": "3"}),
    (HEAD + "sshd(pam_unix)[1]: session opened for user root by (uid=0)", "unix/pam-sshd-tag", {"account": "root", "outcome": "success"}, {"module": "pam_unix"}),
    (HEAD + "crond(pam_unix)[1]: session closed for user root", "unix/pam", {"account": "root"}, {"outcome": None}),
    (HEAD + "su: pam_unix(su:auth): authentication failure; logname=a uid=1000 euid=0 tty=/dev/pts/0 ruser=a rhost=  user=root", "unix/pam", {"account": "root", "outcome": "failure"}, {"service": "su", "ruser": "a"}),
    (HEAD + "sudo:  alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh -c 'a ; b'", "unix/sudo", {"account": "alice", "target_account": "root", "outcome": "success", "object": "/bin/sh -c 'a ; b'"}, {"TTY": "pts/0"}),
    (HEAD + "sudo: bob : 3 incorrect password attempts ; TTY=pts/1 ; PWD=/ ; USER=#-1 ; COMMAND=/usr/bin/id", "unix/sudo", {"account": "bob", "target_account": "#-1", "outcome": "failure"}, {"reason": "3 incorrect password attempts"}),
    (HEAD + "su[9]: FAILED SU (to root) bob on pts/1", "unix/su", {"account": "bob", "target_account": "root", "outcome": "failure"}, {}),
    (HEAD + "CRON[7]: (root) CMD (sh -c '(a)')", "unix/cron", {"account": "root", "object": "sh -c '(a)'"}, {}),
    (HEAD + "crontab[7]: (bob) REPLACE (bob)", "unix/cron", {"account": "bob"}, {"action": "REPLACE"}),
    (HEAD + "useradd[7]: new user: name=eve, UID=0, GID=0, home=/home/eve, shell=/bin/bash, from=/dev/pts/0", "unix/accounts", {"target_account": "eve", "outcome": "success"}, {"uid": "0", "tty": "/dev/pts/0"}),
    (HEAD + "usermod[7]: add 'eve' to group 'sudo'", "unix/accounts", {"target_account": "eve", "object": "sudo"}, {"action": "add"}),
    (HEAD + "systemd-logind[7]: New session c12 of user eve.", "unix/logind", {"account": "eve", "session": "c12"}, {}),
    (HEAD + "vsftpd[7]: [eve] FAIL LOGIN: Client \"192.0.2.9\"", "unix/vsftpd", {"account": "eve", "client_address": "192.0.2.9", "outcome": "failure"}, {}),
    (HEAD + "slapd[7]: conn=5 op=1 RESULT tag=97 err=49 text=", "unix/slapd", {"session": "5", "outcome": "failure"}, {}),
    (HEAD + "clamd[7]: /srv/a b.php: Php.Webshell.X FOUND", "unix/clamav-found", {"object": "/srv/a b.php"}, {"Signature": "Php.Webshell.X"}),
    (HEAD + 'guacd[7]: User "@eve" joined connection "$1" (2 users now present)', "unix/guacamole", {"account": "@eve"}, {"count": "2"}),
    (HEAD + "pkexec[7]: bob: The value for environment variable XAUTHORITY contains suspicious content [USER=root] [TTY=/dev/pts/0] [CWD=/tmp] [COMMAND=GCONV_PATH=./x]", "unix/polkit", {"account": "bob", "target_account": "root", "outcome": "failure"}, {}),
    (HEAD + "postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 <a@b>: Relay access denied; from=<x@y> to=<a@b> proto=ESMTP helo=<z>", "mailserver/postfix", {"client_address": "192.0.2.9", "session": "NOQUEUE", "outcome": "failure"}, {"from": "x@y", "to": "a@b"}),
    (HEAD + "postfix/smtp[7]: 486D13F8B7: host mx.test[192.0.2.9] said: 450 4.2.0 <a@b>: greylisted (in reply to RCPT TO command)", "mailserver/postfix", {"server_address": "192.0.2.9", "outcome": "failure"}, {}),
    (HEAD + "postfix/smtp[7]: 486D13F8B7: to=<a@b>, relay=192.0.2.9:2525, delay=0.4, delays=0.1/0/0/0.3, dsn=2.0.0, status=sent (250 Ok)", "mailserver/postfix", {"server_address": "192.0.2.9", "outcome": "success"}, {"dst_port": "2525"}),
    (HEAD + "postfix/smtpd[7]: disconnect from unknown[192.0.2.9] ehlo=1 quit=1 commands=2", "mailserver/postfix", {"client_address": "192.0.2.9", "outcome": None}, {}),
    (HEAD + "postgrey[7]: action=greylist, reason=new, client_name=unknown, client_address=192.0.2.9/32, sender=x@y, recipient=a@b", "mailserver/postfix", {"client_address": "192.0.2.9", "outcome": "failure"}, {}),
    (HEAD + "postgrey[7]: action=pass, reason=triplet found, client_name=unknown, client_address=192.0.2.9, sender=x@y, recipient=a@b", "mailserver/postfix", {"outcome": "success"}, {}),
    (HEAD + "policyd-spf[7]: Softfail; identity=mailfrom; client-ip=192.0.2.9; helo=h; envelope-from=x@y; receiver=<UNKNOWN>", "mailserver/postfix", {"outcome": "failure"}, {"result": "Softfail"}),
    (HEAD + "policyd-spf[7]: Neutral; identity=mailfrom; client-ip=192.0.2.9; helo=h; envelope-from=x@y; receiver=<UNKNOWN>", "mailserver/postfix", {"outcome": None}, {"result": "Neutral"}),
    (HEAD + "dovecot: imap-login: Login: user=<bob>, method=PLAIN, rip=192.0.2.9, lip=192.0.2.1, mpid=5, TLS, session=<abc>", "mailserver/dovecot", {"account": "bob", "client_address": "192.0.2.9", "server_address": "192.0.2.1", "outcome": "success"}, {}),
    (HEAD + "dovecot: pop3-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<bob>, method=PLAIN, rip=192.0.2.9, lip=192.0.2.1", "mailserver/dovecot", {"account": "bob", "outcome": "failure"}, {}),
    (HEAD + "imapd: LOGIN FAILED, user=bob, ip=[::ffff:192.0.2.9]", "mailserver/courier", {"account": "bob", "client_address": "192.0.2.9", "outcome": "failure"}, {}),
    (HEAD + "dnsmasq[7]: query[AAAA] evil.example from 192.0.2.9", "dns/dnsmasq", {"client_address": "192.0.2.9", "object": "evil.example"}, {"record_type": "AAAA", "query": "evil.example"}),
    (HEAD + "dnsmasq[7]: reply evil.example is 203.0.113.5", "dns/dnsmasq", {"object": "evil.example", "outcome": "success"}, {"answer": "203.0.113.5"}),
    (HEAD + "dnsmasq[7]: reply evil.example is NXDOMAIN", "dns/dnsmasq", {"object": "evil.example", "outcome": "failure"}, {}),
    (HEAD + "dnsmasq[7]: reply evil.example is NODATA-IPv6", "dns/dnsmasq", {"outcome": "success"}, {}),
    (HEAD + "dnsmasq[7]: gravity blocked evil.example is 0.0.0.0", "dns/dnsmasq", {"outcome": "failure"}, {}),
    (HEAD + "dnsmasq[7]: query[A] evil.example from 192.0.2.9", "dns/dnsmasq", {"outcome": None}, {}),
    (HEAD + "unbound: [7:0] info: 192.0.2.9 evil.example. A IN NXDOMAIN 0.012345 0 98", "dns/unbound", {"client_address": "192.0.2.9", "outcome": "failure"}, {"rcode": "NXDOMAIN"}),
    (HEAD + "unbound: [7:0] info: 192.0.2.9 evil.example. A IN NOERROR 0.012345 0 98", "dns/unbound", {"outcome": "success"}, {}),
    (HEAD + "unbound: [7:0] info: 192.0.2.9 evil.example. A IN", "dns/unbound", {"outcome": None}, {}),
    (HEAD + "unbound: [7:0] info: evil.example. always_nxdomain 192.0.2.9@4022 evil.example. A IN", "dns/unbound", {"client_address": "192.0.2.9", "outcome": "failure"}, {"policy": "always_nxdomain"}),
    (HEAD + "unbound: [7:0] info: evil.example. transparent 192.0.2.9@4022 evil.example. A IN", "dns/unbound", {"outcome": None}, {"policy": "transparent"}),
    (HEAD + "named[7]: client @0x7f 192.0.2.9#40000 (evil.example): rpz QNAME NXDOMAIN rewrite evil.example/A/IN via evil.example.rpz", "dns/bind", {"client_address": "192.0.2.9", "object": "evil.example", "outcome": "failure"}, {"policy": "NXDOMAIN"}),
    (HEAD + "named[7]: client @0x7f 192.0.2.9#40000 (ok.example): rpz QNAME PASSTHRU rewrite ok.example/A/IN via ok.example.rpz", "dns/bind", {"outcome": "success"}, {}),
    ("14-Mar-2021 07:12:03.123 queries: info: client @0x7f 192.0.2.9#40000 (evil.example): view internal: query: evil.example IN TXT +E(0)K (192.0.2.1)", "dns/bind", {"client_address": "192.0.2.9", "server_address": "192.0.2.1"}, {"query": "evil.example", "record_type": "TXT"}),
    ("3/14/2021 7:12:03 AM 0E70 PACKET  000000D1B2C3D4E0 UDP Rcv 192.0.2.9       0002   Q [0001   D   NOERROR] A      (3)www(6)google(3)com(0)", "dns/windows", {"client_address": "192.0.2.9"}, {"query": "www.google.com", "record_type": "A", "direction": "Rcv"}),
    ("3/14/2021 7:12:03 AM 0E70 PACKET  000000D1B2C3D4E0 UDP Snd 2001:db8::9     0002 R Q [8081   DR  NOERROR] NS     (0)", "dns/windows", {"client_address": "2001:db8::9"}, {"query": "."}),
    ("3/14/2021 7:12:03 AM 0E70 PACKET  000000D1B2C3D4E0 UDP Snd 192.0.2.9       0002 R Q [8385 A DR NXDOMAIN] A      (4)evil(7)example(0)", "dns/windows", {"outcome": "failure"}, {"query": "evil.example", "rcode": "NXDOMAIN", "record_type": "A"}),
    ("3/14/2021 7:12:03 AM 0E70 PACKET  000000D1B2C3D4E0 UDP Rcv 192.0.2.9       0003   Q [0001   D   NOERROR] A      (4)evil(7)example(0)", "dns/windows", {"outcome": None}, {"query": "evil.example"}),
    # Web: what is not a request, and what hides in one.
    (ACCESS + '"-" 408 - "-" "-"', "web/access", {"client_address": "192.0.2.1", "outcome": "failure"}, {"cs-method": None, "sc-bytes": None, "cs-user-agent": None}),
    (ACCESS + r'"\x16\x03\x01\x02" 400 226 "-" "-"', "web/access", {"outcome": "failure"}, {"cs-method": None, "cs-request": r"\x16\x03\x01\x02"}),
    (ACCESS + '"GET /a b?c=d e HTTP/1.1" 200 5 "-" "x"', "web/access", {"object": "/a b?c=d e"}, {"cs-uri-stem": "/a b", "cs-uri-query": "c=d e"}),
    (ACCESS + '"GET /old" 200 5', "web/access", {"object": "/old"}, {"cs-method": "GET", "cs-version": None}),
    (ACCESS + r'"GET /?q=\"x\" HTTP/1.1" 200 5 "-" "a\"b"', "web/access", {}, {"cs-uri-query": 'q="x"', "cs-user-agent": 'a"b'}),
    (ACCESS + '"GET /?q="x" HTTP/1.1" 404 5 "-" "b"', "web/access", {"outcome": "failure"}, {"cs-uri-query": 'q="x"', "cs-user-agent": "b"}),
    (ACCESS + '"GET http://proxy.test/x.php?y HTTP/1.1" 301 5 "-" "b"', "web/access-url", {"object": "/x.php?y"}, {"cs-uri-host": "proxy.test", "cs-uri-stem": "/x.php"}),
    ('"' + ACCESS + '"GET / HTTP/1.1" 200 5 "-" "b""', "web/access", {"client_address": "192.0.2.1"}, {"cs-user-agent": "b"}),
    ('www.example.org 192.0.2.1 - bob [10/Oct/2020:13:55:36 +0200] "GET / HTTP/1.1" 200 5 "-" "b" 0.010 "x"', "web/access", {"host": "www.example.org", "account": "bob"}, {"rest": '0.010 "x"'}),
    ('client.example.org - - [10/Oct/2020:13:55:36 +0200] "GET / HTTP/1.1" 200 5 "-" "b"', "web/access", {}, {"c-host": "client.example.org"}),
    ('[Wed Oct 11 14:32:52.123456 2020] [core:error] [pid 1:tid 2] [client 192.0.2.1:5] AH00126: Invalid URI in request GET /../x, referer: http://a/', "web/apache-error", {"client_address": "192.0.2.1"}, {"error": "AH00126: Invalid URI in request GET /../x", "cs-referer": "http://a/"}),
    ('2019/08/25 23:59:53 [error] 9#9: *1 open() "/x" failed (2: No such file), client: 192.0.2.1, server: a, request: "GET /x?y HTTP/1.1", host: "a"', "web/nginx-error", {"client_address": "192.0.2.1", "object": "/x?y", "host": "a"}, {}),
    ('{"remote_addr":"192.0.2.1","request":"GET /x?y HTTP/1.1","status":"200","time_iso8601":"2020-01-01T00:00:00Z"}', "web/json", {"client_address": "192.0.2.1", "object": "/x?y", "outcome": "success"}, {}),
    ('{"remote_addr":"192.0.2.1","request":"GET /x HTTP/1.1","response_status":404,"upstream_addr":"192.0.2.8:8080","timestamp":"2020-01-01T00:00:00Z"}', "web/json", {"server_address": "192.0.2.8", "outcome": "failure"}, {}),
    ('{"remote_addr":"192.0.2.1","request":"GET /x HTTP/1.1","status":302,"time_iso8601":"2020-01-01T00:00:00Z"}', "web/json", {"outcome": None}, {}),
    ('[Wed Oct 11 14:32:52.123456 2020] [authz_core:error] [pid 1:tid 2] [client 192.0.2.1:5] AH01630: client denied by server configuration: /srv/x', "web/apache-error", {"outcome": "failure"}, {}),
    ('[Wed Oct 11 14:32:52 2020] [error] [client 192.0.2.1] client denied by server configuration: /srv/x', "web/apache-error", {"client_address": "192.0.2.1", "outcome": "failure"}, {}),
    ('[Wed Oct 11 14:32:52.123456 2020] [core:error] [pid 1:tid 2] [client 192.0.2.1:5] AH00126: said: client denied by server configuration', "web/apache-error", {"outcome": None}, {}),
    ('2015-05-13T23:39:43.945958Z my-lb 192.0.2.1:2817 - -1 -1 -1 503 0 0 0 "GET http://www.example.com:80/a?b HTTP/1.1" "curl" - -', "web/elb", {"client_address": "192.0.2.1", "outcome": "failure"}, {"cs-uri-stem": "/a", "cs-uri-query": "b"}),
    ('79a5 bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 arn:x 3E57 REST.GET.OBJECT a/b.txt "GET /bucket/a/b.txt HTTP/1.1" 403 AccessDenied 113 - 7 - "-" "S3Console/0.4" -', "web/s3", {"client_address": "192.0.2.3", "account": "arn:x", "object": "bucket/a/b.txt", "outcome": "failure"}, {}),
    ("1564655684.277   3387 192.0.2.1 TCP_TUNNEL/200 19131 CONNECT example.org:443 bob HIER_DIRECT/203.0.113.7 -", "proxy/squid", {"client_address": "192.0.2.1", "account": "bob", "server_address": "203.0.113.7", "object": "example.org:443"}, {"time-taken": "3387"}),
    ("1642667037.129      0 192.0.2.1 TCP_DENIED/403 3868 CONNECT 203.0.113.7:80 - HIER_NONE/- text/html", "proxy/squid", {"object": "203.0.113.7:80", "server_address": None, "outcome": "failure"}, {}),
    ("2022-04-12 00:25:37.732 UTC [9] FATAL:  password authentication failed for user \"bob\"", "unix/postgresql", {"account": "bob", "outcome": "failure"}, {}),
    ("2023-10-31 15:09:55,123 ERROR [main] a.b.C - java.lang.ProcessImpl", "text/dated", {}, {"text": "ERROR [main] a.b.C - java.lang.ProcessImpl"}),
    # Telephone systems: who administers them, who knocks.
    ('10:09:12.345 |LogMessage UserID : CCMAdministrator ClientAddress : 10.1.1.1 Severity : 5 EventType : UserLogging ResourceAccessed: Cisco CallManager Administration EventStatus : Failure CompulsoryEvent : No AuditCategory : AdministrativeEvent ComponentID : Cisco CCM Application AuditDetails : Failed to Log into Cisco CCM Webpages App ID: Cisco Tomcat Cluster ID: Node ID: cucm1', 'cisco/cucm-audit', {'host': 'cucm1', 'account': 'CCMAdministrator', 'client_address': '10.1.1.1', 'outcome': 'failure'}, {'component': 'Cisco CCM Application', 'cluster': None}),
    ('<188>123: cucm1: Mar 25 2024 07:12:00 UTC : %UC_AUDITLOG-4-AdministrativeEvent: %[ UserID =admin][ ClientAddress =10.1.1.2][ Severity =4][ EventType =ServiceStatusUpdated][ ResourceAccessed=CCMService][EventStatus =Success][CompulsoryEvent =No][AuditCategory =AdministrativeEvent][ComponentID =CCM_SOAP][AuditDetails =CallManager Service status is stopped][App ID=Cisco CCMService][Cluster ID=StandAlone][Node ID=cucm1]: Audit Event is generated by this application', 'cisco/cucm-audit', {'host': 'cucm1', 'account': 'admin', 'client_address': '10.1.1.2', 'outcome': 'success', 'object': 'CCMService: CallManager Service status is stopped'}, {'when': 'Mar 25 2024 07:12:00 UTC'}),
    ('[2024-03-25 07:12:00] SECURITY[1234] res_security_log.c: SecurityEvent="InvalidPassword",EventTV="2024-03-25T07:12:00.123+0000",Severity="Error",Service="SIP",EventVersion="2",AccountID="101",SessionID="0x7f",LocalAddress="IPV4/UDP/10.0.0.1/5060",RemoteAddress="IPV4/UDP/203.0.113.9/5071",Challenge="1"', 'asterisk/security', {'account': '101', 'client_address': '203.0.113.9', 'server_address': '10.0.0.1', 'outcome': 'failure', 'session': '0x7f'}, {'Challenge': '1'}),
    ('[2024-03-25 07:12:01] NOTICE[1234] chan_sip.c: Registration from \'"101" <sip:101@10.0.0.1>\' failed for \'203.0.113.9:5071\' - Wrong password', 'asterisk/security', {'client_address': '203.0.113.9', 'outcome': 'failure'}, {'reason': 'Wrong password', 'call': None}),
    ('[2024-03-25 07:12:02] NOTICE[1234][C-0001] chan_sip.c: Registration from \'"102" <sip:102@10.0.0.1>\' failed for \'203.0.113.9:5071\' - No matching peer found', 'asterisk/security', {'client_address': '203.0.113.9', 'outcome': 'failure'}, {'reason': 'No matching peer found', 'call': 'C-0001'}),
    # Programs of Windows.
    ("9/27/2013\t2:42:26 PM\tBlocked by Access Protection rule \tDOM\\jo\tC:\\a b\\p.exe\tC:\\x.exe\tCommon Standard Protection:Prevent x\tAction blocked : Terminate", "endpoint/mcafee-access-protection", {"account": "DOM\\jo", "object": "C:\\x.exe", "outcome": "failure"}, {"process": "C:\\a b\\p.exe", "operation": "Terminate", "when": "9/27/2013 2:42:26 PM"}),
    ("7/30/2013\t10:18:02 AM\tWould be blocked by port blocking rule  (rule is currently not enforced) \tC:\\f.exe\tCommon Maximum Protection:Prevent HTTP\t192.0.2.70:443", "endpoint/mcafee-access-protection", {"server_address": "192.0.2.70", "outcome": "success"}, {"dst_port": "443"}),
    ("7/30/2013\t10:18:02 AM\tDeleted (Clean failed) \tDOM\\jo\tC:\\i.exe\tC:\\a\\e.com\tEICAR test file (Test)", "endpoint/mcafee-scan", {"account": "DOM\\jo", "object": "C:\\a\\e.com"}, {"Signature": "EICAR test file (Test)", "action": "delete"}),
    ("20160926 122635 File \"C:\\Tempo\\E.txt\" belongs to virus/spyware 'EICAR-AV-Test'.", "endpoint/sophos-found", {"object": "C:\\Tempo\\E.txt"}, {"Signature": "EICAR-AV-Test", "when": "20160926 122635"}),
    ("20160923 084229 Control of  \"\\\\h\\x.docx\" returned a SAV error Interface 0xa0040212: File is crypted.", "endpoint/sophos", {"object": "\\\\h\\x.docx", "outcome": "failure"}, {"Signature": None}),
    ("1660360496\tPartner A\t16-02-2024 14:16:32\t16-02-2024 14:18:36\tIEUser\tRemoteControl\t{b3a4df33-d027-44d5-b50f-4e61115494d4}\t", "endpoint/teamviewer", {"account": "IEUser", "object": "1660360496", "session": "{b3a4df33-d027-44d5-b50f-4e61115494d4}"}, {"when": "2024-02-16 14:16:32", "partner_name": "Partner A", "action": "incoming"}),
    ("1660360496                      20-02-2024 13:10:33             20-02-2024 13:11:52             IEUser        RemoteControl      {b35110b2-7dc5-4bb9-8d54-ca80953f65f8}", "endpoint/teamviewer", {"account": "IEUser"}, {"ended": "2024-02-20 13:11:52", "action": "outgoing"}),
    ("PS C:\\Windows\\system32> IEX (New-Object Net.WebClient).DownloadString('x')", "endpoint/powershell-transcript/command", {"object": "IEX (New-Object Net.WebClient).DownloadString('x')"}, {"drive": "C", "action": "command"}),
    ("PS /home/u> whoami", "endpoint/powershell-transcript/command", {"object": "whoami"}, {}),
    ("RunAs User: PC1\\jo", "endpoint/powershell-transcript", {"account": "PC1\\jo"}, {}),
    ("PS remarks that somebody wrote > and more", "text/line", {}, {}),
    ("I0304 12:00:00.123456       1 server.go:12] Starting \"kubelet\"", "text/glog", {"object": "server.go"}, {"severity": "info", "thread": "1", "when": "0304 12:00:00.123456", "text": "Starting \"kubelet\""}),
    ("E20230304 12:00:00.123456 123456 a/b.cc:9] x", "text/glog", {}, {"severity": "error", "when": "20230304 12:00:00.123456"}),
    # What only looks like one of them.
    ("I0304 12:00:00 1234 f.go:1] no fraction", "text/line", {}, {"when": None}),
    ("I1304 12:00:00.123456 1234 f.go:1] no month", "text/line", {}, {"when": None}),
    ("9/27/2013\t2:42:26 PM\tBlocked by a rule \tDOM\\jo\tx\ty\tz\tAction blocked : Terminate", "text/line", {}, {}),
    ("10.0.0.1 GET / 200", "text/line", {}, {}),
    ("Failed to reticulate splines for user bob", "text/line", {}, {}),
    ("12 monkeys: a film", "text/line", {}, {"when": None}),
    (HEAD + "sshd[1]: something that nobody has seen yet", "unix/sshd", {"host": "host1"}, {"outcome": None}),
]  # fmt: skip


def test_made_up():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "made").mkdir()
        for number, (line, *_) in enumerate(MADE):
            (pathlib.Path(folder) / f"made/{number:03}").write_text(KNOWN + line + "\n" if MADE[number][1] == "text/line" else line + "\n", encoding="utf-8")
        found = events(folder)
    wrong = []
    for number, (line, kind, roles, fields) in enumerate(MADE):
        assert len(found[f"made/{number:03}"]) == 1 + (kind == "text/line"), f"{line!r}: {found[f'made/{number:03}']}"
        event = found[f"made/{number:03}"][-1]
        ours = {"kind": event["kind"], **{r: event["roles"].get(r) for r in roles}, **{f: event["fields"].get(f) for f in fields}}
        if ours != {"kind": kind, **roles, **fields}:
            wrong.append(f"{line!r}: {ours} read")
    assert not wrong, "\n".join(wrong)


# Lines that nobody knows are read where others are known.
KNOWN = ACCESS + '"GET / HTTP/1.1" 200 5\n'

RULES = """
title: {title}
level: low
logsource: {{{source}}}
detection: {{a: {{{test}}}, condition: a}}
"""

# (log source, a test that only this line satisfies, how many of MADE): the names that rules use.
SOURCES = [
    ("product: windows, category: ps_script", "ScriptBlockText|contains: DownloadString", 1),
    ("category: antivirus", "Signature|contains: EICAR, Filename|endswith: ['.com', 'E.txt']", 2),
    ("product: linux, service: sudo", "USER|startswith: '#-'", 1),
    ("product: linux, service: cron", "action: REPLACE", 1),
    ("product: linux, service: sshd", "outcome: success", 2),  # a login by key, a session of PAM
    ("product: linux, service: auth", "'|all': ['pkexec', 'XAUTHORITY']", 1),
    ("product: linux, service: clamav", "Signature|startswith: Php", 1),
    ("product: linux, service: guacamole", "message|contains: '(2 users now present)'", 1),
    ("product: linux, service: vsftpd", "outcome: failure", 1),
    ("category: antivirus", "Signature|contains: Webshell, Filename|endswith: .php", 1),
    ("category: database", "outcome: failure", 1),
    ("category: application, product: jvm", "message|contains: java.lang.ProcessImpl", 1),
    ("category: dns", "query: evil.example, record_type: TXT", 1),
    ("category: dns", "answer: 203.0.113.5", 1),
    ("category: dns", "query: www.google.com", 1),
    ("category: webserver", "cs-uri-query: '/x?y', sc-status: 200", 1),  # JSON: the whole target
    ("category: webserver", "cs-uri-query: 'y', cs-host: proxy.test", 1),
    ("category: proxy", "c-uri: 'http://proxy.test/x.php?y', c-uri-extension: php, r-dns: proxy.test", 1),
    ("category: proxy", "cs-host: example.org, cs-method: CONNECT", 1),
    ("service: apache", "error|contains: Invalid URI", 1),
    ("service: nginx", "error|contains: 'No such file'", 1),
]  # fmt: skip


def test_log_sources():
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "made").mkdir()
        (place / "rules").mkdir()
        for number, (line, *_) in enumerate(MADE):
            (place / f"made/{number:03}").write_text(line + "\n", encoding="utf-8")
        for number, (source, test, _) in enumerate(SOURCES):
            text = RULES.format(title=f"r{number}", source=source, test=test)
            (place / f"rules/{number}.yml").write_text(text, encoding="utf-8")
        out = subprocess.run([BINARY, "hunt", str(place / "made"), "--rules", str(place / "rules"), "--json"], capture_output=True, check=False, timeout=250)
    titles = collections.Counter(json.loads(line)["rule_title"] for line in out.stdout.splitlines())
    want = {f"r{number}": count for number, (_, _, count) in enumerate(SOURCES)}
    assert dict(titles) == want, f"{ {k: (SOURCES[int(k[1:])], want[k], titles.get(k, 0)) for k in want if titles.get(k, 0) != want[k]} } {out.stderr[:500]}"


def test_lines_of_nobody():
    """Rules for Linux are asked of syslog and of services' own logs, not of prose and of others' logs that hold their words."""
    words = "as they wrote: chmod 777 /tmp/.x, and ran it"
    files = {
        "prose": KNOWN + f"He told me,\n{words}\n",
        "application": f"2023-10-31 15:09:55,123 ERROR {words}\n" * 3,
        "syslog": HEAD + f"prog[1]: {words}\n",
        "dated": HEAD + f"prog[1]: 2023-10-31 15:09:55,123 {words}\n",
        "dpkg": f"2018-09-01 10:00:00 startup {words}\n",
    }
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        for name in ("made", "rules"):
            (place / name).mkdir()
        for name, text in files.items():
            (place / "made" / name).write_text(text, encoding="utf-8")
        (place / "rules/r.yml").write_text(RULES.format(title="r", source="product: linux", test="k").replace("{k}", "['chmod 777']"), encoding="utf-8")
        out = subprocess.run([BINARY, "hunt", str(place / "made"), "--rules", str(place / "rules"), "--json"], capture_output=True, check=False, timeout=60)
    found = sorted(pathlib.Path(json.loads(line)["evidence_path"]).name for line in out.stdout.splitlines())
    assert found == ["dated", "dpkg", "syslog"], (found, out.stderr)


if __name__ == "__main__":
    run([test_openssh, test_apache, test_thunderbird, test_scanners, test_plaso, test_made_up, test_log_sources, test_lines_of_nobody])
