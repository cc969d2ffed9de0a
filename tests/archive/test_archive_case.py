#!/usr/bin/env python3
"""test_archive_case: a case on an archive is the case on the evidence: the same findings in the same order, incidents, clocks, coverage, one line of the
ledger a source."""

import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
from evidence import BINARY, SHARED, SOURCE, run  # noqa: E402

SAMPLES, RULES = SOURCE / "data/samples", SOURCE / "data/rules"
DOOR = SOURCE / "tests/golden/door/rules"
GATE = SOURCE / "tests/golden/ledger-clocks/kinds"
SETS = ("cdr", "cloud", "evtx", "linux", "m365", "mail", "vendor-logs", "web", "windows-json", "zeek")


def longwatch(*words, status=(0,)):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False)
    assert done.returncode in status, (words, done.returncode, done.stdout[-500:], done.stderr[-2000:])
    return done


def add(archive, *paths):
    longwatch("archive", "add", archive, *paths, "--quiet", status=(0, 3))


def hunt(case, *words):
    longwatch("hunt", *words, "--quiet", "--force", "-o", case, status=(0, 1, 3))
    return case


def tables(case):
    """All of case.db, but lines of containers that the segments of an archive are, and what the case says of the archive."""
    with sqlite3.connect(case / "case.db") as db:
        db.row_factory = sqlite3.Row
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        got = {name: [dict(row) for row in db.execute(f"SELECT * FROM {name}")] for name in names}
    got["custody"] = [row for row in got["custody"] if row["container"] != "segment"]
    got["facts"] = [row for row in got["facts"] if not row["name"].startswith("archive")]
    return got


def same_case(fresh, kept):
    wanted, got = tables(fresh), tables(kept)
    assert wanted.keys() == got.keys(), wanted.keys() ^ got.keys()
    for name, rows in wanted.items():
        assert len(rows) == len(got[name]), (name, len(rows), len(got[name]))
        for at, (one, other) in enumerate(zip(rows, got[name])):
            assert one == other, (name, at, {key: (one[key], other[key]) for key in one if one[key] != other[key]})
    for name in ("findings.jsonl", "salvaged.jsonl"):
        assert (fresh / name).read_bytes() == (kept / name).read_bytes(), name
    return got


def once(paths, folder):
    """The files below the paths, of equal ones only the first, in a folder of their own: an archive keeps each once."""
    seen = set()
    for root in paths:
        for name in sorted(path for path in pathlib.Path(root).rglob("*") if path.is_file() and not path.is_symlink()):
            digest = hashlib.sha256(name.read_bytes()).digest()
            if digest not in seen:
                seen.add(digest)
                copy = folder / name.relative_to(root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(name, copy)
    return folder


def both(folder, evidence, *words):
    """The case on the evidence and the case on an archive of it, compared."""
    add(folder / "archive", evidence)
    fresh, kept = hunt(folder / "fresh", evidence, *words), hunt(folder / "kept", folder / "archive", *words)
    return same_case(fresh, kept)


def case_of_the_samples():
    with tempfile.TemporaryDirectory() as name:
        got = both(pathlib.Path(name), SAMPLES, "--rules", RULES)
        assert len(got["findings"]) > 30 and len(got["incident"]) == 2 and got["clocks"]


def case_of_an_exercise():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        longwatch("exercise", "--seed", "7", "--years", "1", "--accounts", "20", "-o", folder / "drill")
        got = both(folder, folder / "drill/evidence", "--rules", RULES)
        assert got["incident"] and got["mail_campaign"] and len(got["custody"]) > 100
        for case in ("fresh", "kept"):
            longwatch("dossier", folder / case, "-o", folder / f"{case}.html")
            longwatch("export", folder / case, "--stix", folder / f"{case}.stix.json", "--csv", folder / f"{case}.csv")


def case_of_every_format():
    if not (SHARED / "data").is_dir():
        print("SKIP case_of_every_format: the shared data are not there")
        return
    for each in SETS:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            both(folder, once([SHARED / "data" / each], folder / "evidence"), "--rules", RULES, "--rules", SHARED / "data/sigma/rules")


def gate(at, utc, host="north"):
    return json.dumps({"gate": 1, "site": host, "at": at, "utc": utc}) + "\n"


def clocks_of_a_source_are_judged_together():
    """Two witnesses in each of three months are too few for any month, and enough for the file; what is at the end of one month by its clock is of the
    next."""
    lines = [gate(f"2024-0{month}-{day}T{hour}:00:00Z", f"2024-0{after}T{until}:00:00") for month, day, hour, after, until in (
        (1, 10, 21, "1-11", "02"), (1, 31, 23, "2-01", "04"), (2, 10, 21, "2-11", "02"), (2, 29, 23, "3-01", "04"), (3, 10, 21, "3-11", "02"), (3, 31, 23, "4-01", "04"))]  # fmt: skip
    lines.append(json.dumps({"lamp": 1, "site": "north", "at": "2024-03-05T10:00:00Z"}) + "\n")
    words = ["--kinds", GATE, "--rules", DOOR]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "evidence").mkdir()
        (folder / "evidence/gate.jsonl").write_text("".join(lines))
        longwatch("archive", "add", folder / "archive", folder / "evidence", "--kinds", GATE)
        months = json.loads(longwatch("archive", "info", folder / "archive", "--json").stdout)["parts"]
        assert len([part for part in months if part["family"] == "evidence"]) >= 3, months
        got = same_case(hunt(folder / "fresh", folder / "evidence", *words), hunt(folder / "kept", folder / "archive", *words))
        assert [(row["verdict"], row["offset_s"], row["claims"]) for row in got["clocks"]] == [("corrected", 5 * 3600, 6)], got["clocks"]
        assert [(row["records"], row["corrected"], row["last"]) for row in got["custody"]] == [(7, 7, "2024-04-01T04:00:00Z")], got["custody"]
        # And so in a listing, though it comes by months; --from and --to mean times that were put right.
        for more in ([], ["--from", "2024-02-01", "--to", "2024-03-01"]):
            fresh = longwatch("events", folder / "evidence", "--json", "--kinds", GATE, *more).stdout.splitlines()
            kept = longwatch("archive", "cat", folder / "archive", "--kinds", GATE, *more).stdout.splitlines()
            assert sorted(fresh) == sorted(kept), (more, sorted(set(fresh) ^ set(kept)))
            assert len(fresh) == (2 if more else 7), fresh


