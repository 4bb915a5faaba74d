/*
 * probe_event.c - reads the items of a record and follows the rules of its call (calls.def), parameter by parameter.
 * What the kernel side could not copy is a parameter without value.
 */
#include "capture/probe_event.h"

#include "capture/probe_build.h"
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
	case RULE_TEXT:	/* copied with its NUL, or not at all */
		build_add(b, it->data, it->len);
		return true;
	case RULE_BYTES_IF:
		if (args[1] == r->b) {
			build_add(b, it->data, it->len);
		}
		return true;
	case RULE_TEXT_IF:
		if (args[1] == r->b || args[1] == r->c) {
			build_add(b, it->data, it->len);
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
		build_add(b, b->messages.data.data, b->messages.data.len);
		return true;
	case RULE_POLL:
		build_poll(b, it);
		return true;
	case RULE_OPTION:
		build_option(b, it, (uint32_t)args[r->b], (uint32_t)args[r->b + 1]);
		return true;
	case RULE_PTRACE_ADDRESS:
		build_number(b, PPM_PTRACE_IDX_UINT64, 1);
		build_number(b, args[2], 8);
		return true;
	case RULE_PTRACE_DATA:
		build_ptrace_data(b);
		return true;
	case RULE_KEYCTL:
		build_keyctl(b, r->a, r->b);
		return true;
	case RULE_PRCTL_TEXT:
		if (build_prctl_has_text((uint32_t)args[0])) {
			build_add(b, it->data, it->len);
		}
		return true;
	case RULE_QUOTA:
		build_quota(b, r->a, build_item(b, r->b), bytes);
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
		return b->rec->ret < 0 ? (uint64_t)b->rec->ret : b->messages.len;
	case RULE_MESSAGES_SIZE:
		return b->rec->ret < 0 ? it->more : b->messages.len;
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
		return build_u64(it, r->b == 0 ? offsetof(struct record_pair, first)
					       : offsetof(struct record_pair, second));
	case RULE_OPTION_LEVEL:
		return socket_option_level((uint32_t)args[r->a]);
	case RULE_OPTION_NAME:
		return socket_option_name((uint32_t)args[r->a], (uint32_t)args[r->a + 1]);
	case RULE_PRCTL_NUMBER:
		return build_prctl_number(b, r->a, r->b);
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

/* ---- one record ---- */

/*
 * The status of a wait, as the kernel keeps it: exit code in the second byte, signal in the first, and a bit for a
 * dump.
 */
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
		PPM_PF_PROTECTION_VIOLATION, PPM_PF_WRITE_ACCESS,      PPM_PF_USER_FAULT,
		PPM_PF_RESERVED_PAGE,        PPM_PF_INSTRUCTION_FETCH,
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

static void hand_out(const struct build *b, struct scap_event *ev)
{
	ev->nparams = b->nparams;
	ev->lens = b->lens;
	ev->values = b->values;
	ev->extra = b->extra;
	ev->extra_len = b->extra_len;
}

bool event_make(struct event_maker *m, const void *record, size_t len, uint16_t cpu, uint64_t offset_ns,
		struct scap_event *ret_ev)
{
	struct build *b = &m->build;
	const struct record *rec = record;
	const uint8_t *body = (const uint8_t *)record + sizeof(*rec);
	const struct call_number *n;
	size_t left;
	uint16_t type;

	if (len < sizeof(*rec) || rec->bytes > len - sizeof(*rec) || rec->kind < RECORD_CALL ||
	    rec->kind > RECORD_FAULT) {
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
	b->messages.many = false;
	if (b->row != NULL && (b->row->type == EV_SOCKET_SENDMMSG_X || b->row->type == EV_SOCKET_RECVMMSG_X)) {
		build_messages_begin(b);
	}
	type = rec->kind <= RECORD_CHILD ? put_call(b, n) : put_other(b);
	build_extra(b, offset_ns);
	memset(ret_ev, 0, sizeof(*ret_ev));
	ret_ev->ts_ns = rec->ts + offset_ns;
	ret_ev->tid = rec->tid;
	ret_ev->cpu = cpu;
	ret_ev->type = type;
	hand_out(b, ret_ev);
	return true;
}

bool event_make_more(struct event_maker *m, uint64_t offset_ns, struct scap_event *io_ev)
{
	struct build *b = &m->build;

	if (!build_messages_next(b)) {
		return false;
	}
	b->nparams = 0;
	b->len = 0;
	run_rules(b, b->row);
	build_extra(b, offset_ns);
	hand_out(b, io_ev);
	return true;
}
