"""Reads lines of paths of SPDX 3 documents; writes whether each is valid, or what is wrong with it.

The bindings are made from the shapes of the specification: reading checks names and types of all properties, writing
checks which must be there and how often.
"""

import io
import json
import sys

from spdx_python_model import load_data

for line in sys.stdin:
    with open(line.rstrip("\n"), encoding="utf-8") as document:
        content = json.load(document)
    try:
        model, objects = load_data(content)
        model.JSONLDSerializer().write(objects, io.BytesIO())
        missing = sorted(objects.missing_ids)
        print(f"nothing is called {missing}"[:500] if missing else "valid")
    except Exception as wrong:
        print(" ".join(f"{type(wrong).__name__}: {wrong}".split())[:500])
