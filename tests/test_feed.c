/*
 * test_feed.c - content on its way to the analyzers: recognised on any port and from any place, whatever
 * loss, order, wrap and size of segments did to it. HTTP serves as the analyzer, what it must find is what
 * was put in.
 */
#include "base/limits.h"
#include "mktcp.h"

#define REQUEST "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

/* A response with a body of n bytes. */
static char *long_response(size_t n, size_t *ret_len)
{
	char head[96];
	int h = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
	char *p = malloc((size_t)h + n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	memcpy(p, head, (size_t)h);
	for (size_t i = 0; i < n; i++) {
		p[(size_t)h + i] = (char)('a' + i % 23);
	}
	*ret_len = (size_t)h + n;
	return p;
}

static const struct http_tx *only_http(struct tcp_case *t)
{
	(void)case_flow(t);
	CU_ASSERT_EQUAL_FATAL(mknet_http_count(&t->k), 1);
	return mknet_http(&t->k, 0);
}

static void test_feed_any_port(void)
{
	struct tcp_case t;
	const struct http_tx *h;

	case_init(&t);
	t.c.port[1] = 9999;
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, REQUEST);
	mkconv_say(&t.c, 1, RESPONSE);
	mkconv_close(&t.c, 0);
	h = only_http(&t);
	CU_ASSERT_EQUAL(h->status, 200);
	CU_ASSERT_EQUAL(h->response.body_bytes, 5);
	CU_ASSERT_EQUAL(h->flow->service, SERVICE_HTTP);
	CU_ASSERT_EQUAL(h->flow->service_by, BY_CONTENT);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 1, 0)->service, SERVICE_NONE);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 4, 0)->service, SERVICE_HTTP);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 7, 0)->service, SERVICE_HTTP);
	case_release(&t);
}

/* One byte a segment: the beginning is kept until it says enough. */
static void test_feed_byte_by_byte(void)
{
	struct tcp_case t;
	const struct http_tx *h;

	case_init(&t);
	t.c.mss = 1;
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, REQUEST);
	mkconv_say(&t.c, 1, RESPONSE);
	h = only_http(&t);
	CU_ASSERT_EQUAL(h->status, 200);
	CU_ASSERT_EQUAL(h->request.first_num,
			4); /* the first byte, which nobody knew for one then */
	CU_ASSERT_EQUAL(h->request.last_num, 3 + strlen(REQUEST));
	CU_ASSERT_EQUAL(h->request.start, 0);
	CU_ASSERT_EQUAL(h->request.end, strlen(REQUEST));
	CU_ASSERT_EQUAL(h->response.body_bytes, 5);
	case_release(&t);
}

static void test_feed_no_content(void)
{
	struct mknet_options opt = { .no_content = true };
	struct tcp_case t;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, REQUEST);
	say_at(&t.c, 0, 900, "early");
	case_run(&t, &opt);
	CU_ASSERT_EQUAL(mknet_http_count(&t.k), 0);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->service, SERVICE_NONE);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->service_by, BY_PORT);
	CU_ASSERT_EQUAL(side_of(case_flow(&t), 0)->missed_bytes, 900 - strlen(REQUEST));
	case_release(&t);
}

/* ---- numbers that wrap, segments of any size ------------------------------------------------- */

static void transfer(uint32_t isn, uint32_t mss, size_t n)
{
	struct tcp_case t;
	const struct http_tx *h;
	const struct flow *f;
	size_t len;
	char *body = long_response(n, &len);

	case_init(&t);
	t.c.mss = mss;
	t.c.seq[0] = isn - 5;
	t.c.seq[1] = isn;
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, REQUEST);
	mkconv_send(&t.c, 1, body, len);
	mkconv_close(&t.c, 1);
	h = only_http(&t);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(h->response.body_bytes, n);
	CU_ASSERT_EQUAL(h->response.end, len);
	CU_ASSERT_EQUAL(h->flags, HTTP_REQUEST | HTTP_RESPONSE);
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, len);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->retransmissions, 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->out_of_order, 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->first_seq, isn + 1);
	CU_ASSERT(looks_like(f, "SF", "ShADadfF"));
	CU_ASSERT_EQUAL(mknet_layer(&t.k, f->last_num, 0)->rel_seq, len + 2);
	free(body);
	case_release(&t);
}

static void test_feed_wrap(void)
{
	transfer(0xFFFFFF00u, 1460, 100 << 10);
	transfer(0xFFFFFFFFu, 1460, 100 << 10);
	transfer(0x7FFFFF00u, 1460, 100 << 10);
	transfer(0xFFFF8000u, 1, 2000);
}

static void test_feed_offloaded_segments(void)
{
	transfer(7000, 65000, 1 << 20);
	transfer(0xFFFFFF00u, 65000, 300000);
}

