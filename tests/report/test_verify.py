#!/usr/bin/env python3
"""test_verify: a case that was touched is found out wherever it was touched; signatures against minisign, time-stamps by an authority of OpenSSL's."""

import concurrent.futures
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile

import made


class Skipped(Exception):
    pass


def verify(folder, *words, status=0, case="case"):
    return made.run("verify", case, *words, cwd=folder, status=status).stdout


def flip(path, at=None):
    content = bytearray(path.read_bytes())
    at = len(content) // 2 if at is None else at
    content[at] ^= 1
    path.write_bytes(content)


def remanifest(case):
    """What somebody who wants to deceive would do: the manifest says what the files now are."""
    manifest = json.loads((case / "manifest.json").read_text(encoding="utf-8"))
    for member in manifest["files"]:
        content = (case / member["name"]).read_bytes()
        member.update(size=len(content), sha256=hashlib.sha256(content).hexdigest())
    (case / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def sql(case, statement):
    database = sqlite3.connect(case / "case.db")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(statement)
    database.commit()
    database.close()


def rows(case, query):
    database = sqlite3.connect(case / "case.db")
    found = database.execute(query).fetchall()
    database.close()
    return found


# ---- what was not touched ----


def untouched(folder):
    text = verify(folder)
    assert re.sub(" +", " ", text) == ("manifest 6 files are what was written\nfindings 12, the same in all files of the case\n"
                                       "incidents 2 incidents, 0 behaviours, 0 doors; 13 places, each in a file of the ledger\n"
                                       "evidence 1 file as when it was hunted\nrecords 11 of 11 records of findings stand where they should\n"), text
    assert "records    3 of 3 records of findings stand where they should (a sample of 11)" in verify(folder, "--sample", 3)
    assert "11 of 11" in verify(folder, "--sample", 99)
    text = verify(folder, "--rules", "rules", "--intel", "intel")
    assert "again      12 findings, 2 incidents the same when it was hunted again\n" in text, text


def evidence_elsewhere(folder):
    (folder / "evidence").rename(folder / "moved")
    (folder / "moved/sysmon.jsonl").rename(folder / "moved/another-name")
    text = verify(folder, status=3)
    assert "NOT THERE: 1" in text and "not there: evidence/sysmon.jsonl" in text and "NOT THERE: the evidence of 11" in text, text
    text = verify(folder, "moved")
    assert "1 file as when" in text and "11 of 11" in text, text
    text = verify(folder, "moved", "--rules", "rules", "--intel", "intel")
    assert "12 findings, 2 incidents the same when" in text, text


def packed_evidence(folder):
    inner = (folder / "evidence/sysmon.jsonl").read_bytes()
    (folder / "packed").mkdir()
    with tarfile.open(folder / "packed/logs.tar.gz", "w:gz") as tar:
        for name, content in (("a/sysmon.jsonl", inner), ("a/more.jsonl.gz", gzip.compress(inner.replace(b"08:", b"09:"), mtime=0)), ("a/sysmon.jsonl", inner[:900])):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    made.run("hunt", "packed", "--rules", "rules", "-qo", "packs", cwd=folder, status=None or 3)
    text = verify(folder, case="packs")
    assert "1 file as when" in text and not re.search("DIFFERS|NOT THERE", text), text
    records = int(re.search(r"records +(\d+) of \1 ", text).group(1))
    assert records == 4 + 4 + 2, text
    flip(folder / "packed/logs.tar.gz")
    text = verify(folder, case="packs", status=1)
    assert f"DIFFERS: {records}; 0 of {records}" in text, text


def options_of_the_hunt_are_done_again(folder):
    case = made.case(folder, "--level", "medium", "--from", "2024-03-05T08:05:00Z", "--zone", "+01:00", name="some")
    assert case.is_dir()
    text = verify(folder, "--rules", "rules", "--intel", "intel", case="some")
    assert re.search(r"again +\d+ findings, 2 incidents the same", text), text
    text = verify(folder, "--rules", "rules", status=1)
    assert "DIFFERS: 7 findings, 2 incidents not found again, 0 findings not in the case; 5 findings the same" in text, text
    assert text.count("of the case was not found again") == 9, text
    (folder / "rules/rules.yml").write_text(made.RULES.replace("whoami", "certutil"), encoding="utf-8")
    text = verify(folder, "--rules", "rules", "--intel", "intel", status=1)
    assert "of the new hunt is not in the case" in text, text


# ---- what was touched ----


def every_file_of_the_case(folder):
    case, whole = folder / "case", folder / "whole"
    shutil.copytree(case, whole)
    for path in sorted(whole.iterdir()):
        def again(path=path):
            shutil.rmtree(case)
            shutil.copytree(whole, case)
            return case / path.name
        if path.name == "manifest.json":
            for text, why in (("", "DIFFERS"), ("{}", "is no manifest of a case"), ("[]", "is no manifest"), ('{"format":"longwatch-case","files":[]}', "is no manifest")):
                again().write_text(text, encoding="utf-8")
                assert why in verify(folder, status=1), text
            manifest = json.loads(path.read_text(encoding="utf-8"))
            # One file named for all; a name that leads out of the case.
            for name in ("findings.jsonl", "../../../etc/passwd"):
                again().write_text(json.dumps({**manifest, "files": [{**f, "name": name} for f in manifest["files"]]}), encoding="utf-8")
                assert "is no manifest" in verify(folder, status=1)
            continue
        content = path.read_bytes()
        for spoilt in (content + b" ", content[:-1], bytes([content[0] ^ 1]) + content[1:] if content else None):
            if spoilt is None or spoilt == content:
                continue
            again().write_bytes(spoilt)
            text = verify(folder, status=1)
            assert f"{path.name} is not what was written" in text, f"{path.name}: {text}"
        again().unlink()
        text = verify(folder, status=1)
        assert f"{path.name} is not there" in text and "NOT CHECKED: files of the case" in text, text
    shutil.rmtree(case)
    shutil.copytree(whole, case)
    (case / "stranger").write_text("", encoding="utf-8")
    assert "stranger is no file of a case" in verify(folder, status=1)


def the_database_against_the_files(folder):
    """With a manifest that was made to fit."""
    case, whole = folder / "case", folder / "whole"
    shutil.copytree(case, whole)
    for what, spoil, expected in (
        ("a finding gone from the text", lambda: (case / "findings.jsonl").write_text("".join((case / "findings.jsonl").read_text(encoding="utf-8").splitlines(True)[1:]), encoding="utf-8"), "between case.db and the text files"),
        ("a finding more in the text", lambda: (case / "findings.jsonl").write_text((case / "findings.jsonl").read_text(encoding="utf-8") + "{}\n", encoding="utf-8"), "DIFFERS: 1 between"),
        ("an account changed in the database", lambda: sql(case, "UPDATE findings SET json = replace(json, 'k.lind', 'k.lund') WHERE number = 1"), "finding 1 is another in case.db"),
        ("a finding gone from the database", lambda: sql(case, "DELETE FROM findings WHERE number = 12"), "DIFFERS: 1 between"),
        ("no table at all", lambda: sql(case, "DROP TABLE findings"), "DIFFERS: "),
        ("no database at all", lambda: (case / "case.db").write_bytes(b"x" * 4096), "DIFFERS: "),
    ):
        shutil.rmtree(case)
        shutil.copytree(whole, case)
        spoil()
        remanifest(case)
        text = verify(folder, status=1)
        assert "6 files are what was written" in text and expected in text, f"{what}: {text}"


def without_acts(case):
    """Behaviours and incidents, which name the same places as findings do, and others."""
    for table in ("behaviour", "behaviour_event", "clue", "incident", *(f"incident_{of}" for of in ("clue", "event", "entity", "link", "reach", "phase")), "door"):
        sql(case, f"DELETE FROM {table}")
    remanifest(case)


def records_that_are_not_there(folder):
    case = folder / "case"
    without_acts(case)
    for column, value in (("offset", 1), ("offset", 10**9), ("evidence_sha256", f"'{'0' * 64}'")):
        shutil.copytree(case, folder / "kept")
        sql(case, f"UPDATE findings SET {column} = {value} WHERE number = 5")
        remanifest(case)
        text = verify(folder, status=1)
        assert re.search(r"records +DIFFERS: 1; 10 of 11 ", text) and "  finding 5: evidence/sysmon.jsonl: " in text, f"{column}: {text}"
        shutil.rmtree(case)
        (folder / "kept").rename(case)
    verify(folder)


# ---- what was put together ----


def drill(folder):
    """A made-up institution with intrusions, hunted."""
    made.run("exercise", "--seed", 9, "--years", 1, "--accounts", 20, "-o", "drill", cwd=folder)
    drilled = folder / "drill"
    made.run("hunt", "evidence", "--rules", folder / "rules", "--own-domain", "chamber.example", "--roster", "roster.csv", "-qo", "case", cwd=drilled, status=1)
    return drilled


def again(folder, *words, status=0):
    return verify(folder, *words, "--rules", folder.parent / "rules", "--own-domain", "chamber.example", "--roster", "roster.csv", status=status)


def acts_and_doors_are_followed(folder):
    case = folder / "case"
    count = {name: rows(case, f"SELECT count(*) FROM {name}")[0][0] for name in ("incident", "behaviour", "door")}
    places = sum(rows(case, f"SELECT count(*) FROM {table} WHERE {column} <> ''")[0][0] for table, column in (
        ("incident", "evidence_path"), ("incident_event", "evidence_path"), ("behaviour_event", "evidence_path"), ("incident_reach", "evidence_path"),
        ("door", "opened_path"), ("door", "used_path"), ("door", "closed_path")))  # fmt: skip
    assert count["incident"] >= 4 and count["behaviour"] > 20 and count["door"] > 10, count
    text = again(folder)
    assert f"incidents  {count['incident']} incidents, {count['behaviour']} behaviours, {count['door']} doors; {places} places, each in a file of the ledger\n" in text, text
    # Each place once, whoever names it.
    named = " UNION ".join([f"SELECT {of}path, {of}sha256, {of[:-9] if of == 'evidence_' else of}offset FROM {table}" for table, of in (
        ("findings", "evidence_"), ("finding_events", "evidence_"), ("incident", "evidence_"), ("incident_event", "evidence_"), ("incident_reach", "evidence_"),
        ("behaviour_event", "evidence_"), ("door", "opened_"), ("door", "used_"), ("door", "closed_"))])  # fmt: skip
    records = len({place for place in rows(case, named) if place[0]})
    assert f"records    {records} of {records} records of findings and acts stand where they should\n" in text, (records, text)
    findings = rows(case, "SELECT count(*) FROM findings")[0][0]
    same = f"{findings} findings, {count['behaviour']} behaviours, {count['incident']} incidents the same when it was hunted again\n"
    assert f"again      {same}" in text, text
    assert f"records    7 of 7 records of findings and acts stand where they should (a sample of {records})" in verify(folder, "--sample", 7)
    # Elsewhere, under another name.
    (folder / "evidence").rename(folder / "elsewhere")
    text = again(folder, "elsewhere")
    assert same in text and f"{records} of {records}" in text, text


# What no finding says, so that nothing else tells of it.
ALONE = "{0}.evidence_path || {0}.offset NOT IN (SELECT evidence_path || offset FROM findings)"


def places_that_were_changed(folder):
    """An act, a behaviour's event, a thing reached, a door's opening and closing: a few bytes off, then in a file that the ledger does not know."""
    case, whole = folder / "case", folder / "whole"
    shutil.copytree(case, whole)
    alone = {table: rows(case, f"SELECT max(rowid_) FROM (SELECT {key} AS rowid_ FROM {table} v WHERE {ALONE.format('v')})")[0][0] for table, key in (
        ("incident_event", "incident * 100000 + position"), ("behaviour_event", "behaviour * 100000 + position"), ("incident_reach", "incident * 100000 + position"))}  # fmt: skip
    door = rows(case, "SELECT max(incident * 100000 + position) FROM door WHERE opened_path <> '' AND closed_path <> ''")[0][0]
    for table, number, of, told, unledgered in (
        ("incident_event", alone["incident_event"], "", "act {1} of incident {0}", "act {1} of incident {0}"),
        ("behaviour_event", alone["behaviour_event"], "", "event {1} of behaviour {0}", "event {1} of behaviour {0}"),
        ("incident_reach", alone["incident_reach"], "", "what incident {0} reached, {1}", "what was reached, {1}, of incident {0}"),
        ("door", door, "opened_", "door {1} of incident {0}", "door {1} of incident {0}: its opening"),
        ("door", door, "closed_", "door {1} of incident {0}", "door {1} of incident {0}: its closing"),
    ):
        owner, position = divmod(number, 100000)
        where = f"WHERE {'behaviour' if table == 'behaviour_event' else 'incident'} = {owner} AND position = {position}"
        for change, line, expected in ((f"{of}offset = {of}offset + 3", "records", told), (f"{of or 'evidence_'}sha256 = '{'0' * 64}'", "incidents", unledgered)):
            shutil.rmtree(case)
            shutil.copytree(whole, case)
            sql(case, f"UPDATE {table} SET {change} {where}")
            remanifest(case)
            text = verify(folder, status=1)
            assert re.search(rf"^{line} +DIFFERS: 1; ", text, re.MULTILINE), f"{table}, {change}: {text}"
            assert f"  {expected.format(owner, position)}" in text, f"{expected}: {text}"
            assert "6 files are what was written" in text


def stories_that_were_changed(folder):
    """With a manifest that was made to fit: what does not fit is found in the case, what fits and is not true by hunting again."""
    case, whole = folder / "case", folder / "whole"
    shutil.copytree(case, whole)
    ((behaviour, incident),) = rows(case, "SELECT number, incident FROM behaviour WHERE incident IS NOT NULL ORDER BY number LIMIT 1")
    ((clue,),) = rows(case, f"SELECT number FROM clue WHERE type = 'behaviour' AND of_number = {behaviour}")
    ((acts,),) = rows(case, "SELECT count(*) FROM incident_event WHERE incident = 1")
    ((doors,),) = rows(case, "SELECT count(*) FROM door WHERE incident = 1")
    ((other,),) = rows(case, f"SELECT i.clue FROM incident_clue i WHERE i.incident = {incident} AND i.clue <> {clue} LIMIT 1")
    forget = (f"DELETE FROM behaviour WHERE number = {behaviour}", f"DELETE FROM behaviour_event WHERE behaviour = {behaviour}", f"DELETE FROM clue WHERE number = {clue}",
              f"DELETE FROM incident_clue WHERE clue = {clue}", f"UPDATE incident_event SET clue = {other} WHERE clue = {clue}",
              f"UPDATE incident_clue SET position = -(SELECT count(*) FROM incident_clue o WHERE o.incident = incident_clue.incident AND o.position <= incident_clue.position)",
              "UPDATE incident_clue SET position = -position")  # fmt: skip
    for what, statements, faults in (
        ("a behaviour gone", [f"DELETE FROM behaviour WHERE number = {behaviour}"],
         [f"clue {clue} ({behaviour}) is of a behaviour, finding or campaign that is not there", f"events (1) of behaviour {behaviour} are there, and it is not"]),
        ("its events gone", [f"DELETE FROM behaviour_event WHERE behaviour = {behaviour}"], [f"behaviour {behaviour}, by 0 events stands on nothing"]),
        ("its reason changed", [f"UPDATE behaviour SET reason = 'nothing' WHERE number = {behaviour}"], [f"clue {clue} ({behaviour}) is of a behaviour, finding or campaign"]),
        ("an act gone", ["DELETE FROM incident_event WHERE incident = 1 AND position = 2"], [f"{acts - 1} acts of incident 1 stand there of more"]),
        ("a door gone", ["DELETE FROM door WHERE incident = 1 AND position = 1"], [f"{doors - 1} doors of incident 1 stand there of more"]),
        ("a clue gone", [f"DELETE FROM incident_clue WHERE clue = {clue}"], ["stand there of more", "is of a clue that the incident does not have"]),
        ("a behaviour of another incident", [f"UPDATE behaviour SET incident = {incident % 4 + 1} WHERE number = {behaviour}"], [f"behaviour {behaviour}, of incident {incident % 4 + 1} is no clue of it"]),
        ("a rule's clue of no finding", ["UPDATE clue SET type = 'rule', of_number = 999999 WHERE number = " + str(clue)], [f"clue {clue} (999999) is of a behaviour, finding or campaign"]),
        ("an incident gone", ["DELETE FROM incident WHERE number = 1"], ["acts, doors or other things (1) of incident 1 are there, and it is not"]),
    ):  # fmt: skip
        shutil.rmtree(case)
        shutil.copytree(whole, case)
        for statement in statements:
            sql(case, statement)
        remanifest(case)
        text = verify(folder, "--sample", 1, status=1)
        for fault in faults:
            assert re.search(rf"^incidents  DIFFERS: \d+; .*\n(  .*\n)*  .*{re.escape(fault)}", text, re.MULTILINE), f"{what}: {fault}: {text}"
    count = {name: rows(whole, f"SELECT count(*) FROM {name}")[0][0] for name in ("findings", "behaviour", "incident")}
    # Three stories told otherwise, in a case that fits: who acted, whether a door is closed, and a behaviour that never was.
    door = rows(whole, f"SELECT incident, position FROM door WHERE state = 'open' AND incident <> {incident}")[0]
    who = next(n for (n,) in rows(whole, "SELECT number FROM incident ORDER BY number") if n not in (incident, door[0]))
    lies = (f"UPDATE incident_event SET account = 'nobody' WHERE incident = {who} AND position = 2",
            f"UPDATE door SET state = 'closed', how = 'password reset' WHERE incident = {door[0]} AND position = {door[1]}", *forget)  # fmt: skip
    for what, statements, differs, lines in (
        ("otherwise", lies, "3 incidents not found again, 1 behaviour, 3 incidents not in the case",
         [f"behaviour {behaviour} of the new hunt is not in the case", *(f"incident {n} of the {where}" for n in (incident, who, door[0]) for where in ("case was not found again", "new hunt is not in the case"))]),
        ("nothing happened", (), f"0 findings not found again, {count['behaviour']} behaviours, {count['incident']} incidents not in the case", ["incident 1 of the new hunt is not in the case"]),
    ):  # fmt: skip
        shutil.rmtree(case)
        shutil.copytree(whole, case)
        for statement in statements:
            sql(case, statement)
        if not statements:
            without_acts(case)
        remanifest(case)
        text = again(folder, "--sample", 1, status=1)
        assert "incidents  DIFFERS" not in text, f"{what}: {text}"
        assert re.search(rf"^again      DIFFERS: {differs}; {count['findings']} findings", text, re.MULTILINE), f"{what}: {text}"
        for line in lines:
            assert f" {line}" in text, f"{what}: {text}"


def evidence_that_was_changed(folder):
    flip(folder / "evidence/sysmon.jsonl")
    text = verify(folder, status=1)
    assert "evidence   DIFFERS: 1 file; 0 files as" in text and "changed: evidence/sysmon.jsonl" in text, text
    assert "records    DIFFERS: 11; 0 of 11" in text, text


# ---- signatures ----


def signed(folder):
    made.run("sign", "case", "--new-key", "key", cwd=folder)
    assert (folder / "key").stat().st_mode & 0o777 == 0o600
    text = verify(folder, "--public-key", "key.pub")
    assert re.search(r"signature  good, by key [0-9A-F]{16}: manifest.json of a Longwatch case, SHA-256 [0-9a-f]{64}\n", text), text
    assert hashlib.sha256((folder / "case/manifest.json").read_bytes()).hexdigest() in text
    assert "NOT CHECKED, by key" in verify(folder)
    # A new hunt may replace a signed case, which is still a case and nothing else.
    made.run("hunt", "evidence", "--rules", "rules", "--intel", "intel", "-qo", "case", "--force", cwd=folder, status=1)
    assert not (folder / "case/manifest.json.minisig").exists()
    assert "signature  DIFFERS: there is none" in verify(folder, "--public-key", "key.pub", status=1)


def signatures_that_do_not_hold(folder):
    made.run("sign", "case", "--new-key", "key", "--comment", "for the committee", cwd=folder)
    made.run("sign", "case", "--new-key", "other", cwd=folder)
    assert "and the key given is" in verify(folder, "--public-key", "key.pub", status=1)
    made.run("sign", "case", "--key-file", "key", "--comment", "for the committee", cwd=folder)
    signature = folder / "case/manifest.json.minisig"
    text = signature.read_text(encoding="utf-8")
    for spoilt, why in ((text.replace("committee", "chairman"), "the comment of the signature was changed"),
                        (text.splitlines()[0], "this is no signature"), ("", "this is no signature")):
        signature.write_text(spoilt, encoding="utf-8")
        assert f"signature  DIFFERS: {why}" in verify(folder, "--public-key", "key.pub", status=1)
    signature.write_text(text, encoding="utf-8")
    # A manifest made to fit is found out by the signature alone.
    sql(folder / "case", "UPDATE findings SET account = 'nobody' WHERE number = 1")
    remanifest(folder / "case")
    assert "signature  DIFFERS: the signature is not one of these bytes" in verify(folder, "--public-key", "key.pub", status=1)


def what_cannot_be_signed(folder):
    made.run("sign", "case", "--new-key", "key", cwd=folder)
    kept = (folder / "key").read_bytes()
    for words, why in ((["--new-key", "key"], "is not written over another"), (["--key-file", "key.pub"], "no secret key"), (["--key-file", "none"], "none is not there"),
                       ([], "with which key?"), (["--key-file", "key", "--new-key", "k2"], "give one of them"), (["--key-file", "key", "--comment", "a\nb"], "one line"),
                       (["--time-request", "r", "--password-file", "key"], "go with")):  # fmt: skip
        done = made.run("sign", "case", *words, cwd=folder, status=2)
        assert why in done.stderr, f"{words}: {done.stderr}"
    assert (folder / "key").read_bytes() == kept and not (folder / "k2").exists()
    flip(folder / "case/findings.csv")
    assert "will not be signed" in made.run("sign", "case", "--key-file", "key", cwd=folder, status=2).stderr
    (folder / "case/findings.csv").unlink()
    assert "will not be signed" in made.run("sign", "case", "--key-file", "key", cwd=folder, status=2).stderr


def minisign_agrees(folder):
    if not shutil.which("minisign"):
        raise Skipped("minisign is not installed: our signatures were not checked by it, nor its by us")

    def minisign(*words, status=0, **more):
        done = subprocess.run(["minisign", *words], cwd=folder, capture_output=True, text=True, check=False, **more)
        assert done.returncode == status, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    made.run("sign", "case", "--new-key", "ours", "--comment", "ours, ö", cwd=folder)
    assert "Trusted comment: ours, ö" in minisign("-V", "-p", "ours.pub", "-m", "case/manifest.json")
    minisign("-G", "-W", "-p", "theirs.pub", "-s", "theirs")
    made.run("sign", "case", "--key-file", "theirs", cwd=folder)
    minisign("-V", "-p", "theirs.pub", "-m", "case/manifest.json")
    minisign("-V", "-p", "ours.pub", "-m", "case/manifest.json", status=1)
    minisign("-S", "-s", "ours", "-m", "case/manifest.json", "-t", "by minisign")
    assert "good, by key" in verify(folder, "--public-key", "ours.pub")
    # Encrypted, which takes its time: that is what it is for. Wrong passwords are tried in test_signature.c.
    (folder / "password").write_text("correct horse\n", encoding="utf-8")
    made.run("sign", "case", "--new-key", "closed", "--password-file", "password", cwd=folder)
    minisign("-S", "-s", "closed", "-m", "case/manifest.json", input="correct horse\n")
    minisign("-V", "-p", "closed.pub", "-m", "case/manifest.json")
    assert "is encrypted" in made.run("sign", "case", "--key-file", "closed", cwd=folder, status=2).stderr


# ---- time-stamps ----

AUTHORITY = """
[tsa]
default_tsa = t
[t]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
"""


def stamped(folder):
    if not shutil.which("openssl"):
        raise Skipped("openssl is not installed: there was no authority to ask for a time-stamp")

    def openssl(*words):
        done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    (folder / "tsa.conf").write_text(AUTHORITY, encoding="utf-8")
    (folder / "serial").write_text("01\n", encoding="utf-8")
    for name in ("tsa", "stranger"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2", "-subj", f"/CN=Made {name}",
                "-addext", "extendedKeyUsage=critical,timeStamping")  # fmt: skip
    made.run("sign", "case", "--time-request", "request", cwd=folder)
    made.run("sign", "case", "--time-request", "again", cwd=folder)
    assert (folder / "request").read_bytes() == (folder / "again").read_bytes(), "a request depends on the case alone"
    shown = openssl("ts", "-query", "-in", "request", "-text")
    assert "Hash Algorithm: sha256" in shown and "Certificate required: yes" in shown and "Nonce: unspecified" in shown, shown
    openssl("ts", "-reply", "-config", "tsa.conf", "-queryfile", "request", "-out", "response")
    said = made.run("sign", "case", "--time-response", "response", cwd=folder).stdout
    assert "Made tsa" in said and (folder / "case/manifest.json.tsr").read_bytes() == (folder / "response").read_bytes(), said
    assert "NOT CHECKED (--tsa-ca FILE): there since 20" in verify(folder)
    assert re.search(r"time       there since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ, as /CN=Made tsa says\n", verify(folder, "--tsa-ca", "tsa.pem"))
    assert "time       DIFFERS: the time-stamp is not signed by an authority that is trusted" in verify(folder, "--tsa-ca", "stranger.pem", status=1)
    # Of other bytes; of nothing; damaged; refused.
    other = made.case(folder, "--level", "high", name="other")
    assert "is one of other bytes" in made.run("sign", other, "--time-response", "response", cwd=folder, status=2).stderr
    assert "is no response" in made.run("sign", "case", "--time-response", "request", cwd=folder, status=2).stderr
    content = (folder / "response").read_bytes()
    line = re.search("time .*", verify(folder, "--tsa-ca", "tsa.pem")).group()
    passed = 0
    for at in range(0, len(content), 61):
        (folder / "case/manifest.json.tsr").write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        done = subprocess.run([made.BINARY, "verify", "case", "--sample", "1", "--tsa-ca", "tsa.pem"], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done
        assert (line in done.stdout) == (done.returncode == 0), f"byte {at}: {done.stdout}"
        passed += done.returncode == 0
    # What stands outside of what is signed (how it is packed) may be another; nothing that is told may.
    assert passed <= 3, f"{passed} of {len(content) // 61 + 1} changes pass"
    (folder / "case/manifest.json.tsr").unlink()
    assert "there is no time-stamp" in verify(folder, "--tsa-ca", "tsa.pem", status=1)


# ---- hostile cases ----


def names_of_files_that_are_no_text(folder):
    (folder / "evidence/sysmon.jsonl").rename(folder / "evidence" / os.fsdecode(b"sys\xffmon.jsonl"))
    made.run("hunt", "evidence", "--rules", "rules", "--intel", "intel", "-qo", "case", "--force", cwd=folder, status=1)
    text = verify(folder, "--rules", "rules", "--intel", "intel")
    assert "1 file as when" in text and "11 of 11" in text and "12 findings, 2 incidents the same" in text, text


def a_case_of_a_stranger(folder):
    case = folder / "case"
    sql(case, "UPDATE incident_event SET evidence_path = '/dev/zero', offset = 7 WHERE incident = 1 AND position = 1")
    remanifest(case)
    text = verify(folder, status=1)
    assert "act 1 of incident 1 lies in no file of the ledger: /dev/zero" in text and "NOT THERE: the evidence of 1" in text, text
    without_acts(case)
    # It names what is not its evidence: nothing is shown, and nothing is hashed that was not named by its ledger as it is.
    sql(case, "UPDATE findings SET evidence_path = '/etc/passwd', evidence_sha256 = 'x', offset = 0 WHERE number = 1")
    sql(case, "UPDATE custody SET path = '/dev/zero'")
    remanifest(case)
    text = made.run("verify", "case", cwd=folder, status=3).stdout
    assert "root:" not in text, text
    assert "NOT THERE" in text, text


def main():
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as temporary:
        base = pathlib.Path(temporary) / "base"
        base.mkdir()
        made.case(base)
        drilled = drill(base)
        tests = {test: base for test in (
            minisign_agrees, untouched, evidence_elsewhere, packed_evidence, options_of_the_hunt_are_done_again, every_file_of_the_case,
            the_database_against_the_files, records_that_are_not_there, evidence_that_was_changed, signed, signatures_that_do_not_hold,
            what_cannot_be_signed, stamped, names_of_files_that_are_no_text, a_case_of_a_stranger,
        )} | {test: drilled for test in (acts_and_doors_are_followed, places_that_were_changed, stories_that_were_changed)}  # fmt: skip

        def run(test):
            folder = pathlib.Path(temporary) / test.__name__
            if tests[test] == drilled:
                folder.mkdir()
                shutil.copytree(base / "rules", folder / "rules")
                folder = folder / "drill"
            shutil.copytree(tests[test], folder, ignore=shutil.ignore_patterns("drill"))
            test(folder)

        # Two at once: an encrypted key takes its time, that is what it is for.
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for test, done in [(test, pool.submit(run, test)) for test in tests]:
                try:
                    done.result()
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
