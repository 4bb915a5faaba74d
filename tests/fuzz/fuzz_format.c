/*
 * fuzz_format.c - fuzz target: any text as the FORMAT of `thresher print -p`.
 */
#include "base/err.h"
#include "filter/format.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct format *format = NULL;
	struct err e;
	char *text = malloc(size + 1);

	if (text == NULL) {
		return 0;
	}
	memcpy(text, data, size);
	text[size] = '\0';
	err_init(&e);
	if (format_new(text, &format, &e) == 0) {
		(void)format_wants(format);
		format_free(format);
	}
	free(text);
	return 0;
}
