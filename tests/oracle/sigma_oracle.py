"""sigma_oracle: a slow, plain evaluator of Sigma detection rules and filters, the judge of the differential tests.

Written from docs on Sigma's semantics only (the section numbers in the comments are those of the
project's reference sigma-semantics); it shares no code and no idea with the engine. One rule, one
event, one answer: nothing is optimised except that a compiled pattern remembers the values it saw.
Correlations live in correlation_oracle.py.
"""

import base64
import datetime
import ipaddress
import itertools
import json
import re
import uuid
from decimal import Decimal

import yaml

CASE_FOLDING = "/usr/share/unicode/CaseFolding.txt"  # Debian package unicode-data

# The log source that the kind file of the differential tests gives to every event.
EVENT_SOURCE = {"product": "test", "service": "flat"}


class LoadError(Exception):
    """The rule must be rejected, with a message."""


# --- text -----------------------------------------------------------------------------------------


def _read_folding():
    table = {}
    with open(CASE_FOLDING, encoding="utf-8") as lines:
        for line in lines:
            parts = [part.strip() for part in line.split("#")[0].split(";")]
            if len(parts) >= 3 and parts[1] in ("C", "S"):
                table[int(parts[0], 16)] = int(parts[2], 16)
    return table


_FOLDING = _read_folding()


def fold(text):
    """3.2: simple folding, code point to code point, no normalisation."""
    return text.translate(_FOLDING)


def spelling(value):
    """The text of a scalar of the event: what string tests see (3.7, 3.8)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- YAML (1.3, 1.4) ------------------------------------------------------------------------------

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?")


def _scalar(text):
    """A plain scalar. Hexadecimal, octal, dates, sexagesimals are strings (1.3)."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text in ("yes", "Yes", "YES", "on", "On", "ON"):
        return True
    if text in ("no", "No", "NO", "off", "Off", "OFF"):
        return False
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return Decimal(text)
    return text


def _plain_value(node):
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node.value) if node.style is None else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain_value(child) for child in node.value]
    mapping = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise LoadError("a key is not a scalar")
        key = key_node.value  # keys are names: `1:` and `null:` are texts too
        if key in mapping:
            raise LoadError(f"duplicate key {key}")
        mapping[key] = _plain_value(value_node)
    return mapping


def read_yaml(text):
    """All documents of a file. A document that holds a duplicate key is its LoadError instead."""
    documents = []
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise LoadError(f"not YAML: {error}") from error
    for node in nodes:
        if node is None:
            continue
        try:
            documents.append(_plain_value(node))
        except LoadError as error:
            documents.append(error)
    return documents


# --- the event (2.4, 2.5) -------------------------------------------------------------------------


def parse_event(line):
    """One JSON document; numbers stay exact."""
    if isinstance(line, bytes):
        line = line.decode("utf-8", "surrogateescape")  # 3.3: an undecodable byte is one character
    return json.loads(line, parse_float=Decimal)


def _leaves(value):
    if isinstance(value, list):
        return [leaf for element in value for leaf in _leaves(element)]
    if isinstance(value, dict):
        return [json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)]
    return [value]


def _descend(value, path):
    if not path:
        return _leaves(value)
    if isinstance(value, list):
        found = []
        for element in value:
            found += _descend(element, path)
            if isinstance(element, dict) and set(element) == {"Name", "Value"} and element["Name"] == path[0]:
                found += _descend(element["Value"], path[1:])
        return found
    if isinstance(value, dict) and path[0] in value:
        return _descend(value[path[0]], path[1:])
    return []


def _all_leaves(value):
    if isinstance(value, list):
        return [leaf for element in value for leaf in _all_leaves(element)]
    if isinstance(value, dict):
        return [leaf for element in value.values() for leaf in _all_leaves(element)]
    return [value]


