/*
 * probe_event.c - reads the items of a record and follows the rules of its call (calls.def), parameter by parameter. What the kernel
 * side could not copy is a parameter without value.
 */
#include "capture/probe_event.h"

#include <linux/keyctl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "capture/probe_build.h"
#include "schema/extra.h"
#include "schema/schema.h"

struct event_maker {
	struct call_table calls;
	struct build build;
	bool no_args;
};

static const struct build_item no_item = { (const uint8_t *)"", 0, 0 };

struct event_maker *event_maker_new(bool no_args)
{
	struct event_maker *m = calloc(1, sizeof(*m));

	if (m != NULL) {
		call_table_init(&m->calls);
		m->no_args = no_args;
	}
	return m;
}

void event_maker_free(struct event_maker *m)
{
	free(m);
}

const struct call_table *event_maker_calls(const struct event_maker *m)
{
	return &m->calls;
}

const struct build_item *build_item(const struct build *b, unsigned int i)
{
	return i < RECORD_TAKES && b->items[i].data != NULL ? &b->items[i] : &no_item;
}

static uint64_t number_at(const struct build_item *it, size_t offset, size_t bytes)
{
	uint64_t x = 0;

	if (offset <= it->len && it->len - offset >= bytes) {
		memcpy(&x, it->data + offset, bytes);
	}
	return x;
}

uint16_t build_u16(const struct build_item *it, size_t offset)
{
	return (uint16_t)number_at(it, offset, 2);
}

uint32_t build_u32(const struct build_item *it, size_t offset)
{
	return (uint32_t)number_at(it, offset, 4);
}

uint64_t build_u64(const struct build_item *it, size_t offset)
{
	return number_at(it, offset, 8);
}

void build_add(struct build *b, const void *p, size_t n)
{
	size_t room = sizeof(b->values) - b->len;

	if (n > room) {
		n = room;
	}
	memcpy(b->values + b->len, p, n);
	b->len += (uint32_t)n;
}

void build_number(struct build *b, uint64_t x, size_t n)
{
	build_add(b, &x, n);
}

void build_end(struct build *b, uint32_t from)
{
	if (b->nparams < CALLS_PARAMS) {
		b->lens[b->nparams++] = (uint16_t)(b->len - from);
	}
}

/* ---- items ---- */

static bool read_items(struct build *b, const uint8_t *p, size_t left)
{
	memset(b->items, 0, sizeof(b->items));
	for (size_t i = 0; i < RECORD_TAKES && left >= sizeof(struct record_item); i++) {
		struct record_item head;
		size_t padded;

		memcpy(&head, p, sizeof(head));
		p += sizeof(head);
		left -= sizeof(head);
		if (head.len > left) {
			return false;
		}
		b->items[i] = (struct build_item){ p, head.len, head.more };
		padded = ((size_t)head.len + 7) & ~(size_t)7;
		if (padded > left) {
			padded = left;
		}
		p += padded;
		left -= padded;
	}
	return true;
}

/* ---- rules that are more than a number or bytes ---- */

static uint64_t time_at(const struct build_item *it, size_t offset)
{
	if (it->len < offset + 16) {
		return UINT64_MAX;
	}
	return build_u64(it, offset) * NSEC_PER_SEC + build_u64(it, offset + 8);
}

static uint64_t how_mode(const struct build_item *how)
{
	return open_flags_create(build_u64(how, 0)) ? build_u64(how, 8) & 07777 : 0;
}

static uint16_t poll_flags(uint16_t kernel)
{
	static const uint16_t rows[][2] = {
		{ POLLIN, PPM_POLLIN }, { POLLPRI, PPM_POLLPRI }, { POLLOUT, PPM_POLLOUT }, { POLLRDHUP, PPM_POLLRDHUP },
		{ POLLERR, PPM_POLLERR }, { POLLHUP, PPM_POLLHUP }, { POLLNVAL, PPM_POLLNVAL }, { POLLRDNORM, PPM_POLLRDNORM },
		{ POLLRDBAND, PPM_POLLRDBAND }, { POLLWRNORM, PPM_POLLWRNORM }, { POLLWRBAND, PPM_POLLWRBAND },
	};
	uint16_t out = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (kernel & rows[i][0]) {
			out |= rows[i][1];
		}
	}
	return out;
}

