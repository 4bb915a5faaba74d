/*
 * test_fields.c - the field table and output formats over events, threads and fds made by hand.
 * Expected texts follow sysdig's documentation of its fields.
 */
#include "mkevent.h"

#include <CUnit/CUnit.h>

#include "filter/format.h"

#define TS (UINT64_C(1795250131) * NSEC_PER_SEC + 248341011) /* 2026-11-21T08:35:31.248341011Z */

/* ---- a world: one thread with two ancestors, one file, one connection ---- */

struct text_str {
	struct str s;
	char room[64];
};

static struct text_str *strs[64];
static unsigned int str_count;

static const struct str *mkstr(const char *s, size_t len)
{
	struct text_str *x = calloc(1, sizeof(*x));

	assert(x != NULL && len < sizeof(x->room) && str_count < ARRAY_LEN(strs));
	x->s.len = (uint32_t)len;
	memcpy(x->s.s, s, len);
	strs[str_count++] = x;
	return &x->s;
}

#define STR(s) mkstr(s, sizeof(s) - 1)

struct fd_room {
	struct fd_view v;
	char room[64];
};

static struct image image, parent_image;
static struct thread_view thread, parent, grandparent;
static struct fd_room file, conn;
static struct container_view container;
static struct source source;
static struct section section;
static struct batch batch;
static struct {
	uint32_t count;
	const struct thread_view *session, *vgroup, *group;
	const struct thread_view *up[2];
} chain;
static struct ref_counts counts;
static const void *refs[8];
static struct mkevent m;
static struct field_settings settings;
static struct field_ctx ctx;

static void name_fd(struct fd_room *fd, const char *name)
{
	fd->v.name_len = (uint32_t)strlen(name);
	memcpy(fd->v.name, name, fd->v.name_len + 1);
}

static void fill_thread(struct thread_view *t, int64_t pid, const struct str *comm,
			const struct image *im)
{
	memset(t, 0, sizeof(*t));
	t->flags = TV_KNOWN | TV_MAIN;
	t->tid = t->pid = t->vtid = t->vpid = pid;
	t->ptid = pid - 1;
	t->sid = t->pgid = t->vpgid = 100;
	t->comm = comm;
	t->cwd = STR("/srv/");
	t->root = STR("/");
	t->image = im;
	t->uid = 1000;
	t->gid = UID_NONE;
	t->loginuid = UID_NONE;
	t->user_name = STR("ann");
	t->group_name = STR("");
	t->login_name = STR("");
	t->fdlimit = 1024;
}

static void make_world(void)
{
	image.exe = STR("-sh");
	image.exepath = STR("/bin/dash");
	image.args = STR("-c\0echo a b");
	image.env = STR("A=1\0HOME= /root ");
	image.cgroups = STR("cpu=/x\0memory=/y/z");
	parent_image = image;
	parent_image.args = STR("");
	parent_image.env = STR("B=2");
	fill_thread(&thread, 102, STR("sh"), &image);
	fill_thread(&parent, 101, STR("php-fpm"), &parent_image);
	fill_thread(&grandparent, 100, STR("bash"), &parent_image);
	thread.clone_ns = TS - 5000;
	thread.cap_effective = 1u << 0 | UINT64_C(1) << 21;
	chain.count = 2;
	chain.up[0] = &parent;
	chain.up[1] = &grandparent;
	chain.session = chain.vgroup = chain.group = &grandparent;
	file.v.type = FD_FILE_V2;
	file.v.dev = 0x801;
	name_fd(&file, "/etc/ld.so.cache");
	conn.v.type = FD_IPV4;
	conn.v.l4 = L4_TCP;
	conn.v.role = ROLE_CLIENT;
	memcpy(conn.v.src_ip, "\x0a\x00\x00\x01", 4);
	memcpy(conn.v.dst_ip, "\x0a\x00\x00\x02", 4);
	conn.v.src_port = 40000;
	conn.v.dst_port = 80;
	name_fd(&conn, "10.0.0.1:40000->10.0.0.2:80");
	source.name = (char *)(uintptr_t) "a.scap";
	section.source = &source;
	batch.section = &section;
	batch.first_raw_num = 1000;
	batch.base_off = 64;
	batch.refs = refs;
	counts.threads = 3;
	counts.open_fds = 512;
	counts.std[1] = &file.v;
	counts.fd_types = 1u << FD_FILE | 1u << FD_IPV4 | 1u << FD_IPV4_SERVER | 1u << FD_UNIX;
	counts.user_home = STR("/home/ann");
	counts.user_shell = STR("");
}