def findings_come_in_the_order_of_the_source():
    """The newest record first, as services export: months come the other way round, and one without time lies between."""
    one = json.loads((SAMPLES / "mailbox.jsonl").read_text().splitlines()[0])
    rule = """title: Any
id: 6d1c7c3e-4444-4a53-9d51-6d5f2d3b1a04
status: test
level: low
logsource: {product: m365}
detection:
  selection: {Operation|contains: ''}
  condition: selection
"""
    times = [f"2024-{month:02}-{day:02}T08:00:00" for month in range(12, 0, -1) for day in range(28, 0, -1)]
    times[100] = times[200] = ""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "evidence").mkdir()
        (folder / "rules").mkdir()
        (folder / "rules/any.yml").write_text(rule)
        (folder / "evidence/log.jsonl").write_text("".join(json.dumps({**one, "Id": f"{n:032x}", "CreationTime": at}) + "\n" for n, at in enumerate(times)))
        got = both(folder, folder / "evidence", "--rules", folder / "rules")
        assert [row["record"] for row in got["findings"]] == list(range(1, len(times) + 1))


def each_source_has_one_line():
    """Of several adds, of containers and of what is damaged: lines stand where they stand in the ledger of the evidence."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence = folder / "evidence"
        evidence.mkdir()
        months = "".join(gate(f"2024-{month:02}-10T10:00:00Z", f"2024-{month:02}-10T10:00:00") for month in range(1, 13))
        files = {"b.jsonl": months.encode(), "a/x.jsonl": (SAMPLES / "mailbox.jsonl").read_bytes(), "c.bin": bytes(range(256)) * 30, "a/empty": b"",
                 "d.jsonl": months.encode() + b'{"gate": 1, "site": \n' + months.replace("north", "south").encode()}  # fmt: skip
        for path, data in files.items():
            (evidence / path).parent.mkdir(exist_ok=True)
            (evidence / path).write_bytes(data)
        shutil.make_archive(str(evidence / "e"), "gztar", evidence, "a")
        for path in ("d.jsonl", "e.tar.gz", "a", "b.jsonl", "c.bin"):
            longwatch("archive", "add", folder / "archive", evidence / path, "--kinds", GATE, "--quiet", status=(0, 3))
        words = ["--kinds", GATE, "--rules", DOOR, "--rules", RULES]
        got = same_case(hunt(folder / "fresh", evidence, *words), hunt(folder / "kept", folder / "archive", *words))
        assert len(got["custody"]) == len({row["path"] for row in got["custody"]}) > 7
        assert sum(row["duplicates"] for row in got["custody"]) and got["damage"], "the evidence is not what this test needs"
        ledgers = [longwatch("ledger", folder / case, "--json").stdout.splitlines() for case in ("fresh", "kept")]
        assert [line for line in ledgers[1] if b'"segment"' not in line] == ledgers[0]


def facts(case):
    with sqlite3.connect(case / "case.db") as db:
        return dict(db.execute("SELECT name, value FROM facts WHERE name LIKE 'archive%'"))


def a_case_says_of_which_archive_it_is():
    """And of which snapshot: with --as-of it is hunted again as it was, whatever was added since."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, other = folder / "archive", folder / "other"
        add(archive, SAMPLES / "intrusion.jsonl")
        info = json.loads(longwatch("archive", "info", archive, "--json").stdout)
        first = hunt(folder / "first", archive, "--rules", RULES)
        assert facts(first) == {"archive": str(archive), "archive_id": info["id"], "archive_snapshot": str(info["snapshot"]), "archive_record": facts(first)["archive_record"]}
        assert len(facts(first)["archive_record"]) == 64
        add(archive, SAMPLES)
        add(other, SAMPLES / "proxy.log")
        now, then = hunt(folder / "now", archive, other, "--rules", RULES), hunt(folder / "then", archive, "--rules", RULES, "--as-of", info["snapshot"])
        same_case(first, then)
        assert facts(then) == facts(first)
        assert facts(now)["archive_2"] == str(other) and int(facts(now)["archive_snapshot"]) > info["snapshot"]
        assert len(tables(now)["custody"]) > len(tables(first)["custody"])
        for words in ([SAMPLES, "--as-of", "1"], [archive, "--as-of", "99"], [archive, "--as-of", "0"]):
            assert longwatch("hunt", *words, "--rules", RULES, status=(2,)).stderr, words
        assert longwatch("verify", first, "--rules", RULES).stdout.splitlines()[-1].startswith(b"again "), "it is not hunted again"


