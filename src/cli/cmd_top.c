/*
 * cmd_top.c - `thresher top`: which values of a field stand for most events, bytes, time or errors. Main thread; the
 * sums are made by workers (top.c).
 */
#include <unistd.h>

#include "base/escape.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/select.h"
#include "cli/top.h"
#include "report/value.h"

enum { AS_TABLE, AS_CSV, AS_JSON };	/* the words of --as */

/* Columns of a table row behind the fields. */
struct column_text {
	const char *name;
	void (*add)(const struct top *t, const struct top_row *r, struct buf *out);
	bool only_sum, only_time;
};

static void add_count(const struct top *t, const struct top_row *r, struct buf *out)
{
	UNUSED_ARG(t);
	value_grouped(out, r->count);
}

static void add_errors(const struct top *t, const struct top_row *r, struct buf *out)
{
	UNUSED_ARG(t);
	value_grouped(out, r->errors);
}

static void add_bytes(const struct top *t, const struct top_row *r, struct buf *out)
{
	UNUSED_ARG(t);
	value_bytes_short(out, r->bytes);
}

static void add_time(const struct top *t, const struct top_row *r, struct buf *out)
{
	UNUSED_ARG(t);
	buf_adds(out, r->bound ? "\xe2\x89\xa4" : "");
	value_duration_short(out, r->time_ns);
}

static void add_sum(const struct top *t, const struct top_row *r, struct buf *out)
{
	if (t->by.field->type == PT_RELTIME) {
		value_duration_short(out, r->sum);
	} else {
		value_grouped(out, r->sum);
	}
}

static const struct column_text columns[] = {
	{ "count", add_count, false, false },
	{ "errors", add_errors, false, false },
	{ "bytes", add_bytes, false, false },
	{ "time", add_time, false, true },
	{ "sum", add_sum, true, false },
};

static bool shown(const struct top *t, const struct column_text *c)
{
	return (!c->only_sum || t->metric == TOP_SUM) && (!c->only_time || t->metric == TOP_TIME);
}

static void add_name(const struct field_use *u, struct buf *out)
{
	buf_adds(out, u->field->name);
	if (u->arg != NULL) {
		buf_printf(out, "[%s]", u->arg);
	}
}

/* ---- a table for people ------------------------------------------------------------------------------------ */

static size_t width_of(const struct buf *b, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < b->len; i++) {
		n += ((unsigned char)b->data[i] & 0xC0) != 0x80;
	}
	return n;
}

/* Right-aligned numbers, then the share, then the values. */
static void write_table(const struct top *t, const struct top_row *const *rows, size_t count, uint64_t total,
			struct buf *out)
{
	struct buf cell;

	buf_init(&cell, 1u << 20);
	for (size_t i = 0; i <= count; i++) {
		for (size_t k = 0; k < ARRAY_LEN(columns); k++) {
			if (!shown(t, &columns[k])) {
				continue;
			}
			buf_reset(&cell);
			if (i == 0) {
				buf_adds(&cell, columns[k].name);
			} else {
				columns[k].add(t, rows[i - 1], &cell);
			}
			for (size_t pad = width_of(&cell, 0); pad < 13; pad++) {
				buf_addc(out, ' ');
			}
			buf_add(out, cell.data, cell.len);
		}
		if (i == 0) {
			buf_adds(out, "   share ");
		} else {
			uint64_t permille =
				total == 0 ? 0 : (uint64_t)((double)top_value(t, rows[i - 1]) * 1000 / (double)total);

			buf_printf(out, " %4llu.%llu%% ", (unsigned long long)(permille / 10),
				   (unsigned long long)(permille % 10));
		}
		for (unsigned int k = 0; k < t->field_count; k++) {
			size_t len;
			const char *text;

			buf_adds(out, k == 0 ? " " : "  ");
			if (i == 0) {
				add_name(&t->fields[k], out);
				continue;
			}
			text = top_text(rows[i - 1], k, &len);
			if (len > 0) {
				buf_add(out, text, len);
			} else {
				buf_adds(out, "-");
			}
		}
		buf_addc(out, '\n');
	}
	buf_release(&cell);
}

/* ---- for programs ------------------------------------------------------------------------------------------ */

static void write_csv(const struct top *t, const struct top_row *const *rows, size_t count, struct buf *out)
{
	for (unsigned int k = 0; k < t->field_count; k++) {
		struct buf name;

		buf_init(&name, 1u << 16);
		add_name(&t->fields[k], &name);
		escape_csv(out, name.data, name.len);
		buf_addc(out, ',');
		buf_release(&name);
	}
	buf_adds(out, "count,errors,bytes");
	buf_adds(out, t->metric == TOP_TIME ? ",time_ns,time_bound" : "");
	buf_adds(out, t->metric == TOP_SUM ? ",sum" : "");
	buf_addc(out, '\n');
	for (size_t i = 0; i < count; i++) {
		const struct top_row *r = rows[i];

		for (unsigned int k = 0; k < t->field_count; k++) {
			size_t len;
			const char *text = top_text(r, k, &len);

			escape_csv(out, text, len);
			buf_addc(out, ',');
		}
		buf_printf(out, "%llu,%llu,%llu", (unsigned long long)r->count, (unsigned long long)r->errors,
			   (unsigned long long)r->bytes);
		if (t->metric == TOP_TIME) {
			buf_printf(out, ",%llu,%s", (unsigned long long)r->time_ns, r->bound ? "true" : "false");
		}
		if (t->metric == TOP_SUM) {
			buf_printf(out, ",%llu", (unsigned long long)r->sum);
		}
		buf_addc(out, '\n');
	}
}

