"""made: a small case for the tests beside: events, rules and indicators of every marking, all made up."""

import json
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(os.environ.get("LONGWATCH_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared"))
TLP = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    "none of them": "marking-definition--00000000-0000-4000-8000-00000000beef",
}  # fmt: skip
ACCOUNTS = ("ASSEMBLY\\k.lind", "ASSEMBLY\\m.ohm")
HOSTS = ("WS17.assembly.example", "WS23.assembly.example")

RULES = """
title: Account asks who it is
id: 6d1c7c3e-4444-4a53-9d51-6d5f2d3b1a04
name: whoami
status: test
level: medium
tags: [attack.discovery, attack.t1033]
logsource: {product: windows, category: process_creation}
detection:
  selection: {CommandLine|contains: whoami}
  condition: selection
---
title: Account asks again and again
id: 6d1c7c3e-5555-4a53-9d51-6d5f2d3b1a05
status: test
level: high
tags: [attack.t1033, attack.t1087.002]
correlation:
  type: event_count
  rules: [whoami]
  group-by: [User]
  timespan: 4h
  condition: {gte: 3}
  generate: true
---
title: Told by a partner in confidence
id: 6d1c7c3e-6666-4a53-9d51-6d5f2d3b1a06
status: test
level: low
tags: [attack.t1105, tlp.amber]
logsource: {product: windows, category: process_creation}
detection:
  selection: {CommandLine|contains: certutil}
  condition: selection
"""


def event(number, event_id, minute, host, account, **data):
    return {"Event": {
        "System": {
            "Provider": {"Name": "Microsoft-Windows-Sysmon"}, "EventID": event_id, "EventRecordID": number, "Computer": HOSTS[host],
            "TimeCreated": {"SystemTime": f"2024-03-05T08:{minute:02}:00.123Z"}, "Channel": "Microsoft-Windows-Sysmon/Operational",
        },
        "EventData": {"User": ACCOUNTS[account], "Image": "C:\\Windows\\System32\\x.exe", **data},
    }}  # fmt: skip


def events():
    dns = {"QueryStatus": "0"}
    return [
        event(1, 1, 0, 0, 0, CommandLine="whoami /all"), event(2, 1, 5, 0, 0, CommandLine="whoami /groups"),
        event(3, 1, 9, 1, 0, CommandLine="whoami"), event(4, 1, 12, 1, 1, CommandLine="certutil -urlcache"),
        event(5, 22, 20, 0, 0, QueryName="green.evil.test", **dns), event(6, 22, 21, 0, 0, QueryName="www.red.evil.test", **dns),
        event(7, 22, 30, 1, 1, QueryName="both.evil.test", **dns), event(8, 22, 31, 1, 1, QueryName="plain.evil.test", **dns),
        event(9, 22, 32, 1, 1, QueryName="odd.evil.test", **dns), event(10, 22, 33, 0, 0, QueryName="green.evil.test", **dns),
        event(11, 22, 34, 0, 0, QueryName="misp.evil.test", **dns),
    ]  # fmt: skip


def indicator(number, value, tlp=None, **more):
    made = {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{number:08}-1111-4111-8111-111111111111",
            "created": "2024-01-01T00:00:00.000Z", "modified": "2024-01-01T00:00:00.000Z", "indicator_types": ["malicious-activity"],
            "name": value, "pattern_type": "stix", "pattern": f"[domain-name:value = '{value}']", "valid_from": "2024-01-01T00:00:00Z", **more}
    return made | ({"object_marking_refs": [TLP[tlp]]} if tlp else {})


def bundle(*objects):
    return json.dumps({"type": "bundle", "id": "bundle--00000000-1111-4111-8111-111111111111", "objects": objects})


def intelligence(folder):
    """Sources of one marking each; `both` stands in two; of `plain` nobody gives an identifier; `unseen` was never asked for by anybody."""
    folder.mkdir()
    files = {
        "green.json": bundle(indicator(1, "green.evil.test", "green"), indicator(2, "both.evil.test", "green"), indicator(3, "unseen.evil.test", "green")),
        "red.json": bundle(indicator(4, "red.evil.test", "red"), indicator(5, "both.evil.test", "red"), indicator(6, "unseen-red.evil.test", "red")),
        "odd.json": bundle(indicator(7, "odd.evil.test", "none of them")),
        "plain.txt": "plain.evil.test\nunseen-plain.evil.test\n",
        "misp.json": json.dumps({"Event": {
            "uuid": "00000000-2222-4222-8222-222222222222", "info": "made", "date": "2024-01-01", "timestamp": "1704067200", "analysis": "2",
            "threat_level_id": "1", "published": True, "Tag": [{"name": "tlp:clear"}, {"name": "PAP:AMBER"}],
            "Attribute": [{"uuid": "00000008-2222-4222-8222-222222222222", "type": "domain", "category": "Network activity",
                           "value": "misp.evil.test", "to_ids": True, "timestamp": "1704067200"}]}}),
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(*words, cwd=None, status=0):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == status, f"{words}: {done.returncode}, not {status}\n{done.stdout}{done.stderr}"
    return done


def case(folder, *more, name="case"):
    """Evidence, rules and intelligence below folder, and the case that a hunt writes of them."""
    folder = pathlib.Path(folder)
    if not (folder / "evidence").is_dir():
        (folder / "evidence").mkdir()
        (folder / "evidence/sysmon.jsonl").write_text("".join(json.dumps(line) + "\n" for line in events()), encoding="utf-8")
        (folder / "rules").mkdir()
        (folder / "rules/rules.yml").write_text(RULES, encoding="utf-8")
        intelligence(folder / "intel")
    run("hunt", "evidence", "--rules", "rules", "--intel", "intel", "-qo", name, *more, cwd=folder, status=1)
    return folder / name
