#!/usr/bin/env bash
# Shows, reserves, mounts and gives back hugepages.
set -u -o pipefail
export LC_ALL=C

usage() {
    cat <<'TEXT'
usage: hugepages.sh [ACTION ...] [OPTION ...]

Actions (several may be given; they are done in this order):
  -c, --clear            give reserved pages back, of every size and node that
                         --pagesize and --node do not leave out
  -r, --reserve SIZE     make the reservation this large, for example 512M or 2G
  -u, --unmount          unmount the directory; files on it are lost
  -m, --mount            mount the directory
      --setup SIZE       all of these: clear, reserve SIZE, unmount and mount
  -s, --show             what is reserved and mounted (the default)

Options:
  -p, --pagesize SIZE    size of the pages, as 2M or 1G (default: the kernel's own)
  -n, --node NODE        on this NUMA node only; without it SIZE is for the whole
                         machine, and the kernel spreads it over the nodes
  -d, --directory DIR    where to mount (default /dev/hugepages)
  -U, --user USER        owner of the mounted directory
  -G, --group GROUP      group of the mounted directory
      --dry-run          print every change that would be made, and make none
      --json             show as JSON
  -h, --help             this text

Sizes are in bytes, or end in K, M, G or T. What fails part of the way is undone:
reservations and mounts are put back, and the reason is given.
Exit status: 0 done, 1 refused by the kernel or root is missing, 2 wrong usage.
TEXT
}

# Where the kernel's files are; another place for tests.
SYSFS=${HUGEPAGES_SYSFS:-/sys}
PROC=${HUGEPAGES_PROC:-/proc}
POOLS=$SYSFS/kernel/mm/hugepages
NODES=$SYSFS/devices/system/node

# What was asked for.
dry_run=no json=no actions='' directory=/dev/hugepages
reserve='' pagesize='' node='' user='' group=''
# The same, checked: page size in KiB, pages to have, options to mount with.
kib='' wanted='' uid='' gid=''
# What was there before the first change, for putting it back.
changed=no mounting=no files_lost=0 sizes_touched=() remembered=() mounts_before=() created=()
declare -A before=()
# What a dry run would have changed by now.
planned_changes=no planned_unmount=no
declare -A planned=()

say() { echo "hugepages.sh: $1" >&2; }
refuse() { say "$1"; exit 2; }
fail() { say "$1"; restore; exit 1; }

# What a command says is wrong, without its name and its full stop.
last_part() { local text=${1##*: }; echo "${text%.}"; }

# Prints a change that a dry run leaves out; JSON keeps standard output to itself.
plan() {
    planned_changes=yes
    if [ $json = yes ]; then echo "would $1" >&2; else echo "would $1"; fi
}

wants() { [[ " $actions " == *" $1 "* ]]; }
changes() { wants clear || wants reserve || wants unmount || wants mount; }

# Bytes for 2G, 512M, 1024k or a bare number. Fails on anything else, and above 4 EiB.
bytes_of() {
    local number power=0
    [[ $1 =~ ^([0-9]{1,18})([kKmMgGtT]?)$ ]] || return 1
    number=$((10#${BASH_REMATCH[1]}))
    case ${BASH_REMATCH[2]} in
        [kK]) power=10 ;;
        [mM]) power=20 ;;
        [gG]) power=30 ;;
        [tT]) power=40 ;;
    esac
    ((number <= (1 << 62) >> power)) || return 1
    echo $((number << power))
}

size_name() {
    if (($1 % 1048576 == 0)); then echo "$(($1 / 1048576))G"
    elif (($1 % 1024 == 0)); then echo "$(($1 / 1024))M"
    else echo "$1K"; fi
}

# The sizes of page that the kernel has, in KiB, the smallest first.
page_sizes() {
    local path
    for path in "$POOLS"/hugepages-*kB; do
        [ -d "$path" ] || continue
        path=${path##*hugepages-}
        echo "${path%kB}"
    done | sort -n
}

page_size_names() {
    local size names=''
    for size in $(page_sizes); do names+=", $(size_name "$size")"; done
    echo "${names#, }"
}

node_numbers() {
    local path
    for path in "$NODES"/node[0-9]*; do
        [ -d "$path/hugepages" ] && echo "${path##*/node}"
    done | sort -n
}

# The folder that counts pages of one size, of the node asked for or of the whole machine.
pool_of() {
    if [ -n "$node" ]; then echo "$NODES/node$node/hugepages/hugepages-$1kB"
    else echo "$POOLS/hugepages-$1kB"; fi
}

# A field of the node's memory or of the machine's, in KiB; 0 if it is not there.
memory_kib() {
    local file=$PROC/meminfo
    [ -z "$node" ] || file=$NODES/node$node/meminfo
    awk -v field="$1:" 'NF >= 3 && $(NF - 2) == field { kib = $(NF - 1) } END { print kib + 0 }' "$file"
}

# --- What was asked for ---

add_reservation() {
    [ -z "$reserve" ] || refuse "the size to reserve was given twice, $reserve and $2"
    reserve=$2
    actions+=" $1"
}

parse() {
    local parsed
    # getopt itself says what is wrong with an option, in one sentence.
    parsed=$(getopt -n hugepages.sh -o scumhr:p:n:d:U:G: -l show,clear,unmount,mount,help \
        -l reserve:,setup:,pagesize:,node:,directory:,user:,group:,dry-run,json -- "$@") || exit 2
    eval set -- "$parsed"
    while [ "$1" != -- ]; do
        [ -n "$2" ] || refuse "$1 needs a value"
        case $1 in
            -s | --show) actions+=" show" ;;
            -c | --clear) actions+=" clear" ;;
            -u | --unmount) actions+=" unmount" ;;
            -m | --mount) actions+=" mount" ;;
            -r | --reserve) add_reservation "reserve" "$2"; shift ;;
            --setup) add_reservation "clear reserve unmount mount" "$2"; shift ;;
            -p | --pagesize) pagesize=$2; shift ;;
            -n | --node) node=$2; shift ;;
            -d | --directory) directory=$2; shift ;;
            -U | --user) user=$2; shift ;;
            -G | --group) group=$2; shift ;;
            --dry-run) dry_run=yes ;;
            --json) json=yes; actions+=" show" ;;
            -h | --help) usage; exit 0 ;;
        esac
        shift
    done
    shift
    [ $# -eq 0 ] || refuse "unexpected argument $1 (--help lists what there is)"
    [ -n "$actions" ] || actions=show
}

