/*
 * frame_pcap.c - legacy pcap files: microseconds and nanoseconds, both byte orders. Cuts runs of records into
 * batches; after damage it looks for the next place where two record headers in a row make sense.
 */
#include "base/err.h"
#include "base/limits.h"
#include "readers/blocks.h"
#include "readers/frame_internal.h"

#define PCAP_HEADER_BYTES 24u
#define PCAP_RECORD_BYTES 16u
#define MAGIC_US 0xA1B2C3D4u
#define MAGIC_NS 0xA1B23C4Du
/* Longest record taken for real: larger snap lengths exist only as "no limit" marks. */
#define PCAP_MAX_RECORD (256u << 10)
/* A record this far from the one before it is not believed when looking for the next good one. */
#define RESYNC_WINDOW_S 86400u

bool frame_is_pcap(const uint8_t *p, size_t len)
{
	uint32_t le;
	uint32_t be;

	if (len < 4) {
		return false;
	}
	le = load_le32(p);
	be = load_be32(p);
	return le == MAGIC_US || le == MAGIC_NS || be == MAGIC_US || be == MAGIC_NS;
}

static uint32_t get32(const struct framer *f, const uint8_t *p)
{
	return f->legacy_swapped ? load_be32(p) : load_le32(p);
}

static int start_pcap(struct framer *f, const uint8_t *p)
{
	struct section *s = source_add_section(f->source, f->off);
	struct packet_interface *i;
	uint32_t magic;

	if (s == NULL) {
		return ERR_NOMEM;
	}
	s->slot = UINT32_MAX;
	f->legacy_swapped = load_be32(p) == MAGIC_US || load_be32(p) == MAGIC_NS;
	magic = get32(f, p);
	s->kind = SECTION_PCAP;
	s->big_endian = f->legacy_swapped;
	s->major = f->legacy_swapped ? load_be16(p + 4) : load_le16(p + 4);
	s->minor = f->legacy_swapped ? load_be16(p + 6) : load_le16(p + 6);
	i = section_add_interface(s);
	if (i == NULL) {
		return ERR_NOMEM;
	}
	i->ts_units = magic == MAGIC_NS ? NSEC_PER_SEC : 1000000;
	i->snaplen = get32(f, p + 16);
	i->link_type = (uint16_t)(get32(f, p + 20) & 0xFFFF);
	f->legacy_snaplen = i->snaplen;
	f->section = s;
	return 0;
}

static uint32_t max_record(const struct framer *f)
{
	return f->legacy_snaplen > PCAP_MAX_RECORD && f->legacy_snaplen <= LIMIT_BLOCK_BYTES ?
		       f->legacy_snaplen :
		       PCAP_MAX_RECORD;
}

/* Bytes of the record at p (16 are there), or 0 when its header makes no sense. */
static size_t record_bytes(const struct framer *f, const uint8_t *p)
{
	uint32_t units = (uint32_t)f->section->interfaces[0].ts_units;
	uint32_t frac = get32(f, p + 4);
	uint32_t cap = get32(f, p + 8);

	if (cap > max_record(f) || frac >= units) {
		return 0;
	}
	if (cap == 0 && get32(f, p) == 0 && get32(f, p + 12) == 0) {
		return 0;	/* a hole of zeros */
	}
	return PCAP_RECORD_BYTES + cap;
}

static bool near_in_time(uint32_t a, uint32_t b)
{
	return a - b + RESYNC_WINDOW_S <= 2 * RESYNC_WINDOW_S;
}

/*
 * A record of no bytes that had none on the wire may be the rest of a header that was overwritten with zeros:
 * it counts only if the header behind it makes sense too. *ret_need: bytes from off on that decide it.
 */
static bool empty_record_holds(const struct framer *f, const struct window *w, size_t off, size_t *ret_need)
{
	const uint8_t *p = w->p + off;
	const uint8_t *next = p + PCAP_RECORD_BYTES;

	*ret_need = 2 * PCAP_RECORD_BYTES;
	if (w->len - off < 2 * PCAP_RECORD_BYTES) {
		return f->eof;
	}
	*ret_need = 0;
	return record_bytes(f, next) != 0 && near_in_time(get32(f, next), get32(f, p));
}

