/*
 * test_page_trees.c - the slowest request trees of the page and the trace file, from span tables made by hand.
 */
#include <CUnit/CUnit.h>
#include <jansson.h>

#include "report/render.h"
#include "report/result.h"
#include "stats/join_cells.h"

#define T0 UINT64_C(1700000000000000000)

struct spans {
	struct report r;
	struct net_cells cells;
	struct source source;
	struct section section;
	struct intern names;
	uint32_t next;
};

static void spans_init(struct spans *s)
{
	memset(s, 0, sizeof(*s));
	report_init(&s->r);
	s->r.version = "test";
	s->r.command_line = "";
	s->source.shown = "host.scap";
	s->section.source = &s->source;
	intern_init(&s->names, 1 << 20);
	CU_ASSERT_FATAL(cells_init(&s->cells, &spans_def));
}

static uint32_t add(struct spans *s, uint32_t parent, uint32_t root, uint64_t at, uint64_t ns, uint8_t kind,
		    const char *name)
{
	struct span x = { .id = s->next++, .parent = parent, .kind = kind, .section = &s->section, .process = ID_NONE, .tid = 7,
			  .protocol = "http", .start_ns = T0 + at, .end_ns = T0 + at + ns };

	x.root = root != UINT32_MAX ? root : x.id;
	CU_ASSERT_EQUAL(intern_get(&s->names, name, strlen(name), &x.name), 0);
	span_row(&s->cells, &x, SIZE_MAX);
	return x.id;
}

static void spans_end(struct spans *s)
{
	CU_ASSERT_EQUAL_FATAL(report_add(&s->r, s->cells.table), 0);
	s->cells.table = NULL;
	cells_release(&s->cells);
	intern_release(&s->names);
}

static unsigned int count_of(const char *in, const char *what)
{
	unsigned int n = 0;

	for (; (in = strstr(in, what)) != NULL; in += strlen(what)) {
		n++;
	}
	return n;
}

/* The slowest first, no more than fifty, each with its own rows; nothing of the capture is markup. */
static void test_page_trees_slowest(void)
{
	struct spans s;
	struct buf page;
	const char *list, *a, *b;

	spans_init(&s);
	for (uint32_t i = 0; i < 60; i++) {
		char name[32];
		uint32_t root;

		snprintf(name, sizeof(name), "GET <b>%u", i);
		root = add(&s, UINT32_MAX, UINT32_MAX, i * 1000, 1000 + i, SPAN_SERVER, name);
		add(&s, root, root, i * 1000 + 10, 5, SPAN_CLIENT, "child");
	}
	add(&s, UINT32_MAX, UINT32_MAX, 0, 99999, SPAN_PROCESS, "daemon");
	spans_end(&s);
	buf_init(&page, 64u << 20);
	render_html(&s.r, NULL, NULL, &page);
	CU_ASSERT_FALSE_FATAL(page.failed);
	list = strstr(buf_str(&page), "id=\"trees\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(list);
	a = strstr(list, "GET &lt;b&gt;59");
	b = strstr(list, "GET &lt;b&gt;58");
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT(a < b);
	CU_ASSERT_PTR_NOT_NULL(strstr(list, "50 of 60 trees"));
	CU_ASSERT_PTR_NOT_NULL(strstr(list, "2 spans"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&page), "href=\"#trees\""));
	CU_ASSERT_PTR_NULL(strstr(list, "<b>59"));
	/* The list ends where its data begins: the trees from 10 on, and no process. */
	{
		const char *data = strstr(list, "id=\"data-trees\"");
		const char *end = data != NULL ? strstr(data, "</script>") : NULL;
		char *part;
		json_t *trees;

		CU_ASSERT_PTR_NOT_NULL_FATAL(end);
		data = strchr(data, '>') + 1;
		part = strndup(data, (size_t)(end - data));
		trees = json_loads(part, 0, NULL);
		CU_ASSERT_EQUAL(json_array_size(trees), 50);
		CU_ASSERT_EQUAL(json_array_size(json_array_get(trees, 0)), 3);
		CU_ASSERT_EQUAL(json_integer_value(json_array_get(json_array_get(trees, 0), 0)), 2);
		CU_ASSERT_EQUAL(json_integer_value(json_array_get(json_array_get(json_array_get(trees, 0), 1), 0)),
				118);
		CU_ASSERT_EQUAL(count_of(part, "daemon"), 0);
		json_decref(trees);
		free(part);
	}
	buf_release(&page);
	report_release(&s.r);
}

