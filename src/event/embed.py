#!/usr/bin/env python3
# embed: files of data as a C table, so that the program needs no file beside it. Usage: embed.py OUTPUT NAME HEADER INPUT...
#
# HEADER declares struct NAME_file {str path, text;} and the table NAMEs_builtin; paths are given from data/ on.
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


def main(output, name, header, inputs):
    lines = ['/* %ss_builtin: made by embed.py. Do not edit. */' % name, '#include "%s"' % header, '',
             'const struct %s_file %ss_builtin[] = {' % (name, name)]
    for path in sorted(inputs, key=os.path.basename):
        with open(path, 'rb') as file:
            text = file.read()
        lines.append('    {STR("%s"),' % os.path.join(os.path.basename(os.path.dirname(path)), os.path.basename(path)))
        lines.append('     STR(')
        lines += ['         ' + literal(line) for line in text.splitlines(keepends=True)] or ['         ""']
        lines.append('     )},')
    lines += ['};', 'const size_t %ss_builtin_count = sizeof %ss_builtin / sizeof %ss_builtin[0];' % (name, name, name), '']
    with open(output, 'w', encoding='ascii') as file:
        file.write('\n'.join(lines))


if __name__ == '__main__':
    if len(sys.argv) < 5:
        sys.exit('usage: embed.py OUTPUT NAME HEADER INPUT...')
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
