#!/usr/bin/env python3
"""test_import_shared: the large public sets (APT31, MISP, ATT&CK, galaxies, warninglists, OASIS) through import_print, against what Python
reads in the same files: each object is an item, a group, a label, or left out with a reason, and nothing else comes out."""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD = os.environ.get("LONGWATCH_BUILD", "build")
SOURCE = pathlib.Path(os.environ.get("LONGWATCH_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE / ".." / "shared")) / "data"
GROUPS = ("intrusion-set", "threat-actor")
OWN = re.compile(r"object (\d+)$")
COUNTED = re.compile(r"(\d+) (?:objects|entries|clusters)$")


def plain(path):
    """The bytes of a file, unpacked."""
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE, check=True).stdout
    return path.read_bytes()


def said(data, options=""):
    """What import_print says of the bytes: {told: [...]}, and how it ended."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        command = [os.path.join(BUILD, "tests", "import_print")] + ([options] if options else []) + [file.name]
        output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    told = collections.defaultdict(list)
    for line in output.splitlines():
        one = json.loads(line)
        told[one["told"]].append(one)
    return told, told["end"][0]


def objects_of(data):
    """All STIX objects in the order of the file."""
    try:
        document = json.loads(data)
    except json.JSONDecodeError:
        return [json.loads(line) for line in data.splitlines() if line.strip()]
    return document["objects"] if document.get("type") == "bundle" else [document]


def newest(objects):
    """{id: (number, object)}: the version that counts, in another way than the program finds it."""
    versions = collections.defaultdict(list)
    for number, one in enumerate(objects, 1):
        versions[one["id"]].append((one.get("revoked", False), one.get("modified", ""), -number, one))
    return {name: (lambda best: (-best[2], best[3]))(max(all_, key=lambda v: v[:3])) for name, all_ in versions.items()}


@unittest.skipUnless(SHARED.is_dir(), f"no {SHARED}; LONGWATCH_SHARED names the shared data")
class Shared(unittest.TestCase):
    """A case a set."""

    def account(self, name, data):
        """Every object of a STIX file stands somewhere, once."""
        told, end = said(data)
        self.assertEqual((end["where"], end["error"]), ("stix", ""), name)
        objects = objects_of(data)
        current = newest(objects)
        own = {int(m[1]) for one in told["item"] + told["out"] + told["group"] if (m := OWN.match(one["where"]))}
        wanted = {number for number, one in current.values() if one["type"] in GROUPS + ("indicator",)}
        self.assertEqual(own, wanted, name)
        counted = collections.Counter()
        for one in told["out"]:
            if m := COUNTED.match(one["where"]):
                counted[one["what"]] += int(m[1])
        older = counted.pop("versions", 0)
        counted.pop("relationships", None)  # also among those that are counted by type
        rest = collections.Counter(o["type"] for _, o in current.values() if o["type"] not in GROUPS + ("indicator",))
        self.assertEqual(counted, rest, name)
        self.assertEqual(older + len(current), len(objects), name)
        for one in told["out"]:
            self.assertTrue(one["why"], name)
        return told, objects

    def test_apt31(self):
        """104 indicators: two are YARA rules, some name a file's hashes or its size, all of them are APT31's in 2021."""
        data = plain(SHARED / "intel" / "apt31-sekoia-2021-11-10.stix2.jsonl")
        told, objects = self.account("apt31", data)
        indicators = [o for o in objects if o["type"] == "indicator"]
        self.assertEqual(len(indicators), 104)
        by_id = {o["id"]: o for o in objects}
        yara = {o["id"] for o in indicators if o["pattern_type"] == "yara"}
        self.assertEqual({one["what"] for one in told["out"] if one["what"].startswith("indicator--")}, yara)
        names = lambda source, kind: {
            by_id[o["target_ref"]]["name"] for o in objects
            if o["type"] == "relationship" and o["relationship_type"] == "indicates" and o["source_ref"] == source
            and o["target_ref"].startswith(kind)}
        for indicator in indicators:
            if indicator["id"] in yara:
                continue
            items = [one for one in told["item"] if one["id"] == indicator["id"]]
            parts = re.findall(r"([\w:-]+(?:\.[\w-]+|\.'[^']*')*) = '([^']*)'", indicator["pattern"])
            common = ("file:size", "file:mime_type", "file:hashes.SSDEEP")
            values = {value for path, value in parts if path not in common}
            self.assertEqual(sorted(one["what"] for one in told["out"] if one["where"] == items[0]["where"]),
                             sorted(path for path, _ in parts if path in common))
            self.assertEqual({one["value"] for one in items}, values, indicator["pattern"])
            for one in items:
                self.assertEqual(one["form"], "value")
                self.assertEqual(one["groups"], ["APT31"])
                self.assertEqual(set(one["campaigns"]), names(indicator["id"], "campaign"))
                self.assertEqual(set(one["malware"]), names(indicator["id"], "malware"))
                self.assertEqual(one["valid_from"][:19], indicator["valid_from"][:19])
                self.assertEqual(one["valid_until"][:19], indicator["valid_until"][:19])
                self.assertEqual(one["valid_from"][:4], "2021")
                self.assertEqual(one["confidence"], indicator["confidence"])
                self.assertNotEqual(one["tlp"], "")
                self.assertIn(indicator["created_by_ref"].split("--")[1], one["origins"])
        self.assertEqual([g["name"] for g in told["group"]], ["APT31"])

    def test_apt31_csv_has_the_same_values(self):
        """The set is published twice."""
        told, _ = said(plain(SHARED / "intel" / "apt31-sekoia-2021-11-10.stix2.jsonl"))
        table = plain(SHARED / "intel" / "apt31-sekoia-2021-11-10.csv").decode().lower()
        for one in told["item"]:
            self.assertIn(one["value"].lower(), table)

    def test_oasis_examples(self):
        """Examples of the specification and of its tutorial, and of the validator those that are STIX."""
        folders = [SHARED / "stix" / "documentation-examples", SHARED / "stix" / "json-schemas" / "examples"]
        count = 0
        for path in sorted(p for folder in folders for p in folder.rglob("*.json")):
            told, objects = self.account(path.name, plain(path))
            count += len(objects)
            if path.name == "poisonivy.json":
                self.assertIn("domain autuo.xicp.net", [one["what"] for one in told["out"]])
            if path.name == "using-granular-markings.json":
                self.assertEqual([one["tlp"] for one in told["item"]], ["TLP:RED"])
            if path.name == "apt1.json":
                self.assertEqual({g["name"] for g in told["group"]},
                                 {o["name"] for o in objects if o["type"] in GROUPS})
        self.assertGreater(count, 400)

    def test_misp_pairs(self):
        """The same as an event and as STIX 2.0 and 2.1: what is meant for detection has the same values."""
        folder = SHARED / "intel" / "misp-events"

        def detected(told):
            values = set()
            for one in told["item"]:
                if one["form"] == "value" and not one["context"]:
                    values.add(one["value"].lower())
                elif one["form"] == "pattern":
                    pattern = re.sub(r"\.'[^']*'", "", one["value"])
                    values.update(v.lower() for v in re.findall(r"= '((?:[^'\\]|\\.)*)'", pattern))
            return values

        for kind in ("attributes", "events", "objects"):
            events = [said(plain(folder / f"test_{kind}_collection_{n}.json")) for n in (1, 2)]
            for _, end in events:
                self.assertEqual((end["where"], end["error"]), ("misp", ""))
            wanted = set().union(*(detected(told) for told, _ in events))
            self.assertGreaterEqual(len(wanted), 3)
            for version in ("20", "21"):
                told, _ = self.account(kind + version, plain(folder / f"test_{kind}_collection_stix{version}.json"))
                self.assertEqual(detected(told), wanted, kind + version)
                events_of = lambda all_: {o for one in all_ for o in one["origins"]}
                if kind == "events": # the event's number is the report's, and its maker's that of the identity
                    theirs = set().union(*(events_of([i for i in told_["item"] if not i["context"]])
                                           for told_, _ in events))
                    self.assertEqual(events_of(told["item"]), theirs)
        for path in sorted(folder.glob("test_event?_stix2?.json")):
            self.account(path.name, plain(path))

    def test_misp_attributes_are_all_told(self):
        """Each attribute is an item, two, or left out."""
        for path in sorted((SHARED / "intel" / "misp-events").glob("test_*_collection_[12].json")):
            data = plain(path)
            told, _ = said(data)
            uuids = set(re.findall(rb'"uuid": "([^"]*)",\s*"type"', data))
            out = sum(1 for one in told["out"])
            self.assertEqual(len({one["id"] for one in told["item"]}) + out, len(uuids), path.name)

    def groups(self, told):
        """Mentions of one group put together."""
        joined = {}
        for one in told["group"]:
            group = joined.setdefault((one["where"], one["name"], one["id"]), collections.defaultdict(list))
            for member in ("aliases", "countries", "techniques", "malware", "origins"):
                group[member] += one[member]
            group["retired"] = one["retired"]
        return joined

    def test_galaxies(self):
        """Every group with all of its names, countries and references."""
        for name in ("threat-actor", "microsoft-activity-group", "mitre-intrusion-set"):
            data = plain(SHARED / "intel" / "misp-galaxy" / f"{name}.json.zst")
            told, end = said(data)
            self.assertEqual((end["where"], end["error"]), ("galaxy", ""))
            clusters = json.loads(data)["values"]
            groups = list(self.groups(told).items())
            self.assertEqual(len(groups), len(clusters))
            for ((_, name_, id_), group), cluster in zip(groups, clusters):
                meta = cluster.get("meta", {})
                once = lambda all_: list(dict.fromkeys(s.strip() for s in all_ if s.strip()))
                self.assertEqual(name_, re.sub(r" - G\d{4}$", "", cluster["value"].strip()))
                self.assertEqual(group["aliases"], [s for s in once(meta.get("synonyms", [])) if s != name_])
                self.assertEqual(group["origins"], once(meta.get("refs", [])))
                self.assertEqual(group["countries"], once([meta["country"]]) if "country" in meta else [])
                self.assertIn(id_, (cluster["uuid"], meta.get("external_id")))

    def test_attack(self):
        """187 groups with all their names and techniques; nothing of it is an indicator."""
        told, objects = self.account("attack", plain(SHARED / "attack" / "enterprise-attack-18.1.stix20.json.zst"))
        self.assertEqual(told["item"], [])
        by_id = {o["id"]: o for o in objects}
        used, replaced = collections.defaultdict(set), collections.defaultdict(set)
        for o in objects:
            if o["type"] != "relationship" or o.get("revoked"):
                continue
            target = by_id[o["target_ref"]]
            if o["relationship_type"] == "uses" and target["type"] == "attack-pattern":
                used[o["source_ref"]].add(next(r["external_id"] for r in target["external_references"]
                                               if r["source_name"] == "mitre-attack"))
            if o["relationship_type"] == "revoked-by":
                old = by_id[o["source_ref"]]
                replaced[o["target_ref"]] |= {old["name"], *old.get("aliases", [])}
        sets = {o["id"]: o for o in objects if o["type"] == "intrusion-set"}
        self.assertEqual(len(sets), 187)
        groups = {id_: (name, group) for (_, name, id_), group in self.groups(told).items()}
        self.assertEqual(len(groups), 187)
        for o in sets.values():
            number = next(r["external_id"] for r in o["external_references"] if r["source_name"] == "mitre-attack")
            name, group = groups[number]
            self.assertEqual(name, o["name"])
            self.assertEqual(set(group["aliases"]), ({*o.get("aliases", [])} | replaced[o["id"]]) - {o["name"]})
            self.assertEqual(set(group["techniques"]), used[o["id"]], name)
            self.assertEqual(group["retired"], int(o.get("revoked", False) or o.get("x_mitre_deprecated", False)))
        self.assertIn("APT40", groups["G0065"][1]["aliases"])
        self.assertIn("APT31", groups["G0128"][1]["aliases"])

    def test_warninglists(self):
        """123 lists, entry by entry; one is about application numbers, which nothing here holds."""
        lists = entries = 0
        for path in sorted((SHARED / "warninglists").glob("*.json*")):
            data = plain(path)
            document = json.loads(data)
            if "list" not in document:
                continue
            lists += 1
            told, end = said(data)
            self.assertEqual((end["where"], end["error"]), ("warninglist", ""), path.name)
            if document["matching_attributes"] == ["azure-application-id"]:
                self.assertEqual([one["where"] for one in told["out"]], [f"{len(document['list'])} entries"])
                continue
            self.assertEqual([(one["where"], one["version"]) for one in told["list"]],
                             [(document["name"], str(document["version"]))])
            kinds = ["string", "substring", "hostname", "cidr", "regex"]
            self.assertEqual(told["list"][0]["how"], kinds.index(document["type"]))
            self.assertEqual([one["where"] for one in told["label"]], [entry.strip() for entry in document["list"]])
            self.assertEqual(told["out"], [])
            entries += len(told["label"])
        self.assertEqual(lists, 123)
        self.assertGreater(entries, 380000)


def main():
    """As report.py wants it said."""
    result = unittest.TextTestRunner(verbosity=1).run(unittest.defaultTestLoader.loadTestsFromTestCase(Shared))
    bad = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    for _, why in result.skipped:
        print(f"SKIP: {why}")
    print(f"{result.testsRun - bad - skipped} passed, {bad} failed, {skipped} skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
