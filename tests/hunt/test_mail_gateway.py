#!/usr/bin/env python3
"""test_mail_gateway: what gateways and services write about mails and clicks: kind, time, recipient, sender, address, object, outcome,
session of each. The records are made up after the vendors' public pages, which data/kinds/mail-gateway.yml names."""

import json
import pathlib
import subprocess
import tempfile

from evidence import BINARY

TIME = "2024-03-25T07:12:00Z"
ROLES = ("account", "target_account", "client_address", "object", "outcome", "session")
BOB, ANN, ADDRESS = "bob@b.example", "ann@a.example", "192.0.2.1"

DEFENDER = {"NetworkMessageId": "n1", "SenderFromAddress": "Ann@a.example", "RecipientEmailAddress": "Bob@b.example", "Timestamp": TIME}
GMAIL = {
    "event_info": {"timestamp_usec": "1711350720000000", "success": False},
    "message_info": {
        "rfc2822_message_id": "<1@a.example>",
        "subject": "Hello",
        "source": {"address": "bounce@a.example", "from_header_address": "Ann@a.example"},
        "destination": [{"address": "Bob@b.example"}],
        "connection_info": {"client_ip": ADDRESS},
    },
}
CLICK = {"url": "http://t.example/", "clickIP": ADDRESS, "clickTime": TIME, "recipient": "Bob@b.example", "sender": "a@b.example", "messageID": "m", "GUID": "g"}

