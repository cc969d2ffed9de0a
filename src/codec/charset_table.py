#!/usr/bin/env python3
"""charset_table: the character sets of charset.c as tables in C, from Python's codecs; and which label means which set.

usage: charset_table.py > charset_table.h

A cell is a code point, 0: none. Which label means which set is the WHATWG Encoding Standard's (4.2), and some that mail has besides;
they are compared by their letters and digits alone.
"""

# Sets of a byte a character: Python's codec and the labels, the set's name first.
SINGLE = [
    ("cp866", "ibm866 866 cp866 csibm866"),
    ("iso8859-2", "iso-8859-2 csisolatin2 iso-ir-101 iso8859-2 iso_8859-2:1987 l2 latin2"),
    ("iso8859-3", "iso-8859-3 csisolatin3 iso-ir-109 iso_8859-3:1988 l3 latin3"),
    ("iso8859-4", "iso-8859-4 csisolatin4 iso-ir-110 iso_8859-4:1988 l4 latin4"),
    ("iso8859-5", "iso-8859-5 csisolatincyrillic cyrillic iso-ir-144 iso_8859-5:1988"),
    ("iso8859-6", "iso-8859-6 arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6-e iso-8859-6-i"
                  " iso-ir-127 iso_8859-6:1987"),
    ("iso8859-7", "iso-8859-7 csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso_8859-7:1987 sun_eu_greek"),
    ("iso8859-8", "iso-8859-8 csiso88598e csisolatinhebrew hebrew iso-8859-8-e iso-ir-138 iso_8859-8:1988 visual"
                  " iso-8859-8-i csiso88598i logical"),
    ("iso8859-10", "iso-8859-10 csisolatin6 iso-ir-157 l6 latin6"),
    ("iso8859-13", "iso-8859-13 l7 latin7"),
    ("iso8859-14", "iso-8859-14 l8 latin8"),
    ("iso8859-15", "iso-8859-15 csisolatin9 l9 latin9"),
    ("iso8859-16", "iso-8859-16 l10 latin10"),
    ("koi8-r", "koi8-r cskoi8r koi koi8"),
    ("koi8-u", "koi8-u koi8-ru"),
    ("mac-roman", "macintosh csmacintosh mac x-mac-roman macroman"),
    ("cp874", "windows-874 dos-874 iso-8859-11 tis-620 cp874 thai8 iso-ir-166"),
    ("cp1250", "windows-1250 cp1250 x-cp1250"),
    ("cp1251", "windows-1251 cp1251 x-cp1251"),
    ("cp1252", "windows-1252 ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso_8859-1:1987 l1"
               " latin1 us-ascii x-cp1252 us iso646-us iso-ir-6 ansi_x3.4-1986 iso_646.irv:1991 csascii 7bit 8bit"),
    ("cp1253", "windows-1253 cp1253 x-cp1253"),
    ("cp1254", "windows-1254 cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso_8859-9:1989 l5 latin5 x-cp1254"),
    ("cp1255", "windows-1255 cp1255 x-cp1255"),
    ("cp1256", "windows-1256 cp1256 x-cp1256"),
    ("cp1257", "windows-1257 cp1257 x-cp1257"),
    ("cp1258", "windows-1258 cp1258 x-cp1258"),
    ("mac-cyrillic", "x-mac-cyrillic x-mac-ukrainian"),
    ("cp437", "ibm437 cp437 437 cspc8codepage437"),
    ("cp850", "ibm850 cp850 850 cspc850multilingual"),
    ("cp852", "ibm852 cp852 852 cspcp852"),
    ("cp855", "ibm855 cp855 855 csibm855"),
    ("cp858", "ibm00858 cp858 858 ibm858"),
]

# All others: how charset.c calls their form.
MULTI = [
    ("UTF8", "utf-8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf8 x-unicode20utf8 utf-8-sig utf8mb4 csutf8"),
    ("UTF16BE", "utf-16be unicodefffe"),
    ("UTF16LE", "utf-16le utf-16 csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff"),
    ("UTF7", "utf-7 unicode-1-1-utf-7 unicode-2-0-utf-7 csutf7 x-unicode-2-0-utf-7"),
    ("GB18030", "gb18030 gbk chinese csgb2312 csiso58gb231280 gb2312 gb_2312-80 iso-ir-58 x-gbk cp936 ms936 windows-936"
                " euc-cn x-euc-cn gb2312-80"),
    ("HZ", "hz-gb-2312 hz"),
    ("BIG5", "big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950 windows-950 ms950 big5-eten"),
    ("SHIFT_JIS", "shift_jis csshiftjis ms932 ms_kanji sjis windows-31j x-sjis cp932 windows-932 x-ms-cp932 cswindows31j"),
    ("EUC_JP", "euc-jp cseucpkdfmtjapanese x-euc-jp eucjp-ms"),
    ("ISO2022_JP", "iso-2022-jp csiso2022jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-ms cp50220 cp50221 cp50222"),
    ("EUC_KR", "euc-kr cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 cp949"
               " ms949 uhc"),
    ("ISO2022_KR", "iso-2022-kr csiso2022kr"),
    ("JOHAB", "johab cp1361 ms1361 windows-1361 ksc5601-1992"),
]


