/*
 * mkjoin_internal.h - what the files of mkjoin.h share.
 */
#ifndef TESTS_MKJOIN_INTERNAL_H
#define TESTS_MKJOIN_INTERNAL_H

#include "mkjoin.h"

enum { BLOCK_IS_EVENT, BLOCK_IS_ENTER, BLOCK_IS_PACKET };

void mkjoin_need(bool ok, const char *what);
/* Room for one more, zeroed. */
void *mkjoin_grow(void *rows, size_t *io_count, size_t *io_cap, size_t size);
/* From 0 to n - 1, by the story's seed. */
uint64_t mkjoin_draw(struct mkjoin *j, uint64_t n);
/* The same for row i of something, whatever was drawn before. */
uint64_t mkjoin_draw_for(const struct mkjoin *j, uint64_t i, uint64_t n);

/* When the next call of this thread begins: a little later than now and than its last. */
uint64_t mkjoin_moment(struct mkjoin *j, uint32_t task);
/* The row of a call, to which its events are added; the clock goes to its end. */
uint32_t mkjoin_call(struct mkjoin *j, uint32_t task, uint8_t what, uint16_t type, uint64_t begin_ns, uint64_t end_ns);
/* What was appended to parts (frames for packets) since it was at long is one block. */
void mkjoin_block(struct mkjoin *j, uint8_t what, size_t at, uint64_t ns, uint32_t owner);

/* The lowest number free in a process, taken. */
struct mkjoin_fd *mkjoin_fd_open(struct mkjoin *j, uint32_t task, uint8_t type, uint64_t ns);
struct mkjoin_fd *mkjoin_fd_of(struct mkjoin *j, uint32_t task, uint32_t conn, unsigned int end);	/* aborts: none */
struct mkjoin_fd *mkjoin_fd_bound(struct mkjoin *j, uint32_t task, uint16_t port, const char *path);
/* How many processes have it open. */
unsigned int mkjoin_fd_users(const struct mkjoin *j, uint32_t conn, unsigned int end);

/* The addresses as calls at this end show them: its own and the other's. */
struct mkjoin_view {
	char own[64], peer[64];
	uint16_t own_port, peer_port;
};
void mkjoin_view(const struct mkjoin_conn *c, unsigned int end, struct mkjoin_view *ret_v);

/* From the captured interface to the server's process: it is the server's own. */
#define MKJOIN_NEAR_NS 2000

/* What a call that began then puts on the wire: the stream from there on, in segments; the handshake (when the client
 * knows how it ended); the FIN, unless it is there already. */
void mkjoin_put_segments(struct mkjoin *j, uint32_t conn, unsigned int side, uint64_t offset, uint64_t begin_ns);
uint64_t mkjoin_put_handshake(struct mkjoin *j, uint32_t conn, uint64_t begin_ns);
void mkjoin_put_fin(struct mkjoin *j, uint32_t conn, unsigned int end, uint64_t begin_ns);
/* The stream of a side is at the other end up to there. */
void mkjoin_arrives(struct mkjoin_conn *c, unsigned int side, uint64_t end, uint64_t ns);

/* On a host whose calls are in the capture. */
bool mkjoin_recorded(const struct mkjoin *j, uint32_t task);
/* The lists at the capture's begin; what is true, when all has its number. */
void mkjoin_write_lists(struct mkjoin *j);
void mkjoin_truth(struct mkjoin *j);

#endif
