"""Reads lines of paths of CycloneDX documents; writes whether each is valid, or what is wrong with it."""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

for line in sys.stdin:
    with open(line.rstrip("\n"), encoding="utf-8") as document:
        text = document.read()
    version = SchemaVersion.from_version(json.loads(text)["specVersion"])
    wrong = JsonStrictValidator(version).validate_str(text)
    print("valid" if wrong is None else " ".join(str(wrong).split())[:500])
