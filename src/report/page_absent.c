/*
 * page_absent.c - what a report of packets alone (or of system calls alone) does not show: tables that are empty
 * because the input holds nothing of their kind. One sentence stands for all of them; csv/ and report.json have them.
 */
#include "report/page.h"

enum subject { SUBJECT_EVENTS, SUBJECT_PACKETS, SUBJECTS };

/* The column of table "sources" that counts a subject, and what it is called. */
static const struct {
	const char *column, *name;
} subjects[] = {
	[SUBJECT_EVENTS] = { "events", "system calls" },
	[SUBJECT_PACKETS] = { "packets", "packets" },
};

_Static_assert(ARRAY_LEN(subjects) == SUBJECTS, "one row per subject");

/* What tables are about, those of the join about both; tables that are not here are always shown. */
static const struct {
	const char *table;
	uint8_t subject;
} about[] = {
	{ "processes", SUBJECT_EVENTS },   { "commands", SUBJECT_EVENTS },  { "syscalls", SUBJECT_EVENTS },
	{ "io", SUBJECT_EVENTS },	   { "packet_io", SUBJECT_PACKETS }, { "flows", SUBJECT_PACKETS },
	{ "http", SUBJECT_PACKETS },	   { "dns", SUBJECT_PACKETS },	    { "tls", SUBJECT_PACKETS },
	{ "endpoints", SUBJECT_PACKETS },  { "ports", SUBJECT_PACKETS },    { "protocols", SUBJECT_PACKETS },
	{ "tcp_health", SUBJECT_PACKETS }, { "interfaces", SUBJECT_PACKETS },
	{ "joined_flows", SUBJECT_EVENTS }, { "joined_flows", SUBJECT_PACKETS },
	{ "clock", SUBJECT_EVENTS },	   { "clock", SUBJECT_PACKETS },
	{ "unmatched", SUBJECT_EVENTS },   { "unmatched", SUBJECT_PACKETS },
	{ "spans", SUBJECT_EVENTS },
};

/* Known to be none: there are sources, and each tells 0. */
static bool is_none(const struct report *r, enum subject subject)
{
	const struct table *t = report_table(r, "sources");
	int col = t != NULL ? table_column(t, subjects[subject].column) : -1;

	if (col < 0 || t->def->columns[col].type != COL_U64) {
		return false;
	}
	for (size_t row = 0; row < t->row_count; row++) {
		struct cell c = table_cell(t, row, (unsigned int)col);

		if (c.marks & CELL_UNKNOWN || c.v.u != 0) {
			return false;
		}
	}
	return t->row_count > 0;
}

static bool is_about(const struct table *t, enum subject subject)
{
	for (size_t i = 0; i < ARRAY_LEN(about); i++) {
		if (about[i].subject == subject && strcmp(about[i].table, t->def->name) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_empty(const struct table *t)
{
	return t->row_count == 0 && t->rows_dropped == 0;
}

bool page_is_absent(const struct report *r, const struct table *t)
{
	for (unsigned int s = 0; s < SUBJECTS && is_empty(t); s++) {
		if (is_about(t, s) && is_none(r, s)) {
			return true;
		}
	}
	return false;
}

static void absent_note(struct buf *b, const struct report *r, enum subject subject)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < r->table_count; i++) {
		const struct table *t = r->tables[i];

		if (!is_empty(t) || !is_about(t, subject)) {
			continue;
		}
		if (n++ == 0) {
			buf_adds(b, "<p class=\"note\">The input holds no ");
			buf_adds(b, subjects[subject].name);
			buf_adds(b, ", so these tables are empty and not shown: ");
		} else {
			buf_adds(b, ", ");
		}
		page_text(b, t->def->title);
	}
	buf_adds(b, n > 0 ? ".</p>\n" : "");
}

void page_absent_notes(struct sink *s, const struct report *r)
{
	for (unsigned int i = 0; i < SUBJECTS; i++) {
		if (is_none(r, i)) {
			absent_note(s->buf, r, i);
		}
	}
}
