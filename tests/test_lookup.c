/*
 * test_lookup.c - packets to calls and back over pairs made by hand: where bytes lie is written down here, so what has
 * to be found is known.
 */
#include "join/lookup.h"

#include <CUnit/CUnit.h>

#define SOURCES 2

/* One connection between a client and a server on one recorded host, packets in another source. */
struct fixture {
	struct source calls_source, packets_source;
	struct section calls, packets;
	struct section *calls_list[1], *packets_list[1];
	struct source *sources[SOURCES];
	struct flow flow;
	struct knots wire[2];
	struct knot_room room;
	struct sock sock[2];
	struct sock_user users[2][2];
	struct pair pair;
	struct lookup *lk;
	struct frames frames;
};

static void knot(struct fixture *f, struct knots *k, uint8_t kind, uint64_t offset, uint32_t len, uint64_t num,
		 uint32_t user)
{
	const struct knot x = { .offset = offset, .len = len, .ts_ns = num, .num = num, .user = user, .kind = kind };

	CU_ASSERT_EQUAL_FATAL(knots_add(k, &x, &f->room), 0);
}

static void fixture_init(struct fixture *f)
{
	char calls_name[] = "host.scap", packets_name[] = "eth0.pcapng";

	memset(f, 0, sizeof(*f));
	knot_room_init(&f->room, SIZE_MAX);
	f->calls_source.name = strdup(calls_name);
	f->packets_source.name = strdup(packets_name);
	f->calls_list[0] = &f->calls;
	f->packets_list[0] = &f->packets;
	f->calls_source.sections = f->calls_list;
	f->packets_source.sections = f->packets_list;
	f->calls_source.section_count = f->packets_source.section_count = 1;
	f->calls.source = &f->calls_source;
	f->packets.source = &f->packets_source;
	f->sources[0] = &f->calls_source;
	f->sources[1] = &f->packets_source;
	f->flow.first_num = 5;
	f->flow.section = &f->packets;
	f->flow.knots[0] = &f->wire[0];
	f->flow.knots[1] = &f->wire[1];
	f->pair.flow = &f->flow;
	f->pair.packets = &f->packets;
	f->pair.confidence = 100;
	for (unsigned int end = 0; end < 2; end++) {
		f->sock[end].section = &f->calls;
		f->sock[end].process = 10 * (end + 1);
		f->sock[end].tid = 100 * (end + 1);
		f->sock[end].users = f->users[end];
		f->sock[end].user_count = 2;
		for (unsigned int u = 0; u < 2; u++) {
			f->users[end][u].process = 10 * (end + 1);
			f->users[end][u].tid = 100 * (end + 1) + u;
		}
		f->pair.side[end].sock = &f->sock[end];
		f->pair.side[end].aligned[0] = f->pair.side[end].aligned[1] = true;
	}
}

static void fixture_join(struct fixture *f)
{
	CU_ASSERT_EQUAL_FATAL(lookup_new(&f->pair, 1, f->sources, SOURCES, &f->lk, NULL), 0);
}

static void fixture_release(struct fixture *f)
{
	lookup_free(f->lk);
	frames_release(&f->frames);
	knot_room_release(&f->room);
	free(f->calls_source.name);
	free(f->packets_source.name);
}

/* The event number of the call of a packet, 0 none; what else is known in *ret_o. */
static uint64_t call_of(const struct fixture *f, unsigned int from, uint64_t num, struct packet_owner *ret_o)
{
	const struct lookup_section *ls = lookup_section(f->lk, &f->packets);

	CU_ASSERT_PTR_NOT_NULL_FATAL(ls);
	CU_ASSERT_TRUE_FATAL(lookup_packet(f->lk, ls, &f->flow, from, num, ret_o));
	return ret_o->call.raw;
}

static bool frames_of(struct fixture *f, uint64_t raw)
{
	const struct lookup_section *ls = lookup_section(f->lk, &f->calls);

	CU_ASSERT_PTR_NOT_NULL_FATAL(ls);
	return lookup_call(f->lk, ls, raw, &f->frames);
}

/* The runs are these, pairs of first and last; 0 ends. */
static bool runs_are(const struct fixture *f, const uint64_t *expected)
{
	size_t n = 0;

	for (; expected[2 * n] != 0; n++) {
		if (n >= f->frames.count || f->frames.runs[n].first != expected[2 * n] ||
		    f->frames.runs[n].last != expected[2 * n + 1]) {
			return false;
		}
	}
	return n == f->frames.count;
}

