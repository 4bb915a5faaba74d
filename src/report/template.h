/*
 * template.h - texts with {{slots}}: the page and the gnuplot script.
 */
#ifndef REPORT_TEMPLATE_H
#define REPORT_TEMPLATE_H

#include "report/sink.h"

struct template_slot {
	const char *name; /* as between the braces */
	void (*emit)(struct sink *s, const void *arg);
};

/* Writes text with every {{name}} replaced by what its slot emits. A name without a slot is our bug
 * (asserted). Braces in what a slot emits mean nothing. */
void template_expand(struct sink *s, const char *text, size_t len,
		     const struct template_slot *slots, size_t slot_count, const void *arg);

#endif
