/*
 * rows.c - see rows.h.
 */
#include "net/rows.h"

/* Small: a section with few packets has one of each list in every shard. */
#define ROWS_CHUNK 32
/* So many chunks have memory of their own; those of long lists lie in the arena. */
#define CHUNKS_APART 32

void rows_init(struct rows *r, size_t row_bytes, size_t max)
{
	memset(r, 0, sizeof(*r));
	arena_init(&r->arena);
	r->row_bytes = row_bytes;
	r->max = max;
}

void rows_release(struct rows *r)
{
	for (size_t i = 0; i < r->chunk_count && i < CHUNKS_APART; i++) {
		free(r->chunks[i]);
	}
	free(r->chunks);
	arena_release(&r->arena);
	rows_init(r, r->row_bytes, r->max);
}

static int add_chunk(struct rows *r)
{
	if (r->chunk_count == r->chunk_cap) {
		size_t cap = r->chunk_cap == 0 ? 8 : r->chunk_cap * 2;
		void **grown = realloc(r->chunks, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		r->chunks = grown;
		r->chunk_cap = cap;
	}
	r->chunks[r->chunk_count] = r->chunk_count < CHUNKS_APART ? malloc(ROWS_CHUNK * r->row_bytes) :
								    arena_alloc(&r->arena, ROWS_CHUNK * r->row_bytes);
	if (r->chunks[r->chunk_count] == NULL) {
		return ERR_NOMEM;
	}
	r->chunk_count++;
	return 0;
}

int rows_add(struct rows *r, void **ret_row)
{
	if (r->count >= r->max) {
		r->dropped++;
		*ret_row = NULL;
		return 0;
	}
	if (r->count == r->chunk_count * ROWS_CHUNK && add_chunk(r) != 0) {
		return ERR_NOMEM;
	}
	*ret_row = rows_at(r, r->count++);
	memset(*ret_row, 0, r->row_bytes);
	return 0;
}

void *rows_at(const struct rows *r, size_t i)
{
	return (uint8_t *)r->chunks[i / ROWS_CHUNK] + i % ROWS_CHUNK * r->row_bytes;
}
