#!/usr/bin/env python3
"""test_evaluate: what attribution is promised to reach on the development cases, and that its parameters are those that a fit on them gives."""

import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

BINARY = os.environ["LONGWATCH_BINARY"]
SOURCE = pathlib.Path(os.environ["LONGWATCH_SOURCE"])
CASES = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared")) / "data/attribution"
# Figure -> least, most. Half the names' interval is what it is with ten names; the separation that is asked (0.75) is not reached, see docs/attribution.md.
PROMISED = {
    "first place": (0.32, 1),
    "first five": (0.59, 1),
    "calibration error": (0, 0.05),
    "names that are right": (0.90, 1),
    "named, of known groups": (0.08, 1),
    "named, of unknown groups": (0, 0.02),
    "named, of groups taken out": (0, 0.05),
    "known from unknown (AUROC)": (0.55, 1),
}


def evaluate(*more, folder=CASES):
    return subprocess.run([BINARY, "attribute", "--evaluate", folder, *more], capture_output=True, check=False, text=True)


def figures():
    told = json.loads(evaluate("--json").stdout)
    assert told["known"] > 100 and told["unknown"] > 100, told
    for name, (least, most) in PROMISED.items():
        value = told["figures"][name]
        assert least <= value["value"] <= most, (name, value)
        assert value["low"] <= value["value"] <= value["high"], (name, value)
    for name, best in told["baseline"].items():
        assert told["figures"][name]["value"] > best > 0, (name, best)


def parameters():
    fitted = evaluate("--fit").stdout
    assert fitted == (SOURCE / "data/attribution/parameters.yml").read_text(encoding="utf-8"), "data/attribution/parameters.yml is not what --fit prints"


def judge(text, *more):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "seen.txt"
        path.write_text(text, encoding="utf-8")
        return subprocess.run([BINARY, "attribute", "--observed", path, "--profiles", CASES, *more], capture_output=True, check=False, text=True)


def recomputed():
    """Every number of an answer follows from the measures and weights in it; the example of docs/attribution.md is what it says."""
    seen = "S0266 S0384 S0461 T1027.002 T1055.001 T1059.005 T1069 T1071.001 T1078.002 T1204.002 T1566.001"
    told = json.loads(judge(seen, "--as-of", "2020-04-13", "--json").stdout)
    groups = told["groups"]
    for group in groups:
        assert abs(sum(told["weights"][name] * group[name] for name in told["weights"]) - group["score"]) < 1e-4, group
    total = sum(math.exp(group["score"]) for group in groups)
    share = math.exp(groups[0]["score"]) / total
    confirmed = max(group["confirmed"] for group in groups)
    signs = {"one": 1, "clear": math.log(share / (1 - share)), "confirmed": confirmed}
    odds = sum(told["known"][name]["weight"] * value for name, value in signs.items()) + math.log((1 - told["prior of none"]) / told["prior of none"])
    known = 1 / (1 + math.exp(-odds))
    assert abs(1 - known - told["none"]) < 1e-4 and abs(known * share - groups[0]["posterior"]) < 1e-4, told
    assert abs(sum(group["posterior"] for group in groups) + told["none"] - 1) < 1e-4
    assert told["release"] == "ATT&CK-v6.3" and len(groups) == 94 and groups[0]["name"] == "TA505" and told["may be named"]
    assert (round(told["none"], 3), round(groups[0]["posterior"], 3), round(told["margin"], 1)) == (0.025, 0.956, 2.9), told


def withheld():
    """Nothing, or techniques alone, however many: no name."""
    for text in ("", "# nothing\n", "T1190 T1505.003 T1078 T1114.002 T1005 T1560", "S0002 T1003.001", "T1584.008 T1090.003"):
        done = judge(text)
        assert done.returncode == 0 and done.stdout.endswith("\nInsufficient to name a group.\n"), (text, done)
    for text, more, status in (("mimikatz", (), 2), ("T1190", ("--as-of", "2001-01-01"), 2), ("T1190", ("--fit",), 2)):
        done = judge(text, *more)
        assert done.returncode == status and done.stderr and not done.stdout, (text, done)


def wrong(folder):
    for words, status in ((["attribute"], 2), (["attribute", "--evaluate", str(folder / "none")], 2), (["attribute", "--evaluate", str(folder), "--fit", "--json"], 2)):
        done = subprocess.run([BINARY, *words], capture_output=True, check=False, text=True)
        assert done.returncode == status and done.stderr and not done.stdout, (words, done)
    done = evaluate(folder=folder)
    assert done.returncode == 3 and "profiles-by-release.json" in done.stderr, done


def main():
    wrong(SOURCE / "data/attribution")
    if not CASES.is_dir():
        print("SKIP: no shared data (set LONGWATCH_SHARED)")
        return 77
    recomputed()
    withheld()
    figures()
    parameters()
    return 0


sys.exit(main())
