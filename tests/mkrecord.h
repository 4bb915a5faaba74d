/*
 * mkrecord.h - for tests of the recorder: events as the probe hands them over, and files as they lie on the disk read
 * back without the readers of the program: inflated by the libraries, cut into blocks here.
 */
#ifndef MKRECORD_H
#define MKRECORD_H

#include <CUnit/Basic.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "schema/schema.h"
#include "writers/scap.h"

#define MK_T0 (UINT64_C(1700000000) * NSEC_PER_SEC)

/* A close event of 52 bytes and padding; fd tells it from others. */
static inline void mk_event(struct buf *out, uint64_t ts_ns, int64_t tid, int64_t fd)
{
	static const uint16_t lens[2] = { 8, 8 };
	uint8_t values[16] = { 0 };
	struct scap_event ev = {
		.ts_ns = ts_ns, .tid = tid, .type = EV_SYSCALL_CLOSE_X, .nparams = 2, .lens = lens, .values = values
	};

	for (unsigned int i = 0; i < 8; i++) {
		values[8 + i] = (uint8_t)((uint64_t)fd >> (8 * i));
	}
	scap_event(out, &ev);
}

static inline bool mk_read_file(const char *path, struct buf *ret_b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char piece[4096];
	ssize_t n;

	buf_init(ret_b, (size_t)1 << 30);
	while (fd >= 0 && (n = read(fd, piece, sizeof(piece))) > 0) {
		buf_add(ret_b, piece, (size_t)n);
	}
	return fd >= 0 && close(fd) == 0;
}

/* All members one after the other. ret_whole: the last one has its end. */
static inline void mk_gunzip(const struct buf *in, struct buf *out, bool *ret_whole)
{
	z_stream z = { .next_in = (Bytef *)in->data, .avail_in = (uInt)in->len };
	uint8_t piece[4096];
	int r = Z_OK;

	*ret_whole = false;
	CU_ASSERT_EQUAL_FATAL(inflateInit2(&z, 15 + 16), Z_OK);
	while ((r == Z_OK || r == Z_STREAM_END) && (z.avail_in > 0 || r == Z_OK)) {
		if (r == Z_STREAM_END) {
			inflateReset(&z);
		}
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		r = inflate(&z, Z_NO_FLUSH);
		buf_add(out, piece, sizeof(piece) - z.avail_out);
	}
	*ret_whole = r == Z_STREAM_END;
	inflateEnd(&z);
}

static inline void mk_unzstd(const struct buf *in, struct buf *out, bool *ret_whole, unsigned int *ret_frames)
{
	ZSTD_inBuffer src = { in->data, in->len, 0 };
	ZSTD_DCtx *d = ZSTD_createDCtx();
	uint8_t piece[4096];
	size_t r = 1;

	*ret_frames = 0;
	for (;;) {
		ZSTD_outBuffer dst = { piece, sizeof(piece), 0 };

		r = ZSTD_decompressStream(d, &dst, &src);
		if (ZSTD_isError(r)) {
			break;
		}
		buf_add(out, piece, dst.pos);
		*ret_frames += r == 0;
		if (src.pos == src.size && dst.pos < dst.size) {
			break;
		}
	}
	*ret_whole = r == 0;
	ZSTD_freeDCtx(d);
}

struct mk_file {
	struct buf raw, bytes;
	bool whole; /* the compressed stream has its end; true for plain ones */
	unsigned int frames; /* zstd */
	/* The blocks. */
	uint32_t types[64]; /* the first of them */
	size_t count, events, packets, sections;
	size_t first_event_section; /* ordinal of the section in which it stands */
	int64_t first_fd, last_fd;
	bool in_order; /* fds of events rise one by one */
	bool whole_blocks; /* the last block ends with the file */
};

static inline void mk_blocks(struct mk_file *f)
{
	struct cursor c = cur_make(f->bytes.data, f->bytes.len);

	f->in_order = true;
	while (c.left >= 12) {
		uint32_t type = load_le32(c.p), total = load_le32(c.p + 4);
		const uint8_t *p = total >= 12 && total % 4 == 0 ? cur_take(&c, total) : NULL;

		if (p == NULL || load_le32(p + total - 4) != total) {
			return;
		}
		if (f->count < ARRAY_LEN(f->types)) {
			f->types[f->count] = type;
		}
		f->count++;
		f->packets += type == 6;
		f->sections += type == 0x0A0D0D0A;
		if (type == 0x216) {
			int64_t fd = (int64_t)load_le64(p + 8 + 2 + 26 + 4 + 8);

			f->in_order = f->in_order && (f->events == 0 || fd == f->last_fd + 1);
			f->first_fd = f->events == 0 ? fd : f->first_fd;
			f->first_event_section = f->events == 0 ? f->sections : f->first_event_section;
			f->last_fd = fd;
			f->events++;
		}
	}
	f->whole_blocks = c.left == 0;
}

/* Compression is told by its magic, as readers do. */
static inline bool mk_load(const char *path, struct mk_file *ret_f)
{
	memset(ret_f, 0, sizeof(*ret_f));
	buf_init(&ret_f->bytes, (size_t)1 << 30);
	if (!mk_read_file(path, &ret_f->raw)) {
		return false;
	}
	ret_f->whole = true;
	if (ret_f->raw.len >= 4 && load_le32((uint8_t *)ret_f->raw.data) == 0xFD2FB528) {
		mk_unzstd(&ret_f->raw, &ret_f->bytes, &ret_f->whole, &ret_f->frames);
	} else if (ret_f->raw.len >= 2 && load_le16((uint8_t *)ret_f->raw.data) == 0x8B1F) {
		mk_gunzip(&ret_f->raw, &ret_f->bytes, &ret_f->whole);
	} else {
		buf_add(&ret_f->bytes, ret_f->raw.data, ret_f->raw.len);
	}
	mk_blocks(ret_f);
	return true;
}

static inline void mk_unload(struct mk_file *f)
{
	buf_release(&f->raw);
	buf_release(&f->bytes);
}

/* A folder for one test, and its names. */
struct mk_folder {
	char path[64];
	char name[4][128];
};

static inline void mk_folder(struct mk_folder *f)
{
	snprintf(f->path, sizeof(f->path), "/tmp/thresher-record-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f->path));
}

/* "FOLDER/name"; four at a time. */
static inline const char *mk_in(struct mk_folder *f, unsigned int i, const char *name)
{
	snprintf(f->name[i], sizeof(f->name[i]), "%s/%s", f->path, name);
	return f->name[i];
}

static inline unsigned int mk_count_files(const struct mk_folder *f)
{
	DIR *dir = opendir(f->path);
	const struct dirent *row;
	unsigned int count = 0;

	while (dir != NULL && (row = readdir(dir)) != NULL) {
		count += row->d_name[0] != '.';
	}
	closedir(dir);
	return count;
}

static inline void mk_folder_remove(struct mk_folder *f)
{
	DIR *dir = opendir(f->path);
	const struct dirent *row;

	if (dir == NULL) {	/* a test has looked whether it is empty by removing it */
		return;
	}
	while ((row = readdir(dir)) != NULL) {
		if (row->d_name[0] != '.') {
			unlinkat(dirfd(dir), row->d_name, 0);
		}
	}
	closedir(dir);
	rmdir(f->path);
}

#endif
