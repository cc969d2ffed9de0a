#!/usr/bin/env python3
"""test_run: the golden harness itself, with a small script for a program."""

import contextlib
import io
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import run

PROGRAM = """#!/bin/sh
case $1 in
say) echo "$2" ;;
where) pwd; echo "took 12.5 ms at 880 MB/s, 7 events" ;;
complain) echo "longwatch: no $2" >&2; exit 2 ;;
read) cat "$2" ;;
esac
"""

# name, files of the case, whether it passes, what is printed when it does not
CASES = [
    ("output", {"cmd": "longwatch say hello\n", "stdout": "hello\n"}, True, ""),
    ("status and errors", {"cmd": "longwatch complain file", "stderr": "longwatch: no file\n", "status": "2\n"}, True, ""),
    ("input", {"cmd": "longwatch read input.txt", "input.txt": "a\nb\n", "stdout": "a\nb\n"}, True, ""),
    ("two commands", {"cmd": "longwatch say x > y && longwatch read y", "stdout": "x\n"}, True, ""),
    ("folder and time", {"cmd": "longwatch where", "stdout": "TMP\ntook # ms at # MB/s, 7 events\n"}, True, ""),
    ("source tree", {"cmd": "longwatch say $SOURCE/data", "stdout": "SOURCE/data\n"}, True, ""),
    ("other output", {"cmd": "longwatch say hello", "stdout": "bye\n"}, False, "-bye\n+hello\n"),
    ("unexpected error", {"cmd": "longwatch complain x", "status": "2\n"}, False, "+longwatch: no x\n"),
    ("other status", {"cmd": "longwatch say x", "stdout": "x\n", "status": "1\n"}, False, "-1\n+0\n"),
    ("silence", {"cmd": "longwatch nothing", "stdout": "x\n"}, False, "-x\n"),
]


def harness(folder, *arguments):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        status = run.main(["--binary", str(folder / "program"), *arguments], folder / "cases")
    return status, printed.getvalue()


def check(folder, files, passes, shown):
    """A complaint, or nothing."""
    case = folder / "cases" / "one"
    case.mkdir(parents=True)
    (folder / "program").write_text(PROGRAM, encoding="utf-8")
    (folder / "program").chmod(0o755)
    for name, text in files.items():
        (case / name).write_text(text, encoding="utf-8")
    status, printed = harness(folder)
    if (status == 0) != passes or shown not in printed:
        return f"status {status}: {printed}"
    harness(folder, "--rewrite")
    status, printed = harness(folder)
    if status != 0 or printed != "1 passed, 0 failed\n":
        return f"rewritten, it still differs: {printed}"
    status, printed = harness(folder, "other")
    return "" if status == 1 and "no case other" in printed else f"an unknown name was accepted: {printed}"


def main():
    failed = 0
    for name, files, passes, shown in CASES:
        with tempfile.TemporaryDirectory() as folder:
            complaint = check(pathlib.Path(folder), files, passes, shown)
        if complaint:
            failed += 1
            print(f"{name}: {complaint}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
