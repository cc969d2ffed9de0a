#!/usr/bin/env python3
"""test_assessment_case: what of an incident is evidence, out of cases that hunts have written and that strangers have; and that a hunt judges its incidents. Groups,
indicators, rules and logs are made up but for the published relay addresses, which are skipped where they are absent."""

import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile

SOURCE = pathlib.Path(os.environ["LONGWATCH_SOURCE"])
BINARY = os.environ["LONGWATCH_BINARY"]
PRINT = str(pathlib.Path(os.environ["LONGWATCH_BUILD"]) / "tests/evidence_print")
RELAYS = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared")) / "data/intel/apt31-anssi-CERTFR-2021-IOC-003.csv"
(TECHNIQUE, TOOL, MALWARE, CODE, NAME, RELAY, ADDRESS, HOSTED, DOMAIN, IDENTIFIER, MAIL, VICTIM, HOURS) = range(13)
BENIGN, SEVERAL, SUPPLIER, FALSE_FLAG = range(4)
KEEPER = "Client=REST;Client=MailKeeper;;"

RULES = """
title: A keeper reads mail
id: 6d1c7c3e-1111-4a53-9d51-6d5f2d3b1a01
status: test
level: high
tags: [attack.collection, attack.t1114.002, attack.s0901, attack.g0901]
logsource: {product: m365}
detection:
  selection: {ClientInfoString|contains: MailKeeper}
  condition: selection
---
title: A rule that forwards
id: 6d1c7c3e-2222-4a53-9d51-6d5f2d3b1a02
status: test
level: low
tags: [attack.t1020, attack.t1074.001, attack.s0902]
logsource: {product: m365}
detection:
  selection: {Operation: New-InboxRule}
  condition: selection
"""


# ---- made up ----


def profiles(folder):
    """Two groups, in the layout that attribution is measured on."""
    to = folder / "profiles"
    to.mkdir(exist_ok=True)
    group = {"G0901": {"name": "Paper Heron", "n": {"T1114.002": 2, "T1564.008": 1, "S0901": 2}}, "G0902": {"name": "Salt Otter", "n": {"T1059": 1, "S0903": 1}}}
    made = {
        "profiles-by-release.json": {"R1": {"released": "2020-06-01", "groups": group}, "R2": {"released": "2022-06-01", "groups": group}},
        "groups.json": [{"id": "G0901", "nation": "AA", "rows": [{"t": "S0901", "s": [0, 1]}, {"t": "T1114.002", "s": [0, 1]}]}, {"id": "G0902", "nation": None, "rows": []}],
        "sources.json": [{"date": "2019-05-05"}, {"date": "2020-01-01"}],
        "software.json": {"S0901": {"type": "malware", "name": "Keeper"}, "S0902": {"type": "tool", "name": "Forwarder"}, "S0903": {"type": "malware", "name": "Salt"}},
    }
    for name, content in made.items():
        (to / name).write_text(json.dumps(content))
    return to


def event(out, day, operation, client, address, session, **more):
    base = {"CreationTime": f"{2020 + day // 360}-{day % 360 // 30 + 1:02}-{day % 30 % 28 + 1:02}T08:{day % 60:02}:00", "Id": f"{client}{day}{operation}",
            "Operation": operation, "RecordType": 50, "ResultStatus": "Succeeded", "Workload": "Exchange", "UserId": "jo@chamber.example",
            "ClientIPAddress": address, "ClientInfoString": client, "MailboxOwnerUPN": "jo@chamber.example", "SessionId": session}  # fmt: skip
    out.write(json.dumps(base | more) + "\n")


