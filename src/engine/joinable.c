/*
 * joinable.c - is there anything to join? Looks at the first blocks of every input before the run: collecting sockets
 * and exchanges costs time and memory that a run over syscalls alone need not pay unless it is asked to.
 */
#include "engine/engine_internal.h"

#include "base/cursor.h"
#include "readers/blocks.h"

#define HEAD_BYTES 4096u

/* Packets come first where a file holds both: in merged ones and in those of recorders that write two sections. */
static bool head_has_packets(const uint8_t *p, size_t n)
{
	struct cursor c = cur_make(p, n);
	uint32_t type = cur_le32(&c);
	uint32_t len = cur_le32(&c);
	bool be = cur_le32(&c) != BYTE_ORDER_MAGIC;

	if (c.bad || type != BLOCK_SHB) {
		return true;	/* legacy pcap; others are not captures */
	}
	len = be ? __builtin_bswap32(len) : len;
	if (len < BLOCK_MIN_BYTES || len > n || n - len < 4) {
		return true;	/* cannot be told */
	}
	c = cur_make(p + len, n - len);
	return !block_is_scap_meta(block_type_public(cur_u32(&c, be)));
}

/* Files put together end with what came last: the last block tells, where it can be reached at once. */
static bool tail_has_packets(const struct stream *st)
{
	uint64_t n;
	const uint8_t *p = stream_map(st, &n);
	uint32_t len;

	if (p == NULL || n < BLOCK_MIN_BYTES) {
		return false;
	}
	len = load_le32(p + n - 4);
	if (len < BLOCK_MIN_BYTES || len > n) {
		return false;
	}
	switch (load_le32(p + n - len)) {
	case BLOCK_EPB:
	case BLOCK_SPB:
	case BLOCK_PB:
	case BLOCK_ISB:
	case BLOCK_NRB:
	case BLOCK_DSB:
		return true;
	default:
		return false;
	}
}

static bool file_may_have_packets(const struct input_file *f)
{
	struct input_options opt = { false, false, engine_stop_flag() };
	struct input *in;
	struct stream *st;
	const char *name;
	const char *wrap;
	uint8_t head[HEAD_BYTES];
	size_t n = 0;
	bool may = false;

	if (strcmp(f->path, "-") == 0) {
		return true;
	}
	if (input_open(f, &opt, &in, NULL) != 0) {
		return false;
	}
	if (input_next(in, &st, &name, &wrap, NULL) == 0) {
		/* A name apart from the file's is a member's: what the others of its archive are would take a pass to tell. */
		may = strcmp(name, f->path) != 0 || tail_has_packets(st) || stream_read(st, head, sizeof(head), &n, NULL) != 0 ||
		      head_has_packets(head, n);
	}
	input_free(in);
	return may;
}

bool inputs_may_have_packets(const struct input_list *inputs)
{
	for (size_t i = 0; i < inputs->count; i++) {
		if (file_may_have_packets(&inputs->files[i])) {
			return true;
		}
	}
	return false;
}
