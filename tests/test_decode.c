/*
 * test_decode.c - events: every kind of event block in both byte orders gives the same records, and
 * parameters whose lengths lie are not used. What is expected comes from what was built.
 */
#include "mkframe.h"
#include "seeds.h"

#include "base/limits.h"
#include "readers/blocks.h"

#define T0 UINT64_C(1700000000000000000)

static bool param_is(const struct event *ev, unsigned int i, const void *want, size_t len)
{
	struct param v = event_stored_param(ev, i);

	return v.p != NULL && v.len == len && memcmp(v.p, want, len) == 0;
}

static bool param_is_text(const struct event *ev, unsigned int i, const char *want)
{
	return param_is(ev, i, want, strlen(want) + 1);
}

static bool param_is_num(const struct event *ev, unsigned int i, uint64_t want, size_t len)
{
	uint8_t bytes[8];

	for (unsigned int k = 0; k < 8; k++) {
		bytes[k] = (uint8_t)(want >> (8 * k));
	}
	return param_is(ev, i, bytes, len);
}

/* One event after a section header of minor version 2; the builder's knobs are set by the caller. */
static void begin(struct mkcap *m, bool be)
{
	mkcap_init(m, be);
	mkcap_section(m, 2);
}

/* The only event of what was built; NULL and a failure when there is another number of them. */
static const struct event *only_event(struct framed *f, const struct mkcap *m)
{
	framed_cap(f, m);
	CU_ASSERT_EQUAL(f->event_count, 1);
	return f->event_count == 1 ? &f->events[0] : NULL;
}

/* ---- blocks ------------------------------------------------------------------------------------------- */

struct block_case {
	uint32_t type;
	bool v1, with_flags;
};

static const struct block_case block_cases[] = {
	{ 0x204, true, false },	    { 0x208, true, true },	 { 0x216, false, false },
	{ 0x217, false, true },	    { 0x221, false, false },	 { 0x222, false, true },
	{ 0x8010ABCD, true, false },
};

static void check_block_case(const struct block_case *c, bool be)
{
	const struct event *ev;
	struct framed f;
	struct mkcap m;

	begin(&m, be);
	m.v1 = c->v1;
	m.with_flags = c->with_flags;
	m.block_type_override = c->type;
	m.cpu = 0x1234;
	mkcap_openat(&m, T0 + 7, 0x123456789, -2, "/etc/shadow", 0x1001);
	ev = only_event(&f, &m);
	if (ev == NULL) {
		framed_release(&f);
		mkcap_release(&m);
		return;
	}
	CU_ASSERT_EQUAL(ev->ts_ns, T0 + 7);
	CU_ASSERT_EQUAL(ev->tid, 0x123456789);
	CU_ASSERT_EQUAL(ev->cpu, 0x1234);
	CU_ASSERT_EQUAL(ev->stored_type, EV_SYSCALL_OPENAT_2_X);
	CU_ASSERT_EQUAL(ev->type, EV_SYSCALL_OPENAT_2_X);
	CU_ASSERT_EQUAL(ev->stored_nparams, 7);
	CU_ASSERT_EQUAL(ev->nparams, 7);
	CU_ASSERT_EQUAL(ev->flags,
			EVENT_EXIT | EVENT_SHOWN | EVENT_HAS_RES | EVENT_IS_SYSCALL | EVENT_FAILED);
	CU_ASSERT_EQUAL(ev->res, -2);
	CU_ASSERT_TRUE(param_is_num(ev, 0, (uint64_t)-2, 8));
	CU_ASSERT_TRUE(param_is_num(ev, 1, (uint64_t)-100, 8));
	CU_ASSERT_TRUE(param_is_text(ev, 2, "/etc/shadow"));
	CU_ASSERT_TRUE(param_is_num(ev, 3, 0x1001, 4));
	CU_ASSERT_TRUE(param_is_num(ev, 4, 0644, 4));
	CU_ASSERT_TRUE(param_is_num(ev, 6, 998, 8));
	CU_ASSERT_PTR_NULL(event_stored_param(ev, 7).p);
	CU_ASSERT_EQUAL(f.damage_count, 0);
	CU_ASSERT_TRUE(f.tally.scap);
	framed_release(&f);
	mkcap_release(&m);
}

