#!/bin/sh
# Installs the Debian packages that are missing: nothing if none is.
#   setup.sh build   what building renacer needs
#   setup.sh test    what its tests need besides
#   setup.sh bench   what its benchmarks need besides: the peers it is measured beside
set -eu
packages="gcc g++ libc6-dev make libbpf-dev libelf-dev zlib1g-dev"
[ "${1:-build}" = build ] || packages="$packages strace python3 procps"
[ "${1:-build}" != bench ] || packages="$packages bpftrace linux-perf"

missing=
for p in $packages; do
    dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
echo "installing$missing"
$sudo apt-get -o DPkg::Lock::Timeout=120 update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends $missing >/dev/null
