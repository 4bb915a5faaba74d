/*
 * join_cells.c - see join_cells.h.
 */
#include "stats/join_cells.h"

#include "state/state.h"
#include "stats/passed.h"

/* ---- processes ---------------------------------------------------------------------------------------- */

static const struct process *process_of(const struct who *w)
{
	if (w->section == NULL || w->section->state == NULL || w->process >= state_process_count(w->section->state)) {
		return NULL;
	}
	return state_process(w->section->state, w->process);
}

static void add_positive(struct table *t, int64_t x)
{
	if (x > 0) {
		table_s64(t, x);
	} else {
		table_unknown(t);
	}
}

void cells_who(struct net_cells *c, const struct who *w)
{
	const struct process *p = process_of(w);

	cells_str(c, p != NULL ? p->comm : NULL);
	add_positive(c->table, p != NULL ? p->pid : -1);
	add_positive(c->table, w->section != NULL ? w->tid : -1);
	if (p == NULL) {
		table_unknown(c->table);
	} else if (p->container != NULL) {
		cells_str(c, p->container->id);
	} else {
		cells_name(c, p->known ? "host" : NULL);
	}
}

static const struct who nobody = { NULL, ID_NONE, -1 };

struct who exchange_who(const struct exchange *x, unsigned int side)
{
	return x == NULL ? nobody : (struct who){ x->sock->section, x->process[side], x->tid[side] };
}

struct who sock_who(const struct sock *s)
{
	return s == NULL ? nobody : (struct who){ s->section, s->process, s->tid };
}

/* ---- exchanges ---------------------------------------------------------------------------------------- */

void cells_duration(struct net_cells *c, uint64_t ns, bool bound)
{
	if (ns == UINT64_MAX) {
		table_unknown(c->table);
		table_unknown(c->table);
		return;
	}
	if (bound) {
		table_duration_bound(c->table, ns);
	} else {
		table_duration(c->table, ns);
	}
	table_bool(c->table, bound);
}

uint64_t exchange_think(const struct exchange *x, bool *ret_bound)
{
	bool exact;
	uint64_t to;

	if (x == NULL || !(x->flags & EXCHANGE_SERVER) || x->flags & EXCHANGE_NO_RESPONSE || x->last_ns[0] == 0) {
		return UINT64_MAX;
	}
	exact = !(x->flags & EXCHANGE_BOUND) && x->begin_ns[1] != 0;
	to = exact ? x->begin_ns[1] : x->first_ns[1];
	if (to < x->last_ns[0]) {
		return UINT64_MAX;
	}
	*ret_bound = !exact;
	return to - x->last_ns[0];
}

/* Time that no call took is none, also where the begin of calls is not known. */
static void add_wait(struct table *t, const struct exchange *x, unsigned int kind)
{
	if (x->flags & EXCHANGE_BOUND && x->wait_ns[kind] > 0) {
		table_duration_bound(t, x->wait_ns[kind]);
	} else {
		table_duration(t, x->wait_ns[kind]);
	}
}

void cells_waits(struct net_cells *c, const struct exchange *x)
{
	struct table *t = c->table;

	if (x == NULL) {
		for (unsigned int i = 0; i < WAIT_KINDS + 3; i++) {
			table_unknown(t);
		}
		return;
	}
	for (unsigned int i = 0; i < WAIT_KINDS; i++) {
		add_wait(t, x, i);
	}
	if (x->running_ns != UINT64_MAX) {
		table_duration(t, x->running_ns);
	} else {
		table_unknown(t);
	}
	table_bool(t, x->flags & EXCHANGE_BOUND);
	table_u64(t, x->syscalls);
}

/* ---- sockets ------------------------------------------------------------------------------------------ */

static bool has_tuple(const struct sock *s)
{
	return s != NULL && (s->kind == SOCK_TCP_K || s->kind == SOCK_UDP_K);
}

/* Zeros in a tuple that was recorded only in part are no address. */
static bool is_zero(const struct flow_key *key, unsigned int end)
{
	static const uint8_t v4[16] = { [10] = 0xFF, [11] = 0xFF };
	static const uint8_t v6[16];

	return memcmp(key->addr[end], v4, 16) == 0 || memcmp(key->addr[end], v6, 16) == 0;
}

void cells_sock_address(struct net_cells *c, const struct sock *s, unsigned int end)
{
	bool known = has_tuple(s) && !(s->flags & SOCK_TUPLE_PARTLY && is_zero(&s->key, end));

	cells_key_address(c, known ? &s->key : NULL, end);
}

void cells_sock_port(struct net_cells *c, const struct sock *s, unsigned int end)
{
	cells_key_port(c, has_tuple(s) && s->key.port[end] != 0 ? &s->key : NULL, end);
}

unsigned int sock_client(const struct sock *s)
{
	return s->role == SOCK_SERVER ? !s->local : s->local;
}

/* ---- clocks ------------------------------------------------------------------------------------------- */

