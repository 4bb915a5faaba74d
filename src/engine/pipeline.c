/*
 * pipeline.c - the map of the program: what happens to a batch, and which thread does what next.
 *
 *     frame (in order, per lane) -> decode (any) -> fold (in order, per lane)
 *     -> sort (any; for the join) -> track (in order, per lane and shard: flows, sockets) -> tap (any)
 *     -> emit (in order) -> release (in order)
 *
 * All threads are alike: each looks, under the lock, for the most urgent thing to do, does it
 * without the lock, and reports. Slots bound the queues: a lane frames only into a free slot.
 */
#include "engine/engine_internal.h"

#include <time.h>

#include "events/decode.h"
#include "net/net.h"

/* Mapped bytes are given back in steps of this size (a power of two). */
#define MAP_DONE_STEP (UINT64_C(4) << 20)

enum job_kind {
	JOB_NONE, JOB_EMIT, JOB_FRAME, JOB_DECODE, JOB_FOLD, JOB_SORT, JOB_TRACK, JOB_TAP, JOB_FINISH, JOB_CLOSE
};

struct job {
	enum job_kind kind;
	struct lane *lane;
	struct slot *slot;
	uint64_t released;	/* batches of the lane below this serial are out of use */
	uint32_t shards;	/* to track or finish (bits) */
};

uint64_t engine_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

/* ---- choosing (with the lock) ------------------------------------------------------------------- */

static struct slot *lane_slot(const struct lane *ln, uint64_t serial)
{
	return &ln->slots[serial % ln->slot_count];
}

static bool drained(const struct lane *ln)
{
	return ln->next_release == ln->next_frame && !ln->framing;
}

static bool can_frame(const struct engine *en, const struct lane *ln)
{
	if (ln->ended || ln->framing || en->finish || (ln->drain && !drained(ln))) {
		return false;
	}
	return ln->next_frame - ln->next_release < ln->slot_count;
}

/* Framed batches that nobody has decoded yet. */
static bool has_framed(const struct lane *ln)
{
	for (uint64_t i = ln->next_fold; i < ln->next_frame; i++) {
		if (lane_slot(ln, i)->stage == SLOT_FRAMED) {
			return true;
		}
	}
	return false;
}

static bool pick_frame(struct engine *en, struct lane *ln, struct job *j)
{
	if (!can_frame(en, ln)) {
		return false;
	}
	ln->drain = false;
	ln->framing = true;
	j->kind = JOB_FRAME;
	j->lane = ln;
	j->slot = lane_slot(ln, ln->next_frame);
	j->slot->stage = SLOT_FRAMING;
	return true;
}

static bool pick_fold(struct engine *en, struct lane *ln, struct job *j)
{
	struct slot *s;

	UNUSED_ARG(en);
	if (ln->folding || ln->next_fold == ln->next_frame) {
		return false;
	}
	s = lane_slot(ln, ln->next_fold);
	if (s->stage != SLOT_DECODED) {
		return false;
	}
	ln->folding = true;
	s->stage = SLOT_FOLDING;
	j->kind = JOB_FOLD;
	j->lane = ln;
	j->slot = s;
	j->released = ln->next_release;
	return true;
}

static bool pick_stage(struct lane *ln, enum slot_stage from, enum slot_stage to, enum job_kind kind,
		       struct job *j)
{
	for (uint64_t i = ln->next_release; i < ln->next_frame; i++) {
		struct slot *s = lane_slot(ln, i);

		if (s->stage == from) {
			s->stage = to;
			j->kind = kind;
			j->lane = ln;
			j->slot = s;
			return true;
		}
	}
	return false;
}

/* So many layers and events that the shards of a batch are worth a job each. */
#define SHARE_RECORDS 512

