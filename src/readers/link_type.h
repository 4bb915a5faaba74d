/*
 * link_type.h - names of what packets begin with.
 */
#ifndef READERS_LINK_TYPE_H
#define READERS_LINK_TYPE_H

#include "base/base.h"

/* Name of a link layer by its number in tcpdump.org's registry, or NULL. */
const char *link_type_name(unsigned int link_type);

#endif
