/*
 * fields_joined.c - what a pass before knows and this one cannot: whose a packet is, which packets carried a
 * call's bytes, what became of the flow. No value without such a pass (field_settings.lookup), or where nothing
 * was joined. Any worker, own context.
 */
#include "filter/fields_packet.h"

#include "net/net.h"
#include "net/service.h"
#include "schema/schema.h"
#include "state/state.h"

/* ---- flows ------------------------------------------------------------------------------------------------- */

/* The pair of the packet's flow or of the call's socket. */
static const struct pair *pair_of(struct field_ctx *c)
{
	const struct packet_owner *o;
	const struct frames *f;

	if (c->packet != NULL) {
		o = packet_joined(c);
		return o != NULL ? o->pair : NULL;
	}
	f = event_joined(c);
	return f != NULL ? f->pair : NULL;
}

/* The frozen flow of a pass before that begins with the same layer. */
static const struct flow *find_flow(const struct net *n, const struct flow *like)
{
	const struct flow *const *flows;
	size_t lo = 0, hi;

	flows = net_flows(n, &hi);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct flow *f = flows[mid];

		if (f->first_num < like->first_num ||
		    (f->first_num == like->first_num && f->first_layer < like->first_layer)) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	flows = net_flows(n, &hi);
	return lo < hi && flows[lo]->first_num == like->first_num &&
			       flows[lo]->first_layer == like->first_layer
		       ? flows[lo]
		       : NULL;
}

/* As it was at its end: of a packet whether joined or not. */
static const struct flow *flow_of(struct field_ctx *c)
{
	const struct layer *l = packet_layer(c);
	const struct section *s;
	const struct pair *p;

	if (c->packet == NULL) {
		p = pair_of(c);
		return p != NULL ? p->flow : NULL;
	}
	if (l == NULL || l->flow == NULL) {
		return NULL;
	}
	s = section_joined(c);
	return s != NULL && s->net != NULL ? find_flow(s->net, l->flow) : NULL;
}

enum { FLOW_ID, FLOW_PACKETS, FLOW_BYTES, FLOW_DURATION };

static bool value_flow(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct flow *f = flow_of(c);

	if (f == NULL) {
		return false;
	}
	switch (u->field->which) {
	case FLOW_PACKETS: return value_uint(v, f->side[0].packets + f->side[1].packets);
	case FLOW_BYTES: return value_uint(v, f->side[0].bytes + f->side[1].bytes);
	case FLOW_DURATION:
		return f->first_ns != 0 &&
		       value_uint(v, f->last_ns > f->first_ns ? f->last_ns - f->first_ns : 0);
	default: return value_uint(v, f->id);
	}
}

static bool value_state(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct flow *f = flow_of(c);

	UNUSED_ARG(u);
	return f != NULL && value_cstr(v, conn_state_name(f->conn_state));
}

static bool value_history(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct flow *f = flow_of(c);

	UNUSED_ARG(u);
	return f != NULL && f->history[0] != '\0' && value_cstr(v, f->history);
}

/* ---- processes --------------------------------------------------------------------------------------------- */

static const struct process *process_of(const struct section *s, uint32_t id)
{
	return s->state != NULL && id < state_process_count(s->state) ? state_process(s->state, id)
								      : NULL;
}

enum { PROCESS_NAME, PROCESS_PID, PROCESS_CONTAINER };

static bool value_of_process(const struct process *p, int what, struct field_value *v)
{
	if (p == NULL) {
		return false;
	}
	switch (what) {
	case PROCESS_PID: return p->pid >= 0 && value_int(v, p->pid);
	case PROCESS_CONTAINER: return p->container != NULL && value_str(v, p->container->id);
	default: return p->comm->len > 0 && value_str(v, p->comm);
	}
}

/* Of who sent the packet; else, who got it. */
static bool value_owner(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct packet_owner *o = packet_joined(c);

	return o != NULL &&
	       value_of_process(process_of(o->side->sock->section, o->process), u->field->which, v);
}

