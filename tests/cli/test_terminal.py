#!/usr/bin/env python3
"""test_terminal: what reaches a terminal and what does not: colour, progress, width, and nothing that evidence has hidden in a text."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import termios

import terminals

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
DOOR = SOURCE / "tests/golden/door"
HUNT = ["hunt", DOOR / "door.jsonl", "--kinds", DOOR / "kinds", "--rules", DOOR / "rules"]
# The sample so many times over takes long enough for progress to be drawn; a sanitized program is slower.
TIMES = 60 if os.environ.get("LONGWATCH_BUILD", "").endswith("asan") else 400
CODE = re.compile(rb"\x1b\[[\d;]*[A-Za-z]")
# Control characters, also C1 as UTF-8, and what turns the direction of text.
OBEYED = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]")


def on_terminal(arguments, columns=80, **environment):
    """What a terminal of that width gets of standard output and standard error together."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    env = {name: value for name, value in os.environ.items() if name not in ("TERM", "NO_COLOR")}
    env.update(environment)
    with subprocess.Popen([BINARY, *map(str, arguments)], stdin=slave, stdout=slave, stderr=slave, env=env) as child:
        os.close(slave)
        shown = b""
        while True:
            if select.select([master], [], [], 60)[0]:
                try:
                    shown += os.read(master, 65536)
                except OSError:  # nobody holds the other end any more
                    break
    os.close(master)
    return shown.replace(b"\r\n", b"\n")


def colour_where_it_is_wanted():
    table = [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),  # no-color.org: only when it is not empty
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": ""}, False),
        ({}, False),
    ]
    for environment, coloured in table:
        shown = on_terminal(HUNT, **environment)
        assert b"Server room refused" in shown, shown
        assert bool(CODE.search(shown)) == coloured, f"{environment}: {shown[:200]}"


def colour_changes_no_text():
    plain = on_terminal(HUNT, TERM="dumb")
    assert CODE.sub(b"", on_terminal(HUNT, TERM="xterm")) == plain
    piped = subprocess.run([BINARY, *map(str, HUNT)], capture_output=True, env=dict(os.environ, TERM="xterm"), check=False)
    assert not piped.stderr and not CODE.search(piped.stdout), "colour where no one watches"
    assert plain.split() == piped.stdout.split(), "not the same words"


def lines_fit():
    for columns in (60, 80, 120):
        for words in (HUNT, ["hunt", SOURCE / "data/samples/intrusion.jsonl", SOURCE / "data/samples/mailbox.jsonl", SOURCE / "data/samples/post.mbox", "--rules", SOURCE / "data/rules"], ["--help"], ["hunt", "--help"], []):
            shown = on_terminal(words, columns, TERM="dumb").decode()
            # Examples are to be copied, and stay whole.
            wide = [line for line in shown.splitlines() if len(line) > columns and " longwatch hunt ./" not in line]
            assert shown and not wide, f"{columns} columns, {words}: {wide}"


def enough_to_watch(folder, hunt):
    """Evidence, of so many files. Nothing is shown of what is over in a moment, so it must take a while, however quick the machine."""
    sample = (SOURCE / "data/samples/intrusion.jsonl").read_bytes()
    for files in (4, 8, 16, 32, 64):
        for number in range(files):
            (pathlib.Path(folder) / f"{number}.jsonl").write_bytes(sample * TIMES)
        began = time.monotonic()
        on_terminal(hunt, TERM="xterm")
        if time.monotonic() - began > 1:
            break
    return files