/* A read of 3 bytes from fd 5, with all objects known: refs are fd, chain, counts. */
static void make_read(const struct fd_view *fd, int64_t res)
{
	mkevent_init(&m, EV_SYSCALL_READ_X);
	mkevent_num(&m, (uint64_t)res, 8);
	mkevent_bytes(&m, "a\x1b\n", 3);
	mkevent_num(&m, 5, 8);
	mkevent_num(&m, 4096, 4);
	mkevent_done(&m);
	m.ev.ts_ns = TS;
	m.ev.tid = 102;
	m.ev.cpu = 3;
	m.ev.block_off = 36;
	m.ev.flags |= EVENT_EXIT | EVENT_SHOWN | EVENT_HAS_RES | EVENT_HAS_FD | EVENT_IS_SYSCALL |
		      (res < 0 ? EVENT_FAILED : 0);
	m.ev.res = res;
	m.ev.fd_num = 5;
	m.ev.fd = fd;
	m.ev.thread = &thread;
	m.ev.refs = 0;
	refs[0] = fd;
	refs[1] = &chain;
	refs[2] = &counts;
	batch.ref_count = 3;
}

static void setup(void)
{
	memset(&settings, 0, sizeof(settings));
	settings.time_style = TIME_OF_DAY;
	settings.wants = WANT_FOLD | WANT_REFS | WANT_ANCESTORS | WANT_COUNTS;
	if (str_count == 0) {
		make_world();
	}
	make_read(&file.v, 3);
}

/* The line a format gives for the event at hand; NULL: not printed. */
static const char *line(const char *format)
{
	static struct buf out;
	struct format *f = NULL;
	struct err e;
	bool printed;

	err_init(&e);
	buf_release(&out);
	buf_init(&out, 1u << 20);
	if (format_new(format, &f, &e) != 0) {
		return e.message[0] != '\0' ? "(refused)" : "(refused silently)";
	}
	field_ctx_init(&ctx, &settings);
	field_ctx_batch(&ctx, &batch);
	field_ctx_event(&ctx, &m.ev, 7, 2);
	printed = format_line(f, &ctx, &out);
	field_ctx_release(&ctx);
	format_free(f);
	return printed ? buf_str(&out) : NULL;
}

/* The typed value of the event at hand, as text: lists in braces; NULL: none. */
static const char *value(const char *field)
{
	static struct buf out;
	struct field_use u;
	struct field_value v;
	size_t len;
	bool has;

	buf_release(&out);
	buf_init(&out, 1u << 20);
	if (field_use_parse(field, &u, &len, NULL) != 0) {
		return "(refused)";
	}
	field_ctx_init(&ctx, &settings);
	field_ctx_batch(&ctx, &batch);
	field_ctx_event(&ctx, &m.ev, 7, 2);
	has = field_get(&ctx, &u, &v);
	if (has) {
		buf_adds(&out, v.kind == VALUE_LIST ? "{" : "");
		field_value_print(&v, u.field->type, FMT_DEC, &out);
		buf_adds(&out, v.kind == VALUE_LIST ? "}" : "");
	}
	field_ctx_release(&ctx);
	field_use_release(&u);
	return has ? buf_str(&out) : NULL;
}

#define VALUE(field, expected) CU_ASSERT_STRING_EQUAL(value(field), expected)
#define VALUE_ABSENT(field) CU_ASSERT_PTR_NULL(value(field))
#define CHECK(format, expected) CU_ASSERT_STRING_EQUAL(line(format), expected)
#define CHECK_ABSENT(format) CU_ASSERT_PTR_NULL(line(format))

/* ---- fields ---- */

