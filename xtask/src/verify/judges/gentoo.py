"""Reads pairs of versions; writes how the first compares with the second in Portage's order."""

import sys

from portage.versions import vercmp, ververify

for line in sys.stdin:
    left, right = line.rstrip("\n").split("\t")
    if not (ververify(left) and ververify(right)):
        print("error")
        continue
    order = vercmp(left, right)
    print("<" if order < 0 else ">" if order > 0 else "=")
