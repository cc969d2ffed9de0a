#!/usr/bin/env python3
"""test_archive_original: bytes of files that are kept on wish come back as they were; once for each SHA-256; they are no events; damage is told."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
import pst_writer  # noqa: E402
from evidence import BINARY, MARKED_MAIL, SHARED, SOURCE, run  # noqa: E402

SAMPLES, RULES = SOURCE / "data/samples", SOURCE / "data/rules"


def longwatch(*words, status=(0,), **more):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False, **more)
    assert done.returncode in status, (words, done.returncode, done.stdout[-500:], done.stderr[-2000:])
    return done


def add(archive, *paths):
    return longwatch("archive", "add", archive, *paths, "--originals", status=(0, 3)).stdout.decode()


def info(archive):
    return json.loads(longwatch("archive", "info", archive, "--json").stdout)


def originals(archive):
    return [part for part in info(archive)["parts"] if part["family"] == "originals"]


def digest(data):
    return hashlib.sha256(data).hexdigest()


def comes_back(archive, path):
    """In pieces, so that a large one needs no memory."""
    wanted, got = hashlib.sha256(), hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            wanted.update(data)
    with subprocess.Popen([BINARY, "archive", "cat", archive, "--original", wanted.hexdigest()], stdout=subprocess.PIPE) as cat:
        while data := cat.stdout.read(1 << 20):
            got.update(data)
    assert cat.returncode == 0 and got.digest() == wanted.digest(), (path, cat.returncode)


def every_file_comes_back():
    """Of every format, of none, and of every size at which something ends."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence = folder / "evidence"
        shutil.copytree(SAMPLES, evidence)
        for size in (1, 2, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20):
            (evidence / f"{size}.bin").write_bytes(os.urandom(size))
        (evidence / "zeros").write_bytes(bytes(5 << 20))
        with open(evidence / "large", "wb") as file:  # more than one segment holds
            file.truncate(400 << 20)
            for at in range(0, 400, 7):
                file.seek(at << 20)
                file.write(b"piece %d" % at)
        if (SHARED / "data/evtx").is_dir():
            for path in sorted((SHARED / "data/evtx").rglob("*.evtx*"))[:20]:
                shutil.copy(path, evidence)
        told = add(folder / "archive", evidence)
        files = [path for path in evidence.rglob("*") if path.is_file()]
        assert f"bytes of {len({path.read_bytes() if path.name != 'large' else b'large' for path in files})} files" in told, told
        for path in files:
            comes_back(folder / "archive", path)
        assert originals(folder / "archive")[0]["segments"] >= 3, originals(folder / "archive")
        longwatch("archive", "verify", folder / "archive")


def each_file_once():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence, archive = folder / "evidence", folder / "archive"
        shutil.copytree(SAMPLES, evidence)
        longwatch("archive", "add", archive, evidence, "--quiet", status=(0, 3))
        sha256 = digest((evidence / "proxy.log").read_bytes())
        assert b"not kept" in longwatch("archive", "cat", archive, "--original", sha256, status=(2,)).stderr
        before = info(archive)["rows"]
        # What is known already gets its bytes later, and no second records.
        assert "bytes of 11 files" in add(archive, evidence)
        assert info(archive)["rows"] == before and originals(archive)[0]["segments"] == 1
        then = info(archive)
        shutil.copy(evidence / "proxy.log", evidence / "copy.log")
        assert "bytes of" not in add(archive, evidence), "a copy is kept as well"
        assert originals(archive) == [part for part in then["parts"] if part["family"] == "originals"]
        comes_back(archive, evidence / "copy.log")
        # A log that has grown is another file; the old one stays.
        with open(evidence / "copy.log", "ab") as file:
            file.write(b"and more\n")
        assert "bytes of 1 file " in add(archive, evidence)
        comes_back(archive, evidence / "copy.log")
        comes_back(archive, evidence / "proxy.log")


