/*
 * csvcut.c - columns of a CSV table by their names, for comparing tables with lists made by other programs.
 *
 * csvcut COLUMN... < table.csv      these columns, in this order
 * csvcut -v COLUMN... < table.csv   all others, in theirs
 *
 * Prints the heading and the rows with tabs between; tabs and line ends inside a cell become a space. A column that is
 * not there is an error, but with -v.
 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMNS_MAX 256
#define INPUT_MAX ((size_t)1 << 30)

struct csv {
	struct buf in;
	size_t at;
	char *cells[COLUMNS_MAX];	/* of the row read last; in the input's own bytes */
	unsigned int count;
};

static void fail(const char *what, const char *name)
{
	fprintf(stderr, "csvcut: %s %s\n", what, name);
	exit(1);
}

/* Ends the cell at in place, without its quotes. Returns what stood behind it: ',', '\n' or 0 at the end. */
static char read_cell(struct csv *c)
{
	char *data = c->in.data;
	char *out = data + c->at;
	bool quoted = false;
	char end = '\0';

	if (c->count == COLUMNS_MAX) {
		fail("too many columns:", "256");
	}
	c->cells[c->count++] = out;
	while (c->at < c->in.len) {
		char ch = data[c->at++];

		if (ch == '"' && quoted && c->at < c->in.len && data[c->at] == '"') {
			*out++ = '"';
			c->at++;
		} else if (ch == '"') {
			quoted = !quoted;
		} else if (!quoted && (ch == ',' || ch == '\n')) {
			end = ch;
			break;
		} else if (ch != '\r') {
			*out++ = ch == '\t' || ch == '\n' ? ' ' : ch;
		}
	}
	*out = '\0';
	return end;
}

static bool read_row(struct csv *c)
{
	c->count = 0;
	if (c->at >= c->in.len) {
		return false;
	}
	while (read_cell(c) == ',') {
	}
	return true;
}

static bool named(const char *name, char **names)
{
	while (*names != NULL && strcmp(*names, name) != 0) {
		names++;
	}
	return *names != NULL;
}

/* Places of the columns to print. */
static unsigned int choose(const struct csv *c, char **names, bool others, unsigned int picks[COLUMNS_MAX])
{
	unsigned int n = 0;

	for (unsigned int i = 0; others && i < c->count; i++) {
		if (!named(c->cells[i], names)) {
			picks[n++] = i;
		}
	}
	for (; !others && *names != NULL && n < COLUMNS_MAX; names++) {
		unsigned int i = 0;

		while (i < c->count && strcmp(c->cells[i], *names) != 0) {
			i++;
		}
		if (i == c->count) {
			fail("no column", *names);
		}
		picks[n++] = i;
	}
	return n;
}

static void read_all(struct buf *in)
{
	size_t n;

	buf_init(in, INPUT_MAX);
	do {
		char *room = buf_room(in, 1 << 20);

		if (room == NULL) {
			fail("too large:", "the table");
		}
		n = fread(room, 1, (1 << 20) - 1, stdin);
		in->len += n;
	} while (n > 0);
}

int main(int argc, char **argv)
{
	bool others = argc > 1 && strcmp(argv[1], "-v") == 0;
	unsigned int picks[COLUMNS_MAX];
	unsigned int n;
	struct csv c;

	if (argc < 2 + others) {
		fprintf(stderr, "usage: csvcut [-v] COLUMN... < table.csv\n");
		return 2;
	}
	memset(&c, 0, sizeof(c));
	read_all(&c.in);
	if (!read_row(&c)) {
		fail("empty:", "the table");
	}
	n = choose(&c, argv + 1 + others, others, picks);
	do {
		for (unsigned int i = 0; i < n; i++) {
			printf("%s%c", picks[i] < c.count ? c.cells[picks[i]] : "", i + 1 < n ? '\t' : '\n');
		}
	} while (read_row(&c));
	buf_release(&c.in);
	return 0;
}
