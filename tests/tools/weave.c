/*
 * weave.c - one capture of two: syscalls and packets of the same time in one section, block by block in the order of
 * their times, as a recorder of both would have written them.
 *
 * weave CALLS.scap PACKETS.pcapng > both.pcapng; pcapng of one section each, little-endian, not compressed. The
 * section header and the lists of the syscalls come first, then the interfaces of the packets, then all else. A block
 * without a time keeps its place behind the one before it.
 */
#include "base/buf.h"
#include "base/cursor.h"

#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX ((size_t)1 << 30)
#define INTERFACES_MAX 64

/* One input, and where its reading stands. */
struct reel {
	struct buf in;
	size_t at;
	uint64_t now_ns;	/* of the last block with a time */
	uint64_t units[INTERFACES_MAX];	/* per second, of each interface */
	unsigned int interfaces;
};

static void fail(const char *what)
{
	fprintf(stderr, "weave: %s\n", what);
	exit(1);
}

static void reel_open(struct reel *r, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL) {
		fail(path);
	}
	memset(r, 0, sizeof(*r));
	buf_init(&r->in, INPUT_MAX);
	do {
		char *room = buf_room(&r->in, 1 << 20);

		if (room == NULL) {
			fail("the input is too large");
		}
		n = fread(room, 1, 1 << 20, f);
		r->in.len += n;
	} while (n > 0);
	fclose(f);
	if (r->in.len < 28 || load_le32((const uint8_t *)r->in.data + 8) != 0x1A2B3C4D) {
		fail("an input is no little-endian pcapng file");
	}
}

/* The block that comes next, and its length; NULL at the end. */
static const uint8_t *reel_block(const struct reel *r, size_t *ret_len)
{
	const uint8_t *p = (const uint8_t *)r->in.data + r->at;
	size_t left = r->in.len - r->at;
	size_t len;

	if (left == 0) {
		return NULL;
	}
	len = left >= 12 ? ((size_t)load_le32(p + 4) + 3) & ~(size_t)3 : 0;
	if (len < 12 || len > left) {
		fail("an input is damaged");
	}
	*ret_len = len;
	return p;
}

static void pass(struct reel *r)
{
	size_t len = 0;
	const uint8_t *p = reel_block(r, &len);

	if (p != NULL && fwrite(p, 1, len, stdout) != len) {
		fail("cannot write");
	}
	r->at += len;
}

/* Units per second by option if_tsresol of an interface description; microseconds without it. */
static uint64_t resolution(const uint8_t *block, size_t len)
{
	struct cursor c = cur_make(block + 16, len - 20);
	uint64_t units = 1;

	while (c.left >= 4) {
		uint16_t code = cur_le16(&c);
		uint16_t n = cur_le16(&c);
		const uint8_t *value = cur_take(&c, n);

		if (code == 9 && value != NULL && n == 1 && value[0] <= 9) {
			for (uint8_t i = 0; i < value[0]; i++) {
				units *= 10;
			}
			return units;
		}
		cur_skip(&c, (4u - n % 4u) % 4u);
	}
	return 1000000;
}

/* The time of a block, or that of the one before it in its file. */
static uint64_t time_of(struct reel *r, const uint8_t *p, size_t len)
{
	uint32_t type = load_le32(p);

	if (type == 6 && len >= 32) {
		uint32_t interface = load_le32(p + 8);
		uint64_t units = (uint64_t)load_le32(p + 12) << 32 | load_le32(p + 16);

		if (interface >= r->interfaces) {
			fail("a packet of an interface that was not described");
		}
		r->now_ns = units * (NSEC_PER_SEC / r->units[interface]);
	} else if ((type == 0x216 || type == 0x204 || type == 0x221) && len >= 20) {
		uint64_t ns = load_le64(p + 10);

		r->now_ns = ns != 0 ? ns : r->now_ns;
	} else if ((type == 0x217 || type == 0x208 || type == 0x222) && len >= 24) {
		uint64_t ns = load_le64(p + 14);

		r->now_ns = ns != 0 ? ns : r->now_ns;
	}
	return r->now_ns;
}

/* Everything before the first event or packet; sections are dropped but for the first one's header. */
static void pass_head(struct reel *r, bool with_section)
{
	const uint8_t *p;
	size_t len = 0;

	while ((p = reel_block(r, &len)) != NULL && time_of(r, p, len) == 0) {
		uint32_t type = load_le32(p);

		if (type == 1) {
			if (with_section || r->interfaces == INTERFACES_MAX) {
				fail("the syscalls have interfaces of packets, or there are too many");
			}
			r->units[r->interfaces++] = resolution(p, len);
		}
		if (type == 0x0A0D0D0A && !with_section) {
			r->at += len;
		} else {
			pass(r);
		}
	}
}

int main(int argc, char **argv)
{
	struct reel calls;
	struct reel packets;
	const uint8_t *c;
	const uint8_t *p;
	size_t clen = 0;
	size_t plen = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: weave CALLS.scap PACKETS.pcapng > both.pcapng\n");
		return 2;
	}
	reel_open(&calls, argv[1]);
	reel_open(&packets, argv[2]);
	pass_head(&calls, true);
	pass_head(&packets, false);
	c = reel_block(&calls, &clen);
	p = reel_block(&packets, &plen);
	while (c != NULL || p != NULL) {
		if (p == NULL || (c != NULL && time_of(&calls, c, clen) <= time_of(&packets, p, plen))) {
			pass(&calls);
			c = reel_block(&calls, &clen);
		} else {
			pass(&packets);
			p = reel_block(&packets, &plen);
		}
	}
	if (fflush(stdout) != 0) {
		fail("cannot write");
	}
	buf_release(&calls.in);
	buf_release(&packets.in);
	return 0;
}
