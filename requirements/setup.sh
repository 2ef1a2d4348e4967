#!/bin/sh
# Make .venv: everything locked in dev.txt, and the toolkit itself, from the package index alone.
# Called by `make setup`, which skips it while .venv/.complete is newer than what it depends on.
# A run that was killed leaves no .complete behind, so the next one starts afresh.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "make setup: $1" >&2
    exit 2
}

# dbt-core 1.11 runs on Python 3.11 to 3.13. A name on PATH may be a stub that fails: so each is asked.
usable() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}
python=
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    if usable "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    found=$(${PYTHON:-python3} --version 2>/dev/null || true)
    fail "Python 3.11, 3.12 or 3.13 is needed; found ${found:-none}. Install one (python.org), or name it: make setup PYTHON=/path/to/python3.12"
fi

rm -rf .venv
"$python" -m venv .venv >.venv-error 2>&1 || {
    cat .venv-error >&2
    rm -f .venv-error
    fail "$python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"
}
rm -f .venv-error
pip() { .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"; }

# What pip was told about indexes holds for uv too, unless uv was told something itself.
told() { pip config list 2>/dev/null | sed -n "s/^[^=]*\.$1='\(.*\)'\$/\1/p" | sed 's/\\n/ /g' | head -n 1; }
index=$(told index-url)
extra=$(told extra-index-url)
certificates=$(told cert)
[ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
[ -z "$extra" ] || export UV_INDEX="${UV_INDEX:-$extra}"
[ -z "$certificates" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$certificates}"
# As pip does; the hashes in the lock file say which files are the right ones.
export UV_INDEX_STRATEGY="${UV_INDEX_STRATEGY:-unsafe-best-match}"
export UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV="$PWD/.venv"

if pip install --quiet --require-hashes --requirement requirements/bootstrap.txt &&
    .venv/bin/uv pip install --quiet --require-hashes --requirements requirements/dev.txt; then
    :
else
    echo "make setup: uv could not install the requirements; trying pip." >&2
    pip install --quiet --require-hashes --requirement requirements/dev.txt ||
        fail "the requirements could not be installed. Check that a package index is reachable: pip config list"
fi
# Nothing to download any more: the build tool came with the requirements.
pip install --quiet --no-deps --no-build-isolation --no-index --editable governance ||
    fail "the toolkit in governance/ could not be installed; see above."

touch .venv/.complete