def they_are_no_events():
    """All that reads an archive reads the same with them as without."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        plain, kept = folder / "plain/archive", folder / "kept/archive"  # drafts of kinds are called like the folder
        plain.parent.mkdir()
        kept.parent.mkdir()
        for archive, words in ((plain, []), (kept, ["--originals"])):  # by one process: numbers of segments are the same
            longwatch("archive", "add", archive, SAMPLES, *words, "--threads", "1", "--quiet", status=(0, 3))
        assert info(plain)["rows"] == info(kept)["rows"]
        for words in (["archive", "cat"], ["events", "--json"], ["kinds", "suggest"]):
            one, other = (longwatch(*words, archive, status=(0, 1, 3)) for archive in (plain, kept))
            assert sorted(one.stdout.splitlines()) == sorted(other.stdout.splitlines()), words
        for archive in (plain, kept):
            longwatch("hunt", archive, "--rules", RULES, "-q", "-o", folder / f"{archive.parent.name}.case", status=(1, 3))
        assert (folder / "plain.case/findings.jsonl").read_bytes() == (folder / "kept.case/findings.jsonl").read_bytes()
        # Nor is a segment of them that is named itself.
        segments = [path for path in (kept / "segments/undated").iterdir() if path.name not in {other.name for other in (plain / "segments/undated").iterdir()}]
        for segment in segments:
            assert not any(b'"bytes"' in line for line in longwatch("events", "--json", segment, status=(0, 3)).stdout.splitlines())


def damage_is_told():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence, archive = folder / "evidence", folder / "archive"
        evidence.mkdir()
        data = os.urandom(3 << 20)
        (evidence / "file.bin").write_bytes(data)
        add(archive, evidence)
        segment = max((archive / "segments/undated").iterdir(), key=lambda path: path.stat().st_size)
        whole = segment.read_bytes()
        for at in range(64, len(whole), len(whole) // 11):
            segment.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:])
            done = longwatch("archive", "cat", archive, "--original", digest(data), status=(0, 3))
            assert (done.returncode == 0) == (done.stdout == data), (at, done.returncode, len(done.stdout))
            assert done.returncode == 0 or done.stderr, at
            assert segment.name.encode() in longwatch("archive", "verify", archive, status=(3,)).stdout, at
        segment.write_bytes(whole[:-1])
        assert longwatch("archive", "cat", archive, "--original", digest(data), status=(3,)).stderr
        segment.unlink()
        assert longwatch("archive", "cat", archive, "--original", digest(data), status=(3,)).stderr
        # What is damaged is kept again when it is added again.
        segment.write_bytes(whole[: len(whole) // 2])


def show_prints_the_bytes():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence, archive = folder / "evidence", folder / "archive"
        evidence.mkdir()
        log = (SAMPLES / "intrusion.jsonl").read_bytes()
        (evidence / "log.jsonl").write_bytes(log)
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as to:
            entry = tarfile.TarInfo("in.jsonl.gz")
            member = gzip.compress(log.replace(b"k.lind", b"m.berg"))
            entry.size = len(member)
            to.addfile(entry, io.BytesIO(member))
        (evidence / "logs.tar").write_bytes(tar.getvalue())
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as to:
            to.writestr("a/other.jsonl", "{}\n")
            to.writestr("a/in.jsonl", log.replace(b"k.lind", b"p.novak"))
        (evidence / "logs.zip").write_bytes(packed.getvalue())
        mailboxes = pathlib.Path("/usr/bin/readpst").exists()
        if mailboxes:
            headers = "From: Ann <ann@a.example>\r\nTo: bob@b.example\r\nSubject: marked-by-test\r\nDate: Tue, 2 Mar 2021 07:12:03 +0100\r\n\r\n"
            message = {0x1A: (pst_writer.TEXT, "IPM.Note"), 0x37: (pst_writer.TEXT, "s"), 0x7D: (pst_writer.TEXT, headers), 0x1000: (pst_writer.TEXT, "Hello\r\n")}
            (evidence / "mail.pst").write_bytes(pst_writer.write({"Inbox": [message]}))
        else:
            print("mailboxes of Outlook are left out: readpst is not installed: apt install pst-utils")
        (folder / "marked.yml").write_text(MARKED_MAIL)
        add(archive, evidence)
        longwatch("archive", "add", folder / "plain", evidence / "logs.zip", "--quiet")
        shutil.rmtree(evidence)
        longwatch("hunt", folder / "plain", "--rules", RULES, "-q", "-o", folder / "plain.case", status=(1, 3))
        assert b"kept" not in longwatch("show", folder / "plain.case", 1).stdout, "nothing is kept there"
        longwatch("hunt", archive, "--rules", RULES, "--rules", folder / "marked.yml", "-q", "-o", folder / "case", status=(1, 3))
        findings = [json.loads(line) for line in (folder / "case/findings.jsonl").read_text().splitlines()]
        alone = next(n for n, f in enumerate(findings, 1) if f["evidence_path"].endswith("log.jsonl"))
        shown = longwatch("show", folder / "case", alone).stdout
        line = log[findings[alone - 1]["offset"]:].split(b"\n")[0]
        assert shown.endswith(b"\n\nAs it stands in the original:\n\n" + line + b"\n"), shown
        assert f"original   kept: longwatch archive cat {archive} --original {digest(log)}".encode() in shown, shown
        for way, container, who in (("logs.tar!in.jsonl.gz!", tar.getvalue(), b"m.berg"), ("logs.zip!a/in.jsonl", packed.getvalue(), b"p.novak")):
            for inside in [n for n, f in enumerate(findings, 1) if way in f["evidence_path"]][:3]:
                shown = longwatch("show", folder / "case", inside).stdout
                line = log.replace(b"k.lind", who)[findings[inside - 1]["offset"]:].split(b"\n")[0]
                assert f"original   in a container, which is kept: longwatch archive cat {archive} --original {digest(container)}".encode() in shown, shown
                assert shown.endswith(b"\n\nAs it stands in the original:\n\n" + line + b"\n"), shown
            assert longwatch("archive", "cat", archive, "--original", digest(container)).stdout == container
        for box in [n for n, f in enumerate(findings, 1) if f["rule_title"] == "Marked mail"][:1] if mailboxes else ():
            done = longwatch("show", folder / "case", box)
            assert b"in a container, which is kept" in done.stdout and not done.stderr, done
            assert b"\n\nAs it stands in the original:\n\nFrom " in done.stdout and b"\nSubject: marked-by-test\n" in done.stdout, done
        assert not mailboxes or any(f["rule_title"] == "Marked mail" for f in findings)
        # Where there is no room to look into it, nobody knows whether it is kept.
        done = longwatch("show", folder / "case", inside, env=os.environ | {"TMPDIR": str(folder / "nowhere")})
        assert b"kept" not in done.stdout and b"As it stands" not in done.stdout and b"no temporary file" in done.stderr, done
        # A container that is damaged shows nothing of it, and says why; the record itself is there.
        segment = max((archive / "segments/undated").iterdir(), key=lambda path: path.stat().st_size)
        segment.write_bytes(segment.read_bytes()[:-1])
        done = longwatch("show", folder / "case", inside)
        assert b"As it stands" not in done.stdout and b"kept" not in done.stdout and b"p.novak" in done.stdout and segment.name.encode() in done.stderr, (done.stdout, done.stderr)


def they_are_cared_for():
    """Compaction leaves them; a hold keeps them, a policy of their own ends them; and an erasure takes all of them, or is refused."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for path in sorted(SAMPLES.iterdir()):
            add(archive, path)
        files = [path for path in SAMPLES.iterdir() if path.is_file()]
        before = originals(archive)
        longwatch("archive", "compact", archive, "--grace", "0", "--quiet")
        assert originals(archive) == before
        longwatch("archive", "verify", archive)
        for path in files:
            comes_back(archive, path)
        (folder / "values").write_text("k.lind\n")
        erase = ["archive", "erase", archive, "--values", folder / "values", "--who", "t", "--basis", "b", "--why", "w"]
        snapshot = info(archive)["snapshot"]
        assert b"--originals" in longwatch(*erase, status=(5,)).stderr
        longwatch("archive", "hold", archive, "CASE", "--family", "originals", "--who", "t", "--basis", "b", "--why", "w")
        assert b"CASE" in longwatch(*erase, "--originals", status=(5,)).stderr
        assert originals(archive) == before and info(archive)["snapshot"] == snapshot + 1
        longwatch("archive", "lift", archive, "CASE", "--who", "t", "--why", "w")
        longwatch(*erase, "--originals", "--quiet")
        assert not originals(archive)
        for path in files:
            longwatch("archive", "cat", archive, "--original", digest(path.read_bytes()), status=(2,))
        assert b"k.lind" not in b"".join(path.read_bytes() for path in archive.rglob("*") if path.is_file())
        assert not any(b"k.lind" in line for line in longwatch("archive", "cat", archive, status=(0, 3)).stdout.splitlines())
        longwatch("archive", "verify", archive)
        # And a policy that names them ends them alone.
        add(archive, SAMPLES)
        rows = info(archive)["rows"]
        longwatch("archive", "policy", archive, "set", "files", "--days", "1", "--family", "originals", "--who", "t")
        longwatch("archive", "expire", archive, "--who", "t", "--quiet")
        assert originals(archive), "it is not a day old"
        assert info(archive)["rows"] == rows


def wrong_use_is_told():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        add(folder / "archive", SAMPLES / "proxy.log")
        good = digest((SAMPLES / "proxy.log").read_bytes())
        for words in (["--original", good[:-1]], ["--original", good[:-1] + "g"], ["--original", good + "0"], ["--original", "0" * 64], ["--original", ""]):
            done = longwatch("archive", "cat", folder / "archive", *words, status=(2,))
            assert done.stderr and not done.stdout, words
        assert longwatch("archive", "cat", folder / "archive", "--original", good.upper(), status=(0, 2)) is not None
        assert longwatch("archive", "add", folder / "archive", SAMPLES, "--family", "originals", status=(2,)).stderr
        assert longwatch("archive", "cat", SAMPLES, "--original", good, status=(2,)).stderr
        # At a snapshot before it was kept it is not there.
        longwatch("archive", "cat", folder / "archive", "--original", good, "--as-of", "1", status=(2,))


run([every_file_comes_back, each_file_once, they_are_no_events, damage_is_told, show_prints_the_bytes, they_are_cared_for, wrong_use_is_told])  # fmt: skip
