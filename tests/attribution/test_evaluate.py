#!/usr/bin/env python3
"""test_evaluate: what attribution is promised to reach on the development cases, and that its parameters are those that a fit on them gives."""

import json
import os
import pathlib
import subprocess
import sys

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
    figures()
    parameters()
    return 0


sys.exit(main())
