/*
 * fields_packet.c - fields of every packet: frame.*, the link layer, and protocols by their bare names; and what
 * the tables of packets' fields share. Names are Wireshark's where it has one that means the same. Any worker, own
 * context.
 */
#include "filter/fields_packet.h"

#include "base/encode.h"
#include "net/net.h"
#include "net/packet_meta.h"
#include "net/service.h"

enum { LINK_ETHERNET = 1, ETHERNET_BYTES = 14 };

/* ---- shared ------------------------------------------------------------------------------------------------ */

bool list_start(struct field_ctx *c, struct value_list *l, size_t cap)
{
	l->items = ctx_alloc(c, (cap > 0 ? cap : 1) * sizeof(*l->items));
	l->count = 0;
	l->cap = (uint32_t)cap;
	return l->items != NULL;
}

void list_uint(struct value_list *l, uint64_t x)
{
	if (l->count < l->cap) {
		value_uint(&l->items[l->count++], x);
	}
}

void list_ip(struct value_list *l, const uint8_t *ip, uint32_t bytes)
{
	if (l->count < l->cap) {
		value_ip_bytes(&l->items[l->count++], ip, bytes);
	}
}

void list_text(struct value_list *l, const char *s, size_t len)
{
	if (l->count < l->cap) {
		value_text(&l->items[l->count++], s, len);
	}
}

bool list_value(const struct value_list *l, struct field_value *ret_v)
{
	ret_v->kind = VALUE_LIST;
	ret_v->len = l->count;
	ret_v->v.items = l->items;
	return l->count > 0;
}

static void add_hex(struct buf *out, uint64_t x, unsigned int least)
{
	static const char digits[] = "0123456789abcdef";
	char text[16];
	unsigned int n = sizeof(text);

	do {
		text[--n] = digits[x & 15];
		x >>= 4;
	} while (n > 0 && (x > 0 || n > sizeof(text) - least));
	buf_add(out, "0x", 2);
	buf_add(out, text + n, sizeof(text) - n);
}

bool field_text_hex(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	unsigned int digits = u->field->type == PT_UINT8 ? 2 : u->field->type == PT_UINT16 ? 4 : 6;
	struct field_value v;

	if (!u->field->value(c, u, &v)) {
		return false;
	}
	if (v.kind != VALUE_LIST) {
		add_hex(out, v.v.u, digits);
		return true;
	}
	for (uint32_t i = 0; i < v.len; i++) {
		if (i > 0) {
			buf_addc(out, ' ');
		}
		add_hex(out, v.v.items[i].v.u, digits);
	}
	return true;
}

bool value_span(packet_span_fn *ns, struct field_ctx *c, const struct field_use *u, struct field_value *ret_v)
{
	int64_t span;

	return ns(c, u, &span) && value_double(ret_v, (double)span / (double)NSEC_PER_SEC);
}

bool text_span(packet_span_fn *ns, struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	int64_t span;

	if (!ns(c, u, &span)) {
		return false;
	}
	if (span < 0) {
		buf_addc(out, '-');
	}
	add_seconds(out, span < 0 ? 0 - (uint64_t)span : (uint64_t)span);
	return true;
}

/* ---- frame.* ----------------------------------------------------------------------------------------------- */

enum { FRAME_NUMBER, FRAME_LEN, FRAME_CAP_LEN, FRAME_INTERFACE, FRAME_OFFSET };

static bool value_frame(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct packet *p = c->packet;

	if (p == NULL) {
		return false;
	}
	switch (u->field->which) {
	case FRAME_LEN: return value_uint(v, p->orig_len);
	case FRAME_CAP_LEN: return value_uint(v, p->cap_len);
	case FRAME_INTERFACE: return value_uint(v, p->interface);
	case FRAME_OFFSET: return value_uint(v, c->batch->base_off + p->block_off);
	default: return value_uint(v, c->num);
	}
}

static bool value_bytes_of_frame(struct field_ctx *c, const struct field_use *u,
				 struct field_value *v)
{
	UNUSED_ARG(u);
	return c->packet != NULL && value_bytes(v, c->packet->data, c->packet->cap_len);
}

