/*
 * options.c - see options.h. Main thread, before anything is opened.
 */
#include "capture/options.h"

#include <ctype.h>

#include "base/words.h"

#define AT(member) offsetof(struct capture_options, member)
#define MIB (UINT64_C(1) << 20)
/* Of the data of one call: an event's parameters fit into 64 KiB. */
#define SNAP_MAX 57344u
#define SNAP_PACKET_MAX 262144u
#define YEAR_SECONDS (UINT64_C(366) * 86400)

/* In the order of the usage text. */
/* clang-format off */
const struct capture_option_row capture_option_rows[] = {
	{ "write", 'w', OPTION_TEXT, AT(path), "FILE", 0, 0, NULL, "Files",
	  "file to record into, - for standard output; an existing file\n"
	  "is not touched without --force. With rotation a number is\n"
	  "inserted (day.scap: day-00001.scap), or FILE has conversions\n"
	  "of the time (day-%H%M%S.scap)" },
	{ "force", 0, OPTION_FLAG, AT(force), NULL, 0, 0, NULL, NULL,
	  "replace existing files" },
	{ "compress", 0, OPTION_WORD, AT(compress), "HOW", 0, 0, "auto none gzip zstd", NULL,
	  "none, gzip (every reader of scap takes it), zstd (faster;\n"
	  "thresher and zstd take it); auto: by the name's .gz or .zst" },
	{ "level", 'z', OPTION_NUMBER, AT(level), "N", 1, 19, NULL, NULL,
	  "level of compression, 1 to 9 (gzip) or 19 (zstd), default 3;\n"
	  "a name without .gz or .zst is written as gzip" },
	{ "file-size", 'C', OPTION_TEXT, AT(file_size), "N", 0, 0, NULL, NULL,
	  "begin the next file after N million bytes on the disk, or\n"
	  "with a suffix K, M, G after so many KiB, MiB, GiB" },
	{ "file-seconds", 'G', OPTION_NUMBER, AT(rotate_seconds), "N", 1, YEAR_SECONDS, NULL, NULL,
	  "begin the next file after N seconds" },
	{ "file-events", 'e', OPTION_NUMBER, AT(rotate_events), "N", 1, UINT64_MAX >> 1, NULL, NULL,
	  "begin the next file after N events" },
	{ "files", 'W', OPTION_NUMBER, AT(ring_files), "N", 1, 100000, NULL, NULL,
	  "keep the newest N files of a rotation, remove older ones" },
	{ "flush", 0, OPTION_NUMBER, AT(flush_ms), "MS", 10, 3600000, NULL, NULL,
	  "write out after so many milliseconds (default 1000): what a\n"
	  "recorder that is killed may lose" },
	{ "interleave", 0, OPTION_FLAG, AT(interleave), NULL, 0, 0, NULL, NULL,
	  "packets and events by time in one section: for thresher and\n"
	  "Wireshark only. Default: packets in a section before the\n"
	  "events, which every reader takes" },
	{ "split", 0, OPTION_FLAG, AT(split), NULL, 0, 0, NULL, NULL,
	  "packets in a file of their own (day.scap: day.packets.pcapng)" },

	{ "interface", 'i', OPTION_LIST, AT(interfaces), "IFACE", 0, 0, NULL, "Packets",
	  "record packets of this interface, any for all; repeatable" },
	{ "netns", 0, OPTION_LIST, AT(namespaces), "NAME", 0, 0, NULL, NULL,
	  "network namespace of the interfaces: a name of ip-netns(8), a\n"
	  "path, a process as pid:N, all for every one there is;\n"
	  "repeatable (default: the recorder's own)" },
	{ "packet-filter", 'f', OPTION_TEXT, AT(packet_filter), "EXPR", 0, 0, NULL, NULL,
	  "packets that this expression of pcap-filter(7) takes" },
	{ "packet-buffer", 0, OPTION_NUMBER, AT(packet_buffer), "BYTES", 64 * 1024, 1024 * MIB, NULL, NULL,
	  "kernel's buffer of each interface (default 16M)" },
	{ "promiscuous", 0, OPTION_FLAG, AT(promiscuous), NULL, 0, 0, NULL, NULL,
	  "packets for other machines too" },

	{ "pid", 0, OPTION_LIST, AT(pids), "N", 0, 0, NULL, "What is recorded (of several kinds all must agree; default: everything but the recorder)",
	  "these processes and what they start from now on" },
	{ "comm", 0, OPTION_LIST, AT(comms), "NAME", 0, 0, NULL, NULL,
	  "processes of this name (first 15 bytes count)" },
	{ "uid", 0, OPTION_LIST, AT(uids), "USER", 0, 0, NULL, NULL,
	  "processes of this user, by number or name" },
	{ "cgroup", 0, OPTION_LIST, AT(cgroups), "PATH", 0, 0, NULL, NULL,
	  "processes in this cgroup (v2) and below" },
	{ "container", 0, OPTION_LIST, AT(containers), "ID", 0, 0, NULL, NULL,
	  "processes in this container, by id or the beginning of it" },
	{ "syscalls", 0, OPTION_LIST, AT(syscalls), "LIST", 0, 0, NULL, NULL,
	  "these calls (open,openat,execve); -futex for all but these" },
	{ "snaplen", 's', OPTION_LIST, AT(snaplens), "LIST", 0, 0, NULL, NULL,
	  "bytes kept of what a call moves: one number for all calls, or\n"
	  "by kind (defaults): file=80,net=160,http=4096,other=80; http:\n"
	  "data that begins like HTTP. packet=262144 is for packets" },
	{ "no-data", 0, OPTION_FLAG, AT(no_data), NULL, 0, 0, NULL, NULL,
	  "no data of reads and writes" },
	{ "no-args", 0, OPTION_FLAG, AT(no_args), NULL, 0, 0, NULL, NULL,
	  "no arguments of commands" },
	{ "no-env", 0, OPTION_FLAG, AT(no_env), NULL, 0, 0, NULL, NULL,
	  "no environments" },
	{ "own-lists", 0, OPTION_FLAG, AT(own_lists), NULL, 0, 0, NULL, NULL,
	  "in the lists at the begin only processes of --pid, of\n"
	  "--container or of COMMAND, not all of the machine" },
	{ "redact", 0, OPTION_LIST, AT(redact), "REGEX", 0, 0, NULL, NULL,
	  "cover what this expression matches in arguments, environments\n"
	  "and data of calls, not of packets; the word secrets stands for\n"
	  "passwords, tokens, keys of the usual forms; repeatable" },
	{ "switches", 0, OPTION_FLAG, AT(switches), NULL, 0, 0, NULL, NULL,
	  "context switches" },
	{ "signals", 0, OPTION_FLAG, AT(signals), NULL, 0, 0, NULL, NULL,
	  "signals that are delivered" },
	{ "page-faults", 0, OPTION_FLAG, AT(page_faults), NULL, 0, 0, NULL, NULL,
	  "page faults" },
	{ "ring-size", 'B', OPTION_NUMBER, AT(ring_bytes), "BYTES", 64 * 1024, 1024 * MIB, NULL, NULL,
	  "ring of each CPU, rounded up to a power of two (default 16M)" },

	{ "duration", 'd', OPTION_NUMBER, AT(duration_s), "SECONDS", 1, YEAR_SECONDS, NULL, "How",
	  "end after so long" },
	{ "count", 'c', OPTION_NUMBER, AT(count), "N", 1, UINT64_MAX >> 1, NULL, NULL,
	  "end after N events" },
	{ "priority", 0, OPTION_NUMBER, AT(priority), "N", 0, 20, NULL, NULL,
	  "run with nice value -N (default 10), so that a busy machine\n"
	  "leaves no gaps; 0: as started" },
	{ "user", 'Z', OPTION_TEXT, AT(user), "USER", 0, 0, NULL, NULL,
	  "become this user once everything is attached; output files\n"
	  "are this user's. Capabilities are given up in any case" },
	{ "quiet", 'q', OPTION_FLAG, AT(quiet), NULL, 0, 0, NULL, NULL,
	  "no statistics at the end, only errors" },
	{ "check", 0, OPTION_FLAG, AT(check), NULL, 0, 0, NULL, NULL,
	  "say what this machine can do, and end" },
	{ "version", 0, OPTION_FLAG, AT(version), NULL, 0, 0, NULL, NULL,
	  "version, and end" },
	{ "help", 'h', OPTION_FLAG, AT(help), NULL, 0, 0, NULL, NULL,
	  "this text" },
	{ NULL, 0, 0, 0, NULL, 0, 0, NULL, NULL, NULL },
};
/* clang-format on */

