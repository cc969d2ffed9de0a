#!/usr/bin/env python3
"""test_archive: what goes into an archive comes out of it: events as the evidence itself gives them, findings as a hunt over it has them; each
file once; damage is found and said where; a file at which a process ends costs itself and nothing else."""

import gzip
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
from evidence import BINARY, SHARED, SOURCE, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"
SETS = ("cdr", "cloud", "evtx", "linux", "m365", "mail", "vendor-logs", "web", "windows-json", "zeek")


def longwatch(*words, status=(0, 3)):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False)
    assert done.returncode in status, (words, done.returncode, done.stderr[-2000:])
    return done


def add(archive, *paths, status=(0, 3)):
    return longwatch("archive", "add", archive, *paths, status=status).stdout.decode()


def info(archive, *words):
    return json.loads(longwatch("archive", "info", archive, "--json", *words).stdout)


def events(*paths):
    done = longwatch("events", "--json", *paths)
    return done.stdout.splitlines(), sorted(done.stderr.splitlines()), done.returncode


def cat(archive, *words):
    done = longwatch("archive", "cat", archive, *words)
    return done.stdout.splitlines(), sorted(done.stderr.splitlines()), done.returncode


def lies_in(path, files):
    """Is it one of the files, or something in one of them? Names of files may have a ! of their own."""
    return any(path[:at] in files for at in range(1, len(path) + 1) if at == len(path) or path[at] == "!")


def path_of(line):
    return json.loads(line).get("evidence_path", "")


def copies(paths):
    """Files whose bytes an earlier one has, in the order of their paths: an archive keeps the first."""
    seen, found = {}, set()
    files = sorted(os.path.join(at, name) for path in paths for at, _, names in os.walk(path) for name in names)
    for name in files:
        data = pathlib.Path(name).read_bytes() if not os.path.islink(name) else None
        if data and seen.setdefault(data, name) != name:
            found.add(name)
    return found


def same_events(paths, folder):
    archive = folder / "archive"
    add(archive, *paths)
    wanted, told, status = events(*paths)
    got, told_again, status_again = cat(archive)
    left_out = copies(paths)
    wanted = [event for event in wanted if not lies_in(path_of(event), left_out)]
    assert sorted(got) == sorted(wanted), (len(got), len(wanted), sorted(set(got) ^ set(wanted))[:2])
    assert (told, status) == (told_again, status_again), (told, told_again)
    assert longwatch("archive", "verify", archive).returncode == 0
    return len(got)


def events_of_the_samples():
    with tempfile.TemporaryDirectory() as name:
        assert same_events([SAMPLES], pathlib.Path(name)) > 500


def events_of_every_format():
    if not (SHARED / "data").is_dir():
        print("SKIP events_of_every_format: the shared data are not there")
        return
    for each in SETS:
        with tempfile.TemporaryDirectory() as name:
            assert same_events([SHARED / "data" / each], pathlib.Path(name)) > 500, each


def chronological(count, first="2024-01-30T00:00:00"):
    """A log of some months, in order."""
    at = time.mktime(time.strptime(first, "%Y-%m-%dT%H:%M:%S"))
    lines = (json.loads(line) for line in (SAMPLES / "mailbox.jsonl").read_text().splitlines())
    one = next(lines)
    for n in range(count):
        one["CreationTime"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(at + n * 3600))
        one["Id"] = f"{n:032x}"
        yield json.dumps(one)


def one_source_keeps_its_order():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        log = folder / "log.jsonl"
        log.write_text("\n".join(chronological(3000)) + "\n")
        add(folder / "archive", log)
        assert cat(folder / "archive")[0] == events(log)[0]
        months = {part["month"] for part in info(folder / "archive")["parts"] if part["family"] == "evidence"}
        assert months == {"2024-01", "2024-02", "2024-03", "2024-04", "2024-05", "2024-06"}, months


