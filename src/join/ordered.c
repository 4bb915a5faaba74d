/*
 * ordered.c - see ordered.h. Short runs by insertion, then merged in pairs; of two runs only the stretch in which they
 * overlap is touched. Pure; any thread.
 */
#include "join/ordered.h"

#include "base/arena.h"
#include "base/err.h"

#define RUN 16

static inline bool before(const struct ordered *a, const struct ordered *b)
{
	return a->key != b->key ? a->key < b->key : a->tie < b->tie;
}

static void sort_run(struct ordered *items, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct ordered x = items[i];
		size_t at = i;

		while (at > 0 && before(&x, &items[at - 1])) {
			items[at] = items[at - 1];
			at--;
		}
		items[at] = x;
	}
}

/* How many of the items come before x; those equal to it count if equal is set. */
static size_t count_before(const struct ordered *items, size_t count, const struct ordered *x, bool equal)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (equal ? !before(x, &items[mid]) : before(&items[mid], x)) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

struct room {
	struct ordered *at;	/* owns */
	size_t cap;
};

static int make_room(struct room *r, size_t count)
{
	if (count <= r->cap) {
		return 0;
	}
	free(r->at);
	r->cap = 0;
	r->at = large_alloc(count * sizeof(*r->at));
	if (r->at == NULL) {
		return ERR_NOMEM;
	}
	r->cap = count;
	return 0;
}

/* Two runs that lie side by side: left items, then right ones. */
static int merge(struct ordered *items, size_t left, size_t right, struct room *r)
{
	struct ordered *b = items + left;
	size_t skip = count_before(items, left, b, true);
	struct ordered *out = items + skip;
	size_t n = left - skip;
	size_t i = 0;
	size_t j = 0;

	right = count_before(b, right, &items[left - 1], false);
	if (n == 0 || right == 0) {
		return 0;
	}
	if (make_room(r, n) != 0) {
		return ERR_NOMEM;
	}
	memcpy(r->at, out, n * sizeof(*out));
	while (i < n && j < right) {
		*out++ = before(&b[j], &r->at[i]) ? b[j++] : r->at[i++];
	}
	memcpy(out, &r->at[i], (n - i) * sizeof(*out));	/* what is left of b stands where it belongs */
	return 0;
}

int ordered_sort(struct ordered *items, size_t count)
{
	struct room r = { NULL, 0 };
	int rc = 0;

	for (size_t at = 0; at < count; at += RUN) {
		sort_run(&items[at], count - at < RUN ? count - at : RUN);
	}
	for (size_t width = RUN; width < count && rc == 0; width *= 2) {
		for (size_t at = 0; at + width < count && rc == 0; at += 2 * width) {
			size_t right = count - at - width < width ? count - at - width : width;

			rc = before(&items[at + width], &items[at + width - 1]) ? merge(&items[at], width, right, &r)
										: 0;
		}
	}
	free(r.at);
	return rc;
}
