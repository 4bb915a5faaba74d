/*
 * options.c - see options.h. Main thread only; runs before anything is opened.
 */
#include "cli/options.h"

#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/words.h"

#define AT(member) offsetof(struct options, member)

/* In the order of usage texts. */
/* clang-format off */
const struct option_row option_rows[] = {
	{ "out", 'o', OPTION_TEXT, OPT_FOR_REPORT, AT(out_dir), "DIR", 0, 0, NULL,
	  "folder to write (default thresher-report); an existing\n"
	  "folder is replaced only when it is an earlier report" },
	{ "out", 'o', OPTION_TEXT, OPT_FOR_ANNOTATE, AT(out_file), "FILE", 0, 0, NULL,
	  "pcapng file to write, - for standard output; replaced only\n"
	  "when all of it is written, and never an input" },
	{ "with", 0, OPTION_TEXT, OPT_FOR_ANNOTATE, AT(with), "LIST", 0, 0, NULL,
	  "how processes are written, comma-separated, by default\n"
	  "option,comment:\n"
	  "option, process and thread id of each packet; block, a record\n"
	  "of each process before its first packet (Wireshark before 5.0\n"
	  "shows these as frames); comment, all that is known, beside\n"
	  "each packet" },
	{ "clock", 0, OPTION_WORD, OPT_FOR_ANNOTATE, AT(clock_written), "WHICH", 0, 0, "packets syscalls",
	  "times as the packets have them (default), or moved to the\n"
	  "clock of the syscalls by the offset that the join found" },
	{ "format", 'p', OPTION_TEXT, OPT_FOR_PRINT, AT(format), "FORMAT", 0, 0, NULL,
	  "what a line shows: text with %field, %field[arg], %WIDTHfield,\n"
	  "\\t and \\n; with a leading * lines whose fields have no value\n"
	  "are printed too, with <NA> in their place; -pc: the default\n"
	  "line with containers, -pk: with pods" },
	{ "filter", 'f', OPTION_ONCE, OPT_FOR_RUNS, AT(filter), "FILTER", 0, 0, NULL,
	  "only events and packets that pass, as sysdig and Falco or as\n"
	  "Wireshark write it: 'proc.name = nginx and evt.failed = true',\n"
	  "'tcp.port == 80 && ip.addr == 10.0.0.0/8'; @NAME: a saved one;\n"
	  "see thresher-filter(7)" },
	{ "filter-file", 0, OPTION_TEXTS, OPT_FOR_RUNS, AT(filter_files), "FILE", 0, 0, NULL,
	  "saved filters, macros and lists: YAML, or Wireshark's file of\n"
	  "display filters or filter buttons; may be repeated" },
	{ "packet-filter", 0, OPTION_ONCE, OPT_FOR_RUNS, AT(packet_filter), "EXPR", 0, 0, NULL,
	  "only packets that pass, as tcpdump writes it: 'tcp port 80';\n"
	  "events are left alone" },
	{ "verbose", 'V', OPTION_FLAG, OPT_FOR_PRINT, AT(verbose), NULL, 0, 0, NULL,
	  "below each line all that is known of it: parameters, process\n"
	  "with ancestors, user, container, fd; layers, flow" },
	{ "hex", 'x', OPTION_COUNT, OPT_FOR_PRINT, AT(hex), NULL, 0, 0, NULL,
	  "below each line its data in hex and ASCII: what was read or\n"
	  "written, the payload of a packet; -xx: the whole packet" },
	{ "ascii", 'A', OPTION_FLAG, OPT_FOR_PRINT, AT(ascii), NULL, 0, 0, NULL,
	  "the same as text, other bytes as dots" },
	{ "around", 0, OPTION_NUMBER, OPT_FOR_PRINT, AT(around), "N", 0, LIMIT_AROUND_LINES, NULL,
	  "beside what passes the filter, N lines before and after it,\n"
	  "of the same capture; -- between groups" },
	{ "from", 0, OPTION_TEXT, OPT_FOR_PRINT, AT(from), "TIME", 0, 0, NULL,
	  "nothing before TIME: 2026-11-21T08:35:31.5Z, seconds since\n"
	  "1970, a time of day of the capture, +10s from its start or\n"
	  "-10s from its end" },
	{ "to", 0, OPTION_TEXT, OPT_FOR_PRINT, AT(to), "TIME", 0, 0, NULL,
	  "nothing at TIME or later" },
	{ "last", 0, OPTION_SPAN, OPT_FOR_PRINT, AT(last_ns), "DURATION", 0, 0, NULL,
	  "only the last 30s, 5m, 1h30m of the capture (or before --to)" },
	{ "as", 0, OPTION_WORD, OPT_FOR_FOLLOW, AT(follow_form), "FORM", 0, 0, "text hex raw json",
	  "text: what is not printable as dots (default); hex: beside\n"
	  "it; raw: the bytes alone, gaps left out; json: an object per\n"
	  "conversation, bytes in base64" },
	{ "as", 0, OPTION_WORD, OPT_FOR_TOP, AT(top_form), "FORM", 0, 0, "table csv json",
	  "a table of the first 20 rows (default), or all rows as CSV or\n"
	  "as JSON, an object per line" },
	{ "side", 0, OPTION_WORD, OPT_FOR_FOLLOW, AT(follow_side), "SIDE", 0, 0, "both client server",
	  "what both said, in the order of time, or one of them" },
	{ "view", 0, OPTION_WORD, OPT_FOR_FOLLOW, AT(follow_view), "VIEW", 0, 0, "both packets syscalls",
	  "whose bytes: of packets, with holes filled from system calls\n"
	  "(default), or of one of them alone" },
	{ "body", 0, OPTION_FLAG, OPT_FOR_FOLLOW, AT(body), NULL, 0, 0, NULL,
	  "of http:N the bodies only: without heads, chunks undone" },
	{ "json", 0, OPTION_FLAG, OPT_FOR_INFO | OPT_FOR_PRINT | OPT_FOR_FIELDS, AT(json), NULL, 0, 0, NULL,
	  "JSON: one object (info, fields) or one object per line (print)" },
	{ "raw", 0, OPTION_FLAG, OPT_FOR_PRINT, AT(raw), NULL, 0, 0, NULL,
	  "every event as stored: enter and exit on lines of their own,\n"
	  "stored parameters, raw ordinal numbers, nothing hidden" },
	{ "events", 0, OPTION_FLAG, OPT_FOR_PRINT, AT(events), NULL, 0, 0, NULL,
	  "only events, no packets" },
	{ "packets", 0, OPTION_FLAG, OPT_FOR_PRINT, AT(packets), NULL, 0, 0, NULL,
	  "only packets, no events; beside -p: packets too, in their\n"
	  "own form, among the lines of events" },
	{ "join", 0, OPTION_FLAG, OPT_FOR_PRINT, AT(join), NULL, 0, 0, NULL,
	  "packets with process, thread and call, calls on sockets with\n"
	  "the packets that carried their bytes; reads the inputs twice\n"
	  "(standard input is kept in a temporary file, 4 GiB at most)" },
	{ "count", 'c', OPTION_NUMBER, OPT_FOR_TOP, AT(count), "N", 0, UINT64_MAX - 1, NULL,
	  "the first N rows" },
	{ "count", 'c', OPTION_NUMBER, OPT_FOR_PRINT, AT(count), "N", 0, UINT64_MAX - 1, NULL,
	  "stop after N lines (with --around: N that pass)" },
	{ "time", 't', OPTION_LETTER, OPT_FOR_PRINT, AT(time_format), "LETTER", 0, 0, "hairdD",
	  "time of the default line: h time of day, a seconds since 1970,\n"
	  "i ISO 8601, r since the first line, D since the line before,\n"
	  "d latency of the call, \xe2\x89\xa4 before an upper bound" },
	{ "local-time", 0, OPTION_FLAG, OPT_FOR_PRINT, AT(local_time), NULL, 0, 0, NULL,
	  "times of day in the local time zone instead of UTC" },
	{ "color", 0, OPTION_WORD, OPT_FOR_PRINT | OPT_FOR_FOLLOW, AT(colour), "WHEN", 0, 0, "auto always never",
	  "colours: auto (default: on a terminal, unless NO_COLOR is\n"
	  "set), always, never" },
	{ "pager", 0, OPTION_FLAG, OPT_FOR_PRINT, AT(pager), NULL, 0, 0, NULL,
	  "on a terminal, through $PAGER (default: less)" },
	{ "list", 'l', OPTION_FLAG, OPT_FOR_PRINT, AT(list), NULL, 0, 0, NULL,
	  "list the fields that -p knows, and end" },
	{ "all", 'a', OPTION_FLAG, OPT_FOR_INFO, AT(all), NULL, 0, 0, NULL,
	  "text lists every kind of event, not only the most frequent" },
	{ "script", 0, OPTION_TEXTS, OPT_FOR_REPORT, AT(scripts), "FILE", 0, 0, NULL,
	  "a Lua script that sees events and packets and adds tables of\n"
	  "its own; may be repeated; see thresher-lua(7)" },
	{ "hash", 0, OPTION_FLAG, OPT_FOR_INFO | OPT_FOR_REPORT, AT(hash), NULL, 0, 0, NULL,
	  "SHA-256 of every input file as stored on disk" },
	{ "strict", 0, OPTION_FLAG, OPT_FOR_RUNS, AT(strict), NULL, 0, 0, NULL,
	  "damaged input is an error: exit status 4" },
	{ "reproducible", 0, OPTION_FLAG, OPT_FOR_REPORT, AT(reproducible), NULL, 0, 0, NULL,
	  "leave out when and how the report was made (also when\n"
	  "SOURCE_DATE_EPOCH is set)" },
	{ "no-join", 0, OPTION_FLAG, OPT_FOR_REPORT, AT(no_join), NULL, 0, 0, NULL,
	  "do not join system calls with packets" },
	{ "clock-offset", 0, OPTION_DURATION, OPT_FOR_REPORT | OPT_FOR_ANNOTATE, AT(clock_offset_ns), "TIME", 0, 0, NULL,
	  "clock of the packets minus clock of the system calls,\n"
	  "instead of an estimate: +12040.7s, -3h20m" },
	{ "clock", 0, OPTION_WORD, OPT_FOR_REPORT, AT(clock_shown), "WHICH", 0, 0, "syscalls packets",
	  "clock by which joined tables show times: syscalls (default)\n"
	  "or packets" },
	{ "trace", 0, OPTION_TEXT, OPT_FOR_REPORT, AT(trace), "FILE", 0, 0, NULL,
	  "write the spans of requests as Chrome trace JSON too, which\n"
	  "Perfetto opens" },
	{ "jobs", 'j', OPTION_NUMBER, OPT_FOR_RUNS, AT(threads), "N", 1, LIMIT_THREADS_J, NULL,
	  "threads in all (default: one per CPU)" },
	{ "batch-bytes", 0, OPTION_NUMBER, OPT_FOR_RUNS, AT(batch_bytes), "N",
	  LIMIT_BATCH_BYTES_MIN, LIMIT_BATCH_BYTES_MAX, NULL,
	  "bytes per unit of work, 4K to 64M; changes speed, not output" },
	{ "quiet", 'q', OPTION_FLAG, OPT_FOR_RUNS, AT(quiet), NULL, 0, 0, NULL,
	  "no progress and no notes on stderr, only errors" },
	{ "help", 'h', OPTION_FLAG, OPT_FOR_HELP, AT(help), NULL, 0, 0, NULL,
	  "this text" },
	{ NULL, 0, 0, 0, 0, NULL, 0, 0, NULL, NULL },
};
/* clang-format on */

