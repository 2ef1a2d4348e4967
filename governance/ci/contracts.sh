#!/bin/sh
# What a change of contracts has to pass, in the project that is the current folder: sh governance/ci/contracts.sh
#   C360      the command (c360 by default)
#   BASE      branch or commit to compare with; none compares each version with the one before
#   COMMENT   true: in a job of GitHub, write what changes into the pull request
#   DATACONTRACT   contract files, a line each, for datacontract test against SERVER, the name of a server in them
# Every step runs. The exit code is the worst one: 0 all held, 1 something is broken, 2 something could not be told.
set -u
c360=${C360:-c360}
worst=0
run() {
    code=0
    "$@" || code=$?
    [ "$code" -le 2 ] || code=2
    [ "$code" -le "$worst" ] || worst=$code
}
run "$c360" lint
# What is no valid contract, lint has annotated at its line.
[ "$worst" -eq 0 ] || annotated=false
run env GITHUB_ACTIONS="${annotated:-${GITHUB_ACTIONS:-}}" "$c360" generate --check
set -- compat
[ -z "${BASE:-}" ] || set -- "$@" --base "$BASE"
[ "${COMMENT:-}" != true ] || set -- "$@" --comment
run "$c360" "$@"
while IFS= read -r file; do
    [ -z "$file" ] || run "$(dirname -- "$(command -v "$c360")")/datacontract" test "$file" --server "${SERVER:-all}"
done <<EOF
${DATACONTRACT:-}
EOF
exit "$worst"