static void test_fields_event(void)
{
	setup();
	CHECK("%evt.num %evt.rawnum %evt.offset %evt.cpu", "7 1002 100 3");
	CHECK("%evt.type %syscall.type %evt.dir", "read read <");
	CHECK("%evt.type.is.read %evt.type.is[write]", "1 0");
	CHECK("%evt.res %evt.rawres %evt.failed", "SUCCESS 3 false");
	CHECK("%evt.is_io %evt.is_io_read %evt.is_io_write %evt.io_dir", "true true false read");
	CHECK("%evt.buffer %evt.buflen", "a.. 3");
	CHECK("%evt.category %source.name", "file a.scap");
	CHECK_ABSENT("%evt.hostname");
	CHECK("%evt.count %evt.count.exit", "1 1");
	CHECK_ABSENT("%evt.count.error");
	CHECK("%evt.is_open_read", "false");
}

static void test_fields_failed_call(void)
{
	setup();
	make_read(&file.v, -11);
	CHECK("%evt.res %evt.rawres %evt.failed", "EAGAIN -11 true");
	CHECK("%evt.count.error %evt.count.error.file", "1 1");
	CHECK_ABSENT("%evt.count.error.net");
	CHECK_ABSENT("%evt.buflen");
}

static void test_fields_arguments(void)
{
	setup();
	CHECK("%evt.arg.fd|%evt.arg[size]|%evt.arg[0]", "<f>/etc/ld.so.cache|4096|3");
	CHECK("%evt.rawarg.fd %evt.rawarg.size|%evt.rawarg.data", "5 4096|a..");
	CHECK_ABSENT("%evt.arg.nosuch");
	CHECK_ABSENT("%evt.arg[99]");
	/* control bytes of the data never get through */
	CHECK("%evt.args", "res=3 data=a.. fd=5(<f>/etc/ld.so.cache) size=4096 ");
}

/* An event stored as an older release laid it out, printed as stored: what its type got later it does not have. */
static void test_fields_arguments_of_later_releases(void)
{
	setup();
	m.ev.nparams = 2;
	CHECK("%evt.args", "res=3 data=a.. ");
	CHECK("%evt.arg.res|%evt.arg[1]", "3|a..");
	CHECK_ABSENT("%evt.arg.fd");
	CHECK_ABSENT("%evt.arg[size]");
	CHECK_ABSENT("%evt.arg[3]");
}

static void test_fields_time(void)
{
	setup();
	CHECK("%evt.time %evt.time.s", "08:35:31.248341011 08:35:31");
	CHECK("%evt.datetime|%evt.datetime.s", "2026-11-21 08:35:31.248341011|2026-11-21 08:35:31");
	CHECK("%evt.time.iso8601", "2026-11-21T08:35:31.248341011+0000");
	CHECK("%evt.rawtime %evt.rawtime.s %evt.rawtime.ns",
	      "1795250131248341011 1795250131 248341011");
	CHECK("%evt.outputtime", "08:35:31.248341011");
	settings.time_style = TIME_EPOCH;
	CHECK("%evt.outputtime", "1795250131.248341011");
	settings.time_style = TIME_ISO;
	CHECK("%evt.outputtime", "2026-11-21T08:35:31.248341011+0000");
}

static void test_fields_latency(void)
{
	setup();
	CHECK_ABSENT("%evt.latency");
	m.ev.begin_ns = TS - 1234567;
	m.ev.flags |= EVENT_BEGIN_EXACT;
	CHECK("%evt.latency %evt.latency.ns %evt.latency.human", "1234567 001234567 1.23ms");
	CHECK("%evt.latency_bound %evt.begin", "false 1795250131247106444");
	m.ev.flags = (uint16_t)((m.ev.flags & ~EVENT_BEGIN_EXACT) | EVENT_BEGIN_BOUND);
	CHECK("%evt.latency_bound %evt.latency.human", "true \xe2\x89\xa4"
						       "1.23ms");
}

