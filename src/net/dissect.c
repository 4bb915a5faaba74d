/*
 * dissect.c - packets of a batch into layers: the walk through all packets, the making of layers, their keys and
 * hashes. What a header means is in dissect_link.c, dissect_ip.c, dissect_transport.c and dissect_tunnel.c. Reads
 * batch->packets, fills batch->layers and batch->fragments. Any worker, one per batch; a hot path.
 */
#include "base/err.h"
#include "net/dissect_internal.h"

static const char *const names[PROTO_COUNT] = {
	[PROTO_NONE] = "",
#define PROTO(id, name) [PROTO_##id] = name,
#include "net/protocols.def"
#undef PROTO
};

const char *proto_name(uint8_t proto)
{
	return proto < PROTO_COUNT ? names[proto] : "";
}

/* ---- layers ------------------------------------------------------------------------------------- */

static bool grow_layers(struct batch *b)
{
	uint32_t cap = b->layer_cap == 0 ? 1024 : b->layer_cap * 2;
	struct layer *grown;

	if (b->layer_cap > UINT32_MAX / 2 / sizeof(*grown)) {
		return false;
	}
	grown = realloc(b->layers, cap * sizeof(*grown));
	if (grown == NULL) {
		return false;
	}
	b->layers = grown;
	b->layer_cap = cap;
	return true;
}

struct layer *batch_new_layer(struct batch *b, uint32_t packet)
{
	static const struct layer zero;
	struct layer *l;

	if (UNLIKELY(b->layer_count == b->layer_cap) && !grow_layers(b)) {
		return NULL;
	}
	l = &b->layers[b->layer_count++];
	*l = zero;
	l->packet = packet;
	return l;
}

/* A layer for the walk; the path so far goes on in it. */
static bool begin_layer(struct dissect *d, uint32_t outer, uint32_t frame_len)
{
	d->l = batch_new_layer(d->b, d->packet);
	if (UNLIKELY(d->l == NULL)) {
		d->rc = ERR_NOMEM;
		return false;
	}
	d->index = d->b->layer_count - 1;
	d->l->outer = outer;
	d->l->frame_len = frame_len;
	d->l->window_shift = 255;
	return true;
}

static void set_payload(struct layer *l, const struct span *s)
{
	l->payload = s->p;
	l->payload_cap = s->cap;
	l->payload_len = s->len;
}

void dissect_stop(struct dissect *d, const struct span *s, uint8_t proto)
{
	struct layer *l = d->l;

	if (proto != PROTO_NONE) {
		dissect_push(d, proto);
	}
	set_payload(l, s);
	memset(&l->key, 0, offsetof(struct flow_key, vlan));
	l->key.scope = 0;
	l->key.ip_proto = 0;
	l->key.ip_version = 0;
	l->flags |= LAYER_NO_FLOW;
	if (d->to_all) {
		l->flags |= LAYER_TO_GROUP;
	}
	if (s->cap < s->len && !d->quoted) {
		l->flags |= LAYER_CUT;
	}
}

void dissect_stop_malformed(struct dissect *d, const struct span *s)
{
	if (!d->quoted) {
		d->l->flags |= LAYER_MALFORMED;
	}
	dissect_stop(d, s, PROTO_MALFORMED);
}

void dissect_stop_short(struct dissect *d, const struct span *s, uint32_t n)
{
	if (s->len < n) {
		dissect_stop_malformed(d, s);
	} else {
		dissect_stop(d, s, PROTO_NONE);
	}
}

