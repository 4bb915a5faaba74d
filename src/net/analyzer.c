/*
 * analyzer.c - the list of analyzers, in the order in which they are asked, and what they may tell of a conversation.
 * Constant data; thread: any.
 */
#include "net/analyzer.h"

const struct analyzer *const analyzers[] = {
	&analyzer_http1,
	&analyzer_http2,
	&analyzer_tls,
	&analyzer_dns_tcp,
	&analyzer_dns_udp,
	&analyzer_mdns,
	NULL,
};

void talk_set_client(struct talk *t, unsigned int end)
{
	if (!t->client_known) {
		t->client = (uint8_t)(end & 1);
	}
}
