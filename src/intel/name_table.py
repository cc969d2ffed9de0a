#!/usr/bin/env python3
"""name_table: letters of names in ASCII, readings of Chinese characters and their simplified forms, as tables in C.

usage: name_table.py UnicodeData.txt Unihan_Readings.txt.bz2 Unihan_Variants.txt.bz2 > name_table.h

A letter whose compatibility decomposition, without its marks, is ASCII letters and digits stands for these; what no decomposition tells (o with
stroke, sharp s) is below. Beside it stands how schemes of transliteration mean it: s with caron is sh. Readings are Mandarin's most usual ones
(kMandarin), without tone marks; characters that are read otherwise as family names are below.
"""
import bz2
import sys
import unicodedata

OWN = {
    "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "ŋ": "ng", "ə": "a", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ɓ": "b",
    "ɗ": "d", "ƙ": "k", "ẞ": "ss",
}  # fmt: skip
SCHEME = {}
for letters, text in {"šśşș": "sh", "čćç": "ch", "žźż": "zh", "ö": "oe", "ü": "ue", "ä": "ae"}.items():
    for letter in letters:
        SCHEME[ord(letter)] = SCHEME[ord(letter.upper())] = text
# Read otherwise where they are a family's name.
FAMILY = {
    "曾": "zeng", "单": "shan", "單": "shan", "解": "xie", "仇": "qiu", "查": "zha", "盖": "ge", "蓋": "ge", "任": "ren", "乐": "yue", "樂": "yue",
    "区": "ou", "區": "ou", "翟": "zhai", "朴": "piao", "缪": "miao", "繆": "miao", "覃": "qin", "种": "chong", "宓": "mi", "秘": "bi", "员": "yun",
    "折": "she", "逄": "pang", "冼": "xian", "洗": "xian", "尉": "wei", "长": "zhang", "召": "shao", "繁": "po", "黑": "he",
}  # fmt: skip


def unihan(path, wanted):
    with bz2.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            cells = line.rstrip("\n").split("\t")
            if len(cells) == 3 and cells[1] == wanted:
                yield int(cells[0][2:], 16), cells[2]


def toneless(text):
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


decompositions, marks, small = {}, set(), {}
for line in open(sys.argv[1], encoding="ascii"):
    cells = line.split(";")
    point = int(cells[0], 16)
    if cells[2] in ("Mn", "Me", "Cf", "Lm", "Sk"):
        marks.add(point)
    if cells[5]:
        decompositions[point] = [int(p, 16) for p in cells[5].split() if not p.startswith("<")]
    if cells[13]:
        small[point] = int(cells[13], 16)


def plain(point, depth=0):
    """In ASCII, or None."""
    if chr(small.get(point, point)) in OWN:
        return OWN[chr(small.get(point, point))]
    if point in marks and point not in decompositions:
        return ""
    if point < 128:
        return chr(point).lower() if chr(point).isalnum() else None
    if point not in decompositions or depth > 8:
        return "" if point in marks else None
    parts = [plain(p, depth + 1) for p in decompositions[point]]
    return None if None in parts else "".join(parts)


rows = []
for point in sorted(set(decompositions) | marks | {ord(c) for c in OWN} | {ord(c.upper()) for c in OWN if len(c.upper()) == 1}):
    text = plain(point)
    if point >= 128 and text is not None and len(text) <= 4:
        rows.append('{0x%x, "%s", "%s"},' % (point, text, SCHEME.get(point, text)))
print("/* name_table: made by name_table.py; do not edit. */")
print("static const struct {\n    uint32_t point;\n    char plain[5], scheme[5];\n} name_letters[] = {")
for at in range(0, len(rows), 6):
    print("    " + " ".join(rows[at : at + 6]))
print("};")

readings = {point: toneless(text.split()[0]) for point, text in unihan(sys.argv[2], "kMandarin")}
readings = {point: text for point, text in readings.items() if text.isascii() and text.isalpha()}
syllables = sorted(set(readings.values()) | set(FAMILY.values()) | {"lv", "nv", "lyu", "nyu", "lve", "nve"})
number = {text: i for i, text in enumerate(syllables)}
print("static const char name_syllables[][8] = {" + ", ".join('"%s"' % s for s in syllables) + "};")
for name, first, last in (("name_han", 0x4E00, 0x9FFF), ("name_han_a", 0x3400, 0x4DBF)):
    cells = [str(number[readings[p]] + 1 if p in readings else 0) for p in range(first, last + 1)]
    print("static const uint16_t %s[] = { /* from U+%04X on: a syllable's number and 1, or 0 */" % (name, first))
    for at in range(0, len(cells), 32):
        print("    " + ",".join(cells[at : at + 32]) + ",")
    print("};")
print("static const struct {\n    uint16_t point, syllable;\n} name_han_family[] = {")
for char in sorted(FAMILY):
    print("    {0x%x, %d}," % (ord(char), number[FAMILY[char]]))
print("};")
print("static const struct {\n    uint16_t from, to;\n} name_han_simple[] = {")
for point, text in unihan(sys.argv[3], "kSimplifiedVariant"):
    variants = [int(v[2:], 16) for v in text.split()]
    if point <= 0xFFFF and point not in variants and len(variants) == 1 and variants[0] <= 0xFFFF:
        print("    {0x%x, 0x%x}," % (point, variants[0]))
print("};")
