#!/usr/bin/env python3
"""test_damage: whatever part of an archive is turned or cut off, `archive verify` says in which file and where, `archive cat` and `hunt` read what is
left or refuse in plain words, and neither invents anything nor leaves anything out without a word. Where parts lie says oracle.py."""

import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
import oracle  # noqa: E402
from evidence import BINARY, SOURCE, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"
CHECKED = "LONGWATCH_CHECKED" in os.environ


def longwatch(*words):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False)
    assert done.returncode in range(5), (words, done.returncode, done.stderr[-2000:])
    assert b"assert" not in done.stderr and b"runtime error" not in done.stderr, done.stderr[-2000:]
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def evidence(folder):
    """Some events of each of four formats."""
    folder.mkdir()
    for name, lines in (("intrusion.jsonl", 40), ("mailbox.jsonl", 25), ("proxy.log", 12), ("roster.csv", 9)):
        (folder / name).write_text("".join((SAMPLES / name).read_text().splitlines(keepends=True)[:lines]))
    return folder


class Whole:
    """An archive, and what is said of it while it is whole."""

    def __init__(self, folder):
        self.folder = folder / "archive"
        sources = evidence(folder / "evidence")
        for name in ("intrusion.jsonl", "mailbox.jsonl"):
            longwatch("archive", "add", self.folder, sources / name)
        longwatch("archive", "add", self.folder, sources)
        self.out = folder / "case"
        self.events = longwatch("archive", "cat", self.folder)[1].splitlines()
        self.findings = self.hunt()[1]
        assert len(self.events) > 80 and len(self.findings) > 5, (len(self.events), len(self.findings))
        assert longwatch("archive", "verify", self.folder)[0] == 0
        self.oracle = oracle.Archive(self.folder)

    def hunt(self):
        """Status, findings without their numbers, complaints."""
        shutil.rmtree(self.out, ignore_errors=True)
        status, out, told = longwatch("hunt", self.folder, "--rules", SOURCE / "data/rules", "-o", self.out)
        told += out.decode(errors="replace")
        found = []
        if (self.out / "findings.jsonl").exists():
            for line in (self.out / "findings.jsonl").read_text().splitlines():
                finding = json.loads(line)
                finding.pop("finding", None)
                finding.pop("number", None)
                found.append(json.dumps(finding, sort_keys=True))
        return status, sorted(found), told

    def judge(self, path, what, hunts=False):
        """After damage to a file: what verify says of it. Asserts that cat, and hunt, say no more than before, and no less without a word."""
        named = str(path.relative_to(self.folder))
        status, out, told = longwatch("archive", "cat", self.folder)
        left = list(self.events)
        for event in out.splitlines():
            assert event in left, (named, what, "invented", event[:300])
            left.remove(event)
        if status == 0:
            assert not left, (named, what, f"{len(left)} events are left out without a word")
        else:
            assert status == 3 or not out, (named, what, status)
            assert told.strip(), (named, what, "a status without a word")
        readable = len(self.events) - len(left)
        if hunts:
            status, found, told = self.hunt()
            before = list(self.findings)
            for finding in found:
                # A correlation of fewer events counts fewer; all else is as it was.
                rule = json.loads(finding)["rule_id"] if '"count": ' in finding else None
                assert finding in before or any(json.loads(each)["rule_id"] == rule for each in before), (named, what, "invented", finding[:300])
                if finding in before:
                    before.remove(finding)
            assert status in (2, 3, 4) or not before, (named, what, f"{len(before)} findings are left out without a word: {status}")
            assert status in (0, 1) or told.strip(), (named, what, "a hunt with a status and without a word")
        status, out, told = longwatch("archive", "verify", self.folder)
        return status, out.decode(errors="replace") + told, readable


def flips(chance, begin, end):
    """Places in a part: its first or its last byte, and one between."""
    return [chance.choice((begin, end - 1)), chance.randrange(begin, end)]


def turned(path, data, at, bit):
    torn = bytearray(data)
    torn[at] ^= 1 << bit
    path.write_bytes(torn)


