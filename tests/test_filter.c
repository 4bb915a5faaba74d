/*
 * test_filter.c - the filter language of Falco and sysdig, operator by operator and type by type. What each
 * filter passes was worked out from the language's description and the capture in mkfilter.h, whose values
 * the first test shows.
 */
#include "mkfilter.h"

#define ALL "ofrcw6elgsua"

/* What the tables below are worked out from. */
static void test_filter_world(void)
{
	static const struct {
		char letter;
		const char *line;
	} lines[] = {
		{ 'o', "openat nginx 100 <fd> 5 /etc/passwd <res> 5" },
		{ 'f', "openat nginx 100 <fd> -1 /no/such.txt <res> -2" },
		{ 'r', "read nginx 100 <fd> 5 /etc/passwd <res> 11" },
		{ 'c', "connect nginx 100 <fd> 6 10.0.0.1:40000->10.0.0.2:443 <res> 0" },
		{ 'w', "write nginx 100 <fd> 6 10.0.0.1:40000->10.0.0.2:443 <res> 14" },
		{ '6', "accept4 nginx 100 <fd> 7 fd77::1:50000->fd77::2:80 <res> 7" },
		{ 'e', "execve bash 300 <fd> <NA> <NA> <res> 0" },
		{ 'l', "write bash 300 <fd> 1 /tmp/Out File.LOG <res> 11" },
		{ 'g', "clock_getres bash 300 <fd> <NA> <NA> <res> <NA>" },
		{ 's', "switch nginx 100 <fd> <NA> <NA> <res> <NA>" },
		{ 'u', "read <NA> 999 <fd> 3 <NA> <res> 0" },
		{ 'a', "custom <NA> <NA> <fd> <NA> <NA> <res> <NA>" },
	};

	mkfilter_set_up();
	for (unsigned int i = 0; i < world_count; i++) {
		for (size_t k = 0; k < ARRAY_LEN(lines); k++) {
			if (lines[k].letter == world_letters[i]) {
				mkfilter_subject(i);
				LINE(&world,
				     "*%evt.type %proc.name %thread.tid <fd> %fd.num %fd.name "
				     "<res> %evt.rawres",
				     lines[k].line);
			}
		}
	}
}

/* ---- numbers ---- */

