"""Reads lines of paths of CycloneDX documents; writes whether each is valid, or what is wrong with it."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

validator = JsonStrictValidator(SchemaVersion.V1_6)
for line in sys.stdin:
    with open(line.rstrip("\n"), encoding="utf-8") as document:
        wrong = validator.validate_str(document.read())
    print("valid" if wrong is None else " ".join(str(wrong).split())[:500])
