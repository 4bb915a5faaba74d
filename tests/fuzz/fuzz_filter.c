/*
 * fuzz_filter.c - fuzz target: any text as a filter, put to some events and a packet made by hand. Before a
 * byte 0x1e stands the text of a macro "m"; there are lists "l" and "n".
 *
 * The compiled filter must answer as its tree does when it is read from left to right, test by test.
 */
#include "base/err.h"
#include "filter/library.h"
#include "mkevent.h"
#include "naive_filter.h"
#include "readers/batch.h"

#include <stdlib.h>

#define EVENTS 5

struct named {
	struct str s;
	char room[64];
};

struct file {
	struct fd_view v;
	char room[64];
};

/* Made once, on the first input; the fuzzer runs one thread. */
static struct named strings[16];
static unsigned int string_count;
static struct image image;
static struct thread_view thread, parent;
static struct file file, conn;
static struct mkevent events[EVENTS];
static struct {
	uint32_t count;
	const struct thread_view *session, *vgroup, *group;
	const struct thread_view *up[1];
} chain;
static struct ref_counts counts;
static const void *refs[8];
static struct source source;
static struct section section;
static struct batch batch;
static struct packet packet;
static struct field_settings settings;
static struct field_ctx ctx;
static struct filter_library *library;
static const uint8_t frame[] = "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\x08\x00"
			       "E\x00GET / HTTP/1.1";

static const struct str *string(const char *s, size_t len)
{
	struct named *n = &strings[string_count++];

	n->s.len = (uint32_t)len;
	memcpy(n->s.s, s, len);
	return &n->s;
}

static void fill_thread(struct thread_view *t, int64_t pid, const char *comm)
{
	t->flags = TV_KNOWN | TV_MAIN;
	t->tid = t->pid = t->vtid = t->vpid = pid;
	t->ptid = 1;
	t->sid = t->pgid = t->vpgid = 100;
	t->comm = string(comm, strlen(comm));
	t->cwd = t->root = string("/", 1);
	t->image = &image;
	t->user_name = t->group_name = t->login_name = string("ann", 3);
	t->fdlimit = 1024;
}

static void make_world(void)
{
	image.exe = string("-sh", 3);
	image.exepath = string("/bin/dash", 9);
	image.args = string("-c\0echo a b\0-x7\0--long", 22);
	image.env = string("A=1\0HOME= /root", 15);
	image.cgroups = string("cpu=/x\0memory=/y/z", 18);
	fill_thread(&parent, 50, "sshd");
	fill_thread(&thread, 102, "bash");
	chain.count = 1;
	chain.session = chain.vgroup = chain.group = &parent;
	chain.up[0] = &parent;
	counts.threads = 1;
	counts.fd_types = 1u << FD_FILE | 1u << FD_IPV4;
	counts.user_home = counts.user_shell = thread.user_name;
	file.v.type = FD_FILE_V2;
	file.v.name_len = 16;
	memcpy(file.v.name, "/etc/ld.so.cache", 17);
	conn.v.type = FD_IPV4;
	conn.v.l4 = L4_TCP;
	conn.v.role = ROLE_CLIENT;
	memcpy(conn.v.src_ip, "\x0a\x00\x00\x01", 4);
	memcpy(conn.v.dst_ip, "\x0a\x00\x00\x02", 4);
	conn.v.src_port = 40000;
	conn.v.dst_port = 80;
	conn.v.name_len = 27;
	memcpy(conn.v.name, "10.0.0.1:40000->10.0.0.2:80", 28);
	source.name = (char *)(uintptr_t) "a.scap";
	section.source = &source;
	batch.section = &section;
	batch.refs = refs;
	batch.ref_count = 3;
	refs[1] = &chain;
	refs[2] = &counts;
}

