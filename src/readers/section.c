/*
 * section.c - what a section header, an interface description and an interface statistics block
 * say, into struct section. Called by the framer, in file order.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/limits.h"
#include "readers/blocks.h"
#include "readers/frame_internal.h"

/* The next pcapng option: value, then padding to 4. False at the end or when cut. */
static void copy_text(char *dst, size_t cap, const struct cursor *value)
{
	size_t n = value->left < cap - 1 ? value->left : cap - 1;

	memcpy(dst, value->p, n);
	dst[n] = '\0';
}

int section_parse_header(struct section *s, const uint8_t *block, size_t len)
{
	struct cursor c = cur_make(block + 8, len - BLOCK_MIN_BYTES);
	struct cur_option o;

	s->kind = SECTION_PCAPNG;
	cur_skip(&c, 4);
	s->major = cur_u16(&c, s->big_endian);
	s->minor = cur_u16(&c, s->big_endian);
	cur_skip(&c, 8);
	while (cur_option(&c, s->big_endian, &o)) {
		switch (o.code) {
		case 1:
			copy_text(s->comment, sizeof(s->comment), &o.value);
			break;
		case 2:
			copy_text(s->hardware, sizeof(s->hardware), &o.value);
			break;
		case 3:
			copy_text(s->os, sizeof(s->os), &o.value);
			break;
		case 4:
			copy_text(s->application, sizeof(s->application), &o.value);
			break;
		default:
			break;
		}
	}
	return 0;
}

static bool grow_interfaces(struct section *s)
{
	uint32_t cap = s->interface_cap == 0 ? 4 : s->interface_cap * 2;
	struct packet_interface *grown;

	if (s->outgrown_count == ARRAY_LEN(s->outgrown)) {
		return false;
	}
	grown = calloc(cap, sizeof(*grown));
	if (grown == NULL) {
		return false;
	}
	if (s->interfaces != NULL) {
		memcpy(grown, s->interfaces, s->interface_count * sizeof(*grown));
		s->outgrown[s->outgrown_count++] = s->interfaces;
	}
	s->interfaces = grown;
	s->interface_cap = cap;
	return true;
}

struct packet_interface *section_add_interface(struct section *s)
{
	struct packet_interface *i;

	if (s->interface_count == LIMIT_PACKET_INTERFACES) {
		return NULL;
	}
	if (s->interface_count == s->interface_cap && !grow_interfaces(s)) {
		return NULL;
	}
	i = &s->interfaces[s->interface_count++];
	memset(i, 0, sizeof(*i));
	i->ts_units = 1000000;
	i->drops_interface = UINT64_MAX;
	i->drops_os = UINT64_MAX;
	return i;
}

/* if_tsresol: 10^-n, or 2^-n with the high bit set. */
static uint64_t units_of(uint8_t resol)
{
	uint64_t units = 1;
	unsigned int n = resol & 0x7F;

	if (resol & 0x80) {
		return n < 64 ? UINT64_C(1) << n : 0;
	}
	for (unsigned int i = 0; i < n; i++) {
		if (units > UINT64_MAX / 10) {
			return 0;
		}
		units *= 10;
	}
	return units;
}

static void interface_option(struct packet_interface *i, const struct cur_option *o, bool be)
{
	struct cursor v = o->value;

	switch (o->code) {
	case 2:
		copy_text(i->name, sizeof(i->name), &v);
		break;
	case 9: {
		uint64_t units = units_of(cur_u8(&v));

		i->ts_units = v.bad || units == 0 ? i->ts_units : units;
		break;
	}
	case 11:
		cur_skip(&v, 1);
		if (!v.bad) {
			copy_text(i->filter, sizeof(i->filter), &v);
		}
		break;
	case 14:
		i->ts_offset_s = (int64_t)cur_u64(&v, be);
		break;
	default:
		break;
	}
}

int section_parse_interface(struct section *s, struct cursor *body)
{
	struct packet_interface *i;
	struct cur_option o;
	uint16_t link = cur_u16(body, s->big_endian);
	uint32_t snaplen;

	cur_skip(body, 2);
	snaplen = cur_u32(body, s->big_endian);
	/* A cut description still takes its number, so that later ones keep theirs. */
	i = section_add_interface(s);
	if (i == NULL) {
		return s->interface_count == LIMIT_PACKET_INTERFACES ? 0 : ERR_NOMEM;
	}
	i->link_type = link;
	i->snaplen = snaplen;
	while (cur_option(body, s->big_endian, &o)) {
		interface_option(i, &o, s->big_endian);
	}
	return 0;
}

void section_parse_statistics(struct section *s, struct cursor *body)
{
	uint32_t id = cur_u32(body, s->big_endian);
	struct cur_option o;

	cur_skip(body, 8);
	if (body->bad || id >= s->interface_count) {
		return;
	}
	while (cur_option(body, s->big_endian, &o)) {
		uint64_t x = cur_u64(&o.value, s->big_endian);

		if (o.value.bad) {
			continue;
		}
		if (o.code == 5) {
			s->interfaces[id].drops_interface = x;
		} else if (o.code == 7) {
			s->interfaces[id].drops_os = x;
		}
	}
}

bool section_parse_machine(struct section *s, const uint8_t *body, size_t len)
{
	struct cursor c = cur_make(body, len);
	bool be = s->big_endian;
	uint32_t cpus = cur_u32(&c, be);
	uint64_t memory = cur_u64(&c, be);
	uint64_t max_pid = cur_u64(&c, be);
	struct cursor host = cur_sub(&c, sizeof(s->hostname) - 1);
	uint64_t boot = cur_u64(&c, be);
	uint64_t flags = cur_u64(&c, be);

	cur_skip(&c, 16);
	if (c.bad) {
		return false;
	}
	s->has_machine = true;
	s->num_cpus = cpus;
	s->memory_bytes = memory;
	s->max_pid = max_pid;
	s->boot_ns = boot;
	s->machine_flags = flags;
	memcpy(s->hostname, host.p, sizeof(s->hostname) - 1);
	s->hostname[sizeof(s->hostname) - 1] = '\0';
	return true;
}
