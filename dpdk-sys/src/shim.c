#include "shim.h"

#include <stddef.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_version.h>

// The layout that src/lib.rs reads; it says the same of its own structure.
_Static_assert(sizeof(struct rte_mbuf) == 128, "size of rte_mbuf");
_Static_assert(offsetof(struct rte_mbuf, buf_addr) == 0, "buf_addr");
_Static_assert(offsetof(struct rte_mbuf, data_off) == 16, "data_off");
_Static_assert(offsetof(struct rte_mbuf, nb_segs) == 20, "nb_segs");
_Static_assert(offsetof(struct rte_mbuf, ol_flags) == 24, "ol_flags");
_Static_assert(offsetof(struct rte_mbuf, pkt_len) == 36, "pkt_len");
_Static_assert(offsetof(struct rte_mbuf, data_len) == 40, "data_len");
_Static_assert(RTE_MBUF_F_RX_L4_CKSUM_MASK == ((1ULL << 3) | (1ULL << 8)), "checksum of datagrams");
_Static_assert(RTE_MBUF_F_RX_L4_CKSUM_BAD == (1ULL << 3), "bad checksum of a datagram");
_Static_assert(RTE_MBUF_F_RX_IP_CKSUM_MASK == ((1ULL << 4) | (1ULL << 7)), "checksum of IP headers");
_Static_assert(RTE_MBUF_F_RX_IP_CKSUM_BAD == (1ULL << 4), "bad checksum of an IP header");
_Static_assert(RTE_ETH_XSTATS_NAME_SIZE == 64, "name of a counter");
_Static_assert(sizeof(struct rte_ether_addr) == 6, "hardware address");

const char *wirebook_dpdk_built_version(void)
{
    // What rte_version() puts together of the same parts.
    static char text[64];
    if (strlen(RTE_VER_SUFFIX) == 0)
        snprintf(text, sizeof(text), "%s %d.%02d.%d", RTE_VER_PREFIX, RTE_VER_YEAR, RTE_VER_MONTH, RTE_VER_MINOR);
    else
        snprintf(text, sizeof(text), "%s %d.%02d.%d%s%d", RTE_VER_PREFIX, RTE_VER_YEAR, RTE_VER_MONTH,
                 RTE_VER_MINOR, RTE_VER_SUFFIX, RTE_VER_RELEASE);
    return text;
}

int wirebook_dpdk_errno(void)
{
    return rte_errno;
}

const char *wirebook_dpdk_error(int code)
{
    return rte_strerror(code < 0 ? -code : code);
}

int wirebook_dpdk_port_first(void)
{
    uint16_t port;
    RTE_ETH_FOREACH_DEV(port)
        return port;
    return -1;
}

int wirebook_dpdk_port_named(const char *name)
{
    uint16_t port;
    return rte_eth_dev_get_port_by_name(name, &port) == 0 ? port : -1;
}

struct rte_mempool *wirebook_dpdk_pool(const char *name, unsigned frames, uint16_t frame_bytes, int numa_node)
{
    const unsigned cache = frames >= 1024 ? 256 : 0;
    return rte_pktmbuf_pool_create(name, frames, cache, 0, frame_bytes + RTE_PKTMBUF_HEADROOM, numa_node);
}

static int configure(uint16_t port_id, struct wirebook_port *port, struct rte_eth_dev_info *info)
{
    struct rte_eth_conf conf;
    memset(&conf, 0, sizeof(conf));
    const uint64_t checksums = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
    conf.rxmode.offloads = info->rx_offload_capa & checksums;
    port->checksums = conf.rxmode.offloads == checksums;
    if (port->queues > info->max_rx_queues)
        port->queues = info->max_rx_queues;
    port->rss = 0;
    if (port->queues > 1) {
        const uint64_t spread = info->flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
        if (spread != 0) {
            conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
            conf.rx_adv_conf.rss_conf.rss_hf = spread;
            port->rss = 1;
        }
    }
    // Some drivers want as many queues to send by; none of them is used.
    const uint16_t sending = port->queues < info->max_tx_queues ? port->queues : info->max_tx_queues;
    int status = rte_eth_dev_configure(port_id, port->queues, sending, &conf);
    if (status == 0 && port->mtu > 1500 && rte_eth_dev_set_mtu(port_id, port->mtu) != 0)
        rte_eth_dev_get_mtu(port_id, &port->mtu);
    return status;
}

