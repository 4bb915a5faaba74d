/*
 * test_stream_inflate.c - the layers that undo compression: gzip and zstd built by the libraries
 * themselves, the others by their tools; members in a row, cuts, flipped bits, bombs.
 */
#include "readers/stream_archive.h"
#include "streams.h"

#include <zlib.h>
#include <zstd.h>

#include "base/limits.h"

/* ---- helpers ----------------------------------------------------------------------------- */

/* A layer over a file with these bytes, read in steps. */
struct layered {
	struct dir dir;
	struct stream *file, *top;
	struct buf out;
	struct err err;
	int end;
};

typedef int open_fn(struct stream *under, struct stream **ret_s, struct err *e);

static void layered_read(struct layered *l, open_fn *open_layer, const void *p, size_t n,
			 size_t step)
{
	memset(l, 0, sizeof(*l));
	dir_init(&l->dir);
	save(dir_file(&l->dir, "f"), p, n);
	l->file = open_file(dir_file(&l->dir, "f"));
	err_init(&l->err);
	CU_ASSERT_EQUAL_FATAL(open_layer(l->file, &l->top, &l->err), 0);
	l->end = read_all(l->top, step, &l->out, &l->err);
}

static void layered_release(struct layered *l)
{
	stream_free(l->top);
	stream_free(l->file);
	buf_release(&l->out);
	dir_release(&l->dir);
}

static bool is_prefix(const struct buf *a, const struct buf *whole)
{
	return a->len <= whole->len && (a->len == 0 || memcmp(a->data, whole->data, a->len) == 0);
}

/* ---- builders ---------------------------------------------------------------------------- */

static void add_gzip(struct buf *out, const void *p, size_t n, gz_header *head)
{
	z_stream z;
	size_t bound = n + n / 8 + 4096 + 65536;	/* header fields included */
	char *room = buf_room(out, bound);

	memset(&z, 0, sizeof(z));
	if (room == NULL || deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		abort();
	}
	if (head != NULL) {
		deflateSetHeader(&z, head);
	}
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = (Bytef *)room;
	z.avail_out = (uInt)bound;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
		abort();
	}
	out->len += z.total_out;
	deflateEnd(&z);
}

/* What zlib itself gets out of the first n bytes of one gzip member. */
static size_t zlib_gets(const void *p, size_t n, size_t room)
{
	z_stream z;
	uint8_t *out = malloc(room);
	size_t got;

	memset(&z, 0, sizeof(z));
	if (out == NULL || inflateInit2(&z, 31) != Z_OK) {
		abort();
	}
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)room;
	(void)inflate(&z, Z_SYNC_FLUSH);
	got = z.total_out;
	inflateEnd(&z);
	free(out);
	return got;
}

static void add_zstd(struct buf *out, const void *p, size_t n, int checksum, int window_log)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(n) + 64;
	char *room = buf_room(out, bound);
	ZSTD_inBuffer in = { p, n, 0 };
	ZSTD_outBuffer to = { room, bound, 0 };

	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, checksum);
	if (window_log > 0) {
		/* Streamed without a known size: else zstd writes a smaller window. */
		ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window_log);
		while (ZSTD_compressStream2(c, &to, &in, ZSTD_e_flush) != 0) {
		}
	}
	while (ZSTD_compressStream2(c, &to, &in, ZSTD_e_end) != 0) {
	}
	out->len += to.pos;
	ZSTD_freeCCtx(c);
}

/* ---- gzip -------------------------------------------------------------------------------- */

static void test_stream_inflate_gzip_members(void)
{
	static const size_t steps[] = { 1u << 20, 65536, 4096, 777, 13 };
	struct buf want, gz;

	fill(&want, 400000);
	buf_init(&gz, SIZE_MAX);
	add_gzip(&gz, want.data, 150000, NULL);
	add_gzip(&gz, want.data, 0, NULL);
	add_gzip(&gz, want.data + 150000, 1, NULL);
	add_gzip(&gz, want.data + 150001, 249999, NULL);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct layered l;

		layered_read(&l, stream_open_gzip, gz.data, gz.len, steps[i]);
		CU_ASSERT_EQUAL(l.end, ERR_EOF);
		CU_ASSERT_TRUE(same(&l.out, &want));
		CU_ASSERT_STRING_EQUAL(stream_note(l.top), "");
		CU_ASSERT_EQUAL(stream_disk_pos(l.top), gz.len);
		layered_release(&l);
	}
	buf_release(&gz);
	buf_release(&want);
}

