/*
 * test_capture_output.c - the recorder's files: compression and flushes, full disks, rotation and ring, packets
 * before events, names. Recorded are events made here; what lies on the disk is read back by mkrecord.h.
 */
#include "mkrecord.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "capture/held.h"
#include "capture/naming.h"
#include "capture/narrow.h"
#include "capture/output.h"
#include "writers/pcapng.h"

static const char *const form_names[] = {
	[SINK_PLAIN] = "a.scap", [SINK_GZIP] = "a.scap.gz", [SINK_ZSTD] = "a.scap.zst"
};

/* count events with fds from first on, in pieces as the writer gets them. */
static int write_events(struct sink *s, int64_t first, unsigned int count, struct err *e)
{
	int rc = 0;
	struct buf b;

	buf_init(&b, (size_t)64 << 20);
	for (unsigned int i = 0; i < count && rc == 0; i++) {
		mk_event(&b, MK_T0 + i, 77, first + i);
		if (b.len > 100000 || i + 1 == count) {
			rc = sink_write(s, b.data, b.len, e);
			buf_reset(&b);
		}
	}
	buf_release(&b);
	return rc;
}

/* ---- sinks ---------------------------------------------------------------------------------------------- */

static void test_capture_output_sink_forms(void)
{
	for (unsigned int form = SINK_PLAIN; form <= SINK_ZSTD; form++) {
		struct sink_options opt = { .form = (enum sink_form)form };
		struct mk_folder dir;
		struct mk_file f;
		struct sink *s;
		struct stat st;
		struct err e;

		err_init(&e);
		mk_folder(&dir);
		CU_ASSERT_EQUAL_FATAL(sink_open(mk_in(&dir, 0, form_names[form]), &opt, &s, &e), 0);
		CU_ASSERT_EQUAL(write_events(s, 0, 200000, &e), 0);
		CU_ASSERT_EQUAL(sink_end(s, &e), 0);
		CU_ASSERT_EQUAL(stat(dir.name[0], &st), 0);
		CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
		CU_ASSERT_EQUAL(sink_bytes(s), (uint64_t)st.st_size);
		sink_free(s);
		CU_ASSERT_TRUE_FATAL(mk_load(dir.name[0], &f));
		CU_ASSERT_TRUE(f.whole && f.whole_blocks && f.in_order);
		CU_ASSERT_EQUAL(f.events, 200000);
		/* 12 MB of content: readers can take its frames in parallel. */
		CU_ASSERT_EQUAL(f.frames, form == SINK_ZSTD ? 2 : 0);
		CU_ASSERT_EQUAL(naming_form(form_names[form]), form);
		mk_unload(&f);
		mk_folder_remove(&dir);
	}
}

/* As a recorder that is killed leaves it: nothing closed, nothing ended. */
static void test_capture_output_sink_killed(void)
{
	for (unsigned int form = SINK_PLAIN; form <= SINK_ZSTD; form++) {
		struct sink_options opt = { .form = (enum sink_form)form };
		struct mk_folder dir;
		struct mk_file f;
		struct sink *s;
		struct err e;

		err_init(&e);
		mk_folder(&dir);
		CU_ASSERT_EQUAL_FATAL(sink_open(mk_in(&dir, 0, form_names[form]), &opt, &s, &e), 0);
		CU_ASSERT_EQUAL(write_events(s, 0, 1000, &e), 0);
		CU_ASSERT_TRUE_FATAL(mk_load(dir.name[0], &f));
		CU_ASSERT_EQUAL(f.events, 1000);
		CU_ASSERT_TRUE(f.in_order && f.whole_blocks);
		CU_ASSERT_EQUAL(f.whole, form == SINK_PLAIN);
		mk_unload(&f);
		sink_free(s);
		mk_folder_remove(&dir);
	}
}

