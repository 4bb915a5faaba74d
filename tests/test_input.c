/*
 * test_input.c - from what the user named to captures: listing, recognition by content, archives
 * made by the real tools, nesting, and damage in every wrapping.
 */
#include "mkcap.h"
#include "readers/input.h"
#include "readers/input_sniff.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- helpers ----------------------------------------------------------------------------- */

/* A directory with one capture, c.pcapng, and its bytes. */
struct place {
	char path[128];
	struct mkcap cap;
	struct input_list list;
};

static void run(const struct place *pl, const char *cmd)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd '%s' && ( %s ) >/dev/null 2>&1", pl->path, cmd);
	if (system(line) != 0) {
		fprintf(stderr, "failed: %s\n", cmd);
		abort();
	}
}

static const char *at(const struct place *pl, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", pl->path, name);
	return path;
}

static void place_init(struct place *pl)
{
	const char *tmp = getenv("TMPDIR");
	char text[64];

	snprintf(pl->path, sizeof(pl->path), "%s/thresher-input-XXXXXX",
		 tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(pl->path) == NULL) {
		abort();
	}
	mkcap_init(&pl->cap, false);
	mkcap_section(&pl->cap, 2);
	for (unsigned int i = 0; i < 2000; i++) {
		int n = snprintf(text, sizeof(text), "block %u with %u in it", i,
				 i * i * 2654435761u);

		mkcap_block(&pl->cap, 0xBAD, text, (size_t)n);
	}
	mkcap_save(&pl->cap, at(pl, "c.pcapng"));
	run(pl, "echo some text >t.txt");
	input_list_init(&pl->list);
}

static void place_release(struct place *pl)
{
	char cmd[512];

	input_list_release(&pl->list);
	mkcap_release(&pl->cap);
	snprintf(cmd, sizeof(cmd), "chmod -R u+rwx '%s'; rm -rf '%s'", pl->path, pl->path);
	if (system(cmd) != 0) {
		abort();
	}
}

/* The part of a name behind the directory. */
static const char *behind(const struct place *pl, const char *name)
{
	size_t n = strlen(pl->path);

	return strncmp(name, pl->path, n) == 0 && name[n] == '/' ? name + n + 1 : name;
}

struct yield {
	char name[200];
	char wrap[SOURCE_WRAP_BYTES];
	int end;		/* how reading it ended */
	bool same;		/* all bytes are those of the capture */
	bool prefix;		/* they are its first bytes */
	size_t len;
};

struct result {
	struct yield got[8];
	size_t count;
	char skips[8][2][200];	/* name, reason */
	int skip_codes[8];
	size_t skip_count;
	int open, end;		/* of input_open and the last input_next */
	struct err err;
	char sha[65];
};

static void read_capture(const struct place *pl, struct stream *s, struct yield *y)
{
	static uint8_t piece[30000];
	const struct buf *want = &pl->cap.out;
	struct err e;
	size_t n = 0;

	err_init(&e);
	y->prefix = true;
	while ((y->end = stream_read(s, piece, sizeof(piece), &n, &e)) == 0) {
		y->prefix = y->prefix && y->len + n <= want->len &&
			    memcmp(want->data + y->len, piece, n) == 0;
		y->len += n;
	}
	y->same = y->prefix && y->len == want->len && y->end == ERR_EOF;
}

static void take_all(const struct place *pl, struct input *in, struct result *res)
{
	const char *name, *wrap;
	struct stream *s;
	const struct input_skip *skips;
	size_t n = 0;

	while ((res->end = input_next(in, &s, &name, &wrap, &res->err)) == 0) {
		struct yield unkept = { .len = 0 };
		struct yield *y =
			res->count < ARRAY_LEN(res->got) ? &res->got[res->count] : &unkept;

		snprintf(y->name, sizeof(y->name), "%s", behind(pl, name));
		snprintf(y->wrap, sizeof(y->wrap), "%s", wrap);
		read_capture(pl, s, y);
		res->count++;
	}
	skips = input_skips(in, &n);
	for (size_t i = 0; i < n && i < ARRAY_LEN(res->skips); i++) {
		snprintf(res->skips[i][0], sizeof(res->skips[i][0]), "%s",
			 behind(pl, skips[i].name));
		snprintf(res->skips[i][1], sizeof(res->skips[i][1]), "%s", skips[i].reason);
		res->skip_codes[i] = skips[i].code;
	}
	res->skip_count = n;
}

