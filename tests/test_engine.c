/*
 * test_engine.c - the parallel pass: whatever the number of threads and the size of batches, every event is
 * seen once, in order where order was promised, and the run ends - also when it is stopped or fails.
 */
#include "mkrun.h"
#include "seeds.h"

#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/limits.h"

#define T0 UINT64_C(1700000000000000000)

static const struct { unsigned int threads; size_t batch_bytes; } ways[] = {
	{ 1, 64 << 10 }, { 1, 4096 }, { 2, 4096 }, { 2, 1 << 20 }, { 3, 5000 }, { 8, 4096 }, { 8, 64 << 10 },
};

/* n events of one process from first_ns on, step_ns apart; every tenth moves bytes. */
static void make_capture(struct mkcap *m, const char *host, uint64_t first_ns, uint64_t step_ns, size_t n)
{
	struct mkcap_proc p = { .tid = 100, .pid = 100, .ptid = 1, .comm = "worker", .exe = "worker",
				.exepath = "/bin/worker", .cwd = "/", .fdlimit = 1024 };

	mkcap_init(m, false);
	mkcap_section(m, 2);
	mkcap_machine(m, host, 2, 1);
	mkcap_processes(m, 9, 76, &p, 1);
	mkcap_openat(m, first_ns, 100, 3, "/tmp/file", 3);
	for (size_t i = 1; i < n; i++) {
		mkcap_write(m, first_ns + i * step_ns, 100, (int64_t)(i % 10), 3, "data");
	}
}

static void save_capture(const struct dir *d, const char *name, const char *host, uint64_t first_ns,
			 uint64_t step_ns, size_t n)
{
	struct mkcap m;

	make_capture(&m, host, first_ns, step_ns, n);
	mkcap_save(&m, dir_file(d, name));
	mkcap_release(&m);
}

/* ---- taps of the test ------------------------------------------------------------------------------- */

/* Sums that show each event's content and stamps once, whoever saw it. */
struct sums {
	uint64_t events, packets, mixed;
	struct { const struct source *source; uint64_t next_raw, next_packet, next_off; bool wrong; } order[64];
};

static void *sums_new(void)
{
	return calloc(1, sizeof(struct sums));
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= UINT64_C(0x9E3779B97F4A7C15);
	return x ^ x >> 29;
}

static int sums_batch(void *st, const struct batch *b)
{
	struct sums *s = st;

	for (uint32_t i = 0; i < b->event_count; i++) {
		const struct event *ev = &b->events[i];
		uint64_t x =
			mix(ev->ts_ns) + mix((uint64_t)ev->tid + ev->stored_type) + mix(b->base_off + ev->block_off);

		x += mix(b->first_raw_num + i) + mix(ev->flags);
		if (ev->thread != NULL) {
			x += mix((uint64_t)ev->thread->pid) + mix(ev->thread->process);
		}
		if (ev->fd != NULL) {
			x += mix(ev->fd->id) + mix(ev->fd->name_len);
		}
		s->mixed += mix(x);
	}
	s->events += b->event_count;
	s->packets += b->packet_count;
	return 0;
}

static int sums_merge(void *into, void *from)
{
	struct sums *a = into;
	struct sums *b = from;

	a->events += b->events;
	a->packets += b->packets;
	a->mixed += b->mixed;
	return 0;
}

static int sums_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	UNUSED_ARG(st);
	UNUSED_ARG(in);
	UNUSED_ARG(r);
	UNUSED_ARG(e);
	return 0;
}

static const struct tap free_sums = {
	.name = "free", .order = TAP_FREE, .events = true, .packets = true, .state_new = sums_new,
	.state_free = free, .batch = sums_batch, .merge = sums_merge, .tables = sums_tables,
};

/* Batches of each source come in order and without gaps. */
static int order_batch(void *st, const struct batch *b)
{
	struct sums *s = st;
	size_t i = 0;

	while (s->order[i].source != NULL && s->order[i].source != b->section->source) {
		i++;
	}
	assert(i + 1 < ARRAY_LEN(s->order));
	if (s->order[i].source == NULL) {
		s->order[i].source = b->section->source;
		s->order[i].next_raw = 1;
		s->order[i].next_packet = 1;
	}
	s->order[i].wrong |= b->first_raw_num != s->order[i].next_raw ||
			     b->first_packet_num != s->order[i].next_packet || b->base_off < s->order[i].next_off;
	s->order[i].next_raw += b->event_count;
	s->order[i].next_packet += b->packet_count;
	s->order[i].next_off = b->base_off + b->len;
	return sums_batch(st, b);
}