def progress_only_for_a_watcher():
    with tempfile.TemporaryDirectory() as folder:
        hunt = ["hunt", folder, "--rules", SOURCE / "data/rules", "--threads", "1"]
        enough_to_watch(folder, hunt)
        bar = re.compile(rb"\[#*-*\]  +\d+ %[^\r\x1b]* [\d.]+ [kMG]B/s")
        for columns in (40, 120):
            shown = on_terminal(hunt, columns, TERM="xterm")
            lines = re.findall(rb"\r\x1b\[K(?:\x1b\[2m)?([^\r\x1b\n]+)", shown)
            assert lines, f"no progress: {shown[:300]}"
            assert all(len(line) < columns for line in lines), f"{columns} columns: {max(lines, key=len)}"
            assert columns < 60 or bar.search(shown), f"no bar: {lines[:3]}"
            last = shown.rindex(b"\r\x1b[K")
            assert shown[last:].startswith(b"\r\x1b[K\x1b[1;31mcritical") or shown[last:].startswith(b"\r\x1b[Kcritical"), shown[last : last + 80]
        assert b" %" not in on_terminal(hunt, TERM="dumb")
        assert b"\x1b[K" not in on_terminal([*hunt, "--quiet"], TERM="xterm")
        piped = subprocess.run([BINARY, *map(str, hunt)], capture_output=True, check=False)
        assert not piped.stderr, piped.stderr


def nothing_hidden_reaches_the_terminal():
    """Escape sequences, C1 controls and direction marks in a rule's title, in values, in names of files."""
    evil = "a\x1b]0;owned\x07b\u009b31mc\u202ed\x7f"
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        event = {"stamp": "2024-02-29T21:58:00Z", "site": "north", "door": evil, "badge": "1", "who": evil, "granted": "no"}
        (folder / "door.jsonl").write_text(json.dumps(event, ensure_ascii=False).replace("\x1b", "\\u001b").replace("\x07", "\\u0007") + "\n", encoding="utf-8")
        (folder / "un\x1b[31mread.bin").write_bytes(bytes(range(256)) * 8)
        (folder / "rule.yml").write_text(
            "title: " + json.dumps(evil) + "\nlogsource: {product: acme, service: door}\ndetection:\n  a: {granted: 'no'}\n  condition: a\nlevel: high\n"
            "---\ntitle: x\nlogsource: {product: " + json.dumps(evil) + "}\ndetection:\n  a: {" + json.dumps("granted|\x1b[5m") + ": x}\n  condition: a\n",
            encoding="utf-8",
        )
        hunt = ["hunt", folder, "--kinds", DOOR / "kinds", "--rules", folder / "rule.yml", "-o", folder / "case"]
        shown = on_terminal(hunt, TERM="dumb")
        assert b"NOT READ" in shown and b"NOT LOADED" in shown and b"FOUND: 1 finding" in shown, shown
        assert not OBEYED.search(shown), shown
        assert b"owned" in shown, "the text itself must be there"
        names = [evil, "--" + evil, "-" + evil, "--level=" + evil]
        for words in (*(["hunt", name, "--rules", folder] for name in names), [evil], ["help", evil], ["show", evil, 1], ["show", folder, evil]):
            shown = on_terminal(words, TERM="dumb")
            assert b"longwatch: " in shown and not OBEYED.search(shown), f"{words}: {shown}"
        for words in (["show", folder / "case", 1], ["rules", "check", folder / "rule.yml"]):
            shown = on_terminal(words, TERM="dumb")
            assert not OBEYED.search(shown.replace(b"\r", b"")), f"{words}: {shown}"
            assert b"owned" in shown or b"loaded" in shown, shown
        raw = subprocess.run([BINARY, "show", folder / "case", "1"], capture_output=True, check=False).stdout
        assert "\u009b31m".encode() in raw, "a file gets the record as it is"
        # A field that no event of the log source can have.
        (folder / "kinds").mkdir()
        (folder / "kinds/gate.yml").write_text("format: acme/gate\ntemplates:\n  - 'gate: {user} passed'\n---\nkind: acme/gate\ntitle: Gate\n"
                                         "when: {format: acme/gate}\nlogsources:\n  - {product: acme, service: gate}\n", encoding="utf-8")  # fmt: skip
        (folder / "shut.yml").write_text("title: x\nlogsource: {product: acme, service: gate}\ndetection:\n  a: {" + json.dumps(evil) + ": x}\n  condition: a\n",
                                         encoding="utf-8")  # fmt: skip
        for more in ([], ["--coverage"]):
            shown = on_terminal(["rules", "check", folder / "shut.yml", "--kinds", folder / "kinds", *more], TERM="dumb")
            assert b"owned" in shown and not OBEYED.search(shown.replace(b"\r", b"")), f"{more}: {shown}"
        # A case may come from anybody, and each of its texts be anything.
        database = sqlite3.connect(folder / "case/case.db")
        for column in ("sha256", "reader", "not_read", "zone"):
            database.execute(f"UPDATE custody SET {column} = ?", (evil + column,))
        database.execute("UPDATE custody SET assumed = 1")
        database.execute("UPDATE custody SET not_read = '' WHERE path LIKE '%.jsonl'")
        database.execute("INSERT INTO custody SELECT 'box', sha256, 1, '', ?, '', 0,0,0,0,0,0,NULL,NULL,0,0,0,0,0,'',0,0,0,0,0,0,0 FROM custody LIMIT 1", (evil + "container",))
        database.commit()
        database.close()
        shown = on_terminal(["ledger", folder / "case"], TERM="dumb")
        assert not OBEYED.search(shown.replace(b"\r", b"")), shown
        for column in (b"sha256", b"reader", b"container", b"not_read", b"zone"):
            assert re.search(rb"owned[^\n]*" + column, shown), f"{column}: {shown}"