# Everything that can be known to be wrong is refused here, before the first change.
check_arguments() {
    check_pages
    if wants mount || wants unmount; then
        directory=$(realpath -m -- "$directory")
        [ ! -e "$directory" ] || [ -d "$directory" ] || refuse "$directory is not a directory"
    fi
    if [ -n "$user$group" ] && ! wants mount; then refuse "--user and --group go with --mount or --setup"; fi
    if [[ $user =~ ^[0-9]+$ ]]; then uid=$user
    elif [ -n "$user" ]; then uid=$(id -u "$user" 2>/dev/null) || refuse "there is no user $user"; fi
    if [[ $group =~ ^[0-9]+$ ]]; then gid=$group
    elif [ -n "$group" ]; then
        gid=$(getent group "$group" | cut -d: -f3)
        [ -n "$gid" ] || refuse "there is no group $group"
    fi
    if wants mount && ! wants unmount; then check_mounted; fi
}

check_pages() {
    local bytes size
    if [ -n "$node" ]; then
        node_numbers | grep -qxF -- "$node" ||
            refuse "there is no NUMA node $node (there is: $(node_numbers | paste -sd ' '))"
    fi
    kib=$(awk '/^Hugepagesize:/ { print $2 }' "$PROC/meminfo")
    if [ -n "$pagesize" ]; then
        kib=''
        bytes=$(bytes_of "$pagesize") || bytes=0
        for size in $(page_sizes); do ((size * 1024 != bytes)) || kib=$size; done
        [ -n "$kib" ] || refuse "there are no pages of $pagesize (there are: $(page_size_names))"
    fi
    if changes && [ ! -d "$(pool_of "${kib:-0}")" ]; then say "this kernel has no hugepages"; exit 1; fi
    if wants reserve; then check_reservation; fi
}

check_reservation() {
    local bytes total
    bytes=$(bytes_of "$reserve") || refuse "$reserve is no size (for example 512M or 2G)"
    ((bytes > 0)) || refuse "nothing can be reserved with a size of 0 (--clear gives pages back)"
    ((bytes % (kib * 1024) == 0)) ||
        refuse "$reserve is not a multiple of the page size, $(size_name "$kib")"
    total=$(memory_kib MemTotal)
    ((bytes / 1024 <= total)) ||
        refuse "$reserve is more than the $((total / 1024)) MiB that ${node:+node $node of }this machine has"
    wanted=$((bytes / 1024 / kib))
}

