"""archive: what an archive takes and gives: the whole command, committed and on the disk, beside what the machine can do at best.

Called by bench.py --archive. Everything is done in BUILD/bench-archive, which lies on the disk that is measured, and is removed. `one core` pins the
command and all of its processes to one processor; `two` lets it have both. Events are those of the ledger. The second advisory of retrohunt is
rules and indicators that the memo does not know yet: made up anew each time, so that nothing was asked for them before, and nothing is found."""

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import time


def folder_bytes(path):
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file()) if path.is_dir() else 0


def rate(size, seconds):
    return f"{size / seconds / 1e6:5.0f} MB/s"


class Archives:
    def __init__(self, options, tools):
        self.options, self.tools = options, tools
        self.binary = options.build / "longwatch"
        self.work = options.build / "bench-archive"
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()

    def median_of(self, runs):
        """Of several figures at once."""
        return [statistics.median(each) for each in zip(*runs)]

    def timed(self, words, core=None, **more):
        """Seconds by the clock and of processor, PSS in KiB; with everything written to the disk before."""
        os.sync()
        return self.tools.timed([str(word) for word in words], watch=True, core=core, **more)[:3]

    # ---- the machine ----

    def limits(self, path):
        """The same bytes hashed, packed, copied in memory; written to the disk and waited for."""
        data = path.read_bytes()
        took = {}
        target = self.work / "written"
        room = bytearray(len(data))

        def once(name, what):
            began = time.monotonic()
            what()
            took.setdefault(name, []).append(time.monotonic() - began)

        def write():
            with open(target, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())

        def copy():
            room[:] = data

        for _ in range(self.options.runs):
            once("SHA-256 in memory (OpenSSL)", lambda: hashlib.sha256(data).digest())
            once("sha256sum", lambda: subprocess.run(["sha256sum", path], stdout=subprocess.DEVNULL, check=True))
            once("zstd -1", lambda: subprocess.run(["zstd", "-1", "-q", "-c", path], stdout=subprocess.DEVNULL, check=True))
            once("copied in memory", copy)
            once("written, and waited for", write)
            target.unlink()
        print("the machine, same bytes, one core: " + "; ".join(f"{name} {rate(len(data), statistics.median(times)).strip()}" for name, times in took.items()), flush=True)

    # ---- adding ----

    def add(self, paths, workers, core=None):
        """One archive of these files, the last of the runs, which stays; medians of wall, processor, memory."""
        archive = self.work / "archive"
        runs = []
        for _ in range(self.options.runs):
            shutil.rmtree(archive, ignore_errors=True)
            runs.append(self.timed([self.binary, "archive", "add", archive, *paths, "--quiet", "--threads", workers], core=core))
        return archive, self.median_of(runs), max(run[2] for run in runs)

    def info(self, archive):
        return json.loads(subprocess.run([self.binary, "archive", "info", archive, "--json"], capture_output=True, check=True).stdout)

    def events(self, archive):
        return sum(part["rows"] for part in self.info(archive)["parts"] if part["family"] != "ledger")

    def many(self, path, count=64):
        """The same lines in so many files."""
        folder = self.work / "many"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        subprocess.run(["split", "-n", f"l/{count}", path, folder / "part"], check=True)
        return folder

    def logs(self):
        """Name -> (paths of one file or folder, whether many files can be made of it)."""
        options, tools = self.options, self.tools
        varied, made = tools.varied(options.build, options.megabytes), tools.inputs(options.build, options.megabytes)
        logs = {name: (path, True) for name, path in varied.items()}
        logs["cloud JSON lines"] = (made["cloud JSON lines"], True)
        logs["Windows JSON lines"] = (made["Windows JSON lines"], True)
        logs["EVTX, ordinary mix"] = (made["EVTX, ordinary mix"], False)
        logs["EVTX, sample files"] = (options.build / "bench-data/evtx", False)
        return {name: value for name, value in logs.items() if options.only in name}

    def adding(self):
        print(f"archive add, medians of {self.options.runs} runs, {self.options.megabytes} MB each, committed and on the disk; MB/s of the log")
        print(f"{'':42} {'one core, by the clock':>24} {'of processor':>24} {'two cores':>24} {'ratio':>6} {'PSS':>9} {'B/event':>8} {'index':>8} {'of log':>7} {'zstd -19':>9}")
        for name, (path, splits) in self.logs().items():
            shapes = [("", path)] + ([(", 64 files", self.many(path))] if splits else [])
            for also, paths in shapes:
                self.adding_one(name + also, paths, path)

    def adding_one(self, name, paths, whole):
        size = whole.stat().st_size if whole.is_file() else folder_bytes(whole)
        _, one, memory_one = self.add([paths], 1, core=0)
        archive, two, memory_two = self.add([paths], 2)
        events = self.events(archive)
        index, all_bytes = folder_bytes(archive / "index"), folder_bytes(archive)
        packed = self.tools.packed_hard(whole) if "varied" in name else None
        beside = f"{packed.stat().st_size / events:9.1f}" if packed else f"{'-':>9}"
        cells = [f"{rate(size, seconds)} {events / seconds / 1e3:6.0f}k/s" for seconds in (one[0], one[1], two[0])]
        print(
            f"{name:42} {cells[0]:>24} {cells[1]:>24} {cells[2]:>24} {one[0] / two[0]:6.2f} {max(memory_one, memory_two) >> 10:5} MiB {(all_bytes - index) / events:8.1f} {index / events:8.1f} {100 * index / size:6.2f}% {beside}",
            flush=True,
        )

    # ---- giving ----

    def giving(self):
        """Events back as lines, and the hunt over the archive, each beside the same of the evidence itself."""
        rules = [word for each in ("rules/windows", "rules-emerging-threats", "rules-threat-hunting") for word in ("--rules", self.tools.SHARED / "sigma" / each)]
        print(f"out of an archive, one core, by the clock; medians of {self.options.runs} runs; `evidence`: the same command over the files")
        print(f"{'':42} {'cat':>24} {'events, evidence':>24} {'hunt':>24} {'hunt, evidence':>24} {'ratio':>6}")
        for name, (path, _) in self.logs().items():
            archive = self.work / "archive"
            shutil.rmtree(archive, ignore_errors=True)
            self.timed([self.binary, "archive", "add", archive, path, "--quiet"])
            events = self.events(archive)
            times = {}
            for _ in range(self.options.runs):
                for what, words in (
                    ("cat", ["archive", "cat", archive]),
                    ("events", ["events", "--json", path]),
                    ("hunt", ["hunt", archive, *rules, "--json", "--quiet", "--threads", "1"]),
                    ("fresh", ["hunt", path, *rules, "--json", "--quiet", "--threads", "1"]),
                ):
                    times.setdefault(what, []).append(self.timed([self.binary, *words], core=0)[0])
            middle = {what: statistics.median(each) for what, each in times.items()}
            cells = [f"{middle[what]:6.2f} s {events / middle[what] / 1e3:8.0f}k/s" for what in ("cat", "events", "hunt", "fresh")]
            print(f"{name:42} " + " ".join(f"{cell:>24}" for cell in cells) + f" {middle['fresh'] / middle['hunt']:6.2f}", flush=True)
            self.retro(archive, rules, middle["fresh"])

    # ---- retrohunt ----

    def advisory(self, count):
        """So many rules that nobody has asked yet, for a text that occurs nowhere."""
        folder = self.work / f"advisory-{count}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for number in range(count):
            (folder / f"new-{number}.yml").write_text(
                f"title: New {number}\nid: 00000000-0000-4000-8000-{time.time_ns() % 10**8 * 1000 + number:012}\nstatus: test\nlevel: high\n"
                "logsource:\n  product: windows\n  category: process_creation\n"
                f"detection:\n  one:\n    CommandLine|contains: 'advisory-{time.time_ns()}-{number}'\n  condition: one\n",
                encoding="utf-8",
            )
        return folder

    def indicators(self, count):
        path = self.work / f"indicators-{count}.txt"
        path.write_text("".join(f"host{time.time_ns()}n{n}.never-seen.example\n" for n in range(count)), encoding="utf-8")
        return path

    def retro(self, archive, rules, fresh):
        if subprocess.run([self.binary, "retrohunt", "--help"], capture_output=True, check=False).returncode:
            return
        memo = self.work / "memo"
        hunt = [self.binary, "retrohunt", archive, "--json", "--quiet", "--threads", "1", "--memo", memo]
        cold, warm = [], []
        for _ in range(self.options.runs):
            shutil.rmtree(memo, ignore_errors=True)
            cold.append(self.timed([*hunt, *rules], core=0)[0])
            warm.append(self.timed([*hunt, *rules], core=0)[0])
        cells = [f"cold {statistics.median(cold):.2f} s ({fresh / statistics.median(cold):.1f} times fresh)", f"again {statistics.median(warm):.3f} s ({fresh / statistics.median(warm):.1f} times)"]
        for count in (1, 10, 100):
            times, known = [], []
            for _ in range(self.options.runs):
                times.append(self.timed([*hunt, *rules, "--rules", self.advisory(count)], core=0)[0])
                known.append(self.timed([*hunt, "--intel", self.indicators(count)], core=0)[0])
            cells.append(f"{count} more rules {statistics.median(times):.3f} s, {count} indicators {statistics.median(known):.3f} s")
        print(f"{'  retrohunt':42} " + "; ".join(cells), flush=True)

    # ---- what needs much memory and disk ----

    def full(self):
        """A thousand million keys, and the latency of commits."""
        run = self.work / "keys.lwi"
        bench = self.options.build / "bench/bench_index"
        for words in (["make", run, "1000000000"], ["ask", run, "1000000000", "1000000"], ["ask", run, "1000000000", "1000"]):
            print(subprocess.run([bench, *words], capture_output=True, check=True, text=True).stdout, end="", flush=True)
        run.unlink()
        print(subprocess.run([self.options.build / "bench/bench_manifest", self.work / "manifest"], capture_output=True, check=True, text=True).stdout, end="", flush=True)


def measure(options, tools):
    archives = Archives(options, tools)
    logs = archives.logs()
    try:
        archives.limits(next(path for path, _ in logs.values() if path.is_file()))
        archives.adding()
        archives.giving()
        if options.full:
            archives.full()
    finally:
        shutil.rmtree(archives.work, ignore_errors=True)
