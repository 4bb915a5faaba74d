/*
 * probe_number.c - from the kernel's flags and enumerations to the event schema's own numbers. Only arithmetic.
 */
#include "capture/probe_build.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "schema/schema.h"

/* The kernel's own value, which the C library hides on 64-bit machines. */
#if defined(__aarch64__)
#define KERNEL_O_LARGEFILE 0400000
#else
#define KERNEL_O_LARGEFILE 0100000
#endif
#define KERNEL_TMPFILE 020000000	/* O_TMPFILE without O_DIRECTORY */
#define KERNEL_SYNC 04000000		/* O_SYNC without O_DSYNC */
#define FMODE_CREATED 0x100000u

struct bit {
	uint64_t kernel;
	uint64_t schema;
};

static uint64_t map_bits(const struct bit *bits, size_t count, uint64_t x)
{
	uint64_t out = 0;

	for (size_t i = 0; i < count; i++) {
		if ((x & bits[i].kernel) == bits[i].kernel) {
			out |= bits[i].schema;
		}
	}
	return out;
}

/* For enumerations: the other side of the first row that is equal, or otherwise. */
static uint64_t map_value(const struct bit *rows, size_t count, uint64_t x, uint64_t otherwise)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].kernel == x) {
			return rows[i].schema;
		}
	}
	return otherwise;
}

static const struct bit open_bits[] = {
	{ O_CREAT, PPM_O_CREAT }, { O_APPEND, PPM_O_APPEND }, { O_DSYNC, PPM_O_DSYNC }, { O_EXCL, PPM_O_EXCL },
	{ O_NONBLOCK, PPM_O_NONBLOCK }, { KERNEL_SYNC, PPM_O_SYNC }, { O_TRUNC, PPM_O_TRUNC }, { O_DIRECT, PPM_O_DIRECT },
	{ O_DIRECTORY, PPM_O_DIRECTORY }, { KERNEL_O_LARGEFILE, PPM_O_LARGEFILE }, { O_CLOEXEC, PPM_O_CLOEXEC },
	{ KERNEL_TMPFILE, PPM_O_TMPFILE },
};

static uint64_t open_flags(uint64_t flags)
{
	static const uint64_t access[] = { PPM_O_RDONLY, PPM_O_WRONLY, PPM_O_RDWR, 0 };

	return access[flags & O_ACCMODE] | map_bits(open_bits, ARRAY_LEN(open_bits), flags);
}

/* Of descriptors that are not opened: no access mode. */
static uint64_t descriptor_flags(uint64_t flags)
{
	return map_bits(open_bits, ARRAY_LEN(open_bits), flags & ~(uint64_t)O_ACCMODE);
}

bool open_flags_create(uint64_t flags)
{
	return (flags & (O_CREAT | KERNEL_TMPFILE)) != 0;
}

uint64_t convert_open_flags(uint64_t flags, const struct build_item *file)
{
	uint64_t out = open_flags(flags);
	uint32_t layer = build_u32(file, offsetof(struct record_file, layer));

	if (build_u32(file, offsetof(struct record_file, open_mode)) & FMODE_CREATED) {
		out |= PPM_O_F_CREATED;
	}
	if (layer == RECORD_LAYER_UPPER) {
		out |= PPM_FD_UPPER_LAYER;
	} else if (layer == RECORD_LAYER_LOWER) {
		out |= PPM_FD_LOWER_LAYER;
	}
	return out;
}

