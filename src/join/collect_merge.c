/*
 * collect_merge.c - parts of one open file (or one pipe) become one socket.
 *
 * A descriptor that a process accepted and another used, or that several share, was seen in parts by process. Their
 * calls are put in the order of the events: bytes then have their place in the stream, and exchanges whose request one
 * process read and another answered come out whole. Runs once, after all shards have finished; one thread.
 */
#include "join/collect_internal.h"

/* A knot with its direction, while lists are merged. */
struct step {
	struct knot k;
	uint8_t dir;
};

struct merge {
	struct collector *c;	/* whose memory new rows take */
	struct part **parts;
	size_t count;
	struct part *row;
	uint32_t *user_map;	/* owns; users of all parts, one after the other, to the row's; UINT32_MAX: not listed */
	struct step *steps;	/* owns */
	size_t step_count;
	struct turn **turns;	/* owns: of all parts, by their first event */
	size_t turn_count;
};

static uint64_t turn_num(const struct turn *t)
{
	return t->x.first_num[0] != 0 ? t->x.first_num[0] : t->x.first_num[1];
}

static int step_order(const void *a, const void *b)
{
	return by_num(((const struct step *)a)->k.num, ((const struct step *)b)->k.num);
}

static int turn_order(const void *a, const void *b)
{
	return by_num(turn_num(*(struct turn *const *)a), turn_num(*(struct turn *const *)b));
}

int part_first_order(const void *a, const void *b)
{
	const struct part *p = *(struct part *const *)a;
	const struct part *q = *(struct part *const *)b;
	int order = by_num(p->s.first_num, q->s.first_num);

	return order != 0 ? order : by_num(p->s.process, q->s.process);
}

/* ---- one row of several ---------------------------------------------------------------------------------- */

static size_t count_with_bytes(const struct merge *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++) {
		n += has_bytes(m->parts[i]) ? 1 : 0;
	}
	return n;
}

/* All knots of all parts, users numbered as the row will have them. */
static int gather_steps(struct merge *m)
{
	uint32_t users = 0;
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++) {
		n += m->parts[i]->s.knots[0].count + m->parts[i]->s.knots[1].count;
	}
	m->steps = malloc((n + 1) * sizeof(*m->steps));
	if (m->steps == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < m->count; i++) {
		const struct sock *s = &m->parts[i]->s;

		for (unsigned int dir = 0; dir < 2; dir++) {
			struct knot_walk w = { 0 };
			struct step *x = &m->steps[m->step_count];

			while (knots_next(&s->knots[dir], &w, &x->k)) {
				x->k.user = m->user_map[users + x->k.user];
				x->dir = (uint8_t)dir;
				x = &m->steps[++m->step_count];
			}
		}
		users += s->user_count;
	}
	qsort(m->steps, m->step_count, sizeof(*m->steps), step_order);
	return 0;
}

/* The same thread under two parts is one user. */
static uint32_t put_user(struct sock_user *all, uint32_t *io_count, const struct sock_user *u)
{
	for (uint32_t i = 0; i < *io_count; i++) {
		if (all[i].process == u->process && all[i].tid == u->tid) {
			for (unsigned int dir = 0; dir < 2; dir++) {
				all[i].bytes[dir] += u->bytes[dir];
				all[i].calls[dir] += u->calls[dir];
			}
			all[i].last_ns = max_u64(all[i].last_ns, u->last_ns);
			return i;
		}
	}
	if (*io_count == LIMIT_SOCK_USERS) {
		return UINT32_MAX;
	}
	all[*io_count] = *u;
	return (*io_count)++;
}

