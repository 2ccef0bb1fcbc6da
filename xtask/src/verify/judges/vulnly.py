"""Reads lines of paths of what Grype writes; writes whether a reader of that finds all that is in each."""

import json
import sys

import vulnly

for line in sys.stdin:
    with open(line.rstrip("\n"), encoding="utf-8") as document:
        content = json.load(document)
    try:
        if not vulnly.is_grype_format(content):
            raise ValueError("it is not taken for what Grype writes")
        read = len(vulnly.normalize_grype(content)["vulnerabilities"])
        expected = len(content["matches"])
        print("valid" if read == expected else f"{read} of {expected} are read")
    except Exception as wrong:
        print(" ".join(f"{type(wrong).__name__}: {wrong}".split())[:500])
