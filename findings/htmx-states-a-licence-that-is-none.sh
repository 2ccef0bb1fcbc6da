#!/bin/sh
# htmx: its package of npm states the licence `BSD-0-Clause`. SPDX has no such identifier: what is meant is `0BSD`, which
# is in the file LICENSE of the same package. Installing it warns of nothing, but what reads the field by SPDX's grammar, as
# policies for licences do, cannot read it. Seen with htmx.org 4.0.1, by spdx-expression-parse 4.0.0.
SEEN='stated BSD-0-Clause: not SPDX
in LICENSE: Zero-Clause BSD, 0BSD is SPDX'
#
# Needs Node.js with npm. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund htmx.org@4.0.1 spdx-expression-parse@4.0.0
cat > look.cjs <<'JS'
const fs = require('fs');
const parse = require('spdx-expression-parse');
const is = (text) => { try { parse(text); return 'SPDX'; } catch { return 'not SPDX'; } };
const stated = JSON.parse(fs.readFileSync('node_modules/htmx.org/package.json')).license;
console.log(`stated ${stated}: ${is(stated)}`);
const text = fs.readFileSync('node_modules/htmx.org/LICENSE', 'utf8');
console.log(`in LICENSE: ${text.match(/Zero-Clause BSD/)}, 0BSD is ${is('0BSD')}`);
JS
seen=$(node look.cjs)
echo "$seen"
[ "$seen" = "$SEEN" ]