void options_init(struct options *o)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	memset(o, 0, sizeof(*o));
	o->threads = cpus < 1 ? 1 : min_u64((uint64_t)cpus, LIMIT_THREADS_J);
	o->batch_bytes = LIMIT_BATCH_BYTES_DEFAULT;
	o->count = UINT64_MAX;
	o->time_format = 'h';
	o->out_dir = "thresher-report";
	o->clock_offset_ns = OFFSET_NOT_GIVEN;
	o->reproducible = getenv("SOURCE_DATE_EPOCH") != NULL;
}

void options_release(struct options *o)
{
	free(o->inputs);
	o->inputs = NULL;
	o->input_count = 0;
	free(o->filter_files.items);
	free(o->scripts.items);
	memset(&o->filter_files, 0, sizeof(o->filter_files));
	memset(&o->scripts, 0, sizeof(o->scripts));
}

static int suffix_shift(char c)
{
	switch (c) {
	case 'k':
	case 'K': return 10;
	case 'm':
	case 'M': return 20;
	case 'g':
	case 'G': return 30;
	default: return 0;
	}
}

/* Decimal digits and at most one suffix, nothing else; no sign, no blank. */
static bool parse_number(const char *s, uint64_t *ret_x)
{
	uint64_t x = 0;
	int shift;

	if (*s < '0' || *s > '9') {
		return false;
	}
	for (; *s >= '0' && *s <= '9'; s++) {
		if (__builtin_mul_overflow(x, 10u, &x) ||
		    __builtin_add_overflow(x, (uint64_t)(*s - '0'), &x)) {
			return false;
		}
	}
	shift = suffix_shift(*s);
	if (shift != 0) {
		s++;
	}
	if (*s != '\0' || (shift != 0 && x > UINT64_MAX >> shift)) {
		return false;
	}
	*ret_x = x << shift;
	return true;
}