static void write_json(const struct top *t, const struct top_row *const *rows, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct top_row *r = rows[i];

		buf_addc(out, '{');
		for (unsigned int k = 0; k < t->field_count; k++) {
			struct buf name;
			size_t len;
			const char *text = top_text(r, k, &len);

			buf_init(&name, 1u << 16);
			add_name(&t->fields[k], &name);
			json_add_string(out, name.data, name.len);
			buf_addc(out, ':');
			json_add_string(out, text, len);
			buf_addc(out, ',');
			buf_release(&name);
		}
		buf_printf(out, "\"count\":%llu,\"errors\":%llu,\"bytes\":%llu", (unsigned long long)r->count,
			   (unsigned long long)r->errors, (unsigned long long)r->bytes);
		if (t->metric == TOP_TIME) {
			buf_printf(out, ",\"time_ns\":%llu,\"time_bound\":%s", (unsigned long long)r->time_ns,
				   r->bound ? "true" : "false");
		}
		if (t->metric == TOP_SUM) {
			buf_printf(out, ",\"sum\":%llu", (unsigned long long)r->sum);
		}
		buf_adds(out, "}\n");
	}
}

/* ---- the command ------------------------------------------------------------------------------------------- */

static int write_rows(struct top *t, const struct options *o, struct run *r)
{
	const struct top_row **rows = NULL;
	size_t count = 0;
	uint64_t absent = 0, total = 0;
	size_t n;
	struct buf out;
	int code = top_rows(t, &rows, &count, &absent);

	if (code == ERR_LIMIT) {
		return err_set(&r->err, ERR_LIMIT,
			       "more than %u different values: filter with -f, or choose a field with fewer",
			       LIMIT_TOP_ROWS);
	}
	if (code != 0) {
		return err_nomem(&r->err, "the sums");
	}
	for (size_t i = 0; i < count; i++) {
		total += top_value(t, rows[i]);
	}
	n = (size_t)min_u64(count, o->count);
	if (o->count == UINT64_MAX && o->top_form == AS_TABLE) {
		n = (size_t)min_u64(count, 20);
	}
	buf_init(&out, SIZE_MAX / 4);
	if (o->top_form == AS_CSV) {
		write_csv(t, rows, n, &out);
	} else if (o->top_form == AS_JSON) {
		write_json(t, rows, n, &out);
	} else {
		write_table(t, rows, n, total, &out);
	}
	free(rows);
	code = output_all(&out, &r->err);
	buf_release(&out);
	if (code == 0 && n < count && o->top_form == AS_TABLE) {
		diag_note(r->diag, "%zu more row%s: see -c", count - n, count - n == 1 ? "" : "s");
	}
	if (code == 0 && absent > 0 && o->top_form == AS_TABLE) {
		diag_note(r->diag, "%llu %s without a value left out", (unsigned long long)absent,
			  !t->packets ? "events" : t->events ? "events and packets" : "packets");
	}
	return code;
}

/* Said where an input stands in its place, too: it is not misspelt. */
static int wants_field(struct err *e)
{
	err_init(e);
	return err_set(e, ERR_USAGE, "top wants a field, as in 'thresher top proc.name by bytes FILE'");
}

/* FIELDS [by WHAT] stand in front of the inputs. */
static int read_arguments(struct top *t, struct options *o, struct err *e)
{
	size_t used = o->input_count >= 2 && strcmp(o->inputs[1], "by") == 0 ? 3 : 1;

	if (o->input_count == 0 || (used == 3 && o->input_count < 3)) {
		memset(t, 0, sizeof(*t));
		pthread_mutex_init(&t->lock, NULL);
		return wants_field(e);
	}
	if (top_init(t, o->inputs[0], used == 3 ? o->inputs[2] : NULL, e) != 0) {
		return access(o->inputs[0], F_OK) == 0 ? wants_field(e) : e->code;
	}
	memmove(o->inputs, o->inputs + used, (o->input_count - used) * sizeof(*o->inputs));
	o->input_count -= used;
	return 0;
}

static int top_run(struct top *t, struct selection *sel, struct run *r)
{
	struct line_sink sink = { t, top_batch, NULL, false };
	struct engine_options eo;
	int status;
	int code;

	memset(&eo, 0, sizeof(eo));
	eo.sink = &sink;
	eo.fold = (t->wants & WANT_FOLD) != 0;
	eo.wants = t->wants & ~WANT_FOLD;
	eo.packets = t->packets;
	eo.no_ndpi = true;
	sel->wants_join = t->joins;
	status = selection_inputs(sel, "top", r, &eo);
	if (sel->filter != NULL) {
		t->settings.wants = (t->wants | filter_wants(sel->filter)) & ~WANT_FOLD;
	} else {
		t->settings.wants = eo.wants;
	}
	t->settings.lookup = eo.lookup;
	if (status != 0) {
		return status;
	}
	status = run_engine(r, &eo);
	if (status != 0) {
		return status;
	}
	code = write_rows(t, r->options, r);
	status = run_status(r);
	if (code < 0 && code != ERR_PIPE) {
		diag_err(r->diag, &r->err);
		status = err_exit_status(code);
	}
	return status;
}

int cmd_top(const struct options *given, struct diag *d)
{
	struct options o = *given;	/* its list of inputs is the caller's; here without the fields */
	struct selection sel;
	struct top top;
	struct run run;
	struct err e;
	int status;

	err_init(&e);
	memset(&sel, 0, sizeof(sel));
	d->tty = d->tty && !isatty(STDOUT_FILENO);
	if (read_arguments(&top, &o, &e) != 0 || selection_new(&sel, &o, d, &e) != 0) {
		diag_err(d, &e);
		status = err_exit_status(e.code);
	} else {
		run_init(&run, &o, d);
		status = top_run(&top, &sel, &run);
		selection_end(&sel, &run);
	}
	selection_release(&sel);
	top_release(&top);
	return status;
}
