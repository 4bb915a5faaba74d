/*
 * packet_meta.h - what other tools wrote beside the packets: processes, names, secrets.
 *
 * Processes: EPB option 8 epb_processid_threadid (draft-ietf-opsawg-pcapng), Wireshark's process information entries in
 * custom blocks (PEN 32622, entry type 3), comments as ptcpdump writes them, Apple's pktap (block 0x80000001 and EPB
 * options 32769 and 32771). Claims of the capture's writer, shown beside what the join finds and never mixed with it.
 *
 * A packet is about blocks that stand before it in the file. Of several claims in one packet the first that names a pid
 * counts (option, comment, pktap); others about the same pid add what it lacks. Comments may name a container without a
 * pid.
 */
#ifndef NET_PACKET_META_H
#define NET_PACKET_META_H

#include "base/intern.h"
#include "readers/batch.h"

/* Where the pid comes from. FROM_BLOCK: from option 8, with a block that describes the process. */
enum process_origin { FROM_OPTION, FROM_BLOCK, FROM_COMMENT, FROM_PKTAP };

struct packet_process {
	uint32_t pid, tid;		/* 0 unknown */
	uint32_t ppid, uid;		/* UINT32_MAX unknown */
	uint8_t origin;			/* enum process_origin */
	uint64_t start_ns;		/* of the process, 0 unknown */
	const struct text *name, *path, *cmdline;	/* NULL unknown */
	const struct text *container, *container_id, *pod, *namespace_;
};

/* Secrets of decryption-secrets blocks: only which client randoms they are for. */
struct net_keys;
bool net_keys_has(const struct net_keys *k, const uint8_t client_random[32]);

/* A name of an address, by a name resolution block. */
struct address_name {
	uint8_t addr[16];		/* IPv4 as ::ffff:a.b.c.d */
	const struct text *name;
};

#endif
