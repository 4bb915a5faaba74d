/*
 * collect.c - sockets of one section: walks the events of a shard in order and tells parts, turns and focus what each
 * call means for them. See collect_internal.h for the parts, collect_turns.c for exchanges, collect_focus.c for who
 * serves what.
 *
 * Reads stamped events of folded batches; one thread at a time per shard. What it finds is the shard's until
 * socks_freeze.
 */
#include "join/collect_internal.h"

#include "base/hash.h"
#include "base/limits.h"

/* ---- life ------------------------------------------------------------------------------------------------ */

/* Processes are uneven: a shard may have half of all rows, though there are more than two. */
#define SHARE_OF(limit) ((limit) / 2)

static void collector_init(struct collector *c, struct socks *s)
{
	c->socks = s;
	rows_init(&c->parts, sizeof(struct part), SHARE_OF(LIMIT_SOCKS));
	rows_init(&c->turns, sizeof(struct turn), SHARE_OF(LIMIT_EXCHANGES));
	arena_init(&c->arena);
	map_init(&c->files);
	map_init(&c->numbers);
	map_init(&c->peers);
	map_init(&c->servers);
	map_init(&c->rings);
	c->absent = -1;
	c->seed = hash_seed(c);
	knot_room_init(&c->knots, LIMIT_KNOT_BYTES / BATCH_SHARDS);
	sock_feeds_init(&c->feeds, s->section);
}

/* What only collecting needs. */
static void collector_forget(struct collector *c)
{
	map_release(&c->files);
	map_release(&c->numbers);
	map_release(&c->peers);
	map_release(&c->servers);
	c->server = c->last = c->spare = NULL;
}

static void collector_release(struct collector *c)
{
	collector_forget(c);
	knot_room_release(&c->knots);
	sock_feeds_release(&c->feeds);
	map_release(&c->rings);
	rows_release(&c->parts);
	rows_release(&c->turns);
	arena_release(&c->arena);
	free(c->children);
}

int socks_new(struct section *sec, struct socks **ret_s, struct err *e)
{
	struct socks *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		return err_set(e, ERR_NOMEM, "out of memory for the sockets of a section");
	}
	s->section = sec;
	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		collector_init(&s->shards[i], s);
	}
	*ret_s = s;
	return 0;
}

void socks_free(struct socks *s)
{
	if (s == NULL) {
		return;
	}
	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		collector_release(&s->shards[i]);
	}
	free(s->list);
	free(s->exchanges);
	free(s->children);
	free(s);
}

/* ---- other calls ----------------------------------------------------------------------------------------- */

/* Does the process have the open file under two numbers from now on? */
static bool makes_second(const struct event *ev)
{
	uint8_t cmd;

	switch (ev->type) {
	case EV_SYSCALL_DUP_1_X:
	case EV_SYSCALL_DUP2_X:
	case EV_SYSCALL_DUP3_X:
		return call_ok(ev);
	case EV_SYSCALL_FCNTL_X:
		return call_ok(ev) && event_u8(ev, 2, &cmd) &&
		       (cmd == PPM_FCNTL_F_DUPFD || cmd == PPM_FCNTL_F_DUPFD_CLOEXEC);
	default:
		return false;
	}
}

static void any_fd(struct collector *c)
{
	struct part *p = view_collected(c->ev->fd) ? part_of(c, false) : NULL;

	if (p == NULL) {
		work_elsewhere(c);
		return;
	}
	p->duplicated |= makes_second(c->ev);
	part_settle(c, p);
	work_on(c, p);
}

static void ring(struct collector *c)
{
	uint64_t process = (uint64_t)c->ev->thread->process + 1;

	if (call_ok(c->ev) && map_get(&c->rings, process) == 0 && map_set(&c->rings, process, (uintptr_t)c->num) != 0) {
		c->oom = true;
	}
	focus_count(c, WAIT_OTHER);
}

static void generic(struct collector *c)
{
	struct generic_row row;
	struct param id;

	if (c->server == NULL) {
		return;
	}
	id = event_param(c->ev, 0);
	row = call_generic(id.len >= 2 ? load_le16(id.p) : SC_UNKNOWN);
	switch (row.action) {
	case CALL_POLL: focus_poll(c, false); break;
	case CALL_EPOLL: focus_poll(c, true); break;
	default: focus_count(c, row.wait); break;
	}
}

