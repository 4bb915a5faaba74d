/*
 * extras.c - extras FILE...: what the recorder wrote behind its events (docs/CAPTURE-FORMAT.md), checked against the
 * events and packets of the same files, without the readers of the program. Files are plain (not compressed), in the
 * order of recording.
 *
 *   serials  N, gaps G, repeated R      ordinals of each CPU over all files
 *   missing  N                          of them, in all gaps
 *   begins   N, late L                  L: calls that began after they ended
 *   tcp      N, right R, wrong W, unseen U   data of calls on TCP sockets against packets at that sequence number
 *   dirents  N, then a line "entry NAME" for each
 *   dropped  N                          of drop events
 */
#include "base/cursor.h"
#include "schema/extra.h"

#include <stdio.h>

enum {
	BLOCK_PACKET = 6,
	BLOCK_EVENT = 0x216,
	CPUS = 8192,
	EV_READ = 7,
	EV_WRITE = 9,
	EV_SENDTO = 31,
	EV_RECVFROM = 35
};

struct segment {
	uint32_t seq, len;
	const uint8_t *bytes;
};

struct call {
	uint32_t seq, len;
	const uint8_t *bytes;
};

static struct segment *segments;
static struct call *calls;
static size_t segment_count, call_count;
static uint64_t last_serial[CPUS], serials, gaps, repeated, missing, begins, late, dirents, dropped;

static void *more(void *rows, size_t count, size_t size)
{
	if ((count & (count - 1)) == 0) {
		rows = realloc(rows, (count > 0 ? 2 * count : 1) * size);
		if (rows == NULL) {
			perror("extras");
			exit(99);
		}
	}
	return rows;
}

/* Payload of TCP over IPv4, found by the IP header's shape behind whatever link header there is (Ethernet or
 * cooked). */
static void take_packet(struct cursor body)
{
	uint32_t cap;
	const uint8_t *p;
	size_t at, total, ip, tcp;

	cur_skip(&body, 12);
	cap = cur_le32(&body);
	cur_skip(&body, 4);
	p = cur_take(&body, cap);
	if (p == NULL) {
		return;
	}
	for (at = 12; at <= 16; at += 2) {
		if (at + 40 <= cap && load_be16(p + at - 2) == 0x0800 && p[at] >> 4 == 4 && p[at + 9] == 6) {
			break;
		}
	}
	if (at > 16) {
		return;
	}
	total = load_be16(p + at + 2);
	ip = (size_t)(p[at] & 15) * 4;
	tcp = (size_t)(p[at + ip + 12] >> 4) * 4;
	if (total == 0) {
		total = cap - at; /* a segment the network card was to cut */
	}
	if (total > ip + tcp && at + total <= cap) {
		segments = more(segments, segment_count, sizeof(*segments));
		segments[segment_count++] =
			(struct segment){ load_be32(p + at + ip + 4), (uint32_t)(total - ip - tcp), p + at + ip + tcp };
	}
}

static void take_serial(uint16_t cpu, uint64_t serial)
{
	serials++;
	if (cpu < CPUS) {
		repeated += serial <= last_serial[cpu];
		gaps += last_serial[cpu] != 0 && serial > last_serial[cpu] + 1;
		missing += last_serial[cpu] != 0 && serial > last_serial[cpu] ? serial - last_serial[cpu] - 1 : 0;
		last_serial[cpu] = serial;
	}
}

static void take_dirents(struct cursor c)
{
	while (c.left > 0) {
		uint8_t len;
		const uint8_t *name;

		cur_skip(&c, 9);
		len = cur_u8(&c);
		name = cur_take(&c, len);
		if (name == NULL) {
			return;
		}
		dirents++;
		printf("entry %.*s\n", len, (const char *)name);
	}
}

/* The result and the data of calls that have both in front. */
static void take_call(uint16_t type, uint32_t nparams, const uint8_t *event, uint32_t write_seq, uint32_t read_seq)
{
	const uint8_t *lens = event + 26, *values = lens + 2 * (size_t)nparams;
	int64_t res = nparams >= 2 && load_le16(lens) == 8 ? (int64_t)load_le64(values) : 0;
	bool writes = type == EV_WRITE || type == EV_SENDTO;

	if (res <= 0 || (!writes && type != EV_READ && type != EV_RECVFROM)) {
		return;
	}
	calls = more(calls, call_count, sizeof(*calls));
	calls[call_count++] = (struct call){ writes ? write_seq : read_seq, load_le16(lens + 2), values + 8 };
}

