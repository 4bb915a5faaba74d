/*
 * test_writers.c - capture files out: every block is read back by the readers of the program, and one of each kind is
 * compared with the bytes that the specification asks for.
 */
#include "mkframe.h"

#include <dirent.h>
#include <sys/stat.h>

#include "net/net_internal.h"
#include "net/packet_meta_internal.h"
#include "readers/blocks.h"
#include "writers/capture_file.h"
#include "writers/pcapng.h"
#include "writers/pcapng_copy.h"

#define SEC UINT64_C(1000000000)
#define T0 (UINT64_C(1700000000) * SEC + 123456789)

static void add_section(struct buf *b)
{
	const struct pcapng_section s = {
		.hardware = "cpu", .os = "Linux", .application = "thresher", .comment = "two words"
	};

	pcapng_section(b, &s);
}

static void add_interface(struct buf *b, const char *name)
{
	const struct pcapng_interface i = {
		.link_type = 1, .snaplen = 262144, .digits = 9, .name = name, .filter = "tcp port 80"
	};

	pcapng_interface(b, &i);
}

static void add_packet(struct buf *b, uint32_t interface, uint64_t ns, const char *data, uint32_t orig_len)
{
	const struct pcapng_packet p = { .interface = interface, .units = ns, .data = (const uint8_t *)data,
					 .cap_len = (uint32_t)strlen(data), .orig_len = orig_len };
	struct pcapng_block k = pcapng_packet_begin(b, &p);

	pcapng_option_text(b, PCAPNG_COMMENT, "PID: 77\nCmd: /usr/bin/curl");
	pcapng_options_end(b);
	pcapng_end(&k);
}

static bool same_bytes(const struct buf *b, const uint8_t *expected, size_t n)
{
	return !b->failed && b->len == n && memcmp(b->data, expected, n) == 0;
}

static void test_writers_packet_bytes(void)
{
	static const uint8_t expected[] = {
		6, 0, 0, 0, 48, 0, 0, 0, 2, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 5, 3, 0, 0, 0, 60, 0, 0, 0, 'a', 'b', 'c', 0,
		8, 0, 8, 0, 0x39, 5, 0, 0, 0x3A, 5, 0, 0, 0, 0, 0, 0,
	};
	const struct pcapng_packet p = { 2, UINT64_C(0x0102030405060708), (const uint8_t *)"abc", 3, 60 };
	struct pcapng_block k;
	struct buf b;
	size_t at;

	buf_init(&b, 1u << 16);
	k = pcapng_packet_begin(&b, &p);
	at = pcapng_option_begin(&b, PCAPNG_PROCESS_THREAD);
	pcapng_u32(&b, 1337);
	pcapng_u32(&b, 1338);
	pcapng_option_end(&b, at);
	pcapng_options_end(&b);
	pcapng_end(&k);
	/* The length stands at both ends: 52. */
	CU_ASSERT_EQUAL(b.len, 52);
	CU_ASSERT_EQUAL((uint8_t)b.data[4], 52);
	CU_ASSERT_EQUAL((uint8_t)b.data[48], 52);
	b.data[4] = 48;
	b.len = 48;
	CU_ASSERT(same_bytes(&b, expected, sizeof(expected)));
	buf_release(&b);
}