static bool has_time(const struct field_ctx *c)
{
	return c->packet != NULL && packet_has_time(c->packet);
}

static bool value_epoch(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return has_time(c) && value_double(v, (double)c->packet->ts_ns / (double)NSEC_PER_SEC);
}

static bool text_epoch(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	UNUSED_ARG(u);
	if (!has_time(c)) {
		return false;
	}
	add_seconds(out, c->packet->ts_ns);
	return true;
}

enum { SINCE_FIRST, SINCE_LAST };

/* The last packet of the source before this one that has a time; 0: none. */
static uint64_t before_ns(const struct field_ctx *c)
{
	const struct packet *p = c->packet;

	while (p > c->batch->packets) {
		p--;
		if (packet_has_time(p)) {
			return p->ts_ns;
		}
	}
	return c->batch->packet_before_ns;
}

static bool frame_span(const struct field_ctx *c, const struct field_use *u, int64_t *ret_ns)
{
	uint64_t from;

	if (!has_time(c)) {
		return false;
	}
	from = u->field->which == SINCE_FIRST ? c->batch->first_packet_ns : before_ns(c);
	*ret_ns = from != 0 ? (int64_t)(c->packet->ts_ns - from) : 0;
	return true;
}

static bool value_frame_span(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return value_span(frame_span, c, u, v);
}

static bool text_frame_span(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	return text_span(frame_span, c, u, out);
}

/* Wireshark's own number of a link layer. */
static bool value_encap(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	static const struct {
		uint16_t link_type;
		uint8_t encap;
	} rows[] = {
		{ 0, 15 },   { 1, 1 },	  { 6, 2 },    { 8, 3 },    { 9, 4 },	 { 10, 6 },   { 12, 7 },
		{ 14, 7 },   { 50, 4 },	  { 51, 139 }, { 99, 61 },  { 101, 7 },	 { 104, 28 }, { 105, 20 },
		{ 107, 26 }, { 108, 174 }, { 113, 25 }, { 117, 39 }, { 119, 21 }, { 123, 13 }, { 127, 23 },
		{ 163, 24 }, { 192, 97 }, { 228, 129 }, { 229, 130 }, { 276, 210 },
	};

	UNUSED_ARG(u);
	for (size_t i = 0; c->packet != NULL && i < ARRAY_LEN(rows); i++) {
		if (rows[i].link_type == c->packet->link_type) {
			return (c->packet->flags & PACKET_NO_INTERFACE) == 0 && value_uint(v, rows[i].encap);
		}
	}
	return false;
}

static bool value_interface_name(struct field_ctx *c, const struct field_use *u,
				 struct field_value *v)
{
	const struct batch *b = c->batch;

	UNUSED_ARG(u);
	return c->packet != NULL && c->packet->interface < b->interface_count &&
	       b->interfaces[c->packet->interface].name[0] != '\0' &&
	       value_cstr(v, b->interfaces[c->packet->interface].name);
}

/* The comments among a packet's options. */
static bool value_comment(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	enum { OPTION_END = 0, OPTION_COMMENT = 1, COMMENTS_MAX = 16 };
	struct value_list list;
	struct cursor options;
	bool be;

	UNUSED_ARG(u);
	if (c->packet == NULL || c->packet->options_len == 0 ||
	    !list_start(c, &list, COMMENTS_MAX)) {
		return false;
	}
	be = c->batch->section->big_endian;
	options = cur_make(c->packet->options, c->packet->options_len);
	while (options.left >= 4) {
		uint16_t code = cur_u16(&options, be);
		size_t len = cur_u16(&options, be);
		struct cursor value = cur_sub(&options, len);

		if (options.bad || code == OPTION_END) {
			break;
		}
		if (code == OPTION_COMMENT) {
			list_text(&list, (const char *)value.p, len);
		}
		cur_skip(&options, (4 - len % 4) % 4);
	}
	return list_value(&list, v);
}

enum { WRITER_NAME, WRITER_PID, WRITER_TID };