static void read_path(const struct place *pl, const char *path, struct result *res)
{
	char copy[512];
	struct input_file f = { copy, 0, true };
	struct input_options opt = { .hash = true };
	struct input *in = NULL;

	snprintf(copy, sizeof(copy), "%s", path);
	memset(res, 0, sizeof(*res));
	err_init(&res->err);
	res->open = input_open(&f, &opt, &in, &res->err);
	if (res->open == 0) {
		take_all(pl, in, res);
		CU_ASSERT_EQUAL(input_sha256(in, res->sha, NULL), 0);
		CU_ASSERT_EQUAL(input_next(in, NULL, NULL, NULL, NULL), res->end);
	}
	input_free(in);
}

static void read_one(const struct place *pl, const char *name, struct result *res)
{
	read_path(pl, at(pl, name), res);
}

static void check_yield(const struct result *res, size_t i, const char *name, const char *wrap)
{
	CU_ASSERT_TRUE_FATAL(i < res->count);
	CU_ASSERT_STRING_EQUAL(res->got[i].name, name);
	CU_ASSERT_STRING_EQUAL(res->got[i].wrap, wrap);
	CU_ASSERT_TRUE(res->got[i].same);
}

static void check_skip(const struct result *res, size_t i, const char *name, const char *part,
		       int code)
{
	CU_ASSERT_TRUE_FATAL(i < res->skip_count);
	CU_ASSERT_STRING_EQUAL(res->skips[i][0], name);
	CU_ASSERT_PTR_NOT_NULL(strstr(res->skips[i][1], part));
	CU_ASSERT_EQUAL(res->skip_codes[i], code);
}

/* ---- recognition ------------------------------------------------------------------------- */

static enum content sniff_bytes(const char *hex)
{
	uint8_t p[64] = { 0 };
	size_t n = 0;
	unsigned int x;

	while (n < sizeof(p) && sscanf(hex + 2 * n, "%2x", &x) == 1) {
		p[n++] = (uint8_t)x;
	}
	return sniff_content(p, n);
}

static void test_input_sniffs_magics(void)
{
	CU_ASSERT_EQUAL(sniff_bytes("0a0d0d0a1c0000004d3c2b1a0100"), CONTENT_CAPTURE);
	CU_ASSERT_EQUAL(sniff_bytes("0a0d0d0a0000001c1a2b3c4d0001"), CONTENT_CAPTURE);
	CU_ASSERT_EQUAL(sniff_bytes("0a0d0d0a1c000000"), CONTENT_CAPTURE);
	CU_ASSERT_EQUAL(sniff_bytes("0a0d0d0a1c0000004d3c2b1b0100"), CONTENT_OTHER);
	CU_ASSERT_EQUAL(sniff_bytes("d4c3b2a1"), CONTENT_CAPTURE);
	CU_ASSERT_EQUAL(sniff_bytes("a1b2c3d4"), CONTENT_CAPTURE);
	CU_ASSERT_EQUAL(sniff_bytes("4d3cb2a1"), CONTENT_CAPTURE);
	CU_ASSERT_EQUAL(sniff_bytes("a1b23c4d"), CONTENT_CAPTURE);
	CU_ASSERT_EQUAL(sniff_bytes("a1b2cd34"), CONTENT_OTHER);
	CU_ASSERT_EQUAL(sniff_bytes("1f8b0800"), CONTENT_GZIP);
	CU_ASSERT_EQUAL(sniff_bytes("28b52ffd"), CONTENT_ZSTD);
	CU_ASSERT_EQUAL(sniff_bytes("502a4d180100000000"), CONTENT_ZSTD);
	CU_ASSERT_EQUAL(sniff_bytes("5f2a4d18010000000004224d18"), CONTENT_LZ4);
	CU_ASSERT_EQUAL(sniff_bytes("fd377a585a00"), CONTENT_XZ);
	CU_ASSERT_EQUAL(sniff_bytes("04224d18"), CONTENT_LZ4);
	CU_ASSERT_EQUAL(sniff_bytes("425a6839314159265359"), CONTENT_BZIP2);
	CU_ASSERT_EQUAL(sniff_bytes("425a6839314159265358"), CONTENT_OTHER);
	CU_ASSERT_EQUAL(sniff_bytes("504b0304"), CONTENT_ZIP);
	CU_ASSERT_EQUAL(sniff_bytes("377abcaf271c"), CONTENT_7Z);
	CU_ASSERT_EQUAL(sniff_bytes("303730373031"), CONTENT_CPIO);
	CU_ASSERT_EQUAL(sniff_bytes("c771"), CONTENT_OTHER);
	CU_ASSERT_EQUAL(sniff_bytes(""), CONTENT_OTHER);
}

