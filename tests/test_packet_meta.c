/*
 * test_packet_meta.c - what other tools write beside packets: processes in options, comments and blocks, names of
 * addresses, decryption secrets. Built as captures in both byte orders, framed and decoded as ever.
 */
#include "base/limits.h"
#include "mkframe.h"
#include "net/net_internal.h"
#include "net/packet_meta_internal.h"

#define SEC UINT64_C(1000000000)
#define T0 (UINT64_C(1700000000) * SEC)

struct run {
	struct mkcap m;
	struct framed f;
	struct packet_meta *meta;
	struct net_quality q;
	bool framed;
};

static void run_init(struct run *r, bool be)
{
	memset(r, 0, sizeof(*r));
	mkcap_init(&r->m, be);
	mkcap_section(&r->m, 0);
	mkcap_idb(&r->m, 1, 0, 9, "eth0");
}

static void run_fold(struct run *r, size_t batch_bytes)
{
	CU_ASSERT_EQUAL_FATAL(packet_meta_new(&r->meta), 0);
	framed_run(&r->f, r->m.out.data, r->m.out.len, MAPPED, batch_bytes);
	r->framed = true;
	for (size_t i = 0; i < r->f.batch_count; i++) {
		if (r->f.batches[i]->section != NULL) {
			CU_ASSERT_EQUAL_FATAL(packet_meta_fold(r->meta, r->f.batches[i]), 0);
		}
	}
	packet_meta_quality(r->meta, &r->q);
}

static void run_release(struct run *r)
{
	packet_meta_free(r->meta);
	if (r->framed) {
		framed_release(&r->f);
	}
	mkcap_release(&r->m);
}

/* What was found for the packet of this number, from 0 over all batches. */
static const struct packet_process *process_of(const struct run *r, uint32_t packet)
{
	for (size_t i = 0; i < r->f.batch_count; i++) {
		const struct batch *b = r->f.batches[i];

		if (packet < b->packet_count) {
			return b->packet_processes != NULL ? b->packet_processes[packet] : NULL;
		}
		packet -= b->packet_count;
	}
	return NULL;
}

static bool text_is(const struct text *t, const char *expected)
{
	return expected == NULL ? t == NULL : t != NULL && strcmp(t->bytes, expected) == 0;
}

/* ---- packets with options ----------------------------------------------------------------------------------- */

static void packet_begin(struct run *r, uint64_t ns)
{
	struct mkcap *m = &r->m;

	mkcap_block_begin(m, 6);
	mkcap_u32(&m->out, 0, m->big_endian);
	mkcap_u32(&m->out, (uint32_t)(ns >> 32), m->big_endian);
	mkcap_u32(&m->out, (uint32_t)ns, m->big_endian);
	mkcap_u32(&m->out, 4, m->big_endian);
	mkcap_u32(&m->out, 4, m->big_endian);
	buf_add(&m->out, "data", 4);
}

static void packet_end(struct run *r)
{
	mkcap_option_end(&r->m);
	mkcap_block_end(&r->m);
}

static void option_u32s(struct run *r, uint16_t code, uint32_t a, const uint32_t *b)
{
	struct buf value;

	buf_init(&value, 8);
	mkcap_u32(&value, a, r->m.big_endian);
	if (b != NULL) {
		mkcap_u32(&value, *b, r->m.big_endian);
	}
	mkcap_option(&r->m, code, value.data, value.len);
	buf_release(&value);
}

static void option_process(struct run *r, uint32_t pid, uint32_t tid)
{
	option_u32s(r, 8, pid, &tid);
}

static void comment(struct run *r, const char *text)
{
	mkcap_option(&r->m, 1, text, strlen(text));
}

static void packet_of(struct run *r, uint64_t ns, uint32_t pid, uint32_t tid)
{
	packet_begin(r, ns);
	option_process(r, pid, tid);
	packet_end(r);
}

static void packet_comment(struct run *r, const char *text)
{
	packet_begin(r, T0);
	comment(r, text);
	packet_end(r);
}

