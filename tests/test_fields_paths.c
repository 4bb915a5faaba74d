/*
 * test_fields_paths.c - paths of calls: fs.path.*, evt.abspath, path arguments. Which parameter is which, and what it
 * is joined with, follows the descriptions of these fields in Falco.
 */
#include "mkfield.h"

#define CWD_FD ((int64_t)PPM_AT_FDCWD)

static struct mkfield m;

/* A shell in /home/u with /srv/data open as 7. */
static void begin(void)
{
	mkfield_init(&m);
	mkstate_process(&m.st, 100, 1, "sh");
	mkcap_openat(&m.st.cap, mkstate_tick(&m.st), 100, 7, "/srv/data", 0);
	mkfield_last(&m);
}

static void call(uint16_t type)
{
	mkcap_event(&m.st.cap, mkstate_tick(&m.st), 100, type);
}

static void end(void)
{
	mkcap_end(&m.st.cap);
	mkfield_last(&m);
}

static void s64(int64_t x)
{
	mkcap_p_s64(&m.st.cap, x);
}

static void str(const char *s)
{
	mkcap_p_str(&m.st.cap, s);
}

static void u32(uint32_t x)
{
	mkcap_p_u32(&m.st.cap, x);
}

static void one_path(uint16_t type, int64_t res, const char *path, bool mode)
{
	call(type);
	s64(res);
	str(path);
	if (mode) {
		u32(0755);
	}
	end();
}

static void test_fields_paths_of_one(void)
{
	begin();
	one_path(EV_SYSCALL_MKDIR_2_X, 0, "a//b/../c/", true);
	LINE(&m, "%fs.path.name|%fs.path.nameraw", "/home/u/a/c|a//b/../c/");
	LINE(&m, "%fs.path.source", NULL);
	one_path(EV_SYSCALL_MKDIR_2_X, -17, "a", true);
	LINE(&m, "%fs.path.name", NULL);
	LINE(&m, "%fs.path.nameraw", NULL);
	one_path(EV_SYSCALL_RMDIR_2_X, 0, "/tmp/./x", false);
	LINE(&m, "%fs.path.name|%fs.path.nameraw", "/tmp/x|/tmp/./x");
	one_path(EV_SYSCALL_UNLINK_2_X, 0, "../../../../y", false);
	LINE(&m, "%fs.path.name", "/y");
	one_path(EV_SYSCALL_CHMOD_X, 0, "f", true);
	LINE(&m, "%fs.path.name", "/home/u/f");
	one_path(EV_SYSCALL_UMOUNT_1_X, 0, "/mnt", false);
	LINE(&m, "%fs.path.name", "/mnt");
	one_path(EV_SYSCALL_UMOUNT2_X, 0, "/mnt/", true);
	LINE(&m, "%fs.path.name", "/mnt");
	mkfield_end(&m);
}

static void test_fields_paths_at_a_directory(void)
{
	begin();
	call(EV_SYSCALL_UNLINKAT_2_X);
	s64(0);
	s64(7);
	str("../old");
	u32(0);
	end();
	LINE(&m, "%fs.path.name|%fs.path.nameraw|%evt.abspath", "/srv/old|../old|/srv/old");
	call(EV_SYSCALL_MKDIRAT_X);
	s64(0);
	s64(CWD_FD);
	str("new");
	u32(0);
	end();
	LINE(&m, "%fs.path.name|%evt.abspath|%evt.abspath.src",
	     "/home/u/new|/home/u/new|/home/u/new");
	LINE(&m, "%evt.abspath.dst", NULL);
	call(EV_SYSCALL_FCHMODAT_X);
	s64(0);
	s64(55);
	str("lost");
	u32(0);
	end();
	LINE(&m, "%fs.path.name", "<UNKNOWN>lost");
	call(EV_SYSCALL_FCHOWNAT_X);
	s64(0);
	s64(55);
	str("/abs/olute");
	u32(0);
	u32(0);
	u32(0);
	end();
	LINE(&m, "%fs.path.name", "/abs/olute");
	mkfield_end(&m);
}

static void test_fields_paths_of_an_fd(void)
{
	begin();
	call(EV_SYSCALL_FCHMOD_X);
	s64(0);
	s64(7);
	u32(0);
	end();
	LINE(&m, "%fs.path.name|%fs.path.nameraw", "/srv/data|/srv/data");
	call(EV_SYSCALL_FCHOWN_X);
	s64(0);
	s64(56);
	u32(0);
	u32(0);
	end();
	LINE(&m, "%fs.path.name", NULL);
	mkcap_openat(&m.st.cap, mkstate_tick(&m.st), 100, 8, "notes/./x.txt", 1);
	mkfield_last(&m);
	LINE(&m, "%fs.path.name|%fs.path.nameraw", "/home/u/notes/x.txt|notes/./x.txt");
	mkcap_openat(&m.st.cap, mkstate_tick(&m.st), 100, -2, "nothing", 1);
	mkfield_last(&m);
	LINE(&m, "%fs.path.name", NULL);
	LINE(&m, "%fd.name", "/home/u/nothing");
	mkfield_end(&m);
}

static void two_at(uint16_t type, int64_t fd1, const char *p1, int64_t fd2, const char *p2,
		   bool flags)
{
	call(type);
	s64(0);
	s64(fd1);
	str(p1);
	s64(fd2);
	str(p2);
	if (flags) {
		u32(0);
	}
	end();
}

