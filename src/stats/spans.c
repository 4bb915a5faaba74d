/*
 * spans.c - table `spans`: requests followed through the processes that served them, one row per span of
 * src/join/spans.h, in the order of their numbers. The page draws the slowest trees from these rows (page_trees.c).
 * Main thread, at the end.
 */
#include "base/limits.h"
#include "stats/join_cells.h"
#include "stats/passed.h"

static const struct column columns[] = {
	{ "id", COL_U64, "id", "Number of the span, in the order of their starts" },
	{ "parent", COL_U64, "id", "Span on whose behalf this one was; unknown at the top of a tree" },
	{ "root", COL_U64, "id", "Span at the top of its tree" },
	{ "depth", COL_U64, "id", "Steps below the top" },
	{ "kind", COL_TEXT, "",
	  "server: a request was read and answered. client: one was sent and its answer read. process: a process was started" },
	{ "protocol", COL_TEXT, "", "What was spoken: http, fastcgi, postgresql, dns, ...; unix, pipe or tcp where not known" },
	{ "name", COL_TEXT, "", "What was asked; how the process was called" },
	WHO_COLUMNS("", "that it was in"),
	{ "start", COL_TIME, "", "First call of the request" },
	{ "duration", COL_DURATION, "ns", "Until the last call of the response, or the end of the process" },
	{ "time_to_first_byte", COL_DURATION, "ns", "Until the first call of the response" },
	{ "think", COL_DURATION, "ns", "Server: last read of the request to first write of the response" },
	{ "think_bound", COL_BOOL, "", "It is an upper bound: the capture does not tell when that write began" },
	WAIT_COLUMNS,
	{ "flags", COL_TEXT, "",
	  "no_response: ended before. moved: answered by another thread than read the request. shared: the thread served others in "
	  "between. open: the capture ended in it" },
	{ "request_event", COL_U64, "id", "Number of the event of the first call of the request" },
	{ "request_last_event", COL_U64, "id", "Number of the event of its last call" },
	{ "response_event", COL_U64, "id", "Number of the event of the first call of the response" },
	{ "response_last_event", COL_U64, "id", "Number of the event of its last call" },
	{ "http_row", COL_U64, "id", "Number of its row in table http, from 1" },
	SOURCE_COLUMNS,
};

const struct table_def spans_def = {
	"spans", "Requests through processes",
	"Requests and responses on sockets and pipes, and processes started meanwhile, each with the one on whose behalf it was.",
	columns, ARRAY_LEN(columns),
};

static const struct flag_word words[] = {
	{ EXCHANGE_NO_RESPONSE, "no_response" },
	{ EXCHANGE_MOVED, "moved" },
	{ EXCHANGE_SHARED_TIME, "shared" },
	{ EXCHANGE_OPEN, "open" },
};

static const char *kind_name(uint8_t kind)
{
	static const char *const names[SPAN_KINDS] = {
		[SPAN_SERVER] = "server",
		[SPAN_CLIENT] = "client",
		[SPAN_PROCESS] = "process",
	};

	return kind < SPAN_KINDS ? names[kind] : NULL;
}

/* Names are the capture's, and as long as it likes; the run's arena has them as they are. */
static void add_name(struct net_cells *c, const struct text *name)
{
	if (name != NULL && name->len > 0) {
		table_textn(c->table, name->bytes, name->len);
	} else {
		table_unknown(c->table);
	}
}

static void add_times(struct net_cells *c, const struct span *s)
{
	bool bound = false;
	uint64_t think = exchange_think(s->exchange, &bound);

	cells_call_time(c, s->start_ns);
	cells_span(c, s->start_ns, s->end_ns);
	cells_span(c, s->start_ns, s->first_byte_ns);
	cells_duration(c, think, bound);
}

static void add_events(struct net_cells *c, const struct exchange *x)
{
	for (unsigned int side = 0; side < 2; side++) {
		cells_id(c, x != NULL ? x->first_num[side] : 0);
		cells_id(c, x != NULL ? x->last_num[side] : 0);
	}
}

void span_row(struct net_cells *c, const struct span *s, size_t http_row)
{
	const struct who w = { s->section, s->process, s->tid };

	table_u64(c->table, s->id);
	cells_ordinal(c, s->parent);
	table_u64(c->table, s->root);
	table_u64(c->table, s->depth);
	cells_name(c, kind_name(s->kind));
	cells_name(c, s->protocol);
	add_name(c, s->name);
	cells_who(c, &w);
	add_times(c, s);
	cells_waits(c, s->exchange);
	cells_words(c, s->exchange != NULL ? s->exchange->flags : 0, words, ARRAY_LEN(words));
	add_events(c, s->exchange);
	if (http_row != SIZE_MAX) {
		table_u64(c->table, http_row + 1);
	} else {
		table_unknown(c->table);
	}
	cells_section(c, s->section);
}

