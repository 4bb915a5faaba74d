/*
 * test_stream.c - files as streams: mapped, cut while mapped, read from a pipe; and their SHA-256
 * against published vectors.
 */
#include "streams.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "readers/hasher.h"

#define SHA_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

/* ---- files ------------------------------------------------------------------------------- */

static void test_stream_file_is_mapped(void)
{
	struct dir d;
	struct buf want, got;
	struct stream *s;
	struct err e;
	const uint8_t *map, *p;
	uint64_t len = 0;
	size_t n = 0;

	dir_init(&d);
	fill(&want, 3u << 20);
	save(dir_file(&d, "f"), want.data, want.len);
	s = open_file(dir_file(&d, "f"));
	map = stream_map(s, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(map);
	CU_ASSERT_EQUAL_FATAL(len, want.len);
	CU_ASSERT_EQUAL(memcmp(map, want.data, want.len), 0);
	CU_ASSERT_EQUAL(stream_disk_pos(s), 0);

	CU_ASSERT_EQUAL(stream_peek(s, &p, 4096, &n, NULL), 0);
	CU_ASSERT_EQUAL(n, 4096);
	CU_ASSERT_EQUAL(memcmp(p, want.data, n), 0);
	CU_ASSERT_EQUAL(stream_peek(s, &p, 10, &n, NULL), 0);
	CU_ASSERT_EQUAL(n, 10);
	CU_ASSERT_EQUAL(memcmp(p, want.data, n), 0);

	CU_ASSERT_EQUAL(read_all(s, 100000, &got, &e), ERR_EOF);
	CU_ASSERT_TRUE(same(&got, &want));
	CU_ASSERT_EQUAL(stream_disk_pos(s), want.len);
	CU_ASSERT_EQUAL(stream_read(s, &n, 1, &n, NULL), ERR_EOF);

	/* Given back, it can still be read. */
	stream_map_done(s, len);
	CU_ASSERT_EQUAL(memcmp(map, want.data, want.len), 0);
	CU_ASSERT_EQUAL(stream_map_cut(s), 0);
	stream_free(s);
	buf_release(&got);
	buf_release(&want);
	dir_release(&d);
}

static void test_stream_file_cut_while_mapped(void)
{
	struct dir d;
	struct buf want, got;
	struct stream *s;
	struct err e;
	const uint8_t *map;
	uint64_t len = 0;
	size_t keep = (1u << 20) + 100;
	size_t zeros = 0;

	dir_init(&d);
	fill(&want, 3u << 20);
	save(dir_file(&d, "f"), want.data, want.len);
	s = open_file(dir_file(&d, "f"));
	map = stream_map(s, &len);
	CU_ASSERT_EQUAL_FATAL(truncate(dir_file(&d, "f"), (off_t)keep), 0);
	CU_ASSERT_EQUAL(memcmp(map, want.data, keep), 0);
	for (size_t i = keep; i < len; i++) {
		zeros += map[i] == 0;
	}
	CU_ASSERT_EQUAL(zeros, len - keep);
	CU_ASSERT_EQUAL(stream_map_cut(s), len - keep);
	CU_ASSERT_EQUAL(read_all(s, 65536, &got, &e), ERR_TRUNCATED);
	CU_ASSERT_EQUAL(got.len, keep);
	CU_ASSERT_EQUAL(e.offset, keep);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "cut"));
	stream_free(s);
	buf_release(&got);
	buf_release(&want);
	dir_release(&d);
}

/* In a child: how does it die of a SIGBUS that is not ours? */
static int die_of(void (*fn)(const char *path), const char *path)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct stream *s;

		/* The default, whatever a sanitizer has put there. */
		signal(SIGBUS, SIG_DFL);
		s = open_file(path);
		fn(path);
		stream_free(s);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		abort();
	}
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void touch_foreign_mapping(const char *path)
{
	char other[300];
	volatile const uint8_t *p;
	int fd;

	snprintf(other, sizeof(other), "%s.other", path);
	save(other, path, 1);
	fd = open(other, O_RDWR);
	if (fd < 0 || ftruncate(fd, 8192) != 0) {
		_exit(99);
	}
	p = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED || ftruncate(fd, 0) != 0) {
		_exit(99);
	}
	if (p[5000] == 0) {
		_exit(0);
	}
}

static void send_bus(const char *path)
{
	UNUSED_ARG(path);
	raise(SIGBUS);
}

static void test_stream_foreign_fault_still_kills(void)
{
	struct dir d;

	dir_init(&d);
	save(dir_file(&d, "f"), "0123456789", 10);
	CU_ASSERT_EQUAL(die_of(touch_foreign_mapping, dir_file(&d, "f")), SIGBUS);
	CU_ASSERT_EQUAL(die_of(send_bus, dir_file(&d, "f")), SIGBUS);
	dir_release(&d);
}

