#!/usr/bin/env python3
"""test_sample: the samples of `./dev demo` are what their scripts write, and every rule of our own fires on one of them."""

import json
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLE, MAILBOX, RULES = SOURCE / "data/samples/intrusion.jsonl", SOURCE / "data/samples/mailbox.jsonl", SOURCE / "data/rules"
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
    for sample, script in ((SAMPLE, "make_sample.py"), (MAILBOX, "make_mailbox.py")):
        made = subprocess.run([sys.executable, SAMPLE.parent / script], capture_output=True, check=True).stdout
        assert made == sample.read_bytes(), f"run data/samples/{script} again"


def every_rule_loads():
    status, verdicts, errors = run("rules", "check", RULES, "--json")
    wrong = [verdict for verdict in verdicts if verdict["status"] != "loaded" or verdict.get("warnings")]
    assert status == 0 and verdicts and not wrong, f"{status} {wrong} {errors}"


def every_rule_fires():
    _, verdicts, _ = run("rules", "check", RULES, "--json")
    status, findings, errors = run("hunt", SAMPLE, MAILBOX, "--rules", RULES, "--json")
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


def main():
    passed = failed = 0
    for test in (sample_is_what_its_script_writes, every_rule_loads, every_rule_fires, only_the_intrusion_is_found):
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
