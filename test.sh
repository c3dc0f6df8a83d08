#!/usr/bin/env bash
# Runs every check of the project on this machine.
#
#   ./test.sh              what can run here; says what it left out and why
#   ./test.sh --strict     the same, and fails if anything had to be left out
#   ./test.sh --nic        only the DPDK backend on emulated network cards, in a guest (QEMU)
#   FUZZ_SECONDS=60        how long each fuzz target runs (10 by default, 0 for not at all)
set -u -o pipefail
cd "$(dirname "$0")" || exit 2

strict=no
nic=no
for argument in "$@"; do
    case $argument in
        --strict) strict=yes ;;
        --nic) nic=yes ;;
        -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "test.sh: unknown argument $argument (see --help)" >&2; exit 2 ;;
    esac
done

left_out=()
failed=()

say() { printf '\n== %s\n' "$*"; }
leave_out() { left_out+=("$1"); echo "left out: $1"; }
run() {
    local what=$1
    shift
    say "$what"
    "$@" || failed+=("$what")
}

# Installs a Debian package for a command that is not there. Says why it cannot.
updated=no
need() {
    local command=$1 package=$2 reason
    command -v "$command" >/dev/null && return 0
    if ! command -v apt-get >/dev/null; then
        reason="there is no apt-get to install it with"
    elif [ "$(id -u)" -ne 0 ]; then
        reason="installing it needs root: sudo apt-get install $package"
    else
        [ $updated = yes ] || { apt-get update -qq && updated=yes; } >/dev/null
        apt-get install -y -qq "$package" >/dev/null 2>&1 && return 0
        reason="apt-get install $package failed"
    fi
    missing="$command is missing: $reason"
    return 1
}

need cargo cargo || { echo "test.sh: $missing; see https://rustup.rs" >&2; exit 2; }
need cc gcc || { echo "test.sh: $missing (zstd is built from C)" >&2; exit 2; }

# All is built for processors since 2013 (.cargo/config.toml); an older one, or a virtual machine's that hides it, gets its own.
older=no
if [ "$(uname -m)" = x86_64 ] && ! grep -qw avx2 /proc/cpuinfo; then
    older=yes
    echo "this processor has no AVX2: built for x86-64-v2"
    export RUSTFLAGS="-C target-cpu=x86-64-v2"
fi

# The same for a library, which a command line tells to be there.
need_library() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 && return 0
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        missing="$package is missing, and there is no apt-get, or no root, to install it: sudo apt-get install $package"
        return 1
    fi
    [ $updated = yes ] || { apt-get update -qq && updated=yes; } >/dev/null
    apt-get install -y -qq "$package" >/dev/null 2>&1 && "$@" >/dev/null 2>&1 && return 0
    missing="$package is missing: apt-get install $package failed"
    return 1
}
has_header() { echo "#include <$1>" | cc -E - ; }

# The backends that need libraries, each where those are.
features=()
if need clang clang && need pkg-config pkg-config && need m4 m4 \
    && need_library libelf-dev has_header libelf.h && need_library zlib1g-dev has_header zlib.h; then
    features+=(xdp)
else
    leave_out "AF_XDP: $missing"
fi
if need pkg-config pkg-config && need_library libdpdk-dev pkg-config --exists libdpdk; then
    features+=(dpdk)
else
    leave_out "DPDK: $missing"
