#!/usr/bin/env python3
"""test_same: the same evidence gives the same bytes, on any number of workers, in however many files, packed or not."""

import gzip
import pathlib
import subprocess
import tempfile
import zipfile

from evidence import BINARY, SHARED, hunt, lines, rules, run

COUNT = 60000  # some 30 MB: several parts of 8 MiB


def out(*arguments):
    return subprocess.run([BINARY, "hunt", *map(str, arguments), "--json", "--quiet"], capture_output=True, check=False).stdout


def any_number_of_workers():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = folder / "files"
        files.mkdir()
        (files / "large.jsonl").write_bytes(lines(COUNT))
        for number in range(40):
            (files / f"small{number:02}.jsonl").write_bytes(lines(50, first=COUNT + 1000 * number))
        (files / "packed.gz").write_bytes(gzip.compress(lines(3000, first=5), 1))
        (files / "empty.jsonl").write_bytes(b"")
        one = out(files, "--rules", rules(folder / "rules"), "--threads", 1)
        assert one.count(b"\n") > 60, one.count(b"\n")
        for workers in (2, 3, 8):
            assert out(files, "--rules", folder / "rules", "--threads", workers) == one, f"{workers} workers differ"
        assert out(files, "--rules", folder / "rules", "--memory", "64M") == one, "little memory differs"
        named = [path for path in sorted(files.iterdir(), reverse=True)]
        assert out(*named, "--rules", folder / "rules") == one, "the order of the arguments counts"


def numbers_and_offsets():
    """Whatever part a record lies in, its number and offset are those in the file."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = lines(COUNT)
        (folder / "a.jsonl").write_bytes(data)
        status, findings, errors = hunt(folder / "a.jsonl", "--rules", rules(folder / "rules"), "--threads", 2)
        marked = [finding for finding in findings if finding["rule_title"] == "Marked command"]
        assert status == 1, f"{status} {errors}"
        assert [finding["record"] for finding in marked] == [n for n in range(1000, COUNT + 1, 1000) if n % 700], "numbers differ"
        for finding in marked:
            line = data[finding["offset"] :].split(b"\n", 1)[0]
            assert b"marked-by-test" in line and b'"EventRecordID": %d,' % finding["record"] in line, finding


def one_file_or_many():
    """A correlation sees all files as one; a copy of a file adds nothing to it."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        whole, cut, twice = folder / "whole", folder / "cut", folder / "twice"
        for each in (whole, cut, twice):
            each.mkdir()
        (whole / "a.jsonl").write_bytes(lines(30000))
        for number in range(30):
            (cut / f"{29 - number:02}.jsonl").write_bytes(lines(1000, first=1 + 1000 * number))
        (twice / "a.jsonl").write_bytes(lines(30000))
        (twice / "b.jsonl").write_bytes(lines(30000))
        rules(folder / "rules")
        bursts = []
        for each in (whole, cut, twice):
            _, findings, _ = hunt(each, "--rules", folder / "rules")
            found = [finding for finding in findings if "events" in finding]
            bursts.append([(finding["group"], finding["first"], finding["last"], finding["count"]) for finding in found])
        assert bursts[0], "no correlation"
        assert bursts[0] == bursts[1], "cut into files it differs"
        assert bursts[0] == bursts[2], "a copy counts"


def packed_or_not():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        plain, packed = folder / "plain", folder / "packed"
        plain.mkdir()
        packed.mkdir()
        (plain / "log.jsonl").write_bytes(lines(20000))
        with zipfile.ZipFile(packed / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(plain / "log.jsonl", "deep/log.jsonl")
        rules(folder / "rules")
        _, one, _ = hunt(plain, "--rules", folder / "rules")
        _, other, _ = hunt(packed, "--rules", folder / "rules")
        assert other and other[0]["evidence_path"].endswith("logs.zip!deep/log.jsonl"), other[:1]
        for finding in one + other:
            finding.pop("evidence_path")
            for part in finding.get("events", []):
                part.pop("evidence_path")
        assert one == other, "packed it differs"


def public_rules_on_real_logs():
    data = SHARED / "data"
    if not data.is_dir():
        print("skipped: public_rules_on_real_logs: the shared data are not there")
        return
    evidence = [data / "evtx/evtx-attack-samples", data / "windows-json"]
    arguments = [*(path for path in evidence if path.exists()), "--rules", data / "sigma/rules"]
    one = out(*arguments, "--threads", 1)
    assert one.count(b"\n") > 1000, one.count(b"\n")
    assert out(*arguments, "--threads", 2) == one, "2 workers differ"


run([any_number_of_workers, numbers_and_offsets, one_file_or_many, packed_or_not, public_rules_on_real_logs])
