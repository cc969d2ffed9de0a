#!/usr/bin/env python3
"""fold_table: Unicode's CaseFolding.txt (statuses C and S) as a two-stage table in C.

usage: fold_table.py CaseFolding.txt > fold_table.h
"""
import sys

PAGE = 128
folds = {}
for line in open(sys.argv[1], encoding="utf-8"):
    parts = [p.strip() for p in line.split("#")[0].split(";")]
    if len(parts) >= 3 and parts[1] in "CS":
        folds[int(parts[0], 16)] = int(parts[2], 16)

last = max(folds) // PAGE + 1
pages, numbers = [], []
for page in range(last):
    deltas = tuple(folds.get(page * PAGE + i, page * PAGE + i) - (page * PAGE + i) for i in range(PAGE))
    if deltas not in pages:
        pages.append(deltas)
    numbers.append(pages.index(deltas))

print("/* fold_table: made by fold_table.py; do not edit. */")
print(f"#define FOLD_PAGE {PAGE}u\n#define FOLD_PAGES {last}u")
print("static const unsigned char fold_page_of[FOLD_PAGES] = {%s};" % ",".join(map(str, numbers)))
print("static const int fold_delta[][FOLD_PAGE] = {")
for page in pages:
    print("    {%s}," % ",".join(map(str, page)))
print("};")
