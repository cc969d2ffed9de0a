#!/usr/bin/env python3
"""test_ledger: duplicates, hosts and logs, and gaps are the same on any number of workers, and what the evidence was made to hold."""

import datetime
import gzip
import io
import json
import pathlib
import struct
import subprocess
import tarfile
import tempfile

from evidence import BINARY, SHARED, rules

KIND = """
kind: acme/door
title: Door system
when: {door: {present: true}, badge: {present: true}}
time: at
key: [id, door]
roles: {host: '{site}'}
---
kind: acme/door/table
title: Door system, another export
when: {door: {present: true}, card: {present: true}}
time: at
key: [id, door]
roles: {host: '{site}'}
"""
BEGIN = datetime.datetime(2021, 3, 1, tzinfo=datetime.timezone.utc)
PARTS = 120000  # some 17 MB: parts of 8 MiB


def door(number, **more):
    record = {"id": f"e{number}", "door": "d", "badge": "4711", "at": (BEGIN + datetime.timedelta(minutes=number % 43200)).isoformat(),
              "site": f"site{number % 3}", "filler": "x" * 40}  # fmt: skip
    record.update(more)
    return json.dumps({name: value for name, value in record.items() if value is not None})


def lines(numbers, **more):
    return "".join(door(number, **more) + "\n" for number in numbers).encode()


def make(folder):
    """Files by name, and how many of their events were read before, in the order of the names."""
    evidence = folder / "evidence"
    evidence.mkdir()
    before = {}

    def put(name, data, duplicates):
        (evidence / name).write_bytes(data)
        before[name] = duplicates

    put("a.jsonl", lines(range(PARTS)), 0)
    put("b.jsonl", lines(range(PARTS - 100, PARTS + 100)), 100)
    put("c.jsonl", lines([1, 1, PARTS + 500, PARTS + 500]), 3)  # twice in one file as well
    put("d.jsonl", lines([2], badge=None, card="1"), 1)  # of another kind of the family
    put("e.jsonl", lines([3], door="other"), 0)  # another event by its key
    put("f.jsonl", lines([4], id=None) * 2, 0)  # cannot be told again
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in (("x.jsonl", lines([5, PARTS + 900])), ("y.jsonl", lines([PARTS + 900]))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    put("g.tar.gz", packed.getvalue(), 0)
    before["g.tar.gz!x.jsonl"] = 1
    before["g.tar.gz!y.jsonl"] = 1
    return evidence, before


def ledger(case):
    done = subprocess.run([BINARY, "ledger", str(case), "--json"], capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def hunt(folder, name, evidence, threads):
    subprocess.run(
        [BINARY, "hunt", str(evidence), "--rules", str(folder / "rules"), "--kinds", str(folder / "kinds"), "-o", str(folder / name), "--quiet",
         "--threads", str(threads)], check=False,
    )  # fmt: skip
    return ledger(folder / name)


def holes():
    """A chunk of an event log that cannot be read leaves a hole in its numbers, and another copy of the log closes it."""
    sample = SHARED / "data/evtx/parser-corpus-plaso/test_data_evtx_System.evtx.gz"
    if not sample.exists():
        print("SKIP: holes: no sample of EVTX (set LONGWATCH_SHARED)")
        return
    whole = gzip.decompress(sample.read_bytes())
    at = 4096 + 65536  # the second chunk: records 159 to 275, by its head
    first, last = struct.unpack("<QQ", whole[at + 24 : at + 40])
    assert whole[at : at + 7] == b"ElfChnk" and (first, last) == (159, 275)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rules(folder / "rules")
        (folder / "kinds").mkdir()
        evidence = folder / "evidence"
        evidence.mkdir()
        (evidence / "system.evtx").write_bytes(whole[:at] + b"no chunk" + whole[at + 8 :])
        gaps = [line for line in hunt(folder, "one", evidence, 1) if line["line"] == "gap"]
        assert gaps == [
            {"line": "gap", "type": "records", "host": "DC1.internal.greendale.edu", "log": "System", "first_missing": 159, "last_missing": 275}
        ], gaps  # fmt: skip
        (evidence / "another.evtx").write_bytes(whole)
        assert not [line for line in hunt(folder, "two", evidence, 2) if line["line"] == "gap"]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rules(folder / "rules")
        (folder / "kinds").mkdir()
        (folder / "kinds/door.yml").write_text(KIND, encoding="utf-8")
        evidence, before = make(folder)
        one = hunt(folder, "one", evidence, 1)
        assert one == hunt(folder, "three", evidence, 3), "another number of workers"

        files = {line["path"].removeprefix(f"{evidence}/"): line for line in one if line["line"] == "file"}
        found = {path: line["duplicates"] for path, line in files.items()}
        assert {path.replace(".tar.gz!g.tar!", ".tar.gz!"): n for path, n in found.items() if n or path in before} == before, found
        assert files["a.jsonl"]["records"] == PARTS and files["a.jsonl"]["zone_assumed"] == 0

        # Three hosts in a.jsonl, in the order of their names, with all events among them.
        said = [line for line in one if line["line"] == "coverage" and line["path"].endswith("/a.jsonl")]
        assert [line["host"] for line in said] == ["site0", "site1", "site2"], said
        assert all(line["log"] == "acme/door" for line in said) and sum(line["events"] for line in said) == PARTS
        assert said[0]["first"] == "2021-03-01T00:00:00Z" and said[1]["first"] == "2021-03-01T00:01:00Z", said
        assert not [line for line in one if line["line"] == "gap"]

        # Sixty days, an event every quarter of an hour, but for ten hours of the thirtieth.
        silent = folder / "silent"
        silent.mkdir()
        quarters = [n for n in range(60 * 96) if not 29 * 96 <= n < 29 * 96 + 40]
        records = [door(n, at=(BEGIN + datetime.timedelta(minutes=15 * n)).isoformat(), site="s") for n in quarters]
        half = len(records) // 2  # files of one log are one log
        (silent / "1.jsonl").write_text("\n".join(records[half:]), encoding="utf-8")
        (silent / "2.jsonl").write_text("\n".join(records[:half]), encoding="utf-8")
        gaps = [line for line in hunt(folder, "gaps", silent, 2) if line["line"] == "gap"]
        assert gaps == [
            {"line": "gap", "type": "silence", "host": "s", "log": "acme/door", "after": "2021-03-30T00:00:00Z",
             "before": "2021-03-30T10:00:00Z", "usual_hours": 0}
        ], gaps  # fmt: skip
    holes()
    print("duplicates, hosts and logs, gaps: as they were made")


if __name__ == "__main__":
    main()