/* Some of these shards: all of them when there is little to do or nobody to share it with. */
static uint32_t share_of(const struct engine *en, uint32_t shards, uint32_t records)
{
	unsigned int n = (unsigned int)__builtin_popcount(shards);

	if (en->worker_count == 1 || records < SHARE_RECORDS) {
		return shards;
	}
	n = (n + en->worker_count - 1) / en->worker_count;
	while ((unsigned int)__builtin_popcount(shards) > n) {
		shards &= shards - 1;
	}
	return shards;
}

/* Each shard sees the batches in order: one that an earlier batch still waits for is passed over. */
static bool pick_track(struct engine *en, struct lane *ln, struct job *j)
{
	uint32_t busy = ln->tracking;

	for (uint64_t i = ln->next_release; i < ln->next_fold; i++) {
		struct slot *s = lane_slot(ln, i);

		if (s->stage == SLOT_FOLDED || s->stage == SLOT_SORTING) {
			return false;	/* nobody knows yet which shards wait for it */
		}
		if (s->stage != SLOT_SORTED) {
			continue;
		}
		if ((s->untracked & ~busy) != 0) {
			j->kind = JOB_TRACK;
			j->lane = ln;
			j->slot = s;
			j->shards = share_of(en, s->untracked & ~busy,
					     s->batch.layer_count + s->batch.event_count);
			ln->tracking |= j->shards;
			return true;
		}
		busy |= s->untracked;
	}
	return false;
}

static bool pick_sort(struct engine *en, struct lane *ln, struct job *j)
{
	UNUSED_ARG(en);
	return pick_stage(ln, SLOT_FOLDED, SLOT_SORTING, JOB_SORT, j);
}

static bool lane_over(const struct engine *en, const struct lane *ln)
{
	return !ln->closed && drained(ln) && !ln->folding && (ln->ended || en->finish);
}

/* The flows of the last section: shards side by side, while nobody else can be in the lane. */
static bool pick_finish(struct engine *en, struct lane *ln, struct job *j)
{
	if (!lane_over(en, ln) || ln->unfinished == 0) {
		return false;
	}
	j->kind = JOB_FINISH;
	j->lane = ln;
	j->shards = ln->unfinished & -ln->unfinished;
	ln->unfinished &= ~j->shards;
	ln->tracking |= j->shards;
	return true;
}

/* A lane with nothing more to come, all of it processed. */
static bool pick_close(struct engine *en, struct lane *ln, struct job *j)
{
	if (!lane_over(en, ln) || ln->unfinished != 0 || ln->tracking != 0) {
		return false;
	}
	ln->closed = true;
	ln->cut_short = !ln->ended;
	ln->ended = true;
	ln->framing = true;	/* keeps others away until it is done */
	j->kind = JOB_CLOSE;
	j->lane = ln;
	return true;
}

typedef bool (*picker)(struct engine *en, struct lane *ln, struct job *j);

static bool pick_frame_if_starving(struct engine *en, struct lane *ln, struct job *j)
{
	return en->worker_count > 1 && !has_framed(ln) && pick_frame(en, ln, j);
}

static bool pick_tap(struct engine *en, struct lane *ln, struct job *j)
{
	UNUSED_ARG(en);
	return pick_stage(ln, SLOT_TRACKED, SLOT_TAPPING, JOB_TAP, j);
}

static bool pick_decode(struct engine *en, struct lane *ln, struct job *j)
{
	UNUSED_ARG(en);
	return pick_stage(ln, SLOT_FRAMED, SLOT_DECODING, JOB_DECODE, j);
}

/* Most urgent first: what others wait for, then what frees slots, then what fills them. */
static const picker pickers[] = {
	pick_frame_if_starving, pick_fold, pick_sort, pick_track, pick_tap, pick_decode, pick_finish, pick_close,
	pick_frame,
};

static struct job pick(struct engine *en)
{
	struct job j = { JOB_NONE, NULL, NULL, 0, 0 };

