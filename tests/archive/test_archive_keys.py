#!/usr/bin/env python3
"""test_archive_keys: an encrypted archive gives any one of its custodians what one that is not gives everybody, and nobody else anything; nothing of the
evidence can be read off its files; what without a key can be said is said, and no more."""

import hashlib
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hunt"))
from evidence import BINARY, SOURCE, run  # noqa: E402

SAMPLES = SOURCE / "data/samples"


def longwatch(*words, status=(0, 3), **more):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False, **more)
    assert done.returncode in status, (words, done.returncode, done.stdout[-500:], done.stderr[-2000:])
    return done


class Office:
    """A folder with keys of three custodians and an archive that two of them can open."""

    def __enter__(self):
        self.held = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.held.name)
        for name in ("ana", "bo", "chi"):
            longwatch("archive", "key", "new", self.key(name), status=(0,))
        self.archive = self.folder / "archive"
        longwatch("archive", "add", self.archive, SAMPLES, "--encrypt-for", self.public("ana"), "--encrypt-for", self.public("bo"))
        return self

    def __exit__(self, *_):
        self.held.cleanup()

    def key(self, name):
        return self.folder / f"{name}.key"

    def public(self, name):
        return self.folder / f"{name}.key.pub"

    def cat(self, name, status=(0, 3)):
        done = longwatch("archive", "cat", self.archive, "--key", self.key(name), status=status)
        return sorted(done.stdout.splitlines())

    def change(self, *words, status=(0,)):
        return longwatch("archive", "custodians", self.archive, *words, status=status)


def any_one_custodian_reads_the_same():
    with Office() as office:
        plain = office.folder / "plain"
        longwatch("archive", "add", plain, SAMPLES)
        wanted = sorted(longwatch("archive", "cat", plain).stdout.splitlines())
        assert len(wanted) > 400
        assert office.cat("ana") == office.cat("bo") == wanted
        # Events and findings as well; beside evidence that is no archive.
        hunts = [longwatch("hunt", path, "--rules", SOURCE / "data/rules", "--json", "--quiet", *key, status=(0, 1, 3)).stdout
                 for path, key in ((plain, []), (office.archive, ["--key", office.key("bo")]))]  # fmt: skip
        assert sorted(hunts[0].splitlines()) == sorted(hunts[1].splitlines()) and hunts[0]
        both = longwatch("events", "--json", office.archive, SAMPLES / "mailbox.jsonl", "--key", office.key("ana")).stdout.splitlines()
        assert len(both) == len(wanted) + len((SAMPLES / "mailbox.jsonl").read_text().splitlines())
        # Two archives, two keys, one call.
        other = office.folder / "other"
        longwatch("archive", "add", other, SAMPLES / "mailbox.jsonl", "--encrypt-for", office.public("chi"), status=(0,))
        both = longwatch("events", "--json", office.archive, other, "--key", office.key("ana"), "--key", office.key("chi")).stdout.splitlines()
        assert len(both) == len(wanted) + len((SAMPLES / "mailbox.jsonl").read_text().splitlines())
        assert longwatch("events", "--json", office.archive, other, "--key", office.key("ana"), status=(5,)).stderr


def nobody_else_reads_anything():
    with Office() as office:
        asked = [
            ["archive", "cat", office.archive],
            ["events", office.archive],
            ["hunt", office.archive, "--rules", SOURCE / "data/rules"],
            ["archive", "add", office.archive, SAMPLES],
            ["archive", "custodians", office.archive, "--new-key"],
        ]
        for words in asked:
            for key in ([], ["--key", office.key("chi")]):
                done = longwatch(*words, *key, status=(5,))
                assert not done.stdout and b"ana (" in done.stderr and b"bo (" in done.stderr, (words, done)
        done = longwatch("archive", "verify", office.archive, "--key", office.key("chi"), status=(5,))
        assert b"ana (" in done.stderr
        # A key is no public key, and the other way round.
        assert b"public" in longwatch("archive", "cat", office.archive, "--key", office.public("ana"), status=(2,)).stderr
        done = longwatch("archive", "add", office.folder / "new", SAMPLES, "--encrypt-for", office.key("ana"), status=(2,))
        assert b"private" in done.stderr and not (office.folder / "new").exists()