static const struct tap ordered_sums = {
	.name = "ordered", .order = TAP_ORDERED, .events = true, .packets = true, .state_new = sums_new,
	.state_free = free, .batch = order_batch, .merge = sums_merge, .tables = sums_tables,
};

static const struct tap *const both_sums[] = { &free_sums, &ordered_sums, NULL };

/* ---- the same from any number of threads ------------------------------------------------------------ */

static void save_seeds(const struct dir *d)
{
	for (const struct seed *s = seeds; s->name != NULL; s++) {
		struct mkcap m;

		seed_build(s, &m);
		mkcap_save(&m, dir_file(d, s->name));
		mkcap_release(&m);
	}
}

static void test_engine_taps_see_every_event_once(void)
{
	struct sums want = { 0 };
	uint32_t made = 1;
	struct dir d;

	dir_init(&d);
	save_seeds(&d);
	save_capture(&d, "long.scap", "h", T0, 1000, 20000);
	for (const struct seed *s = seeds; s->name != NULL; s++) {
		made++;
	}
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct engine_options opt = { .threads = ways[i].threads, .batch_bytes = ways[i].batch_bytes,
					      .fold = true, .wants = WANT_REFS, .taps = both_sums };
		const struct sums *s;
		uint64_t events = 0;
		uint64_t packets = 0;
		uint32_t count;
		struct run r;

		run_engine_on(&r, d.path, &opt);
		CU_ASSERT_EQUAL(r.code, 0);
		for (uint32_t k = 0; k < 2; k++) {
			s = engine_tap_state(r.engine, k);
			CU_ASSERT_PTR_NOT_NULL_FATAL(s);
			if (want.events == 0) {
				want = *s;
			}
			CU_ASSERT_EQUAL(s->events, want.events);
			CU_ASSERT_EQUAL(s->packets, want.packets);
			CU_ASSERT_EQUAL(s->mixed, want.mixed);
		}
		for (size_t k = 0; s->order[k].source != NULL; k++) {
			CU_ASSERT_FALSE(s->order[k].wrong);
		}
		(void)engine_sources(r.engine, &count);
		CU_ASSERT_EQUAL(count, made);
		for (uint32_t k = 0; k < count; k++) {
			const struct source *src = engine_sources(r.engine, &count)[k];

			for (uint32_t n = 0; n < src->section_count; n++) {
				events += src->sections[n]->events;
				packets += src->sections[n]->packets;
			}
		}
		CU_ASSERT_EQUAL(events, want.events);
		CU_ASSERT_EQUAL(packets, want.packets);
		run_release(&r);
	}
	CU_ASSERT_TRUE(want.events > 20000);
	dir_release(&d);
}

static void test_engine_reports_agree(void)
{
	struct buf want;
	struct dir d;

	dir_init(&d);
	save_seeds(&d);
	save_capture(&d, "long.scap", "h", T0, 1000, 20000);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct buf have;
		struct run r;

		run_report_on(&r, d.path, ways[i].threads, ways[i].batch_bytes);
		run_json(&r, i == 0 ? &want : &have);
		if (i > 0) {
			CU_ASSERT_TRUE(have.len == want.len && memcmp(have.data, want.data, have.len) == 0);
			buf_release(&have);
		}
		run_release(&r);
	}
	CU_ASSERT_TRUE(want.len > 10000);
	buf_release(&want);
	dir_release(&d);
}

