/*
 * json.c - see json.h. Any thread.
 */
#include "cli/json.h"

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

/* Year, month and day of a day since 1970. Months are counted from March, so that the leap day is
 * the last of its year; gmtime_r would take a lock that all threads share. */
static void add_date(struct buf *out, uint64_t days)
{
	uint64_t z = days + 719468; /* since 0000-03-01 */
	uint64_t era = z / 146097; /* 400 years */
	uint64_t day = z % 146097;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t of_year = day - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * of_year + 2) / 153;
	uint64_t of_month = of_year - (153 * month + 2) / 5 + 1;

	month = month < 10 ? month + 3 : month - 9;
	buf_add_u64_pad(out, era * 400 + year + (month <= 2), 4);
	buf_addc(out, '-');
	buf_add_u64_pad(out, month, 2);
	buf_addc(out, '-');
	buf_add_u64_pad(out, of_month, 2);
}

void iso_time(struct buf *out, uint64_t ns)
{
	uint64_t sec = ns / NSEC_PER_SEC;

	add_date(out, sec / 86400);
	buf_addc(out, 'T');
	buf_add_u64_pad(out, sec / 3600 % 24, 2);
	buf_addc(out, ':');
	buf_add_u64_pad(out, sec / 60 % 60, 2);
	buf_addc(out, ':');
	buf_add_u64_pad(out, sec % 60, 2);
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
