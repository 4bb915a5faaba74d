/*
 * test_text.c - the text of parameters: what sysdig prints for the same bytes, worked out by hand
 * from its documented formats and from lines it printed for captures of 2018.
 */
#include "mkevent.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

#include "events/text.h"

/* Stands for the state: objects by number, in a table the test fills. */
#define REFS 8

struct fake_refs {
	bool known[REFS];
	struct text_ref ref[REFS];
	const char *cwd;
	unsigned int asked[REFS]; /* kind last asked for */
};

static bool fake_ref(const void *owner, const struct event *ev, unsigned int index,
		     unsigned int kind, struct text_ref *ret_ref)
{
	struct fake_refs *f = *(struct fake_refs *const *)owner;

	UNUSED_ARG(ev);
	if (kind == TEXT_REF_CWD) {
		if (f->cwd == NULL) {
			return false;
		}
		*ret_ref = (struct text_ref){ f->cwd, (uint32_t)strlen(f->cwd), 0, 0 };
		return true;
	}
	if (index >= REFS) {
		return false;
	}
	f->asked[index] = kind;
	if (!f->known[index]) {
		return false;
	}
	*ret_ref = f->ref[index];
	return true;
}

static struct fake_refs refs;
static struct fake_refs *const refs_owner = &refs;
static const struct text_ctx ctx = { fake_ref, &refs_owner, 0 };
static struct buf out;
static struct mkevent m;

static void know(unsigned int index, const char *s, char type, char l4)
{
	refs.known[index] = true;
	refs.ref[index] = (struct text_ref){ s, (uint32_t)strlen(s), type, l4 };
}

static void start(uint16_t type)
{
	memset(&refs, 0, sizeof(refs));
	mkevent_init(&m, type);
	/* Only compared with NULL by the code under test. */
	m.ev.thread = (const struct thread_view *)(const void *)&m;
}

static void check(const char *got, const char *want)
{
	if (strcmp(got, want) != 0) {
		printf("\nwant: %s\ngot:  %s\n", want, got);
	}
	CU_ASSERT_STRING_EQUAL(got, want);
}

static void expect_args(const char *want)
{
	mkevent_done(&m);
	buf_init(&out, 65536);
	text_args(&ctx, &m.ev, &out);
	check(buf_str(&out), want);
	CU_ASSERT(!out.failed);
	buf_release(&out);
}

static void expect_param(unsigned int i, const char *resolved, const char *plain)
{
	buf_init(&out, 65536);
	CU_ASSERT(text_param(&ctx, &m.ev, i, &out));
	check(buf_str(&out), resolved);
	buf_reset(&out);
	CU_ASSERT(text_param_plain(&ctx, &m.ev, i, &out));
	check(buf_str(&out), plain);
	buf_release(&out);
}

/* ---- whole lines ---- */

static void test_text_open(void)
{
	start(EV_SYSCALL_OPEN_X);
	mkevent_num(&m, 3, 8);
	mkevent_str(&m, "/etc/ld.so.cache");
	mkevent_num(&m, 4097, 4);
	mkevent_num(&m, 0, 4);
	mkevent_num(&m, 0x801, 4);
	mkevent_num(&m, 259463, 8);
	know(0, "/etc/ld.so.cache", 'f', 0);
	expect_args(
		"fd=3(<f>/etc/ld.so.cache) name=/etc/ld.so.cache flags=4097(O_RDONLY|O_CLOEXEC) "
		"mode=0 dev=801 ino=259463 ");
	expect_param(0, "<f>/etc/ld.so.cache", "3");
	expect_param(2, "O_RDONLY|O_CLOEXEC", "4097");
	expect_param(3, "0", "0");
}

static void test_text_open_failed(void)
{
	start(EV_SYSCALL_OPEN_X);
	mkevent_num(&m, (uint64_t)-2, 8);
	mkevent_str(&m, "foo");
	mkevent_num(&m, 3, 4);
	mkevent_num(&m, 0644, 4);
	refs.cwd = "/home/u/";
	expect_args("fd=-2(ENOENT) name=foo(/home/u/foo) flags=3(O_RDWR) mode=0644 ");
}

