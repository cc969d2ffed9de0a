#!/usr/bin/env python3
"""test_container: evidence in containers, from the hunt to the record that is shown: the ledger names what was in them."""

import bz2
import gzip
import io
import json
import lzma
import pathlib
import sqlite3
import subprocess
import tarfile
import tempfile
import warnings
import zipfile

from evidence import BINARY, lines, rules, run

warnings.simplefilter("ignore")  # Python's zipfile says that a name is there already: it is meant to be


class Case:
    """A folder with rules; hunt() gives the status and a case."""

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.rules = rules(self.folder / "rules")
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def hunt(self, name, data):
        (self.folder / name).write_bytes(data)
        done = subprocess.run(
            [BINARY, "hunt", name, "--rules", self.rules, "-o", "case", "--force"], cwd=self.folder, capture_output=True, check=False
        )
        self.errors = done.stderr.decode() + done.stdout.decode()
        self.db = sqlite3.connect(self.folder / "case" / "case.db")
        return done.returncode

    def ask(self, query):
        return self.db.execute(query).fetchall()

    def show(self, number):
        done = subprocess.run([BINARY, "show", "case", str(number)], cwd=self.folder, capture_output=True, check=False)
        return done.returncode, done.stdout.decode() + done.stderr.decode()


def zipped(*members, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def tarred(*members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def each_kind():
    """The findings are those of the plain file; the path says how to come to it; the record is shown."""
    data = lines(3000)
    kinds = [
        ("a.jsonl.gz", gzip.compress(data), ["gzip"], "a.jsonl.gz!a.jsonl"),
        ("a.jsonl.bz2", bz2.compress(data), ["bzip2"], "a.jsonl.bz2!a.jsonl"),
        ("a.jsonl.xz", lzma.compress(data), ["xz"], "a.jsonl.xz!a.jsonl"),
        ("a.zip", zipped(("logs/a.jsonl", data)), ["zip"], "a.zip!logs/a.jsonl"),
        ("a.tar", tarred(("logs/a.jsonl", data)), ["tar"], "a.tar!logs/a.jsonl"),
        ("a.tgz", gzip.compress(tarred(("a.jsonl", data))), ["gzip", "tar"], "a.tgz!a!a.jsonl"),
        ("no ending", gzip.compress(zipped(("x.gz", gzip.compress(data)))), ["gzip", "zip", "gzip"], "no ending!no ending!x.gz!x"),
    ]
    for name, packed, containers, path in kinds:
        with Case() as case:
            assert case.hunt(name, packed) == 1, f"{name}: {case.errors}"
            found = case.ask("SELECT record, offset, evidence_path FROM findings WHERE kind != ''")
            assert [record for record, _, _ in found] == [1000, 2000, 3000], f"{name}: {found}"
            for record, offset, where in found:
                assert b'"EventRecordID": %d,' % record in data[offset:].split(b"\n")[0] and where == path, f"{name}: {where} {offset}"
            rows = case.ask("SELECT path, size, container, reader FROM custody ORDER BY rowid")
            assert [row for row in rows if row[2] is None] == [(path, len(data), None, "json")], f"{name}: {rows}"
            assert sorted(row[2] for row in rows if row[2]) == sorted(containers), f"{name}: {rows}"
            assert rows[-1][:3] == (name, len(packed), containers[0]), f"{name}: {rows}"  # the file itself comes last
            status, shown = case.show(1)
            assert status == 0 and "marked-by-test" in shown and path in shown, f"{name}: {shown}"


def one_name_twice():
    """Each finding is in the member that its hash names, and that is the one that is shown."""
    with Case() as case:
        members = [("log.jsonl", lines(1500)), ("log.jsonl", lines(1500, first=1501)), ("log.jsonl", lines(10))]
        assert case.hunt("a.zip", zipped(*members)) == 1, case.errors
        found = case.ask("SELECT number, json FROM findings WHERE kind != '' ORDER BY number")
        assert len(found) == 3, found
        assert len({json.loads(text)["evidence_sha256"] for _, text in found}) == 2, found
        for number, text in found:
            wanted = json.loads(text)["matched"]["CommandLine"].replace("\\", "\\\\")
            status, shown = case.show(number)
            record = shown.split("\n\n", 1)[1]
            assert status == 0 and wanted in record.replace("\\/", "/"), f"{number}: {wanted}\n{shown}"


def hostile_names():
    """A path that leads nowhere on this machine, and nothing that steers a terminal."""
    with Case() as case:
        data = lines(1000)
        assert case.hunt("a.tar", tarred(("../../etc/passwd", data), ("/abs", b"{}"), ("e\x1b[2J\n", b"{}"))) == 1, case.errors
        paths = [path for (path,) in case.ask("SELECT path FROM custody ORDER BY rowid")]
        assert paths == ["a.tar!../../etc/passwd", "a.tar!/abs", "a.tar!e\ufffd[2J\ufffd", "a.tar"], paths
        assert "\x1b" not in case.errors, case.errors
        assert case.show(1)[0] == 0, case.show(1)


def what_is_wrong_is_told():
    data = lines(1000)
    whole = zipped(("a.jsonl", data), ("b.txt", b"nobody reads this"))
    wrong = [
        ("cut.gz", gzip.compress(data)[:-9], "breaks off", 1),
        ("behind.zip", whole + b"x" * 10, "bytes behind the end of the archive", 1),
        ("front.zip", zipped(("hidden", b"h")) + whole, "bytes that belong to no file of the archive", 1),
        ("two.tar", tarred(("a.jsonl", data)) + b"y" * 512, "damaged, or no part of the archive", 1),
        ("deep", gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(data))))), "too deep", 0),
    ]
    for name, packed, word, findings in wrong:
        with Case() as case:
            assert case.hunt(name, packed) == 3, f"{name}: {case.errors}"
            assert word in case.errors, f"{name}: {case.errors}"
            assert len(case.ask("SELECT * FROM findings")) == findings, f"{name}: {case.errors}"
            told = [why for (why,) in case.ask("SELECT why FROM damage UNION SELECT not_read FROM custody")]
            assert any(word in why for why in told), f"{name}: {told}"


run([each_kind, one_name_twice, hostile_names, what_is_wrong_is_told])
