#!/usr/bin/env python3
"""test_flat: a folder of files under meaningless names, all in one heap, gives what the same files give under their own names.

Every file of the shared data is copied flat, without ending and in another order, and compared with itself: every event that
`longwatch events` tells, byte for byte but for the path, and every line of the ledger. Then what the files are taken for:
rules, lists of indicators, programs and prose are no logs, and no kind may say that they are.
"""

import collections
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from evidence import BINARY, SHARED, SOURCE, run

DATA = SHARED / "data"
CHECKED = "san" in pathlib.Path(os.environ.get("LONGWATCH_BUILD", "build")).name
# What the ledger says of a file that depends on nothing but the file. (`duplicates` depends on which file comes first.)
SAID = (
    "sha256 size reader container not_read records salvaged repaired cut no_kind no_time zone_assumed first last damages damage_bytes findings"
).split()
# No logs. JSON and tables of comma-separated values are read all the same, since a user's own kind may want them, but no kind of ours does.
NO_LOGS = ("attack", "attribution", "intel", "sigma", "stix", "warninglists")
# Files of these folders that are logs.
BUT = ("sigma/regression_data",)
# And what lies beside the logs: licences, descriptions, lists, settings; and what converters are expected to write.
BESIDE = ("LICENSE", "COPYING", ".md", ".snap", ".yaml", "hangup_cause.json", "metadata.ndjson", "_structured.csv")


def sample():
    """All files; of a sanitized program, which is ten times slower, the two smallest of each folder and ending."""
    every = sorted(path for path in DATA.rglob("*") if path.is_file())
    if not CHECKED:
        return every
    alike = collections.defaultdict(list)
    for path in every:
        alike[path.parent, path.suffix].append(path)
    smallest = (path for paths in alike.values() for path in sorted(paths, key=lambda path: path.stat().st_size)[:2])
    return sorted(path for path in smallest if path.stat().st_size < 1 << 18)


def copied(files, tree, flat):
    """Twice: under its own name, and flat. Which file each of the flat names is. The time of a file is kept: it says the year of syslog."""
    names = {}
    for number, path in enumerate(sorted(files, key=lambda path: hashlib.sha256(str(path.relative_to(DATA)).encode()).digest()), 1):
        own = tree / path.relative_to(DATA)
        own.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, own)
        os.link(own, flat / f"{number:05}")
        names[f"{number:05}"] = str(path.relative_to(DATA))
    return names


def file_of(path, folder, names):
    """The file of the shared data that a path is about, whatever was packed in it."""
    inner = path[len(str(folder)) + 1 :]
    return names[inner[:5]] if names else next(name for name in cut(inner) if name in LISTED)


LISTED = set()


def cut(path):
    """The path itself, and without what stands behind each `!`."""
    yield path
    while "!" in path:
        path = path.rpartition("!")[0]
        yield path


