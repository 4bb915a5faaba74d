/*
 * timeline.c - see timeline.h. Workers fill and merge; rows are made on the main thread at the end.
 */
#include "stats/timeline.h"

#include "base/limits.h"

#define MS UINT64_C(1000000)
#define BUCKETS_MAX 8192

static const uint64_t ladder_ns[] = {
	1 * MS,	     5 * MS,	  10 * MS,	50 * MS,       100 * MS,      500 * MS,	       1000 * MS,
	5000 * MS,   10000 * MS,  30000 * MS,	60000 * MS,    300000 * MS,   600000 * MS,     3600000 * MS,
	21600000 * MS, 86400000 * MS, 864000000 * MS, 8640000000 * MS,
};

void timeline_init(struct timeline *t, unsigned int counts)
{
	memset(t, 0, sizeof(*t));
	map_init(&t->by_index);
	t->counts = counts;
}

void timeline_release(struct timeline *t)
{
	map_release(&t->by_index);
	free(t->buckets);
	t->buckets = NULL;
	t->count = 0;
	t->cap = 0;
}

/* Numbers of one bucket: its index and its counts. */
static size_t stride(const struct timeline *t)
{
	return t->counts + 1;
}

static uint64_t *bucket(const struct timeline *t, size_t i)
{
	return t->buckets + i * stride(t);
}

static uint64_t *bucket_at(struct timeline *t, uint64_t index)
{
	uintptr_t at = map_get(&t->by_index, index);
	uint64_t *b;

	if (at != 0) {
		return bucket(t, at - 1);
	}
	if (t->count == t->cap) {
		size_t cap = t->cap == 0 ? 256 : t->cap * 2;
		uint64_t *grown = realloc(t->buckets, cap * stride(t) * sizeof(*grown));

		if (grown == NULL) {
			return NULL;
		}
		t->buckets = grown;
		t->cap = cap;
	}
	if (map_set(&t->by_index, index, t->count + 1) != 0) {
		return NULL;
	}
	b = bucket(t, t->count++);
	memset(b, 0, stride(t) * sizeof(*b));
	b[0] = index;
	return b;
}

static void add_counts(const struct timeline *t, uint64_t *into, const uint64_t *from)
{
	for (unsigned int i = 1; i <= t->counts; i++) {
		into[i] += from[i];
	}
}

static void forget_last(struct timeline *t)
{
	t->last = NULL;
	t->last_from = 0;
	t->last_to = 0;
}

/* Joins buckets to the next width of the ladder. */
static int coarsen(struct timeline *t)
{
	uint64_t factor = ladder_ns[t->rung + 1] / ladder_ns[t->rung];
	uint64_t *old = t->buckets;
	size_t n = t->count;
	int rc = 0;

	map_clear(&t->by_index);
	t->buckets = NULL;
	t->count = 0;
	t->cap = 0;
	forget_last(t);
	t->rung++;
	for (size_t i = 0; i < n && rc == 0; i++) {
		const uint64_t *from = old + i * stride(t);
		uint64_t *b = bucket_at(t, from[0] / factor);

		if (b == NULL) {
			rc = ERR_NOMEM;
		} else {
			add_counts(t, b, from);
		}
	}
	free(old);
	return rc;
}

static int limit_buckets(struct timeline *t)
{
	int rc = 0;

	while (rc == 0 && t->count > BUCKETS_MAX && t->rung + 1 < ARRAY_LEN(ladder_ns)) {
		rc = coarsen(t);
	}
	return rc;
}

int timeline_go_to(struct timeline *t, uint64_t ts)
{
	uint64_t width;
	uint64_t *b;

	if (t->count > BUCKETS_MAX && limit_buckets(t) != 0) {
		return ERR_NOMEM;
	}
	width = ladder_ns[t->rung];
	b = bucket_at(t, ts / width);
	if (b == NULL) {
		return ERR_NOMEM;
	}
	t->last = b + 1;
	t->last_from = ts / width * width;
	t->last_to = t->last_from + width;
	return 0;
}

int timeline_merge(struct timeline *into, struct timeline *from)
{
	int rc = 0;

	assert(into->counts == from->counts);
	while (rc == 0 && into->rung < from->rung) {
		rc = coarsen(into);
	}
	while (rc == 0 && from->rung < into->rung) {
		rc = coarsen(from);
	}
	for (size_t i = 0; i < from->count && rc == 0; i++) {
		uint64_t *b = bucket_at(into, bucket(from, i)[0]);

		if (b == NULL) {
			return ERR_NOMEM;
		}
		add_counts(into, b, bucket(from, i));
	}
	forget_last(into);
	return rc != 0 ? rc : limit_buckets(into);
}

/* ---- rows -------------------------------------------------------------------------------------------- */

static int by_index(const void *pa, const void *pb)
{
	const uint64_t *a = pa;
	const uint64_t *b = pb;

	return a[0] < b[0] ? -1 : a[0] > b[0];
}

static uint64_t index_of(const struct timeline *t, size_t i)
{
	return bucket(t, i)[0];
}

static uint64_t weight_of(const struct timeline *t, size_t i)
{
	return bucket(t, i)[1];
}

