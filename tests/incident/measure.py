#!/usr/bin/env python3
# measure: what a hunt finds in exercises, against the truth they come with. Usage: measure.py --binary B [--rules DIR] [--seeds 1-20] [--benign] [--keep DIR]
#
# An incident belongs to the intrusion most of whose events it holds, if most of its own acts are that intrusion's; what belongs to none is a false one.
# Events are compared by file, record and offset; what the institution did in answer, and what others noticed, counts neither way.
import argparse
import collections
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from datetime import datetime, timezone

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def when(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def make(binary, folder, seed, benign, more=()):
    subprocess.run([binary, "exercise", "--seed", str(seed), "-o", folder, *(["--benign"] if benign else []), *more],
                   check=True, stdout=subprocess.DEVNULL)


def hunt(binary, folder, rules):
    case = os.path.join(folder, "case")
    shutil.rmtree(case, ignore_errors=True)
    command = [binary, "hunt", os.path.join(folder, "evidence"), "--own-domain", "chamber.example", "--roster",
               os.path.join(folder, "roster.csv"), "-o", case, "--quiet"]
    for path in rules:
        command += ["--rules", path]
    status = subprocess.run(command, env=dict(os.environ, LONGWATCH_CACHE="off"), stdout=subprocess.DEVNULL).returncode
    assert status in (0, 1), status
    return os.path.join(case, "case.db")


def place(event):
    return (event["file"], event["record"], event["offset"])


def incidents_of(database, folder):
    db = sqlite3.connect(database)
    base = os.path.join(folder, "evidence") + "/"
    out = []
    for number, title, score, first, last, state, began in db.execute(
            "SELECT number, title, score, first, last, state, began FROM incident ORDER BY number"):
        events = set()
        for path, record, offset in db.execute(
                "SELECT evidence_path, record, offset FROM incident_event WHERE incident = ?", (number,)):
            events.add((path[len(base):], record, offset))
        clues = db.execute("SELECT c.id, c.weight, c.title FROM clue c JOIN incident_clue i ON i.clue = c.number WHERE i.incident = ? ORDER BY c.weight DESC",
                           (number,)).fetchall()
        doors = db.execute("SELECT kind, identity, state, how FROM door WHERE incident = ?", (number,)).fetchall()
        out.append(dict(number=number, title=title, score=score, first=when(first), last=when(last), state=state, began=began,
                        events=events, clues=clues, doors=doors))
    return out


def judge(truth, found, tell):
    """Counts over one exercise."""
    result = collections.Counter()
    neutral = set()
    planted = {}
    for intrusion in truth["intrusions"]:
        planted[intrusion["id"]] = {place(e) for e in intrusion["events"]}
        for key in ("symptoms", "responses"):
            neutral |= {place(e) for e in intrusion.get(key, [])}
    of = collections.defaultdict(list)
    for incident in found:
        shares_all = set().union(*planted.values()) if planted else set()
        shares = {name: len(incident["events"] & events) for name, events in planted.items()}
        name = max(shares, key=lambda n: shares[n], default=None)
        # Zeek writes of one visit a name, a connection and a request; the truth names one of them.
        own = len({e for e in incident["events"] - neutral if not e[0].startswith("zeek/") or e in shares_all})
        if name is None or shares[name] * 2 <= own:
            result["false"] += 1
            tell("  FALSE  %s (%.1f bans): %s" % (incident["title"], incident["score"],
                                                 "; ".join("%s %.1f" % c[:2] for c in incident["clues"][:6])))
            continue
        of[name].append(incident)
        result["foreign events"] += own - shares[name]
    for intrusion in truth["intrusions"]:
        mine = of[intrusion["id"]]
        events = planted[intrusion["id"]]
        result["intrusions"] += 1
        result["events"] += len(events)
        if not mine:
            tell("  MISSED %s" % intrusion["shape"])
            continue
        got = set().union(*(i["events"] for i in mine)) & events
        result["found"] += 1
        result["incidents"] += len(mine)
        result["found events"] += len(got)
        first, last = min(i["first"] for i in mine), max(i["last"] for i in mine)
        dwell = abs(((last - first) - (when(intrusion["last"]) - when(intrusion["first"]))).total_seconds()) / 86400
        result["dwell right"] += dwell <= 1
        doors = {(d[0], d[1]): d[2] for i in mine for d in i["doors"]}
        right = 0
        wrong = []
        for door in intrusion["doors"]:
            got_state = doors.get((door["kind"], door["identity"]))
            right += got_state == door["state"]
            if got_state != door["state"]:
                wrong.append("%s %s is %s, told %s" % (door["kind"], door["identity"], door["state"], got_state))
        result["doors"] += len(intrusion["doors"])
        result["doors right"] += right
        tell("  %-18s %d incident%s, %d of %d events (%.3f), %d too many, dwell off by %.1f days, doors %d of %d" %
             (intrusion["shape"], len(mine), "" if len(mine) == 1 else "s", len(got), len(events), len(got) / len(events),
              sum(len({e for e in i["events"] - neutral - events if not e[0].startswith("zeek/")}) for i in mine), dwell, right, len(intrusion["doors"])))
        for w in wrong:
            tell("      door " + w)
        missed = collections.Counter((e["source"], e["technique"]) for e in intrusion["events"] if place(e) not in got)
        if missed:
            tell("      missed " + ", ".join("%s %s: %d" % (*k, n) for k, n in missed.most_common(8)))
        for i in mine:
            tell("      #%d %.1f bans: %s" % (i["number"], i["score"], "; ".join("%s %.1f" % c[:2] for c in i["clues"][:8])))
    return result


def seeds_of(text):
    for part in text.split(","):
        low, _, high = part.partition("-")
        yield from range(int(low), int(high or low) + 1)


def run(binary, seeds, rules, benign, keep, tell):
    total = collections.Counter()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as temporary:
            folder = os.path.join(keep, "%d%s" % (seed, "b" if benign else "")) if keep else os.path.join(temporary, "x")
            if not os.path.exists(folder):
                make(binary, folder, seed, benign)
            with open(os.path.join(folder, "TRUTH.json"), encoding="utf-8") as file:
                truth = json.load(file)
            found = incidents_of(hunt(binary, folder, rules), folder)
            tell("seed %d%s: %d intrusions, %d incidents" % (seed, ", benign" if benign else "", len(truth["intrusions"]), len(found)))
            total += judge(truth, found, tell)
            sys.stdout.flush()
    return total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rules", action="append", default=[])
    parser.add_argument("--seeds", default="1-20")
    parser.add_argument("--benign", action="store_true")
    parser.add_argument("--keep")
    a = parser.parse_args()
    rules = a.rules or [os.path.join(SOURCE, "data", "rules")]
    total = run(a.binary, seeds_of(a.seeds), rules, a.benign, a.keep, print)
    print("intrusions %d, found %d; events %d, found %d (%.4f), %d that are none; %.2f incidents each; false incidents %d; "
          "dwell right %d; doors right %d of %d" %
          (total["intrusions"], total["found"], total["events"], total["found events"], total["found events"] / max(1, total["events"]),
           total["foreign events"], total["incidents"] / max(1, total["found"]), total["false"], total["dwell right"],
           total["doors right"], total["doors"]))


if __name__ == "__main__":
    main()
