/*
 * lookup.c - see lookup.h. Of every section two sorted lists of places in streams, those of its packets and those of
 * its calls, each by number and, through a second list of indices, by place. Calls are listed at their offsets in the
 * flow. Built on the main thread, read by any.
 */
#include "join/lookup.h"

#include "base/limits.h"

/* A packet or call may have so many neighbours that begin before it and reach into it: segments are at most 64 KiB and
 * the smallest useful ones some hundred bytes. */
#define LOOK_BACK_MAX 4096u
/* Places looked at for a mark (SYN, FIN) at the end of a stream, and marks passed over between two calls with bytes. */
#define MARKS_MAX 64u

#define NOWHERE INT64_MIN	/* where the bytes of a call lie in the flow is not known */

struct place {
	uint64_t num;		/* of packet or event */
	int64_t offset;		/* in the flow's stream */
	uint64_t shown;		/* calls */
	uint32_t len;
	uint32_t row;		/* packets: index of the pair; calls: of the pair, doubled, plus the side */
	uint32_t user;		/* calls: index in the socket's users */
	uint16_t type;		/* calls: of the event */
	uint8_t dir;		/* end of the flow's key that sends these bytes */
	uint8_t kind;		/* enum knot_kind */
};

struct places {
	struct place *by_num;	/* owns; by number, row, direction, offset */
	uint32_t *by_offset;	/* owns; by row, direction, offset, number */
	size_t count, cap;
	uint32_t longest;	/* of any place */
};

struct flow_row {
	uint64_t first_num;
	uint16_t first_layer;
	uint32_t pair;
};

struct lookup_section {
	const struct section *section;
	bool twice;		/* another source has the same name */
	struct places packets, calls;
	struct flow_row *flows;	/* owns; by first packet */
	size_t flow_count, flow_cap;
};

/* Where the two views of a pair are listed; NULL: nowhere. */
struct home {
	struct lookup_section *packets, *calls[2];
};

struct lookup {
	const struct pair *pairs;	/* borrowed */
	struct home *homes;		/* owns; by pair */
	size_t pair_count;
	struct lookup_section *sections;	/* owns; by name and index */
	size_t section_count;
};

/* ---- sections ---------------------------------------------------------------------------------------------- */

static int by_section(const void *a, const void *b)
{
	return section_compare(((const struct lookup_section *)a)->section,
			       ((const struct lookup_section *)b)->section);
}

static struct lookup_section *find_section(const struct lookup *lk, const struct section *s)
{
	size_t lo = 0, hi = lk->section_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int way = section_compare(lk->sections[mid].section, s);

		if (way == 0) {
			return lk->sections[mid].twice ? NULL : &lk->sections[mid];
		}
		if (way < 0) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return NULL;
}

const struct lookup_section *lookup_section(const struct lookup *lk, const struct section *s)
{
	return find_section(lk, s);
}

const struct section *lookup_section_joined(const struct lookup_section *ls)
{
	return ls->section;
}

static int list_sections(struct lookup *lk, struct source *const *sources, uint32_t count)
{
	size_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		n += sources[i]->section_count;
	}
	lk->sections = calloc(n + 1, sizeof(*lk->sections));
	if (lk->sections == NULL) {
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < sources[i]->section_count; k++) {
			lk->sections[lk->section_count++].section = sources[i]->sections[k];
		}
	}
	qsort(lk->sections, lk->section_count, sizeof(*lk->sections), by_section);
	for (size_t i = 1; i < lk->section_count; i++) {
		if (section_compare(lk->sections[i - 1].section, lk->sections[i].section) == 0) {
			lk->sections[i - 1].twice = lk->sections[i].twice = true;
		}
	}
	return 0;
}

/* ---- places ------------------------------------------------------------------------------------------------ */

static int add_place(struct places *p, const struct place *x)
{
	if (p->count == p->cap) {
		size_t cap = p->cap == 0 ? 256 : p->cap * 2;
		struct place *grown = cap <= UINT32_MAX ? realloc(p->by_num, cap * sizeof(*grown)) : NULL;

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		p->by_num = grown;
		p->cap = cap;
	}
	p->by_num[p->count++] = *x;
	p->longest = x->len > p->longest ? x->len : p->longest;
	return 0;
}

