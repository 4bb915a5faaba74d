/*
 * mkfull.h - as mkjoined.h, but the whole join: pairs, clocks, spans and transactions (join/join.h).
 */
#ifndef TESTS_MKFULL_H
#define TESTS_MKFULL_H

#include "mkjoincheck.h"

#include "join/join.h"

struct full {
	struct mkjoined k;		/* its match stays NULL: the join has its own */
	struct join *join;
};

static inline void full_run(struct full *f)
{
	static const struct join_options opt;
	struct err e;

	err_init(&e);
	mkjoined_slots(&f->k);
	CU_ASSERT_EQUAL_FATAL(join_new(f->k.source, f->k.count, &opt, &f->join, &e), 0);
}

/* One of the views of a story, or both. */
static inline void full_join(struct full *f, const struct mkjoin *j, bool calls, bool packets)
{
	memset(f, 0, sizeof(*f));
	mkjoined_init(&f->k);
	if (calls) {
		mkjoined_add(&f->k, &j->calls);
	}
	if (packets && j->packets.out.len > 0) {
		mkjoined_add(&f->k, &j->packets);
	}
	full_run(f);
}

static inline void full_shop(struct mkjoin *j, struct mkjoin_shop *s, struct full *f, const struct mkjoin_knobs *knobs)
{
	mkjoin_init(j, knobs);
	mkjoin_shop(j, s);
	full_join(f, j, true, true);
}

static inline void full_release(struct mkjoin *j, struct full *f)
{
	join_free(f->join);
	mkjoined_release(&f->k);
	mkjoin_release(j);
}

#endif
