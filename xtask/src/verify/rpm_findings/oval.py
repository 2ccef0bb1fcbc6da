"""Evaluates the OVAL definitions of a document on packages.

Arguments: the packages; `source`, where objects name source packages, or `name`; the document. Of each test
of a package's version that makes its definition true, writes the vulnerability, the package, its version, the status and
the fixed version or a dash; and whether the object also is the package's own name.
"""

import sys
import xml.etree.ElementTree as tree

from versions import Order, packages, write

OPERATIONS = {
    "less than": lambda order: order < 0,
    "less than or equal": lambda order: order <= 0,
    "greater than": lambda order: order > 0,
    "greater than or equal": lambda order: order >= 0,
    "equals": lambda order: order == 0,
    "not equal": lambda order: order != 0,
}
ENTITIES = {
    "evr": lambda package, source: package.source_version if source else package.version,
    # The version alone, without epoch and release.
    "version": lambda package, source: ENTITIES["evr"](package, source).split(":")[-1].rsplit("-", 1)[0],
    "arch": lambda package, source: package.arch,
}


def local(element):
    return element.tag.rpartition("}")[2]


class Document:
    def __init__(self, path):
        self.by_id = {}
        self.definitions = []
        for element in tree.parse(path).getroot().iter():
            if local(element) == "definition":
                self.definitions.append(element)
            elif "id" in element.attrib:
                self.by_id[element.get("id")] = element

    def test(self, reference):
        """The name that a test asks for, and what it asks of each of its packages: entity, operation and value."""
        test = self.by_id[reference]
        assert test.get("check") == "at least one" and test.get("check_existence") in (None, "at_least_one_exists")
        name, asked = None, []
        for part in test:
            if local(part) == "object":
                [name] = [child.text.strip() for child in self.by_id[part.get("object_ref")] if local(child) == "name"]
            if local(part) == "state":
                for entity in self.by_id[part.get("state_ref")]:
                    operation = entity.get("operation", "equals")
                    # One generator writes a space behind the epoch.
                    asked.append((local(entity), operation, entity.text.replace(" ", "")))
        return name, asked


def holds(document, criteria, test):
    """Whether criteria hold, and the tests that hold among those that they consist of."""
    parts = []
    for part in criteria:
        if local(part) == "criteria":
            parts.append(holds(document, part, test))
        elif local(part) == "criterion":
            found = test(part.get("test_ref"))
            assert part.get("negate") in (None, "false")
            parts.append((bool(found), found))
    assert criteria.get("negate") in (None, "false")
    every = {"AND": all, "OR": any}[criteria.get("operator", "AND")]
    is_true = every(held for held, _ in parts)
    return is_true, [each for held, found in parts if held and is_true for each in found]


def main():
    path, by, document = sys.argv[1:]
    of_sources = {"source": True, "name": False}[by]
    document = Document(document)
    installed = {}
    for package in packages(path):
        installed.setdefault(package.source if of_sources else package.name, []).append(package)
    tests = {}
    for reference, element in document.by_id.items():
        if local(element) == "rpminfo_test":
            tests[reference] = document.test(reference)
    order, pairs = Order(), []
    for name, asked in tests.values():
        for package in installed.get(name, []):
            pairs += [(ENTITIES[entity](package, of_sources), value) for entity, _, value in asked if entity != "arch"]
    order.ask(pairs)

    def is_met(package, entity, operation, value):
        own = ENTITIES[entity](package, of_sources)
        if entity != "arch":
            return OPERATIONS[operation](order(own, value))
        return own in value.strip("()").split("|")

    def test(reference):
        name, asked = tests[reference]
        met = [package for package in installed.get(name, []) if all(is_met(package, *one) for one in asked)]
        return [(name, asked, package) for package in met]

    rows = []
    for definition in document.definitions:
        fields = {local(element): element for element in definition.iter()}
        [vulnerability] = {
            element.get("ref_id") for element in definition.iter() if local(element) == "reference"
        } or {fields["title"].text.strip()}
        patchable = fields["patchable"].text if "patchable" in fields else "true"
        status = "not_affected" if patchable == "Not Applicable" else "affected"
        is_true, found = holds(document, fields["criteria"], test)
        for name, asked, package in found if is_true else []:
            fixes = [value for entity, operation, value in asked if entity == "evr" and operation == "less than"]
            fix = fixes[0] if fixes else "-"
            own = "named" if package.name == name else "built of it"
            rows.append((vulnerability, package, status, fix, own))
    write(order, rows)


main()