/* Damage found in batches of any size adds up to the same list, over framing and decode. */
static void test_engine_damage_agrees(void)
{
	static const char *const names[] = { "lies.scap", "lies-be.scap", "holes.scap", "zeros.pcap" };
	struct source *first[ARRAY_LEN(names)];
	struct run runs[ARRAY_LEN(ways)];
	struct mkcap m;
	struct dir d;

	dir_init(&d);
	save_seeds(&d);
	make_capture(&m, "h", T0, 1000, 20000);
	for (size_t at = 5000; at + 30000 < m.out.len; at += 60000) {
		memset(m.out.data + at, at % 3 == 0 ? 0 : 0xAA, 20000);
	}
	mkcap_save(&m, dir_file(&d, "holes.scap"));
	mkcap_release(&m);
	mkcap_init(&m, false);
	mkcap_pcap_header(&m, false, 1);
	for (uint32_t i = 0; i < 2000; i++) {
		mkcap_pcap_packet(&m, 1700000000 + i, i, "0123456789012345678901234567890", 30, 30);
	}
	memset(m.out.data + 20000, 0, 30000);
	mkcap_save(&m, dir_file(&d, "zeros.pcap"));
	mkcap_release(&m);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct engine_options opt = run_report_options(ways[i].threads, ways[i].batch_bytes);
		struct source *const *sources;
		uint32_t count;

		run_engine_on(&runs[i], d.path, &opt);
		sources = engine_sources(runs[i].engine, &count);
		for (uint32_t k = 0; k < count; k++) {
			for (size_t n = 0; n < ARRAY_LEN(names); n++) {
				const struct source *s = sources[k];

				if (strcmp(strrchr(s->name, '/') + 1, names[n]) != 0) {
					continue;
				}
				first[n] = i == 0 ? sources[k] : first[n];
				CU_ASSERT_TRUE(s->damages_total > 0);
				CU_ASSERT_EQUAL(s->damages_total, first[n]->damages_total);
				CU_ASSERT_EQUAL(s->damage_bytes, first[n]->damage_bytes);
				CU_ASSERT_EQUAL_FATAL(s->damage_count, first[n]->damage_count);
				for (uint32_t x = 0; x < s->damage_count; x++) {
					CU_ASSERT_EQUAL(s->damages[x].offset, first[n]->damages[x].offset);
					CU_ASSERT_EQUAL(s->damages[x].bytes, first[n]->damages[x].bytes);
					CU_ASSERT_STRING_EQUAL(s->damages[x].what, first[n]->damages[x].what);
				}
			}
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		run_release(&runs[i]);
	}
	dir_release(&d);
}

/* ---- inputs that are none ----------------------------------------------------------------------------- */

static const struct input_skip *find_skip(const struct engine *en, const char *name)
{
	size_t count;
	const struct input_skip *skips = engine_skips(en, &count);

	for (size_t i = 0; i < count; i++) {
		const char *slash = strrchr(skips[i].name, '/');

		if (strcmp(slash != NULL ? slash + 1 : skips[i].name, name) == 0) {
			return &skips[i];
		}
	}
	return NULL;
}

static void test_engine_skips_what_is_no_capture(void)
{
	struct dir d;

	dir_init(&d);
	save_capture(&d, "b.scap", "h", T0, 1000, 10);
	save(dir_file(&d, "a.txt"), "hello\n", 6);
	save(dir_file(&d, "c.empty"), "", 0);
	save_capture(&d, "gone.scap", "h", T0, 1000, 10);
	for (unsigned int threads = 1; threads <= 3; threads++) {
		struct engine_options opt = run_report_options(threads, 4096);
		const struct input_skip *s;
		struct run r;
		uint32_t count;

		save_capture(&d, "gone.scap", "h", T0, 1000, 10);
		input_list_init(&r.inputs);
		err_init(&r.err);
		report_init(&r.report);
		CU_ASSERT_EQUAL_FATAL(input_list_add(&r.inputs, d.path, &r.err), 0);
		unlink(dir_file(&d, "gone.scap"));
		CU_ASSERT_EQUAL_FATAL(engine_new(&opt, &r.engine, &r.err), 0);
		CU_ASSERT_EQUAL(engine_run(r.engine, &r.inputs, &r.err), 0);
		(void)engine_sources(r.engine, &count);
		CU_ASSERT_EQUAL(count, 1);
		s = find_skip(r.engine, "a.txt");
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CU_ASSERT_EQUAL(s->code, ERR_NOT_CAPTURE);
		CU_ASSERT_PTR_NOT_NULL(find_skip(r.engine, "c.empty"));
		s = find_skip(r.engine, "gone.scap");
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CU_ASSERT_EQUAL(s->code, ERR_OPEN);
		run_release(&r);
	}
	dir_release(&d);
}

