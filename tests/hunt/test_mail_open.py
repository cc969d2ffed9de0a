#!/usr/bin/env python3
"""test_mail_open: an exercise whose truth its generator knows: who of sixty people opened which of two campaigns' mails, through a
proxy, a tunnel, Zeek, names of DNS, behind a gateway and an image proxy, and what happened on their accounts afterwards.

The campaigns are made of messages that say campaign and token by themselves: what is tested is the join. All is made up: names of
RFC 2606, addresses of RFC 5737 and RFC 1918.
"""

import datetime
import hashlib
import json
import os
import pathlib
import random
import subprocess
import tempfile

from evidence import SOURCE, run

DRIVER = pathlib.Path(os.environ.get("LONGWATCH_BUILD", SOURCE / "build")).resolve() / "tests/hunt_test_mail_job"
START = datetime.datetime(2021, 1, 24, 8, 0, 0)
PEOPLE = [f"member{number:02}@parliament.example" for number in range(60)]
HOSTS = {1: "img.news-tracker.example", 2: "cdn.journal.example"}
KIND = """kind: mail/message
when: {message_id: {present: true}, campaign: {present: true}}
time: date
collect: [campaign, recipient, url, token]
roles: {account: from}
logsources: [{product: test, service: mail}]
"""
GATEWAY, HOUSE, PROXY_AGENT = "10.1.1.9", "10.1.1.1", "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"
BROWSERS = ["Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/87.0.4280", "Mozilla/5.0 (Macintosh) Safari/604.1", "Microsoft Outlook 16.0"]


