/*
 * engine.c - life of an engine, and what it hands out after the run. See engine.h; the work itself is in
 * pipeline.c. Called from the main thread.
 */
#include "engine/engine_internal.h"

#include "net/ndpi.h"
#include "net/net.h"

#include <stdatomic.h>

#include "base/limits.h"
#include "state/state.h"

/* Set by a signal handler, read by all threads: no data goes with it, so relaxed order is enough. */
static atomic_bool stop_flag;

void engine_stop(void)
{
	atomic_store_explicit(&stop_flag, true, memory_order_relaxed);
}

bool engine_stopped(void)
{
	return atomic_load_explicit(&stop_flag, memory_order_relaxed);
}

const atomic_bool *engine_stop_flag(void)
{
	return &stop_flag;
}

static void plan_threads(struct engine *en)
{
	bool merge = en->opt.sink != NULL && en->opt.sink->merge;
	bool hash_apart = en->opt.hash && en->opt.threads > 1;

	en->lanes_open_max = merge ? LIMIT_OPEN_SOURCES : en->opt.threads;
	en->worker_count = en->opt.threads;
	if (hash_apart) {
		/* Each open input hashes on a thread of its own, which counts. */
		en->lanes_open_max = merge ? en->lanes_open_max : en->opt.threads / 2;
		en->worker_count = en->opt.threads - en->opt.threads / 2;
	}
	en->slots_per_lane = 2 * en->opt.threads + 2;
	if (merge && en->slots_per_lane > 6) {
		en->slots_per_lane = 6;
	}
}

int engine_new(const struct engine_options *opt, struct engine **ret_en, struct err *e)
{
	struct engine *en = calloc(1, sizeof(*en));
	int rc;

	assert(opt->threads >= 1 && opt->batch_bytes > 0);
	if (en == NULL) {
		return err_nomem(e, "the engine");
	}
	en->opt = *opt;
	pthread_mutex_init(&en->lock, NULL);
	pthread_mutex_init(&en->ordered_lock, NULL);
	pthread_cond_init(&en->wake, NULL);
	plan_threads(en);
	en->workers = calloc(en->worker_count, sizeof(*en->workers));
	rc = en->workers == NULL ? err_nomem(e, "the engine") : taps_init(en, e);
	if (rc == 0 && hide_asked(opt)) {
		rc = hide_new(en, &en->hide, e);
	}
	if (rc == 0 && en->follow && !opt->no_ndpi && ndpi_module_new(&en->ndpi) != 0) {
		rc = err_nomem(e, "the engine");
	}
	if (rc != 0) {
		engine_free(en);
		return rc;
	}
	*ret_en = en;
	return 0;
}

static void free_states(struct source *s)
{
	for (uint32_t i = 0; i < s->section_count; i++) {
		net_free(s->sections[i]->net);
		s->sections[i]->net = NULL;
		socks_free(s->sections[i]->socks);
		s->sections[i]->socks = NULL;
		state_free(s->sections[i]->state);
		s->sections[i]->state = NULL;
	}
}

void engine_free(struct engine *en)
{
	if (en == NULL) {
		return;
	}
	taps_release(en);
	hide_free(en->hide);
	join_free(en->joined);
	for (uint32_t i = 0; i < en->lane_count; i++) {
		for (uint32_t k = 0; k < en->lanes[i].source_count; k++) {
			free_states(en->lanes[i].sources[k]);
		}
		lane_release(&en->lanes[i]);
	}
	free(en->lanes);
	for (uint32_t i = 0; i < en->source_count; i++) {
		free_states(en->sources[i]);
		source_free(en->sources[i]);
	}
	free(en->sources);
	ndpi_module_free(en->ndpi);
	for (size_t i = 0; i < en->skip_count; i++) {
		free(en->skips[i].name);
		free(en->skips[i].reason);
	}
	free(en->skips);
	free(en->workers);
	pthread_cond_destroy(&en->wake);
	pthread_mutex_destroy(&en->lock);
	pthread_mutex_destroy(&en->ordered_lock);
	free(en);
}

