/*
 * collect_peers.c - the two ends of one connection, where both are in the capture, and which exchange of the one end an
 * exchange of the other answers. Reads merged rows in the order of their first events; once, one thread.
 */
#include "base/hash.h"
#include "join/collect_internal.h"

/* ---- ends ------------------------------------------------------------------------------------------------ */

/* What both ends have in common: 0 for the key of inet sockets, else the pair of addresses or the inode. */
static uint64_t low_address(const struct sock *s)
{
	return s->unix_local < s->unix_peer ? s->unix_local : s->unix_peer;
}

static uint64_t high_address(const struct sock *s)
{
	return s->unix_local < s->unix_peer ? s->unix_peer : s->unix_local;
}

static bool is_inet(const struct sock *s)
{
	return s->kind == SOCK_TCP_K || s->kind == SOCK_UDP_K;
}

static int same_pair(const struct sock *a, const struct sock *b)
{
	int order = by_num(is_inet(a) ? SOCK_TCP_K : a->kind, is_inet(b) ? SOCK_TCP_K : b->kind);

	if (order != 0) {
		return order;
	}
	if (is_inet(a)) {
		return memcmp(&a->key, &b->key, sizeof(a->key));
	}
	order = by_num(low_address(a), low_address(b));
	return order != 0 ? order : by_num(high_address(a), high_address(b));
}

static int pair_order(const void *a, const void *b)
{
	const struct sock *s = *(struct sock *const *)a;
	const struct sock *t = *(struct sock *const *)b;
	int order = same_pair(s, t);

	order = order != 0 ? order : by_num(s->first_num, t->first_num);
	return order != 0 ? order : by_num(s->id, t->id);
}

static bool can_pair(const struct sock *s)
{
	if (is_inet(s)) {
		return (s->flags & (SOCK_TUPLE_PARTLY | SOCK_FAILED)) == 0 && s->key.ip_version != 0;
	}
	return s->unix_local != 0 && s->unix_peer != 0;
}

static unsigned int pipe_end(const struct sock *s)
{
	return s->bytes[1] + s->calls[1] > 0 ? 1 : 0;
}

static bool opposite(const struct sock *a, const struct sock *b)
{
	if (is_inet(a)) {
		return a->local != b->local;
	}
	if (a->kind == SOCK_PIPE_K) {
		return pipe_end(a) != pipe_end(b);
	}
	return a->unix_local == b->unix_peer && a->unix_peer == b->unix_local;
}

static bool over_before(const struct sock *a, const struct sock *b)
{
	return a->close_num != 0 && a->close_num < b->first_num;
}

/*
 * Sockets of one pair of ends, in order. Generations follow each other, so neighbours belong together. A client may be
 * done and closed before the server accepts: only where the one after it fits, and overlaps, is it passed over.
 */
static void pair_run(struct sock **run, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		struct sock *a = run[i];
		struct sock *b = run[i + 1];

		if (!opposite(a, b)) {
			continue;
		}
		if (over_before(a, b) && i + 2 < n && opposite(run[i + 2], b) && !over_before(b, run[i + 2])) {
			continue;
		}
		a->peer = b;
		b->peer = a;
		i++;
	}
}

/* ---- exchanges ------------------------------------------------------------------------------------------- */

/* Do both ends count their bytes from the same place? */
static bool counts_agree(const struct sock *server, const struct sock *client)
{
	if (server->kind == SOCK_UDP_K) {
		return server->bytes[0] == client->bytes[1];
	}
	return ((server->flags | client->flags) & (SOCK_INHERITED | SOCK_BLIND | SOCK_DROPS)) == 0;
}

/* Was q asked too late to be what x answers? What was read may have returned before the write that sent it. */
static bool asked_later(const struct exchange *q, const struct exchange *x)
{
	return q->first_num[0] > x->last_num[0] && (q->begin_ns[0] == 0 || q->begin_ns[0] > x->last_ns[0]);
}

/* The client's exchange that asked for what x answers; from: the one before it, or the first. */
static struct exchange *asked_by(const struct exchange *x, struct exchange *from, bool by_bytes)
{
	struct exchange *found = NULL;

	for (struct exchange *q = from; q != NULL; q = q->next) {
		if (by_bytes ? q->start[0] > x->start[0] : asked_later(q, x)) {
			break;
		}
		found = q->first_num[0] != 0 ? q : found;
	}
	return found;
}

