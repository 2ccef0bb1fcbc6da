"""Reads lines of paths of SPDX 3 documents; writes whether each is valid, or what is wrong with it.

The JSON schema says what stands where, the shapes of the ontology (SHACL) what the elements must be to each other. The
validator would fetch both, and the context of the documents, from spdx.org: here they are those in the archive
beside this script, which is of the reference library for Java.
"""

import json
import sys
import zipfile
from pathlib import Path

import rdflib
from spdx3_validate import core, spdx_versions

VERSION = "3.0.1"

[archive] = Path(__file__).parent.glob("spdx-v3jsonld-store-*.jar")
archive = zipfile.ZipFile(archive)


def read(name):
    return archive.read(f"resources/{name}").decode()


context = json.loads(read(f"spdx-context-v{VERSION}.jsonld"))["@context"]
validator = core.schema_validator(json.loads(read(f"schema-v{VERSION}.json")))
shapes = rdflib.Graph()
shapes.parse(data=read(f"spdx-model-v{VERSION}.jsonld"), format="json-ld")
version = next(known for known in spdx_versions.SPDX_VERSIONS if known.pretty == VERSION)
if not any(shapes.subjects(rdflib.RDF.type, rdflib.SH.NodeShape)):
    raise ValueError("the ontology has no shapes")

for line in sys.stdin:
    with open(line.rstrip("\n"), encoding="utf-8") as document:
        content = json.load(document)
    wrong = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(content)]
    if content["@context"] != version.context_url:
        wrong.append(f"the context is {content['@context']}")
    graph = rdflib.Graph()
    graph.parse(data=json.dumps(content | {"@context": context}), format="json-ld")
    if len(graph) < len(content["@graph"]):
        wrong.append("the context does not know what the elements are")
    wrong += core.check_graph(graph, shapes, version, True)
    print(" ".join("; ".join(wrong).split())[:500] or "valid")
