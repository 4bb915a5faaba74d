/*
 * args.h - arguments of the event at hand as text: what lies between events/text.h and the objects
 * the fold has resolved for a batch.
 */
#ifndef FILTER_ARGS_H
#define FILTER_ARGS_H

#include "events/text.h"
#include "filter/fields.h"

/* A text context whose objects are found through c. Borrows c. */
struct text_ctx args_text(const struct field_ctx *c);

#endif
