/*
 * test_fields_packet_joined.c - fields of what a pass before joined: one story told as calls and as packets,
 * matched, then asked for packet by packet and call by call. What is expected is the story's own.
 */
#include "mkjoined.h"

#include "filter/fields.h"
#include "join/lookup.h"
#include "net/layer_walk.h"

/* What print would have numbered, so that it differs from the raw number. */
#define SHOWN 1000u

static struct mkjoin j;
static struct mkjoined k;
static struct lookup *lk;
static struct field_settings settings;
static struct field_ctx ctx;
static struct buf out;
static uint32_t web, curl, ssh, conn, other;

static void tell(const struct mkjoin_call *call)
{
	const struct source *s = k.source[0];

	if (call->num != 0) {
		lookup_tell_call(lk, s->sections[0], call->num, call->num + SHOWN, call->type);
	}
}

/*
 * nginx serves curl; another connection from a host that nobody recorded ends at nginx too; and something
 * that is no HTTP.
 */
static void begin(void)
{
	const struct pair *pairs;
	size_t n;
	struct err e;

	err_init(&e);
	mkjoin_init(&j, &(struct mkjoin_knobs){ .seed = 77 });
	web = mkjoin_process(&j, 100, "nginx");
	curl = mkjoin_process(&j, 200, "curl");
	ssh = mkjoin_process(&j, 300, "sshd");
	conn = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
	other = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.1", 40001, "10.0.0.2", 2222);
	mkjoin_listen(&j, web, MKJOIN_TCP, "10.0.0.2", 80, NULL);
	mkjoin_listen(&j, ssh, MKJOIN_TCP, "10.0.0.2", 2222, NULL);
	mkjoin_connect(&j, conn, curl);
	mkjoin_accept(&j, conn, web);
	mkjoin_get(&j, conn, curl, web, "/index.html", 5000);
	mkjoin_hang_up(&j, conn, 0, curl, web);
	mkjoin_connect(&j, other, MKJOIN_NONE);
	mkjoin_accept(&j, other, ssh);
	mkjoin_send(&j, other, 0, MKJOIN_NONE, MKJOIN_RW, "SSH-2.0-x\r\n", 11);
	mkjoin_receive(&j, other, 1, ssh, MKJOIN_RW, 0);
	mkjoin_finish(&j);
	mkjoined_story(&k, &j);
	pairs = match_pairs(k.match, &n);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_EQUAL_FATAL(lookup_new(pairs, n, k.source, k.count, &lk, &e), 0);
	for (size_t i = 0; i < j.call_count; i++) {
		tell(&j.call[i]);
	}
	memset(&settings, 0, sizeof(settings));
	settings.lookup = lk;
	field_ctx_init(&ctx, &settings);
	buf_init(&out, 1u << 20);
}

static void done(void)
{
	field_ctx_release(&ctx);
	buf_release(&out);
	lookup_free(lk);
	mkjoined_release(&k);
	mkjoin_release(&j);
}

static void look_at_packet(uint64_t num)
{
	for (size_t i = 0; i < k.batch_count; i++) {
		const struct batch *b = k.batch[i];
		struct layer_walk w;

		if (b->packet_count == 0 || num < b->first_packet_num || num >= b->first_packet_num + b->packet_count) {
			continue;
		}
		field_ctx_batch(&ctx, b);
		layer_walk_init(&w, b);
		for (uint32_t p = 0; p < b->packet_count; p++) {
			const struct layer *l = layer_walk_next(&w, p);

			if (b->first_packet_num + p == num) {
				field_ctx_packet(&ctx, &b->packets[p], l, num, p);
				return;
			}
		}
	}
	CU_FAIL_FATAL("no such packet");
}

static void look_at_event(uint64_t raw)
{
	for (size_t i = 0; i < k.batch_count; i++) {
		const struct batch *b = k.batch[i];

		if (b->event_count > 0 && raw >= b->first_raw_num && raw < b->first_raw_num + b->event_count) {
			uint32_t at = (uint32_t)(raw - b->first_raw_num);

			field_ctx_batch(&ctx, b);
			field_ctx_event(&ctx, &b->events[at], raw + SHOWN, at);
			return;
		}
	}
	CU_FAIL_FATAL("no such event");
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* NULL: no value. */
static void check(const char *name, const char *expected)
{
	struct field_use u;
	const char *got;
	size_t len;
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(field_use_parse(name, &u, &len, &e), 0);
	buf_reset(&out);
	got = field_print(&ctx, &u, &out) ? buf_str(&out) : NULL;
	if (!same(got, expected)) {
		printf("\n    %s is %s, not %s\n", name, got != NULL ? got : "absent",
		       expected != NULL ? expected : "absent");
		CU_FAIL("value differs");
	}
}

static void check_number(const char *name, uint64_t x)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)x);
	check(name, x != 0 ? text : NULL);
}

