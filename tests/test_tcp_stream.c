/*
 * test_tcp_stream.c - net/stream.h alone: segments in any order against what was sent.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>

#include "base/buf.h"
#include "net/stream.h"

/* What comes out, byte by byte: '.' for a gap, '_' for a cut. */
struct sunk {
	struct buf text;
	uint64_t next;
	unsigned int calls;
	const uint8_t *last; /* of the last data call */
};

static int sunk_data(void *arg, uint64_t off, const uint8_t *p, size_t n)
{
	struct sunk *s = arg;

	CU_ASSERT_EQUAL(off, s->next);
	CU_ASSERT_FATAL(n > 0);
	s->next = off + n;
	s->last = p;
	s->calls++;
	buf_add(&s->text, p, n);
	return 0;
}

static int sunk_gap(void *arg, uint64_t off, uint64_t len, bool cut)
{
	struct sunk *s = arg;

	CU_ASSERT_EQUAL(off, s->next);
	CU_ASSERT_FATAL(len > 0);
	s->next = off + len;
	s->calls++;
	for (uint64_t i = 0; i < len; i++) {
		buf_addc(&s->text, cut ? '_' : '.');
	}
	return 0;
}

struct fixture {
	struct tcp_stream stream;
	struct stream_budget budget;
	struct sunk out;
	struct stream_sink sink;
	struct stream_verdict v;
};

static void setup(struct fixture *f, size_t max_stream, size_t max)
{
	memset(f, 0, sizeof(*f));
	f->budget.max = max;
	f->budget.max_stream = max_stream;
	buf_init(&f->out.text, (size_t)1 << 26);
	f->sink = (struct stream_sink){ &f->out, sunk_data, sunk_gap };
}

static void teardown(struct fixture *f)
{
	tcp_stream_release(&f->stream, &f->budget);
	CU_ASSERT_EQUAL(f->budget.used, 0);
	CU_ASSERT_FALSE(f->out.text.failed);
	buf_release(&f->out.text);
}

static void add_cut(struct fixture *f, uint64_t off, const void *data, uint32_t len, uint32_t cap)
{
	struct stream_segment seg = { off, len, cap, data, true };

	CU_ASSERT_EQUAL_FATAL(tcp_stream_add(&f->stream, &f->budget, &seg, &f->sink, &f->v), 0);
	CU_ASSERT_EQUAL(f->v.before + f->v.filled + f->v.fresh, len);
}

static void add(struct fixture *f, uint64_t off, const char *text)
{
	add_cut(f, off, text, (uint32_t)strlen(text), (uint32_t)strlen(text));
}

static bool out_is(struct fixture *f, const char *want)
{
	bool same = strcmp(buf_str(&f->out.text), want) == 0;

	if (!same) {
		printf("\nstream is '%s', not '%s'\n", buf_str(&f->out.text), want);
	}
	return same;
}

static void test_tcp_stream_in_order_without_copy(void)
{
	static const char data[] = "first";
	struct fixture f;

	setup(&f, 1000, 1000);
	add_cut(&f, 0, data, 5, 5);
	CU_ASSERT_PTR_EQUAL(f.out.last, data);
	CU_ASSERT_EQUAL(f.v.fresh, 5);
	CU_ASSERT_PTR_NULL(f.stream.early);
	add(&f, 5, "second");
	CU_ASSERT(out_is(&f, "firstsecond"));
	CU_ASSERT_EQUAL(f.stream.edge, 11);
	CU_ASSERT_EQUAL(f.stream.high, 11);
	teardown(&f);
}

static void test_tcp_stream_early_waits_for_gap(void)
{
	struct fixture f;

	setup(&f, 100000, 100000);
	add(&f, 0, "aa");
	add(&f, 4, "cc");
	CU_ASSERT_TRUE(f.v.after_gap);
	CU_ASSERT_EQUAL(f.v.fresh, 2);
	add(&f, 6, "dd");
	CU_ASSERT_FALSE(f.v.after_gap);
	add(&f, 10, "ff");
	CU_ASSERT_TRUE(f.v.after_gap);
	CU_ASSERT(out_is(&f, "aa"));
	CU_ASSERT_TRUE(f.budget.used > 0);
	add(&f, 2, "bb");
	CU_ASSERT_EQUAL(f.v.filled, 2);
	CU_ASSERT_EQUAL(f.v.before, 0);
	CU_ASSERT(out_is(&f, "aabbccdd"));
	add(&f, 8, "ee");
	CU_ASSERT(out_is(&f, "aabbccddeeff"));
	CU_ASSERT_EQUAL(f.budget.used, 0);
	teardown(&f);
}