/* clang-format off */
static const struct mkfilter_case number_cases[] = {
	{ "evt.rawres = 11", "rl" },
	{ "evt.rawres == 11", "rl" },
	{ "evt.rawres=11", "rl" },
	{ "evt.rawres= 11", "rl" },
	{ "evt.rawres =11", "rl" },
	{ "evt.rawres = +11", "rl" },
	{ "evt.rawres = 0xb", "rl" },
	{ "evt.rawres = 0XB", "rl" },
	{ "evt.rawres = \"11\"", "rl" },
	{ "evt.rawres = '11'", "rl" },
	{ "evt.rawres = -2", "f" },
	{ "evt.rawres = 0", "ceu" },
	{ "evt.rawres = -0", "ceu" },
	{ "evt.rawres = 00011", "rl" },
	{ "evt.rawres != 11", "ofcw6eu" },
	{ "evt.rawres < 0", "f" },
	{ "evt.rawres <= 0", "fceu" },
	{ "evt.rawres<=0", "fceu" },
	{ "evt.rawres > 11", "w" },
	{ "evt.rawres >= 11", "rwl" },
	{ "evt.rawres>=11", "rwl" },
	{ "evt.rawres > -3", "ofrcw6elu" },
	{ "evt.rawres < -2", "" },
	{ "evt.rawres < 9223372036854775807", "ofrcw6elu" },
	{ "evt.rawres > -9223372036854775808", "ofrcw6elu" },
	{ "evt.rawres < 18446744073709551615", "ofrcw6elu" },
	{ "evt.rawres in (11, 14)", "rwl" },
	{ "evt.rawres in (11,14)", "rwl" },
	{ "evt.rawres in ( 11 , 14 )", "rwl" },
	{ "evt.rawres in (-2, 0x7)", "f6" },
	{ "evt.rawres in (11)", "rl" },
	{ "evt.rawres in (11, 11, 11)", "rl" },
	{ "evt.rawres in ()", "" },
	{ "not evt.rawres in ()", ALL },
	{ "evt.rawres in 11", "rl" },
	{ "evt.rawres intersects (11, 14)", "rwl" },
	{ "evt.rawres exists", "ofrcw6elu" },
	{ "not evt.rawres exists", "gsa" },
	{ "evt.rawres = oneof (11, 14)", "rwl" },
	{ "evt.rawres = oneof (11, 11)", "" },
	{ "evt.rawres = anyof (11, 11)", "rl" },
	{ "evt.rawres = allof (11, 11)", "rl" },
	{ "evt.rawres = allof (11, 14)", "" },
	{ "evt.rawres != allof (11, 14)", "ofc6eu" },
	{ "evt.rawres != anyof (11, 14)", "ofrcw6elu" },
	{ "evt.rawres != oneof (11, 14)", "rwl" },
	{ "evt.rawres = allof ()", "ofrcw6elu" },
	{ "evt.rawres = anyof ()", "" },
	{ "evt.num = 1", "o" },
	{ "evt.num < 3", "of" },
	{ "evt.num >= 12", "sua" },
	{ "evt.num = 18446744073709551615", "" },
	{ "evt.num > -1", ALL },
	{ "evt.num != -1", ALL },
	{ "fd.num = -1", "f" },
	{ "fd.num >= 0", "orcw6lu" },
	{ "fd.num in (5, 6)", "orcw" },
	{ "proc.pid = 100", "ofrcw6s" },
	{ "proc.ppid = 50", "elg" },
	{ "proc.cmdnargs = 2", "elg" },
	{ "evt.rawarg.fd = 5", "or" },
	{ "evt.rawarg.fd = 6", "cw" },
	{ "evt.rawarg.res < 0", "" },
	{ "evt.rawarg[res] > 11", "w" },
	{ "evt.rawarg.size exists", "rwlu" },
	{ "evt.type.is.read = 1", "ru" },
	{ "evt.type.is.read = 0", "ofcw6elgsa" },
	{ "evt.type.is[write] = 1", "wl" },
	{ "evt.type.is.clock_getres = 1", "g" },
	{ "evt.type.is.custom = 1", "a" },
	{ "proc.fdlimit = 1024", "ofrcw6elgs" },
	{ "proc.fdusage < 1.5", "ofrcw6elgs" },
	{ "proc.fdusage > 0.15", "cw6s" },
	{ "proc.fdusage = 0", "e" },
};
/* clang-format on */

static void test_filter_numbers(void)
{
	CHECK_CASES(number_cases);
}

/* ---- texts ---- */

