#!/usr/bin/env bash
# Runs the DPDK backend on network cards: boots a guest with an emulated e1000 and a virtio-net card, binds both to
# uio_pci_generic, and sends frames to them from outside (tests/nic.rs). Emulated without hardware help: it shows that the
# drivers work, not how fast.
#
# Needs qemu-system-x86_64, busybox (static), cpio, libdpdk and apt-get, which fetches Debian's cloud kernel.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "the kernel"
package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ {print $2; exit}')
(cd "$work" && apt-get download -qq "$package" 2>/dev/null && dpkg-deb -x ./*.deb kernel)
modules=$(echo "$work"/kernel/lib/modules/*)

echo "the program"
cargo build --release --quiet --features dpdk
target=${CARGO_TARGET_DIR:-target}

echo "the guest"
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,run,modules,var/run/dpdk}
cp "$target/release/wirebook" "$root/bin/"
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$modules"/kernel/drivers/uio/{uio,uio_pci_generic}.ko "$root/modules/"

# A program or library with all that it is linked against, each at its own place.
with_libraries() {
    local file
    for file in "$@"; do
        ldd "$file" | awk '$2 == "=>" && $3 ~ /^\// {print $3} $1 ~ /^\// {print $1}'
    done | sort -u | while read -r file; do
        mkdir -p "$root$(dirname "$file")"
        cp -L "$file" "$root$file"
    done
}
with_libraries "$target/release/wirebook"
# The same file by two names would be loaded twice, which DPDK does not survive: in the folder of drivers are links.
drivers=$(echo /usr/lib/*/dpdk/pmds-*)
libraries=${drivers%/dpdk/*}
mkdir -p "$root$drivers"
for driver in bus_pci bus_vdev mempool_ring net_e1000 net_virtio; do
    file=$(echo "$libraries/librte_$driver".so.[0-9]?)
    with_libraries "$file"
    # As its users know it.
    mkdir -p "$root/lib/${libraries##*/}"
    cp -L "$file" "$root/lib/${libraries##*/}/"
    ln -s "/lib/${libraries##*/}/$(basename "$file")" "$root$drivers/librte_$driver.so"
done

cat >"$root/init" <<'INIT'
#!/bin/busybox sh
busybox() { /bin/busybox "$@"; }
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
busybox ip link set lo up
busybox insmod /modules/uio.ko
busybox insmod /modules/uio_pci_generic.ko
for card in 0000:00:03.0 0000:00:04.0; do
    echo uio_pci_generic >/sys/bus/pci/devices/$card/driver_override
    echo $card >/sys/bus/pci/drivers_probe
    /bin/wirebook run --backend dpdk --device $card --group 239.9.9.1:26477 --line-b 239.9.9.2:26477 \
        --mode adaptive --interval 0 --exit-at-end --exit-idle 60 --json \
        --pages 4K --orders-max 65536 --levels-max 65536 --frames 4095
    echo "status of $card: $?"
done
busybox poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd"

NIC_KERNEL=$(echo "$work"/kernel/boot/vmlinuz-*) NIC_INITRD=$work/initrd \
    cargo test --quiet --features dpdk --test nic -- --ignored --nocapture
