#!/usr/bin/env python3
"""test_cloud: cloud audit logs in all the shapes in which they come, against Python's own json: nothing lost, nothing twice.

The shared data (data/cloud: SOURCE.md, TRUTH.md) hold CloudTrail as delivered, as lists, as lines and as LookupEvents gives it,
and labelled events of 22 logs. Every record must be there, with each of its values; of those that hold several events, each.
A list of hundreds of megabytes is made here: its elements must be read one by one.
"""

import gzip
import json
import os
import pathlib
import resource
import subprocess
import tempfile

from evidence import BINARY, SHARED, run

CLOUD = SHARED / "data/cloud"
BUILD = pathlib.Path(os.environ.get("LONGWATCH_BUILD", "build"))
ROLES = os.environ.get("LONGWATCH_TEST_ROLES", str(BUILD / "tests/hunt_test_roles"))
PRINTER = os.environ.get("LONGWATCH_TEST_JSON", str(BUILD / "tests/reader_test_json"))
CHECKED = "asan" in BUILD.name or "san" in BUILD.name


class Number(str):
    """A number as it is written."""


def parse(text):
    return json.loads(text, object_pairs_hook=list, parse_int=Number, parse_float=Number)


def documents(text):
    """The documents of a file, one behind the other, members as (name, value) in order."""
    decoder = json.JSONDecoder(object_pairs_hook=lambda pairs: ("object", pairs), parse_int=Number, parse_float=Number)
    at, found = 0, []
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


def records(text):
    """Lists and CloudTrail's wrapper undone."""
    found = []
    for document in documents(text):
        if isinstance(document, list):
            found += document
        elif len(document[1]) == 1 and document[1][0][0] == "Records":
            found += document[1][0][1]
        else:
            found.append(document)
    return found


def quoted(text):
    return "".join(f"\\x{ord(c):02x}" if c == "\\" or ord(c) < 32 else c for c in text)


def leaves(value, path, out):
    if isinstance(value, tuple):
        for name, inner in value[1]:
            leaves(inner, f"{path}.{quoted(name)}" if path is not None else quoted(name), out)
    elif isinstance(value, list):
        for inner in value:
            leaves(inner, path, out)
    elif value is None:
        out.append(f"{path}\tz\t")
    elif isinstance(value, bool):
        out.append(f"{path}\tb\t{'true' if value else 'false'}")
    elif isinstance(value, Number):
        out.append(f"{path}\tn\t{value}")
    else:
        out.append(f"{path}\tt\t{quoted(value)}")


