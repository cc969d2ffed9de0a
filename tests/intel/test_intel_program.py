#!/usr/bin/env python3
"""test_intel_program: `longwatch intel` as a user runs it: files, folders and addresses into a store, what is asked of it, reviews on a
terminal, and what it says when something is wrong."""

import contextlib
import gzip
import io
import json
import os
import pathlib
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import https  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("LONGWATCH_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared"))


def indicator(number, pattern, **more):
    return {
        "type": "indicator", "spec_version": "2.1", "id": f"indicator--00000000-0000-4000-8000-{number:012}",
        "created": "2021-01-01T00:00:00.000Z", "modified": "2021-01-02T00:00:00.000Z", "pattern_type": "stix",
        "valid_from": "2021-01-01T00:00:00Z", "pattern": pattern, **more,
    }  # fmt: skip


def bundle(*objects):
    return json.dumps({"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000", "objects": objects}).encode()


def addresses(*values):
    return bundle(*(indicator(int(v.split(".")[-1]), f"[ipv4-addr:value = '{v}']") for v in values))


WARNINGLIST = json.dumps(
    {"name": "Resolvers", "description": "d", "version": 1, "type": "cidr", "matching_attributes": ["ip-src", "ip-dst"],
     "list": ["198.51.100.0/24"]}
).encode()  # fmt: skip
SIGMA = b"title: x\nlogsource:\n  product: a\ndetection:\n  s:\n    a: b\n  condition: s\n"
PROSE = (
    b"Advisory on an intrusion\n\nThe actor used the domain update-check-node[.]net as command and control, and the\n"
    b"address 30[.]71[.]8[.]77 to send mail. A second server was reached at 30[.]71[.]8[.]78 during April.\n"
)


