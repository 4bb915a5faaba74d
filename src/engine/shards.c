/*
 * shards.c - what is followed in order within a key, side by side over keys: flows of packets (shards 0 to
 * BATCH_SHARDS - 1, by flow) and sockets of syscalls (the same number of shards above, by process). Made with the first
 * batch that needs them, fed shard by shard, finished after the section's last batch. Which thread does what is
 * pipeline.c's business.
 */
#include "engine/engine_internal.h"

#include "join/sock.h"
#include "net/net.h"
#include "readers/blocks.h"

#define FLOW_SHARDS (UINT32_MAX >> (32 - BATCH_SHARDS))
#define SOCK_SHARDS (FLOW_SHARDS << BATCH_SHARDS)

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

static int fold_flows(struct engine *en, struct batch *b, struct err *e)
{
	struct section *sec = b->section;
	struct net_options opt;
	int rc = 0;

	if (sec->net == NULL) {
		if (!speaks_of_packets(b)) {
			return 0;
		}
		memset(&opt, 0, sizeof(opt));
		opt.ndpi = en->ndpi;
		opt.content = true;
		opt.knots = en->join;
		rc = net_new(sec, &opt, &sec->net, e);
	}
	return rc == 0 ? net_fold(sec->net, b, e) : rc;
}

int shards_fold(struct engine *en, struct batch *b, struct err *e)
{
	int rc = 0;

	if (en->join && b->section->socks == NULL && b->section->state != NULL) {
		rc = socks_new(b->section, &b->section->socks, e);
	}
	return rc == 0 && en->follow ? fold_flows(en, b, e) : rc;
}

bool shards_must_sort(const struct batch *b)
{
	return b->section->socks != NULL && b->event_count > 0;
}

int shards_sort(struct batch *b)
{
	return socks_sort(b);
}

uint32_t shards_todo(const struct batch *b)
{
	uint32_t todo = 0;

	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		if (b->section->net != NULL && b->shard_start[i] < b->shard_start[i + 1]) {
			todo |= 1u << i;
		}
		if (b->section->socks != NULL && b->event_shard_start[i] < b->event_shard_start[i + 1]) {
			todo |= 1u << (BATCH_SHARDS + i);
		}
	}
	return todo;
}

int shards_track(struct batch *b, uint32_t shards)
{
	int rc = 0;

	for (unsigned int i = 0; i < BATCH_SHARDS && rc == 0; i++) {
		if ((shards & 1u << i) != 0) {
			rc = net_track(b->section->net, i, b);
		}
		if (rc == 0 && (shards & 1u << (BATCH_SHARDS + i)) != 0) {
			rc = socks_collect(b->section->socks, i, b);
		}
	}
	return rc;
}

uint32_t shards_unfinished(const struct section *sec)
{
	return (sec->net != NULL ? FLOW_SHARDS : 0) | (sec->socks != NULL ? SOCK_SHARDS : 0);
}

int shards_finish(struct section *sec, uint32_t shards)
{
	int rc = 0;

	for (unsigned int i = 0; i < BATCH_SHARDS && rc == 0; i++) {
		if ((shards & 1u << i) != 0) {
			rc = net_finish(sec->net, i);
		}
		if (rc == 0 && (shards & 1u << (BATCH_SHARDS + i)) != 0) {
			rc = socks_finish(sec->socks, i);
		}
	}
	return rc;
}

int shards_freeze(struct section *sec)
{
	int rc = sec->net != NULL ? net_freeze(sec->net) : 0;

	return rc == 0 && sec->socks != NULL ? socks_freeze(sec->socks) : rc;
}
