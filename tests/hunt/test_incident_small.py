#!/usr/bin/env python3
"""test_incident_small: little evidence, which knows no past: a day or a week of everyday life is no incident. And what the options of hunt say they do, they do
with incidents in place: --quiet, --json, --level, the exit status."""

import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile

BINARY = os.environ["LONGWATCH_BINARY"]
RULES = pathlib.Path(os.environ["LONGWATCH_SOURCE"]) / "data/rules"
CHECKED = bool(os.environ.get("LONGWATCH_CHECKED"))  # under sanitizers, some ten times slower


def hunt(evidence, *arguments, rules=RULES):
    return subprocess.run(
        [BINARY, "hunt", str(evidence), "--rules", str(rules), *map(str, arguments)], capture_output=True, check=False, text=True
    )


def everyday_life(folder):
    """Benign houses, cut to a day or a week in which all is new."""
    spans = [
        (41, "2024-01-01", "2024-01-08"),
        (41, "2024-04-01", "2024-04-08"),
        (41, "2024-06-01", "2024-06-08"),
        (32, "2024-08-14", "2024-08-15"),
        (32, "2024-01-15", "2024-01-16"),
        (41, "2024-10-02", "2024-10-03"),
    ]
    for seed, since, until in spans[:2] if CHECKED else spans:
        house = folder / str(seed)
        if not house.exists():
            subprocess.run([BINARY, "exercise", "--seed", str(seed), "--years", "1", "--benign", "-o", str(house)], check=True, capture_output=True)
        done = hunt(house / "evidence", "--from", since, "--to", until)
        assert done.returncode in (0, 1), done.stderr
        assert "INCIDENTS: none among" in done.stdout, f"seed {seed}, {since}: {done.stdout[done.stdout.find('INCIDENTS') :]}"


def event(out, day, operation, client, address, session, **more):
    base = {"CreationTime": f"{2023 + day // 360}-{day % 360 // 30 + 1:02}-{day % 30 % 28 + 1:02}T08:{day % 60:02}:00", "Id": f"{client}{day}{operation}",
            "Operation": operation, "RecordType": 50, "ResultStatus": "Succeeded", "Workload": "Exchange", "UserId": "jo@chamber.example",
            "ClientIPAddress": address, "ClientInfoString": client, "MailboxOwnerUPN": "jo@chamber.example", "SessionId": session}  # fmt: skip
    out.write(json.dumps(base | more) + "\n")


def options(folder):
    """An account read for months by a client from ever other networks, which makes a rule as well: and no rule of the hunt asks for any of it."""
    log = folder / "audit.jsonl"
    bind = {"OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}], "Folders": [{"FolderItems": [{"InternetMessageId": "<1@x>"}]}]}
    rule = {"Parameters": [{"Name": "Name", "Value": "."}, {"Name": "ForwardTo", "Value": "x@elsewhere.example"}, {"Name": "DeleteMessage", "Value": "True"}]}
    with log.open("w") as out:
        for day in range(0, 700, 2):
            event(out, day, "MailItemsAccessed", "Client=OWA;Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0", "198.51.100.7", f"a{day // 9}", **bind)
            if day > 300:
                away = f"198.18.{day % 251}.{day % 89 + 1}"
                event(out, day, "MailItemsAccessed", "Client=REST;Client=MailKeeper;;", away, f"s{day}", **bind)
                if day in (400, 402):
                    event(out, day, "New-InboxRule", "Client=REST;Client=MailKeeper;;", away, f"s{day}", **rule)
    asks_nothing = RULES / "log_cleared.yml"
    case = folder / "case"
    done = hunt(log, "-o", case, rules=asks_nothing)
    assert "INCIDENTS: 1\n" in done.stdout and "  1 " in done.stdout, done.stdout
    db = sqlite3.connect(case / "case.db")
    (findings,) = db.execute("SELECT count(*) FROM findings").fetchone()
    (incidents,) = db.execute("SELECT count(*) FROM incident").fetchone()
    db.close()
    assert (findings, incidents) == (0, 1), (findings, incidents)
    assert done.returncode == 1, "an incident is something found"

    quiet = hunt(log, "--quiet", rules=asks_nothing)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (1, "", ""), quiet
    lines = hunt(log, "--json", rules=asks_nothing)
    assert lines.stdout == "" and "INCIDENTS: 1\n" in lines.stderr, lines
    # --level is of findings: what no rule found is told whatever it says.
    assert "INCIDENTS: 1\n" in hunt(log, "--level", "critical", rules=asks_nothing).stdout
    # Of a time in which nothing is strange nothing is.
    early = hunt(log, "--to", "2023-06-01", rules=asks_nothing)
    assert early.returncode == 0 and "INCIDENTS: none among" in early.stdout, early.stdout
    nothing = hunt(log, "--from", "2030-01-01", rules=asks_nothing)
    assert nothing.returncode == 0 and "INCIDENTS" not in nothing.stdout, nothing.stdout


def main():
    for test in (everyday_life, options):
        with tempfile.TemporaryDirectory() as name:
            test(pathlib.Path(name))
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
