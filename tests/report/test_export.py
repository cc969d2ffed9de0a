#!/usr/bin/env python3
"""test_export: what is handed on: STIX against the schemas of OASIS, markings that refuse, pseudonyms that tell nothing, the same bytes each time."""

import csv
import io
import json
import pathlib
import re
import shutil
import sys
import tempfile
import warnings

import made

SCHEMAS = made.SHARED / "data/stix/json-schemas/schemas"


class Skipped(Exception):
    pass


def export(folder, case, *words, status=0):
    """What was written, by form."""
    forms = {"stix": "stix.json", "navigator": "layer.json", "timeline": "timeline.jsonl", "csv": "table.csv"}
    for name in forms.values():
        (folder / name).unlink(missing_ok=True)
    done = made.run("export", case, *(word for form, name in forms.items() for word in (f"--{form}", folder / name)), *words, status=status)
    return {form: (folder / name).read_bytes().decode() if (folder / name).exists() else None for form, name in forms.items()} | {"done": done}


def objects(text, type_=None):
    return [o for o in json.loads(text)["objects"] if type_ in (None, o["type"])]


# ---- against the schemas ----


def validator():
    if not SCHEMAS.is_dir():
        raise Skipped(f"{SCHEMAS} is not there: no bundle was held against the schemas of OASIS")
    try:
        warnings.simplefilter("ignore", DeprecationWarning)
        import jsonschema
    except ImportError as error:
        raise Skipped("python3-jsonschema is not installed: no bundle was held against the schemas of OASIS") from error
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.rglob("*.json")]
    store = {schema["$id"]: schema for schema in schemas}
    by_type = {schema["title"]: schema for schema in schemas if re.search("/(sdos|sros|observables)/|marking-definition", schema["$id"]) and "title" in schema}
    # Its objects are held against the schema of their own type: through the bundle's, file.json refers to what is not there.
    whole = next(schema for schema in schemas if schema["$id"].endswith("/common/bundle.json"))
    whole = {**whole, "properties": {**whole["properties"], "objects": {"type": "array", "minItems": 1}}}

    def faults(bundle):
        found = []
        for o in bundle.get("objects", []):
            schema = by_type[o["type"]]
            resolver = jsonschema.RefResolver(schema["$id"], schema, store=store)
            check = jsonschema.Draft202012Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())
            found += [f"{o['id']}: {error.message[:200]}" for error in check.iter_errors(o)]
        resolver = jsonschema.RefResolver(whole["$id"], whole, store=store)
        return found + [error.message[:200] for error in jsonschema.Draft202012Validator(whole, resolver=resolver).iter_errors(bundle)]

    return faults


def bundles_are_valid(folder, case):
    faults = validator()
    key = folder / "schema.key"
    key.write_bytes(b"k" * 32)
    for words in ([], ["--tlp", "clear", "--drop"], ["--tlp-1"], ["--tlp", "amber+strict", "--drop", "--tlp-1"], ["--redact", "counts"],
                  ["--redact", "pseudonyms", "--recipient", "R", "--key-file", key], ["--intel", folder / "intel"],
                  ["--producer", "CERT of \"Ö\"", "--created", "2024-06-01T10:00:00Z"]):  # fmt: skip
        bundle = json.loads(export(folder, case, *words)["stix"])
        assert not faults(bundle), f"{words}: {faults(bundle)[:5]}"
    # A validator that finds nothing in anything proves nothing.
    for spoil in (lambda o: o.pop("created"), lambda o: o.update(spec_version="3"), lambda o: o.update(id="x"), lambda o: o.update(modified="2024-01-01")):
        bundle = json.loads(export(folder, case)["stix"])
        spoil(next(o for o in bundle["objects"] if o["type"] == "sighting"))
        assert faults(bundle), spoil


def every_reference_is_there(folder, case):
    for words in ([], ["--intel", folder / "intel"], ["--redact", "counts"], ["--tlp", "green", "--drop"]):
        text = export(folder, case, *words)["stix"]
        ids = [o["id"] for o in objects(text)]
        assert len(ids) == len(set(ids)), "an object stands twice"
        for o in objects(text):
            refs = [v for k, v in o.items() if k.endswith("_ref")] + [v for k, values in o.items() if k.endswith("_refs") for v in values]
            missing = [r for r in refs if r not in ids and not (o["type"] == "sighting" and r == o["sighting_of_ref"] and r.startswith("indicator--"))]
            assert not missing, f"{o['type']}: {missing}"
            assert o["type"] == "marking-definition" or o["object_marking_refs"] == [objects(text, "marking-definition")[0]["id"]], o
        report = objects(text, "report")[0]
        assert set(report["object_refs"]) == {i for i in ids if not i.startswith(("marking-", "report"))}


