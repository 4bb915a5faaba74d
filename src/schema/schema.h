/*
 * schema.h - what the program knows about event types: names, parameters, flags, and how
 * older layouts map onto today's.
 *
 * Every table behind this header is generated at build time by gen_schema.c from the one
 * data file events.json (types 0 to SCHEMA_EVENTS - 1, contiguous). Generated headers:
 *   gen/schema_codes.h   enum EV_... event codes (PPME_SYSCALL_OPEN_X is EV_SYSCALL_OPEN_X),
 *                        SCHEMA_EVENTS, SC_... internal codes of system calls,
 *                        SCHEMA_SYSCALLS, PPM_... constants as an enum
 * All data is constant; any thread may read it.
 */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include "base/base.h"
#include "gen/schema_codes.h"

/* Parameter types; the numbers are those of the data file. */
enum param_type {
	PT_NONE = 0, PT_INT8, PT_INT16, PT_INT32, PT_INT64, PT_UINT8, PT_UINT16, PT_UINT32,
	PT_UINT64, PT_CHARBUF, PT_BYTEBUF, PT_ERRNO, PT_SOCKADDR, PT_SOCKTUPLE, PT_FD, PT_PID,
	PT_FDLIST, PT_FSPATH, PT_SYSCALLID, PT_SIGTYPE, PT_RELTIME, PT_ABSTIME, PT_PORT,
	PT_L4PROTO, PT_SOCKFAMILY, PT_BOOL, PT_IPV4ADDR, PT_DYN, PT_FLAGS8, PT_FLAGS16,
	PT_FLAGS32, PT_UID, PT_GID, PT_DOUBLE, PT_SIGSET, PT_CHARBUFARRAY,
	PT_CHARBUF_PAIR_ARRAY, PT_IPV4NET, PT_IPV6ADDR, PT_IPV6NET, PT_IPADDR, PT_IPNET,
	PT_MODE, PT_FSRELPATH, PT_ENUMFLAGS8, PT_ENUMFLAGS16, PT_ENUMFLAGS32, PT_FD32, PT_PID32,
	PT_COUNT
};

/* How numbers print. */
enum param_fmt { FMT_NA, FMT_DEC, FMT_HEX, FMT_PADDED_DEC, FMT_ID, FMT_DIR, FMT_OCT };

/* Event flags, as in the data file. */
enum {
	EF_CREATES_FD = 1, EF_DESTROYS_FD = 2, EF_USES_FD = 4, EF_READS_FROM_FD = 8,
	EF_WRITES_TO_FD = 16, EF_MODIFIES_STATE = 32, EF_UNUSED = 64, EF_WAITS = 128,
	EF_SKIPPARSERESET = 256, EF_OLD_VERSION = 512, EF_DROP_SIMPLE_CONS = 1024,
	EF_LARGE_PAYLOAD = 2048, EF_CONVERTER_MANAGED = 4096,
};

/* Categories, densely numbered for use as array index; schema_category_name() gives the text. */
enum event_category {
	EC_UNKNOWN, EC_OTHER, EC_FILE, EC_NET, EC_IPC, EC_MEMORY, EC_PROCESS, EC_SLEEP, EC_SYSTEM,
	EC_SIGNAL, EC_USER, EC_TIME, EC_PROCESSING, EC_IO_READ, EC_IO_WRITE, EC_IO_OTHER, EC_WAIT,
	EC_SCHEDULER, EC_INTERNAL, EC_COUNT
};

enum event_source {
	ES_NONE, ES_SYSCALL, ES_TRACEPOINT, ES_PLUGIN, ES_METAEVENT, ES_ITER, ES_COUNT
};

struct schema_name_value {
	const char *name;
	uint32_t value;
	uint32_t len;		/* of the name */
};

/* Rows in printing order: a combination before its parts. */
struct schema_flags {
	const char *name;
	const struct schema_name_value *rows;
	unsigned int count;
};

struct schema_dyn_row {
	uint8_t type;		/* enum param_type */
	uint8_t fmt;		/* enum param_fmt */
};

struct schema_dyn {
	const char *name;
	const struct schema_dyn_row *rows;	/* indexed by the selector byte */
	unsigned int count;
};