static int add_packets(struct places *p, const struct knots *k, uint32_t pair, unsigned int dir)
{
	struct knot_walk walk = { 0 };
	struct knot x;
	int rc = 0;

	while (rc == 0 && k != NULL && knots_next(k, &walk, &x)) {
		const struct place place = { .num = x.num, .offset = (int64_t)x.offset, .len = x.len, .row = pair,
					     .dir = (uint8_t)dir, .kind = x.kind };

		rc = add_place(p, &place);
	}
	return rc;
}

static int add_calls(struct places *p, const struct pair_side *s, uint32_t row)
{
	int rc = 0;

	for (unsigned int sent = 0; sent < 2; sent++) {
		struct knot_walk walk = { 0 };
		struct knot x;

		while (rc == 0 && knots_next(&s->sock->knots[sent], &walk, &x)) {
			struct place place = { .num = x.num, .offset = NOWHERE, .len = x.len, .row = row, .user = x.user,
					       .dir = (uint8_t)(sent ? row & 1 : !(row & 1)), .kind = x.kind };

			if (s->aligned[sent]) {
				place.offset = (int64_t)x.offset + pair_shift(s, sent, x.offset);
			}
			rc = x.kind == KNOT_BLIND ? 0 : add_place(p, &place);
		}
	}
	return rc;
}

static int add_flow(struct lookup_section *ls, const struct flow *f, uint32_t pair)
{
	if (ls->flow_count == ls->flow_cap) {
		size_t cap = ls->flow_cap == 0 ? 64 : ls->flow_cap * 2;
		struct flow_row *grown = realloc(ls->flows, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		ls->flows = grown;
		ls->flow_cap = cap;
	}
	ls->flows[ls->flow_count++] = (struct flow_row){ f->first_num, f->first_layer, pair };
	return 0;
}

static int add_pair(struct lookup *lk, uint32_t i)
{
	const struct pair *p = &lk->pairs[i];
	struct home *home = &lk->homes[i];
	int rc;

	home->packets = find_section(lk, p->packets);
	if (home->packets == NULL) {
		return 0;
	}
	rc = add_flow(home->packets, p->flow, i);
	for (unsigned int end = 0; end < 2 && rc == 0; end++) {
		const struct pair_side *s = &p->side[end];

		home->calls[end] = s->sock != NULL ? find_section(lk, s->sock->section) : NULL;
		rc = add_packets(&home->packets->packets, p->flow->knots[end], i, end);
		if (rc == 0 && home->calls[end] != NULL) {
			rc = add_calls(&home->calls[end]->calls, s, 2 * i + end);
		}
	}
	return rc;
}

/* ---- order ------------------------------------------------------------------------------------------------- */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_offsets(const struct place *a, const struct place *b)
{
	if (a->row != b->row) {
		return ORDER(a->row, b->row);
	}
	if (a->dir != b->dir) {
		return ORDER(a->dir, b->dir);
	}
	return a->offset != b->offset ? ORDER(a->offset, b->offset) : ORDER(a->num, b->num);
}

static int compare_nums(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	return a->num != b->num ? ORDER(a->num, b->num) : compare_offsets(a, b);
}

static int compare_indices(const void *x, const void *y, void *arg)
{
	const struct place *all = arg;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	int way = compare_offsets(&all[a], &all[b]);

	return way != 0 ? way : ORDER(a, b);
}

static int sort_places(struct places *p)
{
	if (p->count == 0) {
		return 0;
	}
	p->by_offset = malloc(p->count * sizeof(*p->by_offset));
	if (p->by_offset == NULL) {
		return ERR_NOMEM;
	}
	qsort(p->by_num, p->count, sizeof(*p->by_num), compare_nums);
	for (size_t i = 0; i < p->count; i++) {
		p->by_offset[i] = (uint32_t)i;
	}
	qsort_r(p->by_offset, p->count, sizeof(*p->by_offset), compare_indices, p->by_num);
	return 0;
}

static int by_first(const void *x, const void *y)
{
	const struct flow_row *a = x, *b = y;

	return a->first_num != b->first_num ? ORDER(a->first_num, b->first_num) : ORDER(a->first_layer, b->first_layer);
}

int lookup_new(const struct pair *pairs, size_t count, struct source *const *sources, uint32_t source_count,
	       struct lookup **ret_lk, struct err *e)
{
	struct lookup *lk = calloc(1, sizeof(*lk));
	int rc = lk == NULL ? ERR_NOMEM : 0;

	if (rc == 0) {
		lk->pairs = pairs;
		lk->pair_count = count < UINT32_MAX / 2 ? count : UINT32_MAX / 2;
		lk->homes = calloc(lk->pair_count + 1, sizeof(*lk->homes));
		rc = lk->homes != NULL ? list_sections(lk, sources, source_count) : ERR_NOMEM;
	}
	for (size_t i = 0; rc == 0 && i < lk->pair_count; i++) {
		rc = add_pair(lk, (uint32_t)i);
	}
	for (size_t i = 0; rc == 0 && i < lk->section_count; i++) {
		struct lookup_section *ls = &lk->sections[i];

		if (ls->flow_count > 0) {
			qsort(ls->flows, ls->flow_count, sizeof(*ls->flows), by_first);
		}
		rc = sort_places(&ls->packets);
		rc = rc == 0 ? sort_places(&ls->calls) : rc;
	}
	if (rc != 0) {
		lookup_free(lk);
		return err_nomem(e, "the list of joined packets and calls");
	}
	*ret_lk = lk;
	return 0;
}

void lookup_free(struct lookup *lk)
{
	if (lk == NULL) {
		return;
	}
	for (size_t i = 0; lk->sections != NULL && i < lk->section_count; i++) {
		free(lk->sections[i].packets.by_num);
		free(lk->sections[i].packets.by_offset);
		free(lk->sections[i].calls.by_num);
		free(lk->sections[i].calls.by_offset);
		free(lk->sections[i].flows);
	}
	free(lk->sections);
	free(lk->homes);
	free(lk);
}

/* ---- search ------------------------------------------------------------------------------------------------ */

/* Index of the first place with this number or a higher one. */
static size_t first_num(const struct places *p, uint64_t num)
{
	size_t lo = 0, hi = p->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->by_num[mid].num < num) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo;
}