def words_of(event):
    """Values of an event that say something: twelve bytes or more."""
    if isinstance(event, dict):
        for name, value in event.items():
            yield name
            yield from words_of(value)
    elif isinstance(event, list):
        for value in event:
            yield from words_of(value)
    elif isinstance(event, str):
        yield event


def nothing_can_be_read_off_the_files():
    with Office() as office:
        plain = office.folder / "plain"
        longwatch("archive", "add", plain, SAMPLES / "mailbox.jsonl", status=(0,))
        lines = [json.loads(line) for line in (SAMPLES / "mailbox.jsonl").read_text().splitlines()]
        words = {word.encode() for line in lines for word in words_of(line) if len(word) >= 12}
        words |= {b"mailbox.jsonl", b"m365/exchange", b"Operation"}
        assert len(words) > 20

        def seen(archive):
            files = [path for path in archive.rglob("*") if path.is_file()]
            assert any(path.suffix == ".lwi" for path in files), "no index: then this says nothing of it"
            return {word for word in words for path in files if word in path.read_bytes()}

        assert seen(office.archive) == set()
        assert len(seen(plain)) > 5, "what is not compressed is found where it is"
        # Keys of the index are 8 bytes of what is a secret to others; addresses are not: none lies in the clear.
        proxies = (SAMPLES / "proxy.log").read_text().split()
        addresses = {word for word in proxies if word.count(".") == 3 and word.replace(".", "").isdigit()}
        assert addresses
        for path in office.archive.rglob("*.lwi"):
            run_bytes = path.read_bytes()
            assert run_bytes.startswith(b"LWSEALD\0")
            for address in addresses:
                assert bytes(map(int, address.split("."))) + b"\0" not in run_bytes
        for path in office.archive.rglob("*"):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))


