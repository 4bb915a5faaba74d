/*
 * top.c - see top.h. Each worker adds to a part of its own while it has a batch; parts are added up at the end, so that
 * sums do not depend on who saw what.
 */
#include "cli/top.h"

#include "base/hash.h"
#include "base/limits.h"
#include "filter/filter.h"
#include "net/layer_walk.h"
#include "stats/event_class.h"

static const char *const words[] = {
	[TOP_COUNT] = "count", [TOP_BYTES] = "bytes", [TOP_TIME] = "time", [TOP_ERRORS] = "errors"
};

/* ---- what is asked for ------------------------------------------------------------------------------------- */

static int add_field(struct top *t, const char *text, size_t *ret_len, struct err *e)
{
	struct field_use *u = &t->fields[t->field_count];
	int rc;

	if (t->field_count == TOP_FIELDS) {
		return err_set(e, ERR_USAGE, "more than %d fields", TOP_FIELDS);
	}
	rc = field_use_parse(text, u, ret_len, e);
	if (rc != 0) {
		return rc;
	}
	t->field_count++;
	if ((u->field->flags & FIELD_FILTER_ONLY) != 0) {
		return err_set(e, ERR_USAGE, "field '%s' stands for either of two values: it can only be compared",
			       u->field->name);
	}
	if ((u->field->flags & FIELD_DELTA) != 0) {
		return err_set(e, ERR_USAGE, "field '%s' tells of the line before: it cannot be added up",
			       u->field->name);
	}
	return 0;
}

static int add_fields(struct top *t, const char *text, struct err *e)
{
	size_t len;
	int rc;

	for (;;) {
		rc = add_field(t, text, &len, e);
		if (rc != 0 || text[len] == '\0') {
			return rc;
		}
		if (text[len] != ',') {
			return err_set(e, ERR_USAGE, "'%s': fields are separated by commas", text + len);
		}
		text += len + 1;
	}
}

static bool is_number(const struct field *f)
{
	switch (f->type) {
	case PT_INT8:
	case PT_INT16:
	case PT_INT32:
	case PT_INT64:
	case PT_UINT8:
	case PT_UINT16:
	case PT_UINT32:
	case PT_UINT64:
	case PT_RELTIME:
	case PT_ERRNO: return true;
	default: return false;
	}
}

static int set_by(struct top *t, const char *by, struct err *e)
{
	size_t len;
	int rc;

	for (unsigned int i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(by, words[i]) == 0) {
			t->metric = (enum top_metric)i;
			return 0;
		}
	}
	rc = field_use_parse(by, &t->by, &len, e);
	if (rc != 0) {
		return rc;
	}
	t->metric = TOP_SUM;
	if (by[len] != '\0' || !is_number(t->by.field) || t->by.field->value == NULL) {
		return err_set(e, ERR_USAGE, "'by %s': count, bytes, time, errors, or a field whose values are numbers",
			       by);
	}
	return 0;
}

/* Like a filter: put to events when a field is one of events, to packets likewise. */
static void find_kinds(struct top *t)
{
	bool both = true;

	for (unsigned int i = 0; i < t->field_count; i++) {
		const struct field *f = t->fields[i].field;

		t->wants |= f->wants;
		t->joins = t->joins || (f->flags & FIELD_JOINED) != 0;
		if ((f->flags & FIELD_BOTH) == 0) {
			both = false;
			t->packets = t->packets || (f->flags & FIELD_PACKET) != 0;
			t->events = t->events || (f->flags & FIELD_PACKET) == 0;
		}
	}
	if (both) {
		t->events = t->packets = true;
	}
	if (t->metric == TOP_SUM) {
		t->wants |= t->by.field->wants;
		t->joins = t->joins || (t->by.field->flags & FIELD_JOINED) != 0;
	}
	t->wants |= t->metric == TOP_TIME ? WANT_BEGIN | WANT_FOLD : 0;
}

int top_init(struct top *t, const char *fields, const char *by, struct err *e)
{
	int rc;

	memset(t, 0, sizeof(*t));
	pthread_mutex_init(&t->lock, NULL);
	rc = add_fields(t, fields, e);
	if (rc == 0 && by != NULL) {
		rc = set_by(t, by, e);
	}
	if (rc == 0) {
		find_kinds(t);
	}
	return rc;
}

static void part_free(struct top_part *p)
{
	map_release(&p->rows);
	arena_release(&p->arena);
	field_ctx_release(&p->ctx);
	buf_release(&p->key);
	free(p);
}

void top_release(struct top *t)
{
	while (t->parts != NULL) {
		struct top_part *p = t->parts;

		t->parts = p->next;
		part_free(p);
	}
	for (unsigned int i = 0; i < t->field_count; i++) {
		field_use_release(&t->fields[i]);
	}
	field_use_release(&t->by);
	pthread_mutex_destroy(&t->lock);
}