/* What the capture's writer noted of the process, beside the packet. */
static bool value_writer(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct packet_process *p;

	if (c->packet == NULL || c->batch->packet_processes == NULL) {
		return false;
	}
	p = c->batch->packet_processes[c->packet - c->batch->packets];
	if (p == NULL) {
		return false;
	}
	switch (u->field->which) {
	case WRITER_PID: return p->pid != 0 && value_uint(v, p->pid);
	case WRITER_TID: return p->tid != 0 && value_uint(v, p->tid);
	default: return p->name != NULL && value_text(v, p->name->bytes, p->name->len);
	}
}

static bool text_info(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct layer *l = packet_layer(c);

	UNUSED_ARG(u);
	if (l != NULL) {
		layer_describe(c->packet, l, out);
	}
	return l != NULL;
}

static bool value_protocol(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_layer(c);

	UNUSED_ARG(u);
	return l != NULL && value_cstr(v, layer_protocol(c->packet, l));
}

static bool value_flag(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_layer(c);

	return l != NULL && value_present(v, (l->flags & u->field->which) != 0);
}

/* ---- protocols --------------------------------------------------------------------------------------------- */

/* The service of which a message begins in this packet, as far as that can be told. */
static uint8_t begun_service(struct field_ctx *c)
{
	uint8_t service = packet_service(c);

	switch (service) {
	case SERVICE_HTTP: return packet_http(c) != NULL ? service : (uint8_t)SERVICE_NONE;
	case SERVICE_DNS:
	case SERVICE_MDNS: return packet_dns(c) != NULL ? service : (uint8_t)SERVICE_NONE;
	case SERVICE_TLS: return packet_tls(c) != NULL ? service : (uint8_t)SERVICE_NONE;
	default: return service;
	}
}

/* Bytes of its payload: what "contains" looks at. */
static bool value_service(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return packet_layer(c) != NULL && begun_service(c) == u->field->which &&
	       value_bytes(v, c->layer->payload, c->layer->payload_cap);
}

static bool value_payload(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_transport(c, (unsigned int)u->field->which);

	return l != NULL &&
	       value_bytes(v, l->payload_cap > 0 ? (const void *)l->payload : "", l->payload_cap);
}

static bool value_has(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_layer(c);

	return l != NULL && value_present(v, layer_has(l, (unsigned int)u->field->which));
}

/* Link layers whose header ends with an ether type; Wireshark names that too. */
static bool has_ether_type(uint8_t proto, uint8_t next)
{
	return (proto == PROTO_ETH || proto == PROTO_VLAN || proto == PROTO_SLL) &&
	       next != PROTO_NONE && next != PROTO_LLC && next != PROTO_OTHER &&
	       next != PROTO_MALFORMED;
}

static bool text_protocols(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct layer *l = packet_layer(c);
	const char *service;
	size_t from = out->len;

	UNUSED_ARG(u);
	for (unsigned int i = 0; l != NULL && i < PATH_LEVELS && path_at(l->path, i) != PROTO_NONE;
	     i++) {
		uint8_t proto = path_at(l->path, i);

		if (proto == PROTO_OTHER || proto == PROTO_FRAGMENT || proto == PROTO_MALFORMED ||
		    proto == PROTO_IPIP) {
			continue;
		}
		buf_adds(out, out->len > from ? ":" : "");
		buf_adds(out, proto_name(proto));
		buf_adds(out, has_ether_type(proto, path_at(l->path, i + 1)) ? ":ethertype" : "");
	}
	service = service_name(begun_service(c));
	if (service[0] != '\0') {
		buf_addc(out, ':');
		buf_adds(out, service);
	}
	return out->len > from;
}

/* ---- link layer -------------------------------------------------------------------------------------------- */

enum { MAC_TO = 0, MAC_FROM = 6, MAC_BOTH = 12, MAC_BYTES = 6 };

static const uint8_t *ethernet(const struct field_ctx *c)
{
	return c->packet != NULL && c->packet->link_type == LINK_ETHERNET &&
			       c->packet->cap_len >= ETHERNET_BYTES
		       ? c->packet->data
		       : NULL;
}