static const struct {
	const char *name;
	uint32_t bytes, max;
} snaps[SNAP_KINDS] = {
	[SNAP_FILE] = { "file", 80, SNAP_MAX },
	[SNAP_NET] = { "net", 160, SNAP_MAX },
	[SNAP_HTTP] = { "http", 4096, SNAP_MAX },
	[SNAP_OTHER] = { "other", 80, SNAP_MAX },
	[SNAP_PACKET] = { "packet", SNAP_PACKET_MAX, SNAP_PACKET_MAX },
};

void capture_options_init(struct capture_options *o)
{
	memset(o, 0, sizeof(*o));
	o->flush_ms = 1000;
	o->priority = 10;
	o->packet_buffer = 16 * MIB;
	o->ring_bytes = 16 * MIB;
	for (unsigned int i = 0; i < SNAP_KINDS; i++) {
		o->snap[i] = snaps[i].bytes;
	}
}

/* ---- values --------------------------------------------------------------------------------------------- */

static unsigned int suffix_shift(char c)
{
	switch (tolower((unsigned char)c)) {
	case 'k': return 10;
	case 'm': return 20;
	case 'g': return 30;
	default: return 0;
	}
}

/* Decimal digits and at most one suffix. plain: without one, the number counts so many. */
static bool parse_number(const char *s, size_t len, uint64_t plain, uint64_t *ret_x)
{
	unsigned int shift = len > 1 ? suffix_shift(s[len - 1]) : 0;
	uint64_t x = 0;

	len -= shift > 0;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9' || __builtin_mul_overflow(x, 10u, &x) ||
		    __builtin_add_overflow(x, (uint64_t)(s[i] - '0'), &x)) {
			return false;
		}
	}
	return len > 0 && !__builtin_mul_overflow(x, shift > 0 ? UINT64_C(1) << shift : plain, ret_x);
}