def shown(case, number, status=(0,)):
    done = longwatch("show", case, number, status=status)
    head, _, record = done.stdout.decode().partition("\n\n")
    return dict(line.split(maxsplit=1) for line in head.splitlines() if not line.startswith(" ")), record.splitlines(), done.stderr.decode()


def show_goes_into_the_segment():
    """Whether the evidence is there or not: the record's fields, and where it lies; and where the segment is not what it was, that is said, and the evidence
    asked."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence, archive = folder / "evidence", folder / "archive"
        shutil.copytree(SAMPLES, evidence)
        add(archive, evidence)
        case = hunt(folder / "case", archive, "--rules", RULES)
        findings = [json.loads(line) for line in (case / "findings.jsonl").read_text().splitlines()]
        one = next(f for f in findings if f["evidence_path"].endswith("intrusion.jsonl"))
        number = findings.index(one) + 1
        line = (evidence / "intrusion.jsonl").read_bytes()[one["offset"]:].split(b"\n")[0]
        wanted = json.loads(line)
        for gone in (False, True):
            if gone:
                shutil.rmtree(evidence)
            head, record, _ = shown(case, number)
            assert head["evidence"] == one["evidence_path"] and head["sha256"] == one["evidence_sha256"] and head["archive"] == str(archive), head
            assert head["record"] == f"{one['record']} at offset {one['offset']}", head
            assert head["bytes"] == f"{len(line)} at offset {one['offset']}", (head, len(line))
            assert (archive / head["segment"]).name.split("-")[1].split(".")[0] == head["its"].split()[1][:16], head
            got = dict(line.split(": ", 1) for line in record)
            for key, value in wanted.items():
                if isinstance(value, (str, int)):
                    assert str(value) in got.values(), (key, value, got)
        # Of each event of an incident as well.
        assert "segment" in shown(case, "1.1")[0]
        segment = archive / head["segment"]
        whole = segment.read_bytes()
        segment.write_bytes(whole[:-1])
        _, _, told = shown(case, number, status=(3,))
        assert segment.name in told, told
        segment.write_bytes(whole)
        shutil.copytree(SAMPLES, evidence)
        segment.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
        head, record, told = shown(case, number)
        assert "segment" not in head and json.loads(record[0]) == wanted and segment.name in told, (head, told)


def verify_asks_the_archive():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence, archive, moved = folder / "evidence", folder / "archive", folder / "moved"
        shutil.copytree(SAMPLES, evidence)
        add(archive, evidence)
        case = hunt(folder / "case", archive, "--rules", RULES)
        shutil.copytree(archive, folder / "copy")

        def verified(status, *words):
            return {line.split()[0]: line for line in longwatch("verify", case, *words, status=(status,)).stdout.decode().splitlines()}

        assert "11 files as when it was hunted" in verified(0)["evidence"]
        shutil.rmtree(evidence)
        told = verified(0, "--rules", RULES)
        assert "11 known to the archive alone" in told["evidence"] and "229 of 229" in told["records"], told
        assert "41 findings" in told["again"], told
        segments = sorted((archive / "segments").glob("20*/*.lws"), key=lambda path: path.stat().st_size)
        whole = segments[-1].read_bytes()
        segments[-1].write_bytes(whole[:4200] + bytes([whole[4200] ^ 1]) + whole[4201:])
        told = verified(1)
        assert "DIFFERS: 1 segment" in told["archive"] and segments[-1].name in told["changed:"], told
        segments[-1].unlink()
        told = verified(1)
        assert "DIFFERS" in told["archive"] and "NOT THERE" in told["records"], told
        segments[-1].write_bytes(whole)
        assert verified(0)
        archive.rename(moved)
        told = verified(3)
        assert "NOT THERE" in told["archive"] and "0 of 229" in told["records"], told
        assert "229 of 229" in verified(0, moved)["records"]
        # Another archive with the same evidence is not the one of which the case was made.
        add(archive, SAMPLES)
        told = verified(1)
        assert "another archive" in told["archive"], told
        shutil.rmtree(archive)
        # Nor is one whose history was cut off and written otherwise.
        shutil.copytree(folder / "copy", archive)
        manifest = archive / "MANIFEST-000001"
        with sqlite3.connect(case / "case.db") as db:
            db.execute("UPDATE facts SET value = ? WHERE name = 'archive_record'", ("0" * 64,))
        told = verified(1)
        assert manifest.exists() and "is not the one that the case was made of" in told["archive"], told


def what_was_put_together_is_found():
    """After compaction a finding's record lies in another segment, and the case is the same: shown, verified, hunted again."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence, archive = folder / "evidence", folder / "archive"
        shutil.copytree(SAMPLES, evidence)
        for path in sorted(evidence.iterdir()):
            add(archive, path)
        shutil.rmtree(evidence)
        case = hunt(folder / "case", archive, "--rules", RULES)
        before = shown(case, 1)
        longwatch("archive", "compact", archive, "--grace", "0", "--quiet")
        after = shown(case, 1)
        assert before[0]["segment"] != after[0]["segment"] and before[1] == after[1] and before[0]["record"] == after[0]["record"], (before, after)
        told = longwatch("verify", case).stdout.decode()
        assert "put together with others since" in told and "229 of 229 records" in told, told
        same_case(case, hunt(folder / "again", archive, "--rules", RULES))


