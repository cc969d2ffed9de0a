#!/usr/bin/env python3
"""command: the crash tests of `longwatch archive` as a whole, beside those of its writer (run.py): the program is killed, each call that it makes
to the disk fails in turn, the power is cut, the disk is full. `./dev test-crash`.

What a run that ended well said is there must be there ever after, whole. Of a run that did not end well there is all of a batch or nothing of it,
the archive is whole after the next run, and that run ends with the very events that the evidence holds. What takes something away (erase, expire) has
done all of it or nothing; the next run does the rest, and then no file of the archive holds it.
"""

import argparse
import errno
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from run import Crash, Failed, all_cases

SAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "data/samples"
FILES = ("intrusion.jsonl", "mailbox.jsonl", "post.mbox", "proxy.log", "roster.csv")
ERRORS = {
    "write": ["EIO", "ENOSPC", "SHORT"],
    "pwrite": ["EIO", "ENOSPC", "SHORT"],
    "fsync": ["EIO", "LOSE"],
    "fdatasync": ["EIO", "LOSE"],
    "rename": ["EIO", "ENOSPC"],
    "open": ["EIO", "EMFILE"],
    "ftruncate": ["EIO"],
    "mkdir": ["EIO", "ENOSPC"],
    "unlink": ["EIO"],
}  # fmt: skip
WELL = (0, 3)  # 3: something could not be read, and the rest is kept
ERASED = b"k.lind@assembly.example"
OLD = ("mailbox.jsonl", "post.mbox")  # these expire
TAKING = {
    "erase": ("--value", ERASED.decode(), "--who", "a", "--why", "b", "--basis", "c"),
    "expire": ("--who", "a"),
}  # fmt: skip


