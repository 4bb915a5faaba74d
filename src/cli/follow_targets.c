/*
 * follow_targets.c - from what the user names to conversations: descriptors of processes, Community IDs, rows of table
 * http, or everything that passed the filter. Main thread, after the first pass.
 */
#include "cli/follow.h"

#include "net/net.h"
#include "state/state.h"
#include "stats/join_cells.h"
#include "stats/passed.h"

static const char *const prefixes[] = { "fd:", "flow:", "http:" };

bool target_is(const char *arg)
{
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (strncmp(arg, prefixes[i], strlen(prefixes[i])) == 0) {
			return true;
		}
	}
	return false;
}

/* Decimal digits up to stop, nothing else. */
static bool read_number(const char **io_p, char stop, uint64_t max, uint64_t *ret_x)
{
	const char *p = *io_p;
	uint64_t x = 0;

	if (*p < '0' || *p > '9') {
		return false;
	}
	for (; *p >= '0' && *p <= '9'; p++) {
		x = x * 10 + (uint64_t)(*p - '0');
		if (x > max) {
			return false;
		}
	}
	if (*p != stop) {
		return false;
	}
	*io_p = stop != '\0' ? p + 1 : p;
	*ret_x = x;
	return true;
}

int target_parse(const char *arg, struct target *ret_t, struct err *e)
{
	struct target t = { .kind = TARGET_FLOW };
	const char *p = strchr(arg, ':') + 1;
	uint64_t pid, fd;

	if (arg[1] == 'd') {
		t.kind = TARGET_FD;
		if (!read_number(&p, ':', INT64_MAX / 16, &pid) || !read_number(&p, '\0', INT32_MAX, &fd)) {
			return err_set(e, ERR_USAGE, "'%s': a descriptor is named fd:PID:FD, as in fd:912:7", arg);
		}
		t.pid = (int64_t)pid;
		t.fd = (int32_t)fd;
	} else if (arg[0] == 'h') {
		t.kind = TARGET_HTTP;
		if (!read_number(&p, '\0', UINT32_MAX, &t.row) || t.row == 0) {
			return err_set(e, ERR_USAGE,
				       "'%s': a transaction is named http:N, its row in table http from 1", arg);
		}
	} else if (strlen(p) != COMMUNITY_ID_BYTES - 1 || strncmp(p, "1:", 2) != 0) {
		return err_set(e, ERR_USAGE,
			       "'%s': a flow is named flow:COMMUNITY_ID, as in flow:1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
			       arg);
	}
	t.id = p;
	*ret_t = t;
	return 0;
}

/* ---- choosing -------------------------------------------------------------------------------------------- */

static struct follow_item whole(uint32_t talk)
{
	return (struct follow_item){ .talk = talk, .end = { UINT64_MAX, UINT64_MAX } };
}