static void act(struct collector *c)
{
	switch (c->action) {
	case CALL_READ: call_transfer(c, 0); break;
	case CALL_WRITE: call_transfer(c, 1); break;
	case CALL_SPLICE: call_splice(c); break;
	case CALL_SOCKET: call_socket(c); break;
	case CALL_BIND: call_bind(c); break;
	case CALL_CONNECT: call_connect(c); break;
	case CALL_ACCEPT: call_accept(c); break;
	case CALL_SHUTDOWN: call_shutdown(c); break;
	case CALL_CLOSE: call_close(c); break;
	case CALL_POLL: focus_poll(c, false); break;
	case CALL_EPOLL: focus_poll(c, true); break;
	case CALL_FD: any_fd(c); break;
	case CALL_RING: ring(c); break;
	case CALL_GENERIC: generic(c); break;
	case CALL_CLONE:
		focus_count(c, WAIT_OTHER);
		focus_child(c);
		break;
	case CALL_IGNORED: focus_count(c, WAIT_OTHER); break;
	default: focus_count(c, c->row->wait); break;
	}
}

/* ---- the walk -------------------------------------------------------------------------------------------- */

static void collect_event(struct collector *c, const struct event *ev, uint64_t num)
{
	const struct call_row *row = &call_rows[ev->type];
	uint8_t action = row->action;

	if (UNLIKELY(action == CALL_DROP)) {
		c->drops += c->drops < UINT32_MAX ? 1 : 0;
		return;
	}
	c->server = server_find(c, ev);
	if (c->server == NULL && (action <= CALL_PLAIN || action == CALL_GENERIC || action == CALL_EXIT)) {
		return;
	}
	c->ev = ev;
	c->row = row;
	c->action = action;
	c->num = num;
	if (UNLIKELY(action == CALL_SWITCH)) {
		focus_switch(c);
		return;
	}
	if (c->server != NULL) {
		focus_tick(c);
	}
	if (action == CALL_EXIT) {
		focus_exit(c);
		return;
	}
	act(c);
	if (c->server != NULL) {
		c->server->out_ns = 0;
	}
}

int socks_collect(struct socks *s, unsigned int shard, const struct batch *b)
{
	struct collector *c = &s->shards[shard];

	c->batch = b;
	for (uint32_t i = b->event_shard_start[shard]; i < b->event_shard_start[shard + 1]; i++) {
		uint32_t at = b->shard_events[i];

		collect_event(c, &b->events[at], b->first_raw_num + at);
	}
	return c->oom ? ERR_NOMEM : 0;
}

/* ---- the end --------------------------------------------------------------------------------------------- */

/* Its close, if nothing came after it, and what that means. */
static void finish_part(struct collector *c, struct part *p)
{
	const struct part *closed = p->first;
	bool is_closed = closed->close_num > p->last_num;

	if ((is_closed ? closed->close_drops : c->drops) > p->drops) {
		p->s.flags |= SOCK_DROPS;
	}
	if (is_closed) {
		p->close_num = closed->close_num;
		p->close_ns = closed->close_ns;
		p->close_begin_ns = closed->close_begin_ns;
		p->close_exact = closed->close_exact;
	} else {
		p->close_num = 0;
	}
}

int socks_finish(struct socks *s, unsigned int shard)
{
	struct collector *c = &s->shards[shard];

	for (size_t i = c->parts.count; i > 0; i--) {	/* heads of lists come last: they have the close */
		finish_part(c, rows_at(&c->parts, i - 1));
	}
	collector_forget(c);
	if (sock_feeds_finish(&c->feeds) != 0) {
		c->oom = true;
	}
	return c->oom ? ERR_NOMEM : 0;
}

struct sock *const *socks_list(const struct socks *s, size_t *ret_count)
{
	*ret_count = s->count;
	return s->list;
}

struct exchange *const *socks_exchanges(const struct socks *s, size_t *ret_count)
{
	*ret_count = s->exchange_count;
	return s->exchanges;
}

const struct exchange_child *socks_children(const struct socks *s, size_t *ret_count)
{
	*ret_count = s->child_count;
	return s->children;
}
