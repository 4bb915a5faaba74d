/*
 * packet_meta_internal.h - the parts that read what capture tools wrote beside packets, as they see each other. One
 * thread at a time, in order. Blocks come in the byte order of their section, be, unless said otherwise.
 */
#ifndef NET_PACKET_META_INTERNAL_H
#define NET_PACKET_META_INTERNAL_H

#include "base/cursor.h"
#include "base/intern.h"
#include "base/map.h"
#include "net/packet_meta.h"

/* ---- packet_keys.c --------------------------------------------------------------------------------- */

struct net_keys {
	uint8_t (*randoms)[32];		/* owns; distinct, in order of appearance */
	uint32_t count, cap;
	uint32_t *slots;		/* owns; index + 1, 0 empty */
	size_t mask;
	uint64_t seed;
	uint64_t secrets;		/* read, of any kind */
};

void net_keys_release(struct net_keys *k);
/* The body of a decryption secrets block. 0 or ERR_NOMEM. */
int net_keys_add_block(struct net_keys *k, const uint8_t *body, uint32_t len, bool be);

/* ---- packet_names.c --------------------------------------------------------------------------------- */

struct packet_names {
	struct address_name *names;	/* owns; distinct, in order of appearance */
	uint32_t count, cap;
	struct map known;		/* hash of both -> index + 1 */
	uint64_t records;		/* read */
};

void packet_names_release(struct packet_names *n);
/* The body of a name resolution block. 0 or ERR_NOMEM. */
int packet_names_add_block(struct packet_names *n, struct intern *texts, const uint8_t *body, uint32_t len, bool be);

/* ---- packet_process.c --------------------------------------------------------------------------------- */

struct generation;
struct known_process;
struct pktap_process {
	uint32_t pid;
	const struct text *name;
};

struct packet_processes {
	struct arena arena;		/* of struct known_process */
	struct map known;		/* hash of the content -> chain of struct known_process */
	uint32_t count;
	struct map by_pid;		/* pid -> struct pid_blocks, owns */
	uint32_t block_count;
	struct pktap_process *pktap;	/* owns; by index of their blocks */
	uint32_t pktap_count, pktap_cap;
	struct map memo;		/* hash of options -> struct packet_process, or 1: none */
	uint64_t generation;		/* of what the memo holds */
	char scratch[LIMIT_NET_TEXT];
};

void packet_processes_release(struct packet_processes *s);
/* The body of a Wireshark custom block behind the enterprise number: little-endian whatever the section is. */
int packet_processes_add_block(struct packet_processes *s, struct intern *texts, const uint8_t *body, uint32_t len);
/* The body of Apple's block. */
int packet_processes_add_pktap(struct packet_processes *s, struct intern *texts, const uint8_t *body, uint32_t len,
			       bool be);
/* What the options of a packet say of its process; *ret_process is NULL when nothing. 0 or ERR_NOMEM. */
int packet_processes_of(struct packet_processes *s, struct intern *texts, const struct packet *p, bool be,
			const struct packet_process **ret_process);

/* ---- packet_comment.c ----------------------------------------------------------------------------------- */

/* Adds to io_p what a comment says: a group of lines as ptcpdump writes it. Others are left alone. 0 or ERR_NOMEM. */
int packet_comment_read(const char *s, size_t len, struct intern *texts, struct packet_process *io_p);

/* ---- packet_meta.c ---------------------------------------------------------------------------------------- */

/* Keeps a text, cut at LIMIT_NET_TEXT. *ret_text is NULL beyond the ceiling of all texts. 0 or ERR_NOMEM. */
int packet_meta_text(struct intern *texts, const void *p, size_t len, const struct text **ret_text);

#endif
