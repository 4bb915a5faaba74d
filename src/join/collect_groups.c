/*
 * collect_groups.c - which parts are one socket: those of one open file with the same peer, those of one pipe's end,
 * and those of a connection whose descriptor came to another process under another identity. Runs once, one thread.
 */
#include "base/hash.h"
#include "join/collect_internal.h"

static unsigned int pipe_dir(const struct part *p)
{
	return p->s.bytes[1] + p->s.calls[1] > 0 ? 1 : 0;
}

static bool by_inode(const struct part *p)
{
	return p->s.kind == SOCK_PIPE_K && p->s.unix_local != 0;
}

static bool has_key(const struct part *p)
{
	return p->has_peer && (p->s.kind == SOCK_TCP_K || p->s.kind == SOCK_UDP_K);
}

/* Parts that are one come together: open files by identity and peer (those without peer first), pipes by inode. */
static int same_file(const struct part *p, const struct part *q)
{
	int order = by_num(by_inode(p), by_inode(q));

	if (order == 0 && by_inode(p)) {
		order = by_num(p->s.unix_local, q->s.unix_local);
		return order != 0 ? order : by_num(pipe_dir(p), pipe_dir(q));
	}
	return order != 0 ? order : by_num(p->s.fd_id, q->s.fd_id);
}

static int same_keys(const struct part *p, const struct part *q)
{
	int order = by_num(has_key(p), has_key(q));

	if (order == 0 && has_key(p)) {
		order = memcmp(&p->s.key, &q->s.key, sizeof(p->s.key));
		order = order != 0 ? order : by_num(p->s.local, q->s.local);
	}
	return order;
}

static int file_order(const void *a, const void *b)
{
	const struct part *p = *(struct part *const *)a;
	const struct part *q = *(struct part *const *)b;
	int order = same_file(p, q);

	order = order != 0 ? order : same_keys(p, q);
	return order != 0 ? order : part_first_order(a, b);
}

static size_t run_end(struct part *const *list, size_t at, size_t count)
{
	size_t end = at + 1;

	while (end < count && same_keys(list[at], list[end]) == 0) {
		end++;
	}
	return end;
}

/* The bare parts and one run of others. */
static int merge_runs(struct socks *s, struct part *const *bare, size_t bare_count, struct part *const *run,
		      size_t run_count)
{
	struct part **both = malloc((bare_count + run_count) * sizeof(*both));
	int rc;

	if (both == NULL) {
		return ERR_NOMEM;
	}
	memcpy(both, bare, bare_count * sizeof(*both));
	memcpy(both + bare_count, run, run_count * sizeof(*both));
	rc = merge_group(s, both, bare_count + run_count);
	free(both);
	return rc;
}

/* Parts of one open file. Those without a peer (they stand first) go with the peer that came first. */
static int merge_file(struct socks *s, struct part **list, size_t count)
{
	size_t bare = 0;
	size_t best = SIZE_MAX;
	int rc = 0;

	while (bare < count && !has_key(list[bare])) {
		bare++;
	}
	for (size_t at = bare; at < count && bare > 0; at = run_end(list, at, count)) {
		if (best == SIZE_MAX || part_first_order(&list[at], &list[best]) < 0) {
			best = at;
		}
	}
	if (bare > 0 && best == SIZE_MAX) {
		return merge_group(s, list, bare);
	}
	for (size_t at = bare; at < count && rc == 0;) {
		size_t end = run_end(list, at, count);

		rc = at == best ? merge_runs(s, list, bare, &list[at], end - at) :
				  merge_group(s, &list[at], end - at);
		at = end;
	}
	return rc;
}

static size_t keep_rows(struct part **list, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (list[i]->merged == NULL) {
			list[n++] = list[i];
		}
	}
	return n;
}

/* ---- streams that were taken for datagrams --------------------------------------------------------------------- */

static uint64_t ends_hash(const struct socks *s, const struct part *p)
{
	struct flow_key k = p->s.key;

	k.ip_proto = IP_TCP;
	return hash_bytes(s->shards[0].seed + p->s.local, &k, sizeof(k));
}

static bool is_whole(const struct part *p)
{
	return has_key(p) && (p->s.flags & SOCK_TUPLE_PARTLY) == 0;
}

static bool may_be_stream(const struct part *p)
{
	return p->guessed && p->s.kind == SOCK_UDP_K && is_whole(p);
}

/* A descriptor that came in a message was taken for UDP when a call told its ends. If the host has a TCP connection
 * with both of these ends, it is that. */
static int correct_guesses(const struct socks *s, struct part *const *list, size_t count)
{
	struct map guessed;
	int rc = 0;

	map_init(&guessed);
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = may_be_stream(list[i]) ? map_set(&guessed, ends_hash(s, list[i]), 1) : 0;
	}
	for (size_t i = 0; i < count && rc == 0 && guessed.count > 0; i++) {
		if (list[i]->s.kind == SOCK_TCP_K && is_whole(list[i]) &&
		    map_get(&guessed, ends_hash(s, list[i])) != 0) {
			rc = map_set(&guessed, ends_hash(s, list[i]), 2);
		}
	}
	for (size_t i = 0; i < count && rc == 0 && guessed.count > 0; i++) {
		if (may_be_stream(list[i]) && map_get(&guessed, ends_hash(s, list[i])) == 2) {
			list[i]->s.kind = SOCK_TCP_K;
			list[i]->s.key.ip_proto = IP_TCP;
		}
	}
	map_release(&guessed);
	return rc;
}

