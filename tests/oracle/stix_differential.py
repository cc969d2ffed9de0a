"""stix_differential: generated STIX patterns on generated observations, the program against the oracle; every difference is printed.

    stix_differential.py --print build/stix_print --pairs 20000 --seed 1

A third of the patterns is about comparisons and paths, the rest about several observations. What makes a pattern true, as the program says, must
make it true alone. What the oracle cannot go through in time, and what the program gives up, are counted; a run in which that is much fails."""

import argparse
import base64
import datetime
import json
import random
import subprocess
import sys

import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import stix_oracle

TEXTS = ["", "a", "abc", "ABC", "a_c", "caf\u00e9", "cafe\u0301", "\u0103lice", "10.1.2.3", "10.1.0.0/16", "::1", "2001:db8::/32", "5", "x'y\\z",
         "2020-01-01T00:00:01Z", "2020-01-01T00:00:01.500Z", "616263", "YWJj", "\U0001f600", "line\nline", "%", "\u00ff"]
NUMBERS = [0, 1, 5, -3, 10, 10.0, 2.5, -0.5, 1e3, 12.658, 9007199254740993]
KEYS = ["n", "s", "l", "d", "b", "x_hex", "x_bin", "t", "ip", "k_ref", "k_refs", "missing", "type", "with-hyphen", "z"]
START = datetime.datetime(2020, 1, 1)


def quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def time_text(r, seconds):
    return (START + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3].rstrip("0").rstrip(".") + "Z"


def value(r, key, ids):
    if key == "n":
        return r.choice(NUMBERS)
    if key == "b":
        return r.choice([True, False, None])
    if key == "l":
        return [r.choice(TEXTS + NUMBERS) for _ in range(r.randrange(4))]
    if key == "d":
        return {k: r.choice(TEXTS + NUMBERS) for k in r.sample(["n", "s", "with-hyphen"], r.randrange(3))}
    if key == "x_hex":
        return r.choice(["616263", "61", "", "6", "zz", "0103ff", "FF"])
    if key == "x_bin":
        return r.choice([base64.b64encode(t.encode()).decode() for t in TEXTS] + ["==", "YQ", "/w=="])
    if key == "t":
        return r.choice([time_text(r, r.randrange(4)), "2020-01-01T00:00:01.1234567890123Z", "never", "3012-08-17T17:43:55Z"])
    if key == "ip":
        return r.choice(["10.1.2.3", "10.1.0.0/16", "10.1.2.0/24", "::1", "2001:db8::5", "none"])
    if key == "k_ref":
        return r.choice(ids + ["9"])
    if key == "k_refs":
        return [r.choice(ids + ["9"]) for _ in range(r.randrange(3))]
    return r.choice(TEXTS)


def object_of(r, ids):
    keys = r.sample([k for k in KEYS if k not in ("missing", "type")], r.randrange(3, 9))
    return {"type": r.choice(["a", "a", "b-c"]), **{k: value(r, k, ids) for k in keys}}


def observation(r, rich, span):
    first = r.randrange(0, span * 2) / 2
    last = first + r.choice([0, 0, 0, 0, 0.5, 1])
    if rich:
        ids = [str(i) for i in range(r.randrange(1, 4))]
        objects = {i: object_of(r, ids) for i in ids}
    else:
        objects = {"0": {"type": "a", "n": r.randrange(3)}}
    return {"type": "observed-data", "first_observed": time_text(r, first), "last_observed": time_text(r, last),
            "number_observed": r.choice([1, 1, 1, 1, 2]), "objects": objects}