static void test_writers_process_bytes(void)
{
	static const uint8_t expected[] = {
		0xAD, 0x0B, 0, 0, 64, 0, 0, 0, 0x6E, 0x7F, 0, 0, 3, 0, 0, 0, 40, 0, 0, 0, 0x39, 5, 0, 0,
		2, 0, 2, 0, 's', 'h', 0, 0, 4, 0, 3, 0, 's', 'h', 0, 0, 5, 0, 4, 0, 1, 0, 0, 0,
		9, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	const struct pcapng_process p = { .pid = 1337, .ppid = 1, .uid = UINT32_MAX, .start_ns = 1, .name = "sh", .path = "",
					  .cmdline = "sh", .cmdline_len = 3 };
	struct buf b;

	buf_init(&b, 1u << 16);
	pcapng_process(&b, &p);
	CU_ASSERT_EQUAL(b.len, 68);
	CU_ASSERT_EQUAL((uint8_t)b.data[4], 68);
	CU_ASSERT_EQUAL((uint8_t)b.data[64], 68);
	b.data[4] = 64;
	b.data[64] = 0;
	b.data[16] = 40;
	CU_ASSERT(same_bytes(&b, expected, sizeof(expected)));
	buf_release(&b);
}

/* All that a section has comes back through the program's own readers. */
static void test_writers_read_back(void)
{
	const struct pcapng_statistics stats = { 1, T0, 5, 2, 3 };
	const struct section *s;
	struct framed f;
	struct buf b;

	buf_init(&b, 1u << 20);
	add_section(&b);
	add_interface(&b, "eth0");
	add_packet(&b, 0, T0, "first", 5);
	add_interface(&b, "a name that is no multiple of four");
	add_packet(&b, 1, T0 + 1, "second, cut", 1500);
	pcapng_statistics(&b, &stats);
	CU_ASSERT_FALSE(b.failed);
	framed_run(&f, b.data, b.len, MAPPED, 1u << 16);
	CU_ASSERT_EQUAL(f.damage_count, 0);
	CU_ASSERT_EQUAL_FATAL(f.packet_count, 2);
	CU_ASSERT_EQUAL_FATAL(f.source->section_count, 1);
	s = f.source->sections[0];
	CU_ASSERT_STRING_EQUAL(s->application, "thresher");
	CU_ASSERT_STRING_EQUAL(s->hardware, "cpu");
	CU_ASSERT_STRING_EQUAL(s->os, "Linux");
	CU_ASSERT_STRING_EQUAL(s->comment, "two words");
	CU_ASSERT_EQUAL_FATAL(s->interface_count, 2);
	CU_ASSERT_STRING_EQUAL(s->interfaces[0].name, "eth0");
	CU_ASSERT_STRING_EQUAL(s->interfaces[0].filter, "tcp port 80");
	CU_ASSERT_EQUAL(s->interfaces[0].ts_units, SEC);
	CU_ASSERT_EQUAL(s->interfaces[0].snaplen, 262144);
	CU_ASSERT_EQUAL(s->interfaces[0].drops_os, UINT64_MAX);
	CU_ASSERT_STRING_EQUAL(s->interfaces[1].name, "a name that is no multiple of four");
	CU_ASSERT_EQUAL(s->interfaces[1].drops_interface, 2);
	CU_ASSERT_EQUAL(s->interfaces[1].drops_os, 3);
	CU_ASSERT_EQUAL(f.packets[0].ts_ns, T0);
	CU_ASSERT_EQUAL(f.packets[1].ts_ns, T0 + 1);
	CU_ASSERT_EQUAL(f.packets[1].interface, 1);
	CU_ASSERT_EQUAL(f.packets[1].cap_len, 11);
	CU_ASSERT_EQUAL(f.packets[1].orig_len, 1500);
	CU_ASSERT_EQUAL(memcmp(f.packets[1].data, "second, cut", 11), 0);
	framed_release(&f);
	buf_release(&b);
}

static bool text_is(const struct text *t, const char *expected)
{
	return t != NULL && strcmp(t->bytes, expected) == 0;
}

/* What net/packet_meta.c finds of a packet that is the last of a capture. */
static const struct packet_process *last_process(const struct framed *f, struct packet_meta *meta)
{
	const struct packet_process *p = NULL;

	for (size_t i = 0; i < f->batch_count; i++) {
		struct batch *b = f->batches[i];

		if (b->section != NULL) {
			CU_ASSERT_EQUAL_FATAL(packet_meta_fold(meta, b), 0);
			if (b->packet_processes != NULL) {
				p = b->packet_processes[b->packet_count - 1];
			}
		}
	}
	return p;
}

static void test_writers_process_is_found(void)
{
	static const char args[] = "curl\0-s\0http://10.0.0.1/";
	const struct pcapng_process process = { .pid = 1337, .ppid = 1, .uid = 1000, .start_ns = T0 - SEC, .name = "curl",
						.path = "/usr/bin/curl", .user = "ann", .cmdline = args, .cmdline_len = sizeof(args) };
	const struct pcapng_packet packet = { 0, T0, (const uint8_t *)"data", 4, 4 };
	const struct packet_process *p;
	struct packet_meta *meta;
	struct pcapng_block k;
	struct framed f;
	struct buf b;
	size_t at;

	buf_init(&b, 1u << 20);
	add_section(&b);
	add_interface(&b, "eth0");
	pcapng_process(&b, &process);
	k = pcapng_packet_begin(&b, &packet);
	at = pcapng_option_begin(&b, PCAPNG_PROCESS_THREAD);
	pcapng_u32(&b, 1337);
	pcapng_u32(&b, 1338);
	pcapng_option_end(&b, at);
	pcapng_options_end(&b);
	pcapng_end(&k);
	framed_run(&f, b.data, b.len, MAPPED, 1u << 16);
	CU_ASSERT_EQUAL_FATAL(packet_meta_new(&meta), 0);
	p = last_process(&f, meta);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->origin, FROM_BLOCK);
	CU_ASSERT_EQUAL(p->pid, 1337);
	CU_ASSERT_EQUAL(p->tid, 1338);
	CU_ASSERT_EQUAL(p->ppid, 1);
	CU_ASSERT_EQUAL(p->uid, 1000);
	CU_ASSERT_EQUAL(p->start_ns, T0 - SEC);
	CU_ASSERT(text_is(p->name, "curl"));
	CU_ASSERT(text_is(p->path, "/usr/bin/curl"));
	CU_ASSERT(text_is(p->cmdline, "curl -s http://10.0.0.1/"));
	packet_meta_free(meta);
	framed_release(&f);
	buf_release(&b);
}

