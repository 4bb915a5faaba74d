/*
 * command.c - the table of commands, `help`, `version`, and dispatch. Main thread.
 */
#include "cli/command.h"

#include <unistd.h>

#include "base/version.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "net/ndpi.h"
#include "stats/script.h"

/* clang-format off */
const struct command commands[] = {
	{ "info", OPT_FOR_INFO, "INPUT...", "what an archive holds: formats, events, times, damage",
	  "Says for every capture in the inputs, and for every section in it: format and\n"
	  "compression, blocks by type, events by kind, packets by interface, time span,\n"
	  "host, kernel and capture tool where recorded, drops, and damage with its place.",
	  "thresher info evidence/\n"
	  "thresher info -f 'evt.type = execve' evidence/\n"
	  "thresher info --json --hash host1.scap.gz | jq '.sources[].sha256'",
	  cmd_info },
	{ "print", OPT_FOR_PRINT, "INPUT...", "events and packets as text or JSON, one per line",
	  "One line per event and per packet (its number begins with p), in file order;\n"
	  "several captures are merged by time. Captured text is escaped, so that it cannot\n"
	  "control the terminal.",
	  "thresher print host1.scap | less\n"
	  "thresher print --packets -t r merged.pcapng | grep ' HTTP '\n"
	  "thresher print -p '%evt.time %proc.name %fd.name' host1.scap.zst\n"
	  "thresher print --json day.tar | jq -r 'select(.event==\"execve\").args.exe'\n"
	  "thresher print --join web.scap web.pcapng | grep 'nginx pid='\n"
	  "thresher print -f 'evt.type = execve and proc.pname = nginx' --around 5 host1.scap\n"
	  "thresher print -V --from 08:35:36 --to 08:35:37 -f 'fd.sport = 80' web.scap\n"
	  "thresher print -A -f http.request web.pcapng\n"
	  "thresher print --last 30s --pager evidence/\n"
	  "thresher print --list",
	  cmd_print },
	{ "report", OPT_FOR_REPORT, "INPUT...", "statistics of an archive as HTML, JSON, CSV and plots",
	  "Reads all inputs in one pass and writes a folder with index.html (one file that\n"
	  "opens without network), report.json, csv/ and plots/. SIGINT ends the run with a\n"
	  "report of what was read until then.",
	  "thresher report evidence/\n"
	  "thresher report -f 'container.id != host' -o containers evidence/\n"
	  "thresher report --script spectrogram.lua host1.scap.gz\n"
	  "thresher report --hash --reproducible -o case-17 host1.scap.gz host2.tar",
	  cmd_report },
	{ "annotate", OPT_FOR_ANNOTATE, "-o FILE INPUT...", "packets with the processes they belong to, as pcapng",
	  "Joins packets with system calls and writes all packets of the inputs to one pcapng\n"
	  "file, with the process of each that a recorded host sent or got, in ways that\n"
	  "Wireshark and others show. Reads the inputs twice: standard input is kept in a\n"
	  "temporary file, 4 GiB at most.",
	  "thresher annotate web.scap web.pcapng -o web-processes.pcapng\n"
	  "thresher annotate --with option,block evidence/ -o out.pcapng\n"
	  "thresher annotate -f 'flow.process = nginx' web.scap web.pcapng -o nginx.pcapng\n"
	  "thresher annotate merged.pcapng -o - | tshark -r - -T fields -e frame.comment",
	  cmd_annotate },
	{ "follow", OPT_FOR_FOLLOW, "[TARGET...] INPUT...", "the bytes of conversations, from packets and system calls",
	  "Writes what the ends of a conversation said to each other: from packets where they\n"
	  "were captured, holes filled with the buffers of the system calls that sent or got\n"
	  "the bytes, what neither has as a gap. A TARGET is fd:PID:FD (socket or pipe),\n"
	  "flow:COMMUNITY_ID or http:N (row of table http, from 1); without one, -f chooses.\n"
	  "Reads the inputs twice: standard input is kept in a temporary file, 4 GiB at most.",
	  "thresher follow http:12 web.scap web.pcapng\n"
	  "thresher follow http:12 --side server --body --as raw evidence/ > index.html\n"
	  "thresher follow fd:912:7 --as hex web.scap\n"
	  "thresher follow -f 'proc.name = nc' --as json evidence/ | jq .client",
	  cmd_follow },
	{ "top", OPT_FOR_TOP, "FIELD[,FIELD...] [by WHAT] INPUT...", "values of fields by events, bytes, time or errors",
	  "Adds events (or packets) up by the values of one or more fields and lists the\n"
	  "greatest sums first. WHAT is count (default), bytes (moved by calls; of packets on\n"
	  "the wire), time (in calls), errors (failed calls, retransmissions), or a field\n"
	  "whose numbers are added up. What has no value in one of the fields is left out.",
	  "thresher top proc.name by bytes evidence/\n"
	  "thresher top proc.name,fd.name by time -f 'fd.type = file' host1.scap.gz\n"
	  "thresher top evt.type,evt.res by errors --as csv host1.scap.gz\n"
	  "thresher top ip.src,tcp.dstport -c 5 web.pcapng",
	  cmd_top },
	{ "fields", OPT_FOR_FIELDS, "[PATTERN...]", "what formats (-p) and filters (-f) can name",
	  "Lists the fields of events and packets with their types and meanings: those whose\n"
	  "names match a PATTERN with wildcards, or hold it. [X] stands for an argument, {[X]}\n"
	  "for one that can be left out.",
	  "thresher fields proc\n"
	  "thresher fields 'fd.*port' dns.qry\n"
	  "thresher fields --json | jq -r '.fields[] | select(.of==\"packets\").name'",
	  cmd_fields },
	{ "help", 0, "[COMMAND]", "this list, or the usage of one command", NULL, NULL, cmd_help },
	{ "version", 0, "", "version and features", NULL, NULL, cmd_version },
	{ NULL, 0, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name != NULL; c++) {
		if (strcmp(c->name, name) == 0) {
			return c;
		}
	}
	return NULL;
}

