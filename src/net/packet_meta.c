/*
 * packet_meta.c - what capture tools wrote beside packets: walks the metadata blocks of a batch and the options of its
 * packets in the order of the file and hands them to packet_keys.c, packet_names.c and packet_process.c. Fills
 * batch->packet_processes. In order, one thread at a time.
 */
#include "net/packet_meta_internal.h"

#include <stdlib.h>

#include "base/err.h"
#include "net/net_internal.h"
#include "readers/blocks.h"

enum { PEN_WIRESHARK = 32622 };

struct packet_meta {
	struct intern texts;
	struct net_keys keys;
	struct packet_names names;
	struct packet_processes processes;
};

int packet_meta_new(struct packet_meta **ret_m)
{
	struct packet_meta *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		return ERR_NOMEM;
	}
	intern_init(&m->texts, LIMIT_NET_TEXT_BYTES / BATCH_SHARDS);	/* as much as each shard has */
	map_init(&m->names.known);
	map_init(&m->processes.known);
	map_init(&m->processes.by_pid);
	map_init(&m->processes.memo);
	arena_init(&m->processes.arena);
	*ret_m = m;
	return 0;
}

void packet_meta_free(struct packet_meta *m)
{
	if (m == NULL) {
		return;
	}
	packet_processes_release(&m->processes);
	packet_names_release(&m->names);
	net_keys_release(&m->keys);
	intern_release(&m->texts);
	free(m);
}

int packet_meta_text(struct intern *texts, const void *p, size_t len, const struct text **ret_text)
{
	if (len == 0) {
		*ret_text = NULL;
		return 0;
	}
	return intern_get(texts, p, len < LIMIT_NET_TEXT ? len : LIMIT_NET_TEXT, ret_text);
}

static int read_custom(struct packet_meta *m, const struct meta_block *block, bool be)
{
	struct cursor c = cur_make(block->body, block->body_len);

	if (cur_u32(&c, be) != PEN_WIRESHARK) {
		return 0;
	}
	return packet_processes_add_block(&m->processes, &m->texts, c.p, (uint32_t)c.left);
}

static int read_block(struct packet_meta *m, const struct meta_block *block, bool be)
{
	switch (block->type) {
	case BLOCK_NRB:
		return packet_names_add_block(&m->names, &m->texts, block->body, block->body_len, be);
	case BLOCK_DSB:
		return net_keys_add_block(&m->keys, block->body, block->body_len, be);
	case BLOCK_CUSTOM:
	case BLOCK_CUSTOM_NOCOPY:
		return read_custom(m, block, be);
	case BLOCK_PKTAP_PROCESS:
		return packet_processes_add_pktap(&m->processes, &m->texts, block->body, block->body_len, be);
	default:
		return 0;
	}
}

static int set_process(struct batch *b, uint32_t packet, const struct packet_process *p)
{
	if (b->packet_processes == NULL) {
		size_t size = b->packet_count * sizeof(*b->packet_processes);

		b->packet_processes = arena_alloc(&b->arena, size);
		if (b->packet_processes == NULL) {
			return ERR_NOMEM;
		}
		memset(b->packet_processes, 0, size);
	}
	b->packet_processes[packet] = p;
	return 0;
}

int packet_meta_fold(struct packet_meta *m, struct batch *b)
{
	bool be = b->section->big_endian;
	uint32_t block = 0;
	int rc = 0;

	for (uint32_t i = 0; i < b->packet_count && rc == 0; i++) {
		const struct packet *p = &b->packets[i];
		const struct packet_process *process = NULL;

		if (LIKELY(p->options == NULL)) {
			continue;
		}
		/* A packet can only be about blocks before it: so that the cut between batches changes nothing. */
		while (block < b->meta_count && b->metas[block].block_off < p->block_off && rc == 0) {
			rc = read_block(m, &b->metas[block++], be);
		}
		if (rc == 0) {
			rc = packet_processes_of(&m->processes, &m->texts, p, be, &process);
		}
		if (rc == 0 && process != NULL) {
			rc = set_process(b, i, process);
		}
	}
	while (block < b->meta_count && rc == 0) {
		rc = read_block(m, &b->metas[block++], be);
	}
	return rc;
}

const struct net_keys *packet_meta_keys(const struct packet_meta *m)
{
	return &m->keys;
}

const struct address_name *packet_meta_names(const struct packet_meta *m, size_t *ret_count)
{
	*ret_count = m->names.count;
	return m->names.names;
}

void packet_meta_quality(const struct packet_meta *m, struct net_quality *q)
{
	q->secrets += m->keys.secrets;
	q->names += m->names.records;
}
