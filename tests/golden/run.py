#!/usr/bin/env python3
"""run: the program as a user runs it, against what it once printed.

    run.py --binary build/longwatch [--rewrite] [NAME...]

Each folder here is a case. Its file `cmd` holds one line for the shell, in which `longwatch` is the program under test and
$SOURCE the source tree; it runs in a copy of the folder. `stdout`, `stderr` and `status` hold what must come of it; one that
is absent stands for nothing printed, and 0. --rewrite writes them anew: read the change before you commit it.
What differs from run to run is written as a name: TMP (the folder it ran in), SOURCE, and # for durations and speeds.
"""

import argparse
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
EXPECTED = ("stdout", "stderr", "status")
SECONDS_MAX = 60
MEASURED = re.compile(r"\b\d[\d.,]*(?= ?(?:ns|us|ms|s|min|h|seconds?|(?:[kKMG]i?)?B/s|events/s|records/s)\b)")


def plain(text, folder):
    """The text without what differs from run to run."""
    text = text.replace(str(folder), "TMP").replace(str(SOURCE), "SOURCE")
    return MEASURED.sub("#", text)


def run(case, binary):
    """What came of the case: {"stdout": ..., "stderr": ..., "status": ...}, as the expected files hold it."""
    with tempfile.TemporaryDirectory() as temporary:
        bin_dir, folder = pathlib.Path(temporary) / "bin", pathlib.Path(temporary) / case.name
        shutil.copytree(case, folder, ignore=shutil.ignore_patterns("cmd", *EXPECTED))
        bin_dir.mkdir()
        (bin_dir / "longwatch").symlink_to(binary)
        environment = dict(os.environ, PATH=f"{bin_dir}:{os.environ['PATH']}", SOURCE=str(SOURCE), LC_ALL="C.UTF-8", TZ="UTC")
        environment["XDG_CACHE_HOME"] = f"{temporary}/cache"
        command = (case / "cmd").read_text(encoding="utf-8").strip()
        try:
            done = subprocess.run(
                ["sh", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=SECONDS_MAX, check=False,
            )  # fmt: skip
            status, stdout, stderr = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as stopped:
            status, stdout, stderr = f"still running after {SECONDS_MAX} s", stopped.stdout or b"", stopped.stderr or b""
        return {
            "stdout": plain(stdout.decode("utf-8", "backslashreplace"), folder),
            "stderr": plain(stderr.decode("utf-8", "backslashreplace"), folder),
            "status": f"{status}\n",
        }


def expected_of(case):
    texts = {"stdout": "", "stderr": "", "status": "0\n"}
    return {name: (case / name).read_text(encoding="utf-8") if (case / name).exists() else text for name, text in texts.items()}


def rewrite(case, got):
    for name, text in got.items():
        if text == {"status": "0\n"}.get(name, ""):
            (case / name).unlink(missing_ok=True)
        else:
            (case / name).write_text(text, encoding="utf-8")


def main(arguments=None, here=HERE):
    parser = argparse.ArgumentParser(description="Golden tests.")
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--rewrite", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args(arguments)
    cases = sorted(cmd.parent for cmd in here.glob("*/cmd") if not options.names or cmd.parent.name in options.names)
    passed = failed = 0
    for case in cases:
        got, expected = run(case, options.binary.resolve()), expected_of(case)
        if options.rewrite:
            rewrite(case, got)
        elif got != expected:
            failed += 1
            for name in EXPECTED:
                lines = (text.splitlines(keepends=True) for text in (expected[name], got[name]))
                sys.stdout.writelines(difflib.unified_diff(*lines, f"{case.name}/{name}", f"{case.name}/{name} (now)"))
            continue
        passed += 1
    unknown = set(options.names) - {case.name for case in cases}
    for name in sorted(unknown):
        print(f"no case {name}")
    print(f"{passed} passed, {failed + len(unknown)} failed")
    return 1 if failed or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
