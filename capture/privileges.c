/*
 * privileges.c - see privileges.h. The kernel's own calls: the sets are small, and no library is needed for them.
 */
#include "capture/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

/* What --check tells of each. */
static const struct {
	int number;
	bool needed;
	const char *name, *what;
} rows[] = {
	{ CAP_BPF, true, "CAP_BPF", "loads the programs" },
	{ CAP_PERFMON, true, "CAP_PERFMON", "attaches them" },
	{ CAP_SYS_PTRACE, false, "CAP_SYS_PTRACE", "descriptors, environments of other users' processes at the start" },
	{ CAP_DAC_READ_SEARCH, false, "CAP_DAC_READ_SEARCH", "names and images of containers, /proc of other users" },
	{ CAP_SYS_ADMIN, false, "CAP_SYS_ADMIN", "sockets and packets of other network namespaces" },
	{ CAP_NET_RAW, false, "CAP_NET_RAW", "packets (-i)" },
	{ CAP_NET_ADMIN, false, "CAP_NET_ADMIN", "promiscuous mode, all sockets by netlink" },
	{ CAP_SYS_NICE, false, "CAP_SYS_NICE", "priority over what it records" },
};

static bool get_sets(struct __user_cap_data_struct sets[2])
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };

	return syscall(SYS_capget, &head, sets) == 0;
}

static bool set_sets(const struct __user_cap_data_struct sets[2])
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };

	return syscall(SYS_capset, &head, sets) == 0;
}

bool privileges_have(int capability)
{
	struct __user_cap_data_struct sets[2];

	return get_sets(sets) && (sets[capability / 32].effective >> (capability % 32) & 1) != 0;
}

int privileges_user(const char *name, struct privileges_user *ret_u, struct err *e)
{
	char *end;
	unsigned long number = strtoul(name, &end, 10);
	const struct passwd *pw =
		*end == '\0' && name[0] >= '0' && name[0] <= '9' ? getpwuid((uid_t)number) : getpwnam(name);

	if (pw == NULL) {
		return err_set(e, ERR_USAGE, "no user '%s' on this machine", name);
	}
	ret_u->given = true;
	ret_u->uid = pw->pw_uid;
	ret_u->gid = pw->pw_gid;
	snprintf(ret_u->name, sizeof(ret_u->name), "%s", pw->pw_name);
	return 0;
}

/* Reading counters of loaded programs was for CAP_BPF only until Linux 5.19, where unprivileged BPF is off. */
static bool counters_need_cap(void)
{
	struct utsname u;
	unsigned int major = 0, minor = 0;

	return uname(&u) != 0 || sscanf(u.release, "%u.%u", &major, &minor) != 2 || major < 5 ||
	       (major == 5 && minor < 19);
}

static void add(uint64_t *set, int capability)
{
	*set |= UINT64_C(1) << capability;
}

static uint64_t to_keep(const struct privileges_plan *plan)
{
	uint64_t set = 0;

	if (counters_need_cap()) {
		add(&set, CAP_BPF);
	}
	if (plan->snapshots) {
		add(&set, CAP_SYS_PTRACE);
		add(&set, CAP_DAC_READ_SEARCH);
		add(&set, CAP_SYS_ADMIN);
		add(&set, CAP_NET_ADMIN);
	}
	if (plan->files && !plan->user.given && geteuid() == 0) {
		add(&set, CAP_DAC_OVERRIDE);
		add(&set, CAP_FOWNER);
	}
	return set;
}

static int become(const struct privileges_user *u, struct err *e)
{
	if (prctl(PR_SET_KEEPCAPS, 1) != 0 || setgroups(0, NULL) != 0 || initgroups(u->name, u->gid) != 0 ||
	    setresgid(u->gid, u->gid, u->gid) != 0 || setresuid(u->uid, u->uid, u->uid) != 0) {
		return err_set(e, ERR_OPEN, "cannot become user '%s': %s", u->name, strerror(errno));
	}
	return 0;
}

int privileges_drop(const struct privileges_plan *plan, struct err *e)
{
	struct __user_cap_data_struct sets[2];
	uint64_t keep = to_keep(plan);
	int rc = plan->user.given ? become(&plan->user, e) : 0;

	if (rc != 0) {
		return rc;
	}
	if (!get_sets(sets)) {
		return err_set(e, ERR_OPEN, "cannot read the own capabilities: %s", strerror(errno));
	}
	for (unsigned int i = 0; i < 2; i++) {
		sets[i].permitted &= (uint32_t)(keep >> (32 * i));
		sets[i].effective = sets[i].permitted;
		sets[i].inheritable = 0;
	}
	if (!set_sets(sets)) {
		return err_set(e, ERR_OPEN, "cannot give up capabilities: %s", strerror(errno));
	}
	return 0;
}

bool privileges_check(struct buf *out)
{
	/* Before there was CAP_BPF, and still, CAP_SYS_ADMIN stands for it. */
	bool admin = privileges_have(CAP_SYS_ADMIN);
	bool enough = true;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool have = privileges_have(rows[i].number) || (admin && rows[i].needed);

		buf_printf(out, "%s  %-20s %s\n", have ? "ok" : "no", rows[i].name, rows[i].what);
		enough = enough && (have || !rows[i].needed);
	}
	return enough;
}