static int set_number(const struct capture_option_row *r, void *at, const char *value, struct err *e)
{
	uint64_t x;

	if (!parse_number(value, strlen(value), 1, &x)) {
		return err_set(e, ERR_USAGE, "option --%s wants a number, not '%s'", r->name, value);
	}
	if (x < r->min || x > r->max) {
		return err_set(e, ERR_USAGE, "option --%s: %s is outside %llu to %llu", r->name, value,
			       (unsigned long long)r->min, (unsigned long long)r->max);
	}
	memcpy(at, &x, sizeof(x));
	return 0;
}

static int set_word(const struct capture_option_row *r, void *at, const char *value, struct err *e)
{
	int word = words_find(r->choices, value, strlen(value));
	uint64_t x = (uint64_t)word;

	if (word < 0) {
		return err_set(e, ERR_USAGE, "option --%s wants one of %s, not '%s'", r->name, r->choices, value);
	}
	memcpy(at, &x, sizeof(x));
	return 0;
}

static int set_list(const struct capture_option_row *r, struct option_list *list, const char *value, struct err *e)
{
	if (list->count == OPTIONS_LIST_MAX) {
		return err_set(e, ERR_USAGE, "option --%s can be given %d times at most", r->name, OPTIONS_LIST_MAX);
	}
	list->items[list->count++] = value;
	return 0;
}

static int set_value(struct capture_options *o, const struct capture_option_row *r, const char *value, struct err *e)
{
	void *at = (char *)o + r->at;

	if (r->kind != OPTION_FLAG && value[0] == '\0') {
		return err_set(e, ERR_USAGE, "option --%s wants a value", r->name);
	}
	switch (r->kind) {
	case OPTION_NUMBER: return set_number(r, at, value, e);
	case OPTION_WORD: return set_word(r, at, value, e);
	case OPTION_LIST: return set_list(r, at, value, e);
	case OPTION_TEXT: memcpy(at, &value, sizeof(value)); return 0;
	default: memcpy(at, &(bool){ true }, sizeof(bool)); return 0;
	}
}