static void test_decode_event_blocks(void)
{
	for (size_t i = 0; i < ARRAY_LEN(block_cases); i++) {
		check_block_case(&block_cases[i], false);
		check_block_case(&block_cases[i], true);
	}
}

static void test_decode_private_numbers_of_2014(void)
{
	static const struct { uint32_t stored, today; } rows[] = {
		{ 0x8000ABCD, 0x202 }, { 0x8001ABCD, 0x203 }, { 0x8002ABCD, 0x201 }, { 0x8011ABCD, 0x205 },
		{ 0x8012ABCD, 0x206 }, { 0x8013ABCD, 0x207 }, { 0x8014ABCD, 0x209 },
	};

	for (int be = 0; be < 2; be++) {
		struct framed f;
		struct mkcap m;

		begin(&m, be != 0);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			mkcap_block(&m, rows[i].stored, "body", 4);
		}
		framed_cap(&f, &m);
		CU_ASSERT_EQUAL_FATAL(f.meta_count, 1 + ARRAY_LEN(rows));
		CU_ASSERT_EQUAL(f.metas[0].type, BLOCK_SHB);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			CU_ASSERT_EQUAL(f.metas[i + 1].type, rows[i].today);
			CU_ASSERT_EQUAL(f.metas[i + 1].body_len, 4);
			CU_ASSERT_EQUAL(memcmp(f.metas[i + 1].body, "body", 4), 0);
		}
		CU_ASSERT_TRUE(f.tally.scap);
		framed_release(&f);
		mkcap_release(&m);
	}
}

/* Metadata knows which event it stands before. */
static void test_decode_metadata_between_events(void)
{
	struct framed f;
	struct mkcap m;

	begin(&m, false);
	mkcap_machine(&m, "h", 1, 0);
	mkcap_close(&m, T0, 1, 0, 3);
	mkcap_close(&m, T0, 1, 0, 4);
	mkcap_block(&m, 0x7777, "x", 1);
	mkcap_close(&m, T0, 1, 0, 5);
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.meta_count, 3);
	CU_ASSERT_EQUAL(f.metas[1].type, 0x201);
	CU_ASSERT_EQUAL(f.metas[1].at_event, 0);
	CU_ASSERT_EQUAL(f.metas[2].type, 0x7777);
	CU_ASSERT_EQUAL(f.metas[2].at_event, 2);
	framed_release(&f);
	mkcap_release(&m);
}

/* ---- both byte orders --------------------------------------------------------------------------------- */

static void check_same_event(const struct event *a, const struct event *b)
{
	CU_ASSERT_EQUAL(a->ts_ns, b->ts_ns);
	CU_ASSERT_EQUAL(a->tid, b->tid);
	CU_ASSERT_EQUAL(a->res, b->res);
	CU_ASSERT_EQUAL(a->fd_num, b->fd_num);
	CU_ASSERT_EQUAL(a->stored_type, b->stored_type);
	CU_ASSERT_EQUAL(a->type, b->type);
	CU_ASSERT_EQUAL(a->conv, b->conv);
	CU_ASSERT_EQUAL(a->cpu, b->cpu);
	CU_ASSERT_EQUAL(a->flags, b->flags);
	CU_ASSERT_EQUAL(a->nparams, b->nparams);
	CU_ASSERT_EQUAL(a->values_len, b->values_len);
	CU_ASSERT_EQUAL_FATAL(a->stored_nparams, b->stored_nparams);
	if (a->flags & EVENT_UNKNOWN_TYPE) {
		return;	/* nobody knows what is a number there */
	}
	for (unsigned int i = 0; i < a->stored_nparams; i++) {
		struct param v = event_stored_param(a, i);

		if (!param_is(b, i, v.p, v.len)) {
			printf("\ntype %u parameter %u differs\n", a->stored_type, i);
		}
		CU_ASSERT_TRUE(param_is(b, i, v.p, v.len));
	}
}

