/*
 * probe_call.c - parameters of single calls whose value depends on what was asked: poll, ptrace, keyctl, prctl,
 * quotactl, and the calls that move several messages.
 */
#include "capture/probe_build.h"

#include <linux/keyctl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "schema/schema.h"

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

void build_poll(struct build *b, const struct build_item *it)
{
	uint32_t count = it->len / sizeof(struct pollfd);

	build_number(b, count, 2);
	for (uint32_t i = 0; i < count; i++) {
		size_t at = i * sizeof(struct pollfd);

		build_number(b, (uint64_t)(int64_t)(int32_t)build_u32(it, at), 8);
		build_number(b, poll_flags(build_u16(it, at + offsetof(struct pollfd, revents))), 2);
	}
}

/* ---- messages ---- */

#define MESSAGES_ITEM 0
#define NAME_ITEM 2

/* Message i: its length and data, and its address in the place of the call's. Behind those told, one stands for all
 * others. */
static void message_at_hand(struct build *b)
{
	static const struct build_item none = { (const uint8_t *)"", 0, 0 };
	struct build_messages *m = &b->messages;
	const struct build_item *it = build_item(b, MESSAGES_ITEM);
	struct record_message head = { 0 };

	m->data = none;
	b->items[NAME_ITEM] = none;
	if (m->i >= m->told) {
		m->len = build_u64(it, offsetof(struct record_messages, rest));
		return;
	}
	if (m->at + sizeof(head) <= it->len) {
		memcpy(&head, it->data + m->at, sizeof(head));
		m->at += sizeof(head);
	}
	m->len = head.len;
	if ((size_t)head.name + head.data <= it->len - m->at) {
		b->items[NAME_ITEM] = (struct build_item){ it->data + m->at, head.name, 0 };
		m->data = (struct build_item){ it->data + m->at + head.name, head.data, 0 };
		m->at += (size_t)head.name + head.data;
	}
}

void build_messages_begin(struct build *b)
{
	const struct build_item *it = build_item(b, MESSAGES_ITEM);
	struct build_messages *m = &b->messages;

	m->many = true;
	m->i = 0;
	m->at = sizeof(struct record_messages);
	m->told = build_u32(it, offsetof(struct record_messages, count));
	if (m->told > RECORD_MESSAGES || it->len < sizeof(struct record_messages)) {
		m->told = 0;
	}
	m->count = m->told + (b->rec->ret > 0 && (uint64_t)b->rec->ret > m->told ? 1 : 0);
	message_at_hand(b);
}

bool build_messages_next(struct build *b)
{
	struct build_messages *m = &b->messages;

	/* A call that failed is one event, whatever it was given. */
	if (!m->many || b->rec->ret < 0 || m->i + 1 >= m->count) {
		return false;
	}
	m->i++;
	for (size_t i = NAME_ITEM + 1; i < RECORD_TAKES; i++) {
		b->items[i].len = 0;	/* control messages are the first one's */
	}
	message_at_hand(b);
	return true;
}

void build_ptrace_data(struct build *b)
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

void build_keyctl(struct build *b, unsigned int arg, unsigned int item)
{
	const struct build_item *it = build_item(b, item);
	unsigned int there, texts;

	keyctl_shape(b->rec->args[0], &there, &texts);
	if (!(there & (1u << arg))) {
		return;
	}
	if ((texts & (1u << arg)) && it->len > 0) {
		build_number(b, PPM_KEYCTL_IDX_CHARBUF, 1);
		build_add(b, it->data, it->len);
	} else {
		build_number(b, PPM_KEYCTL_IDX_INT64, 1);
		build_number(b, b->rec->args[arg], 8);
	}
}

bool build_prctl_has_text(uint64_t option)
{
	return option == PR_SET_NAME || option == PR_GET_NAME;
}

uint64_t build_prctl_number(const struct build *b, unsigned int arg, unsigned int item)
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
 * struct dqblk: limits, space and inodes at 0 to 40, times at 48 and 56; struct dqinfo: grace times at 0 and 8, flags
 * at 16. Numbers 0 to 4 are of the first as they stand there, 6 and 7 its times; 8 to 10 are the second's three, 11
 * and 12 the format and the file's name.
 */
void build_quota(struct build *b, unsigned int which, const struct build_item *it, unsigned int bytes)
{
	uint64_t command = (uint32_t)b->rec->args[0] >> 8;
	bool quota = command == 0x800007 || command == 0x800008;	/* Q_GETQUOTA, Q_SETQUOTA */
	bool info = command == 0x800005 || command == 0x800006;		/* Q_GETINFO, Q_SETINFO */
	uint64_t x = 0;

	if (which == 12) {
		if (command == 0x800002) {	/* Q_QUOTAON: the argument is a file */
			build_add(b, it->data, it->len);
		}
		return;
	}
	if (which <= 4) {
		x = quota ? build_u64(it, which * 8) : 0;
	} else if (which <= 7) {
		x = quota ? build_u64(it, which * 8) * NSEC_PER_SEC : 0;
	} else if (which <= 9) {
		x = info ? build_u64(it, (which - 8) * 8) * NSEC_PER_SEC : 0;
	} else if (which == 10) {
		x = info ? build_u32(it, 16) : 0;
	} else if (which == 11) {
		x = command == 0x800004 ? convert_number(CONVERT_QUOTA_FORMAT, build_u32(it, 0)) : PPM_QFMT_NOT_USED;
	}
	build_number(b, x, bytes);
}
