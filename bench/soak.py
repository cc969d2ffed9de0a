#!/usr/bin/env python3
"""soak: files larger than memory, hunted in constant memory.

    soak.py --build build [--gigabytes 2] [--only NAME]

Of syslog, JSON lines and CSV a file each is made (one after the other, in BUILD/bench-data, and taken away again): lines of make_text,
in every 32 MB of which names, addresses and identifiers are others, so that values never end. It is hunted with rules that match one line in a hundred,
and a correlation. The memory of all processes (PSS, summed) is looked at ten times a second: its peak in each tenth of the time must stay below what
docs/limits.md promises, 112 MiB and 64 MiB for each process; and of 8 GB and more be in the second half of the time what it was in the first, give or
take a quarter (before that, buffers fill up to their bounds). Exit status 1 when it does not.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

import make_text
from bench import Watch

FORMATS = ("syslog.log", "m365.jsonl", "cdr.csv")
RULE = """
title: {title}
id: 6d1c7c3e-5555-4a53-9d51-6d5f2d3b1a{number:02}
name: {name}
status: test
level: low
logsource: {{{source}}}
detection: {{keywords: {{'|re': 'm[0-9]{{5}}[05]'}}, condition: keywords}}
---
title: Many of {title}
id: 6d1c7c3e-6666-4a53-9d51-6d5f2d3b1a{number:02}
status: test
level: medium
correlation: {{type: event_count, rules: [{name}], group-by: [{group}], timespan: 1h, generate: true, condition: {{gte: 9}}}}
"""
RULES = {"line": ("product: linux", "program"), "record": ("product: m365", "UserId"), "call": ("category: call_record", "caller")}
CHUNK = 32 << 20
FILLED = 8  # gigabytes after which what is kept of values, findings and matches (docs/limits.md) is full


class Course(Watch):
    """When there was how much."""

    def __init__(self, pid):
        super().__init__(pid)
        self.began, self.seen = time.monotonic(), []

    def run(self):
        watch = threading.Thread(target=super().run)
        watch.start()
        while not self.over:
            time.sleep(0.1)
            self.seen.append((time.monotonic() - self.began, self.pss))
            self.pss = 0
        watch.join()


def make(name, path, size):
    """Lines of that format, in each chunk of which names, addresses, numbers and identifiers are others of the same length."""
    with tempfile.NamedTemporaryFile() as first:
        make_text.make(name, first.name, CHUNK)
        chunk = pathlib.Path(first.name).read_bytes()
    made = number = 0
    with open(path, "wb") as to:
        while made < size:
            other = re.sub(rb"(?<=-4)...(?=-8)", b"%03x" % (number & 0xFFF), chunk) if b"-4" in chunk else chunk
            other = other.replace(b"mallory", b"m%06d" % number).replace(b"198.51.1", b"10.%03d.1" % (number % 200)).replace(b"+4930", b"+49%02d" % (30 + number % 60))
            made += to.write(other)
            number += 1
    return made


def soak(build, name, gigabytes):
    """True when memory kept its bound."""
    folder = build / "bench-data"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"soak-{name}"
    processes = min(os.cpu_count(), 16)
    bound = 112 + 64 * processes
    with tempfile.TemporaryDirectory() as temporary:
        rules = pathlib.Path(temporary) / "rules.yml"
        rules.write_text("---".join(RULE.format(title=f"Marked {what}", name=what, number=number, source=source, group=group)
                                    for number, (what, (source, group)) in enumerate(RULES.items())), encoding="utf-8")  # fmt: skip
        try:
            size = make(name, path, int(gigabytes * (1 << 30)))
            began = time.monotonic()
            case = pathlib.Path(temporary) / "case"
            child = subprocess.Popen([build / "longwatch", "hunt", path, "--rules", rules, "--quiet", "-o", case], stdout=subprocess.DEVNULL)
            course = Course(child.pid)
            course.start()
            status = child.wait()
            course.over = True
            course.join()
            wall = time.monotonic() - began
            log = case / "findings.jsonl"
            findings = sum(piece.count(b"\n") for piece in iter(lambda file=log.open("rb"): file.read(1 << 24), b"")) if log.exists() else 0
        finally:
            path.unlink(missing_ok=True)
    tenths = [max((pss for at, pss in course.seen if int(at * 10 / wall) == tenth), default=0) >> 10 for tenth in range(10)]
    peak = max(tenths)
    kept = status in (0, 1) and findings and peak <= bound and (gigabytes < FILLED or max(tenths[5:]) <= max(tenths[:5]) * 1.25)
    print(f"{name}: {size / (1 << 30):.1f} GiB in {wall:.0f} s ({size / wall / 1e6:.0f} MB/s by the clock, hashing included), {findings:,} findings, exit status {status}")
    print(f"  PSS of all processes, peak of each tenth of the time, MiB: {' '.join(map(str, tenths))}; promised {bound} for {processes} processes: {'kept' if kept else 'NOT KEPT'}")
    sys.stdout.flush()
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    kept = [soak(options.build, name, options.gigabytes) for name in FORMATS if options.only in name]
    sys.exit(0 if kept and all(kept) else 1)


if __name__ == "__main__":
    main()
