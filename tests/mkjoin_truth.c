/*
 * mkjoin_truth.c - see mkjoin.h: the lists at the capture's begin, and what is true of what it holds, once all that
 * was captured has its number.
 */
#include "mkjoin_internal.h"

#include <stdio.h>

uint64_t mkjoin_stamp(const struct mkjoin *j, uint64_t ns)
{
	double since = (double)(int64_t)(ns - MKJOIN_START_NS);

	return ns + (uint64_t)(j->knobs.offset_ns + (int64_t)(since * j->knobs.drift_ppm / 1e6));
}

int64_t mkjoin_offset_at(const struct mkjoin *j, uint64_t ns)
{
	return (int64_t)(mkjoin_stamp(j, ns - (uint64_t)j->knobs.calls_ahead_ns) - ns);
}

/* ---- lists ------------------------------------------------------------------------------------------- */

bool mkjoin_recorded(const struct mkjoin *j, uint32_t task)
{
	bool far = j->task[task].pid >= MKJOIN_FAR_PID;

	return !(far ? j->knobs.only_near : j->knobs.only_far);
}

/* There at the moment when the capture of calls begins. */
static bool there(const struct mkjoin *j, uint64_t from_ns, uint64_t until_ns)
{
	return (from_ns == 0 || from_ns < j->calls_from_ns) && (until_ns == 0 || until_ns > j->calls_from_ns);
}

static void list_process(struct mkjoin *j, const struct mkjoin_task *t)
{
	char path[64];
	struct mkcap_proc p = {
		.tid = t->tid, .pid = t->pid, .ptid = t->ptid, .sid = t->pid, .vpgid = t->pid, .vtid = t->tid, .vpid = t->pid,
		.pgid = t->pid, .comm = t->comm, .exe = t->comm, .exepath = path, .cwd = "/", .root = "/", .fdlimit = 1024,
		.loginuid = UINT32_MAX,
	};

	snprintf(path, sizeof(path), "/usr/sbin/%s", t->comm);
	mkcap_processes(&j->calls, 9, 76, &p, 1);
}

static void list_socket(struct mkjoin *j, const struct mkjoin_fd *f, uint64_t ino)
{
	const struct mkjoin_conn *c = &j->conn[f->conn];
	struct mkcap *m = &j->calls;
	uint8_t l4 = c->kind == MKJOIN_UDP ? 3 : 2;
	struct mkjoin_view v;

	if (c->kind == MKJOIN_UNIX) {
		mkcap_fd_unix(m, f->fd, ino, c->end[f->end].kernel, c->end[1 - f->end].kernel, c->path);
		return;
	}
	mkjoin_view(c, f->end, &v);
	if (strchr(v.own, ':') != NULL) {
		mkcap_fd_ipv6(m, f->fd, ino, v.own, v.own_port, v.peer, v.peer_port, l4);
	} else {
		mkcap_fd_ipv4(m, f->fd, ino, v.own, v.own_port, v.peer, v.peer_port, l4);
	}
}

static void list_fd(struct mkjoin *j, const struct mkjoin_fd *f, uint64_t ino)
{
	struct mkcap *m = &j->calls;
	uint8_t l4 = f->kind == MKJOIN_UDP ? 3 : 2;

	if (f->conn != MKJOIN_NONE) {
		list_socket(j, f, ino);
	} else if (f->path != NULL) {
		mkcap_fd_unix(m, f->fd, ino, UINT64_C(0xFFFF888200000000) + ino, 0, f->path);
	} else if (f->type == 5) {
		mkcap_fd_server4(m, f->fd, ino, f->ip, f->port, l4);
	} else if (f->type == 6) {
		mkcap_fd_server6(m, f->fd, ino, f->ip, f->port, l4);
	}
}

static void list_fds(struct mkjoin *j, uint32_t task)
{
	mkcap_fds_begin(&j->calls, true, j->task[task].tid);
	for (size_t i = 0; i < j->fd_count; i++) {
		const struct mkjoin_fd *f = &j->fd[i];

		if (f->leader == task && there(j, f->open_ns, f->close_ns)) {
			list_fd(j, f, 10000 + i);
		}
	}
	mkcap_fds_end(&j->calls);
}

void mkjoin_write_lists(struct mkjoin *j)
{
	mkcap_machine(&j->calls, "shop", 2, MKJOIN_START_NS - 3600 * NSEC_PER_SEC);
	for (uint32_t i = 0; i < j->task_count; i++) {
		if (mkjoin_recorded(j, i) && there(j, j->task[i].start_ns, j->task[i].exit_ns)) {
			list_process(j, &j->task[i]);
		}
	}
	for (uint32_t i = 0; i < j->task_count; i++) {
		if (mkjoin_recorded(j, i) && there(j, j->task[i].start_ns, j->task[i].exit_ns)) {
			list_fds(j, i);
		}
	}
}