static void test_tcp_stream_overlaps(void)
{
	struct fixture f;

	setup(&f, 100000, 100000);
	add(&f, 0, "abcdef");
	add(&f, 2, "cdefgh"); /* half old */
	CU_ASSERT_EQUAL(f.v.before, 4);
	CU_ASSERT_EQUAL(f.v.fresh, 2);
	add(&f, 0, "abc"); /* all old */
	CU_ASSERT_EQUAL(f.v.before, 3);
	add(&f, 12, "mnop");
	add(&f, 10, "klmnopqr"); /* around an early piece, same content */
	CU_ASSERT_EQUAL(f.v.before, 4);
	CU_ASSERT_EQUAL(f.v.filled, 2);
	CU_ASSERT_EQUAL(f.v.fresh, 2);
	CU_ASSERT_FALSE(f.v.differs);
	add(&f, 14, "XY"); /* other content than what waits: the first stays */
	CU_ASSERT_EQUAL(f.v.before, 2);
	CU_ASSERT_TRUE(f.v.differs);
	add(&f, 7, "hijklm"); /* fills, and says again what waits */
	CU_ASSERT_EQUAL(f.v.before, 1 + 3);
	CU_ASSERT_EQUAL(f.v.filled, 2);
	CU_ASSERT_FALSE(f.v.differs);
	CU_ASSERT(out_is(&f, "abcdefghijklmnopqr"));
	teardown(&f);
}

static void test_tcp_stream_gap_given_up_and_regained(void)
{
	struct fixture f;

	setup(&f, 100000, 100000);
	add(&f, 0, "aa");
	add(&f, 6, "dd");
	CU_ASSERT_EQUAL(tcp_stream_give_up(&f.stream, &f.budget, 4, &f.sink), 0);
	CU_ASSERT(out_is(&f, "aa.."));
	CU_ASSERT_EQUAL(tcp_stream_give_up(&f.stream, &f.budget, 7, &f.sink), 0);
	CU_ASSERT(out_is(&f, "aa....dd"));
	add(&f, 3, "b"); /* too late for the content, but it was not sent twice */
	CU_ASSERT_EQUAL(f.v.regained, 1);
	CU_ASSERT_EQUAL(f.v.filled, 1);
	CU_ASSERT_EQUAL(f.v.before, 0);
	add(&f, 2, "bbcc");
	CU_ASSERT_EQUAL(f.v.regained, 3);
	CU_ASSERT_EQUAL(f.v.before, 1);
	add(&f, 2, "bbcc");
	CU_ASSERT_EQUAL(f.v.before, 4);
	CU_ASSERT(out_is(&f, "aa....dd"));
	teardown(&f);
}

static void test_tcp_stream_flush(void)
{
	struct fixture f;

	setup(&f, 100000, 100000);
	add(&f, 3, "b");
	add(&f, 6, "c");
	CU_ASSERT_TRUE(tcp_stream_waits(&f.stream));
	CU_ASSERT_EQUAL(tcp_stream_flush(&f.stream, &f.budget, &f.sink), 0);
	CU_ASSERT(out_is(&f, "...b..c"));
	CU_ASSERT_FALSE(tcp_stream_waits(&f.stream));
	teardown(&f);
}

static void test_tcp_stream_cut_payload(void)
{
	struct fixture f;

	setup(&f, 100000, 100000);
	add_cut(&f, 0, "abc", 5, 3);
	CU_ASSERT(out_is(&f, "abc__"));
	add_cut(&f, 8, "ij", 4, 2); /* early and cut */
	add_cut(&f, 12, "mn", 2, 2);
	add_cut(&f, 5, "", 3, 0);
	CU_ASSERT(out_is(&f, "abc_____ij__mn"));
	teardown(&f);
}

