/*
 * test_print_json.c - one event as JSON: parsed back with jansson and compared with what went in.
 */
#include "mkevent.h"

#include <CUnit/CUnit.h>
#include <jansson.h>

#include "cli/json.h"
#include "cli/print_json.h"

static struct source source;
static struct section section;
static struct batch batch;
static struct mkevent m;
static struct field_settings settings;

/* The event at hand as parsed JSON; NULL: it was not JSON. */
static json_t *object(void)
{
	struct field_ctx c;
	struct buf out;
	json_t *o;

	source.name = (char *)(uintptr_t) "dir/a\"b\n.scap";
	section.source = &source;
	batch.section = &section;
	batch.base_off = 100;
	buf_init(&out, 1u << 20);
	field_ctx_init(&c, &settings);
	field_ctx_batch(&c, &batch);
	field_ctx_event(&c, &m.ev, 9, 0);
	print_json_event(&c, &out);
	CU_ASSERT_PTR_NULL(memchr(out.data, '\n', out.len));
	o = json_loadb(out.data, out.len, 0, NULL);
	field_ctx_release(&c);
	buf_release(&out);
	return o;
}

static void make_write(const void *data, size_t len)
{
	mkevent_init(&m, EV_SYSCALL_WRITE_X);
	mkevent_num(&m, (uint64_t)-11, 8);
	mkevent_bytes(&m, data, len);
	mkevent_num(&m, 4, 8);
	mkevent_num(&m, 4096, 4);
	mkevent_done(&m);
	m.ev.ts_ns = UINT64_C(1795250131248341011);
	m.ev.tid = 77;
	m.ev.flags |= EVENT_EXIT | EVENT_SHOWN | EVENT_HAS_RES | EVENT_FAILED | EVENT_HAS_FD;
	m.ev.res = -11;
	m.ev.fd_num = 4;
	m.ev.block_off = 11;
}

static void check_text(json_t *o, const char *key, const char *expected)
{
	const char *s = json_string_value(json_object_get(o, key));

	CU_ASSERT_PTR_NOT_NULL(s);
	CU_ASSERT_STRING_EQUAL(s != NULL ? s : "", expected);
}

static void check_number(json_t *o, const char *key, int64_t expected)
{
	CU_ASSERT_TRUE(json_is_integer(json_object_get(o, key)));
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(o, key)), expected);
}

static void test_print_json_fields(void)
{
	json_t *o;

	make_write("hi\n", 3);
	m.ev.begin_ns = m.ev.ts_ns - 500;
	m.ev.flags |= EVENT_BEGIN_BOUND;
	o = object();
	CU_ASSERT_PTR_NOT_NULL(o);
	check_text(o, "source", "dir/a\"b\n.scap");
	check_number(o, "num", 9);
	check_number(o, "offset", 111);
	check_text(o, "time", "2026-11-21T08:35:31.248341011Z");
	check_number(o, "tid", 77);
	check_text(o, "event", "write");
	check_text(o, "dir", "<");
	check_number(o, "result", -11);
	check_text(o, "error", "EAGAIN");
	check_number(json_object_get(o, "fd"), "num", 4);
	check_number(o, "latency_ns", 500);
	CU_ASSERT_TRUE(json_is_true(json_object_get(o, "latency_bound")));
	check_number(json_object_get(o, "args"), "res", -11);
	check_text(json_object_get(o, "args"), "data", "hi\n");
	check_number(json_object_get(o, "args"), "size", 4096);
	check_text(json_object_get(o, "resolved"), "res", "EAGAIN");
	CU_ASSERT_PTR_NULL(json_object_get(o, "pid"));
	json_decref(o);
}