static bool believable(const struct framer *f, const struct window *w, size_t off)
{
	uint32_t s = get32(f, w->p + off);
	size_t len = record_bytes(f, w->p + off);
	size_t next = off + len;

	if (len <= PCAP_RECORD_BYTES || get32(f, w->p + off + 8) > get32(f, w->p + off + 12)) {
		return false;
	}
	if (f->last_ts_s != 0 && (s + (uint64_t)RESYNC_WINDOW_S < f->last_ts_s ||
				  s > f->last_ts_s + RESYNC_WINDOW_S)) {
		return false;
	}
	if (next + PCAP_RECORD_BYTES > w->len) {
		return next == w->len && f->eof;
	}
	return record_bytes(f, w->p + next) != 0 && near_in_time(get32(f, w->p + next), s);
}

/* As resync in frame.c; two whole records must fit behind a place before it is judged. */
static int resync_pcap(struct framer *f, struct batch *b, struct window *w, size_t from,
		       size_t *ret_skip)
{
	size_t reach = 2 * ((size_t)max_record(f) + PCAP_RECORD_BYTES);
	size_t i;

	if (window_need(f, b, w, 2 * reach) != 0) {
		return ERR_NOMEM;
	}
	f->resyncing = false;
	for (i = from; i + (f->eof ? PCAP_RECORD_BYTES : reach) <= w->len; i++) {
		if (believable(f, w, i)) {
			*ret_skip = i;
			return 0;
		}
	}
	f->resyncing = !f->eof;
	*ret_skip = f->eof ? w->len : i;
	return 0;
}

/* Nothing whole at the window's start: says what is wrong and how much is given up. */
static int give_up(struct framer *f, struct batch *b, struct window *w, size_t need, size_t *ret_skip)
{
	bool again = f->resyncing;
	size_t left = w->len;
	int rc = resync_pcap(f, b, w, again ? 0 : 1, ret_skip);

	if (rc != 0) {
		return rc;
	}
	if (again) {
		return batch_damage(b, f->off, *ret_skip, "%s", "");
	}
	if (need == 0) {
		return batch_damage(b, f->off, *ret_skip, "packet record header makes no sense");
	}
	return batch_damage(b, f->off, *ret_skip,
			    "input ends inside a packet record of %zu bytes, %zu are left", need, left);
}

static size_t walk_records(struct framer *f, const struct window *w, size_t pos, size_t *ret_need)
{
	*ret_need = PCAP_RECORD_BYTES;
	while (w->len - pos >= PCAP_RECORD_BYTES && pos < f->batch_bytes) {
		size_t len = record_bytes(f, w->p + pos);

		*ret_need = len;
		if (len == 0 || len > w->len - pos) {
			break;
		}
		if (UNLIKELY(len == PCAP_RECORD_BYTES && get32(f, w->p + pos + 12) == 0) &&
		    !empty_record_holds(f, w, pos, ret_need)) {
			break;
		}
		f->last_ts_s = get32(f, w->p + pos);
		pos += len;
		*ret_need = PCAP_RECORD_BYTES;
	}
	return pos;
}

int frame_pcap(struct framer *f, struct batch *b, struct window *w)
{
	size_t start = 0;
	size_t need = 0;
	size_t pos = 0;
	int rc;

	if (f->section == NULL) {
		if (w->len < PCAP_HEADER_BYTES) {
			f->off += w->len;
			return batch_damage(b, 0, w->len, "file ends inside the pcap header");
		}
		rc = start_pcap(f, w->p);
		if (rc != 0) {
			return rc;
		}
		start = PCAP_HEADER_BYTES;
	}
	if (!f->resyncing) {
		pos = walk_records(f, w, start, &need);
		if (pos == 0 && need != 0 && w->len < need && !f->eof) {
			rc = window_need(f, b, w, need);
			if (rc != 0) {
				return rc;
			}
			pos = walk_records(f, w, 0, &need);
		}
	}
	b->base_off = f->off + start;
	b->len = pos - start;
	if (pos == 0) {
		b->base_off = f->off;
		rc = give_up(f, b, w, need, &pos);
		if (rc != 0) {
			return rc;
		}
		b->len = 0;
	}
	rc = window_close(f, b, w, pos);
	b->bytes = w->p + start;
	f->off += pos;
	return rc;
}