/* A story told in both byte orders gives the same events. */
static void test_decode_byte_orders_agree(void)
{
	for (const struct seed *s = seeds; s->name != NULL; s++) {
		struct seed turned = *s;
		struct framed a;
		struct framed b;
		struct mkcap ma;
		struct mkcap mb;

		if (strncmp(s->name, "lies", 4) == 0) {
			continue;	/* where lengths lie, bytes are not turned round */
		}
		turned.big_endian = !s->big_endian;
		seed_build(s, &ma);
		seed_build(&turned, &mb);
		framed_cap(&a, &ma);
		framed_cap(&b, &mb);
		CU_ASSERT_EQUAL_FATAL(a.event_count, b.event_count);
		for (size_t i = 0; i < a.event_count; i++) {
			check_same_event(&a.events[i], &b.events[i]);
		}
		CU_ASSERT_EQUAL_FATAL(a.packet_count, b.packet_count);
		for (size_t i = 0; i < a.packet_count; i++) {
			CU_ASSERT_EQUAL(a.packets[i].ts_ns, b.packets[i].ts_ns);
			CU_ASSERT_EQUAL(a.packets[i].cap_len, b.packets[i].cap_len);
			CU_ASSERT_EQUAL(a.packets[i].orig_len, b.packets[i].orig_len);
			CU_ASSERT_EQUAL(a.packets[i].flags, b.packets[i].flags);
			CU_ASSERT_EQUAL(a.packets[i].link_type, b.packets[i].link_type);
		}
		framed_release(&a);
		framed_release(&b);
		mkcap_release(&ma);
		mkcap_release(&mb);
	}
}

static void number_param(struct mkcap *m, unsigned int size, uint64_t x)
{
	switch (size) {
	case 1:
		mkcap_p_u8(m, (uint8_t)x);
		break;
	case 2:
		mkcap_p_u16(m, (uint16_t)x);
		break;
	case 4:
		mkcap_p_u32(m, (uint32_t)x);
		break;
	default:
		mkcap_p_u64(m, x);
		break;
	}
}

/* A value of a structured type with numbers inside: count, fd, events; or selector and number. */
static void structured_param(struct mkcap *m, const struct schema_param *p, uint64_t x)
{
	struct buf v;

	buf_init(&v, 256);
	if (p->type == PT_FDLIST) {
		mkcap_u16(&v, 2, m->big_endian);
		for (unsigned int i = 0; i < 2; i++) {
			mkcap_u64(&v, x + i, m->big_endian);
			mkcap_u16(&v, (uint16_t)(x + i), m->big_endian);
		}
	} else {
		unsigned int selector = (unsigned int)(x % p->dyn->count);
		unsigned int type = p->dyn->rows[selector].type;

		buf_addc(&v, (char)selector);
		if (type == PT_BYTEBUF || type == PT_CHARBUF) {
			buf_add(&v, "abcdefg", 8);
		} else if (type == PT_SIGTYPE) {
			buf_addc(&v, 9);
		} else if (type == PT_UINT32) {
			mkcap_u32(&v, (uint32_t)x, m->big_endian);
		} else {
			mkcap_u64(&v, x, m->big_endian);
		}
	}
	mkcap_p_bytes(m, v.data, v.len);
	buf_release(&v);
}

