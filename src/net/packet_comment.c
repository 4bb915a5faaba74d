/*
 * packet_comment.c - comments of packets that name the process: groups of "Key: value" lines as ptcpdump writes them,
 * one group a comment, and "PID=n" of etl2pcapng. In order, one thread.
 *
 * Names and arguments are the process' own choice and may hold line ends with keys behind them. So a comment is read as
 * the one group that its first key begins, each key is looked for behind the one before, and the last one that is
 * wanted ends where the group's next key stands, or takes the rest.
 */
#include "base/err.h"
#include "net/packet_meta_internal.h"

enum field { FIELD_NONE, FIELD_PID, FIELD_PATH, FIELD_CMDLINE, FIELD_TID, FIELD_UID, FIELD_PPID, FIELD_CONTAINER,
	     FIELD_CONTAINER_ID, FIELD_POD, FIELD_NAMESPACE };

#define GROUP_KEYS 5

/* In the order in which they are written. */
static const struct group {
	struct {
		const char *key;
		uint8_t field;
	} keys[GROUP_KEYS];
} groups[] = {
	{ { { "PID: ", FIELD_PID }, { "Cmd: ", FIELD_PATH }, { "Args: ", FIELD_CMDLINE } } },
	{ { { "ThreadId: ", FIELD_TID }, { "ThreadName: ", FIELD_NONE } } },
	{ { { "UserId: ", FIELD_UID }, { "GroupId: ", FIELD_NONE } } },
	{ { { "ParentPID: ", FIELD_PPID }, { "ParentCmd: ", FIELD_NONE }, { "ParentArgs: ", FIELD_NONE } } },
	{ { { "ContainerName: ", FIELD_CONTAINER }, { "ContainerId: ", FIELD_CONTAINER_ID }, { "ContainerImage: ", FIELD_NONE },
	    { "ContainerLabels: ", FIELD_NONE } } },
	{ { { "PodName: ", FIELD_POD }, { "PodNamespace: ", FIELD_NAMESPACE }, { "PodUID: ", FIELD_NONE },
	    { "PodLabels: ", FIELD_NONE }, { "PodAnnotations: ", FIELD_NONE } } },
	{ { { "PID=", FIELD_PID } } },
};

static bool starts_with(const char *s, size_t len, const char *key)
{
	size_t n = strlen(key);

	return len >= n && memcmp(s, key, n) == 0;
}

/* Digits at the start; false: none, or beyond 32 bits. */
static bool read_number(const char *s, size_t len, uint32_t *ret_x)
{
	uint64_t x = 0;
	size_t i;

	for (i = 0; i < len && s[i] >= '0' && s[i] <= '9'; i++) {
		x = x * 10 + (uint64_t)(s[i] - '0');
		if (x > UINT32_MAX) {
			return false;
		}
	}
	if (i == 0) {
		return false;
	}
	*ret_x = (uint32_t)x;
	return true;
}

static int set_path(const char *s, size_t len, struct intern *texts, struct packet_process *io_p)
{
	const char *slash = len > 0 ? memrchr(s, '/', len) : NULL;
	size_t dir = slash != NULL ? (size_t)(slash - s) + 1 : 0;
	int rc = slash != NULL ? packet_meta_text(texts, s, len, &io_p->path) : 0;

	return rc == 0 ? packet_meta_text(texts, s + dir, len - dir, &io_p->name) : rc;
}

static int set_field(uint8_t field, const char *s, size_t len, struct intern *texts, struct packet_process *io_p)
{
	switch (field) {
	case FIELD_PID:
		(void)read_number(s, len, &io_p->pid);
		return 0;
	case FIELD_TID:
		(void)read_number(s, len, &io_p->tid);
		return 0;
	case FIELD_UID:
		(void)read_number(s, len, &io_p->uid);
		return 0;
	case FIELD_PPID:
		(void)read_number(s, len, &io_p->ppid);
		return 0;
	case FIELD_PATH:
		return set_path(s, len, texts, io_p);
	case FIELD_CMDLINE:
		return packet_meta_text(texts, s, len, &io_p->cmdline);
	case FIELD_CONTAINER:
		return packet_meta_text(texts, s, len, &io_p->container);
	case FIELD_CONTAINER_ID:
		return packet_meta_text(texts, s, len, &io_p->container_id);
	case FIELD_POD:
		return packet_meta_text(texts, s, len, &io_p->pod);
	case FIELD_NAMESPACE:
		return packet_meta_text(texts, s, len, &io_p->namespace_);
	default:
		return 0;
	}
}

/* Offset of the next line that starts with key, or len. */
static size_t next_key(const char *s, size_t len, const char *key)
{
	size_t at = 0;

	while (at < len) {
		const char *end = memchr(s + at, '\n', len - at);

		if (end == NULL) {
			return len;
		}
		at = (size_t)(end - s) + 1;
		if (starts_with(s + at, len - at, key)) {
			return at;
		}
	}
	return len;
}

static int read_group(const struct group *g, const char *s, size_t len, struct intern *texts,
		      struct packet_process *io_p)
{
	int rc = 0;

	for (unsigned int i = 0; i < GROUP_KEYS && g->keys[i].key != NULL && rc == 0 && len > 0; i++) {
		size_t key = strlen(g->keys[i].key);
		bool last = i + 1 == GROUP_KEYS || g->keys[i + 1].key == NULL;
		size_t next = last ? len : next_key(s, len, g->keys[i + 1].key);
		size_t value = next < len && !last ? next - 1 : next;	/* without the line's end */

		rc = set_field(g->keys[i].field, s + key, value - key, texts, io_p);
		s += next;
		len -= next;
	}
	return rc;
}

int packet_comment_read(const char *s, size_t len, struct intern *texts, struct packet_process *io_p)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (starts_with(s, len, groups[i].keys[0].key)) {
			return read_group(&groups[i], s, len, texts, io_p);
		}
	}
	return 0;
}
