/*
 * mkbench.c - makes a long capture of a short one, for bench.sh: the metadata blocks once, then the event
 * blocks COPIES times, each copy later than the one before by the span of the original and a second.
 *
 * mkbench COPIES [steady] < short.scap > long.scap; V2 blocks, little-endian, one section, not compressed. Each copy
 * starts all processes of the original anew. With "steady" the copies after the first hold only what threads do that
 * live through the whole original: the same servers go on serving, as in a longer capture of the same hosts.
 */
#include "base/buf.h"
#include "base/cursor.h"
#include "base/map.h"
#include "gen/schema_codes.h"

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

struct head {
	uint64_t tid;
	uint16_t type;
	bool caller;		/* of a clone: its result is the child */
};

static struct head head_of(const uint8_t *block)
{
	const uint8_t *event = block + time_offset(load_le32(block));
	struct head h = { load_le64(event + 8), load_le16(event + 20), false };

	/* The result is the first value, behind the array of lengths (V2 blocks tell how many). */
	h.caller = load_le64(event + 26 + 2 * (size_t)load_le32(event + 22)) != 0;
	return h;
}

static bool is_clone(uint16_t type)
{
	return type == EV_SYSCALL_CLONE_20_X || type == EV_SYSCALL_CLONE3_X ||
	       type == EV_SYSCALL_FORK_20_X || type == EV_SYSCALL_VFORK_20_X;
}

/* Does the thread of this event begin or end in the capture, or become another program? */
static bool passes(const struct head *h)
{
	return h->type == EV_PROCEXIT_1_E || h->type == EV_SYSCALL_EXECVE_19_X ||
	       h->type == EV_SYSCALL_EXECVEAT_X || (is_clone(h->type) && !h->caller);
}

/* Drops from the events at p what other threads than the steady ones do. Returns the bytes kept. */
static size_t keep_steady(uint8_t *p, size_t n, uint64_t *ret_events)
{
	struct map passing;
	size_t kept = 0;
	size_t len;

	map_init(&passing);
	*ret_events = 0;
	for (size_t at = 0; at < n; at += len) {
		struct head h = head_of(p + at);

		len = block_len(p + at, n - at);
		if (passes(&h) && map_set(&passing, h.tid, 1) != 0) {
			fail("out of memory");
		}
	}
	for (size_t at = 0; at < n; at += len) {
		struct head h = head_of(p + at);

		len = block_len(p + at, n - at);
		if (map_get(&passing, h.tid) == 0 && !is_clone(h.type)) {
			memmove(p + kept, p + at, len);
			kept += len;
			++*ret_events;
		}
	}
	map_release(&passing);
	return kept;
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

static void read_all(struct buf *in)
{
	size_t n;

	buf_init(in, INPUT_MAX);
	do {
		char *room = buf_room(in, 1 << 20);

		if (room == NULL) {
			fail("the input is too large");
		}
		n = fread(room, 1, 1 << 20, stdin);
		in->len += n;
	} while (n > 0);
}

int main(int argc, char **argv)
{
	unsigned long copies = argc >= 2 ? strtoul(argv[1], NULL, 10) : 0;
	bool steady = argc == 3 && strcmp(argv[2], "steady") == 0;
	struct layout l;
	struct buf in;
	uint64_t per_copy;
	uint64_t total;
	uint8_t *events;
	size_t bytes;

	if (copies == 0 || (argc == 3 && !steady) || argc > 3) {
		fprintf(stderr, "usage: mkbench COPIES [steady] < short.scap > long.scap\n");
		return 2;
	}
	read_all(&in);
	l = survey(&in);
	put(in.data, in.len);
	total = l.events;
	per_copy = l.events;
	events = (uint8_t *)in.data + l.events_at;
	bytes = in.len - l.events_at;
	if (steady) {
		bytes = keep_steady(events, bytes, &per_copy);
	}
	for (unsigned long k = 1; k < copies; k++) {
		shift(events, bytes, l.last_ns - l.first_ns + NSEC_PER_SEC);
		put(events, bytes);
		total += per_copy;
	}
	if (fflush(stdout) != 0) {
		fail("cannot write");
	}
	fprintf(stderr, "%llu\n", (unsigned long long)total);
	buf_release(&in);
	return 0;
}
