/*
 * info_text.c - `thresher info` for people: one paragraph per source, one per section, small
 * aligned tables. Main thread, after the run.
 */
#include "cli/info.h"

#include "base/escape.h"
#include "cli/json.h"
#include "readers/link_type.h"
#include "schema/schema.h"

#define TOP_KINDS 15

const char *section_kind_name(const struct section *s)
{
	return s->kind == SECTION_PCAP ? "pcap" : "pcapng";
}

/* 1234567 as "1,234,567". */
static void add_grouped(struct buf *out, uint64_t x)
{
	if (x >= 1000) {
		add_grouped(out, x / 1000);
		buf_addc(out, ',');
		buf_add_u64_pad(out, x % 1000, 3);
	} else {
		buf_add_u64(out, x);
	}
}

static void add_column(struct buf *out, uint64_t x, unsigned int width)
{
	struct buf tmp;

	buf_init(&tmp, 64);
	add_grouped(&tmp, x);
	buf_printf(out, "%*s", (int)width, buf_str(&tmp));
	buf_release(&tmp);
}

static void add_label(struct buf *out, const char *label)
{
	buf_printf(out, "  %-14s ", label);
}

static void add_line(struct buf *out, const char *label, const char *value)
{
	if (value[0] != '\0') {
		add_label(out, label);
		escape_terminal(out, value, strlen(value));
		buf_addc(out, '\n');
	}
}

/* Bytes exactly, and roughly in the unit that fits. */
static void add_bytes(struct buf *out, uint64_t n)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB" };
	double x = (double)n;
	size_t unit = 0;

	add_grouped(out, n);
	buf_adds(out, n == 1 ? " byte" : " bytes");
	if (n < 1000) {
		return;
	}
	for (x /= 1000; x >= 999.95 && unit + 1 < ARRAY_LEN(units); unit++) {
		x /= 1000;
	}
	buf_printf(out, " (%.1f %s)", x, units[unit]);
}

static void add_duration(struct buf *out, uint64_t ns)
{
	uint64_t s = ns / NSEC_PER_SEC;

	if (s >= 86400) {
		buf_printf(out, "%llu d ", (unsigned long long)(s / 86400));
	}
	if (s >= 3600) {
		buf_printf(out, "%llu h ", (unsigned long long)(s / 3600 % 24));
	}
	if (s >= 60) {
		buf_printf(out, "%llu min ", (unsigned long long)(s / 60 % 60));
	}
	buf_add_u64(out, s % 60);
	buf_addc(out, '.');
	buf_add_u64_pad(out, ns % NSEC_PER_SEC, 9);
	buf_adds(out, " s");
}

/* ---- events by kind ---- */

struct kind {
	const char *name;
	bool is_exit;
	uint64_t count;
};

/* Layouts of one event share a line. Returns how many kinds there are. */
static unsigned int collect_kinds(const struct section *s, struct kind *kinds)
{
	unsigned int n = 0;

	for (unsigned int i = 0; s->events_by_type != NULL && i < SCHEMA_EVENTS; i++) {
		const struct schema_event *e = &schema_events[i];
		unsigned int k = 0;

		if (s->events_by_type[i] == 0) {
			continue;
		}
		while (k < n &&
		       (kinds[k].is_exit != e->is_exit || strcmp(kinds[k].name, e->name) != 0)) {
			k++;
		}
		if (k == n) {
			kinds[n].name = e->name;
			kinds[n].is_exit = e->is_exit;
			kinds[n].count = 0;
			n++;
		}
		kinds[k].count += s->events_by_type[i];
	}
	return n;
}

static int by_count(const void *a, const void *b)
{
	const struct kind *x = a;
	const struct kind *y = b;

	if (x->count != y->count) {
		return x->count < y->count ? 1 : -1;
	}
	if (x->is_exit != y->is_exit) {
		return x->is_exit ? 1 : -1;
	}
	return strcmp(x->name, y->name);
}

static void add_kinds(const struct section *s, bool all, struct buf *out)
{
	struct kind *kinds = calloc(SCHEMA_EVENTS, sizeof(*kinds));
	unsigned int n;
	unsigned int shown;

	if (kinds == NULL) {
		out->failed = true;
		return;
	}
	n = collect_kinds(s, kinds);
	qsort(kinds, n, sizeof(*kinds), by_count);
	shown = all || n <= TOP_KINDS + 1 ? n : TOP_KINDS;
	if (shown > 0) {
		buf_adds(out, "\n           count  event\n");
	}
	for (unsigned int i = 0; i < shown; i++) {
		add_column(out, kinds[i].count, 16);
		buf_printf(out, "  %s %s\n", kinds[i].is_exit ? "<" : ">", kinds[i].name);
	}
	if (shown < n) {
		uint64_t rest = 0;

		for (unsigned int i = shown; i < n; i++) {
			rest += kinds[i].count;
		}
		add_column(out, rest, 16);
		buf_printf(out, "  of %u more kinds (--all lists them)\n", n - shown);
	}
	free(kinds);
}

