/*
 * packet_process.c - the process that a capture's writer says a packet belongs to: from the options of the packet,
 * alone or with a block that describes the process. Equal claims share one struct packet_process. In order, one thread.
 *
 * Of several sources in one packet the first that names a pid counts: option 8 (with the process information block of
 * that pid whose start is the latest not after the packet), a comment, Apple's index into its blocks. Others about the
 * same pid add what was not known yet.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "net/packet_meta_internal.h"

/* Processes of one pid that are told apart: more than a capture can see of a pid being used again. */
#define GENERATIONS_MAX 256
/* Distinct options whose meaning is remembered: a host has far fewer processes. */
#define MEMO_MAX 65536u

enum { OPTION_COMMENT = 1, OPTION_PROCESS = 8, OPTION_PKTAP = 32769, OPTION_PKTAP_EFFECTIVE = 32771 };

/* A process information block. */
struct generation {
	uint64_t start_ns;
	uint32_t ppid, uid;
	const struct text *name, *path, *cmdline;
};

struct pid_blocks {
	struct generation *by_start;	/* owns */
	uint32_t count, cap;
};

struct known_process {
	struct packet_process p;
	const struct known_process *same;	/* another content of the same hash */
};

void packet_processes_release(struct packet_processes *s)
{
	const struct map_slot *slot;
	size_t pos = 0;

	while ((slot = map_next(&s->by_pid, &pos)) != NULL) {
		struct pid_blocks *blocks = (struct pid_blocks *)slot->value;

		free(blocks->by_start);
		free(blocks);
	}
	map_release(&s->by_pid);
	map_release(&s->known);
	map_release(&s->memo);
	arena_release(&s->arena);
	free(s->pktap);
	s->pktap = NULL;
	s->pktap_count = s->pktap_cap = 0;
}

/* ---- process information blocks ------------------------------------------------------------------------- */

/* Arguments as the kernel keeps them end with a NUL each: blanks between them, none at the end. */
static int set_cmdline(struct packet_processes *s, struct intern *texts, const uint8_t *p, size_t len,
		       const struct text **ret_text)
{
	len = len < sizeof(s->scratch) ? len : sizeof(s->scratch);
	while (len > 0 && p[len - 1] == '\0') {
		len--;
	}
	for (size_t i = 0; i < len; i++) {
		s->scratch[i] = p[i] != '\0' ? (char)p[i] : ' ';
	}
	return packet_meta_text(texts, s->scratch, len, ret_text);
}

static int read_block_option(struct packet_processes *s, struct intern *texts, uint16_t code, struct cursor *value,
			     struct generation *io_g)
{
	enum { NAME = 2, PATH = 3, CMDLINE = 4, PPID = 5, UID = 6, START = 9 };

	switch (code) {
	case NAME:
		return packet_meta_text(texts, value->p, value->left, &io_g->name);
	case PATH:
		return packet_meta_text(texts, value->p, value->left, &io_g->path);
	case CMDLINE:
		return set_cmdline(s, texts, value->p, value->left, &io_g->cmdline);
	case PPID:
		io_g->ppid = value->left == 4 ? cur_le32(value) : io_g->ppid;
		return 0;
	case UID:
		io_g->uid = value->left == 4 ? cur_le32(value) : io_g->uid;
		return 0;
	case START:
		io_g->start_ns = value->left == 8 ? cur_le64(value) : io_g->start_ns;
		return 0;
	default:
		return 0;
	}
}

static struct pid_blocks *blocks_of(struct packet_processes *s, uint32_t pid)
{
	struct pid_blocks *blocks = (struct pid_blocks *)map_get(&s->by_pid, pid);

	if (blocks != NULL) {
		return blocks;
	}
	blocks = calloc(1, sizeof(*blocks));
	if (blocks != NULL && map_set(&s->by_pid, pid, (uintptr_t)blocks) != 0) {
		free(blocks);
		return NULL;
	}
	return blocks;
}

/* Number of blocks that start at or before a time. */
static uint32_t blocks_until(const struct pid_blocks *blocks, uint64_t ns)
{
	uint32_t lo = 0, hi = blocks->count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (blocks->by_start[mid].start_ns <= ns) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo;
}

