#!/usr/bin/env python3
"""report: what the tests of some build folders came to. Usage: report.py BUILD...

Shows the output of each test that failed and the reason of each that was skipped. Counted are cases: those of cmocka as
it prints them, those of a script by its closing line "N passed, N failed", and 1 for any other test. The oracle is compared
on pairs by the hundred thousand; such a test counts as 1, and its own line is shown.
"""

import json
import pathlib
import re
import sys

CLOSING = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.MULTILINE)
ENDED_WELL = ("OK", "EXPECTEDFAIL")


def compares(test):
    """Is it one of those that compare pairs? Meson names a test PROJECT:SUITE / NAME."""
    return test["name"].split(" / ")[-1] in ("oracle rules", "oracle correlations")


def cases(test):
    """(passed, failed, skipped, why) of one of Meson's tests."""
    output = test.get("stdout", "") + "\n" + test.get("stderr", "")
    why = [line.strip() for line in output.splitlines() if line.strip().startswith("SKIP")]
    passed = len(re.findall(r"^\[       OK \]", output, re.MULTILINE))
    failed = len(set(re.findall(r"^\[  FAILED  \] (\w+)$", output, re.MULTILINE)))
    skipped = len(set(re.findall(r"^\[  SKIPPED \] (\w+)$", output, re.MULTILINE)))
    closing = CLOSING.findall(test.get("stdout", ""))
    if test["result"] == "SKIP":
        return 0, 0, 1, why
    if closing and not compares(test):
        passed, failed, skipped = (int(count or 0) for count in closing[-1])
    elif not passed + failed + skipped:
        passed = 1
    told = min(max(len(why) - skipped, 0), passed)  # a case that says SKIP and returns has not been tried
    passed, skipped = passed - told, skipped + told
    if test["result"] not in ENDED_WELL and not failed:
        passed, failed = max(passed - 1, 0), 1
    return passed, failed, skipped, why


def show(test, folder):
    print(f"--- {folder}: {test['name']}: {test['result']} ({test.get('returncode')})")
    for stream in ("stdout", "stderr"):
        lines = test.get(stream, "").splitlines()
        if len(lines) > 80:
            print(f"({len(lines) - 80} lines more in {folder}/meson-logs)")
        print("\n".join(lines[-80:]))


def main(folders):
    total = [0, 0, 0]
    for folder in folders:
        log = pathlib.Path(folder) / "meson-logs" / "testlog.json"
        if not log.is_file():
            print(f"--- {folder}: the tests did not run")
            total[1] += 1
            continue
        tests = [json.loads(line) for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
        seconds = 0.0
        for test in tests:
            passed, failed, skipped, why = cases(test)
            total = [total[0] + passed, total[1] + failed, total[2] + skipped]
            seconds += test.get("duration", 0)
            if failed:
                show(test, folder)
            for reason in why:
                print(f"{folder}: {test['name']}: {reason}")
            if compares(test) and not failed and not skipped:
                print(f"{folder}: {test['name']}: {test.get('stdout', '').strip().splitlines()[-1]}")
        print(f"{folder}: {len(tests)} tests, {seconds:.0f} s of work")
    passed, failed, skipped = total
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
