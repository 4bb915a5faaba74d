/*
 * data.h - takes from the memory of the process: texts, structures, buffers, vectors, messages, addresses.
 */
#ifndef CAPTURE_BPF_DATA_H
#define CAPTURE_BPF_DATA_H

#include "item.h"

#define VECTOR_SUM 1024		/* UIO_MAXIOV: lengths summed */
#define VECTOR_COPY 32		/* vectors copied from */
#define ARGV_MAX 128

struct user_vector {
	u64 base, len;
};

struct user_message {
	u64 name;
	u32 name_len, pad;
	u64 vectors, vector_count;
	u64 control, control_len;
	u32 flags, pad2;
};

struct user_mmessage {
	struct user_message message;
	u32 len, pad;
};

/* The same in the memory of a 32-bit process. */
struct user_vector_32 {
	u32 base, len;
};

struct user_message_32 {
	u32 name, name_len, vectors, vector_count, control, control_len, flags;
};

struct user_mmessage_32 {
	struct user_message_32 message;
	u32 len;
};

ON_ITS_OWN int take_string(u32 slot, u32 at, u64 pointer)
{
	struct scratch *s = scratch_of(slot);
	long got;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	got = bpf_probe_read_user_str(ITEM_BYTES(s, at), RECORD_PATH, (void *)pointer);
	return (int)item_end(s, at, got > 0 ? (u32)got & 8191 : 0, 0);
}

ON_ITS_OWN int take_kernel_string(u32 slot, u32 at, u64 pointer)
{
	struct scratch *s = scratch_of(slot);
	long got;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	got = bpf_probe_read_kernel_str(ITEM_BYTES(s, at), RECORD_PATH, (void *)pointer);
	return (int)item_end(s, at, got > 0 ? (u32)got & 8191 : 0, 0);
}

/* len bytes at pointer, or none of them. */
ON_ITS_OWN int take_bytes(u32 slot, u32 at, u64 pointer, u64 len)
{
	struct scratch *s = scratch_of(slot);
	u32 n = len < RECORD_DATA_MAX ? (u32)len : RECORD_DATA_MAX;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	n = in_body(n);
	if (n == 0 || pointer == 0 || bpf_probe_read_user(ITEM_BYTES(s, at), n, (void *)pointer)) {
		n = 0;
	}
	return (int)item_end(s, at, n, 0);
}

static __always_inline u32 snap_of(u32 kind)
{
	if (kind == KIND_FILE) {
		return cfg_snap_file;
	}
	return kind == KIND_NET ? cfg_snap_net : cfg_snap_other;
}

/* The first four bytes of requests and responses. */
static __always_inline bool looks_http(const u8 *p)
{
	u32 word;

	__builtin_memcpy(&word, p, 4);
	switch (word) {
	case 0x20544547:	/* "GET " */
	case 0x54534f50:	/* POST */
	case 0x20545550:	/* "PUT " */
	case 0x44414548:	/* HEAD */
	case 0x50545448:	/* HTTP */
	case 0x454c4544:	/* DELEte */
	case 0x4954504f:	/* OPTIons */
	case 0x43544150:	/* PATCh */
	case 0x4e4e4f43:	/* CONNect */
	case 0x43415254:	/* TRACe */
	case 0x20495250:	/* "PRI ", the preface of HTTP/2 */
		return true;
	default:
		return false;
	}
}

/* How much of a buffer of len bytes, which begins at pointer and belongs to a descriptor of that kind, is kept. */
static __always_inline u32 snap_data(u32 kind, u64 pointer, u64 len)
{
	u32 snap = snap_of(kind);
	u32 word = 0;

	if (cfg_snap_http > snap && (kind == KIND_NET || kind == KIND_SOCKET) && len > snap && len >= 4 &&
	    bpf_probe_read_user(&word, sizeof(word), (void *)pointer) == 0 && looks_http((u8 *)&word)) {
		snap = cfg_snap_http;
	}
	return len < snap ? (u32)len : snap;
}

ON_ITS_OWN int take_data(u32 slot, u32 at, u64 pointer, u64 len)
{
	struct scratch *s = scratch_of(slot);
	u32 n;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	n = in_body(snap_data(s->kind, pointer, len));
	if (n == 0 || bpf_probe_read_user(ITEM_BYTES(s, at), n, (void *)pointer)) {
		n = 0;
	}
	return (int)item_end(s, at, n, 0);
}

/* Vector i of those at vectors. */
static __always_inline bool read_vector(u64 vectors, u64 i, bool compat, struct user_vector *ret)
{
	struct user_vector_32 v;

	if (!compat) {
		return bpf_probe_read_user(ret, sizeof(*ret), (void *)(vectors + i * sizeof(*ret))) == 0;
	}
	if (bpf_probe_read_user(&v, sizeof(v), (void *)(vectors + i * sizeof(v)))) {
		return false;
	}
	ret->base = v.base;
	ret->len = v.len;
	return true;
}

