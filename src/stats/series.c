/*
 * series.c - see series.h. Runs once, on the main thread, over frozen states.
 */
#include "stats/series.h"

#include "base/map.h"

struct part {
	uint32_t global;	/* process of the run */
	uint32_t next_section, next_id;	/* later part of it, or UINT32_MAX */
};

struct member {
	const struct section *section;
	uint32_t previous;	/* section it continues, or UINT32_MAX */
	uint32_t continued_by;	/* or UINT32_MAX */
	struct part *parts;	/* owns; one per process of the section */
	uint32_t part_count;
};

struct global {
	uint32_t first_section, first_id, last_section, last_id;
};

struct series {
	struct member *members;	/* owns */
	uint32_t member_count;
	uint32_t *by_slot;	/* owns */
	uint32_t slot_count;
	struct global *globals;	/* owns */
	uint32_t global_count;
};

void series_free(struct series *s)
{
	if (s == NULL) {
		return;
	}
	for (uint32_t i = 0; s->members != NULL && i < s->member_count; i++) {
		free(s->members[i].parts);
	}
	free(s->members);
	free(s->by_slot);
	free(s->globals);
	free(s);
}

static int add_members(struct series *s, struct source *const *sources, uint32_t count)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		n += sources[i]->section_count;
	}
	s->members = calloc(n + 1, sizeof(*s->members));
	if (s->members == NULL) {
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < sources[i]->section_count; k++) {
			const struct section *sec = sources[i]->sections[k];
			struct member *m;

			if (sec->slot != UINT32_MAX && sec->slot >= s->slot_count) {
				s->slot_count = sec->slot + 1;
			}
			if (sec->state == NULL) {
				continue;
			}
			m = &s->members[s->member_count++];
			m->section = sec;
			m->previous = UINT32_MAX;
			m->continued_by = UINT32_MAX;
			m->part_count = state_process_count(sec->state);
			m->parts = calloc(m->part_count + (size_t)1, sizeof(*m->parts));
			if (m->parts == NULL) {
				return ERR_NOMEM;
			}
		}
	}
	s->by_slot = malloc((s->slot_count + (size_t)1) * sizeof(*s->by_slot));
	if (s->by_slot == NULL) {
		return ERR_NOMEM;
	}
	memset(s->by_slot, 0xFF, (s->slot_count + (size_t)1) * sizeof(*s->by_slot));
	for (uint32_t i = 0; i < s->member_count; i++) {
		s->by_slot[s->members[i].section->slot] = i;
	}
	return 0;
}

static bool same_host(const struct section *a, const struct section *b)
{
	return a->has_machine && b->has_machine && a->hostname[0] != '\0' &&
	       strcmp(a->hostname, b->hostname) == 0 && a->num_cpus == b->num_cpus &&
	       (a->boot_ns == b->boot_ns || a->boot_ns == 0 || b->boot_ns == 0);
}

static bool follows(const struct section *a, const struct section *b)
{
	if (a->first_event_ns == 0 || b->first_event_ns == 0 || !same_host(a, b)) {
		return false;
	}
	return a->first_event_ns < b->first_event_ns && a->last_event_ns < b->last_event_ns &&
	       b->first_event_ns + SERIES_GAP_NS >= a->last_event_ns &&
	       b->first_event_ns <= a->last_event_ns + SERIES_GAP_NS;
}

/* A section that can be part of a series: its host is known, and it has events. */
struct by_host {
	const struct section *section;
	uint32_t index;
	uint64_t latest_ns;	/* of it and those before it of the same host */
};

