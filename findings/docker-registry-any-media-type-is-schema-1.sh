#!/bin/sh
# A client that accepts any media type (`Accept: */*`, as curl sends) gets from docker-registry 2.8.2, which Debian 12
# has, another manifest than the one that was pushed: a manifest of Docker's schema 2 converted to schema 1, under a
# digest of its own, which is the same each time. So does one that accepts only OCI manifests. HEAD gives that digest
# too, so that whoever watches a tag by HEAD sees it move when the client's Accept header changes. That digest cannot be
# asked for: 404.
#
# Seen on Debian 12 on 2026-11-28:
SEEN='Accept: schema 2   pushed digest        application/vnd.docker.distribution.manifest.v2+json
Accept: any        another digest       application/vnd.docker.distribution.manifest.v1+prettyjws
Accept: OCI        another digest       application/vnd.docker.distribution.manifest.v1+prettyjws
HEAD, any          the same other one
GET by that digest 404'
#
# Needs Debian 12 on amd64, with its archive in APT's sources, curl and python3. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq docker-registry=2.8.2+ds1-1 2>log || { cat log >&2; exit 1; }
dpkg-deb -x docker-registry_*.deb tools
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >settings.yml <<YAML
version: 0.1
storage: {filesystem: {rootdirectory: $folder/data}}
http: {addr: "127.0.0.1:$port"}
YAML
tools/usr/bin/docker-registry serve settings.yml >server.log 2>&1 &
server=$!
at=http://127.0.0.1:$port/v2
until curl -s -o reached "$at/"; do kill -0 "$server"; sleep 0.1; done
push() { # a blob; gives its digest
  digest=sha256:$(sha256sum <"$1" | cut -d' ' -f1)
  place=$(curl -s -D - -o reached -X POST "$at/a/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  curl -sf -o reached -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$1" "$place&digest=$digest"
  echo "$digest"
}
printf hello >file
tar -cf layer.tar file
gzip -n layer.tar
diff=sha256:$(gzip -dc layer.tar.gz | sha256sum | cut -d' ' -f1)
printf '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["%s"]},"history":[{"created_by":"x"}]}' \
  "$diff" >config
docker=application/vnd.docker
layer=$(push layer.tar.gz)
config=$(push config)
cat >manifest <<JSON
{"schemaVersion":2,"mediaType":"$docker.distribution.manifest.v2+json","config":{"mediaType":"$docker.container.image.v1+json",
"digest":"$config","size":$(wc -c <config)},"layers":[{"mediaType":"$docker.image.rootfs.diff.tar.gzip","digest":"$layer",
"size":$(wc -c <layer.tar.gz)}]}
JSON
curl -sf -o reached -X PUT -H "Content-Type: $docker.distribution.manifest.v2+json" --data-binary @manifest "$at/a/manifests/1"
pushed=sha256:$(sha256sum <manifest | cut -d' ' -f1)
header() { tr -d '\r' <head | sed -n "s/^$1: //p"; }
ask() {
  curl -s -D head -o reached -H "Accept: $1" "$at/a/manifests/1"
  other=$(header Docker-Content-Digest)
  name='another digest'
  [ "$other" != "$pushed" ] || name='pushed digest'
}
seen=$(
  ask "$docker.distribution.manifest.v2+json"
  printf 'Accept: schema 2   %-20s %s\n' "$name" "$(header Content-Type)"
  ask '*/*'
  printf 'Accept: any        %-20s %s\n' "$name" "$(header Content-Type)"
  first=$other
  ask application/vnd.oci.image.manifest.v1+json
  printf 'Accept: OCI        %-20s %s\n' "$name" "$(header Content-Type)"
  curl -s -I -H 'Accept: */*' "$at/a/manifests/1" >head
  [ "$(header Docker-Content-Digest)" != "$first" ] || echo 'HEAD, any          the same other one'
  echo "GET by that digest $(curl -s -o reached -w '%{http_code}' -H 'Accept: */*' "$at/a/manifests/$first")"
)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
