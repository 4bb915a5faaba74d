/*
 * source.c - see source.h: makes, grows and frees the record of one capture. Reads nothing. Each
 * source belongs to one thread at a time.
 */
#include "readers/source.h"

#include <stdlib.h>

#include "base/err.h"

struct source *source_new(uint32_t id, const char *name)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		return NULL;
	}
	s->id = id;
	s->file_bytes = UINT64_MAX;
	s->name = strdup(name);
	if (s->name == NULL) {
		free(s);
		return NULL;
	}
	s->shown = s->name;
	return s;
}

/* Not the state: it stands above this room, whoever made it frees it first. */
static void section_free(struct section *sec)
{
	for (uint32_t i = 0; i < sec->outgrown_count; i++) {
		free(sec->outgrown[i]);
	}
	free(sec->interfaces);
	free(sec->interface_tally);
	free(sec->passed_packets.words);
	free(sec->passed_events.words);
	free(sec->events_by_type);
	free(sec);
}

void source_free(struct source *s)
{
	if (s == NULL) {
		return;
	}
	for (uint32_t i = 0; i < s->section_count; i++) {
		section_free(s->sections[i]);
	}
	free(s->sections);
	free(s->damages);
	free(s->name);
	free(s);
}

struct section *source_add_section(struct source *s, uint64_t offset)
{
	struct section *sec;

	if (s->section_count == s->section_cap) {
		uint32_t cap = s->section_cap == 0 ? 4 : s->section_cap * 2;
		struct section **p = realloc(s->sections, cap * sizeof(struct section *));

		if (p == NULL) {
			return NULL;
		}
		s->sections = p;
		s->section_cap = cap;
	}
	sec = calloc(1, sizeof(*sec));
	if (sec == NULL) {
		return NULL;
	}
	sec->source = s;
	sec->index = s->section_count;
	sec->offset = offset;
	s->sections[s->section_count++] = sec;
	return sec;
}

int section_compare(const struct section *a, const struct section *b)
{
	int by_name = strcmp(a->source->name, b->source->name);

	return by_name != 0 ? by_name : (a->index > b->index) - (a->index < b->index);
}

int source_add_damage(struct source *s, const struct damage *d)
{
	s->damages_total++;
	s->damage_bytes += d->bytes;
	if (s->damage_count >= LIMIT_DAMAGE_ENTRIES) {
		return 0;
	}
	if (s->damage_count == s->damage_cap) {
		uint32_t cap = s->damage_cap == 0 ? 8 : s->damage_cap * 2;
		struct damage *p = realloc(s->damages, cap * sizeof(*p));

		if (p == NULL) {
			return ERR_NOMEM;
		}
		s->damages = p;
		s->damage_cap = cap;
	}
	s->damages[s->damage_count++] = *d;
	return 0;
}

int passed_add(struct passed *p, uint64_t num, bool yes)
{
	uint64_t i = p->count;

	if (i == p->cap * 64) {
		size_t cap = p->cap == 0 ? 1024 : p->cap * 2;
		uint64_t *grown = realloc(p->words, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		memset(grown + p->cap, 0, (cap - p->cap) * sizeof(*grown));
		p->words = grown;
		p->cap = cap;
	}
	p->first = i == 0 ? num : p->first;
	p->words[i / 64] |= (uint64_t)yes << (i % 64);
	p->count++;
	return 0;
}

struct block_count *block_count_new(struct block_count *rows, uint32_t *io_count, uint32_t type)
{
	struct block_count *others = &rows[SOURCE_BLOCK_TYPES - 1];
	struct block_count *largest = rows;

	if (*io_count < SOURCE_BLOCK_TYPES - 1) {
		rows += (*io_count)++;
		rows->type = type;
		return rows;
	}
	if (*io_count < SOURCE_BLOCK_TYPES) {
		others->type = BLOCK_OTHERS;
		*io_count = SOURCE_BLOCK_TYPES;
	}
	for (struct block_count *r = rows; r < others; r++) {
		largest = r->type > largest->type ? r : largest;
	}
	if (type > largest->type) {
		return others;
	}
	others->blocks += largest->blocks;
	others->bytes += largest->bytes;
	largest->type = type;
	largest->blocks = 0;
	largest->bytes = 0;
	return largest;
}
