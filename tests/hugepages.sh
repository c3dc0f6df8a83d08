#!/usr/bin/env bash
# Tests hugepages.sh, first on a kernel made of files, which changes nothing of this machine and
# needs no root; then, where root allows, with a few real pages, which are given back.
#
#   tests/hugepages.sh [SCRIPT]    the script to test, ./hugepages.sh by default
set -u
cd "$(dirname "$0")/.." || exit 2
script=$(realpath "${1:-./hugepages.sh}")
root=$(mktemp -d)
chmod 755 "$root"
real_path=$PATH real_cat=$(command -v cat) real_id=$(command -v id)
trap 'leave_as_it_was; rm -rf --one-file-system "$root"' EXIT

passed=0 failed=0
check() {
    local what=$1 expected=$2 found=$3
    if [ "$expected" = "$found" ]; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  found:    %s\n' "$what" "$expected" "$found"
}
check_has() {
    local what=$1 part=$2 whole=$3
    if [[ $whole == *"$part"* ]]; then check "$what" "$part" "$part"; else check "$what" "...$part..." "$whole"; fi
}
# Runs the script; leaves its exit status, its output and its errors in variables.
run() {
    output=$(echo "$BASHPID" >"$root/pid"; exec "$script" "$@" 2>"$root/errors")
    status=$?
    errors=$("$real_cat" "$root/errors")
}

# --- A kernel made of files ---

sys=$root/sys proc=$root/proc stubs=$root/stubs
machine=$sys/kernel/mm/hugepages/hugepages-2048kB
large=$sys/kernel/mm/hugepages/hugepages-1048576kB
node0=$sys/devices/system/node/node0/hugepages/hugepages-2048kB
node1=$sys/devices/system/node/node1/hugepages/hugepages-2048kB
directory=$root/huge

