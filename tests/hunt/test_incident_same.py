#!/usr/bin/env python3
"""test_incident_same: behaviours, incidents and all that a case says of them are the same on any number of workers, with any memory, whatever the order
in which files are named, and wherever they lie; and with a time that is asked for, what lies in it counts, wholly and alone."""

import json
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile

BINARY = os.environ["LONGWATCH_BINARY"]
CHECKED = bool(os.environ.get("LONGWATCH_CHECKED"))  # under sanitizers, some ten times slower: not every way
RULES = pathlib.Path(os.environ["LONGWATCH_SOURCE"]) / "data/rules"


def hunted(case, evidence, *arguments, cwd=None):
    """The tables of a case, without the paths that lead to the evidence."""
    done = subprocess.run(
        [BINARY, "hunt", *map(str, evidence), "--rules", RULES, "--quiet", "--force", "-o", str(case), *map(str, arguments)],
        capture_output=True, check=False, cwd=cwd,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    places = [str(path) for path in evidence]
    outer = os.path.commonpath(places) if len(places) > 1 else places[0]
    db = sqlite3.connect(f"file:{case}/case.db?mode=ro", uri=True)
    tables = {}
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        tables[name] = [
            tuple(value.replace(f"{outer}/", "/") if isinstance(value, str) else value for value in row)
            for row in db.execute(f"SELECT * FROM {name}")  # noqa: S608
        ]
    db.close()
    tables["facts"] = sorted(row for row in tables["facts"] if row[0] not in ("from", "to"))
    return tables


def same(one, other, which):
    assert one.keys() == other.keys(), which
    for name, rows in one.items():
        if rows == other[name]:
            continue
        assert len(rows) == len(other[name]), f"{which}: {name}: {len(rows)} and {len(other[name])}"
        first = next(pair for pair in zip(rows, other[name]) if pair[0] != pair[1])
        raise AssertionError(f"{which}: {name}: {first[0]}\nis not {first[1]}")


def exercise(folder):
    subprocess.run(
        [BINARY, "exercise", "--seed", "9", "--years", "1", "--accounts", "20", "-o", str(folder)], check=True, capture_output=True
    )
    return folder / "evidence"


def anywhere(folder):
    evidence = exercise(folder / "one")
    first = hunted(folder / "case", [evidence], "--threads", 1)
    assert len(first["incident"]) >= 2 and len(first["behaviour"]) > 20 and first["door"], "this exercise shows nothing"
    columns = sqlite3.connect(folder / "case/case.db").execute("SELECT reason FROM behaviour UNION SELECT reason FROM clue").fetchall()
    many = re.compile(r"(?<![\w.,:\-])1 (other )?(days|times|networks|clients|accounts|sessions|archives|hosts|connections|requests|findings|others|minutes|acts)\b")
    wrong = [reason for (reason,) in columns if many.search(reason)]
    assert not wrong, f"one is not many: {wrong[:3]}"
    for workers in (2,) if CHECKED else (2, 4):
        same(first, hunted(folder / "other", [evidence], "--threads", workers), f"{workers} workers")
    logs = sorted(evidence.iterdir())
    if not CHECKED:
        same(first, hunted(folder / "other", [evidence], "--memory", "64M"), "little memory")
        same(first, hunted(folder / "other", logs[::-1], "--threads", 3), "the other way round")
    same(first, hunted(folder / "other", logs[3:] + logs[:3] + logs[:1]), "in another order, one of them twice")
    (folder / "b/c").mkdir(parents=True)
    evidence.rename(folder / "b/c/evidence")
    if not CHECKED:
        same(first, hunted(folder / "other", [folder / "b/c/evidence"]), "elsewhere")
    same(first, hunted(folder / "other", ["./evidence"], cwd=folder / "b/c"), "by a relative path")

    # A time: the same again, and no act outside of it.
    since, until = "2024-04-01", "2024-10-01"
    part = hunted(folder / "case", [folder / "b/c/evidence"], "--from", since, "--to", until, "--threads", 1)
    assert part["behaviour"] and part["behaviour_event"], "nothing is left in that time"
    same(part, hunted(folder / "other", [folder / "b/c/evidence"], "--from", since, "--to", until, "--threads", 4), "a time, four workers")
    db = sqlite3.connect(folder / "case/case.db")
    for table in ("behaviour_event", "incident_event"):
        outside = db.execute(f"SELECT count(*) FROM {table} WHERE time < ? OR last >= ?", (since, until)).fetchone()  # noqa: S608
        assert outside == (0,), f"{table}: {outside} acts outside of the time that was asked for"
    db.close()


def acts(tables):
    return int(dict(tables["facts"])["acts"])


def floods(folder):
    """Of many acts alike one stands for several: which is no matter of what else is in memory, nor of what lies outside the time asked for."""
    evidence = folder / "flood"
    evidence.mkdir()
    seconds, others = 3600, 0
    for n in range(3):
        with (evidence / f"{n}.jsonl").open("w") as out:
            for i in range(2 * seconds):
                event = {"CreationTime": f"2024-03-0{n + 1}T07:{i // 2 // 60:02}:{i // 2 % 60:02}", "Id": f"{n}-{i}", "Operation": "FileAccessed",
                         "RecordType": 6, "Workload": "SharePoint", "ClientIP": "198.18.1.1", "ResultStatus": "Succeeded"}  # fmt: skip
                if i % 2:  # texts that are all different, so many of them that blocks are emptied early where memory is little
                    event |= {"UserId": f"u{i}@chamber.example", "ObjectId": f"https://files.example/{i:0900}"}
                    others += 1
                else:
                    event |= {"UserId": "jo@chamber.example", "ObjectId": "https://files.example/same"}
                out.write(json.dumps(event) + "\n")
    each = 8
    one = hunted(folder / "case", [evidence], "--threads", 1)
    assert acts(one) == others + 3 * (each + 1), acts(one)
    for arguments in (["--threads", 2], ["--threads", 1, "--memory", "64M"]):
        same(one, hunted(folder / "other", [evidence], *arguments), str(arguments))
    part = hunted(folder / "other", [evidence], "--from", "2024-03-01T07:20:00Z", "--to", "2024-03-01T07:40:00Z")
    assert acts(part) == 20 * 60 + each + 1, acts(part)


def main():
    for test in (anywhere, floods):
        with tempfile.TemporaryDirectory() as name:
            test(pathlib.Path(name))
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
