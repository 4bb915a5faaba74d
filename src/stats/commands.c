/*
 * commands.c - table `commands`: every exec in the captures, from the registry that the fold kept. No batches
 * are read; runs on the main thread at the end.
 */
#include "stats/series.h"
#include "stats/stats.h"
#include "stats/strings.h"

static const struct column columns[] = {
	{ "time", COL_TIME, "", "When the exec ended" },
	{ "pid", COL_S64, "", "Process id" },
	{ "process", COL_TEXT, "", "Name of the process after the exec" },
	{ "parent", COL_TEXT, "", "Name of its parent at that moment" },
	{ "parent_pid", COL_S64, "", "Process id of the parent" },
	{ "user", COL_TEXT, "", "User (effective)" },
	{ "uid", COL_U64, "", "Number of that user" },
	{ "login_uid", COL_U64, "", "User that logged in, unknown for daemons" },
	{ "tty", COL_U64, "", "Device number of the terminal, 0: none" },
	{ "cwd", COL_TEXT, "", "Working directory" },
	{ "exe", COL_TEXT, "", "Path of the executable" },
	{ "command_line", COL_TEXT, "", "argv[0] and arguments" },
	{ "result", COL_TEXT, "", "ok, or the error" },
	{ "container", COL_TEXT, "", "Container id, \"host\" outside of containers" },
	{ "source", COL_TEXT, "", "Capture" },
	{ "event", COL_U64, "", "Ordinal of the event in its source, counting all events" },
	{ "offset", COL_U64, "bytes", "Offset of its block in the uncompressed source" },
};

static const struct table_def def = {
	"commands", "Commands",
	"Every program that was executed, or was tried to be, in the order of time.",
	columns, ARRAY_LEN(columns),
};

struct command {
	const struct exec_row *row;
	const struct section *section;
	uint32_t order;
};

static int by_time(const void *pa, const void *pb)
{
	const struct command *a = pa;
	const struct command *b = pb;

	if (a->row->ts_ns != b->row->ts_ns) {
		return a->row->ts_ns < b->row->ts_ns ? -1 : 1;
	}
	return a->order < b->order ? -1 : a->order > b->order;
}

static void add_result(struct table *t, int64_t result)
{
	const char *name = schema_errno_name((uint64_t)-result);
	char text[32];

	if (result == 0) {
		table_text(t, "ok");
	} else if (result < 0 && name != NULL) {
		table_text(t, name);
	} else {
		snprintf(text, sizeof(text), "%lld", (long long)result);
		table_text(t, text);
	}
}

static void add_row(struct table *t, const struct command *c)
{
	const struct exec_row *x = c->row;
	const struct process *p = state_process(c->section->state, x->process);

	table_time(t, x->ts_ns);
	if (p->pid >= 0) {
		table_s64(t, p->pid);
	} else {
		table_unknown(t);
	}
	table_str(t, x->comm);
	table_str(t, x->parent_comm);
	if (x->parent != ID_NONE && state_process(c->section->state, x->parent)->pid >= 0) {
		table_s64(t, state_process(c->section->state, x->parent)->pid);
	} else if (p->ppid >= 0) { /* a parent without events: only its child told its id */
		table_s64(t, p->ppid);
	} else {
		table_unknown(t);
	}
	table_str(t, x->user_name);
	table_uid(t, x->uid);
	table_uid(t, x->loginuid);
	table_u64(t, x->tty);
	table_str(t, x->cwd);
	table_str(t, x->exepath);
	table_command_line(t, x->exe, x->args);
	add_result(t, x->result);
	table_container(t, x->container, p->known);
	table_text(t, c->section->source->shown);
	table_u64(t, x->event_num);
	table_u64(t, x->offset);
}

static int commands_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);
	struct command *list = NULL;
	uint32_t n = 0;
	size_t total = 1;

	UNUSED_ARG(st);
	for (uint32_t i = 0; i < series_section_count(in->series); i++) {
		uint32_t count;

		state_execs(series_section(in->series, i)->state, &count);
		total += count;
	}
	list = calloc(total, sizeof(*list));
	if (t == NULL || list == NULL) {
		table_free(t);
		free(list);
		return err_nomem(e, "table commands");
	}
	for (uint32_t i = 0; i < series_section_count(in->series); i++) {
		const struct section *sec = series_section(in->series, i);
		uint32_t count;
		const struct exec_row *rows = state_execs(sec->state, &count);

		t->rows_dropped += state_counts(sec->state)->command_evictions;
		for (uint32_t k = 0; k < count; k++) {
			struct command c = { &rows[k], sec, n };

			if (passed_has(&sec->passed_events, rows[k].event_num)) {
				list[n++] = c;
			}
		}
	}
	qsort(list, n, sizeof(*list), by_time);
	for (uint32_t i = 0; i < n; i++) {
		add_row(t, &list[i]);
	}
	free(list);
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table commands");
}

const struct tap tap_commands = {
	.name = "commands",
	.help = "every exec with its process, parent, user and result",
	.order = TAP_FREE,
	.tables = commands_tables,
};