/* A limit on the size of files stands for a full disk: the write that crosses it is cut, the next one fails. */
static void test_capture_output_sink_full(void)
{
	struct rlimit before, small;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	for (unsigned int form = SINK_PLAIN; form <= SINK_ZSTD; form++) {
		struct sink_options opt = { .form = (enum sink_form)form };
		struct mk_folder dir;
		struct mk_file f;
		struct sink *s;
		struct err e;
		int rc = 0;

		err_init(&e);
		mk_folder(&dir);
		small.rlim_cur = form == SINK_PLAIN ? 1000003 : 20011;
		setrlimit(RLIMIT_FSIZE, &small);
		CU_ASSERT_EQUAL_FATAL(sink_open(mk_in(&dir, 0, form_names[form]), &opt, &s, &e), 0);
		for (int64_t i = 0; i < 1000 && rc == 0; i++) {
			rc = write_events(s, 1000 * i, 1000, &e);
		}
		CU_ASSERT_EQUAL(rc, ERR_IO);
		CU_ASSERT_PTR_NOT_NULL(strstr(e.message, dir.name[0]));
		CU_ASSERT_EQUAL(sink_end(s, &e), ERR_IO);
		CU_ASSERT_EQUAL(sink_write(s, "x", 1, &e), ERR_IO);
		setrlimit(RLIMIT_FSIZE, &before);
		sink_free(s);
		CU_ASSERT_TRUE_FATAL(mk_load(dir.name[0], &f));
		/* Nothing is wrong with it: whole blocks, and a compressed one has its end. */
		CU_ASSERT_TRUE(f.whole && f.whole_blocks && f.in_order);
		CU_ASSERT_TRUE(f.events >= 1000);
		/* A plain one has every block that fits: 60 bytes each. */
		CU_ASSERT_TRUE(form != SINK_PLAIN || f.events == 1000003 / 60);
		mk_unload(&f);
		mk_folder_remove(&dir);
	}
	signal(SIGXFSZ, SIG_DFL);
}

static void test_capture_output_sink_existing(void)
{
	struct sink_options opt = { .form = SINK_PLAIN };
	struct mk_folder dir;
	struct mk_file f;
	struct sink *s;
	struct err e;

	err_init(&e);
	mk_folder(&dir);
	CU_ASSERT_EQUAL_FATAL(sink_open(mk_in(&dir, 0, "a"), &opt, &s, &e), 0);
	CU_ASSERT_EQUAL(write_events(s, 0, 3, &e), 0);
	sink_free(s);
	CU_ASSERT_EQUAL(sink_open(dir.name[0], &opt, &s, &e), ERR_EXISTS);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "--force"));
	/* A link to nowhere is not followed to where somebody wants it. */
	CU_ASSERT_EQUAL(symlink("nowhere", mk_in(&dir, 1, "link")), 0);
	err_init(&e);
	CU_ASSERT_EQUAL(sink_open(dir.name[1], &opt, &s, &e), ERR_EXISTS);
	err_init(&e);
	CU_ASSERT_EQUAL(sink_open(dir.path, &opt, &s, &e), ERR_OPEN);
	err_init(&e);
	CU_ASSERT_EQUAL(sink_open(mk_in(&dir, 2, "no/such"), &opt, &s, &e), ERR_OPEN);
	/* Replaced: another file, so that a second name of the old one keeps it. */
	CU_ASSERT_EQUAL(link(dir.name[0], mk_in(&dir, 3, "kept")), 0);
	opt.force = true;
	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(sink_open(dir.name[0], &opt, &s, &e), 0);
	sink_free(s);
	CU_ASSERT_TRUE_FATAL(mk_load(dir.name[3], &f));
	CU_ASSERT_EQUAL(f.events, 3);
	mk_unload(&f);
	mk_folder_remove(&dir);
}

/* A pipe that nobody reads: a signal that came ends the wait for a reader. */
static void test_capture_output_sink_no_reader(void)
{
	struct sink_options opt = { .form = SINK_PLAIN };
	struct mk_folder dir;
	sigset_t set, before;
	struct sink *s;
	struct err e;
	int number;

	err_init(&e);
	mk_folder(&dir);
	CU_ASSERT_EQUAL_FATAL(mkfifo(mk_in(&dir, 0, "pipe"), 0600), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, &before);
	pthread_kill(pthread_self(), SIGTERM);
	CU_ASSERT_EQUAL(sink_open(dir.name[0], &opt, &s, &e), ERR_STOPPED);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "nobody reads"));
	sigwait(&set, &number);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	mk_folder_remove(&dir);
}

