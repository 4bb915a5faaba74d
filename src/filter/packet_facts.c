/*
 * packet_facts.c - see packet_facts.h. The reading itself is done by the parsers of src/net; here they are put to
 * the payload of one packet, and what they found is kept until the next one.
 */
#include "filter/packet_facts.h"

#include "base/limits.h"
#include "net/http_head.h"
#include "net/net.h"
#include "net/service.h"

enum { HAVE_HTTP = 1, HAVE_DNS = 2, HAVE_TLS = 4, HAVE_OWNER = 8 };

struct packet_facts {
	/* Of the packet at hand. have: HAVE_, what has been asked for. */
	unsigned int have;
	bool is_http, is_dns, is_tls, is_joined;
	struct http_facts http;
	struct dns_message dns;
	struct tls_facts tls;
	struct packet_owner owner;

	/* Kept from one to the next. */
	bool has_id;
	struct flow_key id_key;
	char id[COMMUNITY_ID_BYTES];
	const struct section *section; /* whose is next; NULL: none yet */
	const struct lookup_section *joined;
	struct frames frames; /* owns its runs */
	uint64_t frames_raw; /* event they are of, 0: none */
	bool frames_found;
};

void packet_facts_free(struct packet_facts *f)
{
	if (f != NULL) {
		frames_release(&f->frames);
		free(f);
	}
}

static struct packet_facts *kept_facts(struct field_ctx *c)
{
	if (UNLIKELY(c->facts == NULL)) {
		c->facts = calloc(1, sizeof(*c->facts));
		c->facts_ready = false;
	}
	return c->facts;
}

/* Those of the packet at hand. */
static struct packet_facts *facts_of(struct field_ctx *c)
{
	struct packet_facts *f = c->packet != NULL ? kept_facts(c) : NULL;

	if (f != NULL && !c->facts_ready) {
		f->have = 0;
		c->facts_ready = true;
	}
	return f;
}

/* ---- layers ------------------------------------------------------------------------------------------------ */

const struct layer *packet_outer(const struct field_ctx *c, const struct layer *l)
{
	const struct batch *b = c->batch;

	/* It always stands before, so that every walk ends. */
	return l->outer < b->layer_count && &b->layers[l->outer] < l ? &b->layers[l->outer] : NULL;
}

const struct layer *packet_ip(const struct field_ctx *c, unsigned int version)
{
	const struct layer *l = packet_layer(c);

	for (; l != NULL; l = packet_outer(c, l)) {
		if (l->key.ip_version == version) {
			return l;
		}
	}
	return NULL;
}

const struct layer *packet_transport(const struct field_ctx *c, unsigned int ip_proto)
{
	const struct layer *l = packet_layer(c);

	for (; l != NULL; l = packet_outer(c, l)) {
		if (l->key.ip_proto == ip_proto &&
		    (l->flags & (LAYER_NO_FLOW | LAYER_FRAGMENT)) == 0) {
			return l;
		}
	}
	return NULL;
}

bool layer_has(const struct layer *l, unsigned int proto)
{
	for (unsigned int i = 0; i < PATH_LEVELS && path_at(l->path, i) != PROTO_NONE; i++) {
		if (path_at(l->path, i) == proto) {
			return true;
		}
	}
	return false;
}

/* ---- services ---------------------------------------------------------------------------------------------- */

uint8_t packet_service(const struct field_ctx *c)
{
	const struct layer *l = packet_layer(c);

	return l != NULL ? layer_service(l) : (uint8_t)SERVICE_NONE;
}

/* The layer when its payload is of that service. */
static const struct layer *layer_of_service(const struct field_ctx *c, uint8_t service)
{
	return packet_service(c) == service ? packet_layer(c) : NULL;
}

/* ---- HTTP/1 ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	uint32_t len;
} header_names[HTTP_FACT_COUNT] = {
#define FACT(id, lower, field, name) { lower, sizeof(lower) - 1 },
	HTTP_FACTS(FACT)
#undef FACT
};

static struct fact_text fact(struct http_part p)
{
	return (struct fact_text){ (const char *)p.p, (uint32_t)p.n };
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct http_part trimmed(const uint8_t *p, size_t n)
{
	while (n > 0 && is_blank(p[0])) {
		p++;
		n--;
	}
	while (n > 0 && is_blank(p[n - 1])) {
		n--;
	}
	return (struct http_part){ p, n };
}

static void take_header(struct http_facts *h, const uint8_t *p, size_t n)
{
	const uint8_t *colon = memchr(p, ':', n);
	size_t len = colon != NULL ? (size_t)(colon - p) : 0;

	while (len > 1 && is_blank(p[len - 1])) {
		len--;
	}
	for (unsigned int i = 0; len > 0 && i < HTTP_FACT_COUNT; i++) {
		if (header_names[i].len == len && http_is(p, len, header_names[i].name)) {
			if (h->headers[i].p == NULL) {
				h->headers[i] =
					fact(trimmed(colon + 1, n - (size_t)(colon + 1 - p)));
			}
			return;
		}
	}
}

/* Whole lines up to the empty one. What a line folds into the next one is left out. */
static void take_headers(struct http_facts *h, const uint8_t *p, size_t n)
{
	const uint8_t *lf;

	while (n > 0 && (lf = memchr(p, '\n', n)) != NULL) {
		size_t line = (size_t)(lf - p);
		size_t text = line > 0 && p[line - 1] == '\r' ? line - 1 : line;

		if (text == 0) {
			return;
		}
		if (!is_blank(p[0])) {
			take_header(h, p, text);
		}
		p += line + 1;
		n -= line + 1;
	}
}

