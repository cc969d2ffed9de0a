#!/usr/bin/env python3
"""test_logsources: which Windows events a rule of each log source sees, and whether public rules find what they are for.

EXPECTED is written from the taxonomy of Sigma and the documentation of the channels (sigma-logsources 2 and 3), not from
data/kinds: for each log source the channel and the event ids it is, or None for all ids of the channel.
"""

import collections
import json
import pathlib
import tempfile

import yaml

from evidence import SHARED, hunt, run

SYSMON = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL = ("Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational")
DEFENDER = "Microsoft-Windows-Windows Defender/Operational"

CATEGORIES = {
    "process_creation": [(SYSMON, {1}), ("Security", {4688})],
    "process_termination": [(SYSMON, {5}), ("Security", {4689})],
    "file_change": [(SYSMON, {2})],
    "network_connection": [(SYSMON, {3}), ("Security", {5156})],
    "sysmon_status": [(SYSMON, {4, 16})],
    "driver_load": [(SYSMON, {6})],
    "image_load": [(SYSMON, {7})],
    "create_remote_thread": [(SYSMON, {8})],
    "raw_access_thread": [(SYSMON, {9})],
    "process_access": [(SYSMON, {10})],
    "file_event": [(SYSMON, {11})],
    "registry_event": [(SYSMON, {12, 13, 14}), ("Security", {4657})],
    "registry_set": [(SYSMON, {13}), ("Security", {4657})],  # and see OPERATIONS
    "registry_add": [(SYSMON, {12}), ("Security", {4657})],
    "registry_delete": [(SYSMON, {12}), ("Security", {4657})],
    "registry_rename": [(SYSMON, {14})],
    "create_stream_hash": [(SYSMON, {15})],
    "pipe_created": [(SYSMON, {17, 18})],
    "wmi_event": [(SYSMON, {19, 20, 21}), ("Microsoft-Windows-WMI-Activity/Operational", {5861})],
    "dns_query": [(SYSMON, {22})],
    "file_delete": [(SYSMON, {23, 26})],
    "clipboard_capture": [(SYSMON, {24})],
    "clipboard_change": [(SYSMON, {24})],
    "process_tampering": [(SYSMON, {25})],
    "file_delete_detected": [(SYSMON, {26})],
    "file_block_executable": [(SYSMON, {27})],
    "file_block_shredding": [(SYSMON, {28})],
    "file_executable_detected": [(SYSMON, {29})],
    "sysmon_error": [(SYSMON, {255})],
    "ps_module": [(channel, {4103}) for channel in POWERSHELL],
    "ps_script": [(channel, {4104}) for channel in POWERSHELL],
    "ps_classic_start": [("Windows PowerShell", {400})],
    "ps_classic_provider_start": [("Windows PowerShell", {600})],
    "ps_classic_script": [("Windows PowerShell", {800})],
    "antivirus": [(DEFENDER, {*range(1006, 1013), 1017, 1018, 1019, 1115, 1116})],
}

# What an event with several meanings is, by the field that says so: the value, and the categories it belongs to.
OPERATIONS = {
    (SYSMON, 12): ("EventType", {"CreateKey": {"registry_add"}, "DeleteKey": {"registry_delete"}, "DeleteValue": {"registry_delete"}, "Other": set()}),
    ("Security", 4657): ("OperationType", {"%%1904": {"registry_add", "registry_set"}, "%%1905": {"registry_set"}, "%%1906": {"registry_delete"}, "%%1": set()}),
}  # fmt: skip

