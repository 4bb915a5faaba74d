/*
 * value.c - see value.h. Called for every cell of every renderer: no printf but for floats. Any
 * thread.
 */
#include "report/value.h"

#include <stdio.h>

static char *put2(char *p, unsigned int x)
{
	memcpy(p, buf_digit_pairs + 2 * x, 2);
	return p + 2;
}

struct civil {
	unsigned int year, month, day;
};

/* Days since 1970-01-01 to a date, by 400-year eras that begin in March (so the leap day is
 * last). */
static struct civil civil_of(unsigned int days)
{
	unsigned int z = days + 719468;
	unsigned int era = z / 146097;
	unsigned int doe = z - era * 146097;
	unsigned int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned int mp = (5 * doy + 2) / 153;
	unsigned int month = mp < 10 ? mp + 3 : mp - 9;
	struct civil c = { yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1 };

	return c;
}

/* x below 10^9, in nine digits. */
static char *put9(char *p, unsigned int x)
{
	unsigned int high = x / 100000;
	unsigned int low = x % 100000;

	p = put2(p, high / 100);
	p = put2(p, high % 100);
	p = put2(p, low / 1000);
	p = put2(p, low / 10 % 100);
	*p = (char)('0' + low % 10);
	return p + 1;
}

void value_time(struct buf *b, uint64_t ns)
{
	uint64_t secs = ns / NSEC_PER_SEC;
	unsigned int of_day = (unsigned int)(secs % 86400);
	struct civil c;
	char *p = buf_room(b, 30);

	if (p == NULL) {
		return;
	}
	c = civil_of((unsigned int)(secs / 86400));
	b->len += 30;
	p = put2(p, c.year / 100);
	p = put2(p, c.year % 100);
	*p++ = '-';
	p = put2(p, c.month);
	*p++ = '-';
	p = put2(p, c.day);
	*p++ = 'T';
	p = put2(p, of_day / 3600);
	*p++ = ':';
	p = put2(p, of_day / 60 % 60);
	*p++ = ':';
	p = put2(p, of_day % 60);
	*p++ = '.';
	p = put9(p, (unsigned int)(ns % NSEC_PER_SEC));
	*p = 'Z';
}

void value_f64(struct buf *b, double x)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%.6g", x);
	bool point = false;

	/* The locale's decimal point can be any bytes: whatever is no part of a number is it. */
	for (int i = 0; i < n && i < (int)sizeof(text); i++) {
		if ((text[i] >= '0' && text[i] <= '9') || strchr("+-e", text[i]) != NULL) {
			buf_addc(b, text[i]);
		} else if (!point) {
			buf_addc(b, '.');
			point = true;
		}
	}
}

void value_grouped(struct buf *b, uint64_t x)
{
	if (x < 1000) {
		buf_add_u64(b, x);
		return;
	}
	value_grouped(b, x / 1000);
	buf_addc(b, ',');
	buf_add_u64_pad(b, x % 1000, 3);
}

/* x / unit with three digits that count: "1.23", "12.3", "123", "1234". */
static void add_three(struct buf *b, uint64_t x, uint64_t unit)
{
	uint64_t whole = x / unit;
	uint64_t rest = x % unit;

	buf_add_u64(b, whole);
	if (whole < 10) {
		buf_addc(b, '.');
		buf_add_u64_pad(b, (uint64_t)((unsigned __int128)rest * 100 / unit), 2);
	} else if (whole < 100) {
		buf_addc(b, '.');
		buf_add_u64(b, (uint64_t)((unsigned __int128)rest * 10 / unit));
	}
}

/* "2 m 05 s" */
static void add_two_units(struct buf *b, uint64_t whole, const char *unit, uint64_t part,
			  const char *part_unit)
{
	buf_add_u64(b, whole);
	buf_adds(b, unit);
	buf_add_u64_pad(b, part, 2);
	buf_adds(b, part_unit);
}

void value_duration_short(struct buf *b, uint64_t ns)
{
	uint64_t secs = ns / NSEC_PER_SEC;

	if (ns < 1000) {
		buf_add_u64(b, ns);
		buf_adds(b, " ns");
	} else if (ns < 1000000) {
		add_three(b, ns, 1000);
		buf_adds(b, " µs");
	} else if (secs == 0) {
		add_three(b, ns, 1000000);
		buf_adds(b, " ms");
	} else if (secs < 60) {
		add_three(b, ns, NSEC_PER_SEC);
		buf_adds(b, " s");
	} else if (secs < 3600) {
		add_two_units(b, secs / 60, " m ", secs % 60, " s");
	} else if (secs < 86400) {
		add_two_units(b, secs / 3600, " h ", secs / 60 % 60, " m");
	} else {
		add_two_units(b, secs / 86400, " d ", secs / 3600 % 24, " h");
	}
}

void value_bytes_short(struct buf *b, uint64_t n)
{
	static const char *const units[] = { " KiB", " MiB", " GiB", " TiB", " PiB", " EiB" };
	unsigned int i = 0;

	if (n < 1024) {
		buf_add_u64(b, n);
		buf_adds(b, " B");
		return;
	}
	while (i + 1 < ARRAY_LEN(units) && n >> (10 * (i + 2)) > 0) {
		i++;
	}
	add_three(b, n, UINT64_C(1) << (10 * (i + 1)));
	buf_adds(b, units[i]);
}