static void test_stream_open_refuses(void)
{
	static const struct file_options regular = { .regular_only = true };
	struct dir d;
	struct stream *s = NULL;
	struct err e;

	dir_init(&d);
	err_init(&e);
	CU_ASSERT_EQUAL(stream_open_file(dir_file(&d, "missing"), &plain_options, &s, &e),
			ERR_OPEN);
	CU_ASSERT_STRING_EQUAL(e.file, dir_file(&d, "missing"));
	err_init(&e);
	CU_ASSERT_EQUAL(stream_open_file(d.path, &plain_options, &s, &e), ERR_OPEN);
	CU_ASSERT_EQUAL_FATAL(mkfifo(dir_file(&d, "p"), 0600), 0);
	CU_ASSERT_EQUAL(stream_open_file(dir_file(&d, "p"), &regular, &s, NULL), ERR_OPEN);
	CU_ASSERT_PTR_NULL(s);
	dir_release(&d);
}

/* A child writes into a pipe, which is our stdin for the time of fn. */
static void with_stdin_pipe(const void *p, size_t n, void (*fn)(const struct buf *want),
			    const struct buf *want)
{
	int fds[2];
	int before = dup(STDIN_FILENO);
	pid_t pid;

	if (pipe(fds) != 0 || (pid = fork()) < 0) {
		abort();
	}
	if (pid == 0) {
		const uint8_t *at = p;

		signal(SIGPIPE, SIG_DFL);
		close(fds[0]);
		while (n > 0) {
			ssize_t k = write(fds[1], at, n < 50000 ? n : 50000);

			if (k <= 0) {
				_exit(1);
			}
			at += k;
			n -= (size_t)k;
		}
		_exit(0);
	}
	close(fds[1]);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	fn(want);
	if (before >= 0) {
		dup2(before, STDIN_FILENO);
		close(before);
	} else {
		close(STDIN_FILENO);
	}
	waitpid(pid, NULL, 0);
}

static void read_stdin(const struct buf *want)
{
	struct stream *s = open_file("-");
	struct buf got;
	struct err e;
	uint64_t len;

	CU_ASSERT_PTR_NULL(stream_map(s, &len));
	CU_ASSERT_EQUAL(read_all(s, 300000, &got, &e), ERR_EOF);
	CU_ASSERT_TRUE(same(&got, want));
	CU_ASSERT_EQUAL(stream_disk_pos(s), want->len);
	stream_free(s);
	buf_release(&got);
}

static void test_stream_stdin_pipe(void)
{
	struct buf want;

	fill(&want, 2000000);
	with_stdin_pipe(want.data, want.len, read_stdin, &want);
	buf_release(&want);
}

static void test_stream_stop_ends_waiting(void)
{
	atomic_bool stop = true;
	struct file_options opt = { .stop = &stop };
	struct stream *s = NULL;
	struct dir d;
	struct err e;
	uint8_t byte;
	size_t n;

	dir_init(&d);
	CU_ASSERT_EQUAL_FATAL(mkfifo(dir_file(&d, "p"), 0600), 0);
	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(stream_open_file(dir_file(&d, "p"), &opt, &s, &e), 0);
	CU_ASSERT_EQUAL(stream_read(s, &byte, 1, &n, &e), ERR_STOPPED);
	stream_free(s);
	dir_release(&d);
}

/* A named pipe is opened before anybody writes into it. */
static void test_stream_pipe_waits_for_writer(void)
{
	struct stream *s;
	struct dir d;
	struct buf got;
	struct err e;
	pid_t pid;

	dir_init(&d);
	CU_ASSERT_EQUAL_FATAL(mkfifo(dir_file(&d, "p"), 0600), 0);
	s = open_file(dir_file(&d, "p"));
	pid = fork();
	if (pid == 0) {
		int fd;

		usleep(20000);
		fd = open(dir_file(&d, "p"), O_WRONLY);
		_exit(fd >= 0 && write(fd, "late", 4) == 4 ? 0 : 1);
	}
	CU_ASSERT_EQUAL(read_all(s, 100, &got, &e), ERR_EOF);
	CU_ASSERT_EQUAL_FATAL(got.len, 4);
	CU_ASSERT_EQUAL(memcmp(got.data, "late", 4), 0);
	waitpid(pid, NULL, 0);
	stream_free(s);
	buf_release(&got);
	dir_release(&d);
}

/* ---- SHA-256 ----------------------------------------------------------------------------- */

static void check_sha(const char *path, bool own_thread, size_t read_first, const char *want)
{
	struct file_options opt = { .hash = true, .hash_thread = own_thread };
	struct stream *s = NULL;
	char hex[65] = "";
	uint8_t *p = malloc(read_first + 1);
	size_t n;
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(stream_open_file(path, &opt, &s, &e), 0);
	if (read_first > 0) {
		CU_ASSERT_EQUAL(stream_read(s, p, read_first, &n, &e), 0);
	}
	CU_ASSERT_EQUAL(stream_file_sha256(s, hex, &e), 0);
	CU_ASSERT_STRING_EQUAL(hex, want);
	stream_free(s);
	free(p);
}