def logs(folder, address_of):
    """A mailbox that is read for a year by a client from ever other networks, which makes a rule as well."""
    to = folder / "evidence"
    to.mkdir()
    bind = {"OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}], "Folders": [{"FolderItems": [{"InternetMessageId": "<1@x>"}]}]}
    rule = {"Parameters": [{"Name": "Name", "Value": "."}, {"Name": "ForwardTo", "Value": "x@elsewhere.example"}, {"Name": "DeleteMessage", "Value": "True"}]}
    with (to / "audit.jsonl").open("w") as out:
        for day in range(0, 700, 2):
            event(out, day, "MailItemsAccessed", "Client=OWA;Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0", "198.51.100.7", f"a{day // 9}", **bind)
            if day > 300:
                event(out, day, "MailItemsAccessed", KEEPER, address_of(day), f"s{day}", **bind)
                if day in (400, 402):
                    event(out, day, "New-InboxRule", KEEPER, address_of(day), f"s{day}", **rule)
    return to


def away(day):
    return f"198.18.{day % 251}.{day % 89 + 1}"


def claim(number, value, **more):
    """An indicator of STIX on an address, said by source and group."""
    return {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{number:08}-1111-4111-8111-111111111111", "created": "2021-11-01T00:00:00.000Z",
            "modified": "2021-11-01T00:00:00.000Z", "valid_from": "2021-01-01T00:00:00Z", "pattern_type": "stix", "pattern": f"[ipv4-addr:value = '{value}']"} | more  # fmt: skip


def bundle(path, *indicators, group="Paper Heron"):
    actor = {"type": "intrusion-set", "spec_version": "2.1", "id": "intrusion-set--00000001-1111-4111-8111-111111111111", "name": group,
             "created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z"}  # fmt: skip
    says = [{"type": "relationship", "spec_version": "2.1", "id": f"relationship--{n:08}-2222-4111-8111-111111111111", "relationship_type": "indicates",
             "created": "2021-11-01T00:00:00.000Z", "modified": "2021-11-01T00:00:00.000Z", "source_ref": i["id"], "target_ref": actor["id"]}
            for n, i in enumerate(indicators)]  # fmt: skip
    path.write_text(json.dumps({"type": "bundle", "id": "bundle--00000000-1111-4111-8111-111111111111", "objects": [actor, *indicators, *says]}))
    return path


# ---- running ----


def hunt(folder, evidence, *options, status=1, case="case"):
    """With a rule that finds nothing, where no other is given."""
    asks = () if {"--rules", "--intel"} & set(map(str, options)) else ("--rules", SOURCE / "data/rules/log_cleared.yml")
    done = subprocess.run([BINARY, "hunt", str(evidence), "-o", str(folder / case), "--force", *map(str, (*options, *asks))], capture_output=True, text=True, check=False)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return folder / case, done


def attribute(*options, status=0):
    done = subprocess.run([BINARY, "attribute", *map(str, options)], capture_output=True, text=True, check=False)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def printed(case, incident=1, *more):
    return subprocess.run([PRINT, str(case), str(incident), *map(str, more)], capture_output=True, text=True, check=False)


def evidence(case, incident=1, *more):
    done = printed(case, incident, *more)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return ([line for line in lines if line["line"] == kind] for kind in ("item", "gap", "sign"))


def of_class(items, kind):
    return {item["value"]: item for item in items if item["class"] == kind}


def ask(case, query):
    db = sqlite3.connect(case / "case.db")
    rows = db.execute(query).fetchall()
    db.close()
    return rows


def change(case, *statements):
    db = sqlite3.connect(case / "case.db")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


# ---- what is evidence ----


def facts_of_acts(folder):
    """Each technique once, with the first of its acts: computed from the case."""
    case, _ = hunt(folder, logs(folder, away))
    items, gaps, signs = evidence(case)
    acts = ask(case, "SELECT technique, min(time), max(coalesce(last, time)), sum(events), min(position) FROM incident_event WHERE incident = 1 AND technique <> '' GROUP BY technique")
    assert acts
    told = of_class(items, TECHNIQUE)
    for technique, first, last, events, position in acts:
        item = told[technique]
        assert (item["first"], item["last"], item["count"], item["place"]) == (first, last, events, f"1.{position}"), (item, first, last, events)
        (place,) = ask(case, f"SELECT evidence_path, evidence_sha256, record FROM incident_event WHERE incident = 1 AND position = {position}")
        assert (item["path"], item["sha256"], item["record"]) == place
        assert item["reliability"] == "A" and item["credibility"] == 1 and not item["links"] and not item["given"]
    clues = {row[0] for row in ask(case, "SELECT technique FROM clue WHERE technique LIKE 'T%'")}
    assert set(told) == {row[0] for row in acts} | clues, (set(told), clues)
    shown = subprocess.run([BINARY, "show", str(case), told["T1114.002"]["place"]], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr

    # What is the intruder's own, and nobody speaks of: some by name, the others by number; the account's usual address is none of it.
    own = {row[0] for row in ask(case, "SELECT name FROM incident_entity WHERE incident = 1 AND type = 'address' AND role = 'own' AND shared = 0")}
    addresses = of_class(items, ADDRESS)
    named = own & set(addresses)
    assert len(own) > 8 and len(named) == 8 and set(addresses) - own == {f"{len(own) - 8} more addresses"}, addresses.keys()
    assert "198.51.100.7" not in addresses and not any(item["links"] for item in addresses.values())
    assert {address: item["count"] for address, item in addresses.items() if address in own} == dict(
        row for row in ask(case, "SELECT name, events FROM incident_entity WHERE incident = 1 AND type = 'address'") if row[0] in named)

    what = " | ".join(gap["what"] for gap in gaps)
    for told in ("how they came in was not seen", "YARA", "no indicators were looked for", "which connections"):
        assert told in what, (told, what)
    assert "mailbox" not in what, "the log that is there is no gap"
    assert all(gap["collect"] for gap in gaps if "not read" in gap["what"])
    benign = [sign for sign in signs if sign["other"] == BENIGN]
    ((score,),) = ask(case, "SELECT score FROM incident")
    assert f"{score:.1f} bans" in benign[0]["words"], benign[0]
    why = dict(ask(case, "SELECT id, why FROM behaviour_method"))
    ((first,),) = ask(case, "SELECT c.id FROM incident_clue i JOIN clue c ON c.number = i.clue WHERE i.position = 1")
    assert any(why[first][:200] in sign["words"] for sign in benign), (why[first], benign)


def hours(folder):
    """All of it is between 08:00 and 09:00: every second day, which is no even distance of a program only because the months make it uneven."""
    case, _ = hunt(folder, logs(folder, away))
    items, _, _ = evidence(case)
    told = of_class(items, HOURS)
    # 24 windows of nine hours hold 08:00; the first of them that does is told.
    assert list(told) in ([], ["00-09 UTC"]), told
    change(case, "UPDATE incident_event SET time = replace(time, 'T08:', 'T' || printf('%02d', 6 + position % 7) || ':')")
    items, _, _ = evidence(case)
    told = of_class(items, HOURS)
    ((window, item),) = told.items()
    assert window == "04-13 UTC", window
    rows = ask(case, "SELECT time FROM incident_event WHERE incident = 1")
    assert re.search(r"(\d+) of \1 stints by hand, on (\d+) days", item["words"]), item["words"]
    assert item["count"] <= len(rows) and not item["links"] and item["class"] == HOURS
    # Ten days are needed, and forty acts; and what comes by the clock is a program's.
    change(case, "UPDATE incident_event SET time = '2021-03-0' || (1 + position % 9) || substr(time, 11)")
    assert not of_class(next(evidence(case)), HOURS)
    change(case, "UPDATE incident_event SET time = strftime('%Y-%m-%dT%H:%M:%SZ', '2021-01-01', '+' || position || ' days', '+' || (position * 3600) || ' seconds'), account = '', target = '', address = '', object = ''")
    assert not of_class(next(evidence(case)), HOURS)


def rules(folder):
    """Tags of the rules that found something in its acts: techniques, software of a grave rule, groups a rule is written about."""
    (folder / "rules.yml").write_text(RULES)
    case, _ = hunt(folder, logs(folder, away), "--rules", folder / "rules.yml")
    given = profiles(folder)
    items, _, _ = evidence(case, 1, given)
    ((forwards, first, last),) = ask(case, "SELECT count(*), min(time), max(time) FROM findings WHERE rule_title = 'A rule that forwards'")
    assert not ask(case, "SELECT 1 FROM incident_event WHERE technique = 'T1074.001' UNION SELECT 1 FROM clue WHERE technique = 'T1074.001'")
    item = of_class(items, TECHNIQUE)["T1074.001"]  # of the rule alone
    assert (item["count"], item["first"], item["last"], forwards) == (forwards, first, last, 2), item
    ((reads,),) = ask(case, "SELECT sum(events) FROM incident_event WHERE incident = 1 AND technique = 'T1114.002'")
    assert of_class(items, TECHNIQUE)["T1114.002"]["count"] == reads, "acts are counted, and not what a rule found in them as well"
    malware = of_class(items, MALWARE)
    assert list(malware) == ["Keeper"] and malware["Keeper"]["token"] and malware["Keeper"]["credibility"] == 3, malware
    names = of_class(items, NAME)
    # The other rule is a low one: that it was true tells no software.
    assert names["Forwarder"]["token"] == 0 and not of_class(items, TOOL), names
    ((link),) = names["A keeper reads mail"]["links"]
    assert (link["group"], link["source"], link["reliability"]) == ("G0901", "A keeper reads mail", "F"), link
    ((findings,),) = ask(case, "SELECT count(DISTINCT f.number) FROM findings f JOIN incident_event v ON v.incident = 1 AND v.evidence_path = f.evidence_path AND v.offset = f.offset WHERE f.rule_title = 'A keeper reads mail'")
    assert names["A keeper reads mail"]["count"] == findings > 0
    # With the index that a hunt makes which judges, or by going through all findings: the same.
    before = printed(case, 1, given).stdout
    change(case, "CREATE INDEX findings_place ON findings (evidence_path, offset)")
    assert printed(case, 1, given).stdout == before
    # Nobody's number without profiles.
    assert "S0901" in of_class(next(evidence(case)), MALWARE)


def claims(folder):
    """Who says what of an address: one link a claim and group; copies are marked, what is revoked, on a warninglist or not for detection links to nobody."""
    seen = [away(day) for day in (302, 304, 306, 308, 310, 312)]
    one = bundle(folder / "one.json", claim(1, seen[0], valid_until="2021-12-01T00:00:00Z", confidence=85), claim(2, seen[1], revoked=True), claim(3, seen[2]), claim(4, seen[3], confidence=10))
    # The same object once more is the same witness.
    two = bundle(folder / "two.json", claim(1, seen[0], confidence=30), claim(5, "203.0.113.250"), group="Salt Otter")
    lists = folder / "warninglists"
    lists.mkdir()
    (lists / "list.json").write_text(json.dumps({"name": "Resolvers that everybody uses", "version": 1, "type": "string", "description": "", "matching_attributes": ["ip-src"], "list": [seen[2]]}))
    case, _ = hunt(folder, logs(folder, away), "--intel", one, "--intel", two, "--intel", lists)
    items, gaps, signs = evidence(case)
    addresses = of_class(items, ADDRESS)
    links = addresses[seen[0]]["links"]
    assert {(link["group"], link["source"], link["credibility"]) for link in links} == {("Paper Heron", "one.json", 1), ("Salt Otter", "two.json", 4)}, links
    assert sorted(link["copied"] for link in links) == [0, 1], "of one object the second is a copy"
    assert {(link["said"], link["from"], link["reliability"]) for link in links} == {("2021-11-01T00:00:00Z", "2021-01-01T00:00:00Z", "F")}, links
    assert {link["until"] for link in links} == {"2021-12-01T00:00:00Z", ""}
    assert not addresses.get(seen[1], {"links": []})["links"], "revoked"
    assert seen[2] not in addresses and not any(seen[2] in json.dumps(item) for item in items if item["class"] != ADDRESS), "serves everybody"
    ((link,),) = [addresses[seen[3]]["links"]]
    assert link["credibility"] == 5, "a confidence of 10"
    assert "203.0.113.250" not in addresses, "was not seen"
    when = ask(case, f"SELECT min(time), max(time) FROM incident_event WHERE incident = 1 AND address = '{seen[0]}'")[0]
    assert (addresses[seen[0]]["first"], addresses[seen[0]]["last"]) == when
    assert not any("indicators" in gap["what"] for gap in gaps)
    assert any(sign["other"] == SUPPLIER and sign["against"] for sign in signs), "none of them is known as a relay"


def files(folder):
    """A YARA finding is the incident's where something that is the intruder's own is called so; elsewhere it is told, and weighs nothing."""
    case, _ = hunt(folder, logs(folder, away))
    change(
        case,
        "CREATE TABLE yara_finding (number INTEGER PRIMARY KEY, rule TEXT NOT NULL, level TEXT NOT NULL, rules_path TEXT NOT NULL, rules_line INTEGER NOT NULL, description TEXT NOT NULL,"
        " malware TEXT NOT NULL, of_group TEXT NOT NULL, evidence_path TEXT NOT NULL, evidence_sha256 TEXT NOT NULL, attachment INTEGER NOT NULL, name TEXT NOT NULL, record INTEGER NOT NULL,"
        " offset INTEGER NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, json TEXT NOT NULL) STRICT",
        "INSERT INTO incident_entity VALUES (1, 99999, 'page', 'own', 'www.chamber.example /img/thumb77.aspx', '', 0, NULL, NULL, 3)",
        "INSERT INTO yara_finding VALUES (1, 'HeronShell', 'high', 'r.yar', 1, '', 'Keeper', 'Paper Heron', 'disk/inetpub/IMG/Thumb77.aspx', 'aa', 0, '', 0, 0, 9, 'bb', '{}')",
        "INSERT INTO yara_finding VALUES (2, 'OtterTool', 'high', 'r.yar', 9, '', 'Salt', '', 'disk/temp/other.exe', 'cc', 0, '', 0, 0, 9, 'dd', '{}')",
    )
    items, gaps, _ = evidence(case, 1, profiles(folder))
    malware = of_class(items, MALWARE)
    assert list(malware) == ["Keeper"] and malware["Keeper"]["token"], malware
    assert [(link["group"], link["source"]) for link in malware["Keeper"]["links"]] == [("Paper Heron", "HeronShell")]
    (apart,) = [gap["what"] for gap in gaps if "not tied to this incident" in gap["what"]]
    assert apart.startswith("1 finding of YARA rules") and "Salt in disk/temp/other.exe" in apart, apart


def campaigns(folder):
    """The craft of a campaign that is a clue, out of the reasons that made it one; of an exercise."""
    subprocess.run([BINARY, "exercise", "--seed", "7", "--years", "1", "--accounts", "25", "-o", str(folder / "drill")], check=True, capture_output=True)
    case, _ = hunt(folder, folder / "drill/evidence")
    ((incident, campaign),) = ask(case, "SELECT i.incident, c.of_number FROM clue c JOIN incident_clue i ON i.clue = c.number WHERE c.type = 'campaign'")
    ((messages, recipients, subject),) = ask(case, f"SELECT messages, recipients, subject FROM mail_campaign WHERE number = {campaign}")
    items, _, _ = evidence(case, incident)
    ((value, item),) = of_class(items, MAIL).items()
    assert item["words"].startswith(f'{messages} mails to {recipients} recipients, "{subject}": ') and item["count"] == messages, item
    reasons = {row[0] for row in ask(case, f"SELECT what FROM mail_reason WHERE campaign = {campaign}")}
    for reason, craft in (("unique tokens", "an address of its own"), ("unseen beacon", "unseen"), ("several accounts", "several sending accounts"), ("look-alike domain", "looks like another")):
        assert (reason in reasons) == (craft in value), (reason, value, reasons)
    assert not item["links"] and item["place"].startswith(f"{incident}.") and "T1598.003" in of_class(items, TECHNIQUE)
    others = [number for (number,) in ask(case, "SELECT number FROM incident") if number != incident]
    assert others and not any(of_class(next(evidence(case, number)), MAIL) for number in others)


def pieces(folder):
    """What is the intruder's own and joined by nothing is said to be in pieces; a client on several accounts joins them."""
    case, _ = hunt(folder, logs(folder, away))

    def words(*statements):
        change(case, "DELETE FROM incident_entity", "DELETE FROM incident_link", *(f"INSERT INTO incident_entity VALUES (1, {n}, '{kind}', '{role}', '{name}', '', {shared}, NULL, NULL, 1)"
               for n, (kind, role, name, shared) in enumerate(statements[0], 1)), *(f"INSERT INTO incident_link VALUES (1, {n}, {a}, {b}, 'signs in as', 1, NULL, NULL)" for n, (a, b) in enumerate(statements[1], 1)))  # fmt: skip
        _, _, signs = evidence(case)
        told = [sign for sign in signs if sign["other"] == SEVERAL and ("pieces" in sign["words"] or "hang together" in sign["words"])]
        return (told[0]["words"], told[0]["against"]) if told else None

    two = [("address", "own", "198.18.0.1", 0), ("address", "own", "198.18.0.2", 0), ("account", "reached", "jo", 0), ("account", "reached", "al", 0)]
    apart, against = words(two, [(1, 3), (2, 4)])
    assert "in 2 pieces" in apart and "198.18.0.1; 198.18.0.2" in apart and not against
    assert words(two, [(1, 3), (2, 4), (2, 3)]) == ("all 2 things that are the intruder's own hang together by accounts and hosts that they share", 1)
    client = [("client", "own", "MailKeeper as jo", 0), ("client", "own", "MailKeeper as al", 0)]
    assert "all 4 things" in words(two + client, [(1, 3), (2, 4)])[0]
    many = [*two, ("host", "reached", "dc01", 1)]
    assert "in 2 pieces" in words(many, [(1, 3), (2, 4), (3, 5), (4, 5)])[0], "what many share joins nothing"
    assert words(two[:1], []) is None


# ---- a case that was made to harm ----


def strangers(folder):
    case, _ = hunt(folder, logs(folder, away))
    whole = folder / "whole"
    shutil.copytree(case, whole)
    for what, statements, words in (
        ("no table", ["DROP TABLE incident_link"], "it has no incidents"),
        ("a view in its place", ["ALTER TABLE incident_event RENAME TO x", "CREATE VIEW incident_event AS SELECT * FROM x"], "it has no incidents"),
        ("older", ["PRAGMA user_version = 4"], "older Longwatch"),
        ("newer", ["PRAGMA user_version = 7"], "not written by this version"),
        ("JSON that is none", ["UPDATE findings SET json = '{', rule_id = 'indicator-address'",
                               "INSERT INTO findings SELECT 900001, 'indicator-address', 't', 'low', time, time_ns, '', '', '', '', '', evidence_path, evidence_sha256, record, offset, 0, '{' FROM incident_event WHERE incident = 1 LIMIT 1"], "malformed JSON"),
    ):  # fmt: skip
        shutil.rmtree(case)
        shutil.copytree(whole, case)
        change(case, *statements)
        done = printed(case)
        assert done.returncode == 1 and words in done.stderr, (what, done.stderr)
    shutil.rmtree(case)
    shutil.copytree(whole, case)
    assert "has no incident 7" in printed(case, 7).stderr and "is no case" in printed(folder, 1).stderr
    change(case, "PRAGMA user_version = 5", "DROP TABLE assessment")
    assert next(evidence(case)), "a case of before can be judged"

    # Numbers that lead nowhere, texts of any bytes and sizes, clues and entities of nothing.
    evil = "x" * 5000 + "\\x00\\n<script>"
    change(
        case,
        f"UPDATE incident_event SET what = '{evil}', technique = 'T9999.999', clue = -5, time = 'never', events = 9223372036854775807",
        f"UPDATE incident_entity SET name = CAST(x'fffe00' AS TEXT) || '{evil}'",
        "UPDATE incident_link SET from_entity = 900000, to_entity = -3",
        "UPDATE clue SET among = 9223372036854775807, alike = -1, weight = 1e300, type = 'campaign', of_number = -9",
        "UPDATE incident SET first = 'x', last = NULL, score = -1e308",
        "UPDATE coverage SET log = '', first = 'x'",
        "INSERT INTO findings SELECT 900001, 'indicator-address', 't', 'low', time, NULL, '', '', '', '', '', evidence_path, evidence_sha256, record, offset, 0,"
        " '{\"indicator\": {\"type\": 7, \"value\": [], \"class\": \"address\", \"claims\": {\"a\": 1}, \"malware\": \"x\", \"claim_count\": -4}}' FROM incident_event WHERE incident = 1 LIMIT 1",
        "INSERT INTO findings SELECT 900002, 'indicator-x', 't', 'low', time, NULL, '', '', '', '', '', evidence_path, evidence_sha256, record, offset, 0,"
        " '{\"indicator\": {\"type\": \"md5\", \"value\": \"ff\", \"class\": \"malware by its code\", \"claims\": [3, {\"groups\": [1, \"G\"], \"source\": 4, \"witness\": 999999, \"confidence\": 1e9}], \"claim_count\": 9}}' FROM incident_event WHERE incident = 1 LIMIT 1",
    )  # fmt: skip
    items, gaps, _ = evidence(case, 1, profiles(folder))
    assert all(len(item["value"]) <= 1100 and len(item["words"]) <= 2100 for item in items)
    assert of_class(items, MALWARE)["ff"]["links"][0]["group"] == "G"
    assert any("7 more claims" in gap["what"] for gap in gaps), gaps


def many(folder):
    """More than is weighed: the bound holds, and says so."""
    case, _ = hunt(folder, logs(folder, away))
    change(
        case,
        "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 5000)"
        " INSERT INTO findings SELECT 1000000 + n.value, 'indicator-address', 't', 'low', NULL, NULL, '', '', '', '', '', v.evidence_path, v.evidence_sha256, v.record, v.offset, 0,"
        " json_object('indicator', json_object('type', 'domain', 'value', 'd' || n.value || '.example', 'class', 'the operation''s own domain', 'claims', json_array(), 'claim_count', 0))"
        " FROM n, (SELECT * FROM incident_event WHERE incident = 1 LIMIT 1) v",
    )
    items, gaps, _ = evidence(case)
    assert len(list(items)) == 4096
    assert re.match(r"\d+ more things were seen than the 4096 that are weighed", gaps[0]["what"]), gaps[0]


# ---- a hunt judges ----


def judged_in_the_hunt(folder):
    given, log = profiles(folder), logs(folder, away)
    case, done = hunt(folder, log, "--profiles", given)
    ((number, text),) = ask(case, "SELECT incident, json FROM assessment")
    assert number == 1 and json.loads(text)
    assert "insufficient to name" in done.stdout, done.stdout
    # The same again from the case; by any number of processes.
    again = attribute(case, "--profiles", given, "--json")
    assert json.loads(again.stdout) == json.loads(text)
    one, _ = hunt(folder, log, "--profiles", given, "--threads", "1", case="one")
    assert ask(one, "SELECT json FROM assessment") == [(text,)]
    assert "verify" and subprocess.run([BINARY, "verify", str(case)], capture_output=True, check=False, cwd=folder).returncode == 0
    assert ask(case, "PRAGMA user_version") == [(6,)]

    # Without profiles it says so; without incidents there is nothing to say.
    case, done = hunt(folder, log)
    assert ask(case, "SELECT incident, json FROM assessment") == [(0, '{"not_judged":"no profiles of groups were given"}')]
    assert "name" not in done.stdout.split("INCIDENTS")[1]
    quiet = folder / "quiet"
    quiet.mkdir()
    (quiet / "audit.jsonl").write_text("".join((log / "audit.jsonl").read_text().splitlines(True)[:20]))
    case, _ = hunt(folder, quiet, "--profiles", given, status=0)
    assert ask(case, "SELECT count(*) FROM assessment") == [(0,)]
    assert not ask(case, "SELECT name FROM sqlite_schema WHERE name = 'findings_place'"), "nothing is done for no incident"

    # What is wrong with profiles is said, and the case is whole.
    broken = folder / "broken"
    shutil.copytree(given, broken)
    (broken / "groups.json").write_text("{")
    case, done = hunt(folder, log, "--profiles", broken)
    ((number, text),) = ask(case, "SELECT incident, json FROM assessment")
    assert number == 0 and "groups.json" in json.loads(text)["not_judged"] and "NOT JUDGED" in done.stdout, (text, done.stdout)
    assert subprocess.run([BINARY, "verify", str(case)], capture_output=True, check=False).returncode == 0

    # What an analyst knows is weighed; what he wrote wrongly is told before anything is read.
    (folder / "known.yml").write_text("victim: {country: NZ, sector: government}\nsoftware: [Keeper]\n")
    case, _ = hunt(folder, log, "--profiles", given, "--observed", folder / "known.yml")
    ((text,),) = ask(case, "SELECT json FROM assessment")
    assert "Keeper" in text and text != again.stdout
    (folder / "known.yml").write_text("victim: {country: NZ}\ntechnique: [T1]\n")
    _, done = hunt(folder, log, "--profiles", given, "--observed", folder / "known.yml", status=2, case="none")
    assert "known.yml: line 2: `technique`" in done.stderr and not (folder / "none").exists(), done.stderr
    for options in (("--profiles", given), ("--observed", given)):
        done = subprocess.run([BINARY, "hunt", str(log), *map(str, options)], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and "are of --output" in done.stderr, done.stderr


def judged_again(folder):
    given, log = profiles(folder), logs(folder, away)
    case, _ = hunt(folder, log)
    text = attribute(case, "1", "--profiles", given).stdout
    assert "insufficient to name" in text and "Paper Heron" in text
    assert json.loads(attribute(case, "--profiles", given, "--as-of", "2021-01-01", "--json").stdout)
    for options, words, status in (
        ((case, "7", "--profiles", given), "has no incident 7", 2),
        ((case, "--profiles", given, "--as-of", "2001-01-01"), "no release of the profiles is so old", 2),
        ((folder, "--profiles", given), "is no case", 2),
        ((case, "--profiles", folder / "absent"), "is not there", 2),
        ((case, "--evaluate", given), "goes alone", 2),
        (("--profiles", given), "which case, which list", 2),
    ):
        done = attribute(*options, status=status)
        assert words in done.stderr, (options, done.stderr)
    home = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")}
    done = subprocess.run([BINARY, "attribute", str(case)], capture_output=True, text=True, check=False, env=home)
    assert done.returncode == 2 and "which profiles of groups?" in done.stderr, done.stderr
    change(case, "DELETE FROM incident")
    assert "there is nobody to be judged" in attribute(case, "--profiles", given, status=2).stderr


def relays(folder):
    """The 161 published exits of a relay network alone, however many of them are seen, name nobody."""
    if not RELAYS.exists() or not (RELAYS.parent.parent / "attribution").exists():
        print("skipped: the relay addresses of CERTFR-2021-IOC-003, or profiles of groups, are not there")
        return
    published = sorted(set(re.findall(r",Bonne,,(\d+\.\d+\.\d+\.\d+),", RELAYS.read_text())))
    assert len(published) > 150
    given = RELAYS.parent.parent / "attribution"
    case, done = hunt(folder, logs(folder, lambda day: published[day % len(published)]), "--intel", RELAYS, "--profiles", given)
    items, _, signs = evidence(case, 1, given)
    told = [item for item in items if item["links"]]
    assert len(told) > 100, len(told)
    # The list itself does not say that they are relays: it gives addresses. Either way each is of its class, and APT31's by one source.
    assert {item["class"] for item in told} <= {RELAY, ADDRESS} and {link["group"] for item in told for link in item["links"]} == {"APT31"}
    assert {item["value"] for item in told} <= set(published)
    assert "insufficient to name" in done.stdout and "APT31" not in done.stdout.split("INCIDENTS")[1], done.stdout[-800:]
    # And without what was done with them: the addresses alone.
    change(case, "UPDATE incident_event SET technique = ''", "UPDATE clue SET technique = ''")
    assert not of_class(next(evidence(case, 1, given)), TECHNIQUE)
    text = attribute(case, "--profiles", given).stdout
    assert "insufficient to name a group" in text.split("\n\n")[0].replace("\n  ", " "), text[:400]
    assert "consistent with the public attribution" not in text


def two_statements_of_one_day(folder):
    """On 25 March 2024 one victim was said to be APT31's, another a state-affiliated actor's: the second is quoted about its victim, and names nobody."""
    given = profiles(folder)
    (folder / "known.yml").write_text(
        "incident: {first: 2021-08-01, last: 2022-10-01}\ntechniques: [T1190, T1505.003]\nvictim: {country: GB, sector: government}\n"
        "statements: {by: UK NCSC, on: 2024-03-25, about: the Electoral Commission, quote: a China state-affiliated actor, grade: A1}\n")  # fmt: skip
    text = attribute("--observed", folder / "known.yml", "--profiles", given).stdout
    assert "insufficient to name" in text.split("\n\n")[0].replace("\n  ", " ") and "APT31" not in text, text
    assert "UK NCSC on the Electoral Commission" in text and "a China state-affiliated actor" in text, text
    told = json.loads(attribute("--observed", folder / "known.yml", "--profiles", given, "--json").stdout)
    without = (folder / "known.yml").read_text().split("statements")[0]
    (folder / "known.yml").write_text(without)
    before = json.loads(attribute("--observed", folder / "known.yml", "--profiles", given, "--json").stdout)
    assert posteriors(told) == posteriors(before) and posteriors(told), "a statement that names nobody speaks for nobody"


def of_several_incidents(folder):
    """A forensic link and a statement are of one incident: where several are there and none is named, they name the intruder of none."""
    given = profiles(folder)
    (folder / "known.yml").write_text(
        "grade: A1\nvictim: {country: NZ, sector: government}\nstatements: {by: X, on: 2020-05-01, group: Salt Otter, about: these mailboxes, grade: A1}\n"
        "links: {to: the same key, group: Salt Otter, source: a partner, confidence: high, grade: A1}\n")  # fmt: skip
    case, _ = hunt(folder, logs(folder, away))

    def judged(*options):
        done = attribute(case, *options, "--profiles", given, "--observed", folder / "known.yml", "--json")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def classes(tree):
        return {i["class"] for i in tree["evidence"]["items"] if i["given"]}

    (alone,) = judged()
    assert classes(alone) == {"victim", "statement", "forensic"} and alone["now"]["groups"][0]["name"] == "Salt Otter"
    change(case, "CREATE TABLE again AS SELECT * FROM incident", "UPDATE again SET number = 2", "INSERT INTO incident SELECT * FROM again", "DROP TABLE again")
    both = judged()
    assert len(both) == 2
    for tree in both:
        assert classes(tree) == {"victim"} and tree["now"]["groups"][0]["name"] != "Salt Otter", tree["now"]["groups"][0]
        assert any("one of several incidents" in gap["what"] for gap in tree["evidence"]["gaps"])
    (first,) = judged("1")
    assert classes(first) == {"victim", "statement", "forensic"} and not any("one of several" in gap["what"] for gap in first["evidence"]["gaps"])


def posteriors(tree):
    """Every probability of a group, wherever it stands."""
    found = []
    if isinstance(tree, dict):
        found += [(tree.get("name"), tree["posterior"])] if "posterior" in tree and "name" in tree else []
        for value in tree.values():
            found += posteriors(value)
    elif isinstance(tree, list):
        for value in tree:
            found += posteriors(value)
    return found


def main():
    for test in (facts_of_acts, hours, rules, claims, files, campaigns, pieces, strangers, many, judged_in_the_hunt, judged_again, relays, two_statements_of_one_day, of_several_incidents):
        with tempfile.TemporaryDirectory() as name:
            test(pathlib.Path(name))
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
