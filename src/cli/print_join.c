/*
 * print_join.c - see print_join.h. Any worker.
 */
#include "cli/print_join.h"

#include "base/escape.h"
#include "cli/json.h"

void print_join_begin(struct print_join *pj, const struct joined *j, const struct batch *b)
{
	pj->joined = j;
	pj->batch = b;
	pj->section =
		j != NULL && j->lookup != NULL && b->section != NULL ? lookup_section(j->lookup, b->section) : NULL;
}

void print_join_end(struct print_join *pj)
{
	frames_release(&pj->frames);
}

bool joined_owner(const struct joined *j, const struct lookup_section *ls, const struct batch *b, const struct layer *l,
		  uint64_t num, struct packet_owner *ret_o)
{
	while (l != NULL) {
		if (l->flow != NULL && lookup_packet(j->lookup, ls, l->flow, l->from, num, ret_o)) {
			return true;
		}
		l = l->outer < b->layer_count ? &b->layers[l->outer] : NULL;
	}
	return false;
}

static uint64_t call_number(const struct print_join *pj, const struct lookup_call *c)
{
	return pj->raw ? c->raw : c->shown;
}

static const struct source *calls_source(const struct packet_owner *o)
{
	return o->side->sock->section->source;
}

/* ---- text --------------------------------------------------------------------------------------------------- */

static void add_proof(const struct pair *p, struct buf *out)
{
	if (p->reason == MATCH_NAT) {
		buf_adds(out, " NAT");
	}
	if (p->confidence < 100) {
		buf_adds(out, " confidence=");
		buf_add_u64(out, p->confidence);
		buf_addc(out, '%');
	}
}

static void add_source(const struct source *s, struct buf *out)
{
	buf_adds(out, " of ");
	escape_terminal(out, s->name, strlen(s->name));
}

static void packet_text(const struct print_join *pj, const struct packet_owner *o, struct buf *out)
{
	const struct process *p = joined_process(o);

	buf_adds(out, o->sender ? " {from " : " {to ");
	if (p != NULL && p->comm->len > 0) {
		escape_terminal(out, p->comm->s, p->comm->len);
	} else {
		buf_adds(out, "<NA>");
	}
	if (p != NULL && p->pid >= 0) {
		buf_adds(out, " pid=");
		buf_add_s64(out, p->pid);
	}
	buf_adds(out, " tid=");
	buf_add_s64(out, o->tid);
	if (call_number(pj, &o->call) != 0) {
		buf_addc(out, ' ');
		buf_adds(out, joined_call_name(&o->call));
		buf_addc(out, ' ');
		buf_add_u64(out, call_number(pj, &o->call));
		if (o->calls > 1) {
			buf_printf(out, " +%u", o->calls - 1);
		}
	}
	if (pj->joined->many_calls) {
		add_source(calls_source(o), out);
	}
	add_proof(o->pair, out);
	buf_addc(out, '}');
}

static void frames_text(const struct print_join *pj, struct buf *out)
{
	const struct frames *f = &pj->frames;

	buf_adds(out, " {frames");
	for (size_t i = 0; i < f->count; i++) {
		const struct frame_run *r = &f->runs[i];
		bool last = i + 1 == f->count || f->runs[i + 1].packets != r->packets;

		buf_addc(out, i == 0 || f->runs[i - 1].packets != r->packets ? ' ' : ',');
		buf_add_u64(out, r->first);
		if (r->last > r->first) {
			buf_addc(out, r->last == r->first + 1 ? ',' : '-');
			buf_add_u64(out, r->last);
		}
		if (last && pj->joined->many_packets) {
			add_source(r->packets->source, out);
			buf_adds(out, i + 1 < f->count ? "," : "");
		}
	}
	buf_adds(out, f->cut ? ",..." : f->count == 0 ? " unknown" : "");
	add_proof(f->pair, out);
	buf_addc(out, '}');
}

/* ---- JSON --------------------------------------------------------------------------------------------------- */

/* The object that was just ended goes on. */
static void reopen(struct buf *out)
{
	if (!out->failed && out->len > 0 && out->data[out->len - 1] == '}') {
		out->len--;
	}
	buf_adds(out, ",\"join\":{");
}

static void add_number(struct buf *out, const char *key, int64_t x)
{
	buf_addc(out, ',');
	json_add_key(out, key);
	buf_add_s64(out, x);
}

static void end_json(const struct pair *p, struct buf *out)
{
	buf_adds(out, ",\"reason\":");
	json_add_text(out, match_reason_name(p->reason));
	add_number(out, "confidence", p->confidence);
	buf_adds(out, "}}");
}

static void packet_json(const struct print_join *pj, const struct packet_owner *o, struct buf *out)
{
	const struct process *p = joined_process(o);

	reopen(out);
	buf_adds(out, o->sender ? "\"side\":\"sender\"" : "\"side\":\"receiver\"");
	if (p != NULL && p->comm->len > 0) {
		buf_adds(out, ",\"process\":");
		json_add_string(out, p->comm->s, p->comm->len);
	}
	if (p != NULL && p->pid >= 0) {
		add_number(out, "pid", p->pid);
	}
	add_number(out, "tid", o->tid);
	if (p != NULL && p->container != NULL) {
		buf_adds(out, ",\"container\":");
		json_add_string(out, p->container->id->s, p->container->id->len);
	}
	if (call_number(pj, &o->call) != 0) {
		buf_adds(out, ",\"event\":");
		json_add_text(out, joined_call_name(&o->call));
		add_number(out, "num", (int64_t)call_number(pj, &o->call));
		add_number(out, "calls", o->calls > 0 ? o->calls : 1);
	}
	buf_adds(out, ",\"source\":");
	json_add_text(out, calls_source(o)->name);
	end_json(o->pair, out);
}

static void frames_json(const struct frames *f, struct buf *out)
{
	reopen(out);
	buf_adds(out, "\"frames\":[");
	for (size_t i = 0; i < f->count; i++) {
		buf_adds(out, i > 0 ? ",{\"source\":" : "{\"source\":");
		json_add_text(out, f->runs[i].packets->source->name);
		add_number(out, "first", (int64_t)f->runs[i].first);
		add_number(out, "last", (int64_t)f->runs[i].last);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	if (f->cut) {
		buf_adds(out, ",\"cut\":true");
	}
	end_json(f->pair, out);
}

/* ---- lines -------------------------------------------------------------------------------------------------- */

void print_join_packet(struct print_join *pj, const struct layer *l, uint64_t num, struct buf *out)
{
	struct packet_owner o;

	if (pj->section == NULL || !joined_owner(pj->joined, pj->section, pj->batch, l, num, &o)) {
		return;
	}
	if (pj->json) {
		packet_json(pj, &o, out);
	} else {
		packet_text(pj, &o, out);
	}
}

void print_join_event(struct print_join *pj, uint64_t raw_num, struct buf *out)
{
	if (pj->section == NULL || !lookup_call(pj->joined->lookup, pj->section, raw_num, &pj->frames)) {
		return;
	}
	if (pj->json) {
		frames_json(&pj->frames, out);
	} else {
		frames_text(pj, out);
	}
}