static void add_indented(struct buf *out, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		buf_adds(out, "  ");
		buf_add(out, text, len);
		buf_addc(out, '\n');
		text += len + (text[len] == '\n');
	}
}

/* clang-format off */
static const char inputs_text[] =
	"\nAn INPUT is a capture (scap, pcapng, pcap), compressed or not, an archive (tar, zip,\n"
	"7z, cpio) or a directory with captures inside, or - for standard input. What it\n"
	"holds is recognised by content, never by name.\n";

static const char statuses_text[] =
	"\n`thresher help COMMAND` tells the options of a command.\n"
	"\nexit status: 0 done; 2 wrong usage; 3 input or output failed, or no capture in any\n"
	"input; 4 damaged input with --strict; 5 internal error; 130 stopped by a signal.\n";
/* clang-format on */

void command_usage(struct buf *out, const struct command *c)
{
	buf_printf(out, "usage: thresher %s [options]%s%s\n", c->name, c->arguments[0] != '\0' ? " " : "",
		   c->arguments);
	if (c->about != NULL) {
		buf_printf(out, "\n%s\n", c->about);
	}
	buf_adds(out, "\noptions:\n");
	options_usage(out, c->options | OPT_FOR_HELP);
	if (c->options & OPT_FOR_RUNS) {
		buf_adds(out, inputs_text);
	}
	if (c->examples != NULL) {
		buf_adds(out, "\nexamples:\n");
		add_indented(out, c->examples);
	}
}

void command_list(struct buf *out)
{
	buf_adds(out, "usage: thresher COMMAND [options] INPUT...\n\ncommands:\n");
	for (const struct command *c = commands; c->name != NULL; c++) {
		buf_printf(out, "  %-9s %s\n", c->name, c->summary);
	}
	buf_adds(out, statuses_text);
}

/* Prints text that was asked for. */
static int print_text(struct buf *text, struct diag *d)
{
	struct err e;
	int code;

	err_init(&e);
	code = output_all(text, &e);
	if (code < 0 && code != ERR_PIPE) {
		diag_err(d, &e);
	}
	buf_release(text);
	return err_exit_status(code);
}

