#!/usr/bin/env python3
"""mail_bodies: every HTML body of the mails below folders, decoded by Python's email package and made UTF-8.

usage: mail_bodies.py FOLDER... > frames     a frame: a line "SIZE NAME", then SIZE bytes
"""
import email
import gzip
import os
import re
import sys


def messages(path):
    """The messages of a file: one, or those of an mbox."""
    with (gzip.open if path.endswith('.gz') else open)(path, 'rb') as file:
        data = file.read()
    for part in re.split(rb'\n(?=From [^\n]*\d\d:\d\d)', data) if data.startswith(b'From ') else [data]:
        yield email.message_from_bytes(part)


def text_of(part):
    data = part.get_payload(decode=True) or b''
    try:
        text = data.decode(part.get_content_charset() or 'utf-8', 'replace')
    except (LookupError, ValueError):
        text = data.decode('utf-8', 'replace')
    return text.encode('utf-8', 'replace')


def bodies(folder):
    """(name, bytes of HTML), in the order of the files' names."""
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(root, name)
            if name.endswith(('.json', '.json.gz', '.ndjson', '.yml', '.md')) or 'LICENSE' in name or os.path.islink(path):
                continue
            number = 0
            for message in messages(path):
                for part in message.walk():
                    if part.get_content_type() == 'text/html' and not part.is_multipart():
                        number += 1
                        yield '%s#%d' % (os.path.relpath(path, folder), number), text_of(part)


if __name__ == '__main__':
    for argument in sys.argv[1:]:
        for name, data in bodies(argument):
            sys.stdout.buffer.write(b'%d %s\n' % (len(data), name.encode('utf-8', 'replace')) + data)