/* ---- adding up --------------------------------------------------------------------------------------------- */

static struct top_part *take_part(struct top *t)
{
	struct top_part *p;

	pthread_mutex_lock(&t->lock);
	p = t->parts;
	if (p != NULL) {
		t->parts = p->next;
	}
	pthread_mutex_unlock(&t->lock);
	if (p != NULL) {
		return p;
	}
	p = calloc(1, sizeof(*p));
	if (p != NULL) {
		map_init(&p->rows);
		arena_init(&p->arena);
		field_ctx_init(&p->ctx, &t->settings);
		buf_init(&p->key, 16u << 20);
	}
	return p;
}

static void put_part(struct top *t, struct top_part *p)
{
	pthread_mutex_lock(&t->lock);
	p->next = t->parts;
	t->parts = p;
	t->full = t->full || p->count > LIMIT_TOP_ROWS;
	pthread_mutex_unlock(&t->lock);
}

static uint64_t key_hash(const struct top_part *p, const char *key, size_t len)
{
	return hash_bytes(p->rows.seed, key, len);
}

static bool same_key(const struct top_row *r, const uint32_t *ends, unsigned int fields, const char *key, size_t len)
{
	return memcmp(r->ends, ends, fields * sizeof(*ends)) == 0 && memcmp(r->key, key, len) == 0;
}

/* The row of a key; NULL: no memory. */
static struct top_row *row_of(struct top_part *p, const uint32_t *ends, unsigned int fields, const char *key,
			      size_t len)
{
	uint64_t hash = key_hash(p, key, len);
	struct top_row *first = (struct top_row *)map_get(&p->rows, hash);
	struct top_row *r;

	for (r = first; r != NULL; r = r->next) {
		if (same_key(r, ends, fields, key, len)) {
			return r;
		}
	}
	r = arena_alloc(&p->arena, sizeof(*r) + len);
	if (r == NULL) {
		return NULL;
	}
	memset(r, 0, sizeof(*r));
	memcpy(r->ends, ends, fields * sizeof(*ends));
	memcpy(r->key, key, len);
	r->next = first;
	if (map_set(&p->rows, hash, (uintptr_t)r) != 0) {
		return NULL;
	}
	p->count++;
	return r;
}

/* The texts of all fields as print shows them; false: one has no value. */
static bool make_key(const struct top *t, struct top_part *p, uint32_t *ends)
{
	buf_reset(&p->key);
	for (unsigned int i = 0; i < t->field_count; i++) {
		if (!field_print(&p->ctx, &t->fields[i], &p->key)) {
			return false;
		}
		ends[i] = (uint32_t)p->key.len;
	}
	return !p->key.failed;
}

static void add_sum(const struct top *t, struct top_part *p, struct top_row *r)
{
	struct field_value v;

	if (t->metric == TOP_SUM && field_get(&p->ctx, &t->by, &v) && (v.kind == VALUE_UINT || v.kind == VALUE_INT)) {
		r->sum += v.kind == VALUE_UINT || v.v.s > 0 ? v.v.u : 0;	/* results below 0 are errors, not amounts */
		r->sum_count++;
	}
}

static int add_event(const struct top *t, struct top_part *p, const struct event *ev)
{
	uint32_t ends[TOP_FIELDS];
	struct event_bytes moved = { 0, 0, 0 };
	struct top_row *r;

	if (!make_key(t, p, ends)) {
		p->absent++;
		return 0;
	}
	r = row_of(p, ends, t->field_count, p->key.data, p->key.len);
	if (r == NULL) {
		return ERR_NOMEM;
	}
	if (event_moves_bytes(ev)) {
		event_bytes_moved(ev, &moved);
	}
	r->count++;
	r->errors += (ev->flags & EVENT_FAILED) != 0;
	r->bytes += moved.in + moved.out;
	if (ev->flags & (EVENT_BEGIN_EXACT | EVENT_BEGIN_BOUND)) {
		r->time_ns += event_latency_ns(ev);
		r->bound = r->bound || (ev->flags & EVENT_BEGIN_BOUND) != 0;
	}
	add_sum(t, p, r);
	return 0;
}

static int add_packet(const struct top *t, struct top_part *p, const struct packet *packet, const struct layer *l)
{
	uint32_t ends[TOP_FIELDS];
	struct top_row *r;

	if (!make_key(t, p, ends)) {
		p->absent++;
		return 0;
	}
	r = row_of(p, ends, t->field_count, p->key.data, p->key.len);
	if (r == NULL) {
		return ERR_NOMEM;
	}
	r->count++;
	r->errors += l != NULL && (l->marks & MARK_RETRANSMISSION) != 0;
	r->bytes += packet->orig_len;
	add_sum(t, p, r);
	return 0;
}