#define RUNS(...) (const uint64_t[]){ __VA_ARGS__, 0 }

/* Two writes in three segments, each read by one call: who sent which, and where. */
static void make_transfer(struct fixture *f)
{
	knot(f, &f->sock[0].knots[1], KNOT_DATA, 0, 1500, 21, 0);
	knot(f, &f->sock[0].knots[1], KNOT_DATA, 1500, 500, 22, 1);
	knot(f, &f->sock[1].knots[0], KNOT_DATA, 0, 2000, 31, 1);
	knot(f, &f->wire[0], KNOT_DATA, 0, 1000, 8, 0);
	knot(f, &f->wire[0], KNOT_DATA, 1000, 800, 9, 0);
	knot(f, &f->wire[0], KNOT_DATA, 1800, 200, 11, 0);
}

static void test_lookup_packets_to_calls(void)
{
	struct packet_owner o;
	struct fixture f;

	fixture_init(&f);
	make_transfer(&f);
	fixture_join(&f);
	CU_ASSERT_EQUAL(call_of(&f, 0, 8, &o), 21);
	CU_ASSERT_TRUE(o.sender);
	CU_ASSERT_EQUAL(o.calls, 1);
	CU_ASSERT_EQUAL(o.process, 10);
	CU_ASSERT_EQUAL(o.tid, 100);
	/* Bytes of both writes: the first one's, and there is one more. */
	CU_ASSERT_EQUAL(call_of(&f, 0, 9, &o), 21);
	CU_ASSERT_EQUAL(o.calls, 2);
	CU_ASSERT_EQUAL(call_of(&f, 0, 11, &o), 22);
	CU_ASSERT_EQUAL(o.calls, 1);
	CU_ASSERT_EQUAL(o.tid, 101);
	/* An acknowledgement is its sender's, whose socket it is. */
	CU_ASSERT_EQUAL(call_of(&f, 1, 10, &o), 0);
	CU_ASSERT_TRUE(o.sender);
	CU_ASSERT_EQUAL(o.process, 20);
	CU_ASSERT_EQUAL(o.tid, 200);
	fixture_release(&f);
}

static void test_lookup_calls_to_packets(void)
{
	struct fixture f;

	fixture_init(&f);
	make_transfer(&f);
	fixture_join(&f);
	CU_ASSERT_TRUE(frames_of(&f, 21));
	CU_ASSERT(runs_are(&f, RUNS(8, 9)));
	CU_ASSERT_PTR_EQUAL(f.frames.pair, &f.pair);
	CU_ASSERT_PTR_EQUAL(f.frames.side, &f.pair.side[0]);
	CU_ASSERT_TRUE(frames_of(&f, 22));
	CU_ASSERT(runs_are(&f, RUNS(9, 9, 11, 11)));
	CU_ASSERT_TRUE(frames_of(&f, 31));
	CU_ASSERT(runs_are(&f, RUNS(8, 9, 11, 11)));
	CU_ASSERT_FALSE(frames_of(&f, 23));
	fixture_release(&f);
}

/* Only the receiver's host was recorded. */
static void test_lookup_receiver(void)
{
	struct packet_owner o;
	struct fixture f;

	fixture_init(&f);
	make_transfer(&f);
	f.pair.side[0].sock = NULL;
	fixture_join(&f);
	CU_ASSERT_EQUAL(call_of(&f, 0, 9, &o), 31);
	CU_ASSERT_FALSE(o.sender);
	CU_ASSERT_EQUAL(o.process, 20);
	CU_ASSERT_EQUAL(o.tid, 201);
	CU_ASSERT_FALSE(frames_of(&f, 21));
	fixture_release(&f);
}

/* The socket was open before its capture began: its stream starts 700 bytes into the flow's. */
static void test_lookup_shifted(void)
{
	struct packet_owner o;
	struct fixture f;

	fixture_init(&f);
	knot(&f, &f.sock[0].knots[1], KNOT_DATA, 0, 300, 21, 0);
	knot(&f, &f.wire[0], KNOT_DATA, 0, 700, 8, 0);
	knot(&f, &f.wire[0], KNOT_DATA, 700, 300, 9, 0);
	f.pair.side[0].shift[1] = 700;
	fixture_join(&f);
	CU_ASSERT_EQUAL(call_of(&f, 0, 8, &o), 0);
	CU_ASSERT_EQUAL(o.process, 10);
	CU_ASSERT_EQUAL(call_of(&f, 0, 9, &o), 21);
	CU_ASSERT_TRUE(frames_of(&f, 21));
	CU_ASSERT(runs_are(&f, RUNS(9, 9)));
	fixture_release(&f);
}

