#!/usr/bin/env python3
"""bench: what Longwatch costs, as medians, beside tools measured in the same run.

    bench.py --build build [--megabytes 300] [--runs 5] [--only NAME] [--texts | --mail | --intel | --segments | --archive [--full]]

Inputs are made once, in BUILD/bench-data, out of the shared test data (see bench/make_logs.c); without them there is nothing
to measure with, and that is said. What is printed: reading alone, reading and blocks, and detection in one process without
workers (processor time of one core), then the whole program by the clock: hashing, reading, blocks, all rules, findings
written, with one worker on one core and with two workers on two; peak memory of all its processes (PSS summed, and the largest RSS); start-up.
"""

import argparse
import csv
import gzip
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import archive
import make_text

SOURCE = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared")) / "data"


def unpacked(folder, patterns, out):
    """The packed files of the shared data, unpacked once."""
    out.mkdir(parents=True, exist_ok=True)
    files = []
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)):
            target = out / path.relative_to(folder).as_posix().replace("/", "_")
            if path.suffix in (".gz", ".zst"):
                target = target.with_suffix("")
                if not target.exists():
                    with open(target, "wb") as to:
                        command = ["zcat", path] if path.suffix == ".gz" else ["zstdcat", "--long=27", path]
                        subprocess.run(command, stdout=to, check=True)
            elif not target.exists():
                shutil.copyfile(path, target)
            files.append(target)
    return files


def cloud_lines(sources, target, megabytes):
    """Cloud audit records drawn at random; identifiers are renewed in half of them, as clouds renew them."""
    draw = random.Random(1)
    lines = []
    for path in sources:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("{") and len(line) > 200:
                lines.append(line)
    identifier = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    made = 0
    with open(target, "w", encoding="utf-8") as to:
        while made < megabytes << 20:
            line = draw.choice(lines)
            if draw.random() < 0.5:
                fresh = f"{draw.getrandbits(32):08x}-{draw.getrandbits(16):04x}"
                line = identifier.sub(lambda found: fresh + found[0][13:], line)
            made += to.write(line + "\n")


def cloud_rows(lines, target):
    """The records of JSON lines as Microsoft 365 exports them: as text in a column."""
    with open(lines, encoding="utf-8") as records, open(target, "w", encoding="utf-8", newline="") as to:
        rows = csv.writer(to)
        rows.writerow(["RecordType", "CreationDate", "UserIds", "Operations", "AuditData", "ResultIndex"])
        for number, line in enumerate(records):
            rows.writerow(["Other", "5/18/2021 9:13:33 PM", "user@example.org", "Operation", line.strip(), number])


def inputs(build, megabytes):
    """Name -> file; made when it is not there."""
    data = build / "bench-data"
    made = {}
    evtx = unpacked(SHARED / "evtx", ["**/*.evtx", "**/*.evtx.gz"], data / "evtx")
    windows = [path for path in unpacked(SHARED / "windows-json", ["*.json.zst"], data / "windows")]
    cloud = unpacked(SHARED / "m365", ["*.ndjson.zst"], data / "cloud")
    cloud += unpacked(SHARED / "cloud", ["**/*.ndjson.zst", "**/*.ndjson.gz", "**/*.jsonl.zst", "**/*.jsonl.gz"], data / "cloud")
    make = build / "bench/bench_make_logs"
    wanted = [
        ("EVTX, ordinary mix", "evtx", "mixed", evtx),
        ("EVTX, process creation", "evtx", "process", evtx),
        ("EVTX, process creation, all distinct", "evtx", "process-distinct", evtx),
        ("EVTX, all distinct", "evtx", "distinct", evtx),
        ("Windows JSON lines", "json", "mixed", windows),
        ("Windows JSON lines, all distinct", "json", "distinct", windows),
    ]
    for name, form, mode, sources in wanted:
        target = data / f"{form}-{mode}-{megabytes}.{'evtx' if form == 'evtx' else 'jsonl'}"
        if not target.exists():
            print(f"making {target.name}", file=sys.stderr)
            part = target.with_suffix(".part")
            subprocess.run([make, form, mode, part, str(megabytes), *sources], check=True, stdout=subprocess.DEVNULL)
            part.rename(target)
        made[name] = target
    target = data / f"cloud-{megabytes}.jsonl"
    if not target.exists():
        print(f"making {target.name}", file=sys.stderr)
        part = target.with_suffix(".part")
        cloud_lines(cloud, part, megabytes)
        part.rename(target)
    made["cloud JSON lines"] = target
    rows = data / f"cloud-{megabytes}.csv"
    if not rows.exists():
        print(f"making {rows.name}", file=sys.stderr)
        part = rows.with_suffix(".part")
        cloud_rows(target, part)
        part.rename(rows)
    made["cloud CSV"] = rows
    return made


