/*
 * fuzz_dns_tls.c - fuzz target: any conversation for the analyzers of DNS (UDP, TCP, multicast) and TLS. See
 * talk_feed.h.
 */
#include "talk_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct analyzer *const choice[] = { &analyzer_dns_udp, &analyzer_dns_tcp, &analyzer_tls,
							 &analyzer_mdns };

	feed_both(choice, ARRAY_LEN(choice), data, size);
	return 0;
}