class Place:
    """A folder, a store in it, and the program."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.environment = dict(os.environ, LONGWATCH_DATA=str(self.folder / "data"), TZ="UTC", LC_ALL="C.UTF-8")
        for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "SSL_CERT_FILE"):
            self.environment.pop(name, None)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def run(self, *words, status=0):
        ran = subprocess.run([BINARY, "intel", *map(str, words)], env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=False)  # fmt: skip
        assert ran.returncode == status, (words, ran.returncode, ran.stdout, ran.stderr)
        return ran.stdout + ran.stderr

    def json(self, *words, status=0):
        return [json.loads(line) for line in self.run(*words, "--json", status=status).splitlines()]

    def values(self, *words):
        return [item["canonical"] for item in self.json("list", *words)]

    @property
    def set(self):
        return (self.folder / "data/intel/set.intel").read_bytes()


# ---- files ----


def what_is_added_is_told_and_found(place):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("deep/a.json", addresses("192.0.2.3"))
        packed.writestr("rule.yml", SIGMA)
    place.write("in/plain.json", addresses("192.0.2.1", "192.0.2.2"))
    place.write("in/packed.zip", archive.getvalue())
    place.write("in/again.gz", gzip.compress(addresses("192.0.2.1", "192.0.2.2")))
    place.write("in/list.json", WARNINGLIST)
    place.write("in/nothing", b"")
    place.write("in/unknown.bin", bytes(range(1, 200)))
    told = {t["name"]: t for t in place.json("add", "in", status=3)}
    assert {name: t["status"] for name, t in told.items()} == {
        "in/again.gz!again": "added", "in/list.json": "added", "in/nothing": "empty", "in/packed.zip!deep/a.json": "added",
        "in/packed.zip!rule.yml": "added", "in/plain.json": "twice", "in/unknown.bin": "not read",
    }, told  # fmt: skip
    assert told["in/again.gz!again"]["items"] == 2 and told["in/list.json"]["labels"] == 1
    assert sorted(place.values()) == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert place.run("list", "--limit", "1").count("192.0.2.") == 1
    total = place.json("stats")[-1]["total"]
    assert total["items"] == {"address": 3} and total["labels"] == 1 and total["sources"] == 4, total


def the_same_again_is_the_same(place):
    path = place.write("a.json", addresses("192.0.2.1"))
    place.run("add", path)
    before = place.set
    assert "the store has it already" in place.run("add", "a.json")
    assert place.set == before
    path.write_bytes(addresses("192.0.2.2"))
    assert "history" in place.run("add", path)
    assert place.values() == ["192.0.2.2"] and place.values("--history") == ["192.0.2.2", "192.0.2.1"]
    path.write_bytes(addresses("192.0.2.1"))
    place.run("add", path)
    assert place.set == before, "the same content, another set"


def a_broken_archive_makes_nothing_history(place):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.json", addresses("192.0.2.1"))
        packed.writestr("b.json", addresses("192.0.2.2"))
    path = place.write("feed.zip", archive.getvalue())
    place.run("add", path)
    path.write_bytes(archive.getvalue()[:200])
    place.run("add", path, status=3)
    assert sorted(place.values()) == ["192.0.2.1", "192.0.2.2"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("b.json", addresses("192.0.2.2"))
    path.write_bytes(archive.getvalue())
    place.run("add", path)
    assert place.values() == ["192.0.2.2"]


def what_the_user_says_holds(place):
    windowless = indicator(2, "[ipv4-addr:value = '192.0.2.2']")
    del windowless["valid_from"]
    place.write("a.json", bundle(indicator(1, "[ipv4-addr:value = '192.0.2.1']"), windowless))
    place.run("add", "a.json", "--tlp", "amber", "--pap", "red", "--group", "APT31", "--confidence", "0", "--origin", "R-1",
              "--valid-until", "2022-01-01")  # fmt: skip
    item, other = place.json("list")
    assert item["tlp"] == "TLP:AMBER" and item["pap"] == "PAP:RED" and item["groups"] == ["APT31"] and item["confidence"] == 0
    assert item["valid_from"] == "2021-01-01T00:00:00Z" and item["valid_until"] is None, "it has a window of its own"
    assert other["valid_from"] is None and other["valid_until"] == "2022-01-01T00:00:00Z", other
    assert "R-1" in item["origins"], item
    assert place.values("--group", "apt31") == ["192.0.2.1", "192.0.2.2"] and place.values("--group", "APT40") == []
    place.run("add", "a.json", "--tlp", "green")
    item = place.json("list")[0]
    assert item["tlp"] == "TLP:GREEN" and item["groups"] == [], item


def wrong_words(place):
    path = place.write("a.json", addresses("192.0.2.1"))
    cases = [
        (["add"], "which intelligence?"),
        (["add", "absent.json"], "absent.json is not there"),
        (["add", path, "--tlp", "purple"], "--tlp takes clear, green"),
        (["add", path, "--confidence", "101"], "from 0 to 100"),
        (["add", path, "--as", "stixx"], "did you mean 'stix'?"),
        (["add", path, "--valid-from", "2022-01-01", "--valid-until", "2021-01-01"], "no time is both"),
        (["add", "http://feed.example/a"], "only https is fetched"),
        (["add", "ftp://feed.example/a"], "only https is fetched"),
        (["add", "https://user:secret@feed.example/a"], "with a name or password"),
        (["add", "https://"], "no address that begins with https://"),
        (["list"], "there is no store of intelligence"),
        (["show", "192.0.2.1"], "there is no store of intelligence"),
        (["review"], "there is no store of intelligence"),
        (["stats"], "there is no store of intelligence"),
        (["remove", "1"], "there is no store of intelligence"),
    ]
    for words, said in cases:
        told = place.run(*words, status=2)
        assert said in told and "secret" not in told, (words, told)
    place.run("add", path)
    cases = [
        (["list", "--type", "adress"], "did you mean 'address'?"),
        (["list", "--source", "nobody"], "no source"),
        (["remove", "99"], "no source"),
        (["review", "--accept", "all"], "name it with --source"),
        (["review", "--accept", "x"], "the number of an item"),
        (["review", "--accept", "1"], "there is no proposed item 1"),
        (["show", ""], "which value?"),
    ]
    for words, said in cases:
        told = place.run(*words, status=2)
        assert said in told, (words, told)


def strict_adds_all_or_nothing(place):
    place.write("in/a.json", addresses("192.0.2.1"))
    place.write("in/b.json", b'{"type":"bundle","id":"bundle--0","objects":[{"type":')
    assert "b.json" in place.run("add", "in", "--strict", status=3)
    assert place.values() == []
    place.run("add", "in", status=3)
    assert place.values() == ["192.0.2.1"]


# ---- asking ----


def a_value_is_found_however_it_is_written(place):
    place.write("a.json", bundle(
        indicator(1, "[ipv4-addr:value = '198.51.100.7']"), indicator(2, "[domain-name:value = 'evil.example']"),
        indicator(3, "[url:value = 'https://login.evil.example/a?b=1']"),
        indicator(4, "[file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E']"), indicator(5, "[ipv4-addr:value = '203.0.113.0/24']"),
        indicator(6, "[email-addr:value = 'Eve@Evil.Example']"),
        indicator(7, "[file:name = 'a.exe' AND network-traffic:dst_port = 1]"),
    ))  # fmt: skip
    place.write("l.json", WARNINGLIST)
    place.run("add", "a.json", "l.json")

    def shown(value):
        return [(t.get("how", "label"), t.get("canonical", t.get("label"))) for t in place.json("show", value, status=1)]

    address = [("exactly", "198.51.100.7"), ("label", "Resolvers")]
    assert shown("198.51.100.7") == address and shown("198[.]51[.]100[.]7") == address
    assert ("exactly", "198.51.100.7") in shown("198.51.100.7:443")
    assert shown("EVIL[.]example.") == [("exactly", "evil.example")]
    assert ("a domain above it", "evil.example") in shown("mail.EVIL.example")
    assert ("exactly", "login.evil.example/a?b=1") in shown("hxxps://login.evil[.]example/a?b=1")
    assert ("a domain above it", "evil.example") in shown("hxxps://login.evil[.]example/other")
    assert shown("d41d8cd98f00b204e9800998ecf8427e") == [("exactly", "d41d8cd98f00b204e9800998ecf8427e")]
    assert shown("203.0.113.200") == [("a network that holds it", "203.0.113.0/24")]
    assert ("exactly", "eve@evil.example") in shown("eve[@]evil[.]example")
    assert shown("[file:name = 'a.exe' AND network-traffic:dst_port = 1]")[0][0] == "exactly"
    assert shown("198.51.100.8") == [("label", "Resolvers")]
    for nothing in ("vil.example", "192.0.2.200", "notevil.example", "example"):
        assert "nothing is known of" in place.run("show", nothing), nothing
    text = place.run("show", "198.51.100.7", status=1)
    for said in ("a.json (stix, source 1)", "created 2021-01-01", "from 2021-01-01", "1 independent witness", "on list    Resolvers"):
        assert said in text, (said, text)


def removing(place):
    place.write("a.json", addresses("192.0.2.1"))
    place.write("b.json", addresses("192.0.2.2"))
    place.run("add", "a.json", "b.json")
    assert "1 removed" in place.run("remove", "a.json")
    assert place.values() == ["192.0.2.2"] and place.values("--history") == ["192.0.2.2"]
    assert len(list((place.folder / "data/intel/files").rglob("*"))) >= 1
    kept = [p for p in (place.folder / "data/intel/files").rglob("*") if p.is_file()]
    assert [p.read_bytes() for p in kept] == [addresses("192.0.2.2")]


# ---- reviews ----


def has_advisory(place):
    said = place.run("add", place.write("x", b"x"), "--as", "nonsense-of-a-format", status=2)
    return "advisory" in said


def reviews(place):
    if not has_advisory(place):
        print("SKIP: nothing reads prose here yet")
        return
    place.write("advisory.txt", PROSE)
    place.run("add", "advisory.txt")
    open_items = {i["canonical"]: i for i in place.json("review")}
    assert set(open_items) == {"update-check-node.net", "30.71.8.77", "30.71.8.78"}, open_items
    text = place.run("review")
    for said in ("advisory.txt", "update-check", "line 3"):
        assert said in text, (said, text)
    number = {value: str(i["number"]) for value, i in open_items.items()}
    place.run("review", "--reject", number["30.71.8.78"])
    assert {i["canonical"] for i in place.json("review")} == {"update-check-node.net", "30.71.8.77"}
    assert "2 accepted" in place.run("review", "--source", "advisory.txt", "--accept", "all")
    assert place.json("review") == []
    total = place.json("stats")[-1]["total"]
    assert total["proposed"] == 0 and total["rejected"] == 1, total
    place.write("advisory.txt", PROSE + b"\nUpdate: the actor also used 30[.]71[.]8[.]79 as command and control.\n")
    place.run("add", "advisory.txt")
    assert [i["canonical"] for i in place.json("review")] == ["30.71.8.79"]
    place.run("review", "--reopen", str(next(i["number"] for i in place.json("list") if i["canonical"] == "30.71.8.78")))
    assert {i["canonical"] for i in place.json("review")} == {"30.71.8.79", "30.71.8.78"}


def typed(place, keys, *words):
    """The program on a terminal, asked and answered; what the terminal showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place.folder)
        os.execve(BINARY, [BINARY, "intel", *words], dict(place.environment, TERM="xterm"))
    shown, sent, ends = b"", 0, time.monotonic() + 60
    while time.monotonic() < ends:
        readable, _, _ = select.select([terminal], [], [], 1)
        if not readable:
            continue
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        if not more:
            break
        shown += more
        prompts = len(re.findall(rb"\[q\]uit |go back\) ", shown))
        while sent < len(keys) and sent < prompts:
            if keys[sent] is signal.SIGINT:
                os.kill(pid, signal.SIGINT)
            else:
                os.write(terminal, keys[sent] + b"\n")
            sent += 1
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode("utf-8", "replace")


