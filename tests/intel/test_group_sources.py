#!/usr/bin/env python3
"""test_group_sources: ATT&CK and three galaxies of MISP as one table of groups, whatever their order; names that must and must not come together."""

import json
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared"))
FILES = [
    SHARED / "data/attack/enterprise-attack-18.1.stix20.json.zst",
    *(SHARED / f"data/intel/misp-galaxy/{name}.json.zst" for name in ("threat-actor", "mitre-intrusion-set", "microsoft-activity-group")),
]
# Whose name a name is; the first name of the group, or the names of all that have it.
ASKED = {
    "APT31": {"APT31"}, "ZIRCONIUM": {"APT31"}, "violet-typhoon": {"APT31"}, "TA412": {"APT31"}, "Red keres": {"APT31"},
    "APT40": {"APT40"}, "Leviathan": {"APT40"}, "TEMP Periscope": {"APT40"}, "Gingham Typhoon": {"APT40"},
    "APT28": {"APT28"}, "Forest Blizzard": {"APT28"}, "UNC2452": {"APT29"}, "Charming Kitten": {"Magic Hound"},
    "Winnti": {"Winnti Group", "APT41"}, "APT38": {"APT38", "Lazarus Group"}, "Grizzly Steppe": {"APT28", "APT29"},
}  # fmt: skip


def groups(files):
    words = [word for file in files for word in ("--from", file)]
    done = subprocess.run([BINARY, "groups", "list", "--json", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, (done.returncode, done.stderr)
    return done.stdout


def key(name):
    words = [word for word in "".join(c if c.isalnum() else " " for c in name.lower()).split()]
    if len(words) > 1 and words[-1] == "group":
        words.pop()
    return "".join(words)


def main():
    missing = [str(file) for file in FILES if not file.is_file()]
    if missing:
        print("SKIP: no shared data:", *missing)
        return 77
    text = groups(FILES)
    table = [json.loads(line) for line in text.splitlines()]
    holders, numbers, complaints = {}, {}, []
    for group in table:
        for alias in group["aliases"]:
            holders.setdefault(key(alias["name"]), {})[group["name"]] = alias["shared"]
        for number in (i for i in group["ids"] if len(i) == 5 and i[0] == "G"):
            numbers.setdefault(number, set()).add(group["name"])
    for name, wanted in ASKED.items():
        if set(holders.get(key(name), {})) != wanted:
            complaints.append(f"{name}: {set(holders.get(key(name), {}))}, not {wanted}")
    for name, shared in holders.items():
        if any(flag != (len(shared) > 1) for flag in shared.values()):
            complaints.append(f"{name}: shared is told wrongly: {shared}")
    # two numbers are one group only where ATT&CK or its copy has withdrawn one of them
    several = [g for g in table if sum(len(i) == 5 and i[0] == "G" for i in g["ids"]) > 1]
    if len(several) > 8 or any(len(names) > 1 for names in numbers.values()):
        complaints.append(f"numbers: {[(g['name'], g['ids']) for g in several]}")
    if groups(reversed(FILES)) != text:
        complaints.append("the order of files matters")
    first = [group for group in table if group["id"].startswith("G") and len(group["id"]) == 5]
    print(f"{len(table)} groups, {len(first)} with a number; {sum(len(h) > 1 for h in holders.values())} of {len(holders)} names are shared")
    print(*complaints, sep="\n")
    print(f"{0 if complaints else 4} passed, {len(complaints)} failed")
    return 1 if complaints or not 150 < len(first) < 200 else 0


if __name__ == "__main__":
    sys.exit(main())
