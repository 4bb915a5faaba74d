/*
 * test_param.c - parameters of old and new layouts: values from the enter event, defaults, lengths
 * that are too short, too long or lie; and the names shown for events.
 */
#include "mkevent.h"

#include <CUnit/CUnit.h>

static void test_param_of_today_s_layout(void)
{
	struct mkevent m;
	struct event *ev;
	struct param v;
	int64_t res;

	mkevent_init(&m, EV_SYSCALL_READ_X);
	mkevent_num(&m, (uint64_t)-11, 8);
	mkevent_bytes(&m, "abc", 3);
	mkevent_num(&m, 7, 8);
	mkevent_num(&m, 4096, 4);
	ev = mkevent_done(&m);
	CU_ASSERT(ev->conv == 0);
	CU_ASSERT(event_s64(ev, 0, &res) && res == -11);
	v = event_param(ev, 1);
	CU_ASSERT(v.len == 3 && memcmp(v.p, "abc", 3) == 0);
	CU_ASSERT(event_int(ev, 2, &res) && res == 7);
	CU_ASSERT(event_int(ev, 3, &res) && res == 4096);
	CU_ASSERT(event_param(ev, 4).p == NULL);
	CU_ASSERT(!event_int(ev, 1, &res)); /* not a number */
	CU_ASSERT(!event_int(ev, 9, &res));
}

static void make_read_pair(struct mkevent *enter, struct mkevent *exit_ev)
{
	mkevent_init(enter, EV_SYSCALL_READ_E);
	mkevent_num(enter, 5, 8);
	mkevent_num(enter, 832, 4);
	mkevent_done(enter);
	mkevent_init(exit_ev, EV_SYSCALL_READ_X);
	mkevent_num(exit_ev, 2, 8);
	mkevent_bytes(exit_ev, "hi", 2);
	mkevent_done(exit_ev);
}

static void test_param_from_the_enter_event(void)
{
	struct mkevent enter, m;
	int64_t x;

	make_read_pair(&enter, &m);
	CU_ASSERT(m.ev.conv != 0 && m.ev.nparams == 4);
	m.ev.enter = &enter.ev;
	CU_ASSERT(event_int(&m.ev, 0, &x) && x == 2);
	CU_ASSERT(event_param(&m.ev, 1).len == 2);
	CU_ASSERT(event_int(&m.ev, 2, &x) && x == 5);
	CU_ASSERT(event_int(&m.ev, 3, &x) && x == 832);
	CU_ASSERT(event_param(&m.ev, 4).p == NULL);
}

static void test_param_without_the_enter_event(void)
{
	struct mkevent enter, m;
	int64_t x;

	make_read_pair(&enter, &m);
	/* A missing fd is unknown, never fd 0. */
	CU_ASSERT(event_param(&m.ev, 2).p == NULL);
	CU_ASSERT(!event_int(&m.ev, 2, &x));
	CU_ASSERT(event_int(&m.ev, 3, &x) && x == 0);
}

static void test_param_enter_with_too_few(void)
{
	struct mkevent enter, m;
	int64_t x;

	mkevent_init(&enter, EV_SYSCALL_SECCOMP_E);
	mkevent_num(&enter, 3, 8);
	mkevent_done(&enter);
	mkevent_init(&m, EV_SYSCALL_SECCOMP_X);
	mkevent_num(&m, 0, 8);
	mkevent_done(&m);
	m.ev.enter = &enter.ev;
	CU_ASSERT(event_int(&m.ev, 1, &x) && x == 3);
	CU_ASSERT(event_int(&m.ev, 2, &x) && x == 0); /* the rule's default */
}

static void test_param_missing_user_is_absent(void)
{
	struct mkevent m;
	uint32_t uid = 0;

	mkevent_init(&m, EV_SYSCALL_SETUID_X);
	mkevent_num(&m, 0, 8);
	mkevent_done(&m);
	CU_ASSERT(m.ev.nparams == 2);
	CU_ASSERT(!event_u32(&m.ev, 1, &uid));
}

/* The old bpf exit holds a selector byte before its 8 bytes. */
static void test_param_dynamic_value_loses_its_selector(void)
{
	static const uint8_t value[9] = { 0, 9, 0, 0, 0, 0, 0, 0, 0 };
	struct mkevent enter, m;
	struct param v;
	int64_t x;

	mkevent_init(&enter, EV_SYSCALL_BPF_E);
	mkevent_num(&enter, UINT64_C(0x100000005), 8);
	mkevent_done(&enter);
	mkevent_init(&m, EV_SYSCALL_BPF_X);
	mkevent_bytes(&m, value, sizeof(value));
	mkevent_done(&m);
	m.ev.enter = &enter.ev;
	CU_ASSERT(m.ev.type == EV_SYSCALL_BPF_2_X);
	v = event_param(&m.ev, 0);
	CU_ASSERT(v.len == 8);
	CU_ASSERT(event_int(&m.ev, 0, &x) && x == 9);
	/* cmd shrank from 8 to 4 bytes. */
	CU_ASSERT(event_int(&m.ev, 1, &x) && x == 5);
}

