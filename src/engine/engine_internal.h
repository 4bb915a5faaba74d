/*
 * engine_internal.h - the parts of the engine as they see each other.
 *
 * A lane reads one input; its batches live in a ring of slots and go through the stages below.
 * engine.lock guards every stage, counter and flag here; what a slot's batch holds belongs to the thread
 * that has set the slot to one of the -ING stages.
 */
#ifndef ENGINE_ENGINE_INTERNAL_H
#define ENGINE_ENGINE_INTERNAL_H

#include "base/base.h"

#include <stdatomic.h>

#include "base/limits.h"
#include "base/thread.h"
#include "engine/engine.h"
#include "readers/frame.h"

/* Threads that read, or sources that are merged by time: one lane each. */
#define ENGINE_ACTIVE_MAX 256
_Static_assert(ENGINE_ACTIVE_MAX >= LIMIT_THREADS_J && ENGINE_ACTIVE_MAX >= LIMIT_OPEN_SOURCES,
	       "a place for every open lane");

enum slot_stage {
	SLOT_FREE,
	SLOT_FRAMING,
	SLOT_FRAMED,
	SLOT_DECODING,
	SLOT_DECODED,
	SLOT_FOLDING,
	SLOT_FOLDED,
	SLOT_SORTING,		/* its events go to the shards of their processes: for the join only */
	SLOT_SORTED,		/* its shards are being tracked: slot.untracked */
	SLOT_TRACKED,
	SLOT_TAPPING,
	SLOT_DONE,		/* waits for its turn to be emitted and released */
};

struct slot {
	struct batch batch;
	struct lines lines;		/* with a sink */
	size_t emitted;			/* lines already emitted */
	struct source *source;
	struct stream *stream;		/* borrowed: stays open until the lane is drained */
	uint64_t disk_pos;
	enum slot_stage stage;
	uint32_t untracked;	/* shards (bits, shards.c) that have not seen this batch; sorted slots only */
};
_Static_assert(2 * BATCH_SHARDS <= 32, "a bit each, of flows and of sockets");

/* A section whose last batch was folded, and may still be in use. */
struct folded_section {
	struct section *section;
	uint64_t last_serial;
};

struct lane {
	const struct input_file *file;
	uint32_t file_index;
	uint32_t member;		/* only this capture of the file, or UINT32_MAX: all of them */

	/* framing side: touched by the thread that has the framing turn */
	bool open;			/* input_open was tried */
	struct input *input;
	struct stream *stream;		/* borrowed from input; NULL: none open */
	struct framer framer;
	struct source *source;
	uint32_t members_seen;
	uint64_t disk_pos;		/* under the lock */
	bool cut_short;			/* closed before its end */

	/* ring */
	struct slot *slots;
	unsigned int slot_count;
	uint64_t next_frame, next_fold, next_release;	/* serials */
	bool framing, folding;
	uint32_t tracking;		/* shards (bits) that a thread works on */
	uint32_t unfinished;		/* shards of the last section (bits) to be finished before the lane closes */
	bool drain;			/* frame again only when every slot is free */
	bool ended;			/* nothing more to frame */
	bool closed;			/* drained, states finished */

	/* fold side */
	struct section *fold_section;	/* of the last batch folded; the lane's own while it is not drained */
	struct folded_section *folded;	/* owns; waiting for their last batch to be released */
	uint32_t folded_count, folded_cap;
	struct source *fold_source;
	uint64_t num, raw_num, packet_num;	/* next ordinals of fold_source */
	uint64_t first_packet_ns, last_packet_ns;	/* of its packets so far that have a time; 0: none */

	struct source **sources;	/* owns until taken by the engine */
	uint32_t source_count, source_cap;
	struct input_skip *skips;	/* owns */
	size_t skip_count, skip_cap;
};

struct worker {
	struct engine *en;
	unsigned int index;
	struct thread thread;
};

struct engine {
	struct engine_options opt;
	const struct input_list *inputs;
	unsigned int wants;
	unsigned int tap_count;
	bool follow;			/* somebody wants packets dissected and flows followed */
	bool join;			/* somebody wants sockets collected and joined with flows */
	struct join *joined;		/* owns; after the run */
	struct hide *hide;		/* owns; NULL: no filter */

	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_mutex_t ordered_lock;	/* guards the states of ordered taps: sources fold side by side */

