#!/bin/sh
# Installs the Debian packages that are missing: nothing if none is.
#   setup.sh build   what building renacer needs
#   setup.sh test    what its tests need besides, Python's packages in .build-python included
#   setup.sh bench   what its benchmarks need besides: the peers it is measured beside
set -eu
packages="gcc g++ libc6-dev make libbpf-dev libelf-dev libdw-dev zlib1g-dev libtraceevent-dev libcurl4-openssl-dev"
[ "${1:-build}" = build ] || packages="$packages strace python3 python3-venv procps jq openssl pkgconf chromium zsh fish"
[ "${1:-build}" != bench ] || packages="$packages bpftrace linux-perf"

missing=
for p in $packages; do
    dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
    echo "installing$missing"
    $sudo apt-get -o DPkg::Lock::Timeout=120 update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends $missing >/dev/null
fi

[ "${1:-build}" = test ] || exit 0
# Debian's own python3, whatever else is in PATH: the versions of Tests/requirements.txt are for it.
root=$(cd "$(dirname "$0")/.." && pwd)
wanted=$(cksum <"$root/Tests/requirements.txt")
[ "$(cat "$root/.build-python/installed" 2>/dev/null)" != "$wanted" ] || exit 0
echo "installing Tests/requirements.txt into .build-python"
rm -rf "$root/.build-python"
/usr/bin/python3 -m venv "$root/.build-python"
"$root/.build-python/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r "$root/Tests/requirements.txt"
echo "$wanted" >"$root/.build-python/installed"
