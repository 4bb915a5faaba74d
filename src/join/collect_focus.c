/*
 * collect_focus.c - which exchange a thread serves at a moment, and what it waits for meanwhile.
 *
 * Reading a request sets the focus. Any call on a descriptor of a conversation (the server's socket, or a client socket
 * whose last exchange was begun in the focus of another exchange) moves it there. A poll parks it: what the thread does
 * until its next call on a conversation is held back, and counted when that call returns to the same exchange.
 * Accepting, and closing the socket, end it. Answering ends the counting, not the focus: what is begun afterwards still
 * is begun on behalf of the exchange.
 *
 * Durations come from the stamps of the fold: exact, or since the thread's last call ended. These lie end to end, so
 * nothing is counted twice. One thread: the shard's.
 */
#include "join/collect_internal.h"

/* ---- threads --------------------------------------------------------------------------------------------- */

struct server *server_find(struct collector *c, const struct event *ev)
{
	struct server *s = c->last;

	if (s == NULL || s->tid != ev->tid) {
		if (ev->tid == c->absent) {
			return NULL;
		}
		s = (struct server *)map_get(&c->servers, (uint64_t)ev->tid);
		if (s == NULL) {
			c->absent = ev->tid;
			return NULL;
		}
		c->last = s;
	}
	if (UNLIKELY(s->process != ev->thread->process)) {	/* the number was given to another thread */
		memset(s, 0, sizeof(*s));
		s->tid = ev->tid;
		s->process = ev->thread->process;
	}
	return s;
}

static struct server *server_make(struct collector *c)
{
	struct server *s = c->server;

	if (s != NULL) {
		return s;
	}
	s = c->spare;
	if (s != NULL) {
		c->spare = (struct server *)(void *)s->parked;
	} else {
		s = arena_alloc(&c->arena, sizeof(*s));
	}
	if (s == NULL) {
		c->oom = true;
		return NULL;
	}
	memset(s, 0, sizeof(*s));
	s->tid = c->ev->tid;
	s->process = c->ev->thread->process;
	if (map_set(&c->servers, (uint64_t)s->tid, (uintptr_t)s) != 0) {
		c->oom = true;
		return NULL;
	}
	c->last = c->server = s;
	c->absent = -1;
	return s;
}

void focus_exit(struct collector *c)
{
	struct server *s = c->server;

	if (s == NULL) {
		return;
	}
	map_del(&c->servers, (uint64_t)s->tid);
	c->last = NULL;
	c->server = NULL;
	s->parked = (struct turn *)(void *)c->spare;
	c->spare = s;
}

/* ---- counting -------------------------------------------------------------------------------------------- */

static void held_clear(struct held *h)
{
	memset(h, 0, sizeof(*h));
}

static void give_held(struct turn *t, const struct held *h, uint8_t polled)
{
	struct exchange *x = &t->x;

	for (unsigned int i = 0; i < WAIT_KINDS; i++) {
		x->wait_ns[i] += h->wait_ns[i];
		x->wait_calls[i] += h->wait_calls[i];
	}
	x->wait_ns[polled] += h->poll_ns;
	x->wait_calls[polled] += h->polls;
	x->syscalls += h->syscalls;
	x->running_ns += h->running_ns;
	x->flags |= h->bound ? EXCHANGE_BOUND : 0;
}

/* Time of the call that counts for an exchange whose request ended at from_ns. */
static uint64_t call_ns(const struct event *ev, uint64_t from_ns)
{
	uint64_t begin = max_u64(ev->begin_ns, from_ns);

	if ((ev->flags & (EVENT_BEGIN_EXACT | EVENT_BEGIN_BOUND)) == 0 ||
	    (ev->flags & (EVENT_TIME_ZERO | EVENT_FURTHER)) != 0) {
		return 0;
	}
	return ev->ts_ns > begin ? ev->ts_ns - begin : 0;
}

/* Off the CPU outside of calls: before an exact begin; under a bound only where the call is no wait of its own. */
static uint64_t off_ns(const struct collector *c, uint64_t ns, uint8_t wait)
{
	const struct event *ev = c->ev;
	uint64_t out = c->server->out_ns;

	if (out == 0) {
		return 0;
	}
	if ((ev->flags & EVENT_BEGIN_EXACT) != 0) {
		return ev->begin_ns > out ? ev->begin_ns - out : 0;
	}
	return wait == WAIT_OTHER && ev->ts_ns > out ? min_u64(ev->ts_ns - out, ns) : 0;
}

