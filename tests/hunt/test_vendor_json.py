#!/usr/bin/env python3
"""test_vendor_json: JSON logs as vendors' devices and services send them, against the normal form another parser makes of them.

The shared data (data/vendor-logs: SOURCE.md) hold raw records, each with what is expected of it. Time, client address, account
and outcome must agree, or stand below among the exceptions, each with its reason. An exception that is none is a failure, too.
"""

import collections
import datetime
import gzip
import json
import os
import pathlib
import re
import subprocess
import tempfile

from evidence import BINARY, SHARED, run

LOGS = SHARED / "data/vendor-logs"
PRINTER = os.environ.get("LONGWATCH_TEST_ROLES", str(pathlib.Path(os.environ.get("LONGWATCH_BUILD", "build")) / "tests/hunt_test_roles"))
COLUMNS = (
    "number element kind time key host account target_account client_address server_address client_program object outcome session tenant"
).split()

# How many records of each format are JSON, and of how many Longwatch knows the kind.
FORMATS = {
    "o365": 41,
    "message-trace": 2,
    "microsoft-entraid-graphapi": 51,
    "azure-ad": 16,
    "azure-activity-logs": 1,
    "google-report": 36,
    "google_cloud_audit": 17,
    "aws-cloudtrail": 12,
    "aws-flow-logs": 3,
    "okta-system-logs": 5,
    "keycloak-events": 5,
    "github-audit-logs": 2,
    "proofpoint-tap": 1,
    "suricata": 11,
    "winlogbeat": 38,
    "windows": 69,
    "azure-windows": 9,
}

# Windows events: their time alone is looked at here; what Windows kinds make of them is not this test's.
WINDOWS = ("winlogbeat", "windows", "azure-windows")

# (format, what, test, "ours | theirs", why): regular expressions, each of which must be needed.
EXCEPTIONS = [
    ("o365", "outcome", r".*", r"(New)? \| success", "no result is written there, or the alert's state; nothing is invented"),
    ("o365", "address", r"exchange_item_update", r"2603:1026:c09:834::5 \| 192.0.2.1", "two addresses: Exchange's ClientIPAddress before ClientIP"),
    ("o365", "account", r".*", r"securitycompliancealerts \| .*", "who acted is the service; whom an alert is about stands in the text of Data"),
    ("message-trace", "time", r".*", r" \| .*", "/Date(1658751973240)/, the old JSON of the reporting web service, is not read as a time"),
    ("microsoft-entraid-graphapi", "account", r"test_event_00\d\d", r"testValue1 \| anonymized_value", "an application acted; theirs is the account it acted on"),
    ("azure-ad", "outcome", r"sign-in_activity", r"interrupted \| failure", "50158: another factor was asked for, nothing failed"),
    ("azure-ad", "time", r"(sign-in_activity|user_risk).*", r"20.* \| .*", "when it happened (createdDateTime, activityDateTime); theirs is when it was exported"),
    ("google-report", "address", r"test_admin_sample2", r"FE80:000:.* \| fe80:0:.*", "as it is written; theirs is shortened"),
    ("google-report", "account", r".*", r"(redacted|HANGOUTS_EXTERNAL_OR_ANONYMOUS) \| .*", "the actor; theirs is a parameter of the event"),
    ("google-report", "outcome", r"test_(token_sample1|chrome_AFFILIATED_LOCK_SUCCESS)", r" \| success", "no result is written there"),
    ("aws-cloudtrail", "account", r".*", r"arn:aws:(iam|sts)::.* \| 1+", "the ARN names the person or role; theirs is the number of the AWS account"),
    ("aws-cloudtrail", "outcome", r"event_ec2-error", r"failure \| success", "errorCode is Client.AuthFailure"),
    ("aws-cloudtrail", "outcome", r"test_insight", r" \| success", "an insight is a count of calls, not a call"),
    ("okta-system-logs", "account", r"test_authentication_sso_with_slashes", r"john.doe@example.org\\ \| .*", "as it is written, backslash included"),
    ("suricata", "kind", r"beats", r" \| ", "Metricbeat's, not Suricata's"),
    ("winlogbeat", "time", r"security_event_(4778|5381)", r".* \| .*", "winlog.time_created has more decimals than @timestamp"),
    ("winlogbeat", "time", r"sysmon10_2", r".* \| .*", "the event's own time; theirs is @timestamp, when it was sent"),
]