static void test_input_skip_reasons(void)
{
	CU_ASSERT_STRING_EQUAL(sniff_reason((const uint8_t *)"", 0), "empty file");
	CU_ASSERT_STRING_EQUAL(sniff_reason((const uint8_t *)"abc\n", 4), "not a capture (text)");
	CU_ASSERT_STRING_EQUAL(sniff_reason((const uint8_t *)"\1\2\3", 3),
			       "not a capture (other data)");
	CU_ASSERT_STRING_EQUAL(sniff_reason((const uint8_t *)"\0\0\0", 3),
			       "not a capture (zero bytes)");
	CU_ASSERT_PTR_NOT_NULL(
		strstr(sniff_reason((const uint8_t *)"\xa1\xb2\xcd\x34", 4), "modified"));
}

/* A tar header without the "ustar" of later ones is known by its checksum. */
static void test_input_sniffs_old_tar(void)
{
	struct place pl;
	struct result res;
	uint8_t head[512];
	FILE *f;

	place_init(&pl);
	run(&pl, "tar --format=v7 -cf v7.tar c.pcapng");
	f = fopen(at(&pl, "v7.tar"), "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL_FATAL(fread(head, 1, 512, f), 512);
	fclose(f);
	CU_ASSERT_EQUAL(sniff_content(head, 512), CONTENT_TAR);
	head[0] ^= 1;
	CU_ASSERT_EQUAL(sniff_content(head, 512), CONTENT_OTHER);
	read_one(&pl, "v7.tar", &res);
	check_yield(&res, 0, "v7.tar:c.pcapng", "tar");
	place_release(&pl);
}

/* ---- listing ----------------------------------------------------------------------------- */

static void test_input_list_walks_directories(void)
{
	static const char *const want[] = { "d/a-b", "d/a/1", "d/a/2", "d/link", "d/z" };
	struct place pl;
	size_t skips = 0;

	place_init(&pl);
	run(&pl,
	    "mkdir -p d/a d/empty && echo 1 >d/a/1 && echo 2 >d/a/2 && echo 3 >d/z && echo 4 >d/a-b"
	    " && ln -s ../t.txt d/link && ln -s .. d/a/up && ln -s nowhere d/broken && mkfifo "
	    "d/pipe"
	    " && ln d/z d/zz");
	CU_ASSERT_EQUAL(input_list_add(&pl.list, at(&pl, "d/"), NULL), 0);
	CU_ASSERT_EQUAL_FATAL(pl.list.count, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		CU_ASSERT_STRING_EQUAL(behind(&pl, pl.list.files[i].path), want[i]);
		CU_ASSERT_FALSE(pl.list.files[i].named);
	}
	CU_ASSERT_EQUAL(pl.list.files[0].bytes, 2);
	CU_ASSERT_EQUAL_FATAL(pl.list.skip_count, 3);
	CU_ASSERT_STRING_EQUAL(behind(&pl, pl.list.skips[0].name), "d/a/up");
	CU_ASSERT_STRING_EQUAL(behind(&pl, pl.list.skips[1].name), "d/broken");
	CU_ASSERT_EQUAL(pl.list.skips[1].code, ERR_OPEN);
	CU_ASSERT_STRING_EQUAL(behind(&pl, pl.list.skips[2].name), "d/pipe");
	CU_ASSERT_STRING_EQUAL(pl.list.skips[2].reason, "special file (pipe)");

	/* Again, and a file of it by name: nothing new. */
	skips = pl.list.skip_count;
	CU_ASSERT_EQUAL(input_list_add(&pl.list, at(&pl, "d"), NULL), 0);
	CU_ASSERT_EQUAL(input_list_add(&pl.list, at(&pl, "d/a/2"), NULL), 0);
	CU_ASSERT_EQUAL(pl.list.count, ARRAY_LEN(want));
	CU_ASSERT_EQUAL(pl.list.skip_count, skips);
	place_release(&pl);
}

static void test_input_list_named(void)
{
	struct place pl;
	struct err e;

	place_init(&pl);
	run(&pl, "mkdir real && cp c.pcapng real/x && ln -s real alias && mkfifo p");
	err_init(&e);
	CU_ASSERT_EQUAL(input_list_add(&pl.list, at(&pl, "missing"), &e), ERR_OPEN);
	CU_ASSERT_STRING_EQUAL(e.file, at(&pl, "missing"));
	CU_ASSERT_EQUAL(pl.list.count, 0);
	/* A link to a directory is followed when it was named; a pipe is listed when it was. */
	CU_ASSERT_EQUAL(input_list_add(&pl.list, at(&pl, "alias"), NULL), 0);
	CU_ASSERT_EQUAL(input_list_add(&pl.list, at(&pl, "p"), NULL), 0);
	CU_ASSERT_EQUAL_FATAL(pl.list.count, 2);
	CU_ASSERT_STRING_EQUAL(behind(&pl, pl.list.files[0].path), "alias/x");
	CU_ASSERT_EQUAL(pl.list.files[0].bytes, pl.cap.out.len);
	CU_ASSERT_EQUAL(pl.list.files[1].bytes, UINT64_MAX);
	CU_ASSERT_TRUE(pl.list.files[1].named);
	place_release(&pl);
}

static void test_input_list_unreadable(void)
{
	struct place pl;
	struct err e;

	if (geteuid() == 0) {
		return;		/* may read everything */
	}
	place_init(&pl);
	run(&pl, "mkdir d d/locked && cp t.txt d/secret && chmod 0 d/secret d/locked");
	CU_ASSERT_EQUAL(input_list_add(&pl.list, at(&pl, "d"), NULL), 0);
	CU_ASSERT_EQUAL(pl.list.count, 0);
	CU_ASSERT_EQUAL_FATAL(pl.list.skip_count, 2);
	CU_ASSERT_STRING_EQUAL(pl.list.skips[0].reason, "permission denied");
	CU_ASSERT_STRING_EQUAL(pl.list.skips[1].reason, "permission denied");
	err_init(&e);
	CU_ASSERT_EQUAL(input_list_add(&pl.list, at(&pl, "d/secret"), &e), ERR_OPEN);
	place_release(&pl);
}

static void test_input_open_missing(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	read_one(&pl, "missing", &res);
	CU_ASSERT_EQUAL(res.open, ERR_OPEN);
	place_release(&pl);
}

/* ---- one wrapping ------------------------------------------------------------------------ */

static void test_input_plain_and_empty(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	read_one(&pl, "c.pcapng", &res);
	CU_ASSERT_EQUAL(res.end, ERR_EOF);
	CU_ASSERT_EQUAL(res.count, 1);
	check_yield(&res, 0, "c.pcapng", "");
	read_one(&pl, "t.txt", &res);
	CU_ASSERT_EQUAL(res.end, ERR_EOF);
	CU_ASSERT_EQUAL(res.count, 0);
	check_skip(&res, 0, "t.txt", "not a capture (text)", ERR_NOT_CAPTURE);
	/* echo some text | sha256sum */
	CU_ASSERT_STRING_EQUAL(res.sha,
			       "a23e5fdcd7b276bdd81aa1a0b7b963101863dd3f61ff57935f8c5ba462681ea6");
	run(&pl, ": >empty; gzip -c empty >empty.gz; xz -c empty >empty.xz");
	read_one(&pl, "empty", &res);
	check_skip(&res, 0, "empty", "empty file", ERR_NOT_CAPTURE);
	read_one(&pl, "empty.gz", &res);
	check_skip(&res, 0, "empty.gz", "empty file", ERR_NOT_CAPTURE);
	read_one(&pl, "empty.xz", &res);
	check_skip(&res, 0, "empty.xz", "empty file", ERR_NOT_CAPTURE);
	place_release(&pl);
}

static void test_input_compressions(void)
{
	static const struct {
		const char *tool, *wrap;
	} rows[] = {
		{ "gzip", "gzip" },  { "zstd -q", "zstd" },   { "xz -0", "xz" },
		{ "lz4 -q", "lz4" }, { "bzip2 -1", "bzip2" },
	};
	struct place pl;
	struct result res;
	char cmd[128];

	place_init(&pl);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(cmd, sizeof(cmd), "%s <c.pcapng >packed", rows[i].tool);
		run(&pl, cmd);
		read_one(&pl, "packed", &res);
		CU_ASSERT_EQUAL(res.end, ERR_EOF);
		CU_ASSERT_EQUAL(res.count, 1);
		check_yield(&res, 0, "packed", rows[i].wrap);
	}
	place_release(&pl);
}