# name, kind (None: of no kind of these), record or text, roles in their order.
CASES = [
    ("message", "defender/email", DEFENDER | {"EmailDirection": "Inbound", "SenderIPv4": ADDRESS, "Subject": "Hello", "DeliveryAction": "Blocked"},
     (BOB, ANN, ADDRESS, "Hello", "failure", "n1")),
    ("junk is delivered", "defender/email", DEFENDER | {"EmailDirection": "Inbound", "SenderIPv6": "2001:db8::1", "Subject": "", "DeliveryAction": "Junked"},
     (BOB, ANN, "2001:db8::1", None, "success", "n1")),
    ("attachment", "defender/attachment", DEFENDER | {"FileName": "a.exe", "SHA256": "ab"}, (BOB, ANN, None, "a.exe", None, "n1")),
    ("url", "defender/url", {"Timestamp": TIME, "NetworkMessageId": "n1", "Url": "https://t.example/x", "UrlDomain": "t.example"},
     (None, None, None, "https://t.example/x", None, "n1")),
    ("click", "defender/click",
     {"Timestamp": TIME, "Url": "https://t.example/x", "ActionType": "ClickAllowed", "AccountUpn": "Bob@b.example", "IPAddress": ADDRESS, "NetworkMessageId": "n1", "IsClickedThrough": False},
     (BOB, None, ADDRESS, "https://t.example/x", "success", "n1")),
    ("after delivery", "defender/post-delivery", DEFENDER | {"InternetMessageId": "<1@a>", "Action": "Moved to quarantine", "ActionTrigger": "SpecialAction", "ActionResult": "Success"},
     (BOB, ANN, None, "<1@a>", "success", "n1")),
    ("half of it", None, {"Timestamp": TIME, "NetworkMessageId": "n1"}, None),
    ("Graph's message trace", "m365/messagetrace/graph",
     {"id": "1", "senderAddress": "Ann@a.example", "recipientAddress": "Bob@b.example", "messageId": "<1@a>", "receivedDateTime": TIME, "subject": "Hello", "status": "quarantined", "fromIP": ADDRESS, "toIP": None},
     (BOB, ANN, ADDRESS, "Hello", "failure", "<1@a>")),
    ("trace report", "m365/messagetrace/report",
     "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,network_message_id,original_client_ip,directionality\n"
     f"2024-03-25T07:12:00.0000000Z,Ann@a.example,Bob@b.example##Receive,Hello,5,<1@a>,n1,{ADDRESS},Incoming\n",
     ("bob@b.example##receive", ANN, ADDRESS, "Hello", None, "n1")),
    ("Gmail in BigQuery", "google/gmail", GMAIL, (BOB, ANN, ADDRESS, "Hello", "failure", "<1@a.example>")),
    ("email log search", "google/emaillog",
     "Message ID,Start date,End date,Sender,Message Size,Subject,Direction,Attachments,Recipient address,Event target,Event date,Event status,Event target IP address\n"
     f"<1@a>,2024-03-25 07:11:00 UTC,2024-03-25 07:13:00 UTC,Ann@a.example,5,Hello,Received,0,Bob@b.example,x,2024-03-25 07:12:00 UTC,Delivered,{ADDRESS}\n",
     (BOB, ANN, ADDRESS, "Hello", "success", "<1@a>")),
    ("Mimecast 2.0", "mimecast/message",
     {"processingId": "p", "aggregateId": "a", "timestamp": 1711350720000, "senderEnvelope": "Ann@a.example", "recipients": "Bob@b.example", "subject": "Hello", "senderIp": ADDRESS, "messageId": "<1@a>", "action": "Rej"},
     (BOB, ANN, ADDRESS, "Hello", "failure", "<1@a>")),
    ("Mimecast 1.0", "mimecast/mta",
     {"data": [{"Act": "Acc", "IP": ADDRESS, "MsgId": "<1@a>", "Rcpt": "Bob@b.example", "Sender": "bounce@a.example", "Subject": "Hello", "aCode": "c", "datetime": "2024-03-25T07:12:00+0000", "headerFrom": "Ann@a.example"}], "type": "MTA"},
     (BOB, ANN, ADDRESS, "Hello", "success", "<1@a>")),
    ("Mimecast's click", "mimecast/click",
     {"userEmailAddress": "Bob@b.example", "ttpDefinition": "Default", "url": "https://t.example/x", "action": "block", "date": "2024-03-25T07:12:00+0000", "sendingIp": ADDRESS, "fromUserEmailAddress": "Ann@a.example", "messageId": "<1@a>"},
     (BOB, ANN, ADDRESS, "https://t.example/x", "failure", "<1@a>")),
    ("Barracuda", "barracuda/message",
     {"message_id": "m1", "src_ip": ADDRESS, "hdr_from": "Ann@a.example", "env_from": "bounce@a.example", "hdr_to": "x", "recipients": [{"action": "quarantined", "email": "Bob@b.example"}], "recipient_count": 1, "subject": "Hello", "timestamp": "2024-03-25T07:12:00+0000"},
     (BOB, ANN, ADDRESS, "Hello", "failure", "m1")),
    ("Trend Micro", "trendmicro/message",
     {"genTime": TIME, "mailID": "1", "messageID": "<1@a>", "sender": "bounce@a.example", "headerFrom": "Ann@a.example", "recipient": "Bob@b.example", "senderIP": ADDRESS, "subject": "Hello", "action": "Delivered"},
     (BOB, ANN, ADDRESS, "Hello", "success", "<1@a>")),
    ("TAP's lists, a click", "proofpoint/click", {"queryEndTime": TIME, "messagesDelivered": [], "clicksPermitted": [CLICK], "clicksBlocked": []},
     (BOB, None, ADDRESS, "http://t.example/", None, "m")),
    ("Cisco, to whom", "cisco/email", "Mon Mar 25 07:12:00 2024 Info: MID 7 ICID 5 RID 0 To: <Bob@b.example>\n", (BOB, None, None, None, None, "7")),
    ("Cisco, from whom", "cisco/email", "Mon Mar 25 07:12:00 2024 Info: MID 7 ICID 5 From: <Ann@a.example>\n", (None, ANN, None, None, None, "7")),
    ("Cisco, a connection", "cisco/email", f"Mon Mar 25 07:12:00 2024 Info: New SMTP ICID 5 interface Data 1 (192.0.2.9) address {ADDRESS} reverse dns host a.example verified yes\n",
     (None, None, ADDRESS, None, None, None)),
    ("Cisco, delivered", "cisco/email", "Mon Mar 25 07:12:00 2024 Info: Message done DCID 8 MID 7 to RID [0]\n", (None, None, None, None, "success", "7")),
    ("Cisco, bounced", "cisco/email", "Mon Mar 25 07:12:00 2024 Warning: Bounced: DCID 8 MID 7 to RID 0 - 5.1.0 - Unknown address\n", (None, None, None, None, "failure", "7")),
    ("Cisco, the subject", "cisco/email", "Mon Mar 25 07:12:00 2024 Info: MID 7 Subject 'It's here'\n", (None, None, None, "It's here", None, "7")),
    ("a sentence", None, "Mon Mar 25 07:12:00 2024 Info: MID is not a number\n", None),
]


def main():
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "log"
        for name, kind, record, roles in CASES:
            path.write_text(record if isinstance(record, str) else json.dumps(record) + "\n", encoding="utf-8")
            told = subprocess.run([BINARY, "events", path, "--json"], capture_output=True, check=False).stdout.splitlines()
            events = [json.loads(line) for line in told]
            if kind is None:
                if any(event["kind"] and event["kind"] in {case[1] for case in CASES} for event in events):
                    wrong.append((name, events))
                continue
            if len(events) != 1:
                wrong.append((name, "events", events))
                continue
            got = tuple(events[0]["roles"].get(role) for role in ROLES)
            if events[0]["kind"] != kind or events[0]["time"] != TIME or got != roles:
                wrong.append((name, events[0]["kind"], events[0]["time"], got, "instead of", roles))
        # All of the lists of one answer, none lost.
        path.write_text(json.dumps({"clicksBlocked": [CLICK], "queryEndTime": TIME, "clicksPermitted": [CLICK | {"GUID": "h"}, CLICK | {"GUID": "i"}], "messagesBlocked": []}), encoding="utf-8")
        told = subprocess.run([BINARY, "events", path], capture_output=True, check=False)
        if told.returncode != 0 or len(told.stdout.splitlines()) != 3:
            wrong.append(("TAP's lists", told))
    for line in wrong:
        print(*line)
    assert not wrong


if __name__ == "__main__":
    main()
