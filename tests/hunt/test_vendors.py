#!/usr/bin/env python3
"""test_vendors: firewalls, VPNs and devices: who did what from where and when, out of lines made up here and of the shared ones.

The shared lines (data/vendor-logs: SOURCE.md) come with what one vendor's parser makes of them. Where we say something else, EXCEPTIONS
says why; an exception that is none any more is an error, too. What that parser leaves empty and we do not is counted, not judged.
"""

import datetime
import gzip
import json
import pathlib
import re
import subprocess
import tempfile

from evidence import BINARY, SHARED, hunt, run

FORMATS = ["cef", "fortigate", "cisco-ios", "cisco-secure-firewall", "paloalto-ngfw", "pulse-connect", "citrix-adc", "netfilter", "aws-flow-logs"]
WHATS = ["time", "client", "server", "user", "outcome"]

ZONE = "the message names its zone by letters (CST is three zones), which are read over; the vendor chose one"
BLOCKED = "the vendor's parser calls success what was logged; the device blocked it"
NO_RESULT = "the log names no result; the vendor's parser calls success what was logged"
WORDS = "stands only in a sentence of a JSON field"
RECEIVED = "the vendor takes when the log was received (rt); it was generated at start"
LOCAL = "Local is the device itself, and Remote who comes to it; the vendor turned them round"
STARS = "Not Found is nobody's name"
FINER = "the vendor takes the second that the log has without zone or fraction; we take the finer one with its zone"
YEARLESS = "9/16/19 is read by nobody, and the head has no year"
EXCEPTIONS = {
    ("aws-flow-logs", "*", "outcome"): "log_status (OK), not what became of the packets",
    ("fortigate", "test_event_login_2", "time"): "no date beside the time of day; the record's itime is 15:22:20Z, and so is 16:22:20 in its zone, +0100",
    ("fortigate", "test_event_login_3", "time"): "the same, a second later",
    ("fortigate", "traffic_with_referrer", "outcome"): NO_RESULT,
    ("cisco-secure-firewall", "test_ASA_611103", "outcome"): NO_RESULT,
    ("cisco-secure-firewall", "test_ASA_750003", "client"): LOCAL,
    ("cisco-secure-firewall", "test_FTD_750003", "client"): LOCAL,
    ("cisco-secure-firewall", "test_FTD_750003", "server"): LOCAL,
    ("cisco-secure-firewall", "test_FTD_75006", "client"): LOCAL,
    ("cisco-secure-firewall", "test_FTD_75006", "server"): LOCAL,
    ("cisco-secure-firewall", "test_FTD_430003_1", "user"): STARS,
    ("cisco-secure-firewall", "test_FTD_430003_2", "user"): STARS,
    ("cisco-secure-firewall", "test_group_1_3", "client"): "the address that the session was given is not where it comes from (IP <1.1.1.1>)",
    ("cisco-secure-firewall", "test_group_4", "kind"): "without its head, nothing says whose line it is; and it is the device's own trouble",
    ("cisco-secure-firewall", "test_group_9", "user"): "the name in a certificate that was refused is nobody's account",
    ("paloalto-ngfw", "test_cloud_election_json", "server"): WORDS,
    ("paloalto-ngfw", "test_system_event_10_json", "server"): WORDS,
    ("paloalto-ngfw", "test_system_event_12_json", "client"): WORDS,
    ("paloalto-ngfw", "test_update_content_json", "user"): WORDS,
    ("paloalto-ngfw", "test_upgrade_package_json", "user"): WORDS,
    ("paloalto-ngfw", "test_event_reason2", "time"): "the record's end is cut off, amid its zone; without zone it is UTC",
    ("paloalto-ngfw", "test_event_reason4", "time"): FINER,
    ("paloalto-ngfw", "test_threat_03_json", "time"): FINER,
    ("paloalto-ngfw", "traffic1_csv", "time"): RECEIVED,
    ("paloalto-ngfw", "traffic2_csv", "time"): RECEIVED,
    ("paloalto-ngfw", "udp_deny_csv", "time"): YEARLESS,
    ("paloalto-ngfw", "userid_cef", "outcome"): NO_RESULT,
    ("cisco-ios", "test_dupaddr", "time"): ZONE,
    ("cisco-ios", "test_lineproto_down", "time"): ZONE,
    ("cisco-ios", "test_lineproto_up", "time"): ZONE,
    ("cisco-ios", "test_link_down_1", "time"): ZONE,
    ("cisco-ios", "test_login_quiet_mode_on", "time"): ZONE,
    ("cisco-ios", "test_port_security_2", "time"): ZONE,
    ("cisco-ios", "test_port_security_3", "time"): ZONE,
    ("cisco-ios", "test_port_security_4", "time"): ZONE,
    ("cisco-ios", "test_username_configuration_1", "time"): ZONE,
}


