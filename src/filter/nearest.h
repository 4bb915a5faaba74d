/*
 * nearest.h - which names did they mean? Main thread only.
 */
#ifndef FILTER_NEAREST_H
#define FILTER_NEAREST_H

#include "base/base.h"

/* Writes up to three names of the field table that are most like name, separated by ", ". False:
 * none is near. */
bool nearest_fields(const char *name, size_t len, char *out, size_t out_size);
/* The same of names of event types and of system calls, which are many and short: only the nearest of them. */
bool nearest_event_types(const char *name, size_t len, char *out, size_t out_size);

/* What evt.type can be, but for asynchronous events: names of types, then of system calls that are generic events; some
 * come more than once. NULL: no more. */
const char *event_type_name(size_t i);

#endif
