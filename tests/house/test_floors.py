#!/usr/bin/env python3
"""test_floors: keeps the house of ARCHITECTURE.md: what may include and call what, and what every file must begin with.

Arrows run down, never up, never sideways, never in a circle. Includes are read out of the sources; calls out of the objects
of the build in LONGWATCH_BUILD (none there: that case is skipped).
"""

import functools
import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
FLOORS = {
    "cli": 9,
    "server": 8, "cluster": 8,
    "hunt": 7, "report": 7, "exercise": 7,
    "attribution": 6,
    "incident": 5,
    "reader": 4, "detection": 4,
    "evidence": 3, "intel": 3, "archive": 3,
    "event": 2, "codec": 2,
    "base": 1,
}  # fmt: skip
# Kind files are YAML: codec is the lower half of the second floor, and knows nothing of events.
SIDEWAYS = {("event", "codec")}
# Made at build time: by the name of the file, the folder whose code it is.
GENERATED = {
    "attributions_builtin.c": "attribution",
    "behaviours_builtin.c": "detection",
    "charset_table.h": "codec",
    "html_table.h": "codec",
    "yaml_fingerprint.h": "codec",
    "engine_fingerprint.h": "hunt",
    "realms_builtin.c": "incident",
    "dossiers_builtin.c": "report",
    "evidences_builtin.c": "attribution",
    "fold_table.h": "event",
    "groups_builtin.c": "intel",
    "kinds_builtin.c": "event",
    "lookalike_table.h": "intel",
    "mails_builtin.c": "incident",
    "name_table.h": "intel",
    "network_table.h": "intel",
    "person_fields_builtin.c": "detection",
    "realms_builtin.c": "incident",
    "stix_paths_builtin.c": "detection",
    "updates_builtin.c": "hunt",
    "victims_builtin.c": "attribution",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
LISTED = re.compile(r"^.*\[(.*)\]: (\S+) (\S)")  # nm -A -P: archive[member]: symbol type
# Folders of the machine something was written on; what is written here must mean the same everywhere.
MACHINE = re.compile(rb"(?<![\w./~$}*-])/(?:work|farm|tmp/bash|root)(?:/|\b)")
# Files without a line to say what lives in them: formats without comments, inputs of tests, texts for people.
UNTITLED = {".md", ".svg", ".json", ".jsonl", ""}
INPUTS = ("fuzz/corpus/", "tests/archive/golden/", "tests/golden/", "tests/intel/advisories")
SAYS = {".c": "/* ", ".h": "/* ", ".py": '"""|# ', ".sh": "# ", ".yml": "# ", ".build": "# ", ".txt": "# ", ".apt": "# "}


def may(user, used):
    """May code of one folder use that of another?"""
    return user == used or FLOORS[user] > FLOORS[used] or (user, used) in SIDEWAYS


@functools.cache
def repository():
    """Every file that is or may become part of the repository, as a path below its root."""
    files = []
    for path in sorted(SOURCE.rglob("*")):
        name = path.relative_to(SOURCE)
        made = name.parts[0].startswith("build") or {".git", "__pycache__"} & set(name.parts)
        if path.is_file() and not made:
            files.append(name)
    return files


def sources(suffixes):
    return [name for name in repository() if name.parts[0] == "src" and name.suffix in suffixes]


def included(name):
    return INCLUDE.findall((SOURCE / name).read_text(encoding="utf-8"))


def every_folder_has_a_floor():
    return [f"{name}: no floor is named '{name.parts[1]}'" for name in sources({".c", ".h"}) if name.parts[1] not in FLOORS]


def includes_run_down():
    complaints = []
    for name in sources({".c", ".h"}):
        for other in included(name):
            folder = GENERATED.get(other) or other.split("/")[0]
            if folder not in FLOORS or (other not in GENERATED and not (SOURCE / "src" / other).is_file()):
                complaints.append(f"{name}: \"{other}\" is no file below src")
            elif not may(name.parts[1], folder):
                complaints.append(f"{name}: floor {FLOORS[name.parts[1]]} includes {other} of floor {FLOORS[folder]}")
    return complaints


def headers_stand_in_no_circle():
    graph = {str(name.relative_to("src")): included(name) for name in sources({".h"})}
    done, complaints = set(), []

    def visit(header, above):
        if header in above:
            complaints.append(" -> ".join(above[above.index(header):] + [header]))
        elif header not in done:
            for other in graph.get(header, []):
                visit(other, above + [header])
            done.add(header)

    for header in sorted(graph):
        visit(header, [])
    return complaints


def folder_of(member):
    """Meson names the object of src/base/str.c base_str.c.o, that of a made file meson-generated_.._NAME.o."""
    made = member.removesuffix(".o").split(".._")[-1]
    return GENERATED.get(made) or member.split("_")[0]


def calls_run_down():
    library = pathlib.Path(os.environ.get("LONGWATCH_BUILD", SOURCE / "build")) / "src" / "liblongwatch.a"
    if not library.is_file():
        return None
    listed = subprocess.run(["nm", "-A", "-P", "-g", library], capture_output=True, text=True, check=True).stdout
    home, uses = {}, []
    for line in listed.splitlines():
        where, symbol, kind = LISTED.match(line).groups()
        member = pathlib.PurePath(where).name
        if kind == "U":
            uses.append((member, symbol))
        else:
            home[symbol] = member
    complaints = [] if home and uses else [f"{library}: nm lists nothing"]
    for member, symbol in uses:
        user, used = folder_of(member), folder_of(home.get(symbol, member))
        if user not in FLOORS or used not in FLOORS:
            complaints.append(f"{member}: of no known folder")
        elif not may(user, used):
            complaints.append(f"{member}: {user} (floor {FLOORS[user]}) calls {symbol} of {used} (floor {FLOORS[used]})")
    return complaints


def files_say_what_they_are():
    complaints = []
    for name in repository():
        if name.suffix in UNTITLED or str(name).startswith(INPUTS):
            continue
        if name.suffix not in SAYS:
            continue
        lines = (SOURCE / name).read_text(encoding="utf-8", errors="replace").splitlines() + ["", ""]
        first = lines[1] if lines[0].startswith("#!") else lines[0]
        begin = tuple(SAYS[name.suffix].split("|"))
        if not first.startswith(begin):
            complaints.append(f"{name}: its first line does not say what lives there")
        elif name.parts[0] == "src" and name.suffix in (".c", ".h") and not first.startswith(f"/* {name.stem}: "):
            complaints.append(f"{name}: its first line does not begin with '/* {name.stem}: '")
    return complaints


def no_file_names_this_machine():
    complaints = []
    for name in repository():
        for number, line in enumerate((SOURCE / name).read_bytes().split(b"\n"), 1):
            found = MACHINE.search(line)
            if found:
                complaints.append(f"{name}:{number}: names {found.group().decode()}")
    return complaints


def the_rules_of_this_test_hold():
    """The test can fail: what it must refuse, it refuses."""
    table = [
        ("cli", "base", True), ("detection", "intel", True), ("event", "codec", True), ("base", "base", True),
        ("codec", "event", False), ("reader", "detection", False), ("base", "event", False), ("event", "intel", False),
        ("hunt", "report", False), ("evidence", "archive", False),
    ]  # fmt: skip
    wrong = [f"{user} -> {used}" for user, used, allowed in table if may(user, used) != allowed]
    named = [b"see " + b"/" + b"work/x", b'"' + b"/" + b"farm"]
    free = [b"net" + b"/" + b"work/x", b"https://example.org" + b"/" + b"work/x", b"a /workshop", b"$HOME/work"]
    wrong += [f"{text} is let through" for text in named if not MACHINE.search(text)]
    return wrong + [f"{text} is refused" for text in free if MACHINE.search(text)]


def main():
    passed = failed = skipped = 0
    for case in (
        the_rules_of_this_test_hold, every_folder_has_a_floor, includes_run_down, headers_stand_in_no_circle, calls_run_down,
        files_say_what_they_are, no_file_names_this_machine,
    ):  # fmt: skip
        complaints = case()
        if complaints is None:
            skipped += 1
            print(f"SKIP: {case.__name__}: nothing has been built")
            continue
        for complaint in complaints:
            print(f"{case.__name__}: {complaint}")
        passed, failed = passed + (not complaints), failed + bool(complaints)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