/* clang-format off */
static const struct mkfilter_case text_cases[] = {
	{ "proc.name = nginx", "ofrcw6s" },
	{ "proc.name=nginx", "ofrcw6s" },
	{ "proc.name==nginx", "ofrcw6s" },
	{ "proc.name = NGINX", "" },
	{ "proc.name = nginx2", "" },
	{ "proc.name = ngin", "" },
	{ "proc.name != nginx", "elgu" },
	{ "not proc.name = nginx", "elgua" },
	{ "proc.name = <NA>", "u" },
	{ "proc.name = \"\"", "" },
	{ "proc.name != \"\"", "ofrcw6elgsu" },
	{ "proc.name exists", "ofrcw6elgsu" },
	{ "fd.name exists", "ofrcw6l" },
	{ "not fd.name exists", "egsua" },
	{ "fd.name != x", "ofrcw6l" },
	{ "not fd.name = x", ALL },
	{ "proc.name < nginx", "elgu" },
	{ "proc.name <= nginx", "ofrcw6elgsu" },
	{ "proc.name > bash", "ofrcw6s" },
	{ "proc.name >= bash", "ofrcw6elgs" },
	{ "proc.name > ba", "ofrcw6elgs" },
	{ "proc.name < b", "u" },
	{ "fd.name contains /etc", "or" },
	{ "fd.name contains \"Out File\"", "l" },
	{ "fd.name contains \"\"", "ofrcw6l" },
	{ "fd.name contains /ETC", "" },
	{ "fd.name contains ->", "cw6" },
	{ "fd.name contains 10.0.0.2:443", "cw" },
	{ "fd.name icontains /ETC", "or" },
	{ "fd.name icontains out", "l" },
	{ "fd.name icontains OUT", "l" },
	{ "fd.name icontains \"\"", "ofrcw6l" },
	{ "fd.name icontains /etc/passwd-longer-than-the-name-itself", "" },
	{ "fd.name startswith /etc", "or" },
	{ "fd.name startswith /etc/passwd", "or" },
	{ "fd.name startswith /etc/passwd2", "" },
	{ "fd.name startswith etc", "" },
	{ "fd.name endswith passwd", "or" },
	{ "fd.name endswith .txt", "f" },
	{ "fd.name endswith .log", "" },
	{ "fd.name endswith LOG", "l" },
	{ "fd.name in (/etc/passwd, /no/such.txt)", "ofr" },
	{ "fd.name in (/etc/passwd)", "or" },
	{ "fd.name in (\"/tmp/Out File.LOG\", '/etc/passwd')", "orl" },
	{ "fd.name in ()", "" },
	{ "proc.name in nginx", "ofrcw6s" },
	{ "proc.name in (a, b, c, d, e, f, g, h, i, bash, j, k)", "elg" },
	{ "proc.name in (a, b, c, d, e, f, g, h, i, j, k)", "" },
	{ "not proc.name in (nginx, bash)", "ua" },
	{ "proc.name intersects (nginx, bash)", "ofrcw6elgs" },
	{ "proc.name contains oneof (ngi, inx)", "" },
	{ "proc.name contains oneof (ngi, bas)", "ofrcw6elgs" },
	{ "proc.name contains anyof (ngi, inx)", "ofrcw6s" },
	{ "proc.name contains allof (ngi, inx)", "ofrcw6s" },
	{ "proc.name contains allof (ngi, bas)", "" },
	{ "proc.name startswith anyof (b, n)", "ofrcw6elgs" },
	{ "proc.name endswith oneof (x, h)", "ofrcw6elgs" },
	{ "proc.name icontains anyof (NGI, BAS)", "ofrcw6elgs" },
	{ "proc.name glob anyof (n*, z*)", "ofrcw6s" },
	{ "proc.name iglob allof (N*, *X)", "ofrcw6s" },
	{ "proc.name regex anyof (\"n.*\", \"b.*\")", "ofrcw6elgs" },
	{ "proc.name != allof (nginx, bash)", "u" },
	{ "proc.name = oneof (nginx, bash)", "ofrcw6elgs" },
	{ "proc.name = oneof", "" },
	{ "proc.name != oneof", "ofrcw6elgsu" },
	{ "proc.cmdline = \"bash -c ls -la /tmp\"", "elg" },
	{ "proc.args[1] = \"ls -la /tmp\"", "elg" },
	{ "proc.args[\"1\"] = \"ls -la /tmp\"", "elg" },
	{ "proc.args['0'] = -c", "elg" },
	{ "proc.args[7] exists", "" },
	{ "evt.arg.fd contains /etc/passwd", "or" },
	{ "evt.arg[name] endswith passwd", "o" },
	{ "evt.res = SUCCESS", "orcw6elu" },
	{ "evt.res = ENOENT", "f" },
	{ "evt.type = read", "ru" },
	{ "evt.type != read", "ofcw6elgsa" },
	{ "evt.type in (read, write)", "rwlu" },
	{ "not evt.type in (read, write)", "ofc6egsa" },
	{ "evt.type = clock_getres", "g" },
	{ "evt.type = custom", "a" },
	{ "evt.type startswith acc", "6" },
	{ "evt.type contains e", "ofrcw6elgu" },
	{ "evt.type regex '(read|write)'", "rwlu" },
	{ "syscall.type = read", "ru" },
	{ "syscall.type exists", "ofrcw6elgu" },
	{ "evt.dir = <", "ofrcw6elgu" },
	{ "evt.dir=<", "ofrcw6elgu" },
	{ "evt.dir=>", "sa" },
	{ "evt.dir != <", "sa" },
	{ "evt.dir in (<, >)", ALL },
	{ "evt.category = file", "ofrl" },
	{ "user.name exists", "ofrcw6elgsu" },
};
/* clang-format on */