static void test_param_short_values_are_absent(void)
{
	struct mkevent m;
	uint8_t b;
	uint16_t h;
	uint32_t w;
	uint64_t d;
	int64_t x;

	mkevent_init(&m, EV_SYSCALL_READ_X);
	mkevent_num(&m, 1, 7);
	mkevent_bytes(&m, "", 0);
	mkevent_num(&m, 3, 3);
	mkevent_num(&m, 4, 1);
	mkevent_done(&m);
	CU_ASSERT(!event_u64(&m.ev, 0, &d) && !event_s64(&m.ev, 0, &x) && !event_int(&m.ev, 0, &x));
	CU_ASSERT(!event_u8(&m.ev, 1, &b));
	CU_ASSERT(event_param(&m.ev, 1).p != NULL && event_param(&m.ev, 1).len == 0);
	CU_ASSERT(!event_u32(&m.ev, 2, &w));
	CU_ASSERT(event_u16(&m.ev, 2, &h) && h == 3);
	CU_ASSERT(!event_u16(&m.ev, 3, &h));
	CU_ASSERT(event_u8(&m.ev, 3, &b) && b == 4);
}

static void test_param_longer_values_use_the_first_bytes(void)
{
	static const uint8_t twelve[12] = { 1, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9 };
	struct mkevent m;
	int64_t x;

	mkevent_init(&m, EV_SYSCALL_CLOSE_X);
	mkevent_bytes(&m, twelve, sizeof(twelve));
	mkevent_num(&m, 3, 8);
	mkevent_done(&m);
	CU_ASSERT(event_int(&m.ev, 0, &x) && x == 1);
	CU_ASSERT(event_int(&m.ev, 1, &x) && x == 3);
}

static void test_param_signs(void)
{
	struct mkevent m;
	int64_t x;

	mkevent_init(&m, EV_SOCKET_LISTEN_X); /* res, fd, backlog s32 */
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, 3, 8);
	mkevent_num(&m, 0xFFFFFFFF, 4);
	mkevent_done(&m);
	CU_ASSERT(event_int(&m.ev, 2, &x) && x == -1);
	mkevent_init(&m, EV_SYSCALL_READ_X); /* size u32 */
	mkevent_num(&m, 0, 8);
	mkevent_bytes(&m, "", 0);
	mkevent_num(&m, 3, 8);
	mkevent_num(&m, 0xFFFFFFFF, 4);
	mkevent_done(&m);
	CU_ASSERT(event_int(&m.ev, 3, &x) && x == UINT32_MAX);
	mkevent_init(&m, EV_ITER_TASK_E); /* ppid s32 */
	mkevent_num(&m, 0xFFFFFFFE, 4);
	mkevent_done(&m);
	CU_ASSERT(event_int(&m.ev, 0, &x) && x == -2);
}

/* Lengths beyond the event's bytes: decode refuses them; look-ups of converted ones check again. */
static void test_param_lying_lengths_of_converted_events(void)
{
	struct mkevent enter, m;
	int64_t x;

	make_read_pair(&enter, &m);
	m.bytes[2] = 200; /* second length */
	CU_ASSERT(event_param(&m.ev, 1).p == NULL);
	m.bytes[2] = 2;
	m.ev.enter = &enter.ev;
	enter.bytes[0] = 0xFF;
	enter.bytes[1] = 0xFF;
	CU_ASSERT(!event_int(&m.ev, 2, &x));
	CU_ASSERT(event_int(&m.ev, 3, &x) && x == 0);
}

static void test_param_wide_lengths(void)
{
	struct mkevent m;
	struct param v;

	mkevent_init(&m, EV_ASYNCEVENT_E);
	m.wide = true;
	mkevent_num(&m, 1, 4);
	mkevent_str(&m, "container");
	mkevent_bytes(&m, "xyz", 3);
	mkevent_done(&m);
	v = event_param(&m.ev, 2);
	CU_ASSERT(v.len == 3 && memcmp(v.p, "xyz", 3) == 0);
	CU_ASSERT_STRING_EQUAL(event_name(&m.ev), "container");
}

static bool text_is(struct event *ev, unsigned int i, const char *want)
{
	struct param v;

	if (!event_text(ev, i, &v)) {
		return want == NULL;
	}
	return want != NULL && v.len == strlen(want) && memcmp(v.p, want, v.len) == 0;
}