static void sha_of_stdin(const struct buf *want)
{
	UNUSED_ARG(want);
	check_sha("-", true, 300000, SHA_MILLION_A);
}

static void sha_of_stdin_inline(const struct buf *want)
{
	UNUSED_ARG(want);
	check_sha("-", false, 0, SHA_MILLION_A);
}

static void test_stream_sha256(void)
{
	struct dir d;
	struct buf a;

	buf_init(&a, SIZE_MAX);
	while (a.len < 1000000) {
		buf_addc(&a, 'a');
	}
	dir_init(&d);
	save(dir_file(&d, "abc"), "abc", 3);
	for (int t = 0; t < 2; t++) {
		check_sha(dir_file(&d, "abc"), t == 1, 0, SHA_ABC);
		check_sha(dir_file(&d, "abc"), t == 1, 2, SHA_ABC);
	}
	save(dir_file(&d, "million"), a.data, a.len);
	for (int t = 0; t < 2; t++) {
		check_sha(dir_file(&d, "million"), t == 1, 0, SHA_MILLION_A);
		check_sha(dir_file(&d, "million"), t == 1, 5000, SHA_MILLION_A);
		check_sha(dir_file(&d, "million"), t == 1, 999999, SHA_MILLION_A);
	}
	with_stdin_pipe(a.data, a.len, sha_of_stdin, &a);
	with_stdin_pipe(a.data, a.len, sha_of_stdin_inline, &a);
	buf_release(&a);
	dir_release(&d);
}

static void test_stream_sha256_with_map_done(void)
{
	struct file_options opt = { .hash = true };
	struct stream *s = NULL;
	struct dir d;
	struct buf a;
	char hex[65];

	buf_init(&a, SIZE_MAX);
	while (a.len < 1000000) {
		buf_addc(&a, 'a');
	}
	dir_init(&d);
	save(dir_file(&d, "f"), a.data, a.len);
	CU_ASSERT_EQUAL_FATAL(stream_open_file(dir_file(&d, "f"), &opt, &s, NULL), 0);
	stream_map_done(s, 1);
	stream_map_done(s, 500000);
	stream_map_done(s, 400000);
	CU_ASSERT_EQUAL(stream_file_sha256(s, hex, NULL), 0);
	CU_ASSERT_STRING_EQUAL(hex, SHA_MILLION_A);
	stream_free(s);
	buf_release(&a);
	dir_release(&d);
}

static void test_stream_sha256_of_cut_file_fails(void)
{
	for (int t = 0; t < 2; t++) {
		struct file_options opt = { .hash = true, .hash_thread = t == 1 };
		struct stream *s = NULL;
		struct dir d;
		struct buf a;
		char hex[65];

		fill(&a, 8u << 20);
		dir_init(&d);
		save(dir_file(&d, "f"), a.data, a.len);
		CU_ASSERT_EQUAL_FATAL(stream_open_file(dir_file(&d, "f"), &opt, &s, NULL), 0);
		CU_ASSERT_EQUAL(truncate(dir_file(&d, "f"), 1000), 0);
		CU_ASSERT_EQUAL(stream_file_sha256(s, hex, NULL), ERR_IO);
		stream_free(s);
		buf_release(&a);
		dir_release(&d);
	}
}

/* Stopping early must neither wait nor leak. */
static void test_stream_hasher_dropped(void)
{
	static uint8_t zeros[2 << 20];
	struct hasher *h = NULL;

	CU_ASSERT_EQUAL_FATAL(hasher_new(&h, NULL), 0);
	CU_ASSERT_EQUAL(hasher_start_queue(h, NULL), 0);
	hasher_update(h, zeros, sizeof(zeros));
	hasher_free(h);
	hasher_free(NULL);
}

void suite_stream(CU_pSuite suite);

void suite_stream(CU_pSuite suite)
{
	CU_add_test(suite, "test_stream_file_is_mapped", test_stream_file_is_mapped);
	CU_add_test(suite, "test_stream_file_cut_while_mapped", test_stream_file_cut_while_mapped);
	CU_add_test(suite, "test_stream_foreign_fault_still_kills",
		    test_stream_foreign_fault_still_kills);
	CU_add_test(suite, "test_stream_open_refuses", test_stream_open_refuses);
	CU_add_test(suite, "test_stream_stdin_pipe", test_stream_stdin_pipe);
	CU_add_test(suite, "test_stream_stop_ends_waiting", test_stream_stop_ends_waiting);
	CU_add_test(suite, "test_stream_pipe_waits_for_writer", test_stream_pipe_waits_for_writer);
	CU_add_test(suite, "test_stream_sha256", test_stream_sha256);
	CU_add_test(suite, "test_stream_sha256_with_map_done", test_stream_sha256_with_map_done);
	CU_add_test(suite, "test_stream_sha256_of_cut_file_fails",
		    test_stream_sha256_of_cut_file_fails);
	CU_add_test(suite, "test_stream_hasher_dropped", test_stream_hasher_dropped);
}