static void *reader_main(void *arg)
{
	int fd = open(arg, O_RDONLY | O_CLOEXEC);
	char piece[100];

	if (read(fd, piece, sizeof(piece)) > 0) {
		close(fd);
	}
	return NULL;
}

static void test_capture_output_sink_reader_gone(void)
{
	struct sink_options opt = { .form = SINK_PLAIN };
	struct mk_folder dir;
	pthread_t reader;
	struct sink *s;
	struct err e;
	int rc = 0;

	signal(SIGPIPE, SIG_IGN);
	err_init(&e);
	mk_folder(&dir);
	CU_ASSERT_EQUAL_FATAL(mkfifo(mk_in(&dir, 0, "pipe"), 0600), 0);
	pthread_create(&reader, NULL, reader_main, dir.name[0]);
	CU_ASSERT_EQUAL_FATAL(sink_open(dir.name[0], &opt, &s, &e), 0);
	CU_ASSERT_FALSE(sink_is_file(s));
	for (int i = 0; i < 1000 && rc == 0; i++) {
		rc = write_events(s, 0, 1000, &e);
	}
	CU_ASSERT_EQUAL(rc, ERR_PIPE);
	pthread_join(reader, NULL);
	sink_free(s);
	mk_folder_remove(&dir);
	signal(SIGPIPE, SIG_DFL);
}

