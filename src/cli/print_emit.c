/*
 * print_emit.c - lines in their order to standard output: counted, and with what depends on the line before filled in.
 * The thread that has the engine's turn.
 */
#include <unistd.h>

#include "cli/print.h"

void emitter_init(struct emitter *m)
{
	memset(m, 0, sizeof(*m));
	output_init(&m->out, STDOUT_FILENO);
	buf_init(&m->filled, SIZE_MAX / 4);
	around_init(&m->around);
}

void emitter_release(struct emitter *m)
{
	output_release(&m->out);
	buf_release(&m->filled);
	around_release(&m->around);
}

/* Fills the marks of one line; what has no time goes with the line before. */
static void fill(struct emitter *m, const char *line, size_t len, uint64_t ts_ns)
{
	if (ts_ns == 0) {
		ts_ns = m->last_ns;
	}
	if (!m->any && ts_ns != 0) {
		m->first_ns = ts_ns;
		m->last_ns = ts_ns;
		m->any = true;
	}
	format_fill(&m->filled, line, len, ts_ns > m->first_ns ? ts_ns - m->first_ns : 0,
		    ts_ns > m->last_ns ? ts_ns - m->last_ns : 0);
	m->last_ns = ts_ns;
}

static int put_filled(struct emitter *m, struct err *e)
{
	return m->filled.failed ? err_nomem(e, "lines to print")
				: output_write(&m->out, m->filled.data, m->filled.len, e);
}

int emitter_put(struct emitter *m, const char *line, size_t len, uint64_t ts_ns, struct err *e)
{
	m->printed++;
	if (!m->marks) {
		return output_write(&m->out, line, len, e);
	}
	buf_reset(&m->filled);
	fill(m, line, len, ts_ns);
	return put_filled(m, e);
}

static int put_all_filled(struct emitter *m, const char *text, size_t line_count, const struct line *rows, size_t base,
			  struct err *e)
{
	size_t from = 0;

	buf_reset(&m->filled);
	for (size_t i = 0; i < line_count; i++) {
		size_t end = rows[i].end - base;

		fill(m, text + from, end - from, rows[i].ts_ns);
		from = end;
	}
	return put_filled(m, e);
}

int print_emit(void *arg, const struct source *src, const char *text, size_t len, size_t line_count,
	       const struct line *rows, size_t base, struct err *e)
{
	struct emitter *m = &((struct print *)arg)->emitter;
	int code;

	if (m->around.lines > 0) {
		return around_emit(m, src, text, line_count, rows, base, e);
	}
	if (line_count >= m->left) {
		line_count = (size_t)m->left;
		len = line_count > 0 ? rows[line_count - 1].end - base : 0;
	}
	code = m->marks ? put_all_filled(m, text, line_count, rows, base, e) : output_write(&m->out, text, len, e);
	m->left -= line_count;
	m->printed += line_count;
	return code == 0 && m->left == 0 ? ERR_EOF : code;
}