static void test_filter_texts(void)
{
	CHECK_CASES(text_cases);
}

/* clang-format off */
static const struct mkfilter_case pattern_cases[] = {
	{ "fd.name glob /etc/*", "or" },
	{ "fd.name glob *passwd", "or" },
	{ "fd.name glob *", "ofrcw6l" },
	{ "fd.name glob /etc", "" },
	{ "fd.name glob \"/*/*\"", "ofrl" },
	{ "fd.name glob /etc/passw?", "or" },
	{ "fd.name glob /etc/pass?", "" },
	{ "fd.name glob /[en]*", "ofr" },
	{ "fd.name glob /[!en]*", "l" },
	{ "fd.name glob /[^en]*", "l" },
	{ "fd.name glob /[a-f]*", "or" },
	{ "fd.name glob \"*[[:upper:]]ile*\"", "l" },
	{ "fd.name glob \"*[[:digit:]]:443\"", "cw" },
	{ "fd.name glob *\\.txt", "f" },
	{ "fd.name glob \"*\\\\.txt\"", "f" },
	{ "fd.name glob \"*\\\\?txt\"", "" },
	{ "fd.name glob [", "" },
	{ "fd.name glob */ETC/*", "" },
	{ "fd.name iglob */ETC/*", "or" },
	{ "fd.name iglob *.log", "l" },
	{ "fd.name iglob /TMP/OUT?FILE.[a-l]OG", "l" },
	{ "fd.name glob \"\"", "" },
	{ "fd.name glob *a*a*a*a*a*a*a*a*a*b", "" },
	{ "proc.name regex nginx", "ofrcw6s" },
	{ "proc.name regex ngin", "" },
	{ "proc.name regex gin", "" },
	{ "proc.name regex 'n.*x'", "ofrcw6s" },
	{ "proc.name regex '(n|nginx)'", "ofrcw6s" },
	{ "proc.name regex '^nginx$'", "ofrcw6s" },
	{ "proc.name regex '[a-z]{4}'", "elg" },
	{ "proc.name regex 'NGINX'", "" },
	{ "proc.name regex ''", "" },
	{ "fd.name regex '/etc/.*|/no/.*'", "ofr" },
	{ "fd.name regex \".*\\\\.txt\"", "f" },
	{ "fd.name regex '/tmp/Out\\\\sFile\\\\..*'", "l" },
	{ "fd.name pmatch (/etc)", "or" },
	{ "fd.name pmatch (/etc/)", "or" },
	{ "fd.name pmatch (/etc/passwd)", "or" },
	{ "fd.name pmatch (/et)", "" },
	{ "fd.name pmatch (/etc/passwd/x)", "" },
	{ "fd.name pmatch (/etc, /tmp)", "orl" },
	{ "fd.name pmatch (/etc, /no/such.txt)", "ofr" },
	{ "fd.name pmatch (/)", "ofrl" },
	{ "fd.name pmatch (\"/tmp/Out File.LOG\")", "l" },
	{ "fd.name pmatch (/t*)", "l" },
	{ "fd.name pmatch (/*/pass[w]?)", "or" },
	{ "fd.name pmatch (/*/*/*)", "" },
	{ "fd.name pmatch (/e?c/passwd)", "or" },
	{ "fd.name pmatch ()", "" },
	{ "fd.name pmatch (etc)", "" },
	{ "fd.name pmatch /etc", "or" },
	{ "not fd.name pmatch (/etc)", "fcw6elgsua" },
};
/* clang-format on */

static void test_filter_patterns(void)
{
	CHECK_CASES(pattern_cases);
}

/* ---- bytes, truth, addresses ---- */

