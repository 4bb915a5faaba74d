/*
 * sources.c - table `sources`: what was read, one row per section of each capture. No batches are read: the
 * in-order stage has counted.
 */
#include "net/net.h"
#include "stats/series.h"
#include "stats/stats.h"

static const struct column columns[] = {
	{ "source", COL_TEXT, "", "File, or member of an archive" },
	{ "section", COL_U64, "", "Section of the file, from 0" },
	{ "format", COL_TEXT, "", "scap, pcapng or pcap, with version and byte order" },
	{ "wrapping", COL_TEXT, "", "Archive and compression, outermost first" },
	{ "bytes", COL_BYTES, "bytes", "Uncompressed bytes read of the whole source" },
	{ "host", COL_TEXT, "", "Host name, as recorded" },
	{ "os", COL_TEXT, "", "Operating system, as recorded" },
	{ "tool", COL_TEXT, "", "Program that wrote the capture, as recorded" },
	{ "cpus", COL_U64, "", "CPUs of the host" },
	{ "events", COL_U64, "", "Events stored" },
	{ "enter_events", COL_U64, "", "Of these, calls that begin" },
	{ "packets", COL_U64, "", "Packets" },
	{ "packet_bytes", COL_BYTES, "bytes", "Bytes of the packets on the wire" },
	{ "interfaces", COL_U64, "", "Interfaces the packets were taken on" },
	{ "first", COL_TIME, "", "Earliest event or packet" },
	{ "last", COL_TIME, "", "Latest event or packet" },
	{ "span", COL_DURATION, "ns", "Time between the two" },
	{ "processes", COL_U64, "", "Processes seen" },
	{ "continues", COL_TEXT, "", "Source this one continues (rotated series of one host)" },
	{ "damaged", COL_U64, "", "Places of the whole source that could not be read; told with its first section" },
	{ "complete", COL_BOOL, "", "False: the run was stopped before the end of the source, or it could not be read on" },
	{ "sha256", COL_TEXT, "", "SHA-256 of the file as stored (with --hash)" },
	{ "packets_cut", COL_U64, "", "Packets of which less was kept than was on the wire" },
	{ "packets_dropped", COL_U64, "",
	  "Packets lost by interfaces, system and recorder; unknown where no statistics were stored" },
	{ "flows", COL_U64, "", "Connections and other flows of packets" },
	{ "http", COL_U64, "", "HTTP transactions in the packets" },
	{ "dns", COL_U64, "", "DNS exchanges in the packets" },
	{ "tls", COL_U64, "", "TLS sessions in the packets" },
};

static const struct table_def def = {
	"sources", "Sources", "What was read. A file can hold several sections; each has its own state.",
	columns, ARRAY_LEN(columns),
};

static void add_format(struct table *t, const struct section *s)
{
	char text[64];

	if (s->kind == SECTION_PCAP) {
		snprintf(text, sizeof(text), "pcap %u.%u%s%s", s->major, s->minor,
			 s->interface_count > 0 && s->interfaces[0].ts_units == NSEC_PER_SEC ? " ns" : "",
			 s->big_endian ? " big-endian" : "");
	} else {
		snprintf(text, sizeof(text), "%s %u.%u%s",
			 s->has_scap ? (s->packets > 0 ? "scap+packets" : "scap") : "pcapng", s->major, s->minor,
			 s->big_endian ? " big-endian" : "");
	}
	table_text(t, text);
}

static const char *or_null(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

static const char *continued(const struct series *series, const struct section *s)
{
	uint32_t at = series_section_of_slot(series, s->slot);
	uint32_t before = at != UINT32_MAX ? series_previous(series, at) : UINT32_MAX;

	return before != UINT32_MAX ? series_section(series, before)->source->shown : NULL;
}

/* Those that the table of processes lists: not ids that were only mentioned as a parent's. */
static uint64_t processes_seen(const struct state *state)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < state_process_count(state); i++) {
		const struct process *p = state_process(state, i);

		n += p->known || p->first_ns != 0;
	}
	return n;
}

/* Of all interfaces that tell. */
static void add_drops(struct table *t, const struct section *s)
{
	bool known = false;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->interface_count; i++) {
		const uint64_t drops[] = { s->interfaces[i].drops_interface, s->interfaces[i].drops_os };

		for (size_t k = 0; k < ARRAY_LEN(drops); k++) {
			if (drops[k] != UINT64_MAX) {
				known = true;
				sum = drops[k] > UINT64_MAX - sum ? UINT64_MAX : sum + drops[k];
			}
		}
	}
	if (known) {
		table_u64(t, sum);
	} else {
		table_unknown(t);
	}
}

/* Four cells; unknown where packets were not tracked. */
static void add_net(struct table *t, const struct net *net)
{
	size_t counts[4];

	if (net == NULL) {
		for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
			table_unknown(t);
		}
		return;
	}
	net_flows(net, &counts[0]);
	net_http(net, &counts[1]);
	net_dns(net, &counts[2]);
	net_tls(net, &counts[3]);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		table_u64(t, counts[i]);
	}
}

static void add_section(struct table *t, const struct tap_input *in, const struct source *src,
			const struct section *s)
{
	table_text(t, src->shown);
	table_u64(t, s->index);
	add_format(t, s);
	table_text(t, or_null(src->wrap));
	table_bytes(t, src->bytes);
	table_text(t, or_null(s->hostname));
	table_text(t, or_null(s->os));
	table_text(t, or_null(s->application));
	if (s->has_machine) {
		table_u64(t, s->num_cpus);
	} else {
		table_unknown(t);
	}
	table_u64(t, s->events);
	table_u64(t, s->enter_events);
	table_u64(t, s->packets);
	table_bytes(t, s->packet_bytes);
	table_u64(t, s->interface_count);
	table_time(t, s->first_ns);
	table_time(t, s->first_ns != 0 ? s->last_ns : 0);
	if (s->first_ns != 0) {
		table_duration(t, s->last_ns - s->first_ns);
	} else {
		table_unknown(t);
	}
	if (s->state != NULL) {
		table_u64(t, processes_seen(s->state));
	} else {
		table_unknown(t);
	}
	table_text(t, continued(in->series, s));
	if (s == src->sections[0]) {
		table_u64(t, src->damages_total);
	} else {
		table_unknown(t); /* of the whole source: once, so that a sum is right */
	}
	table_bool(t, !src->stopped && src->error == 0);
	table_text(t, or_null(src->sha256));
	table_u64(t, s->packets_cut);
	add_drops(t, s);
	add_net(t, s->net);
}

static int sources_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);

	UNUSED_ARG(st);
	if (t == NULL) {
		return err_nomem(e, "table sources");
	}
	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			add_section(t, in, in->sources[i], in->sources[i]->sections[k]);
		}
	}
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table sources");
}

const struct tap tap_sources = {
	.name = "sources",
	.help = "what was read",
	.order = TAP_FREE,
	.flows = true,
	.tables = sources_tables,
};
