/*
 * probe_check.c - what this machine can do, for --check: each need of the probe by itself, so that what is missing
 * has a name.
 */
#include "capture/probe.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"

static bool line(struct buf *out, bool ok, const char *what, const char *otherwise)
{
	buf_printf(out, "%-4s %s%s%s\n", ok ? "ok" : "NO", what, ok ? "" : ": ", ok ? "" : otherwise);
	return ok;
}

static bool kernel_is_new(char *ret_release, size_t room)
{
	struct utsname name;
	unsigned int major = 0;
	unsigned int minor = 0;

	if (uname(&name) != 0) {
		return false;
	}
	snprintf(ret_release, room, "%s", name.release);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2) {
		return false;
	}
	return major > 5 || (major == 5 && minor >= 8);
}

static bool has_tracepoint(const char *name)
{
	return libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP) > 0;
}

bool probe_check(struct buf *out)
{
	struct probe_options opt = { .ring_bytes = 1u << 20, .all_syscalls = true, .self = (int32_t)getpid() };
	struct probe *p = NULL;
	struct err e;
	char release[80] = "?";
	char text[160];
	bool ok;

	err_init(&e);
	ok = kernel_is_new(release, sizeof(release));
	snprintf(text, sizeof(text), "kernel %s", release);
	ok = line(out, ok, text, "5.8 or later is needed (BPF ring buffers)");
	ok = line(out, access("/sys/kernel/btf/vmlinux", R_OK) == 0, "types of the kernel (/sys/kernel/btf/vmlinux)",
		  "it was built without CONFIG_DEBUG_INFO_BTF") && ok;
	ok = line(out, has_tracepoint("sys_enter") && has_tracepoint("sys_exit"), "tracepoints of system calls",
		  "it was built without CONFIG_FTRACE_SYSCALLS") && ok;
	line(out, has_tracepoint("page_fault_user"), "tracepoints of page faults", "not recorded on this kernel");
	if (probe_open(&opt, &p, &e) != 0) {
		line(out, false, "loading and attaching the programs", e.message);
		return false;
	}
	line(out, true, "loading and attaching the programs", "");
	probe_close(p);
	return ok;
}
