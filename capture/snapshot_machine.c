/*
 * snapshot_machine.c - the machine itself, and its users and groups from the files below the root: no name service is
 * asked, which could wait for a network.
 */
#include "capture/snapshot_internal.h"

#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "capture/proc_parse.h"
#include "capture/proc_read.h"

#define HOSTNAME_BYTES 256u

static uint64_t clock_of(clockid_t id)
{
	struct timespec t = { 0 };

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

uint64_t snapshot_now(const struct snapshot *s)
{
	return s->opt.now_ns != NULL ? s->opt.now_ns(s->opt.now_arg) : clock_of(CLOCK_REALTIME);
}

int snapshot_machine(struct snapshot *s)
{
	struct scap_machine *m = &s->machine;
	char name[HOSTNAME_BYTES] = "";
	struct sysinfo info = { 0 };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const char *at;

	gethostname(name, sizeof(name) - 1);
	sysinfo(&info);
	m->hostname = snapshot_text(s, name, strlen(name) + 1).s;
	m->cpus = cpus > 0 ? (uint32_t)cpus : 1;
	m->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
	if (proc_read(s->proc_fd, "sys/kernel/pid_max", 32, &s->text) == 0 && s->text.len > 0) {
		at = s->text.data;
		m->max_pid = text_number(&at, at + s->text.len, 10);
	}
	s->boot_ns = snapshot_now(s) - clock_of(CLOCK_BOOTTIME);
	m->boot_ns = s->boot_ns;
	return m->hostname != NULL ? 0 : ERR_NOMEM;
}

/* ---- accounts ---- */

#define FIELDS_MAX 7

struct account_walk {
	struct snapshot *s;
	int rc;
};

/* The fields of a line, each copied and ended; false: fewer than wanted. */
static bool split(struct snapshot *s, const char *line, size_t len, const char **ret_fields, size_t wanted)
{
	const char *end = line + len;
	size_t n = 0;

	while (n < wanted && line <= end) {
		const char *colon = line < end ? memchr(line, ':', (size_t)(end - line)) : NULL;
		const char *stop = colon != NULL ? colon : end;
		char *copy = arena_alloc(&s->arena, (size_t)(stop - line) + 1);

		if (copy == NULL) {
			return false;
		}
		memcpy(copy, line, (size_t)(stop - line));
		copy[stop - line] = '\0';
		ret_fields[n++] = copy;
		line = stop + 1;
	}
	return n == wanted;
}

static bool is_number(const char *s, uint32_t *ret_x)
{
	const char *end = s + strlen(s);
	const char *at = s;
	uint64_t x = text_number(&at, end, 10);

	if (at != end || at == s || x > UINT32_MAX) {
		return false;
	}
	*ret_x = (uint32_t)x;
	return true;
}

/* name:password:uid:gid:comment:home:shell */
static bool user_line(void *arg, const char *line, size_t len)
{
	struct account_walk *w = arg;
	struct snapshot *s = w->s;
	const char *f[FIELDS_MAX];
	struct scap_user u;
	void *rows = s->users;
	struct scap_user *row;

	if (!split(s, line, len, f, FIELDS_MAX) || !is_number(f[2], &u.uid) || !is_number(f[3], &u.gid)) {
		return true;
	}
	row = snapshot_grow(&rows, s->user_count, &s->user_cap, LIMIT_USERS, sizeof(*row));
	s->users = rows;
	if (row == NULL) {
		w->rc = s->user_count < LIMIT_USERS ? ERR_NOMEM : 0;
		return false;
	}
	u.name = f[0];
	u.home = f[5];
	u.shell = f[6];
	*row = u;
	s->user_count++;
	return true;
}

/* name:password:gid:members */
static bool group_line(void *arg, const char *line, size_t len)
{
	struct account_walk *w = arg;
	struct snapshot *s = w->s;
	const char *f[FIELDS_MAX];
	struct scap_group g;
	void *rows = s->groups;
	struct scap_group *row;

	if (!split(s, line, len, f, 3) || !is_number(f[2], &g.gid)) {
		return true;
	}
	row = snapshot_grow(&rows, s->group_count, &s->group_cap, LIMIT_USERS, sizeof(*row));
	s->groups = rows;
	if (row == NULL) {
		w->rc = s->group_count < LIMIT_USERS ? ERR_NOMEM : 0;
		return false;
	}
	g.name = f[0];
	*row = g;
	s->group_count++;
	return true;
}

static int read_accounts(struct snapshot *s, const char *path, proc_line *line)
{
	struct account_walk w = { .s = s };
	struct buf text;
	int rc;

	buf_init(&text, LIMIT_ACCOUNTS_BYTES + 1);
	rc = root_read(s->root_fd, path, LIMIT_ACCOUNTS_BYTES, &text);
	if (rc == 0) {
		proc_text_lines(&text, line, &w);
	}
	buf_release(&text);
	return rc == ERR_NOMEM ? rc : w.rc;
}

int snapshot_accounts(struct snapshot *s)
{
	int rc = read_accounts(s, "etc/passwd", user_line);

	return rc == 0 ? read_accounts(s, "etc/group", group_line) : rc;
}