/* ---- section ---- */

static void add_host(const struct section *s, struct buf *out)
{
	if (s->has_machine) {
		add_label(out, "host");
		if (s->hostname[0] != '\0') {
			escape_terminal(out, s->hostname, strlen(s->hostname));
		} else {
			buf_adds(out, "(no name)");
		}
		buf_printf(out, ", %u CPU%s, ", s->num_cpus, s->num_cpus == 1 ? "" : "s");
		add_bytes(out, s->memory_bytes);
		buf_adds(out, " of memory\n");
		if (s->boot_ns != 0) {
			add_label(out, "booted");
			iso_time(out, s->boot_ns);
			buf_addc(out, '\n');
		}
	}
	add_line(out, "hardware", s->hardware);
	add_line(out, "system", s->os);
	add_line(out, "capture tool", s->application);
	add_line(out, "comment", s->comment);
}

static void add_span(const struct section *s, struct buf *out)
{
	if (s->first_ns == 0) {
		add_line(out, "time", "none recorded");
		return;
	}
	add_label(out, "first");
	iso_time(out, s->first_ns);
	buf_addc(out, '\n');
	add_label(out, "last");
	iso_time(out, s->last_ns);
	buf_addc(out, '\n');
	add_label(out, "duration");
	add_duration(out, s->last_ns - s->first_ns);
	buf_addc(out, '\n');
}

/* ", N word" when there are any. */
static void add_part(struct buf *out, uint64_t n, const char *word)
{
	if (n > 0) {
		buf_adds(out, ", ");
		add_grouped(out, n);
		buf_addc(out, ' ');
		buf_adds(out, word);
	}
}

static void add_events(const struct section *s, struct buf *out)
{
	if (!s->has_scap && s->events == 0) {
		return;
	}
	add_label(out, "events");
	add_grouped(out, s->events);
	add_part(out, s->enter_events, "enter");
	add_part(out, s->events_state_only, "kept for state only");
	add_part(out, s->events_unknown, "of unknown type");
	add_part(out, s->events_time_zero, "without time");
	add_part(out, s->events_bad_params, "with bad parameters");
	buf_addc(out, '\n');
	add_label(out, "drops");
	if (s->drop_events == 0) {
		buf_adds(out, "none recorded\n");
		return;
	}
	add_grouped(out, s->drop_events);
	buf_printf(out, " drop event%s: parts of the capture are a sample\n",
		   s->drop_events == 1 ? "" : "s");
}

static void add_interface(const struct packet_interface *p, uint32_t index, struct buf *out)
{
	const char *link = link_type_name(p->link_type);

	buf_printf(out, "  interface %-4u ", index);
	if (p->name[0] != '\0') {
		escape_terminal(out, p->name, strlen(p->name));
		buf_adds(out, ", ");
	}
	if (link != NULL) {
		buf_adds(out, link);
	} else {
		buf_printf(out, "link type %u", p->link_type);
	}
	if (p->snaplen != 0) {
		buf_printf(out, ", snaplen %u", p->snaplen);
	}
	buf_adds(out, ", ");
	add_grouped(out, p->packets);
	buf_adds(out, p->packets == 1 ? " packet, " : " packets, ");
	add_bytes(out, p->bytes);
	add_part(out, p->cut_packets, "cut");
	if (p->drops_interface != UINT64_MAX) {
		add_part(out, p->drops_interface, "dropped by the interface");
	}
	if (p->drops_os != UINT64_MAX) {
		add_part(out, p->drops_os, "dropped by the system");
	}
	buf_addc(out, '\n');
	if (p->filter[0] != '\0') {
		add_line(out, "  filter", p->filter);
	}
}

static void add_packets(const struct section *s, struct buf *out)
{
	if (s->packets == 0 && s->interface_count == 0) {
		return;
	}
	add_label(out, "packets");
	add_grouped(out, s->packets);
	buf_adds(out, ", ");
	add_bytes(out, s->packet_bytes);
	add_part(out, s->packets_cut, "cut by the snaplen");
	buf_addc(out, '\n');
	for (uint32_t i = 0; i < s->interface_count; i++) {
		add_interface(&s->interfaces[i], i, out);
	}
}