int top_batch(void *arg, const struct batch *b, struct lines *out)
{
	struct top *t = arg;
	struct top_part *p = take_part(t);
	struct layer_walk walk;
	int rc = p == NULL ? ERR_NOMEM : 0;

	UNUSED_ARG(out);
	if (rc == 0) {
		field_ctx_batch(&p->ctx, b);
	}
	for (uint32_t i = 0; t->events && rc == 0 && i < b->event_count && p->count <= LIMIT_TOP_ROWS; i++) {
		const struct event *ev = &b->events[i];

		if (event_counts(ev) && !event_is_internal(ev)) {
			field_ctx_event(&p->ctx, ev, b->first_num + ev->num, i);
			rc = add_event(t, p, ev);
		}
	}
	layer_walk_init(&walk, b);
	for (uint32_t i = 0; t->packets && rc == 0 && i < b->packet_count && p->count <= LIMIT_TOP_ROWS; i++) {
		const struct packet *packet = &b->packets[i];
		const struct layer *l = layer_walk_next(&walk, i);

		if ((packet->flags & PACKET_HIDDEN) == 0) {
			field_ctx_packet(&p->ctx, packet, l, b->first_packet_num + i, i);
			rc = add_packet(t, p, packet, l);
		}
	}
	if (p != NULL) {
		put_part(t, p);
	}
	return rc;
}

/* ---- the result -------------------------------------------------------------------------------------------- */

static int merge_part(struct top_part *into, const struct top_part *from, unsigned int fields)
{
	const struct map_slot *slot;
	size_t pos = 0;

	while ((slot = map_next(&from->rows, &pos)) != NULL) {
		for (const struct top_row *r = (const struct top_row *)slot->value; r != NULL; r = r->next) {
			struct top_row *to = row_of(into, r->ends, fields, r->key, r->ends[fields - 1]);

			if (to == NULL) {
				return ERR_NOMEM;
			}
			to->count += r->count;
			to->errors += r->errors;
			to->bytes += r->bytes;
			to->time_ns += r->time_ns;
			to->bound = to->bound || r->bound;
			to->sum += r->sum;
			to->sum_count += r->sum_count;
		}
	}
	into->absent += from->absent;
	return 0;
}

uint64_t top_value(const struct top *t, const struct top_row *r)
{
	switch (t->metric) {
	case TOP_BYTES: return r->bytes;
	case TOP_TIME: return r->time_ns;
	case TOP_ERRORS: return r->errors;
	case TOP_SUM: return r->sum;
	default: return r->count;
	}
}

const char *top_text(const struct top_row *r, unsigned int i, size_t *ret_len)
{
	uint32_t from = i == 0 ? 0 : r->ends[i - 1];

	*ret_len = r->ends[i] - from;
	return r->key + from;
}

static int compare(const void *pa, const void *pb, void *arg)
{
	const struct top *t = arg;
	const struct top_row *a = *(const struct top_row *const *)pa;
	const struct top_row *b = *(const struct top_row *const *)pb;
	uint64_t x = top_value(t, a), y = top_value(t, b);

	if (x != y) {
		return x > y ? -1 : 1;
	}
	if (a->count != b->count) {
		return a->count > b->count ? -1 : 1;
	}
	for (unsigned int i = 0; i < t->field_count; i++) {
		size_t m, n;
		const char *p = top_text(a, i, &m);
		const char *q = top_text(b, i, &n);
		int order = memcmp(p, q, min_u64(m, n));

		if (order != 0 || m != n) {
			return order != 0 ? order : (m > n) - (m < n);
		}
	}
	return 0;
}

int top_rows(struct top *t, const struct top_row ***ret_rows, size_t *ret_count, uint64_t *ret_absent)
{
	struct top_part *first = t->parts;
	const struct top_row **rows;
	const struct map_slot *slot;
	size_t pos = 0, n = 0;

	if (t->full) {
		return ERR_LIMIT;
	}
	for (struct top_part *p = first != NULL ? first->next : NULL; p != NULL; p = p->next) {
		if (merge_part(first, p, t->field_count) != 0) {
			return ERR_NOMEM;
		}
	}
	if (first != NULL && first->count > LIMIT_TOP_ROWS) {
		return ERR_LIMIT;
	}
	rows = calloc((first != NULL ? first->count : 0) + 1, sizeof(*rows));
	if (rows == NULL) {
		return ERR_NOMEM;
	}
	while (first != NULL && (slot = map_next(&first->rows, &pos)) != NULL) {
		for (const struct top_row *r = (const struct top_row *)slot->value; r != NULL; r = r->next) {
			rows[n++] = r;
		}
	}
	qsort_r(rows, n, sizeof(*rows), compare, t);
	*ret_rows = rows;
	*ret_count = n;
	*ret_absent = first != NULL ? first->absent : 0;
	return 0;
}
