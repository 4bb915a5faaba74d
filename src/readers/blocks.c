/*
 * blocks.c - block type numbers and their names; constant tables, any thread.
 */
#include "readers/blocks.h"

#include "readers/source.h"

struct block_row {
	uint32_t type;
	uint32_t private_type;	/* before 22 February 2014; 0: none */
	const char *name;
};

static const struct block_row rows[] = {
	{ BLOCK_SHB, 0, "section header" },
	{ BLOCK_IDB, 0, "interface description" },
	{ BLOCK_PB, 0, "packet (obsolete)" },
	{ BLOCK_SPB, 0, "simple packet" },
	{ BLOCK_NRB, 0, "name resolution" },
	{ BLOCK_ISB, 0, "interface statistics" },
	{ BLOCK_EPB, 0, "enhanced packet" },
	{ BLOCK_JOURNAL, 0, "systemd journal" },
	{ BLOCK_DSB, 0, "decryption secrets" },
	{ BLOCK_CUSTOM, 0, "custom" },
	{ BLOCK_CUSTOM_NOCOPY, 0, "custom (not to be copied)" },
	{ BLOCK_PKTAP_PROCESS, 0, "process (pktap)" },
	{ BLOCK_MACHINE, 0x8002ABCD, "machine info" },
	{ BLOCK_PROC_V1, 0x8000ABCD, "process list V1" },
	{ BLOCK_FDS_V1, 0x8001ABCD, "fd list V1" },
	{ BLOCK_EVENT_V1, 0x8010ABCD, "event V1" },
	{ BLOCK_IFACES_V1, 0x8011ABCD, "interface list V1" },
	{ BLOCK_USERS_V1, 0x8012ABCD, "user list V1" },
	{ BLOCK_PROC_V2, 0x8013ABCD, "process list V2" },
	{ BLOCK_EVENT_V1_FLAGS, 0, "event V1 with flags" },
	{ BLOCK_PROC_V3, 0x8014ABCD, "process list V3" },
	{ BLOCK_PROC_V4, 0, "process list V4" },
	{ BLOCK_PROC_V5, 0, "process list V5" },
	{ BLOCK_PROC_V6, 0, "process list V6" },
	{ BLOCK_PROC_V7, 0, "process list V7" },
	{ BLOCK_PROC_V8, 0, "process list V8" },
	{ BLOCK_PROC_V9, 0, "process list V9" },
	{ BLOCK_EVENT, 0, "event V2" },
	{ BLOCK_EVENT_FLAGS, 0, "event V2 with flags" },
	{ BLOCK_FDS, 0, "fd list V2" },
	{ BLOCK_IFACES, 0, "interface list V2" },
	{ BLOCK_USERS, 0, "user list V2" },
	{ BLOCK_EVENT_LARGE, 0, "event V2 large" },
	{ BLOCK_EVENT_LARGE_FLAGS, 0, "event V2 large with flags" },
};

static const struct block_row *find_row(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].type == type || (rows[i].private_type != 0 && rows[i].private_type == type)) {
			return &rows[i];
		}
	}
	return NULL;
}

uint32_t block_type_public(uint32_t type)
{
	const struct block_row *row;

	if (LIKELY((type >> 31) == 0)) {
		return type;
	}
	row = find_row(type);
	return row != NULL ? row->type : type;
}

bool block_type_known(uint32_t type)
{
	return find_row(type) != NULL;
}

const char *block_type_name(uint32_t type)
{
	const struct block_row *row = find_row(type);

	if (type == BLOCK_OTHERS) {
		return "all other types";
	}
	return row != NULL ? row->name : "unknown";
}
