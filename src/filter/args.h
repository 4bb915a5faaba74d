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

/*
 * Appends the path in parameter i as captured: absolute and normalised when what it is relative to is known. That is
 * the base of parameter base (i itself, but for the target of a link): its directory fd's name, or the working
 * directory. Under a directory fd that is in no table it is "<UNKNOWN>" and the path, without a known working directory
 * the path alone. False: absent or empty.
 */
bool args_path(const struct field_ctx *c, unsigned int i, unsigned int base, struct buf *out);

#endif
