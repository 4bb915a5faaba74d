/*
 * nearest.c - see nearest.h: edit distance over a table of names, those that begin alike first.
 */
#include "filter/nearest.h"

#include "filter/ast.h"

#define NAME_MAX_BYTES 64
#define SHOWN 3

/* Levenshtein distance of two short names, with one row of the table. */
static unsigned int distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int row[NAME_MAX_BYTES + 1];

	for (size_t j = 0; j <= b_len; j++) {
		row[j] = (unsigned int)j;
	}
	for (size_t i = 1; i <= a_len; i++) {
		unsigned int corner = row[0];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned int best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			best = row[j] + 1 < best ? row[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			row[j] = best;
		}
	}
	return row[b_len];
}

/* Lower is nearer; UINT_MAX: not near. A name that continues what was typed costs little. */
static unsigned int cost(const char *name, size_t len, const char *field)
{
	size_t field_len = strlen(field);
	unsigned int d;

	if (len == 0 || len > NAME_MAX_BYTES || field_len > NAME_MAX_BYTES) {
		return UINT32_MAX;
	}
	d = distance(name, len, field, field_len);
	if (field_len > len && memcmp(field, name, len) == 0) {
		return d / 4;
	}
	return d <= 2 + len / 4 ? d : UINT32_MAX;
}

typedef const char *name_fn(size_t i); /* NULL: no more */

struct near {
	const char *best[SHOWN];
	unsigned int costs[SHOWN];
};

static void offer(struct near *n, const char *name, unsigned int x)
{
	for (size_t k = 0; k < SHOWN; k++) {
		if (n->best[k] != NULL && strcmp(n->best[k], name) == 0) {
			return;
		}
	}
	for (size_t k = 0; k < SHOWN; k++) {
		if (x < n->costs[k]) {
			memmove(n->best + k + 1, n->best + k, (SHOWN - 1 - k) * sizeof(n->best[0]));
			memmove(n->costs + k + 1, n->costs + k, (SHOWN - 1 - k) * sizeof(n->costs[0]));
			n->best[k] = name;
			n->costs[k] = x;
			return;
		}
	}
}

/* ties: only those that are no farther than the nearest. */
static bool nearest(name_fn *at, bool ties, const char *name, size_t len, char *out, size_t out_size)
{
	struct near n = { { NULL, NULL, NULL }, { UINT32_MAX, UINT32_MAX, UINT32_MAX } };
	const char *other;
	size_t used = 0;

	for (size_t i = 0; (other = at(i)) != NULL; i++) {
		offer(&n, other, cost(name, len, other));
	}
	for (size_t k = 0; k < SHOWN && n.best[k] != NULL; k++) {
		int bytes;

		if (ties && n.costs[k] > n.costs[0]) {
			break;
		}
		bytes = snprintf(out + used, out_size - used, "%s%s", k > 0 ? ", " : "", n.best[k]);

		if (bytes < 0 || (size_t)bytes >= out_size - used) {
			break;
		}
		used += (size_t)bytes;
	}
	return used > 0;
}

static const char *field_name(size_t i)
{
	return i < field_count() ? field_at(i)->name : NULL;
}

bool nearest_fields(const char *name, size_t len, char *out, size_t out_size)
{
	return nearest(field_name, false, name, len, out, out_size);
}

const char *event_type_name(size_t i)
{
	const char *name;

	if (i < SCHEMA_EVENTS) {
		return schema_events[i].name;
	}
	if (i - SCHEMA_EVENTS >= SYSCALL_CODES) {
		return NULL;
	}
	name = schema_syscall_name((unsigned int)(i - SCHEMA_EVENTS));
	return name != NULL ? name : "unknown";
}

bool nearest_event_types(const char *name, size_t len, char *out, size_t out_size)
{
	return nearest(event_type_name, true, name, len, out, out_size);
}