def reviews_on_a_terminal(place):
    try:
        for fd in pty.openpty():
            os.close(fd)
    except OSError as error:
        print(f"SKIP: no terminals here ({error})")
        return
    place.write("advisory.json", addresses("192.0.2.1", "192.0.2.2", "192.0.2.3"))
    place.run("add", "advisory.json")
    with contextlib.closing(sqlite3.connect(place.folder / "data/intel/store.db")) as db:  # as if it had been read out of prose
        db.execute("UPDATE item SET proposed = 1, place = 'page 2, line ' || number, comment = 'the words\x1b[31m around'")
        db.commit()
    status, shown = typed(place, [b"x", b"y", b"s", b"q"], "review")
    assert status == 0 and "1 accepted, 0 rejected" in shown, shown
    for said in ("advisory.json", "192.0.2.1", "page 2, line 1", "the words\ufffd[31m around", "1 of 3:", "2 of 3:"):
        assert said in shown, (said, shown)
    assert "\x1b[31m" not in shown, "the terminal obeys an advisory"
    assert [i["canonical"] for i in place.json("review")] == ["192.0.2.2", "192.0.2.3"]
    status, shown = typed(place, [signal.SIGINT], "review")
    assert status == 0 and len(place.json("review")) == 2, (status, shown)
    status, shown = typed(place, [b"y", signal.SIGINT], "review")
    assert status == 0 and "1 accepted" in shown, "what was answered before an interrupt counts"
    status, shown = typed(place, [b"e", b"192.0.2.256", b"", b"e", b"203[.]0[.]113[.]99"], "review")
    assert status == 0 and "that is no value" in shown and "0 rejected, 1 changed" in shown, shown
    assert place.json("review") == []
    assert [t["changed_value"] for t in place.json("show", "203.0.113.99", status=1)] == ["203.0.113.99"]
    assert "nothing is waiting" in place.run("review")


