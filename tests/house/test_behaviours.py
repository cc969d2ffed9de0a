#!/usr/bin/env python3
# test_behaviours: every behaviour of the data is told in docs/behaviours.md, and nothing else is.
import os
import re
import sys

SOURCE = os.environ.get("LONGWATCH_SOURCE") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def in_data():
    folder = os.path.join(SOURCE, "data", "behaviours")
    names = set()
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            names |= set(re.findall(r"^behaviour: (\S+)$", file.read(), re.M))
    return names - {"incident"}


def in_docs():
    with open(os.path.join(SOURCE, "docs", "behaviours.md"), encoding="utf-8") as file:
        return set(re.findall(r"^\| `([a-z-]+)` \|", file.read(), re.M))


data, docs = in_data(), in_docs()
assert len(data) > 20, data
if data != docs:
    sys.exit("docs/behaviours.md lacks %s; it has %s, which is nowhere" % (sorted(data - docs), sorted(docs - data)))
print("ok: %d behaviours" % len(data))
