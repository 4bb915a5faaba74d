/*
 * series.h - processes over all sources: which ones of different sections are one.
 *
 * A rotated series is one host's capture cut into consecutive files, each beginning with a snapshot of the
 * processes that live. Two sections follow one another when both name the same host (and boot time, where
 * recorded) and the second begins within SERIES_GAP_NS after the first ends, or overlaps it by less than that. A
 * process of the second's snapshot is then the process of the first with the same pid, program and arguments that had
 * not ended. Nothing else is joined: equal names alone prove nothing.
 */
#ifndef STATS_SERIES_H
#define STATS_SERIES_H

#include "base/err.h"
#include "readers/source.h"
#include "state/state.h"

#define SERIES_GAP_NS (60 * NSEC_PER_SEC)

struct series;

/* sources borrowed until series_free. */
int series_new(struct source *const *sources, uint32_t count, struct series **ret_s, struct err *e);
void series_free(struct series *s);

/* Sections with state, in report order (source, then section). */
uint32_t series_section_count(const struct series *s);
const struct section *series_section(const struct series *s, uint32_t i);
/* Position of a section in that order by its slot, or UINT32_MAX. */
uint32_t series_section_of_slot(const struct series *s, uint32_t slot);

/* Section that this one continues, or UINT32_MAX. */
uint32_t series_previous(const struct series *s, uint32_t section);

/* Processes of the whole run, numbered from 0: each process of each section, joined ones once. Numbers
 * follow the order of first appearance (section, id). */
uint32_t series_process_count(const struct series *s);
uint32_t series_process(const struct series *s, uint32_t section, uint32_t id);
/* First and last part of a process: (section, process of that section). */
const struct process *series_first(const struct series *s, uint32_t process, uint32_t *ret_section);
const struct process *series_last(const struct series *s, uint32_t process, uint32_t *ret_section);
/* The next later part of the same process, or NULL. Start with *io_section, *io_id of series_first. */
const struct process *series_next_part(const struct series *s, uint32_t *io_section, uint32_t *io_id);

#endif