# ---- what it says ----


def sightings_are_under_the_sources_own_names(folder, case):
    text = export(folder, case)["stix"]
    by_ref = {}
    for s in objects(text, "sighting"):
        assert s["sighting_of_ref"] not in by_ref, "two sightings of one"
        by_ref[s["sighting_of_ref"]] = s
    own = {i["pattern"]: i["id"] for i in objects(text, "indicator")}
    assert list(own) == ["[domain-name:value = 'plain.evil.test']"], own
    numbered = {f"indicator--{n:08}-1111-4111-8111-111111111111" for n in (1, 2, 4, 5, 7)} | {"indicator--00000008-2222-4222-8222-222222222222"}
    techniques = {p["id"]: p["external_references"][0]["external_id"] for p in objects(text, "attack-pattern")}
    assert set(by_ref) == numbered | set(own.values()) | set(techniques), set(by_ref) ^ (numbered | set(own.values()) | set(techniques))
    green = by_ref["indicator--00000001-1111-4111-8111-111111111111"]
    assert (green["count"], green["first_seen"], green["last_seen"]) == (2, "2024-03-05T08:20:00.123Z", "2024-03-05T08:33:00.123Z"), green
    assert by_ref["indicator--00000008-2222-4222-8222-222222222222"]["labels"] == ["PAP:AMBER"]
    # Three events and a correlation of three: six events in four findings; in words that is what the rules say.
    counts = {number: by_ref[id_]["count"] for id_, number in techniques.items()}
    assert counts == {"T1033": 6, "T1087.002": 3, "T1105": 1}, counts
    levels = {number: by_ref[id_]["confidence"] for id_, number in techniques.items()}
    assert levels == {"T1033": 85, "T1087.002": 85, "T1105": 15}, levels
    assert all("None/Low/Med/High" in s["description"] for s in by_ref.values() if "confidence" in s)


def observed_data_add_up(folder, case):
    text = export(folder, case)["stix"]
    by_id = {o["id"]: o for o in objects(text)}
    observed = objects(text, "observed-data")
    assert sum(o["number_observed"] for o in observed) == 3 + 3 + 1 + 7, [o["number_observed"] for o in observed]
    for o in observed:
        refs = [by_id[r] for r in o["object_refs"]]
        assert o["first_observed"] <= o["last_observed"]
        assert [r["name"] for r in refs if r["type"] == "file"] == ["sysmon.jsonl"], refs
    twice = [o for o in observed if o["number_observed"] == 2]
    assert {by_id[r]["value"] for o in twice for r in o["object_refs"] if by_id[r]["type"] == "domain-name"} >= {"green.evil.test"}, twice
    logins = {by_id[r]["account_login"] for o in observed for r in o["object_refs"] if by_id[r]["type"] == "user-account"}
    assert logins == set(made.ACCOUNTS), logins


def searched_and_not_seen(folder, case):
    def zeros(*words):
        text = export(folder, case, "--intel", folder / "intel", *words)
        found = {s["sighting_of_ref"]: s for s in objects(text["stix"], "sighting") if s["count"] == 0}
        notes = [n for n in objects(text["stix"], "note") if n["abstract"] == "What was searched, and what was not"]
        assert len(notes) == 1
        return found, notes[0], text["done"].stdout

    found, note, said = zeros()
    assert set(found) == {f"indicator--{n:08}-1111-4111-8111-111111111111" for n in (3, 6)}, found
    for s in found.values():
        assert (s["first_seen"], s["last_seen"]) == ("2024-03-05T08:00:00.123Z", "2024-03-05T08:34:00.123Z"), s
        assert "observed_data_refs" not in s and s["id"] in note["object_refs"]
    assert note["content"].startswith("2 indicators were looked for and not seen. So were 1 values of which no source gives an identifier. Searched: 11 records in 1 of 1"), note
    assert "2 indicators looked for and not seen; 1 value not seen" in said, said
    # That somebody asked for it is as secret as the indicator.
    found, note, _ = zeros("--tlp", "green", "--drop")
    assert set(found) == {"indicator--00000003-1111-4111-8111-111111111111"}, found
    assert "00000006-1111" not in json.dumps(note)
    # Of what the case was not hunted with nothing is said.
    (folder / "other.json").write_text(made.bundle(made.indicator(99, "other.evil.test"), made.indicator(98, "green.evil.test")), encoding="utf-8")
    text = export(folder, case, "--intel", folder / "other.json")
    assert not [s for s in objects(text["stix"], "sighting") if s["count"] == 0]
    assert "1 claim of sources that this case was not hunted with" in text["done"].stdout, text["done"].stdout
    # Findings that were left out of the case may have been of anything; and of a case without indicators nothing was asked.
    low = made.case(folder, "--level", "high", name="low")
    assert "--level" in export(folder, low, "--intel", folder / "intel", status=2)["done"].stderr
    made.run("hunt", "evidence", "--rules", "rules", "-qo", "ruled", cwd=folder, status=1)
    assert "without intelligence" in export(folder, folder / "ruled", "--intel", folder / "intel", status=2)["done"].stderr