class Command(Crash):
    """Runs of the program on evidence that stays as it is."""

    def __init__(self, options, evidence):
        super().__init__(options)
        self.binary, self.evidence = options.binary, evidence
        evidence.mkdir()
        for name in FILES:
            (evidence / name).write_bytes((SAMPLES / name).read_bytes())
        self.wanted = {name: self.lines("events", "--json", evidence / name) for name in FILES}
        if any(not lines for lines in self.wanted.values()):
            raise Failed("a sample without events: the test tests nothing")
        self.commands = ["add"] + [word for word in ("compact", "index") if f"longwatch archive {word} " in self.run("archive", word, "--help")[1].decode()]

    def start(self, *words, **environment):
        preload = {"LD_PRELOAD": str(self.faults)} if environment else {}
        return subprocess.Popen(
            [self.binary, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "LONGWATCH_CACHE": "off", **preload, **environment},
        )  # fmt: skip

    def run(self, *words, **environment):
        process = self.start(*words, **environment)
        out, complaint = process.communicate()
        return process.returncode, out, complaint.decode(errors="replace")

    def lines(self, *words, allowed=(0,)):
        status, out, complaint = self.run(*words)
        if status not in allowed:
            raise Failed(f"{' '.join(map(str, words[:2]))}: status {status}: {complaint.strip()[-500:]}")
        return sorted(out.splitlines())

    def all_of(self, names):
        return sorted(line for name in names for line in self.wanted[name])

    def add(self, archive, *names, patience=50, **environment):
        """Its status. Processes of a run that was killed may hold the lock for a moment."""
        for _ in range(patience):
            status, _, complaint = self.run("archive", "add", archive, *(self.evidence / name for name in names), "--quiet", "--threads", "2", **environment)
            if status != 5:
                break
            time.sleep(0.1)
        return status, complaint

    def held(self, archive, what):
        """Which files are in the archive: each whole or not at all."""
        if not (archive / "CURRENT").exists():
            return set()
        got = self.lines("archive", "cat", archive, allowed=WELL)
        names = {name for name in FILES if set(self.wanted[name]) & set(got)}
        if got != self.all_of(names):
            raise Failed(f"{what}: {len(got)} events, and of {', '.join(sorted(names))} there are {len(self.all_of(names))}")
        return names

    def sound(self, archive, promised, what):
        """What was promised is there; a run without faults completes it; all of it is whole then."""
        missing = set(promised) - self.held(archive, what)
        if missing:
            raise Failed(f"{what}: {', '.join(missing)} was said to be there, and is not")
        status, complaint = self.add(archive, *FILES)
        if status != 0:
            raise Failed(f"{what}: the next run ended with {status}: {complaint.strip()[-500:]}")
        if self.held(archive, what) != set(FILES):
            raise Failed(f"{what}: the next run did not complete it")
        status, out, complaint = self.run("archive", "verify", archive)
        if status != 0:
            raise Failed(f"{what}: verify after the next run: {status}: {out.decode().strip()[-500:]} {complaint.strip()[-300:]}")
        self.receipts += len(promised)

    # ---- failing calls ----

    def prepared(self, base, command):
        """An archive on which the command has something to do: made once, and copied."""
        ready = base / f"ready-{command}"
        for name in FILES[1:] if command == "add" else FILES:
            if command == "add" and name == FILES[1]:
                continue
            status, complaint = self.add(ready, name)
            if status != 0:
                raise Failed(f"{name}: {complaint}")
        return ready

    def words(self, command, archive):
        if command in TAKING:
            return ["archive", command, archive, *TAKING[command]]
        if command == "add":
            return ["archive", "add", archive, *(self.evidence / name for name in FILES), "--quiet", "--threads", "1"]
        return ["archive", command, archive]

    def each_fault(self, log, fault):
        """Calls fault(what, **environment), which runs the command, for calls of every sort: how many were met, of how many."""
        fault("no fault")
        counts = {line.split()[0]: int(line.split()[1]) for line in log.read_text().splitlines() if " " in line}
        met = 0
        for call, errors in ERRORS.items():
            for error in errors:
                number = error if error in ("SHORT", "LOSE") else str(getattr(errno, error))
                # Of calls that are many some: the first, the last, and between them others each time.
                every = list(range(1, counts.get(call, 0) + 1))
                chosen = every if len(every) <= self.options.each else sorted({1, every[-1], *self.random.sample(every, self.options.each - 2)})
                for at in chosen:
                    met += fault(f"{call} {at} {error}", FAULT_CALL=call, FAULT_AT=str(at), FAULT_HOW=number)
        for error in ("ENOSPC", "EIO"):
            for at in self.random.sample(range(1, counts["any"] + 1), min(8, counts["any"])):
                met += fault(f"from call {at} on {error}", FAULT_CALL="any", FAULT_AT=str(at), FAULT_HOW=str(getattr(errno, error)), FAULT_STICKY="1")
        return met, counts["any"]

    def calls(self, base):
        told = []
        for command in self.commands:
            ready = self.prepared(base, command)
            already = self.held(ready, command)
            log, archive = base / "log", base / "archive"

            def fault(fresh, what, **environment):
                if not fresh:
                    shutil.copytree(ready, archive)
                log.unlink(missing_ok=True)
                status, _, complaint = self.run(*self.words(command, archive), FAULT_LOG=str(log), **environment)
                if status not in (0, 2, 3, 4, 5):
                    raise Failed(f"{what}: status {status}: {complaint.strip()[-500:]}")
                if status in (2, 4, 5) and not complaint.strip():
                    raise Failed(f"{what}: status {status} without a word")
                promised = set(FILES) if status == 0 else set() if fresh else already
                self.sound(archive, promised, f"{what} (status {status}: {complaint.strip()[-200:]})")
                shutil.rmtree(archive)
                fired = "fired" in log.read_text()
                self.faults_done += fired
                return fired

            for fresh in (True, False) if command == "add" else (False,):
                met, of = self.each_fault(log, lambda what, fresh=fresh, **environment: fault(fresh, f"{command}: {what}", **environment))
                if not met:
                    raise Failed(f"{command}: no call ever failed: the test tests nothing")
                told.append(f"{command}: {met} of {of}")
        return "; ".join(told)

    # ---- what takes something away ----

    def taking_ready(self, base, command):
        """An archive from which the command has something to take; what cat prints of it before and after."""
        ready, done = base / f"ready-{command}", base / f"done-{command}"
        for names, words in ((OLD, ("--family", "old")), (set(FILES) - set(OLD), ())):
            self.lines("archive", "add", ready, *(self.evidence / name for name in sorted(names)), "--quiet", *words)
        if command == "expire":
            self.lines("archive", "policy", ready, "set", "short", "--days", "1", "--family", "old", "--who", "a")
        shutil.copytree(ready, done)
        self.lines(*self.words(command, done))
        before, after = (self.lines("archive", "cat", archive) for archive in (ready, done))
        if before != self.all_of(FILES):
            raise Failed(f"{command}: before it {len(before)} events")
        if command == "expire" and after != self.all_of(set(FILES) - set(OLD)):
            raise Failed(f"{command}: after it {len(after)} events")
        if command == "erase" and (len(after) != len(before) or not self.holds(command, before) or self.holds(command, after)):
            raise Failed(f"{command}: after it {len(after)} events of {len(before)}")
        return ready, before, after

    def holds(self, command, lines):
        """Is there something that was to go?"""
        if command == "erase":
            return any(ERASED in line.lower() for line in lines)
        old = {line.split(b'"evidence_sha256":"', 1)[1][:64] for name in OLD for line in self.wanted[name]}
        return any(sha256 in line for sha256 in old for line in lines)

    def taken(self, command, archive, before, after, well, what):
        """All of it or nothing; if it was said to be done, all; and the next run does the rest."""
        got = self.lines("archive", "cat", archive, allowed=WELL)
        if got not in (before, after) or (well and got != after):
            raise Failed(f"{what}: {len(got)} events, of which {len(set(got) & set(before))} are of before and {len(set(got) & set(after))} of after")
        for _ in range(50):
            status, _, complaint = self.run(*self.words(command, archive))
            if status != 5:
                break
            time.sleep(0.1)
        # 3: something lies in quarantine into which nobody looks. It is looked into here.
        if status != 0 and not (status == 3 and any((archive / "quarantine").iterdir())):
            raise Failed(f"{what}: the next run ended with {status}: {complaint.strip()[-500:]}")
        if self.lines("archive", "cat", archive) != after:
            raise Failed(f"{what}: the next run did not do the rest")
        status, out, complaint = self.run("archive", "verify", archive)
        if status not in WELL or b"whole" not in out:
            raise Failed(f"{what}: verify after the next run: {status}: {out.decode().strip()[-500:]} {complaint.strip()[-300:]}")
        for path in archive.rglob("*"):
            held = path.is_file() and ((command == "erase" and self.holds(command, [path.read_bytes()])) or (
                path.suffix == ".lws" and self.holds(command, self.lines("events", "--json", path, allowed=WELL))))  # fmt: skip
            if held:
                raise Failed(f"{what}: {path.relative_to(archive)} still holds what was taken away")
        self.receipts += 1

    def taking(self, base, kills):
        told = []
        for command in TAKING:
            ready, before, after = self.taking_ready(base, command)
            log, archive = base / "log", base / "archive"

            def fault(what, killed=False, **environment):
                shutil.copytree(ready, archive)
                log.unlink(missing_ok=True)
                status, _, complaint = self.run(*self.words(command, archive), FAULT_LOG=str(log), **environment)
                if status not in ((-9,) if killed else ()) + (0, 3, 4, 5):
                    raise Failed(f"{what}: status {status}: {complaint.strip()[-500:]}")
                if status in (4, 5) and not complaint.strip():
                    raise Failed(f"{what}: status {status} without a word")
                self.taken(command, archive, before, after, status == 0, f"{command}: {what} (status {status}: {complaint.strip()[-200:]})")
                shutil.rmtree(archive)
                fired = status == -9 or "fired" in log.read_text()
                self.faults_done += fired
                return fired

            met, of = self.each_fault(log, fault)
            every = range(1, of + 1)
            killed = sum(fault(f"killed at call {at}", True, FAULT_CALL="any", FAULT_AT=str(at), FAULT_HOW="KILL")
                         for at in (every if of <= kills else self.random.sample(every, kills)))  # fmt: skip
            if not met or killed < kills // 2:
                raise Failed(f"{command}: {met} calls failed, {killed} kills: the test tests nothing")
            told.append(f"{command}: {met} and {killed} kills of {of}")
        return "; ".join(told)

    # ---- kills ----

    def kills(self, base, rounds):
        ended = {command: 0 for command in self.commands}
        began = time.monotonic()
        self.add(base / "timed", *FILES)
        takes = time.monotonic() - began
        for i in range(rounds):
            command = self.commands[i % len(self.commands)]
            archive = base / f"archive{i}"
            there = () if command == "add" and i % 2 else (FILES[0],) if command == "add" else FILES
            for name in there:
                self.add(archive, name)
            process = self.start(*self.words(command, archive))
            time.sleep(self.random.uniform(0, takes * 1.2))
            process.kill()
            process.communicate()
            ended[command] += process.returncode < 0
            self.faults_done += process.returncode < 0
            self.sound(archive, FILES if process.returncode == 0 else there, f"{command}: kill {i}")
            shutil.rmtree(archive)
        if any(count < rounds // len(self.commands) // 5 for count in ended.values()):
            raise Failed(f"it was seldom killed: {ended}")
        return f"{sum(ended.values())} of {rounds} met it"

    def many_files(self, base):
        """More files than a batch has: each batch is there or is not."""
        many = base / "many"
        many.mkdir()
        first = (SAMPLES / "proxy.log").read_text().splitlines()
        for i in range(4300):
            (many / f"{i:05}.log").write_text(first[i % len(first)] + f"\n{first[(i + 7) % len(first)]}\n" * (1 + i % 3) + f"# {i}\n")
        archive, alone, seen, began = base / "batches", base / "alone", set(), time.monotonic()
        self.run("archive", "add", alone, many, "--quiet")
        takes = time.monotonic() - began
        for _ in range(6):
            process = self.start("archive", "add", archive, many, "--quiet")
            time.sleep(self.random.uniform(0.1, 1) * takes)
            process.kill()
            process.communicate()
            self.faults_done += process.returncode < 0
            if (archive / "CURRENT").exists():
                got = {line.split(b'"evidence_sha256":"', 1)[1][:64] for line in self.lines("archive", "cat", archive, allowed=WELL)}
                seen.add(len(got))
        for _ in range(50):
            status, _, complaint = self.run("archive", "add", archive, many, "--quiet")
            if status != 5:
                break
            time.sleep(0.1)
        if status not in WELL:
            raise Failed(f"the last run ended with {status}: {complaint[-500:]}")
        whole = self.lines("archive", "cat", archive, allowed=WELL)
        if self.run("archive", "verify", archive)[0] != 0:
            raise Failed("verify after the last run")
        if whole != self.lines("archive", "cat", alone, allowed=WELL):
            raise Failed("the archive that was interrupted holds something else than the one that was not")
        total = len({line.split(b'"evidence_sha256":"', 1)[1][:64] for line in whole})
        if not seen <= {0, total, *range(4000, 4097)}:
            raise Failed(f"there was part of a batch: {sorted(seen)} of {total} files")
        return f"{total} files in batches, seen on the way: {sorted(seen)}"

    # ---- power ----

    def cut_power(self, base, kind, cuts):
        image, mount = self.image(base, kind, 512)
        self.mount(image, mount)
        promises = 0
        try:
            for i in range(cuts):
                archive = mount / f"archive{i}"
                promised = set()
                process = self.start("archive", "info", archive)
                process.communicate()
                # Some runs end well, and power goes in one of those that follow; of every other cut right after the last of them.
                for name in self.random.sample(FILES, self.random.randrange(len(FILES))):
                    status, complaint = self.add(archive, name)
                    if status != 0:
                        raise Failed(f"{name}: {status}: {complaint.strip()[-300:]}")
                    promised.add(name)
                if i % 2:
                    process = self.start(*self.words(self.commands[i // 2 % len(self.commands)] if len(promised) > 1 else "add", archive))
                    time.sleep(self.random.uniform(0, 0.15))
                self.power_off(mount)
                if i % 2:
                    process.kill()
                    process.communicate()
                self.unmount(mount)
                self.mount(image, mount)
                self.faults_done += 1
                promises += len(promised)
                self.sound(archive, promised, f"{kind}: cut {i}")
                shutil.rmtree(archive)
        finally:
            self.unmount(mount)
            image.unlink()
        return f"{cuts} cuts, {promises} promises kept"

    def lies(self, base, kind, cuts):
        """With an fsync that does nothing something that was promised must be lost, or the test shows nothing."""
        lost = 0
        for i in range(cuts):
            image, mount = self.image(base, kind, 512)
            self.mount(image, mount)
            try:
                archive = mount / "archive"
                self.add(archive, FILES[0])
                os.sync()
                for name in FILES[1:]:
                    if self.add(archive, name, FAULT_NOSYNC="1")[0] != 0:
                        raise Failed("a run without fsync ends well")
                self.power_off(mount)
                self.unmount(mount)
                self.mount(image, mount)
                try:
                    self.sound(archive, FILES, "without fsync")
                except Failed:
                    lost += 1
            finally:
                self.unmount(mount)
                image.unlink()
        if not lost:
            raise Failed(f"{kind}: without fsync nothing was lost: this test shows nothing")
        return f"without fsync what was promised was lost in {lost} of {cuts} cuts, as it must"

    def full_disk(self, base, steps):
        image, mount = self.image(base, "ext4", 16)
        self.mount(image, mount)
        full = 0
        try:
            for step in range(steps):
                archive, filler = mount / f"archive{step}", mount / "filler"
                self.add(archive, FILES[-1])
                with open(filler, "wb") as out:
                    free = os.statvfs(mount).f_bavail * os.statvfs(mount).f_bsize
                    os.posix_fallocate(out.fileno(), 0, max(free - (step + 2) * 8192, 4096))
                status, complaint = self.add(archive, *FILES)
                if status not in (0, 4):
                    raise Failed(f"full disk {step}: status {status}: {complaint.strip()[-300:]}")
                full += status == 4
                self.faults_done += status == 4
                filler.unlink()
                self.sound(archive, FILES if status == 0 else FILES[-1:], f"full disk {step}")
                shutil.rmtree(archive)
        finally:
            self.unmount(mount)
            image.unlink()
        if full < 5:
            raise Failed(f"the disk was full only {full} times of {steps}")
        return f"{full} times full, each time with 8 KiB more"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--faults", required=True, type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--each", type=int, default=4, help="calls of a sort that fail in turn")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--cuts", type=int, default=12, help="power cuts on each file system")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.seed, options.writer = options.seed or int.from_bytes(os.urandom(4), "little"), None
    print(f"seed {options.seed}", flush=True)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="longwatch-crash-") as disk, tempfile.TemporaryDirectory(prefix="longwatch-crash-", dir=memory) as fast:
        disk, fast = pathlib.Path(disk), pathlib.Path(fast)
        crash = Command(options, disk / "evidence")
        return all_cases((
            ("a call fails", False, lambda: crash.calls(fast)),
            ("killed at any moment", False, lambda: crash.kills(disk, options.kills)),
            ("a call fails, or is the last, while something is taken away", False, lambda: crash.taking(fast, options.kills // 2)),
            ("killed among many files", False, lambda: crash.many_files(disk)),
            ("power cut, ext4", True, lambda: crash.cut_power(disk, "ext4", options.cuts)),
            ("power cut, XFS", True, lambda: crash.cut_power(disk, "xfs", options.cuts)),
            ("power cut without fsync, ext4", True, lambda: crash.lies(disk, "ext4", 2)),
            ("power cut without fsync, XFS", True, lambda: crash.lies(disk, "xfs", 2)),
            ("disk full", True, lambda: crash.full_disk(disk, 24)),
        ), crash, "longwatch archive", options.only)


if __name__ == "__main__":
    sys.exit(main())
