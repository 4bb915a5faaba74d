/*
 * render_plot.c - runs gnuplot. Script, drawing and complaints are files in memory, so that neither
 * side ever waits for the other and drawings are made while the rest of the report is written.
 * gnuplot gets no terminal, no configuration, no environment but PATH, and nothing from a capture.
 * It is in a process group of its own: what interrupts us at the terminal does not tear up a
 * drawing.
 */
#include "report/render.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "report/plot.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t plot_deadline(void)
{
	return now_ns() + LIMIT_PLOT_SECONDS * NSEC_PER_SEC;
}

/* A file in memory, above the numbers of the standard streams even when those are closed. */
static int memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	int high;

	if (fd < 0 || fd > STDERR_FILENO) {
		return fd;
	}
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(fd);
	return high;
}

static int memory_file_of(const char *name, const struct buf *content)
{
	struct buf copy = *content;
	struct sink s = { &copy, memory_file(name), 0 };

	if (s.fd < 0) {
		return -1;
	}
	if (sink_finish(&s) != 0 || lseek(s.fd, 0, SEEK_SET) < 0) {
		close(s.fd);
		return -1;
	}
	return s.fd;
}

static void close_fd(int *fd)
{
	if (*fd >= 0) {
		close(*fd);
	}
	*fd = -1;
}

/* What the child may inherit: the three streams, default signals, its own process group. */
static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr, const int fds[3])
{
	sigset_t all, none;
	int rc = 0;

	sigfillset(&all);
	sigemptyset(&none);
	for (int i = 0; i < 3; i++) {
		rc |= posix_spawn_file_actions_adddup2(actions, fds[i], i);
	}
	rc |= posix_spawn_file_actions_addclosefrom_np(actions, 3);
	rc |= posix_spawnattr_setsigdefault(attr, &all);
	rc |= posix_spawnattr_setsigmask(attr, &none);
	rc |= posix_spawnattr_setpgroup(attr, 0);
	rc |= posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETPGROUP);
	return rc;
}

static int spawn_gnuplot(const int fds[3], pid_t *ret_pid)
{
	char program[] = "gnuplot";
	char no_configuration[] = "-d";
	char script[] = "/dev/stdin"; /* by name: what it takes for a terminal it reads byte by byte */
	char *argv[] = { program, no_configuration, script, NULL };
	char locale[] = "LC_ALL=C";
	char zone[] = "TZ=UTC";
	const char *path = getenv("PATH");
	struct buf path_var;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	buf_init(&path_var, 1 << 20);
	buf_printf(&path_var, "PATH=%s", path != NULL ? path : "");
	buf_addc(&path_var, '\0');
	rc = path_var.failed || prepare(&actions, &attr, fds) != 0 ? ENOMEM : 0;
	if (rc == 0) {
		char *envp[] = { locale, zone, path_var.data, NULL };

		rc = posix_spawnp(ret_pid, program, &actions, &attr, argv, envp);
	}
	buf_release(&path_var);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static int start_failed(int error, struct err *e)
{
	if (error == ENOENT || error == EACCES || error == ENOTDIR) {
		return err_set(e, ERR_UNSUPPORTED, "gnuplot is not installed");
	}
	return err_set(e, ERR_UNSUPPORTED, "gnuplot cannot be run: %s", strerror(error));
}

/* The scripts of all plots, each in a gnuplot as good as new. */
static int all_scripts(const struct report *r, struct plot_job *job, struct buf *out)
{
	for (unsigned int i = 0; i < job->count; i++) {
		int rc = plot_script(r, &job->plots[i], out);

		if (rc == ERR_EOF) {
			continue;
		}
		if (rc != 0) {
			return rc;
		}
		job->drawn |= UINT64_C(1) << i;
		buf_adds(out, "\nunset output\nreset\n");
	}
	return out->failed ? ERR_NOMEM : job->drawn != 0 ? 0 : ERR_EOF;
}

int plot_start(const struct report *r, const struct plot_def *plots, unsigned int count,
	       struct plot_job *ret_job, struct err *e)
{
	struct plot_job job = { plots, count, 0, 0, -1, -1 };
	struct buf script;
	int in_fd = -1;
	int rc;
	int error;

	assert(count <= PLOTS_MAX);
	buf_init(&script, LIMIT_PLOT_BYTES);
	rc = all_scripts(r, &job, &script);
	if (rc != 0) {
		goto out;
	}
	in_fd = memory_file_of("plot.gp", &script);
	job.out_fd = memory_file("plot.svg");
	job.err_fd = memory_file("plot.err");
	if (in_fd < 0 || job.out_fd < 0 || job.err_fd < 0) {
		rc = start_failed(errno, e);
		goto out;
	}
	error = spawn_gnuplot((const int[3]){ in_fd, job.out_fd, job.err_fd }, &job.pid);
	if (error != 0) {
		job.pid = 0;
		rc = start_failed(error, e);
		goto out;
	}
	*ret_job = job;
out:
	close_fd(&in_fd);
	if (rc != 0) {
		plot_abandon(&job);
	}
	buf_release(&script);
	return rc;
}

/* True when the child is gone; its status is in *ret_status then. */
static bool wait_until(pid_t pid, uint64_t deadline_ns, int *ret_status)
{
	const struct timespec nap = { 0, 1000000 };

	for (;;) {
		pid_t rc = waitpid(pid, ret_status, WNOHANG);

		if (rc == pid) {
			return true;
		}
		if (rc < 0 && errno != EINTR) {
			/* Somebody else took its status: what it drew tells. */
			*ret_status = 0;
			return true;
		}
		if (now_ns() >= deadline_ns) {
			return false;
		}
		nanosleep(&nap, NULL);
	}
}

void plot_abandon(struct plot_job *job)
{
	if (job->pid > 0) {
		kill(job->pid, SIGKILL);
		while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR) {
		}
		job->pid = 0;
	}
	close_fd(&job->out_fd);
	close_fd(&job->err_fd);
}

