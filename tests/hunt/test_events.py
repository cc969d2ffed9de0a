#!/usr/bin/env python3
"""test_events: what `longwatch events` prints is what the evidence holds: every record, in its order, wherever it is packed."""

import gzip
import io
import json
import pathlib
import subprocess
import tarfile
import tempfile
import time

from evidence import BINARY, SHARED, lines

COUNT = 30000  # some 15 MB: two parts of 8 MiB


def events(*arguments):
    done = subprocess.run([BINARY, "events", *map(str, arguments), "--json"], capture_output=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def without(listed, *names):
    return [{name: value for name, value in event.items() if name not in names} for event in listed]


def every_record(folder):
    """As many as there are, numbered from 1 across parts, each at its own line, with the values that stand there."""
    text = lines(COUNT)
    (folder / "large.jsonl").write_bytes(text)
    listed = events(folder / "large.jsonl")
    written = text.splitlines(keepends=True)
    assert len(listed) == len(written), (len(listed), len(written))
    offset = 0
    for number, (event, line) in enumerate(zip(listed, written), 1):
        assert event["record"] == number and event["offset"] == offset, (number, event)
        offset += len(line)
        record = json.loads(line)["Event"]
        flat = {**record["System"], **record["EventData"]}
        for name, value in event["fields"].items():
            if name in flat and not isinstance(flat[name], (dict, list)):
                assert value == (None if flat[name] is None else str(flat[name])), (number, name, value)
        assert set(record["EventData"]) <= set(event["fields"]), (number, event)


def packed(folder):
    """A member of a container is listed like the file, under its own hash."""
    text = lines(2000, first=3)
    (folder / "plain.jsonl").write_bytes(text)
    with tarfile.open(folder / "packed.tar.gz", "w:gz") as tar:
        for name in ("a.jsonl", "b.jsonl"):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    plain, both = events(folder / "plain.jsonl"), events(folder / "packed.tar.gz")
    assert len(both) == 2 * len(plain) > 0
    assert without(both[: len(plain)], "evidence_path") == without(plain, "evidence_path")
    assert without(both[len(plain) :], "evidence_path") == without(plain, "evidence_path")
    assert both[0]["evidence_path"].endswith("!a.jsonl") and both[-1]["evidence_path"].endswith("!b.jsonl"), both[-1]


def limit(folder):
    """The first N end the reading: not after minutes, and not with an error."""
    (folder / "a-long.gz").write_bytes(gzip.compress(lines(2000), 1))
    begun = time.monotonic()
    listed = events(folder / "a-long.gz", folder / "large.jsonl", "--limit", 2500)
    assert len(listed) == 2500, len(listed)
    assert "a-long.gz!" in listed[1999]["evidence_path"] and listed[1999]["record"] == 2000, listed[1999]
    assert listed[2000]["evidence_path"].endswith("large.jsonl") and listed[2000]["record"] == 1
    assert time.monotonic() - begun < 60


def closed_pipe(folder):
    """Whoever has read enough closes the pipe: no error is told."""
    with subprocess.Popen([BINARY, "events", folder / "large.jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        assert process.wait(60) != 0 and said == b"", said


def evtx():
    """Of EVTX as many as hunt counts, in the order of their places."""
    samples = sorted((SHARED / "data/evtx").rglob("*.evtx.gz"))[:40]
    if not samples:
        print("SKIP: evtx: no samples of EVTX (set LONGWATCH_SHARED)")
        return
    for sample in samples:
        listed = [event for event in events(sample) if not event.get("salvaged")]
        assert [event["offset"] for event in listed] == sorted(event["offset"] for event in listed), sample
        for event in listed:
            assert event["reader"] == "evtx" and event["zone"] == "given" and event["precision"] == "7", event
            assert event["time"] == event["time_text"] and "EventID" in event["fields"], event


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        every_record(folder)
        packed(folder)
        limit(folder)
        closed_pipe(folder)
    evtx()
    print("every record, packed, limit, closed pipe: as they should be")


if __name__ == "__main__":
    main()
