/*
 * mkjoin.c - see mkjoin.h: the clock, threads and files of the recorded host, and the two captures. Blocks are built
 * when something happens and put in order of time at the end.
 */
#include "mkjoin_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	EV_GENERIC = 1, EV_CLOSE = 5, EV_READ = 7, EV_FUTEX = 65, EV_EPOLL_WAIT = 79, EV_EXIT = 186, EV_CLONE = 223, EV_OPENAT = 307,
};
enum { CLOCK_NANOSLEEP_CODE = 178, CLOCK_NANOSLEEP_NATIVE = 230 };

#define TEXT_BYTES ((size_t)1 << 30)
#define TIME_AT 10	/* in an event block */

void mkjoin_need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "mkjoin: %s\n", what);
		abort();
	}
}

void *mkjoin_grow(void *rows, size_t *io_count, size_t *io_cap, size_t size)
{
	if (*io_count == *io_cap) {
		*io_cap = *io_cap == 0 ? 16 : 2 * *io_cap;
		rows = realloc(rows, *io_cap * size);
		mkjoin_need(rows != NULL, "out of memory");
	}
	memset((char *)rows + *io_count * size, 0, size);
	++*io_count;
	return rows;
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= UINT64_C(0x7FB5D329728EA185);
	x ^= x >> 27;
	x *= UINT64_C(0x81DADEF4BC2DD44D);
	return x ^ x >> 33;
}

uint64_t mkjoin_draw(struct mkjoin *j, uint64_t n)
{
	j->draw += UINT64_C(0x9E3779B97F4A7C15);
	return mix(j->draw) % n;
}

uint64_t mkjoin_draw_for(const struct mkjoin *j, uint64_t i, uint64_t n)
{
	return mix(mix(j->knobs.seed + 1) + i * UINT64_C(0x9E3779B97F4A7C15)) % n;
}

void mkjoin_init(struct mkjoin *j, const struct mkjoin_knobs *knobs)
{
	memset(j, 0, sizeof(*j));
	if (knobs != NULL) {
		j->knobs = *knobs;
	}
	mkcap_init(&j->calls, false);
	mkcap_init(&j->packets, false);
	mkcap_init(&j->parts, false);
	mkcap_init(&j->frames, false);
	buf_init(&j->text, TEXT_BYTES);
	j->now = MKJOIN_START_NS;
	j->draw = mix(j->knobs.seed + 77);
	j->calls_until_ns = UINT64_MAX;
	j->packets_until_ns = UINT64_MAX;
	j->kernel = UINT64_C(0xFFFF888100000000);
	if (j->knobs.latency_ns == 0) {
		j->knobs.latency_ns = 30000;
	}
}

void mkjoin_release(struct mkjoin *j)
{
	for (size_t i = 0; i < j->conn_count; i++) {
		for (unsigned int side = 0; side < 2; side++) {
			buf_release(&j->conn[i].stream[side]);
			free(j->conn[i].arrivals[side].rows);
		}
	}
	free(j->call);
	free(j->packet);
	free(j->task);
	free(j->conn);
	free(j->turn);
	free(j->fd);
	free(j->block);
	mkcap_release(&j->calls);
	mkcap_release(&j->packets);
	mkcap_release(&j->parts);
	mkcap_release(&j->frames);
	buf_release(&j->text);
	memset(j, 0, sizeof(*j));
}

void mkjoin_pass(struct mkjoin *j, uint64_t ns)
{
	j->now += ns;
}

/* ---- threads ------------------------------------------------------------------------------------ */

static uint32_t add_task(struct mkjoin *j, int64_t tid, int64_t pid, int64_t ptid, const char *comm)
{
	struct mkjoin_task *t;

	j->task = mkjoin_grow(j->task, &j->task_count, &j->task_cap, sizeof(*j->task));
	t = &j->task[j->task_count - 1];
	t->tid = tid;
	t->pid = pid;
	t->ptid = ptid;
	t->leader = (uint32_t)(j->task_count - 1);
	snprintf(t->comm, sizeof(t->comm), "%s", comm);
	return t->leader;
}

