/*
 * collect_freeze.c - what the shards found becomes the rows of the section: merged, in order, with numbers. Once, after
 * all shards have finished; one thread. The same rows come out whatever the threads and batches were.
 */
#include "join/collect_internal.h"
#include "state/state.h"

/* ---- parts ----------------------------------------------------------------------------------------------- */

/* Its last close, and the end of what it sent. */
static int end_part(struct part *p, struct knot_room *room)
{
	struct knot k = { 0 };

	if (p->close_num <= p->last_num) {
		return 0;
	}
	p->s.flags |= SOCK_CLOSED;
	p->s.close_num = p->close_num;
	p->s.close_ns = p->close_ns;
	p->s.last_ns = max_u64(p->s.last_ns, p->close_ns);
	if (p->s.kind == SOCK_UDP_K || (p->ended & PART_ENDED(1)) != 0 || p->close_user >= p->s.user_count) {
		return 0;
	}
	k.kind = KNOT_END;
	k.offset = p->s.bytes[1];
	k.ts_ns = p->close_ns;
	k.begin_ns = p->close_begin_ns;
	k.begin_exact = p->close_exact;
	k.num = p->close_num;
	k.user = p->close_user;
	return knots_add(&p->s.knots[1], &k, room);
}

static void note_sharing(struct sock *s)
{
	for (uint32_t i = 1; i < s->user_count; i++) {
		if (s->users[i].process != s->users[0].process) {
			s->flags |= SOCK_SHARED;
		}
	}
}

/* Bytes may have gone through a ring of one of its processes. */
static void note_rings(const struct socks *all, struct sock *s)
{
	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		const struct map *rings = &all->shards[i].rings;

		for (uint32_t u = 0; u < s->user_count && rings->count > 0; u++) {
			uint64_t num = map_get(rings, (uint64_t)s->users[u].process + 1);

			if (num != 0 && (s->close_num == 0 || num < s->close_num)) {
				s->flags |= SOCK_BLIND;
			}
		}
	}
}

/* By first event; parts of one event (a splice) by open file. */
static int order_parts(struct part **parts, size_t count)
{
	struct ordered *items = large_alloc((count + 1) * sizeof(*items));
	int rc;

	if (items == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		items[i].key = parts[i]->s.first_num;
		items[i].tie = parts[i]->s.fd_id;
		items[i].row = parts[i];
	}
	rc = ordered_sort(items, count);
	for (size_t i = 0; i < count; i++) {
		parts[i] = items[i].row;
	}
	free(items);
	return rc;
}

static struct part **gather_parts(const struct socks *s, size_t *ret_count)
{
	struct part **list;
	size_t n = 0;

	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		n += s->shards[i].parts.count;
	}
	list = large_alloc((n + 1) * sizeof(*list));
	n = 0;
	for (unsigned int i = 0; list != NULL && i < BATCH_SHARDS; i++) {
		for (size_t k = 0; k < s->shards[i].parts.count; k++) {
			list[n++] = rows_at(&s->shards[i].parts, k);
		}
	}
	*ret_count = n;
	return list;
}

static int freeze_parts(struct socks *s)
{
	size_t count = 0;
	struct part **parts = gather_parts(s, &count);
	int rc;

	if (parts == NULL) {
		return ERR_NOMEM;
	}
	rc = merge_parts(s, parts, count, &count);
	if (rc == 0) {
		rc = order_parts(parts, count);
	}
	s->list = rc == 0 ? large_alloc((count + 1) * sizeof(*s->list)) : NULL;
	if (s->list == NULL) {
		free(parts);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = end_part(parts[i], &s->shards[0].knots);
		parts[i]->s.id = (uint32_t)i;
		note_sharing(&parts[i]->s);
		note_rings(s, &parts[i]->s);
		s->list[i] = &parts[i]->s;
	}
	s->count = count;
	free(parts);
	return rc;
}

/* ---- exchanges ------------------------------------------------------------------------------------------- */

static struct exchange *standing_for(struct exchange *x)
{
	while (x != NULL && ((struct turn *)x)->merged != NULL) {
		x = &((struct turn *)x)->merged->x;
	}
	return x;
}

static uint64_t first_num(const struct exchange *x)
{
	return x->first_num[0] != 0 ? x->first_num[0] : x->first_num[1];
}