def texts(build, megabytes, only):
    """Name -> (file, MB/s asked): the formats of text whose name has `only` in it, made when they are not there."""
    made = {}
    for name, (title, _, _, asked) in make_text.FORMATS.items():
        if only not in title:
            continue
        target = build / "bench-data" / f"{megabytes}-{name}"
        if not target.exists():
            print(f"making {target.name}", file=sys.stderr)
            target.parent.mkdir(parents=True, exist_ok=True)
            make_text.make(name, target.with_suffix(".part"), megabytes << 20)
            target.with_suffix(".part").rename(target)
        made[title] = (target, asked)
    return made


def mailboxes(build, megabytes):
    """Name -> mailbox: the shared phishing mails again and again; and those with all wanted mail and spam of another corpus."""
    corpora = SHARED / "mail"
    phishing = [path.read_bytes() for path in sorted((corpora / "phishing-pot").glob("*.eml"))]
    others = [path.read_bytes() for path in sorted((corpora / "spamassassin-corpus").glob("*/*.eml"))]
    boxes = [gzip.decompress(path.read_bytes()) for path in sorted((corpora / "spamassassin-corpus").glob("*.mbox.gz"))]
    made = {}
    for name, mails, whole in (("phishing mails", phishing, []), ("a mix of mails", phishing + others, boxes)):
        target = build / "bench-data" / f"{megabytes}-{name.replace(' ', '-')}.mbox"
        made[name] = target
        if target.exists():
            continue
        print(f"making {target.name}", file=sys.stderr)
        target.parent.mkdir(parents=True, exist_ok=True)
        texts = []
        for mail in mails:
            mail = mail.replace(b"\r\n", b"\n")
            mail = mail.split(b"\n", 1)[1] if mail.startswith(b"From ") else mail
            texts.append(b"From a@b.example Sun Mar 14 07:12:03 2021\n" + re.sub(rb"(?m)^From ", b">From ", mail).rstrip(b"\n") + b"\n\n")
        with open(target.with_suffix(".part"), "wb") as out:
            while out.tell() < megabytes << 20:
                out.writelines(texts + whole)
        target.with_suffix(".part").rename(target)
    return made


def measure_mail(options):
    """Mail: parts decoded, whole events, GMime beside; then the whole hunt with campaigns, by the clock."""
    print(f"medians of {options.runs} runs, {options.megabytes} MB each; messages/s and MB/s of one core, processor time")
    print(f"{'':16} {'decoded':>18} {'whole events':>18} {'GMime':>18} {'ratio':>6} {'hunt, one core':>18} {'two cores':>18} {'PSS':>8}")
    for name, path in mailboxes(options.build, options.megabytes).items():
        rates, megabytes = {}, path.stat().st_size / 1e6
        for _ in range(options.runs):
            for how in ("decode", "analyse", "gmime"):
                out = subprocess.run([options.build / "bench/bench_mail", how, path], capture_output=True, check=False)
                if out.returncode == 0:
                    what = json.loads(out.stdout)
                    rates.setdefault(how, []).append((what["events"] / what["cpu"], megabytes / what["cpu"]))
        messages = what["events"]
        walls, memory = {1: [], 2: []}, []
        for _ in range(options.runs):
            for workers, core in ((1, 0), (2, None)):
                wall, _, pss, _ = timed([options.build / "longwatch", "hunt", path, "--rules", SOURCE / "data/rules", "--quiet", "--json", "--threads", str(workers)], watch=True, core=core)
                walls[workers].append((messages / wall, megabytes / wall))
                memory.append(pss)
        middle = {how: tuple(median(column) for column in zip(*values)) for how, values in {**rates, **walls}.items()}
        cell = lambda how: f"{middle[how][0] / 1e3:6.1f}k {middle[how][1]:5.0f} MB/s" if how in middle else "-"
        ratio = f"{middle['decode'][0] / middle['gmime'][0]:6.1f}" if "gmime" in middle else "-"
        print(f"{name:16} {cell('decode'):>18} {cell('analyse'):>18} {cell('gmime'):>18} {ratio:>6} {cell(1):>18} {cell(2):>18} {max(memory) >> 10:4} MiB", flush=True)


