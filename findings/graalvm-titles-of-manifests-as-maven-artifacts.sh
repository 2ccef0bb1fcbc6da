#!/bin/sh
# GraalVM's Native Image writes into what it makes a bill of materials of the Java libraries inside, and gives package URLs
# of Maven to some that no repository of Maven has: `pkg:maven/Typelevel/Cats%20core`, which is an artifact `cats-core_3` of
# `org.typelevel` or the like. Vendor and title out of the manifest of an archive stand where group and artifact belong. A
# scanner that takes package URLs as they are finds no advisory for them, and says that the library is not affected. Seen in
# mesmo 0.1.0rc8 of PyPI, a library of Native Image (how many of its package URLs of Maven have a blank in the name, of how
# many; which):
SEEN='2 of 55
pkg:maven/Typelevel/Cats%20core@2.13.0
pkg:maven/Typelevel/Cats%20kernel@2.13.0'
#
# Needs Python 3 with pip. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip --quiet --disable-pip-version-check download --pre --no-deps --only-binary :all: \
    --platform manylinux_2_28_x86_64 mesmo==0.1.0rc8
python3 -m zipfile -e ./*.whl root
seen=$(python3 - <<'PYTHON'
import json, pathlib, re, zlib

urls = set()
for path in pathlib.Path("root").rglob("*.so"):
    data = path.read_bytes()
    for at in (found.start() for found in re.finditer(b"\x1f\x8b\x08", data)):
        try:
            text = zlib.decompressobj(31).decompress(data[at:], 32 << 20)
        except zlib.error:
            continue
        if b"CycloneDX" in text:
            components = json.loads(text)["components"]
            urls |= {it["purl"].split("?")[0] for it in components if it.get("purl", "").startswith("pkg:maven/")}
titles = sorted(url for url in urls if "%20" in url)
print(len(titles), "of", len(urls))
print("\n".join(titles))
PYTHON
)
echo "$seen"
[ "$seen" = "$SEEN" ]
