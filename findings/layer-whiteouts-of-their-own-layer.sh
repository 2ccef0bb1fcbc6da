#!/bin/sh
# Whether a whiteout also takes what came before it in the same layer differs between those who apply layers. OCI's
# image specification lets a whiteout hide only what lower layers hold, and asks (SHOULD) that it come first. Where it
# comes later, umoci 0.6.0 keeps the layer's own file; containerd 2.4.2 (`pkg/archive`) and moby's go-archive 0.3.3 take
# it away. Both keep it under an opaque whiteout if the layer also has entries for the folders above the file, and not
# if it hasn't. Where a folder was listed and then whited out, both end with an error, having taken the folder already.
# A whiteout below a folder that is nowhere makes that folder in both, and not in umoci.
#
# Seen with Go 1.26.8 on 2026-11-28 ([lower layer] [layer on top of it], then what is there afterwards):
SEEN='[] [f .wh.f]
  umoci      f
  containerd
  moby
[] [.wh.f f]
  umoci      f
  containerd f
  moby       f
[d/ d/a] [d/b .wh.d]
  umoci      d/ d/b
  containerd
  moby
[d/ d/a] [d/ d/b .wh.d]
  umoci      d/ d/b
  containerd error:
  moby       error:
[d/ d/e/ d/e/a] [d/ d/e/ d/e/b d/.wh..wh..opq]
  umoci      d/ d/e/ d/e/b
  containerd d/ d/e/ d/e/b
  moby       d/ d/e/ d/e/b
[d/ d/e/ d/e/a] [d/e/b d/.wh..wh..opq]
  umoci      d/ d/e/ d/e/b
  containerd d/
  moby       d/
[] [d/.wh.f]
  umoci
  containerd d/
  moby       d/'
#
# Needs go 1.26.6 or newer. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'TEXT'
module layers

go 1.26.6

require (
	github.com/containerd/containerd/v2 v2.4.2
	github.com/moby/go-archive v0.3.3
	github.com/opencontainers/umoci v0.6.0
)
TEXT
cat >main.go <<'GO'
package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	containerd "github.com/containerd/containerd/v2/pkg/archive"
	moby "github.com/moby/go-archive"
	umoci "github.com/opencontainers/umoci/oci/layer"
)

type applier struct {
	name  string
	apply func(root string, layer io.Reader) error
}

var appliers = []applier{
	{"umoci", func(root string, layer io.Reader) error {
		format := umoci.DirRootfs{MapOptions: umoci.MapOptions{Rootless: true}}
		return umoci.UnpackLayer(root, layer, &umoci.UnpackOptions{OnDiskFormat: format})
	}},
	{"containerd", func(root string, layer io.Reader) error {
		_, err := containerd.Apply(context.Background(), root, layer, containerd.WithNoSameOwner())
		return err
	}},
	{"moby", func(root string, layer io.Reader) error {
		_, err := moby.UnpackLayer(root, layer, &moby.TarOptions{NoLchown: true})
		return err
	}},
}

func layer(names []string) io.Reader {
	buffer := new(bytes.Buffer)
	writer := tar.NewWriter(buffer)
	for _, name := range names {
		header := tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Uid: os.Getuid(), Gid: os.Getgid()}
		if strings.HasSuffix(name, "/") {
			header.Typeflag, header.Mode = tar.TypeDir, 0o755
		}
		if err := writer.WriteHeader(&header); err != nil {
			panic(err)
		}
	}
	writer.Close()
	return buffer
}

func after(a applier, layers [][]string) string {
	root, err := os.MkdirTemp(".", "root")
	if err != nil {
		panic(err)
	}
	if root, err = filepath.Abs(root); err != nil {
		panic(err)
	}
	for _, names := range layers {
		if len(names) > 0 && err == nil {
			err = a.apply(root, layer(names))
		}
	}
	found := ""
	if err != nil {
		found = " error:"
	}
	filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && path != root {
			found += " " + strings.TrimPrefix(path, root+"/")
			if entry.IsDir() {
				found += "/"
			}
		}
		return err
	})
	return found
}

func main() {
	folder := []string{"d/", "d/e/", "d/e/a"}
	for _, layers := range [][][]string{
		{{}, {"f", ".wh.f"}},
		{{}, {".wh.f", "f"}},
		{{"d/", "d/a"}, {"d/b", ".wh.d"}},
		{{"d/", "d/a"}, {"d/", "d/b", ".wh.d"}},
		{folder, {"d/", "d/e/", "d/e/b", "d/.wh..wh..opq"}},
		{folder, {"d/e/b", "d/.wh..wh..opq"}},
		{{}, {"d/.wh.f"}},
	} {
		fmt.Println(layers[0], layers[1])
		for _, a := range appliers {
			fmt.Println(strings.TrimRight(fmt.Sprintf("  %-10s%s", a.name, after(a, layers)), " "))
		}
	}
}
GO
seen=$(GOFLAGS=-mod=mod go run . 2>log) || { cat log >&2; exit 1; }
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
