#!/usr/bin/env python3
"""test_archive_ends: where adding to an archive meets an end: processes that are killed while they read, one after the other; files that cannot be opened; Outlook
data files, which another program takes apart; making that broke off. The rest is kept exactly, the ledger says why, and the next run makes up for it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
import oracle  # noqa: E402
import pst_writer  # noqa: E402
from evidence import BINARY, SOURCE, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"
CHECKED = "LONGWATCH_CHECKED" in os.environ
NOBODY = 65534


def longwatch(*words, status=(0,), **how):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False, **how)
    assert done.returncode in status, (words, done.returncode, done.stderr[-2000:])
    return done.stdout.decode(), done.stderr.decode(errors="replace")


def events(*words, status=(0, 3)):
    return sorted(longwatch(*words, status=status)[0].splitlines())


def large(path, count, first):
    """Of months of its own, so that segments of several are open when it breaks off."""
    one = json.loads((SAMPLES / "mailbox.jsonl").read_text().splitlines()[0])
    with open(path, "w", encoding="utf-8") as out:
        for n in range(count):
            one["CreationTime"] = f"{2010 + first}-{1 + n * 12 // count:02}-{1 + n % 28:02}T00:00:{n % 60:02}"
            one["Id"] = f"{first}-{n:030x}"
            out.write(json.dumps(one) + "\n")


def used(pid):
    """Seconds of processor; 0: it has ended."""
    try:
        ticks = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return 0


def killing(process, kills, enough):
    """Kills the children of a process that have worked for so long; how many it killed."""
    killed = 0
    while process.poll() is None and killed < kills:
        try:
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        except OSError:
            break
        for child in children:
            if killed < kills and used(child) > enough:
                os.kill(int(child), signal.SIGKILL)
                killed += 1
        time.sleep(0.005)
    return killed


def processes_that_end_one_after_the_other():
    for threads in (1, 2):
        with tempfile.TemporaryDirectory() as name:
            evidence, archive = pathlib.Path(name) / "evidence", pathlib.Path(name) / "archive"
            evidence.mkdir()
            for n in range(3):
                large(evidence / f"large-{n}.jsonl", 60000, n)
            for sample in ("mailbox.jsonl", "proxy.log", "roster.csv"):
                (evidence / f"small-{sample}").write_bytes((SAMPLES / sample).read_bytes())
            longwatch("archive", "add", archive, evidence / "small-roster.csv")
            words = [BINARY, "archive", "add", str(archive), str(evidence), "--quiet", "--threads", str(threads)]
            with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as adding:
                killed = killing(adding, 2, 0.4 if CHECKED else 0.05)
                told = adding.communicate()[1].decode()
            lines = list(oracle.Archive(archive).ledger())
            lost = {line["path"] for line in lines if line["line"] == "file" and "ended" in line.get("not_read", "")}
            # Where a process was only sealing what it had read, everything is read again, and nothing is lost: so it mostly is under sanitizers.
            assert killed and adding.returncode == (3 if lost else 0), (threads, killed, adding.returncode, told)
            assert (0 if CHECKED else 1) <= len(lost) <= killed, (threads, killed, lost, told)
            assert all(f"{path}: the process that read it was ended" in told for path in lost), told
            rest = [path for path in evidence.iterdir() if str(path) not in lost]
            assert events("archive", "cat", archive) == events("events", "--json", *rest), threads
            longwatch("archive", "verify", archive)
            assert f"{len(rest)} were there already" in longwatch("archive", "add", archive, evidence)[0]
            assert events("archive", "cat", archive) == events("events", "--json", evidence), threads
            longwatch("archive", "verify", archive)


def a_program_that_is_killed():
    """The whole of it, while its processes read: nothing of the run is there, nothing holds the lock for long, and the next run does it."""
    with tempfile.TemporaryDirectory() as name:
        evidence, archive = pathlib.Path(name) / "evidence", pathlib.Path(name) / "archive"
        evidence.mkdir()
        large(evidence / "large.jsonl", 8000 if CHECKED else 60000, 0)
        longwatch("archive", "add", archive, SAMPLES / "roster.csv")
        before = events("archive", "cat", archive)
        with subprocess.Popen([BINARY, "archive", "add", str(archive), str(evidence), "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as adding:
            time.sleep(0.2)
            adding.kill()
        assert events("archive", "cat", archive) in (before, sorted(before + events("events", "--json", evidence)))
        until = time.monotonic() + 10
        while longwatch("archive", "add", archive, evidence, "--quiet", status=(0, 5))[1].count("is being written") and time.monotonic() < until:
            time.sleep(0.05)
        assert events("archive", "cat", archive) == sorted(before + events("events", "--json", evidence))
        longwatch("archive", "verify", archive)


def a_file_that_cannot_be_opened():
    """Nobody knows whether its bytes are there already: it is not read, which is told, and nothing is there twice when it can be."""
    how = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, evidence = folder / "archive", folder / "evidence"
        evidence.mkdir()
        for path in ("one.log", "locked.log"):
            (evidence / path).write_bytes((SAMPLES / "proxy.log").read_bytes())
        for path in (folder, evidence, *evidence.iterdir()):
            if how:
                os.chown(path, NOBODY, NOBODY)
        try:
            longwatch("--version", **how)
        except (OSError, AssertionError):
            print("SKIP a_file_that_cannot_be_opened: somebody else may not run the program here")
            return
        longwatch("archive", "add", archive, evidence / "one.log", **how)
        before = events("archive", "cat", archive)
        (evidence / "locked.log").chmod(0)
        _, told = longwatch("archive", "add", archive, evidence, status=(3,), **how)
        assert "locked.log: Permission denied" in told, told
        assert events("archive", "cat", archive) == before
        (evidence / "locked.log").chmod(0o600)
        out, _ = longwatch("archive", "add", archive, evidence, **how)
        assert "2 were there already" in out, out
        assert len(before) == len(events("archive", "cat", archive))


def outlook():
    if not pathlib.Path("/usr/bin/readpst").exists():
        print("SKIP outlook: readpst is not installed: apt install pst-utils")
        return
    text, number = pst_writer.TEXT, pst_writer.NUMBER
    headers = "From: Ann <ann@a.example>\r\nTo: bob@b.example\r\nSubject: Plan\r\nDate: Tue, 2 Mar 2021 07:12:03 +0100\r\n"
    came = {0x1A: (text, "IPM.Note"), 0x37: (text, "Plan"), 0x7D: (text, headers + "Message-ID: <1@a.example>\r\n\r\n"), 0x1000: (text, "Hello https://t.example/x\r\n")}
    draft = {0x1A: (text, "IPM.Note"), 0x37: (text, "Entwurf"), 0xE07: (number, 8), 0x1000: (text, "not sent\r\n")}
    environment = {**os.environ, "LONGWATCH_READPST": ""}
    with tempfile.TemporaryDirectory() as name:
        evidence, archive = pathlib.Path(name) / "evidence", pathlib.Path(name) / "archive"
        evidence.mkdir()
        (evidence / "mail.pst").write_bytes(pst_writer.write({"Inbox": [came, came], "Deleted Items": [came], "Drafts": [draft]}))
        (evidence / "proxy.log").write_bytes((SAMPLES / "proxy.log").read_bytes())
        longwatch("archive", "add", archive, evidence, env=environment)
        wanted = sorted(longwatch("events", "--json", evidence, env=environment)[0].splitlines())
        got = events("archive", "cat", archive)
        assert got == wanted and sum('"reader":"mbox"' in event for event in got) == 4, (len(got), len(wanted))
        lines = {line["path"].split("evidence/")[1]: line for line in oracle.Archive(archive).ledger() if line["line"] == "file"}
        assert {path for path in lines if "!" in path} == {"mail.pst!mail/Inbox/mbox", "mail.pst!mail/Deleted Items/mbox", "mail.pst!mail/Drafts/mbox"}, lines.keys()
        assert lines["mail.pst"]["sha256"] == oracle.sha256((evidence / "mail.pst").read_bytes()).hex()
        assert "2 were there already" in longwatch("archive", "add", archive, evidence, env=environment)[0]
        assert events("archive", "cat", archive) == wanted
        longwatch("archive", "verify", archive)


def making_that_broke_off():
    """Whatever of a new archive's files is there, the next run makes it; what was used is not made anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = ("FORMAT", "README.txt", "secret", "MANIFEST-000001", "HEAD", "CURRENT")
        longwatch("archive", "add", folder / "whole", SAMPLES / "roster.csv")
        wanted = events("archive", "cat", folder / "whole")
        for count in range(len(files)):
            archive = folder / f"archive{count}"
            empty = folder / f"empty{count}"
            empty.mkdir()
            longwatch("archive", "add", archive, empty)
            for path in files[count:]:
                (archive / path).unlink()
            (archive / f"{files[count]}.part").write_bytes(b"half")
            longwatch("archive", "add", archive, SAMPLES / "roster.csv")
            assert events("archive", "cat", archive) == wanted, count
            longwatch("archive", "verify", archive)
        (folder / "whole/CURRENT").unlink()
        _, told = longwatch("archive", "add", folder / "whole", SAMPLES / "proxy.log", status=(2, 3, 4))
        assert "CURRENT is gone" in told, told


run([processes_that_end_one_after_the_other, a_program_that_is_killed, a_file_that_cannot_be_opened, outlook, making_that_broke_off])