def rows_of(records):
    """What the program says of the records: rows by number of the record."""
    rows = collections.defaultdict(list)
    other = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "log"
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        told = subprocess.run([PRINTER, "--print", path], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
    for line in told.split("\n")[:-1]:
        cells = line.split("\t")
        if len(cells) == len(COLUMNS):
            rows[int(cells[0])].append(dict(zip(COLUMNS, cells)))
        else:
            other.append(line)
    return rows, other


def at(tree, *path):
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def microseconds(text):
    """As whole microseconds, cut: the other parser's resolution."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z", text or "")
    if not match:
        return None
    whole = datetime.datetime.fromisoformat(match[1] + "+00:00")
    return int(whole.timestamp()) * 1_000_000 + int((match[2] or "0")[:6].ljust(6, "0"))


def differences(row, expected):
    """(what, ours, theirs) where they say something else; of what they do not say, nothing."""
    time = expected.get("@timestamp")
    if time and microseconds(row["time"]) != microseconds(time):
        yield "time", row["time"], time
    address = at(expected, "source", "ip")
    if address and row["client_address"].lower() != address.lower():
        yield "address", row["client_address"], address
    names = [at(expected, "user", part) for part in ("name", "email", "id")]
    names = [name.lower() for name in names if isinstance(name, str)]
    account = row["account"].lower()
    if names and account not in names and account.split("@")[0] not in names and account.rpartition("\\")[2] not in names:
        yield "account", row["account"], "/".join(names)
    outcome = at(expected, "event", "outcome")
    if outcome in ("success", "failure") and row["outcome"] != outcome:
        yield "outcome", row["outcome"], outcome


def compare():
    found = collections.defaultdict(list)
    counts = {}
    for name in FORMATS:
        tests = [json.loads(line) for line in gzip.open(LOGS / f"{name}.ndjson.gz", "rt", encoding="utf-8")]
        known = []
        for test in tests:
            try:
                known.append((test["test"], json.loads(test["message"]), test["expected"]))
            except ValueError:
                continue  # text, for another reader
        rows, other = rows_of([record for _, record, _ in known])
        counts[name] = len(known)
        for number, (test, _, expected) in enumerate(known, 1):
            if number not in rows:
                found[name].append(("kind", test, "", ""))
            for row in rows[number][:1]:
                found[name] += [(what, test, ours, theirs) for what, ours, theirs in differences(row, expected)]
        assert not [line for line in other if not line.startswith("no kind")], f"{name}: {other}"
    return counts, found


def what_others_make_of_them():
    if not LOGS.exists():
        print("SKIP: no shared data")
        return
    counts, found = compare()
    assert counts == FORMATS, f"{counts}"
    needed = set()
    left = []
    for name, list_ in found.items():
        for what, test, ours, theirs in list_:
            if name in WINDOWS and what not in ("time", "kind"):
                continue
            for at, (form, of, which, values, _) in enumerate(EXCEPTIONS):
                if form == name and of == what and re.fullmatch(which, test) and re.fullmatch(values, f"{ours} | {theirs}"):
                    needed.add(at)
                    break
            else:
                left.append(f"{name} {test}: {what} is {ours}, expected {theirs}")
    assert not left, "\n".join(left)
    assert len(needed) == len(EXCEPTIONS), f"not needed: {[row for at, row in enumerate(EXCEPTIONS) if at not in needed]}"


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


RAW_NAMES = re.compile(r"<Data Name='(\w+)'")

if __name__ == "__main__":
    run([what_others_make_of_them, the_xml_of_azure_is_read])