static void test_fields_process(void)
{
	setup();
	CHECK("%proc.name %proc.pid %thread.tid %proc.ppid", "sh 102 102 101");
	CHECK("%proc.exe %proc.exepath %proc.cwd", "-sh /bin/dash /srv/");
	CHECK("%proc.cmdline", "sh -c echo a b");
	CHECK("%proc.exeline", "-sh -c echo a b");
	CHECK("%proc.args|%proc.args[1]", "-c echo a b|echo a b");
	CHECK_ABSENT("%proc.args[2]");
	CHECK("%proc.cmdnargs %proc.cmdlenargs", "2 10");
	CHECK("%proc.env|%proc.env[HOME]|%proc.env[A]", "A=1 HOME= /root |/root|1");
	CHECK_ABSENT("%proc.env[HOM]");
	CHECK("%proc.aenv[B]", "2");
	CHECK("%proc.duration %proc.fdlimit", "5000 1024");
	CHECK("%proc.is_sid_leader %proc.sid", "false 100");
	CHECK("%proc.nthreads %proc.nchilds %proc.fdopencount %proc.fdusage", "3 2 512 50.0");
	CHECK("%proc.stdout.name %proc.stdout.type", "/etc/ld.so.cache file");
	CHECK_ABSENT("%proc.stdin.name");
}

static void test_fields_ancestors(void)
{
	setup();
	CHECK("%proc.pname %proc.pcmdline", "php-fpm php-fpm");
	CHECK("%proc.aname[0] %proc.aname[1] %proc.aname[2]", "sh php-fpm bash");
	CHECK_ABSENT("%proc.aname[3]");
	CHECK("%proc.aname|%proc.apid", "php-fpm bash|101 100");
	CHECK("%proc.sname %proc.pgid.name %proc.sid.exepath", "bash bash /bin/dash");
	CHECK("%proc.loginshellid", "100");
	/* no leader lives: the farthest in an unbroken line */
	chain.session = NULL;
	CHECK("%proc.sname", "bash");
	parent.sid = 99;
	CHECK("%proc.sname", "sh");
	parent.sid = 100;
	chain.session = &parent;
	CHECK("%proc.sname", "php-fpm");
	chain.session = &grandparent;
	refs[1] = NULL;
	CHECK_ABSENT("%proc.pname");
	CHECK_ABSENT("%proc.aname");
}

static void test_fields_thread_and_user(void)
{
	setup();
	CHECK("%thread.ismain %thread.vtid", "true 102");
	CHECK("%thread.cap_effective", "CAP_CHOWN CAP_SYS_ADMIN");
	CHECK("%thread.cgroups|%thread.cgroup.memory|%thread.cgroup[cpu]",
	      "cpu=/x memory=/y/z|/y/z|/x");
	CHECK_ABSENT("%thread.cgroup.cp");
	CHECK("%user.uid %user.name %user.loginuid %user.loginname", "1000 ann -1 <NA>");
	CHECK("%user.homedir %user.shell", "/home/ann <NA>");
	CHECK("%group.gid %group.name", "4294967295 <NA>");
}

static void test_fields_unknown_thread(void)
{
	setup();
	m.ev.thread = NULL;
	CHECK_ABSENT("%proc.name");
	CHECK("*%proc.name (%thread.tid)", "<NA> (102)");
	CHECK_ABSENT("%user.name");
	m.ev.tid = -1;
	CHECK("*%thread.tid", "<NA>");
}

static void test_fields_file(void)
{
	setup();
	CHECK("%fd.num %fd.type %fd.typechar %fd.name", "5 file f /etc/ld.so.cache");
	CHECK("%fd.directory %fd.filename", "/etc ld.so.cache");
	CHECK("%fd.dev %fd.dev.major %fd.dev.minor", "801 8 1");
	CHECK("%fd.uid", "1025");
	CHECK("%fd.containername", ":/etc/ld.so.cache");
	CHECK("%fd.connected %fd.is_server", "false false");
	CHECK_ABSENT("%fd.sip");
	CHECK_ABSENT("%fd.l4proto");
	make_read(NULL, 3);
	CHECK_ABSENT("%fd.name");
	CHECK("%fd.num", "5");
	m.ev.flags = (uint16_t)(m.ev.flags & ~EVENT_HAS_FD);
	CHECK_ABSENT("%fd.num");
}