	struct lane *lanes;		/* owns */
	uint32_t lane_count;
	uint32_t lanes_begun;		/* lanes below were opened */
	uint32_t lanes_open_max;
	/* Lanes with slots, in the order of the inputs: however many inputs there are, only these are looked at
	 * for work. */
	struct lane *active[ENGINE_ACTIVE_MAX];
	uint32_t active_count;
	uint32_t emit_first;		/* of the lanes below nothing is left to emit */
	unsigned int slots_per_lane;
	unsigned int waiting;		/* threads in cond_wait */
	bool emitting;
	bool finish;			/* stop framing: signal, sink has enough, or an error */
	int code;			/* first error of the run */
	struct err err;

	struct worker *workers;		/* owns */
	unsigned int worker_count;
	void **tap_states;		/* owns; [tap * (worker_count + 1) + worker]; last column: ordered taps */

	struct ndpi_module *ndpi;	/* owns; NULL: not asked, or not built in */
	uint32_t next_slot;		/* section numbers for taps */
	uint64_t events, packets, disk_done;
	uint32_t sources_done;
	uint64_t start_ns;

	struct source **sources;	/* owns; report order, after the run */
	uint32_t source_count;
	struct input_skip *skips;	/* owns */
	size_t skip_count, skip_cap;
};

uint64_t engine_clock_ns(void);

/* What engine_stop sets: inputs that wait for a pipe look at it. */
const atomic_bool *engine_stop_flag(void);

/* Lanes of one archive share its file: the first stands for it where files are counted. */
static inline bool lane_counts_file(const struct lane *ln)
{
	return ln->member == UINT32_MAX || ln->member == 0;
}

/*
 * lane.c: framing side. lane_frame fills the batch of one slot. ERR_EOF: the lane has no more. LANE_DRAIN: a
 * capture ended; call again when all batches of the lane are released (mapped bytes go with the capture).
 */
#define LANE_DRAIN 1
int lane_frame(struct engine *en, struct lane *ln, struct slot *s, struct err *e);
void lane_close_input(struct engine *en, struct lane *ln);
void lane_free_slots(struct lane *ln);
void lane_release(struct lane *ln);
/* Expands the inputs into lanes: one per file, or per capture when lines are merged by time. */
int lanes_build(struct engine *en, struct err *e);

/* account.c: the in-order stage's bookkeeping for one decoded batch. 0 or ERR_NOMEM. */
int account_batch(struct engine *en, struct lane *ln, struct slot *s);

/* fold.c: account, then state. released: batches below this serial are out of use. */
int fold_slot(struct engine *en, struct lane *ln, struct slot *s, uint64_t released, struct err *e);
/* After the lane's last batch was released and its shards were finished. 0 or ERR_NOMEM. */
int fold_finish(struct lane *ln);

/*
 * shards.c: flows and sockets of one section. shards_fold after account_batch and the state's fold, in order. A batch
 * that must be sorted is sorted by any worker, then each shard (a bit) that has something to do sees it in order.
 */
int shards_fold(struct engine *en, struct batch *b, struct err *e);
bool shards_must_sort(const struct batch *b);
int shards_sort(struct batch *b);
uint32_t shards_todo(const struct batch *b);
int shards_track(struct batch *b, uint32_t shards);
/* Shards to be finished after a section's last batch; what a thread does for some of them; the rows put in order. */
uint32_t shards_unfinished(const struct section *sec);
int shards_finish(struct section *sec, uint32_t shards);
int shards_freeze(struct section *sec);

/* hide.c: hide_batch by the worker that taps a batch, before it; hide_keep in order, when it is released. 0,
 * ERR_NOMEM. */
bool hide_asked(const struct engine_options *opt);
int hide_new(struct engine *en, struct hide **ret_h, struct err *e);
void hide_free(struct hide *h);
const uint8_t *hide_skip(const struct hide *h);
const uint8_t *hide_types(const struct hide *h);
int hide_batch(struct engine *en, unsigned int worker, struct batch *b, struct err *e);
/* Only tables ask which have passed. */
bool hide_keeps(const struct engine *en);
int hide_keep(const struct batch *b);

/* taps.c */
int taps_init(struct engine *en, struct err *e);
int taps_feed(struct engine *en, unsigned int worker, const struct batch *b, bool ordered);
int taps_merge(struct engine *en);
void taps_release(struct engine *en);

/* emit.c: ordered output. emit_ready under the lock; emit_run without it (emitting is set). */
bool emit_ready(struct engine *en);
int emit_run(struct engine *en, struct err *e);

/* pipeline.c */
int pipeline_run(struct engine *en, struct err *e);

#endif
