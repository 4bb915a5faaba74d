/*
 * addr.h - socket addresses of events: reading PT_SOCKADDR and PT_SOCKTUPLE values, and their text.
 *
 * The text is the same wherever it is shown (arguments, fd names): "10.0.0.1:80",
 * "::1:55000->::1:80" (compressed, no brackets), "ffff88003c420800->0 ". Any thread.
 */
#ifndef EVENTS_ADDR_H
#define EVENTS_ADDR_H

#include "base/buf.h"
#include "events/event.h"

/*
 * Both structs: family is PPM_AF_INET, PPM_AF_INET6, PPM_AF_UNIX, or another family of which
 * nothing but the number is known. IPv4 uses the first 4 bytes of an address; ports are host
 * integers. path borrows from the parameter, without its NUL; NULL unless unix.
 */
struct addr_sock {
	uint8_t family;
	uint8_t ip[16];
	uint16_t port;
	uint32_t path_len;
	const uint8_t *path;
};

/* In traffic direction, as stored. Mapped pairs (addr_is_mapped, both) come out as PPM_AF_INET. */
struct addr_tuple {
	uint8_t family;
	uint8_t src_ip[16], dst_ip[16];
	uint16_t src_port, dst_port;
	uint64_t unix_src,
		unix_dst; /* kernel socket addresses, as stored: see FORMAT of the tuple */
	uint32_t path_len;
	const uint8_t *path;
};

/* False: absent, or too short for its family (family is set then if there is a byte for it). */
bool addr_read_sock(struct param v, struct addr_sock *ret_addr);
bool addr_read_tuple(struct param v, struct addr_tuple *ret_tuple);

/* ::ffff:a.b.c.d, or all zero. */
bool addr_is_mapped(const uint8_t ip[16]);
bool addr_is_zero(const uint8_t *ip, size_t n);

void addr_add_ip4(struct buf *b, const uint8_t *ip);
/* Compressed as usual (RFC 5952), mapped ones as ::ffff:1.2.3.4. */
void addr_add_ip6(struct buf *b, const uint8_t *ip);
void addr_add_ip(struct buf *b, bool v6, const uint8_t *ip);

/* "ip:port" */
void addr_add_endpoint(struct buf *b, bool v6, const uint8_t *ip, uint16_t port);
/* "ip:port->ip:port", or "ip->ip" without ports (ICMP, raw). */
void addr_add_pair(struct buf *b, bool v6, const uint8_t *src, uint16_t sport, const uint8_t *dst,
		   uint16_t dport, bool ports);
/* "src->dst " in hex; the path, raw or escaped, is the caller's. */
void addr_add_unix(struct buf *b, uint64_t src, uint64_t dst);

#endif
