/*
 * test_script_run.c - Lua scripts in runs of the engine: the values they are given, tables of the report, failures, and
 * that neither threads nor batches nor the number of sources change what a script sees.
 */
#include "stats/script.h"

#include "mkrun.h"

#ifdef HAVE_LUA

#include "base/limits.h"
#include "cli/scripts.h"
#include "mkpkt.h"

#define TS (UINT64_C(1795250131) * NSEC_PER_SEC)

struct scripted {
	struct scripts scripts;
	struct run run;
	struct err err;
};

static void add_texts(struct scripted *s, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%c.lua", (char)('a' + i));
		if (script_set_add(s->scripts.set, name, texts[i], strlen(texts[i]), &s->err) != 0) {
			printf("\n  %s\n", s->err.message);
			CU_FAIL_FATAL("script refused");
		}
	}
}

/* Runs scripts, as their texts, over a file or folder, with all statistics. */
static void begin_scripted(struct scripted *s, const char *path, const char *const *texts, size_t count,
			   unsigned int threads, size_t batch_bytes)
{
	struct engine_options opt = run_report_options(threads, batch_bytes);
	struct input_list inputs;

	memset(s, 0, sizeof(*s));
	err_init(&s->err);
	CU_ASSERT_EQUAL_FATAL(script_set_new(&s->scripts.set, &s->err), 0);
	add_texts(s, texts, count);
	input_list_init(&inputs);
	CU_ASSERT_EQUAL_FATAL(input_list_add(&inputs, path, &s->err), 0);
	scripts_apply(&s->scripts, &inputs, &opt);
	input_list_release(&inputs);
	run_engine_on(&s->run, path, &opt);
	CU_ASSERT_EQUAL_FATAL(s->run.code, 0);
	s->run.report.version = "test";
	s->run.report.command_line = "";
	CU_ASSERT_EQUAL_FATAL(engine_report(s->run.engine, &s->run.report, &s->err), 0);
	CU_ASSERT_EQUAL_FATAL(scripts_report(&s->scripts, &s->run.report, &s->err), 0);
}

static void end_scripted(struct scripted *s)
{
	run_release(&s->run);
	scripts_release(&s->scripts);
}

/* One script over a capture. */
static void begin_one(struct scripted *s, const struct mkcap *m, const char *text)
{
	struct dir d;

	dir_init(&d);
	mkcap_save(m, dir_file(&d, "capture.scap"));
	begin_scripted(s, dir_file(&d, "capture.scap"), &text, 1, 2, 64 << 10);
	dir_release(&d);
}

static void check_no_failure(const struct scripted *s)
{
	const char *why = script_failure(s->scripts.set, 0);

	if (why != NULL) {
		printf("\n  %s\n", why);
	}
	CU_ASSERT_PTR_NULL(why);
}

