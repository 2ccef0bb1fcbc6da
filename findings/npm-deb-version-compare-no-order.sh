#!/bin/sh
# npm's deb-version-compare 1.2.1 ("Compare Version according to debian policy") gives no order. A version without a
# revision is equal to the same one with any, asked one way, and earlier than it asked the other way; zeros in front of
# a number, which dpkg passes over, and a revision that begins with a letter make each of two versions earlier than the
# other. dpkg 1.21.22 has an order in all of these.
#
# Seen with Node.js 20.20.2 and dpkg 1.21.22 on 2026-11-28 (a, b, dpkg on a and b, the package on a and b, on b and a):
SEEN='1.0 1.0-1 -1 0 1
1.0-1 1.0 1 1 0
1.0 1.0-5+deb12u1 -1 0 1
2024.7.10-1 2024.07.2-1 1 -1 -1
1.05-1 1.5-2 -1 -1 -1
1.5-2 1.05-1 1 -1 -1
1.0-1 1.0-rc1 -1 1 -1
1.0-1 1.0-2 -1 -1 1
1:1.0-1 2.0-1 1 1 -1
1.0~rc1-1 1.0-1 -1 -1 1'
#
# Needs dpkg, node and npm. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund deb-version-compare@1.2.1 >/dev/null
cat >compare.js <<'JS'
const compare = require("deb-version-compare");
const [a, b] = process.argv.slice(2);
console.log(compare(a, b), compare(b, a));
JS
seen=$(printf '%s\n' "$SEEN" | while read -r a b rest; do
  order=0
  if dpkg --compare-versions "$a" lt "$b"; then order=-1; fi
  if dpkg --compare-versions "$a" gt "$b"; then order=1; fi
  echo "$a $b $order $(node compare.js "$a" "$b")"
done)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
