#!/usr/bin/env python3
"""test_oracle: an archive read by a second program (oracle.py) that was written from the documents alone says what the program says of it, and what
the evidence itself says: JSON by Python's own parser, CSV by Python's, hashes by hashlib."""

import collections
import csv
import datetime
import gzip
import io
import json
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
import oracle  # noqa: E402
from evidence import BINARY, SHARED, SOURCE, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"
SETS = ("cdr", "cloud", "evtx", "linux", "m365", "mail", "vendor-logs", "web", "windows-json", "zeek")
CHECKED = "LONGWATCH_CHECKED" in os.environ


def longwatch(*words, status=(0, 3)):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False)
    assert done.returncode in status, (words, done.returncode, done.stderr[-2000:])
    return done.stdout


def read(folder):
    """The archive, every file of it looked at."""
    archive = oracle.Archive(folder)
    assert archive.strays() == [], archive.strays()
    return archive


def text_of(data):
    """UTF-8, of what is none a U+FFFD for each byte."""
    out = ""
    while data:
        try:
            return out + data.decode()
        except UnicodeDecodeError as wrong:
            out += data[: wrong.start].decode() + "\ufffd"
            data = data[wrong.start + 1 :]
    return out


def guid(data):
    a, b, c = struct.unpack("<IHH", data[:8])
    return f"{{{a:08X}-{b:04X}-{c:04X}-{data[8:10].hex().upper()}-{data[10:].hex().upper()}}}"