/* nginx opens a file, reads it, fails to open another one, connects; event numbers 1 to 6. */
static void build_story(struct mkcap *m)
{
	struct mkcap_proc p[2] = {
		{ .tid = 1, .pid = 1, .comm = "init", .exe = "init", .exepath = "/sbin/init", .cwd = "/", .fdlimit = 1024 },
		{ .tid = 100, .pid = 100, .ptid = 1, .comm = "nginx", .exe = "nginx", .exepath = "/usr/sbin/nginx", .cwd = "/srv",
		  .fdlimit = 1024 },
	};

	mkcap_init(m, false);
	mkcap_section(m, 2);
	mkcap_machine(m, "host", 2, 1);
	mkcap_processes(m, 9, 76, p, 2);
	mkcap_openat(m, TS + 1000, 100, 5, "/etc/passwd", 1);
	mkcap_read(m, TS + 2000, 100, 11, 5, "root:x:0:0\n");
	mkcap_openat(m, TS + 3000, 100, -2, "/no/such.txt", 1);
	mkcap_socket(m, TS + 4000, 100, 6, PPM_AF_INET, 1, 0);
	mkcap_connect4(m, TS + 5000, 100, 0, 6, "10.0.0.1", 40000, "10.0.0.2", 443);
	mkcap_write(m, TS + 6000, 100, 3, 6, "a\xff\x01");
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static void test_script_run_values_have_types(void)
{
	static const char text[] =
		"local function is(what, got, want)\n"
		"  if got ~= want or math.type(got) ~= math.type(want) then error(what .. ': ' .. tostring(got)) end\n"
		"end\n"
		"local n = 0\n"
		"return { fields = { 'evt.type', 'evt.rawres', 'evt.failed', 'fd.name', 'fd.rip', 'fd.rport', 'proc.aname', 'proc.aname[1]', 'proc.pid',\n"
		"    'evt.buffer', 'evt.num', 'evt.info', 'ip.src', 'proc.cwd' },\n"
		"  filter = 'proc.name = nginx',\n"
		"  on_event = function(v, num, time, source)\n"
		"    n = n + 1\n"
		"    is('num', num, n) is('evt.num', v['evt.num'], n) is('time', time, 1795250131000000000 + n * 1000) is('source', source, 'capture.scap')\n"
		"    is('pid', v['proc.pid'], 100) is('parent', v['proc.aname[1]'], 'init') is('cwd', v['proc.cwd'], '/srv/') is('ip.src', v['ip.src'], nil)\n"
		"    is('list', type(v['proc.aname']), 'table') is('last', v['proc.aname'][#v['proc.aname']], 'init')\n"
		"    is('info', type(v['evt.info']), 'string')\n"
		"    if n == 1 then is('type', v['evt.type'], 'openat') is('res', v['evt.rawres'], 5) is('failed', v['evt.failed'], false)\n"
		"      is('name', v['fd.name'], '/etc/passwd') is('ip', v['fd.rip'], nil) end\n"
		"    if n == 2 then is('data', v['evt.buffer'], 'root:x:0:0\\n') end\n"
		"    if n == 3 then is('res', v['evt.rawres'], -2) is('failed', v['evt.failed'], true) end\n"
		"    if n == 5 then is('ip', v['fd.rip'], '10.0.0.2') is('port', v['fd.rport'], 443) end\n"
		"    if n == 6 then is('data', v['evt.buffer'], 'a\\xff\\x01') end\n"
		"  end,\n"
		"  on_finish = function() is('all', n, 6) end }";
	struct scripted s;
	struct mkcap m;

	build_story(&m);
	begin_one(&s, &m, text);
	check_no_failure(&s);
	CU_ASSERT_EQUAL(run_num(run_table(&s.run, "scripts"), 0, "events"), 6);
	CU_ASSERT_EQUAL(run_num(run_table(&s.run, "scripts"), 0, "packets"), 0);
	end_scripted(&s);
	mkcap_release(&m);
}

/* Only what passes is seen, and numbers are those of the capture. */
static void test_script_run_filter(void)
{
	static const char text[] =
		"local seen = ''\n"
		"return { filter = 'evt.failed = true or fd.rport = 443', fields = { 'evt.type' },\n"
		"  on_event = function(v, num) seen = seen .. num .. v['evt.type'] .. ' ' end,\n"
		"  on_finish = function() print(seen, 1, nil, {}) end }";
	struct scripted s;
	struct mkcap m;
	const char *printed;
	size_t len;

	build_story(&m);
	begin_one(&s, &m, text);
	check_no_failure(&s);
	printed = script_printed(s.scripts.set, 0, &len);
	CU_ASSERT_EQUAL(len, strlen("3openat 5connect 6write  1 nil table\n"));
	CU_ASSERT_NSTRING_EQUAL(printed, "3openat 5connect 6write  1 nil table\n", len);
	end_scripted(&s);
	mkcap_release(&m);
}

/* A packet stands where it stands in the capture. */
static void test_script_run_packets_among_events(void)
{
	static const char text[] =
		"local seen = ''\n"
		"return { fields = { 'ip.dst', 'udp.dstport', 'frame.len', 'evt.type' },\n"
		"  on_event = function(v, num) assert(v['ip.dst'] == nil) seen = seen .. 'e' .. num .. v['evt.type'] .. ' ' end,\n"
		"  on_packet = function(v, num, time, source)\n"
		"    assert(v['evt.type'] == nil and v['ip.dst'] == '10.0.0.2' and v['udp.dstport'] == 5000 + num and time == 1795250131000002500)\n"
		"    seen = seen .. 'p' .. num .. ' ' end,\n"
		"  on_finish = function() print(seen) end }";
	struct scripted s;
	struct mkcap m;
	struct mkpkt p;
	const char *printed;
	size_t len;

	build_story(&m);
	mkcap_idb(&m, 1, 65535, 9, "eth0");
	for (uint16_t i = 1; i <= 2; i++) {
		mkpkt_init(&p);
		mkpkt_eth(&p, 0x0800);
		mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 17);
		mkpkt_udp(&p, 4000, (uint16_t)(5000 + i));
		mkpkt_data(&p, "x", 1);
		mkpkt_end(&p);
		mkcap_epb(&m, 0, TS + 2500, p.bytes, p.len, p.len);
		mkpkt_release(&p);
		mkcap_write(&m, TS + 7000, 100, 3, 6, "abc");
	}
	begin_one(&s, &m, text);
	check_no_failure(&s);
	printed = script_printed(s.scripts.set, 0, &len);
	CU_ASSERT_NSTRING_EQUAL(printed, "e1openat e2read e3openat e4socket e5connect e6write p1 e7write p2 e8write \n",
				len);
	CU_ASSERT_EQUAL(run_num(run_table(&s.run, "scripts"), 0, "packets"), 2);
	end_scripted(&s);
	mkcap_release(&m);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static void test_script_run_tables(void)
{
	static const char text[] =
		"return { on_event = function() end, on_finish = function() report.table{ name = 'mine', title = 'My table', description = 'D.',\n"
		"  columns = { { name = 'a' }, { name = 'u', type = 'u64', unit = 'id', help = 'Number' }, { name = 's', type = 's64' },\n"
		"    { name = 'f', type = 'f64' }, { name = 't', type = 'time' }, { name = 'd', type = 'duration' }, { name = 'b', type = 'bytes' },\n"
		"    { name = 'yes', type = 'bool' } },\n"
		"  rows = { { 'x', 1, -1, 0.5, 1795250131000000000, 2, 3, true }, { yes = false, u = 2.0, a = 'y\\0z' }, { 7, s = -3 } } } end }";
	struct scripted s;
	const struct table *t;
	struct mkcap m;

	build_story(&m);
	begin_one(&s, &m, text);
	check_no_failure(&s);
	t = run_table(&s.run, "mine");
	CU_ASSERT_STRING_EQUAL(t->def->title, "My table");
	CU_ASSERT_STRING_EQUAL(t->def->description, "D.");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 3);
	CU_ASSERT_STRING_EQUAL(t->def->columns[1].unit, "id");
	CU_ASSERT_STRING_EQUAL(t->def->columns[1].description, "Number");
	CU_ASSERT_STRING_EQUAL(t->def->columns[5].unit, "ns");
	CU_ASSERT(run_text_is(t, 0, "a", "x"));
	CU_ASSERT_EQUAL(run_num(t, 0, "u"), 1);
	CU_ASSERT_EQUAL(run_cell(t, 0, "s").v.s, -1);
	CU_ASSERT_EQUAL(run_cell(t, 0, "f").v.f, 0.5);
	CU_ASSERT_EQUAL(run_num(t, 0, "t"), TS);
	CU_ASSERT_EQUAL(run_num(t, 0, "d"), 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "b"), 3);
	CU_ASSERT_EQUAL(run_num(t, 0, "yes"), 1);
	CU_ASSERT_EQUAL(run_cell(t, 1, "a").len, 3);
	CU_ASSERT_EQUAL(run_num(t, 1, "u"), 2);
	CU_ASSERT_EQUAL(run_num(t, 1, "yes"), 0);
	CU_ASSERT(run_unknown(t, 1, "f"));
	CU_ASSERT(run_text_is(t, 2, "a", "7"));
	CU_ASSERT_EQUAL(run_cell(t, 2, "s").v.s, -3);
	CU_ASSERT(run_text_is(run_table(&s.run, "scripts"), 0, "tables", "mine"));
	CU_ASSERT(run_unknown(run_table(&s.run, "scripts"), 0, "failure"));
	end_scripted(&s);
	mkcap_release(&m);
}