static void add_poll(struct build *b, const struct build_item *it)
{
	uint32_t count = it->len / sizeof(struct pollfd);

	build_number(b, count, 2);
	for (uint32_t i = 0; i < count; i++) {
		size_t at = i * sizeof(struct pollfd);

		build_number(b, (uint64_t)(int64_t)(int32_t)build_u32(it, at), 8);
		build_number(b, poll_flags(build_u16(it, at + offsetof(struct pollfd, revents))), 2);
	}
}

/* Lengths of the messages, then their bytes: see TAKE_MESSAGES. */
static uint64_t messages_result(const struct build *b, const struct build_item *it)
{
	uint64_t sum = 0;

	if (b->rec->ret < 0) {
		return (uint64_t)b->rec->ret;
	}
	for (size_t i = 0; i < RECORD_MESSAGES; i++) {
		sum += build_u32(it, i * 4);
	}
	return sum;
}

static void add_messages(struct build *b, const struct build_item *it)
{
	if (it->len > RECORD_MESSAGES * 4) {
		build_add(b, it->data + RECORD_MESSAGES * 4, it->len - RECORD_MESSAGES * 4);
	}
}

static void add_ptrace_data(struct build *b)
{
	uint64_t request = b->rec->args[0];

	switch (request) {
	case PTRACE_CONT:
	case PTRACE_SINGLESTEP:
	case PTRACE_DETACH:
	case PTRACE_SYSCALL:
		build_number(b, PPM_PTRACE_IDX_SIGTYPE, 1);
		build_number(b, b->rec->args[3], 1);
		break;
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
	case PTRACE_PEEKUSER:
		build_number(b, PPM_PTRACE_IDX_UINT64, 1);
		build_number(b, build_u64(build_item(b, 0), 0), 8);
		break;
	default:
		build_number(b, PPM_PTRACE_IDX_UINT64, 1);
		build_number(b, b->rec->args[3], 8);
		break;
	}
}

/* Which arguments (bits from 0) of a keyctl operation are there, and which of them texts. */
static void keyctl_shape(uint64_t operation, unsigned int *ret_there, unsigned int *ret_texts)
{
	static const struct {
		uint8_t there, texts;
	} shapes[] = {
		[KEYCTL_GET_KEYRING_ID] = { 6, 0 }, [KEYCTL_JOIN_SESSION_KEYRING] = { 2, 2 }, [KEYCTL_UPDATE] = { 14, 0 },
		[KEYCTL_REVOKE] = { 2, 0 }, [KEYCTL_CHOWN] = { 14, 0 }, [KEYCTL_SETPERM] = { 6, 0 }, [KEYCTL_DESCRIBE] = { 14, 0 },
		[KEYCTL_CLEAR] = { 2, 0 }, [KEYCTL_LINK] = { 6, 0 }, [KEYCTL_UNLINK] = { 6, 0 }, [KEYCTL_SEARCH] = { 30, 12 },
		[KEYCTL_READ] = { 14, 0 }, [KEYCTL_INSTANTIATE] = { 30, 0 }, [KEYCTL_NEGATE] = { 14, 0 },
		[KEYCTL_SET_REQKEY_KEYRING] = { 2, 0 }, [KEYCTL_SET_TIMEOUT] = { 6, 0 }, [KEYCTL_ASSUME_AUTHORITY] = { 2, 0 },
		[KEYCTL_GET_SECURITY] = { 14, 0 }, [KEYCTL_SESSION_TO_PARENT] = { 0, 0 }, [KEYCTL_REJECT] = { 30, 0 },
		[KEYCTL_INSTANTIATE_IOV] = { 30, 0 }, [KEYCTL_INVALIDATE] = { 2, 0 }, [KEYCTL_GET_PERSISTENT] = { 6, 0 },
		[KEYCTL_DH_COMPUTE] = { 30, 0 }, [KEYCTL_PKEY_QUERY] = { 30, 8 }, [KEYCTL_RESTRICT_KEYRING] = { 14, 12 },
		[KEYCTL_MOVE] = { 30, 0 }, [KEYCTL_CAPABILITIES] = { 6, 0 }, [KEYCTL_WATCH_KEY] = { 14, 0 },
	};

	*ret_there = operation < ARRAY_LEN(shapes) ? shapes[operation].there : 30;
	*ret_texts = operation < ARRAY_LEN(shapes) ? shapes[operation].texts : 0;
}

