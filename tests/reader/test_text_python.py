#!/usr/bin/env python3
"""test_text_python: heads of syslog lines against regular expressions written from RFC 3164, RFC 5424 and what is known of
those who do not keep to them; on heads put together at random, on the shared data, and on loghub's own columns."""
import csv
import glob
import gzip
import io
import os
import random
import re
import subprocess
import sys
import tempfile

BUILD = os.environ.get("LONGWATCH_BUILD", "build")
PRINTER = os.path.join(BUILD, "tests", "reader_test_text")
SOURCE = os.environ.get("LONGWATCH_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
SHARED = os.environ.get("LONGWATCH_SHARED", os.path.join(SOURCE, "..", "shared"))
OWN = ("timestamp", "host", "program", "module", "pid", "msgid", "repeated", "message")

MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
OLD = MONTH + r" {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?"
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?"
LEVEL = "EMERG|ALERT|CRIT|ERR|ERROR|WARNING|NOTICE|INFO|DEBUG"
TAG = r"(?P<program>[^\s:\[\]()'`]{1,64})(?:\((?P<module>[^():\s]*)\))?(?:\[(?P<pid>[^\]\s]+)\])?:(?= |$)"
COLUMNS = r"\S{1,16} \d{10} \d{4}\.\d\d\.\d\d \S+ "

NEW = re.compile(rf"<\d+>1 (?P<timestamp>{ISO}|-) (?P<host>\S+) (?P<program>\S+) (?P<pid>\S+) (?P<msgid>\S+) "
                 r'(?:-|(?:\[[^\s\]="]+(?: [^\s\]="]+="(?:[^"\\]|\\.)*")*\])+)(?: +(?P<message>.*))?$', re.S)
SHAPES = [
    NEW,
    re.compile(rf"(?P<timestamp>{ISO}) (?:{LEVEL}) {TAG} *(?P<message>.*)$", re.S),
    re.compile(rf"(?:<\d+>)?(?:{COLUMNS})?(?P<timestamp>{OLD}|{ISO}) +{TAG} *(?P<message>.*)$", re.S),
    re.compile(rf"(?:<\d+>)?(?:{COLUMNS})?(?P<timestamp>{OLD}|{ISO}) +(?P<host>[^\s:]+) {TAG} *(?P<message>.*)$", re.S),
    re.compile(rf"(?P<timestamp>{OLD}): +(?P<message>.*)$", re.S),
    re.compile(rf"(?:<\d+>)?(?:{COLUMNS})?(?P<timestamp>{OLD}|{ISO}) +(?P<host>\S+) +(?P<message>.*)$", re.S),
]
BEGINS = re.compile(rf"(?:<\d+>)?(?:1 )?(?:{COLUMNS})?(?:{OLD}|{ISO})")
AMID = re.compile(rf"(?=<\d{{1,3}}>(?:1 )?(?:{OLD}|{ISO}))")


def unquoted(s):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), s).decode("utf-8", "replace")


