#!/usr/bin/env python3
"""test_yara_shared: the public YARA rules compile, all but those that need a younger libyara; real mails and logs are scanned with them to the end."""

import json
import pathlib
import re
import sqlite3
import subprocess
import tempfile

from evidence import BINARY, SHARED, rules

# Rules that libyara 4.2.3 cannot have, and why.
REFUSED = {"apt_apt31_rekoobe": 'invalid field name "telfhash"'}  # elf.telfhash came with 4.3
FOLDERS = ["intel/yara", "intel/signature-base/yara"]
EVIDENCE = ["mail", "linux", "web", "zeek", "evtx"]


def count(path):
    """Rules of a file, those in comments left out."""
    text = re.sub(r"(?ms)^[ \t]*/\*.*?\*/", "", path.read_text(encoding="utf-8", errors="replace"))
    return len(re.findall(r"(?m)^[ \t]*(?:(?:private|global)\s+)*rule\s+\w+", text))


def main():
    folders = [SHARED / "data" / f for f in FOLDERS]
    if not all(f.is_dir() for f in folders):
        print("SKIP: the public YARA rules are not there (LONGWATCH_SHARED)")
        return
    files = [f for folder in folders for f in sorted(folder.glob("*.yar"))]
    written = sum(count(f) for f in files)
    with tempfile.TemporaryDirectory() as name:
        case = f"{name}/case"
        own = rules(pathlib.Path(name) / "rules")
        arguments = [BINARY, "hunt", *[SHARED / "data" / e for e in EVIDENCE], "--rules", own, "-o", case, "--json"]
        for folder in folders:
            arguments += ["--yara", folder]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1, 3), (done.returncode, done.stderr)
        db = sqlite3.connect(f"file:{case}/case.db?mode=ro", uri=True)
        refused = dict(db.execute("SELECT name, reason FROM yara_rule WHERE status = 'refused'"))
        slow = db.execute("SELECT count(*) FROM yara_rule WHERE status = 'warning'").fetchone()[0]
        used = db.execute("SELECT count(*) FROM yara_rule WHERE status IN ('used', 'private')").fetchone()[0]
        omitted = list(db.execute("SELECT evidence_path, name, why FROM yara_omission"))
        found = list(db.execute("SELECT rule, evidence_path, name FROM yara_finding"))
        facts = dict(db.execute("SELECT name, value FROM facts WHERE name LIKE 'yara%'"))
        db.close()
    assert refused == REFUSED, refused
    assert used == written - len(REFUSED), (used, written)
    assert not omitted, omitted
    assert int(facts["yara_files"]) > 900 and int(facts["yara_attachments"]) > 1000, facts
    print(f"{used} rules of {len(files)} files, {slow} warnings, not used: {json.dumps(refused)}")
    print(f"{facts['yara_files']} files, {facts['yara_attachments']} parts of messages scanned, {len(found)} findings")
    for finding in found:
        print(*finding)


if __name__ == "__main__":
    main()
