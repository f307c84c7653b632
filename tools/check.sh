#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check.sh STEP: the slow checks. Steps: format headers tidy asan tsan rtcheck web; `all` takes one after the other.
#   format --fix       rewrites instead of complaining
#   realtime           of rtcheck the modules that sound passes through: what CI takes
#   tidy [REVISION]    only sources that changed since that revision, or include a header that did
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/setup/say.sh
jobs=${JOBS:-$(nproc)}

configure() { # PRESET
  tools/setup/onnxruntime.sh || say "Going on without networks."
  [ -e "build/$1/build.ninja" ] || cmake --preset "$1" -DPython3_EXECUTABLE=/usr/bin/python3 --log-level=WARNING
}

check_format() { # [--fix]
  local mode=(--dry-run --Werror)
  [ "${1:-}" != --fix ] || mode=(-i)
  git ls-files -z -- '*.cpp' '*.hpp' | xargs -0 -r clang-format-19 "${mode[@]}"
}

# Every public header compiles alone: `dev` has AURALIS_VERIFY_HEADERS on.
check_headers() {
  configure dev
  cmake --build --preset dev -j "$jobs" --target all_verify_interface_header_sets
}

check_tidy() { # [REVISION]
  configure dev
  # Generated headers must be there before a tool reads what includes them.
  cmake --build --preset dev -j "$jobs"
  local sources=()
  mapfile -t sources < <(git ls-files -- 'src/*.cpp' 'apps/*.cpp' 'benchmarks/*.cpp' 'fuzz/*.cpp')
  if [ -n "${1:-}" ]; then
    local changed
    changed=$(git diff --name-only "$1" -- '*.cpp' '*.hpp')
    mapfile -t sources < <(
      for source in "${sources[@]}"; do
        if grep -qxF "$source" <<<"$changed"; then
          echo "$source"
        else
          while read -r header; do
            [ -z "$header" ] || ! grep -qF "\"${header#src/}\"" "$source" || { echo "$source"; break; }
          done < <(grep '\.hpp$' <<<"$changed")
        fi
      done)
  fi
  # What this preset does not build (benchmarks, fuzzers) has no compile command; `release` knows the benchmarks.
  local known=()
  for source in "${sources[@]}"; do
    ! grep -qF "/$source\"" build/dev/compile_commands.json || known+=("$source")
  done
  say "clang-tidy reads ${#known[@]} sources"
  [ "${#known[@]}" -eq 0 ] || printf '%s\0' "${known[@]}" | xargs -0 -n 1 -P "$jobs" clang-tidy-19 -p build/dev --quiet
}

check_suite() { # PRESET [CONFIGURE PRESET]
  configure "${2:-$1}"
  cmake --build --preset "$1" -j "$jobs"
  mkdir -p build/test
  ctest --preset "$1" -j "$jobs" --output-junit "$PWD/build/test/$1.xml" >"build/test/$1.log" 2>&1 ||
    { tail -n 100 "build/test/$1.log"; return 1; }
  tail -n 1 "build/test/$1.log"
}

check_web() {
  tools/setup/npm.sh web
  PATH="$(tools/setup/node.sh):$PATH" npm --prefix web run check
}

step() { # NAME ARGUMENTS…
  local name=$1 start=$SECONDS
  shift
  say "check: $name"
  # A function called behind || loses `set -e` inside; a subshell of its own keeps it.
  case $name in
  format | headers | tidy | web) "check_$name" "$@" ;;
  asan | tsan | rtcheck) check_suite "$name" ;;
  realtime) check_suite realtime rtcheck ;;
  *) fail "no such step: $name" ;;
  esac
  say "check: $name passed in $((SECONDS - start)) s"
}

if [ "${1:-all}" = all ]; then
  for name in format headers tidy asan tsan rtcheck; do step "$name"; done
  [ ! -f web/package.json ] || step web
else
  step "$@"
fi