static void add_off(uint64_t *wait_ns, uint32_t *wait_calls, uint64_t ns)
{
	if (ns > 0) {
		wait_ns[WAIT_OFF_CPU] += ns;
		wait_calls[WAIT_OFF_CPU]++;
	}
}

static void add_wait(const struct collector *c, uint64_t *wait_ns, uint32_t *wait_calls, uint64_t ns, uint8_t wait)
{
	uint64_t off = off_ns(c, ns, wait);

	add_off(wait_ns, wait_calls, off);
	wait_ns[wait] += (c->ev->flags & EVENT_BEGIN_EXACT) == 0 ? ns - off : ns;
	wait_calls[wait]++;
}

void focus_count(struct collector *c, uint8_t wait)
{
	struct server *s = c->server;
	bool bound = (c->ev->flags & EVENT_BEGIN_BOUND) != 0;
	struct turn *t;
	uint64_t ns;

	if (s == NULL || (t = s->focus != NULL ? s->focus : s->parked) == NULL || turn_answered(t)) {
		return;
	}
	ns = call_ns(c->ev, t->x.last_ns[0]);
	if (t == s->focus) {
		t->x.syscalls++;
		t->x.flags |= bound ? EXCHANGE_BOUND : 0;
		add_wait(c, t->x.wait_ns, t->x.wait_calls, ns, wait);
	} else {
		s->held.syscalls++;
		s->held.bound |= bound;
		add_wait(c, s->held.wait_ns, s->held.wait_calls, ns, wait);
	}
}

void focus_tick(struct collector *c)
{
	struct server *s = c->server;
	uint64_t ts = c->ev->ts_ns;
	struct turn *t;

	if ((c->ev->flags & EVENT_TIME_ZERO) != 0) {
		return;
	}
	t = s->focus != NULL ? s->focus : s->parked;
	if (t != NULL && !turn_answered(t) && s->out_ns == 0 && s->last_ns != 0 && ts > s->last_ns) {
		uint64_t *running = t == s->focus ? &t->x.running_ns : &s->held.running_ns;

		*running += ts - s->last_ns;
	}
	s->last_ns = ts;
}

void focus_switch(struct collector *c)
{
	c->switches = true;
	if (c->server != NULL) {
		focus_tick(c);
		c->server->out_ns = c->ev->ts_ns;
	}
}

void focus_poll(struct collector *c, bool epoll)
{
	struct server *s = c->server;
	struct turn *t;

	if (s == NULL || (t = s->focus != NULL ? s->focus : s->parked) == NULL) {
		return;
	}
	if (s->focus != NULL) {
		held_clear(&s->held);
		s->parked = s->focus;
		s->focus = NULL;
		s->by_epoll = false;
	}
	s->by_epoll |= epoll;
	if (!turn_answered(t)) {
		s->held.syscalls++;
		s->held.polls++;
		s->held.poll_ns += call_ns(c->ev, t->x.last_ns[0]);
		s->held.bound |= (c->ev->flags & EVENT_BEGIN_BOUND) != 0;
	}
}

/* ---- moving ---------------------------------------------------------------------------------------------- */

static void leave(struct server *s, const struct turn *to)
{
	struct turn *was = s->focus != NULL ? s->focus : s->parked;

	if (was != NULL && was != to && !turn_answered(was)) {
		was->x.flags |= EXCHANGE_SHARED_TIME;
	}
}

void focus_move(struct collector *c, struct turn *t, uint8_t polled)
{
	struct server *s = t != NULL ? server_make(c) : c->server;

	if (s == NULL) {
		return;
	}
	leave(s, t);
	if (s->parked != NULL) {
		if (s->parked == t && !turn_answered(t)) {
			give_held(t, &s->held, polled);
		}
		s->parked = NULL;
		held_clear(&s->held);
	}
	s->focus = t;
	if (s->last_ns == 0) {
		s->last_ns = c->ev->ts_ns;
	}
}

