/*
 * follow_write.c - one conversation, or one exchange of it, as text, hex, raw bytes or JSON. Main thread.
 */
#include "cli/follow.h"

#include "base/encode.h"
#include "base/escape.h"
#include "cli/colour.h"
#include "cli/json.h"
#include "cli/print_hex.h"
#include "events/addr.h"
#include "net/net.h"
#include "state/state.h"

/* The text of one item is handed on in parts of about this size. */
#define WRITE_BYTES (256u << 10)

/* Both directions of an item on their way out. */
struct view {
	struct content_piece *pieces[2];	/* own */
	size_t count[2], at[2];
	bool shown[2];
};

static const char *const arrows[2] = { "\xe2\x86\x92", "\xe2\x86\x90" };	/* from the client, from the server */
static const enum colour colours[2] = { COLOUR_BAD, COLOUR_PACKET };
static const char *const sides[2] = { "client", "server" };

static int load(struct follow *f, const struct follow_item *it, struct view *v)
{
	int rc = 0;

	memset(v, 0, sizeof(*v));
	for (unsigned int dir = 0; dir < 2 && rc == 0; dir++) {
		bool asks = it->http == NULL || it->http->flow == NULL || it->http->flow->client == it->http->client
				    ? dir == 0
				    : dir == 1;

		v->shown[dir] = f->options->follow_side != (dir == 0 ? FOLLOW_SERVER : FOLLOW_CLIENT);
		if (!v->shown[dir]) {
			continue;
		}
		rc = content_direction(f->content, it->talk, dir, &v->pieces[dir], &v->count[dir]);
		if (rc != 0) {
			break;
		}
		v->count[dir] = follow_slice(v->pieces[dir], v->count[dir], it->start[dir], it->end[dir]);
		if (f->options->body && it->http != NULL && v->count[dir] > 0 &&
		    !follow_body(it->http, asks, &v->pieces[dir], &v->count[dir])) {
			f->failed_body = true;
		}
	}
	return rc;
}

static void release(struct view *v)
{
	free(v->pieces[0]);
	free(v->pieces[1]);
}

/* The next piece by time; of two at the same time the client's. NULL: the end. */
static const struct content_piece *next_piece(struct view *v, unsigned int *ret_dir)
{
	const struct content_piece *head[2];
	unsigned int dir;

	for (dir = 0; dir < 2; dir++) {
		head[dir] = v->at[dir] < v->count[dir] ? &v->pieces[dir][v->at[dir]] : NULL;
	}
	if (head[0] == NULL && head[1] == NULL) {
		return NULL;
	}
	dir = head[0] == NULL || (head[1] != NULL && head[1]->ts_ns < head[0]->ts_ns);
	v->at[dir]++;
	*ret_dir = dir;
	return head[dir];
}

/* ---- who talks ------------------------------------------------------------------------------------------- */

static void add_process(struct buf *out, const struct sock *s)
{
	const struct state *st = s != NULL ? s->section->state : NULL;
	const struct process *p =
		st != NULL && s->process < state_process_count(st) ? state_process(st, s->process) : NULL;

	if (p == NULL) {
		return;
	}
	buf_adds(out, " (");
	escape_terminal(out, p->comm->s, p->comm->len);
	buf_printf(out, " pid=%lld fd=%d)", (long long)p->pid, s->fd_num);
}

static void add_address(struct buf *out, const struct content_talk *t, unsigned int side)
{
	const struct sock *s = t->sock[side] != NULL ? t->sock[side] : t->sock[!side];
	const struct flow_key *key = t->flow != NULL ? &t->flow->key : &s->key;
	unsigned int end = t->flow != NULL ? (side == 0 ? t->flow->client : !t->flow->client) :
					     (t->sock[side] != NULL ? s->local : !s->local);

	if (t->flow == NULL && s->kind != SOCK_TCP_K && s->kind != SOCK_UDP_K) {
		if (s->path[0] != '\0') {
			escape_terminal(out, s->path, strlen(s->path));
		} else {
			buf_adds(out, "-");
		}
	} else {
		bool v4 = addr_is_mapped(key->addr[end]);

		addr_add_endpoint(out, !v4, key->addr[end] + (v4 ? 12 : 0), key->port[end]);
	}
}

