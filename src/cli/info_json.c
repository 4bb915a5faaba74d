/*
 * info_json.c - `thresher info --json`. Main thread, after the run.
 */
#include "cli/info.h"

#include "cli/json.h"
#include "readers/link_type.h"
#include "schema/schema.h"

static void add_u64(struct buf *out, const char *key, uint64_t x)
{
	buf_addc(out, ',');
	json_add_key(out, key);
	buf_add_u64(out, x);
}

/* UINT64_MAX is unknown. */
static void add_known(struct buf *out, const char *key, uint64_t x)
{
	if (x == UINT64_MAX) {
		buf_addc(out, ',');
		json_add_key(out, key);
		buf_adds(out, "null");
	} else {
		add_u64(out, key, x);
	}
}

static void add_flag(struct buf *out, const char *key, bool x)
{
	buf_addc(out, ',');
	json_add_key(out, key);
	json_add_bool(out, x);
}

/* "" is unknown. */
static void add_text(struct buf *out, const char *key, const char *s)
{
	buf_addc(out, ',');
	json_add_key(out, key);
	if (s[0] != '\0') {
		json_add_text(out, s);
	} else {
		buf_adds(out, "null");
	}
}

static void add_time(struct buf *out, const char *key, uint64_t ns)
{
	buf_addc(out, ',');
	json_add_key(out, key);
	if (ns != 0) {
		json_add_time(out, ns);
	} else {
		buf_adds(out, "null");
	}
}

static void add_machine(const struct section *s, struct buf *out)
{
	add_text(out, "hostname", s->hostname);
	add_known(out, "cpus", s->has_machine ? s->num_cpus : UINT64_MAX);
	add_known(out, "memory_bytes", s->has_machine ? s->memory_bytes : UINT64_MAX);
	add_time(out, "boot_time", s->has_machine ? s->boot_ns : 0);
	add_known(out, "machine_flags", s->has_machine ? s->machine_flags : UINT64_MAX);
	add_known(out, "max_pid", s->has_machine ? s->max_pid : UINT64_MAX);
	add_text(out, "hardware", s->hardware);
	add_text(out, "os", s->os);
	add_text(out, "application", s->application);
	add_text(out, "comment", s->comment);
}

