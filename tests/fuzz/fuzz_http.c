/*
 * fuzz_http.c - fuzz target: any conversation for the analyzers of HTTP/1, HTTP/2 and WebSocket. See talk_feed.h.
 */
#include "talk_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct analyzer *const choice[] = { &analyzer_http1, &analyzer_http2, &analyzer_websocket };

	feed_both(choice, ARRAY_LEN(choice), data, size);
	return 0;
}
