/*
 * fields.h - the fields of the Falco and sysdig language: a table of names, each with a typed
 * value taken from one stamped event or dissected packet.
 *
 *   struct field         one row: name, type, argument rule, what it costs, how it is had; of events, of packets, or of both
 *   struct field_use     a row with its argument, as named in one format or filter
 *   struct field_ctx     the event at hand and the memory values are built in
 *   struct field_value   what comes out: number, text, bytes, list, ...; no value is a false return
 *
 * The subject at hand is one event or one packet. A field of the other kind has no value.
 *
 * A value borrows from the batch, from the state's views or from the context; it is good until the
 * next field_ctx_event or field_ctx_packet. Tables are constant; a field_ctx belongs to one thread.
 */
#ifndef FILTER_FIELDS_H
#define FILTER_FIELDS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "events/event.h"
#include "readers/batch.h"
#include "readers/source.h"
#include "state/state.h"

enum value_kind {
	VALUE_UINT, /* v.u */
	VALUE_INT, /* v.s */
	VALUE_DOUBLE, /* v.f */
	VALUE_BOOL, /* v.u, 0 or 1 */
	VALUE_TEXT, /* v.text, len bytes as captured, not terminated */
	VALUE_BYTES, /* v.text, len bytes */
	VALUE_IP, /* v.text, 4 or 16 bytes in network order */
	VALUE_LIST, /* v.items, len values */
};

struct field_value {
	uint8_t kind; /* enum value_kind */
	uint32_t len;
	union {
		uint64_t u;
		int64_t s;
		double f;
		const char *text;
		const struct field_value *items;
	} v;
};

enum field_arg {
	ARG_NONE,
	ARG_OPTIONAL, /* [n] or [text] */
	ARG_REQUIRED,
	ARG_REQUIRED_DOT, /* [x] or .x behind the name */
	ARG_OPTIONAL_DOT,
};

enum {
	FIELD_LIST = 1, /* several values without argument, of which any one may match; printed joined by blanks */
	FIELD_PRINT_ONLY = 2, /* has no typed value: of no use in a filter */
	FIELD_DELTA = 4, /* depends on the line printed before: see format.h */
	FIELD_OURS = 8, /* not in sysdig or Falco */
	FIELD_SAFE = 16, /* its text needs no escaping: made by us, or escaped already */
	FIELD_PACKET = 32, /* of packets; without it, of events */
	FIELD_BOTH = 64, /* of events and of packets alike: the function looks at what the subject is */
	FIELD_JOINED = 128, /* tells what the pass before joined (field_settings.lookup); no value without one */
	FIELD_FILTER_ONLY = 256, /* compares with either of two values (fd.ip, ip.addr): nothing to print */
	FIELD_NO_RHS = 512, /* not on the right side of a comparison */
	FIELD_NO_TRANSFORM = 1024,
	FIELD_DEPRECATED = 2048, /* upstream's help hides it */
	FIELD_SET = 4096, /* a list in the language's sense: only in, intersects and exists; printed as (a,b) */
	FIELD_WITHIN = 8192, /* = and == mean "at most": evt.around */
	FIELD_ARG_NUMBER = 16384, /* the argument is a number */
};

/* Beside the WANT_ bits of state.h: the value needs the fold's stamps. */
#define WANT_FOLD (1u << 31)

struct container_memory;
struct field_ctx;
struct field_use;
struct layer;
struct lookup;
struct packet_facts;

typedef bool field_value_fn(struct field_ctx *c, const struct field_use *u,
			    struct field_value *ret_v);
/* Appends the text as captured (or, with FIELD_SAFE, as shown). On false nothing is added. */
typedef bool field_text_fn(struct field_ctx *c, const struct field_use *u, struct buf *out);

struct field {
	const char *name;
	uint8_t type; /* enum param_type: what a filter compares as */
	uint8_t fmt; /* enum param_fmt: how a number prints */
	uint8_t arg; /* enum field_arg */
	uint16_t flags; /* FIELD_ */
	unsigned int wants; /* WANT_ of state.h, WANT_FOLD */
	/* At least one. With both, text prints and value is for filters and JSON; with text alone
	 * the value is that text. */
	field_value_fn *value;
	field_text_fn *text;
	int which; /* told to the functions through u->field: one function, several rows */
	const char *help;
};

struct field_use {
	const struct field *field;
	const char *arg; /* NULL: none; NUL-terminated, owned by the use */
	int64_t index; /* arg as a number, -1 when it is none */
};

enum time_style {
	TIME_OF_DAY = 'h',
	TIME_EPOCH = 'a',
	TIME_ISO = 'i',
	TIME_RELATIVE = 'r',
	TIME_LATENCY = 'd',
	TIME_DELTA = 'D',
};

