#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# onnxruntime.sh: sees to it that ONNX Runtime, which runs the networks, is there.
#
# A system install (header and library) is used as it is. Otherwise the library comes from Microsoft's wheel on PyPI and
# the C header from Debian's package of a later release, both pinned and checked by hash, into build/setup/onnxruntime:
# nothing outside the tree changes. AURALIS_PRIVATE_ONNXRUNTIME=1 takes the private one all the same;
# AURALIS_NO_ONNXRUNTIME=1 does without: everything builds and runs, by signal processing alone.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
source "$here/say.sh"

[ "${AURALIS_NO_ONNXRUNTIME:-}" != 1 ] || exit 0

home=$root/build/setup/onnxruntime
header_package=libonnxruntime-dev_1.21.0+dfsg-1_amd64.deb # the header is the same for every machine
header_address=http://deb.debian.org/debian/pool/main/o/onnxruntime/$header_package
header_sha256=14f7d959d5deacbcf1504830d4189f91fc67382b399ed9ae9d3aa9c4050ced08

system_has_it() {
  local header=
  for header in /usr/include/onnxruntime /usr/include/onnxruntime/core/session /usr/local/include \
    /usr/local/include/onnxruntime /usr/local/include/onnxruntime/core/session; do
    if [ -e "$header/onnxruntime_c_api.h" ]; then
      /sbin/ldconfig -p 2>/dev/null | grep -q 'libonnxruntime\.so' && return 0
    fi
  done
  return 1
}
if [ "${AURALIS_PRIVATE_ONNXRUNTIME:-}" != 1 ] && system_has_it; then
  exit 0
fi

stamp=$home/.installed-$(cat "$here/onnxruntime-requirements.txt" "${BASH_SOURCE[0]}" | sha256sum | cut -c1-16)
[ ! -e "$stamp" ] || exit 0

machine=$(uname -m)
case $machine in
x86_64 | aarch64) ;;
*) fail "there is no ONNX Runtime to download for $machine" \
  "Install it yourself (onnxruntime_c_api.h and libonnxruntime.so), or do without: AURALIS_NO_ONNXRUNTIME=1 make ..." ;;
esac

say "Installing ONNX Runtime, which runs the networks, into build/setup/onnxruntime"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
without="To do without the networks: AURALIS_NO_ONNXRUNTIME=1 make ..."

python3 -m venv "$work/venv" || fail "python3 -m venv failed: is python3-venv installed?" "$without"
"$work/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
  --python-version 3.11 --implementation cp --abi cp311 --platform "manylinux_2_28_$machine" \
  --dest "$work" -r "$here/onnxruntime-requirements.txt" ||
  fail "ONNX Runtime's library could not be downloaded: is there a network?" "$without"

python3 - "$header_address" "$header_sha256" "$work/header.deb" <<'PYTHON' ||
import hashlib, sys, time, urllib.request
address, expected, path = sys.argv[1:]
for attempt in range(1, 5):
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            content = answer.read()
        break
    except OSError as error:
        print(f"{address}: {error}", file=sys.stderr)
        time.sleep(2 * attempt)
else:
    sys.exit(1)
found = hashlib.sha256(content).hexdigest()
if found != expected:
    sys.exit(f"{address}: has SHA-256 {found}, expected {expected}")
with open(path, "wb") as file:
    file.write(content)
PYTHON
  fail "ONNX Runtime's C header could not be downloaded: is there a network?" "$without"

rm -rf "$home"
mkdir -p "$home/include" "$home/lib" "$work/header"
dpkg-deb -x "$work/header.deb" "$work/header"
cp "$work/header/usr/include/onnxruntime/onnxruntime_c_api.h" "$home/include/"
python3 - "$work" "$home" <<'PYTHON'
import pathlib, shutil, sys, zipfile
work, home = map(pathlib.Path, sys.argv[1:])
with zipfile.ZipFile(next(work.glob("onnxruntime-*.whl"))) as wheel:
    wanted = {"LICENSE": home / "LICENSE", "ThirdPartyNotices.txt": home / "ThirdPartyNotices.txt"}
    for name in wheel.namelist():
        base = name.rsplit("/", 1)[-1]
        target = home / "lib" / "libonnxruntime.so.1" if base.startswith("libonnxruntime.so.") else wanted.get(base)
        if target is not None and name.startswith("onnxruntime/"):
            with wheel.open(name) as source, open(target, "wb") as copy:
                shutil.copyfileobj(source, copy)
PYTHON
[ -e "$home/lib/libonnxruntime.so.1" ] || fail "the wheel holds no libonnxruntime.so" "$without"
touch "$stamp"
