#!/usr/bin/env python3
"""test_mail_truth: what must not be said of whoever received a mail. Each case is a small evidence of its own: mails with a token for each of four
people, and a few lines of logs; what is told of each is what the lines can bear, and no more."""

import json
import pathlib
import subprocess
import tempfile

from evidence import BINARY, SOURCE, run

PEOPLE = ("alice", "bob", "carol", "dave")
HEAD = "Received: from m1.sender.test (m1.sender.test [198.51.100.9]) by mx.parl.example;\n\t{when}\n"


def mail(name, url, when="Mon, 13 Sep 2021 09:00:00 +0000", to=None):
    return (
        f"Return-Path: <desk@sender.test>\nDelivered-To: {name}@parl.example\n{HEAD.format(when=when)}From: Desk <desk@sender.test>\nTo: {to or name + '@parl.example'}\n"
        f"Subject: The budget and what it leaves out\nDate: Mon, 13 Sep 2021 08:59:00 +0000\nMessage-ID: <{name}@m1.sender.test>\nContent-Type: text/html\n\n"
        f'<p>Eight weeks of talks and still no budget: who decides what when nobody wants to be the first to move, and what is it that nobody says in public.</p><img src="{url}" width=1 height=1>\n'
    )


def told(files):
    """Recipient -> what is told, of the first campaign."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        for name, text in files.items():
            (place / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (place / "in" / name).write_text(text, encoding="utf-8")
        subprocess.run([BINARY, "hunt", place / "in", "--rules", SOURCE / "data/rules", "-o", place / "case", "--quiet", "--own-domain", "parl.example"], check=False, stdout=subprocess.DEVNULL)
        done = subprocess.run([BINARY, "mail", "recipients", place / "case", "1", "--json"], capture_output=True, check=True)
    return {row["address"].partition("@")[0]: row for row in map(json.loads, done.stdout.splitlines())}


def mails(url, **more):
    return {f"mail/{name}.eml": mail(name, url.format(f"{name}7f3a9c1e55"), **more) for name in PEOPLE}


def proxy(*lines):
    """(time of day or day and time, client, account, request)"""
    return "".join(f'{client} - {account} [{when} +0000] "{request} HTTP/1.1" 200 43 "-" "Mozilla/5.0 (X11; Linux x86_64) Firefox/91.0"\n' for when, client, account, request in lines)


def a_visit_to_a_host_that_everybody_visits_is_no_opening():
    logs = {"logs/proxy": proxy(("02/Nov/2021:10:00:00", "10.0.0.7", "alice", "CONNECT www.google.com:443"), ("02/Nov/2021:10:00:05", "10.0.0.8", "-", "GET http://a.example/x"))}
    rows = told(mails("https://www.google.com/url?id={}") | logs)
    assert not [name for name, row in rows.items() if row["status"] == "opened"], rows
    for host in ("www.lemonde.fr", "list-manage.com", "mail.gmail.com", "fonts.gstatic.com"):
        rows = told(mails(f"https://{host}/p/?mc={{}}") | {"logs/proxy": proxy(("14/Sep/2021:10:00:00", "10.0.0.7", "dave", f"CONNECT {host}:443"))})
        assert rows["dave"]["status"] != "opened", (host, rows["dave"])


def a_visit_to_a_host_that_was_visited_before_is_none_either():
    logs = {"logs/proxy": proxy(("01/Sep/2021:10:00:00", "10.0.0.7", "alice", "CONNECT img.sender.test:443"), ("02/Nov/2021:10:00:00", "10.0.0.7", "alice", "CONNECT img.sender.test:443"))}
    rows = told(mails("https://img.sender.test/{}.gif") | logs)
    assert rows["alice"]["status"] != "opened", rows["alice"]
    logs = {"logs/proxy": proxy(("14/Sep/2021:10:00:00", "10.0.0.7", "alice", "CONNECT img.sender.test:443"))}
    rows = told(mails("https://img.sender.test/{}.gif") | logs)
    assert rows["alice"]["status"] == "opened" and rows["bob"]["status"] != "opened", rows


def nobody_opens_a_mail_before_it_comes():
    logs = {"logs/proxy": proxy(("10/Sep/2021:09:00:00", "10.0.0.9", "-", "GET https://img.sender.test/alice7f3a9c1e55.gif"), ("15/Sep/2021:09:00:00", "10.0.0.8", "-", "GET https://img.sender.test/bob7f3a9c1e55.gif"))}
    rows = told(mails("https://img.sender.test/{}.gif") | logs)
    assert rows["alice"]["status"] == "fetched" and "before it was delivered" in rows["alice"]["source"], rows["alice"]
    assert rows["bob"]["status"] == "opened", rows["bob"]


def names_of_files_decide_nothing():
    """Each mail lies twice, as it came and ten minutes later in a journal; a gateway fetched it when it came."""
    logs = {"logs/proxy": proxy(*((f"13/Sep/2021:09:00:0{5 + n}", "203.0.113.5", "-", f"GET https://img.sender.test/{name}7f3a9c1e55.gif") for n, name in enumerate(PEOPLE)))}
    both = []
    for inbox, journal in (("a", "b"), ("b", "a")):
        files = {f"{folder}/{name}.eml": mail(name, f"https://img.sender.test/{name}7f3a9c1e55.gif", when) for name in PEOPLE
                 for folder, when in ((inbox, "Mon, 13 Sep 2021 09:00:00 +0000"), (journal, "Mon, 13 Sep 2021 09:10:00 +0000"))}  # fmt: skip
        both.append({name: (row["status"], row["first"]) for name, row in told(files | logs).items()})
    assert both[0] == both[1] == dict.fromkeys(PEOPLE, ("fetched", "2021-09-13T09:00:00Z")), both


def who_asked_is_told():
    logs = {"logs/proxy": proxy(("15/Sep/2021:09:00:00", "10.0.0.8", "carol", "GET https://img.sender.test/bob7f3a9c1e55.gif"))}
    rows = told(mails("https://img.sender.test/{}.gif") | logs)
    assert "by account carol" in rows["bob"]["source"], rows["bob"]


def a_list_takes_nobodys_token():
    logs = {"logs/proxy": proxy(*((f"15/Sep/2021:09:{n}7:00", f"10.0.0.{n}", "-", f"GET https://img.sender.test/{name}7f3a9c1e55.gif") for n, name in enumerate(PEOPLE)))}
    rows = told(mails("https://img.sender.test/{}.gif", to="press-list@parl.example") | logs)
    assert {name: rows[name]["status"] for name in PEOPLE} == dict.fromkeys(PEOPLE, "opened"), rows


run([a_visit_to_a_host_that_everybody_visits_is_no_opening, a_visit_to_a_host_that_was_visited_before_is_none_either, nobody_opens_a_mail_before_it_comes,
     names_of_files_decide_nothing, who_asked_is_told, a_list_takes_nobodys_token])  # fmt: skip