static void test_text_read_and_write(void)
{
	start(EV_SYSCALL_READ_X);
	mkevent_num(&m, 15, 8);
	mkevent_bytes(&m, "this is a\ntest.", 15);
	mkevent_num(&m, 4, 8);
	mkevent_num(&m, 2048, 4);
	know(0, "2001:db8::4:54405->2001:db8::3:1234", '6', 't');
	expect_args("res=15 data=this is a.test. fd=4(<6t>2001:db8::4:54405->2001:db8::3:1234) "
		    "size=2048 ");

	start(EV_SYSCALL_READ_X);
	mkevent_num(&m, 0, 8);
	mkevent_bytes(&m, "", 0);
	mkevent_num(&m, (uint64_t)-1, 8);
	mkevent_num(&m, 10, 4);
	expect_args("res=0 data= fd=-1(EPERM) size=10 ");
}

static void test_text_switch(void)
{
	start(EV_SCHEDSWITCH_6_E);
	mkevent_num(&m, 17498, 8);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, 378, 8);
	mkevent_num(&m, 162972, 4);
	mkevent_num(&m, 5380, 4);
	mkevent_num(&m, 0, 4);
	know(0, "curl", 0, 0);
	expect_args(
		"next=17498(curl) pgft_maj=0 pgft_min=378 vm_size=162972 vm_rss=5380 vm_swap=0 ");
}

static void test_text_mmap(void)
{
	start(EV_SYSCALL_MMAP_X);
	mkevent_num(&m, UINT64_C(0x7FA69774E000), 8);
	mkevent_num(&m, 536, 4);
	mkevent_num(&m, 4, 4);
	mkevent_num(&m, 0, 4);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, 24778, 8);
	mkevent_num(&m, 3, 4);
	mkevent_num(&m, 10, 4);
	mkevent_num(&m, (uint64_t)-1, 8);
	mkevent_num(&m, 0, 8);
	expect_args("res=7FA69774E000 vm_size=536 vm_rss=4 vm_swap=0 addr=0 length=24778 "
		    "prot=3(PROT_READ|PROT_WRITE) flags=10(MAP_PRIVATE|MAP_ANONYMOUS) fd=-1(EPERM) "
		    "offset=0 ");
	memcpy(m.bytes + 20, "\xF4\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8); /* ENOMEM */
	expect_param(0, "ENOMEM", "-12");
}

static void test_text_generic_and_unknown_events_have_no_args(void)
{
	start(EV_GENERIC_X);
	mkevent_num(&m, 3, 2);
	mkevent_num(&m, 0, 2);
	expect_args("");
	expect_param(0, "read", "3");
	start(SCHEMA_EVENTS + 1);
	expect_args("");
	CU_ASSERT(!text_param(&ctx, &m.ev, 0, &out));
	CU_ASSERT(text_ref_count(&m.ev) == 0);
}

static void test_text_absent_values(void)
{
	start(EV_SOCKET_CONNECT_X);
	mkevent_num(&m, 0, 4); /* too short */
	mkevent_bytes(&m, "", 0);
	mkevent_num(&m, 3, 8);
	mkevent_bytes(&m, "", 0);
	expect_args("res=<NA> tuple=NULL fd=3 addr=<NA> ");

	start(EV_SYSCALL_CHDIR_X);
	mkevent_num(&m, 0, 8);
	mkevent_str(&m, "(NULL)");
	refs.cwd = "/";
	expect_args("res=0 path=<NA> ");
	start(EV_SYSCALL_CHDIR_X);
	mkevent_num(&m, 0, 8);
	mkevent_str(&m, "<NA>");
	refs.cwd = "/";
	expect_args("res=0 path=<NA> ");
	start(EV_SYSCALL_CHDIR_X);
	mkevent_num(&m, 0, 8);
	mkevent_str(&m, "");
	refs.cwd = "/";
	expect_args("res=0 path= ");
}

