/*
 * test_decode_old.c - what older recorders and other people's tools made of event blocks: V1 blocks without
 * counts, sysdig 0.20.0's codes, lengths 3 too large, and mergecap's rewriting.
 */
#include "mkframe.h"

#include "readers/blocks.h"

#define T0 UINT64_C(1700000000000000000)

static bool param_is(const struct event *ev, unsigned int i, const void *want, size_t len)
{
	struct param v = event_stored_param(ev, i);

	return v.p != NULL && v.len == len && memcmp(v.p, want, len) == 0;
}

/* Largest count up to the table's at which lengths and values add up: the rule, straight from its text. */
static int count_by_rule(const struct buf *lens, const struct buf *values, unsigned int max)
{
	struct buf all;
	int found = -1;

	buf_init(&all, 1 << 20);
	buf_add(&all, lens->data, lens->len);
	buf_add(&all, values->data, values->len);
	for (unsigned int n = max + 1; n-- > 0 && found < 0;) {
		size_t sum = 2 * n;

		for (unsigned int i = 0; i < n && 2 * i + 2 <= all.len; i++) {
			sum += (uint8_t)all.data[2 * i] + 256u * (uint8_t)all.data[2 * i + 1];
		}
		if (2 * n <= all.len && sum == all.len) {
			found = (int)n;
		}
	}
	buf_release(&all);
	return found;
}

/* Every type with every number of its parameters that a release can have written. */
static void test_decode_v1_counts(void)
{
	struct framed f;
	struct mkcap m;
	int *want = calloc(SCHEMA_EVENTS * 40, sizeof(*want));
	size_t n = 0;
	uint64_t x = 99;
	size_t as_built = 0;

	mkcap_init(&m, false);
	mkcap_section(&m, 2);
	m.v1 = true;
	for (uint16_t type = 0; type < SCHEMA_EVENTS; type++) {
		const struct schema_event *se = &schema_events[type];

		if ((se->flags & EF_LARGE_PAYLOAD) || type == EV_NOTIFICATION_E ||
		    type == EV_INFRASTRUCTURE_EVENT_E) {
			continue;
		}
		for (unsigned int count = 0; count <= se->nparams; count++) {
			mkcap_event(&m, T0, 1, type);
			for (unsigned int i = 0; i < count; i++) {
				size_t len = se->params[i].size;

				mkcap_p_bytes(&m, "abcdefghijklmnopqrstuvwxyz",
					      len > 0 ? len : (size_t)(random_next(&x) % 20));
			}
			want[n] = count_by_rule(&m.lens, &m.values, schema_max_params(type));
			as_built += want[n] == (int)count;
			n++;
			mkcap_end(&m);
		}
	}
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.event_count, n);
	/* The rule finds what was built but in the rarest cases. */
	CU_ASSERT_TRUE(as_built * 1000 > n * 999);
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(f.events[i].stored_nparams, want[i]);
		CU_ASSERT_FALSE(f.events[i].flags & EVENT_BAD_PARAMS);
	}
	CU_ASSERT_EQUAL(f.damage_count, 0);
	free(want);
	framed_release(&f);
	mkcap_release(&m);
}

/* Context switches had five parameters, two of them narrower, up to sysdig 0.1.82. */
static void test_decode_switch_of_2014(void)
{
	for (int be = 0; be < 2; be++) {
		struct framed f;
		struct mkcap m;

		mkcap_init(&m, be != 0);
		mkcap_section(&m, 0);
		m.block_type_override = 0x8010ABCD;
		m.v1 = true;
		mkcap_event(&m, T0, 100, 152);
		mkcap_p_s64(&m, 200);
		for (uint32_t i = 0; i < 4; i++) {
			mkcap_p_u32(&m, 7 + i);
		}
		mkcap_end(&m);
		framed_cap(&f, &m);
		CU_ASSERT_EQUAL_FATAL(f.event_count, 1);
		CU_ASSERT_EQUAL(f.events[0].stored_nparams, 5);
		for (uint8_t i = 0; i < 4; i++) {
			uint8_t want[4] = { (uint8_t)(7 + i), 0, 0, 0 };

			CU_ASSERT_TRUE(param_is(&f.events[0], 1u + i, want, 4));
		}
		framed_release(&f);
		mkcap_release(&m);
	}
}

