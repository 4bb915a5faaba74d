/*
 * mkfilter.h - filters over a small capture that mkcap built: each event that counts has a letter, and a
 * filter gives the letters of those that pass. State of one suite, so each file that includes it has its own.
 *
 *   o  nginx (100) opens /etc/passwd as fd 5	    f  nginx fails to open /no/such.txt, ENOENT
 *   r  nginx reads "root:x:0:0\n" from fd 5	    c  nginx connects fd 6: 10.0.0.1:40000 to 10.0.0.2:443
 *   w  nginx writes "GET / HTTP/1.1" to fd 6	    6  nginx accepts fd 7: from fd77::1:50000 at fd77::2:80
 *   e  bash (300, child of sshd 50) is executed: bash -c "ls -la /tmp"
 *   l  bash writes "HELLO World" to /tmp/Out File.LOG, fd 1
 *   g  bash calls clock_getres, which has no event of its own
 *   s  a switch away from nginx	u  thread 999, of which nothing is known, reads nothing from fd 3
 *   a  an asynchronous event "custom", of no thread
 */
#ifndef MKFILTER_H
#define MKFILTER_H

#include "filter/library.h"
#include "mkfield.h"
#include "naive_filter.h"

#define MKFILTER_EVENTS 64

static struct mkfield world;
static struct batch *world_batch;
static char world_letters
	[MKFILTER_EVENTS]; /* of all events of the batch; '-': only there for the others */
static unsigned int world_count;
static bool world_ready;

/* The event just built is that one. */
static inline void mkfilter_letter(char c)
{
	assert(world_count < MKFILTER_EVENTS);
	world_letters[world_count++] = c;
}

static inline void mkfilter_files(struct mkcap *m)
{
	mkcap_openat(m, mkstate_tick(&world.st), 100, 5, "/etc/passwd", 1);
	mkfilter_letter('o');
	mkcap_openat(m, mkstate_tick(&world.st), 100, -2, "/no/such.txt", 1);
	mkfilter_letter('f');
	mkcap_read(m, mkstate_tick(&world.st), 100, 11, 5, "root:x:0:0\n");
	mkfilter_letter('r');
}

static inline void mkfilter_sockets(struct mkcap *m)
{
	struct mkcap_io in = {
		.res = 7, .fd = 7, .sip = "fd77::1", .sport = 50000, .dip = "fd77::2", .dport = 80
	};

	mkcap_socket(m, mkstate_tick(&world.st), 100, 6, PPM_AF_INET, 1, 0);
	mkfilter_letter('-');
	mkcap_connect4(m, mkstate_tick(&world.st), 100, 0, 6, "10.0.0.1", 40000, "10.0.0.2", 443);
	mkfilter_letter('c');
	mkcap_write(m, mkstate_tick(&world.st), 100, 14, 6, "GET / HTTP/1.1");
	mkfilter_letter('w');
	mkcap_accept(m, mkstate_tick(&world.st), 100, &in);
	mkfilter_letter('6');
}

static inline void mkfilter_shell(struct mkcap *m)
{
	mkcap_execve(m, mkstate_tick(&world.st), 300, 300, 50, "/bin/bash", "-c\0ls -la /tmp", 15,
		     "bash", "/bin/bash");
	mkfilter_letter('e');
	mkcap_openat(m, mkstate_tick(&world.st), 300, 1, "/tmp/Out File.LOG", 2);
	mkfilter_letter('-');
	mkcap_write(m, mkstate_tick(&world.st), 300, 11, 1, "HELLO World");
	mkfilter_letter('l');
	mkcap_generic(m, mkstate_tick(&world.st), 300, 177, 229);
	mkfilter_letter('g');
}

static inline void mkfilter_others(struct mkcap *m)
{
	mkcap_switch(m, mkstate_tick(&world.st), 100, 300);
	mkfilter_letter('s');
	mkcap_read(m, mkstate_tick(&world.st), 999, 0, 3, NULL);
	mkfilter_letter('u');
	mkcap_event(m, mkstate_tick(&world.st), -1, EV_ASYNCEVENT_E);
	mkcap_p_u32(m, 7);
	mkcap_p_str(m, "custom");
	mkcap_p_empty(m);
	mkcap_end(m);
	mkfilter_letter('a');
}

/* Once in a suite; in a test, for what builds it asserts. */
static inline void mkfilter_set_up(void)
{
	if (world_ready) {
		return;
	}
	world_ready = true;
	mkfield_init(&world);
	world_count = 0;
	mkstate_process(&world.st, 1, 0, "init");
	mkstate_process(&world.st, 50, 1, "sshd");
	mkstate_process(&world.st, 100, 1, "nginx");
	mkstate_process(&world.st, 300, 50, "sh");
	mkfilter_files(&world.st.cap);
	mkfilter_sockets(&world.st.cap);
	mkfilter_shell(&world.st.cap);
	mkfilter_others(&world.st.cap);
	world_batch = mkstate_fold(&world.st);
	assert(world_batch->event_count == world_count);
	field_ctx_batch(&world.c, world_batch);
}

static inline int mkfilter_tear_down(void)
{
	if (world_ready) {
		mkfield_end(&world);
	}
	return 0;
}

/* Event i becomes the subject. */
static inline void mkfilter_subject(unsigned int i)
{
	field_ctx_event(&world.c, &world_batch->events[i], i + 1, i);
}

/* The letters of what passes, in order, or the message. Good until the next call. */
static inline const char *mkfilter_pass(const char *text, const struct filter_library *lib)
{
	static char out[600];
	struct filter *f = NULL;
	struct filter_tree *tree;
	struct filter_state *st = NULL;
	struct err e;
	unsigned int n = 0;

	mkfilter_set_up();
	err_init(&e);
	if (filter_new(text, lib, &f, &e) != 0) {
		(void)snprintf(out, sizeof(out), "%s", e.message);
		CU_ASSERT_EQUAL(e.code, ERR_USAGE);
		return out;
	}
	CU_ASSERT_EQUAL_FATAL(filter_state_new(f, &st, &e), 0);
	CU_ASSERT_EQUAL_FATAL(filter_parse(text, NULL, lib, LIBRARY_ALL, &tree, &e), 0);
	for (unsigned int i = 0; i < world_count; i++) {
		bool passes;

		mkfilter_subject(i);
		passes = filter_match(f, st, &world.c);
		CU_ASSERT_EQUAL(passes, naive_match(tree, st, &world.c));
		if (passes && world_letters[i] != '-') {
			out[n++] = world_letters[i];
		}
	}
	filter_tree_unref(tree);
	out[n] = '\0';
	filter_state_free(st);
	filter_free(f);
	return out;
}

/* expected: the letters, or the message; one that ends with "..." is how it must begin */
struct mkfilter_case {
	const char *filter, *expected;
};

static inline void mkfilter_check(const char *filter, const char *expected,
				  const struct filter_library *lib)
{
	const char *got = mkfilter_pass(filter, lib);
	size_t len = strlen(expected);
	bool begins = len >= 3 && strcmp(expected + len - 3, "...") == 0;
	bool same = begins ? strncmp(got, expected, len - 3) == 0 : strcmp(got, expected) == 0;

	if (!same) {
		fprintf(stderr, "\n  %s\n    expected %s\n    got      %s\n", filter, expected,
			got);
	}
	CU_ASSERT(same);
}

#define CHECK_CASES(cases)                                                              \
	do {                                                                            \
		for (size_t i_ = 0; i_ < ARRAY_LEN(cases); i_++) {                      \
			mkfilter_check((cases)[i_].filter, (cases)[i_].expected, NULL); \
		}                                                                       \
	} while (0)

#endif