/* clang-format off */
static const struct mkfilter_case other_cases[] = {
	{ "evt.buffer = \"HELLO World\"", "l" },
	{ "evt.buffer != \"HELLO World\"", "rwu" },
	{ "evt.buffer contains HTTP", "w" },
	{ "evt.buffer contains http", "" },
	{ "evt.buffer contains \"0\\n\"", "r" },
	{ "evt.buffer contains \"\\x0a\"", "r" },
	{ "evt.buffer startswith root:", "r" },
	{ "evt.buffer endswith World", "l" },
	{ "evt.buffer endswith \"\\n\"", "r" },
	{ "evt.buffer bcontains 48545450", "w" },
	{ "evt.buffer bcontains 0a", "r" },
	{ "evt.buffer bcontains 0A", "r" },
	{ "evt.buffer bstartswith 474554", "w" },
	{ "evt.buffer bstartswith 4745", "w" },
	{ "evt.buffer bstartswith 4554", "" },
	{ "evt.buffer bcontains anyof (48545450, 0a)", "rw" },
	{ "evt.buffer contains anyof (HTTP, root)", "rw" },
	{ "evt.buffer in (\"HELLO World\", x)", "l" },
	{ "evt.failed = true", "f" },
	{ "evt.failed = false", "orcw6elu" },
	{ "evt.failed != true", "orcw6elu" },
	{ "evt.failed in (true)", "f" },
	{ "evt.failed in (true, false)", "ofrcw6elu" },
	{ "evt.failed exists", "ofrcw6elu" },
	{ "evt.is_io_read = true", "ru" },
	{ "evt.is_io_write = true", "wl" },
	{ "evt.is_io_write=false", "ofrc6egsua" },
	{ "evt.is_open_read = true", "of" },
	{ "fd.is_server = true", "6" },
	{ "fd.cip = 10.0.0.1", "cw" },
	{ "fd.cip != 10.0.0.1", "6" },
	{ "fd.sip = 10.0.0.2", "cw" },
	{ "fd.sip = 10.0.0.1", "" },
	{ "fd.sip = fd77::2", "6" },
	{ "fd.sip = FD77:0:0:0::2", "6" },
	{ "fd.sip in (10.0.0.2, fd77::2)", "cw6" },
	{ "fd.sip in (10.0.0.1)", "" },
	{ "fd.sip intersects (10.0.0.2)", "cw" },
	{ "fd.sip exists", "cw6" },
	{ "fd.ip = 10.0.0.1", "cw" },
	{ "fd.ip = 10.0.0.2", "cw" },
	{ "fd.ip = 10.0.0.3", "" },
	{ "fd.ip != 10.0.0.1", "6" },
	{ "fd.ip != 10.0.0.3", "cw6" },
	{ "not fd.ip = 10.0.0.1", "ofr6elgsua" },
	{ "fd.ip in (10.0.0.1, fd77::1)", "cw6" },
	{ "fd.ip exists", "cw6" },
	{ "fd.net = 10.0.0.0/8", "cw" },
	{ "fd.net = 10.0.0.2/31", "cw" },
	{ "fd.net = 10.0.0.4/30", "" },
	{ "fd.net = fd77::/16", "6" },
	{ "fd.net != 10.0.0.0/8", "6" },
	{ "fd.snet = 10.0.0.2/32", "cw" },
	{ "fd.cnet = 10.0.0.2/32", "" },
	{ "fd.snet in (192.168.0.0/16, 10.0.0.0/24)", "cw" },
	{ "fd.snet in (0.0.0.0/0)", "cw" },
	{ "fd.snet in (::/0)", "6" },
	{ "fd.port = 443", "cw" },
	{ "fd.port = https", "cw" },
	{ "fd.port = 40000", "cw" },
	{ "fd.port != 443", "6" },
	{ "fd.port in (80, 443)", "cw6" },
	{ "fd.port in (http)", "6" },
	{ "fd.sport = 443", "cw" },
	{ "fd.sport = http", "6" },
	{ "fd.sport < 100", "6" },
	{ "fd.cport >= 40000", "cw6" },
	{ "fd.cport > 40000", "6" },
	{ "fd.lport = 80", "6" },
	{ "fd.rport = 443", "cw" },
	{ "fd.l4proto = tcp", "cw6" },
	{ "fd.type = ipv4", "cw" },
	{ "fd.type in (ipv4, ipv6)", "cw6" },
	{ "fd.typechar = 4", "cw" },
	{ "fd.types intersects (ipv4)", "cw6s" },
	{ "fd.types intersects (ipv6, x)", "6s" },
	{ "fd.types in (file)", "ofrlg" },
	{ "fd.types in (file, ipv4)", "ofrcwlg" },
	{ "fd.types in (ipv4)", "" },
	{ "fd.types exists", "ofrcw6lgs" },
	{ "proc.aname = sshd", "elg" },
	{ "proc.aname = init", "ofrcw6elgs" },
	{ "proc.aname = bash", "" },
	{ "proc.aname != init", "elg" },
	{ "proc.aname in (sshd, x)", "elg" },
	{ "proc.aname contains ss", "elg" },
	{ "proc.aname exists", "ofrcw6elgs" },
	{ "proc.aname[0] = bash", "elg" },
	{ "proc.aname[1] = sshd", "elg" },
	{ "proc.aname[2] = init", "elg" },
	{ "proc.aname[3] exists", "" },
	{ "proc.apid = 50", "elg" },
	{ "proc.apid[1] = 1", "ofrcw6s" },
	{ "proc.apid > 40", "elg" },
	{ "proc.pname = sshd", "elg" },
};
/* clang-format on */

