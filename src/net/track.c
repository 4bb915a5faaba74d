/*
 * track.c - the layers of one shard, in order: finds or begins the flow of each, counts it, hands it to TCP
 * or to the feed of datagrams, stamps it; ends flows that were idle for too long, that are given up under a
 * ceiling, or whose tuple is used again. Reads batch->layers through the list of the shard, writes their
 * stamps and the shard's rows. One thread at a time.
 */
#include "net/track.h"

#include "base/limits.h"
#include "net/service.h"

/* A time so far ahead of the shard's clock is believed only when so many packets in a row claim it. */
#define CLOCK_LEAP_NS (UINT64_C(60) * NSEC_PER_SEC)
#define CLOCK_LEAP_PACKETS 64

/* Layers between two looks at the oldest flows, and flows ended at one look. */
#define SWEEP_EVERY 64
#define SWEEP_FLOWS 64

static const uint64_t idle_ns[LIST_COUNT] = {
	[LIST_BRIEF] = LIMIT_FLOW_LINGER_NS,
	[LIST_TCP] = LIMIT_FLOW_IDLE_TCP_NS,
	[LIST_UDP] = LIMIT_FLOW_IDLE_UDP_NS,
	[LIST_OTHER] = LIMIT_FLOW_IDLE_OTHER_NS,
};

static enum live_list list_of(const struct live_flow *lf)
{
	switch (lf->key.ip_proto) {
	case IP_TCP:
		return lf->flow == NULL || tcp_is_open(lf) ? LIST_TCP : LIST_BRIEF;
	case IP_UDP:
		return LIST_UDP;
	default:
		return LIST_OTHER;
	}
}

/* ---- the end of a flow ----------------------------------------------------------------------- */

static int end_datagrams(struct shard *s, struct live_flow *lf)
{
	struct flow *f = lf->flow;
	bool both = f->side[0].packets > 0 && f->side[1].packets > 0;
	int rc = 0;

	for (unsigned int i = 0; i < 2 && rc == 0; i++) {
		rc = feed_end(s, lf, i, END_GONE, f->last_ns, f->last_num);
	}
	if (f->key.ip_proto != IP_UDP) {
		f->conn_state = CONN_OTH;
	} else if (both) {
		f->conn_state = CONN_SF;
	} else {
		f->conn_state = f->side[f->client].packets > 0 ? CONN_S0 : CONN_SHR;
	}
	return rc;
}

static void free_live(struct shard *s, struct live_flow *lf)
{
	feed_free(s, lf->feed);
	ndpi_state_free(lf->ndpi);
	if (lf->key.ip_proto == IP_TCP) {
		tcp_release(s, lf);
	}
	flow_table_remove(&s->table, lf);
}

static void name_by_ndpi(struct shard *s, struct live_flow *lf)
{
	struct flow *f = lf->flow;

	if (lf->ndpi != NULL) {
		ndpi_give_up(s->ndpi, &lf->ndpi, f->service_ndpi);
	}
	if (f->service != SERVICE_NONE) {
		f->service_ndpi[0] = '\0';
	} else if (f->service_ndpi[0] != '\0') {
		f->service_by = BY_NDPI;
	} else if (service_of_port(f->key.ip_proto, f->key.port[1 - f->client]) != NULL ||
		   service_of_port(f->key.ip_proto, f->key.port[f->client]) != NULL) {
		f->service_by = BY_PORT;
	}
}

static bool has_ended(const struct live_flow *lf)
{
	return lf->key.ip_proto == IP_TCP && tcp_is_over(lf);
}

