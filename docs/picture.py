#!/usr/bin/env python3
"""picture: a program's terminal output as SVG, for the README: longwatch hunt ... | docs/picture.py COMMAND > docs/hunt.svg

COMMAND is shown as the prompt's line. The text comes from standard input as it is; nothing is made up here. Colours (SGR
30 to 37, 90 to 97, bold) are kept, for output that was taken from a terminal.
"""

import re
import sys
from xml.sax.saxutils import escape

FONT = "ui-monospace, DejaVu Sans Mono, Menlo, monospace"
WIDTH, HEIGHT, PAD = 8.4, 19, 16  # of a character, of a line, around everything, in pixels
COLOURS = "#6e7681 #ff7b72 #7ee787 #e3b341 #79c0ff #d2a8ff #56d4dd #e6edf3".split()
SGR = re.compile(r"\x1b\[([\d;]*)m")


def spans(line):
    """The line as tspans, one a run of equal style."""
    out, style, at = [], "", 0
    for code in [*SGR.finditer(line), None]:
        text = line[at : code.start() if code else None]
        if text:
            out.append(f"<tspan{style}>{escape(text)}</tspan>")
        if code:
            at = code.end()
            for number in (int(n or 0) for n in code.group(1).split(";")):
                if number == 0:
                    style = ""
                elif number == 1:
                    style += ' font-weight="bold"'
                elif number in range(30, 38) or number in range(90, 98):
                    style = re.sub(r' fill="[^"]*"', "", style) + f' fill="{COLOURS[number % 10]}"'
    return "".join(out)


def main(command):
    lines = [f"\x1b[32m$\x1b[0m \x1b[1m{command}\x1b[0m"] + sys.stdin.read().expandtabs().splitlines()
    columns = max(len(SGR.sub("", line)) for line in lines)
    width, height = int(columns * WIDTH + 2 * PAD), len(lines) * HEIGHT + 2 * PAD
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">')
    print(f'<title>{escape(command)}</title><rect width="100%" height="100%" rx="8" fill="#0d1117"/>')
    print(f'<g font-family="{FONT}" font-size="14" fill="#e6edf3" xml:space="preserve">')
    for number, line in enumerate(lines):
        print(f'<text x="{PAD}" y="{PAD + 14 + number * HEIGHT}">{spans(line)}</text>')
    print("</g></svg>")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: COMMAND | picture.py 'COMMAND' > picture.svg")
    main(sys.argv[1])
