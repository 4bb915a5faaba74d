/*
 * nearest.h - which names did they mean? Main thread only.
 */
#ifndef FILTER_NEAREST_H
#define FILTER_NEAREST_H

#include "base/base.h"

/* Writes up to three names of the field table that are most like name, separated by ", ". False:
 * none is near. */
bool nearest_fields(const char *name, size_t len, char *out, size_t out_size);

#endif