uint32_t mkjoin_process(struct mkjoin *j, int64_t pid, const char *comm)
{
	return add_task(j, pid, pid, 1, comm);
}

uint32_t mkjoin_thread(struct mkjoin *j, uint32_t leader, int64_t tid)
{
	uint32_t t = add_task(j, tid, j->task[leader].pid, 1, j->task[leader].comm);

	j->task[t].leader = leader;
	return t;
}

uint64_t mkjoin_moment(struct mkjoin *j, uint32_t task)
{
	uint64_t begin = j->now + 300 + mkjoin_draw(j, 1200);

	if (task != MKJOIN_NONE) {
		begin = max_u64(begin, j->task[task].last_ns + 200);
	}
	return begin;
}

uint32_t mkjoin_call(struct mkjoin *j, uint32_t task, uint8_t what, uint16_t type, uint64_t begin_ns, uint64_t end_ns)
{
	struct mkjoin_call *c;

	mkjoin_need(end_ns > begin_ns, "a call ends after its begin");
	j->now = max_u64(j->now, end_ns);
	if (task == MKJOIN_NONE) {
		return MKJOIN_NONE;
	}
	mkjoin_need(begin_ns > j->task[task].last_ns, "a thread is in one call at a time");
	j->task[task].last_ns = end_ns;
	j->call = mkjoin_grow(j->call, &j->call_count, &j->call_cap, sizeof(*j->call));
	c = &j->call[j->call_count - 1];
	c->task = task;
	c->what = what;
	c->type = type;
	c->begin_ns = begin_ns;
	c->end_ns = end_ns;
	c->conn = MKJOIN_NONE;
	c->fd = -1;
	return (uint32_t)(j->call_count - 1);
}

void mkjoin_block(struct mkjoin *j, uint8_t what, size_t at, uint64_t ns, uint32_t owner)
{
	const struct buf *from = what == BLOCK_IS_PACKET ? &j->frames.out : &j->parts.out;
	struct mkjoin_block *b;

	j->block = mkjoin_grow(j->block, &j->block_count, &j->block_cap, sizeof(*j->block));
	b = &j->block[j->block_count - 1];
	b->ns = ns;
	b->order = j->block_count;
	b->at = at;
	b->len = from->len - at;
	b->owner = owner;
	b->what = what;
}

uint32_t mkjoin_fork(struct mkjoin *j, uint32_t task, int64_t pid)
{
	uint32_t leader = j->task[task].leader;
	uint64_t begin = mkjoin_moment(j, task);
	uint32_t child = add_task(j, pid, pid, j->task[task].pid, j->task[task].comm);
	const struct mkjoin_task *parent = &j->task[task];
	size_t fds = j->fd_count;
	size_t at = j->parts.out.len;
	uint32_t call;

	mkjoin_need(task == leader, "the first thread of a process forks");
	j->task[child].start_ns = begin + 60000;
	for (size_t i = 0; i < fds; i++) {
		if (j->fd[i].leader == leader && j->fd[i].close_ns == 0) {
			j->fd = mkjoin_grow(j->fd, &j->fd_count, &j->fd_cap, sizeof(*j->fd));
			j->fd[j->fd_count - 1] = j->fd[i];
			j->fd[j->fd_count - 1].leader = child;
			j->fd[j->fd_count - 1].open_ns = begin + 60000;
		}
	}
	call = mkjoin_call(j, task, MKJOIN_OTHER, EV_CLONE, begin, begin + 60000);
	mkcap_clone_parent(&j->parts, begin + 60000, parent->tid, pid, parent->comm, 0);
	mkjoin_block(j, BLOCK_IS_EVENT, at, begin + 60000, call);
	at = j->parts.out.len;
	call = mkjoin_call(j, child, MKJOIN_OTHER, EV_CLONE, begin + 70000, begin + 75000);
	mkcap_clone_child(&j->parts, begin + 75000, pid, pid, j->task[task].pid, j->task[task].comm, 0);
	mkjoin_block(j, BLOCK_IS_EVENT, at, begin + 75000, call);
	return child;
}

