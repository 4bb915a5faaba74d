/*
 * spans_name.c - what spans are called: transactions of HTTP and DNS that belong to their exchanges, else what the
 * first bytes of the request said, else protocol and peer. Reads joined transactions, flows, sockets. One thread.
 */
#include "join/join_internal.h"

#include "base/limits.h"
#include "events/addr.h"
#include "net/layer.h"
#include "net/net.h"
#include "net/service.h"

/* ---- transactions ------------------------------------------------------------------------------------------ */

static struct span *span_of(struct spans_work *w, const struct exchange *x)
{
	uint32_t at = x != NULL ? w->of_exchange[join_exchange_number(w->j, x)] : UINT32_MAX;

	return at != UINT32_MAX ? &w->rows[at] : NULL;
}

/* The first one of each exchange: a pipeline is one exchange. */
static void give_http(struct spans_work *w)
{
	for (size_t i = 0; i < w->j->http_count; i++) {
		const struct http_joined *r = &w->j->http[i];
		struct span *server = span_of(w, r->server);
		struct span *client = span_of(w, r->client);

		if (server != NULL && server->http == NULL) {
			server->http = r->packets != NULL    ? r->packets
				       : r->calls[0] != NULL ? r->calls[0]
							     : r->calls[1];
		}
		if (client != NULL && client->http == NULL) {
			client->http = r->packets != NULL    ? r->packets
				       : r->calls[1] != NULL ? r->calls[1]
							     : r->calls[0];
		}
	}
}

struct dns_row {
	uint32_t flow;
	size_t at;
};

static int by_flow(const void *a, const void *b)
{
	const struct dns_row *x = a;
	const struct dns_row *y = b;

	if (x->flow != y->flow) {
		return x->flow < y->flow ? -1 : 1;
	}
	return (x->at > y->at) - (x->at < y->at);
}

/* Does the exchange ask that? One without a name may. */
static bool asks(const struct exchange *x, const struct dns_tx *d)
{
	char type[DNS_NAME_BYTES];
	const char *word = dns_type_name(d->type, type);
	size_t n = strlen(word);

	if (x->name == NULL || d->name == NULL) {
		return true;
	}
	return x->name->len > n && memcmp(x->name->bytes, word, n) == 0 && x->name->bytes[n] == ' ' &&
	       ((x->name->len == n + 1 + d->name->len &&
		 memcmp(x->name->bytes + n + 1, d->name->bytes, d->name->len) == 0) ||
		(d->name->len == 0 && x->name->len == n + 2));
}

/* Exchanges that are looked at for one query. */
#define LOOK_AHEAD 16

static void give_dns_side(struct spans_work *w, const struct dns_tx *d, const struct exchange **io_at)
{
	const struct exchange *x = *io_at;

	for (unsigned int i = 0; x != NULL && i < LOOK_AHEAD; i++, x = x->next) {
		struct span *s = span_of(w, x);

		if (s != NULL && s->dns == NULL && asks(x, d)) {
			s->dns = d;
			*io_at = x->next;
			return;
		}
	}
}

static void give_dns_flow(struct spans_work *w, const struct dns_tx *const *dns, const struct dns_row *rows,
			  size_t count)
{
	const struct pair *p = match_pair_of_flow(w->j->match, dns[rows[0].at]->flow);

	for (unsigned int end = 0; p != NULL && end < 2; end++) {
		const struct exchange *at = p->side[end].sock != NULL ? p->side[end].sock->first_exchange : NULL;

		for (size_t i = 0; i < count && at != NULL; i++) {
			give_dns_side(w, dns[rows[i].at], &at);
		}
	}
}

static int give_dns(struct spans_work *w, const struct net *net)
{
	size_t count;
	size_t n = 0;
	const struct dns_tx *const *dns = net_dns(net, &count);
	struct dns_row *rows = malloc((count + 1) * sizeof(*rows));

	if (rows == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		if (dns[i]->flow != NULL && (dns[i]->flags & DNS_QUERY) != 0) {
			rows[n++] = (struct dns_row){ dns[i]->flow->id, i };
		}
	}
	qsort(rows, n, sizeof(*rows), by_flow);
	for (size_t i = 0; i < n;) {
		size_t end = i + 1;

		while (end < n && rows[end].flow == rows[i].flow) {
			end++;
		}
		give_dns_flow(w, dns, &rows[i], end - i);
		i = end;
	}
	free(rows);
	return 0;
}