class Event:
    """A JSON object seen as fields with values. No values = absent; None among them = null."""

    def __init__(self, record):
        self.record = record
        self._known = {}

    def values(self, field):
        if field not in self._known:
            if field in self.record:
                self._known[field] = _leaves(self.record[field])
            else:
                self._known[field] = _descend(self.record, field.split("."))
        return self._known[field]

    def all_values(self):
        """What keywords see (6.2): every value, no field name."""
        if "" not in self._known:
            self._known[""] = _all_leaves(self.record)
        return self._known[""]


# --- values of a rule -----------------------------------------------------------------------------
# Each class is what a value has become after the modifiers read so far; holds(value) tests one
# non-null scalar of the event.

STAR, ONE, DASH = "<*>", "<?>", "<dash>"  # tokens of a pattern; literals are single characters
DASHES = "-/\u2013\u2014\u2015"


class Placeholder:
    def __init__(self, name):
        self.name = name


def tokens_of(text, expanding=False):
    """3.4: escapes and wildcards, left to right. 5.9: under expand also \\% and %name%."""
    tokens, at = [], 0
    while at < len(text):
        here, following = text[at], text[at + 1 : at + 2]
        name = re.compile(r"%(\w+)%").match(text, at) if expanding else None
        if here == "\\" and following and (following in "*?\\" or (expanding and following == "%")):
            tokens.append(following)
            at += 2
        elif name:
            tokens.append(Placeholder(name.group(1)))
            at = name.end()
        else:
            tokens.append({"*": STAR, "?": ONE}.get(here, here))
            at += 1
    return tokens


class Text:
    """A string: literals, wildcards, dash positions; compared whole (3.1)."""

    def __init__(self, tokens, cased=False):
        self.tokens, self.cased = list(tokens), cased
        self._seen, self._regex = {}, None

    def holds(self, value):
        text = spelling(value)
        if text not in self._seen:
            if self._regex is None:
                self._regex = re.compile("".join(map(self._piece, self.tokens)), re.DOTALL)
            self._seen[text] = bool(self._regex.fullmatch(text if self.cased else fold(text)))
        return self._seen[text]

    def _piece(self, token):
        if token is STAR:
            return ".*"
        if token is ONE:
            return "."
        if token is DASH:
            return "[" + re.escape(DASHES) + "]"
        return re.escape(token if self.cased else fold(token))

    def encodings(self):
        """The bytes to encode; several if windash came before (5.4)."""
        if STAR in self.tokens or ONE in self.tokens:
            raise LoadError("wildcards cannot be encoded")
        if any(isinstance(token, Placeholder) for token in self.tokens):
            raise LoadError("a placeholder cannot be encoded")
        choices = [DASHES if token is DASH else token for token in self.tokens]
        return ["".join(choice) for choice in itertools.product(*choices)]


class Raw:
    """A byte string made by utf16le and kin; compared with the field's bytes, exactly (5.4)."""

    def __init__(self, data, before=False, after=False):
        self.data, self.before, self.after = data, before, after

    def holds(self, value):
        content = spelling(value).encode("utf-8", "surrogateescape")
        if self.before and self.after:
            return self.data in content
        if self.before:
            return content.endswith(self.data)
        if self.after:
            return content.startswith(self.data)
        return content == self.data


class Number:
    # 3.7: canonical decimal text: optional sign, no leading zeros, no spaces
    _CANONICAL = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")

    def __init__(self, number):
        self.number = Decimal(number)

    def holds(self, value):
        number = self.read(value)
        return number is not None and number == self.number

    @classmethod
    def read(cls, value):
        """The number that a scalar of the event is or spells, else None."""
        if isinstance(value, bool):
            return None
        if isinstance(value, (int, Decimal)):
            return Decimal(value)
        return Decimal(value) if cls._CANONICAL.fullmatch(value) and value.isascii() else None


class Boolean:
    def __init__(self, truth):
        self.truth = truth

    def holds(self, value):
        if isinstance(value, bool):
            return value == self.truth
        return isinstance(value, str) and fold(value) == ("true" if self.truth else "false")  # 3.8


class Null:
    """Tested by Item: it is the only value that an absent field satisfies (4)."""


COMPARISONS = {
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "eq": lambda left, right: left == right,
    "neq": lambda left, right: left != right,
}


