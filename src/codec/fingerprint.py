#!/usr/bin/env python3
# fingerprint: the SHA-256 of source files as a C header, for bytes on disk that must not outlive the code that made them.
# Usage: fingerprint.py INPUT...
import hashlib
import sys

whole = hashlib.sha256()
for path in sys.argv[1:]:
    with open(path, 'rb') as file:
        whole.update(hashlib.sha256(file.read()).digest())
print('/* yaml_fingerprint: of the sources, made by fingerprint.py. Do not edit. */')
print('#define YAML_FINGERPRINT "%s"' % whole.hexdigest())