void mkjoin_exit(struct mkjoin *j, uint32_t task)
{
	uint64_t begin = mkjoin_moment(j, task);
	size_t at = j->parts.out.len;
	uint32_t call = mkjoin_call(j, task, MKJOIN_OTHER, EV_EXIT, begin, begin + 2000);

	j->task[task].exit_ns = begin + 2000;
	mkcap_procexit(&j->parts, begin + 2000, j->task[task].tid, 0);
	mkjoin_block(j, BLOCK_IS_EVENT, at, begin + 2000, call);
}

/* ---- windows ------------------------------------------------------------------------------------ */

void mkjoin_begin_calls(struct mkjoin *j)
{
	mkjoin_pass(j, 1000);
	j->calls_from_ns = j->now;
}

void mkjoin_begin_packets(struct mkjoin *j)
{
	mkjoin_pass(j, 1000);
	j->packets_from_ns = j->now;
}

void mkjoin_end_calls(struct mkjoin *j)
{
	mkjoin_pass(j, 1000);
	j->calls_until_ns = j->now;
}

void mkjoin_end_packets(struct mkjoin *j)
{
	mkjoin_pass(j, 1000);
	j->packets_until_ns = j->now;
}

/* ---- fds ---------------------------------------------------------------------------------------- */

struct mkjoin_fd *mkjoin_fd_open(struct mkjoin *j, uint32_t task, uint8_t type, uint64_t ns)
{
	uint32_t leader = j->task[task].leader;
	struct mkjoin_fd *f;
	int32_t fd = 3;

	for (size_t i = 0; i < j->fd_count; i++) {
		if (j->fd[i].leader == leader && j->fd[i].close_ns == 0 && j->fd[i].fd == fd) {
			fd++;
			i = (size_t)-1;
		}
	}
	j->fd = mkjoin_grow(j->fd, &j->fd_count, &j->fd_cap, sizeof(*j->fd));
	f = &j->fd[j->fd_count - 1];
	f->leader = leader;
	f->fd = fd;
	f->type = type;
	f->conn = MKJOIN_NONE;
	f->open_ns = ns;
	return f;
}

struct mkjoin_fd *mkjoin_fd_of(struct mkjoin *j, uint32_t task, uint32_t conn, unsigned int end)
{
	for (size_t i = 0; i < j->fd_count; i++) {
		struct mkjoin_fd *f = &j->fd[i];

		if (f->leader == j->task[task].leader && f->close_ns == 0 && f->conn == conn && f->end == end) {
			return f;
		}
	}
	mkjoin_need(false, "the process has not got this socket open");
	return NULL;
}

struct mkjoin_fd *mkjoin_fd_bound(struct mkjoin *j, uint32_t task, uint16_t port, const char *path)
{
	for (size_t i = 0; i < j->fd_count; i++) {
		struct mkjoin_fd *f = &j->fd[i];

		if (f->leader == j->task[task].leader && f->close_ns == 0 && f->conn == MKJOIN_NONE &&
		    f->port == port && (path == NULL) == (f->path == NULL) &&
		    (path == NULL || strcmp(path, f->path) == 0)) {
			return f;
		}
	}
	mkjoin_need(false, "the process has no such socket bound");
	return NULL;
}

unsigned int mkjoin_fd_users(const struct mkjoin *j, uint32_t conn, unsigned int end)
{
	unsigned int n = 0;

	for (size_t i = 0; i < j->fd_count; i++) {
		n += j->fd[i].close_ns == 0 && j->fd[i].conn == conn && j->fd[i].end == end;
	}
	return n;
}

