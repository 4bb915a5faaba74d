/*
 * probe_ring.c - reads the kernel's BPF rings: a page with the reader's position, a page with the writer's, then the
 * data, mapped twice so that no record is cut. Each record has a head of 8 bytes: length with two bits, busy (still
 * being written) and discarded.
 *
 * The rings are merged by a heap of their first records.
 */
#include "capture/probe_ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

/* Room is given back to the kernel after so many bytes, not only at the end. */
#define GIVE_BACK_BYTES (128u << 10)

struct ring {
	int fd;
	uint16_t cpu;
	unsigned long *reader;		/* page shared with the kernel, written here */
	const unsigned long *writer;	/* page the kernel writes */
	const uint8_t *data;
	unsigned long at, given;	/* read up to, and told the kernel */
	unsigned long end;		/* the writer's position as last looked at */
	const struct record *head;	/* first record not handed over, or NULL */
	uint32_t head_len;
};

struct ring_set {
	struct ring *rings;
	size_t count, room;
	struct ring **heap;		/* of those with a head, the oldest first */
	size_t heap_count;
	size_t bytes, page;
	int epoll;
};

struct ring_set *ring_set_new(size_t cpus, size_t bytes)
{
	struct ring_set *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		return NULL;
	}
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->rings = calloc(cpus, sizeof(*s->rings));
	s->heap = calloc(cpus, sizeof(*s->heap));
	s->room = cpus;
	s->bytes = bytes;
	s->page = (size_t)sysconf(_SC_PAGESIZE);
	if (s->epoll < 0 || s->rings == NULL || s->heap == NULL) {
		ring_set_free(s);
		return NULL;
	}
	return s;
}

void ring_set_free(struct ring_set *s)
{
	if (s == NULL) {
		return;
	}
	for (size_t i = 0; i < s->count; i++) {
		struct ring *r = &s->rings[i];

		munmap(r->reader, s->page);
		munmap((void *)(uintptr_t)r->writer, s->page + 2 * s->bytes);
		close(r->fd);
	}
	if (s->epoll >= 0) {
		close(s->epoll);
	}
	free(s->rings);
	free(s->heap);
	free(s);
}

int ring_set_add(struct ring_set *s, int fd, uint16_t cpu, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct ring *r;
	void *reader, *writer;

	if (s->count == s->room) {
		close(fd);
		return err_set(e, ERR_INTERNAL, "more rings than CPUs");
	}
	reader = mmap(NULL, s->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	writer = mmap(NULL, s->page + 2 * s->bytes, PROT_READ, MAP_SHARED, fd, (off_t)s->page);
	if (reader == MAP_FAILED || writer == MAP_FAILED || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
		int rc = err_set(e, ERR_OPEN, "cannot map the ring of CPU %u: %s", cpu, strerror(errno));

		if (reader != MAP_FAILED) {
			munmap(reader, s->page);
		}
		if (writer != MAP_FAILED) {
			munmap(writer, s->page + 2 * s->bytes);
		}
		close(fd);
		return rc;
	}
	r = &s->rings[s->count++];
	*r = (struct ring){ .fd = fd, .cpu = cpu, .reader = reader, .writer = writer };
	r->data = (const uint8_t *)writer + s->page;
	r->at = __atomic_load_n(r->reader, __ATOMIC_ACQUIRE);
	r->given = r->at;
	return 0;
}

int ring_set_wait(struct ring_set *s, int timeout_ms, struct err *e)
{
	struct epoll_event ev[16];

	if (epoll_wait(s->epoll, ev, ARRAY_LEN(ev), timeout_ms) < 0 && errno != EINTR) {
		return err_set(e, ERR_IO, "waiting for events failed: %s", strerror(errno));
	}
	return 0;
}

static void give_back(struct ring *r)
{
	if (r->given != r->at) {
		__atomic_store_n(r->reader, r->at, __ATOMIC_RELEASE);
		r->given = r->at;
	}
}

/* Finds the ring's next record. */
static void look(struct ring_set *s, struct ring *r)
{
	r->head = NULL;
	while (r->at < r->end) {
		const uint8_t *p = r->data + (r->at & (s->bytes - 1));
		uint32_t head = __atomic_load_n((const uint32_t *)(const void *)p, __ATOMIC_ACQUIRE);
		uint32_t len = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (head & BPF_RINGBUF_BUSY_BIT) {
			return;
		}
		if (!(head & BPF_RINGBUF_DISCARD_BIT) && len >= sizeof(struct record)) {
			r->head = (const struct record *)(const void *)(p + BPF_RINGBUF_HDR_SZ);
			r->head_len = len;
			return;
		}
		r->at += (len + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
	}
}

static bool older(const struct ring *a, const struct ring *b)
{
	return a->head->ts < b->head->ts || (a->head->ts == b->head->ts && a->cpu < b->cpu);
}

/* The ring at i is perhaps newer than those below it. */
static void sink_down(struct ring_set *s, size_t i)
{
	for (;;) {
		size_t least = i;
		struct ring *r;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->heap_count; child++) {
			if (older(s->heap[child], s->heap[least])) {
				least = child;
			}
		}
		if (least == i) {
			return;
		}
		r = s->heap[i];
		s->heap[i] = s->heap[least];
		s->heap[least] = r;
		i = least;
	}
}

static void fill_heap(struct ring_set *s)
{
	s->heap_count = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct ring *r = &s->rings[i];

		r->end = __atomic_load_n(r->writer, __ATOMIC_ACQUIRE);
		look(s, r);
		if (r->head != NULL) {
			s->heap[s->heap_count++] = r;
		}
	}
	for (size_t i = s->heap_count / 2; i-- > 0;) {
		sink_down(s, i);
	}
}

int ring_set_read(struct ring_set *s, uint64_t until_ns, ring_sink *sink, void *arg, size_t *ret_bytes)
{
	size_t bytes = 0;
	int rc = 0;

	fill_heap(s);
	while (rc == 0 && s->heap_count > 0 && s->heap[0]->head->ts <= until_ns) {
		struct ring *r = s->heap[0];
		size_t step = (r->head_len + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;

		rc = sink(arg, r->head, r->head_len, r->cpu);
		r->at += step;
		bytes += step;
		if (r->at - r->given >= GIVE_BACK_BYTES) {
			give_back(r);
		}
		look(s, r);
		if (r->head == NULL) {
			s->heap[0] = s->heap[--s->heap_count];
		}
		sink_down(s, 0);
	}
	for (size_t i = 0; i < s->count; i++) {
		give_back(&s->rings[i]);
	}
	*ret_bytes = bytes;
	return rc;
}
