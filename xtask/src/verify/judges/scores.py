"""Reads vectors of CVSS, a line each; writes the base score, and the severity of CVSS 3 and 4 for it."""

import sys

from cvss import CVSS2, CVSS3, CVSS4

for line in sys.stdin:
    vector = line.strip()
    if vector.startswith("CVSS:4"):
        scored = CVSS4(vector)
    elif vector.startswith("CVSS:3"):
        scored = CVSS3(vector)
    else:
        scored = CVSS2(vector)
    print(f"{float(scored.base_score):.1f}\t{scored.severities()[0]}")