class World:
    """Evidence, and what is true of it."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.mail, self.squid, self.zeek, self.dns, self.ssl, self.audit = [], [], [], [], [], []
        self.truth = {}  # (campaign, recipient): state, when, how, from
        self.followed = {}  # recipient: what, in order of time
        self.somebody = {1: [], 2: []}

    def token(self, campaign, person):
        return hashlib.sha256(f"{campaign} {person}".encode()).hexdigest()[:24]

    def url(self, campaign, person, html=False):
        ampersand = "&amp;" if html else "&"
        return f"http://{HOSTS[campaign]}/open.gif?u={self.token(campaign, person)}{ampersand}c={campaign}"

    def fetch_squid(self, when, address, url, agent, user="-"):
        stamp = when.replace(tzinfo=datetime.timezone.utc).timestamp()
        self.squid.append((when, f'{stamp:.3f}    104 {address} TCP_MISS/200 512 GET {url} {user} HIER_DIRECT/203.0.113.5 image/gif "-" "{agent}"'))

    def tunnel(self, when, address, host, user="-"):
        stamp = when.replace(tzinfo=datetime.timezone.utc).timestamp()
        self.squid.append((when, f'{stamp:.3f}    104 {address} TCP_TUNNEL/200 512 CONNECT {host}:443 {user} HIER_DIRECT/203.0.113.5 - "-" "-"'))

    def record(self, to, path, when, address, **more):
        stamp = when.replace(tzinfo=datetime.timezone.utc).timestamp()
        to.append((when, json.dumps({"_path": path, "ts": round(stamp, 3), "uid": f"C{len(to)}{path}", "id.orig_h": address, "id.orig_p": 50000 + len(to) % 9999,
                                     "id.resp_h": "203.0.113.5", "id.resp_p": 80, **more})))

    def fetch_zeek(self, when, address, url, agent):
        host, _, path = url.removeprefix("http://").partition("/")
        self.record(self.zeek, "http", when, address, method="GET", host=host.upper(), uri="/" + path, user_agent=agent, status_code=200)

    def office(self, operation, when, user, address="192.0.2.10", workload="AzureActiveDirectory", **more):
        number = len(self.audit)
        self.audit.append((when, json.dumps({"CreationTime": when.isoformat(), "Id": f"{number:08}-0000-4000-8000-000000000000", "Operation": operation, "RecordType": 15,
                                             "UserType": 0, "Version": 1, "Workload": workload, "UserId": user, "ClientIP": address, "ResultStatus": "Success", **more})))

    def write(self, folder):
        (folder / "in/logs").mkdir(parents=True)
        (folder / "kinds").mkdir()
        (folder / "kinds/mail.yml").write_text(KIND, encoding="utf-8")
        for name, lines in (("mail.jsonl", self.mail), ("logs/access.log", self.squid), ("logs/http.log", self.zeek), ("logs/dns.log", self.dns), ("logs/ssl.log", self.ssl),
                            ("logs/audit.jsonl", self.audit)):
            lines = [line for _, line in sorted(lines, key=lambda pair: pair[0])]
            (folder / "in" / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def sent(world):
    """Both campaigns to everybody, a second between two mails. Their gateway looks at every mail of the first within 20 seconds."""
    for campaign, day in ((1, 0), (2, 3)):
        for number, person in enumerate(PEOPLE):
            when = START + datetime.timedelta(days=day, seconds=number)
            world.mail.append((when, json.dumps({"message_id": f"{campaign}.{number}@x.example", "from": "news@x.example", "campaign": campaign, "date": when.isoformat() + "Z",
                                                 "recipient": person, "url": world.url(campaign, person, html=True), "token": world.token(campaign, person)})))
            world.truth[campaign, person] = ("prefetched", None, None, None) if campaign == 1 else ("somebody", None, None, None)
            if campaign == 1:
                world.fetch_squid(when + datetime.timedelta(seconds=world.random.randint(2, 20)), GATEWAY, world.url(campaign, person), "Scanner/1.0")


def noise(world):
    """Two months of a house behind one address: other hosts, other addresses of the same hosts, and names like them."""
    for number in range(3000):
        when = START - datetime.timedelta(days=20) + datetime.timedelta(minutes=number * 40)
        host = world.random.choice(["www.example.com", "img.news-tracker.example.net", "xcdn.journal.example", HOSTS[1], HOSTS[2]])
        path = world.random.choice(["/", "/logo.png", "/open.gif", "/open.gif?u=0123456789abcdef01234567&c=1"])
        agent = world.random.choice(BROWSERS)
        if path == "/" and host in HOSTS.values():
            path = "/robots.txt"
        if number % 3:
            world.fetch_squid(when, HOUSE, f"http://{host}{path}", agent)
        else:
            world.fetch_zeek(when, HOUSE, f"http://{host}{path}", agent)
    for number in range(400):
        when = START - datetime.timedelta(days=20) + datetime.timedelta(hours=number * 5)
        world.record(world.dns, "dns", when, HOUSE, query="www.example.com", qtype_name="A", rcode_name="NOERROR", proto="udp", trans_id=number)
    for number in range(200):
        world.office("UserLoggedIn", START - datetime.timedelta(days=30) + datetime.timedelta(hours=number * 9), PEOPLE[number % 60], UserAgent=BROWSERS[0])


def opened(world):
    """The first 30 people open the first campaign's mail at times of their own, in ten ways; three in five ways the second's."""
    for number, person in enumerate(PEOPLE[:30]):
        when = START + datetime.timedelta(minutes=7 + 37 * number, seconds=number)
        agent, url, how, source = world.random.choice(BROWSERS), world.url(1, person), "token", HOUSE
        if number % 10 == 0:
            world.fetch_squid(when, HOUSE, url.replace("http://img", "http://IMG"), agent)
        elif number % 10 == 1:
            world.fetch_squid(when, HOUSE, url.replace(".example/", ".example:80/"), agent)
        elif number % 10 == 2:
            world.fetch_squid(when, HOUSE, url.replace("&", "&amp;"), agent)
        elif number % 10 == 3:
            world.fetch_squid(when, HOUSE, url.replace("open", "%6fpe%6E"), agent)
        elif number % 10 == 4:
            world.fetch_squid(when, HOUSE, url[:-8], agent)
            how = "part of the token"
        elif number % 10 == 5:
            world.fetch_zeek(when, HOUSE, url, agent)
        elif number % 10 == 6:
            world.fetch_zeek(when, HOUSE, url, agent)
            world.fetch_squid(when + datetime.timedelta(days=2), "10.1.2.3", url, agent)
        elif number % 10 == 7:
            source = f"10.1.3.{number}"
            world.tunnel(when, source, HOSTS[1], person.partition("@")[0])
            how = "account"
        elif number % 10 == 8:
            source = f"10.1.4.{number}"
            world.office("UserLoggedIn", when - datetime.timedelta(minutes=5), person, source, UserAgent=BROWSERS[0])
            world.record(world.ssl, "ssl", when, source, server_name=HOSTS[1], version="TLSv12", cipher="x")
            how = "address"
        else:
            world.fetch_squid(when, "203.0.113.77", url, PROXY_AGENT)  # looked at, but not by whom
            continue
        world.truth[1, person] = ("opened", when, how, source)
    # Whose an address was that day a proxy may say as well. One that was a stranger's too, who got no mail, is nobody's.
    when = START + datetime.timedelta(days=1, hours=6)
    world.tunnel(when + datetime.timedelta(hours=2), "10.1.5.1", "www.example.com", PEOPLE[45].partition("@")[0])
    world.record(world.ssl, "ssl", when, "10.1.5.1", server_name=HOSTS[1], version="TLSv12", cipher="x")
    world.truth[1, PEOPLE[45]] = ("opened", when, "address", "10.1.5.1")
    world.tunnel(when + datetime.timedelta(hours=2), "10.1.5.2", "www.example.com", PEOPLE[46].partition("@")[0])
    world.office("UserLoggedIn", when + datetime.timedelta(hours=3), "guest@elsewhere.example", "10.1.5.2", UserAgent=BROWSERS[0])
    world.record(world.ssl, "ssl", when, "10.1.5.2", server_name=HOSTS[1], version="TLSv12", cipher="x")
    world.somebody[1].append(when)
    for number, person in enumerate(PEOPLE[40:43]):
        when = START + datetime.timedelta(days=4, hours=number)
        world.fetch_squid(when, HOUSE, world.url(2, person), BROWSERS[0])
        world.truth[2, person] = ("opened", when, "token", HOUSE)
    # Somebody, of whom nothing more is known, asks for the second campaign's host.
    when = START + datetime.timedelta(days=5)
    world.record(world.dns, "dns", when, HOUSE, query=HOSTS[2], qtype_name="A", rcode_name="NOERROR", proto="udp", trans_id=9)
    world.somebody[2].append(when)


def aftermath(world):
    """On the accounts of two who opened, and on those of two who did not."""
    for person in (PEOPLE[0], PEOPLE[50]):
        day = START + datetime.timedelta(days=10)
        world.office("UserLoggedIn", day, person, "198.51.100.23", UserAgent="python-requests/2.25")
        world.office("UserLoginFailed", day, person, "198.51.100.99", UserAgent="curl/7", LogonError="InvalidUserNameOrPassword", ErrorNumber="50126")
        world.office("New-InboxRule", day + datetime.timedelta(hours=1), person, "198.51.100.23", "Exchange",
                     Parameters=[{"Name": "ForwardTo", "Value": "x@mail.example"}, {"Name": "Name", "Value": "News"}], UserAgent="python-requests/2.25")
        world.office("Reset user password.", day + datetime.timedelta(hours=2), "admin@parliament.example", "192.0.2.10", ObjectId=person)
        world.office("UserLoggedIn", START + datetime.timedelta(days=95), person, "203.0.113.200", UserAgent=BROWSERS[0])
    world.followed[PEOPLE[0]] = ["new network", "new program", "forwarding", "password reset"]


def driven(folder, workers=2):
    done = subprocess.run([DRIVER, "--run", "in", "kinds", str(SOURCE / "data/rules"), str(workers)], cwd=folder, capture_output=True, check=True, timeout=200)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.stdout, {(line["campaign"], line["recipient"]): line for line in lines if "recipient" in line}, [line for line in lines if "recipient" not in line]


def made(folder, seed=7):
    world = World(seed)
    sent(world)
    noise(world)
    opened(world)
    aftermath(world)
    world.write(folder)
    return world


def who_opened_what():
    """Every recipient of both campaigns, to the second; nobody is laid a gateway's fetch, or a stranger's, or a neighbour's."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        world = made(folder)
        _, answers, others = driven(folder)
        assert set(answers) == set(world.truth), len(answers)
        wrong = []
        for key, (state, when, how, source) in world.truth.items():
            answer = answers[key]
            want = {"state": state}
            if state == "opened":
                want |= {"when": when.isoformat() + "Z", "how": how, "from": source}
            got = {name: answer.get(name) for name in want}
            if got != want:
                wrong.append((key, want, answer))
        assert not wrong, f"{len(wrong)} wrong, such as {wrong[0]}"
        counts = {state: sum(answer["state"] == state for answer in answers.values()) for state in ("opened", "prefetched", "somebody")}
        assert counts == {"opened": 27 + 1 + 3, "prefetched": 32, "somebody": 57}, counts
        assert answers[1, PEOPLE[6]]["fetches"] == 2 and answers[1, PEOPLE[6]]["gateways"] == 1
        assert answers[1, PEOPLE[9]]["gateways"] == 2
        # Where the fetch is said to stand, it stands.
        for (_, person), answer in answers.items():
            if answer["state"] == "opened" and answer["how"] == "token" and answer["path"].endswith("access.log"):
                data = (folder / answer["path"]).read_bytes()
                line = data[answer["offset"]:].split(b"\n")[0].decode()
                assert answer["sha256"] == hashlib.sha256(data).hexdigest()
                assert any(world.token(campaign, person) in line for campaign in (1, 2)), line
        assert others == [{"campaign": 1, "somebody": 1, "first": "2021-01-25T14:00:00Z", "last": "2021-01-25T14:00:00Z"},
                          {"campaign": 2, "somebody": 1, "first": "2021-01-29T08:00:00Z", "last": "2021-01-29T08:00:00Z"}], others