/* A reader that is there but takes nothing: the writer waits until it is told not to. */
static void test_capture_output_sink_reader_stuck(void)
{
	struct sink_options opt = { .form = SINK_PLAIN };
	const bool give_up = true;
	struct mk_folder dir;
	struct sink *s;
	struct err e;
	int rc = 0, fd;

	err_init(&e);
	mk_folder(&dir);
	CU_ASSERT_EQUAL_FATAL(mkfifo(mk_in(&dir, 0, "pipe"), 0600), 0);
	fd = open(dir.name[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CU_ASSERT_EQUAL_FATAL(sink_open(dir.name[0], &opt, &s, &e), 0);
	sink_give_up_on(s, &give_up);
	for (int i = 0; i < 1000 && rc == 0; i++) {
		rc = write_events(s, 0, 1000, &e);
	}
	CU_ASSERT_EQUAL(rc, ERR_PIPE);
	close(fd);
	sink_free(s);
	mk_folder_remove(&dir);
}

/* ---- names ---------------------------------------------------------------------------------------------- */

static void test_capture_output_names(void)
{
	static const struct {
		const char *path, *rotated, *packets;
	} rows[] = {
		{ "day.scap.zst", "day-00017.scap.zst", "day.packets.pcapng.zst" },
		{ "day.scap", "day-00017.scap", "day.packets.pcapng" },
		{ "day", "day-00017", "day.packets.pcapng" },
		{ "day.gz", "day-00017.gz", "day.packets.pcapng.gz" },
		{ "a.b/day", "a.b/day-00017", "a.b/day.packets.pcapng" },
		{ "a.b/v1.2.scap", "a.b/v1.2-00017.scap", "a.b/v1.2.packets.pcapng" },
		{ "/x/.hidden", "/x/.hidden-00017", "/x/.hidden.packets.pcapng" },
	};
	struct err e;
	char *name;

	err_init(&e);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CU_ASSERT_EQUAL_FATAL(naming_rotated(rows[i].path, 17, 0, &name, &e), 0);
		CU_ASSERT_STRING_EQUAL(name, rows[i].rotated);
		free(name);
		CU_ASSERT_EQUAL_FATAL(naming_packets(rows[i].path, &name, &e), 0);
		CU_ASSERT_STRING_EQUAL(name, rows[i].packets);
		free(name);
	}
	setenv("TZ", "UTC", 1);
	tzset();
	CU_ASSERT_EQUAL_FATAL(naming_rotated("d-%Y%m%d-%H%M%S.scap", 0, 1700000000, &name, &e), 0);
	CU_ASSERT_STRING_EQUAL(name, "d-20231114-221320.scap");
	free(name);
	CU_ASSERT_EQUAL(naming_rotated("", 0, 0, &name, &e), 0);
	free(name);
}

static void test_capture_output_names_go_on(void)
{
	struct mk_folder dir;

	mk_folder(&dir);
	CU_ASSERT_EQUAL(naming_highest(mk_in(&dir, 0, "day.scap")), 0);
	close(creat(mk_in(&dir, 1, "day-00012.scap"), 0600));
	close(creat(mk_in(&dir, 2, "day-00099.pcapng"), 0600));
	close(creat(mk_in(&dir, 3, "daylight-00500.scap"), 0600));
	CU_ASSERT_EQUAL(naming_highest(dir.name[0]), 12);
	/* A spool that nobody put together has its number taken too. */
	close(creat(mk_in(&dir, 1, "day-100000.scap" NAMING_SPOOL), 0600));
	CU_ASSERT_EQUAL(naming_highest(dir.name[0]), 100000);
	mk_folder_remove(&dir);
}

/* ---- output --------------------------------------------------------------------------------------------- */

/* Section header and count events, as a session puts them. */
static int put_section(struct output *o, int64_t *io_fd, unsigned int count, struct err *e)
{
	int rc;

	scap_section(output_room(o, OUTPUT_OF_EVENTS), NULL);
	rc = output_put(o, OUTPUT_OF_EVENTS, 0, e);
	for (unsigned int i = 0; i < count && rc == 0; i++) {
		mk_event(output_room(o, OUTPUT_OF_EVENTS), MK_T0, 77, (*io_fd)++);
		rc = output_put(o, OUTPUT_OF_EVENTS, 1, e);
	}
	return rc;
}

/* A hundred events, of which the last one makes the file full; then the next file, but after the last one. */
static void put_full_file(struct output *o, int64_t *io_fd, bool last)
{
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL(put_section(o, io_fd, 99, &e), 0);
	CU_ASSERT_FALSE(output_full(o, MK_T0));
	mk_event(output_room(o, OUTPUT_OF_EVENTS), MK_T0, 77, (*io_fd)++);
	CU_ASSERT_EQUAL(output_put(o, OUTPUT_OF_EVENTS, 1, &e), 0);
	CU_ASSERT_TRUE(output_full(o, MK_T0));
	CU_ASSERT_TRUE(last || output_next(o, MK_T0, &e) == 0);
}

static void test_capture_output_rotation(void)
{
	for (unsigned int form = SINK_PLAIN; form <= SINK_ZSTD; form++) {
		struct output_options opt = { .sink = { .form = (enum sink_form)form }, .rotate_events = 100 };
		struct output *o = NULL;
		struct mk_folder dir;
		struct output_counts counts;
		int64_t fd = 0, next = 0;
		struct err e;

		err_init(&e);
		mk_folder(&dir);
		opt.path = mk_in(&dir, 0, form_names[form]);
		CU_ASSERT_EQUAL_FATAL(output_open(&opt, &o, &e), 0);
		for (unsigned int i = 0; i < 5; i++) {
			put_full_file(o, &fd, i == 4);
		}
		CU_ASSERT_EQUAL(output_close(o, &e), 0);
		output_counts(o, &counts);
		CU_ASSERT_EQUAL(counts.files, 5);
		output_free(o);
		for (unsigned int i = 1; i <= 5; i++) {
			struct mk_file f;
			char name[64];

			snprintf(name, sizeof(name), "a-%05u%s", i, form_names[form] + 1);
			CU_ASSERT_TRUE_FATAL(mk_load(mk_in(&dir, 1, name), &f));
			CU_ASSERT_TRUE(f.whole && f.whole_blocks && f.in_order);
			CU_ASSERT_EQUAL(f.types[0], 0x0A0D0D0A);
			CU_ASSERT_EQUAL(f.events, 100);
			CU_ASSERT_EQUAL(f.first_fd, next);
			next = f.last_fd + 1;
			mk_unload(&f);
		}
		CU_ASSERT_EQUAL(mk_count_files(&dir), 5);
		mk_folder_remove(&dir);
	}
}

static void test_capture_output_ring(void)
{
	struct output_options opt = { .rotate_bytes = 6000, .ring_files = 3 };
	struct mk_folder dir;
	struct output *o;
	int64_t fd = 0;
	struct err e;

	err_init(&e);
	mk_folder(&dir);
	close(creat(mk_in(&dir, 1, "r-00007.scap"), 0600)); /* of an earlier recording: stays */
	opt.path = mk_in(&dir, 0, "r.scap");
	CU_ASSERT_EQUAL_FATAL(output_open(&opt, &o, &e), 0);
	for (unsigned int i = 0; i < 10; i++) {
		put_full_file(o, &fd, i == 9);
	}
	CU_ASSERT_EQUAL(output_close(o, &e), 0);
	output_free(o);
	CU_ASSERT_EQUAL(mk_count_files(&dir), 4);
	CU_ASSERT_EQUAL(access(dir.name[1], F_OK), 0);
	CU_ASSERT_NOT_EQUAL(access(mk_in(&dir, 2, "r-00014.scap"), F_OK), 0);
	CU_ASSERT_EQUAL(access(mk_in(&dir, 2, "r-00015.scap"), F_OK), 0);
	CU_ASSERT_EQUAL(access(mk_in(&dir, 2, "r-00017.scap"), F_OK), 0);
	mk_folder_remove(&dir);
}

static void test_capture_output_time(void)
{
	struct output_options opt = { .rotate_ns = 10 * NSEC_PER_SEC };
	struct mk_folder dir;
	struct output *o;
	struct timespec now;
	uint64_t now_ns, next_ns;
	const char *first, *second;
	struct err e;

	err_init(&e);
	mk_folder(&dir);
	setenv("TZ", "UTC", 1);
	tzset();
	opt.path = mk_in(&dir, 0, "t-%S.scap");
	clock_gettime(CLOCK_REALTIME, &now);
	now_ns = (uint64_t)now.tv_sec * NSEC_PER_SEC;
	CU_ASSERT_EQUAL_FATAL(output_open(&opt, &o, &e), 0);
	CU_ASSERT_FALSE(output_full(o, now_ns + 9 * NSEC_PER_SEC));
	CU_ASSERT_TRUE(output_full(o, now_ns + 11 * NSEC_PER_SEC + NSEC_PER_SEC));
	/* The same second twice: the second file has a number. */
	next_ns = MK_T0;
	first = "t-20.scap";
	second = "t-20-00001.scap";
	if (now.tv_sec % 60 >= 15 && now.tv_sec % 60 <= 25) {	/* not the second of the first file's name */
		next_ns += 30 * NSEC_PER_SEC;
		first = "t-50.scap";
		second = "t-50-00001.scap";
	}
	CU_ASSERT_EQUAL(output_next(o, next_ns, &e), 0);
	CU_ASSERT_STRING_EQUAL(output_path(o), mk_in(&dir, 1, first));
	CU_ASSERT_EQUAL(output_next(o, next_ns, &e), 0);
	CU_ASSERT_STRING_EQUAL(output_path(o), mk_in(&dir, 1, second));
	CU_ASSERT_EQUAL(output_close(o, &e), 0);
	output_free(o);
	mk_folder_remove(&dir);
}

static void put_packet(struct output *o, uint64_t ns, struct err *e)
{
	struct pcapng_packet p = { .units = ns, .data = (const uint8_t *)"abcd", .cap_len = 4, .orig_len = 4 };
	struct pcapng_block k = pcapng_packet_begin(output_room(o, OUTPUT_OF_PACKETS), &p);

	pcapng_end(&k);
	CU_ASSERT_EQUAL(output_put(o, OUTPUT_OF_PACKETS, 1, e), 0);
}

/* Packets and events in turns, two files; returns what output_close did. */
static int record_both(struct mk_folder *dir, enum output_layout layout, enum sink_form form, struct err *e)
{
	struct output_options opt = { .layout = layout, .sink = { .form = form }, .rotate_events = 5000 };
	struct output *o;
	int64_t fd = 0;
	int rc = 0;

	opt.path = mk_in(dir, 0, form_names[form]);
	CU_ASSERT_EQUAL_FATAL(output_open(&opt, &o, e), 0);
	for (unsigned int i = 0; i < 2 && rc == 0; i++) {
		rc = i == 0 ? 0 : output_next(o, MK_T0, e);
		scap_section(output_room(o, OUTPUT_OF_PACKETS), NULL);
		rc = rc == 0 ? put_section(o, &fd, 0, e) : rc;
		for (unsigned int k = 0; k < 5000 && rc == 0; k++) {
			mk_event(output_room(o, OUTPUT_OF_EVENTS), MK_T0 + k, 77, fd++);
			rc = output_put(o, OUTPUT_OF_EVENTS, 1, e);
			put_packet(o, MK_T0 + k, e);
		}
	}
	if (layout == OUTPUT_SPLIT) {
		CU_ASSERT_STRING_EQUAL(output_partner(o, OUTPUT_OF_PACKETS), naming_base(output_path(o)));
		CU_ASSERT_PTR_NOT_NULL(strstr(output_partner(o, OUTPUT_OF_EVENTS), "a-00002.packets.pcapng"));
	}
	rc = output_close(o, e);
	CU_ASSERT_EQUAL(output_left(o) == NULL, rc == 0);
	output_free(o);
	return rc;
}

static void test_capture_output_packets_first(void)
{
	for (unsigned int form = SINK_PLAIN; form <= SINK_ZSTD; form++) {
		struct mk_folder dir;
		struct err e;

		err_init(&e);
		mk_folder(&dir);
		CU_ASSERT_EQUAL(record_both(&dir, OUTPUT_SPOOLED, (enum sink_form)form, &e), 0);
		CU_ASSERT_EQUAL(mk_count_files(&dir), 2); /* no spools */
		for (unsigned int i = 1; i <= 2; i++) {
			struct mk_file f;
			char name[64];

			snprintf(name, sizeof(name), "a-%05u%s", i, form_names[form] + 1);
			CU_ASSERT_TRUE_FATAL(mk_load(mk_in(&dir, 1, name), &f));
			CU_ASSERT_TRUE(f.whole && f.whole_blocks && f.in_order);
			CU_ASSERT_EQUAL(f.sections, 2);
			CU_ASSERT_EQUAL(f.types[0], 0x0A0D0D0A);
			CU_ASSERT_EQUAL(f.types[1], 6);
			CU_ASSERT_EQUAL(f.packets, 5000);
			CU_ASSERT_EQUAL(f.events, 5000);
			CU_ASSERT_EQUAL(f.first_event_section, 2);
			CU_ASSERT_EQUAL(f.first_fd, 5000 * (i - 1));
			mk_unload(&f);
		}
		mk_folder_remove(&dir);
	}
}

static void test_capture_output_split(void)
{
	struct mk_folder dir;
	struct mk_file f;
	struct err e;

	err_init(&e);
	mk_folder(&dir);
	CU_ASSERT_EQUAL(record_both(&dir, OUTPUT_SPLIT, SINK_PLAIN, &e), 0);
	CU_ASSERT_EQUAL(mk_count_files(&dir), 4);
	CU_ASSERT_TRUE_FATAL(mk_load(mk_in(&dir, 1, "a-00002.packets.pcapng"), &f));
	CU_ASSERT_TRUE(f.packets == 5000 && f.events == 0 && f.sections == 1);
	mk_unload(&f);
	CU_ASSERT_TRUE_FATAL(mk_load(mk_in(&dir, 1, "a-00002.scap"), &f));
	CU_ASSERT_TRUE(f.packets == 0 && f.events == 5000 && f.sections == 1);
	mk_unload(&f);
	mk_folder_remove(&dir);
}

/* No room to put them together: the packets' file is as it was, the spool is whole, and both are named. */
static void test_capture_output_no_room_to_join(void)
{
	struct output_options opt = { .layout = OUTPUT_SPOOLED };
	struct rlimit before, small;
	struct mk_folder dir;
	struct mk_file f;
	struct output *o;
	int64_t fd = 0;
	struct err e;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	err_init(&e);
	mk_folder(&dir);
	opt.path = mk_in(&dir, 0, "a.scap");
	CU_ASSERT_EQUAL_FATAL(output_open(&opt, &o, &e), 0);
	scap_section(output_room(o, OUTPUT_OF_PACKETS), NULL);
	for (unsigned int i = 0; i < 1000; i++) {
		put_packet(o, MK_T0, &e);
	}
	CU_ASSERT_EQUAL(put_section(o, &fd, 1000, &e), 0);
	small = before;
	small.rlim_cur = 70000; /* the spool has 60,028 bytes, the packets' file 36,028 */
	setrlimit(RLIMIT_FSIZE, &small);
	CU_ASSERT_EQUAL(output_close(o, &e), ERR_IO);
	setrlimit(RLIMIT_FSIZE, &before);
	CU_ASSERT_PTR_NOT_NULL_FATAL(output_left(o));
	CU_ASSERT_PTR_NOT_NULL(strstr(output_left(o), "a.scap" NAMING_SPOOL));
	output_free(o);
	CU_ASSERT_TRUE_FATAL(mk_load(dir.name[0], &f));
	CU_ASSERT_TRUE(f.packets == 1000 && f.events == 0 && f.whole_blocks);
	mk_unload(&f);
	CU_ASSERT_TRUE_FATAL(mk_load(mk_in(&dir, 1, "a.scap" NAMING_SPOOL), &f));
	CU_ASSERT_TRUE(f.packets == 0 && f.events == 1000 && f.whole_blocks);
	mk_unload(&f);
	mk_folder_remove(&dir);
	signal(SIGXFSZ, SIG_DFL);
}

/* A recording that could not begin, or was stopped before, leaves no file; another try finds the name free. */
static void test_capture_output_unused(void)
{
	static const enum output_layout layouts[] = { OUTPUT_EVENTS, OUTPUT_SPOOLED, OUTPUT_SPLIT };

	for (size_t i = 0; i < 2 * ARRAY_LEN(layouts); i++) {
		struct output_options opt = { .layout = layouts[i / 2] };
		struct mk_folder dir;
		struct output *o;
		struct err e;

		err_init(&e);
		mk_folder(&dir);
		opt.path = mk_in(&dir, 0, "x.scap.gz");
		opt.sink.form = SINK_GZIP;
		CU_ASSERT_EQUAL_FATAL(output_open(&opt, &o, &e), 0);
		CU_ASSERT_EQUAL(access(opt.path, F_OK), 0);
		if (i % 2 == 1) {
			CU_ASSERT_EQUAL(output_close(o, &e), 0);
		}
		output_free(o);
		CU_ASSERT_EQUAL(rmdir(dir.path), 0);
		mk_folder_remove(&dir);
	}
}

static void test_capture_output_wrong_options(void)
{
	struct mk_folder dir;
	struct output_options rows[] = {
		{ .path = "-", .rotate_events = 1 },
		{ .path = "-", .layout = OUTPUT_SPOOLED },
		{ .path = "-", .layout = OUTPUT_SPLIT },
		{ .path = "x/" },
		{ .path = "" },
		{ .path = "x", .ring_files = 3 },
		{ .path = "/dev/null", .layout = OUTPUT_SPOOLED },
	};

	mk_folder(&dir);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct output *o = NULL;
		struct err e;

		err_init(&e);
		CU_ASSERT_NOT_EQUAL(output_open(&rows[i], &o, &e), 0);
		CU_ASSERT_NOT_EQUAL(e.message[0], '\0');
		CU_ASSERT_PTR_NULL(o);
	}
	CU_ASSERT_NOT_EQUAL(access("/dev/null" NAMING_SPOOL, F_OK), 0);
	mk_folder_remove(&dir);
}