/* A read of a file or of a connection, with all objects known. */
static void make_read(struct mkevent *m, const char *data, const struct fd_view *fd)
{
	mkevent_init(m, EV_SYSCALL_READ_X);
	mkevent_num(m, strlen(data), 8);
	mkevent_bytes(m, data, strlen(data));
	mkevent_num(m, 5, 8);
	mkevent_num(m, 4096, 4);
	mkevent_done(m);
	m->ev.flags |= EVENT_EXIT | EVENT_SHOWN | EVENT_HAS_RES | EVENT_HAS_FD | EVENT_IS_SYSCALL;
	m->ev.res = (int64_t)strlen(data);
	m->ev.fd_num = 5;
	m->ev.fd = fd;
	m->ev.thread = &thread;
	m->ev.refs = 0;
}

static void make_events(void)
{
	make_read(&events[0], "root:x:0:0", &file.v);
	make_read(&events[1], "GET / HTTP/1.1", &conn.v);
	mkevent_init(&events[2], EV_GENERIC_X);
	mkevent_num(&events[2], 177, 2);
	mkevent_num(&events[2], 229, 2);
	mkevent_done(&events[2]);
	mkevent_init(&events[3], EV_ASYNCEVENT_E);
	mkevent_num(&events[3], 1, 4);
	mkevent_str(&events[3], "custom");
	mkevent_str(&events[3], "x");
	mkevent_done(&events[3]);
	mkevent_init(&events[4], SCHEMA_EVENTS + 7);
	mkevent_done(&events[4]);
	events[4].ev.flags |= EVENT_UNKNOWN_TYPE;
	packet.data = frame;
	packet.cap_len = packet.orig_len = sizeof(frame) - 1;
	packet.link_type = 1;
}

static void set_up(void)
{
	static const char *const names[] = { "nginx", "bash", "/etc", "a b" };
	static const char *const numbers[] = { "80", "443", "-2" };
	struct err e;

	err_init(&e);
	make_world();
	make_events();
	settings.wants = WANT_FOLD | WANT_REFS | WANT_ANCESTORS | WANT_COUNTS | WANT_FDS;
	field_ctx_init(&ctx, &settings);
	field_ctx_batch(&ctx, &batch);
	library = filter_library_new();
	if (library == NULL || filter_library_list(library, "l", names, 4, &e) < 0 ||
	    filter_library_list(library, "n", numbers, 3, &e) < 0) {
		abort();
	}
}

static void check_subject(const struct filter *f, const struct filter_tree *t,
			  struct filter_state *st)
{
	uint64_t before = filter_gave_up(st);
	bool fast = filter_match(f, st, &ctx);

	/* When a match is given up, whether it is tried at all depends on the order. */
	if (fast != naive_match(t, st, &ctx) && filter_gave_up(st) == before) {
		abort();
	}
}

static void match_all(const struct filter *f, const struct filter_tree *t)
{
	struct filter_state *st;
	struct err e;

	err_init(&e);
	if (filter_state_new(f, &st, &e) < 0) {
		return;
	}
	for (unsigned int i = 0; i < EVENTS; i++) {
		refs[0] = events[i].ev.fd;
		field_ctx_event(&ctx, &events[i].ev, i + 1, i);
		check_subject(f, t, st);
	}
	field_ctx_packet(&ctx, &packet, NULL, 1, 0);
	check_subject(f, t, st);
	filter_state_free(st);
}

static void try_text(const char *text)
{
	struct filter *f;
	struct filter_tree *t;
	struct err e;

	err_init(&e);
	if (filter_new(text, library, &f, &e) < 0) {
		if (e.code != ERR_USAGE || e.message[0] == '\0') {
			abort();
		}
		return;
	}
	if (filter_parse(text, NULL, library, LIBRARY_ALL, &t, &e) == 0) {
		match_all(f, t);
		filter_tree_unref(t);
	}
	filter_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char *end;
	struct err e;

	if (text == NULL) {
		return 0;
	}
	if (library == NULL) {
		set_up();
	}
	memcpy(text, data, size);
	text[size] = '\0';
	err_init(&e);
	end = memchr(text, 0x1e, size);
	if (end != NULL) {
		*end = '\0';
		(void)filter_library_macro(library, "m", text, &e);
	}
	try_text(end != NULL ? end + 1 : text);
	free(text);
	return 0;
}