static int add_item(struct follow *f, const struct follow_item *it)
{
	for (size_t i = 0; it->http == NULL && i < f->item_count; i++) {
		if (f->items[i].talk == it->talk && f->items[i].http == NULL) {
			return 0;
		}
	}
	if (f->item_count == f->item_cap) {
		size_t cap = f->item_cap == 0 ? 16 : f->item_cap * 2;
		struct follow_item *grown = realloc(f->items, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		f->items = grown;
		f->item_cap = cap;
	}
	f->items[f->item_count++] = *it;
	return 0;
}

static int add_flow(struct follow *f, const struct flow *flow)
{
	struct follow_item it;
	uint32_t talk;
	int rc = content_add_flow(f->content, f->join, flow, &talk);

	it = whole(talk);
	return rc == 0 ? add_item(f, &it) : rc;
}

static int add_sock(struct follow *f, const struct sock *s)
{
	struct follow_item it;
	uint32_t talk;
	int rc = content_add_sock(f->content, f->join, s, &talk);

	it = whole(talk);
	return rc == 0 ? add_item(f, &it) : rc;
}

static const struct section *section_at(const struct follow *f, uint32_t *io_source, uint32_t *io_section)
{
	uint32_t count;
	struct source *const *sources = engine_sources(f->run->engine, &count);

	while (*io_source < count && *io_section >= sources[*io_source]->section_count) {
		++*io_source;
		*io_section = 0;
	}
	return *io_source < count ? sources[*io_source]->sections[(*io_section)++] : NULL;
}

static bool of_process(const struct sock *s, uint32_t process, int64_t pid)
{
	const struct state *st = s->section->state;

	return st != NULL && process < state_process_count(st) && state_process(st, process)->pid == pid;
}

static bool is_fd(const struct sock *s, const struct target *t)
{
	bool mine = of_process(s, s->process, t->pid);

	for (uint32_t i = 0; !mine && i < s->user_count; i++) {
		mine = of_process(s, s->users[i].process, t->pid);
	}
	return mine && s->fd_num == t->fd;
}

static int choose_fd(struct follow *f, struct target *t)
{
	uint32_t source = 0, section = 0;
	const struct section *sec;
	int rc = 0;

	while (rc == 0 && (sec = section_at(f, &source, &section)) != NULL) {
		size_t count = 0;
		struct sock *const *socks = sec->socks != NULL ? socks_list(sec->socks, &count) : NULL;

		for (size_t i = 0; i < count && rc == 0; i++) {
			if (is_fd(socks[i], t)) {
				t->found = true;
				rc = add_sock(f, socks[i]);
			}
		}
	}
	return rc;
}

static int choose_flow(struct follow *f, struct target *t)
{
	uint32_t source = 0, section = 0;
	const struct section *sec;
	int rc = 0;

	while (rc == 0 && (sec = section_at(f, &source, &section)) != NULL) {
		size_t count = 0;
		const struct flow *const *flows = sec->net != NULL ? net_flows(sec->net, &count) : NULL;

		for (size_t i = 0; i < count && rc == 0; i++) {
			char id[COMMUNITY_ID_BYTES];

			community_id(&flows[i]->key, 0, id);
			if (strcmp(id, t->id) == 0) {
				t->found = true;
				rc = add_flow(f, flows[i]);
			}
		}
	}
	return rc;
}

/* The conversation and the two messages in it. */
static int add_http(struct follow *f, const struct http_ref *r, uint64_t row)
{
	const struct http_joined *j = r->joined;
	const struct exchange *ex = j == NULL ? NULL : j->server != NULL ? j->server : j->client;
	const struct http_tx *x = r->packets;
	struct follow_item it = { .http_row = row };
	uint32_t talk;
	int rc;

	if (x == NULL) {
		x = j->calls[0] != NULL ? j->calls[0] : j->calls[1];
		ex = j->calls[0] != NULL && j->server != NULL ? j->server : ex;
	}
	rc = r->packets != NULL ? content_add_flow(f->content, f->join, x->flow, &talk)
				: content_add_sock(f->content, f->join, ex->sock, &talk);
	if (rc != 0) {
		return rc;
	}
	it.talk = talk;
	it.http = x;
	/* Directions are the flow's: who began the conversation need not be who asks. */
	for (unsigned int dir = 0; dir < 2; dir++) {
		bool asks = r->packets == NULL || x->flow->client == x->client ? dir == 0 : dir == 1;
		const struct http_message *m = asks ? &x->request : &x->response;

		it.message[dir] = (x->flags & (asks ? HTTP_REQUEST : HTTP_RESPONSE)) != 0;
		it.start[dir] = m->start;
		it.end[dir] = it.message[dir] ? m->end : m->start;
	}
	return add_item(f, &it);
}

static int choose_http(struct follow *f)
{
	struct tap_input in;
	struct http_ref *refs;
	size_t count;
	int rc;

	memset(&in, 0, sizeof(in));
	in.sources = engine_sources(f->run->engine, &in.source_count);
	in.join = f->join;
	rc = http_refs_new(&in, &refs, &count);
	for (size_t i = 0; i < f->target_count && rc == 0; i++) {
		struct target *t = &f->targets[i];

		if (t->kind == TARGET_HTTP && t->row <= count) {
			t->found = true;
			rc = add_http(f, &refs[t->row - 1], t->row);
		}
	}
	if (rc != ERR_NOMEM) {
		free(refs);
	}
	return rc;
}

static int choose_passed(struct follow *f)
{
	uint32_t source = 0, section = 0;
	const struct section *sec;
	int rc = 0;

	while (rc == 0 && (sec = section_at(f, &source, &section)) != NULL) {
		size_t flow_count = 0, sock_count = 0;
		const struct flow *const *flows = sec->net != NULL ? net_flows(sec->net, &flow_count) : NULL;
		struct sock *const *socks = sec->socks != NULL ? socks_list(sec->socks, &sock_count) : NULL;

		for (size_t i = 0; i < flow_count && rc == 0; i++) {
			if (sec->passed_packets.words != NULL && flow_passes(flows[i])) {
				rc = add_flow(f, flows[i]);
			}
		}
		for (size_t i = 0; i < sock_count && rc == 0; i++) {
			if (sec->passed_events.words != NULL && socks[i]->bytes[0] + socks[i]->bytes[1] > 0 &&
			    sock_passes(socks[i])) {
				rc = add_sock(f, socks[i]);
			}
		}
	}
	return rc;
}

int follow_choose(struct follow *f, struct err *e)
{
	bool any_http = false;
	int rc = 0;

	for (size_t i = 0; i < f->target_count && rc == 0; i++) {
		struct target *t = &f->targets[i];

		any_http = any_http || t->kind == TARGET_HTTP;
		if (t->kind == TARGET_FD) {
			rc = choose_fd(f, t);
		} else if (t->kind == TARGET_FLOW) {
			rc = choose_flow(f, t);
		}
	}
	if (rc == 0 && any_http) {
		rc = choose_http(f);
	}
	if (rc == 0 && f->target_count == 0) {
		rc = choose_passed(f);
	}
	if (rc == ERR_LIMIT) {
		return err_set(e, ERR_LIMIT,
			       "more conversations, or longer ones, than follow keeps at once: name fewer");
	}
	return rc == ERR_NOMEM ? err_nomem(e, "the conversations") : rc;
}
