#!/bin/sh
# Two libraries order Alpine's versions differently where one has a further number and that is 0. To osv-scalibr 0.5.3
# (OSV-Scanner uses it) 1.9 and 1.9.0 are one version, so 1.9-r3 is later than 1.9.0-r0, and 9b and 1.0_p1 are later
# than 9.0 and 1.0.0. To knqyf263's go-apk-version (of 2020, based on apk-tools' own code) the one with more numbers is
# the later each time. So one of them takes for fixed what is affected to the other. Both agree where the further number
# isn't 0.
#
# Seen with Go 1.26.8 on 2026-11-28 (a, b, go-apk-version, osv-scalibr):
SEEN='1.9-r0 1.9.0-r0 -1 0
1.9-r3 1.9.0-r0 -1 1
9b-r0 9.0-r0 -1 1
1.0_p1-r0 1.0.0-r0 -1 1
1_git20240101-r0 1.0-r0 -1 1
2.0_rc1-r0 2-r0 1 -1
1.9-r3 1.9.1-r0 -1 -1
9b-r0 9.1-r0 -1 -1
1.0_p1-r0 1.0.1-r0 -1 -1'
#
# Needs go 1.26.3 or newer. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'TEXT'
module compare

go 1.26.3

require (
	github.com/google/osv-scalibr v0.5.3
	github.com/knqyf263/go-apk-version v0.0.0-20200609155635-041fdbb8563f
)
TEXT
cat >compare.go <<'GO'
package main

import (
	"fmt"

	"github.com/google/osv-scalibr/semantic"
	apk "github.com/knqyf263/go-apk-version"
)

func main() {
	var a, b string
	var ignored int
	for {
		if n, _ := fmt.Scanln(&a, &b, &ignored, &ignored); n != 4 {
			return
		}
		if !apk.Valid(a) || !apk.Valid(b) {
			panic("not valid")
		}
		order, err := semantic.MustParse(a, "Alpine").CompareStr(b)
		if err != nil {
			panic(err)
		}
		fmt.Println(a, b, apk.Version(a).Compare(apk.Version(b)), order)
	}
}
GO
printf '%s\n' "$SEEN" >versions
seen=$(GOFLAGS=-mod=mod go run compare.go <versions 2>log) || { cat log >&2; exit 1; }
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
