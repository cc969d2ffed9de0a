#!/usr/bin/env python3
"""test_yara: `longwatch hunt --yara`: what rules find in files, in members of archives, in what mails carry and in archives within these; what was not
scanned; the same on any number of workers; nothing of it without rules."""

import email.message
import gzip
import hashlib
import io
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import tempfile
import time
import zipfile

import pst_writer
from evidence import BINARY, lines, rules
from pst_writer import TEXT

MARK = b"PLANTED-BY-TEST"  # harmless: the word that the rules look for
RULES = """
import "pe"
rule planted : test {
  meta: description = "The planted word" score = 80 malware_family = "Nothing" actor = "Nobody"
  strings: $a = "PLANTED-BY-TEST" condition: $a
}
rule low { meta: score = 10 strings: $b = "ONLY-LOW" condition: $b }
rule script { strings: $a = "PLANTED-BY-TEST" condition: $a and extension == ".js" and filename == "run.js" }
rule bad { condition: nothing }
"""


def packed(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "/").replace("0", "."), data)
    return out.getvalue()


def mail(subject, *attachments, text="Hello"):
    m = email.message.EmailMessage()
    m["From"], m["To"], m["Subject"] = "ann@a.example", "bob@b.example", subject
    m["Date"], m["Message-ID"] = "Mon, 01 Mar 2021 10:00:00 +0000", f"<{subject}@a.example>"
    m.set_content(text)
    for name, data in attachments:
        m.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return bytes(m)


def write(folder):
    """Evidence with the word in twelve places, and the places."""
    folder.mkdir()
    script = b"x" * 100 + MARK
    first = mail("one", ("a.zip", packed(in_run0js=script, b0txt=b"nothing")), ("c.bin", b".." + MARK))
    second = mail("two", text="It says PLANTED-BY-TEST here")
    (folder / "a.eml").write_bytes(first)
    (folder / "box").write_bytes(
        b"From ann@a.example Mon Mar  1 10:00:00 2021\n" + second + b"\nFrom ann@a.example Mon Mar  1 10:00:01 2021\n" + first
    )
    (folder / "implant").write_bytes(b"\0\1\2" + MARK)  # no reader knows it
    (folder / "large.jsonl").write_bytes(lines(40000) + b'{"a": "PLANTED-BY-TEST"}\n')  # several parts
    (folder / "log.jsonl").write_bytes(lines(10) + b'{"a": "ONLY-LOW"}\n')
    (folder / "logs.zip").write_bytes(packed(m0eml=first, n_log0jsonl=lines(10), x_implant=MARK))
    (folder / "packed.gz").write_bytes(gzip.compress(lines(20000) + b"." * (40 << 20) + MARK))  # more than one block
    (folder / "empty").write_bytes(b"")
    inner = [("a.zip!in/run.js", 100, "planted"), ("a.zip!in/run.js", 100, "script"), ("c.bin", 2, "planted")]
    box = (folder / "box").read_bytes()
    at = box.index(b"From ann@a.example", 1)
    return [
        *[("a.eml", name, where, rule, 1, 0) for name, where, rule in inner],
        ("box", "", None, "planted", 1, 0),
        *[("box", name, where, rule, 2, at) for name, where, rule in inner],
        ("box", None, box.index(MARK), "planted", None, None),
        ("implant", None, 3, "planted", None, None),
        ("large.jsonl", None, len(lines(40000)) + 7, "planted", None, None),
        ("log.jsonl", None, len(lines(10)) + 7, "low", None, None),
        *[("logs.zip!m.eml", name, where, rule, 1, 0) for name, where, rule in inner],
        ("logs.zip!x/implant", None, 0, "planted", None, None),
        ("packed.gz!packed", None, len(lines(20000)) + (40 << 20), "planted", None, None),
    ]