static bool value_mac(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const uint8_t *p = ethernet(c);
	struct value_list list;

	if (p == NULL) {
		return false;
	}
	if (u->field->which != MAC_BOTH) {
		return value_bytes(v, p + u->field->which, MAC_BYTES);
	}
	if (!list_start(c, &list, 2)) {
		return false;
	}
	list.count = 2;
	value_bytes(&list.items[0], p + MAC_TO, MAC_BYTES);
	value_bytes(&list.items[1], p + MAC_FROM, MAC_BYTES);
	return list_value(&list, v);
}

static bool text_mac(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const uint8_t *p = ethernet(c);

	if (p != NULL) {
		buf_add_mac(out, p + u->field->which);
	}
	return p != NULL;
}

static bool value_ether_type(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const uint8_t *p = ethernet(c);

	UNUSED_ARG(u);
	return p != NULL && load_be16(p + 12) >= 0x0600 && value_uint(v, load_be16(p + 12));
}

static bool value_vlan(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_layer(c);
	struct value_list list;

	UNUSED_ARG(u);
	if (l == NULL || l->key.vlan[0] == 0 || !list_start(c, &list, 2)) {
		return false;
	}
	list_uint(&list, l->key.vlan[0]);
	if (l->key.vlan[1] != 0) {
		list_uint(&list, l->key.vlan[1]);
	}
	return list_value(&list, v);
}

/* ---- table ------------------------------------------------------------------------------------------------- */

/* clang-format off */
#define HAS(name, proto, help) PACKET_ROW(name, PT_BOOL, 0, value_has, PROTO_##proto, "true of packets with " help)
#define CARRIES(name, number, help) PACKET_ROW(name, PT_BYTEBUF, 0, value_payload, number, help)