/* Sum of the lengths of count vectors. */
ON_ITS_OWN u64 vector_sum(u64 vectors, u64 count, u32 compat)
{
	struct user_vector v;
	u64 sum = 0;

	for (u32 i = 0; i < VECTOR_SUM; i++) {
		if (i >= count || !read_vector(vectors, i, compat != 0, &v)) {
			break;
		}
		sum += v.len;
	}
	return sum;
}

/* Copies up to len bytes of the vectors to offset at of the body: bytes copied. */
ON_ITS_OWN int vector_copy(u32 slot, u32 at, u64 vectors, u64 count, u64 len)
{
	struct scratch *s = scratch_of(slot);
	struct user_vector v;
	u32 snap = 0;
	u32 done = 0;

	if (!s) {
		return 0;
	}
	for (u32 i = 0; i < VECTOR_COPY; i++) {
		u32 n;

		if (i >= count || !read_vector(vectors, i, s->compat != 0, &v)) {
			break;
		}
		if (v.len == 0) {
			continue;
		}
		if (snap == 0) {
			/* The first vector with bytes decides whether it looks like HTTP. */
			snap = snap_data(s->kind, v.base, len);
		}
		if (done >= snap || at + done >= RECORD_BODY) {
			break;
		}
		n = snap - done;
		if (v.len < n) {
			n = (u32)v.len;
		}
		n = in_body(n);
		if (bpf_probe_read_user(s->body + in_body(at + done), n, (void *)v.base)) {
			break;
		}
		done += n;
	}
	return (int)done;
}

/* len: bytes of the vectors that hold data. */
ON_ITS_OWN int take_vector(u32 slot, u32 at, u64 vectors, u64 count, u64 result)
{
	struct scratch *s = scratch_of(slot);
	u64 sum, len;
	u32 done;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	sum = vector_sum(vectors, count, s->compat);
	/* A failed call that gave data: all of it; the caller says so with all ones. */
	len = result < sum ? result : sum;
	done = (u32)vector_copy(slot, at + ITEM_HEAD, vectors, count, len);
	return (int)item_end(s, at, done, sum > 0xffffffffu ? 0xffffffffu : (u32)sum);
}

static __always_inline bool read_message(u64 pointer, bool compat, struct user_message *ret)
{
	struct user_message_32 m;

	if (!compat) {
		return bpf_probe_read_user(ret, sizeof(*ret), (void *)pointer) == 0;
	}
	if (bpf_probe_read_user(&m, sizeof(m), (void *)pointer)) {
		return false;
	}
	ret->name = m.name;
	ret->name_len = m.name_len;
	ret->vectors = m.vectors;
	ret->vector_count = m.vector_count;
	ret->control = m.control;
	ret->control_len = m.control_len;
	return true;
}

/* Message i of those at pointer: where it is, and how many bytes it moved. */
static __always_inline u64 message_at(u64 pointer, u64 i, bool compat)
{
	return pointer + i * (compat ? sizeof(struct user_mmessage_32) : sizeof(struct user_mmessage));
}

static __always_inline bool read_moved(u64 message, bool compat, u32 *ret)
{
	u64 offset = compat ? __builtin_offsetof(struct user_mmessage_32, len)
			    : __builtin_offsetof(struct user_mmessage, len);

	return bpf_probe_read_user(ret, sizeof(*ret), (void *)(message + offset)) == 0;
}

ON_ITS_OWN int take_message(u32 slot, u32 at, u64 pointer, u64 result)
{
	struct scratch *s = scratch_of(slot);
	struct user_message m;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	if (!read_message(pointer, s->compat != 0, &m)) {
		return (int)item_end(s, at, 0, 0);
	}
	return take_vector(slot, at, m.vectors, m.vector_count, result);
}

ON_ITS_OWN int take_name(u32 slot, u32 at, u64 pointer)
{
	struct scratch *s = scratch_of(slot);
	struct user_message m;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	if (!read_message(pointer, s->compat != 0, &m) || m.name_len > 128) {
		return (int)item_end(s, at, 0, 0);
	}
	return take_bytes(slot, at, m.name, m.name_len);
}

ON_ITS_OWN int take_control(u32 slot, u32 at, u64 pointer)
{
	struct scratch *s = scratch_of(slot);
	struct user_message m;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	s->control_len = 0;
	if (!read_message(pointer, s->compat != 0, &m)) {
		return (int)item_end(s, at, 0, 0);
	}
	s->control = m.control;
	s->control_len = m.control_len;
	return take_bytes(slot, at, m.control, m.control_len < RECORD_PATH ? m.control_len : RECORD_PATH);
}

/* Of the messages behind the first RECORD_MESSAGES: bytes they moved, and bytes their vectors hold. */
ON_ITS_OWN u64 messages_moved(u64 pointer, u32 count, u32 compat)
{
	u64 sum = 0;
	u32 len;

	for (u32 i = RECORD_MESSAGES; i < VECTOR_SUM; i++) {
		if (i >= count || !read_moved(message_at(pointer, i, compat != 0), compat != 0, &len)) {
			break;
		}
		sum += len;
	}
	return sum;
}

