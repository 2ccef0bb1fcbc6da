"""Reads lines of paths of what Trivy writes; writes whether Trivy converts each to its other forms, with all findings.

Trivy 0.76.0 ends with a panic where it writes SARIF of a path that is no address, as of a file whose name has a percent
sign or a line break: documents with odd paths are not converted to that.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

TRIVY = Path(sys.executable).with_name("trivy")


def converted(path, form):
    command = [TRIVY, "convert", "--quiet", "--scanners", "vuln", "--format", form, path]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise ValueError(f"{form}: {done.stderr}")
    return done.stdout


def judged(path):
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    found = [found for result in content["Results"] for found in result["Vulnerabilities"]]
    converted(path, "table")
    again = json.loads(converted(path, "json"))
    read = [found for result in again["Results"] for found in result.get("Vulnerabilities", [])]
    if len(read) != len(found):
        return f"{len(read)} of {len(found)} are read"
    bom = json.loads(converted(path, "cyclonedx"))
    named = {found["VulnerabilityID"] for found in found}
    if {vulnerability["id"] for vulnerability in bom.get("vulnerabilities", [])} != named:
        return "cyclonedx has other vulnerabilities"
    json.loads(converted(path, "spdx-json"))
    if all(re.fullmatch(r"[\w./@+~-]*", it.get("PkgPath", "")) for it in found):
        results = json.loads(converted(path, "sarif"))["runs"][0]["results"]
        if len(results) != len(found):
            return f"sarif has {len(results)} of {len(found)}"
    return "valid"


for line in sys.stdin:
    try:
        print(judged(line.rstrip("\n")))
    except Exception as wrong:
        print(" ".join(str(wrong).split())[:500])