static const struct place *at(const struct places *p, size_t i)
{
	return &p->by_num[p->by_offset[i]];
}

static bool is_of(const struct place *x, uint32_t row, unsigned int dir)
{
	return x->row == row && x->dir == dir;
}

/* Index in by_offset of the first place of a stream at or behind an offset. */
static size_t first_offset(const struct places *p, uint32_t row, unsigned int dir, int64_t offset)
{
	const struct place key = { .row = row, .dir = (uint8_t)dir, .offset = offset };
	size_t lo = 0, hi = p->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare_offsets(at(p, mid), &key) < 0) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo;
}

/* First index in by_offset from which places may reach into what begins at an offset. */
static size_t reach_back(const struct places *p, uint32_t row, unsigned int dir, int64_t offset)
{
	int64_t from = offset > INT64_MIN + 1 + (int64_t)p->longest ? offset - (int64_t)p->longest : NOWHERE + 1;
	size_t i = first_offset(p, row, dir, from);
	size_t begin = first_offset(p, row, dir, offset);

	return begin - i > LOOK_BACK_MAX ? begin - LOOK_BACK_MAX : i;
}

void lookup_tell_call(struct lookup *lk, const struct section *s, uint64_t raw, uint64_t shown, uint16_t type)
{
	struct lookup_section *ls = find_section(lk, s);
	struct places *p;

	if (ls == NULL) {
		return;
	}
	p = &ls->calls;
	for (size_t i = first_num(p, raw); i < p->count && p->by_num[i].num == raw; i++) {
		p->by_num[i].shown = shown;
		p->by_num[i].type = type;
	}
}

/* ---- packet to call ---------------------------------------------------------------------------------------- */

static const struct flow_row *find_flow(const struct lookup_section *ls, const struct flow *f)
{
	const struct flow_row key = { f->first_num, f->first_layer, 0 };

	return ls->flow_count > 0 ? bsearch(&key, ls->flows, ls->flow_count, sizeof(*ls->flows), by_first) : NULL;
}

