#!/bin/sh
# Builds the detectors in Plugins, each from its folder and the public header alone.
#   build-plugins.sh FOLDER   puts them there
set -eu
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
for source in Plugins/*/plugin.c; do
    folder=$(dirname "$source")
    # IdleWaiter is called idle-waiter, PCIeBottleneck pcie-bottleneck.
    name=$(basename "$folder" | sed 's/\([a-z]\)\([A-Z]\)/\1-\2/g' | tr A-Z a-z)
    ${CC:-cc} -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -ISources/PluginKit/C/include "$folder"/*.c \
        -o "$out/$name.so.$$" -lm
    chmod 755 "$out/$name.so.$$"
    mv -f "$out/$name.so.$$" "$out/$name.so"
done