static int cmp_host(const void *pa, const void *pb)
{
	const struct by_host *a = pa;
	const struct by_host *b = pb;
	int c = strcmp(a->section->hostname, b->section->hostname);

	if (c != 0) {
		return c;
	}
	if (a->section->first_event_ns != b->section->first_event_ns) {
		return a->section->first_event_ns < b->section->first_event_ns ? -1 : 1;
	}
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Links order[at] to what it continues: the latest before it that nothing continues yet. */
static void link_section(struct series *s, const struct by_host *order, uint32_t at)
{
	const struct section *later = order[at].section;

	for (uint32_t k = at; k-- > 0;) {
		struct member *earlier = &s->members[order[k].index];

		if (strcmp(order[k].section->hostname, later->hostname) != 0 ||
		    order[k].latest_ns + SERIES_GAP_NS < later->first_event_ns) {
			return;	/* from here on all ended long before */
		}
		if (earlier->continued_by == UINT32_MAX && follows(earlier->section, later)) {
			earlier->continued_by = order[at].index;
			s->members[order[at].index].previous = order[k].index;
			return;
		}
	}
}

static int link_sections(struct series *s)
{
	struct by_host *order = calloc(s->member_count + (size_t)1, sizeof(*order));
	uint32_t n = 0;

	if (order == NULL) {
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < s->member_count; i++) {
		const struct section *sec = s->members[i].section;

		if (sec->has_machine && sec->hostname[0] != '\0' && sec->first_event_ns != 0) {
			order[n].section = sec;
			order[n++].index = i;
		}
	}
	qsort(order, n, sizeof(*order), cmp_host);
	for (uint32_t i = 0; i < n; i++) {
		order[i].latest_ns = order[i].section->last_event_ns;
		if (i > 0 && strcmp(order[i - 1].section->hostname, order[i].section->hostname) == 0) {
			order[i].latest_ns = max_u64(order[i].latest_ns, order[i - 1].latest_ns);
		}
		link_section(s, order, i);
	}
	free(order);
	return 0;
}

static bool same_text(const struct str *a, const struct str *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

static bool same_process(const struct process *a, const struct process *b)
{
	return a->known && b->known && !a->has_exit && a->end_ns == 0 && b->from_scan && a->pid == b->pid &&
	       same_text(a->comm, b->comm) && same_text(a->exe, b->exe) && same_text(a->args, b->args);
}

/* Gives each process of a section its number; those of its snapshot that lived in the previous one keep it. */
static int number_section(struct series *s, uint32_t at)
{
	struct member *m = &s->members[at];
	struct map by_pid;
	int rc = 0;

	map_init(&by_pid);
	if (m->previous != UINT32_MAX) {
		const struct member *p = &s->members[m->previous];

		for (uint32_t i = 0; i < p->part_count && rc == 0; i++) {
			const struct process *proc = state_process(p->section->state, i);

			if (!proc->has_exit && proc->known) {
				rc = map_set(&by_pid, (uint64_t)proc->pid, i + (uintptr_t)1);
			}
		}
	}
	for (uint32_t i = 0; i < m->part_count && rc == 0; i++) {
		const struct process *proc = state_process(m->section->state, i);
		uintptr_t before = map_get(&by_pid, (uint64_t)proc->pid);
		struct part *part = &m->parts[i];
		struct global *g;

		part->next_section = UINT32_MAX;
		if (before != 0 &&
		    same_process(state_process(s->members[m->previous].section->state,
					       (uint32_t)(before - 1)), proc)) {
			struct part *earlier = &s->members[m->previous].parts[before - 1];

			part->global = earlier->global;
			earlier->next_section = at;
			earlier->next_id = i;
			(void)map_del(&by_pid, (uint64_t)proc->pid);
		} else {
			part->global = s->global_count++;
			s->globals[part->global].first_section = at;
			s->globals[part->global].first_id = i;
		}
		g = &s->globals[part->global];
		g->last_section = at;
		g->last_id = i;
	}
	map_release(&by_pid);
	return rc;
}

/* Earlier sections first, whatever the order of the files. */
static int number_processes(struct series *s)
{
	size_t total = 1;
	int rc = 0;

	for (uint32_t i = 0; i < s->member_count; i++) {
		total += s->members[i].part_count;
	}
	s->globals = calloc(total, sizeof(*s->globals));
	if (s->globals == NULL) {
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < s->member_count && rc == 0; i++) {
		if (s->members[i].previous != UINT32_MAX) {
			continue;
		}
		for (uint32_t at = i; at != UINT32_MAX && rc == 0; at = s->members[at].continued_by) {
			rc = number_section(s, at);
		}
	}
	return rc;
}

int series_new(struct source *const *sources, uint32_t count, struct series **ret_s, struct err *e)
{
	struct series *s = calloc(1, sizeof(*s));

	if (s == NULL || add_members(s, sources, count) != 0 || link_sections(s) != 0 ||
	    number_processes(s) != 0) {
		series_free(s);
		return err_nomem(e, "the list of processes");
	}
	*ret_s = s;
	return 0;
}

uint32_t series_section_count(const struct series *s)
{
	return s->member_count;
}

const struct section *series_section(const struct series *s, uint32_t i)
{
	return s->members[i].section;
}

uint32_t series_section_of_slot(const struct series *s, uint32_t slot)
{
	return slot < s->slot_count ? s->by_slot[slot] : UINT32_MAX;
}

uint32_t series_previous(const struct series *s, uint32_t section)
{
	return s->members[section].previous;
}

uint32_t series_process_count(const struct series *s)
{
	return s->global_count;
}

uint32_t series_process(const struct series *s, uint32_t section, uint32_t id)
{
	const struct member *m = &s->members[section];

	return id < m->part_count ? m->parts[id].global : UINT32_MAX;
}

static const struct process *part_of(const struct series *s, uint32_t section, uint32_t id)
{
	return state_process(s->members[section].section->state, id);
}

const struct process *series_first(const struct series *s, uint32_t process, uint32_t *ret_section)
{
	*ret_section = s->globals[process].first_section;
	return part_of(s, *ret_section, s->globals[process].first_id);
}

const struct process *series_last(const struct series *s, uint32_t process, uint32_t *ret_section)
{
	*ret_section = s->globals[process].last_section;
	return part_of(s, *ret_section, s->globals[process].last_id);
}

const struct process *series_next_part(const struct series *s, uint32_t *io_section, uint32_t *io_id)
{
	const struct part *p = &s->members[*io_section].parts[*io_id];

	if (p->next_section == UINT32_MAX) {
		return NULL;
	}
	*io_section = p->next_section;
	*io_id = p->next_id;
	return part_of(s, *io_section, *io_id);
}
