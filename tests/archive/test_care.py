#!/usr/bin/env python3
"""test_care: what is done to an archive changes no answer but the one that it is to change: compacted it says what it said; what expired or was
erased is gone from every byte; a hold keeps, and refusals say why; an export is those very bytes, and says so."""

import ctypes
import ctypes.util
import fcntl
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
from evidence import BINARY, SHARED, SOURCE, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"
RULES = SOURCE / "data/rules"
WHO = ("--who", "A. Officer", "--basis", "Art. 17", "--why", "a request")
NOBODY = "Nobody.Here@Example.Net"


def longwatch(*words, status=(0,), given=None):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False, input=given, timeout=300)
    assert done.returncode in status, (words, done.returncode, done.stdout[-800:], done.stderr[-2000:])
    return done


def care(command, archive, *words, **options):
    return longwatch("archive", command, archive, *words, **options).stdout.decode()


def refused(command, archive, *words, status, says):
    before = tree(archive)
    done = longwatch("archive", command, archive, *words, status=(status,))
    assert says.encode() in done.stderr, (words, done.stderr)
    assert tree(archive) == before, f"{command} {words} was refused, and something was written"


def add(archive, *paths):
    longwatch("archive", "add", archive, *paths, "--quiet", status=(0, 3))


def info(archive):
    return json.loads(longwatch("archive", "info", archive, "--json").stdout)


def cat(archive, *words):
    return sorted(longwatch("archive", "cat", archive, *words, status=(0, 3)).stdout.splitlines())


def whole(archive):
    return longwatch("archive", "verify", archive).stdout.decode()


def findings(archive, folder):
    longwatch("hunt", archive, "--rules", RULES, "--quiet", "-o", folder, "--force", status=(0, 1, 3))
    found = []
    for line in (folder / "findings.jsonl").read_text().splitlines():
        finding = json.loads(line)
        for key in ("finding", "number"):
            finding.pop(key, None)
        found.append(json.dumps(finding, sort_keys=True))
    return sorted(found)


def files(archive, pattern="segments/*/*.lws"):
    return sorted(pathlib.Path(archive).glob(pattern))


