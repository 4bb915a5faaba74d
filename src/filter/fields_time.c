/*
 * fields_time.c - when: evt.time and its kin, latency, begin. Times are UTC unless the run asks for
 * local time; rendered text of one second is kept, since neighbouring events share it. Any worker,
 * own context.
 *
 * What is measured from the line before, or from the first line, cannot be known here: batches are
 * formatted in any order. Such a field leaves a mark (format.h) and the one thread that emits lines
 * in order fills it in; in filters it has no meaning. evt.reltime counts from the section's first event, which
 * the fold has stamped.
 */
#include "filter/fields_internal.h"

#include <time.h>

#include "filter/format.h"

enum { PART_ALL, PART_S, PART_NS };

static void set_digits(char *p, unsigned int n, unsigned int x)
{
	while (n-- > 0) {
		p[n] = (char)('0' + x % 10);
		x /= 10;
	}
}

/* Fills the context's clock and date for one second. */
static void clock_fill(struct field_ctx *c, uint64_t sec)
{
	time_t t = (time_t)sec;
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	if (c->set->local_time) {
		localtime_r(&t, &tm);
	} else {
		gmtime_r(&t, &tm);
	}
	memcpy(c->clock, "00:00:00", sizeof(c->clock));
	set_digits(c->clock, 2, (unsigned int)tm.tm_hour);
	set_digits(c->clock + 3, 2, (unsigned int)tm.tm_min);
	set_digits(c->clock + 6, 2, (unsigned int)tm.tm_sec);
	memcpy(c->date, "0000-00-00", sizeof(c->date));
	set_digits(c->date, 4, (unsigned int)(tm.tm_year + 1900));
	set_digits(c->date + 5, 2, (unsigned int)(tm.tm_mon + 1));
	set_digits(c->date + 8, 2, (unsigned int)tm.tm_mday);
	c->clock_sec = sec;
	c->clock_valid = true;
}

static inline uint64_t clock_of(struct field_ctx *c, uint64_t ts_ns)
{
	uint64_t sec = ts_ns / NSEC_PER_SEC;

	if (UNLIKELY(!c->clock_valid || sec != c->clock_sec)) {
		clock_fill(c, sec);
	}
	return ts_ns - sec * NSEC_PER_SEC;
}

/* Three groups of three digits: divisions that do not wait for each other. */
static void add_fraction(struct buf *out, uint64_t ns)
{
	unsigned int x = (unsigned int)ns;
	char *p = buf_room(out, 10);

	if (p != NULL) {
		p[0] = '.';
		set_digits(p + 1, 3, x / 1000000);
		set_digits(p + 4, 3, x / 1000 % 1000);
		set_digits(p + 7, 3, x % 1000);
		out->len += 10;
	}
}

static void add_clock(struct field_ctx *c, uint64_t ts_ns, bool fraction, struct buf *out)
{
	uint64_t ns = clock_of(c, ts_ns);

	buf_add(out, c->clock, 8);
	if (fraction) {
		add_fraction(out, ns);
	}
}

/* evt.time, evt.time.s */
static bool text_time(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	add_clock(c, c->ev->ts_ns, u->field->which == PART_ALL, out);
	return true;
}

/* evt.datetime, evt.datetime.s */
static bool text_datetime(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	clock_of(c, c->ev->ts_ns);
	buf_add(out, c->date, 10);
	buf_addc(out, ' ');
	return text_time(c, u, out);
}

static void add_iso(struct buf *out, uint64_t ts_ns)
{
	time_t t = (time_t)(ts_ns / NSEC_PER_SEC);
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
	add_fraction(out, ts_ns % NSEC_PER_SEC);
}

/* Always UTC. */
static void add_iso_of(struct field_ctx *c, uint64_t ts_ns, struct buf *out)
{
	if (c->set->local_time) {
		add_iso(out, ts_ns);
	} else {
		uint64_t ns = clock_of(c, ts_ns);

		buf_add(out, c->date, 10);
		buf_addc(out, 'T');
		buf_add(out, c->clock, 8);
		add_fraction(out, ns);
	}
	buf_add(out, "+0000", 5);
}

/* evt.time.iso8601 */
static bool text_iso(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	UNUSED_ARG(u);
	add_iso_of(c, c->ev->ts_ns, out);
	return true;
}

/* Nanoseconds since 1970, as evt.rawtime prints them. */
static bool parse_ns(const char *s, uint64_t *ret_ns)
{
	uint64_t x = 0;

	if (*s == '\0') {
		return false;
	}
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || x > (UINT64_MAX - 9) / 10) {
			return false;
		}
		x = x * 10 + (uint64_t)(*s - '0');
	}
	*ret_ns = x;
	return true;
}

static bool part_of(struct field_value *v, const struct field_use *u, uint64_t ns)
{
	switch (u->field->which) {
	case PART_S: return value_uint(v, ns / NSEC_PER_SEC);
	case PART_NS: return value_uint(v, ns % NSEC_PER_SEC);
	default: return value_uint(v, ns);
	}
}

