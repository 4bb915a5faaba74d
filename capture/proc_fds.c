/*
 * proc_fds.c - the descriptors of one process: /proc/PID/fd says what each is, fdinfo how it was opened.
 *
 * Nothing here waits for a file system: types and inode numbers are asked for without bringing them up to date, so that
 * a dead file server does not stop the recorder.
 */
#include "capture/snapshot_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "capture/proc_parse.h"
#include "capture/proc_read.h"
#include "schema/schema.h"

#define FDINFO_BYTES 512u

enum {
	FD_DIRECTORY = 2, FD_FIFO = 7, FD_EVENTFD = 9, FD_UNSUPPORTED = 10, FD_SIGNALFD = 11, FD_EPOLL = 12, FD_INOTIFY = 13,
	FD_TIMERFD = 14, FD_FILE_V2 = 16, FD_BPF = 17, FD_USERFAULTFD = 18, FD_IO_URING = 19, FD_MEMFD = 20, FD_PIDFD = 21
};

struct fd_scan {
	struct snapshot *s;
	const struct snap_process *p;
	int dir_fd, fd_fd, fdinfo_fd;
	bool denied;	/* numbers may be listed, but not what they are */
};

/* ---- what has no path ---- */

static bool begins(const struct buf *link, const char *text)
{
	size_t n = strlen(text);

	return link->len >= n && memcmp(link->data, text, n) == 0;
}

/* Names of the kernel's anonymous inodes, with and without brackets; what begins with "bpf" is of that family. */
static uint8_t anon_type(const struct buf *link)
{
	static const struct {
		const char *name;
		uint8_t type;
	} rows[] = {
		{ "anon_inode:[eventfd", FD_EVENTFD },	{ "anon_inode:[eventpoll", FD_EPOLL },	{ "anon_inode:[signalfd", FD_SIGNALFD },
		{ "anon_inode:[timerfd", FD_TIMERFD },	{ "anon_inode:inotify", FD_INOTIFY },	{ "anon_inode:[inotify", FD_INOTIFY },
		{ "anon_inode:bpf", FD_BPF },		{ "anon_inode:[bpf", FD_BPF },		{ "anon_inode:btf", FD_BPF },
		{ "anon_inode:[btf", FD_BPF },		{ "anon_inode:[userfaultfd", FD_USERFAULTFD },
		{ "anon_inode:[io_uring", FD_IO_URING }, { "anon_inode:[pidfd", FD_PIDFD },	{ "pidfd:[", FD_PIDFD },
		{ "pipe:[", FD_FIFO },			{ "socket:[", SNAP_SOCKET },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (begins(link, rows[i].name)) {
			return rows[i].type;
		}
	}
	return FD_UNSUPPORTED;
}

/* The number in "socket:[123]"; 0 without. */
static uint64_t bracket_number(const struct buf *link)
{
	const char *end = link->data + link->len;
	const char *s = memchr(link->data, '[', link->len);

	if (s == NULL) {
		return 0;
	}
	s++;
	return text_number(&s, end, 10);
}

/* ---- fdinfo ---- */

