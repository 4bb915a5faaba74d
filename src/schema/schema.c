/*
 * schema.c - look-ups over the generated tables: names of numbers, legacy codes.
 *
 * Reads only constant data; any thread.
 */
#include "schema/schema.h"

#include "schema/tables.h"

static const char *name_of(const struct schema_names *table, uint64_t number)
{
	return number < table->count ? table->names[number] : NULL;
}

uint16_t schema_legacy_code(uint16_t type)
{
	for (unsigned int i = 0; i < schema_legacy_codes_count; i++) {
		if (schema_legacy_codes[i].stored == type) {
			return schema_legacy_codes[i].today;
		}
	}
	return 0;
}

const char *schema_errno_name(uint64_t err)
{
	return name_of(&schema_errno_names, err);
}

const char *schema_signal_name(unsigned int sig)
{
	return name_of(&schema_signal_names, sig);
}

const char *schema_capability_name(unsigned int bit)
{
	return name_of(&schema_capability_names, bit);
}

const char *schema_syscall_name(unsigned int code)
{
	return name_of(&schema_syscall_names, code);
}

const char *schema_category_name(unsigned int category)
{
	static const char *const names[EC_COUNT] = {
		[EC_UNKNOWN] = "unknown",
		[EC_OTHER] = "other",
		[EC_FILE] = "file",
		[EC_NET] = "net",
		[EC_IPC] = "ipc",
		[EC_MEMORY] = "memory",
		[EC_PROCESS] = "process",
		[EC_SLEEP] = "sleep",
		[EC_SYSTEM] = "system",
		[EC_SIGNAL] = "signal",
		[EC_USER] = "user",
		[EC_TIME] = "time",
		[EC_PROCESSING] = "processing",
		[EC_IO_READ] = "io_read",
		[EC_IO_WRITE] = "io_write",
		[EC_IO_OTHER] = "io_other",
		[EC_WAIT] = "wait",
		[EC_SCHEDULER] = "scheduler",
		[EC_INTERNAL] = "internal",
	};

	return category < EC_COUNT ? names[category] : NULL;
}

const struct schema_flags *schema_flags_by_name(const char *name)
{
	for (unsigned int i = 0; i < schema_flag_tables_count; i++) {
		if (strcmp(schema_flag_tables[i].name, name) == 0) {
			return &schema_flag_tables[i];
		}
	}
	return NULL;
}

unsigned int schema_max_params(uint16_t type)
{
	return type < SCHEMA_EVENTS ? schema_max_stored[type] : 0;
}