class Watch(threading.Thread):
    """The memory of a process and its children, as their maps say."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.pss, self.rss, self.over = pid, 0, 0, False

    def run(self):
        while not self.over:
            pids = [self.pid]
            try:
                children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii")
                pids += [int(pid) for pid in children.split()]
            except OSError:
                break
            pss = 0
            for pid in pids:
                try:
                    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
                except OSError:
                    continue
                found = dict(re.findall(r"^(Pss|Rss): +(\d+) kB", text, re.MULTILINE))
                pss += int(found.get("Pss", 0))
                self.rss = max(self.rss, int(found.get("Rss", 0)))
            self.pss = max(self.pss, pss)
            time.sleep(0.03)


def timed(command, watch=False, core=None, **options):
    """Seconds by the clock, of processor; peak PSS and RSS in KiB. core: the only processor it may use."""
    if core is not None:
        options["preexec_fn"] = lambda: os.sched_setaffinity(0, {core})
    with tempfile.TemporaryFile() as out:
        before = os.times()
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, **options)
        watcher = Watch(child.pid)
        if watch:
            watcher.start()
        child.wait()
        wall = time.monotonic() - began
        watcher.over = True
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        if child.returncode not in (0, 1, 3):
            raise SystemExit(f"{command[0]} ended with {child.returncode}")
        return wall, cpu, watcher.pss, watcher.rss


def median(values):
    return statistics.median(values)


def stage(build, name, path, rules, runs):
    """Median processor seconds of a stage, and what it read."""
    seconds, last = [], None
    for _ in range(runs):
        out = subprocess.run([build / "bench/bench_stages", name, path, *rules], capture_output=True, check=True).stdout
        last = json.loads(out)
        seconds.append(last["cpu"])
    return median(seconds), last


def measure_texts(options):
    """Reading alone, reading and blocks (what lines say, kinds, values), and with every rule there is, in MB/s of the file."""
    rules = [SHARED / "sigma" / name for name in ("rules", "rules-emerging-threats", "rules-threat-hunting")] if SHARED.is_dir() else []
    print(f"medians of {options.runs} runs, {options.megabytes} MB each, one core, processor time")
    print(f"{'':34} {'read':>20} {'+ blocks':>20} {'+ detection':>20}   asked of reading")
    for name, (path, asked) in texts(options.build, options.megabytes, options.only).items():
        row = []
        for step in ("read", "blocks", "detect"):
            seconds, what = stage(options.build, step, path, rules, options.runs)
            row.append(f"{path.stat().st_size / seconds / 1e6:6.0f} MB/s {what['events'] / seconds / 1e3:6.0f}k/s")
        print(f"{name:34} " + " ".join(f"{cell:>20}" for cell in row) + f"   {asked:5} MB/s", flush=True)


def measure_intel(options):
    """A million mixed indicators: made, opened, and what they cost beside all rules; runs with and without them by turns."""
    data = options.build / "bench-data"
    data.mkdir(parents=True, exist_ok=True)
    many, count = data / "million.intel", 1000000
    made = json.loads(subprocess.run([options.build / "bench/bench_intel", "make", str(count), many], capture_output=True, check=True).stdout)
    opened = [json.loads(subprocess.run([options.build / "bench/bench_intel", "open", many], capture_output=True, check=True).stdout) for _ in range(options.runs)]
    print(f"{count} mentions: built in {made['add_cpu'] + made['end_cpu']:.1f} s of processor time, {made['bytes'] / count:.0f} bytes each; opened in {median([o['wall'] for o in opened]) * 1e3:.0f} ms")
    windows = [SHARED / "sigma" / name for name in ("rules/windows", "rules-emerging-threats", "rules-threat-hunting")]
    every = [SHARED / "sigma" / name for name in ("rules", "rules-emerging-threats", "rules-threat-hunting")]
    logs = {name: (path, every if "cloud" in name else windows) for name, path in inputs(options.build, options.megabytes).items()}
    logs |= {name: (path, every) for name, (path, _) in texts(options.build, options.megabytes, "").items() if re.search("access|syslog|Zeek|calls", name)}
    print(f"medians of {options.runs} runs, {options.megabytes} MB each, one core, whole program, processor time")
    print(f"{'':38} {'rules':>10} {'+ million':>10} {'cost':>7}")
    for name, (path, rules) in logs.items():
        if options.only not in name:
            continue
        arguments = [options.build / "longwatch", "hunt", path, "--json", "--quiet", "--threads", "1", *(word for rule in rules for word in ("--rules", rule))]
        without, beside = [], []
        for _ in range(options.runs):
            without.append(timed(arguments, core=0)[1])
            beside.append(timed([*arguments, "--intel", many], core=0)[1])
        cost = median([b / w for w, b in zip(without, beside)]) - 1
        print(f"{name:38} {median(without):8.2f} s {median(beside):8.2f} s {cost * 100:6.1f} %", flush=True)


def varied(build, megabytes):
    """Name -> JSON lines with values as varied as years of many machines make them (bench/vary.py), out of EVTX and of Microsoft 365."""
    data = build / "bench-data"
    made = {}
    for name, file in (("EVTX as JSON lines, varied", "evtx"), ("Microsoft 365 audit log, varied", "m365")):
        target = data / f"varied-{file}-{megabytes}.jsonl"
        made[name] = target
        if target.exists():
            continue
        print(f"making {target.name}", file=sys.stderr)
        small = data / f"{file}.jsonl"
        if file == "m365":
            [packed] = unpacked(SHARED / "m365", ["*.ndjson.zst"], data / "cloud")
            shutil.copyfile(packed, small)
        else:
            unpacked(SHARED / "evtx", ["**/*.evtx", "**/*.evtx.gz"], data / "evtx")
            lines = subprocess.run([build / "longwatch", "events", "--json", data / "evtx"], capture_output=True, check=False).stdout.splitlines()  # some are damaged
            fields = {json.dumps(json.loads(line)["fields"], ensure_ascii=False, separators=(",", ":")): None for line in lines}
            small.write_text("\n".join(fields) + "\n", encoding="utf-8")  # each once
        subprocess.run([sys.executable, SOURCE / "bench/vary.py", small, target.with_suffix(".part"), str(megabytes)], check=True, stdout=subprocess.DEVNULL)
        target.with_suffix(".part").rename(target)
    return made


def packed_hard(path):
    """What zstd -19 makes of it; made when it is not there."""
    packed = path.with_suffix(".zst19")
    if not packed.exists():
        subprocess.run(["zstd", "-19", "-q", "-f", path, "-o", packed.with_suffix(".part")], check=True)
        packed.with_suffix(".part").rename(packed)
    return packed


def measure_segments(options):
    """Segments: written out of JSON, with the reader alone beside; read back; and how small they are, beside zstd -19 of the lines."""
    logs = varied(options.build, options.megabytes)
    if "varied" not in options.only:
        logs |= {name: path for name, path in inputs(options.build, options.megabytes).items() if name != "cloud CSV"}
    bench = options.build / "bench/bench_segment"
    print(f"medians of {options.runs} runs, {options.megabytes} MB each, one core, processor time; MB/s of the log")
    print(f"{'':38} {'reading alone':>20} {'reading, writing':>20} {'memory':>8} {'rows/s back':>12} {'30 columns':>12} {'B/event':>8} {'ratio':>6} {'zstd -19':>9}")
    for name, path in logs.items():
        if options.only not in name:
            continue
        runs, back, some = [], [], []
        with tempfile.TemporaryDirectory(dir=options.build) as folder:
            out = pathlib.Path(folder) / "segment"
            for _ in range(options.runs):
                runs.append(json.loads(subprocess.run([bench, "write", path, out], capture_output=True, check=True).stdout))
                for columns, times in (([], back), (["30"], some)):
                    what = json.loads(subprocess.run([bench, "read", f"{out}.0", *columns], capture_output=True, check=True).stdout)
                    times.append(what["events"] / what["cpu"])
        what, size = runs[0], path.stat().st_size
        read, write = median([run["read_cpu"] for run in runs]), median([run["cpu"] for run in runs])
        cells = [f"{size / seconds / 1e6:6.0f} MB/s {what['events'] / seconds / 1e3:6.0f}k/s" for seconds in (read, write)]
        packed = packed_hard(path) if "varied" in name else None
        beside = f"{packed.stat().st_size / what['events']:9.1f}" if packed else f"{'-':>9}"
        memory = max(run["rss_kib"] for run in runs) >> 10
        print(f"{name:38} {cells[0]:>20} {cells[1]:>20} {memory:4} MiB {median(back) / 1e6:10.2f} M {median(some) / 1e6:10.2f} M {what['size'] / what['events']:8.1f} {size / what['size']:6.1f} {beside}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--texts", action="store_true", help="the formats of text only, which need no shared data to be made")
    parser.add_argument("--mail", action="store_true", help="mailboxes only")
    parser.add_argument("--intel", action="store_true", help="a million indicators beside all rules")
    parser.add_argument("--segments", action="store_true", help="segments of an archive: written, read back, how small")
    parser.add_argument("--archive", action="store_true", help="whole archives: added to, read, hunted in")
    parser.add_argument("--full", action="store_true", help="with --archive: a thousand million keys of an index too, which takes 16 GB of memory and 5 of disk")
    options = parser.parse_args()
    if options.texts:
        measure_texts(options)
        return
    if not SHARED.is_dir():
        print("bench: the shared test data are not there: nothing to measure with")
        return
    if options.mail:
        measure_mail(options)
        return
    if options.intel:
        measure_intel(options)
        return
    if options.segments:
        measure_segments(options)
        return
    if options.archive:
        archive.measure(options, sys.modules[__name__])
        return
    windows = [SHARED / "sigma" / name for name in ("rules/windows", "rules-emerging-threats", "rules-threat-hunting")]
    every = [SHARED / "sigma" / name for name in ("rules", "rules-emerging-threats", "rules-threat-hunting")]
    binary = options.build / "longwatch"
    print(f"{os.cpu_count()} processors, medians of {options.runs} runs, {options.megabytes} MB each")
    print(f"{'one core, processor time':38} {'read':>18} {'+ blocks':>18} {'+ detection':>18}   events/s, MB/s of records")
    made = {name: path for name, path in inputs(options.build, options.megabytes).items() if options.only in name}
    for name, path in made.items():
        rules = every if "cloud" in name else windows
        row = []
        for step in ("read", "blocks", "detect"):
            seconds, what = stage(options.build, step, path, rules, options.runs)
            row.append(f"{what['events'] / seconds / 1e3:9.0f}k {what['record_bytes'] / seconds / 1e6:7.0f}")
        print(f"{name:38} " + " ".join(f"{cell:>18}" for cell in row), flush=True)
    print()
    print(f"{'whole program, by the clock':38} {'one core':>24} {'two cores':>24} {'ratio':>6} {'PSS':>8} {'RSS':>8} {'sha256sum':>10}")
    for name, path in made.items():
        rules = every if "cloud" in name else windows
        arguments = [binary, "hunt", path, "--json", "--quiet", *(word for rule in rules for word in ("--rules", rule))]
        what = stage(options.build, "read", path, rules, 1)[1]
        walls, memory = {1: [], 2: []}, []
        anchors = []
        for _ in range(options.runs):
            for workers, core in ((1, 0), (2, None)):
                wall, _, pss, rss = timed([*arguments, "--threads", str(workers)], watch=True, core=core)
                walls[workers].append(wall)
                memory.append((pss, rss))
            anchors.append(timed(["sha256sum", path])[0])
        one, two = median(walls[1]), median(walls[2])
        cells = [f"{what['events'] / wall / 1e3:7.0f}k {what['record_bytes'] / wall / 1e6:6.0f} MB/s" for wall in (one, two)]
        pss, rss = max(pss for pss, _ in memory) >> 10, max(rss for _, rss in memory) >> 10
        print(f"{name:38} {cells[0]:>24} {cells[1]:>24} {one / two:6.2f} {pss:5} MiB {rss:4} MiB {median(anchors):8.2f} s", flush=True)
    print()
    with tempfile.TemporaryDirectory() as temporary:
        tiny = pathlib.Path(temporary) / "tiny.jsonl"
        tiny.write_text("{}\n", encoding="ascii")
        arguments = [binary, "hunt", tiny, "--json", "--quiet", "--threads", "1", *(word for rule in every for word in ("--rules", rule))]
        cold, warm = [], []
        for number in range(options.runs):
            environment = dict(os.environ, XDG_CACHE_HOME=f"{temporary}/{number}")
            cold.append(timed(arguments, env=environment)[0])
            warm.append(timed(arguments, env=environment)[0])
        print(f"start-up with all rules: {median(cold):.3f} s, again {median(warm):.3f} s")


if __name__ == "__main__":
    main()