/* The call of that end whose bytes these are, or NULL. */
static const struct mkjoin_call *call_at(uint32_t c, unsigned int end, uint8_t what, uint64_t offset)
{
	for (size_t i = 0; i < j.call_count; i++) {
		const struct mkjoin_call *x = &j.call[i];

		if (x->conn == c && x->end == end && x->what == what && x->offset <= offset &&
		    offset < x->offset + x->len) {
			return x;
		}
	}
	return NULL;
}

static void check_packet(const struct mkjoin_packet *p)
{
	const struct mkjoin_conn *c = &j.conn[p->conn];
	bool far = p->conn == other;
	bool sender = !far || p->side == 1;
	unsigned int end = sender ? p->side : 1;
	uint32_t task = far ? ssh : end == 0 ? curl : web;
	const struct mkjoin_call *call = NULL;

	look_at_packet(p->num);
	check("flow.side", sender ? "sender" : "receiver");
	check("flow.process", j.task[task].comm);
	check_number("flow.pid", (uint64_t)j.task[task].pid);
	check("flow.client.process", far ? NULL : "curl");
	check("flow.server.process", far ? "sshd" : "nginx");
	check_number("flow.server.pid", far ? 300 : 100);
	check("http.process", far ? NULL : "nginx");
	check("http.requester", far ? NULL : "curl");
	check_number("flow.packets", c->packets);
	check("flow.frames", NULL);
	check("flow.reason", "tuple and bytes");
	check_number("flow.confidence", mkjoined_pair(&k, &j, p->conn)->confidence);
	check("flow.container", NULL);
	if (p->len > 0) {
		call = call_at(p->conn, end, sender ? MKJOIN_SEND : MKJOIN_RECEIVE, p->offset);
		CU_ASSERT_PTR_NOT_NULL_FATAL(call);
		check_number("flow.event", call->num + SHOWN);
		check("flow.call", schema_events[call->type].name);
		check_number("flow.tid", (uint64_t)j.task[call->task].tid);
		settings.raw = true;
		check_number("flow.event", call->num);
		settings.raw = false;
	}
}

static void test_fields_packet_joined_packets(void)
{
	size_t with_bytes = 0;

	begin();
	for (size_t i = 0; i < j.packet_count; i++) {
		CU_ASSERT_NOT_EQUAL_FATAL(j.packet[i].num, 0);
		check_packet(&j.packet[i]);
		with_bytes += j.packet[i].len > 0;
	}
	CU_ASSERT(with_bytes >= 4);
	done();
}

/* Numbers of the packets that carried [offset, offset + len) of a direction: "6,8-14". */
static const char *frames_of(uint32_t c, unsigned int side, uint64_t offset, uint32_t len, struct buf *text)
{
	uint64_t first = 0, last = 0;

	buf_reset(text);
	for (size_t i = 0; i <= j.packet_count; i++) {
		const struct mkjoin_packet *p = i < j.packet_count ? &j.packet[i] : NULL;

		if (p != NULL && (p->conn != c || p->side != side || p->len == 0 || p->offset >= offset + len ||
				  p->offset + p->len <= offset)) {
			continue;
		}
		if (p != NULL && first != 0 && p->num == last + 1) {
			last = p->num;
			continue;
		}
		if (first != 0) {
			buf_printf(text, "%s%llu", text->len > 0 ? "," : "", (unsigned long long)first);
			if (last > first) {
				buf_printf(text, "%c%llu", last == first + 1 ? ',' : '-', (unsigned long long)last);
			}
		}
		first = last = p != NULL ? p->num : 0;
	}
	return buf_str(text);
}