static void any_param(struct mkcap *m, const struct schema_param *p, uint64_t x)
{
	static const uint8_t address[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

	if (p->type == PT_IPV4ADDR || p->type == PT_IPV6ADDR) {
		mkcap_p_bytes(m, address, p->type == PT_IPV4ADDR ? 4 : 16);
	} else if (p->size > 0) {
		number_param(m, p->size, x);
	} else if (p->type == PT_SOCKADDR) {
		x % 3 == 0   ? mkcap_p_sockaddr4(m, "10.1.2.3", (uint16_t)x) :
		x % 3 == 1 ? mkcap_p_sockaddr6(m, "fd00::1", (uint16_t)x) :
			     mkcap_p_sockaddr_unix(m, "/run/x");
	} else if (p->type == PT_SOCKTUPLE) {
		x % 3 == 0   ? mkcap_p_tuple4(m, "10.1.2.3", (uint16_t)x, "10.4.5.6", 443) :
		x % 3 == 1 ? mkcap_p_tuple6(m, "fd00::1", (uint16_t)x, "fd00::2", 443) :
			     mkcap_p_tuple_unix(m, x, x + 1, "/run/x");
	} else if (p->type == PT_FDLIST || p->type == PT_DYN) {
		structured_param(m, p, x);
	} else {
		mkcap_p_bytes(m, "0123456789", (size_t)(x % 11));
	}
}

/* Every type of the event table with all its parameters, several values of each. */
static void all_types(struct mkcap *m, bool be)
{
	uint64_t x = 0x123456789ABCDEF1u;

	begin(m, be);
	for (uint16_t type = 0; type < SCHEMA_EVENTS; type++) {
		for (int round = 0; round < 6; round++) {
			mkcap_event(m, T0 + type, type, type);
			for (unsigned int i = 0; i < schema_events[type].nparams; i++) {
				any_param(m, &schema_events[type].params[i], random_next(&x));
			}
			mkcap_end(m);
		}
	}
}

static void test_decode_every_type_in_both_byte_orders(void)
{
	struct framed a;
	struct framed b;
	struct mkcap ma;
	struct mkcap mb;

	all_types(&ma, false);
	all_types(&mb, true);
	framed_cap(&a, &ma);
	framed_cap(&b, &mb);
	CU_ASSERT_EQUAL_FATAL(a.event_count, 6 * SCHEMA_EVENTS);
	CU_ASSERT_EQUAL_FATAL(b.event_count, 6 * SCHEMA_EVENTS);
	for (size_t i = 0; i < a.event_count; i++) {
		CU_ASSERT_EQUAL(a.events[i].stored_type, i / 6);
		CU_ASSERT_EQUAL(a.events[i].stored_nparams, schema_events[i / 6].nparams);
		check_same_event(&a.events[i], &b.events[i]);
	}
	CU_ASSERT_EQUAL(a.tally.bad_params, 0);
	CU_ASSERT_EQUAL(a.damage_count, 0);
	framed_release(&a);
	framed_release(&b);
	mkcap_release(&ma);
	mkcap_release(&mb);
}

/* A value longer than its type: its first bytes count, in both byte orders. */
static void test_decode_values_too_long(void)
{
	for (int be = 0; be < 2; be++) {
		const struct event *ev;
		struct framed f;
		struct mkcap m;
		struct buf v;
		uint32_t x = 0;

		begin(&m, be != 0);
		buf_init(&v, 64);
		mkcap_u32(&v, 0xA1B2C3D4, m.big_endian);
		buf_add(&v, "rest", 4);
		mkcap_event(&m, T0, 1, EV_SYSCALL_OPENAT_2_X);
		mkcap_p_s64(&m, 3);
		mkcap_p_s64(&m, -100);
		mkcap_p_str(&m, "x");
		mkcap_p_bytes(&m, v.data, v.len);
		mkcap_end(&m);
		ev = only_event(&f, &m);
		CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
		CU_ASSERT_TRUE(event_u32(ev, 3, &x));
		CU_ASSERT_EQUAL(x, 0xA1B2C3D4);
		buf_release(&v);
		framed_release(&f);
		mkcap_release(&m);
	}
}

/* ---- flags, options, unknown types -------------------------------------------------------------------- */

static void test_decode_flags_and_comments(void)
{
	for (int i = 0; i < 8; i++) {
		struct framed f;
		struct mkcap m;

		begin(&m, (i & 1) != 0);
		m.v1 = (i & 2) != 0;
		m.comment = (i & 4) != 0 ? "a comment of Wireshark" : NULL;
		m.with_flags = true;
		m.event_flags = 1;
		mkcap_openat(&m, T0, 1, 3, "/state", 1);
		m.event_flags = 2;
		mkcap_openat(&m, T0, 1, 4, "/tracer", 1);
		m.with_flags = false;
		mkcap_openat(&m, T0, 1, 5, "/plain", 1);
		framed_cap(&f, &m);
		CU_ASSERT_EQUAL_FATAL(f.event_count, 3);
		CU_ASSERT_TRUE(f.events[0].flags & EVENT_STATE_ONLY);
		CU_ASSERT_FALSE(f.events[1].flags & EVENT_STATE_ONLY);
		CU_ASSERT_FALSE(f.events[2].flags & EVENT_STATE_ONLY);
		CU_ASSERT_TRUE(param_is_text(&f.events[0], 2, "/state"));
		CU_ASSERT_TRUE(param_is_text(&f.events[1], 2, "/tracer"));
		CU_ASSERT_TRUE(param_is_text(&f.events[2], 2, "/plain"));
		for (int k = 0; k < 3; k++) {
			CU_ASSERT_EQUAL(f.events[k].stored_nparams, 7);
		}
		CU_ASSERT_EQUAL(f.tally.state_only, 1);
		CU_ASSERT_EQUAL(f.tally.shown, 2);
		CU_ASSERT_EQUAL(f.tally.bad_params, 0);
		CU_ASSERT_EQUAL(f.damage_count, 0);
		framed_release(&f);
		mkcap_release(&m);
	}
}

/* Types of the future: counted, with their raw parameters, and never shown. */
static void test_decode_unknown_types(void)
{
	static const uint16_t types[] = { SCHEMA_EVENTS, 500, 0xFFFF };

	for (int i = 0; i < 6; i++) {
		struct framed f;
		struct mkcap m;

		begin(&m, (i & 1) != 0);
		m.v1 = i / 2 == 1;
		m.block_type_override = i / 2 == 2 ? 0x221 : 0;
		for (size_t k = 0; k < ARRAY_LEN(types); k++) {
			mkcap_event(&m, T0 + k, 5, types[k]);
			m.large = i / 2 == 2;	/* lengths of 4 bytes, as in such blocks */
			mkcap_p_bytes(&m, "abc", 3);
			mkcap_p_bytes(&m, "defg", 4);
			mkcap_end(&m);
		}
		framed_cap(&f, &m);
		CU_ASSERT_EQUAL_FATAL(f.event_count, 3);
		for (size_t k = 0; k < ARRAY_LEN(types); k++) {
			CU_ASSERT_EQUAL(f.events[k].stored_type, types[k]);
			CU_ASSERT_TRUE(f.events[k].flags & EVENT_UNKNOWN_TYPE);
			CU_ASSERT_FALSE(f.events[k].flags & (EVENT_SHOWN | EVENT_BAD_PARAMS));
			CU_ASSERT_EQUAL(f.events[k].ts_ns, T0 + k);
			CU_ASSERT_EQUAL(f.events[k].stored_nparams, 2);
			CU_ASSERT_TRUE(param_is(&f.events[k], 0, "abc", 3));
			CU_ASSERT_TRUE(param_is(&f.events[k], 1, "defg", 4));
		}
		CU_ASSERT_EQUAL(f.tally.unknown, 3);
		CU_ASSERT_EQUAL(f.tally.shown, 0);
		CU_ASSERT_EQUAL(f.damage_count, 0);
		framed_release(&f);
		mkcap_release(&m);
	}
}

static void test_decode_times_that_are_none(void)
{
	struct framed f;
	struct mkcap m;

	begin(&m, false);
	mkcap_close(&m, 0, 1, 0, 3);
	mkcap_close(&m, UINT64_MAX, 1, 0, 3);
	mkcap_close(&m, T0, 1, 0, 3);
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.event_count, 3);
	CU_ASSERT_TRUE(f.events[0].flags & EVENT_TIME_ZERO);
	CU_ASSERT_TRUE(f.events[1].flags & EVENT_TIME_ZERO);
	CU_ASSERT_FALSE(f.events[2].flags & EVENT_TIME_ZERO);
	CU_ASSERT_EQUAL(f.tally.time_zero, 2);
	CU_ASSERT_EQUAL(f.batches[0]->tally.first_ns, T0);
	CU_ASSERT_EQUAL(f.batches[0]->tally.last_ns, T0);
	framed_release(&f);
	mkcap_release(&m);
}

