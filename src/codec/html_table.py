#!/usr/bin/env python3
"""html_table: what html looks up by name, as perfect hash tables in C: elements and what is to be known of each, attributes,
properties of CSS; and the named character references of the HTML Living Standard (13.5, as Python's html.entities has them).

usage: html_table.py > html_table.h
"""
import html.entities
import random

# What HTML_ELEMENTS says of an element. Not listed: inline, of no interest.
#   void      has no content and no end tag                      block     ends a line of text
#   special   an end tag of a named inline element stops at it   scope     an end tag stops at it
#   format    ends out of order without closing what is in it    closes_p  its beginning ends an open p
#   raw       its content is no markup                           rcdata    no markup, but character references
#   root      html, head, body: never open, never closed         unseen    its content is not shown by its nature
ELEMENTS = {
    'html head body': 'root block special',
    'title': 'rcdata block special unseen',
    'textarea': 'rcdata special',
    'style script': 'raw special unseen',
    'iframe noembed noframes': 'raw special unseen',
    'xmp': 'raw block special closes_p',
    'plaintext': 'raw block special closes_p',
    'template': 'special scope unseen',
    'noscript': 'special',
    'base link meta basefont bgsound param source track': 'void special',
    'col': 'void special', 'frame': 'void special',
    'area embed img input keygen wbr': 'void special',
    'br': 'void special', 'hr': 'void block special closes_p',
    'address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header '
    'hgroup main menu nav ol p search section summary ul form h1 h2 h3 h4 h5 h6 pre listing': 'block special closes_p',
    'li dd dt': 'block special closes_p',
    'table': 'block special scope closes_p',
    'caption td th': 'block special scope',
    'tbody thead tfoot tr colgroup': 'block special',
    'applet marquee object': 'special scope',
    'button select frameset': 'special',
    'option optgroup': 'block',
    'datalist': 'unseen',
    'a b big code em font i nobr s small strike strong tt u': 'format',
    'svg math': 'foreign',
    'foreignobject': 'scope',
    'span label abbr audio canvas video picture use image': '',
    'v:fill v:imagedata v:image v:rect v:roundrect v:shape v:oval v:line v:background o:p w:anchorlock': '',
}
FLAGS = 'void block special scope format closes_p raw rcdata root unseen foreign'.split()

# An attribute that is kept, each by a name of its own.
ATTRIBUTES = '''action background class content data dynsrc formaction height hidden href http-equiv id lowsrc poster rel
src srcset style type width xlink:href'''.split()

PROPERTIES = '''display visibility opacity width height max-width max-height overflow position left top text-indent
margin-left font-size'''.split()


def macro(prefix, name):
    return prefix + ''.join(c if c.isalnum() else '_' for c in name).upper()


def words(name):
    data = name.encode()
    assert 0 < len(data) <= 16
    data = data.ljust(16, b'\0')
    return int.from_bytes(data[:8], 'little'), int.from_bytes(data[8:], 'little')


def perfect(label, names):
    """name -> slot without collision: ((first ^ second * 31) * factor mod 2^64) >> shift."""
    bits = max(4, (len(names) * 4 - 1).bit_length())
    draw = random.Random(1)
    while True:
        for _ in range(20000):
            factor = draw.getrandbits(64) | 1
            slots = {}
            for name in names:
                first, second = words(name)
                slot = ((first ^ second * 31) * factor & (1 << 64) - 1) >> (64 - bits)
                if slot in slots:
                    break
                slots[slot] = name
            else:
                print('#define HTML_%s_FACTOR 0x%xu' % (label, factor))
                print('#define HTML_%s_SHIFT %du' % (label, 64 - bits))
                return slots, 1 << bits
        bits += 1


def table(label, prefix, names):
    print('enum html_%s {\n    %s,' % (label.lower(), macro(prefix, 'none')))
    for name in names:
        print('    %s,' % macro(prefix, name))
    print('    HTML_%sS\n};' % label)
    slots, size = perfect(label, names)
    print('static const struct html_name html_%s_slots[%d] = {' % (label.lower(), size))
    for slot, name in sorted(slots.items()):
        first, second = words(name)
        print('    [%d] = {0x%xu, 0x%xu, %d, %s},' % (slot, first, second, len(name), macro(prefix, name)))
    print('};')


print('/* html_table: made by html_table.py; do not edit. */')
elements = {name: flags.split() for group, flags in ELEMENTS.items() for name in group.split()}
table('ELEMENT', 'E_', sorted(elements))
for i, flag in enumerate(FLAGS):
    print('#define %s %du' % (macro('IS_', flag), 1 << i))
print('static const uint16_t html_element_is[HTML_ELEMENTS] = {')
for name, flags in sorted(elements.items()):
    print('    [%s] = %s,' % (macro('E_', name), ' | '.join(macro('IS_', f) for f in flags) or '0'))
print('};')
table('ATTRIBUTE', 'A_', ATTRIBUTES)
table('PROPERTY', 'P_', PROPERTIES)

# Character references: names (with their semicolon, where they must have one) in an open hash table.
named = sorted(html.entities.html5.items())
SLOTS = 8192


def fnv(name):
    h = 2166136261
    for byte in name.encode():
        h = (h ^ byte) * 16777619 & 0xffffffff
    return h ^ h >> 15


blob, at, slots = b'', [], [0] * SLOTS
for name, text in named:
    at.append(len(blob))
    blob += name.encode() + text.encode()
    slot = fnv(name) % SLOTS
    while slots[slot]:
        slot = (slot + 1) % SLOTS
    slots[slot] = len(at)
legacy = [name for name, _ in named if not name.endswith(';')]
print('#define REFERENCE_SLOTS %du' % SLOTS)
print('#define REFERENCE_NAME_MAX %du' % max(len(name) for name, _ in named))
print('#define REFERENCE_LEGACY_MAX %du' % max(map(len, legacy)))
print('#define REFERENCE_LEGACY_MIN %du' % min(map(len, legacy)))
print('static const char reference_bytes[] =')
for (name, text), start in zip(named, at):
    print('    "%s" "%s"' % (name, ''.join('\\%03o' % b for b in text.encode())))
print('    ;')
print('static const struct { uint16_t at; uint8_t name, text; } reference_rows[] = {')
for (name, text), start in zip(named, at):
    print('    {%d, %d, %d},' % (start, len(name), len(text.encode())))
print('};')
print('static const uint16_t reference_slots[REFERENCE_SLOTS] = {%s};' % ','.join(map(str, slots)))