class Compare:
    """5.6: gt, gte, lt, lte."""

    def __init__(self, operator, number):
        self.operator, self.number = operator, number

    def holds(self, value):
        number = Number.read(value)
        return number is not None and COMPARISONS[self.operator](number, self.number)


class TimePart:
    """5.6: a part of the wall clock as written; no zone is applied."""

    RANGES = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "week": (1, 53), "month": (1, 12), "year": (0, 9999)}
    _WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?(Z|z|[-+]\d\d:?\d\d)?", re.ASCII)

    def __init__(self, part, number, operator="eq"):
        self.part, self.number, self.operator = part, number, operator

    def holds(self, value):
        moment = self.read(value)
        if moment is None:
            return False
        part = moment.isocalendar()[1] if self.part == "week" else getattr(moment, self.part)
        return COMPARISONS[self.operator](Decimal(part), self.number)

    @classmethod
    def read(cls, value):
        if isinstance(value, bool):
            return None
        try:
            if isinstance(value, (int, Decimal)):
                seconds = value / 1000 if abs(value) >= 10**11 else value
                return datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=float(seconds))
            written = cls._WRITTEN.fullmatch(value)
            return written and datetime.datetime.fromisoformat(written[1] + "T" + written[2])
        except (ValueError, OverflowError):
            return None


class Network:
    """5.7: cidr."""

    def __init__(self, text):
        try:
            self.network = ipaddress.ip_network(text, strict=True)
        except ValueError as error:
            raise LoadError(f"cidr: {error}") from error

    def holds(self, value):
        text, mark, zone = spelling(value).partition("%")
        if mark and (not zone or ":" not in text):
            return False  # a zone has a name, and stands behind IPv6 only (RFC 4007 11)
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        candidates = [address, getattr(address, "ipv4_mapped", None)]
        return any(c is not None and c.version == self.network.version and c in self.network for c in candidates)


class Reference:
    """5.8: fieldref. Holds against the values of another field of the same event."""

    def __init__(self, field, before=False, after=False):
        self.field, self.before, self.after = field, before, after

    def holds_with(self, value, other):
        mine, theirs = fold(spelling(value)), fold(spelling(other))
        if self.before and self.after:
            return theirs in mine
        if self.before:
            return mine.endswith(theirs)
        if self.after:
            return mine.startswith(theirs)
        return mine == theirs


class Regex:
    """5.5: searched; ASCII classes; $ is the very end; the pattern is raw text."""

    _OUTSIDE = {"d": "(?a:\\d)", "w": "(?a:\\w)", "s": "(?a:\\s)", "b": "(?a:\\b)"}
    _OUTSIDE.update({letter.upper(): piece[:-2] + letter.upper() + ")" for letter, piece in list(_OUTSIDE.items())})
    _IN_CLASS = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \\t\\n\\r\\f\\v"}
    # Python lets both match [a-z] without case; in simple folding each is only itself (3.2). Anything else is, too.
    _TURKISH = {0x130: 0xE130, 0x131: 0xE131}

    def __init__(self, pattern, flags=""):
        self.pattern, self.flags = pattern, flags
        self._seen, self._regex = {}, None

    def compile(self):
        flags = 0
        for letter in self.flags:
            flags |= {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}[letter]
        try:
            self._regex = re.compile(self._translated().translate(self._TURKISH), flags)
        except re.error as error:
            raise LoadError(f"re: {error}") from error
        return self

    def _translated(self):
        out, at, in_class = [], 0, False
        while at < len(self.pattern):
            here = self.pattern[at]
            if here == "\\" and at + 1 < len(self.pattern):
                letter = self.pattern[at + 1]
                known = self._IN_CLASS if in_class else self._OUTSIDE
                out.append(known.get(letter, "\\" + letter))
                at += 2
                continue
            if here == "[" and not in_class:
                in_class = True
                if self.pattern[at + 1 : at + 2] == "^":
                    out.append("[^")
                    at += 2
                    continue
            elif here == "]" and in_class:
                in_class = False
            elif here == "$" and not in_class and "m" not in self.flags:
                here = "\\Z"
            elif here == "[":
                here = "\\["  # a bracket inside a class is a literal
            out.append(here)
            at += 1
        return "".join(out)

    def holds(self, value):
        text = spelling(value)
        if text not in self._seen:
            self._seen[text] = bool(self._regex.search(text.translate(self._TURKISH)))
        return self._seen[text]


