/*
 * service.h - names of application protocols: known by content, else by libndpi where it is built in, else guessed from
 * the port. Which of them it was is kept beside the name.
 */
#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include "base/base.h"

enum service_id {
	SERVICE_NONE,
#define SERVICE(id, name) SERVICE_##id,
#include "net/services.def"
#undef SERVICE
	SERVICE_COUNT
};
_Static_assert(SERVICE_COUNT <= 256, "fits the stamp of a layer");

enum service_by { BY_NOTHING, BY_CONTENT, BY_NDPI, BY_PORT };

/* Of enum service_id; "" for SERVICE_NONE and numbers out of range. */
const char *service_name(uint8_t service);
/* "content", "ndpi", "port", "". */
const char *service_by_name(uint8_t by);
/* A name by a well-known port of one end (the responder's first), or NULL. ip_proto: IP_TCP, ... */
const char *service_of_port(uint8_t ip_proto, uint16_t port);

/*
 * Signatures of protocols that have no analyzer: looks at the first bytes of a TCP direction or a datagram.
 * from_client: sent by the initiator. SERVICE_NONE: not recognised.
 */
uint8_t service_of_bytes(uint8_t ip_proto, bool from_client, const uint8_t *p, size_t n);

#endif
