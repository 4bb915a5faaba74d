/*
 * page.h - what the parts of index.html share. Private to the renderer of the page.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/result.h"
#include "report/sink.h"

/* Rows that stand in the page without JavaScript; also the first size of a page of rows. */
#define PAGE_STATIC_ROWS 50

/* page_head.c: notices that must not be missed, and the key figures. */
void page_notices(struct sink *s, const struct report *r);
void page_tiles(struct sink *s, const struct report *r);

/* page_scope.c: what the report is about: text of its title, when and where it was recorded, filter, clocks apart. */
void page_title(struct buf *b, const struct report *r);
void page_recorded(struct sink *s, const struct report *r);
void page_filter_note(struct sink *s, const struct report *r);
void page_clock_notes(struct sink *s, const struct report *r);

/* page_table.c: one table with its first rows, and all its rows as data for page.js. */
void page_table(struct sink *s, const struct report *r, const struct table *t);
void page_data(struct sink *s, const struct table *t);
/* One row of it: an array. */
void page_data_row(struct buf *b, const struct table *t, const struct cell *cells);

/* page_trees.c: the slowest request trees of table spans; nothing where there are none. */
bool page_has_trees(const struct report *r);
void page_trees(struct sink *s, const struct report *r);

/* page_absent.c: is this table empty because the input holds nothing of its kind? It is not shown then; the notes say
 * which ones. */
bool page_is_absent(const struct report *r, const struct table *t);
void page_absent_notes(struct sink *s, const struct report *r);

/* Text of ours or of the capture, escaped. */
void page_text(struct buf *b, const char *s);

/* 1 "row", 1,234 "rows" */
void page_count(struct buf *b, uint64_t n, const char *one, const char *many);

#endif
