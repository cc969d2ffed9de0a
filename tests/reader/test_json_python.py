#!/usr/bin/env python3
"""test_json_python: the JSON reader against Python's own json, on random documents and on the shared data if it is there."""
import glob
import json
import os
import random
import subprocess
import sys
import tempfile

BUILD = os.environ.get("LONGWATCH_BUILD", "build")
PRINTER = os.environ.get("LONGWATCH_TEST_JSON", os.path.join(BUILD, "tests", "reader_test_json"))
SOURCE = os.environ.get("LONGWATCH_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
SHARED = os.environ.get("LONGWATCH_SHARED", os.path.join(SOURCE, "..", "shared"))


class Number(str):
    """A number as it is written."""


class Members(list):
    """An object with its members in order, repeated names kept."""


def parse(text):
    return json.loads(text, object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=Number)


def quoted(s):
    whole = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in s)
    return "".join(f"\\x{ord(c):02x}" if c == "\\" or ord(c) < 32 else c for c in whole)


def flat(value, path, out):
    if isinstance(value, Members):
        for key, inner in value:
            flat(inner, path + "." + quoted(key) if path is not None else quoted(key), out)
    elif isinstance(value, list):
        for inner in value:
            flat(inner, path, out)
    elif value is None:
        out.append(f"{path}\tz\t")
    elif isinstance(value, bool):
        out.append(f"{path}\tb\t{'true' if value else 'false'}")
    elif isinstance(value, Number):
        out.append(f"{path}\tn\t{value}")
    else:
        out.append(f"{path}\tt\t{quoted(value)}")


def records_of(path):
    """What the reader says: lists of lines, one list a record, and the damage."""
    out = subprocess.run([PRINTER, "--print", path], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
    records, damage = [], []
    for line in out.split("\n")[:-1]:
        if line.startswith("record\t"):
            records.append([])
        elif line.startswith("damage\t"):
            damage.append(line)
        elif line.split("\t")[1] != "i":
            records[-1].append(line)
    return records, damage


def any_text(r):
    pool = ["a", "Z", " ", '"', "\\", "/", "\n", "\t", "\x01", "\x7f", "é", "€", "😹", "\u2028", "\ufeff", "{", "}", "x" * 20]
    return "".join(r.choice(pool) for _ in range(r.choice((0, 1, 2, 5, 17, 40))))


def any_key(r):
    return r.choice(("a", "b", "Image", "user", "ä", "", "k" * 31, "k" * 32, "k" * 33, "x\ny", '"')) if r.random() < 0.8 \
        else "k" + str(r.randrange(300))


def any_value(r, depth):
    pick = r.random()
    if depth < 6 and pick < 0.2:
        return {any_key(r): any_value(r, depth + 1) for _ in range(r.randrange(6))}
    if depth < 6 and pick < 0.35:
        return [any_value(r, depth + 1) for _ in range(r.randrange(5))]
    return r.choice((None, True, False, 0, -1, 1.5, 1e300, -2e-7, 10**30, r.getrandbits(64), any_text(r), any_text(r)))


def random_documents():
    r = random.Random(14)
    values = 0
    for round_ in range(40):
        docs = [json.dumps({any_key(r): any_value(r, 1) for _ in range(r.randrange(8))}, ensure_ascii=r.random() < 0.5,
                           separators=r.choice(((",", ":"), (", ", ": "), (" ,\t", "\r :")))) for _ in range(100)]
        shape = round_ % 4
        text = "\n".join(docs) if shape < 2 else "".join(docs) if shape == 2 else "[" + " ,\n".join(docs) + "]"
        data = text.encode("utf-16") if shape == 1 else text.encode("utf-8")
        with tempfile.NamedTemporaryFile() as f:
            f.write(data)
            f.flush()
            got, damage = records_of(f.name)
        assert not damage, damage[:3]
        assert len(got) == len(docs), (round_, len(got))
        for doc, record in zip(docs, got):
            want = []
            flat(parse(doc), None, want)
            assert record == want, f"{doc}\n{record}\n{want}"
            values += len(want)
    print(f"ok: 4000 random documents, {values} values, no difference")


def shared_data():
    paths = sorted(glob.glob(os.path.join(SHARED, "data", "windows-json", "*.json.zst")))[:6] + \
        glob.glob(os.path.join(SHARED, "data", "m365", "*.ndjson.zst"))
    if not paths:
        print("SKIP: no shared data (LONGWATCH_SHARED): the reader was not compared on real logs")
        return
    documents = values = 0
    for path in paths:
        lines = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout.split(b"\n")[:3000]
        lines = [line for line in lines if line.strip()]
        with tempfile.NamedTemporaryFile() as f:
            f.write(b"\n".join(lines) + b"\n")
            f.flush()
            got, _ = records_of(f.name)
        assert len(got) == len(lines), path
        for line, record in zip(lines, got):
            want = []
            flat(parse(line.decode("utf-8", "replace")), None, want)
            assert record == want, f"{path}\n{record}\n{want}"
            documents += 1
            values += len(want)
    print(f"ok: {documents} real documents, {values} values, no difference")


if not os.access(PRINTER, os.X_OK):
    print(f"SKIP: {PRINTER} is not built")
    sys.exit(77)
random_documents()
shared_data()
