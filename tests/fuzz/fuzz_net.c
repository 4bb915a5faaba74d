/*
 * fuzz_net.c - fuzz target: any packets through dissection, fragments, flows, streams, analyzers, up to frozen rows and
 * the one-line text of every layer.
 *
 * The same packets go through twice, in batches as the input says and in one: all that comes out must be equal, or the
 * report would depend on the batch size. Every packet is a block of memory of its own that is freed with its batch.
 *
 * Input: a little-endian pcapng file (only what is in its blocks counts), or records one after the other: a byte of
 * flags (REC_), two of length, for packets with options one of their length, then the bytes.
 */
#include "net_digest.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "readers/frame.h"

enum { REC_INTERFACE = 7, REC_BACK = 8, REC_CUT = 16, REC_OPTIONS = 32, REC_META = 64, REC_BATCH = 128 };

#define RECORDS_MAX 4096u
#define INTERFACES 8u
#define T0 UINT64_C(1700000000000000000)

static const uint16_t links[INTERFACES] = { 1, 101, 113, 276, 0, 108, 9, 12 };
static const uint32_t meta_types[] = { 4, 0xA, 0xBAD, 0x80000001 };

/* A packet or another block; its bytes are the input's. */
struct record {
	const uint8_t *data, *options;
	uint32_t len, options_len, orig_len, meta_type;
	uint16_t link;
	uint8_t interface;
	bool meta, batch;	/* batch: the first of one */
	uint64_t ts_ns;
};

struct records {
	struct record *r;
	uint32_t count;
	uint64_t now_ns;
	uint16_t link[INTERFACES];
};

static struct record *add_record(struct records *rs)
{
	struct record *r = rs->count < RECORDS_MAX ? &rs->r[rs->count++] : NULL;

	if (r != NULL) {
		memset(r, 0, sizeof(*r));
		r->ts_ns = rs->now_ns;
	}
	return r;
}

/* At most want bytes. */
static const uint8_t *take(struct cursor *c, uint32_t want, uint32_t *ret_len)
{
	*ret_len = want < c->left ? want : (uint32_t)c->left;
	return cur_take(c, *ret_len);
}

static void read_compact(struct records *rs, const uint8_t *data, size_t size)
{
	struct cursor c = cur_make(data, size);

	while (c.left > 3) {
		uint8_t flags = cur_u8(&c);
		uint32_t len = cur_le16(&c);
		struct record *r = add_record(rs);

		if (r == NULL) {
			return;
		}
		r->batch = (flags & REC_BATCH) != 0;
		r->meta = (flags & REC_META) != 0;
		r->meta_type = meta_types[flags & 3];
		r->interface = flags & REC_INTERFACE;
		r->link = rs->link[r->interface];
		if (!r->meta && (flags & REC_OPTIONS) != 0) {
			r->options = take(&c, cur_u8(&c), &r->options_len);
		}
		r->data = take(&c, len, &r->len);
		r->orig_len = r->len + ((flags & REC_CUT) != 0 ? 1000 : 0);
		rs->now_ns += (flags & REC_BACK) != 0 ? UINT64_C(40) * NSEC_PER_SEC : 1000;
		r->ts_ns =
			rs->now_ns - ((flags & (REC_BACK | REC_CUT)) == (REC_BACK | REC_CUT) ? NSEC_PER_SEC * 80 : 0);
	}
}

/* An enhanced packet block: what its captured length says, whatever the block's length is. */
static void read_epb(struct records *rs, struct cursor body)
{
	struct record *r = add_record(rs);
	uint32_t cap;

	if (r == NULL) {
		return;
	}
	r->interface = cur_le32(&body) & REC_INTERFACE;
	r->link = rs->link[r->interface];
	r->ts_ns = ((uint64_t)cur_le32(&body) << 32 | cur_le32(&body)) * 1000;
	cap = cur_le32(&body);
	r->orig_len = cur_le32(&body);
	r->data = take(&body, cap, &r->len);
	r->orig_len = r->orig_len < r->len ? r->len : r->orig_len;
	cur_skip(&body, (4u - r->len % 4u) % 4u);
	r->options = body.p;
	r->options_len = (uint32_t)body.left;
	r->batch = rs->count % 3 == 0;
}