/* ---- calls that have nothing to do with sockets ------------------------------------------------------- */

/* Begin and end of a call of about so many nanoseconds. */
static uint64_t span(struct mkjoin *j, uint32_t task, uint64_t ns, uint64_t *ret_end)
{
	uint64_t begin = mkjoin_moment(j, task);

	*ret_end = begin + ns + mkjoin_draw(j, 1 + ns / 2);
	return begin;
}

void mkjoin_file(struct mkjoin *j, uint32_t task, const char *path, size_t n)
{
	int64_t tid = j->task[task].tid;
	struct mkcap *m = &j->parts;
	uint64_t end;
	uint64_t begin = span(j, task, 4000, &end);
	int32_t fd = mkjoin_fd_open(j, task, 16, begin)->fd;
	size_t row = j->fd_count - 1;
	size_t at = m->out.len;
	struct mkcap_io x = { .res = (int64_t)n, .fd = fd, .size = 65536 };

	mkcap_openat(m, end, tid, fd, path, 1);
	mkjoin_block(j, BLOCK_IS_EVENT, at, end, mkjoin_call(j, task, MKJOIN_OTHER, EV_OPENAT, begin, end));
	begin = span(j, task, 2000 + n / 8, &end);
	if (j->knobs.enters) {
		at = m->out.len;
		mkcap_io_enter(m, begin, tid, EV_READ, &x);
		mkjoin_block(j, BLOCK_IS_ENTER, at, begin, (uint32_t)j->call_count);
	}
	at = m->out.len;
	mkcap_io(m, end, tid, EV_READ, &x);
	mkjoin_block(j, BLOCK_IS_EVENT, at, end, mkjoin_call(j, task, MKJOIN_OTHER, EV_READ, begin, end));
	begin = span(j, task, 800, &end);
	at = m->out.len;
	mkcap_close(m, end, tid, 0, fd);
	mkjoin_block(j, BLOCK_IS_EVENT, at, end, mkjoin_call(j, task, MKJOIN_OTHER, EV_CLOSE, begin, end));
	j->fd[row].close_ns = end;
}

void mkjoin_sleep(struct mkjoin *j, uint32_t task, uint64_t ns)
{
	uint64_t begin = mkjoin_moment(j, task);
	uint64_t end = begin + ns + mkjoin_draw(j, 60000);
	size_t at = j->parts.out.len;

	mkcap_generic(&j->parts, end, j->task[task].tid, CLOCK_NANOSLEEP_CODE, CLOCK_NANOSLEEP_NATIVE);
	mkjoin_block(j, BLOCK_IS_EVENT, at, end, mkjoin_call(j, task, MKJOIN_OTHER, EV_GENERIC, begin, end));
}

void mkjoin_lock(struct mkjoin *j, uint32_t task, uint64_t ns)
{
	uint64_t begin = mkjoin_moment(j, task);
	uint64_t end = begin + ns;
	size_t at = j->parts.out.len;

	if (j->knobs.enters) {
		mkcap_futex_enter(&j->parts, begin, j->task[task].tid, 0x7F0000001000);
		mkjoin_block(j, BLOCK_IS_ENTER, at, begin, (uint32_t)j->call_count);
		at = j->parts.out.len;
	}
	mkcap_futex(&j->parts, end, j->task[task].tid, 0, 0x7F0000001000);
	mkjoin_block(j, BLOCK_IS_EVENT, at, end, mkjoin_call(j, task, MKJOIN_OTHER, EV_FUTEX, begin, end));
}

