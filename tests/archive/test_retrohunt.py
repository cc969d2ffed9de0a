#!/usr/bin/env python3
"""test_retrohunt: rules and indicators of today against an archive find what a hunt through the evidence itself finds, to the event: with and without
index, selection and memo, cold and warm, on any number of workers; and what is damaged is told and costs nothing but itself."""

import collections
import contextlib
import datetime
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
from evidence import BINARY, SHARED, SOURCE, lines, rules as burst_rules, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"
# Folders of the shared data, and findings that there must be, or nothing was compared. The sanitized program, some ten times slower, is given a few of them.
SETS = (("cdr", 5), ("vendor-logs", 50), ("web", 100), ("cloud", 100), ("linux", 100), ("m365", 100), ("mail", 50), ("windows-json", 1000), ("evtx", 1000), ("zeek", 500))  # fmt: skip
CHECKED = bool(os.environ.get("LONGWATCH_CHECKED"))
# In the words of the command: neither may change an answer.
WAYS = (
    ["--no-memo"],
    ["--no-memo", "--threads", "1"],
    ["--no-memo", "--threads", "2"],
    ["--no-memo", "--no-index"],
    ["--no-memo", "--no-select"],
    ["--no-memo", "--no-index", "--no-select"],
    ["--no-memo", "--memory", "64M"],
)
SOME_WAYS = (["--no-memo"], ["--no-memo", "--threads", "1", "--no-index", "--no-select"])


CACHE = None  # of compiled rules


@contextlib.contextmanager
def rules_are_cached():
    """Where many are asked again and again."""
    global CACHE
    with tempfile.TemporaryDirectory() as CACHE:
        try:
            yield
        finally:
            CACHE = None


def longwatch(*words, status=(0, 1, 3)):
    environment = {**os.environ, "LONGWATCH_CACHE": str(CACHE or "off")}
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False, env=environment)
    assert done.returncode in status, (words, done.returncode, done.stderr[-2000:])
    return done


def lies_in(path, files):
    return any(path[:at] in files for at in range(1, len(path) + 1) if at == len(path) or path[at] == "!")


def copies(paths):
    """Files whose bytes an earlier one has, in the order of their paths: an archive keeps the first."""
    seen, found = {}, set()
    for name in sorted(os.path.join(at, name) for path in paths for at, _, names in os.walk(path) for name in names):
        data = pathlib.Path(name).read_bytes() if not os.path.islink(name) else None
        if data and seen.setdefault(data, name) != name:
            found.add(name)
    return found


def findings(done, without=()):
    """What was found, without the number that it got."""
    found = []
    for line in done.stdout.splitlines():
        finding = json.loads(line)
        finding.pop("finding", None)
        finding.pop("number", None)
        if not lies_in(finding.get("evidence_path", ""), without):
            found.append(json.dumps(finding, sort_keys=True))
    return sorted(found)


def fresh(paths, words, status=(0, 1, 3)):
    return findings(longwatch("hunt", *paths, *words, "--json", "--salvaged", "--quiet", status=status), copies(paths))


def retro(archive, words, status=(0, 1, 3)):
    return longwatch("retrohunt", archive, *words, "--json", "--salvaged", status=status)


def read(done):
    """Of the summary: records read, segments read, and how many were passed over, by why."""
    told = " ".join(done.stderr.decode().split())
    found = re.search(r"Read: ([\d,]+) of them in ([\d,]+) segments?(?:; passed over: ([^;]*))?; [\d.]+ s", told)
    assert found, told
    over = {why: int(n.replace(",", "")) for n, why in (each.split(" ", 1) for each in (found[3] or "").split(", ") if each)}
    return int(found[1].replace(",", "")), int(found[2].replace(",", "")), over


def differ(got, wanted):
    return len(got), len(wanted), sorted(set(got) ^ set(wanted))[:2]