# --- modifiers (5) --------------------------------------------------------------------------------

_ALIASES = {"ignorecase": "i", "multiline": "m", "dotall": "s", "wide": "utf16le"}
_AFFIXES = {"contains": (True, True), "startswith": (False, True), "endswith": (True, False)}
_UTF16 = {"utf16le": (b"", "utf-16-le"), "utf16be": (b"", "utf-16-be"), "utf16": (b"\xff\xfe", "utf-16-le")}
_LIST_LEVEL = ("all", "neq")
_KEYWORD_MODIFIERS = {  # 6.3: the string modifiers and re
    "contains", "startswith", "endswith", "all", "neq", "cased", "windash", "base64", "base64offset",
    "utf16le", "utf16be", "utf16", "re", "i", "m", "s", "expand",
}  # fmt: skip
_KNOWN = _KEYWORD_MODIFIERS | set(TimePart.RANGES) | {"exists", "lt", "lte", "gt", "gte", "cidr", "fieldref"}


def base64_shifted(data):
    """5.4: the parts of the three encodings that do not depend on the neighbours."""
    variants = []
    for shift in range(3):
        encoded = base64.b64encode(b" " * shift + data).decode()
        start = (0, 2, 3)[shift]
        end = (0, 3, 2)[(len(data) + shift) % 3]
        variants.append(encoded[start : len(encoded) - end])
    return [variant for variant in variants if variant]  # an empty variant would match everything


def _is_word(token):
    return isinstance(token, str) and len(token) == 1 and (token.isalnum() or token == "_")


def _windash(tokens):
    """5.3: a dash that begins a word; wildcards and the ends of the value are no word."""
    out = []
    for at, token in enumerate(tokens):
        before = at > 0 and _is_word(tokens[at - 1])
        after = at + 1 < len(tokens) and _is_word(tokens[at + 1])
        starts = isinstance(token, str) and len(token) == 1 and token in DASHES
        out.append(DASH if starts and after and not before else token)
    return out


