#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# npm.sh FOLDER…: installs what each folder's package-lock.json names, unless that very lock file was installed last.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
source "$here/say.sh"
node=$("$here/node.sh")
export PATH="$node:$PATH" PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

for folder in "$@"; do
  lock=$root/$folder/package-lock.json
  [ -f "$lock" ] || fail "$folder has no package-lock.json"
  stamp=$root/$folder/node_modules/.installed-$(sha256sum "$lock" "$root/$folder/package.json" | sha256sum | cut -c1-16)
  [ ! -e "$stamp" ] || continue
  say "Installing the npm packages of $folder"
  npm ci --prefix "$root/$folder" --no-audit --no-fund --loglevel=error ||
    fail "npm could not install the packages of $folder: is there a network?"
  touch "$stamp"
done