static const char *kind_name(const struct content_talk *t)
{
	static const char *const names[] = {
		[SOCK_TCP_K] = "tcp", [SOCK_UDP_K] = "udp", [SOCK_UNIX_K] = "unix", [SOCK_PIPE_K] = "pipe"
	};
	const struct sock *s = t->sock[0] != NULL ? t->sock[0] : t->sock[1];

	if (t->flow != NULL) {
		return t->flow->key.ip_proto == IP_TCP ? "tcp" : t->flow->key.ip_proto == IP_UDP ? "udp" : "ip";
	}
	return s->kind < ARRAY_LEN(names) && names[s->kind] != NULL ? names[s->kind] : "socket";
}

static void add_title(struct buf *out, const struct content_talk *t, const struct follow_item *it, size_t ordinal)
{
	char id[COMMUNITY_ID_BYTES];

	buf_printf(out, "=== %zu: %s ", ordinal, kind_name(t));
	add_address(out, t, 0);
	add_process(out, t->sock[0]);
	buf_printf(out, " %s ", arrows[0]);
	add_address(out, t, 1);
	add_process(out, t->sock[1]);
	if (t->flow != NULL) {
		community_id(&t->flow->key, 0, id);
		buf_printf(out, " %s", id);
	}
	if (it->http != NULL) {
		buf_printf(out, " http:%llu", (unsigned long long)it->http_row);
	}
	buf_adds(out, " ===\n");
}

/* ---- text and hex ------------------------------------------------------------------------------------------ */

/* Nothing but printable characters, tabs and line ends; a CR belongs to the line end behind it. */
static void add_text(struct buf *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t len = escape_utf8(p + i, n - i, &(uint32_t){ 0 });

		if (p[i] == '\n' || p[i] == '\t') {
			buf_addc(out, (char)p[i]);
			len = 1;
		} else if (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n') {
			len = 1;
		} else if (p[i] < 0x20 || p[i] == 0x7F || len == 0) {
			buf_addc(out, '.');
			len = 1;
		} else {
			escape_terminal(out, p + i, len);
		}
		i += len;
	}
}

static void add_gap(struct buf *out, const struct content_piece *p, unsigned int dir)
{
	buf_printf(out, "%s[%llu byte%s %s", out->len > 0 && out->data[out->len - 1] != '\n' ? "\n" : "",
		   (unsigned long long)p->len, p->len == 1 ? "" : "s",
		   p->gap == GAP_CUT ? "passed that the capture cut off" : "missing from the capture");
	buf_printf(out, ", from the %s at %llu]\n", sides[dir], (unsigned long long)p->offset);
}

static void add_turn(struct buf *out, const struct content_piece *p, unsigned int dir)
{
	if (out->len > 0 && out->data[out->len - 1] != '\n') {
		buf_addc(out, '\n');
	}
	buf_printf(out, "%s %s ", arrows[dir], sides[dir]);
	iso_time(out, p->ts_ns);
	if (p->num != 0) {
		buf_printf(out, " %s%llu", p->calls ? "event " : "p", (unsigned long long)p->num);
	}
	buf_addc(out, '\n');
}

static int flush(struct follow *f, struct buf *out, bool end, struct err *e)
{
	int rc = 0;

	if (out->failed) {
		return err_nomem(e, "the conversation");
	}
	if (end || out->len >= WRITE_BYTES) {
		rc = output_write(&f->out, out->data, out->len, e);
		buf_reset(out);
	}
	return rc;
}

static int write_text(struct follow *f, const struct follow_item *it, struct view *v, size_t ordinal, struct err *e)
{
	const struct content_piece *p;
	unsigned int dir, last = 2;
	bool hex = f->options->follow_form == FOLLOW_HEX;
	struct buf out;
	int rc = 0;

	buf_init(&out, SIZE_MAX / 4);
	add_title(&out, content_talk(f->content, it->talk), it, ordinal);
	while (rc == 0 && (p = next_piece(v, &dir)) != NULL) {
		colour_begin(&out, f->colours, colours[dir]);
		if (p->bytes == NULL) {
			add_gap(&out, p, dir);
		} else {
			if (dir != last) {
				add_turn(&out, p, dir);
			}
			if (hex) {
				out.len -= out.len > 0 && out.data[out.len - 1] == '\n';
				data_add_hex(&out, p->bytes, p->len);
				buf_addc(&out, '\n');
			} else {
				add_text(&out, p->bytes, p->len);
			}
		}
		colour_end(&out, f->colours, colours[dir]);
		last = dir;
		rc = flush(f, &out, false, e);
	}
	if (rc == 0 && out.len > 0 && out.data[out.len - 1] != '\n') {
		buf_addc(&out, '\n');
	}
	rc = rc == 0 ? flush(f, &out, true, e) : rc;
	buf_release(&out);
	return rc;
}

