// What comes to our sockets, decided where the driver hands a frame to the kernel: UDP over IPv4 to the groups
// and ports in `groups`, behind at most two VLAN tags. All else goes on to the kernel, but for frames that
// contradict themselves, which nobody could read.
//
// The limits are those of ingest/src/frame: a frame that is redirected here is read there.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define HTONS(number) __builtin_bswap16(number)

// Numbers of helper functions (enum bpf_func_id in linux/bpf.h).
static void *(*const map_lookup)(void *map, const void *key) = (void *)1;
static long (*const redirect_map)(void *map, __u64 key, __u64 flags) = (void *)51;

enum verdict { REDIRECTED, PASSED, MALFORMED, FRAGMENT, VERDICTS };

// An address and a port, both as they are on the wire. Port 0 stands for any port of a group, and is asked for
// where a fragment has no port.
struct group {
    __u32 address;
    __u16 port;
    __u16 zero;
};

struct {
    int (*type)[BPF_MAP_TYPE_HASH];
    int (*max_entries)[16];
    struct group *key;
    __u32 *value;  // the only sender that is listened to, or 0
} groups SECTION(".maps");

struct {
    int (*type)[BPF_MAP_TYPE_PERCPU_ARRAY];
    int (*max_entries)[VERDICTS];
    __u32 *key;
    __u64 *value;
} verdicts SECTION(".maps");

struct {
    int (*type)[BPF_MAP_TYPE_XSKMAP];
    int (*max_entries)[64];
    __u32 *key;
    __u32 *value;
} sockets SECTION(".maps");

struct tag {
    __be16 control;
    __be16 type;
};

// Each processor has its own counter: nothing to be atomic about.
INLINE void count(__u32 verdict)
{
    __u64 *counter = map_lookup(&verdicts, &verdict);
    if (counter)
        *counter += 1;
}

INLINE int end_as(__u32 verdict)
{
    count(verdict);
    return verdict == MALFORMED ? XDP_DROP : XDP_PASS;
}

INLINE int is_ours(const struct iphdr *ip, __be16 port)
{
    struct group group = {.address = ip->daddr, .port = port};
    const __u32 *source = map_lookup(&groups, &group);
    return source && (*source == 0 || *source == ip->saddr);
}

// What a datagram's header says; a length of 0 where there is no whole header.
struct ports {
    __be16 destination;
    __u16 length;
};

INLINE void read_ports(struct ports *ports, const void *at, const void *end)
{
    const struct udphdr *udp = at;
    if ((void *)(udp + 1) > end)
        return;
    ports->destination = udp->dest;
    ports->length = HTONS(udp->len);
    // Keeps the cases apart, which the compiler would put together again.
    asm volatile("" : "+m"(*ports));
}

SECTION("xdp")
int filter(struct xdp_md *frame)
{
    void *at = (void *)(long)frame->data, *end = (void *)(long)frame->data_end;
    const struct ethhdr *ethernet = at;
    if ((void *)(ethernet + 1) > end)
        return end_as(MALFORMED);
    __be16 type = ethernet->h_proto;
    at = (void *)(ethernet + 1);

#pragma unroll
    for (int tags = 0; tags < 2; tags++) {
        if (type != HTONS(ETH_P_8021Q) && type != HTONS(ETH_P_8021AD) && type != HTONS(0x9100))
            break;
        const struct tag *tag = at;
        if ((void *)(tag + 1) > end)
            return end_as(MALFORMED);
        type = tag->type;
        at = (void *)(tag + 1);
    }
    if (type != HTONS(ETH_P_IP))
        return end_as(PASSED);

    const struct iphdr *ip = at;
    if ((void *)(ip + 1) > end || ip->version != 4)
        return end_as(MALFORMED);
    if (ip->protocol != IPPROTO_UDP)
        return end_as(PASSED);
    if (ip->frag_off & HTONS(0x3fff))
        return end_as(is_ours(ip, 0) ? FRAGMENT : PASSED);
    // Without CAP_PERFMON a packet's pointers can be moved by constants alone: each length of the header is a
    // case of its own. And a length cannot be compared with that of the frame: who reads the frame does that.
    __u32 header = ip->ihl * 4, total = HTONS(ip->tot_len);
    if (header < sizeof(*ip) || total < header + sizeof(struct udphdr))
        return end_as(MALFORMED);
    struct ports ports = {};
#pragma unroll
    for (__u32 bytes = sizeof(*ip); bytes <= 60; bytes += 4)
        if (header == bytes)
            read_ports(&ports, at + bytes, end);
    if (ports.length < sizeof(struct udphdr) || ports.length > total - header)
        return end_as(MALFORMED);
    if (!is_ours(ip, ports.destination))
        return end_as(PASSED);
    count(REDIRECTED);
    // A queue without a socket: the kernel may know what to do.
    return redirect_map(&sockets, frame->rx_queue_index, XDP_PASS);
}

char licence_text[] SECTION("license") = "Dual MIT/GPL";
