#!/bin/sh
# What a change of contracts has to pass, in the project that is the current folder: sh governance/ci/contracts.sh
#   C360      the command (c360 when silent)
#   BASE      branch or commit to compare with; none compares each version with the one before
#   DATACONTRACT   contract files, a line each, for datacontract test against SERVER, the name of a server in them
set -eu
c360=${C360:-c360}
"$c360" lint
"$c360" generate --check
if [ -n "${BASE:-}" ]; then
    [ -z "${GITHUB_STEP_SUMMARY:-}" ] || "$c360" compat --base "$BASE" --format markdown >>"$GITHUB_STEP_SUMMARY" || true
    "$c360" compat --base "$BASE"
else
    "$c360" compat
fi
printf '%s\n' "${DATACONTRACT:-}" | while IFS= read -r file; do
    [ -z "$file" ] || "$(dirname -- "$(command -v "$c360")")/datacontract" test "$file" --server "${SERVER:-all}"
done
