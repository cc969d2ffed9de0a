#!/usr/bin/env python3
"""test_rule_cache_program: the program says the same, byte for byte, without a cache, with an empty one, a full one, a damaged one.

Rules: our own, those of the fuzz corpus (broken ones among them), some made here, and the public ones where they are. Told
apart are the verdicts of `rules check --json`, and findings and summary of a hunt through the sample.
"""

import hashlib
import os
import pathlib
import random
import struct
import subprocess
import tempfile
import time

import yaml

SOURCE = pathlib.Path(os.environ.get("LONGWATCH_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared"))
SAMPLE = SOURCE / "data/samples/intrusion.jsonl"

MADE = {
    "collection.yml": "action: global\ntitle: g\nlogsource: {product: windows}\ndetection: {condition: s}\n---\n"
    "detection: {s: {A: x}}\n---\ndetection: {s: {B: y}}\n",
    "copy.yml": "action: global\ntitle: g\nlogsource: {product: windows}\ndetection: {condition: s}\n---\n"
    "detection: {s: {A: x}}\n---\ndetection: {s: {B: y}}\n",
    "aliases.yml": "title: a\nlogsource: {product: windows}\ndetection:\n  s: &s {A: x}\n  t: *s\n  condition: s or t\n",
    "warnings.yml": "title: w\nlogsource: {product: windows}\ndetection:\n  s:\n    A: [0x10, ~, 5]\n    B|contains: 1\n"
    "  condition: s\n",
    "twice.yml": "title: a\ntitle: b\n",
    "broken.yml": "title: [\n",
    "tab.yml": "title:\n\t- a\n",
    "list.yml": "- a\n- b\n",
    "empty.yml": "",
    "comment.yml": "# nothing\n",
    "utf16.yml": "title: \u00e4\nlogsource: {product: windows}\ndetection: {s: {A: x}, condition: s}\n".encode("utf-16"),
    "bytes.yml": b"title: \xff\n",
    "crlf.yml": b"title: c\r\nlogsource: {product: windows}\r\ndetection:\r\n  s:\r\n    A: x\r\n  condition: s\r\n",
}  # fmt: skip