/* ---- lengths and counts that lie ---------------------------------------------------------------------- */

static void test_decode_counts_that_lie(void)
{
	static const struct { int claimed; bool bad; int nparams; } rows[] = {
		{ 0x7fffffff, true, 0 }, { 65, true, 0 }, { 64, true, 0 }, { 40, true, 0 }, { 4, false, 4 },
		{ 2, false, 2 }, { 0, false, 0 },
	};

	for (int be = 0; be < 2; be++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			const struct event *ev;
			struct framed f;
			struct mkcap m;

			begin(&m, be != 0);
			m.nparams_override = rows[i].claimed;
			mkcap_read(&m, T0, 100, 3, 1, "abc");
			ev = only_event(&f, &m);
			CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
			CU_ASSERT_EQUAL((ev->flags & EVENT_BAD_PARAMS) != 0, rows[i].bad);
			CU_ASSERT_EQUAL(ev->stored_nparams, rows[i].nparams);
			CU_ASSERT_EQUAL(f.tally.bad_params, rows[i].bad);
			framed_release(&f);
			mkcap_release(&m);
		}
	}
}

/* More parameters than the table has: the surplus has no name. */
static void test_decode_parameters_of_newer_writers(void)
{
	for (unsigned int extra = 1; extra <= 36; extra += 5) {
		const struct event *ev;
		struct framed f;
		struct mkcap m;

		begin(&m, false);
		mkcap_event(&m, T0, 1, EV_SYSCALL_CLOSE_X);
		mkcap_p_s64(&m, 0);
		mkcap_p_s64(&m, 9);
		for (unsigned int i = 0; i < extra; i++) {
			mkcap_p_u32(&m, i);
		}
		mkcap_end(&m);
		ev = only_event(&f, &m);
		CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
		CU_ASSERT_EQUAL(ev->stored_nparams, 2 + extra);
		CU_ASSERT_EQUAL(ev->nparams, schema_events[EV_SYSCALL_CLOSE_X].nparams);
		CU_ASSERT_EQUAL(ev->fd_num, 9);
		CU_ASSERT_TRUE(ev->flags & EVENT_SHOWN);
		CU_ASSERT_FALSE(ev->flags & EVENT_BAD_PARAMS);
		framed_release(&f);
		mkcap_release(&m);
	}
}

