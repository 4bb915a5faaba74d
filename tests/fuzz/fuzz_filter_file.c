/*
 * fuzz_filter_file.c - fuzz target: any bytes as a file of saved filters, and every filter of it by name; the text of
 * each as a time of `thresher print --from` too.
 */
#include "cli/filter_file.h"
#include "cli/print_time.h"

static void use(const struct filter_book *book, const char *name)
{
	const struct saved_filter *saved;
	struct filter *f = NULL;
	struct err e;

	err_init(&e);
	if (filter_book_find(book, name, &saved, &e) == 0 &&
	    filter_new(saved->text, filter_book_library(book), &f, &e) == 0) {
		filter_free(f);
	}
}

static void as_time(const char *text)
{
	const struct time_extent x = { UINT64_C(1700000000000000000), UINT64_C(1700000060000000000) };
	struct time_range range;
	struct options o;
	struct err e;

	memset(&o, 0, sizeof(o));
	err_init(&e);
	o.from = text;
	if (time_range_find(&o, &x, &range, &e) == 0) {
		assert(range.from_ns < range.to_ns);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter_book *book = NULL;
	struct err e;
	char *text = malloc(size + 1);

	if (text == NULL) {
		return 0;
	}
	memcpy(text, data, size);
	text[size] = '\0';
	err_init(&e);
	if (filter_book_empty(&book, &e) == 0 && filter_book_read(book, "file", text, size, &e) == 0) {
		use(book, "a");
		use(book, "web");
	}
	as_time(text);
	filter_book_free(book);
	free(text);
	return 0;
}
