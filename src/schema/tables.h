/*
 * tables.h - the generated arrays behind schema.h that only schema.c reads directly.
 *
 * gen_schema.c prints their definitions (gen/schema_tables.c) from events.json.
 */
#ifndef SCHEMA_TABLES_H
#define SCHEMA_TABLES_H

#include "schema/schema.h"

/* Names by number; NULL where the number has none. */
struct schema_names {
	const char *const *names;
	unsigned int count;
};

extern const struct schema_names schema_errno_names;
extern const struct schema_names schema_signal_names;
extern const struct schema_names schema_capability_names;
extern const struct schema_names schema_syscall_names;

/* All flags tables, in the order of the data file. */
extern const struct schema_flags schema_flag_tables[];
extern const unsigned int schema_flag_tables_count;

/* Codes one old release used otherwise: as stored, today's. */
struct schema_legacy {
	uint16_t stored;
	uint16_t today;
};

extern const struct schema_legacy schema_legacy_codes[];
extern const unsigned int schema_legacy_codes_count;

/* Highest parameter count any release stored, by type. */
extern const uint8_t schema_max_stored[SCHEMA_EVENTS];

/* Rows of schema_convs. */
extern const unsigned int schema_convs_count;

#endif
