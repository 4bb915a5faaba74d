/*
 * progress.c - see progress.h. Called on the main thread, a few times a second.
 */
#include "cli/progress.h"

#include "cli/diag.h"

/* 1234567 per second as "1.2 M". */
static void add_scaled(struct buf *out, double x)
{
	static const char *const units[] = { "", " k", " M", " G" };
	size_t unit = 0;

	while (x >= 1000 && unit + 1 < ARRAY_LEN(units)) {
		x /= 1000;
		unit++;
	}
	buf_printf(out, unit == 0 ? "%.0f%s" : "%.1f%s", x, units[unit]);
}

static void add_left(struct buf *out, double seconds)
{
	uint64_t s = seconds < 360000 ? (uint64_t)seconds : 360000;

	if (s >= 3600) {
		buf_printf(out, ", %llu h %llu min left", (unsigned long long)(s / 3600),
			   (unsigned long long)(s / 60 % 60));
	} else if (s >= 60) {
		buf_printf(out, ", %llu min %llu s left", (unsigned long long)(s / 60),
			   (unsigned long long)(s % 60));
	} else {
		buf_printf(out, ", %llu s left", (unsigned long long)s);
	}
}

void progress_text(struct buf *out, const struct progress *p)
{
	double seconds = (double)p->elapsed_ns / 1e9;
	double done = (double)p->disk_bytes;
	double share = -1;

	if (p->disk_total != UINT64_MAX && p->disk_total > 0) {
		share = done / (double)p->disk_total;
		share = share > 1 ? 1 : share;
		buf_printf(out, "%3.0f %%, ", share * 100);
	}
	add_scaled(out, (double)p->events);
	buf_adds(out, " events");
	if (p->packets > 0) {
		buf_adds(out, ", ");
		add_scaled(out, (double)p->packets);
		buf_adds(out, " packets");
	}
	if (seconds <= 0.2) {
		return;
	}
	buf_adds(out, ", ");
	add_scaled(out, (double)p->events / seconds);
	buf_printf(out, " events/s, %.1f MB/s", done / seconds / 1e6);
	if (share > 0.01 && share < 1) {
		add_left(out, seconds * (1 - share) / share);
	}
}

void progress_show(void *arg, const struct progress *p)
{
	struct diag *d = arg;
	struct buf text;

	buf_init(&text, 512);
	progress_text(&text, p);
	diag_progress(d, buf_str(&text));
	buf_release(&text);
}
