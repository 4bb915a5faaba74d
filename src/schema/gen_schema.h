/*
 * gen_schema.h - shared by the files of the generator only: the data file in memory, and what the
 * conversion rules come out as. One thread, during the build.
 */
#ifndef SCHEMA_GEN_SCHEMA_H
#define SCHEMA_GEN_SCHEMA_H

#include "base/base.h"

#include <jansson.h>

#define MAX_EVENTS 1024 /* codes of the data file, far above its 454 */
#define MAX_PARAMS 40
#define MAX_COUNTS 34 /* SCHEMA_CONV_PARAMS */
#define MAX_CONVS (MAX_EVENTS * 4)
#define MAX_STEPS 32 /* of one chain; the longest is about a dozen */
#define MAX_NAMES 4096

/* As in schema.h, which cannot be included before its codes exist. */
enum { FROM_OWN, FROM_ENTER, FROM_DEFAULT, FROM_EMPTY, FROM_OWN_DYN, FROM_COUNT };
enum { CONV_KEEP, CONV_DROP, CONV_STORE, CONV_PASS, CONV_CONTAINER, CONV_COUNT };

struct source {
	unsigned int from, index, if_missing;
};

/* An event on its way through the rules: today's type and where each parameter comes from. */
struct layout {
	unsigned int type, n, action;
	struct source src[MAX_PARAMS];
};

struct event_info {
	json_t *json, *params;
	unsigned int nparams, max_stored;
	bool is_exit, unused, old, managed;
	json_t *rules[MAX_COUNTS]; /* by number of parameters */
	json_t *changed[MAX_COUNTS]; /* layouts that only one old release used; same key */
};

extern struct event_info gen_events[MAX_EVENTS];
extern unsigned int gen_event_count;

/* Says what is wrong with the data file and ends the build. */
_Noreturn void gen_die(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Members of an object that must be there, of their type and below a bound. */
json_t *gen_get(json_t *object, const char *key);
const char *gen_text(json_t *object, const char *key);
unsigned int gen_uint(json_t *object, const char *key, unsigned int below);

/* "PT_FD": type of parameter i of an event. */
const char *gen_param_type(unsigned int code, unsigned int i);

/*
 * All conversions. Rows are found once however many (type, count) share them; row 0 is the
 * identity. index[code][stored] is the row of an event type stored with so many parameters.
 */
struct gen_convs {
	struct layout rows[MAX_CONVS];
	unsigned int count;
	unsigned int index[MAX_EVENTS][MAX_COUNTS];
};

void gen_follow_rules(struct gen_convs *convs);

#endif