static void test_filter_bytes_truth_addresses(void)
{
	CHECK_CASES(other_cases);
}

/* ---- and, or, not ---- */

/* clang-format off */
static const struct mkfilter_case logic_cases[] = {
	{ "evt.type = read and proc.name = nginx", "r" },
	{ "evt.type = read or proc.name = bash", "relgu" },
	{ "proc.name = bash or evt.type = read and proc.name = nginx", "relg" },
	{ "(proc.name = bash or evt.type = read) and proc.name = nginx", "r" },
	{ "evt.type = read and proc.name = nginx or proc.name = bash", "relg" },
	{ "not evt.type = read and proc.name = nginx", "ofcw6s" },
	{ "not (evt.type = read and proc.name = nginx)", "ofcw6elgsua" },
	{ "not(evt.type = read and proc.name = nginx)", "ofcw6elgsua" },
	{ "not not evt.type = read", "ru" },
	{ "not not not evt.type = read", "ofcw6elgsa" },
	{ "not (not (evt.type = read))", "ru" },
	{ "not evt.type = read or not proc.name = nginx", "ofcw6elgsua" },
	{ "((((evt.type = read))))", "ru" },
	{ "( evt.type = read )", "ru" },
	{ "(evt.type=read)and(proc.name=nginx)", "r" },
	{ "(evt.type=read)or(proc.name=bash)", "relgu" },
	{ "  evt.type\t=\r\nread\b ", "ru" },
	{ "evt.type = read and evt.type = write", "" },
	{ "evt.type = read and evt.type = write or fd.num = 1", "l" },
	{ "evt.type = read and proc.name = nginx and fd.num = 5 and evt.rawres = 11", "r" },
	{ "evt.type = read or evt.type = write or evt.type = execve or proc.name exists", "ofrcw6elgsu" },
	{ "proc.name = nginx and not fd.name exists", "s" },
	{ "proc.name = nginx and (fd.num = 5 or fd.num = 6) and not evt.type = read", "ocw" },
	{ "(proc.name = nginx or proc.name = bash) and (evt.type = write or evt.type = read)", "rwl" },
	{ "not proc.name = nginx and not proc.name = bash", "ua" },
	{ "not (proc.name = nginx or proc.name = bash)", "ua" },
	{ "evt.type = open", "" },
	{ "evt.type = read and not evt.type = read", "" },
	{ "evt.type = read or not evt.type = read", ALL },
	{ "evt.dir = < and proc.name = nginx", "ofrcw6" },
	{ "evt.type in (read, write) and not (proc.name = bash or proc.name = nginx)", "u" },
};
/* clang-format on */

static void test_filter_logic(void)
{
	CHECK_CASES(logic_cases);
}

/* ---- strings ---- */