static void read_pcapng(struct records *rs, const uint8_t *data, size_t size)
{
	struct cursor c = cur_make(data, size);
	unsigned int interfaces = 0;

	while (c.left >= 12) {
		uint32_t type = cur_le32(&c);
		uint32_t len = cur_le32(&c) & ~UINT32_C(3);
		uint32_t body_len = len >= 12 && len - 12 <= c.left ? len - 12 : (uint32_t)c.left;
		struct cursor body = cur_sub(&c, body_len);
		struct record *r;

		cur_skip(&c, 4);
		if (type == 1 && interfaces < INTERFACES) {
			rs->link[interfaces++] = cur_le16(&body);
		} else if (type == 6) {
			read_epb(rs, body);
		} else if (type == 4 || type == 0xA || type == 0xBAD || type == 0x80000001) {
			r = add_record(rs);
			if (r != NULL) {
				r->meta = true;
				r->meta_type = type;
				r->data = body.p;
				r->len = body_len;
			}
		}
	}
}

/* A copy that ends where its bytes do, so that the sanitizer sees the byte behind. */
static uint8_t *exact(const uint8_t *p, uint32_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL) {
		abort();
	}
	if (n > 0) {
		memcpy(copy, p, n);
	}
	return copy;
}

static void fill(struct batch *b, const struct records *rs, uint32_t from, uint32_t to)
{
	b->packets = realloc(b->packets, (to - from) * sizeof(*b->packets));
	b->metas = realloc(b->metas, (to - from) * sizeof(*b->metas));
	if (b->packets == NULL || b->metas == NULL) {
		abort();
	}
	b->packet_cap = to - from;
	b->meta_cap = to - from;
	for (uint32_t i = from; i < to; i++) {
		const struct record *r = &rs->r[i];

		if (r->meta) {
			b->metas[b->meta_count++] = (struct meta_block){ .type = r->meta_type,
									 .body_len = r->len,
									 .body = exact(r->data, r->len),
									 .block_off = i * 16 };
		} else {
			b->packets[b->packet_count++] =
				(struct packet){ .ts_ns = r->ts_ns,
						 .data = exact(r->data, r->len),
						 .options =
							 r->options_len >= 4 ? exact(r->options, r->options_len) : NULL,
						 .options_len = r->options_len >= 4 ? r->options_len : 0,
						 .cap_len = r->len,
						 .orig_len = r->orig_len,
						 .interface = r->interface,
						 .block_off = i * 16,
						 .link_type = r->link,
						 .flags = r->ts_ns == 0 ? PACKET_NO_TIME : 0 };
		}
	}
}

static void empty(struct batch *b)
{
	for (uint32_t i = 0; i < b->packet_count; i++) {
		free((void *)(uintptr_t)b->packets[i].data);
		free((void *)(uintptr_t)b->packets[i].options);
	}
	for (uint32_t i = 0; i < b->meta_count; i++) {
		free((void *)(uintptr_t)b->metas[i].body);
	}
	batch_reset(b);
}

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "fuzz_net: %s\n", what);
		abort();
	}
}

/* Texts of all layers, added up: layers put together from fragments stand elsewhere in other batches. */
static uint64_t describe(const struct batch *b)
{
	uint64_t sum = 0;
	struct buf text;

	buf_init(&text, 1 << 20);
	for (uint32_t i = 0; i < b->layer_count; i++) {
		const struct layer *l = &b->layers[i];
		const struct packet *p;
		uint64_t d = 1;

		need(l->packet < b->packet_count, "a layer of no packet");
		need(l->outer == UINT32_MAX || l->outer < b->layer_count, "a layer around it that is none");
		p = &b->packets[l->packet];
		buf_reset(&text);
		layer_describe(p, l, &text);
		need(!text.failed, "text of a layer is endless");
		digest_bytes(&d, text.data, text.len);
		digest_bytes(&d, layer_protocol(p, l), strlen(layer_protocol(p, l)));
		digest_u64(&d, b->first_packet_num + l->packet);
		digest_u64(&d, (uint64_t)l->marks << 32 | (uint64_t)l->service << 16 | l->flags);
		digest_u64(&d, (uint64_t)l->rel_seq << 32 | l->rel_ack);
		sum += d;
	}
	buf_release(&text);
	return sum;
}