static void add_text(struct build *b, const struct build_item *it)
{
	/* Texts were copied with their NUL, or not at all. */
	build_add(b, it->data, it->len);
}

static void add_keyctl(struct build *b, unsigned int arg, unsigned int item)
{
	const struct build_item *it = build_item(b, item);
	unsigned int there, texts;

	keyctl_shape(b->rec->args[0], &there, &texts);
	if (!(there & (1u << arg))) {
		return;
	}
	if ((texts & (1u << arg)) && it->len > 0) {
		build_number(b, PPM_KEYCTL_IDX_CHARBUF, 1);
		add_text(b, it);
	} else {
		build_number(b, PPM_KEYCTL_IDX_INT64, 1);
		build_number(b, b->rec->args[arg], 8);
	}
}

static bool prctl_has_text(uint64_t option)
{
	return option == PR_SET_NAME || option == PR_GET_NAME;
}

static uint64_t prctl_number(const struct build *b, unsigned int arg, unsigned int item)
{
	switch ((uint32_t)b->rec->args[0]) {
	case PR_SET_NAME:
	case PR_GET_NAME:
		return 0;
	case PR_GET_CHILD_SUBREAPER:
	case PR_GET_PDEATHSIG:
		return (uint64_t)(int64_t)(int32_t)build_u32(build_item(b, item), 0);
	default:
		return b->rec->args[arg];
	}
}

/*
 * struct dqblk: limits, space and inodes at 0 to 40, times at 48 and 56; struct dqinfo: grace times at 0 and 8, flags at 16. Numbers 0 to
 * 4 are of the first as they stand there, 6 and 7 its times; 8 to 10 are the second's three, 11 and 12 the format and the file's name.
 */
static void add_quota(struct build *b, unsigned int which, const struct build_item *it, unsigned int bytes)
{
	uint64_t command = (uint32_t)b->rec->args[0] >> 8;
	bool quota = command == 0x800007 || command == 0x800008;	/* Q_GETQUOTA, Q_SETQUOTA */
	bool info = command == 0x800005 || command == 0x800006;		/* Q_GETINFO, Q_SETINFO */
	uint64_t x = 0;

	if (which == 12) {
		if (command == 0x800002) {	/* Q_QUOTAON: the argument is a file */
			add_text(b, it);
		}
		return;
	}
	if (which <= 2) {
		x = quota ? build_u64(it, which * 8) : 0;
	} else if (which <= 4) {
		x = quota ? build_u64(it, which * 8) : 0;
	} else if (which <= 7) {
		x = quota ? build_u64(it, (which + 0) * 8) * NSEC_PER_SEC : 0;
	} else if (which <= 9) {
		x = info ? build_u64(it, (which - 8) * 8) * NSEC_PER_SEC : 0;
	} else if (which == 10) {
		x = info ? build_u32(it, 16) : 0;
	} else if (which == 11) {
		x = command == 0x800004 ? convert_number(CONVERT_QUOTA_FORMAT, build_u32(it, 0)) : PPM_QFMT_NOT_USED;
	}
	build_number(b, x, bytes);
}

static uint64_t capability_set(const struct build_item *it, unsigned int which)
{
	/* struct record_task has its struct record_creds behind its struct record_memory. */
	size_t at = it->len == sizeof(struct record_task) ? offsetof(struct record_task, creds) : 0;

	return build_u64(it, at + which * 8);
}