/* flag: FLOW_EVICTED, FLOW_TIMED_OUT, or 0. */
static int end_flow(struct shard *s, struct live_flow *lf, uint16_t flag)
{
	int rc = 0;

	if (lf->flow != NULL) {
		if (flag != 0 && !has_ended(lf)) {
			lf->flow->flags |= flag;
			s->evicted += flag == FLOW_EVICTED;
			s->timed_out += flag == FLOW_TIMED_OUT;
		}
		rc = lf->key.ip_proto == IP_TCP ? tcp_end(s, lf) : end_datagrams(s, lf);
		name_by_ndpi(s, lf);
	}
	free_live(s, lf);
	return rc;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Packets are in order of time but for small steps back; a single wrong time must not end all flows. */
static void move_clock(struct shard *s, uint64_t ts_ns)
{
	if (ts_ns <= s->clock_ns) {
		s->jumps = 0;
		return;
	}
	if (ts_ns - s->clock_ns <= CLOCK_LEAP_NS || s->clock_ns == 0) {
		s->clock_ns = ts_ns;
		s->jumps = 0;
		return;
	}
	s->jump_ns = s->jumps == 0 ? ts_ns : min_u64(s->jump_ns, ts_ns);
	if (++s->jumps == CLOCK_LEAP_PACKETS) {
		s->clock_ns = s->leap_ns = s->jump_ns;
		s->leap_layer = s->layers + 1 - CLOCK_LEAP_PACKETS;
		s->jumps = 0;
	}
}

static bool is_idle(const struct shard *s, const struct live_flow *lf)
{
	uint64_t seen_ns = lf->touched >= s->leap_layer ? max_u64(lf->seen_ns, s->leap_ns) : lf->seen_ns;

	return s->clock_ns > seen_ns + idle_ns[lf->list];
}

static int sweep(struct shard *s)
{
	int rc = 0;

	for (unsigned int i = 0; i < LIST_COUNT; i++) {
		for (unsigned int n = 0; n < SWEEP_FLOWS && rc == 0; n++) {
			struct live_flow *lf = s->table.oldest[i];

			if (lf == NULL || !is_idle(s, lf)) {
				break;
			}
			rc = end_flow(s, lf, FLOW_TIMED_OUT);
		}
	}
	return rc;
}

/* ---- the start of a flow --------------------------------------------------------------------- */

/* Which layer of its packet it is; those put together from fragments count from 16. */
static uint16_t layer_index(const struct batch *b, uint32_t at)
{
	const struct layer *l = &b->layers[at];
	uint32_t i = at;

	while (i > 0 && b->layers[i - 1].packet == l->packet &&
	       (b->layers[i - 1].flags & LAYER_REBUILT) == (l->flags & LAYER_REBUILT)) {
		i--;
	}
	return (uint16_t)min_u64(at - i + ((l->flags & LAYER_REBUILT) != 0 ? 16 : 0), UINT16_MAX);
}

static int set_outer(struct shard *s, const struct batch *b, const struct layer *l, struct flow *f)
{
	const struct layer *outer;

	if (l->outer >= b->layer_count) {
		return 0;
	}
	outer = &b->layers[l->outer];
	if ((outer->flags & (LAYER_NO_FLOW | LAYER_FRAGMENT)) != 0) {
		return 0;
	}
	f->outer_key = arena_dup(&s->rows.arena, &outer->key, sizeof(outer->key));
	return f->outer_key != NULL ? 0 : ERR_NOMEM;
}

static int begin_row(struct shard *s, struct live_flow *lf, const struct batch *b, uint32_t at, const struct seen *p)
{
	const struct layer *l = p->layer;
	struct flow *f;
	void *row;

	if (rows_add(&s->rows.flows, &row) != 0) {
		return ERR_NOMEM;
	}
	f = lf->flow = row;
	lf->serial = s->serials = (s->serials + 1) & INT32_MAX;
	if (f == NULL) {
		return 0;
	}
	f->key = l->key;
	f->hash = l->hash;
	f->section = s->rows.section;
	f->first_num = p->num;
	f->first_layer = layer_index(b, at);
	f->first_from = l->from;
	f->began_ns = lf->last_ns = p->ts_ns;
	f->client = l->from;
	f->path = l->path;
	f->side[0].window_shift = f->side[1].window_shift = 255;
	lf->content = s->content && (l->key.ip_proto == IP_TCP || l->key.ip_proto == IP_UDP);
	lf->ndpi_wants = lf->content && s->ndpi != NULL;
	if (l->key.ip_proto == IP_TCP) {
		tcp_first(lf, l);
	} else {
		flow_set_client(lf, flow_guess_client(&l->key, l->from, (l->flags & LAYER_TO_GROUP) != 0));
	}
	return set_outer(s, b, l, f);
}

static int begin_flow(struct shard *s, const struct batch *b, uint32_t at, const struct seen *p, uint32_t hash,
		      struct live_flow **ret_lf)
{
	struct live_flow *lf;
	int rc = sweep(s);

	while (rc == 0 && s->table.count >= s->table.max) {
		rc = end_flow(s, flow_table_victim(&s->table), FLOW_EVICTED);
	}
	if (rc != 0) {
		return rc;
	}
	lf = flow_table_add(&s->table, &p->layer->key, hash, LIST_OTHER);
	if (lf == NULL) {
		return ERR_NOMEM;
	}
	*ret_lf = lf;
	return begin_row(s, lf, b, at, p);
}

/* Is what the live flow was over, and this packet of another one? */
static bool is_another(const struct live_flow *lf, const struct seen *p)
{
	const struct flow *f = lf->flow;

	if (f == NULL) {
		return false;
	}
	if (p->ts_ns != 0 && f->last_ns != 0 && p->ts_ns > f->last_ns && p->ts_ns - f->last_ns > idle_ns[lf->list]) {
		return true;
	}
	return f->key.ip_proto == IP_TCP && tcp_begins_another(lf, p->layer);
}

/* Ports of TCP, UDP and ICMP with all of the header: what copies are told of. */
static bool is_followed(const struct layer *l)
{
	if ((l->flags & LAYER_NO_TRANSPORT) != 0) {
		return false;
	}
	return l->key.ip_proto == IP_TCP || l->key.ip_proto == IP_UDP || l->key.ip_proto == IP_ICMP ||
	       l->key.ip_proto == IP_ICMPV6;
}

static bool is_answer(const struct live_flow *lf, const struct layer *l)
{
	return l->key.ip_proto == IP_TCP && lf->proposal.num != 0 &&
	       (l->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && l->from != lf->proposal.dir &&
	       l->ack == lf->proposal.seq + 1;
}

static int find_flow(struct shard *s, const struct batch *b, uint32_t at, struct seen *p, uint32_t hash,
		     struct live_flow **ret_lf)
{
	struct live_flow *lf = flow_table_find(&s->table, &p->layer->key, hash);
	struct proposal proposed = { 0 };
	int rc = 0;

	if (LIKELY(lf != NULL && lf->flow != NULL && is_followed(p->layer))) {
		p->copy = track_is_copy(s, lf, p);
	}
	if (UNLIKELY(lf != NULL && !p->copy && is_another(lf, p))) {
		bool idle = p->ts_ns > lf->flow->last_ns && p->ts_ns - lf->flow->last_ns > idle_ns[lf->list];

		if (!idle && is_answer(lf, p->layer)) {
			proposed = lf->proposal;
			tcp_take_back_syn(lf->flow, &proposed);
		}
		rc = end_flow(s, lf, idle ? FLOW_TIMED_OUT : 0);
		lf = NULL;
	}
	if (UNLIKELY(lf == NULL && rc == 0)) {
		rc = begin_flow(s, b, at, p, hash, &lf);
		if (rc == 0 && proposed.num != 0) {
			rc = tcp_accept_syn(s, lf, &proposed);
		}
		if (rc == 0 && lf->flow != NULL && is_followed(p->layer)) {
			p->copy = track_is_copy(s, lf, p);
		}
	}
	if (rc == 0) {
		*ret_lf = lf;
	}
	return rc;
}

/* ---- a packet -------------------------------------------------------------------------------- */

static void count_frame(struct flow *f, const struct seen *p)
{
	struct flow_side *side = &f->side[p->dir];

	side->packets++;
	side->bytes += p->layer->frame_len;
	side->ip_bytes += p->layer->ip_len;
	f->last_num = p->num;
	if (p->ts_ns != 0) {
		f->first_ns = f->first_ns == 0 ? p->ts_ns : min_u64(f->first_ns, p->ts_ns);
		f->last_ns = max_u64(f->last_ns, p->ts_ns);
	}
}

static int take_datagram(struct shard *s, struct live_flow *lf, const struct seen *p)
{
	const struct layer *l = p->layer;
	struct flow_side *side = &lf->flow->side[p->dir];
	struct chunk c = { l->payload, l->payload_cap, side->payload_bytes, p->ts_ns, p->num };
	int rc = 0;

	flow_letter(lf, p->dir, LETTER_D);
	if (l->payload_len == 0) {
		return 0;
	}
	if (UNLIKELY(s->knots) && l->key.ip_proto == IP_UDP) {
		struct knot x = {
			.offset = side->payload_bytes, .len = l->payload_len, .ts_ns = p->ts_ns, .num = p->num
		};

		rc = flow_knot_bytes(s, lf->flow, p->dir, &x, l->payload, l->payload_cap);
	}
	side->payload_bytes += l->payload_len;
	side->payload_packets++;
	if ((l->flags & LAYER_CUT) != 0) {
		lf->flow->flags |= FLOW_CUT;
	}
	if (rc == 0 && lf->content && c.len > 0) {
		rc = feed_data(s, lf, p->dir, &c);
	}
	if (rc == 0 && lf->content && c.len < l->payload_len) {
		rc = feed_gap(s, lf, p->dir, c.offset + c.len, l->payload_len - c.len, p->ts_ns, p->num);
	}
	return rc;
}

static int ask_ndpi(struct shard *s, struct live_flow *lf, const struct seen *p)
{
	int rc;

	if (lf->flow->service != SERVICE_NONE) {
		ndpi_state_free(lf->ndpi);
		lf->ndpi = NULL;
		lf->ndpi_wants = false;
		return 0;
	}
	rc = ndpi_look(s->ndpi, &lf->ndpi, p->packet, p->layer, p->ts_ns, lf->flow->service_ndpi);
	if (rc > 0) {
		lf->ndpi_wants = false;
	}
	return rc < 0 ? rc : 0;
}

static int take_packet(struct shard *s, struct live_flow *lf, const struct seen *p)
{
	struct layer *l = p->layer;
	bool tcp = l->key.ip_proto == IP_TCP;
	int rc = 0;

	if (UNLIKELY((l->flags & LAYER_NO_TRANSPORT) != 0)) {
		return 0;
	}
	if (UNLIKELY(!is_followed(l))) {
		return take_datagram(s, lf, p);
	}
	if (UNLIKELY(p->copy)) {
		l->marks |= MARK_DUPLICATE;
		lf->flow->flags |= FLOW_DUPLICATES;
		lf->flow->side[p->dir].duplicates++;
		s->duplicates++;
	} else {
		rc = tcp ? tcp_packet(s, lf, p) : take_datagram(s, lf, p);
		if (rc == 0) {
			rc = track_remember(s, lf, p);
		}
		if (UNLIKELY(lf->ndpi_wants) && rc == 0) {
			rc = ask_ndpi(s, lf, p);
		}
	}
	if (tcp) {
		tcp_stamp(lf, l);
	}
	return rc;
}

/* What an ICMP error speaks of is marked, if it is there. */
static void take_quote(struct shard *s, const struct layer *l, uint32_t hash)
{
	struct live_flow *lf = flow_table_find(&s->table, &l->key, hash);

	if (lf != NULL && lf->flow != NULL) {
		lf->flow->flags |= FLOW_ICMP_ERROR;
		lf->flow->icmp_errors++;
	}
}

static int track_layer(struct shard *s, struct batch *b, uint32_t at, uint32_t hash)
{
	struct layer *l = &b->layers[at];
	const struct packet *packet = &b->packets[l->packet];
	struct seen p = { .packet = packet, .layer = l, .num = b->first_packet_num + l->packet, .ts_ns = packet->ts_ns, .dir = l->from };
	struct live_flow *lf;
	int rc = 0;

	if (UNLIKELY((l->flags & LAYER_QUOTED) != 0)) {
		take_quote(s, l, hash);
		return 0;
	}
	s->layers++;
	move_clock(s, p.ts_ns);
	if (UNLIKELY(s->layers % SWEEP_EVERY == 0)) {
		rc = sweep(s);
	}
	if (rc == 0) {
		rc = find_flow(s, b, at, &p, hash, &lf);
	}
	if (rc != 0) {
		return rc;
	}
	lf->touched = s->layers;
	lf->seen_ns = s->clock_ns;
	if (LIKELY(lf->flow != NULL)) {
		if (UNLIKELY(lf->flow->side[0].packets + lf->flow->side[1].packets == 0)) {
			l->marks |= MARK_NEW_FLOW;
		}
		if (UNLIKELY((l->tcp_flags & TCP_SYN) != 0)) {
			p.last_num = lf->flow->last_num;
			p.last_ns = lf->flow->last_ns;
		}
		count_frame(lf->flow, &p);
		if (UNLIKELY(b->packet_processes != NULL)) {
			flow_set_process(lf, b, &p);
		}
		rc = take_packet(s, lf, &p);
		l->flow = lf->flow;
		l->service = lf->flow->service;
		l->from_client = p.dir == lf->flow->client;
		l->since_ns = (int64_t)(p.ts_ns - lf->last_ns);
		lf->last_ns = p.ts_ns;
	}
	flow_table_touch(&s->table, lf, list_of(lf));
	return rc;
}

int shard_track(struct shard *s, struct batch *b, const uint32_t *layers, uint32_t count)
{
	uint32_t next = count > 0 ? flow_table_hash(&s->table, &b->layers[layers[0]].key) : 0;
	int rc = 0;

	for (uint32_t i = 0; i < count && rc == 0; i++) {
		uint32_t hash = next;

		if (i + 1 < count) {
			next = flow_table_hash(&s->table, &b->layers[layers[i + 1]].key);
			track_copies_prefetch(&s->copies, &b->layers[layers[i + 1]]);
		}
		rc = track_layer(s, b, layers[i], hash);
	}
	return rc;
}

/* ---- the shard ------------------------------------------------------------------------------- */

static size_t share(size_t limit)
{
	return limit / NET_SHARDS > 0 ? limit / NET_SHARDS : 1;
}

int shard_new(const struct net_limits *limits, const struct net_options *opt, struct section *sec,
	      struct ndpi_module *ndpi, struct shard **ret_s)
{
	struct shard *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		return ERR_NOMEM;
	}
	rows_init(&s->rows.flows, sizeof(struct flow), share(limits->flows));
	rows_init(&s->rows.http, sizeof(struct http_tx), share(limits->http));
	rows_init(&s->rows.dns, sizeof(struct dns_tx), share(limits->dns));
	rows_init(&s->rows.tls, sizeof(struct tls_session), share(limits->tls));
	intern_init(&s->rows.texts, share(limits->text_bytes));
	arena_init(&s->rows.arena);
	s->rows.section = sec;
	flow_table_init(&s->table, share(limits->live_flows));
	copies_init(&s->copies);
	s->budget.max = share(limits->reorder_total_bytes);
	s->budget.max_stream = limits->reorder_bytes;
	s->feeds.max = share(limits->feeds);
	s->content = opt->content;
	s->knots = opt->knots;
	knot_room_init(&s->knot_room, share(LIMIT_KNOT_BYTES));
	s->ndpi = ndpi;
	*ret_s = s;
	return 0;
}

void shard_free(struct shard *s)
{
	if (s == NULL) {
		return;
	}
	while (s->table.count > 0) {
		free_live(s, flow_table_victim(&s->table));
	}
	flow_table_release(&s->table);
	copies_release(&s->copies);
	rows_order_release(&s->http);
	rows_order_release(&s->dns);
	rows_order_release(&s->tls);
	knot_room_release(&s->knot_room);
	rows_release(&s->rows.flows);
	rows_release(&s->rows.http);
	rows_release(&s->rows.dns);
	rows_release(&s->rows.tls);
	intern_release(&s->rows.texts);
	arena_release(&s->rows.arena);
	free(s);
}

int shard_finish(struct shard *s)
{
	int rc = 0;

	for (unsigned int i = 0; i < LIST_COUNT; i++) {
		while (s->table.oldest[i] != NULL && rc == 0) {
			rc = end_flow(s, s->table.oldest[i], 0);
		}
	}
	if (rc != 0) {
		return rc;
	}
	flow_table_release(&s->table);
	copies_release(&s->copies);
	rc = rows_mark_reused(&s->rows.flows);
	if (rc == 0) {
		rc = rows_order_http(&s->rows.http, &s->http);
	}
	if (rc == 0) {
		rc = rows_order_dns(&s->rows.dns, &s->dns);
	}
	return rc == 0 ? rows_order_tls(&s->rows.tls, &s->tls) : rc;
}
