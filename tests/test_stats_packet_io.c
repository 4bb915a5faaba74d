/*
 * test_stats_packet_io.c - the table packet_io over layers made by hand: each packet once, by its innermost layer;
 * marks of every layer; the same rows however the batches are spread over workers.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>

#include "base/limits.h"
#include "net/layer.h"
#include "stats/stats.h"

#define T0 UINT64_C(1700000000000000000)
#define MS UINT64_C(1000000)

/* Packets with their layers, as dissection lays them out. */
struct story {
	struct packet *packets;
	struct layer *layers;
	uint32_t packet_count, layer_count, cap;
};

static void story_init(struct story *s, uint32_t cap)
{
	s->packets = calloc(cap, sizeof(*s->packets));
	s->layers = calloc((size_t)cap * 4, sizeof(*s->layers));
	s->packet_count = 0;
	s->layer_count = 0;
	s->cap = cap;
}

static void story_release(struct story *s)
{
	free(s->packets);
	free(s->layers);
}

static void add_packet(struct story *s, uint64_t ts_ns, uint32_t orig_len)
{
	struct packet *p = &s->packets[s->packet_count++];

	assert(s->packet_count <= s->cap);
	p->ts_ns = ts_ns;
	p->orig_len = orig_len;
	p->cap_len = orig_len;
}

/* A layer of the last packet. */
static struct layer *add_layer(struct story *s, uint8_t ip_proto, unsigned int flags, uint32_t payload)
{
	struct layer *l = &s->layers[s->layer_count++];

	assert(s->layer_count <= s->cap * 4);
	l->packet = s->packet_count - 1;
	l->key.ip_proto = ip_proto;
	l->flags = (uint16_t)flags;
	l->payload_len = payload;
	return l;
}

/* One batch of packets [from, to) with their layers. */
static void feed(void *st, const struct story *s, uint32_t from, uint32_t to)
{
	struct layer *layers = calloc(s->layer_count + 1, sizeof(*layers));
	struct batch b;

	memset(&b, 0, sizeof(b));
	b.packets = s->packets + from;
	b.packet_count = to - from;
	b.layers = layers;
	for (uint32_t i = 0; i < s->layer_count; i++) {
		if (s->layers[i].packet >= from && s->layers[i].packet < to) {
			layers[b.layer_count] = s->layers[i];
			layers[b.layer_count++].packet -= from;
		}
	}
	CU_ASSERT_EQUAL(tap_packet_io.batch(st, &b), 0);
	free(layers);
}

static void tabulate(const struct story *s, unsigned int workers, uint32_t step, struct report *r)
{
	struct tap_input in = { 0 };
	void *states[8];
	unsigned int next = 0;

	for (unsigned int i = 0; i < workers; i++) {
		states[i] = tap_packet_io.state_new();
	}
	for (uint32_t at = 0; at < s->packet_count; at += step) {
		feed(states[next++ % workers], s, at, (uint32_t)min_u64(at + step, s->packet_count));
	}
	while (workers > 1) {
		workers--;
		CU_ASSERT_EQUAL(tap_packet_io.merge(states[workers - 1], states[workers]), 0);
		tap_packet_io.state_free(states[workers]);
	}
	report_init(r);
	CU_ASSERT_EQUAL(tap_packet_io.tables(states[0], &in, r, NULL), 0);
	tap_packet_io.state_free(states[0]);
}

static uint64_t num(const struct table *t, size_t row, const char *column)
{
	int col = table_column(t, column);

	CU_ASSERT_FATAL(col >= 0);
	CU_ASSERT_FATAL(row < t->row_count);
	return table_cell(t, row, (unsigned int)col).v.u;
}

static uint64_t sum(const struct table *t, const char *column)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->row_count; i++) {
		n += num(t, i, column);
	}
	return n;
}

#define WHOLE (LAYER_FIRST | LAYER_LAST)

