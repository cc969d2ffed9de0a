#!/usr/bin/env python3
"""test_persons: `longwatch hunt --persons`: names, addresses, numbers and sites of made-up lists, planted in mails and logs in many spellings, are found
where they stand and as like as they are; what nearly is one of them is not; nothing of it in mail that is known to be of others. No person in these
lists is real."""

import csv
import email.header
import io
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

from evidence import BINARY, SHARED, hunt, lines, rules, run

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "intel"))
import test_person_mail  # noqa: E402

# The same person on lists of all forms: family's name QIDONG... made up, three syllables, so that it is no usual name.
SDN_CSV = (
    '901,"QU, Mingzhen","individual","CYBER2",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 14 May 1983; nationality China; Gender Male; '
    "Passport E0000001 (China); Email Address qmz@lists.example; a.k.a. 'LAKE WIND'.\"\r\n"
    '902,"NORTHERN LAKE INFORMATION COMPANY, LIMITED",-0- ,"CYBER2",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,'
    '"Website www.northernlake.example; Phone Number 86-27-5550-1234."\r\n'
    '903,"SHCHERBATOV, Grigory Pavlovich","individual","RUSSIA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'
    '904,"LI, Wei","individual","CYBER2",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 01 Jan 1980."\r\n'
)
ALT_CSV = '901,1,"aka","QU, Zhenming",-0- \r\n'
SDN_XML = """<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="https://tempuri.org/sdnList.xsd"><publshInformation><Publish_Date>03/25/2024</Publish_Date><Record_Count>1</Record_Count></publshInformation>
<sdnEntry><uid>901</uid><firstName>Mingzhen</firstName><lastName>QU</lastName><sdnType>Individual</sdnType><programList><program>CYBER2</program></programList>
<idList><id><uid>2</uid><idType>Email Address</idType><idNumber>qmz@lists.example</idNumber></id></idList>
<dateOfBirthList><dateOfBirthItem><uid>6</uid><dateOfBirth>14 May 1983</dateOfBirth><mainEntry>true</mainEntry></dateOfBirthItem></dateOfBirthList></sdnEntry>
</sdnList>
"""
UK_CSV = (
    "Report Date: 25-Mar-2024\r\n"
    "Unique ID,Name 6,Name 1,Name 2,Name type,Alias strength,Name non-latin script,Regime Name,Designation Type,D.O.B,Email address\r\n"
    "CYB9001,QU,Mingzhen,,Primary Name,,瞿明珍,Cyber,Individual,14/05/1983,qmz@lists.example\r\n"
)


