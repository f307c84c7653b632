#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# install.sh GROUP…: installs the Debian packages of the named groups in packages.txt that are not there yet.
#
# Asks dpkg rather than a stamp, so that it stays true after somebody removes a package; that costs 30 ms. Touches the
# network and needs root (or sudo) only when something is missing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/say.sh"

packages_of() { # GROUP: the package names under its heading
  awk -v group="[$1]" '/^\[/ { inside = ($1 == group); next } inside && NF && $1 !~ /^#/ { print $1 }' "$here/packages.txt"
}

wanted=()
for group in "$@"; do
  mapfile -t names < <(packages_of "$group")
  [ "${#names[@]}" -gt 0 ] || fail "packages.txt has no group [$group]"
  wanted+=("${names[@]}")
done

command -v dpkg-query >/dev/null ||
  fail "this is not a Debian system, so make cannot install what is missing" \
    "Install what these packages contain, then call cmake directly (see CONTRIBUTING.md):" "${wanted[*]}"

missing=()
for name in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || missing+=("$name")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

# shellcheck disable=SC1091
release=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown} ${VERSION_ID:-}")
[ "$release" = "debian 12" ] ||
  say "This is $release; Auralis is built and tested on Debian 12. Trying all the same."

if [ "$(id -u)" -eq 0 ]; then
  as_root=(env)
elif command -v sudo >/dev/null; then
  as_root=(sudo)
  say "Installing packages needs root; sudo may ask for your password."
else
  fail "these packages are missing, and installing them needs root or sudo:" "${missing[*]}" \
    "As root: apt-get install ${missing[*]}"
fi
apt=("${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)

say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
"${apt[@]}" update -q ||
  fail "apt-get update failed: is there a network, and do /etc/apt/sources.list* name a reachable mirror?"

# libboost1.81-dev displaces libboost1.74-dev and whatever depends on it. Nothing is removed behind anybody's back.
plan=$("${apt[@]}" install -s --no-install-recommends "${missing[@]}") ||
  fail "apt cannot install these packages together:" "${missing[*]}"
removed=$(awk '/^Remv / { print $2 }' <<<"$plan" | tr '\n' ' ')
if [ -n "$removed" ] && [ "${AURALIS_ALLOW_REMOVE:-}" != 1 ]; then
  fail "installing them would remove: $removed" \
    "(Boost 1.81 cannot be installed beside Debian's default 1.74.)" \
    "If that is fine, say so: AURALIS_ALLOW_REMOVE=1 make ..."
fi

"${apt[@]}" install -q -y --no-install-recommends "${missing[@]}" ||
  fail "apt-get could not install the packages; its own message is above"
say "Packages are there."