def what_verify_says():
    with Office() as office:
        blind = longwatch("archive", "verify", office.archive, status=(0,)).stdout
        assert b"whole" in blind and b"not looked at" in blind, blind
        seeing = longwatch("archive", "verify", office.archive, "--key", office.key("bo"), status=(0,)).stdout
        assert b"whole" in seeing and b"not looked at" not in seeing, seeing
        segments = sorted((office.archive / "segments").glob("*/*.lws"))
        assert len(segments) > 2
        for segment in segments:
            whole = segment.read_bytes()
            for at in (0, 20, 100, len(whole) // 2, len(whole) - 1):
                torn = bytearray(whole)
                torn[at] ^= 0x40
                segment.write_bytes(torn)
                for key in ([], ["--key", office.key("ana")]):
                    done = longwatch("archive", "verify", office.archive, *key, status=(3,))
                    assert segment.name.encode() in done.stdout, (at, key, done.stdout)
            segment.write_bytes(whole)
        keys = office.archive / "keys"
        whole = keys.read_bytes()
        keys.write_bytes(whole.replace(b"bo", b"by"))
        assert b"/keys: at " in longwatch("archive", "verify", office.archive, status=(3,)).stdout
        keys.write_bytes(whole)
        info = json.loads(longwatch("archive", "info", office.archive, "--json").stdout)
        assert info["encrypted"] is True and sum(part["rows"] for part in info["parts"]) > 400


def adding_more():
    with Office() as office:
        before = office.cat("ana")
        done = longwatch("archive", "add", office.archive, SAMPLES, "--key", office.key("bo"))
        assert b"were there already" in done.stdout, done.stdout
        assert office.cat("ana") == before
        more = office.folder / "more.jsonl"
        more.write_text((SAMPLES / "mailbox.jsonl").read_text().replace("5eed0000", "5eed0001"))
        longwatch("archive", "add", office.archive, more, "--key", office.key("ana"), status=(0,))
        assert len(office.cat("bo")) == len(before) + len(more.read_text().splitlines())
        # Who can open an archive is not changed in passing, nor an archive encrypted that has lain there in the clear.
        assert longwatch("archive", "add", office.archive, more, "--encrypt-for", office.public("chi"), status=(2,)).stderr
        plain = office.folder / "plain"
        longwatch("archive", "add", plain, more, status=(0,))
        assert longwatch("archive", "add", plain, more, "--encrypt-for", office.public("chi"), status=(2,)).stderr
        assert b"not encrypted" in longwatch("archive", "custodians", plain, status=(2,)).stderr


def custodians_come_and_go():
    with Office() as office:
        before = office.cat("ana")
        office.change("--key", office.key("bo"), "--add", office.public("chi"))
        assert office.cat("chi") == before
        done = office.change("--key", office.key("chi"), "--remove", "bo")
        assert b"may have been kept" in done.stdout, done.stdout
        office.cat("bo", status=(5,))
        assert office.cat("ana") == office.cat("chi") == before
        told = json.loads(office.change("--json").stdout)
        assert [each["name"] for each in told["custodians"]] == ["ana", "chi"] and len(told["keys"]) == 2
        more = office.folder / "more.jsonl"
        more.write_text((SAMPLES / "mailbox.jsonl").read_text().replace("5eed0000", "5eed0001"))
        longwatch("archive", "add", office.archive, more, "--key", office.key("ana"), status=(0,))
        assert len(office.cat("chi")) == len(before) + len(more.read_text().splitlines())


def a_change_stopped_at_its_end():
    """The new keys are committed and have not got their name: they count, whatever snapshot is asked for. Old ones that a backup brings back do not."""
    with Office() as office:
        keys, snapshot = office.archive / "keys", json.loads(longwatch("archive", "info", office.archive, "--json").stdout)["snapshot"]
        before, old = office.cat("ana"), keys.read_bytes()
        office.change("--key", office.key("ana"), "--add", office.public("chi"))
        keys.rename(office.archive / f"keys-{snapshot + 1}")
        keys.write_bytes(old)
        as_of = ["archive", "cat", office.archive, "--key", office.key("chi"), "--as-of"]
        assert office.cat("chi") == before == sorted(longwatch(*as_of, snapshot).stdout.splitlines())
        longwatch(*as_of, 1)
        office.change("--key", office.key("chi"), "--new-key")
        assert not (office.archive / f"keys-{snapshot + 1}").exists()
        more = office.folder / "more.jsonl"
        more.write_text((SAMPLES / "mailbox.jsonl").read_text().replace("5eed0000", "5eed0001"))
        for _ in range(2):
            (office.archive / f"keys-{snapshot + 1}").write_bytes(old)
            longwatch("archive", "add", office.archive, more, "--key", office.key("chi"), status=(0,))
            assert len(office.cat("chi")) == len(before) + len(more.read_text().splitlines())


def a_key_is_forgotten():
    """What lies under it leaves the archive, unless somebody holds it; who did it and why is recorded, and signed; whatever else is done to the archive works as before."""
    with Office() as office:
        mine, because = ["--key", office.key("ana")], ["--who", "Berg", "--why", "schedule 3.2"]
        before, ledgers = office.cat("ana"), longwatch("archive", "info", office.archive).stdout
        more = office.folder / "more.jsonl"
        more.write_text((SAMPLES / "mailbox.jsonl").read_text().replace("5eed0000", "5eed0001"))
        office.change(*mine, "--new-key", "--who", "Berg", "--why", "every year")
        longwatch("archive", "add", office.archive, more, *mine, status=(0,))
        lines, keys = len(more.read_text().splitlines()), (office.archive / "keys").read_bytes()
        # It is refused under a hold, and nothing has changed.
        longwatch("archive", "hold", office.archive, "CASE-17", "--basis", "345/24", "--who", "Berg", "--why", "inquiry", "--family", "evidence", status=(0,))
        for words in ([], ["--dry-run"]):
            done = office.change(*mine, "--forget", "1", *because, *words, status=(5,))
            assert b"CASE-17 (345/24)" in done.stderr and not done.stdout, done
        assert (office.archive / "keys").read_bytes() == keys and len(office.cat("bo")) == len(before) + lines
        longwatch("archive", "lift", office.archive, "CASE-17", "--who", "Berg", "--why", "closed", status=(0,))
        # Nor without a name and a reason, nor the newest, nor one that there is not; --dry-run says what would go.
        wrong = [["--who", "Berg"], ["--why", "so"], ["--who", "", "--why", "so"], ["--forget", "2", *because], ["--forget", "3", *because], ["--dry-run", "--new-key"]]
        for words in wrong:
            assert office.change(*mine, "--forget", "1", *words, status=(2,)).stderr, words
        assert b"would leave" in office.change(*mine, "--forget", "1", "--dry-run").stdout
        assert (office.archive / "keys").read_bytes() == keys and longwatch("archive", "info", office.archive).stdout != ledgers
        longwatch("hunt", SAMPLES / "mailbox.jsonl", "--rules", SOURCE / "data/rules", "--quiet", "-o", office.folder / "case", status=(0, 1))
        longwatch("sign", office.folder / "case", "--new-key", office.folder / "sign.key", status=(0,))
        done = office.change(*mine, "--forget", "1", *because, "--sign", office.folder / "sign.key")
        assert b"nobody can read" in done.stdout and b"left the archive" in done.stdout, done.stdout
        assert len(office.cat("bo", status=(0,))) == lines
        history = (office.archive / "MANIFEST-000001").read_bytes()
        assert history.count(b"key 1 was forgotten: schedule 3.2") == 2 and b": every year" in history and b"untrusted comment" in history
        done = longwatch("archive", "verify", office.archive, *mine, status=(0,))
        assert b"whole" in done.stdout and b"not looked at" not in done.stdout, done.stdout
        # Adding, erasing, compacting go on; what was known of files is gone with the ledgers.
        longwatch("archive", "add", office.archive, SAMPLES, *mine)
        assert len(office.cat("bo")) == len(before) + lines
        value = office.folder / "value"
        value.write_text("NT AUTHORITY\n")
        longwatch("archive", "erase", office.archive, "--values", value, "--who", "w", "--why", "y", "--basis", "b", *mine)
        longwatch("archive", "compact", office.archive, "--grace", "0", *mine, status=(0,))
        longwatch("archive", "verify", office.archive, *mine, status=(0,))
        for words in (["--forget", "1", *because], ["--remove", "chi"], ["--add", office.public("bo")]):
            assert office.change(*mine, *words, status=(2,)).stderr, words


def forgetting_broken_off_goes_on():
    """Each call that removes a file fails in turn: begun again it does the rest, and the archive is whole."""
    faults = pathlib.Path(os.environ["LONGWATCH_BUILD"]) / "tests/crash_faults.so"
    with Office() as office:
        words = ["--key", office.key("ana"), "--forget", "1", "--who", "Berg", "--why", "schedule 3.2"]
        office.change("--key", office.key("ana"), "--new-key", "--who", "Berg", "--why", "every year")
        kept, broken = office.folder / "kept", 0
        office.archive.rename(kept)
        for nth in range(1, 40):
            shutil.copytree(kept, office.archive)
            environment = {**os.environ, "LD_PRELOAD": str(faults), "FAULT_CALL": "unlink", "FAULT_AT": str(nth), "FAULT_HOW": "EIO"}
            done = longwatch("archive", "custodians", office.archive, *words, status=range(256), env=environment)
            broken += done.returncode != 0
            if done.returncode:
                office.change(*words, status=(0,))
            verified = longwatch("archive", "verify", office.archive, "--key", office.key("ana"), status=range(256))
            assert verified.returncode == 0, (nth, done.returncode, verified.stdout, verified.stderr)
            shutil.rmtree(office.archive)
            if done.returncode == 0 and nth > 3:
                break
        assert broken > 1, broken


def passphrases():
    with Office() as office:
        secret = office.folder / "passphrase"
        secret.write_text("correct horse\n")
        key = office.folder / "dan.key"
        longwatch("archive", "key", "new", key, "--passphrase-file", secret, "--name", "Dan", status=(0,))
        assert b"correct horse" not in key.read_bytes() and b"\nplain " not in key.read_bytes()
        office.change("--key", office.key("ana"), "--add", office.folder / "dan.key.pub")
        with_file = ["archive", "cat", office.archive, "--key", key, "--passphrase-file"]
        before = office.cat("ana")
        assert sorted(longwatch(*with_file, secret).stdout.splitlines()) == before
        # A descriptor; a wrong one; none, and no terminal to ask.
        read, write = os.pipe()
        os.write(write, b"correct horse\r\n")
        os.close(write)
        assert sorted(longwatch(*with_file, f"/dev/fd/{read}", pass_fds=(read,)).stdout.splitlines()) == before
        os.close(read)
        for wrong in ("incorrect\n", "\n", ""):
            secret.write_text(wrong)
            assert not longwatch(*with_file, secret, status=(2,)).stdout
        done = longwatch("archive", "cat", office.archive, "--key", key, status=(2,), start_new_session=True)
        assert b"--passphrase-file" in done.stderr, done.stderr
        assert longwatch("archive", "cat", office.archive, "--passphrase-file", secret, status=(2,)).stderr


def a_terminal_is_asked():
    """It is asked, twice for a new one; what is typed is not shown."""
    with Office() as office:
        key = office.folder / "eve.key"

        def typed(words, *lines):
            pid, terminal = pty.fork()
            if pid == 0:
                os.execv(BINARY, [BINARY, *map(str, words)])
            said = b""
            for line in lines:
                while not said.rstrip().endswith(b":"):
                    said += os.read(terminal, 1000)
                said += b"\n"
                os.write(terminal, line + b"\n")
            try:
                while more := os.read(terminal, 100000):
                    said += more
            except OSError:
                pass
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said

        status, said = typed(["archive", "key", "new", key, "--passphrase"], b"staple", b"stable")
        assert status == 2 and not key.exists() and b"two different" in said, said
        status, said = typed(["archive", "key", "new", key, "--passphrase"], b"staple", b"staple")
        assert status == 0 and key.exists() and b"staple" not in said, said
        office.change("--key", office.key("ana"), "--add", office.folder / "eve.key.pub")
        status, said = typed(["archive", "cat", office.archive, "--key", key, "--limit", "1"], b"staple")
        assert status in (0, 3) and b"staple" not in said and b'"kind"' in said, said
        status, said = typed(["archive", "cat", office.archive, "--key", key], b"stable")
        assert status == 2, said


def a_terminal_is_given_back():
    """Ctrl-C ends the command wherever it comes, and so does whoever stops it from elsewhere; the terminal shows again what is typed, and no key was made."""
    ways = [
        ("at once", [b"\x03"], signal.SIGINT),
        ("in a word", [b"stap\x03"], signal.SIGINT),
        ("at the second question", [b"staple\n", b"st\x03"], signal.SIGINT),
        ("quit", [b"stap\x1c"], signal.SIGQUIT),
        ("from elsewhere", [signal.SIGTERM], signal.SIGTERM),
        ("from elsewhere, in a word", [b"stap", signal.SIGINT], signal.SIGINT),
        ("not at all: Ctrl-Z is a character", [b"st\x1a\n", b"st\x1a\n"], None),
    ]
    with tempfile.TemporaryDirectory() as held:
        key = pathlib.Path(held) / "eve.key"
        for name, given, ended_by in ways:
            pid, terminal = pty.fork()
            if pid == 0:
                for each in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):  # whoever runs tests in the background may have them ignored
                    signal.signal(each, signal.SIG_DFL)
                os.execv(BINARY, [BINARY, "archive", "key", "new", str(key), "--passphrase"])
            before = True
            for each in given:
                said = b"" if before else b":"
                while not said.rstrip().endswith(b":"):
                    said += os.read(terminal, 1000)
                assert not termios.tcgetattr(terminal)[3] & termios.ECHO, name
                if isinstance(each, bytes):
                    os.write(terminal, each)
                    before = each.endswith(b"\n")
                else:
                    os.kill(pid, each)
            until = time.monotonic() + 30
            while (done := os.waitpid(pid, os.WNOHANG))[0] == 0:
                if time.monotonic() > until:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                    raise AssertionError(f"{name}: it goes on")
                if select.select([terminal], [], [], 0.02)[0]:
                    try:
                        os.read(terminal, 1000)
                    except OSError:
                        time.sleep(0.02)
            try:
                assert termios.tcgetattr(terminal)[3] & termios.ECHO, name
            except termios.error:
                assert ended_by is None, name
            status = os.waitstatus_to_exitcode(done[1])
            assert status == (-ended_by if ended_by else 0), (name, status)
            assert key.exists() == (ended_by is None), name
            os.close(terminal)