static int set_number(const struct option_row *r, void *at, const char *value, struct err *e)
{
	uint64_t x;

	if (!parse_number(value, &x)) {
		return err_set(e, ERR_USAGE, "option --%s wants a number, not '%s'", r->name,
			       value);
	}
	if (x < r->min || x > r->max) {
		return err_set(e, ERR_USAGE, "option --%s: %s is outside %llu to %llu", r->name,
			       value, (unsigned long long)r->min, (unsigned long long)r->max);
	}
	memcpy(at, &x, sizeof(x));
	return 0;
}

static int set_letter(const struct option_row *r, void *at, const char *value, struct err *e)
{
	uint64_t x;

	if (value[0] == '\0' || value[1] != '\0' || strchr(r->choices, value[0]) == NULL) {
		return err_set(e, ERR_USAGE, "option --%s wants one of the letters %s, not '%s'",
			       r->name, r->choices, value);
	}
	x = (unsigned char)value[0];
	memcpy(at, &x, sizeof(x));
	return 0;
}

static int set_word(const struct option_row *r, void *at, const char *value, struct err *e)
{
	int word = words_find(r->choices, value, strlen(value));
	uint64_t x = (uint64_t)word;

	if (word < 0) {
		return err_set(e, ERR_USAGE, "option --%s wants one of the words %s, not '%s'", r->name, r->choices, value);
	}
	memcpy(at, &x, sizeof(x));
	return 0;
}

