/*
 * test_collect_seq.c - sequence numbers that a recorder tells with its calls: where a socket's bytes lie in them,
 * losses, and calls that only looked.
 */
#include "mkserve.h"
#include "schema/extra.h"

#define PID 100

/* The next event's items: when it began, and the numbers at that moment. */
static void told(struct serve *v, struct buf *items, uint64_t begin_ns, uint32_t write_seq, uint32_t copied_seq)
{
	struct buf numbers;

	buf_init(&numbers, 64);
	mkcap_u64(&numbers, begin_ns, false);
	buf_reset(items);
	mkcap_extra(&v->m, items, EXTRA_BEGIN, numbers.data, numbers.len);
	buf_reset(&numbers);
	mkcap_u32(&numbers, write_seq, false);
	mkcap_u32(&numbers, copied_seq, false);
	mkcap_u32(&numbers, 0, false);
	mkcap_u32(&numbers, 0, false);
	mkcap_extra(&v->m, items, EXTRA_TCP, numbers.data, numbers.len);
	buf_release(&numbers);
	v->m.extra = items;
}

struct fixture {
	struct serve v;
	struct buf items;
	struct mksock k;
};

static void start(struct fixture *f)
{
	serve_init(&f->v);
	serve_process(&f->v, PID, PID, "server");
	f->v.tid = PID;
	buf_init(&f->items, 1024);
	serve_accept(&f->v, 100, 5, 4000);
}

static void reads(struct fixture *f, uint32_t seq, int64_t n, const char *data)
{
	told(&f->v, &f->items, f->v.now + 1, 1, seq);
	serve_read(&f->v, 20, 5, n, data);
	f->v.m.extra = NULL;
}

static void writes(struct fixture *f, uint32_t seq, int64_t n)
{
	told(&f->v, &f->items, f->v.now + 1, seq, 1);
	serve_write(&f->v, 20, 5, n, "abcdefghij");
	f->v.m.extra = NULL;
}

static const struct sock *run(struct fixture *f)
{
	serve_run(&f->v, &f->k);
	CU_ASSERT_EQUAL_FATAL(f->k.count, 1);
	return mksock_sock(&f->k, 0);
}

static void stop(struct fixture *f)
{
	mksock_release(&f->k);
	buf_release(&f->items);
}

static void check_piece(const struct sock *s, unsigned int dir, uint32_t i, uint64_t from, uint32_t base)
{
	CU_ASSERT_TRUE_FATAL(s->seqs != NULL && i < s->seqs->count[dir]);
	CU_ASSERT_EQUAL(s->seqs->at[dir][i].from, from);
	CU_ASSERT_EQUAL(s->seqs->at[dir][i].base, base);
}

static void test_collect_seq_one_piece(void)
{
	struct fixture f;
	const struct sock *s;

	start(&f);
	reads(&f, 1001, 300, "GET / HTTP/1.1");
	writes(&f, 4294967200u, 500);	/* the numbers begin anew on the way */
	writes(&f, 404, 50);
	reads(&f, 1301, 20, "GET /x");
	s = run(&f);
	CU_ASSERT_TRUE_FATAL(s->seqs != NULL);
	CU_ASSERT_EQUAL(s->seqs->count[0], 1);
	CU_ASSERT_EQUAL(s->seqs->count[1], 1);
	check_piece(s, 0, 0, 0, 1001);
	check_piece(s, 1, 0, 0, 4294967200u);
	CU_ASSERT_EQUAL(s->bytes[0], 320);
	stop(&f);
}

static void test_collect_seq_lost_calls(void)
{
	struct fixture f;
	const struct sock *s;

	start(&f);
	writes(&f, 5001, 100);
	writes(&f, 5301, 30);		/* 200 bytes in between */
	writes(&f, 5331, 10);
	s = run(&f);
	CU_ASSERT_EQUAL_FATAL(s->seqs->count[1], 2);
	check_piece(s, 1, 0, 0, 5001);
	check_piece(s, 1, 1, 100, 5201);
	CU_ASSERT_EQUAL(s->seqs->count[0], 0);
	stop(&f);
}