def filetime(data):
    (ticks,) = struct.unpack("<Q", data)
    if ticks == 0 or (ticks - 116444736000000000) * 100 >= 1 << 63:
        return f"0x{ticks:x}"
    when = datetime.datetime(1601, 1, 1) + datetime.timedelta(seconds=ticks // 10**7)
    return when.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + f".{ticks % 10**7:07}Z"


def systemtime(data):
    year, month, _, day, hour, minute, second, ms = struct.unpack("<8H", data)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"


def sid(data):
    revision, count = data[:2]
    parts = struct.unpack(f"<{count}I", data[8 : 8 + 4 * count])
    return "-".join(map(str, ("S", revision, int.from_bytes(data[2:8], "big"), *parts)))


def utf16(data):
    text = data.decode("utf-16-le", "surrogatepass")
    text = "".join("\ufffd" if 0xD800 <= ord(each) < 0xE000 else each for each in text)
    return text[:-1] if text.endswith("\0") else text


# What a person and a rule see of each raw type: event/record.h.
SHOWN = {
    "null": lambda data: None,
    "text": text_of,
    "number": bytes.decode,
    "bool": bytes.decode,
    "utf16": utf16,
    "i64": lambda data: str(struct.unpack("<q", data)[0]),
    "u64": lambda data: str(struct.unpack("<Q", data)[0]),
    "f64": lambda data: struct.unpack("<d", data)[0],
    "win_bool": lambda data: "true" if any(data) else "false",
    "guid": guid,
    "filetime": filetime,
    "systemtime": systemtime,
    "sid": sid,
    "hex32": lambda data: f"0x{int.from_bytes(data, 'little'):x}",
    "hex64": lambda data: f"0x{int.from_bytes(data, 'little'):x}",
    "binary": lambda data: data.hex().upper(),
}


def alike(shown, told):
    if isinstance(shown, float):
        return float(told) == shown or shown != shown
    if told is not None and shown is not None and "[cut here:" in told[-60:]:
        return shown.startswith(told[: told.rindex("[cut here:") - 4])
    return shown == told


def nanoseconds(text):
    if text is None:
        return None
    seconds, _, decimals = text.rstrip("Z").partition(".")
    when = datetime.datetime.strptime(seconds, "%Y-%m-%dT%H:%M:%S") - datetime.datetime(1970, 1, 1)
    return (when.days * 86400 + when.seconds) * 10**9 + int((decimals or "0").ljust(9, "0"))


ZONES = ("given", "assumed", "corrected", "unsure")
PRECISIONS = ("s", *"123456789", "m", "d")


def place(event):
    return (event["evidence_path"], event["evidence_sha256"], event["offset"], event["record"], event.get("salvaged", False))


def place_of(record):
    of = record["source"]
    digest = of["sha256"].hex() if any(of["sha256"]) else ""
    return (text_of(of["path"]), digest, record["offset"], record["number"], record["salvaged"])


def as_told(folder, records):
    """`archive cat` tells what the records are, no more and no less. How many there are."""
    told = collections.defaultdict(list)
    for line in longwatch("archive", "cat", folder).splitlines():
        event = json.loads(line)
        told[place(event)].append(event)
    for record in records:
        of_it = told.pop(place_of(record), None)
        assert of_it, ("not told", place_of(record))
        if len(of_it) > 1:
            continue  # a list of which each element is an event, or records of one number and place
        (event,) = of_it
        where = place_of(record)
        assert event["reader"] == record["source"]["reader"].decode(), where
        kind = record["kind"].decode()
        assert (event["kind"] or "") == kind or event["kind"].startswith(kind + "/"), (where, kind, event["kind"])
        assert (event["time"] is None) == (record["when"] is None), where
        if event["zone"] != "corrected":
            assert nanoseconds(event["time"]) == record["when"], (where, event["time"], record["when"])
        if record["own"] is not None and record["own"] == record["when"] and event["zone"] != "corrected":
            assert (event["zone"], event["precision"]) == (ZONES[record["zone"]], PRECISIONS[record["precision"]]), where
            if record["time_text"]:
                assert event["time_text"].startswith(text_of(record["time_text"])[:60].rstrip("\ufffd")), where
        same_fields(where, event["fields"], record["fields"])
    assert not told, ("never kept", list(told)[:3])
    return len(records)


def same_fields(where, told, kept):
    """Under each name that both have there are the same values; and every value that was kept is told under some name."""
    mine = collections.defaultdict(list)
    for name, raw, data, inner, _ in kept:
        if inner < 2:
            mine[name].append((SHOWN[raw](data), inner))
    everything = [value for values in told.values() for value in (values if isinstance(values, list) else [values])]
    for name, values in mine.items():
        if name in told:
            said = told[name] if isinstance(told[name], list) else [told[name]]
            if len(said) == len(values) and all(alike(shown, each) for (shown, _), each in zip(values, said)):
                continue
            # A kind may read more out of a field, or put another's values under its name.
        for shown, inner in values:
            assert inner or any(alike(shown, each) for each in everything), (where, name, shown)


# ---- against the evidence: JSON ----

OUTER = ("AuditData", "CloudTrailEvent", "_raw", "result")
SECOND = ("InitiatedBy", "TargetResources", "AdditionalDetails", "Status", "DeviceDetail", "LocationDetails", "Properties", "Claims", "Authorization", "HTTPRequest", "Parameters", "ExtendedProperties", "OperationProperties", "ModifiedProperties", "DeviceProperties")  # fmt: skip


class Number(str):
    pass


class Pairs(list):
    """The members of an object, in order, also those of one name."""


def parsed(text):
    return json.loads(text, parse_int=Number, parse_float=Number, object_pairs_hook=Pairs)


def members(value, path, out):
    """(path, raw type, text) of every value, as docs/formats/json.md says it."""
    if isinstance(value, Pairs):
        for name, inner in value:
            members(inner, f"{path}.{name}" if path else name, out)
    elif isinstance(value, list):
        for inner in value:
            members(inner, path, out)
    elif value is None:
        out.append((path, "null", ""))
    elif isinstance(value, bool):
        out.append((path, "bool", "true" if value else "false"))
    else:
        out.append((path, "number" if isinstance(value, Number) else "text", str(value)))
    return out


def as_parsed(value):
    """The values of an object: those that must be there, and those that docs/formats/json.md adds."""
    must, may = [], []
    for name, inner in value:
        if name == "_source" and isinstance(inner, Pairs):
            members(inner, "", must)
        else:
            members(Pairs([(name, inner)]), "", must)
        if isinstance(inner, str) and inner[:1] in "{[" and name in (*OUTER, "message", *SECOND):
            try:
                text = parsed(inner)
            except ValueError:
                continue
            members(text, name if name in SECOND else "", may)
            nested = [("", text)] if isinstance(text, Pairs) else []
            for _, each in nested:
                members(each, "", may)
    return must, may


def pairs_of(value, path=""):
    """Names of fields that name-value pairs may make: list.N, list.N.OldValue."""
    found = set()
    if isinstance(value, Pairs):
        for name, inner in value:
            found |= pairs_of(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, Pairs):
                names = [inner for name, inner in each if name.lower() in ("name", "key", "displayname", "@name") and isinstance(inner, str)]
                found |= {f"{path}.{name}{end}" for name in names for end in ("", ".OldValue")}
            found |= pairs_of(each, path)
    return found


def as_the_evidence_says(records, open_file):
    """Every record of a JSON source holds what Python's parser finds at its place. How many were compared."""
    compared, files = 0, {}
    for record in records:
        of = record["source"]
        if of["reader"] != b"json":
            continue
        if of["path"] not in files:
            data = files[of["path"]] = open_file(of["path"].decode())
            assert data is None or (oracle.sha256(data) == of["sha256"] and len(data) == of["size"]), of["path"]
        data = files[of["path"]]
        if data is None:
            continue
        text = data[record["offset"] : record["offset"] + record["size"]]
        try:
            said = parsed(text.decode())
            must, may = as_parsed(said)
        except ValueError:
            continue  # UTF-16, or characters that are none
        where = (of["path"], record["offset"])
        own = [(name, raw, text_of(value)) for name, raw, value, inner, _ in record["fields"] if inner == 0]
        expected, got = collections.defaultdict(list), collections.defaultdict(list)
        for name, *value in must:
            expected[name].append(tuple(value))
        for name, *value in own:
            got[name].append(tuple(value))
        added = {name for name, _, _ in may} | pairs_of(said)
        for name, value in said:
            if isinstance(value, str) and value[:1] in "{[":
                try:
                    added |= pairs_of(parsed(value)) | {name}
                except ValueError:
                    pass
        for name in expected.keys() | got.keys():
            if name in added:
                left = list(got[name])
                for value in expected[name]:
                    assert value in left, (where, name, value)
                    left.remove(value)
            else:
                assert expected[name] == got[name], (where, name, expected[name][:3], got[name][:3])
        lists = collections.defaultdict(list)
        within(said, "", lists)
        for name, _, value, inner, _ in record["fields"]:
            if inner == 2 and name in lists and name not in added and value[:1] in b"{[":
                assert parsed(value.decode()) in lists[name], (where, name, value[:200])
        compared += 1
    return compared


def within(value, path, out):
    """Objects and lists by their path."""
    if isinstance(value, Pairs):
        for name, inner in value:
            below = f"{path}.{name}" if path else name
            if isinstance(inner, list):
                out[below].append(inner)
            within(inner, below, out)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, list):
                out[path].append(inner)
            within(inner, path, out)