static void finish_source(struct source *s, uint32_t id)
{
	s->id = id;
	for (uint32_t i = 0; i < s->section_count; i++) {
		struct section *sec = s->sections[i];

		for (uint32_t k = 0; k < sec->interface_tally_count && k < sec->interface_count; k++) {
			sec->interfaces[k].packets = sec->interface_tally[k].packets;
			sec->interfaces[k].bytes = sec->interface_tally[k].bytes;
			sec->interfaces[k].cut_packets = sec->interface_tally[k].cut_packets;
		}
	}
}

/* What a stopped run did not come to is said, so that nothing seems to have been read that was not. */
static int note_unread(struct lane *ln)
{
	const struct source *last = ln->source_count > 0 ? ln->sources[ln->source_count - 1] : NULL;
	const char *why = NULL;

	if (!engine_stopped() || !lane_counts_file(ln)) {
		return 0;
	}
	if (!ln->open) {
		why = "the run was stopped before this was read";
	} else if (ln->cut_short && last != NULL && !last->stopped &&
		   strcmp(last->name, ln->file->path) != 0) {
		why = "the run was stopped before the end of this archive";
	}
	return why == NULL ? 0 :
			     input_skip_add(&ln->skips, &ln->skip_count, &ln->skip_cap, ln->file->path, why,
					    ERR_STOPPED);
}

/* Sources and skips of all lanes, in the order of the inputs. */
static int collect(struct engine *en, struct err *e)
{
	uint32_t count = 0;
	size_t skips = en->inputs->skip_count;

	for (uint32_t i = 0; i < en->lane_count; i++) {
		if (note_unread(&en->lanes[i]) != 0) {
			return err_nomem(e, "the list of sources");
		}
		count += en->lanes[i].source_count;
		skips += en->lanes[i].skip_count;
	}
	en->sources = calloc(count + 1, sizeof(*en->sources));
	en->skips = calloc(skips + 1, sizeof(*en->skips));
	if (en->sources == NULL || en->skips == NULL) {
		return err_nomem(e, "the list of sources");
	}
	for (size_t k = 0; k < en->inputs->skip_count; k++) {
		const struct input_skip *s = &en->inputs->skips[k];
		struct input_skip copy = { strdup(s->name), strdup(s->reason), s->code };

		en->skips[en->skip_count++] = copy;
		if (copy.name == NULL || copy.reason == NULL) {
			return err_nomem(e, "the list of sources");
		}
	}
	for (uint32_t i = 0; i < en->lane_count; i++) {
		struct lane *ln = &en->lanes[i];

		for (uint32_t k = 0; k < ln->source_count; k++) {
			finish_source(ln->sources[k], en->source_count);
			en->sources[en->source_count++] = ln->sources[k];
		}
		ln->source_count = 0;
		/* Lanes of one archive each step over the same members: the first one's list is enough. */
		for (size_t k = 0; k < ln->skip_count && lane_counts_file(ln); k++) {
			en->skips[en->skip_count++] = ln->skips[k];
			ln->skips[k].name = NULL;
			ln->skips[k].reason = NULL;
		}
	}
	return 0;
}

int engine_run(struct engine *en, const struct input_list *inputs, struct err *e)
{
	int rc;
	int rc2;

	en->inputs = inputs;
	rc = lanes_build(en, e);
	if (rc != 0) {
		return rc;
	}
	rc = pipeline_run(en, e);
	rc2 = collect(en, e);
	rc = rc != 0 ? rc : rc2;
	if (rc == 0 && taps_merge(en) != 0) {
		rc = err_nomem(e, "the statistics");
	}
	if (rc == 0 && en->join) {
		rc = join_new(en->sources, en->source_count, &en->opt.join_options, &en->joined, e);
	}
	return rc == 0 && engine_stopped() ? ERR_STOPPED : rc;
}

const struct join *engine_joined(const struct engine *en)
{
	return en->joined;
}

struct source *const *engine_sources(const struct engine *en, uint32_t *ret_count)
{
	*ret_count = en->source_count;
	return en->sources;
}

const struct input_skip *engine_skips(const struct engine *en, size_t *ret_count)
{
	*ret_count = en->skip_count;
	return en->skips;
}

void *engine_tap_state(const struct engine *en, unsigned int tap)
{
	return en->tap_states[(size_t)tap * (en->worker_count + 1)];
}
