/*
 * print_time.c - see print_time.h.
 */
#include "cli/print_time.h"

#include <time.h>

#include "readers/source.h"

#define DAY_NS (UINT64_C(86400) * NSEC_PER_SEC)
/* Seconds since 1970 that nanoseconds in 64 bits can hold: until the year 2554. */
#define SECONDS_MAX UINT64_C(18446744072)

enum point_kind { POINT_ABSOLUTE, POINT_OF_DAY, POINT_FROM_START, POINT_FROM_END };

/* A time as written. */
struct point {
	enum point_kind kind;
	uint64_t ns; /* since 1970, since midnight, or the distance */
};

/* ---- reading -------------------------------------------------------------------------------------------------- */

/* Digits, at least min and at most max of them. */
static bool digits_at(const char **io_s, unsigned int min, unsigned int max, uint64_t *ret_x)
{
	const char *s = *io_s;
	unsigned int n = 0;
	uint64_t x = 0;

	for (; n < max && s[n] >= '0' && s[n] <= '9'; n++) {
		x = x * 10 + (uint64_t)(s[n] - '0');
	}
	if (n < min || (s[n] >= '0' && s[n] <= '9')) {
		return false;
	}
	*io_s = s + n;
	*ret_x = x;
	return true;
}

/* ".5", or nothing. */
static bool fraction_at(const char **io_s, uint64_t *ret_ns)
{
	const char *s = *io_s;
	uint64_t scale = NSEC_PER_SEC / 10;

	*ret_ns = 0;
	if (*s != '.') {
		return true;
	}
	s++;
	if (*s < '0' || *s > '9') {
		return false;
	}
	for (; *s >= '0' && *s <= '9'; s++, scale /= 10) {
		*ret_ns += (uint64_t)(*s - '0') * scale;
	}
	*io_s = s;
	return true;
}

/* "08:35", "08:35:31", "08:35:31.5" */
static bool clock_at(const char **io_s, uint64_t *ret_ns)
{
	uint64_t h, m, s = 0, fraction = 0;

	if (!digits_at(io_s, 1, 2, &h) || **io_s != ':') {
		return false;
	}
	++*io_s;
	if (!digits_at(io_s, 2, 2, &m)) {
		return false;
	}
	if (**io_s == ':') {
		++*io_s;
		if (!digits_at(io_s, 2, 2, &s) || !fraction_at(io_s, &fraction)) {
			return false;
		}
	}
	*ret_ns = ((h * 60 + m) * 60 + s) * NSEC_PER_SEC + fraction;
	return h < 24 && m < 60 && s < 60;
}

/* "Z", "+02:00", "-0330", "" */
static bool zone_at(const char **io_s, bool *ret_given, int64_t *ret_east_s)
{
	bool minus = **io_s == '-';
	uint64_t h, m;

	*ret_given = **io_s != '\0';
	*ret_east_s = 0;
	if (!*ret_given) {
		return true;
	}
	if (**io_s == 'Z') {
		++*io_s;
		return true;
	}
	if (**io_s != '+' && !minus) {
		return false;
	}
	++*io_s;
	if ((*io_s)[0] == '\0' || (*io_s)[1] == '\0') {
		return false;
	}
	h = (uint64_t)((*io_s)[0] - '0') * 10 + (uint64_t)((*io_s)[1] - '0');
	*io_s += 2;
	*io_s += **io_s == ':';
	if (!digits_at(io_s, 2, 2, &m) || h > 14 || m > 59) {
		return false;
	}
	*ret_east_s = (int64_t)(h * 3600 + m * 60) * (minus ? -1 : 1);
	return true;
}

/* Seconds since 1970 of a calendar's moment; -1: there is none such, or it lies before. */
static int64_t seconds_of(struct tm *tm, bool local)
{
	struct tm back = *tm;
	time_t t;

	back.tm_isdst = -1;
	t = local ? mktime(&back) : timegm(&back);
	return back.tm_mday == tm->tm_mday && back.tm_mon == tm->tm_mon ? (int64_t)t : -1;
}

/* "2026-11-21", "2026-11-21T08:35:31.5Z", "2026-11-21 08:35" */
static bool parse_date(const char *s, bool local, uint64_t *ret_ns)
{
	uint64_t year, month, day, clock = 0;
	struct tm tm = { .tm_isdst = -1 };
	int64_t east = 0, seconds;
	bool zone = false;

	if (!digits_at(&s, 4, 4, &year) || *s++ != '-' || !digits_at(&s, 2, 2, &month) || *s++ != '-' ||
	    !digits_at(&s, 2, 2, &day) || month < 1 || month > 12 || day < 1 || day > 31) {
		return false;
	}
	if (*s == 'T' || *s == 't' || *s == ' ') {
		s++;
		if (!clock_at(&s, &clock)) {
			return false;
		}
	}
	if (!zone_at(&s, &zone, &east) || *s != '\0') {
		return false;
	}
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = (int)month - 1;
	tm.tm_mday = (int)day;
	tm.tm_hour = (int)(clock / NSEC_PER_SEC / 3600);
	tm.tm_min = (int)(clock / NSEC_PER_SEC / 60 % 60);
	tm.tm_sec = (int)(clock / NSEC_PER_SEC % 60);
	seconds = seconds_of(&tm, local && !zone);
	if (seconds < 0 || seconds - east < 0 || (uint64_t)(seconds - east) > SECONDS_MAX) {
		return false;
	}
	*ret_ns = (uint64_t)(seconds - east) * NSEC_PER_SEC + clock % NSEC_PER_SEC;
	return true;
}