const struct clock_pair *section_clock(const struct tap_input *in, const struct section *sec)
{
	const struct clock_pair *best = NULL;
	const struct clock_pair *clocks;
	size_t count;

	if (in->join == NULL) {
		return NULL;
	}
	clocks = join_clocks(in->join, &count);
	for (size_t i = 0; i < count; i++) {
		const struct clock_pair *p = &clocks[i];

		if ((p->packets == sec || p->calls == sec) && p->origin != CLOCK_UNKNOWN &&
		    (best == NULL || p->flows > best->flows)) {
			best = p;
		}
	}
	return best;
}

void cells_ordinal(struct net_cells *c, uint32_t n)
{
	if (n == UINT32_MAX) {
		table_unknown(c->table);
	} else {
		table_u64(c->table, n);
	}
}

int join_table(const struct table_def *def, const struct tap_input *in, struct report *r, struct err *e,
	       int (*rows)(struct net_cells *c, const struct tap_input *in))
{
	struct net_cells c;
	int rc = ERR_NOMEM;

	if (cells_init(&c, def)) {
		c.clock_packets = in->clock_packets;
		rc = in->join != NULL ? rows(&c, in) : 0;
		if (rc == 0) {
			rc = report_add(r, c.table);
			c.table = NULL;
		}
	}
	cells_release(&c);
	return rc == 0 ? 0 : err_nomem(e, def->name);
}

/* ---- the rows of table http --------------------------------------------------------------------------- */

/* Places of joined transactions by the packets' one: looked up only, so that addresses order nothing that shows. */
struct by_packets {
	uintptr_t tx;
	const struct http_joined *joined;
};

static int compare_packets(const void *a, const void *b)
{
	const struct by_packets *x = a, *y = b;

	return x->tx < y->tx ? -1 : x->tx > y->tx;
}

static const struct http_joined *joined_of(const struct by_packets *index, size_t count, const struct http_tx *tx)
{
	const struct by_packets key = { (uintptr_t)tx, NULL };
	const struct by_packets *found =
		count > 0 ? bsearch(&key, index, count, sizeof(*index), compare_packets) : NULL;

	return found != NULL ? found->joined : NULL;
}

static size_t count_packets(const struct tap_input *in)
{
	size_t total = 0;

	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			const struct net *net = in->sources[i]->sections[k]->net;
			size_t count = 0;

			if (net != NULL) {
				net_http(net, &count);
			}
			total += count;
		}
	}
	return total;
}

static size_t add_packets(const struct section *sec, const struct by_packets *index, size_t indexed,
			  struct http_ref *to)
{
	size_t count;
	const struct http_tx *const *rows = net_http(sec->net, &count);

	for (size_t i = 0; i < count; i++) {
		to[i] = (struct http_ref){ rows[i], joined_of(index, indexed, rows[i]), sec };
	}
	return count;
}

static size_t add_all_packets(const struct tap_input *in, const struct by_packets *index, size_t indexed,
			      struct http_ref *to)
{
	size_t n = 0;

	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			if (in->sources[i]->sections[k]->net != NULL) {
				n += add_packets(in->sources[i]->sections[k], index, indexed, to + n);
			}
		}
	}
	return n;
}

/* The section of a transaction that packets do not show; NULL: nothing to show. */
static const struct section *calls_section(const struct http_joined *j)
{
	const struct exchange *x = j->server != NULL ? j->server : j->client;

	return x != NULL && (j->calls[0] != NULL || j->calls[1] != NULL) ? x->sock->section : NULL;
}

static bool ref_passes(const struct http_ref *r)
{
	if (r->packets != NULL && http_passes(r->packets, NULL)) {
		return true;
	}
	for (unsigned int i = 0; r->joined != NULL && i < 2; i++) {
		const struct exchange *x = i == 0 ? r->joined->server : r->joined->client;

		if (x != NULL && exchange_passes(x)) {
			return true;
		}
	}
	return false;
}

/* Those that the run's filter shows, in place. */
static size_t keep_passing(struct http_ref *refs, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (ref_passes(&refs[i])) {
			refs[n++] = refs[i];
		}
	}
	return n;
}

int http_refs_new(const struct tap_input *in, struct http_ref **ret_refs, size_t *ret_count)
{
	size_t joined_count = 0;
	const struct http_joined *joined = in->join != NULL ? join_http(in->join, &joined_count) : NULL;
	struct by_packets *index = calloc(joined_count + 1, sizeof(*index));
	struct http_ref *refs = calloc(count_packets(in) + joined_count + 1, sizeof(*refs));
	size_t indexed = 0;
	size_t n;

	if (index == NULL || refs == NULL) {
		free(index);
		free(refs);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < joined_count; i++) {
		if (joined[i].packets != NULL) {
			index[indexed++] = (struct by_packets){ (uintptr_t)joined[i].packets, &joined[i] };
		}
	}
	qsort(index, indexed, sizeof(*index), compare_packets);
	n = add_all_packets(in, index, indexed, refs);
	for (size_t i = 0; i < joined_count; i++) {
		if (joined[i].packets == NULL && calls_section(&joined[i]) != NULL) {
			refs[n++] = (struct http_ref){ NULL, &joined[i], calls_section(&joined[i]) };
		}
	}
	free(index);
	*ret_refs = refs;
	*ret_count = in->filtered ? keep_passing(refs, n) : n;
	return 0;
}