static void test_fields_connection(void)
{
	setup();
	make_read(&conn.v, 3);
	CHECK("%fd.name %evt.category", "10.0.0.1:40000->10.0.0.2:80 net");
	CHECK("%fd.cip %fd.cport %fd.sip %fd.sport", "10.0.0.1 40000 10.0.0.2 80");
	CHECK("%fd.lip %fd.rport %fd.is_server %fd.l4proto", "10.0.0.1 80 false tcp");
	CHECK("%fd.sockfamily %fd.connected", "ip false");
	CHECK("%fd.cproto %fd.sproto %fd.lproto %fd.rproto", "40000 80 40000 80");
	CHECK_ABSENT("%fd.sip.name");
	VALUE("fd.ip", "{10.0.0.1 10.0.0.2}");
	VALUE("fd.net", "{10.0.0.1 10.0.0.2}");
	VALUE("fd.port", "{40000 80}");
	VALUE("fd.proto", "{40000 80}");
	VALUE("fd.cnet", "10.0.0.1");
	VALUE("fd.rnet", "10.0.0.2");
	conn.v.role = ROLE_SERVER;
	CHECK("%fd.lip %fd.lport %fd.is_server", "10.0.0.2 80 true");
	VALUE("fd.lnet", "10.0.0.2");
	conn.v.role = ROLE_NONE;
	CHECK_ABSENT("%fd.cip");
	CHECK("%fd.l4proto", "<NA>");
	/* either end is known all the same */
	VALUE("fd.ip", "{10.0.0.1 10.0.0.2}");
	VALUE_ABSENT("fd.cnet");
	conn.v.role = ROLE_CLIENT;
}

/* A listening socket has one end; one that is not connected has none. */
static void test_fields_half_connections(void)
{
	static struct fd_room half;

	setup();
	half.v.type = FD_IPV4_SERVER;
	half.v.role = ROLE_SERVER;
	half.v.l4 = L4_TCP;
	half.v.dst_port = 80;
	name_fd(&half, "0.0.0.0:80");
	make_read(&half.v, 3);
	VALUE("fd.ip", "{0.0.0.0}");
	VALUE("fd.port", "{80}");
	VALUE("fd.snet", "0.0.0.0");
	VALUE_ABSENT("fd.cnet");
	CHECK_ABSENT("%fd.cproto");
	memset(&half, 0, sizeof(half));
	half.v.type = FD_IPV4;
	make_read(&half.v, 3);
	VALUE_ABSENT("fd.ip");
	VALUE_ABSENT("fd.port");
	make_read(&file.v, 3);
	VALUE_ABSENT("fd.net");
	make_read(NULL, 3);
	VALUE_ABSENT("fd.port");
}

static void test_fields_fd_types(void)
{
	setup();
	CHECK("%fd.types|%fd.types[1]", "(file,ipv4,unix)|(file)");
	CHECK("%fd.types[5]", "(file)");
	CHECK_ABSENT("%fd.types[0]");
	CHECK_ABSENT("%fd.types[77]");
	CHECK("%fd.name_changed", "false");
}

static void test_fields_hidden_kin(void)
{
	setup();
	CHECK("%evt.buflen.in %evt.buflen.file %evt.buflen.file.in", "3 3 3");
	CHECK_ABSENT("%evt.buflen.out");
	CHECK_ABSENT("%evt.buflen.net");
	CHECK("%thread.nametid", "sh102");
	thread.vmsize_kb = 3;
	thread.vmrss_kb = 2;
	CHECK("%thread.vmsize %thread.vmrss %thread.vmsize.b %thread.vmrss.b", "3 2 3072 2048");
	thread.flags &= ~(uint32_t)TV_MAIN;
	CHECK("%thread.vmsize %thread.vmrss.b", "0 0");
	thread.flags |= TV_MAIN;
	CHECK_ABSENT("%evt.count.procinfo");
	CHECK_ABSENT("%evt.pluginname");
	CHECK_ABSENT("%util.cnt");
	CHECK_ABSENT("%evt.wait_latency");
	CHECK("%evt.source", "syscall");
}

static void test_fields_infrastructure(void)
{
	setup();
	mkevent_init(&m, EV_INFRASTRUCTURE_EVENT_E);
	mkevent_str(&m, "docker");
	mkevent_str(&m, "event");
	mkevent_str(&m, "Event:start;ID:3f1c;name:web;Image:shop:1");
	mkevent_str(&m, "");
	mkevent_done(&m);
	m.ev.flags |= EVENT_SHOWN | EVENT_EXIT;
	CHECK("%evt.infra.docker.name|%evt.infra.docker.container.id", "start|3f1c");
	CHECK("%evt.infra.docker.container.name|%evt.infra.docker.container.image", "web|shop:1");
}

