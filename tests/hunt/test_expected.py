#!/usr/bin/env python3
"""test_expected: raw lines and records of forty products, against the normal form that a vendor's parser makes of each.

The shared data (data/vendor-logs: SOURCE.md) hold a raw record and what is expected of it. Of each record: time, client, server, user
and outcome (docs/kinds.md, "What an outcome is"). What the vendor says and we do not say just so needs a reason in REASONS; a reason
that nothing needs is an error, and so is a record without a kind that NO_KIND does not know. What the vendor leaves empty is counted,
not judged: the table has for each format how many fit, differ, only the vendor has, only we have.

The same are: an address however it is written; an account with its domain and without (`EXAMPLE\\\\jdoe`, jdoe@example.org, jdoe), and any
of the vendor's names of it (name, email, id); a time to the digits that the vendor keeps, cut or rounded; where the record has no
year, all but the year.
"""

import collections
import datetime
import gzip
import ipaddress
import json
import pathlib
import re
import subprocess
import tempfile

from evidence import BINARY, SHARED, run

LOGS = SHARED / "data/vendor-logs"
WHATS = ("time", "client", "server", "user", "outcome")
RECORDS = 1002  # SOURCE.md counts them

END = "the end of a connection or a session says nothing of how it went"
BEGIN = "something begins; how it ends is another record's"
BLOCKED = "the device blocked it; the vendor calls success whatever was logged"
DEFERRED = "not delivered; the vendor calls success whatever was logged"
NOTED = "something was seen; nothing was tried that could succeed or fail"
SILENT = "the record has no result, and the service does not say that it logs only what was done"
BARE = "without a head of syslog, nothing tells whose line this is"
SENTENCE = "stands only in a sentence of the record; no field has it"
DOLLAR = "the vendor cuts the $ that tells a computer's account from a person's"
LETTERS = "CST, CDT, PST, PDT are several zones each; what they mean here the record does not say, and the vendor chose"
HAPPENED = "when it happened (createdDateTime, activityDateTime); the vendor takes when it was exported"