/* What of it passes the filter. */
static void add_passing(const struct info_passing *passing, const struct section *s, struct buf *out)
{
	struct passing p = info_passing_of(passing, s);

	add_label(out, "passing");
	add_grouped(out, p.events);
	buf_adds(out, p.events == 1 ? " event, " : " events, ");
	add_grouped(out, p.packets);
	buf_adds(out, p.packets == 1 ? " packet\n" : " packets\n");
	if (p.first_ns == 0) {
		return;
	}
	add_label(out, "  first");
	iso_time(out, p.first_ns);
	buf_addc(out, '\n');
	add_label(out, "  last");
	iso_time(out, p.last_ns);
	buf_addc(out, '\n');
}

static void add_section(const struct info *in, const struct section *s, bool numbered,
			struct buf *out)
{
	if (numbered) {
		buf_printf(out, "\n section %u at offset %llu\n", s->index,
			   (unsigned long long)s->offset);
	}
	add_label(out, "format");
	buf_printf(out, "%s %u.%u%s, %s-endian\n", section_kind_name(s), s->major, s->minor,
		   s->has_scap ? " with scap" : "", s->big_endian ? "big" : "little");
	add_host(s, out);
	add_span(s, out);
	add_events(s, out);
	add_packets(s, out);
	if (in->passing != NULL) {
		add_passing(in->passing, s, out);
	}
	add_kinds(s, in->all, out);
}

/* ---- source ---- */

static void add_size(const struct source *s, struct buf *out)
{
	add_label(out, "size");
	if (s->wrap[0] != '\0') {
		if (s->file_bytes != UINT64_MAX) {
			add_bytes(out, s->file_bytes);
			buf_adds(out, ", ");
		}
		buf_adds(out, s->wrap);
		buf_adds(out, ", uncompressed ");
	}
	add_bytes(out, s->bytes);
	buf_addc(out, '\n');
}

static void add_blocks(const struct source *s, struct buf *out)
{
	if (s->block_types == 0) { /* legacy pcap has packets only */
		return;
	}
	buf_adds(out, "\n          blocks               bytes  type\n");
	for (uint32_t i = 0; i < s->block_types; i++) {
		add_column(out, s->blocks[i].blocks, 16);
		add_column(out, s->blocks[i].bytes, 20);
		buf_printf(out, "  0x%x %s\n", s->blocks[i].type,
			   block_type_name(s->blocks[i].type));
	}
}

static void add_damage(const struct source *s, struct buf *out)
{
	if (s->damages_total == 0) {
		add_line(out, "damage", s->error_text[0] != '\0' ? s->error_text : "none");
		return;
	}
	add_label(out, "damage");
	add_grouped(out, s->damages_total);
	buf_adds(out, s->damages_total == 1 ? " place" : " places");
	if (s->damage_bytes > 0) {
		buf_adds(out, ", ");
		add_bytes(out, s->damage_bytes);
		buf_adds(out, " skipped");
	}
	buf_addc(out, '\n');
	for (uint32_t i = 0; i < s->damage_count; i++) {
		buf_printf(out, "    at offset %llu: ", (unsigned long long)s->damages[i].offset);
		escape_terminal(out, s->damages[i].what, strlen(s->damages[i].what));
		if (s->damages[i].bytes > 0) {
			buf_adds(out, ", ");
			add_bytes(out, s->damages[i].bytes);
			buf_adds(out, " skipped");
		}
		buf_addc(out, '\n');
	}
	if (s->damages_total > s->damage_count) {
		buf_printf(out, "    and %llu more\n",
			   (unsigned long long)(s->damages_total - s->damage_count));
	}
}

static void add_source(const struct info *in, const struct source *s, struct buf *out)
{
	escape_terminal(out, s->name, strlen(s->name));
	buf_addc(out, '\n');
	add_size(s, out);
	add_line(out, "SHA-256", s->sha256);
	add_damage(s, out);
	if (s->stopped) {
		add_line(out, "stopped", "before its end");
	}
	if (s->section_count > 1) {
		add_label(out, "sections");
		buf_printf(out, "%u\n", s->section_count);
	}
	for (uint32_t i = 0; i < s->section_count; i++) {
		add_section(in, s->sections[i], s->section_count > 1, out);
	}
	add_blocks(s, out);
}

void info_text(const struct info *in, struct buf *out)
{
	for (uint32_t i = 0; i < in->source_count; i++) {
		if (i > 0) {
			buf_addc(out, '\n');
		}
		add_source(in, in->sources[i], out);
	}
	if (in->skip_count > 0) {
		buf_adds(out, "\nskipped\n");
	}
	for (size_t i = 0; i < in->skip_count; i++) {
		buf_adds(out, "  ");
		escape_terminal(out, in->skips[i].name, strlen(in->skips[i].name));
		buf_adds(out, ": ");
		escape_terminal(out, in->skips[i].reason, strlen(in->skips[i].reason));
		buf_addc(out, '\n');
	}
}
