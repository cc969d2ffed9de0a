#!/usr/bin/env python3
"""make_sample: writes intrusion.jsonl, the sample of `./dev demo`: make_sample.py > intrusion.jsonl

Everything in it is made up: a small parliament office on a Tuesday, ordinary noise, and records of an intrusion among it.
Names end in .example (RFC 2606), outside addresses are documentation addresses (RFC 5737), and the one encoded command
only prints a sentence. Some hosts have Sysmon, one has not; half of the records are as converters of EVTX write them
({"Event": {"System": ...}}), half are flat. The same bytes come out of every run.
"""

import base64
import datetime
import json
import random
import sys

RNG = random.Random(20210316)
DAY = datetime.datetime(2021, 3, 16, tzinfo=datetime.timezone.utc)
DOMAIN = "ASSEMBLY"
HOSTS = ("TS01", "WS-CLERK07", "WS-PRESS02", "DC01", "FILES01", "MAIL01")
GATEWAY, CLERK, PRESS, DC, FILES, MAIL = (f"{name}.assembly.example" for name in HOSTS)
OUTSIDE = "203.0.113.77"
VICTIM = "k.lind"
SYSMON = ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon")
SECURITY = ("Security", "Microsoft-Windows-Security-Auditing")
SYSTEM = ("System", "Service Control Manager")
DEFENDER = ("Microsoft-Windows-Windows Defender/Operational", "Microsoft-Windows-Windows Defender")
EVENTLOG = ("Security", "Microsoft-Windows-Eventlog")
ENCODED = base64.b64encode("Write-Output 'Longwatch sample: nothing happens here'".encode("utf-16-le")).decode()
POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
TOOL = r"C:\Users\Public\telemetry.exe"

events = []  # (time, log, event id, host, data, user data?)


def at(clock, log, number, host, data, user_data=None):
    hour, minute, second = (int(part) for part in clock.split(":"))
    when = DAY + datetime.timedelta(hours=hour, minutes=minute, seconds=second, microseconds=RNG.randrange(10**6))
    events.append((when, log, number, host, data, user_data))


def sometime(log, number, host, data):
    seconds = RNG.randrange(5 * 3600, 18 * 3600)
    at(f"{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}", log, number, host, data)


def process(image, line, parent, user):
    return {"Image": image, "CommandLine": line, "ParentImage": parent, "User": f"{DOMAIN}\\{user}", "IntegrityLevel": "Medium"}


def process_4688(image, line, parent, user):
    return {
        "SubjectUserName": user, "SubjectDomainName": DOMAIN, "SubjectLogonId": "0x4f2a1c", "NewProcessId": "0x1a4c",
        "NewProcessName": image, "CommandLine": line, "ParentProcessName": parent, "ProcessId": "0x9d0", "TargetUserName": "-",
        "TargetDomainName": "-", "MandatoryLabel": "S-1-16-8192",
    }  # fmt: skip


def logon(user, address, kind, process_name="NtLmSsp "):
    return {
        "TargetUserName": user, "TargetDomainName": DOMAIN, "LogonType": kind, "IpAddress": address,
        "IpPort": str(RNG.randrange(49152, 65535)), "LogonProcessName": process_name, "WorkstationName": "-",
    }  # fmt: skip


def query(image, name, answer, user):
    return {
        "Image": image, "QueryName": name, "QueryStatus": "0", "QueryResults": f"::ffff:{answer};", "User": f"{DOMAIN}\\{user}",
    }  # fmt: skip


def connection(image, source, address, name, user):
    return {
        "Image": image, "Protocol": "tcp", "Initiated": "true", "SourceIp": source, "SourcePort": RNG.randrange(49152, 65535),
        "DestinationIp": address, "DestinationPort": 443, "DestinationHostname": name, "User": f"{DOMAIN}\\{user}",
    }  # fmt: skip


def by(user, logon_id, **data):
    return {"SubjectUserName": user, "SubjectDomainName": DOMAIN, "SubjectLogonId": logon_id} | data


