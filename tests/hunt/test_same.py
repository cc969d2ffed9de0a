#!/usr/bin/env python3
"""test_same: the same evidence gives the same bytes, on any number of workers, with any memory, in however many files, packed or not."""

import gzip
import json
import pathlib
import subprocess
import tempfile
import zipfile

from evidence import BINARY, SHARED, hunt, lines, rules, run

COUNT = 60000  # some 30 MB: several parts of 8 MiB


def out(*arguments):
    return subprocess.run([BINARY, "hunt", *map(str, arguments), "--json", "--quiet"], capture_output=True, check=False).stdout


LEAST = "64M"  # what --memory takes at the least


def case(folder, *arguments):
    """What is printed, and what the case directory keeps of findings."""
    done = subprocess.run(
        [BINARY, "hunt", *map(str, arguments), "--json", "--quiet", "--force", "-o", str(folder)], capture_output=True, check=False
    )
    assert done.returncode in (0, 1, 3), done.stderr
    return done.stdout, (folder / "findings.jsonl").read_bytes(), (folder / "salvaged.jsonl").read_bytes()


def without_places(findings):
    """Findings without number, file, record and offset: what stays when the evidence lies elsewhere."""
    kept = []
    for finding in findings:
        for part in [finding, *finding.get("events", [])]:
            for name in ("finding", "evidence_path", "evidence_sha256", "record", "offset"):
                part.pop(name, None)
        kept.append(json.dumps(finding, sort_keys=True))
    return kept


def any_memory():
    """Values are forgotten often or never: dictionaries decide nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = folder / "files"
        files.mkdir()
        (files / "large.jsonl").write_bytes(lines(COUNT // 2))
        # Values that are all different, then the marked ones again, and kinds and names of fields without end.
        various = [
            {"Event": {"System": {"Channel": f"Made/Up{n % 400}", "EventID": n % 3000, "EventRecordID": n, "Computer": "H"},
                       "EventData": {f"Field{n % 2000}": f"{n:08}" * 40, "CommandLine": f"{n}"}}}
            for n in range(12000)
        ]  # fmt: skip
        (files / "various.jsonl").write_bytes("".join(json.dumps(each) + "\n" for each in various).encode() + lines(3000, first=7))
        (files / "packed.gz").write_bytes(gzip.compress(lines(3000, first=5), 1))
        rules(folder / "rules")
        one = case(folder / "one", files, "--rules", folder / "rules", "--threads", 1)
        assert one[0].count(b"\n") > 30, one[0].count(b"\n")
        for memory in ([], ["--memory", LEAST]):
            for workers in (1, 2, 3):
                other = case(folder / "other", files, "--rules", folder / "rules", "--threads", workers, *memory)
                assert other == one, f"{workers} workers differ {memory}"
        refused = subprocess.run(
            [BINARY, "hunt", files, "--rules", folder / "rules", "--memory", "63M"], capture_output=True, check=False
        )
        assert refused.returncode == 2, "less than the least is taken"


def cut_renamed_reordered():
    """Where the same events lie decides their places in findings, and nothing else."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = lines(20000).splitlines(keepends=True)
        pieces = [b"".join(data[first : first + 3000]) for first in range(0, 20000, 3000)]
        rules(folder / "rules")

        def hunted(which, files):
            (folder / which).mkdir()
            for file, content in files:
                (folder / which / file).write_bytes(content)
            printed, kept, _ = case(folder / f"case-{which}", folder / which, "--rules", folder / "rules", "--threads", 2)
            printed, kept = ([json.loads(line) for line in each.splitlines()] for each in (printed, kept))
            assert without_places(printed) == without_places(kept), f"{which}: the case differs from what is printed"
            return without_places(printed)

        one = hunted("whole", [("a.jsonl", b"".join(data))])
        assert len(one) > 20 and any('"events"' in finding for finding in one), len(one)
        assert hunted("renamed", [("no name that tells", b"".join(data))]) == one, "renamed it differs"
        assert hunted("cut", [(f"{n}.jsonl", piece) for n, piece in enumerate(pieces)]) == one, "cut into files it differs"
        # Findings come in the order of the evidence: turned round they are the same ones.
        turned = hunted("turned", [(f"{9 - n}.jsonl", piece) for n, piece in enumerate(pieces)])
        assert sorted(turned) == sorted(one), "turned round it differs"
        packed = hunted("packed", [(f"{n}.gz", gzip.compress(piece, 1)) for n, piece in enumerate(pieces)])
        assert packed == one, "each packed it differs"


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
    for workers in (2, 3):
        assert out(*arguments, "--threads", workers) == one, f"{workers} workers differ"
    assert out(*arguments, "--threads", 3, "--memory", LEAST) == one, "little memory differs"


run([any_memory, cut_renamed_reordered, any_number_of_workers, numbers_and_offsets, one_file_or_many, packed_or_not, public_rules_on_real_logs])