/* Units of a duration; a shorter one that begins a longer one comes after it. */
static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },	       { "us", 1000 },	{ "ms", 1000000 }, { "h", 3600 * NSEC_PER_SEC }, { "m", 60 * NSEC_PER_SEC },
	{ "s", NSEC_PER_SEC },
};

static uint64_t unit_at(const char **io_s)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t len = strlen(units[i].name);

		if (strncmp(*io_s, units[i].name, len) == 0) {
			*io_s += len;
			return units[i].ns;
		}
	}
	return 0;
}

/* Decimal digits, at most one point. Digits of the fraction beyond a billionth are read over. */
static bool amount_at(const char **io_s, uint64_t *ret_whole, uint64_t *ret_billionths)
{
	const char *s = *io_s;
	uint64_t scale = NSEC_PER_SEC / 10;

	*ret_whole = 0;
	*ret_billionths = 0;
	if (*s < '0' || *s > '9') {
		return false;
	}
	for (; *s >= '0' && *s <= '9'; s++) {
		if (__builtin_mul_overflow(*ret_whole, 10u, ret_whole) ||
		    __builtin_add_overflow(*ret_whole, (uint64_t)(*s - '0'), ret_whole)) {
			return false;
		}
	}
	if (*s == '.') {
		for (s++; *s >= '0' && *s <= '9'; s++, scale /= 10) {
			*ret_billionths += (uint64_t)(*s - '0') * scale;
		}
	}
	*io_s = s;
	return true;
}

