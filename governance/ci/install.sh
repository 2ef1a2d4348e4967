#!/bin/sh
# Make an environment with c360 in it, everything as locked: sh governance/ci/install.sh FOLDER (PYTHON=python3.12)
set -eu
source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
"${PYTHON:-python3}" -m venv "$1"
"$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
    --requirement "$source/requirements/runtime.txt"
"$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation --no-index \
    "$source/governance"
"$1/bin/c360" --version