/* What is wrong with a table ends the script, and none of its tables is there. */
static void test_script_run_bad_tables(void)
{
	static const struct {
		const char *table, *why;
	} bad[] = {
		{ "{ name = 'x', columns = { { name = 'a', type = 'u64' } }, rows = { { 1 }, { 'y' } } }",
		  "report.table 'x', row 2, column 'a': must be an integer of at least 0, not y" },
		{ "{ name = 'x', columns = { { name = 'a', type = 'u64' } }, rows = { { -1 } } }",
		  "report.table 'x', row 1, column 'a': must be an integer of at least 0, not -1" },
		{ "{ name = 'x', columns = { { name = 'a', type = 's64' } }, rows = { { 1.5 } } }",
		  "report.table 'x', row 1, column 'a': must be an integer, not 1.5" },
		{ "{ name = 'x', columns = { { name = 'a', type = 'bool' } }, rows = { { 1 } } }",
		  "report.table 'x', row 1, column 'a': must be true or false, not 1" },
		{ "{ name = 'x', columns = { { name = 'a' } }, rows = { { {} } } }", "report.table 'x', row 1, column 'a': must be a text, not table" },
		{ "{ name = 'x', columns = { { name = 'a' } }, rows = { 1 } }", "report.table 'x': row 1 must be a table of cells" },
		{ "{ name = 'x', columns = { { name = 'a', type = 'int' } } }",
		  "report.table: 'int' is no type: text, u64, s64, f64, time, duration, bytes, bool" },
		{ "{ name = 'x', columns = { { name = 'a' }, { name = 'a' } } }", "report.table: two columns are named 'a'" },
		{ "{ name = 'x', columns = {} }", "report.table: 'columns' must be a list of columns" },
		{ "{ name = '../x', columns = { { name = 'a' } } }", "report.table: '../x' is no name: small letters, digits and _" },
		{ "{ name = 'X', columns = { { name = 'a' } } }", "report.table: 'X' is no name: small letters, digits and _" },
		{ "{ name = 'x', columns = { { name = 'a b' } } }", "report.table: 'a b' is no name: small letters, digits and _" },
		{ "{ columns = { { name = 'a' } } }", "report.table: 'name' must be a text, not a nil" },
		{ "{ name = 'flows', columns = { { name = 'a' } } }",
		  "report.table: the report has a table 'flows' already: choose another name" },
		{ "{ name = 'scripts', columns = { { name = 'a' } } }",
		  "report.table: the report has a table 'scripts' already: choose another name" },
		{ "{ name = 'good', columns = { { name = 'a' } } }",
		  "report.table: the report has a table 'good' already: choose another name" },
		{ "{ name = 'x', columns = { { name = 'a' } }, row = {} }", "'row' means nothing: report.table wants name, title, description, columns, rows" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char text[600], expected[300];
		struct scripted s;
		struct mkcap m;

		(void)snprintf(text, sizeof(text),
			       "return { on_event = function() end, on_finish = function()\nreport.table{ name = "
			       "'good', columns = { { name = 'a' } } }\n"
			       "report.table%s end }",
			       bad[i].table);
		(void)snprintf(expected, sizeof(expected), "a.lua:3: %s (in on_finish)", bad[i].why);
		build_story(&m);
		begin_one(&s, &m, text);
		CU_ASSERT_PTR_NOT_NULL_FATAL(script_failure(s.scripts.set, 0));
		CU_ASSERT_STRING_EQUAL(script_failure(s.scripts.set, 0), expected);
		CU_ASSERT_PTR_NULL(report_table(&s.run.report, "good"));
		end_scripted(&s);
		mkcap_release(&m);
	}
}

/* ---- failures --------------------------------------------------------------------------------------------------- */

/* One script's end is not that of another, nor of the report. */
static void test_script_run_failure_is_told(void)
{
	static const char *const texts[] = {
		"local n = 0\nreturn { on_event = function(v, num)\n  n = n + 1\n  if num == 4 then\n    local x = "
		"v.nothing.more end end,\n"
		"  on_finish = function() report.table{ name = 'first', columns = { { name = 'n' } } } end }",
		"local n = 0 return { on_event = function() n = n + 1 end,\n"
		"  on_finish = function() report.table{ name = 'second', columns = { { name = 'n', type = 'u64' } }, "
		"rows = { { n } } } end }",
		"return { on_event = function(v, num) while num == 2 do end end }",
	};
	static const char why[] = "a.lua:5: attempt to index a nil value (field 'nothing') (event 4 of capture.scap)";
	static const char steps[] =
		"c.lua:1: more than 1000000 steps for one event: does a loop not end? (event 2 of capture.scap)";
	const struct table *t;
	struct scripted s;
	struct mkcap m;
	struct dir d;

	build_story(&m);
	dir_init(&d);
	mkcap_save(&m, dir_file(&d, "capture.scap"));
	begin_scripted(&s, dir_file(&d, "capture.scap"), texts, ARRAY_LEN(texts), 2, 4096);
	dir_release(&d);
	CU_ASSERT_STRING_EQUAL(script_failure(s.scripts.set, 0), why);
	CU_ASSERT_PTR_NULL(script_failure(s.scripts.set, 1));
	CU_ASSERT_STRING_EQUAL(script_failure(s.scripts.set, 2), steps);
	CU_ASSERT_PTR_NULL(report_table(&s.run.report, "first"));
	CU_ASSERT_EQUAL(run_num(run_table(&s.run, "second"), 0, "n"), 6);
	t = run_table(&s.run, "scripts");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 3);
	CU_ASSERT(run_text_is(t, 0, "failure", why));
	CU_ASSERT_EQUAL(run_num(t, 0, "events"), 4);
	CU_ASSERT_EQUAL(run_num(t, 1, "events"), 6);
	CU_ASSERT_EQUAL(run_num(t, 2, "events"), 2);
	CU_ASSERT_EQUAL(run_cell(t, 1, "sha256").len, 64);
	t = run_table(&s.run, "quality");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 2);
	CU_ASSERT(run_text_is(t, 0, "kind", "script failed"));
	CU_ASSERT(run_text_is(t, 0, "detail", why));
	CU_ASSERT(run_text_is(t, 1, "detail", steps));
	end_scripted(&s);
	mkcap_release(&m);
}