static void test_input_archives(void)
{
	static const struct {
		const char *cmd, *wrap;
	} rows[] = {
		{ "tar -cf a in", "tar" },
		{ "tar --format=pax -cf a ./in", "tar" },
		{ "zip -q a.zip in in/c in/sub in/sub/\303\251.pcapng in/t.txt && mv a.zip a",
		  "zip" },
		{ "7z a a.7z in && mv a.7z a", "7z" },
		{ "find in | sort | cpio -o -H newc >a", "cpio" },
		{ "find in | sort | cpio -o -H odc >a", "cpio" },
		{ "find in | sort | cpio -o -H bin >a", "cpio" },
	};
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "mkdir -p in/sub && cp c.pcapng in/c && cp c.pcapng in/sub/\303\251.pcapng && cp "
		 "t.txt in");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool sub_first;

		run(&pl, "rm -f a");
		run(&pl, rows[i].cmd);
		read_one(&pl, "a", &res);
		CU_ASSERT_EQUAL(res.end, ERR_EOF);
		CU_ASSERT_EQUAL_FATAL(res.count, 2);
		/* tar keeps the order of the directory */
		sub_first = strcmp(res.got[0].name, "a:in/c") != 0;
		check_yield(&res, sub_first ? 1 : 0, "a:in/c", rows[i].wrap);
		check_yield(&res, sub_first ? 0 : 1, "a:in/sub/\303\251.pcapng", rows[i].wrap);
		CU_ASSERT_EQUAL(res.skip_count, 1);
		check_skip(&res, 0, "a:in/t.txt", "not a capture (text)", ERR_NOT_CAPTURE);
	}
	place_release(&pl);
}