def records_of(data):
    """What the reader says: a dictionary of its own fields for each record."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(data)
        f.flush()
        out = subprocess.run([PRINTER, "--print", f.name], stdout=subprocess.PIPE, check=True).stdout
    records = []
    for line in out.split(b"\n")[:-1]:
        name, kind, value = line.split(b"\t")
        if name == b"record":
            records.append({})
        elif unquoted(name) in OWN and kind == b"t":
            records[-1].setdefault(unquoted(name), unquoted(value))
        assert name != b"damage", line
    return records


def split(text):
    """Records as the documentation says: by priorities wherever they stand, or by heads at the beginning of lines."""
    lines = text.replace("\r\n", "\n").rstrip("\n")
    if lines.startswith("<"):
        return [r.rstrip("\n") for r in AMID.split(lines) if r]
    records = []
    for line in lines.split("\n"):
        if records and not BEGINS.match(line):
            records[-1] += "\n" + line
        else:
            records.append(line)
    return records


def expected(record):
    for shape in SHAPES:
        m = shape.match(record)
        if not m:
            continue
        want = {k: v for k, v in m.groupdict().items() if v and not (shape is NEW and v == "-")}
        repeated = re.match(r"message repeated (\d+) times: \[(.*)\]$", want.get("message", ""), re.S)
        if repeated:
            want["repeated"], want["message"] = repeated[1], repeated[2].strip()
        return want
    return {"message": record}


def compare(data, what):
    got, records = records_of(data), split(data.decode("utf-8", "replace"))
    assert len(got) == len(records), f"{what}: {len(got)} records instead of {len(records)}"
    for record, one in zip(records, got):
        want = expected(record)
        assert one == want, f"{what}: {record!r}\n{one}\n{want}"
    return len(records)


def random_heads():
    """What is put together is what must come out; the expressions are told by it, too."""
    r = random.Random(3164)
    count = 0
    for _ in range(60):
        form = r.choice(("old", "priority", "iso", "new", "level", "columns"))
        truth, lines = [], []
        for _ in range(80):
            old = f"{r.choice(('Jan', 'May', 'Dec'))} {r.randrange(1, 32):2} {r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}"
            iso = f"{r.randrange(1999, 2030)}-0{r.randrange(1, 10)}-1{r.randrange(10)}T1{r.randrange(10)}:00:5{r.randrange(10)}" \
                + r.choice(("", ".5", ".123456")) + r.choice(("Z", "+02:00", "-0700", "+00:00"))
            one = {"timestamp": old if form in ("old", "priority", "columns") else iso}
            if form != "level":
                one["host"] = r.choice(("h", "web-1.example.org", "10.0.0.1", "böcher", "h/h"))
            one["program"] = r.choice(("sshd", "CRON", "postfix/smtpd", "systemd-logind", "/sbin/x", "a.b_c", "ä"))
            if form != "new" and r.random() < 0.2:
                one["module"] = r.choice(("pam_unix", "root"))
            if r.random() < 0.7:
                one["pid"] = str(r.randrange(1, 70000))
            message = r.choice(("x", "a: b", "Failed password for a from 1.2.3.4 port 5", "[1.5] k=v", "é € <14> x", "a\n\tb", "x [y]"))
            one["message"] = message
            tag = one["program"] + (f"({one['module']})" if "module" in one else "") + (f"[{one['pid']}]" if "pid" in one else "") + ":"
            if form == "new":
                if r.random() < 0.5:
                    one["msgid"] = r.choice(("ID47", "x"))
                data = r.choice(("-", "[a@1 k=\"v\"]", "[a b=\"]\" c=\"\\\"\"][d]"))
                head = f"<{r.randrange(192)}>1 {iso} {one['host']} {one['program']} {one.get('pid', '-')} {one.get('msgid', '-')} {data} "
            else:
                head = {"priority": f"<{r.randrange(192)}>"}.get(form, "") \
                    + {"columns": f"- 1131566461 2005.11.09 {one.get('host')} "}.get(form, "") + one["timestamp"] + " " \
                    + (r.choice(LEVEL.split("|")) if form == "level" else one["host"]) + " " + tag + " "
            truth.append(one)
            lines.append(head + message)
        end = r.choice(("\n", "\r\n"))
        raw = form in ("priority", "new") and r.random() < 0.5
        got = records_of(("" if raw else end).join(line.replace("\n", end) for line in lines).encode())
        assert len(got) == len(truth), (form, len(got), len(truth))
        for line, one, want in zip(lines, got, truth):
            assert one == want, f"{form}: {line!r}\n{one}\n{want}"
            assert expected(line) == want, f"{form}: {line!r}\n{expected(line)}\n{want}"
            count += 1
    print(f"ok: {count} random heads, no difference")


def shared_data():
    paths = sorted(glob.glob(os.path.join(SHARED, "data", "linux", "plaso", "syslog_*")))
    if not paths:
        print("SKIP: no shared data (LONGWATCH_SHARED): heads were not compared on real logs")
        return
    records = 0
    for path in paths:
        with open(path, "rb") as f:
            records += compare(f.read(), os.path.basename(path))
    for name in ("OpenSSH_2k", "Thunderbird_2k"):
        base = os.path.join(SHARED, "data", "linux", "loghub", name + ".log")
        with gzip.open(base + ".gz") as f:
            data = f.read()
        records += compare(data, name)
        with gzip.open(base + "_structured.csv.gz") as f:
            rows = list(csv.DictReader(io.TextIOWrapper(f, "utf-8", newline="")))
        got = records_of(data)
        assert len(rows) == len(got) == 2000, (len(rows), len(got))
        for row, one in zip(rows, got):
            ssh = "Pid" in row
            assert one["host"] == row["Component" if ssh else "Location"], (row, one)
            assert one.get("pid", "") == row["Pid" if ssh else "PID"], (row, one)
            message, content = one.get("message", "").split(), row["Content"].split()
            if "repeated" in one:
                continue
            # Where loghub's authors saw a component in what is no tag (`- User ID:`), their content is the message's end.
            assert message == content or (message[len(message) - len(content):] == content and "program" not in one), (row, one)
    print(f"ok: {records} real records, no difference")


if not os.access(PRINTER, os.X_OK):
    print(f"SKIP: {PRINTER} is not built")
    sys.exit(77)
random_heads()
shared_data()
