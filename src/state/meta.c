/*
 * meta.c - metadata blocks: machine, interfaces, users; the lists of processes and descriptors
 * are in proclist.c and fdlist.c.
 *
 * Bodies are in the byte order of the section. What can't be read is counted and told as damage
 * of the source. Fold only.
 */
#include <stdio.h>

#include "base/cursor.h"
#include "readers/batch.h"
#include "readers/source.h"
#include "state/state_internal.h"


void meta_malformed(struct state *s, const struct meta_block *m, uint64_t left, const char *what)
{
	struct damage d;

	s->counts.meta_malformed++;
	memset(&d, 0, sizeof(d));
	d.offset =
		s->batch->base_off + m->block_off + 8 + (m->body_len - min_u64(left, m->body_len));
	d.bytes = left;
	snprintf(d.what, sizeof(d.what), "metadata block 0x%x: %s", (unsigned int)m->type, what);
	if (s->section->source != NULL && source_add_damage(s->section->source, &d) != 0) {
		s->oom = true;
	}
}

/* ---- machine ---- */

static void meta_machine(struct state *s, const struct meta_block *m)
{
	if (!section_parse_machine(s->section, m->body, m->body_len)) {
		meta_malformed(s, m, m->body_len, "shorter than machine info");
	}
}

/* ---- interfaces ---- */

static bool interface_add(struct state *s, struct cursor *c, bool be)
{
	uint16_t type = cur_u16(c, be);
	uint16_t name_len = cur_u16(c, be);
	bool v6 = type == 2 || type == 4;
	size_t n = v6 ? 16 : 4;
	const uint8_t *ip = cur_take(c, n);
	const uint8_t *mask = cur_take(c, n);
	const uint8_t *broadcast = cur_take(c, n);
	void *rows = s->interfaces;
	struct interface_row *row;
	const uint8_t *name;

	if (type < 1 || type > 4) {
		return false;
	}
	if (type <= 2) {
		cur_skip(c, 8);
	}
	name = cur_take(c, name_len);
	if (c->bad) {
		return false;
	}
	if (s->interface_count >= LIMIT_INTERFACES) {
		s->counts.name_evictions++;
		return true;
	}
	if (!state_grow(s, &rows, s->interface_count, &s->interface_cap, sizeof(*row))) {
		return true;
	}
	s->interfaces = rows;
	row = &s->interfaces[s->interface_count++];
	memset(row, 0, sizeof(*row));
	row->v6 = v6;
	memcpy(row->ip, ip, n);
	memcpy(row->mask, mask, n);
	memcpy(row->broadcast, broadcast, n);
	row->name = str_forever(s, name,
				strnlen((const char *)name, min_u64(name_len, STATE_NAME_BYTES)));
	return true;
}

static void meta_interfaces(struct state *s, const struct meta_block *m, bool v2)
{
	struct cursor c = cur_make(m->body, m->body_len);
	bool be = s->section->big_endian;

	s->interface_count = 0; /* a second list replaces the first */
	while (c.left >= 4) {
		size_t left = c.left;
		struct cursor entry = c;
		bool ok;

		if (v2) {
			uint32_t len = cur_u32(&c, be); /* does not count itself */

			entry = cur_sub(&c, len);
		}
		ok = !entry.bad && interface_add(s, &entry, be);
		if (!v2) {
			c = entry;
		}
		if (!ok) {
			meta_malformed(s, m, left, "interface entry does not fit");
			if (!v2 || entry.bad) {
				return;
			}
		}
	}
}

const struct interface_row *state_interfaces(const struct state *s, uint32_t *ret_count)
{
	*ret_count = s->interface_count;
	return s->interfaces;
}

/* ---- users ---- */

static struct param take_str16(struct cursor *c, bool be)
{
	uint16_t len = cur_u16(c, be);
	struct param v = { cur_take(c, len), len };

	if (v.p == NULL) {
		v.len = 0;
	} else {
		v.len = (uint32_t)strnlen((const char *)v.p, len);
	}
	return v;
}

static bool user_entry(struct state *s, struct cursor *c, bool be)
{
	uint8_t kind = cur_u8(c);

	if (kind == 0) {
		uint32_t uid = cur_u32(c, be);
		uint32_t gid = cur_u32(c, be);
		struct param name = take_str16(c, be);
		struct param home = take_str16(c, be);
		struct param shell = take_str16(c, be);

		if (!c->bad) {
			user_put(s, NULL, uid, gid, name, home, shell);
		}
	} else {
		uint32_t gid = cur_u32(c, be);
		struct param name = take_str16(c, be);

		if (!c->bad) {
			group_put(s, NULL, gid, name);
		}
	}
	return !c->bad;
}

static void meta_users(struct state *s, const struct meta_block *m, bool v2)
{
	struct cursor c = cur_make(m->body, m->body_len);
	bool be = s->section->big_endian;

	map_clear(&s->host_users); /* a second list replaces the first */
	map_clear(&s->host_groups);
	s->user_count = 0;
	s->user_group_count = 0;
	s->epoch++;
	while (c.left >= 4) {
		size_t left = c.left;
		struct cursor entry = c;
		bool ok;

		if (v2) {
			uint32_t len = cur_u32(&c, be); /* counts itself */

			if (len < 5) {
				meta_malformed(s, m, left,
					       "user entry shorter than its own length");
				return;
			}
			entry = cur_sub(&c, len - 4);
		}
		ok = user_entry(s, &entry, be);
		if (!v2) {
			c = entry;
		}
		if (!ok) {
			meta_malformed(s, m, left, "user entry does not fit");
			if (!v2 || c.bad) {
				return;
			}
		}
	}
}

/* ---- all ---- */

void state_meta(struct state *s, const struct meta_block *m)
{
	switch (m->type) {
	case 0x201: meta_machine(s, m); break;
	case 0x202: meta_processes(s, m, 1); break;
	case 0x203:
	case 0x218: meta_fds(s, m, m->type == 0x218); break;
	case 0x205:
	case 0x219: meta_interfaces(s, m, m->type == 0x219); break;
	case 0x206:
	case 0x220: meta_users(s, m, m->type == 0x220); break;
	case 0x207: meta_processes(s, m, 2); break;
	case 0x209: meta_processes(s, m, 3); break;
	case 0x210:
	case 0x211:
	case 0x212:
	case 0x213:
	case 0x214:
	case 0x215: meta_processes(s, m, 4 + (int)(m->type - 0x210)); break;
	default: break; /* not of this folder: name resolution and the like */
	}
}