static void set_call(struct packet_owner *o, const struct place *call)
{
	const struct sock *s = o->side->sock;

	o->call = (struct lookup_call){ call->num, call->shown, call->type };
	if (call->user < s->user_count) {
		o->process = s->users[call->user].process;
		o->tid = s->users[call->user].tid;
	}
}

/* The calls that carried [offset, offset + len) of a stream. */
static void find_carriers(const struct places *calls, uint32_t row, const struct place *packet, struct packet_owner *o)
{
	int64_t end = packet->offset + packet->len;
	/* Calls lie one behind the other, however long: the one before the offset is the only one that may reach over
	 * it. */
	size_t i = first_offset(calls, row, packet->dir, packet->offset);
	size_t left = MARKS_MAX + LOOKUP_CALLS_MAX;

	for (unsigned int n = 0; n < MARKS_MAX && i > 0 && is_of(at(calls, i - 1), row, packet->dir); n++) {
		i--;
		if (at(calls, i)->len > 0) {
			break;
		}
	}
	for (; left > 0 && i < calls->count && is_of(at(calls, i), row, packet->dir) && at(calls, i)->offset < end;
	     i++, left--) {
		const struct place *x = at(calls, i);

		if (x->offset == NOWHERE || x->len == 0 || x->offset + x->len <= packet->offset) {
			continue;
		}
		if (o->calls == 0) {
			set_call(o, x);
		}
		if (++o->calls == LOOKUP_CALLS_MAX) {
			return;
		}
	}
}

/* The call that opened or ended this direction. */
static void find_mark(const struct places *calls, uint32_t row, const struct place *packet, struct packet_owner *o)
{
	size_t end = first_offset(calls, row, packet->dir + 1u, NOWHERE);

	for (size_t n = 0; n < MARKS_MAX && n < end && is_of(at(calls, end - 1 - n), row, packet->dir); n++) {
		if (at(calls, end - 1 - n)->kind == packet->kind) {
			set_call(o, at(calls, end - 1 - n));
			return;
		}
	}
}

static void find_open(const struct places *calls, struct packet_owner *o)
{
	uint64_t num = o->side->sock->open_num;
	size_t i = num != 0 ? first_num(calls, num) : calls->count;

	if (num != 0) {
		o->call.raw = num;
	}
	if (i < calls->count && calls->by_num[i].num == num) {
		o->call.shown = calls->by_num[i].shown;
		o->call.type = calls->by_num[i].type;
	}
}

bool lookup_packet(const struct lookup *lk, const struct lookup_section *packets, const struct flow *f,
		   unsigned int from, uint64_t num, struct packet_owner *ret_o)
{
	const struct flow_row *row = find_flow(packets, f);
	const struct lookup_section *calls;
	struct packet_owner o = { 0 };
	unsigned int side;

	if (row == NULL) {
		return false;
	}
	o.pair = &lk->pairs[row->pair];
	side = o.pair->side[from].sock != NULL ? from : !from;
	o.side = &o.pair->side[side];
	if (o.side->sock == NULL) {
		return false;
	}
	o.sender = side == from;
	o.process = o.side->sock->process;
	o.tid = o.side->sock->tid;
	calls = lk->homes[row->pair].calls[side];
	for (size_t i = first_num(&packets->packets, num);
	     calls != NULL && i < packets->packets.count && packets->packets.by_num[i].num == num; i++) {
		const struct place *x = &packets->packets.by_num[i];

		if (!is_of(x, row->pair, from)) {
			continue;
		}
		if (x->len > 0) {
			find_carriers(&calls->calls, 2 * row->pair + side, x, &o);
		} else if (x->kind == KNOT_OPEN) {
			find_open(&calls->calls, &o);
		} else if (x->kind == KNOT_END && o.call.raw == 0) {
			find_mark(&calls->calls, 2 * row->pair + side, x, &o);
		}
		if (o.calls > 0) {
			break;
		}
	}
	*ret_o = o;
	return true;
}

/* ---- call to packets --------------------------------------------------------------------------------------- */

void frames_release(struct frames *f)
{
	free(f->runs);
	memset(f, 0, sizeof(*f));
}

