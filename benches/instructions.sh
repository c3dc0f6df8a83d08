#!/usr/bin/env bash
# How many instructions a message takes, decoded and applied, by callgrind: the same on every machine
# for the same compiler and x86-64-v3, and so without a clock. Fails where it is more than is written here.
#
#   benches/instructions.sh
set -eu -o pipefail
cd "$(dirname "$0")/.."

# Symbols, messages of the day, and the most instructions of a message. The last are the dearest messages
# that there can be: no other costs more.
limits="
2000 400000 604
1 200000 640
hostile 1000 40000
"
program=$(cargo bench --no-run --bench instructions --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*instructions-[^"]*\)".*/\1/p' | tail -1)
[ -n "$program" ] || { echo "the benchmark cannot be built: cargo bench --no-run --bench instructions" >&2; exit 1; }
out=$(mktemp) && trap 'rm -f "$out"' EXIT
failed=0
while read -r symbols messages most; do
    [ -n "$symbols" ] || continue
    collected=$(valgrind --tool=callgrind --toggle-collect='instructions::play*' \
        --callgrind-out-file="$out" "$program" "$symbols" "$messages" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p')
    each=$(awk -v all="${collected:-0}" -v count="$messages" 'BEGIN { printf "%.1f", all / count }')
    [ "$symbols" = hostile ] && what=hostile || what="$symbols symbols"
    echo "$what: $each instructions a message, at most $most"
    awk -v each="$each" -v most="$most" 'BEGIN { exit !(each > 0 && each <= most) }' || failed=1
done <<<"$limits"
exit $failed