	if (emit_ready(en)) {
		en->emitting = true;
		j.kind = JOB_EMIT;
		return j;
	}
	for (size_t p = 0; p < ARRAY_LEN(pickers); p++) {
		for (uint32_t i = 0; i < en->active_count; i++) {
			if (pickers[p](en, en->active[i], &j)) {
				return j;
			}
		}
	}
	return j;
}

/* ---- lanes come and go (with the lock) ------------------------------------------------------------ */

static int begin_lanes(struct engine *en)
{
	while (en->active_count < en->lanes_open_max && en->lanes_begun < en->lane_count && !en->finish) {
		struct lane *ln = &en->lanes[en->lanes_begun];

		ln->slots = calloc(en->slots_per_lane, sizeof(*ln->slots));
		if (ln->slots == NULL) {
			return ERR_NOMEM;
		}
		ln->slot_count = en->slots_per_lane;
		for (unsigned int s = 0; s < ln->slot_count; s++) {
			batch_init(&ln->slots[s].batch);
			buf_init(&ln->slots[s].lines.text, SIZE_MAX / 2);
		}
		en->lanes_begun++;
		en->active[en->active_count++] = ln;
	}
	return 0;
}

static bool all_done(const struct engine *en)
{
	return en->active_count == 0 && (en->finish || en->lanes_begun == en->lane_count);
}

/* In order: slots whose lines are out (or that never had any) become free. */
static void release_slots(struct engine *en, struct lane *ln)
{
	while (ln->next_release < ln->next_fold && !en->emitting) {
		struct slot *s = lane_slot(ln, ln->next_release);

		if (s->stage != SLOT_DONE) {
			return;
		}
		if (en->opt.sink != NULL && s->emitted < s->lines.count && en->code == 0 && !en->finish) {
			return;
		}
		if (s->source->mapped && (s->batch.end_off ^ s->batch.base_off) >= MAP_DONE_STEP) {
			stream_map_done(s->stream, s->batch.base_off & ~(MAP_DONE_STEP - 1));
		}
		if (hide_keeps(en) && hide_keep(&s->batch) != 0 && en->code == 0) {
			en->finish = true;
			en->code = err_nomem(&en->err, "the filter");
		}
		en->events += s->batch.tally.events;
		en->packets += s->batch.packet_count;
		s->stage = SLOT_FREE;
		ln->next_release++;
	}
}

static void release_all(struct engine *en)
{
	for (uint32_t i = 0; i < en->active_count; i++) {
		release_slots(en, en->active[i]);
	}
}

static void fail(struct engine *en, int code, const struct err *why)
{
	en->finish = true;
	if (en->code == 0) {
		en->code = code;
		en->err = *why;
	}
}

/* ---- doing (without the lock) ------------------------------------------------------------------- */

static int do_tap(struct engine *en, struct worker *w, struct slot *s, struct err *e)
{
	int rc = en->hide != NULL ? hide_batch(en, w->index, &s->batch, e) : 0;

	if (rc == 0) {
		rc = taps_feed(en, w->index, &s->batch, false);
	}
	s->emitted = 0;
	s->lines.count = 0;
	buf_reset(&s->lines.text);
	if (rc == 0 && en->opt.sink != NULL) {
		rc = en->opt.sink->format(en->opt.sink->arg, &s->batch, &s->lines);
		if (s->lines.text.failed) {
			rc = ERR_NOMEM;
		}
	}
	return rc;
}

