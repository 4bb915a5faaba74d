/*
 * print_verbose.h - all that is known of an event or packet, below its line: `thresher print -V`.
 *
 *     evt.arg.res             -2(ENOENT)
 *     fd.name                 /etc/hosts
 *     proc.aname[1]           bash (1234) bash -i
 *
 * One line per field that has a value, by the name that filters and formats know it by; every field of the table but
 * those that say again what others say. Switches that are off and empty texts are left out.
 */
#ifndef CLI_PRINT_VERBOSE_H
#define CLI_PRINT_VERBOSE_H

#include "filter/fields.h"

struct print_verbose {
	bool colour;
	bool joined; /* fields of the join have values */
	struct field_use *events; /* owns; rows in the order of the table */
	struct field_use *packets; /* owns */
	size_t event_count, packet_count;
};

/* 0 or ERR_NOMEM. wants: what the fold has to do for it. */
int print_verbose_init(struct print_verbose *v, bool colour, bool joined, unsigned int *ret_wants, struct err *e);
void print_verbose_release(struct print_verbose *v);

/* Appends lines, each with a line end in front of it. Any worker. */
void print_verbose(const struct print_verbose *v, struct field_ctx *c, struct buf *out);

#endif
