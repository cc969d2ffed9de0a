"""generate: seeded random rules and events for the differential tests; what they mean is the oracle's business.

Rules are dense and mean: few fields, a small vocabulary full of case pairs, dashes, backslashes and
wildcard signs, so that matches and near misses are frequent. Events are made from the rules' own
patterns by mutation. Left out on purpose is what the semantics do not settle; see AMBIGUOUS below.
"""

import base64
import datetime
import json
import random
import re
import uuid
from decimal import Decimal

import yaml

import sigma_oracle as oracle

# AMBIGUOUS, hence never generated: empty arrays; the serialised text of an object; a dotted key above
# nested objects; non-ASCII letters beside a dash under windash; `\w` in a class under `i`; dotted and
# dotless i under `i`; numbers such as 1.0 or 1e3 in events (but where only keywords look), text such as "1.0"
# or "-0"; null keywords; wildcards under wide without base64; ranges such as `hour|lt: 24`; epoch numbers as text; `all|neq`;
# percentile 50; negative numbers in a grouped sum; a value_* field that lacks in an anchored window;
# chains over anchored windows.

TEXT_FIELDS = ["A", "B", "C", "Obj.p", "Obj.q.r", "Lst.x", "Nv.alpha"]
NUMBER_FIELDS = ["N", "M"]
KELVIN, LONG_S = "\u212a", "\u017f"

# Families of the same text under simple folding; the generator swaps one member for another.
CASES = [
    "éÉ", "иИ", "s" + LONG_S + "S", "k" + KELVIN + "K", "ßẞ", "σςΣ", "ǆǅǄ", "ω\u2126Ω", "\u00b5μΜ",
    "\U00010428\U00010400", "\uab70\u13a0", "åÅ\u212b", "\u1e61\u1e60\u1e9b", "ıı", "İİ",
]  # fmt: skip
STEMS = [
    "a", "b", "ab", "cmd", "foo", "bar", ".exe", " ", "é", "и", "s", "k", "ß", "σ", "ǆ", "ω", "\u00b5", "\U00010428",
    "\uab70", "å", "\u1e61", "i", "ı", "İ", "e\u0301", "😀", "\\", "\\\\", "*", "?", "-", "/", "–", "x-y", " -f", " /g",
    "%", "'", '"', "\n", "\t", "\r\n", "日本", ":", "#", "[", "(", "$", "^", "|", "C:\\Win", "0", "7", "true", "null",
]  # fmt: skip
WORDS = ["cmd", "foo", "Bar", "whoami", "él", "Иван", "task", "kill", "straße", "x-y", "q\\w", "ab*c", "a?b"]
PLACEHOLDERS = {
    "one": ["foo"], "two": ["cmd", "Él"], "wild": ["a*b", "?"], "slash": ["C:\\Win", "x\\"], "pct": ["50%", "%one%"],
}  # fmt: skip
NETWORKS = [
    "10.0.0.0/8", "192.168.4.0/22", "10.1.2.3/32", "0.0.0.0/0", "172.16.0.0/12", "fe80::/10", "::1/128", "fc00::/7",
    "2001:db8::/33", "::/0", "169.254.128.0/17",
]  # fmt: skip
ADDRESSES = [
    "10.1.2.3", "11.0.0.1", "192.168.7.255", "192.168.8.0", "172.31.255.255", "172.32.0.0", "::1", "::2", "FE80::1%12",
    "fe80::1%eth0", "fec0::1", "::ffff:10.1.2.3", "::FFFF:a01:203", "2001:db8:7fff::", "2001:db8:8000::", "fdff::1",
    "host", "", "-", "10.1.2", "10.1.2.3:443", "[::1]:443", "10.1.2.256", "10.1.2.3 ", "169.254.128.0", "1:2:3", "0.0.0.0",
    "255.255.255.255", "::ffff:192.168.4.1", "::10.1.2.3", "10.01.2.3", "1.2.3.4.5", "ffff::10.1.2.3", "10.1.2.3/8",
]  # fmt: skip
# (pattern, values it speaks of): only what Python's re and PCRE2 agree on after the oracle's translation
REGEXES = [
    ("foo", ["foo", "xfoox", "FOO", "fo"]), ("^foo$", ["foo", "foo\n", "xfoo", "a\nfoo"]), ("b.r", ["bar", "b\nr", "br", "bér"]),
    ("(?i)cmd", ["CMD", "xcmD", "cm"]), (r"\d+", ["x12", "٣", "x"]), (r"^\w+$", ["ab_1", "é", "a b", "ab\n"]),
    (r"\bcmd\b", ["a cmd", "xcmd", "cmd.exe", "cmdé"]), (r"a\sb", ["a b", "a\tb", "a\u00a0b", "a\nb", "a\x0bb"]),
    ("a|b$", ["xb", "b\n", "ax", "c"]), ("(?:ab)+c", ["ababc", "ac", "xabcy"]), ("[^a-c]x", ["dx", "ax", "éx", "\nx"]),
    ("x{2,3}", ["xx", "x", "axxxx"]), (r"C:\\Win", ["C:\\Win", "C:Win", "c:\\win"]), ("a.*?b", ["aXXb", "a\nb", "ba"]),
    ("^", ["", "x"]), ("q*", ["", "zzz"]), (r"\.exe$", ["a.exe", "aexe", "a.exe "]), (r"\D\S\W", ["a- ", "aa-", "1a-", "é--"]),
    ("é", ["é", "É", "e\u0301"]), (r"[é-ü]\B", ["éa", "ü", "É"]), (r"\[x\]", ["[x]", "x"]), ("[$.]", ["$", ".", "a"]),
    (r"[\d.]+-", ["1.2-", "-", "a-"]), ("(foo|bar)(cmd)?$", ["foocmd", "bar", "barx", "foo\n"]), (r"\\\\srv", ["\\\\srv", "\\srv"]),
    ("k", ["k", "K", KELVIN]), ("[a-z]s", ["as", "AS", "a" + LONG_S]), ("σ", ["σ", "ς", "Σ"]), ("^.$", ["é", "😀", "ab", "\n"]),
    ("a{0}b", ["b", "ab", "a"]), ("[]x]y", ["]y", "xy", "y"]), ("a+?$", ["aaa", "aab", "a\n"]),
]  # fmt: skip
REGEXES_MULTILINE = [("^foo", ["foo", "a\nfoo", "xfoo"]), ("bar$", ["bar", "bar\nx", "bar\n", "barx"]), ("^a.b$", ["x\na-b\ny", "a\nb"])]
# Nothing but characters with .* between them, which need no PCRE2.
CHAINS = [
    "a.*b", "foo.*?bar", "o.*r", "f.*o.*o", "c.*-", r"C:\\.*n", r"a\.*b", "a.+b", "1.*0", r"4.*\.", "x-.*y", "t.*e", "0.*0.*0", "b.*a", "-.*1",
    "a.*", ".*b", "a.*.*b", "[a].*b", "e.*3", r"\..*0",
]
STAMPS = [
    "2024-03-25T22:10:00+13:00", "2024-03-25T22:10:00Z", "2024-03-25 23:59:59", "2021-01-01T00:00:00Z", "2020-12-31T12:30:00.123456Z",
    "2024-02-30T10:00:00Z", "2024-13-01T10:00:00Z", "2024-03-25T24:10:00Z", "later", "", "1601-01-01T00:00:00Z", 1711361400,
    1711361400000, 1609459200, 1735689599999, "2024-02-29T05:07:09.5-08:00", "2016-01-03T01:02:03Z", "2016-01-04T01:02:03Z",
    "2024-12-30T23:00:00+00:00", "2019-02-29T05:07:09Z", "2024-03-25T22:60:00Z", None,
]  # fmt: skip
NUMBERS = [0, 5, 6, 7, -3, 42, 4688, 9007199254740992, 9007199254740993, -9223372036854775808, 9223372036854775807]
NUMBERS += [18446744073709551615, Decimal("1.5"), Decimal("-0.25"), Decimal("5.5"), Decimal("6.125")]
NUMBER_TEXTS = [
    "5", "6", "42", "4688", "-3", "05", " 5", "5 ", "0x5", "5.5", "x", "", "-", "1.5", "-0.25", "9007199254740993", "5e0", "5,0",
    "18446744073709551616", "99999999999999999999999999", "-9223372036854775809", "6.125", "true", "٥", "5.", ".5", "--5", "+",
]  # fmt: skip