void focus_request(struct collector *c, struct turn *t)
{
	struct exchange *x = &t->x;

	focus_move(c, t, WAIT_POLL);
	memset(x->wait_ns, 0, sizeof(x->wait_ns));
	memset(x->wait_calls, 0, sizeof(x->wait_calls));
	x->syscalls = 0;
	x->running_ns = 0;
	x->flags &= ~(uint32_t)EXCHANGE_SHARED_TIME;
}

struct turn *focus_for(const struct collector *c, const struct part *p)
{
	const struct server *s = c->server;

	if (s == NULL) {
		return NULL;
	}
	if (s->focus != NULL || s->parked == NULL) {
		return s->focus;
	}
	/* A thread that only waited for something goes on; an event loop may have begun something else. */
	if (!s->by_epoll || (p != NULL && p->owner == s->parked)) {
		return s->parked;
	}
	return NULL;
}

void focus_close(struct collector *c, const struct part *p)
{
	struct server *s = c->server;

	if (s == NULL) {
		return;
	}
	if (s->focus != NULL && s->focus->x.sock->fd_id == p->s.fd_id) {
		s->focus = NULL;
	}
	if (s->parked != NULL && s->parked->x.sock->fd_id == p->s.fd_id) {
		s->parked = NULL;
	}
}

/* ---- calls on descriptors -------------------------------------------------------------------------------- */

/* What waiting for a conversation's descriptor is called; own: it is the exchange's own socket. */
static uint8_t wait_of(const struct part *p, bool own)
{
	return own ? WAIT_OTHER : p->s.dns ? WAIT_DNS : WAIT_SOCKET;
}

/* The exchange a call on p works for. */
struct turn *turn_of(const struct part *p)
{
	return serves(p) ? (struct turn *)p->s.last_exchange : p->owner;
}

/* The event's thread calls on p, which moves its focus; the call is counted where it then is. */
void work_on(struct collector *c, struct part *p)
{
	struct turn *t = turn_of(p);
	bool own = serves(p);
	uint8_t wait = call_locks(c->ev) ? WAIT_LOCK : wait_of(p, own);

	/* After an event loop's poll, a socket of nobody is the end of what went on before. */
	if (t != NULL || own || (p->s.kind != SOCK_PIPE_K && c->server != NULL && c->server->focus == NULL &&
				 c->server->by_epoll)) {
		focus_move(c, t, own ? WAIT_POLL : wait);
	}
	focus_count(c, wait);
}

/* The event's thread begins something with p as a client. */
void begin_on(struct collector *c, struct part *p)
{
	p->owner = focus_for(c, p);
	work_on(c, p);
}

static uint8_t wait_of_view(const struct fd_view *fd)
{
	if (fd_is_file(fd)) {
		return WAIT_FILE;
	}
	return fd_is_inet(fd) || fd->type == FD_UNIX || fd->type == FD_FIFO ? WAIT_SOCKET : WAIT_OTHER;
}

/* A call on a descriptor that is no conversation. */
void work_elsewhere(struct collector *c)
{
	if (c->server == NULL) {
		return;
	}
	if (call_locks(c->ev) || c->row->wait == WAIT_LOCK) {
		focus_count(c, WAIT_LOCK);
	} else {
		focus_count(c, c->ev->fd != NULL ? wait_of_view(c->ev->fd) : c->row->wait);
	}
}

/* ---- children -------------------------------------------------------------------------------------------- */

void focus_child(struct collector *c)
{
	struct turn *t = focus_for(c, NULL);
	struct exchange_child *child;

	if (t == NULL || (c->ev->flags & EVENT_HAS_RES) == 0 || c->ev->res <= 0) {
		return;
	}
	if (c->child_count == c->child_cap) {
		size_t cap = c->child_cap == 0 ? 16 : c->child_cap * 2;
		struct exchange_child *grown;

		if (c->child_count >= LIMIT_EXCHANGES) {
			return;
		}
		grown = realloc(c->children, cap * sizeof(*grown));
		if (grown == NULL) {
			c->oom = true;
			return;
		}
		c->children = grown;
		c->child_cap = cap;
	}
	child = &c->children[c->child_count++];
	child->exchange = &t->x;
	child->tid = c->ev->res;
	child->num = c->num;
	child->ts_ns = c->ev->ts_ns;
}
