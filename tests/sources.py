"""sources: the files that match the patterns, one a line, sorted; a pattern with ! in front takes files away.

The build asks it, so that a new file is picked up when the build is configured.
"""
import glob
import os
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
names = set()
for pattern in sys.argv[1:]:
    if not pattern.startswith("!"):
        names.update(glob.glob(pattern))
for pattern in sys.argv[1:]:
    if pattern.startswith("!"):
        names.difference_update(glob.glob(pattern[1:]))
print("\n".join(sorted(names)))