static void test_print_json_data_that_is_not_text(void)
{
	static const struct {
		const char *data;
		size_t len;
		const char *base64;
	} rows[] = {
		{ "\xff", 1, "/w==" },
		{ "\xff\xfe", 2, "//4=" },
		{ "\xff\x00\x01", 3, "/wAB" },
		{ "a\xc3", 2, "YcM=" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *o;

		make_write(rows[i].data, rows[i].len);
		o = object();
		CU_ASSERT_PTR_NOT_NULL(o);
		check_text(json_object_get(json_object_get(o, "args"), "data"), "base64",
			   rows[i].base64);
		json_decref(o);
	}
}

/* Numbers of all 64 bits, lists of strings, absent values. */
static void test_print_json_types(void)
{
	json_t *o;
	json_t *args;
	json_t *list;

	mkevent_init(&m, EV_SYSCALL_CLONE_20_X);
	mkevent_num(&m, 0, 8);
	mkevent_str(&m, "/bin/\xff");
	mkevent_bytes(&m, "-c\0\0x", 5);
	mkevent_num(&m, 5, 8);
	mkevent_done(&m);
	m.ev.tid = 5;
	m.ev.ts_ns = 1;
	o = object();
	CU_ASSERT_PTR_NOT_NULL(o);
	args = json_object_get(o, "args");
	/* a byte that is no character keeps its value as U+EF00 + byte */
	check_text(args, "exe", "/bin/\xee\xbf\xbf");
	list = json_object_get(args, "args");
	CU_ASSERT_EQUAL(json_array_size(list), 3);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(list, 0)), "-c");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(list, 1)), "");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(list, 2)), "x");
	json_decref(o);

	mkevent_init(&m, EV_SYSCALL_MMAP_X);
	mkevent_num(&m, UINT64_C(0xfffffffffffff000), 8);
	mkevent_num(&m, 1, 4);
	mkevent_bytes(&m, NULL, 0);
	mkevent_done(&m);
	m.ev.tid = -1;
	o = object();
	CU_ASSERT_PTR_NOT_NULL(o);
	CU_ASSERT_PTR_NULL(json_object_get(o, "tid"));
	args = json_object_get(o, "args");
	check_number(args, "vm_size", 1);
	CU_ASSERT_TRUE(json_is_null(json_object_get(args, "vm_rss")));
	json_decref(o);
}

static void test_print_json_unknown_event(void)
{
	json_t *o;

	mkevent_init(&m, 9999);
	mkevent_num(&m, 1, 8);
	mkevent_done(&m);
	m.ev.flags |= EVENT_UNKNOWN_TYPE;
	o = object();
	CU_ASSERT_PTR_NOT_NULL(o);
	CU_ASSERT_PTR_NULL(json_object_get(o, "args"));
	CU_ASSERT_PTR_NOT_NULL(json_object_get(o, "event"));
	json_decref(o);
}

static void check_time(uint64_t ns, const char *expected)
{
	struct buf out;

	buf_init(&out, 4096);
	iso_time(&out, ns);
	CU_ASSERT_STRING_EQUAL(buf_str(&out), expected);
	buf_release(&out);
}

static void test_print_json_times(void)
{
	check_time(0, "1970-01-01T00:00:00.000000000Z");
	check_time(UINT64_MAX, "2554-07-21T23:34:33.709551615Z");
	check_time(UINT64_C(951782400) * NSEC_PER_SEC - 1, "2000-02-28T23:59:59.999999999Z");
	check_time(UINT64_C(951782400) * NSEC_PER_SEC, "2000-02-29T00:00:00.000000000Z");
	check_time(UINT64_C(951868800) * NSEC_PER_SEC, "2000-03-01T00:00:00.000000000Z");
	check_time(UINT64_C(4107542399) * NSEC_PER_SEC, "2100-02-28T23:59:59.000000000Z");
	check_time(UINT64_C(4107542400) * NSEC_PER_SEC, "2100-03-01T00:00:00.000000000Z");
	check_time(UINT64_C(1798761599) * NSEC_PER_SEC, "2026-12-31T23:59:59.000000000Z");
}

void suite_print_json(CU_pSuite suite);
void suite_print_json(CU_pSuite suite)
{
	CU_add_test(suite, "test_print_json_fields", test_print_json_fields);
	CU_add_test(suite, "test_print_json_data_that_is_not_text",
		    test_print_json_data_that_is_not_text);
	CU_add_test(suite, "test_print_json_types", test_print_json_types);
	CU_add_test(suite, "test_print_json_unknown_event", test_print_json_unknown_event);
	CU_add_test(suite, "test_print_json_times", test_print_json_times);
}