def timelines_are_what_timesketch_takes(folder, case):
    lines = [json.loads(line) for line in export(folder, case)["timeline"].splitlines()]
    findings = [json.loads(line) for line in (case / "findings.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len(findings) == 12, (len(lines), len(findings))
    for line, finding in zip(lines, findings):
        assert {"message", "datetime", "timestamp", "timestamp_desc"} <= set(line) and line["tlp"] == "TLP:RED"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", line["datetime"]) and isinstance(line["timestamp"], int)
        assert {k: v for k, v in line.items() if k in finding} == finding, "it is not the finding of the case"
    assert lines[0]["message"] == "[medium] Account asks who it is on WS17.assembly.example by ASSEMBLY\\k.lind: CommandLine=whoami /all", lines[0]
    assert (lines[0]["datetime"], lines[0]["timestamp"]) == ("2024-03-05T08:00:00.123000+00:00", 1709625600123000)


def tables_are_those_of_the_case(folder, case):
    rows = list(csv.DictReader(io.StringIO(export(folder, case)["csv"], newline="")))
    own = list(csv.DictReader((case / "findings.csv").open(encoding="utf-8", newline="")))
    assert [{k: v for k, v in row.items() if k != "tlp"} for row in rows] == own
    assert {row["tlp"] for row in rows} == {"TLP:RED"}


def layers_count_findings(folder, case):
    layer = json.loads(export(folder, case)["navigator"])
    assert layer["versions"]["layer"] == "4.5" and layer["domain"] == "enterprise-attack"
    assert {t["techniqueID"]: t["score"] for t in layer["techniques"]} == {"T1033": 4, "T1087.002": 1, "T1105": 1}, layer["techniques"]
    assert layer["gradient"]["maxValue"] == 4
    assert layer["techniques"][0]["comment"] == "Account asks who it is: 3\nAccount asks again and again: 1"
    assert layer["metadata"] == [{"name": "tlp", "value": "TLP:RED"}]


# ---- what it does not say ----


def markings_refuse(folder, case):
    # By level: how many things; of a rule's tag one, of claims one each.
    for level, count in (("clear", 7), ("green", 4), ("amber", 3), ("amber+strict", 3)):
        said = export(folder, case, "--tlp", level, status=5)
        assert not any(said[form] for form in ("stix", "navigator", "timeline", "csv")), "something was written"
        assert f"longwatch: {count} things are marked more strictly than TLP:{level.upper()}: nothing was written" in said["done"].stderr, said["done"].stderr
        assert said["done"].stderr.count("\n  finding ") + said["done"].stderr.startswith("  finding ") == count, said["done"].stderr
    lines = said["done"].stderr.splitlines()
    assert any(re.fullmatch(r"  finding \d+: a marking that is not known, intel/odd\.json", line) for line in lines), lines
    assert sum(bool(re.fullmatch(r"  finding \d+: TLP:RED, intel/red\.json", line)) for line in lines) == 2, lines
    said = export(folder, case, "--tlp", "amber", "--intel", folder / "intel", status=5)["done"].stderr
    assert "an indicator that was not seen: TLP:RED, intel/red.json" in said, said
    export(folder, case, "--tlp", "red", "--intel", folder / "intel")


def dropping_leaves_nothing(folder, case):
    secrets = {
        "green": ["red.evil.test", "odd.evil.test", "red.json", "odd.json", "00000004-1111", "00000005-1111", "00000006-1111", "00000007-1111",
                  "in confidence", "T1105", "certutil"],
        "clear": ["green.evil.test", "green.json", "00000001-1111", "00000002-1111", "both.evil.test"],
        "amber": ["red.evil.test", "odd.evil.test", "red.json", "odd.json"],
    }  # fmt: skip
    kept = {"green": ["green.evil.test", "both.evil.test", "plain.evil.test"], "clear": ["plain.evil.test", "misp.evil.test"], "amber": ["in confidence", "T1105"]}
    for level, words in secrets.items():
        said = export(folder, case, "--tlp", level, "--drop", "--intel", folder / "intel")
        for form in ("stix", "navigator", "timeline", "csv"):
            told = [word for word in words if word in said[form]]
            assert not told, f"{level}, {form}: {told}"
        for word in kept[level]:
            assert word in said["timeline"] + said["navigator"], f"{level}: {word} is gone, too"
    said = export(folder, case, "--tlp", "green", "--drop")["done"].stdout
    assert "CSV" in said and "9 findings; 3 findings left out for their marking; 1 finding told without claims that are marked more strictly" in said, said


NAMES = ("k.lind", "m.ohm", "ASSEMBLY", "assembly", "WS17", "WS23", "sysmon.jsonl", "whoami /all", "certutil -urlcache", "evidence/", "www.red")


def pseudonyms_tell_no_name(folder, case):
    keys = {name: folder / f"{name}.key" for name in ("one", "two")}
    for number, path in enumerate(keys.values()):
        path.write_bytes(bytes([number + 1]) * 40)
    hashes = {json.loads(line)["evidence_sha256"] for line in (case / "findings.jsonl").read_text(encoding="utf-8").splitlines()}
    given = {}
    for name, path in keys.items():
        said = given[name] = export(folder, case, "--redact", "pseudonyms", "--recipient", f"Partner {name}", "--key-file", path)
        for form in ("stix", "navigator", "timeline", "csv"):
            told = [word for word in (*NAMES, *hashes) if word in said[form]]
            assert not told, f"{form}: {told}"
        assert f"pseudonyms for Partner {name}" in said["stix"]
        again = export(folder, case, "--redact", "pseudonyms", "--recipient", f"Partner {name}", "--key-file", path)
        assert all(again[form] == said[form] for form in ("stix", "navigator", "timeline", "csv")), "not the same twice"
    names = {name: set(re.findall(r"(?:account|host|file|value|address|mail)-[0-9a-f]{32}", said["timeline"])) for name, said in given.items()}
    assert len(names["one"]) == len(names["two"]) > 8 and not names["one"] & names["two"], names
    # Nor is there an identifier by which two recipients could find out that they hold the same, but for what everybody has.
    ids = {name: {o["id"] for o in objects(said["stix"])} for name, said in given.items()}
    shared = {i for i in ids["one"] & ids["two"] if not i.startswith(("marking-definition--", "identity--", "domain-name--"))}
    assert not shared, shared
    # The same account has the same digits, wherever it stands.
    lines = [json.loads(line) for line in given["one"]["timeline"].splitlines()]
    correlation = next(line for line in lines if "events" in line)
    assert correlation["group"]["User"] == lines[0]["account"].replace("account-", "value-"), (correlation["group"], lines[0]["account"])
    assert len({line["account"] for line in lines if "events" not in line}) == 2 and len({line["host"] for line in lines if "events" not in line}) == 2
    # What the recipient knows from intelligence stays.
    assert any(line.get("matched", {}).get("QueryName") == "green.evil.test" for line in lines)


def counts_tell_counts(folder, case):
    said = export(folder, case, "--redact", "counts")
    for form in ("stix", "navigator", "timeline", "csv"):
        told = [word for word in NAMES if word in said[form]]
        assert not told, f"{form}: {told}"
    assert {o["type"] for o in objects(said["stix"])} == {"marking-definition", "identity", "sighting", "attack-pattern", "indicator", "note", "report"}
    rows = {row["title"]: row for row in csv.DictReader(io.StringIO(said["csv"], newline=""))}
    assert (rows["Account asks who it is"]["findings"], rows["Account asks again and again"]["events"]) == ("3", "3"), rows
    assert rows["domain green.evil.test"]["findings"] == "2"
    days = [json.loads(line) for line in said["timeline"].splitlines()]
    assert sum(day["findings"] for day in days) == 12 and {day["datetime"] for day in days} == {"2024-03-05T00:00:00.000000+00:00"}


# ---- the same each time ----


def the_same_case_gives_the_same_bytes(folder, case):
    once = export(folder, case)
    again = export(folder, made.case(folder, "--threads", "2", name="again"))
    assert all(once[form] == again[form] for form in ("stix", "navigator", "timeline", "csv")), "two hunts, two exports"
    # The producer's own identity is the same whatever the case; all else is of this case.
    other = folder / "other"
    other.mkdir()
    (other / "sysmon.jsonl").write_text("".join(json.dumps(line) + "\n" for line in made.events()[:3]), encoding="utf-8")
    made.run("hunt", "other", "--rules", "rules", "--intel", "intel", "-qo", "less", cwd=folder, status=1)
    less = export(folder, folder / "less")
    ids = [{o["id"] for o in objects(text["stix"])} for text in (once, less)]
    common = {i.split("--")[0] for i in ids[0] & ids[1]}
    assert common == {"marking-definition", "identity", "user-account", "domain-name"}, common


def times_and_names_can_be_given(folder, case):
    report = objects(export(folder, case, "--created", "2024-06-01T10:00:00.5Z", "--producer", "CERT X")["stix"], "report")[0]
    assert report["created"] == report["modified"] == report["published"] == "2024-06-01T10:00:00.500Z"
    text = export(folder, case)["stix"]
    assert objects(text, "report")[0]["created"] == "2024-03-05T08:34:00.123Z", "the latest finding, in milliseconds"
    identity = [objects(export(folder, case, "--producer", name)["stix"], "identity")[0] for name in ("CERT X", "CERT X", "CERT Y")]
    assert identity[0] == identity[1] and identity[0]["id"] != identity[2]["id"] and identity[0]["created_by_ref"] == identity[0]["id"]


def markings_of_both_generations(folder, case):
    for level, words, name, id_ in (("green", [], "TLP:GREEN", made.TLP["green"]), ("clear", [], "TLP:CLEAR", made.TLP["clear"]),
                                    ("clear", ["--tlp-1"], "TLP:WHITE", "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"),
                                    ("amber+strict", ["--tlp-1"], "TLP:RED", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"),
                                    ("amber+strict", [], "TLP:AMBER+STRICT", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003")):  # fmt: skip
        marking = objects(export(folder, case, "--tlp", level, "--drop", *words)["stix"], "marking-definition")
        assert [(m["name"], m["id"]) for m in marking] == [(name, id_)], marking


# ---- wrong words ----


def nothing_is_written_into_the_case(folder, case):
    before = sorted(path.name for path in case.iterdir())
    for name in ("findings.csv", "new.json"):
        assert "lies in the case" in made.run("export", case, "--csv", case / name, status=2).stderr
        assert "lies in the case" in made.run("export", ".", "--csv", name, cwd=case, status=2).stderr
    assert before == sorted(path.name for path in case.iterdir())
    made.run("verify", case, folder / "evidence")


def wrong_words(folder, case):
    short, key = folder / "short.key", folder / "good.key"
    short.write_bytes(b"x" * 31)
    key.write_bytes(b"x" * 32)
    out = folder / "out.json"
    for words, why in (
        ([], "in which form?"),
        (["--csv", out, "--redact", "pseudonyms"], "go together"),
        (["--csv", out, "--recipient", "R"], "go together"),
        (["--csv", out, "--redact", "pseudonyms", "--recipient", "R", "--key-file", short], "32 to 65536 bytes"),
        (["--csv", out, "--redact", "pseudonyms", "--recipient", "R", "--key-file", folder / "none"], "is not there"),
        (["--csv", out, "--redact", "counts", "--recipient", "R", "--key-file", key], "go together"),
        (["--csv", out, "--timeline", out], "was named for two forms"),
        (["--csv", out, "--tlp", "purple"], "purple"),
        (["--csv", out, "--intel", folder / "intel"], "--stix alone"),
        (["--stix", folder / "no/such/out.json"], "no/such"),
    ):
        done = made.run("export", case, *words, status=4 if "no/such" in why else 2)
        assert why in done.stderr and not out.exists(), f"{words}: {done.stderr}"
    assert "no case" in made.run("export", folder / "intel", "--csv", out, status=2).stderr


def main():
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as temporary:
        base = pathlib.Path(temporary) / "base"
        base.mkdir()
        made.case(base)
        for test in (
            bundles_are_valid, every_reference_is_there, sightings_are_under_the_sources_own_names, observed_data_add_up, searched_and_not_seen,
            timelines_are_what_timesketch_takes, tables_are_those_of_the_case, layers_count_findings, markings_refuse, dropping_leaves_nothing,
            pseudonyms_tell_no_name, counts_tell_counts, the_same_case_gives_the_same_bytes, times_and_names_can_be_given,
            markings_of_both_generations, nothing_is_written_into_the_case, wrong_words,
        ):  # fmt: skip
            folder = pathlib.Path(temporary) / test.__name__
            shutil.copytree(base, folder)
            try:
                test(folder, folder / "case")
                passed += 1
            except Skipped as reason:
                skipped += 1
                print(f"SKIP: {reason}")
            except AssertionError as error:
                failed += 1
                print(f"{test.__name__}: {error}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