/* A value longer than an option can say is cut, and the block stays whole. */
static void test_writers_long_text_is_cut(void)
{
	const struct pcapng_packet packet = { 0, T0, (const uint8_t *)"data", 4, 4 };
	char *text = malloc(70001);
	struct pcapng_block k;
	struct framed f;
	struct buf b;
	size_t at;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, 'x', 70000);
	text[70000] = '\0';
	buf_init(&b, 1u << 20);
	add_section(&b);
	add_interface(&b, text);
	k = pcapng_packet_begin(&b, &packet);
	at = pcapng_option_begin(&b, PCAPNG_COMMENT);
	buf_adds(&b, text);
	pcapng_option_end(&b, at);
	pcapng_option_text(&b, PCAPNG_COMMENT, "behind");
	pcapng_options_end(&b);
	pcapng_end(&k);
	framed_run(&f, b.data, b.len, MAPPED, 1u << 16);
	CU_ASSERT_EQUAL(f.damage_count, 0);
	CU_ASSERT_EQUAL_FATAL(f.packet_count, 1);
	/* Both comments and the end: 4 + 65535 + 1 of padding, 4 + 6 + 2, 4. */
	CU_ASSERT_EQUAL(f.packets[0].options_len, 65540 + 12 + 4);
	framed_release(&f);
	buf_release(&b);
	free(text);
}

/* A buf that may not grow says so, and nothing was written outside. */
static void test_writers_no_room(void)
{
	struct buf b;

	for (size_t max = 0; max < 200; max += 7) {
		buf_init(&b, max);
		add_section(&b);
		add_interface(&b, "eth0");
		add_packet(&b, 0, T0, "some data", 9);
		CU_ASSERT(b.failed);
		CU_ASSERT(b.len <= max);
		buf_release(&b);
	}
}

