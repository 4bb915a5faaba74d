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
	add_count(t, src, "threads not seen to start", c->unknown_threads,
		  "not in the snapshot, and their clone was not recorded: what no later exec tells is unknown");
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
	add_count(t, src, "texts not kept", c->text_evictions, "ceiling on memory reached: shown empty");
	add_count(t, src, "names not kept", c->name_evictions,
		  "ceiling on containers, users, groups or network interfaces reached");
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

/* ---- the same capture twice ---- */

/* What a section holds, for telling whether another holds the same. */
struct content {
	uint64_t first_ns, last_ns, events, packets;
	const struct source *source;
	uint32_t order;
};

static int by_content(const void *pa, const void *pb)
{
	const struct content *a = pa;
	const struct content *b = pb;

	if (a->first_ns != b->first_ns) {
		return a->first_ns < b->first_ns ? -1 : 1;
	}
	if (a->last_ns != b->last_ns) {
		return a->last_ns < b->last_ns ? -1 : 1;
	}
	if (a->events != b->events) {
		return a->events < b->events ? -1 : 1;
	}
	if (a->packets != b->packets) {
		return a->packets < b->packets ? -1 : 1;
	}
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Events decide where there are any: mergecap adds packets to the same events. */
static bool content_of(const struct source *src, const struct section *s, struct content *ret_c)
{
	memset(ret_c, 0, sizeof(*ret_c));
	ret_c->source = src;
	if (s->events > 0) {
		ret_c->first_ns = s->first_event_ns;
		ret_c->last_ns = s->last_event_ns;
		ret_c->events = s->events;
	} else {
		ret_c->first_ns = s->first_ns;
		ret_c->last_ns = s->last_ns;
		ret_c->packets = s->packets;
	}
	return ret_c->first_ns < ret_c->last_ns;
}

static void add_twice(struct table *t, const struct content *c, const struct content *first)
{
	struct buf text;

	buf_init(&text, 8192);
	buf_printf(&text, "as many, over the same time to the nanosecond, as in '%s': counted twice",
		   first->source->shown);
	table_text(t, c->source->shown);
	table_text(t, c->events > 0 ? "same events as another source" : "same packets as another source");
	table_u64(t, c->events > 0 ? c->events : c->packets);
	table_unknown(t);
	table_unknown(t);
	table_text(t, buf_str(&text));
	buf_release(&text);
}

/* A capture and its compressed copy in one folder double every number. */
static int add_copies(struct table *t, const struct tap_input *in)
{
	struct content *list;
	size_t sections = 0;
	size_t n = 0;
	size_t first = 0;

	for (uint32_t i = 0; i < in->source_count; i++) {
		sections += in->sources[i]->section_count;
	}
	list = calloc(sections + 1, sizeof(*list));
	if (list == NULL) {
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			if (content_of(in->sources[i], in->sources[i]->sections[k], &list[n])) {
				list[n].order = (uint32_t)n;
				n++;
			}
		}
	}
	qsort(list, n, sizeof(*list), by_content);
	for (size_t i = 1; i < n; i++) {
		struct content same = list[first];

		same.order = list[i].order;
		if (by_content(&same, &list[i]) == 0) {
			add_twice(t, &list[i], &list[first]);
		} else {
			first = i;
		}
	}
	free(list);
	return 0;
}

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
	if (add_copies(t, in) != 0) {
		table_free(t);
		return err_nomem(e, "table quality");
	}
	for (size_t i = 0; i < in->skip_count; i++) {
		table_text(t, in->skips[i].name);
		/* A text file beside the captures is no loss; a capture that cannot be opened is. */
		table_text(t, in->skips[i].code == ERR_NOT_CAPTURE ? "skipped" : "not read");
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