ON_ITS_OWN u64 messages_held(u64 pointer, u32 count, u32 compat)
{
	struct user_message m;
	u64 sum = 0;

	for (u32 i = RECORD_MESSAGES; i < VECTOR_SUM; i++) {
		if (i >= count || !read_message(message_at(pointer, i, compat != 0), compat != 0, &m)) {
			break;
		}
		sum += vector_sum(m.vectors, m.vector_count, compat);
	}
	return sum;
}

/* Room that data leaves for lengths and addresses of the messages behind it. */
#define MESSAGES_DATA_END (RECORD_BODY - RECORD_MESSAGES * (u32)(sizeof(struct record_message) + RECORD_NAME))

/*
 * One message at offset at of the body: its length, its peer's address, its data as far as there is room. Bytes it took
 * there, 0: it cannot be read.
 */
ON_ITS_OWN int put_message(u32 slot, u32 at, u64 message, u32 failed)
{
	struct scratch *s = scratch_of(slot);
	struct record_message *r;
	struct user_message m;
	u32 name = 0, data = 0;
	u64 room;
	u32 len;

	if (!s || at >= RECORD_BODY || !read_message(message, s->compat != 0, &m) ||
	    !read_moved(message, s->compat != 0, &len)) {
		return 0;
	}
	room = vector_sum(m.vectors, m.vector_count, s->compat);
	len = failed ? (u32)room : len;
	s->held += room;
	if (m.name != 0 && m.name_len <= RECORD_NAME) {
		name = m.name_len & RECORD_NAME;
		if (bpf_probe_read_user(s->body + in_body(at + sizeof(*r)), name, (void *)m.name)) {
			name = 0;
		}
	}
	if (at < RECORD_BODY / 2) {
		data = (u32)vector_copy(slot, at + sizeof(*r) + name, m.vectors, m.vector_count, len);
	}
	if (at + sizeof(*r) + name + data > MESSAGES_DATA_END) {
		data = MESSAGES_DATA_END - (at + sizeof(*r) + name);
	}
	r = (void *)(s->body + in_body(at));
	r->len = len;
	r->name = name;
	r->data = data;
	return (int)(sizeof(*r) + name + data);
}

/*
 * The messages of one call, each cut like a message of its own. more is the sum of what their vectors hold. Of a failed
 * call the kernel looked at the first only, and nobody is to make this look at more than some.
 */
ON_ITS_OWN int take_messages(u32 slot, u32 at, u64 pointer, u32 count, u32 failed)
{
	struct scratch *s = scratch_of(slot);
	u32 done = sizeof(struct record_messages);
	struct record_messages *r;
	u64 rest = 0;
	u32 told = 0;

	if (!s || at >= RECORD_BODY - 4096) {
		return (int)at;
	}
	s->held = 0;
	for (u32 i = 0; i < RECORD_MESSAGES; i++) {
		int n;

		if (i >= count) {
			break;
		}
		n = put_message(slot, at + ITEM_HEAD + done, message_at(pointer, i, s->compat != 0), failed);
		if (n <= 0) {
			break;
		}
		done += (u32)n & (RECORD_BODY - 1);
		told++;
	}
	if (!failed) {
		s->held += messages_held(pointer, count, s->compat);
		rest = messages_moved(pointer, count, s->compat);
	}
	r = (void *)ITEM_BYTES(s, at);
	r->count = told;
	r->spare = 0;
	r->rest = rest;
	return (int)item_end(s, at, done, (u32)s->held);
}

/* Pointer i of those at list. */
static __always_inline bool read_pointer(u64 list, u64 i, bool compat, u64 *ret)
{
	u32 narrow = 0;

	if (!compat) {
		return bpf_probe_read_user(ret, sizeof(*ret), (void *)(list + i * sizeof(*ret))) == 0;
	}
	if (bpf_probe_read_user(&narrow, sizeof(narrow), (void *)(list + i * sizeof(narrow)))) {
		return false;
	}
	*ret = narrow;
	return true;
}

ON_ITS_OWN int take_argv(u32 slot, u32 at, u64 pointer)
{
	struct scratch *s = scratch_of(slot);
	u32 done = 0;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	for (u32 i = 0; i < ARGV_MAX; i++) {
		u64 text = 0;
		u32 from = done;
		long got;

		OPAQUE(from);
		if (done >= RECORD_PATH || !read_pointer(pointer, i, s->compat != 0, &text) || text == 0) {
			break;
		}
		got = bpf_probe_read_user_str(ITEM_BYTES(s, at) + (from & (RECORD_PATH - 1)), RECORD_PATH,
					      (void *)text);
		if (got <= 0) {
			break;
		}
		done += (u32)got & 8191;
	}
	return (int)item_end(s, at, done < RECORD_PATH ? done : RECORD_PATH, 0);
}

#endif
