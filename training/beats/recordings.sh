#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# recordings.sh FOLDER: fetches recordings under free licences (GPL, CC BY-SA; each package's `copyright` has them) from
# Debian's packages of game music and unpacks them into FOLDER, for agree.py. 0.5 GB; nothing is installed. What is there
# stays.
set -euo pipefail
folder=${1:?usage: recordings.sh FOLDER}
mkdir -p "$folder/packages" "$folder/unpacked"
cd "$folder/packages"
for package in asc-music hyperrogue-music supertux-data warzone2100-music wesnoth-1.16-music; do
  ls "$package"_*.deb >/dev/null 2>&1 || apt-get download "$package"
  [ -e "../unpacked/usr/share/doc/$package/copyright" ] || dpkg-deb -x "$package"_*.deb ../unpacked
done
find ../unpacked -name '*.ogg' -o -name '*.opus' | wc -l | sed 's/$/ recordings/'
