/*
 * json.c - see json.h. Any thread.
 */
#include "cli/json.h"

#include <time.h>

#include "base/escape.h"

void json_add_string(struct buf *out, const void *s, size_t n)
{
	buf_addc(out, '"');
	escape_json(out, s, n);
	buf_addc(out, '"');
}

void json_add_text(struct buf *out, const char *s)
{
	json_add_string(out, s, strlen(s));
}

void json_add_key(struct buf *out, const char *name)
{
	buf_addc(out, '"');
	buf_adds(out, name);
	buf_add(out, "\":", 2);
}

void json_add_bool(struct buf *out, bool x)
{
	buf_adds(out, x ? "true" : "false");
}

void json_add_comma(struct buf *out, bool *first)
{
	if (!*first) {
		buf_addc(out, ',');
	}
	*first = false;
}

void iso_time(struct buf *out, uint64_t ns)
{
	time_t t = (time_t)(ns / NSEC_PER_SEC);
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	gmtime_r(&t, &tm);
	buf_add_u64_pad(out, (uint64_t)(tm.tm_year + 1900), 4);
	buf_addc(out, '-');
	buf_add_u64_pad(out, (uint64_t)(tm.tm_mon + 1), 2);
	buf_addc(out, '-');
	buf_add_u64_pad(out, (uint64_t)tm.tm_mday, 2);
	buf_addc(out, 'T');
	buf_add_u64_pad(out, (uint64_t)tm.tm_hour, 2);
	buf_addc(out, ':');
	buf_add_u64_pad(out, (uint64_t)tm.tm_min, 2);
	buf_addc(out, ':');
	buf_add_u64_pad(out, (uint64_t)tm.tm_sec, 2);
	buf_addc(out, '.');
	buf_add_u64_pad(out, ns % NSEC_PER_SEC, 9);
	buf_addc(out, 'Z');
}

void json_add_time(struct buf *out, uint64_t ns)
{
	buf_addc(out, '"');
	iso_time(out, ns);
	buf_addc(out, '"');
}
