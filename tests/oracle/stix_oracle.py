"""stix_oracle: what a STIX pattern is true of, written from the specification (STIX 2.1, section 9), as simply as it can be: slow, and sharing
nothing with the program.

`Refused` is raised for what is no pattern. Observations are those of STIX 2.0: {"first_observed", "last_observed", "number_observed", "objects"}.
Times are whole and half seconds; those that may be chosen inside of an observation are eighths, so that there is room between bounds
that are exclusive."""

import base64
import binascii
import datetime
import decimal
import fractions
import ipaddress
import itertools
import re
import unicodedata


class Refused(Exception):
    pass


class TooMuch(Exception):
    """More ways than a naive oracle can go."""


BLANK = "[ \\t\\r\\n\\x0b\\x0c\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]"
TOKENS = re.compile(
    f"(?P<skip>{BLANK}+|/\\*.*?\\*/|//[^\\r\\n]*)"
    r"|(?P<text>'(?:[^'\\]|\\'|\\\\)*')"
    r"|(?P<hex>h'(?:[0-9a-fA-F]{2})*')"
    r"|(?P<base64>b'(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)')"
    r"|(?P<time>t'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z')"
    r"|(?P<float>[+-]?[0-9]*\.[0-9]+)"
    r"|(?P<int>[+-]?(?:0|[1-9][0-9]*))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<sign>==|!=|<>|<=|>=|[=<>\[\](),.:*])",
    re.S,
)
KEYWORDS = set("AND OR NOT FOLLOWEDBY LIKE MATCHES ISSUPERSET ISSUBSET EXISTS LAST IN START STOP SECONDS true false WITHIN REPEATS TIMES".split())


def tokens_of(text):
    out, at = [], 0
    while at < len(text):
        m = TOKENS.match(text, at)
        if not m:
            raise Refused(f"at {at}")
        if m.lastgroup != "skip":
            out.append((m.lastgroup, m.group()))
        at = m.end()
    return out + [("end", "")]


def unquote(word):
    return re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.S)


class Time(fractions.Fraction):
    """Seconds since 1970."""


def time_of(text):
    m = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z", text)
    if not m:
        return None
    year, month, day, hour, minute, second = (int(g) for g in m.groups()[:6])
    if hour > 23 or minute > 59 or second > 60:
        return None
    try:
        days = datetime.date(year, month, day).toordinal() - datetime.date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    part = fractions.Fraction(int(m[7]), 10 ** len(m[7])) if m[7] else 0
    return Time(days * 86400 + hour * 3600 + minute * 60 + second + part)


