"""dossier_page: what every page of a dossier must be, whatever its case holds: read as HTML, without a browser."""

import base64
import hashlib
import html.parser
import re

VOID = {"meta", "link", "br", "hr", "img", "input", "wbr", "area", "base", "col", "embed", "source", "track"}
SVG_LEAVES = {"rect", "line", "path"}
QUESTIONS = ("Was somebody in here?", "Since when, and until when?", "How far did they come?", "Which group?", "Are they gone?")
SECTIONS = ("answer", "coverage", "time", "reach", "graph", "campaigns", "incidents", "doors", "attribution", "methods", "ledger")
# Controls, and what turns the direction of text round (UAX 9).
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Page(html.parser.HTMLParser):
    """wrong: everything that must not be."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.wrong, self.open, self.ids, self.links, self.headings = [], [], [], [], []
        self.raw = {"style": [], "script": []}
        self.texts, self.tables, self.answers, self.policy, self.times = [], [], {}, None, 0
        self.question = None
        self.feed(text)
        self.close()
        if self.open:
            self.wrong.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.tag(tag, attrs, False)

    def handle_startendtag(self, tag, attrs):
        self.tag(tag, attrs, True)

    def tag(self, tag, attrs, closed):
        names = [name for name, _ in attrs]
        values = dict(attrs)
        if len(names) != len(set(names)):
            self.wrong.append(f"{tag}: an attribute twice")
        for name in names:
            if name.startswith("on") or name in ("style", "src", "srcset", "action", "formaction", "ping", "xlink:href", "background", "poster"):
                self.wrong.append(f"{tag}: attribute {name}")
        if "href" in values:
            if not values["href"].startswith("#"):
                self.wrong.append(f"{tag}: leads out: {values['href']}")
            self.links.append(values["href"][1:])
        if values.get("id") is not None:
            self.ids.append(values["id"])
        for name in ("aria-labelledby",):
            if name in values:
                self.links.append(values[name])
        if tag in ("iframe", "object", "embed", "form", "link", "base", "img", "audio", "video", "foreignobject", "animate", "set", "use"):
            self.wrong.append(f"element {tag}")
        if tag == "meta" and (values.get("http-equiv") or "").lower() == "content-security-policy":
            self.policy = values["content"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "table":
            self.tables.append({"caption": False, "heads": 0, "cells": None})
        if tag == "caption":
            self.tables[-1]["caption"] = True
        if tag == "th":
            self.tables[-1]["heads"] += 1
            if values.get("scope") != "col":
                self.wrong.append("a th without scope")
        if tag == "tr":
            self.cells = 0
        if tag == "td":
            self.cells += int(values.get("colspan", 1))
        if tag == "time":
            self.times += 1
        if tag in VOID or closed:
            return
        self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.wrong.append(f"</{tag}> within {self.open[-3:]}")
            return
        self.open.pop()
        if tag == "tr" and self.cells and self.cells != self.tables[-1]["heads"]:
            self.wrong.append(f"a row of {self.cells} cells below {self.tables[-1]['heads']} heads")
        if tag == "dd" and self.question:
            self.answers[self.question] = self.answers[self.question].strip()
            self.question = None

    def handle_data(self, data):
        inside = self.open[-1] if self.open else ""
        if inside in self.raw:
            self.raw[inside].append(data)
            return
        self.texts.append(data)
        if inside == "dt":
            self.question = data
            self.answers[data] = ""
        elif self.question:
            self.answers[self.question] += data

    def handle_comment(self, data):
        self.wrong.append(f"a comment: {data[:40]}")

    def handle_pi(self, data):
        self.wrong.append(f"an instruction: {data[:40]}")

    @property
    def text(self):
        return "".join(self.texts)


def colours(style):
    """(light, dark): name -> (r, g, b) of the variables."""

    def read(block):
        return {name: tuple(int(value[i:i + 2], 16) for i in (0, 2, 4)) for name, value in re.findall(r"--(\w+):#([0-9a-f]{6})\b", block)}

    blocks = re.findall(r":root\{(.*?)\}", style, re.DOTALL)
    light = read(blocks[0])
    return light, {**light, **read(blocks[1])}


def contrast(one, two):
    """WCAG 2.2, 1.4.3."""

    def luminance(colour):
        parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def check(path, tlp="TLP:RED"):
    """The page, when it is what it must be; else AssertionError."""
    content = path.read_bytes()
    text = content.decode("utf-8")  # and nothing that is none
    found = OBEYED.search(text)
    assert not found, f"U+{ord(found.group()):04X} at {found.start()}"
    assert text.startswith("<!DOCTYPE html>\n<html lang=\"en\">")
    page = Page(text)
    assert not page.wrong, page.wrong[:5]
    assert len(page.ids) == len(set(page.ids)), [name for name in page.ids if page.ids.count(name) > 1][:5]
    dangling = [name for name in page.links if name not in set(page.ids)]
    assert not dangling, dangling[:5]
    assert set(SECTIONS) <= set(page.ids), set(SECTIONS) - set(page.ids)
    assert len(page.raw["style"]) == len(page.raw["script"]) == 1
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.raw[kind][0].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in page.policy, f"{kind}: {digest} is not in {page.policy}"
    assert page.policy.startswith("default-src 'none';") and "unsafe" not in page.policy and "http" not in page.policy, page.policy
    assert not re.search(r"\bfetch\b|XMLHttpRequest|WebSocket|innerHTML|\beval\b|import\s*\(|sendBeacon|localStorage", page.raw["script"][0])
    assert not re.search(r"@import|url\((?!#)", page.raw["style"][0])
    assert page.headings[0] == 1 and page.headings.count(1) == 1
    for before, now in zip(page.headings, page.headings[1:]):
        assert now <= before + 1, f"a heading of level {now} below one of {before}"
    assert all(table["caption"] and table["heads"] for table in page.tables)
    assert tuple(page.answers)[:5] == QUESTIONS, tuple(page.answers)
    assert page.texts.count(tlp) == 2 and f'@top-center{{content:"{tlp}"}}@bottom-center{{content:"{tlp}"}}' in page.raw["style"][0]
    for scheme in colours(page.raw["style"][0]):
        for fore, back in (("ink", "paper"), ("soft", "paper"), ("link", "paper"), ("open", "paper"), ("unknown", "paper"), ("closed", "paper"),
                           ("ink", "panel"), ("soft", "panel"), ("link", "panel"), ("ink", "mark")):  # fmt: skip
            assert contrast(scheme[fore], scheme[back]) >= 4.5, (fore, back, contrast(scheme[fore], scheme[back]))
    return page