def every_line(archive, records, open_file):
    """Of JSON a line each, no line is missing. How many lines."""
    lines, by_path, skipped = 0, collections.defaultdict(set), {line["path"] for line in archive.ledger() if line["line"] == "damage"}
    for record in records:
        if record["source"]["reader"] == b"json":
            by_path[record["source"]["path"].decode()].add((record["offset"], record["size"]))
    for path, there in by_path.items():
        data = open_file(path)
        if data is None or path in skipped or data.split(b"\n", 1)[0][-2:].strip()[-1:] != b"}":
            continue
        at, wanted = 0, set()
        for line in data.split(b"\n"):
            if line.strip():
                wanted.add((at + len(line) - len(line.lstrip()), len(line.strip())))
            at += len(line) + 1
        if len(wanted) < 2 or data[:1] != b"{":
            continue
        assert wanted == there, (path, sorted(wanted ^ there)[:4])
        lines += len(wanted)
    return lines


# ---- against the evidence: CSV ----


def as_the_table_says(records, open_file):
    """Every row of a table with commas and a header, as Python's csv reads it. How many."""
    compared, tables = 0, {}
    for record in records:
        of = record["source"]
        if of["reader"] != b"csv":
            continue
        path = of["path"].decode()
        if path not in tables:
            data = open_file(path)
            first = data.splitlines()[0].decode("latin-1") if data else ""
            tables[path] = (data, next(csv.reader([first])) if first.count(",") > max(map(first.count, ";\t|")) else None)
        data, header = tables[path]
        if header is None or b", " in data[:64] or data[:3] == b"\xef\xbb\xbf" or "AuditData" in header:
            continue
        raw = data[record["offset"] : record["offset"] + record["size"]]
        try:
            (cells,) = csv.reader(io.StringIO(raw.decode(), newline=""))
        except (UnicodeDecodeError, ValueError):
            continue
        own = {name: text_of(value) for name, _, value, inner, _ in record["fields"] if inner == 0}
        if header[0] not in own:
            continue  # a table that a kind file describes
        assert own == dict(zip(header, cells)), (path, record["offset"], own, cells)
        compared += 1
    return compared