static bool value_tid(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct packet_owner *o = packet_joined(c);

	UNUSED_ARG(u);
	return o != NULL && value_int(v, o->tid);
}

static bool value_side(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct packet_owner *o = packet_joined(c);

	UNUSED_ARG(u);
	return o != NULL && value_cstr(v, o->sender ? "sender" : "receiver");
}

/* The process at one end of the flow. The packet's own call knows it best: a socket may be used by several. */
static const struct process *end_process(struct field_ctx *c, bool server)
{
	const struct packet_owner *o = c->packet != NULL ? packet_joined(c) : NULL;
	const struct pair *p = pair_of(c);
	const struct pair_side *side;

	if (p == NULL) {
		return NULL;
	}
	side = &p->side[server ? !p->flow->client : p->flow->client];
	if (side->sock == NULL) {
		return NULL;
	}
	return process_of(side->sock->section,
			  o != NULL && o->side == side ? o->process : side->sock->process);
}

/* which: PROCESS_, doubled, and 1 for the server's. */
static bool value_end_process(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return value_of_process(end_process(c, (u->field->which & 1) != 0), u->field->which >> 1,
				v);
}

/* The same where the flow speaks HTTP. */
static bool value_http(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct pair *p = pair_of(c);
	uint8_t service = p != NULL ? p->flow->service : (uint8_t)SERVICE_NONE;

	return (service == SERVICE_HTTP || service == SERVICE_HTTP2) && value_end_process(c, u, v);
}

/* ---- calls and packets ------------------------------------------------------------------------------------- */

static bool value_event(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct packet_owner *o = packet_joined(c);
	uint64_t num = o == NULL ? 0 : c->set->raw ? o->call.raw : o->call.shown;

	UNUSED_ARG(u);
	return num != 0 && value_uint(v, num);
}

static bool value_call(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct packet_owner *o = packet_joined(c);

	UNUSED_ARG(u);
	return o != NULL && o->call.shown != 0 && o->call.type < SCHEMA_EVENTS &&
	       value_cstr(v, schema_events[o->call.type].name);
}

static bool value_reason(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct pair *p = pair_of(c);

	UNUSED_ARG(u);
	return p != NULL && value_cstr(v, match_reason_name(p->reason));
}

static bool value_confidence(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct pair *p = pair_of(c);

	UNUSED_ARG(u);
	return p != NULL && value_uint(v, p->confidence);
}

/* "6,8-14", with " of SOURCE" behind where several captures hold them. */
static bool text_frames(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct frames *f = event_joined(c);
	bool several = false;

	UNUSED_ARG(u);
	if (f == NULL || f->count == 0) {
		return false;
	}
	for (size_t i = 1; i < f->count; i++) {
		several |= f->runs[i].packets->source != f->runs[0].packets->source;
	}
	for (size_t i = 0; i < f->count; i++) {
		const struct frame_run *r = &f->runs[i];

		buf_adds(out, i > 0 ? "," : "");
		buf_add_u64(out, r->first);
		if (r->last > r->first) {
			buf_addc(out, r->last == r->first + 1 ? ',' : '-');
			buf_add_u64(out, r->last);
		}
		if (several &&
		    (i + 1 == f->count || f->runs[i + 1].packets->source != r->packets->source)) {
			buf_adds(out, " of ");
			buf_adds(out, r->packets->source->name);
		}
	}
	buf_adds(out, f->cut ? ",..." : "");
	return true;
}

/* clang-format off */
#define JOINED_FLAGS (FIELD_JOINED | FIELD_OURS)
/* A call is found by its number among all events: none of them may be passed over. */
#define EVERY (WANT_FOLD | WANT_BEGIN)
#define OF_BOTH(name, type, value, which, help) \
	{ name, type, FMT_DEC, ARG_NONE, FIELD_BOTH | JOINED_FLAGS, EVERY, value, NULL, which, help }