/* What is the same for a whole run. */
struct field_settings {
	bool raw; /* events as stored, enter and exit */
	unsigned int wants; /* what the fold of this run was asked for: tells where refs lie */
	bool local_time;
	uint8_t time_style; /* enum time_style: evt.outputtime */
	const struct lookup *lookup; /* join/lookup.h: of the pass before, for FIELD_JOINED; NULL: none */
};

struct field_ctx {
	const struct field_settings *set;
	const struct batch *batch;
	const struct event *ev; /* NULL: the subject is a packet */
	const struct packet *packet; /* NULL: the subject is an event */
	const struct layer *layer; /* of the packet: the innermost (net/layer_walk.h); NULL: not dissected */
	struct packet_facts *facts; /* owned: what fields_packet.c has read of the packet's payload; NULL: never needed yet */
	bool facts_ready; /* facts are of this packet */
	uint64_t num; /* ordinal of the event (of the packet) in its source */
	uint32_t position; /* of the event (of the packet) in the batch */
	struct arena arena; /* values built for this event */
	bool arena_used;
	struct buf tmp; /* text being built */
	struct buf tmp2; /* text being built while tmp is in use */
	struct container_memory *containers; /* owned: JSON texts of this batch, parsed (container_json.h); NULL: none yet */
	/* Time of day of one second, kept from event to event. */
	uint64_t clock_sec;
	char clock[9]; /* "HH:MM:SS" */
	char date[11]; /* "YYYY-MM-DD" */
	bool clock_valid;
};

/* A context for the events of one batch after another. settings is borrowed. */
void field_ctx_init(struct field_ctx *c, const struct field_settings *settings);
void field_ctx_release(struct field_ctx *c);

/* Forgets what was kept of the batch before. */
void field_ctx_forget(struct field_ctx *c);

static inline void field_ctx_batch(struct field_ctx *c, const struct batch *b)
{
	if (UNLIKELY(c->containers != NULL)) {
		field_ctx_forget(c);
	}
	c->batch = b;
}

static inline void field_ctx_event(struct field_ctx *c, const struct event *ev, uint64_t num,
				   uint32_t position)
{
	if (UNLIKELY(c->arena_used)) {
		arena_reset(&c->arena);
		c->arena_used = false;
	}
	c->ev = ev;
	c->packet = NULL;
	c->num = num;
	c->position = position;
}

static inline void field_ctx_packet(struct field_ctx *c, const struct packet *p, const struct layer *l, uint64_t num,
				    uint32_t position)
{
	if (UNLIKELY(c->arena_used)) {
		arena_reset(&c->arena);
		c->arena_used = false;
	}
	c->ev = NULL;
	c->packet = p;
	c->layer = l;
	c->facts_ready = false;
	c->num = num;
	c->position = position;
}

/* All fields, class by class. */
size_t field_count(void);
const struct field *field_at(size_t i);
/* What the class of field_at(i) is called. */
const char *field_title(size_t i);

/* The row of a name without argument, or NULL. */
const struct field *field_find(const char *name, size_t len);

/*
 * Reads a field and its argument at the start of text: the longest name in the table, then [arg]
 * or, where the field allows it, .arg. *ret_len is how much was read. ERR_USAGE with the nearest
 * names in e.
 */
int field_use_parse(const char *text, struct field_use *ret_use, size_t *ret_len, struct err *e);
void field_use_release(struct field_use *u);

/* What the use compares as (enum param_type): the row's type, but for evt.rawarg that of the first parameter of that
 * name, PT_NONE when no event has one. */
unsigned int field_use_type(const struct field_use *u);
/* False: it asks for a parameter by a name that no event has (evt.arg, evt.rawarg). */
bool field_use_names_param(const struct field_use *u);

/* The typed value; false: no value, or of use in formats only. */
bool field_get(struct field_ctx *c, const struct field_use *u, struct field_value *ret_v);

/* The value as text, escaped for a terminal; false: no value (or of use in filters only), nothing added. */
bool field_print(struct field_ctx *c, const struct field_use *u, struct buf *out);

/* A time as -t asks for it, of something that is no event. False: -t asks for what only events have (a latency),
 * nothing was added. Marks as in format.h. */
bool field_print_time(struct field_ctx *c, uint64_t ts_ns, struct buf *out);

/* Any value as text for a terminal; fmt is enum param_fmt, type enum param_type. */
void field_value_print(const struct field_value *v, unsigned int type, unsigned int fmt,
		       struct buf *out);

#endif