/* ---- raw --------------------------------------------------------------------------------------------------- */

static int write_raw(struct follow *f, struct view *v, struct err *e)
{
	const struct content_piece *p;
	unsigned int dir;
	int rc = 0;

	while (rc == 0 && (p = next_piece(v, &dir)) != NULL) {
		if (p->bytes == NULL) {
			f->gaps++;
			f->gap_bytes += p->len;
		} else {
			rc = output_write(&f->out, (const char *)p->bytes, p->len, e);
		}
	}
	return rc;
}

/* ---- JSON -------------------------------------------------------------------------------------------------- */

static void json_end(struct buf *out, const struct content_talk *t, unsigned int side)
{
	const struct sock *s = t->sock[side];
	const struct state *st = s != NULL ? s->section->state : NULL;
	struct buf name;

	buf_init(&name, 1u << 16);
	json_add_key(out, sides[side]);
	buf_addc(out, '{');
	add_address(&name, t, side);
	json_add_key(out, "address");
	json_add_string(out, name.data, name.len);
	if (st != NULL && s->process < state_process_count(st)) {
		const struct process *p = state_process(st, s->process);

		buf_addc(out, ',');
		json_add_key(out, "process");
		json_add_string(out, p->comm->s, p->comm->len);
		buf_printf(out, ",\"pid\":%lld,\"fd\":%d", (long long)p->pid, s->fd_num);
	}
	buf_addc(out, '}');
	buf_release(&name);
}

static void json_piece(struct buf *out, const struct content_piece *p, unsigned int dir)
{
	buf_printf(out, "{\"from\":\"%s\",\"offset\":%llu,\"len\":%llu", sides[dir], (unsigned long long)p->offset,
		   (unsigned long long)p->len);
	if (p->bytes == NULL) {
		buf_printf(out, ",\"gap\":\"%s\"}", p->gap == GAP_CUT ? "cut" : "missing");
		return;
	}
	buf_addc(out, ',');
	json_add_key(out, "time");
	json_add_time(out, p->ts_ns);
	buf_printf(out, ",\"%s\":%llu,", p->calls ? "event" : "packet", (unsigned long long)p->num);
	json_add_key(out, "source");
	json_add_text(out, p->source->name);
	buf_addc(out, ',');
	json_add_key(out, "data");
	buf_addc(out, '"');
	buf_add_base64(out, p->bytes, p->len);
	buf_adds(out, "\"}");
}

static int write_json(struct follow *f, const struct follow_item *it, struct view *v, struct err *e)
{
	const struct content_talk *t = content_talk(f->content, it->talk);
	const struct content_piece *p;
	unsigned int dir;
	bool first = true;
	struct buf out;
	int rc = 0;

	buf_init(&out, SIZE_MAX / 4);
	buf_printf(&out, "{\"type\":\"%s\",", kind_name(t));
	json_end(&out, t, 0);
	buf_addc(&out, ',');
	json_end(&out, t, 1);
	if (t->flow != NULL) {
		char id[COMMUNITY_ID_BYTES];

		community_id(&t->flow->key, 0, id);
		buf_printf(&out, ",\"community_id\":\"%s\"", id);
	}
	if (it->http != NULL) {
		buf_printf(&out, ",\"http\":%llu", (unsigned long long)it->http_row);
	}
	buf_adds(&out, ",\"pieces\":[");
	while (rc == 0 && (p = next_piece(v, &dir)) != NULL) {
		json_add_comma(&out, &first);
		json_piece(&out, p, dir);
		rc = flush(f, &out, false, e);
	}
	buf_adds(&out, "]}\n");
	rc = rc == 0 ? flush(f, &out, true, e) : rc;
	buf_release(&out);
	return rc;
}

int follow_write(struct follow *f, const struct follow_item *it, size_t ordinal, struct err *e)
{
	struct view v;
	int rc = load(f, it, &v);

	if (rc != 0) {
		rc = err_nomem(e, "the conversation");
	} else if (f->options->follow_form == FOLLOW_RAW) {
		rc = write_raw(f, &v, e);
	} else if (f->options->follow_form == FOLLOW_JSON) {
		rc = write_json(f, it, &v, e);
	} else {
		rc = write_text(f, it, &v, ordinal, e);
	}
	release(&v);
	return rc;
}