/* ---- handed on ------------------------------------------------------------------------------------------------ */

/* Options of a packet in either byte order come out as the same little-endian ones. */
static void test_writers_options_from_both_orders(void)
{
	struct buf out[2];

	for (unsigned int be = 0; be < 2; be++) {
		struct mkcap m;

		mkcap_init(&m, be);
		mkcap_option(&m, 1, "words", 5);
		mkcap_u16(&m.out, 2, be);
		mkcap_u16(&m.out, 4, be);
		mkcap_u32(&m.out, 0x01020304, be);
		mkcap_u16(&m.out, 4, be);
		mkcap_u16(&m.out, 8, be);
		mkcap_u64(&m.out, 5, be);
		mkcap_u16(&m.out, 8, be);
		mkcap_u16(&m.out, 8, be);
		mkcap_u32(&m.out, 1337, be);
		mkcap_u32(&m.out, 1338, be);
		mkcap_option(&m, 32769, "\1\2\3\4", 4);	/* a number of a block that is not in the output */
		mkcap_option_end(&m);
		buf_init(&out[be], 1u << 16);
		CU_ASSERT_TRUE(pcapng_copy_packet_options(&out[be], (const uint8_t *)m.out.data, m.out.len, be));
		mkcap_release(&m);
	}
	CU_ASSERT_EQUAL(out[0].len, 12 + 8 + 12 + 12);
	CU_ASSERT(same_bytes(&out[1], (const uint8_t *)out[0].data, out[0].len));
	CU_ASSERT_EQUAL(memcmp(out[0].data + 12, "\2\0\4\0\4\3\2\1", 8), 0);
	CU_ASSERT_EQUAL(memcmp(out[0].data + 32, "\10\0\10\0\x39\5\0\0\x3A\5\0\0", 12), 0);
	buf_release(&out[0]);
	buf_release(&out[1]);
}

/* Cut anywhere: what is whole is handed on, nothing is read behind the end. */
static void test_writers_options_cut(void)
{
	static const uint8_t options[] = { 1, 0, 3, 0, 'a', 'b', 'c', 0, 8, 0, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0 };

	for (size_t len = 0; len <= sizeof(options); len++) {
		uint8_t *exact = malloc(len + (len == 0));
		struct buf out;

		CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
		memcpy(exact, options, len);
		buf_init(&out, 1u << 16);
		CU_ASSERT_EQUAL(pcapng_copy_packet_options(&out, exact, len, false), len == sizeof(options));
		CU_ASSERT_EQUAL(out.len, len == sizeof(options) ? 20u : len >= 7 ? 8u : 0u);
		buf_release(&out);
		free(exact);
	}
}