def _apply(modifier, value, placeholders):
    """One modifier on one value: the values it becomes (several are an OR, even under all: 5.1)."""
    if isinstance(value, Number) and (modifier in _AFFIXES or modifier in _UTF16 or modifier.startswith("base64")):
        value = Text(spelling(int(value.number) if value.number == int(value.number) else value.number))
    refused = LoadError(f"{modifier} does not accept {type(value).__name__}")

    if modifier in _AFFIXES:
        before, after = _AFFIXES[modifier]
        if isinstance(value, Text):  # 3.5: the wildcards are structure; none is doubled
            start = [STAR] if before and value.tokens[:1] != [STAR] else []
            end = [STAR] if after and value.tokens[-1:] != [STAR] else []
            return [Text(start + value.tokens + end, value.cased)]
        if isinstance(value, (Raw, Reference)):
            value.before, value.after = value.before or before, value.after or after
            return [value]
        if isinstance(value, Regex):
            return [value]  # .* around a searched expression changes nothing
        raise refused
    if modifier == "cased":
        if not isinstance(value, Text):
            raise refused
        return [Text(value.tokens, True)]
    if modifier == "windash":
        if not isinstance(value, Text):
            raise refused
        return [Text(_windash(value.tokens), value.cased)]
    if modifier in ("base64", "base64offset"):
        if isinstance(value, Text):
            sources = [text.encode() for text in value.encodings()]
        elif isinstance(value, Raw) and not value.before and not value.after:
            sources = [value.data]
        else:
            raise refused
        if modifier == "base64":
            results = [base64.b64encode(source).decode() for source in sources]
        else:
            results = [variant for source in sources for variant in base64_shifted(source)]
        return [Text(result, True) for result in results]  # compared case-sensitively (5.4)
    if modifier in _UTF16:
        if not isinstance(value, Text):
            raise refused
        mark, codec = _UTF16[modifier]
        return [Raw(mark + text.encode(codec)) for text in value.encodings()]
    if modifier in ("i", "m", "s"):
        if not isinstance(value, Regex):
            raise refused
        return [Regex(value.pattern, value.flags + modifier)]
    if modifier in ("gt", "gte", "lt", "lte"):
        if isinstance(value, TimePart) and value.operator == "eq":
            return [TimePart(value.part, value.number, modifier)]
        if not isinstance(value, Number):
            raise refused
        return [Compare(modifier, value.number)]
    if modifier in TimePart.RANGES:
        if not isinstance(value, Number) or value.number != int(value.number):
            raise refused
        low, high = TimePart.RANGES[modifier]
        if not low <= value.number <= high:
            raise LoadError(f"{modifier} is out of range")
        return [TimePart(modifier, value.number)]
    if modifier == "cidr":
        if not isinstance(value, Text):
            raise refused
        if STAR in value.tokens or ONE in value.tokens:
            raise LoadError("cidr: not a network")
        return [Network("".join(value.tokens))]
    if modifier == "fieldref":
        if not isinstance(value, Text) or value.cased:
            raise refused
        if not all(isinstance(token, str) and len(token) == 1 for token in value.tokens):
            raise LoadError("fieldref does not accept wildcards")
        return [Reference("".join(value.tokens))]
    if modifier == "expand":
        if not isinstance(value, Text):
            raise refused
        choices = []
        for token in value.tokens:
            if not isinstance(token, Placeholder):
                choices.append([[token]])
            elif token.name in placeholders:
                choices.append([list(text) for text in placeholders[token.name]])  # literal text
            else:
                raise LoadError(f"placeholder %{token.name}% has no value")
        return [Text(sum(choice, []), value.cased) for choice in itertools.product(*choices)]
    raise AssertionError(modifier)


def _starting_value(raw, modifiers):
    if raw is None:
        if [m for m in modifiers if m != "all"]:
            raise LoadError("null takes no modifier but all")  # 4.2
        return Null()
    if isinstance(raw, (dict, list)):
        raise LoadError("a field's value is a mapping or a list in a list")
    if "re" in modifiers:
        if not isinstance(raw, str):
            raise LoadError("re accepts only strings")
        return Regex(raw)  # raw: the escapes of 3.4 do not apply
    if isinstance(raw, bool):
        return Boolean(raw)
    if isinstance(raw, str):
        return Text(tokens_of(raw, "expand" in modifiers))
    return Number(raw)