def same(paths, words, folder, ways=WAYS):
    """All ways, a memo that is made and one that is used. How many findings."""
    archive = folder / "archive"
    if not archive.exists():
        longwatch("archive", "add", archive, *paths)
    wanted = fresh(paths, words)
    # In the order of a hunt through the archive, and with its numbers.
    out = longwatch("hunt", archive, *words, "--json", "--salvaged", "--quiet").stdout
    for way in ways:
        done = retro(archive, [*words, *way])
        assert findings(done) == wanted, (way, differ(findings(done), wanted))
        assert out == done.stdout, (way, "another order")
    memo = folder / "memo"
    for turn in ("cold", "warm", "warm and whole"):
        done = retro(archive, [*words, "--memo", memo, *(["--no-select", "--threads", "1"] if turn == "warm and whole" else [])])
        assert done.stdout == out, (turn, differ(findings(done), wanted))
    return len(wanted)


def samples(folder):
    """Without the indicators: beside the evidence a hunt passes over them, in an archive they are evidence."""
    shutil.copytree(SAMPLES, folder / "samples", ignore=shutil.ignore_patterns("indicators.json"))
    return folder / "samples"


def same_as_the_samples():
    cases = [
        ("rules", ["--rules", SOURCE / "data/rules"], 30),
        ("indicators", ["--intel", SAMPLES / "indicators.json"], 50),
        ("both", ["--rules", SOURCE / "data/rules", "--intel", SAMPLES / "indicators.json"], 80),
        ("grave ones", ["--rules", SOURCE / "data/rules", "--level", "high"], 10),
        ("a time", ["--rules", SOURCE / "data/rules", "--from", "2021-03-16T05:45:00Z", "--to", "2021-03-16T06:30:00Z"], 3),
        ("another zone", ["--rules", SOURCE / "data/rules", "--zone", "Europe/Berlin"], 30),
    ]
    with tempfile.TemporaryDirectory() as name:
        evidence = samples(pathlib.Path(name))
        for what, words, least in cases:
            got = same([evidence], words, pathlib.Path(name))
            assert got >= least, (what, got)


NAMED = (
    rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])",
    rb"https?://[\w.-]+\.[a-z]{2,6}/[\w/.?=-]*",
    rb"(?<![\w.@-])(?:[a-z\d-]+\.)+(?:com|net|org|io|local)(?![\w.-])",
    rb"[\w.-]+@(?:[a-z\d-]+\.)+[a-z]{2,6}(?![\w.-])",
    rb"(?<![\da-f])(?:[\da-f]{64}|[\da-f]{40}|[\da-f]{32})(?![\da-f])",
    rb"(?<![\w.])[\w-]{4,20}\.(?:exe|dll|php|aspx|ps1)(?![\w.])",
    rb"\+\d{9,14}(?!\d)",
)


