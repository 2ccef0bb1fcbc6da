#!/bin/sh
# docker-registry 2.8.2, which Debian 12 has, knows pages of repositories and none of tags. `tags/list?n=1` answers with
# all tags and no `Link`, and `last` is ignored, where the OCI distribution specification has at most `n` tags come, those
# after `last`; nor are they sorted, which it asks for too. `_catalog?n=1` gives pages; it ignores an `n` that is no
# number, answers 0 with none at all, and 2000, more than its own longest page, with 400.
#
# Seen on Debian 12 on 2026-11-28, twelve tags pushed in the order of their numbers:
SEEN='tags, n=1          12 tags, Link: no, sorted: no
tags, last=9       12 tags
catalog, n=1       200 1 repositories, Link: yes
catalog, n=x       200 2 repositories, Link: no
catalog, n=0       200 0 repositories, Link: no
catalog, n=2000    400'
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
repository=a
push() { # a blob; gives its digest
  digest=sha256:$(sha256sum <"$1" | cut -d' ' -f1)
  place=$(curl -s -D - -o reached -X POST "$at/$repository/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
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
for repository in a b; do
  [ $repository = a ] || push config >log
  [ $repository = a ] || push layer.tar.gz >log
  for tag in 1 2 3 4 5 6 7 8 9 10 11 12; do
    curl -sf -o reached -X PUT -H "Content-Type: $docker.distribution.manifest.v2+json" --data-binary @manifest \
      "$at/$repository/manifests/$tag"
  done
done
tags() { curl -s -D head "$at/a/tags/list?$1" | python3 -c 'import json, sys; print(*json.load(sys.stdin)["tags"])'; }
linked() { if grep -qi '^link:' head; then echo yes; else echo no; fi; }
catalog() {
  code=$(curl -s -D head -o answer -w '%{http_code}' "$at/_catalog?n=$1")
  case $code in
    200) count=$(python3 -c 'import json; print(len(json.load(open("answer"))["repositories"]))')
      echo "200 $count repositories, Link: $(linked)" ;;
    *) echo "$code" ;;
  esac
}
seen=$(
  all=$(tags n=1)
  sorted=no
  [ "$(echo "$all" | xargs -n1 | LC_ALL=C sort | xargs)" != "$all" ] || sorted=yes
  echo "tags, n=1          $(echo "$all" | wc -w) tags, Link: $(linked), sorted: $sorted"
  echo "tags, last=9       $(tags last=9 | wc -w) tags"
  for n in 1 x 0 2000; do printf 'catalog, %-9s %s\n' "n=$n" "$(catalog $n)"; done
)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
