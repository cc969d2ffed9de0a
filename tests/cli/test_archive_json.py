#!/usr/bin/env python3
"""test_archive_json: the commands of an archive with --json: one object on standard output, no words; verify says each damage and what of a damaged
segment can still be read, which is what cat reads; statuses are those without --json."""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
from evidence import BINARY, SOURCE, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"
WHO = ("--who", "Berg", "--why", "a test")


def longwatch(*words, status=0):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def told(command, *words, status=0):
    """The one object that it prints."""
    out = longwatch("archive", *command.split(), *words, "--json", status=status)
    assert out.count(b"\n") == 1 and out.endswith(b"\n"), (command, out)
    return json.loads(out)


def archive_of(folder):
    archive = folder / "archive"
    longwatch("archive", "add", archive, SAMPLES / "mailbox.jsonl", "--quiet")
    longwatch("archive", "add", archive, SAMPLES / "proxy.log", "--quiet")
    return archive


def readable(archive):
    done = subprocess.run([BINARY, "archive", "cat", archive], capture_output=True, check=False)
    return done.stdout.count(b"\n")


def add_says_what_was_kept():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        bad = folder / "bad.evtx"
        bad.write_bytes(b"ElfFile\0" + bytes(9000))
        archive = folder / "archive"
        first = told("add", archive, SAMPLES / "mailbox.jsonl", "--originals")
        rows = len((SAMPLES / "mailbox.jsonl").read_text().splitlines())
        assert (first["archive"], first["made"], first["files"], first["known"], first["rows"]) == (str(archive), True, 1, 0, rows), first
        assert first["originals"]["files"] == 1 and first["originals"]["bytes"] == (SAMPLES / "mailbox.jsonl").stat().st_size, first
        again = told("add", archive, SAMPLES / "mailbox.jsonl", bad, status=3)
        assert not again["made"] and again["known"] == 1 and again["unread"] + again["damages"] > 0, again
        assert again["snapshot"] == json.loads(longwatch("archive", "info", archive, "--json"))["snapshot"]
        assert not longwatch("archive", "add", archive, folder / "nothing", "--json", status=2)


def verify_of_a_whole_archive():
    with tempfile.TemporaryDirectory() as name:
        archive = archive_of(pathlib.Path(name))
        said, info = told("verify", archive), json.loads(longwatch("archive", "info", archive, "--json"))
        assert said["whole"] and said["damages"] == said["damaged_segments"] == [] and said["origin"] is None, said
        assert said["segments"] == {"checked": info["segments"], "damaged": 0, "sealed": 0} and said["index"] == {"runs": info["index"]["runs"], "damaged": 0}
        assert {key: said[key] for key in ("id", "at", "snapshot")} == {key: info[key] for key in ("id", "at", "snapshot")}
        out = told("export", archive, pathlib.Path(name) / "out")
        assert told("verify", pathlib.Path(name) / "out")["origin"] == {"snapshot": out["snapshot"], "record": out["record"]}
        assert not longwatch("archive", "verify", name, "--json", status=2)