static void test_stats_packet_io_counts_by_transport(void)
{
	static const struct {
		uint8_t proto;
		unsigned int flags;
		const char *column, *bytes;
	} kinds[] = {
		{ IP_TCP, WHOLE, "tcp", "tcp_bytes" },	     { IP_UDP, WHOLE, "udp", "udp_bytes" },
		{ IP_ICMP, WHOLE, "icmp", "icmp_bytes" },    { IP_ICMPV6, WHOLE, "icmp", "icmp_bytes" },
		{ IP_SCTP, WHOLE, "other", "other_bytes" },  { 0, WHOLE | LAYER_NO_FLOW, "other", "other_bytes" },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct report r;
		struct story s;

		story_init(&s, 4);
		add_packet(&s, T0, 100);
		add_layer(&s, kinds[i].proto, kinds[i].flags, 40);
		add_packet(&s, T0 + 1, 300);
		add_layer(&s, kinds[i].proto, kinds[i].flags, 0);
		tabulate(&s, 1, 1, &r);
		CU_ASSERT_EQUAL(r.tables[0]->row_count, 1);
		CU_ASSERT_EQUAL(num(r.tables[0], 0, "time"), T0);
		CU_ASSERT_EQUAL(num(r.tables[0], 0, "packets"), 2);
		CU_ASSERT_EQUAL(num(r.tables[0], 0, "bytes"), 400);
		CU_ASSERT_EQUAL(num(r.tables[0], 0, "payload"), 40);
		CU_ASSERT_EQUAL(num(r.tables[0], 0, kinds[i].column), 2);
		CU_ASSERT_EQUAL(num(r.tables[0], 0, kinds[i].bytes), 400);
		CU_ASSERT_EQUAL(num(r.tables[0], 0, "tcp") + num(r.tables[0], 0, "udp") + num(r.tables[0], 0, "icmp") +
					num(r.tables[0], 0, "other"), 2);
		report_release(&r);
		story_release(&s);
	}
}

/* A tunnelled packet, an ICMP error with what it quotes, fragments and the datagram they make: each frame once. */
static void test_stats_packet_io_counts_frames_once(void)
{
	struct report r;
	struct story s;
	const struct table *t;

	story_init(&s, 8);
	add_packet(&s, T0, 150);
	add_layer(&s, IP_UDP, LAYER_FIRST, 108)->marks = MARK_NEW_FLOW;
	add_layer(&s, IP_TCP, LAYER_LAST | LAYER_INNER, 50)->marks = MARK_NEW_FLOW | MARK_RETRANSMISSION;
	add_packet(&s, T0, 70);
	add_layer(&s, IP_ICMP, WHOLE, 28)->marks = MARK_NEW_FLOW;
	add_layer(&s, IP_TCP, LAYER_QUOTED, 8)->tcp_flags = TCP_RST;
	add_packet(&s, T0, 1514);
	add_layer(&s, IP_UDP, WHOLE | LAYER_FRAGMENT, 1480);
	add_packet(&s, T0, 554);
	add_layer(&s, IP_UDP, WHOLE | LAYER_FRAGMENT, 520);
	add_layer(&s, IP_UDP, LAYER_LAST | LAYER_REBUILT, 1992)->marks = MARK_NEW_FLOW;
	tabulate(&s, 1, 8, &r);
	t = r.tables[0];
	CU_ASSERT_EQUAL(num(t, 0, "packets"), 4);
	CU_ASSERT_EQUAL(num(t, 0, "bytes"), 150 + 70 + 1514 + 554);
	CU_ASSERT_EQUAL(num(t, 0, "tcp"), 1);
	CU_ASSERT_EQUAL(num(t, 0, "tcp_bytes"), 150);
	CU_ASSERT_EQUAL(num(t, 0, "icmp"), 1);
	CU_ASSERT_EQUAL(num(t, 0, "udp"), 2);
	CU_ASSERT_EQUAL(num(t, 0, "udp_bytes"), 1514 + 554);
	CU_ASSERT_EQUAL(num(t, 0, "payload"), 50 + 28 + 1992);
	CU_ASSERT_EQUAL(num(t, 0, "resets"), 0);
	CU_ASSERT_EQUAL(num(t, 0, "retransmissions"), 1);
	CU_ASSERT_EQUAL(num(t, 0, "new_flows"), 4);
	report_release(&r);
	story_release(&s);
}