/* ---- sysdig 0.20.0 -------------------------------------------------------------------------------------- */

static void one_s64(struct mkcap *m, uint16_t type, uint64_t x)
{
	mkcap_event(m, T0, 1, type);
	mkcap_p_u64(m, x);
	mkcap_end(m);
}

static void bpf_exit(struct mkcap *m, uint16_t type)
{
	struct buf v;

	buf_init(&v, 16);
	buf_addc(&v, 0);
	mkcap_u64(&v, 5, m->big_endian);
	mkcap_event(m, T0, 1, type);
	mkcap_p_bytes(m, v.data, v.len);
	mkcap_end(m);
	buf_release(&v);
}

static void legacy_story(struct mkcap *m, bool be, uint16_t minor)
{
	mkcap_init(m, be);
	mkcap_section(m, minor);
	m->v1 = true;
	one_s64(m, 292, 1);
	bpf_exit(m, 293);
	one_s64(m, 294, 1);
	one_s64(m, 295, 0);
}

static void test_decode_codes_of_0_20_0(void)
{
	for (int be = 0; be < 2; be++) {
		struct framed f;
		struct mkcap m;

		legacy_story(&m, be != 0, 0);
		framed_cap(&f, &m);
		CU_ASSERT_EQUAL_FATAL(f.event_count, 4);
		CU_ASSERT_EQUAL(f.events[0].stored_type, EV_SYSCALL_BPF_E);
		CU_ASSERT_EQUAL(f.events[1].stored_type, EV_SYSCALL_BPF_X);
		CU_ASSERT_EQUAL(f.events[2].stored_type, EV_SYSCALL_SECCOMP_E);
		CU_ASSERT_EQUAL(f.events[3].stored_type, EV_SYSCALL_SECCOMP_X);
		/* The number behind the selector is turned round as bpf's, not as execve's. */
		CU_ASSERT_TRUE(param_is(&f.events[1], 0, "\0\5\0\0\0\0\0\0\0", 9));
		framed_release(&f);
		mkcap_release(&m);
		legacy_story(&m, be != 0, 1);
		framed_cap(&f, &m);
		CU_ASSERT_EQUAL_FATAL(f.event_count, 4);
		for (uint16_t i = 0; i < 4; i++) {
			CU_ASSERT_EQUAL(f.events[i].stored_type, 292 + i);
		}
		framed_release(&f);
		mkcap_release(&m);
	}
}

/* V1 files of sysdig 0.21 and 0.22 that Wireshark's tools saved, as 1.0: execve stays execve. */
static void test_decode_codes_of_0_22_saved_as_1_0(void)
{
	static const char *const paths[] = { "", "/bin/sh", "/b", "/usr/bin/env" };
	struct mkcap_task t = { .tid = 7, .pid = 7, .ptid = 1, .exe = "sh", .comm = "sh" };
	struct framed f;
	struct mkcap m;

	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	m.v1 = true;
	mkcap_execve_full(&m, T0, 7, 293, 18, &t);
	mkcap_execve_full(&m, T0, 7, 293, 20, &t);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		mkcap_event(&m, T0, 7, 292);
		mkcap_p_str(&m, paths[i]);
		mkcap_end(&m);
	}
	mkcap_event(&m, T0, 7, 294);
	mkcap_p_s64(&m, 7);
	mkcap_p_s64(&m, 7);
	mkcap_end(&m);
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.event_count, 7);
	CU_ASSERT_EQUAL(f.events[0].stored_type, 293);
	CU_ASSERT_EQUAL(f.events[0].stored_nparams, 18);
	CU_ASSERT_EQUAL(f.events[1].stored_type, 293);
	CU_ASSERT_EQUAL(f.events[1].stored_nparams, 20);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CU_ASSERT_EQUAL(f.events[2 + i].stored_type, 292);
		CU_ASSERT_TRUE(param_is(&f.events[2 + i], 0, paths[i], strlen(paths[i]) + 1));
	}
	CU_ASSERT_EQUAL(f.events[6].stored_type, 294);
	framed_release(&f);
	mkcap_release(&m);
}

