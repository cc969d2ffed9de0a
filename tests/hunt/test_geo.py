#!/usr/bin/env python3
"""test_geo: what is known of client addresses, with and without files, in events, findings and the case."""

import csv
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

from evidence import BINARY, run

MAKE = pathlib.Path(__file__).resolve().parent.parent / "intel" / "make_mmdb.py"
RULE = """
title: A page
id: 6d1c7c3e-5555-4a53-9d51-6d5f2d3b1a99
status: test
logsource: {category: webserver}
detection:
  page: {sc-status: 200}
  condition: page
"""
LINE = '{} - - [10/Oct/2023:13:55:36 +0000] "GET /a HTTP/1.0" 200 1 "-" "x"\n'
CLIENTS = {
    "91.1.2.3": {"country": "DE", "network": "AS64500 Example Net AG"},
    "5.6.7.8": {"country": "FR", "network": "AS64501"},
    "2001:470::1": {"country": "US"},
    "10.1.2.3": {"range": "private"},
    "100.64.0.9": {"range": "shared"},
    "104.16.1.1": {"provider": "Cloudflare"},
    "203.0.114.1": {},
}  # fmt: skip


def prepared(folder):
    root = pathlib.Path(folder)
    (root / "rules").mkdir()
    (root / "rules" / "page.yml").write_text(RULE, encoding="ascii")
    (root / "log").write_text("".join(LINE.format(client) for client in CLIENTS), encoding="ascii")
    for name in ("country", "network"):
        subprocess.run([sys.executable, MAKE, name, root / f"{name}.mmdb"], check=True)
    return root


def longwatch(*arguments):
    """Exit status, standard output, standard error."""
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, check=False, timeout=250)
    return done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace")


def clients(lines):
    return [json.loads(line)["client"] for line in lines.splitlines()]


def events_and_findings_say_what_is_known():
    with tempfile.TemporaryDirectory() as folder:
        root = prepared(folder)
        files = ["--geo", root / "country.mmdb", "--geo", root / "network.mmdb"]
        want = [{"address": address, **about} for address, about in CLIENTS.items()]
        assert clients(longwatch("events", root / "log", "--json", *files)[1]) == want
        assert clients(longwatch("hunt", root / "log", "--rules", root / "rules", "--json", *files)[1]) == want
        for workers in ("1", "2", "3"):
            assert clients(longwatch("hunt", root / "log", "--rules", root / "rules", "--json", "--threads", workers, *files)[1]) == want


def without_files_ranges_and_providers_are_known():
    with tempfile.TemporaryDirectory() as folder:
        root = prepared(folder)
        kept = ("range", "provider")
        want = [{"address": address, **{k: v for k, v in about.items() if k in kept}} for address, about in CLIENTS.items()]
        assert clients(longwatch("hunt", root / "log", "--rules", root / "rules", "--json")[1]) == want


def the_case_has_them():
    with tempfile.TemporaryDirectory() as folder:
        root = prepared(folder)
        longwatch("hunt", root / "log", "--rules", root / "rules", "-o", root / "case", "--geo", root / "network.mmdb")
        want = [("91.1.2.3", "AS64500 Example Net AG"), ("10.1.2.3", "private"), ("104.16.1.1", "Cloudflare"), ("203.0.114.1", "")]
        with open(root / "case" / "findings.csv", newline="", encoding="utf-8") as file:
            rows = {(row["client_address"], row["client_network"]) for row in csv.DictReader(file)}
        assert rows >= set(want), rows
        with sqlite3.connect(root / "case" / "case.db") as db:
            assert set(db.execute("SELECT client_address, client_network FROM findings")) == rows


def a_file_that_is_none_is_told_before_anything_is_read():
    with tempfile.TemporaryDirectory() as folder:
        root = prepared(folder)
        for command in (["events"], ["hunt", "--rules", root / "rules"]):
            for name, why in (("log", "is no MMDB file"), ("absent.mmdb", "is not there")):
                status, out, errors = longwatch(*command, root / "log", "--geo", root / name)
                assert (status, out) == (2, "") and why in errors, (status, out, errors)


if __name__ == "__main__":
    run([
        events_and_findings_say_what_is_known, without_files_ranges_and_providers_are_known, the_case_has_them,
        a_file_that_is_none_is_told_before_anything_is_read,
    ])  # fmt: skip