/* ---- blocks --------------------------------------------------------------------------------------------------- */

/* An option of a process information entry: little-endian always. */
static void entry_option(struct buf *b, uint16_t code, const void *value, size_t len)
{
	mkcap_u16(b, code, false);
	mkcap_u16(b, (uint16_t)len, false);
	buf_add(b, value, len);
	while (b->len % 4 != 0) {
		buf_addc(b, '\0');
	}
}

static void entry_number(struct buf *b, uint16_t code, uint64_t x, unsigned int bytes)
{
	struct buf value;

	buf_init(&value, 8);
	if (bytes == 8) {
		mkcap_u64(&value, x, false);
	} else {
		mkcap_u32(&value, (uint32_t)x, false);
	}
	entry_option(b, code, value.data, value.len);
	buf_release(&value);
}

static void custom_block(struct run *r, uint32_t block, uint32_t pen, uint32_t type, const struct buf *entry)
{
	struct mkcap *m = &r->m;

	mkcap_block_begin(m, block);
	mkcap_u32(&m->out, pen, m->big_endian);
	mkcap_u32(&m->out, type, false);
	mkcap_u32(&m->out, (uint32_t)entry->len, false);
	buf_add(&m->out, entry->data, entry->len);
	mkcap_block_end(m);
}

/* A process as Wireshark describes it; start 0: not told. */
static void process_block(struct run *r, uint32_t pid, uint64_t start_ns, const char *name)
{
	struct buf entry;

	buf_init(&entry, 1024);
	mkcap_u32(&entry, pid, false);
	entry_option(&entry, 2, name, strlen(name));
	entry_option(&entry, 3, "/usr/bin/curl", 13);
	entry_option(&entry, 4, "curl\0-s\0http://x/\0", 18);
	entry_number(&entry, 5, 77, 4);
	entry_number(&entry, 6, 1000, 4);
	entry_option(&entry, 7, "user", 4);
	entry_option(&entry, 8, "0123456789abcdef", 16);
	if (start_ns != 0) {
		entry_number(&entry, 9, start_ns, 8);
	}
	mkcap_u32(&entry, 0, false);
	custom_block(r, 0xBAD, 32622, 3, &entry);
	buf_release(&entry);
}

static void pktap_block(struct run *r, uint32_t pid, const char *name)
{
	mkcap_block_begin(&r->m, 0x80000001u);
	mkcap_u32(&r->m.out, pid, r->m.big_endian);
	mkcap_option(&r->m, 2, name, strlen(name));
	mkcap_option(&r->m, 4, "0123456789abcdef", 16);
	mkcap_option_end(&r->m);
	mkcap_block_end(&r->m);
}

static void secrets_block(struct run *r, uint32_t type, const char *text)
{
	mkcap_block_begin(&r->m, 10);
	mkcap_u32(&r->m.out, type, r->m.big_endian);
	mkcap_u32(&r->m.out, (uint32_t)strlen(text), r->m.big_endian);
	buf_add(&r->m.out, text, strlen(text));
	mkcap_block_end(&r->m);
}

static void name_record(struct run *r, uint16_t type, const char *ip, const char *names, size_t len)
{
	struct buf value;

	buf_init(&value, 256);
	if (type == 1) {
		mkcap_ip4(&value, ip);
	} else {
		mkcap_ip6(&value, ip);
	}
	buf_add(&value, names, len);
	mkcap_option(&r->m, type, value.data, value.len);	/* laid out as an option is */
	buf_release(&value);
}

/* ---- processes ------------------------------------------------------------------------------------------------- */

static void test_packet_meta_none(void)
{
	struct run r;

	run_init(&r, false);
	mkcap_epb(&r.m, 0, T0, "data", 4, 4);
	packet_of(&r, T0, 0, 0);	/* pid 0 is no process */
	packet_comment(&r, "a comment of an analyst");
	run_fold(&r, 512 << 10);
	CU_ASSERT_EQUAL_FATAL(r.f.packet_count, 3);
	CU_ASSERT_PTR_NULL(r.f.batches[0]->packet_processes);
	run_release(&r);
}