def read(path):
    """What the reader gives: a sorted list of values a record; and damage."""
    told = subprocess.run([PRINTER, "--print", path], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
    got, damage = [], []
    for line in told.split("\n")[:-1]:
        if line.startswith("record\t"):
            got.append([])
        elif line.startswith("damage\t"):
            damage.append(line)
        elif line.split("\t")[1] != "i":
            got[-1].append(line)
    return got, damage


def rows(path):
    told = subprocess.run([ROLES, "--print", path], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8").split("\n")[:-1]
    without = sum(int(line.split("\t")[1]) for line in told if line.startswith("no kind\t"))
    return [line.split("\t") for line in told if not line.startswith("no kind\t")], without


def member(record, *path):
    for name in path:
        record = dict(record[1]).get(name) if isinstance(record, tuple) else None
    return record


def embedded(record):
    """Values of CloudTrailEvent, which LookupEvents gives as text."""
    text = member(record, "CloudTrailEvent")
    out = []
    for document in documents(text) if text else []:
        leaves(document, None, out)
    return out


def all_of_them(name, text, least):
    """Of one source, given as bytes: every record with every value."""
    wanted = records(text)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "log"
        path.write_text(text, encoding="utf-8")
        got, damage = read(path)
        events, without = rows(path)
    assert not damage, f"{name}: {damage[:3]}"
    assert len(got) == len(wanted) >= least, f"{name}: {len(got)} records instead of {len(wanted)}"
    for number, (record, values) in enumerate(zip(wanted, got), 1):
        want = embedded(record)
        leaves(record, None, want)
        assert sorted(values) == sorted(want), f"{name}, record {number}: {sorted(set(values) ^ set(want))[:5]}"
    # Reports of Workspace, and sign-ins in Cloud audit logs, are as many events as they hold.
    several = 0
    for record in wanted:
        lists = (member(record, "events") if member(record, "id", "applicationName") else None,
                 member(record, "protoPayload", "metadata", "event") if member(record, "protoPayload", "methodName") else None)
        several += sum(max(len(one) - 1, 0) for one in lists if isinstance(one, list))
    assert len(events) + without == len(wanted) + several, f"{name}: {len(events)} events, {without} without kind, {len(wanted)} records, {several} more"
    return len(wanted), events, without


def cloudtrail_as_delivered():
    """SOURCE.md: 1,448 events in 20 files."""
    total, when = 0, []
    for path in sorted(CLOUD.glob("cloudtrail-stratus-sim/*.json.gz")):
        count, events, without = all_of_them(path.name, gzip.decompress(path.read_bytes()).decode(), 1)
        total += count
        when += [event[3] for event in events]
        assert not without and all(event[2].startswith("aws/cloudtrail/") and event[4] for event in events), path
    assert total == 1448, total
    # TRUTH.md: from 11:42:18 to 12:08:48.
    assert min(when) == "2023-07-10T11:42:18Z" and max(when) == "2023-07-10T12:08:48Z", (min(when), max(when))


def cloudtrail_as_lists_lines_and_lookups():
    total = 0
    for path in sorted(CLOUD.glob("stratus-detonation/*.json")):
        count, events, without = all_of_them(path.name, path.read_text(encoding="utf-8"), 1)
        total += count
        assert not without and all(event[2].startswith("aws/cloudtrail/") for event in events), path
    assert total == 269, total
    for name, count in (("otrf-aws/ec2_proxy_s3_exfiltration_2020-09-14011940.json", 103), ("plaso/aws_cloudtrail.jsonl", 6)):
        got, events, without = all_of_them(name, (CLOUD / name).read_text(encoding="utf-8"), 1)
        assert (got, without) == (count, 0) and all(event[3] and event[2].startswith("aws/cloudtrail/") for event in events), name


def the_same_refusals_in_every_shape():
    """TRUTH.md: GetPasswordData was refused 29 times. As delivered, as lines, as LookupEvents and from CloudWatch."""
    some = []
    for path in sorted(CLOUD.glob("cloudtrail-stratus-sim/*.json.gz")):
        some += json.loads(gzip.decompress(path.read_bytes()))["Records"]
    lookups = [{"EventId": one["eventID"], "EventTime": one["eventTime"], "CloudTrailEvent": json.dumps(one)} for one in some]
    shapes = {
        "delivered": json.dumps({"Records": some}),
        "lines": "".join(json.dumps(one) + "\n" for one in some),
        "lookups": json.dumps({"Events": lookups, "NextToken": "x"}),
        "lookups, a line each": "".join(json.dumps(one) + "\n" for one in lookups),
        "CloudWatch": "".join(
            json.dumps({"messageType": "DATA_MESSAGE", "owner": "1", "subscriptionFilters": ["f"],
                        "logEvents": [{"id": str(n), "timestamp": n, "message": json.dumps(one)} for n, one in enumerate(some[i:i + 50])]})
            for i in range(0, len(some), 50)),
    }
    wanted = None
    for name, text in shapes.items():
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "log"
            path.write_text(text, encoding="utf-8")
            events, without = rows(path)
        told = sorted("\t".join(event[2:]) for event in events)
        wanted = wanted or told
        assert not without and told == wanted and len(told) == 1448, f"{name}: {len(told)} events, {without} without kind"
    refused = {one["eventID"] for one in some if one["eventName"] == "GetPasswordData" and one.get("errorCode")}
    assert len(refused) == 29, len(refused)
    outcomes = {line.split("\t")[2]: line.split("\t")[-3] for line in wanted}
    assert {outcomes[one] for one in refused} == {"failure"}, outcomes
    assert list(outcomes.values()).count("success") == sum(not one.get("errorCode") for one in some)


# What makes an event known, by the fields that stand in it, written a second time here: one of these must be there whole. Of the
# labelled events many are cut down to what their rule looks at, and some are of logs that have no kind.
KNOWN = [path.split() for path in (
    "eventSource eventName awsRegion",
    "eventsource eventname awsregion",
    "schemaVersion service.serviceName",
    "bucket operation requestid",
    "srcAddr dstAddr dstPort",
    "category operationName resourceId",
    "operationName statusCode callerIpAddress resourceId",
    "protoPayload.methodName protoPayload.serviceName",
    "insertId logName resource.type",
    "id.applicationName",
    "Operation Workload",
    "Operation RecordType CreationTime",
    "operation workload creationtime",
    "eventType actor.alternateId",
    "eventtype actor.alternateId",
    "action actor created_at",
    "event_type_id",
    "auditID verb stage",
    "event_type created_by.id",
    "event_type._tag involve_non_team_member",
    "access_device.ip factor result",
    "action isotimestamp username",
    "category_type operation_detail operator",
    "messageTime senderIP malwareScore",
    "action actor.type context.ip_address",
    "createdDateTime userPrincipalName appDisplayName",
)]
SIGNINS = ("SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs", "ManagedIdentitySignInLogs", "ADFSSignInLogs")


def paths_of(value, path, out):
    """Paths that hold a value; objects and lists in themselves are none."""
    if isinstance(value, dict):
        for name, inner in value.items():
            paths_of(inner, f"{path}.{name}" if path else name, out)
    elif isinstance(value, list):
        for inner in value:
            paths_of(inner, path, out)
    else:
        out.add(path)


def is_known(event):
    paths = set()
    paths_of(event, "", paths)
    category = event.get("category")
    return any(all(name in paths for name in names) for names in KNOWN) or (
        "operationName" in paths and category == "AuditLogs") or category in SIGNINS


def labelled_events():
    """1,724 events of 22 logs (SOURCE.md), none lost."""
    total, told, known = 0, {}, {}
    for path in sorted(CLOUD.glob("panther-test-events/*.ndjson")):
        lines = [json.loads(line)["event"] for line in path.read_text(encoding="utf-8").splitlines()]
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)
        count, _, without = all_of_them(path.name, text, 1)
        assert count == len(lines), path
        total += count
        told[path.name] = count - without
        known[path.name] = sum(is_known(one) for one in lines)
    assert total == 1724, total
    differ = {name: (told[name], known[name]) for name in told if told[name] != known[name]}
    assert not differ, differ
    assert sum(told.values()) >= 1200, told


def small_samples():
    for name, count in (("azure_activity_log.jsonl", 4), ("azure_application_gateway_access.json", 2), ("gcp_logging.jsonl", 11), ("microsoft_audit_log.jsonl", 4)):
        got, events, without = all_of_them(name, (CLOUD / "plaso" / name).read_text(encoding="utf-8"), 1)
        assert (got, without) == (count, 0), (name, got, without)
        assert all(event[3] for event in events), name


def large_lists_are_read_element_by_element():
    """200 MB in one wrapper, on one line; memory does not grow with it. (30 MB where the program is ten times slower.)"""
    one = {"eventTime": "2023-07-10T12:00:00Z", "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "awsRegion": "us-east-1",
           "eventID": "", "userIdentity": {"arn": "arn:aws:iam::1:user/x"}, "requestParameters": {"key": "k" * 1500}}
    size = (30 if CHECKED else 200) << 20
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "log.json"
        rules = pathlib.Path(folder) / "rules.yml"
        rules.write_text("title: last\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: {eventID: last}, condition: s}\n", encoding="utf-8")
        count = 0
        with open(log, "w", encoding="utf-8") as out:
            out.write('{"Records":[')
            while out.tell() < size:
                block = []
                for _ in range(1000):
                    count += 1
                    one["eventID"] = str(count)
                    block.append(json.dumps(one))
                out.write(",".join(block) + ",")
            one["eventID"] = "last"
            out.write(json.dumps(one) + "]}")
            count += 1
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        done = subprocess.run([BINARY, "hunt", log, "--rules", rules, "--json"], capture_output=True, check=False, timeout=250)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1 and len(found) == 1 and found[0]["record"] == count, (done.returncode, found, done.stderr)
    assert CHECKED or peak == before or peak < 150_000, f"{peak} KiB"


if __name__ == "__main__":
    if CLOUD.exists():
        run([cloudtrail_as_delivered, cloudtrail_as_lists_lines_and_lookups, the_same_refusals_in_every_shape, labelled_events, small_samples,
             large_lists_are_read_element_by_element])
    else:
        print("SKIP: no shared data: only a list made here was read")
        run([large_lists_are_read_element_by_element])
