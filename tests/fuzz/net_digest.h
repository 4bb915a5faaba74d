/*
 * net_digest.h - one number over everything in the rows of src/net, so that two ways to the same packets or bytes can
 * be compared, and every byte of them is read once under the sanitizer. Texts count by content, flows by place.
 */
#ifndef FUZZ_NET_DIGEST_H
#define FUZZ_NET_DIGEST_H

#include "base/base.h"
#include "net/net.h"

static inline void digest_bytes(uint64_t *d, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		*d = (*d ^ b[i]) * UINT64_C(0x100000001b3);
	}
}

static inline void digest_u64(uint64_t *d, uint64_t x)
{
	*d = (*d ^ x) * UINT64_C(0x9E3779B97F4A7C15);
	*d ^= *d >> 29;
}

static inline void digest_text(uint64_t *d, const struct text *t)
{
	digest_u64(d, t != NULL);
	if (t != NULL) {
		digest_u64(d, t->len);
		digest_bytes(d, t->bytes, t->len);
		if (t->bytes[t->len] != '\0') {
			abort();
		}
	}
}

static inline void digest_side(uint64_t *d, const struct flow_side *s)
{
	const uint64_t values[] = { s->packets, s->bytes, s->ip_bytes, s->payload_bytes, s->stream_bytes, s->missed_bytes,
				    s->retransmitted_bytes, s->retransmissions, s->out_of_order, s->zero_windows, s->resets,
				    s->dup_acks, s->duplicates, s->fins, s->syns, s->payload_packets, s->first_seq,
				    s->max_window, s->window_shift };

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		digest_u64(d, values[i]);
	}
}

static inline void digest_flow(uint64_t *d, const struct flow *f)
{
	const uint64_t values[] = { f->first_num, f->first_layer, f->first_from, f->client, f->conn_state, f->service,
				    f->service_by, f->flags, f->id, f->first_ns, f->last_ns, f->last_num, f->syn_ns,
				    f->synack_ns, f->handshake_ns, f->path, f->outer != NULL ? f->outer->id + 1 : 0,
				    f->icmp_errors, flow_rtt_server(f), flow_rtt_client(f) };
	char id[COMMUNITY_ID_BYTES];

	digest_bytes(d, &f->key, sizeof(f->key));
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		digest_u64(d, values[i]);
	}
	digest_side(d, &f->side[0]);
	digest_side(d, &f->side[1]);
	digest_bytes(d, f->history, strlen(f->history));
	digest_bytes(d, f->service_ndpi, strlen(f->service_ndpi));
	community_id(&f->key, 0, id);
	digest_bytes(d, id, strlen(id));
	for (unsigned int end = 0; end < 2; end++) {
		if (f->process[end] != NULL) {
			digest_u64(d, f->process[end]->pid);
			digest_text(d, f->process[end]->name);
		}
	}
}

static inline void digest_message(uint64_t *d, const struct http_message *m)
{
	const uint64_t values[] = { m->first_ns,   m->last_ns,    m->first_num,     m->last_num,
				    m->head_ns,    m->head_num,   m->start,         m->end,
				    m->head_bytes, m->body_bytes, m->content_length };

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		digest_u64(d, values[i]);
	}
	digest_text(d, m->content_type);
}

static inline void digest_http(uint64_t *d, const struct http_tx *t)
{
	const struct text *const texts[] = { t->method,     t->target,    t->host,   t->scheme,
					     t->user_agent, t->referrer,  t->reason, t->server,
					     t->location,   t->forwarded, t->upgrade };

	digest_u64(d, t->flow != NULL ? t->flow->id : UINT64_MAX);
	digest_u64(d, t->flags);
	digest_u64(d, t->stream);
	digest_u64(d, t->depth);
	digest_u64(d, (uint64_t)t->status << 16 | (uint64_t)t->client << 8 | t->version);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		digest_text(d, texts[i]);
	}
	digest_message(d, &t->request);
	digest_message(d, &t->response);
}

static inline void digest_dns(uint64_t *d, const struct dns_tx *t)
{
	const uint64_t values[] = { t->flow != NULL ? t->flow->id : UINT64_MAX, t->id, t->type, t->class_, t->rcode, t->flags,
				    t->questions, t->answers, t->authorities, t->additionals, t->client, t->opcode, t->retries,
				    t->query_bytes, t->response_bytes, t->query_ns, t->last_query_ns, t->response_ns,
				    t->query_num, t->last_query_num, t->response_num, t->kept_count };
	char name[DNS_NAME_BYTES];

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		digest_u64(d, values[i]);
	}
	digest_text(d, t->name);
	digest_bytes(d, name, strlen(dns_type_name(t->type, name)) < DNS_NAME_BYTES ? 0 : 1);
	(void)dns_rcode_name(t->rcode, name);
	for (uint32_t i = 0; i < t->kept_count; i++) {
		const struct dns_answer *a = &t->kept[i];

		digest_u64(d,
			   (uint64_t)a->ttl << 32 | (uint32_t)a->type << 16 | (uint32_t)a->section << 8 | a->addr_len);
		digest_bytes(d, a->addr, a->addr_len);
		digest_text(d, a->name);
		digest_text(d, a->data);
	}
}

static inline void digest_tls(uint64_t *d, const struct tls_session *t)
{
	const uint64_t values[] = { t->flow != NULL ? t->flow->id : UINT64_MAX, t->flags, t->version, t->client_version,
				    t->cipher, t->group, t->client, t->alert_level[0], t->alert_level[1], t->alert[0],
				    t->alert[1], t->not_before_ns, t->not_after_ns, t->client_hello_ns, t->server_hello_ns,
				    t->client_data_ns, t->server_data_ns, t->client_hello_num, t->server_hello_num,
				    t->records[0], t->records[1], t->data_bytes[0], t->data_bytes[1] };
	const struct text *const texts[] = { t->sni, t->alpn_offered, t->alpn, t->subject, t->issuer, t->alt_names };

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		digest_u64(d, values[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		digest_text(d, texts[i]);
	}
	digest_bytes(d, t->client_random, sizeof(t->client_random));
	digest_bytes(d, t->cert_sha256, strlen(t->cert_sha256));
	digest_bytes(d, t->ja3, strlen(t->ja3));
	digest_bytes(d, t->ja3s, strlen(t->ja3s));
	digest_bytes(d, t->ja4, strlen(t->ja4));
}

#endif