/* More than 4 GiB are jumped over. */
static void test_feed_beyond_32_bits(void)
{
	struct tcp_case t;
	const struct flow *f;
	uint64_t off = 0;

	case_init(&t);
	mkconv_open(&t.c);
	for (unsigned int i = 0; i < 24;
	     i++) { /* 24 jumps of 2^28: agreed on by three packets each */
		off += UINT64_C(1) << 28;
		for (unsigned int k = 0; k < 3; k++) {
			mkconv_raw(&t.c, 1, (uint32_t)(5001 + off), 1001, TCP_ACK, "abcd", 4);
			off += 4;
		}
		mkconv_raw(&t.c, 0, 1001, (uint32_t)(5001 + off), TCP_ACK, NULL, 0);
	}
	f = case_flow(&t);
	/* the first two of three were not believed; what was jumped over was maybe never sent */
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 24 * 4);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->out_of_order, 0);
	CU_ASSERT_EQUAL(f->flags, FLOW_STREAM_DROPPED);
	case_release(&t);
}

/* ---- disorder -------------------------------------------------------------------------------- */

/* The response in segments of 7 bytes, given in some order; twice: from which of them on each comes twice. */
static void disorder(unsigned int stride, unsigned int twice)
{
	struct tcp_case t;
	const struct http_tx *h;
	const struct flow *f;
	size_t len;
	char *body = long_response(500, &len);
	uint32_t parts = (uint32_t)(len + 6) / 7;

	CU_ASSERT_EQUAL_FATAL(parts, 78);
	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, REQUEST);
	for (uint32_t i = 0, at = 0; i < parts; i++, at = (at + stride) % parts) {
		uint32_t n = at == parts - 1 ? (uint32_t)len - 7 * at : 7;

		for (unsigned int k = 0; k < (i >= twice ? 2u : 1u); k++) {
			mkconv_raw(&t.c, 1, 5001 + 7 * at, t.c.seq[0], TCP_ACK, body + 7 * at, n);
		}
	}
	t.c.seq[1] = 5001 + (uint32_t)len;
	mkconv_close(&t.c, 1);
	h = only_http(&t);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(h->response.body_bytes, 500);
	CU_ASSERT_EQUAL(h->flags, HTTP_REQUEST | HTTP_RESPONSE);
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, len);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->retransmissions, parts > twice ? parts - twice : 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->out_of_order > 0, stride != 1);
	CU_ASSERT_EQUAL(f->flags, 0);
	free(body);
	case_release(&t);
}

static void test_feed_disorder(void)
{
	static const unsigned int strides[] = {
		1, 5, 7, 31, 77
	}; /* with no divisor of 78: they reach all parts */

	for (size_t i = 0; i < ARRAY_LEN(strides); i++) {
		disorder(strides[i], 1000);
		disorder(strides[i], 20);
	}
}

/* A time is that of the packet that filled the gap. */
static void test_feed_time_of_late_bytes(void)
{
	struct tcp_case t;
	const struct http_tx *h;
	uint64_t filler;

	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 0, 4, REQUEST + 4);
	filler = mkconv_raw(&t.c, 0, 1001, 5001, TCP_ACK, REQUEST, 4);
	h = only_http(&t);
	CU_ASSERT_EQUAL(h->request.first_num, filler);
	CU_ASSERT_EQUAL(h->request.last_num, filler);
	CU_ASSERT_EQUAL(h->request.last_ns, (T0 + (filler - 1) * 1000) * 1000);
	case_release(&t);
}

/* ---- loss ------------------------------------------------------------------------------------ */

/* 100 bytes in the middle of a body are not in the capture: acknowledged at once, or only seen when it ends. */
static void loss(bool acked)
{
	struct tcp_case t;
	const struct http_tx *h;
	const struct flow *f;
	size_t len;
	char *body = long_response(1000, &len);

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, REQUEST);
	mkconv_raw(&t.c, 1, 5001, t.c.seq[0], TCP_ACK, body, 200);
	mkconv_raw(&t.c, 1, 5001 + 300, t.c.seq[0], TCP_ACK, body + 300, len - 300);
	t.c.seq[1] = 5001 + (uint32_t)len;
	if (acked) {
		mkconv_say(&t.c, 0, REQUEST);
		mkconv_say(&t.c, 1, RESPONSE);
		mkconv_close(&t.c, 0);
	}
	f = case_flow(&t);
	CU_ASSERT_EQUAL_FATAL(mknet_http_count(&t.k), acked ? 2 : 1);
	h = mknet_http(&t.k, 0);
	CU_ASSERT_EQUAL(h->status, 200);
	CU_ASSERT_EQUAL(h->response.body_bytes, 1000);
	CU_ASSERT_EQUAL(h->flags, HTTP_REQUEST | HTTP_RESPONSE | HTTP_RESPONSE_CUT);
	if (acked) {
		CU_ASSERT_EQUAL(mknet_http(&t.k, 1)->status, 200);
		CU_ASSERT_EQUAL(mknet_http(&t.k, 1)->flags, HTTP_REQUEST | HTTP_RESPONSE);
	}
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 100);
	free(body);
	case_release(&t);
}

