/*
 * mkframe.h - the bytes of a capture through input, framing and decode, as one lane of the engine
 * does it but without threads: what came out is kept in flat lists, for the suites of framing and
 * decode. The bytes go into a memfd: as they are (read through a mapping), or inside gzip (read as a
 * stream).
 */
#ifndef MKFRAME_H
#define MKFRAME_H

#include "base/base.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "events/decode.h"
#include "events/event.h"
#include "mkcap.h"
#include "readers/frame.h"
#include "readers/input.h"
#include "readers/source.h"

enum how { MAPPED, STREAMED };

/* Where something stood: offset in the source, section by its place in it. */
struct place {
	uint64_t off;
	uint32_t section;
};

struct framed {
	struct place *event_at, *packet_at, *meta_at;	/* own */
	struct event *events;		/* own; their bytes live as long as this */
	struct packet *packets;
	struct meta_block *metas;
	size_t event_count, packet_count, meta_count;
	size_t event_cap, packet_cap, meta_cap;
	struct damage *damages;		/* owns; in order, those that go on joined */
	size_t damage_count, damage_cap;
	uint64_t damage_bytes;
	struct batch_tally tally;	/* sums; no block rows, no times */
	struct source *source;		/* owns */
	struct input *input;		/* owns */
	struct batch **batches;		/* own */
	size_t batch_count, batch_cap;
	bool refused;			/* no capture by its first bytes */
	int fd;
};

static inline void *framed_grow(void *array, size_t *cap, size_t count, size_t item)
{
	if (count < *cap) {
		return array;
	}
	*cap = *cap == 0 ? 64 : *cap * 2;
	array = realloc(array, *cap * item);
	if (array == NULL) {
		abort();
	}
	return array;
}

static inline void *framed_gzip(const void *data, size_t len, size_t *ret_len)
{
	uLong cap = compressBound((uLong)len) + 64;
	uint8_t *out = malloc(cap);
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data,
		       .avail_in = (uInt)len,
		       .next_out = out,
		       .avail_out = (uInt)cap };

	if (out == NULL || deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflate(&z, Z_FINISH) != Z_STREAM_END) {
		abort();
	}
	*ret_len = z.total_out;
	deflateEnd(&z);
	return out;
}

/* Damage of one batch, by place: framing and decode add theirs in no order. */
static inline int framed_by_place(const void *pa, const void *pb)
{
	const struct damage *a = pa;
	const struct damage *b = pb;

	if (a->offset != b->offset) {
		return a->offset < b->offset ? -1 : 1;
	}
	return strcmp(a->what, b->what);
}

static inline void framed_add_damages(struct framed *f, struct batch *b)
{
	if (b->damage_count > 1) {
		qsort(b->damages, b->damage_count, sizeof(*b->damages), framed_by_place);
	}
	for (uint32_t i = 0; i < b->damage_count; i++) {
		const struct damage *d = &b->damages[i];

		f->damage_bytes += d->bytes;
		if (d->what[0] == '\0') {
			CU_ASSERT_FATAL(f->damage_count > 0);
			f->damages[f->damage_count - 1].bytes += d->bytes;
			continue;
		}
		f->damages = framed_grow(f->damages, &f->damage_cap, f->damage_count, sizeof(*d));
		f->damages[f->damage_count++] = *d;
	}
}

static inline void framed_add_records(struct framed *f, struct batch *b)
{
	uint32_t section = b->section->index;

	for (uint32_t i = 0; i < b->event_count; i++) {
		size_t cap = f->event_cap;

		f->events = framed_grow(f->events, &f->event_cap, f->event_count, sizeof(*f->events));
		f->event_at = framed_grow(f->event_at, &cap, f->event_count, sizeof(*f->event_at));
		f->event_at[f->event_count].off = b->base_off + b->events[i].block_off;
		f->event_at[f->event_count].section = section;
		f->events[f->event_count++] = b->events[i];
	}
	for (uint32_t i = 0; i < b->packet_count; i++) {
		size_t cap = f->packet_cap;

		f->packets = framed_grow(f->packets, &f->packet_cap, f->packet_count, sizeof(*f->packets));
		f->packet_at = framed_grow(f->packet_at, &cap, f->packet_count, sizeof(*f->packet_at));
		f->packet_at[f->packet_count].off = b->base_off + b->packets[i].block_off;
		f->packet_at[f->packet_count].section = section;
		f->packets[f->packet_count++] = b->packets[i];
	}
	for (uint32_t i = 0; i < b->meta_count; i++) {
		size_t cap = f->meta_cap;

		f->metas = framed_grow(f->metas, &f->meta_cap, f->meta_count, sizeof(*f->metas));
		f->meta_at = framed_grow(f->meta_at, &cap, f->meta_count, sizeof(*f->meta_at));
		f->meta_at[f->meta_count].off = b->base_off + b->metas[i].block_off;
		f->meta_at[f->meta_count].section = section;
		f->metas[f->meta_count++] = b->metas[i];
	}
}