static uint64_t queue_percent(const struct build_item *it)
{
	uint64_t queue = build_u32(it, offsetof(struct record_socket, queue));
	uint64_t max = build_u32(it, offsetof(struct record_socket, queue_max));

	return max > 0 ? queue * 100 / max : 0;
}

static void add_descriptor_tuple(struct build *b, const struct rule *r, bool outgoing)
{
	build_tuple(b, build_item(b, r->a), build_item(b, r->b), outgoing);
}

/* Rules whose value has no fixed size, or decides about it. False: the rule is a number. */
static bool run_special(struct build *b, const struct rule *r, unsigned int bytes)
{
	const struct build_item *it = build_item(b, r->a);
	const __u64 *args = b->rec->args;

	switch (r->how) {
	case RULE_BYTES:
		build_add(b, it->data, it->len);
		return true;
	case RULE_TEXT:
		add_text(b, it);
		return true;
	case RULE_BYTES_IF:
		if (args[1] == r->b) {
			build_add(b, it->data, it->len);
		}
		return true;
	case RULE_TEXT_IF:
		if (args[1] == r->b || args[1] == r->c) {
			add_text(b, it);
		}
		return true;
	case RULE_PATH:
		build_path(b, it);
		return true;
	case RULE_ADDRESS:
		build_address(b, it);
		return true;
	case RULE_TUPLE_OUT:
	case RULE_TUPLE_IN:
		add_descriptor_tuple(b, r, r->how == RULE_TUPLE_OUT);
		return true;
	case RULE_MESSAGES_DATA:
		add_messages(b, it);
		return true;
	case RULE_POLL:
		add_poll(b, it);
		return true;
	case RULE_OPTION:
		build_option(b, it, (uint32_t)args[r->b], (uint32_t)args[r->b + 1]);
		return true;
	case RULE_PTRACE_ADDRESS:
		build_number(b, PPM_PTRACE_IDX_UINT64, 1);
		build_number(b, args[2], 8);
		return true;
	case RULE_PTRACE_DATA:
		add_ptrace_data(b);
		return true;
	case RULE_KEYCTL:
		add_keyctl(b, r->a, r->b);
		return true;
	case RULE_PRCTL_TEXT:
		if (prctl_has_text((uint32_t)args[0])) {
			add_text(b, it);
		}
		return true;
	case RULE_QUOTA:
		add_quota(b, r->a, build_item(b, r->b), bytes);
		return true;
	case RULE_TASK:
		build_task(b, r->a, bytes);
		return true;
	default:
		return false;
	}
}