def opened(path):
    """The bytes of a file or of what lies in it, unpacked by Python or by zstd; None: not by these."""
    for at in [i for i, letter in enumerate(path) if letter == "!"]:
        if pathlib.Path(path[:at]).is_file():
            break
    else:
        return pathlib.Path(path).read_bytes()
    data = pathlib.Path(path[:at]).read_bytes()
    if data[:2] == b"\x1f\x8b" and "!" not in path[at + 1 :]:
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd" and "!" not in path[at + 1 :]:
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    if data[:4] == b"PK\x03\x04" and "!" not in path[at + 1 :]:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            return file.read(path[at + 1 :]) if path[at + 1 :] in file.namelist() else None
    return None


# ---- manifest, ledger ----


def as_info_says(folder, archive, evidence):
    told = json.loads(longwatch("archive", "info", "--json", folder))
    live = archive.state.live()
    assert told["id"] == archive.state.id.hex() and told["snapshot"] == len(archive.records), told
    assert told["segments"] == len(live) and told["rows"] == sum(of["rows"] for of in live.values() if of["family"] not in ("ledger", "originals"))
    assert told["bytes"] == sum(archive.segment_path(each).stat().st_size for each in live)
    parts = collections.Counter()
    ledgers = [(of, record) for each, of in live.items() if of["family"] == "ledger" for record in archive.segment(each).records()]
    for of, record in [*evidence, *ledgers]:
        month = "undated" if of["month"] == oracle.UNDATED else f"{of['month'] // 12:04}-{of['month'] % 12 + 1:02}"
        when = record["when"]
        parts[month, of["family"]] += 1
        assert (when is None) == (month == "undated"), (of, when)
        if when is not None:
            day = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=when // 10**9)
            assert day.strftime("%Y-%m").rjust(7, "0") == month, (of, when, month)
    assert parts == {(each["month"], each["family"]): each["rows"] for each in told["parts"]}


def as_the_files_are(archive, records, paths):
    """Every file is in a ledger, with its hash; and what its line counts is what is kept of it."""
    files = {os.path.join(at, name) for path in paths for at, _, names in os.walk(path) for name in names} or {str(path) for path in paths}
    kept = collections.Counter()
    for record in records:
        source = record["source"]
        kept[source["sha256"].hex(), record["salvaged"]] += 1
        assert source["counts"][1] == 1, source
    seen, lines = set(), 0
    for line in archive.ledger():
        lines += 1
        if line["line"] == "begin":
            assert line["readers"] == 1 and line["program"], line
        if line["line"] not in ("file", "same"):
            continue
        if line["path"] in files and "member" not in line:
            data = pathlib.Path(line["path"]).read_bytes()
            assert line["sha256"] == oracle.sha256(data).hex() and line.get("size", 0) == len(data), line
            seen.add(line["path"])
        if line["line"] == "file" and line.get("sha256"):
            assert kept[line["sha256"], False] >= line.get("records", 0) and kept[line["sha256"], True] >= line.get("salvaged", 0), line
    assert not {path for path in files - seen if not os.path.islink(path) and os.path.getsize(path)}, sorted(files - seen)[:3]
    return lines


def whole(folder, paths):
    archive = read(folder)
    evidence = list(archive.evidence())
    records = [record for _, record in evidence]
    as_info_says(folder, archive, evidence)
    assert as_the_files_are(archive, records, paths) > len(paths)
    told = as_told(folder, records)
    return told, as_the_evidence_says(records, opened), every_line(archive, records, opened), as_the_table_says(records, opened)


# ---- the index ----


def canonical(text):
    """(class, bytes) of values that are one observable and nothing else: those whose one spelling is beyond doubt."""
    if re.fullmatch(r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}", text):
        return "address", bytes(map(int, text.split(".")))
    if re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}", text) and not text.isdigit():
        return "hash", text.encode()
    if re.fullmatch(r"[a-z]{2,20}(\.[a-z]{2,20})?@([a-z]{2,20}\.){1,2}(example|com|org|de)", text):
        return "mail", text.encode()
    return None, None


