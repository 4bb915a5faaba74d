/*
 * print_packet.c - see print_packet.h. Any worker.
 */
#include "cli/print_packet.h"

#include "base/encode.h"
#include "base/escape.h"
#include "cli/colour.h"
#include "cli/json.h"
#include "events/addr.h"
#include "net/net.h"
#include "net/service.h"
#include "readers/link_type.h"

enum { LINK_ETHERNET = 1 };

#define ARROW " \xe2\x86\x92 "

/* ---- addresses -------------------------------------------------------------------------------------- */

static bool has_ip(const struct layer *l)
{
	return l != NULL && (l->key.ip_version == 4 || l->key.ip_version == 6);
}

static bool has_mac(const struct packet *p)
{
	return p->link_type == LINK_ETHERNET && p->cap_len >= 12;
}

/* The address of the sender or the receiver; false: none known. */
static bool add_address(const struct packet *p, const struct layer *l, bool sender, struct buf *out)
{
	if (has_ip(l)) {
		const uint8_t *addr = l->key.addr[sender ? l->from : !l->from];
		bool v6 = l->key.ip_version == 6;

		addr_add_ip(out, v6, v6 ? addr : addr + 12);
		return true;
	}
	if (has_mac(p)) {
		buf_add_mac(out, p->data + (sender ? 6 : 0));
		return true;
	}
	return false;
}

/* ---- text --------------------------------------------------------------------------------------------- */

/* Something went wrong with the segment, or it was sent for no use. */
#define MARKS_BAD                                                                                       \
	(MARK_RETRANSMISSION | MARK_OUT_OF_ORDER | MARK_GAP | MARK_OVERLAP_DIFFERS | MARK_ZERO_WINDOW | \
	 MARK_ACKED_UNSEEN)

static void add_number_and_time(struct field_ctx *c, const struct packet *p, uint64_t num, bool colour, struct buf *out)
{
	colour_begin(out, colour, COLOUR_PACKET);
	buf_addc(out, 'p');
	buf_add_u64(out, num);
	colour_end(out, colour, COLOUR_PACKET);
	buf_addc(out, ' ');
	colour_begin(out, colour, COLOUR_DIM);
	if ((p->flags & PACKET_NO_TIME) != 0 || !field_print_time(c, p->ts_ns, out)) {
		buf_add(out, "<NA>", 4);
	}
	colour_end(out, colour, COLOUR_DIM);
	buf_addc(out, ' ');
}

void print_packet_text(struct field_ctx *c, const struct packet *p, const struct layer *l, uint64_t num, bool colour,
		       struct buf *out)
{
	bool bad = l != NULL && ((l->marks & MARKS_BAD) != 0 || (l->flags & LAYER_MALFORMED) != 0);

	add_number_and_time(c, p, num, colour, out);
	if (!add_address(p, l, true, out)) {
		buf_addc(out, '-');
	}
	buf_add(out, ARROW, sizeof(ARROW) - 1);
	if (!add_address(p, l, false, out)) {
		buf_addc(out, '-');
	}
	buf_addc(out, ' ');
	colour_begin(out, colour, bad ? COLOUR_BAD : COLOUR_PACKET);
	buf_adds(out, l != NULL ? layer_protocol(p, l) : "UNKNOWN");
	colour_end(out, colour, bad ? COLOUR_BAD : COLOUR_PACKET);
	buf_addc(out, ' ');
	buf_add_u64(out, p->orig_len);
	buf_addc(out, ' ');
	if (l != NULL) {
		buf_reset(&c->tmp);
		layer_describe(p, l, &c->tmp);
		escape_terminal(out, c->tmp.data, c->tmp.len);
	}
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static void add_number(struct buf *out, const char *key, uint64_t x)
{
	buf_addc(out, ',');
	json_add_key(out, key);
	buf_add_u64(out, x);
}

static void add_text(struct buf *out, const char *key, const char *s)
{
	buf_addc(out, ',');
	json_add_key(out, key);
	json_add_text(out, s);
}

static void add_interface(struct buf *out, const struct batch *b, const struct packet *p)
{
	const char *link = link_type_name(p->link_type);

	buf_adds(out, ",\"interface\":{\"index\":");
	buf_add_u64(out, p->interface);
	if (p->interface < b->interface_count && b->interfaces[p->interface].name[0] != '\0') {
		add_text(out, "name", b->interfaces[p->interface].name);
	}
	buf_addc(out, '}');
	if (p->flags & PACKET_NO_INTERFACE) {
		return;
	}
	buf_adds(out, ",\"link\":");
	if (link != NULL) {
		json_add_text(out, link);
	} else {
		buf_printf(out, "\"%u\"", p->link_type);
	}
}

static void add_protocols(struct buf *out, const struct layer *l)
{
	bool first = true;

	buf_adds(out, ",\"protocols\":[");
	for (unsigned int i = 0; i < PATH_LEVELS && path_at(l->path, i) != PROTO_NONE; i++) {
		json_add_comma(out, &first);
		json_add_text(out, proto_name(path_at(l->path, i)));
	}
	buf_addc(out, ']');
}

static void add_end(struct buf *out, const struct packet *p, const struct layer *l, bool sender)
{
	size_t start = out->len;

	buf_adds(out, sender ? ",\"src\":\"" : ",\"dst\":\"");
	if (!add_address(p, l, sender, out)) {
		out->len = start;
		return;
	}
	buf_addc(out, '"');
}

static void add_ends(struct buf *out, const struct packet *p, const struct layer *l)
{
	add_end(out, p, l, true);
	add_end(out, p, l, false);
	if (l == NULL || (l->flags & (LAYER_NO_FLOW | LAYER_FRAGMENT)) != 0) {
		return;
	}
	if (l->key.ip_proto == IP_TCP || l->key.ip_proto == IP_UDP || l->key.ip_proto == IP_SCTP) {
		add_number(out, "sport", l->key.port[l->from]);
		add_number(out, "dport", l->key.port[!l->from]);
	}
}

static void add_around(struct buf *out, const struct layer *l)
{
	if (l->key.vlan[0] != 0) {
		buf_adds(out, ",\"vlan\":[");
		buf_add_u64(out, l->key.vlan[0]);
		if (l->key.vlan[1] != 0) {
			buf_addc(out, ',');
			buf_add_u64(out, l->key.vlan[1]);
		}
		buf_addc(out, ']');
	}
	if (l->key.tunnel != PROTO_NONE) {
		buf_adds(out, ",\"tunnel\":{\"type\":");
		json_add_text(out, proto_name(l->key.tunnel));
		add_number(out, "id", l->key.tunnel_id);
		buf_addc(out, '}');
	}
}

static void add_marks(struct buf *out, const struct layer *l)
{
	static const struct {
		uint16_t mark;
		const char *name;
	} rows[] = {
		{ MARK_NEW_FLOW, "new_flow" },
		{ MARK_RETRANSMISSION, "retransmission" },
		{ MARK_OUT_OF_ORDER, "out_of_order" },
		{ MARK_GAP, "gap" },
		{ MARK_OVERLAP_DIFFERS, "overlap_differs" },
		{ MARK_DUPLICATE, "duplicate" },
		{ MARK_ZERO_WINDOW, "zero_window" },
		{ MARK_KEEP_ALIVE, "keep_alive" },
		{ MARK_DUP_ACK, "dup_ack" },
		{ MARK_WINDOW_UPDATE, "window_update" },
		{ MARK_ACKED_UNSEEN, "acked_unseen" },
	};
	bool first = true;

	if (l->marks == 0 && (l->flags & LAYER_MALFORMED) == 0) {
		return;
	}
	buf_adds(out, ",\"marks\":[");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (l->marks & rows[i].mark) {
			json_add_comma(out, &first);
			json_add_text(out, rows[i].name);
		}
	}
	if (l->flags & LAYER_MALFORMED) {
		json_add_comma(out, &first);
		json_add_text(out, "malformed");
	}
	buf_addc(out, ']');
}