/* "net=1000" or "1000", len bytes of it. */
static int set_snaplen(struct capture_options *o, const char *s, size_t len, struct err *e)
{
	const char *equals = memchr(s, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - s) : 0;
	size_t skip = equals != NULL ? name_len + 1 : 0;
	uint64_t x;
	bool known = false;

	if (!parse_number(s + skip, len - skip, 1, &x)) {
		return err_set(e, ERR_USAGE,
			       "option --snaplen wants numbers, as in 200 or file=80,net=1000, not '%.*s'", (int)len,
			       s);
	}
	for (unsigned int i = 0; i < SNAP_KINDS; i++) {
		bool named =
			equals != NULL && strlen(snaps[i].name) == name_len && memcmp(snaps[i].name, s, name_len) == 0;

		if (!named && (equals != NULL || i == SNAP_PACKET)) {
			continue;
		}
		known = true;
		if (x > snaps[i].max) {
			return err_set(e, ERR_USAGE, "option --snaplen: %s takes %u bytes at most", snaps[i].name,
				       snaps[i].max);
		}
		o->snap[i] = (uint32_t)x;
	}
	if (!known) {
		return err_set(e, ERR_USAGE, "option --snaplen knows file, net, http, other, packet, not '%.*s'",
			       (int)name_len, s);
	}
	return 0;
}

static int set_snaplens(struct capture_options *o, struct err *e)
{
	int rc = 0;

	for (uint32_t i = 0; i < o->snaplens.count && rc == 0; i++) {
		const char *s = o->snaplens.items[i];

		for (;;) {
			size_t n = strcspn(s, ",");

			rc = set_snaplen(o, s, n, e);
			if (rc != 0 || s[n] == '\0') {
				break;
			}
			s += n + 1;
		}
	}
	return rc;
}

/* ---- the command line ----------------------------------------------------------------------------------- */

static const struct capture_option_row *find_long(const char *name, size_t len)
{
	for (const struct capture_option_row *r = capture_option_rows; r->name != NULL; r++) {
		if (strlen(r->name) == len && memcmp(r->name, name, len) == 0) {
			return r;
		}
	}
	return NULL;
}

static const struct capture_option_row *find_letter(char letter)
{
	for (const struct capture_option_row *r = capture_option_rows; r->name != NULL; r++) {
		if (r->letter == letter) {
			return r;
		}
	}
	return NULL;
}

/* "--name", "--name=value", "--name value". Moves *io_i over a value taken from the next word. */
static int parse_long(struct capture_options *o, char **argv, int argc, int *io_i, struct err *e)
{
	const char *word = argv[*io_i] + 2;
	size_t len = strcspn(word, "=");
	const struct capture_option_row *r = find_long(word, len);

	if (r == NULL) {
		return err_set(e, ERR_USAGE, "no option --%.*s; thresher-capture --help lists them", (int)len, word);
	}
	if (r->kind == OPTION_FLAG) {
		return word[len] == '=' ? err_set(e, ERR_USAGE, "option --%s takes no value", r->name)
					: set_value(o, r, "", e);
	}
	if (word[len] == '=') {
		return set_value(o, r, word + len + 1, e);
	}
	if (*io_i + 1 >= argc) {
		return err_set(e, ERR_USAGE, "option --%s wants a value", r->name);
	}
	return set_value(o, r, argv[++*io_i], e);
}

/* "-q", "-qwFILE", "-w FILE". */
static int parse_letters(struct capture_options *o, char **argv, int argc, int *io_i, struct err *e)
{
	for (const char *p = argv[*io_i] + 1; *p != '\0'; p++) {
		const struct capture_option_row *r = find_letter(*p);
		int rc;

		if (r == NULL) {
			return err_set(e, ERR_USAGE, "no option -%c; thresher-capture --help lists them", *p);
		}
		if (r->kind != OPTION_FLAG) {
			if (p[1] == '\0' && *io_i + 1 >= argc) {
				return err_set(e, ERR_USAGE, "option -%c wants a value", *p);
			}
			return set_value(o, r, p[1] != '\0' ? p + 1 : argv[++*io_i], e);
		}
		rc = set_value(o, r, "", e);
		if (rc != 0) {
			return rc;
		}
	}
	return 0;
}

