"""Evaluates the vulnerabilities of CSAF documents of Red Hat for one major release of its Enterprise Linux.

Arguments: the packages; the release; a folder of documents. Of each vulnerability that affects a package, or of which
Red Hat says why it is not fixed, writes the vulnerability, the package, its version, the status and the fixed version or
a dash; and whether it is stated of the package or of what it is built of.
"""

import collections
import json
import pathlib
import re
import sys
import urllib.parse

from versions import Order, packages, write

# What is stated several times of one package counts in this order.
STATUSES = ["fixed", "affected", "fix-deferred", "wont-fix", "end-of-life", "under-investigation", "not-affected"]

Stated = collections.namedtuple("Stated", "name arch module status fix")


def products(document):
    """The CPE or package URL of each product, and component and platform of those that relate two others."""
    helpers, related = {}, {}
    todo = list(document["product_tree"]["branches"])
    while todo:
        branch = todo.pop()
        todo += branch.get("branches", [])
        if "product" in branch:
            helpers[branch["product"]["product_id"]] = branch["product"].get("product_identification_helper", {})
    for relation in document["product_tree"].get("relationships", []):
        whole = relation["full_product_name"]["product_id"]
        related[whole] = (relation["product_reference"], relation["relates_to_product_reference"])
    return helpers, related


def is_of_release(cpe, release):
    return re.match(rf"cpe:/[ao]:redhat:(enterprise_linux|rhel_els):{release}(?![0-9])", cpe or "") is not None


def component(purl):
    """Name, version with epoch, architecture and module of a package URL; none of what is no package of rpm."""
    found = re.fullmatch(r"pkg:rpm/redhat/([^@?]+)(?:@([^?]*))?(?:\?(.*))?", purl or "")
    if not found:
        return None
    name, version, query = found.groups()
    unquote = urllib.parse.unquote
    query = {key: unquote(value) for key, _, value in (part.partition("=") for part in (query or "").split("&"))}
    if version and query.get("epoch", "0") != "0":
        version = f"{query['epoch']}:{version}"
    module = query.get("rpmmod")
    module = ":".join(module.split(":")[:2]) if module else None
    return unquote(name), unquote(version) if version else None, query.get("arch"), module


def status(vulnerability, product, kind):
    remediations = [
        (remediation["category"], remediation["details"].strip())
        for remediation in vulnerability.get("remediations", [])
        if product in remediation.get("product_ids", [])
    ]
    if kind != "known_affected":
        return {"known_not_affected": "not-affected", "under_investigation": "under-investigation"}.get(kind, kind)
    for category, details in remediations:
        if details == "Fix deferred":
            return "fix-deferred"
        if details == "Out of support scope":
            return "end-of-life"
        if category == "no_fix_planned":
            return "wont-fix"
    return "affected"


def statements(document, vulnerability, release):
    """What is stated of each package, by whether it is a source package."""
    helpers, related = products(document)
    stated = []
    for kind, ids in vulnerability.get("product_status", {}).items():
        for product in ids:
            if product not in related:
                continue
            part, platform = related[product]
            known = component(helpers.get(part, {}).get("purl"))
            if known is None or not is_of_release(helpers.get(platform, {}).get("cpe"), release):
                continue
            name, version, arch, module = known
            stated.append(Stated(name, arch, module, status(vulnerability, product, kind), version))
    names_sources = any(one.arch == "src" and one.fix is None for one in stated)
    by_source = {True: [], False: []}
    for one in stated:
        if one.arch == "src":
            # Those that are built of a version are stated, too.
            if one.fix is None:
                by_source[True].append(one)
        else:
            by_source[False].append(one)
            if one.arch is None and one.fix is None and not names_sources:
                by_source[True].append(one)
    return by_source


def main():
    path, release, folder = sys.argv[1:]
    installed = packages(path)
    found = []
    for file in sorted(pathlib.Path(folder).rglob("*.json")):
        document = json.loads(file.read_text())
        for vulnerability in document.get("vulnerabilities", []):
            by_source = statements(document, vulnerability, release)
            for package in installed:
                for is_source, stated in by_source.items():
                    name = package.source if is_source else package.name
                    # A module's packages are stated beside those of the release itself.
                    meant = [one for one in stated if one.name == name and one.module in (None, package.module)]
                    for module in {one.module for one in meant}:
                        own = [one for one in meant if one.module == module]
                        best = min((one.status for one in own), key=STATUSES.index)
                        for one in own:
                            if one.status == best and (is_source or one.arch in (None, "noarch", package.arch)):
                                found.append((vulnerability.get("cve"), package, is_source, one))
    order = Order()
    of = lambda package, is_source: package.source_version if is_source else package.version
    order.ask((of(package, is_source), one.fix) for _, package, is_source, one in found if one.fix)
    rows = []
    for vulnerability, package, is_source, one in found:
        if one.status == "not-affected":
            continue
        if one.status == "fixed" and order(of(package, is_source), one.fix) >= 0:
            continue
        shown, fix = ("affected", one.fix) if one.status == "fixed" else (one.status, "-")
        rows.append((vulnerability, package, shown, fix, "built of it" if is_source else "named"))
    write(order, rows)


main()