static void test_text_old_container_shows_its_own_parameters(void)
{
	start(EV_CONTAINER_E);
	mkevent_str(&m, "3ad7b26ded6d");
	mkevent_num(&m, 0, 4);
	mkevent_str(&m, "web");
	mkevent_str(&m, "nginx");
	expect_args("id=3ad7b26ded6d type=0 name=web image=nginx ");
}

static void test_text_values_of_the_enter_event(void)
{
	static struct mkevent enter;

	mkevent_init(&enter, EV_SYSCALL_CLOSE_E);
	mkevent_num(&enter, 3, 8);
	mkevent_done(&enter);
	start(EV_SYSCALL_CLOSE_X);
	mkevent_num(&m, 0, 8);
	m.ev.enter = &enter.ev;
	know(0, "/tmp/x", 'f', 0);
	expect_args("res=0 fd=3(<f>/tmp/x) ");
	m.ev.enter = NULL;
	buf_init(&out, 1000);
	text_args(&ctx, &m.ev, &out);
	check(buf_str(&out), "res=0 fd=<NA> ");
	buf_release(&out);
}

/* ---- single types ---- */

static void flags_are(const char *table, uint32_t value, const char *want)
{
	const struct schema_flags *t = schema_flags_by_name(table);

	CU_ASSERT_FATAL(t != NULL);
	buf_init(&out, 1000);
	text_add_flags(&out, t, value);
	check(buf_str(&out), want);
	buf_release(&out);
}

static void test_text_flags(void)
{
	flags_are("file_flags", 0, "O_NONE");
	flags_are("file_flags", 1, "O_RDONLY");
	flags_are("file_flags", 3, "O_RDWR");
	flags_are("file_flags", 4097, "O_RDONLY|O_CLOEXEC");
	flags_are("file_flags", 0x40000000, "");
	flags_are("clone_flags", 47619,
		  "CLONE_FILES|CLONE_FS|CLONE_PARENT_SETTID|CLONE_SIGHAND|"
		  "CLONE_SYSVSEM|CLONE_THREAD|CLONE_VM");
	flags_are("futex_operations", 393,
		  "FUTEX_CLOCK_REALTIME|FUTEX_PRIVATE_FLAG|FUTEX_WAIT_BITSET");
	flags_are("prot_flags", 5, "PROT_READ|PROT_EXEC");
}

static void test_text_enums_name_every_equal_value(void)
{
	start(EV_SOCKET_SOCKET_X); /* fd, domain, type, proto, flags */
	mkevent_num(&m, 3, 8);
	mkevent_num(&m, 1, 4);
	mkevent_num(&m, 526337, 4);
	mkevent_num(&m, 0, 4);
	mkevent_num(&m, 4096, 4);
	know(0, "", 'u', 0);
	expect_args(
		"fd=3(<u>) domain=1(AF_LOCAL|AF_UNIX) type=526337 proto=0 flags=4096(O_CLOEXEC) ");
	start(EV_SOCKET_SOCKET_X);
	mkevent_num(&m, 3, 8);
	mkevent_num(&m, 3000, 4);
	mkevent_num(&m, 1, 4);
	mkevent_num(&m, 6, 4);
	mkevent_num(&m, 0, 4);
	expect_args("fd=3 domain=3000 type=1 proto=6 flags=0(O_NONE) ");
}

static void test_text_modes(void)
{
	start(EV_SYSCALL_FCHMODAT_X); /* res, dirfd, filename, mode */
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, (uint64_t)-100, 8);
	mkevent_str(&m, "a/../b");
	mkevent_num(&m, 0640, 4);
	refs.cwd = "/never/";
	know(1, "/srv/", 0, 0);
	expect_args("res=0 dirfd=-100(AT_FDCWD) filename=a/../b(/srv/b) "
		    "mode=0640(S_IRGRP|S_IWUSR|S_IRUSR) ");
	CU_ASSERT(refs.asked[1] == REF_DIR);
}

