#!/usr/bin/env python3
"""test_bad: evidence that is damaged, hostile or out of reach: a clear word about it, and the rest is hunted all the same."""

import json
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
import time
import zipfile
import zlib

from evidence import BINARY, event, hunt, lines, rules, run


class Case:
    """A folder with rules and one sound file whose findings must come whatever else lies beside it."""

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.files = self.folder / "files"
        self.files.mkdir()
        (self.files / "sound.jsonl").write_bytes(lines(3000))
        rules(self.folder / "rules")
        self.sound = len(self.hunt()[1])
        assert self.sound >= 3, self.sound
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def hunt(self, *more, **options):
        return hunt(self.files, "--rules", self.folder / "rules", *more, **options)

    def still_sound(self, word, **options):
        """The findings of the sound file are there, the status is 3, and standard error has the word."""
        status, findings, errors = self.hunt(**options)
        sound = [finding for finding in findings if finding["evidence_path"].endswith("sound.jsonl")]
        assert len(sound) == self.sound, f"{len(sound)} of {self.sound} findings of the sound file: {errors}"
        assert status == 3, f"status {status}: {errors}"
        assert word in errors, f"no '{word}' in: {errors}"


def unreadable_file():
    with Case() as case:
        locked = case.files / "locked.jsonl"
        locked.write_bytes(lines(10))
        locked.chmod(0)
        if os.access(locked, os.R_OK):  # root reads everything: a link to nowhere stands for it
            locked.unlink()
            locked.symlink_to("nowhere")
            case.still_sound("symbolic link")
        else:
            case.still_sound("Permission denied")


def unknown_format():
    with Case() as case:
        (case.files / "picture.bin").write_bytes(bytes(range(256)) * 100)
        case.still_sound("no reader knows this format")


def broken_line():
    with Case() as case:
        (case.files / "broken.jsonl").write_bytes(lines(5) + b'{"Event": {"System": \x01}}\n' + lines(5))
        case.still_sound("broken.jsonl: ")


def names_longer_than_bounds():
    """A host or an account that is cut where a character stands costs nothing but its end."""
    with Case() as case:
        record = event(1000)
        record["Event"]["System"]["Computer"] = "h" + "\u00e4" * 400
        record["Event"]["EventData"]["User"] = "u" + "\u20ac" * 400
        (case.files / "long.jsonl").write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
        status, findings, errors = case.hunt()
        found = [finding for finding in findings if finding["evidence_path"].endswith("long.jsonl")]
        assert status == 1 and len(found) == 1, f"{status} {errors}"
        assert found[0]["host"].startswith("h\u00e4\u00e4") and found[0]["account"].startswith("u\u20ac"), found


def line_without_end():
    """Two gigabytes without a line end, which take no room on the disk."""
    with Case() as case:
        with open(case.files / "endless.jsonl", "wb") as file:
            file.write(b'{"a": "')
            file.truncate(2 << 30)
        began = time.monotonic()
        case.still_sound("endless.jsonl")
        assert time.monotonic() - began < 120, "too slow"
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        if not os.environ.get("LONGWATCH_BUILD", "").endswith("asan"):
            assert used < 400 << 10, f"{used} KiB of memory"


def zip_bomb():
    """Four gigabytes of zeros in four megabytes, and these in a zip."""
    with Case() as case:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        block = bytes(16 << 20)
        bomb = b"".join(packer.compress(block) for _ in range(256)) + packer.flush()
        with zipfile.ZipFile(case.files / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.gz", bomb)
        began = time.monotonic()
        case.still_sound("bytes come out of")
        assert time.monotonic() - began < 120, "too slow"


def cut_archive():
    with Case() as case:
        with zipfile.ZipFile(case.files / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("log.jsonl", lines(20000))
        whole = (case.files / "a.zip").read_bytes()
        (case.files / "a.zip").write_bytes(whole[: len(whole) // 2])
        case.still_sound("a.zip")


def bad_rules():
    with Case() as case:
        folder = case.folder / "rules"
        (folder / "unknown.yml").write_text(
            "title: x\nlogsource: {product: windows}\ndetection:\n  a: {B|magic: c}\n  condition: a\n", encoding="utf-8"
        )
        levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
        (folder / "bomb.yml").write_text("\n".join(levels) + "\n", encoding="utf-8")
        status, findings, errors = case.hunt()
        assert status == 1 and len(findings) == case.sound, f"{status} {len(findings)} {errors}"
        assert "unknown.yml:" in errors and "magic" in errors, errors
        assert "bomb.yml:" in errors, errors


def children_of(parent):
    """Processes whose parent it is (proc(5): the second field behind the name in stat). A bare Debian has no pgrep."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


def killed_worker():
    """What was being read is told; the rest comes."""
    with Case() as case:
        with open(case.files / "large.jsonl", "wb") as file:
            for _ in range(6):
                file.write(lines(20000))
        began = subprocess.Popen(
            [BINARY, "hunt", case.files, "--rules", case.folder / "rules", "--json", "--threads", "2"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        killed = False
        while began.poll() is None and not killed:
            children = children_of(began.pid)
            time.sleep(0.02)
            for child in children[:1]:
                os.kill(child, signal.SIGKILL)
                killed = True
        stdout, stderr = began.communicate()
        assert killed, "nothing to kill"
        assert stdout.count(b"sound.jsonl") >= case.sound, stderr
        assert began.returncode in (1, 3), f"{began.returncode} {stderr}"  # 1: it had nothing to do yet
        assert began.returncode == 1 or b"ended by signal 9" in stderr, stderr


def interrupted():
    with Case() as case:
        with open(case.files / "large.jsonl", "wb") as file:
            block = lines(20000)
            for _ in range(20):
                file.write(block)
        target = case.folder / "case"
        began = subprocess.Popen(
            [BINARY, "hunt", case.files, "--rules", case.folder / "rules", "-o", target], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        while began.poll() is None and not list(case.folder.glob("case.part-*")):
            time.sleep(0.01)  # as soon as it writes
        began.send_signal(signal.SIGINT)
        _, stderr = began.communicate(timeout=30)
        assert began.returncode == 4 and b"stopped before the end" in stderr, f"{began.returncode} {stderr}"
        left = [path.name for path in case.folder.iterdir() if path.name not in ("files", "rules")]
        assert not left, f"left behind: {left}"


def full_disk():
    """A limit on file sizes stands for the full disk: writing fails in the same places."""
    with Case() as case:
        target = case.folder / "case"
        done = subprocess.run(
            [BINARY, "hunt", case.files, "--rules", case.folder / "rules", "-o", target],
            capture_output=True, check=False, timeout=60,
            preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))),
        )  # fmt: skip
        assert done.returncode == 4, f"{done.returncode} {done.stderr}"
        assert b"case" in done.stderr, done.stderr
        left = [path.name for path in case.folder.iterdir() if path.name not in ("files", "rules")]
        assert not left, f"left behind: {left}"


def output_that_cannot_be_written():
    with Case() as case:
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [BINARY, "hunt", case.files, "--rules", case.folder / "rules", "--json"], stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert done.returncode == 4 and b"No space left" in done.stderr, f"{done.returncode} {done.stderr}"


run([
    unreadable_file, unknown_format, broken_line, names_longer_than_bounds, line_without_end, zip_bomb, cut_archive, bad_rules, killed_worker, interrupted,
    full_disk, output_that_cannot_be_written,
])  # fmt: skip
