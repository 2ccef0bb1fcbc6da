// Reads pairs of versions; writes how the first compares with the second in the order that the argument names.
package main

import (
	"bufio"
	"fmt"
	"go/version"
	"os"
	"strings"

	bitnami "github.com/bitnami/go-version/pkg/version"
	"golang.org/x/mod/semver"
)

func order(scheme, left, right string) (int, bool) {
	switch scheme {
	case "toolchain":
		return version.Compare(left, right), version.IsValid(left) && version.IsValid(right)
	case "bitnami":
		l, leftErr := bitnami.Parse(left)
		r, rightErr := bitnami.Parse(right)
		return l.Compare(r), leftErr == nil && rightErr == nil
	default:
		return semver.Compare(left, right), semver.IsValid(left) && semver.IsValid(right)
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		parts := strings.Split(lines.Text(), "\t")
		if order, valid := order(os.Args[1], parts[0], parts[1]); valid {
			fmt.Println([]string{"<", "=", ">"}[order+1])
		} else {
			fmt.Println("error")
		}
	}
}
