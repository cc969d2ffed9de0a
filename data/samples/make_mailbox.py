#!/usr/bin/env python3
"""make_mailbox: writes mailbox.jsonl, the second sample of `./dev demo`: make_mailbox.py > mailbox.jsonl

Everything in it is made up: the unified audit log of the same small parliament office, in the weeks before its Tuesday. Names
end in .example (RFC 2606), addresses are documentation addresses (RFC 5737, RFC 3849). The same bytes come out of every run.
"""

import datetime
import json
import sys
import uuid

START = datetime.datetime(2021, 2, 22)
TENANT = "0c5f7e0a-5a0e-4b0e-9d5b-000000000000"
OUTSIDE, OFFICE = "198.51.100.23", "192.0.2.10"
ACCOUNTS = [f"{name}@assembly.example" for name in ("k.lind", "a.moreau", "p.novak", "s.okafor")]
VICTIM, CLERK, PRESS, ADMIN = ACCOUNTS
FAR = "attacker@mail.example"

events = []


def at(day, clock, operation, workload, kind, user, **more):
    hour, minute, second = (int(part) for part in clock.split(":"))
    when = START + datetime.timedelta(days=day, hours=hour, minutes=minute, seconds=second)
    events.append((when, {"Operation": operation, "OrganizationId": TENANT, "RecordType": kind, "UserType": 0, "Version": 1, "Workload": workload, "UserId": user, **more}))


def pairs(value="Value", **more):
    return [{"Name": name.replace("_", "."), value: text} for name, text in more.items()]


def signed(day, clock, user, address, error=None, number="0"):
    """ResultStatus says Success whatever happened, as it may in earnest."""
    more = {"LogonError": error} if error else {}
    at(day, clock, "UserLoginFailed" if error else "UserLoggedIn", "AzureActiveDirectory", 15, user, ResultStatus="Success", ErrorNumber=number, ClientIP=address,
       ActorIpAddress=address, ExtendedProperties=pairs(UserAgent="Mozilla/5.0"), **more)


def cmdlet(day, clock, operation, user, address, object_id="", **parameters):
    at(day, clock, operation, "Exchange", 1, user, ResultStatus="True", ClientIP=f"{address}:5{day:02}17", ObjectId=object_id, Parameters=pairs(**parameters))


def directory(day, clock, operation, user, address, object_id, **changes):
    at(day, clock, operation, "AzureActiveDirectory", 8, user, ResultStatus="Success", ClientIP=address, ObjectId=object_id, ModifiedProperties=pairs("NewValue", **changes))


def mail(day, clock, owner, address, how, client, throttled="False"):
    at(day, clock, "MailItemsAccessed", "Exchange", 50, owner, ResultStatus="Succeeded", ClientIPAddress=address, ClientInfoString=client, MailboxOwnerUPN=owner,
       OperationProperties=pairs(MailAccessType=how, IsThrottled=throttled))


def noise():
    """Three weeks of an office: sign-ins, consent prompts, the service's own maintenance, mail."""
    for day in range(0, 21, 3):
        for number, user in enumerate(ACCOUNTS):
            signed(day, f"07:{10 + number}:0{day % 10}", user, OFFICE)
            mail(day, f"08:{10 + number}:0{day % 10}", user, OFFICE, "Bind", "Client=OWA;Mozilla/5.0")
        signed(day, "07:30:00", CLERK, OFFICE, "UserStrongAuthEnrollmentRequiredInterrupt", "50072")
        cmdlet(day, "03:00:00", "Set-Mailbox", "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)", "::1", "mailbox", Identity="mailbox", Force="True")
        cmdlet(day, "03:00:05", "Add-MailboxPermission", "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)", "::1", "mailbox", User="system", AccessRights="FullAccess")
    cmdlet(2, "09:00:00", "New-InboxRule", CLERK, OFFICE, "a.moreau\\Newsletters", Name="Newsletters", MoveToFolder="Newsletters")
    directory(4, "10:00:00", "Consent to application.", CLERK, OFFICE, "app", ConsentContext_OnBehalfOfAll="False", ConsentAction_Permissions="[] => [[Scope: User.Read]]; ")


def intrusion():
    for attempt in range(6):
        for number, user in enumerate(ACCOUNTS[:3]):
            signed(1, f"22:0{attempt}:{10 * number:02}", user, OUTSIDE, "InvalidUserNameOrPassword", "50126")
    signed(1, "22:09:40", VICTIM, OUTSIDE)
    directory(1, "22:20:00", "Consent to application.", VICTIM, OUTSIDE, "rnail", ConsentContext_OnBehalfOfAll="True",
              ConsentAction_Permissions="[] => [[Scope: offline_access Mail.Read Mail.Send Files.Read.All]]; ")
    directory(1, "22:21:00", "Update application \u2013 Certificates and secrets management ", VICTIM, OUTSIDE, "rnail", KeyDescription="[\"[KeyIdentifier=1,KeyType=Password]\"]")
    cmdlet(1, "22:30:00", "New-InboxRule", VICTIM, OUTSIDE, "k.lind\\.", Name=".", DeleteMessage="True", From="it@assembly.example")
    cmdlet(1, "22:31:00", "Set-InboxRule", VICTIM, OUTSIDE, "k.lind\\Minutes", Identity="Minutes", ForwardTo=FAR)
    cmdlet(1, "22:32:00", "Set-Mailbox", VICTIM, OUTSIDE, "k.lind", Identity="k.lind", ForwardingSmtpAddress=f"smtp:{FAR}")
    directory(1, "22:40:00", "Add member to role.", ADMIN, OUTSIDE, VICTIM, Role_DisplayName="Company Administrator")
    cmdlet(1, "22:45:00", "New-TransportRule", VICTIM, OUTSIDE, "", Name="Archive", BlindCopyTo=FAR, SubjectOrBodyContainsWords="budget;statement")
    cmdlet(1, "22:50:00", "Add-MailboxPermission", VICTIM, OUTSIDE, "p.novak", Identity="p.novak", User="k.lind", AccessRights="FullAccess")
    directory(1, "23:00:00", "Reset user password.", VICTIM, OUTSIDE, PRESS)
    directory(1, "23:01:00", "Disable Strong Authentication.", VICTIM, OUTSIDE, PRESS)
    mail(14, "23:00:00", PRESS, OUTSIDE, "Sync", "Client=MSExchangeRPC")
    for number in range(100):
        mail(15, f"02:{number // 2:02}:{number % 2 * 30:02}", PRESS, OUTSIDE, "Bind", "Client=OWA;Mozilla/5.0")
    mail(15, "02:55:00", PRESS, OUTSIDE, "Bind", "Client=OWA;Mozilla/5.0", "True")
    at(20, "23:10:00", "AnonymousLinkCreated", "OneDrive", 14, PRESS, ClientIP=OUTSIDE, EventSource="SharePoint", ItemType="File",
       ObjectId="https://assembly-my.sharepoint.example/personal/p_novak/Documents/Minutes.docx", UserAgent="Mozilla/5.0")


def main():
    noise()
    intrusion()
    events.sort(key=lambda event: event[0])
    for number, (when, record) in enumerate(events):
        head = {"CreationTime": when.isoformat(), "Id": str(uuid.UUID(int=(0x5EED << 112) + number))}
        sys.stdout.write(json.dumps({**head, **record}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
