#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Lints the OpenAPI document as the server gives it. Installs the pinned linter on first use.
# Usage: lint.sh REPOSITORY PYTHON FOLDER (where to put document and linter)
set -euo pipefail
repository=$1 python=$2 folder=$3
mkdir -p "$folder"
cp "$repository"/tests/openapi/{package.json,package-lock.json,redocly.yaml} "$folder"
"$python" "$repository/tools/protocol/generate.py" --openapi "$folder/openapi.json"
cd "$folder"
if ! cmp -s package-lock.json installed-lock.json; then
  npm ci --silent --no-audit --no-fund
  cp package-lock.json installed-lock.json
fi
REDOCLY_SUPPRESS_UPDATE_NOTICE=true exec node_modules/.bin/redocly lint --config redocly.yaml openapi.json