/* The start line; ended: all of it is there. Of a cut one, what surely is a whole word. */
static bool take_start(struct http_facts *h, const uint8_t *p, size_t n, bool ended)
{
	struct http_request_line r;
	struct http_status_line s;

	if (!h->request) {
		if (!http_status_line(p, n, &s)) {
			return false;
		}
		h->version = s.version;
		h->status = s.status;
		h->reason = ended ? fact(s.reason) : h->reason;
		return true;
	}
	if (!(ended ? http_request_line(p, n, &r) : http_request_line_cut(p, n, &r))) {
		return false;
	}
	h->version = ended ? r.version : 0;
	h->method = fact(r.method);
	if (ended || r.target.p + r.target.n < p + n) {
		h->target = fact(r.target);
	}
	return true;
}

static bool read_http(const struct layer *l, struct http_facts *h)
{
	const uint8_t *p = l->payload;
	size_t n = l->payload_cap;
	enum http_start start = http_start(p, n, true);
	const uint8_t *lf;
	size_t line;

	if (start != START_REQUEST && start != START_RESPONSE) {
		return false;
	}
	memset(h, 0, sizeof(*h));
	h->request = start == START_REQUEST;
	while (n > 0 && (*p == '\r' || *p == '\n')) {
		p++;
		n--;
	}
	lf = memchr(p, '\n', n);
	line = lf != NULL ? (size_t)(lf - p) : n;
	if (!take_start(h, p, line, lf != NULL)) {
		return false;
	}
	if (lf != NULL && h->version != 9) {
		take_headers(h, lf + 1, n - line - 1);
	}
	return true;
}

const struct http_facts *packet_http(struct field_ctx *c)
{
	struct packet_facts *f = facts_of(c);

	if (f != NULL && (f->have & HAVE_HTTP) == 0) {
		const struct layer *l = layer_of_service(c, SERVICE_HTTP);

		f->have |= HAVE_HTTP;
		f->is_http = l != NULL && read_http(l, &f->http);
	}
	return f != NULL && f->is_http ? &f->http : NULL;
}

/* ---- DNS --------------------------------------------------------------------------------------------------- */

static bool read_dns(const struct layer *l, struct dns_message *m)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);

	/* Over TCP a length in front: a segment that begins a message has one that fits. */
	if (l->key.ip_proto == IP_TCP) {
		size_t len = cur_be16(&c);

		if (c.bad || len < DNS_HEADER_BYTES || !dns_looks_like(c.p, c.left, true)) {
			return false;
		}
		c = cur_sub(&c, len < c.left ? len : c.left);
	}
	return dns_message_read(c.p, c.left, m);
}

const struct dns_message *packet_dns(struct field_ctx *c)
{
	struct packet_facts *f = facts_of(c);

	if (f != NULL && (f->have & HAVE_DNS) == 0) {
		uint8_t service = packet_service(c);

		f->have |= HAVE_DNS;
		f->is_dns = (service == SERVICE_DNS || service == SERVICE_MDNS) &&
			    read_dns(packet_layer(c), &f->dns);
	}
	return f != NULL && f->is_dns ? &f->dns : NULL;
}

/* ---- TLS --------------------------------------------------------------------------------------------------- */

/* Types of handshake messages that go in clear, up to key_update. */
enum { MSG_LAST = 24 };

static void take_hello(struct tls_facts *t, uint8_t type, const uint8_t *p, size_t n)
{
	if (type == MSG_CLIENT_HELLO && !t->has_client) {
		t->has_client = tls_client_hello(p, n, &t->client);
	} else if (type == MSG_SERVER_HELLO && !t->has_server) {
		t->has_server = tls_server_hello(p, n, &t->server);
	}
}

/*
 * Messages of a handshake record in clear. What makes no sense as one is encrypted: false, and no more are
 * looked for.
 */
static bool take_messages(struct tls_facts *t, struct cursor c)
{
	while (c.left > 0 && t->message_count < TLS_FACTS_MAX) {
		uint8_t type = cur_u8(&c);
		size_t len = (size_t)cur_u8(&c) << 16;

		len |= cur_be16(&c);
		if (c.bad || type > MSG_LAST || len > TLS_MESSAGE_CLAIM_MAX) {
			return false;
		}
		t->messages[t->message_count++] = type;
		len = len < c.left ? len : c.left;
		take_hello(t, type, c.p, len);
		cur_skip(&c, len);
	}
	return true;
}

