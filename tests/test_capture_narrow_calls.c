/*
 * test_capture_narrow_calls.c - calls of 32-bit programs, by their own numbers and with structures of their own, made
 * here by the old trap from a 64-bit process with all it points to in the lower 4 GiB. Numbers are those of the
 * kernel's arch/x86/entry/syscalls/syscall_32.tbl. Skipped on other machines, and where the kernel has no such table.
 */
#include "mkprobe.h"

#include <sys/mman.h>

void suite_capture_narrow_calls(CU_pSuite suite);

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)

enum {
	EXECVE_32 = 11, GETPID_32 = 20, SOCKETCALL_32 = 102, CLONE_32 = 120, WRITEV_32 = 146, SETUID32_32 = 213,
	FCNTL64_32 = 221, SENDMSG_32 = 370
};
enum { CALL_SOCKET = 1, CALL_SOCKETPAIR = 8, CALL_SEND = 9, CALL_SENDMSG = 16 };

#define CLONE_FILES_BIT 0x400
#define FD_OF_COPY 77

/* What a 32-bit program has in its memory. */
struct low {
	uint32_t vectors[4], message[7], args[6], argv[3];
	int32_t fds[2];
	char first[8], second[8], path[24];
};

static long trap(long number, long a, long b, long c)
{
	long ret = number;

	__asm__ volatile("int $0x80" : "+a"(ret) : "b"(a), "c"(b), "d"(c), "S"(0L), "D"(0L) : "memory", "r8", "r9", "r10", "r11");
	return (int32_t)ret;
}

static uint32_t address_of(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

/* Without the table the trap is a fault. */
static bool kernel_has_table(void)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(trap(GETPID_32, 0, 0, 0) == getpid() ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

static long socketcall(struct low *low, long which, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	uint32_t args[4] = { a, b, c, d };

	memcpy(low->args, args, sizeof(args));
	return trap(SOCKETCALL_32, which, address_of(low->args), 0);
}

static int32_t do_narrow(void)
{
	struct low *low =
		mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	uint32_t fd, other;
	long pid;

	if (low == MAP_FAILED) {
		return -1;
	}
	memcpy(low->first, "ab", sizeof("ab"));
	memcpy(low->second, "cde", sizeof("cde"));
	memcpy(low->path, "/no/such/narrow", sizeof("/no/such/narrow"));
	low->vectors[0] = address_of(low->first);
	low->vectors[1] = 2;
	low->vectors[2] = address_of(low->second);
	low->vectors[3] = 3;
	low->message[2] = address_of(low->vectors);
	low->message[3] = 2;
	low->argv[0] = address_of(low->first);
	low->argv[1] = address_of(low->second);
	/* Garbage behind the arguments that a call has is none of it. */
	memset(low->args, 0xff, sizeof(low->args));
	socketcall(low, CALL_SOCKET, AF_UNIX, SOCK_DGRAM, 0, UINT32_MAX);
	if (socketcall(low, CALL_SOCKETPAIR, AF_UNIX, SOCK_STREAM, 0, address_of(low->fds)) != 0) {
		return -1;
	}
	fd = (uint32_t)low->fds[0];
	other = (uint32_t)low->fds[1];
	trap(WRITEV_32, fd, address_of(low->vectors), 2);
	trap(SENDMSG_32, fd, address_of(low->message), 0);
	socketcall(low, CALL_SEND, other, address_of(low->second), 3, 0);
	socketcall(low, CALL_SENDMSG, other, address_of(low->message), 0, 0);
	trap(FCNTL64_32, fd, F_DUPFD, FD_OF_COPY);
	trap(SETUID32_32, (long)getuid(), 0, 0);
	trap(EXECVE_32, address_of(low->path), address_of(low->argv), 0);
	pid = trap(CLONE_32, CLONE_FILES_BIT | SIGCHLD, 0, 0);
	if (pid == 0) {
		_exit(0);
	}
	waitpid((pid_t)pid, NULL, 0);
	return (int32_t)fd;
}

static void test_capture_narrow_calls(void)
{
	const struct caught *k;
	struct catch c;

	if (!kernel_has_table()) {
		test_skip("the kernel has no calls of 32-bit programs");
		return;
	}
	if (!record_tree(&c, do_narrow)) {
		return;
	}
	CU_ASSERT(c.reported > 0);
	k = find(&c, EV_SYSCALL_WRITEV_X, 0);
	CU_ASSERT(number(k, 0) == 5 && number(k, 3) == 5 && bytes_are(k, 1, "abcde", 5));
	k = find(&c, EV_SOCKET_SOCKET_X, 0);
	CU_ASSERT(number(k, 0) > 0 && number(k, 1) == AF_UNIX && number(k, 2) == SOCK_DGRAM && number(k, 3) == 0);
	k = find(&c, EV_SOCKET_SOCKETPAIR_X, 0);
	CU_ASSERT(number(k, 0) == 0 && number(k, 1) == c.reported);
	for (unsigned int i = 0; i < 2; i++) {
		k = find(&c, EV_SOCKET_SENDMSG_X, i);
		CU_ASSERT(number(k, 0) == 5 && number(k, 3) == 5 && bytes_are(k, 1, "abcde", 5));
	}
	k = find(&c, EV_SOCKET_SENDTO_X, 0);
	CU_ASSERT(number(k, 0) == 3 && number(k, 3) == 3 && bytes_are(k, 1, "cde", 3));
	k = find(&c, EV_SYSCALL_FCNTL_X, 0);
	CU_ASSERT(number(k, 0) == FD_OF_COPY && number(k, 1) == c.reported && number(k, 2) == PPM_FCNTL_F_DUPFD);
	k = find(&c, EV_SYSCALL_SETUID_X, 0);
	CU_ASSERT(number(k, 0) == 0 && number(k, 1) == (int64_t)getuid());
	k = find(&c, EV_SYSCALL_EXECVE_19_X, 0);
	CU_ASSERT(number(k, 0) == -ENOENT && text_is(k, 1, "ab") && bytes_are(k, 2, "cde", 4) &&
		  text_is(k, 30, "/no/such/narrow"));
	CU_ASSERT_EQUAL(count_type(&c, EV_SYSCALL_CLONE_20_X), 2);
	k = find(&c, EV_SYSCALL_CLONE_20_X, 0);
	CU_ASSERT(number(k, 0) == 0 && (number(k, 15) & PPM_CL_CLONE_FILES) != 0);
	release(&c);
}

#else

static void test_capture_narrow_calls(void)
{
	test_skip("no calls of 32-bit programs here");
}

#endif

void suite_capture_narrow_calls(CU_pSuite suite)
{
	CU_add_test(suite, "test_capture_narrow_calls", test_capture_narrow_calls);
}
