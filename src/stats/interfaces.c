/*
 * interfaces.c - table `interfaces`: where packets were taken, as the capture describes it, and how many of them are
 * there, cut or lost. No batches are read: framing and the in-order stage have counted.
 */
#include "readers/link_type.h"
#include "stats/stats.h"

static const struct column columns[] = {
	{ "source", COL_TEXT, "", "Capture" },
	{ "section", COL_U64, "id", "Section of the capture, from 0" },
	{ "interface", COL_U64, "id", "Number of the interface in its section, from 0" },
	{ "name", COL_TEXT, "", "Its name, as recorded" },
	{ "link_type", COL_TEXT, "", "What its packets begin with; a number for those without a name here" },
	{ "filter", COL_TEXT, "", "Capture filter, as recorded" },
	{ "snaplen", COL_BYTES, "bytes", "Longest part of a packet that was kept; unknown: no limit" },
	{ "resolution", COL_DURATION, "ns", "Step of its clock; unknown: finer than a nanosecond" },
	{ "packets", COL_U64, "", "Packets in the capture" },
	{ "bytes", COL_BYTES, "bytes", "Their bytes on the wire" },
	{ "cut", COL_U64, "", "Packets of which less was kept than was on the wire" },
	{ "dropped_interface", COL_U64, "", "Packets lost by the interface; unknown where no statistics were stored" },
	{ "dropped_system", COL_U64, "",
	  "Packets lost by the system or the recorder; unknown where no statistics were stored" },
};

static const struct table_def def = {
	"interfaces", "Interfaces",
	"Where the packets were taken, one row per interface that a capture describes.",
	columns, ARRAY_LEN(columns),
};

static void add_link_type(struct table *t, uint16_t link_type)
{
	const char *name = link_type_name(link_type);
	char number[16];

	snprintf(number, sizeof(number), "%u", link_type);
	table_text(t, name != NULL ? name : number);
}

static void add_drops(struct table *t, uint64_t drops)
{
	if (drops == UINT64_MAX) {
		table_unknown(t);
	} else {
		table_u64(t, drops);
	}
}

static void add_row(struct table *t, const struct section *s, uint32_t number)
{
	const struct packet_interface *p = &s->interfaces[number];

	table_text(t, s->source->shown);
	table_u64(t, s->index);
	table_u64(t, number);
	table_text(t, p->name[0] != '\0' ? p->name : NULL);
	add_link_type(t, p->link_type);
	table_text(t, p->filter[0] != '\0' ? p->filter : NULL);
	if (p->snaplen != 0) {
		table_bytes(t, p->snaplen);
	} else {
		table_unknown(t);
	}
	if (p->ts_units != 0 && p->ts_units <= NSEC_PER_SEC) {
		table_duration(t, NSEC_PER_SEC / p->ts_units);
	} else {
		table_unknown(t);
	}
	table_u64(t, p->packets);
	table_bytes(t, p->bytes);
	table_u64(t, p->cut_packets);
	add_drops(t, p->drops_interface);
	add_drops(t, p->drops_os);
}

static int interfaces_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);

	UNUSED_ARG(st);
	if (t == NULL) {
		return err_nomem(e, "table interfaces");
	}
	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			const struct section *s = in->sources[i]->sections[k];

			for (uint32_t n = 0; n < s->interface_count; n++) {
				add_row(t, s, n);
			}
		}
	}
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table interfaces");
}

const struct tap tap_interfaces = {
	.name = "interfaces",
	.help = "where packets were taken, how many, cut or lost",
	.order = TAP_FREE,
	.tables = interfaces_tables,
};