/* In the order of the parts, into memory of their own; the row gets them when its parts have been read. */
static int merge_users(struct merge *m, struct sock_user **ret_users, uint32_t *ret_count)
{
	uint32_t n = 0;
	uint32_t at = 0;
	uint32_t count = 0;
	struct sock_user *all;

	for (size_t i = 0; i < m->count; i++) {
		n += m->parts[i]->s.user_count;
	}
	m->user_map = malloc((n + 1) * sizeof(*m->user_map));
	all = arena_alloc(&m->c->arena, (min_u64(n, LIMIT_SOCK_USERS) + 1) * sizeof(*all));
	if (all == NULL || m->user_map == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < m->count; i++) {
		const struct sock *s = &m->parts[i]->s;

		for (uint32_t u = 0; u < s->user_count; u++) {
			m->user_map[at] = put_user(all, &count, &s->users[u]);
			if (m->user_map[at++] == UINT32_MAX) {
				m->row->s.flags |= SOCK_CUT;
			}
		}
	}
	*ret_users = all;
	*ret_count = count;
	return 0;
}

/* Offsets anew, in the order of events. */
static int merge_knots(struct merge *m)
{
	struct knots out[2] = { { 0 }, { 0 } };
	uint64_t offset[2] = { 0, 0 };
	bool cut[2] = { false, false };
	int rc = 0;

	cut[0] = cut[1] = (m->row->s.flags & SOCK_CUT) != 0;
	for (size_t i = 0; i < m->count; i++) {
		cut[0] |= m->parts[i]->s.knots[0].cut;
		cut[1] |= m->parts[i]->s.knots[1].cut;
	}
	for (size_t i = 0; i < m->step_count; i++) {
		struct step *x = &m->steps[i];

		x->k.offset = offset[x->dir];
		offset[x->dir] += x->k.len;
		if (rc == 0 && x->k.user < LIMIT_SOCK_USERS) {
			rc = knots_add(&out[x->dir], &x->k, &m->c->knots);
		}
	}
	for (unsigned int dir = 0; dir < 2; dir++) {
		out[dir].cut |= cut[dir];
		m->row->s.knots[dir] = out[dir];
	}
	return rc;
}

/* The step of an event in direction dir, or NULL where lists were cut. */
static const struct step *step_of(const struct merge *m, uint64_t num, unsigned int dir)
{
	size_t low = 0;
	size_t high = m->step_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->steps[mid].k.num < num) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	for (; low < m->step_count && m->steps[low].k.num == num; low++) {
		if (m->steps[low].dir == dir && m->steps[low].k.kind == KNOT_DATA) {
			return &m->steps[low];
		}
	}
	return NULL;
}

struct told {
	struct seq_piece piece;
	uint32_t seq;		/* of its first byte */
	uint8_t dir;
};

static int told_order(const void *a, const void *b)
{
	return by_num(((const struct told *)a)->piece.num, ((const struct told *)b)->piece.num);
}

static size_t gather_told(const struct merge *m, struct told *told)
{
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct sock_seqs *q = m->parts[i]->s.seqs;

		for (unsigned int dir = 0; q != NULL && dir < 2; dir++) {
			for (uint32_t k = 0; k < q->count[dir]; k++) {
				const struct seq_piece *x = &q->at[dir][k];

				if (told != NULL) {
					told[n] = (struct told){ *x, (uint32_t)(x->base + x->from), (uint8_t)dir };
				}
				n++;
			}
		}
	}
	return n;
}

/* Had the call begun before another one ended that moved bytes in its direction? Then its number may be an old one. */
static bool overlaps(const struct merge *m, const struct step *x)
{
	const struct step *y = x;

	while (y > m->steps && (--y)->dir != x->dir) {
	}
	return y != x && y->dir == x->dir && x->k.begin_ns < y->k.ts_ns;
}

/* Sequence numbers of all parts, at the places that their calls now have. After merge_knots. */
static int merge_seqs(struct merge *m)
{
	size_t n = gather_told(m, NULL);
	struct told *told = n > 0 ? malloc(n * sizeof(*told)) : NULL;
	int rc = 0;

	if (n == 0) {
		return 0;
	}
	if (told == NULL) {
		return ERR_NOMEM;
	}
	gather_told(m, told);
	qsort(told, n, sizeof(*told), told_order);
	m->row->s.seqs = NULL;
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct step *x = step_of(m, told[i].piece.num, told[i].dir);

		if (x != NULL && !overlaps(m, x)) {
			rc = seq_merge(m->c, &m->row->s, told[i].dir, x->k.num, x->k.offset,
				       (uint32_t)(told[i].seq - x->k.offset));
		}
	}
	free(told);
	return rc;
}