/* clang-format off */
static const struct mkfilter_case string_cases[] = {
	{ "fd.name = '/etc/passwd'", "or" },
	{ "fd.name = \"/etc/passwd\"", "or" },
	{ "fd.name=\"/etc/passwd\"", "or" },
	{ "fd.name = \"\\/etc\\/passwd\"", "or" },
	{ "fd.name = \"/\\x65tc/p\\x61sswd\"", "or" },
	{ "fd.name contains \"t F\"", "l" },
	{ "fd.name contains \"t\\x20F\"", "l" },
	{ "evt.buffer contains \"\\n\"", "r" },
	{ "evt.buffer contains '\\n'", "r" },
	{ "evt.buffer contains \"\\t\"", "" },
	{ "proc.name = \"it's\"", "" },
	{ "proc.name = 'say \"x\"'", "" },
	{ "proc.name = \"say \\\"x\\\"\"", "" },
	{ "proc.name = 'it\\'s'", "" },
	{ "len(proc.name) != 0 and concat(\"\\b\\f\\n\\r\\t\\\\\\/\\\"\\x41\", \"\") = \"\\x08\\x0c\\x0a\\x0d\\x09\\x5c/\\x22A\"", "ofrcw6elgsu" },
	/* a backslash and a blank are a backslash */
	{ "concat(\"a\\ \", \"\") = \"a\\\\\\x5c\" and proc.name exists", "" },
	{ "concat(\"a\\ b\", \"\") = \"a\\x5cb\" and proc.name exists", "ofrcw6elgsu" },
	{ "fd.name = /etc/passwd", "or" },
	{ "fd.name = /etc/passwd and fd.num=5", "or" },
	{ "(fd.name = /etc/passwd)", "or" },
	{ "fd.name contains :", "cw6" },
	{ "fd.name contains <", "" },
	{ "fd.name startswith /tmp/Out\\\\", "" },
	{ "proc.name = n\xc3\xa4me", "" },
	{ "fd.name = \"/etc/passwd\"and proc.name=nginx", "or" },
	{ "fd.name = and", "" },
	{ "fd.name != and", "ofrcw6l" },
	{ "proc.name = or or proc.name = nginx", "ofrcw6s" },
	{ "proc.env[\"PATH\"] exists", "" },
	{ "thread.cgroup.cpu exists", "" },
	{ "proc.name = val", "" },
	{ "proc.name = tolower", "" },
};
/* clang-format on */

static void test_filter_strings(void)
{
	CHECK_CASES(string_cases);
}

/* ---- transformers and right sides ---- */