static inline void framed_add(struct framed *f, struct batch *b)
{
	struct batch_tally *t = &f->tally;

	CU_ASSERT_EQUAL(decode_batch(b), 0);
	framed_add_damages(f, b);
	if (b->section == NULL) {
		CU_ASSERT_EQUAL(b->event_count + b->packet_count + b->meta_count, 0);
		return;
	}
	framed_add_records(f, b);
	CU_ASSERT_EQUAL(b->tally.events, b->event_count);
	CU_ASSERT_EQUAL(b->tally.packets, b->packet_count);
	t->events += b->tally.events;
	t->shown += b->tally.shown;
	t->state_only += b->tally.state_only;
	t->unknown += b->tally.unknown;
	t->time_zero += b->tally.time_zero;
	t->bad_params += b->tally.bad_params;
	t->enters += b->tally.enters;
	t->packets += b->tally.packets;
	t->packet_bytes += b->tally.packet_bytes;
	t->packets_cut += b->tally.packets_cut;
	t->scap |= b->tally.scap;
}

static inline struct batch *framed_batch(struct framed *f)
{
	struct batch *b = malloc(sizeof(*b));

	f->batches = framed_grow(f->batches, &f->batch_cap, f->batch_count, sizeof(*f->batches));
	if (b == NULL) {
		abort();
	}
	batch_init(b);
	f->batches[f->batch_count++] = b;
	return b;
}

static inline void framed_read(struct framed *f, struct stream *st, size_t batch_bytes)
{
	struct framer fr;
	struct err e;
	int rc;

	err_init(&e);
	f->source = source_new(0, "test");
	framer_init(&fr, st, f->source, batch_bytes);
	do {
		struct batch *b = framed_batch(f);

		rc = framer_next(&fr, b, &e);
		if (rc == 0) {
			framed_add(f, b);
		}
	} while (rc == 0);
	CU_ASSERT_EQUAL(rc, ERR_EOF);
	framer_release(&fr);
}

/* The file as stored. */
static inline void framed_stored(struct framed *f, const void *data, size_t len, size_t batch_bytes)
{
	struct input_options opt = { false, false, NULL };
	struct input_file file = { NULL, UINT64_MAX, true };
	struct stream *st;
	const char *name;
	const char *wrap;
	char path[64];
	struct err e;
	int rc;

	memset(f, 0, sizeof(*f));
	err_init(&e);
	f->fd = memfd_create("capture", MFD_CLOEXEC);
	if (f->fd < 0 || (len > 0 && write(f->fd, data, len) != (ssize_t)len)) {
		abort();
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	file.path = path;
	rc = input_open(&file, &opt, &f->input, &e);
	CU_ASSERT_EQUAL_FATAL(rc, 0);
	rc = input_next(f->input, &st, &name, &wrap, &e);
	f->refused = rc != 0;
	if (rc == 0) {
		framed_read(f, st, batch_bytes);
	}
}

static inline void framed_run(struct framed *f, const void *data, size_t len, enum how how,
			      size_t batch_bytes)
{
	void *gz;
	size_t gz_len;

	if (how == MAPPED) {
		framed_stored(f, data, len, batch_bytes);
		CU_ASSERT_TRUE(f->refused || f->source->mapped);
		return;
	}
	gz = framed_gzip(data, len, &gz_len);
	framed_stored(f, gz, gz_len, batch_bytes);
	CU_ASSERT_TRUE(f->refused || !f->source->mapped);
	free(gz);
}

/* What was built, mapped, in batches of the usual size. */
static inline void framed_cap(struct framed *f, const struct mkcap *m)
{
	framed_run(f, m->out.data, m->out.len, MAPPED, 512 << 10);
}

static inline void framed_release(struct framed *f)
{
	free(f->events);
	free(f->event_at);
	free(f->packets);
	free(f->packet_at);
	free(f->metas);
	free(f->meta_at);
	free(f->damages);
	for (size_t i = 0; i < f->batch_count; i++) {
		batch_release(f->batches[i]);
		free(f->batches[i]);
	}
	free(f->batches);
	source_free(f->source);
	input_free(f->input);
	close(f->fd);
}

/* ---- one number for everything that came out -------------------------------------------------- */

struct digest {
	uint64_t x;
};

static inline void digest_add(struct digest *d, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		d->x = (d->x ^ b[i]) * UINT64_C(0x100000001B3);
	}
}

static inline void digest_num(struct digest *d, uint64_t x)
{
	digest_add(d, &x, sizeof(x));
}