/* ---- what is held --------------------------------------------------------------------------------------- */

static void test_capture_output_held(void)
{
	struct held h;

	held_init(&h);
	CU_ASSERT_PTR_NULL(held_first(&h));
	for (int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < 10000; i++) {
			struct held_row row = { .ts_ns = i, .tid = i, .len = i % 7 };

			buf_add(held_room(&h), "abcdefg", i % 7);
			CU_ASSERT_EQUAL(held_add(&h, &row), 0);
		}
		for (unsigned int i = 0; i < 10000; i++) {
			CU_ASSERT_PTR_NOT_NULL_FATAL(held_first(&h));
			CU_ASSERT_EQUAL(held_first(&h)->ts_ns, i);
			CU_ASSERT_TRUE(i % 7 == 0 || memcmp(held_block(&h), "abcdefg", i % 7) == 0);
			held_take(&h);
		}
		CU_ASSERT_PTR_NULL(held_first(&h));
	}
	held_release(&h);
}

/* ---- lists of some processes ---------------------------------------------------------------------------- */

static void add_thread(struct buf *b, int64_t tid, int64_t pid, int64_t parent)
{
	struct scap_thread t = { .tid = tid, .pid = pid, .ptid = parent, .comm = { "comm", 4 } };

	scap_thread(b, &t);
}