fi
with=()
[ ${#features[@]} -eq 0 ] || with=(--features "$(IFS=,; echo "${features[*]}")")
# What the tests of live feeds send with, and over.
if [ "$(id -u)" -ne 0 ]; then
    leave_out "live feeds over wires that tests make (AF_XDP, DPDK): they take root"
else
    need ip iproute2 || leave_out "live feeds over wires that tests make: $missing"
    need tcpreplay tcpreplay || leave_out "a capture sent by tcpreplay: $missing"
    need dpdk-testpmd dpdk-dev || leave_out "packets sent by dpdk-testpmd: $missing"
fi

# Says what came of it all.
finish() {
    local what
    say "summary"
    for what in "${left_out[@]}"; do echo "left out: $what"; done
    for what in "${failed[@]}"; do echo "FAILED: $what"; done
    [ ${#failed[@]} -eq 0 ] || return 1
    if [ ${#left_out[@]} -gt 0 ] && [ $strict = yes ]; then
        echo "FAILED: --strict allows nothing to be left out"
        return 1
    fi
    echo "all passed"
}

if [ $nic = yes ]; then
    if need qemu-system-x86_64 qemu-system-x86 && need busybox busybox-static && need cpio cpio \
        && need apt-cache apt; then
        run "the DPDK backend on emulated network cards" tests/nic.sh
    else
        leave_out "the DPDK backend on emulated network cards: $missing"
    fi
    finish
    exit
fi

run "format" cargo fmt --all --check
run "lints" cargo clippy --workspace --all-targets --quiet -- -D warnings
[ ${#features[@]} -eq 0 ] \
    || run "lints with ${features[*]}" cargo clippy --workspace --all-targets "${with[@]}" --quiet -- -D warnings
run "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
[ ${#features[@]} -eq 0 ] || run "documentation with ${features[*]}" \
    env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps "${with[@]}" --quiet
run "tests" cargo test --workspace "${with[@]}" --lib --bins --tests --examples --no-fail-fast --quiet
run "refusals of what is not compiled in" cargo test --quiet --test live refusals
run "tests in the documentation" cargo test --workspace "${with[@]}" --doc --quiet

# Every order in which the sequence lock and the ring may run, within bounds: their memory orderings
# by loom, long random schedules by shuttle. They need flags of their own, hence their own folder.
models() {
    local folder=${CARGO_TARGET_DIR:-target}/models
    export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
    RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=$folder \
        cargo test --quiet -p wirebook-book --lib --release loom \
        && SCHEDULES=100000 RUSTFLAGS="--cfg shuttle" CARGO_TARGET_DIR=$folder \
            cargo test --quiet -p wirebook-book --lib --release shuttle
}
run "models of what is shared between threads" models
unset CARGO_PROFILE_RELEASE_LTO CARGO_PROFILE_RELEASE_CODEGEN_UNITS

# Memory that is touched and must not be. AddressSanitizer knows heap, stack and mappings, and is told
# where the tables of a region end (book/src/region/gap.rs). All is built anew for it, in its own folder.
address() {
    local folder=${CARGO_TARGET_DIR:-target}/address host
    local -x RUSTFLAGS="-Zsanitizer=address --cfg asan"
    host=$(rustc +nightly --version --verbose | sed -n 's/^host: //p')
    local test=(cargo +nightly test --quiet -p wirebook-book --target "$host" --target-dir "$folder")
    echo "not run under AddressSanitizer: two tests of locked memory, which it pretends to lock"
    "${test[@]}" --lib --test region --test readers --test attach --test hunt --test ring \
        -- --skip memory_is_locked_where_it_is_asked_for_and_allowed \
        --skip memory_that_may_not_be_locked_is_used_all_the_same \
        && "${test[@]}" --test property -- --exact small_books_agree books_without_room_agree
}
if rustc +nightly --version >/dev/null 2>&1; then
    run "the books under AddressSanitizer" address
else
    leave_out "AddressSanitizer: it needs a nightly toolchain: rustup toolchain install nightly"
fi

# The same by valgrind, which needs no build of its own, so that it sees assembly and system calls too.
# Programs that are not ours run without it, with what they start.
memory() {
    local skipped='*/mount,*/umount,*/prlimit,*/mkfifo,*/fallocate,*/sleep'
    # It runs one thread at a time: without fair turns a reader may not get its own for seconds. And a
    # handler that mends what a signal is for can go on only with all registers up to date.
    local runner='"valgrind", "--quiet", "--error-exitcode=9", "--trace-children=yes", '
    runner+='"--fair-sched=yes", "--vex-iropt-register-updates=allregs-at-mem-access"'
    echo "not run under valgrind: the test of transparent huge pages, whose addresses it does not align"
    READERS_SECONDS=5 READERS_READS=100000 cargo test --quiet -p wirebook-book \
        --config "target.'cfg(all())'.runner = [$runner, \"--trace-children-skip=$skipped\"]" \
        --test region --test readers --test attach --test hunt --test ring \
        -- --skip transparent_pages_are_counted_not_believed
}
if need valgrind valgrind; then
    run "readers and regions under valgrind" memory
    if [ $older = no ]; then
        run "instructions of a message" benches/instructions.sh
    else
        leave_out "instructions of a message: their limits are for processors with AVX2"
    fi
else
    leave_out "valgrind: $missing"
fi

# Another processor: all of it compiles, and the books pass their tests in an emulator. Its memory is as strict as
# this machine's, so that nothing is learnt of orderings: the models above are for that.
aarch64() {
    local target=aarch64-unknown-linux-gnu
    export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64-static -L /usr/aarch64-linux-gnu"
    cargo check --quiet --workspace --target $target \
        && cargo test --quiet -p wirebook-book --target $target --lib --test readers
}
has_aarch64() { rustup target list --installed 2>/dev/null | grep -q aarch64-unknown-linux-gnu; }
if ! has_aarch64; then
    timeout 120 rustup target add aarch64-unknown-linux-gnu >/dev/null 2>&1
fi
if ! has_aarch64; then
    # Not the machine's fault, and nothing that a package mends: no reason to fail where all is demanded.
    say "aarch64"
    echo "not tried: rustup has no aarch64-unknown-linux-gnu, and cannot add it"
elif need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu && need qemu-aarch64-static qemu-user-static; then
    run "aarch64: all of it compiles, and the books pass in an emulator" aarch64
else
    leave_out "aarch64: $missing"
fi

say "shell scripts"
if need shellcheck shellcheck; then
    shellcheck test.sh hugepages.sh tests/hugepages.sh benches/levers.sh \
        benches/instructions.sh tests/nic.sh .ci/run || failed+=("shell scripts")
else
    leave_out "shellcheck of the scripts: $missing"
fi
run "hugepages.sh" tests/hugepages.sh

market_maker() {
    local folder
    folder=$(mktemp -d) || return 1
    cargo run --release --quiet --example market_maker -- --svg "$folder/market_maker.svg" \
        && [ -s "$folder/market_maker.svg" ]
    local status=$?
    rm -rf "$folder"
    return $status
}
run "the example market maker on the embedded day" market_maker
run "the benchmark, briefly, for its checksums" cargo bench --quiet --bench book_update -- --quick
run "the benchmark of decoding, briefly, for its checksums" cargo bench --quiet --bench decode -- --quick
run "the benchmark of growth, briefly, for its checksums" cargo bench --quiet --bench growth -- --quick
run "the benchmark of levers, briefly, for its checksums" cargo bench --quiet --bench levers -- --quick
run "the peers, briefly, for the checksums" cargo run --quiet --manifest-path benches/peers/Cargo.toml \
    --target-dir "${CARGO_TARGET_DIR:-target}/peers" -- --quick
run "the benchmark of readers, briefly" cargo bench --quiet --bench readers -- --quick
run "the benchmark of draining, briefly, for its checksums" \
    cargo bench --quiet --bench drain "${with[@]}" -- --quick
run "the example of two processes" cargo run --release --quiet --example watch

fuzz() {
    local target
    for target in $(cargo +nightly fuzz list); do
        say "fuzz $target for $FUZZ_SECONDS s"
        cargo +nightly fuzz run --release "$target" -- \
            -max_total_time="$FUZZ_SECONDS" -rss_limit_mb=4096 -print_final_stats=0 -verbosity=0 \
            || return 1
    done
}
FUZZ_SECONDS=${FUZZ_SECONDS:-10}
say "fuzzing"
if [ "$FUZZ_SECONDS" -eq 0 ]; then
    leave_out "fuzzing: FUZZ_SECONDS is 0"
elif ! cargo +nightly --version >/dev/null 2>&1; then
    leave_out "fuzzing: it needs a nightly toolchain: rustup toolchain install nightly"
elif ! { cargo fuzz --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-fuzz; }; then
    leave_out "fuzzing: cargo install cargo-fuzz failed"
elif ! need c++ g++; then
    leave_out "fuzzing: $missing"
else
    fuzz || failed+=("fuzzing")
fi

[ -d ../shared/data ] || leave_out "tests on recorded data: ../shared/data is absent"
finish