# (format, what, test, "ours | theirs", why): regular expressions, each of which some record must need. None is nothing at all.
REASONS = [
    # Web
    ("apache", "outcome", r"access_redirect", r"None \| redirect", "a redirect neither failed nor succeeded"),
    ("apache", "outcome", r"error_module|modsecurity", r"None \| failure", "ModSecurity warns; it did not refuse"),
    ("apache", "outcome", r"needs_striping", r"None \| success", BEGIN),
    ("haproxy", "client", r"access2", r"None \| 1\.1\.1\.1", "one request over two lines: it was broken before it came here"),
    ("haproxy", "(client|outcome)", r"json", r"None \| .*", "JSON of one administrator's own making behind a text"),
    ("squid", "server", r"connect_ip", r"None \| 1\.2\.3\.4", "denied: nobody was asked (HIER_NONE); whom it was meant for is the object"),
    # Unix
    ("openssh", "outcome", r"(connection_(closed|reset)|disconnect|received_disconnect).*|pam_session_closed", r"None \| success", END),
    ("openssh", "outcome", r"connection_from|user_on_pid", r"None \| success", BEGIN),
    ("openssh", "outcome", r"accepted_rsa.*|postponed_publickey", r"None \| success", "a key that would do; whether it was proved is the next line's"),
    ("openssh", "outcome", r"pam_service_ignoring_max_retries", r"None \| failure", "what PAM leaves undone; the login's end is another line"),
    ("openssh", "outcome", r"auth_method_disabled|failed_packet", r"None \| .*", BARE),
    ("openssh", "user", r"user_on_pid", r"None \| child", "`User child` is a process that serves the user"),
    ("openldap", "outcome", r"test_miscellaneous_5", r"None \| success", END),
    ("openvpn", "client", r"client_information_21", r"None \| 10\.8\.0\.4", "an entry of the pool of addresses: nobody connects"),
    ("dhcpd", "outcome", r"discover", r"failure \| success", "no free leases: none was given"),
    ("dhcpd", "outcome", r"release", r"None \| success", END),
    ("dhcpd", "server", r"ack|discover", r"None \| 1.*", "the relay or interface (via) the request came through is not who answered"),
    ("bind", "client", r"resolution_log_0[67]|rpz_log_1[4789]", r"None \| .*", "the server that was asked is no client: it is server_address"),
    # Mail
    ("postfix", "outcome", r"(wo_appname_)?(appname_postfix_local|bounced|smtp_relay)", r"failure \| success", DEFERRED),
    ("postfix", "outcome", r"(wo_appname_)?(connection_limited(_1)?|postfix1)", r"failure \| success", "the other server put it off: 4xx; the vendor calls success whatever was logged"),
    ("postfix", "outcome", r"(wo_appname_)?postgrey[123]", r"failure \| success", "greylisted: not let in this time"),
    ("postfix", "outcome", r"(wo_appname_)?(connect|counter\d?|smtpd2|smtpd_connection)", r"None \| success", END),
    ("postfix", "outcome", r"(wo_appname_)?noqueue2?", r"None \| success", "handed to a filter: nothing has been decided"),
    ("postfix", "outcome", r"(wo_appname_)?policydspf(6|1[6789])", r"failure \| success", "SPF's softfail or permanent error: the check did not pass"),
    ("postfix", "outcome", r"(wo_appname_)?policydspf([78]|12|2[13])", r"None \| success", "SPF's none and neutral: the check says neither"),
    ("postfix", "client", r"client", r"None \| 1\.1\.1\.1", BARE),
    ("postfix", "server", r"wo_appname_postfix4", r"None \| 10\.100\.0\.3", BARE + "; and client= is no server"),
    # VMware
    ("vmware-vcenter", "user", r"fault_logs2", r"None \| username", "an argument of a call, behind escapes of its own"),
    ("vmware-vcenter", "user", r"others_tests_example2_type_6", r"EXAMPLE\.LOCAL\\Administrator \| john\.doe", "who acquired the ticket; for whom: target_account"),
    ("vmware-vcenter", "outcome", r"session_logs_type5|test_correct_username_[12]", r"None \| success", END),
    ("vmware-esxi", "user", r"DIFFERENT_EVENTS_(8|16|18)|PROCESS_INFO", r"(?s)(testUser|vpxuser):.* \| (testUser|vpxuser)", "as it is written: the account, and behind the colon who acts through it"),
    ("vmware-esxi", "outcome", r"AUTH_CONNECTION_disconnected", r"None \| success", END),
    ("vmware-esxi", "outcome", r"AUTH_SESSION_user", r"None \| success", "cut in the middle: it does not say what the user did"),
    ("vmware-esxi", "(client|server)", r"DIFFERENT_EVENTS_(12|14|28|31)", r"None \| 127\.0\.0\.1", "both ends of a connection within a machine, in a text without names"),
    ("vmware-esxi", "client", r"NETWORK_HOSTNAME", r"None \| 255\.255\.255\.255", "whom the machine itself calls, and that is everybody"),
    ("vmware-esxi", "(client|user|outcome)", r"SSHD_MESSAGE_DISCONNECTED", r"None \| .*", BARE),
    # Firewalls and devices
    ("aws-flow-logs", "outcome", r".*", r"(success|failure|None) \| (ok|nodata)", "the vendor takes log_status (OK): that was recorded, not what became of the packets"),
    ("fortigate", "outcome", r"(?!icmp|traffic_forward\.CEF-5).*", r"failure \| success", BLOCKED),
    ("fortigate", "outcome", r"icmp|traffic_forward\.CEF-5", r"failure \| success", "ip-conn: the connection did not come about; the vendor calls success whatever was logged"),
    ("fortigate", "time", r"test_event_login_[23]", r".*T15:22:2[01]Z \| .*T14:22:20Z", "no date beside the time of day, 16:22:20 +0100: itime has it; the vendor takes the zone off twice"),
    ("cisco-secure-firewall", "outcome", r"test_ASA_611103", r"None \| success", END),
    ("cisco-secure-firewall", "(client|server)", r"test_(ASA|FTD)_7500?0?[36]", r".* \| .*", "Local is the device itself, and Remote who comes to it; the vendor turns them round"),
    ("cisco-secure-firewall", "client", r"test_group_1_3", r"1\.1\.1\.1 \| fe80:.*", "where the session comes from (IP <1.1.1.1>); the vendor takes the address that it was given"),
    ("cisco-secure-firewall", "user", r"test_FTD_430003_[12]", r"None \| Not Found", "Not Found is nobody's name"),
    ("cisco-secure-firewall", "user", r"test_group_9", r"None \| JOHN DOE", "the name in a certificate that fits no group is nobody's account"),
    ("cisco-ios", "time", r"test_port_security_[234]|test_username_configuration_1", r".*", LETTERS),
    ("paloalto-ngfw", "(client|server|user)", r"test_(cloud_election|system_event_1[02]|update_content|upgrade_package)_json", r"None \| .*", SENTENCE),
    ("paloalto-ngfw", "time", r"test_event_reason2", r".*T08:54:17Z \| .*T06:54:17\.012.*", "the record's end is cut off, amid its zone; without zone it is UTC"),
    ("paloalto-ngfw", "time", r"test_event_reason4|test_threat_03_json", r".*\.\d{3}Z \| .*", "high_res_timestamp has zone and fraction; the vendor takes the second without zone"),
    ("paloalto-ngfw", "time", r"traffic[12]_csv", r".*", "when it began (start); the vendor takes when the log was received (rt)"),
    ("paloalto-ngfw", "time", r"udp_deny_csv", r".*-09-16T10:00:00Z \| 2019-.*", "9/16/19: three orders of two digits are in use, so the head's time is taken, which has no year"),
    ("paloalto-ngfw", "outcome", r"test_new_threat_type|test_threat_02|udp_deny_csv", r"failure \| success", BLOCKED),
    ("paloalto-ngfw", "outcome", r"userid_cef", r"None \| success", END),
    ("netfilter", "outcome", r".*", r"failure \| success", BLOCKED),
    # Microsoft
    ("o365", "outcome", r"automated_investigation_and_response.*|file_malware_detected.*|microsoft_defender_threatintelligence_.*", r"None \| success", NOTED),
    ("o365", "outcome", r"mcas_alert", r"New \| success", "the alert's state, in the log's own word"),
    ("o365", "outcome", r"file_(previewed|sync_download_full)|managed_sync|targetusername|teams_.*", r"None \| success", SILENT),
    ("o365", "client", r"exchange_item_update", r"2603:1026:c09:834::5 \| 192\.0\.2\.1", "ClientIPAddress, which Exchange says is the client's, before ClientIP"),
    ("o365", "user", r".*", r"securitycompliancealerts \| .*", "who acted is the service; whom an alert is about stands in the text of Data"),
    ("microsoft-entraid-graphapi", "user", r"test_event_00\d\d", r"testValue1 \| ANONYMIZED_VALUE", "an application acted; theirs is the account it acted on: target_account"),
    ("azure-ad", "outcome", r"sign-in_activity", r"interrupted \| failure", "50158: another factor was asked for, nothing failed"),
    ("azure-ad", "time", r"sign-in_activity[457]|user_risk_detection_3", r".*", HAPPENED),
    ("azure-windows", "outcome", r"sysmon_.*", r"None \| success", NOTED),
    ("windows", "client", r"Event_(2946|4825_1|551)|ad_fs_auditing_failure2", r"None \| .*", SENTENCE),
    ("windows", "user", r"Event_4825_1", r"None \| JDOE", SENTENCE),
    ("windows", "user", r"Event_39", r"None \| JDOE", "whom a certificate names, to whom it could not be mapped; who acted is the KDC"),
    ("windows", "user", r"defender_1116", r"DESKTOP-FOOBARZ\\r1 \| .*", "whose file it was (Detection User); theirs is the account that the service runs as"),
    ("winlogbeat", "user", r"security_event_4624", r"DOMAIN\\target_user \| WS-USER-01\$.*", "who logged on; theirs is the subject, the computer that reports it"),
    ("winlogbeat", "user", r"security_event_4648", r"DOMAIN\\SYSTEM \| account.*", "who acted (subject); theirs is whose credentials were used: target_account"),
    ("winlogbeat", "user", r"security_event_(4688|4689|4964|5145|5381)|test_logon", r".*\$ \| .*", DOLLAR),
    ("winlogbeat", "time", r"sysmon10_2", r".*T03:34:01\.494Z \| .*", "the event's own time; theirs is @timestamp, when it was sent"),
    # Clouds and identity
    ("google-report", "user", r"test_(chrome_CRD_.*|end_call.*|vault_service)", r"(redacted|HANGOUTS_EXTERNAL_OR_ANONYMOUS) \| .*", "the actor's mail or key; theirs is a parameter of the event, or the actor's number"),
    ("google-report", "outcome", r"test_chrome_LOGOUT_EVENT", r"None \| success", END),
    ("aws-cloudtrail", "user", r".*", r"arn:aws:(iam|sts)::.* \| 1+", "the ARN names the person or role; theirs is the number of the AWS account"),
    ("aws-cloudtrail", "outcome", r"event_ec2-error", r"failure \| success", "errorCode is Client.AuthFailure"),
    ("aws-cloudtrail", "outcome", r"test_insight", r"None \| success", "an insight counts calls; it is none"),
    ("okta-system-logs", "user", r"test_authentication_sso_with_slashes", r"john\.doe@example\.org\\ \| .*", "as it is written, backslash included"),
]  # fmt: skip

