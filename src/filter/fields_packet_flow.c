/*
 * fields_packet_flow.c - fields of the flow a packet belongs to, as far as they are known when it passes: its
 * ends, tunnel and service; and its Community ID, which calls on a socket have too. What is known at the flow's
 * end alone: fields_joined.c. Any worker, own context.
 */
#include "filter/fields_packet.h"

#include "events/addr.h"
#include "net/service.h"

/* The layer at hand, if it is part of a flow. */
static const struct layer *flow_layer(const struct field_ctx *c)
{
	const struct layer *l = packet_layer(c);

	return l != NULL && (l->flags & (LAYER_NO_FLOW | LAYER_FRAGMENT)) == 0 ? l : NULL;
}

/* ---- Community ID ------------------------------------------------------------------------------------------ */

static void set_end(struct flow_key *k, unsigned int end, bool v6, const uint8_t *ip, uint16_t port)
{
	if (v6) {
		memcpy(k->addr[end], ip, 16);
	} else {
		k->addr[end][10] = k->addr[end][11] = 0xFF;
		memcpy(k->addr[end] + 12, ip, 4);
	}
	k->port[end] = port;
}

/* Of a TCP or UDP socket of which both ends are known. */
static bool key_of_fd(const struct fd_view *fd, struct flow_key *ret_key)
{
	static const uint8_t zero[16];
	bool v6 = fd->type == FD_IPV6;
	size_t bytes = v6 ? 16 : 4;
	bool swap;
	int way;

	if ((fd->type != FD_IPV4 && !v6) || (fd->l4 != L4_TCP && fd->l4 != L4_UDP) ||
	    fd->src_port == 0 || fd->dst_port == 0 || memcmp(fd->src_ip, zero, bytes) == 0 ||
	    memcmp(fd->dst_ip, zero, bytes) == 0) {
		return false;
	}
	memset(ret_key, 0, sizeof(*ret_key));
	way = memcmp(fd->src_ip, fd->dst_ip, bytes);
	swap = way > 0 || (way == 0 && fd->src_port > fd->dst_port);
	set_end(ret_key, swap, v6, fd->src_ip, fd->src_port);
	set_end(ret_key, !swap, v6, fd->dst_ip, fd->dst_port);
	ret_key->ip_proto = fd->l4 == L4_TCP ? IP_TCP : IP_UDP;
	ret_key->ip_version = v6 && !addr_is_mapped(fd->src_ip) ? 6 : 4;
	return true;
}

static bool value_community_id(struct field_ctx *c, const struct field_use *u,
			       struct field_value *v)
{
	const struct layer *l = flow_layer(c);
	struct flow_key key;
	const char *id = NULL;

	UNUSED_ARG(u);
	if (l != NULL) {
		id = packet_community_id(c, &l->key);
	} else if (c->ev != NULL && c->ev->fd != NULL && key_of_fd(c->ev->fd, &key)) {
		id = packet_community_id(c, &key);
	}
	return id != NULL && id[0] != '\0' && value_cstr(v, id);
}

/* ---- ends and tunnel --------------------------------------------------------------------------------------- */

enum { OF_CLIENT, OF_SERVER };

/* The end taken for the initiator when the packet passed. False: the flow is not followed. */
static bool end_of(const struct layer *l, int which, unsigned int *ret_end)
{
	if (l == NULL || l->flow == NULL) {
		return false;
	}
	*ret_end = (l->from_client != 0) == (which == OF_CLIENT) ? l->from : !l->from;
	return true;
}

static bool value_ip(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = flow_layer(c);
	unsigned int end;

	return end_of(l, u->field->which, &end) && value_end(v, l, end);
}

static bool value_port(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = flow_layer(c);
	unsigned int end;

	return end_of(l, u->field->which, &end) &&
	       (l->key.ip_proto == IP_TCP || l->key.ip_proto == IP_UDP ||
		l->key.ip_proto == IP_SCTP) &&
	       value_uint(v, l->key.port[end]);
}

static bool value_from_client(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = flow_layer(c);

	UNUSED_ARG(u);
	return l != NULL && l->flow != NULL && value_bool(v, l->from_client != 0);
}

static bool value_service(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = flow_layer(c);

	UNUSED_ARG(u);
	return l != NULL && l->service != SERVICE_NONE && value_cstr(v, service_name(l->service));
}

enum { TUNNEL_KIND, TUNNEL_ID, TUNNEL_DEPTH };

static bool value_tunnel(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_layer(c);

	if (l == NULL || l->key.tunnel == PROTO_NONE) {
		return false;
	}
	switch (u->field->which) {
	case TUNNEL_ID: return l->key.tunnel_id != 0 && value_uint(v, l->key.tunnel_id);
	case TUNNEL_DEPTH: return value_uint(v, l->key.depth);
	default: return value_cstr(v, proto_name(l->key.tunnel));
	}
}

static bool value_first(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = flow_layer(c);

	UNUSED_ARG(u);
	return l != NULL && l->flow != NULL && value_uint(v, l->flow->first_num);
}

static bool value_mark(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = flow_layer(c);

	return l != NULL && value_present(v, (l->marks & u->field->which) != 0);
}

/* clang-format off */
#define FLOW_ROW(name, type, value, which, help) PACKET_ROW("flow." name, type, FIELD_OURS, value, which, help)

static const struct field rows[] = {
	{ "flow.community_id", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_BOTH | FIELD_OURS | FIELD_SAFE, WANT_FOLD | WANT_FDS,
	  value_community_id, NULL, 0, "Community ID of the flow, or of the socket of a call: 1:..." },
	FLOW_ROW("service", PT_CHARBUF, value_service, 0,
		   "application protocol by content, as known when the packet passed: http, tls"),
	FLOW_ROW("client.ip", PT_IPADDR, value_ip, OF_CLIENT,
		   "address of the end that is taken for the initiator"),
	FLOW_ROW("client.port", PT_PORT, value_port, OF_CLIENT, "its port"),
	FLOW_ROW("server.ip", PT_IPADDR, value_ip, OF_SERVER, "address of the other end"),
	FLOW_ROW("server.port", PT_PORT, value_port, OF_SERVER, "its port"),
	FLOW_ROW("from_client", PT_BOOL, value_from_client, 0,
		   "true of packets that the initiator sent, false of the others"),
	FLOW_ROW("first_frame", PT_UINT64, value_first, 0,
		   "number of the flow's first packet: names the flow within its capture"),
	FLOW_ROW("begins", PT_BOOL, value_mark, MARK_NEW_FLOW, "true of the first packet of a flow"),
	FLOW_ROW("copy", PT_BOOL, value_mark, MARK_DUPLICATE,
		   "true of a packet that was captured before"),
	FLOW_ROW("overlap", PT_BOOL, value_mark, MARK_OVERLAP_DIFFERS,
		   "true of bytes sent again with other content"),
	FLOW_ROW("tunnel", PT_CHARBUF, value_tunnel, TUNNEL_KIND,
		   "innermost tunnel around the packet: vxlan, geneve, gre, ..."),
	FLOW_ROW("tunnel.id", PT_UINT32, value_tunnel, TUNNEL_ID, "its network or key"),
	FLOW_ROW("tunnel.depth", PT_UINT8, value_tunnel, TUNNEL_DEPTH,
		   "number of tunnels around the packet"),
};
/* clang-format on */

const struct field_class field_class_flow = { "flow", rows, ARRAY_LEN(rows), "flow" };