static inline void digest_events(struct digest *d, const struct framed *f)
{
	for (size_t i = 0; i < f->event_count; i++) {
		const struct event *ev = &f->events[i];

		digest_num(d, f->event_at[i].off);
		digest_num(d, f->event_at[i].section);
		digest_num(d, ev->ts_ns);
		digest_num(d, (uint64_t)ev->tid);
		digest_num(d, (uint64_t)ev->res);
		digest_num(d, (uint64_t)ev->fd_num);
		digest_num(d, ev->values_len);
		digest_num(d, (uint64_t)ev->stored_type << 32 | ev->type);
		digest_num(d, (uint64_t)ev->conv << 32 | ev->cpu);
		digest_num(d, (uint64_t)ev->flags << 32 | (uint32_t)ev->stored_nparams << 8 | ev->nparams);
		for (unsigned int k = 0; k < ev->stored_nparams; k++) {
			struct param v = event_stored_param(ev, k);

			digest_num(d, v.len);
			digest_add(d, v.p, v.len);
		}
	}
}

static inline void digest_packets(struct digest *d, const struct framed *f)
{
	for (size_t i = 0; i < f->packet_count; i++) {
		const struct packet *p = &f->packets[i];

		digest_num(d, f->packet_at[i].off);
		digest_num(d, f->packet_at[i].section);
		digest_num(d, p->ts_ns);
		digest_num(d, (uint64_t)p->cap_len << 32 | p->orig_len);
		digest_num(d, (uint64_t)p->interface << 32 | (uint32_t)p->link_type << 16 | p->flags);
		digest_add(d, p->data, p->cap_len);
		digest_num(d, p->options_len);
		digest_add(d, p->options, p->options_len);
	}
}

static inline void digest_source(struct digest *d, const struct source *s)
{
	for (uint32_t i = 0; i < s->section_count; i++) {
		const struct section *sec = s->sections[i];

		digest_num(d, sec->offset);
		digest_num(d, (uint64_t)sec->kind << 32 | sec->big_endian);
		digest_num(d, (uint64_t)sec->major << 32 | sec->minor);
		digest_add(d, sec->comment, strlen(sec->comment));
		for (uint32_t k = 0; k < sec->interface_count; k++) {
			const struct packet_interface *p = &sec->interfaces[k];

			digest_num(d, (uint64_t)p->link_type << 32 | p->snaplen);
			digest_num(d, p->ts_units ^ (uint64_t)p->ts_offset_s);
			digest_num(d, p->drops_interface ^ p->drops_os);
		}
	}
	digest_num(d, s->bytes);
	digest_num(d, (uint64_t)s->error);
}

static inline uint64_t framed_digest(const struct framed *f)
{
	struct digest d = { UINT64_C(0xCBF29CE484222325) };

	if (f->refused) {
		return 0;
	}
	digest_source(&d, f->source);
	digest_events(&d, f);
	digest_packets(&d, f);
	for (size_t i = 0; i < f->meta_count; i++) {
		digest_num(&d, f->meta_at[i].off);
		digest_num(&d, f->meta_at[i].section);
		digest_num(&d, (uint64_t)f->metas[i].type << 32 | f->metas[i].body_len);
		digest_add(&d, f->metas[i].body, f->metas[i].body_len);
	}
	for (size_t i = 0; i < f->damage_count; i++) {
		digest_num(&d, f->damages[i].offset);
		digest_num(&d, f->damages[i].bytes);
		digest_add(&d, f->damages[i].what, strlen(f->damages[i].what));
	}
	return d.x;
}

/* The same from every batch size, mapped or streamed; want is what the first one gave. */
static inline void check_all_ways(const void *data, size_t len, const char *what)
{
	static const size_t batch_sizes[] = { 64, 100, 257, 4096, 5000, 65536, 1 << 20, 4 << 20 };
	uint64_t want = 0;

	for (size_t i = 0; i < ARRAY_LEN(batch_sizes); i++) {
		for (enum how how = MAPPED; how <= STREAMED; how++) {
			struct framed f;
			uint64_t d;

			framed_run(&f, data, len, how, batch_sizes[i]);
			d = framed_digest(&f);
			if (i == 0 && how == MAPPED) {
				want = d;
			}
			if (d != want) {
				printf("\n%s: batches of %zu, %s, differ\n", what, batch_sizes[i],
				       how == MAPPED ? "mapped" : "streamed");
			}
			CU_ASSERT_EQUAL(d, want);
			framed_release(&f);
		}
	}
}

/* ---- damage ------------------------------------------------------------------------------------ */

static inline uint64_t random_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

enum filling { ZEROS, ONES, RANDOM };

static inline void fill_hole(uint8_t *p, size_t n, enum filling how)
{
	uint64_t x = 0x9E3779B97F4A7C15u;

	for (size_t i = 0; i < n; i++) {
		p[i] = how == ZEROS ? 0 : how == ONES ? 0xFF : (uint8_t)random_next(&x);
	}
}

#endif