/* One read: what is wanted stands in the first lines. */
static void read_fdinfo(const struct fd_scan *f, const char *name, struct proc_fdinfo *ret_i)
{
	char bytes[FDINFO_BYTES];
	struct buf text = { .data = bytes };
	int fd = f->fdinfo_fd >= 0 ? openat(f->fdinfo_fd, name, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n;

	if (fd >= 0) {
		n = read(fd, bytes, sizeof(bytes));
		text.len = n > 0 ? (size_t)n : 0;
		close(fd);
	}
	proc_parse_fdinfo(&text, ret_i);
}

/* ---- one descriptor ---- */

static void set_name(struct fd_scan *f, struct snap_fd *d, const char *name, size_t len)
{
	struct scap_text t = snapshot_text(f->s, name, len);

	d->name = t.s;
	d->name_len = t.len;
}

/* "/memfd:NAME (deleted)": the name as it was given. */
static void fill_memfd(struct fd_scan *f, struct snap_fd *d)
{
	static const char prefix[] = "/memfd:", suffix[] = " (deleted)";
	const size_t before = sizeof(prefix) - 1, after = sizeof(suffix) - 1;
	const struct buf *link = &f->s->link;
	size_t len = link->len - before;

	if (len >= after && memcmp(link->data + link->len - after, suffix, after) == 0) {
		len -= after;
	}
	d->type = FD_MEMFD;
	set_name(f, d, link->data + before, len);
}

/* What has a path: a file, a folder, a named pipe. */
static void fill_path(struct fd_scan *f, struct snap_fd *d, const char *number)
{
	struct proc_fdinfo info;
	struct statx st = { 0 };
	const struct mount_row *mount;

	if (statx(f->fd_fd, number, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &st) == 0) {
		d->ino = st.stx_ino;
		d->dev = mounts_dev(st.stx_dev_major, st.stx_dev_minor);
	}
	if (begins(&f->s->link, "/memfd:")) {
		fill_memfd(f, d);
		return;
	}
	read_fdinfo(f, number, &info);
	mount = mounts_find(&f->s->mounts, info.mnt_id, f->p->mnt_ns, f->dir_fd);
	d->dev = mount != NULL ? mount->dev : d->dev;
	d->open_flags = info.flags;
	d->type = S_ISDIR(st.stx_mode) ? FD_DIRECTORY : S_ISFIFO(st.stx_mode) ? FD_FIFO : FD_FILE_V2;
	set_name(f, d, f->s->link.data, f->s->link.len);
}

static void fill_pidfd(struct fd_scan *f, struct snap_fd *d, const char *number)
{
	struct proc_fdinfo info;
	char name[32];
	int n;

	read_fdinfo(f, number, &info);
	n = snprintf(name, sizeof(name), "/proc/%lld", (long long)info.pid);
	if (info.pid > 0) {
		set_name(f, d, name, (size_t)n);
	} else {
		set_name(f, d, f->s->link.data, f->s->link.len);
	}
}

static int add_fd(struct fd_scan *f, const char *number)
{
	const char *s = number;
	uint64_t fd = text_number(&s, number + strlen(number), 10);
	struct snapshot *snap = f->s;
	void *rows = snap->fds;
	struct snap_fd *d;

	if (*s != '\0' || s == number || fd >= LIMIT_FD_NUMBER || snap->fd_count >= LIMIT_FDS) {
		return 0;	/* "." and ".." */
	}
	if (!proc_link(f->fd_fd, number, &snap->link) || snap->link.len == 0) {
		f->denied |= errno == EACCES;
		return 0;	/* else closed meanwhile */
	}
	d = snapshot_grow(&rows, snap->fd_count, &snap->fd_cap, LIMIT_FDS, sizeof(*d));
	snap->fds = rows;
	if (d == NULL) {
		return ERR_NOMEM;
	}
	d->fd = (int32_t)fd;
	if (snap->link.data[0] == '/') {
		fill_path(f, d, number);
	} else {
		d->type = anon_type(&snap->link);
		d->ino = bracket_number(&snap->link);
		if (d->type == FD_PIDFD) {
			fill_pidfd(f, d, number);
		} else if (d->type != SNAP_SOCKET) {
			set_name(f, d, snap->link.data, snap->link.len);
		}
	}
	if (d->name == NULL && d->name_len > 0) {
		return ERR_NOMEM;
	}
	snap->fd_count++;
	return 0;
}

/* ---- all ---- */

int proc_fds(struct snapshot *s, struct snap_process *p, int dir_fd, bool *ret_readable)
{
	struct fd_scan f = { .s = s, .p = p, .dir_fd = dir_fd, .fdinfo_fd = -1 };
	int fd = openat(dir_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool denied = fd < 0 && errno == EACCES;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int rc = 0;

	if (dir == NULL) {
		if (fd >= 0) {
			close(fd);
		}
		*ret_readable = !denied;
		return 0;
	}
	f.fd_fd = fd;
	f.fdinfo_fd = openat(dir_fd, "fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->first_fd = s->fd_count;
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		rc = add_fd(&f, entry->d_name);
	}
	p->fd_count = s->fd_count - p->first_fd;
	if (f.fdinfo_fd >= 0) {
		close(f.fdinfo_fd);
	}
	closedir(dir);
	if (rc == 0) {
		*ret_readable = !f.denied;
	}
	return rc;
}
