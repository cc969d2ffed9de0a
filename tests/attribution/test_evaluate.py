#!/usr/bin/env python3
"""test_evaluate: what attribution is promised to reach on the development cases: computed again from what was said of each case; that its parameters are those
that a fit gives, and that docs/attribution.md says what was measured."""

import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import by_hand

BINARY = os.environ["LONGWATCH_BINARY"]
SOURCE = pathlib.Path(os.environ["LONGWATCH_SOURCE"])
CASES = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared")) / "data/attribution"
# Set, figure -> least, most. What was asked, where it is reached; else no less than a real loss would leave. The separation that is asked (0.75) is not
# reached, see docs/attribution.md: should it ever be, that page is wrong.
PROMISED = {
    ("all", "first place"): (0.32, 1),
    ("all", "first five"): (0.59, 1),
    ("all", "calibration error"): (0, 0.05),
    ("all", "names that are right"): (0.90, 1),
    ("all", "named, of known groups"): (0.08, 1),
    ("all", "named, of unknown groups"): (0, 0.02),
    ("all", "named, of groups taken out"): (0, 0.05),
    ("all", "known from unknown (AUROC)"): (0.55, 0.75),
    # By a whole assessment one name less, the wrong one.
    ("assessed", "names that are right"): (0.95, 1),
    ("assessed", "named, of known groups"): (0.07, 1),
    ("assessed", "named, of unknown groups"): (0, 0.02),
    ("dated", "first place"): (0.32, 1),
    ("dated", "names that are right"): (0.90, 1),
    ("after 2021-06-01", "first place"): (0.32, 1),
    ("after 2021-06-01", "names that are right"): (0.75, 1),
    ("after 2021-06-01", "named, of unknown groups"): (0, 0.02),
    ("half", "names that are right"): (0.85, 1),
    ("half", "named, of unknown groups"): (0, 0.02),
    ("30 %", "names that are right"): (0.85, 1),
    ("30 %", "named, of unknown groups"): (0, 0.02),
    # Techniques alone never name.
    ("techniques", "named, of all"): (0, 0),
}


def evaluate(*more, folder=CASES):
    return subprocess.run([BINARY, "attribute", "--evaluate", folder, *more], capture_output=True, check=False, text=True)


@functools.cache
def told():
    return json.loads(evaluate("--json").stdout)


def sets():
    return {one["id"]: one for one in told()["sets"]}


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def auroc(known, unknown):
    return mean((a > b) + (a == b) / 2 for a in known for b in unknown)


def error_of(answers):
    """Expected calibration error of (posterior, right), ten bins."""
    bins = [[0, 0] for _ in range(10)]
    for posterior, right in answers:
        at = bins[min(9, int(posterior * 10))]
        at[0] += posterior
        at[1] += right
    return sum(abs(said - was) for said, was in bins) / len(answers)


def figures():
    for (name, figure), (least, most) in PROMISED.items():
        value = sets()[name]["figures"][figure]
        assert least <= value["value"] <= most, (name, figure, value)
    for one in told()["sets"]:
        for figure, value in one["figures"].items():
            if value["value"] is not None:
                assert 0 <= value["low"] <= value["value"] <= value["high"] <= 1, (one["id"], figure, value)
    # Simple methods on the same reports: better than any of them, by more than a case.
    for figure, value in (("first place", lambda one: one["first place"]["value"]), ("first five", lambda one: one["first five"])):
        best = max(value(one) for one in told()["baselines"] if one["set"] == "prospective reports")
        assert sets()["reports"]["figures"][figure]["value"] > best + 0.01 > 0.1, (figure, best)


