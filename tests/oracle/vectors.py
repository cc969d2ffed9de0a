"""vectors: section 12 of the Sigma semantics as a table, and further vectors for sentences of its text.

    vectors.py --binary build/longwatch      runs the table against the program
    test_oracle.py                           runs it against the oracle

A vector holds one file of rules. Detection vectors list events with the expected verdict of the file's
first rule; correlation vectors list timelines with the expected number of hits of the rule titled
"outer" and whether the inner rules may speak.
"""

import argparse
import datetime
import json
import pathlib
import sys
import tempfile

import correlation_oracle
import sigma_oracle

RULE_ID = "00000000-0000-4000-8000-000000000001"
OUTER_ID = "00000000-0000-4000-8000-0000000000ff"
LOAD_ERROR = "load error"
HEAD = "title: first\nid: " + RULE_ID + "\nlevel: low\nlogsource: {product: test, service: flat}\n"
START = 1711361400  # 2024-03-25T10:10:00Z


class Vector:
    def __init__(self, name, rules, cases, placeholders=None):
        self.name, self.rules, self.placeholders = name, rules, placeholders
        self.cases = LOAD_ERROR if LOAD_ERROR in cases else cases
        self.timelines = False


def _indent(text):
    return "".join("  " + line + "\n" for line in text.strip("\n").split("\n"))


def item(name, line, *cases, placeholders=None):
    """One field item as the whole selection."""
    return Vector(name, HEAD + "detection:\n  sel:\n" + _indent(_indent(line)) + "  condition: sel\n", cases, placeholders)


def detection(name, body, *cases, more=""):
    return Vector(name, HEAD + "detection:\n" + _indent(body) + more, cases)


def A(value):
    return {"A": value}


def timelines(name, correlation, *cases, rules=("r1", "r2"), more=""):
    """cases: (list of (seconds, fields), number of hits). Rule rN matches K: rN; all hits are of 'outer'."""
    documents = [
        f"title: {rule}\nname: {rule}\nid: 00000000-0000-4000-8000-00000000000{rule[1:]}\nlevel: low\n"
        "logsource: {product: test, service: flat}\n"
        f"detection: {{sel: {{K: {rule}}}, condition: sel}}\n"
        for rule in rules
    ]
    outer = f"title: outer\nid: {OUTER_ID}\nlevel: high\ncorrelation:\n" + _indent(correlation)
    vector = Vector(name, "---\n".join(documents + ([more] if more else []) + [outer]), cases)
    vector.timelines = True
    return vector


def ticks(*seconds, **fields):
    return [(second, {"K": "r1", **fields}) for second in seconds]


ABC = "a: {A: x}\nb: {B: x}\nc: {C: x}\n"
FILTER = (
    "---\ntitle: filter\nid: 00000000-0000-4000-8000-0000000000f1\nlogsource: {%s}\nfilter:\n  rules: %s\n"
    "  selection: {User|startswith: adm_}\n  condition: not selection\n"
)
FLAT = "product: test, service: flat"
# 73: ten failed logons of one user, then a successful one; both inner rules by name
CHAIN = (
    "title: many\nname: many\nlevel: low\ncorrelation:\n  type: event_count\n  rules: [r1]\n  group-by: [U]\n"
    "  timespan: 10m\n  condition: {gte: 10}\n"
)