static void test_text_relative_path_without_a_base(void)
{
	start(EV_SYSCALL_OPENAT_2_X); /* fd, dirfd, name */
	mkevent_num(&m, 4, 8);
	mkevent_num(&m, 9, 8);
	mkevent_str(&m, "x/y");
	expect_args("fd=4 dirfd=9 name=x/y ");
}

static void test_text_users(void)
{
	start(EV_SYSCALL_SETRESUID_X);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, 1000, 4);
	mkevent_num(&m, 33, 4);
	mkevent_num(&m, UINT32_MAX, 4);
	know(0, "ubuntu", 0, 0);
	expect_args("res=0 ruid=1000(ubuntu) euid=33(<NA>) suid=-1(<NONE>) ");
	CU_ASSERT(refs.asked[0] == REF_USER && refs.asked[1] == REF_USER);
	start(EV_SYSCALL_SETGID_X);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, 5, 4);
	know(0, "tty", 0, 0);
	expect_args("res=0 gid=5(tty) ");
	CU_ASSERT(refs.asked[0] == REF_GROUP);
}

static void test_text_times(void)
{
	start(EV_SYSCALL_NANOSLEEP_X);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, UINT64_C(1500000000), 8);
	expect_args("res=0 interval=1500000000(1.5s) ");
	start(EV_SYSCALL_NANOSLEEP_X);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, UINT64_MAX, 8);
	expect_args("res=0 interval=none ");
	start(EV_SYSCALL_NANOSLEEP_X);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, 1, 8);
	expect_args("res=0 interval=1(1e-09s) ");
	buf_init(&out, 100);
	text_add_time(&out, UINT64_C(1534527348514632619));
	check(buf_str(&out), "2018-08-17 17:35:48.514632619");
	buf_reset(&out);
	text_add_time(&out, 0);
	check(buf_str(&out), "1970-01-01 00:00:00.000000000");
	buf_reset(&out);
	text_add_time(&out, UINT64_C(951826655) * NSEC_PER_SEC);
	check(buf_str(&out), "2000-02-29 12:17:35.000000000");
	buf_reset(&out);
	text_add_time(&out, UINT64_C(1735689599) * NSEC_PER_SEC + 999999999);
	check(buf_str(&out), "2024-12-31 23:59:59.999999999");
	buf_release(&out);
}

static void test_text_signals(void)
{
	start(EV_SYSCALL_KILL_X); /* res, pid, sig */
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, 32202, 8);
	mkevent_num(&m, 15, 1);
	expect_args("res=0 pid=32202 sig=15(SIGTERM) ");
	start(EV_SYSCALL_KILL_X);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, (uint64_t)-1, 8);
	mkevent_num(&m, 0, 1);
	expect_args("res=0 pid=-1 sig=0 ");
}

static void poll_entry(uint8_t *p, int64_t fd, int16_t events)
{
	for (unsigned int i = 0; i < 8; i++) {
		p[i] = (uint8_t)((uint64_t)fd >> (8 * i));
	}
	p[8] = (uint8_t)events;
	p[9] = (uint8_t)((uint16_t)events >> 8);
}

