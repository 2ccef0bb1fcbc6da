#!/bin/sh
# npm's `purl` 2.1.0 writes less escaped than it reads: an `@` in a version and an `&` in the value of a qualifier are
# written as they are, and are then delimiters. Read again, the name has taken part of the version, and part of a
# download's address has become a qualifier of its own; a second parameter without a value makes it unreadable, for
# which `parse` returns null. npm's packageurl-js 2.0.1 reads all three back as they were.
#
# Seen with Node.js 20.20.2 on 2026-11-28:
SEEN='pkg:generic/tool@nightly%40main
  purl          pkg:generic/tool@nightly@main
    {"name":"tool","version":"nightly@main"}
    {"name":"tool@nightly","version":"main"}
  packageurl-js pkg:generic/tool@nightly%40main
    {"name":"tool","version":"nightly@main"}
    {"name":"tool","version":"nightly@main"}
pkg:generic/tool@1.0?download_url=https://example.org/get%3Fof%3Dtool%26os%3Dlinux
  purl          pkg:generic/tool@1.0?download_url=https://example.org/get%3Fof=tool&os=linux
    {"name":"tool","version":"1.0","qualifiers":{"download_url":"https://example.org/get?of=tool&os=linux"}}
    {"name":"tool","version":"1.0","qualifiers":{"download_url":"https://example.org/get?of=tool","os":"linux"}}
  packageurl-js pkg:generic/tool@1.0?download_url=https%3A%2F%2Fexample.org%2Fget%3Fof%3Dtool%26os%3Dlinux
    {"name":"tool","version":"1.0","qualifiers":{"download_url":"https://example.org/get?of=tool&os=linux"}}
    {"name":"tool","version":"1.0","qualifiers":{"download_url":"https://example.org/get?of=tool&os=linux"}}
pkg:generic/tool@1.0?download_url=https://example.org/get%3Fof%3Dtool%26raw
  purl          pkg:generic/tool@1.0?download_url=https://example.org/get%3Fof=tool&raw
    {"name":"tool","version":"1.0","qualifiers":{"download_url":"https://example.org/get?of=tool&raw"}}
    null
  packageurl-js pkg:generic/tool@1.0?download_url=https%3A%2F%2Fexample.org%2Fget%3Fof%3Dtool%26raw
    {"name":"tool","version":"1.0","qualifiers":{"download_url":"https://example.org/get?of=tool&raw"}}
    {"name":"tool","version":"1.0","qualifiers":{"download_url":"https://example.org/get?of=tool&raw"}}'
#
# Needs node and npm. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund purl@2.1.0 packageurl-js@2.0.1 >/dev/null
cat >show.mjs <<'JS'
import packageurl from "packageurl-js";
import { parse, stringify } from "purl";

const parts = (p) => p && { name: p.name, version: p.version, qualifiers: p.qualifiers ?? undefined };
const show = (label, read, write, text) => {
  const first = read(text);
  const written = write(first);
  console.log(`  ${label} ${written}`);
  for (const purl of [first, read(written)]) console.log(`    ${JSON.stringify(parts(purl))}`);
};

for (const text of [
  "pkg:generic/tool@nightly%40main",
  "pkg:generic/tool@1.0?download_url=https://example.org/get%3Fof%3Dtool%26os%3Dlinux",
  "pkg:generic/tool@1.0?download_url=https://example.org/get%3Fof%3Dtool%26raw",
]) {
  console.log(text);
  show("purl         ", parse, stringify, text);
  show("packageurl-js", (t) => packageurl.PackageURL.fromString(t), String, text);
}
JS
seen=$(node show.mjs)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