static int check_together(struct capture_options *o, struct err *e)
{
	if (o->help || o->version || o->check) {
		return 0;
	}
	if (o->path == NULL) {
		return err_set(e, ERR_USAGE, "no file to record into: -w FILE, or -w - for standard output");
	}
	if (o->interfaces.count == 0 &&
	    (o->interleave || o->split || o->packet_filter != NULL || o->namespaces.count > 0)) {
		return err_set(
			e, ERR_USAGE,
			"--interleave, --split, --packet-filter and --netns are about packets: name an interface (-i)");
	}
	if (o->interleave && o->split) {
		return err_set(e, ERR_USAGE, "--interleave and --split cannot both be");
	}
	if (o->file_size != NULL &&
	    (!parse_number(o->file_size, strlen(o->file_size), 1000000, &o->rotate_bytes) || o->rotate_bytes == 0)) {
		return err_set(e, ERR_USAGE,
			       "option --file-size wants a number of million bytes or a size such as 100M, not '%s'",
			       o->file_size);
	}
	if (o->ring_files > 0 && o->rotate_bytes == 0 && o->rotate_seconds == 0 && o->rotate_events == 0) {
		return err_set(e, ERR_USAGE,
			       "--files says how many files a rotation keeps: add --file-size, --file-seconds or "
			       "--file-events");
	}
	return 0;
}

int capture_options_parse(struct capture_options *o, int argc, char **argv, struct err *e)
{
	int rc = 0;

	for (int i = 0; i < argc && rc == 0; i++) {
		if (strcmp(argv[i], "--") == 0) {
			o->command = argv + i + 1;
			if (i + 1 == argc) {
				rc = err_set(e, ERR_USAGE, "no command behind --");
			}
			break;
		}
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			rc = err_set(e, ERR_USAGE,
				     "'%s' is no option; a command to record stands behind --, a filter of packets "
				     "behind -f",
				     argv[i]);
		} else if (argv[i][1] == '-') {
			rc = parse_long(o, argv, argc, &i, e);
		} else {
			rc = parse_letters(o, argv, argc, &i, e);
		}
	}
	rc = rc == 0 ? set_snaplens(o, e) : rc;
	return rc == 0 ? check_together(o, e) : rc;
}

/* ---- the usage text ------------------------------------------------------------------------------------- */

/* Where the help begins. */
#define HELP_COLUMN 26

static void usage_row(struct buf *out, const struct capture_option_row *r)
{
	size_t at = out->len;
	const char *s = r->help;

	buf_adds(out, r->letter != 0 ? "  -" : "    ");
	if (r->letter != 0) {
		buf_printf(out, "%c, ", r->letter);
	} else {
		buf_adds(out, "  ");
	}
	buf_printf(out, "--%s%s%s", r->name, r->value != NULL ? " " : "", r->value != NULL ? r->value : "");
	for (;;) {
		size_t n = strcspn(s, "\n");

		if (out->len - at >= HELP_COLUMN) {
			buf_addc(out, '\n');
			at = out->len;
		}
		while (!out->failed && out->len - at < HELP_COLUMN) {
			buf_addc(out, ' ');
		}
		buf_add(out, s, n);
		buf_addc(out, '\n');
		at = out->len;
		if (s[n] == '\0') {
			return;
		}
		s += n + 1;
	}
}

void capture_options_usage(struct buf *out)
{
	buf_adds(out,
		 "usage: thresher-capture [options] -w FILE [-- COMMAND [ARGUMENT...]]\n"
		 "\n"
		 "Records system calls (and packets) into a scap file, until it is stopped (^C) or COMMAND ends.\n");
	for (const struct capture_option_row *r = capture_option_rows; r->name != NULL; r++) {
		if (r->group != NULL) {
			buf_printf(out, "\n%s:\n", r->group);
		}
		usage_row(out, r);
	}
	buf_adds(out,
		 "\nExamples:\n"
		 "  thresher-capture -w day.scap.gz                          everything on this machine\n"
		 "  thresher-capture -w build.scap -- make                   a command and what it starts\n"
		 "  thresher-capture -w web.scap -i any -f 'tcp port 80'     with packets, in one file\n"
		 "  thresher-capture -w pods.scap -i any --netns all         with those of every network namespace\n"
		 "  thresher-capture -w day.scap.zst -C 100M -W 20           the newest 2 GB, in 20 files\n"
		 "  thresher-capture -w nginx.scap --comm nginx --syscalls=-futex,-epoll_wait\n"
		 "  thresher-capture -w shop.scap --container 3f1c0a77b2d8 --redact secrets\n"
		 "  ssh host thresher-capture -w - | thresher report -       from another machine\n"
		 "  thresher-capture --check                                 what this machine can do\n");
}
