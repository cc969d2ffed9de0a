#!/usr/bin/env python3
"""test_by_hand: every number of an assessment is computed again out of its JSON alone, and its JSON is what docs/formats says it is."""

import copy
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import by_hand

SOURCE = pathlib.Path(os.environ.get("LONGWATCH_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("LONGWATCH_BUILD", SOURCE / "build"))
BINARY = os.environ.get("LONGWATCH_BINARY", BUILD / "longwatch")
PRINT = BUILD / "tests/assessment_print"
SHARED = SOURCE.parent / "shared/data/attribution"
CHECKED = "LONGWATCH_CHECKED" in os.environ  # the sanitized program is slow
SCHEMA = SOURCE / "docs/formats/assessment.schema.json"


class Skipped(Exception):
    pass


def profiles(folder):
    """Three releases of thirty made-up groups: some of a nation, some with malware of their own, some dated; later ones know more."""
    draw = random.Random(31)
    techniques = [f"T{1001 + i}" for i in range(40)] + [f"T{1001 + i}.00{k}" for i in range(12) for k in (1, 2)]
    software = {f"S{1 + i:04}": {"name": f"Program {i}", "type": "tool" if i % 3 == 0 else "malware"} for i in range(40)}
    sources = [{"name": f"report {i}", "date": f"{2012 + i // 12}-{1 + i % 12:02}-11" if i % 7 else None} for i in range(150)]
    groups, releases = [], {}
    for i in range(30):
        tokens = draw.sample(techniques, 4 + i % 11) + draw.sample(sorted(software), i % 5)
        groups.append({"id": f"G{1 + i:04}", "name": f"Group {i}", "aliases": [f"Alias {i}"], "nation": (None, "AA", "BB")[i % 3],
                       "rows": [{"t": t, "s": sorted(draw.sample(range(150), 1 + draw.randrange(4)))} for t in tokens]})  # fmt: skip
    for name, day, most in (("R1", "2016-05-01", 20), ("R2", "2020-02-02", 26), ("R3", "2025-03-03", 30)):
        releases[name] = {"released": day, "groups": {g["id"]: {"name": g["name"], "n": {r["t"]: len(r["s"]) for r in g["rows"]}} for g in groups[:most]}}
    for name, content in (("profiles-by-release", releases), ("groups", groups), ("sources", sources), ("software", software), ("techniques", {t: {"name": t} for t in techniques})):
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def printed(folder, seed, count):
    done = subprocess.run([PRINT, folder, str(seed), str(count)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def all_come_out(trees, least):
    counts, levels = {}, {}
    for number, tree in enumerate(trees):
        found = by_hand.wrong(tree, counts)
        assert not found, (number, len(found), found[:5])
        for name in ("now", "then"):
            if tree[name]:
                key = tree[name]["level"], tree[name]["confidence"]
                levels[key] = levels.get(key, 0) + 1
    assert {level for level, _ in levels} == {"cluster", "resembles", "consistent"}, levels
    assert min(counts[what] for what in ("counted", "age", "grade", "posterior", "gate", "level without", "posterior without", "part", "confidence", "told")) >= least, counts


def made_up_profiles_come_out(folder):
    all_come_out(printed(profiles(folder), 1, 60 if CHECKED else 400), 20 if CHECKED else 100)


def published_profiles_come_out(_):
    if not SHARED.is_dir():
        raise Skipped("../shared/data/attribution is not there: no published profiles were weighed")
    all_come_out(printed(SHARED, 2, 20 if CHECKED else 150), 20 if CHECKED else 100)


def the_program_tells_the_same(folder):
    """What `attribute --observed --json` prints, of lists that reach each of the levels that lists can."""
    profiles(folder)
    levels = set()
    groups = json.loads((folder / "groups.json").read_text())
    lists = [[r["t"] for r in g["rows"]] for g in groups[:: 2 if CHECKED else 1]] + [["T1001"], ["T1002", "S0001"], ["T9999", "S9999"]]
    for tokens in lists:
        (folder / "seen.txt").write_text("\n".join(tokens))
        done = subprocess.run([BINARY, "attribute", "--observed", folder / "seen.txt", "--profiles", folder, "--json"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        tree = json.loads(done.stdout)
        found = by_hand.wrong(tree)
        assert not found, (tokens, found[:5])
        levels.add(tree["now"]["level"])
    assert levels == {"cluster", "resembles", "consistent"}, levels


def whatever_is_changed_is_found(folder):
    """A check that finds nothing in wrong numbers is none."""
    tree = next(t for t in printed(profiles(folder), 3, 60) if t["now"]["level"] == "consistent" and t["now"]["groups"][0]["classes"])
    assert not by_hand.wrong(tree)

    def number(path):
        def change(t):
            at = t
            for step in path[:-1]:
                at = at[step]
            assert isinstance(at[path[-1]], (int, float)) and not isinstance(at[path[-1]], bool), path
            at[path[-1]] = at[path[-1]] * 1.001 + 0.001

        return change

    first = tree["now"]["groups"][0]
    link = next(i for i, l in enumerate(first["links"]) if l["counted"] > 0)
    class_ = next(iter(first["classes"]))
    part = next(i for i, p in enumerate(first["model"]["parts"]) if "technique" in p)
    changes = {
        "none": number(("now", "none")), "margin": number(("now", "margin")), "base": number(("now", "groups", 0, "base")),
        "posterior": number(("now", "groups", 0, "posterior")), "bans": number(("now", "groups", 0, "bans")), "class": number(("now", "groups", 0, "classes", class_)),
        "measure": number(("now", "groups", 0, "model", "measures", "technique")), "part": number(("now", "groups", 0, "model", "parts", part, "technique")),
        "sources": lambda t: t["now"]["groups"][0]["model"]["parts"][part].update(sources=t["now"]["groups"][0]["model"]["parts"][part]["sources"] + 1),
        "score": number(("now", "groups", 1, "model", "score")), "share": number(("now", "groups", 1, "model", "share")), "weight": number(("weights", "measures", "technique")),
        "prior": number(("weights", "prior of none")), "next": lambda t: t["weights"].update(speaks=9.0), "counted": number(("now", "groups", 0, "links", link, "counted")),
        "age": number(("now", "groups", 0, "links", link, "age_days")), "decay": number(("now", "groups", 0, "links", link, "decay")), "grade": number(("now", "groups", 0, "links", link, "grade")),
        "others": number(("now", "others", "weighed")), "others' scores": number(("now", "others", "scores")), "nation": number(("now", "nations", 0, "posterior")),
        "level": lambda t: t["now"].update(level="resembles"), "confidence": lambda t: t["now"].update(confidence={"high": "low", "low": "high", "moderate": "low"}[t["now"]["confidence"]]),
        "gate": lambda t: t["now"]["gates"][0].update(passed=False), "carried": lambda t: t["now"]["groups"][0].update(carried=False), "families": lambda t: t["now"]["groups"][0].update(families=[]),
        "window": lambda t: t["now"]["groups"][1].update(window=not t["now"]["groups"][1]["window"]), "a group is gone": lambda t: t["now"]["groups"].pop(1),
        "two groups change places": lambda t: t["now"]["groups"].reverse(), "cap": lambda t: [c.update(cap=1e-6) for c in t["weights"]["classes"]],
        "cells": lambda t: t["now"]["hypotheses"][0].update(against=77), "reliability": lambda t: t["weights"]["reliability"].update(A=0.2, B=0.2, C=0.2, D=0.2, F=0.2),
    }  # fmt: skip
    for name, change in changes.items():
        other = copy.deepcopy(tree)
        change(other)
        assert by_hand.wrong(other), name


def schema():
    try:
        import jsonschema
    except ImportError as error:
        raise Skipped("python3-jsonschema is not installed: no assessment was held against its schema") from error
    whole = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(whole)
    return jsonschema.Draft202012Validator(whole)


def it_is_what_the_schema_says(folder):
    check = schema()
    trees = printed(profiles(folder), 5, 20)
    for tree in trees:
        found = [f"{'/'.join(map(str, e.path))}: {e.message[:120]}" for e in check.iter_errors(tree)]
        assert not found, found[:5]
    # And nothing else: what is missing, or more, or of another kind, is none.
    tree = next(t for t in trees if t["then"] and t["evidence"]["items"] and t["now"]["groups"][0]["links"])
    for name, change in {
        "no level": lambda t: t["now"].pop("level"), "a level of another kind": lambda t: t["now"].update(level="certain"), "more than is known": lambda t: t["now"].update(culprit="APT31"),
        "a probability above one": lambda t: t["now"].update(none=1.1), "no weights": lambda t: t.pop("weights"), "an item without class": lambda t: t["evidence"]["items"][0].pop("class"),
        "a grade that is none": lambda t: t["evidence"]["items"][0].update(credibility=7), "a link to nowhere": lambda t: t["now"]["groups"][0]["links"][0].update(item=-1),
        "no sentence": lambda t: t["written"].pop("judgement"), "another version": lambda t: t.update(version=2),
    }.items():  # fmt: skip
        other = copy.deepcopy(tree)
        change(other)
        assert list(check.iter_errors(other)), name


def every_member_is_in_the_manual(folder):
    """docs/formats/assessment.md names each member of each object."""
    manual = (SOURCE / "docs/formats/assessment.md").read_text()
    named = set(re.findall(r"`([^`]+)`", manual))
    named |= {part for name in named for part in name.split(".")}
    ids = {c["class"] for c in printed(profiles(folder), 1, 1)[0]["weights"]["classes"]}

    def names(value, found):
        if isinstance(value, dict):
            for name, inner in value.items():
                found.add(name)
                names(inner, found)
        elif isinstance(value, list):
            for inner in value:
                names(inner, found)

    found = set()
    for tree in printed(folder, 5, 20):
        names(tree, found)
    missing = sorted(n for n in found - ids - set("ABCDEF123456") if n not in named)
    assert not missing, missing


def main():
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as temporary:
        for test in (
            made_up_profiles_come_out, published_profiles_come_out, the_program_tells_the_same, whatever_is_changed_is_found, it_is_what_the_schema_says,
            every_member_is_in_the_manual,
        ):  # fmt: skip
            folder = pathlib.Path(temporary) / test.__name__
            folder.mkdir()
            try:
                test(folder)
                passed += 1
            except Skipped as why:
                skipped += 1
                print(f"SKIP: {why}")
            except AssertionError as error:
                failed += 1
                print(f"{test.__name__}: {error}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
