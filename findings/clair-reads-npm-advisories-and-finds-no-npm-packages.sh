#!/bin/sh
# Clair 4.9.0 takes in OSV's advisories of npm, and reports none of them: its library, claircore 1.5.48, has a detector, a
# coalescer and a matcher of npm's packages (package `nodejs`), with tests, which neither the list of what it looks for in
# images (`libindex`) nor that of what it matches (`matchers/defaults`) names, and which is not linked into the program at
# all. No setting of Clair's adds it. The updater has a list of ecosystems that it leaves out, and npm is not among these.
# An image with packages of npm has "0 vulnerabilities", beside all advisories of npm that were fetched and stored.
#
# Seen with Go 1.26.8 on 2026-11-30 (which updaters there are for three ecosystems; whether the program holds the detectors):
SEEN='updater: osv/npm
updater: osv/pypi
linked: github.com/quay/claircore/python
not linked: github.com/quay/claircore/nodejs'
#
# Needs go 1.25 or newer. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'TEXT'
module compare

go 1.25.0

require (
	github.com/quay/clair/v4 v4.9.0
	github.com/quay/claircore v1.5.48
)
TEXT
cat >compare.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"

	_ "github.com/quay/claircore/nodejs"
	"github.com/quay/claircore/updater/osv"
)

func main() {
	publisher := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		// The third has an updater of Clair's own.
		fmt.Fprint(w, "Debian\nPyPI\nnpm\n")
	}))
	defer publisher.Close()
	factory := &osv.Factory{}
	set := func(to any) error {
		to.(*osv.FactoryConfig).URL = publisher.URL
		return nil
	}
	if err := factory.Configure(context.Background(), set, publisher.Client()); err != nil {
		panic(err)
	}
	updaters, err := factory.UpdaterSet(context.Background())
	if err != nil {
		panic(err)
	}
	names := []string{}
	for _, updater := range updaters.Updaters() {
		names = append(names, updater.Name())
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Println("updater:", name)
	}
}
GO
cat >tools.go <<'GO'
//go:build tools

package main

import _ "github.com/quay/clair/v4/cmd/clair"
GO
export GOFLAGS=-mod=mod
go mod tidy >tidy 2>&1 || { cat tidy; exit 1; }
found=$(
	go run .
	go list -deps github.com/quay/clair/v4/cmd/clair >linked
	for detector in python nodejs; do
		if grep -qx "github.com/quay/claircore/$detector" linked; then
			echo "linked: github.com/quay/claircore/$detector"
		else
			echo "not linked: github.com/quay/claircore/$detector"
		fi
	done
)
echo "$found"
[ "$found" = "$SEEN" ]
