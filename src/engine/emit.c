/*
 * emit.c - ordered output of formatted lines: one lane after the other, or merged by time over all lanes. One
 * thread at a time (engine.emitting); any thread may have the turn.
 */
#include "engine/engine_internal.h"

#include "base/limits.h"

int lines_add(struct lines *l, uint64_t ts_ns, uint64_t num)
{
	struct line *row;

	if (l->count == l->cap) {
		size_t cap = l->cap == 0 ? 1024 : l->cap * 2;
		struct line *grown = realloc(l->rows, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		l->rows = grown;
		l->cap = cap;
	}
	row = &l->rows[l->count++];
	row->ts_ns = ts_ns;
	row->num = num;
	row->end = l->text.len;
	return 0;
}

/* The slot whose lines are this lane's next to be emitted, or NULL when they are not ready yet. */
static struct slot *head(const struct lane *ln)
{
	struct slot *s;

	if (ln->slots == NULL || ln->next_release == ln->next_frame) {
		return NULL;
	}
	s = &ln->slots[ln->next_release % ln->slot_count];
	return s->stage == SLOT_DONE ? s : NULL;
}

static bool exhausted(const struct lane *ln)
{
	return ln->ended && ln->next_release == ln->next_frame && !ln->framing;
}

bool emit_ready(struct engine *en)
{
	bool any = false;

	if (en->opt.sink == NULL || en->opt.sink->emit == NULL || en->emitting) {
		return false;
	}
	while (en->emit_first < en->lane_count && exhausted(&en->lanes[en->emit_first])) {
		en->emit_first++;
	}
	for (uint32_t i = en->emit_first; i < en->lane_count; i++) {
		const struct lane *ln = &en->lanes[i];

		if (exhausted(ln)) {
			continue;
		}
		if (head(ln) == NULL) {
			return false;
		}
		any = true;
		if (!en->opt.sink->merge) {
			break;	/* the first lane that is not exhausted */
		}
	}
	return any;
}

static int emit_rows(struct engine *en, struct slot *s, size_t count, struct err *e)
{
	const struct line_sink *sink = en->opt.sink;
	size_t begin = s->emitted > 0 ? s->lines.rows[s->emitted - 1].end : 0;
	size_t end = s->lines.rows[s->emitted + count - 1].end;
	int rc = sink->emit(sink->arg, s->source, s->lines.text.data + begin, end - begin, count,
			    s->lines.rows + s->emitted, begin, e);

	s->emitted += count;
	return rc;
}

static bool earlier(const struct line *a, const struct line *b)
{
	return a->ts_ns < b->ts_ns;
}

/* Lines of s that come before the head lines of all other lanes; lanes in order win ties. */
static size_t run_length(const struct slot *s, const struct line *limit, bool limit_is_before)
{
	size_t n = 0;
	size_t left = s->lines.count - s->emitted;
	const struct line *rows = s->lines.rows + s->emitted;

	if (limit == NULL) {
		return left;
	}
	while (n < left &&
	       (earlier(&rows[n], limit) || (!limit_is_before && !earlier(limit, &rows[n])))) {
		n++;
	}
	return n;
}

/*
 * Emits from the lane whose head line is earliest, until some lane's slot is used up. The heads cannot change
 * meanwhile: their slots are SLOT_DONE and only this thread releases them.
 */
static int emit_merged(struct engine *en, struct slot **heads, uint32_t n, struct err *e)
{
	for (;;) {
		uint32_t best = n;
		uint32_t second = n;
		size_t count;
		int rc;

		for (uint32_t i = 0; i < n; i++) {
			const struct line *row;

			if (heads[i] == NULL) {
				continue;
			}
			if (heads[i]->emitted == heads[i]->lines.count) {
				return 0;
			}
			row = &heads[i]->lines.rows[heads[i]->emitted];
			if (best == n || earlier(row, &heads[best]->lines.rows[heads[best]->emitted])) {
				second = best;
				best = i;
			} else if (second == n ||
				   earlier(row, &heads[second]->lines.rows[heads[second]->emitted])) {
				second = i;
			}
		}
		if (best == n) {
			return 0;
		}
		count = run_length(heads[best],
				   second == n ? NULL : &heads[second]->lines.rows[heads[second]->emitted],
				   second < best);
		rc = emit_rows(en, heads[best], count, e);
		if (rc != 0) {
			return rc;
		}
	}
}

int emit_run(struct engine *en, struct err *e)
{
	struct slot *heads[LIMIT_OPEN_SOURCES];
	uint32_t n = 0;
	int rc = 0;

	pthread_mutex_lock(&en->lock);
	for (uint32_t i = en->emit_first; i < en->lane_count; i++) {
		struct lane *ln = &en->lanes[i];

		if (exhausted(ln)) {
			continue;
		}
		heads[n++] = head(ln);
		if (!en->opt.sink->merge) {
			break;
		}
	}
	pthread_mutex_unlock(&en->lock);
	rc = emit_merged(en, heads, n, e);
	return rc;
}
