#!/usr/bin/env python3
"""test_maildir: a tree of Maildirs as Dovecot keeps it: each mail once, whatever flags its name has; what the server keeps beside the mails
is said to be none."""

import json
import pathlib
import sqlite3
import struct
import subprocess
import tempfile

from evidence import BINARY, rules

MAILS = {
    "cur/1700000001.M1P1.host,S=50,W=52:2,FS": "one",
    "cur/1700000002.M2P2.host:2,": "two",
    "new/1700000003.M3P3.host": "three",
    ".Sent/cur/1700000004.M4P4.host:2,ST": "four",
    ".Sent.2021/new/1700000005.M5P5.host": "five",
}

# What stands in the files beside: versions, sizes, times, as Dovecot 2.3 writes them.
INDEX = struct.pack("<BBHIIB3xI", 7, 3, 120, 288, 12, 1, 1700000000) + bytes(268)
LOG = struct.pack("<BBHIIIIII", 1, 3, 40, 1700000000, 2, 0, 0, 1700000001, 0) + bytes(12)
CACHE = struct.pack("<BBHIII", 1, 8, 1, 1700000000, 1700000002, 0) + bytes(20)
BESIDE = {
    "dovecot-uidlist": b"3 V1700000000 N6 G0123456789abcdef0123456789abcdef\n1 :1700000001.M1P1.host,S=50,W=52\n",
    "dovecot.index": INDEX,
    "dovecot.index.log": LOG,
    "dovecot.index.cache": CACHE,
}

# What only looks a little like them.
OTHERS = {
    "version": b"3 Volumes of it\n",
    "seven": struct.pack("<BBHII", 7, 3, 121, 288, 12) + bytes(100),
    "one": struct.pack("<BBHIIIIII", 1, 3, 40, 1700000000, 2, 0, 0, 7, 0) + bytes(12),
}


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        rules(folder / "rules")
        for name, subject in MAILS.items():
            path = folder / "mail" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"From: a@b.example\nTo: c@d.example\nSubject: {subject}\n\nFrom here on text.\n", encoding="utf-8")
        (folder / "mail/tmp").mkdir()
        for name, data in (BESIDE | OTHERS).items():
            (folder / "mail" / name).write_bytes(data)
        told = subprocess.run([BINARY, "events", "mail", "--json"], cwd=folder, capture_output=True, check=False)
        events = [json.loads(line) for line in told.stdout.splitlines()]
        assert sorted(event["fields"]["subject"] for event in events) == sorted(MAILS.values()), events
        assert not any("status" in event["fields"] for event in events), "flags out of a name"
        subprocess.run([BINARY, "hunt", "mail", "--rules", "rules", "-o", "case"], cwd=folder, capture_output=True, check=False)
        with sqlite3.connect(folder / "case/case.db") as db:
            why = dict(db.execute("SELECT path, not_read FROM custody"))
        for name in MAILS:
            assert not why["mail/" + name], name
        for name in BESIDE:
            assert why["mail/" + name] == "a mail server's index, which holds no mail", (name, why["mail/" + name])
        for name in OTHERS:
            assert why["mail/" + name] == "no reader knows this format", (name, why["mail/" + name])


if __name__ == "__main__":
    main()
