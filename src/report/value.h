/*
 * value.h - one cell's value as text, the same in every locale and time zone.
 *
 * The plain forms are for machines (JSON, CSV), the _short forms for people (the page; page.js
 * has the same rules). All append to a struct buf.
 */
#ifndef REPORT_VALUE_H
#define REPORT_VALUE_H

#include "base/buf.h"

/* "2026-11-21T08:02:11.248341011Z": always 30 bytes. */
void value_time(struct buf *b, uint64_t ns);

/* At most 6 significant digits: "0.25", "1.5e+09". x is finite. */
void value_f64(struct buf *b, double x);

/* 1234567 as "1,234,567". */
void value_grouped(struct buf *b, uint64_t x);

/* "850 ns", "12.3 µs", "1.20 s", "2 m 05 s", "3 h 20 m", "12 d 4 h": three digits that count,
 * cut, not rounded. */
void value_duration_short(struct buf *b, uint64_t ns);

/* "850 B", "12.3 KiB", "1.20 GiB". Cut, not rounded, so that no value shows as more than it is. */
void value_bytes_short(struct buf *b, uint64_t n);

#endif