static bool value_rawtime(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return part_of(v, u, c->ev->ts_ns);
}

static bool has_latency(const struct event *ev)
{
	return (ev->flags & (EVENT_BEGIN_EXACT | EVENT_BEGIN_BOUND)) != 0;
}

static bool value_latency(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return has_latency(c->ev) && part_of(v, u, event_latency_ns(c->ev));
}

static bool value_latency_bound(struct field_ctx *c, const struct field_use *u,
				struct field_value *v)
{
	UNUSED_ARG(u);
	return has_latency(c->ev) && value_bool(v, (c->ev->flags & EVENT_BEGIN_BOUND) != 0);
}

static bool value_begin(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return has_latency(c->ev) && value_uint(v, c->ev->begin_ns);
}

/* Stands before an upper bound, as everywhere. */
#define AT_MOST "\xe2\x89\xa4"

/* evt.latency.human */
static bool text_latency_human(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	static const struct {
		uint64_t ns;
		const char *unit;
	} units[] = {
		{ NSEC_PER_SEC, "s" },
		{ 1000000, "ms" },
		{ 1000, "us" },
	};
	uint64_t ns;

	UNUSED_ARG(u);
	if (!has_latency(c->ev)) {
		return false;
	}
	ns = event_latency_ns(c->ev);
	if (c->ev->flags & EVENT_BEGIN_BOUND) {
		buf_adds(out, AT_MOST);
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (ns >= units[i].ns) {
			buf_add_u64(out, ns / units[i].ns);
			buf_addc(out, '.');
			buf_add_u64_pad(out, ns % units[i].ns / (units[i].ns / 100), 2);
			buf_adds(out, units[i].unit);
			return true;
		}
	}
	buf_add_u64(out, ns);
	buf_adds(out, "ns");
	return true;
}

/* -t d */
static bool text_latency_seconds(const struct event *ev, struct buf *out)
{
	if (!has_latency(ev)) {
		return false;
	}
	if (ev->flags & EVENT_BEGIN_BOUND) {
		buf_adds(out, AT_MOST);
	}
	add_seconds(out, event_latency_ns(ev));
	return true;
}

static bool value_reltime(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	uint64_t first = c->batch->first_call_ns;

	return first != 0 && part_of(v, u, c->ev->ts_ns > first ? c->ev->ts_ns - first : 0);
}

/* evt.wait_latency: of calls that may wait. */
static bool value_wait(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct schema_event *s = ctx_schema(c);

	return s != NULL && (s->flags & EF_WAITS) != 0 && value_latency(c, u, v);
}

/* evt.around[t]=ms: how far from t, in milliseconds, begun ones counted. */
static bool value_around(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const uint64_t ms = 1000000;
	uint64_t at;

	if (!parse_ns(u->arg, &at)) {
		return false;
	}
	at = at > c->ev->ts_ns ? at - c->ev->ts_ns : c->ev->ts_ns - at;
	return value_uint(v, at / ms + (at % ms != 0));
}

/* evt.deltatime with its parts: filled in by the emitter. */
static bool text_mark(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	UNUSED_ARG(c);
	format_mark(out, u->field->which);
	return true;
}

bool field_print_time(struct field_ctx *c, uint64_t ts_ns, struct buf *out)
{
	switch (c->set->time_style) {
	case TIME_EPOCH: add_seconds(out, ts_ns); return true;
	case TIME_ISO: add_iso_of(c, ts_ns, out); return true;
	case TIME_RELATIVE: format_mark(out, MARK_REL_SECONDS); return true;
	case TIME_DELTA: format_mark(out, MARK_DELTA_SECONDS); return true;
	case TIME_LATENCY: return false;
	default: add_clock(c, ts_ns, true, out); return true;
	}
}

/* evt.outputtime: as -t says, of events and packets. */
static bool text_output(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	UNUSED_ARG(u);
	if (c->ev == NULL) {
		return c->packet != NULL && (c->packet->flags & PACKET_NO_TIME) == 0 &&
		       field_print_time(c, c->packet->ts_ns, out);
	}
	if (c->set->time_style == TIME_LATENCY) {
		return text_latency_seconds(c->ev, out);
	}
	return field_print_time(c, c->ev->ts_ns, out);
}

#define SAFE FIELD_SAFE
#define OURS FIELD_OURS
#define BEGIN (WANT_FOLD | WANT_BEGIN) /* evt.reltime: no event may be passed over, the first is asked for */
#define OLD FIELD_DEPRECATED
#define MARKED (FIELD_SAFE | FIELD_DELTA | FIELD_PRINT_ONLY)

