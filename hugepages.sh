#!/usr/bin/env bash
# Shows, reserves, mounts and gives back hugepages.
set -u -o pipefail

usage() {
    cat <<'TEXT'
usage: hugepages.sh [ACTION ...] [OPTION ...]

Actions (several may be given; they are done in this order):
  -s, --show             what is reserved and mounted (the default)
  -c, --clear            give all reserved pages back
  -u, --unmount          unmount the directory
  -r, --reserve SIZE     reserve this much memory, for example 512M or 2G
  -m, --mount            mount the directory
      --setup SIZE       clear, unmount, reserve SIZE and mount

Options:
  -p, --pagesize SIZE    size of the pages, 2M or 1G (default: the kernel's own)
  -n, --node NODE        reserve on this NUMA node only
  -d, --directory DIR    where to mount (default /dev/hugepages)
  -U, --user USER        owner of the mounted directory
  -G, --group GROUP      group of the mounted directory
      --dry-run          say what would be done, change nothing
      --json             show as JSON

A reservation that the kernel cannot fill whole is undone, and the reason is given.
Exit status: 0 done, 1 the kernel refused, 2 wrong usage.
TEXT
}

# Where the kernel's files are; another place for tests.
SYSFS=${HUGEPAGES_SYSFS:-/sys}
PROC=${HUGEPAGES_PROC:-/proc}

fail() { echo "hugepages.sh: $1" >&2; exit "${2:-1}"; }

# Bytes for 2G, 512M, 1024k or a bare number.
bytes_of() {
    local number=${1%[kKmMgGtT]} unit=${1##*[0-9]}
    [[ $1 =~ ^[0-9]+[kKmMgGtT]?$ ]] || return 1
    case $unit in
        '') echo "$number" ;;
        k | K) echo $((number * 1024)) ;;
        m | M) echo $((number * 1024 ** 2)) ;;
        g | G) echo $((number * 1024 ** 3)) ;;
        t | T) echo $((number * 1024 ** 4)) ;;
    esac
}

size_name() {
    if (($1 % 1048576 == 0)); then echo "$(($1 / 1048576))G"
    elif (($1 % 1024 == 0)); then echo "$(($1 / 1024))M"
    else echo "$1k"; fi
}

dry_run=no json=no actions=() directory=/dev/hugepages
reserve='' pagesize='' node='' user='' group=''

value_of() { [ $# -ge 2 ] || fail "$1 needs a value" 2; echo "$2"; }

while [ $# -gt 0 ]; do
    case $1 in
        -s | --show) actions+=(show) ;;
        -c | --clear) actions+=(clear) ;;
        -u | --unmount) actions+=(unmount) ;;
        -m | --mount) actions+=(mount) ;;
        -r | --reserve) reserve=$(value_of "$@") || exit 2; actions+=(reserve); shift ;;
        --setup) reserve=$(value_of "$@") || exit 2; actions+=(clear unmount reserve mount); shift ;;
        -p | --pagesize) pagesize=$(value_of "$@") || exit 2; shift ;;
        -n | --node) node=$(value_of "$@") || exit 2; shift ;;
        -d | --directory) directory=$(value_of "$@") || exit 2; shift ;;
        -U | --user) user=$(value_of "$@") || exit 2; shift ;;
        -G | --group) group=$(value_of "$@") || exit 2; shift ;;
        --dry-run) dry_run=yes ;;
        --json) json=yes ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "unknown argument $1" 2 ;;
    esac
    shift