class Parser:
    def __init__(self, text):
        self.tokens, self.at = tokens_of(text), 0

    def peek(self):
        return self.tokens[min(self.at, len(self.tokens) - 1)]

    def take(self):
        self.at += 1
        return self.tokens[min(self.at, len(self.tokens)) - 1]

    def accept(self, *words):
        kind, word = self.peek()
        if kind in ("name", "sign") and word in words:
            self.at += 1
            return word
        return None

    def need(self, *words):
        return self.accept(*words) or self.refuse()

    def refuse(self):
        raise Refused(f"at {self.peek()}")

    def whole(self):
        x = self.followed()
        return x if self.peek()[0] == "end" else self.refuse()

    def chain(self, word, part):
        parts = [part()]
        while self.accept(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else (word, parts)

    def followed(self):
        return self.chain("FOLLOWEDBY", lambda: self.chain("OR", lambda: self.chain("AND", self.observation)))

    def observation(self):
        if self.accept("("):
            x = self.followed()
            self.need(")")
        else:
            self.need("[")
            x = ("bracket", self.either())
            self.need("]")
        kinds = set()
        while word := self.accept("START", "WITHIN", "REPEATS"):
            if word in kinds:
                self.refuse()
            kinds.add(word)
            if word == "START":
                start = self.time()
                self.need("STOP")
                x = (word, x, start, self.time())
            elif word == "WITHIN":
                kind, text = self.take()
                if kind not in ("int", "float") or text.startswith("-") or decimal.Decimal(text) == 0:
                    self.refuse()
                self.need("SECONDS")
                x = (word, x, fractions.Fraction(text))
            else:
                kind, text = self.take()
                if kind != "int" or int(text) < 1:
                    self.refuse()
                self.need("TIMES")
                x = (word, x, int(text))
        return x

    def time(self):
        kind, text = self.take()
        when = time_of(text[2:-1]) if kind == "time" else None
        return when if when is not None else self.refuse()

    def either(self):
        return self.chain("OR", lambda: self.chain("AND", self.test))

    def test(self):
        if self.accept("("):
            x = self.either()
            self.need(")")
            return x
        if self.accept("NOT"):
            self.need("EXISTS")
            return ("test", self.path(), True, "EXISTS", None)
        if self.accept("EXISTS"):
            return ("test", self.path(), False, "EXISTS", None)
        path = self.path()
        negated = self.accept("NOT") is not None
        op = self.need("=", "==", "!=", "<>", "<", ">", "<=", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET")
        op = {"==": "=", "<>": "!="}.get(op, op)
        if op == "IN":
            self.need("(")
            values = []
            if not self.accept(")"):
                values.append(self.literal())
                while self.accept(","):
                    values.append(self.literal())
                self.need(")")
            if len({kind_of(v) for v in values}) > 1:
                self.refuse()
            return ("test", path, negated, op, values)
        value = self.literal()
        if op in ("LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET") and not isinstance(value, str):
            self.refuse()
        if op in ("<", ">", "<=", ">=") and isinstance(value, bool):
            self.refuse()
        if op in ("ISSUBSET", "ISSUPERSET") and network_of(value) is None:
            self.refuse()
        if op == "MATCHES":
            try:
                re.compile(value)
            except re.error:
                if "(?" in value:  # what Python and PCRE have there is not the same
                    raise TooMuch from None
                self.refuse()
        return ("test", path, negated, op, value)

    def literal(self):
        kind, word = self.take()
        if kind == "text":
            return unquote(word)
        if kind in ("int", "float"):
            return decimal.Decimal(word)
        if kind == "hex":
            return ("hex", bytes.fromhex(word[2:-1]))
        if kind == "base64":
            return ("base64", base64.b64decode(word[2:-1]))
        if kind == "time":
            when = time_of(word[2:-1])
            return when if when is not None else self.refuse()
        if word in ("true", "false"):
            return word == "true"
        return self.refuse()

    def path(self):
        kind, word = self.take()
        if kind != "name" or word in KEYWORDS:
            self.refuse()
        self.need(":")
        steps = [self.key()]
        while sign := self.accept(".", "["):
            if sign == ".":
                steps.append(self.key())
                continue
            if self.accept("*"):
                steps.append("*")
            else:
                k, w = self.take()
                steps.append(int(w) if k == "int" else self.refuse())
            self.need("]")
        return word, steps

    def key(self):
        kind, word = self.take()
        if kind == "text":
            return (unquote(word),)
        if kind != "name" or word in KEYWORDS or "-" in word:
            self.refuse()
        return (word,)


def kind_of(value):
    return value[0] if isinstance(value, tuple) else type(value)


def network_of(text):
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def octets(value):
    """As octets, or None."""
    if isinstance(value, bytes):
        return value
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return None


def compare(op, a, b):
    return {"=": a == b, "!=": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[op]


def like(pattern, text):
    if isinstance(pattern, bytes):
        pattern, text = pattern.decode("latin-1"), text.decode("latin-1")
    parts = [".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern]
    return re.fullmatch("".join(parts), text, re.S) is not None


def value_holds(op, value, wanted):
    """True, False, or None: the types do not go together. value: out of JSON, bytes for _bin and _hex."""
    if op == "IN":
        return any(value_holds("=", value, w) for w in wanted)
    if op in ("ISSUBSET", "ISSUPERSET"):
        mine, theirs = network_of(value) if isinstance(value, str) else None, network_of(wanted)
        if mine is None:
            return None
        if mine.version != theirs.version:
            return False
        return mine.subnet_of(theirs) if op == "ISSUBSET" else theirs.subnet_of(mine)
    if op in ("LIKE", "MATCHES"):
        wanted = unicodedata.normalize("NFC", wanted)
        if isinstance(value, bytes):
            wanted = octets(wanted)
            if wanted is None:
                return None
            return like(wanted, value) if op == "LIKE" else re.search(wanted, value, re.S) is not None
        if not isinstance(value, str):
            return None
        if op == "LIKE":
            return like(wanted, value)
        return re.search(wanted, unicodedata.normalize("NFC", value), re.S) is not None
    if isinstance(wanted, bool):
        return compare(op, value, wanted) if isinstance(value, bool) else None
    if isinstance(wanted, decimal.Decimal):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return compare(op, decimal.Decimal(repr(value)), wanted)
    if isinstance(wanted, Time):
        when = time_of(value) if isinstance(value, str) else None
        return None if when is None else compare(op, when, wanted)
    if isinstance(wanted, tuple) or isinstance(value, bytes):
        if not isinstance(value, (str, bytes)):
            return None
        a, b = octets(value), octets(wanted[1] if isinstance(wanted, tuple) else wanted)
        return None if a is None or b is None else compare(op, a, b)
    return compare(op, value, wanted) if isinstance(value, str) else None


def values_at(objects, value, steps, before=()):
    """All values at the end of a path."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if isinstance(step, tuple):
        names = [b for b in before if isinstance(b, tuple)]
        direct = before and isinstance(before[-1], tuple) and before[-1][0].endswith("_ref")
        listed = len(before) > 1 and not isinstance(before[-1], tuple) and isinstance(before[-2], tuple) and names[-1][0].endswith("_refs")
        if isinstance(value, str) and (direct or listed):
            value = objects.get(value)
        if isinstance(value, dict) and step[0] in value:
            yield from values_at(objects, value[step[0]], rest, before + (step,))
    elif isinstance(value, list):
        if step == "*":
            for v in value:
                yield from values_at(objects, v, rest, before + (step,))
        elif 0 <= step < len(value):
            yield from values_at(objects, value[step], rest, before + (step,))


def decoded(path, value):
    key = [s for s in path if isinstance(s, tuple)][-1][0]
    if not isinstance(value, str):
        return True, value
    try:
        if key.endswith("_hex"):
            return True, bytes.fromhex(value) if not re.search(r"\s", value) else 1 / 0
        if key.endswith("_bin"):
            return True, base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error, ZeroDivisionError):
        return False, None
    return True, value


def holds(x, objects, root):
    if x[0] in ("AND", "OR"):
        return (all if x[0] == "AND" else any)(holds(part, objects, root) for part in x[1])
    _, (kind, steps), negated, op, wanted = x
    if root["type"] != kind:
        return False
    values = list(values_at(objects, root, steps))
    if op == "EXISTS":
        return bool(values) != negated
    for value in values:
        known, value = decoded(steps, value)
        result = value_holds(op, value, wanted) if known else None
        if result is None:
            result = op == "!="
        if result != negated:
            return True
    return False


STEP = fractions.Fraction(1, 8)
WAYS_MAX = 40000


def ways(x, observations):
    """All sets of (observation, which of its times it was seen, when) that make x true."""
    if x[0] == "bracket":
        out = set()
        for i, o in enumerate(observations):
            if not any(holds(x[1], o["objects"], root) for root in o["objects"].values()):
                continue
            first, last = time_of(o["first_observed"]), time_of(o["last_observed"])
            for copy in range(o["number_observed"]):
                for k in range(int((last - first) / STEP) + 1):
                    out.add(frozenset([(i, copy, first + k * STEP)]))
        return out
    if x[0] == "OR":
        return set().union(*(ways(part, observations) for part in x[1]))
    if x[0] == "REPEATS":
        one = ways(x[1], observations)
        return joined([one] * x[2], None)
    if x[0] == "AND":
        return joined([ways(part, observations) for part in x[1]], None)
    if x[0] == "FOLLOWEDBY":
        return joined([ways(part, observations) for part in x[1]], lambda a, b: max(t for *_, t in a) <= min(t for *_, t in b))
    inner = ways(x[1], observations)
    if x[0] == "START":
        return {w for w in inner if all(x[2] <= t < x[3] for *_, t in w)}
    return {w for w in inner if max(t for *_, t in w) - min(t for *_, t in w) < x[2]}


def joined(lists, may):
    out = {(frozenset(), frozenset())}  # all so far, and the last part of it
    for ways_of_part in lists:
        if len(out) * len(ways_of_part) > WAYS_MAX * 20:
            raise TooMuch
        out = {
            (a | b, b)
            for (a, last), b in itertools.product(out, ways_of_part)
            if not {w[:2] for w in a} & {w[:2] for w in b} and (may is None or not last or may(last, b))
        }
        if may is None:
            out = {(a, frozenset()) for a, _ in out}
        if len(out) > WAYS_MAX:
            raise TooMuch
    return {a for a, _ in out}


def parse(pattern):
    return Parser(pattern).whole()


def match(pattern, observations):
    return bool(ways(parse(pattern), observations))
