#!/bin/sh
# npm's `cvss` 1.0.5, whose description is "A tool to calculate CVSS ratings", knows CVSS 3.0 only, and scores each
# vector of 3.1 as 0, rated `None`, without an error. The same metrics as 3.0 are 9.8, `Critical`.
#
# Seen with Node.js 20.20.2 on 2026-11-28:
#   CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H  9.8 Critical
#   CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H  0 None
#
# Needs node and npm. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund cvss@1.0.5 >/dev/null
cat >show.js <<'JS'
const cvss = require("cvss");
for (const version of ["3.0", "3.1"]) {
  const vector = `CVSS:${version}/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H`;
  console.log(`${vector}  ${cvss.getBaseScore(vector)} ${cvss.getRating(cvss.getBaseScore(vector))}`);
}
JS
seen=$(node show.js)
printf '%s\n' "$seen"
expected='CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H  9.8 Critical
CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H  0 None'
[ "$seen" = "$expected" ] || { echo 'this is no longer so' >&2; exit 1; }