static int do_job(struct worker *w, const struct job *j, struct err *e)
{
	struct engine *en = w->en;
	int rc = 0;

	switch (j->kind) {
	case JOB_EMIT:
		rc = emit_run(en, e);
		break;
	case JOB_FRAME:
		rc = lane_frame(en, j->lane, j->slot, e);
		j->slot->batch.serial = j->lane->next_frame;
		break;
	case JOB_DECODE:
		j->slot->batch.skip = hide_skip(en->hide);
		j->slot->batch.hidden = hide_types(en->hide);
		rc = decode_batch(&j->slot->batch);
		if (rc == 0 && en->follow && j->slot->batch.packet_count > 0) {
			rc = net_dissect(&j->slot->batch);
		}
		break;
	case JOB_FOLD:
		rc = fold_slot(en, j->lane, j->slot, j->released, e);
		if (rc == 0) {
			rc = taps_feed(en, w->index, &j->slot->batch, true);
		}
		break;
	case JOB_SORT:
		rc = shards_sort(&j->slot->batch);
		break;
	case JOB_TRACK:
		rc = shards_track(&j->slot->batch, j->shards);
		break;
	case JOB_FINISH:
		rc = shards_finish(j->lane->fold_section, j->shards);
		break;
	case JOB_TAP:
		rc = do_tap(en, w, j->slot, e);
		break;
	case JOB_CLOSE:
		rc = fold_finish(j->lane);
		lane_close_input(en, j->lane);
		break;
	case JOB_NONE:
		break;
	}
	if (rc == ERR_NOMEM) {
		err_nomem(e, "a batch");
	}
	return rc;
}

/* ---- reporting (with the lock) -------------------------------------------------------------------- */

static void framed(struct engine *en, const struct job *j, int *io_rc)
{
	struct lane *ln = j->lane;

	ln->framing = false;
	if (*io_rc == 0) {
		ln->disk_pos = j->slot->disk_pos;
		j->slot->stage = SLOT_FRAMED;
		ln->next_frame++;
		return;
	}
	j->slot->stage = SLOT_FREE;
	if (*io_rc == LANE_DRAIN) {
		ln->drain = true;
		en->sources_done++;
		*io_rc = 0;
	} else {
		ln->ended = true;
		*io_rc = *io_rc == ERR_EOF ? 0 : *io_rc;
	}
}

static void sorted(struct slot *s, int rc)
{
	s->untracked = rc == 0 && s->batch.section != NULL ? shards_todo(&s->batch) : 0;
	s->stage = s->untracked != 0 ? SLOT_SORTED : SLOT_TRACKED;
}

static void folded(const struct job *j, int rc)
{
	struct lane *ln = j->lane;
	struct slot *s = j->slot;
	struct section *sec = ln->fold_section;

	ln->folding = false;
	ln->next_fold++;
	ln->unfinished = sec != NULL ? shards_unfinished(sec) : 0;
	if (rc == 0 && s->batch.section != NULL && shards_must_sort(&s->batch)) {
		s->stage = SLOT_FOLDED;
	} else {
		sorted(s, rc);
	}
}

static void tracked(const struct job *j)
{
	j->lane->tracking &= ~j->shards;
	j->slot->untracked &= ~j->shards;
	if (j->slot->untracked == 0) {
		j->slot->stage = SLOT_TRACKED;
	}
}

static void closed(struct engine *en, struct lane *ln)
{
	uint32_t at = 0;

	while (en->active[at] != ln) {
		at++;
	}
	en->active_count--;
	memmove(&en->active[at], &en->active[at + 1], (en->active_count - at) * sizeof(en->active[0]));
	ln->framing = false;
	lane_free_slots(ln);
	en->disk_done += ln->file->bytes != UINT64_MAX && lane_counts_file(ln) ? ln->file->bytes : 0;
	ln->disk_pos = 0;
}

static void report_job(struct engine *en, const struct job *j, int rc, const struct err *e)
{
	switch (j->kind) {
	case JOB_EMIT:
		en->emitting = false;
		if (rc == ERR_EOF) {	/* the sink has enough */
			en->finish = true;
			rc = 0;
		}
		release_all(en);
		break;
	case JOB_FRAME:
		framed(en, j, &rc);
		break;
	case JOB_DECODE:
		j->slot->stage = SLOT_DECODED;
		break;
	case JOB_FOLD:
		folded(j, rc);
		break;
	case JOB_SORT:
		sorted(j->slot, rc);
		break;
	case JOB_TRACK:
		tracked(j);
		break;
	case JOB_FINISH:
		j->lane->tracking &= ~j->shards;
		break;
	case JOB_TAP:
		j->slot->stage = SLOT_DONE;
		release_slots(en, j->lane);
		break;
	case JOB_CLOSE:
		closed(en, j->lane);
		break;
	case JOB_NONE:
		break;
	}
	if (rc != 0) {
		fail(en, rc, e);
	}
}

