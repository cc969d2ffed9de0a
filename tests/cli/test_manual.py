#!/usr/bin/env python3
"""test_manual: help and manual pages of every command: begin with an example, name every option, fit, and are sound mdoc; what is
installed is all there is."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

BINARY = os.environ.get("LONGWATCH_BINARY", str(pathlib.Path(__file__).resolve().parents[2] / "build/longwatch"))
COLUMNS_MAX = 100


class Skipped(Exception):
    pass


def longwatch(*words):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, f"{words}: {done.returncode} {done.stderr}"
    return done.stdout


def commands():
    """The words of every command, as the list of help has them."""
    listed = longwatch("--help").split("Commands:\n")[1].split("\n\n")[0]
    return [re.match(r"  (\S+(?: \S+)*)", line).group(1).split() for line in listed.splitlines()]


def pages():
    return [[], *commands()]


def the_list_is_whole():
    names = [" ".join(words) for words in commands()]
    assert {"hunt", "events", "ledger", "show", "gone", "attribute", "dossier", "export", "sign", "verify", "mail campaigns", "mail recipients", "intel add", "intel list", "intel show", "intel stats", "intel review", "intel remove", "update", "archive add", "archive cat", "archive index", "archive info", "archive verify", "archive compact", "archive policy", "archive expire", "archive hold", "archive lift", "archive erase", "archive export", "archive custodians", "archive key new", "retrohunt", "groups list", "groups show", "persons", "exercise", "kinds", "kinds suggest", "rules check", "help", "help man", "help completion"} == set(names), names


def help_begins_with_an_example_and_fits():
    for words in pages():
        text = longwatch(*words, "--help")
        assert re.match(r"Examples?: +(longwatch |source )", text), f"{words}: {text[:80]}"
        wide = [line for line in text.splitlines() if len(line) > COLUMNS_MAX]
        assert not wide, f"{words}: {wide}"
        assert text == longwatch("help", *words), f"help {words} says something else"
        assert text == longwatch(*words, "-h"), f"{words} -h says something else"
        columns = {line.index(found.group(1)) for line in text.splitlines() if (found := re.match(r"  (?:-., |    )--\S+(?: [A-Z]+)? +(\S.*)", line))}
        assert len(columns) == 1, f"{words}: the options do not stand in one column: {columns}"


def pages_name_what_help_names():
    for words in pages():
        options = set(re.findall(r"^  (?:-., |    )--(\S+)", longwatch(*words, "--help"), re.MULTILINE))
        page = longwatch("help", "man", *words)
        told = set(re.findall(r"^\.It (?:Fl . (?:Ar \S+ )?, )?Fl -(\S+)", page, re.MULTILINE))
        assert options == told and "help" in told, f"{words}: {options ^ told}"
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES", "SEE ALSO"):
            assert f"\n.Sh {section}\n" in page, f"{words}: no {section}"
        assert f".Dt {'-'.join(['LONGWATCH', *words]).upper()} 1\n" in page, page[:200]
        if words:
            assert page == longwatch("help", "man", "-".join(words)), f"{'-'.join(words)} names another page"


def mandoc_finds_no_fault():
    if not shutil.which("mandoc"):
        raise Skipped("mandoc is not installed: the manual pages were not checked by it")
    for words in pages():
        done = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "warning"], input=longwatch("help", "man", *words), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    broken = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=".Dd x\n.Sh\n", capture_output=True, text=True, check=False)
    assert broken.returncode != 0, "mandoc finds no fault in anything"


def man_shows_the_text():
    if not shutil.which("man"):
        raise Skipped("man is not installed: the manual pages were not shown by it")
    for words in pages():
        done = subprocess.run(
            ["man", "-l", "-"], input=longwatch("help", "man", *words), capture_output=True, text=True, check=False,
            env=dict(os.environ, MANWIDTH="80", LC_ALL="C.UTF-8", MANPAGER="cat", MANROFFSEQ="", MANOPT="--warnings=w"),
        )  # fmt: skip
        shown = re.sub(r".\x08|\x1b\[[\d;]*m", "", done.stdout)
        assert done.returncode == 0 and not done.stderr, f"{words}: {done.stderr}"
        assert "EXIT STATUS" in shown and "--help" in shown, shown


def everything_is_installed():
    """Meson has a list of its own; one that lacks a page or has one too many is found here."""
    plan = pathlib.Path(os.environ.get("LONGWATCH_BUILD", "build")) / "meson-info/intro-installed.json"
    installed = [pathlib.PurePath(path) for path in json.loads(plan.read_text(encoding="utf-8")).values()] if plan.is_file() else []
    if not any(path.suffix == ".1" for path in installed):
        raise Skipped("this build installs no manual: it is a sanitizer's or a cross build")
    wanted = {"-".join(["longwatch", *words]) + ".1" for words in pages()}
    assert {path.name for path in installed if path.suffix == ".1"} == wanted, installed
    ends = ("bash-completion/completions/longwatch", "zsh/site-functions/_longwatch", "fish/vendor_completions.d/longwatch.fish")
    for end in ends:
        assert any(str(path).endswith(end) for path in installed), f"{end} is not installed"


def main():
    passed = failed = skipped = 0
    for test in (
        the_list_is_whole, help_begins_with_an_example_and_fits, pages_name_what_help_names, mandoc_finds_no_fault,
        man_shows_the_text, everything_is_installed,
    ):  # fmt: skip
        try:
            test()
            passed += 1
        except Skipped as reason:
            skipped += 1
            print(f"SKIP: {reason}")
        except AssertionError as error:
            failed += 1
            print(f"{test.__name__}: {error}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
