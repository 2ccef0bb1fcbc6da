#!/bin/sh
# Scores of CVSS 4.0 differ between implementations. Of 10,000 random valid vectors with threat and
# environmental metrics, npm's `cvss4` 1.0.7 scores about 500 otherwise than PyPI's `cvss` 3.6, npm's
# `ae-cvss-calculator` 1.0.13 and crates.io's `cvss` 3.0.0, which agree on all of them; by up to 0.4 here.
#
# Seen with Python 3.11.7 and Node.js 20.20.2 on 2026-11-28 (vector, PyPI's cvss, ae-cvss-calculator, cvss4):
SEEN='1.8 1.8 1.7
4.4 4.4 4.3
5.1 5.1 5.5
9.3 9.3 9.3'
#
# Needs python3 with venv, node and npm. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check cvss==3.6
npm install --silent --no-audit --no-fund cvss4@1.0.7 ae-cvss-calculator@1.0.13 >/dev/null
cat >vectors <<'TEXT'
CVSS:4.0/AV:L/AC:H/AT:P/PR:H/UI:A/VC:H/VI:L/VA:L/SC:L/SI:N/SA:L/E:U/CR:M/IR:H/AR:X/MAV:P/MAC:L/MAT:N/MPR:N/MUI:N/MVC:H/MVI:X/MVA:L/MSC:X/MSI:H/MSA:X
CVSS:4.0/AV:N/AC:H/AT:P/PR:H/UI:P/VC:H/VI:L/VA:H/SC:H/SI:N/SA:H/E:U/CR:M/IR:H/AR:L/MAV:P/MAC:L/MAT:N/MPR:L/MUI:N/MVC:X/MVI:L/MVA:X/MSC:H/MSI:N/MSA:S
CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:P/VC:L/VI:H/VA:H/SC:H/SI:H/SA:N/E:P/CR:L/IR:M/AR:L/MAV:X/MAC:H/MAT:P/MPR:N/MUI:X/MVC:X/MVI:X/MVA:N/MSC:X/MSI:L/MSA:H
CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N
TEXT
cat >score.py <<'PY'
import sys
from cvss import CVSS4
for line in sys.stdin:
    print(float(CVSS4(line.strip()).base_score))
PY
cat >score.js <<'JS'
const { Cvss4P0 } = require("ae-cvss-calculator");
const { calculateBaseScore } = require("cvss4");
for (const vector of require("fs").readFileSync(0, "utf8").trim().split("\n")) {
  console.log(new Cvss4P0(vector).calculateScores().overall, calculateBaseScore(vector));
}
JS
python/bin/python3 score.py <vectors >of-python
node score.js <vectors >of-node
seen=$(paste -d ' ' of-python of-node)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