/* An event that claims more bytes than its block has, or fewer than its header. */
static void test_decode_event_lengths_that_lie(void)
{
	static const int32_t lies[] = { -1000, -70, 1000, 1000000, 0x7fffff00, 100 };

	for (int i = 0; i < 4; i++) {
		for (size_t k = 0; k < ARRAY_LEN(lies); k++) {
			struct framed f;
			struct mkcap m;
			size_t at;

			begin(&m, (i & 1) != 0);
			m.v1 = (i & 2) != 0;
			at = m.out.len;
			m.len_lie = lies[k];
			mkcap_read(&m, T0, 100, 3, 1, "abc");
			m.len_lie = 0;
			mkcap_read(&m, T0 + 1, 100, 3, 1, "abc");
			framed_cap(&f, &m);
			CU_ASSERT_EQUAL_FATAL(f.event_count, 2);
			CU_ASSERT_EQUAL(f.events[0].ts_ns, T0);
			CU_ASSERT_EQUAL(f.events[0].stored_type, EV_SYSCALL_READ_X);
			CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
			CU_ASSERT_EQUAL(f.damages[0].offset, at);
			CU_ASSERT_EQUAL(f.damages[0].bytes, 0);
			CU_ASSERT_TRUE(param_is(&f.events[1], 1, "abc", 3));
			framed_release(&f);
			mkcap_release(&m);
		}
	}
}

/* Parameter lengths beyond the event: no parameter is used. */
static void test_decode_parameter_lengths_that_lie(void)
{
	for (int i = 0; i < 4; i++) {
		const struct event *ev;
		struct framed f;
		struct mkcap m;
		size_t at;

		begin(&m, (i & 1) != 0);
		m.v1 = (i & 2) != 0;
		mkcap_read(&m, T0, 100, 3, 1, "abc");
		at = 28 + 8 + 2 + (m.v1 ? 22 : 26) + 2;
		memset(m.out.data + at, 0xFF, 2);
		ev = only_event(&f, &m);
		CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
		CU_ASSERT_TRUE(ev->flags & EVENT_BAD_PARAMS);
		CU_ASSERT_EQUAL(ev->stored_nparams, 0);
		CU_ASSERT_FALSE(ev->flags & (EVENT_HAS_RES | EVENT_HAS_FD));
		framed_release(&f);
		mkcap_release(&m);
	}
}

static void test_decode_blocks_too_short(void)
{
	static const uint8_t zeros[64] = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(block_cases); i++) {
		size_t least = (block_cases[i].v1 ? 24 : 28) + (block_cases[i].with_flags ? 4 : 0);

		for (size_t len = 0; len <= 36; len += 4) {
			struct framed f;
			struct mkcap m;

			begin(&m, i % 2 != 0);
			mkcap_block(&m, block_cases[i].type, zeros, len);
			mkcap_close(&m, T0, 1, 0, 3);
			framed_cap(&f, &m);
			CU_ASSERT_EQUAL(f.event_count, len < least ? 1 : 2);
			/* Zeros are an event of length 0, which is damage as well. */
			CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
			CU_ASSERT_EQUAL(f.damages[0].offset, 28);
			CU_ASSERT_EQUAL(f.damages[0].bytes, len < least ? len + 12 : 0);
			framed_release(&f);
			mkcap_release(&m);
		}
	}
}

