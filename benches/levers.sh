#!/usr/bin/env bash
# What pages, looking ahead and publication each do: the benchmark `levers`, built with publication and without
# (versions, sequence, time, counts of orders), in turns. A table, and a picture in target/levers.svg.
#
#   benches/levers.sh [OPTIONS OF THE BENCHMARK]
set -eu -o pipefail
cd "$(dirname "$0")/.."

build() { # folder, flags
    RUSTFLAGS="-C target-cpu=x86-64-v3 $2" CARGO_TARGET_DIR=$1 \
        cargo bench --no-run --bench levers --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*levers-[^"]*\)".*/\1/p' | tail -1
}
folder=${CARGO_TARGET_DIR:-target}
with=$(build "$folder/published" "")
without=$(build "$folder/unpublished" "--cfg unpublished")
if [ -z "$with" ] || [ -z "$without" ]; then
    echo "the benchmark cannot be built: cargo bench --no-run --bench levers" >&2
    exit 1
fi
exec "$with" --unpublished "$without" "$@"