make_stubs() {
    mkdir -p "$stubs/full"
    # The script reads counts with cat; this one first does what a kernel does when they are
    # written: gives no more than FAKE_CAP pages, spreads what the machine is asked for over the
    # nodes, and keeps the FAKE_USED pages that are in use on node 0.
    cat >"$stubs/cat" <<STUB
#!/usr/bin/env bash
settle() { # pool, pages asked for
    local used=0 asked=\$2 pages
    [[ \$1 != */node0/*2048kB ]] || used=\${FAKE_USED:-0}
    [ "\$asked" -le "\${FAKE_CAP:-999999}" ] || asked=\${FAKE_CAP}
    pages=\$((asked > used ? asked : used))
    echo \$pages | tee "\$1/nr_hugepages" >"\$1/last"
    echo \$((pages - asked)) >"\$1/surplus_hugepages"
    echo \$((pages - used)) >"\$1/free_hugepages"
}
for name in hugepages-2048kB hugepages-1048576kB; do
    pool=$sys/kernel/mm/hugepages/\$name
    asked=\$(<"\$pool/nr_hugepages")
    [ "\$asked" -le "\${FAKE_CAP:-999999}" ] || asked=\${FAKE_CAP}
    for node in 0 1; do
        each=$sys/devices/system/node/node\$node/hugepages/\$name
        if [ "\$(<"\$pool/nr_hugepages")" != "\$(<"\$pool/last")" ]; then settle "\$each" \$(((asked + 1 - node) / 2))
        elif [ "\$(<"\$each/nr_hugepages")" != "\$(<"\$each/last")" ]; then settle "\$each" "\$(<"\$each/nr_hugepages")"; fi
    done
    for count in nr free surplus; do
        one=$sys/devices/system/node/node0/hugepages/\$name other=$sys/devices/system/node/node1/hugepages/\$name
        echo \$((\$(<"\$one/\${count}_hugepages") + \$(<"\$other/\${count}_hugepages"))) >"\$pool/\${count}_hugepages"
    done
    echo "\$(<"\$pool/nr_hugepages")" >"\$pool/last"
done
exec $real_cat "\$@"
STUB
    cat >"$stubs/mount" <<STUB
#!/usr/bin/env bash
# mount -t hugetlbfs -o OPTIONS SOURCE DIRECTORY
[ -z "\${FAKE_MOUNT_FAILS:-}" ] || [[ \$4 != *"\$FAKE_MOUNT_FAILS"* ]] || { echo "mount: \$6: permission denied." >&2; exit 32; }
echo "\$5 \${6// /\\\\040} hugetlbfs \$4 0 0" >>$proc/mounts
[ -z "\${FAKE_SIGNAL:-}" ] || kill -TERM "\$(<$root/pid)"
STUB
    cat >"$stubs/umount" <<STUB
#!/usr/bin/env bash
[ -z "\${FAKE_BUSY:-}" ] || { echo "umount: \$1: target is busy." >&2; exit 32; }
where=\${1// /\\\\040}
line=\$(grep -nF " \$where hugetlbfs" $proc/mounts | tail -n 1)
sed -i "\${line%%:*}d" $proc/mounts
STUB
    cat >"$stubs/id" <<STUB
#!/usr/bin/env bash
if [ "\$*" = -u ]; then echo "\${FAKE_UID:-0}"; else exec $real_id "\$@"; fi
STUB
    # For a count that is /dev/full, which refuses every write, but cannot be read.
    cat >"$stubs/full/cat" <<STUB
#!/bin/sh
case \$1 in */kernel/*nr_*) echo 4 ;; *) exec $real_cat "\$@" ;; esac
STUB
    chmod -R 755 "$stubs"
}

# A machine of two nodes with so many pages of 2M on each, none of 1G, and one mount.
fake_machine() {
    local node size
    rm -rf "$sys" "$proc" "$directory"
    for size in 2048 1048576; do
        mkdir -p "$sys/kernel/mm/hugepages/hugepages-${size}kB" "$sys"/devices/system/node/node{0,1}/hugepages/hugepages-${size}kB
    done
    for node in "$sys"/kernel/mm/hugepages/* "$sys"/devices/system/node/node*/hugepages/*; do
        echo 0 | tee "$node"/{nr,free,surplus,resv}_hugepages >"$node/last"
    done
    rm "$sys"/devices/system/node/node*/hugepages/*/resv_hugepages
    echo "$1" | tee "$node0/nr_hugepages" "$node0/free_hugepages" >"$node0/last"
    echo "$2" | tee "$node1/nr_hugepages" "$node1/free_hugepages" >"$node1/last"
    echo $(($1 + $2)) | tee "$machine/nr_hugepages" "$machine/free_hugepages" >"$machine/last"
    mkdir -p "$proc" "$directory" "$sys/kernel/mm/transparent_hugepage"
    printf 'MemTotal: 8388608 kB\nMemFree: 2097152 kB\nHugePages_Total: 0\nHugepagesize: 2048 kB\n' >"$proc/meminfo"
    for node in 0 1; do
        printf 'Node %s MemTotal: 4194304 kB\nNode %s MemFree: 1048576 kB\n' $node $node \
            >"$sys/devices/system/node/node$node/meminfo"
    done
    # Free pieces of 4 KiB, 8 KiB and so on, to 4 MiB: 7 of 2 MiB and 3 of 4 MiB on node 0, none on node 1.
    printf 'Node %s, zone Normal %s\n' 0 '90 80 70 60 50 40 30 20 10 7 3' 1 '90 80 70 60 50 40 30 20 10 0 0' >"$proc/buddyinfo"
    printf '%s\n' 'tmpfs /tmp tmpfs rw 0 0' "none $directory hugetlbfs rw,relatime,pagesize=2M 0 0" >"$proc/mounts"
    echo 'always [madvise] never' >"$sys/kernel/mm/transparent_hugepage/enabled"
    echo 'always defer [never]' >"$sys/kernel/mm/transparent_hugepage/defrag"
}

# Pages of the two nodes and of the machine, and of 1G; then the mounts.
pages() { echo "$(cat "$node0/nr_hugepages") $(cat "$node1/nr_hugepages") $(cat "$machine/nr_hugepages") $(cat "$large/nr_hugepages")"; }
state() { pages; "$real_cat" "$proc/mounts"; }

test_show() {
    fake_machine 3 1
    echo 2 >"$machine/resv_hugepages"
    echo 1 >"$node0/free_hugepages"
    echo 1 >"$node1/surplus_hugepages"
    printf '%s\n' 'none /odd\040"name" hugetlbfs rw,pagesize=1024M 0 0' >>"$proc/mounts"
    run --show --json
    check "shows nodes, machine, mounts and transparent hugepages as JSON" \
        "$(tr -d '\n' <<JSON
{"nodes":[{"node":0,"page_kib":2048,"total":3,"free":1,"surplus":0,"reserved":null},
{"node":1,"page_kib":2048,"total":1,"free":1,"surplus":1,"reserved":null},
{"node":0,"page_kib":1048576,"total":0,"free":0,"surplus":0,"reserved":null},
{"node":1,"page_kib":1048576,"total":0,"free":0,"surplus":0,"reserved":null}],
"machine":[{"page_kib":2048,"total":4,"free":2,"surplus":1,"reserved":2},
{"page_kib":1048576,"total":0,"free":0,"surplus":0,"reserved":0}],
"mounts":[{"directory":"$directory","options":"rw,relatime,pagesize=2M"},
{"directory":"/odd \\"name\\"","options":"rw,pagesize=1024M"}],
"transparent":{"enabled":"madvise","defrag":"never","shmem_enabled":null}}
JSON
        )" \
        "$output"
    run
    check_has "shows without being asked" "all   2M     4        2        1        2         8 MiB" "$output"
    check_has "shows each node" "1     2M     1        1        1        -         2 MiB" "$output"
    check_has "shows mounts" "Mounted: $directory (rw,relatime,pagesize=2M)" "$output"
    check_has "shows transparent hugepages" "Transparent hugepages: madvise (defrag never" "$output"
    rm -r "$sys/devices/system/node/node1" "$sys"/kernel/mm/hugepages/*1048576kB
    PATH=$real_path run --json
    check_has "one node has the machine's reserved pages" '"node":0,"page_kib":2048,"total":3,"free":1,"surplus":0,"reserved":2}' "$output"
}

test_changes() {
    fake_machine 0 0
    run --reserve 10M
    check "reserves on the whole machine" "0 3 2 5 0" "$status $(pages)"
    run -n 1 -r 8M
    check "reserves on one node" "0 3 4 7 0" "$status $(pages)"
    run --clear -n 0
    check "clears one node" "0 0 4 4 0" "$status $(pages)"
    run -p1G --reserve=2G
    check "reserves pages of another size" "0 0 4 4 2" "$status $(pages)"
    run -c -p 2M
    check "clears one size" "0 0 0 0 2" "$status $(pages)"
    run -r 4M
    run -c
    check "clears all sizes and nodes" "0 0 0 0 0" "$status $(pages)"
    run -u -d "$directory"
    check "unmounts" "0 tmpfs /tmp tmpfs rw 0 0" "$status $(<"$proc/mounts")"
    run -m -d "$root/new/a b" -U 12 -G root -p 1G
    check "mounts, with owner, group and page size" "none $root/new/a\\040b hugetlbfs pagesize=1G,uid=12,gid=0 0 0" "$(tail -n 1 "$proc/mounts")"
    check "makes the directory" yes "$([ -d "$root/new/a b" ] && echo yes)"
    state >"$root/before"
    run -m -d "$root/new/a b" -p 1G
    check "does not mount twice" "0 $(<"$root/before")" "$status $(state)"
    run -m -d "$root/new/a b" -p 2M
    check "does not take a mount of another page size for its own" 1 $status
    check_has "and says what it is" "(pagesize=1G,uid=12,gid=0): add --unmount" "$errors"
    run -u -m -d "$root/new/a b" -p 2M
    check_has "mounts anew" "a\\040b hugetlbfs pagesize=2M 0 0" "$(tail -n 1 "$proc/mounts")"
    fake_machine 5 9
    run --setup 8M -d "$directory" -s
    check "setup reserves and mounts" "0 2 2 4 0 none $directory hugetlbfs pagesize=2M 0 0" \
        "$status $(pages) $(tail -n 1 "$proc/mounts")"
    check "setup mounts once" 1 "$(grep -c hugetlbfs "$proc/mounts")"
    check_has "shows what it did" "all   2M     4        4        0" "$output"
    FAKE_USED=3 run --clear
    check_has "says which pages stay in use after a clear" "pages of 2M still in use: 3;" "$errors"
    FAKE_USED=3 run -r 6M --dry-run
    check "pages that leave after use are no reservation" "would write 3 to $machine/nr_hugepages (now 0)" "$output"
    fake_machine 0 0
    FAKE_USED=2 run -r 16M
    check_has "says how many of the reserved pages are in use" "pages of 2M in use already: 2 of 8" "$errors"
}

test_dry_run() {
    fake_machine 3 1
    touch "$directory/book"
    state >"$root/before"
    FAKE_UID=1000 run --setup 512M -d "$directory" -U 12 --dry-run
    check "a dry run prints every change" "would write 0 to $machine/nr_hugepages (now 4)
would write 256 to $machine/nr_hugepages (now 0)
would run: umount $directory (files lost with it: 1)
would run: mount -t hugetlbfs -o pagesize=2M,uid=12 none $directory" "$output"
    check "a dry run needs no root and changes nothing" "0 $(<"$root/before")" "$status $(state)"
    FAKE_UID=1000 run -m -d "$root/absent" --dry-run
    check_has "a dry run prints the directory it would make" "would run: mkdir -p $root/absent" "$output"
    check "and does not make it" no "$([ -e "$root/absent" ] || echo no)"
    run -r 8M --dry-run
    check "a dry run that changes nothing says so" "nothing would change" "$errors"
    run -r 16M --dry-run --json
    check_has "a dry run leaves standard output to the JSON" "would write 8" "$errors"
    check "JSON alone is on standard output" '{"nodes' "${output:0:7}"
}

test_shortage() {
    fake_machine 3 1
    state >"$root/before"
    FAKE_CAP=100 run -r 512M -c
    check "a reservation that is not filled fails, and is undone" "1 $(<"$root/before")" "$status $(state)"
    check_has "says what was asked for and got" "asked for 256 pages of 2M, got 100" "$errors"
    check_has "says what is free, and in which pieces" \
        "The 156 missing need 312 MiB. 2048 MiB is free, 26 MiB of it in pieces of 2M or more: memory is fragmented." "$errors"
    check_has "says to drop caches" "echo 3 > /proc/sys/vm/drop_caches" "$errors"
    check_has "says to compact memory" "echo 1 > /proc/sys/vm/compact_memory" "$errors"
    check_has "gives the kernel's command line" "    hugepagesz=2M hugepages=256
" "$errors"
    check_has "says that all is as before" "everything is as it was before" "$errors"
    FAKE_CAP=50 run -r 2G -n 1
    check "the same on one node" "1 $(<"$root/before")" "$status $(state)"
    check_has "with its number" "asked for 1024 pages of 2M on node 1, got 50" "$errors"
    check_has "its memory" "need 1948 MiB. 1024 MiB is free, memory is short." "$errors"
    check_has "its way to compact" "echo 1 > /sys/devices/system/node/node1/compact " "$errors"
    check_has "its command line" "hugepagesz=2M hugepages=1:1024" "$errors"
    FAKE_CAP=1 run -r 2G -p 1G
    check "the same with pages of 1G" "1 $(<"$root/before")" "$status $(state)"
    check_has "which no list of pieces counts" "2048 MiB is free, but not in pieces of 1G: memory is fragmented." "$errors"
    check_has "with their command line" "hugepagesz=1G hugepages=2" "$errors"
}

test_putting_back() {
    fake_machine 3 1
    state >"$root/before"
    FAKE_MOUNT_FAILS=uid=12 run --setup 8M -d "$directory" -U 12
    check "a failed mount puts pages and mount back" "1 $(<"$root/before")" "$status $(state)"
    check_has "and gives the reason" "$directory cannot be mounted: permission denied" "$errors"
    FAKE_MOUNT_FAILS=pagesize run -r 8M -m -d "$root/made/deep"
    check "directories that it made are removed" "1 no" "$status $([ -e "$root/made" ] || echo no)"
    FAKE_BUSY=yes run --setup 8M -d "$directory"
    check "a busy directory puts pages back" "1 $(<"$root/before")" "$status $(state)"
    check_has "and says who may be asked" "cannot be unmounted: target is busy (fuser -vm $directory" "$errors"
    FAKE_SIGNAL=yes run -r 40M -m -d "$root/made"
    check "an interruption puts all back" "1 $(<"$root/before")" "$status $(state)"
    check_has "and is said" "interrupted" "$errors"
    touch "$directory/book"
    FAKE_MOUNT_FAILS=uid=12 run --setup 8M -d "$directory" -U 12
    check_has "says which files cannot be put back" "files on $directory are lost: 1" "$errors"
    FAKE_CAP=2 run -r 64M
    check_has "says what could not be put back" "$node0 had 3 pages and has 2" "$errors"
    fake_machine 3 1
    state >"$root/before"
    rm "$machine/nr_hugepages"
    ln -s /dev/full "$machine/nr_hugepages"
    PATH=$stubs/full:$PATH run -r 16M
    check "a count that the kernel refuses fails" 1 $status
    check_has "with the kernel's reason" "8 cannot be written to $machine/nr_hugepages: No space left on device" "$errors"
}

refuses() {
    local reason=$1
    shift
    run "$@"
    check "refuses $* with status 2" 2 $status
    check "refuses $* in one sentence" "hugepages.sh: $reason" "$errors"
    check "refuses $* before any change" "$(<"$root/before")" "$(state)"
}

test_refusals() {
    fake_machine 3 1
    state >"$root/before"
    refuses "unrecognized option '--bogus'" --bogus -c
    refuses "invalid option -- 'x'" -c -x
    refuses "option requires an argument -- 'r'" -c -r
    refuses "--node needs a value" -c --node ''
    refuses "unexpected argument 2G (--help lists what there is)" -c 2G
    refuses "there are no pages of 3M (there are: 2M, 1G)" -c -p 3M
    refuses "there are no pages of big (there are: 2M, 1G)" -c -p big
    refuses "there is no NUMA node 7 (there is: 0 1)" -c -n 7
    refuses "there is no NUMA node ../node/node0 (there is: 0 1)" -c -n ../node/node0
    refuses "9M is not a multiple of the page size, 2M" -c -r 9M
    refuses "1500M is not a multiple of the page size, 1G" -p 1G --setup 1500M
    refuses "many is no size (for example 512M or 2G)" -c -r many
    refuses "99999999999T is no size (for example 512M or 2G)" -c -r 99999999999T
    refuses "nothing can be reserved with a size of 0 (--clear gives pages back)" -r 0
    refuses "10G is more than the 8192 MiB that this machine has" -c -r 10G
    refuses "5G is more than the 4096 MiB that node 1 of this machine has" -c -r 5G -n 1
    refuses "the size to reserve was given twice, 2G and 4G" -r 2G --setup 4G
    refuses "there is no user no-such-user" --setup 8M -U no-such-user
    refuses "there is no group no-such-group" --setup 8M -G no-such-group
    refuses "--user and --group go with --mount or --setup" -r 8M -U root
    refuses "$script is not a directory" --setup 8M -d "$script"
    FAKE_UID=1000 run --setup 8M -d "/a b"
    check "without root it fails before any change" "1 $(<"$root/before")" "$status $(state)"
    check "without root it says what to run" "hugepages.sh: this needs root; run: sudo $script --setup 8M -d /a\\ b" "$errors"
    FAKE_UID=1000 run --show
    check "showing needs no root" 0 $status
    run --help
    check_has "has a help text" "usage: hugepages.sh" "$output"
}

# --- Real pages ---

real_pool=/sys/kernel/mm/hugepages/hugepages-2048kB
real_directory=$root/mounted
real_started=no

# Why real pages are left alone, if they are.
why_not_real() {
    if [ "$("$real_id" -u)" -ne 0 ]; then echo "they need root"
    elif [ ! -w $real_pool/nr_hugepages ]; then echo "this kernel lets nobody reserve pages of 2M"
    elif grep -qvx 0 /sys/kernel/mm/hugepages/*/nr_hugepages; then echo "pages are reserved on this machine already"
    elif [ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -lt 131072 ]; then echo "memory is short"
    fi
}

leave_as_it_was() {
    [ $real_started = yes ] || return 0
    while grep -q " $real_directory hugetlbfs " /proc/mounts && umount "$real_directory"; do :; done
    echo 0 >$real_pool/nr_hugepages
}

real_state() { cat $real_pool/{nr,free,surplus}_hugepages | paste -sd ' '; }
real_mount() { awk -v d="$real_directory" '$2 == d { print $3, $4 }' /proc/mounts; }

test_real() {
    local mounts_before
    mounts_before=$(grep hugetlbfs /proc/mounts)
    run -p 2M --setup 8M -d "$real_directory" -U 12 -G 13 --json
    check "real: reserves" "0 4 4 0" "$status $(real_state)"
    check "real: mounts" "hugetlbfs rw,relatime,uid=12,gid=13,pagesize=2M" "$(real_mount)"
    check "real: gives the directory to its owner" "12 13" "$(stat -c '%u %g' "$real_directory")"
    check_has "real: shows" '"page_kib":2048,"total":4,"free":4,"surplus":0,' "$output"
    check_has "real: shows the mount" "{\"directory\":\"$real_directory\",\"options\":\"rw,relatime,uid=12,gid=13,pagesize=2M\"}" "$output"
    run -p 2M --setup 4M -d "$real_directory" -U 4294967295
    check "real: a failed mount puts back pages and mount" "1 4 4 0 hugetlbfs rw,relatime,uid=12,gid=13,pagesize=2M" \
        "$status $(real_state) $(real_mount)"
    fallocate -l 2M "$real_directory/book"
    exec 9<"$real_directory/book"
    run -p 2M --setup 4M -d "$real_directory"
    check "real: a busy mount puts pages back" "1 4 3 0 hugetlbfs rw,relatime,uid=12,gid=13,pagesize=2M" \
        "$status $(real_state) $(real_mount)"
    exec 9<&-
    run -p 2M --clear
    check "real: a page in use outlives a clear" "0 1 0 1" "$status $(real_state)"
    check_has "real: and this is said" "pages of 2M still in use: 1;" "$errors"
    run -p 2M -r 2M
    check "real: a page that was to leave can be reserved again" "0 1 0 0" "$status $(real_state)"
    run -p 2M --clear
    run -u -d "$real_directory"
    check "real: unmounting gives it back" "0 0 0 0" "$status $(real_state)"
    run -p 2M -r 8M -m -d /proc/hugepages
    check "real: a directory that cannot be made puts pages back" "1 0 0 0" "$status $(real_state)"
    if command -v setpriv >/dev/null; then
        cp "$script" "$root/copy.sh"
        script=$root/copy.sh
        output=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$script" -p 2M -r 8M 2>&1)
        check "real: another user is told what to run" "hugepages.sh: this needs root; run: sudo $script -p 2M -r 8M" "$output"
    fi
    check "real: the machine is as it was" "0 0 0 $mounts_before" "$(real_state) $(grep hugetlbfs /proc/mounts)"
}

make_stubs
export HUGEPAGES_SYSFS=$sys HUGEPAGES_PROC=$proc PATH=$stubs:$PATH
test_show
test_changes
test_dry_run
test_shortage
test_putting_back
test_refusals

unset HUGEPAGES_SYSFS HUGEPAGES_PROC
PATH=$real_path
reason=$(why_not_real)
if [ -n "$reason" ]; then echo "left out: tests with real pages, because $reason"
else real_started=yes; test_real; fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