def told(folder, names):
    """By file: a hash over its events, and how many of each kind there are."""
    hashes = collections.defaultdict(hashlib.sha256)
    kinds = collections.defaultdict(collections.Counter)
    with subprocess.Popen([BINARY, "events", folder, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        for line in process.stdout:
            before, _, rest = line.partition(b',"evidence_path":"')
            path, _, behind = rest.partition(b'","evidence_sha256"')
            name = file_of(json.loads(b'"' + path + b'"'), folder, names)
            hashes[name].update(before + behind)
            kinds[name][before.partition(b'"kind":')[2].partition(b",")[0]] += 1
    assert process.returncode in (0, 3), process.returncode
    return {name: (found.hexdigest(), kinds[name]) for name, found in hashes.items()}


def ledger(folder, case, names):
    """By file: what the ledger says of it and of what was packed in it, line by line."""
    hunt = [BINARY, "hunt", folder, "--rules", SOURCE / "data/rules", "-o", case, "--quiet"]
    done = subprocess.run(hunt, capture_output=True, check=False)
    assert done.returncode in (1, 3), done.stderr
    lines = subprocess.run([BINARY, "ledger", case, "--json"], capture_output=True, check=True).stdout.splitlines()
    found = collections.defaultdict(list)
    for line in map(json.loads, lines):
        if line["line"] == "file":
            found[file_of(line["path"], folder, names)].append({key: line[key] for key in SAID})
        elif line["line"] in ("coverage", "damage"):
            found[file_of(line["path"], folder, names)].append({key: value for key, value in line.items() if key != "path"})
    return found


def folder_of(name):
    parts = name.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0] if len(parts) == 2 else "."


def readers(lines):
    return [line["reader"] or line["not_read"] for line in lines if "reader" in line and not line["container"]]


class Both:
    """What is said of the files under their own names, and flat."""

    def __init__(self, folder):
        files = sample()
        tree, flat = folder / "tree", folder / "flat"
        flat.mkdir()
        names = copied(files, tree, flat)
        LISTED.update(names.values())
        self.files = sorted(names.values())
        self.own, self.flat = told(tree, None), told(flat, names)
        self.own_ledger, self.flat_ledger = ledger(tree, folder / "own", None), ledger(flat, folder / "heap", names)


def compare(both):
    def every_event_is_the_same():
        assert set(both.own) == set(both.flat), set(both.own) ^ set(both.flat)
        other = [name for name in both.own if both.own[name] != both.flat[name]]
        assert not other, f"other events under another name: {other[:10]}"
        assert sum(sum(kinds.values()) for _, kinds in both.own.values()) > (1000 if CHECKED else 200000)

    def the_ledger_is_the_same():
        assert set(both.own_ledger) == set(both.flat_ledger) == set(both.files)
        other = [name for name in both.files if both.own_ledger[name] != both.flat_ledger[name]]
        assert not other, f"another ledger under another name: {other[:10]}"

    def what_is_no_log_is_of_no_kind():
        for name in both.files:
            beside = any(part in name.rpartition("/")[2] for part in BESIDE)
            if not beside and (not name.startswith(NO_LOGS) or name.startswith(BUT)):
                continue
            assert set(readers(both.flat_ledger[name])) <= {"json", "csv", "no reader knows this format", "prose, and no log", "empty"}, (name, readers(both.flat_ledger[name]))
            known = sum(line["records"] - line["no_kind"] for line in both.flat_ledger[name] if "records" in line)
            assert known == 0, f"{name}: {known} records are said to be of {both.flat[name][1]}"
            assert not any(line.get("findings") for line in both.flat_ledger[name]), name

    def prose_is_not_read():
        for name in both.files:
            if name.endswith((".md", ".yar", ".yara")) or "LICENSE" in name or "COPYING" in name:
                found = readers(both.flat_ledger[name])
                assert set(found) <= {"no reader knows this format", "prose, and no log", "empty"}, (name, found)

    def mails_are_read_as_mails_and_nothing_else_is():
        for name in both.files:
            found = set(readers(both.flat_ledger[name]))
            if name.endswith(".eml"):
                assert found <= {"mail", "mbox"}, (name, found)
            assert name.startswith("mail/") or not found & {"mail", "mbox"}, (name, found)

    def no_log_is_taken_for_prose():
        prose = [name for name in both.files if "prose, and no log" in readers(both.flat_ledger[name])]
        documents = [name for name in prose if re.search(r"(?i)(licen[cs]e|copying|readme|source\.md|apache-2|/mit\.txt)", name)]
        assert len(documents) >= 20 and prose == documents, sorted(set(prose) - set(documents))

    def the_table():
        table = collections.Counter((folder_of(name), reader) for name in both.files for reader in readers(both.flat_ledger[name]))
        for (folder, reader), count in sorted(table.items()):
            print(f"{folder:36} {count:5} {reader}")

    return [every_event_is_the_same, the_ledger_is_the_same, what_is_no_log_is_of_no_kind, prose_is_not_read, mails_are_read_as_mails_and_nothing_else_is, no_log_is_taken_for_prose, the_table]


def main():
    if not DATA.is_dir():
        print("SKIP: the shared data are not there (set LONGWATCH_SHARED)")
        return
    with tempfile.TemporaryDirectory() as folder:
        run(compare(Both(pathlib.Path(folder))))


if __name__ == "__main__":
    main()
