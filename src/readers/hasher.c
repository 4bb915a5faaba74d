/*
 * hasher.c - see hasher.h. Reads raw bytes of an input, produces its SHA-256 (libcrypto). The
 * digest is touched by one thread only: the caller's (inline) or the hasher's own, until it is
 * joined. The queue is a ring of chunks, guarded by lock.
 */
#include "readers/hasher.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/thread.h"

#define CHUNK_BYTES (256u << 10)

struct chunk {
	uint8_t *p;		/* owns CHUNK_BYTES */
	size_t len;
};

struct hasher {
	EVP_MD_CTX *md;
	bool done;		/* hex holds the digest, or failed is set */
	int failed;		/* ERR_ code of the feeding, 0: none */
	char hex[65];
	struct thread thread;

	/* file: frozen before the thread starts */
	int fd;
	uint64_t len;
	atomic_bool stop;	/* relaxed: a late look only costs one more chunk */
	uint8_t *buf;		/* owns; the thread's */

	/* queue: guarded by lock */
	bool queued;
	bool closed;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct chunk ring[LIMIT_HASH_QUEUE];
	unsigned int head;	/* the oldest chunk, being hashed */
	unsigned int count;
};

int hasher_new(struct hasher **ret_h, struct err *e)
{
	struct hasher *h = calloc(1, sizeof(*h));

	if (h == NULL) {
		return err_nomem(e, "the SHA-256 of an input");
	}
	h->fd = -1;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	h->md = EVP_MD_CTX_new();
	if (h->md == NULL || EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) != 1) {
		hasher_free(h);
		return err_nomem(e, "the SHA-256 of an input");
	}
	*ret_h = h;
	return 0;
}

static void close_queue(struct hasher *h)
{
	pthread_mutex_lock(&h->lock);
	h->closed = true;
	pthread_cond_signal(&h->changed);
	pthread_mutex_unlock(&h->lock);
}

void hasher_free(struct hasher *h)
{
	if (h == NULL) {
		return;
	}
	atomic_store_explicit(&h->stop, true, memory_order_relaxed);
	close_queue(h);
	thread_join(&h->thread);
	for (size_t i = 0; i < ARRAY_LEN(h->ring); i++) {
		free(h->ring[i].p);
	}
	free(h->buf);
	EVP_MD_CTX_free(h->md);
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static void digest(struct hasher *h, const void *p, size_t n)
{
	if (EVP_DigestUpdate(h->md, p, n) != 1) {
		h->failed = ERR_INTERNAL;
	}
}

/* The file's thread. A file that became shorter is not what it was: no digest. */
static void hash_file(void *arg)
{
	struct hasher *h = arg;
	uint64_t off = 0;

	while (off < h->len && !atomic_load_explicit(&h->stop, memory_order_relaxed)) {
		size_t want = (size_t)min_u64(CHUNK_BYTES, h->len - off);
		ssize_t n = pread(h->fd, h->buf, want, (off_t)off);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			h->failed = ERR_IO;
			return;
		}
		digest(h, h->buf, (size_t)n);
		off += (uint64_t)n;
	}
}

int hasher_start_file(struct hasher *h, int fd, uint64_t len, struct err *e)
{
	h->buf = malloc(CHUNK_BYTES);
	if (h->buf == NULL) {
		return err_nomem(e, "the SHA-256 of an input");
	}
	h->fd = fd;
	h->len = len;
	if (thread_start(&h->thread, hash_file, h) != 0) {
		return err_nomem(e, "a thread for the SHA-256 of an input");
	}
	return 0;
}

/* The queue's thread: the chunk at head stays in the ring while it is hashed, so the caller
 * cannot write over it. */
static void hash_queue(void *arg)
{
	struct hasher *h = arg;

	pthread_mutex_lock(&h->lock);
	for (;;) {
		while (h->count == 0 && !h->closed) {
			pthread_cond_wait(&h->changed, &h->lock);
		}
		if (h->count == 0 || atomic_load_explicit(&h->stop, memory_order_relaxed)) {
			break;
		}
		pthread_mutex_unlock(&h->lock);
		digest(h, h->ring[h->head].p, h->ring[h->head].len);
		pthread_mutex_lock(&h->lock);
		h->head = (h->head + 1) % LIMIT_HASH_QUEUE;
		h->count--;
		pthread_cond_signal(&h->changed);
	}
	pthread_mutex_unlock(&h->lock);
}

int hasher_start_queue(struct hasher *h, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(h->ring); i++) {
		h->ring[i].p = malloc(CHUNK_BYTES);
		if (h->ring[i].p == NULL) {
			return err_nomem(e, "the SHA-256 of an input");
		}
	}
	if (thread_start(&h->thread, hash_queue, h) != 0) {
		return err_nomem(e, "a thread for the SHA-256 of an input");
	}
	h->queued = true;
	return 0;
}

/* Waits for a free place; only this thread adds, so the place stays free without the lock. */
static void enqueue(struct hasher *h, const uint8_t *p, size_t n)
{
	struct chunk *c;

	pthread_mutex_lock(&h->lock);
	while (h->count == LIMIT_HASH_QUEUE) {
		pthread_cond_wait(&h->changed, &h->lock);
	}
	c = &h->ring[(h->head + h->count) % LIMIT_HASH_QUEUE];
	pthread_mutex_unlock(&h->lock);
	memcpy(c->p, p, n);
	c->len = n;
	pthread_mutex_lock(&h->lock);
	h->count++;
	pthread_cond_signal(&h->changed);
	pthread_mutex_unlock(&h->lock);
}

void hasher_update(struct hasher *h, const void *p, size_t n)
{
	const uint8_t *next = p;

	assert(!h->done && h->fd < 0);
	if (!h->queued) {
		digest(h, p, n);
		return;
	}
	while (n > 0) {
		size_t part = n < CHUNK_BYTES ? n : CHUNK_BYTES;

		enqueue(h, next, part);
		next += part;
		n -= part;
	}
}

static void finish(struct hasher *h)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (h->queued) {
		close_queue(h);
	}
	thread_join(&h->thread);
	h->done = true;
	if (h->failed != 0) {
		return;
	}
	if (EVP_DigestFinal_ex(h->md, sum, &len) != 1 || len != 32) {
		h->failed = ERR_INTERNAL;
		return;
	}
	encode_hex(h->hex, sum, len);
	h->hex[64] = '\0';
}

int hasher_finish(struct hasher *h, char ret_hex[65], struct err *e)
{
	if (!h->done) {
		finish(h);
	}
	if (h->failed != 0) {
		return err_set(e, h->failed, "cannot read to the end for the SHA-256");
	}
	memcpy(ret_hex, h->hex, sizeof(h->hex));
	return 0;
}