#define OF_PACKET(name, type, value, which, help) \
	{ name, type, FMT_DEC, ARG_NONE, FIELD_PACKET | JOINED_FLAGS, 0, value, NULL, which, help }

static const struct field rows[] = {
	OF_BOTH("flow.id", PT_UINT32, value_flow, FLOW_ID,
		   "number of the flow in its section, as in the report's table flows"),
	OF_BOTH("flow.state", PT_CHARBUF, value_state, 0,
		   "what became of the connection: SF, S0, REJ, RSTO, ..."),
	OF_BOTH("flow.history", PT_CHARBUF, value_history, 0,
		   "letters of what happened on it, in order: ShADadFf"),
	OF_BOTH("flow.packets", PT_UINT64, value_flow, FLOW_PACKETS,
		   "packets of the whole flow, both ways"),
	OF_BOTH("flow.bytes", PT_UINT64, value_flow, FLOW_BYTES, "bytes of those on the wire"),
	OF_BOTH("flow.duration", PT_RELTIME, value_flow, FLOW_DURATION,
		   "from its first packet to its last, ns"),
	OF_PACKET("flow.process", PT_CHARBUF, value_owner, PROCESS_NAME,
		   "process that sent the packet, or got it: see flow.side"),
	OF_PACKET("flow.pid", PT_PID, value_owner, PROCESS_PID, "its process id"),
	OF_PACKET("flow.tid", PT_PID, value_tid, 0,
		   "thread whose call carried the packet's first byte"),
	OF_PACKET("flow.container", PT_CHARBUF, value_owner, PROCESS_CONTAINER,
		   "container of the process"),
	OF_PACKET("flow.side", PT_CHARBUF, value_side, 0,
		   "sender, or receiver where only that one was recorded"),
	OF_PACKET("flow.event", PT_UINT64, value_event, 0,
		   "evt.num of the call that carried the packet's first byte"),
	OF_PACKET("flow.call", PT_CHARBUF, value_call, 0, "name of that call"),
	OF_BOTH("flow.client.process", PT_CHARBUF, value_end_process, PROCESS_NAME << 1,
		   "process at the initiator's end"),
	OF_BOTH("flow.client.pid", PT_PID, value_end_process, PROCESS_PID << 1, "its process id"),
	OF_BOTH("flow.client.container", PT_CHARBUF, value_end_process, PROCESS_CONTAINER << 1,
		   "its container"),
	OF_BOTH("flow.server.process", PT_CHARBUF, value_end_process, PROCESS_NAME << 1 | 1,
		   "process at the other end"),
	OF_BOTH("flow.server.pid", PT_PID, value_end_process, PROCESS_PID << 1 | 1, "its process id"),
	OF_BOTH("flow.server.container", PT_CHARBUF, value_end_process, PROCESS_CONTAINER << 1 | 1,
		   "its container"),
	OF_BOTH("http.process", PT_CHARBUF, value_http, PROCESS_NAME << 1 | 1,
		   "process that serves HTTP on this flow"),
	OF_BOTH("http.pid", PT_PID, value_http, PROCESS_PID << 1 | 1, "its process id"),
	OF_BOTH("http.requester", PT_CHARBUF, value_http, PROCESS_NAME << 1,
		   "process that asks over HTTP on this flow"),
	{ "flow.frames", PT_CHARBUF, FMT_NA, ARG_NONE, JOINED_FLAGS, EVERY, NULL, text_frames, 0,
	  "packets that carried the call's bytes: 6,8-14" },
	OF_BOTH("flow.reason", PT_CHARBUF, value_reason, 0,
		   "what joins packets and calls: sequence numbers, tuple and bytes, tuple, bytes behind NAT"),
	OF_BOTH("flow.confidence", PT_UINT8, value_confidence, 0, "how sure that is, percent"),
};
/* clang-format on */

const struct field_class field_class_joined = { "joined", rows, ARRAY_LEN(rows), "flow http" };
