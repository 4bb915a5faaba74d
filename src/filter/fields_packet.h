/*
 * fields_packet.h - shared by the tables of packets' fields: lists of values, numbers in hexadecimal, rows in
 * short.
 */
#ifndef FILTER_FIELDS_PACKET_H
#define FILTER_FIELDS_PACKET_H

#include "filter/fields_internal.h"
#include "filter/packet_facts.h"

/* A row of packets without argument whose value prints itself. */
#define PACKET_ROW(name, type, flags, value, which, help)                                          \
	{ name, type, FMT_DEC, ARG_NONE, FIELD_PACKET | (flags), 0, value, NULL, which, help }
/* The same, printed as 0x and two digits a byte; of 32 bits, that hold 24 or less, six. */
#define PACKET_HEX(name, type, flags, value, which, help)                                          \
	{ name, type, FMT_HEX, ARG_NONE, FIELD_PACKET | FIELD_SAFE | (flags), 0, value,            \
	  field_text_hex, which, help }

/* Prints the row's value, a number or a list of such. */
bool field_text_hex(struct field_ctx *c, const struct field_use *u, struct buf *out);

/* A span of time of packets, in seconds: printed with its nanoseconds. ns of a row tells the span; false: none. */
typedef bool packet_span_fn(const struct field_ctx *c, const struct field_use *u, int64_t *ret_ns);
bool value_span(packet_span_fn *ns, struct field_ctx *c, const struct field_use *u, struct field_value *ret_v);
bool text_span(packet_span_fn *ns, struct field_ctx *c, const struct field_use *u, struct buf *out);

static inline bool packet_has_time(const struct packet *p)
{
	return (p->flags & PACKET_NO_TIME) == 0;
}

/* Values being listed, in the context's arena; count never passes cap. */
struct value_list {
	struct field_value *items;
	uint32_t count, cap;
};

/* False: no memory. */
bool list_start(struct field_ctx *c, struct value_list *l, size_t cap);
void list_uint(struct value_list *l, uint64_t x);
void list_ip(struct value_list *l, const uint8_t *ip, uint32_t bytes);
void list_text(struct value_list *l, const char *s, size_t len);
/* False: it is empty. */
bool list_value(const struct value_list *l, struct field_value *ret_v);

static inline bool value_ip_bytes(struct field_value *v, const uint8_t *ip, uint32_t bytes)
{
	v->kind = VALUE_IP;
	v->len = bytes;
	v->v.text = (const char *)ip;
	return true;
}

/* What is true or not there at all: "exists" and "= true" say the same. */
static inline bool value_present(struct field_value *v, bool x)
{
	return x && value_bool(v, true);
}

/* The address of an end of a layer's key, as long as its version has it. */
static inline bool value_end(struct field_value *v, const struct layer *l, unsigned int end)
{
	bool v6 = l->key.ip_version == 6;

	return value_ip_bytes(v, l->key.addr[end] + (v6 ? 0 : 12), v6 ? 16 : 4);
}

/* Both ports of every layer of that transport, from the innermost outwards. */
bool value_ports(struct field_ctx *c, unsigned int ip_proto, struct field_value *ret_v);

#endif