static int add_generation(struct packet_processes *s, uint32_t pid, const struct generation *g)
{
	struct pid_blocks *blocks = blocks_of(s, pid);
	uint32_t at;

	if (blocks == NULL) {
		return ERR_NOMEM;
	}
	at = blocks_until(blocks, g->start_ns);
	if (at > 0 && blocks->by_start[at - 1].start_ns == g->start_ns) {	/* told again */
		blocks->by_start[at - 1] = *g;
		return 0;
	}
	if (blocks->count == GENERATIONS_MAX) {
		return 0;
	}
	if (blocks->count == blocks->cap) {
		uint32_t cap = blocks->cap == 0 ? 1 : blocks->cap * 2;
		struct generation *grown = realloc(blocks->by_start, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		blocks->by_start = grown;
		blocks->cap = cap;
	}
	memmove(&blocks->by_start[at + 1], &blocks->by_start[at], (blocks->count - at) * sizeof(*g));
	blocks->by_start[at] = *g;
	blocks->count++;
	s->block_count++;
	return 0;
}

int packet_processes_add_block(struct packet_processes *s, struct intern *texts, const uint8_t *body, uint32_t len)
{
	enum { ENTRY_PROCESS = 3 };
	struct generation g = { .ppid = UINT32_MAX, .uid = UINT32_MAX };
	struct cursor c = cur_make(body, len), entry;
	uint32_t type = cur_le32(&c);
	uint32_t size = cur_le32(&c);
	struct cur_option o;
	uint32_t pid;
	int rc = 0;

	entry = cur_sub(&c, size);
	pid = cur_le32(&entry);
	if (entry.bad || type != ENTRY_PROCESS || s->block_count >= LIMIT_PACKET_PROCESSES) {
		return 0;
	}
	while (rc == 0 && cur_option(&entry, false, &o)) {
		rc = read_block_option(s, texts, o.code, &o.value, &g);
	}
	s->generation++;
	return rc == 0 ? add_generation(s, pid, &g) : rc;
}

int packet_processes_add_pktap(struct packet_processes *s, struct intern *texts, const uint8_t *body, uint32_t len,
			       bool be)
{
	enum { NAME = 2 };
	struct cursor c = cur_make(body, len);
	struct pktap_process p = { cur_u32(&c, be), NULL };
	struct cur_option o;
	int rc = 0;

	if (s->pktap_count == LIMIT_PACKET_PROCESSES) {
		return 0;
	}
	if (s->pktap_count == s->pktap_cap) {
		uint32_t cap = s->pktap_cap == 0 ? 64 : s->pktap_cap * 2;
		struct pktap_process *grown = realloc(s->pktap, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		s->pktap = grown;
		s->pktap_cap = cap;
	}
	while (rc == 0 && cur_option(&c, be, &o)) {
		if (o.code == NAME) {
			rc = packet_meta_text(texts, o.value.p, o.value.left, &p.name);
		}
	}
	s->pktap[s->pktap_count++] = p;	/* damaged ones too: others are counted from here */
	s->generation++;
	return rc;
}

/* ---- options of packets ------------------------------------------------------------------------------- */

static void claim_init(struct packet_process *p)
{
	memset(p, 0, sizeof(*p));	/* with its padding: compared as bytes */
	p->ppid = UINT32_MAX;
	p->uid = UINT32_MAX;
}

static void add_text(const struct text **io_text, const struct text *more)
{
	*io_text = *io_text == NULL ? more : *io_text;
}

/* What a comment says of the same process, and was not known better. */
static void add_claim(struct packet_process *io_p, const struct packet_process *more)
{
	io_p->tid = io_p->tid == 0 ? more->tid : io_p->tid;
	io_p->ppid = io_p->ppid == UINT32_MAX ? more->ppid : io_p->ppid;
	io_p->uid = io_p->uid == UINT32_MAX ? more->uid : io_p->uid;
	add_text(&io_p->name, more->name);
	add_text(&io_p->path, more->path);
	add_text(&io_p->cmdline, more->cmdline);
	add_text(&io_p->container, more->container);
	add_text(&io_p->container_id, more->container_id);
	add_text(&io_p->pod, more->pod);
	add_text(&io_p->namespace_, more->namespace_);
}

/* The options of one packet, before anything is looked up. */
struct claims {
	struct packet_process option, comment;
	bool has_pktap;
	uint32_t pktap;
};

static int read_options(const struct packet *p, bool be, struct intern *texts, struct claims *c)
{
	struct cursor options = cur_make(p->options, p->options_len);
	struct cur_option o;
	bool own = false;
	int rc = 0;

	claim_init(&c->option);
	claim_init(&c->comment);
	c->has_pktap = false;
	while (rc == 0 && cur_option(&options, be, &o)) {
		size_t n = o.value.left;

		if (o.code == OPTION_PROCESS && n == 8) {
			c->option.pid = cur_u32(&o.value, be);
			c->option.tid = cur_u32(&o.value, be);
		} else if (o.code == OPTION_COMMENT) {
			rc = packet_comment_read((const char *)o.value.p, n, texts, &c->comment);
		} else if (n == 4 && (o.code == OPTION_PKTAP || (o.code == OPTION_PKTAP_EFFECTIVE && !own))) {
			own = o.code == OPTION_PKTAP;	/* rather than on whose behalf it sent */
			c->pktap = cur_u32(&o.value, be);
			c->has_pktap = true;
		}
	}
	return rc;
}

/* The block of the process that had the pid at the time of the packet. */
static void add_block(const struct packet_processes *s, const struct packet *p, struct packet_process *io_p)
{
	const struct pid_blocks *blocks = (const struct pid_blocks *)map_get(&s->by_pid, io_p->pid);
	uint64_t now = (p->flags & PACKET_NO_TIME) != 0 ? 0 : p->ts_ns;
	uint32_t n = blocks != NULL ? blocks_until(blocks, now) : 0;
	const struct generation *g;

	if (n == 0) {
		return;
	}
	g = &blocks->by_start[n - 1];
	io_p->origin = FROM_BLOCK;
	io_p->start_ns = g->start_ns;
	io_p->ppid = g->ppid;
	io_p->uid = g->uid;
	io_p->name = g->name;
	io_p->path = g->path;
	io_p->cmdline = g->cmdline;
}

/* False: nothing names a process. */
static bool resolve(const struct packet_processes *s, const struct packet *p, const struct claims *c,
		    struct packet_process *ret_p)
{
	struct packet_process pktap;

	claim_init(&pktap);
	if (c->has_pktap && c->pktap < s->pktap_count) {
		pktap.pid = s->pktap[c->pktap].pid;
		pktap.name = s->pktap[c->pktap].name;
		pktap.origin = FROM_PKTAP;
	}
	if (c->option.pid != 0) {
		memcpy(ret_p, &c->option, sizeof(*ret_p));
		ret_p->origin = FROM_OPTION;
		add_block(s, p, ret_p);
	} else if (c->comment.pid != 0 || pktap.pid == 0) {
		memcpy(ret_p, &c->comment, sizeof(*ret_p));
		ret_p->origin = FROM_COMMENT;
	} else {
		memcpy(ret_p, &pktap, sizeof(*ret_p));
	}
	if (ret_p->origin != FROM_COMMENT && (c->comment.pid == 0 || c->comment.pid == ret_p->pid)) {
		add_claim(ret_p, &c->comment);
	}
	if (ret_p->origin != FROM_PKTAP && pktap.pid != 0 && pktap.pid == ret_p->pid) {
		add_claim(ret_p, &pktap);
	}
	return ret_p->pid != 0 || ret_p->container != NULL || ret_p->container_id != NULL || ret_p->pod != NULL;
}

/* The one struct of this content; NULL beyond the ceiling. */
static int known_process(struct packet_processes *s, const struct packet_process *p,
			 const struct packet_process **ret_p)
{
	uint64_t hash = hash_bytes(s->known.seed, p, sizeof(*p));
	const struct known_process *first = (const struct known_process *)map_get(&s->known, hash);
	struct known_process *made;

	for (const struct known_process *k = first; k != NULL; k = k->same) {
		if (memcmp(&k->p, p, sizeof(*p)) == 0) {
			*ret_p = &k->p;
			return 0;
		}
	}
	if (s->count == LIMIT_PACKET_PROCESSES) {
		*ret_p = NULL;
		return 0;
	}
	made = arena_alloc(&s->arena, sizeof(*made));
	if (made == NULL || map_set(&s->known, hash, (uintptr_t)made) != 0) {
		return ERR_NOMEM;
	}
	memcpy(&made->p, p, sizeof(*p));
	made->same = first;
	s->count++;
	*ret_p = &made->p;
	return 0;
}

enum { MEMO_NONE = 1 };	/* no pointer */

/* What such options meant before. Time plays a part as soon as blocks tell when processes began. */
static bool recall(const struct packet_processes *s, uint64_t hash, const struct packet_process **ret_process)
{
	uintptr_t value = s->block_count == 0 ? map_get(&s->memo, hash) : 0;

	if (value == 0) {
		return false;
	}
	*ret_process = value == MEMO_NONE ? NULL : (const struct packet_process *)value;
	return true;
}

static int remember(struct packet_processes *s, uint64_t hash, const struct packet_process *p)
{
	if (s->block_count > 0) {
		return 0;
	}
	if (s->memo.count >= MEMO_MAX) {
		map_clear(&s->memo);
	}
	return map_set(&s->memo, hash, p != NULL ? (uintptr_t)p : MEMO_NONE);
}

int packet_processes_of(struct packet_processes *s, struct intern *texts, const struct packet *p, bool be,
			const struct packet_process **ret_process)
{
	uint64_t hash = hash_bytes(s->memo.seed, p->options, p->options_len) + map_hash(s->generation);
	const struct packet_process *found = NULL;
	struct packet_process claim;
	struct claims c;
	int rc;

	if (recall(s, hash, ret_process)) {
		return 0;
	}
	rc = read_options(p, be, texts, &c);
	if (rc == 0 && resolve(s, p, &c, &claim)) {
		rc = known_process(s, &claim, &found);
	}
	if (rc == 0) {
		rc = remember(s, hash, found);
	}
	if (rc == 0) {
		*ret_process = found;
	}
	return rc;
}
