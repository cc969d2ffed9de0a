#!/usr/bin/env python3
# test_exercise_found: an exercise with all five shapes of intrusion and a benign one, hunted: every intrusion is one incident, with its events, its dwell time and its
# doors; nothing else is. `./dev measure` does the same with twenty of each.
import collections
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import measure  # noqa: E402

BINARY = os.environ["LONGWATCH_BINARY"]
CHECKED = bool(os.environ.get("LONGWATCH_CHECKED"))  # under sanitizers, some ten times slower: one intrusion instead of five, and no benign house
RULES = [os.path.join(measure.SOURCE, "data", "rules")]


def total(seeds, benign):
    lines = []
    counts = measure.run(os.path.abspath(BINARY), seeds, RULES, benign, None, lines.append)
    return counts, "\n".join(lines)


def what_is_hidden_is_found():
    n, told = total([5 if CHECKED else 9], False)
    assert n["intrusions"] == n["found"] == (1 if CHECKED else 5), told
    assert n["found events"] >= 0.95 * n["events"], told
    assert n["incidents"] <= 1.2 * n["found"] and n["false"] == 0, told
    assert n["dwell right"] == n["intrusions"], told
    assert n["doors right"] == n["doors"], told


def everyday_life_is_none():
    n, told = total([9], True)
    assert n == collections.Counter(), told
    assert "0 incidents" in told, told


passed = failed = 0
if CHECKED:
    print("SKIP everyday_life_is_none: left out, the sanitized program is slow")
for case in (what_is_hidden_is_found,) if CHECKED else (what_is_hidden_is_found, everyday_life_is_none):
    try:
        case()
        passed += 1
    except AssertionError as wrong:
        failed += 1
        print("%s: %s" % (case.__name__, wrong))
print("%d passed, %d failed%s" % (passed, failed, ", 1 skipped" if CHECKED else ""))
sys.exit(failed > 0)
