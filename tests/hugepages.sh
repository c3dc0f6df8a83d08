#!/usr/bin/env bash
# Tests hugepages.sh on a kernel made of files: nothing of this machine is changed.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
export HUGEPAGES_SYSFS=$root/sys HUGEPAGES_PROC=$root/proc
pool=$root/sys/kernel/mm/hugepages/hugepages-2048kB
node=$root/sys/devices/system/node/node0/hugepages/hugepages-2048kB
mkdir -p "$pool" "$node" "$root/proc"
for folder in "$pool" "$node"; do
    echo 3 >"$folder/nr_hugepages"
    echo 1 >"$folder/free_hugepages"
done
printf 'MemAvailable: 1024000 kB\nHugepagesize: 2048 kB\n' >"$root/proc/meminfo"
echo 'none /dev/hugepages hugetlbfs rw,pagesize=2M 0 0' >"$root/proc/mounts"

passed=0 failed=0
check() {
    local what=$1 expected=$2 found=$3
    if [ "$expected" = "$found" ]; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  found:    %s\n' "$what" "$expected" "$found"
}

check "shows pools and mounts as JSON" \
    '{"pools":[{"node":0,"page_kib":2048,"pages":3,"free":1}],"mounts":[{"directory":"/dev/hugepages","options":"rw,pagesize=2M"}]}' \
    "$(./hugepages.sh --show --json)"
./hugepages.sh --reserve 9M
check "rounds a reservation up to whole pages" 5 "$(cat "$pool/nr_hugepages")"
./hugepages.sh --reserve 4M --node 0
check "reserves on one node" 2 "$(cat "$node/nr_hugepages")"
check "a dry run says what it would do" "would write 256 to $pool/nr_hugepages" \
    "$(./hugepages.sh --reserve 512M --dry-run)"
check "a dry run changes nothing" 5 "$(cat "$pool/nr_hugepages")"
./hugepages.sh --clear
check "clears" 0 "$(cat "$pool/nr_hugepages")"
for wrong in "--reserve many" "--reserve" "--pagesize 3M" "--node 7" "--bogus"; do
    # shellcheck disable=SC2086 # several words on purpose
    ./hugepages.sh $wrong >"$root/out" 2>&1
    check "refuses $wrong" 2 $?
done
chmod 444 "$pool/nr_hugepages"
if [ "$(id -u)" -ne 0 ]; then
    ./hugepages.sh --clear >"$root/out" 2>&1
    check "without permission says to run as root" 1 $?
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