def literal(r):
    what = r.randrange(12)
    if what < 5:
        return quote(r.choice(TEXTS))
    if what < 8:
        n = r.choice(NUMBERS)
        return r.choice([f"{n}" if "e" not in repr(n) else "1000.0", f"+{abs(n)}" if abs(n) < 900 else "1000", ".5", "-.5", "10.00"])
    if what == 8:
        return r.choice(["true", "false"])
    if what == 9:
        return "h" + quote(r.choice(["616263", "61", "", "0103FF", "ff"]))
    if what == 10:
        return "b" + quote(base64.b64encode(r.choice([b"abc", b"a", b"\x01\x03\xff"])).decode())
    return "t" + quote(r.choice([time_text(r, r.randrange(4)), "2020-01-01T00:00:01.1234567890123Z", "2020-02-30T00:00:00Z", "3012-08-17T17:43:55Z"]))


def path(r):
    steps = [r.choice(KEYS)]
    out = (steps[0] if "-" not in steps[0] and r.random() < 0.9 else quote(steps[0]))
    for _ in range(r.choice([0, 0, 0, 1, 1, 2, 3])):
        last = steps[-1]
        if last in ("l", "k_refs") and r.random() < 0.8:
            steps.append("i")
            out += r.choice(["[*]", "[0]", "[1]", "[-1]", "[+0]", "[*]"])
        elif r.random() < 0.9:
            steps.append(r.choice(KEYS))
            out += "." + (steps[-1] if "-" not in steps[-1] else quote(steps[-1]))
        else:
            steps.append("i")
            out += r.choice(["[*]", "[0]"])
    if steps[-1] in ("l", "k_refs") and r.random() < 0.7:
        out += r.choice(["[*]", "[0]", "[1]"])
    return r.choice(["a", "a", "a", "b-c"]) + r.choice([":", " : ", ":"]) + out


def test(r):
    what = r.random()
    negated = r.choice(["", "", " NOT"])
    if what < 0.07:
        return r.choice(["EXISTS ", "NOT EXISTS "]) + path(r)
    if what < 0.15:
        return path(r) + f"{negated} IN (" + ", ".join(literal(r) for _ in range(r.randrange(3))) + ")"
    if what < 0.25:
        pattern = r.choice(TEXTS + ["%b%", "_b_", "a%", "%", "caf_", "caf__", "%\u00ff"])
        return path(r) + f"{negated} LIKE " + quote(pattern)
    if what < 0.35:
        pattern = r.choice(["a", "^a", "c$", "a.c", "(?i)ABC", "[a-c]+", "\\x61", "^$", "caf\u00e9", "cafe\u0301", "caf.$", "\u0103", "\\.", "(", "e.l"])
        return path(r) + f"{negated} MATCHES " + quote(pattern)
    if what < 0.43:
        net = r.choice(["10.0.0.0/8", "10.1.2.3", "10.1.2.99/24", "10.1.2.3/32", "::/0", "2001:db8::/32", "0.0.0.0/0", "none", "10.1.2.3/33"])
        where = r.choice(["a:ip", "a:ip", "a:s", "a:l[*]", "a:n", "b-c:ip"])
        return where + f"{negated} " + r.choice(["ISSUBSET", "ISSUPERSET"]) + " " + quote(net)
    return path(r) + f"{negated} " + r.choice(["=", "==", "!=", "<>", "<", ">", "<=", ">=", "=", "="]) + r.choice([" ", ""]) + literal(r)


def comparisons(r, depth=0):
    parts = [test(r) if depth > 2 or r.random() < 0.8 else "(" + comparisons(r, depth + 1) + ")" for _ in range(r.choice([1, 1, 2, 3]))]
    out = parts[0]
    for p in parts[1:]:
        out += r.choice([" AND ", " OR ", " /* x */ AND\n", "\u00a0OR "]) + p
    return out


def qualifiers(r, span, strict_order=True):
    out = ""
    for kind in r.sample(["START", "WITHIN", "REPEATS"], r.choice([0, 0, 0, 1, 1, 2])):
        if kind == "START":
            a = r.randrange(0, span * 2) / 2
            out += f" START t'{time_text(r, a)}' STOP t'{time_text(r, a + r.choice([0.5, 1, 2, 3, 5]))}'"
        elif kind == "WITHIN":
            out += f" WITHIN {r.choice(['0.5', '1', '1.5', '2', '3', '0.75', '2.25'])} SECONDS"
        else:
            out += f" REPEATS {r.choice([1, 2, 2, 3])} TIMES"
    return out