static void test_stream_inflate_gzip_header_fields(void)
{
	static uint8_t extra[60000];
	struct layered l;
	struct buf want, gz;
	gz_header head;

	memset(&head, 0, sizeof(head));
	head.name = (Bytef *)"a name.scap";
	head.comment = (Bytef *)"a comment";
	head.extra = extra;
	head.extra_len = sizeof(extra);
	head.hcrc = 1;
	fill(&want, 100000);
	buf_init(&gz, SIZE_MAX);
	for (int i = 0; i < 2; i++) {
		add_gzip(&gz, want.data + 50000 * i, 50000, &head);
	}
	layered_read(&l, stream_open_gzip, gz.data, gz.len, 65536);
	CU_ASSERT_EQUAL(l.end, ERR_EOF);
	CU_ASSERT_TRUE(same(&l.out, &want));
	layered_release(&l);
	buf_release(&gz);
	buf_release(&want);
}

static void test_stream_inflate_gzip_rest_is_noted(void)
{
	struct layered l;
	struct buf want, gz;
	size_t len;

	fill(&want, 50000);
	buf_init(&gz, SIZE_MAX);
	add_gzip(&gz, want.data, want.len, NULL);
	len = gz.len;
	for (int i = 0; i < 1000; i++) {
		buf_addc(&gz, '\0');
	}
	layered_read(&l, stream_open_gzip, gz.data, gz.len, 65536);
	CU_ASSERT_EQUAL(l.end, ERR_EOF);
	CU_ASSERT_TRUE(same(&l.out, &want));
	CU_ASSERT_PTR_NOT_NULL(strstr(stream_note(l.top), "1000 zero bytes"));
	layered_release(&l);

	gz.len = len;
	buf_adds(&gz, "tail");
	layered_read(&l, stream_open_gzip, gz.data, gz.len, 65536);
	CU_ASSERT_EQUAL(l.end, ERR_EOF);
	CU_ASSERT_TRUE(same(&l.out, &want));
	CU_ASSERT_PTR_NOT_NULL(strstr(stream_note(l.top), "4 bytes of something else"));
	layered_release(&l);

	/* The beginning of a further member is a cut, not a rest. */
	gz.len = len;
	buf_add(&gz, "\x1f\x8b", 2);
	layered_read(&l, stream_open_gzip, gz.data, gz.len, 65536);
	CU_ASSERT_EQUAL(l.end, ERR_TRUNCATED);
	CU_ASSERT_TRUE(same(&l.out, &want));
	layered_release(&l);
	buf_release(&gz);
	buf_release(&want);
}

static void test_stream_inflate_gzip_truncated_gives_all(void)
{
	struct buf want, gz;

	fill(&want, 200000);
	buf_init(&gz, SIZE_MAX);
	add_gzip(&gz, want.data, want.len, NULL);
	for (size_t cut = 10; cut < gz.len; cut += cut + 12 < gz.len ? gz.len / 37 : 1) {
		struct layered l;
		size_t gets;

		layered_read(&l, stream_open_gzip, gz.data, cut, 30000);
		CU_ASSERT_EQUAL(l.end, ERR_TRUNCATED);
		CU_ASSERT_TRUE(is_prefix(&l.out, &want));
		/* ISA-L looks up three literals at once: the last may need bits that are gone. */
		gets = zlib_gets(gz.data, cut, want.len);
		CU_ASSERT_TRUE(l.out.len <= gets && l.out.len + 2 >= gets);
		CU_ASSERT_EQUAL(l.err.offset, l.out.len);
		layered_release(&l);
	}
	buf_release(&gz);
	buf_release(&want);
}