static void test_feed_loss(void)
{
	loss(true);
	loss(false);
}

/* The whole request is missing: what answers it must not come first. */
static void test_feed_lost_request(void)
{
	struct tcp_case t;
	const struct http_tx *h;

	case_init(&t);
	mkconv_open(&t.c);
	t.c.seq[0] += 300;
	mkconv_say(&t.c, 1, RESPONSE);
	h = only_http(&t);
	CU_ASSERT_EQUAL(h->status, 200);
	CU_ASSERT_EQUAL(h->flags & HTTP_REQUEST, 0);
	CU_ASSERT_EQUAL(side_of(case_flow(&t), 0)->missed_bytes, 300);
	case_release(&t);
}

/* Payload cut by the snap length: seen on the wire, not there to be read. */
static void test_feed_snaplen(void)
{
	struct tcp_case t;
	const struct http_tx *h;
	const struct flow *f;
	size_t len;
	char *body = long_response(3000, &len);

	case_init(&t);
	t.c.snaplen = 256;
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, REQUEST);
	mkconv_send(&t.c, 1, body, len);
	mkconv_say(&t.c, 0, REQUEST);
	mkconv_say(&t.c, 1, RESPONSE);
	f = case_flow(&t);
	CU_ASSERT_EQUAL_FATAL(mknet_http_count(&t.k), 2);
	h = mknet_http(&t.k, 0);
	CU_ASSERT_EQUAL(h->response.body_bytes, 3000);
	CU_ASSERT_EQUAL(h->flags, HTTP_REQUEST | HTTP_RESPONSE | HTTP_RESPONSE_CUT);
	CU_ASSERT_EQUAL(f->flags, FLOW_CUT);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->payload_bytes, len + strlen(RESPONSE));
	free(body);
	case_release(&t);
}

/* ---- starts ---------------------------------------------------------------------------------- */

static void test_feed_missed_start(void)
{
	struct tcp_case t;
	const struct http_tx *h;

	case_init(&t);
	say_at(&t.c, 1, 70000, "the rest of a body");
	say_at(&t.c, 1, 70018, "and more of it");
	t.c.seq[1] = 5001 + 70032;
	t.c.seq[0] = 1001 + 3000;
	mkconv_say(&t.c, 0, REQUEST);
	mkconv_say(&t.c, 1, RESPONSE);
	h = only_http(&t);
	CU_ASSERT_EQUAL(h->status, 200);
	CU_ASSERT_EQUAL(h->response.body_bytes, 5);
	CU_ASSERT_EQUAL(h->flow->key.port[h->flow->client], 40000);
	case_release(&t);
}

/* Ports say the wrong thing, the content tells: both ends change places. */
static void test_feed_client_by_content(void)
{
	struct tcp_case t;
	const struct http_tx *h;

	case_init(&t);
	t.c.port[1] = 35000;
	t.c.port[0] = 443;
	say_at(&t.c, 0, 70000, REQUEST);
	h = only_http(&t);
	CU_ASSERT_EQUAL(h->flow->key.port[h->flow->client], 443);
	CU_ASSERT_EQUAL(h->flow->flags, FLOW_START_MISSED);
	CU_ASSERT_STRING_EQUAL(h->flow->history, "D");
	case_release(&t);
}

/* What the client said first is nobody's, and the server's greeting is a signature's. */
static void test_feed_signatures(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	t.c.port[1] = 9999;
	mkconv_open(&t.c);
	mkconv_say(&t.c, 1, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
	mkconv_say(&t.c, 0, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->service, SERVICE_SSH);
	CU_ASSERT_EQUAL(f->service_by, BY_CONTENT);
	case_release(&t);
	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, "\1\2\3\4 nobody's");
	mkconv_say(&t.c, 1, "\5\6\7 neither");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->service, SERVICE_NONE);
	CU_ASSERT_EQUAL(f->service_by, BY_PORT);
	case_release(&t);
}

/* ---- ceilings -------------------------------------------------------------------------------- */

