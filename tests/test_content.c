/*
 * test_content.c - the bytes of a story's connections, put together again from its packets, its calls, or both: what is
 * expected is what the script said.
 */
#include "mkjoincheck.h"
#include "mkrun.h"

#include "join/content.h"

/* Second pass: content_feed of every batch. */
static int feed(void *arg, const struct batch *b, struct lines *out)
{
	UNUSED_ARG(out);
	return content_feed(arg, b);
}

struct told {
	struct mkjoin j;
	struct run first, second;
	struct content *content;
	uint64_t bytes, cut, missing, of_calls;	/* of all conversations that were checked */
};

static void tell(struct told *t, enum content_view view, const struct mkjoin_knobs *knobs, unsigned int threads)
{
	struct engine_options opt = {
		.threads = threads, .batch_bytes = 16384, .fold = true, .packets = true, .join = true
	};
	struct line_sink sink = { NULL, feed, NULL, false };
	struct mkjoin_shop shop;
	struct dir d;

	memset(t, 0, sizeof(*t));
	mkjoin_init(&t->j, knobs);
	mkjoin_shop(&t->j, &shop);
	dir_init(&d);
	mkcap_save(&t->j.calls, dir_file(&d, "calls.scap"));
	if (!t->j.knobs.one_file) {
		mkcap_save(&t->j.packets, dir_file(&d, "packets.pcapng"));
	}
	run_engine_on(&t->first, d.path, &opt);
	CU_ASSERT_EQUAL_FATAL(t->first.code, 0);
	CU_ASSERT_EQUAL_FATAL(content_new(view, &t->content), 0);
	for (uint32_t s = 0; s < 2; s++) {
		uint32_t count;
		struct source *const *sources = engine_sources(t->first.engine, &count);
		size_t flows = 0;
		const struct net *net = s < count ? sources[s]->sections[0]->net : NULL;
		const struct flow *const *f = net != NULL ? net_flows(net, &flows) : NULL;

		for (size_t i = 0; i < flows; i++) {
			uint32_t talk;

			CU_ASSERT_EQUAL_FATAL(content_add_flow(t->content, engine_joined(t->first.engine), f[i], &talk),
					      0);
		}
	}
	CU_ASSERT_EQUAL_FATAL(content_ready(t->content), 0);
	opt.join = false;
	opt.sink = &sink;
	sink.arg = t->content;
	run_engine_on(&t->second, d.path, &opt);
	CU_ASSERT_EQUAL_FATAL(t->second.code, 0);
	dir_release(&d);
}

static void told_release(struct told *t)
{
	content_free(t->content);
	run_release(&t->second);
	run_release(&t->first);
	mkjoin_release(&t->j);
}

/* One direction of one connection: every byte that is there is the one that was said, and it lies where it was said. */
static void check_direction(struct told *t, uint32_t talk, uint32_t conn, unsigned int dir)
{
	const struct buf *truth = &t->j.conn[conn].stream[dir];
	struct content_piece *p;
	uint64_t at = 0;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(content_direction(t->content, talk, dir, &p, &n), 0);
	for (size_t i = 0; i < n; i++) {
		CHECK_CONN(&t->j, conn, p[i].offset == at);
		CHECK_CONN(&t->j, conn, p[i].offset + p[i].len <= truth->len);
		at = p[i].offset + p[i].len;
		if (at > truth->len) {
			break;
		}
		if (p[i].bytes != NULL) {
			CHECK_CONN(&t->j, conn, memcmp(p[i].bytes, truth->data + p[i].offset, p[i].len) == 0);
			CHECK_CONN(&t->j, conn, p[i].num != 0 && p[i].source != NULL && p[i].gap == GAP_NONE);
			t->bytes += p[i].len;
			t->of_calls += p[i].calls ? p[i].len : 0;
		} else {
			t->cut += p[i].gap == GAP_CUT ? p[i].len : 0;
			t->missing += p[i].gap == GAP_MISSING ? p[i].len : 0;
		}
	}
	free(p);
}

/* All connections over TCP that begin in the capture. Returns the bytes that were said in them. */
static uint64_t check_all(struct told *t)
{
	uint64_t said = 0;

	for (uint32_t i = 0; i < content_count(t->content); i++) {
		const struct flow *f = content_talk(t->content, i)->flow;
		uint32_t conn = mkjoined_conn_of(&t->j, f);

		if (conn == MKJOIN_NONE || t->j.conn[conn].kind != MKJOIN_TCP || (f->flags & FLOW_START_MISSED) != 0) {
			continue;
		}
		for (unsigned int dir = 0; dir < 2; dir++) {
			said += t->j.conn[conn].stream[dir].len;
			check_direction(t, i, conn, dir);
		}
	}
	CU_ASSERT(said > 100000);
	return said;
}

static void test_content_packets(void)
{
	struct told t;
	uint64_t said;

	tell(&t, CONTENT_OF_PACKETS, NULL, 1);
	said = check_all(&t);
	CU_ASSERT_EQUAL(t.bytes, said);
	CU_ASSERT(t.of_calls == 0 && t.cut == 0 && t.missing == 0);
	told_release(&t);
	tell(&t, CONTENT_OF_PACKETS, &(struct mkjoin_knobs){ .seed = 3, .again_every = 3 }, 2);
	said = check_all(&t);
	CU_ASSERT_EQUAL(t.bytes, said);
	told_release(&t);
}

/* Of each call the first 80 bytes were recorded: the rest is known to have passed. */
static void test_content_calls(void)
{
	struct told t;
	uint64_t said;

	tell(&t, CONTENT_OF_CALLS, &(struct mkjoin_knobs){ .seed = 4 }, 2);
	said = check_all(&t);
	CU_ASSERT(t.bytes > 0 && t.bytes == t.of_calls && t.cut > 0);
	CU_ASSERT(t.bytes + t.cut + t.missing <= said);
	told_release(&t);
}

/* Lost packets leave holes; calls with all their data fill them where a host was recorded. */
static void test_content_holes_filled(void)
{
	const struct mkjoin_knobs knobs = { .seed = 5, .lose_every = 9, .call_snaplen = 65000 };
	struct told packets, both;

	tell(&packets, CONTENT_OF_PACKETS, &knobs, 2);
	check_all(&packets);
	tell(&both, CONTENT_BOTH, &knobs, 2);
	check_all(&both);
	CU_ASSERT(packets.missing > 0);
	CU_ASSERT(both.of_calls > 0 && both.bytes > packets.bytes);
	CU_ASSERT(both.missing * 10 < packets.missing);
	told_release(&packets);
	told_release(&both);
}

static void test_content_snaplen(void)
{
	struct told t;

	tell(&t, CONTENT_OF_PACKETS, &(struct mkjoin_knobs){ .seed = 6, .packet_snaplen = 200 }, 1);
	check_all(&t);
	CU_ASSERT(t.cut > 0 && t.missing == 0 && t.bytes > 0);
	told_release(&t);
}

void suite_content(CU_pSuite suite);
void suite_content(CU_pSuite suite)
{
	CU_add_test(suite, "test_content_packets", test_content_packets);
	CU_add_test(suite, "test_content_calls", test_content_calls);
	CU_add_test(suite, "test_content_holes_filled", test_content_holes_filled);
	CU_add_test(suite, "test_content_snaplen", test_content_snaplen);
}
