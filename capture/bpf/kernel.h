/*
 * kernel.h - the fields of kernel structures that the programs read, and nothing else: libbpf finds their real
 * offsets in the BTF of the running kernel, so order and neighbours here mean nothing, and no kernel headers are
 * needed to build.
 *
 * A name after three underscores is another version of the same structure.
 */
#ifndef CAPTURE_BPF_KERNEL_H
#define CAPTURE_BPF_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
#ifndef bool
#define bool _Bool
#define true 1
#define false 0
#endif
#define NULL ((void *)0)

/*
 * A new version of Clang ignores the attribute on forward declarations: each structure is complete before its first
 * use.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
struct thread_info {
	u32 status;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	u64 regs[31];
	u64 sp, pc, pstate;
	u64 orig_x0;
	s32 syscallno;
};
struct thread_info {
	unsigned long flags;
};
#else
#error "the probe knows x86 and arm64"
#endif

typedef struct {
	u32 val;
} kuid_t;

typedef struct {
	u32 val;
} kgid_t;

struct cred {
	kuid_t uid, suid, euid;
	kgid_t gid, sgid, egid;
	/*
	 * One u64 since 6.3, two u32 before: the same bytes on little-endian machines, so only their address is
	 * taken.
	 */
	struct {
		u32 cap[2];
	} cap_inheritable, cap_permitted, cap_effective;
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
};

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

struct inode {
	u16 i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	s64 i_ctime_sec, i_mtime_sec;	/* since 6.11 */
	u32 i_ctime_nsec, i_mtime_nsec;
};

struct inode___seconds {	/* 6.6 to 6.10 */
	struct timespec64 __i_ctime, __i_mtime;
};

struct inode___old {	/* i_mtime up to 6.6, i_ctime up to 6.5 */
	struct timespec64 i_ctime, i_mtime;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	void *d_fsdata;
	unsigned int d_flags;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

/* Only a place to look through: its first member is a pointer to a file. */
struct kiocb {
	struct file *ki_filp;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct kernfs_node {
	const char *name;
	struct kernfs_node *parent;
};

struct kernfs_node___new {	/* since 6.15 */
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[8];
	struct cgroup *dfl_cgrp;
};

enum cgroup_subsys_id {
	cpuset_cgrp_id, cpu_cgrp_id, cpuacct_cgrp_id, io_cgrp_id, memory_cgrp_id,
};

struct task_struct;

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct task_struct *child_reaper;
	unsigned int level;
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
};

struct tty_driver {
	int major, minor_start;
};

struct tty_struct {
	int index;
	struct tty_driver *driver;
};

struct rlimit {
	unsigned long rlim_cur, rlim_max;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
	struct list_head thread_head;
	struct pid *pids[4];	/* by thread, by process, by group, by session */
	struct tty_struct *tty;
	struct rlimit rlim[16];
	unsigned int is_child_subreaper : 1;
	unsigned int has_child_subreaper : 1;
};

struct percpu_counter {
	s64 count;
};

struct mm_struct {
	unsigned long total_vm, arg_start, arg_end, env_start, env_end;
	struct percpu_counter rss_stat[4];
	struct file *exe_file;
};

typedef struct {
	long counter;
} atomic_long_t;

struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct___old {	/* up to 6.1 */
	struct mm_rss_stat rss_stat;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int exit_state, exit_code;
	s32 pid, tgid;
	struct task_struct *real_parent, *group_leader;
	struct list_head children;
	struct list_head thread_node;
	struct pid *thread_pid;
	u64 start_boottime;
	unsigned long min_flt, maj_flt;
	struct cred *cred;
	char comm[16];
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	struct css_set *cgroups;
	struct mm_struct *mm;
};

struct linux_binprm {
	const char *filename;
};

struct in6_addr {
	union {
		u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	u32 skc_daddr, skc_rcv_saddr;
	u16 skc_dport, skc_num, skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_type, sk_protocol;
	u32 sk_ack_backlog, sk_max_ack_backlog;
};

struct inet_sock {
	struct sock sk;
	u32 inet_saddr;
};

struct tcp_sock {
	u32 write_seq, copied_seq, snd_nxt, rcv_nxt;
	u64 bytes_sent, bytes_retrans, bytes_received;
};

struct sockaddr_un {
	u16 sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[1];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct socket {
	struct sock *sk;
};

union __sifields {
	struct {
		int _pid;
	} _kill;
};

struct kernel_siginfo {
	int si_signo, si_errno, si_code;
	union __sifields _sifields;
};

#pragma clang attribute pop

/* Says of any address what the verifier is to take it for: since 6.2. */
extern void *bpf_rdonly_cast(const void *p, u32 type) __ksym __weak;

enum special_kfunc_type {
	KF_bpf_rdonly_cast = 1,
};

static __always_inline bool can_cast(void)
{
	return bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast);
}

/*
 * A field of the structure at p, 0 when p leads nowhere. Where the kernel lets us, by a plain load, a tenth of what
 * the helper takes; which of both is decided when the program is loaded.
 */
#define GET(p, field) ({ \
	__typeof__(p) get_p = (p); \
	__typeof__(get_p->field) get_v; \
	if (can_cast()) { \
		__typeof__(p) get_k = bpf_rdonly_cast((const void *)get_p, bpf_core_type_id_kernel(__typeof__(*get_p))); \
		get_v = get_k->field; \
	} else { \
		get_v = BPF_CORE_READ(get_p, field); \
	} \
	get_v; \
})

/* Numbers of the kernel's that no UAPI header of a BPF program gives. */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM_TYPE 1
#define IPPROTO_TCP_NUMBER 6
#define MODE_TYPE 0170000
#define MODE_SOCKET 0140000
#define MODE_REGULAR 0100000
#define FLAG_KERNEL_THREAD 0x00200000u	/* PF_KTHREAD */
#define OVERLAY_MAGIC 0x794c7630
#define TMPFS_MAGIC 0x01021994
#define RLIMIT_FILES 7
#define TCP_IS_ESTABLISHED 1
#define TCP_IS_SYN_SENT 2
#define TCP_IS_CLOSED 7
#define TCP_IS_CLOSE_WAIT 8
#define TCP_IS_LISTEN 10
#define RESULT_IN_PROGRESS (-115)

#endif
