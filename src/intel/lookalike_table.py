#!/usr/bin/env python3
"""lookalike_table: what characters beyond ASCII look like, out of UnicodeData.txt and data/lookalike/letters.txt, as a sorted table in C.

usage: lookalike_table.py UnicodeData.txt letters.txt > lookalike_table.h

A character whose compatibility decomposition, without its marks, is ASCII letters and digits looks like these; letters.txt goes before.
Marks, and what cannot be seen, look like nothing: "".
"""
import sys

decompositions, marks = {}, set()
for line in open(sys.argv[1], encoding="ascii"):
    cells = line.split(";")
    point = int(cells[0], 16)
    if cells[2] in ("Mn", "Me", "Cf"):
        marks.add(point)
    if cells[5]:
        decompositions[point] = [int(p, 16) for p in cells[5].split() if not p.startswith("<")]

letters = {}
for line in open(sys.argv[2], encoding="ascii"):
    if line.startswith("#"):
        continue
    text, *points = line.split()
    for point in points:
        letters.setdefault(int(point, 16), text)


def plain(point, depth=0):
    """The ASCII text that it looks like, or None."""
    if point in letters:
        return letters[point]
    if point in marks:
        return ""
    if point < 128:
        text = chr(point).lower()
        return text if text.isalnum() or text == "-" else None
    if point not in decompositions or depth > 8:
        return None
    parts = [plain(p, depth + 1) for p in decompositions[point]]
    return None if None in parts else "".join(parts)


rows = []
for point in sorted(set(decompositions) | marks | set(letters)):
    text = plain(point)
    if point >= 128 and text is not None and len(text) <= 3:
        rows.append('{0x%x, "%s"},' % (point, text))
print("/* lookalike_table: made by lookalike_table.py; do not edit. */")
print("static const struct {\n    uint32_t point;\n    char text[4];\n} lookalike_table[] = {")
for at in range(0, len(rows), 8):
    print("    " + " ".join(rows[at : at + 8]))
print("};")
