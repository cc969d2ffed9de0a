"""by_hand: an assessment computed again out of its JSON alone (docs/formats/assessment.md), with none of our code.

wrong(tree) lists what does not come out; nothing is taken over from the sums that are checked."""

import datetime
import math

DAY = 86400
MEASURES = ("technique", "parent", "malware", "tool", "confirmed", "reported", "nation")
LN10 = math.log(10)


def seconds(text):
    """Of an RFC 3339 time, or a day."""
    if text is None:
        return None
    whole, _, rest = text.rstrip("Z").partition(".")
    when = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return when.timestamp() + (float("0." + rest) if rest else 0)


def near(a, b):
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


class Checked:
    """One of `now` and `then`."""

    def __init__(self, tree, name):
        self.name, self.a, self.w = name, tree[name], tree["weights"]
        self.items, self.incident, self.gaps = tree["evidence"]["items"], tree["incident"], tree["evidence"]["gaps"]
        self.classes = {c["class"]: c for c in self.w["classes"]}
        self.found, self.counts = [], {}
        firsts = [seconds(i["first"]) for i in self.items if i["first"]]
        lasts = [seconds(i["last"]) for i in self.items if i["last"]]
        self.first = seconds(self.incident["first"]) if self.incident["first"] else min(firsts, default=None)
        self.last = seconds(self.incident["last"]) if self.incident["last"] else max(lasts, default=None)
        self.first, self.last = self.first if self.first is not None else self.last, self.last if self.last is not None else self.first

    def same(self, what, is_, ought):
        self.counts[what.split(" of ")[0]] = self.counts.get(what.split(" of ")[0], 0) + 1
        ok = near(is_, ought) if isinstance(ought, float) or isinstance(is_, float) else is_ == ought
        if not ok:
            self.found.append(f"{self.name}: {what}: {is_}, by hand {ought}")

    # ---- the model ----

    def bm25(self, group, sources, of_groups):
        g, mean = self.a["model"]["groups"], self.a["model"]["size"]
        return math.log(1 + (g - of_groups + 0.5) / (of_groups + 0.5)) * sources * 2.2 / (sources + 1.2 * (0.25 + 0.75 * group["model"]["size"] / mean))

    def measures(self, group):
        m, all_ = group["model"], self.a["model"]
        observed = {o["token"]: o for o in all_["observed"]}
        n = sum(1 for o in observed if o[0] == "T") or 1
        out = dict.fromkeys(MEASURES, 0.0)
        had, said, alone = 0, 0, False
        rare = {False: [], True: []}
        at_large = m["of_nation"] / all_["groups"]
        for p in m["parts"]:
            o = observed[p["token"]]
            if p["token"][0] == "T":
                had += p["sources"] > 0
                if p["sources"]:
                    part = self.bm25(group, p["sources"], o["of_groups"]) / math.sqrt(max(n, 5))
                    self.same(f"part of {p['token']}", p["technique"], part)
                    out["technique"] += part
                if "parent" in p:
                    part = self.bm25(group, 1, o["parent_of_groups"]) / math.sqrt(max(n, 5))
                    self.same(f"part of the parent of {p['token']}", p["parent"], part)
                    out["parent"] += part
                continue
            if p["sources"]:
                rare[o["tool"]].append(math.log(all_["groups"] / o["of_groups"]))
                if not o["tool"]:
                    said += p["sources"] if o["of_groups"] <= 2 else 0
                    alone |= o["of_groups"] == 1
            if p["others"]:
                out["nation"] += math.log((p["of_nation"] + 2 * at_large) / (p["others"] + 2) / at_large)
        for tool, name in ((False, "malware"), (True, "tool")):
            if rare[tool]:
                out[name] = max(rare[tool]) + 0.2 * (sum(rare[tool]) - max(rare[tool]))
        out["confirmed"] = float(said >= 2)
        out["reported"] = math.log1p(m["recent"])
        out["nation"] = max(-2.0, min(2.0, out["nation"])) if group["nation"] else 0.0
        return out, had / n, alone

    def model(self):
        a, m = self.a, self.a["model"]
        judged = [g for g in a["groups"] if g["model"]]
        for g in judged:
            measures, coverage, alone = self.measures(g)
            for name in MEASURES:
                self.same(f"{name} of {g['id']}", g["model"]["measures"][name], measures[name])
            self.same(f"coverage of {g['id']}", g["model"]["coverage"], coverage)
            self.same(f"alone of {g['id']}", g["model"]["alone"], alone)
            self.same(f"score of {g['id']}", g["model"]["score"], sum(self.w["measures"][n] * measures[n] for n in MEASURES))
        if not judged:
            self.same("none of the model", m["none"], 1.0)
            return
        scores = sorted((g["model"]["score"] for g in judged), reverse=True)
        self.same("top score", m["top_score"], scores[0])
        all_ = sum(math.exp(s - scores[0]) for s in scores) + a["others"]["scores"]
        first = 1 / all_
        signs = {"one": 1.0, "clear": math.log(first / (1 - first + 1e-9)), "confirmed": max([a["others"]["confirmed"]] + [g["model"]["measures"]["confirmed"] for g in judged])}
        for name, value in signs.items():
            self.same(f"sign of {name}", m["signs"][name], value)
        known, prior = sum(self.w["known"][n] * signs[n] for n in signs), self.w["prior of none"]
        none = 1 / (1 + math.exp(known + math.log((1 - prior) / prior)))
        self.same("none of the model", m["none"], none)
        for g in judged:
            share = math.exp(g["model"]["score"] - scores[0]) / all_
            self.same(f"share of {g['id']}", g["model"]["share"], share)
            self.same(f"posterior of {g['id']} by the model", g["model"]["posterior"], (1 - none) * share)
        for g in a["groups"]:
            self.same(f"base of {g['name']}", g["base"], g["model"]["posterior"] if g["model"] else (1 - none) * first * math.exp(-scores[0]))

    # ---- links ----

    def improbable(self, item):
        return item["reliability"] == "E" or item["credibility"] == 5

    def asked(self, item):
        """Is the model asked about it?"""
        return bool(item["token"]) and self.classes[item["class"]]["model"] and not self.improbable(item)

    def listed(self, group, item):
        """Does the group's profile list it, as far as the JSON says? None: it does not say."""
        if not group["model"] or not item["token"]:
            return False
        if any(p["token"] == item["token"] and p["sources"] for p in group["model"]["parts"]):
            return True
        return False if self.asked(item) else None

    def age(self, first, last, start, end, soft_start, soft_end, soft_days):
        days, soft = 0.0, False
        if first is None or last is None:
            return 0.0
        if start is not None and last < start:
            days, soft = (start - last) / DAY, soft_start
        elif end is not None and first > end:
            days, soft = (first - end) / DAY, soft_end
        return 0.0 if soft and (soft_days <= 0 or days <= soft_days) else days

    def link_age(self, item, link, half_life):
        first = seconds(item["first"] or item["last"]) if item["first"] or item["last"] else self.first
        last = seconds(item["last"] or item["first"]) if item["first"] or item["last"] else self.last
        start, end, said = seconds(link["from"]), seconds(link["until"]), seconds(link["said"])
        if start is None and (end is None or (said is not None and said <= end) or said is None):
            start = said
        if end is None:
            end = start if start is not None and (said is None or said < start) else said
        return self.age(first, last, start, end, link["from"] is None, link["until"] is None, half_life)

    def reliability(self, letter):
        return self.w["reliability"][letter or "F"]

    def credibility(self, digit, usual):
        return min(1.0, self.w["credibility"][str(digit)] / self.w["credibility"][str(usual)]) if 1 <= digit <= 6 else 1.0

    def grade(self, item, letter, digit, class_):
        fact = self.reliability(item["reliability"]) * self.credibility(item["credibility"], 2)
        return fact * self.reliability(letter) * self.credibility(digit, self.classes[class_]["credibility"]) * (self.w["supplier"] if item["supplier"] else 1)

    @staticmethod
    def origin(text):
        text = text.strip(" \t\r\n")
        if 0 <= text.find("://") < 16:
            text = text[text.find("://") + 3 :]
        if text[:4].lower() == "www.":
            text = text[4:]
        return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text.rstrip("/"))

    def of_the_model(self, link):
        return link["link"] is None and link["class"] != "victim"

    def values(self, group):
        """What each link of a group is worth before it is counted."""
        before = math.inf
        for l in group["links"]:
            item = self.items[l["item"]]
            if self.of_the_model(l):
                continue
            rule = self.classes[l["class"]]
            if l["link"] is None:
                self.same(f"bans of a victim of {group['name']}", l["full"] <= rule["bans"] and l["full"] >= 0, True)
                start, end = seconds(group["known_from"]), seconds(group["known_until"])
                off = self.age(self.first, self.last, start, end, True, True, self.w["soft_days"]) if start is not None and end is not None else 0.0
                self.same(f"age of {group['name']}", l["age_days"], off)
                grade = self.grade(item, "B", 0, "victim")
            else:
                source = item["links"][l["link"]]
                class_ = self.counted_as(item)
                self.same("class of a link", l["class"], class_ if class_ else l["class"])
                self.same("full bans", l["full"], rule["bans"])
                self.same("age of a link", l["age_days"], self.link_age(item, source, rule["half_life_days"]))
                self.same("origin of a link", l["origin"], self.origin(source["origin"] or source["source"]))
                grade = self.grade(item, source["reliability"], source["credibility"], l["class"])
            decay = 2 ** (-l["age_days"] / rule["half_life_days"]) if rule["half_life_days"] > 0 else 1.0
            self.same("decay of a link", l["decay"], decay)
            self.same("grade of a link", l["grade"], grade)
            self.same("bans of a link", l["bans"], l["full"] * decay * grade)
            self.same("order of links", l["bans"] <= before, True)
            before = l["bans"]

    def counted_as(self, item):
        """Malware of many groups is a supplier's. None: the JSON does not say in how many profiles it stands."""
        if item["class"] != "malware":
            return item["class"]
        observed = {o["token"]: o["of_groups"] for o in self.a["model"]["observed"]}
        if item["token"] and item["token"] not in observed and self.improbable(item):
            return None
        groups = observed.get(item["token"], 0)
        for g in self.a["groups"]:
            names = any(l["link"] is not None and self.items[l["item"]] is item for l in g["links"])
            groups += names and not self.listed(g, item)
        return "code" if groups >= self.w["many"] else "malware"

    # ---- one weighing ----

    def skipped(self, item, without):
        class_ = self.items[item]["class"]
        return item == without or class_ == without or (without == "all that is cheap to fake" and self.classes[class_]["cheap"])

    def count(self, group, blocked, without):
        """(classes, counted, carried): what of each link counts, and whether one that no supplier explains carries a name."""
        sums, times, counted = dict.fromkeys(self.classes, 0.0), dict.fromkeys(self.classes, 0), []
        things, origins, carried = set(), set(), False
        witnesses = {l["item"] for l in group["links"] if l["link"] is not None and not self.items[l["item"]]["links"][l["link"]]["copied"]}
        for l in group["links"]:
            if self.of_the_model(l):
                continue
            item, class_, rule = self.items[l["item"]], l["class"], self.classes[l["class"]]
            thing = (item["class"], item["value"]) if item["value"] else l["item"]
            listed = self.listed(group, item) if l["link"] is not None and self.classes[item["class"]]["model"] else False
            if listed is None:
                listed = l["why_not"] == "weighed by the model"
            copy = l["link"] is not None and item["links"][l["link"]]["copied"] and l["item"] in witnesses
            if self.skipped(l["item"], without) or listed or (class_ == "statement" and blocked) or copy or thing in things or (rule["family"], l["origin"]) in origins:
                counted.append(0.0)
                continue
            things.add(thing)
            origins.add((rule["family"], l["origin"]))
            part = min(l["bans"] * (self.w["next"] if times[class_] else 1), max(0.0, rule["cap"] - sums[class_]))
            times[class_] += 1
            sums[class_] += part
            carried |= rule["carries"] and not item["supplier"] and part > 0 and sums[class_] >= self.w["speaks"]
            counted.append(part)
        return sums, counted, carried

    def own_malware(self, group, without):
        tools = {o["token"]: o.get("tool") for o in self.a["model"]["observed"]}
        return group["model"] and group["model"]["measures"]["malware"] > 0 and any(
            i["token"][:1] == "S" and not i["supplier"] and self.asked(i) and not self.skipped(k, without) and self.listed(group, i) and not tools[i["token"]]
            for k, i in enumerate(self.items))  # fmt: skip

    def weigh(self, without=None):
        """By group: what it has. The model's part stays, so nothing that the model was asked about may be left out."""
        out = []
        for blocking in (True, False) if any(l["class"] == "statement" for g in self.a["groups"] for l in g["links"]) else (False,):
            before, out = out, []
            for k, g in enumerate(self.a["groups"]):
                sums, counted, carried = self.count(g, blocking or bool(before and before[k]["blocked"]), without)
                against = sum(c["bans"] for c in g["contradictions"] if c["item"] is None or not self.skipped(c["item"], without))
                families = {self.classes[c]["family"] for c in sums if sums[c] >= self.w["speaks"]}
                m = g["model"] and g["model"]["measures"]
                if m and self.w["measures"]["technique"] * m["technique"] / LN10 >= self.w["speaks"]:
                    families.add("technique")
                if m and (self.w["measures"]["malware"] * m["malware"] + self.w["measures"]["tool"] * m["tool"]) / LN10 >= self.w["speaks"]:
                    families.add("software")
                bans = against + sum(sums.values())
                out.append({"group": g, "sums": sums, "counted": counted, "carried": bool(carried or self.own_malware(g, without)), "otherwise": bool(carried), "against": against,
                            "families": families, "bans": bans, "key": (g["model"]["score"] if g["model"] else 0) + bans * LN10, "blocked": False})  # fmt: skip
            whole = self.a["model"]["none"] + sum(o["group"]["base"] * 10 ** o["bans"] for o in out) + self.a["others"]["weighed"]
            for o in out:
                o["posterior"] = o["group"]["base"] * 10 ** o["bans"] / whole
            ranked = sorted(out, key=lambda o: -o["key"])
            for o in out if blocking else ():
                first = ranked[0]
                o["blocked"] = first is not o and first["carried"] and first["posterior"] >= self.w["resembles"] and first["key"] - o["key"] >= self.w["gate"]["margin"] * LN10
        return out, ranked, self.a["model"]["none"] / whole, whole

    def gates(self, ranked, none):
        asked = self.w["gate"]
        if not ranked:
            return [False] * 6, "cluster"
        first, m = ranked[0], ranked[0]["group"]["model"]
        margin = (first["key"] - ranked[1]["key"]) / LN10 if len(ranked) > 1 else math.inf
        passed = [first["posterior"] >= asked["posterior"], len(first["families"]) >= 2, first["carried"], margin >= asked["margin"], first["group"]["window"] is not False,
                  bool(first["otherwise"] or (m and (m["measures"]["confirmed"] > 0 or (m["alone"] and m["coverage"] >= asked["coverage"]))))]  # fmt: skip
        more = set(first["families"]) - {"technique", "victim", "habit"}
        resembles = more and first["posterior"] >= self.w["resembles"]
        return passed, "consistent" if all(passed) else "resembles" if resembles else "cluster"

    # ---- all of it ----

    def check(self):
        a = self.a
        self.model()
        for g in a["groups"]:
            self.values(g)
            start, end = seconds(g["known_from"]), seconds(g["known_until"])
            dated = start is not None and end is not None and self.first is not None
            self.same(f"window of {g['name']}", g["window"], self.age(self.first, self.last, start, end, True, True, self.w["soft_days"]) <= 0 if dated else None)
            self.same(f"contradiction of {g['name']}", {c["bans"] for c in g["contradictions"]} <= {self.w["outside"], self.w["untouched"]}, True)
            self.same(f"outside of {g['name']}", any(c["bans"] == self.w["outside"] and c["item"] is None for c in g["contradictions"]), g["window"] is False)
        out, ranked, none, whole = self.weigh()
        for o in out:
            g = o["group"]
            for c, value in o["sums"].items():
                self.same(f"class of {c} of {g['name']}", g["classes"].get(c, 0.0), value)
            for l, part in zip((l for l in g["links"] if not self.of_the_model(l)), o["counted"]):
                self.same("counted of a link", l["counted"], part)
            for name in ("against", "bans", "posterior", "carried"):
                self.same(f"{name} of {g['name']}", g[name], o[name])
            self.same(f"families of {g['name']}", set(g["families"]), o["families"])
        self.same("none", a["none"], none)
        self.same("posterior of the others", a["others"]["posterior"], a["others"]["weighed"] / whole)
        self.same("sum", sum(g["posterior"] for g in a["groups"]) + a["others"]["posterior"] + a["none"], 1.0)
        self.same("the first", ranked[0]["key"] if ranked else None, out[0]["key"] if out else None)
        if len(ranked) > 1:
            self.same("margin", a["margin"], (ranked[0]["key"] - ranked[1]["key"]) / LN10)
        passed, level = self.gates(ranked, none)
        for gate, ought in zip(a["gates"], passed):
            self.same(f"gate of {gate['gate']}", gate["passed"], ought)
            self.same("words of a gate", bool(gate["words"]), not ought)
        self.same("level", a["level"], level)
        self.nations()
        self.sensitivities(level, ranked, none)
        self.hypotheses()
        self.confidence(ranked)
        return self.found

    def nations(self):
        sums = {}
        for g in self.a["groups"]:
            if len(g["nation"]) == 2:
                before = sums.get(g["nation"], (0.0, 0))
                sums[g["nation"]] = (before[0] + g["posterior"], before[1] + 1)
        for n in self.a["others"]["nations"]:
            before = sums.get(n["country"], (0.0, 0))
            sums[n["country"]] = (before[0] + n["posterior"], before[1] + n["groups"])
        for n in self.a["nations"]:
            self.same(f"nation of {n['country']}", n["posterior"], sums[n["country"]][0])
            self.same(f"groups of {n['country']}", n["groups"], sums[n["country"]][1])
            self.same(f"told of {n['country']}", n["told"], n["posterior"] >= self.w["nation"] and self.a["level"] != "consistent")
        self.same("nations", len(self.a["nations"]), len(sums))

    def sensitivities(self, level, ranked, none):
        above = bool(ranked) and ranked[0]["posterior"] > none
        for s in self.a["sensitivities"]:
            left = [self.items[s["without"]]] if isinstance(s["without"], int) else [i for i in self.items if i["class"] == s["without"]]
            # What the model was asked about, and what speaks of victims of groups that are not told, changes what the JSON holds as sums.
            if any(i["token"] or i["class"] == "victim" for i in left):
                continue
            _, without, none_without, _ = self.weigh(s["without"])
            _, level_without = self.gates(without, none_without)
            self.same("posterior without", s["posterior"], without[0]["posterior"])
            self.same("none without", s["none"], none_without)
            self.same("level without", s["level"], level_without)
            # Of equals the first by number is told, and what is equal is not so to the last bit here.
            named = next((o for o in without if (o["group"]["id"] or o["group"]["name"]) == s["first"]), without[0])
            self.same("first without", named["key"], without[0]["key"])
            self.same("above none without", s["above_none"], without[0]["posterior"] > none_without)
            before, after = ranked[0]["group"] if above else None, named["group"] if named["posterior"] > none_without else None
            self.same("changes", s["changes"], level_without != level or before is not after)

    def hypotheses(self):
        cells = {"--": 2, "-": 1}
        least = min((h["against"] + 2 * h["much_against"] for h in self.a["hypotheses"] if not h["rejected"]), default=None)
        for h in self.a["hypotheses"]:
            self.same("cells of a row", len(h["cells"]), len(self.a["rows"]))
            self.same("against", h["against"], sum(cells.get(c) == 1 for c in h["cells"]))
            self.same("much against", h["much_against"], sum(cells.get(c) == 2 for c in h["cells"]))
            self.same("kept", h["kept"], not h["rejected"] and h["against"] + 2 * h["much_against"] == least)
        for i, row in enumerate(self.a["rows"]):
            self.same("tells apart", row["discriminates"], len({h["cells"][i] for h in self.a["hypotheses"]}) > 1)

    def cheap(self, ranked):
        """Does the first, or the name, rest on what is cheap to fake? None: the model was asked about some of it, and the JSON does not say what it becomes without."""
        if self.a["level"] == "cluster":
            return False

        def falls(first, level):
            return first != (ranked[0]["group"]["id"] or ranked[0]["group"]["name"]) or (self.a["level"] == "consistent" and level != "consistent")

        if any(self.classes[s["without"]]["cheap"] and falls(s["first"], s["level"]) for s in self.a["sensitivities"] if isinstance(s["without"], str)):
            return True
        cheap = [i for i in self.items if self.classes[i["class"]]["cheap"]]
        if len({i["class"] for i in cheap}) < 2:
            return False
        if any(self.asked(i) for i in cheap):
            return None
        _, without, none, _ = self.weigh("all that is cheap to fake")
        return falls(without[0]["group"]["id"] or without[0]["group"]["name"], self.gates(without, none)[1])

    def confidence(self, ranked):
        a, low = self.a, self.a["level"] != "consistent"
        cheap = self.cheap(ranked)
        if cheap is not None:
            self.same("cheap to fake", a["cheap_only"], cheap)
        one = False
        if ranked and not (ranked[0]["group"]["model"] and ranked[0]["group"]["model"]["measures"]["malware"] > 0):
            one = len({l["origin"] for l in ranked[0]["group"]["links"] if l["link"] is not None and l["counted"] > 0}) == 1
        self.same("one origin", a["one_origin"], one)
        named = any(l["class"] == "statement" and l["bans"] > 0 for o in ranked[1:] for l in o["group"]["links"])
        low = low or a["cheap_only"] or one or named
        links = [(l, self.items[l["item"]]["links"][l["link"]]) for l in ranked[0]["group"]["links"] if l["class"] == "forensic" and l["counted"] > 0] if ranked else []
        sure = any(of["reliability"] in ("A", "B") and of["credibility"] in (1, 2) for _, of in links)
        high = not low and len(ranked[0]["families"]) >= 3 and sure and not self.gaps
        self.same("confidence", a["confidence"], "low" if low else "high" if high else "moderate")


def wrong(tree, counts=None):
    found = []
    for name in ("now", "then"):
        if tree[name]:
            checked = Checked(tree, name)
            found += checked.check()
            if counts is not None:
                for what, n in checked.counts.items():
                    counts[what] = counts.get(what, 0) + n
    return found
