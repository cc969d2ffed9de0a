#!/usr/bin/env python3
"""test_update: `longwatch update` against a server of this machine and against files: what is fetched is checked and put in its place;
whatever is wrong, what was there stays."""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "intel"))
import https  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("LONGWATCH_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared"))

SOURCES = """
sigma:
  title: rules
  licence: own
  release: {base}/releases/latest
  asset: rules.zip
  url: {base}/download/{{version}}/rules.zip
  largest: 1000000
  least: 3
attack:
  title: groups
  licence: own
  url: {base}/attack.json
  largest: 1000000
  least: 2
warninglists:
  title: lists
  licence: own
  url: {base}/lists.zip
  largest: 1000000
  least: 2
"""


def rule(number, value="x"):
    return (f"title: t{number}\nid: 00000000-0000-4000-8000-{number:012}\nlevel: low\nlogsource:\n  product: a\ndetection:\n"
            f"  s:\n    a: {value}\n  condition: s\n").encode()


def packed(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def rules(count, value="x", **more):
    return packed({f"rules/windows/r{i}.yml": rule(i, value) for i in range(count)} | more)


def release(version, content, digest=None):
    digest = digest or "sha256:" + hashlib.sha256(content).hexdigest()
    return json.dumps({"tag_name": version, "assets": [{"name": "other.zip", "digest": "sha256:" + "0" * 64},
                                                       {"name": "rules.zip", "digest": digest}]}).encode()  # fmt: skip


def groups(count, version="18.1"):
    objects = [{"type": "x-mitre-collection", "id": "x-mitre-collection--1f5f1533-f617-4ca8-9ab4-6a02367fa019", "x_mitre_version": version}]
    objects += [
        {"type": "intrusion-set", "id": f"intrusion-set--00000000-0000-4000-8000-{i:012}", "created": "2021-01-01T00:00:00.000Z",
         "modified": "2021-01-01T00:00:00.000Z", "name": f"Group {i}", "aliases": [f"Group {i}", f"Other {i}"],
         "external_references": [{"source_name": "mitre-attack", "external_id": f"G{i:04}"}]}
        for i in range(1, count + 1)
    ]  # fmt: skip
    return json.dumps({"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000", "spec_version": "2.0", "objects": objects}).encode()


def warninglist(name, *entries):
    return json.dumps({"name": name, "description": "d", "version": 1, "type": "cidr", "matching_attributes": ["ip-src", "ip-dst"],
                       "list": entries}).encode()  # fmt: skip


def lists(count):
    return packed({f"lists-main/lists/l{i}/list.json": warninglist(f"list {i}", f"10.{i}.0.0/16") for i in range(count)}
                  | {"lists-main/README.md": b"# Lists\n\nSee https://lists.example/ and 192.0.2.1.\n", "lists-main/schema.json": b'{"a": 1}'})  # fmt: skip


class Place:
    def __init__(self, folder, base="https://localhost:1", cert=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.sources = self.folder / "update.yml"
        self.sources.write_text(SOURCES.format(base=base), encoding="utf-8")
        self.environment = dict(os.environ, LONGWATCH_DATA=str(self.data), LC_ALL="C.UTF-8")
        for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "SSL_CERT_FILE"):
            self.environment.pop(name, None)
        if cert:
            self.environment["SSL_CERT_FILE"] = str(cert)

    def run(self, *words, status=0, sources=True):
        words = [*map(str, words), *(["--sources", str(self.sources)] if sources else [])]
        ran = subprocess.run([BINARY, "update", *words], env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=False)  # fmt: skip
        assert ran.returncode == status, (words, ran.returncode, ran.stdout, ran.stderr)
        assert not list(self.data.glob("*.part-*")), "a folder that was not finished is left"
        return ran.stdout + ran.stderr

    def note(self, name):
        return json.loads((self.data / name / "update.json").read_text(encoding="utf-8"))

    def tree(self, name):
        return {str(p.relative_to(self.data / name)): p.read_bytes() for p in (self.data / name).rglob("*") if p.is_file()}

    def show(self, value):
        ran = subprocess.run([BINARY, "intel", "show", "--json", value], env=self.environment, capture_output=True, text=True, check=False)
        return [json.loads(line) for line in ran.stdout.splitlines()]


class Served(Place):
    """With a server that has all three."""

    def __init__(self, folder, base, cert, answers):
        super().__init__(folder, base, cert)
        self.answers, self.base = answers, base
        self.rules = rules(5)
        answers |= {"/releases/latest": release("r2021-01-01", self.rules), "/download/r2021-01-01/rules.zip": self.rules,
                    "/attack.json": groups(4), "/lists.zip": lists(4)}  # fmt: skip

    def offer_rules(self, version, content, digest=None):
        self.answers |= {"/releases/latest": release(version, content, digest), f"/download/{version}/rules.zip": content}


# ---- from a server ----


def all_three(place):
    told = place.run()
    assert "sigma         r2021-01-01: 5 rules" in told and "4 groups" in told and "4 warninglists" in told, told
    assert set(place.tree("sigma")) == {"update.json"} | {f"rules/windows/r{i}.yml" for i in range(5)}
    assert place.tree("sigma")["rules/windows/r3.yml"] == rule(3)
    assert set(place.tree("attack")) == {"update.json", "enterprise-attack.json"}
    assert set(place.tree("warninglists")) == {"update.json"} | {f"lists-main/lists/l{i}/list.json" for i in range(4)}
    note = place.note("sigma")
    assert note["version"] == "r2021-01-01" and note["sha256"] == hashlib.sha256(place.rules).hexdigest() and note["count"] == 5
    assert place.note("attack")["version"] == "18.1" and place.note("attack")["count"] == 4
    assert [t["label"] for t in place.show("10.2.0.1")] == ["list 2"]
    checked = subprocess.run([BINARY, "rules", "check", place.data / "sigma"], capture_output=True, text=True, check=False)
    assert checked.stdout.endswith("5 loaded, 0 failed, 0 with warnings, 5 without a log source Longwatch reads\n"), checked.stdout
    before = {name: place.tree(name) for name in ("sigma", "attack", "warninglists")}
    asked = len(place.answers.asked)
    told = place.run()
    assert told.count("the newest is there") == 3, told
    assert all(method == "HEAD" or path == "/releases/latest" for method, path, _ in place.answers.asked[asked:]), "fetched for nothing"
    assert {name: place.tree(name) for name in before} == before


def a_newer_one_takes_its_place(place):
    place.run()
    place.offer_rules("r2021-02-02", rules(4, "y"))
    place.answers["/lists.zip"] = packed({"x/list.json": warninglist("new", "172.16.0.0/12"), "y/list.json": warninglist("too", "192.168.0.0/16")})
    told = place.run("--check", status=1)
    assert "something newer is offered: r2021-02-02" in told and "the newest is there: 18.1: 4 groups" in told, told
    assert place.note("sigma")["version"] == "r2021-01-01", "--check changes nothing"
    told = place.run("sigma", "warninglists")
    assert "r2021-02-02: 4 rules" in told and "before r2021-01-01: 5 rules" in told, told
    assert set(place.tree("sigma")) == {"update.json"} | {f"rules/windows/r{i}.yml" for i in range(4)}
    assert place.tree("sigma")["rules/windows/r0.yml"] == rule(0, "y")
    assert place.show("10.2.0.1") == [] and [t["label"] for t in place.show("172.16.9.9")] == ["new"]
    told = [json.loads(line) for line in place.run("--json").splitlines()]
    assert [t["status"] for t in told] == ["newest"] * 3, told


def whatever_is_wrong_what_was_there_stays(place):
    place.run()
    before = {name: place.tree(name) for name in ("sigma", "attack", "warninglists")}
    good = rules(5, "z")
    elsewhere = f"http://localhost:{place.base.rsplit(':', 1)[1]}/x"
    broken_rules = packed({f"r{i}.yml": rule(i).replace(b"condition: s", b"condition: (") for i in range(5)})
    zip_cut = good[: len(good) // 2]
    flipped = bytearray(packed({f"r{i}.yml": rule(i) + b"# " + bytes(range(97, 123)) * 20 for i in range(5)}))
    flipped[len(flipped) // 4] ^= 0x55
    cases = [
        ("a digest that differs", "sigma", {"/releases/latest": release("r2", good, "sha256:" + "1" * 64), "/download/r2/rules.zip": good},
         "and not the 1111111111111111... that its publisher says"),
        ("no release", "sigma", {"/releases/latest": b"<html>not found</html>"}, "no JSON"),
        ("a release without a name", "sigma", {"/releases/latest": b"{}"}, "what it is called"),
        ("a name that leads elsewhere", "sigma", {"/releases/latest": release("../../etc", good)}, "is no name of a release"),
        ("404", "sigma", {"/releases/latest": release("r3", good)}, "there is no such file (404)"),
        ("truncated on its way", "sigma", {"/releases/latest": release("r4", good), "/download/r4/rules.zip": https.broken(good, 300)},
         "it breaks off after 300 of"),
        ("truncated at its place", "sigma", {"/releases/latest": release("r5", zip_cut), "/download/r5/rules.zip": zip_cut}, "archive"),
        ("damaged within", "sigma", {"/releases/latest": release("r6", bytes(flipped)), "/download/r6/rules.zip": bytes(flipped)}, ": "),
        ("no archive", "sigma", {"/releases/latest": release("r7", rule(1)), "/download/r7/rules.zip": rule(1)}, "an archive of many"),
        ("a page instead", "sigma", {"/releases/latest": release("r8", b"<html>"), "/download/r8/rules.zip": b"<html>"}, "it holds 0 rules"),
        ("too few", "sigma", {"/releases/latest": release("r9", rules(2)), "/download/r9/rules.zip": rules(2)}, "should hold 3 at least"),
        ("rules that are none", "sigma", {"/releases/latest": release("r10", broken_rules), "/download/r10/rules.zip": broken_rules},
         "it holds 0 rules"),
        ("too large, and it says so", "attack", {"/attack.json": b" " * 1000001}, "larger than the 1000000 bytes"),
        ("too large, and it does not say so", "attack", {"/attack.json": https.endless}, "larger than the 1000000 bytes"),
        ("an empty bundle", "attack", {"/attack.json": json.dumps({"type": "bundle", "objects": []}).encode()},
         "it holds 0 groups"),
        ("another format", "attack", {"/attack.json": warninglist("x", "10.0.0.0/8")}, "it holds 0 groups"),
        ("JSON that ends early", "attack", {"/attack.json": groups(4)[:-60]}, ""),
        ("to http", "warninglists", {"/lists.zip": https.redirect(elsewhere)}, "another address that is not https"),
        ("the server is ill", "warninglists", {"/lists.zip": https.status(503)}, "answers with error 503"),
        ("lists of something else", "warninglists", {"/lists.zip": rules(5)}, "it holds 0 warninglists"),
    ]  # fmt: skip
    for name, what, answers, said in cases:
        saved = dict(place.answers)
        place.answers |= answers
        told = place.run(what, status=3)
        assert said in told and "not updated" in told and "what was there stays" in told, (name, told)
        assert {n: place.tree(n) for n in before} == before, name
        assert [t["label"] for t in place.show("10.2.0.1")] == ["list 2"], name
        place.answers.clear()
        place.answers |= saved


def a_set_that_shrinks(place):
    place.answers["/attack.json"] = groups(9)
    place.run("attack")
    place.answers["/attack.json"] = groups(3)
    told = place.run("attack", status=3)
    assert "it holds 3 groups, and the one before held 9: that cannot be right" in told, told
    place.answers["/attack.json"] = groups(4)
    place.run("attack")
    assert place.note("attack")["count"] == 4


def a_certificate_nobody_trusts(place):
    del place.environment["SSL_CERT_FILE"]
    told = place.run(status=3)
    assert told.count("its certificate is not to be trusted") == 3, told
    assert not (place.data / "sigma").exists()


def one_failure_does_not_stop_the_others(place):
    place.answers["/attack.json"] = https.status(500)
    told = place.run(status=3)
    assert "5 rules" in told and "error 500" in told and "4 warninglists" in told, told


# ---- from files, and without a network ----


def from_files(place):
    (place.folder / "r.zip").write_bytes(rules(3))
    (place.folder / "a.json").write_bytes(groups(2))
    (place.folder / "l.zip").write_bytes(lists(2))
    place.run("sigma", "--from", "r.zip")
    place.run("attack", "--from", "a.json")
    place.run("warninglists", "--from", "l.zip")
    assert place.note("sigma")["count"] == 3 and place.note("sigma")["version"] == ""
    assert [t["label"] for t in place.show("10.1.0.1")] == ["list 1"]
    before = place.tree("attack")
    (place.folder / "a.json").write_bytes(b"nonsense")
    assert "what was there stays" in place.run("attack", "--from", "a.json", status=3)
    assert place.tree("attack") == before


def names_in_archives_lead_nowhere(place):
    evil = packed({"../../../evil.yml": rule(1), "/abs.yml": rule(2), "a/../b.yml": rule(3), "c d/\u00e9;.yml": rule(4), "ok.yml": rule(5),
                   ".hidden.yml": rule(6), "no-ending": rule(7), "x/" * 30 + "deep.yml": rule(8)})  # fmt: skip
    (place.folder / "r.zip").write_bytes(evil)
    place.run("sigma", "--from", "r.zip")
    names = set(place.tree("sigma")) - {"update.json"}
    assert {"ok.yml", "abs.yml", "no-ending.yml"} <= names, names
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+/") and ".." not in name for name in names), names
    assert not (place.folder / "evil.yml").exists() and not pathlib.Path("/abs.yml").exists()


def offline(place):
    told = place.run("warninglists", status=3)
    assert "is this machine offline?" in told and "longwatch update warninglists --from FILE" in told, told
    assert place.run("--check", status=3).count("is this machine offline?") == 3


def wrong_words(place):
    (place.folder / "f").write_bytes(b"x")
    cases = [
        (["sigmas"], "did you mean 'sigma'?"),
        (["--from", "f"], "--from takes one thing"),
        (["sigma", "attack", "--from", "f"], "--from takes one thing"),
        (["sigma", "--from", "absent"], "absent is not there"),
        (["sigma", "--from", "f", "--check"], "one of the two"),
    ]
    for words, said in cases:
        told = place.run(*words, status=2)
        assert said in told, (words, told)
    sources = [
        ("", "line 1"),
        ("sigma: [", "line "),
        (SOURCES.format(base="http://localhost"), "https://"),
        (SOURCES.format(base="https://localhost").replace("least: 3", "least: many"), "'least' is missing"),
        (SOURCES.format(base="https://localhost").replace("asset:", "assets:"), "'assets' is no word"),
        (SOURCES.format(base="https://localhost").replace("attack:\n", "attacks:\n"), "'attack' is missing"),
    ]
    for text, said in sources:
        place.sources.write_text(text or " ", encoding="utf-8")
        told = place.run("sigma", status=2)
        assert said in told and "update.yml" in told, (text, told)
    place.run("sigma", "--sources", "absent", status=2, sources=False)


def public_data(place):
    """The real ones, as far as they are here, through the bounds that are built in."""
    if not (SHARED / "data/sigma/rules").is_dir():
        print("SKIP: no public rules here")
        return
    with zipfile.ZipFile(place.folder / "r.zip", "w") as archive:
        for path in sorted((SHARED / "data/sigma").glob("rules*/**/*.yml")):
            archive.write(path, path.relative_to(SHARED / "data/sigma"))
        count = len(archive.namelist())
    place.run("sigma", "--from", "r.zip", sources=False)
    note = place.note("sigma")
    assert note["count"] + note["refused"] >= count and note["refused"] < 20, note
    place.run("attack", "--from", SHARED / "data/attack/enterprise-attack-18.1.stix20.json.zst", sources=False)
    assert 150 <= place.note("attack")["count"] <= 187, place.note("attack")
    with zipfile.ZipFile(place.folder / "l.zip", "w") as archive:
        for path in sorted((SHARED / "data/warninglists").glob("*")):
            archive.write(path, f"misp-warninglists-main/lists/{path.name}")
    place.run("warninglists", "--from", "l.zip", sources=False)
    expected = sum(path.name != "schema.json" for path in (SHARED / "data/warninglists").glob("*.json*"))
    files = set(place.tree("warninglists")) - {"update.json"}
    assert len(files) == expected > 100, "SOURCE.md and schema.json are none, all others are"
    assert expected - 1 <= place.note("warninglists")["count"] <= expected, "one of them may be left out whole, with its reason"


SERVED = (all_three, a_newer_one_takes_its_place, whatever_is_wrong_what_was_there_stays, a_set_that_shrinks, a_certificate_nobody_trusts,
          one_failure_does_not_stop_the_others)  # fmt: skip
ALONE = (from_files, names_in_archives_lead_nowhere, offline, wrong_words, public_data)


def main(names):
    failed = 0
    chosen = [case for case in SERVED + ALONE if not names or case.__name__ in names]
    with tempfile.TemporaryDirectory() as own:
        key, cert = https.certificate(own)
        for case in chosen:
            answers = https.Answers()
            with tempfile.TemporaryDirectory() as folder, https.server(answers, key, cert) as base:
                try:
                    case(Served(folder, base, cert, answers) if case in SERVED else Place(folder))
                except AssertionError as error:
                    failed += 1
                    print(f"{case.__name__}: line {error.__traceback__.tb_next.tb_lineno}: {error}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
