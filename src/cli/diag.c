/*
 * diag.c - see diag.h. The only file that writes to stderr.
 */
#include "cli/diag.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/escape.h"
#include "cli/colour.h"

#define LINE_MAX_BYTES 4096

void diag_init(struct diag *d)
{
	memset(d, 0, sizeof(*d));
	d->tty = isatty(STDERR_FILENO) == 1;
	d->colour = colour_wanted(COLOUR_AUTO, STDERR_FILENO);
}

/* One write per line, so that lines of several processes do not mix. */
static void put(const struct buf *b)
{
	size_t done = 0;

	while (done < b->len) {
		ssize_t n = write(STDERR_FILENO, b->data + done, b->len - done);

		if (n <= 0) {
			return;
		}
		done += (size_t)n;
	}
}

static void say(struct diag *d, const char *colour, const char *word, const char *text)
{
	struct buf b;

	buf_init(&b, 8 * LINE_MAX_BYTES);
	if (d->progress_shown) {
		buf_adds(&b, "\r\033[K");
		d->progress_shown = false;
	}
	buf_adds(&b, "thresher: ");
	if (d->colour && colour[0] != '\0') {
		buf_adds(&b, colour);
		buf_adds(&b, word);
		buf_adds(&b, "\033[0m");
	} else {
		buf_adds(&b, word);
	}
	escape_terminal(&b, text, strlen(text));
	buf_addc(&b, '\n');
	put(&b);
	buf_release(&b);
}

static void say_va(struct diag *d, const char *colour, const char *word, const char *fmt,
		   va_list ap)
{
	char text[LINE_MAX_BYTES];

	vsnprintf(text, sizeof(text), fmt, ap);
	say(d, colour, word, text);
}

void diag_error(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_va(d, "\033[31m", d->colour ? "error: " : "", fmt, ap);
	va_end(ap);
}

/* "cannot open: no such file" of file x reads "cannot open 'x': no such file". */
static void add_located(struct buf *out, const char *message, const char *file)
{
	const char *colon = strstr(message, ": ");

	if (file[0] == '\0') {
		buf_adds(out, message);
	} else if (colon != NULL) {
		buf_printf(out, "%.*s '%s'%s", (int)(colon - message), message, file, colon);
	} else {
		buf_printf(out, "'%s': %s", file, message);
	}
}

void diag_err(struct diag *d, const struct err *e)
{
	struct buf text;

	buf_init(&text, LINE_MAX_BYTES);
	add_located(&text, e->message[0] != '\0' ? e->message : err_text(e->code), e->file);
	if (e->offset != ERR_NO_OFFSET) {
		buf_printf(&text, " (at offset %llu)", (unsigned long long)e->offset);
	}
	diag_error(d, "%s", buf_str(&text));
	buf_release(&text);
}

void diag_warn(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	if (d->quiet) {
		return;
	}
	va_start(ap, fmt);
	say_va(d, "\033[33m", "warning: ", fmt, ap);
	va_end(ap);
}

void diag_note(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	if (d->quiet) {
		return;
	}
	va_start(ap, fmt);
	say_va(d, "", "", fmt, ap);
	va_end(ap);
}

void diag_progress(struct diag *d, const char *text)
{
	struct buf b;

	if (d->quiet || !d->tty || (text[0] == '\0' && !d->progress_shown)) {
		return;
	}
	buf_init(&b, LINE_MAX_BYTES);
	buf_adds(&b, "\r\033[K");
	buf_adds(&b, text);
	put(&b);
	buf_release(&b);
	d->progress_shown = text[0] != '\0';
}