def parts_of(segment):
    """Name, begin, end of each part of a segment's file."""
    yield "head", 0, 4096
    for number, (at, size, _) in enumerate(segment.chunks):
        yield f"chunk {number}", at, at + size
    yield "directory", segment.body, len(segment.data) - 64
    yield "end", len(segment.data) - 64, len(segment.data)


def every_part_of_a_segment():
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as name:
        whole = Whole(pathlib.Path(name))
        readable, judged = [], 0
        for number, of in whole.oracle.state.live().items():
            path, segment = whole.oracle.segment_path(number), whole.oracle.segment(number)
            data = path.read_bytes()
            parts = list(parts_of(segment))
            if CHECKED:
                parts = parts[:2] + chance.sample(parts[2:-2], min(6, len(parts) - 4)) + parts[-2:]
            for part, begin, end in parts:
                for at in flips(chance, begin, end)[: 1 if CHECKED else 2]:
                    turned(path, data, at, chance.randrange(8))
                    status, told, left = whole.judge(path, f"{part}, byte {at}", hunts=judged % 24 == 0)
                    assert status == 3, (path.name, part, at, status, told)
                    places = [int(each) for each in re.findall(re.escape(path.name) + r": at (\d+)", told)]
                    assert places, (path.name, part, at, told)
                    assert any(begin <= each <= end for each in places) or part in ("head", "end", "directory"), (path.name, part, at, begin, end, told)
                    if of["family"] != "ledger":
                        readable.append((part, left))
                    judged += 1
                path.write_bytes(data)
            # Cut off: at the beginning and in the middle of each part.
            for part, begin, end in chance.sample(parts, min(len(parts), 4 if CHECKED else 12)):
                for at in sorted({begin, (begin + end) // 2}):
                    path.write_bytes(data[:at])
                    status, told, _ = whole.judge(path, f"cut at {at}")
                    assert status == 3 and path.name in told, (path.name, at, status, told)
                    judged += 1
            for longer in (b"\0", b"x" * 100000):
                path.write_bytes(data + longer)
                status, told, _ = whole.judge(path, "longer")
                assert status == 3 and path.name in told, (path.name, status, told)
            path.unlink()
            status, told, _ = whole.judge(path, "gone", hunts=True)
            assert status == 3 and path.name in told, (path.name, status, told)
            path.write_bytes(data)
            path.chmod(0o600)
        assert longwatch("archive", "verify", whole.folder)[0] == 0
        # Damage in one chunk leaves others readable; of some of them something is lost.
        assert any(left == len(whole.events) for part, left in readable) or CHECKED
        assert any(0 < left < len(whole.events) for part, left in readable if part.startswith("chunk"))
        assert judged > (50 if CHECKED else 200), judged


def segments_that_change_places():
    """A whole segment under another's name is not what the manifest says."""
    with tempfile.TemporaryDirectory() as name:
        whole = Whole(pathlib.Path(name))
        live = [each for each, of in whole.oracle.state.live().items() if of["family"] != "ledger"]
        first, second = (whole.oracle.segment_path(each) for each in live[:2])
        data = first.read_bytes(), second.read_bytes()
        first.write_bytes(data[1])
        status, told, _ = whole.judge(first, "another segment")
        assert status == 3 and first.name in told, (status, told)
        second.write_bytes(data[0])
        status, told, _ = whole.judge(first, "changed places")
        assert status == 3 and first.name in told and second.name in told, (status, told)


def every_record_of_the_manifest():
    chance = random.Random(8)
    with tempfile.TemporaryDirectory() as name:
        whole = Whole(pathlib.Path(name))
        path = whole.folder / "MANIFEST-000001"
        data = path.read_bytes()
        parts, at = [("head", 0, 128)], 128
        while at < len(data):
            (length,) = struct.unpack_from("<I", data, at + 4)
            parts.append((f"record {len(parts)}", at, at + length))
            at += length
        assert len(parts) >= 5, parts
        for part, begin, end in parts:
            places = range(begin, end, 37 if CHECKED else 7)
            for at in sorted({*places, end - 1}):
                turned(path, data, at, chance.randrange(8))
                status, told, left = whole.judge(path, f"{part}, byte {at}", hunts=at == begin)
                assert status not in (0, 1), (part, at, status, told)
                assert "MANIFEST-000001" in told or "HEAD" in told, (part, at, told)
                assert left in (0, len(whole.events)), (part, at, left)
            # Cut off here: what was acknowledged is gone, and HEAD knows.
            for at in sorted({begin, begin + 4, (begin + end) // 2, end - 1}):
                path.write_bytes(data[:at])
                status, told, _ = whole.judge(path, f"cut at {at}")
                assert status not in (0, 1) and told.strip(), (part, at, status, told)
        path.write_bytes(data + b"half a record")
        status, told, left = whole.judge(path, "more")
        assert left == len(whole.events), told
        # An old state put back, together with its HEAD, is one that was; nothing in the folder can tell. With the newer HEAD it is seen.
        path.write_bytes(data[: parts[-1][1]])
        status, told, left = whole.judge(path, "an old one put back")
        assert status not in (0, 1) and left == 0, (status, told)


def every_small_file():
    chance = random.Random(9)
    with tempfile.TemporaryDirectory() as name:
        whole = Whole(pathlib.Path(name))
        for small in ("CURRENT", "HEAD", "FORMAT", "secret"):
            path = whole.folder / small
            data = path.read_bytes()
            cases = [(f"byte {at}", data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]) for at in range(0, len(data), 9 if CHECKED else 3)]
            cases += [(f"cut at {at}", data[:at]) for at in (0, 1, len(data) // 2, len(data) - 1)] + [("longer", data + b"\n"), ("gone", None)]
            for what, damaged in cases:
                path.unlink()
                if damaged is not None:
                    path.write_bytes(damaged)
                    path.chmod(0o600)
                status, told, left = whole.judge(path, what, hunts=what in ("gone", "byte 0"))
                assert status not in (0, 1), (small, what, status, told)
                assert small in told or small == "FORMAT", (small, what, told)
                if small in ("HEAD", "secret"):
                    assert left == len(whole.events), (small, what, left)
                path.write_bytes(data)
                path.chmod(0o600)
        assert longwatch("archive", "verify", whole.folder)[0] == 0


def a_writer_after_damage():
    """Adding to a damaged archive refuses with words, or goes well; what was there and can be read is there afterwards."""
    chance = random.Random(10)
    with tempfile.TemporaryDirectory() as name:
        whole = Whole(pathlib.Path(name))
        more = pathlib.Path(name) / "more.log"
        more.write_text("".join((SAMPLES / "proxy.log").read_text().splitlines(keepends=True)[20:]))
        new = longwatch("events", "--json", more)[1].splitlines()
        backup = pathlib.Path(name) / "backup"
        shutil.copytree(whole.folder, backup)
        files = sorted(path.relative_to(backup) for path in backup.rglob("*") if path.is_file() and path.name not in ("lock", "README.txt"))
        for each in files:
            data = (backup / each).read_bytes()
            for how in ("turned", "cut", "gone"):
                shutil.rmtree(whole.folder)
                shutil.copytree(backup, whole.folder)
                path = whole.folder / each
                at = chance.randrange(len(data))
                if how == "turned":
                    turned(path, data, at, chance.randrange(8))
                elif how == "cut":
                    path.write_bytes(data[:at])
                else:
                    path.unlink()
                before = longwatch("archive", "cat", whole.folder)[1].splitlines()
                status, out, told = longwatch("archive", "add", whole.folder, more)
                after = longwatch("archive", "cat", whole.folder)[1].splitlines()
                where = (str(each), how, at, status, told)
                if status in (0, 3):
                    assert sorted(after) == sorted(before + new), (where, sorted(set(after) ^ set(before + new))[:2])
                else:
                    assert len(told.split()) > 3, where
                    assert set(before) <= set(after), where


run([every_part_of_a_segment, segments_that_change_places, every_record_of_the_manifest, every_small_file, a_writer_after_damage])
