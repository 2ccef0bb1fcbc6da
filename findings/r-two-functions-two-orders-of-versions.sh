#!/bin/sh
# R has two functions that compare versions of packages, both in base packages and both of the same idea, numbers
# between dots and dashes; and they do not agree. compareVersion() of package utils, by which update.packages() of old and
# many scripts decide, says that 1.0 is before 1.0.0; package_version() of package base, by which dependencies are
# checked (`Imports: x (>= 1.0.0)`), says that both are equal: it fills up with zeros. It does not quite agree with
# itself, either: unique() takes 1.0 and 1.0.0 for one version, and keeps whichever came first; %in% takes them for two.
# CRAN has packages that published both forms. An order of versions for R must therefore choose; that of dependencies
# is the one that decides what can be installed.
#
# Seen with R 4.2.2 of Debian 12 on 2026-11-29:
SEEN='compareVersion 1.0 1.0.0: -1
package_version 1.0 == 1.0.0: TRUE, <: FALSE
package_version 1.0-0 == 1.0: TRUE, compareVersion: 1
unique: 1.0
unique, the other way round: 1.0.0
match 1.0 in 1.0.0: FALSE'
#
# Needs Rscript (Debian: r-base-core). Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >compare.R <<'R'
v <- package_version
cat("compareVersion 1.0 1.0.0:", compareVersion("1.0", "1.0.0"), "\n", sep = " ")
cat("package_version 1.0 == 1.0.0: ", v("1.0") == v("1.0.0"), ", <: ", v("1.0") < v("1.0.0"), "\n", sep = "")
cat("package_version 1.0-0 == 1.0: ", v("1.0-0") == v("1.0"), ", compareVersion: ", compareVersion("1.0-0", "1.0"), "\n", sep = "")
cat("unique:", format(unique(v(c("1.0", "1.0.0")))), "\n")
cat("unique, the other way round:", format(unique(v(c("1.0.0", "1.0")))), "\n")
cat("match 1.0 in 1.0.0:", v("1.0") %in% v("1.0.0"), "\n")
R
seen=$(Rscript --vanilla compare.R | sed 's/ *$//')
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
