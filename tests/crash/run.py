#!/usr/bin/env python3
"""run: the crash tests of the archive: power cuts, kills, failing calls, full disks. `./dev test-crash`.

A writer (writer.c) gives a receipt for each commit that was acknowledged. Whatever happens to it, afterwards the checker must find that every
receipt is honoured: the record is in the chain, the segment is there and whole, no half segment is visible, a writer can go on.

A power cut is the shutdown of a file system on a loop device (FS_IOC_SHUTDOWN without a flush of the log): what the file system had not yet
handed to its disk is gone. That a disk loses what it said to have written is not imitated. The same writer with an fsync that does nothing
must lose something, or the test would show nothing.
"""

import argparse
import errno
import fcntl
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

FS_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2
ERRORS = {
    "write": ["EIO", "ENOSPC", "SHORT"],
    "pwrite": ["EIO", "ENOSPC", "SHORT"],
    "fsync": ["EIO", "ENOSPC", "LOSE"],
    "fdatasync": ["EIO", "ENOSPC", "LOSE"],
    "rename": ["EIO", "ENOSPC"],
    "open": ["EIO", "EMFILE"],
    "ftruncate": ["EIO"],
    "mkdir": ["EIO", "ENOSPC"],
    "unlink": ["EIO"],
}  # fmt: skip


class Failed(Exception):
    pass