/* How often each type of block came, whatever the batches: the smallest numbers apart, the others together. */
static void test_decode_counts_blocks_by_type(void)
{
	static const size_t sizes[] = { 64, 1000, 4096, 1 << 20 };
	struct mkcap m;
	uint64_t x = 77;

	begin(&m, false);
	for (int i = 0; i < 2000; i++) {
		mkcap_block(&m, 0x10000 + (uint32_t)(random_next(&x) % 100), "12345678", 8);
	}
	mkcap_block(&m, 7, "", 0);
	for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
		struct block_count rows[SOURCE_BLOCK_TYPES] = { { 0, 0, 0 } };
		uint64_t named[100] = { 0 };
		uint32_t n = 0;
		uint64_t sum = 0;
		struct framed f;

		framed_run(&f, m.out.data, m.out.len, MAPPED, sizes[k]);
		for (size_t i = 0; i < f.batch_count; i++) {
			const struct batch_tally *t = &f.batches[i]->tally;

			for (uint32_t r = 0; r < t->block_types; r++) {
				block_count_add(rows, &n, t->blocks[r].type, t->blocks[r].blocks, t->blocks[r].bytes);
			}
		}
		for (size_t i = 0; i < f.meta_count; i++) {
			if (f.metas[i].type >= 0x10000 && f.metas[i].type != BLOCK_SHB) {
				named[f.metas[i].type - 0x10000]++;
			}
		}
		CU_ASSERT_EQUAL_FATAL(n, SOURCE_BLOCK_TYPES);
		for (uint32_t r = 0; r < n; r++) {
			sum += rows[r].blocks;
			if (rows[r].type >= 0x10000 && rows[r].type != BLOCK_OTHERS) {
				/* 63 rows: block 7 and the 62 smallest of these; the section header is larger. */
				CU_ASSERT_FATAL(rows[r].type < 0x10000 + 62);
				CU_ASSERT_EQUAL(rows[r].blocks, named[rows[r].type - 0x10000]);
				CU_ASSERT_EQUAL(rows[r].bytes, rows[r].blocks * 20);
			}
		}
		CU_ASSERT_EQUAL(sum, 2002);
		CU_ASSERT_EQUAL(rows[SOURCE_BLOCK_TYPES - 1].type, BLOCK_OTHERS);
		framed_release(&f);
	}
	mkcap_release(&m);
}

void suite_decode(CU_pSuite suite);
void suite_decode(CU_pSuite suite)
{
	CU_add_test(suite, "test_decode_event_blocks", test_decode_event_blocks);
	CU_add_test(suite, "test_decode_private_numbers_of_2014", test_decode_private_numbers_of_2014);
	CU_add_test(suite, "test_decode_metadata_between_events", test_decode_metadata_between_events);
	CU_add_test(suite, "test_decode_byte_orders_agree", test_decode_byte_orders_agree);
	CU_add_test(suite, "test_decode_every_type_in_both_byte_orders",
		    test_decode_every_type_in_both_byte_orders);
	CU_add_test(suite, "test_decode_values_too_long", test_decode_values_too_long);
	CU_add_test(suite, "test_decode_flags_and_comments", test_decode_flags_and_comments);
	CU_add_test(suite, "test_decode_unknown_types", test_decode_unknown_types);
	CU_add_test(suite, "test_decode_times_that_are_none", test_decode_times_that_are_none);
	CU_add_test(suite, "test_decode_counts_that_lie", test_decode_counts_that_lie);
	CU_add_test(suite, "test_decode_parameters_of_newer_writers", test_decode_parameters_of_newer_writers);
	CU_add_test(suite, "test_decode_event_lengths_that_lie", test_decode_event_lengths_that_lie);
	CU_add_test(suite, "test_decode_parameter_lengths_that_lie", test_decode_parameter_lengths_that_lie);
	CU_add_test(suite, "test_decode_blocks_too_short", test_decode_blocks_too_short);
	CU_add_test(suite, "test_decode_counts_blocks_by_type", test_decode_counts_blocks_by_type);
}
