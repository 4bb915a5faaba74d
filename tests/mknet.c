/*
 * mknet.c - see mknet.h. The bytes go into a memfd, which is opened like any file.
 */
#include "mknet.h"

#include <sys/mman.h>
#include <unistd.h>

#include "events/decode.h"
#include "net/net_internal.h"
#include "readers/frame.h"
#include "readers/input.h"

static void need(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

static struct batch *new_batch(struct mknet *k)
{
	struct batch *b = malloc(sizeof(*b));

	if (k->batch_count == k->batch_cap) {
		k->batch_cap = k->batch_cap == 0 ? 64 : k->batch_cap * 2;
		k->batches = realloc(k->batches, k->batch_cap * sizeof(struct batch *));
	}
	need(b != NULL && k->batches != NULL, "memory");
	batch_init(b);
	k->batches[k->batch_count++] = b;
	return b;
}

static void fold(struct batch *b, const struct mknet_options *opt, uint64_t *io_num)
{
	struct net_options no = { .ndpi = opt->ndpi, .content = !opt->no_content, .knots = opt->knots };
	struct section *sec = b->section;
	struct err e;

	err_init(&e);
	need(decode_batch(b) == 0, "decode_batch");
	b->first_packet_num = *io_num + 1;
	*io_num += b->packet_count;
	if (sec == NULL || b->packet_count + b->meta_count == 0) {
		return;
	}
	need(net_dissect(b) == 0, "net_dissect");
	if (sec->net == NULL) {
		need(net_new_limited(sec, &no, opt->limits, &sec->net, &e) == 0, "net_new");
	}
	sec->packets += b->packet_count;
	need(net_fold(sec->net, b, &e) == 0, "net_fold");
}

static void track(struct batch *b, unsigned int shard)
{
	if (b->section != NULL && b->section->net != NULL &&
	    b->shard_start[shard] < b->shard_start[shard + 1]) {
		need(net_track(b->section->net, shard, b) == 0, "net_track");
	}
}

static void finish(struct section *sec)
{
	if (sec->net == NULL) {
		return;
	}
	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		need(net_finish(sec->net, i) == 0, "net_finish");
	}
	need(net_freeze(sec->net) == 0, "net_freeze");
}

static void read_source(struct mknet *k, struct stream *st, const struct mknet_options *opt)
{
	uint64_t num = 0;
	struct framer fr;
	struct err e;

	err_init(&e);
	k->source = source_new(0, "test");
	framer_init(&fr, st, k->source, opt->batch_bytes != 0 ? opt->batch_bytes : 512 << 10);
	for (;;) {
		struct batch *b = new_batch(k);

		if (framer_next(&fr, b, &e) != 0) {
			break;
		}
		fold(b, opt, &num);
		for (unsigned int s = 0; s < NET_SHARDS && !opt->shuffled; s++) {
			track(b, s);
		}
	}
	framer_release(&fr);
	for (unsigned int s = 0; s < NET_SHARDS && opt->shuffled; s++) {
		for (size_t i = 0; i < k->batch_count; i++) {
			track(k->batches[i], (s * 5 + 3) % NET_SHARDS);
		}
	}
}

static void look_at(struct mknet *k, const struct mknet_options *opt)
{
	for (uint32_t i = 0; i < k->source->section_count; i++) {
		struct section *sec = k->source->sections[i];

		finish(sec);
		if (opt->section == i + 1 ||
		    (opt->section == 0 && k->section == NULL && sec->net != NULL)) {
			k->section = sec;
			k->net = sec->net;
		}
	}
}

void mknet_file(struct mknet *k, const char *path, const struct mknet_options *opt)
{
	static const struct mknet_options usual;
	struct input_options in_opt = { false, false, NULL };
	char *name = strdup(path);
	struct input_file file = { name, UINT64_MAX, true };
	struct stream *st;
	const char *member;
	const char *wrap;
	struct err e;

	memset(k, 0, sizeof(*k));
	k->fd = -1;
	opt = opt != NULL ? opt : &usual;
	err_init(&e);
	need(input_open(&file, &in_opt, &k->input, &e) == 0, path);
	free(name);
	need(input_next(k->input, &st, &member, &wrap, &e) == 0, "not a capture");
	read_source(k, st, opt);
	look_at(k, opt);
}

void mknet_bytes(struct mknet *k, const void *data, size_t len, const struct mknet_options *opt)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	char path[64];

	need(fd >= 0 && write(fd, data, len) == (ssize_t)len, "memfd");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	mknet_file(k, path, opt);
	k->fd = fd;
}

