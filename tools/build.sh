#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh PRESET: builds the C++ of that preset and the page, whatever of them is out of date.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/setup/say.sh
preset=$1
jobs=${JOBS:-$(nproc)}

# Who is offline still gets a program; where CI builds, a program that cannot run networks is a failure.
tools/setup/onnxruntime.sh || { [ "${CI:-}" != true ] && say "Going on without networks: by signal processing alone."; }
if [ ! -e "build/$preset/build.ninja" ]; then
  say "Configuring preset $preset"
  cmake --preset "$preset" -DPython3_EXECUTABLE=/usr/bin/python3 --log-level=WARNING
fi
say "Building preset $preset"
cmake --build --preset "$preset" -j "$jobs"

if [ -f web/package.json ]; then
  tools/setup/npm.sh web
  PATH="$(tools/setup/node.sh):$PATH"
  if [ ! -e web/dist/index.html ] || [ -n "$(find web protocol -newer web/dist/index.html -type f \
    -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path '*/generated/*' -print -quit)" ]; then
    say "Building the page"
    npm --prefix web run build
    touch web/dist/index.html
  fi
fi