/* A hole that is never filled and never acknowledged: the stream waits for it up to its ceiling, no longer. */
static void test_feed_reorder_ceiling(void)
{
	struct net_limits limits = net_limits_usual;
	struct mknet_options opt = { .limits = &limits };
	struct tcp_case t;
	const struct http_tx *h;
	struct net_quality q;
	size_t len;
	char *body = long_response(200000, &len);

	limits.reorder_bytes = 20000;
	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, REQUEST);
	mkconv_raw(&t.c, 1, 5001, t.c.seq[0], TCP_ACK, body, 1000);
	for (size_t at = 2000; at < len; at += 1000) {
		mkconv_raw(&t.c, 1, 5001 + (uint32_t)at, t.c.seq[0], TCP_ACK, body + at,
			   len - at < 1000 ? len - at : 1000);
	}
	case_run(&t, &opt);
	net_quality(t.k.net, &q);
	h = only_http(&t);
	CU_ASSERT_EQUAL(h->response.body_bytes, 200000);
	CU_ASSERT_EQUAL(h->flags, HTTP_REQUEST | HTTP_RESPONSE | HTTP_RESPONSE_CUT);
	CU_ASSERT_EQUAL(h->flow->flags, FLOW_STREAM_DROPPED);
	CU_ASSERT_EQUAL(q.reordered_bytes_dropped, 1000);
	CU_ASSERT_EQUAL(side_of(h->flow, 1)->missed_bytes, 1000);
	CU_ASSERT_TRUE(h->response.last_num < 250);
	free(body);
	case_release(&t);
}

/* More conversations than may be analyzed at once: the idle ones are let go, and taken up again when they go on. */
static void test_feed_ceiling(void)
{
	enum { CONVERSATIONS = 60 };
	struct net_limits limits = net_limits_usual;
	struct mknet_options opt = { .limits = &limits };
	struct mkconv c[CONVERSATIONS];
	struct tcp_case t;
	uint64_t num = 0;
	size_t requests = 0;
	size_t responses = 0;

	limits.feeds = 8 * 2;
	case_init(&t);
	for (uint16_t i = 0; i < CONVERSATIONS; i++) {
		mkconv_init(&c[i], &t.m, "10.0.0.1", (uint16_t)(41000 + i), "10.0.0.2", 80, T0 + i);
		c[i].num = &num;
		mkconv_open(&c[i]);
	}
	for (unsigned int k = 0; k < 3; k++) {
		for (unsigned int i = 0; i < CONVERSATIONS; i++) {
			mkconv_say(&c[i], 0, REQUEST);
			mkconv_say(&c[i], 1, RESPONSE);
		}
	}
	case_run(&t, &opt);
	for (size_t i = 0; i < mknet_http_count(&t.k); i++) {
		requests += (mknet_http(&t.k, i)->flags & HTTP_REQUEST) != 0;
		responses += (mknet_http(&t.k, i)->flags & HTTP_RESPONSE) != 0;
	}
	CU_ASSERT_EQUAL(mknet_http_count(&t.k), 3 * CONVERSATIONS);
	CU_ASSERT_EQUAL(requests, 3 * CONVERSATIONS);
	CU_ASSERT_EQUAL(responses, 3 * CONVERSATIONS);
	CU_ASSERT_EQUAL(mknet_flow_count(&t.k), CONVERSATIONS);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->flags & FLOW_STREAM_DROPPED, FLOW_STREAM_DROPPED);
	case_release(&t);
}

void suite_feed(CU_pSuite suite);

void suite_feed(CU_pSuite suite)
{
	CU_add_test(suite, "test_feed_any_port", test_feed_any_port);
	CU_add_test(suite, "test_feed_byte_by_byte", test_feed_byte_by_byte);
	CU_add_test(suite, "test_feed_no_content", test_feed_no_content);
	CU_add_test(suite, "test_feed_wrap", test_feed_wrap);
	CU_add_test(suite, "test_feed_offloaded_segments", test_feed_offloaded_segments);
	CU_add_test(suite, "test_feed_beyond_32_bits", test_feed_beyond_32_bits);
	CU_add_test(suite, "test_feed_disorder", test_feed_disorder);
	CU_add_test(suite, "test_feed_time_of_late_bytes", test_feed_time_of_late_bytes);
	CU_add_test(suite, "test_feed_loss", test_feed_loss);
	CU_add_test(suite, "test_feed_lost_request", test_feed_lost_request);
	CU_add_test(suite, "test_feed_snaplen", test_feed_snaplen);
	CU_add_test(suite, "test_feed_missed_start", test_feed_missed_start);
	CU_add_test(suite, "test_feed_client_by_content", test_feed_client_by_content);
	CU_add_test(suite, "test_feed_signatures", test_feed_signatures);
	CU_add_test(suite, "test_feed_reorder_ceiling", test_feed_reorder_ceiling);
	CU_add_test(suite, "test_feed_ceiling", test_feed_ceiling);
}
