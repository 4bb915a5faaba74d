/*
 * mkspans.h - mkjoined with the whole join on top: transactions and spans.
 */
#ifndef TESTS_MKSPANS_H
#define TESTS_MKSPANS_H

#include "mkjoined.h"

#include "join/join.h"

struct mkspans {
	struct mkjoined k;
	struct join *join;
};

static inline void mkspans_run(struct mkspans *m)
{
	static const struct join_options usual;
	struct err e;

	err_init(&e);
	mkjoined_run(&m->k, NULL);	/* numbers the sections */
	CU_ASSERT_EQUAL_FATAL(join_new(m->k.source, m->k.count, &usual, &m->join, &e), 0);
}

/* Of one capture or two; packets may be NULL. */
static inline void mkspans_of(struct mkspans *m, const struct mkcap *calls, const struct mkcap *packets)
{
	mkjoined_init(&m->k);
	if (calls != NULL) {
		mkjoined_add(&m->k, calls);
	}
	if (packets != NULL && packets->out.len > 0) {
		mkjoined_add(&m->k, packets);
	}
	mkspans_run(m);
}

static inline void mkspans_release(struct mkspans *m)
{
	join_free(m->join);
	mkjoined_release(&m->k);
}

#endif