static void test_input_archive_oddities(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "ln -s c.pcapng soft && ln c.pcapng hard && mkfifo p && : >e"
		 " && tar -cf a.tar c.pcapng soft hard p e");
	read_one(&pl, "a.tar", &res);
	CU_ASSERT_EQUAL(res.end, ERR_EOF);
	CU_ASSERT_EQUAL(res.count, 1);
	check_yield(&res, 0, "a.tar:c.pcapng", "tar");
	CU_ASSERT_EQUAL(res.skip_count, 4);
	check_skip(&res, 0, "a.tar:soft", "link", ERR_NOT_CAPTURE);
	check_skip(&res, 1, "a.tar:hard", "link", ERR_NOT_CAPTURE);
	check_skip(&res, 2, "a.tar:p", "special file", ERR_NOT_CAPTURE);
	check_skip(&res, 3, "a.tar:e", "empty file", ERR_NOT_CAPTURE);

	run(&pl, "zip -q -P secret e.zip c.pcapng && 7z a -psecret e.7z c.pcapng"
		 " && 7z a -psecret -mhe=on h.7z c.pcapng");
	read_one(&pl, "e.zip", &res);
	CU_ASSERT_EQUAL(res.count, 0);
	check_skip(&res, 0, "e.zip:c.pcapng", "encrypted archive member", ERR_UNSUPPORTED);
	read_one(&pl, "e.7z", &res);
	CU_ASSERT_EQUAL(res.count, 0);
	check_skip(&res, 0, "e.7z:c.pcapng", "encrypted archive member", ERR_UNSUPPORTED);
	read_one(&pl, "h.7z", &res);
	CU_ASSERT_EQUAL(res.count, 0);
	check_skip(&res, 0, "h.7z", "encrypted archive", ERR_UNSUPPORTED);
	place_release(&pl);
}

/* A sparse tar member: the holes are zeros of the capture. */
static void test_input_sparse_member(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "cp c.pcapng s && truncate -s 3000000 s && tar -S -cf a.tar s");
	read_one(&pl, "a.tar", &res);
	CU_ASSERT_EQUAL_FATAL(res.count, 1);
	CU_ASSERT_EQUAL(res.got[0].end, ERR_EOF);
	CU_ASSERT_EQUAL(res.got[0].len, 3000000);
	place_release(&pl);
}

/* ---- several ----------------------------------------------------------------------------- */

