/*
 * fuzz_report.c - fuzz target: any bytes through the whole of `thresher report`, up to rendered pages.
 */
#include "in_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine_options opt = in_memory_report_options();
	struct in_memory run;

	if (in_memory_start(&run, data, size, &opt) == 0) {
		(void)in_memory_render(&run);
	}
	in_memory_release(&run);
	return 0;
}