/* ---- lengths 3 too large ---------------------------------------------------------------------------------- */

static void check_wrong_length(bool be, bool with_flags, int32_t lie, uint16_t type, size_t len)
{
	static const char text[] = "0123456789";
	unsigned int n = type == EV_NOTIFICATION_E ? 2 : 4;
	struct framed f;
	struct mkcap m;

	mkcap_init(&m, be);
	mkcap_section(&m, 0);
	m.v1 = true;
	m.with_flags = with_flags;
	m.len_lie = lie;
	mkcap_event(&m, T0, -1, type);
	for (unsigned int i = 0; i < n; i++) {
		mkcap_p_bytes(&m, text, len);
	}
	mkcap_end(&m);
	m.len_lie = 0;
	mkcap_close(&m, T0 + 1, 1, 0, 3);
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.event_count, 2);
	CU_ASSERT_EQUAL(f.events[0].stored_type, type);
	CU_ASSERT_EQUAL(f.events[0].stored_nparams, n);
	for (unsigned int i = 0; i < n && i < f.events[0].stored_nparams; i++) {
		CU_ASSERT_TRUE(param_is(&f.events[0], i, text, len));
	}
	CU_ASSERT_FALSE(f.events[0].flags & EVENT_BAD_PARAMS);
	CU_ASSERT_EQUAL(f.damage_count, 0);
	framed_release(&f);
	mkcap_release(&m);
}

/* Notifications of old sysdigs: 3 too large; also as written right, and by mergecap (4 too large). */
static void test_decode_lengths_three_too_large(void)
{
	static const int32_t lies[] = { 3, 0, 4 };

	for (size_t len = 1; len < 10; len++) {
		for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
			for (int k = 0; k < 4; k++) {
				check_wrong_length((k & 1) != 0, (k & 2) != 0, lies[i], EV_NOTIFICATION_E, len);
				check_wrong_length((k & 1) != 0, (k & 2) != 0, lies[i], EV_INFRASTRUCTURE_EVENT_E,
						   len);
			}
		}
	}
}

/* ---- mergecap --------------------------------------------------------------------------------------------- */

/* The same events as a V2 recorder writes them and as mergecap rewrites them. */
static void merge_story(struct mkcap *m, bool merged, bool be, bool flags)
{
	char data[40] = "";

	mkcap_init(m, be);
	mkcap_section(m, merged ? 0 : 2);
	m->with_flags = flags;
	m->v1 = merged;
	m->len_lie = merged ? 4 : 0;
	for (size_t n = 0; n < 20; n++) {
		data[n] = 'x';
		mkcap_write(m, T0 + n, 5, (int64_t)n, 3, data);
		mkcap_execve(m, T0 + n, 5, 5, 1, "prog", data, n, "prog", "/bin/prog");
		mkcap_openat(m, T0 + n, 5, 3, data, 1);
	}
	mkcap_clone_child(m, T0 + 30, 6, 6, 5, "child", 0);
	mkcap_close(m, T0 + 31, 5, 0, 3);
	mkcap_switch(m, T0 + 32, 5, 6);
	mkcap_container_json(m, T0 + 33, "{\"container\":{}}");
	mkcap_container_async(m, T0 + 34, "container", "{}");
	mkcap_event(m, T0 + 35, 5, EV_SYSCALL_GETUID_X);
	mkcap_p_u32(m, 0);
	mkcap_end(m);
}

