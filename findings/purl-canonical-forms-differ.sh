#!/bin/sh
# A package URL is meant to have one canonical form. Four libraries that parse the same one and write it again make up
# to four of it: PyPI's packageurl-python 0.17.6, npm's packageurl-js 2.0.1, Go's packageurl-go 0.1.7 and npm's `purl`
# 2.1.0. They differ on a `+` in a version (each Go module that is `+incompatible`), on `/`, `:`, `+` and `@` in
# qualifiers, and on what is put in lower case: `purl` leaves all names and namespaces, packageurl-python one of `rpm`,
# packageurl-go a name of `hex`. packageurl-python writes a name with a slash as a name below a namespace, which is
# another package when it is read again.
#
# Seen with Python 3.11.7, Node.js 20.20.2 and Go 1.26.8 on 2026-11-28:
SEEN='pkg:golang/github.com/docker/docker@v28.5.2%2Bincompatible
  packageurl-python pkg:golang/github.com/docker/docker@v28.5.2%2Bincompatible
  packageurl-js     pkg:golang/github.com/docker/docker@v28.5.2+incompatible
  packageurl-go     pkg:golang/github.com/docker/docker@v28.5.2%2Bincompatible
  purl              pkg:golang/github.com/docker/docker@v28.5.2+incompatible
pkg:oci/debian@sha256%3A244fd47e07d1004f?repository_url=docker.io%2Flibrary%2Fdebian
  packageurl-python pkg:oci/debian@sha256:244fd47e07d1004f?repository_url=docker.io/library/debian
  packageurl-js     pkg:oci/debian@sha256:244fd47e07d1004f?repository_url=docker.io%2Flibrary%2Fdebian
  packageurl-go     pkg:oci/debian@sha256:244fd47e07d1004f?repository_url=docker.io%2Flibrary%2Fdebian
  purl              pkg:oci/debian@sha256:244fd47e07d1004f?repository_url=docker.io/library/debian
pkg:generic/tool@1.0?vcs_url=git%2Bhttps://example.org/tool%40v1.0
  packageurl-python pkg:generic/tool@1.0?vcs_url=git%2Bhttps://example.org/tool%40v1.0
  packageurl-js     pkg:generic/tool@1.0?vcs_url=git%2Bhttps%3A%2F%2Fexample.org%2Ftool%40v1.0
  packageurl-go     pkg:generic/tool@1.0?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Ftool%40v1.0
  purl              pkg:generic/tool@1.0?vcs_url=git+https://example.org/tool@v1.0
pkg:deb/debian/g%2B%2B@4:12.2.0-3
  packageurl-python pkg:deb/debian/g%2B%2B@4:12.2.0-3
  packageurl-js     pkg:deb/debian/g%2B%2B@4:12.2.0-3
  packageurl-go     pkg:deb/debian/g%2B%2B@4:12.2.0-3
  purl              pkg:deb/debian/g++@4:12.2.0-3
pkg:apk/Alpine/musl@1.2.5-r8
  packageurl-python pkg:apk/alpine/musl@1.2.5-r8
  packageurl-js     pkg:apk/alpine/musl@1.2.5-r8
  packageurl-go     pkg:apk/alpine/musl@1.2.5-r8
  purl              pkg:apk/Alpine/musl@1.2.5-r8
pkg:rpm/Fedora/curl@8.9.1-2.fc41
  packageurl-python pkg:rpm/Fedora/curl@8.9.1-2.fc41
  packageurl-js     pkg:rpm/fedora/curl@8.9.1-2.fc41
  packageurl-go     pkg:rpm/fedora/curl@8.9.1-2.fc41
  purl              pkg:rpm/Fedora/curl@8.9.1-2.fc41
pkg:hex/Phoenix@1.7.0
  packageurl-python pkg:hex/phoenix@1.7.0
  packageurl-js     pkg:hex/phoenix@1.7.0
  packageurl-go     pkg:hex/Phoenix@1.7.0
  purl              pkg:hex/Phoenix@1.7.0
pkg:generic/a%2Fb@1.0
  packageurl-python pkg:generic/a/b@1.0
  packageurl-js     pkg:generic/a%2Fb@1.0
  packageurl-go     pkg:generic/a%2Fb@1.0
  purl              pkg:generic/a%2Fb@1.0'
#
# Needs python3 with venv, node, npm and go. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check packageurl-python==0.17.6
npm install --silent --no-audit --no-fund packageurl-js@2.0.1 purl@2.1.0 >/dev/null
cat >go.mod <<'TEXT'
module write

go 1.24

require github.com/package-url/packageurl-go v0.1.7
TEXT
printf '%s\n' "$SEEN" | grep '^pkg:' >purls
cat >write.py <<'PY'
import sys
from packageurl import PackageURL
for line in sys.stdin:
    print("  packageurl-python", PackageURL.from_string(line.strip()).to_string())
PY
cat >write.mjs <<'JS'
import { readFileSync } from "node:fs";
import packageurl from "packageurl-js";
import { parse, stringify } from "purl";
for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const js = packageurl.PackageURL.fromString(line);
  console.log(`  packageurl-js     ${js}\t  purl              ${stringify(parse(line))}`);
}
JS
cat >write.go <<'GO'
package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/package-url/packageurl-go"
)

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		purl, err := packageurl.FromString(lines.Text())
		if err != nil {
			panic(err)
		}
		fmt.Println("  packageurl-go    ", purl.ToString())
	}
}
GO
python/bin/python3 write.py <purls >of-python
node write.mjs <purls >of-node
GOFLAGS=-mod=mod go run write.go <purls >of-go 2>log || { cat log >&2; exit 1; }
cut -f 1 of-node >of-packageurl-js
cut -f 2 of-node >of-purl
seen=$(paste -d '\n' purls of-python of-packageurl-js of-go of-purl)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
