#!/usr/bin/env python3
"""test_dossier_browser: the dossier in a real browser: at three widths, dark and light, without scripts, on paper.

With LONGWATCH_PICTURES=DIR the pictures stay there, for who wants to look."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import browser
import made

MADE_CASE = pathlib.Path(os.environ.get("LONGWATCH_BUILD", made.SOURCE / "build")) / "tests/made_case"
PICTURES = os.environ.get("LONGWATCH_PICTURES")
WIDTHS = {"phone": (390, 844), "laptop": (1366, 800), "wide": (1920, 1080)}
MARKS = "[...document.querySelectorAll('#timeline rect.mark')]"


def picture(b, name):
    image = b.picture()
    assert image[:8] == b"\x89PNG\r\n\x1a\n" and len(image) > 10000, name
    if PICTURES:
        pathlib.Path(PICTURES).mkdir(parents=True, exist_ok=True)
        (pathlib.Path(PICTURES) / f"{name}.png").write_bytes(image)


def fits_three_widths(b, page):
    for name, (width, height) in WIDTHS.items():
        b.size(width, height)
        for scheme in ("light", "dark"):
            b.scheme(scheme)
            b.open(page)
            assert b.ask("document.documentElement.scrollWidth") <= width, f"{name}: wider than the screen"
            wide = b.ask("[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll, .graph, .lane, .behind, .heard') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 90))")
            assert not wide, f"{name}: {wide[:3]}"
            picture(b, f"{name}-{scheme}")
            # What is folded must fit as well.
            b.ask("document.querySelectorAll('details').forEach(e => e.open = true)")
            assert b.ask("document.documentElement.scrollWidth") <= width, f"{name}: wider than the screen, unfolded"
            b.ask("document.querySelector('#w1').scrollIntoView()")
            picture(b, f"{name}-{scheme}-attribution")
            bars = b.ask("[...document.querySelectorAll('#w1 svg.chance')].map(e => [e.getBoundingClientRect().width, e.querySelector('.is').getBoundingClientRect().width])")
            assert len(bars) == 4 and all(whole > 60 for whole, _ in bars), (name, bars)
            assert all(abs(100 * part / whole - p) < 0.2 for (whole, part), p in zip(bars, (31, 13.5, 13.5, 42))), (name, bars)
        b.ask("document.querySelector('#time').scrollIntoView()")
        picture(b, f"{name}-time")
        b.ask("document.querySelector('#i1').scrollIntoView()")
        picture(b, f"{name}-incident")


def the_answer_is_on_the_first_screen(b, page):
    for name, (width, height) in WIDTHS.items():
        b.size(width, height)
        b.open(page)
        bottom = b.ask("document.querySelectorAll('.qa')[4].getBoundingClientRect().bottom")
        room = height - b.ask("document.querySelector('.tlp.bottom').offsetHeight")
        assert bottom <= room, f"{name}: the fifth answer ends at {bottom} of {room}"
        for which in ("top", "bottom"):
            at = b.ask(f"(r => [r.top, r.bottom])(document.querySelector('.tlp.{which}').getBoundingClientRect())")
            assert 0 <= at[0] and at[1] <= height, (name, which, at)


def nothing_is_said_and_nothing_asked_for(b, page):
    b.size(*WIDTHS["laptop"])
    b.open(page)
    for key in "+-0":
        b.ask("document.querySelector('.lanes-box').focus()")
        b.key(key)
    assert not b.said, b.said
    assert not b.asked, b.asked


def the_policy_holds(b, page):
    """What a hostile text would do if it came through: it must not even be tried in vain by the page itself."""
    b.open(page)
    tried = b.ask("""new Promise(done => {
        let broken = [];
        addEventListener('securitypolicyviolation', v => broken.push(v.effectiveDirective));
        const s = document.createElement('script'); s.textContent = 'window.hostile = 1'; document.body.append(s);
        const i = document.createElement('img'); i.src = 'https://evil.example/x'; document.body.append(i);
        const d = document.createElement('div'); d.setAttribute('style', 'color: red'); document.body.append(d);
        fetch('https://evil.example/').catch(() => 0).then(() => setTimeout(() => done([window.hostile || 0, broken.sort()]), 200));
    })""")
    assert tried[0] == 0 and {"connect-src", "img-src", "script-src-elem", "style-src-attr"} <= set(tried[1]), tried
    assert not [url for url in b.asked if not url.startswith("https://evil.example")], b.asked
    b.said.clear()
    b.asked.clear()


def the_time_line_goes_down_to_seconds(b, page):
    b.size(*WIDTHS["laptop"])
    b.open(page)
    whole = b.ask("document.querySelector('output').textContent")
    marks = b.ask(f"{MARKS}.map(e => e.getAttribute('x'))")
    assert len(marks) > 400 and b.ask(f"{MARKS}.every(e => e.style.display !== 'none')")
    b.click("button[data-do=in]")
    assert b.ask("document.querySelector('output').textContent") != whole
    assert b.ask(f"{MARKS}.some(e => e.style.display === 'none')"), "closer, and all marks are still there"
    b.click("button[data-do=all]")
    assert b.ask("document.querySelector('output').textContent") == whole
    assert b.ask(f"{MARKS}.map(e => parseFloat(e.getAttribute('x')).toFixed(2))") == [f"{float(x[:-1]):.2f}" for x in marks]
    # With the wheel over the first act of the second incident, until a second is what an axis shows.
    b.ask("document.querySelector('.lanes-box').focus()")
    b.ask("document.querySelector('.lane.incident').scrollIntoView({block: 'center'})")
    for _ in range(120):
        x, y = b.ask(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({MARKS}[100].getBoundingClientRect())")
        b.wheel(x, y, -120)
    span = b.ask("[...document.querySelectorAll('g.labels text')].map(e => e.textContent)")
    assert len(span) >= 2 and all(text.count(":") == 2 for text in span), span
    shown = b.ask(f"{MARKS}.filter(e => e.style.display !== 'none').map(e => e.querySelector('title').textContent)")
    assert len(shown) == 1 and "reads" in shown[0], shown
    b.ask("document.querySelector('.lanes-box').focus()")
    b.key("0")
    assert b.ask("document.querySelector('output').textContent") == whole
    b.key("+")
    first = b.ask("document.querySelector('output').textContent")
    b.key("ArrowRight")
    assert b.ask("document.querySelector('output').textContent") not in (first, whole)


def links_lead_to_rows(b, page):
    b.size(*WIDTHS["laptop"])
    b.open(page)
    b.click(".qa a[href='#i1-e420']")
    assert b.ask("location.hash") == "#i1-e420"
    top = b.ask("document.querySelector(':target').getBoundingClientRect().top")
    assert 0 < top < 800, top
    assert b.ask("getComputedStyle(document.querySelector(':target')).backgroundColor") != "rgba(0, 0, 0, 0)"


def whole_without_scripts(b, page):
    b.size(*WIDTHS["laptop"])
    b.scripts(False)
    try:
        b.open(page)
        assert b.ask("document.querySelector('.tools').offsetHeight") == 0, "buttons that do nothing are shown"
        assert b.ask("document.querySelector('.hint').offsetHeight") == 0
        boxes = b.ask("[...document.querySelectorAll('#timeline rect.mark')].map(e => e.getBoundingClientRect()).map(r => [r.x, r.width])")
        assert len(boxes) > 400 and all(width >= 1 for _, width in boxes) and max(x for x, _ in boxes) - min(x for x, _ in boxes) > 500
        assert b.ask("document.querySelectorAll('g.labels text').length") >= 4
        b.ask("document.querySelector('#time').scrollIntoView()")
        picture(b, "laptop-no-script")
        assert not b.said, b.said
    finally:
        b.scripts(True)


def on_paper(b, page):
    b.size(*WIDTHS["laptop"])
    b.scheme("dark")
    b.open(page)
    if not shutil.which("pdftotext"):
        print("SKIP: pdftotext is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "dossier.pdf"
        path.write_bytes(b.pdf())
        if PICTURES:
            shutil.copy(path, PICTURES)
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    pages = text.rstrip("\f").split("\f")
    assert 8 < len(pages) < 120, len(pages)
    for number, one in enumerate(pages, 1):
        lines = [line.strip() for line in one.splitlines() if line.strip()]
        assert lines[0] == lines[-1] == "TLP:RED", f"page {number}: {lines[:1]} {lines[-1:]}"
    assert "Look-ups of a name that nobody else looks up" in text, "what is folded on the screen is not on paper"


def main():
    passed = failed = 0
    binary = browser.installed()
    if not binary:
        print("SKIP: chromium is not installed")
        print("0 passed, 0 failed, 1 skipped")
        return 77
    with tempfile.TemporaryDirectory() as temporary:
        case = pathlib.Path(temporary) / "case"
        subprocess.run([MADE_CASE, case], check=True)
        for test in (
            fits_three_widths, the_answer_is_on_the_first_screen, nothing_is_said_and_nothing_asked_for, the_policy_holds,
            the_time_line_goes_down_to_seconds, links_lead_to_rows, whole_without_scripts, on_paper,
        ):  # fmt: skip
            try:
                with browser.Browser(binary) as b:
                    test(b, case / "dossier.html")
                passed += 1
            except AssertionError as error:
                failed += 1
                print(f"{test.__name__}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