int wirebook_dpdk_start(uint16_t port_id, struct wirebook_port *port, struct rte_mempool *pool)
{
    struct rte_eth_dev_info info;
    int status = rte_eth_dev_info_get(port_id, &info);
    if (status != 0)
        return status;
    memset(port->driver, 0, sizeof(port->driver));
    strncpy(port->driver, info.driver_name, sizeof(port->driver) - 1);
    status = configure(port_id, port, &info);
    if (status != 0)
        return status;
    uint16_t sending = 64;
    status = rte_eth_dev_adjust_nb_rx_tx_desc(port_id, &port->descriptors, &sending);
    if (status != 0)
        return status;
    const unsigned node = rte_eth_dev_socket_id(port_id);
    struct rte_eth_dev_info now;
    rte_eth_dev_info_get(port_id, &now);
    for (uint16_t queue = 0; queue < port->queues; queue++) {
        status = rte_eth_rx_queue_setup(port_id, queue, port->descriptors, node, NULL, pool);
        if (status == 0 && queue < now.nb_tx_queues)
            status = rte_eth_tx_queue_setup(port_id, queue, sending, node, NULL);
        if (status != 0)
            return status;
    }
    status = rte_eth_dev_start(port_id);
    if (status == 0 && port->promiscuous)
        port->promiscuous = rte_eth_promiscuous_enable(port_id) == 0;
    return status;
}

void wirebook_dpdk_stop(uint16_t port_id)
{
    rte_eth_dev_stop(port_id);
    rte_eth_dev_close(port_id);
}

int wirebook_dpdk_multicast(uint16_t port_id, const uint8_t *addresses, uint32_t count)
{
    struct rte_ether_addr list[16];
    if (count > RTE_DIM(list))
        return -1;
    memcpy(list, addresses, count * sizeof(list[0]));
    if (rte_eth_dev_set_mc_addr_list(port_id, list, count) == 0)
        return 0;
    return rte_eth_allmulticast_enable(port_id) == 0 ? 1 : -1;
}

uint16_t wirebook_dpdk_receive(uint16_t port_id, uint16_t queue, struct rte_mbuf **frames, uint16_t count)
{
    return rte_eth_rx_burst(port_id, queue, frames, count);
}

void wirebook_dpdk_free(struct rte_mempool *pool, struct rte_mbuf **frames, unsigned count)
{
    // What rte_pktmbuf_free_bulk() finds out of each frame in turn, and restores: nothing where all are as they were
    // when the driver took them from the pool.
    unsigned is_plain = 1;
    for (unsigned i = 0; i < count; i++) {
        const struct rte_mbuf *frame = frames[i];
        is_plain &= (frame->pool == pool) & (frame->nb_segs == 1) & (rte_mbuf_refcnt_read(frame) == 1)
                  & ((frame->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)) == 0);
    }
    if (is_plain)
        rte_mempool_put_bulk(pool, (void **)frames, count);
    else
        rte_pktmbuf_free_bulk(frames, count);
}

int wirebook_dpdk_stats(uint16_t port_id, struct wirebook_stats *out)
{
    struct rte_eth_stats stats;
    int status = rte_eth_stats_get(port_id, &stats);
    if (status == 0) {
        out->packets = stats.ipackets;
        out->missed = stats.imissed;
        out->errors = stats.ierrors;
        out->no_buffer = stats.rx_nombuf;
    }
    return status;
}

int wirebook_dpdk_xstat(uint16_t port_id, uint64_t index, char *name, uint64_t *value)
{
    int count = rte_eth_xstats_get_names(port_id, NULL, 0);
    if (count <= 0 || index >= (uint64_t)count)
        return count;
    struct rte_eth_xstat_name named;
    if (rte_eth_xstats_get_names_by_id(port_id, &named, 1, &index) != 1
        || rte_eth_xstats_get_by_id(port_id, &index, value, 1) != 1)
        return -1;
    memcpy(name, named.name, RTE_ETH_XSTATS_NAME_SIZE);
    return count;
}

int wirebook_dpdk_link(uint16_t port_id, uint32_t *speed)
{
    struct rte_eth_link link;
    if (rte_eth_link_get_nowait(port_id, &link) != 0)
        return -1;
    *speed = link.link_speed;
    return link.link_status == RTE_ETH_LINK_UP;
}