int spans_messages(struct spans_work *w)
{
	int rc = 0;

	give_http(w);
	for (uint32_t i = 0; i < w->j->source_count && rc == 0; i++) {
		const struct source *src = w->j->sources[i];

		for (uint32_t k = 0; k < src->section_count && rc == 0; k++) {
			rc = src->sections[k]->net != NULL ? give_dns(w, src->sections[k]->net) : 0;
		}
	}
	return rc;
}

/* ---- names ------------------------------------------------------------------------------------------------- */

int span_text(struct spans_work *w, const struct text **ret_text)
{
	const struct text *t = NULL;
	int rc = intern_get(&w->j->names, w->text.data, w->text.len, &t);

	buf_reset(&w->text);
	if (rc == 0) {
		*ret_text = t;
	}
	return rc;
}

static void add_text(struct buf *out, const struct text *t)
{
	if (t != NULL) {
		buf_add(out, t->bytes, t->len);
	}
}

static const char *protocol_of(const struct spans_work *w, const struct span *s)
{
	const struct sock *k = s->exchange->sock;
	const struct pair *p = match_pair_of_sock(w->j->match, k);
	const char *by_port = NULL;

	if (s->http != NULL) {
		return "http";
	}
	if (s->exchange->service != SERVICE_NONE) {
		return service_name(s->exchange->service);
	}
	if (p != NULL && p->flow->service != SERVICE_NONE) {
		return service_name(p->flow->service);
	}
	if (k->kind == SOCK_UNIX_K) {
		return "unix";
	}
	if (k->kind == SOCK_UDP_K) {
		by_port = service_of_port(IP_UDP, k->key.port[s->kind == SPAN_CLIENT ? !k->local : k->local]);
		return by_port != NULL ? by_port : "udp";
	}
	by_port = service_of_port(IP_TCP, k->key.port[s->kind == SPAN_CLIENT ? !k->local : k->local]);
	return by_port != NULL ? by_port : "tcp";
}

static void add_peer(struct buf *out, const struct sock *k)
{
	unsigned int peer = !k->local;

	if (k->kind == SOCK_UNIX_K) {
		buf_adds(out, k->path);
		return;
	}
	if (k->key.ip_version == 4) {
		addr_add_endpoint(out, false, k->key.addr[peer] + 12, k->key.port[peer]);
	} else {
		addr_add_endpoint(out, true, k->key.addr[peer], k->key.port[peer]);
	}
}

/* True: it has a name of its own. */
static bool own_name(struct buf *out, const struct span *s)
{
	char type[DNS_NAME_BYTES];

	if (s->http != NULL && s->http->method != NULL) {
		add_text(out, s->http->method);
		buf_addc(out, ' ');
		add_text(out, s->http->target);
		return true;
	}
	if (s->dns != NULL && s->dns->name != NULL) {
		buf_adds(out, dns_type_name(s->dns->type, type));
		buf_addc(out, ' ');
		add_text(out, s->dns->name);
		return true;
	}
	add_text(out, s->exchange->name);
	return s->exchange->name != NULL;
}

static int name_span(struct spans_work *w, struct span *s)
{
	s->protocol = protocol_of(w, s);
	if (own_name(&w->text, s)) {
		return span_text(w, &s->name);
	}
	return 0;
}

/* Two ends of one connection tell the same story: what one says of itself holds for the other. */
static void share_names(struct spans_work *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct span *s = &w->rows[i];
		struct span *up = s->parent != UINT32_MAX ? &w->rows[s->parent] : NULL;

		if (s->kind != SPAN_SERVER || up == NULL || up->kind != SPAN_CLIENT) {
			continue;
		}
		if (s->name == NULL && up->name != NULL) {
			s->name = up->name;
			s->protocol = up->protocol;
		} else if (up->name == NULL && s->name != NULL) {
			up->name = s->name;
			up->protocol = s->protocol;
		}
	}
}

int spans_names(struct spans_work *w)
{
	int rc = 0;

	for (size_t i = 0; i < w->count && rc == 0; i++) {
		rc = w->rows[i].exchange != NULL ? name_span(w, &w->rows[i]) : 0;
	}
	share_names(w);
	for (size_t i = 0; i < w->count && rc == 0; i++) {
		struct span *s = &w->rows[i];

		if (s->name == NULL && s->exchange != NULL) {
			buf_adds(&w->text, s->protocol);
			buf_addc(&w->text, ' ');
			add_peer(&w->text, s->exchange->sock);
			rc = span_text(w, &s->name);
		}
	}
	return rc;
}