/* ---- the loop --------------------------------------------------------------------------------- */

static void show_progress(struct engine *en)
{
	struct progress p = { 0, 0, 0, 0, 0, 0 };

	p.disk_bytes = en->disk_done;
	for (uint32_t i = 0; i < en->lane_count; i++) {
		uint64_t size = en->lanes[i].file->bytes;

		if (!lane_counts_file(&en->lanes[i])) {
			continue;
		}
		p.disk_bytes += en->lanes[i].disk_pos;
		p.disk_total = size == UINT64_MAX || p.disk_total == UINT64_MAX ? UINT64_MAX :
										 p.disk_total + size;
	}
	p.events = en->events;
	p.packets = en->packets;
	p.sources_done = en->sources_done;
	p.elapsed_ns = engine_clock_ns() - en->start_ns;
	en->opt.progress(en->opt.progress_arg, &p);
}

/* Waits for another thread's report; the caller's thread wakes up now and then to show progress. */
static void wait_for_work(struct engine *en, const struct worker *w)
{
	struct timespec until;

	en->waiting++;
	if (w->index == 0) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100000000;
		if (until.tv_nsec >= (long)NSEC_PER_SEC) {
			until.tv_sec++;
			until.tv_nsec -= (long)NSEC_PER_SEC;
		}
		pthread_cond_timedwait(&en->wake, &en->lock, &until);
	} else {
		pthread_cond_wait(&en->wake, &en->lock);
	}
	en->waiting--;
}

static void work(void *arg)
{
	struct worker *w = arg;
	struct engine *en = w->en;
	uint64_t shown = 0;

	pthread_mutex_lock(&en->lock);
	for (;;) {
		struct job j;
		struct err e;
		int rc;

		if (engine_stopped()) {
			en->finish = true;
		}
		if (en->finish) {
			release_all(en);	/* lines that nobody will emit must not keep lanes open */
		}
		if (begin_lanes(en) != 0) {
			err_init(&e);
			fail(en, err_nomem(&e, "a lane"), &e);
		}
		j = pick(en);
		if (j.kind == JOB_NONE) {
			if (all_done(en)) {
				break;
			}
			wait_for_work(en, w);
			continue;
		}
		pthread_mutex_unlock(&en->lock);
		err_init(&e);
		rc = do_job(w, &j, &e);
		pthread_mutex_lock(&en->lock);
		report_job(en, &j, rc, &e);
		if (en->waiting > 0) {
			pthread_cond_broadcast(&en->wake);
		}
		if (w->index == 0 && en->opt.progress != NULL && engine_clock_ns() - shown > NSEC_PER_SEC / 5) {
			shown = engine_clock_ns();
			show_progress(en);
		}
	}
	pthread_cond_broadcast(&en->wake);
	pthread_mutex_unlock(&en->lock);
}

int pipeline_run(struct engine *en, struct err *e)
{
	unsigned int started = 1;

	en->start_ns = engine_clock_ns();
	for (unsigned int i = 0; i < en->worker_count; i++) {
		en->workers[i].en = en;
		en->workers[i].index = i;
	}
	/* Fewer threads than asked for is slower, not wrong. */
	while (started < en->worker_count &&
	       thread_start(&en->workers[started].thread, work, &en->workers[started]) == 0) {
		started++;
	}
	work(&en->workers[0]);
	for (unsigned int i = 1; i < started; i++) {
		thread_join(&en->workers[i].thread);
	}
	if (en->code != 0 && e != NULL && e->code == 0) {
		*e = en->err;
	}
	return en->code;
}