static void add_descriptor(struct buf *b, int64_t tid)
{
	struct scap_fd fd = { .fd = 1, .type = 7, .name = { "pipe:[1]", 8 } };
	size_t at = scap_fds_begin(b, tid);

	scap_fd(b, &fd);
	scap_fds_end(b, at);
}

static void test_capture_output_narrow(void)
{
	static const int32_t roots[] = { 20, 99 };
	struct buf b, expected;
	struct err e;
	size_t at;

	buf_init(&b, 100000);
	buf_init(&expected, 100000);
	err_init(&e);
	for (unsigned int whole = 0; whole < 2; whole++) {
		struct buf *out = whole == 0 ? &expected : &b;
		struct scap_machine m = { .cpus = 2, .hostname = "h" };

		scap_section(out, NULL);
		scap_machine(out, &m);
		at = scap_threads_begin(out);
		if (whole) {
			add_thread(out, 1, 1, 0);
			add_thread(out, 10, 10, 1);
		}
		add_thread(out, 20, 20, 10);
		add_thread(out, 21, 20, 10); /* a thread of it */
		add_thread(out, 30, 30, 20);
		if (whole) {
			add_thread(out, 40, 40, 41); /* a loop of parents */
			add_thread(out, 41, 41, 40);
		}
		add_thread(out, 31, 31, 30);
		scap_threads_end(out, at);
		if (whole) {
			add_descriptor(out, 10);
		}
		add_descriptor(out, 31);
		if (whole) {
			add_descriptor(out, 41);
			at = scap_threads_begin(out);
			add_thread(out, 50, 50, 1);
			scap_threads_end(out, at);
		}
	}
	CU_ASSERT_EQUAL(narrow_blocks(&b, 28, roots, ARRAY_LEN(roots), &e), 0);
	CU_ASSERT_EQUAL_FATAL(b.len, expected.len);
	CU_ASSERT_EQUAL(memcmp(b.data, expected.data, b.len), 0);
	buf_release(&b);
	buf_release(&expected);
}