def as_the_index_says(archive):
    """An index rules out nothing that is there: every observable of every record has its key, with the record's segment. How many were asked for."""
    runs = [archive.run(each) for each in archive.state.live_runs()]
    covered = {each for run in runs for each in run.segments}
    missing = {each for each, of in archive.state.live().items() if of["family"] != "ledger"} - covered
    assert not missing and all(run.keys for run in runs), missing
    keys = {run.zeros: oracle.Keys(archive.secret, run.zeros) for run in runs}
    asked = collections.Counter()
    for number in covered & archive.state.live().keys():
        segment = archive.segment(number)
        mine = [run for run in runs if number in run.segments]
        for column, values in zip(segment.columns[2:], segment.column_values()[2:]):
            for raw, data in set(values):
                if raw not in ("text", "utf16"):
                    continue
                which, spelt = canonical(SHOWN[raw](data))
                if which is None:
                    continue
                asked[which] += 1
                where = (number, column["name"], data)
                assert any(number in run.keys.get(keys[run.zeros].of(which, spelt), ()) for run in mine if run.keys), where
                if which == "address":
                    value = int.from_bytes(bytes(10) + b"\xff\xff" + spelt, "big")
                    assert any(number in run.addresses.get(value, ()) for run in mine), where
    return asked


# ---- the cases ----


def the_samples():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "archive"
        longwatch("archive", "add", folder, SAMPLES)
        records, parsed_records, lines, rows = whole(folder, [SAMPLES])
        assert records > 500 and parsed_records > 390 and lines == parsed_records - 1 and rows > 5, (records, parsed_records, lines, rows)


def every_format():
    if not (SHARED / "data").is_dir():
        print("SKIP every_format: the shared data are not there")
        return
    total = [0] * 4
    for each in ("cdr", "vendor-logs", "web") if CHECKED else SETS:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / "archive"
            longwatch("archive", "add", folder, SHARED / "data" / each)
            counts = whole(folder, [SHARED / "data" / each])
            assert counts[0] > 500, each
            total = [a + b for a, b in zip(total, counts)]
    assert CHECKED or (total[1] > 100000 and total[2] > 50000 and total[3] > 5000), total


WORDS = (
    "", "0", "00", "007", "-0", "-1", "9007199254740993", "18446744073709551615", "18446744073709551616", "0x0", "0x1f", "0x1F", "0X1f", "0x01",
    "0xffffffffffffffff", "0x10000000000000000", "6d1c7c3e-1111-4a53-9d51-6d5f2d3b1a01", "{6D1C7C3E-1111-4A53-9D51-6D5F2D3B1A01}",
    "{6d1c7c3e-1111-4A53-9d51-6d5f2d3b1a01}", "6D1C7C3E-1111-4a53-9d51-6d5f2d3b1a01", "6d1c7c3e11114a539d516d5f2d3b1a01", "{6d1c7c3e-1111-4a53-9d51-6d5f2d3b1a01",
    "2021-02-28T23:59:59", "2021-02-29T00:00:00", "2020-02-29 12:00:00", "2021-03-01T00:00:00Z", "2021-03-01T00:00:00+00:00", "2021-03-01T00:00:00.5Z",
    "2021-03-01T00:00:00.000000000Z", "2021-03-01T00:00:00.0000000001Z", "2021-03-01T24:00:00Z", "2021-03-01T23:59:60Z", "0001-01-01T00:00:00Z",
    "1677-09-21T00:12:43.145224193Z", "1677-09-21T00:12:43.145224191Z", "2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775808Z",
    "2021-03-01T00:00:00z", "2021-03-01T00:00:00-00:00", "2021-03-01T00:00:00 Z", "\u0000", "a\u0000b", "ä€𐍈", "\ufffd", "\ufeff", "x" * 70000, " ", "null", "true",
)  # fmt: skip


def made(chance, depth=0):
    roll = chance.random()
    if depth < 4 and roll < 0.15:
        return {chance.choice(("a", "b", "Name", "Value", "list", "x.y", "é", "")): made(chance, depth + 1) for _ in range(chance.randrange(4))}
    if depth < 4 and roll < 0.3:
        return [made(chance, depth + 1) for _ in range(chance.randrange(4))]
    if roll < 0.4:
        return chance.choice((None, True, False))
    if roll < 0.55:
        return chance.choice((0, -1, 1 << 63, (1 << 64) - 1, 1 << 64, 0.5, 1e300, -2.5e-8, chance.getrandbits(40)))
    return chance.choice(WORDS) if roll < 0.9 else "".join(chance.choice("ab01-:.T Z{}") for _ in range(chance.randrange(40)))


