/*
 * print_around.c - see print_around.h. The plan of a batch on any worker, the rest on the thread that emits.
 */
#include "cli/print_around.h"

#include "cli/print.h"

/* ---- worker ------------------------------------------------------------------------------------------------- */

enum { PASSES = 1, WANTED = 2 };
/* num of a row: place in the batch, then two bits. */
enum { NUM_PASSES = 1, NUM_END = 2, NUM_SHIFT = 2 };

int around_count(struct around_plan *a, bool passes)
{
	if (a->count == a->cap) {
		size_t cap = a->cap == 0 ? 4096 : 2 * a->cap;
		uint8_t *grown = realloc(a->flags, cap);

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		a->flags = grown;
		a->cap = cap;
	}
	a->flags[a->count++] = passes ? PASSES : 0;
	return 0;
}

/* Lines at most this far from the batch's edges or from one that passes, seen in one direction. */
static void choose(struct around_plan *a, uint64_t lines, bool backwards)
{
	uint64_t far = 0; /* beyond the edge something may pass */

	for (size_t i = 0; i < a->count; i++) {
		uint8_t *f = &a->flags[backwards ? a->count - 1 - i : i];

		far = (*f & PASSES) != 0 ? 0 : far + 1;
		*f |= far <= lines ? WANTED : 0;
	}
}

void around_choose(struct around_plan *a, uint64_t lines)
{
	choose(a, lines, false);
	choose(a, lines, true);
	a->at = 0;
	a->counting = false;
}

bool around_take(struct around_plan *a, uint64_t *ret_num)
{
	size_t i = a->at++;

	*ret_num = (uint64_t)i << NUM_SHIFT | (a->flags[i] & PASSES ? NUM_PASSES : 0);
	return (a->flags[i] & WANTED) != 0;
}

uint64_t around_end(const struct around_plan *a)
{
	return (uint64_t)a->count << NUM_SHIFT | NUM_END;
}

void around_plan_release(struct around_plan *a)
{
	free(a->flags);
	a->flags = NULL;
}

/* ---- emitter ------------------------------------------------------------------------------------------------- */

/* A line that may turn out to lie before one that passes. */
struct kept {
	uint64_t place; /* in the capture, from 1 */
	uint64_t ts_ns;
	size_t end; /* of its text */
};

struct around_source {
	uint64_t base; /* place of the batch's first line */
	uint64_t covered; /* lines below this place were near one that passed */
	bool running; /* some of those are still to come */
	struct buf text; /* of the kept lines, and of older ones before them */
	struct kept *kept; /* owns */
	size_t first, count, cap; /* kept[first..count) are alive */
};

void around_init(struct around *a)
{
	memset(a, 0, sizeof(*a));
	map_init(&a->sources);
}

void around_release(struct around *a)
{
	const struct map_slot *slot;
	size_t pos = 0;

	while ((slot = map_next(&a->sources, &pos)) != NULL) {
		struct around_source *s = (struct around_source *)slot->value;

		buf_release(&s->text);
		free(s->kept);
		free(s);
	}
	map_release(&a->sources);
}

static struct around_source *source_of(struct around *a, const struct source *src)
{
	struct around_source *s = (struct around_source *)map_get(&a->sources, (uintptr_t)src);

	if (s != NULL) {
		return s;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL || map_set(&a->sources, (uintptr_t)src, (uintptr_t)s) != 0) {
		free(s);
		return NULL;
	}
	s->base = 1;
	buf_init(&s->text, SIZE_MAX / 4);
	return s;
}

/* Where the text of kept line i begins. */
static size_t kept_begin(const struct around_source *s, size_t i)
{
	return i > 0 ? s->kept[i - 1].end : 0;
}

/* What is dead before the first kept line goes, once it is more than what is alive. */
static void compact(struct around_source *s)
{
	size_t begin = kept_begin(s, s->first);
	size_t alive = s->count - s->first;

	if (s->first <= alive) {
		return;
	}
	memmove(s->text.data, s->text.data + begin, s->text.len - begin);
	s->text.len -= begin;
	memmove(s->kept, s->kept + s->first, alive * sizeof(*s->kept));
	for (size_t i = 0; i < alive; i++) {
		s->kept[i].end -= begin;
	}
	s->first = 0;
	s->count = alive;
}

