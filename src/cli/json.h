/*
 * json.h - the few pieces JSON output is made of, for commands. Reports have their own renderer.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "base/buf.h"

/* A string in quotes; bytes that are not UTF-8 as escape_json says. */
void json_add_string(struct buf *out, const void *s, size_t n);
void json_add_text(struct buf *out, const char *s);
/* "name": of our own, needs no escaping. */
void json_add_key(struct buf *out, const char *name);
void json_add_bool(struct buf *out, bool x);
/* A comma before all but the first. */
void json_add_comma(struct buf *out, bool *first);
/* ISO 8601 in UTC with nanoseconds and Z, in quotes. */
void json_add_time(struct buf *out, uint64_t ns);
/* The same without quotes, for texts. */
void iso_time(struct buf *out, uint64_t ns);

#endif