def again():
    """Every figure of all cases follows from what was said of each."""
    cases, said = told()["cases"], sets()["all"]
    filed = {name: json.loads((CASES / f"cases-prospective{more}.json").read_text(encoding="utf-8")) for name, more in (("true", ""), ("later", "-unknown"))}
    right = {(one["id"], one[name][0]) for name, listed in filed.items() for one in listed}
    assert {(one["case"], one["right"]) for one in cases} == right and len(cases) == said["known"] + said["unknown"], "other cases than those of the files"
    assert said["known"] > 100 and said["unknown"] > 100 and len({one["right"] for one in cases}) == said["groups"], said
    known = [one for one in cases if one["known"]]
    flat = [(one, division) for one in cases for division in one["divisions"]]
    named = [(one, division) for one, division in flat if division["named"]]

    def of_division(count):
        return [(one, one["divisions"][count]) for one in cases]

    def top(one, division):
        none = division["none"] >= division["posterior"]
        return max(division["none"], division["posterior"]), not one["known"] if none else division["said"] == one["right"]

    computed = {
        "first place": mean(division["rank"] == 1 for one, division in flat if one["known"]),
        "first five": mean(division["rank"] <= 5 for one, division in flat if one["known"]),
        "mean of 1/rank": mean(1 / division["rank"] for one, division in flat if one["known"]),
        "calibration error": mean(error_of([top(*answer) for answer in of_division(count)]) for count in range(4)),
        "calibration error of the first group": mean(
            error_of([(division["posterior"], division["said"] == one["right"]) for one, division in of_division(count)]) for count in range(4)
        ),
        "names that are right": mean(division["said"] == one["right"] for one, division in named),
        "named, of known groups": mean(division["named"] for one, division in flat if one["known"]),
        "named, of all": mean(division["named"] for _, division in flat),
        "named, of unknown groups": mean(division["named"] for one, division in flat if not one["known"]),
        "named, of groups taken out": mean(division["taken out"]["named"] for one, division in flat if one["known"]),
        "known from unknown (AUROC)": mean(
            auroc([1 - one["divisions"][count]["none"] for one in known], [1 - one["divisions"][count]["none"] for one in cases if not one["known"]])
            for count in range(4)
        ),
        "known from taken out (AUROC)": mean(
            auroc([1 - one["divisions"][count]["none"] for one in known], [1 - one["divisions"][count]["taken out"]["none"] for one in known]) for count in range(4)
        ),
    }
    assert set(computed) == set(said["figures"])
    for figure, value in computed.items():
        assert abs(value - said["figures"][figure]["value"]) < 1e-4, (figure, value, said["figures"][figure])
    assert len(named) == said["names"] and sum(division["said"] == one["right"] for one, division in named) == said["names right"], said
    listed = [one for one in told()["names"] if one["set"] == "all"]
    assert sum(one["times"] for one in listed) == said["names"], listed
    for i, one in enumerate(told()["reliability"]):
        answers = [top(*answer) for answer in flat if min(9, int(top(*answer)[0] * 10)) == i]
        assert abs(len(answers) / 4 - one["cases"]) < 0.01 and (not answers or abs(mean(right for _, right in answers) - one["right"]) < 1e-4), one


def assessments():
    """Through assess(): the model's numbers to the last bit; nothing that is cheap to fake makes sure, and no relay network names."""
    said = told()["assessments"]
    assert said["judged"] == 4 * len(told()["cases"]) and said["numbers differ"] == 0, said
    faked, relays, single = said["faked"], said["relays alone"], said["one class alone"]
    assert faked["assessments"] > 3000 and faked["named"] > 50 and faked["carried"] > 5, "too little was tried"
    assert faked["carried with more than low confidence"] == 0 and faked["carried, of unknown groups"] == 0, faked
    assert relays["groups"] > 150 and relays["addresses"] == 161 and relays["named"] == 0 and relays["resembling"] == 0 and relays["most"] < 0.05, relays
    assert single["assessments"] > 10 * relays["groups"] and single["named"] == 0, single


def nations():
    """Where the group is known; where it is not, no promise is possible, and the page says so."""
    for one in told()["nations"]:
        known = one["known"]
        assert known["told"] >= 40 and known["right"] / known["told"] >= {0.2: 0.8, 0.3: 0.9, 0.5: 0.95}[one["at"]], one


def page():
    """docs/attribution.md says what was measured."""
    text = " ".join((SOURCE / "docs/attribution.md").read_text(encoding="utf-8").split())

    def cell(value, dash=" (", end=")"):
        return "–" if value["value"] is None else f"{value['value']:.3f}{dash}{value['low']:.3f}–{value['high']:.3f}{end}"

    rows = [f"| {figure} | {cell(value, ' | ', '')} |" for figure, value in sets()["all"]["figures"].items()]
    for one in told()["sets"]:
        shown = [one["figures"][figure] for figure in ("first place", "first five", "calibration error", "known from unknown (AUROC)")]
        rows.append(f"| {one['known']} | {one['unknown']} | {' | '.join(cell(value) for value in shown)} | {one['names right']} of {one['names']} in {one['times']} |")
    rows += [f"| {one['cases']:.1f} | {one['said']:.3f} | {one['right']:.3f} |" for one in told()["reliability"] if one["said"] is not None]
    for one in told()["nations"]:
        known, unknown = one["known"], one["unknown"]
        rows.append(f"| {one['at']} | {one['said']:.3f} | {known['right']} of {known['told']} | {unknown['right']} of {unknown['told']} | {unknown['no nation published']} |")
    rows += [f"| {one['said']} | {one['release'][7:]} | {one['times']} | {one['least']:.3f}–{one['most']:.3f} |" for one in told()["names"] if one["set"] == "all"]
    limit = told()["limit"]
    rows += [f"{limit[name]:.3f}" for name in limit if name != "habits"] + [f"| {cell(value)} |" for value in limit["habits"].values()]
    known, unknown = ({one["right"] for one in told()["cases"] if one["known"] == kind} for kind in (True, False))
    said = told()["assessments"]
    faked, relays, single = said["faked"], said["relays alone"], said["one class alone"]
    rows += [
        f"the groups ({len(known)} of the known cases, {len(unknown)} of the unknown)",
        f"in all {said['judged']} assessments",
        f"In {faked['assessments']} assessments a name was given {faked['named']} times; {faked['carried']} times it would not have been",
        f"({faked['carried, wrong']} of these names are wrong)",
        f"each of the {relays['groups']} groups of the newest release in turn, **{relays['named']}** named; the most that such a group had was {relays['most']:.3f}",
        f"({single['assessments']} assessments): **{single['named']}** named",
    ]
    missing = [row for row in rows if " ".join(row.split()) not in text]
    assert not missing, ("docs/attribution.md does not say what was measured", missing)