void dissect_flow(struct dissect *d, const struct span *s)
{
	struct layer *l = d->l;

	set_payload(l, s);
	if (UNLIKELY(s->cap < s->len) && !d->quoted) {
		l->flags |= LAYER_CUT;
	}
	layer_set_flow(l);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

/* Odd constants with about as many ones as zeros: digits of pi and e. */
static const uint64_t mixers[] = {
	UINT64_C(0x243F6A8885A308D3), UINT64_C(0x13198A2E03707345), UINT64_C(0xA4093822299F31D1),
	UINT64_C(0x082EFA98EC4E6C89), UINT64_C(0xB7E151628AED2A6B), UINT64_C(0xBF7158809CF4F3C7),
};

static ALWAYS_INLINE uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static ALWAYS_INLINE uint32_t hash_key(const struct flow_key *key)
{
	const uint8_t *k = (const uint8_t *)key;
	uint64_t a = mix(load_le64(k) ^ mixers[0], load_le64(k + 8) ^ mixers[1]);
	uint64_t b = mix(load_le64(k + 16) ^ mixers[2], load_le64(k + 24) ^ mixers[3]);

	a = mix(a ^ load_le64(k + 32) ^ mixers[4], b ^ load_le64(k + 40) ^ mixers[5]);
	a = mix(a ^ load_le32(k + 48), mixers[0]);
	return (uint32_t)(a >> 32 ^ a);
}

/* Is end 0 the greater one? */
static ALWAYS_INLINE bool ends_swapped(const struct flow_key *k)
{
	uint64_t a = load_be64(k->addr[0]), b = load_be64(k->addr[1]);

	if (a == b) {
		a = load_be64(k->addr[0] + 8);
		b = load_be64(k->addr[1] + 8);
	}
	return a != b ? a > b : k->port[0] > k->port[1];
}

static ALWAYS_INLINE void swap_ends(struct flow_key *k)
{
	uint8_t addr[16];
	uint16_t port = k->port[0];

	memcpy(addr, k->addr[0], sizeof(addr));
	memcpy(k->addr[0], k->addr[1], sizeof(addr));
	memcpy(k->addr[1], addr, sizeof(addr));
	k->port[0] = k->port[1];
	k->port[1] = port;
}

enum { PORT_MDNS = 5353 };

void layer_set_flow(struct layer *l)
{
	struct flow_key *k = &l->key;

	l->from = 0;
	if ((l->flags & LAYER_ICMP_ONE_WAY) == 0 && ends_swapped(k)) {
		swap_ends(k);
		l->from = 1;
	}
	l->hash = hash_key(k);
	l->shard = (uint8_t)(l->hash % BATCH_SHARDS);
	/* Questions go to a group and answers come from single hosts: only one shard can bring them together. */
	if (UNLIKELY(k->port[0] == PORT_MDNS || k->port[1] == PORT_MDNS) && k->ip_proto == IP_UDP) {
		l->shard = 0;
	}
}

/* ---- packets in packets ---------------------------------------------------------------------------- */

bool dissect_enter_tunnel(struct dissect *d, const struct span *s, uint8_t proto, uint32_t id, bool push)
{
	uint32_t outer = d->index;
	struct layer around;

	if (d->quoted) {
		return false;
	}
	if (d->l->key.depth == LIMIT_TUNNELS) {
		d->l->flags |= LAYER_MALFORMED;
		dissect_push(d, PROTO_MALFORMED);
		return false;
	}
	around = *d->l;
	if (!begin_layer(d, outer, s->len)) {
		return false;
	}
	d->l->path = around.path;
	d->l->flags = LAYER_INNER | (around.flags & LAYER_REBUILT);
	d->l->key.tunnel = proto;
	d->l->key.tunnel_id = id;
	d->l->key.depth = (uint8_t)(around.key.depth + 1);
	if (push) {
		dissect_push(d, proto);
	}
	d->last = d->index;
	d->to_all = false;
	d->rebuilt = false;
	d->llc = false;
	return true;
}

bool dissect_enter_quote(struct dissect *d, const struct span *s)
{
	struct layer around;

	if (d->quoted) {
		return false;
	}
	around = *d->l;
	if (!begin_layer(d, d->index, s->len)) {
		return false;
	}
	d->l->path = around.path;
	d->l->flags = LAYER_QUOTED | (around.flags & (LAYER_INNER | LAYER_REBUILT));
	memcpy(d->l->key.vlan, around.key.vlan, sizeof(around.key.vlan));
	d->l->key.tunnel = around.key.tunnel;
	d->l->key.tunnel_id = around.key.tunnel_id;
	d->l->key.depth = around.key.depth;
	d->quoted = true;
	return true;
}

void dissect_leave_quote(struct dissect *d)
{
	if ((d->l->flags & (LAYER_NO_FLOW | LAYER_FRAGMENT)) != 0) {
		d->b->layer_count--;
	}
	d->quoted = false;
}

/* ---- batches -------------------------------------------------------------------------------------- */

static ALWAYS_INLINE int dissect_packet(struct batch *b, uint32_t i)
{
	const struct packet *p = &b->packets[i];
	struct span s = { p->data, p->cap_len, p->orig_len > p->cap_len ? p->orig_len : p->cap_len };
	struct dissect d = { .b = b, .start = p->data, .packet = i, .scope = p->interface + 1 };

	if (UNLIKELY(!begin_layer(&d, UINT32_MAX, s.len))) {
		return ERR_NOMEM;
	}
	d.last = d.index;
	d.l->flags = LAYER_FIRST;
	if (LIKELY((p->flags & PACKET_NO_INTERFACE) == 0)) {
		dissect_link(&d, &s, p->link_type);
	} else {
		dissect_stop(&d, &s, PROTO_OTHER);
	}
	b->layers[d.last].flags |= LAYER_LAST;
	return d.rc;
}

int net_dissect(struct batch *b)
{
	int rc = 0;

	b->layer_count = 0;
	b->fragment_count = 0;
	for (uint32_t i = 0; i < b->packet_count && rc == 0; i++) {
		rc = dissect_packet(b, i);
	}
	return rc;
}

/* The path without its last level, which is PROTO_FRAGMENT. */
static uint64_t path_above(uint64_t path, unsigned int levels)
{
	return levels < PATH_LEVELS ? path & ((UINT64_C(1) << 5 * levels) - 1) : path;
}

static unsigned int path_levels(uint64_t path)
{
	unsigned int n = 0;

	while (n < PATH_LEVELS && path_at(path, n) != PROTO_NONE) {
		n++;
	}
	return n;
}

int dissect_rebuilt(struct batch *b, uint32_t of, uint8_t proto, const uint8_t *data, uint32_t cap_len,
		    uint32_t total_len)
{
	struct layer part = b->layers[of];
	struct span s = { data, cap_len, total_len };
	struct dissect d = { .b = b, .packet = part.packet, .rebuilt = true };
	unsigned int levels = path_levels(part.path);

	if (!begin_layer(&d, part.outer, part.frame_len)) {
		return ERR_NOMEM;
	}
	d.last = d.index;
	d.levels = (uint8_t)(levels > 0 && path_at(part.path, levels - 1) == PROTO_FRAGMENT ? levels - 1 : levels);
	d.l->path = path_above(part.path, d.levels);
	d.l->key = part.key;
	d.l->key.port[0] = d.l->key.port[1] = 0;
	if (part.from == 1) {
		swap_ends(&d.l->key);
	}
	d.l->flags = LAYER_REBUILT | (part.flags & (LAYER_INNER | LAYER_TO_GROUP));
	d.l->ip_id = part.ip_id;
	d.l->ttl = part.ttl;
	d.l->ip_at = part.ip_at;
	d.l->ip_len = total_len + (part.key.ip_version == 6 ? 40 : 20);
	d.scope = b->packets[part.packet].interface + 1;
	dissect_ip_payload(&d, &s, proto);
	b->layers[d.last].flags |= LAYER_LAST;
	return d.rc;
}
