#!/usr/bin/env python3
"""test_dossier: the page of a case: sound, closed, bounded, true to its case, and the same whenever it is made."""

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
    assert answers[3].startswith("Not judged."), answers[3]
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
    sql(case, "UPDATE findings SET rule_id = 'indicator-domain', json = json_object('indicator', json_object('value', 'v' || (number % 3), 'groups', json_array('APT31'))) WHERE number <= 12")
    page = dossier_page.check(again(case)[0])
    row = re.search(r'<td role="cell" data-l="Group, as sources name it">.*?</tr>', (folder / "again.html").read_text(encoding="utf-8")).group()
    assert "APT31" in row and ">12<" in row and ">3<" in row, row
    assert "APT31" not in page.answers["Which group?"]


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        for test in (
            a_story_of_three_incidents, the_same_bytes_whenever_it_is_made, every_act_that_is_told_names_its_record, hostile_texts_stay_texts,
            nothing_found_is_an_answer_with_its_coverage, a_hunt_that_judged_nothing_says_so, words_follow_the_case, an_empty_case,
            a_case_without_bounds_makes_a_page_with_bounds, old_and_foreign_cases, nothing_but_its_own_lies_in_a_case, the_case_knows_it,
            a_case_of_before_has_none, markings, groups_are_what_sources_say,
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