/* ---- connections under two identities ---------------------------------------------------------------------- */

/* The same connection under another identity: its descriptor was passed, or its first call missed. */
static bool came_late(const struct part *p)
{
	return p->s.kind == SOCK_TCP_K && has_key(p) && p->s.open_num == 0 &&
	       (p->s.flags & (SOCK_INHERITED | SOCK_TUPLE_PARTLY)) == SOCK_INHERITED;
}

/* A guessed one may also be the next connection of the tuple, whose start was missed: only one that nobody used before
 * was passed. */
static bool continues(const struct part *p, const struct part *next)
{
	return p->s.kind == SOCK_TCP_K && has_key(p) && came_late(next) && same_keys(p, next) == 0 &&
	       (p->s.flags & SOCK_FAILED) == 0 && (!next->guessed || !has_bytes(p)) &&
	       ((p->ended & PART_ENDED(0)) == 0 || p->last_num > next->s.first_num);
}

static int stream_order(const void *a, const void *b)
{
	int order = same_keys(*(struct part *const *)a, *(struct part *const *)b);

	return order != 0 ? order : part_first_order(a, b);
}

static uint64_t key_hash(const struct socks *s, const struct part *p)
{
	return hash_bytes(s->shards[0].seed + p->s.local, &p->s.key, sizeof(p->s.key));
}

/* Those that have the ends of one that came late: few, so that the others need no order. */
static int pick_streams(const struct socks *s, struct part *const *list, size_t count, struct part **ret_picked,
			size_t *ret_count)
{
	struct map late;
	size_t n = 0;
	int rc = 0;

	map_init(&late);
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = came_late(list[i]) ? map_set(&late, key_hash(s, list[i]), 1) : 0;
	}
	for (size_t i = 0; i < count && rc == 0 && late.count > 0; i++) {
		if (list[i]->s.kind == SOCK_TCP_K && has_key(list[i]) && map_get(&late, key_hash(s, list[i])) != 0) {
			ret_picked[n++] = list[i];
		}
	}
	map_release(&late);
	*ret_count = n;
	return rc;
}

static int merge_passed(struct socks *s, struct part *const *list, size_t count)
{
	struct part **picked = malloc((count + 1) * sizeof(*picked));
	size_t n = 0;
	int rc = picked != NULL ? pick_streams(s, list, count, picked, &n) : ERR_NOMEM;

	if (rc == 0) {
		qsort(picked, n, sizeof(*picked), stream_order);
	}
	for (size_t at = 0; at < n && rc == 0;) {
		size_t end = at + 1;

		while (end < n && continues(picked[end - 1], picked[end])) {
			end++;
		}
		rc = merge_group(s, &picked[at], end - at);
		at = end;
	}
	free(picked);
	return rc;
}

/* ---- all ------------------------------------------------------------------------------------------------------ */

/* Equal for parts that may be one. */
static uint64_t file_key(const struct part *p)
{
	return by_inode(p) ? UINT64_C(1) << 63 | p->s.unix_local << 1 | pipe_dir(p) : p->s.fd_id;
}

static int order_by_file(struct part **list, size_t count)
{
	struct ordered *items = large_alloc((count + 1) * sizeof(*items));
	int rc;

	if (items == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		items[i].key = file_key(list[i]);
		items[i].tie = list[i]->s.first_num;
		items[i].row = list[i];
	}
	rc = ordered_sort(items, count);
	for (size_t i = 0; i < count; i++) {
		list[i] = items[i].row;
	}
	free(items);
	return rc;
}

static int merge_equal(struct socks *s, struct part **list, size_t count)
{
	int rc = 0;

	qsort(list, count, sizeof(*list), file_order);
	for (size_t at = 0; at < count && rc == 0;) {
		size_t end = at + 1;

		while (end < count && same_file(list[at], list[end]) == 0) {
			end++;
		}
		if (end - at > 1) {
			rc = by_inode(list[at]) ? merge_group(s, &list[at], end - at) :
						  merge_file(s, &list[at], end - at);
		}
		at = end;
	}
	return rc;
}

int merge_parts(struct socks *s, struct part **list, size_t count, size_t *ret_count)
{
	int rc = order_by_file(list, count);

	for (size_t at = 0; at < count && rc == 0;) {
		size_t end = at + 1;

		while (end < count && file_key(list[at]) == file_key(list[end])) {
			end++;
		}
		rc = end - at > 1 ? merge_equal(s, &list[at], end - at) : 0;
		at = end;
	}
	count = keep_rows(list, count);
	rc = rc == 0 ? correct_guesses(s, list, count) : rc;
	if (rc == 0) {
		rc = merge_passed(s, list, count);
		count = keep_rows(list, count);
	}
	*ret_count = count;
	return rc;
}