static void test_stream_inflate_gzip_wrong_trailer(void)
{
	struct buf want, gz;

	fill(&want, 100000);
	for (size_t back = 1; back <= 8; back++) {
		struct layered l;

		buf_init(&gz, SIZE_MAX);
		add_gzip(&gz, want.data, want.len, NULL);
		gz.data[gz.len - back] ^= 0x10;
		layered_read(&l, stream_open_gzip, gz.data, gz.len, 65536);
		CU_ASSERT_EQUAL(l.end, ERR_MALFORMED);
		CU_ASSERT_TRUE(same(&l.out, &want));
		CU_ASSERT_PTR_NOT_NULL(strstr(l.err.message, back <= 4 ? "length" : "checksum"));
		layered_release(&l);
		buf_release(&gz);
	}
	buf_release(&want);
}

/* Any flip ends in a code, and never in more bytes than deflate can make. */
static void flip_sweep(open_fn *open_layer, const struct buf *packed, size_t flips)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	for (size_t i = 0; i < flips; i++) {
		size_t bit = i * 7919 % (packed->len * 8);
		struct layered l;

		buf_reset(&b);
		buf_add(&b, packed->data, packed->len);
		b.data[bit / 8] = (char)(b.data[bit / 8] ^ (1 << (bit % 8)));
		layered_read(&l, open_layer, b.data, b.len, 10000);
		CU_ASSERT_TRUE(l.end == ERR_EOF || l.end == ERR_MALFORMED ||
			       l.end == ERR_TRUNCATED || l.end == ERR_LIMIT ||
			       l.end == ERR_UNSUPPORTED);
		layered_release(&l);
	}
	buf_release(&b);
}

static void test_stream_inflate_gzip_flips(void)
{
	struct buf want, gz;

	fill(&want, 6000);
	buf_init(&gz, SIZE_MAX);
	add_gzip(&gz, want.data, want.len, NULL);
	flip_sweep(stream_open_gzip, &gz, 200);
	buf_release(&gz);
	buf_release(&want);
}

/* ---- zstd -------------------------------------------------------------------------------- */

static void add_skippable(struct buf *out, size_t n)
{
	uint8_t head[8] = { 0x53, 0x2a, 0x4d, 0x18, (uint8_t)n, (uint8_t)(n >> 8), 0, 0 };

	buf_add(out, head, sizeof(head));
	for (size_t i = 0; i < n; i++) {
		buf_addc(out, (char)i);
	}
}

static void test_stream_inflate_zstd_frames(void)
{
	static const size_t steps[] = { 1u << 20, 65536, 777 };
	struct buf want, zst;

	fill(&want, 700000);
	buf_init(&zst, SIZE_MAX);
	add_skippable(&zst, 100);
	add_zstd(&zst, want.data, 300000, 1, 0);
	add_zstd(&zst, want.data, 0, 1, 0);
	add_skippable(&zst, 60000);
	add_zstd(&zst, want.data + 300000, 400000, 0, 0);
	add_skippable(&zst, 0);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct layered l;

		layered_read(&l, stream_open_zstd, zst.data, zst.len, steps[i]);
		CU_ASSERT_EQUAL(l.end, ERR_EOF);
		CU_ASSERT_TRUE(same(&l.out, &want));
		CU_ASSERT_STRING_EQUAL(stream_note(l.top), "");
		layered_release(&l);
	}
	buf_release(&zst);
	buf_release(&want);
}