VECTORS = [
    item("1 case", "A: abc", (A("ABC"), True)),
    item("2 whole value", "A: abc", (A("xabc"), False)),
    item("3 folding beyond ASCII", "A: É", (A("é"), True)),
    item("4 star takes line breaks", "A: 'a*c'", (A("a\nc"), True)),
    item("5 ? is a code point", "A: 'a?c'", (A("aéc"), True)),
    item("6 ? is not nothing", "A: 'a?c'", (A("ac"), False)),
    item("7 escaped star", r"A: 'a\*c'", (A("abc"), False), (A("a*c"), True)),
    item("8 backslash, wildcard", r"A: 'a\\*c'", (A("a\\xyzc"), True)),
    item("9 backslash, literal star", r"A: 'a\\\*c'", (A("a\\*c"), True), (A("a\\xc"), False)),
    item("10a single backslash", r"A: 'a\b'", (A("a\\b"), True)),
    item("10b double backslash", r"A: 'a\\b'", (A("a\\b"), True)),
    item("11 UNC", r"A: '\\\\srv'", (A("\\\\srv"), True)),
    item("12 two are one", r"A|startswith: '\\srv'", (A("\\\\srv\\x"), False), (A("\\srv"), True)),
    item("13 trailing backslash", r"A|contains: 'x\'", (A("ax\\b"), True), (A("ax*b"), False)),
    item("14 contains nothing", "A|contains: ''", (A(""), True), ({}, False), (A(None), False)),
    item("15 number", "A: 1", (A(1), True), (A("1"), True), (A("01"), False)),
    item("16 text against number", "A: '1'", (A(1), True)),
    item("17 boolean text", "A: true", (A("True"), True), (A(True), True), (A(False), False)),
    item("18 null", "A: null", ({}, True), (A(None), True), (A(""), False)),
    item("19 empty", "A: ''", ({}, False), (A(""), True)),
    item("20 exists", "A|exists: true", (A(None), True), ({}, False)),
    item("21 exists not", "A|exists: false", ({}, True), (A(None), False)),
    detection("22 not over missing", "sel: {A: x}\ncondition: not sel", ({}, True), (A("x"), False)),
    item("23 neq", "A|neq: [x, y]", (A("x"), False), (A("z"), True), ({}, True)),
    item("24 all", "A|contains|all: [a, b]", (A("xbya"), True), (A("xa"), False)),
    item("25 all, several values", "A|contains|all: [a, b]", (A(["xa", "xb"]), True)),
    item("26 cased", "A|cased: Ab", (A("ab"), False), (A("Ab"), True)),
    item("27 windash", "A|windash|contains: ' -f'", (A("x /f"), True), (A("x –f"), True), (A("x-f"), False)),
    item("28 windash inside a word", "A|windash: 'x-y -d'", (A("x-y /d"), True), (A("x/y -d"), False)),
    item("29 windash under all", "A|windash|contains|all: [' -a', ' -b']", (A("x /a –b"), True), (A("x /a"), False)),
    item("30 base64offset", "A|base64offset|contains: foobar", (A("xxZvb2Jhcyy"), True), (A("xxzvb2jhcyy"), False)),
    item("31 base64offset cut", "A|base64offset|contains: foo", (A("aZvbQQ"), True)),
    item(
        "32 base64offset counts bytes",
        "A|base64offset|contains: é",
        (A("xw6x"), True), (A("xOpx"), True), (A("xDqx"), True), (A("xW6x"), False),
    ),
    item("33 wide base64offset", "A|wide|base64offset|contains: IEX", (A("==kARQBYA=="), True)),
    item("34 wide base64", "A|wide|base64: cmd", (A("YwBtAGQA"), True)),
    item("35 re searches", "A|re: 'b.d'", (A("xbcdx"), True)),
    item("36 $ is the end", "A|re: '^b.d$'", (A("bcd\n"), False), (A("bcd"), True)),
    item("37a re is case-sensitive", "A|re: 'B'", (A("b"), False)),
    item("37b re|i", "A|re|i: 'B'", (A("b"), True)),
    item("38a dot and line break", "A|re: 'a.c'", (A("a\nc"), False)),
    item("38b re|s", "A|re|s: 'a.c'", (A("a\nc"), True)),
    item("39 re|m", "A|re|m: '^b'", (A("a\nb"), True)),
    item("40 contains|re", "A|contains|re: x", LOAD_ERROR),
    item("41 gt", "A|gt: 5", (A(6), True), (A("6"), True), (A("6.5"), True), (A("x"), False), ({}, False)),
    item("42 gt text", "A|gt: '5'", LOAD_ERROR),
    item("43 64 bits exactly", "A|gte: 9007199254740993", (A(9007199254740992), False), (A(9007199254740993), True)),
    item("44 hour as written", "A|hour: [22, 23]", (A("2024-03-25T22:10:00+13:00"), True), (A("later"), False)),
    item("45 cidr", "A|cidr: 10.0.0.0/8", (A("10.1.2.3"), True), (A("host"), False), (A("::ffff:10.1.2.3"), True)),
    item("46 cidr with zone", "A|cidr: fe80::/10", (A("FE80::1%12"), True)),
    item("47 cidr host bits", "A|cidr: 10.0.0.1/8", LOAD_ERROR),
    item("48 fieldref", "A|fieldref: B", ({"A": "x", "B": "X"}, True), (A("x"), False)),
    item("49 fieldref|endswith", "A|fieldref|endswith: B", ({"A": "abc", "B": "BC"}, True)),
    item("50 fieldref is text", "A|fieldref: B", ({"A": "abc", "B": "a*"}, False)),
    item("51 expand without value", "A|expand: '%x%'", LOAD_ERROR),
    item("52 expand", r"A|expand: '\%x%y%'", (A("%x2"), True), (A("%x3"), False), placeholders={"y": ["1", "2"]}),
    item("53 percent is text", "A: '%x%'", (A("%x%"), True)),
    detection("54 keyword", "sel: [foo]\ncondition: sel", ({"B": "a FOO b"}, True), ({"B": "fo"}, False)),
    item("55 keywords, all", "'|all': [foo, bar]", ({"A": "foo", "B": "bar"}, True), ({"A": "foo"}, False)),
    detection("56 precedence", ABC + "condition: a or b and c", (A("x"), True), ({"B": "x"}, False)),
    detection("57 not binds", ABC + "condition: not a and b", ({"B": "x"}, True), ({"A": "x", "B": "x"}, False)),
    detection(
        "58 hidden from patterns",
        "sel_a: {A: x}\n_sel_b: {B: x}\ncondition: 1 of sel*",
        ({"B": "x"}, False), (A("x"), True),
    ),
    detection(
        "58b hidden from patterns with a leading star",
        "sel_a: {A: x}\n_sel_b: {B: x}\ncondition: 1 of *sel*",
        ({"B": "x"}, False), (A("x"), True),
    ),
    detection("59 pattern with _", "sel_a: {A: x}\n_sel_b: {B: x}\ncondition: 1 of _*", ({"B": "x"}, True), (A("x"), False)),
    detection("60 pattern without match", "sel: {A: x}\ncondition: sel and 1 of typo*", LOAD_ERROR),
    detection("61 whole words", "notes: {A: x}\ncondition: notes", (A("x"), True), ({}, False)),
    timelines(
        "62-64 event_count",
        "type: event_count\nrules: [r1]\ntimespan: 10m\ncondition: {gte: 3}",
        (ticks(0, 300, 600), 1), (ticks(0, 300, 601), 0), (ticks(600, 300, 0), 1), (ticks(601, 300, 0), 0),
    ),
    timelines(
        "65 group-by folds, missing is no group",
        "type: event_count\nrules: [r1]\ngroup-by: [U]\ntimespan: 1m\ncondition: {gte: 3}",
        (ticks(0, U="a") + ticks(10, U="A") + ticks(20) + ticks(30, U="a"), 1),
        (ticks(0, U="a") + ticks(10, U="A") + ticks(20) + ticks(30, U=""), 0),
    ),
    timelines(
        "66 value_count folds",
        "type: value_count\nrules: [r1]\ntimespan: 1m\ncondition: {gte: 2, field: X}",
        (ticks(0, X="v") + ticks(1, X="V"), 0), (ticks(0, X="v") + ticks(1, X="w"), 1),
    ),
    timelines(
        "67 temporal grouped",
        "type: temporal\nrules: [r1, r2]\ngroup-by: [U]\ntimespan: 5m",
        ([(0, {"K": "r1", "U": "a"}), (1, {"K": "r2", "U": "b"})], 0),
        ([(0, {"K": "r1", "U": "a"}), (1, {"K": "r2", "U": "A"})], 1),
    ),
    timelines(
        "68 temporal_ordered",
        "type: temporal_ordered\nrules: [r1, r2]\ntimespan: 5m",
        ([(0, {"K": "r2"}), (1, {"K": "r1"})], 0), ([(0, {"K": "r1"}), (1, {"K": "r2"})], 1),
    ),
    timelines(
        "69 temporal with not",
        "type: temporal\ncondition: r1 and not r2\nrules: [r1, r2]\ntimespan: 5m",
        (ticks(0), 1), ([(0, {"K": "r1"}), (300, {"K": "r2"})], 0), ([(0, {"K": "r1"}), (301, {"K": "r2"})], 1),
    ),
    timelines(
        "70 value_sum",
        "type: value_sum\nrules: [r1]\ntimespan: 5m\ncondition: {gt: 1000, field: X}",
        (ticks(0, X=600) + ticks(1, X=500), 1), (ticks(0, X=600) + ticks(301, X=500), 0),
    ),
    timelines(
        "71 value_percentile",
        "type: value_percentile\nrules: [r1]\ntimespan: 5m\ncondition: {percentile: 95, gt: 1000, field: X}",
        (ticks(0, 1, 2, 3, X=1), 0), (ticks(0, 1, X=1) + ticks(2, X=1001), 1),
    ),
    timelines(
        "72 range",
        "type: event_count\nrules: [r1]\ntimespan: 5m\ncondition: {gt: 1, lte: 3}",
        (ticks(0, 1), 1), (ticks(0, 1, 2, 3), 0),
    ),
    timelines(
        "73 chain",
        "type: temporal_ordered\nrules: [many, r2]\ngroup-by: [U]\ntimespan: 10m",
        (ticks(*range(0, 300, 30), U="bob") + [(400, {"K": "r2", "U": "bob"})], 1),
        (ticks(*range(0, 270, 30), U="bob") + [(400, {"K": "r2", "U": "bob"})], 0),
        (ticks(*range(0, 300, 30), U="bob") + [(400, {"K": "r2", "U": "eve"})], 0),
        more=CHAIN,
    ),
    timelines(
        "74 alias",
        "type: temporal\nrules: [r1, r2]\naliases: {internal_ip: {r1: dst, r2: src}}\n"
        "group-by: [internal_ip]\ntimespan: 5m",
        ([(0, {"K": "r1", "dst": "X"}), (1, {"K": "r2", "src": "X"})], 1),
        ([(0, {"K": "r1", "dst": "X", "src": "Y"}), (1, {"K": "r2", "src": "Y", "dst": "Y"})], 0),
    ),
    detection(
        "75 filter",
        "sel: {A: x}\ncondition: sel",
        ({"A": "x", "User": "adm_x"}, False), ({"A": "x", "User": "bob"}, True), ({"A": "x"}, True),
        more=FILTER % (FLAT, "[" + RULE_ID + "]"),
    ),
    detection(
        "76 filter's name space",
        "selection: {A: x}\ncondition: all of them",
        ({"A": "x", "User": "adm_x"}, False), ({"A": "x", "User": "bob"}, True), ({"User": "bob"}, False),
        more=FILTER % (FLAT, "any"),
    ),
    detection(
        "77 filter of another log source",
        "sel: {A: x}\ncondition: sel",
        ({"A": "x", "User": "adm_x"}, True),
        more=FILTER % ("product: windows, category: process_creation", "any"),
    ),
]

