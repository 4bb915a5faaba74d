/*
 * mktcp.h - one TCP conversation from a test's own segments to its flow: what the suites of the tracker
 * share. All static: each suite is a file of its own.
 */
#ifndef TESTS_MKTCP_H
#define TESTS_MKTCP_H

#include "base/base.h"

#include <CUnit/CUnit.h>

#include "mknet.h"
#include "mkpkt.h"
#include "net/net_internal.h"
#include "net/service.h"

#define T0 UINT64_C(1700000000000000) /* microseconds: the unit of interface 0 */

/* Client 10.0.0.1:40000, server 10.0.0.2:80; data counts from 1001 and 5001 after mkconv_open. */
struct tcp_case {
	struct mkcap m;
	struct mkconv c;
	struct mknet k;
};

static inline void case_init(struct tcp_case *t)
{
	memset(t, 0, sizeof(*t));
	mkcap_init(&t->m, false);
	mkcap_section(&t->m, 0);
	mkcap_idb(&t->m, 1, 0, -1, "eth0");
	mkcap_idb(&t->m, 1, 0, -1, "eth1");
	mkconv_init(&t->c, &t->m, "10.0.0.1", 40000, "10.0.0.2", 80, T0);
}

static inline void case_run(struct tcp_case *t, const struct mknet_options *opt)
{
	mknet_run(&t->k, &t->m, opt);
}

static inline void case_release(struct tcp_case *t)
{
	mknet_release(&t->k);
	mkcap_release(&t->m);
}

/* The only flow. */
static inline const struct flow *case_flow(struct tcp_case *t)
{
	if (t->k.source == NULL) {
		case_run(t, NULL);
	}
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t->k), 1);
	return mknet_flow(&t->k, 0);
}

/* side 0 is the client of the builder, wherever the key has it. */
static inline const struct flow_side *side_of(const struct flow *f, unsigned int side)
{
	unsigned int client = f->key.port[0] == 40000 ? 0 : 1;

	return &f->side[side == 0 ? client : 1 - client];
}

static inline uint16_t marks_of(const struct tcp_case *t, uint64_t num)
{
	const struct layer *l = mknet_layer(&t->k, num, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	return l->marks & (uint16_t)~MARK_NEW_FLOW;
}

static inline bool looks_like(const struct flow *f, const char *state, const char *history)
{
	bool same = strcmp(conn_state_name(f->conn_state), state) == 0 &&
		    strcmp(f->history, history) == 0;

	if (!same) {
		printf("\nis %s %s, not %s %s\n", conn_state_name(f->conn_state), f->history, state,
		       history);
	}
	return same;
}

/* A segment of the conversation by its place in the stream: offset 0 is the first byte after the SYN. */
static inline uint64_t say_at(struct mkconv *c, unsigned int side, uint32_t off, const char *text)
{
	return mkconv_raw(c, side, (side == 0 ? 1001 : 5001) + off, c->seq[1 - side],
			  TCP_ACK | TCP_PSH, text, strlen(text));
}

static inline uint64_t ack_at(struct mkconv *c, unsigned int side, uint32_t off, uint32_t ack_off)
{
	return mkconv_raw(c, side, (side == 0 ? 1001 : 5001) + off,
			  (side == 0 ? 5001 : 1001) + ack_off, TCP_ACK, NULL, 0);
}

#endif