bool option_duration(const char *s, int64_t *ret_ns)
{
	bool minus = *s == '-';
	bool any = false;
	uint64_t total = 0;

	s += minus || *s == '+';
	do {
		uint64_t whole, billionths, unit, part;

		if (!amount_at(&s, &whole, &billionths)) {
			return false;
		}
		unit = *s == '\0' && !any ? NSEC_PER_SEC : unit_at(&s);
		any = true;
		if (unit == 0 || __builtin_mul_overflow(whole, unit, &part) ||
		    __builtin_add_overflow(part, (uint64_t)((unsigned __int128)billionths * unit / NSEC_PER_SEC),
					   &part) ||
		    __builtin_add_overflow(total, part, &total)) {
			return false;
		}
	} while (*s != '\0');
	if (total > INT64_MAX) {
		return false;
	}
	*ret_ns = minus ? -(int64_t)total : (int64_t)total;
	return true;
}

static int set_span(const struct option_row *r, void *at, const char *value, struct err *e)
{
	int64_t ns;

	if (value[0] < '0' || value[0] > '9' || !option_duration(value, &ns) || ns == 0) {
		return err_set(e, ERR_USAGE, "option --%s wants a duration above 0 such as 30s or 1h30m, not '%s'",
			       r->name, value);
	}
	memcpy(at, &ns, sizeof(ns));
	return 0;
}

static int set_once(const struct option_row *r, void *at, const char *value, struct err *e)
{
	const char *before;

	memcpy(&before, at, sizeof(before));
	if (value[0] == '\0') {
		return err_set(e, ERR_USAGE, "option --%s wants a value", r->name);
	}
	if (before != NULL) {
		return err_set(e, ERR_USAGE, "option --%s is given twice: put 'and' or 'or' between the two", r->name);
	}
	memcpy(at, &value, sizeof(value));
	return 0;
}

static int add_text(const struct option_row *r, void *at, const char *value, struct err *e)
{
	struct option_texts t;
	const char **grown;

	memcpy(&t, at, sizeof(t));
	if (value[0] == '\0') {
		return err_set(e, ERR_USAGE, "option --%s wants a value", r->name);
	}
	grown = realloc(t.items, (t.count + 1) * sizeof(*grown));
	if (grown == NULL) {
		return err_nomem(e, "the command line");
	}
	t.items = grown;
	t.items[t.count++] = value;
	memcpy(at, &t, sizeof(t));
	return 0;
}

static int set_duration(const struct option_row *r, void *at, const char *value, struct err *e)
{
	int64_t ns;

	if (!option_duration(value, &ns)) {
		return err_set(e, ERR_USAGE, "option --%s wants a duration such as +12040.7s or -3h20m, not '%s'",
			       r->name, value);
	}
	memcpy(at, &ns, sizeof(ns));
	return 0;
}

static int set_value(struct options *o, const struct option_row *r, const char *value,
		     struct err *e)
{
	void *at = (char *)o + r->at;

	switch (r->kind) {
	case OPTION_NUMBER: return set_number(r, at, value, e);
	case OPTION_LETTER: return set_letter(r, at, value, e);
	case OPTION_WORD: return set_word(r, at, value, e);
	case OPTION_DURATION: return set_duration(r, at, value, e);
	case OPTION_SPAN: return set_span(r, at, value, e);
	case OPTION_ONCE: return set_once(r, at, value, e);
	case OPTION_TEXTS: return add_text(r, at, value, e);
	case OPTION_COUNT: ++*(uint64_t *)at; return 0;
	case OPTION_TEXT:
		if (value[0] == '\0') {
			return err_set(e, ERR_USAGE, "option --%s wants a value", r->name);
		}
		memcpy(at, &value, sizeof(value));
		return 0;
	default: memcpy(at, &(bool){ true }, sizeof(bool)); return 0;
	}
}

static const struct option_row *find_long(const char *name, size_t len, unsigned int commands)
{
	for (const struct option_row *r = option_rows; r->name != NULL; r++) {
		if ((r->commands & commands) != 0 && strlen(r->name) == len &&
		    memcmp(r->name, name, len) == 0) {
			return r;
		}
	}
	return NULL;
}

static const struct option_row *find_letter(char letter, unsigned int commands)
{
	for (const struct option_row *r = option_rows; r->name != NULL; r++) {
		if ((r->commands & commands) != 0 && r->letter != 0 && r->letter == letter) {
			return r;
		}
	}
	return NULL;
}