static void test_input_nested(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "mkdir logs && gzip -c c.pcapng >logs/b.scap.gz && tar -cf a.tar logs t.txt"
		 " && gzip -c a.tar >a.tgz && zstd -q -c c.pcapng >z && zip -q n.zip a.tar z t.txt"
		 " && xz -c n.zip >n.zip.xz");
	read_one(&pl, "a.tar", &res);
	check_yield(&res, 0, "a.tar:logs/b.scap.gz", "tar+gzip");
	CU_ASSERT_EQUAL(res.skip_count, 1);
	read_one(&pl, "a.tgz", &res);
	CU_ASSERT_EQUAL(res.end, ERR_EOF);
	CU_ASSERT_EQUAL(res.count, 1);
	check_yield(&res, 0, "a.tgz:logs/b.scap.gz", "gzip+tar+gzip");
	read_one(&pl, "n.zip", &res);
	CU_ASSERT_EQUAL(res.end, ERR_EOF);
	CU_ASSERT_EQUAL(res.count, 2);
	check_yield(&res, 0, "n.zip:a.tar:logs/b.scap.gz", "zip+tar+gzip");
	check_yield(&res, 1, "n.zip:z", "zip+zstd");
	CU_ASSERT_EQUAL(res.skip_count, 2);
	check_skip(&res, 0, "n.zip:a.tar:t.txt", "text", ERR_NOT_CAPTURE);
	check_skip(&res, 1, "n.zip:t.txt", "text", ERR_NOT_CAPTURE);
	/* A zip that cannot be sought in is read in order. */
	read_one(&pl, "n.zip.xz", &res);
	CU_ASSERT_EQUAL(res.end, ERR_EOF);
	CU_ASSERT_EQUAL(res.count, 2);
	check_yield(&res, 0, "n.zip.xz:a.tar:logs/b.scap.gz", "xz+zip+tar+gzip");
	place_release(&pl);
}

static void test_input_nesting_ceiling(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "gzip -c c.pcapng | xz -0c | zstd -qc | bzip2 -c >four && lz4 -qc <four >five");
	read_one(&pl, "four", &res);
	CU_ASSERT_EQUAL(res.count, 1);
	check_yield(&res, 0, "four", "bzip2+zstd+xz+gzip");
	read_one(&pl, "five", &res);
	CU_ASSERT_EQUAL(res.end, ERR_EOF);
	CU_ASSERT_EQUAL(res.count, 0);
	check_skip(&res, 0, "five", "deeper", ERR_LIMIT);
	/* The same kind twice is two, also for the library that undoes it. */
	run(&pl, "xz -0c c.pcapng | xz -0c | xz -0c | xz -0c | xz -0c >xz5");
	read_one(&pl, "xz5", &res);
	CU_ASSERT_EQUAL(res.count, 0);
	check_skip(&res, 0, "xz5", "deeper", ERR_LIMIT);
	place_release(&pl);
}

static void test_input_7z_needs_a_file(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "7z a a.7z c.pcapng && tar -cf a.tar a.7z c.pcapng");
	read_one(&pl, "a.tar", &res);
	CU_ASSERT_EQUAL(res.end, ERR_EOF);
	CU_ASSERT_EQUAL(res.count, 1);
	check_yield(&res, 0, "a.tar:c.pcapng", "tar");
	check_skip(&res, 0, "a.tar:a.7z", "7z", ERR_UNSUPPORTED);
	place_release(&pl);
}

/* Reads name through stdin: redirected, or by a pipe from cat. */
static void read_stdin(struct place *pl, const char *name, bool piped, struct result *res)
{
	int before = dup(STDIN_FILENO);
	char cmd[600];
	FILE *pipe = NULL;
	int fd;

	if (piped) {
		snprintf(cmd, sizeof(cmd), "exec cat '%s'", at(pl, name));
		pipe = popen(cmd, "r");
		fd = pipe != NULL ? dup(fileno(pipe)) : -1;
	} else {
		fd = open(at(pl, name), O_RDONLY);
	}
	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0) {
		abort();
	}
	close(fd);
	read_path(pl, "-", res);
	CU_ASSERT_EQUAL(input_list_add(&pl->list, "-", NULL), 0);
	if (pipe != NULL) {
		pclose(pipe);
	}
	if (before >= 0) {
		dup2(before, STDIN_FILENO);
		close(before);
	}
}

static void test_input_stdin(void)
{
	struct place pl;
	struct result res, file;

	place_init(&pl);
	run(&pl, "gzip -c c.pcapng >g && zip -q a.zip c.pcapng t.txt g");
	for (int piped = 0; piped < 2; piped++) {
		read_stdin(&pl, "c.pcapng", piped, &res);
		CU_ASSERT_EQUAL(res.count, 1);
		check_yield(&res, 0, "-", "");
		read_stdin(&pl, "g", piped, &res);
		check_yield(&res, 0, "-", "gzip");
		read_one(&pl, "g", &file);
		CU_ASSERT_STRING_EQUAL(res.sha, file.sha);
		read_stdin(&pl, "a.zip", piped, &res);
		CU_ASSERT_EQUAL(res.count, 2);
		check_yield(&res, 0, "-:c.pcapng", "zip");
		check_yield(&res, 1, "-:g", "zip+gzip");
		read_one(&pl, "a.zip", &file);
		CU_ASSERT_STRING_EQUAL(res.sha, file.sha);
	}
	CU_ASSERT_TRUE(pl.list.count >= 1);
	CU_ASSERT_STRING_EQUAL(pl.list.files[0].path, "-");
	place_release(&pl);
}