/* Seconds with a fraction, or nanoseconds. */
static bool parse_epoch(const char *s, uint64_t *ret_ns)
{
	size_t len = strspn(s, "0123456789");
	uint64_t x, fraction;

	if (len >= 17) {
		return digits_at(&s, 17, 19, ret_ns) && *s == '\0';
	}
	if (!digits_at(&s, 1, 16, &x) || !fraction_at(&s, &fraction) || *s != '\0' || x > SECONDS_MAX) {
		return false;
	}
	*ret_ns = x * NSEC_PER_SEC + fraction;
	return true;
}

static bool parse_distance(const char *s, struct point *ret_p)
{
	int64_t ns;

	if (!option_duration(s, &ns)) {
		return false;
	}
	ret_p->kind = s[0] == '-' ? POINT_FROM_END : POINT_FROM_START;
	ret_p->ns = (uint64_t)(ns < 0 ? -ns : ns);
	return true;
}

static bool parse_point(const char *s, bool local, struct point *ret_p)
{
	const char *p = s;

	if (s[0] == '+' || s[0] == '-') {
		return parse_distance(s, ret_p);
	}
	ret_p->kind = POINT_OF_DAY;
	if (clock_at(&p, &ret_p->ns) && *p == '\0') {
		return true;
	}
	ret_p->kind = POINT_ABSOLUTE;
	return parse_date(s, local, &ret_p->ns) || parse_epoch(s, &ret_p->ns);
}

static int read_point(const char *name, const char *s, const struct options *o, struct point *ret_p, struct err *e)
{
	if (parse_point(s, o->local_time, ret_p)) {
		return 0;
	}
	return err_set(
		e, ERR_USAGE,
		"option --%s wants a time such as 2026-11-21T08:35:31Z, 08:35:31, 1795250131.5, +10s or -10s, not '%s'",
		name, s);
}

int time_range_check(const struct options *o, bool *ret_needs_extent, struct err *e)
{
	bool needs = o->last_ns != 0 && o->to == NULL;
	struct point p;
	int rc = 0;

	if (o->last_ns != 0 && o->from != NULL) {
		return err_set(e, ERR_USAGE, "--last and --from exclude each other");
	}
	if (o->from != NULL) {
		rc = read_point("from", o->from, o, &p, e);
		needs = needs || (rc == 0 && p.kind != POINT_ABSOLUTE);
	}
	if (rc == 0 && o->to != NULL) {
		rc = read_point("to", o->to, o, &p, e);
		needs = needs || (rc == 0 && p.kind != POINT_ABSOLUTE);
	}
	if (rc == 0) {
		*ret_needs_extent = needs;
	}
	return rc;
}

/* ---- meaning --------------------------------------------------------------------------------------------------- */

struct time_extent time_extent(struct source *const *sources, uint32_t count)
{
	struct time_extent x = { 0, 0 };

	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < sources[i]->section_count; k++) {
			const struct section *s = sources[i]->sections[k];

			if (s->first_ns == 0) {
				continue;
			}
			x.first_ns = x.first_ns == 0 || s->first_ns < x.first_ns ? s->first_ns : x.first_ns;
			x.last_ns = s->last_ns > x.last_ns ? s->last_ns : x.last_ns;
		}
	}
	return x;
}

/* Midnight before, on the clock of the reader. */
static uint64_t midnight(uint64_t ns, bool local)
{
	time_t t = (time_t)(ns / NSEC_PER_SEC);
	struct tm tm;

	if (!local || localtime_r(&t, &tm) == NULL) {
		return ns - ns % DAY_NS;
	}
	tm.tm_hour = 0;
	tm.tm_min = 0;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (uint64_t)mktime(&tm) * NSEC_PER_SEC;
}

static uint64_t add_sat(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* not_before: a time of day lies at or after this; 0: on the day of the capture's start, or the next if it goes on so
 * long. */
static uint64_t find_point(const struct point *p, const struct options *o, const struct time_extent *x,
			   uint64_t not_before)
{
	uint64_t t;

	switch (p->kind) {
	case POINT_OF_DAY:
		t = add_sat(midnight(x->first_ns, o->local_time), p->ns);
		if (not_before != 0 ? t < not_before : t < x->first_ns && add_sat(t, DAY_NS) <= x->last_ns) {
			t = add_sat(t, DAY_NS);
		}
		return t;
	case POINT_FROM_START: return add_sat(x->first_ns, p->ns);
	case POINT_FROM_END: return x->last_ns > p->ns ? x->last_ns - p->ns : 0;
	default: return p->ns;
	}
}

int time_range_find(const struct options *o, const struct time_extent *extent, struct time_range *ret_r, struct err *e)
{
	const struct time_extent none = { 0, 0 };
	const struct time_extent *x = extent != NULL ? extent : &none;
	struct time_range r = { 0, UINT64_MAX };
	struct point p;
	int rc = 0;

	if (o->from != NULL) {
		rc = read_point("from", o->from, o, &p, e);
		r.from_ns = rc == 0 ? find_point(&p, o, x, 0) : 0;
	}
	if (rc == 0 && o->to != NULL) {
		rc = read_point("to", o->to, o, &p, e);
		r.to_ns = rc == 0 ? find_point(&p, o, x, r.from_ns > x->first_ns ? r.from_ns : x->first_ns) : 0;
	}
	if (rc == 0 && o->last_ns != 0) {
		uint64_t end = o->to != NULL ? r.to_ns : x->last_ns;

		r.from_ns = end > (uint64_t)o->last_ns ? end - (uint64_t)o->last_ns : 0;
	}
	if (rc == 0 && r.from_ns >= r.to_ns) {
		rc = err_set(e, ERR_USAGE,
			     "nothing can lie between --from and --to: the second is not after the first");
	}
	if (rc == 0) {
		*ret_r = r;
	}
	return rc;
}