class Item:
    """field|modifiers: values. An empty field name means keywords (6)."""

    def __init__(self, key, values, placeholders):
        self.field, *written = key.split("|")
        modifiers = [_ALIASES.get(modifier, modifier) for modifier in written]
        values = values if isinstance(values, list) else [values]
        values = values if values else [None]  # 2.1: an empty list means null
        for modifier in modifiers:
            if modifier not in _KNOWN:
                raise LoadError(f"unknown modifier '{modifier}'")
            if self.field == "" and modifier not in _KEYWORD_MODIFIERS:
                raise LoadError(f"{modifier} needs a field")
        self.conjunction, self.negated = "all" in modifiers, "neq" in modifiers
        self.exists = None
        self.groups = []
        if "exists" in modifiers:
            if modifiers != ["exists"]:
                raise LoadError("exists must be the only modifier")
            if len(values) != 1 or not isinstance(values[0], bool):
                raise LoadError("exists needs true or false")
            self.exists = values[0]
            return
        chain = [modifier for modifier in modifiers if modifier not in _LIST_LEVEL]
        if "re" in modifiers and modifiers[0] != "re":
            raise LoadError("re must be the first modifier")
        if "cidr" in chain and chain != ["cidr"]:
            raise LoadError("cidr must be the only modifier")
        for raw in values:
            alternatives = [_starting_value(raw, modifiers)]
            for modifier in chain:
                if modifier != "re":
                    alternatives = [new for old in alternatives for new in _apply(modifier, old, placeholders)]
            if self.field == "":
                alternatives = [self._as_keyword(value) for value in alternatives]
            for value in alternatives:
                if isinstance(value, Regex):
                    value.compile()
            self.groups.append(alternatives)

    @staticmethod
    def _as_keyword(value):
        """6.2: unanchored. 6.4: a number is searched as its text."""
        if isinstance(value, Number):
            value = Text(spelling(value.number))
        if isinstance(value, Boolean):
            value = Text(spelling(value.truth))
        if isinstance(value, Null):
            raise LoadError("null is no keyword")
        if isinstance(value, (Text, Raw)):
            return _apply("contains", value, {})[0]
        return value

    def holds(self, event):
        values = event.all_values() if self.field == "" else event.values(self.field)
        if self.exists is not None:
            return bool(values) == self.exists  # null counts as present (4)
        verdicts = (any(self._one(value, values, event) for value in group) for group in self.groups)
        truth = all(verdicts) if self.conjunction else any(verdicts)
        return truth != self.negated  # two-valued: the negation of a false test is true (4.1)

    @staticmethod
    def _one(test, values, event):
        """2.5: some value satisfies the test."""
        if isinstance(test, Null):
            return not values or None in values
        present = [value for value in values if value is not None]
        if isinstance(test, Reference):
            others = [other for other in event.values(test.field) if other is not None]
            return any(test.holds_with(value, other) for value in present for other in others)
        return any(test.holds(value) for value in present)


# --- selections (2) and conditions (7) ------------------------------------------------------------


class Selection:
    """An OR of ANDs of items."""

    def __init__(self, definition, placeholders):
        self.choices = []
        entries = definition if isinstance(definition, list) else [definition]
        for entry in entries:
            if isinstance(entry, dict):
                if not entry:
                    raise LoadError("empty mapping")
                self.choices.append([Item(key, value, placeholders) for key, value in entry.items()])
            else:  # a scalar, or a list in the list: keywords
                self.choices.append([Item("", entry, placeholders)])

    def holds(self, event):
        return any(all(item.holds(event) for item in choice) for choice in self.choices)


def _split_condition(text):
    return text.replace("(", " ( ").replace(")", " ) ").split()


class Condition:
    """The grammar of 7, read by descent. Nodes: (operator, nodes) or ('name', identifier)."""

    def __init__(self, text, identifiers, selectors=True):
        if not isinstance(text, str):
            raise LoadError("condition is no text")
        if "|" in text:
            raise LoadError("aggregation expressions are gone; a correlation rule replaces them")  # 1.7
        self._words, self._at = _split_condition(text), 0
        self._identifiers, self._selectors = identifiers, selectors
        self.node = self._or()
        if self._at != len(self._words):
            raise LoadError(f"unexpected '{self._words[self._at]}' in the condition")

    def _peek(self, ahead=0):
        at = self._at + ahead
        return self._words[at] if at < len(self._words) else None

    def _take(self):
        word = self._peek()
        if word is None:
            raise LoadError("the condition ends too early")
        self._at += 1
        return word

    def _or(self):
        parts = [self._and()]
        while self._peek() == "or":
            self._take()
            parts.append(self._and())
        return ("or", parts)

    def _and(self):
        parts = [self._not()]
        while self._peek() == "and":
            self._take()
            parts.append(self._not())
        return ("and", parts)

    def _not(self):
        if self._peek() == "not":
            self._take()
            return ("not", [self._not()])
        return self._primary()

    def _primary(self):
        word = self._take()
        if word == "(":
            inside = self._or()
            if self._take() != ")":
                raise LoadError("a parenthesis is not closed")
            return inside
        if self._peek() == "of" and self._selectors:
            if word not in ("1", "any", "all"):
                raise LoadError(f"'{word} of' does not exist")  # 7.2
            self._take()
            return self._selector(word, self._take())
        if not re.fullmatch(r"[A-Za-z0-9_-]+", word) or word in ("and", "or", "not"):
            raise LoadError(f"unexpected '{word}' in the condition")
        if word not in self._identifiers:
            raise LoadError(f"unknown identifier {word}")
        return ("name", word)

    def _selector(self, quantity, pattern):
        if not re.fullmatch(r"[A-Za-z0-9_*]+", pattern):
            raise LoadError(f"'{pattern}' is no pattern")
        hidden = pattern == "them" or not pattern.startswith("_")  # 7.3
        shape = re.compile(".*" if pattern == "them" else pattern.replace("*", ".*"))
        names = [n for n in self._identifiers if shape.fullmatch(n) and not (hidden and n.startswith("_"))]
        if not names:
            raise LoadError(f"{pattern} matches no identifier")  # 7.4
        return ("and" if quantity == "all" else "or", [("name", name) for name in names])

    def holds(self, truth_of):
        return _evaluate(self.node, truth_of)

    def uses_not(self):
        return "not" in self._words


