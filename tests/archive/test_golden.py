#!/usr/bin/env python3
"""test_golden: archives of the past are read by the program of today. Each folder of golden/ is one: `archive` as the version of that day made it, in
three runs; `evidence` of which it was made; a rule; and what that version said of the evidence itself, never of the archive: `events.jsonl`, `findings.jsonl`.

    test_golden.py --make vN      a new one, made by the program at hand. One that is there is never made anew: that is what it is for.
"""

import gzip
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
import oracle  # noqa: E402
from evidence import BINARY, SOURCE, run  # noqa: E402

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
RULES = "# rules: what is looked for in a golden archive: programs, mailboxes, pictures.\n" + "\n---\n".join(
    f"""title: {title}
id: 0f5a1f0e-4a40-4a8e-8a53-3f2a53a3a00{number}
status: test
level: high
logsource: {logsource}
detection:
  words: {words}
  condition: words"""
    for number, (title, logsource, words) in enumerate((
        ("A program is run", "{product: windows}", "['Microsoft-Windows-']"),
        ("Something is done in a mailbox", "{product: m365}", "['Mailbox', 'Mail', 'Rule']"),
        ("A picture is fetched", "{category: proxy}", "['/o/']"),
    ))
)  # fmt: skip
# What a later version must tell of an event as that one did; it may know more of it.
SAME = ("evidence_path", "evidence_sha256", "record", "offset", "reader", "time", "time_text", "zone", "precision")


def longwatch(folder, *words, status=(0, 1, 3)):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False, cwd=folder)
    assert done.returncode in status, (words, done.returncode, done.stderr[-2000:])
    return done.stdout.decode()


def events(folder, *words):
    """3: the one file that nobody reads."""
    return sorted((json.loads(line) for line in longwatch(folder, *words, status=(0, 3)).splitlines()), key=place)


def place(event):
    return (event["evidence_path"], event["offset"], event["record"], json.dumps(event, sort_keys=True))


def findings(folder, of, case):
    longwatch(folder, "hunt", of, "--rules", "rules.yml", "--quiet", "-o", case, "--force")
    lines = [json.loads(line) for line in (case / "findings.jsonl").read_text().splitlines()]
    return sorted([each["rule_id"], each["evidence_path"], each["evidence_sha256"], each["record"], each["offset"], each["time"]] for each in lines)


def make(folder):
    samples, evidence = SOURCE / "data/samples", folder / "evidence"
    evidence.mkdir(parents=True)
    for name, first, count in (("intrusion.jsonl", 60, 12), ("mailbox.jsonl", 190, 8), ("proxy.log", 0, 12), ("roster.csv", 0, 6)):
        (evidence / name).write_text("".join((samples / name).read_text().splitlines(keepends=True)[first : first + count]))
    mails = (samples / "post.mbox").read_text().split("\nFrom ")
    (evidence / "post.mbox").write_text("\nFrom ".join(mails[:2]) + "\n")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        data = "".join((samples / "proxy.log").read_text().splitlines(keepends=True)[20:26]).encode()
        entry = tarfile.TarInfo("proxy/older.log")
        entry.size, entry.mtime = len(data), 1614556800
        tar.addfile(entry, io.BytesIO(data))
    (evidence / "packed.tar.gz").write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    (evidence / "nobodys.bin").write_bytes(bytes(range(256)))
    (folder / "rules.yml").write_text(RULES + "\n")
    told = events(folder, "events", "--json", "evidence")
    (folder / "events.jsonl").write_text("".join(json.dumps({name: each[name] for name in (*SAME, "fields")}, ensure_ascii=False) + "\n" for each in told))
    with tempfile.TemporaryDirectory() as name:
        (folder / "findings.jsonl").write_text("".join(json.dumps(each) + "\n" for each in findings(folder, "evidence", pathlib.Path(name) / "case")))
    for path in ("evidence/intrusion.jsonl", "evidence/mailbox.jsonl", "evidence"):
        longwatch(folder, "archive", "add", "archive", path, "--quiet", status=(0, 3))
    (folder / "archive/lock").unlink()


def each_of_them(case):
    """Git keeps no empty folders and other modes: a copy gets both, as an archive has them."""
    there = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
    assert there, "no golden archive"
    for golden in there:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / golden.name
            shutil.copytree(golden, folder)
            for empty in ("tmp", "quarantine", "index", "segments"):
                (folder / "archive" / empty).mkdir(exist_ok=True)
            for path in (folder / "archive", *(folder / "archive").rglob("*")):
                path.chmod(0o700 if path.is_dir() else 0o600)
            case(golden, folder)


def expected(golden, name):
    return [json.loads(line) for line in (golden / name).read_text().splitlines()]


def events_are_those_of_then():
    """What was read then is there: later versions may know more of an event, never another place, time or value."""

    def case(golden, folder):
        wanted, got = expected(golden, "events.jsonl"), events(folder, "archive", "cat", "archive")
        assert len(wanted) == len(got) > 40, (len(wanted), len(got))
        for then, now in zip(wanted, got):
            for member in SAME:
                assert then[member] == now[member], (golden.name, member, then, now)
            for field, value in then["fields"].items():
                assert now["fields"].get(field) == value, (golden.name, field, value, now["fields"].get(field))

    each_of_them(case)


def events_are_those_of_the_evidence():
    """And all of it is what the program of today says of the evidence itself."""

    def case(golden, folder):
        assert events(folder, "archive", "cat", "archive") == events(folder, "events", "--json", "evidence"), golden.name

    each_of_them(case)


def findings_are_those_of_then():
    def case(golden, folder):
        wanted = expected(golden, "findings.jsonl")
        assert len(wanted) > 5 and wanted == findings(folder, "archive", folder / "case"), golden.name

    each_of_them(case)


def it_is_whole_and_goes_on():
    """Verify finds nothing, the second reader neither; what is there is known again; a year later more is added."""

    def case(golden, folder):
        longwatch(folder, "archive", "verify", "archive", status=(0,))
        archive = oracle.Archive(folder / "archive")
        rows = sum(len(archive.segment(each).records()) for each in archive.state.live())
        assert rows == sum(of["rows"] for of in archive.state.live().values())
        before = events(folder, "archive", "cat", "archive")
        assert "6 were there already" in longwatch(folder, "archive", "add", "archive", "evidence", status=(0, 3))
        assert events(folder, "archive", "cat", "archive") == before
        (folder / "more.log").write_text((folder / "evidence/proxy.log").read_text() + (folder / "evidence/proxy.log").read_text())
        longwatch(folder, "archive", "add", "archive", "more.log", status=(0,))
        assert events(folder, "archive", "cat", "archive") == sorted(before + events(folder, "events", "--json", "more.log"), key=place)
        longwatch(folder, "archive", "verify", "archive", status=(0,))

    each_of_them(case)


if sys.argv[1:2] == ["--make"]:
    assert not (GOLDEN / sys.argv[2]).exists(), "it is there, and never made anew"
    make(GOLDEN / sys.argv[2])
else:
    run([events_are_those_of_then, events_are_those_of_the_evidence, findings_are_those_of_then, it_is_whole_and_goes_on])