/* Who opened it, and which end it is. */
static void merge_opening(const struct merge *m, struct sock *row)
{
	const struct part *opened = NULL;

	for (size_t i = 0; i < m->count; i++) {
		const struct part *p = m->parts[i];

		if (p->s.open_num != 0 && (opened == NULL || p->s.open_num < opened->s.open_num)) {
			opened = p;
		}
	}
	if (opened == NULL) {
		const struct part *first = m->parts[0];

		row->process = first->s.process;
		row->tid = first->s.tid;
		for (size_t i = 0; i < m->count && row->role == SOCK_UNKNOWN_ROLE; i++) {
			row->role = m->parts[i]->s.role;
		}
		return;
	}
	row->process = opened->s.process;
	row->tid = opened->s.tid;
	row->role = opened->s.role;
	row->open_num = opened->s.open_num;
	row->open_ns = opened->s.open_ns;
	row->open_begin_ns = opened->s.open_begin_ns;
	row->open_begin_exact = opened->s.open_begin_exact;
	row->flags &= (uint16_t)~SOCK_INHERITED;
	if (row->kind == SOCK_UNIX_K) {
		row->unix_local = opened->s.unix_local;
		row->unix_peer = opened->s.unix_peer;
	}
}

static void merge_ends(struct part *row, const struct part *p)
{
	if (p->has_peer && (!row->has_peer || ((row->s.flags & SOCK_TUPLE_PARTLY) != 0 &&
					       (p->s.flags & SOCK_TUPLE_PARTLY) == 0))) {
		row->s.key = p->s.key;
		row->s.local = p->s.local;
		row->has_peer = true;
		row->s.unix_local = p->s.unix_local;
		row->s.unix_peer = p->s.unix_peer;
		row->s.flags = (uint16_t)((row->s.flags & ~SOCK_TUPLE_PARTLY) | (p->s.flags & SOCK_TUPLE_PARTLY));
	}
	if (row->s.path[0] == '\0') {
		row->s.path = p->s.path;
	}
}

/* The sums of two parts, but for knots, users and turns. */
static void add_part(const struct merge *m, struct part *row, const struct part *p, uint32_t users_before)
{
	const unsigned int either = SOCK_FAILED | SOCK_BLIND | SOCK_CUT | SOCK_MAPPED | SOCK_DROPS;

	merge_ends(row, p);
	row->s.flags |= (uint16_t)(p->s.flags & either);
	if ((p->s.flags & SOCK_INHERITED) == 0) {
		row->s.flags &= (uint16_t)~SOCK_INHERITED;
	}
	if ((p->s.flags & SOCK_PENDING) == 0 && has_bytes(p)) {
		row->s.flags &= (uint16_t)~SOCK_PENDING;
	}
	for (unsigned int dir = 0; dir < 2; dir++) {
		row->s.bytes[dir] += p->s.bytes[dir];
		row->s.calls[dir] += p->s.calls[dir];
		row->s.errors[dir] += p->s.errors[dir];
	}
	if (p->s.first_ns != 0 && (row->s.first_ns == 0 || p->s.first_ns < row->s.first_ns)) {
		row->s.first_ns = p->s.first_ns;
	}
	row->s.last_ns = max_u64(row->s.last_ns, p->s.last_ns);
	row->last_num = max_u64(row->last_num, p->last_num);
	row->ended |= p->ended;
	row->s.dns |= p->s.dns;
	if (p->close_num > row->close_num) {
		row->close_num = p->close_num;
		row->close_ns = p->close_ns;
		row->close_begin_ns = p->close_begin_ns;
		row->close_exact = p->close_exact;
		row->close_user = p->close_user == UINT32_MAX ? UINT32_MAX : m->user_map[users_before + p->close_user];
	}
}