def tree(archive):
    """Every file but the lock, which says who came last, and HEAD's siblings in tmp."""
    return {
        str(path.relative_to(archive)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in pathlib.Path(archive).rglob("*")
        if path.is_file() and path.name != "lock"
    }


def logs(folder, months=4, each=6):
    """Small files, several of a month, in no order of time."""
    folder.mkdir()
    lines = (SAMPLES / "mailbox.jsonl").read_text().splitlines()
    for n in range(months * each):
        with (folder / f"{n:02}.jsonl").open("w") as out:
            for k in range(12):
                one = json.loads(lines[(n * 12 + k) % len(lines)])
                one["CreationTime"] = f"2024-{1 + n % months:02}-{1 + (n * 7 + k) % 27:02}T{k:02}:00:00"
                one["Id"] = f"{n:016x}{k:016x}"
                out.write(json.dumps(one) + "\n")
    return folder


def kept(archive):
    """What all of its events say, and its parts by month and family, without how many segments hold them."""
    said = {(part["month"], part["family"]): part["rows"] for part in info(archive)["parts"]}
    return cat(archive), said


# ---- compacting ----


def compacted_it_says_what_it_said():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for each in sorted(logs(folder / "logs").iterdir()):
            add(archive, each)
        for each in sorted(SAMPLES.iterdir()):
            add(archive, each)
        before, hits, snapshot = kept(archive), findings(archive, folder / "one"), info(archive)["snapshot"]
        assert info(archive)["segments"] > 40 and len(hits) > 30
        care("compact", archive, "--who", "A. Officer", "--why", "tidy")
        assert kept(archive) == before
        assert findings(archive, folder / "two") == hits
        parts = info(archive)["parts"]
        assert all(part["segments"] == 1 for part in parts), parts
        assert cat(archive, "--as-of", snapshot) == before[0], "the snapshot before has changed"
        whole(archive)
        # What is known stays known.
        assert "24 were there already" in care("add", archive, folder / "logs", status=(0, 3))
        assert kept(archive) == before
        # And a second time there is nothing to do.
        assert "nothing is to be put together" in care("compact", archive)


def every_format_is_compacted():
    if not (SHARED / "data").is_dir():
        print("SKIP every_format_is_compacted: the shared data are not there")
        return
    for each in ("evtx", "linux", "m365", "mail", "zeek"):
        with tempfile.TemporaryDirectory() as name:
            archive = pathlib.Path(name) / "archive"
            for path in sorted((SHARED / "data" / each).iterdir())[:8]:
                add(archive, path)
            before = kept(archive)
            care("compact", archive, "--grace", "0")
            after = kept(archive)
            assert after == before, (each, len(before[0]), len(after[0]), sorted(set(before[0]) ^ set(after[0]))[:2])
            whole(archive)


def any_order_comes_to_the_same():
    """Files added in any order, with compacting in between, and late ones."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        paths = sorted(logs(folder / "logs").iterdir())
        add(folder / "all", folder / "logs")
        wanted = cat(folder / "all")
        for seed in range(4):
            drawn = random.Random(seed)
            archive, order = folder / f"archive-{seed}", paths[:]
            drawn.shuffle(order)
            while order:
                add(archive, *[order.pop() for _ in range(min(len(order), drawn.randint(1, 5)))])
                if drawn.random() < 0.5:
                    care("compact", archive, "--grace", drawn.choice(("0", "7")))
            assert cat(archive) == wanted, seed
            assert info(archive)["rows"] == len(wanted)
            whole(archive)


def months_alone_and_dry_runs():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for each in sorted(logs(folder / "logs").iterdir()):
            add(archive, each)
        before = tree(archive)
        told = care("compact", archive, "--dry-run")
        assert "2024-01  evidence: 6 segments become one: 72 records" in told, told
        assert tree(archive) == before, "a dry run has written"
        care("compact", archive, "--month", "2024-02")
        segments = {part["month"]: part["segments"] for part in info(archive)["parts"] if part["family"] == "evidence"}
        assert segments == {"2024-01": 6, "2024-02": 1, "2024-03": 6, "2024-04": 6}, segments
        care("compact", archive, "--month", "undated")
        assert {part["segments"] for part in info(archive)["parts"] if part["family"] == "ledger"} == {1}
        for month in ("2024", "2024-13", "2024-00", "24-01", "soon"):
            refused("compact", archive, "--month", month, status=2, says="a month such as 2024-03")
        for grace in ("-1", "x", "36526"):
            refused("compact", archive, f"--grace={grace}", status=2, says="--grace")


def grace_and_holds_keep_old_files():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for each in sorted(logs(folder / "logs").iterdir()):
            add(archive, each)
        count, snapshot, events = len(files(archive)), info(archive)["snapshot"], cat(archive)
        care("hold", archive, "CASE-1", *WHO, "--from", "2024-01-01", "--to", "2024-02-01", "--family", "evidence")
        care("compact", archive)
        assert len(files(archive)) == count + 5, "files are gone before their grace is over"
        told = care("compact", archive, "--grace", "0")
        assert "6 are held" in told, told
        assert len(files(archive)) == 6 + 5
        assert cat(archive) == events
        done = longwatch("archive", "cat", archive, "--as-of", snapshot, status=(2,))
        assert b"was removed since that snapshot" in done.stderr, done.stderr
        care("lift", archive, "CASE-1", "--who", "A. Officer", "--why", "over")
        care("compact", archive, "--grace", "0")
        assert len(files(archive)) == 5
        whole(archive)


def a_hold_follows_what_its_segments_become():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for each in sorted(logs(folder / "logs", months=1, each=4).iterdir()):
            add(archive, each)
        first = next(int(path.name.split("-")[0]) for path in files(archive) if "undated" not in str(path))
        care("hold", archive, "one", *WHO, "--segments", str(first))
        care("compact", archive, "--grace", "0")
        held = json.loads(care("hold", archive, "--json"))["holds"][0]
        assert held["covers"]["segments"] == 1 and held["covers"]["rows"] == 48, held
        care("policy", archive, "set", "short", "--days", "1", "--who", "A. Officer")
        assert "1 kept by holds" in care("expire", archive)
        assert len(cat(archive)) == 48


def damage_stays_where_it_is():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for each in sorted(logs(folder / "logs").iterdir()):
            add(archive, each)
        victim = next(path for path in files(archive) if path.parent.name == "2024-03")
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 1
        victim.write_bytes(data)
        done = longwatch("archive", "compact", archive, status=(3,))
        assert victim.name.encode() in done.stderr and b"stays as it is" in done.stderr, done.stderr
        segments = {part["month"]: part["segments"] for part in info(archive)["parts"] if part["family"] == "evidence"}
        assert segments == {"2024-01": 1, "2024-02": 1, "2024-03": 6, "2024-04": 1}, segments
        refused("erase", archive, "--value", NOBODY, *WHO, status=3, says="nothing was erased")
        victim.unlink()
        assert b"2024-03" in longwatch("archive", "compact", archive, status=(3,)).stderr


# ---- policies and holds ----


def policies_and_what_expires():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for each in sorted(logs(folder / "logs").iterdir()):
            add(archive, each)
        assert "no policy" in care("policy", archive)
        before = tree(archive)
        assert "0 segments" in care("expire", archive) and tree(archive) == before
        care("policy", archive, "set", "ever", "--days", "36500", "--who", "A. Officer", "--why", "law")
        care("policy", archive, "set", "logs", "--days", "30", "--family", "evidence", "--who", "A. Officer")
        listed = json.loads(care("policy", archive, "list", "--json"))["policies"]
        assert [(p["name"], p["days"], p["family"], p["who"], p["why"]) for p in listed] == [
            ("ever", 36500, "", "A. Officer", "law"),
            ("logs", 30, "evidence", "A. Officer", ""),
        ]
        care("hold", archive, "CASE-2", *WHO, "--from", "2024-02-01", "--to", "2024-03-01")
        before = tree(archive)
        told = care("expire", archive, "--dry-run")
        assert "18 segments (216 records" in told and "6 kept by holds" in told and "goes by policy logs" in told, told
        assert "kept by hold CASE-2 of A. Officer, Art. 17" in told, told
        assert tree(archive) == before
        old = [path for path in files(archive) if path.parent.name in ("2024-01", "2024-03", "2024-04")]
        assert "18 segments (216 records" in care("expire", archive, "--who", "cron")
        assert not any(path.exists() for path in old), "files of what expired are there"
        assert {json.loads(event)["time"][:7] for event in cat(archive)} == {"2024-02"}
        assert any(part["family"] == "ledger" for part in info(archive)["parts"]), "ledgers went by a policy that does not name them"
        assert "24 were there already" in care("add", archive, folder / "logs"), "what expired was added again"
        care("lift", archive, "CASE-2", "--who", "A. Officer", "--why", "over")
        care("policy", archive, "end", "logs", "--who", "A. Officer")
        assert "0 segments" in care("expire", archive)
        care("policy", archive, "set", "books", "--days", "1", "--from-added", "--family", "ledger", "--who", "A. Officer")
        assert "0 segments" in care("expire", archive), "a day has not passed since it was added"
        whole(archive)


def old_files_of_what_expired_go_with_it():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for each in sorted(logs(folder / "logs").iterdir()):
            add(archive, each)
        care("compact", archive)
        care("policy", archive, "set", "logs", "--days", "30", "--who", "A. Officer")
        care("expire", archive)
        left = {path.parent.name for path in files(archive)}
        assert left == {"undated"}, left


def wrong_use_is_told():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        add(archive, SAMPLES / "mailbox.jsonl")
        care("hold", archive, "taken", *WHO)
        care("policy", archive, "set", "taken", "--days", "9", "--who", "x")
        (folder / "values.txt").write_text("\n \n")
        (folder / "many.txt").write_text("".join(f"value {n}\n" for n in range(1025)))
        cases = [
            ("policy", ["set"], "which policy?"),
            ("policy", ["set", "p"], "who says so?"),
            ("policy", ["set", "p", "--who", "x"], "for how long?"),
            ("policy", ["set", "p", "--who", "x", "--days", "0"], "--days"),
            ("policy", ["set", "taken", "--who", "x", "--days", "9"], "already"),
            ("policy", ["end", "p", "--who", "x"], "no policy p"),
            ("policy", ["end", "taken", "--who", "x", "--days", "9"], "go with set"),
            ("policy", ["list", "taken"], "list takes nothing"),
            ("policy", ["erase"], "list"),
            ("hold", ["h"], "--who, --basis, --why"),
            ("hold", ["h", "--who", "x", "--basis", "y", "--why", ""], "--who, --basis, --why"),
            ("hold", ["taken", *WHO], "already"),
            ("hold", ["h", *WHO, "--segments", "3,2"], "rising order"),
            ("hold", ["h", *WHO, "--segments", "1,"], "rising order"),
            ("hold", ["h", *WHO, "--segments", "0"], "rising order"),
            ("hold", ["h", *WHO, "--segments", "4-2"], "rising order"),
            ("hold", ["h", *WHO, "--segments", ""], "which?"),
            ("hold", ["h", *WHO, "--segments", "77"], "no segment to hold"),
            ("hold", ["h", *WHO, "--from", "2024-05-01", "--to", "2024-04-01"], "from"),
            ("hold", ["--who", "x"], "which hold?"),
            ("lift", ["taken"], "--who, --why"),
            ("lift", ["h", "--who", "x", "--why", "y"], "no hold h"),
            ("lift", [], "which hold?"),
            ("erase", [], "--values FILE"),
            ("erase", ["--value", "somebody"], "--who, --basis, --why"),
            ("erase", ["--value", "abc", *WHO], "shorter"),
            ("erase", ["--value", "erased", *WHO], "is a part of"),
            ("erase", ["--values", folder / "values.txt", *WHO], "no value"),
            ("erase", ["--values", folder / "not-there", *WHO], "not-there is not there"),
            ("verify", ["--public-key", folder / "not-there"], "not-there is not there"),
            ("hold", ["N", "--who", "x", "--basis", "y", "--why", "z", "--sign", folder / "not-there"], "not-there is not there"),
            ("hold", ["N", "--who", "x", "--basis", "y", "--why", "z", "--password-file", folder / "values.txt"], "--sign FILE"),
            ("cat", ["--original", "0" * 64, "--limit", "1"], "is of a whole file"),
            ("erase", ["--value", "a. officer", *WHO], "stays for ever"),
            ("export", [], "where to?"),
            ("export", [archive], "archive"),
            ("export", [folder / "out", "--hold", "h"], "no hold h"),
            ("export", [folder / "out", "--segments", "77"], "no live segment 77"),
            ("export", [folder / "out", "--family", "none"], "no such segment"),
            ("hold", ["h", *WHO, "--sign", folder / "values.txt"], "values.txt"),
        ]
        for command, words, says in cases:
            refused(command, archive, *words, status=2, says=says)
        refused("erase", archive, "--values", folder / "many.txt", *WHO, status=4, says="more than 1024")
        assert not (folder / "out").exists()
        for command, words in (("compact", []), ("expire", []), ("policy", []), ("hold", []), ("erase", ["--value", "abcd", *WHO]), ("export", [folder / "out"])):
            longwatch("archive", command, folder / "not-there", *words, status=(2,))
            longwatch("archive", command, folder, *words, status=(2,))


def whoever_writes_is_alone():
    with tempfile.TemporaryDirectory() as name:
        archive = pathlib.Path(name) / "archive"
        add(archive, SAMPLES / "mailbox.jsonl")
        with (archive / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for command, words in (
                ("compact", []),
                ("expire", []),
                ("policy", ["set", "p", "--days", "1", "--who", "x"]),
                ("hold", ["h", *WHO]),
                ("erase", ["--value", "abcd", *WHO]),
            ):
                refused(command, archive, *words, status=5, says="is being written")
            # And readers wait for nobody.
            for command, words in (("compact", ["--dry-run"]), ("expire", ["--dry-run"]), ("policy", []), ("hold", []), ("erase", ["--value", "abcd", "--dry-run"])):
                care(command, archive, *words)
            care("export", archive, pathlib.Path(name) / "out")


# ---- erasing ----

PERSON = ["Anna.Berg@Example.Org", "Anna Berg", "CORP\\aberg", "491701234567", "Müller-Berg"]


def person_logs(folder):
    """A person in all sorts of places, and others, some of whom are called almost the same."""
    folder.mkdir()
    home = folder / "anna berg"
    home.mkdir()
    base = json.loads((SAMPLES / "mailbox.jsonl").read_text().splitlines()[0])
    rows = []
    for n in range(60):
        one = {**base, "Id": f"{n:032x}", "CreationTime": f"2024-{1 + n % 3:02}-10T00:00:{n:02}"}
        one["UserId"] = ("ANNA.berg@example.org", "b.other@example.org", "anna.bergmann@example.com")[n % 3]
        if n % 5 == 0:
            one["Parameters"] = [{"Name": "To", "Value": "x@example.org;anna.berg@EXAMPLE.org;y@example.org"}, {"Name": "By", "Value": "corp\\ABERG"}]
        if n % 7 == 0:
            one["Phone"] = 491701234567
            one["Other"] = 4917012345678
        if n % 11 == 0:
            one["ObjectId"] = "https://intra.example.org/?u=anna%2Eberg%40example.org&name=Anna+Berg"
            one["Shares"] = {"anna berg": {"Müller-Berg": 1}}
        rows.append(json.dumps(one, ensure_ascii=n % 2 == 0))
    (folder / "audit.jsonl").write_text("\n".join(rows) + "\n")
    (home / "proxy.log").write_bytes((SAMPLES / "proxy.log").read_bytes())
    (home / "unknown of anna berg.bin").write_bytes(bytes(range(256)) * 8)
    (folder / "text.json").write_text(json.dumps({**base, "Note": json.dumps({"name": "Müller-Berg", "by": "CORP\\aberg"})}) + "\n")
    return folder


def unpacked(data):
    """Every frame of zstd in the bytes, unpacked, wherever it begins."""
    zstd = ctypes.CDLL(ctypes.util.find_library("zstd"))
    zstd.ZSTD_createDStream.restype = ctypes.c_void_p
    zstd.ZSTD_decompressStream.restype = ctypes.c_size_t

    class Buffer(ctypes.Structure):
        _fields_ = [("at", ctypes.c_void_p), ("size", ctypes.c_size_t), ("pos", ctypes.c_size_t)]

    at = 0
    while (at := data.find(b"\x28\xb5\x2f\xfd", at)) >= 0:
        stream = ctypes.c_void_p(zstd.ZSTD_createDStream())
        room = ctypes.create_string_buffer(1 << 20)
        given = Buffer(ctypes.cast(ctypes.c_char_p(data[at:]), ctypes.c_void_p), len(data) - at, 0)
        out = b""
        while True:
            to = Buffer(ctypes.cast(room, ctypes.c_void_p), len(room), 0)
            left = zstd.ZSTD_decompressStream(stream, ctypes.byref(to), ctypes.byref(given))
            if zstd.ZSTD_isError(ctypes.c_size_t(left)):
                break
            out += room.raw[: to.pos]
            if left == 0 or (to.pos < to.size and given.pos == given.size):
                break
        zstd.ZSTD_freeDStream(stream)
        yield out
        at += 4


def spellings(value):
    low = value.casefold()
    yield from (low.encode(), low.encode("utf-16-le"), low.encode("utf-16-be"), json.dumps(low)[1:-1].encode())


def stands_in(archive, value):
    """The files of the folder in which the value stands, as it is or packed."""
    found = []
    for path in pathlib.Path(archive).rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if any(each in text.lower() for text in (data, *unpacked(data)) for each in spellings(value)):
                found.append(str(path.relative_to(archive)))
    return found


def nothing_of_a_person_is_left():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        person_logs(folder / "evidence")
        for each in sorted((folder / "evidence").rglob("*")):
            if each.is_file():
                add(archive, each)
        add(archive, SAMPLES / "intrusion.jsonl")
        (folder / "values.txt").write_text("\n".join(PERSON) + "\n\n")
        before, events = tree(archive), [line.decode() for line in cat(archive)]
        hits = findings(archive, folder / "one")
        care("compact", archive)  # the old files hold it as well
        for value in PERSON[:3]:
            assert stands_in(archive, value), f"{value} is nowhere before: the test proves nothing"
        snapshot, rows = info(archive)["snapshot"], info(archive)["rows"]
        told = care("erase", archive, "--values", folder / "values.txt", "--dry-run")
        assert "ended" in told and "(ledger)" in told and info(archive)["snapshot"] == snapshot, told
        care("erase", archive, "--values", folder / "values.txt", *WHO)
        for value in PERSON:
            assert not stands_in(archive, value), (value, stands_in(archive, value))
        assert not set(before) & {path for path in tree(archive) if path.startswith(("segments/2024", "index/"))}, "old files are there"
        after = [line.decode() for line in cat(archive)]
        assert len(after) == len(events) and info(archive)["rows"] == rows, "records went"
        # Whoever is not meant is left to the byte, and of the others only the values go.
        marks = [value.lower() for value in PERSON] + ["corp\\\\aberg", "anna%2eberg%40example.org", "anna+berg", "u00fcller-berg"]
        spared = [line for line in events if not any(mark in line.lower() for mark in marks)]
        assert len(spared) > 40 and set(spared) <= set(after), sorted(set(spared) - set(after))[:1]
        assert any("b.other@example.org" in line for line in after) and any("anna.bergmann@example.com" in line for line in after)
        said = json.loads(next(line for line in after if '"4917012345678"' in line))["fields"]
        assert said["Phone"] == "[erased]" and said["Other"] == "4917012345678", said
        assert any('"Shares.[erased].[erased]"' in line for line in after), "names of fields"
        assert any("/[erased]/proxy.log" in line for line in after), "paths"
        fields = {key for line in after for key, value in json.loads(line)["fields"].items() if "[erased]" in json.dumps(value)}
        assert {"UserId", "Parameters.Value", "Parameters.To", "Phone", "ObjectId", "Note"} & fields >= {"UserId", "Phone", "ObjectId"}, fields
        whole(archive)
        assert len(findings(archive, folder / "two")) >= len(hits) - 5
        # Begun again there is nothing to do, and nothing comes back.
        assert "0 hold it" in care("erase", archive, "--values", "/dev/stdin", *WHO, given="\n".join(PERSON).encode())
        snapshot = info(archive)["snapshot"]
        add(archive, folder / "evidence/audit.jsonl")
        assert info(archive)["snapshot"] == snapshot, "the file was added again"
        assert [line.decode() for line in cat(archive)] == after


def records_of_an_erasure():
    """The manifest says what was, what is, how many values; who, why, on which basis; and never what."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        add(archive, person_logs(folder / "evidence"))
        old = {path.name.split("-")[1][:16]: hashlib.sha256(path.read_bytes()).digest() for path in files(archive)}
        care("erase", archive, "--value", "anna.berg@example.org", *WHO)
        manifest = (archive / "MANIFEST-000001").read_bytes()
        new = [hashlib.sha256(path.read_bytes()).digest() for path in files(archive)]
        pairs = sum(was + now in manifest for was in old.values() for now in new)
        assert pairs == 3, pairs  # a month each
        for word in (b"A. Officer", b"Art. 17", b"a request"):
            assert word in manifest
        assert b"berg" not in manifest.lower()


def what_forbids_an_erasure():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        add(archive, person_logs(folder / "evidence"))
        care("hold", archive, "CASE-9", *WHO, "--from", "2024-03-01", "--to", "2024-04-01", "--family", "evidence")
        refused("erase", archive, "--value", "anna.berg@example.org", *WHO, status=5, says="CASE-9")
        care("erase", archive, "--value", NOBODY, *WHO)
        care("lift", archive, "CASE-9", "--who", "x", "--why", "y")
        # Ended segments that are held forbid it too: their files stay.
        add(archive, SAMPLES / "mailbox.jsonl")
        ended = [path for path in files(archive) if path.parent.name == "2021-02"]
        care("hold", archive, "CASE-10", *WHO, "--segments", ",".join(str(int(path.name.split("-")[0])) for path in ended))
        care("compact", archive)
        assert all(path.exists() for path in ended) and len(ended) >= 2, ended
        refused("erase", archive, "--value", "corp\\aberg", *WHO, status=5, says="CASE-10")
        care("lift", archive, "CASE-10", "--who", "x", "--why", "y")
        care("erase", archive, "--value", "corp\\aberg", *WHO)
        assert not stands_in(archive, "corp\\aberg")


def what_is_damaged_goes_as_a_whole_if_that_is_asked():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for each in sorted(logs(folder / "logs", months=3, each=1).iterdir()):
            add(archive, each)
        victim, missing, sound = (next(path for path in files(archive) if path.parent.name == f"2024-0{month}") for month in (1, 2, 3))
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 1
        victim.write_bytes(data)
        missing.unlink()
        refused("erase", archive, "--value", NOBODY, *WHO, status=3, says="--damaged")
        value = json.loads(longwatch("archive", "cat", archive, status=(0, 3, 4)).stdout.splitlines()[-1])["fields"]["UserId"]
        told = care("erase", archive, "--value", value, "--damaged", "--dry-run")
        assert told.count("damaged, all of it") == 2 and "2 damaged segments would go as a whole" in told and victim.exists(), told
        care("hold", archive, "CASE-1", *WHO, "--from", "2024-01-01", "--to", "2024-02-01", "--family", "evidence")
        refused("erase", archive, "--value", NOBODY, "--damaged", *WHO, status=5, says="is damaged")
        care("lift", archive, "CASE-1", "--who", "x", "--why", "y")
        said = json.loads(care("erase", archive, "--value", value, "--damaged", "--json", *WHO))
        assert said["damaged"] == 2 and said["segments"] >= 1 and said["values"] >= 1, said
        assert not victim.exists() and not sound.exists() and not stands_in(archive, value)
        rows = [json.loads(line) for line in cat(archive)]
        assert rows and all(row["fields"]["UserId"] != value for row in rows)
        whole(archive)
        assert "0 hold it" in care("erase", archive, "--value", value, *WHO)


def an_erasure_goes_on_where_a_removal_broke_off():
    """Files are removed before that is recorded: whoever is killed in between leaves ended segments without files."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for each in sorted(logs(folder / "logs", months=1, each=4).iterdir()):
            add(archive, each)
        ended = [path for path in files(archive) if path.parent.name == "2024-01"]
        care("hold", archive, "H", *WHO, "--segments", str(int(ended[0].name.split("-")[0])))
        care("compact", archive)
        live = next(path for path in files(archive) if path.parent.name == "2024-01" and path not in ended)
        for path, gone in ((live, False), (ended[0], False), (ended[1], True)):  # held ones must be there
            data = path.read_bytes()
            path.unlink()
            if gone:
                care("erase", archive, "--value", NOBODY, *WHO)
            else:
                refused("erase", archive, "--value", NOBODY, *WHO, status=3, says="is not there")
                path.write_bytes(data)
        care("lift", archive, "H", "--who", "x", "--why", "y")
        value = json.loads(cat(archive)[0])["fields"]["UserId"]
        care("erase", archive, "--value", value, *WHO)
        assert not stands_in(archive, value)
        whole(archive)


def what_an_erasure_does_not_reach_is_told():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        add(archive, person_logs(folder / "evidence"))
        care("hold", archive, "of Anna Berg", "--who", "x", "--basis", "y", "--why", "z", "--segments", "1")
        care("lift", archive, "of Anna Berg", "--who", "x", "--why", "z")
        (archive / "quarantine/left.lws").write_bytes(b"Anna Berg")
        done = longwatch("archive", "erase", archive, "--value", "anna berg", *WHO, status=(3,))
        assert done.stderr.count(b"manifest holds a value in its words") == 2, done.stderr
        assert b"a hold" in done.stderr and b"quarantine/left.lws" in done.stderr, done.stderr
        assert b"Anna" not in done.stderr + done.stdout
        assert sorted(stands_in(archive, "anna berg")) == ["MANIFEST-000001", "quarantine/left.lws"]


def the_memo_goes_with_the_values():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, cache, other = folder / "archive", folder / "cache", folder / "other"
        add(archive, person_logs(folder / "evidence"))
        words = [BINARY, "retrohunt", archive, "--rules", SOURCE / "data/rules", "--quiet"]
        settings = {**os.environ, "LONGWATCH_CACHE": str(cache)}
        for more in ([], ["--memo", other]):
            subprocess.run([*words, *more], env=settings, check=False, capture_output=True)
        assert list(cache.glob("archive-*.memo")) and list(other.glob("*.memo"))
        old = list(other.glob("*.memo"))[0].read_bytes()
        subprocess.run([BINARY, "archive", "erase", archive, "--value", "anna berg", *WHO], env=settings, check=True, capture_output=True)
        assert not list(cache.glob("archive-*.memo"))
        # Elsewhere it is another's: what is gone from the archive goes with the next hunt.
        subprocess.run([*words, "--memo", other], env=settings, check=False, capture_output=True)
        new = list(other.glob("*.memo"))[0].read_bytes()
        assert new != old and len(new) <= len(old) + 200, (len(new), len(old))


def within_words():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.joinpath("logs").mkdir()
        base = json.loads((SAMPLES / "mailbox.jsonl").read_text().splitlines()[0])
        users = ["anna.berg@example.org", "johanna.berg@example.org"]
        (folder / "logs/a.jsonl").write_text("".join(json.dumps({**base, "UserId": user}) + "\n" for user in users))
        for words, left in (([], ["[erased]", "joh[erased]"]), (["--words"], ["[erased]", "johanna.berg@example.org"])):
            archive = folder / f"archive{len(words)}"
            add(archive, folder / "logs")
            told = care("erase", archive, "--value", "anna.berg@example.org", *WHO, *words)
            assert ("1 place of them within longer words" in told) == (not words), told
            assert sorted(json.loads(line)["fields"]["UserId"] for line in cat(archive)) == sorted(left)


def erasing_and_the_rest_in_any_order():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        person_logs(folder / "evidence")
        parts = [folder / "evidence/audit.jsonl", folder / "evidence/text.json", SAMPLES / "intrusion.jsonl", SAMPLES / "mailbox.jsonl"]
        (folder / "values.txt").write_text("\n".join(PERSON))
        add(folder / "all", *parts)
        care("erase", folder / "all", "--values", folder / "values.txt", *WHO)
        wanted = cat(folder / "all")
        for seed in range(4):
            drawn, archive, order = random.Random(seed), folder / f"archive-{seed}", parts[:]
            drawn.shuffle(order)
            while order:
                add(archive, order.pop())
                if drawn.random() < 0.5:
                    care("compact", archive, "--grace", drawn.choice(("0", "7")))
                if drawn.random() < 0.5:
                    care("erase", archive, "--values", folder / "values.txt", *WHO)
            care("erase", archive, "--values", folder / "values.txt", *WHO)
            care("compact", archive)
            assert cat(archive) == wanted, seed
            assert not any(stands_in(archive, value) for value in PERSON[:2])


def values_of_windows_logs():
    """UTF-16 and SIDs, as event logs hold them."""
    samples = sorted((SHARED / "data/evtx").rglob("*.evtx.gz")) if (SHARED / "data/evtx").is_dir() else []
    if not samples:
        print("SKIP values_of_windows_logs: the shared data are not there")
        return
    with tempfile.TemporaryDirectory() as name:
        archive = pathlib.Path(name) / "archive"
        add(archive, *samples[:40])
        events = [json.loads(line) for line in cat(archive)]
        count = {}
        for event in events:
            for key in ("SubjectUserSid", "SubjectUserName", "User", "Computer"):
                value = event["fields"].get(key)
                if isinstance(value, str) and len(value) > 6:
                    count[value] = count.get(value, 0) + 1
        sids = [value for value in count if value.startswith("S-1-5-21-")]
        names = sorted((value for value in count if not value.startswith("S-1")), key=lambda v: -count[v])
        assert sids and names
        person = [sids[0], names[0]]
        (pathlib.Path(name) / "values.txt").write_text("\n".join(person))
        care("erase", archive, "--values", pathlib.Path(name) / "values.txt", *WHO)
        for value in person:
            assert not stands_in(archive, value), value
            assert not any(value.lower() in line.decode().lower() for line in cat(archive)), value
        assert len(cat(archive)) == len(events)


# ---- exports ----


def an_export_is_those_bytes():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, out = folder / "archive", folder / "out"
        for each in sorted(logs(folder / "logs").iterdir()):
            add(archive, each)
        care("compact", archive)
        care("hold", archive, "CASE-3", *WHO, "--from", "2024-02-01", "--to", "2024-03-01")
        told = care("export", archive, out, "--hold", "CASE-3", "--family", "evidence", "--who", "A. Officer", "--why", "warrant")
        assert "1 segment, 72 records" in told, told
        assert [path.parent.name for path in files(out)] == ["2024-02"]
        live = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files(archive)}
        assert all(hashlib.sha256(path.read_bytes()).hexdigest() in live for path in files(out))
        assert cat(out) == [line for line in cat(archive) if json.loads(line)["time"].startswith("2024-02")]
        assert findings(out, folder / "case") is not None
        record = told.strip().splitlines()[-1].split()[-1]
        assert "an export" in whole(out) and record in whole(out)
        # As long as it is that archive's.
        care("add", archive, SAMPLES / "proxy.log")
        assert record in whole(out)
        # A whole one, and one of single segments; as of a snapshot before.
        snapshot = info(archive)["snapshot"]
        care("export", archive, folder / "all")
        assert cat(folder / "all") == cat(archive)
        numbers = [int(path.name.split("-")[0]) for path in files(folder / "archive", "segments/2024-01/*.lws")]
        care("export", archive, folder / "one", "--segments", str(max(numbers)), "--as-of", snapshot)
        assert {json.loads(line)["time"][:7] for line in cat(folder / "one")} == {"2024-01"}
        refused("export", archive, out, status=2, says="out")


def an_export_that_was_changed_is_told():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, out = folder / "archive", folder / "out"
        add(archive, SAMPLES / "mailbox.jsonl")
        care("export", archive, out)
        whole(out)
        # Evidence that the archive does not have.
        shutil.copytree(out, folder / "more")
        add(folder / "more", SAMPLES / "intrusion.jsonl")
        done = longwatch("archive", "verify", folder / "more", status=(3,))
        assert b"has no such segment" in done.stdout and b"an export:" not in done.stdout, done.stdout
        # A manifest of another archive.
        add(folder / "another", SAMPLES / "proxy.log")
        shutil.copytree(out, folder / "other")
        shutil.rmtree(folder / "other/origin")
        (folder / "other/origin").mkdir()
        for each in ("FORMAT", "HEAD", "CURRENT", "MANIFEST-000001"):
            shutil.copy(folder / "another" / each, folder / "other/origin" / each)
        assert b"has no such segment" in longwatch("archive", "verify", folder / "other", status=(3,)).stdout
        # Any byte of it.
        origin = out / "origin/MANIFEST-000001"
        good = origin.read_bytes()
        for at in range(0, len(good), 37):
            torn = bytearray(good)
            torn[at] ^= 4
            origin.write_bytes(torn)
            done = longwatch("archive", "verify", out, status=(3,))
            assert b"origin" in done.stdout, (at, done.stdout)
        origin.write_bytes(good)
        whole(out)
        segment = files(out)[0]
        data = bytearray(segment.read_bytes())
        data[100] ^= 1
        segment.write_bytes(data)
        longwatch("archive", "verify", out, status=(3,))


def damage_is_not_exported():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        add(archive, SAMPLES / "mailbox.jsonl")
        segment = files(archive)[0]
        data = bytearray(segment.read_bytes())
        data[-100] ^= 1
        segment.write_bytes(data)
        done = longwatch("archive", "export", archive, folder / "out", status=(3,))
        assert b"damaged" in done.stderr, done.stderr


# ---- encrypted ones ----


def encrypted_ones_are_cared_for_alike():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive, plain, key = folder / "archive", folder / "plain", folder / "ana.key"
        longwatch("archive", "key", "new", key)
        longwatch("archive", "key", "new", folder / "bo.key")
        person_logs(folder / "evidence")
        for n, each in enumerate(path for path in sorted((folder / "evidence").rglob("*")) if path.is_file()):
            longwatch("archive", "add", archive, each, "--quiet", *(["--encrypt-for", f"{key}.pub"] if n == 0 else ["--key", key]), status=(0, 3))
            add(plain, each)
        opened = ("--key", key)
        before = cat(archive, *opened)
        assert before == cat(plain) and len(before) > 60
        for command, words in (("compact", []), ("erase", ["--value", "anna berg", *WHO]), ("expire", [])):
            refused(command, archive, *words, status=5, says="")
            refused(command, archive, *words, "--key", folder / "bo.key", status=5, says="")
        care("compact", archive, "--grace", "0", *opened)
        assert cat(archive, *opened) == before and {part["segments"] for part in info(archive)["parts"]} == {1}
        (folder / "values.txt").write_text("\n".join(PERSON))
        for each, words in ((archive, opened), (plain, ())):
            care("erase", each, "--values", folder / "values.txt", *WHO, *words)
        assert cat(archive, *opened) == cat(plain) != before
        assert b"encrypted and no key was given" in longwatch("archive", "verify", archive).stdout
        assert b"no key" not in longwatch("archive", "verify", archive, *opened).stdout
        # An export is for the same custodians.
        out = folder / "out"
        refused("export", archive, out, status=5, says="custodians")
        care("export", archive, out, *opened)
        assert {hashlib.sha256(path.read_bytes()).digest() for path in files(out)} == {hashlib.sha256(path.read_bytes()).digest() for path in files(archive)}
        assert cat(out, *opened) == cat(archive, *opened)
        assert not any(b"assembly.example" in path.read_bytes() for path in out.rglob("*") if path.is_file())
        told = longwatch("archive", "verify", out, *opened).stdout
        assert b"an export" in told and b"no key" not in told, told
        assert longwatch("archive", "cat", out, "--key", folder / "bo.key", status=(5,)).stderr
        care("policy", archive, "set", "p", "--days", "1", "--who", "x")
        care("expire", archive, *opened)
        assert {json.loads(line).get("time") for line in cat(archive, *opened)} <= {None}


# ---- signatures ----


def what_is_signed_can_be_checked():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        add(archive, SAMPLES / "mailbox.jsonl")
        longwatch("hunt", SAMPLES / "mailbox.jsonl", "--rules", RULES, "--quiet", "-o", folder / "case", status=(0, 1))
        (folder / "password").write_text("a good password\n")
        longwatch("sign", folder / "case", "--new-key", folder / "one.key", "--password-file", folder / "password")
        longwatch("sign", folder / "case", "--new-key", folder / "two.key")
        assert "signed" not in whole(archive)
        signed = ("--sign", folder / "one.key", "--password-file", folder / "password")
        refused("hold", archive, "h", *WHO, "--sign", folder / "one.key", status=2, says="one.key")
        care("hold", archive, "CASE-4", *WHO, *signed)
        care("lift", archive, "CASE-4", "--who", "x", "--why", "y", *signed)
        care("policy", archive, "set", "p", "--days", "9000", "--who", "x", *signed)
        care("erase", archive, "--value", "set-mailbox", *WHO, *signed)
        told = whole(archive)
        assert "NOT CHECKED" in told, told
        good = longwatch("archive", "verify", archive, "--public-key", folder / "one.key.pub").stdout.decode()
        count = info(archive)["snapshot"] - 2  # all but the first two
        assert count >= 5 and f"{count} of {count + 2} records are signed, and checked with the key" in good, good
        done = longwatch("archive", "verify", archive, "--public-key", folder / "two.key.pub", status=(3,))
        assert done.stdout.count(b"manifest: record") == count, done.stdout
        # The proof goes with an export.
        care("export", archive, folder / "out")
        assert f"{count} of ".encode() in longwatch("archive", "verify", folder / "out", "--public-key", folder / "one.key.pub").stdout
        assert b"origin: record" in longwatch("archive", "verify", folder / "out", "--public-key", folder / "two.key.pub", status=(3,)).stdout
        longwatch("archive", "verify", archive, "--public-key", folder / "password", status=(2,))


run([compacted_it_says_what_it_said, every_format_is_compacted, any_order_comes_to_the_same, months_alone_and_dry_runs, grace_and_holds_keep_old_files, a_hold_follows_what_its_segments_become, damage_stays_where_it_is, policies_and_what_expires, old_files_of_what_expired_go_with_it, wrong_use_is_told, whoever_writes_is_alone, nothing_of_a_person_is_left, records_of_an_erasure, what_forbids_an_erasure, what_is_damaged_goes_as_a_whole_if_that_is_asked, an_erasure_goes_on_where_a_removal_broke_off, what_an_erasure_does_not_reach_is_told, the_memo_goes_with_the_values, within_words, erasing_and_the_rest_in_any_order, values_of_windows_logs, an_export_is_those_bytes, an_export_that_was_changed_is_told, damage_is_not_exported, encrypted_ones_are_cared_for_alike, what_is_signed_can_be_checked], slow=[every_format_is_compacted])  # fmt: skip