/* Where the bytes lie is unknown: the call is known as one of the socket, its frames are not. */
static void test_lookup_not_aligned(void)
{
	struct packet_owner o;
	struct fixture f;

	fixture_init(&f);
	make_transfer(&f);
	f.pair.side[0].aligned[1] = false;
	fixture_join(&f);
	CU_ASSERT_EQUAL(call_of(&f, 0, 8, &o), 0);
	CU_ASSERT_TRUE(o.sender);
	CU_ASSERT_TRUE(frames_of(&f, 21));
	CU_ASSERT_EQUAL(f.frames.count, 0);
	fixture_release(&f);
}

/* Sent again, and again in other pieces: the call is the same, and it lists them all. */
static void test_lookup_retransmissions(void)
{
	struct packet_owner o;
	struct fixture f;

	fixture_init(&f);
	knot(&f, &f.sock[0].knots[1], KNOT_DATA, 0, 100, 21, 0);
	knot(&f, &f.sock[0].knots[1], KNOT_DATA, 100, 100, 22, 0);
	knot(&f, &f.wire[0], KNOT_DATA, 0, 100, 8, 0);
	knot(&f, &f.wire[0], KNOT_DATA, 100, 100, 9, 0);
	knot(&f, &f.wire[0], KNOT_AGAIN, 0, 100, 12, 0);
	knot(&f, &f.wire[0], KNOT_AGAIN, 50, 100, 15, 0);
	fixture_join(&f);
	CU_ASSERT_EQUAL(call_of(&f, 0, 12, &o), 21);
	CU_ASSERT_EQUAL(call_of(&f, 0, 15, &o), 21);
	CU_ASSERT_EQUAL(o.calls, 2);
	CU_ASSERT_TRUE(frames_of(&f, 21));
	CU_ASSERT(runs_are(&f, RUNS(8, 8, 12, 12, 15, 15)));
	CU_ASSERT_TRUE(frames_of(&f, 22));
	CU_ASSERT(runs_are(&f, RUNS(9, 9, 15, 15)));
	fixture_release(&f);
}

static void test_lookup_open_and_end(void)
{
	struct packet_owner o;
	struct fixture f;

	fixture_init(&f);
	f.sock[0].open_num = 20;
	f.sock[1].open_num = 30;
	knot(&f, &f.sock[0].knots[1], KNOT_OPEN, 0, 0, 20, 0);
	knot(&f, &f.sock[1].knots[0], KNOT_OPEN, 0, 0, 30, 0);
	knot(&f, &f.sock[0].knots[1], KNOT_DATA, 0, 100, 21, 0);
	knot(&f, &f.sock[0].knots[1], KNOT_END, 100, 0, 29, 1);
	knot(&f, &f.sock[1].knots[0], KNOT_END, 100, 0, 39, 0);
	knot(&f, &f.wire[0], KNOT_OPEN, 0, 0, 5, 0);
	knot(&f, &f.wire[1], KNOT_OPEN, 0, 0, 6, 0);
	knot(&f, &f.wire[0], KNOT_DATA, 0, 100, 8, 0);
	knot(&f, &f.wire[0], KNOT_END, 100, 0, 9, 0);
	fixture_join(&f);
	lookup_tell_call(f.lk, &f.calls, 20, 17, 23);
	lookup_tell_call(f.lk, &f.calls, 99, 90, 24);	/* of no pair: passed over */
	CU_ASSERT_EQUAL(call_of(&f, 0, 5, &o), 20);
	CU_ASSERT_EQUAL(o.call.shown, 17);
	CU_ASSERT_EQUAL(o.call.type, 23);
	CU_ASSERT_EQUAL(call_of(&f, 1, 6, &o), 30);
	CU_ASSERT_EQUAL(o.call.shown, 0);
	CU_ASSERT_EQUAL(call_of(&f, 0, 9, &o), 29);
	CU_ASSERT_EQUAL(o.tid, 101);
	CU_ASSERT_TRUE(frames_of(&f, 20));
	CU_ASSERT(runs_are(&f, RUNS(5, 6)));
	CU_ASSERT_TRUE(frames_of(&f, 30));
	CU_ASSERT(runs_are(&f, RUNS(5, 6)));
	CU_ASSERT_TRUE(frames_of(&f, 29));
	CU_ASSERT(runs_are(&f, RUNS(9, 9)));
	CU_ASSERT_TRUE(frames_of(&f, 39));
	CU_ASSERT(runs_are(&f, RUNS(9, 9)));
	fixture_release(&f);
}

