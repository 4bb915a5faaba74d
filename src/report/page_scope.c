/*
 * page_scope.c - what the report is about, at the head of the page: its name among other tabs, when and on which hosts
 * it was recorded, the filter that its tables passed, clocks that are apart. Reads tables sources and clock.
 */
#include "report/page.h"

#include "base/escape.h"
#include "report/value.h"

#define HOSTS_SHOWN 4
/* Clocks of one machine are never that far apart; what is nearer changes no picture. */
#define CLOCKS_APART_NS 1000000

static bool cell_of(const struct table *t, size_t row, const char *column, uint8_t type, struct cell *ret_cell)
{
	int col = t != NULL ? table_column(t, column) : -1;
	struct cell c;

	if (col < 0 || t->def->columns[col].type != type) {
		return false;
	}
	c = table_cell(t, row, (unsigned int)col);
	if (c.marks & CELL_UNKNOWN) {
		return false;
	}
	*ret_cell = c;
	return true;
}

static bool same_text(const struct cell *a, const struct cell *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->v.text, b->v.text, a->len) == 0);
}

/* "web-incident.scap and 2 more": sections of a source follow one another. */
void page_title(struct buf *b, const struct report *r)
{
	const struct table *t = report_table(r, "sources");
	struct cell before = { 0 };
	struct cell c;
	uint64_t more = 0;
	bool any = false;

	for (size_t row = 0; t != NULL && row < t->row_count; row++) {
		if (!cell_of(t, row, "source", COL_TEXT, &c)) {
			continue;
		}
		if (!any) {
			escape_html(b, c.v.text, c.len);
		} else if (!same_text(&before, &c)) {
			more++;
		}
		before = c;
		any = true;
	}
	if (more > 0) {
		buf_adds(b, " and ");
		value_grouped(b, more);
		buf_adds(b, " more");
	}
	buf_adds(b, any ? " – thresher report" : "thresher report");
}

/* Earliest and latest time of any source; false: none has times. */
static bool recorded_from_to(const struct table *t, uint64_t *ret_first, uint64_t *ret_last)
{
	uint64_t first = UINT64_MAX;
	uint64_t last = 0;
	struct cell c;

	for (size_t row = 0; t != NULL && row < t->row_count; row++) {
		first = cell_of(t, row, "first", COL_TIME, &c) ? min_u64(first, c.v.u) : first;
		last = cell_of(t, row, "last", COL_TIME, &c) ? max_u64(last, c.v.u) : last;
	}
	*ret_first = first;
	*ret_last = last;
	return first <= last;
}

/* "2026-11-21 08:35:30.276 to 08:35:46.404 UTC": the day again only where it is another one. */
static void add_from_to(struct buf *b, uint64_t first, uint64_t last)
{
	struct buf from, to;

	buf_init(&from, 64);
	buf_init(&to, 64);
	value_time(&from, first);
	value_time(&to, last);
	if (from.failed || to.failed) {
		b->failed = true;
	} else {
		buf_add(b, from.data, 10);
		buf_addc(b, ' ');
		buf_add(b, from.data + 11, 12);
		buf_adds(b, " to ");
		if (memcmp(from.data, to.data, 10) != 0) {
			buf_add(b, to.data, 10);
			buf_addc(b, ' ');
		}
		buf_add(b, to.data + 11, 12);
		buf_adds(b, " UTC");
	}
	buf_release(&to);
	buf_release(&from);
}

static bool is_among(const struct cell *hosts, unsigned int count, const struct cell *c)
{
	for (unsigned int i = 0; i < count; i++) {
		if (same_text(&hosts[i], c)) {
			return true;
		}
	}
	return false;
}

static void add_hosts(struct buf *b, const struct table *t)
{
	struct cell hosts[HOSTS_SHOWN];
	unsigned int count = 0;
	struct cell c;

	for (size_t row = 0; row < t->row_count; row++) {
		if (!cell_of(t, row, "host", COL_TEXT, &c) || c.len == 0 || is_among(hosts, count, &c)) {
			continue;
		}
		if (count == HOSTS_SHOWN) {
			buf_adds(b, " and others");
			return;
		}
		hosts[count++] = c;
		buf_adds(b, count == 1 ? " on <b>" : ", <b>");
		escape_html(b, c.v.text, c.len);
		buf_adds(b, "</b>");
	}
}

void page_recorded(struct sink *s, const struct report *r)
{
	const struct table *t = report_table(r, "sources");
	uint64_t first, last;

	if (recorded_from_to(t, &first, &last)) {
		buf_adds(s->buf, "<p class=\"recorded\">Recorded ");
		add_from_to(s->buf, first, last);
		add_hosts(s->buf, t);
		buf_adds(s->buf, "</p>\n");
	}
}

static void add_code(struct buf *b, const char *before, const char *text)
{
	buf_adds(b, before);
	buf_adds(b, "<code>");
	page_text(b, text);
	buf_adds(b, "</code>");
}

void page_filter_note(struct sink *s, const struct report *r)
{
	struct buf *b = s->buf;
	bool events = r->filter[0] != '\0';

	if (!report_is_filtered(r)) {
		return;
	}
	buf_adds(
		b,
		"<p class=\"note\"><b>Filtered.</b> But for sources, quality, clocks and interfaces, this report shows "
		"only ");
	if (events) {
		add_code(b, "what passes ", r->filter);
	}
	if (r->packet_filter[0] != '\0') {
		add_code(b, events ? ", and of packets only those that pass " : "packets that pass ", r->packet_filter);
		buf_adds(b, events ? "" : ", and all events");
	}
	buf_adds(b, ".</p>\n");
}

/* One pair of clocks that are apart. False: they are not, or nobody knows. */
static bool clock_note(struct buf *b, const struct table *t, size_t row)
{
	struct cell offset, calls, packets;
	uint64_t ns;

	if (!cell_of(t, row, "offset", COL_S64, &offset) || !cell_of(t, row, "calls_source", COL_TEXT, &calls) ||
	    !cell_of(t, row, "packets_source", COL_TEXT, &packets)) {
		return false;
	}
	ns = offset.v.s < 0 ? 0 - (uint64_t)offset.v.s : (uint64_t)offset.v.s;
	if (ns < CLOCKS_APART_NS) {
		return false;
	}
	buf_adds(b, "<p class=\"note\"><b>Two clocks.</b> The packets of ");
	escape_html(b, packets.v.text, packets.len);
	buf_adds(b, " are stamped <b>");
	value_duration_short(b, ns);
	buf_adds(b, offset.v.s < 0 ? " earlier</b>" : " later</b>");
	buf_adds(b, " than the system calls of ");
	escape_html(b, calls.v.text, calls.len);
	buf_adds(b,
		 " that moved the same bytes: see <a href=\"#clock\">clocks</a>. Flows, transactions and requests are "
		 "told by one of the two, everything else by the clock of its capture.</p>\n");
	return true;
}

#define CLOCK_NOTES 3

void page_clock_notes(struct sink *s, const struct report *r)
{
	const struct table *t = report_table(r, "clock");
	unsigned int notes = 0;

	for (size_t row = 0; t != NULL && row < t->row_count && notes < CLOCK_NOTES; row++) {
		notes += clock_note(s->buf, t, row);
	}
}
