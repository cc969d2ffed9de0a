#!/usr/bin/env python3
"""test_quiet: grounds on which nothing happened that is an intrusion, hunted with all rules: incidents for each source and month, printed. None is promised
where the ground is benign; where it is not known to be, they are printed, to be judged.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile

from case_read import SHARED, hunt

DATA = SHARED / "data"
MAINTENANCE = ("NT AUTHORITY\\SYSTEM", "Certificate")  # m365/TRUTH.md: background noise that must not alarm


def maintenance(folder):
    """What Microsoft itself does in the tenant of m365/TRUTH.md, without its people and its intruder."""
    unpacked = subprocess.run(["zstd", "-dcq", DATA / "m365/dutchmasterz-ual.auditdata.ndjson.zst"], stdout=subprocess.PIPE, check=True).stdout
    kept = [
        line
        for line in unpacked.decode("utf-8").splitlines()
        for record in [json.loads(line)]
        if record.get("UserId", "").startswith(MAINTENANCE) or record["Operation"] == "SearchMtpStatus"
    ]
    assert len(kept) > 2400, len(kept)  # 1,876 + 525 of ServiceHost alone
    path = pathlib.Path(folder) / "maintenance.ndjson"
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return [path]


GROUNDS = [
    # name, what, is none promised?, why
    ("loghub", ["linux/loghub"], True, "guesses at SSH that are all refused, Apache, a cluster's syslog"),
    ("wanted mail", ["mail/spamassassin-corpus/hard-ham-1", "mail/spamassassin-corpus/easy-ham-1.mbox.gz",
                     "mail/spamassassin-corpus/easy-ham-2.mbox.gz", "mail/notmuch-corpora", "mail/mbox-perceval"], True,
     "newsletters with pixels, lists"),
    ("m365 maintenance", maintenance, True, "what Microsoft does in a tenant"),
    ("telephones", ["cdr/asterisk-pseudonymised.csv", "cdr/asterisk-Master-lab.csv", "cdr/cdr-stats-CDRImport-2015-10-26.csv"], True, "calls"),
    ("samples of syslog", ["linux/plaso"], True, "a line or two of many programs"),
    ("message trace", ["m365/message-trace"], True, "mail that was delivered"),
    ("WRCCDC 2018", ["zeek/wrccdc-2018/tsv"], False,
     "a defence competition with a red team: 20 types of Zeek logs, without conn, http and files, which would tell of it most"),
]


def main():
    if not DATA.is_dir():
        print(f"SKIP: {DATA} is not there: benign logs were not hunted")
        return 77
    passed = failed = 0
    for name, what, promised, why in GROUNDS:
        with tempfile.TemporaryDirectory(prefix="longwatch-quiet-") as folder:
            paths = what(folder) if callable(what) else [DATA / path for path in what]
            found, (events, first, last) = hunt(paths)
        months = collections.Counter(incident["first"][:7] for incident in found)
        told = ", ".join(f"{month}: {count}" for month, count in sorted(months.items())) or "none"
        right = events > 0 and (not found or not promised)
        print(f"{'ok  ' if right else 'DIFF'} {name:18} {told:12} {events:6} events, {first[:7]} to {last[:7]}; {'none promised' if promised else 'to be judged'}: {why}")
        for incident in found:
            clues = ", ".join(f"{clue['id']} {clue['weight']:.1f}" for clue in incident["clues"][:6])
            print(f"       {incident['first']} to {incident['last']}, {incident['score']:.1f} bans: {incident['title']} ({clues})")
        passed, failed = (passed + 1, failed) if right else (passed, failed + 1)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