/* Has the process that read the request, or sent it, ended? Its descriptors were closed then. */
static bool process_ended(const struct exchange *x)
{
	const struct state *state = x->sock->section->state;
	uint32_t id = x->process[0];

	return state != NULL && id < state_process_count(state) && state_process(state, id)->has_exit;
}

static void finish_exchange(const struct socks *s, struct exchange *x, bool switches)
{
	if (x->first_num[1] == 0) {
		bool over = x->next != NULL || (x->sock->flags & SOCK_CLOSED) != 0 || ((struct turn *)x)->closed ||
			    process_ended(x);

		x->flags |= over ? EXCHANGE_NO_RESPONSE : EXCHANGE_OPEN;
	}
	if (!switches || (x->flags & EXCHANGE_SERVER) == 0) {
		x->running_ns = UINT64_MAX;
	}
	if (s->remade) {
		x->parent = standing_for(x->parent);
	}
}

/* In the order of their first events, all of a shard where they lie: that is nearly their order. */
static size_t gather_exchanges(struct socks *s, struct ordered *items)
{
	bool switches = false;
	size_t n = 0;

	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		switches |= s->shards[i].switches;
	}
	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		for (size_t k = 0; k < s->shards[i].turns.count; k++) {
			struct turn *t = rows_at(&s->shards[i].turns, k);

			if (!t->dead) {
				finish_exchange(s, &t->x, switches);
				items[n].key = first_num(&t->x);
				items[n].tie = t->x.sock->id;
				items[n++].row = t;
			}
		}
	}
	return n;
}

static int freeze_exchanges(struct socks *s)
{
	struct ordered *items;
	size_t n = 0;
	int rc;

	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		n += s->shards[i].turns.count;
	}
	s->exchanges = large_alloc((n + 1) * sizeof(*s->exchanges));
	items = large_alloc((n + 1) * sizeof(*items));
	if (s->exchanges == NULL || items == NULL) {
		free(items);
		return ERR_NOMEM;
	}
	n = gather_exchanges(s, items);
	rc = ordered_sort(items, n);
	for (size_t i = 0; i < n; i++) {
		s->exchanges[i] = &((struct turn *)items[i].row)->x;
		s->exchanges[i]->id = (uint32_t)i;
	}
	s->exchange_count = n;
	free(items);
	return rc;
}

static int child_order(const void *a, const void *b)
{
	return by_num(((const struct exchange_child *)a)->num, ((const struct exchange_child *)b)->num);
}

static int freeze_children(struct socks *s)
{
	size_t n = 0;

	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		n += s->shards[i].child_count;
	}
	s->children = malloc((n + 1) * sizeof(*s->children));
	if (s->children == NULL) {
		return ERR_NOMEM;
	}
	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		const struct collector *c = &s->shards[i];

		for (size_t k = 0; k < c->child_count; k++) {
			s->children[s->child_count] = c->children[k];
			s->children[s->child_count++].exchange = standing_for(c->children[k].exchange);
		}
	}
	qsort(s->children, s->child_count, sizeof(*s->children), child_order);
	return 0;
}

/* The list of a section that was cut short is empty, never half made. */
int socks_freeze(struct socks *s)
{
	int rc;

	s->shards[0].knots.left = SIZE_MAX / 2;	/* from now on lists are only put together anew */
	rc = freeze_parts(s);

	if (rc == 0) {
		rc = feed_settle(s);
	}
	if (rc == 0) {
		rc = freeze_exchanges(s);
	}
	if (rc == 0) {
		rc = freeze_children(s);
	}
	if (rc == 0) {
		rc = peers_find(s->list, s->count);
	}
	return rc;
}

void socks_counted(const struct socks *s, struct socks_counts *ret_c)
{
	memset(ret_c, 0, sizeof(*ret_c));
	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		ret_c->socks_dropped += s->shards[i].parts.dropped;
		ret_c->exchanges_dropped += s->shards[i].turns.dropped;
		ret_c->http_dropped += s->shards[i].feeds.rows.http.dropped;
		ret_c->feeds_evicted += s->shards[i].feeds.evicted;
	}
	for (size_t i = 0; i < s->count; i++) {
		ret_c->socks_cut += (s->list[i]->flags & SOCK_CUT) != 0 ? 1 : 0;
	}
}
