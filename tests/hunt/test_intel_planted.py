"""test_intel_planted: indicators of APT31 and APT40 as they were published, in logs that know nothing of them: before, none is found but what a
look at the log confirms; planted in many places and spellings, all of them are found where they were planted, and no other. Addresses of
Microsoft, of content networks and of resolvers are labelled by the warninglists, and told all the same."""

import gzip
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

BINARY = os.environ["LONGWATCH_BINARY"]
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", pathlib.Path(os.environ["LONGWATCH_SOURCE"]).parent / "shared")) / "data"
SETS = ["intel/apt31-sekoia-2021-11-10.stix2.jsonl", "intel/apt31-anssi-CERTFR-2021-IOC-003.csv", "intel/maltrail/apt_judgmentpanda.txt",
        "intel/maltrail/apt_tempperiscope.txt", "intel/maltrail/apt_mudcarp.txt"]

failed = 0


def check(good, what):
    global failed
    if not good:
        failed += 1
        print("FAILED:", what)


def hunt(folder, *options):
    """Findings on indicators, and what the summary says."""
    out = subprocess.run([BINARY, "hunt", folder, "--json", *options], capture_output=True, text=True, check=False)
    if out.returncode not in (0, 1, 3):
        raise SystemExit(out.stderr)
    return [json.loads(line) for line in out.stdout.splitlines()], out.stderr


def text_of(path):
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")


def benign(folder):
    """Logs without any of these indicators: name -> lines."""
    logs = {}
    for name in ("linux/loghub/OpenSSH_2k.log.gz", "linux/loghub/Apache_2k.log.gz", "web/plaso/apache_access.log", "web/scanner-attacks/w3af.txt.gz",
                 "linux/plaso/syslog_syslog_ssh.log"):
        logs[name.replace("/", "_").removesuffix(".gz")] = text_of(SHARED / name).splitlines()
    for path in sorted((SHARED / "zeek/wrccdc-2018/tsv").glob("*.log*")):
        logs["zeek_" + path.name.removesuffix(".gz")] = text_of(path).splitlines()[:3000]
    for path in sorted((SHARED / "zeek/wrccdc-2018/json").glob("*.log*")):
        logs["zeek_json_" + path.name.removesuffix(".gz")] = text_of(path).splitlines()[:1500]
    for name, lines in logs.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return logs


def indicators():
    """What Python reads out of these sets: addresses and domains."""
    addresses, domains = set(), set()
    for line in text_of(SHARED / SETS[0]).splitlines():
        for kind, value in re.findall(r"\[(ipv4-addr|domain-name):value = '([^']+)'\]", line.replace('\\"', '"')):
            (addresses if kind == "ipv4-addr" else domains).add(value)
    addresses.update(re.findall(r",Bonne,,(\d+\.\d+\.\d+\.\d+),", text_of(SHARED / SETS[1])))
    for name in SETS[2:]:
        for line in text_of(SHARED / name).splitlines():
            if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", line) and not re.fullmatch(r"[0-9.]+", line):
                domains.add(line)
    return sorted(addresses), sorted(domains)


def plant(logs, folder, addresses, domains):
    """Puts indicators in place of what stood there. -> {(file, line number): (value planted, indicators it holds)}"""
    draw = random.Random(31)
    planted = {}
    for name, lines in logs.items():
        rows = [n for n, line in enumerate(lines) if not line.startswith("#") and len(line) > 20]
        for n in draw.sample(rows, min(12, len(rows))):
            line = lines[n]
            spots = [m for m in re.finditer(r"(?<![\w.])(\d{1,3}\.){3}\d{1,3}(?![\w.])", line)]
            hosts = [m for m in re.finditer(r"(?<![\w.@/-])[a-z][a-z0-9-]+(\.[a-z0-9-]+)*\.(com|net|org)(?![\w.-])", line)]
            if hosts and draw.random() < 0.7:
                spot, value = draw.choice(hosts), draw.choice(domains)
                told = draw.choice(["", "www.", "a.b."]) + (value.upper() if draw.random() < 0.2 else value)
            elif spots:
                spot, value = draw.choice(spots), draw.choice(addresses)
                told = value
            else:
                continue
            lines[n] = line[: spot.start()] + told + line[spot.end():]
            planted[(name, n)] = (told.lower(), value)
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return planted


def holds(value, told):
    """Does what was planted hold the indicator, by label or as an address?"""
    return told == value or told.endswith("." + value)


