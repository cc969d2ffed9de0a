#!/usr/bin/env python3
"""test_sample: the samples of `./dev demo` are what their scripts write, and every rule of our own fires on one of them."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLES, RULES = SOURCE / "data/samples", SOURCE / "data/rules"
SAMPLE, MAILBOX, POST, PROXY = (SAMPLES / name for name in ("intrusion.jsonl", "mailbox.jsonl", "post.mbox", "proxy.log"))
HOUSE = ("--own-domain", "assembly.example", "--partner", "stadtanzeiger.example", "--dkim-keys", SAMPLES / "dkim-keys.txt", "--roster", SAMPLES / "roster.csv")
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
# Only correlations use them; they have no findings of their own.
SILENCED = {"Failed logon from outside", "Successful logon from outside", "Wrong password", "Signed in", "Mail read", "Mailbox folder synchronised"}
# The office's own software distribution, taken out by filter_software_distribution.yml.
HARMLESS = r"C:\Program Files\Example Deploy\agent.exe"
# Where the intruder of the mailbox sample came from; all its other records are ordinary.
OUTSIDE = "198.51.100.23"


def run(*arguments):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def sample_is_what_its_script_writes():
    for sample, script, *words in ((SAMPLE, "make_sample.py"), (MAILBOX, "make_mailbox.py"), (POST, "make_post.py", "mail"), (PROXY, "make_post.py", "proxy")):
        made = subprocess.run([sys.executable, SAMPLES / script, *words], capture_output=True, check=True).stdout
        assert made == sample.read_bytes(), f"run data/samples/{script} again"


def every_rule_loads():
    status, verdicts, errors = run("rules", "check", RULES, "--json")
    wrong = [verdict for verdict in verdicts if verdict["status"] != "loaded" or verdict.get("warnings")]
    assert status == 0 and verdicts and not wrong, f"{status} {wrong} {errors}"


def every_rule_fires():
    _, verdicts, _ = run("rules", "check", RULES, "--json")
    status, findings, errors = run("hunt", SAMPLE, MAILBOX, POST, PROXY, "--rules", RULES, *HOUSE, "--json")
    filters = {verdict["title"] for verdict in verdicts if "filter" in pathlib.Path(verdict["path"]).name}
    expected = {verdict["title"] for verdict in verdicts} - filters - SILENCED
    found = {finding["rule_title"] for finding in findings}
    assert status == 1, f"exit status {status}: {errors}"
    assert found == expected, f"not found: {expected - found}; found as well: {found - expected}"


def only_the_intrusion_is_found():
    _, findings, _ = run("hunt", SAMPLE, "--rules", RULES, "--json")
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    for finding in findings:
        for place in finding.get("events") or [finding]:
            assert HARMLESS.replace("\\", "\\\\") not in lines[place["record"] - 1], finding
    # three discovery commands; every other rule and both correlations once
    assert len(findings) == len({finding["rule_id"] for finding in findings}) + 2, len(findings)
    _, findings, _ = run("hunt", MAILBOX, "--rules", RULES, "--json")
    lines = MAILBOX.read_text(encoding="utf-8").splitlines()
    for finding in findings:
        for place in finding.get("events") or [finding]:
            assert OUTSIDE in lines[place["record"] - 1], finding
    # passwords of three accounts guessed; every other rule and correlation once
    assert len(findings) == len({finding["rule_id"] for finding in findings}) + 2, len(findings)


def the_campaign_is_found():
    """Its 24 mails to eight people before all others; two opened one of them, on the proxy's own word; one was read by somebody else after."""
    with tempfile.TemporaryDirectory() as folder:
        case = pathlib.Path(folder) / "case"
        run("hunt", SAMPLE, MAILBOX, POST, PROXY, "--rules", RULES, *HOUSE, "--json", "-o", case)
        _, campaigns, errors = run("mail", "campaigns", case, "--json")
        _, recipients, _ = run("mail", "recipients", case, 1, "--json")
    first = campaigns[0]
    assert (first["messages"], first["recipients"], first["tokens"], first["opened"]) == (24, 8, 24, 2), (first, errors)
    opened = {row["address"].partition("@")[0]: row["opened_from"] for row in recipients if row["status"] == "opened"}
    assert opened == {"k.lind": "192.0.2.20", "p.novak": "192.0.2.22"}, opened
    assert {row["group"] for row in recipients} == {"members", "staff", "press"}
    assert [row["address"].partition("@")[0] for row in recipients if row["follow_ups"]] == ["p.novak"], recipients


def main():
    passed = failed = 0
    for test in (sample_is_what_its_script_writes, every_rule_loads, every_rule_fires, only_the_intrusion_is_found, the_campaign_is_found):
        try:
            test()
            passed += 1
        except AssertionError as error:
            failed += 1
            print(f"{test.__name__}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