static void test_fields_packet_joined_calls(void)
{
	struct buf text;
	size_t checked = 0;

	begin();
	buf_init(&text, 1u << 16);
	for (size_t i = 0; i < j.call_count; i++) {
		const struct mkjoin_call *c = &j.call[i];

		if (c->num == 0 || (c->what != MKJOIN_SEND && c->what != MKJOIN_RECEIVE)) {
			continue;
		}
		look_at_event(c->num);
		check("flow.frames",
		      frames_of(c->conn, c->what == MKJOIN_SEND ? c->end : !c->end, c->offset, c->len, &text));
		check("flow.server.process", c->conn == other ? "sshd" : "nginx");
		check("http.process", c->conn == other ? NULL : "nginx");
		check("flow.reason", "tuple and bytes");
		check("flow.process", NULL);	/* of packets: an event has proc.name */
		check_number("flow.packets", j.conn[c->conn].packets);
		checked++;
	}
	CU_ASSERT(checked >= 5);
	buf_release(&text);
	done();
}

/* The id of both views of one connection is one, and the same as the flow's. */
static void test_fields_packet_joined_community_id(void)
{
	const struct pair *p;
	char id[COMMUNITY_ID_BYTES];

	begin();
	p = mkjoined_pair(&k, &j, conn);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	community_id(&p->flow->key, 0, id);
	for (size_t i = 0; i < j.call_count; i++) {
		if (j.call[i].num != 0 && j.call[i].conn == conn && j.call[i].what == MKJOIN_SEND) {
			look_at_event(j.call[i].num);
			check("flow.community_id", id);
			check_number("flow.packets", j.conn[conn].packets);
		}
	}
	for (size_t i = 0; i < j.packet_count; i++) {
		if (j.packet[i].conn == conn) {
			look_at_packet(j.packet[i].num);
			check("flow.community_id", id);
		}
	}
	done();
}

/* Without a pass before nothing of it is known; what the flow itself tells is. */
static void test_fields_packet_joined_absent(void)
{
	begin();
	settings.lookup = NULL;
	look_at_packet(1);
	check("flow.process", NULL);
	check("flow.id", NULL);
	check("flow.state", NULL);
	check("http.process", NULL);
	check("flow.reason", NULL);
	check("flow.client.port", "40000");
	look_at_event(j.call[0].num != 0 ? j.call[0].num : 1);
	check("flow.frames", NULL);
	check("flow.confidence", NULL);
	done();
}

/* What became of a flow is known of every one, joined or not. */
static void test_fields_packet_joined_flows(void)
{
	const struct flow *const *flows;
	struct lookup *bare;
	struct err e;
	size_t n;

	begin();
	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(lookup_new(NULL, 0, k.source, k.count, &bare, &e), 0);
	flows = net_flows(k.source[1]->sections[0]->net, &n);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	for (unsigned int joined = 0; joined < 2; joined++) {
		settings.lookup = joined ? lk : bare;
		for (size_t i = 0; i < j.packet_count; i++) {
			const struct flow *f = flows[j.packet[i].conn == conn ? 0 : 1];

			/* A context of its own: it keeps what it found in one look-up. */
			field_ctx_release(&ctx);
			field_ctx_init(&ctx, &settings);
			look_at_packet(j.packet[i].num);
			check("flow.id", f == flows[0] ? "0" : "1");
			check("flow.state", f == flows[0] ? "SF" : "S1");
			check("flow.history", f->history);
			check_number("flow.bytes", f->side[0].bytes + f->side[1].bytes);
			check_number("flow.duration", f->last_ns - f->first_ns);
			check("flow.process", joined == 0                ? NULL
					      : j.packet[i].conn == conn ? (j.packet[i].side == 0 ? "curl" : "nginx")
									 : "sshd");
		}
	}
	lookup_free(bare);
	done();
}

void suite_fields_packet_joined(CU_pSuite suite);
void suite_fields_packet_joined(CU_pSuite suite)
{
	CU_add_test(suite, "test_fields_packet_joined_packets", test_fields_packet_joined_packets);
	CU_add_test(suite, "test_fields_packet_joined_calls", test_fields_packet_joined_calls);
	CU_add_test(suite, "test_fields_packet_joined_community_id", test_fields_packet_joined_community_id);
	CU_add_test(suite, "test_fields_packet_joined_absent", test_fields_packet_joined_absent);
	CU_add_test(suite, "test_fields_packet_joined_flows", test_fields_packet_joined_flows);
}
