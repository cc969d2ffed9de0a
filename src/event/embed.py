#!/usr/bin/env python3
# embed: data/kinds/*.yml as a C file, so that the program needs no file beside it. Usage: embed.py OUTPUT INPUT...
import os
import sys


def literal(line):
    """One line as a C string literal; every byte outside plain ASCII as octal, which ends after three digits."""
    out = []
    for byte in line:
        char = chr(byte)
        if char in '"\\?':
            out.append('\\' + char)
        elif char == '\n':
            out.append('\\n')
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append('\\%03o' % byte)
    return '"' + ''.join(out) + '"'


def main(output, inputs):
    lines = ['/* kinds_builtin: data/kinds, made by embed.py. Do not edit. */', '#include "event/kind_own.h"', '',
             'const struct kind_file kinds_builtin[] = {']
    for path in sorted(inputs, key=os.path.basename):
        with open(path, 'rb') as file:
            text = file.read()
        lines.append('    {STR("kinds/%s"),' % os.path.basename(path))
        lines.append('     STR(')
        lines += ['         ' + literal(line) for line in text.splitlines(keepends=True)] or ['         ""']
        lines.append('     )},')
    lines += ['};', 'const size_t kinds_builtin_count = sizeof kinds_builtin / sizeof kinds_builtin[0];', '']
    with open(output, 'w', encoding='ascii') as file:
        file.write('\n'.join(lines))


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit('usage: embed.py OUTPUT INPUT...')
    main(sys.argv[1], sys.argv[2:])
