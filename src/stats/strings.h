/*
 * strings.h - how strings and ids of the state become cells: one way for all tables.
 */
#ifndef STATS_STRINGS_H
#define STATS_STRINGS_H

#include "report/result.h"
#include "state/view.h"

/* "" is unknown. */
void table_str(struct table *t, const struct str *s);
/* argv[0] and arguments joined by blanks; unknown when both are. */
void table_command_line(struct table *t, const struct str *exe, const struct str *args);
/* UID_NONE is unknown. */
void table_uid(struct table *t, uint32_t uid);
/* Container id; "host" for a known process outside of containers; else unknown. */
void table_container(struct table *t, const struct container_view *c, bool known);

#endif