def observations_pattern(r, span, depth=0):
    def part():
        if depth < 2 and r.random() < 0.35:
            return "(" + observations_pattern(r, span, depth + 1) + ")" + qualifiers(r, span)
        return f"[a:n {r.choice(['=', '=', '!=', '<'])} {r.randrange(3)}]" + (qualifiers(r, span) if r.random() < 0.4 else "")

    out = part()
    for _ in range(r.choice([0, 1, 1, 2]) if depth else r.choice([0, 1, 1, 2, 3])):
        out += r.choice([" AND ", " AND ", " OR ", " FOLLOWEDBY ", " FOLLOWEDBY "]) + part()
    return out


def mutated(r, text):
    at = r.randrange(len(text))
    what = r.randrange(3)
    return text[:at] + text[at + 1:] if what == 0 else text[:at] + r.choice("'[]()\\ ANDx1.,=*/") + text[at:] if what == 1 else text[:at]


def one(r):
    if r.random() < 0.4:
        observations = [observation(r, True, 3) for _ in range(r.choice([1, 1, 2]))]
        pattern = "[" + comparisons(r) + "]"
    else:
        span = r.choice([2, 4, 6])
        observations = [observation(r, False, span) for _ in range(r.randrange(1, 6))]
        pattern = observations_pattern(r, span) + qualifiers(r, span) if r.random() < 0.5 else "(" + observations_pattern(r, span) + ")" + qualifiers(r, span)
    if r.random() < 0.04:
        pattern = mutated(r, pattern)
    return pattern, observations


def expected(pattern, observations):
    try:
        return "yes" if stix_oracle.match(pattern, observations) else "no"
    except stix_oracle.Refused:
        return "refused"
    except stix_oracle.TooMuch:
        return None


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--print", required=True)
    options.add_argument("--pairs", type=int, default=20000)
    options.add_argument("--seed", type=int, default=1)
    o = options.parse_args()
    r = random.Random(o.seed)
    pairs = [one(r) for _ in range(o.pairs)]
    text = "".join(json.dumps({"pattern": p, "strict": True, "observations": obs}) + "\n" for p, obs in pairs)
    done = subprocess.run([getattr(o, "print")], input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{getattr(o, 'print')} ended with {done.returncode}: {done.stderr.decode()}")
    answers = done.stdout.decode("utf-8", "replace").split("\n")[:-1]
    assert len(answers) == len(pairs)
    counts, wrong = {}, 0
    for (pattern, observations), answer in zip(pairs, answers):
        word = answer.split(" ")[0]
        want = expected(pattern, observations)
        counts[(want, word)] = counts.get((want, word), 0) + 1
        complaint = None
        if want is None or word == "given":
            continue
        if word != want:
            complaint = f"the program says {answer!r}, the oracle {want}"
        elif word == "yes":
            alone = sorted({int(h.split(":")[1]) for h in answer.split(" ")[1].split(",")})
            if expected(pattern, [observations[i] for i in alone]) == "no":
                complaint = f"what is said to make it true does not: {answer}"
        if complaint:
            wrong += 1
            if wrong < 10:
                print(f"{complaint}\n  {pattern!r}\n  {json.dumps(observations)}", file=sys.stderr)
    print(f"patterns of STIX: {len(pairs)} pairs, " + ", ".join(f"{w} {n}" for (w, _), n in sorted(counts.items(), key=str)) + f"; {wrong} differ")
    unknown = sum(n for (want, word), n in counts.items() if want is None or word == "given")
    for word in ("yes", "no", "refused"):
        if sum(n for (want, _), n in counts.items() if want == word) < len(pairs) // 50:
            sys.exit(f"too few pairs are {word}: the generator tells nothing")
    if unknown > len(pairs) // 10:
        sys.exit(f"{unknown} pairs could not be told")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