def rotating(count, first_year, months=132):
    """A log whose events go to and fro between so many months, in which something is to be found, and some of whose lines are broken."""
    samples = (SAMPLES / "mailbox.jsonl").read_text().splitlines()
    usual, found = json.loads(samples[0]), next(json.loads(line) for line in samples if '"Operation":"Add-MailboxPermission"' in line and "k.lind" in line)
    for n in range(count):
        one = found if n % 50 == 49 else usual
        month = n * 7 % months
        one["CreationTime"] = f"{first_year + month // 12}-{month % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:00:00"
        one["Id"] = f"{n:032x}"
        yield json.dumps(one) if n % 5000 != 4321 else json.dumps(one)[:-300]


def all_seal_at_once():
    """So many records in the first part of each file that every process has a full segment, and asks for the hash of a file, before any is free to work it out."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "evidence").mkdir()
        for n in range(3):
            (folder / f"evidence/{n}.json").write_text('{"":%d}\n' % n * 1400000)
        done = subprocess.run([BINARY, "archive", "add", folder / "archive", folder / "evidence", "--threads", "3", "--quiet"], capture_output=True, check=False, timeout=120)
        assert done.returncode == 0, (done.returncode, done.stderr)
        info = subprocess.run([BINARY, "archive", "info", folder / "archive"], capture_output=True, check=True).stdout
        assert b"4,200,000 records" in info, info


def large_files_in_parts():
    """Files of several parts, read by several processes: numbers of records, hashes, damage and findings are those of the whole file; also where
    segments are sealed in the middle of a part, because more months come than can be open."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence = folder / "evidence"
        evidence.mkdir()
        lines = (20 << 20) // len(next(rotating(1, 1950)))
        for number, year in enumerate((1975, 1990)):
            (evidence / f"{number}.jsonl").write_text("\n".join(rotating(lines, year)) + "\n")
            assert (evidence / f"{number}.jsonl").stat().st_size > 2 * (8 << 20), "not more than two parts"
        wanted, told, status = events(evidence)
        assert len(wanted) > 2 * lines * 0.99 and status == 3, (len(wanted), lines, status, told[:3])
        hunt = ["--rules", SOURCE / "data/rules"]
        fresh = findings_of(folder / "fresh", evidence, *hunt)
        assert len(fresh) > 1000, len(fresh)
        for threads in (1, 2):
            archive = folder / f"archive-{threads}"
            add(archive, evidence, "--threads", threads)
            got, told_again, status_again = cat(archive)
            assert sorted(got) == sorted(wanted), (threads, len(got), len(wanted), sorted(set(got) ^ set(wanted))[:2])
            assert (told, status) == (told_again, status_again), (threads, told, told_again)
            assert findings_of(folder / f"found-{threads}", archive, *hunt) == fresh, threads
            assert longwatch("archive", "verify", archive).returncode == 0
            assert "2 were there already" in add(archive, evidence), "a file that was read in parts is known by another hash"


def members_of_containers():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence = folder / "evidence"
        evidence.mkdir()
        with tarfile.open(evidence / "all.tar.gz", "w:gz") as tar:
            for member, data in (
                ("a/one.jsonl.gz", gzip.compress((SAMPLES / "mailbox.jsonl").read_bytes())),
                ("a/nobody's", bytes(range(256)) * 8),
                ("b/proxy.log", (SAMPLES / "proxy.log").read_bytes()),
                ("b/empty", b""),
            ):
                entry = tarfile.TarInfo(member)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        (evidence / "torn.gz").write_bytes(gzip.compress((SAMPLES / "intrusion.jsonl").read_bytes())[:-2000])
        got = same_events([evidence], folder)
        assert got > 200, got