void mknet_run(struct mknet *k, const struct mkcap *m, const struct mknet_options *opt)
{
	mknet_bytes(k, m->out.data, m->out.len, opt);
}

void mknet_release(struct mknet *k)
{
	for (size_t i = 0; i < k->batch_count; i++) {
		batch_release(k->batches[i]);
		free(k->batches[i]);
	}
	free(k->batches);
	for (uint32_t i = 0; k->source != NULL && i < k->source->section_count; i++) {
		net_free(k->source->sections[i]->net);
		k->source->sections[i]->net = NULL;
	}
	/* A struct of zeros is released too: descriptor 0 is not its. */
	if (k->source != NULL && k->fd >= 0) {
		close(k->fd);
	}
	source_free(k->source);
	input_free(k->input);
	memset(k, 0, sizeof(*k));
}

/* ---- what came out --------------------------------------------------------------------------- */

#define ROWS_OF(name, type)                                \
	size_t mknet_##name##_count(const struct mknet *k) \
	{                                                  \
		size_t n = 0;                              \
                                                           \
		if (k->net != NULL) {                      \
			(void)net_##type(k->net, &n);      \
		}                                          \
		return n;                                  \
	}

ROWS_OF(flow, flows)
ROWS_OF(http, http)
ROWS_OF(dns, dns)
ROWS_OF(tls, tls)

const struct flow *mknet_flow(const struct mknet *k, size_t i)
{
	size_t n;

	need(i < mknet_flow_count(k), "so many flows");
	return net_flows(k->net, &n)[i];
}

const struct http_tx *mknet_http(const struct mknet *k, size_t i)
{
	size_t n;

	need(i < mknet_http_count(k), "so many HTTP transactions");
	return net_http(k->net, &n)[i];
}

const struct dns_tx *mknet_dns(const struct mknet *k, size_t i)
{
	size_t n;

	need(i < mknet_dns_count(k), "so many DNS exchanges");
	return net_dns(k->net, &n)[i];
}

const struct tls_session *mknet_tls(const struct mknet *k, size_t i)
{
	size_t n;

	need(i < mknet_tls_count(k), "so many TLS sessions");
	return net_tls(k->net, &n)[i];
}

const struct layer *mknet_layer(const struct mknet *k, uint64_t num, unsigned int nth)
{
	for (size_t i = 0; i < k->batch_count; i++) {
		const struct batch *b = k->batches[i];

		for (uint32_t j = 0; j < b->layer_count; j++) {
			if (b->first_packet_num + b->layers[j].packet == num && nth-- == 0) {
				return &b->layers[j];
			}
		}
	}
	return NULL;
}

/* ---- one number for everything --------------------------------------------------------------- */

struct sum {
	uint64_t x;
};

static void sum_bytes(struct sum *s, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		s->x = (s->x ^ b[i]) * UINT64_C(0x100000001B3);
	}
}

static void sum_num(struct sum *s, uint64_t x)
{
	sum_bytes(s, &x, sizeof(x));
}

static void sum_text(struct sum *s, const struct text *t)
{
	sum_num(s, t != NULL ? t->len : UINT64_MAX);
	if (t != NULL) {
		sum_bytes(s, t->bytes, t->len);
	}
}

static void sum_process(struct sum *s, const struct packet_process *p)
{
	sum_num(s, p != NULL ? p->pid : UINT64_MAX);
	if (p != NULL) {
		sum_text(s, p->name);
	}
}

static void sum_flow(struct sum *s, const struct flow *f)
{
	sum_bytes(s, &f->key, sizeof(f->key));
	sum_num(s, (uint64_t)f->first_layer << 32 | (uint64_t)f->first_from << 8 | f->client);
	sum_num(s, (uint64_t)f->conn_state << 32 | (uint64_t)f->service << 16 | f->service_by);
	sum_bytes(s, f->service_ndpi, strlen(f->service_ndpi));
	sum_num(s, (uint64_t)f->flags << 32 | f->id);
	sum_num(s, f->first_num);
	sum_num(s, f->last_num);
	sum_num(s, f->first_ns);
	sum_num(s, f->last_ns);
	sum_num(s, f->syn_ns);
	sum_num(s, f->synack_ns);
	sum_num(s, f->handshake_ns);
	sum_num(s, f->path);
	sum_num(s, f->icmp_errors);
	sum_bytes(s, f->history, strlen(f->history));
	sum_num(s, f->outer != NULL ? f->outer->id : UINT64_MAX);
	for (unsigned int i = 0; i < 2; i++) {
		const struct flow_side *d = &f->side[i];
		const uint64_t n[] = { d->packets,
				       d->bytes,
				       d->ip_bytes,
				       d->payload_bytes,
				       d->stream_bytes,
				       d->missed_bytes,
				       d->retransmitted_bytes,
				       d->retransmissions,
				       d->out_of_order,
				       d->zero_windows,
				       d->resets,
				       d->dup_acks,
				       d->duplicates,
				       d->fins,
				       d->syns,
				       d->payload_packets,
				       d->first_seq,
				       d->max_window,
				       d->window_shift };

		sum_bytes(s, n, sizeof(n));
		sum_process(s, f->process[i]);
	}
}

