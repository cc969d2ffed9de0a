#!/usr/bin/env python3
# fingerprint: the SHA-256 of source files as a C header, for bytes on disk that must not outlive the code that made them.
# Usage: fingerprint.py NAME INPUT...
import hashlib
import sys

whole = hashlib.sha256()
for path in sys.argv[2:]:
    with open(path, 'rb') as file:
        whole.update(hashlib.sha256(file.read()).digest())
print('/* %s: of the sources, made by fingerprint.py. Do not edit. */' % sys.argv[1])
print('#define %s "%s"' % (sys.argv[1].upper(), whole.hexdigest()))
