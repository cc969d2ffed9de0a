#!/usr/bin/env python3
"""test_order_of_adding: whatever the order in which evidence comes, in however many runs, however often, late, put together, with what expires in between and what
is erased at the end: the archive holds the same events, and hunts through it, with what prunes and without, find the same."""

import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
from evidence import BINARY, SOURCE, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"
SECONDS = 30  # for all seeds; one at least
SEEDS = range(1, 100)


def longwatch(*words, status=(0, 1)):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False)
    assert done.returncode in status, (words, done.returncode, done.stderr[-2000:])
    return done.stdout


def evidence(folder):
    """Files of several formats whose months lie across each other; one is a copy of another, some are for a family that expires."""
    kept, short = folder / "kept", folder / "short"
    kept.mkdir(parents=True)
    short.mkdir()
    mailbox = (SAMPLES / "mailbox.jsonl").read_text().splitlines(keepends=True)
    intrusion = (SAMPLES / "intrusion.jsonl").read_text().splitlines(keepends=True)
    for part in range(3):
        (kept / f"mailbox-{part}.jsonl").write_text("".join(mailbox[part:210:3]))
    for part in range(2):
        (kept / f"intrusion-{part}.jsonl").write_text("".join(intrusion[part * 80 : part * 80 + 80]))
    (kept / "post.mbox").write_bytes((SAMPLES / "post.mbox").read_bytes())
    (kept / "roster.csv").write_bytes((SAMPLES / "roster.csv").read_bytes())
    (kept / "a-copy.jsonl").write_bytes((kept / "mailbox-1.jsonl").read_bytes())
    old = [json.loads(line) for line in mailbox[210:]]
    (short / "old.jsonl").write_text("".join(json.dumps({**each, "CreationTime": f"1999-0{1 + n % 9}-02T03:04:05"}) + "\n" for n, each in enumerate(old)))
    (short / "proxy.log").write_bytes((SAMPLES / "proxy.log").read_bytes())
    return sorted(kept.iterdir()), sorted(short.iterdir())


def without_paths(value):
    """Under which of its paths a file with copies is kept is a matter of order: its hash says which it is."""
    if isinstance(value, dict):
        return {name: without_paths(inner) for name, inner in value.items() if name not in ("evidence_path", "finding", "number", "path")}
    return [without_paths(inner) for inner in value] if isinstance(value, list) else value


def plain(lines):
    return sorted(json.dumps(without_paths(json.loads(line)), sort_keys=True) for line in lines)


def told(folder):
    return plain(longwatch("archive", "cat", folder, status=(0,)).splitlines())


def found(of, case):
    longwatch("hunt", *of, "--rules", SOURCE / "data/rules", "--quiet", "-o", case, "--force")
    return plain((case / "findings.jsonl").read_text().splitlines())


def found_again(folder, *words):
    return plain(longwatch("retrohunt", folder, "--rules", SOURCE / "data/rules", "--quiet", "--json", *words).splitlines())


def build(chance, archive, kept, short):
    """Some way to the same archive; what was done, for whoever has to look into it."""
    waiting, done, did = list(kept), [], []
    chance.shuffle(waiting)
    longwatch("archive", "add", archive, waiting[0], "--quiet")
    done.append(waiting.pop(0))
    longwatch("archive", "policy", archive, "set", "soon", "--days", 1, "--family", "short", "--who", "a test")
    expiring = list(short)
    chance.shuffle(expiring)
    while waiting or expiring:
        roll = chance.random()
        if roll < 0.5 and waiting:
            n = chance.randrange(1, len(waiting) + 1)
            now = waiting[:n] + ([chance.choice(done)] if chance.random() < 0.5 else []) + waiting[:1]
            waiting, done = waiting[n:], done + waiting[:n]
            longwatch("archive", "add", archive, *now, "--quiet", "--threads", chance.randrange(1, 4))
            did.append(["add", *(path.name for path in now)])
        elif roll < 0.65 and expiring:
            now = expiring.pop()
            longwatch("archive", "add", archive, now, "--family", "short", "--quiet")
            did.append(["add", "short", now.name])
        elif roll < 0.8:
            longwatch("archive", "compact", archive, "--quiet", *(["--grace", 0] if chance.random() < 0.5 else []))
            did.append(["compact"])
        elif roll < 0.9:
            longwatch("archive", "expire", archive, "--quiet")
            did.append(["expire"])
        else:
            longwatch("archive", "add", archive, *done, "--quiet")
            did.append(["add again"])
    longwatch("archive", "expire", archive, "--quiet")
    if chance.random() < 0.5:
        longwatch("archive", "compact", archive, "--quiet", "--grace", 0)
        did.append(["compact"])
    return did


def same_answers():
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        kept, short = evidence(folder / "evidence")
        copies = [path for path in kept if path.name == "a-copy.jsonl"]
        once = [path for path in kept if path not in copies]
        events = plain(longwatch("events", "--json", *once).splitlines())
        findings = found(once, folder / "fresh")
        assert len(events) > 400 and len(findings) > 30, (len(events), len(findings))
        again = erased = None
        done = 0
        for seed in SEEDS:
            if done and time.monotonic() - began > SECONDS:
                break
            chance, archive = random.Random(seed), folder / f"archive{seed}"
            did = build(chance, archive, kept, short)
            got = told(archive)
            assert got == events, (seed, did, len(got), len(events), sorted(set(got) ^ set(events))[:2])
            got = found([archive], folder / f"case{seed}")
            assert got == findings, (seed, did, len(got), len(findings), sorted(set(got) ^ set(findings))[:2])
            # Whatever prunes is left out or not, and asked twice of a memo.
            ways = [way for n in range(3) for way in itertools.combinations(("--no-memo", "--no-index", "--no-select"), n + 1)] + [("--memo", folder / "memo")] * 2
            answers = {tuple(map(str, way)): found_again(archive, *way) for way in (ways if done == 0 else chance.sample(ways, 3))}
            again = again if again is not None else next(iter(answers.values()))
            whole = plain(longwatch("hunt", archive, "--rules", SOURCE / "data/rules", "--quiet", "--json").splitlines())
            assert again == whole, (seed, did, len(again), len(whole), sorted(set(again) ^ set(whole))[:2])
            for way, answer in answers.items():
                assert answer == again, (seed, did, way, len(answer), len(again), sorted(set(answer) ^ set(again))[:2])
            assert longwatch("archive", "verify", archive, status=(0,)), seed
            # What is erased in the end is erased alike.
            longwatch("archive", "erase", archive, "--value", "k.lind", "--who", "a test", "--basis", "none", "--why", "to see it gone", "--quiet")
            got = told(archive)
            assert not any("k.lind" in event.lower() for event in got), (seed, did)
            erased = erased or got
            assert got == erased and len(got) == len(events), (seed, did, sorted(set(got) ^ set(erased))[:2])
            assert any("[erased]" in event for event in got)
            assert longwatch("archive", "verify", archive, status=(0,)), seed
            done += 1
        print(f"{done} ways to the same archive")


run([same_answers])