/* Sections and flows of another run are found by names and numbers; what only looks alike is not. */
static void test_lookup_other_run(void)
{
	struct packet_owner o;
	struct fixture f, again;
	struct flow other;

	fixture_init(&f);
	fixture_init(&again);
	make_transfer(&f);
	fixture_join(&f);
	CU_ASSERT_PTR_EQUAL(lookup_section(f.lk, &again.packets), lookup_section(f.lk, &f.packets));
	CU_ASSERT_PTR_EQUAL(lookup_section_joined(lookup_section(f.lk, &again.packets)), &f.packets);
	again.packets.index = 1;
	CU_ASSERT_PTR_NULL(lookup_section(f.lk, &again.packets));
	CU_ASSERT_TRUE(lookup_packet(f.lk, lookup_section(f.lk, &f.packets), &again.flow, 0, 8, &o));
	other = f.flow;
	other.first_layer = 1;
	CU_ASSERT_FALSE(lookup_packet(f.lk, lookup_section(f.lk, &f.packets), &other, 0, 8, &o));
	other = f.flow;
	other.first_num = 6;
	CU_ASSERT_FALSE(lookup_packet(f.lk, lookup_section(f.lk, &f.packets), &other, 0, 8, &o));
	fixture_release(&f);
	fixture_release(&again);
}

/* Two sources of one name cannot be told apart: nothing is said of either. */
static void test_lookup_same_names(void)
{
	struct fixture f, again;
	struct source *sources[3];

	fixture_init(&f);
	fixture_init(&again);
	make_transfer(&f);
	sources[0] = &f.calls_source;
	sources[1] = &f.packets_source;
	sources[2] = &again.packets_source;
	CU_ASSERT_EQUAL_FATAL(lookup_new(&f.pair, 1, sources, 3, &f.lk, NULL), 0);
	CU_ASSERT_PTR_NULL(lookup_section(f.lk, &f.packets));
	CU_ASSERT_PTR_NOT_NULL(lookup_section(f.lk, &f.calls));
	CU_ASSERT_FALSE(frames_of(&f, 21));
	fixture_release(&f);
	fixture_release(&again);
}

/* A long call over many packets and many calls in one packet. */
static void test_lookup_many(void)
{
	struct packet_owner o;
	struct fixture f;

	fixture_init(&f);
	knot(&f, &f.sock[0].knots[1], KNOT_DATA, 0, 1000000, 21, 0);
	for (uint32_t i = 0; i < 1000; i++) {
		knot(&f, &f.wire[0], KNOT_DATA, 1000 * i, 1000, 100 + i, 0);
	}
	for (uint32_t i = 0; i < 200; i++) {
		knot(&f, &f.sock[1].knots[1], KNOT_DATA, i, 1, 1000 + i, 0);
	}
	knot(&f, &f.wire[1], KNOT_DATA, 0, 200, 2000, 0);
	fixture_join(&f);
	CU_ASSERT_TRUE(frames_of(&f, 21));
	CU_ASSERT(runs_are(&f, RUNS(100, 1099)));
	CU_ASSERT_FALSE(f.frames.cut);
	CU_ASSERT_EQUAL(call_of(&f, 0, 700, &o), 21);
	CU_ASSERT_EQUAL(call_of(&f, 1, 2000, &o), 1000);
	CU_ASSERT_EQUAL(o.calls, LOOKUP_CALLS_MAX);
	fixture_release(&f);
}

void suite_lookup(CU_pSuite suite);
void suite_lookup(CU_pSuite suite)
{
	CU_add_test(suite, "test_lookup_packets_to_calls", test_lookup_packets_to_calls);
	CU_add_test(suite, "test_lookup_calls_to_packets", test_lookup_calls_to_packets);
	CU_add_test(suite, "test_lookup_receiver", test_lookup_receiver);
	CU_add_test(suite, "test_lookup_shifted", test_lookup_shifted);
	CU_add_test(suite, "test_lookup_not_aligned", test_lookup_not_aligned);
	CU_add_test(suite, "test_lookup_retransmissions", test_lookup_retransmissions);
	CU_add_test(suite, "test_lookup_open_and_end", test_lookup_open_and_end);
	CU_add_test(suite, "test_lookup_other_run", test_lookup_other_run);
	CU_add_test(suite, "test_lookup_same_names", test_lookup_same_names);
	CU_add_test(suite, "test_lookup_many", test_lookup_many);
}