# Sentences of the text that the table leaves out; the name begins with the section.
VECTORS += [
    Vector("1.2 action global", "action: global\nlogsource: {product: test, service: flat}\nlevel: low\n---\n"
           "title: t\nid: " + RULE_ID + "\ndetection: {sel: {A: x}, condition: sel}\n", [(A("x"), True), (A("y"), False)]),
    Vector("1.2 unknown action", "action: erase\n" + HEAD + "detection: {sel: {A: x}, condition: sel}\n", LOAD_ERROR),
    item("1.3 hexadecimal stays text", "A: 0x10", (A("0x10"), True), (A(16), False)),
    item("1.3 octal stays text", "A: 0777", (A("0777"), True), (A(511), False), (A(777), False)),
    item("1.3 yes is a boolean", "A: yes", (A("TRUE"), True), (A("yes"), False)),
    item("1.3 quoted yes is text", "A: 'yes'", (A("YES"), True), (A("true"), False)),
    item("1.3 empty plain scalar is null", "A:", ({}, True), (A(""), False)),
    item("1.4 duplicate key", "A: x\nA: y", LOAD_ERROR),
    Vector("1.5 no title", "logsource: {product: test}\ndetection: {sel: {A: x}, condition: sel}\n", LOAD_ERROR),
    detection("1.7 no condition", "sel: {A: x}", LOAD_ERROR),
    detection("1.7 no identifier", "condition: sel", LOAD_ERROR),
    detection("1.7 aggregation", "sel: {A: x}\ncondition: sel | count() > 3", LOAD_ERROR),
    detection("2 list of mappings", "sel:\n- {A: x, B: y}\n- {C: z}\ncondition: sel",
              ({"A": "x", "B": "y"}, True), (A("x"), False), ({"C": "z"}, True)),
    detection("2 mixed list", "sel:\n- {A: x}\n- foo\ncondition: sel", (A("x"), True), ({"B": "a foo"}, True), (A("y"), False)),
    detection("2 empty mapping", "sel: {}\ncondition: sel", LOAD_ERROR),
    item("2 mapping as value", "A: {b: c}", LOAD_ERROR),
    item("2.1 empty list is null", "A: []", ({}, True), (A("x"), False)),
    item("2.2 unknown modifier", "A|containz: x", LOAD_ERROR),
    item("2.2 empty modifier", "A||contains: x", LOAD_ERROR),
    item("2.3 field names are exact", "A: x", ({"a": "x"}, False)),
    item("2.4 literal dotted key wins", "A.b: x", ({"A.b": "x"}, True), ({"A": {"b": "x"}}, True),
         ({"A.b": "y", "A": {"b": "x"}}, False)),
    item("2.4 arrays are traversed", "A.b: x", (A([{"b": "y"}, {"b": "x"}]), True), (A([{"c": "x"}]), False)),
    item("2.4 named values", "A.color: red", (A([{"Name": "size", "Value": "1"}, {"Name": "color", "Value": "red"}]), True),
         (A([{"Name": "size", "Value": "red"}]), False)),
    item("2.5 any value", "A: x", (A(["y", "X"]), True)),
    item("2.5 neq: no value", "A|neq: x", (A(["y", "X"]), False), (A(["y", "z"]), True)),
    item("3.2 no full folding", "A: ß", (A("ss"), False), (A("ẞ"), True)),
    item("3.2 Kelvin and long s", "A: ks", (A("\u212a\u017f"), True)),
    item("3.2 final sigma", "A: σ", (A("ς"), True), (A("Σ"), True)),
    item("3.2 dotless i is apart", "A: i", (A("I"), True), (A("ı"), False), (A("İ"), False)),
    item("3.2 no normalisation", "A: é", (A("e\u0301"), False)),
    item("3.4 three backslashes", r"A: 'a\\\b'", (A("a\\\\b"), True), (A("a\\b"), False)),
    item("3.5 escaped star at the end", r"A|contains: 'a\*'", (A("xa*y"), True), (A("xab"), False)),
    item("3.6 star: present", "A: '*'", (A(""), True), (A(0), True), (A(None), False), ({}, False)),
    item("3.7 1.0 equals 1", "A: 1.0", (A(1), True), (A("1"), True)),
    item("3.7 wildcard over a number", "A: '46*'", (A(4688), True), (A(5688), False)),
    item("3.7 hexadecimal is no number", "A: 16", (A("0x10"), False), (A(" 16"), False)),
    item("3.7 true is no 1", "A: 1", (A(True), False)),
    item("3.9 no trimming", "A: x", (A("x "), False)),
    item("4.2 null in a list", "A: [null, x]", ({}, True), (A("x"), True), (A("y"), False), (A(None), True)),
    item("4.2 contains null", "A|contains: null", LOAD_ERROR),
    item("5.1 base64 of a wildcard", "A|contains|base64: x", LOAD_ERROR),
    item("5.1 contains of a number", "A|contains: 44", (A("1444"), True), (A(1444), True), (A("4"), False)),
    item("5.1 cased number", "A|cased: 4", LOAD_ERROR),
    item("5.2 all on one value", "A|contains|all: x", (A("axb"), True)),
    item("5.2 cased re", "A|re|cased: x", LOAD_ERROR),
    item("5.2 exists as text", "A|exists: 'true'", LOAD_ERROR),
    item("5.2 exists with another", "A|exists|neq: true", LOAD_ERROR),
    item("5.2 i without re", "A|i: x", LOAD_ERROR),
    item("5.2 cidr|contains", "A|cidr|contains: 10.0.0.0/8", LOAD_ERROR),
    item("5.2 cidr|neq", "A|cidr|neq: 10.0.0.0/8", (A("10.1.1.1"), False), (A("11.1.1.1"), True), ({}, True)),
    item("5.2 re|neq", "A|re|neq: '^x'", (A("xy"), False), (A("yx"), True), ({}, True)),
    item("5.3 all positions vary", "A|windash: ' -f /g'", (A(" /f -g"), True), (A(" ―f —g"), True)),
    item("5.3 lone dash stays", "A|windash: 'a - b -c'", (A("a - b /c"), True), (A("a / b -c"), False)),
    item("5.3 second of two dashes", "A|windash: '--f'", (A("-/f"), True), (A("/-f"), False)),
    item("5.3 en dash in the rule", "A|windash: '–f'", (A("-f"), True)),
    item("5.4 base64 is exact", "A|base64: foobar", (A("Zm9vYmFy"), True), (A("zm9vymfy"), False)),
    item("5.4 escaped star is text", r"A|base64: '\*'", (A("Kg=="), True)),
    item("5.4 utf16be", "A|utf16be|base64: cmd", (A("AGMAbQBk"), True)),
    item("5.4 utf16 has a mark", "A|utf16|base64: cmd", (A("//5jAG0AZAA="), True)),
    item("5.4 wide bytes", "A|wide|contains: cmd", (A("xc\0m\0d\0y"), True), (A("cmd"), False)),
    item("5.5 raw backslashes", r"A|re: 'a\\b'", (A("a\\b"), True), (A("ab"), False)),
    item("5.5 ASCII classes", r"A|re: '^\w$'", (A("é"), False), (A("e"), True)),
    item("5.5 (?i)", "A|re: '(?i)B'", (A("b"), True)),
    item("5.5 i folds", "A|re|i: 'É'", (A("é"), True)),
    item("5.5 all expressions", "A|re|all: ['a', 'b']", (A("ba"), True), (A("a"), False)),
    item("5.5 empty match", "A|re: 'q*'", (A(""), True), (A("x"), True), ({}, False), (A(None), False)),
    item("5.5 broken", "A|re: '('", LOAD_ERROR),
    item("5.6 beyond 64 bits", "A|gt: 18446744073709551615", (A("18446744073709551616"), True), (A("18446744073709551615"), False)),
    item("5.6 neq with gt", "A|gt|neq: 5", (A(6), False), (A(5), True), ({}, True), (A("x"), True)),
    item("5.6 hour|gte", "A|hour|gte: 22", (A("2024-03-25T22:10:00Z"), True), (A("2024-03-25T21:59:59Z"), False)),
    item("5.6 ISO week", "A|week: 53", (A("2021-01-01T00:00:00Z"), True), (A("2021-01-04T00:00:00Z"), False)),
    item("5.6 part out of range", "A|month: 13", LOAD_ERROR),
    item("5.6 epoch", "A|hour: 10", (A(START), True), (A(START * 1000), True)),
    item("5.6 no such day", "A|day: 30", (A("2024-02-30T00:00:00Z"), False)),
    item("5.7 port is not cut", "A|cidr: 10.0.0.0/8", (A("10.1.2.3:443"), False), (A("-"), False), (A(""), False)),
    item("5.7 no network", "A|cidr: example", LOAD_ERROR),
    item("5.8 contains|fieldref", "A|contains|fieldref: B", LOAD_ERROR),
    item("5.8 wildcard in the name", "A|fieldref: 'B*'", LOAD_ERROR),
    item("5.8 fieldref|neq", "A|fieldref|neq: B", ({"A": "x", "B": "X"}, False), (A("x"), True), ({"A": "x", "B": "y"}, True)),
    item("5.9 value is literal", "A|expand: '%y%'", (A("a*c"), True), (A("abc"), False), placeholders={"y": ["a*c"]}),
    item("5.9 several placeholders", "A|expand: '%y%-%z%'", (A("1-B"), True), (A("2-b"), True), (A("1-c"), False),
         placeholders={"y": ["1", "2"], "z": "b"}),
    detection("6.2 wildcards, one value only", "sel: ['foo*bar']\ncondition: sel",
              ({"A": "xfoo-barx"}, True), ({"A": "foo", "B": "bar"}, False)),
    detection("6.2 names are not searched", "sel: [zebra]\ncondition: sel", ({"zebra": "x"}, False), ({"a": {"b": "zebra"}}, True)),
    item("6.3 keyword re", "'|re': '^fo{2}$'", ({"A": "foo"}, True), ({"A": "xfoo"}, False)),
    detection("6.4 numeric keyword", "sel: [777]\ncondition: sel", (A(17771), True), (A("x777"), True), (A(7), False)),
    detection("7.2 2 of", "sel: {A: x}\ncondition: 2 of sel*", LOAD_ERROR),
    detection("7.2 any of", "sel1: {A: x}\nsel2: {B: x}\ncondition: any of sel*", ({"B": "x"}, True), ({}, False)),
    detection("7.2 case of identifiers", "Sel: {A: x}\ncondition: sel", LOAD_ERROR),
    detection("7.3 them leaves _ out", "a: {A: x}\n_b: {B: x}\ncondition: all of them", (A("x"), True)),
    detection("7.4 unknown identifier", "sel: {A: x}\ncondition: sell", LOAD_ERROR),
    detection("7.5 list is OR", "a: {A: x}\nb: {B: x}\ncondition: [a, b]", ({"B": "x"}, True), ({}, False)),
    detection("7.5 upper case", "a: {A: x}\nb: {B: x}\ncondition: a AND b", LOAD_ERROR),
    detection("7.5 empty", "a: {A: x}\ncondition: ''", LOAD_ERROR),
    detection("7.6 order, android, anot", "order: {A: x}\nandroid: {B: x}\nanot: {C: x}\ncondition: order and not android or anot",
              (A("x"), True), ({"A": "x", "B": "x"}, False), ({"C": "x"}, True)),
    detection("7.8 not not", "a: {A: x}\ncondition: not not a", (A("x"), True), ({}, False)),
    detection("7 parenthesis open", "a: {A: x}\ncondition: (a", LOAD_ERROR),
    detection("7 dangling", "a: {A: x}\ncondition: a and", LOAD_ERROR),
    detection("10.6 filter with a condition list", "sel: {A: x}\ncondition: sel", ({"A": "x", "User": "adm_x"}, True),
              more=(FILTER % (FLAT, "any")).replace("condition: not selection", "condition: [not selection]")),
    timelines("9.1 rules by id", "type: event_count\nrules: [00000000-0000-4000-8000-000000000001]\ntimespan: 10m\ncondition: {gte: 2}",
              (ticks(0, 1), 1)),
    timelines("9.1 unresolved", "type: event_count\nrules: [r7]\ntimespan: 10m\ncondition: {gte: 2}", LOAD_ERROR),
    timelines("9.1 zero timespan", "type: event_count\nrules: [r1]\ntimespan: 0m\ncondition: {gte: 2}", LOAD_ERROR),
    timelines("9.1 two units", "type: event_count\nrules: [r1]\ntimespan: 1h30m\ncondition: {gte: 2}", LOAD_ERROR),
    timelines("9.1 no condition", "type: event_count\nrules: [r1]\ntimespan: 1h", LOAD_ERROR),
    timelines("9.1 no field", "type: value_count\nrules: [r1]\ntimespan: 1h\ncondition: {gte: 2}", LOAD_ERROR),
    timelines("9.1 unlisted rule in the expression", "type: temporal\nrules: [r1]\ntimespan: 1h\ncondition: r1 and r2", LOAD_ERROR),
    timelines("9.1 listed rule not in the expression", "type: temporal\nrules: [r1, r2]\ntimespan: 1h\ncondition: r1", LOAD_ERROR),
    timelines("9.1 unknown type", "type: event_sum\nrules: [r1]\ntimespan: 1h\ncondition: {gte: 1}", LOAD_ERROR),
    timelines("9.2.8 merged", "type: event_count\nrules: [r1]\ntimespan: 10m\ncondition: {gte: 3}",
              (ticks(0, 300, 600, 900, 1200), 1), (ticks(0, 1, 2, 1000, 1001, 1002), 2)),
    timelines("9.2.9 anchored", "type: event_count\nrules: [r1]\ntimespan: 10m\ncondition: {lte: 1}",
              (ticks(0), 1), (ticks(0, 600), 0), (ticks(0, 601), 2), ([], 0)),
    timelines("9.2.5 several values", "type: event_count\nrules: [r1]\ngroup-by: [U]\ntimespan: 10m\ncondition: {gte: 2}",
              (ticks(0, U=["a", "b"]) + ticks(1, U=["b", "A"]), 2)),
    timelines("9.3 median", "type: value_median\nrules: [r1]\ntimespan: 5m\ncondition: {gt: 2, field: X}",
              (ticks(0, X=1) + ticks(1, X=2) + ticks(2, X=9), 0), (ticks(0, X=1) + ticks(1, X=4), 1)),
    timelines("9.3 average", "type: value_avg\nrules: [r1]\ntimespan: 5m\ncondition: {gt: 2, field: X}",
              (ticks(0, X=1) + ticks(1, X=2) + ticks(2, X="9"), 1), (ticks(0, X=1) + ticks(1, X=3), 0)),
    timelines("9.3 rarity", "type: value_percentile\nrules: [r1]\ntimespan: 5m\ncondition: {lte: 25, field: X}",
              (ticks(0, 1, 2, X="a") + ticks(3, X="b"), 1), (ticks(0, 1, X="a") + ticks(3, X="b"), 0)),
    timelines("9.3 tuples", "type: value_count\nrules: [r1]\ntimespan: 5m\ncondition: {gte: 2, field: [X, Y]}",
              (ticks(0, X="a", Y="b") + ticks(1, X="a", Y="c"), 1), (ticks(0, X="a", Y="b") + ticks(1, X="a"), 0)),
    timelines("9.3 ordered, equal times", "type: temporal_ordered\nrules: [r1, r2]\ntimespan: 5m",
              ([(7, {"K": "r2"}), (7, {"K": "r1"})], 1), ([(7, {"K": ["r1", "r2"]})], 0)),
    timelines("9.3 ordered, two of three", "type: temporal_ordered\nrules: [r1, r2, r3]\ntimespan: 5m\ncondition: {gte: 2}",
              ([(0, {"K": "r1"}), (1, {"K": "r3"})], 1), ([(0, {"K": "r3"}), (1, {"K": "r1"})], 0),
              rules=("r1", "r2", "r3")),
]  # fmt: skip


