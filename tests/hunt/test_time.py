#!/usr/bin/env python3
"""test_time: clocks that wrote local time as UTC are put right where that is sure, and left alone where it is not; zones and
years that no record says; all of it the same on any number of workers, in findings, correlations, listings and the ledger."""

import collections
import datetime
import io
import json
import os
import pathlib
import re
import subprocess
import tarfile
import tempfile
import zoneinfo

from evidence import BINARY, SHARED, run

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
---
kind: other/lamp
title: Another product with such a field
when: {lamp: {present: true}, who: {present: true}}
time: at
roles: {host: site}
"""
RULES = """
title: Marked
id: 6d1c7c3e-5555-4a53-9d51-6d5f2d3b1a01
name: marked
level: high
logsource: {product: acme}
detection: {selection: {mark: 'yes'}, condition: selection}
---
title: Twice
id: 6d1c7c3e-5555-4a53-9d51-6d5f2d3b1a02
level: critical
correlation: {type: event_count, rules: [marked], group-by: [who], timespan: 10m, condition: {gte: 2}, generate: true}
"""
HOUR, MINUTE = 3600, 60
NOON = datetime.datetime(2021, 3, 14, 12, tzinfo=datetime.timezone.utc)


def stamp(seconds, zone="Z"):
    return (NOON + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S") + zone


def gate(apart, number=0, site="s", zone="Z", **more):
    """A record whose clock says noon and some minutes, and whose witness is later by so many seconds."""
    return {"gate": 1, "who": "w", "site": site, "at": stamp(number * MINUTE, zone), "utc": stamp(number * MINUTE + apart, ""), **more}


def door(seconds=0, site="s", zone="Z", **more):
    return {"door": 1, "who": "w", "site": site, "at": stamp(seconds, zone), **more}


class Folder:
    """A folder with kinds and rules, evidence, and what the program makes of it."""

    def __init__(self, name):
        self.path = pathlib.Path(name)
        self.evidence = self.path / "evidence"
        self.evidence.mkdir()
        for folder, text in (("kinds", KIND), ("rules", RULES)):
            (self.path / folder).mkdir()
            (self.path / folder / "all.yml").write_text(text, encoding="utf-8")

    def put(self, name, records):
        (self.evidence / name).write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")

    def events(self, *options):
        done = subprocess.run([BINARY, "events", str(self.evidence), "--json", "--kinds", str(self.path / "kinds"), *options],
                              capture_output=True, check=True)  # fmt: skip
        return [json.loads(line) for line in done.stdout.splitlines()]

    def hunt(self, *options, threads=1):
        """Findings, lines of the ledger, the summary."""
        case = self.path / "case"
        done = subprocess.run([BINARY, "hunt", str(self.evidence), "--kinds", str(self.path / "kinds"), "--rules", str(self.path / "rules"),
                               "-o", str(case), "--force", "--threads", str(threads), *options], capture_output=True, check=False)  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        ledger = subprocess.run([BINARY, "ledger", str(case), "--json"], capture_output=True, check=True).stdout
        text = subprocess.run([BINARY, "ledger", str(case)], capture_output=True, check=True).stdout.decode()
        findings = (case / "findings.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in findings], [json.loads(line) for line in ledger.splitlines()], done.stdout.decode() + text


def in_folder(test):
    def wrapped():
        with tempfile.TemporaryDirectory() as name:
            test(Folder(name))

    wrapped.__name__ = test.__name__
    return wrapped


# Differences between the two times of a file's records, in seconds; what is to come of it, and what is added.
JUDGED = [
    ("twenty agree", [5 * HOUR] * 20, "corrected", 5 * HOUR),
    ("three are all there are", [5 * HOUR] * 3, "corrected", 5 * HOUR),
    ("two are too few", [5 * HOUR] * 2, "few", 0),
    ("one is too few", [5 * HOUR], "few", 0),
    ("west of Greenwich it is later, east earlier", [-2 * HOUR] * 20, "corrected", -2 * HOUR),
    ("India", [-5 * HOUR - 30 * MINUTE] * 5, "corrected", -5 * HOUR - 30 * MINUTE),
    ("Nepal", [-5 * HOUR - 45 * MINUTE] * 5, "corrected", -5 * HOUR - 45 * MINUTE),
    ("up to a minute beside it", [5 * HOUR - 60, 5 * HOUR, 5 * HOUR + 60], "corrected", 5 * HOUR),
    ("more than a minute beside it", [5 * HOUR + 61] * 30, "unsure", 0),
    ("ten minutes: no zone", [5 * HOUR + 10 * MINUTE] * 30, "unsure", 0),
    ("one of a hundred apart", [5 * HOUR] * 99 + [0], "corrected", 5 * HOUR),
    ("two of a hundred apart", [5 * HOUR] * 98 + [0] * 2, "unsure", 0),
    ("one of ninety-nine apart", [5 * HOUR] * 98 + [0], "unsure", 0),
    ("one of nineteen apart", [5 * HOUR] * 18 + [0], "unsure", 0),
    ("summer time began", [5 * HOUR] * 50 + [4 * HOUR] * 50, "unsure", 0),
    ("the widest zone", [14 * HOUR] * 20, "corrected", 14 * HOUR),
    ("wider than any zone", [14 * HOUR + 15 * MINUTE] * 20, "far", 14 * HOUR + 15 * MINUTE),
    ("a clock of twelve hours", [16 * HOUR] * 20, "far", 16 * HOUR),
    ("the widest zone, the other way", [-14 * HOUR] * 20, "corrected", -14 * HOUR),
    ("beyond two days", [49 * HOUR] * 20, "unsure", 0),
    ("years apart", [-400 * 24 * HOUR] * 20, "unsure", 0),
    ("sound", [0] * 20, "sound", 0),
    ("sound, written a moment later", [-59, 0, 3] * 10, "sound", 0),
    ("two that are sound", [0] * 2, "few", 0),
    ("written minutes later", [-120, -300, -420] * 10, "unsure", 0),
]  # fmt: skip


@in_folder
def what_is_sure_is_put_right(folder):
    for number, (name, apart, verdict, offset) in enumerate(JUDGED):
        plain = [door(0), door(0, zone=""), {**door(0), "at": "?"}, {"lamp": 1, **door(0), "door": None}]
        del plain[3]["door"]
        folder.put(f"{number:02}.jsonl", plain[:2] + [gate(seconds, i) for i, seconds in enumerate(apart)] + plain[2:])
    came = collections.defaultdict(list)
    for event in folder.events():
        came[pathlib.Path(event["evidence_path"]).name].append(event)
    _, ledger, _ = folder.hunt()
    for number, (name, apart, verdict, offset) in enumerate(JUDGED):
        file = f"{number:02}.jsonl"
        first, zoneless, *gates, unreadable, lamp = came[file]
        right = verdict == "corrected"
        for event, zone in ((first, "given"), (zoneless, "assumed"), (gates[0], "given")):
            want = (stamp(offset if right else 0), "corrected" if right else zone, event["fields"]["at"])
            assert (event["time"], event["zone"], event["time_text"]) == want, (name, event)
        assert unreadable["time"] is None and unreadable["zone"] is None, name
        assert (lamp["time"], lamp["zone"]) == (stamp(0), "given"), name  # another product's clock is another
        (clock,) = [line for line in ledger if line["line"] == "clock" and line["path"].endswith(file)]
        agree = max(collections.Counter(round(s / 900) for s in apart if abs(s - round(s / 900) * 900) <= 60 and abs(s) <= 48 * HOUR).values(),
                    default=0)  # fmt: skip
        want = {"verdict": verdict, "offset_s": offset, "claims": len(apart), "agree": agree, "least_s": min(apart), "most_s": max(apart),
                "host": "s", "field": "at", "events": len(apart) + 3}  # fmt: skip
        want["events"] -= 1  # what cannot be read is by no clock
        assert {key: clock[key] for key in want} == want, (name, clock)
        (line,) = [line for line in ledger if line["line"] == "file" and line["path"].endswith(file)]
        assert line["corrected"] == (len(apart) + 2 if right else 0), (name, line)
        assert line["zone_assumed"] == (0 if right else 1), (name, line)
        times = [0, (len(apart) - 1) * MINUTE]  # of gates and doors as written; the lamp's noon stays
        shifted = [second + (offset if right else 0) for second in times] + [0]
        assert (line["first"], line["last"]) == (stamp(min(shifted)), stamp(max(shifted))), (name, line)


@in_folder
def hosts_and_files_have_clocks_of_their_own(folder):
    wrong, sound = [gate(5 * HOUR, i, "a") for i in range(20)], [gate(0, i, "b") for i in range(20)]
    folder.put("1.jsonl", wrong + sound + [door(0, "a"), door(0, "b"), door(0, "c")])
    folder.put("2.jsonl", [door(0, "a")])
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, records in (("x.jsonl", [gate(-HOUR, i, "a") for i in range(20)]), ("y.jsonl", [gate(0, i, "a") for i in range(20)])):
            data = "".join(json.dumps(record) + "\n" for record in [*records, door(0, "a")]).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    (folder.evidence / "3.tar.gz").write_bytes(packed.getvalue())
    came = [(event["evidence_path"].rpartition("/")[2][:1] + event["evidence_path"][-7:], event["fields"]["site"], event["time"])
            for event in folder.events("--kind", "acme/door")]  # fmt: skip
    want = [("11.jsonl", "a", stamp(5 * HOUR)), ("11.jsonl", "b", stamp(0)), ("11.jsonl", "c", stamp(0)), ("22.jsonl", "a", stamp(0)),
            ("3x.jsonl", "a", stamp(-HOUR)), ("3y.jsonl", "a", stamp(0))]  # fmt: skip
    assert came == want, came
    _, ledger, text = folder.hunt()
    # Of the second file, which says no time twice, others know that this clock was wrong: told, and nothing changed. Of c nobody knows.
    (alone,) = [line for line in ledger if line["line"] == "clock" and line["verdict"] == "alone"]
    assert (alone["path"][-7:], alone["host"], alone["field"], alone["events"], alone["claims"]) == ("2.jsonl", "a", "at", 1, 0), alone
    assert (alone["offset_s"], alone["least_s"], alone["most_s"]) == (0, -HOUR, 5 * HOUR) and len(alone["sha256"]) == 64, alone
    assert "TIMES IN DOUBT" in text and "at was corrected by -1 h to +5 h in other files (a): left as it is" in text, text
    assert "1 event left as they are, perhaps wrong by -1 h to +5 h: by so much other files of this clock were corrected" in text, text
    assert "CLOCKS: 2 of 4 files wrote local time as UTC, and were corrected" in text, text
    assert "corrected by +5 h (a)" in text and "corrected by -1 h (a)" in text, text
    assert "at of a in " in text and "corrected by -1 h: local time was written as UTC, as 20 of 20 records" in text, text
    assert "at of b" not in text  # what is sound is for machines


@in_folder
def too_many_hosts(folder):
    """Of more than 1,000 clocks nothing is said, and of so many all."""
    folder.put("1.jsonl", [gate(5 * HOUR, 0, f"h{host}") for host in range(1001) for _ in range(3)])
    folder.put("2.jsonl", [gate(5 * HOUR, 0, f"h{host}") for host in range(1000) for _ in range(3)])
    _, ledger, text = folder.hunt()
    clocks = [(line["path"][-7:], line["verdict"]) for line in ledger if line["line"] == "clock"]
    assert clocks == [("1.jsonl", "many")] + [("2.jsonl", "corrected")] * 1000, clocks[:5]
    assert "more clocks than can be told apart" in text
    assert {(event["evidence_path"][-7:], event["time"]) for event in folder.events()} == {("1.jsonl", stamp(0)), ("2.jsonl", stamp(5 * HOUR))}
    # Files beyond a bound that others know to be wrong are not told one by one, but that there are more is told.
    folder.put("1.jsonl", [gate(5 * HOUR, 0, f"h{host}") for host in range(900) for _ in range(3)])
    for number in range(2, 76):
        folder.put(f"{number}.jsonl", [door(0, f"h{host}") for host in range(900)])
    _, ledger, text = folder.hunt()
    verdicts = collections.Counter(line["verdict"] for line in ledger if line["line"] == "clock")
    assert verdicts == {"corrected": 900, "alone": 65536, "many": 1}, verdicts
    assert "there are more files than are listed here" in text


@in_folder
def parts_of_a_file_are_one(folder):
    """The witnesses stand in the last part of a file that several workers read; what came before waits for them."""
    filler = "x" * 400
    folder.put("1.jsonl", [door(i, mark="yes" if i % 5000 == 0 else "no", filler=filler) for i in range(60000)] +
               [gate(-3 * HOUR, i % 60) for i in range(50)])  # fmt: skip
    folder.put("2.jsonl", [door(i * 5000 - 3 * HOUR, mark="yes") for i in range(12)])
    folder.put("3.jsonl", [gate(5 * HOUR if i % 2 else 0, i % 60, mark="yes") for i in range(60)])
    assert (folder.evidence / "1.jsonl").stat().st_size > 24 << 20
    one = folder.hunt(threads=1)
    assert [line["verdict"] for line in one[1] if line["line"] == "clock"] == ["corrected", "unsure", "alone"], one[1]
    for threads in (2, 3):
        again = folder.hunt(threads=threads)
        assert again[:2] == one[:2], threads
        assert (folder.path / "case/findings.jsonl").read_bytes() == "".join(
            json.dumps(f, separators=(",", ":"), ensure_ascii=False) + "\n" for f in one[0]
        ).encode(), threads
    marked = [f for f in one[0] if f["rule_title"] == "Marked" and f["evidence_path"].endswith("1.jsonl")]
    assert [f["time"] for f in marked] == [stamp(i * 5000 - 3 * HOUR) for i in range(12)], marked
    assert {(f["time_zone"], f["time_text"]) for f in marked} == {("corrected", stamp(i * 5000)) for i in range(12)}
    # Each of them stands in the sound file at the very same second.
    twice = [f for f in one[0] if f["rule_title"] == "Twice" and f["count"] == 2]
    assert [f["time"] for f in twice if f["events"][0]["evidence_path"].endswith("1.jsonl")] == [stamp(i * 5000 - 3 * HOUR) for i in range(12)]


@in_folder
def correlations_take_what_was_put_right(folder):
    folder.put("wrong.jsonl", [gate(5 * HOUR, i) for i in range(20)] + [door(0, mark="yes", who="x"), door(0, mark="yes", who="y")])
    folder.put("sound.jsonl", [gate(0, i) for i in range(20)] + [door(5 * HOUR + 60, mark="yes", who="x"), door(60, mark="yes", who="y")])
    findings, _, _ = folder.hunt()
    twice = [f for f in findings if f["rule_title"] == "Twice"]
    assert [(f["group"], f["first"], f["last"]) for f in twice] == [({"who": "x"}, stamp(5 * HOUR), stamp(5 * HOUR + 60))], twice


@in_folder
def from_and_to_are_asked_of_what_was_put_right(folder):
    folder.put("1.jsonl", [door(seconds, mark="yes") for seconds in (-HOUR, 0, HOUR, 5 * HOUR, 6 * HOUR)] + [gate(5 * HOUR, i) for i in range(20)])
    folder.put("2.jsonl", [door(seconds, mark="yes") for seconds in (0, 5 * HOUR - 1, 5 * HOUR, 6 * HOUR - 1, 6 * HOUR)] +
               [{**door(0, mark="yes"), "at": "?"}])  # fmt: skip
    window = ("--from", stamp(5 * HOUR), "--to", stamp(6 * HOUR))
    want = [("1.jsonl", stamp(5 * HOUR)), ("2.jsonl", stamp(5 * HOUR)), ("2.jsonl", stamp(6 * HOUR - 1)), ("2.jsonl", None)]
    for threads in (1, 3):
        findings, _, _ = folder.hunt(*window, threads=threads)
        found = [(f["evidence_path"][-7:], f["time"]) for f in findings if f["rule_title"] == "Marked"]
        assert found == want, found
        assert [f["number"] if "number" in f else f["finding"] for f in findings] == list(range(1, len(findings) + 1))
    doors = [(e["evidence_path"][-7:], e["time"]) for e in folder.events(*window, "--kind", "acme/door")]
    assert doors == want, doors
    for limit in (1, 2, 3, 4, 9):  # events that are left out at last do not count
        assert [(e["evidence_path"][-7:], e["time"]) for e in folder.events(*window, "--kind", "acme/door", "--limit", str(limit))] == want[:limit]


@in_folder
def zones_that_are_told(folder):
    """--zone is the zone of what says none, and of nothing else."""
    folder.put("1.jsonl", [door(0, zone=""), door(0), door(0, zone="+05:00"), gate(0, 0, "t")])
    for option, seconds in (("+02:00", -2 * HOUR), ("-03:30", 3.5 * HOUR), ("UTC", 0)):
        came = [(e["time"], e["zone"]) for e in folder.events(f"--zone={option}")]
        want = [(stamp(seconds), "assumed"), (stamp(0), "given"), (stamp(-5 * HOUR), "given"), (stamp(0), "given")]
        assert came == want, (option, came)
        _, ledger, text = folder.hunt(f"--zone={option}")
        (line,) = [line for line in ledger if line["line"] == "file"]
        assert (line["zone_assumed"], line["zone"]) == (1, option) and f"taken as {option}" in text, (option, line)
    # The witness needs no zone, whatever is told; a zone that is told wrong is found out.
    folder.put("1.jsonl", [gate(0, i, zone="") for i in range(20)] + [door(0, zone="")])
    assert [(e["time"], e["zone"]) for e in folder.events("--zone", "+02:00", "--kind", "acme/door")] == [(stamp(0), "corrected")]
    for wrong, why in (("+25:00", "an offset from UTC"), ("2", "an offset from UTC"), ("", "an offset from UTC"), ("+02:00x", "an offset from UTC"),
                       ("../UTC", "the name of a zone"), ("/etc/passwd", "the name of a zone"), ("Europe/Berlim", "no time zone 'Europe/Berlim' in"),
                       ("Europe", "no time zone 'Europe' in")):
        done = subprocess.run([BINARY, "events", str(folder.evidence), f"--zone={wrong}"], capture_output=True, check=False)
        assert done.returncode == 2 and why in done.stderr.decode() and not done.stdout, (wrong, done)


ZONES = ["Europe/Berlin", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns", "Africa/Casablanca",
         "Asia/Gaza", "Pacific/Apia", "America/Nuuk", "EST", "Etc/GMT+5"]


def local_times(zone):
    """Local times around every change of its clocks in some years, also behind the end of its table, and some between."""
    for year in (1975, 1996, 2011, 2021, 2024, 2050, 2103):
        before = None
        for hour in range(0, 366 * 24, 6):
            at = datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=hour)
            offset = at.astimezone(zone).utcoffset()
            if before is not None and (offset != before or hour % 1200 == 0):
                for minutes in range(-30 * 60, 31 * 60, 15):
                    yield (at + offset + datetime.timedelta(minutes=minutes)).replace(tzinfo=None)
            before = offset


@in_folder
def zones_by_name(folder):
    """The rules of a place at every instant, as Python's reader of the same files has them."""
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        times = list(local_times(zone))
        folder.put("1.jsonl", [{**door(0), "at": t.isoformat()} for t in times])
        came = [(e["time"], e["zone"]) for e in folder.events("--zone", name)]
        twice = never = 0
        for local, got in zip(times, came, strict=True):
            offsets = [local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
            want = ((local - offsets[0]).isoformat() + "Z", "assumed" if offsets[0] == offsets[1] else "unsure")
            twice += offsets[0] > offsets[1]
            never += offsets[0] < offsets[1]
            assert got == want, (name, local, got, want)
        _, ledger, text = folder.hunt("--zone", name)
        (line,) = [line for line in ledger if line["line"] == "file"]
        assert (line["zone_assumed"], line["zone"], line["twice"], line["never"]) == (len(times), name, twice, never), (name, line, twice, never)
        assert ("its clocks never showed" in text, "its clocks showed twice" in text) == (never > 0, twice > 0), (name, text)
    assert twice == never == 0, "a zone without changes"
    # Times that say their zone are no business of --zone, and a damaged file of a zone ends the hunt before it begins.
    folder.put("1.jsonl", [door(0), door(0, zone="+05:00")])
    assert [e["zone"] for e in folder.events("--zone", "Europe/Berlin")] == ["given", "given"]
    # Nor are those that are UTC without saying so.
    folder.put("1.jsonl", [{"CreationTime": "2021-07-01T12:00:00", "Operation": "x", "Workload": "Exchange", "RecordType": 1, "Id": "1"}])
    assert [(e["time"], e["zone"]) for e in folder.events("--zone", "Europe/Berlin")] == [("2021-07-01T12:00:00Z", "given")]
    (folder.path / "zones").mkdir()
    (folder.path / "zones" / "Broken").write_bytes(pathlib.Path("/usr/share/zoneinfo/Europe/Berlin").read_bytes()[:500])
    done = subprocess.run([BINARY, "events", str(folder.evidence), "--zone", "Broken"], capture_output=True, check=False,
                          env={**os.environ, "TZDIR": str(folder.path / "zones")})
    assert done.returncode == 2 and b"Broken is damaged: install the package tzdata again" in done.stderr, done


# Days of a log's lines, when it was last written to, the years they get; steps back that are told.
YEARS = [
    ("over New Year", ["Dec 30", "Dec 31", "Jan  1", "Jan  2"], "2021-01-02", [2020, 2020, 2021, 2021], 0),
    ("copied half a year later", ["Jan  1", "Jun 30"], "2021-12-24", [2021, 2021], 0),
    ("more than a year", ["Jan 20", "Jun  1", "Dec  1", "Jan  2"], "2021-01-02", [2020, 2020, 2020, 2021], 0),
    ("more than a year, from its first day on", ["Jan  1", "Jun  1", "Jan  2"], "2021-01-02", [2021, 2020, 2021], 1),
    ("dated before its last line", ["Jan 20", "Feb  1", "Mar 10"], "2021-02-01", [2021, 2021, 2020], 1),
    ("lines a little out of order", ["Jan  2", "Jan  1", "Jan  3"], "2021-01-03", [2021, 2021, 2021], 0),
]  # fmt: skip


@in_folder
def years_that_no_line_says(folder):
    for name, days, dated, years, breaks in YEARS:
        path = folder.evidence / "messages"
        path.write_text("".join(f"{day} 00:00:00 h sshd[1]: one\n" for day in days), encoding="utf-8")
        when = datetime.datetime.fromisoformat(dated + "T00:00:00+00:00").timestamp()
        os.utime(path, (when, when))
        assert [int(e["time"][:4]) for e in folder.events()] == years, (name, [e["time"] for e in folder.events()])
        _, ledger, text = folder.hunt()
        (line,) = [line for line in ledger if line["line"] == "file"]
        assert (line["years"], line["year_breaks"]) == (len(days), breaks), (name, line)
        assert ("some years are wrong" in text) == bool(breaks), (name, text)
        # The same, dated today, with the day told.
        os.utime(path)
        assert [int(e["time"][:4]) for e in folder.events("--latest", dated)] == years, name
        assert folder.hunt("--latest", dated, threads=2)[1] == ledger, name


def clock_set_back():
    """An event log whose records go back in time is told; one that several hosts wrote is not."""
    log = SHARED / "data/evtx/parser-corpus-plaso/test_data_evtx_System.evtx.gz"
    if not log.exists():
        print("SKIP: clock_set_back: no sample of EVTX (set LONGWATCH_SHARED)")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(name)
        (folder.evidence / "system.evtx.gz").write_bytes(log.read_bytes())
        events = [e for e in folder.events() if not e.get("salvaged")]
        told, furthest, before = 0, 0, None
        for event in events:  # in the order of the file
            now = (event["record"], datetime.datetime.fromisoformat(re.sub(r"\.(\d{6})\d*", r".\1", event["time"].replace("Z", "+00:00"))))
            if before and now[0] > before[0] and (before[1] - now[1]).total_seconds() >= 120:
                told += 1
                furthest = max(furthest, int((before[1] - now[1]).total_seconds()))
            before = now
        _, ledger, _ = folder.hunt()
        (line,) = [line for line in ledger if line["line"] == "file" and line["records"]]
        assert (line["backs"], line["back_s"]) == (told, furthest), (line, told, furthest)


def seconds_of(text):
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?Z?", text)
    return int(datetime.datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00").timestamp()) if found else None


def a_collectors_export():
    """What a program of its own finds in real exports: the difference between Sysmon's UtcTime and the export's time."""
    folder_of = SHARED / "data/windows-json"
    if not folder_of.exists():
        print("SKIP: a_collectors_export: no exports (set LONGWATCH_SHARED)")
        return
    want, fields = {}, ("TimeCreated", "@timestamp", "EventTime")
    for path in sorted(folder_of.glob("*.zst")):
        if path.stat().st_size > 300000:
            continue
        data = subprocess.run(["zstd", "-dc", str(path)], capture_output=True, check=True).stdout
        apart = collections.defaultdict(list)
        for line in data.splitlines():
            if not line.startswith(b"{"):
                continue
            record = json.loads(line)
            field = next((f for f in fields if f in record), None)
            if "UtcTime" in record and field:
                apart[field, record["Hostname"]].append(seconds_of(record["UtcTime"]) - seconds_of(record[field]))
        for (field, host), all_of in apart.items():
            near = collections.Counter(q for s in all_of for q in [round(s / 900)] if abs(s - q * 900) <= 60)
            best, agree = near.most_common(1)[0] if near else (0, 0)
            sure = agree == len(all_of) if len(all_of) < 20 else (len(all_of) - agree) <= len(all_of) // 100
            verdict = "unsure" if not sure else "sound" if best == 0 else "corrected" if abs(best) <= 56 else "far"
            want[path.name, field, host] = (verdict, best * 900 if sure else 0, len(all_of), agree, min(all_of), max(all_of))
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(name)
        for file in {file for file, _, _ in want}:
            (folder.evidence / file).write_bytes((folder_of / file).read_bytes())
        _, ledger, _ = folder.hunt(threads=2)
    keys = ("verdict", "offset_s", "claims", "agree", "least_s", "most_s")
    came = {(line["path"].split("!")[0].rpartition("/")[2], line["field"], line["host"]): tuple(line[key] for key in keys)
            for line in ledger if line["line"] == "clock"}  # fmt: skip
    assert came == want, {key: (came.get(key), want.get(key)) for key in {*came, *want} if came.get(key) != want.get(key)}
    verdicts = collections.Counter(verdict for verdict, *_ in want.values())
    assert verdicts["corrected"] >= 5 and verdicts["far"] >= 3 and verdicts["sound"] >= 8, verdicts


if __name__ == "__main__":
    run([what_is_sure_is_put_right, hosts_and_files_have_clocks_of_their_own, too_many_hosts, parts_of_a_file_are_one,
         correlations_take_what_was_put_right, from_and_to_are_asked_of_what_was_put_right, zones_that_are_told, zones_by_name, years_that_no_line_says,
         clock_set_back, a_collectors_export])  # fmt: skip
