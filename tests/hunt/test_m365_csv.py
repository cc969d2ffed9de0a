#!/usr/bin/env python3
"""test_m365_csv: a Microsoft 365 audit log exported as CSV gives the events that the same records give as JSON.

Records made up here, and the export of the shared data (data/m365: SOURCE.md counts it, log-formats 1 says what is in it).
"""

import collections
import csv
import io
import json
import pathlib
import tempfile

import yaml

from evidence import SHARED, hunt, run

EXPORT = SHARED / "data/m365/dutchmasterz-ual.csv.zst"
LINES = SHARED / "data/m365/dutchmasterz-ual.auditdata.ndjson.zst"
COLUMNS = ["RecordType", "CreationDate", "UserIds", "Operations", "AuditData", "ResultIndex"]


def rule(title, *selections):
    return {
        "title": title,
        "level": "low",
        "logsource": {"product": "m365", "service": "audit"},
        "detection": {**{f"s{number}": selection for number, selection in enumerate(selections)}, "condition": "1 of s*"},
    }


# Every record that has an Id; and a row that is there without its record.
RULES = [rule("record", {"Id|exists": True}), rule("row", {"Operation|exists": True, "Id|exists": False})]


def record(number, **more):
    return {
        "CreationTime": f"2021-05-18T21:13:{number:02}",
        "Id": f"00000000-0000-0000-0000-{number:012}",
        "Operation": "New-InboxRule",
        "RecordType": 1,
        "UserId": f"user{number}@example.org",
        "Workload": "Exchange",
        "ClientIP": f"[2001:db8::{number}]:52378",
        **more,
    }


def rows(records):
    """The export: a record a row; None has an empty AuditData, and text is AuditData as it stands."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number, one in enumerate(records):
        data = "" if one is None else one if isinstance(one, str) else json.dumps(one, indent=1 if number % 2 else None)
        writer.writerow(["ExchangeAdmin", "5/18/2021 9:13:33 PM", f"outer{number}@example.org", "Outer-Operation", data, number])
    return out.getvalue()


def told(findings):
    """What findings say, but for where they were found."""
    names = ("rule_title", "time", "kind", "host", "account", "matched")
    return [json.dumps([finding[name] for name in names]) for finding in findings]


def rules_in(folder, rules):
    path = pathlib.Path(folder) / "rules.yml"
    path.write_text("---\n".join(yaml.safe_dump(one) for one in rules), encoding="utf-8")
    return path


def rows_and_lines_give_the_same():
    """Lists of names and values too, which rules ask for as one field; in UTF-8, and in UTF-16 as PowerShell writes it."""
    records = [
        record(number, Parameters=[{"Name": "ForwardTo", "Value": f"x{number}@example.net"}, {"Name": "Name", "Value": 'a "quoted" one'}])
        for number in range(1, 40)
    ]
    parameters = rule("forwarded", {"Parameters.ForwardTo|endswith": "@example.net", "RecordType": 1})
    with tempfile.TemporaryDirectory() as folder:
        rules = rules_in(folder, [*RULES, parameters])
        log = pathlib.Path(folder) / "log.jsonl"
        log.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
        status, wanted, errors = hunt(log, "--rules", rules)
        assert status == 1 and len(wanted) == 2 * len(records), f"{status} {len(wanted)} {errors}"
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            table = pathlib.Path(folder) / f"export.{encoding}"
            table.write_bytes(rows(records).encode(encoding))
            status, found, errors = hunt(table, "--rules", rules)
            assert status == 1, f"{encoding}: {status} {errors}"
            assert told(found) == told(wanted), f"{encoding}: {told(found)[:2]} instead of {told(wanted)[:2]}"


def a_row_without_its_record_is_an_event():
    """Under its outer columns' names, which rules may call by the record's; a cell that was cut is damage besides."""
    with tempfile.TemporaryDirectory() as folder:
        rules = rules_in(folder, RULES)
        table = pathlib.Path(folder) / "export"
        for cell, damaged in ((None, False), (json.dumps(record(1))[:80], True)):
            table.write_text(rows([record(1), cell, record(2), record(3)]), encoding="utf-8")
            status, found, errors = hunt(table, "--rules", rules)
            assert status == (3 if damaged else 1), f"{status} {errors}"
            those = [finding for finding in found if finding["rule_title"] == "row"]
            assert len(found) == 4 and len(those) == 1, f"{found}"
            assert those[0]["kind"] == "m365/row/Outer-Operation" and those[0]["account"] == "outer1@example.org", f"{those}"
            assert those[0]["record"] == 2, f"{those}"
            assert ("no JSON object in a cell" in errors) == damaged, errors


# What happened there (TRUTH.md 2 and 7): passwords guessed from one address, 6 times five accounts and 8 times one, then 5, 5, 5 and 4 times; an inbox
# rule named "." that deletes mail.
HAPPENED = [
    rule("guess", {"Operation": "UserLoginFailed", "LogonError": "InvalidUserNameOrPassword", "ClientIP": "178.85.138.132"}),
    rule("inbox rule", {"Operation": "New-InboxRule", "Parameters.Name": ".", "Parameters.DeleteMessage": "True"}),
]
COUNTS = {"record": 3414, "guess": 5 * 6 + 8 + 5 + 5 + 5 + 4, "inbox rule": 1}


def the_shared_export_gives_what_its_records_give():
    """5,381 rows: 3,414 records, 1,964 of them again, and 3 without a record; and what happened there is found in both."""
    if not EXPORT.exists() or not LINES.exists():
        print("SKIP: no shared data")
        return
    with tempfile.TemporaryDirectory() as folder:
        rules = rules_in(folder, [*RULES, *HAPPENED])
        status, found, errors = hunt(EXPORT, "--rules", rules)
        assert status == 1, f"{status} {errors}"
        status, wanted, errors = hunt(LINES, "--rules", rules)
        assert status == 1, f"{status} {errors}"
    titles = collections.Counter(finding["rule_title"] for finding in found)
    assert (titles["record"], titles["row"]) == (5378, 3), f"{titles}"
    titles = collections.Counter(finding["rule_title"] for finding in wanted)
    assert titles == COUNTS, f"{titles}"
    ids = {finding["matched"]["Id"] for finding in found if finding["rule_title"] == "record"}
    assert len(ids) == 3414, f"{len(ids)}"
    alone = sorted(finding["kind"] for finding in found if finding["rule_title"] == "row")
    assert alone == [f"m365/row/{name}" for name in ("Add service principal.", "Add user.", "Update service principal.")], f"{alone}"
    found = [finding for finding in found if finding["rule_title"] != "row"]
    assert set(told(found)) == set(told(wanted)), f"{list(set(told(found)) ^ set(told(wanted)))[:3]}"


if __name__ == "__main__":
    run([rows_and_lines_give_the_same, a_row_without_its_record_is_an_event, the_shared_export_gives_what_its_records_give])
