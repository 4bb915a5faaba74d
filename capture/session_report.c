/*
 * session_report.c - what a recording tells of itself: when it began, at its end, and when SIGUSR1 asks.
 */
#include "capture/session_internal.h"

#include <stdarg.h>

#define LINE_BYTES 512

static void line(const struct session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void line(const struct session *s, const char *fmt, ...)
{
	char text[LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->say->line(s->say->arg, text);
}

static void say_drops(const struct session *s, const struct probe_stats *st)
{
	if (st->drops_ring + st->drops_scratch == 0) {
		line(s, "dropped: 0 events");
		return;
	}
	line(s,
	     "dropped: %llu events for want of room in the rings (a larger --ring-size helps), %llu for want of "
	     "scratch memory",
	     (unsigned long long)st->drops_ring, (unsigned long long)st->drops_scratch);
	for (uint32_t i = 0; i < st->cpus; i++) {
		if (st->drops_by_cpu[i] > 0) {
			line(s, "dropped on CPU %u: %llu", i, (unsigned long long)st->drops_by_cpu[i]);
		}
	}
}

static void say_packets(struct session *s)
{
	struct packets_counts c;

	packets_counts(s->packets, &c);
	line(s,
	     "packets: %llu (%llu bytes) from %u interface%s, %u gone; dropped: %llu by the kernel's buffer, %llu by "
	     "interfaces",
	     (unsigned long long)c.packets, (unsigned long long)c.bytes, c.interfaces, c.interfaces == 1 ? "" : "s",
	     c.gone, (unsigned long long)c.drops_kernel, (unsigned long long)c.drops_interface);
}

void session_statistics(struct session *s)
{
	uint64_t took_ns = probe_now_ns(s->probe) - s->started_ns;
	struct output_counts out;
	struct probe_stats st;

	probe_stats(s->probe, &st);
	output_counts(s->output, &out);
	line(s, "events: %llu in %llu.%03llu s; %llu bytes, %llu on the disk in %u %s", (unsigned long long)s->written,
	     (unsigned long long)(took_ns / NSEC_PER_SEC), (unsigned long long)(took_ns / 1000000 % 1000),
	     (unsigned long long)out.bytes, (unsigned long long)out.disk_bytes, out.files,
	     out.files == 1 ? "file" : "files");
	say_drops(s, &st);
	if (out.waits > 0) {
		line(s, "the disk (or compression) was too slow %llu times, and events waited in the rings",
		     (unsigned long long)out.waits);
	}
	if (s->packets != NULL) {
		say_packets(s);
	}
}

void session_say_begun(struct session *s)
{
	const struct snapshot_counts *c = snapshot_counts(s->seen);
	const char *path = output_path(s->output);

	line(s, "recording into %s%s%s: %u processes, %u descriptors, %u containers found in %llu ms%s",
	     strcmp(path, "-") == 0 ? "standard output" : "'", strcmp(path, "-") == 0 ? "" : path,
	     strcmp(path, "-") == 0 ? "" : "'", c->processes, c->fds, c->containers,
	     (unsigned long long)(c->took_ns / 1000000), s->command.pid > 0 ? "" : "; ^C ends");
	if (c->unreadable > 0) {
		line(s, "%u process%s could be looked at in part only (CAP_SYS_PTRACE)", c->unreadable,
		     c->unreadable == 1 ? "" : "es");
	}
	if (c->namespaces_denied > 0) {
		line(s, "%u network namespace%s could not be entered (CAP_SYS_ADMIN)", c->namespaces_denied,
		     c->namespaces_denied == 1 ? "" : "s");
	}
}
