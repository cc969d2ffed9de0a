#!/usr/bin/env python3
"""auditd_syscalls: numbers of Linux system calls and their names, out of the kernel's own headers, as tables in C.

usage: auditd_syscalls.py > auditd_syscalls.h

The table is kept in the repository: linux-libc-dev has the headers of one processor only, and a log of another must read
the same wherever Longwatch was built. tests/reader/test_auditd_syscalls.py holds it against the headers at hand.
"""
import os
import re

INCLUDE = "/usr/include"
# By processor: its headers, in order of preference.
HEADERS = {
    "x86_64": ["x86_64-linux-gnu/asm/unistd_64.h", "asm/unistd_64.h"],
    "i386": ["x86_64-linux-gnu/asm/unistd_32.h", "asm/unistd_32.h"],
    "aarch64": ["asm-generic/unistd.h"],
}
ARCH_SPECIFIC = 244  # of asm-generic: where calls of one processor begin; no call itself


def table(processor):
    """{number: name}, or None when no header is installed."""
    path = next((p for p in (os.path.join(INCLUDE, h) for h in HEADERS[processor]) if os.path.exists(p)), None)
    if not path:
        return None
    with open(path, encoding="ascii") as file:
        text = file.read()
    calls = {int(n): name for name, n in re.findall(r"^#define __NR_([a-z]\w*)\s+(\d+)", text, re.MULTILINE)}
    # Calls whose name depends on the width of a word: the names of 64 bits stand first.
    wide = {}
    for name, general in re.findall(r"^#define __NR_(\w+) __NR3264_(\w+)", text, re.MULTILINE):
        wide.setdefault(general, name)
    for general, n in re.findall(r"^#define __NR3264_(\w+)\s+(\d+)", text, re.MULTILINE):
        calls[int(n)] = wide.get(general, general)
    if processor == "aarch64":
        calls.pop(ARCH_SPECIFIC, None)
        calls = {n: name for n, name in calls.items() if not name.endswith("time64")}  # of 32 bits
    return calls


def main():
    print("/* auditd_syscalls: made by auditd_syscalls.py; do not edit. */\n/* clang-format off */")
    for processor in HEADERS:
        calls = table(processor)
        print(f"static const char *const syscalls_{processor}[] = {{")
        line = "   "
        for number in sorted(calls):
            piece = f' [{number}] = "{calls[number]}",'
            if len(line) + len(piece) > 118:
                print(line)
                line = "   "
            line += piece
        print(line + "\n};")


if __name__ == "__main__":
    main()