def run(cache, *arguments):
    """Exit status and output of the program, with this cache."""
    environment = dict(os.environ, LONGWATCH_CACHE=str(cache))
    ran = subprocess.run([BINARY, *map(str, arguments)], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr


def rules(folder):
    """A folder of rules of every sort, and the paths to check."""
    for name, text in MADE.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    corpus = SOURCE / "fuzz/corpus"
    return [folder, SOURCE / "data/rules", *sorted((corpus / "sigma").glob("*")), *sorted((corpus / "yaml").glob("*"))]


def same_in_every_state(paths, folder):
    """How often the program was asked."""
    cache = folder / "cache"
    file = cache / "rules.cache"
    asked = [("rules", "check", "--json", *paths), ("hunt", SAMPLE, "--json", *(word for path in paths for word in ("--rules", path)))]
    plain = [run("off", *words) for words in asked]
    assert not cache.exists()
    assert plain[0][1].count(b"\n") > 20 and plain[1][1], "nothing was compared"
    draw = random.Random(1)
    states = 0

    def compare(state):
        for words, expected in zip(asked, plain):
            got = run(cache, *words)
            assert got == expected, f"{state}: {words[0]} says something else: {got[2][-300:]}"

    compare("cold, then warm")
    compare("warm")
    whole = file.read_bytes()
    for _ in range(12):
        bad = bytearray(whole)
        at = draw.randrange(len(bad))
        bad[at] ^= draw.randrange(1, 256)
        file.write_bytes(bad)
        compare(f"byte {at} is another")
        assert file.read_bytes() == whole, "a damaged cache is made anew"
        file.write_bytes(whole[: draw.randrange(len(whole))])
        compare("cut off")
        assert file.read_bytes() == whole
        states += 2
    file.write_bytes(b"")
    compare("empty file")
    file.chmod(0o666)
    compare("a file that others may write")
    assert file.read_bytes() == whole and file.stat().st_mode & 0o777 == 0o600
    return states + 4


class Pack:
    """A pack, read as docs/formats/rule-cache.md says."""

    def __init__(self, data):
        self.data, self.at, self.before = data, 0, 0
        self.used, documents, self.nodes, self.items, self.keys = (self.number() for _ in range(5))
        self.documents = [self.node() for _ in range(documents)]
        assert (self.at, self.nodes, self.items, self.keys) == (len(data), 0, 0, 0)

    def number(self):
        n = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            n |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return n

    def line(self):
        self.before = (self.before + self.number()) % 2**32
        return self.before

    def text(self):
        size = self.number()
        self.at += size
        return self.data[self.at - size : self.at].decode()

    def node(self):
        head = self.data[self.at]
        self.at += 1
        self.nodes -= 1
        line = self.line()
        if head & 3 == 0:
            return line, bool(head & 0x20), self.text()
        count = self.number()
        self.items -= count
        if head & 3 == 1:
            return line, [self.node() for _ in range(count)]
        self.keys -= count
        return line, {(self.line(), self.text()): self.node() for _ in range(count)}


def composed(node):
    """What another YAML reader makes of it, in the same words."""
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return line, node.style is not None, node.value
    if isinstance(node, yaml.SequenceNode):
        return line, [composed(item) for item in node.value]
    return line, {(key.start_mark.line + 1, key.value): composed(item) for key, item in node.value}


def format_as_told(folder):
    """The file by its description, in another language: each tree is what PyYAML, which is no libyaml, makes of that text."""
    paths = sorted((SOURCE / "data/rules").glob("**/*.yml"))
    cache = folder / "told"
    run(cache, "rules", "check", *paths)
    data = (cache / "rules.cache").read_bytes()
    count, zero = struct.unpack_from("<II", data, 48)
    assert data[:8] == b"LWTREES1" and count == len(paths) and zero == 0
    at, packs = 56 + 36 * count, {}
    for i in range(count):
        key, size = data[56 + 36 * i : 88 + 36 * i], struct.unpack_from("<I", data, 88 + 36 * i)[0]
        packs[key] = Pack(data[at : at + size])
        at += size
    assert at == len(data) and list(packs) == sorted(packs)
    for path in paths:
        text = path.read_bytes()
        expected = [composed(node) for node in yaml.compose_all(text, Loader=yaml.SafeLoader)]
        assert packs[hashlib.sha256(text).digest()].documents == expected, path


def changed_rules(folder):
    """A rule that changes is another rule, however quickly, and whatever its size and time say."""
    cache, path = folder / "changing", folder / "change.yml"
    seen = []
    for value in ("one", "two", "one"):
        path.write_text(f"title: {value}\nlogsource: {{product: windows}}\ndetection: {{s: {{A: x}}, condition: s}}\n", encoding="ascii")
        os.utime(path, (1, 1))
        seen.append(run(cache, "rules", "check", "--json", path)[1])
    assert b'"title":"one"' in seen[0] and b'"title":"two"' in seen[1] and seen[0] == seen[2]


def homes(folder):
    """Nothing is said about a home without room, and nothing is written where it is not wanted."""
    path = SOURCE / "data/rules"
    words = [BINARY, "rules", "check", str(path)]
    environment = {name: value for name, value in os.environ.items() if name not in ("LONGWATCH_CACHE", "XDG_CACHE_HOME", "HOME")}
    expected = subprocess.run(words, env=environment, capture_output=True, check=False)  # no home at all
    assert expected.returncode == 0 and not expected.stderr, expected
    home = folder / "home"
    home.mkdir()
    blocked = folder / "blocked"
    blocked.write_text("a file", encoding="ascii")
    cases = [
        ({"HOME": str(home)}, home / ".cache/longwatch/rules.cache"),
        ({"HOME": str(home), "XDG_CACHE_HOME": str(folder / "base")}, folder / "base/longwatch/rules.cache"),
        ({"HOME": str(folder / "missing")}, None),
        ({"XDG_CACHE_HOME": str(blocked)}, None),
        ({"LONGWATCH_CACHE": "/proc/nothing"}, None),
        ({"LONGWATCH_CACHE": str(blocked)}, None),
    ]
    for more, file in cases:
        for _ in range(2):
            ran = subprocess.run(words, env={**environment, **more}, capture_output=True, check=False)
            assert (ran.returncode, ran.stdout, ran.stderr) == (expected.returncode, expected.stdout, expected.stderr), (more, ran)
        assert file is None or file.is_file(), f"{more}: no cache was made"
    assert blocked.read_text(encoding="ascii") == "a file" and not (folder / "missing").exists()


def at_once(folder):
    """Twelve at a time, each with other rules, on one cache that is not there yet: each says what it says alone."""
    every = sorted((SOURCE / "data/rules").glob("**/*.yml"))
    assert len(every) > 3, "too few rules of our own"
    cache = folder / "crowd"
    parts = [every[i % 3 :: 3] for i in range(12)]
    alone = [run("off", "rules", "check", "--json", *part)[1] for part in parts]
    environment = dict(os.environ, LONGWATCH_CACHE=str(cache))
    for _ in range(5):
        words = [[BINARY, "rules", "check", "--json", *map(str, part)] for part in parts]
        running = [subprocess.Popen(one, stdout=subprocess.PIPE, env=environment) for one in words]
        for process, expected in zip(running, alone):
            assert process.communicate()[0] == expected
        (cache / "rules.cache").unlink()


def public_rules(folder):
    """All public rules: nothing but the time differs."""
    path = SHARED / "data/sigma"
    cache = folder / "public"
    if not path.is_dir():
        print("SKIP: no public rules here: set LONGWATCH_SHARED")
        return
    plain = run("off", "rules", "check", "--json", path)
    assert plain[1].count(b"\n") > 3000
    for state in ("cold", "warm"):
        start = time.monotonic()
        assert run(cache, "rules", "check", "--json", path) == plain, state
        print(f"public rules, {state}: {time.monotonic() - start:.3f} s")


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "rules").mkdir()
        print(f"{same_in_every_state(rules(folder / 'rules'), folder)} states of a cache, the same answers")
        format_as_told(folder)
        changed_rules(folder)
        homes(folder)
        at_once(folder)
        public_rules(folder)


if __name__ == "__main__":
    main()