def events(folder):
    """The first event of each file, by the file's name."""
    done = subprocess.run([BINARY, "events", str(folder), "--json"], capture_output=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    first = {}
    for line in done.stdout.splitlines():
        event = json.loads(line)
        first.setdefault(pathlib.Path(event["evidence_path"]).name, event)
    return first


def at(record, *path):
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def instant(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S") + datetime.timedelta(seconds=float("0." + (fraction or "0")))


def same_time(want, event):
    """To the second, because the vendor cuts some. Without a year in the record, all but the year."""
    want = instant(want)
    if event["time"]:
        got = instant(event["time"])
        if not re.search(r"[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d(\.\d+)?( [A-Z]+)?$", event["time_text"]):
            return abs(got - want) < datetime.timedelta(seconds=1.001)
        return abs(got.replace(year=want.year) - want) < datetime.timedelta(seconds=1.001)
    written = re.fullmatch(r"\W*([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d)(\.\d+)?( [A-Z]+)?", event["time_text"] or "")
    return bool(written) and [want.strftime("%b"), want.day, want.strftime("%H:%M:%S")] == [written[1], int(written[2]), written[3]]


def bare(name):
    """A user's name without domain."""
    return re.sub(r"^.*\\", "", name).split("@")[0].lower()


def compare(want, event, message):
    """What of the five is told: {what: (expected, got, whether they fit)}; expected None: the vendor says nothing."""
    roles, said = event["roles"], {}
    when = want.get("@timestamp")
    said["time"] = (when, event["time"] or event["time_text"], when and same_time(when, event))
    client = at(want, "source", "ip") or at(want, "client", "ip")
    said["client"] = (client, roles.get("client_address"), client == roles.get("client_address"))
    server = at(want, "destination", "ip") or at(want, "server", "ip")
    said["server"] = (server, roles.get("server_address"), server == roles.get("server_address"))
    user = at(want, "user", "name") or at(want, "source", "user", "name") or at(want, "destination", "user", "name")
    said["user"] = (user, roles.get("account"), user and bare(user) == bare(roles.get("account", "")))
    outcome = (at(want, "event", "outcome") or "").lower().replace("failed", "failure") or None
    said["outcome"] = (outcome, roles.get("outcome"), outcome == roles.get("outcome"))
    return said


def exception(form, test, what, expected, got, message):
    if what == "outcome" and expected == "success" and got == "failure":
        blocking = r"(?i)block|deny|denied|drop|reset|reject|clear_session|ip-conn"
        return BLOCKED if re.search(blocking, message) else None
    return EXCEPTIONS.get((form, test, what)) or EXCEPTIONS.get((form, "*", what))


def shared_lines_as_their_vendors_parser_reads_them():
    data = SHARED / "data/vendor-logs"
    if not (data / "fortigate.ndjson.gz").exists():
        print("SKIP: shared lines: no vendor-logs (set LONGWATCH_SHARED)")
        return
    wrong, used = [], set()
    print(f"{'':22}" + "".join(f"{what:>20}" for what in WHATS) + "   (fits / differs, with a reason / expected has nothing)")
    for form in FORMATS:
        with gzip.open(data / f"{form}.ndjson.gz", "rt", encoding="utf-8") as file:
            tests = [json.loads(line) for line in file]
        counts = {what: [0, 0, 0] for what in WHATS}
        with tempfile.TemporaryDirectory() as folder:
            for number, test in enumerate(tests):
                pathlib.Path(folder, f"{number:03}").write_text(test["message"].strip("\n") + "\n", encoding="utf-8")
            first = events(folder)
        for number, test in enumerate(tests):
            event = first[f"{number:03}"]
            if event["kind"] is None:
                used.add((form, test["test"], "kind"))
                if (form, test["test"], "kind") not in EXCEPTIONS:
                    wrong.append(f"{form} {test['test']}: no kind")
            for what, (expected, got, fits) in compare(test["expected"], event, test["message"]).items():
                if expected is None:
                    counts[what][2] += 1
                elif fits:
                    counts[what][0] += 1
                else:
                    counts[what][1] += 1
                    reason = exception(form, test["test"], what, expected, got, test["message"])
                    used |= {(form, test["test"], what), (form, "*", what)}
                    if not reason:
                        wrong.append(f"{form} {test['test']}: {what}: {got!r} instead of {expected!r}")
        print(f"{form:22}" + "".join(f"{'/'.join(map(str, counts[what])):>20}" for what in WHATS))
    wrong += [f"{key} is no exception any more" for key, why in EXCEPTIONS.items() if key not in used and why != YEARLESS]
    assert not wrong, "\n  " + "\n  ".join(wrong)


if __name__ == "__main__":
    run([shared_lines_as_their_vendors_parser_reads_them])