static void test_text_fdlist(void)
{
	uint8_t list[32] = { 3, 0 };

	poll_entry(list + 2, 4, 4);
	poll_entry(list + 12, 10, 0x41);
	poll_entry(list + 22, 7, 1);
	start(EV_SYSCALL_PPOLL_X); /* res, fds, timeout, sigmask */
	mkevent_num(&m, 1, 8);
	mkevent_bytes(&m, list, sizeof(list));
	mkevent_num(&m, 5, 8);
	mkevent_num(&m, 0x100, 4);
	know(0, "x", '6', 'u');
	know(2, "y", 'p', 0);
	expect_args("res=1 fds=4:64 10:?41 7:p1 timeout=5(5e-09s) sigmask=SIGKILL ");
	CU_ASSERT(text_ref_count(&m.ev) == 3);
	CU_ASSERT(refs.asked[1] == REF_FDLIST);

	/* A count beyond the value's end. */
	list[0] = 200;
	CU_ASSERT(text_fdlist_count((struct param){ list, sizeof(list) }) == 3);
	CU_ASSERT(text_fdlist_count((struct param){ list, 31 }) == 2);
	CU_ASSERT(text_fdlist_count((struct param){ list, 2 }) == 0);
	CU_ASSERT(text_fdlist_count((struct param){ list, 1 }) == 0);
	CU_ASSERT(text_fdlist_count((struct param){ NULL, 0 }) == 0);

	start(EV_SYSCALL_PPOLL_X);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, 0, 2);
	mkevent_num(&m, UINT64_MAX, 8);
	mkevent_num(&m, 0x300, 4);
	expect_args("res=0 fds= timeout=none sigmask=SIGKILL SIGUSR1 ");
	CU_ASSERT(text_ref_count(&m.ev) == 0);
}

/* Objects behind a list are numbered after all of its entries. */
static void test_text_refs_are_numbered_in_order(void)
{
	start(EV_SYSCALL_SENDFILE_X); /* res, offset, out_fd, in_fd, size */
	mkevent_num(&m, 10, 8);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, 5, 8);
	mkevent_num(&m, 6, 8);
	mkevent_num(&m, 10, 8);
	know(0, "first", 'f', 0);
	know(1, "second", 'f', 0);
	expect_args("res=10 offset=0 out_fd=5(<f>first) in_fd=6(<f>second) size=10 ");
	CU_ASSERT(text_ref_count(&m.ev) == 2);
	expect_param(3, "<f>second", "6");
}

static void test_text_sockets(void)
{
	static const uint8_t tuple4[13] = { 2, 10, 77, 0, 1, 0x0A, 0xC0, 10, 77, 0, 2, 80, 0 };
	static const uint8_t unix_tuple[40] = "\1\0\0\0\0\0\0\0\0\0\x94\x7b\x81\xdc\x94\xff\xff"
					      "/var/run/nscd/socket";
	static const uint8_t addr6[19] = {
		10, 0x20, 1, 0x0d, 0xb8, [16] = 3, [17] = 0xD2, [18] = 4
	};

	start(EV_SOCKET_CONNECT_X);
	mkevent_num(&m, (uint64_t)-115, 8);
	mkevent_bytes(&m, tuple4, sizeof(tuple4));
	mkevent_num(&m, 3, 8);
	mkevent_bytes(&m, addr6, sizeof(addr6));
	expect_args("res=-115(EINPROGRESS) tuple=10.77.0.1:49162->10.77.0.2:80 fd=3 "
		    "addr=2001:db8::3:1234 ");

	start(EV_SOCKET_CONNECT_X);
	mkevent_num(&m, 0, 8);
	mkevent_bytes(&m, unix_tuple, sizeof(unix_tuple));
	mkevent_num(&m, 3, 8);
	mkevent_bytes(&m, "\1/run/x", 8);
	expect_args("res=0 tuple=0->ffff94dc817b9400 /var/run/nscd/socket fd=3 addr=/run/x ");

	start(EV_SOCKET_CONNECT_X);
	mkevent_num(&m, 0, 8);
	mkevent_bytes(&m, tuple4, 12);
	mkevent_num(&m, 3, 8);
	mkevent_bytes(&m, "\20", 1);
	expect_args("res=0 tuple=INVALID IPv4 fd=3 addr=family 16 ");
}

