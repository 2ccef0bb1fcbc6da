#!/bin/sh
# After an interrupted run of dpkg, `dpkg-query` and APT tell different versions and states from the same database.
# dpkg-query 1.21.23 merges the journal in `updates/` (files with numbers for names) into what it tells, though it only
# reads and leaves the files there; apt-cache 2.6.2 reads `status` alone, and says nothing of the journal beside it.
# Here one package is upgraded, one removed and one added by the journal.
#
# Seen on Debian 12 on 2026-11-28:
SEEN='dpkg-query
added 1.0-1 installed
removed 1.0-1 config-files
upgraded 2.0-1 installed
apt-cache
added none
removed 1.0-1
upgraded 1.0-1
left: 0000 0001 0002'
#
# Needs Debian 12 on amd64, with its archive in APT's sources. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq dpkg=1.21.23 apt=2.6.2 libapt-pkg6.0=2.6.2 2>log || { cat log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" tools; done
mkdir -p database/updates database/info lists
entry() {
  printf 'Package: %s\nStatus: %s\nVersion: %s\n' "$1" "$2" "$3"
  if [ "$2" = 'deinstall ok config-files' ]; then printf 'Config-Version: %s\n' "$3"; fi
  printf 'Architecture: amd64\nMaintainer: Nobody <nobody@example.org>\nDescription: %s\n\n' "$1"
}
{
  entry removed 'install ok installed' 1.0-1
  entry upgraded 'install ok installed' 1.0-1
} >database/status
entry upgraded 'install ok installed' 2.0-1 >database/updates/0000
entry removed 'deinstall ok config-files' 1.0-1 >database/updates/0001
entry added 'install ok installed' 1.0-1 >database/updates/0002
seen=$(
  echo dpkg-query
  tools/usr/bin/dpkg-query --admindir=database -W -f '${Package} ${Version} ${db:Status-Status}\n'
  echo apt-cache
  for package in added removed upgraded; do
    version=$(LC_ALL=C LD_LIBRARY_PATH=tools/usr/lib/x86_64-linux-gnu tools/usr/bin/apt-cache \
      -o Dir::State::status="$folder/database/status" -o Dir::State::lists="$folder/lists" \
      -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= policy "$package" | sed -n 's/^  Installed: //p')
    echo "$package ${version:-none}"
  done
  echo left: $(ls database/updates)
)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