def verify_of_a_damaged_one():
    """Each damage as the words have it; and of a damaged segment as many records as cat reads."""
    chance, some = random.Random(3), 0
    with tempfile.TemporaryDirectory() as name:
        archive = archive_of(pathlib.Path(name))
        all_of_it = readable(archive)
        for path in sorted(archive.glob("segments/*/*.lws")):
            data = path.read_bytes()
            ledger = path.parent.name == "undated"
            places = [0, len(data) - 1] + [chance.randrange(4096, len(data)) for _ in range(5)]
            for damaged in [*(data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :] for at in places), data[: len(data) // 2], None]:
                path.unlink()
                if damaged is not None:
                    path.write_bytes(damaged)
                words = longwatch("archive", "verify", archive, status=3).decode().splitlines()
                said = told("verify", archive, status=3)
                assert [f"{archive}/{each['file']}: at {each['offset']}: {each['why']}" for each in said["damages"]] == words[: len(said["damages"])], (words, said)
                assert not said["whole"] and said["segments"]["damaged"] == len(said["damaged_segments"]) == 1, said
                (broken,) = said["damaged_segments"]
                assert broken["file"] == str(path.relative_to(archive)) and broken["live"] and 0 <= broken["readable"] <= broken["rows"], broken
                assert damaged is not None or broken["readable"] == 0, broken
                if not ledger:
                    left = broken["readable"] + all_of_it - broken["rows"]
                    assert readable(archive) == left, (path.name, readable(archive), left, broken)
                    some += 0 < broken["readable"] < broken["rows"]
                path.unlink(missing_ok=True)
                path.write_bytes(data)
        assert some, "no damage left a part"
        (archive / "MANIFEST-000001").write_bytes(b"")
        said = told("verify", archive, status=3)
        assert said["id"] is None and said["snapshot"] is None and not said["whole"] and len(said["damages"]) == 1, said


def said_beforehand(*words):
    """What was done: --dry-run said just that, but for the word that it was not done."""
    before, after = told(*words, "--dry-run"), told(*words)
    assert before.pop("dry_run") and not after.pop("dry_run") and before.pop("snapshot") < after["snapshot"]
    assert before == {name: value for name, value in after.items() if name != "snapshot"}, (before, after)
    return after


def what_is_done_is_told():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = archive_of(folder)
        longwatch("archive", "add", archive, SAMPLES / "intrusion.jsonl", "--quiet")
        assert told("hold", archive, "H", "--basis", "b", *WHO) == {"archive": str(archive), "hold": "H", "done": "set", "snapshot": 5}
        assert told("policy", archive, "set", "short", "--days", "1", *WHO)["policy"] == "short"
        dry = told("expire", archive, "--dry-run")
        assert dry["dry_run"] and dry["segments"] == 0 and dry["held"] == len(dry["over"]) and all(each["hold"] == "H" for each in dry["over"]), dry
        assert told("lift", archive, "H", *WHO)["done"] == "lifted" and told("hold", archive) == {"holds": []}
        packed = told("compact", archive, "--quiet")
        assert packed["before"]["segments"] == sum(each["segments"] for each in packed["groups"]) > packed["after"]["segments"] == len(packed["groups"]), packed
        assert packed["snapshot"] == told("index", archive)["snapshot"] and packed["removed"]["grace"] > 0, packed
        said_beforehand("erase", archive, "--value", "10.20.0.83", "--basis", "b", *WHO)
        gone = told("erase", archive, "--value", "longwatch-nobody", "--basis", "b", *WHO)
        assert gone["segments"] == gone["values"] == 0 and gone["holding"] == [] and gone["looked_at"] > 0, gone
        over = said_beforehand("expire", archive, "--who", "cron")
        assert over["segments"] == len(over["over"]) > 0 and {each["policy"] for each in over["over"]} == {"short"}, over
        assert over["rows"] == sum(each["rows"] for each in over["over"]) and over["removed"]["files"] >= over["segments"], over
        # What fails says so on standard error alone.
        assert not longwatch("archive", "lift", archive, "H", *WHO, "--json", status=2)


def keys_and_custodians():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made = [told("key new", folder / who) for who in ("ana", "bo")]
        assert made[0] == {"private": str(folder / "ana"), "public": str(folder / "ana.pub"), "name": "ana", "id": made[0]["id"], "passphrase": False}
        archive, key = folder / "archive", ("--key", folder / "ana")
        told("add", archive, SAMPLES / "proxy.log", "--encrypt-for", folder / "ana.pub")
        sealed = told("verify", archive)
        assert sealed["segments"]["sealed"] == sealed["segments"]["checked"] > 0 and told("verify", archive, *key)["segments"]["sealed"] == 0
        made_anew = told("custodians", archive, *key, "--new-key")
        assert [each["done"] for each in made_anew["changes"]] == ["made"], made_anew
        forget = ("custodians", archive, *key, "--forget", "1", *WHO)
        before = told(*forget, "--dry-run")
        done = told("custodians", archive, *key, "--add", folder / "bo.pub", "--remove", "bo", "--forget", "1", *WHO)
        assert [each["done"] for each in done["changes"]] == ["added", "removed", "forgotten"] and done["changes"][0]["id"] == made[1]["id"], done
        assert before["dry_run"] and before["changes"][0].pop("done") == "would forget" and done["changes"][2].pop("done") == "forgotten"
        assert before["changes"][0] == done["changes"][2] and done["changes"][2]["rows"] > 0 < done["changes"][2]["removed"]["files"], (before, done)
        # One that fails is not told; what was done before it is.
        some = told("custodians", archive, *key, "--add", folder / "bo.pub", "--remove", "nobody", status=2)
        assert [each["done"] for each in some["changes"]] == ["added"], some


run([add_says_what_was_kept, verify_of_a_whole_archive, verify_of_a_damaged_one, what_is_done_is_told, keys_and_custodians])