static const struct field rows[] = {
	PACKET_ROW("frame", PT_BYTEBUF, 0, value_bytes_of_frame, 0, "all captured bytes of the packet"),
	PACKET_ROW("frame.number", PT_UINT64, 0, value_frame, FRAME_NUMBER,
		   "number of the packet in its capture, from 1"),
	{ "frame.time_epoch", PT_DOUBLE, FMT_DEC, ARG_NONE, FIELD_PACKET | FIELD_SAFE, 0, value_epoch, text_epoch, 0,
	  "when, in seconds since 1970" },
	{ "frame.time_delta", PT_DOUBLE, FMT_DEC, ARG_NONE, FIELD_PACKET | FIELD_SAFE, 0, value_frame_span, text_frame_span,
	  SINCE_LAST, "seconds since the packet before it in the capture" },
	{ "frame.time_relative", PT_DOUBLE, FMT_DEC, ARG_NONE, FIELD_PACKET | FIELD_SAFE, 0, value_frame_span,
	  text_frame_span, SINCE_FIRST, "seconds since the first packet of the capture" },
	PACKET_ROW("frame.len", PT_UINT32, 0, value_frame, FRAME_LEN, "bytes on the wire"),
	PACKET_ROW("frame.cap_len", PT_UINT32, 0, value_frame, FRAME_CAP_LEN, "bytes captured"),
	{ "frame.protocols", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_PACKET | FIELD_SAFE, 0, NULL, text_protocols, 0,
	  "protocols from the outermost on: eth:ethertype:ip:tcp:http" },
	PACKET_ROW("frame.encap_type", PT_UINT16, 0, value_encap, 0,
		   "link layer by Wireshark's number: 1 Ethernet, 25 cooked, 7 raw IP"),
	PACKET_ROW("frame.interface_id", PT_UINT32, 0, value_frame, FRAME_INTERFACE,
		   "number of the interface, from 0"),
	PACKET_ROW("frame.interface_name", PT_CHARBUF, 0, value_interface_name, 0,
		   "name of the interface"),
	PACKET_ROW("frame.comment", PT_CHARBUF, FIELD_LIST, value_comment, 0, "comments on the packet"),
	PACKET_ROW("frame.protocol", PT_CHARBUF, FIELD_OURS, value_protocol, 0,
		   "the topmost protocol as print shows it: HTTP, TCP"),
	{ "frame.info", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_PACKET | FIELD_OURS, 0, NULL, text_info, 0,
	  "the packet in a few words, as print shows it" },
	PACKET_ROW("frame.offset", PT_UINT64, FIELD_OURS, value_frame, FRAME_OFFSET,
		   "where its block lies in the uncompressed capture"),
	PACKET_ROW("frame.malformed", PT_BOOL, FIELD_OURS, value_flag, LAYER_MALFORMED,
		   "true when a header contradicts itself"),
	PACKET_ROW("frame.cut", PT_BOOL, FIELD_OURS, value_flag, LAYER_CUT,
		   "true when payload is missing from the capture"),
	PACKET_ROW("frame.process", PT_CHARBUF, FIELD_OURS, value_writer, WRITER_NAME,
		   "process that the capture's writer noted beside the packet"),
	PACKET_ROW("frame.pid", PT_UINT32, FIELD_OURS, value_writer, WRITER_PID,
		   "its process id, as noted there"),
	PACKET_ROW("frame.tid", PT_UINT32, FIELD_OURS, value_writer, WRITER_TID,
		   "its thread id, as noted there"),

	HAS("eth", ETH, "an Ethernet header"),
	{ "eth.src", PT_BYTEBUF, FMT_NA, ARG_NONE, FIELD_PACKET | FIELD_SAFE, 0, value_mac, text_mac, MAC_FROM,
	  "link address of the sender: 02:00:00:00:00:01" },
	{ "eth.dst", PT_BYTEBUF, FMT_NA, ARG_NONE, FIELD_PACKET | FIELD_SAFE, 0, value_mac, text_mac, MAC_TO,
	  "link address of the receiver" },
	PACKET_ROW("eth.addr", PT_BYTEBUF, FIELD_FILTER_ONLY, value_mac, MAC_BOTH, "either link address"),
	PACKET_HEX("eth.type", PT_UINT16, 0, value_ether_type, 0, "ether type: 0x0800"),
	HAS("vlan", VLAN, "a VLAN tag"),
	PACKET_ROW("vlan.id", PT_UINT16, FIELD_LIST, value_vlan, 0, "VLAN, the outer one first"),
	HAS("sll", SLL, "a cooked header"),
	HAS("ppp", PPP, "a PPP header"),
	HAS("pppoe", PPPOE, "a PPPoE header"),
	HAS("mpls", MPLS, "MPLS labels"),
	HAS("llc", LLC, "an LLC header"),
	HAS("lldp", LLDP, "LLDP"),
	HAS("gre", GRE, "a GRE tunnel"),
	HAS("vxlan", VXLAN, "a VXLAN tunnel"),
	HAS("geneve", GENEVE, "a Geneve tunnel"),
	HAS("gtp", GTP, "a GTP tunnel"),
	HAS("esp", ESP, "IPsec ESP"),
	HAS("ah", AH, "an IPsec authentication header"),
	HAS("igmp", IGMP, "IGMP"),

	/* http, dns, ...: where a message begins; its bytes are the payload's, for "contains". */
#define SERVICE(id, name) PACKET_ROW(name, PT_BYTEBUF, 0, value_service, SERVICE_##id, "payload of packets in which " #id " begins"),
#include "net/services.def"
#undef SERVICE
	PACKET_ROW("resp", PT_BYTEBUF, 0, value_service, SERVICE_REDIS, "as redis"),
	PACKET_ROW("pgsql", PT_BYTEBUF, 0, value_service, SERVICE_POSTGRESQL, "as postgresql"),
	CARRIES("tcp", IP_TCP, "payload of TCP segments"),
	CARRIES("udp", IP_UDP, "payload of UDP datagrams"),
	CARRIES("sctp", IP_SCTP, "payload of SCTP packets"),
};
/* clang-format on */

const struct field_class field_class_frame = { "packet", rows, ARRAY_LEN(rows), NULL };