void suite_capture_output(CU_pSuite suite);
void suite_capture_output(CU_pSuite suite)
{
	CU_add_test(suite, "test_capture_output_sink_forms", test_capture_output_sink_forms);
	CU_add_test(suite, "test_capture_output_sink_killed", test_capture_output_sink_killed);
	CU_add_test(suite, "test_capture_output_sink_full", test_capture_output_sink_full);
	CU_add_test(suite, "test_capture_output_sink_existing", test_capture_output_sink_existing);
	CU_add_test(suite, "test_capture_output_sink_no_reader", test_capture_output_sink_no_reader);
	CU_add_test(suite, "test_capture_output_sink_reader_gone", test_capture_output_sink_reader_gone);
	CU_add_test(suite, "test_capture_output_sink_reader_stuck", test_capture_output_sink_reader_stuck);
	CU_add_test(suite, "test_capture_output_names", test_capture_output_names);
	CU_add_test(suite, "test_capture_output_names_go_on", test_capture_output_names_go_on);
	CU_add_test(suite, "test_capture_output_rotation", test_capture_output_rotation);
	CU_add_test(suite, "test_capture_output_ring", test_capture_output_ring);
	CU_add_test(suite, "test_capture_output_time", test_capture_output_time);
	CU_add_test(suite, "test_capture_output_packets_first", test_capture_output_packets_first);
	CU_add_test(suite, "test_capture_output_split", test_capture_output_split);
	CU_add_test(suite, "test_capture_output_no_room_to_join", test_capture_output_no_room_to_join);
	CU_add_test(suite, "test_capture_output_unused", test_capture_output_unused);
	CU_add_test(suite, "test_capture_output_wrong_options", test_capture_output_wrong_options);
	CU_add_test(suite, "test_capture_output_held", test_capture_output_held);
	CU_add_test(suite, "test_capture_output_narrow", test_capture_output_narrow);
}