static void add_known(struct buf *out, const char *key, const struct text *t, bool *first)
{
	if (t != NULL) {
		json_add_comma(out, first);
		json_add_key(out, key);
		json_add_string(out, t->bytes, t->len);
	}
}

/* What the capture's writer noted beside the packet. */
static void add_process(struct buf *out, const struct batch *b, const struct packet *p)
{
	const struct packet_process *pp;
	bool first = true;

	if (b->packet_processes == NULL || b->packet_processes[p - b->packets] == NULL) {
		return;
	}
	pp = b->packet_processes[p - b->packets];
	buf_adds(out, ",\"recorded_process\":{");
	if (pp->pid != 0) {
		json_add_comma(out, &first);
		json_add_key(out, "pid");
		buf_add_u64(out, pp->pid);
	}
	if (pp->tid != 0) {
		json_add_comma(out, &first);
		json_add_key(out, "tid");
		buf_add_u64(out, pp->tid);
	}
	add_known(out, "name", pp->name, &first);
	add_known(out, "path", pp->path, &first);
	buf_addc(out, '}');
}

/* What dissection and tracking found. */
static void add_layer(struct field_ctx *c, const struct packet *p, const struct layer *l, struct buf *out)
{
	char id[COMMUNITY_ID_BYTES];

	add_protocols(out, l);
	add_text(out, "protocol", layer_protocol(p, l));
	add_ends(out, p, l);
	add_around(out, l);
	if (l->service != SERVICE_NONE) {
		add_text(out, "service", service_name(l->service));
	}
	if ((l->flags & (LAYER_NO_FLOW | LAYER_FRAGMENT)) == 0) {
		community_id(&l->key, 0, id);
		add_text(out, "community_id", id);
	}
	add_marks(out, l);
	add_process(out, c->batch, p);
	buf_reset(&c->tmp);
	layer_describe(p, l, &c->tmp);
	buf_adds(out, ",\"info\":");
	json_add_string(out, c->tmp.data, c->tmp.len);
}

void print_packet_json(struct field_ctx *c, const struct packet *p, const struct layer *l, uint64_t num,
		       struct buf *out)
{
	buf_adds(out, "{\"type\":\"packet\"");
	add_text(out, "source", c->batch->section->source->name);
	add_number(out, "num", num);
	add_number(out, "offset", c->batch->base_off + p->block_off);
	buf_adds(out, ",\"time\":");
	if (p->flags & PACKET_NO_TIME) {
		buf_adds(out, "null");
	} else {
		json_add_time(out, p->ts_ns);
	}
	add_interface(out, c->batch, p);
	add_number(out, "len", p->orig_len);
	add_number(out, "cap_len", p->cap_len);
	if (l != NULL) {
		add_layer(c, p, l, out);
	}
	buf_addc(out, '}');
}
