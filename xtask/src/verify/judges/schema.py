"""Reads lines of paths of reports in JSON, of which each is one or a list; writes whether each is as the schema in the
first line says, or what is wrong with it."""

import json
import sys

from jsonschema import Draft202012Validator


def read(line):
    with open(line.rstrip("\n"), encoding="utf-8") as document:
        return json.load(document)


schema = read(sys.stdin.readline())
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
print("valid")
for line in sys.stdin:
    reports = read(line)
    reports = reports if isinstance(reports, list) else [reports]
    wrong = [error.message for report in reports for error in validator.iter_errors(report)]
    print("valid" if not wrong else " ".join("; ".join(wrong).split())[:500])
