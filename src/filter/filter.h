/*
 * filter.h - the filter language of sysdig and Falco, and the display-filter spelling of the same, compiled
 * once to a flat program.
 *
 *   evt.type = execve and proc.name in (bash, sh)        words as in Falco's rules
 *   evt.type == "execve" && proc.name in {"bash", "sh"}  the same, as Stratoshark and Wireshark spell it
 *
 * One grammar reads both: an operator, a bracket or a connective is of one spelling or of the other by how it
 * is written, so each check of an expression may be in either, and what both have means the same in both.
 *
 *   expression   checks, each behind any number of "not" "!", joined by "and" "&&", "xor" "^^", "or" "||" (the
 *                tightest first), parentheses, macros
 *   check        field | field operator value | transformer(field, ...) operator value; a field alone: exists
 *   bits         field & number, field bitand number, also of a transformer and in braces, in the place of a field:
 *                those of a whole number that are set in both; alone: is any of them set?
 *   field        name, name[argument], name.argument; of texts and bytes then [slice]: [from:length]
 *                [from-to] [from] [:length] [from:], several with commas; negative: from the end; a value
 *                that does not reach so far is none. Behind a field that takes an argument the first brackets
 *                are the argument's
 *   operators    = == eq   != ne   < lt   <= le   > gt   >= ge
 *                contains icontains bcontains   startswith bstartswith endswith   glob iglob
 *                regex (the whole value)   matches ~ (any part, without case)
 *                in (a, b)   in {a, b 1..5}   not in   intersects   pmatch   exists
 *                of fields with several values: === all_eq   !== ~= any_ne   any_eq   all_ne
 *                = != and those of texts also with oneof (...), anyof (...), allof (...)
 *   value        a bare word (up to a blank, ( ) " ' = , && or ||), 'text', "text", r"text as it is",
 *                val(field), a transformer
 *   transformers tolower toupper b64 basename len join concat getopt; lower and upper: the first two
 *
 * A comparison whose field has no value is false, for every operator; "not" of it is true.
 *
 * Where one could ask what is meant:
 *   - A bare word is a text, never a field: "proc.name = proc.pname" compares with that very text,
 *     "proc.name = val(proc.pname)" with the field.
 *   - A quote closes at the next one of its kind that has no backslash right before it: "a\\" is not closed.
 *     Escapes: \b \f \n \r \t \\ \/ \xHH, the quote's own, and a backslash with a blank, which is a backslash.
 *     Behind matches, what is no escape stays for the regular expression: "\.txt" and "\\.txt" are the same.
 *   - Of a field with two values (fd.ip, fd.port, fd.net, ip.addr, tcp.port, ...) = holds when any equals, !=
 *     when all differ, as in sysdig and in Wireshark 4; of ancestors without number (proc.aname) every
 *     operator holds when it does for any, != too; of sets (fd.types) there are only in (all of its values
 *     are in the list), intersects (any is) and exists.
 *   - In parentheses stand words; 1..5 is a range in braces only. Bare aa:bb:cc is bytes for fields of
 *     packets and slices, text for fields of events; so is 0800 where a slice of two bytes is compared with it.
 *   - "&" takes one number and is not "&&", nor is it looked for in bare words. It binds tighter than every
 *     operator: "tcp.flags & 0x12 == 0x12". A number below zero is two's complement of 64 bits there. Those that
 *     begin with 0 and a digit are octal in Wireshark: refused.
 *   - Numbers: decimal or 0x, with sign. Addresses may have a prefix (10.0.0.0/8); networks (fd.net) must.
 *     Ports may be names of services (ports.def). Truth: true, false, 1, 0.
 *   - regex and matches work on bytes and are PCRE2: see regex.h.
 *   - An identifier alone is a macro of the library, else a field without a dot (tcp). In a list, and behind
 *     in, intersects, pmatch, it is a list of the library, else a text.
 *
 * A filter is put to events when it names at least one field of events, to packets when it names at least one
 * of packets: "not proc.name = sshd" passes no packet, "tcp.port = 22 or fd.port = 22" is put to both.
 *
 * Compiled on the main thread; a struct filter is constant afterwards and shared by all workers, each with a
 * filter_state of its own. Evaluation allocates nothing (but for transformers' texts, in the context's arena).
 */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H

#include "filter/fields.h"
#include "schema/schema.h"

struct filter;
struct filter_state;

/* Named pieces: macros, lists and whole filters. Borrowed by filter_new only while it compiles. */
struct filter_library;
struct filter_library *filter_library_new(void);	/* NULL: no memory */
void filter_library_free(struct filter_library *lib);
/* A macro's text may use macros and lists defined before it; an item of a list that names a list defined
 * before is that list's items. What is defined again takes the place of the old one, also for all that uses
 * it. ERR_USAGE: e names the macro and the column; it stays undefined, or as it was. */
int filter_library_macro(struct filter_library *lib, const char *name, const char *text, struct err *e);
int filter_library_list(struct filter_library *lib, const char *name, const char *const *items,
			size_t count, struct err *e);

/* ERR_USAGE: e tells what is wrong, at which column (from 1; in characters), and the nearest known field. lib
 * may be NULL. Nesting deeper than LIMIT_FILTER_DEPTH (with a library, LIMIT_FILTER_RULES_DEPTH) and programs
 * of more than LIMIT_FILTER_STEPS are refused. */
int filter_new(const char *text, const struct filter_library *lib, struct filter **ret_f, struct err *e);
void filter_free(struct filter *f);

enum { FILTER_OF_EVENTS = 1, FILTER_OF_PACKETS = 2, FILTER_JOINED = 4 };
unsigned int filter_kinds(const struct filter *f);
/* WANT_ bits and WANT_FOLD that its fields of events need. */
unsigned int filter_wants(const struct filter *f);

/* The i-th name that evt.type or syscall.type is compared with as a whole and that no event has, with those that are
 * nearest: "no event type is named 'opne'; nearest: open", for a note. Each once, up to 8. False: no more. */
bool filter_doubt(const struct filter *f, unsigned int i, char *out, size_t out_size);

/* Types of events, by today's code (event.type), that can match at all: an event of another type need not be
 * looked at. */
#define FILTER_TYPE_WORDS ((SCHEMA_EVENTS + 63) / 64)
struct filter_types {
	uint64_t bits[FILTER_TYPE_WORDS];
	bool unknown; /* of types beyond the schema */
};
static inline bool filter_types_has(const struct filter_types *t, unsigned int type)
{
	return type < SCHEMA_EVENTS ? (t->bits[type / 64] >> (type % 64) & 1) != 0 : t->unknown;
}
const struct filter_types *filter_types(const struct filter *f);

/* Memory of one worker for one filter. */
int filter_state_new(const struct filter *f, struct filter_state **ret_st, struct err *e);
void filter_state_free(struct filter_state *st);
/* Matches of regular expressions that were given up (LIMIT_REGEX_STEPS): each counted as "does not match". */
uint64_t filter_gave_up(const struct filter_state *st);

/* Does the subject of c (event or packet) pass? The type of an event is looked at first. st is this worker's. */
bool filter_match(const struct filter *f, struct filter_state *st, struct field_ctx *c);

#endif
