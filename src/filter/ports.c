/*
 * ports.c - the port of a service's name, for filters such as fd.sport = https.
 */
#include "filter/value_read.h"

static const struct {
	uint16_t port;
	const char *name;
} services[] = {
#define SERVICE(port, name) { port, name },
#include "filter/ports.def"
#undef SERVICE
#define PORT(protocol, port, name) { port, name },
#include "net/service_ports.def"
#undef PORT
};

int port_of_service(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		if (strlen(services[i].name) == len && memcmp(services[i].name, name, len) == 0) {
			return services[i].port;
		}
	}
	return -1;
}
