/*
 * mkbench.c - makes a long capture of a short one, for bench.sh: the metadata blocks once, then the event
 * blocks COPIES times, each copy later than the one before by the span of the original and a second.
 *
 * mkbench COPIES < short.scap > long.scap; little-endian, one section, not compressed. The work of a report
 * over it is that of a real capture: the same mix of events and the same state, over and over.
 */
#include "base/buf.h"
#include "base/cursor.h"

#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX ((size_t)1 << 30)

/* Where the events of the input lie, and their times. */
struct layout {
	size_t events_at;	/* offset of the first event block: all metadata is before it */
	uint64_t events;
	uint64_t first_ns, last_ns;
};

static void fail(const char *what)
{
	fprintf(stderr, "mkbench: %s\n", what);
	exit(1);
}

/* Offset of the timestamp in an event block, 0 for other blocks. */
static size_t time_offset(uint32_t type)
{
	switch (type) {
	case 0x204:
	case 0x216:
	case 0x221: return 8 + 2;
	case 0x208:
	case 0x217:
	case 0x222: return 8 + 2 + 4;
	default: return 0;
	}
}

/* The block at p: its padded length, or 0 when it makes no sense. */
static size_t block_len(const uint8_t *p, size_t left)
{
	size_t len;

	if (left < 12) {
		return 0;
	}
	len = ((size_t)load_le32(p + 4) + 3) & ~(size_t)3;
	return len >= 12 && len <= left ? len : 0;
}

static struct layout survey(const struct buf *in)
{
	const uint8_t *p = (const uint8_t *)in->data;
	struct layout l = { 0, 0, UINT64_MAX, 0 };
	size_t len;

	for (size_t at = 0; at < in->len; at += len) {
		size_t time_at;

		len = block_len(p + at, in->len - at);
		if (len == 0) {
			fail("the input is damaged, big-endian or no pcapng file");
		}
		time_at = time_offset(load_le32(p + at));
		if (time_at != 0 && len >= time_at + 8) {
			uint64_t ts = load_le64(p + at + time_at);

			l.events_at = l.events == 0 ? at : l.events_at;
			l.events++;
			if (ts != 0) {
				l.first_ns = min_u64(l.first_ns, ts);
				l.last_ns = max_u64(l.last_ns, ts);
			}
		} else if (l.events != 0) {
			fail("the input has other blocks behind its first event");
		}
	}
	if (l.events == 0 || l.last_ns == 0) {
		fail("the input has no events");
	}
	return l;
}

/* Moves the time of every event of the copy in place. */
static void shift(uint8_t *p, size_t n, uint64_t by_ns)
{
	size_t len;

	for (size_t at = 0; at < n; at += len) {
		uint8_t *time = p + at + time_offset(load_le32(p + at));
		uint64_t ts = load_le64(time);

		if (ts != 0) {
			ts += by_ns;
			memcpy(time, &ts, sizeof(ts));
		}
		len = block_len(p + at, n - at);
	}
}

static void put(const void *p, size_t n)
{
	if (fwrite(p, 1, n, stdout) != n) {
		fail("cannot write");
	}
}

int main(int argc, char **argv)
{
	unsigned long copies = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	struct layout l;
	struct buf in;
	size_t n;

	if (copies == 0) {
		fprintf(stderr, "usage: mkbench COPIES < short.scap > long.scap\n");
		return 2;
	}
	buf_init(&in, INPUT_MAX);
	do {
		char *room = buf_room(&in, 1 << 20);

		if (room == NULL) {
			fail("the input is too large");
		}
		n = fread(room, 1, 1 << 20, stdin);
		in.len += n;
	} while (n > 0);
	l = survey(&in);
	put(in.data, l.events_at);
	for (unsigned long k = 0; k < copies; k++) {
		put(in.data + l.events_at, in.len - l.events_at);
		shift((uint8_t *)in.data + l.events_at, in.len - l.events_at,
		      l.last_ns - l.first_ns + NSEC_PER_SEC);
	}
	if (fflush(stdout) != 0) {
		fail("cannot write");
	}
	fprintf(stderr, "%llu\n", (unsigned long long)(l.events * copies));
	buf_release(&in);
	return 0;
}
