/*
 * fuzz_read.c - fuzz target: any bytes through input, framing and decode, as `thresher info` does it.
 */
#include "in_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine_options opt = in_memory_options();
	struct in_memory run;

	in_memory_start(&run, data, size, &opt);
	in_memory_release(&run);
	return 0;
}
