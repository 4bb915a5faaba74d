/*
 * proc_parse.c - see proc_parse.h.
 */
#include "capture/proc_parse.h"

#include "capture/proc_read.h"
#include "schema/schema.h"

/* ---- numbers in texts ---- */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

uint64_t text_number(const char **io_s, const char *end, unsigned int base)
{
	const char *s = *io_s;
	uint64_t x = 0;

	for (; s < end && (unsigned int)digit_of(*s) < base; s++) {
		x = x * base + (unsigned int)digit_of(*s);
	}
	*io_s = s;
	return x;
}

const char *text_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t')) {
		s++;
	}
	return s;
}

static int64_t take_signed(const char **io_s, const char *end)
{
	bool minus;
	uint64_t x;

	*io_s = text_blanks(*io_s, end);
	minus = *io_s < end && **io_s == '-';
	*io_s += minus ? 1 : 0;
	x = text_number(io_s, end, 10);
	return minus ? -(int64_t)x : (int64_t)x;
}

static uint64_t take_number(const char **io_s, const char *end, unsigned int base)
{
	*io_s = text_blanks(*io_s, end);
	return text_number(io_s, end, base);
}

/* ---- stat ---- */

/* The name may hold anything, also ')': the last one ends it. */
bool proc_parse_stat(const struct buf *text, struct proc_stat *ret_st)
{
	const char *end = text->data + text->len;
	const char *open = text->len > 0 ? memchr(text->data, '(', text->len) : NULL;
	const char *close = text->len > 0 ? memrchr(text->data, ')', text->len) : NULL;
	struct proc_stat st = { .state = '?' };
	int64_t f[20] = { 0 };	/* fields 4 (ppid) to 22 (start time) at index 0 to 18 */
	const char *s;

	if (open == NULL || close == NULL || close < open || end - close < 4) {
		return false;
	}
	memcpy(st.comm, open + 1, min_u64((uint64_t)(close - open - 1), PROC_COMM_BYTES - 1));
	st.state = close[2];
	s = close + 3;
	for (size_t i = 0; i < 19; i++) {
		f[i] = take_signed(&s, end);
	}
	st.ppid = f[0];
	st.pgid = f[1];
	st.sid = f[2];
	st.tty = (uint32_t)f[3];
	st.kernel_flags = (uint32_t)f[5];
	st.minor_faults = (uint64_t)f[6];
	st.major_faults = (uint64_t)f[8];
	st.threads = (uint32_t)f[16];
	st.start_ticks = (uint64_t)f[18];
	*ret_st = st;
	return true;
}

/* ---- status ---- */

enum status_form { SECOND_U32, KB, HEX, LAST_ID, LAST_PGID };

static const struct status_row {
	const char *key;
	enum status_form form;
	size_t offset;
} status_rows[] = {
	{ "Uid:", SECOND_U32, offsetof(struct proc_status, uid) },
	{ "Gid:", SECOND_U32, offsetof(struct proc_status, gid) },
	{ "NSpid:", LAST_ID, offsetof(struct proc_status, vtid) },
	{ "NSpgid:", LAST_PGID, offsetof(struct proc_status, vpgid) },
	{ "VmSize:", KB, offsetof(struct proc_status, vmsize_kb) },
	{ "VmRSS:", KB, offsetof(struct proc_status, vmrss_kb) },
	{ "VmSwap:", KB, offsetof(struct proc_status, vmswap_kb) },
	{ "CapInh:", HEX, offsetof(struct proc_status, cap_inheritable) },
	{ "CapPrm:", HEX, offsetof(struct proc_status, cap_permitted) },
	{ "CapEff:", HEX, offsetof(struct proc_status, cap_effective) },
};

struct status_walk {
	struct proc_status st;
	unsigned int found;
};

/* The last of several numbers; *ret_count: how many. */
static int64_t last_number(const char *s, const char *end, unsigned int *ret_count)
{
	int64_t x = -1;

	for (*ret_count = 0; (s = text_blanks(s, end)) < end && digit_of(*s) < 10; (*ret_count)++) {
		x = (int64_t)text_number(&s, end, 10);
	}
	return x;
}

static void status_value(struct proc_status *st, const struct status_row *row, const char *s, const char *end)
{
	char *field = (char *)st + row->offset;
	unsigned int count;
	uint64_t x64;
	uint32_t x32;

	switch (row->form) {
	case SECOND_U32:
		take_number(&s, end, 10);
		x32 = (uint32_t)take_number(&s, end, 10);
		memcpy(field, &x32, sizeof(x32));
		break;
	case KB:
		x32 = (uint32_t)min_u64(take_number(&s, end, 10), UINT32_MAX);
		memcpy(field, &x32, sizeof(x32));
		break;
	case HEX:
		x64 = take_number(&s, end, 16);
		memcpy(field, &x64, sizeof(x64));
		break;
	case LAST_ID: st->vtid = last_number(s, end, &st->pid_levels); break;
	case LAST_PGID: st->vpgid = last_number(s, end, &count); break;
	}
}

static bool status_line(void *arg, const char *line, size_t len)
{
	struct status_walk *w = arg;

	for (size_t i = 0; i < ARRAY_LEN(status_rows); i++) {
		size_t n = strlen(status_rows[i].key);

		if (len > n && line[0] == status_rows[i].key[0] && memcmp(line, status_rows[i].key, n) == 0) {
			status_value(&w->st, &status_rows[i], line + n, line + len);
			w->found++;
			break;
		}
	}
	return true;
}

