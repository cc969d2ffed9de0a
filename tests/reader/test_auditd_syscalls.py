#!/usr/bin/env python3
"""test_auditd_syscalls: the table of system calls against the kernel's headers that are installed here."""
import importlib.util
import os
import re
import sys

SOURCE = os.environ.get("LONGWATCH_SOURCE", os.path.join(os.path.dirname(__file__), "../.."))
spec = importlib.util.spec_from_file_location("auditd_syscalls", os.path.join(SOURCE, "src/reader/auditd_syscalls.py"))
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
# Known by heart: `execve` and `openat` of each.
KNOWN = {"x86_64": {59: "execve", 257: "openat"}, "i386": {11: "execve", 295: "openat"},
         "aarch64": {221: "execve", 56: "openat", 79: "newfstatat"}}


def kept():
    """{processor: {number: name}} of the table in the repository."""
    with open(os.path.join(SOURCE, "src/reader/auditd_syscalls.h"), encoding="ascii") as file:
        text = file.read()
    return {processor: {int(n): name for n, name in re.findall(r'\[(\d+)\] = "(\w+)"', body)}
            for processor, body in re.findall(r"syscalls_(\w+)\[\] = \{(.*?)\};", text, re.DOTALL)}


failed = 0
for processor, calls in kept().items():
    theirs = made.table(processor)
    wrong = {n: name for n, name in KNOWN[processor].items() if calls.get(n) != name}
    if theirs is None:
        print(f"SKIP: no headers of {processor} here", file=sys.stderr)
    else:  # a newer kernel has more calls, and none that is another
        wrong |= {n: name for n, name in calls.items() if theirs.get(n, name) != name}
    for n, name in wrong.items():
        print(f"{processor}: {n} is not {name}", file=sys.stderr)
    failed += bool(wrong)
print(f"{len(KNOWN) - failed} passed, {failed} failed")
sys.exit(failed > 0)