/* Names and secrets of a big-endian capture, read back as ever. */
static void test_writers_names_and_secrets(void)
{
	static const char keys[] =
		"CLIENT_RANDOM 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00\n";
	uint8_t random[32];
	struct packet_meta *meta;
	struct net_quality q;
	struct mkcap names, secrets;
	struct framed f;
	struct buf b;

	for (unsigned int i = 0; i < sizeof(random); i++) {
		random[i] = (uint8_t)i;
	}
	mkcap_init(&names, true);
	mkcap_u16(&names.out, 1, true);
	mkcap_u16(&names.out, 4 + 6, true);
	mkcap_ip4(&names.out, "10.0.0.1");
	buf_add(&names.out, "hosta\0\0\0", 8);
	mkcap_u32(&names.out, 0, true);
	mkcap_init(&secrets, true);
	mkcap_u32(&secrets.out, 0x544c534b, true);
	mkcap_u32(&secrets.out, sizeof(keys) - 1, true);
	buf_add(&secrets.out, keys, sizeof(keys) - 1);
	buf_init(&b, 1u << 16);
	add_section(&b);
	add_interface(&b, "eth0");
	CU_ASSERT_TRUE(pcapng_copy_names(&b, (const uint8_t *)names.out.data, names.out.len, true));
	CU_ASSERT_TRUE(pcapng_copy_secrets(&b, (const uint8_t *)secrets.out.data, secrets.out.len, true));
	CU_ASSERT_FALSE(pcapng_copy_secrets(&b, (const uint8_t *)secrets.out.data, 20, true));
	CU_ASSERT_FALSE(pcapng_copy_names(&b, NULL, 0, true));
	add_packet(&b, 0, T0, "data", 4);
	framed_run(&f, b.data, b.len, MAPPED, 1u << 16);
	CU_ASSERT_EQUAL(f.damage_count, 0);
	CU_ASSERT_EQUAL_FATAL(packet_meta_new(&meta), 0);
	CU_ASSERT_EQUAL(last_process(&f, meta)->pid, 77);
	memset(&q, 0, sizeof(q));
	packet_meta_quality(meta, &q);
	CU_ASSERT_EQUAL(q.names, 1);
	CU_ASSERT_EQUAL(q.secrets, 1);
	packet_meta_free(meta);
	framed_release(&f);
	buf_release(&b);
	mkcap_release(&names);
	mkcap_release(&secrets);
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static unsigned int files_in(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned int n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
		n += entry->d_name[0] != '.';
	}
	closedir(d);
	return n;
}

static void test_writers_file_is_whole_or_not_there(void)
{
	char dir[] = "/tmp/thresher-test-XXXXXX";
	char path[64];
	struct capture_file f;
	struct err e;
	struct stat st;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/out.pcapng", dir);
	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(capture_file_open(path, &f, &e), 0);
	CU_ASSERT_EQUAL(capture_file_write(&f, "half", 4, &e), 0);
	CU_ASSERT_NOT_EQUAL(stat(path, &st), 0);
	capture_file_release(&f);
	CU_ASSERT_EQUAL(files_in(dir), 0);
	CU_ASSERT_EQUAL_FATAL(capture_file_open(path, &f, &e), 0);
	CU_ASSERT_EQUAL(capture_file_write(&f, "whole", 5, &e), 0);
	CU_ASSERT_EQUAL(capture_file_commit(&f, &e), 0);
	CU_ASSERT_EQUAL(f.bytes, 5);
	capture_file_release(&f);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_size, 5);
	CU_ASSERT_EQUAL(files_in(dir), 1);
	unlink(path);
	/* A folder is no file, and nothing can be written where there is none. */
	CU_ASSERT_EQUAL(capture_file_open(dir, &f, &e), ERR_EXISTS);
	capture_file_release(&f);
	err_init(&e);
	snprintf(path, sizeof(path), "%s/none/out.pcapng", dir);
	CU_ASSERT_EQUAL(capture_file_open(path, &f, &e), ERR_OPEN);
	capture_file_release(&f);
	rmdir(dir);
}

void suite_writers(CU_pSuite suite);
void suite_writers(CU_pSuite suite)
{
	CU_add_test(suite, "test_writers_packet_bytes", test_writers_packet_bytes);
	CU_add_test(suite, "test_writers_process_bytes", test_writers_process_bytes);
	CU_add_test(suite, "test_writers_read_back", test_writers_read_back);
	CU_add_test(suite, "test_writers_process_is_found", test_writers_process_is_found);
	CU_add_test(suite, "test_writers_long_text_is_cut", test_writers_long_text_is_cut);
	CU_add_test(suite, "test_writers_no_room", test_writers_no_room);
	CU_add_test(suite, "test_writers_options_from_both_orders", test_writers_options_from_both_orders);
	CU_add_test(suite, "test_writers_options_cut", test_writers_options_cut);
	CU_add_test(suite, "test_writers_names_and_secrets", test_writers_names_and_secrets);
	CU_add_test(suite, "test_writers_file_is_whole_or_not_there", test_writers_file_is_whole_or_not_there);
}
