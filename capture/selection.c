/*
 * selection.c - see selection.h. Reads /proc/PID/cgroup and /sys/fs/cgroup where a container or cgroup is asked for.
 * Main thread.
 */
#include "capture/selection.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/calls.h"
#include "capture/containers.h"
#include "capture/privileges.h"

#define CGROUP_BYTES 4096

/* ---- parts of lists ------------------------------------------------------------------------------------- */

struct part {
	const char *s;
	size_t len;
};

/* The parts between commas of all texts of a list, one after the other. */
struct parts {
	const struct option_list *list;
	uint32_t at;
	const char *s;
};

static bool next_part(struct parts *p, struct part *ret_part)
{
	while (p->at < p->list->count) {
		size_t n;

		p->s = p->s != NULL ? p->s : p->list->items[p->at];
		n = strcspn(p->s, ",");
		*ret_part = (struct part){ p->s, n };
		p->s = p->s[n] == ',' ? p->s + n + 1 : NULL;
		p->at += p->s == NULL;
		if (n > 0) {
			return true;
		}
	}
	return false;
}

static int too_many(const char *option, struct err *e)
{
	return err_set(e, ERR_USAGE, "option --%s: %d at most", option, PROBE_LIST_MAX);
}

/* ---- processes ------------------------------------------------------------------------------------------ */

static int add_pid(struct probe_options *p, int32_t pid, struct err *e)
{
	for (uint32_t i = 0; i < p->pid_count; i++) {
		if (p->pids[i] == pid) {
			return 0;
		}
	}
	if (p->pid_count == PROBE_LIST_MAX) {
		return too_many("pid", e);
	}
	p->pids[p->pid_count++] = pid;
	return 0;
}

static int resolve_pids(const struct capture_options *o, struct probe_options *p, struct err *e)
{
	struct parts parts = { .list = &o->pids };
	struct part part;
	int rc = 0;

	while (rc == 0 && next_part(&parts, &part)) {
		char path[64], *end;
		unsigned long pid = strtoul(part.s, &end, 10);

		snprintf(path, sizeof(path), "/proc/%lu", pid);
		if (end != part.s + part.len || pid == 0 || pid > INT32_MAX || access(path, F_OK) != 0) {
			return err_set(e, ERR_USAGE, "no process '%.*s'", (int)part.len, part.s);
		}
		rc = add_pid(p, (int32_t)pid, e);
	}
	return rc;
}

static int resolve_comms(const struct capture_options *o, struct probe_options *p, struct err *e)
{
	struct parts parts = { .list = &o->comms };
	struct part part;

	while (next_part(&parts, &part)) {
		if (p->comm_count == PROBE_LIST_MAX) {
			return too_many("comm", e);
		}
		snprintf(p->comms[p->comm_count++], sizeof(p->comms[0]), "%.*s", (int)part.len, part.s);
	}
	return 0;
}

static int resolve_uids(const struct capture_options *o, struct probe_options *p, struct err *e)
{
	struct parts parts = { .list = &o->uids };
	struct part part;

	while (next_part(&parts, &part)) {
		struct privileges_user user;
		char name[64], *end;
		unsigned long uid;
		int rc;

		snprintf(name, sizeof(name), "%.*s", (int)part.len, part.s);
		uid = strtoul(name, &end, 10);
		if (*end != '\0') {
			rc = privileges_user(name, &user, e);
			if (rc != 0) {
				return rc;
			}
			uid = user.uid;
		}
		if (p->uid_count == PROBE_LIST_MAX) {
			return too_many("uid", e);
		}
		p->uids[p->uid_count++] = (uint32_t)uid;
	}
	return 0;
}

/* ---- cgroups and containers ----------------------------------------------------------------------------- */

