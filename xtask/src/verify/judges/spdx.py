"""Reads lines of paths of SPDX documents; writes whether each is valid, or what is wrong with it."""

import sys

from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

for line in sys.stdin:
    wrong = validate_full_spdx_document(parse_file(line.rstrip("\n")), "SPDX-2.3")
    print("; ".join(message.validation_message for message in wrong)[:500] or "valid")
