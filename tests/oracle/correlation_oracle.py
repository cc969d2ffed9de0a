"""correlation_oracle: section 9 of the Sigma semantics, done naively: every window is looked at.

All events are given at once, in any order, as (id, record, when); when is the event's time in
nanoseconds or None. Detection rules come from a sigma_oracle.RuleSet. Quadratic and worse is fine.
"""

import datetime
import itertools
import re
from decimal import Decimal
from fractions import Fraction

from sigma_oracle import COMPARISONS, Condition, Event, LoadError, Number, check_head, fold, spelling

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629746, "y": 31556952}
_TYPES = (
    "event_count", "value_count", "value_sum", "value_avg", "value_median", "value_percentile",
    "temporal", "temporal_ordered",
)  # fmt: skip
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[-+]\d\d:\d\d)", re.ASCII)


def nanoseconds(text):
    """RFC 3339 to nanoseconds since 1970, or None."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    try:
        day = datetime.datetime(*(int(found[i]) for i in range(1, 7)))
    except ValueError:
        return None
    seconds = (day - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1)
    if found[8] != "Z":
        minutes = int(found[8][1:3]) * 60 + int(found[8][4:6])
        seconds -= (-60 if found[8][0] == "-" else 60) * minutes
    return seconds * 10**9 + int((found[7] or "").ljust(9, "0"))


def _as_list(value):
    return [] if value is None else value if isinstance(value, list) else [value]


# --- the rule (9.1) -------------------------------------------------------------------------------


class Correlation:
    """A correlation rule as written; resolve() turns its references into rules."""

    def __init__(self, document):
        check_head(document)
        body = document["correlation"]
        if not isinstance(body, dict):
            raise LoadError("correlation is no mapping")
        self.id, self.name, self.title = document.get("id"), document.get("name"), document["title"]
        self.type = body.get("type")
        if self.type not in _TYPES:
            raise LoadError(f"unknown correlation type {self.type}")
        self.temporal = self.type.startswith("temporal")
        self.references = [str(name) for name in _as_list(body.get("rules"))]
        self.group_by = [str(field) for field in _as_list(body.get("group-by"))]
        self.aliases = body.get("aliases") or {}
        self.generate = body.get("generate", document.get("generate", False)) is True
        self.timespan = self._timespan(body.get("timespan"))
        self.bounds, self.expression, self.fields, self.percentile = [], None, [], None
        self._condition(body)
        if not self.references:
            raise LoadError("a correlation without rules")
        self.rules = []  # filled by resolve

    @staticmethod
    def _timespan(text):
        found = re.fullmatch(r"([0-9]+)([smhdwMy])", str(text), re.ASCII)
        if not found or int(found[1]) == 0:
            raise LoadError("timespan is no positive time")
        return int(found[1]) * _UNITS[found[2]] * 10**9

    def _condition(self, body):
        condition = body.get("condition")
        if condition is None and self.temporal:
            self.bounds = [("gte", Decimal(len(self.references)))]  # all of them
        elif isinstance(condition, str):
            if not self.temporal:
                raise LoadError("only temporal types take an expression")
            names = sorted(set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", condition)) - {"and", "or", "not"})
            self.references = self.references or names
            self.expression = Condition(condition, self.references, selectors=False)
            if set(names) != set(self.references):
                raise LoadError("a listed rule does not occur in the condition")
        elif isinstance(condition, dict):
            for key, value in condition.items():
                if key == "field":
                    self.fields = [str(field) for field in _as_list(value)]
                elif isinstance(value, bool) or not isinstance(value, (int, Decimal)):
                    raise LoadError(f"{key} needs a number")
                elif key == "percentile":
                    self.percentile = Decimal(value)
                elif key in COMPARISONS:
                    self.bounds.append((key, Decimal(value)))
                else:
                    raise LoadError(f"unknown condition {key}")
            if not self.bounds:
                raise LoadError("the condition compares nothing")
        else:
            raise LoadError("condition is missing")
        if self.type.startswith("value_") and not self.fields:
            raise LoadError("field is missing")
        if len(self.fields) > 1 and self.type != "value_count":
            raise LoadError("only value_count takes several fields")

    def resolve(self, known):
        """References by id or name; False while one of them is not known (yet)."""
        if any(name not in known for name in self.references):
            return False
        self.rules = [known[name] for name in self.references]
        return True

    def field_for(self, field, rule):
        """9.2.4: an alias is replaced by the rule's own field."""
        mapping = self.aliases.get(field) or {}
        return mapping.get(rule.name, mapping.get(rule.id, field))


