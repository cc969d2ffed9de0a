#!/usr/bin/env python3
"""vary: a large log of JSON lines out of a small one, with values renewed as years and many machines renew them.

    vary.py FROM TO MEGABYTES

FROM is told again and again; each time is another day. Within a day events are sorted by their time of day, moved by up to two
minutes, so that hosts and sources interleave; decimals of seconds are drawn anew, record numbers count on, the identifier of an event
itself (Id) is new in each. In each window of 200 events, values are mapped to others, the same to the same: identifiers (GUIDs, hexadecimal
numbers), addresses (out of 20,000), accounts and mail addresses (Zipf, out of about 5,000), hosts (out of 800), security identifiers, ports,
process numbers; and of 7 in 10 strings of more than 12 characters the digits. What names a kind of event stays. The draw is the same on
every run.
"""

import datetime
import json
import random
import re
import sys

WINDOW = 200
FIXED = {
    "Channel", "EventID", "Keywords", "Level", "Opcode", "Operation", "OrganizationId", "OrganizationName", "Provider_Guid", "Provider_Name",
    "RecordType", "Task", "UserType", "Version", "Workload",
}  # fmt: skip
TIMES = ("TimeCreated_SystemTime", "CreationTime")
PIECE = re.compile(
    r"(?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
    r"|(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?P<decimals>\.\d+)?"
    r"|(?P<mail>(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w)"
    r"|(?P<sid>S-1-5-21-\d+-\d+-\d+)"
    r"|(?P<address>(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.]))"
    r"|(?P<hex>0x[0-9a-fA-F]{4,16})"
)
DIGITS = re.compile(r"\d+")
NUMBER = re.compile(r"(Port|ProcessI[dD]|ThreadI[dD]|ProcessID|ThreadID)$")
ACCOUNT = re.compile(r"User(Name|Id|Key)?$|AccountName$|^MailboxOwnerUPN$|^LogonUser")
HOST = re.compile(r"^Computer$|Hostname$|WorkstationName$|^OriginatingServer$")


class Varied:
    def __init__(self):
        self.draw = random.Random(1)
        self.mapped = {}
        self.delta = datetime.timedelta()
        self.addresses = [".".join(str(self.draw.randrange(1, 255)) for _ in range(4)) for _ in range(20000)]
        self.hosts = [f"{self.draw.choice(['ws', 'srv', 'lt', 'dc'])}{n:04}.corp{n % 7}.example" for n in range(800)]
        self.accounts = [f"{self.draw.choice('abcdefghijklmnopqrstuvwxyz')}.{self.draw.getrandbits(28):x}" for _ in range(5000)]

    def account(self):
        """Zipf: the first are met most."""
        return self.accounts[min(int(self.draw.paretovariate(0.6)), len(self.accounts)) - 1]

    def guid(self, old):
        new = f"{self.draw.getrandbits(32):08x}-{self.draw.getrandbits(16):04x}-4{self.draw.getrandbits(12):03x}-{self.draw.getrandbits(16):04x}-{self.draw.getrandbits(48):012x}"
        return new.upper() if old.upper() == old else new

    def number(self, digits):
        return f"{self.draw.getrandbits(4 * digits) % 10**digits:0{digits}}"

    def digits(self, text):
        return DIGITS.sub(lambda found: self.number(len(found[0])), text)

    def piece(self, found):
        kind, old = found.lastgroup if found.lastgroup != "decimals" else "time", found[0]
        if kind == "time":
            try:
                moved = datetime.datetime.fromisoformat(found["time"]) + self.delta
            except (ValueError, OverflowError):
                return old
            decimals = "." + self.number(len(found["decimals"]) - 1) if found["decimals"] else ""
            return moved.isoformat(sep=found["time"][10], timespec="seconds") + decimals
        if old in self.mapped:
            return self.mapped[old]
        if kind == "guid":
            new = old if old.strip("0-") == "" else self.guid(old)
        elif kind == "mail":
            new = self.account() + "@" + old.split("@", 1)[1]
        elif kind == "sid":
            new = "S-1-5-21-" + self.digits(old[9:])
        elif kind == "address":
            new = old if old.startswith(("127.", "0.")) else self.draw.choice(self.addresses)
        else:
            new = f"0x{self.draw.getrandbits(4 * (len(old) - 2)):x}"
        self.mapped[old] = new
        return new

    def text(self, name, old):
        key = (name, old)
        if key in self.mapped:
            return self.mapped[key]
        if NUMBER.search(name) and (old.isdigit() or old.startswith("0x")):
            number = self.draw.randrange(4, 65536)
            new = str(number) if old.isdigit() else hex(number)
        elif ACCOUNT.search(name) and old not in ("-", "") and "@" not in old and not PIECE.search(old):
            new = self.account()
        elif HOST.search(name) and old not in ("-", ""):
            new = self.draw.choice(self.hosts)
        else:
            new = PIECE.sub(self.piece, old)
            if new == old and len(old) > 12 and self.draw.random() < 0.7:
                new = self.digits(old)
            if PIECE.search(old) and re.match(r"\d{4}-\d\d-\d\d", old):
                return new  # times are never alike
        self.mapped[key] = new
        return new

    def value(self, name, old):
        if name in FIXED:
            return old
        if isinstance(old, dict):
            return {key: self.value(key, one) for key, one in old.items()}
        if isinstance(old, list):
            return [self.value(name, one) for one in old]
        return self.text(name, old) if isinstance(old, str) and old else old


def main():
    source, target, megabytes = sys.argv[1:]
    events = [json.loads(line) for line in open(source, encoding="utf-8", errors="replace")]
    when = {}
    for number, event in enumerate(events):
        text = next((event[name] for name in TIMES if name in event), "2021-01-01T00:00:00")
        when[number] = datetime.datetime.fromisoformat(text[:19])
    varied, made, day, at, record = Varied(), 0, datetime.datetime(2020, 1, 1), 0, 1000
    with open(target, "w", encoding="utf-8") as out:
        while made < int(megabytes) << 20:
            order = []  # by time of day
            for number, then in when.items():
                of_day = datetime.timedelta(hours=then.hour, minutes=then.minute, seconds=then.second + varied.draw.randrange(-120, 121))
                order.append((max(of_day, datetime.timedelta()), number))
            order.sort()
            for of_day, number in order:
                if at % WINDOW == 0:
                    varied.mapped.clear()
                at += 1
                varied.delta = day + of_day - when[number]
                event = varied.value("", events[number])
                if "EventRecordID" in event:
                    record += 1
                    event["EventRecordID"] = str(record)
                if "Id" in event:
                    event["Id"] = varied.guid("a")
                line = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
                made += out.write(line + "\n")
                if made >= int(megabytes) << 20:
                    break
            day += datetime.timedelta(days=1)
    print(at)


if __name__ == "__main__":
    main()
