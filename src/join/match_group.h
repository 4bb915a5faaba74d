/*
 * match_group.h - groups of flows and sockets of equal tuples, between match_tuple.c, which finds them,
 * match_group.c, which settles one, and match_many.c, for those too large to compare all with all.
 */
#ifndef JOIN_MATCH_GROUP_H
#define JOIN_MATCH_GROUP_H

#include "join/match_internal.h"

/* Flows times sockets of a group that are all compared. */
#define GROUP_ALL 64

/* A flow's end, or a socket. */
struct ref {
	uint64_t hash;		/* of its ends */
	uint32_t list;
	uint32_t view;		/* flows: hash of VLANs, tunnel, scope */
	uint32_t row;		/* flows: twice the row, plus the end that is local */
};

struct refs {
	struct ref *at;		/* owns */
	size_t count, cap;
	bool partly;		/* the local address is left out */
};

struct group {
	size_t flow, sock;	/* in refs */
	uint32_t flows, socks;
	uint32_t list, row;	/* of the first flow: order of settling */
	bool partly;
};

/* First bytes of both directions of a free flow, and its place among them. */
struct beginning {
	uint64_t hash;
	size_t place;
};

/* [0]: whole tuples, [1]: those without local address. */
struct tuples {
	struct refs flows[2], socks[2];
	uint8_t *filter;	/* owns; bit per hash of a socket */
	uint64_t filter_mask;
	struct group *open;	/* owns; groups still to be settled: at first, all */
	size_t open_count, open_cap;
	size_t undecided;	/* of those, with free ones on both sides */
	/* Of the group at hand. */
	struct candidates candidates;
	size_t *free_flows, *free_socks;	/* own; indices over all lists */
	size_t free_flow_cap, free_sock_cap, free_flow_count, free_sock_count;
	struct beginning *beginnings;	/* owns */
	size_t beginning_cap;
};

static inline const struct flow *ref_flow(const struct match *m, const struct ref *r)
{
	return m->flows[r->list].rows[r->row >> 1];
}

static inline struct sock *ref_sock(const struct match *m, const struct ref *r)
{
	return m->socks[r->list].rows[r->row];
}

static inline struct ends flow_ends(const struct flow *f, unsigned int local, bool partly)
{
	struct ends x = ends_of_flow(f, local);

	if (partly) {
		memset(x.local, 0, sizeof(x.local));
	}
	return x;
}

static inline size_t flow_index(const struct match *m, const struct ref *r)
{
	return m->flows[r->list].first + (r->row >> 1);
}

static inline size_t sock_index(const struct match *m, const struct ref *r)
{
	return m->socks[r->list].first + r->row;
}

/* One flow and one socket: they have no choice. */
static inline bool group_is_single(const struct group *g)
{
	return g->flows == 1 && g->socks == 1;
}

/* Joins what can be told apart; *ret_open: there are some left. last: order decides, and reasons are
 * given. 0 or ERR_NOMEM. */
int group_settle(struct match *m, struct tuples *t, const struct group *g, bool last, bool *ret_open);
/* Compares a free flow and a free socket of the group: a candidate, unless they contradict. order: how
 * far apart their places are. */
int group_try(struct match *m, struct tuples *t, size_t flow, unsigned int end, size_t sock, size_t order);
/* As group_try for the likely ones of a large group, by time, order and first bytes. */
int group_compare_some(struct match *m, struct tuples *t, unsigned int end, const struct section *packets);

#endif