static const char *const cgroup_roots[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

/* The inode number of a cgroup's folder is its id. path as shown by /proc/PID/cgroup, or where it is mounted. */
static bool cgroup_id(const char *path, size_t len, uint64_t *ret_id)
{
	for (size_t i = 0; i <= ARRAY_LEN(cgroup_roots); i++) {
		bool whole = i == ARRAY_LEN(cgroup_roots);
		char folder[2 * CGROUP_BYTES], control[2 * CGROUP_BYTES + 32];
		struct stat st;

		snprintf(folder, sizeof(folder), "%s/%.*s", whole ? "" : cgroup_roots[i], (int)len, path);
		snprintf(control, sizeof(control), "%s/cgroup.controllers", folder); /* v2 has it */
		if ((!whole || path[0] == '/') && access(control, F_OK) == 0 && stat(folder, &st) == 0) {
			*ret_id = st.st_ino;
			return true;
		}
	}
	return false;
}

static int add_cgroup(struct probe_options *p, uint64_t id, struct err *e)
{
	for (uint32_t i = 0; i < p->cgroup_count; i++) {
		if (p->cgroups[i] == id) {
			return 0;
		}
	}
	if (p->cgroup_count == PROBE_LIST_MAX) {
		return too_many("cgroup", e);
	}
	p->cgroups[p->cgroup_count++] = id;
	return 0;
}

static int resolve_cgroups(const struct capture_options *o, struct probe_options *p, struct err *e)
{
	for (uint32_t i = 0; i < o->cgroups.count; i++) {
		const char *path = o->cgroups.items[i];
		uint64_t id;
		int rc;

		if (!cgroup_id(path, strlen(path), &id)) {
			return err_set(e, ERR_USAGE, "no cgroup '%s' of version 2 (looked below /sys/fs/cgroup)", path);
		}
		rc = add_cgroup(p, id, e);
		if (rc != 0) {
			return rc;
		}
	}
	return 0;
}

/* One container that is looked for. */
struct wanted {
	const char *name;
	struct containers *containers;
	struct buf told; /* container events of what was met */
	uint32_t found;
};

/* The name stands for it in the path, from the begin of a part on ("docker-ID.scope", ".../ID"). */
static bool names_path(const char *line, const char *name)
{
	for (const char *at = strstr(line, name); at != NULL; at = strstr(at + 1, name)) {
		if (at > line && (at[-1] == '/' || at[-1] == '-' || at[-1] == ':')) {
			return true;
		}
	}
	return false;
}

/* "subsystem=path" of each line, ended by NUL, as container events take it. */
static size_t as_parameter(char *text, size_t len)
{
	size_t out = 0;

	for (size_t at = 0; at < len;) {
		char *line = text + at;
		size_t n = strcspn(line, "\n");
		char *subsystem = memchr(line, ':', n);
		char *path = subsystem != NULL ? memchr(subsystem + 1, ':', n - (size_t)(subsystem + 1 - line)) : NULL;

		at += n + (text[at + n] == '\n');
		if (path != NULL) {
			*path = '=';
			n -= (size_t)(subsystem + 1 - line);
			memmove(text + out, subsystem + 1, n);
			text[out + n] = '\0';
			out += n + 1;
		}
	}
	return out;
}

/* By what its engine's files tell of it: "name":"..." in the container's event. */
static bool named_by_engine(struct wanted *w, const char *text, size_t len)
{
	char copy[CGROUP_BYTES], key[256];
	int n = snprintf(key, sizeof(key), "\"name\":\"%s\"", w->name);

	if (n < 0 || (size_t)n >= sizeof(key) || len >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, text, len + 1);
	containers_forget(w->containers);
	buf_reset(&w->told);
	return containers_find(w->containers, copy, as_parameter(copy, len), 0, &w->told) && w->told.len > 0 &&
	       memmem(w->told.data, w->told.len, key, (size_t)n) != NULL;
}

/* The container's cgroup of version 2, if that is where it is; else its processes one by one. */
static int add_container_process(struct probe_options *p, const char *pid, const char *text, struct err *e)
{
	const char *unified = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	const char *path = unified != NULL ? strchr(unified, '/') : NULL;
	size_t len = path != NULL ? strcspn(path, "\n") : 0;
	uint64_t id;

	if (len > 1 && cgroup_id(path, len, &id)) {
		return add_cgroup(p, id, e);
	}
	return add_pid(p, (int32_t)strtol(pid, NULL, 10), e);
}

static int look_at_process(struct wanted *w, const char *pid, struct probe_options *p, struct err *e)
{
	char path[NAME_MAX + 32], text[CGROUP_BYTES];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/cgroup", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return 0;
	}
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0) {
		return 0;
	}
	text[n] = '\0';
	if (!names_path(text, w->name) && !named_by_engine(w, text, (size_t)n)) {
		return 0;
	}
	w->found++;
	return add_container_process(p, pid, text, e);
}