/* Names in a report lose the folder that all inputs share, and nothing else: also those that were not read. */
static void test_engine_report_shortens_names(void)
{
	char sub[256];
	struct dir d;
	struct run r;
	const struct table *t;

	dir_init(&d);
	snprintf(sub, sizeof(sub), "%s/host1", d.path);
	CU_ASSERT_EQUAL_FATAL(mkdir(sub, 0700), 0);
	snprintf(sub, sizeof(sub), "%s/notes-of-somebody.txt", d.path);
	save(sub, "hello\n", 6);
	CU_ASSERT_EQUAL_FATAL(mkfifo(dir_file(&d, "pipe"), 0600), 0);
	save_capture(&d, "host1/a.scap", "h", T0, 1000, 10);
	save_capture(&d, "host1/b.scap", "h", T0, 1000, 10);
	run_report_on(&r, d.path, 2, 4096);
	t = run_table(&r, "sources");
	CU_ASSERT_TRUE(run_text_is(t, 0, "source", "host1/a.scap"));
	CU_ASSERT_TRUE(run_text_is(t, 1, "source", "host1/b.scap"));
	t = run_table(&r, "quality");
	(void)run_row_text(t, "source", "notes-of-somebody.txt");
	(void)run_row_text(t, "source", "pipe");
	run_release(&r);
	/* The captures share more with each other than with what is skipped. */
	unlink(dir_file(&d, "notes-of-somebody.txt"));
	run_report_on(&r, d.path, 2, 4096);
	t = run_table(&r, "quality");
	(void)run_row_text(t, "source", "pipe");
	t = run_table(&r, "sources");
	CU_ASSERT_TRUE(run_text_is(t, 0, "source", "host1/a.scap"));
	run_release(&r);
	dir_release(&d);
}

/* ---- archives, many files, hashes ----------------------------------------------------------------------- */

static void make_tar(const struct dir *d, const char *tar, const char *members, const char *flags)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), "cd '%s' && tar %s -cf %s %s && rm %s", d->path, flags, tar, members, members);
	CU_ASSERT_EQUAL_FATAL(system(cmd), 0);
}

static void test_engine_reads_archives(void)
{
	struct dir d;

	dir_init(&d);
	save_capture(&d, "a.scap", "h1", T0, 1000, 3000);
	save_capture(&d, "b.scap", "h2", T0, 1000, 2000);
	save(dir_file(&d, "c.txt"), "no capture", 10);
	save_capture(&d, "e.scap", "h3", T0, 1000, 1000);
	make_tar(&d, "all.tar", "b.scap c.txt a.scap e.scap", "");
	save_capture(&d, "f.scap", "h4", T0, 1000, 10);
	make_tar(&d, "one.tar.gz", "f.scap", "-z");
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct engine_options opt = run_report_options(ways[i].threads, ways[i].batch_bytes);
		static const uint64_t events[] = { 2000, 3000, 1000, 10 };
		struct source *const *s;
		uint32_t count;
		struct run r;

		run_engine_on(&r, d.path, &opt);
		CU_ASSERT_EQUAL(r.code, 0);
		s = engine_sources(r.engine, &count);
		CU_ASSERT_EQUAL_FATAL(count, 4);
		for (uint32_t k = 0; k < 4; k++) {
			CU_ASSERT_EQUAL(s[k]->id, k);
			CU_ASSERT_EQUAL(s[k]->sections[0]->events, events[k]);
			CU_ASSERT_EQUAL(s[k]->damages_total, 0);
		}
		CU_ASSERT_PTR_NOT_NULL(strstr(s[0]->name, "all.tar:b.scap"));
		CU_ASSERT_PTR_NOT_NULL(strstr(s[3]->name, "one.tar.gz:f.scap"));
		CU_ASSERT_STRING_EQUAL(s[0]->wrap, "tar");
		run_release(&r);
	}
	dir_release(&d);
}

