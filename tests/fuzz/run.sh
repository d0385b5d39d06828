#!/usr/bin/env bash
# Sends generated requests to a server with an empty SQLite database, and compares its answers with the description of the API.
# usage: run.sh SELFSAME SCHEMATHESIS [OPTIONS OF SCHEMATHESIS]
set -euo pipefail

selfsame=$(realpath "$1") schemathesis=$(realpath --no-symlinks "$2") settings=$(realpath "$(dirname "$0")")
shift 2
directory=$(mktemp -d)
# Schemathesis writes files to its working directory.
cd "$directory"
export SELFSAME_BOOTSTRAP_API_KEY=the-key-of-generated-requests

# The server prints its address first, when it is ready for requests.
exec {printed}< <(exec "$selfsame" serve --listen 127.0.0.1:0 --drain-delay 0s \
	--database-url "sqlite:$directory/fuzz.db" --log-level warn 2>"$directory/log")
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$directory"' EXIT
if ! read -r -u "$printed" line; then
	cat "$directory/log" >&2
	exit 1
fi

# The excluded checks report intended behaviour: docs/API-DESIGN.md gives the reasons.
"$schemathesis" --config-file "$settings/schemathesis.toml" run "${line##* }/api/openapi.json" \
	--header "Authorization: Bearer $SELFSAME_BOOTSTRAP_API_KEY" \
	--phases examples,coverage,fuzzing --max-examples 25 --max-time 240 --workers 1 \
	--seed 20260101 --generation-database none \
	--exclude-checks negative_data_rejection,positive_data_acceptance,missing_required_header "$@"