static void sum_message(struct sum *s, const struct http_message *m)
{
	const uint64_t n[] = { m->first_ns,   m->last_ns,    m->first_num,     m->last_num,
			       m->head_ns,    m->head_num,   m->start,         m->end,
			       m->head_bytes, m->body_bytes, m->content_length };

	sum_bytes(s, n, sizeof(n));
	sum_text(s, m->content_type);
}

static void sum_http(struct sum *s, const struct http_tx *h)
{
	const struct text *texts[] = { h->method,     h->target,    h->host,   h->scheme,
				       h->user_agent, h->referrer,  h->reason, h->server,
				       h->location,   h->forwarded, h->upgrade };

	sum_num(s, h->flow->id);
	sum_num(s, (uint64_t)h->flags << 32 | h->stream);
	sum_num(s, (uint64_t)h->depth << 32 | (uint64_t)h->status << 16 | (uint64_t)h->client << 8 |
			   h->version);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		sum_text(s, texts[i]);
	}
	sum_message(s, &h->request);
	sum_message(s, &h->response);
}

static void sum_dns(struct sum *s, const struct dns_tx *d)
{
	const uint64_t n[] = {
		d->flow->id,      d->id,          d->type,           d->class_,
		d->rcode,         d->flags,       d->questions,      d->answers,
		d->authorities,   d->additionals, d->client,         d->opcode,
		d->retries,       d->query_bytes, d->response_bytes, d->query_ns,
		d->last_query_ns, d->response_ns, d->query_num,      d->last_query_num,
		d->response_num,  d->kept_count
	};

	sum_bytes(s, n, sizeof(n));
	sum_text(s, d->name);
	for (uint32_t i = 0; i < d->kept_count; i++) {
		sum_num(s, (uint64_t)d->kept[i].type << 32 | d->kept[i].ttl);
		sum_text(s, d->kept[i].name);
		sum_text(s, d->kept[i].data);
	}
}

static void sum_tls(struct sum *s, const struct tls_session *t)
{
	const struct text *texts[] = { t->sni,     t->alpn_offered, t->alpn,
				       t->subject, t->issuer,       t->alt_names };
	const uint64_t n[] = { t->flow->id,         t->flags,
			       t->version,          t->client_version,
			       t->cipher,           t->group,
			       t->client,           t->not_before_ns,
			       t->not_after_ns,     t->client_hello_ns,
			       t->server_hello_ns,  t->client_data_ns,
			       t->server_data_ns,   t->client_hello_num,
			       t->server_hello_num, t->records[0],
			       t->records[1],       t->data_bytes[0],
			       t->data_bytes[1] };

	sum_bytes(s, n, sizeof(n));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		sum_text(s, texts[i]);
	}
	sum_bytes(s, t->ja3, strlen(t->ja3));
	sum_bytes(s, t->ja3s, strlen(t->ja3s));
	sum_bytes(s, t->ja4, strlen(t->ja4));
	sum_bytes(s, t->client_random, sizeof(t->client_random));
}

static void sum_quality(struct sum *s, const struct net *n)
{
	struct net_quality q;

	net_quality(n, &q);
	sum_bytes(s, &q, sizeof(q));
}

uint64_t mknet_digest(const struct mknet *k)
{
	struct sum s = { UINT64_C(0xCBF29CE484222325) };

	for (size_t i = 0; i < mknet_flow_count(k); i++) {
		sum_flow(&s, mknet_flow(k, i));
	}
	for (size_t i = 0; i < mknet_http_count(k); i++) {
		sum_http(&s, mknet_http(k, i));
	}
	for (size_t i = 0; i < mknet_dns_count(k); i++) {
		sum_dns(&s, mknet_dns(k, i));
	}
	for (size_t i = 0; i < mknet_tls_count(k); i++) {
		sum_tls(&s, mknet_tls(k, i));
	}
	if (k->net != NULL) {
		sum_quality(&s, k->net);
	}
	return s.x;
}