static void test_stats_packet_io_marks(void)
{
	static const struct {
		uint16_t mark;
		const char *column;
	} marks[] = {
		{ MARK_RETRANSMISSION, "retransmissions" }, { MARK_OUT_OF_ORDER, "out_of_order" }, { MARK_GAP, "gaps" },
		{ MARK_DUP_ACK, "dup_acks" }, { MARK_ZERO_WINDOW, "zero_windows" }, { MARK_NEW_FLOW, "new_flows" },
	};
	struct report r;
	struct story s;

	story_init(&s, 64);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		for (size_t n = 0; n <= i; n++) {
			add_packet(&s, T0, 60);
			add_layer(&s, IP_TCP, WHOLE, 0)->marks = marks[i].mark;
		}
	}
	add_packet(&s, T0, 60);
	add_layer(&s, IP_TCP, WHOLE, 0)->tcp_flags = TCP_RST | TCP_ACK;
	/* The same packet captured at a second place. */
	add_packet(&s, T0, 60);
	add_layer(&s, IP_TCP, WHOLE, 0)->tcp_flags = TCP_RST | TCP_ACK;
	s.layers[s.layer_count - 1].marks = MARK_DUPLICATE;
	/* Not TCP: the field means nothing. */
	add_packet(&s, T0, 60);
	add_layer(&s, IP_UDP, WHOLE, 0)->tcp_flags = TCP_RST;
	tabulate(&s, 1, 7, &r);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		CU_ASSERT_EQUAL(num(r.tables[0], 0, marks[i].column), i + 1);
	}
	CU_ASSERT_EQUAL(num(r.tables[0], 0, "resets"), 1);
	report_release(&r);
	story_release(&s);
}

/* Seconds of packets over several workers; those without time are in no interval. */
static void test_stats_packet_io_over_time(void)
{
	struct story s;

	story_init(&s, 6000);
	for (uint32_t i = 0; i < 5000; i++) {
		add_packet(&s, T0 + i * MS, 60 + i % 1000);
		add_layer(&s, i % 3 == 0 ? IP_UDP : IP_TCP, WHOLE, i % 7)->marks = i % 50 == 0 ? MARK_NEW_FLOW : 0;
		if (i % 100 == 0) {
			add_packet(&s, 0, 99999);
			s.packets[s.packet_count - 1].flags = PACKET_NO_TIME;
			add_layer(&s, IP_TCP, WHOLE, 1);
		}
	}
	for (unsigned int workers = 1; workers <= 4; workers++) {
		struct report r;
		const struct table *t;

		tabulate(&s, workers, 100 * workers - 7, &r);
		t = r.tables[0];
		CU_ASSERT_EQUAL(t->row_count, 1000);
		CU_ASSERT_EQUAL(num(t, 0, "interval"), 5 * MS);
		CU_ASSERT_EQUAL(sum(t, "packets"), 5000);
		CU_ASSERT_EQUAL(sum(t, "udp"), 1667);
		CU_ASSERT_EQUAL(sum(t, "tcp"), 3333);
		CU_ASSERT_EQUAL(sum(t, "new_flows"), 100);
		for (size_t i = 0; i < t->row_count; i++) {
			uint64_t bytes = 0;

			for (uint32_t k = 0; k < 5; k++) {
				bytes += 60 + (i * 5 + k) % 1000;
			}
			CU_ASSERT_EQUAL(num(t, i, "time"), T0 + i * 5 * MS);
			CU_ASSERT_EQUAL(num(t, i, "packets"), 5);
			CU_ASSERT_EQUAL(num(t, i, "bytes"), bytes);
		}
		report_release(&r);
	}
	story_release(&s);
}

static void test_stats_packet_io_empty(void)
{
	struct tap_input in = { 0 };
	struct report r;

	report_init(&r);
	CU_ASSERT_EQUAL(tap_packet_io.tables(NULL, &in, &r, NULL), 0);
	CU_ASSERT_EQUAL(r.tables[0]->row_count, 0);
	report_release(&r);
}

void suite_stats_packet_io(CU_pSuite suite);
void suite_stats_packet_io(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_packet_io_counts_by_transport", test_stats_packet_io_counts_by_transport);
	CU_add_test(suite, "test_stats_packet_io_counts_frames_once", test_stats_packet_io_counts_frames_once);
	CU_add_test(suite, "test_stats_packet_io_marks", test_stats_packet_io_marks);
	CU_add_test(suite, "test_stats_packet_io_over_time", test_stats_packet_io_over_time);
	CU_add_test(suite, "test_stats_packet_io_empty", test_stats_packet_io_empty);
}
