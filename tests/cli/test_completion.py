#!/usr/bin/env python3
"""test_completion: real shells on a pseudo terminal: a line is typed, TAB is pressed, and the shell says what its line is then.

A shell that is not installed is skipped. Only Debian's bash is always there.
"""

import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

import terminals

BINARY = os.environ.get("LONGWATCH_BINARY", str(pathlib.Path(__file__).resolve().parents[2] / "build/longwatch"))
SECONDS_MAX = 20

# What a shell runs before its first prompt. Control-T then writes the line as it stands into the file `line`.
SETUP = {
    "bash": r"""bind 'set bell-style none'; bind -x '"\C-t": printf %s "$READLINE_LINE" >line.new && mv line.new line'; . ./script""",
    "zsh": r"""autoload -Uz compinit && compinit -u -D; dump() { print -rn -- "$BUFFER" >line.new && mv line.new line; }
zle -N dump; bindkey '^T' dump; bindkey '^I' complete-word; unsetopt auto_list list_beep; . ./script""",
    "fish": r"""function fish_greeting; end
bind \ct 'commandline | string collect | tr -d "\n" >line.new; mv line.new line'; source ./script""",
}
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}

FOLDERS = ("evidence one", "case", "kinds")
FILES = ("case.txt", "2021.txt", "placeholders.yml", "onlyfile")

# typed, the line after TAB. `longwatch ` stands in front of both. Where nothing fits, the line stays.
CASES = [
    ("hu", "hunt "),
    ("ru", "rules "),
    ("rules ch", "rules check "),
    ("help compl", "help completion "),
    ("help completion z", "help completion zsh "),
    ("help man sh", "help man show "),
    ("hunt --thr", "hunt --threads "),
    ("hunt --forc", "hunt --force "),
    ("rules check --strict", "rules check --strict-placeholders "),
    ("kinds --js", "kinds --json "),
    ("hunt --level hi", "hunt --level high "),
    ("hunt --level=crit", "hunt --level=critical "),
    ("hunt -l med", "hunt -l medium "),
    ("hunt evid", r"hunt evidence\ one/"),
    ("hunt --rules onlyf", "hunt --rules onlyfile "),
    ("hunt --placeholders=placeh", "hunt --placeholders=placeholders.yml "),
    ("hunt --kinds ki", "hunt --kinds kinds/"),
    ("hunt case/ --rules kin", "hunt case/ --rules kinds/"),
    ("rules check onlyf", "rules check onlyfile "),
    # nothing to offer
    ("hunt --from 202", "hunt --from 202"),
    ("hunt --threads 202", "hunt --threads 202"),
    ("hunt --nothing", "hunt --nothing"),
    ("hunt -- --for", "hunt -- --for"),
    ("show --forc", "show --forc"),
    ("hunt --level lox", "hunt --level lox"),
    ("bogus --forc", "bogus --forc"),
]
# zsh offers an option that takes a value with its "=".
BESIDES = {("zsh", "hunt --thr"): "hunt --threads="}


class Shell:
    """A shell on a pseudo terminal, in a folder of its own."""

    def __init__(self, name, folder):
        self.folder = folder
        environment = dict(os.environ, TERM="xterm", HOME=str(folder), XDG_CONFIG_HOME=str(folder), LC_ALL="C.UTF-8")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(START[name][0], START[name], environment)
        self.until(bool, "a prompt")
        for line in SETUP[name].splitlines():
            os.write(self.fd, line.encode() + b"\r")
        os.write(self.fd, b"touch is-set-up\r")
        self.until(lambda seen: (folder / "is-set-up").exists(), "the setup")

    def until(self, reached, what):
        seen, began = b"", time.monotonic()
        while not reached(seen):
            assert time.monotonic() - began < SECONDS_MAX, f"the shell does not come to {what}: {seen[-400:]}"
            if select.select([self.fd], [], [], 0.02)[0]:
                seen += os.read(self.fd, 65536)

    def complete(self, typed):
        """The line after TAB."""
        line = self.folder / "line"
        line.unlink(missing_ok=True)
        os.write(self.fd, b"\x15" + typed.encode() + b"\t\x14")  # Control-U first: an empty line
        self.until(lambda seen: line.exists(), "a line")
        return line.read_text(encoding="utf-8")

    def close(self):
        os.close(self.fd)  # hangs up
        os.waitpid(self.pid, 0)


def check(name):
    """(passed, failed)"""
    passed = failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for each in FOLDERS:
            (folder / each).mkdir()
        for each in FILES:
            (folder / each).touch()
        script = subprocess.run([BINARY, "help", "completion", name], capture_output=True, check=True).stdout
        (folder / "script").write_bytes(script)
        shell = Shell(name, folder)
        for typed, wanted in CASES:
            wanted = BESIDES.get((name, typed), wanted)
            got = shell.complete("longwatch " + typed)
            if got.rstrip() == ("longwatch " + wanted).rstrip():
                passed += 1
            else:
                failed += 1
                print(f"{name}: {typed!r} became {got!r}, not {'longwatch ' + wanted!r}")
        shell.close()
    return passed, failed


def main():
    terminals.needed()
    passed = failed = skipped = 0
    for name in SETUP:
        if not shutil.which(name):
            skipped += 1
            print(f"SKIP: {name} is not installed: its completion was not tried")
            continue
        one = check(name)
        passed, failed = passed + one[0], failed + one[1]
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
