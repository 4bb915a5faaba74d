/*
 * report.c - from merged statistics to result tables: links processes over sources, lets every tap build its
 * tables, and writes the line at the head of the page. Main thread, after the run.
 */
#include "engine/engine_internal.h"

#include "stats/series.h"
#include "stats/stats.h"

static void summarise(const struct engine *en, struct report *r)
{
	uint64_t events = 0;
	uint64_t packets = 0;
	uint64_t damages = 0;

	for (uint32_t i = 0; i < en->source_count; i++) {
		const struct source *s = en->sources[i];

		damages += s->damages_total;
		for (uint32_t k = 0; k < s->section_count; k++) {
			events += s->sections[k]->events;
			packets += s->sections[k]->packets;
		}
	}
	snprintf(r->summary, sizeof(r->summary),
		 "%u source%s, %llu event%s, %llu packet%s%s%s", en->source_count,
		 en->source_count == 1 ? "" : "s", (unsigned long long)events, events == 1 ? "" : "s",
		 (unsigned long long)packets, packets == 1 ? "" : "s",
		 damages > 0 ? ", damaged input" : "",
		 r->stopped ? ", stopped before the end" : "");
	if (en->hide != NULL) {
		size_t len = strlen(r->summary);

		snprintf(r->summary + len, sizeof(r->summary) - len, "; tables show only what passes the filter");
	}
}

/* Shortens *io_len to what path has in common with the first len bytes of *io_first, up to a slash. */
static void share_directory(const char *path, const char **io_first, size_t *io_len)
{
	size_t n = 0;

	if (path[0] != '/') {
		return;
	}
	if (*io_first == NULL) {
		*io_first = path;
		*io_len = (size_t)(strrchr(path, '/') - path) + 1;
		return;
	}
	while (n < *io_len && path[n] == (*io_first)[n]) {
		n++;
	}
	while (n > 0 && (*io_first)[n - 1] != '/') {
		n--;
	}
	*io_len = n;
}

/*
 * Where the evidence lies on this machine does not belong in a report: absolute paths lose the
 * directory that all of them share. Returns its length with the final slash, 0 when none is absolute.
 */
size_t engine_shared_directory(const struct input_list *inputs)
{
	const char *first = NULL;
	size_t len = 0;

	for (size_t i = 0; i < inputs->count; i++) {
		share_directory(inputs->files[i].path, &first, &len);
	}
	/* Of archives only the file counts, which is in the list above: a member's name may have slashes. */
	for (size_t i = 0; i < inputs->skip_count; i++) {
		share_directory(inputs->skips[i].name, &first, &len);
	}
	return len;
}

static void shorten_names(struct engine *en)
{
	size_t len = engine_shared_directory(en->inputs);

	for (uint32_t i = 0; i < en->source_count; i++) {
		struct source *s = en->sources[i];

		s->shown = s->name[0] == '/' ? s->name + len : s->name;
	}
	for (size_t i = 0; i < en->skip_count; i++) {
		char *name = en->skips[i].name;

		if (name[0] == '/' && strlen(name) > len) {
			memmove(name, name + len, strlen(name + len) + 1);
		}
	}
}

int engine_report(struct engine *en, struct report *r, struct err *e)
{
	struct tap_input in;
	struct series *series = NULL;
	int rc = series_new(en->sources, en->source_count, &series, e);

	shorten_names(en);
	memset(&in, 0, sizeof(in));
	in.sources = en->sources;
	in.source_count = en->source_count;
	in.skips = en->skips;
	in.skip_count = en->skip_count;
	in.series = series;
	in.join = en->joined;
	in.filtered = en->hide != NULL;
	in.clock_packets = en->opt.clock_packets;
	for (unsigned int t = 0; t < en->tap_count && rc == 0; t++) {
		rc = en->opt.taps[t]->tables(engine_tap_state(en, t), &in, r, e);
	}
	series_free(series);
	r->plots = stats_plots;
	r->plot_count = stats_plot_count;
	r->stopped = engine_stopped();
	r->threads = en->opt.threads;
	summarise(en, r);
	return rc;
}