class Crash:
    def __init__(self, options):
        self.writer, self.faults, self.options = options.writer, options.faults, options
        self.random = random.Random(options.seed)
        self.faults_done = self.receipts = 0

    def write(self, folder, receipts, seed, rounds, again=False, **environment):
        """Starts a writer; its receipts are appended."""
        words = [self.writer, "write", folder, str(seed), str(rounds)] + (["again"] if again else [])
        preload = {"LD_PRELOAD": str(self.faults)} if environment else {}
        with open(receipts, "ab") as out:
            return subprocess.Popen(
                words, stdout=out, stderr=subprocess.PIPE, env={**os.environ, **preload, **environment}
            )

    def check(self, folder, receipts):
        """What the checker says; Failed: it found something."""
        ran = subprocess.run([self.writer, "check", folder, receipts], capture_output=True, text=True)
        if ran.returncode != 0:
            raise Failed(f"status {ran.returncode}: {ran.stderr.strip()}")
        self.receipts += int(ran.stdout.split()[0])
        return ran.stdout.strip()

    def end(self, process, allowed, what):
        complaint = process.communicate()[1].decode(errors="replace")
        if process.returncode not in allowed:
            raise Failed(f"{what}: the writer ended with {process.returncode}: {complaint.strip()}")
        return process.returncode

    # ---- kills ----

    def kills(self, folder, rounds):
        receipts = folder / "receipts"
        archive = folder / "archive"
        for i in range(rounds):
            process = self.write(archive, receipts, i, 1 << 30)
            time.sleep(self.random.uniform(0.001, 0.25))
            process.kill()
            process.communicate()
            self.faults_done += 1
            said = self.check(archive, receipts)
        return f"{rounds} kills; {said}"

    # ---- failing calls ----

    def counted(self, folder, rounds):
        log = folder / "log"
        process = self.write(folder / "archive", folder / "receipts", 7, rounds, FAULT_LOG=str(log))
        self.end(process, {0}, "without a fault")
        self.check(folder / "archive", folder / "receipts")
        return {line.split()[0]: int(line.split()[1]) for line in log.read_text().splitlines() if " " in line}

    def one_fault(self, base, what, rounds, again, **environment):
        """One run in a folder of its own. Was it met?"""
        folder = pathlib.Path(tempfile.mkdtemp(dir=base))
        log = folder / "log"
        process = self.write(folder / "archive", folder / "receipts", 7, rounds, again, FAULT_LOG=str(log), **environment)
        status = self.end(process, {0, 3}, what)
        try:
            self.check(folder / "archive", folder / "receipts")
        except Failed as failed:
            raise Failed(f"{what}: {failed}") from None
        fired = "fired" in log.read_text()
        # A fault that passes stops nobody who opens again.
        if again and status != 0 and "FAULT_STICKY" not in environment:
            raise Failed(f"{what}: the writer did not get over it")
        self.faults_done += fired
        shutil.rmtree(folder)
        return fired

    def calls(self, base, rounds):
        first = base / "counted"
        first.mkdir()
        counts = self.counted(first, rounds)
        met = 0
        for call, errors in ERRORS.items():
            if counts.get(call, 0) == 0 and call != "ftruncate":
                raise Failed(f"the writer never calls {call}: the test tests nothing")
            for error in errors:
                number = error if error in ("SHORT", "LOSE") else str(getattr(errno, error))
                for at in range(1, counts[call] + 1):
                    what = f"{call} {at} {error}"
                    again = at % 2 == 0
                    fault = {"FAULT_CALL": call, "FAULT_AT": str(at), "FAULT_HOW": number}
                    met += self.one_fault(base, what, rounds, again, **fault)
        # A full or dead disk from some call on, to the end.
        for error in ("ENOSPC", "EIO"):
            for at in range(1, counts["any"] + 1, self.options.stride):
                fault = {"FAULT_CALL": "any", "FAULT_AT": str(at), "FAULT_HOW": str(getattr(errno, error)), "FAULT_STICKY": "1"}
                met += self.one_fault(base, f"from call {at} on {error}", rounds, False, **fault)
        return f"{met} calls failed, of {counts['any']} that a run makes"

    # ---- power ----

    def image(self, base, kind, megabytes):
        image, mount = base / f"{kind}.img", base / f"{kind}.mount"
        mount.mkdir(exist_ok=True)
        image.unlink(missing_ok=True)
        with open(image, "wb") as out:
            out.truncate(megabytes << 20)
        make = ["mkfs.ext4", "-q", "-F", "-m", "0"] if kind == "ext4" else ["mkfs.xfs", "-q", "-f"]
        subprocess.run(make + [image], check=True, capture_output=True)
        return image, mount

    @staticmethod
    def mount(image, mount):
        subprocess.run(["mount", "-o", "loop", image, mount], check=True)

    @staticmethod
    def unmount(mount):
        for _ in range(50):
            if subprocess.run(["umount", mount], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise Failed(f"{mount} cannot be unmounted")

    @staticmethod
    def power_off(mount):
        at = os.open(mount, os.O_RDONLY)
        try:
            fcntl.ioctl(at, FS_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(at)

    def cut(self, image, mount, receipts, seed, **environment):
        """A writer, a power cut, power again. The number of receipts."""
        before = receipts.read_bytes().count(b"\n") if receipts.exists() else 0
        process = self.write(mount / "archive", receipts, seed, 1 << 30, **environment)
        time.sleep(self.random.uniform(0.05, 0.6))
        self.power_off(mount)
        time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.unmount(mount)
        self.mount(image, mount)
        return receipts.read_bytes().count(b"\n") - before

    def power(self, base, kind, cuts):
        image, mount = self.image(base, kind, 512)
        receipts = base / f"{kind}.receipts"
        self.mount(image, mount)
        told = 0
        try:
            for i in range(cuts):
                told += self.cut(image, mount, receipts, i)
                self.faults_done += 1
                said = self.check(mount / "archive", receipts)
        finally:
            self.unmount(mount)
            image.unlink()
        return f"{cuts} cuts, {told} receipts; {said}"

    def without_fsync(self, base, kind, cuts):
        """Each of them must lose something that was acknowledged."""
        lost = 0
        for i in range(cuts):
            image, mount = self.image(base, kind, 512)
            receipts = base / f"{kind}.nosync"
            receipts.unlink(missing_ok=True)
            self.mount(image, mount)
            try:
                # Made with care, so that what is lost is what was acknowledged later.
                self.end(self.write(mount / "archive", receipts, 1, 2), {0}, "making it")
                told = self.cut(image, mount, receipts, i, FAULT_NOSYNC="1")
                if told == 0:
                    continue
                try:
                    self.check(mount / "archive", receipts)
                    raise Failed(f"{kind}: a writer without fsync lost nothing of {told} receipts: this test shows nothing")
                except Failed as failed:
                    if "shows nothing" in str(failed):
                        raise
                    lost += 1
            finally:
                self.unmount(mount)
                image.unlink()
        if not lost:
            raise Failed(f"{kind}: the writer without fsync never acknowledged anything")
        return f"the writer without fsync lost what it had acknowledged in {lost} of {cuts} cuts, as it must"

    # ---- a full disk ----

    def full(self, base, steps):
        image, mount = self.image(base, "ext4", 16)
        failed = 0
        self.mount(image, mount)
        try:
            for step in range(steps):
                archive, receipts, filler = mount / f"archive{step}", base / f"full{step}", mount / "filler"
                with open(filler, "wb") as out:  # all but so much
                    free = os.statvfs(mount).f_bavail * os.statvfs(mount).f_bsize
                    os.posix_fallocate(out.fileno(), 0, max(free - (step + 1) * 8192, 4096))
                status = self.end(self.write(archive, receipts, step, 40), {0, 3}, f"full disk {step}")
                failed += status == 3
                self.faults_done += status == 3
                filler.unlink()
                if archive.exists():
                    self.check(archive, receipts)
                    self.end(self.write(archive, receipts, step + 1000, 3), {0}, f"after a full disk {step}")
                    self.check(archive, receipts)
                    shutil.rmtree(archive)
        finally:
            self.unmount(mount)
            image.unlink()
        if failed < steps // 2:
            raise Failed(f"the disk was full only {failed} times of {steps}")
        return f"{failed} times full, each time with 8 KiB more"


def why_no_power():
    if os.geteuid() != 0:
        return "not root: no file system can be mounted"
    missing = [name for name in ("mkfs.ext4", "mkfs.xfs", "mount", "umount") if not shutil.which(name)]
    if missing:
        return f"no {', '.join(missing)} here"
    known = pathlib.Path("/proc/filesystems").read_text().split()
    if not pathlib.Path("/dev/loop-control").exists():
        return "this kernel has no loop devices"
    return None if {"ext4", "xfs"} <= set(known) else "this kernel does not know ext4 and XFS"


def all_cases(cases, crash, what, only=""):
    """Each of (name, needs power cuts, case) in turn, and the closing lines; the exit status. Fewer than 200 faults of all of them prove nothing."""
    passed = failed = skipped = 0
    power = why_no_power()
    for name, needs_power, case in cases:
        if only not in name:
            continue
        if needs_power and power:
            print(f"SKIP: {name}: {power}", flush=True)
            skipped += 1
            continue
        began = time.monotonic()
        try:
            print(f"{name}: {case()} ({time.monotonic() - began:.0f} s)", flush=True)
            passed += 1
        except (Failed, subprocess.CalledProcessError, OSError) as error:
            print(f"FAILED: {name}: {error}", flush=True)
            failed += 1
    print(f"{what}: {crash.faults_done} faults, {crash.receipts} promises asked for")
    if not only and not power and crash.faults_done < 200:
        print("FAILED: fewer than 200 faults")
        failed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--writer", required=True)
    parser.add_argument("--faults", required=True, type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--cuts", type=int, default=25, help="power cuts on each file system")
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=8, help="commits of a run with a failing call")
    parser.add_argument("--stride", type=int, default=3)
    options = parser.parse_args()
    options.seed = options.seed or int.from_bytes(os.urandom(4), "little")
    print(f"seed {options.seed}", flush=True)
    crash = Crash(options)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="longwatch-crash-") as disk, tempfile.TemporaryDirectory(
        prefix="longwatch-crash-", dir=memory
    ) as fast:
        disk, fast = pathlib.Path(disk), pathlib.Path(fast)
        return all_cases((
            ("a call fails, each in turn", False, lambda: crash.calls(fast, options.rounds)),
            ("killed at any moment", False, lambda: crash.kills(disk, options.kills)),
            ("power cut, ext4", True, lambda: crash.power(disk, "ext4", options.cuts)),
            ("power cut, XFS", True, lambda: crash.power(disk, "xfs", options.cuts)),
            ("power cut without fsync, ext4", True, lambda: crash.without_fsync(disk, "ext4", 6)),
            ("power cut without fsync, XFS", True, lambda: crash.without_fsync(disk, "xfs", 6)),
            ("disk full", True, lambda: crash.full(disk, 40)),
        ), crash, "the folder")


if __name__ == "__main__":
    sys.exit(main())
