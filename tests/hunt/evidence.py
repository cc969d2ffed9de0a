"""evidence: made-up logs of any size, a rule that finds some of their events, and the program, for the tests beside."""

import json
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared"))

MARKED_MAIL = """
title: Marked mail
id: 6d1c7c3e-4444-4a53-9d51-6d5f2d3b1a04
status: test
level: high
logsource: {category: email}
detection:
  selection: {subject|contains: 'marked-by-test'}
  condition: selection
"""

RULES = {
    "marked.yml": """
title: Marked command
id: 6d1c7c3e-1111-4a53-9d51-6d5f2d3b1a01
name: marked
status: test
level: high
logsource: {product: windows, category: process_creation}
detection:
  selection: {CommandLine|contains: 'marked-by-test'}
  condition: selection
""",
    "burst.yml": """
title: Burst of whoami
id: 6d1c7c3e-2222-4a53-9d51-6d5f2d3b1a02
status: test
level: critical
correlation:
  type: event_count
  rules: [whoami]
  group-by: [Computer]
  timespan: 4h
  condition: {gte: 5}
---
title: Whoami
id: 6d1c7c3e-3333-4a53-9d51-6d5f2d3b1a03
name: whoami
status: test
level: low
logsource: {product: windows, category: process_creation}
detection:
  selection: {CommandLine|endswith: 'whoami.exe /all'}
  condition: selection
""",
}


def rules(folder):
    """A folder with the rules."""
    folder.mkdir(exist_ok=True)
    for name, text in RULES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def event(number):
    """Event of that number: every 1000th is marked, every 700th asks who it is."""
    command = f"C:\\Windows\\System32\\tool{number % 97}.exe --n {number}"
    if number % 1000 == 0:
        command += " marked-by-test"
    if number % 700 == 0:
        command = r"C:\Windows\System32\whoami.exe /all"
    return {
        "Event": {
            "System": {
                "Provider": {"Name": "Microsoft-Windows-Sysmon"},
                "EventID": 1,
                "TimeCreated": {"SystemTime": f"2021-03-{1 + number // 86400 % 28:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"},
                "EventRecordID": number,
                "Channel": "Microsoft-Windows-Sysmon/Operational",
                "Computer": f"HOST{number % 3}",
            },
            "EventData": {"CommandLine": command, "Image": command.split(" ")[0], "User": "EXAMPLE\\someone"},
        }
    }


def lines(count, first=1):
    """So many events, a line each."""
    return "".join(json.dumps(event(number)) + "\n" for number in range(first, first + count)).encode()


def hunt(*arguments, **options):
    """Exit status, findings, standard error."""
    done = subprocess.run(
        [BINARY, "hunt", *map(str, arguments), "--json"], capture_output=True, check=False, timeout=250, **options
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode("utf-8", "replace")


def run(tests, slow=()):
    """Each test in turn; the closing line that counts them, and the exit status. slow: those of all formats, which the sanitized program, some ten
    times slower, is spared (it reads the samples)."""
    passed = failed = skipped = 0
    for test in tests:
        if test in slow and "LONGWATCH_CHECKED" in os.environ:
            print(f"SKIP {test.__name__}: left out, the sanitized program is slow")
            skipped += 1
            continue
        try:
            test()
            passed += 1
        except AssertionError as error:
            failed += 1
            print(f"{test.__name__}: {error}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed else 0)