# --- running them ---------------------------------------------------------------------------------


def stamp(seconds):
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=START + seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def record(number, fields, seconds=0):
    return {"lw_test": 1, "ts": stamp(seconds), "eid": f"v{number}", **fields}


def _with_oracle(vector):
    """A list of complaints."""
    rules = sigma_oracle.RuleSet([("vector.yml", vector.rules)], vector.placeholders)
    correlations, verdicts = correlation_oracle.load_correlations(rules)
    failed = [str(error) for _, _, _, error in rules.verdicts + verdicts if error]
    if vector.cases == LOAD_ERROR:
        return [] if failed else ["loaded, although it must not"]
    if vector.timelines and not correlations:
        return [f"not loaded: {failed}"]
    complaints = []
    if not vector.timelines:
        for fields, expected in vector.cases:
            event = sigma_oracle.Event(sigma_oracle.parse_event(json.dumps(record(0, fields))))
            got = bool(rules.rules) and rules.rules[0].holds(event)
            if got != expected:
                complaints.append(f"{fields}: {got}, expected {expected} {failed}")
        return complaints
    for timeline, expected in vector.cases:
        events = [
            (n, record(n, fields, seconds), (START + seconds) * 10**9) for n, (seconds, fields) in enumerate(timeline)
        ]
        pairs, hits = correlation_oracle.correlate(rules, events)
        loud = [hit for hit in hits if hit.correlation.title != "outer"]
        if len(hits) != expected or loud or (pairs and "r2" in correlations[-1].references):
            complaints.append(f"{timeline}: {len(hits)} hits, expected {expected}; others {loud} {pairs}")
    return complaints