static void check_merge(bool be, bool flags)
{
	struct framed a;
	struct framed b;
	struct mkcap ma;
	struct mkcap mb;

	merge_story(&ma, false, be, flags);
	merge_story(&mb, true, be, flags);
	framed_cap(&a, &ma);
	framed_cap(&b, &mb);
	CU_ASSERT_EQUAL(b.damage_count, 0);
	CU_ASSERT_EQUAL(b.tally.bad_params, 0);
	CU_ASSERT_EQUAL_FATAL(a.event_count, 66);
	CU_ASSERT_EQUAL_FATAL(b.event_count, 66);
	for (size_t i = 0; i < a.event_count; i++) {
		const struct event *x = &a.events[i];
		const struct event *y = &b.events[i];

		CU_ASSERT_EQUAL(x->stored_type, y->stored_type);
		CU_ASSERT_EQUAL(x->flags, y->flags);
		CU_ASSERT_EQUAL(x->res, y->res);
		CU_ASSERT_EQUAL(x->stored_nparams, y->stored_nparams);
		for (unsigned int k = 0; k < x->stored_nparams && k < y->stored_nparams; k++) {
			struct param v = event_stored_param(x, k);

			CU_ASSERT_TRUE(param_is(y, k, v.p, v.len));
		}
	}
	framed_release(&a);
	framed_release(&b);
	mkcap_release(&ma);
	mkcap_release(&mb);
}

/* Also execve in its 1.0 section (no bpf of 0.20.0), and types with lengths of 4 bytes. */
static void test_decode_mergecap(void)
{
	for (int i = 0; i < 4; i++) {
		check_merge((i & 1) != 0, (i & 2) != 0);
	}
}

/* V1 blocks with a type whose lengths are of 4 bytes and bytes that would do as lengths of 2. */
static void test_decode_v1_wide_types_with_narrow_lengths(void)
{
	static const uint16_t types[] = { 322, 324, 402 };

	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		for (unsigned int n = 1; n <= 3; n++) {
			struct framed f;
			struct mkcap m;

			mkcap_init(&m, false);
			mkcap_section(&m, 0);
			m.v1 = true;
			mkcap_event(&m, T0, 1, types[t]);
			m.large = false;
			for (unsigned int i = 0; i < n; i++) {
				mkcap_p_empty(&m);
			}
			mkcap_end(&m);
			framed_cap(&f, &m);
			CU_ASSERT_EQUAL_FATAL(f.event_count, 1);
			/* Whatever is found lies inside the event. */
			for (unsigned int i = 0; i < f.events[0].stored_nparams; i++) {
				struct param v = event_stored_param(&f.events[0], i);

				CU_ASSERT_TRUE(v.p + v.len <= (const uint8_t *)f.events[0].lens + 2 * n);
			}
			framed_release(&f);
			mkcap_release(&m);
		}
	}
}

void suite_decode_old(CU_pSuite suite);
void suite_decode_old(CU_pSuite suite)
{
	CU_add_test(suite, "test_decode_v1_counts", test_decode_v1_counts);
	CU_add_test(suite, "test_decode_switch_of_2014", test_decode_switch_of_2014);
	CU_add_test(suite, "test_decode_codes_of_0_20_0", test_decode_codes_of_0_20_0);
	CU_add_test(suite, "test_decode_codes_of_0_22_saved_as_1_0", test_decode_codes_of_0_22_saved_as_1_0);
	CU_add_test(suite, "test_decode_lengths_three_too_large", test_decode_lengths_three_too_large);
	CU_add_test(suite, "test_decode_mergecap", test_decode_mergecap);
	CU_add_test(suite, "test_decode_v1_wide_types_with_narrow_lengths",
		    test_decode_v1_wide_types_with_narrow_lengths);
}
