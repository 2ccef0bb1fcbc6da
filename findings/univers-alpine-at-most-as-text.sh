#!/bin/sh
# PyPI's univers 30.12.1 compares versions of Alpine and Gentoo by two rules at once: `<` and `>` as versions, but `<=`
# and `>=` as plain text. So 1.10.0 is both later than 1.9.0 and at most 1.9.0, and a range up to and with 1.9.0-r0
# holds 1.10.0-r0. It writes such a range as `vers:alpine/...` and does not know that scheme when it reads it, and takes
# no Alpine version with `_git` (or `_cvs`, `_svn`, `_hg`) for valid, such as that of Alpine 3.19's own musl.
#
# Seen with Python 3.11.7 on 2026-11-28:
SEEN='AlpineLinuxVersion 1.10.0 and 1.9.0: < False, <= True, > True, >= False
GentooVersion 1.10.0 and 1.9.0: < False, <= True, > True, >= False
vers:alpine/<1.9.0-r0 holds 1.8.0-r0
vers:alpine/<=1.9.0-r0 holds 1.8.0-r0 1.9.0-r0 1.10.0-r0 1.11.2-r0
vers:alpine/>1.9.0-r0 holds 1.10.0-r0 1.11.2-r0 2.0.0-r0
vers:alpine/>=1.9.0-r0 holds 1.9.0-r0 2.0.0-r0
reading vers:alpine/<=1.9.0-r0: ValueError
reading vers:ebuild/<=1.9.0-r0: holds 1.8.0-r0 1.9.0-r0 1.10.0-r0 1.11.2-r0
1.2.4_p20230717-r4: valid
1.2.4_git20230717-r4: InvalidVersion'
#
# Needs python3 with venv. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check univers==30.12.1
cat >show.py <<'PY'
from univers.version_constraint import VersionConstraint
from univers.version_range import AlpineLinuxVersionRange, VersionRange
from univers.versions import AlpineLinuxVersion, GentooVersion

VERSIONS = ["1.8.0-r0", "1.9.0-r0", "1.10.0-r0", "1.11.2-r0", "2.0.0-r0"]


def held(versions):
    return "holds " + " ".join(v for v in VERSIONS if versions.version_class(v) in versions)


for kind in AlpineLinuxVersion, GentooVersion:
    a, b = kind("1.10.0"), kind("1.9.0")
    print(f"{kind.__name__} {a} and {b}: < {a < b}, <= {a <= b}, > {a > b}, >= {a >= b}")
for comparator in "<", "<=", ">", ">=":
    constraint = VersionConstraint(comparator, AlpineLinuxVersion("1.9.0-r0"))
    versions = AlpineLinuxVersionRange(constraints=[constraint])
    print(versions, held(versions))
for text in "vers:alpine/<=1.9.0-r0", "vers:ebuild/<=1.9.0-r0":
    try:
        print(f"reading {text}:", held(VersionRange.from_string(text)))
    except ValueError as error:
        print(f"reading {text}:", type(error).__name__)
for text in "1.2.4_p20230717-r4", "1.2.4_git20230717-r4":
    try:
        AlpineLinuxVersion(text)
        print(f"{text}: valid")
    except ValueError as error:
        print(f"{text}:", type(error).__name__)
PY
seen=$(python/bin/python3 show.py)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