bool proc_parse_status(const struct buf *text, struct proc_status *ret_st)
{
	struct status_walk w = { .st = { .vtid = -1, .vpgid = -1 } };

	proc_text_lines(text, status_line, &w);
	if (w.found == 0) {
		return false;
	}
	*ret_st = w.st;
	return true;
}

/* ---- limits ---- */

static bool limits_line(void *arg, const char *line, size_t len)
{
	static const char key[] = "Max open files";
	const size_t n = sizeof(key) - 1;
	const char *s = line + n;

	if (len <= n || memcmp(line, key, n) != 0) {
		return true;
	}
	s = text_blanks(s, line + len);
	if (s < line + len && digit_of(*s) < 10) {
		*(int64_t *)arg = (int64_t)text_number(&s, line + len, 10);
	}
	return false;
}

int64_t proc_parse_limits(const struct buf *text)
{
	int64_t limit = -1;

	proc_text_lines(text, limits_line, &limit);
	return limit;
}

/* ---- fdinfo ---- */

/* As /proc shows them: of the running kernel's architecture. */
#if defined(__aarch64__) || defined(__arm__)
enum { K_DIRECTORY = 040000, K_DIRECT = 0200000, K_LARGEFILE = 0400000 };
#else
enum { K_DIRECTORY = 0200000, K_DIRECT = 040000, K_LARGEFILE = 0100000 };
#endif
enum {
	K_ACCMODE = 3, K_CREAT = 0100, K_EXCL = 0200, K_TRUNC = 01000, K_APPEND = 02000, K_NONBLOCK = 04000, K_DSYNC = 010000,
	K_CLOEXEC = 02000000, K_SYNC = 04000000, K_TMPFILE = 020000000
};

uint32_t proc_open_flags(uint64_t kernel)
{
	static const struct {
		uint32_t kernel, ppm;
	} rows[] = {
		{ K_CREAT, PPM_O_CREAT }, { K_EXCL, PPM_O_EXCL }, { K_TRUNC, PPM_O_TRUNC }, { K_APPEND, PPM_O_APPEND },
		{ K_NONBLOCK, PPM_O_NONBLOCK }, { K_DSYNC, PPM_O_DSYNC }, { K_SYNC, PPM_O_SYNC }, { K_DIRECT, PPM_O_DIRECT },
		{ K_DIRECTORY, PPM_O_DIRECTORY }, { K_LARGEFILE, PPM_O_LARGEFILE }, { K_CLOEXEC, PPM_O_CLOEXEC },
		{ K_TMPFILE, PPM_O_TMPFILE },
	};
	static const uint32_t access_modes[] = { PPM_O_RDONLY, PPM_O_WRONLY, PPM_O_RDWR, PPM_O_NONE };
	uint32_t flags = access_modes[kernel & K_ACCMODE];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if ((kernel & rows[i].kernel) != 0) {
			flags |= rows[i].ppm;
		}
	}
	return flags;
}

static bool fdinfo_line(void *arg, const char *line, size_t len)
{
	struct proc_fdinfo *info = arg;
	const char *end = line + len;
	const char *s;

	if (len > 6 && memcmp(line, "flags:", 6) == 0) {
		s = line + 6;
		info->flags = proc_open_flags(take_number(&s, end, 8));
	} else if (len > 7 && memcmp(line, "mnt_id:", 7) == 0) {
		s = line + 7;
		info->mnt_id = take_signed(&s, end);
	} else if (len > 4 && memcmp(line, "Pid:", 4) == 0) {
		s = line + 4;
		info->pid = take_signed(&s, end);
	}
	return true;
}

void proc_parse_fdinfo(const struct buf *text, struct proc_fdinfo *ret_i)
{
	struct proc_fdinfo info = { .mnt_id = -1 };

	proc_text_lines(text, fdinfo_line, &info);
	*ret_i = info;
}

/* ---- cgroups ---- */

struct cgroup_walk {
	const char *unified;
	struct buf *out;
};

/* Each name of a list, separated by sep, with the path behind it. */
static void add_each(struct buf *out, const char *names, size_t len, char sep, const char *path, size_t path_len)
{
	const char *end = names + len;

	while (names < end) {
		const char *stop = memchr(names, sep, (size_t)(end - names));
		size_t n = (size_t)((stop != NULL ? stop : end) - names);

		if (n > 0) {
			buf_add(out, names, n);
			buf_addc(out, '=');
			buf_add(out, path, path_len);
			buf_addc(out, '\0');
		}
		names += n + 1;
	}
}

/* "4:memory,cpu:/path", "1:name=systemd:/path", "0::/path" (v2). Paths may hold colons. */
static bool cgroup_line(void *arg, const char *line, size_t len)
{
	struct cgroup_walk *w = arg;
	const char *end = line + len;
	const char *names = memchr(line, ':', len);
	const char *path;

	if (names == NULL) {
		return true;
	}
	names++;
	path = memchr(names, ':', (size_t)(end - names));
	if (path == NULL) {
		return true;
	}
	if (path == names) {
		add_each(w->out, w->unified, strlen(w->unified), ' ', path + 1, (size_t)(end - path - 1));
	} else {
		add_each(w->out, names, (size_t)(path - names), ',', path + 1, (size_t)(end - path - 1));
	}
	return true;
}

void proc_parse_cgroups(const struct buf *text, const char *unified, struct buf *out)
{
	struct cgroup_walk w = { unified, out };

	proc_text_lines(text, cgroup_line, &w);
}
