#!/usr/bin/env python3
"""test_profile_shared: ATT&CK 18.1 as a bundle, read by the program, against what Python reads in the same bytes and against the research that was made of the
same release another way (groups.json): techniques, software, how many sources say so, and days. And profiles out of stores."""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ.get("LONGWATCH_BUILD", "build"))
BINARY = os.environ.get("LONGWATCH_BINARY", "build/longwatch")
SOURCE = pathlib.Path(os.environ.get("LONGWATCH_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared")) / "data"
BUNDLE = SHARED / "attack/enterprise-attack-18.1.stix20.json.zst"
GALAXIES = SHARED / "intel/misp-galaxy"
RESEARCH = SHARED / "attribution"
CHECKED = "LONGWATCH_CHECKED" in os.environ
OWN = {"DropboxAES RAT", "HanaLoader", "Jian", "NanoSlate", "SoWaT"}  # data/groups/apt31.yml


def printed(*arguments):
    done = subprocess.run([BUILD / "tests/profile_print", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def in_use(thing):
    return not thing.get("revoked") and not thing.get("x_mitre_deprecated")


def number(thing):
    return next(r["external_id"] for r in thing["external_references"] if r["source_name"] == "mitre-attack")


def key(reference):
    """By which citations are told apart; written down a second time."""
    url = re.sub(r"^https?://", "", reference.get("url", "").strip(), flags=re.I)
    return re.sub(r"^www\.", "", url, flags=re.I).rstrip("/").lower() if url else reference["source_name"].strip()


def expected(objects):
    """{group: {token: {sources}}}, {campaign number: {(group, token)}}."""
    by_id = {o["id"]: o for o in objects}
    owners = collections.defaultdict(set)
    relations = [o for o in objects if o["type"] == "relationship" and in_use(o)]
    for r in relations:
        if r["relationship_type"] == "attributed-to":
            owners[r["source_ref"]].add(r["target_ref"])
    uses, campaigns = collections.defaultdict(lambda: collections.defaultdict(set)), collections.defaultdict(set)
    for r in relations:
        who, what = by_id.get(r["source_ref"]), by_id.get(r["target_ref"])
        if r["relationship_type"] != "uses" or not in_use(who) or not in_use(what):
            continue
        if what["type"] not in ("attack-pattern", "malware", "tool"):
            continue
        for group in [r["source_ref"]] if who["type"] == "intrusion-set" else owners[r["source_ref"]]:
            if in_use(by_id[group]):
                sources = uses[number(by_id[group])][number(what)]
                sources.update(key(c) for c in r.get("external_references", []))
                if who["type"] == "campaign":
                    campaigns[number(who)].add((number(by_id[group]), number(what)))
    return uses, campaigns


def numbered(links):
    return {t: said for t, said in links.items() if re.fullmatch(r"T\d{4}(\.\d{3})?|S\d{4}", t)}


@unittest.skipUnless(BUNDLE.is_file() and RESEARCH.is_dir(), f"no {BUNDLE}; LONGWATCH_SHARED names the shared data")
class Bundle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raw = subprocess.run(["zstd", "-dcq", str(BUNDLE)], stdout=subprocess.PIPE, check=True).stdout
        cls.objects = json.loads(raw)["objects"]
        begun = time.process_time(), os.times()
        cls.told = printed(BUNDLE)
        cls.seconds = sum(os.times()[2:4]) - sum(begun[1][2:4])
        cls.release = cls.told["releases"][0]
        cls.groups = {g["id"]: g for g in cls.release["groups"]}

    def test_one_release_of_its_newest_day(self):
        newest = max(o.get("modified", o.get("created", "")) for o in self.objects)
        self.assertEqual([r["day"] for r in self.told["releases"]], [newest[:10]])
        self.assertEqual(self.release["name"], f"ATT&CK of {newest[:10]}")

    def test_every_group_with_every_source(self):
        uses, _ = expected(self.objects)
        self.assertGreater(len(uses), 150)
        self.assertEqual(set(self.groups), set(uses))
        for group, wanted in uses.items():
            links = numbered(self.groups[group]["links"])
            self.assertEqual({t: said[0] for t, said in links.items()},
                             {t: max(len(s), 1) for t, s in wanted.items()}, group)

    def test_the_research_says_the_same(self):
        """Enterprise alone: what the research has of mobile and ICS is not in this bundle. Five campaigns are kept apart there."""
        _, campaigns = expected(self.objects)
        research = {g["id"]: g for g in json.loads((RESEARCH / "groups.json").read_text())}
        named = {r["c"] for g in research.values() for r in g["rows"] if "c" in r and r["c"]}
        apart = set().union(*(campaigns[c] for c in campaigns if c not in named)) if campaigns else set()
        enterprise = {number(o) for o in self.objects if o["type"] in ("attack-pattern", "malware", "tool") and in_use(o)}
        self.assertGreater(len(enterprise), 1000)
        compared = 0
        for group, g in research.items():
            theirs = {r["t"] for r in g["rows"]} & enterprise
            ours = set(numbered(self.groups[group]["links"])) if group in self.groups else set()
            self.assertEqual(theirs - ours, set(), group)
            self.assertEqual({t for t in ours - theirs if (group, t) not in apart}, set(), group)
            compared += len(theirs)
        self.assertGreater(compared, 5000)

    def test_days_are_those_of_the_research(self):
        sources = json.loads((RESEARCH / "sources.json").read_text())
        research = {g["id"]: g for g in json.loads((RESEARCH / "groups.json").read_text())}
        same = other = 0
        for group, g in research.items():
            for row in g["rows"]:
                said = self.groups.get(group, {"links": {}})["links"].get(row["t"])
                dates = [sources[s].get("date") for s in row["s"]]
                if said is None or said[0] != len(set(row["s"])) or None in dates:
                    continue
                same += said[1] == min(dates)
                other += said[1] != min(dates)
        # The research has no day above 28, and dates a few reports by hand.
        self.assertGreater(same, 4000)
        self.assertLess(other, same / 8)

    def test_apt31(self):
        g = self.groups["G0128"]
        numbers = numbered(g["links"])
        self.assertEqual(len(numbers), 29)
        self.assertFalse([t for t in numbers if t.startswith("S")], "ATT&CK lists no software for it")
        self.assertEqual(set(g["links"]) - set(numbers), OWN)
        self.assertEqual(g["links"]["SoWaT"], [1, "2021-11-25", "2021-11-25", "imp0rtp3: SoWaT, an implant for routers"])
        self.assertEqual(g["links"]["NanoSlate"][1], "2024-12-31", "of 2024: it was there when the year was over")
        # Secureworks on its own malware; the Czech government's statement.
        self.assertEqual((g["first"], g["last"]), ("2020-07-07", "2025-05-28"))
        self.assertIn("APT31", g["aliases"])

    def test_tools_and_names(self):
        wanted = {number(o) for o in self.objects if o["type"] == "tool" and in_use(o)}
        self.assertEqual(set(self.told["tools"]), wanted)
        names = {number(o): o["name"] for o in self.objects if o["type"] in ("tool", "malware", "attack-pattern") and in_use(o)}
        self.assertEqual({t: n for t, n in self.told["names"].items() if t in names}, names)
        self.assertEqual(set(self.told["names"]) - set(names), OWN)

    def test_every_group_is_found_by_its_name(self):
        self.assertEqual([g["name"] for g in self.groups.values() if not g["found"]], [])

    def test_no_victims_without_galaxies(self):
        self.assertFalse([g["id"] for g in self.groups.values() if g["countries"] or g["sectors"] or g["nation"]])

    @unittest.skipIf(CHECKED, "the sanitized program is slower")
    def test_fast(self):
        self.assertLess(self.seconds, 2)

    def test_it_is_judged_by(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as seen:
            seen.write("S0061 T1566.001 T1059.003")  # HDoor, which is Naikon's alone
            seen.flush()
            done = subprocess.run([BINARY, "attribute", "--observed", seen.name, "--profiles", BUNDLE, "--json"],
                                  capture_output=True, check=False, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            now = json.loads(done.stdout)["now"]
            self.assertEqual(now["release"], self.release["name"])
            self.assertEqual(now["groups"][0]["id"], "G0019")


@unittest.skipUnless(BUNDLE.is_file() and GALAXIES.is_dir(), f"no {GALAXIES}; LONGWATCH_SHARED names the shared data")
class Galaxies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        for file in [BUNDLE, *GALAXIES.glob("*.json.zst")]:
            (pathlib.Path(cls.folder.name) / file.name).write_bytes(file.read_bytes())
        cls.told = printed(cls.folder.name)
        cls.groups = {g["id"]: g for g in cls.told["releases"][0]["groups"]}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_no_candidates_of_their_own(self):
        alone = {g["id"]: g for g in printed(BUNDLE)["releases"][0]["groups"]}
        self.assertEqual(len(self.told["releases"]), 1)
        self.assertEqual(set(self.groups), set(alone))
        for group, g in alone.items():
            self.assertEqual(self.groups[group]["links"], g["links"])

    def test_origin_as_others_found_it(self):
        """The research asked other galaxies; where both say something they agree."""
        research = {g["id"]: g["nation"] for g in json.loads((RESEARCH / "groups.json").read_text())}
        both = [i for i, g in self.groups.items() if g["nation"] and research.get(i)]
        self.assertGreater(len(both), 90)
        self.assertEqual([i for i in both if self.groups[i]["nation"] != research[i]], [])

    def test_victims(self):
        leviathan = self.groups["G0065"]
        cluster = next(v for v in json.loads(subprocess.run(["zstd", "-dcq", GALAXIES / "threat-actor.json.zst"], stdout=subprocess.PIPE,
                                                            check=True).stdout)["values"] if v["value"] == "APT40")
        named = {"Belgium": "BE", "Cambodia": "KH", "Germany": "DE", "Hong Kong": "HK", "Malaysia": "MY", "Norway": "NO", "Philippines": "PH",
                 "Saudi Arabia": "SA", "Switzerland": "CH", "United Kingdom": "GB", "United States": "US"}
        wanted = {named[c] for c in cluster["meta"]["cfr-suspected-victims"] if c in named}
        self.assertTrue(wanted)
        self.assertLessEqual(wanted, set(leviathan["countries"]))
        self.assertIn("MISP galaxy Threat Actor, version ", leviathan["victims_source"])
        self.assertEqual(leviathan["victims_day"], "now")
        for g in self.groups.values():
            self.assertTrue(all(re.fullmatch("[A-Z]{2}", c) for c in g["countries"]), g)
            self.assertEqual(bool(g["countries"] or g["sectors"]), bool(g["victims_source"]), g["id"])

    def test_out_of_a_store(self):
        with tempfile.TemporaryDirectory() as folder:
            store = os.path.join(folder, "intel")
            added = subprocess.run([BINARY, "intel", "add", "--store", store, self.folder.name], capture_output=True, check=False, text=True)
            self.assertEqual(added.returncode, 0, added.stderr)
            told = printed("--store", store)
            today = {g["victims_day"] for g in told["releases"][0]["groups"] if g["victims_source"]}
            self.assertEqual(len(today), 1)
            self.assertRegex(today.pop(), r"^\d{4}-\d\d-\d\d$")
            for g in told["releases"][0]["groups"]:
                wanted = dict(self.groups[g["id"]])
                wanted.pop("victims_day"), g.pop("victims_day")
                self.assertEqual(g, wanted)


def made(version, day, technique):
    """A bundle of one group and one technique."""
    def thing(kind, digit, **more):
        return {"type": kind, "id": f"{kind}--00000000-0000-4000-8000-00000000000{digit}", "created": f"{day}T00:00:00Z",
                "modified": f"{day}T00:00:00Z", **more}

    def numbered_thing(kind, digit, known_as, name):
        return thing(kind, digit, name=name, external_references=[{"source_name": "mitre-attack", "external_id": known_as}])

    group, pattern = numbered_thing("intrusion-set", 1, "G0901", "Alpha Heron"), numbered_thing("attack-pattern", 2, technique, "It")
    return {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000", "objects": [
        thing("x-mitre-collection", 3, name="ATT&CK", x_mitre_version=version), group, pattern,
        thing("relationship", 4, relationship_type="uses", source_ref=group["id"], target_ref=pattern["id"])]}


class Store(unittest.TestCase):
    def test_older_releases_stay(self):
        with tempfile.TemporaryDirectory() as folder:
            store, file = os.path.join(folder, "intel"), pathlib.Path(folder) / "attack.json"
            for version, day, technique in [("91.0", "2035-01-01", "T1001"), ("92.0", "2036-01-01", "T1002")]:
                file.write_text(json.dumps(made(version, day, technique)))
                subprocess.run([BINARY, "intel", "add", "--store", store, file], capture_output=True, check=True)
            told = [(r["name"], r["day"], sorted(g["links"])) for r in printed("--store", store)["releases"]
                    for g in r["groups"] if g["id"] == "G0901"]
            self.assertEqual(told, [("ATT&CK 91.0", "2035-01-01", ["T1001"]), ("ATT&CK 92.0", "2036-01-01", ["T1002"])])

    def test_a_store_without_releases(self):
        with tempfile.TemporaryDirectory() as folder:
            store, file = os.path.join(folder, "intel"), pathlib.Path(folder) / "list.txt"
            file.write_text("evil.example\n")
            subprocess.run([BINARY, "intel", "add", "--store", store, file], capture_output=True, check=True)
            self.assertEqual(printed("--store", store)["releases"], [])


if __name__ == "__main__":
    unittest.main()
