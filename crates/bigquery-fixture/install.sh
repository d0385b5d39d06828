#!/bin/sh
# Installs the emulator of BigQuery, unless it is there. Of several processes at once, one installs it and the others wait.
# Usage: install.sh PYTHON DIRECTORY
set -eu
python=$1 at=$2
duckdb=1.5.5

[ ! -e "$at/done" ] || exit 0
mkdir -p "$at"
exec 9>"$at/lock"
flock 9
[ ! -e "$at/done" ] || exit 0

pip() { "$at/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }

"$python" -m venv --clear "$at/venv"
pip local-bigquery==0.4.0
# The emulator looks for these extensions below the home directory, and would download them.
pip --no-deps "duckdb==$duckdb" "duckdb-extension-icu==$duckdb" "duckdb-extension-ducklake==$duckdb" "duckdb-extension-spatial==$duckdb"
mkdir -p "$at/home/.duckdb/extensions/v$duckdb/linux_amd64"
cp "$at"/venv/lib/*/site-packages/*/extensions/"v$duckdb"/* "$at/home/.duckdb/extensions/v$duckdb/linux_amd64"
touch "$at/done"