def hunt(folder, yara, *arguments, rules_of=None):
    done = subprocess.run(
        [BINARY, "hunt", folder, "--rules", rules_of or folder.parent / "rules", "--json", *(["--yara", yara] if yara else []), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return done, [f for f in found if f.get("type") == "yara"], [f for f in found if f.get("type") != "yara"]


def prepare(name):
    folder = pathlib.Path(name)
    rules(folder / "rules")
    (folder / "yara").mkdir()
    (folder / "yara" / "a.yar").write_text(RULES, encoding="utf-8")
    (folder / "yara" / "not.txt").write_text("rule of thumb", encoding="utf-8")
    return folder


def everywhere():
    """Each planted word is found where it lies, by the rules that should, and by no other."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        want = write(folder / "e")
        done, found, others = hunt(folder / "e", folder / "yara")
        assert done.returncode == 3, (done.returncode, done.stderr)  # the implants are no logs
        got = [
            (
                f["evidence_path"][len(str(folder / "e")) + 1 :],
                f["attachment"]["name"] if "attachment" in f else None,
                f["matched"][0]["offset"],
                f["rule"],
                f["attachment"]["record"] if "attachment" in f else None,
                f["attachment"]["offset"] if "attachment" in f else None,
            )
            for f in found
        ]
        text = (folder / "e" / "box").read_bytes()
        want = [(*w[:2], text[text.index(b"It says") :].index(MARK) if w[2] is None else w[2], *w[3:]) for w in want]
        assert sorted(map(str, got)) == sorted(map(str, want)), "\n".join(map(str, set(got) ^ set(want)))
        assert [f["yara"] for f in found] == list(range(1, len(found) + 1))
        marked = [f for f in others if f["rule_title"] == "Marked command" and f["evidence_path"].endswith("large.jsonl")]
        assert len(marked) == 35  # of 40,000 lines: 40 less those that ask who it is; events are hunted all the same
        for f in found:
            match = f["matched"][0]
            if f["rule"] == "planted":
                assert match == {"string": "$a", "offset": match["offset"], "length": 15, "excerpt": MARK.hex(), "text": MARK.decode()}, match
                assert (f["level"], f["malware"], f["group"], f["score"], f["tags"]) == ("high", "Nothing", "Nobody", 80, ["test"]), f
                assert f["rules_line"] == 3 and f["rules_path"].endswith("yara/a.yar"), f
            path = pathlib.Path(f["evidence_path"])
            if "!" not in f["evidence_path"]:
                assert f["evidence_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
            if "attachment" not in f:
                assert f["sha256"] == f["evidence_sha256"], f
        inside = next(f for f in found if f["evidence_path"].endswith("logs.zip!x/implant"))
        assert inside["sha256"] == hashlib.sha256(MARK).hexdigest() and inside["size"] == len(MARK), inside
        script = next(f for f in found if f["rule"] == "script")
        assert script["sha256"] == hashlib.sha256(b"x" * 100 + MARK).hexdigest(), script
        assert "nothing is included" not in done.stderr and 'undefined identifier "nothing"' in done.stderr, done.stderr
        assert "YARA: 16 findings by 3 rules; 11 files and " in done.stderr, done.stderr
    print(f"{len(found)} findings, each where it was planted")


def same():
    """On any number of workers, and in the case what was printed."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        write(folder / "e")
        outputs = []
        for workers in (1, 2, 4):
            done, found, others = hunt(folder / "e", folder / "yara", "--threads", workers, "-o", folder / "case", "--force")
            kept = (folder / "case" / "findings.jsonl").read_text(encoding="utf-8")
            assert kept.splitlines() == done.stdout.splitlines()
            outputs.append(done.stdout)
        assert outputs[0] == outputs[1] == outputs[2]
        db = sqlite3.connect(f"file:{folder}/case/case.db?mode=ro", uri=True)
        assert [json.loads(row[0]) for row in db.execute("SELECT json FROM yara_finding ORDER BY number")] == found
        assert [tuple(r) for r in db.execute("SELECT name, status, findings FROM yara_rule ORDER BY line, name")] == [
            ("planted", "used", 12),
            ("low", "used", 1),
            ("script", "used", 3),
            ("bad", "refused", 0),
        ], list(db.execute("SELECT name, status, findings FROM yara_rule ORDER BY line, name"))
        assert list(db.execute("SELECT * FROM yara_omission")) == []
        manifest = json.loads((folder / "case" / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["yara_files"] == "11" and manifest["yara_omissions"] == "0", manifest
        assert db.execute("SELECT count(*) FROM findings").fetchone()[0] == len(others)
        db.close()
        # Without rules nothing of it.
        done, found, plain = hunt(folder / "e", None, "-o", folder / "case", "--force")
        db = sqlite3.connect(f"file:{folder}/case/case.db?mode=ro", uri=True)
        assert not found and plain == others and "YARA" not in done.stderr
        assert not list(db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'yara%'"))
        db.close()
    print("1, 2 and 4 workers print the same, and the case has it")


def statuses():
    """0 nothing, 1 found, 3 not all was scanned, 2 wrong usage; levels."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        (folder / "e").mkdir()
        (folder / "e" / "log.jsonl").write_bytes(lines(10))
        empty = folder / "none"
        empty.mkdir()
        yara = folder / "yara" / "a.yar"
        assert hunt(folder / "e", yara)[0].returncode == 0
        (folder / "e" / "log.jsonl").write_bytes(lines(10) + b'{"a": "ONLY-LOW"}\n')
        done, found, _ = hunt(folder / "e", yara)
        assert done.returncode == 1 and [f["rule"] for f in found] == ["low"] and found[0]["level"] == "low"
        done, found, _ = hunt(folder / "e", yara, "--level", "medium")
        assert done.returncode == 0 and not found
        done, found, _ = hunt(folder / "e", yara, "--yara-max", "1K", "-o", folder / "case")
        assert done.returncode == 3 and not found and "NOT SCANNED, or not to the end: 1 time" in done.stderr, done.stderr
        db = sqlite3.connect(f"file:{folder}/case/case.db?mode=ro", uri=True)
        assert list(db.execute("SELECT * FROM yara_omission")) == [(f"{folder}/e/log.jsonl", 0, "", 0, 0, "too large")]
        db.close()
        # Nothing else is asked, and the rules lie among the evidence: they do not find themselves.
        (folder / "e" / "rules.yar").write_bytes(yara.read_bytes())
        done = subprocess.run([BINARY, "hunt", folder / "e", "--yara", folder / "e" / "rules.yar"], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "NO EVENT WAS ASKED ABOUT" in done.stdout, (done.returncode, done.stdout)
        assert "YARA: 1 finding by 1 rule; 1 file and 0 parts of messages" in done.stdout, done.stdout
        (folder / "e" / "rules.yar").unlink()
        # An attachment that cannot be unpacked whole: what it is, and of which message.
        broken = bytearray(packed(a0txt=MARK * 1000))
        broken[40] ^= 0xFF
        (folder / "e" / "log.jsonl").write_bytes(mail("broken", ("a.zip", bytes(broken))))
        done, found, _ = hunt(folder / "e", yara)
        assert done.returncode == 3 and "log.jsonl, message 1 (offset 0): a.zip" in done.stderr, done.stderr
        for path, why in (
            (folder / "there", "is not there"),
            (empty, "there is no rule in"),
            (folder / "rules" / "marked.yml", "no rule can be used"),
        ):
            done = hunt(folder / "e", path)[0]
            assert done.returncode == 2 and why in done.stderr, (path, done.returncode, done.stderr)
    print("statuses 0, 1, 2, 3")


def children(pid):
    return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def falls_over():
    """A worker that is killed while it scans costs that scan: the events of the file are hunted, other files are scanned, and it is told."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        (folder / "e").mkdir()
        (folder / "e" / "a.jsonl").write_bytes(lines(1000) + b'{"a": "ENDLESS"}\n')
        (folder / "e" / "b").write_bytes(MARK)
        (folder / "yara" / "b.yar").write_text(
            'rule endless { strings: $e = "ENDLESS" condition: $e and for all i in (1..100000000000) : ( i > 0 ) }', encoding="utf-8"
        )
        with subprocess.Popen(
            [BINARY, "hunt", folder / "e", "--rules", folder / "rules", "--yara", folder / "yara", "--json", "--threads", "1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            busy, before = None, 0
            for _ in range(300):  # until its only worker has been computing for two seconds
                time.sleep(0.1)
                workers = children(process.pid)
                if workers:
                    ticks = sum(map(int, pathlib.Path(f"/proc/{workers[0]}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
                    if ticks / os.sysconf("SC_CLK_TCK") > 2:
                        busy = workers[0]
                        break
            assert busy, "no worker was busy"
            os.kill(busy, signal.SIGKILL)  # the sanitizers keep SIGSEGV for themselves
            out, err = process.communicate(timeout=100)
        found = [json.loads(line) for line in out.splitlines()]
        assert process.returncode == 3, (process.returncode, err)
        assert [f["rule_title"] for f in found if "rule_title" in f] == ["Marked command"], found
        assert [(f["rule"], f["evidence_path"]) for f in found if "rule" in f] == [("planted", f"{folder}/e/b")], found
        assert "a.jsonl: the process that read it was ended by signal" in err and "DAMAGED" not in err, err
    print("a scan that falls over costs itself")


def outlook():
    """The mailboxes of an Outlook data file are scanned, and what their mails carry."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        (folder / "e").mkdir()
        if not pathlib.Path("/usr/bin/readpst").exists():
            print("SKIP: readpst is not installed: apt install pst-utils")
            return
        headers = "From: Ann <ann@a.example>\r\nTo: bob@b.example\r\nSubject: s\r\nDate: Tue, 2 Mar 2021 07:12:03 +0100\r\n\r\n"
        message = {0x1A: (TEXT, "IPM.Note"), 0x37: (TEXT, "s"), 0x7D: (TEXT, headers), 0x1000: (TEXT, "It says PLANTED-BY-TEST\r\n")}
        (folder / "e" / "a.pst").write_bytes(pst_writer.write({"Inbox": [message]}))
        done, found, _ = hunt(folder / "e", folder / "yara" / "a.yar")
        assert done.returncode == 1, (done.returncode, done.stderr)
        places = [(f["evidence_path"], "attachment" in f) for f in found]
        assert places == [(f"{folder}/e/a.pst!mail/Inbox/mbox", True), (f"{folder}/e/a.pst!mail/Inbox/mbox", False)], places
    print("mailboxes of Outlook")


def large():
    """A mailbox larger than any window, as a file and in an archive: read by its reader, past the scan, and to its end."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        (folder / "e").mkdir()
        line = b"From ann@a.example Mon Mar  1 10:00:00 2021\n"
        filler = line + mail("filler", text="No word of it.\n" * 60000)
        box = (filler + b"\n") * 50 + line + mail("last", ("c.bin", b".." + MARK)) + b"\n"
        box = box[: 20 << 20] + MARK + box[20 << 20 :] + line + mail("end")
        (folder / "e" / "box").write_bytes(box)
        (folder / "e" / "box.gz").write_bytes(gzip.compress(box, 1))
        done, found, _ = hunt(folder / "e", folder / "yara" / "a.yar", "--threads", 2)
        assert done.returncode == 0 or done.returncode == 1, (done.returncode, done.stderr)
        for path in ("box", "box.gz!box"):
            mine = [f for f in found if f["evidence_path"] == f"{folder}/e/{path}"]
            carried = [(f["attachment"]["name"], f["attachment"]["record"]) for f in mine if "attachment" in f]
            assert len(box) > 40 << 20 and ("c.bin", 51) in carried and len(carried) == 2, (path, carried)
            (whole,) = [f for f in mine if "attachment" not in f]
            assert whole["matched"][0]["offset"] == 20 << 20 and whole["size"] == len(box), (path, whole)
            assert whole["sha256"] == hashlib.sha256(box).hexdigest() == whole["evidence_sha256"], path
            assert all(box[f["attachment"]["offset"] :].startswith(line) for f in mine if "attachment" in f), path
    print("a mailbox larger than any window")


if __name__ == "__main__":
    outlook()
    large()
    everywhere()
    same()
    statuses()
    falls_over()
