/*
 * describe_internal.h - the parts of describe.c as they see each other: one function per protocol that says in a few
 * words what a payload begins with.
 *
 * All of them append to out what may hold captured bytes, unescaped; none keeps anything between packets. False: the
 * payload does not begin with a message of that protocol, and nothing was added. At least one byte of the payload has
 * been captured. Any thread.
 */
#ifndef NET_DESCRIBE_INTERNAL_H
#define NET_DESCRIBE_INTERNAL_H

#include "base/buf.h"
#include "base/cursor.h"
#include "net/layer.h"

/* A literal, its length known to the compiler. */
#define ADD(out, literal) buf_add(out, literal, sizeof(literal) - 1)

/* UTF-8; escape_terminal and escape_json leave it as it is. */
#define ARROW "\xe2\x86\x92"

/* Bytes of one captured value that a line shows; request lines and names of hosts are shown whole. */
#define DESCRIBE_VALUE_BYTES 128
/* Messages of one packet that are named: a line is for the eye, and packets are an attacker's. */
#define DESCRIBE_MESSAGES 8

/* At most max of n bytes, and "..." where that cuts. */
void describe_value(struct buf *out, const uint8_t *p, size_t n, size_t max);
/* Bytes of the first line without its end; *ret_ended: the end was seen. */
size_t describe_line_bytes(const uint8_t *p, size_t n, bool *ret_ended);
void describe_hex16(struct buf *out, uint16_t x);	/* 0x00ff */
void describe_ip4(struct buf *out, const uint8_t ip[4]);
void describe_ip6(struct buf *out, const uint8_t ip[16]);

/* Is the captured payload within the packet's own bytes? Then what stands in front of it may be looked at. */
bool describe_in_packet(const struct packet *p, const struct layer *l);

/* describe_ip.c: what has no ports. */
void describe_arp(const struct layer *l, struct buf *out);
void describe_icmp(const struct packet *p, const struct layer *l, struct buf *out);
void describe_icmp6(const struct packet *p, const struct layer *l, struct buf *out);
void describe_igmp(const struct layer *l, struct buf *out);
void describe_sctp(const struct layer *l, struct buf *out);
void describe_fragment(const struct packet *p, const struct layer *l, struct buf *out);

/* describe_web.c */
bool describe_is_http(const uint8_t *p, size_t n);
bool describe_http(const struct layer *l, struct buf *out);
bool describe_http2(const struct layer *l, struct buf *out);
bool describe_websocket(const struct layer *l, struct buf *out);
bool describe_fastcgi(const struct layer *l, struct buf *out);

/* describe_tls.c */
bool describe_is_tls(const uint8_t *p, size_t n);
bool describe_tls(const struct layer *l, struct buf *out);
bool describe_quic(const struct layer *l, struct buf *out);

/* describe_dns.c */
bool describe_dns(const struct layer *l, struct buf *out);

/* describe_text.c: protocols of lines, and small datagrams. */
bool describe_ssh(const struct layer *l, struct buf *out);
bool describe_line(const struct layer *l, struct buf *out);	/* SMTP, FTP, Stratum */
bool describe_dhcp(const struct layer *l, struct buf *out);
bool describe_ntp(const struct layer *l, struct buf *out);

/* describe_db.c */
bool describe_redis(const struct layer *l, struct buf *out);
bool describe_postgresql(const struct layer *l, struct buf *out);
bool describe_mysql(const struct layer *l, struct buf *out);

#endif
