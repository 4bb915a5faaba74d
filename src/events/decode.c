/*
 * decode.c - walks the blocks of one batch and writes a record for each event, packet and metadata block.
 * Any worker, any order of batches. Lengths that an event claims are checked here, once, so that everybody
 * after decode can read parameters without looking back.
 */
#include "events/decode.h"

#include "base/cursor.h"
#include "base/err.h"
#include "base/limits.h"
#include "events/decode_internal.h"
#include "events/event.h"
#include "events/extra.h"
#include "readers/blocks.h"
#include "readers/frame.h"
#include "readers/source.h"

#define V1_HEADER 22u
#define V2_HEADER 26u

/* Makes room for one more element; false when memory is out. */
static inline bool grow(void **array, uint32_t *cap, uint32_t count, size_t item)
{
	uint32_t bigger;
	void *grown;

	if (LIKELY(count < *cap)) {
		return true;
	}
	bigger = *cap == 0 ? 256 : *cap * 2;
	grown = realloc(*array, bigger * item);
	if (grown == NULL) {
		return false;
	}
	*array = grown;
	*cap = bigger;
	return true;
}

/* Sum of n lengths at lens, of which room bytes are there; 64 bits so that it cannot wrap. */
static ALWAYS_INLINE uint64_t sum_lengths(const uint8_t *lens, unsigned int n, bool wide, bool be, uint32_t room)
{
	uint64_t sum = 0;

	if (LIKELY(!wide && !be && room >= 2 * n + 8)) {
		return event_sum_lens16(lens, n);
	}
	for (unsigned int i = 0; i < n; i++) {
		if (wide) {
			sum += be ? load_be32(lens + 4 * i) : load_le32(lens + 4 * i);
		} else {
			sum += be ? load_be16(lens + 2 * i) : load_le16(lens + 2 * i);
		}
	}
	return sum;
}

int decode_v1_count(uint16_t type, const uint8_t *lens, uint32_t room, bool wide, bool be)
{
	unsigned int max = type < SCHEMA_EVENTS ? schema_max_params(type) : 32;

	for (int n = (int)max; n >= 0; n--) {
		uint32_t array = (wide ? 4 : 2) * (uint32_t)n;

		if (array <= room && array + sum_lengths(lens, (unsigned int)n, wide, be, room) == room) {
			return n;
		}
	}
	return -1;
}

/* The width of the lengths follows the type, not the block; only of unknown types the block tells. */
static inline bool is_wide(uint16_t type, uint32_t block_type)
{
	if (LIKELY(type < SCHEMA_EVENTS)) {
		return (schema_events[type].flags & EF_LARGE_PAYLOAD) != 0;
	}
	return block_type == BLOCK_EVENT_LARGE || block_type == BLOCK_EVENT_LARGE_FLAGS;
}

/*
 * mergecap turns a V2 event into a V1 block by cutting out the 4 bytes of the count, but leaves them in
 * the event's length: then the length is 4 too large, and only then.
 */
static bool is_mergecap_event(uint32_t body_len, uint32_t head, uint32_t ev_len)
{
	return head + (uint64_t)ev_len > body_len && ev_len >= V1_HEADER + 4 &&
	       ((head + ev_len - 4 + 3) & ~3u) == body_len;
}

struct raw_event {
	const uint8_t *body;	/* of the block */
	uint32_t body_len;
	uint32_t block_type;
	uint32_t block_off;
	bool v2;
	bool mergecap;		/* a V2 event that mergecap rewrote */
	uint32_t flags;		/* of the block */
	uint32_t head;		/* bytes before the event: cpu and flags */
	uint32_t len;		/* of the event, as far as it may be believed */
	uint16_t type;		/* as stored; 0.20.0's codes already mapped */
	bool wide;
};

/* Old writers counted 3 bytes too many in the lengths of these two. */
static inline bool length_was_wrong(const struct raw_event *r)
{
	return !r->v2 && (r->type == EV_NOTIFICATION_E || r->type == EV_INFRASTRUCTURE_EVENT_E);
}

/* Of the lengths that such an event may mean: the one at which its parameters add up. */
static bool settle_wrong_length(struct raw_event *r, bool be)
{
	static const uint32_t excess[] = { 3, 0, 4 };	/* 4: rewritten by mergecap */
	uint32_t claimed = r->len;

	for (size_t i = 0; i < ARRAY_LEN(excess); i++) {
		uint32_t len = claimed - excess[i];

		if (claimed >= V1_HEADER + excess[i] && len <= r->body_len - r->head &&
		    decode_v1_count(r->type, r->body + r->head + V1_HEADER, len - V1_HEADER, false, be) ==
			    schema_events[r->type].nparams) {
			r->len = len;
			r->mergecap = excess[i] == 4;
			return true;
		}
	}
	return false;
}