static void test_text_dynamic_values(void)
{
	static const uint8_t number[5] = { 2, 7, 0, 0, 0 };
	static const uint8_t error[9] = { 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
	static const uint8_t time[9] = { 4, 0, 0xCA, 0x9A, 0x3B, 0, 0, 0, 0 };
	static const struct {
		const void *p;
		uint32_t len;
		const char *want;
	} rows[] = {
		{ number, sizeof(number), "val=7 " },
		{ error, sizeof(error), "val=-1(EPERM) " },
		{ time, sizeof(time), "val=1000000000(1s) " },
		{ "\0ab\1", 4, "val=ab. " },
		{ "\0", 1, "val= " },
		{ number, 4, "val=<NA> " },
		{ "\xC8"
		  "a",
		  2, "val=INVALID DYNAMIC PARAMETER " },
		{ "", 0, "val=NULL " },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char want[200];

		start(EV_SOCKET_SETSOCKOPT_X); /* res, fd, level, optname, val, optlen */
		mkevent_num(&m, 0, 8);
		mkevent_num(&m, 3, 8);
		mkevent_num(&m, 1, 1);
		mkevent_num(&m, 7, 1);
		mkevent_bytes(&m, rows[i].p, rows[i].len);
		mkevent_num(&m, 4, 4);
		snprintf(want, sizeof(want),
			 "res=0 fd=3 level=1(SOL_SOCKET) optname=7(SO_SNDBUF) %soptlen=4 ",
			 rows[i].want);
		expect_args(want);
	}
}

static void test_text_data_is_cut(void)
{
	char long_data[200];
	char want[200];
	struct text_ctx wide = ctx;

	memset(long_data, 'a', sizeof(long_data));
	long_data[0] = '\n';
	buf_init(&out, 1000);
	text_add_dots(&out, (const uint8_t *)long_data, 80, 80);
	CU_ASSERT(out.len == 80 && out.data[79] == 'a' && out.data[0] == '.');
	buf_reset(&out);
	text_add_dots(&out, (const uint8_t *)long_data, 81, 80);
	CU_ASSERT(out.len == 80);
	memset(want, 'a', 77);
	want[0] = '.';
	memcpy(want + 77, "...", 4);
	check(buf_str(&out), want);
	buf_reset(&out);
	text_add_dots(&out, (const uint8_t *)long_data, 200, 0);
	CU_ASSERT(out.len == 200);
	buf_reset(&out);
	text_add_dots(&out, (const uint8_t *)"abcdef", 6, 2);
	check(buf_str(&out), "ab");
	buf_release(&out);

	start(EV_SYSCALL_READ_X);
	mkevent_num(&m, 200, 8);
	mkevent_bytes(&m, long_data, sizeof(long_data));
	mkevent_done(&m);
	wide.data_max = 100;
	buf_init(&out, 1000);
	text_param(&wide, &m.ev, 1, &out);
	CU_ASSERT(out.len == 100);
	buf_reset(&out);
	text_param(&ctx, &m.ev, 1, &out);
	CU_ASSERT(out.len == TEXT_DATA_MAX);
	buf_release(&out);
}

/* Nothing a program wrote may steer the terminal of whoever reads it. */
static void test_text_holds_no_control_bytes(void)
{
	char every[256];

	for (unsigned int i = 0; i < 256; i++) {
		every[i] = (char)(i == 0 ? 'x' : i);
	}
	start(EV_SYSCALL_RENAME_X);
	mkevent_num(&m, 0, 8);
	mkevent_bytes(&m, every, sizeof(every));
	mkevent_bytes(&m, every + 128, 128);
	refs.cwd = "/a\033[31m/";
	mkevent_done(&m);
	buf_init(&out, 65536);
	text_args(&ctx, &m.ev, &out);
	for (size_t i = 0; i < out.len; i++) {
		CU_ASSERT((uint8_t)out.data[i] >= 0x20 && (uint8_t)out.data[i] != 0x7F);
	}
	CU_ASSERT(out.len > 500);
	buf_release(&out);

	start(EV_SYSCALL_CLOSE_X);
	mkevent_num(&m, 0, 8);
	mkevent_num(&m, 3, 8);
	know(0, "a\nb\033c", 'f', 0);
	expect_args("res=0 fd=3(<f>a\\nb\\x1bc) ");
}

static void test_text_result(void)
{
	start(EV_SYSCALL_CLOSE_X);
	mkevent_done(&m);
	buf_init(&out, 100);
	CU_ASSERT(!text_result(&m.ev, &out) && out.len == 0);
	m.ev.flags |= EVENT_HAS_RES;
	m.ev.res = 5;
	CU_ASSERT(text_result(&m.ev, &out));
	check(buf_str(&out), "SUCCESS");
	buf_reset(&out);
	m.ev.res = -9;
	CU_ASSERT(text_result(&m.ev, &out));
	check(buf_str(&out), "EBADF");
	buf_reset(&out);
	m.ev.res = -100000;
	CU_ASSERT(text_result(&m.ev, &out));
	check(buf_str(&out), "-100000");
	buf_reset(&out);
	m.ev.res = INT64_MIN;
	CU_ASSERT(text_result(&m.ev, &out));
	check(buf_str(&out), "-9223372036854775808");
	buf_release(&out);
}

/* Every type, every value length from none to full, with and without a state: always some text. */
static void test_text_of_every_event_and_length(void)
{
	static const struct text_ctx nobody = { NULL, NULL, 0 };
	uint8_t junk[24];

	memset(junk, 0xA7, sizeof(junk));
	buf_init(&out, 65536);
	for (unsigned int code = 0; code < SCHEMA_EVENTS; code++) {
		for (unsigned int len = 0; len <= sizeof(junk); len++) {
			start((uint16_t)code);
			m.wide = (schema_events[code].flags & EF_LARGE_PAYLOAD) != 0;
			for (unsigned int i = 0; i < schema_events[code].nparams; i++) {
				mkevent_bytes(&m, junk, len);
			}
			mkevent_done(&m);
			buf_reset(&out);
			text_args(&nobody, &m.ev, &out);
			text_args(&ctx, &m.ev, &out);
			CU_ASSERT(!out.failed);
		}
	}
	buf_release(&out);
}

void suite_text(CU_pSuite suite);

void suite_text(CU_pSuite suite)
{
	CU_add_test(suite, "test_text_open", test_text_open);
	CU_add_test(suite, "test_text_open_failed", test_text_open_failed);
	CU_add_test(suite, "test_text_read_and_write", test_text_read_and_write);
	CU_add_test(suite, "test_text_switch", test_text_switch);
	CU_add_test(suite, "test_text_mmap", test_text_mmap);
	CU_add_test(suite, "test_text_generic_and_unknown_events_have_no_args",
		    test_text_generic_and_unknown_events_have_no_args);
	CU_add_test(suite, "test_text_absent_values", test_text_absent_values);
	CU_add_test(suite, "test_text_old_container_shows_its_own_parameters",
		    test_text_old_container_shows_its_own_parameters);
	CU_add_test(suite, "test_text_values_of_the_enter_event",
		    test_text_values_of_the_enter_event);
	CU_add_test(suite, "test_text_flags", test_text_flags);
	CU_add_test(suite, "test_text_enums_name_every_equal_value",
		    test_text_enums_name_every_equal_value);
	CU_add_test(suite, "test_text_modes", test_text_modes);
	CU_add_test(suite, "test_text_relative_path_without_a_base",
		    test_text_relative_path_without_a_base);
	CU_add_test(suite, "test_text_users", test_text_users);
	CU_add_test(suite, "test_text_times", test_text_times);
	CU_add_test(suite, "test_text_signals", test_text_signals);
	CU_add_test(suite, "test_text_fdlist", test_text_fdlist);
	CU_add_test(suite, "test_text_refs_are_numbered_in_order",
		    test_text_refs_are_numbered_in_order);
	CU_add_test(suite, "test_text_sockets", test_text_sockets);
	CU_add_test(suite, "test_text_dynamic_values", test_text_dynamic_values);
	CU_add_test(suite, "test_text_data_is_cut", test_text_data_is_cut);
	CU_add_test(suite, "test_text_holds_no_control_bytes", test_text_holds_no_control_bytes);
	CU_add_test(suite, "test_text_result", test_text_result);
	CU_add_test(suite, "test_text_of_every_event_and_length",
		    test_text_of_every_event_and_length);
}