# Records that no kind knows, or only as a line with a time: (format, which tests, why).
NO_KIND = [
    ("suricata", r"beats", "Metricbeat's own, not Suricata's"),
    ("haproxy", r"access2", "a request broken in two"),
    ("haproxy", r"json", "JSON of one administrator's own making behind a text"),
    ("openssh", r"auth_method_disabled|failed_packet", BARE),
    ("postfix", r".*", BARE),
    ("openvpn", r"client_connection_0", "an entry of the pool: a name and an address"),
    ("openldap", r".*", "a line of syslog that went through CSV twice"),
    ("vmware-vcenter", r".*", "time and text of a Java service"),
    ("vmware-esxi", r".*", BARE),
    ("cisco-secure-firewall", r"test_group_4", BARE + "; and it is the device's own trouble"),
]  # fmt: skip
PLAIN = {"text/line", "text/dated", "unix/syslog", "unix/syslog-dated", None}


def records():
    """{format: [(name, raw, expected)]}; nothing when the data are not there."""
    found = {}
    for path in sorted(LOGS.glob("*.ndjson.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found[path.name.removesuffix(".ndjson.gz")] = [(t["test"], t["message"], t["expected"]) for t in map(json.loads, file)]
    return found


def first_events(form, tests):
    """What the program makes of each record, by its number: the first event of a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for number, (_, raw, _) in enumerate(tests):
            (pathlib.Path(folder) / f"{number:03}").write_text(raw.strip("\n") + "\n", encoding="utf-8")
        done = subprocess.run([BINARY, "events", folder, "--json"], capture_output=True, check=False, timeout=250)
    assert done.returncode in (0, 3), f"{form}: {done.returncode} {done.stderr.decode()}"
    first = {}
    for line in done.stdout.splitlines():
        event = json.loads(line)
        first.setdefault(int(pathlib.Path(event["evidence_path"]).name), event)
    return first


def texts(tree, *paths):
    """What stands at these paths (`user.name`), where it is text."""
    found = []
    for path in paths:
        at = tree
        for name in path.split("."):
            at = at.get(name) if isinstance(at, dict) else None
        found += [at] if isinstance(at, str) and at else []
    return found


def moment(text):
    """(whole seconds, nanoseconds as nine digits) of an instant; nothing of anything else."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", text or "")
    return (datetime.datetime.fromisoformat(match[1]), match[2] or "") if match else None


def same_time(theirs, ours, raw):
    """To the digits that the vendor keeps: cut, or rounded to microseconds. Where raw, the record, has not the vendor's year, all but it."""
    if not moment(theirs) or not moment(ours):
        return False
    (want, digits), (got, more) = moment(theirs), moment(ours)
    if re.match(r"\W*(<\d+>)?[\w: ]*?[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d", raw) and not re.search(rf"\b(20)?{want:%y}\b", raw) and got.month == want.month:
        got = got.replace(year=want.year)
    digits = digits.rstrip("0")
    nanos = {int(digits.ljust(9, "0")), int(more.ljust(9, "0"))}
    unit = 10 ** (9 - min(6, len(digits)))
    return got == want and (more.startswith(digits) or max(nanos) - min(nanos) < unit)


def same_address(theirs, ours):
    try:
        ends = [ipaddress.ip_address(text) for text in (theirs, ours)]
    except (TypeError, ValueError):
        return False
    return len({getattr(end, "ipv4_mapped", None) or end for end in ends}) == 1


def bare(name):
    """A user's name without its domain."""
    return re.sub(r"^.*\\", "", name).split("@")[0].lower()


def said(expected, event, raw):
    """What of WHATS the vendor says: {what: (theirs, ours, whether they fit)}; theirs is empty where it says nothing."""
    roles, told = event["roles"], {}
    times = texts(expected, "@timestamp")
    told["time"] = (times, event["time"], any(same_time(t, event["time"], raw) for t in times))
    for what, paths in (("client", ("source.ip", "client.ip")), ("server", ("destination.ip", "server.ip"))):
        address = texts(expected, *paths)[:1]
        told[what] = (address, roles.get(f"{what}_address"), any(same_address(a, roles.get(f"{what}_address")) for a in address))
    names = texts(expected, "user.name", "user.email", "user.id", "user.full_name")
    if not texts(expected, "user.name", "user.email"):
        names = texts(expected, "source.user.name", "destination.user.name") + names
    account = roles.get("account")
    told["user"] = (names, account, bool(account) and any(bare(name) == bare(account) for name in names))
    outcomes = [text.lower().replace("failed", "failure") for text in texts(expected, "event.outcome")]
    told["outcome"] = (outcomes, roles.get("outcome"), roles.get("outcome") in outcomes)
    return told


NOBODYS = {"kind": None, "time": None, "roles": {}}


def every_record_as_expected_or_for_a_reason():
    all_records = records()
    if not all_records:
        print("SKIP: every_record_as_expected_or_for_a_reason: no vendor-logs (set LONGWATCH_SHARED)")
        return
    assert sum(map(len, all_records.values())) == RECORDS, "SOURCE.md counts other records"
    wrong, needed, table = [], set(), collections.defaultdict(lambda: [0, 0, 0, 0])
    for form, tests in all_records.items():
        first = first_events(form, tests)
        for number, (name, raw, expected) in enumerate(tests):
            event = first.get(number, NOBODYS)
            if event["kind"] in PLAIN:
                reasons = {("kind", i) for i, (f, test, _) in enumerate(NO_KIND) if f == form and re.fullmatch(test, name)}
                needed |= reasons
                if not reasons:
                    wrong.append(f"{form} {name}: of no kind but {event['kind']}: {raw[:120]!r}")
            for what, (theirs, ours, fits) in said(expected, event, raw).items():
                how = (3 if ours else None) if not theirs else 0 if fits else 1 if ours else 2
                for key in (form, what), ("all", what):
                    table[key] = [count + (i == how) for i, count in enumerate(table[key])]
                if not theirs or fits:
                    continue
                values = f"{ours} | {'/'.join(theirs)}"
                reasons = {
                    i for i, (f, w, test, pattern, _) in enumerate(REASONS)
                    if f == form and re.fullmatch(w, what) and re.fullmatch(test, name) and re.fullmatch(pattern, values)
                }  # fmt: skip
                needed |= reasons
                if not reasons:
                    wrong.append(f"{form} {name}: {what}: {values} ({event['kind']}): {raw[:120]!r}")
    print(f"{'fits/differs/theirs/ours':28}" + "".join(f"{what:>16}" for what in WHATS))
    for form in (*all_records, "all"):
        print(f"{form:28}" + "".join(f"{'/'.join(map(str, table[form, what])):>16}" for what in WHATS))
    wrong += [f"nothing needs this reason: {row}" for i, row in enumerate(REASONS) if i not in needed]
    wrong += [f"nothing needs this reason: {row}" for i, row in enumerate(NO_KIND) if ("kind", i) not in needed]
    assert not wrong, "\n" + "\n".join(wrong)


# How two values are compared: theirs, ours, the record; whether they are the same.
SAME = [
    (same_time, ("2021-03-14T07:12:03Z", "2021-03-14T07:12:03.5Z", ""), True),
    (same_time, ("2021-03-14T07:12:03.123457Z", "2021-03-14T07:12:03.1234567Z", ""), True),
    (same_time, ("2021-03-14T07:12:03.123456Z", "2021-03-14T07:12:03.1234567Z", ""), True),
    (same_time, ("2021-03-14T07:12:03.123459Z", "2021-03-14T07:12:03.1234567Z", ""), False),
    (same_time, ("2021-03-14T07:12:03Z", "2021-03-14T07:12:04Z", ""), False),
    (same_time, ("2021-03-14T07:12:03.5Z", "2021-03-14T07:12:03.1Z", ""), False),
    (same_time, ("2021-03-14T07:12:03Z", "2020-03-14T07:12:03Z", "Mar 14 07:12:03 x"), True),
    (same_time, ("2021-03-14T07:12:03Z", "2020-03-14T07:12:03Z", "Mar 14 07:12:03 3/14/21 07:12"), False),
    (same_time, ("2021-03-14T07:12:03Z", "2020-03-14T07:12:03Z", "2020-03-14 07:12:03"), False),
    (same_time, ("2021-03-14T07:12:03Z", None, ""), False),
    (same_address, ("1.2.3.4", "::ffff:1.2.3.4"), True),
    (same_address, ("fe80:0:1::2", "FE80:000:1::2"), True),
    (same_address, ("1.2.3.4", "1.2.3.5"), False),
    (same_address, ("1.2.3.4", None), False),
]


def what_counts_as_the_same():
    for compare, values, same in SAME:
        assert bool(compare(*values)) is same, f"{compare.__name__}{values}"
    said_of = lambda user, account: said({"user": user}, {**NOBODYS, "roles": {"account": account}}, "")["user"][2]
    assert said_of({"name": "jdoe"}, "EXAMPLE\\jdoe") and said_of({"id": "jdoe@example.org"}, "JDoe")
    assert not said_of({"name": "jdoe"}, "doe") and not said_of({"name": "host"}, "host$") and not said_of({}, "jdoe")


RAW_NAMES = re.compile(r"<Data Name='(\w+)'")


def at(record, *names):
    for name in names:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def the_xml_of_azure_is_read():
    """Windows events that Azure forwards hold themselves as XML: host, number and data as another reader of it has them."""
    if not LOGS.exists():
        print("SKIP: no shared data")
        return
    tests = [json.loads(line) for line in gzip.open(LOGS / "azure-windows.ndjson.gz", "rt", encoding="utf-8")]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "log"
        path.write_text("".join(test["message"].replace("\n", " ") + "\n" for test in tests), encoding="utf-8")
        told = subprocess.run([BINARY, "events", path, "--json"], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
    events = [json.loads(line) for line in told.splitlines()]
    wrong, compared = [], 0
    for test, event in zip(tests, events, strict=True):
        expected = {"Computer": at(test["expected"], "host", "name"), "EventRecordID": at(test["expected"], "action", "record_id"),
                    **{name: value for name, value in at(test["expected"], "action", "properties").items() if name in RAW_NAMES.findall(test["message"])}}  # fmt: skip
        for name, value in expected.items():
            if value is not None:
                compared += 1
                if str(event["fields"].get(name)) != str(value):
                    wrong.append(f"{test['test']}: {name} is {event['fields'].get(name)!r}, expected {value!r}")
    assert not wrong and compared > 90, f"{compared} {wrong[:5]}"
    print(f"{compared} values of {len(tests)} events")


if __name__ == "__main__":
    run([what_counts_as_the_same, every_record_as_expected_or_for_a_reason, the_xml_of_azure_is_read])
