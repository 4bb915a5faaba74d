/*
 * colour.c - see colour.h. Any thread.
 */
#include "cli/colour.h"

#include <unistd.h>

/* SGR sequences. Dim and the first eight colours are what every terminal theme has made readable. */
static const char *const sgr[] = {
	[COLOUR_NONE] = "",
	[COLOUR_DIM] = "\033[2m",
	[COLOUR_PROCESS] = "\033[36m",
	[COLOUR_BAD] = "\033[31m",
	[COLOUR_PACKET] = "\033[34m",
	[COLOUR_NAME] = "\033[36m",
};
_Static_assert(ARRAY_LEN(sgr) == COLOUR_COUNT, "a sequence for each colour");

#define SGR_RESET "\033[0m"

bool colour_wanted(enum colour_when when, int fd)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (when != COLOUR_AUTO) {
		return when == COLOUR_ALWAYS;
	}
	return isatty(fd) == 1 && (no == NULL || no[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

void colour_begin(struct buf *out, bool on, enum colour c)
{
	if (on) {
		buf_adds(out, sgr[c]);
	}
}

void colour_end(struct buf *out, bool on, enum colour c)
{
	if (on && c != COLOUR_NONE) {
		buf_add(out, SGR_RESET, sizeof(SGR_RESET) - 1);
	}
}

static void insert(struct buf *out, size_t at, const char *s, size_t len)
{
	char *room = buf_room(out, len);

	if (room != NULL) {
		memmove(out->data + at + len, out->data + at, out->len - at);
		memcpy(out->data + at, s, len);
		out->len += len;
	}
}

void colour_range(struct buf *out, bool on, enum colour c, size_t from, size_t end)
{
	if (!on || c == COLOUR_NONE || out->failed || end <= from) {
		return;
	}
	insert(out, end, SGR_RESET, sizeof(SGR_RESET) - 1);
	insert(out, from, sgr[c], strlen(sgr[c]));
}