def noise():
    people = {CLERK: "k.lind", PRESS: "a.moreau", FILES: "svc_backup", GATEWAY: "j.okafor"}
    explorer, services = r"C:\Windows\explorer.exe", r"C:\Windows\System32\services.exe"
    programs = [
        (r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE", '"WINWORD.EXE" /n "agenda-16-march.docx"', explorer),
        (r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE", '"OUTLOOK.EXE"', explorer),
        (r"C:\Program Files\Mozilla Firefox\firefox.exe", '"firefox.exe" -osint -url https://parliament.example/', explorer),
        (r"C:\Windows\System32\svchost.exe", "svchost.exe -k netsvcs -p -s Schedule", services),
        (r"C:\Windows\System32\taskhostw.exe", "taskhostw.exe", r"C:\Windows\System32\svchost.exe"),
        (r"C:\Windows\System32\notepad.exe", r'notepad.exe "C:\Users\k.lind\Documents\minutes.txt"', explorer),
    ]
    for _ in range(48):
        host = RNG.choice((CLERK, PRESS, FILES))
        sometime(SYSMON, 1, host, process(*RNG.choice(programs), people[host]))
    for _ in range(14):
        sometime(SECURITY, 4688, GATEWAY, process_4688(*RNG.choice(programs), people[GATEWAY]))
    for _ in range(26):
        host = RNG.choice((CLERK, PRESS, FILES, GATEWAY))
        sometime(SECURITY, 4624, host, logon(people[host], f"10.20.0.{RNG.randrange(10, 90)}", 3, "Kerberos"))
    for _ in range(5):  # people mistype, from inside
        sometime(SECURITY, 4625, DC, logon("a.moreau", "10.20.0.41", 3) | {"Status": "0xc000006d", "SubStatus": "0xc000006a"})
    for _ in range(3):  # and one from home, who then gets in
        sometime(SECURITY, 4624, GATEWAY, logon("j.okafor", "198.51.100.23", 10, "User32 "))
    for _ in range(20):
        host = RNG.choice((CLERK, PRESS))
        name = RNG.choice(("parliament.example", "mail.assembly.example", "news.example", "update.vendor.example"))
        sometime(SYSMON, 22, host, query(programs[2][0], name, "192.0.2.10", people[host]))
    for _ in range(16):
        host = RNG.choice((CLERK, PRESS))
        sometime(SYSMON, 3, host, connection(programs[2][0], "10.20.0.37", "192.0.2.10", "parliament.example", people[host]))
    for _ in range(10):
        state = RNG.choice(("running", "stopped"))
        sometime(SYSTEM, 7036, RNG.choice((DC, FILES)), {"param1": "Windows Update", "param2": state})
    for _ in range(8):  # a virus scanner looks into every process
        sometime(SYSMON, 10, RNG.choice((CLERK, PRESS)), {
            "SourceImage": r"C:\Program Files\Windows Defender\MsMpEng.exe", "TargetImage": r"C:\Windows\System32\lsass.exe",
            "GrantedAccess": "0x1410", "SourceUser": r"NT AUTHORITY\SYSTEM", "TargetUser": r"NT AUTHORITY\SYSTEM",
        })  # fmt: skip
    for _ in range(4):  # software is distributed by encoded commands; filter_software_distribution.yml knows it
        line, agent = f"powershell.exe -NoProfile -EncodedCommand {ENCODED}", r"C:\Program Files\Example Deploy\agent.exe"
        sometime(SYSMON, 1, PRESS, process(POWERSHELL, line, agent, "svc_deploy"))


def intrusion():
    # A password is guessed at the gateway.
    for number in range(14):
        failure = {"Status": "0xc000006d", "SubStatus": "0xc000006a"}
        at(f"05:{41 + number // 4}:{number % 4 * 15}", SECURITY, 4625, GATEWAY, logon(VICTIM, OUTSIDE, 3) | failure)
    at("05:46:12", SECURITY, 4624, GATEWAY, logon(VICTIM, OUTSIDE, 10, "User32 "))
    # A look around, on the host without Sysmon.
    cmd = r"C:\Windows\System32\cmd.exe"
    for clock, image, line in (
        ("05:52:03", "whoami.exe", "whoami /all"),
        ("05:52:40", "nltest.exe", "nltest /domain_trusts"),
        ("05:53:21", "net.exe", 'net  group "Domain Admins" /domain'),
    ):
        at(clock, SECURITY, 4688, GATEWAY, process_4688(rf"C:\Windows\System32\{image}", line, cmd, VICTIM))
    # On to the clerk's machine, where something is hidden in an encoded command and made to come back.
    at("06:10:44", SECURITY, 4624, CLERK, logon(VICTIM, "10.20.0.12", 3))
    line, wmi = f"powershell -nop -w hidden -enc {ENCODED}", r"C:\Windows\System32\wbem\WmiPrvSE.exe"
    at("06:11:09", SYSMON, 1, CLERK, process(POWERSHELL, line, wmi, VICTIM))
    action = f"<Task><Actions><Exec><Command>{TOOL}</Command><Arguments>--sample</Arguments></Exec></Actions></Task>"
    task = r"\Microsoft\Office\Telemetry Synchronisation"
    at("06:14:30", SECURITY, 4698, CLERK, by(VICTIM, "0x6b1d20", TaskName=task, TaskContent=action))
    at("06:15:02", SYSTEM, 7045, FILES, {
        "ServiceName": "TelemetrySync", "ImagePath": TOOL, "ServiceType": "user mode service", "StartType": "auto start",
        "AccountName": "LocalSystem",
    })  # fmt: skip
    at("06:16:48", DEFENDER, 5001, CLERK, {"Product Name": "Microsoft Defender Antivirus", "Product Version": "4.18.2102.4"})
    # Passwords, a new administrator, the register of members, and out.
    at("06:21:15", SYSMON, 10, CLERK, {
        "SourceImage": TOOL, "TargetImage": r"C:\Windows\System32\lsass.exe", "GrantedAccess": "0x1010",
        "SourceUser": f"{DOMAIN}\\{VICTIM}", "TargetUser": r"NT AUTHORITY\SYSTEM",
    })  # fmt: skip
    made = {"TargetUserName": "svc_backup2", "TargetDomainName": DOMAIN, "SamAccountName": "svc_backup2"}
    at("06:34:50", SECURITY, 4720, DC, by(VICTIM, "0x70aa31", **made))
    group = {"TargetUserName": "Administrators", "TargetDomainName": "Builtin", "TargetSid": "S-1-5-32-544"}
    member = "CN=svc_backup2,CN=Users,DC=assembly,DC=example"
    at("06:35:12", SECURITY, 4732, DC, by(VICTIM, "0x70aa31", **group, MemberName=member))
    line = r"rar.exe a -r -m5 C:\Users\Public\0316.rar \\FILES01\register$\members"
    at("07:02:26", SYSMON, 1, FILES, process(r"C:\Users\Public\rar.exe", line, cmd, "svc_backup2"))
    at("07:05:31", SYSMON, 22, FILES, query(TOOL, "sync.telemetry.example", OUTSIDE, "svc_backup2"))
    at("07:05:32", SYSMON, 3, FILES, connection(TOOL, "10.20.0.5", OUTSIDE, "sync.telemetry.example", "svc_backup2"))
    at("07:31:07", EVENTLOG, 1102, FILES, {}, {"LogFileCleared": by("svc_backup2", "0x81c4f7")})
    # In the night a page is left among those that Exchange hands out.
    page = r"C:\Program Files\Microsoft\Exchange Server\V15\FrontEnd\HttpProxy\owa\auth\sample.aspx"
    at("23:48:19", SYSMON, 11, MAIL, {"Image": "System", "TargetFilename": page, "User": r"NT AUTHORITY\SYSTEM"})


def stamp(when):
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{when.microsecond * 7 % 10}Z"


def main():
    noise()
    intrusion()
    numbers = {}
    for when, (channel, provider), number, host, data, user_data in sorted(events, key=lambda event: event[0]):
        record = numbers[host, channel] = numbers.get((host, channel), RNG.randrange(10**4, 10**6)) + 1
        if channel == SYSMON[0]:
            data = {"UtcTime": stamp(when)[:23].replace("T", " ")} | data
        if user_data or RNG.random() < 0.5:
            system = {
                "Provider": {"Name": provider}, "EventID": number, "TimeCreated": {"SystemTime": stamp(when)},
                "EventRecordID": record, "Channel": channel, "Computer": host,
            }  # fmt: skip
            body = {"Event": {"System": system} | ({"UserData": user_data} if user_data else {"EventData": data})}
        else:
            body = {
                "SystemTime": stamp(when), "Provider_Name": provider, "EventID": number, "EventRecordID": record,
                "Channel": channel, "Computer": host,
            } | data  # fmt: skip
        sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
