#!/bin/sh
# pdm 2.29.4 asks for `hishel>=1.4.0` and uses a class that hishel 2.0.0 does not have any more. pip installs the newer one
# beside it, `pip check` finds nothing wrong, and `pdm --version` answers: only what fetches something fails, after the
# virtual environment of the project was made, with an error of Python that names neither package's version. With
# hishel 1.4.0 the same project is locked.
#
# Seen with Python 3.11 on 2026-11-30:
SEEN="2.29.4 with hishel 2.0.0: pip check: No broken requirements found.; pdm lock: [AttributeError]: module 'hishel' has no attribute 'SyncSqliteStorage'
2.29.4 with hishel 1.4.0: pip check: No broken requirements found.; pdm lock: written"
#
# Needs python3 with venv. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export HOME="$folder" PDM_CHECK_UPDATE=false
lock() {
    python3 -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check "$2" "$3"
    versions=$("$1/bin/python" -c 'from importlib.metadata import version as v; print(v("pdm"), "with hishel", v("hishel"))')
    mkdir "$1/project"
    printf '[project]\nname = "x"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["six==1.17.0"]\n' \
        >"$1/project/pyproject.toml"
    "$1/bin/pdm" lock --project "$1/project" >"$1/said" 2>&1 || true
    if [ -f "$1/project/pdm.lock" ]; then outcome=written; else outcome=$(grep -o '\[[A-Za-z]*Error\].*' "$1/said"); fi
    printf '%s: pip check: %s; pdm lock: %s\n' "$versions" "$("$1/bin/pip" check)" "$outcome"
}
seen=$(lock newer pdm==2.29.4 hishel==2.0.0; lock older pdm==2.29.4 hishel==1.4.0)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ]