def parameters():
    fitted = evaluate("--fit").stdout
    assert fitted == (SOURCE / "data/attribution/parameters.yml").read_text(encoding="utf-8"), "data/attribution/parameters.yml is not what --fit prints"


def judge(text, *more):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "seen.txt"
        path.write_text(text, encoding="utf-8")
        return subprocess.run([BINARY, "attribute", "--observed", path, "--profiles", CASES, *more], capture_output=True, check=False, text=True)


def example():
    """The first example of docs/attribution.md is what it says, and every number of it comes out by hand."""
    seen = "S0266 S0384 S0461 T1027.002 T1055.001 T1059.005 T1069 T1071.001 T1078.002 T1204.002 T1566.001"
    tree = json.loads(judge(seen, "--as-of", "2020-04-13", "--json").stdout)
    now = tree["now"]
    first = now["groups"][0]
    found = by_hand.wrong(tree, {})
    assert not found, found
    assert now["release"] == "ATT&CK-v6.3" and first["name"] == "TA505" and now["level"] == "consistent", now
    assert (round(now["none"], 3), round(first["posterior"], 3), round(now["margin"], 1)) == (0.025, 0.956, 2.9), now
    text = (SOURCE / "docs/attribution.md").read_text(encoding="utf-8")
    cells = [f"{first['model']['measures'][name]:.3f}".rstrip("0").rstrip(".") for name in tree["weights"]["measures"]]
    assert f"| TA505 | {' | '.join(cells)} | {first['model']['score']:.3f} |" in text, cells


def withheld():
    """Nothing, or techniques alone, however many: no name."""
    for text in ("", "# nothing\n", "T1190 T1505.003 T1078 T1114.002 T1005 T1560", "S0002 T1003.001", "T1584.008 T1090.003"):
        done = judge(text)
        assert done.returncode == 0 and "insufficient to name a group" in " ".join(done.stdout.split()), (text, done)
        now = json.loads(judge(text, "--json").stdout)["now"]
        assert now["level"] != "consistent" and now["confidence"] == "low", (text, now["level"])
    for text, more, status in (("mimikatz", (), 2), ("T1190", ("--as-of", "2001-01-01"), 2), ("T1190", ("--fit",), 2)):
        done = judge(text, *more)
        assert done.returncode == status and done.stderr and not done.stdout, (text, done)


def wrong(folder):
    for words, status in ((["attribute"], 2), (["attribute", "--evaluate", str(folder / "none")], 2), (["attribute", "--evaluate", str(folder), "--fit", "--json"], 2)):
        done = subprocess.run([BINARY, *words], capture_output=True, check=False, text=True)
        assert done.returncode == status and done.stderr and not done.stdout, (words, done)
    done = evaluate(folder=folder)
    assert done.returncode == 3 and "no release" in done.stderr, done


def damaged():
    """A folder whose cases are damaged: which file, and what; a folder with the two lists alone is measured nevertheless."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file in CASES.glob("*.json"):
            if file.name not in ("baseline.json", "cases-campaigns.json"):
                (folder / file.name).symlink_to(file)
        assert evaluate("--fit", folder=folder).returncode == 0
        known = folder / "cases-prospective.json"
        for text, words in (
            ("{}", "no list of cases"),
            ('[{"id":"R1","true":["G0007"],"release":"ATT&CK-v0.1","date":"2020-01-01"}]', "R1"),
            ('[{"id":"R2","true":["G0007"],"release":"ATT&CK-v6.3","date":"yesterday"}]', "R2"),
            ('[{"id":"R3","true":["G9999"],"release":"ATT&CK-v6.3","date":"2020-04-01"}]', "R3"),
            ("[", "cases-prospective.json"),
        ):
            known.unlink()
            known.write_text(text, encoding="utf-8")
            done = evaluate(folder=folder)
            assert done.returncode == 3 and words in done.stderr and "cases-prospective.json" in done.stderr and not done.stdout, (text, done)


def main():
    wrong(SOURCE / "data/attribution")
    if not CASES.is_dir():
        print("SKIP: no shared data (set LONGWATCH_SHARED)")
        return 77
    damaged()
    example()
    withheld()
    figures()
    again()
    assessments()
    nations()
    page()
    parameters()
    return 0


sys.exit(main())