# ---- addresses ----


def feeds_over_https(place):
    key, cert = https.certificate(place.folder)
    answers = https.Answers()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.json", addresses("192.0.2.9"))
    with https.server(answers, key, cert) as base, https.server(https.Answers(), *https.certificate(place.folder, "other.example")) as other:
        answers |= {
            "/feed.json": addresses("192.0.2.1"), "/zip": archive.getvalue(), "/moved": https.redirect("/feed.json"),
            "/plain": https.redirect("http://localhost:1/feed.json"), "/file": https.redirect("file:///etc/passwd"),
            "/round": https.redirect("/round"), "/broken": https.broken(addresses("192.0.2.3"), 50), "/secret": https.status(403),
            "/error": https.status(500),
        }  # fmt: skip
        failed = {
            "/feed.json": "certificate is not to be trusted",
        }
        for path, said in failed.items():
            told = place.run("add", base + path, status=3)
            assert said in told, told
        place.environment["SSL_CERT_FILE"] = str(cert)
        told = place.run("add", f"{other}/feed.json", status=3)
        assert "certificate is not to be trusted" in told, told
        failed = {
            "/none": "there is no such file (404)", "/plain": "another address that is not https",
            "/file": "another address that is not https", "/round": "without end", "/broken": "it breaks off after 50 of",
            "/secret": "does not give it to everybody (403)", "/error": "answers with error 500",
        }  # fmt: skip
        for path, said in failed.items():
            told = place.run("add", f"{base}{path}?token=hidden", status=3)
            assert said in told and "hidden" not in told, (path, told)
        assert not (place.folder / "data/intel/set.intel").exists() or place.values() == []
        told = place.run("add", f"{base}/feed.json?token=hidden")
        assert "hidden" not in told
        place.run("add", f"{base}/zip", f"{base}/moved")
        assert sorted(place.values()) == ["192.0.2.1", "192.0.2.9"]
        names = {s["name"] for s in place.json("stats") if "name" in s}
        assert f"{base}/zip!a.json" in names, names
        for path in (place.folder / "data").rglob("*"):
            assert path.is_dir() or b"hidden" not in path.read_bytes(), path
        # The feed moves on; another token is another feed, which still has what the first had.
        answers["/feed.json"] = addresses("192.0.2.2")
        place.run("add", f"{base}/moved")
        place.run("add", f"{base}/feed.json?token=hidden")
        assert sorted(place.values()) == ["192.0.2.2", "192.0.2.9"]
        agent = {headers.get("User-Agent", "") for _, _, headers in answers.asked}
        assert all(a.startswith("longwatch/") for a in agent), agent
    told = place.run("add", f"{base}/feed.json", status=3)
    assert "is this machine offline?" in told, told
    told = place.run("add", "https://nobody.invalid/feed.json", status=3)
    assert "is this machine offline?" in told, told


