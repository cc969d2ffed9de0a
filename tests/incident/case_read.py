"""What a case says of its incidents, as the tests of this folder ask it: case.db, docs/formats/case.md."""

import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

SOURCE = pathlib.Path(os.environ.get("LONGWATCH_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared"))
RULES = ["data/sigma/rules", "data/sigma/rules-emerging-threats"]  # below SHARED; with our own


def hunt(paths, *more):
    """The incidents of a hunt through these paths with all rules: a list of dicts, each with its entities, acts, reach and doors; and what was read."""
    folder = tempfile.mkdtemp(prefix="longwatch-truth-")
    try:
        command = [BINARY, "hunt", *map(str, paths), "--rules", str(SOURCE / "data/rules"), "-o", folder + "/case", "--quiet", *more]
        for path in RULES:
            command += ["--rules", str(SHARED / path)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        assert done.returncode in (0, 1, 3), (done.returncode, done.stderr.decode("utf-8", "replace")[-500:])
        return read(folder + "/case/case.db"), read_of(folder + "/case/case.db")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    incidents = [dict(row) for row in db.execute("SELECT * FROM incident ORDER BY number")]
    for one in incidents:
        for table in ("incident_entity", "incident_event", "incident_reach", "door"):
            one[table] = [dict(row) for row in db.execute(f"SELECT * FROM {table} WHERE incident = ? ORDER BY position", (one["number"],))]
        one["clues"] = [dict(row) for row in db.execute(
            "SELECT clue.* FROM clue JOIN incident_clue ON incident_clue.clue = clue.number WHERE incident_clue.incident = ?"
            " ORDER BY incident_clue.position", (one["number"],))]
    db.close()
    return incidents


def read_of(path):
    """Of the evidence: how many events, and the first and last of them."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    events, first, last = db.execute("SELECT sum(records), min(first), max(last) FROM custody").fetchone()
    db.close()
    return events or 0, first or "", last or ""