/* clang-format off */
static const struct mkfilter_case transformer_cases[] = {
	{ "toupper(proc.name) = NGINX", "ofrcw6s" },
	{ "toupper( proc.name ) = NGINX", "ofrcw6s" },
	{ "tolower(fd.name) endswith .log", "l" },
	{ "tolower(toupper(proc.name)) = nginx", "ofrcw6s" },
	{ "toupper(fd.name) exists", "ofrcw6l" },
	{ "basename(fd.name) = passwd", "or" },
	{ "basename(fd.name) = \"Out File.LOG\"", "l" },
	{ "basename(\"/a/b/\") = \"\" and proc.name=bash", "elg" },
	{ "basename(\"plain\") = plain and proc.name=bash", "elg" },
	{ "toupper(basename(fd.name)) = PASSWD", "or" },
	{ "len(proc.name) = 5", "ofrcw6s" },
	{ "len(proc.name) > 4", "ofrcw6s" },
	{ "len(proc.name) = 4", "elgu" },
	{ "len(fd.name) = 0", "egsua" },
	{ "len(fd.name) > 20", "cw6" },
	{ "len(fd.name) in (11, 12)", "ofr" },
	{ "len(evt.buffer) = 14", "w" },
	{ "len(fd.types) = 3", "6s" },
	{ "len(toupper(fd.name)) = 0", "egsua" },
	{ "b64(\"bmdpbng=\") = nginx and proc.name = nginx", "ofrcw6s" },
	{ "b64(\"bmdpbng\") = nginx and proc.name = nginx", "ofrcw6s" },
	{ "b64(\"YmFzaA==\") = val(proc.name)", "elg" },
	{ "b64(\"YmFzaA\") = val(proc.name)", "elg" },
	{ "b64(\"!!!!\") exists", "" },
	{ "b64(\"A\") exists", "" },
	{ "b64(\"\") = \"\" and proc.name = bash", "elg" },
	{ "b64(proc.name) exists", "elg" },
	{ "concat(proc.name, \":\", fd.name) = \"nginx:/etc/passwd\"", "or" },
	{ "concat(proc.name, fd.name) exists", "ofrcw6l" },
	{ "concat(proc.name, 7) = nginx7", "ofrcw6s" },
	{ "join(\"-\", (proc.name, \"x\")) = nginx-x", "ofrcw6s" },
	{ "join(\"+\", fd.types) in (\"file+ipv4\", \"ipv4+file\")", "cw" },
	{ "join(\"+\", (\"a\", \"b\")) = a+b and proc.name = bash", "elg" },
	{ "getopt(proc.args, \"c:\")[c] = \"ls -la /tmp\"", "elg" },
	{ "getopt(proc.args, \"c:\") intersects (c)", "elg" },
	{ "getopt(proc.args, \"x\") exists", "" },
	{ "getopt((\"-a\", \"-bval\", \"--long\", \"-c\", \"v\", \"end\", \"-d\"), \"ab:c:d\")[b] = val and proc.name = bash", "elg" },
	{ "getopt((\"-a\", \"-bval\", \"--long\", \"-c\", \"v\", \"end\", \"-d\"), \"ab:c:d\")[c] = v and proc.name = bash", "elg" },
	{ "getopt((\"-a\", \"-bval\", \"--long\", \"-c\", \"v\", \"end\", \"-d\"), \"ab:c:d\")[a] = a and proc.name = bash", "elg" },
	{ "getopt((\"-a\", \"end\", \"-d\"), \"ab:c:d\")[d] exists", "" },
	{ "getopt((\"-b1\", \"-b2\"), \"b:\")[b] = 2 and proc.name = bash", "elg" },
	{ "getopt((\"-ab\", \"x\"), \"ab:\") in (a, b, x) and proc.name = bash", "elg" },
	{ "thread.tid = val(proc.pid)", "ofrcw6elgs" },
	{ "proc.pid != val(proc.ppid)", "ofrcw6elgs" },
	{ "proc.name = val(proc.name)", "ofrcw6elgsu" },
	{ "proc.name != val(proc.name)", "" },
	{ "fd.name = val(evt.arg.name)", "of" },
	{ "evt.rawres = val(fd.num)", "o6" },
	{ "evt.rawres > val(fd.num)", "rwl" },
	{ "proc.exe contains val(proc.name)", "ofrcw6elgsu" },
	{ "proc.exe endswith val(proc.name)", "ofrcw6elgsu" },
	{ "proc.cmdline startswith val(proc.name)", "ofrcw6elgsu" },
	{ "proc.cmdline icontains toupper(proc.name)", "ofrcw6elgsu" },
	{ "proc.exe glob val(proc.name)", "ofrcw6su" },
	{ "proc.name = tolower(proc.name)", "ofrcw6elgs" },
	{ "proc.name in val(proc.name)", "ofrcw6elgsu" },
	{ "proc.name = basename(proc.exe)", "ofrcw6elgsu" },
	{ "fd.cport > val(fd.sport)", "cw6" },
	{ "fd.cip != val(fd.sip)", "cw6" },
	{ "fd.name = val(fd.name)", "ofrcw6l" },
	{ "fd.name = val(proc.name)", "" },
	{ "fd.name = concat(\"/etc/\", \"passwd\")", "or" },
};
/* clang-format on */

static void test_filter_transformers(void)
{
	CHECK_CASES(transformer_cases);
}

void suite_filter(CU_pSuite suite);
void suite_filter(CU_pSuite suite)
{
	suite->pCleanupFunc = mkfilter_tear_down;
	CU_add_test(suite, "test_filter_world", test_filter_world);
	CU_add_test(suite, "test_filter_numbers", test_filter_numbers);
	CU_add_test(suite, "test_filter_texts", test_filter_texts);
	CU_add_test(suite, "test_filter_patterns", test_filter_patterns);
	CU_add_test(suite, "test_filter_bytes_truth_addresses", test_filter_bytes_truth_addresses);
	CU_add_test(suite, "test_filter_logic", test_filter_logic);
	CU_add_test(suite, "test_filter_strings", test_filter_strings);
	CU_add_test(suite, "test_filter_transformers", test_filter_transformers);
}