static bool add_frame(struct frames *f, const struct section *packets, uint64_t num)
{
	if (f->count == LOOKUP_FRAMES_MAX) {
		f->cut = true;
		return true;
	}
	if (f->count == f->cap) {
		size_t cap = f->cap == 0 ? 16 : f->cap * 2;
		struct frame_run *grown = realloc(f->runs, cap * sizeof(*grown));

		if (grown == NULL) {
			return false;
		}
		f->runs = grown;
		f->cap = cap;
	}
	f->runs[f->count++] = (struct frame_run){ packets, num, num };
	return true;
}

/* The packets with bytes of [offset, offset + len). */
static bool add_carriers(const struct lookup_section *packets, const struct place *call, struct frames *f)
{
	const struct places *p = &packets->packets;
	uint32_t row = call->row / 2;
	int64_t end = call->offset + call->len;
	bool ok = true;

	for (size_t i = reach_back(p, row, call->dir, call->offset);
	     ok && !f->cut && i < p->count && is_of(at(p, i), row, call->dir) && at(p, i)->offset < end; i++) {
		const struct place *x = at(p, i);

		if (x->len > 0 && x->offset + x->len > call->offset) {
			ok = add_frame(f, packets->section, x->num);
		}
	}
	return ok;
}

/* SYN or FIN of one direction; the first or the last ones of its list. */
static bool add_marks(const struct lookup_section *packets, const struct place *call, unsigned int dir,
		      struct frames *f)
{
	const struct places *p = &packets->packets;
	uint32_t row = call->row / 2;
	size_t begin = first_offset(p, row, dir, NOWHERE);
	size_t end = first_offset(p, row, dir + 1u, NOWHERE);
	bool ok = true;

	for (size_t n = 0; n < MARKS_MAX && begin + n < end && ok; n++) {
		size_t i = call->kind == KNOT_OPEN ? begin + n : end - 1 - n;

		if (at(p, i)->kind == call->kind) {
			ok = add_frame(f, packets->section, at(p, i)->num);
		}
	}
	return ok;
}

static int by_run(const void *x, const void *y)
{
	const struct frame_run *a = x, *b = y;
	int way = a->packets == b->packets ? 0 : section_compare(a->packets, b->packets);

	return way != 0 ? way : ORDER(a->first, b->first);
}

/* Numbers that follow each other become one run. */
static void join_runs(struct frames *f)
{
	size_t n = 0;

	qsort(f->runs, f->count, sizeof(*f->runs), by_run);
	for (size_t i = 1; i < f->count; i++) {
		struct frame_run *last = &f->runs[n];

		if (f->runs[i].packets == last->packets && f->runs[i].first <= last->last + 1) {
			last->last = f->runs[i].last;
		} else {
			f->runs[++n] = f->runs[i];
		}
	}
	f->count = f->count > 0 ? n + 1 : 0;
}

bool lookup_call(const struct lookup *lk, const struct lookup_section *calls, uint64_t raw, struct frames *io_f)
{
	const struct places *p = &calls->calls;
	bool ok = true;

	io_f->count = 0;
	io_f->cut = false;
	io_f->pair = NULL;
	for (size_t i = first_num(p, raw); ok && i < p->count && p->by_num[i].num == raw; i++) {
		const struct place *x = &p->by_num[i];
		const struct pair *pair = &lk->pairs[x->row / 2];
		const struct lookup_section *packets = lk->homes[x->row / 2].packets;

		if (io_f->pair == NULL) {
			io_f->pair = pair;
			io_f->side = &pair->side[x->row & 1];
		}
		if (packets == NULL) {
			continue;
		}
		if (x->len > 0) {
			ok = x->offset == NOWHERE || add_carriers(packets, x, io_f);
		} else if (x->kind == KNOT_OPEN) {
			ok = add_marks(packets, x, 0, io_f) && add_marks(packets, x, 1, io_f);
		} else if (x->kind == KNOT_END) {
			ok = add_marks(packets, x, x->dir, io_f);
		}
	}
	if (io_f->count > 0) {
		join_runs(io_f);
	}
	return ok && io_f->pair != NULL;
}
