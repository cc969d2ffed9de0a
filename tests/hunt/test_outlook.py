#!/usr/bin/env python3
"""test_outlook: Outlook data files as a user meets them: mailboxes as members, records that are shown, what is told when readpst is
not there or fails, and that nothing stays behind. readpst is a stand-in that does what the file says (tests/evidence/fake_readpst.c); at
the end the real one reads a file of our own (pst_writer.py)."""

import ctypes
import errno
import io
import json
import os
import pathlib
import select
import signal
import sqlite3
import subprocess
import tempfile
import time
import zipfile

import pst_writer
from evidence import BINARY, MARKED_MAIL
from pst_writer import NUMBER, TEXT

FAKE = os.environ["LONGWATCH_FAKE_READPST"]

INBOX = "!BDN\nmkdir Inbox\nboundary Inbox/mbox\nsay \t\"Inbox\" - 3 items done, 2 items skipped.\n"


def no_landlock():
    """In the child: as a kernel that knows no Landlock."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(0x7FFF0000)))  # everything is allowed
    assert library.seccomp_rule_add(rules, ctypes.c_uint32(0x00050000 | errno.ENOSYS), library.seccomp_syscall_resolve_name(b"landlock_create_ruleset"), 0) == 0
    assert library.seccomp_load(rules) == 0


class Case:
    """A folder with a rule, evidence, and a folder for what is temporary."""

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        (self.folder / "rules").mkdir()
        (self.folder / "rules" / "marked.yml").write_text(MARKED_MAIL, encoding="utf-8")
        (self.folder / "evidence").mkdir()
        (self.folder / "room").mkdir()
        self.environment = os.environ | {"TMPDIR": str(self.folder / "room"), "LONGWATCH_READPST": FAKE}
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def put(self, name, data):
        (self.folder / "evidence" / name).write_bytes(data if isinstance(data, bytes) else data.encode())

    def run(self, *arguments, first=None, **environment):
        done = subprocess.run([BINARY, *arguments], cwd=self.folder, capture_output=True, check=False, env=self.environment | environment, preexec_fn=first)
        assert not list((self.folder / "room").iterdir()), "something stayed behind"
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def hunt(self, *more, **environment):
        result = self.run("hunt", "evidence", "--rules", "rules", "-o", "case", "--force", *more, **environment)
        if (self.folder / "case" / "case.db").exists():
            with sqlite3.connect(self.folder / "case" / "case.db") as db:
                self.custody = {row[0]: row[1:] for row in db.execute("SELECT path, container, reader, records, not_read, size, sha256 FROM custody")}
        return result


def mailboxes_are_members():
    with Case() as case:
        case.put("mail.pst", INBOX)
        case.put("a.ost", INBOX)
        status, out, err = case.hunt()
        assert status == 1, (status, out, err)
        assert list(case.custody) == ["evidence/a.ost", "evidence/a.ost!Inbox/mbox", "evidence/mail.pst", "evidence/mail.pst!Inbox/mbox"]
        container, reader, records, not_read, size, sha256 = case.custody["evidence/mail.pst"]
        assert (container, reader, records, not_read or "", size) == ("outlook", None, 2, "", len(INBOX)), case.custody
        assert len(sha256) == 64
        container, reader, records, not_read, size, sha256 = case.custody["evidence/mail.pst!Inbox/mbox"]
        assert (container, reader, records, not_read or "") == (None, "mbox", 3, ""), case.custody
        findings = [json.loads(line) for line in (case.folder / "case" / "findings.jsonl").read_text().splitlines()]
        assert len(findings) == 6 and findings[5]["evidence_path"] == "evidence/mail.pst!Inbox/mbox", findings
        before = (case.folder / "case" / "findings.jsonl").read_bytes()
        for threads in "1", "2":  # boundaries are drawn anew each time
            case.hunt("--threads", threads)
            assert (case.folder / "case" / "findings.jsonl").read_bytes() == before
        status, out, err = case.run("show", "case", "5")
        assert status == 0 and "Subject: marked-by-test 1" in out and "marked-by-test 0" not in out, (status, out, err)
        case.put("mail.pst", INBOX + "file Inbox/other x\n")
        assert case.run("show", "case", "5")[0] == 0  # the mailbox is the same
        case.put("mail.pst", INBOX.replace("boundary", "file") + "\n")
        assert case.run("show", "case", "5")[0] == 3


def attachments_are_seen():
    with Case() as case:
        case.put("mail.pst", INBOX)
        status, out, err = case.run("events", "evidence", "--json")
        events = [json.loads(line) for line in out.splitlines()]
        assert status == 0 and len(events) == 3, (status, out, err)
        assert all("a%d.bin" % i in json.dumps(event) for i, event in enumerate(events)), events


def names_are_hostile():
    with Case() as case:
        case.put("mail.pst", b"!BDN\nmkdir a\x1b]0;b\nboundary a\x1b]0;b/mb\xffox\nchdir ..\nboundary mbox\n")
        status, out, err = case.hunt()
        assert "evidence/mail.pst!a\ufffd]0;b/mb\ufffdox" in case.custody, case.custody
        assert status == 3 and "\x1b" not in out + err, (status, out, err)  # what it could not write is told
        assert not (case.folder / "room" / "mbox").exists()


def complaints_are_told():
    with Case() as case:
        case.put("mail.pst", INBOX + "say block 7 is bad\nexit 1\n")
        status, out, err = case.hunt()
        assert status == 3, (status, out, err)
        assert "evidence/mail.pst" in out + err and "block 7 is bad" in out + err and "readpst ended with status 1" in out + err
        assert case.custody["evidence/mail.pst!Inbox/mbox"][2] == 3


def nothing_comes_out():
    with Case() as case:
        case.put("mail.pst", "!BDN\nsay Error opening File\nexit 1\n")
        case.put("other.jsonl", '{"a": 1}\n')
        status, out, err = case.hunt()
        assert status == 3 and case.custody["evidence/mail.pst"][3] == "no mail came out of it", (status, case.custody)
        case.put("mail.pst", "!BDN\n")
        status, out, err = case.hunt()
        assert status == 0 and not case.custody["evidence/mail.pst"][3], (status, out, err)


def without_readpst():
    with Case() as case:
        case.put("mail.pst", INBOX)
        status, out, err = case.hunt(LONGWATCH_READPST="/nowhere/readpst")
        assert status == 3 and "apt install pst-utils" in out + err, (status, out, err)
        assert len(case.custody["evidence/mail.pst"][5]) == 64  # what was not read has a hash all the same


def without_landlock():
    with Case() as case:
        case.put("mail.pst", INBOX)
        case.hunt()
        status, out, err = case.run("show", "case", "1", first=no_landlock)
        assert status == 3 and "needs Linux 5.13 or later, with Landlock" in err and "changed" not in err, (status, out, err)
        status, out, err = case.hunt(first=no_landlock)
        assert status == 3 and list(case.custody) == ["evidence/mail.pst"], (status, out, err)
        assert "needs Linux 5.13 or later, with Landlock" in case.custody["evidence/mail.pst"][3], case.custody
        assert out.count("Landlock") == 1 and "DAMAGED" not in out, out


def why_it_cannot_be_shown():
    with Case() as case:
        case.put("mail.pst", INBOX)
        case.hunt()
        case.put("mail.pst", "!BDN\nsay no tree here\nexit 1\n")
        status, out, err = case.run("show", "case", "1")
        assert status == 3 and "no such mailbox came out of it: readpst ended with status 1" in err, (status, out, err)


def names_are_long():
    with Case() as case:
        case.put("mail.pst", "!BDN\nboundary mbox\nnames 4000\n")
        case.put("other.jsonl", '{"a": 1}\n')
        status, out, err = case.hunt()
        assert status == 3 and "names of more than 8388608 bytes" in out and case.custody["evidence/other.jsonl"][2] == 1, (status, out, err)


def behind_those_that_wait():
    """While the first file is unpacked, and the second waits for that, what lies behind them is opened."""
    with Case() as case:
        case.put("a.pst", "!BDN\nsleep\n")
        case.put("b.pst", INBOX)
        case.put("c.jsonl", '{"a": 1}\n')
        library = ctypes.CDLL(None, use_errno=True)
        watch = library.inotify_init1(0)
        assert watch >= 0 and library.inotify_add_watch(watch, str(case.folder / "evidence" / "c.jsonl").encode(), 0x20) > 0  # IN_OPEN
        with subprocess.Popen([BINARY, "events", "evidence"], cwd=case.folder, env=case.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            opened = select.select([watch], [], [], 20)[0]
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=30)
        os.close(watch)
        assert opened
        assert not list((case.folder / "room").iterdir())


def within_an_archive():
    with Case() as case:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("mail.pst", INBOX)
        case.put("mail.zip", file.getvalue())
        status, out, err = case.hunt()
        assert status == 3 and "hand it in unpacked" in case.custody["evidence/mail.zip!mail.pst"][3], (status, case.custody)


def many_one_after_the_other():
    with Case() as case:
        for i in range(7):
            case.put(f"{i}.pst", INBOX + f"mkdir {i}\nfile {i}/mbox nothing\n")
        case.put("3b.jsonl", '{"a": 1}\n' * 10)
        status, out, err = case.hunt()
        assert status == 3 and sum(c[2] for c in case.custody.values() if c[1] == "mbox") == 21, (status, out, err)
        assert list(case.custody) == sorted(case.custody), case.custody


def interrupted():
    for how in signal.SIGINT, signal.SIGTERM, signal.SIGKILL:
        with Case() as case:
            case.put("mail.pst", "!BDN\nfile mbox x\nsleep\n")
            room = case.folder / "room"
            with subprocess.Popen([BINARY, "events", "evidence"], cwd=case.folder, env=case.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
                for _ in range(500):
                    if any(room.iterdir()):
                        break
                    time.sleep(0.01)
                assert any(room.iterdir())
                running.send_signal(how)
                running.communicate(timeout=30)
            for _ in range(500):
                if not any(room.iterdir()):
                    break
                time.sleep(0.01)
            assert not any(room.iterdir()), how


def the_real_one():
    if not pathlib.Path("/usr/bin/readpst").exists():
        print("SKIP: readpst is not installed: apt install pst-utils")
        return
    headers = "From: Ann <ann@a.example>\r\nTo: bob@b.example\r\nSubject: =?utf-8?Q?H=C3=A9_marked-by-test?=\r\nDate: Tue, 2 Mar 2021 07:12:03 +0100\r\n"
    came = {0x1A: (TEXT, "IPM.Note"), 0x37: (TEXT, "H\u00e9 marked-by-test"), 0x7D: (TEXT, headers + "Message-ID: <1@a.example>\r\n\r\n"),
            0x1000: (TEXT, "Hello https://t.example/x\r\n\r\nFrom here on\r\n")}
    draft = {0x1A: (TEXT, "IPM.Note"), 0x37: (TEXT, "Entwurf \u2013 marked-by-test"), 0xE07: (NUMBER, 8), 0x1000: (TEXT, "not sent\r\n")}
    appointment = {0x1A: (TEXT, "IPM.Appointment"), 0x37: (TEXT, "lunch")}
    folders = {"Inbox": [came, came], "Deleted Items": [came], "Drafts/..": [draft], "Calendar": [appointment] * 3}
    with Case() as case:
        case.put("mail.pst", pst_writer.write(folders))
        real = {"LONGWATCH_READPST": ""}
        status, out, err = case.hunt(**real)
        assert status == 1, (status, out, err)
        boxes = {path.split("!")[1]: line for path, line in case.custody.items() if "!" in path}
        assert {name: line[2] for name, line in boxes.items()} == {"mail/Inbox/mbox": 2, "mail/Deleted Items/mbox": 1, "mail/Drafts_../mbox": 1}, boxes
        assert case.custody["evidence/mail.pst"][2] == 3  # the appointments
        hashes = [line[5] for line in case.custody.values()]
        time.sleep(1)  # the boundaries come from the time of day
        case.hunt(**real)
        assert [line[5] for line in case.custody.values()] == hashes
        status, out, err = case.run("events", "evidence", "--json", **real)
        events = [json.loads(line)["fields"] | {"time": json.loads(line)["time"]} for line in out.splitlines()]
        inbox = [event for event in events if event["subject"] == "H\u00e9 marked-by-test"]
        assert len(inbox) == 3 and all(event["time"] == "2021-03-02T06:12:03Z" and event["from"] == "ann@a.example" for event in inbox), events
        assert all(event["url"] == "https://t.example/x" and "From here on" in event["text"] and "defects" not in event for event in inbox), events
        drafts = [event for event in events if event not in inbox]
        assert [event["subject"] for event in drafts] == ["Entwurf \u2013 marked-by-test"] and drafts[0]["time"] is None, drafts
        status, out, err = case.run("show", "case", "1", **real)
        assert status == 0 and "ann@a.example" in out, (status, out, err)


if __name__ == "__main__":
    the_real_one()
    mailboxes_are_members()
    attachments_are_seen()
    names_are_hostile()
    complaints_are_told()
    nothing_comes_out()
    without_readpst()
    without_landlock()
    why_it_cannot_be_shown()
    names_are_long()
    behind_those_that_wait()
    within_an_archive()
    many_one_after_the_other()
    interrupted()
