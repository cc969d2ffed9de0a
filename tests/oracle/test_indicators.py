#!/usr/bin/env python3
"""test_indicators: random indicators in random logs, the program against the oracle of indicators.py; every difference is printed.

    test_indicators.py [--rounds N] [--seed S] [--keep DIR]

Compared are the exact set of (record, indicator) and the fields of each; and that findings are the same with one thread and four, and
beside Sigma rules. LONGWATCH_INDICATOR_ROUNDS sets the number of rounds. A run is fixed by its seed.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import indicator_logs
import indicators

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
INDICATORS, RECORDS, SHOWN = 30, 20, 12

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


# --- what depends on the field, the kind, the options ------------------------------------------------

HTTP = '{"_path":"http","ts":1709625600.5,"uid":"C1","id.orig_h":"%s","id.resp_h":"192.0.2.200","method":"GET","host":"%s","uri":"%s"}\n'
W3C = "#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-scheme cs-host cs-uri-path cs-uri-query sc-status\n2024-03-05 08:00:01 192.0.2.1 GET http %s 200\n"
SYSMON = '{"Event":{"System":{"EventRecordID":1,"EventID":1,"TimeCreated":{"SystemTime":"2024-03-05T08:00:00Z"},"Computer":"w","Provider":{"Name":"Microsoft-Windows-Sysmon"},"Channel":"Microsoft-Windows-Sysmon/Operational"},"EventData":{%s}}}\n'
CALL = '"","%s","6789","out","","SIP/a-1","SIP/b-2","Dial","SIP/b","2023-07-26 01:51:32","2023-07-26 01:51:50","2023-07-26 01:52:04",31,13,"ANSWERED","DOCUMENTATION","1690325492.2",""\n'
URL, ASKED = ("url", "http://bad.example/gate.php"), ("url", "http://bad.example/gate.php?id=7")
AT, SERIAL, SHORT, WHO = ("url", "http://192.0.2.9/gate.php"), ("certificate", "a1b2c3d4e5f60718"), ("certificate", "8bb00ee"), ("account", "kim78")
PHONE, VERSION = ("phone", "+49301234567"), ("network", "10.0.0.0/8")
FIELDS = [  # what it shows, a log of one record, an indicator, options, the fields in which it is found
    ("a record of no kind", '{"n":1,"a":["x","www.evil.example"]}\n', ("domain", "evil.example"), (), {"a"}),
    ("a record of no kind, without it", '{"n":1,"a":["x","notevil.example"]}\n', ("domain", "evil.example"), (), set()),
    ("host and path apart", HTTP % ("192.0.2.1", "bad.example", "/gate.php?x=1"), URL, (), {"host", "uri"}),
    ("host with a port", HTTP % ("192.0.2.1", "bad.example:8080", "/gate.php"), URL, (), {"host", "uri"}),
    ("another path", HTTP % ("192.0.2.1", "bad.example", "/gate.phpx"), URL, (), set()),
    ("a path that is encoded", HTTP % ("192.0.2.1", "BAD.example", "/%67ate.php"), URL, (), {"host", "uri"}),
    ("another host", HTTP % ("192.0.2.1", "x.bad.example", "/gate.php"), URL, (), set()),
    ("the address of a host is that of a client", HTTP % ("192.0.2.9", "good.example", "/gate.php"), AT, (), set()),
    ("the address of a host is the host", HTTP % ("192.0.2.1", "192.0.2.9", "/gate.php"), AT, (), {"host", "uri"}),
    ("query apart", W3C % "bad.example /gate.php id=7", ASKED, (), {"cs-host", "cs-uri-path"}),
    ("query apart, with its sign", W3C % "bad.example /gate.php ?id=7", ASKED, (), {"cs-host", "cs-uri-path"}),
    ("another query apart", W3C % "bad.example /gate.php id=77", ASKED, (), set()),
    ("no query", W3C % "bad.example /gate.php -", ASKED, (), set()),
    ("a version", SYSMON % '"Image":"C:\\\\x.exe","FileVersion":"10.0.1.2 (x)"', VERSION, (), set()),
    ("an address in a field of a version", SYSMON % '"Image":"C:\\\\x.exe","FileVersion":"of 10.0.1.2"', VERSION, (), {"FileVersion"}),
    ("an account", SYSMON % '"Image":"C:\\\\x.exe","User":"ACME\\\\Kim78"', WHO, (), {"User"}),
    ("a name that is no account's", SYSMON % '"Image":"C:\\\\x.exe","Description":"kim78"', WHO, (), set()),
    ("an account of a record of no kind", '{"n":1,"user":"kim78"}\n', WHO, (), set()),
    ("a long serial number", '{"n":1,"a":"A1:B2:C3:D4:E5:F6:07:18"}\n', SERIAL, (), {"a"}),
    ("a short number", '{"n":1,"a":"8bb00ee"}\n', SHORT, (), set()),
    ("a short serial number", '{"n":1,"tls.serial":"08BB00EE"}\n', SHORT, (), {"tls.serial"}),
    ("a national number", CALL % "030 1234567", PHONE, (), set()),
    ("a national number of a country", CALL % "030 1234567", PHONE, ("--country", "DE"), {"src"}),
    ("a national number of another", CALL % "030 1234567", PHONE, ("--country", "FR"), set()),
    ("a number that says its country", CALL % "0049301234567", PHONE, (), {"src"}),
    ("a number elsewhere", '{"n":1,"a":"0049301234567"}\n', PHONE, (), set()),
    ("a number that says so elsewhere", '{"n":1,"a":"tel:+49-30-1234567"}\n', PHONE, (), {"a"}),
]  # fmt: skip


def fields_and_kinds():
    """What is found in a log of one record, alone and beside a rule."""
    complaints = []
    for name, log, indicator, options, wanted in FIELDS:
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            (work / "log").write_text(log, encoding="utf-8")
            (work / "intel.json").write_text(indicator_logs.misp([indicator]), encoding="utf-8")
            (work / "rule.yml").write_text(RULE, encoding="utf-8")
            for more in ((), ("--rules", work / "rule.yml")):
                findings = program("hunt", work / "log", "--intel", work / "intel.json", "--json", *options, *more)
                got = {field for finding in findings for field in finding["matched"]}
                if got != wanted or len(findings) != bool(wanted):
                    complaints.append(f"{name} {more and 'beside a rule'}: {indicator} found in {sorted(got)}, stands in {sorted(wanted)}")
    return complaints


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("LONGWATCH_INDICATOR_ROUNDS", "24")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    os.environ["LONGWATCH_CACHE"] = "off"
    failed = passed = told = records = hits = 0
    for complaints in (generator_and_oracle(arguments.seed), fields_and_kinds()):
        for complaint in complaints[:SHOWN]:
            print(complaint)
        failed += bool(complaints)
        passed += not complaints
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