static void test_script_run_no_more_than_allowed(void)
{
	static const char text[] = "return { on_event = function() end }";
	struct script_set *set = NULL;
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(script_set_new(&set, &e), 0);
	for (int i = 0; i < LIMIT_SCRIPTS; i++) {
		CU_ASSERT_EQUAL(script_set_add(set, "x.lua", text, strlen(text), &e), 0);
	}
	CU_ASSERT_EQUAL(script_set_add(set, "x.lua", text, strlen(text), &e), ERR_USAGE);
	script_set_free(set);
}

/* ---- the same from any threads
 * ------------------------------------------------------------------------------------ */

/* n events of a process whose names and results tell one from another. */
static void save_many(const struct dir *d, const char *name, uint64_t first_ns, size_t n)
{
	struct mkcap_proc p = { .tid = 100, .pid = 100, .ptid = 1, .comm = "worker", .exe = "worker", .exepath = "/bin/worker", .cwd = "/",
				.fdlimit = 1024 };
	struct mkcap m;

	mkcap_init(&m, false);
	mkcap_section(&m, 2);
	mkcap_machine(&m, name, 2, 1);
	mkcap_processes(&m, 9, 76, &p, 1);
	mkcap_openat(&m, first_ns, 100, 3, "/tmp/file", 3);
	for (size_t i = 1; i < n; i++) {
		mkcap_write(&m, first_ns + i * 700, 100, (int64_t)(i % 10), 3, "data");
	}
	mkcap_save(&m, dir_file(d, name));
	mkcap_release(&m);
}