static void check_flows(const struct net *n, uint64_t *d)
{
	const struct flow *const *flows;
	size_t count;

	flows = net_flows(n, &count);
	for (size_t i = 0; i < count; i++) {
		need(flows[i]->id == i, "flow ids are not their order");
		need(flows[i]->client < 2 && flows[i]->conn_state < CONN_STATES, "flow out of range");
		need(i == 0 || flows[i - 1]->first_num < flows[i]->first_num ||
			     (flows[i - 1]->first_num == flows[i]->first_num &&
			      flows[i - 1]->first_layer < flows[i]->first_layer),
		     "flows are not in order");
		need(memchr(flows[i]->history, '\0', sizeof(flows[i]->history)) != NULL, "history without end");
		digest_flow(d, flows[i]);
	}
}

static uint64_t digest_net(const struct net *n)
{
	const struct tls_session *const *tls;
	const struct http_tx *const *http;
	const struct dns_tx *const *dns;
	struct net_quality q;
	uint64_t d = 1;
	size_t count;

	check_flows(n, &d);
	http = net_http(n, &count);
	for (size_t i = 0; i < count; i++) {
		digest_http(&d, http[i]);
	}
	dns = net_dns(n, &count);
	for (size_t i = 0; i < count; i++) {
		digest_dns(&d, dns[i]);
	}
	tls = net_tls(n, &count);
	for (size_t i = 0; i < count; i++) {
		digest_tls(&d, tls[i]);
	}
	memset(&q, 0, sizeof(q));
	net_quality(n, &q);
	digest_bytes(&d, &q, sizeof(q));
	return d;
}

/* All records through one net; one_batch: whatever the input says about batches. */
static void run(const struct records *rs, bool one_batch, uint64_t ret_digest[2])
{
	struct net_options opt = { .ndpi = false, .content = true };
	struct packet_interface interfaces[INTERFACES] = { 0 };
	struct source *source = source_new(0, "fuzz");
	struct section *sec = source != NULL ? source_add_section(source, 0) : NULL;
	struct net *n = NULL;
	struct batch b;
	uint64_t first_num = 1;
	struct err e;

	err_init(&e);
	need(sec != NULL && net_new(sec, &opt, &n, &e) == 0, "no memory");
	for (unsigned int i = 0; i < INTERFACES; i++) {
		interfaces[i].link_type = rs->link[i];
	}
	batch_init(&b);
	ret_digest[1] = 0;
	for (uint32_t from = 0, to; from < rs->count; from = to) {
		for (to = from + 1; to < rs->count && (one_batch || !rs->r[to].batch);) {
			to++;
		}
		fill(&b, rs, from, to);
		b.section = sec;
		b.interfaces = interfaces;
		b.interface_count = INTERFACES;
		b.first_packet_num = first_num;
		first_num += b.packet_count;
		need(net_dissect(&b) == 0 && net_fold(n, &b, &e) == 0, "dissect or fold failed");
		for (unsigned int shard = 0; shard < NET_SHARDS; shard++) {
			need(net_track(n, shard, &b) == 0, "track failed");
		}
		ret_digest[1] += describe(&b);
		empty(&b);
	}
	for (unsigned int shard = 0; shard < NET_SHARDS; shard++) {
		need(net_finish(n, shard) == 0, "finish failed");
	}
	need(net_freeze(n) == 0, "freeze failed");
	ret_digest[0] = digest_net(n);
	batch_release(&b);
	net_free(n);
	source_free(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct records rs = { .r = calloc(RECORDS_MAX, sizeof(struct record)), .now_ns = T0 };
	uint64_t parts[2];
	uint64_t whole[2];

	need(rs.r != NULL, "no memory");
	memcpy(rs.link, links, sizeof(links));
	if (size >= 4 && load_le32(data) == 0x0A0D0D0A) {
		read_pcapng(&rs, data, size);
	} else {
		read_compact(&rs, data, size);
	}
	run(&rs, false, parts);
	run(&rs, true, whole);
	need(parts[0] == whole[0], "rows depend on the batches");
	need(parts[1] == whole[1], "stamps depend on the batches");
	free(rs.r);
	return 0;
}