static void test_param_text(void)
{
	struct mkevent m;

	mkevent_init(&m, EV_SYSCALL_RENAME_X); /* res, oldpath, newpath */
	mkevent_num(&m, 0, 8);
	mkevent_str(&m, "/a");
	mkevent_bytes(&m, "/b", 2); /* no final NUL */
	mkevent_done(&m);
	CU_ASSERT(text_is(&m.ev, 1, "/a"));
	CU_ASSERT(text_is(&m.ev, 2, "/b"));
	CU_ASSERT(text_is(&m.ev, 3, NULL));

	mkevent_init(&m, EV_SYSCALL_RENAME_X);
	mkevent_num(&m, 0, 8);
	mkevent_str(&m, "(NULL)");
	mkevent_str(&m, "<NA>");
	mkevent_done(&m);
	CU_ASSERT(text_is(&m.ev, 1, NULL));
	CU_ASSERT(text_is(&m.ev, 2, NULL));

	mkevent_init(&m, EV_SYSCALL_RENAME_X);
	mkevent_num(&m, 0, 8);
	mkevent_bytes(&m, "", 0);
	mkevent_str(&m, "");
	mkevent_done(&m);
	CU_ASSERT(text_is(&m.ev, 1, NULL));
	CU_ASSERT(text_is(&m.ev, 2, ""));
}

static void test_param_index_by_name(void)
{
	CU_ASSERT(event_param_index(EV_SYSCALL_READ_X, "res") == 0);
	CU_ASSERT(event_param_index(EV_SYSCALL_READ_X, "size") == 3);
	CU_ASSERT(event_param_index(EV_SYSCALL_READ_X, "siz") == -1);
	CU_ASSERT(event_param_index(SCHEMA_EVENTS, "res") == -1);
}

static void test_param_event_names(void)
{
	struct mkevent m;

	mkevent_init(&m, EV_GENERIC_X);
	mkevent_num(&m, 3, 2);
	mkevent_done(&m);
	CU_ASSERT_STRING_EQUAL(event_name(&m.ev), "read");
	mkevent_init(&m, EV_GENERIC_X);
	mkevent_num(&m, 0xFFFF, 2);
	mkevent_done(&m);
	CU_ASSERT_STRING_EQUAL(event_name(&m.ev), "unknown");
	mkevent_init(&m, EV_SYSCALL_OPENAT_X);
	mkevent_num(&m, 3, 8);
	mkevent_done(&m);
	CU_ASSERT_STRING_EQUAL(event_name(&m.ev), "openat");
	mkevent_init(&m, SCHEMA_EVENTS + 10);
	m.ev.type = SCHEMA_EVENTS + 10;
	CU_ASSERT_STRING_EQUAL(event_name(&m.ev), "unknown");
	/* A name that is not terminated stays inside the event. */
	mkevent_init(&m, EV_ASYNCEVENT_E);
	m.wide = true;
	mkevent_num(&m, 1, 4);
	mkevent_bytes(&m, "abc", 3);
	mkevent_done(&m);
	CU_ASSERT_STRING_EQUAL(event_name(&m.ev), "asyncevent");
}

void suite_param(CU_pSuite suite);

void suite_param(CU_pSuite suite)
{
	CU_add_test(suite, "test_param_of_today_s_layout", test_param_of_today_s_layout);
	CU_add_test(suite, "test_param_from_the_enter_event", test_param_from_the_enter_event);
	CU_add_test(suite, "test_param_without_the_enter_event",
		    test_param_without_the_enter_event);
	CU_add_test(suite, "test_param_enter_with_too_few", test_param_enter_with_too_few);
	CU_add_test(suite, "test_param_missing_user_is_absent", test_param_missing_user_is_absent);
	CU_add_test(suite, "test_param_dynamic_value_loses_its_selector",
		    test_param_dynamic_value_loses_its_selector);
	CU_add_test(suite, "test_param_short_values_are_absent",
		    test_param_short_values_are_absent);
	CU_add_test(suite, "test_param_longer_values_use_the_first_bytes",
		    test_param_longer_values_use_the_first_bytes);
	CU_add_test(suite, "test_param_signs", test_param_signs);
	CU_add_test(suite, "test_param_lying_lengths_of_converted_events",
		    test_param_lying_lengths_of_converted_events);
	CU_add_test(suite, "test_param_wide_lengths", test_param_wide_lengths);
	CU_add_test(suite, "test_param_text", test_param_text);
	CU_add_test(suite, "test_param_index_by_name", test_param_index_by_name);
	CU_add_test(suite, "test_param_event_names", test_param_event_names);
}
