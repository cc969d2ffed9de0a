#!/usr/bin/env python3
"""test_export: what is handed on: STIX against the schemas of OASIS, markings that refuse, pseudonyms that tell nothing, the same bytes each time."""

import csv
import io
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import warnings

import made

FORMS = {"stix": "stix.json", "navigator": "layer.json", "timeline": "timeline.jsonl", "csv": "table.csv", "incidents-csv": "incidents.csv"}
MADE_CASE = os.environ.get("LONGWATCH_BUILD", str(made.SOURCE / "build")) + "/tests/made_case"
SCHEMAS = made.SHARED / "data/stix/json-schemas/schemas"


class Skipped(Exception):
    pass


def export(folder, case, *words, status=0):
    """What was written, by form."""
    for name in FORMS.values():
        (folder / name).unlink(missing_ok=True)
    done = made.run("export", case, *(word for form, name in FORMS.items() for word in (f"--{form}", folder / name)), *words, status=status)
    # Tables have names of files as they are, which may be any bytes.
    return {form: (folder / name).read_bytes().decode(errors="surrogateescape" if "csv" in form else "strict") if (folder / name).exists() else None
            for form, name in FORMS.items()} | {"done": done}  # fmt: skip


def objects(text, type_=None):
    return [o for o in json.loads(text)["objects"] if type_ in (None, o["type"])]


def rows(case, query):
    database = sqlite3.connect(case / "case.db")
    found = database.execute(query).fetchall()
    database.close()
    return found


def sql(case, *statements):
    database = sqlite3.connect(case / "case.db")
    database.execute("PRAGMA synchronous = OFF")
    for statement in statements:
        database.execute(*statement) if isinstance(statement, tuple) else database.execute(statement)
    database.commit()
    database.close()


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
    plant(case)
    case_of_a_stranger = folder / "strange"
    subprocess.run([MADE_CASE, case_of_a_stranger], check=True)
    assert not faults(json.loads(export(folder, case_of_a_stranger)["stix"])), faults(json.loads(export(folder, case_of_a_stranger)["stix"]))[:5]
    key = folder / "schema.key"
    key.write_bytes(b"k" * 32)
    for words in ([], ["--tlp", "clear", "--drop"], ["--tlp-1"], ["--tlp", "amber+strict", "--drop", "--tlp-1"], ["--redact", "counts"],
                  ["--redact", "pseudonyms", "--recipient", "R", "--key-file", key], ["--intel", folder / "intel"],
                  ["--producer", "CERT of \"Ö\"", "--created", "2024-06-01T10:00:00Z"]):  # fmt: skip
        bundle = json.loads(export(folder, case, *words)["stix"])
        assert not faults(bundle), f"{words}: {faults(bundle)[:5]}"
    # A validator that finds nothing in anything proves nothing.
    for type_ in ("sighting", "incident", "relationship", "grouping", "attack-pattern", "observed-data"):
        for spoil in (lambda o: o.pop("created"), lambda o: o.update(spec_version="3"), lambda o: o.update(id="x"), lambda o: o.update(modified="2024-01-01")):
            bundle = json.loads(export(folder, case)["stix"])
            spoil(next(o for o in bundle["objects"] if o["type"] == type_))
            assert faults(bundle), spoil


def every_reference_is_there(folder, case):
    plant(case)
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
    acts = {technique for (technique,) in rows(case, "SELECT DISTINCT technique FROM incident_event")} - {"T1033"}
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
    assert acts == {"T1598.003"} and counts.pop("T1598.003") == 7, "what no finding names has been seen by acts"
    assert counts == {"T1033": 6, "T1087.002": 3, "T1105": 1}, counts
    levels = {number: by_ref[id_]["confidence"] for id_, number in techniques.items()}
    assert levels == {"T1033": 85, "T1087.002": 85, "T1105": 15, "T1598.003": 85}, levels
    assert all("None/Low/Med/High" in s["description"] for s in by_ref.values() if "confidence" in s)


