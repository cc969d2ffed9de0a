#!/usr/bin/env python3
"""test_prose: prose beside logs is told, and makes no exit status; no log is ever taken for it."""

import gzip
import json
import pathlib
import re
import subprocess
import tempfile

from evidence import BINARY, SHARED, SOURCE, hunt, run

NOTE = (
    "These files were handed over by the ministry, together with a letter that explains where each of them comes\n"
    "from; nobody has changed them since, and nobody should. Whoever has a question may ask the office, whose people\n"
    "know the old system well, and will be glad to help, at any time of the day, or of the night.\n"
)
DOOR = '{"stamp":"2024-03-25T07:12:00Z","door":"server room","badge":"4711","who":"jdoe","site":"HQ","granted":"no"}\n'
TOLD = "prose, and no log"


def listed(*paths):
    """(exit status of `events`, events, names of what is told to be prose, whatever else is told)."""
    done = subprocess.run([BINARY, "events", "--json", *map(str, paths)], capture_output=True, check=False, timeout=250)
    lines = done.stderr.decode().splitlines()
    prose = [line.removeprefix("longwatch: ").removesuffix(f": {TOLD}") for line in lines if line.endswith(TOLD)]
    return done.returncode, done.stdout.count(b"\n"), prose, [line for line in lines if not line.endswith(TOLD)]


def it_is_told_and_is_no_loss():
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        for name, text in (("a.jsonl", DOOR), ("LICENSE", NOTE)):
            (place / name).write_text(text, encoding="utf-8")
        (place / "notes.gz").write_bytes(gzip.compress(NOTE.encode()))
        status, events, prose, rest = listed(place)
        assert (status, events, len(prose), rest) == (0, 1, 2, []), (status, events, prose, rest)
        status, findings, said = hunt(place, "--rules", SOURCE / "data/rules", "-o", place / "case")
        assert status == 0 and not findings and "Prose, and no logs: 2 files" in said and "NOT READ" not in said, (status, said)
        told = subprocess.run([BINARY, "ledger", "--json", place / "case"], capture_output=True, check=False).stdout.splitlines()
        lines = {pathlib.Path(line["path"]).name: line for line in map(json.loads, told) if line["line"] == "file" and line["not_read"] == TOLD}
        assert len(lines) == 2 and all(re.fullmatch(r"[0-9a-f]{64}", line["sha256"]) for line in lines.values()), lines


def alone_it_is_no_answer():
    """Whoever asks a folder of notes has asked nothing: that nothing was found there is not the answer."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "LICENSE").write_text(NOTE, encoding="utf-8")
        status, events, prose, _ = listed(folder)
        assert (status, events, len(prose)) == (3, 0, 1), (status, events, prose)
        status, _, said = hunt(folder, "--rules", SOURCE / "data/rules")
        assert status == 3 and "NOTHING WAS READ" in said, (status, said)


def what_is_in_doubt_is_a_loss():
    """A time, a line too few, bytes that were not seen: it might be a log, and nobody has read it."""
    doubtful = {
        "time": NOTE + "It began at 7:12, he says.\n",
        "short": "Read this first, please.\n",
        "again": NOTE * 4,
        "more than its head": NOTE + "".join(f"{NOTE[i % 90:i % 90 + 30].split(chr(10))[0]} {i}, and so on, for a long time to come, without end.\n" for i in range(900)),
        "program": "#!/bin/sh\nfor i in *; do echo \"$i\"; done\n" * 9,
    }  # fmt: skip
    for name, text in doubtful.items():
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a.jsonl").write_text(DOOR, encoding="utf-8")
            (pathlib.Path(folder) / name).write_text(text, encoding="utf-8")
            status, events, prose, rest = listed(folder)
        assert (status, events, prose) == (3, 1, []) and "no reader knows this format" in rest[0], (name, status, prose, rest)


def no_log_is_taken_for_it():
    """Not the vendors' lines either when all their digits are hidden, alone or together. (Of all shared files: test_flat.)"""
    logs = SHARED / "data/vendor-logs"
    if not logs.exists():
        print("SKIP: no_log_is_taken_for_it: no vendor-logs (set LONGWATCH_SHARED)")
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in logs.glob("*.ndjson.gz"):
            with gzip.open(path, "rt", encoding="utf-8") as file:
                lines = [re.sub(r"\d", "#", json.loads(line)["message"]) for line in file]
            for number, line in enumerate(lines):
                (pathlib.Path(folder) / f"{path.name}.{number}").write_text(line + "\n", encoding="utf-8")
            (pathlib.Path(folder) / path.name).write_text("\n".join(lines), encoding="utf-8")
        _, _, prose, _ = listed(folder)
    assert not prose, prose


if __name__ == "__main__":
    run([it_is_told_and_is_no_loss, alone_it_is_no_answer, what_is_in_doubt_is_a_loss, no_log_is_taken_for_it])