def files_of_keys():
    with Office() as office:
        for name in ("ana.key", "ana.key.pub"):
            assert stat.S_IMODE((office.folder / name).stat().st_mode) == 0o600
        before = office.key("ana").read_bytes()
        assert b"already" in longwatch("archive", "key", "new", office.key("ana"), status=(2,)).stderr
        assert office.key("ana").read_bytes() == before
        # The public one is there: then the private one is not left behind alone.
        (office.folder / "fay.key.pub").write_text("something")
        assert longwatch("archive", "key", "new", office.folder / "fay.key", status=(2,)).stderr
        assert not (office.folder / "fay.key").exists() and (office.folder / "fay.key.pub").read_text() == "something"
        for wrong in ("a\nb", "", "x" * 81):
            assert longwatch("archive", "key", "new", office.folder / "gus.key", "--name", wrong, status=(2,)).stderr
            assert not (office.folder / "gus.key").exists()


def caring_for_it():
    """What reads segments takes a key, and what it writes is encrypted with the newest one."""
    with Office() as office:
        more = office.folder / "more.jsonl"
        more.write_text((SAMPLES / "mailbox.jsonl").read_text().replace("5eed0000", "5eed0001"))
        longwatch("archive", "add", office.archive, more, "--key", office.key("ana"), status=(0,))
        before = office.cat("ana")
        key = ["--key", office.key("bo")]
        for words in (["compact", office.archive], ["export", office.archive, office.folder / "none"], ["expire", office.archive]):
            assert b"ana (" in longwatch("archive", *words, status=(5,)).stderr, words
        office.change(*key, "--new-key")
        longwatch("archive", "compact", office.archive, "--grace", "0", *key, status=(0,))
        assert office.cat("ana") == before
        assert longwatch("archive", "verify", office.archive, *key, status=(0,))
        # An export is for the same custodians.
        out = office.folder / "out"
        longwatch("archive", "export", office.archive, out, "--who", "test", "--why", "test", *key, status=(0,))
        assert sorted(longwatch("archive", "cat", out, "--key", office.key("ana")).stdout.splitlines()) == before
        longwatch("archive", "cat", out, status=(5,))
        assert longwatch("archive", "verify", out, *key, status=(0,))
        # A person's value goes out of it.
        value = "system@example.org"
        holds = office.folder / "person.jsonl"
        holds.write_text("\n".join(line.replace("NT AUTHORITY", value) for line in more.read_text().replace("5eed0001", "5eed0002").splitlines()) + "\n")
        longwatch("archive", "add", office.archive, holds, *key, status=(0,))
        values = office.folder / "values"
        values.write_text(value + "\n")
        words = ["archive", "erase", office.archive, "--values", values, "--who", "w", "--why", "y", "--basis", "b"]
        longwatch(*words, status=(5,))
        assert any(value.encode() in line for line in office.cat("ana"))
        longwatch(*words, *key)
        assert not any(value.encode() in line for line in office.cat("ana")) and len(office.cat("ana")) > len(before)
        assert longwatch("archive", "verify", office.archive, *key, status=(0,))


