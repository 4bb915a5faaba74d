/*
 * filtercount.c - filtercount LIST CAPTURE: how many events and packets pass each filter of a list, all in one
 * pass.
 *
 * LIST has a filter in the last column of each line, tabs between; the lines come out with the count in front and
 * the filter behind. Events are those that print shows without --raw of captures without old layouts: the lists of
 * users and groups are left out.
 */
#include <stdio.h>

#include "engine/engine.h"
#include "filter/filter.h"
#include "net/layer_walk.h"
#include "state/state.h"

#define FILTERS_MAX 512
#define LINE_BYTES 4096

static struct filter *filters[FILTERS_MAX];	/* set before the run */
static char *texts[FILTERS_MAX];
static size_t filter_count;
static struct field_settings settings;

/* One worker's. */
struct counts {
	struct field_ctx ctx;
	struct filter_state *states[FILTERS_MAX];
	uint64_t passed[FILTERS_MAX];
};

static void *counts_new(void)
{
	struct counts *c = calloc(1, sizeof(*c));
	struct err e;

	err_init(&e);
	if (c == NULL) {
		return NULL;
	}
	field_ctx_init(&c->ctx, &settings);
	for (size_t i = 0; i < filter_count; i++) {
		if (filter_state_new(filters[i], &c->states[i], &e) != 0) {
			return NULL;	/* the program ends */
		}
	}
	return c;
}

static void counts_free(void *st)
{
	struct counts *c = st;

	for (size_t i = 0; i < filter_count; i++) {
		filter_state_free(c->states[i]);
	}
	field_ctx_release(&c->ctx);
	free(c);
}

static void try_all(struct counts *c, unsigned int kind)
{
	for (size_t i = 0; i < filter_count; i++) {
		if ((filter_kinds(filters[i]) & kind) != 0) {
			c->passed[i] += filter_match(filters[i], c->states[i], &c->ctx);
		}
	}
}

static bool is_counted(const struct event *ev)
{
	return (ev->flags & (EVENT_SHOWN | EVENT_STATE_ONLY)) == EVENT_SHOWN && ev->type != EV_USER_ADDED_E &&
	       ev->type != EV_GROUP_ADDED_E;
}

static int counts_batch(void *st, const struct batch *b)
{
	struct counts *c = st;
	uint64_t num = b->first_num;
	struct layer_walk w;

	field_ctx_batch(&c->ctx, b);
	for (uint32_t i = 0; i < b->event_count; i++) {
		if (is_counted(&b->events[i])) {
			field_ctx_event(&c->ctx, &b->events[i], num, i);
			try_all(c, FILTER_OF_EVENTS);
		}
		num += (b->events[i].flags & EVENT_SHOWN) != 0;
	}
	layer_walk_init(&w, b);
	for (uint32_t i = 0; i < b->packet_count; i++) {
		field_ctx_packet(&c->ctx, &b->packets[i], layer_walk_next(&w, i), b->first_packet_num + i, i);
		try_all(c, FILTER_OF_PACKETS);
	}
	return 0;
}

static int counts_merge(void *into, void *from)
{
	struct counts *a = into, *b = from;

	for (size_t i = 0; i < filter_count; i++) {
		a->passed[i] += b->passed[i];
	}
	return 0;
}

static const struct tap tap = {
	.name = "filters", .help = "counts", .order = TAP_FREE, .events = true, .packets = true, .state_new = counts_new,
	.state_free = counts_free, .batch = counts_batch, .merge = counts_merge,
};
static const struct tap *const taps[] = { &tap, NULL };

static int fail(const struct err *e, const char *what)
{
	fprintf(stderr, "filtercount: %s: %s\n", what, e->message);
	return 1;
}

static int read_list(const char *path)
{
	static char line[LINE_BYTES];
	FILE *in = fopen(path, "r");
	struct err e;

	if (in == NULL) {
		perror(path);
		return 1;
	}
	while (fgets(line, sizeof(line), in) != NULL && filter_count < FILTERS_MAX) {
		const char *tab = strrchr(line, '\t');

		line[strcspn(line, "\n")] = '\0';
		err_init(&e);
		texts[filter_count] = strdup(tab != NULL ? tab + 1 : line);
		if (filter_new(texts[filter_count], NULL, &filters[filter_count], &e) != 0) {
			return fail(&e, texts[filter_count]);
		}
		filter_count++;
	}
	fclose(in);
	return 0;
}

static int count_all(const char *capture)
{
	struct engine_options opt = {
		.threads = 2, .batch_bytes = 1u << 20, .fold = true, .no_ndpi = true, .taps = taps
	};
	struct engine *engine = NULL;
	struct input_list inputs;
	const struct counts *sum;
	struct err e;

	err_init(&e);
	for (size_t i = 0; i < filter_count; i++) {
		settings.wants |= filter_wants(filters[i]);
		opt.packets |= (filter_kinds(filters[i]) & FILTER_OF_PACKETS) != 0;
	}
	opt.wants = settings.wants & ~WANT_FOLD;
	input_list_init(&inputs);
	if (input_list_add(&inputs, capture, &e) != 0 || engine_new(&opt, &engine, &e) != 0 ||
	    engine_run(engine, &inputs, &e) != 0) {
		return fail(&e, capture);
	}
	sum = engine_tap_state(engine, 0);
	for (size_t i = 0; i < filter_count; i++) {
		printf("%llu\t%s\n", sum != NULL ? (unsigned long long)sum->passed[i] : 0ull, texts[i]);
	}
	engine_free(engine);
	input_list_release(&inputs);
	return 0;
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 3) {
		fprintf(stderr, "usage: filtercount LIST CAPTURE\n");
		return 2;
	}
	status = read_list(argv[1]);
	status = status == 0 ? count_all(argv[2]) : status;
	for (size_t i = 0; i < filter_count; i++) {
		filter_free(filters[i]);
		free(texts[i]);
	}
	return status;
}
