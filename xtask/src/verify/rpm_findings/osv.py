"""Evaluates records of OSV of one ecosystem on packages.

Arguments: the packages; the ecosystem with its release; a folder of records. Of each record that affects a
package, writes each CVE that it is related to, or its own identifier; the package, its version, the status, the fixed
version; and which of the two it is.
"""

import json
import pathlib
import sys

from versions import Order, packages, write


def main():
    path, ecosystem, folder = sys.argv[1:]
    installed = {}
    for package in packages(path):
        installed.setdefault(package.name, []).append(package)
    stated = []
    for file in sorted(pathlib.Path(folder).rglob("*.json")):
        record = json.loads(file.read_text())
        names = sorted({name for name in record["related"] if name.startswith("CVE-")}) or [record["id"]]
        for affected in record["affected"]:
            if affected["package"]["ecosystem"] != ecosystem:
                continue
            for package in installed.get(affected["package"]["name"], []):
                for span in affected["ranges"]:
                    introduced, fixed = span["events"]
                    assert introduced == {"introduced": "0"} and span["type"] == "ECOSYSTEM", record["id"]
                    stated.append((package, fixed["fixed"], names))
    order = Order()
    order.ask((package.version, fix) for package, fix, _ in stated)
    below = [(package, fix, names) for package, fix, names in stated if order(package.version, fix) < 0]
    kind = lambda name: "of a CVE" if name.startswith("CVE-") else "of an erratum without one"
    write(order, [(name, package, "affected", fix, kind(name)) for package, fix, names in below for name in names])


main()
