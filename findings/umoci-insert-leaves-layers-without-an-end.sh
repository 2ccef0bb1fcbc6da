#!/bin/sh
# `umoci insert` of umoci 0.4.7, which Debian 12 has, ends a layer with the last byte of its last file: neither is that
# filled up to a block of 512 bytes, nor do the two blocks of zeros follow that end a tar. umoci and skopeo, written in
# Go, read it to its end and say nothing. GNU tar 1.34 lists it all and ends with status 2, Python's `tarfile` raises.
# An empty image and a folder with one file of 3 bytes give a layer of 512 + 512 + 3 bytes.
#
# Seen on Debian 12 on 2026-11-28:
SEEN='bytes: 1027
umoci unpack: etc etc/x
skopeo: copied
tar: etc/ etc/x, status 2
python: ReadError'
#
# Needs Debian 12 on amd64, with its archive in APT's sources, and python3. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq umoci=0.4.7+ds-3+b7 skopeo=1.9.3+ds1-1+b10 tar=1.34+dfsg-1.2+deb12u1 libassuan0 libgpgme11 \
  libdevmapper1.02.1 2>log || { cat log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" tools; done
export PATH="$folder/tools/usr/bin:$folder/tools/bin:$PATH"
export LD_LIBRARY_PATH="$folder/tools/usr/lib/x86_64-linux-gnu:$folder/tools/lib/x86_64-linux-gnu"
mkdir etc
printf hi\\n >etc/x
umoci init --layout image
umoci new --image image:a
umoci insert --rootless --image image:a etc /etc >log 2>&1 || { cat log >&2; exit 1; }
for blob in image/blobs/sha256/*; do
  if gzip -t "$blob" 2>log; then gzip -dc <"$blob" >layer.tar; fi
done
seen=$(
  echo "bytes: $(wc -c <layer.tar)"
  umoci unpack --rootless --image image:a unpacked >log 2>&1
  echo "umoci unpack: $(cd unpacked/rootfs && find . -mindepth 1 | sed 's|^\./||' | sort | xargs)"
  echo '{"default": [{"type": "insecureAcceptAnything"}]}' >policy.json
  skopeo --policy policy.json copy -q oci:image:a docker-archive:archive.tar >log 2>&1 && echo 'skopeo: copied'
  status=0
  listed=$(tar -tf layer.tar 2>log) || status=$?
  echo "tar: $(echo $listed), status $status"
  python3 - <<'PYTHON'
import tarfile

try:
    print("python:", tarfile.open("layer.tar").getnames())
except tarfile.ReadError as error:
    print("python:", type(error).__name__)
PYTHON
)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