def a_retrohunt():
    """It finds what a hunt finds; what it remembers is encrypted too."""
    with Office() as office:
        memo = office.folder / "memo"
        memo.mkdir(mode=0o700)
        rules = SOURCE / "data/rules"
        key = ["--key", office.key("ana")]
        assert b"ana (" in longwatch("retrohunt", office.archive, "--rules", rules, status=(5,)).stderr
        wanted = longwatch("hunt", office.archive, "--rules", rules, "--json", "--quiet", *key, status=(0, 1, 3)).stdout.splitlines()
        for _ in range(2):
            got = longwatch("retrohunt", office.archive, "--rules", rules, "--json", "--quiet", "--memo", memo, *key, status=(0, 1, 3)).stdout.splitlines()
            assert sorted(got) == sorted(wanted) and got
        files = [path for path in memo.iterdir() if path.is_file()]
        assert len(files) == 1 and not files[0].read_bytes().startswith(b"LWMEMO")
        plain = office.folder / "plain"
        longwatch("archive", "add", plain, SAMPLES)
        longwatch("retrohunt", plain, "--rules", rules, "--json", "--quiet", "--memo", memo, status=(0, 1, 3))
        assert any(path.read_bytes().startswith(b"LWMEMO") for path in memo.iterdir()), "then the check above says nothing"