static void test_engine_many_files(void)
{
	static const unsigned int threads[] = { 1, 2, 8 };
	struct dir d;

	dir_init(&d);
	for (unsigned int i = 0; i < 300; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%03u.scap", i);
		save_capture(&d, name, "h", T0 + i * NSEC_PER_SEC, 1000, 5 + i % 7);
	}
	for (size_t t = 0; t < ARRAY_LEN(threads); t++) {
		struct engine_options opt = run_report_options(threads[t], 4096);
		struct source *const *s;
		uint32_t count;
		struct run r;

		run_engine_on(&r, d.path, &opt);
		CU_ASSERT_EQUAL(r.code, 0);
		s = engine_sources(r.engine, &count);
		CU_ASSERT_EQUAL_FATAL(count, 300);
		for (unsigned int i = 0; i < 300; i++) {
			CU_ASSERT_EQUAL(s[i]->sections[0]->events, 5 + i % 7);
			CU_ASSERT_EQUAL(s[i]->sections[0]->first_ns, T0 + i * NSEC_PER_SEC);
		}
		run_release(&r);
	}
	dir_release(&d);
}

static void file_digest(const char *path, char ret_hex[65])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	static unsigned char bytes[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	len = fread(bytes, 1, sizeof(bytes), f);
	CU_ASSERT_FATAL(len < sizeof(bytes));
	fclose(f);
	CU_ASSERT_EQUAL_FATAL(EVP_Digest(bytes, len, md, &n, EVP_sha256(), NULL), 1);
	for (unsigned int i = 0; i < n; i++) {
		snprintf(ret_hex + 2 * i, 3, "%02x", md[i]);
	}
}

/* The digest is that of the file as stored; asking for it changes nothing else. */
static void test_engine_hashes(void)
{
	static const char *const names[] = { "a.scap", "b.scap.gz", "c.tar" };
	char want[3][65];
	char cmd[256];
	struct dir d;

	dir_init(&d);
	save_capture(&d, "a.scap", "h", T0, 1000, 3000);
	save_capture(&d, "b.scap", "h", T0, 1000, 3000);
	snprintf(cmd, sizeof(cmd), "gzip '%s/b.scap'", d.path);
	CU_ASSERT_EQUAL_FATAL(system(cmd), 0);
	save_capture(&d, "x.scap", "h", T0, 1000, 30);
	save_capture(&d, "y.scap", "h", T0, 1000, 30);
	make_tar(&d, "c.tar", "x.scap y.scap", "");
	for (size_t i = 0; i < 3; i++) {
		file_digest(dir_file(&d, names[i]), want[i]);
	}
	for (size_t i = 0; i < 2 * ARRAY_LEN(ways); i++) {
		struct engine_options opt = { .threads = ways[i / 2].threads, .batch_bytes = ways[i / 2].batch_bytes,
					      .fold = true, .hash = i % 2 != 0, .taps = both_sums };
		static uint64_t mixed;
		struct source *const *s;
		uint32_t count;
		struct run r;

		run_engine_on(&r, d.path, &opt);
		CU_ASSERT_EQUAL(r.code, 0);
		s = engine_sources(r.engine, &count);
		CU_ASSERT_EQUAL_FATAL(count, 4);
		for (uint32_t k = 0; k < 4; k++) {
			CU_ASSERT_STRING_EQUAL(s[k]->sha256, opt.hash ? want[k < 2 ? k : 2] : "");
		}
		mixed = i == 0 ? ((struct sums *)engine_tap_state(r.engine, 0))->mixed : mixed;
		CU_ASSERT_EQUAL(((struct sums *)engine_tap_state(r.engine, 0))->mixed, mixed);
		run_release(&r);
	}
	dir_release(&d);
}

/* ---- ends before the end ---------------------------------------------------------------------------------- */

static int failing_batch(void *st, const struct batch *b)
{
	struct sums *s = st;

	s->events += b->event_count;
	return s->events > 2000 ? ERR_NOMEM : 0;
}

static const struct tap failing = {
	.name = "failing", .order = TAP_FREE, .events = true, .state_new = sums_new, .state_free = free,
	.batch = failing_batch, .merge = sums_merge, .tables = sums_tables,
};

static const struct tap failing_ordered = {
	.name = "failing", .order = TAP_ORDERED, .events = true, .state_new = sums_new, .state_free = free,
	.batch = failing_batch, .merge = sums_merge, .tables = sums_tables,
};