def check_oracle():
    """(name, complaints) for each vector."""
    return [(vector.name, _with_oracle(vector)) for vector in VECTORS]


def _with_binary(vector, longwatch, folder):
    import differential

    rules = folder / "rules"
    rules.mkdir()
    (rules / "vector.yml").write_text(vector.rules, encoding="utf-8")
    placeholders = None
    if vector.placeholders:
        placeholders = folder / "placeholders.yml"
        placeholders.write_text(json.dumps(vector.placeholders), encoding="utf-8")
    if vector.cases == LOAD_ERROR:
        verdicts = longwatch.check([rules], placeholders)
        return [] if any(v.get("status") == "failed" for v in verdicts) else [f"loaded, although it must not: {verdicts}"]
    complaints = []
    if not vector.timelines:
        evidence = differential.write_events(folder / "events.jsonl", [record(n, f) for n, (f, _) in enumerate(vector.cases)])
        findings, complaint = longwatch.hunt([evidence], [rules], placeholders)
        found = {finding["record"] - 1 for finding in findings if finding["rule_id"] == RULE_ID}
        for number, (fields, expected) in enumerate(vector.cases):
            if (number in found) != expected:
                complaints.append(f"{fields}: {number in found}, expected {expected} {complaint}")
        return complaints
    for number, (timeline, expected) in enumerate(vector.cases):
        records = [record(n, fields, seconds) for n, (seconds, fields) in enumerate(timeline)]
        paths = [  # two sources, interleaved (64)
            differential.write_events(folder / f"{number}-{part}.jsonl", records[part::2]) for part in range(2)
        ]
        findings, complaint = longwatch.hunt(paths, [rules], placeholders)
        hits = [finding for finding in findings if finding["rule_id"] == OUTER_ID]
        if len(hits) != expected:
            complaints.append(f"{timeline}: {len(hits)} hits, expected {expected} {complaint}")
        loud = [finding["rule_title"] for finding in findings if finding["rule_title"] in ("r1", "many")]
        if loud:
            complaints.append(f"{timeline}: silenced rules spoke: {loud}")
    return complaints


def main():
    import differential

    parser = argparse.ArgumentParser(description="Run the vectors against the program.")
    parser.add_argument("--binary", required=True)
    parser.add_argument("--skip-correlations", action="store_true", help="count the correlation vectors as skipped")
    options = parser.parse_args()
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as work:
        longwatch = differential.Longwatch(options.binary, pathlib.Path(work))
        for number, vector in enumerate(VECTORS):
            if options.skip_correlations and vector.timelines:
                skipped += 1
                continue
            folder = pathlib.Path(work) / f"v{number}"
            folder.mkdir()
            complaints = _with_binary(vector, longwatch, folder)
            for complaint in complaints:
                print(f"{vector.name}: {complaint}\n{vector.rules}")
            passed, failed = passed + (not complaints), failed + bool(complaints)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
