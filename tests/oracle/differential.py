"""differential: random rules on random events, the program against the oracle; every difference is printed.

    differential.py --binary build/longwatch --pairs 100000 --seed 1 [--work DIR]
    differential.py --binary build/longwatch --pairs 100000 --seed 1 --correlations
    differential.py --binary build/longwatch --pairs 100000 --seed 1 --repeated

Compared are the exact set of (rule, event), and for each rule whether it was loaded or rejected; of events that
come again and again (only those: --repeated) also how often, and that a finding tells the same each time; with
--correlations the hits with their group, times and events. A run is fixed by its seed. With --work the
rules and events of the run stay there, to be looked at.
"""

import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import correlation_oracle
import generate
import sigma_oracle

KIND = """kind: test/flat
title: generated events of the differential test
reader: json
when:
  lw_test: {present: true}
time: ts
logsources:
  - {product: test, service: flat}
"""
RULES_PER_RUN, EVENTS_PER_RUN = 300, 400
BROKEN_SHARE = 0.25
FILTER_RULES, FILTERS = 30, 12
REPEAT_RULES, REPEAT_FILTERS, REPEAT_RECORDS, REPEAT_FILES, REPEAT_RUNS = 40, 5, 60, 8, 3
CORRELATIONS_PER_RUN = 60


class Longwatch:
    """The program: one method a command. What it prints on standard error is kept for complaints."""

    def __init__(self, binary, work):
        self.binary = str(pathlib.Path(binary).resolve())
        self.kinds = pathlib.Path(work) / "kinds"
        self.kinds.mkdir(parents=True, exist_ok=True)
        (self.kinds / "flat.yml").write_text(KIND, encoding="utf-8")

    def _run(self, *arguments):
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, check=False)
        lines = [json.loads(line) for line in done.stdout.decode("utf-8", "surrogateescape").splitlines() if line.strip()]
        return done.returncode, lines, done.stderr.decode("utf-8", "replace")

    def hunt(self, paths, rules, placeholders=None, options=()):
        """(findings, complaint): the complaint is empty unless the program ended oddly."""
        arguments = ["hunt", *paths, *options]
        for folder in rules:
            arguments += ["--rules", folder]
        arguments += ["--json", "--kinds", self.kinds]
        if placeholders:
            arguments += ["--placeholders", placeholders]
        code, findings, errors = self._run(*arguments)
        return findings, "" if code in (0, 1) and code == bool(findings) else f"exit status {code}: {errors[-2000:]}"

    def check(self, rules, placeholders=None):
        """One verdict a rule. A program whose check takes no placeholders is asked without."""
        arguments = ["rules", "check", *rules, "--json", "--strict-placeholders"]
        if placeholders:
            code, verdicts, _ = self._run(*arguments, "--placeholders", placeholders)
            if code != 2:
                return verdicts
        return self._run(*arguments)[1]


