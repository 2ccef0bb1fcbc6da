#!/bin/sh
# npm's compare-versions 6.1.1 ("Compare semver version strings") takes of a pre-release's identifier that begins with a
# digit just the number that it begins with, though it is a word as soon as a letter follows. Versions that projects
# publish from commits have hashes there, and most hashes begin with a digit: of React's versions 0.0.0-0c756fb-697f004,
# 0.0.0-0c756fb-f7f79fd and 0.0.0-0cf9fc10b, all on npm, it says that they are equal, and that 0.0.0-1022ee0ec is later
# than 0.0.0-12adaffef. An identifier that is missing counts as 0, so 1.0.0-alpha and 1.0.0-alpha.0 are equal. npm's own
# semver 7.7.3 does what the specification says: words are compared as texts, and whoever has more identifiers is later.
#
# Seen with Node.js 20.20.2 on 2026-11-29 (a, b, semver, compare-versions):
SEEN='0.0.0-0c756fb-697f004 0.0.0-0c756fb-f7f79fd -1 0
0.0.0-0c756fb-f7f79fd 0.0.0-0cf9fc10b -1 0
0.0.0-1022ee0ec 0.0.0-12adaffef -1 1
0.0.0-11565a207 0.0.0-375616788 1 -1
0.0.0-172e89b4b 0.0.0-1a2d79250 -1 1
0.0.0-1a2d79250 0.0.0-1a7472624 -1 0
0.0.0-375616788 0.0.0-00d4f95c2 -1 1
1.0.0-9a 1.0.0-10a 1 -1
1.0.0-alpha 1.0.0-alpha.0 -1 0
1.0.0-alpha 1.0.0-alpha.1 -1 -1'
#
# Needs node and npm. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund semver@7.7.3 compare-versions@6.1.1 >/dev/null
cat >compare.mjs <<'JS'
import { readFileSync } from "node:fs";
import { compareVersions, validateStrict } from "compare-versions";
import semver from "semver";
for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const [a, b] = line.split(" ");
  if (!validateStrict(a) || !validateStrict(b)) throw new Error(`${a} or ${b} is not valid`);
  console.log(a, b, semver.compare(a, b), compareVersions(a, b));
}
JS
seen=$(printf '%s\n' "$SEEN" | node compare.mjs)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
