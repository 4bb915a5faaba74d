/*
 * blocks.h - block types of pcapng and scap files and the byte layout of their fixed parts.
 */
#ifndef READERS_BLOCKS_H
#define READERS_BLOCKS_H

#include "base/base.h"

#define BLOCK_MIN_BYTES 12u
#define BYTE_ORDER_MAGIC 0x1A2B3C4Du

enum block_type {
	BLOCK_SHB = 0x0A0D0D0A,
	BLOCK_IDB = 0x1, BLOCK_PB = 0x2, BLOCK_SPB = 0x3, BLOCK_NRB = 0x4, BLOCK_ISB = 0x5,
	BLOCK_EPB = 0x6, BLOCK_JOURNAL = 0x9, BLOCK_DSB = 0xA, BLOCK_CUSTOM = 0xBAD,
	BLOCK_CUSTOM_NOCOPY = 0x40000BAD,
	BLOCK_MACHINE = 0x201, BLOCK_PROC_V1 = 0x202, BLOCK_FDS_V1 = 0x203, BLOCK_EVENT_V1 = 0x204,
	BLOCK_IFACES_V1 = 0x205, BLOCK_USERS_V1 = 0x206, BLOCK_PROC_V2 = 0x207,
	BLOCK_EVENT_V1_FLAGS = 0x208, BLOCK_PROC_V3 = 0x209, BLOCK_PROC_V4 = 0x210,
	BLOCK_PROC_V5 = 0x211, BLOCK_PROC_V6 = 0x212, BLOCK_PROC_V7 = 0x213, BLOCK_PROC_V8 = 0x214,
	BLOCK_PROC_V9 = 0x215, BLOCK_EVENT = 0x216, BLOCK_EVENT_FLAGS = 0x217, BLOCK_FDS = 0x218,
	BLOCK_IFACES = 0x219, BLOCK_USERS = 0x220, BLOCK_EVENT_LARGE = 0x221,
	BLOCK_EVENT_LARGE_FLAGS = 0x222,
};

/* Apple's: a process that packets name; beyond the range of int. */
#define BLOCK_PKTAP_PROCESS 0x80000001u

/* The private numbers of before the first public release, mapped; others as they are. */
uint32_t block_type_public(uint32_t type);

/* True for a number this program has a name for: what resynchronisation looks for. */
bool block_type_known(uint32_t type);

static inline bool block_is_event(uint32_t type)
{
	return type == BLOCK_EVENT || type == BLOCK_EVENT_FLAGS || type == BLOCK_EVENT_LARGE ||
	       type == BLOCK_EVENT_LARGE_FLAGS || type == BLOCK_EVENT_V1 || type == BLOCK_EVENT_V1_FLAGS;
}

/* Metadata of a scap file: machine, processes, fds, interfaces, users. */
static inline bool block_is_scap_meta(uint32_t type)
{
	return type >= BLOCK_MACHINE && type <= BLOCK_USERS && !block_is_event(type);
}

#endif
