/*
 * in_memory.c - see in_memory.h. The bytes go into a memfd, which the engine opens like any file: nothing
 * is written to disk and the whole way from the input on is exercised.
 */
#include "in_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "report/render.h"
#include "state/state.h"
#include "stats/series.h"
#include "stats/stats.h"

static void need(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

static int file_of(const void *data, size_t len)
{
	const char *p = data;
	int fd = memfd_create("input", MFD_CLOEXEC);

	need(fd >= 0, "memfd_create");
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		need(n > 0, "write");
		p += n;
		len -= (size_t)n;
	}
	return fd;
}

struct engine_options in_memory_options(void)
{
	struct engine_options opt = { .threads = 1, .batch_bytes = LIMIT_BATCH_BYTES_MIN };

	return opt;
}

int in_memory_start(struct in_memory *r, const void *data, size_t len,
		    const struct engine_options *opt)
{
	char path[64];

	memset(r, 0, sizeof(*r));
	err_init(&r->err);
	input_list_init(&r->inputs);
	r->fd = file_of(data, len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->fd);
	need(input_list_add(&r->inputs, path, &r->err) == 0, "input_list_add");
	need(engine_new(opt, &r->engine, &r->err) == 0, "engine_new");
	return engine_run(r->engine, &r->inputs, &r->err);
}

void in_memory_release(struct in_memory *r)
{
	engine_free(r->engine);
	input_list_release(&r->inputs);
	close(r->fd);
}

uint64_t in_memory_complaints(const struct in_memory *r)
{
	uint32_t count;
	size_t skips;
	uint64_t n;
	struct source *const *sources = engine_sources(r->engine, &count);

	(void)engine_skips(r->engine, &skips);
	n = skips + r->inputs.skip_count;
	for (uint32_t i = 0; i < count; i++) {
		n += sources[i]->damages_total + (sources[i]->error != 0);
	}
	return n;
}

struct engine_options in_memory_report_options(void)
{
	struct engine_options opt = in_memory_options();

	opt.fold = true;
	opt.wants = WANT_REFS | WANT_ANCESTORS | WANT_MEMORY | WANT_COUNTS;
	opt.taps = stats_taps;
	return opt;
}

static void render(const struct report *report)
{
	struct buf out;

	buf_init(&out, (size_t)1 << 30);
	render_json(report, &out);
	for (unsigned int i = 0; i < report->table_count; i++) {
		render_csv(report->tables[i], &out);
	}
	render_html(report, NULL, NULL, &out);
	buf_release(&out);
}

static int make_report(struct in_memory *r, bool rendered)
{
	struct tap_input in = { 0 };
	struct series *series = NULL;
	struct report report;
	int rc;

	report_init(&report);
	report.version = "test";
	report.command_line = "";
	in.sources = engine_sources(r->engine, &in.source_count);
	in.join = engine_joined(r->engine);
	rc = series_new(in.sources, in.source_count, &series, &r->err);
	in.series = series;
	for (unsigned int i = 0; rc == 0 && stats_taps[i] != NULL; i++) {
		rc = stats_taps[i]->tables(engine_tap_state(r->engine, i), &in, &report, &r->err);
	}
	if (rc == 0 && rendered) {
		render(&report);
	}
	report_release(&report);
	series_free(series);
	return rc;
}

int in_memory_tables(struct in_memory *r)
{
	return make_report(r, false);
}

int in_memory_render(struct in_memory *r)
{
	return make_report(r, true);
}
