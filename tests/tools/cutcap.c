/*
 * cutcap.c - cuts a small capture out of a long one: all metadata blocks and the event blocks whose
 * ordinals (from 1, metadata not counted) lie in one of the ranges. tests/data/small.scap was made with it.
 *
 * cutcap FIRST-LAST... < long.scap > short.scap; little-endian, not compressed.
 */
#include "base/buf.h"
#include "base/cursor.h"

#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX ((size_t)1 << 30)

static void fail(const char *what)
{
	fprintf(stderr, "cutcap: %s\n", what);
	exit(1);
}

static bool is_event(uint32_t type)
{
	return type == 0x204 || type == 0x208 || type == 0x216 || type == 0x217 || type == 0x221 ||
	       type == 0x222;
}

static bool wanted(unsigned long n, char **ranges)
{
	for (; *ranges != NULL; ranges++) {
		char *end;
		unsigned long first = strtoul(*ranges, &end, 10);
		unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

		if (*end != '\0') {
			fail("a range is FIRST-LAST");
		}
		if (n >= first && n <= last) {
			return true;
		}
	}
	return false;
}

static void read_all(struct buf *in)
{
	size_t n;

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
	unsigned long event = 0;
	struct buf in;
	size_t len;

	if (argc < 2) {
		fprintf(stderr, "usage: cutcap FIRST-LAST... < long.scap > short.scap\n");
		return 2;
	}
	buf_init(&in, INPUT_MAX);
	read_all(&in);
	for (size_t at = 0; at < in.len; at += len) {
		const uint8_t *p = (const uint8_t *)in.data + at;

		if (in.len - at < 12) {
			fail("the input ends inside a block");
		}
		len = ((size_t)load_le32(p + 4) + 3) & ~(size_t)3;
		if (len < 12 || len > in.len - at) {
			fail("a block is longer than the input");
		}
		if (is_event(load_le32(p)) && !wanted(++event, argv + 1)) {
			continue;
		}
		if (fwrite(p, 1, len, stdout) != len) {
			fail("cannot write");
		}
	}
	if (fflush(stdout) != 0) {
		fail("cannot write");
	}
	buf_release(&in);
	return 0;
}
