/*
 * netns.h - network namespaces by name, path or process, or all there are; and code that runs in one.
 *
 * "all": those with a name (/run/netns) and those of every process, each once, the caller's own first. Reading
 * namespaces of others' processes needs CAP_SYS_PTRACE, entering one CAP_SYS_ADMIN.
 */
#ifndef CAPTURE_NETNS_H
#define CAPTURE_NETNS_H

#include "base/err.h"

struct netns {
	char *name;		/* owns; as shown: "blue", "pid:17", "net:[4026531840]"; "" for the caller's own */
	int fd;			/* owns */
	uint64_t ino;
};

struct netns_list {
	struct netns *rows;	/* owns */
	uint32_t count, cap;
	uint32_t denied;	/* processes whose namespace could not be told */
};

/* Appends what name stands for; one that is there already is left out. ERR_USAGE: there is none of that name;
 * ERR_OPEN. */
int netns_add(struct netns_list *list, const char *name, struct err *e);
/* The caller's own. */
int netns_add_own(struct netns_list *list, struct err *e);
void netns_release(struct netns_list *list);

/* Calls fn in a thread of its own that has entered the namespace. Its result; ERR_OPEN when entering is not
 * permitted. */
int netns_run(const struct netns *ns, int (*fn)(void *arg, struct err *e), void *arg, struct err *e);

#endif