# ---- the shared data ----


def advisories_in_pdf(place):
    if not os.access(os.environ.get("LONGWATCH_PDFTOTEXT", "/usr/bin/pdftotext"), os.X_OK):
        print("SKIP: no pdftotext here")
        return
    pdf = SOURCE / "tests/intel/advisories/joint-report.pdf"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a/report.bin", pdf.read_bytes())
    place.write("mail.zip", archive.getvalue())
    told = place.json("add", "mail.zip")
    assert told[0]["format"] == "advisory" and told[0]["proposed"] == told[0]["items"] > 5, told
    items = place.json("review")
    assert all(item["where"].startswith("page ") for item in items), items
    assert "30.44.9.17" in {item["canonical"] for item in items}
    kept = [p for p in (place.folder / "data/intel/files").rglob("*") if p.is_file()]
    assert [p.read_bytes() for p in kept] == [pdf.read_bytes()], "the PDF is kept, not its text"
    place.write("broken.pdf", pdf.read_bytes()[:300])
    told = place.json("add", "broken.pdf", status=3)
    assert told[0]["why"], told


def public_sets(place):
    folder = SHARED / "data/intel"
    if not folder.is_dir():
        print("SKIP: no public indicators here")
        return
    told = place.json("add", folder / "apt31-sekoia-2021-11-10.stix2.jsonl", folder / "misp-events", SHARED / "data/warninglists", status=3)
    by_status = {t.get("name"): t["status"] for t in told}
    assert by_status.pop("warninglists/schema.json") == "not read" and by_status.pop("warninglists/SOURCE.md") in ("not read", "added")
    assert by_status["apt31-sekoia-2021-11-10.stix2.jsonl"] == "added"
    for source in told:
        assert sum(source.get("reasons", {}).values()) == source.get("left_out", 0), source
    assert sum(1 for source in told if source.get("left_out")) > 3, "reasons were compared"
    total = place.json("stats")[-1]["total"]
    assert total["labels"] > 300000 and total["label_lists"] == sum(1 for t in told if t.get("label_lists")), total
    labels = [t["label"] for t in place.json("show", "8.8.8.8", status=1) if "label" in t]
    assert any("DNS" in label for label in labels), labels


CASES = (what_is_added_is_told_and_found, the_same_again_is_the_same, a_broken_archive_makes_nothing_history, what_the_user_says_holds,
         wrong_words, strict_adds_all_or_nothing, a_value_is_found_however_it_is_written, removing, reviews, reviews_on_a_terminal,
         feeds_over_https, advisories_in_pdf, public_sets)  # fmt: skip


def main(names):
    failed = 0
    chosen = [case for case in CASES if not names or case.__name__ in names]
    for case in chosen:
        with tempfile.TemporaryDirectory() as folder:
            try:
                case(Place(folder))
            except AssertionError as error:
                failed += 1
                print(f"{case.__name__}: line {error.__traceback__.tb_next.tb_lineno}: {error}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