/* A field of the other kind has no value, whatever the context held before. */
static void test_fields_of_the_other_subject(void)
{
	static struct packet packet;
	struct field_use u;
	struct field_value v;
	size_t len;

	setup();
	CU_ASSERT_EQUAL_FATAL(field_use_parse("proc.name", &u, &len, NULL), 0);
	field_ctx_init(&ctx, &settings);
	field_ctx_batch(&ctx, &batch);
	field_ctx_event(&ctx, &m.ev, 7, 2);
	CU_ASSERT_TRUE(field_get(&ctx, &u, &v));
	field_ctx_packet(&ctx, &packet, NULL, 1, 0);
	CU_ASSERT_FALSE(field_get(&ctx, &u, &v));
	for (size_t i = 0; i < field_count(); i++) {
		struct field_use any = { field_at(i), "1", 1 };
		struct buf out;

		buf_init(&out, 1u << 20);
		if ((any.field->flags & (FIELD_PACKET | FIELD_BOTH)) == 0) {
			CU_ASSERT_FALSE(field_get(&ctx, &any, &v));
			CU_ASSERT_FALSE(field_print(&ctx, &any, &out));
		}
		if ((any.field->flags & FIELD_PACKET) != 0) {
			field_ctx_event(&ctx, &m.ev, 7, 2);
			CU_ASSERT_FALSE(field_get(&ctx, &any, &v));
			field_ctx_packet(&ctx, &packet, NULL, 1, 0);
		}
		CU_ASSERT_EQUAL(out.len, 0);
		buf_release(&out);
	}
	field_ctx_release(&ctx);
	field_use_release(&u);
}

static void test_fields_container(void)
{
	setup();
	CHECK("%container.id %container.name %container.type", "host host host");
	CHECK_ABSENT("%container.image");
	memset(&container, 0, sizeof(container));
	container.id = STR("3f1c0a77b2d8");
	container.full_id = container.image = container.image_id = container.image_repo =
		container.image_tag = container.image_digest = STR("");
	container.name = STR("web");
	container.json = container.sandbox_json = STR("");
	container.type = 7;
	container.privileged = -1;
	thread.container = &container;
	CHECK("%container.id %container.name %container.type", "3f1c0a77b2d8 web containerd");
	CHECK_ABSENT("%container.privileged");
	CHECK_ABSENT("%container.mounts");
	CHECK("%fd.containername", "3f1c0a77b2d8:/etc/ld.so.cache");
	thread.container = NULL;
	thread.flags |= TV_IN_PIDNS;
	CHECK("[%container.id]", "[]");
	CHECK_ABSENT("%container.name");
	thread.flags &= ~(uint32_t)TV_IN_PIDNS;
}

static const char container_text[] =
	"{\"container\":{\"host_pid\":true,\"ip\":\"10.1.2.3\",\"created_time\":1795250131,"
	"\"Mounts\":[{\"Source\":\"/a\",\"Destination\":\"/b\",\"Mode\":\"ro\",\"RW\":false,"
	"\"Propagation\":\"rprivate\"},{\"Source\":\"/c\",\"Destination\":\"/d\",\"RW\":true}],"
	"\"Healthcheck\":{\"exe\":\"curl\",\"args\":[\"-f\",\"x\"]}}}";

static void test_fields_container_json(void)
{
	struct str *json = malloc(sizeof(*json) + sizeof(container_text));

	setup();
	assert(json != NULL);
	json->len = sizeof(container_text) - 1;
	memcpy(json->s, container_text, sizeof(container_text));
	memset(&container, 0, sizeof(container));
	container.json = json;
	thread.container = &container;
	CHECK("%container.host_pid %container.ip", "true 10.1.2.3");
	CHECK_ABSENT("%container.host_ipc");
	CHECK("%container.mounts", "/a:/b:ro:false:rprivate,/c:/d::true:");
	CHECK("%container.mount[1] %container.mount[/a]", "/c:/d::true: /a:/b:ro:false:rprivate");
	CHECK("%container.mount.source[/d] %container.mount.dest[/*]", "/c /b");
	CHECK_ABSENT("%container.mount[2]");
	CHECK("%container.healthcheck %container.liveness_probe", "curl -f x NONE");
	CHECK("%container.start_ts %container.duration", "1795250131000000000 248341011");
	json->len = 20; /* cut off: not JSON any more */
	CHECK_ABSENT("%container.ip");
	thread.container = NULL;
	free(json);
}