/* The number does not go on: the call before had only looked, wherever in the stream, however much. */
static void test_collect_seq_peek(void)
{
	struct fixture f;
	const struct sock *s;
	struct knot x[8];

	start(&f);
	reads(&f, 1001, 300, "GET / HTTP/1.1");
	reads(&f, 1301, 20, "GET /item HTTP/1.1\r\n");
	reads(&f, 1301, 20, "GET /item HTTP/1.1\r\n");
	reads(&f, 1301, 50, "GET /item HTTP/1.1\r\n");
	reads(&f, 1351, 7, "POST / ");
	s = run(&f);
	CU_ASSERT_EQUAL(s->bytes[0], 357);
	CU_ASSERT_EQUAL(s->users[0].bytes[0], 357);
	CU_ASSERT_EQUAL(s->seqs->count[0], 1);
	CU_ASSERT_EQUAL_FATAL(mksock_knots(s, 0, x, 8), 4);
	CU_ASSERT_TRUE(x[2].offset == 300 && x[2].len == 50);
	CU_ASSERT_TRUE(x[3].offset == 350 && x[3].len == 7);
	CU_ASSERT_EQUAL(mksock_exchange(s, 0)->end[0], 357);
	stop(&f);
}

/* A number taken before another thread's call ended says nothing of where this one's bytes lie. */
static void test_collect_seq_at_once(void)
{
	struct fixture f;
	const struct sock *s;
	uint64_t begin;

	start(&f);
	reads(&f, 1001, 300, "GET / HTTP/1.1");
	begin = f.v.now;
	reads(&f, 1301, 40, "0123456789");
	told(&f.v, &f.items, begin, 1, 1301);
	serve_read(&f.v, 5, 5, 40, "9876543210");
	f.v.m.extra = NULL;
	reads(&f, 1381, 10, "0123456789");
	s = run(&f);
	CU_ASSERT_EQUAL(s->bytes[0], 390);
	CU_ASSERT_EQUAL(s->seqs->count[0], 1);
	stop(&f);
}

/* Two processes write in turn: each sees gaps, the socket has none. */
static void test_collect_seq_shared(void)
{
	struct fixture f;
	const struct sock *s;

	start(&f);
	mkcap_clone_parent(&f.v.m, serve_tick(&f.v, 10), PID, 101, "server", 0);
	mkcap_clone_child(&f.v.m, serve_tick(&f.v, 10), 101, 101, PID, "server", 0);
	for (uint32_t i = 0; i < 6; i++) {
		f.v.tid = i % 2 == 0 ? PID : 101;
		writes(&f, 70001 + 100 * i, 100);
	}
	s = run(&f);
	CU_ASSERT_EQUAL(s->bytes[1], 600);
	CU_ASSERT_EQUAL_FATAL(s->seqs->count[1], 1);
	check_piece(s, 1, 0, 0, 70001);
	CU_ASSERT_EQUAL(s->seqs->at[1][0].num, 4);
	stop(&f);
}

static void test_collect_seq_ceiling(void)
{
	struct fixture f;
	const struct sock *s;

	start(&f);
	for (uint32_t i = 0; i < 3000; i++) {
		writes(&f, 1 + 1000 * i, 10);
	}
	s = run(&f);
	CU_ASSERT_EQUAL(s->bytes[1], 30000);
	CU_ASSERT_EQUAL(s->seqs->count[1], 1024);
	stop(&f);
}

void suite_collect_seq(CU_pSuite suite);
void suite_collect_seq(CU_pSuite suite)
{
	CU_add_test(suite, "test_collect_seq_one_piece", test_collect_seq_one_piece);
	CU_add_test(suite, "test_collect_seq_lost_calls", test_collect_seq_lost_calls);
	CU_add_test(suite, "test_collect_seq_peek", test_collect_seq_peek);
	CU_add_test(suite, "test_collect_seq_at_once", test_collect_seq_at_once);
	CU_add_test(suite, "test_collect_seq_shared", test_collect_seq_shared);
	CU_add_test(suite, "test_collect_seq_ceiling", test_collect_seq_ceiling);
}