def times_that_lie_anywhere():
    """A year of every century, one that is none, and none at all: each is kept, in a month or in none."""
    times = [f"{year}-0{1 + year % 9}-03T04:05:06Z" for year in range(1700, 2250)] + ["", "yesterday", "9999-01-01T00:00:00Z"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence = folder / "evidence"
        evidence.mkdir()
        one = json.loads((SAMPLES / "mailbox.jsonl").read_text().splitlines()[0])
        (evidence / "log.jsonl").write_text("".join(json.dumps({**one, "CreationTime": each}) + "\n" for each in times))
        assert same_events([evidence], folder) == len(times)


def each_file_once():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, one, two = folder / "archive", folder / "one", folder / "two"
        one.mkdir()
        two.mkdir()
        (one / "a.jsonl").write_bytes((SAMPLES / "mailbox.jsonl").read_bytes())
        (one / "unknown.bin").write_bytes(bytes(range(256)) * 64)
        add(archive, one)
        before = info(archive)
        assert "1 was there already" in add(archive, one)
        assert info(archive) == before, "nothing new, and yet it was written"
        (two / "copy.jsonl").write_bytes((one / "a.jsonl").read_bytes())
        (two / "copy-of-copy.jsonl").write_bytes((one / "a.jsonl").read_bytes())
        (two / "new.log").write_bytes((SAMPLES / "proxy.log").read_bytes())
        (two / "new-copy.log").write_bytes((SAMPLES / "proxy.log").read_bytes())
        assert "3 were there already" in add(archive, two)
        got = cat(archive)[0]
        assert sorted({path_of(event) for event in got}) == [str(one / "a.jsonl"), str(two / "new-copy.log")], "a copy is kept as well"
        assert len(got) == len(events(one / "a.jsonl", two / "new.log")[0])
        assert len(cat(archive, "--as-of", before["snapshot"])[0]) == len(events(one)[0]), "the old snapshot has changed"
        (one / "a.jsonl").write_bytes((one / "a.jsonl").read_bytes() + (SAMPLES / "mailbox.jsonl").read_bytes())
        assert "there already" not in add(archive, one / "a.jsonl"), "a log that has grown is another file"


def findings_of(folder, *words):
    longwatch("hunt", *words, "--quiet", "-o", folder, "--force", status=(0, 1, 3))
    found = []
    for line in (folder / "findings.jsonl").read_text().splitlines():
        finding = json.loads(line)
        finding.pop("finding", None)
        finding.pop("number", None)
        found.append(json.dumps(finding, sort_keys=True))
    return sorted(found)


def same_findings(paths, rules, folder):
    add(folder / "archive", *paths)
    left_out = copies(paths)
    words = [word for rule in rules for word in ("--rules", rule)]
    fresh = [each for each in findings_of(folder / "fresh", *paths, *words) if not lies_in(path_of(each), left_out)]
    kept = findings_of(folder / "kept", folder / "archive", *words)
    assert fresh == kept, (len(fresh), len(kept), sorted(set(fresh) ^ set(kept))[:2])
    return len(kept)


def findings_of_the_samples():
    with tempfile.TemporaryDirectory() as name:
        assert same_findings([SAMPLES], [SOURCE / "data/rules"], pathlib.Path(name)) > 30


def findings_of_every_format():
    if not (SHARED / "data").is_dir():
        print("SKIP findings_of_every_format: the shared data are not there")
        return
    rules = [SOURCE / "data/rules", SHARED / "data/sigma/rules"]
    for each in ("cloud", "linux", "m365", "web", "windows-json"):
        with tempfile.TemporaryDirectory() as name:
            assert same_findings([SHARED / "data" / each], rules, pathlib.Path(name)) > 5, each


def what_only_files_can_say_is_refused():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        add(folder / "archive", SAMPLES)
        (folder / "rule.yar").write_text("rule every { condition: true }\n")
        for words in (["--yara", folder / "rule.yar"], ["--own-domain", "example.org"], ["--dkim-keys", SAMPLES / "dkim-keys.txt"]):
            done = longwatch("hunt", folder / "archive", "--rules", SOURCE / "data/rules", *words, status=(2,))
            assert b"archive" in done.stderr, done.stderr


def damage_is_found_where_it_is():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        add(archive, SAMPLES)
        segments = sorted((archive / "segments").glob("*/*.lws"))
        assert len(segments) > 2
        for segment in segments:
            whole = segment.read_bytes()
            for at in (0, len(whole) // 3, len(whole) - 1):
                torn = bytearray(whole)
                torn[at] ^= 0x40
                segment.write_bytes(torn)
                done = longwatch("archive", "verify", archive, status=(3,))
                named = f"{segment.relative_to(archive)}: at "
                assert named.encode() in done.stdout, (named, done.stdout)
            segment.write_bytes(whole[:-1])
            assert segment.name.encode() in longwatch("archive", "verify", archive, status=(3,)).stdout
            segment.unlink()
            assert segment.name.encode() in longwatch("archive", "verify", archive, status=(3,)).stdout
            segment.write_bytes(whole)
        assert longwatch("archive", "verify", archive, status=(0,)).stdout
        # And what is left can be read, with a word about the rest; what nobody asks for may be damaged without one.
        undamaged = sorted(cat(archive)[0])
        evidence = max((path for path in segments if "undated" not in str(path)), key=lambda path: path.stat().st_size)
        whole, fewer = evidence.read_bytes(), 0
        for twentieth in range(20):
            torn = bytearray(whole)
            torn[len(torn) * twentieth // 20] ^= 0x40
            evidence.write_bytes(torn)
            got, told, status = cat(archive)
            assert status == 3 and set(got) <= set(undamaged), (twentieth, status)
            if len(got) < len(undamaged):
                fewer += 1
                assert any(evidence.name.encode() in line for line in told), (twentieth, told)
        assert fewer, "nothing was damaged that matters"


def wrong_use_is_told():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "something").mkdir()
        (folder / "something/else").write_text("no archive\n")
        cases = [
            ["add"],
            ["add", folder / "archive"],
            ["add", folder / "archive", folder / "not-there"],
            ["add", folder / "something", SAMPLES],
            ["add", folder / "archive", SAMPLES, "--family", "ledger"],
            ["cat", folder / "something"],
            ["cat", folder / "not-there"],
            ["info", folder / "something"],
            ["verify", folder / "not-there"],
        ]
        for words in cases:
            done = longwatch("archive", *words, status=(2,))
            assert done.stderr and not done.stdout, words
        assert not (folder / "archive").exists(), "an archive was made of nothing"
        assert sorted(each.name for each in (folder / "something").iterdir()) == ["else"]


def a_process_that_ends_costs_its_file():
    """The reading process is killed: its file is in the ledger, everything else is kept, and the next run makes up for it."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence, archive = folder / "evidence", folder / "archive"
        evidence.mkdir()
        (evidence / "a.jsonl").write_bytes((SAMPLES / "mailbox.jsonl").read_bytes())
        (evidence / "large.jsonl").write_text("\n".join(chronological(400000)) + "\n")
        (evidence / "z.log").write_bytes((SAMPLES / "proxy.log").read_bytes())
        with subprocess.Popen([BINARY, "archive", "add", archive, evidence, "--threads", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as adding:
            children, until = [], time.monotonic() + 60
            while adding.poll() is None and time.monotonic() < until:
                children = pathlib.Path(f"/proc/{adding.pid}/task/{adding.pid}/children").read_text().split()
                if children and pathlib.Path(f"/proc/{children[0]}/statm").read_text().split()[1:] and reading(children[0]):
                    os.kill(int(children[0]), signal.SIGKILL)
                    break
                time.sleep(0.01)
            _, told = adding.communicate()
        assert adding.returncode == 3, (adding.returncode, told)
        assert b"large.jsonl: the process that read it was ended" in told, told
        small = events(evidence / "a.jsonl", evidence / "z.log")[0]
        assert sorted(cat(archive)[0]) == sorted(small)
        assert longwatch("archive", "verify", archive, status=(0,))
        assert "2 were there already" in add(archive, evidence)
        assert len(cat(archive)[0]) == len(small) + 400000


def reading(pid):
    """Has it used a quarter of a second of processor? Then it reads the large file."""
    ticks = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK") > 0.25


run([events_of_the_samples, events_of_every_format, one_source_keeps_its_order, all_seal_at_once, large_files_in_parts, members_of_containers, times_that_lie_anywhere, each_file_once, findings_of_the_samples, findings_of_every_format, what_only_files_can_say_is_refused, damage_is_found_where_it_is, wrong_use_is_told, a_process_that_ends_costs_its_file], slow=[events_of_every_format, findings_of_every_format])  # fmt: skip