static int keep(struct around_source *s, const char *line, size_t len, uint64_t ts_ns, uint64_t place, uint64_t lines)
{
	while (s->first < s->count && s->kept[s->first].place + lines <= place) {
		s->first++;
	}
	compact(s);
	if (s->count == s->cap) {
		size_t cap = s->cap == 0 ? 64 : 2 * s->cap;
		struct kept *grown = realloc(s->kept, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		s->kept = grown;
		s->cap = cap;
	}
	buf_add(&s->text, line, len);
	if (s->text.failed) {
		return ERR_NOMEM;
	}
	s->kept[s->count++] = (struct kept){ place, ts_ns, s->text.len };
	return 0;
}

/* Lines of another capture stood between, or lines that were left out. */
static int separate(struct emitter *m, struct err *e)
{
	return m->around.separate && m->around.last != NULL ? output_write(&m->out, "--\n", 3, e) : 0;
}

/* The kept lines near one that passes. */
static int put_kept(struct emitter *m, struct around_source *s, uint64_t from, struct err *e)
{
	int rc = 0;

	for (size_t i = s->first; rc == 0 && i < s->count; i++) {
		size_t begin = kept_begin(s, i);

		if (s->kept[i].place >= from) {
			rc = emitter_put(m, s->text.data + begin, s->kept[i].end - begin, s->kept[i].ts_ns, e);
		}
	}
	s->first = 0;
	s->count = 0;
	buf_reset(&s->text);
	return rc;
}

static int put_match(struct emitter *m, struct around_source *s, const char *line, size_t len, uint64_t ts_ns,
		     uint64_t place, struct err *e)
{
	struct around *a = &m->around;
	uint64_t from = place > a->lines ? place - a->lines : 1;
	int rc = a->last != s || from > s->covered ? separate(m, e) : 0;

	if (rc == 0) {
		rc = put_kept(m, s, from, e);
	}
	if (rc == 0) {
		rc = emitter_put(m, line, len, ts_ns, e);
	}
	a->last = s;
	a->running += !s->running;
	s->running = true;
	s->covered = place + a->lines + 1;
	m->left--;
	return rc;
}

static int put_line(struct emitter *m, struct around_source *s, const char *line, size_t len, const struct line *row,
		    struct err *e)
{
	uint64_t place = s->base + (row->num >> NUM_SHIFT);
	int rc;

	if ((row->num & NUM_PASSES) != 0 && m->left > 0) {
		return put_match(m, s, line, len, row->ts_ns, place, e);
	}
	if (place < s->covered) {
		rc = m->around.last != s ? separate(m, e) : 0;
		m->around.last = s;
		return rc == 0 ? emitter_put(m, line, len, row->ts_ns, e) : rc;
	}
	return keep(s, line, len, row->ts_ns, place, m->around.lines);
}

int around_emit(struct emitter *m, const struct source *src, const char *text, size_t line_count,
		const struct line *rows, size_t base, struct err *e)
{
	struct around_source *s = source_of(&m->around, src);
	size_t from = 0;
	int rc = 0;

	if (s == NULL) {
		return err_nomem(e, "lines around others");
	}
	for (size_t i = 0; rc == 0 && i < line_count; i++) {
		size_t end = rows[i].end - base;

		if ((rows[i].num & NUM_END) != 0) {
			s->base += rows[i].num >> NUM_SHIFT;
		} else {
			rc = put_line(m, s, text + from, end - from, &rows[i], e);
		}
		if (s->running &&
		    s->base + ((rows[i].num & NUM_END) != 0 ? 0 : (rows[i].num >> NUM_SHIFT) + 1) >= s->covered) {
			s->running = false;
			m->around.running--;
		}
		from = end;
		if (rc == 0 && m->left == 0 && m->around.running == 0) {
			rc = ERR_EOF;
		}
	}
	return rc == ERR_NOMEM ? err_nomem(e, "lines around others") : rc;
}