static void take_items(struct cursor c, uint16_t cpu, const uint8_t *event)
{
	while (c.left >= 4) {
		uint16_t kind = cur_le16(&c);
		struct cursor item = cur_sub(&c, cur_le16(&c));
		uint32_t a;

		switch (kind) {
		case EXTRA_SERIAL: take_serial(cpu, cur_le64(&item)); break;
		case EXTRA_BEGIN:
			begins++;
			late += cur_le64(&item) > load_le64(event);
			break;
		case EXTRA_TCP:
			a = cur_le32(&item);
			take_call(load_le16(event + 20), load_le32(event + 22), event, a, cur_le32(&item));
			break;
		case EXTRA_DIRENTS: take_dirents(item); break;
		case EXTRA_DROPS:
			cur_skip(&item, 4);
			dropped += cur_le64(&item);
			break;
		default: break;
		}
	}
}

static void take_event(struct cursor body)
{
	uint16_t cpu = cur_le16(&body);
	const uint8_t *event = body.p;
	uint32_t len = body.left >= 26 ? load_le32(event + 16) : 0;

	cur_skip(&body, (2 + (size_t)len + 3) / 4 * 4 - 2);
	while (body.left >= 4) {
		uint16_t code = cur_le16(&body), n = cur_le16(&body);
		struct cursor value = cur_sub(&body, n);

		cur_skip(&body, (4 - n % 4) % 4);
		if (code == EXTRA_OPTION && cur_le32(&value) == EXTRA_PEN &&
		    memcmp(value.p, EXTRA_MAGIC, EXTRA_MAGIC_BYTES) == 0) {
			cur_skip(&value, EXTRA_MAGIC_BYTES);
			take_items(value, cpu, event);
		}
	}
}

static void take_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = malloc((size_t)1 << 30); /* kept: segments and calls point into it */
	struct cursor c;

	if (f == NULL || bytes == NULL) {
		perror(path);
		exit(99);
	}
	c = cur_make(bytes, fread(bytes, 1, (size_t)1 << 30, f));
	fclose(f);
	while (c.left >= 12) {
		uint32_t type = load_le32(c.p), total = load_le32(c.p + 4);
		struct cursor block = cur_sub(&c, total);
		struct cursor body;

		if (block.bad || total < 12) {
			fprintf(stderr, "extras: %s: a block is cut\n", path);
			exit(1);
		}
		cur_skip(&block, 8);
		body = cur_sub(&block, total - 12);
		if (type == BLOCK_PACKET) {
			take_packet(body);
		} else if (type == BLOCK_EVENT) {
			take_event(body);
		}
	}
}

/* 1: a segment holds these bytes there; 0: one holds others; -1: none is there. */
static int on_the_wire(const struct call *k)
{
	int result = -1;

	for (size_t i = 0; i < segment_count && result != 1; i++) {
		uint32_t at = k->seq - segments[i].seq;

		if (at < segments[i].len) {
			uint32_t n = k->len < segments[i].len - at ? k->len : segments[i].len - at;

			result = memcmp(segments[i].bytes + at, k->bytes, n) == 0;
		}
	}
	return result;
}

int main(int argc, char **argv)
{
	size_t right = 0, wrong = 0, unseen = 0;

	for (int i = 1; i < argc; i++) {
		take_file(argv[i]);
	}
	for (size_t i = 0; i < call_count; i++) {
		int result = on_the_wire(&calls[i]);

		right += result == 1;
		wrong += result == 0;
		unseen += result < 0;
	}
	printf("serials %llu, gaps %llu, repeated %llu\n", (unsigned long long)serials, (unsigned long long)gaps,
	       (unsigned long long)repeated);
	printf("missing %llu\n", (unsigned long long)missing);
	printf("begins %llu, late %llu\n", (unsigned long long)begins, (unsigned long long)late);
	printf("tcp %zu, right %zu, wrong %zu, unseen %zu\n", call_count, right, wrong, unseen);
	printf("dirents %llu\n", (unsigned long long)dirents);
	printf("dropped %llu\n", (unsigned long long)dropped);
	return 0;
}