def what_has_gone_is_told():
    """Expired: show says since when and by which record; the source keeps its line, which says so, and nothing is an error."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence, archive = folder / "evidence", folder / "archive"
        shutil.copytree(SAMPLES, evidence)
        longwatch("archive", "add", archive, evidence / "intrusion.jsonl", "--family", "short", "--quiet", status=(0, 3))
        longwatch("archive", "add", archive, evidence / "proxy.log", "--quiet", status=(0, 3))
        shutil.rmtree(evidence)
        case = hunt(folder / "case", archive, "--rules", RULES)
        findings = [json.loads(line) for line in (case / "findings.jsonl").read_text().splitlines()]
        number = 1 + next(n for n, f in enumerate(findings) if f["evidence_path"].endswith("intrusion.jsonl"))
        longwatch("archive", "policy", archive, "set", "week", "--days", "7", "--family", "short", "--who", "test")
        longwatch("archive", "expire", archive, "--who", "test", "--why", "over", "--quiet")
        record = json.loads(longwatch("archive", "info", archive, "--json").stdout)["snapshot"]
        _, _, told = shown(case, number, status=(3,))
        assert "expired" in told and "policy week" in told and "over" in told, told
        assert any(f"by record {n}," in told for n in range(1, record + 1)), (told, record)
        told = longwatch("verify", case, status=(3,)).stdout.decode()
        assert "by order" in told and "NOT THERE: the evidence of" in told and "DIFFERS" not in told, told
        longwatch("hunt", archive, "--rules", RULES, "-o", folder / "after", status=(0, 1))
        lines = {pathlib.Path(row["path"]).name: row for row in tables(folder / "after")["custody"]}
        assert lines["intrusion.jsonl"]["not_read"] == "none of its records is in the archive any more" and not lines["intrusion.jsonl"]["records"], lines
        assert not lines["proxy.log"]["not_read"] and lines["proxy.log"]["records"]
        assert facts(folder / "after")["archive_gone"].startswith("185 records expired"), facts(folder / "after")
        assert b"Gone from the archive" in longwatch("hunt", archive, "--rules", RULES, status=(0, 1)).stdout


def gone_is_asked_of_an_archive():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        add(folder / "archive", SAMPLES)
        case = hunt(folder / "case", folder / "archive", "--rules", RULES)
        answers = [longwatch("gone", case, "--since", "2021-03-10", path, "--quiet", "--json", status=(0, 1, 3)).stdout for path in (SAMPLES, folder / "archive")]
        assert answers[0] == answers[1] and json.loads(answers[0])["incidents"]


run([case_of_the_samples, case_of_an_exercise, case_of_every_format, clocks_of_a_source_are_judged_together, findings_come_in_the_order_of_the_source, each_source_has_one_line, a_case_says_of_which_archive_it_is, show_goes_into_the_segment, verify_asks_the_archive, what_was_put_together_is_found, what_has_gone_is_told, gone_is_asked_of_an_archive], slow=[case_of_every_format])  # fmt: skip
