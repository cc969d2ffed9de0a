#!/usr/bin/env python3
# findings: what a case of a million findings costs: hunted, put together, written as a case with its dossier. Usage: findings.py --build DIR [--findings N] [--keep]
#
# Every event is found by a rule of our own (data/rules), on two hundred hosts over a year: nothing of it is an intrusion. The promise is 60 s and 1 GiB
# from the first byte to the written dossier.
import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def write(path, count):
    start = datetime(2023, 1, 1)
    step = timedelta(days=365) / count
    with open(path, "w", encoding="utf-8") as file:
        for i in range(count):
            at = start + step * i
            file.write(json.dumps({"Event": {"System": {"Provider": {"Name": "Microsoft-Windows-Security-Auditing"}, "EventID": 4688,
                                                        "Channel": "Security", "Computer": "WS%05d.chamber.example" % (i % 200), "EventRecordID": i + 1,
                                                        "Keywords": "0x8020000000000000", "TimeCreated": {"SystemTime": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}},
                                             "EventData": {"SubjectUserName": "user%03d" % (i % 500), "SubjectDomainName": "CHAMBER", "SubjectLogonId": "0x%x" % (i % 9973),
                                                           "NewProcessId": "0x%x" % (i % 65521), "NewProcessName": "C:\\Windows\\System32\\nltest.exe",
                                                           "CommandLine": "nltest /domain_trusts /n%d" % (i % 7919),
                                                           "ParentProcessName": "C:\\Windows\\System32\\cmd.exe"}}}) + "\n")


def run(command, **more):
    """Seconds, KiB at most of any one process."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=dict(os.environ, LONGWATCH_CACHE="off"), **more)
    peak = 0
    while process.poll() is None:
        total = 0
        children = [process.pid]
        try:
            with open("/proc/%d/task/%d/children" % (process.pid, process.pid), encoding="ascii") as file:
                children += [int(pid) for pid in file.read().split()]
        except OSError:
            pass
        for pid in children:
            try:
                with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as file:
                    total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
            except (OSError, IndexError, ValueError):
                pass
        peak = max(peak, total)
        time.sleep(0.2)
    return time.monotonic() - begun, peak, process.returncode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--findings", type=int, default=1000000)
    a = parser.parse_args()
    binary = os.path.join(a.build, "longwatch")
    with tempfile.TemporaryDirectory(dir=a.build) as folder:
        log, case = os.path.join(folder, "security.jsonl"), os.path.join(folder, "case")
        write(log, a.findings)
        seconds, peak, status = run([binary, "hunt", log, "--rules", os.path.join(SOURCE, "data", "rules"), "-o", case, "--quiet"])
        if status != 1:
            sys.exit("findings: exit status %d" % status)
        lines = sum(1 for _ in open(os.path.join(case, "findings.jsonl"), "rb"))
        print("findings %d: hunted, case and dossier written in %.1f s, at most %.0f MiB (PSS, all processes); log %.0f MB, case.db %.0f MB, dossier %.1f MB" %
              (lines, seconds, peak / 1024, os.path.getsize(log) / 1e6, os.path.getsize(os.path.join(case, "case.db")) / 1e6,
               os.path.getsize(os.path.join(case, "dossier.html")) / 1e6))
        page = os.path.join(folder, "again.html")
        seconds, peak, status = run([binary, "dossier", case, "-o", page])
        print("case opened and dossier written again in %.1f s, at most %.0f MiB, exit status %d" % (seconds, peak / 1024, status))
        print("the same page: %s" % (open(page, "rb").read() == open(os.path.join(case, "dossier.html"), "rb").read()))


if __name__ == "__main__":
    main()
