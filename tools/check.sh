#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check.sh STEP…: the slow checks. Steps: format tidy headers asan tsan rtcheck web, or all.
#   format --fix   rewrites instead of complaining
#   tidy --since R looks only at the sources that changed since revision R
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/setup/say.sh
jobs=${JOBS:-$(nproc)}

cpp_files() { git ls-files -- '*.cpp' '*.hpp' '*.h'; }

check_format() {
  if [ "${1:-}" = --fix ]; then
    cpp_files | xargs -r clang-format-19 -i
  else
    cpp_files | xargs -r clang-format-19 --dry-run --Werror
  fi
}

check_suite() { # PRESET
  cmake --preset "$1" --log-level=WARNING
  cmake --build --preset "$1" -j "$jobs"
  ctest --preset "$1" -j "$jobs" --output-junit "$PWD/build/test/$1.xml" >"build/test/$1.log" 2>&1 ||
    { tail -n 60 "build/test/$1.log"; return 1; }
  tail -n 4 "build/test/$1.log"
}

step() { # NAME ARGUMENTS…
  local name=$1 start=$SECONDS
  shift
  say "check: $name"
  case $name in
  format) check_format "$@" ;;
  asan | tsan | rtcheck) check_suite "$name" ;;
  *) fail "no such step: $name" ;;
  esac
  say "check: $name passed ($((SECONDS - start)) s)"
}

mkdir -p build/test
if [ "${1:-all}" = all ]; then
  for name in format asan tsan rtcheck; do step "$name"; done
else
  step "$@"
fi
