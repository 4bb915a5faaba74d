/*
 * snapshot.c - see snapshot.h. Processes first, then sockets: what was opened in between is in both, or its event
 * follows.
 */
#include "capture/snapshot.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/limits.h"
#include "capture/containers.h"
#include "capture/proc_read.h"
#include "capture/snapshot_internal.h"
#include "schema/schema.h"

#define TEXT_BYTES ((size_t)256 << 10)
/* A list block is ended and another begun: readers hold one in memory, and have a ceiling. */
#define LIST_BLOCK_BYTES ((size_t)8 << 20)

/* ---- memory ---- */

void *snapshot_grow(void **io_rows, uint32_t count, uint32_t *io_cap, uint32_t max, size_t size)
{
	if (count == *io_cap) {
		uint32_t cap = count != 0 ? count * 2 : 64;
		void *rows = count < max ? realloc(*io_rows, cap * size) : NULL;

		if (rows == NULL) {
			return NULL;
		}
		*io_rows = rows;
		*io_cap = cap;
	}
	memset((char *)*io_rows + count * size, 0, size);
	return (char *)*io_rows + count * size;
}

struct scap_text snapshot_text(struct snapshot *s, const char *p, size_t len)
{
	struct scap_text t = { NULL, 0 };

	if (len > 0) {
		t.s = arena_dup(&s->arena, p, len);
		t.len = (uint32_t)len;
	}
	return t;
}

void snapshot_free(struct snapshot *s)
{
	if (s == NULL) {
		return;
	}
	containers_free(s->own_containers);
	buf_release(&s->link);
	buf_release(&s->text);
	mounts_release(&s->mounts);
	socks_release(&s->socks);
	map_release(&s->by_tid);
	map_release(&s->interfaces_known);
	free(s->fds);
	free(s->threads);
	free(s->processes);
	free(s->interfaces);
	free(s->groups);
	free(s->users);
	arena_release(&s->arena);
	free(s);
}

/* ---- taking ---- */

static int compare_pids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int take_processes(struct snapshot *s)
{
	int fd = openat(s->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t *pids = NULL;
	size_t n = 0;
	int rc = fd >= 0 ? proc_numbers(fd, LIMIT_PROCESSES, &pids, &n) : ERR_OPEN;

	if (rc == 0 && n > 0) {
		qsort(pids, n, sizeof(*pids), compare_pids);
	}
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = pids[i] != s->opt.skip_pid ? proc_process(s, pids[i]) : 0;
	}
	free(pids);
	return rc;
}

/* Names of the controllers that every path of cgroup v2 stands for. */
static void take_controllers(struct snapshot *s)
{
	static const char usual[] = "cpuset cpu io memory pids";
	size_t n = sizeof(usual) - 1;
	const char *names = usual;

	if (root_read(s->root_fd, "sys/fs/cgroup/cgroup.controllers", sizeof(s->unified) - 1, &s->text) == 0 &&
	    s->text.len > 1) {
		names = s->text.data;
		n = s->text.len;
	}
	while (n > 0 && names[n - 1] == '\n') {
		n--;
	}
	memcpy(s->unified, names, n);
	s->unified[n] = '\0';
}

/* ---- what needs all of them ---- */

