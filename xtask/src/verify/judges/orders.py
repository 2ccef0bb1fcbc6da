"""Reads pairs of versions; writes how the first compares with the second in Conda's order."""

import sys

from rattler import Version

for line in sys.stdin:
    try:
        left, right = (Version(text) for text in line.rstrip("\n").split("\t"))
    except Exception:
        print("error")
        continue
    print("<" if left < right else ">" if left > right else "=")
