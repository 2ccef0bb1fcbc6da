#!/bin/sh
# Clair 4.9.0 publishes JSON schemas of its API (httptransport/types/v1 of its module), which no package that it sends
# satisfies: they want `kind` to be `BINARY` or `SOURCE`, and claircore 1.5.48, which it is built with, writes `binary`
# and `source`; and they want `cpe` to be a CPE where it is there, which it always is, and empty for a package that has
# none, as those of Alpine and Debian. A package without both members satisfies them. Who generates a client of the
# schemas and checks answers refuses all that the real service says.
#
# Seen with Go 1.26.8 and jsonschema 6.0.2 for Go on 2026-11-30 (what is sent, and which members are refused):
SEEN='{"id":"1","name":"musl","version":"1.2.5-r0","kind":"binary","normalized_version":"","arch":"x86_64","cpe":""}
refused: /cpe /kind
{"id":"1","name":"musl","version":"1.2.5-r0","normalized_version":"","arch":"x86_64"}
valid'
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
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.2
)
TEXT
cat >compare.go <<'GO'
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/quay/clair/v4/httptransport/types/v1"
	"github.com/quay/claircore"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// The members that are refused, by the innermost causes.
func members(err *jsonschema.ValidationError, all map[string]bool) {
	if len(err.Causes) == 0 {
		all["/"+strings.Join(err.InstanceLocation, "/")] = true
	}
	for _, cause := range err.Causes {
		members(cause, all)
	}
}

func main() {
	compiler := jsonschema.NewCompiler()
	for _, path := range must(filepath.Glob(os.Args[1] + "/*.schema.json")) {
		document := must(jsonschema.UnmarshalJSON(bytes.NewReader(must(os.ReadFile(path)))))
		id := document.(map[string]any)["$id"].(string)
		if err := compiler.AddResource(id, document); err != nil {
			panic(err)
		}
	}
	schema := must(compiler.Compile("https://clairproject.org/api/http/v1/package.schema.json"))
	check := func(sent []byte) {
		fmt.Println(string(sent))
		err := schema.Validate(must(jsonschema.UnmarshalJSON(bytes.NewReader(sent))))
		var wrong *jsonschema.ValidationError
		if !errors.As(err, &wrong) {
			fmt.Println("valid")
			return
		}
		refused := map[string]bool{}
		members(wrong, refused)
		var names []string
		for name := range refused {
			names = append(names, name)
		}
		slices.Sort(names)
		fmt.Println("refused:", strings.Join(names, " "))
	}
	musl := claircore.Package{ID: "1", Name: "musl", Version: "1.2.5-r0", Kind: claircore.BINARY, Arch: "x86_64"}
	check(must(json.Marshal(&musl)))
	check([]byte(`{"id":"1","name":"musl","version":"1.2.5-r0","normalized_version":"","arch":"x86_64"}`))
}
GO
GOFLAGS=-mod=mod
export GOFLAGS
go mod tidy >/dev/null 2>&1
schemas=$(go list -m -f '{{.Dir}}' github.com/quay/clair/v4)/httptransport/types/v1
found=$(go run . "$schemas")
echo "$found"
test "$found" = "$SEEN"
