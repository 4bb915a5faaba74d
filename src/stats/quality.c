/*
 * quality.c - table `quality`: everything that makes the other tables less than the whole truth: damage, drops,
 * cuts, unknown processes, stray times. One row per kind and source; kinds that did not occur are left
 * out. No batches are read.
 */
#include "readers/input.h"
#include "state/state.h"
#include "stats/series.h"
#include "stats/stats.h"

static const struct column columns[] = {
	{ "source", COL_TEXT, "", "File, or member of an archive" },
	{ "kind", COL_TEXT, "", "What is wrong" },
	{ "count", COL_U64, "", "How often" },
	{ "bytes", COL_BYTES, "bytes", "Bytes concerned" },
	{ "offset", COL_U64, "bytes", "Where in the uncompressed source" },
	{ "detail", COL_TEXT, "", "What was found, and what it means" },
};

static const struct table_def def = {
	"quality", "Data quality",
	"What is missing, damaged or doubtful in the input, and so in the other tables. Empty: nothing was found.",
	columns, ARRAY_LEN(columns),
};

static void add_count(struct table *t, const struct source *src, const char *kind, uint64_t count,
		      const char *detail)
{
	if (count == 0) {
		return;
	}
	table_text(t, src != NULL ? src->shown : NULL);
	table_text(t, kind);
	table_u64(t, count);
	table_unknown(t);
	table_unknown(t);
	table_text(t, detail);
}

static void add_damage(struct table *t, const struct source *src)
{
	for (uint32_t i = 0; i < src->damage_count; i++) {
		const struct damage *d = &src->damages[i];

		table_text(t, src->shown);
		table_text(t, "damage");
		table_u64(t, 1);
		table_bytes(t, d->bytes);
		table_u64(t, d->offset);
		table_text(t, d->what);
	}
	add_count(t, src, "damage not listed", src->damages_total - src->damage_count,
		  "further damaged places, counted only");
	if (src->error != 0) {
		table_text(t, src->shown);
		table_text(t, "not read to its end");
		table_u64(t, 1);
		table_unknown(t);
		table_u64(t, src->bytes);
		table_text(t, src->error_text[0] != '\0' ? src->error_text : err_text(src->error));
	}
	if (src->note[0] != '\0') {
		table_text(t, src->shown);
		table_text(t, "oddity");
		table_u64(t, 1);
		table_unknown(t);
		table_unknown(t);
		table_text(t, src->note);
	}
	if (src->stopped) {
		table_text(t, src->shown);
		table_text(t, "stopped");
		table_u64(t, 1);
		table_unknown(t);
		table_u64(t, src->bytes);
		table_text(t, "the run was stopped before the end of this source");
	}
}

static void add_sections(struct table *t, const struct source *src)
{
	struct section sum;
	uint64_t drops_interface = 0;
	uint64_t drops_os = 0;

	memset(&sum, 0, sizeof(sum));
	for (uint32_t i = 0; i < src->section_count; i++) {
		const struct section *s = src->sections[i];

		sum.drop_events += s->drop_events;
		sum.events_time_zero += s->events_time_zero;
		sum.events_unknown += s->events_unknown;
		sum.events_bad_params += s->events_bad_params;
		sum.events_state_only += s->events_state_only;
		sum.packets_cut += s->packets_cut;
		for (uint32_t k = 0; k < s->interface_count; k++) {
			const struct packet_interface *p = &s->interfaces[k];

			drops_interface += p->drops_interface != UINT64_MAX ? p->drops_interface : 0;
			drops_os += p->drops_os != UINT64_MAX ? p->drops_os : 0;
		}
	}
	add_count(t, src, "recorder dropped events", sum.drop_events,
		  "the recorder left out a part of the events between these marks (sampling)");
	add_count(t, src, "packets dropped by the interface", drops_interface,
		  "by the interface statistics of the capture");
	add_count(t, src, "packets dropped by the system", drops_os, "by the interface statistics of the capture");
	add_count(t, src, "packets cut", sum.packets_cut, "shorter than on the wire: snap length of the recorder");
	add_count(t, src, "events without time", sum.events_time_zero,
		  "time 0 or all ones: left out of everything that depends on time");
	add_count(t, src, "events of unknown type", sum.events_unknown,
		  "from a newer recorder: counted, not interpreted");
	add_count(t, src, "events with bad parameters", sum.events_bad_params,
		  "parameter lengths do not add up: parameters not used");
	add_count(t, src, "events for state only", sum.events_state_only,
		  "kept by the recorder to follow state, filtered out of its capture: not counted");
}

static void add_state(struct table *t, const struct source *src, const struct state_counts *c)
{
	add_count(t, src, "unknown threads", c->unknown_threads,
		  "neither in the snapshot nor seen to start: name, parent and user unknown");
	add_count(t, src, "events of unknown threads", c->unknown_thread_events, "attributed to such threads");
	add_count(t, src, "events on unknown fds", c->orphan_fd_events,
		  "the opening of the file or socket was not seen");
	add_count(t, src, "fd lists without process", c->orphan_fd_lists, "snapshot of fds of an unknown thread");
	add_count(t, src, "unfinished calls", c->unfinished_calls,
		  "begun and not seen to return: blocked, killed, or the end was lost");
	add_count(t, src, "ends without begin", c->exits_without_enter,
		  "the call's enter event was not recorded: no exact latency");
	add_count(t, src, "time goes back", c->time_reversals, "events more than 1 s earlier than the one before");
	add_count(t, src, "threads evicted", c->thread_evictions, "ceiling on live threads reached");
	add_count(t, src, "fds evicted", c->fd_evictions, "ceiling on open fds reached");
	add_count(t, src, "processes not listed", c->process_evictions, "ceiling on processes reached");
	add_count(t, src, "commands not listed", c->command_evictions, "ceiling on commands reached");
	add_count(t, src, "snapshot entries unreadable", c->meta_malformed,
		  "entries of process, fd, user or interface lists that make no sense");
}

static void add_to(struct state_counts *sum, const struct state_counts *c)
{
	uint64_t *a = (uint64_t *)sum;
	const uint64_t *b = (const uint64_t *)c;

	/* All members are uint64_t counts (asserted below). */
	for (size_t i = 0; i < sizeof(*sum) / sizeof(*a); i++) {
		a[i] += b[i];
	}
}

_Static_assert(sizeof(struct state_counts) % sizeof(uint64_t) == 0, "counts only");

static int quality_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);

	UNUSED_ARG(st);
	if (t == NULL) {
		return err_nomem(e, "table quality");
	}
	for (uint32_t i = 0; i < in->source_count; i++) {
		const struct source *src = in->sources[i];
		struct state_counts sum;

		memset(&sum, 0, sizeof(sum));
		for (uint32_t k = 0; k < src->section_count; k++) {
			if (src->sections[k]->state != NULL) {
				add_to(&sum, state_counts(src->sections[k]->state));
			}
		}
		add_damage(t, src);
		add_sections(t, src);
		add_state(t, src, &sum);
	}
	for (size_t i = 0; i < in->skip_count; i++) {
		table_text(t, in->skips[i].name);
		table_text(t, "not read");
		table_u64(t, 1);
		table_unknown(t);
		table_unknown(t);
		table_text(t, in->skips[i].reason);
	}
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table quality");
}

const struct tap tap_quality = {
	.name = "quality",
	.help = "damage, drops, cuts and what is unknown",
	.order = TAP_FREE,
	.tables = quality_tables,
};
