/*
 * fields_fspath.c - the paths of calls on the file system: made, removed, renamed, linked, mounted. Any worker, own
 * context.
 *
 * Of successful calls only. The raw fields are as the program passed them, the others absolute and normalised. A rename
 * and a mount have a source and a target; of a link, the source is the new name, as upstream has it.
 */
#include "filter/args.h"
#include "filter/fields_internal.h"

/* Parameters by number, 0: none. An open's path is its fd's name, that of calls on an fd too. */
static const struct path_row {
	uint16_t type;
	uint8_t name, source, target;
	bool fd;
} path_rows[] = {
	{ EV_SYSCALL_OPEN_X, 1, 0, 0, true },      { EV_SYSCALL_OPENAT_2_X, 2, 0, 0, true },
	{ EV_SYSCALL_OPENAT2_X, 2, 0, 0, true },   { EV_SYSCALL_MKDIR_2_X, 1, 0, 0, false },
	{ EV_SYSCALL_MKDIRAT_X, 2, 0, 0, false },  { EV_SYSCALL_RMDIR_2_X, 1, 0, 0, false },
	{ EV_SYSCALL_UNLINK_2_X, 1, 0, 0, false }, { EV_SYSCALL_UNLINKAT_2_X, 2, 0, 0, false },
	{ EV_SYSCALL_CHMOD_X, 1, 0, 0, false },    { EV_SYSCALL_FCHMODAT_X, 2, 0, 0, false },
	{ EV_SYSCALL_FCHMOD_X, 1, 0, 0, true },    { EV_SYSCALL_CHOWN_X, 1, 0, 0, false },
	{ EV_SYSCALL_LCHOWN_X, 1, 0, 0, false },   { EV_SYSCALL_FCHOWNAT_X, 2, 0, 0, false },
	{ EV_SYSCALL_FCHOWN_X, 1, 0, 0, true },    { EV_SYSCALL_QUOTACTL_X, 1, 0, 0, false },
	{ EV_SYSCALL_UMOUNT_X, 1, 0, 0, false },   { EV_SYSCALL_UMOUNT_1_X, 1, 0, 0, false },
	{ EV_SYSCALL_UMOUNT2_X, 1, 0, 0, false },  { EV_SYSCALL_RENAME_X, 0, 1, 2, false },
	{ EV_SYSCALL_RENAMEAT_X, 0, 2, 4, false }, { EV_SYSCALL_RENAMEAT2_X, 0, 2, 4, false },
	{ EV_SYSCALL_LINK_2_X, 0, 2, 1, false },   { EV_SYSCALL_LINKAT_2_X, 0, 4, 2, false },
	{ EV_SYSCALL_SYMLINK_X, 0, 2, 1, false },  { EV_SYSCALL_SYMLINKAT_X, 0, 3, 1, false },
	{ EV_SYSCALL_MOUNT_X, 0, 1, 2, false },
};

static const struct path_row *row_of(const struct event *ev)
{
	if ((ev->flags & (EVENT_UNKNOWN_TYPE | EVENT_HAS_RES | EVENT_FAILED)) != EVENT_HAS_RES) {
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(path_rows); i++) {
		if (path_rows[i].type == ev->type) {
			return &path_rows[i];
		}
	}
	return NULL;
}

enum { PATH_NAME, PATH_SOURCE, PATH_TARGET, PATH_RAW = 4 };

static unsigned int param_of(const struct path_row *row, int which)
{
	switch (which & ~PATH_RAW) {
	case PATH_NAME: return row->name;
	case PATH_SOURCE: return row->source;
	default: return row->target;
	}
}

static bool add_raw(const struct event *ev, unsigned int i, struct buf *out)
{
	struct param v;

	if (!event_text(ev, i, &v)) {
		return false;
	}
	buf_add(out, v.p, v.len);
	return true;
}

static bool add_fd(const struct fd_view *fd, bool raw, struct buf *out)
{
	if (fd == NULL) {
		return false;
	}
	if (raw && fd->raw_name != NULL) {
		buf_add(out, fd->raw_name->s, fd->raw_name->len);
	} else {
		buf_add(out, fd->name, fd->name_len);
	}
	return true;
}

/* What is mounted can be a word: proc, tmpfs, overlay. */
static bool is_word(const struct event *ev, unsigned int i)
{
	struct param v;

	return ev->type == EV_SYSCALL_MOUNT_X && i == 1 && event_text(ev, i, &v) &&
	       memchr(v.p, '/', v.len) == NULL;
}

static bool text_path(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct event *ev = c->ev;
	const struct path_row *row = row_of(ev);
	bool raw = (u->field->which & PATH_RAW) != 0;
	unsigned int i = row != NULL ? param_of(row, u->field->which) : 0;
	bool on_fd;

	if (i == 0) {
		return false;
	}
	on_fd = schema_events[ev->type].params[i].type == PT_FD;
	if (row->fd && (!raw || on_fd)) {
		return add_fd(ev->fd, raw, out) || (!on_fd && args_path(c, i, i, out));
	}
	if (raw || is_word(ev, i)) {
		return add_raw(ev, i, out);
	}
	/* The target of a symbolic link goes with the directory of the link. */
	return args_path(c, i, ev->type == EV_SYSCALL_SYMLINKAT_X ? row->source : i, out);
}

#define ALL (WANT_FOLD | WANT_FDS | WANT_REFS)
#define RAW (WANT_FOLD | WANT_FDS)

/* clang-format off */
static const struct field rows[] = {
	{ "fs.path.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, ALL, NULL, text_path, PATH_NAME,
	  "absolute path of what a call opened, made, removed or changed; successful calls only" },
	{ "fs.path.nameraw", PT_CHARBUF, FMT_NA, ARG_NONE, 0, RAW, NULL, text_path, PATH_NAME | PATH_RAW,
	  "the same as the program passed it" },
	{ "fs.path.source", PT_CHARBUF, FMT_NA, ARG_NONE, 0, ALL, NULL, text_path, PATH_SOURCE,
	  "absolute path of what was renamed or mounted; of a link, its own" },
	{ "fs.path.sourceraw", PT_CHARBUF, FMT_NA, ARG_NONE, 0, RAW, NULL, text_path, PATH_SOURCE | PATH_RAW,
	  "the same as the program passed it" },
	{ "fs.path.target", PT_CHARBUF, FMT_NA, ARG_NONE, 0, ALL, NULL, text_path, PATH_TARGET,
	  "absolute path of the new name, of the place of a mount; of a link, what it leads to" },
	{ "fs.path.targetraw", PT_CHARBUF, FMT_NA, ARG_NONE, 0, RAW, NULL, text_path, PATH_TARGET | PATH_RAW,
	  "the same as the program passed it" },
};
/* clang-format on */

const struct field_class field_class_fspath = { "paths of calls on the file system", rows,
						ARRAY_LEN(rows), "fs" };