/* clang-format off */
static const struct field rows[] = {
	{ "evt.time", PT_CHARBUF, FMT_NA, ARG_NONE, SAFE, 0, NULL, text_time, PART_ALL,
	  "time of day with nanoseconds, UTC unless --local-time" },
	{ "evt.time.s", PT_CHARBUF, FMT_NA, ARG_NONE, SAFE, 0, NULL, text_time, PART_S,
	  "time of day in whole seconds" },
	{ "evt.time.iso8601", PT_CHARBUF, FMT_NA, ARG_NONE, SAFE, 0, NULL, text_iso, 0,
	  "date and time in UTC as ISO 8601 with nanoseconds and +0000" },
	{ "evt.datetime", PT_CHARBUF, FMT_NA, ARG_NONE, SAFE, 0, NULL, text_datetime, PART_ALL,
	  "date and time of day with nanoseconds" },
	{ "evt.datetime.s", PT_CHARBUF, FMT_NA, ARG_NONE, SAFE, 0, NULL, text_datetime, PART_S,
	  "date and time of day in whole seconds" },
	{ "evt.rawtime", PT_ABSTIME, FMT_DEC, ARG_NONE, 0, 0, value_rawtime, NULL, PART_ALL,
	  "nanoseconds since 1970" },
	{ "evt.rawtime.s", PT_ABSTIME, FMT_DEC, ARG_NONE, 0, 0, value_rawtime, NULL, PART_S,
	  "whole seconds since 1970" },
	{ "evt.rawtime.ns", PT_ABSTIME, FMT_PADDED_DEC, ARG_NONE, 0, 0, value_rawtime, NULL, PART_NS,
	  "nanoseconds within the second" },
	{ "evt.reltime", PT_RELTIME, FMT_PADDED_DEC, ARG_NONE, 0, BEGIN, value_reltime, NULL, PART_ALL,
	  "nanoseconds since the first event of the capture" },
	{ "evt.reltime.s", PT_RELTIME, FMT_DEC, ARG_NONE, 0, BEGIN, value_reltime, NULL, PART_S,
	  "whole seconds since the first event of the capture" },
	{ "evt.reltime.ns", PT_RELTIME, FMT_PADDED_DEC, ARG_NONE, 0, BEGIN, value_reltime, NULL, PART_NS,
	  "fraction of evt.reltime.s in nanoseconds" },
	{ "evt.deltatime", PT_RELTIME, FMT_DEC, ARG_NONE, MARKED, 0, NULL, text_mark, MARK_DELTA,
	  "nanoseconds since the line before" },
	{ "evt.deltatime.s", PT_RELTIME, FMT_DEC, ARG_NONE, MARKED, 0, NULL, text_mark, MARK_DELTA_S,
	  "whole seconds since the line before" },
	{ "evt.deltatime.ns", PT_RELTIME, FMT_PADDED_DEC, ARG_NONE, MARKED, 0, NULL, text_mark,
	  MARK_DELTA_NS, "fraction of evt.deltatime.s in nanoseconds" },
	{ "evt.outputtime", PT_CHARBUF, FMT_NA, ARG_NONE, SAFE | FIELD_PRINT_ONLY | FIELD_BOTH, 0, NULL, text_output, 0,
	  "time in the form chosen with -t" },
	{ "evt.latency", PT_RELTIME, FMT_DEC, ARG_NONE, OLD, BEGIN, value_latency, NULL, PART_ALL,
	  "nanoseconds from begin to end of the call; see evt.latency_bound" },
	{ "evt.latency.s", PT_RELTIME, FMT_DEC, ARG_NONE, OLD, BEGIN, value_latency, NULL, PART_S,
	  "whole seconds of evt.latency" },
	{ "evt.latency.ns", PT_RELTIME, FMT_PADDED_DEC, ARG_NONE, OLD, BEGIN, value_latency, NULL, PART_NS,
	  "fraction of evt.latency.s in nanoseconds" },
	{ "evt.latency.human", PT_CHARBUF, FMT_NA, ARG_NONE, SAFE | OLD, BEGIN, NULL, text_latency_human, 0,
	  "latency with a fitting unit, \xe2\x89\xa4 before an upper bound" },
	{ "evt.latency.quantized", PT_UINT64, FMT_DEC, ARG_NONE, OLD, 0, value_absent, NULL, 0,
	  "never: was for a spectrogram on the terminal" },
	{ "evt.wait_latency", PT_RELTIME, FMT_DEC, ARG_NONE, OLD, BEGIN, value_wait, NULL, PART_ALL,
	  "evt.latency of calls that may wait" },
	{ "evt.around", PT_UINT64, FMT_DEC, ARG_REQUIRED, FIELD_FILTER_ONLY | FIELD_WITHIN | FIELD_ARG_NUMBER, 0, value_around, NULL, 0,
	  "[t]: milliseconds between the event and the time t, which is as evt.rawtime prints it; = means at most" },
	{ "evt.latency_bound", PT_BOOL, FMT_NA, ARG_NONE, OURS, BEGIN, value_latency_bound, NULL, 0,
	  "true: the latency is an upper bound, no begin was recorded" },
	{ "evt.begin", PT_ABSTIME, FMT_DEC, ARG_NONE, OURS, BEGIN, value_begin, NULL, 0,
	  "when the call began (or the earliest it can have), nanoseconds since 1970" },
};
/* clang-format on */

const struct field_class field_class_time = { "time", rows, ARRAY_LEN(rows), "evt" };