/* The stream's own ceiling, then the one over all: the oldest gap goes first, what was seen stays. */
static void test_tcp_stream_ceilings(void)
{
	static uint8_t block[4096];
	struct fixture f;

	memset(block, 'x', sizeof(block));
	for (unsigned int k = 0; k < 2; k++) {
		setup(&f, k == 0 ? 16384 : (size_t)1 << 30, k == 0 ? (size_t)1 << 30 : 16384);
		for (uint64_t off = 10; off < 10 + 20 * sizeof(block); off += sizeof(block)) {
			add_cut(&f, off, block, sizeof(block), sizeof(block));
			CU_ASSERT_TRUE(f.budget.used <= 4 * 16384);
		}
		CU_ASSERT_EQUAL(f.budget.given_up, 10);
		CU_ASSERT_EQUAL(f.out.next, 10 + 20 * sizeof(block));
		teardown(&f);
	}
}

static void test_tcp_stream_many_pieces(void)
{
	struct fixture f;
	uint64_t gaps = 0;

	setup(&f, (size_t)1 << 20, (size_t)1 << 20);
	for (uint64_t off = 1; off < 20001; off += 2) { /* every second byte: one piece each */
		add(&f, off, "o");
	}
	CU_ASSERT_TRUE(f.budget.given_up > 0);
	CU_ASSERT_TRUE(f.budget.used < STREAM_PIECES * 2048);
	for (size_t i = 0; i < f.out.text.len; i++) {
		gaps += f.out.text.data[i] == '.';
		CU_ASSERT_EQUAL(f.out.text.data[i], i % 2 == 0 ? '.' : 'o');
	}
	CU_ASSERT_EQUAL(gaps, f.budget.given_up);
	add_cut(&f, f.stream.edge, buf_str(&f.out.text), 2000, 2000); /* one that covers them all */
	CU_ASSERT_FALSE(tcp_stream_waits(&f.stream));
	teardown(&f);
}

/* Backwards: pieces do not grow at their start. */
static void test_tcp_stream_backwards(void)
{
	struct fixture f;
	char want[201];
	char c[2] = "";

	setup(&f, (size_t)1 << 20, (size_t)1 << 20);
	for (int i = 199; i >= 0; i--) {
		c[0] = want[i] = (char)('a' + i % 26);
		add(&f, (uint64_t)i, c);
	}
	want[200] = '\0';
	CU_ASSERT(out_is(&f, want));
	CU_ASSERT_EQUAL(f.budget.given_up, 0);
	teardown(&f);
}

static void test_tcp_stream_without_content(void)
{
	struct stream_segment seg = { 0, 10, 10, (const uint8_t *)"0123456789", false };
	struct fixture f;

	setup(&f, 1000, 1000);
	seg.off = 20;
	CU_ASSERT_EQUAL(tcp_stream_add(&f.stream, &f.budget, &seg, &f.sink, &f.v), 0);
	CU_ASSERT_TRUE(f.v.after_gap);
	CU_ASSERT_TRUE(f.budget.used < 100);
	seg.off = 30;
	CU_ASSERT_EQUAL(tcp_stream_add(&f.stream, &f.budget, &seg, &f.sink, &f.v), 0);
	CU_ASSERT_EQUAL(tcp_stream_add(&f.stream, &f.budget, &seg, &f.sink, &f.v), 0);
	CU_ASSERT_EQUAL(f.v.before, 10);
	seg.off = 0;
	seg.len = 20;
	CU_ASSERT_EQUAL(tcp_stream_add(&f.stream, &f.budget, &seg, &f.sink, &f.v), 0);
	CU_ASSERT_EQUAL(f.v.filled, 20);
	CU_ASSERT_EQUAL(f.stream.edge, 40);
	teardown(&f);
}

static void test_tcp_stream_drops_content(void)
{
	struct fixture f;

	setup(&f, 100000, 100000);
	add(&f, 2, "cd");
	tcp_stream_drop_content(&f.stream, &f.budget);
	CU_ASSERT_TRUE(f.budget.used < 100);
	add(&f, 0, "abc"); /* what waits has nothing to compare with */
	CU_ASSERT_EQUAL(f.v.before, 1);
	CU_ASSERT_FALSE(f.v.differs);
	CU_ASSERT_EQUAL(f.stream.edge, 4);
	teardown(&f);
}

/* ---- any order ------------------------------------------------------------------------------- */

static uint64_t rand_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Segments of random place and length over a known text, some lost gaps given up: each byte that comes out is
 * the right one or was never added before it passed, and the verdicts agree with a map of what was seen. */