static void find_parents(struct sock *server, struct sock *client)
{
	bool by_bytes = counts_agree(server, client);
	struct exchange *at = client->first_exchange;

	for (struct exchange *x = server->first_exchange; x != NULL; x = x->next) {
		struct exchange *asked;

		if (x->first_num[0] == 0 || x->parent != NULL) {
			continue;
		}
		asked = asked_by(x, at, by_bytes);
		if (asked != NULL) {
			x->parent = asked;
			at = asked;
		}
	}
}

static void parents_of(struct sock *s)
{
	if (s->peer != NULL && s->kind != SOCK_PIPE_K && s->role == SOCK_SERVER && s->peer->role == SOCK_CLIENT) {
		find_parents(s, s->peer);
	}
}

/* Equal for both ends. */
static uint64_t pair_hash(uint64_t seed, const struct sock *s)
{
	uint64_t ends[3] = { low_address(s), high_address(s), s->kind };

	return is_inet(s) ? hash_bytes(seed, &s->key, sizeof(s->key)) : hash_bytes(seed, ends, sizeof(ends));
}

/* Rows of one hash, in order: nearly always one pair of ends, else the ends decide. */
static void pair_hashed(struct sock **run, size_t n)
{
	bool mixed = false;

	for (size_t i = 1; i < n; i++) {
		mixed |= same_pair(run[0], run[i]) != 0;
	}
	if (mixed) {
		qsort(run, n, sizeof(*run), pair_order);
	}
	for (size_t at = 0; at < n;) {
		size_t end = at + 1;

		while (end < n && same_pair(run[at], run[end]) == 0) {
			end++;
		}
		pair_run(&run[at], end - at);
		at = end;
	}
}

/* Sockets of equal hash are chained, in order. Numbers are indices + 1; 0: none. */
struct chains {
	uint64_t *hash;		/* owns; by socket */
	uint32_t *next, *last;	/* own; by socket: the next of its chain; of the first one of a chain, the last */
	uint32_t *slots;	/* owns; first one of a chain */
	size_t mask;
	uint64_t seed;
	struct sock **run;	/* owns */
	size_t run_cap;
};

static int chains_init(struct chains *t, size_t count)
{
	size_t slots = 16;

	while (slots < 2 * count) {
		slots *= 2;
	}
	t->mask = slots - 1;
	t->seed = hash_seed(t);
	t->hash = large_alloc((count + 1) * sizeof(*t->hash));
	t->next = calloc(count + 1, sizeof(*t->next));
	t->last = calloc(count + 1, sizeof(*t->last));
	t->slots = calloc(slots, sizeof(*t->slots));
	return t->hash != NULL && t->next != NULL && t->last != NULL && t->slots != NULL ? 0 : ERR_NOMEM;
}

static void chains_release(struct chains *t)
{
	free(t->hash);
	free(t->next);
	free(t->last);
	free(t->slots);
	free(t->run);
}

static void chain_add(struct chains *t, size_t i, uint64_t hash)
{
	size_t at = hash & t->mask;
	uint32_t first;

	while (t->slots[at] != 0 && t->hash[t->slots[at] - 1] != hash) {
		at = (at + 1) & t->mask;
	}
	first = t->slots[at];
	t->hash[i] = hash;
	if (first == 0) {
		t->slots[at] = first = (uint32_t)i + 1;
	} else {
		t->next[t->last[first - 1] - 1] = (uint32_t)i + 1;
	}
	t->last[first - 1] = (uint32_t)i + 1;
}

static int pair_chain(struct chains *t, struct sock *const *list, size_t first)
{
	size_t n = 0;

	for (uint32_t at = (uint32_t)first + 1; at != 0; at = t->next[at - 1]) {
		if (n == t->run_cap) {
			size_t cap = t->run_cap == 0 ? 16 : t->run_cap * 2;
			struct sock **grown = realloc(t->run, cap * sizeof(*grown));

			if (grown == NULL) {
				return ERR_NOMEM;
			}
			t->run = grown;
			t->run_cap = cap;
		}
		t->run[n++] = list[at - 1];
	}
	pair_hashed(t->run, n);
	return 0;
}

int peers_find(struct sock *const *list, size_t count)
{
	struct chains t = { 0 };
	int rc = chains_init(&t, count);

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (can_pair(list[i])) {
			chain_add(&t, i, pair_hash(t.seed, list[i]));
		}
	}
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = t.last[i] != 0 ? pair_chain(&t, list, i) : 0;
	}
	chains_release(&t);
	for (size_t i = 0; i < count; i++) {
		parents_of(list[i]);
	}
	return rc;
}
