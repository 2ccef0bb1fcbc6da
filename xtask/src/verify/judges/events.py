"""Reads lines of JSON: an installed version, and what a record of OSV states of its package. Writes whether it is
affected, as the schema evaluates it (https://ossf.github.io/osv-schema/#evaluation), or `tie` where two events are of
one version and the schema leaves open which comes first."""

import json
import sys

from packaging.specifiers import Specifier
from packaging.version import Version


def key(version):
    return (0, Version("0")) if version == "0" else (1, Version(version))


def is_beyond(installed, last):
    """What is affected up to and including a version holds its builds: `<=` and `==` leave the local part out."""
    return not Specifier("<=" + last).contains(installed, prereleases=True)


def evaluate(installed, affected):
    if any(Specifier("==" + listed).contains(installed, prereleases=True) for listed in affected["versions"]):
        return "yes"
    answer = "no"
    for range_ in affected["ranges"]:
        events = [(kind, version) for event in range_["events"] for kind, version in event.items()]
        limits = [version for kind, version in events if kind == "limit"]
        events = [(kind, version) for kind, version in events if kind != "limit"]
        keys = [key(version) for _, version in events]
        if len(set(keys)) < len(keys):
            return "tie"
        if not any(kind == "introduced" for kind, _ in events):
            continue
        if limits and not any(limit == "*" or installed < Version(limit) for limit in limits):
            continue
        vulnerable = False
        for kind, version in sorted(events, key=lambda event: key(event[1])):
            if kind == "introduced" and (version == "0" or installed >= Version(version)):
                vulnerable = True
            elif kind == "fixed" and installed >= Version(version):
                vulnerable = False
            elif kind == "last_affected" and is_beyond(installed, version):
                vulnerable = False
        if vulnerable:
            answer = "yes"
    return answer


for line in sys.stdin:
    case = json.loads(line)
    print(evaluate(Version(case["installed"]), case["affected"]))