def write_events(path, records):
    """JSON lines, one event a line: event n is record n + 1."""
    lines = [record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


class Tally:
    """What was compared; the first differences are told in full."""

    def __init__(self, shown):
        self.passed, self.failed, self.shown = 0, 0, shown
        self.told = 0

    def same(self, count):
        self.passed += count

    def differ(self, *lines):
        self.failed += 1
        self.told += 1
        if self.told <= self.shown:
            print("\n".join(str(line) for line in lines) + "\n" + "-" * 72)
        elif self.told == self.shown + 1:
            print("(further differences are only counted)\n" + "-" * 72)


def _write_files(folder, prefix, texts):
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, text in enumerate(texts):
        path = folder / f"{prefix}{number:04d}.yml"
        path.write_text(text, encoding="utf-8")
        files.append((path, text))
    return files


def _write_placeholders(work):
    path = work / "placeholders.yml"
    path.write_text(json.dumps(generate.PLACEHOLDERS, ensure_ascii=False), encoding="utf-8")
    return path


def compare_verdicts(tally, files, expected, got):
    """Per file: whether anything was rejected, and exactly which rules were loaded."""
    texts = {path.name: text for path, text in files}
    oracle, program = collections.defaultdict(list), collections.defaultdict(list)
    for path, _, identity, error in expected:
        oracle[path.name].append((identity, error))
    for verdict in got:
        program[pathlib.Path(verdict["path"]).name].append(verdict)
    for name, text in texts.items():
        rejected = [str(error) for _, error in oracle[name] if error]
        loaded = sorted(identity for identity, error in oracle[name] if not error)
        theirs = sorted(v.get("id") or "" for v in program[name] if v["status"] == "loaded")
        reasons = [v.get("reason") for v in program[name] if v["status"] == "failed"]
        if loaded == theirs and bool(rejected) == bool(reasons):
            tally.same(1)
        else:
            tally.differ(
                f"{name}: verdicts differ", text, f"oracle:  loaded {loaded}, rejected: {rejected}",
                f"program: loaded {theirs}, rejected: {reasons}",
            )  # fmt: skip


def _shown_rule(files, identity, pieces=()):
    text = next((text for _, text in files if identity in text), "?")
    return text + "".join("--- filter\n" + piece for piece in pieces)


def compare_pairs(tally, files, rules, lines, findings, complaint, evidence):
    """The exact set of (rule, event), each found once."""
    expected = set()
    for number, line in enumerate(lines):
        event = sigma_oracle.Event(sigma_oracle.parse_event(line))
        expected.update((rule.id, number) for rule in rules.rules if rule.holds(event))
    counted = collections.Counter(
        (finding["rule_id"], finding["record"] - 1) for finding in findings if pathlib.Path(finding["evidence_path"]).name == evidence
    )
    got = set(counted)
    if complaint:
        tally.differ(f"the program: {complaint}")
    filters = {rule.id: [each.id for each in rule.filters] for rule in rules.rules}
    for identity, number in sorted(expected ^ got):
        applied = [_shown_rule(files, each) for each in filters.get(identity, [])]
        verdict = "oracle: matches, program: no" if (identity, number) in expected else "oracle: no, program: matches"
        where = f"event {number}: {lines[number]}" if 0 <= number < len(lines) else f"no such event: {number}"
        tally.differ(f"rule {identity}", _shown_rule(files, identity, applied), where, verdict)
    for pair, times in counted.items():
        if times > 1:
            tally.differ(f"{pair} was found {times} times")
    tally.same(len(rules.rules) * len(lines) - len(expected ^ got))
    return len(expected)


def detections(tally, longwatch, work, rng, rules_max, events_max):
    """One run of rules without filters, good and broken, over one file of events."""
    maker = generate.Maker(rng)
    good = _write_files(work / "good", "good", [maker.rule_file(n) for n in range(rules_max)])
    broken = _write_files(work / "broken", "broken", [maker.broken_file(n) for n in range(round(rules_max * BROKEN_SHARE))])
    return _hunt_and_compare(tally, longwatch, work, rng, maker, broken + good, [work / "good", work / "broken"], events_max)


def filtered(tally, longwatch, work, rng, events_max):
    """One run of a few rules with many filters on them (10)."""
    maker = generate.Maker(rng)
    texts = [generate.write_yaml(rng, maker.rule(number)) for number in range(FILTER_RULES)]
    identities = [rule.id for rule in sigma_oracle.RuleSet([("", text) for text in texts], generate.PLACEHOLDERS).rules]
    texts += [maker.filter_file(number, identities) for number in range(FILTERS)]
    files = _write_files(work / "filtered", "rule", texts)
    return _hunt_and_compare(tally, longwatch, work, rng, maker, files, [work / "filtered"], events_max)


def _hunt_and_compare(tally, longwatch, work, rng, maker, files, folders, events_max):
    rules = sigma_oracle.RuleSet(files, generate.PLACEHOLDERS)
    lines = [generate.write_event(rng, maker.event(rules.rules, number)) for number in range(events_max)]
    evidence = write_events(work / "events.jsonl", lines)
    placeholders = _write_placeholders(work)
    compare_verdicts(tally, files, rules.verdicts, longwatch.check(folders, placeholders))
    findings, complaint = longwatch.hunt([evidence], folders, placeholders)
    matched = compare_pairs(tally, files, rules, lines, findings, complaint, evidence.name)
    return len(rules.rules) * len(lines), matched


# --- the same values again and again ---------------------------------------------------------------


def repeated(tally, longwatch, work, rng, records_max):
    """One run of few values under several names, in many files, one after another: what is remembered of values and rows must
    not change an answer, nor what a finding tells; some files are so large that everything is forgotten."""
    maker = generate.RepeatMaker(rng)
    (longwatch.kinds / "named.yml").write_text(maker.kind(), encoding="utf-8")
    texts = [generate.write_yaml(rng, maker.rule(number)) for number in range(REPEAT_RULES)]
    identities = [rule.id for rule in sigma_oracle.RuleSet([("", text) for text in texts], generate.PLACEHOLDERS).rules]
    texts += [maker.filter_file(number, identities) for number in range(REPEAT_FILTERS)]
    texts += ["title: large\nid: 00000000-0000-4000-8000-00000000face\nlogsource: {product: large}\ndetection: {s: {Large: zz}, condition: s}\n"]
    files = _write_files(work / "repeated", "rule", texts)
    rules = sigma_oracle.RuleSet(files, generate.PLACEHOLDERS)
    asked = [rule for rule in rules.rules if rule.id in identities]
    lines = [generate.write_event(rng, maker.record(asked, late=number > records_max // 2)) for number in range(records_max)]
    expected = {line: _named_rules(asked, line) for line in set(lines)}
    paths, held = [], {}
    for number in range(REPEAT_FILES):
        known = lines[: max(4, records_max * (number + 1) // REPEAT_FILES)]  # late fields come late
        chosen = rng.choices(known, k=rng.randint(1, 2 * records_max))
        if rng.random() < 0.3:
            chosen.insert(rng.randrange(len(chosen) + 1), json.dumps({"lw_large": 1, "ts": "x", "Large": "y" * 7000000}))
        paths.append(write_events(work / f"repeated{number:02d}.jsonl", chosen))
        held[paths[-1].name] = chosen
    options = rng.choice([["--threads", "1"], ["--threads", "2"]] + [["--threads", "1", "--memory", "120M"]] * 3)
    findings, complaint = longwatch.hunt(paths, [work / "repeated"], _write_placeholders(work), options)
    if complaint:
        tally.differ(f"the program: {complaint}")
    got, told = collections.defaultdict(collections.Counter), {}
    for finding in findings:
        line = held[pathlib.Path(finding["evidence_path"]).name][finding["record"] - 1]
        got[line][finding["rule_id"]] += 1
        why = json.dumps(finding["matched"], sort_keys=True)
        if told.setdefault((line, finding["rule_id"]), why) != why:
            tally.differ(f"rule {finding['rule_id']} tells of one event", line, told[line, finding["rule_id"]], "and", why)
    times = collections.Counter(line for chosen in held.values() for line in chosen)
    for line, whose in expected.items():
        for identity in identities:
            if got[line][identity] == (times[line] if identity in whose else 0):
                tally.same(1)
                continue
            applied = [_shown_rule(files, each.id) for rule in asked if rule.id == identity for each in rule.filters]
            tally.differ(f"rule {identity}", _shown_rule(files, identity, applied), line, f"oracle: {identity in whose}",
                         f"program: {got[line][identity]} times of {times[line]}, {options} in {work}")  # fmt: skip
    return len(asked) * len(lines), sum(map(len, expected.values()))


def _named_rules(rules, line):
    """The ids of the rules that hold of an event under some of their log sources."""
    record, out = sigma_oracle.parse_event(line), set()
    views = [(source, generate.NamedEvent(record, names)) for source, names in generate.RepeatMaker.SOURCES]
    for rule in rules:
        for source, event in views:
            covered = all(source.get(key) == value for key, value in rule.logsource.items())
            if covered and rule.detection.holds(event) and all(each.detection.holds(event) for each in rule.filters):
                out.add(rule.id)
    return out


# --- correlations ---------------------------------------------------------------------------------


def _group_key(group):
    return tuple(sorted((name, sigma_oracle.fold(sigma_oracle.spelling(value))) for name, value in group.items()))


def _loose(correlation):
    """Hits whose events and count the semantics leave open: outer ones of chains, and rarity tests."""
    chained = any(isinstance(rule, correlation_oracle.Correlation) for rule in correlation.rules)
    return chained or (correlation.type == "value_percentile" and correlation.percentile is None)


def compare_hits(tally, files, rules, records, places, findings, complaint):
    """places: (file name, record) -> number of the event."""
    loaded, _ = correlation_oracle.load_correlations(rules)
    loose = {correlation.id for correlation in loaded if _loose(correlation)}
    events = [(number, record, correlation_oracle.nanoseconds(record.get("ts"))) for number, record in enumerate(records)]
    pairs, hits = correlation_oracle.correlate(rules, events)

    expected = collections.Counter(("pair",) + pair for pair in pairs)
    for hit in hits:
        key = (hit.correlation.id, hit.folded_group())
        details = () if hit.correlation.id in loose else (hit.first, hit.last, hit.count, tuple(hit.events))
        expected[("hit",) + key + details] += 1
    got = collections.Counter()
    for finding in findings:
        if "events" not in finding:
            place = (pathlib.Path(finding["evidence_path"]).name, finding["record"])
            got[("pair", finding["rule_id"], places.get(place, place))] += 1
            continue
        numbers = [places.get((pathlib.Path(e["evidence_path"]).name, e["record"])) for e in finding["events"]]
        first, last = (correlation_oracle.nanoseconds(finding[name]) for name in ("first", "last"))
        details = (first, last, finding["count"], tuple(sorted(numbers, key=str if None in numbers else None)))
        details = () if finding["rule_id"] in loose else details
        got[("hit", finding["rule_id"], _group_key(finding.get("group") or {})) + details] += 1
    if complaint:
        tally.differ(f"the program: {complaint}")
    asked = collections.Counter(each[1] for each in expected + got)
    wrong = collections.defaultdict(list)
    for key in set(expected) | set(got):
        if expected[key] != got[key]:
            wrong[key[1]].append((key, expected[key], got[key]))
        else:
            tally.same(1)
    for identity, differences in wrong.items():
        for key, here, there in differences:
            numbers = {n for n in (key[6] if len(key) > 6 else key[2:3] if key[0] == "pair" else ()) if isinstance(n, int)}
            shown = [json.dumps(records[number], ensure_ascii=False) for number in sorted(numbers)]
            tally.differ(_shown_rule(files, identity), f"{key}: oracle {here} times, program {there} times", *shown)
    quiet = [c for c in loaded if c.id not in asked]
    tally.same(len(quiet))  # no hit here, none there
    return len(hits)


def correlations(tally, longwatch, work, rng, count, events_max):
    """One run: base rules, correlations and chains over events shuffled into three files."""
    maker = generate.CorrelationMaker(rng)
    texts = [generate.write_yaml(rng, *maker.bases())]
    for _ in range(count):
        dice = rng.random()
        if dice < 0.12:
            texts.append(generate.write_yaml(rng, *maker.chain()))
        elif dice < 0.22:
            texts.append(generate.write_yaml(rng, maker.broken()))
        else:
            texts.append(generate.write_yaml(rng, maker.correlation()))
    files = _write_files(work / "correlation", "correlation", texts)
    rules = sigma_oracle.RuleSet(files)
    records = [json.loads(generate.write_event(rng, record)) for record in maker.events(events_max)]
    shares = [[], [], []]
    for number in rng.sample(range(len(records)), len(records)):
        rng.choice(shares).append(number)
    places, paths = {}, []
    for part, share in enumerate(shares):
        paths.append(write_events(work / f"events{part}.jsonl", [json.dumps(records[n], ensure_ascii=False) for n in share]))
        places.update({(paths[-1].name, at + 1): number for at, number in enumerate(share)})
    verdicts = rules.verdicts + correlation_oracle.load_correlations(rules)[1]
    compare_verdicts(tally, files, verdicts, longwatch.check([work / "correlation"]))
    findings, complaint = longwatch.hunt(paths, [work / "correlation"])
    hits = compare_hits(tally, files, rules, records, places, findings, complaint)
    return (len(rules.rules) + len(rules.correlations)) * len(records), hits


def main():
    parser = argparse.ArgumentParser(description="The program against the oracle.")
    parser.add_argument("--binary", required=True)
    parser.add_argument("--pairs", type=int, default=100000, help="at least so many (rule, event) pairs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=pathlib.Path, help="keep the files of the runs here")
    parser.add_argument("--correlations", action="store_true")
    parser.add_argument("--repeated", action="store_true", help="only the runs of few values, again and again")
    parser.add_argument("--show", type=int, default=20, help="differences told in full")
    options = parser.parse_args()
    tally, pairs, matched, run = Tally(options.show), 0, 0, 0
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or pathlib.Path(temporary)
        longwatch = Longwatch(options.binary, work)
        while pairs < options.pairs:
            rng = random.Random(f"{options.seed}/{run}")
            folder = work / f"run{run}"
            folder.mkdir(parents=True, exist_ok=True)
            if options.correlations:
                results = [correlations(tally, longwatch, folder, rng, CORRELATIONS_PER_RUN, EVENTS_PER_RUN)]
            elif options.repeated:
                results = [repeated(tally, longwatch, folder, rng, REPEAT_RECORDS)]
            else:
                left = max(20, (options.pairs - pairs) // EVENTS_PER_RUN + 1)
                results = [detections(tally, longwatch, folder, rng, min(RULES_PER_RUN, left), EVENTS_PER_RUN)]
                (folder / "filters").mkdir(exist_ok=True)
                results.append(filtered(tally, longwatch, folder / "filters", rng, EVENTS_PER_RUN))
                for turn in range(REPEAT_RUNS):
                    place = folder / f"repeated{turn}"
                    place.mkdir(exist_ok=True)
                    results.append(repeated(tally, longwatch, place, rng, REPEAT_RECORDS))
            for tried, found in results:
                pairs, matched = pairs + tried, matched + found
            run += 1
    what = "hits" if options.correlations else "matches"
    print(f"seed {options.seed}: {run} runs, {pairs} pairs of rule and event, {matched} {what} by the oracle")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