/* ---- what the captures hold ------------------------------------------------------------------------- */

static void count_call(struct mkjoin *j, const struct mkjoin_call *c)
{
	struct mkjoin_end *e;

	if (c->num == 0 || c->conn == MKJOIN_NONE) {
		return;
	}
	e = &j->conn[c->conn].end[c->end];
	e->first_num = e->first_num == 0 ? c->num : min_u64(e->first_num, c->num);
	e->last_num = max_u64(e->last_num, c->num);
	switch (c->what) {
	case MKJOIN_CONNECT:
	case MKJOIN_ACCEPT: e->open_num = c->num; break;
	case MKJOIN_CLOSE: e->close_num = max_u64(e->close_num, c->num); break;
	case MKJOIN_RECEIVE:
	case MKJOIN_SEND:
		e->bytes[c->what == MKJOIN_SEND] += c->len;
		e->calls[c->what == MKJOIN_SEND]++;
		break;
	default: break;
	}
}

static void count_packet(struct mkjoin *j, const struct mkjoin_packet *p)
{
	struct mkjoin_conn *c = &j->conn[p->conn];

	if (p->num == 0) {
		return;
	}
	c->packets++;
	if (c->first_packet == 0 || p->num < c->first_packet) {
		c->first_packet = p->num;
		c->first_ns = p->true_ns;
	}
	if (p->num > c->last_packet) {
		c->last_packet = p->num;
		c->last_ns = p->true_ns;
	}
}

/* The request (0) or response of a turn among the calls of an end. */
static void find_served(const struct mkjoin *j, const struct mkjoin_turn *t, unsigned int end, unsigned int part,
			struct mkjoin_served *s)
{
	uint8_t what = end == part ? MKJOIN_SEND : MKJOIN_RECEIVE;

	for (size_t i = 0; i < j->call_count; i++) {
		const struct mkjoin_call *c = &j->call[i];

		if (c->conn != t->conn || c->end != end || c->what != what || c->num == 0 || t->stop[part] == 0) {
			continue;
		}
		if (c->offset <= t->start[part] && t->start[part] < c->offset + c->len) {
			s->first_num = c->num;
			s->first_begin_ns = c->begin_ns;
			s->first_end_ns = c->end_ns;
			s->first_task = c->task;
		}
		if (c->offset < t->stop[part] && t->stop[part] <= c->offset + c->len) {
			s->last_num = c->num;
			s->last_end_ns = c->end_ns;
			s->last_task = c->task;
		}
	}
}

/* The captured packets that had its first and its last byte first. */
static void find_packets(const struct mkjoin *j, struct mkjoin_turn *t, unsigned int part)
{
	for (size_t i = 0; i < j->packet_count; i++) {
		const struct mkjoin_packet *p = &j->packet[i];

		if (p->conn != t->conn || p->side != part || p->num == 0 || p->len == 0 || t->stop[part] == 0) {
			continue;
		}
		if (t->packet_first[part] == 0 && p->offset <= t->start[part] && t->start[part] < p->offset + p->len) {
			t->packet_first[part] = p->num;
			t->packet_first_ns[part] = p->true_ns;
		}
		if (t->packet_last[part] == 0 && p->offset < t->stop[part] && t->stop[part] <= p->offset + p->len) {
			t->packet_last[part] = p->num;
			t->packet_last_ns[part] = p->true_ns;
		}
	}
}

void mkjoin_truth(struct mkjoin *j)
{
	for (size_t i = 0; i < j->call_count; i++) {
		count_call(j, &j->call[i]);
	}
	for (size_t i = 0; i < j->packet_count; i++) {
		count_packet(j, &j->packet[i]);
	}
	for (size_t i = 0; i < j->turn_count; i++) {
		struct mkjoin_turn *t = &j->turn[i];

		for (unsigned int part = 0; part < 2; part++) {
			find_served(j, t, 0, part, &t->served[0][part]);
			find_served(j, t, 1, part, &t->served[1][part]);
			find_packets(j, t, part);
		}
	}
}

uint64_t mkjoin_calls_between(const struct mkjoin *j, uint32_t task, uint64_t after, uint64_t before)
{
	uint64_t n = 0;

	for (size_t i = 0; i < j->call_count; i++) {
		n += j->call[i].task == task && j->call[i].num > after && j->call[i].num < before;
	}
	return n;
}

bool mkjoin_joinable(const struct mkjoin *j, uint32_t conn)
{
	const struct mkjoin_conn *c = &j->conn[conn];

	return c->packets > 0 && (c->end[0].first_num != 0 || c->end[1].first_num != 0);
}
