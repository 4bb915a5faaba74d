/*
 * test_stats_protocols.c - the tree of protocols over layers made by hand: every prefix a row, in order, and the same
 * however the packets are spread over workers, also when somebody makes up more paths than are kept.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>

#include "net/layer.h"
#include "stats/stats.h"

#define PACKETS_MAX 20000

struct story {
	struct packet *packets;
	struct layer *layers;
	uint32_t count;
};

static void story_init(struct story *s)
{
	s->packets = calloc(PACKETS_MAX, sizeof(*s->packets));
	s->layers = calloc(PACKETS_MAX, sizeof(*s->layers));
	s->count = 0;
}

static void story_release(struct story *s)
{
	free(s->packets);
	free(s->layers);
}

/* A packet of one layer; protos up to a 0. */
static struct layer *add(struct story *s, const uint8_t *protos, uint32_t bytes, uint32_t payload)
{
	struct layer *l = &s->layers[s->count];

	assert(s->count < PACKETS_MAX);
	s->packets[s->count].orig_len = bytes;
	for (unsigned int i = 0; protos[i] != 0; i++) {
		l->path = path_push(l->path, i, protos[i]);
	}
	l->packet = s->count++;
	l->flags = LAYER_FIRST | LAYER_LAST;
	l->payload_len = payload;
	return l;
}

static void feed(void *st, const struct story *s, uint32_t at)
{
	struct layer l = s->layers[at];
	struct batch b;

	memset(&b, 0, sizeof(b));
	l.packet = 0;
	b.packets = &s->packets[at];
	b.packet_count = 1;
	b.layers = &l;
	b.layer_count = 1;
	CU_ASSERT_EQUAL(tap_protocols.batch(st, &b), 0);
}

/* step: a number without common divisor with the number of packets; the order they come in. */
static void tabulate(const struct story *s, unsigned int workers, uint32_t step, struct report *r)
{
	struct tap_input in = { 0 };
	void *states[8];

	for (unsigned int i = 0; i < workers; i++) {
		states[i] = tap_protocols.state_new();
	}
	for (uint32_t i = 0; i < s->count; i++) {
		feed(states[i % workers], s, (uint32_t)((uint64_t)i * step % s->count));
	}
	while (workers > 1) {
		workers--;
		CU_ASSERT_EQUAL(tap_protocols.merge(states[0], states[workers]), 0);
		tap_protocols.state_free(states[workers]);
	}
	report_init(r);
	CU_ASSERT_EQUAL(tap_protocols.tables(states[0], &in, r, NULL), 0);
	tap_protocols.state_free(states[0]);
}

static struct cell cell(const struct table *t, size_t row, const char *column)
{
	int col = table_column(t, column);

	CU_ASSERT_FATAL(col >= 0 && row < t->row_count);
	return table_cell(t, row, (unsigned int)col);
}

static void check(const struct table *t, size_t row, const char *path, uint64_t level, uint64_t frames, uint64_t bytes,
		  double share, uint64_t payload)
{
	struct cell c = cell(t, row, "path");

	CU_ASSERT_EQUAL(c.len, strlen(path));
	CU_ASSERT_EQUAL(memcmp(c.v.text, path, c.len < strlen(path) ? c.len : strlen(path)), 0);
	CU_ASSERT_EQUAL(cell(t, row, "level").v.u, level);
	CU_ASSERT_EQUAL(cell(t, row, "frames").v.u, frames);
	CU_ASSERT_EQUAL(cell(t, row, "bytes").v.u, bytes);
	CU_ASSERT_EQUAL(cell(t, row, "share").v.f, share);
	CU_ASSERT_EQUAL(cell(t, row, "payload").v.u, payload);
}

