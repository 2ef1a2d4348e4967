#!/usr/bin/env bash
# The catalogue on a real OpenMetadata, end to end. Run it once after `make demo`; what it prints belongs in an issue.
#
#   make catalog-smoke
#
# It starts the server of docker-compose.yml with passwords of its own, and removes it with its data at the end. Where
# C360_OPENMETADATA_URL and C360_OPENMETADATA_TOKEN name a server, that one is taken: use one that is for trying.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/.venv/bin:$PATH"
step() { printf '\n== %s\n' "$*"; }

step versions
uname -sm
python --version
c360 --version

if [ -z "${C360_OPENMETADATA_URL-}" ]; then
    step server
    docker version --format 'Docker {{.Server.Version}}'
    OPENMETADATA_DB_PASSWORD=$(openssl rand -hex 16)
    OPENMETADATA_FERNET_KEY=$(openssl rand -base64 32 | tr '+/' '-_')
    export OPENMETADATA_DB_PASSWORD OPENMETADATA_FERNET_KEY COMPOSE_PROJECT_NAME=c360-smoke
    trap 'docker compose --profile catalog down --volumes --timeout 10 >/dev/null 2>&1' EXIT
    docker compose --profile catalog up --wait openmetadata || { docker compose --profile catalog logs --tail 50; exit 2; }
    export C360_OPENMETADATA_URL=http://127.0.0.1:${OPENMETADATA_PORT:-8585}
    # The first administrator, whose password everybody knows: the server listens on this machine alone, and goes.
    C360_OPENMETADATA_TOKEN=$(curl --silent --fail --header 'Content-Type: application/json' \
        --data "{\"email\": \"admin@open-metadata.org\", \"password\": \"$(printf admin | base64)\"}" \
        "$C360_OPENMETADATA_URL/api/v1/users/login" | python -c 'import json, sys; print(json.load(sys.stdin)["accessToken"])')
    export C360_OPENMETADATA_TOKEN
fi

step doctor, before there are tables
c360 catalog doctor || true

step tables
make catalog-setup
eval "$(c360 catalog env)"
.venv-catalog/bin/metadata ingest -c governance/openmetadata/postgres.yaml

step first push
c360 catalog push --dry-run
c360 catalog push

step dbt, and a push after it
.venv-catalog/bin/metadata ingest -c governance/openmetadata/dbt.yaml
c360 catalog push
c360 catalog push --prune

step in step
c360 catalog check
c360 catalog doctor
again=$(c360 catalog push)
printf '%s\n' "$again"
[ "$again" = "Sent: 0 changes and 0 results." ] || { echo "A push of what is there sends something."; exit 1; }
step "all of it done"
