#!/bin/sh
# Debian's libalpm-dev 13.0.2-3, the header of the library behind pacman, cannot be compiled against with what it depends
# on: alpm.h includes archive.h of libarchive, and the package names libarchive-dev nowhere. Whoever installs it alone is
# told of a missing file of another project. Seen (what the header includes that is not C's own; its dependencies):
SEEN='#include <archive.h>
#include <archive_entry.h>
Depends: libalpm13'
#
# Needs Debian's apt with that version in its lists. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q libalpm-dev=13.0.2-3 >/dev/null 2>&1
dpkg-deb --fsys-tarfile libalpm-dev_*.deb | tar x ./usr/include/alpm.h
seen=$(grep '#include <archive' usr/include/alpm.h
dpkg-deb --field libalpm-dev_*.deb | grep -E '^(Pre-)?Depends:|^Recommends:' | sed 's/ (= [^)]*)//g')
echo "$seen"
[ "$seen" = "$SEEN" ]