static void test_stats_protocols_is_a_tree(void)
{
	static const uint8_t tcp[] = { PROTO_ETH, PROTO_IP, PROTO_TCP, 0 };
	static const uint8_t tcp6[] = { PROTO_ETH, PROTO_IPV6, PROTO_TCP, 0 };
	static const uint8_t arp[] = { PROTO_ETH, PROTO_ARP, 0 };
	static const uint8_t inner[] = { PROTO_ETH, PROTO_IP, PROTO_UDP, PROTO_VXLAN,
					 PROTO_ETH, PROTO_IP, PROTO_TCP, 0 };
	static const uint8_t part[] = { PROTO_ETH, PROTO_IP, PROTO_FRAGMENT, 0 };
	static const uint8_t udp[] = { PROTO_ETH, PROTO_IP, PROTO_UDP, 0 };
	static const uint8_t nothing[] = { 0 };
	struct report r;
	struct story s;
	const struct table *t;

	story_init(&s);
	add(&s, tcp, 100, 46);
	add(&s, tcp, 60, 0);
	add(&s, tcp6, 80, 6);
	add(&s, arp, 60, 28);
	add(&s, inner, 150, 46);
	add(&s, part, 300, 266)->flags |= LAYER_FRAGMENT;
	add(&s, part, 200, 166)->flags |= LAYER_FRAGMENT;
	/* What the two fragments make: no frame of its own. */
	add(&s, udp, 9999, 424)->flags |= LAYER_REBUILT;
	add(&s, nothing, 50, 0);
	tabulate(&s, 1, 1, &r);
	t = r.tables[0];
	CU_ASSERT_EQUAL_FATAL(t->row_count, 13);
	check(t, 0, "eth", 1, 7, 950, 95, 46 + 6 + 28 + 46 + 424);
	check(t, 1, "eth:arp", 2, 1, 60, 6, 28);
	check(t, 2, "eth:ip", 2, 5, 810, 81, 46 + 46 + 424);
	check(t, 3, "eth:ip:tcp", 3, 2, 160, 16, 46);
	check(t, 4, "eth:ip:udp", 3, 1, 150, 15, 46 + 424);
	check(t, 5, "eth:ip:udp:vxlan", 4, 1, 150, 15, 46);
	check(t, 6, "eth:ip:udp:vxlan:eth", 5, 1, 150, 15, 46);
	check(t, 7, "eth:ip:udp:vxlan:eth:ip", 6, 1, 150, 15, 46);
	check(t, 8, "eth:ip:udp:vxlan:eth:ip:tcp", 7, 1, 150, 15, 46);
	check(t, 9, "eth:ip:fragment", 3, 2, 500, 50, 0);
	check(t, 10, "eth:ipv6", 2, 1, 80, 8, 6);
	check(t, 11, "eth:ipv6:tcp", 3, 1, 80, 8, 6);
	check(t, 12, "other", 1, 1, 50, 5, 0);
	report_release(&r);
	story_release(&s);
}

static bool same_tables(const struct table *a, const struct table *b)
{
	bool same = a->row_count == b->row_count;

	for (size_t i = 0; i < a->row_count && same; i++) {
		for (unsigned int k = 0; k < a->def->column_count && same; k++) {
			struct cell x = table_cell(a, i, k);
			struct cell y = table_cell(b, i, k);

			same = x.marks == y.marks && x.len == y.len &&
			       (x.type == COL_TEXT ? memcmp(x.v.text, y.v.text, x.len) == 0 : x.v.u == y.v.u);
		}
	}
	return same;
}

/* Every path of three protocols that there is: more than are kept. */
static void test_stats_protocols_of_made_up_paths(void)
{
	struct report want;
	struct story s;
	const struct table *t;
	uint64_t frames = 0;

	story_init(&s);
	for (uint32_t i = 0; i < 19683; i++) {
		uint8_t path[] = { (uint8_t)(1 + i % 27), (uint8_t)(1 + i / 27 % 27), (uint8_t)(1 + i / 729), 0 };

		add(&s, path, 10, 1);
	}
	tabulate(&s, 1, 1, &want);
	t = want.tables[0];
	for (size_t i = 0; i < t->row_count; i++) {
		uint64_t level = cell(t, i, "level").v.u;

		/* What found no place stands at level 0. */
		frames += level <= 1 ? cell(t, i, "frames").v.u : 0;
		CU_ASSERT_EQUAL(level == 0, i + 1 == t->row_count);
	}
	CU_ASSERT_EQUAL(frames, 19683);
	for (unsigned int workers = 1; workers <= 7; workers += 2) {
		struct report r;

		tabulate(&s, workers, 10007, &r);
		CU_ASSERT_TRUE(same_tables(r.tables[0], t));
		report_release(&r);
	}
	report_release(&want);
	story_release(&s);
}

static void test_stats_protocols_empty(void)
{
	struct tap_input in = { 0 };
	struct report r;

	report_init(&r);
	CU_ASSERT_EQUAL(tap_protocols.tables(NULL, &in, &r, NULL), 0);
	CU_ASSERT_EQUAL(r.tables[0]->row_count, 0);
	report_release(&r);
}

void suite_stats_protocols(CU_pSuite suite);
void suite_stats_protocols(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_protocols_is_a_tree", test_stats_protocols_is_a_tree);
	CU_add_test(suite, "test_stats_protocols_of_made_up_paths", test_stats_protocols_of_made_up_paths);
	CU_add_test(suite, "test_stats_protocols_empty", test_stats_protocols_empty);
}