# GB 18030-2005 and 2022: what had no code point of its own when Python's table was made, and was in the private use area.
GB_LATER = dict(zip(
    "a8bc 8135f437 a6d9 a6da a6db a6dc a6dd a6de a6df a6ec a6ed a6f3 fe59 fe61 fe66 fe67 fe6d fe7e fe90 fea0".split(),
    [0x1e3f, 0xe7c7, 0xfe10, 0xfe12, 0xfe11, *range(0xfe13, 0xfe1a), *range(0x9fb4, 0x9fbc)]))


def one(codec, code):
    """The code point, or 0: none, or more than one."""
    if codec == "gb18030" and code.hex() in GB_LATER:
        return GB_LATER[code.hex()]
    try:
        text = code.decode(codec)
    except UnicodeDecodeError:
        return 0
    return ord(text) if len(text) == 1 else 0


def plain(text):
    return "".join(c for c in text.lower() if c.isascii() and c.isalnum())


def array(kind, name, cells):
    print(f"static const {kind} {name}[{len(cells)}] = {{")
    for at in range(0, len(cells), 24):
        print(",".join(map(str, cells[at:at + 24])) + ",")
    print("};")


def plane(codecs, leads, trails):
    """Cells of two-byte characters, by the first codec that has one."""
    return [next((c for c in (one(codec, bytes([lead, trail])) for codec in codecs) if c), 0)
            for lead in leads for trail in trails]


print("/* charset_table: made by charset_table.py; do not edit. */")
for codec, labels in SINGLE:
    array("uint16_t", "high_" + plain(codec), [one(codec, bytes([byte])) for byte in range(0x80, 0x100)])

low, both = range(0x40, 0x7f), lambda last: [*range(0x40, 0x7f), *range(0x80, last + 1)]
array("uint16_t", "gbk_cells", plane(["gb18030"], range(0x81, 0xff), both(0xfe)))
# Four bytes of GB 18030 are a number; runs of numbers are runs of code points.
runs, expected = [], None
for number in range(39420):
    code = bytes([0x81 + number // 12600, 0x30 + number // 1260 % 10, 0x81 + number // 10 % 126, 0x30 + number % 10])
    point = one("gb18030", code)
    if point != expected:
        runs += [number, point]
    expected = point and point + 1
array("uint16_t", "gb18030_runs", runs)

# Hong Kong's set leaves a few signs of the first rows out; the rows of both that follow it are different.
big5 = lambda first, last, codecs: plane(codecs, range(first, last), [*low, *range(0xa1, 0xff)])
cells = big5(0x81, 0xa4, ["big5hkscs", "cp950"]) + big5(0xa4, 0xff, ["big5hkscs"])
assert all(cell < 0x10000 or cell >> 16 == 2 for cell in cells)
array("uint16_t", "big5_cells", [cell & 0xffff for cell in cells])
array("uint8_t", "big5_plane2", [sum((cell >> 16 == 2) << bit for bit, cell in enumerate(cells[at:at + 8]))
                                 for at in range(0, len(cells), 8)])
array("uint16_t", "jis0208_cells", plane(["cp932"], [*range(0x81, 0xa0), *range(0xe0, 0xfd)], both(0xfc)))
array("uint16_t", "jis0212_cells", [one("euc_jp", bytes([0x8f, row, cell]))
                                    for row in range(0xa1, 0xff) for cell in range(0xa1, 0xff)])
array("uint16_t", "euckr_cells", plane(["cp949"], range(0x81, 0xff), range(0x41, 0xff)))
array("uint16_t", "johab_cells", plane(["johab"], range(0x84, 0xfa), range(0x31, 0xff)))

keys = {}
print("static const struct charset sets[] = {")
for number, (form, high, labels) in enumerate(
        [(form, "NULL", labels) for form, labels in MULTI] +
        [("SINGLE", "high_" + plain(codec), labels) for codec, labels in SINGLE]):
    print(f'{{STR("{labels.split()[0]}"), FORM_{form}, {high}}},')
    for key in sorted({plain(label) for label in labels.split()}):
        assert key not in keys, key
        keys[key] = number
    if labels.startswith("windows-1252"):
        fallback = number
print("};")
print(f"#define SET_FALLBACK {fallback}u")
print("static const struct label labels[] = {")
for key in sorted(keys):
    print(f'{{"{key}", {keys[key]}}},')
print("};")
