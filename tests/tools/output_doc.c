/*
 * output_doc.c - prints docs/OUTPUT.md from the table definitions in the program: an empty report has all of
 * them. `make docs` writes the file, `make check` compares.
 */
#include <stdio.h>

#include "stats/script.h"
#include "stats/series.h"
#include "stats/stats.h"

static const char *const type_words[] = {
	[COL_TEXT] = "text",	 [COL_U64] = "count",	    [COL_S64] = "integer", [COL_F64] = "number",
	[COL_TIME] = "time",	 [COL_DURATION] = "duration", [COL_BYTES] = "bytes", [COL_BOOL] = "yes/no",
};

static void print_table(const struct table_def *d)
{
	printf("\n## %s\n\n%s: %s\n\n| column | type | unit | meaning |\n|---|---|---|---|\n", d->name, d->title,
	       d->description);
	for (unsigned int i = 0; i < d->column_count; i++) {
		const struct column *c = &d->columns[i];

		printf("| `%s` | %s | %s | %s |\n", c->name, type_words[c->type], c->unit, c->description);
	}
}

int main(void)
{
	struct tap_input in;
	struct series *series = NULL;
	struct report r;

	memset(&in, 0, sizeof(in));
	report_init(&r);
	if (series_new(NULL, 0, &series, NULL) != 0) {
		return 1;
	}
	in.series = series;
	for (size_t i = 0; stats_taps[i] != NULL; i++) {
		if (stats_taps[i]->tables(NULL, &in, &r, NULL) != 0) {
			return 1;
		}
	}
	if (report_add(&r, table_new(&scripts_table_def)) != 0) {
		return 1;
	}
	puts("# What a report holds\n\n"
	     "Generated from the table definitions (`make docs`); do not edit.\n\n"
	     "`report.json` has every table as `{\"schema\":\"thresher-report/1\",\"tables\":{NAME:{\"columns\":[…],"
	     "\"rows\":[[…],…]}}}`; `csv/NAME.csv` has the same rows with a heading. Times are UTC (ISO 8601 with nine "
	     "digits), durations are in nanoseconds, what is unknown is `null` in JSON and empty in CSV. "
	     "`filter` and `packet_filter` of `report.json` are what the rows had to pass, or `null`.");
	for (unsigned int i = 0; i < r.table_count; i++) {
		print_table(r.tables[i]->def);
	}
	series_free(series);
	report_release(&r);
	return 0;
}
