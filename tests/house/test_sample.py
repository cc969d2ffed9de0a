#!/usr/bin/env python3
"""test_sample: the sample of `./dev demo` is what its script writes, and every rule of our own fires on it."""

import json
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLE, RULES = SOURCE / "data/samples/intrusion.jsonl", SOURCE / "data/rules"
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
# Only correlations use them; they have no findings of their own.
SILENCED = {"Failed logon from outside", "Successful logon from outside"}
# The office's own software distribution, taken out by filter_software_distribution.yml.
HARMLESS = r"C:\Program Files\Example Deploy\agent.exe"


def run(*arguments):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def sample_is_what_its_script_writes():
    made = subprocess.run([sys.executable, SAMPLE.parent / "make_sample.py"], capture_output=True, check=True).stdout
    assert made == SAMPLE.read_bytes(), "run data/samples/make_sample.py again"


def every_rule_loads():
    status, verdicts, errors = run("rules", "check", RULES, "--json")
    wrong = [verdict for verdict in verdicts if verdict["status"] != "loaded" or verdict.get("warnings")]
    assert status == 0 and verdicts and not wrong, f"{status} {wrong} {errors}"


def every_rule_fires():
    _, verdicts, _ = run("rules", "check", RULES, "--json")
    status, findings, errors = run("hunt", SAMPLE, "--rules", RULES, "--json")
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
