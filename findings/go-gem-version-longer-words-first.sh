#!/bin/sh
# aquasecurity's go-gem-version (of 2020; Trivy compares versions of Ruby's gems with it) orders two words of which one
# begins with the other the wrong way round: the longer one is the earlier. To RubyGems, whose Gem::Version it is written
# after, 1.0.0.pre is earlier than 1.0.0.preview1 and 1.0.0.a than 1.0.0.alpha, as in any dictionary. Words that differ
# in a letter, and a word with and without a number, are in the same order to both.
#
# Seen with Ruby 3.1.2, RubyGems 3.3.15 and Go 1.26.8 on 2026-11-29 (a, b, Gem::Version, go-gem-version):
SEEN='1.0.0.pre 1.0.0.preview1 -1 1
1.0.0.pre2 1.0.0.preview1 -1 1
1.0.0.a 1.0.0.alpha -1 1
1.0.0.b2 1.0.0.beta1 -1 1
1.0.0.rc 1.0.0.rcx -1 1
1.0.0.preview1 1.0.0.rc1 -1 -1
1.0.0.alpha 1.0.0.beta -1 -1
1.0.0.rc 1.0.0.rc1 -1 -1
1.0.0.rc1 1.0.0 -1 -1'
#
# Needs ruby and go. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'TEXT'
module compare

go 1.24

require github.com/aquasecurity/go-gem-version v0.0.0-20201115065557-8eed6fe000ce
TEXT
cat >compare.go <<'GO'
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	gem "github.com/aquasecurity/go-gem-version"
)

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		a, first := gem.NewVersion(fields[0])
		b, second := gem.NewVersion(fields[1])
		if first != nil || second != nil {
			panic("not valid")
		}
		fmt.Println(a.Compare(b))
	}
}
GO
cat >compare.rb <<'RUBY'
STDIN.each_line do |line|
  a, b = line.split
  puts "#{a} #{b} #{Gem::Version.new(a) <=> Gem::Version.new(b)}"
end
RUBY
printf '%s\n' "$SEEN" >versions
ruby compare.rb <versions >of-ruby
GOFLAGS=-mod=mod go run compare.go <versions >of-go 2>log || { cat log >&2; exit 1; }
seen=$(paste -d ' ' of-ruby of-go)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