struct schema_param {
	const char *name;
	uint8_t type;				/* enum param_type */
	uint8_t fmt;				/* enum param_fmt */
	uint8_t size;				/* bytes when fixed, 0 when variable */
	int8_t dirfd_param;			/* PT_FSRELPATH: index of its directory fd, else -1 */
	uint8_t name_len;
	const struct schema_flags *flags;	/* NULL unless a flags or enum type (or mode) */
	const struct schema_dyn *dyn;		/* NULL unless PT_DYN */
};

struct schema_event {
	const char *name;		/* "open" */
	const char *enum_name;		/* "PPME_SYSCALL_OPEN_E" */
	const struct schema_param *params;
	uint16_t flags;			/* EF_ */
	uint8_t nparams;
	uint8_t category;		/* enum event_category */
	uint8_t source;			/* enum event_source */
	int8_t fd_param;		/* index of the fd the event works on, -1: none */
	int8_t res_param;		/* 0 when parameter 0 is named res or fd and the event is an exit, else -1 */
	bool is_exit;			/* dir "<" */
};

extern const struct schema_event schema_events[SCHEMA_EVENTS];

/*
 * What the text of a parameter needs beyond its own bytes: objects the fold resolves. One row per
 * parameter of today's layout that needs one, in the order of the parameters.
 */
enum ref_kind { REF_NONE, REF_THREAD, REF_FD, REF_FDLIST, REF_USER, REF_GROUP, REF_DIR };

struct schema_ref {
	uint8_t param;
	uint8_t kind;		/* enum ref_kind; REF_FDLIST: as many as the list has entries */
};

struct schema_refs {
	const struct schema_ref *rows;
	uint8_t count;
	bool has_list;		/* a row is REF_FDLIST: the number of objects varies */
};

extern const struct schema_refs schema_refs[SCHEMA_EVENTS];

/*
 * Conversion: where each parameter of today's layout of an event comes from. One row per
 * (type, number of stored parameters) that needs anything but "as stored". Chains of rules
 * (execve of 2014 to execve of today) are composed by the generator, so one look-up is enough.
 */
enum conv_action {
	CONV_KEEP,		/* an event of its own */
	CONV_DROP,		/* superseded or unused: not shown, not numbered, no state */
	CONV_STORE,		/* enter event: remembered for its exit, not shown */
	CONV_PASS,		/* enter event: shown and numbered; also remembered for its exit */
	CONV_CONTAINER,		/* old container event: its own four parameters stand for the JSON */
};

enum conv_from {
	FROM_OWN,		/* parameter index of the event itself */
	FROM_ENTER,		/* parameter index of the pending enter event, as stored there */
	FROM_DEFAULT,		/* zero of the parameter's size (all ones for uid and gid) */
	FROM_EMPTY,		/* no value */
	FROM_OWN_DYN,		/* FROM_OWN, but skip the one-byte selector of a PT_DYN value */
};

struct conv_source {
	uint8_t from;		/* enum conv_from */
	uint8_t index;
	uint8_t if_missing;	/* FROM_ENTER without enter: FROM_DEFAULT or FROM_EMPTY */
};

struct schema_conv {
	uint16_t type;				/* type in today's layout */
	uint8_t action;				/* enum conv_action */
	uint8_t nparams;			/* parameters after conversion */
	const struct conv_source *sources;	/* nparams rows; NULL: all FROM_OWN, same index */
};

/* Row 0 is the identity (CONV_KEEP, sources NULL, type meaningless). */
extern const struct schema_conv schema_convs[];

/* Index into schema_convs for a type below SCHEMA_EVENTS and a stored count (clamped to 33). */
#define SCHEMA_CONV_PARAMS 34
extern const uint16_t schema_conv_index[SCHEMA_EVENTS][SCHEMA_CONV_PARAMS];

/* The four codes that sysdig 0.20.0 used otherwise (292..295): today's code, or 0 when the code
 * is none of them. Applies to V1 event blocks in sections with minor version 0. */
uint16_t schema_legacy_code(uint16_t type);

/* Names of numbers; NULL when unknown. */
const char *schema_errno_name(uint64_t err);		/* 2: "ENOENT" */
const char *schema_signal_name(unsigned int sig);	/* 9: "SIGKILL" */
const char *schema_capability_name(unsigned int bit);
const char *schema_syscall_name(unsigned int code);	/* internal syscall code, not native */
const char *schema_category_name(unsigned int category);
/* A flags table by its name in the data file ("file_flags"), or NULL. */
const struct schema_flags *schema_flags_by_name(const char *name);

/* Highest stored-parameter count any release used with this type. */
unsigned int schema_max_params(uint16_t type);

#endif