static void test_fields_paths_of_two(void)
{
	begin();
	call(EV_SYSCALL_RENAME_X);
	s64(0);
	str("a");
	str("/b");
	end();
	LINE(&m, "%fs.path.source|%fs.path.target|%fs.path.sourceraw|%fs.path.targetraw",
	     "/home/u/a|/b|a|/b");
	LINE(&m, "%fs.path.name", NULL);
	two_at(EV_SYSCALL_RENAMEAT_X, 7, "a", CWD_FD, "b", false);
	LINE(&m, "%fs.path.source|%fs.path.target", "/srv/data/a|/home/u/b");
	LINE(&m, "%evt.abspath|%evt.abspath.src|%evt.abspath[dst]",
	     "/srv/data/a|/srv/data/a|/home/u/b");
	two_at(EV_SYSCALL_RENAMEAT2_X, CWD_FD, "a", 7, "b", true);
	LINE(&m, "%fs.path.source|%fs.path.target", "/home/u/a|/srv/data/b");
	/* of a hard link the source is the new name */
	call(EV_SYSCALL_LINK_2_X);
	s64(0);
	str("old");
	str("new");
	end();
	LINE(&m, "%fs.path.source|%fs.path.target", "/home/u/new|/home/u/old");
	two_at(EV_SYSCALL_LINKAT_2_X, 7, "old", CWD_FD, "new", true);
	LINE(&m, "%fs.path.source|%fs.path.target|%fs.path.sourceraw",
	     "/home/u/new|/srv/data/old|new");
	mkfield_end(&m);
}

static void test_fields_paths_of_symlinks_and_mounts(void)
{
	begin();
	call(EV_SYSCALL_SYMLINK_X);
	s64(0);
	str("../to");
	str("link");
	end();
	LINE(&m, "%fs.path.source|%fs.path.target|%fs.path.targetraw",
	     "/home/u/link|/home/to|../to");
	call(EV_SYSCALL_SYMLINKAT_X);
	s64(0);
	str("to");
	s64(7);
	str("link");
	end();
	LINE(&m, "%fs.path.source|%fs.path.target|%fs.path.sourceraw",
	     "/srv/data/link|/srv/data/to|link");
	call(EV_SYSCALL_MOUNT_X);
	s64(0);
	str("/dev/sda1");
	str("mnt");
	str("ext4");
	u32(0);
	end();
	LINE(&m, "%fs.path.source|%fs.path.target", "/dev/sda1|/home/u/mnt");
	call(EV_SYSCALL_MOUNT_X);
	s64(0);
	str("tmpfs");
	str("/tmp");
	str("tmpfs");
	u32(0);
	end();
	LINE(&m, "%fs.path.source|%fs.path.target", "tmpfs|/tmp");
	mkfield_end(&m);
}

/* What filters compare: bytes as captured, data whole. */
static void test_fields_paths_argument_values(void)
{
	struct field_value v;
	char data[200];

	begin();
	one_path(EV_SYSCALL_UNLINK_2_X, 0, "e\x1bvil", false);
	CU_ASSERT_FATAL(mkfield_value(&m, "evt.arg.path", &v));
	CU_ASSERT(v.kind == VALUE_TEXT && v.len == 13 &&
		  memcmp(v.v.text, "/home/u/e\x1bvil", 13) == 0);
	LINE(&m, "%evt.arg.path", "/home/u/e\\x1bvil");
	CU_ASSERT(mkfield_value(&m, "evt.rawarg.path", &v) && v.len == 5);
	memset(data, 'x', sizeof(data));
	data[150] = '\n';
	data[199] = '\0';
	mkcap_write(&m.st.cap, mkstate_tick(&m.st), 100, 199, 7, data);
	mkfield_last(&m);
	CU_ASSERT_FATAL(mkfield_value(&m, "evt.arg.data", &v));
	CU_ASSERT(v.len == 199 && v.v.text[150] == '.' && v.v.text[198] == 'x');
	VALUE(&m, "evt.arg.res", "199");
	mkfield_end(&m);
}

static void test_fields_paths_types_of_arguments(void)
{
	static const struct {
		const char *field;
		unsigned int type;
	} rows[] = {
		{ "evt.rawarg.res", PT_ERRNO },
		{ "evt.rawarg.data", PT_BYTEBUF },
		{ "evt.rawarg.nosuchparameter", PT_NONE },
		{ "evt.arg.res", PT_CHARBUF },
		{ "fd.sport", PT_PORT },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct field_use u;
		size_t len;

		CU_ASSERT_EQUAL_FATAL(field_use_parse(rows[i].field, &u, &len, NULL), 0);
		CU_ASSERT_EQUAL(field_use_type(&u), rows[i].type);
		field_use_release(&u);
	}
}

void suite_fields_paths(CU_pSuite suite);
void suite_fields_paths(CU_pSuite suite)
{
	CU_add_test(suite, "test_fields_paths_of_one", test_fields_paths_of_one);
	CU_add_test(suite, "test_fields_paths_at_a_directory", test_fields_paths_at_a_directory);
	CU_add_test(suite, "test_fields_paths_of_an_fd", test_fields_paths_of_an_fd);
	CU_add_test(suite, "test_fields_paths_of_two", test_fields_paths_of_two);
	CU_add_test(suite, "test_fields_paths_of_symlinks_and_mounts",
		    test_fields_paths_of_symlinks_and_mounts);
	CU_add_test(suite, "test_fields_paths_argument_values", test_fields_paths_argument_values);
	CU_add_test(suite, "test_fields_paths_types_of_arguments",
		    test_fields_paths_types_of_arguments);
}