static void merge_sums(struct merge *m)
{
	struct part *row = m->row;
	uint32_t before = 0;

	for (size_t i = 0; i < m->count && m->parts[i] != row; i++) {
		before += m->parts[i]->s.user_count;
	}
	if (row->close_num != 0 && row->close_user != UINT32_MAX) {
		row->close_user = m->user_map[before + row->close_user];
	}
	before = 0;
	for (size_t i = 0; i < m->count; i++) {
		if (m->parts[i] != row) {
			add_part(m, row, m->parts[i], before);
		}
		before += m->parts[i]->s.user_count;
	}
	merge_opening(m, &row->s);
	row->s.first_num = m->parts[0]->s.first_num;
	row->s.fd_num = m->parts[0]->s.fd_num;
}

/* ---- exchanges ------------------------------------------------------------------------------------------- */

static int gather_turns(struct merge *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++) {
		n += m->parts[i]->s.exchange_count;
	}
	m->turns = malloc((n + 1) * sizeof(struct turn *));
	if (m->turns == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < m->count; i++) {
		for (struct exchange *x = m->parts[i]->s.first_exchange; x != NULL; x = x->next) {
			m->turns[m->turn_count++] = (struct turn *)x;
		}
	}
	qsort(m->turns, m->turn_count, sizeof(struct turn *), turn_order);
	return 0;
}

/* As they are, in order, with their places in the merged stream. */
static void chain_turns(struct merge *m)
{
	struct sock *row = &m->row->s;
	unsigned int request = row->role == SOCK_SERVER ? 0 : 1;

	for (struct exchange *x = row->first_exchange; x != NULL; x = x->next) {
		((struct turn *)x)->dead = true;	/* of the attempt to make them anew */
	}
	row->first_exchange = row->last_exchange = NULL;
	for (size_t i = 0; i < m->turn_count; i++) {
		struct exchange *x = &m->turns[i]->x;

		m->turns[i]->dead = false;

		for (unsigned int side = 0; side < 2; side++) {
			const struct step *first = step_of(m, x->first_num[side], side == 0 ? request : !request);
			const struct step *last = step_of(m, x->last_num[side], side == 0 ? request : !request);

			if (first != NULL && last != NULL) {
				x->start[side] = first->k.offset;
				x->end[side] = last->k.offset + last->k.len;
			}
		}
		x->sock = row;
		x->next = NULL;
		if (row->last_exchange != NULL) {
			row->last_exchange->next = x;
		} else {
			row->first_exchange = x;
		}
		row->last_exchange = x;
	}
	row->exchange_count = (uint32_t)m->turn_count;
}

static void add_step(const struct sock *row, struct exchange *x, unsigned int side, const struct knot *k)
{
	const struct sock_user *u = &row->users[k->user];

	if (x->first_num[side] == 0) {
		x->start[side] = k->offset;
		x->first_num[side] = k->num;
		x->first_ns[side] = k->ts_ns;
		x->begin_ns[side] = k->begin_ns;
		x->process[side] = u->process;
		x->tid[side] = u->tid;
		if (side == 1 && x->first_num[0] != 0 && x->tid[0] != u->tid && row->role == SOCK_SERVER) {
			x->flags |= EXCHANGE_MOVED;
		}
	}
	x->end[side] = k->offset + k->len;
	x->last_num[side] = k->num;
	x->last_ns[side] = k->ts_ns;
	if (k->begin_ns != 0 && !k->begin_exact) {
		x->flags |= EXCHANGE_BOUND;
	}
}

/* What was counted for a part's turn belongs to the one made anew that its first event lies in. */
static void take_over(struct exchange *to, struct turn *from)
{
	const struct exchange *x = &from->x;

	from->merged = (struct turn *)to;
	from->dead = true;
	for (unsigned int i = 0; i < WAIT_KINDS; i++) {
		to->wait_ns[i] += x->wait_ns[i];
		to->wait_calls[i] += x->wait_calls[i];
	}
	to->syscalls += x->syscalls;
	to->running_ns += x->running_ns;
	to->flags |= x->flags & (EXCHANGE_BOUND | EXCHANGE_SHARED_TIME);
	if (to->parent == NULL) {
		to->parent = x->parent;
	}
	if (to->name == NULL) {
		to->name = x->name;
		to->service = x->service;
	}
}