def load_correlations(ruleset):
    """The usable correlations, inner before outer, and the verdicts (path, number, id, error or None)."""
    verdicts, waiting, loaded = [], [], []
    known = {}
    for rule in ruleset.rules:
        known.update({key: rule for key in (rule.id, rule.name) if key is not None})
    for path, number, document in ruleset.correlations:
        try:
            waiting.append((path, number, Correlation(document)))
        except LoadError as error:
            verdicts.append((path, number, document.get("id"), error))
    while True:  # what is left when nothing more resolves refers to nothing, or in a circle
        ready = [entry for entry in waiting if entry[2].resolve(known)]
        if not ready:
            break
        waiting = [entry for entry in waiting if entry not in ready]
        for path, number, correlation in ready:
            known.update({key: correlation for key in (correlation.id, correlation.name) if key is not None})
            loaded.append(correlation)
            verdicts.append((path, number, correlation.id, None))
    for path, number, correlation in waiting:
        verdicts.append((path, number, correlation.id, LoadError("a reference finds no rule, or a circle")))
    return loaded, verdicts


# --- evaluation (9.2, 9.3) ------------------------------------------------------------------------


class Hit:
    """A hit; to an outer correlation it is an event with the group's fields (9.2.6)."""

    def __init__(self, correlation, group, items, when, value=None):
        self.correlation, self.group, self.when, self.value = correlation, group, when, value
        self.first, self.last = items[0].when, items[-1].when
        self.count = len(items)
        self.events = sorted({event for item in items for event in item.events})
        self.chained = any(isinstance(item.source, Hit) for item in items)

    def values(self, field):
        if field in self.group:
            return [self.group[field]]
        return [self.count] if field == "count" else []

    def folded_group(self):
        return tuple(sorted((name, fold(value)) for name, value in self.group.items()))


class _Item:
    """An event (or an inner hit) in one group, with the rules it serves there."""

    def __init__(self, key, when, source, events):
        self.key, self.when, self.source, self.events = key, when, source, events
        self.rules = set()  # positions in the correlation's list


def _group_tuples(correlation, rule, source):
    """9.2.4, 9.2.5: the groups an event belongs to; none if a group-by value is missing."""
    parts = []
    for field in correlation.group_by:
        texts = [spelling(value) for value in source.values(correlation.field_for(field, rule)) if value is not None]
        parts.append([text for text in texts if text != ""])
    return itertools.product(*parts)