/* ---- damage ------------------------------------------------------------------------------ */

static void test_input_truncated_archive(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "cp c.pcapng d.pcapng && tar -cf a.tar c.pcapng d.pcapng && head -c 100000 a.tar "
		 ">cut.tar"
		 " && gzip -c a.tar | head -c 20000 >cut.tgz");
	CU_ASSERT_TRUE_FATAL(pl.cap.out.len > 60000 && pl.cap.out.len < 98000);
	read_one(&pl, "cut.tar", &res);
	CU_ASSERT_EQUAL_FATAL(res.count, 2);
	check_yield(&res, 0, "cut.tar:c.pcapng", "tar");
	CU_ASSERT_EQUAL(res.got[1].end, ERR_TRUNCATED);
	CU_ASSERT_TRUE(res.got[1].prefix);
	CU_ASSERT_TRUE(res.got[1].len > 0 && res.got[1].len < pl.cap.out.len);
	CU_ASSERT_EQUAL(res.end, ERR_TRUNCATED);
	CU_ASSERT_STRING_EQUAL(behind(&pl, res.err.file), "cut.tar");

	read_one(&pl, "cut.tgz", &res);
	CU_ASSERT_TRUE_FATAL(res.count >= 1);
	CU_ASSERT_EQUAL(res.got[res.count - 1].end, ERR_TRUNCATED);
	CU_ASSERT_TRUE(res.got[res.count - 1].prefix);
	CU_ASSERT_EQUAL(res.end, ERR_TRUNCATED);
	place_release(&pl);
}

/* A damaged archive inside another one costs only itself. */
static void test_input_damaged_inner_archive(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "tar -cf b.tar c.pcapng && head -c 30000 b.tar >i.tar && gzip -c c.pcapng | head "
		 "-c 14 >i.gz"
		 " && tar -cf a.tar i.tar i.gz c.pcapng");
	read_one(&pl, "a.tar", &res);
	CU_ASSERT_EQUAL(res.end, ERR_EOF);
	CU_ASSERT_EQUAL_FATAL(res.count, 2);
	CU_ASSERT_STRING_EQUAL(res.got[0].name, "a.tar:i.tar:c.pcapng");
	CU_ASSERT_EQUAL(res.got[0].end, ERR_TRUNCATED);
	check_yield(&res, 1, "a.tar:c.pcapng", "tar");
	CU_ASSERT_EQUAL(res.skip_count, 2);
	check_skip(&res, 0, "a.tar:i.tar", "tar", ERR_TRUNCATED);
	check_skip(&res, 1, "a.tar:i.gz", "gzip", ERR_TRUNCATED);
	place_release(&pl);
}

/* One damaged member of a zip costs only itself. */
static void test_input_damaged_zip_member(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "cp c.pcapng d && cp c.pcapng f && zip -q a.zip c.pcapng && head -c -300 a.zip | "
		 "wc -c >size"
		 " && zip -q a.zip d f");
	/* A byte in the middle of the second member's data: members are of one size. */
	run(&pl, "n=$(cat size); printf '\\377\\377\\377\\377' |"
		 " dd of=a.zip bs=1 seek=$((n + n / 2)) conv=notrunc");
	read_one(&pl, "a.zip", &res);
	CU_ASSERT_EQUAL(res.end, ERR_EOF);
	CU_ASSERT_EQUAL_FATAL(res.count, 3);
	check_yield(&res, 0, "a.zip:c.pcapng", "zip");
	CU_ASSERT_STRING_EQUAL(res.got[1].name, "a.zip:d");
	CU_ASSERT_EQUAL(res.got[1].end, ERR_MALFORMED);
	check_yield(&res, 2, "a.zip:f", "zip");
	place_release(&pl);
}

/* A cpio name of 3.4 GB is not read into memory. */
static void test_input_header_ceiling(void)
{
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "printf '0707010000000100008180000000000000000000000001000000000000000000000000"
		 "000000000000000000000000D000000000000000' >a && truncate -s 200M a");
	read_one(&pl, "a", &res);
	CU_ASSERT_EQUAL(res.count, 0);
	CU_ASSERT_EQUAL(res.end, ERR_LIMIT);
	CU_ASSERT_PTR_NOT_NULL(strstr(res.err.message, "header"));
	place_release(&pl);
}