void mkjoin_epoll(struct mkjoin *j, uint32_t task, int64_t ready)
{
	uint64_t begin = max_u64(j->task[task].last_ns, j->now > 2000 ? j->now - 2000 : 0) + 200;
	uint64_t end = max_u64(j->now, begin) + 500 + mkjoin_draw(j, 1000);
	size_t at = j->parts.out.len;

	if (j->knobs.enters) {
		mkcap_epoll_wait_enter(&j->parts, begin, j->task[task].tid);
		mkjoin_block(j, BLOCK_IS_ENTER, at, begin, (uint32_t)j->call_count);
		at = j->parts.out.len;
	}
	mkcap_epoll_wait(&j->parts, end, j->task[task].tid, ready);
	mkjoin_block(j, BLOCK_IS_EVENT, at, end, mkjoin_call(j, task, MKJOIN_OTHER, EV_EPOLL_WAIT, begin, end));
}

/* ---- the captures ------------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b)
{
	const struct mkjoin_block *x = a;
	const struct mkjoin_block *y = b;

	if (x->ns != y->ns) {
		return x->ns < y->ns ? -1 : 1;
	}
	return (x->order > y->order) - (x->order < y->order);
}

static bool captured(const struct mkjoin *j, const struct mkjoin_block *b)
{
	const struct mkjoin_knobs *k = &j->knobs;
	uint64_t ns;

	if (b->what != BLOCK_IS_PACKET) {
		return b->ns >= j->calls_from_ns && b->ns < j->calls_until_ns &&
		       mkjoin_recorded(j, j->call[b->owner].task);
	}
	ns = j->packet[b->owner].true_ns;
	return ns >= j->packets_from_ns && ns < j->packets_until_ns &&
	       (k->lose_every == 0 || (b->owner + 1) % k->lose_every != 0) &&
	       mkjoin_draw_for(j, b->owner, 1000) >= k->lose_per_mille;
}

static void write_heads(struct mkjoin *j)
{
	const struct mkjoin_knobs *k = &j->knobs;
	struct mkcap *m = k->one_file ? &j->calls : &j->packets;

	mkcap_section(&j->calls, 2);
	mkjoin_write_lists(j);
	if (!k->one_file) {
		mkcap_section(&j->packets, 0);
	}
	mkcap_idb(m, 1, k->packet_snaplen != 0 ? k->packet_snaplen : 262144,
		  k->digits == 0 || k->digits == 6 ? -1 : k->digits, "eth0");
}

/* The time stands behind type, length and cpu. */
static void put_event(struct mkjoin *j, const struct mkjoin_block *b)
{
	struct buf *out = &j->calls.out;
	size_t at = out->len + TIME_AT;
	uint64_t ns = b->ns + (uint64_t)j->knobs.calls_ahead_ns;

	buf_add(out, j->parts.out.data + b->at, b->len);
	mkcap_patch32(out, at, (uint32_t)ns, false);
	mkcap_patch32(out, at + 4, (uint32_t)(ns >> 32), false);
	j->event_blocks++;
}

static void write_block(struct mkjoin *j, const struct mkjoin_block *b)
{
	if (b->what == BLOCK_IS_PACKET) {
		buf_add(j->knobs.one_file ? &j->calls.out : &j->packets.out, j->frames.out.data + b->at, b->len);
		j->packet[b->owner].num = ++j->packet_blocks;
		return;
	}
	put_event(j, b);
	if (b->what == BLOCK_IS_ENTER) {
		j->call[b->owner].enter_num = j->event_blocks;
	} else {
		j->call[b->owner].num = j->event_blocks;
	}
}

void mkjoin_finish(struct mkjoin *j)
{
	mkjoin_need(!j->parts.out.failed && !j->frames.out.failed, "out of memory");
	qsort(j->block, j->block_count, sizeof(*j->block), by_time);
	write_heads(j);
	for (size_t i = 0; i < j->block_count; i++) {
		if (captured(j, &j->block[i])) {
			write_block(j, &j->block[i]);
		}
	}
	mkjoin_need(!j->calls.out.failed && !j->packets.out.failed, "out of memory");
	mkjoin_truth(j);
}