SERVICES = {
    "security": ["Security"],
    "system": ["System"],
    "application": ["Application"],
    "windefend": [DEFENDER],
    "appxdeployment-server": ["Microsoft-Windows-AppXDeploymentServer/Operational"],
    "codeintegrity-operational": ["Microsoft-Windows-CodeIntegrity/Operational"],
    "firewall-as": ["Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"],
    "msexchange-management": ["MSExchange Management"],
    "bits-client": ["Microsoft-Windows-Bits-Client/Operational"],
    "dns-client": ["Microsoft-Windows-DNS-Client/Operational", "Microsoft-Windows-DNS Client Events/Operational"],
    "iis-configuration": ["Microsoft-IIS-Configuration/Operational"],
    "sysmon": [SYSMON],
    "taskscheduler": ["Microsoft-Windows-TaskScheduler/Operational"],
    "powershell": [*POWERSHELL],
    "powershell-classic": ["Windows PowerShell"],
    "ntlm": ["Microsoft-Windows-NTLM/Operational"],
    "applocker": [
        "Microsoft-Windows-AppLocker/MSI and Script",
        "Microsoft-Windows-AppLocker/EXE and DLL",
        "Microsoft-Windows-AppLocker/Packaged app-Deployment",
        "Microsoft-Windows-AppLocker/Packaged app-Execution",
    ],
    "dns-server": ["DNS Server"],
    "dns-server-analytic": ["Microsoft-Windows-DNS-Server/Analytical", "Microsoft-Windows-DNSServer/Analytical"],
    "dns-server-audit": ["Microsoft-Windows-DNS-Server/Audit", "Microsoft-Windows-DNSServer/Audit"],
    "security-mitigations": [
        "Microsoft-Windows-Security-Mitigations/Kernel Mode",
        "Microsoft-Windows-Security-Mitigations/User Mode",
    ],
    "wmi": ["Microsoft-Windows-WMI-Activity/Operational"],
    "appmodel-runtime": ["Microsoft-Windows-AppModel-Runtime/Admin"],
    "appxpackaging-om": ["Microsoft-Windows-AppxPackaging/Operational"],
    "capi2": ["Microsoft-Windows-CAPI2/Operational"],
    "certificateservicesclient-lifecycle-system": ["Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational"],
    "diagnosis-scripted": ["Microsoft-Windows-Diagnosis-Scripted/Operational"],
    "driver-framework": ["Microsoft-Windows-DriverFrameworks-UserMode/Operational"],
    "ldap": ["Microsoft-Windows-LDAP-Client/Debug"],
    "ldap_debug": ["Microsoft-Windows-LDAP-Client/Debug"],
    "lsa-server": ["Microsoft-Windows-LSA/Operational"],
    "microsoft-servicebus-client": ["Microsoft-ServiceBus-Client/Admin", "Microsoft-ServiceBus-Client/Operational"],
    "servicebus-client": ["Microsoft-ServiceBus-Client/Admin", "Microsoft-ServiceBus-Client/Operational"],
    "openssh": ["OpenSSH/Operational"],
    "printservice-admin": ["Microsoft-Windows-PrintService/Admin"],
    "printservice-operational": ["Microsoft-Windows-PrintService/Operational"],
    "shell-core": ["Microsoft-Windows-Shell-Core/Operational"],
    "smbclient-security": ["Microsoft-Windows-SmbClient/Security"],
    "smbclient-connectivity": ["Microsoft-Windows-SMBClient/Connectivity"],  # logs and rules differ in case
    "smbserver-connectivity": ["Microsoft-Windows-SMBServer/Connectivity"],
    "terminalservices-localsessionmanager": ["Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"],
    "application-experience": [
        "Microsoft-Windows-Application-Experience/Program-Telemetry",
        "Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant",
    ],
    "bitlocker": ["Microsoft-Windows-BitLocker/BitLocker Management"],
    "dhcp": ["Microsoft-Windows-DHCP-Server/Operational"],
    "hyper-v-worker": ["Microsoft-Windows-Hyper-V-Worker-Admin", "Microsoft-Windows-Hyper-V-Worker-Operational"],
    "kernel-event-tracing": ["Microsoft-Windows-Kernel-EventTracing/Admin", "Microsoft-Windows-Kernel-EventTracing/Analytic"],
    "kernel-shimengine": ["Microsoft-Windows-Kernel-ShimEngine/Operational", "Microsoft-Windows-Kernel-ShimEngine/Diagnostic"],
    "ntfs": ["Microsoft-Windows-Ntfs/Operational"],
    "sense": ["Microsoft-Windows-SENSE/Operational"],
    "vhdmp": ["Microsoft-Windows-VHDMP/Operational"],
}
ANTIVIRUS = "antivirus of any product"  # as the public rules name it
NO_LOG = {"file_access", "file_rename"}  # of an ETW provider that no log holds by default (docs/kinds.md)
FOLDERS = ("rules", "rules-emerging-threats", "rules-threat-hunting", "rules-placeholder", "rules-compliance")


def expected():
    """[(event, names of the log sources it belongs to)]: every channel, with every event id that means something anywhere, and its neighbours."""
    those_known = {event_id for places in CATEGORIES.values() for _, those in places for event_id in those}
    ids = {event_id + near for event_id in those_known for near in (-1, 0, 1)}
    channels = [channel for those in SERVICES.values() for channel in those] + ["Acme/Own", "Security Log", "Sysmon"]
    events = []
    for channel in dict.fromkeys(channels):
        services = {name for name, those in SERVICES.items() if channel in those}
        for event_id in sorted(ids):
            names = services | {
                name for name, places in CATEGORIES.items() if any(channel == at and event_id in those for at, those in places)
            }
            field, operations = OPERATIONS.get((channel, event_id), (None, {None: set()}))
            for value, categories in operations.items():
                event = {"Channel": channel, "EventID": event_id, "Provider_Name": "x", "Computer": "h"}
                if field:
                    event[field] = value
                    names = names - {"registry_add", "registry_set", "registry_delete"} | categories
                events.append((event, names | {"windows"} | ({ANTIVIRUS} if "antivirus" in names else set())))
    return events