static void test_script_run_is_the_same_from_any_threads(void)
{
	/* A sum that depends on the order. */
	static const char *const texts[] = {
		"local sum, last, rows, n = 0, '', {}, 0\n"
		"return { fields = { 'evt.rawres', 'fd.name' },\n"
		"  on_event = function(v, num, time, source)\n"
		"    sum = (sum * 31 + num * 7 + time + v['evt.rawres']) % 1000000007 n = n + 1\n"
		"    if source ~= last then last = source rows[#rows + 1] = { source, num, sum } end end,\n"
		"  on_finish = function() rows[#rows + 1] = { 'end', n, sum }\n"
		"    report.table{ name = 'sums', columns = { { name = 'source' }, { name = 'n', type = 'u64' }, { name = 'sum', type = 'u64' } }, rows = rows } end }",
		"local seen = {} return { filter = 'evt.rawres = 7', fields = { 'evt.num' }, on_event = function(v, num, time, source)\n"
		"  local of = seen[source] or {} seen[source] = of of[num] = math.random(1000) end,\n"
		"  on_finish = function() local rows = {} for source, of in pairs(seen) do for num, x in pairs(of) do rows[#rows + 1] = { source, num, x } end end\n"
		"    report.table{ name = 'sevens', columns = { { name = 's' }, { name = 'n', type = 'u64' }, { name = 'x', type = 'u64' } }, rows = rows } end }",
	};
	static const struct { unsigned int threads; size_t batch_bytes; } ways[] = {
		{ 1, 64 << 10 }, { 1, 4096 }, { 2, 4096 }, { 2, 1 << 20 }, { 3, 5000 }, { 8, 4096 }, { 8, 64 << 10 },
	};
	struct buf first, other;
	struct dir d;

	dir_init(&d);
	save_many(&d, "b.scap", TS, 3000);
	save_many(&d, "a.scap", TS + 500, 20000);
	save_many(&d, "c.scap", TS - 500, 7000);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct scripted s;
		const struct table *t;

		begin_scripted(&s, d.path, texts, ARRAY_LEN(texts), ways[i].threads, ways[i].batch_bytes);
		t = run_table(&s.run, "sums");
		CU_ASSERT_EQUAL_FATAL(t->row_count, 4);
		CU_ASSERT(run_text_is(t, 0, "source", "a.scap") && run_text_is(t, 1, "source", "b.scap") &&
			  run_text_is(t, 2, "source", "c.scap"));
		CU_ASSERT_EQUAL(run_num(t, 3, "n"), 30000);
		CU_ASSERT_EQUAL(run_table(&s.run, "sevens")->row_count, 3000);
		run_json(&s.run, i == 0 ? &first : &other);
		if (i > 0) {
			CU_ASSERT(first.len == other.len && memcmp(first.data, other.data, first.len) == 0);
			buf_release(&other);
		}
		end_scripted(&s);
	}
	buf_release(&first);
	dir_release(&d);
}

void suite_script_run(CU_pSuite suite);
void suite_script_run(CU_pSuite suite)
{
	CU_add_test(suite, "test_script_run_values_have_types", test_script_run_values_have_types);
	CU_add_test(suite, "test_script_run_filter", test_script_run_filter);
	CU_add_test(suite, "test_script_run_packets_among_events", test_script_run_packets_among_events);
	CU_add_test(suite, "test_script_run_tables", test_script_run_tables);
	CU_add_test(suite, "test_script_run_bad_tables", test_script_run_bad_tables);
	CU_add_test(suite, "test_script_run_failure_is_told", test_script_run_failure_is_told);
	CU_add_test(suite, "test_script_run_no_more_than_allowed", test_script_run_no_more_than_allowed);
	CU_add_test(suite, "test_script_run_is_the_same_from_any_threads",
		    test_script_run_is_the_same_from_any_threads);
}

#else

void suite_script_run(CU_pSuite suite);
void suite_script_run(CU_pSuite suite)
{
	UNUSED_ARG(suite);
}

#endif