class Plain(str):
    """A scalar to be written without quotes, whatever it looks like (1.3)."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


_Dumper.add_representer(Plain, lambda d, value: d.represent_scalar("tag:yaml.org,2002:int", str(value)))
_Dumper.add_representer(Decimal, lambda d, value: d.represent_scalar("tag:yaml.org,2002:float", format(value, "f")))


def write_yaml(rng, *documents):
    """YAML text in one of several styles."""
    flow = rng.choice([False, False, True, None])
    dumped = [
        yaml.dump(d, Dumper=_Dumper, allow_unicode=rng.random() < 0.8, sort_keys=False, default_flow_style=flow, width=10000)
        for d in documents
    ]
    return "---\n".join(dumped)


def new_id(rng):
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


# --- values of rules ------------------------------------------------------------------------------


def other_case(rng, char):
    for family in CASES:
        if char in family:
            return rng.choice(family)
    swapped = char.swapcase()
    return swapped if len(swapped) == 1 else char


def stems(rng, low=1, high=3):
    return "".join(rng.choice(STEMS) for _ in range(rng.randint(low, high)))


def spelled(rng, text):
    """A literal text written as a Sigma value: wildcards escaped, backslashes single or double."""
    out = ""
    for at, char in enumerate(text):
        after = text[at + 1 : at + 2]
        if char in "*?":
            out += "\\" + char
        elif char == "\\" and (after in ("*", "?", "\\") or rng.random() < 0.4):
            out += "\\\\"
        else:
            out += char
    return out


def pattern(rng):
    """A string value: literal runs, wildcards, sometimes backslash soup."""
    dice = rng.random()
    if dice < 0.06:
        return ""
    if dice < 0.10:
        return "*"
    if dice < 0.18:  # whatever it means, both must read it alike
        return "".join(rng.choice(["\\", "\\", "*", "?", "a", "é", "%"]) for _ in range(rng.randint(1, 7)))
    out = ""
    for _ in range(rng.randint(1, 3)):
        out += spelled(rng, rng.choice(WORDS) if rng.random() < 0.5 else stems(rng, 1, 2))
        if rng.random() < 0.25:
            out += rng.choice("*?")
    return rng.choice(["", "", "", "*", "?"]) + out


def literal(rng):
    """A string value without wildcards, for encodings."""
    return spelled(rng, rng.choice(["cmd", "foo", "IEX", "é", "Иван", "a*b", "x", "ab", "http://", "C:\\Win", "😀", "foobar"]))


def dashed(rng):
    """For windash: every neighbour of a dash is ASCII."""
    pieces = [" -f", " /g", "-a", "x-y", " - ", "--long", "–e", "cmd", " ", "/", "-", "*", "?", ".exe", "\\", "_-x"]
    return "".join(rng.choice(pieces) for _ in range(rng.randint(1, 4)))


def several(rng, make, low=1, high=3):
    """One value, or a list of them."""
    if rng.random() < 0.4:
        return make()
    return [make() for _ in range(rng.randint(low, high))]


class Maker:
    """Makes rules, and remembers for each regular expression the values it speaks of."""

    def __init__(self, rng):
        self.rng = rng
        self.samples = {text: values for text, values in REGEXES + REGEXES_MULTILINE}

    def field(self):
        return self.rng.choice(TEXT_FIELDS[:3] if self.rng.random() < 0.6 else TEXT_FIELDS)

    def text_item(self):
        rng = self.rng
        affix = rng.choice(["", "|contains", "|contains", "|startswith", "|endswith"])
        values = several(rng, lambda: pattern(rng))
        modifiers = affix
        if isinstance(values, list) and rng.random() < 0.3:
            modifiers += "|all"
        elif rng.random() < 0.12:
            modifiers += "|neq"
        if rng.random() < 0.12:
            modifiers = rng.choice(["|cased" + modifiers, modifiers + "|cased"])
        if not affix and isinstance(values, list) and "|neq" not in modifiers and "cased" not in modifiers:
            values += rng.choice([[], [], [], [None], [4688], [True]]) if "|all" not in modifiers else []
        if affix and "cased" not in modifiers and rng.random() < 0.06:
            values = rng.choice([5, 42, [7, "foo"], Decimal("1.5")])
        return self.field() + modifiers, values

    def plain_item(self):
        rng = self.rng
        value = rng.choice([None, None, "", "", "*", [], True, False, [True, "x"], [None, "foo"], ["", None], [False, 5]])
        return self.field() if rng.random() < 0.7 else rng.choice(["F", "N", "Stamp", "Addr"]), value

    def number_item(self):
        rng = self.rng
        number = lambda: rng.choice(NUMBERS)  # noqa: E731
        field = rng.choice(NUMBER_FIELDS)
        dice = rng.random()
        if dice < 0.35:
            return field, several(rng, number)
        if dice < 0.85:
            return field + "|" + rng.choice(["gt", "gte", "lt", "lte"]) + rng.choice(["", "", "|neq"]), several(rng, number, 1, 2)
        return field, rng.choice(["4688", "46*", "?", "-*", "5", "*5", "1.5", ["6", 5]])

    def bool_item(self):
        return "F", self.rng.choice([True, False, "true", "TRUE", "f*", [True, None]])

    def plainscalar_item(self):
        values = ["0x10", "0777", "2024-01-01", "1:30", "12:30:45", "foo", "a-b", "abc\\d", "yes", "No", "tRUE", "~", "5", "-3", "1.5"]
        value = self.rng.choice(values)
        return self.rng.choice(["A", "B", "N", "F"]), Plain(value) if value != "~" else None

    def regex_item(self):
        rng = self.rng
        flags = rng.choice(["", "", "", "|i", "|s", "|m", "|i|s", "|ignorecase", "|dotall", "|multiline"])
        table = [entry for entry in REGEXES if entry[0] != "^"] if "m" in flags.replace("ignorecase", "") else REGEXES
        if flags in ("|m", "|multiline"):
            table = REGEXES_MULTILINE
        values = several(rng, lambda: rng.choice(table)[0])
        tail = rng.choice(["", "", "", "|neq"])
        if isinstance(values, list) and not tail and rng.random() < 0.3:
            tail = "|all"
        return self.field() + "|re" + flags + tail, values

    def encoded_item(self):
        rng = self.rng
        coding = rng.choice(["", "", "|wide", "|utf16le", "|utf16be", "|utf16"])
        base = rng.choice(["|base64", "|base64offset", "|base64offset"])
        affix = "|contains" if base == "|base64offset" else rng.choice(["", "|contains"])
        if rng.random() < 0.1:  # raw bytes, with NULs
            return self.field() + rng.choice(["|wide", "|utf16be"]) + "|contains", rng.choice(["cmd", "foo"])
        if rng.random() < 0.1 and not coding:
            return self.field() + "|windash" + base + affix, rng.choice(["-f", " /g -a", "cmd -x"])
        tail = rng.choice(["", "", "|all"])
        return self.field() + coding + base + affix + tail, several(rng, lambda: literal(rng), 2, 3)

    def windash_item(self):
        rng = self.rng
        tail = rng.choice(["", "|contains", "|contains", "|contains|all", "|startswith", "|endswith", "|neq"])
        head = "|contains|windash" if rng.random() < 0.1 else "|windash" + tail
        return self.field() + head, several(rng, lambda: dashed(rng), 2, 3)

    def cidr_item(self):
        rng = self.rng
        return "Addr|cidr" + rng.choice(["", "", "|neq", "|all"]), [rng.choice(NETWORKS) for _ in range(rng.randint(1, 3))]

    def fieldref_item(self):
        rng = self.rng
        tail = rng.choice(["", "", "|contains", "|startswith", "|endswith", "|neq", "|contains|neq"])
        return self.field() + "|fieldref" + tail, several(rng, self.field, 1, 2)

    def exists_item(self):
        return self.rng.choice(TEXT_FIELDS + ["F", "N", "Nowhere"]) + "|exists", self.rng.random() < 0.5

    def time_item(self):
        rng = self.rng
        part, values = rng.choice([
            ("minute", [0, 10, 7, 59]), ("hour", [0, 5, 10, 22, 23]), ("day", [1, 25, 29, 30]), ("week", [1, 13, 53]),
            ("month", [1, 2, 3, 12]), ("year", [1601, 2016, 2021, 2024]),
        ])  # fmt: skip
        tail = rng.choice(["", "", "", "|gt", "|gte", "|lt", "|lte", "|neq"])
        field = rng.choice(["Stamp", "Stamp", "Stamp", "ts"])
        return f"{field}|{part}{tail}", several(rng, lambda: rng.choice(values[1:-1] if tail in ("|gt", "|lt", "|gte", "|lte") else values))

    def expand_item(self):
        rng = self.rng
        values = ["%one%", "%two%", "x%two%", "%one%%two%", r"\%one%", "%wild%", "%slash%", "%pct%", "a*%one%", "100%", "%two%-%one%?"]
        return self.field() + "|expand" + rng.choice(["", "|contains", "|startswith", "|contains|all"]), several(rng, lambda: rng.choice(values), 2, 2)

    def keyword(self):
        rng = self.rng
        words = ["foo", "whoami", "cmd*exe", "Él", "иван", "x-y", "a\\\\*", "straSSe", "ab\\*c", "ba?", "kill", " -f", 4688, 42, "\\\\\\\\", "日本"]
        return rng.choice(words)

    def keyword_item(self):
        rng = self.rng
        kind = rng.choice(["|all", "|contains|all", "|re", "|re|i", "|contains", "|windash", "|cased", "|base64offset|contains", "|expand"])
        if kind.startswith("|re"):
            return kind, several(rng, lambda: rng.choice(REGEXES[:12])[0])
        if kind == "|windash":
            return kind, [dashed(rng) + "w" for _ in range(2)]
        if kind == "|base64offset|contains":
            return kind, ["foobar", "Иван"]
        if kind == "|expand":
            return kind, ["%two%", "%slash%"]
        if kind == "|cased":
            return kind, [rng.choice(["foo", "Foo", "Bar", "él", "É?"]) for _ in range(2)]
        return kind, [self.keyword() for _ in range(rng.randint(1, 3))]

    def item(self):
        makers = [
            (30, self.text_item), (6, self.plain_item), (9, self.number_item), (3, self.bool_item), (4, self.plainscalar_item),
            (10, self.regex_item), (7, self.encoded_item), (8, self.windash_item), (5, self.cidr_item), (6, self.fieldref_item),
            (4, self.exists_item), (7, self.time_item), (5, self.expand_item), (4, self.keyword_item),
        ]  # fmt: skip
        return self.rng.choices([maker for _, maker in makers], [weight for weight, _ in makers])[0]()

    def mapping(self):
        return dict(self.item() for _ in range(self.rng.choice([1, 1, 1, 2, 2, 3])))

    def selection(self):
        rng = self.rng
        dice = rng.random()
        if dice < 0.72:
            return self.mapping()
        if dice < 0.86:
            return [self.mapping() for _ in range(rng.randint(1, 3))]
        if dice < 0.94:
            return [self.keyword() for _ in range(rng.randint(1, 3))]
        if dice < 0.96:
            return self.keyword()
        if dice < 0.98:
            return [self.keyword(), self.mapping()]
        return [[self.keyword(), self.keyword()], self.keyword()]

    def expression(self, names):
        rng = self.rng
        visible = [name for name in names if not name.startswith("_")]

        def leaf():
            options = [rng.choice(names)] * 5
            for pattern_text, possible in (
                ("them", visible), ("sel*", [n for n in visible if n.startswith("sel")]), ("*a", [n for n in visible if n.endswith("a")]),
                ("_*", [n for n in names if n.startswith("_")]), ("s*_*", [n for n in visible if n.startswith("s") and "_" in n]),
                ("*", visible), ("filter*", [n for n in visible if n.startswith("filter")]),
            ):  # fmt: skip
                if possible:
                    options.append(rng.choice(["1 of ", "all of ", "any of "]) + pattern_text)
            return rng.choice(options)

        def tree(depth):
            dice = rng.random()
            if depth == 0 or dice < 0.35:
                return leaf()
            if dice < 0.5:
                return "not " + rng.choice([leaf(), f"({tree(depth - 1)})", "not " + leaf()])
            space = rng.choice([" ", " ", "  ", "\n"])
            joined = tree(depth - 1) + space + rng.choice(["and", "or"]) + " " + tree(depth - 1)
            return f"({joined})" if rng.random() < 0.4 else joined

        return tree(rng.choice([0, 1, 1, 2, 3]))

    def condition(self, names):
        if self.rng.random() < 0.92:
            return self.expression(names)
        return [self.expression(names) for _ in range(self.rng.randint(1, 3))]

    def detection(self):
        rng = self.rng
        pool = ["sel", "sel_a", "sel_b", "selection", "filter_main", "filter-x", "_hidden", "_sel", "notes", "order", "android", "1st", "a"]
        names = rng.sample(pool, rng.choice([1, 1, 2, 2, 3, 4]))
        body = {name: self.selection() for name in names}
        body["condition"] = self.condition(names)
        return body

    def head(self, number):
        return {
            "title": f"rule {number}", "id": new_id(self.rng), "status": "test", "level": self.rng.choice(oracle.LEVELS),
            "logsource": self.rng.choice([{"product": "test", "service": "flat"}] * 8 + [{"product": "Test"}, {"service": "flat"},
                {"product": "test", "service": "flat", "definition": "anything"}, {"product": "test", "service": "other"}]),
        }  # fmt: skip

    def rule(self, number):
        return {**self.head(number), "detection": self.detection(), "custom": ["unknown", "keys"]}

    def rule_file(self, number):
        """One file: mostly one rule, sometimes several documents or a rule collection (1.1, 1.2)."""
        rng = self.rng
        dice = rng.random()
        if dice < 0.93:
            return write_yaml(rng, self.rule(number))
        if dice < 0.96:
            return write_yaml(rng, self.rule(number), self.rule(number))
        common = {"action": "global", "logsource": {"product": "test", "service": "flat"}, "level": "low",
                  "detection": {"shared": self.selection()}}  # fmt: skip
        first = {"title": f"first {number}", "id": new_id(rng), "detection": {"own": self.selection(), "condition": "shared or own"}}
        repeat = {"action": "repeat", "title": f"repeat {number}", "id": new_id(rng), "detection": {"condition": "not shared and own"}}
        documents = [common, first] + ([repeat] if rng.random() < 0.6 else [])
        if rng.random() < 0.5:
            documents += [{"action": "reset"}, self.rule(number)]
        return write_yaml(rng, *documents)

    # --- rules that must not load -----------------------------------------------------------------

    def broken_file(self, number):
        """A rule that is right but for one thing."""
        rng = self.rng
        rule = self.rule(number)
        rule["logsource"] = {"product": "test", "service": "flat"}
        kind = rng.choice(self.BROKEN)
        if isinstance(kind, tuple):  # one bad item
            rule["detection"] = {"sel": {kind[0]: kind[1], "A": "x"}, "condition": "sel"}
        elif kind.startswith("condition "):
            rule["detection"] = {"sel": {"A": "x"}, "sel_b": {"B": "y"}, "_c": {"C": "z"}, "condition": kind[len("condition ") :]}
        elif kind.startswith("drop "):
            del rule[kind[len("drop ") :]]
        elif kind == "no condition":
            rule["detection"] = {"sel": {"A": "x"}}
        elif kind == "no identifier":
            rule["detection"] = {"condition": "sel"}
        elif kind == "empty condition list":
            rule["detection"]["condition"] = []
        elif kind == "empty mapping":
            rule["detection"] = {"sel": {}, "condition": "sel"}
        elif kind == "unused but wrong":
            rule["detection"] = {"sel": {"A": "x"}, "other": {"A|bogus": "x"}, "condition": "sel"}
        elif kind == "level":
            rule["level"] = "urgent"
        elif kind == "status":
            rule["status"] = "done"
        elif kind == "id":
            rule["id"] = "not-a-uuid"
        elif kind == "action":
            rule["action"] = "merge"
        elif kind == "duplicate id":
            return write_yaml(rng, rule, {**self.rule(number), "id": rule["id"]})
        elif kind == "duplicate name":
            return write_yaml(rng, {**rule, "name": f"n{number}"}, {**self.rule(number), "name": f"n{number}"})
        elif kind == "duplicate key":
            return self._twice(rule)
        elif kind == "yaml":
            return "title: x\n  detection: [\n"
        return write_yaml(rng, rule)

    @staticmethod
    def _twice(rule):
        rule["detection"] = {"sel": {"A": "x"}, "condition": "sel"}
        text = yaml.dump(rule, Dumper=_Dumper, sort_keys=False, default_flow_style=False)
        return text.replace("    A: x\n", "    A: x\n    A: y\n")

    BROKEN = [
        ("F|containz", "x"), ("F||contains", "x"), ("F|", "x"), ("F|contains|re", "x"), ("F|contains|base64", "x"), ("F|base64", "a*"),
        ("F|base64offset|contains", ["ok!", "a?"]), ("F|wide|base64", "a*"), ("F|gt", "5"), ("F|gt", [5, "6"]), ("F|lt", None),
        ("F|contains", None), ("F|neq", None), ("F|contains", True), ("F|startswith", [True]), ("F|cased", 5), ("F|windash", 5),
        ("F|re", 5), ("F|re", "("), ("F|re", "[a"), ("F|re", "a{2,1}"), ("F|re", "*a"), ("F|re|cased", "x"), ("F|i", "x"),
        ("F|contains|i", "x"), ("F|exists", "true"), ("F|exists", 1), ("F|exists|neq", True), ("F|exists|contains", True),
        ("F|cidr", "10.0.0.1/8"), ("F|cidr", "10.0.0.0/33"), ("F|cidr", "name"), ("F|cidr|contains", "10.0.0.0/8"), ("F|cidr", 10),
        ("F|cidr", "10.*"), ("F|cidr", "fe80::1/10"), ("F|cidr", "::/129"), ("F|fieldref", "G*"), ("F|contains|fieldref", "G"),
        ("F|fieldref", 5), ("F|expand", "%nobody%"), ("F|expand", ["foo", "x%nobody%"]), ("F|expand", 5), ("F|minute", 60),
        ("F|hour", 24), ("F|day", 0), ("F|day", 32), ("F|week", 54), ("F|month", 13), ("F|hour", "5"), ("F|hour|contains", 5),
        ("F|gt|hour", 5), ("F", {"G": "x"}), ("F", ["x", {"G": "y"}]), ("F|contains|gt", 5), ("F|re|windash", "x"),
        ("|exists", True), ("|gt", 5), ("|cidr", "10.0.0.0/8"), ("|fieldref", "G"), ("F|minute", -1), ("F|fieldref|re", "G"),
        "condition sel and", "condition (sel", "condition sel)", "condition sel sel_b", "condition or sel", "condition selx",
        "condition sel and 1 of typo*", "condition 2 of sel*", "condition not", "condition sel AND sel_b", "condition sel OR sel_b",
        "condition NOT sel", "condition 1 of", "condition sel | count() > 5", "condition sel | near sel_b", "condition ()",
        "condition sel &&  sel_b", "condition all of _x*", "condition ", "condition SEL", "condition 1 of SEL*", "condition sel and not",
        "condition ! sel", "condition sel, sel_b", "condition none of sel*",
        "drop title", "drop logsource", "drop detection", "no condition", "no identifier", "empty condition list", "empty mapping",
        "unused but wrong", "level", "status", "id", "action", "duplicate id", "duplicate name", "duplicate key", "yaml",
    ]  # fmt: skip

    # --- filters ----------------------------------------------------------------------------------

    def filter_file(self, number, identities):
        """A filter for some of the rules, for any, or for a log source that covers none (10)."""
        rng = self.rng
        names = rng.sample(["selection", "sel", "sel_b", "_sel", "filter_main"], rng.randint(1, 3))
        rules = rng.choice([rng.sample(identities, min(3, len(identities))), rng.choice(identities)])
        source = rng.choice([{"product": "test", "service": "flat"}, {"product": "test"}, {"product": "windows"},
                             {"product": "test", "category": "process_creation"}])  # fmt: skip
        if rng.random() < 0.15:
            rules, source = rng.choice(["any", "Any", []]), rng.choice([{"product": "linux"}, {"service": "flat"}])
        body = {"rules": rules, **{name: self.selection() for name in names}}
        body["condition"] = rng.choice(["not ", ""]) + f"({self.expression(names)})"
        return write_yaml(rng, {"title": f"filter {number}", "id": new_id(rng), "logsource": source, "filter": body})

    # --- events -----------------------------------------------------------------------------------

    def example(self, test):
        """A value that probably satisfies one compiled test of the oracle."""
        rng = self.rng
        if isinstance(test, oracle.Text):
            out = ""
            for token in test.tokens:
                if token is oracle.STAR:
                    out += rng.choice(["", "", "x", "\n", stems(rng)])
                elif token is oracle.ONE:
                    out += rng.choice(["x", "é", "😀", "\n", "*"])
                elif token is oracle.DASH:
                    out += rng.choice(oracle.DASHES)
                else:
                    out += other_case(rng, token) if rng.random() < 0.15 else token
            return out
        if isinstance(test, oracle.Raw):
            return rng.choice(["", "x"]) + test.data.decode("utf-8", "replace") + rng.choice(["", "y"])
        if isinstance(test, oracle.Regex):
            return rng.choice(self.samples[test.pattern])
        if isinstance(test, oracle.Number) or isinstance(test, oracle.Compare):
            return self.number(test.number)
        if isinstance(test, oracle.Boolean):
            return rng.choice([True, False, "true", "TRUE", "False"])
        if isinstance(test, oracle.Network):
            return self.address(test.network)
        if isinstance(test, oracle.TimePart):
            return rng.choice(STAMPS)
        return None

    def number(self, number):
        rng = self.rng
        value = number + rng.choice([0, 0, 0, 1, -1])
        value = int(value) if value == int(value) else value
        fits = -(2**63) <= value < 2**64 if isinstance(value, int) else True
        return value if fits and rng.random() < 0.6 else format(value, "d" if isinstance(value, int) else "f")

    def address(self, network):
        rng = self.rng
        try:
            address = network.network_address + rng.randint(-1, min(network.num_addresses, 2**40))
        except ValueError:
            return rng.choice(ADDRESSES)
        text = str(address)
        if network.version == 4 and rng.random() < 0.2:
            text = "::ffff:" + text
        if network.version == 6 and rng.random() < 0.3:
            text = text.upper() + rng.choice(["", "%3"])
        return text

    def mutated(self, value):
        rng = self.rng
        if not isinstance(value, str) or rng.random() < 0.55:
            return value
        at = rng.randrange(len(value) + 1)
        here = value[at : at + 1]
        return rng.choice([
            lambda: value[:at] + other_case(rng, here) + value[at + 1 :] if here else value,
            lambda: "".join(other_case(rng, char) for char in value),
            lambda: rng.choice(["x", " ", "\\", "\n", "é"]) + value,
            lambda: value + rng.choice(["x", " ", "\\", "\n", "é", "*"]),
            lambda: value[:at] + value[at + 1 :],
            lambda: value[:at] + rng.choice(["z", "-", "é", "\\"]) + value[at + 1 :],
            lambda: value.replace("-", rng.choice(oracle.DASHES)),
            lambda: value.replace("\\", "\\\\"),
            lambda: value[:at] + rng.choice(["", "q", "\n"]) + value[at:],
        ])()  # fmt: skip

    def background(self, field):
        """A value for a field that no rule asked for."""
        rng = self.rng
        if field in NUMBER_FIELDS:
            return rng.choice(NUMBERS) if rng.random() < 0.6 else rng.choice(NUMBER_TEXTS)
        if field == "F":
            return rng.choice([True, False, "true", "False", "x", None])
        if field == "Addr":
            return rng.choice(ADDRESSES)
        if field == "Stamp":
            return rng.choice(STAMPS)
        dice = rng.random()
        if dice < 0.08:
            return ""
        if dice < 0.14:
            return None
        if dice < 0.2:
            return rng.choice([4688, 5, 42, True, False, Decimal("1.5")])
        if dice < 0.6:
            return rng.choice(WORDS)
        return stems(rng)

    def event(self, rules, number):
        """Made to please some selections of some rules, then spoilt a little."""
        rng = self.rng
        fields = {}
        for rule in rng.sample(rules, min(len(rules), rng.randint(1, 4))):
            for selection in rule.detection.selections.values():
                if rng.random() < 0.8:
                    for item in rng.choice(selection.choices):
                        self._please(item, fields)
        for field in TEXT_FIELDS + NUMBER_FIELDS + ["F", "Addr", "Stamp"]:
            if field not in fields and rng.random() < 0.45:
                fields[field] = self.background(field)
        for field in list(fields):
            dice = rng.random()
            if dice < 0.03:
                fields[field] = None
            elif dice < 0.05:
                fields[field] = "" if field not in NUMBER_FIELDS else 0
            elif dice < 0.07:
                del fields[field]
            elif dice < 0.13 and field in TEXT_FIELDS:
                extra = [self.background(field) for _ in range(rng.randint(0, 2))]
                own = fields[field] if isinstance(fields[field], list) else [fields[field]]
                fields[field] = rng.sample(own + extra, len(own + extra))
        return self._nested(fields, number)

    def _please(self, item, fields):
        rng = self.rng
        if item.exists is not None or not item.groups or rng.random() < 0.1:
            return
        field = item.field or rng.choice(TEXT_FIELDS)
        if field == "ts" or field == "Nowhere":
            return
        tests = [rng.choice(group) for group in (item.groups if item.conjunction else [rng.choice(item.groups)])]
        references = [test for test in tests if isinstance(test, oracle.Reference)]
        if references:
            value = self.background(field)
            fields[field] = value
            suffix = stems(rng, 0, 1) if references[0].before or references[0].after else ""
            if isinstance(value, str):
                fields[field] = rng.choice([value + suffix, suffix + value])
            fields[references[0].field] = self.mutated(value)
            return
        values = [self.mutated(self.example(test)) for test in tests]
        if item.field == "" and rng.random() < 0.5:
            for value in values:
                fields[rng.choice(TEXT_FIELDS)] = value
        elif len(values) == 1:
            fields[field] = values[0]
        elif all(isinstance(value, str) for value in values) and rng.random() < 0.6:
            fields[field] = rng.choice(["", " ", "x"]).join(rng.sample(values, len(values)))
        else:
            fields[field] = values

    def _nested(self, fields, number):
        """Dotted names become literal keys, objects, arrays of objects, {Name, Value} lists (2.4)."""
        rng = self.rng
        moment = datetime.datetime(2024, 3, 25, 22) + datetime.timedelta(seconds=rng.randrange(40000000))
        record = {"lw_test": 1, "ts": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "eid": name_of(number)}
        for field, value in fields.items():
            top, *path = field.split(".")
            if not path or rng.random() < 0.2:
                record[field] = value
            elif top == "Obj":
                place = record.setdefault("Obj", {})
                for key in path[:-1]:
                    place = place.setdefault(key, {})
                place[path[-1]] = value
            elif top == "Lst":
                values = value if isinstance(value, list) else [value]
                record["Lst"] = [{"x": one} for one in values] + rng.choice([[], [{"y": "other"}]])
            else:
                record["Nv"] = rng.sample([{"Name": "alpha", "Value": value}, {"Name": "beta", "Value": "other"}], 2)
        if rng.random() < 0.5:
            rest = [key for key in record if key not in ("lw_test",)]
            record = {"lw_test": 1, **{key: record[key] for key in rng.sample(rest, len(rest))}}
        return record


def name_of(number):
    """An eid in digits that occur in no pattern."""
    return "".join("〇一二三四五六七八九"[int(digit)] for digit in str(number))


class _Exact(json.JSONEncoder):
    """Writes Decimal as the number it is."""

    def default(self, o):
        return float(o)


# "@1e3@" in a record stands for the number 1e3 in this spelling.
_SPELT = re.compile(r'"@([-+.0-9eE]+)@"')


def write_event(rng, record):
    text = json.dumps(record, ensure_ascii=rng.random() < 0.3, cls=_Exact, separators=rng.choice([(",", ":"), (", ", ": ")]))
    return _SPELT.sub(r"\1", text)


# --- the same values again and again ---------------------------------------------------------------


class RepeatMaker(Maker):
    """Few fields with few values, under several names; keywords of every type, and fields that no rule names."""

    FIELDS = ["A", "B", "C", "J"]
    # By log source: names of fields, and what each is made of: another field, several, or a template of two (docs/kinds.md).
    SOURCES = [
        ({"product": "test", "service": "named"}, {}),
        ({"product": "test", "category": "renamed"}, {"A": "B", "B": "A", "J": "C"}),
        ({"product": "test", "category": "joined"}, {"A": ["B", "C"], "C": ["C", "Late"], "J": "{A}-{B}"}),
        ({"product": "test", "category": "both", "service": "x"}, {"J": ["{B}-{A}", "Late", "A"], "B": "Late"}),
    ]
    SPELLINGS = ["1e3", "1E3", "1.0", "1.50", "-0", "0.1e1", "100e-2", "4.688e3", "46880e-1", "1000", "1", "4688", "-3", "1.5", "12345678901234567890"]
    LOOSE = ["Late", "X1", "X2", "X3"]  # never named by a rule of the records' own names, but for Late by an alias

    def __init__(self, rng):
        super().__init__(rng)
        self.samples.update({text: [self.chained(text) for _ in range(6)] for text in CHAINS})
        self.few = {field: [self.few_value() for _ in range(rng.randint(3, 12))] for field in self.FIELDS[:3] + self.LOOSE[:1]}

    def chained(self, expression):
        """A text that an expression of CHAINS speaks of, more or less."""
        parts = [part.replace("\\", "") for part in re.split(r"\.[*+]\??", expression)]
        glue = ["", "", "x", "\n", "\r", "\r\n\n", "é"]
        return "".join(self.rng.choice(glue) + self.rng.choice([part, part, part + "\n" + part, part[:1]]) for part in parts) + self.rng.choice(glue)

    def few_value(self):
        rng = self.rng
        dice = rng.random()
        if dice < 0.5:
            return rng.choice(WORDS)
        if dice < 0.75:
            return stems(rng)
        return rng.choice([4688, 1, 1000, 42, True, False, None, "", "true", "1000", "a\nb", "ab", "foo\r\nbar", "cmd-é"])

    def kind(self):
        """The kind file of these events."""
        sources = []
        for source, names in self.SOURCES:
            sources.append({**source, **({"fields": names} if names else {})})
        kinds = [{"kind": "test/named", "title": "values that repeat themselves", "reader": "json", "when": {"lw_named": {"present": True}},
                  "time": "ts", "logsources": sources},
                 {"kind": "test/large", "title": "what fills the memory", "reader": "json", "when": {"lw_large": {"present": True}},
                  "time": "ts", "logsources": [{"product": "large"}]}]  # fmt: skip
        return yaml.safe_dump_all(kinds, sort_keys=False)

    def field(self):
        return self.rng.choice(self.FIELDS)

    def keyword(self):
        return self.rng.choice([
            "foo", "cmd", "*", "?", "4?88", 4688, 1000, "1e3", "1E3", "1.5", Decimal("1.5"), "0", "-", "e", "E", ".", "tru?", True, False, "f*e", "k", "a\nb",
            "x-y", "Él", KELVIN, "00", "46*8", "-3", "whoami", "1", "true1", "s", LONG_S, "\\?", "lw", "T", "2024",
        ])  # fmt: skip

    def keyword_item(self):
        rng = self.rng
        kind = rng.choice(["|all", "|re", "|re|i", "|re|s", "|re", "|contains", "|cased", "|cased", "|windash", "|base64offset|contains", "|wide", "|neq", "|base64"])
        if kind.startswith("|re"):
            return kind, several(rng, lambda: rng.choice(list(CHAINS) + [entry[0] for entry in REGEXES if entry[0] != "^"]))
        if kind == "|cased":
            return kind, several(rng, lambda: rng.choice(["foo", "True", "true", "1e3", "1E3", "T", "t?ue", KELVIN, "k", "É?", "1000", "4*8", "E"]))
        if kind == "|windash":
            return kind, [dashed(rng) + "w" for _ in range(2)]
        if kind in ("|base64offset|contains", "|base64", "|wide"):
            return kind, several(rng, lambda: rng.choice(["foobar", "é", "a", "fals", "cmd"]), 2, 3)
        return kind, several(rng, self.keyword)

    def regex_item(self):
        rng = self.rng
        flags = rng.choice(["", "", "|i", "|s", "|i|s"])
        return self.field() + "|re" + flags + rng.choice(["", "", "|neq"]), several(rng, lambda: rng.choice(CHAINS))

    def crowd_item(self):
        """A choice of many: asked in one scan."""
        rng = self.rng
        return self.field() + rng.choice(["", "|contains", "|startswith", "|endswith"]), [
            rng.choice([spelled(rng, rng.choice(WORDS)), "1000", "00", "8", "ru", "e", "x-y", "1.5", stems(rng, 1, 1).replace("?", "").replace("*", "") or "z"])
            for _ in range(rng.randint(6, 12))
        ]  # fmt: skip

    def item(self):
        dice = self.rng.random()
        if dice < 0.14:
            return self.keyword_item()
        if dice < 0.24:
            return self.crowd_item()
        if dice < 0.34:
            return self.regex_item()
        if dice < 0.42:
            return self.rng.choice(self.FIELDS + ["Nowhere"]), self.rng.choice([None, [None, "foo"], "", "*", 4688, True, 1000, [1, "x"]])
        return super().item()

    def condition(self, names):
        made = super().condition(names)
        return f"not ({made})" if isinstance(made, str) and self.rng.random() < 0.15 else made

    def head(self, number):
        source = self.rng.choice([{"product": "test"}] * 3 + [source for source, _ in self.SOURCES] + [{"service": "x"}, {"category": "joined"}])
        return {"title": f"rule {number}", "id": new_id(self.rng), "level": "low", "logsource": source}

    def record(self, rules, late):
        """late: fields that no earlier record had may come."""
        rng = self.rng
        fields = {field: rng.choice(values) for field, values in self.few.items() if rng.random() < 0.75 and (late or field != "Late")}
        if rng.random() < 0.3:
            rule = rng.choice(rules)
            for selection in rule.detection.selections.values():
                for item in rng.choice(selection.choices):
                    self._please(item, fields)
        for field in list(fields):
            if rng.random() < 0.08:
                own = fields[field] if isinstance(fields[field], list) else [fields[field]]
                fields[field] = own + [rng.choice(self.few.get(field, self.few["A"])) for _ in range(rng.randint(1, 3))]
        for field in self.LOOSE[1 : 4 if late else 3]:
            if rng.random() < 0.6:
                fields[field] = rng.choice([f"@{rng.choice(self.SPELLINGS)}@", f"@{rng.choice(self.SPELLINGS)}@", True, False, None, "foo", "Él", 4688, "K"])
        return {"lw_named": 1, "ts": "2024-03-25T22:10:00Z", **fields}


class NamedEvent(oracle.Event):
    """An event as rules of one of RepeatMaker.SOURCES see it."""

    def __init__(self, record, names):
        super().__init__(record)
        self.names = names

    def _texts(self, field):
        return [value if isinstance(value, str) else oracle.spelling(value) for value in super().values(field) if value is not None]

    def values(self, field):
        made = self.names.get(field)
        if made is None or (isinstance(made, str) and "{" not in made):
            return super().values(made or field)
        out = []
        for source in made if isinstance(made, list) else [made]:
            if "{" not in source:
                out += self._texts(source)
                continue
            first, second = (self._texts(name) for name in re.findall(r"{(\w+)}", source))
            if first and second and not {first[0], second[0]} & {"", "-"}:  # nothing of nothing (docs/kinds.md)
                out.append(first[0] + "-" + second[0])
        return out


# --- correlations ---------------------------------------------------------------------------------


class CorrelationMaker:
    """A few detection rules, many correlations over them, and a timeline rich in edges of windows."""

    BASES = ["alpha", "beta", "gamma", "delta"]
    SPANS = [(5, "5s"), (60, "1m"), (60, "60s"), (600, "10m"), (3600, "1h")]

    def __init__(self, rng):
        self.rng = rng
        self.ids = {name: new_id(rng) for name in self.BASES}
        self.spans = rng.sample(self.SPANS, 2)
        self.number = 0

    def bases(self):
        """Rules that overlap: an event may serve several."""
        selections = {
            "alpha": {"K|contains": "a"}, "beta": {"K|contains": "b"}, "gamma": {"K": ["c", "cb"]}, "delta": {"K|contains|all": ["a", "d"]},
        }  # fmt: skip
        return [
            {"title": name, "name": name, "id": self.ids[name], "level": "low", "logsource": {"product": "test", "service": "flat"},
             "detection": {"sel": selections[name], "condition": "sel"}}
            for name in self.BASES
        ]  # fmt: skip

    def reference(self, name):
        return self.ids[name] if name in self.ids and self.rng.random() < 0.4 else name

    def _document(self, body):
        self.number += 1
        name = f"corr_{self.number}"
        self.ids[name] = new_id(self.rng)
        document = {"title": f"correlation {self.number}", "name": name, "id": self.ids[name], "level": "high", "correlation": body}
        if self.rng.random() < 0.3:
            (body if self.rng.random() < 0.5 else document)["generate"] = self.rng.random() < 0.7
        return document

    def _grouped(self, body, names):
        rng = self.rng
        body["group-by"] = rng.choice([["U"], ["U"], ["U", "H"], ["H"]])
        if rng.random() < 0.3:
            body["aliases"] = {"who": {name: rng.choice(["U", "U2"]) for name in rng.sample(names, rng.randint(1, len(names)))}}
            body["group-by"] = rng.choice([["who"], ["who", "H"]])
        elif rng.random() < 0.15:
            del body["group-by"]
        return body

    def correlation(self):
        rng = self.rng
        kind = rng.choice(["event_count"] * 4 + ["value_count"] * 3 + ["value_sum"] * 2 + ["value_avg", "value_median"]
                          + ["value_percentile"] * 2 + ["temporal"] * 4 + ["temporal_ordered"] * 3)  # fmt: skip
        names = rng.sample(self.BASES, rng.randint(2, 4) if kind.startswith("temporal") else rng.randint(1, 3))
        body = {"type": kind, "rules": [self.reference(name) for name in names], "timespan": rng.choice(self.spans)[1]}
        if len(names) == 1 and rng.random() < 0.3:
            body["rules"] = body["rules"][0]
        self._grouped(body, names)
        condition = self._condition(kind, body, names)
        if condition is not None:
            body["condition"] = condition
        return self._document(body)

    def _condition(self, kind, body, names):
        rng = self.rng
        rising = {rng.choice(["gte", "gt"]): rng.randint(1, 4)}
        falling = rng.choice([{"lt": rng.randint(2, 4)}, {"lte": rng.randint(1, 3)}, {"eq": rng.randint(1, 4)}, {"neq": rng.randint(1, 4)},
                              {"gte": rng.randint(1, 2), "lte": rng.randint(2, 4)}, {"gt": 1, "lt": rng.randint(3, 5)}])  # fmt: skip
        if kind == "event_count":
            return rng.choice([rising, rising, falling])
        if kind == "value_count":
            if rng.random() < 0.6:
                return {**rising, "field": rng.choice(["X", "X", ["X", "H"], "Y"])}
            return {**falling, "field": rng.choice(["Y", ["Y", "V"]])}
        if kind == "value_sum":
            if rng.random() < 0.15:
                body.pop("group-by", None)
                body.pop("aliases", None)
                return {"gt": rng.choice([-5, 0, 10]), "field": "Z"}  # Z may be negative: one group only
            if rng.random() < 0.6:
                return {rng.choice(["gte", "gt"]): rng.choice([5, 20, Decimal("30.5")]), "field": "W"}
            return {rng.choice(["lt", "lte", "neq"]): rng.choice([5, 20, 40]), "field": "V"}
        if kind in ("value_avg", "value_median"):
            return {rng.choice(["gt", "gte", "lt", "lte"]): rng.choice([3, 5, Decimal("5.5"), 8]), "field": "V"}
        if kind == "value_percentile":
            if rng.random() < 0.4:
                return {rng.choice(["lt", "lte", "gt", "gte"]): rng.choice([10, 25, 33, 50, Decimal("12.5")]), "field": "Y"}
            return {"percentile": rng.choice([1, 10, 25, 75, 90, 95, 99, 100]), rng.choice(["gt", "lt", "gte", "lte"]): rng.choice([3, 5, 8]), "field": "V"}
        dice = rng.random()
        if dice < 0.45:
            return None
        if dice < 0.7 or kind == "temporal_ordered":
            return {"gte": rng.randint(1, len(names))} if rng.random() < 0.7 else {"gt": rng.randint(0, len(names) - 1)}
        if dice < 0.8:
            return rng.choice([{"lt": len(names)}, {"eq": 1}, {"lte": 1}])
        expression = names[0]
        for name in names[1:]:
            expression = f"{expression} {rng.choice(['and', 'or', 'and not', 'or'])} {name}"
            if rng.random() < 0.3:
                expression = f"({expression})"
        body["rules"] = names
        if rng.random() < 0.3:
            del body["rules"]
        return expression

    def chain(self):
        """A correlation over sliding correlations, all grouped by U."""
        rng = self.rng
        inner = []
        for _ in range(rng.randint(1, 2)):
            names = rng.sample(self.BASES, rng.randint(1, 2))
            inner.append(self._document({
                "type": "event_count", "rules": [self.reference(name) for name in names], "group-by": ["U"],
                "timespan": self.spans[0][1], "condition": {"gte": rng.randint(2, 3)},
            }))  # fmt: skip
        names = [document["name"] for document in inner] + rng.sample(self.BASES, rng.randint(0 if len(inner) > 1 else 1, 1))
        rng.shuffle(names)
        kind = rng.choice(["temporal", "temporal_ordered", "event_count"])
        body = {"type": kind, "rules": [self.reference(name) for name in names], "group-by": ["U"], "timespan": self.spans[1][1]}
        if kind == "event_count":
            body["condition"] = {"gte": 2}
        documents = inner + [self._document(body)]
        return documents[::-1] if rng.random() < 0.5 else documents

    def broken(self):
        rng = self.rng
        good = {"type": "event_count", "rules": ["alpha"], "group-by": ["U"], "timespan": "1m", "condition": {"gte": 2}}
        change = rng.choice([
            {"type": "event_sum"}, {"rules": ["nobody"]}, {"rules": []}, {"timespan": "0s"}, {"timespan": "-5m"}, {"timespan": "1h30m"},
            {"timespan": "10"}, {"timespan": "5x"}, {"timespan": None}, {"condition": None}, {"condition": "alpha and beta"},
            {"condition": {"gte": "many"}}, {"type": "value_count"}, {"type": "value_sum"}, {"type": None}, {"rules": ["corr_self"]},
            {"type": "temporal", "rules": ["alpha", "beta"], "condition": "alpha"}, {"type": "temporal", "rules": ["alpha"], "condition": "alpha and beta"},
            {"type": "temporal", "rules": ["alpha", "beta"], "condition": "alpha and (beta"}, {"type": "temporal", "rules": ["alpha", "nobody"]},
            {"type": "value_avg", "condition": {"gte": 2}}, {"condition": {"field": "X"}}, {"condition": {"above": 3}},
        ])  # fmt: skip
        body = {key: value for key, value in {**good, **change}.items() if value is not None}
        document = self._document(body)
        if body["rules"] == ["corr_self"]:
            document["name"] = "corr_self"
        document.pop("generate", None)
        body.pop("generate", None)
        return document

    def events(self, count):
        """Times cluster, and often lie exactly a timespan (or a little more) after an earlier one."""
        rng = self.rng
        second = 10**9
        start = 1711361400 * second
        times, out = [start], []
        for number in range(count):
            span = rng.choice(self.spans)[0] * second
            dice = rng.random()
            if dice < 0.35:
                when = rng.choice(times) + span + rng.choice([0, 0, 1000, -1000, second, -second])
            elif dice < 0.7:
                when = rng.choice(times[-20:]) + rng.randrange(span)
            elif dice < 0.78:
                when = rng.choice(times)
            else:
                when = max(times[-10:]) + rng.choice([1, 3, 10]) * span // rng.choice([1, 2, 4])
            times.append(when)
            whole, part = divmod(when, second)
            text = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
            text += (f".{part:09d}".rstrip("0") if part else "") + "Z"
            record = {"lw_test": 1, "ts": text, "eid": name_of(number), "K": rng.choice(["a", "A", "b", "c", "cb", "ab", "ad", "abd", "x"]),
                      "V": rng.choice([1, 2, 3, 5, 8, 13, "5", "8"]), "Y": rng.choice(["v", "V", "w", "É", "é", "z"]),
                      "Z": rng.choice([-7, -1, 4, 9])}  # fmt: skip
            dice = rng.random()
            if dice < 0.02:
                del record["ts"]
            elif dice < 0.03:
                record["ts"] = rng.choice(["yesterday", "", "2024-02-30T00:00:00Z"])
            for field, choices in (
                ("U", ["ann", "ANN", "bob", "Él", "éL", "eve", "", None, ["bob", "eve"]]), ("U2", ["ann", "bob", "Bob", None]),
                ("H", ["h1", "H1", "h2", 7]), ("X", ["p", "P", "q", "r", None]), ("W", [5, 9, "11", "n/a", 0]),
            ):  # fmt: skip
                if rng.random() < 0.92:
                    record[field] = rng.choice(choices)
            out.append(record)
        return out
