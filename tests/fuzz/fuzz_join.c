/*
 * fuzz_join.c - fuzz target: any bytes as a capture of calls and packets, joined: pairs, clocks, transactions and spans
 * must be sound among themselves; then their tables, the trace, and a second pass that asks of every packet and event
 * what print --join says.
 */
#include "in_memory.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/print_join.h"
#include "join/spans.h"
#include "net/layer_walk.h"
#include "report/render.h"
#include "stats/stats.h"

#define TEXT_MAX ((size_t)256 << 20)

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "not so: %s\n", what);
		abort();
	}
}

/* ---- what must hold ---------------------------------------------------------------------------------------- */

static void check_side(const struct pair *p, unsigned int end)
{
	const struct pair_side *s = &p->side[end];
	const struct shift_piece *x = s->pieces;

	if (s->sock == NULL) {
		return;
	}
	need(s->sock->key.ip_proto == p->flow->key.ip_proto || p->reason == MATCH_NAT, "one protocol");
	for (unsigned int dir = 0; dir < 2; dir++) {
		for (uint32_t i = 1; x != NULL && i < s->piece_count[dir]; i++) {
			need(x[i].from >= x[i - 1].from, "pieces in order");
		}
		x = x != NULL ? x + s->piece_count[dir] : NULL;
		(void)pair_shift(s, dir, s->sock->bytes[dir]);
	}
}

static void check_pairs(const struct join *j)
{
	size_t count;
	const struct pair *pairs = join_pairs(j, &count);

	for (size_t i = 0; i < count; i++) {
		const struct pair *p = &pairs[i];

		need(p->side[0].sock != NULL || p->side[1].sock != NULL, "a socket in a pair");
		need(p->side[0].sock != p->side[1].sock, "two sockets in a pair");
		need(p->confidence >= 1 && p->confidence <= 100, "confidence in percent");
		need(join_pair_of_flow(j, p->flow) == p, "one pair of a flow");
		need(join_flow_reason(j, p->flow) == UNMATCHED_REASONS, "no reason for those joined");
		check_side(p, 0);
		check_side(p, 1);
	}
}

static void check_clocks(const struct join *j)
{
	size_t count;
	const struct clock_pair *c = join_clocks(j, &count);

	for (size_t i = 0; i < count; i++) {
		need(c[i].origin == CLOCK_UNKNOWN || c[i].low_ns <= c[i].high_ns, "bounds of a clock in order");
		need(join_clock(j, c[i].calls, c[i].packets) == &c[i], "one clock of two sections");
	}
}

static void check_spans(const struct join *j)
{
	size_t count;
	const struct span *s = join_spans(j, &count);

	for (size_t i = 0; i < count; i++) {
		const struct span *up = s[i].parent != UINT32_MAX ? &s[s[i].parent] : NULL;

		need(s[i].id == i && s[i].root < count, "numbers of spans");
		need(s[i].parent == UINT32_MAX || s[i].parent < count, "parent among the spans");
		need(i == 0 || s[i - 1].start_ns <= s[i].start_ns, "spans by start");
		need(up != NULL ? s[i].depth == up->depth + 1 && s[i].root == up->root
				: s[i].depth == 0 && s[i].root == i,
		     "a tree");
		need(s[i].name != NULL && s[i].protocol != NULL && s[i].end_ns >= s[i].start_ns, "a whole span");
		need(s[i].exchange == NULL || join_span_of_exchange(j, s[i].exchange) == &s[i],
		     "one span of an exchange");
	}
}

static void check_http(const struct join *j)
{
	size_t count, spans;
	const struct http_joined *h = join_http(j, &count);

	(void)join_spans(j, &spans);
	for (size_t i = 0; i < count; i++) {
		need(h[i].packets != NULL || h[i].calls[0] != NULL || h[i].calls[1] != NULL,
		     "a view of each transaction");
		need(h[i].span == UINT32_MAX || h[i].span < spans, "span of a transaction");
	}
}

static void check_socks(struct source *const *sources, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < sources[i]->section_count; k++) {
			const struct socks *socks = sources[i]->sections[k]->socks;
			size_t n = 0;
			struct sock *const *list = socks != NULL ? socks_list(socks, &n) : NULL;

			for (size_t s = 0; s < n; s++) {
				need(list[s]->id == s, "numbers of sockets");
				need(list[s]->peer == NULL || list[s]->peer->peer == list[s], "peers of each other");
			}
		}
	}
}

