#!/usr/bin/env bash
# What readers cost the writer of a whole day though nobody reads: the benchmark of book updates built
# with publication and without (versions, sequence, time, counts of orders), in turns.
#
#   benches/publication.sh [ROUNDS] [MESSAGES]
set -eu -o pipefail
cd "$(dirname "$0")/.."
rounds=${1:-9} messages=${2:-8000000}

build() { # folder, flags
    RUSTFLAGS="-C target-cpu=x86-64-v2 $2" CARGO_TARGET_DIR=$1 \
        cargo bench --no-run --bench book_update --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*book_update-[^"]*\)".*/\1/p' | tail -1
}
folder=${CARGO_TARGET_DIR:-target}/publication
with=$(build "$folder/with" "")
without=$(build "$folder/without" "--cfg unpublished")

measure() { "$1" --json --rounds 1 --messages "$messages" --hot-messages 1000000; }
field() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

ratios=$(mktemp) && trap 'rm -f "$ratios"' EXIT
for ((round = 1; round <= rounds; round++)); do
    a=$(measure "$with") b=$(measure "$without")
    [ "$(field checksum <<<"$a")" = "$(field checksum <<<"$b")" ] || { echo "checksums differ" >&2; exit 1; }
    paste <(field engine_ns <<<"$a") <(field engine_ns <<<"$b") |
        awk '{ print NR, $1 / $2 }' >>"$ratios"
done
for day in 1 2; do
    name=$([ $day = 1 ] && echo "8,000 symbols" || echo "one symbol")
    ratio=$(awk -v day=$day '$1 == day { print $2 }' "$ratios" | median)
    echo "$name: with publication $ratio of the time without it (median of $rounds)"
done
