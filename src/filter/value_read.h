/*
 * value_read.h - the right side of a comparison: text to a typed constant. Main thread only.
 */
#ifndef FILTER_VALUE_READ_H
#define FILTER_VALUE_READ_H

#include "filter/ast.h"
#include "filter/lex.h"

/* What a text is to be read as. */
struct value_read {
	enum value_class cls;
	bool hex_bytes;		/* bare aa:bb:cc is bytes: fields of packets and slices */
	bool hex_digit;		/* and a bare hexadecimal digit is a byte: one byte of a packet */
	uint32_t bytes;		/* bare hexadecimal digits for so many bytes are bytes; 0: however many, text */
	bool range;		/* bare a..b is a range: inside braces */
	const char *field;	/* for messages */
};

/* Texts are borrowed from w. ERR_USAGE with place and what is expected. */
int value_read(const struct lexer *x, const struct value_read *how, const struct lexed *w, struct constant *ret_k);

/* Whole hexadecimal bytes, without blanks ("0a0b"), into out, which has room for half of len. False:
 * something else. */
bool value_read_hex(const char *s, size_t len, char *out, uint32_t *ret_len);

/* A whole number, decimal or 0x, with sign. */
bool value_read_number(const char *s, size_t len, struct number *ret_n);

/* The port of a service's name, or -1. */
int port_of_service(const char *name, size_t len);

#endif