static int resolve_container(const char *name, struct containers *c, struct probe_options *p, struct err *e)
{
	struct wanted w = { .name = name, .containers = c };
	DIR *dir = opendir("/proc");
	const struct dirent *row;
	int rc = 0;

	buf_init(&w.told, (size_t)16 << 20);
	while (dir != NULL && rc == 0 && (row = readdir(dir)) != NULL) {
		if (row->d_name[0] >= '1' && row->d_name[0] <= '9') {
			rc = look_at_process(&w, row->d_name, p, e);
		}
	}
	if (dir != NULL) {
		closedir(dir);
	}
	buf_release(&w.told);
	if (rc == 0 && w.found == 0) {
		rc = err_set(e, ERR_USAGE, "no running container has the id or name '%s'", name);
	}
	return rc;
}

static int resolve_containers(const struct capture_options *o, struct probe_options *p, struct err *e)
{
	struct containers *c = NULL;
	int rc = o->containers.count > 0 ? containers_new("/", NULL, &c, e) : 0;

	for (uint32_t i = 0; i < o->containers.count && rc == 0; i++) {
		rc = resolve_container(o->containers.items[i], c, p, e);
	}
	containers_free(c);
	if (rc == 0 && o->containers.count > 0 && p->pid_count > 0 && p->cgroup_count > 0) {
		return err_set(e, ERR_USAGE,
			       "these containers are in cgroups of version 1 and 2: record them one by one");
	}
	return rc;
}

/* ---- calls ---------------------------------------------------------------------------------------------- */

/* The number of the native call of that name; -1: none. */
static int number_of(const struct call_table *t, const char *name, size_t len)
{
	for (int i = 0; i < PROBE_SYSCALLS && i < RECORD_SYSCALLS; i++) {
		const char *known = t->numbers[i].name;

		if (known != NULL && strlen(known) == len && memcmp(known, name, len) == 0) {
			return i;
		}
	}
	return -1;
}

static int set_syscalls(const struct option_list *list, const struct call_table *t, struct probe_options *p,
			struct err *e)
{
	struct parts parts = { .list = list };
	struct part part;
	bool begun = false;

	while (next_part(&parts, &part)) {
		bool minus = part.s[0] == '-';
		int number = number_of(t, part.s + minus, part.len - minus);

		if (number < 0) {
			return err_set(e, ERR_USAGE, "no system call '%.*s' on this machine", (int)(part.len - minus),
				       part.s + minus);
		}
		if (!begun && minus) {
			memset(p->syscalls, 0xff, sizeof(p->syscalls));
		}
		begun = true;
		if (minus) {
			p->syscalls[number / 64] &= ~(UINT64_C(1) << (number % 64));
		} else {
			p->syscalls[number / 64] |= UINT64_C(1) << (number % 64);
		}
	}
	return 0;
}

static int resolve_syscalls(const struct capture_options *o, struct probe_options *p, struct err *e)
{
	struct call_table *t;
	int rc;

	p->all_syscalls = o->syscalls.count == 0;
	if (p->all_syscalls) {
		return 0;
	}
	t = malloc(sizeof(*t));
	if (t == NULL) {
		return err_nomem(e, "names of system calls");
	}
	call_table_init(t);
	rc = set_syscalls(&o->syscalls, t, p, e);
	free(t);
	return rc;
}

static size_t power_of_two(uint64_t at_least)
{
	size_t x = 65536;

	while (x < at_least) {
		x *= 2;
	}
	return x;
}

int selection_resolve(const struct capture_options *o, struct probe_options *ret_p, struct err *e)
{
	struct probe_options p = { .ring_bytes = power_of_two(o->ring_bytes),
				   .no_args = o->no_args,
				   .no_env = o->no_env,
				   .no_data = o->no_data,
				   .switches = o->switches,
				   .signals = o->signals,
				   .page_faults = o->page_faults,
				   .self = getpid() };
	int rc;

	p.snap_file = o->snap[SNAP_FILE];
	p.snap_net = o->snap[SNAP_NET];
	p.snap_http = o->snap[SNAP_HTTP];
	p.snap_other = o->snap[SNAP_OTHER];
	rc = resolve_pids(o, &p, e);
	rc = rc == 0 ? resolve_comms(o, &p, e) : rc;
	rc = rc == 0 ? resolve_uids(o, &p, e) : rc;
	rc = rc == 0 ? resolve_cgroups(o, &p, e) : rc;
	rc = rc == 0 ? resolve_containers(o, &p, e) : rc;
	rc = rc == 0 ? resolve_syscalls(o, &p, e) : rc;
	if (rc == 0) {
		*ret_p = p;
	}
	return rc;
}