def all_and_no_other():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "logs"
        folder.mkdir()
        logs = benign(folder)
        sets = [option for name in SETS for option in ("--intel", str(SHARED / name))]
        addresses, domains = indicators()
        before, _ = hunt(folder, *sets)
        for f in before:
            print("in the logs as they are:", f["indicator"]["value"], f["evidence_path"], f["matched"])
        check(not before, "indicators in logs that are known to be of others")
        planted = plant(logs, folder, addresses, domains)
        found, _ = hunt(folder, *sets)
        got = {}
        for f in found:
            path = pathlib.Path(f["evidence_path"])
            raw = path.read_bytes()
            line = raw[: f["offset"]].count(b"\n")
            got.setdefault((path.name, line), set()).add(f["indicator"]["value"])
        missing = wrong = 0
        for place, (told, value) in planted.items():
            values = got.pop(place, set())
            expected = {v for v in addresses + domains if holds(v, told)}
            if not expected <= values:
                missing += 1
                print("not found:", place, told, expected - values, logs[place[0]][place[1]][:200])
            if values - expected:
                wrong += 1
                print("found beside:", place, told, values - expected)
        for place, values in got.items():
            wrong += 1
            print("found where nothing was planted:", place, values)
        check(missing == 0 and wrong == 0, f"{missing} of {len(planted)} not found, {wrong} wrong")
        check(len(planted) > 100, f"only {len(planted)} were planted")
        groups = {name for f in found for name in f["indicator"].get("groups", [])}
        check(any("31" in g for g in groups) and any("40" in g for g in groups), f"groups named: {groups}")
        print(f"{len(addresses)} addresses, {len(domains)} domains, {len(planted)} planted in {len(logs)} logs, {len(found)} findings")
        # The same on one and on four workers, and the same without anything beside.
        one, _ = hunt(folder, *sets, "--threads", "1")
        four, _ = hunt(folder, *sets, "--threads", "4")
        check(one == four == found, "findings depend on the number of workers")


def windows_are_kept():
    """An address that was a relay in 2021 is told of 2024 as what it is: past its time, and of no weight."""
    with tempfile.TemporaryDirectory() as temporary:
        log = pathlib.Path(temporary) / "access.log"
        line = '81.236.182.199 - - [14/Mar/{}:07:12:04 +0000] "GET /b HTTP/1.1" 200 12 "-" "Mozilla/5.0"\n'
        log.write_text(line.format(2021) + line.format(2024), encoding="ascii")
        found, _ = hunt(log, "--intel", str(SHARED / SETS[0]))
        told = [(f["indicator"]["window"], f["level"], f["indicator"]["weight_now_bans"] > 0.01) for f in found]
        check(told[0][0] == "in" and told[0][2], f"in 2021: {told}")
        check(told[1][0] == "after" and told[1][1] == "informational" and not told[1][2], f"in 2024: {told}")


def warninglists_label():
    cases = [("20.190.128.1", "microsoft|azure|office"), ("104.16.1.1", "cloudflare"), ("8.8.8.8", "dns|resolver"), ("1.1.1.1", "dns|resolver"),
             ("login.microsoftonline.com", "microsoft|office"), ("ajax.googleapis.com", "google|cisco"), ("13.107.6.152", "microsoft|office"), ("91.192.45.67", None)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "list.txt").write_text("\n".join(value for value, _ in cases) + "\n", encoding="ascii")
        (folder / "dns.log").write_text("".join(
            f'198.51.100.7 - - [14/Mar/2021:07:12:04 +0000] "GET http://{value}/b HTTP/1.1" 200 12 "-" "Mozilla/5.0"\n' for value, _ in cases), encoding="ascii")
        found, _ = hunt(folder / "dns.log", "--intel", str(folder / "list.txt"), "--intel", str(SHARED / "warninglists"))
        told = {f["indicator"]["value"]: f for f in found}
        for value, pattern in cases:
            if value not in told:
                check(False, f"{value} is not told at all")
                continue
            lists = " ".join(label["list"] for label in told[value]["indicator"].get("warninglists", []))
            print(f"{value}: {lists or 'on no list'}; {told[value]['level']}")
            check(bool(pattern) == bool(lists) and (not pattern or re.search(pattern, lists, re.I)), f"{value}: {lists}")
            if pattern:
                check(told[value]["level"] == "informational", f"{value}: level {told[value]['level']}")


def main():
    if not SHARED.is_dir():
        print("skipped: the shared test data are not there")
        return
    for test in (all_and_no_other, windows_are_kept, warninglists_label):
        before = failed
        test()
        print("ok" if failed == before else "FAILED", test.__name__)
    sys.exit(failed != 0)


main()
