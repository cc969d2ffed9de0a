#!/usr/bin/env python3
# embed: files of data as a C table, so that the program needs no file beside it.
# Usage: embed.py [--through PROGRAM] OUTPUT NAME HEADER INPUT...
#
# --through: not the file's own bytes, but what PROGRAM FILE writes.
# HEADER declares struct NAME_file {str path, what;} and the table NAMEs_builtin; paths are given from data/ on.
import os
import subprocess
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


def content(path, program):
    if program:
        return subprocess.run([program, path], stdout=subprocess.PIPE, check=True).stdout
    with open(path, 'rb') as file:
        return file.read()


def main(output, name, header, inputs, program=None):
    lines = ['/* %ss_builtin: made by embed.py. Do not edit. */' % name, '#include "%s"' % header, '',
             'const struct %s_file %ss_builtin[] = {' % (name, name)]
    for path in sorted(inputs, key=os.path.basename):
        text = content(path, program)
        lines.append('    {STR("%s"),' % os.path.join(os.path.basename(os.path.dirname(path)), os.path.basename(path)))
        lines.append('     STR(')
        lines += ['         ' + literal(line) for line in text.splitlines(keepends=True)] or ['         ""']
        lines.append('     )},')
    lines += ['};', 'const size_t %ss_builtin_count = sizeof %ss_builtin / sizeof %ss_builtin[0];' % (name, name, name), '']
    with open(output, 'w', encoding='ascii') as file:
        file.write('\n'.join(lines))


if __name__ == '__main__':
    words = sys.argv[1:]
    through = words[1] if words[:1] == ['--through'] else None
    words = words[2:] if through else words
    if len(words) < 4:
        sys.exit('usage: embed.py [--through PROGRAM] OUTPUT NAME HEADER INPUT...')
    main(words[0], words[1], words[2], words[3:], through)