static void test_engine_ends_when_a_tap_fails(void)
{
	static const struct tap *const lists[2][2] = { { &failing, NULL }, { &failing_ordered, NULL } };
	struct dir d;

	dir_init(&d);
	for (int i = 0; i < 8; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%d.scap", i);
		save_capture(&d, name, "h", T0, 1000, 20000);
	}
	for (size_t i = 0; i < 2 * ARRAY_LEN(ways); i++) {
		struct engine_options opt = { .threads = ways[i / 2].threads, .batch_bytes = ways[i / 2].batch_bytes,
					      .fold = true, .taps = lists[i % 2] };
		struct run r;

		run_engine_on(&r, d.path, &opt);
		CU_ASSERT_EQUAL(r.code, ERR_NOMEM);
		CU_ASSERT_EQUAL(r.err.code, ERR_NOMEM);
		run_release(&r);
	}
	dir_release(&d);
}

/* Stops the run from a tap after some events, as a signal would. */
static int stopping_batch(void *st, const struct batch *b)
{
	struct sums *s = st;

	s->events += b->event_count;
	if (s->events >= 1000) {
		engine_stop();
	}
	return 0;
}

static const struct tap stopping = {
	.name = "stopping", .order = TAP_FREE, .events = true, .state_new = sums_new, .state_free = free,
	.batch = stopping_batch, .merge = sums_merge, .tables = sums_tables,
};

static bool stop_in_child(const struct dir *d, unsigned int threads, bool hash)
{
	static const struct tap *const taps[] = { &stopping, &tap_processes, NULL };
	struct engine_options opt = {
		.threads = threads, .batch_bytes = 4096, .fold = true, .hash = hash, .taps = taps
	};
	const struct sums *sums;
	struct source *const *s;
	uint64_t events = 0;
	uint32_t count;
	size_t skips;
	struct run r;
	bool ok;

	run_engine_on(&r, d->path, &opt);
	s = engine_sources(r.engine, &count);
	(void)engine_skips(r.engine, &skips);
	sums = engine_tap_state(r.engine, 0);
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < s[i]->section_count; k++) {
			events += s[i]->sections[k]->events;
		}
	}
	/* Everything that was read was seen, and of each file something is said. */
	ok = r.code == ERR_STOPPED && sums != NULL && sums->events == events && events < 8 * 20000 &&
	     count < 8 && count + skips == 8;
	for (uint32_t i = 0; i < count; i++) {
		ok = ok && (s[i]->stopped || s[i]->sections[0]->events == 20000);
	}
	ok = ok && engine_report(r.engine, &r.report, &r.err) == 0 && r.report.stopped;
	run_release(&r);
	return ok;
}

static void test_engine_stops(void)
{
	struct dir d;

	dir_init(&d);
	for (int i = 0; i < 8; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%d.scap", i);
		save_capture(&d, name, "h", T0, 1000, 20000);
	}
	for (unsigned int i = 0; i < 8; i++) {
		/* A process of its own: being stopped is for good. */
		pid_t child = fork();
		int status = -1;

		CU_ASSERT_FATAL(child >= 0);
		if (child == 0) {
			_exit(stop_in_child(&d, 1 + i / 2, i % 2 != 0) ? 0 : 1);
		}
		CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
		CU_ASSERT_TRUE(WIFEXITED(status));
		CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
	}
	dir_release(&d);
}

void suite_engine(CU_pSuite suite);
void suite_engine(CU_pSuite suite)
{
	CU_add_test(suite, "test_engine_taps_see_every_event_once", test_engine_taps_see_every_event_once);
	CU_add_test(suite, "test_engine_reports_agree", test_engine_reports_agree);
	CU_add_test(suite, "test_engine_damage_agrees", test_engine_damage_agrees);
	CU_add_test(suite, "test_engine_skips_what_is_no_capture", test_engine_skips_what_is_no_capture);
	CU_add_test(suite, "test_engine_report_shortens_names", test_engine_report_shortens_names);
	CU_add_test(suite, "test_engine_reads_archives", test_engine_reads_archives);
	CU_add_test(suite, "test_engine_many_files", test_engine_many_files);
	CU_add_test(suite, "test_engine_hashes", test_engine_hashes);
	CU_add_test(suite, "test_engine_ends_when_a_tap_fails", test_engine_ends_when_a_tap_fails);
	CU_add_test(suite, "test_engine_stops", test_engine_stops);
}
