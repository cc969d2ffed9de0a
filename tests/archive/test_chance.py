#!/usr/bin/env python3
"""test_chance: which worker comes first decides nothing: workers are stopped and let go at random, in whatever number, and hunts through the evidence find the
same each time, byte by byte, and so do hunts through archives of it, however their segments came to be; and both find the same."""

import json
import os
import pathlib
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
from evidence import BINARY, SOURCE, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"
PART = 8 << 20  # bytes of a file that one worker reads
SEGMENT = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{16}\.lws")


def workers(process):
    try:
        return [int(each) for each in pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def tell(process, what):
    try:
        os.kill(process, what)
    except ProcessLookupError:
        pass


def shaken(chance, *words):
    """Some of the workers stand still now and then."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        with subprocess.Popen([BINARY, *map(str, words)], stdout=out, stderr=said) as process:
            while process.poll() is None:
                still = [each for each in workers(process.pid) if chance.random() < 0.5]
                for each in still:
                    tell(each, signal.SIGSTOP)
                time.sleep(chance.random() * 0.02)
                for each in still:
                    tell(each, signal.SIGCONT)
                time.sleep(chance.random() * 0.005)
        out.seek(0)
        said.seek(0)
        assert process.returncode in (0, 1, 3), (words, process.returncode, said.read()[-2000:])
        return out.read()


def evidence(folder):
    """A log of several parts, whose hours go over their borders; two logs with the same times, which a correlation puts together; one that is a log of
    a folder whose name sorts before and behind."""
    folder.mkdir()
    said = [json.loads(line) for line in (SAMPLES / "mailbox.jsonl").read_text().splitlines()]
    fails = [each for each in said if each["Operation"] == "UserLoginFailed"]
    usual = [each for each in said if each["Operation"] == "MailItemsAccessed"]
    assert fails and usual
    long = "x" * 3000  # fewer and longer ones: the size makes the parts
    size = n = 0
    with open(folder / "long.jsonl", "w", encoding="utf-8") as out:
        while size < 4.5 * PART:
            # One every two seconds, and one in four is late by an hour or two, when the reader is in another part.
            one = dict(fails[n % len(fails)] if n % 3 else usual[n % len(usual)])
            at = n * 2 - (0, 0, 3600, 7200)[n * 7 % 4] + 7200
            one["CreationTime"] = f"2024-01-{30 + at // 86400}T{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}"
            one["Id"], one["Padding"] = f"{n:032x}", long
            size += out.write(json.dumps(one) + "\n")
            n += 1
    for name in ("same.jsonl", "same/b.jsonl", "same/a.jsonl"):
        (folder / name).parent.mkdir(exist_ok=True)
        with open(folder / name, "w", encoding="utf-8") as out:
            for k, one in enumerate(said):
                out.write(json.dumps({**one, "CreationTime": f"2024-03-01T10:{k // 60:02}:{k // 20 * 20 % 60:02}", "Id": f"{name} {k}"}) + "\n")
    return n


def hunted(chance, case, of):
    """Findings, and tables of the case but for what names segments and the archive."""
    shaken(chance, "hunt", of, "--rules", SOURCE / "data/rules", "--quiet", "-o", case, "--force", "--threads", chance.choice((1, 2, 5)))
    tables = {"findings.jsonl": (case / "findings.jsonl").read_bytes().splitlines()}
    with sqlite3.connect(case / "case.db") as base:
        for (table,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
            tables[table] = [repr(row).encode() for row in base.execute(f'SELECT * FROM "{table}"')]
    base.close()
    return {table: [row for row in rows if not SEGMENT.search(row) and b"('archive" not in row] for table, rows in tables.items() if table not in ("facts", "hunt")}


def same(wanted, got, which):
    for table, rows in wanted.items():
        at = next((n for n, pair in enumerate(zip(rows, got[table])) if pair[0] != pair[1]), None)
        assert rows == got[table], (which, table, len(rows), len(got[table]), at is not None and (rows[at], got[table][at]))


def which_comes_first():
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        assert evidence(folder / "evidence") > 8000
        fresh = hunted(chance, folder / "fresh", folder / "evidence")
        assert len(fresh["findings.jsonl"]) > 20 and len(fresh["behaviour_event"]) > 20, {table: len(rows) for table, rows in fresh.items()}
        assert any(b'"events"' in row for row in fresh["findings.jsonl"]), "no correlation"
        same(fresh, hunted(chance, folder / "fresh", folder / "evidence"), "evidence once more")
        kept = listed = again = None
        for n, count in enumerate((1, 2, 2, 5)):
            archive = folder / f"archive-{n}"
            shaken(chance, "archive", "add", archive, folder / "evidence", "--quiet", "--threads", count)
            got = hunted(chance, folder / "kept", archive)
            kept = kept or got
            same(kept, got, count)
            cat = sorted(shaken(chance, "archive", "cat", archive).splitlines())
            listed = listed or cat
            assert cat == listed, (count, len(cat), len(listed))
            found = shaken(chance, "retrohunt", archive, "--rules", SOURCE / "data/rules", "--quiet", "--json", "--threads", chance.choice((1, 2, 5)))
            again = again or found
            assert found == again, (count, len(found), len(again))
        same({table: fresh[table] for table in ("findings.jsonl", "findings", "finding_events")}, kept, "evidence and archive")


run([which_comes_first])
