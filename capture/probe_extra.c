/*
 * probe_extra.c - what goes along with an event beyond its parameters (schema/extra.h): serial number, begin, TCP
 * numbers, directory entries, numbers of messages, passed descriptors.
 */
#include "capture/probe_build.h"

#include "schema/extra.h"
#include "schema/schema.h"

static void extra_head(struct build *b, uint16_t kind, size_t len)
{
	uint16_t head[2] = { kind, (uint16_t)len };

	memcpy(b->extra + b->extra_len, head, sizeof(head));
	b->extra_len += sizeof(head);
}

static void extra_bytes(struct build *b, const void *p, size_t n)
{
	memcpy(b->extra + b->extra_len, p, n);
	b->extra_len += (uint32_t)n;
}

static void extra_u64(struct build *b, uint16_t kind, uint64_t x)
{
	extra_head(b, kind, sizeof(x));
	extra_bytes(b, &x, sizeof(x));
}

#define EXTRA_HEAD 4u
#define PASSED_ITEM 4	/* of recvmsg and recvmmsg, see calls.def */
#define DIRENT_NAME 19	/* of struct linux_dirent64: inode 8, offset 8, length 2, type 1 */
#define DIRENTS_BYTES 48000u

/* The entries getdents64 returned, as many as fit. */
static void extra_entries(struct build *b, const struct build_item *it)
{
	uint32_t head_at = b->extra_len;
	uint32_t end;
	size_t at = 0;

	b->extra_len += EXTRA_HEAD;
	while (it->len - at > DIRENT_NAME) {
		size_t len = build_u16(it, at + 16);
		size_t name;
		uint8_t name_len;

		if (len <= DIRENT_NAME || len > it->len - at) {
			break;
		}
		name = strnlen((const char *)it->data + at + DIRENT_NAME, len - DIRENT_NAME);
		name_len = (uint8_t)(name < UINT8_MAX ? name : UINT8_MAX);
		if (b->extra_len - head_at + 10u + name_len > DIRENTS_BYTES) {
			break;
		}
		extra_bytes(b, it->data + at, 8);
		extra_bytes(b, it->data + at + 18, 1);
		extra_bytes(b, &name_len, 1);
		extra_bytes(b, it->data + at + DIRENT_NAME, name_len);
		at += len;
	}
	end = b->extra_len;
	b->extra_len = head_at;
	if (at > 0) {
		extra_head(b, EXTRA_DIRENTS, end - head_at - EXTRA_HEAD);
		b->extra_len = end;
	}
}

/* Which message of a call that moved more than one. */
static void extra_message(struct build *b)
{
	uint32_t numbers[2] = { b->messages.i, (uint32_t)b->rec->ret };

	if (b->messages.many && b->rec->ret > 1) {
		extra_head(b, EXTRA_MESSAGE, sizeof(numbers));
		extra_bytes(b, numbers, sizeof(numbers));
	}
}

void build_extra(struct build *b, uint64_t offset_ns)
{
	b->extra_len = 0;
	if (!b->messages.many || b->messages.i == 0) {
		extra_u64(b, EXTRA_SERIAL, b->rec->serial);
	}
	if (b->rec->flags & RECORD_BEGUN) {
		extra_u64(b, EXTRA_BEGIN, b->rec->begin + offset_ns);
	}
	if (b->tcp != NULL) {
		extra_head(b, EXTRA_TCP, sizeof(*b->tcp));
		extra_bytes(b, b->tcp, sizeof(*b->tcp));
	}
	if (b->row == NULL) {
		return;
	}
	if (b->row->type == EV_SYSCALL_GETDENTS64_X) {
		extra_entries(b, build_item(b, 0));
	}
	extra_message(b);
	if (b->row->type == EV_SOCKET_RECVMSG_X || b->row->type == EV_SOCKET_RECVMMSG_X) {
		build_passed(b, build_item(b, PASSED_ITEM));
	}
}