static bool takes_no_value(const struct option_row *r)
{
	return r->kind == OPTION_FLAG || r->kind == OPTION_COUNT;
}

struct arguments {
	int argc;
	char **argv;
	int next;
};

static int need_value(const struct option_row *r, struct arguments *a, const char **ret_value,
		      struct err *e)
{
	if (a->next >= a->argc) {
		return err_set(e, ERR_USAGE, "option --%s wants a value (%s)", r->name, r->value);
	}
	*ret_value = a->argv[a->next++];
	return 0;
}

/* text is behind the two dashes. */
static int parse_long(struct options *o, unsigned int commands, const char *text,
		      struct arguments *a, struct err *e)
{
	size_t len = strcspn(text, "=");
	const struct option_row *r = find_long(text, len, commands);
	const char *value = text[len] == '=' ? text + len + 1 : NULL;
	int code;

	if (r == NULL) {
		return err_set(e, ERR_USAGE, "unknown option '--%.*s'", (int)len, text);
	}
	if (takes_no_value(r)) {
		if (value != NULL) {
			return err_set(e, ERR_USAGE, "option --%s takes no value", r->name);
		}
		return set_value(o, r, NULL, e);
	}
	if (value == NULL) {
		code = need_value(r, a, &value, e);
		if (code < 0) {
			return code;
		}
	}
	return set_value(o, r, value, e);
}

/* letters is behind the dash: flags may be bundled, a value is the rest or the next argument. */
static int parse_letters(struct options *o, unsigned int commands, const char *letters,
			 struct arguments *a, struct err *e)
{
	for (; *letters != '\0'; letters++) {
		const struct option_row *r = find_letter(*letters, commands);
		const char *value = letters + 1;
		int code = 0;

		if (r == NULL) {
			return err_set(e, ERR_USAGE, "unknown option '-%c'", *letters);
		}
		if (takes_no_value(r)) {
			set_value(o, r, NULL, e);
			continue;
		}
		if (*value == '\0') {
			code = need_value(r, a, &value, e);
		}
		return code < 0 ? code : set_value(o, r, value, e);
	}
	return 0;
}

int options_parse(struct options *o, unsigned int commands, int argc, char **argv, struct err *e)
{
	struct arguments a = { argc, argv, 0 };
	bool ended = false;
	int code = 0;

	free(o->inputs);
	o->input_count = 0;
	o->inputs = calloc((size_t)argc + 1, sizeof(*o->inputs));
	if (o->inputs == NULL) {
		return err_nomem(e, "the command line");
	}
	while (code == 0 && a.next < argc) {
		const char *arg = argv[a.next++];

		if (ended || arg[0] != '-' || arg[1] == '\0') {
			o->inputs[o->input_count++] = arg;
		} else if (arg[1] != '-') {
			code = parse_letters(o, commands, arg + 1, &a, e);
		} else if (arg[2] == '\0') {
			ended = true;
		} else {
			code = parse_long(o, commands, arg + 2, &a, e);
		}
	}
	return code;
}

#define USAGE_COLUMN 26

static void usage_row(struct buf *out, const struct option_row *r)
{
	size_t from = out->len;
	const char *line = r->help;

	if (r->letter != 0) {
		buf_printf(out, "  -%c, --%s", r->letter, r->name);
	} else {
		buf_printf(out, "      --%s", r->name);
	}
	if (r->value != NULL) {
		buf_printf(out, " %s", r->value);
	}
	if (out->len - from >= USAGE_COLUMN) {
		buf_addc(out, '\n');
		from = out->len;
	}
	for (;;) {
		size_t len = strcspn(line, "\n");

		do {
			buf_addc(out, ' ');
		} while (!out->failed && out->len - from < USAGE_COLUMN);
		buf_add(out, line, len);
		buf_addc(out, '\n');
		if (line[len] == '\0') {
			return;
		}
		line += len + 1;
		from = out->len;
	}
}

void options_usage(struct buf *out, unsigned int commands)
{
	for (const struct option_row *r = option_rows; r->name != NULL; r++) {
		if ((r->commands & commands) != 0) {
			usage_row(out, r);
		}
	}
}
