/*
 * request_name.h - which protocol a request is of, and a line that names it, from the first bytes of a call.
 *
 * The bytes are those an event kept: often cut. Names are at most REQUEST_NAME bytes and not escaped. Pure functions;
 * any thread.
 */
#ifndef JOIN_REQUEST_NAME_H
#define JOIN_REQUEST_NAME_H

#include "base/buf.h"
#include "net/service.h"

#define REQUEST_NAME 256

/* len bytes passed, the first cap of them at p. mid: maybe not the start of the conversation. Of enum service_id. */
uint8_t request_service(const uint8_t *p, uint32_t cap, uint32_t len, bool mid);

/* Appends the name of a request of a known service that begins at p; nothing when it cannot be told. Not FastCGI. */
void request_name(uint8_t service, const uint8_t *p, uint32_t cap, struct buf *out);

/* Records of FastCGI, whose headers and contents often are read by calls of their own. Zeroed at the start of a
 * request. */
struct fastcgi_walk {
	uint8_t head[8];
	uint8_t have;		/* bytes of head */
	uint8_t type;		/* of the record at hand */
	uint32_t left;		/* bytes of its content and padding that are still to come */
	bool fresh;		/* none of its content came yet */
	bool lost;		/* a header was not captured */
};
/* len bytes more, the first cap of them at p. Appends the name when the parameters are among them. */
void fastcgi_name(struct fastcgi_walk *w, const uint8_t *p, uint32_t cap, uint32_t len, struct buf *out);

/* The question of a DNS message: "A example.com". */
void dns_request_name(const uint8_t *p, uint32_t cap, struct buf *out);

#endif