int cmd_help(const struct options *o, struct diag *d)
{
	struct buf text;

	buf_init(&text, 64u << 10);
	if (o->input_count > 1) {
		diag_error(d, "help takes one command");
		return err_exit_status(ERR_USAGE);
	}
	if (o->input_count == 1) {
		const struct command *c = command_find(o->inputs[0]);

		if (c == NULL) {
			diag_error(d, "unknown command '%s'; see 'thresher help'", o->inputs[0]);
			return err_exit_status(ERR_USAGE);
		}
		command_usage(&text, c);
	} else {
		command_list(&text);
	}
	return print_text(&text, d);
}

/* Is there an executable of that name in PATH? */
static bool in_path(const char *name)
{
	const char *path = getenv("PATH");
	char file[4096];

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");
		int n = snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);

		if (n > 0 && (size_t)n < sizeof(file) && access(file, X_OK) == 0) {
			return true;
		}
		path += len + (path[len] == ':');
	}
	return false;
}

int cmd_version(const struct options *o, struct diag *d)
{
	struct buf text;
#ifdef HAVE_ISAL
	const bool isal = true;
#else
	const bool isal = false;
#endif

	if (o->input_count > 0) {
		diag_error(d, "version takes no argument");
		return err_exit_status(ERR_USAGE);
	}
	buf_init(&text, 4096);
	buf_adds(&text, "thresher " THRESHER_VERSION "\n");
	buf_printf(&text, "gzip inflate: %s\n", isal ? "isa-l" : "zlib");
	buf_printf(&text, "protocols without an analyzer: %s%s\n", ndpi_version() != NULL ? "libndpi " : "by port",
		   ndpi_version() != NULL ? ndpi_version() : "");
	buf_printf(&text, "scripts: %s\n", script_version() != NULL ? script_version() : "none (built without Lua)");
	buf_printf(&text, "plots: %s\n",
		   in_path("gnuplot") ? "gnuplot" : "none (gnuplot not found)");
	return print_text(&text, d);
}

/* Wrong usage: what is wrong, and where help is. */
static int usage_error(struct diag *d, const struct err *e, const char *command)
{
	diag_error(d, "%s; see 'thresher help%s%s'", e->message, command[0] != '\0' ? " " : "",
		   command);
	return err_exit_status(e->code);
}

static int run_command(const struct command *c, int argc, char **argv, struct diag *d)
{
	struct options o;
	struct err e;
	int status;
	int code;

	err_init(&e);
	options_init(&o);
	code = options_parse(&o, c->options | OPT_FOR_HELP, argc, argv, &e);
	d->quiet = o.quiet;
	if (code == ERR_USAGE) {
		status = usage_error(d, &e, c->name);
	} else if (code < 0) {
		diag_err(d, &e);
		status = err_exit_status(code);
	} else if (o.help) {
		struct buf text;

		buf_init(&text, 64u << 10);
		command_usage(&text, c);
		status = print_text(&text, d);
	} else {
		status = c->run(&o, d);
	}
	options_release(&o);
	return status;
}

/* What the first argument stands for besides a command's name. */
static const struct command *command_of(const char *word)
{
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		return command_find("help");
	}
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		return command_find("version");
	}
	return command_find(word);
}

int command_main(int argc, char **argv)
{
	const struct command *c;
	struct diag d;

	diag_init(&d);
	signals_setup();
	if (argc < 2) {
		diag_error(&d, "no command; see 'thresher help'");
		return err_exit_status(ERR_USAGE);
	}
	c = command_of(argv[1]);
	if (c == NULL) {
		diag_error(&d,
			   argv[1][0] == '-' ? "unknown option '%s'; see 'thresher help'"
					     : "unknown command '%s'; see 'thresher help'",
			   argv[1]);
		return err_exit_status(ERR_USAGE);
	}
	return run_command(c, argc - 2, argv + 2, &d);
}
