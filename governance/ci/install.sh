#!/bin/sh
# Make an environment with c360 in it, everything as locked: sh governance/ci/install.sh FOLDER
#   PYTHON         the interpreter (python3 by default)
#   DATACONTRACT   if it names contracts, datacontract comes along; else only what lint, compat and generate need
set -eu
source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
if [ -n "${DATACONTRACT:-}" ]; then requirements=runtime; else requirements=contracts; fi
"${PYTHON:-python3}" -m venv "$1"
"$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
    --requirement "$source/requirements/$requirements.txt"
"$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation --no-index \
    "$source/governance"
"$1/bin/c360" --version