static void test_packet_meta_option(void)
{
	for (unsigned int be = 0; be < 2; be++) {
		struct run r;
		const struct packet_process *p;

		run_init(&r, be);
		mkcap_epb(&r.m, 0, T0, "data", 4, 4);
		packet_of(&r, T0, 0x01020304, 0x05060708);
		packet_of(&r, T0, 9, 10);
		packet_of(&r, T0, 0x01020304, 0x05060708);
		run_fold(&r, 512 << 10);
		CU_ASSERT_PTR_NULL(process_of(&r, 0));
		p = process_of(&r, 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(p->pid, 0x01020304);
		CU_ASSERT_EQUAL(p->tid, 0x05060708);
		CU_ASSERT_EQUAL(p->ppid, UINT32_MAX);
		CU_ASSERT_EQUAL(p->uid, UINT32_MAX);
		CU_ASSERT_EQUAL(p->origin, FROM_OPTION);
		CU_ASSERT_PTR_NULL(p->name);
		CU_ASSERT_EQUAL(process_of(&r, 2)->pid, 9);
		CU_ASSERT_PTR_EQUAL(process_of(&r, 3), p);
		run_release(&r);
	}
}

static void test_packet_meta_block(void)
{
	for (unsigned int be = 0; be < 2; be++) {
		struct run r;
		const struct packet_process *p;

		run_init(&r, be);
		process_block(&r, 500, T0 - SEC, "curl");
		packet_of(&r, T0, 500, 501);
		packet_of(&r, T0, 600, 600);
		run_fold(&r, 512 << 10);
		p = process_of(&r, 0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(p->origin, FROM_BLOCK);
		CU_ASSERT_EQUAL(p->pid, 500);
		CU_ASSERT_EQUAL(p->tid, 501);
		CU_ASSERT_EQUAL(p->ppid, 77);
		CU_ASSERT_EQUAL(p->uid, 1000);
		CU_ASSERT_EQUAL(p->start_ns, T0 - SEC);
		CU_ASSERT_TRUE(text_is(p->name, "curl"));
		CU_ASSERT_TRUE(text_is(p->path, "/usr/bin/curl"));
		CU_ASSERT_TRUE(text_is(p->cmdline, "curl -s http://x/"));
		CU_ASSERT_EQUAL(process_of(&r, 1)->origin, FROM_OPTION);
		run_release(&r);
	}
}

/* Of the blocks of one pid: the latest that began at or before the packet, in whatever order they stand. */
static void test_packet_meta_block_by_time(void)
{
	struct run r;

	run_init(&r, false);
	process_block(&r, 5, T0 + 20 * SEC, "third");
	process_block(&r, 5, T0, "first");
	process_block(&r, 5, T0 + 10 * SEC, "old");
	process_block(&r, 5, T0 + 10 * SEC, "second");	/* told again */
	process_block(&r, 6, 0, "ever");
	packet_of(&r, T0 - 1, 5, 1);
	packet_of(&r, T0, 5, 1);
	packet_of(&r, T0 + 10 * SEC - 1, 5, 1);
	packet_of(&r, T0 + 10 * SEC, 5, 1);
	packet_of(&r, T0 + 99 * SEC, 5, 1);
	packet_of(&r, T0 + 15 * SEC, 5, 1);
	packet_of(&r, 1, 6, 1);
	run_fold(&r, 512 << 10);
	CU_ASSERT_EQUAL(process_of(&r, 0)->origin, FROM_OPTION);
	CU_ASSERT_PTR_NULL(process_of(&r, 0)->name);
	CU_ASSERT_TRUE(text_is(process_of(&r, 1)->name, "first"));
	CU_ASSERT_TRUE(text_is(process_of(&r, 2)->name, "first"));
	CU_ASSERT_TRUE(text_is(process_of(&r, 3)->name, "second"));
	CU_ASSERT_TRUE(text_is(process_of(&r, 4)->name, "third"));
	CU_ASSERT_TRUE(text_is(process_of(&r, 5)->name, "second"));
	CU_ASSERT_TRUE(text_is(process_of(&r, 6)->name, "ever"));
	run_release(&r);
}

/* A block behind its packet is not known yet: so in one batch as in many. */
static void test_packet_meta_block_behind(void)
{
	static const size_t sizes[] = { 512 << 10, 1 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct run r;

		run_init(&r, false);
		packet_of(&r, T0, 5, 1);
		process_block(&r, 5, T0 - SEC, "late");
		packet_of(&r, T0, 5, 1);
		run_fold(&r, sizes[i]);
		CU_ASSERT_EQUAL(process_of(&r, 0)->origin, FROM_OPTION);
		CU_ASSERT_TRUE(text_is(process_of(&r, 1)->name, "late"));
		run_release(&r);
	}
}

static void test_packet_meta_block_foreign(void)
{
	struct run r;
	struct buf entry;

	run_init(&r, false);
	buf_init(&entry, 256);
	mkcap_u32(&entry, 5, false);
	entry_option(&entry, 2, "evil", 4);
	custom_block(&r, 0xBAD, 32621, 3, &entry);	/* another enterprise */
	custom_block(&r, 0xBAD, 32622, 4, &entry);	/* another entry */
	packet_of(&r, T0, 5, 1);
	custom_block(&r, 0x40000BAD, 32622, 3, &entry);
	packet_of(&r, T0, 5, 1);
	buf_release(&entry);
	run_fold(&r, 512 << 10);
	CU_ASSERT_PTR_NULL(process_of(&r, 0)->name);
	CU_ASSERT_TRUE(text_is(process_of(&r, 1)->name, "evil"));
	run_release(&r);
}

static void test_packet_meta_comments(void)
{
	struct run r;
	const struct packet_process *p;

	run_init(&r, false);
	packet_begin(&r, T0);
	comment(&r, "PID: 4242\nCmd: /usr/bin/wget\nArgs: wget -q http://x/");
	comment(&r, "ThreadId: 4243\nThreadName: worker");
	comment(&r, "UserId: 33\nGroupId: 34");
	comment(&r, "ParentPID: 4000\nParentCmd: /bin/bash\nParentArgs: bash");
	comment(&r, "ContainerName: web\nContainerId: 0123abcd\nContainerImage: nginx\nContainerLabels: {}");
	comment(&r, "PodName: web-0\nPodNamespace: shop\nPodUID: u\nPodLabels: {}\nPodAnnotations: {}");
	packet_end(&r);
	packet_comment(&r, "PID=17");
	packet_comment(&r, "ContainerName: db\nContainerId: ffff\nContainerImage: i\nContainerLabels: l");
	run_fold(&r, 512 << 10);
	p = process_of(&r, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->origin, FROM_COMMENT);
	CU_ASSERT_EQUAL(p->pid, 4242);
	CU_ASSERT_EQUAL(p->tid, 4243);
	CU_ASSERT_EQUAL(p->uid, 33);
	CU_ASSERT_EQUAL(p->ppid, 4000);
	CU_ASSERT_TRUE(text_is(p->name, "wget"));
	CU_ASSERT_TRUE(text_is(p->path, "/usr/bin/wget"));
	CU_ASSERT_TRUE(text_is(p->cmdline, "wget -q http://x/"));
	CU_ASSERT_TRUE(text_is(p->container, "web"));
	CU_ASSERT_TRUE(text_is(p->container_id, "0123abcd"));
	CU_ASSERT_TRUE(text_is(p->pod, "web-0"));
	CU_ASSERT_TRUE(text_is(p->namespace_, "shop"));
	CU_ASSERT_EQUAL(process_of(&r, 1)->pid, 17);
	CU_ASSERT_EQUAL(process_of(&r, 2)->pid, 0);	/* the container alone is worth keeping */
	CU_ASSERT_TRUE(text_is(process_of(&r, 2)->container, "db"));
	run_release(&r);
}

/* Arguments are the process' own words: keys among them mean nothing. */
static void test_packet_meta_comments_forged(void)
{
	struct run r;
	const struct packet_process *p;

	run_init(&r, false);
	packet_comment(&r, "PID: 7\nCmd: /tmp/x\nArgs: x\nPodName: trusted\nUserId: 0\nPID: 1");
	packet_comment(&r, "Note\nPID: 8\nCmd: y\nArgs: z");
	packet_comment(&r, "PID: 99999999999\nCmd: big\nArgs: b");
	packet_comment(&r, "PID: \nCmd: \nArgs: ");
	packet_comment(&r, "PID: 12");
	packet_comment(&r, "PID: 13\nCmd: /a/b/");
	run_fold(&r, 512 << 10);
	p = process_of(&r, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->pid, 7);
	CU_ASSERT_EQUAL(p->uid, UINT32_MAX);
	CU_ASSERT_PTR_NULL(p->pod);
	CU_ASSERT_TRUE(text_is(p->cmdline, "x\nPodName: trusted\nUserId: 0\nPID: 1"));
	CU_ASSERT_PTR_NULL(process_of(&r, 1));
	CU_ASSERT_PTR_NULL(process_of(&r, 2));
	CU_ASSERT_PTR_NULL(process_of(&r, 3));
	CU_ASSERT_EQUAL(process_of(&r, 4)->pid, 12);
	CU_ASSERT_TRUE(text_is(process_of(&r, 5)->path, "/a/b/"));
	CU_ASSERT_PTR_NULL(process_of(&r, 5)->name);
	run_release(&r);
}

static void test_packet_meta_pktap(void)
{
	for (unsigned int be = 0; be < 2; be++) {
		struct run r;

		run_init(&r, be);
		pktap_block(&r, 100, "Safari");
		pktap_block(&r, 200, "nsurlsessiond");
		for (unsigned int i = 0; i < 4; i++) {
			packet_begin(&r, T0);
			if (i != 1) {
				option_u32s(&r, 32771, 1, NULL);
			}
			if (i < 2) {
				option_u32s(&r, 32769, 0, NULL);
			}
			if (i == 3) {
				option_u32s(&r, 32769, 2, NULL);	/* no such block */
			}
			packet_end(&r);
		}
		run_fold(&r, 512 << 10);
		CU_ASSERT_EQUAL(process_of(&r, 0)->pid, 100);
		CU_ASSERT_EQUAL(process_of(&r, 0)->origin, FROM_PKTAP);
		CU_ASSERT_TRUE(text_is(process_of(&r, 0)->name, "Safari"));
		CU_ASSERT_PTR_EQUAL(process_of(&r, 1), process_of(&r, 0));
		CU_ASSERT_EQUAL(process_of(&r, 2)->pid, 200);
		CU_ASSERT_PTR_NULL(process_of(&r, 3));
		run_release(&r);
	}
}

/* Several sources in one packet: the first that names a pid; others about the same one fill in. */
static void test_packet_meta_together(void)
{
	struct run r;

	run_init(&r, false);
	pktap_block(&r, 9, "app");
	for (unsigned int i = 0; i < 3; i++) {
		packet_begin(&r, T0);
		comment(&r, "PID: 9\nCmd: /bin/app\nArgs: app -x");
		comment(&r, "ContainerName: c\nContainerId: id");
		option_u32s(&r, 32769, 0, NULL);
		if (i > 0) {
			option_process(&r, i == 1 ? 9 : 10, 11);
		}
		packet_end(&r);
	}
	run_fold(&r, 512 << 10);
	CU_ASSERT_EQUAL(process_of(&r, 0)->origin, FROM_COMMENT);
	CU_ASSERT_EQUAL(process_of(&r, 0)->pid, 9);
	CU_ASSERT_EQUAL(process_of(&r, 1)->origin, FROM_OPTION);
	CU_ASSERT_EQUAL(process_of(&r, 1)->tid, 11);
	CU_ASSERT_TRUE(text_is(process_of(&r, 1)->cmdline, "app -x"));
	CU_ASSERT_TRUE(text_is(process_of(&r, 1)->container, "c"));
	CU_ASSERT_EQUAL(process_of(&r, 2)->pid, 10);
	CU_ASSERT_PTR_NULL(process_of(&r, 2)->cmdline);
	CU_ASSERT_PTR_NULL(process_of(&r, 2)->name);
	CU_ASSERT_PTR_NULL(process_of(&r, 2)->container);
	run_release(&r);
}

/* Batches of one block each and one batch of all: the same structs in the same places. */
static void test_packet_meta_batches(void)
{
	static const size_t sizes[] = { 512 << 10, 1 };
	uint32_t pids[2][64] = { { 0 } };

	for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
		struct run r;

		run_init(&r, false);
		for (uint32_t i = 0; i < 64; i++) {
			if (i % 16 == 7) {
				pktap_block(&r, 1000 + i, "p");
			}
			packet_begin(&r, T0 + i);
			option_u32s(&r, 32769, i % 5, NULL);
			if (i % 3 == 0) {
				option_process(&r, i % 7, 1);
			}
			packet_end(&r);
		}
		run_fold(&r, sizes[k]);
		for (uint32_t i = 0; i < 64; i++) {
			pids[k][i] = process_of(&r, i) != NULL ? process_of(&r, i)->pid : 0;
		}
		run_release(&r);
	}
	CU_ASSERT_EQUAL(memcmp(pids[0], pids[1], sizeof(pids[0])), 0);
	CU_ASSERT_EQUAL(pids[0][1], 0);
	CU_ASSERT_EQUAL(pids[0][3], 3);
	CU_ASSERT_EQUAL(pids[0][10], 1007);
	CU_ASSERT_EQUAL(pids[0][26], 1023);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static void check_name(const struct run *r, size_t i, const uint8_t addr[16], const char *name)
{
	size_t n;
	const struct address_name *names = packet_meta_names(r->meta, &n);

	CU_ASSERT_FATAL(i < n);
	CU_ASSERT_EQUAL(memcmp(names[i].addr, addr, 16), 0);
	CU_ASSERT_TRUE(text_is(names[i].name, name));
}

static void test_packet_meta_names(void)
{
	static const uint8_t addr4[16] = { [10] = 0xFF, [11] = 0xFF, [12] = 192, [13] = 0, [14] = 2, [15] = 1 };
	static const uint8_t addr6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };

	for (unsigned int be = 0; be < 2; be++) {
		struct run r;
		size_t n;

		run_init(&r, be);
		for (unsigned int i = 0; i < 2; i++) {	/* the second block says nothing new */
			mkcap_block_begin(&r.m, 4);
			name_record(&r, 1, "192.0.2.1", "www.example\0web.example\0", 24);
			mkcap_option(&r.m, 3, "\2\0\0\0\0\1mac", 10);
			name_record(&r, 2, "2001:db8::7", "six.example", 11);	/* without its NUL */
			name_record(&r, 1, "192.0.2.1", "", 0);
			mkcap_option_end(&r.m);
			mkcap_option(&r.m, 2, "ns.example", 10);	/* an option of the block */
			mkcap_block_end(&r.m);
		}
		run_fold(&r, 512 << 10);
		(void)packet_meta_names(r.meta, &n);
		CU_ASSERT_EQUAL(n, 3);
		check_name(&r, 0, addr4, "www.example");
		check_name(&r, 1, addr4, "web.example");
		check_name(&r, 2, addr6, "six.example");
		CU_ASSERT_EQUAL(r.q.names, 6);
		run_release(&r);
	}
}

/* ---- secrets
 * ------------------------------------------------------------------------------------------------------ */

#define HEX_A "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"
#define HEX_B "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define HEX_C "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static void hex(const char *text, uint8_t *ret_bytes)
{
	for (unsigned int i = 0; i < 32; i++) {
		unsigned int x;

		CU_ASSERT_EQUAL(sscanf(text + 2 * i, "%2x", &x), 1);
		ret_bytes[i] = (uint8_t)x;
	}
}

static void test_packet_meta_secrets(void)
{
	for (unsigned int be = 0; be < 2; be++) {
		struct run r;
		uint8_t a[32], b[32], c[32];
		const struct net_keys *keys;

		hex(HEX_A, a);
		hex(HEX_B, b);
		hex(HEX_C, c);
		run_init(&r, be);
		secrets_block(&r, 0x544c534b,
			      "# comment\nCLIENT_RANDOM " HEX_A " 4242\r\n"
			      "CLIENT_HANDSHAKE_TRAFFIC_SECRET " HEX_B " 99\nSERVER_HANDSHAKE_TRAFFIC_SECRET " HEX_B
			      " 98\n"
			      "RSA " HEX_C " 11\nCLIENT_RANDOM " HEX_C "\b\nCLIENT_RANDOM 12\nEXPORTER_SECRET " HEX_B
			      " 1");
		secrets_block(&r, 0x57474b4c, "LOCAL_STATIC_PRIVATE_KEY = x");	/* WireGuard */
		run_fold(&r, 512 << 10);
		keys = packet_meta_keys(r.meta);
		CU_ASSERT_TRUE(net_keys_has(keys, a));
		CU_ASSERT_TRUE(net_keys_has(keys, b));
		CU_ASSERT_TRUE(net_keys_has(keys, c));	/* the line has a label and a random: the secret is not looked at */
		a[0] ^= 1;
		CU_ASSERT_FALSE(net_keys_has(keys, a));
		CU_ASSERT_EQUAL(r.q.secrets, 1 + 2 + 1 + 1 + 1);
		run_release(&r);
	}
}

static void test_packet_meta_secrets_many(void)
{
	struct run r;
	struct buf text;
	uint8_t random[32] = { 0 };
	const struct net_keys *keys;
	unsigned int found = 0;

	run_init(&r, false);
	buf_init(&text, 1 << 20);
	for (unsigned int i = 0; i < 2000; i++) {
		buf_printf(&text, "CLIENT_RANDOM %064x 00\n", i * 3);
	}
	secrets_block(&r, 0x544c534b, buf_str(&text));
	buf_release(&text);
	run_fold(&r, 512 << 10);
	keys = packet_meta_keys(r.meta);
	for (unsigned int i = 0; i < 6000; i++) {
		random[30] = (uint8_t)(i >> 8);
		random[31] = (uint8_t)i;
		found += net_keys_has(keys, random);
	}
	CU_ASSERT_EQUAL(found, 2000);
	CU_ASSERT_EQUAL(r.q.secrets, 2000);
	run_release(&r);
}

static void test_packet_meta_secrets_none(void)
{
	static const uint8_t random[32];
	struct packet_meta *meta;

	CU_ASSERT_EQUAL_FATAL(packet_meta_new(&meta), 0);
	CU_ASSERT_FALSE(net_keys_has(packet_meta_keys(meta), random));
	packet_meta_free(meta);
	packet_meta_free(NULL);
}

/* ---- damage
 * ------------------------------------------------------------------------------------------------------- */

/* One of everything. */
static void build_all(struct run *r, bool be)
{
	run_init(r, be);
	process_block(r, 5, T0, "curl");
	pktap_block(r, 6, "Safari");
	secrets_block(r, 0x544c534b, "CLIENT_RANDOM " HEX_A " 42\nEXPORTER_SECRET " HEX_B " 1");
	mkcap_block_begin(&r->m, 4);
	name_record(r, 1, "192.0.2.1", "www.example\0web.example\0", 24);
	name_record(r, 2, "2001:db8::7", "six.example", 11);
	mkcap_option_end(&r->m);
	mkcap_block_end(&r->m);
	packet_of(r, T0, 5, 5);
	packet_begin(r, T0);
	comment(r, "PID: 9\nCmd: /bin/app\nArgs: app -x");
	comment(r, "ContainerName: c\nContainerId: id\nContainerImage: i\nContainerLabels: l");
	option_u32s(r, 32769, 0, NULL);
	packet_end(r);
}

/* Each block's body and each packet's options, cut at every byte: copies of just that size. */
static void test_packet_meta_cut(void)
{
	struct run r;

	build_all(&r, false);
	run_fold(&r, 512 << 10);
	for (size_t i = 0; i < r.f.meta_count; i++) {
		for (uint32_t n = 0; n <= r.f.metas[i].body_len; n++) {
			uint8_t *copy = malloc(n > 0 ? n : 1);
			struct meta_block meta = r.f.metas[i];
			struct section section = { .big_endian = false };
			struct batch b = { .section = &section, .metas = &meta, .meta_count = 1 };

			CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
			memcpy(copy, meta.body, n);
			meta.body = copy;
			meta.body_len = n;
			CU_ASSERT_EQUAL(packet_meta_fold(r.meta, &b), 0);
			free(copy);
		}
	}
	for (size_t i = 0; i < r.f.packet_count; i++) {
		for (uint32_t n = 0; n <= r.f.packets[i].options_len; n++) {
			uint8_t *copy = malloc(n > 0 ? n : 1);
			struct packet packet = r.f.packets[i];
			struct section section = { .big_endian = false };
			struct batch b = { .section = &section, .packets = &packet, .packet_count = 1 };

			CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
			memcpy(copy, packet.options, n);
			packet.options = copy;
			packet.options_len = n;
			arena_init(&b.arena);
			CU_ASSERT_EQUAL(packet_meta_fold(r.meta, &b), 0);
			arena_release(&b.arena);
			free(copy);
		}
	}
	run_release(&r);
}

static void test_packet_meta_bit_flips(void)
{
	struct run whole;

	build_all(&whole, true);
	for (size_t bit = 0; bit < whole.m.out.len * 8; bit += 5) {
		struct packet_meta *meta;
		struct framed f;

		whole.m.out.data[bit / 8] ^= (char)(1 << bit % 8);
		framed_run(&f, whole.m.out.data, whole.m.out.len, MAPPED, 512 << 10);
		whole.m.out.data[bit / 8] ^= (char)(1 << bit % 8);
		CU_ASSERT_EQUAL_FATAL(packet_meta_new(&meta), 0);
		for (size_t i = 0; i < f.batch_count; i++) {
			if (f.batches[i]->section != NULL) {
				CU_ASSERT_EQUAL(packet_meta_fold(meta, f.batches[i]), 0);
			}
		}
		packet_meta_free(meta);
		framed_release(&f);
	}
	run_release(&whole);
}

void suite_packet_meta(CU_pSuite suite);
void suite_packet_meta(CU_pSuite suite)
{
	CU_add_test(suite, "test_packet_meta_none", test_packet_meta_none);
	CU_add_test(suite, "test_packet_meta_option", test_packet_meta_option);
	CU_add_test(suite, "test_packet_meta_block", test_packet_meta_block);
	CU_add_test(suite, "test_packet_meta_block_by_time", test_packet_meta_block_by_time);
	CU_add_test(suite, "test_packet_meta_block_behind", test_packet_meta_block_behind);
	CU_add_test(suite, "test_packet_meta_block_foreign", test_packet_meta_block_foreign);
	CU_add_test(suite, "test_packet_meta_comments", test_packet_meta_comments);
	CU_add_test(suite, "test_packet_meta_comments_forged", test_packet_meta_comments_forged);
	CU_add_test(suite, "test_packet_meta_pktap", test_packet_meta_pktap);
	CU_add_test(suite, "test_packet_meta_together", test_packet_meta_together);
	CU_add_test(suite, "test_packet_meta_batches", test_packet_meta_batches);
	CU_add_test(suite, "test_packet_meta_names", test_packet_meta_names);
	CU_add_test(suite, "test_packet_meta_secrets", test_packet_meta_secrets);
	CU_add_test(suite, "test_packet_meta_secrets_many", test_packet_meta_secrets_many);
	CU_add_test(suite, "test_packet_meta_secrets_none", test_packet_meta_secrets_none);
	CU_add_test(suite, "test_packet_meta_cut", test_packet_meta_cut);
	CU_add_test(suite, "test_packet_meta_bit_flips", test_packet_meta_bit_flips);
}
