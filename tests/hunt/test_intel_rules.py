#!/usr/bin/env python3
"""test_intel_rules: Sigma and YARA rules that lie among intelligence (`--intel`) are hunted with like those that are given by themselves, alone and
beside others."""

import pathlib
import subprocess
import tempfile

from evidence import BINARY, RULES, hunt, lines, run

YARA = 'rule planted { strings: $a = "marked-by-test" condition: $a }\n'


def prepare(name):
    folder = pathlib.Path(name)
    (folder / "log.jsonl").write_bytes(lines(3000))  # three of them are marked
    for part, files in {"sigma": {"marked.yml": RULES["marked.yml"]}, "yara": {"x.yar": YARA}, "values": {"iocs.txt": "bad.example\n"}}.items():
        (folder / part).mkdir()
        for file, text in files.items():
            (folder / part / file).write_text(text, encoding="ascii")
    return folder


def titles(found):
    return sorted(f.get("rule_title") or f["rule"] for f in found)


def alone():
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        status, found, told = hunt(folder / "log.jsonl", "--intel", folder / "sigma")
        assert status == 1 and titles(found) == ["Marked command"] * 3 and "Rules: 1 in all, 1 had data" in told, (status, found, told)
        status, found, told = hunt(folder / "log.jsonl", "--intel", folder / "yara")
        assert status == 1 and titles(found) == ["planted"] and found[0]["type"] == "yara", (status, found, told)


def beside():
    with tempfile.TemporaryDirectory() as name:
        folder = prepare(name)
        given = [part for kind in ("values", "sigma", "yara") for part in ("--intel", folder / kind)]
        _, found, told = hunt(folder / "log.jsonl", *given)
        assert titles(found) == ["Marked command"] * 3 + ["planted"], (found, told)
        by_themselves = subprocess.run(
            [BINARY, "hunt", folder / "log.jsonl", "--rules", folder / "sigma", "--yara", folder / "yara", "--json", "--quiet"],
            capture_output=True, text=True, check=False)  # fmt: skip
        _, again, _ = hunt(folder / "log.jsonl", *given, "--quiet")
        assert by_themselves.stdout.count("\n") == len(again) == 4, (by_themselves.stdout, again)


if __name__ == "__main__":
    run([alone, beside])