/*
 * sysdig 0.20.0 wrote bpf and seccomp under four codes that are execve and setpgid since. Its files are 1.0, but
 * so are newer ones that Wireshark's tools have saved: the shape of the event must agree, too.
 */
static bool has_legacy_shape(const struct raw_event *r, bool be)
{
	const uint8_t *lens = r->body + r->head + V1_HEADER;
	uint32_t len;

	if (decode_v1_count(r->type, lens, r->len - V1_HEADER, false, be) != 1) {
		return false;
	}
	len = be ? load_be16(lens) : load_le16(lens);
	switch (r->type) {
	case 292:	/* bpf's command, a small number; the other is a path */
		return len == 8 && (be ? load_be64(lens + 2) : load_le64(lens + 2)) < 256;
	case 293:	/* a selector and a number; the other has at least 18 parameters */
		return len == 9;
	default:
		return len == 8;
	}
}

/* What an event's length is when it cannot be what it claims. 0 or ERR_NOMEM. */
static int settle_length(struct batch *b, struct raw_event *r, uint32_t header)
{
	uint32_t claimed = r->len;

	if (length_was_wrong(r) && settle_wrong_length(r, b->section->big_endian)) {
		return 0;
	}
	if (r->len >= header && r->len <= r->body_len - r->head) {
		return 0;
	}
	if (!r->v2 && is_mergecap_event(r->body_len, r->head, r->len)) {
		r->len -= 4;
		r->mergecap = true;
		return 0;
	}
	r->len = r->body_len - r->head;
	return batch_damage(b, b->base_off + r->block_off, 0,
			    "event length %u does not fit its block of %u bytes", claimed, r->body_len);
}

/* Number of parameters and where their lengths are; bad lengths are cut to what fits. */
static ALWAYS_INLINE void find_params(struct event *ev, const struct raw_event *r)
{
	const uint8_t *h = r->body + r->head;
	uint32_t header = r->v2 ? V2_HEADER : V1_HEADER;
	uint32_t room = r->len - header;
	uint32_t n;
	uint32_t width;
	uint64_t sum;

	ev->lens = h + header;
	if (UNLIKELY(!r->v2)) {
		int count = decode_v1_count(ev->stored_type, ev->lens, room, r->wide, false);

		if (count < 0) {
			ev->flags |= EVENT_BAD_PARAMS;
			count = 0;
		}
		ev->stored_nparams = (uint8_t)count;
		ev->values_len = (uint32_t)sum_lengths(ev->lens, (unsigned int)count, r->wide, false, room);
		return;
	}
	n = load_le32(h + 22);
	width = r->wide ? 4 : 2;
	if (UNLIKELY(n > LIMIT_EVENT_PARAMS || n * width > room)) {
		ev->flags |= EVENT_BAD_PARAMS;
		return;
	}
	sum = sum_lengths(ev->lens, n, r->wide, false, room);
	if (UNLIKELY(sum > room - n * width)) {
		/* The values do not fit behind their lengths: which of them lies is unknown, so none is used. */
		ev->flags |= EVENT_BAD_PARAMS;
		return;
	}
	ev->stored_nparams = (uint8_t)n;
	ev->values_len = (uint32_t)sum;
}

/* A stored signed number of 8 or 4 bytes; others are not results or fds. */
static ALWAYS_INLINE bool stored_s64(const struct event *ev, unsigned int i, int64_t *ret_x)
{
	struct param v = event_stored_param(ev, i);

	if (LIKELY(v.len >= 8)) {
		*ret_x = (int64_t)load_le64(v.p);
		return true;
	}
	if (v.len == 4) {
		*ret_x = (int32_t)load_le32(v.p);
		return true;
	}
	return false;
}

/*
 * Result and fd where the event itself stores them. With a conversion only what it takes from the event
 * counts: what the enter event holds, the fold fills in.
 */
static ALWAYS_INLINE bool own_number(const struct event *ev, unsigned int i, int64_t *ret_x)
{
	const struct conv_source *src;

	if (LIKELY(ev->conv == 0 || schema_convs[ev->conv].sources == NULL)) {
		return stored_s64(ev, i, ret_x);
	}
	if (i >= ev->nparams) {
		return false;
	}
	src = &schema_convs[ev->conv].sources[i];
	return src->from == FROM_OWN && stored_s64(ev, src->index, ret_x);
}

