/*
 * packets.c - flows of one section: made with its first packets, fed shard by shard, finished after its last
 * batch. Which thread does what is pipeline.c's business.
 */
#include "engine/engine_internal.h"

#include "net/net.h"
#include "readers/blocks.h"

/* A capture of syscalls alone needs no flows: its lists are for the state. */
static bool speaks_of_packets(const struct batch *b)
{
	for (uint32_t i = 0; i < b->meta_count; i++) {
		switch (b->metas[i].type) {
		case BLOCK_NRB:
		case BLOCK_DSB:
		case BLOCK_CUSTOM:
		case BLOCK_CUSTOM_NOCOPY:
		case BLOCK_PKTAP_PROCESS:
			return true;
		default:
			break;
		}
	}
	return b->packet_count > 0;
}

int packets_fold(struct engine *en, struct batch *b, struct err *e)
{
	struct section *sec = b->section;
	struct net_options opt = { en->ndpi, true };
	int rc = 0;

	if (sec->net == NULL) {
		if (!speaks_of_packets(b)) {
			return 0;
		}
		rc = net_new(sec, &opt, &sec->net, e);
	}
	return rc == 0 ? net_fold(sec->net, b, e) : rc;
}

uint32_t packets_shards(const struct batch *b)
{
	uint32_t shards = 0;

	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		if (b->shard_start[i] < b->shard_start[i + 1]) {
			shards |= 1u << i;
		}
	}
	return shards;
}

int packets_track(struct batch *b, uint32_t shards)
{
	int rc = 0;

	for (unsigned int i = 0; i < BATCH_SHARDS && rc == 0; i++) {
		if ((shards & 1u << i) != 0) {
			rc = net_track(b->section->net, i, b);
		}
	}
	return rc;
}

uint32_t packets_unfinished(const struct section *sec)
{
	return sec->net != NULL ? UINT32_MAX >> (32 - BATCH_SHARDS) : 0;
}

int packets_finish(struct section *sec, uint32_t shards)
{
	int rc = 0;

	for (unsigned int i = 0; i < BATCH_SHARDS && rc == 0; i++) {
		if ((shards & 1u << i) != 0) {
			rc = net_finish(sec->net, i);
		}
	}
	return rc;
}

int packets_freeze(struct section *sec)
{
	return net_freeze(sec->net);
}
