#!/usr/bin/env python3
"""picture: a program's output on a terminal as SVG. Pictures of README.md are made by: docs/picture.py hunt >docs/hunt.svg, and mail

The program runs on a pseudo terminal, so what is drawn is what a person sees, in its colours; nothing is made up here. The
sequences understood are SGR 0 to 2, 30 to 37 and 90 to 97, and carriage returns with "erase line", with which progress is drawn.
"""

import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = ["data/samples/intrusion.jsonl", "data/samples/mailbox.jsonl"]
MAILS = [*SAMPLES, "data/samples/post.mbox", "data/samples/proxy.log"]
HOUSE = ["--own-domain", "assembly.example", "--partner", "stadtanzeiger.example", "--roster", "data/samples/roster.csv"]
# Name -> what is typed, one command behind the other, in the case that a hunt of the samples makes.
PICTURES = {
    "hunt": [["longwatch", "hunt", *SAMPLES, "--rules", "data/rules"]],
    "intel": [["longwatch", "hunt", *MAILS, "--intel", "data/samples/indicators.json"]],
    "mail": [["longwatch", "mail", "campaigns", "CASE", "--limit", "2"], ["longwatch", "mail", "recipients", "CASE", "1", "--group", "members"]],
}
COLUMNS = 100
FONT = "ui-monospace, DejaVu Sans Mono, Menlo, monospace"
WIDTH, HEIGHT, PAD = 8.4, 19, 16  # of a character, of a line, around everything, in pixels
COLOURS = "#6e7681 #ff7b72 #7ee787 #e3b341 #79c0ff #d2a8ff #56d4dd #e6edf3".split()
SGR = re.compile(r"\x1b\[([\d;]*)m")


def on_terminal(command):
    """What the command writes to a terminal, line ends as LF."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    binary = pathlib.Path(os.environ.get("LONGWATCH_BINARY", ROOT / "build/longwatch"))
    environment.update(TERM="xterm", PATH=f"{binary.parent}:{os.environ['PATH']}")
    with subprocess.Popen(["/usr/bin/env", *command], cwd=ROOT, env=environment, stdin=slave, stdout=slave, stderr=slave) as child:
        os.close(slave)
        shown = b""
        while True:
            try:
                shown += os.read(master, 65536)
            except OSError:  # nobody holds the other end any more
                break
    if child.returncode not in (0, 1):
        sys.exit(f"picture: {command[0]} ended with {child.returncode}:\n{shown.decode()}")
    text = shown.decode().replace("\r\n", "\n")
    return re.sub(r"[^\n]*\r\x1b\[K", "", text)


def spans(line, style):
    """The line as tspans, one a run of equal style; and the style it ends with."""
    out, at = [], 0
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
                elif number == 2:
                    style += ' opacity="0.7"'
                elif number in range(30, 38) or number in range(90, 98):
                    style = re.sub(r' fill="[^"]*"', "", style) + f' fill="{COLOURS[number % 10]}"'
    return "".join(out), style


def drawn(name):
    """The lines of a picture: what is typed, and what comes of it."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        case = pathlib.Path(folder) / "case"
        if name == "mail":
            on_terminal(["longwatch", "hunt", *MAILS, "--rules", "data/rules", *HOUSE, "--quiet", "-o", str(case)])
        for command in PICTURES[name]:
            title = " ".join(command).replace("CASE", "./case")
            shown = on_terminal([str(case) if word == "CASE" else word for word in command])
            lines += [f"\x1b[32m$\x1b[0m \x1b[1m{title}\x1b[0m", *shown.expandtabs().splitlines()]
    return lines


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "hunt"
    title, lines = f"longwatch {name}", drawn(name)
    columns = max(len(SGR.sub("", line)) for line in lines)
    width, height = int(columns * WIDTH + 2 * PAD), len(lines) * HEIGHT + 2 * PAD
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">')
    print(f'<title>{escape(title)}</title><rect width="100%" height="100%" rx="8" fill="#0d1117"/>')
    print(f'<g font-family="{FONT}" font-size="14" fill="#e6edf3" xml:space="preserve">')
    style = ""
    for number, line in enumerate(lines):
        marked, style = spans(line, style)
        if marked:
            print(f'<text x="{PAD}" y="{PAD + 14 + number * HEIGHT}">{marked}</text>')
    print("</g></svg>")


if __name__ == "__main__":
    main()