/* ---- which row of table http tells of an exchange ------------------------------------------------------ */

/* The row by span, 0: none. One exchange may hold several pipelined transactions: the first is meant. */
static void tell_row(const struct join *join, const struct exchange *x, uint32_t row, uint32_t *rows)
{
	const struct span *s = x != NULL ? join_span_of_exchange(join, x) : NULL;

	if (s != NULL && rows[s->id] == 0) {
		rows[s->id] = row;
	}
}

static int http_rows_new(const struct tap_input *in, size_t spans, uint32_t **ret_rows)
{
	struct http_ref *refs;
	uint32_t *rows;
	size_t count;
	int rc = http_refs_new(in, &refs, &count);

	if (rc < 0) {
		return rc;
	}
	rows = calloc(spans + 1, sizeof(*rows));
	for (size_t i = 0; rows != NULL && i < count && i < UINT32_MAX; i++) {
		if (refs[i].joined != NULL) {
			tell_row(in->join, refs[i].joined->server, (uint32_t)i + 1, rows);
			tell_row(in->join, refs[i].joined->client, (uint32_t)i + 1, rows);
		}
	}
	free(refs);
	*ret_rows = rows;
	return rows != NULL ? 0 : ERR_NOMEM;
}

/* A tree: the span at its top and how many there are in it. */
struct tree {
	uint64_t duration_ns;
	uint32_t root;
	uint32_t spans;
	bool passes;			/* one of them does */
};

static int slowest_first(const void *pa, const void *pb)
{
	const struct tree *a = pa;
	const struct tree *b = pb;

	if (a->duration_ns != b->duration_ns) {
		return a->duration_ns > b->duration_ns ? -1 : 1;
	}
	return a->root < b->root ? -1 : a->root > b->root;
}

/* Sets shown of the roots whose trees are shown: the slowest ones, whole, up to LIMIT_SPAN_ROWS. 0 or ERR_NOMEM. */
static int choose_trees(const struct span *spans, size_t count, bool *shown)
{
	struct tree *trees = calloc(count + 1, sizeof(*trees));
	uint64_t rows = 0;
	size_t n = 0;

	if (trees == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		struct tree *t = &trees[spans[i].root];

		t->spans++;
		t->passes = t->passes || (spans[i].exchange != NULL ? exchange_passes(spans[i].exchange) :
								      spans[i].section->passed_events.words == NULL);
		if (spans[i].root == i) {
			t->root = (uint32_t)i;
			t->duration_ns = spans[i].end_ns > spans[i].start_ns ? spans[i].end_ns - spans[i].start_ns : 0;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (spans[i].root == i && trees[i].passes) {
			trees[n++] = trees[i];
		}
	}
	qsort(trees, n, sizeof(*trees), slowest_first);
	for (size_t i = 0; i < n && rows + trees[i].spans <= LIMIT_SPAN_ROWS; i++) {
		rows += trees[i].spans;
		shown[trees[i].root] = true;
	}
	free(trees);
	return 0;
}

static int span_rows(struct net_cells *c, const struct tap_input *in)
{
	const struct section *last = NULL;
	size_t count;
	const struct span *spans = join_spans(in->join, &count);
	uint32_t *http_rows = NULL;
	bool *shown = calloc(count + 1, sizeof(*shown));
	int rc = shown == NULL ? ERR_NOMEM : http_rows_new(in, count, &http_rows);

	if (rc == 0) {
		rc = choose_trees(spans, count, shown);
	}
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (!shown[spans[i].root]) {
			c->table->rows_dropped += !in->filtered;
			continue;
		}
		if (spans[i].section != last) {
			last = spans[i].section;
			c->clock = section_clock(in, last);
		}
		span_row(c, &spans[i], http_rows[i] != 0 ? http_rows[i] - 1 : SIZE_MAX);
	}
	free(http_rows);
	free(shown);
	return rc;
}

static int spans_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	UNUSED_ARG(st);
	return join_table(&spans_def, in, r, e, span_rows);
}

const struct tap tap_spans = {
	.name = "spans",
	.help = "requests followed through the processes that served them",
	.order = TAP_FREE,
	.flows = true,
	.join = true,
	.tables = spans_tables,
};