/* A tree of any size costs the page no more than so many rows; the count tells of the others. */
static void test_page_trees_large(void)
{
	struct spans s;
	struct buf page;
	uint32_t root;

	spans_init(&s);
	root = add(&s, UINT32_MAX, UINT32_MAX, 0, 5000, SPAN_SERVER, "session");
	for (uint32_t i = 0; i < 999; i++) {
		add(&s, root, root, i, 1, SPAN_CLIENT, "x");
	}
	spans_end(&s);
	buf_init(&page, 64u << 20);
	render_html(&s.r, NULL, NULL, &page);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&page), "1,000 spans"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&page), "id=\"data-trees\">[\n[1000,"));
	buf_release(&page);
	report_release(&s.r);
}

static void test_page_trees_none(void)
{
	struct spans s;
	struct buf page;

	spans_init(&s);
	spans_end(&s);
	buf_init(&page, 64u << 20);
	render_html(&s.r, NULL, NULL, &page);
	CU_ASSERT_PTR_NULL(strstr(buf_str(&page), "id=\"trees\""));
	CU_ASSERT_PTR_NULL(strstr(buf_str(&page), "href=\"#trees\""));
	buf_release(&page);
	report_release(&s.r);
}

/* ---- the trace ---------------------------------------------------------------------------------------- */

static double number(json_t *event, const char *key)
{
	return json_number_value(json_object_get(event, key));
}

/* The slice of a span. */
static json_t *slice_of(json_t *events, unsigned int span)
{
	size_t i;
	json_t *e;

	json_array_foreach(events, i, e) {
		if (strcmp(json_string_value(json_object_get(e, "ph")), "X") == 0 &&
		    json_integer_value(json_object_get(json_object_get(e, "args"), "span")) == (json_int_t)span) {
			return e;
		}
	}
	return NULL;
}

static unsigned int count_phase(json_t *events, const char *phase)
{
	unsigned int n = 0;
	size_t i;
	json_t *e;

	json_array_foreach(events, i, e) {
		n += strcmp(json_string_value(json_object_get(e, "ph")), phase) == 0;
	}
	return n;
}

/* Nested spans share a track; those that overlap get tracks of their own; arrows go from parents to children. */
static void test_page_trees_trace(void)
{
	struct spans s;
	struct buf out;
	json_t *root, *events, *a, *b, *c;

	spans_init(&s);
	add(&s, UINT32_MAX, UINT32_MAX, 0, 1000000, SPAN_SERVER, "around \"it\" \xff");
	add(&s, 0, 0, 1000, 500, SPAN_CLIENT, "within");
	add(&s, UINT32_MAX, UINT32_MAX, 500000, 1000000, SPAN_SERVER, "overlaps");
	spans_end(&s);
	buf_init(&out, 1u << 20);
	render_trace(&s.r, &out);
	root = json_loadb(out.data, out.len, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	events = json_object_get(root, "traceEvents");
	CU_ASSERT_EQUAL(count_phase(events, "X"), 3);
	CU_ASSERT_EQUAL(count_phase(events, "M"), 1);
	CU_ASSERT_EQUAL(count_phase(events, "s"), 1);
	CU_ASSERT_EQUAL(count_phase(events, "f"), 1);
	a = slice_of(events, 0);
	b = slice_of(events, 1);
	c = slice_of(events, 2);
	CU_ASSERT_FATAL(a != NULL && b != NULL && c != NULL);
	CU_ASSERT_DOUBLE_EQUAL(number(a, "ts"), 0, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(number(a, "dur"), 1000, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(number(b, "ts"), 1, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(number(b, "dur"), 0.5, 1e-9);
	CU_ASSERT_EQUAL(number(a, "tid"), 7);
	CU_ASSERT_EQUAL(number(b, "tid"), 7);
	CU_ASSERT_NOT_EQUAL(number(c, "tid"), 7);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(b, "name")), "within");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_object_get(root, "otherData"), "zero")),
			       "2023-11-14T22:13:20.000000000Z");
	json_decref(root);
	buf_release(&out);
	report_release(&s.r);
}

/* Without spans, an empty trace, which viewers take. */
static void test_page_trees_trace_empty(void)
{
	struct report r;
	struct buf out;
	json_t *root;

	report_init(&r);
	r.version = "test";
	buf_init(&out, 1u << 20);
	render_trace(&r, &out);
	root = json_loadb(out.data, out.len, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(root, "traceEvents")), 0);
	json_decref(root);
	buf_release(&out);
	report_release(&r);
}

void suite_page_trees(CU_pSuite suite);

void suite_page_trees(CU_pSuite suite)
{
	CU_add_test(suite, "test_page_trees_slowest", test_page_trees_slowest);
	CU_add_test(suite, "test_page_trees_large", test_page_trees_large);
	CU_add_test(suite, "test_page_trees_none", test_page_trees_none);
	CU_add_test(suite, "test_page_trees_trace", test_page_trees_trace);
	CU_add_test(suite, "test_page_trees_trace_empty", test_page_trees_trace_empty);
}