class _Evaluation:
    def __init__(self, correlation, streams):
        self.correlation = correlation
        self.groups = {}  # folded tuple -> (shown tuple, {key: item})
        for position, rule in enumerate(correlation.rules):
            for key, when, source, events in streams[rule]:
                if when is None:
                    continue  # 9.2.3
                for shown in _group_tuples(correlation, rule, source):
                    items = self.groups.setdefault(tuple(map(fold, shown)), (shown, {}))[1]
                    item = items.setdefault(key, _Item(key, when, source, events))
                    item.rules.add(position)

    def hits(self):
        for shown, by_key in self.groups.values():
            items = sorted(by_key.values(), key=lambda item: (item.when, item.key))
            items = [item for item in items if self._counts(item)]
            named = dict(zip(self.correlation.group_by, shown))
            if self._monotone(items):
                yield from self._sliding(named, items)
            else:
                yield from self._anchored(named, items)

    # What a value_* type cannot use takes no part (9.3).
    def _counts(self, item):
        if self.correlation.type == "value_count" or self._rarity():
            return bool(self._tuples(item))
        if self.correlation.type.startswith("value_"):
            return bool(self._numbers(item))
        return True

    def _rarity(self):
        return self.correlation.type == "value_percentile" and self.correlation.percentile is None

    def _tuples(self, item):
        parts = []
        for field in self.correlation.fields:
            present = [value for value in item.source.values(field) if value is not None]
            parts.append([fold(spelling(value)) for value in present])
        return list(itertools.product(*parts))

    def _numbers(self, item):
        values = (Number.read(value) for value in item.source.values(self.correlation.fields[0]) if value is not None)
        return [Fraction(value) for value in values if value is not None]

    def _monotone(self, items):
        """9.2.8 against 9.2.9."""
        correlation = self.correlation
        if correlation.expression:
            return not correlation.expression.uses_not()
        if any(operator not in ("gt", "gte") for operator, _ in correlation.bounds):
            return False
        if correlation.type == "value_sum":
            return all(number >= 0 for item in items for number in self._numbers(item))
        return correlation.type in ("event_count", "value_count") or correlation.temporal

    def _holds(self, items):
        correlation = self.correlation
        if correlation.expression:
            met = {correlation.references[position] for item in items for position in item.rules}
            return correlation.expression.holds(lambda name: name in met)
        return self._within(self._value(items))

    def _within(self, value):
        return all(COMPARISONS[operator](value, Fraction(bound)) for operator, bound in self.correlation.bounds)

    def _value(self, items):
        kind = self.correlation.type
        if kind == "event_count":
            return len(items)
        if kind == "value_count":
            return len({values for item in items for values in self._tuples(item)})
        if kind == "temporal":
            return len(set().union(*(item.rules for item in items)))
        if kind == "temporal_ordered":
            return _longest_chain(items, len(self.correlation.rules))
        numbers = sorted(number for item in items for number in self._numbers(item))
        if kind == "value_sum":
            return sum(numbers)
        if kind == "value_avg":
            return sum(numbers) / len(numbers)
        if kind == "value_median":
            return (numbers[(len(numbers) - 1) // 2] + numbers[len(numbers) // 2]) / 2
        exact = Fraction(self.correlation.percentile) * len(numbers) / 100  # nearest rank
        rank = max(1, -(-exact.numerator // exact.denominator))
        return numbers[min(rank, len(numbers)) - 1]

    def _sliding(self, group, items):
        """Every window that starts at an event; those that share an event are one hit (9.2.8)."""
        span, merged = self.correlation.timespan, []
        for start, opening in enumerate(items):
            end = start
            while end + 1 < len(items) and items[end + 1].when - opening.when <= span:
                end += 1
            if not self._holds(items[start : end + 1]):
                continue
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(end, merged[-1][1])
            else:
                merged.append([start, end])
        for start, end in merged:
            became = next(
                last.when
                for last in items[start : end + 1]
                if self._holds([item for item in items if last.when - span <= item.when <= last.when])
            )
            yield Hit(self.correlation, group, items[start : end + 1], became)

    def _anchored(self, group, items):
        """The first event opens a window, judged once when it is over (9.2.9)."""
        start = 0
        while start < len(items):
            end = start
            while end + 1 < len(items) and items[end + 1].when - items[start].when <= self.correlation.timespan:
                end += 1
            window = items[start : end + 1]
            if self._rarity():
                yield from self._rare(group, window)
            elif self._holds(window):
                yield Hit(self.correlation, group, window, window[-1].when)
            start = end + 1

    def _rare(self, group, window):
        """9.3: each distinct value's share of the group's events, in percent."""
        for value in sorted({values for item in window for values in self._tuples(item)}):
            holders = [item for item in window if value in self._tuples(item)]
            if self._within(Fraction(100 * len(holders), len(window))):
                yield Hit(self.correlation, group, holders, window[-1].when, value)


def _longest_chain(items, length):
    """temporal_ordered: the most rules, in the listed order, by different events in time order."""

    def best(position, earliest, used):
        if position == length:
            return 0
        longest = best(position + 1, earliest, used)  # this rule is left out
        for at, item in enumerate(items):
            if longest == length - position:
                break
            if position in item.rules and item.when >= earliest and at not in used:
                longest = max(longest, 1 + best(position + 1, item.when, used | {at}))
        return longest

    return best(0, items[0].when, frozenset())


def correlate(ruleset, events):
    """All findings of a rule set: (set of (rule id, event id), list of Hit), silenced ones left out (9.4)."""
    loaded, _ = load_correlations(ruleset)
    streams = {}
    for rule in ruleset.rules:
        streams[rule] = []
    for identity, record, when in events:
        event = Event(record)
        for rule in ruleset.rules:
            if rule.holds(event):
                streams[rule].append((("event", identity), when, event, [identity]))
    hits = []
    for correlation in loaded:
        found = list(_Evaluation(correlation, streams).hits())
        streams[correlation] = [
            (("hit", correlation.title, number), hit.when, hit, hit.events) for number, hit in enumerate(found)
        ]
        hits += found
    referrers = {}
    for correlation in loaded:
        for rule in correlation.rules:
            referrers.setdefault(rule, []).append(correlation)
    silenced = {rule for rule, by in referrers.items() if not any(each.generate for each in by)}
    pairs = {
        (rule.id, events_of[0])
        for rule in ruleset.rules
        if rule not in silenced
        for _, _, _, events_of in streams[rule]
    }
    return pairs, [hit for hit in hits if hit.correlation not in silenced]
