/*
 * narrow.c - see narrow.h. Two walks over the blocks: whose child is whose, then what stays. Main thread.
 */
#include "capture/narrow.h"

#include "base/cursor.h"
#include "base/map.h"

enum { BLOCK_THREADS = 0x215, BLOCK_FDS = 0x218, BLOCK_HEAD = 8, BLOCK_TAIL = 4 };
/* From a process to the one whose tree is recorded; more is a loop. */
#define ANCESTORS_MAX 1024

/* The head of an entry of a process list. */
struct entry {
	uint32_t len;
	uint64_t tid, pid, parent;
};

/* False: no more entries. */
static bool next_entry(struct cursor *c, struct entry *ret_e, const uint8_t **ret_bytes)
{
	struct cursor one;

	if (c->left < 4 || load_le32(c->p) < 28) {
		return false;
	}
	*ret_bytes = c->p;
	ret_e->len = load_le32(c->p);
	one = cur_sub(c, ret_e->len);
	cur_skip(&one, 4);
	ret_e->tid = cur_le64(&one);
	ret_e->pid = cur_le64(&one);
	ret_e->parent = cur_le64(&one);
	return !one.bad;
}

/* The body of the next block; false: no more. */
static bool next_block(struct cursor *c, uint32_t *ret_type, struct cursor *ret_body)
{
	uint32_t total;

	if (c->left < BLOCK_HEAD + BLOCK_TAIL) {
		return false;
	}
	*ret_type = load_le32(c->p);
	total = load_le32(c->p + 4);
	if (total < BLOCK_HEAD + BLOCK_TAIL || total > c->left) {
		return false;
	}
	*ret_body = cur_sub(c, total);
	cur_skip(ret_body, BLOCK_HEAD);
	ret_body->left -= BLOCK_TAIL;
	return true;
}

/* parents: of each process its parent, plus 1. processes: of each thread its process, plus 1. */
static int note_families(struct cursor c, struct map *parents, struct map *processes)
{
	struct cursor body;
	uint32_t type;
	int rc = 0;

	while (rc == 0 && next_block(&c, &type, &body)) {
		const uint8_t *bytes;
		struct entry t;

		while (rc == 0 && type == BLOCK_THREADS && next_entry(&body, &t, &bytes)) {
			rc = map_set(processes, t.tid, (uintptr_t)t.pid + 1);
			if (rc == 0 && t.tid == t.pid) {
				rc = map_set(parents, t.pid, (uintptr_t)t.parent + 1);
			}
		}
	}
	return rc;
}

struct families {
	struct map parents, processes;
	const int32_t *roots;
	uint32_t root_count;
};

static bool stays(const struct families *f, uint64_t tid)
{
	uintptr_t pid = map_get(&f->processes, tid);

	for (unsigned int i = 0; pid > 1 && i < ANCESTORS_MAX; i++) {
		for (uint32_t k = 0; k < f->root_count; k++) {
			if ((uint64_t)f->roots[k] == pid - 1) {
				return true;
			}
		}
		pid = map_get(&f->parents, pid - 1);
	}
	return false;
}

static void end_block(struct buf *out, size_t at)
{
	static const char zeros[4];
	uint32_t total;

	buf_add(out, zeros, (4 - (out->len - at) % 4) % 4);
	total = (uint32_t)(out->len - at) + BLOCK_TAIL;
	buf_add(out, &total, sizeof(total));
	if (!out->failed) {
		memcpy(out->data + at + 4, &total, sizeof(total));
	}
}

static void copy_threads(const struct families *f, struct cursor body, const uint8_t *head, struct buf *out)
{
	size_t at = out->len;
	const uint8_t *bytes;
	struct entry t;

	buf_add(out, head, BLOCK_HEAD);
	while (next_entry(&body, &t, &bytes)) {
		if (stays(f, t.tid)) {
			buf_add(out, bytes, t.len);
		}
	}
	if (!out->failed && out->len == at + BLOCK_HEAD) {
		out->len = at; /* a list without entries is left out */
		return;
	}
	end_block(out, at);
}

static int copy_blocks(const struct families *f, struct cursor c, struct buf *out)
{
	const uint8_t *head = c.p;
	struct cursor body;
	uint32_t type;

	for (; next_block(&c, &type, &body); head = c.p) {
		if (type == BLOCK_THREADS) {
			copy_threads(f, body, head, out);
		} else if (type != BLOCK_FDS || (body.left >= 8 && stays(f, load_le64(body.p)))) {
			buf_add(out, head, load_le32(head + 4));
		}
	}
	return out->failed ? ERR_NOMEM : 0;
}

int narrow_blocks(struct buf *blocks, size_t at, const int32_t *roots, uint32_t root_count, struct err *e)
{
	struct families f = { .roots = roots, .root_count = root_count };
	struct cursor c;
	struct buf out;
	int rc;

	if (blocks->failed || blocks->len == at) {
		return 0;
	}
	c = cur_make(blocks->data + at, blocks->len - at);
	map_init(&f.parents);
	map_init(&f.processes);
	buf_init(&out, blocks->max);
	rc = note_families(c, &f.parents, &f.processes);
	rc = rc == 0 ? copy_blocks(&f, c, &out) : rc;
	if (rc == 0) {
		blocks->len = at;
		buf_add(blocks, out.data, out.len);
	}
	buf_release(&out);
	map_release(&f.parents);
	map_release(&f.processes);
	return rc == 0 ? 0 : err_nomem(e, "the lists of processes");
}
