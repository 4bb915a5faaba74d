/*
 * quality.c - table `quality`: everything that makes the other tables less than the whole truth: damage, drops,
 * cuts, unknown processes, stray times. One row per kind and source; kinds that did not occur are left
 * out. Of the batches only the times of packets are looked at; free of order.
 */
#include "readers/input.h"
#include "state/state.h"
#include "stats/quality_rows.h"
#include "stats/series.h"
#include "stats/stats.h"

/* ---- packets without time: per section, by its slot ---- */

struct quality_state {
	uint64_t *untimed;	/* owns; by slot */
	uint32_t count;
};

static void *quality_new(void)
{
	return calloc(1, sizeof(struct quality_state));
}

static void quality_free(void *st)
{
	struct quality_state *s = st;

	free(s->untimed);
	free(s);
}

static int add_untimed(struct quality_state *s, uint32_t slot, uint64_t packets)
{
	if (packets == 0) {
		return 0;
	}
	if (slot >= s->count) {
		uint64_t *grown = realloc(s->untimed, ((size_t)slot + 1) * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		memset(grown + s->count, 0, (slot + 1 - s->count) * sizeof(*grown));
		s->untimed = grown;
		s->count = slot + 1;
	}
	s->untimed[slot] += packets;
	return 0;
}

static int quality_batch(void *st, const struct batch *b)
{
	uint64_t untimed = 0;

	for (uint32_t i = 0; i < b->packet_count; i++) {
		untimed += (b->packets[i].flags & PACKET_NO_TIME) != 0;
	}
	return add_untimed(st, b->section->slot, untimed);
}

static int quality_merge(void *into, void *from)
{
	const struct quality_state *b = from;
	int rc = 0;

	for (uint32_t i = 0; i < b->count && rc == 0; i++) {
		rc = add_untimed(into, i, b->untimed[i]);
	}
	return rc;
}

/* ---- rows ---- */

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

void quality_add(struct table *t, const struct source *src, const char *kind, uint64_t count, const char *detail)
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
	quality_add(t, src, "damage not listed", src->damages_total - src->damage_count,
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

enum interface_count { OF_CUT, OF_DROPS_INTERFACE, OF_DROPS_OS };

/* 0 where it is not known. */
static uint64_t interface_count(const struct packet_interface *p, enum interface_count which)
{
	uint64_t n = which == OF_CUT ? p->cut_packets :
		     which == OF_DROPS_INTERFACE ? p->drops_interface : p->drops_os;

	return n != UINT64_MAX ? n : 0;
}

/* Interfaces told apart in one row; the table of interfaces has all. */
#define INTERFACES_SHOWN 8

/* One row for all interfaces, with the share of each in its detail. */
static void add_interfaces(struct table *t, const struct source *src, const char *kind, enum interface_count which,
			   const char *detail)
{
	struct buf text;
	uint64_t sum = 0;
	uint64_t shown = 0;

	buf_init(&text, 4096);
	buf_adds(&text, detail);
	for (uint32_t i = 0; i < src->section_count; i++) {
		const struct section *s = src->sections[i];

		for (uint32_t k = 0; k < s->interface_count; k++) {
			const struct packet_interface *p = &s->interfaces[k];
			uint64_t n = interface_count(p, which);

			sum = n > UINT64_MAX - sum ? UINT64_MAX : sum + n;
			if (n == 0 || shown++ >= INTERFACES_SHOWN) {
				continue;
			}
			buf_printf(&text, "%s%llu on ", shown == 1 ? ": " : ", ", (unsigned long long)n);
			if (p->name[0] != '\0') {
				buf_adds(&text, p->name);
			} else {
				buf_printf(&text, "interface %u", k);
			}
		}
	}
	buf_adds(&text, shown > INTERFACES_SHOWN ? ", ..." : "");
	t->failed = t->failed || text.failed;
	quality_add(t, src, kind, sum, buf_str(&text));
	buf_release(&text);
}

static void add_sections(struct table *t, const struct source *src)
{
	struct section sum;

	memset(&sum, 0, sizeof(sum));
	for (uint32_t i = 0; i < src->section_count; i++) {
		const struct section *s = src->sections[i];

		sum.drop_events += s->drop_events;
		sum.events_time_zero += s->events_time_zero;
		sum.events_unknown += s->events_unknown;
		sum.events_bad_params += s->events_bad_params;
		sum.events_state_only += s->events_state_only;
	}
	quality_add(t, src, "recorder dropped events", sum.drop_events,
		  "the recorder left out a part of the events between these marks (sampling)");
	add_interfaces(t, src, "packets dropped by the interface", OF_DROPS_INTERFACE,
		       "by the interface statistics of the capture");
	add_interfaces(t, src, "packets dropped by the system", OF_DROPS_OS,
		       "by the interface statistics of the capture");
	add_interfaces(t, src, "packets cut", OF_CUT, "shorter than on the wire: snap length of the recorder");
	quality_add(t, src, "events without time", sum.events_time_zero,
		  "time 0 or all ones: left out of everything that depends on time");
	quality_add(t, src, "events of unknown type", sum.events_unknown,
		  "from a newer recorder: counted, not interpreted");
	quality_add(t, src, "events with bad parameters", sum.events_bad_params,
		  "parameter lengths do not add up: parameters not used");
	quality_add(t, src, "events for state only", sum.events_state_only,
		  "kept by the recorder to follow state, filtered out of its capture: not counted");
}

static void add_state(struct table *t, const struct source *src, const struct state_counts *c)
{
	quality_add(t, src, "threads not seen to start", c->unknown_threads,
		  "not in the snapshot, and their clone was not recorded: what no later exec tells is unknown");
	quality_add(t, src, "events of unknown threads", c->unknown_thread_events, "attributed to such threads");
	quality_add(t, src, "events on unknown fds", c->orphan_fd_events,
		  "the opening of the file or socket was not seen");
	quality_add(t, src, "fd lists without process", c->orphan_fd_lists, "snapshot of fds of an unknown thread");
	quality_add(t, src, "unfinished calls", c->unfinished_calls,
		  "begun and not seen to return: blocked, killed, or the end was lost");
	quality_add(t, src, "ends without begin", c->exits_without_enter,
		  "the call's enter event was not recorded: no exact latency");
	quality_add(t, src, "time goes back", c->time_reversals, "events more than 1 s earlier than the one before");
	quality_add(t, src, "threads evicted", c->thread_evictions, "ceiling on live threads reached");
	quality_add(t, src, "fds evicted", c->fd_evictions, "ceiling on open fds reached");
	quality_add(t, src, "processes not listed", c->process_evictions, "ceiling on processes reached");
	quality_add(t, src, "commands not listed", c->command_evictions, "ceiling on commands reached");
	quality_add(t, src, "texts not kept", c->text_evictions, "ceiling on memory reached: shown empty");
	quality_add(t, src, "names not kept", c->name_evictions,
		  "ceiling on containers, users, groups or network interfaces reached");
	quality_add(t, src, "snapshot entries unreadable", c->meta_malformed,
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

static uint64_t untimed_of(const struct quality_state *s, const struct source *src)
{
	uint64_t n = 0;

	for (uint32_t i = 0; s != NULL && i < src->section_count; i++) {
		uint32_t slot = src->sections[i]->slot;

		n += slot < s->count ? s->untimed[slot] : 0;
	}
	return n;
}

static int quality_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);

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
		quality_add(t, src, "packets without time", untimed_of(st, src),
			    "stored without a time, or with time 0: left out of everything that depends on time");
		quality_add_packets(t, src);
		quality_add_socks(t, src);
		add_state(t, src, &sum);
	}
	if (quality_add_copies(t, in) != 0) {
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
	.packets = true,
	.flows = true,
	.state_new = quality_new,
	.state_free = quality_free,
	.batch = quality_batch,
	.merge = quality_merge,
	.tables = quality_tables,
};