static ALWAYS_INLINE void find_conversion(struct event *ev)
{
	unsigned int n = ev->stored_nparams;
	const struct schema_conv *conv;

	ev->conv = schema_conv_index[ev->stored_type][n < SCHEMA_CONV_PARAMS ? n : SCHEMA_CONV_PARAMS - 1];
	if (LIKELY(ev->conv == 0)) {
		unsigned int known = schema_events[ev->stored_type].nparams;

		/* What a newer writer appended has no name here. */
		ev->nparams = (uint8_t)(LIKELY(n <= known) ? n : known);
		ev->type = ev->stored_type;
		ev->flags |= EVENT_SHOWN;
		return;
	}
	conv = &schema_convs[ev->conv];
	ev->type = conv->type;
	ev->nparams = conv->sources != NULL ? conv->nparams : ev->stored_nparams;
	if (conv->action == CONV_KEEP || conv->action == CONV_PASS || conv->action == CONV_CONTAINER) {
		ev->flags |= EVENT_SHOWN;
	}
}

static ALWAYS_INLINE void find_result(struct event *ev)
{
	const struct schema_event *se;
	int64_t fd;

	find_conversion(ev);
	se = &schema_events[ev->type];
	if (se->source == ES_SYSCALL) {
		ev->flags |= EVENT_IS_SYSCALL | (se->is_exit ? EVENT_EXIT : 0);
	} else {
		ev->flags |= EVENT_EXIT;	/* switch, signals, meta events: complete in themselves */
	}
	if (se->res_param == 0 && own_number(ev, 0, &ev->res)) {
		ev->flags |= EVENT_HAS_RES | (ev->res < 0 ? EVENT_FAILED : 0);
	}
	if (se->fd_param >= 0 && own_number(ev, (unsigned int)se->fd_param, &fd) && fd >= INT32_MIN &&
	    fd <= INT32_MAX) {
		ev->fd_num = (int32_t)fd;
		ev->flags |= EVENT_HAS_FD;
	}
}

static ALWAYS_INLINE void tally_event(struct batch *b, unsigned int flags, uint64_t ts_ns, uint16_t stored_type)
{
	struct batch_tally *t = &b->tally;

	t->events++;
	t->numbered += (flags & EVENT_SHOWN) != 0;
	t->shown += (flags & (EVENT_SHOWN | EVENT_STATE_ONLY)) == EVENT_SHOWN;
	t->state_only += (flags & EVENT_STATE_ONLY) != 0;
	t->unknown += (flags & EVENT_UNKNOWN_TYPE) != 0;
	t->bad_params += (flags & EVENT_BAD_PARAMS) != 0;
	t->enters += (flags & (EVENT_EXIT | EVENT_UNKNOWN_TYPE)) == 0;
	if (UNLIKELY(flags & EVENT_TIME_ZERO)) {
		t->time_zero++;
	} else {
		if (t->first_event_ns == 0 || ts_ns < t->first_event_ns) {
			t->first_event_ns = ts_ns;
		}
		t->last_event_ns = max_u64(t->last_event_ns, ts_ns);
	}
	if (LIKELY(stored_type < SCHEMA_EVENTS)) {
		b->by_type[stored_type]++;
	}
}

static ALWAYS_INLINE void decode_record(struct event *ev, const struct raw_event *r)
{
	const uint8_t *h = r->body + r->head;
	uint16_t type = r->type;

	memset(ev, 0, sizeof(*ev));
	ev->ts_ns = load_le64(h);
	ev->tid = (int64_t)load_le64(h + 8);
	ev->cpu = load_le16(r->body);
	ev->block_off = r->block_off;
	ev->refs = EVENT_NO_REFS;
	ev->stored_type = type;
	ev->type = type;
	if (UNLIKELY(r->flags & 1)) {
		ev->flags |= EVENT_STATE_ONLY;
	}
	if (UNLIKELY(ev->ts_ns == 0 || ev->ts_ns == UINT64_MAX)) {
		ev->flags |= EVENT_TIME_ZERO;
	}
	if (UNLIKELY(r->wide)) {
		ev->flags |= EVENT_WIDE;
	}
	find_params(ev, r);
	if (UNLIKELY(type >= SCHEMA_EVENTS)) {
		ev->flags |= EVENT_UNKNOWN_TYPE;
		return;
	}
	find_result(ev);
}

