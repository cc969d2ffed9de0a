#!/usr/bin/env python3
"""test_m365: what happened in a tenant, as its audit log tells it and our own rules find it; and what an export holds twice.

The shared data (data/m365): TRUTH.md says what happened, SOURCE.md what the export holds. Every number below comes from there.
"""

import collections
import csv
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from evidence import SHARED, SOURCE, hunt, run

LINES = SHARED / "data/m365/dutchmasterz-ual.auditdata.ndjson.zst"
EXPORT = SHARED / "data/m365/dutchmasterz-ual.csv.zst"
RULES = SOURCE / "data/rules"
PRINTER = os.environ.get("LONGWATCH_TEST_ROLES", str(pathlib.Path(os.environ.get("LONGWATCH_BUILD", "build")) / "tests/hunt_test_roles"))


def unpacked(path):
    return subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout


def rows(data):
    with tempfile.NamedTemporaryFile() as log:
        log.write(data)
        log.flush()
        told = subprocess.run([PRINTER, "--print", log.name], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
    return [line.split("\t") for line in told.split("\n")[:-1]]


def rows_and_their_keys():
    """5,381 rows: 3,414 Ids; 1,964 rows whose Id came before (the search was run twice); 3 rows without a record. None is dropped."""
    events = rows(unpacked(EXPORT))
    keys = collections.Counter(event[4] for event in events)
    assert len(events) == 5381 and keys.pop("") == 3, len(events)
    assert len(keys) == 3414 and sum(keys.values()) - len(keys) == 1964, len(keys)
    assert not [event for event in events if len(event) != 15 or not event[2].startswith("m365/")]
    # Python's own csv and json say the same.
    csv.field_size_limit(1 << 24)
    table = csv.DictReader(io.StringIO(unpacked(EXPORT).decode("utf-8-sig")))
    cells = [row["AuditData"] for row in table]
    ids = collections.Counter(json.loads(cell)["Id"] for cell in cells if cell)
    assert len(cells) == 5381 and ids == keys, (len(cells), len(ids))


def sign_ins_mean_what_they_say():
    """log-formats 1: 55 + 5 wrong passwords whatever ResultStatus says, 13 + 3 + 7 interrupted, 12 + 3 failed otherwise, 183 done."""
    outcomes = collections.Counter((event[2], event[12]) for event in rows(unpacked(LINES)) if event[2].startswith("m365/entra/UserLog"))
    assert outcomes == {
        ("m365/entra/UserLoginFailed", "failure"): 55 + 5 + 12 + 3,
        ("m365/entra/UserLoginFailed", "interrupted"): 13 + 3 + 7,
        ("m365/entra/UserLoggedIn", "success"): 173 + 10,
    }, outcomes


def addresses_have_no_ports_and_accounts_one_spelling():
    events = rows(unpacked(LINES))
    addresses = {event[8] for event in events}
    assert {"62.149.20.10", "2a01:111:f100:9001::1761:914f", "::1"} <= addresses
    assert not [address for address in addresses if "[" in address or address.count(":") == 1], addresses
    accounts = {event[6] for event in events}
    assert accounts == {account.lower() for account in accounts}


def what_happened_is_found():
    """TRUTH.md: 1, 3 secrets; 2 passwords; 4, 6 consents; 5, 6 administrators; 7 rules and rights; and mail taken from 178.85.138.132."""
    status, findings, errors = hunt(LINES, "--rules", RULES)
    assert status == 1, f"{status} {errors}"
    found = collections.defaultdict(list)
    for finding in findings:
        found[finding["rule_title"]].append(finding)
    assert {title: len(list_) for title, list_ in found.items()} == {
        "Secret added to an application": 3,  # 03-25, 03-31, and 04-16 07:29
        "Passwords of one account guessed": 6 + 3,  # six accounts; then three five times (A.Thulile four times)
        "One address guesses passwords of many accounts": 2,
        "Signed in after wrong passwords": 3,  # A.Thulile on both days; GradyA on 04-16, who had mistyped it
        "Consent to an application that reads mail or files": 3,  # joey twice, A.Thulile once
        "Consent for everybody": 2,  # rnicrosoft_office, Email Security Solution
        "New global administrator": 5,  # GradyA, HenriettaM, a group, JoniS, ITCornpany
        "Inbox rule with next to no name": 2,  # and the transport rule
        "Inbox rule that hides mail": 2,
        "Transport rule that copies mail": 1,
        "File opened to whoever has the link": 1,  # Accounts Overview.docx
        "Rights over another mailbox": 6,  # four times FullAccess, SendAs, send on behalf
        "Mailbox copied by who guessed passwords": 1,
        "Password of an account reset or changed": 2,  # PattiF, PradeepG
        "Second factor of an account changed": 1,  # HenriettaM
    }, {title: len(list_) for title, list_ in found.items()}
    times = {title: sorted(finding["time"] for finding in list_) for title, list_ in found.items()}
    assert times["Secret added to an application"][0].startswith("2021-03-25T12:52:51")
    assert times["Transport rule that copies mail"] == ["2021-04-16T12:08:47Z"]
    assert times["Inbox rule that hides mail"] == ["2021-04-16T12:07:14Z", "2021-04-16T12:33:49Z"]
    assert {finding["account"] for finding in found["Consent to an application that reads mail or files"]} == {
        "joey@dutchmasterz.onmicrosoft.com", "a.thulile@dutchmasterz.onmicrosoft.com"}
    for title in ("One address guesses passwords of many accounts", "Mailbox copied by who guessed passwords"):
        for finding in found[title]:
            assert "178.85.138.132" in json.dumps(finding), finding
    # Consent prompts, second factors and the service's own maintenance alarm nobody.
    told = json.dumps(findings)
    for quiet in ("UserStrongAuthEnrollmentRequiredInterrupt", "DelegationDoesNotExist", "NT AUTHORITY"):
        assert quiet not in told, quiet


def the_export_finds_no_less():
    """Rows that are there twice are found twice; no finding is missing."""
    _, once, _ = hunt(LINES, "--rules", RULES)
    _, twice, _ = hunt(EXPORT, "--rules", RULES)
    assert {finding["rule_title"] for finding in once} == {finding["rule_title"] for finding in twice}


if __name__ == "__main__":
    if not LINES.exists() or not EXPORT.exists():
        print("SKIP: no shared data")
        sys.exit(77)
    run([rows_and_their_keys, sign_ins_mean_what_they_say, addresses_have_no_ports_and_accounts_one_spelling, what_happened_is_found, the_export_finds_no_less])
