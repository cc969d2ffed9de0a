#!/usr/bin/env python3
"""test_hunt_mail: a hunt through mails and a proxy's log, as a user runs it: the campaign, who opened it, what followed, in the case.

All is made up: names of RFC 2606, addresses of RFC 5737 and RFC 1918.
"""

import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
START = datetime.datetime(2021, 1, 24, 8)
PEOPLE = [f"member{number:02}@parliament.example" for number in range(20)]
TEXT = "The committee meets on Tuesday to discuss the budget and the new law on telecommunications. Several members have announced amendments, as our " \
       "correspondent reports from the capital this morning in a long article with many more words."


def token(person):
    return hashlib.sha256(person.encode()).hexdigest()[:20]


def message(number, person, sender="news@bbc-newsroom.example"):
    date = (START + datetime.timedelta(minutes=number)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    return f"""Return-Path: <bounce@bbc-newsroom.example>
Delivered-To: {person}
Received: from out.mailmerge.example (out.mailmerge.example [203.0.113.9]) by mx.parliament.example with ESMTPS for <{person}>; {date}
From: BBC News <{sender}>
To: {person}
Subject: Budget
Date: {date}
Message-ID: <{number}.x@bbc-newsroom.example>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<html><body><p>{TEXT}</p><img src="http://img.tracker-host.example/o.gif?u={token(person)}&amp;c=1" width="1" height="1"></body></html>
"""


def squid(when, address, person, agent):
    stamp = when.replace(tzinfo=datetime.timezone.utc).timestamp()
    return stamp, f'{stamp:.3f}    104 {address} TCP_MISS/200 512 GET http://img.tracker-host.example/o.gif?u={token(person)}&c=1 - HIER_DIRECT/203.0.113.5 image/gif "-" "{agent}"\n'


def audit(number, when, user, address, operation="UserLoggedIn", **more):
    return json.dumps({"CreationTime": when.isoformat(), "Id": f"{number:08}-0000-4000-8000-000000000000", "Operation": operation, "RecordType": 15, "UserType": 0, "Version": 1,
                       "Workload": "AzureActiveDirectory" if operation[0] == "U" else "Exchange", "UserId": user, "ClientIP": address, "ResultStatus": "Success", **more}) + "\n"


def evidence(folder):
    """Twenty mails; a gateway that looks at each; every third is opened two hours later; on the account of the first something follows."""
    (folder / "in/mail").mkdir(parents=True)
    fetches = []
    for number, person in enumerate(PEOPLE):
        (folder / f"in/mail/{number}.eml").write_text(message(number, person), encoding="utf-8")
        when = START + datetime.timedelta(minutes=number)
        fetches.append(squid(when + datetime.timedelta(seconds=4), "10.1.1.9", person, "Scanner"))
        if number % 3 == 0:
            fetches.append(squid(when + datetime.timedelta(hours=2), "10.1.1.1", person, "Mozilla/5.0 (Windows NT 10.0) Chrome/87.0"))
    (folder / "in/access.log").write_text("".join(line for _, line in sorted(fetches)), encoding="utf-8")
    day = datetime.timedelta(days=1)
    (folder / "in/audit.jsonl").write_text(
        audit(1, START - 20 * day, PEOPLE[0], "192.0.2.10") + audit(2, START + 9 * day, PEOPLE[0], "198.51.100.23")
        + audit(3, START + 10 * day, PEOPLE[0], "198.51.100.23", "New-InboxRule", Parameters=[{"Name": "ForwardTo", "Value": "x@mail.example"}])
        + audit(4, START + 9 * day, PEOPLE[1], "198.51.100.23"), encoding="utf-8")


def longwatch(folder, *arguments):
    return subprocess.run([BINARY, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def hunt(folder, *more):
    return longwatch(folder, "hunt", "in", "--rules", SOURCE / "data/rules", "-o", "case", "--force", *more)


def recipients(folder):
    done = longwatch(folder, "mail", "recipients", "case", "1", "--json")
    assert done.returncode == 0, done.stderr
    return {line["address"]: line for line in map(json.loads, done.stdout.splitlines())}


def opened_and_followed():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence(folder)
        (folder / "roster.csv").write_text("".join(f"{person},members\n" for person in PEOPLE[:10]), encoding="utf-8")
        done = hunt(folder, "--own-domain", "parliament.example", "--partner", "bbc.example", "--roster", "roster.csv")
        assert done.returncode == 1, done.stderr  # the forwarding rule is a finding
        assert "MAIL: 20 messages, 1 campaign\n" in done.stdout and "opened by 7, fetched for 13 more by gateways and image proxies only\n           something followed on 1 account\n" in done.stdout, done.stdout
        told = recipients(folder)
        assert set(told) == set(PEOPLE)
        for number, person in enumerate(PEOPLE):
            one = told[person]
            assert one["status"] == ("opened" if number % 3 == 0 else "fetched"), one
            if number % 3 == 0:
                assert one["opened"] == (START + datetime.timedelta(minutes=number, hours=2)).isoformat() + "Z" and one["opened_from"] == "10.1.1.1", one
            assert one["group"] == ("members" if number < 10 else ""), one
            assert one["follow_ups"] == (2 if number == 0 else 0), one
        first = told[PEOPLE[0]]["follow_ups_text"].split("\n")
        assert "new network: 198.51.100.0/24, of an account known for 29 days" in first[0] and "forwarding: Mail forwarded by an inbox rule" in first[1], first


def without_logs():
    """Mails alone: nobody is said to have opened one, nor not to have."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence(folder)
        (folder / "in/access.log").unlink()
        done = hunt(folder)
        assert "no log of this evidence says that somebody opened one" in done.stdout, done.stdout
        told = recipients(folder)
        assert {one["status"] for one in told.values()} == {"delivered"}
        assert {one["source"] for one in told.values()} == {"no log of the web holds that time"}


def no_mail_no_word():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence(folder)
        for path in (folder / "in/mail").iterdir():
            path.unlink()
        done = hunt(folder)
        assert "MAIL" not in done.stdout + done.stderr


def wrong_words():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence(folder)
        (folder / "broken.csv").write_text("no address here\nnor here\n", encoding="utf-8")
        for more, said in ((("--roster", "nowhere.csv"), "nowhere.csv"), (("--roster", "broken.csv"), "broken.csv: line"), (("--own-domain", "co.uk"), "co.uk"),
                           (("--partner", "no domain"), "no domain")):
            done = hunt(folder, *more)
            assert done.returncode == 2 and said in done.stderr, (more, done.returncode, done.stderr)
            assert not (folder / "case").exists()


def the_same_bytes():
    """With one process and with three."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence(folder)
        told = []
        for threads in (1, 3):
            hunt(folder, "--threads", threads)
            told.append((longwatch(folder, "mail", "campaigns", "case", "--json").stdout, recipients(folder)))
        assert told[0] == told[1] and told[0][0]


def main():
    passed = failed = 0
    for test in (opened_and_followed, without_logs, no_mail_no_word, wrong_words, the_same_bytes):
        try:
            test()
            passed += 1
        except AssertionError as error:
            failed += 1
            print(f"{test.__name__}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
