/*
 * snapshot_net.c - every network namespace that a process is in: its sockets and the addresses of its interfaces.
 *
 * The thread enters each namespace once and comes back at the end; when it could not come back the snapshot fails, for
 * the recorder must not go on in a foreign one.
 */
#include "capture/snapshot_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/limits.h"
#include "capture/proc_read.h"
#include "capture/sock_diag.h"
#include "capture/sock_proc.h"

#define SELF_NET "/proc/thread-self/ns/net"

uint64_t snapshot_ns(int dir_fd, const char *path)
{
	struct stat st;

	return fstatat(dir_fd, path, &st, 0) == 0 ? st.st_ino : 0;
}

/* ---- interfaces ---- */

static void copy_address(uint8_t *to, const struct sockaddr *from, bool v6)
{
	if (from == NULL || from->sa_family != (v6 ? AF_INET6 : AF_INET)) {
		return;
	}
	if (v6) {
		struct sockaddr_in6 a;

		memcpy(&a, from, sizeof(a));
		memcpy(to, &a.sin6_addr, 16);
	} else {
		struct sockaddr_in a;

		memcpy(&a, from, sizeof(a));
		memcpy(to, &a.sin_addr, 4);
	}
}

/* Loopback is in every namespace: the same name with the same address is told once. */
static bool known(struct snapshot *s, const struct scap_interface *row)
{
	uint64_t seed = hash_seed(s);
	uint64_t key = hash_bytes(hash_bytes(seed, row->name, strlen(row->name)), row->ip, sizeof(row->ip)) + row->v6;

	if (map_get(&s->interfaces_known, key) != 0) {
		return true;
	}
	map_set(&s->interfaces_known, key, 1);
	return false;
}

static int add_interface(struct snapshot *s, const struct ifaddrs *a)
{
	bool v6 = a->ifa_addr->sa_family == AF_INET6;
	struct scap_interface row = { .v6 = v6, .name = a->ifa_name };
	void *rows = s->interfaces;
	struct scap_interface *copy;

	copy_address(row.ip, a->ifa_addr, v6);
	copy_address(row.mask, a->ifa_netmask, v6);
	if ((a->ifa_flags & IFF_BROADCAST) != 0) {
		copy_address(row.broadcast, a->ifa_broadaddr, v6);
	}
	if (known(s, &row) || s->interface_count >= LIMIT_INTERFACES) {
		return 0;
	}
	copy = snapshot_grow(&rows, s->interface_count, &s->interface_cap, LIMIT_INTERFACES, sizeof(*copy));
	s->interfaces = rows;
	row.name = snapshot_text(s, a->ifa_name, strlen(a->ifa_name) + 1).s;
	if (copy == NULL || row.name == NULL) {
		return ERR_NOMEM;
	}
	*copy = row;
	s->interface_count++;
	return 0;
}

static int list_interfaces(struct snapshot *s)
{
	struct ifaddrs *list = NULL;
	int rc = 0;

	if (getifaddrs(&list) != 0) {
		return 0;
	}
	for (const struct ifaddrs *a = list; a != NULL && rc == 0; a = a->ifa_next) {
		if (a->ifa_addr != NULL && (a->ifa_addr->sa_family == AF_INET || a->ifa_addr->sa_family == AF_INET6)) {
			rc = add_interface(s, a);
		}
	}
	freeifaddrs(list);
	return rc;
}

/* ---- namespaces ---- */

/* /proc/net/unix shows addresses to the privileged with this setting only. */
static bool addresses_shown(struct snapshot *s)
{
	return s->opt.unix_address == NULL && proc_read(s->proc_fd, "sys/kernel/kptr_restrict", 8, &s->text) == 0 &&
	       s->text.len > 0 && s->text.data[0] == '1';
}

static bool enter(int pid_fd)
{
	int fd = openat(pid_fd, "ns/net", O_RDONLY | O_CLOEXEC);
	bool entered = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;

	if (fd >= 0) {
		close(fd);
	}
	return entered;
}

struct net_walk {
	struct snapshot *s;
	int home_fd;		/* the namespace to come back to; -1: not known, none is entered */
	bool away, addresses;
	struct map done;
};

static int go_home(struct net_walk *w, struct err *e)
{
	if (w->away && setns(w->home_fd, CLONE_NEWNET) != 0) {
		return err_set(e, ERR_IO, "cannot return to the recorder's own network namespace: %s", strerror(errno));
	}
	w->away = false;
	return 0;
}

/* By netlink, from inside. *ret_told: what came whole. */
static int ask_inside(struct net_walk *w, const struct snap_process *p, int pid_fd, unsigned int *ret_told,
		      struct err *e)
{
	struct snapshot *s = w->s;
	int rc;

	*ret_told = 0;
	if (p->net_ns == 0) {
		return 0;
	}
	if (p->net_ns == s->self_net_ns) {
		rc = go_home(w, e);
		return rc == 0 ? sock_diag_list(&s->socks, ret_told) : rc;
	}
	if (w->home_fd < 0 || !enter(pid_fd)) {
		s->counts.namespaces_denied++;
		return 0;
	}
	w->away = true;
	rc = sock_diag_list(&s->socks, ret_told);
	return rc == 0 ? list_interfaces(s) : rc;
}

static int one_namespace(struct net_walk *w, const struct snap_process *p, struct err *e)
{
	unsigned int told;
	char name[24];
	int pid_fd;
	int rc;

	if (map_get(&w->done, p->net_ns) != 0 || w->done.count >= LIMIT_NAMESPACES) {
		return 0;
	}
	snprintf(name, sizeof(name), "%lld", (long long)p->pid);
	pid_fd = openat(w->s->proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pid_fd < 0 || snapshot_ns(pid_fd, "ns/net") != p->net_ns) {
		rc = 0;	/* gone or elsewhere: another process of the namespace shows it */
		goto out;
	}
	rc = map_set(&w->done, p->net_ns, 1);
	if (rc == 0) {
		w->s->counts.namespaces++;
		rc = ask_inside(w, p, pid_fd, &told, e);
	}
	if (rc == 0) {
		rc = sock_proc_list(&w->s->socks, pid_fd, told, w->addresses);
	}
	rc = rc == ERR_LIMIT ? 0 : rc;
out:
	if (pid_fd >= 0) {
		close(pid_fd);
	}
	return rc;
}

int snapshot_networks(struct snapshot *s, struct err *e)
{
	struct net_walk w = { .s = s,
			      .home_fd = open(SELF_NET, O_RDONLY | O_CLOEXEC),
			      .addresses = addresses_shown(s) };
	int rc = list_interfaces(s);
	int back;

	map_init(&w.done);
	for (uint32_t i = 0; i < s->process_count && rc == 0; i++) {
		const struct snap_process *p = &s->processes[i];

		/* Threads of the kernel have no descriptors. */
		if (p->net_ns != 0 || p->fd_count > 0) {
			rc = one_namespace(&w, p, e);
		}
	}
	back = go_home(&w, e);
	map_release(&w.done);
	if (w.home_fd >= 0) {
		close(w.home_fd);
	}
	return back != 0 ? back : rc;
}