static void random_round(uint64_t seed)
{
	enum { TEXT = 3000 };
	static uint8_t text[TEXT];
	static bool seen[TEXT];
	struct fixture f;
	uint64_t x = seed * 2 + 1;
	uint64_t high = 0;

	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < TEXT; i++) {
		text[i] = (uint8_t)('A' + rand_next(&x) % 26);
	}
	setup(&f, (size_t)1 << 20, (size_t)1 << 20);
	for (unsigned int k = 0; k < 400; k++) {
		uint64_t base = f.stream.edge > 200 ? f.stream.edge - 200 : 0;
		uint64_t off = min_u64(base + rand_next(&x) % 600, TEXT - 1);
		uint32_t len = (uint32_t)min_u64(1 + rand_next(&x) % 60, TEXT - off);
		uint32_t unseen = 0, late = 0;

		for (uint64_t i = off; i < off + len; i++) {
			unseen += !seen[i];
			late += !seen[i] && i < high;
			seen[i] = true;
		}
		high = max_u64(high, off + len);
		add_cut(&f, off, text + off, len, len);
		CU_ASSERT_EQUAL(f.v.fresh + f.v.filled, unseen);
		CU_ASSERT_EQUAL(f.v.filled, late);
		CU_ASSERT_FALSE(f.v.differs);
		CU_ASSERT_EQUAL(f.stream.high, high);
	}
	CU_ASSERT_EQUAL(tcp_stream_flush(&f.stream, &f.budget, &f.sink), 0);
	CU_ASSERT_EQUAL(f.out.text.len, high);
	for (size_t i = 0; i < f.out.text.len && i < TEXT; i++) {
		CU_ASSERT_EQUAL(f.out.text.data[i], seen[i] ? text[i] : '.');
	}
	teardown(&f);
}

static void test_tcp_stream_any_order(void)
{
	for (uint64_t seed = 1; seed <= 60; seed++) {
		random_round(seed);
	}
}

/* Out of memory, sink failing: handed on at once, nothing leaks. */
static int failing(void *arg, uint64_t off, const uint8_t *p, size_t n)
{
	UNUSED_ARG(arg);
	UNUSED_ARG(off);
	UNUSED_ARG(p);
	UNUSED_ARG(n);
	return ERR_NOMEM;
}

static void test_tcp_stream_sink_fails(void)
{
	struct stream_segment seg = { 0, 3, 3, (const uint8_t *)"abc", true };
	struct fixture f;

	setup(&f, 100000, 100000);
	add(&f, 3, "def");
	f.sink.data = failing;
	CU_ASSERT_EQUAL(tcp_stream_add(&f.stream, &f.budget, &seg, &f.sink, &f.v), ERR_NOMEM);
	teardown(&f);
}

void suite_tcp_stream(CU_pSuite suite);

void suite_tcp_stream(CU_pSuite suite)
{
	CU_add_test(suite, "test_tcp_stream_in_order_without_copy",
		    test_tcp_stream_in_order_without_copy);
	CU_add_test(suite, "test_tcp_stream_early_waits_for_gap",
		    test_tcp_stream_early_waits_for_gap);
	CU_add_test(suite, "test_tcp_stream_overlaps", test_tcp_stream_overlaps);
	CU_add_test(suite, "test_tcp_stream_gap_given_up_and_regained",
		    test_tcp_stream_gap_given_up_and_regained);
	CU_add_test(suite, "test_tcp_stream_flush", test_tcp_stream_flush);
	CU_add_test(suite, "test_tcp_stream_cut_payload", test_tcp_stream_cut_payload);
	CU_add_test(suite, "test_tcp_stream_ceilings", test_tcp_stream_ceilings);
	CU_add_test(suite, "test_tcp_stream_many_pieces", test_tcp_stream_many_pieces);
	CU_add_test(suite, "test_tcp_stream_backwards", test_tcp_stream_backwards);
	CU_add_test(suite, "test_tcp_stream_without_content", test_tcp_stream_without_content);
	CU_add_test(suite, "test_tcp_stream_drops_content", test_tcp_stream_drops_content);
	CU_add_test(suite, "test_tcp_stream_any_order", test_tcp_stream_any_order);
	CU_add_test(suite, "test_tcp_stream_sink_fails", test_tcp_stream_sink_fails);
}