/* ---- hostile text ---- */

static void test_fields_escape_captured_text(void)
{
	static struct fd_room evil;

	setup();
	evil.v.type = FD_FILE_V2;
	name_fd(&evil, "/tmp/\x1b]0;x\x07\n\x01"
		       "A000");
	make_read(&evil.v, 3);
	CHECK("%fd.name", "/tmp/\\x1b]0;x\\x07\\n\\x01A000");
	CHECK("%fd.filename", "\\x1b]0;x\\x07\\n\\x01A000");
	CHECK("%fd.containername", ":/tmp/\\x1b]0;x\\x07\\n\\x01A000");
	CHECK("%evt.arg.fd", "<f>/tmp/\\x1b]0;x\\x07\\n\\x01A000");
}

/* ---- the table ---- */

static void test_fields_table_is_whole(void)
{
	CU_ASSERT(field_count() > 290);
	for (size_t i = 0; i < field_count(); i++) {
		const struct field *f = field_at(i);

		CU_ASSERT(f->help != NULL && f->help[0] != '\0');
		CU_ASSERT(f->value != NULL || f->text != NULL);
		CU_ASSERT(f->type > PT_NONE && f->type < PT_COUNT);
		CU_ASSERT_EQUAL(f->wants & ~(WANT_FOLD | WANT_REFS | WANT_ANCESTORS | WANT_MEMORY |
					     WANT_COUNTS | WANT_FDS | WANT_BEGIN),
				0);
		CU_ASSERT(f->wants == 0 || (f->wants & WANT_FOLD) != 0);
		CU_ASSERT((f->wants & (WANT_REFS | WANT_COUNTS)) == 0 ||
			  (f->wants & WANT_FDS) != 0);
		CU_ASSERT((f->flags & (FIELD_PACKET | FIELD_BOTH)) != (FIELD_PACKET | FIELD_BOTH));
		CU_ASSERT((f->flags & FIELD_FILTER_ONLY) == 0 || f->value != NULL);
		CU_ASSERT_PTR_NOT_NULL(field_title(i));
		/* found by name, and no other row has it */
		CU_ASSERT_PTR_EQUAL(field_find(f->name, strlen(f->name)), f);
	}
	CU_ASSERT_PTR_NULL(field_at(field_count()));
	CU_ASSERT_PTR_NULL(field_find("evt", 3));
}

static bool needs_argument(const struct field *f)
{
	return f->arg == ARG_REQUIRED || f->arg == ARG_REQUIRED_DOT;
}

static bool kind_fits(unsigned int kind, unsigned int type)
{
	switch (type) {
	case PT_INT16:
	case PT_INT32:
	case PT_INT64: return kind == VALUE_INT;
	case PT_UINT8:
	case PT_UINT16:
	case PT_UINT32:
	case PT_UINT64:
	case PT_PORT:
	case PT_RELTIME:
	case PT_ABSTIME: return kind == VALUE_UINT;
	case PT_BOOL: return kind == VALUE_BOOL;
	case PT_DOUBLE: return kind == VALUE_DOUBLE;
	case PT_CHARBUF: return kind == VALUE_TEXT;
	case PT_BYTEBUF: return kind == VALUE_BYTES;
	case PT_IPADDR:
	case PT_IPNET: return kind == VALUE_IP;
	default: return true;
	}
}