static void test_stream_inflate_zstd_damage(void)
{
	struct layered l;
	struct buf want, zst;
	size_t len;

	fill(&want, 600000);
	buf_init(&zst, SIZE_MAX);
	add_zstd(&zst, want.data, want.len, 1, 0);
	len = zst.len;

	/* Whole blocks of 128 KiB come out of a frame that is cut. */
	layered_read(&l, stream_open_zstd, zst.data, len - 10, 65536);
	CU_ASSERT_EQUAL(l.end, ERR_TRUNCATED);
	CU_ASSERT_TRUE(is_prefix(&l.out, &want));
	CU_ASSERT_TRUE(l.out.len >= 512u << 10);
	layered_release(&l);

	buf_adds(&zst, "no frame");
	layered_read(&l, stream_open_zstd, zst.data, zst.len, 65536);
	CU_ASSERT_EQUAL(l.end, ERR_EOF);
	CU_ASSERT_TRUE(same(&l.out, &want));
	CU_ASSERT_PTR_NOT_NULL(strstr(stream_note(l.top), "8 bytes of something else"));
	layered_release(&l);

	zst.data[len - 1] ^= 1;
	layered_read(&l, stream_open_zstd, zst.data, len, 65536);
	CU_ASSERT_EQUAL(l.end, ERR_MALFORMED);
	CU_ASSERT_TRUE(is_prefix(&l.out, &want));
	CU_ASSERT_TRUE(l.out.len >= 512u << 10);
	layered_release(&l);

	zst.data[len - 1] ^= 1;
	zst.len = len;
	flip_sweep(stream_open_zstd, &zst, 40);
	buf_release(&zst);
	buf_release(&want);
}

static void test_stream_inflate_zstd_window_ceiling(void)
{
	struct layered l;
	struct buf want, zst;

	fill(&want, 1000);
	buf_init(&zst, SIZE_MAX);
	add_zstd(&zst, want.data, want.len, 0, LIMIT_ZSTD_WINDOW_LOG);
	layered_read(&l, stream_open_zstd, zst.data, zst.len, 65536);
	CU_ASSERT_EQUAL(l.end, ERR_EOF);
	CU_ASSERT_TRUE(same(&l.out, &want));
	layered_release(&l);
	zst.len = 0;
	add_zstd(&zst, want.data, want.len, 0, LIMIT_ZSTD_WINDOW_LOG + 1);
	layered_read(&l, stream_open_zstd, zst.data, zst.len, 65536);
	CU_ASSERT_EQUAL(l.end, ERR_LIMIT);
	CU_ASSERT_EQUAL(l.out.len, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(l.err.message, "window"));
	layered_release(&l);
	buf_release(&zst);
	buf_release(&want);
}

/* Many small frames of zeros: 128 KiB from about 20 bytes each. */
static void test_stream_inflate_expansion_ceiling(void)
{
	static uint8_t zeros[128 << 10];
	static uint8_t sink[1 << 20];
	struct buf one, zst;
	struct dir d;
	struct stream *file, *top = NULL;
	struct err e;
	uint64_t total = 0;
	size_t n = 0;
	int r;

	buf_init(&one, SIZE_MAX);
	buf_init(&zst, SIZE_MAX);
	add_zstd(&one, zeros, sizeof(zeros), 0, 0);
	CU_ASSERT_TRUE_FATAL(sizeof(zeros) / one.len > LIMIT_EXPANSION_RATIO);
	while (zst.len / one.len * sizeof(zeros) < LIMIT_EXPANSION_GRACE + (100u << 20)) {
		buf_add(&zst, one.data, one.len);
	}
	dir_init(&d);
	save(dir_file(&d, "f"), zst.data, zst.len);
	file = open_file(dir_file(&d, "f"));
	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(stream_open_zstd(file, &top, &e), 0);
	while ((r = stream_read(top, sink, sizeof(sink), &n, &e)) == 0) {
		total += n;
	}
	CU_ASSERT_EQUAL(r, ERR_LIMIT);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "bomb"));
	CU_ASSERT_TRUE(total >= LIMIT_EXPANSION_GRACE &&
		       total < LIMIT_EXPANSION_GRACE + (50u << 20));
	stream_free(top);
	stream_free(file);
	buf_release(&one);
	buf_release(&zst);
	dir_release(&d);
}

/* ---- the others, by their tools ----------------------------------------------------------- */

static int open_xz(struct stream *under, struct stream **ret_s, struct err *e)
{
	return stream_open_filter(under, CONTENT_XZ, ret_s, e);
}

static int open_lz4(struct stream *under, struct stream **ret_s, struct err *e)
{
	return stream_open_filter(under, CONTENT_LZ4, ret_s, e);
}

