/*
 * netns.c - see netns.h. Main thread, but for the body of netns_run.
 */
#include "capture/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/thread.h"

#define NAMES_FOLDER "/run/netns"

void netns_release(struct netns_list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		free(list->rows[i].name);
		close(list->rows[i].fd);
	}
	free(list->rows);
	memset(list, 0, sizeof(*list));
}

/* Takes fd. */
static int add_fd(struct netns_list *list, int fd, const char *name, struct err *e)
{
	struct netns *rows;
	struct stat st;

	if (fstat(fd, &st) != 0) {
		close(fd);
		return err_set(e, ERR_OPEN, "cannot look at network namespace '%s': %s", name, strerror(errno));
	}
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->rows[i].ino == st.st_ino) {
			close(fd);
			return 0;
		}
	}
	if (list->count == list->cap) {
		uint32_t cap = list->cap > 0 ? 2 * list->cap : 16;

		rows = cap <= LIMIT_NAMESPACES ? realloc(list->rows, cap * sizeof(*rows)) : NULL;
		if (rows == NULL) {
			close(fd);
			return err_nomem(e, "network namespaces");
		}
		list->rows = rows;
		list->cap = cap;
	}
	rows = &list->rows[list->count];
	rows->fd = fd;
	rows->ino = st.st_ino;
	rows->name = strdup(name);
	if (rows->name == NULL) {
		close(fd);
		return err_nomem(e, "network namespaces");
	}
	list->count++;
	return 0;
}

int netns_add_own(struct netns_list *list, struct err *e)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		return err_set(e, ERR_OPEN, "cannot open /proc/thread-self/ns/net: %s; is /proc mounted?",
			       strerror(errno));
	}
	return add_fd(list, fd, "", e);
}

static int add_named(struct netns_list *list, const char *name, struct err *e)
{
	char path[PATH_MAX];
	int fd;

	if (strchr(name, '/') != NULL) {
		snprintf(path, sizeof(path), "%s", name);
	} else if (strncmp(name, "pid:", 4) == 0) {
		snprintf(path, sizeof(path), "/proc/%lu/ns/net", strtoul(name + 4, NULL, 10));
	} else {
		snprintf(path, sizeof(path), NAMES_FOLDER "/%s", name);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		return err_set(e, ERR_USAGE, "no network namespace '%s' (no %s); 'ip netns' lists those with a name",
			       name, path);
	}
	if (fd < 0) {
		return err_set(e, ERR_OPEN, "cannot open network namespace '%s': %s", path, strerror(errno));
	}
	return add_fd(list, fd, name, e);
}

static int add_all_named(struct netns_list *list, struct err *e)
{
	DIR *dir = opendir(NAMES_FOLDER);
	const struct dirent *row;
	int rc = 0;

	while (dir != NULL && rc == 0 && (row = readdir(dir)) != NULL) {
		/* What is no namespace (an unmounted leftover) is told when it is entered; here it must not end
		 * the list. */
		if (row->d_name[0] != '.') {
			struct err ignored;

			err_init(&ignored);
			rc = add_named(list, row->d_name, &ignored);
			rc = rc == ERR_NOMEM ? err_nomem(e, "network namespaces") : 0;
		}
	}
	if (dir != NULL) {
		closedir(dir);
	}
	return rc;
}

/* The namespaces of all processes. The link's text tells one from another without opening it. */
static int add_of_processes(struct netns_list *list, struct err *e)
{
	DIR *dir = opendir("/proc");
	const struct dirent *row;
	int rc = 0;

	while (dir != NULL && rc == 0 && (row = readdir(dir)) != NULL) {
		char path[NAME_MAX + 32], link[64];
		ssize_t n;
		int fd;

		if (row->d_name[0] < '1' || row->d_name[0] > '9') {
			continue;
		}
		snprintf(path, sizeof(path), "/proc/%s/ns/net", row->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		fd = n > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if (fd >= 0) {
			link[n] = '\0';
			rc = add_fd(list, fd, link, e);
		} else if (errno == EACCES || errno == EPERM) {
			list->denied++;
		}
	}
	if (dir != NULL) {
		closedir(dir);
	}
	return rc;
}

int netns_add(struct netns_list *list, const char *name, struct err *e)
{
	int rc;

	if (strcmp(name, "all") != 0) {
		return add_named(list, name, e);
	}
	rc = netns_add_own(list, e);
	rc = rc == 0 ? add_all_named(list, e) : rc;
	return rc == 0 ? add_of_processes(list, e) : rc;
}

struct errand {
	const struct netns *ns;
	int (*fn)(void *arg, struct err *e);
	void *arg;
	struct err *e;
	int rc;
};

static void errand_main(void *arg)
{
	struct errand *r = arg;

	if (r->ns->name[0] != '\0' && setns(r->ns->fd, CLONE_NEWNET) != 0) {
		r->rc = err_set(r->e, ERR_OPEN, "cannot enter network namespace '%s': %s%s", r->ns->name,
				strerror(errno), errno == EPERM ? "; this needs CAP_SYS_ADMIN (root)" : "");
		return;
	}
	r->rc = r->fn(r->arg, r->e);
}

int netns_run(const struct netns *ns, int (*fn)(void *arg, struct err *e), void *arg, struct err *e)
{
	struct errand r = { ns, fn, arg, e, 0 };
	struct thread t = { 0 };

	if (thread_start(&t, errand_main, &r) != 0) {
		return err_nomem(e, "a thread");
	}
	thread_join(&t);
	return r.rc;
}
