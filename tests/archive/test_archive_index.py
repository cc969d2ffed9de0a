#!/usr/bin/env python3
"""test_archive_index: the index of an archive from the outside: it is there when evidence is, told, checked, mended; what is made anew is what there was; what
is damaged of evidence is in no index; and an archive without one is an archive."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
from evidence import BINARY, SOURCE, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"


def longwatch(*words, status=(0,)):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False)
    assert done.returncode in status, (words, done.returncode, done.stdout[-500:], done.stderr[-2000:])
    return done


def add(archive, *paths):
    longwatch("archive", "add", archive, *paths, "--threads", 1, status=(0, 3))


def index_of(archive):
    return json.loads(longwatch("archive", "info", archive, "--json").stdout)["index"]


def make(archive, *words, status=(0,)):
    return json.loads(longwatch("archive", "index", archive, "--json", *words, status=status).stdout)


def runs(archive):
    return {path.name: path.read_bytes() for path in (archive / "index").iterdir()}


def segments(archive):
    return sorted((archive / "segments").rglob("*.lws"))


def filled(folder):
    archive = folder / "archive"
    add(archive, SAMPLES)
    index = index_of(archive)
    assert index["runs"] == 1 and index["keys"] > 1000 and index["segments"] == index["of"] >= 3, index
    return archive


def left_for_later():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        whole, later = filled(folder), folder / "later"
        longwatch("archive", "add", later, SAMPLES, "--threads", 1, "--no-index", status=(0, 3))
        index = index_of(later)
        assert index["runs"] == index["segments"] == 0 and index["of"] == index_of(whole)["of"], index
        assert b"longwatch archive index adds the others" in longwatch("archive", "info", later).stdout
        intel = SAMPLES / "indicators.json"
        asked = [[json.loads(line) for line in longwatch("retrohunt", archive, "--intel", intel, "--no-memo", "--json", status=(1, 3)).stdout.splitlines()] for archive in (whole, later)]
        assert asked[0] and asked[0] == asked[1], [len(each) for each in asked]
        make(later)
        assert index_of(later)["segments"] == index_of(whole)["segments"] and index_of(later)["keys"] == index_of(whole)["keys"]


def made_with_the_evidence():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = filled(folder)
        text = longwatch("archive", "info", archive).stdout.decode()
        assert f"of {index_of(archive)['of']} of {index_of(archive)['of']} segments with records, in 1 run" in text, text
        assert b"and so is 1 run of the index" in longwatch("archive", "verify", archive).stdout
        made = make(archive)
        assert made["made"] == made["damaged"] == made["runs_ended"] == 0 and made["segments"] == index_of(archive)["of"], made
        more = folder / "more.jsonl"
        more.write_text('{"odd": "evil.example"}\n')
        add(archive, more)
        assert index_of(archive)["runs"] == 2
        assert index_of(archive)["segments"] == index_of(archive)["of"] == made["segments"] + 1


def made_anew_it_is_the_same():
    with tempfile.TemporaryDirectory() as name:
        archive = filled(pathlib.Path(name))
        before = runs(archive)
        made = make(archive, "--anew")
        assert made["made"] == made["segments"] and made["runs_ended"] == 1, made
        assert list(runs(archive).values()).count(*before.values()) == 2  # the old one lies there for those who read
        shutil.rmtree(archive / "index")
        (archive / "index").mkdir()
        told = longwatch("archive", "verify", archive, status=(3,)).stdout.decode()
        assert "is not there" in told and "1 of 1 run of the index, which longwatch archive index makes anew" in told, told
        assert make(archive)["made"] == made["segments"]
        assert list(runs(archive).values()) == list(before.values())
        assert b"and so is 1 run" in longwatch("archive", "verify", archive).stdout


def damaged_anywhere():
    """A byte of a run that differs is found, wherever it is, and the run is made anew."""
    with tempfile.TemporaryDirectory() as name:
        archive = filled(pathlib.Path(name))
        [path] = (archive / "index").iterdir()
        whole = path.read_bytes()
        places = [*range(0, len(whole), len(whole) // 25), len(whole) - 1, len(whole) - 100, len(whole) - 272]
        for at in places:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
            told = longwatch("archive", "verify", archive, status=(3,)).stdout.decode()
            assert "index/" in told and "damaged in 1 place" in told.replace("places", "place"), (at, told)
        for size in (0, 100, len(whole) - 1):
            path.write_bytes(whole[:size])
            longwatch("archive", "verify", archive, status=(3,))
        path.write_bytes(whole[: len(whole) // 2] + b"\xff" + whole[len(whole) // 2 + 1 :])
        made = make(archive)
        assert made["made"] == made["segments"] and made["runs_ended"] == 1, made
        assert whole in runs(archive).values()
        longwatch("archive", "verify", archive)


def other_kinds():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = filled(folder)
        (folder / "kinds").mkdir()
        (folder / "kinds/own.yml").write_text("kind: own/note\nwhen: {note: {present: true}}\nlogsources: [{product: own}]\n")
        first = make(archive, "--kinds", folder / "kinds")
        assert first["made"] == first["segments"] and first["runs_ended"] == 1, first
        assert make(archive, "--kinds", folder / "kinds")["made"] == 0
        back = make(archive)
        assert back["made"] == back["segments"], back


def damaged_evidence():
    """What cannot be read whole is in no index, and said."""
    with tempfile.TemporaryDirectory() as name:
        archive = filled(pathlib.Path(name))
        largest = max((path for path in segments(archive)), key=lambda path: path.stat().st_size)
        data = bytearray(largest.read_bytes())
        for at in range(4096, len(data) // 2, 512):
            data[at] ^= 1
        largest.write_bytes(data)
        done = longwatch("archive", "index", archive, "--json", "--anew", status=(3,))
        made = json.loads(done.stdout)
        assert made["damaged"] == 1 and made["made"] == made["segments"] - 1, made
        assert largest.name.encode() in done.stderr, done.stderr
        index = index_of(archive)
        assert index["segments"] == index["of"] - 1, index
        assert b"longwatch archive index adds the others" in longwatch("archive", "info", archive).stdout


def without_a_secret():
    """The archive goes on without an index; what has none is made when there is one again."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = filled(folder)
        secret = (archive / "secret").read_bytes()
        (archive / "secret").unlink()
        more = folder / "more.jsonl"
        more.write_text('{"odd": "evil.example"}\n')
        add(archive, more)
        index = index_of(archive)
        assert index["segments"] == index["of"] - 1, index
        longwatch("archive", "index", archive, status=(2, 3, 4))
        (archive / "secret").write_bytes(secret)
        assert make(archive)["made"] == 1
        assert index_of(archive)["segments"] == index_of(archive)["of"]


def many_small_runs_are_merged():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        archive = folder / "archive"
        for n in range(20):
            log = folder / f"{n}.jsonl"
            log.write_text(json.dumps({"odd": f"host{n}.example"}) + "\n")
            add(archive, log)
        index = index_of(archive)
        assert index["runs"] < 10 and index["segments"] == index["of"] == 20, index
        longwatch("archive", "verify", archive)


def wrong():
    with tempfile.TemporaryDirectory() as name:
        longwatch("archive", "index", name, status=(2,))
        longwatch("archive", "index", os.path.join(name, "none"), status=(2,))
        longwatch("archive", "index", status=(2,))


run([left_for_later, made_with_the_evidence, made_anew_it_is_the_same, damaged_anywhere, other_kinds, damaged_evidence, without_a_secret, many_small_runs_are_merged, wrong])  # fmt: skip