static uint64_t run_number(struct build *b, const struct rule *r)
{
	const __u64 *args = b->rec->args;
	const struct build_item *it = build_item(b, r->a);

	switch (r->how) {
	case RULE_RESULT:
		return (uint64_t)b->rec->ret;
	case RULE_ARG:
		return args[r->a];
	case RULE_INT:
		return (uint64_t)(int64_t)(int32_t)args[r->a];
	case RULE_UINT:
		return (uint32_t)args[r->a];
	case RULE_CONST:
		return r->a;
	case RULE_CONVERT:
		return convert_number(r->b, (uint32_t)args[r->a]);
	case RULE_CONVERT_AT:
		return convert_number(r->c, build_u64(it, r->b));
	case RULE_CONVERT_AT32:
		return convert_number(r->c, build_u32(it, r->b));
	case RULE_CONVERT_AT16:
		return convert_number(r->c, build_u16(it, r->b));
	case RULE_MORE:
		return it->more;
	case RULE_U16_AT:
		return build_u16(it, r->b);
	case RULE_U32_AT:
		return build_u32(it, r->b);
	case RULE_U64_AT:
		return build_u64(it, r->b);
	case RULE_TIME_AT:
		return time_at(it, r->b);
	case RULE_OPEN_FLAGS:
		return convert_open_flags((uint32_t)args[r->a], build_item(b, r->b));
	case RULE_OPEN_FLAGS_AT:
		return convert_open_flags(build_u64(it, 0), build_item(b, r->b));
	case RULE_OPEN_MODE:
		return open_flags_create((uint32_t)args[r->a]) ? args[r->b] & 07777 : 0;
	case RULE_OPEN_MODE_AT:
		return how_mode(it);
	case RULE_DEVICE:
		return convert_device(build_u32(it, offsetof(struct record_file, dev)));
	case RULE_INODE:
		return build_u64(it, offsetof(struct record_file, ino));
	case RULE_LAYER:
		return build_u32(it, offsetof(struct record_file, layer));
	case RULE_MESSAGES_RESULT:
		return messages_result(b, it);
	case RULE_QUEUE_PERCENT:
		return queue_percent(it);
	case RULE_QUEUE:
		return build_u32(it, offsetof(struct record_socket, queue));
	case RULE_QUEUE_MAX:
		return build_u32(it, offsetof(struct record_socket, queue_max));
	case RULE_PAIR_FD:
		return it->len == 0 ? UINT64_MAX : (uint64_t)(int64_t)(int32_t)build_u32(it, r->b * sizeof(int32_t));
	case RULE_PAIR_INODE:
		return build_u64(it, offsetof(struct record_pair, ino));
	case RULE_PAIR_SOCKET:
		return build_u64(it, r->b == 0 ? offsetof(struct record_pair, first) : offsetof(struct record_pair, second));
	case RULE_OPTION_LEVEL:
		return socket_option_level((uint32_t)args[r->a]);
	case RULE_OPTION_NAME:
		return socket_option_name((uint32_t)args[r->a], (uint32_t)args[r->a + 1]);
	case RULE_PRCTL_NUMBER:
		return prctl_number(b, r->a, r->b);
	case RULE_MEMORY:
		return build_u32(build_item(b, r->b), r->a * sizeof(uint32_t));
	case RULE_CAPABILITIES:
		return capability_set(build_item(b, r->b), r->a);
	default:
		return 0;
	}
}

static void run_rules(struct build *b, const struct call_row *row)
{
	const struct schema_event *ev = &schema_events[row->type];

	for (unsigned int i = 0; i < ev->nparams; i++) {
		uint32_t from = b->len;
		unsigned int bytes = ev->params[i].size;

		if (!run_special(b, &row->rules[i], bytes)) {
			build_number(b, run_number(b, &row->rules[i]), bytes);
		}
		build_end(b, from);
	}
}

static void put_param(struct build *b, uint64_t x, size_t bytes)
{
	uint32_t from = b->len;

	build_number(b, x, bytes);
	build_end(b, from);
}

/* ---- extra items ---- */

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

/* Lengths of the messages of one call, where it is more than one. */
static void extra_messages(struct build *b, const struct build_item *it)
{
	size_t count = (size_t)(b->rec->ret < RECORD_MESSAGES ? b->rec->ret : RECORD_MESSAGES);

	if (b->rec->ret < 2 || it->len < RECORD_MESSAGES * 4) {
		return;
	}
	extra_head(b, EXTRA_MESSAGES, count * 4);
	extra_bytes(b, it->data, count * 4);
}

static void put_extra(struct build *b, uint64_t offset_ns)
{
	b->extra_len = 0;
	extra_u64(b, EXTRA_SERIAL, b->rec->serial);
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
	} else if (b->row->type == EV_SOCKET_SENDMMSG_X || b->row->type == EV_SOCKET_RECVMMSG_X) {
		extra_messages(b, build_item(b, 0));
	}
}

/* ---- one record ---- */

/* The status of a wait, as the kernel keeps it: exit code in the second byte, signal in the first, and a bit for a dump. */
static void put_end(struct build *b)
{
	uint64_t status = b->rec->args[0];

	put_param(b, status, 8);
	put_param(b, (status >> 8) & 0xff, 8);
	put_param(b, status & 0x7f, 1);
	put_param(b, (status & 0x80) != 0, 1);
	put_param(b, b->rec->args[1], 8);
}