uint64_t convert_device(uint32_t kernel)
{
	uint32_t major = kernel >> 20;
	uint32_t minor = kernel & 0xfffff;

	return (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

static const struct bit clone_bits[] = {
	{ CLONE_FILES, PPM_CL_CLONE_FILES }, { CLONE_FS, PPM_CL_CLONE_FS }, { CLONE_IO, PPM_CL_CLONE_IO },
	{ CLONE_NEWIPC, PPM_CL_CLONE_NEWIPC }, { CLONE_NEWNET, PPM_CL_CLONE_NEWNET }, { CLONE_NEWNS, PPM_CL_CLONE_NEWNS },
	{ CLONE_NEWPID, PPM_CL_CLONE_NEWPID }, { CLONE_NEWUTS, PPM_CL_CLONE_NEWUTS }, { CLONE_PARENT, PPM_CL_CLONE_PARENT },
	{ CLONE_PARENT_SETTID, PPM_CL_CLONE_PARENT_SETTID }, { CLONE_PTRACE, PPM_CL_CLONE_PTRACE },
	{ CLONE_SIGHAND, PPM_CL_CLONE_SIGHAND }, { CLONE_SYSVSEM, PPM_CL_CLONE_SYSVSEM }, { CLONE_THREAD, PPM_CL_CLONE_THREAD },
	{ CLONE_UNTRACED, PPM_CL_CLONE_UNTRACED }, { CLONE_VM, PPM_CL_CLONE_VM }, { CLONE_NEWUSER, PPM_CL_CLONE_NEWUSER },
	{ CLONE_CHILD_CLEARTID, PPM_CL_CLONE_CHILD_CLEARTID }, { CLONE_CHILD_SETTID, PPM_CL_CLONE_CHILD_SETTID },
	{ CLONE_SETTLS, PPM_CL_CLONE_SETTLS }, { CLONE_VFORK, PPM_CL_CLONE_VFORK }, { CLONE_NEWCGROUP, PPM_CL_CLONE_NEWCGROUP },
};

static const struct bit map_flag_bits[] = {
	{ MAP_SHARED, PPM_MAP_SHARED }, { MAP_PRIVATE, PPM_MAP_PRIVATE }, { MAP_FIXED, PPM_MAP_FIXED },
	{ MAP_ANONYMOUS, PPM_MAP_ANONYMOUS },
#ifdef MAP_32BIT
	{ MAP_32BIT, PPM_MAP_32BIT },
#endif
	{ MAP_NORESERVE, PPM_MAP_NORESERVE }, { MAP_POPULATE, PPM_MAP_POPULATE }, { MAP_NONBLOCK, PPM_MAP_NONBLOCK },
	{ MAP_GROWSDOWN, PPM_MAP_GROWSDOWN }, { MAP_DENYWRITE, PPM_MAP_DENYWRITE }, { MAP_EXECUTABLE, PPM_MAP_EXECUTABLE },
	{ MAP_LOCKED, PPM_MAP_LOCKED },
};

static const struct bit protection_bits[] = {
	{ PROT_READ, PPM_PROT_READ }, { PROT_WRITE, PPM_PROT_WRITE }, { PROT_EXEC, PPM_PROT_EXEC }, { 0x8, PPM_PROT_SEM },
	{ PROT_GROWSDOWN, PPM_PROT_GROWSDOWN }, { PROT_GROWSUP, PPM_PROT_GROWSUP },
};

static const struct bit fcntl_rows[] = {
	{ F_DUPFD, PPM_FCNTL_F_DUPFD }, { F_GETFD, PPM_FCNTL_F_GETFD }, { F_SETFD, PPM_FCNTL_F_SETFD },
	{ F_GETFL, PPM_FCNTL_F_GETFL }, { F_SETFL, PPM_FCNTL_F_SETFL }, { 5, PPM_FCNTL_F_GETLK }, { 6, PPM_FCNTL_F_SETLK },
	{ 7, PPM_FCNTL_F_SETLKW }, { 8, PPM_FCNTL_F_SETOWN }, { 9, PPM_FCNTL_F_GETOWN }, { 10, PPM_FCNTL_F_SETSIG },
	{ 11, PPM_FCNTL_F_GETSIG }, { 12, PPM_FCNTL_F_GETLK64 }, { 13, PPM_FCNTL_F_SETLK64 }, { 14, PPM_FCNTL_F_SETLKW64 },
	{ 15, PPM_FCNTL_F_SETOWN_EX }, { 16, PPM_FCNTL_F_GETOWN_EX }, { 36, PPM_FCNTL_F_OFD_GETLK }, { 37, PPM_FCNTL_F_OFD_SETLK },
	{ 38, PPM_FCNTL_F_OFD_SETLKW }, { 1024, PPM_FCNTL_F_SETLEASE }, { 1025, PPM_FCNTL_F_GETLEASE }, { 1026, PPM_FCNTL_F_NOTIFY },
	{ 1029, PPM_FCNTL_F_CANCELLK }, { F_DUPFD_CLOEXEC, PPM_FCNTL_F_DUPFD_CLOEXEC }, { 1031, PPM_FCNTL_F_SETPIPE_SZ },
	{ 1032, PPM_FCNTL_F_GETPIPE_SZ },
};

/* struct open_how's resolve. */
static const struct bit resolve_bits[] = {
	{ 0x01, PPM_RESOLVE_NO_XDEV }, { 0x02, PPM_RESOLVE_NO_MAGICLINKS }, { 0x04, PPM_RESOLVE_NO_SYMLINKS },
	{ 0x08, PPM_RESOLVE_BENEATH }, { 0x10, PPM_RESOLVE_IN_ROOT }, { 0x20, PPM_RESOLVE_CACHED },
};

static const struct bit semctl_rows[] = {
	{ IPC_STAT, PPM_IPC_STAT }, { IPC_SET, PPM_IPC_SET }, { IPC_RMID, PPM_IPC_RMID }, { IPC_INFO, PPM_IPC_INFO },
	{ SEM_INFO, PPM_SEM_INFO }, { SEM_STAT, PPM_SEM_STAT }, { GETALL, PPM_GETALL }, { GETNCNT, PPM_GETNCNT },
	{ GETPID, PPM_GETPID }, { GETVAL, PPM_GETVAL }, { GETZCNT, PPM_GETZCNT }, { SETALL, PPM_SETALL }, { SETVAL, PPM_SETVAL },
};

static const struct bit ptrace_rows[] = {
	{ 0, PPM_PTRACE_TRACEME }, { 1, PPM_PTRACE_PEEKTEXT }, { 2, PPM_PTRACE_PEEKDATA }, { 3, PPM_PTRACE_PEEKUSR },
	{ 4, PPM_PTRACE_POKETEXT }, { 5, PPM_PTRACE_POKEDATA }, { 6, PPM_PTRACE_POKEUSR }, { 7, PPM_PTRACE_CONT },
	{ 8, PPM_PTRACE_KILL }, { 9, PPM_PTRACE_SINGLESTEP }, { 12, PPM_PTRACE_GETREGS }, { 13, PPM_PTRACE_SETREGS },
	{ 14, PPM_PTRACE_GETFPREGS }, { 15, PPM_PTRACE_SETFPREGS }, { 16, PPM_PTRACE_ATTACH }, { 17, PPM_PTRACE_DETACH },
	{ 18, PPM_PTRACE_GETFPXREGS }, { 19, PPM_PTRACE_SETFPXREGS }, { 21, PPM_PTRACE_OLDSETOPTIONS }, { 24, PPM_PTRACE_SYSCALL },
	{ 25, PPM_PTRACE_GET_THREAD_AREA }, { 26, PPM_PTRACE_SET_THREAD_AREA }, { 30, PPM_PTRACE_ARCH_PRCTL },
	{ 31, PPM_PTRACE_SYSEMU }, { 32, PPM_PTRACE_SYSEMU_SINGLESTEP }, { 33, PPM_PTRACE_SINGLEBLOCK },
	{ 0x4200, PPM_PTRACE_SETOPTIONS }, { 0x4201, PPM_PTRACE_GETEVENTMSG }, { 0x4202, PPM_PTRACE_GETSIGINFO },
	{ 0x4203, PPM_PTRACE_SETSIGINFO }, { 0x4204, PPM_PTRACE_GETREGSET }, { 0x4205, PPM_PTRACE_SETREGSET },
	{ 0x4206, PPM_PTRACE_SEIZE }, { 0x4207, PPM_PTRACE_INTERRUPT }, { 0x4208, PPM_PTRACE_LISTEN },
	{ 0x4209, PPM_PTRACE_PEEKSIGINFO }, { 0x420a, PPM_PTRACE_GETSIGMASK }, { 0x420b, PPM_PTRACE_SETSIGMASK },
};

static const struct bit uring_bits[] = {
	{ 1u << 0, PPM_IORING_SETUP_IOPOLL }, { 1u << 1, PPM_IORING_SETUP_SQPOLL }, { 1u << 2, PPM_IORING_SETUP_SQ_AFF },
	{ 1u << 3, PPM_IORING_SETUP_CQSIZE }, { 1u << 4, PPM_IORING_SETUP_CLAMP }, { 1u << 5, PPM_IORING_SETUP_ATTACH_WQ },
	{ 1u << 6, PPM_IORING_SETUP_R_DISABLED },
};

/* quotactl's commands, without the type in the low byte. */
static const struct bit quota_rows[] = {
	{ 0x800001, PPM_Q_SYNC }, { 0x800002, PPM_Q_QUOTAON }, { 0x800003, PPM_Q_QUOTAOFF }, { 0x800004, PPM_Q_GETFMT },
	{ 0x800005, PPM_Q_GETINFO }, { 0x800006, PPM_Q_SETINFO }, { 0x800007, PPM_Q_GETQUOTA }, { 0x800008, PPM_Q_SETQUOTA },
	{ 0x5801, PPM_Q_XQUOTAON }, { 0x5802, PPM_Q_XQUOTAOFF }, { 0x5803, PPM_Q_XGETQUOTA }, { 0x5804, PPM_Q_XSETQLIM },
	{ 0x5805, PPM_Q_XGETQSTAT }, { 0x5806, PPM_Q_XQUOTARM }, { 0x5807, PPM_Q_XQUOTASYNC }, { 0x5808, PPM_Q_XGETQSTATV },
};

static const struct bit quota_format_rows[] = {
	{ 1, PPM_QFMT_VFS_OLD }, { 2, PPM_QFMT_VFS_V0 }, { 4, PPM_QFMT_VFS_V1 },
};

static const struct bit semget_bits[] = { { IPC_CREAT, PPM_IPC_CREAT }, { IPC_EXCL, PPM_IPC_EXCL } };
static const struct bit semop_bits[] = { { IPC_NOWAIT, PPM_IPC_NOWAIT }, { SEM_UNDO, PPM_SEM_UNDO } };
static const struct bit fchownat_bits[] = { { AT_SYMLINK_NOFOLLOW, 1024 }, { AT_EMPTY_PATH, PPM_AT_EMPTY_PATH } };
static const struct bit epoll_bits[] = { { EPOLL_CLOEXEC, PPM_EPOLL_CLOEXEC } };
static const struct bit pidfd_bits[] = { { O_NONBLOCK, PPM_PIDFD_NONBLOCK } };
static const struct bit delete_bits[] = {
	{ O_TRUNC, PPM_DELETE_MODULE_O_TRUNC }, { O_NONBLOCK, PPM_DELETE_MODULE_O_NONBLOCK },
};
static const struct bit socket_bits[] = { { SOCK_NONBLOCK, PPM_O_NONBLOCK }, { SOCK_CLOEXEC, PPM_O_CLOEXEC } };

#define BITS(table) map_bits(table, ARRAY_LEN(table), x)
#define VALUE(table, otherwise) map_value(table, ARRAY_LEN(table), x, otherwise)

static uint64_t quota_type(uint64_t command)
{
	uint64_t type = command & 0xff;

	return type == 0 ? PPM_USRQUOTA : type == 1 ? PPM_GRPQUOTA : 0;
}

uint64_t convert_number(unsigned int what, uint64_t x)
{
	switch (what) {
	case CONVERT_OPEN:
		return descriptor_flags(x);
	case CONVERT_CLONE:
		return BITS(clone_bits);
	case CONVERT_PROTECTION:
		return BITS(protection_bits);
	case CONVERT_MAP:
		return BITS(map_flag_bits);
	case CONVERT_MODE:
		return x & 07777;
	case CONVERT_MODE_TYPE:
		return x & 0177777;
	case CONVERT_SOCKET_FLAGS:
		return BITS(socket_bits);
	case CONVERT_FCNTL:
		x = (uint32_t)x;
		return VALUE(fcntl_rows, PPM_FCNTL_UNKNOWN);
	case CONVERT_FCHOWNAT:
		return BITS(fchownat_bits);
	case CONVERT_SHUTDOWN:
		return x <= 2 ? x : PPM_SHUT_UNKNOWN;
	case CONVERT_WHENCE:
	case CONVERT_FAMILY:
	case CONVERT_RENAME:
		return x;
	case CONVERT_RESOURCE:
		return x <= 15 ? x : PPM_RLIMIT_UNKNOWN;
	case CONVERT_RESOLVE:
		return BITS(resolve_bits);
	case CONVERT_SEMCTL:
		x &= ~UINT64_C(0x100);	/* IPC_64 */
		return VALUE(semctl_rows, 0);
	case CONVERT_SEMGET:
		return BITS(semget_bits);
	case CONVERT_SEMOP:
		return BITS(semop_bits);
	case CONVERT_PTRACE:
		return VALUE(ptrace_rows, PPM_PTRACE_UNKNOWN);
	case CONVERT_EPOLL_CREATE:
		return BITS(epoll_bits);
	case CONVERT_PIDFD:
		return BITS(pidfd_bits);
	case CONVERT_DELETE_MODULE:
		return BITS(delete_bits);
	case CONVERT_URING_SETUP:
		return BITS(uring_bits);
	case CONVERT_MOUNT:
		/* Programs of old put a magic number into the upper half. */
		return (x & 0xffff0000) == 0xc0ed0000 ? x & 0xffff : x;
	case CONVERT_QUOTA:
		x = (uint32_t)x >> 8;
		return VALUE(quota_rows, 0);
	case CONVERT_QUOTA_TYPE:
		return quota_type(x);
	case CONVERT_QUOTA_FORMAT:
		return VALUE(quota_format_rows, PPM_QFMT_NOT_USED);
	case CONVERT_TIMER:
		return 0;	/* one byte has no room for TFD_CLOEXEC and TFD_NONBLOCK; writers of the format leave 0 */
	default:
		return x;
	}
}