# A directory that is mounted already must be mounted as asked for.
check_mounted() {
    local options found_size found_uid=0 found_gid=0
    options=$(mounts_here | tail -n 1)
    [ -n "$options" ] || return 0
    options=,${options#* },
    [[ $options =~ ,pagesize=([^,]+), ]] && found_size=$(bytes_of "${BASH_REMATCH[1]}") || found_size=0
    [[ $options =~ ,uid=([0-9]+), ]] && found_uid=${BASH_REMATCH[1]}
    [[ $options =~ ,gid=([0-9]+), ]] && found_gid=${BASH_REMATCH[1]}
    ((found_size == kib * 1024 && ${uid:-$found_uid} == found_uid && ${gid:-$found_gid} == found_gid)) ||
        { say "$directory is mounted already, with other options (${options:1:-1}): add --unmount"; exit 1; }
}

need_root() {
    [ $dry_run = yes ] || [ "$(id -u)" -eq 0 ] && return
    say "this needs root; run: sudo$(printf ' %q' "$0" "$@")"
    exit 1
}

# --- Reservations ---

# Pages of a pool that stay when nobody uses them. Pages beyond those ("surplus") were given
# back while in use, and leave as soon as their user does.
persistent() {
    if [ -n "${planned[$1]:-}" ]; then echo "${planned[$1]}"; return; fi
    echo $(($(cat "$1/nr_hugepages") - $(cat "$1/surplus_hugepages")))
}

# Notes what the pools of a size hold before their first change. The nodes come first: what is
# written to the whole machine's count is spread over them anew.
remember() {
    local number pool
    [ -z "${before[$(pool_of "$1")]:-}" ] || return 0
    sizes_touched+=("$1")
    if [ -z "$node" ]; then
        for number in $(node_numbers); do remembered+=("$NODES/node$number/hugepages/hugepages-$1kB"); done
    fi
    remembered+=("$(pool_of "$1")")
    for pool in "${remembered[@]}"; do before[$pool]=${before[$pool]:-$(persistent "$pool")}; done
}

set_pages() {
    local pool=$1 pages=$2 now reason
    now=$(persistent "$pool")
    [ "$now" -ne "$pages" ] || return 0
    if [ $dry_run = yes ]; then
        plan "write $pages to $pool/nr_hugepages (now $now)"
        planned[$pool]=$pages
        return
    fi
    changed=yes
    reason=$({ echo "$pages" >"$pool/nr_hugepages"; } 2>&1) ||
        fail "$pages cannot be written to $pool/nr_hugepages: $(last_part "$reason")"
}

clear_pages() {
    local size sizes=$kib
    [ -n "$pagesize" ] || sizes=$(page_sizes)
    for size in $sizes; do
        [ -d "$(pool_of "$size")" ] || continue
        remember "$size"
        set_pages "$(pool_of "$size")" 0
    done
}

reserve_pages() {
    local pool got
    pool=$(pool_of "$kib")
    remember "$kib"
    set_pages "$pool" "$wanted"
    got=$(persistent "$pool")
    [ "$got" -ge "$wanted" ] && return
    explain_shortage "$got"
    fail "the reservation was not made"
}

# MiB of free memory that lies in pieces large enough for a page. Only for pages that the
# kernel's own lists of free pieces reach to.
mib_in_pieces() {
    awk -v node="${node:-any}" -v page="$kib" -v base="$(($(getconf PAGESIZE) / 1024))" '
        node == "any" || $2 == node "," {
            for (i = 5; i <= NF; i++) {
                piece = base * 2 ^ (i - 5)
                if (piece >= page) { reaches = 1; kib += $i * piece }
            }
        }
        END { if (reaches) printf "%d", kib / 1024 }' "$PROC/buddyinfo" 2>/dev/null
}

# Why there are fewer pages than asked for, in numbers, and what can be done.
explain_shortage() {
    local missing=$((wanted - $1)) name need free pieces why compact=/proc/sys/vm/compact_memory
    name=$(size_name "$kib")
    need=$((missing * kib / 1024))
    free=$(($(memory_kib MemFree) / 1024))
    pieces=$(mib_in_pieces)
    if ((free < need)); then why="memory is short"
    elif [ -n "$pieces" ]; then why="$pieces MiB of it in pieces of $name or more: memory is fragmented"
    else why="but not in pieces of $name: memory is fragmented"; fi
    [ -z "$node" ] || compact=/sys/devices/system/node/node$node/compact
    say "asked for $wanted pages of $name${node:+ on node $node}, got $1"
    cat >&2 <<TEXT
  The $missing missing need $need MiB. $free MiB is free, $why.
  Try, as root, and then again:
    sync; echo 3 > /proc/sys/vm/drop_caches    (gives cached files back)
    echo 1 > $compact    (moves used memory together)
  Surest is to reserve at boot, with this on the kernel's command line:
    hugepagesz=$name hugepages=${node:+$node:}$wanted
TEXT
}

# Says how many of the pages just given back or reserved are in use.
note_pages_in_use() {
    local size pool name total free surplus
    for size in "${sizes_touched[@]}"; do
        pool=$(pool_of "$size") name=$(size_name "$size")
        total=$(cat "$pool/nr_hugepages") free=$(cat "$pool/free_hugepages") surplus=$(cat "$pool/surplus_hugepages")
        if ((surplus > 0)); then
            say "pages of $name still in use: $surplus; they go when their programs end or their files are removed"
        elif ((total > free)); then
            say "pages of $name in use already: $((total - free)) of $total"
        fi
    done
}

# --- Mounts ---

# Source and options of each hugetlbfs on the directory, the oldest first.
mounts_here() {
    local source where kind options _
    [ $planned_unmount = no ] || return 0
    while read -r source where kind options _; do
        # The kernel writes a space in a name as \040.
        if [ "$kind" = hugetlbfs ] && [ "$(printf %b "$where")" = "$directory" ]; then
            echo "$source $options"
        fi
    done <"$PROC/mounts"
}

unmount_directory() {
    local files reason _
    mapfile -t mounts_before < <(mounts_here)
    for _ in "${mounts_before[@]}"; do
        files=$(find "$directory" -xdev -type f 2>/dev/null | wc -l)
        if [ $dry_run = yes ]; then
            plan "run: umount $directory (files lost with it: $files)"
            continue
        fi
        changed=yes
        reason=$(umount "$directory" 2>&1) ||
            fail "$directory cannot be unmounted: $(last_part "$reason") (fuser -vm $directory says who uses it)"
        files_lost=$((files_lost + files))
    done
    planned_unmount=$dry_run
}

mount_directory() {
    local options path=$directory reason
    options=pagesize=$(size_name "$kib")${uid:+,uid=$uid}${gid:+,gid=$gid}
    [ -z "$(mounts_here)" ] || return 0
    until [ -e "$path" ]; do
        created+=("$path")
        path=$(dirname "$path")
    done
    if [ $dry_run = yes ]; then
        [ ${#created[@]} -eq 0 ] || plan "run: mkdir -p $directory"
        plan "run: mount -t hugetlbfs -o $options none $directory"
        return
    fi
    changed=yes
    reason=$(mkdir -p -- "$directory" 2>&1) || fail "$directory cannot be made: $(last_part "$reason")"
    mounting=yes
    reason=$(mount -t hugetlbfs -o "$options" none "$directory" 2>&1) ||
        fail "$directory cannot be mounted: $(last_part "$reason")"
}

# --- Putting back ---

# Undoes every change, in such an order that what was unmounted finds its directory free. It
# looks at what is there: an interruption may come between a change and the note of it.
restore() {
    local pool path line left=''
    trap '' INT TERM HUP
    if [ $changed = no ]; then say "nothing was changed"; return; fi
    if [ $mounting = yes ] && [ -n "$(mounts_here)" ]; then
        umount "$directory" || left+="; $directory is still mounted"
    fi
    for path in "${created[@]}"; do
        [ ! -d "$path" ] || rmdir "$path" || left+="; $path is still there"
    done
    for pool in "${remembered[@]}"; do
        [ "$(persistent "$pool")" -ne "${before[$pool]}" ] || continue
        echo "${before[$pool]}" 2>/dev/null >"$pool/nr_hugepages"
        [ "$(persistent "$pool")" -eq "${before[$pool]}" ] ||
            left+="; $pool had ${before[$pool]} pages and has $(persistent "$pool")"
    done
    for line in "${mounts_before[@]:$(mounts_here | wc -l)}"; do
        # The kernel lists seclabel as an option, but does not take it as one.
        line=${line//,seclabel/}
        mount -t hugetlbfs -o "${line#* }" "${line%% *}" "$directory" ||
            left+="; $directory is no longer mounted (${line#* })"
    done
    ((files_lost == 0)) || left+="; files on $directory are lost: $files_lost"
    if [ -z "$left" ]; then say "everything is as it was before"
    else say "not everything could be put back: ${left#; }"; fi
}

# --- Showing ---

# One line for each pool: node (or all), page size in KiB, total, free, surplus, reserved.
# The kernel counts reserved pages for the whole machine; with one node that is the node's count.
pool_lines() {
    local size number pool machine reserved nodes
    mapfile -t nodes < <(node_numbers)
    for size in $(page_sizes); do
        machine=$POOLS/hugepages-${size}kB
        for number in "${nodes[@]}" all; do
            pool=$NODES/node$number/hugepages/hugepages-${size}kB reserved=-
            [ "$number" != all ] || pool=$machine
            [ -d "$pool" ] || continue
            if [ "$number" = all ] || [ ${#nodes[@]} -eq 1 ]; then reserved=$(cat "$machine/resv_hugepages"); fi
            echo "$number $size $(cat "$pool/nr_hugepages") $(cat "$pool/free_hugepages")" \
                "$(cat "$pool/surplus_hugepages") $reserved"
        done
    done
}

# The word in brackets of a transparent hugepage setting; nothing where the kernel has none.
transparent() { sed -n 's/.*\[\(.*\)\].*/\1/p' "$SYSFS/kernel/mm/transparent_hugepage/$1" 2>/dev/null; }

json_pools() {
    awk '{ printf "%s{", (NR > 1 ? "," : "")
           if ($1 != "all") printf "\"node\":%d,", $1
           printf "\"page_kib\":%s,\"total\":%s,\"free\":%s,\"surplus\":%s,\"reserved\":%s}",
               $2, $3, $4, $5, ($6 == "-" ? "null" : $6) }'
}

json_mounts() {
    # /proc/mounts writes white space, # and \ as three octal digits.
    sed 's/"/\\"/g' "$PROC/mounts" |
        awk '$3 == "hugetlbfs" { printf "%s{\"directory\":\"%s\",\"options\":\"%s\"}", comma, $2, $4; comma = "," }' |
        sed 's/\\040/ /g; s/\\011/\\t/g; s/\\012/\\n/g; s/\\043/#/g; s/\\134/\\\\/g'
}

show_json() {
    local lines setting value
    lines=$(pool_lines)
    printf '{"nodes":[%s],"machine":[%s],"mounts":[%s],"transparent":{' \
        "$(grep -v '^all' <<<"$lines" | grep . | json_pools)" "$(grep '^all' <<<"$lines" | json_pools)" "$(json_mounts)"
    for setting in enabled defrag shmem_enabled; do
        value=$(transparent $setting)
        [ -z "$value" ] || value="\"$value\""
        printf '"%s":%s%s' $setting "${value:-null}" "$([ $setting = shmem_enabled ] || echo ,)"
    done
    printf '}}\n'
}

show() {
    local number size total free surplus reserved list
    if [ $json = yes ]; then show_json; return; fi
    printf '%-5s %-6s %-8s %-8s %-8s %-9s %s\n' Node Size Total Free Surplus Reserved Memory
    pool_lines | while read -r number size total free surplus reserved; do
        printf '%-5s %-6s %-8s %-8s %-8s %-9s %s MiB\n' "$number" "$(size_name "$size")" \
            "$total" "$free" "$surplus" "$reserved" $((total * size / 1024))
    done
    list=$(awk '$3 == "hugetlbfs" { print "Mounted: " $2 " (" $4 ")" }' "$PROC/mounts")
    printf '\n%s\n' "${list:-Nothing of type hugetlbfs is mounted.}"
    printf 'Transparent hugepages: %s (defrag %s, shared memory %s)\n' "$(transparent enabled)" \
        "$(transparent defrag)" "$(transparent shmem_enabled)"
}

parse "$@"
check_arguments
if changes; then need_root "$@"; fi
trap 'fail "interrupted"' INT TERM HUP
if wants clear; then clear_pages; fi
if wants reserve; then reserve_pages; fi
if wants unmount; then unmount_directory; fi
if wants mount; then mount_directory; fi
trap - INT TERM HUP
if [ $dry_run = no ]; then note_pages_in_use
elif changes && [ $planned_changes = no ]; then echo "nothing would change" >&2; fi
if wants show; then show; fi
exit 0
