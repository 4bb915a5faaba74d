/*
 * packet_names.c - name resolution blocks: which names the capture's writer had for addresses. In order, one thread.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "net/packet_meta_internal.h"

void packet_names_release(struct packet_names *n)
{
	free(n->names);
	map_release(&n->known);
	memset(n, 0, sizeof(*n));
	map_init(&n->known);
}

/* Two pairs of one hash would keep the first: of 64 bits, placed by a seed. */
static int add_name(struct packet_names *n, const uint8_t *addr, const struct text *name)
{
	uint64_t hash = hash_bytes(n->known.seed, addr, 16) + map_hash((uintptr_t)name);

	if (map_get(&n->known, hash) != 0 || n->count == LIMIT_ADDRESS_NAMES) {
		return 0;
	}
	if (n->count == n->cap) {
		uint32_t cap = n->cap == 0 ? 64 : n->cap * 2;
		struct address_name *grown = realloc(n->names, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		n->names = grown;
		n->cap = cap;
	}
	if (map_set(&n->known, hash, (uintptr_t)n->count + 1) != 0) {
		return ERR_NOMEM;
	}
	memcpy(n->names[n->count].addr, addr, 16);
	n->names[n->count].name = name;
	n->count++;
	return 0;
}

/* The names of one record: each ends with a NUL, the last maybe without. */
static int add_names(struct packet_names *n, struct intern *texts, const uint8_t *addr, struct cursor *record)
{
	int rc = 0;

	while (record->left > 0 && rc == 0) {
		const uint8_t *end = memchr(record->p, '\0', record->left);
		size_t len = end != NULL ? (size_t)(end - record->p) : record->left;
		const struct text *name = NULL;

		rc = packet_meta_text(texts, record->p, len, &name);
		if (rc == 0 && name != NULL) {
			rc = add_name(n, addr, name);
		}
		cur_skip(record, end != NULL ? len + 1 : len);
	}
	return rc;
}

int packet_names_add_block(struct packet_names *n, struct intern *texts, const uint8_t *body, uint32_t len, bool be)
{
	enum { RECORD_IP4 = 1, RECORD_IP6 = 2 };
	struct cursor c = cur_make(body, len);
	struct cur_option record;
	int rc = 0;

	while (rc == 0 && cur_option(&c, be, &record)) {
		uint8_t addr[16] = { [10] = 0xFF, [11] = 0xFF };
		size_t size = record.code == RECORD_IP4 ? 4 : 16;
		const uint8_t *p;

		if (record.code != RECORD_IP4 && record.code != RECORD_IP6) {	/* hardware addresses */
			continue;
		}
		p = cur_take(&record.value, size);
		if (p == NULL) {
			break;
		}
		memcpy(addr + 16 - size, p, size);
		n->records++;
		rc = add_names(n, texts, addr, &record.value);
	}
	return rc;
}
