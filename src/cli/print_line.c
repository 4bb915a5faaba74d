/*
 * print_line.c - one event or packet as a line: JSON, a format, or the default with colours; and what -V, -x and -A add
 * below. Any worker.
 */
#include "cli/colour.h"
#include "cli/print.h"
#include "cli/print_json.h"
#include "cli/print_packet.h"

/* The default line (format_named("plain")) in pieces. */
static const struct {
	const char *format;
	enum colour colour;
} pieces[LINE_PIECES] = {
	{ "*%evt.num ", COLOUR_NONE },
	{ "*%evt.outputtime %evt.cpu ", COLOUR_DIM },
	{ "*%proc.name", COLOUR_PROCESS },
	{ "* (%thread.tid) ", COLOUR_DIM },
	{ "*%evt.dir ", COLOUR_NONE },
	{ "*%evt.type", COLOUR_NONE },
	{ "* %evt.info", COLOUR_NONE },
};
enum { PIECE_TYPE = 5, PIECE_INFO = 6 };

int print_line_init(struct print *p, struct err *e)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < LINE_PIECES; i++) {
		code = format_new(pieces[i].format, &p->pieces[i], e);
	}
	return code;
}

void print_line_release(struct print *p)
{
	format_free(p->format);
	for (size_t i = 0; i < LINE_PIECES; i++) {
		format_free(p->pieces[i]);
	}
}

/* The first argument of a failed call is its result: up to the blank behind it. */
static size_t result_end(const struct buf *out, size_t from)
{
	const char *blank = out->len > from ? memchr(out->data + from, ' ', out->len - from) : NULL;

	return blank != NULL ? (size_t)(blank - out->data) : out->len;
}

static void coloured_line(const struct print *p, struct field_ctx *c, struct buf *out)
{
	bool failed = (c->ev->flags & EVENT_FAILED) != 0;

	for (size_t i = 0; i < LINE_PIECES; i++) {
		enum colour colour = failed && i == PIECE_TYPE ? COLOUR_BAD : pieces[i].colour;
		size_t from;

		colour_begin(out, true, colour);
		from = out->len;
		format_line(p->pieces[i], c, out);
		colour_end(out, true, colour);
		if (failed && i == PIECE_INFO && !out->failed) {
			from += out->len > from; /* behind the blank */
			colour_range(out, true, COLOUR_BAD, from, result_end(out, from));
		}
	}
}

bool print_line_event(const struct print *p, struct print_join *pj, struct field_ctx *c, uint64_t raw_num,
		      struct buf *out)
{
	if (p->json) {
		print_json_event(c, out);
	} else if (p->pieces[0] != NULL) {
		coloured_line(p, c, out);
	} else if (!format_line(p->format, c, out)) {
		return false;
	}
	if (p->joined != NULL) {
		print_join_event(pj, raw_num, out);
	}
	if (UNLIKELY(p->has_verbose)) {
		print_verbose(&p->verbose, c, out);
	}
	if (UNLIKELY(p->has_data)) {
		print_event_data(&p->data, c->ev, out);
	}
	return true;
}

bool print_line_packet(const struct print *p, struct print_join *pj, struct field_ctx *c, struct buf *out)
{
	if (p->json) {
		print_packet_json(c, c->packet, c->layer, c->num, out);
	} else if (!p->format_packets) {
		print_packet_text(c, c->packet, c->layer, c->num, p->colour, out);
	} else if (!format_line(p->format, c, out)) {
		return false;
	}
	if (p->joined != NULL) {
		print_join_packet(pj, c->layer, c->num, out);
	}
	if (p->has_verbose) {
		print_verbose(&p->verbose, c, out);
	}
	if (p->has_data) {
		print_packet_data(&p->data, c->packet, c->layer, out);
	}
	return true;
}