/* ---- lines of a second pass ---------------------------------------------------------------------------------- */

struct lines_arg {
	const struct joined *joined;
	bool json;
};

static int format_batch(void *arg, const struct batch *b, struct lines *out)
{
	const struct lines_arg *a = arg;
	struct print_join pj = { .json = a->json, .raw = a->json };
	struct layer_walk w;
	struct buf text;

	UNUSED_ARG(out);
	buf_init(&text, TEXT_MAX);
	print_join_begin(&pj, a->joined, b);
	layer_walk_init(&w, b);
	for (uint32_t i = 0; i < b->packet_count; i++) {
		const struct layer *l = layer_walk_next(&w, i);

		buf_reset(&text);
		buf_adds(&text, "{}");
		if (l != NULL) {
			print_join_packet(&pj, l, b->first_packet_num + i, &text);
		}
	}
	for (uint32_t i = 0; i < b->event_count; i++) {
		buf_reset(&text);
		buf_adds(&text, "{}");
		print_join_event(&pj, b->first_raw_num + i, &text);
	}
	print_join_end(&pj);
	buf_release(&text);
	return 0;
}

static void second_pass(struct in_memory *r, const struct joined *joined, bool json)
{
	struct lines_arg arg = { joined, json };
	struct line_sink sink = { .arg = &arg, .format = format_batch };
	struct engine_options opt = in_memory_options();
	struct engine *again = NULL;
	struct err e;

	err_init(&e);
	opt.fold = true;
	opt.packets = true;
	opt.sink = &sink;
	need(engine_new(&opt, &again, &e) == 0, "engine_new");
	(void)engine_run(again, &r->inputs, &e);
	engine_free(again);
}

static void ask_all(struct in_memory *r, const struct join *j, struct source *const *sources, uint32_t count)
{
	struct joined joined = { .join = j, .many_packets = true, .many_calls = true };
	size_t pairs;
	const struct pair *p = join_pairs(j, &pairs);
	struct err e;

	err_init(&e);
	need(lookup_new(p, pairs, sources, count, &joined.lookup, &e) == 0, "lookup_new");
	second_pass(r, &joined, false);
	second_pass(r, &joined, true);
	lookup_free(joined.lookup);
}

static void check_all(struct in_memory *r)
{
	const struct join *j = engine_joined(r->engine);
	struct source *const *sources;
	uint32_t count;

	if (j == NULL) {
		return;
	}
	sources = engine_sources(r->engine, &count);
	check_socks(sources, count);
	check_pairs(j);
	check_clocks(j);
	check_spans(j);
	check_http(j);
	ask_all(r, j, sources, count);
}

/* ---- tables of the join ------------------------------------------------------------------------------------- */

#define TABLES 8

static const struct tap *const *table_taps(void)
{
	static const char *const names[] = { "http", "dns", "joined_flows", "clock", "unmatched", "spans" };
	static const struct tap *taps[TABLES];
	unsigned int n = 0;

	_Static_assert(ARRAY_LEN(names) < TABLES, "and the end");
	if (taps[0] != NULL) {
		return taps;
	}
	for (unsigned int i = 0; stats_taps[i] != NULL; i++) {
		for (unsigned int k = 0; k < ARRAY_LEN(names); k++) {
			if (strcmp(stats_taps[i]->name, names[k]) == 0) {
				taps[n++] = stats_taps[i];
			}
		}
	}
	need(taps[ARRAY_LEN(names) - 1] != NULL, "taps of the join");
	return taps;
}

static void make_tables(struct in_memory *r)
{
	const struct tap *const *taps = table_taps();
	struct tap_input in = { .join = engine_joined(r->engine) };
	struct report report;
	struct buf trace;

	report_init(&report);
	in.sources = engine_sources(r->engine, &in.source_count);
	for (unsigned int i = 0; taps[i] != NULL; i++) {
		need(taps[i]->tables(engine_tap_state(r->engine, i), &in, &report, &r->err) == 0, taps[i]->name);
	}
	buf_init(&trace, TEXT_MAX);
	render_trace(&report, &trace);
	buf_release(&trace);
	report_release(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine_options opt = in_memory_options();
	struct in_memory run;

	opt.fold = true;
	opt.packets = true;
	opt.join = true;
	opt.no_ndpi = true;
	opt.taps = table_taps();
	if (in_memory_start(&run, data, size, &opt) == 0) {
		check_all(&run);
		make_tables(&run);
	}
	in_memory_release(&run);
	return 0;
}
