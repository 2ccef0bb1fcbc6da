#!/bin/sh
# Semantic Versioning gives 1.0.0-x.7.z.92 as an example of a pre-release. To npm's compare-versions 6.1.1 (which calls it
# valid, strictly) and to aquasecurity's go-npm-version v0.0.2 (Trivy compares npm's versions with it) an `x` in a
# pre-release is a wildcard, as it is in a range: it is equal to whatever the other version has there, and in
# compare-versions the rest is compared, while go-npm-version compares nothing that follows. So 1.0.0-alpha and
# 1.0.0-beta are both equal to 1.0.0-x, but not to each other, and to go-npm-version 1.0.0-x.7.z.92 is the release 1.0.0
# itself. npm's own semver 7.7.3 takes `x` for a letter, as the specification does.
#
# Seen with Node.js 20.20.2 and Go 1.26.8 on 2026-11-29 (a, b, semver, compare-versions, go-npm-version):
SEEN='1.0.0-x.7.z.92 1.0.0 -1 -1 0
1.0.0-x.7.z.92 1.0.0-alpha.7.z.92 1 0 0
1.0.0-x.1 1.0.0-x.2 -1 -1 0
1.0.0-alpha 1.0.0-x -1 0 0
1.0.0-beta 1.0.0-x -1 0 0
1.0.0-alpha 1.0.0-beta -1 -1 -1
1.0.0-rc.x 1.0.0-rc.1 1 0 0
1.0.0-x-y-z 1.0.0-alpha 1 1 1
1.0.0-y 1.0.0-alpha 1 1 1'
#
# Needs node, npm and go. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund semver@7.7.3 compare-versions@6.1.1 >/dev/null
cat >go.mod <<'TEXT'
module compare

go 1.24

require github.com/aquasecurity/go-npm-version v0.0.2
TEXT
cat >compare.mjs <<'JS'
import { readFileSync } from "node:fs";
import { compareVersions, validateStrict } from "compare-versions";
import semver from "semver";
for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const [a, b] = line.split(" ");
  if (!validateStrict(a) || !validateStrict(b)) throw new Error(`${a} or ${b} is not valid`);
  console.log(a, b, semver.compare(a, b), compareVersions(a, b));
}
JS
cat >compare.go <<'GO'
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	npm "github.com/aquasecurity/go-npm-version/pkg"
)

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		a, first := npm.NewVersion(fields[0])
		b, second := npm.NewVersion(fields[1])
		if first != nil || second != nil {
			panic("not valid")
		}
		fmt.Println(a.Compare(b))
	}
}
GO
printf '%s\n' "$SEEN" >versions
node compare.mjs <versions >of-node
GOFLAGS=-mod=mod go run compare.go <versions >of-go 2>log || { cat log >&2; exit 1; }
seen=$(paste -d ' ' of-node of-go)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