static void hand_over(struct merge *m)
{
	struct exchange *x = m->row->s.first_exchange;

	for (size_t i = 0; i < m->turn_count && x != NULL; i++) {
		while (x->next != NULL && turn_num((struct turn *)x->next) <= turn_num(m->turns[i])) {
			x = x->next;
		}
		take_over(x, m->turns[i]);
	}
}

/* Turns of a stream from its merged calls. ERR_LIMIT: no room for them, the old ones stay. */
static int remake_turns(struct merge *m)
{
	struct sock *row = &m->row->s;
	unsigned int request = row->role == SOCK_SERVER ? 0 : 1;
	struct turn *t = NULL;
	bool ended = false;

	row->first_exchange = row->last_exchange = NULL;
	row->exchange_count = 0;
	for (size_t i = 0; i < m->step_count; i++) {
		const struct step *x = &m->steps[i];
		unsigned int side = x->dir == request ? 0 : 1;

		ended |= x->k.kind == KNOT_END && side == 1;
		if (x->k.kind != KNOT_DATA || x->k.user >= row->user_count || (side == 0 && ended)) {
			continue;
		}
		if (t == NULL || (side == 0 && t->x.first_num[1] != 0)) {
			t = turn_new(m->c, m->row);
			if (t == NULL) {
				return m->c->oom ? ERR_NOMEM : ERR_LIMIT;
			}
		}
		add_step(row, &t->x, side, &x->k);
	}
	hand_over(m);
	m->c->socks->remade = true;
	return 0;
}

static bool same_roles(const struct merge *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (has_bytes(m->parts[i]) && m->parts[i]->s.role != m->row->s.role) {
			return false;
		}
	}
	return true;
}

static int merge_turns(struct merge *m, size_t with_bytes)
{
	int rc = gather_turns(m);

	if (rc != 0) {
		return rc;
	}
	/* Where not all calls are listed, turns can't be made of them. */
	if (m->row->s.kind == SOCK_UDP_K || m->row->s.kind == SOCK_PIPE_K || (m->row->s.flags & SOCK_CUT) != 0 ||
	    (with_bytes <= 1 && same_roles(m))) {
		chain_turns(m);
		return 0;
	}
	rc = remake_turns(m);
	if (rc == ERR_LIMIT || m->row->s.first_exchange == NULL) {
		chain_turns(m);
		rc = rc == ERR_LIMIT ? 0 : rc;
	}
	return rc;
}

int merge_group(struct socks *s, struct part **parts, size_t count)
{
	struct merge m = { &s->shards[0], parts, count, parts[0], NULL, NULL, 0, NULL, 0 };
	struct sock_user *users = NULL;
	uint32_t user_count = 0;
	size_t with_bytes;
	int rc;

	if (count < 2) {
		return 0;
	}
	qsort(parts, count, sizeof(*parts), part_first_order);
	with_bytes = count_with_bytes(&m);
	m.row = parts[0];
	for (size_t i = 0; i < count && !has_bytes(m.row); i++) {
		m.row = has_bytes(parts[i]) ? parts[i] : m.row;
	}
	rc = merge_users(&m, &users, &user_count);
	if (rc == 0) {
		rc = gather_steps(&m);
	}
	if (rc == 0) {
		rc = merge_knots(&m);
	}
	if (rc == 0) {
		rc = merge_seqs(&m);
	}
	if (rc == 0) {
		merge_sums(&m);
		m.row->s.users = users;
		m.row->s.user_count = m.row->s.user_cap = user_count;
		rc = merge_turns(&m, with_bytes);
	}
	for (size_t i = 0; i < count; i++) {
		parts[i]->merged = parts[i] != m.row ? m.row : NULL;
	}
	free(m.user_map);
	free(m.steps);
	free(m.turns);
	return rc;
}
