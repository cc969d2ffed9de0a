#!/usr/bin/env python3
"""test_dossier: the page of a case: sound, closed, bounded, true to its case, and the same whenever it is made."""

import html
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import dossier_page
import made

MADE_CASE = pathlib.Path(os.environ.get("LONGWATCH_BUILD", made.SOURCE / "build")) / "tests/made_case"
BYTES_MAX = 16 << 20  # what any browser opens at once


# Words of ours in a case: another one in their place is no case of ours.
WORDS = (("incident", "level"), ("clue", "level"), ("clue", "type"), ("incident_entity", "type"), ("incident_reach", "type"), ("door", "kind"), ("door", "state"))


def made_case(folder, *words):
    done = subprocess.run([MADE_CASE, folder / "case", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "case"


def sql(case, *statements):
    database = sqlite3.connect(case / "case.db")
    database.execute("PRAGMA synchronous = OFF")
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


def rows(case, query):
    database = sqlite3.connect(case / "case.db")
    found = database.execute(query).fetchall()
    database.close()
    return found


def again(case, *words, status=0):
    """The page, made again out of the case."""
    page = case.parent / "again.html"
    page.unlink(missing_ok=True)
    done = made.run("dossier", case, "-o", page, *words, status=status)
    return (page, done) if status == 0 else (None, done)


# ---- what it is ----


def a_story_of_three_incidents(folder):
    case = made_case(folder)
    page = dossier_page.check(case / "dossier.html")
    answers = [re.sub(r"\s+", " ", text) for text in page.answers.values()]
    assert answers[0].startswith("Yes. 3 intrusions left traces"), answers[0]
    # 2019-03-04 less 19 days, and 1130 days more
    assert answers[1].startswith("From 2019-02-13 to 2022-04-07, 1,149 days"), answers[1]
    assert "2 mailboxes (1,013 messages read)" in answers[2] and "1 register (41,207 records at risk)" in answers[2], answers[2]
    assert "912.7 MB went out" in answers[2] and "1 person exposed" in answers[2], answers[2]
    # What says most stands first; a name that is no name is cut.
    assert answers[3].startswith("As far as logs can tell: Incident 3: consistent with the public attribution of </td></style><script>"), answers[3]
    assert "…, likely. Confidence is low. Incident 1: resembles what is published of APT31, unlikely. Confidence is low; and 1\xa0more." in answers[3].replace("1 more", "1\xa0more"), answers[3]
    assert answers[4].startswith("No sign of it. Of 6 doors") and "2 stand open, 2 were closed, and of 2 no log tells" in answers[4], answers[4]
    assert "1 intrusion goes on to the end of what was read" in answers[4], answers[4]
    # Rules whose log was not there are not rules that found nothing.
    assert "1 rule had no data" in page.text.replace("\xa0", " ") and "1 rule could not be loaded" in page.text.replace("\xa0", " ")
    assert "Look-ups of a name that nobody else looks up" in page.text
    assert "evidence/phone/pbx.bin" in page.text and "no reader knows this format" in page.text
    for name in ("lena.hoffmann@chamber.example", "203.0.113.66", "longwatch show CASE 1.1", "longwatch show CASE b1.1", "longwatch show CASE 77"):
        assert name in page.text, name


def the_same_bytes_whenever_it_is_made(folder):
    case = made_case(folder)
    first = (case / "dossier.html").read_bytes()
    for _ in range(2):
        assert again(case)[0].read_bytes() == first
    shutil.move(case, folder / "elsewhere")
    assert again(folder / "elsewhere")[0].read_bytes() == first


def every_act_that_is_told_names_its_record(folder):
    case = made_case(folder)
    text = (case / "dossier.html").read_text(encoding="utf-8")
    told = 0
    for incident, position, record, offset, sha256 in rows(case, "SELECT incident, position, record, offset, evidence_sha256 FROM incident_event"):
        row = re.search(rf'<tr role="row" id="i{incident}-e{position}">.*?</tr>', text)
        if not row:
            assert incident == 1, (incident, position)  # only the first has more than a hundred
            continue
        told += 1
        assert f"record&nbsp;{record} offset&nbsp;{offset}" in row.group() and (not sha256 or f"<code>{sha256[:12]}</code>" in row.group())
        assert f"longwatch show CASE {incident}.{position}<" in row.group()
        assert f'href="#i{incident}-c' in row.group()
    assert told == 100 + 57 + 3, told
    assert "320 acts between are in" in text


def hostile_texts_stay_texts(folder):
    case = made_case(folder)
    text = (case / "dossier.html").read_text(encoding="utf-8")
    assert text.count("<script>") == 1 and "<img" not in text and "alert(1)" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text and "gpj.exe" in text and "\ufffdgpj" in text
    sql(case, "DELETE FROM incident_event WHERE position > 4", "DELETE FROM behaviour_method WHERE rowid > 3")
    # Every column of text: all of a table at once, and where a word decides what is told of a row each alone.
    bad = "'</p></main><svg/onload=alert(9)>'||char(34)||char(8238)||char(27)"
    tables = [name for (name,) in rows(case, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
    columns = {table: [column for column, kind in rows(case, f"SELECT name, type FROM pragma_table_info('{table}')") if kind == "TEXT"] for table in tables}
    assert sum(map(len, columns.values())) > 180, columns
    tries = [(table, tuple(column for column in columns[table] if (table, column) not in WORDS)) for table in tables]
    tries += [(table, (column,)) for table in ("incident", "custody", "gaps", "rules", "mail_campaign", "incident_reach", "door") for column in columns[table] if (table, column) not in WORDS]
    tries += [(table, (column,)) for table, column in WORDS]
    stranger, page = folder / "stranger", folder / "stranger.html"
    stranger.mkdir()
    for table, some in tries:
        if not some:
            continue
        shutil.copy(case / "case.db", stranger)
        sql(stranger, f"UPDATE OR IGNORE {table} SET {', '.join(f'{column} = {bad}' for column in some)}")  # a key stays once
        done = subprocess.run([made.BINARY, "dossier", stranger, "-o", page], capture_output=True, text=True, check=False)
        if some[0:1] and (table, some[0]) in WORDS:  # a word of ours that is none
            assert done.returncode == 4 and "of which nothing is known" in done.stderr and "\u202e" not in done.stderr, (table, some, done.stderr)
            continue
        assert done.returncode == 0, (table, some, done.stderr)
        dossier_page.check(page)
        assert "onload=alert(9)>" not in page.read_text(encoding="utf-8"), (table, some)


# ---- what it says where there is nothing ----


def nothing_found_is_an_answer_with_its_coverage(folder):
    page = dossier_page.check(made_case(folder, 0, 0) / "dossier.html")
    answers = list(page.answers.values())
    assert answers[0].startswith("Nobody was seen.") and "what was looked at" in answers[0], answers[0]
    assert answers[1].startswith("No act was seen") and "2018-08-16" in answers[1], answers[1]
    assert answers[4].startswith("No intrusion was seen"), answers[4]


def a_hunt_that_judged_nothing_says_so(folder):
    case = made_case(folder, 9, 0)
    sql(case, "DELETE FROM behaviour_method")
    page = dossier_page.check(again(case)[0])
    answers = list(page.answers.values())
    assert answers[0].startswith("Not judged.") and "9\xa0findings" in answers[0], answers[0]
    assert "This hunt looked for no behaviours" in page.text


def words_follow_the_case(folder):
    case = made_case(folder)
    for change, question, begins in (
        ("UPDATE incident SET level = 'medium'", 0, "Probably. 3"),
        ("UPDATE incident SET level = 'low'", 0, "Perhaps. 3"),
        ("UPDATE incident SET state = 'quiet'", 4, "No sign of it. Of 6"),
        ("UPDATE door SET state = 'cannot tell' WHERE state = 'open'", 4, "That cannot be told. Of 6"),
        ("UPDATE door SET state = 'closed'", 4, "So far, yes. Of 6"),
        ("DELETE FROM door", 4, "That cannot be told. No door was seen"),
        ("UPDATE custody SET first = '2019-02-12' WHERE first < '2019-02-12'", 1, "From 2019-02-13"),
        ("DELETE FROM incident_reach", 2, "Not known."),
        ("UPDATE custody SET first = NULL, last = NULL", 1, "From 2019-02-13"),
    ):
        sql(case, change)
        page = dossier_page.check(again(case)[0])
        answer = list(page.answers.values())[question].replace("\xa0", " ")
        assert answer.startswith(begins), (change, answer)
        if "2019-02-12" in change:
            assert "so it may have begun before" in answer, answer
    assert "nothing that was read has a time" in answer, answer


def an_empty_case(folder):
    case = made_case(folder, 0, 0)
    for (table,) in rows(case, "SELECT name FROM sqlite_schema WHERE type = 'table'"):
        sql(case, f"DELETE FROM {table}")
    page = dossier_page.check(again(case)[0])
    assert "No log was read: nothing in this dossier is an answer." in page.text
    assert "Nothing that was read has a time." in page.text


# ---- bounds ----


def a_case_without_bounds_makes_a_page_with_bounds(folder):
    case = made_case(folder, 3000, 260)
    many = "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < {0})"
    sql(case,
        many.format(101000) + " INSERT INTO incident_event SELECT 1, i, '2020-01-01T00:00:00Z', i, NULL, 't', 'T', 'act', '', '', '', '', '', '', '', '', '', 1, 0, 0, 1, 'x', '', 1, 1 FROM n",
        many.format(9000) + " INSERT INTO incident_entity SELECT 1, i, 'host', 'reached', 'h' || i, '', 0, NULL, NULL, 1 FROM n",
        many.format(9000) + " INSERT INTO incident_reach SELECT 1, i, 'file', 'f' || i, '', NULL, NULL, 1, 0, 0, 'x', '', 1, 1 FROM n",
        many.format(9000) + " INSERT INTO custody SELECT 'p' || i, 's', 1, 'json', NULL, '', 1, 0, 0, 0, 0, 0, '2019-01-01', '2019-01-02', 0, 0, 0, 0, 0, 'UTC', 0, 0, 0, 0, 0, 0, 0 FROM n",
        many.format(9000) + " INSERT INTO coverage SELECT 'p' || i, 's', 'h' || i, 'l' || (i % 40), 1, '2019-01-01', '2019-01-02' FROM n",
        many.format(9000) + " INSERT INTO rules SELECT 'r.yml', i, 'r', 'rule ' || i, 'no data', '', 0 FROM n",
        many.format(9000) + " INSERT INTO damage SELECT 'd' || i, 1, 1, 'why' FROM n",
        many.format(9000) + " INSERT INTO gaps SELECT 'silence', 'h', 'l1', NULL, NULL, '2019-01-01', '2019-01-02', 1 FROM n",
        "UPDATE incident SET title = title || hex(zeroblob(100000))")  # fmt: skip
    page, _ = again(case)
    assert page.stat().st_size < BYTES_MAX, page.stat().st_size
    text = dossier_page.check(page).text.replace("\xa0", " ")
    # Of 8,009 entities sixty are told, of 8,260 files fifty (each incident from the third on has one), of 8,007 lines of the ledger 500, of 8,006 logs 150.
    for told in ("7,949 more in case.db, table incident_entity", "8,210 more in case.db, table incident_reach", "7,507 more in case.db, table custody",
                 "7,856 more in case.db, table coverage", "60 more in case.db, table incident."):  # fmt: skip
        assert told in text, told
    assert f"{420 + 100001 - 100} acts between" in text, re.search(r"\d+ acts between", text)


def old_and_foreign_cases(folder):
    case = made_case(folder)
    before = again(case)[0].read_bytes()
    for change, words, status in (
        ("PRAGMA user_version = 4", "was written by an older Longwatch, without incidents: hunt again", 2),
        ("PRAGMA user_version = 7", "was not written by this version", 2),
        ("PRAGMA user_version = 5", None, 0),
        ("DROP TABLE incident_phase", "it has no", 4),
    ):
        sql(case, change)
        _, done = again(case, status=status)
        assert words is None or words in done.stderr, (change, done.stderr)
    assert not (folder / "again.html").exists() and before
    _, done = again(folder / "absent", status=2)
    assert "is not there" in done.stderr
    (folder / "empty").mkdir()
    assert "is no case" in again(folder / "empty", status=2)[1].stderr


def nothing_but_its_own_lies_in_a_case(folder):
    case = made_case(folder)
    for name in ("other.html", "dossier.html"):
        done = made.run("dossier", case, "-o", case / name, status=2)
        assert "lies in the case" in done.stderr


# ---- as one of the files of a case ----


def the_case_knows_it(folder):
    case = made.case(folder)
    dossier_page.check(case / "dossier.html")
    names = [member["name"] for member in json.loads((case / "manifest.json").read_text())["files"]]
    assert names == ["findings.jsonl", "salvaged.jsonl", "findings.csv", "timesketch.jsonl", "case.db", "dossier.html"], names
    assert "manifest   6 files are what was written" in made.run("verify", "case", cwd=folder).stdout
    content = (case / "dossier.html").read_bytes()
    (case / "dossier.html").write_bytes(content.replace(b"Which group?", b"What group? "))
    assert "dossier.html is not what was written" in made.run("verify", "case", cwd=folder, status=1).stdout
    (case / "dossier.html").unlink()
    assert "dossier.html is not there" in made.run("verify", "case", cwd=folder, status=1).stdout
    # Another hunt replaces it, with or without.
    made.case(folder, "--force")
    assert (case / "dossier.html").read_bytes() == content


def a_case_of_before_has_none(folder):
    case = made.case(folder)
    manifest = json.loads((case / "manifest.json").read_text())
    manifest["format_version"] = 4
    manifest["files"] = [member for member in manifest["files"] if member["name"] != "dossier.html"]
    (case / "manifest.json").write_text(json.dumps(manifest))
    assert "dossier.html is no file of a case" in made.run("verify", "case", cwd=folder, status=1).stdout
    (case / "dossier.html").unlink()
    assert "manifest   5 files are what was written" in made.run("verify", "case", cwd=folder).stdout
    manifest["format_version"] = 5
    (case / "manifest.json").write_text(json.dumps(manifest))
    made.run("verify", "case", cwd=folder, status=1)


def markings(folder):
    case = made.case(folder)
    for level, status in (("red", 0), ("amber+strict", 5), ("amber", 5), ("green", 5), ("clear", 5)):
        page, done = again(case, "--tlp", level, status=status)
        if page:
            dossier_page.check(page, f"TLP:{level.upper()}")
        else:
            assert "marked more strictly" in done.stderr and not (folder / "again.html").exists(), done.stderr
    story = made_case(folder / "story") if (folder / "story").mkdir() is None else None
    for level in ("amber+strict", "amber", "green", "clear"):
        dossier_page.check(again(story, "--tlp", level)[0], f"TLP:{level.upper()}")
    made.run("dossier", case, "-o", folder / "x.html", "--tlp", "white", status=2)


def groups_are_what_sources_say(folder):
    case = made_case(folder)
    sql(case, "DELETE FROM assessment", "UPDATE findings SET rule_id = 'indicator-domain', json = json_object('indicator', json_object('value', 'v' || (number % 3), 'groups', json_array('APT31'))) WHERE number <= 12")
    page = dossier_page.check(again(case)[0])
    row = re.search(r'<td role="cell" data-l="Group, as sources name it">.*?</tr>', (folder / "again.html").read_text(encoding="utf-8")).group()
    assert "APT31" in row and ">12<" in row and ">3<" in row, row
    assert "APT31" not in page.answers["Which group?"]


# ---- attribution ----


def held(case, incident, json_text):
    database = sqlite3.connect(case / "case.db")
    database.execute("INSERT OR REPLACE INTO assessment VALUES (?, ?)", (incident, json_text))
    database.commit()
    database.close()


def section(page, incident):
    return re.sub(r"\s+", " ", re.search(rf'<article id="w{incident}".*?</article>', page.read_text(encoding="utf-8"), re.DOTALL).group())


def a_judgement_is_told_as_the_case_holds_it(folder):
    case = made_case(folder)
    tree = json.loads(rows(case, "SELECT json FROM assessment WHERE incident = 1")[0][0])
    text = html.unescape(re.sub("<[^>]*>", "", section(case / "dossier.html", 1))).replace("\xa0", " ")
    written = tree["written"]
    for one in (written["judgement"], written["confidence"], written["scale"], written["activity"], written["cluster"], written["group"], written["sponsor"],
                written["changed"], *written["missing"], *written["sensitivities"], *written["assumptions"], *written["gaps"], *written["wanted"], *written["cautions"]):
        assert one in text, one
    chart = re.findall(r'data-l="Answer">(.*?)</td>.*?data-l="Likelihood">(.*?)</td>.*?class="is" width="([0-9.]+)"', section(case / "dossier.html", 1))
    told = [(re.sub("<[^>]*>", "", name), percent.replace("&nbsp;", " "), float(width)) for name, percent, width in chart]
    now = tree["now"]
    assert told[:-1] == [(g["name"], f"{100 * g['posterior']:.0f} %", round(100 * g["posterior"], 1)) for g in now["groups"] if g["posterior"] >= 0.01], told
    # That it was none of them is the last, and stands apart.
    assert told[-1] == ("none of the known groups", f"{100 * now['none']:.0f} %", round(100 * now["none"], 1)), told
    assert section(case / "dossier.html", 1).count('<tr role="row" class="apart">') == 1
    # Of the matrix what tells them apart, and each hypothesis.
    signs = [cell for row in re.findall(r'<tr role="row"><td role="cell" data-l="What was seen"><bdi>(?:px\.example|working hours of UTC\+8)</bdi></td>(.*?)</tr>', section(case / "dossier.html", 1)) for cell in re.findall(r'>([-+0−]+)</span>', row)]
    assert signs == [h["cells"][i].replace("-", "−") for i in (0, 1) for h in now["hypotheses"]], signs
    assert "techniques that many use" not in text
    for q in written["quotes"]:
        assert q["about"] in text and q["by"] in text and (not q["quote"] or f"“{q['quote']}”" in text), q
    # Denials stand beside, in a part of their own; what is said about the Electoral Commission is nobody's.
    parts = re.findall(r'<div class="said">\s*<div>(.*?)</div>\s*<div>(.*?)</div>', section(case / "dossier.html", 1))
    assert len(parts) == 2, len(parts)
    (said, denied), (other, _) = parts
    assert said.startswith("<h5>What was said about <bdi>APT31</bdi></h5>") and "almost certainly responsible" in said and "Electoral Commission 2021" not in said
    assert "completely fabricated" in denied and "completely fabricated" not in said
    assert other.startswith("<h5>What was said about a victim, naming no group</h5>") and other.count("<figure") == 1 and "APT31" not in other
    assert re.search(r"a China state-affiliated actor</bdi>”</blockquote><p class=\"where\"><strong>About that victim alone:</strong> it names no group", other)
    for never in (r"\b(is|was) APT31\b", "carried out by", "Chinese"):
        outside = re.sub("<blockquote>.*?</blockquote>", "", section(case / "dossier.html", 1))
        assert not re.search(never, re.sub("<[^>]*>", "", outside)), never
    text = section(case / "dossier.html", 2)
    assert "Not judged: <bdi>nothing that was seen is in a profile</bdi>." in text and "longwatch attribute CASE" in text


def no_judgement_is_said_to_be_none(folder):
    case = made_case(folder)
    good = json.loads(rows(case, "SELECT json FROM assessment WHERE incident = 1")[0][0])

    def but(**members):
        tree = json.loads(json.dumps(good))
        for name, value in members.items():
            tree["now"][name] = value
        return json.dumps(tree)

    unreadable = "Not judged here: what the case holds as a judgement cannot be read."
    for name, text, told in (
        ("empty", "", unreadable),
        ("no JSON", "{", unreadable),
        ("two values", "{} {}", unreadable),
        ("a list", "[1, 2]", unreadable),
        ("nothing", "{}", unreadable),
        ("deep", "[" * 5000 + "]" * 5000, unreadable),
        ("many values", json.dumps({"now": {}, "written": {"judgement": "," * 2000001}}), unreadable),
        ("large", json.dumps({"now": {}, "written": {"judgement": "x" * (17 << 20)}}), unreadable),
        ("another level", but(level="certain"), unreadable),
        ("a level that is no text", but(level=3), unreadable),
        ("none is no number", but(none="0.5"), unreadable),
        ("none is above one", but(none=1.5), unreadable),
        ("none is below nothing", but(none=-0.1), unreadable),
        ("no groups, and a name", but(groups=[]), unreadable),
        ("groups are no list", but(groups={"a": 1}), unreadable),
        ("a posterior without sense", but(groups=[{"name": "APT31", "posterior": 1e300}]), unreadable),
        ("no confidence", but(confidence=None), unreadable),
        ("a reason", json.dumps({"not_judged": "no profiles of groups were given"}), "Not judged: <bdi>no profiles of groups were given</bdi>."),
        ("a hostile reason", json.dumps({"not_judged": "</p><script>alert(1)</script>\u202e"}), "Not judged: <bdi>&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;\ufffd</bdi>."),
        ("as it was", json.dumps(good), "What was seen resembles what is published of APT31"),
        ("no group at all", but(level="cluster", groups=[]), "What was seen resembles"),  # its words are the case's
        ("no lists", but(rows=None, hypotheses=7, gates={}), "The case holds none."),
        ("items that are none", json.dumps({**good, "evidence": {"items": [1, None, {"links": 3}, {"class": "x", "first": "y", "record": -1, "path": "p", "credibility": 1e99}]}}), "SHA-256"),
    ):  # fmt: skip
        held(case, 1, text)
        page = again(case)[0]
        dossier_page.check(page)
        assert told in section(page, 1), (name, section(page, 1)[:400])
    # Of all of them, and of a case that was written before there were any.
    sql(case, "DELETE FROM assessment", """INSERT INTO assessment VALUES (0, '{"not_judged":"no profiles of groups were given"}')""")
    page = dossier_page.check(again(case)[0])
    assert list(page.answers.values())[3].startswith("Not judged: no profiles of groups were given. What sources say"), list(page.answers.values())[3]
    assert page.text.count("no profiles of groups were given") == 4
    sql(case, "DELETE FROM assessment")
    page = dossier_page.check(again(case)[0])
    assert list(page.answers.values())[3].startswith("Not judged. What sources say") and page.text.count("this case holds no judgement of it") == 3


def judgements_have_bounds(folder):
    case = made_case(folder)
    tree = json.loads(rows(case, "SELECT json FROM assessment WHERE incident = 1")[0][0])
    now, written = tree["now"], tree["written"]
    tree["evidence"]["items"] *= 700
    now["groups"] = [{**now["groups"][0], "name": f"group {i}", "posterior": 0.02} for i in range(500)]
    now["rows"] = [{"words": f"row {i}", "discriminates": True} for i in range(500)]
    now["hypotheses"] = [{**now["hypotheses"][0], "cells": ["+"] * 500} for _ in range(90)]
    for name in ("missing", "sensitivities", "assumptions", "gaps", "wanted", "cautions"):
        written[name] = ["x" * 2000] * 300
    written["quotes"] = [{**written["quotes"][0], "group": f"g{i // 100}"} for i in range(3000)]
    held(case, 1, json.dumps(tree))
    page = again(case)[0]
    told = section(page, 1).replace("&nbsp;", " ")
    dossier_page.check(page)
    assert page.stat().st_size < 4 << 20, page.stat().st_size
    for more in ("2,740 more in", "460 more in", "74 more in", "240 more in", "40 more in"):
        assert more in told, more
    assert "all other known groups together" in told


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        for test in (
            a_story_of_three_incidents, the_same_bytes_whenever_it_is_made, every_act_that_is_told_names_its_record, hostile_texts_stay_texts,
            nothing_found_is_an_answer_with_its_coverage, a_hunt_that_judged_nothing_says_so, words_follow_the_case, an_empty_case,
            a_case_without_bounds_makes_a_page_with_bounds, old_and_foreign_cases, nothing_but_its_own_lies_in_a_case, the_case_knows_it,
            a_case_of_before_has_none, markings, groups_are_what_sources_say, a_judgement_is_told_as_the_case_holds_it, no_judgement_is_said_to_be_none,
            judgements_have_bounds,
        ):  # fmt: skip
            folder = pathlib.Path(temporary) / test.__name__
            folder.mkdir()
            try:
                test(folder)
                passed += 1
            except AssertionError as error:
                failed += 1
                print(f"{test.__name__}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
