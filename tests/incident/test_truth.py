#!/usr/bin/env python3
"""test_truth: cases whose story is known (truth_cases.py), hunted with all rules: incidents, first and last act, accounts, addresses and objects, as
a table of what was expected and what was found. Each difference is a failure.
"""

import datetime
import sys

from case_read import SHARED, hunt
from truth_cases import CASES

PROBLEMS = []


def line(what, expected, found, right):
    print(f"  {'ok  ' if right else 'DIFF'} {what:12} {expected:58.58} {found}")
    if not right:
        PROBLEMS.append(f"{what} {expected}: {found}")


MINUTE = datetime.timedelta(minutes=1)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "")[:26])


def between(time, window):
    return time is not None and instant(window[0]) - MINUTE <= instant(time) <= instant(window[1]) + MINUTE


def account(name):
    """The name alone: jo of jo@chamber.example, CHAMBER\\jo and arn:aws:iam::1:user/jo."""
    name = name.lower()
    if name.startswith("arn:"):
        parts = name.split("/")
        return parts[1] if len(parts) > 1 else name
    return name.split("\\")[-1].split("@")[0]


def names(incident, kind):
    return {row["name"].lower(): row for row in incident["incident_entity"] if row["type"] == kind}


def has_account(incident, name):
    wanted = name.lower()
    return any(account(known) == wanted or known == wanted for known in names(incident, "account"))


def has_host(incident, name):
    return any(known == name or known.startswith(name + ".") for known in names(incident, "host"))


def has_object(incident, text):
    text = text.lower()
    columns = {
        "incident_entity": ("name",),
        "incident_event": ("what", "object", "target", "detail"),
        "incident_reach": ("name", "detail"),
        "door": ("identity", "object"),
    }
    told = [(row[column] or "").lower() for table, wanted in columns.items() for row in incident[table] for column in wanted]
    return text in told if len(text) == 1 else any(text in one for one in told)


def touches(incident, name):
    """Is a stranger told as one whom it came to, and not as one whom everybody has to do with?"""
    name = name.lower()
    for row in incident["incident_entity"]:
        if row["type"] == "account" and name in row["name"].lower() and not row["shared"]:
            return "account " + row["name"]
        if row["type"] in ("address", "host") and name == row["name"].lower() and row["role"] == "own":
            return f"{row['type']} {row['name']}"
    return ""


def compare(expected, found):
    line("first", " to ".join(expected["first"]), found["first"], between(found["first"], expected["first"]))
    line("last", " to ".join(expected["last"]), found["last"], between(found["last"], expected["last"]))
    for what, told, where in (
        ("account", has_account, "accounts"),
        ("host", has_host, "hosts"),
        ("address", lambda incident, name: name in names(incident, "address") or has_object(incident, name), "addresses"),
        ("object", has_object, "objects"),
    ):
        for name, _ in expected[where]:
            right = told(found, name)
            line(what, name, "told" if right else "not told", right)
    for name, why in expected.get("untold", []):
        told = name in names(found, "address") or has_object(found, name)
        print(f"  {'more' if told else 'miss'} {'untold':12} {name}: {why}")
    for name, _ in expected["strangers"]:
        told = touches(found, name)
        line("stranger", name, told or "not told", not told)


def best_match(expected, found):
    """The incident that tells most of what is expected."""
    def score(incident):
        return sum(has_account(incident, name) for name, _ in expected["accounts"]) + sum(
            has_object(incident, name) for name, _ in expected["objects"]
        )

    return max(found, key=score) if found else None


def main():
    if not (SHARED / "data").is_dir():
        print(f"SKIP: {SHARED}/data is not there: cases whose story is known were not hunted")
        return 77
    passed = failed = 0
    for case in CASES:
        before = len(PROBLEMS)
        found, (events, first, last) = hunt([SHARED / "data" / path for path in case["evidence"]])
        print(f"{case['name']}: {events} events, {first[:19]} to {last[:19]}")
        line("incidents", str(len(case["incidents"])), str(len(found)), len(found) == len(case["incidents"]))
        for incident in found:
            print(f"       {incident['number']:3}  {incident['first']} to {incident['last']}, {incident['score']:.1f} bans: {incident['title']}")
            for clue in incident["clues"]:
                print(f"            {clue['weight']:5.2f} {clue['type']} {clue['id']} x {clue['events']}")
        left = list(found)
        for expected in case["incidents"]:
            one = best_match(expected, left)
            if one is None:
                line("incident", expected["first"][0], "none", False)
                continue
            left.remove(one)
            compare(expected, one)
        passed, failed = (passed, failed + 1) if len(PROBLEMS) > before else (passed + 1, failed)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
