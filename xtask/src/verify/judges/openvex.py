"""Reads lines of paths of OpenVEX documents; writes whether each is valid, or what is wrong with it."""

import sys

import vexipy

for line in sys.stdin:
    with open(line.rstrip("\n"), encoding="utf-8") as document:
        text = document.read()
    try:
        vexipy.Document.from_json(text)
        print("valid")
    except Exception as wrong:
        print(" ".join(f"{type(wrong).__name__}: {wrong}".split())[:500])
