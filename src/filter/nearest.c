/*
 * nearest.c - see nearest.h: edit distance over the field table, names that begin alike first.
 */
#include "filter/nearest.h"

#include "filter/fields.h"

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

bool nearest_fields(const char *name, size_t len, char *out, size_t out_size)
{
	const char *best[SHOWN] = { NULL, NULL, NULL };
	unsigned int costs[SHOWN] = { UINT32_MAX, UINT32_MAX, UINT32_MAX };
	size_t used = 0;

	for (size_t i = 0; i < field_count(); i++) {
		const char *field = field_at(i)->name;
		unsigned int x = cost(name, len, field);

		for (size_t k = 0; k < SHOWN; k++) {
			if (x < costs[k]) {
				memmove(best + k + 1, best + k, (SHOWN - 1 - k) * sizeof(best[0]));
				memmove(costs + k + 1, costs + k,
					(SHOWN - 1 - k) * sizeof(costs[0]));
				best[k] = field;
				costs[k] = x;
				break;
			}
		}
	}
	for (size_t k = 0; k < SHOWN && best[k] != NULL; k++) {
		int n = snprintf(out + used, out_size - used, "%s%s", k > 0 ? ", " : "", best[k]);

		if (n < 0 || (size_t)n >= out_size - used) {
			break;
		}
		used += (size_t)n;
	}
	return used > 0;
}