/* The intervals [*ret_from, *ret_to) that lie in a pause as a whole. */
static void intervals_of(const struct timeline *t, const struct pause *p, uint64_t *ret_from, uint64_t *ret_to)
{
	uint64_t width = ladder_ns[t->rung];

	*ret_from = p->from_ns / width + (p->from_ns % width != 0);
	*ret_to = max_u64(p->to_ns / width, *ret_from);
}

/* Rows from bucket i to the next one: the intervals between them that are in no pause, and its own. Sorted buckets. */
static uint64_t rows_after(const struct timeline *t, const struct pauses *pauses, size_t i)
{
	uint64_t from = index_of(t, i) + 1;
	uint64_t to = index_of(t, i + 1);
	uint64_t rows = to - from + 1;

	for (unsigned int k = 0; k < pauses->count; k++) {
		uint64_t first, end;

		intervals_of(t, &pauses->pause[k], &first, &end);
		first = max_u64(first, from);
		end = min_u64(end, to);
		rows -= end > first ? end - first : 0;
	}
	return rows;
}

/* Rows from bucket first to bucket last. */
static uint64_t rows_between(const struct timeline *t, const struct pauses *pauses, size_t first, size_t last)
{
	uint64_t rows = 1;

	for (size_t i = first; i < last; i++) {
		rows += rows_after(t, pauses, i);
	}
	return rows;
}

/*
 * The axis leaves out what lies far off (a whole axis away from what follows): at most one in a thousand
 * at each end, so that stray timestamps do not flatten the rest. Buckets are sorted.
 */
static void clamp_axis(const struct timeline *t, const struct pauses *pauses, size_t *ret_first, size_t *ret_last)
{
	uint64_t total = 0;
	uint64_t seen = 0;
	size_t first = 0;
	size_t last = t->count - 1;

	for (size_t i = 0; i < t->count; i++) {
		total += weight_of(t, i);
	}
	if (rows_between(t, pauses, 0, last) > LIMIT_SERIES_POINTS) {
		for (size_t i = 0; i < last && (seen += weight_of(t, i)) * 1000 <= total; i++) {
			first = rows_after(t, pauses, i) > LIMIT_SERIES_POINTS ? i + 1 : first;
		}
		seen = 0;
		for (size_t i = last; i > first && (seen += weight_of(t, i)) * 1000 <= total; i--) {
			last = rows_after(t, pauses, i - 1) > LIMIT_SERIES_POINTS ? i - 1 : last;
		}
	}
	*ret_first = first;
	*ret_last = last;
}

static int fit_axis(struct timeline *t, const struct pauses *pauses, size_t *ret_first, size_t *ret_last)
{
	/* A line that was never merged may hold one bucket too many. */
	if (limit_buckets(t) != 0) {
		return ERR_NOMEM;
	}
	for (;;) {
		qsort(t->buckets, t->count, stride(t) * sizeof(*t->buckets), by_index);
		clamp_axis(t, pauses, ret_first, ret_last);
		if (rows_between(t, pauses, *ret_first, *ret_last) <= LIMIT_SERIES_POINTS ||
		    t->rung + 1 == ARRAY_LEN(ladder_ns)) {
			return 0;
		}
		/* Sorting moved the buckets, so the index map is stale: coarsen rebuilds it. */
		if (coarsen(t) != 0) {
			return ERR_NOMEM;
		}
	}
}

/* index, or where the pause ends that it lies in. */
static uint64_t skip_pause(const struct timeline *t, const struct pauses *pauses, uint64_t index)
{
	for (unsigned int k = 0; k < pauses->count; k++) {
		uint64_t first, end;

		intervals_of(t, &pauses->pause[k], &first, &end);
		index = index >= first && index < end ? end : index;
	}
	return index;
}

/* counts NULL: none of anything. */
static void add_row(struct table *out, uint64_t index, uint64_t width, const uint64_t *counts)
{
	table_time(out, index * width);
	table_duration(out, width);
	for (unsigned int i = 2; i < out->def->column_count; i++) {
		uint64_t x = counts != NULL ? counts[i - 2] : 0;

		if (out->def->columns[i].type == COL_BYTES) {
			table_bytes(out, x);
		} else {
			table_u64(out, x);
		}
	}
}

int timeline_rows(struct timeline *t, const struct pauses *pauses, struct table *out)
{
	uint64_t width;
	uint64_t index;
	size_t first;
	size_t last;

	assert(out->def->column_count == t->counts + 2);
	if (t->count == 0) {
		return 0;
	}
	if (fit_axis(t, pauses, &first, &last) != 0) {
		return ERR_NOMEM;
	}
	width = ladder_ns[t->rung];
	index = index_of(t, first);
	for (size_t i = first; i <= last; i++) {
		while ((index = min_u64(skip_pause(t, pauses, index), index_of(t, i))) < index_of(t, i)) {
			add_row(out, index++, width, NULL);
		}
		add_row(out, index++, width, bucket(t, i) + 1);
	}
	out->rows_dropped = first + (t->count - 1 - last);
	return 0;
}
