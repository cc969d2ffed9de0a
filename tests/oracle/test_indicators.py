#!/usr/bin/env python3
"""test_indicators: random indicators in random logs, the program against the oracle of indicators.py; every difference is printed.

    test_indicators.py [--rounds N] [--seed S] [--keep DIR]

Compared are the exact set of (record, indicator) and the fields of each; and that findings are the same with one thread and four, and
beside Sigma rules. LONGWATCH_INDICATOR_ROUNDS sets the number of rounds. A run is fixed by its seed.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import indicator_logs
import indicators

SHOWNALL = 1
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
INDICATORS, RECORDS, SHOWN = 30, 20, 400

# Asks for one field that all logs lack and a few that some have, so that fields are sifted beside fields that rules name.
RULE = """title: beside
id: 6d1c7c3e-4444-4a53-9d51-6d5f2d3b1a04
level: low
logsource: {product: windows}
detection: {s: {CommandLine|contains: quartz9, User|startswith: zz}, condition: s}
"""


def program(*arguments):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, check=False)
    if done.returncode not in (0, 1, 3) or not done.stdout and done.returncode == 1:
        raise SystemExit(f"{arguments}: exit status {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


def place(event):
    return pathlib.Path(event["evidence_path"]).name, event["record"]


def canonical(kind, value):
    """As the oracle writes it, so that findings can be told which indicator they are of."""
    if kind == "address":
        return str(indicators.address(value))
    if kind == "domain":
        return ".".join(indicators.domain(value))
    if kind == "url":
        return indicators.web_address(value)
    if kind == "mail":
        local, _, name = value.partition("@")
        return local.lower() + "@" + ".".join(indicators.domain(name))
    if kind == "file-path":
        return indicators.path(value)
    if kind == "account":
        return value.lower()
    return indicators.WHOLE.get(kind, str.lower)(value)


def expected(chosen, events):
    out = {}
    for event in events:
        for kind, value in chosen:
            fields = indicators.event_holds(kind, value, event)
            if fields:
                out[(place(event), kind, canonical(kind, value))] = fields
    return out


def found(findings):
    out = {}
    for finding in findings:
        about = finding.get("indicator")
        if about:
            key = (place(finding), about["type"], canonical(about["type"], about["value"]))
            if key in out:
                raise SystemExit(f"{key} was found twice")
            out[key] = {"role"} if about["type"] == "account" else set(finding["matched"])
    return out


def bare(findings):
    """Without their number, which counts those of rules as well."""
    return sorted(json.dumps({name: value for name, value in finding.items() if name != "number"}, sort_keys=True) for finding in findings if "indicator" in finding)


class Round:
    def __init__(self, seed, work):
        self.seed, self.work = seed, work
        self.maker = maker = indicator_logs.Maker(seed)
        maker.choose(INDICATORS)
        self.logs, self.intel, self.rules = work / "logs", work / "intel.json", work / "rules"
        self.logs.mkdir(parents=True)
        self.rules.mkdir()
        (self.rules / "beside.yml").write_text(RULE, encoding="utf-8")
        self.intel.write_text(indicator_logs.misp(maker.indicators), encoding="utf-8")
        for number, form in enumerate(maker.rng.sample(maker.FORMATS, 4)):
            name, text = getattr(maker, form)(RECORDS)
            (self.logs / f"{number}-{name}").write_text(text, encoding="utf-8")

    def hunt(self, *options):
        return program("hunt", self.logs, "--intel", self.intel, "--json", *options)

    def compare(self):
        """Differences, and how much was compared."""
        events = program("events", self.logs, "--json")
        chosen = self.maker.indicators
        findings = self.hunt("--threads", "1")
        want, got = expected(chosen, events), found(findings)
        by_place = {place(event): event for event in events}
        differences = []
        for key in sorted(want.keys() | got.keys(), key=str):
            if want.get(key) != got.get(key):
                fields = by_place[key[0]]["fields"] if key[0] in by_place else {}
                apart = (want.get(key) or set()) ^ (got.get(key) or set())
                shown = {name: fields.get(name) for name in sorted(apart)} if apart != {"role"} else by_place[key[0]]["roles"]
                differences.append(f"seed {self.seed} {key}\n  oracle:  {sorted(want.get(key, []))}\n  program: {sorted(got.get(key, []))}\n  {json.dumps(shown, ensure_ascii=False)[:1500]}")
        for options in (("--threads", "4"), ("--threads", "2", "--rules", self.rules)):
            if bare(self.hunt(*options)) != bare(findings):
                differences.append(f"seed {self.seed}: other findings with {options}")
        return differences, len(want), len(events)


def generator_and_oracle(seed, rounds=40):
    """What the generator means to plant, and to miss, is what the oracle says."""
    complaints = []
    for number in range(rounds):
        maker = indicator_logs.Maker(f"{seed}/{number}")
        maker.choose(40)
        for kind, value in maker.indicators:
            if kind == "account":
                continue
            for _ in range(4):
                for planted, text in ((True, maker.planted(kind, value)), (False, maker.near(kind, value))):
                    if indicators.holds(kind, value, text) != planted:
                        complaints.append(f"{'planted' if planted else 'near'}, but oracle says no such thing: {kind} {value!r} in {text!r}")
    return complaints


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("LONGWATCH_INDICATOR_ROUNDS", "24")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    os.environ["LONGWATCH_CACHE"] = "off"
    failed = passed = told = records = hits = 0
    complaints = generator_and_oracle(arguments.seed)
    for complaint in complaints[:SHOWN]:
        print(complaint)
    failed += bool(complaints)
    passed += not complaints
    sorts = collections.Counter()
    for seed in range(arguments.seed, arguments.seed + arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(arguments.keep) / str(seed) if arguments.keep else pathlib.Path(folder) / "w"
            differences, expected_here, events_here = Round(seed, work).compare()
        records, hits = records + events_here, hits + expected_here
        failed, passed = failed + bool(differences), passed + (not differences)
        for difference in differences:
            told += 1
            if told <= SHOWN:
                print(difference)
    if not hits:
        print("nothing was planted: the test tests nothing")
        failed += 1
    print(f"seeds {arguments.seed} to {arguments.seed + arguments.rounds - 1}: {records} events, {hits} hits, {told} differences")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