static bool known_end(int code)
{
	return code == ERR_EOF || code == ERR_TRUNCATED || code == ERR_MALFORMED ||
	       code == ERR_LIMIT || code == ERR_UNSUPPORTED;
}

/* Every tenth of each wrapping cut off, and bits turned all over it: always an answer. */
static void test_input_damage_sweep(void)
{
	static const char *const names[] = { "a.tar", "a.zip", "a.7z",  "a.cpio", "a.tgz", "a.xz",
					     "a.lz4", "a.bz2", "a.zst", "a.tbz",  "b.7z" };
	struct place pl;
	struct result res;

	place_init(&pl);
	run(&pl, "head -c 9000 c.pcapng >s && tar -cf a.tar s t.txt && zip -q a.zip s t.txt && 7z "
		 "a a.7z s t.txt"
		 " && ls s t.txt | cpio -o -H newc >a.cpio && gzip -c a.tar >a.tgz && xz -c s >a.xz"
		 " && 7z a -m0=bzip2 b.7z s t.txt && lz4 -qc <s >a.lz4 && bzip2 -c s >a.bz2 && "
		 "zstd -qc s >a.zst && bzip2 -c a.tar >a.tbz");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		static uint8_t bytes[65536];
		FILE *f = fopen(at(&pl, names[i]), "rb");
		size_t len = f != NULL ? fread(bytes, 1, sizeof(bytes), f) : 0;

		CU_ASSERT_TRUE_FATAL(len > 100);
		fclose(f);
		for (size_t k = 0; k < 50; k++) {
			size_t bit = k * 104729 % (len * 8);
			size_t n = k < 10 ? len * k / 10 : len;

			bytes[bit / 8] ^= (uint8_t)(k < 10 ? 0 : 1u << (bit % 8));
			f = fopen(at(&pl, "bad"), "wb");
			if (f == NULL || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) {
				abort();
			}
			bytes[bit / 8] ^= (uint8_t)(k < 10 ? 0 : 1u << (bit % 8));
			read_one(&pl, "bad", &res);
			CU_ASSERT_EQUAL(res.open, 0);
			CU_ASSERT_TRUE(known_end(res.end));
			for (size_t y = 0; y < res.count; y++) {
				CU_ASSERT_TRUE(known_end(res.got[y].end));
			}
			if (k < 10 && res.count > 0 && !res.got[0].same) {
				CU_ASSERT_TRUE(res.got[0].prefix);
			}
		}
	}
	place_release(&pl);
}

void suite_input(CU_pSuite suite);

void suite_input(CU_pSuite suite)
{
	CU_add_test(suite, "test_input_sniffs_magics", test_input_sniffs_magics);
	CU_add_test(suite, "test_input_skip_reasons", test_input_skip_reasons);
	CU_add_test(suite, "test_input_sniffs_old_tar", test_input_sniffs_old_tar);
	CU_add_test(suite, "test_input_list_walks_directories", test_input_list_walks_directories);
	CU_add_test(suite, "test_input_list_named", test_input_list_named);
	CU_add_test(suite, "test_input_list_unreadable", test_input_list_unreadable);
	CU_add_test(suite, "test_input_open_missing", test_input_open_missing);
	CU_add_test(suite, "test_input_plain_and_empty", test_input_plain_and_empty);
	CU_add_test(suite, "test_input_compressions", test_input_compressions);
	CU_add_test(suite, "test_input_archives", test_input_archives);
	CU_add_test(suite, "test_input_archive_oddities", test_input_archive_oddities);
	CU_add_test(suite, "test_input_sparse_member", test_input_sparse_member);
	CU_add_test(suite, "test_input_nested", test_input_nested);
	CU_add_test(suite, "test_input_nesting_ceiling", test_input_nesting_ceiling);
	CU_add_test(suite, "test_input_7z_needs_a_file", test_input_7z_needs_a_file);
	CU_add_test(suite, "test_input_stdin", test_input_stdin);
	CU_add_test(suite, "test_input_truncated_archive", test_input_truncated_archive);
	CU_add_test(suite, "test_input_damaged_inner_archive", test_input_damaged_inner_archive);
	CU_add_test(suite, "test_input_damaged_zip_member", test_input_damaged_zip_member);
	CU_add_test(suite, "test_input_header_ceiling", test_input_header_ceiling);
	CU_add_test(suite, "test_input_damage_sweep", test_input_damage_sweep);
}