def drawn(evidence, out):
    """Of the addresses, names and numbers that stand in the evidence some that are rare, as a list of indicators: of few formats anything public is known."""
    text = b""
    for path in sorted(evidence.rglob("*")):
        if path.is_file() and path.suffix != ".zst":
            with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
                text += file.read(10000).replace(b"\0", b"") + b"\n"
    lines = []
    for pattern in NAMED:
        count = collections.Counter(re.findall(pattern, text))
        rare = sorted(value for value, n in count.items() if n < 20 and not value.startswith(b"0"))
        lines += rare[:: max(1, len(rare) // 12)][:12]
    out.write_bytes(b"\n".join(lines) + b"\n")
    return out


def same_as_every_format():
    if not (SHARED / "data").is_dir():
        print("SKIP same_as_every_format: the shared data are not there")
        return
    public = sorted((SHARED / "data/sigma").glob("rules/web" if CHECKED else "rules*"))
    words = ["--intel", SHARED / "data/intel/apt31-sekoia-2021-11-10.csv", *(word for each in (SOURCE / "data/rules", *public) for word in ("--rules", each))]
    with rules_are_cached():
        for each, least in SETS[: 3 if CHECKED else None]:
            with tempfile.TemporaryDirectory() as name:
                folder, evidence = pathlib.Path(name), SHARED / "data" / each
                more = ["--intel", drawn(evidence, folder / "drawn.txt")]
                got = same([evidence], [*words, *more], folder, SOME_WAYS[CHECKED:])
                assert got >= least, (each, got)


TEXTS = """{
  "type": "bundle", "id": "bundle--6f1c7c52-58a1-4c55-9a43-0d5d3b0c7a77",
  "objects": [%s]
}"""


def pattern(number, text):
    return json.dumps(
        {
            "type": "indicator", "spec_version": "2.1", "id": f"indicator--2f9a54ab-3c54-4d5e-9a0b-0c7f2f6f1e{number:02}",
            "created": "2021-09-20T08:00:00.000Z", "modified": "2021-09-20T08:00:00.000Z", "pattern_type": "stix", "pattern": text,
            "valid_from": "2021-01-01T00:00:00Z", "name": f"pattern {number}",
        }
    )  # fmt: skip


def same_for_patterns():
    """Patterns of one event and of several, of which no index tells."""
    patterns = [
        "[process:command_line LIKE '%tool7.exe%']",
        "[process:command_line MATCHES 'tool1[0-3]\\\\.exe --n [0-9]+5$']",
        "[process:command_line LIKE '%tool8.exe --n 8'] FOLLOWEDBY [process:command_line LIKE '%tool9.exe --n 9']",
        "[process:command_line LIKE '%tool11.exe%' AND process:command_line NOT LIKE '%--n 11']",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "evidence").mkdir()
        (folder / "evidence/log.jsonl").write_bytes(lines(3000))
        (folder / "patterns.json").write_text(TEXTS % ",".join(pattern(n, text) for n, text in enumerate(patterns)))
        got = same([folder / "evidence"], ["--intel", folder / "patterns.json", "--rules", burst_rules(folder / "rules")], folder)
        assert got > 60, got
        # What was learned while a time was asked for is no less than what there is.
        words = ["--intel", folder / "patterns.json"]
        wanted = fresh([folder / "evidence"], words)
        few = findings(retro(folder / "archive", [*words, "--memo", folder / "part", "--from", "2021-03-01T00:40:00Z"]))
        assert 0 < len(few) < len(wanted), (len(few), len(wanted))
        assert findings(retro(folder / "archive", [*words, "--memo", folder / "part"])) == wanted


def same_for_values_that_no_index_keeps():
    """A file whose name is a number, a short serial number: the index tells of none of them, and rows are chosen for them all the same."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "evidence").mkdir()
        rows = [json.loads(line) for line in lines(200).splitlines()]
        rows[50]["Event"]["EventData"]["CommandLine"] = "C:\\work\\20241107 --go"
        (folder / "evidence/log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        attribute = {"uuid": "6f1c7c52-58a1-4c55-9a43-0d5d3b0c7a77", "type": "filename", "category": "Payload delivery", "value": "20241107", "to_ids": True}
        event = {"uuid": "5f1c7c52-58a1-4c55-9a43-0d5d3b0c7a77", "info": "numbers", "date": "2021-03-01", "timestamp": "1614556800", "Attribute": [attribute]}
        (folder / "numbers.json").write_text(json.dumps({"Event": event}))
        assert same([folder / "evidence"], ["--intel", folder / "numbers.json"], folder) == 1


IIS = """#Software: Microsoft Internet Information Services 10.0
#Date: 2021-%02d-05 10:00:00
#Fields: date time s-ip cs-method cs-host cs-uri-stem cs-uri-query s-port c-ip cs(User-Agent) sc-status
2021-%02d-05 10:00:00 10.0.0.7 GET %s %s 80 198.51.100.9 Mozilla/5.0 200
"""
ZEEK = "#separator \\x09\n#path\thttp\n#fields\tts\tuid\tmethod\thost\turi\n#types\ttime\tstring\tstring\tstring\tstring\n%d.0\tC1\tGET\t%s\t%s\n"


def same_for_urls_in_parts():
    """Host, path and query stand in fields of their own. A path of one byte is in no index, and one that seems to be cut is there without its end."""
    cases = [
        ("http://a.example/?id=5", "a.example", "/ id=5"),
        ("http://b.example/", "b.example", "/ -"),
        ("http://c.example/c?id=5", "c.example", "/c id=5"),
        ("http://d.example/d%25?id=5", "d.example", "/d% id=5"),
        ("http://e.example/e...?id=5", "e.example", "/e... id=5"),
        ("http://f.example:8080/?id=5", "f.example:8080", "/ id=5"),
        ("http://g.example/?id=5", "g.example", None),
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "evidence").mkdir()
        (folder / "urls.txt").write_text("".join(url + "\n" for url, _, _ in cases))
        for month, (_, host, path) in enumerate(cases, 1):  # a segment of its own each
            log = IIS % (month, month, host, path) if path else ZEEK % (1609754400 + month * 2592000, host, "/?id=5")
            (folder / "evidence" / f"{month}.log").write_text(log)
        got = same([folder / "evidence"], ["--intel", folder / "urls.txt"], folder, SOME_WAYS)
        assert got == len(cases), got


def a_repeated_hunt_costs_what_was_found():
    """And a second advisory what is new in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence, archive, memo = folder / "evidence", folder / "archive", folder / "memo"
        evidence.mkdir()
        (evidence / "log.jsonl").write_bytes(lines(30000))
        longwatch("archive", "add", archive, evidence)
        rules = burst_rules(folder / "rules")
        words = ["--rules", rules, "--memo", memo]
        cold, warm = retro(archive, words), retro(archive, words)
        asked, marked = 30000 // 700, 30000 // 1000 - 30000 // 7000
        assert cold.stdout == warm.stdout and len(findings(cold)) > marked
        assert read(warm)[0] == marked + asked, read(warm)
        # A rule that nothing is found by, and one that asks the same as an old one under another name.
        more = folder / "more"
        more.mkdir()
        (more / "none.yml").write_text(
            "title: None\nlogsource: {product: windows, category: process_creation}\n"
            "detection: {s: {CommandLine|contains: 'not-in-any-event'}, condition: s}\n"
        )
        text = (rules / "marked.yml").read_text()
        (more / "again.yml").write_text(re.sub(r"(?m)^(id|name):.*\n", "", text).replace("Marked command", "Marked again").replace("high", "low"))
        first = retro(archive, ["--rules", more, "--memo", memo])
        assert findings(first) == fresh([evidence], ["--rules", more]) and len(findings(first)) == marked
        second = retro(archive, ["--rules", more, "--memo", memo])
        assert second.stdout == first.stdout and read(second)[0] == marked, read(second)
        assert read(retro(archive, ["--rules", more / "again.yml", "--memo", memo]))[0] == marked, "the same question was asked again"
        none = retro(archive, ["--rules", more / "none.yml", "--memo", memo])
        assert read(none)[:2] == (0, 0) and none.returncode == 0, (read(none), none.returncode)
        assert b"1 had data" in none.stderr and b"NO DATA" not in none.stderr, none.stderr
        # Neither title nor level are asked; a filter is.
        (more / "filter.yml").write_text(
            "title: Not those\nlogsource: {product: windows, category: process_creation}\n"
            "filter: {rules: any, s: {CommandLine|contains: 'tool5'}, condition: not s}\n"
        )
        assert findings(retro(archive, ["--rules", more, "--memo", memo])) == fresh([evidence], ["--rules", more])


def no_indicator_is_looked_for_where_the_index_has_none():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence = samples(folder)
        longwatch("archive", "add", folder / "archive", evidence)
        (folder / "none.txt").write_text("203.0.113.250\nnot-there.example\n" + "0" * 63 + "1\n")
        done = retro(folder / "archive", ["--intel", folder / "none.txt", "--no-memo"])
        assert not findings(done) and read(done)[:2] == (0, 0) and read(done)[2]["by the index"] > 0, read(done)
        assert read(retro(folder / "archive", ["--intel", folder / "none.txt", "--no-memo", "--no-index"]))[0] > 0
        # Damaged, it rules nothing out.
        for file in (folder / "archive/index").iterdir():
            torn = bytearray(file.read_bytes())
            torn[len(torn) // 2] ^= 0x55
            torn[-40] ^= 0x55
            file.write_bytes(torn)
        words = ["--intel", SAMPLES / "indicators.json", "--no-memo"]
        done = retro(folder / "archive", words)
        assert findings(done) == fresh([evidence], words[:2]) and b"Index: a part could not be read" in done.stderr, done.stderr
        shutil.rmtree(folder / "archive/index")
        (folder / "archive/index").mkdir()
        assert findings(retro(folder / "archive", words)) == fresh([evidence], words[:2])


KIND = """
kind: acme/gate
title: Gate, which says its time twice
when: {gate: {present: true}, who: {present: true}}
time: at
witness: utc
logsources: [{product: acme}]
roles: {host: site, account: who}
---
kind: acme/door
title: Door, by the clock of the gate
when: {door: {present: true}, who: {present: true}}
time: at
logsources: [{product: acme}]
roles: {host: site, account: who}
"""
RULES = """
title: Marked
name: marked
level: high
logsource: {product: acme}
detection: {selection: {mark: 'yes'}, condition: selection}
---
title: Twice
level: critical
correlation: {type: event_count, rules: [marked], group-by: [who], timespan: 10m, condition: {gte: 2}, generate: true}
"""


def acme(folder):
    for what, text in (("kinds", KIND), ("rules", RULES)):
        (folder / what).mkdir()
        (folder / what / "all.yml").write_text(text)
    (folder / "evidence").mkdir()


def stamp(minutes, start="2021-03-14"):
    return (datetime.datetime.fromisoformat(start) + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def kinds_of_today():
    """What was of no kind when it was added is of one now; the memo of the kinds before counts for nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        acme(folder)
        evidence, archive, memo = folder / "evidence", folder / "archive", folder / "memo"
        records = [{"door": 1, "who": "w", "site": "s", "at": stamp(n), **({"mark": "yes"} if n % 50 == 7 else {})} for n in range(500)]
        (evidence / "log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
        longwatch("archive", "add", archive, evidence)
        words = ["--rules", folder / "rules", "--memo", memo]
        without = retro(archive, words)
        assert not findings(without) and b"NO DATA" in without.stderr, without.stderr
        with_kinds = ["--rules", folder / "rules", "--kinds", folder / "kinds"]
        wanted = fresh([evidence], with_kinds)
        assert len(wanted) == 10, len(wanted)
        done = retro(archive, [*with_kinds, "--memo", memo])
        assert findings(done) == wanted and b"other kinds" in done.stderr, done.stderr
        assert findings(retro(archive, [*with_kinds, "--memo", memo])) == wanted
        # A time that only these kinds know: what the archive says of times is of others.
        timed = [*with_kinds, "--from", stamp(100), "--to", stamp(200)]
        assert findings(retro(archive, [*timed, "--no-memo"])) == fresh([evidence], timed) != wanted
        assert not findings(retro(archive, words)), "kinds of before were taken for those of now"


def clocks_are_put_right():
    """By all records of a file, those that are read for their time alone as well; within each month and across them."""
    cases = [("some hours in one month", 60, "2021-03-14"), ("across the end of a month", 60, "2021-03-31T23:30:00"), ("few in the second month", 32, "2021-03-31T23:30:00")]
    for what, count, start in cases:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            acme(folder)
            records = []
            for n in range(count):
                records.append({"gate": 1, "who": "w", "site": "s", "at": stamp(n, start), "utc": stamp(n + 300, start).rstrip("Z")})
                records.append({"door": 1, "who": "w", "site": "s", "at": stamp(n, start), **({"mark": "yes"} if n % 29 == 28 or n == count - 1 else {})})
            (folder / "evidence/log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
            longwatch("archive", "add", folder / "archive", folder / "evidence", "--kinds", folder / "kinds")
            words = ["--rules", folder / "rules", "--kinds", folder / "kinds"]
            assert all(json.loads(each)["time_zone"] == "corrected" for each in fresh([folder / "evidence"], words) if "time_zone" in each)
            assert same([folder / "evidence"], words, folder, SOME_WAYS) > 1, what
            # Near an end of the time that is asked for, put right and then left out, or taken in.
            (folder / "memo").rename(folder / "memo-1")
            for at in (310, 330):
                for end in ("--from", "--to"):
                    same([folder / "evidence"], [*words, end, stamp(at, start)], folder, WAYS[:1])


def times_that_were_not_asked_for():
    """Months apart: segments of another time are not read, undated records always."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        acme(folder)
        records = [{"door": 1, "who": "w", "site": "s", "at": stamp(n * 1440), "mark": "yes"} for n in range(400)]
        records += [{"door": 1, "who": "w", "site": "s", "at": "at some time", "mark": "yes"} for _ in range(3)]
        (folder / "evidence/log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
        longwatch("archive", "add", folder / "archive", folder / "evidence", "--kinds", folder / "kinds")
        words = ["--rules", folder / "rules", "--kinds", folder / "kinds", "--from", stamp(100 * 1440), "--to", stamp(110 * 1440)]
        assert same([folder / "evidence"], words, folder) >= 13
        done = retro(folder / "archive", [*words, "--no-memo"])
        assert read(done)[2]["of another time"] >= 11 and read(done)[1] <= 3, read(done)
        # In another zone, or by another year that none is later than, what the archive says of times may be wrong: nothing is passed over.
        for other in (["--zone", "Asia/Tokyo"], ["--latest", "2022-07-01"]):
            done = retro(folder / "archive", [*words, *other, "--no-memo"])
            assert "of another time" not in read(done)[2] and findings(done) == fresh([folder / "evidence"], [*words, *other])


def as_it_was():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, one, two = folder / "archive", folder / "one", folder / "two"
        one.mkdir()
        two.mkdir()
        (one / "log.jsonl").write_bytes(lines(3000))
        (two / "log.jsonl").write_bytes(lines(3000, 3001))
        words = ["--rules", burst_rules(folder / "rules")]
        longwatch("archive", "add", archive, one)
        before = json.loads(longwatch("archive", "info", archive, "--json").stdout)["snapshot"]
        longwatch("archive", "add", archive, two)
        for more in (["--no-memo"], ["--memo", folder / "memo"], ["--memo", folder / "memo"]):
            assert findings(retro(archive, [*words, *more, "--as-of", before])) == fresh([one], words)
            assert findings(retro(archive, [*words, *more])) == fresh([one, two], words)
        done = retro(archive, [*words, "--as-of", before + 999], status=(2,))
        assert b"snapshot" in done.stderr, done.stderr


def a_damaged_memo_is_begun_anew():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, memo = folder / "archive", folder / "memo"
        longwatch("archive", "add", archive, SAMPLES)
        words = ["--rules", SOURCE / "data/rules", "--memo", memo]
        wanted = findings(retro(archive, words))
        (file,) = memo.iterdir()
        whole = file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o600 and memo.stat().st_mode & 0o777 == 0o700
        damages = [("cut at %d" % at, whole[:at]) for at in (0, 7, 30, 60, len(whole) // 2, len(whole) - 1)]
        for at in range(0, len(whole), max(1, len(whole) // 12)):
            damages.append(("changed at %d" % at, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]))
        damages.append(("more behind it", whole + b"\0"))
        for what, data in damages:
            file.write_bytes(data)
            done = retro(archive, words)
            assert findings(done) == wanted, what
            assert b"begun anew" in done.stderr, (what, done.stderr)
        again = retro(archive, words)
        assert findings(again) == wanted and b"begun anew" not in again.stderr
        # One that others may write to is nobody's; it is replaced.
        file.chmod(0o666)
        assert findings(retro(archive, words)) == wanted and file.stat().st_mode & 0o777 == 0o600
        # Where it cannot be written that is told, and changes nothing.
        (folder / "file").write_text("no folder\n")
        done = retro(archive, [*words[:2], "--memo", folder / "file" / "memo"])
        assert findings(done) == wanted and b"could not be kept" in done.stderr, done.stderr


def a_memo_of_another_archive():
    """The same folder for two archives, of which one holds the same segments' bytes: each has its own file."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "evidence").mkdir()
        (folder / "evidence/log.jsonl").write_bytes(lines(2000))
        words = ["--rules", burst_rules(folder / "rules"), "--memo", folder / "memo"]
        for archive in ("a", "b"):
            longwatch("archive", "add", folder / archive, folder / "evidence")
            assert findings(retro(folder / archive, words)) == fresh([folder / "evidence"], words[:2])
        assert len(list((folder / "memo").iterdir())) == 2


def damage_is_told_and_the_rest_is_found():
    """Wherever a segment is damaged: what is found is found by a hunt over the archive as well, and what is not is told."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, memo = folder / "archive", folder / "memo"
        (folder / "evidence").mkdir()
        (folder / "evidence/log.jsonl").write_bytes(lines(20000))
        shutil.copytree(SAMPLES, folder / "evidence/samples")
        longwatch("archive", "add", archive, folder / "evidence")
        words = ["--rules", burst_rules(folder / "rules"), "--rules", SOURCE / "data/rules"]
        undamaged = findings(retro(archive, [*words, "--no-memo"]))
        segment = max((each for each in archive.glob("segments/*/*.lws")), key=lambda path: path.stat().st_size)
        whole, told = segment.read_bytes(), 0
        for twentieth in range(0, 20, 2):
            torn = bytearray(whole)
            torn[len(torn) * twentieth // 20] ^= 0x40
            segment.write_bytes(torn)
            shutil.rmtree(memo, ignore_errors=True)
            hunted = findings(longwatch("hunt", archive, *words, "--json", "--salvaged", "--quiet"))
            for way in (["--no-memo"], ["--no-memo", "--no-select"], ["--memo", memo]):
                done = retro(archive, [*words, *way])
                got = findings(done)
                plain = [each for each in got if '"events"' not in each]
                assert set(each for each in hunted if '"events"' not in each) <= set(plain) <= set(undamaged), (twentieth, way, differ(got, hunted))
                if got != undamaged:
                    told += 1
                    assert done.returncode == 3 and segment.name.encode() in done.stderr, (twentieth, way, done.stderr)
            segment.write_bytes(whole)
            assert findings(retro(archive, [*words, "--memo", memo])) == undamaged, (twentieth, "something wrong was remembered")
        assert told, "nothing was damaged that matters"
        segment.unlink()
        done = retro(archive, [*words, "--no-memo"], status=(3,))
        assert segment.name.encode() in done.stderr, done.stderr


def behaviours_as_a_hunt_tells_them():
    """Of evidence without mail, of whose campaigns only a hunt tells."""

    def incidents(text):
        return text.decode().partition("INCIDENTS: ")[2].splitlines()

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence = folder / "evidence"
        evidence.mkdir()
        for each in ("intrusion.jsonl", "mailbox.jsonl", "proxy.log"):
            shutil.copy(SAMPLES / each, evidence)
        longwatch("archive", "add", folder / "archive", evidence)
        words = ["--rules", SOURCE / "data/rules"]
        hunted = incidents(longwatch("hunt", evidence, *words).stdout)
        assert len(hunted) > 4, hunted
        for more in (["--no-memo"], ["--memo", folder / "memo"], ["--memo", folder / "memo"]):
            done = longwatch("retrohunt", folder / "archive", *words, *more, "--behaviours")
            assert incidents(done.stdout)[: len(hunted)] == hunted, (done.stdout, hunted)
            assert b"were not asked again" not in done.stdout
        assert b"Behaviours and incidents were not asked again" in longwatch("retrohunt", folder / "archive", *words, "--no-memo").stdout


def what_came_after():
    """As a hunt through what was added since, also with indicators; what is remembered of the rest stays; what was compacted since comes again."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, one, two, memo = folder / "archive", folder / "one", folder / "two", folder / "memo"
        one.mkdir()
        two.mkdir()
        (one / "log.jsonl").write_bytes(lines(3000))
        for sample in ("intrusion.jsonl", "mailbox.jsonl", "proxy.log"):
            shutil.copy(SAMPLES / sample, two)
        shutil.copy(SAMPLES / "intrusion.jsonl", one)  # known by then: it is not hunted again
        words = ["--rules", SOURCE / "data/rules", "--rules", burst_rules(folder / "rules"), "--intel", SAMPLES / "indicators.json"]
        longwatch("archive", "add", archive, one)
        before = json.loads(longwatch("archive", "info", archive, "--json").stdout)["snapshot"]
        known = fresh([one], words)
        retro(archive, [*words, "--memo", memo])
        added = json.loads(longwatch("archive", "add", archive, two, "--json").stdout)["snapshot"]
        os.unlink(two / "intrusion.jsonl")
        wanted = fresh([two], words)
        assert known and wanted and not set(known) & set(wanted)
        for more in (["--no-memo"], ["--no-memo", "--no-index", "--no-select"], ["--memo", memo], ["--memo", memo, "--as-of", added]):
            assert findings(retro(archive, [*words, *more, "--after", before])) == wanted, more
        done = retro(archive, [*words, "--memo", memo, "--no-select"])
        assert findings(done) == sorted(known + wanted), differ(findings(done), sorted(known + wanted))
        assert read(done)[0] < 1000, ("what was remembered of the rest is forgotten", read(done))
        done = retro(archive, [*words, "--no-memo", "--after", added], status=(0,))
        assert findings(done) == [] and f"only what was added after snapshot {added}".encode() in b" ".join(done.stderr.split()), done.stderr
        done = retro(archive, [*words, "--after", added + 1], status=(2,))
        assert b"there is no snapshot" in done.stderr, done.stderr
        retro(archive, [*words, "--as-of", before, "--after", added], status=(2,))
        longwatch("archive", "compact", archive)
        assert set(wanted) <= set(findings(retro(archive, [*words, "--no-memo", "--after", before])))


def statuses_and_wrong_use():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "evidence").mkdir()
        (folder / "evidence/log.jsonl").write_bytes(lines(1500))
        longwatch("archive", "add", folder / "archive", folder / "evidence")
        rules = burst_rules(folder / "rules")
        (folder / "none.txt").write_text("203.0.113.250\n")
        (folder / "empty").mkdir()
        cases = [
            (["--rules", rules], 1),
            (["--rules", rules, "--level", "critical", "--to", "2021-03-01T00:00:10Z"], 0),
            (["--intel", folder / "none.txt"], 0),
            ([], 2),
            (["--rules", folder / "not-there"], 2),
            (["--intel", folder / "not-there"], 2),
            (["--rules", rules, "--yara", rules], 2),
            (["--rules", rules, "--persons", rules], 2),
            (["--rules", rules, "--own-domain", "example.org"], 2),
            (["--rules", rules, "--from", "2024-01-01", "--to", "2023-01-01"], 2),
            (["--rules", rules, "--as-of", "0"], 2),
        ]
        for words, status in cases:
            done = longwatch("retrohunt", folder / "archive", *words, "--no-memo", status=(status,))
            assert done.stdout if status < 2 else done.stderr and not done.stdout, (words, done)
        for archive in (folder / "empty", folder / "not-there", folder / "evidence/log.jsonl"):
            done = longwatch("retrohunt", archive, "--rules", rules, status=(2,))
            assert done.stderr and not done.stdout, archive


if __name__ == "__main__":
    run([same_as_the_samples, same_as_every_format, same_for_patterns, same_for_values_that_no_index_keeps, same_for_urls_in_parts, a_repeated_hunt_costs_what_was_found, no_indicator_is_looked_for_where_the_index_has_none, kinds_of_today, clocks_are_put_right, times_that_were_not_asked_for, as_it_was, what_came_after, a_damaged_memo_is_begun_anew, a_memo_of_another_archive, damage_is_told_and_the_rest_is_found, behaviours_as_a_hunt_tells_them, statuses_and_wrong_use])  # fmt: skip