def a_case_on_it():
    """What follows a finding into the archive takes a key as well; the files themselves, where they are kept; an index that is made anew."""
    with Office() as office:
        rules, case = SOURCE / "data/rules", office.folder / "case"
        archive = office.folder / "with-originals"
        mine = ["--key", office.key("chi")]
        evidence = office.folder / "evidence.jsonl"
        evidence.write_bytes((SAMPLES / "intrusion.jsonl").read_bytes())
        longwatch("archive", "add", archive, evidence, "--originals", "--encrypt-for", office.public("chi"), status=(0,))
        whole = evidence.read_bytes()
        assert not any(whole[1000:1040] in path.read_bytes() for path in archive.rglob("*") if path.is_file())
        longwatch("hunt", archive, "--rules", rules, "--quiet", "-o", case, *mine, status=(1,))
        evidence.unlink()
        shown = longwatch("show", case, "1", *mine, status=(0,)).stdout
        assert b"segment" in shown and b"its hash" in shown, shown
        blind = longwatch("show", case, "1", status=(3,))
        assert b"chi (" in blind.stdout + blind.stderr, blind
        assert b"chi (" not in longwatch("verify", case, *mine, status=(0, 1, 3)).stdout
        seeing = longwatch("verify", case, "--rules", rules, *mine, status=(0,)).stdout
        assert seeing, seeing
        assert longwatch("verify", case, status=(0, 1, 3)).stdout.count(b"chi (") >= 1
        sha256 = hashlib.sha256(whole).hexdigest()
        assert longwatch("archive", "cat", archive, "--original", sha256, *mine, status=(0,)).stdout == whole
        assert not longwatch("archive", "cat", archive, "--original", sha256, status=(5,)).stdout
        longwatch("archive", "index", archive, "--anew", status=(5,))
        longwatch("archive", "index", archive, "--anew", *mine, status=(0,))
        assert all(path.read_bytes().startswith(b"LWSEALD") for path in archive.rglob("*.lwi"))
        assert longwatch("archive", "verify", archive, *mine, status=(0,))
        assert longwatch("archive", "verify", archive, status=(0,))
        longwatch("gone", case, "--since", "2021-01-01", archive, status=(5,))
        longwatch("gone", case, "--since", "2021-01-01", archive, *mine, status=(0, 1, 3))


def the_file_of_keys_is_lost():
    with Office() as office:
        keys = office.archive / "keys"
        kept = keys.read_bytes()
        keys.unlink()
        for words in (["cat"], ["add"]):
            more = [SAMPLES] if words == ["add"] else []
            done = longwatch("archive", *words, office.archive, *more, "--key", office.key("ana"), status=(4,))
            assert b"keys is gone" in done.stderr, done.stderr
        assert b"/keys: at " in longwatch("archive", "verify", office.archive, status=(3,)).stdout
        keys.write_bytes(kept)
        assert office.cat("ana")


run([any_one_custodian_reads_the_same, nobody_else_reads_anything, nothing_can_be_read_off_the_files, what_verify_says, adding_more, custodians_come_and_go, a_change_stopped_at_its_end, a_key_is_forgotten, forgetting_broken_off_goes_on, passphrases, a_terminal_is_asked, a_terminal_is_given_back, files_of_keys, caring_for_it, a_retrohunt, a_case_on_it, the_file_of_keys_is_lost], slow=[forgetting_broken_off_goes_on])  # fmt: skip