def _evaluate(node, truth_of):
    operator, parts = node
    if operator == "name":
        return truth_of(parts)
    if operator == "not":
        return not _evaluate(parts[0], truth_of)
    return (all if operator == "and" else any)(_evaluate(part, truth_of) for part in parts)


class Detection:
    """Search identifiers with the conditions over them: of a rule or of a filter, each its own name space."""

    def __init__(self, definitions, conditions, placeholders):
        if not definitions:
            raise LoadError("no search identifier")
        self.selections = {name: Selection(value, placeholders) for name, value in definitions.items()}
        if not conditions:
            raise LoadError("empty condition")
        self.conditions = [Condition(text, list(self.selections)) for text in conditions]

    def holds(self, event):
        known = {}

        def truth_of(name):
            if name not in known:
                known[name] = self.selections[name].holds(event)
            return known[name]

        return any(condition.holds(truth_of) for condition in self.conditions)  # 7.5


# --- rules, filters, files ------------------------------------------------------------------------

LEVELS = ("informational", "low", "medium", "high", "critical")
STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")


def check_head(document):
    """1.5, 1.6: what every kind of document must say about itself."""
    if not isinstance(document.get("title"), str):
        raise LoadError("title is missing")
    if "id" in document:
        try:
            uuid.UUID(document["id"])
        except (ValueError, AttributeError, TypeError) as error:
            raise LoadError("id is no UUID") from error
    if "level" in document and document["level"] not in LEVELS:
        raise LoadError("unknown level")
    if "status" in document and document["status"] not in STATUSES:
        raise LoadError("unknown status")


def _logsource(document):
    source = document.get("logsource")
    if not isinstance(source, dict):
        raise LoadError("logsource is missing")
    return {key: source[key] for key in ("category", "product", "service") if source.get(key) is not None}


class Rule:
    def __init__(self, document, placeholders):
        check_head(document)
        self.id, self.name, self.title = document.get("id"), document.get("name"), document["title"]
        self.logsource = _logsource(document)
        detection = document.get("detection")
        if not isinstance(detection, dict):
            raise LoadError("detection is missing")
        if "condition" not in detection:
            raise LoadError("condition is missing")
        conditions = detection["condition"]
        conditions = conditions if isinstance(conditions, list) else [conditions]
        definitions = {key: value for key, value in detection.items() if key != "condition"}
        self.detection = Detection(definitions, conditions, placeholders)
        self.filters = []
        # 8.1: every attribute the rule sets must be the event's; others are free
        self.applies = all(
            key in EVENT_SOURCE and fold(str(value)) == EVENT_SOURCE[key] for key, value in self.logsource.items()
        )

    def holds(self, event):
        return (
            self.applies and self.detection.holds(event) and all(each.detection.holds(event) for each in self.filters)
        )


