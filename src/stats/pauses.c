/*
 * pauses.c - see pauses.h. Reads the times of frozen sections; main thread, at the end.
 */
#include "stats/pauses.h"

struct cover {
	uint64_t from_ns, last_ns;
};

static int cmp_cover(const void *pa, const void *pb)
{
	const struct cover *a = pa;
	const struct cover *b = pb;

	if (a->from_ns != b->from_ns) {
		return a->from_ns < b->from_ns ? -1 : 1;
	}
	return a->last_ns < b->last_ns ? -1 : a->last_ns > b->last_ns;
}

static size_t sections_of(struct source *const *sources, uint32_t count)
{
	size_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		n += sources[i]->section_count;
	}
	return n;
}

/* What the sections cover, in order, what overlaps joined. */
static size_t covers_of(struct source *const *sources, uint32_t count, struct cover *covers)
{
	size_t all = 0;
	size_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < sources[i]->section_count; k++) {
			const struct section *s = sources[i]->sections[k];

			if (s->first_ns != 0) {
				covers[all++] = (struct cover){ s->first_ns, max_u64(s->first_ns, s->last_ns) };
			}
		}
	}
	qsort(covers, all, sizeof(*covers), cmp_cover);
	for (size_t i = 0; i < all; i++) {
		if (n > 0 && covers[i].from_ns <= covers[n - 1].last_ns) {
			covers[n - 1].last_ns = max_u64(covers[n - 1].last_ns, covers[i].last_ns);
		} else {
			covers[n++] = covers[i];
		}
	}
	return n;
}

int pauses_find(struct source *const *sources, uint32_t count, struct pauses *ret_p)
{
	struct cover *covers = calloc(sections_of(sources, count) + 1, sizeof(*covers));
	struct pauses found = { .count = 0 };
	uint64_t covered = 0;
	size_t n;

	if (covers == NULL) {
		return ERR_NOMEM;
	}
	n = covers_of(sources, count, covers);
	for (size_t i = 0; i < n; i++) {
		covered += covers[i].last_ns - covers[i].from_ns;
	}
	for (size_t i = 1; i < n; i++) {
		uint64_t gap = covers[i].from_ns - covers[i - 1].last_ns;

		if (gap / PAUSE_FACTOR <= covered) {
			continue;
		}
		if (found.count == PAUSES_MAX) {
			found.count = 0;
			break;
		}
		found.pause[found.count++] = (struct pause){ covers[i - 1].last_ns + 1, covers[i].from_ns };
	}
	free(covers);
	*ret_p = found;
	return 0;
}