static uint32_t fault_flags(uint64_t code)
{
	static const uint32_t set[] = {
		PPM_PF_PROTECTION_VIOLATION, PPM_PF_WRITE_ACCESS, PPM_PF_USER_FAULT, PPM_PF_RESERVED_PAGE, PPM_PF_INSTRUCTION_FETCH,
	};
	static const uint32_t clear[] = { PPM_PF_PAGE_NOT_PRESENT, PPM_PF_READ_ACCESS, PPM_PF_SUPERVISOR_FAULT, 0, 0 };
	uint32_t out = 0;

	for (size_t i = 0; i < ARRAY_LEN(set); i++) {
		out |= (code >> i) & 1 ? set[i] : clear[i];
	}
	return out;
}

static uint16_t put_other(struct build *b)
{
	const __u64 *args = b->rec->args;

	switch (b->rec->kind) {
	case RECORD_END:
		put_end(b);
		return EV_PROCEXIT_1_E;
	case RECORD_SWITCH:
		for (size_t i = 0; i < RECORD_ARGS; i++) {
			put_param(b, args[i], i < 3 ? 8 : 4);
		}
		return EV_SCHEDSWITCH_6_E;
	case RECORD_SIGNAL:
		put_param(b, args[0], 8);
		put_param(b, (uint64_t)(int64_t)b->rec->tid, 8);
		put_param(b, args[1], 1);
		return EV_SIGNALDELIVER_E;
	default:
		put_param(b, args[0], 8);
		put_param(b, args[1], 8);
		put_param(b, fault_flags(args[2]), 4);
		return EV_PAGE_FAULT_E;
	}
}

static uint16_t put_call(struct build *b, const struct call_number *n)
{
	if (b->row != NULL) {
		run_rules(b, b->row);
		return b->row->type;
	}
	put_param(b, n->id, 2);
	put_param(b, n->native, 2);
	return EV_GENERIC_X;
}

bool event_make(struct event_maker *m, const void *record, size_t len, uint16_t cpu, uint64_t offset_ns, struct scap_event *ret_ev)
{
	struct build *b = &m->build;
	const struct record *rec = record;
	const uint8_t *body = (const uint8_t *)record + sizeof(*rec);
	const struct call_number *n;
	size_t left;
	uint16_t type;

	if (len < sizeof(*rec) || rec->bytes > len - sizeof(*rec) || rec->kind < RECORD_CALL || rec->kind > RECORD_FAULT) {
		return false;
	}
	left = rec->bytes;
	n = &m->calls.numbers[(rec->nr & (RECORD_SYSCALLS - 1)) + (rec->flags & RECORD_COMPAT ? RECORD_SYSCALLS : 0)];
	b->rec = rec;
	b->tcp = NULL;
	b->row = rec->kind <= RECORD_CHILD ? n->row : NULL;
	b->nparams = 0;
	b->len = 0;
	if ((rec->flags & RECORD_TCP) && left >= sizeof(*b->tcp)) {
		b->tcp = (const struct record_tcp *)body;
		body += sizeof(*b->tcp);
		left -= sizeof(*b->tcp);
	}
	if (!read_items(b, body, left)) {
		return false;
	}
	if (m->no_args && b->row != NULL && b->row->takes[0].kind == TAKE_TASK) {
		b->items[1].len = (uint32_t)strnlen((const char *)b->items[1].data, b->items[1].len);
	}
	type = rec->kind <= RECORD_CHILD ? put_call(b, n) : put_other(b);
	put_extra(b, offset_ns);
	memset(ret_ev, 0, sizeof(*ret_ev));
	ret_ev->ts_ns = rec->ts + offset_ns;
	ret_ev->tid = rec->tid;
	ret_ev->cpu = cpu;
	ret_ev->type = type;
	ret_ev->nparams = b->nparams;
	ret_ev->lens = b->lens;
	ret_ev->values = b->values;
	ret_ev->extra = b->extra;
	ret_ev->extra_len = b->extra_len;
	return true;
}
