/*
 * templates.h - the files of reports/templates/, embedded at build (the Makefile's rule for
 * build/gen/templates.c). Each is template_FILE with dots as underscores; NUL-terminated, the
 * length is without the NUL.
 */
#ifndef REPORT_TEMPLATES_H
#define REPORT_TEMPLATES_H

#include "base/base.h"

#define TEMPLATE_X(name)                     \
	extern const char template_##name[]; \
	extern const size_t template_##name##_len;

TEMPLATE_X(page_html)
TEMPLATE_X(page_css)
TEMPLATE_X(page_values_js)
TEMPLATE_X(page_table_js)
TEMPLATE_X(page_trees_js)
TEMPLATE_X(page_js)
TEMPLATE_X(plot_gp)

#undef TEMPLATE_X

#endif