/* A socket that no list has: not bound and not connected, or of a rarer kind. Its protocol's name tells. */
static int ask_protocol(struct snapshot *s, const struct snap_process *p, const struct snap_fd *d)
{
	struct sock row = { .ino = d->ino, .type = SOCK_OTHER };
	char protocol[64], path[64], link[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%lld/fd/%d", (long long)p->pid, d->fd);
	snprintf(link, sizeof(link), "socket:[%llu]", (unsigned long long)d->ino);
	if (!proc_link(s->proc_fd, path, &s->link) || strcmp(buf_str(&s->link), link) != 0) {
		s->counts.sockets_unresolved++;	/* closed, or replaced, meanwhile */
		row.name = link;
	} else {
		buf_reset(&s->text);
		buf_printf(&s->text, "%s/%s", s->opt.proc, path);
		n = getxattr(buf_str(&s->text), "system.sockprotoname", protocol, sizeof(protocol) - 1);
		protocol[n > 0 ? n : 0] = '\0';
		sock_from_protocol(protocol, &row);
		s->counts.sockets_unresolved += n <= 0 || s->counts.namespaces_denied > 0 ? 1 : 0;
		buf_reset(&s->text);
		buf_printf(&s->text, "%s:[%llu]", n > 0 ? protocol : "socket", (unsigned long long)d->ino);
		row.name = row.type == SOCK_OTHER ? s->text.data : NULL;
	}
	row.name_len = row.name == link ? (uint32_t)strlen(link) : row.name != NULL ? (uint32_t)s->text.len : 0;
	return socks_add(&s->socks, &row);
}

static int resolve_sockets(struct snapshot *s)
{
	int rc = 0;

	for (uint32_t i = 0; i < s->process_count; i++) {
		const struct snap_process *p = &s->processes[i];

		for (uint32_t k = 0; k < p->fd_count && rc == 0; k++) {
			const struct snap_fd *d = &s->fds[p->first_fd + k];

			if (d->type != SNAP_SOCKET) {
				continue;
			}
			s->counts.sockets++;
			if (socks_find(&s->socks, d->ino) == NULL) {
				rc = ask_protocol(s, p, d);
			}
		}
	}
	return rc == ERR_LIMIT ? 0 : rc;
}

/* When the first process of each pid namespace began; of the reader's own that is when the machine did. */
static int take_namespace_starts(struct snapshot *s)
{
	struct map first;
	int rc = 0;

	map_init(&first);
	for (uint32_t i = 0; i < s->process_count && rc == 0; i++) {
		const struct snap_process *p = &s->processes[i];

		if (p->pid_ns != 0 && s->threads[p->first_thread].vpid == 1) {
			rc = map_set(&first, p->pid_ns, (uintptr_t)p->start_ns);
		}
	}
	for (uint32_t i = 0; i < s->process_count && rc == 0; i++) {
		const struct snap_process *p = &s->processes[i];
		bool inside = (s->threads[p->first_thread].flags & PPM_CL_CHILD_IN_PIDNS) != 0;
		uint64_t start = inside ? map_get(&first, p->pid_ns) : s->boot_ns;

		for (uint32_t k = 0; k < p->thread_count; k++) {
			s->threads[p->first_thread + k].pidns_start_ns = start;
		}
	}
	map_release(&first);
	return rc;
}

static int take_containers(struct snapshot *s, struct err *e)
{
	struct buf told;
	int rc = 0;

	s->containers = s->opt.containers;
	if (s->containers == NULL) {
		rc = containers_new(s->opt.root, s->opt.redact, &s->own_containers, e);
		s->containers = s->own_containers;
	}
	if (rc != 0) {
		return rc;
	}
	buf_init(&told, SIZE_MAX);
	snapshot_containers(s, 0, &told);
	rc = told.failed ? ERR_NOMEM : 0;
	buf_release(&told);
	s->counts.containers = containers_count(s->containers);
	return rc;
}

static int take_all(struct snapshot *s, struct err *e)
{
	int rc;

	take_controllers(s);
	rc = snapshot_machine(s);
	rc = rc == 0 ? snapshot_accounts(s) : rc;
	rc = rc == 0 ? take_processes(s) : rc;
	rc = rc == 0 ? snapshot_networks(s, e) : rc;
	rc = rc == 0 ? resolve_sockets(s) : rc;
	rc = rc == 0 ? take_namespace_starts(s) : rc;
	rc = rc == 0 ? take_containers(s, e) : rc;
	return rc;
}

static void count_all(struct snapshot *s)
{
	s->counts.processes = s->process_count;
	s->counts.threads = s->thread_count;
	s->counts.fds = s->fd_count;
}

int snapshot_take(const struct snapshot_options *opt, struct snapshot **ret_s, struct err *e)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	uint64_t began;
	int rc;

	if (s == NULL) {
		return err_nomem(e, "snapshot");
	}
	s->opt = *opt;
	arena_init(&s->arena);
	map_init(&s->by_tid);
	map_init(&s->interfaces_known);
	socks_init(&s->socks);
	mounts_init(&s->mounts);
	buf_init(&s->text, TEXT_BYTES);
	buf_init(&s->link, TEXT_BYTES);
	began = snapshot_now(s);
	s->proc_fd = open(opt->proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->root_fd = open(opt->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->self_net_ns = snapshot_ns(AT_FDCWD, "/proc/thread-self/ns/net");
	s->self_user_ns = snapshot_ns(AT_FDCWD, "/proc/thread-self/ns/user");
	if (s->proc_fd < 0 || s->root_fd < 0) {
		rc = err_set_at(e, ERR_OPEN, s->proc_fd < 0 ? opt->proc : opt->root, ERR_NO_OFFSET,
				"cannot open the folder");
	} else {
		rc = take_all(s, e);
	}
	if (s->proc_fd >= 0) {
		close(s->proc_fd);
	}
	if (s->root_fd >= 0) {
		close(s->root_fd);
	}
	if (rc != 0) {
		snapshot_free(s);
		return err_set(e, rc, "cannot take a snapshot of the processes: %s", err_text(rc));
	}
	count_all(s);
	s->counts.took_ns = snapshot_now(s) - began;
	s->opt.proc = s->opt.root = NULL;
	*ret_s = s;
	return 0;
}

/* ---- blocks ---- */

static void add_threads(const struct snapshot *s, struct buf *out)
{
	size_t begun = 0;
	bool open = false;

	for (uint32_t i = 0; i < s->thread_count; i++) {
		if (!open) {
			begun = scap_threads_begin(out);
			open = true;
		}
		scap_thread(out, &s->threads[i]);
		if (out->len - begun > LIST_BLOCK_BYTES) {
			scap_threads_end(out, begun);
			open = false;
		}
	}
	if (open) {
		scap_threads_end(out, begun);
	}
}

static uint64_t unix_address(const struct snapshot *s, uint64_t ino)
{
	const struct sock *row;

	if (ino == 0) {
		return 0;
	}
	if (s->opt.unix_address != NULL) {
		return s->opt.unix_address(s->opt.unix_arg, ino);
	}
	row = socks_find(&s->socks, ino);
	return row != NULL ? row->address : 0;
}

static void fill_socket(const struct snapshot *s, const struct sock *row, struct scap_fd *fd)
{
	fd->type = row->type;
	fd->l4 = row->l4;
	memcpy(fd->src_ip, row->src_ip, sizeof(fd->src_ip));
	memcpy(fd->dst_ip, row->dst_ip, sizeof(fd->dst_ip));
	fd->src_port = row->src_port;
	fd->dst_port = row->dst_port;
	fd->name.s = row->name;
	fd->name.len = row->name_len;
	if (row->type == SOCK_UNIX) {
		fd->unix_src = unix_address(s, row->ino);
		fd->unix_dst = unix_address(s, row->peer_ino);
	}
}

static void add_fd(const struct snapshot *s, const struct snap_fd *d, struct buf *out)
{
	const struct sock *row = d->type == SNAP_SOCKET ? socks_find(&s->socks, d->ino) : NULL;
	struct scap_fd fd = { .fd = d->fd, .ino = d->ino, .type = d->type, .open_flags = d->open_flags, .dev = d->dev,
			      .name = { d->name, d->name_len } };

	if (row != NULL) {
		fill_socket(s, row, &fd);
	} else if (d->type == SNAP_SOCKET) {
		fd.type = SOCK_OTHER;
	}
	scap_fd(out, &fd);
}

static void add_fds(const struct snapshot *s, const struct snap_process *p, struct buf *out)
{
	size_t begun = scap_fds_begin(out, p->pid);

	for (uint32_t i = 0; i < p->fd_count; i++) {
		add_fd(s, &s->fds[p->first_fd + i], out);
		if (out->len - begun > LIST_BLOCK_BYTES) {
			scap_fds_end(out, begun);
			begun = scap_fds_begin(out, p->pid);
		}
	}
	scap_fds_end(out, begun);
}

void snapshot_blocks(const struct snapshot *s, struct buf *out)
{
	scap_machine(out, &s->machine);
	scap_interfaces(out, s->interfaces, s->interface_count);
	scap_users(out, s->users, s->user_count, s->groups, s->group_count);
	add_threads(s, out);
	for (uint32_t i = 0; i < s->process_count; i++) {
		if (s->processes[i].fd_count > 0) {
			add_fds(s, &s->processes[i], out);
		}
	}
}

void snapshot_containers(const struct snapshot *s, uint64_t ts_ns, struct buf *out)
{
	containers_forget(s->containers);
	for (uint32_t i = 0; i < s->process_count; i++) {
		const struct scap_thread *t = &s->threads[s->processes[i].first_thread];

		if (t->cgroups.len > 0) {
			containers_find(s->containers, t->cgroups.s, t->cgroups.len, ts_ns, out);
		}
	}
}

uint64_t snapshot_seen_ns(const struct snapshot *s, int64_t tid)
{
	uintptr_t at = map_get(&s->by_tid, (uint64_t)tid);

	return at != 0 ? s->processes[at - 1].seen_ns : 0;
}

const struct snapshot_counts *snapshot_counts(const struct snapshot *s)
{
	return &s->counts;
}