def mail(number, sender, to="Jo Doe <jo@parliament.example>", text="Hello", **headers):
    """A message of that number; `reply_to=` and the like are further headers."""

    def header(value):
        return value if value.isascii() else re.sub(r"[^<]+(?= <)", lambda m: email.header.Header(m[0], "utf-8").encode(), value)

    more = "".join(f"{name.replace('_', '-').title()}: {header(value)}\n" for name, value in headers.items())
    return (
        f"Received: from a.example (a.example [192.0.2.1]) by mx.parliament.example; Mon, 15 Mar 2021 10:00:{number:02} +0000\n"
        f"{more}From: {header(sender)}\nTo: {header(to)}\nSubject: number {number}\nDate: Mon, 15 Mar 2021 10:00:{number:02} +0000\n"
        f"Message-ID: <{number}@a.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    )


OTHER = "news@post.example"
# What stands in a mail: who it is like, in which field, how like; nobody: it is none of them.
MAILS = [
    ("as the list has it", dict(sender=f"Mingzhen Qu <{OTHER}>"), ("901", "from.name", 100, "exact")),
    ("the family's name in front", dict(sender=f'"QU, Mingzhen" <{OTHER}>'), ("901", "from.name", 100, "exact")),
    ("divided", dict(sender=f"Qu Ming-Zhen <{OTHER}>"), ("901", "from.name", 95, "transliterated")),
    ("in characters", dict(sender=f"瞿明珍 <{OTHER}>"), ("901", "from.name", 90, "transliterated")),
    ("its other name", dict(sender=f"Qu Zhenming <{OTHER}>"), ("901", "from.name", 100, "exact")),
    ("a weak alias", dict(sender=f"Lake Wind <{OTHER}>"), ("901", "from.name", 80, "exact")),
    ("a local part", dict(sender="mingzhen.qu@post.example"), ("901", "from", 90, "exact")),
    ("the address that the list gives", dict(sender="QMZ@lists.example"), ("901", "from", 100, "exact")),
    ("name and address", dict(sender="Qu Ming-Zhen <qmz@lists.example>"), ("901", ["from", "from.name"], 100, "exact")),
    ("whom it is for", dict(sender=OTHER, to="Qu Mingzhen <you@parliament.example>"), ("901", "to.name", 100, "exact")),
    ("one of many", dict(sender=OTHER, to="a <a@b.example>, Mingzhen Qu <c@b.example>, d@b.example"), ("901", "to.name", 100, "exact")),
    ("where answers go", dict(sender=OTHER, reply_to="mingzhen_qu77@post.example"), ("901", "reply_to", 90, "exact")),
    ("the envelope", dict(sender=OTHER, return_path="<qmz@lists.example>"), ("901", "return_path", 100, "exact")),
    ("a copy", dict(sender=OTHER, cc="qmz@lists.example"), ("901", "cc", 100, "exact")),
    ("Cyrillic", dict(sender=f"Щербатов Григорий Павлович <{OTHER}>"), ("903", "from.name", 86, "transliterated")),
    ("without the patronymic", dict(sender=f"Grigory Shcherbatov <{OTHER}>"), ("903", "from.name", 75, "close")),
    ("a company", dict(sender=f'"Northern Lake Information Co., Ltd." <{OTHER}>'), ("902", "from.name", 95, "exact")),
    ("a company's site", dict(sender="info@mail.northernlake.example"), ("902", "from", 95, "exact")),
    ("a link to it", dict(sender=OTHER, text="See https://northernlake.example:8443/a?b for more."), ("902", "url.host", 95, "exact")),
    # What is none of them.
    ("the family's name", dict(sender=f"Qu <{OTHER}>"), None),
    ("an initial", dict(sender=f"M. Qu <{OTHER}>"), None),
    ("a letter more", dict(sender=f"Qu Mingzheng <{OTHER}>"), None),
    ("another family", dict(sender=f"Xu Mingzhen <{OTHER}>"), None),
    ("a word more", dict(sender=f"Qu Mingzhen Zhang <{OTHER}>"), None),
    ("another name in characters", dict(sender=f"瞿明之 <{OTHER}>"), None),
    ("a name that many bear", dict(sender=f"Li Wei <{OTHER}>"), None),
    ("another patronymic", dict(sender=f"Grigory Ivanovich Shcherbatov <{OTHER}>"), None),
    ("another address there", dict(sender="qmy@lists.example"), None),
    ("the address as a site", dict(sender="qmz@lists.example.org"), None),
    ("half a company", dict(sender=f"Northern Lake <{OTHER}>"), None),
    ("a site that ends so", dict(sender=OTHER, text="See https://notnorthernlake.example/ and https://northernlake.example.org/"), None),
    ("the name in the text only", dict(sender=OTHER, text="Mingzhen Qu wrote this. Mingzhen Qu"), None),
]

CALLS = "callid,caller_id_number,caller_id_name,destination_number,starting_date,duration,billsec,hangup_cause_id\n"


def call(number, caller, called, name=""):
    return f"c{number},{caller},{name},{called},2021-03-15 10:00:{number:02},10,8,16\n"


def okta(number, **actor):
    return json.dumps({"eventType": "user.session.start", "uuid": f"u{number}", "published": f"2021-03-15T10:00:{number:02}.000Z",
                       "actor": {"id": "i", "type": "User", **actor}, "client": {"ipAddress": "192.0.2.1"}, "outcome": {"result": "SUCCESS"}}) + "\n"  # fmt: skip


def registration(number, **fields):
    return json.dumps({"domain": f"d{number}.example", "created": f"2021-03-15T10:00:{number:02}Z", **fields}) + "\n"


def squid(number, method, target):
    return f"16158024{number:02}.000     10 192.0.2.9 TCP_MISS/200 500 {method} {target} - HIER_DIRECT/198.51.100.1 text/html\n"


def zeek_dns(number, query):
    return json.dumps({"_path": "dns", "ts": 1615802400.0 + number, "uid": f"C{number}", "id.orig_h": "192.0.2.9", "id.orig_p": 1, "id.resp_h": "192.0.2.53",
                       "id.resp_p": 53, "proto": "udp", "trans_id": 1, "query": query, "qclass": 1, "qtype": 1, "rcode": 0}) + "\n"  # fmt: skip


def barracuda(number, sender):
    return json.dumps({"env_from": "bounce@post.example", "hdr_from": sender, "hdr_to": "jo@parliament.example", "recipient_count": 1, "message_id": f"m{number}",
                       "timestamp": f"2021-03-15T10:00:{number:02}Z", "subject": "s", "src_ip": "192.0.2.1"}) + "\n"  # fmt: skip


# Of other logs: a file, its lines, and for each whom it is like.
LOGS = {
    "calls.csv": (CALLS, [
        (call(1, "+86 27 5550 1234", "100"), ("902", "caller_id_number", 100)),
        (call(2, "100", "0086-27-55501234"), ("902", "destination_number", 100)),
        (call(3, "862755501234", "100"), ("902", "caller_id_number", 100)),
        (call(4, "+49301234567", "100", "Qu Mingzhen"), ("901", "caller_id_name", 100)),
        (call(5, "55501234", "100"), None),
        (call(6, "+862755501235", "100"), None),
        (call(7, "+18627555012", "34"), None),
    ]),
    "okta.jsonl": ("", [
        (okta(1, alternateId="qmz@lists.example", displayName="Somebody"), ("901", "actor.alternateId", 100)),
        (okta(2, alternateId="a@parliament.example", displayName="QU Mingzhen"), ("901", "actor.displayName", 100)),
        (okta(3, alternateId="mingzhen.qu@parliament.example", displayName="Ming-Zhen Qu"), ("901", ["actor.alternateId", "actor.displayName"], 95)),
        (okta(4, alternateId="qu@parliament.example", displayName="Qu"), None),
        (okta(5, alternateId="m.qu@parliament.example", displayName="Mingzhen"), None),
    ]),
    "domains.jsonl": ("", [
        (registration(1, registrant={"name": "Qu Mingzhen", "email": "x@post.example"}), ("901", "registrant.name", 100)),
        (registration(2, registrant={"organization": "Northern Lake Information Company"}), ("902", "registrant.organization", 95)),
        (registration(3, registrant={"email": "qmz@lists.example"}), ("901", "registrant.email", 100)),
        (registration(4, registrar="Qu Mingzhen"), None),
        (registration(5, registrant={"name": "Qu Ming"}), None),
    ]),
    "proxy.log": ("", [
        (squid(1, "GET", "http://www.northernlake.example/a.html"), ("902", "c-uri", 95)),
        (squid(2, "CONNECT", "mail.northernlake.example:443"), ("902", "c-uri", 95)),
        (squid(3, "GET", "http://post.example/?u=http://www.northernlake.example/"), None),
        (squid(4, "CONNECT", "northernlake.example.org:443"), None),
    ]),
    "dns.log": ("", [
        (zeek_dns(1, "www.northernlake.example"), ("902", "query", 95)),
        (zeek_dns(2, "lake.example"), None),
        (zeek_dns(3, "mynorthernlake.example"), None),
    ]),
    "gateway.jsonl": ("", [
        (barracuda(1, '"Qu, Mingzhen" <a@post.example>'), ("901", "hdr_from", 100)),
        (barracuda(2, "x@post.example, Jo <qmz@lists.example>"), ("901", "hdr_from", 100)),
        (barracuda(3, "Jo Doe <jo@post.example>"), None),
    ]),
}  # fmt: skip


def prepare(name):
    """A folder with lists and evidence."""
    folder = pathlib.Path(name)
    for part, text in {"SDN.CSV": SDN_CSV, "ALT.CSV": ALT_CSV, "sdn.xml": SDN_XML, "uk.csv": UK_CSV}.items():
        (folder / part).write_bytes(text.encode())
    (folder / "e").mkdir()
    for number, (_, parts, _) in enumerate(MAILS):
        (folder / "e" / f"{number:02}.eml").write_bytes(mail(number, **parts).encode())
    for log, (head, rows) in LOGS.items():
        (folder / "e" / log).write_bytes((head + "".join(row for row, _ in rows)).encode())
    return folder


def listed(folder, *names):
    return [part for name in names for part in ("--persons", folder / name)]


OFAC = ("SDN.CSV", "ALT.CSV")


def planted():
    """Everything that was planted, where it was planted, and nothing else."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        status, found, told = hunt(folder / "e", *listed(folder, *OFAC))
        assert status == 1, (status, told)
        for number, (what, _, expected) in enumerate(MAILS):
            mine = [f for f in found if f["evidence_path"].endswith(f"/{number:02}.eml")]
            if what == "in characters":
                assert [f["person"]["id"] for f in mine] == ["901"], mine
            check(what, mine, expected)
        for log, (head, rows) in LOGS.items():
            at = len(head.encode())
            for row, expected in rows:
                mine = [f for f in found if f["evidence_path"].endswith("/" + log) and f["offset"] == at]
                check(row, mine, expected)
                at += len(row.encode())
        count = sum(x[-1] is not None for x in MAILS) + sum(x[-1] is not None for _, rows in LOGS.values() for x in rows)
        assert len(found) == count, (len(found), count)
        print(f"{count} planted in {len(MAILS)} mails and {len(LOGS)} logs")


def check(what, mine, expected):
    """The findings in one event against (id, field or fields, quality[, how])."""
    if not expected:
        assert not mine, (what, mine)
        return
    assert len(mine) == 1, (what, mine)
    (f,) = mine
    p = f["person"]
    fields = expected[1] if isinstance(expected[1], list) else [expected[1]]
    assert f["type"] == "person" and "indicator" not in f, what
    assert p["list"] == "OFAC" and p["id"] == expected[0], (what, p)
    assert sorted(f["matched"]) == sorted(fields), (what, f["matched"])
    assert p["quality"] == expected[2], (what, p)
    assert len(expected) < 4 or p["how"] == expected[3], (what, p)
    assert f["level"] == ("medium" if p["quality"] >= 85 else "low"), (what, f["level"])
    assert f["kind"] and f["time"].startswith("2021-03-15T10:00:") or f["evidence_path"].endswith("domains.jsonl"), (what, f)
    assert p["reason"] and p["words"].count("no proof of a person") == 1, (what, p)
    if p["id"] == "901":
        assert p["births"] == ["14 May 1983"] and "born 14 May 1983" in p["words"] and p["programmes"] == ["CYBER2"], (what, p)
    if p["id"] == "903":
        assert "births" not in p and "no date of birth given" in p["words"], (what, p)
    assert ("name" in p) == (f["rule_id"] == "listed-name"), (what, f)
    assert p.get("weak", False) == (what == "a weak alias"), (what, p)


def forms():
    """The same person by each form of list; a list each is a finding each."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        by = {}
        for part in ("SDN.CSV", "sdn.xml", "uk.csv"):
            status, found, told = hunt(folder / "e" / "00.eml", *listed(folder, part))
            assert status == 1 and len(found) == 1, (part, status, told)
            by[part] = found[0]["person"]
        assert [(p["list"], p["id"]) for p in by.values()] == [("OFAC", "901"), ("OFAC", "901"), ("UK", "CYB9001")], by
        assert by["uk.csv"]["births"] == ["14/05/1983"], by
        # Two lists: two findings, in the order of lists and numbers, whatever the order of the options.
        for order in (("uk.csv", "sdn.xml"), ("sdn.xml", "uk.csv")):
            _, found, _ = hunt(folder / "e" / "00.eml", *listed(folder, *order))
            assert [f["person"]["list"] for f in found] == ["OFAC", "UK"], (order, found)
        # Characters that the list has are exact; others that are read alike are somebody else's.
        _, found, _ = hunt(folder / "e" / "03.eml", *listed(folder, "uk.csv"))
        assert [f["person"]["quality"] for f in found] == [100], found
        (folder / "other.eml").write_text(mail(1, f"瞿明真 <{OTHER}>"), encoding="utf-8")
        status, found, _ = hunt(folder / "other.eml", *listed(folder, "uk.csv"))
        assert status == 0 and not found, found


def levels():
    """Never above medium; what is possible is low."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        _, every, _ = hunt(folder / "e", *listed(folder, *OFAC))
        _, some, _ = hunt(folder / "e", *listed(folder, *OFAC), "--level", "medium")
        status, none, told = hunt(folder / "e", *listed(folder, *OFAC), "--level", "high")
        assert {f["level"] for f in every} == {"low", "medium"}, every
        assert [f["person"] for f in some] == [f["person"] for f in every if f["person"]["quality"] >= 85] != [], some
        assert status == 0 and not none, (status, none)
        _, late, _ = hunt(folder / "e", *listed(folder, *OFAC), "--from", "2021-03-15T10:00:10Z", "--to", "2021-03-15T10:00:15Z")
        assert late and {f["time"] for f in late if f["time"]} <= {f"2021-03-15T10:00:{n}Z" for n in range(10, 15)}, late


def country():
    """A national number is one of a list only when it is known whose it is."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        (folder / "n.csv").write_text(CALLS + call(1, "(027) 5550 1234", "100"), encoding="ascii")
        status, found, _ = hunt(folder / "n.csv", *listed(folder, "SDN.CSV"))
        assert status == 0 and not found, found
        status, found, _ = hunt(folder / "n.csv", *listed(folder, "SDN.CSV"), "--country", "DE")
        assert status == 0 and not found, found
        (folder / "de.csv").write_text('905,"SOME COMPANY OF BERLIN",-0- ,"CYBER2",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"Phone Number +49 30 5550123."\r\n')
        (folder / "n.csv").write_text(CALLS + call(1, "(030) 5550123", "100"), encoding="ascii")
        _, found, _ = hunt(folder / "n.csv", *listed(folder, "de.csv"))
        assert not found, found
        _, found, _ = hunt(folder / "n.csv", *listed(folder, "de.csv"), "--country", "DE")
        assert [f["person"]["id"] for f in found] == ["905"], found


def same():
    """One worker and four, among findings of rules and indicators, in files read in parts: the same bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        chosen = rules(folder / "rules")
        (folder / "iocs.txt").write_text("bad.example\n", encoding="ascii")
        many = []
        for number in range(1, 60001):
            if number % 500 == 250:
                many.append(okta(number % 60, alternateId="a@parliament.example", displayName="Qu Ming-Zhen"))
            if number % 500 == 300:
                many.append(okta(number % 60, alternateId="x@bad.example", displayName=f"Nobody {number}"))
            many.append(lines(1, number).decode())
        (folder / "e" / "large.jsonl").write_text("".join(many), encoding="utf-8")
        options = [folder / "e", "--rules", chosen, "--intel", folder / "iocs.txt", *listed(folder, *OFAC)]
        outputs = []
        for threads in ("1", "4"):
            done = subprocess.run([BINARY, "hunt", *map(str, options), "--json", "--threads", threads], capture_output=True, check=False, timeout=250)
            assert done.returncode == 1, done.stderr
            outputs.append(done.stdout)
        assert outputs[0] == outputs[1], "findings depend on the number of workers"
        found = [json.loads(line) for line in outputs[0].splitlines()]
        large = [f for f in found if f["evidence_path"].endswith("large.jsonl") and "count" not in f]
        assert sum("person" in f for f in large) == 120 and sum("indicator" in f for f in large) == 120, len(large)
        offsets = [f["offset"] for f in large]
        assert offsets == sorted(offsets), "findings do not stand in the order of events"
        # Without lists, all else is found as it was.
        status, without, _ = hunt(folder / "e", "--rules", chosen, "--intel", folder / "iocs.txt")
        plain = [{k: v for k, v in f.items() if k != "finding"} for f in found if "person" not in f]
        assert status == 1 and [{k: v for k, v in f.items() if k != "finding"} for f in without] == plain, "lists change what else is found"


def told():
    """People read that it is a likeness, and when the one on the list was born: in the summary, the case, and of one finding."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        case = folder / "case"
        done = subprocess.run([BINARY, "hunt", folder / "e", *map(str, listed(folder, *OFAC)), "-o", case], capture_output=True, text=True, check=False)
        summary = " ".join(done.stdout.split())
        assert done.returncode == 1, done.stderr
        assert "Like a listed name, no proof of a person: Mingzhen QU (OFAC 901; CYBER2; born 14 May 1983; the same name)" in summary, done.stdout
        assert "Address, number or site of a listed name, no proof of a person: NORTHERN LAKE" in summary, done.stdout
        assert re.search(r"FOUND: \d+ findings by 3 listed names", summary), done.stdout
        assert re.search(r"Listed: \d+ persons and companies with \d+ names", summary), done.stdout
        found = [json.loads(line) for line in (case / "findings.jsonl").read_text().splitlines()]
        _, printed, _ = hunt(folder / "e", *listed(folder, *OFAC))
        assert found == printed and all(f["type"] == "person" for f in found), "the case says something else than --json"
        rows = list(csv.DictReader(io.StringIO((case / "findings.csv").read_text())))
        assert len(rows) == len(found) and all("no proof of a person" in r["matched"] for r in rows), rows
        assert all("born 14 May 1983" in r["matched"] for r, f in zip(rows, found) if f["person"]["id"] == "901"), rows
        assert rows[0]["matched"].startswith("from.name=Mingzhen Qu; Like a listed name"), rows[0]
        with sqlite3.connect(case / "case.db") as db:
            assert [json.loads(j) for (j,) in db.execute("SELECT json FROM findings ORDER BY number")] == found
        line = [json.loads(line) for line in (case / "timesketch.jsonl").read_text().splitlines()]
        assert all("no proof of a person" in t["message"] and t["person"] for t in line) and len(line) == sum(f["time"] is not None for f in found)
        show = subprocess.run([BINARY, "show", case, "1"], capture_output=True, text=True, check=False)
        assert show.returncode == 0 and "likeness   Like a listed name, no proof of a person: Mingzhen QU" in show.stdout, show.stdout
        assert "born 14 May 1983" in show.stdout and "From: Mingzhen Qu" in show.stdout, show.stdout


def lists():
    """Lists are no evidence, and one that cannot be read is told."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        (folder / "both").mkdir()
        (folder / "both" / "uk.csv").write_bytes((folder / "uk.csv").read_bytes())
        (folder / "both" / "a.eml").write_bytes((folder / "e" / "00.eml").read_bytes())
        (folder / "odd.csv").write_text("a,b\n1,2\n", encoding="ascii")
        status, found, told = hunt(folder / "both", "--persons", folder / "both" / "uk.csv", "-o", folder / "c")
        assert status == 1 and len(found) == 1, (status, told)
        with sqlite3.connect(folder / "c" / "case.db") as db:
            read = [p for (p,) in db.execute("SELECT path FROM custody")]
        assert read == [f"{folder}/both/a.eml"], read
        status, found, told = hunt(folder / "e" / "00.eml", *listed(folder, "odd.csv"))
        assert status == 2 and not found and "odd.csv" in told and "no list could be read" in told, (status, told)
        status, found, told = hunt(folder / "e" / "00.eml", *listed(folder, "uk.csv", "odd.csv"))
        assert status == 3 and len(found) == 1 and "odd.csv" in told and "NOT READ: 1 file" in told, (status, told)
        status, found, told = hunt(folder / "e" / "00.eml", "--persons", folder / "absent")
        assert status == 2 and not found and "absent" in told, (status, told)
        status, found, told = hunt(folder / "e" / "00.eml", "--persons", folder / "e")
        assert status == 2 and not found and "is no file" in told, (status, told)
        packed = folder / "uk.csv.gz"
        packed.write_bytes(__import__("gzip").compress((folder / "uk.csv").read_bytes()))
        status, found, told = hunt(folder / "e" / "00.eml", "--persons", packed)
        assert status == 1 and len(found) == 1, (status, told)
        # Nobody found: that is said, with how many were asked about.
        status, found, told = hunt(folder / "e" / "31.eml", *listed(folder, "uk.csv"))
        assert status == 0 and not found and re.search(r"NOTHING FOUND by \d+ listed names in 1 event", told), (status, told)


def hostile():
    """Names and headers of evidence that try what can be tried: bounded, and found all the same."""
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        box = folder / "box"
        froms = [
            '"' + "Qu " * 5000 + f'" <{OTHER}>',
            f'"\\x1b[31mQu Mingzhen\\x07" <{OTHER}>',
            "<" * 3000 + "qmz@lists.example" + ">" * 3000,
            ",".join(f"a{n}@b.example" for n in range(900)) + ", Qu Mingzhen <z@b.example>",
            f'"((((Qu Mingzhen" <{OTHER}>',
        ]
        box.write_text("\n".join(f"From {OTHER} Mon Mar 15 10:00:00 2021\n{mail(n, sender)}" for n, sender in enumerate(froms)), encoding="utf-8")
        status, found, told = hunt(box, *listed(folder, *OFAC))
        assert status in (1, 3) and any("from.name" in f["matched"] and f["record"] == 4 for f in found), (status, found, told)
        assert all("\x1b" not in f["person"]["words"] for f in found), found


def benign():
    """Mail that is known to be of others, against thousands of made-up persons with typical names: nobody."""
    if not (SHARED / "data/mail").is_dir():
        print("no shared data at", SHARED)
        return
    with tempfile.TemporaryDirectory() as name:
        path = os.path.join(name, "list.csv")
        count = test_person_mail.write_list(path)
        _, found, told = hunt(SHARED / "data/mail", "--persons", path)
        events = int(re.search(r"in ([\d,]+) events", told)[1].replace(",", ""))
        assert not found, [(f["matched"], f["person"]["words"]) for f in found]
        assert count > 4000 and events > 1500, (count, events)
        print(f"nobody of {count} in {events} events")


if __name__ == "__main__":
    run([planted, forms, levels, country, same, told, lists, hostile, benign])