def what_followed():
    """A new network and program, a forwarding rule, a password reset by somebody else; not what failed, nor what came too late."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        world = made(folder)
        _, answers, _ = driven(folder)
        for (campaign, person), answer in answers.items():
            followed = [one["what"] for one in answer["followed"]]
            want = world.followed.get(person, []) if answer["state"] == "opened" and campaign == 1 else []
            assert followed == want, (campaign, person, answer)
        first = answers[1, PEOPLE[0]]["followed"][0]
        assert first["detail"] == "198.51.100.0/24" and first["known_days"] == 40, first  # 30 days before, 10 after


def without_logs_nothing_is_said():
    """No log of the web: nobody is called unopened. Logs that end before: the same. With logs and no fetch: told by which."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        world = World(1)
        sent(world)
        world.squid = []
        world.write(folder)
        _, answers, _ = driven(folder)
        assert {answer["state"] for answer in answers.values()} == {"not covered"}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        world = World(1)
        sent(world)
        world.squid = []
        for day in (-1, 0, 1, 2):
            world.fetch_squid(START + datetime.timedelta(days=day, hours=1), HOUSE, "http://www.example.com/", "x")
        world.write(folder)
        _, answers, _ = driven(folder)
        assert {answers[1, person]["state"] for person in PEOPLE} == {"not fetched"}
        assert {answers[1, person]["covered_by"] for person in PEOPLE} == {"proxy/squid"}
        assert {answers[2, person]["state"] for person in PEOPLE} == {"not covered"}


def any_number_of_workers():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made(folder, seed=11)
        one = driven(folder, 1)[0]
        assert one and one == driven(folder, 2)[0] == driven(folder, 5)[0]


if __name__ == "__main__":
    run([who_opened_what, what_followed, without_logs_nothing_is_said, any_number_of_workers])