/* What comes out is of the type the row says: filters compare without looking again. */
static void test_fields_values_are_of_their_type(void)
{
	const struct fd_view *const fds[] = { &file.v, &conn.v };
	unsigned int seen = 0;

	for (size_t i = 0; i < 2 * field_count(); i++) {
		struct field_use u = { field_at(i / 2), "1", 1 };
		struct field_value v;

		setup();
		make_read(fds[i % 2], 3);
		field_ctx_init(&ctx, &settings);
		field_ctx_batch(&ctx, &batch);
		field_ctx_event(&ctx, &m.ev, 7, 2);
		if (!needs_argument(u.field)) {
			u.arg = NULL;
			u.index = -1;
		}
		if (field_get(&ctx, &u, &v)) {
			const struct field_value *one =
				v.kind == VALUE_LIST && v.len > 0 ? v.v.items : &v;

			CU_ASSERT(kind_fits(one->kind, u.field->type));
			if (!kind_fits(one->kind, u.field->type)) {
				fprintf(stderr, "  %s\n", u.field->name);
			}
			seen++;
		}
		field_ctx_release(&ctx);
	}
	CU_ASSERT(seen > 200);
}

/* Every field, on events with and without objects: no crash. */
static void test_fields_all_on_bare_events(void)
{
	for (size_t i = 0; i < field_count(); i++) {
		const struct field *f = field_at(i);
		char format[128];

		if ((f->flags & FIELD_FILTER_ONLY) != 0) {
			setup();
			snprintf(format, sizeof(format), needs_argument(f) ? "%s[1]" : "%s",
				 f->name);
			value(format);
			m.ev.thread = NULL;
			m.ev.fd = NULL;
			m.ev.refs = EVENT_NO_REFS;
			value(format);
			continue;
		}
		snprintf(format, sizeof(format), needs_argument(f) ? "*%%%s[1]" : "*%%%s", f->name);
		setup();
		CU_ASSERT_PTR_NOT_NULL(line(format));
		m.ev.thread = NULL;
		m.ev.fd = NULL;
		m.ev.refs = EVENT_NO_REFS;
		CU_ASSERT_PTR_NOT_NULL(line(format));
		m.ev.type = 60000;
		m.ev.stored_type = 60000;
		m.ev.flags = EVENT_UNKNOWN_TYPE;
		CU_ASSERT_PTR_NOT_NULL(line(format));
	}
	for (unsigned int i = 0; i < str_count; i++) {
		free(strs[i]);
	}
	str_count = 0;
}

void suite_fields(CU_pSuite suite);
void suite_fields(CU_pSuite suite)
{
	CU_add_test(suite, "test_fields_event", test_fields_event);
	CU_add_test(suite, "test_fields_failed_call", test_fields_failed_call);
	CU_add_test(suite, "test_fields_arguments", test_fields_arguments);
	CU_add_test(suite, "test_fields_arguments_of_later_releases",
		    test_fields_arguments_of_later_releases);
	CU_add_test(suite, "test_fields_time", test_fields_time);
	CU_add_test(suite, "test_fields_latency", test_fields_latency);
	CU_add_test(suite, "test_fields_process", test_fields_process);
	CU_add_test(suite, "test_fields_ancestors", test_fields_ancestors);
	CU_add_test(suite, "test_fields_thread_and_user", test_fields_thread_and_user);
	CU_add_test(suite, "test_fields_unknown_thread", test_fields_unknown_thread);
	CU_add_test(suite, "test_fields_file", test_fields_file);
	CU_add_test(suite, "test_fields_connection", test_fields_connection);
	CU_add_test(suite, "test_fields_half_connections", test_fields_half_connections);
	CU_add_test(suite, "test_fields_fd_types", test_fields_fd_types);
	CU_add_test(suite, "test_fields_hidden_kin", test_fields_hidden_kin);
	CU_add_test(suite, "test_fields_infrastructure", test_fields_infrastructure);
	CU_add_test(suite, "test_fields_of_the_other_subject", test_fields_of_the_other_subject);
	CU_add_test(suite, "test_fields_container", test_fields_container);
	CU_add_test(suite, "test_fields_container_json", test_fields_container_json);
	CU_add_test(suite, "test_fields_escape_captured_text", test_fields_escape_captured_text);
	CU_add_test(suite, "test_fields_table_is_whole", test_fields_table_is_whole);
	CU_add_test(suite, "test_fields_values_are_of_their_type",
		    test_fields_values_are_of_their_type);
	CU_add_test(suite, "test_fields_all_on_bare_events", test_fields_all_on_bare_events);
}
