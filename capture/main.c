/*
 * main.c - thresher-capture's entry: the command line, messages to the terminal, the exit status. Only this file
 * prints.
 */
#include <unistd.h>

#include "base/escape.h"
#include "base/standard_fds.h"
#include "base/version.h"
#include "capture/check.h"
#include "capture/session.h"

#define TEXT_MAX ((size_t)1 << 20)

static void print(FILE *to, struct buf *b)
{
	fwrite(b->data, 1, b->len, to);
	fflush(to);
}

/* One line; what comes from the machine (names, paths) cannot do anything to the terminal. */
static void print_line(void *arg, const char *text)
{
	struct buf b;

	UNUSED_ARG(arg);
	buf_init(&b, TEXT_MAX);
	buf_adds(&b, "thresher-capture: ");
	escape_terminal(&b, text, strlen(text));
	buf_addc(&b, '\n');
	print(stderr, &b);
	buf_release(&b);
}

static int print_text(void (*make)(struct buf *out))
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	make(&b);
	print(stdout, &b);
	buf_release(&b);
	return ferror(stdout) ? err_exit_status(ERR_IO) : 0;
}

static void version(struct buf *out)
{
	buf_adds(out, "thresher-capture " THRESHER_VERSION "\n");
}

static int check(void)
{
	struct buf b;
	bool ok;

	buf_init(&b, TEXT_MAX);
	ok = check_machine(&b);
	print(stdout, &b);
	buf_release(&b);
	return ok ? 0 : err_exit_status(ERR_OPEN);
}

static int record(const struct capture_options *opt)
{
	const struct session_say say = { print_line, NULL };
	struct err e;
	int status;
	int rc;

	err_init(&e);
	if (strcmp(opt->path, "-") == 0 && isatty(STDOUT_FILENO)) {
		print_line(NULL, "standard output is a terminal: redirect it, or name a file");
		return err_exit_status(ERR_USAGE);
	}
	rc = session_run(opt, &say, &status, &e);
	if (rc != 0 && rc != ERR_PIPE) {
		print_line(NULL, e.code != 0 ? e.message : err_text(rc));
	}
	return status;
}

int main(int argc, char **argv)
{
	struct capture_options opt;
	struct err e;

	standard_fds_take();
	err_init(&e);
	capture_options_init(&opt);
	if (capture_options_parse(&opt, argc - 1, argv + 1, &e) != 0) {
		print_line(NULL, e.message);
		return err_exit_status(ERR_USAGE);
	}
	if (opt.help) {
		return print_text(capture_options_usage);
	}
	if (opt.version) {
		return print_text(version);
	}
	return opt.check ? check() : record(&opt);
}