def whatever_json_says():
    """Values next to those that a segment keeps in fewer bytes come back as what they were; in any number of files, of any months."""
    for seed in range(2 if CHECKED else 6):
        chance = random.Random(seed)
        with tempfile.TemporaryDirectory() as name:
            evidence, folder = pathlib.Path(name) / "evidence", pathlib.Path(name) / "archive"
            evidence.mkdir()
            count = 0
            for number in range(chance.randrange(1, 5)):
                with open(evidence / f"{number}.jsonl", "w", encoding="utf-8") as out:
                    for _ in range(chance.randrange(1, 400)):
                        when = f"20{chance.randrange(20, 23)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}T00:00:{chance.randrange(60):02}"
                        event = {"CreationTime": when, "Operation": "UserLoggedIn", "Workload": "AzureActiveDirectory", "UserId": chance.choice(WORDS)}
                        if chance.random() < 0.1:
                            event["CreationTime"] = chance.choice(WORDS)
                        event.update({f"made{chance.randrange(30)}": made(chance) for _ in range(chance.randrange(6))})
                        out.write(json.dumps(event, ensure_ascii=chance.random() < 0.5) + "\n")
                        count += 1
            longwatch("archive", "add", folder, evidence)
            records, parsed_records, lines, _ = whole(folder, [evidence])
            assert records == parsed_records == count and lines in (count, count - 1, count - 2, count - 3, count - 4), (seed, records, parsed_records, lines, count)


def the_index():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "archive"
        longwatch("archive", "add", folder, SAMPLES)
        asked = as_the_index_says(read(folder))
        assert asked["address"] > 20 and asked["mail"] > 5, asked
        if not (SHARED / "data").is_dir() or CHECKED:
            print("SKIP the_index: of every format: the shared data are not there, or this is the sanitizers' turn")
            return
        for each in ("linux", "windows-json", "vendor-logs"):
            longwatch("archive", "add", folder, SHARED / "data" / each)
        asked = as_the_index_says(read(folder))
        assert asked["address"] > 100 and asked["hash"] > 20, asked


def siphash_as_published():
    """The vectors of its authors: key 00 .. 0f, messages of 0 and of 15 bytes."""
    key = bytes(range(16))
    assert oracle.siphash(key, b"") == 0x726FDB47DD0E0E31
    assert oracle.siphash(key, bytes(range(15))) == 0xA129CA6149BE45E5


def every_snapshot():
    """Three runs: the manifest's records are the snapshots, and each shows what was there."""
    with tempfile.TemporaryDirectory() as name:
        folder, before = pathlib.Path(name) / "archive", 0
        for path in ("mailbox.jsonl", "proxy.log", "post.mbox"):
            longwatch("archive", "add", folder, SAMPLES / path)
            archive = read(folder)
            for sequence, live in archive.states.items():
                if sequence == 1:
                    assert not live
                    continue
                told = longwatch("archive", "cat", folder, "--as-of", sequence).splitlines()
                kept = sum(archive.segment(each).rows for each, (family, _) in live.items() if family != "ledger")
                assert len(told) == kept, (sequence, len(told), kept)
            assert len(archive.records) > before
            before = len(archive.records)


def the_oracle_sees_what_is_wrong():
    """Every byte of a small archive counts: turned, the oracle refuses."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "archive"
        longwatch("archive", "add", folder, SAMPLES / "roster.csv")
        read(folder)
        files = [path for path in folder.rglob("*") if path.is_file() and path.name not in ("lock", "README.txt")]
        assert len(files) > 5, files
        chance = random.Random(1)
        for path in files:
            data = path.read_bytes()
            for at in {0, len(data) - 1, *(chance.randrange(len(data)) for _ in range(30))}:
                turned = bytearray(data)
                turned[at] ^= 1 << chance.randrange(8)
                path.write_bytes(turned)
                try:
                    archive = read(folder)
                    for each in archive.state.live():
                        archive.segment(each).records()
                    for each in archive.state.live_runs():
                        archive.run(each)
                except (oracle.Wrong, ValueError, AssertionError, struct.error, OSError, IndexError, KeyError):
                    continue
                raise AssertionError(f"{path.name}: byte {at} was turned, and the oracle does not see it")
            path.write_bytes(data)


run([the_samples, every_format, whatever_json_says, siphash_as_published, the_index, every_snapshot, the_oracle_sees_what_is_wrong], slow=[every_format])
