// Functions in front of DPDK, for callers that have no C compiler's headers: what is inline there, and what takes
// structures whose layout differs from release to release.
#ifndef WIREBOOK_DPDK_SHIM_H
#define WIREBOOK_DPDK_SHIM_H

#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;

// What a port is asked for, and what it was given (see the functions).
struct wirebook_port {
    uint16_t queues;
    uint16_t descriptors;
    uint16_t mtu;
    uint8_t checksums;
    uint8_t rss;
    uint8_t promiscuous;
    char driver[64];
};

struct wirebook_stats {
    uint64_t packets;
    uint64_t missed;
    uint64_t errors;
    uint64_t no_buffer;
};

// The version that the shim was compiled against, as rte_version() says it of the one that runs.
const char *wirebook_dpdk_built_version(void);
int wirebook_dpdk_errno(void);
const char *wirebook_dpdk_error(int code);

// The first port that is there, or that of a device by its name; negative where there is none.
int wirebook_dpdk_port_first(void);
int wirebook_dpdk_port_named(const char *name);

struct rte_mempool *wirebook_dpdk_pool(const char *name, unsigned frames, uint16_t frame_bytes, int numa_node);

// Configures and starts a port that only receives. Fields of `port` are changed to what was given.
int wirebook_dpdk_start(uint16_t port_id, struct wirebook_port *port, struct rte_mempool *pool);
void wirebook_dpdk_stop(uint16_t port_id);

// Has the port take frames of these hardware addresses (six bytes each), or all multicast where it cannot choose.
// 0: chosen, 1: all multicast, negative: neither.
int wirebook_dpdk_multicast(uint16_t port_id, const uint8_t *addresses, uint32_t count);

uint16_t wirebook_dpdk_receive(uint16_t port_id, uint16_t queue, struct rte_mbuf **frames, uint16_t count);
// Gives frames back that the driver of a port took from its `pool`.
void wirebook_dpdk_free(struct rte_mempool *pool, struct rte_mbuf **frames, unsigned count);

int wirebook_dpdk_stats(uint16_t port_id, struct wirebook_stats *stats);
// Counter number `index` of the driver's own: its name (64 bytes) and value. How many there are; negative where there
// are none.
int wirebook_dpdk_xstat(uint16_t port_id, uint64_t index, char *name, uint64_t *value);
// 1: up, 0: down, negative: unknown. The speed in Mbit/s is put into `speed`.
int wirebook_dpdk_link(uint16_t port_id, uint32_t *speed);

#endif
