/*
 * print_json.h - one event as one JSON object on one line, for `thresher print --json`.
 *
 * Keys: source, num, offset, time (ISO 8601 UTC), cpu, tid, pid, process, event, dir, result and
 * error where the call has one, fd {num, type, name}, latency_ns and latency_bound, args (typed:
 * numbers as numbers, text as strings, lists of strings as arrays, data as a string when it is
 * valid UTF-8, else {"base64": ...}, absent values null) and resolved (what numbers mean: flags, fd
 * and user names, errors). Text as escape_json says.
 */
#ifndef CLI_PRINT_JSON_H
#define CLI_PRINT_JSON_H

#include "filter/fields.h"

/* Appends the object without a line end. The context is set to the event. */
void print_json_event(struct field_ctx *c, struct buf *out);

#endif