/* All of a file in memory, as far as the ceiling of b. */
static void read_all(int fd, struct buf *b)
{
	off_t at = 0;

	for (;;) {
		char *room = buf_room(b, 16384);
		ssize_t n = room != NULL ? pread(fd, room, 16384, at) : 0;

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return;
		}
		b->len += (size_t)n;
		at += n;
	}
}

/* The first line gnuplot complained with that says something, or how it ended. */
static int drawing_failed(const struct plot_job *job, int status, struct err *e)
{
	struct buf text;
	const char *line;

	buf_init(&text, 64 << 10);
	read_all(job->err_fd, &text);
	line = buf_str(&text);
	line += strspn(line, " \t\r\n");
	if (line[0] != '\0') {
		err_set(e, ERR_UNSUPPORTED, "gnuplot could not draw: %.*s",
			(int)strcspn(line, "\r\n"), line);
	} else if (WIFSIGNALED(status)) {
		err_set(e, ERR_UNSUPPORTED, "gnuplot was ended by signal %d", WTERMSIG(status));
	} else {
		err_set(e, ERR_UNSUPPORTED, "gnuplot ended with status %d", WEXITSTATUS(status));
	}
	buf_release(&text);
	return ERR_UNSUPPORTED;
}

/* gnuplot's drawings stand one behind the other: the length of the first, or 0 when none is whole. */
static size_t first_drawing(const char *p, size_t len)
{
	static const char end[] = "</svg>";
	const char *at = len > 0 ? memmem(p, len, end, sizeof(end) - 1) : NULL;

	return at != NULL ? (size_t)(at - p) + sizeof(end) - 1 : 0;
}

static int take_drawings(const struct plot_job *job, const struct buf *raw, struct buf *svgs,
			 struct err *e)
{
	size_t at = 0;

	for (unsigned int i = 0; i < job->count; i++) {
		const struct plot_def *def = &job->plots[i];
		size_t len;
		int rc;

		if (!(job->drawn >> i & 1)) {
			continue;
		}
		len = first_drawing(raw->data + at, raw->len - at);
		rc = len == 0 ? ERR_MALFORMED :
				plot_svg_clean(raw->data + at, len, def->name, def->title, &svgs[i]);
		if (rc == ERR_MALFORMED) {
			buf_reset(&svgs[i]);
			return err_set(e, ERR_UNSUPPORTED, "the drawing of '%s' by gnuplot is not understood",
				       def->name);
		}
		if (rc != 0) {
			return rc;
		}
		at += len;
	}
	return 0;
}

int plot_finish(struct plot_job *job, uint64_t deadline_ns, struct buf *svgs, struct err *e)
{
	struct buf raw;
	int status = 0;
	int rc = 0;

	buf_init(&raw, LIMIT_PLOT_BYTES);
	if (!wait_until(job->pid, deadline_ns, &status)) {
		rc = err_set(e, ERR_UNSUPPORTED, "gnuplot took longer than %d s", LIMIT_PLOT_SECONDS);
		goto out;
	}
	job->pid = 0;
	read_all(job->out_fd, &raw);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		rc = drawing_failed(job, status, e);
		goto out;
	}
	rc = take_drawings(job, &raw, svgs, e);
out:
	plot_abandon(job);
	buf_release(&raw);
	return rc;
}

int render_plot(const struct report *r, const struct plot_def *p, struct buf *out, struct err *e)
{
	struct plot_job job;
	int rc = plot_start(r, p, 1, &job, e);

	return rc != 0 ? rc : plot_finish(&job, plot_deadline(), out, e);
}
