#!/bin/sh
# Runs the command given, the test suite; what failed is said once more at the end, where one looks for it.
set -u
log=$(mktemp)
trap 'rm -f "$log" "$log.status"' EXIT
{ "$@" 2>&1; echo $? >"$log.status"; } | tee "$log"
status=$(cat "$log.status")
if [ "$status" != 0 ]; then
    echo
    echo "failed:"
    grep -A6 -E 'recorded an issue|error:|Fatal error|[Cc]rash' "$log" | grep -vE ' (started|passed after)' | cut -c1-400 | tail -n 60
fi
exit "$status"