def probe(name):
    source = {"windows": {}, ANTIVIRUS: {}, **{c: {"category": c} for c in CATEGORIES}, **{s: {"service": s} for s in SERVICES}}[name]
    return {
        "title": name,
        "level": "low",
        "logsource": {"category": "antivirus"} if name == ANTIVIRUS else {"product": "windows", **source},
        "detection": {"any": {"no such field|exists": False}, "condition": "any"},
    }


def each_event_is_of_its_log_sources():
    """No more and no fewer: for each channel and each event id that means something in any."""
    events = expected()
    names = ["windows", ANTIVIRUS, *CATEGORIES, *SERVICES]
    with tempfile.TemporaryDirectory() as folder:
        rules, log = pathlib.Path(folder) / "rules.yml", pathlib.Path(folder) / "log.jsonl"
        rules.write_text("---\n".join(yaml.safe_dump(probe(name)) for name in names), encoding="utf-8")
        log.write_text("".join(json.dumps(event) + "\n" for event, _ in events), encoding="utf-8")
        status, findings, errors = hunt(log, "--rules", rules, "--level", "informational")
    assert status == 1, f"{status} {errors}"
    seen = collections.defaultdict(set)
    for finding in findings:
        seen[finding["record"]].add(finding["rule_title"])
    wrong = [
        f"{event}: misses {sorted(wanted - seen[number])}, has {sorted(seen[number] - wanted)}"
        for number, (event, wanted) in enumerate(events, 1)
        if seen[number] != wanted
    ]
    assert not wrong, f"{len(wrong)} of {len(events)} events: " + "; ".join(wrong[:3])


def sources_of_rules():
    """(product, category, service) of the public rules, and in how many rules."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    count = collections.Counter()
    for folder in FOLDERS:
        for path in sorted((SHARED / "data/sigma" / folder).rglob("*.yml")):
            for document in yaml.load_all(path.read_text(encoding="utf-8"), loader):
                source = (document or {}).get("logsource")
                if source:
                    count[tuple(source.get(part, "") for part in ("product", "category", "service"))] += 1
    return count


def every_source_of_public_rules_is_known():
    """What Windows rules name stands in the tables above, so that their events are checked there."""
    if not (SHARED / "data/sigma/rules").is_dir():
        print("SKIP: every_source_of_public_rules_is_known: no public rules (set LONGWATCH_SHARED)")
        return
    sources = sources_of_rules()
    assert sum(sources.values()) > 3000, sum(sources.values())
    missing = [
        f"{product}/{category}/{service} ({count} rules)"
        for (product, category, service), count in sorted(sources.items())
        if (product == "windows" or category == "antivirus")
        and not (category in CATEGORIES and not service or service in SERVICES and not category or not category + service)
        and category not in NO_LOG
    ]
    assert not missing, f"not covered: {', '.join(missing)}"


def public_rules_find_what_they_are_for():
    """Each rule that comes with an event of its own finds it: as EVTX and as JSON."""
    data = SHARED / "data/sigma/regression_data"
    if not data.is_dir():
        print("SKIP: public_rules_find_what_they_are_for: no regression data (set LONGWATCH_SHARED)")
        return
    folders = [option for name in FOLDERS for option in ("--rules", SHARED / "data/sigma" / name)]
    _, findings, errors = hunt(data, *folders, "--level", "informational")
    found = {(finding["rule_id"], finding["evidence_path"].split("!")[0]) for finding in findings}
    missed, asked = [], 0
    for info in sorted(data.rglob("info.yml")):
        for rule in yaml.safe_load(info.read_text(encoding="utf-8"))["rule_metadata"]:
            for log in sorted(set(info.parent.iterdir()) - {info}):
                asked += 1
                if (rule["id"], str(log)) not in found:
                    missed.append(f"{rule['title']} in {log.name}")
    assert asked > 200, f"{asked} {errors}"
    assert not missed, f"{len(missed)} of {asked}: {'; '.join(missed[:5])}"
    # And nothing more: the public rules' own count of what their event logs hold.
    logs = sorted(data.rglob("*.evtx*"))
    _, findings, errors = hunt(*logs, *folders)
    assert len(logs) == 136 and len(findings) == 240, f"{len(findings)} findings in {len(logs)} logs {errors}"


run([each_event_is_of_its_log_sources, every_source_of_public_rules_is_known, public_rules_find_what_they_are_for])
