#!/usr/bin/env python3
"""test_import_plain_shared: the public lists and tables of indicators in the shared data: every line of them is an item or was left out with a
reason, counted here a second time, from the files alone."""

import collections
import csv
import functools
import gzip
import ipaddress
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("LONGWATCH_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared"))
INTEL = SHARED / "data/intel"
PRINT = pathlib.Path(os.environ["LONGWATCH_BUILD"]) / "tests/import_print"


def unpacked(path):
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@functools.cache
def read(path):
    """What is said of a file: by which importer, items, what was left out."""
    with tempfile.TemporaryDirectory() as folder:
        plain = pathlib.Path(folder) / path.name.removesuffix(".gz")
        plain.write_bytes(unpacked(path))
        done = subprocess.run([PRINT, plain], capture_output=True, check=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told[-1]["told"] == "end" and not told[-1]["error"], f"{path}: {told[-1]}"
    return told[-1]["where"], [t for t in told if t["told"] == "item"], [t for t in told if t["told"] == "out"]


def lines_of(told):
    return collections.Counter(t["where"] for t in told)


def values(path):
    """Lines that are neither empty nor comments: number and text, without what follows a #."""
    for number, line in enumerate(unpacked(path).decode("utf-8", "replace").split("\n"), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            yield number, re.split(r"\s+#", line)[0].strip()


def trail(text):
    """A trail of Maltrail by its shape alone: type and value, or none."""
    if text.startswith("/"):
        return None
    if re.match(r"https?://", text) or "/" in text:
        return "url", None
    host, _, port = text.partition(":")
    if port and not (port.isdigit() and int(port) < 65536):
        return None
    try:
        return "address", str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if re.fullmatch(r"(?=.*[A-Za-z-][^.]*$)([\w-]+\.)+[\w-]+", host, re.ASCII):
        return "domain", host.lower()
    return None


def maltrail_is_whole():
    complaints, total, left = [], collections.Counter(), 0
    files = sorted((INTEL / "maltrail").glob("*.txt*"))
    for path in files:
        importer, items, left_out = read(path)
        if importer != "list":
            complaints.append(f"{path.name}: read by '{importer}'")
        expected = {f"line {number}": trail(text) for number, text in values(path)}
        seen = lines_of(items) + lines_of(left_out)
        if seen != collections.Counter(list(expected)):
            complaints.append(f"{path.name}: lines {sorted((collections.Counter(list(expected)) - seen) + (seen - collections.Counter(list(expected))))[:5]}")
        for item in items:
            want = expected.get(item["where"])
            if not want or want[0] != item["type"] or want[1] not in (None, item["canonical"]):
                complaints.append(f"{path.name} {item['where']}: {item['type']} '{item['value']}', not {want}")
            total[item["type"]] += 1
        for out in left_out:
            if expected.get(out["where"]):
                complaints.append(f"{path.name} {out['where']}: '{out['what']}' left out: {out['why']}")
        left += len(left_out)
    print(f"maltrail: {len(files)} files, {dict(total)}, {left} left out")
    return complaints + ([] if len(files) > 200 and total["domain"] > 100000 else [f"only {len(files)} files, {dict(total)}"])


def links(text):
    return [link.rstrip(".,;:)]}") for link in re.findall(r"https?://[^\s\"'<>]+", text)]


def maltrail_says_who_and_from_where():
    complaints = []
    for path in sorted((INTEL / "maltrail").glob("*.txt*")):
        text = unpacked(path).decode("utf-8", "replace")
        aliases = [a.strip() for line in re.findall(r"^# Aliases:(.*)$", text, re.MULTILINE) for a in line.split(",")]
        group = path.name.removeprefix("apt_").split(".txt")[0]
        names = list(dict.fromkeys([group] + [a for a in aliases if a]))[:16]
        # References in front of a value, since the value before: the block's.
        block, fresh, origins = [], False, {}
        for number, line in enumerate(text.split("\n"), 1):
            line = line.strip()
            if re.match(r"# *Refer\w*:", line):
                block = [] if fresh else block
                rest = line.split(":", 1)[1].strip()
                block += links(rest) or [rest.lstrip("#;/ \t")]
                fresh = False
            elif re.match(r"# *(Generic|Misc)", line):
                block, fresh = links(line), False
            elif line and not line.startswith("#"):
                origins[f"line {number}"] = list(dict.fromkeys(u for u in block if u))[:16]
                fresh = True
        for item in read(path)[1]:
            if item["groups"] != names:
                complaints.append(f"{path.name} {item['where']}: groups {item['groups']}, not {names}")
            if item["origins"] != origins[item["where"]]:
                complaints.append(f"{path.name} {item['where']}: origins {item['origins']}, not {origins[item['where']]}")
    return complaints


def anssi_is_whole():
    path = INTEL / "apt31-anssi-CERTFR-2021-IOC-003.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    importer, items, left_out = read(path)
    expected = [("address", row["signature_component.value"], "TLP:CLEAR", "2021-07-20T00:00:00Z", ["APT31"], row["signature_component.uuid"]) for row in rows]
    told = [(i["type"], i["canonical"], i["tlp"], i["created"], i["groups"], i["id"]) for i in items]
    assert len(rows) == 161
    return [] if importer == "csv" and told == expected and not left_out else [f"ANSSI: {importer}, {len(told)} items, {len(left_out)} left out"]


def sekoia_is_whole():
    path = INTEL / "apt31-sekoia-2021-11-10.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    importer, items, left_out = read(path)
    complaints = [] if importer == "csv" else [f"Sekoia: read by '{importer}'"]
    by_id, apart = collections.defaultdict(list), lines_of(left_out)
    for item in items:
        by_id[item["id"]].append(item)
    for number, row in enumerate(rows, 2):
        for item in by_id[row["id"]]:
            if (item["valid_from"], item["valid_until"], item["confidence"], item["tlp"]) != (row["valid_from"], row["valid_until"], 100, "TLP:CLEAR"):
                complaints.append(f"Sekoia: {item}")
        # All of these patterns are one bracket, of one choice or several; what says nothing by itself is left out of those.
        choices = re.findall(r"([\w:.'-]+) = '([^']*)'(?= OR |\])", row["pattern"])
        plain = [value for path, value in choices if not re.search(r"SSDEEP|size|mime_type", path)]
        told = [item["canonical"] for item in by_id[row["id"]]]
        if told != plain or not plain or apart[f"line {number}"] != len(choices) - len(plain):
            complaints.append(f"Sekoia: {row['pattern']}: {told}")
    if sum(len(i) for i in by_id.values()) != sum(len(by_id[row["id"]]) for row in rows):
        complaints.append("Sekoia: items that are of no row")
    print(f"Sekoia: {len(rows)} rows, {len(items)} items, {len(left_out)} choices of patterns left out")
    return complaints


def reports_are_no_indicators():
    path = INTEL / "aptnotes.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    importer, items, left_out = read(path)
    good = importer == "csv" and not items and [o["what"] for o in left_out] == [row["Filename"].strip() for row in rows]
    return [] if good else [f"aptnotes: {importer}, {len(items)} items, {len(left_out)} left out, {len(rows)} rows"]


def signature_base_is_whole():
    complaints = []
    for name, kind in (("hash-iocs.txt.gz", "hash"), ("c2-iocs.txt", "server"), ("filename-iocs.txt.gz", "file"), ("keywords.txt", "keyword")):
        path = INTEL / "signature-base/iocs" / name
        importer, items, left_out = read(path)
        lines = {f"line {n}": v for n, v in ((n, line.strip()) for n, line in enumerate(unpacked(path).decode("utf-8", "replace").split("\n"), 1)) if v and not v.startswith("#")}
        if importer != "signature-base" or lines_of(items) + lines_of(left_out) != collections.Counter(list(lines)):
            complaints.append(f"{name}: {importer}, {len(items)} items, {len(left_out)} left out, {len(lines)} lines")
        for item in items:
            line = lines[item["where"]]
            if kind == "hash":
                digits = line.split(";")[0].lower()
                good = item["canonical"] == digits and item["type"] == {32: "md5", 40: "sha1", 64: "sha256"}[len(digits)]
            elif kind == "server":
                good = item["canonical"] == line.split(";")[0].lower()
            elif kind == "keyword":
                good = item["canonical"] == line.lower() and item["type"] == "text"
            else:
                wanted, score, *harmless = re.fullmatch(r"(.*?);(\d+)(?:;(.*))?", line).groups()
                good = item["confidence"] == int(score) and item["form"] == "regex"
                good = good and (wanted == item["value"] if not harmless[0] else wanted in item["value"] and harmless[0] in item["value"])
            if not good:
                complaints.append(f"{name} {item['where']}: {item['type']} '{item['value']}' of '{line}'")
        for out in left_out:
            print(f"{name} {out['where']}: '{out['what']}': {out['why']}")
        print(f"{name}: {len(items)} items, {len(left_out)} left out")
    return complaints


def main():
    if not INTEL.is_dir():
        print("SKIP: no public indicators (set LONGWATCH_SHARED)")
        return 0
    tests = [maltrail_is_whole, maltrail_says_who_and_from_where, anssi_is_whole, sekoia_is_whole, reports_are_no_indicators, signature_base_is_whole]
    failed = 0
    for test in tests:
        complaints = test()
        failed += bool(complaints)
        for complaint in complaints[:20]:
            print(f"{test.__name__}: {complaint}")
    print(f"{len(tests) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