/* After a change of cipher all is encrypted, but for the second client hello of TLS 1.3. */
static bool is_second_hello(const struct cursor *body, uint16_t record_len)
{
	return body->left > TLS_MESSAGE_HEAD + 2 && body->p[0] == MSG_CLIENT_HELLO &&
	       (load_be32(body->p) & 0xffffff) == (uint32_t)record_len - TLS_MESSAGE_HEAD &&
	       body->p[4] == 3;
}

static bool read_tls(const struct layer *l, struct tls_facts *t)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	bool clear = true;

	memset(t, 0, sizeof(*t));
	while (c.left >= TLS_RECORD_HEAD && tls_sane_record(c.p) &&
	       t->record_count < TLS_FACTS_MAX) {
		uint8_t type = cur_u8(&c);
		uint16_t version = cur_be16(&c);
		uint16_t len = cur_be16(&c);
		struct cursor body = cur_sub(&c, len < c.left ? len : c.left);

		t->records[t->record_count].type = type;
		t->records[t->record_count].version = version;
		t->records[t->record_count++].len = len;
		if (type == REC_HANDSHAKE && (clear || is_second_hello(&body, len))) {
			clear = take_messages(t, body);
		} else if (type == REC_CHANGE_CIPHER) {
			clear = false;
		} else if (type == REC_ALERT && len == 2 && body.left == 2 && body.p[0] >= 1 &&
			   body.p[0] <= 2) {
			t->has_alert = true;
			t->alert_level = body.p[0];
			t->alert = body.p[1];
		}
	}
	return t->record_count > 0;
}

const struct tls_facts *packet_tls(struct field_ctx *c)
{
	struct packet_facts *f = facts_of(c);

	if (f != NULL && (f->have & HAVE_TLS) == 0) {
		const struct layer *l = layer_of_service(c, SERVICE_TLS);

		f->have |= HAVE_TLS;
		f->is_tls = l != NULL && read_tls(l, &f->tls);
	}
	return f != NULL && f->is_tls ? &f->tls : NULL;
}

/* ---- flows ------------------------------------------------------------------------------------------------- */

const char *packet_community_id(struct field_ctx *c, const struct flow_key *key)
{
	struct packet_facts *f = kept_facts(c);

	if (f == NULL) {
		return NULL;
	}
	if (!f->has_id || memcmp(&f->id_key, key, sizeof(*key)) != 0) {
		f->id_key = *key;
		f->has_id = true;
		community_id(key, 0, f->id);
	}
	return f->id;
}

/* ---- of the pass before ------------------------------------------------------------------------------------ */

static const struct lookup_section *joined_section(struct field_ctx *c, struct packet_facts *f)
{
	if (f->section != c->batch->section) {
		f->section = c->batch->section;
		f->joined = lookup_section(c->set->lookup, f->section);
		f->frames_raw = 0;
	}
	return f->joined;
}

const struct section *section_joined(struct field_ctx *c)
{
	struct packet_facts *f = c->set->lookup != NULL ? kept_facts(c) : NULL;
	const struct lookup_section *ls = f != NULL ? joined_section(c, f) : NULL;

	return ls != NULL ? lookup_section_joined(ls) : NULL;
}

/* The innermost layer that is of a joined flow. */
static bool find_owner(struct field_ctx *c, struct packet_facts *f)
{
	const struct lookup_section *ls = joined_section(c, f);
	const struct layer *l = ls != NULL ? packet_layer(c) : NULL;

	for (; l != NULL; l = packet_outer(c, l)) {
		if (l->flow != NULL &&
		    lookup_packet(c->set->lookup, ls, l->flow, l->from, c->num, &f->owner)) {
			return true;
		}
	}
	return false;
}

const struct packet_owner *packet_joined(struct field_ctx *c)
{
	struct packet_facts *f = c->set->lookup != NULL ? facts_of(c) : NULL;

	if (f != NULL && (f->have & HAVE_OWNER) == 0) {
		f->have |= HAVE_OWNER;
		f->is_joined = find_owner(c, f);
	}
	return f != NULL && f->is_joined ? &f->owner : NULL;
}

const struct frames *event_joined(struct field_ctx *c)
{
	struct packet_facts *f = c->set->lookup != NULL && c->ev != NULL ? kept_facts(c) : NULL;
	const struct lookup_section *ls = f != NULL ? joined_section(c, f) : NULL;
	uint64_t raw = ls != NULL ? c->batch->first_raw_num + c->position : 0;

	if (ls == NULL) {
		return NULL;
	}
	if (f->frames_raw != raw) {
		f->frames_raw = raw;
		f->frames_found = lookup_call(c->set->lookup, ls, raw, &f->frames);
	}
	return f->frames_found ? &f->frames : NULL;
}