def observed_data_add_up(folder, case):
    text = export(folder, case)["stix"]
    by_id = {o["id"]: o for o in objects(text)}
    # Those that rules and indicators refer to; an act that says the same as a finding has the same.
    of = [*objects(text, "note"), *(s for s in objects(text, "sighting") if s["sighting_of_ref"].startswith("indicator--"))]
    named = {ref for o in of for ref in o.get("object_refs", []) + o.get("observed_data_refs", [])}
    observed = [o for o in objects(text, "observed-data") if o["id"] in named]
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
    assert note["content"].startswith("2 indicators were looked for and not seen. So was 1 value of which no source gives an identifier. Searched: 11 records in 1 of 1 file or member of a container, "), note
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
    acts = [line for line in lines if "finding" not in line]
    lines = [line for line in lines if "finding" in line]
    findings = [json.loads(line) for line in (case / "findings.jsonl").read_text(encoding="utf-8").splitlines()]
    own = [json.loads(line) for line in (case / "timesketch.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [{k: v for k, v in line.items() if k != "tlp"} for line in acts] == [line for line in own if "finding" not in line], "not the acts of the case"
    assert [(line["incident"], line["event"]) for line in acts] == rows(case, "SELECT incident, position FROM incident_event ORDER BY 1, 2")
    assert {line["timestamp_desc"] for line in acts} == {"Act of an incident"} and {line["tlp"] for line in acts} == {"TLP:RED"}
    # One index takes both: what is called the same is of one type.
    types = [{k: type(v) for line in some for k, v in line.items() if v is not None} for some in (lines, acts)]
    assert all(types[0][k] == types[1][k] for k in types[0].keys() & types[1].keys()), types
    assert len(lines) == len(findings) == 12, (len(lines), len(findings))
    for line, finding in zip(lines, findings):
        assert {"message", "datetime", "timestamp", "timestamp_desc"} <= set(line) and line["tlp"] == "TLP:RED"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", line["datetime"]) and isinstance(line["timestamp"], int)
        assert {k: v for k, v in line.items() if k in finding} == finding, "it is not the finding of the case"
    assert lines[0]["message"] == "[medium] Account asks who it is on WS17.assembly.example by ASSEMBLY\\k.lind: CommandLine=whoami /all", lines[0]
    assert (lines[0]["datetime"], lines[0]["timestamp"]) == ("2024-03-05T08:00:00.123000+00:00", 1709625600123000)


def tables_are_those_of_the_case(folder, case):
    table = list(csv.DictReader(io.StringIO(export(folder, case)["csv"], newline="")))
    own = list(csv.DictReader((case / "findings.csv").open(encoding="utf-8", newline="")))
    assert [{k: v for k, v in row.items() if k != "tlp"} for row in table] == own
    assert {row["tlp"] for row in table} == {"TLP:RED"}


def layers_count_findings(folder, case):
    layer = json.loads(export(folder, case)["navigator"])
    assert layer["versions"]["layer"] == "4.5" and layer["domain"] == "enterprise-attack"
    assert {t["techniqueID"]: t["score"] for t in layer["techniques"]} == {"T1033": 4 + 3, "T1087.002": 1, "T1105": 1, "T1598.003": 7}, layer["techniques"]
    assert layer["gradient"]["maxValue"] == 7
    titles = [title for (title,) in rows(case, "SELECT title FROM incident ORDER BY number")]
    assert layer["techniques"][0]["comment"] == f"Incident 1 ({titles[0]}): 3 acts\nAccount asks who it is: 3\nAccount asks again and again: 1", layer["techniques"][0]
    assert layer["techniques"][3]["comment"] == f"Incident 1 ({titles[0]}): 4 acts\nIncident 2 ({titles[1]}): 3 acts", layer["techniques"][3]
    assert {m["name"]: m["value"] for m in layer["techniques"][3]["metadata"]} == {"incidents": "2", "acts": "7", "findings": "0", "first": "2024-03-05T08:20:00.123Z", "last": "2024-03-05T08:34:00.123Z"}
    assert layer["metadata"] == [{"name": "tlp", "value": "TLP:RED"}]


# ---- incidents ----

SECRET = "zq"
# What stands in a column where the reader expects one of its own words.
WORDS = {"type": "behaviour", "level": "high", "state": "quiet", "act": "sign-in", "role": "own", "first": "2024-03-05T08:01:00Z", "last": "2024-03-05T08:02:00Z",
         "time": "2024-03-05T08:01:00Z", "opened": "2024-03-05T08:01:00Z", "closed": "2024-03-05T08:02:00Z", "last_used": "2024-03-05T08:02:00Z", "kind": "rule"}  # fmt: skip


def plant(case, number=3):
    """An incident more, every free text of which is a secret: zq, table and column. Its clues are two behaviours, one of which this version does not know, and a
    campaign; it has an entity of each type, one reach of each, a door of each state."""
    database = sqlite3.connect(case / "case.db")

    def insert(table, **given):
        columns = database.execute(f"PRAGMA table_info({table})").fetchall()
        values = {name: f"{SECRET}.{table}.{name}" if kind == "TEXT" else number for _, name, kind, *_ in columns}
        values |= {name: word for name, word in WORDS.items() if name in values}
        values |= {name: 1 for _, name, kind, *_ in columns if kind in ("INTEGER", "REAL") and name not in ("incident", "number")} | given
        database.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", list(values.values()))

    insert("incident", number=number, score=2.5)
    for position, (clue, given) in enumerate(((101, {"id": "foreign-client"}), (102, {}), (103, {"type": "campaign"})), 1):
        insert("clue", number=clue, of_number=1, **given)
        insert("incident_clue", position=position, clue=clue)
    acts = ("", "sign-in", "mail-read", "file-read", "web-request", "lookup", "logon", "process")
    for position, act in enumerate(acts, 1):
        insert("incident_event", position=position, act=act, time_ns=position, clue=101 + position % 3, technique="T1114.002" if position % 2 else f"{SECRET}.technique",
               events=position, **({"object": f"https://{SECRET}.url/a b\"c"} if act == "web-request" else {}))  # fmt: skip
    names = {"address": "198.51.100.77", "domain": f"{SECRET}.domain.test", "page": f"{SECRET}.host /{SECRET}/page.aspx", "account": f"{SECRET}.user@chamber.example"}
    for position, type_ in enumerate(("account", "host", "address", "session", "client", "program", "page", "object", "domain"), 1):
        insert("incident_entity", position=position, type=type_, shared=position % 2, role="own" if position > 2 else "reached", **({"name": names[type_]} if type_ in names else {}))
    for position, type_ in enumerate(("mailbox", "file", "register", "host", "account", "calls", "person", "out"), 1):
        insert("incident_reach", position=position, type=type_)
    for position, state in enumerate(("closed", "open", "cannot tell"), 1):
        insert("door", position=position, state=state)
    insert("incident_phase", position=1)
    database.commit()
    database.close()


def incidents_are_objects_that_belong_together(folder, case):
    plant(case)
    text = export(folder, case)["stix"]
    by_id = {o["id"]: o for o in objects(text)}
    incidents = objects(text, "incident")
    titles = [title for (title,) in rows(case, "SELECT title FROM incident ORDER BY number")]
    assert [i["name"] for i in incidents] == titles, incidents
    assert all(i["confidence"] == 85 and "None/Low/Med/High" in i["description"] for i in incidents)
    for number, incident in enumerate(incidents, 1):
        grouping = objects(text, "grouping")[number - 1]
        of = [by_id[ref] for ref in grouping["object_refs"]]
        assert grouping["name"] == f"Incident {number}: {titles[number - 1]}" and grouping["context"] == "suspicious-activity"
        assert len(set(grouping["object_refs"])) == len(of) and incident in of
        # Every act that has a time is in an observed-data, with the record's file.
        acts = dict(rows(case, f"SELECT technique, sum(events) FROM incident_event WHERE incident = {number} GROUP BY 1"))
        observed = [o for o in of if o["type"] == "observed-data"]
        assert sum(o["number_observed"] for o in observed) == sum(acts.values()), observed
        assert all([by_id[ref]["type"] for ref in o["object_refs"]].count("file") == 1 for o in observed)
        # It uses the techniques of ATT&CK, and no others.
        uses = {}
        for r in (o for o in of if o["type"] == "relationship" and o["relationship_type"] == "uses"):
            pattern = by_id[r["target_ref"]]
            assert r["source_ref"] == incident["id"] and pattern in of
            reference = pattern["external_references"]
            assert reference == [{"source_name": "mitre-attack", "external_id": pattern["name"]}]
            uses[pattern["name"]] = uses.get(pattern["name"], 0) + int(re.search(r"(\d+) events?$", r["description"]).group(1))
        assert uses == {k: v for k, v in acts.items() if SECRET not in k}, (uses, acts)
    rest = [o for o in of if o["type"] == "relationship" and o["relationship_type"] != "uses"]
    ends = {(r["relationship_type"], by_id[r["target_ref"]]["type"], by_id[r["target_ref"]].get("value") or by_id[r["target_ref"]].get("name") or by_id[r["target_ref"]]["account_login"]): r["description"] for r in rest}
    assert ends == {
        ("targets", "user-account", "zq.user@chamber.example"): "Reached, and others use it as well: zq.incident_entity.note",
        ("related-to", "ipv4-addr", "198.51.100.77"): "The intruder's own, and others use it as well: zq.incident_entity.note",
        ("related-to", "file", "page.aspx"): "The intruder's own, and others use it as well: zq.incident_entity.note",
        ("related-to", "domain-name", "zq.domain.test"): "The intruder's own, and others use it as well: zq.incident_entity.note",
    }, ends  # a host with an underscore is no domain-name
    assert [o["value"] for o in objects(text, "url")] == ["https://zq.url/a%20b%22c"], objects(text, "url")
    about = incidents[2]["description"]
    for words in ("From 2024-03-05T08:01:00Z to 2024-03-05T08:02:00Z, quiet: 8 acts, 36 events.", "It began: zq.incident.began.", "1 mailbox (1 messages read), 1 file, ",
                  "Doors: 1 closed, 1 open, of 1 nobody can tell.", "Why: zq.clue.title (zq.clue.reason); "):  # fmt: skip
        assert words in about, f"{words}: {about}"


def tables_of_incidents_hold_all_of_them(folder, case):
    plant(case)
    table = list(csv.DictReader(io.StringIO(export(folder, case)["incidents-csv"], newline="")))
    assert {row["tlp"] for row in table} == {"TLP:RED"} and len({len(row) for row in table}) == 1 and None not in table[0]
    for name, of in (("incident", "incident"), ("act", "incident_event"), ("entity", "incident_entity"), ("reach", "incident_reach"), ("door", "door")):
        assert sum(row["row"] == name for row in table) == rows(case, f"SELECT count(*) FROM {of}")[0][0], name
    acts = [row for row in table if row["row"] == "act" and row["incident"] == "1"]
    own = rows(case, "SELECT position, act, what, time, account, host, object, evidence_path, record, offset FROM incident_event WHERE incident = 1 ORDER BY position")
    assert [tuple(row[k] for k in ("number", "kind", "text", "time", "account", "host", "object", "evidence_path", "record", "offset")) for row in acts] == [tuple(map(str, row)) for row in own], acts
    planted = {row["row"]: row for row in table if row["incident"] == "3"}
    assert {k: v for k, v in planted["door"].items() if v} == {
        "incident": "3", "row": "door", "number": "3", "kind": "rule", "text": "zq.door.identity", "state": "cannot tell", "time": "2024-03-05T08:01:00Z", "last": "2024-03-05T08:02:00Z",
        "closed": "2024-03-05T08:02:00Z", "account": "zq.door.account", "host": "zq.door.host", "object": "zq.door.object", "detail": "zq.door.how", "evidence_path": "zq.door.opened_path",
        "evidence_sha256": "zq.door.opened_sha256", "record": "1", "offset": "1", "tlp": "TLP:RED"}, planted["door"]  # fmt: skip
    assert planted["reach"]["object"] == "zq.incident_reach.name" and planted["act"]["clue"] == "zq.clue.title"
    # A text that a spreadsheet would calculate.
    sql(case, "UPDATE incident SET title = '=1+1' WHERE number = 3")
    assert "3,incident,,high,'=1+1,quiet," in export(folder, case)["incidents-csv"]


def judged_case(folder):
    """Of incident 1 a likeness, the second was not judged, of the third all is hostile and consistent with a group."""
    case = folder / "judged"
    if not case.exists():
        subprocess.run([MADE_CASE, case], check=True)
    return case


def judgements_are_notes_and_hardly_ever_attributions(folder, _case):
    case = judged_case(folder)
    bundle = json.loads(export(folder, case)["stix"])
    by_id = {o["id"]: o for o in bundle["objects"]}
    notes = [o for o in bundle["objects"] if o["type"] == "note" and o["abstract"].startswith("Which group: ")]
    told = {by_id[n["object_refs"][0]]["type"]: 1 for n in notes}
    assert told == {"incident": 1} and len(notes) == 2, [n["abstract"] for n in notes]
    trees = {number: json.loads(text) for number, text in rows(case, "SELECT incident, json FROM assessment")}
    first = next(n for n in notes if n["abstract"] == "Which group: a resemblance to what is published of APT31")
    written = trees[1]["written"]
    for one in (written["judgement"], written["confidence"], written["scale"], written["sponsor"], *written["facts"], *written["cautions"], *written["alternatives"]):
        assert one in first["content"], one
    assert "About that victim" not in first["content"] and "That is about that victim; it names no group" in first["content"]
    # How sure is not how likely, and the scale is named.
    assert first["confidence"] == 15 and "None/Low/Med/High scale of STIX 2.1: how good the basis" in first["content"]
    # Only what is consistent is attributed, and that to a group, never to somebody behind it.
    attributed = [o for o in bundle["objects"] if o.get("relationship_type") == "attributed-to"]
    assert [(by_id[o["source_ref"]]["type"], by_id[o["target_ref"]]["type"], o["confidence"]) for o in attributed] == [("campaign", "intrusion-set", 15)], attributed
    assert "likely (70 %)" in attributed[0]["description"] and "Confidence in this is low." in attributed[0]["description"]
    assert not [o for o in bundle["objects"] if o["type"] in ("threat-actor", "opinion", "location")]
    grouped = {ref for o in bundle["objects"] if o["type"] == "grouping" for ref in o["object_refs"]}
    assert {n["id"] for n in notes} | {o["id"] for o in bundle["objects"] if o["type"] in ("campaign", "intrusion-set")} <= grouped
    for spoil in ("{", json.dumps({"not_judged": "no profiles of groups were given"}), json.dumps({**trees[3], "now": {**trees[3]["now"], "level": "certain"}})):
        other = folder / "spoilt"
        shutil.copytree(case, other)
        sql(other, ("UPDATE assessment SET json = ?", (spoil,)))
        assert "Which group: " not in export(folder, other)["stix"] and "attributed-to" not in export(folder, other)["stix"]
        shutil.rmtree(other)


def judgements_of_groups_tell_no_secret(folder, _case):
    """Every text of it a secret: under pseudonyms and counts none of it is told, but the level, how likely, how sure, and a number of ATT&CK."""
    case = folder / "secret"
    shutil.copytree(judged_case(folder), case)

    def planted(value):
        if isinstance(value, dict):
            return {name: value[name] if name in ("level", "confidence", "stance", "type") and not value[name].count(" ") else planted(value[name]) for name in value}
        return [planted(v) for v in value] if isinstance(value, list) else f"{SECRET} {value}" if isinstance(value, str) else value

    tree = json.loads(rows(case, "SELECT json FROM assessment WHERE incident = 3")[0][0])
    for id_, told in (("G0128", "G0128"), ("G12x", "a group without a number in MITRE ATT&CK"), (SECRET, "a group without a number in MITRE ATT&CK")):
        bad = planted(tree)
        bad["now"]["groups"][0]["id"] = id_
        sql(case, ("INSERT OR REPLACE INTO assessment VALUES (3, ?)", (json.dumps(bad),)))
        key = folder / "judged.key"
        key.write_bytes(b"k" * 32)
        for words in (["--redact", "counts"], ["--redact", "pseudonyms", "--recipient", "R", "--key-file", key]):
            bundle = json.loads(export(folder, case, *words)["stix"])
            of = [o for o in bundle["objects"] if o["type"] in ("campaign", "intrusion-set") or "Which group" in o.get("abstract", "") or o.get("relationship_type") == "attributed-to"]
            assert len(of) == 5, [o["type"] for o in of]  # two notes, campaign, set, relationship
            assert not [o for o in of if SECRET in json.dumps(o)], words
            # One that has no number may be another one in another incident: it bears the incident's.
            assert [o["name"] for o in of if o["type"] == "intrusion-set"] == [told if id_ == "G0128" else f"{told} (of incident 3)"], of
            assert [o.get("external_references") for o in of if o["type"] == "intrusion-set"] == [[{"source_name": "mitre-attack", "external_id": id_}] if id_ == "G0128" else None]
            content = next(o["content"] for o in of if o["type"] == "note" and "is consistent with" in o["content"])
            assert f"consistent with the public attribution of {told}; that this group was at work: likely (70 %)." in content and "Confidence in this is low." in content, content
        assert SECRET in export(folder, case)["stix"]  # so it was there to be told


def judgements_go_with_the_claims_they_may_rest_on(folder, case):
    other = folder / "dropping"
    shutil.copytree(case, other)
    made_up = json.loads(rows(judged_case(folder), "SELECT json FROM assessment WHERE incident = 1")[0][0])
    plant(other, 3)
    sql(other, ("INSERT OR REPLACE INTO assessment VALUES (3, ?)", (json.dumps(made_up),)))
    told = export(folder, other, "--tlp", "red")
    assert "Which group: " in told["stix"] and "judgement on groups" not in told["done"].stderr + told["done"].stdout
    dropped = export(folder, other, "--tlp", "clear", "--drop")
    assert "Which group: " not in dropped["stix"]
    assert "1 judgement on groups left out, for the claims that are left out" in dropped["done"].stdout + dropped["done"].stderr, dropped["done"]
    assert "1 judgement on groups left out, because claims are left out that they may rest on." in dropped["stix"]


def nothing_of_an_incident_leaks(folder, case):
    """Every free text of an incident, in every form, under both redactions."""
    plant(case)
    key = folder / "leak.key"
    key.write_bytes(b"leaky" * 8)
    open_ = export(folder, case)
    for form in ("stix", "timeline", "incidents-csv", "navigator"):
        assert SECRET in open_[form], f"{form} has none to hide"
    told = set(re.findall(r"zq\.[a-z_]+\.[a-z_0-9]+", open_["timeline"] + open_["incidents-csv"] + open_["stix"]))
    hidden = {f"{SECRET}.{table}.{name}" for table, names in {
        "incident": ["title", "began"], "clue": ["title", "reason"], "incident_entity": ["name", "note"], "incident_reach": ["name", "detail", "evidence_path", "evidence_sha256"],
        "door": ["identity", "account", "host", "object", "how", "opened_path", "opened_sha256"],
        "incident_event": ["tactic", "what", "account", "target", "host", "address", "program", "session", "object", "detail", "evidence_path", "evidence_sha256"]}.items() for name in names}  # fmt: skip
    assert hidden <= told, f"not a test of {hidden - told}"
    for words in (["--redact", "counts"], ["--redact", "pseudonyms", "--recipient", "P", "--key-file", key]):
        said = export(folder, case, *words)
        for form in FORMS:
            found = re.findall(rf".{{0,60}}(?:{SECRET}|198\.51\.100\.77|page\.aspx).{{0,60}}", said[form], re.IGNORECASE)
            assert not found, f"{words}, {form}: {found[:3]}"
        assert "3 incidents" in said["done"].stdout
        titles = [i["name"] for i in objects(said["stix"], "incident")]
        assert titles[2] == "A client that shares nothing with the rest of the account; 1 account, 1 host", titles
    # Under pseudonyms one name is one name: the account that the planted act and the planted entity share has the same digits.
    sql(case, "UPDATE incident_entity SET name = 'zq.same' WHERE type = 'account' AND incident = 3", "UPDATE incident_event SET account = 'ZQ.Same' WHERE incident = 3")
    table = list(csv.DictReader(io.StringIO(export(folder, case, *words)["incidents-csv"], newline="")))
    names = {row["object"] if row["row"] == "entity" else row["account"] for row in table if row["incident"] == "3" and (row["row"] == "act" or row["kind"] == "account" and row["row"] == "entity")}
    assert len(names) == 1 and re.fullmatch("account-[0-9a-f]{32}", *names), names


def secrets_of_a_whole_case_do_not_leak(folder, _case):
    """A made-up institution with intrusions: whatever any table says of it."""
    made.run("exercise", "--seed", 9, "--years", 1, "--accounts", 20, "-o", "drill", cwd=folder)
    made.run("hunt", "evidence", "--rules", folder / "rules", "--intel", folder / "intel", "--own-domain", "chamber.example", "--roster", "roster.csv", "-qo", "case", cwd=folder / "drill", status=1)
    case, key = folder / "drill/case", folder / "drill.key"
    key.write_bytes(b"whole" * 8)
    secrets = {"chamber", ".example", ".test"}
    columns = {"incident_event": "account target host address session object detail program evidence_path evidence_sha256", "incident_entity": "name note", "door": "identity account host object how",
               "incident_reach": "name detail", "behaviour_event": "account target host address session object server", "incident": "title began", "clue": "reason",
               "mail_campaign": "subject senders", "mail_recipient": "address token token_url", "custody": "path sha256", "mail_message": "subject sender message_id"}  # fmt: skip
    for table, names in columns.items():
        for name in names.split():
            secrets |= {text for (text,) in rows(case, f"SELECT DISTINCT {name} FROM {table}") if text and len(text) >= 5}
    # Words that are in every case, whatever it is of: numbers, names of fields and of what logs call things.
    secrets -= {text for text in secrets if re.fullmatch(r"[0-9]+|[a-z]+", text)} | {"Security"}
    secrets |= {word for text in secrets for word in re.findall(r"[A-Za-z]+\.[A-Za-z]+(?=@)|[A-Z]+[0-9]{2,}", text)}
    assert len(secrets) > 3000 and rows(case, "SELECT count(*) FROM incident")[0][0] >= 4 and rows(case, "SELECT count(*) FROM door")[0][0] > 10
    full = "".join(export(folder, case)[form] for form in FORMS)
    assert sum(secret in full for secret in secrets) > 1000
    for words in (["--redact", "counts"], ["--redact", "pseudonyms", "--recipient", "P", "--key-file", key]):
        said = export(folder, case, *words)
        for form in FORMS:
            told = [secret for secret in secrets if secret in said[form]]
            assert not told, f"{words}, {form}: {told[:5]}"


def clues_that_may_not_be_told_take_their_acts_along(folder, case):
    """Incident 1 stands on rules, an indicator of a green, of a red and of a clear source; 2 on indicators of all, of nobody and of an unknown marking."""
    by_level = {}
    for level in ("red", "amber", "green", "clear"):
        said = by_level[level] = export(folder, case, "--tlp", level, "--drop")
        acts = [json.loads(line) for line in said["timeline"].splitlines() if '"incident":' in line]
        by_level[level]["acts"] = {line["object"] for line in acts if line["act"] == "lookup"}
        for incident in objects(said["stix"], "incident"):
            reduced = level != "red"
            assert ("Clues that are marked more strictly are left out" in incident["description"]) == reduced, incident
            # What was put together out of all clues is not there: reach, score, how it began.
            assert ("score" in incident["description"]) == (not reduced) and (reduced or incident["name"] in [t for (t,) in rows(case, "SELECT title FROM incident")])
    assert by_level["red"]["acts"] == {"green.evil.test", "www.red.evil.test", "misp.evil.test", "both.evil.test", "plain.evil.test", "odd.evil.test"}
    assert by_level["amber"]["acts"] == by_level["green"]["acts"] == by_level["red"]["acts"] - {"www.red.evil.test", "odd.evil.test"}
    assert by_level["clear"]["acts"] == {"misp.evil.test", "plain.evil.test"}
    assert "2 incidents; 2 incidents told without clues that are marked more strictly" in by_level["green"]["done"].stdout, by_level["green"]["done"].stdout
    table = list(csv.DictReader(io.StringIO(by_level["green"]["incidents-csv"], newline="")))
    assert {row["row"] for row in table} == {"incident", "technique", "act"}, "what all clues together say is told"
    assert [(row["text"], row["state"], row["detail"], row["items"]) for row in table if row["row"] == "incident"] == [("Known indicator: domain green.evil.test", "", "", "6"), ("domain both.evil.test", "", "", "2")], table
    # The latest act that is told, not the latest there is, dates a bundle.
    for object_, level, created in (("green.evil.test", "green", "2024-03-05T09:00:00.000Z"), ("www.red.evil.test", "green", "2024-03-05T09:00:00.000Z"), ("www.red.evil.test", "red", "2024-03-05T10:00:00.000Z")):
        hour = 9 if object_.startswith("green") else 10
        sql(case, f"UPDATE incident_event SET time = '2024-03-05T{hour:02}:00:00Z', last = '2024-03-05T{hour:02}:00:00Z' WHERE object = '{object_}'")
        assert objects(export(folder, case, "--tlp", level, "--drop")["stix"], "report")[0]["created"] == created, (object_, level)
    # An incident that stands on one red indicator alone is not there at all; nor is one whose finding the case does not hold.
    sql(case, "DELETE FROM incident_clue WHERE incident = 1 AND clue <> 5", "DELETE FROM incident_event WHERE incident = 1 AND clue <> 5")
    said = export(folder, case, "--tlp", "green", "--drop")
    assert [i["name"] for i in objects(said["stix"], "incident")] == ["domain both.evil.test"] and "1 incident left out for their marking" in said["done"].stdout, said["done"].stdout
    assert "1 incident left out for the marking of all that is told of it" in json.loads(said["navigator"])["description"]
    sql(case, "UPDATE clue SET of_number = 99999 WHERE number = 5")
    assert "1 incident left out for their marking" in export(folder, case)["done"].stdout


def cases_without_incidents(folder, case):
    """Of an older Longwatch, which knew none; of this one, which found none."""
    for what, statements in (("none was found", ["DELETE FROM incident"]), ("an older case", [*(f"DROP TABLE {name}" for name in ("incident", "clue", "door", "incident_event")), "PRAGMA user_version = 4"])):
        sql(case, *statements)
        said = export(folder, case)
        assert not objects(said["stix"], "incident") and not [line for line in said["timeline"].splitlines() if '"incident":' in line], what
        assert said["incidents-csv"].count("\n") == 1 and "incidents  " in said["done"].stdout and "0 incidents" in said["done"].stdout, said["done"].stdout
    sql(case, "PRAGMA user_version = 5")
    assert "it has no incidents" in made.run("export", case, "--timeline", folder / "t", status=4).stderr


# ---- what it does not say ----


def markings_refuse(folder, case):
    # By level: how many things; of a rule's tag one, of claims one each.
    for level, count in (("clear", 7), ("green", 4), ("amber", 3), ("amber+strict", 3)):
        said = export(folder, case, "--tlp", level, status=5)
        assert not any(said[form] for form in FORMS), "something was written"
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
        for form in FORMS:
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
        for form in FORMS:
            told = [word for word in (*NAMES, *hashes) if word in said[form]]
            assert not told, f"{form}: {told}"
        assert f"pseudonyms for Partner {name}" in said["stix"]
        again = export(folder, case, "--redact", "pseudonyms", "--recipient", f"Partner {name}", "--key-file", path)
        assert all(again[form] == said[form] for form in FORMS), "not the same twice"
    names = {name: set(re.findall(r"(?:account|host|file|value|address|mail)-[0-9a-f]{32}", said["timeline"])) for name, said in given.items()}
    assert len(names["one"]) == len(names["two"]) > 8 and not names["one"] & names["two"], names
    # Nor is there an identifier by which two recipients could find out that they hold the same, but for what everybody has.
    ids = {name: {o["id"] for o in objects(said["stix"])} for name, said in given.items()}
    shared = {i for i in ids["one"] & ids["two"] if not i.startswith(("marking-definition--", "identity--", "domain-name--"))}
    assert not shared, shared
    # The same account has the same digits, wherever it stands.
    lines = [json.loads(line) for line in given["one"]["timeline"].splitlines()]
    acts = [line for line in lines if "incident" in line]
    lines = [line for line in lines if "incident" not in line]
    assert {line["account"] for line in acts} == {line["account"] for line in lines if line["account"]}, "an account of an act has the name that it has in findings"
    correlation = next(line for line in lines if "events" in line)
    assert correlation["group"]["User"] == lines[0]["account"].replace("account-", "value-"), (correlation["group"], lines[0]["account"])
    assert len({line["account"] for line in lines if "events" not in line}) == 2 and len({line["host"] for line in lines if "events" not in line}) == 2
    # What the recipient knows from intelligence stays.
    assert any(line.get("matched", {}).get("QueryName") == "green.evil.test" for line in lines)


def counts_tell_counts(folder, case):
    said = export(folder, case, "--redact", "counts")
    for form in FORMS:
        told = [word for word in NAMES if word in said[form]]
        assert not told, f"{form}: {told}"
    assert {o["type"] for o in objects(said["stix"])} == {"marking-definition", "identity", "sighting", "attack-pattern", "indicator", "note", "report", "incident", "relationship", "grouping"}
    table = {row["title"]: row for row in csv.DictReader(io.StringIO(said["csv"], newline=""))}
    assert (table["Account asks who it is"]["findings"], table["Account asks again and again"]["events"]) == ("3", "3"), table
    assert table["domain green.evil.test"]["findings"] == "2"
    lines = [json.loads(line) for line in said["timeline"].splitlines()]
    incidents = [line for line in lines if "incident" in line]
    assert [(line["incident"], line["acts"], line["datetime"], line["last"]) for line in incidents] == [(1, 7, "2024-03-05T08:00:00.123000+00:00", "2024-03-05T08:34:00.123Z"), (2, 3, "2024-03-05T08:30:00.123000+00:00", "2024-03-05T08:32:00.123Z")], incidents
    table = [(row["incident"], row["row"], row["kind"], row["technique"], row["items"]) for row in csv.DictReader(io.StringIO(said["incidents-csv"], newline=""))]
    assert table == [("1", "incident", "high", "", "7"), ("1", "technique", "", "T1033", "3"), ("1", "technique", "", "T1598.003", "4"), ("1", "reach", "host", "", "2"),
                     ("1", "reach", "account", "", "1"), ("2", "incident", "high", "", "3"), ("2", "technique", "", "T1598.003", "3")], table
    days = [line for line in lines if "findings" in line]
    assert sum(day["findings"] for day in days) == 12 and {day["datetime"] for day in days} == {"2024-03-05T00:00:00.000000+00:00"}


# ---- the same each time ----


def the_same_case_gives_the_same_bytes(folder, case):
    once = export(folder, case)
    again = export(folder, made.case(folder, "--threads", "2", name="again"))
    assert all(once[form] == again[form] for form in FORMS), "two hunts, two exports"
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
            incidents_are_objects_that_belong_together, tables_of_incidents_hold_all_of_them, nothing_of_an_incident_leaks,
            judgements_are_notes_and_hardly_ever_attributions, judgements_of_groups_tell_no_secret, judgements_go_with_the_claims_they_may_rest_on,
            secrets_of_a_whole_case_do_not_leak, clues_that_may_not_be_told_take_their_acts_along, cases_without_incidents,
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