class Filter:
    """10."""

    def __init__(self, document, placeholders):
        check_head(document)
        self.id, self.name = document.get("id"), document.get("name")
        self.logsource = _logsource(document)
        body = document["filter"]
        if not isinstance(body, dict):
            raise LoadError("filter is no mapping")
        if not isinstance(body.get("condition"), str):
            raise LoadError("a filter has exactly one condition")  # 10.6
        rules = body.get("rules", [])
        self.rules = rules if isinstance(rules, list) else [rules]
        definitions = {key: value for key, value in body.items() if key not in ("condition", "rules")}
        self.detection = Detection(definitions, [body["condition"]], placeholders)

    def addresses(self, rule):
        """10.2: named (or any), and every attribute of the filter's log source is the rule's."""
        everyone = not self.rules or any(str(name).lower() == "any" for name in self.rules)
        named = everyone or rule.id in self.rules or (rule.name is not None and rule.name in self.rules)
        return named and all(  # without regard to case, as log sources everywhere (8.1)
            fold(str(rule.logsource.get(key, ""))) == fold(str(value)) for key, value in self.logsource.items()
        )


def _merge(below, above):
    """1.2: a deep copy of below with above laid over it."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    merged = dict(below)
    for key, value in above.items():
        merged[key] = _merge(below[key], value) if key in below else value
    return merged


def _unroll(documents):
    """1.2: the rule collections of old: action global, reset, repeat."""
    common, previous = {}, {}
    for document in documents:
        if not isinstance(document, dict):
            yield document if isinstance(document, LoadError) else LoadError("the document is no mapping")
            continue
        body = {key: value for key, value in document.items() if key != "action"}
        action = document.get("action")
        if action == "global":
            common = _merge(common, body)
        elif action == "reset":
            common = {}
        elif action == "repeat":
            previous = _merge(previous, body)
            yield previous
        elif action is None:
            previous = _merge(common, body)
            yield previous
        else:
            yield LoadError(f"unknown action {action}")


class RuleSet:
    """All files together. verdicts: (path, number of the document in it, id, LoadError or None)."""

    def __init__(self, files, placeholders=None):
        self.rules, self.filters, self.correlations, self.verdicts = [], [], [], []
        self._ids, self._names = {}, {}
        values = {}
        for name, value in (placeholders or {}).items():
            values[name] = [spelling(v) for v in (value if isinstance(value, list) else [value])]
        for path, text in files:
            self._file(path, text, values)
        for each in self.filters:
            for rule in self.rules:
                if each.addresses(rule):
                    rule.filters.append(each)

    def _file(self, path, text, placeholders):
        try:
            documents = read_yaml(text)
        except LoadError as error:
            self.verdicts.append((path, 0, None, error))
            return
        for number, document in enumerate(_unroll(documents)):
            identity = document.get("id") if isinstance(document, dict) else None
            try:
                if isinstance(document, LoadError):
                    raise document
                if "correlation" in document:
                    check_head(document)
                    self._claim(document)
                    self.correlations.append((path, number, document))  # judged by correlation_oracle
                    continue
                if "filter" in document:
                    made = Filter(document, placeholders)
                    self._claim(document)
                    self.filters.append(made)
                else:
                    made = Rule(document, placeholders)
                    self._claim(document)
                    self.rules.append(made)
            except LoadError as error:
                self.verdicts.append((path, number, identity, error))
            else:
                self.verdicts.append((path, number, identity, None))

    def _claim(self, document):
        """1.5: an id and a name belong to one rule; the second is rejected."""
        for taken, key in ((self._ids, "id"), (self._names, "name")):
            value = document.get(key)
            if value is not None and value in taken:
                raise LoadError(f"{key} {value} is used twice")
        for taken, key in ((self._ids, "id"), (self._names, "name")):
            if document.get(key) is not None:
                taken[document[key]] = document


def matches(rule_text, record, placeholders=None):
    """One rule, one event (a dict): the shortest way to ask the oracle. Raises LoadError."""
    rules = RuleSet([("rule.yml", rule_text)], placeholders)
    for _, _, _, error in rules.verdicts:
        if error:
            raise error
    return any(rule.holds(Event(record)) for rule in rules.rules)