/* What the recorder says of when the call began. */
static void find_extra(struct event *ev, const struct raw_event *r, uint32_t event_end, bool be)
{
	struct event_extra x;
	struct cursor items;

	if (!extra_find(r->body, r->body_len, event_end, be, &items)) {
		return;
	}
	ev->flags |= EVENT_EXTRA;
	extra_read(items, be, &x);
	if (x.message != 0) {
		ev->flags |= EVENT_FURTHER;
	}
	if (x.begin_ns != 0 && x.begin_ns <= ev->ts_ns && (ev->flags & EVENT_TIME_ZERO) == 0) {
		ev->begin_ns = x.begin_ns;
		ev->flags |= EVENT_BEGIN_EXACT;
	}
}

static ALWAYS_INLINE bool can_pass_over(const struct batch *b, const struct raw_event *r, bool be)
{
	uint32_t n;

	if (r->type >= SCHEMA_EVENTS || b->skip[r->type] == 0 || !r->v2) {
		return false;
	}
	n = be ? load_be32(r->body + r->head + 22) : load_le32(r->body + r->head + 22);
	return schema_conv_index[r->type][n < SCHEMA_CONV_PARAMS ? n : SCHEMA_CONV_PARAMS - 1] == 0;
}

/*
 * Nobody asks for this type: the event is counted and takes its number, but gets no record. Only layouts of
 * today are passed over: they are shown as stored.
 */
static ALWAYS_INLINE void pass_over(struct batch *b, const struct raw_event *r, bool be)
{
	const uint8_t *h = r->body + r->head;
	uint64_t ts_ns = be ? load_be64(h) : load_le64(h);
	unsigned int flags = EVENT_EXIT | EVENT_SHOWN;

	if (ts_ns == 0 || ts_ns == UINT64_MAX) {
		flags |= EVENT_TIME_ZERO;
	}
	if (r->head == 6 && ((be ? load_be32(r->body + 2) : load_le32(r->body + 2)) & 1) != 0) {
		flags |= EVENT_STATE_ONLY;
	}
	tally_event(b, flags, ts_ns, r->type);
}

/* One event block. 0 or ERR_NOMEM. */
static int decode_event_block(struct batch *b, uint32_t type, const uint8_t *body, uint32_t body_len,
			      uint32_t block_off)
{
	struct raw_event r = { body, body_len, type, block_off, false, false, 0, 2, 0, 0, false };
	bool be = b->section->big_endian;
	const uint8_t *raw_body;
	const uint8_t *h;
	uint32_t header;
	struct event *ev;

	r.v2 = type != BLOCK_EVENT_V1 && type != BLOCK_EVENT_V1_FLAGS;
	if (type == BLOCK_EVENT_V1_FLAGS || type == BLOCK_EVENT_FLAGS || type == BLOCK_EVENT_LARGE_FLAGS) {
		r.head = 6;
	}
	header = r.v2 ? V2_HEADER : V1_HEADER;
	if (UNLIKELY(body_len < r.head + header)) {
		return batch_damage(b, b->base_off + block_off, body_len + BLOCK_MIN_BYTES,
				    "event block of %u bytes is too short for an event", body_len);
	}
	h = body + r.head;
	r.len = UNLIKELY(be) ? load_be32(h + 16) : load_le32(h + 16);
	r.type = UNLIKELY(be) ? load_be16(h + 20) : load_le16(h + 20);
	r.wide = is_wide(r.type, type);
	if (UNLIKELY(r.len < header || r.len > body_len - r.head || length_was_wrong(&r))) {
		int rc = settle_length(b, &r, header);

		if (rc != 0) {
			return rc;
		}
	}
	if (UNLIKELY(!r.v2 && !r.mergecap && b->section->minor == 0 && r.type >= 292 && r.type <= 295) &&
	    has_legacy_shape(&r, be)) {
		r.type = schema_legacy_code(r.type);
	}
	if (UNLIKELY(b->skip != NULL) && can_pass_over(b, &r, be)) {
		pass_over(b, &r, be);
		return 0;
	}
	if (!grow((void **)&b->events, &b->event_cap, b->event_count, sizeof(*b->events))) {
		return ERR_NOMEM;
	}
	ev = &b->events[b->event_count];
	raw_body = body;
	if (UNLIKELY(be)) {
		struct swap_event sw = { r.type, r.head, header, r.len, body_len, r.v2, r.wide };
		int rc = decode_swap_event(b, &sw, &r.body);

		if (rc != 0) {
			return rc;
		}
	}
	if (UNLIKELY(r.head == 6)) {
		r.flags = load_le32(r.body + 2);
	}
	decode_record(ev, &r);
	if (UNLIKELY(((r.head + r.len + 3) & ~3u) < body_len)) {
		r.body = raw_body;
		find_extra(ev, &r, r.head + r.len, be);
	}
	ev->num = (uint32_t)b->tally.numbered;
	b->event_count++;
	tally_event(b, ev->flags, ev->ts_ns, ev->stored_type);
	return 0;
}