def findings_and_progress_share_a_terminal():
    """Each finding is a line of its own, whole, with the progress wiped before it."""
    with tempfile.TemporaryDirectory() as folder:
        hunt = ["hunt", folder, "--rules", SOURCE / "data/rules", "--threads", "1", "--json", "--level", "critical"]
        files = enough_to_watch(folder, hunt)
        shown = on_terminal(hunt, TERM="xterm")
        assert b" %" in shown, "no progress"
        found = [line for line in re.sub(rb"\r\x1b\[K[^\r\n]*(?=\r\x1b\[K)|\r\x1b\[K", b"", shown).splitlines() if b'"finding"' in line]
        assert len(found) == files * TIMES, len(found)
        for line in found:
            json.loads(line)


def what_cannot_be_printed_is_told():
    with tempfile.TemporaryDirectory() as folder:
        case = pathlib.Path(folder) / "case"
        subprocess.run([BINARY, *map(str, HUNT), "-qo", case], check=False)
        for words in (["--help"], ["--version"], ["help", "man", "hunt"], ["help", "completion", "zsh"], ["kinds"], ["kinds", "--json"],
                      ["rules", "check", DOOR / "rules"], ["show", case, 1], ["show", case, 1, "--json"], HUNT, [*HUNT, "--json"]):  # fmt: skip
            with open("/dev/full", "wb") as full:
                done = subprocess.run([BINARY, *map(str, words)], stdout=full, stderr=subprocess.PIPE, check=False)
            assert done.returncode == 4 and b"No space left" in done.stderr, f"{words}: {done.returncode} {done.stderr}"


def the_picture_is_of_this_program():
    for name in ("hunt", "mail", "intel"):
        made = subprocess.run([sys.executable, SOURCE / "docs/picture.py", name], capture_output=True, text=True, check=True).stdout
        assert made == (SOURCE / f"docs/{name}.svg").read_text(encoding="utf-8"), f"make it anew: docs/picture.py {name} >docs/{name}.svg"


def main():
    terminals.needed()
    passed = failed = 0
    for test in (
        colour_where_it_is_wanted, colour_changes_no_text, lines_fit, progress_only_for_a_watcher, nothing_hidden_reaches_the_terminal,
        findings_and_progress_share_a_terminal, what_cannot_be_printed_is_told, the_picture_is_of_this_program,
    ):  # fmt: skip
        try:
            test()
            passed += 1
        except AssertionError as error:
            failed += 1
            print(f"{test.__name__}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