static int open_bzip2(struct stream *under, struct stream **ret_s, struct err *e)
{
	return stream_open_filter(under, CONTENT_BZIP2, ret_s, e);
}

static void load(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	char *room;
	size_t n;

	buf_init(b, SIZE_MAX);
	if (f == NULL) {
		abort();
	}
	while ((room = buf_room(b, 65536)) != NULL && (n = fread(room, 1, 65536, f)) > 0) {
		b->len += n;
	}
	fclose(f);
}

static void test_stream_inflate_filters(void)
{
	static const struct {
		const char *tool;
		open_fn *open_layer;
	} rows[] = {
		{ "xz -0", open_xz },
		{ "lz4 -q -B4", open_lz4 },
		{ "bzip2 -1", open_bzip2 },
	};
	struct buf want;

	fill(&want, 500000);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct layered l;
		struct buf packed, empty;
		struct dir d;
		char cmd[512];

		dir_init(&d);
		save(dir_file(&d, "f"), want.data, want.len);
		snprintf(cmd, sizeof(cmd), "cd %s && %s <f >g && %s </dev/null >h", d.path,
			 rows[i].tool, rows[i].tool);
		CU_ASSERT_EQUAL_FATAL(system(cmd), 0);
		load(dir_file(&d, "g"), &packed);
		load(dir_file(&d, "h"), &empty);

		layered_read(&l, rows[i].open_layer, packed.data, packed.len, 30000);
		CU_ASSERT_EQUAL(l.end, ERR_EOF);
		CU_ASSERT_TRUE(same(&l.out, &want));
		layered_release(&l);

		layered_read(&l, rows[i].open_layer, empty.data, empty.len, 30000);
		CU_ASSERT_EQUAL(l.end, ERR_EOF);
		CU_ASSERT_EQUAL(l.out.len, 0);
		layered_release(&l);

		layered_read(&l, rows[i].open_layer, packed.data, packed.len * 9 / 10, 30000);
		CU_ASSERT_EQUAL(l.end, ERR_TRUNCATED);
		CU_ASSERT_TRUE(is_prefix(&l.out, &want));
		CU_ASSERT_TRUE(l.out.len > want.len / 2);
		layered_release(&l);

		packed.data[packed.len * 9 / 10] ^= 0x55;
		layered_read(&l, rows[i].open_layer, packed.data, packed.len, 30000);
		CU_ASSERT_EQUAL(l.end, ERR_MALFORMED);
		layered_release(&l);
		buf_release(&packed);
		buf_release(&empty);
		dir_release(&d);
	}
	buf_release(&want);
}

void suite_stream_inflate(CU_pSuite suite);

void suite_stream_inflate(CU_pSuite suite)
{
	CU_add_test(suite, "test_stream_inflate_gzip_members", test_stream_inflate_gzip_members);
	CU_add_test(suite, "test_stream_inflate_gzip_header_fields",
		    test_stream_inflate_gzip_header_fields);
	CU_add_test(suite, "test_stream_inflate_gzip_rest_is_noted",
		    test_stream_inflate_gzip_rest_is_noted);
	CU_add_test(suite, "test_stream_inflate_gzip_truncated_gives_all",
		    test_stream_inflate_gzip_truncated_gives_all);
	CU_add_test(suite, "test_stream_inflate_gzip_wrong_trailer",
		    test_stream_inflate_gzip_wrong_trailer);
	CU_add_test(suite, "test_stream_inflate_gzip_flips", test_stream_inflate_gzip_flips);
	CU_add_test(suite, "test_stream_inflate_zstd_frames", test_stream_inflate_zstd_frames);
	CU_add_test(suite, "test_stream_inflate_zstd_damage", test_stream_inflate_zstd_damage);
	CU_add_test(suite, "test_stream_inflate_zstd_window_ceiling",
		    test_stream_inflate_zstd_window_ceiling);
	CU_add_test(suite, "test_stream_inflate_expansion_ceiling",
		    test_stream_inflate_expansion_ceiling);
	CU_add_test(suite, "test_stream_inflate_filters", test_stream_inflate_filters);
}
