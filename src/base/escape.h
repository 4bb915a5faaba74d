/*
 * escape.h - captured strings made harmless for where they are shown.
 *
 * Whatever the capture holds (control bytes, half characters, writing that runs right to left)
 * comes out as text that cannot leave its place: one line of a terminal, one text node or quoted
 * attribute of a page, one JSON string, one CSV cell. All append to a struct buf; a failed buf
 * stays failed.
 *
 * What is unprintable becomes visible the same way for terminal, HTML and CSV:
 *   \n \r \t            the three usual ones
 *   \x1b                other control bytes, DEL, and bytes that are not valid UTF-8
 *   \xc2\x9b            C1 controls, byte by byte
 *   \u202e \U000e0041   characters that reorder or hide text: marks and overrides of direction,
 *                       line separators, zero width space, tags
 * A backslash of the capture stays as it is: this is for the eye. JSON is for machines and keeps
 * every byte.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/buf.h"

/* Length of the valid UTF-8 character at p (1 to 4), or 0: not valid, cut off, a surrogate,
 * overlong, or in U+EF80..U+EFFF, which escape_json uses for bytes. n must not be 0. */
size_t escape_utf8(const uint8_t *p, size_t n, uint32_t *ret_char);

void escape_terminal(struct buf *b, const void *s, size_t n);

/* For text nodes and for attributes in single or double quotes. */
void escape_html(struct buf *b, const void *s, size_t n);

/*
 * The inside of a JSON string (without its quotes). Always valid UTF-8, and reversible: a byte that
 * is not part of a valid character is written as the private character U+EF00 + byte
 * (U+EF80..U+EFFF). Genuine characters of that range count as invalid, so the way back is always
 * clear.
 */
void escape_json(struct buf *b, const void *s, size_t n);

/* The same for JSON inside an HTML script element: < > & and U+2028, U+2029 as \uXXXX. */
void escape_json_script(struct buf *b, const void *s, size_t n);

/*
 * One text cell of a CSV file (RFC 4180), quoted when it has to be. Tab, CR and LF are kept, inside
 * quotes. A cell that a spreadsheet would run as a formula (it begins with = + - @, their
 * full-width forms, tab, CR or LF) gets a leading apostrophe. Not for numbers.
 */
void escape_csv(struct buf *b, const void *s, size_t n);

#endif