static int add_meta(struct batch *b, uint32_t type, const uint8_t *body, uint32_t body_len,
		    uint32_t block_off)
{
	struct meta_block *m;

	if (!grow((void **)&b->metas, &b->meta_cap, b->meta_count, sizeof(*b->metas))) {
		return ERR_NOMEM;
	}
	m = &b->metas[b->meta_count++];
	m->type = type;
	m->body = body;
	m->body_len = body_len;
	m->block_off = block_off;
	m->at_event = b->event_count;
	return 0;
}

struct packet *decode_new_packet(struct batch *b)
{
	if (!grow((void **)&b->packets, &b->packet_cap, b->packet_count, sizeof(*b->packets))) {
		return NULL;
	}
	return &b->packets[b->packet_count++];
}

static int decode_block(struct batch *b, const uint8_t *p, uint32_t total, uint32_t off)
{
	bool be = b->section->big_endian;
	uint32_t type = block_type_public(be ? load_be32(p) : load_le32(p));
	const uint8_t *body = p + 8;
	uint32_t body_len = total - BLOCK_MIN_BYTES;

	block_count_add(b->tally.blocks, &b->tally.block_types, type, 1, total);
	if (LIKELY(block_is_event(type))) {
		b->tally.scap = true;
		return decode_event_block(b, type, body, body_len, off);
	}
	if (type == BLOCK_EPB || type == BLOCK_SPB || type == BLOCK_PB) {
		return decode_packet_block(b, type, body, body_len, off);
	}
	if (block_is_scap_meta(type)) {
		b->tally.scap = true;
	}
	return add_meta(b, type, body, body_len, off);
}

static void finish_tally(struct batch_tally *t)
{
	if (t->first_event_ns != 0) {
		if (t->first_ns == 0 || t->first_event_ns < t->first_ns) {
			t->first_ns = t->first_event_ns;
		}
		t->last_ns = max_u64(t->last_ns, t->last_event_ns);
	}
}

/* Length of the block at off as the framer advanced: rounded up when its copy stands there. */
static uint32_t block_step(const struct batch *b, size_t off)
{
	bool be = b->section->big_endian;
	const uint8_t *p = b->bytes + off;
	uint32_t total = be ? load_be32(p + 4) : load_le32(p + 4);

	if (UNLIKELY((total & 3) != 0)) {
		uint32_t up = (total + 3) & ~3u;

		if (up <= b->len - off &&
		    (be ? load_be32(p + up - 4) : load_le32(p + up - 4)) == total) {
			return up;
		}
	}
	return total;
}

int decode_batch(struct batch *b)
{
	size_t off = 0;
	int rc = 0;

	if (b->section == NULL || b->len == 0) {
		return 0;
	}
	if (b->by_type == NULL) {
		b->by_type = malloc(SCHEMA_EVENTS * sizeof(*b->by_type));
		if (b->by_type == NULL) {
			b->failed = true;
			return ERR_NOMEM;
		}
	}
	memset(b->by_type, 0, SCHEMA_EVENTS * sizeof(*b->by_type));
	if (b->section->kind == SECTION_PCAP) {
		rc = decode_pcap_records(b);
		off = b->len;
	}
	while (rc == 0 && off < b->len) {
		uint32_t total = block_step(b, off);

		if (UNLIKELY(total < BLOCK_MIN_BYTES || total > b->len - off)) {
			/* The framer saw a good length: the mapped file was cut meanwhile. */
			rc = batch_damage(b, b->base_off + off, b->len - off, "block changed while it was read");
			break;
		}
		rc = decode_block(b, b->bytes + off, total, (uint32_t)off);
		off += total;
	}
	finish_tally(&b->tally);
	if (rc != 0) {
		b->failed = true;
	}
	return rc;
}