static void add_kinds(const struct section *s, struct buf *out)
{
	bool first = true;

	buf_adds(out, ",\"events_by_kind\":[");
	for (unsigned int i = 0; s->events_by_type != NULL && i < SCHEMA_EVENTS; i++) {
		if (s->events_by_type[i] == 0) {
			continue;
		}
		json_add_comma(out, &first);
		buf_adds(out, "{\"type\":");
		buf_add_u64(out, i);
		add_text(out, "name", schema_events[i].name);
		add_text(out, "dir", schema_events[i].is_exit ? "<" : ">");
		add_u64(out, "count", s->events_by_type[i]);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
}

static void add_interfaces(const struct section *s, struct buf *out)
{
	bool first = true;

	buf_adds(out, ",\"interfaces\":[");
	for (uint32_t i = 0; i < s->interface_count; i++) {
		const struct packet_interface *p = &s->interfaces[i];
		const char *link = link_type_name(p->link_type);

		json_add_comma(out, &first);
		buf_adds(out, "{\"index\":");
		buf_add_u64(out, i);
		add_text(out, "name", p->name);
		add_u64(out, "link_type", p->link_type);
		add_text(out, "link_type_name", link != NULL ? link : "");
		add_u64(out, "snaplen", p->snaplen);
		add_text(out, "filter", p->filter);
		add_u64(out, "time_units_per_second", p->ts_units);
		add_u64(out, "packets", p->packets);
		add_u64(out, "bytes", p->bytes);
		add_u64(out, "cut_packets", p->cut_packets);
		add_known(out, "drops_interface", p->drops_interface);
		add_known(out, "drops_os", p->drops_os);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
}

static void add_passing(const struct info_passing *passing, const struct section *s, struct buf *out)
{
	struct passing p = info_passing_of(passing, s);

	buf_adds(out, ",\"passing\":{\"events\":");
	buf_add_u64(out, p.events);
	add_u64(out, "packets", p.packets);
	add_time(out, "first_time", p.first_ns);
	add_time(out, "last_time", p.last_ns);
	buf_addc(out, '}');
}

static void add_section(const struct info *in, const struct section *s, struct buf *out)
{
	buf_adds(out, "{\"index\":");
	buf_add_u64(out, s->index);
	add_u64(out, "offset", s->offset);
	add_text(out, "format", section_kind_name(s));
	add_flag(out, "scap", s->has_scap);
	add_text(out, "byte_order", s->big_endian ? "big" : "little");
	add_u64(out, "major", s->major);
	add_u64(out, "minor", s->minor);
	add_machine(s, out);
	add_time(out, "first_time", s->first_ns);
	add_time(out, "last_time", s->last_ns);
	add_known(out, "duration_ns", s->first_ns != 0 ? s->last_ns - s->first_ns : UINT64_MAX);
	add_u64(out, "events", s->events);
	add_u64(out, "events_shown", s->events_shown);
	add_u64(out, "enter_events", s->enter_events);
	add_u64(out, "state_only_events", s->events_state_only);
	add_u64(out, "unknown_events", s->events_unknown);
	add_u64(out, "time_zero_events", s->events_time_zero);
	add_u64(out, "bad_parameter_events", s->events_bad_params);
	add_u64(out, "drop_events", s->drop_events);
	add_kinds(s, out);
	add_u64(out, "packets", s->packets);
	add_u64(out, "packet_bytes", s->packet_bytes);
	add_u64(out, "cut_packets", s->packets_cut);
	add_interfaces(s, out);
	if (in->passing != NULL) {
		add_passing(in->passing, s, out);
	}
	buf_addc(out, '}');
}

static void add_blocks(const struct source *s, struct buf *out)
{
	bool first = true;

	buf_adds(out, ",\"blocks\":[");
	for (uint32_t i = 0; i < s->block_types; i++) {
		json_add_comma(out, &first);
		buf_adds(out, "{\"type\":");
		buf_add_u64(out, s->blocks[i].type);
		add_text(out, "name", block_type_name(s->blocks[i].type));
		add_u64(out, "count", s->blocks[i].blocks);
		add_u64(out, "bytes", s->blocks[i].bytes);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
}

static void add_damage(const struct source *s, struct buf *out)
{
	bool first = true;

	buf_adds(out, ",\"damage\":{\"count\":");
	buf_add_u64(out, s->damages_total);
	add_u64(out, "bytes_skipped", s->damage_bytes);
	buf_adds(out, ",\"places\":[");
	for (uint32_t i = 0; i < s->damage_count; i++) {
		json_add_comma(out, &first);
		buf_adds(out, "{\"offset\":");
		buf_add_u64(out, s->damages[i].offset);
		add_u64(out, "bytes", s->damages[i].bytes);
		add_text(out, "what", s->damages[i].what);
		buf_addc(out, '}');
	}
	buf_adds(out, "]}");
}

static void add_source(const struct info *in, const struct source *s, struct buf *out)
{
	buf_adds(out, "{\"name\":");
	json_add_text(out, s->name);
	add_text(out, "compression", s->wrap);
	add_known(out, "file_bytes", s->file_bytes);
	add_u64(out, "bytes", s->bytes);
	add_text(out, "sha256", s->sha256);
	add_text(out, "error", s->error_text);
	add_flag(out, "stopped", s->stopped);
	add_blocks(s, out);
	add_damage(s, out);
	buf_adds(out, ",\"sections\":[");
	for (uint32_t i = 0; i < s->section_count; i++) {
		buf_adds(out, i > 0 ? ",\n" : "\n");
		add_section(in, s->sections[i], out);
	}
	buf_adds(out, "]}");
}

void info_json(const struct info *in, struct buf *out)
{
	buf_adds(out, "{\"schema\":\"thresher-info/1\",\"sources\":[");
	for (uint32_t i = 0; i < in->source_count; i++) {
		buf_adds(out, i > 0 ? ",\n" : "\n");
		add_source(in, in->sources[i], out);
	}
	buf_adds(out, "],\n\"skipped\":[");
	for (size_t i = 0; i < in->skip_count; i++) {
		buf_adds(out, i > 0 ? ",\n{\"name\":" : "\n{\"name\":");
		json_add_text(out, in->skips[i].name);
		add_text(out, "reason", in->skips[i].reason);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	add_flag(out, "stopped", in->stopped);
	buf_adds(out, "}\n");
}