done
[ ${#actions[@]} -gt 0 ] || actions=(show)
wants() { [[ " ${actions[*]} " == *" $1 "* ]]; }

# The folder that counts pages of one size, of the whole machine or of one node.
pool() {
    if [ -n "$node" ]; then echo "$SYSFS/devices/system/node/node$node/hugepages/hugepages-$1kB"
    else echo "$SYSFS/kernel/mm/hugepages/hugepages-$1kB"; fi
}

kib=$(awk '/^Hugepagesize:/ {print $2}' "$PROC/meminfo")
if [ -n "$pagesize" ]; then
    size=$(bytes_of "$pagesize") || fail "$pagesize is no size (2M, 1G)" 2
    kib=$((size / 1024))
fi
[ -n "$kib" ] || fail "this kernel has no hugepages"
[ -z "$node" ] || [ -d "$SYSFS/devices/system/node/node$node" ] || fail "there is no NUMA node $node" 2
[ -d "$(pool "$kib")" ] || fail "this machine has no pages of $(size_name "$kib")" 2

# Does a command, or says what it would be.
perform() { if [ $dry_run = yes ]; then echo "would run: $*"; else "$@"; fi; }

# Writes a number into a file of the kernel.
set_pages() {
    if [ $dry_run = yes ]; then echo "would write $1 to $2"; return; fi
    { echo "$1" >"$2"; } 2>/dev/null || fail "$2 cannot be written: run as root"
}

clear_pages() { set_pages 0 "$(pool "$kib")/nr_hugepages"; }

reserve_pages() {
    local wanted file before got
    wanted=$(bytes_of "$reserve") || fail "$reserve is no size (512M, 2G)" 2
    wanted=$(((wanted + kib * 1024 - 1) / (kib * 1024)))
    file=$(pool "$kib")/nr_hugepages
    before=$(cat "$file")
    set_pages "$wanted" "$file"
    [ $dry_run = no ] || return 0
    got=$(cat "$file")
    [ "$got" -ge "$wanted" ] && return 0
    set_pages "$before" "$file"
    echo "hugepages.sh: only $got of $wanted pages of $(size_name "$kib") could be had" >&2
    echo "  free memory: $(awk '/^MemAvailable:/ {print int($2 / 1024)}' "$PROC/meminfo") MiB;" \
        "the pages must each be in one piece, and memory is in pieces" >&2
    echo "  try: echo 3 > /proc/sys/vm/drop_caches; echo 1 > /proc/sys/vm/compact_memory" >&2
    if [ "$kib" -ge 1048576 ]; then
        echo "  pages of 1G are surest at boot: hugepagesz=1G hugepages=$wanted on the kernel's command line" >&2
    fi
    fail "nothing was reserved ($before pages, as before)"
}

is_mounted() { awk -v d="$directory" '$2 == d && $3 == "hugetlbfs"' "$PROC/mounts" | grep -q .; }

mount_directory() {
    is_mounted && return 0
    local options=pagesize=${kib}K
    [ -z "$user" ] || options+=,uid=$(id -u "$user") || fail "there is no user $user" 2
    if [ -n "$group" ]; then
        options+=,gid=$(getent group "$group" | cut -d: -f3)
        [[ $options != *gid= ]] || fail "there is no group $group" 2
    fi
    perform mkdir -p "$directory"
    perform mount -t hugetlbfs -o "$options" none "$directory" || fail "$directory cannot be mounted"
}

unmount_directory() {
    is_mounted || return 0
    perform umount "$directory" || fail "$directory cannot be unmounted: it is in use"
}

# One line for each pool: node (or -), page size in KiB, total, free.
pools() {
    local path size where
    for path in "$SYSFS"/devices/system/node/node*/hugepages/hugepages-*kB; do
        [ -d "$path" ] || continue
        where=${path#*/node/node}
        size=${path##*hugepages-}
        echo "${where%%/*} ${size%kB} $(cat "$path/nr_hugepages") $(cat "$path/free_hugepages")"
    done
    [ -d "$SYSFS/devices/system/node" ] && return
    for path in "$SYSFS"/kernel/mm/hugepages/hugepages-*kB; do
        size=${path##*hugepages-}
        echo "- ${size%kB} $(cat "$path/nr_hugepages") $(cat "$path/free_hugepages")"
    done
}

mounts() { awk '$3 == "hugetlbfs" {print $2, $4}' "$PROC/mounts"; }

show_json() {
    pools | awk 'BEGIN { printf "{\"pools\":[" }
        { printf "%s{\"node\":%s,\"page_kib\":%d,\"pages\":%d,\"free\":%d}", (NR > 1 ? "," : ""),
            ($1 == "-" ? "null" : $1), $2, $3, $4 }
        END { printf "],\"mounts\":[" }'
    mounts | awk '{ printf "%s{\"directory\":\"%s\",\"options\":\"%s\"}", (NR > 1 ? "," : ""), $1, $2 }
        END { print "]}" }'
}

show() {
    if [ $json = yes ]; then show_json; return; fi
    printf '%-5s %-6s %-7s %-7s %s\n' Node Size Pages Free Total
    pools | while read -r where size total free; do
        printf '%-5s %-6s %-7s %-7s %s MiB\n' "$where" "$(size_name "$size")" "$total" "$free" \
            $((total * size / 1024))
    done
    local list
    list=$(mounts)
    echo
    if [ -n "$list" ]; then echo "Mounted: $list"; else echo "Nothing of type hugetlbfs is mounted."; fi
}

if wants clear; then clear_pages; fi
if wants unmount; then unmount_directory; fi
if wants reserve; then reserve_pages; fi
if wants mount; then mount_directory; fi
if wants show; then show; fi
exit 0
