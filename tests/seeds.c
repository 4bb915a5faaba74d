/*
 * seeds.c - see seeds.h. Each builder is one story; the table at the end lists them.
 */
#include "seeds.h"

#include "mkpkt.h"

#define T0 UINT64_C(1700000000000000000)
#define MS UINT64_C(1000000)

#define DOCKER_CGROUPS \
	"cpu=/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\0" \
	"pids=/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char container_json[] =
	"{\"container\":{\"id\":\"0123456789ab\",\"type\":0,\"name\":\"shop\",\"image\":\"nginx:1.25\","
	"\"imagerepo\":\"nginx\",\"imagetag\":\"1.25\",\"privileged\":false,\"lookup_state\":1,"
	"\"labels\":{\"app\":\"shop\"},\"Mounts\":[],\"port_mappings\":[]}}";

static const struct mkcap_proc procs[] = {
	{ .tid = 1, .pid = 1, .ptid = 0, .sid = 1, .vpgid = 1, .vtid = 1, .vpid = 1, .pgid = 1,
	  .comm = "systemd", .exe = "/sbin/init", .exepath = "/usr/lib/systemd/systemd", .cwd = "/",
	  .root = "/", .args = "--user", .args_len = 7, .env = "A=b\0C=d", .env_len = 8,
	  .cgroups = "cpu=/", .cgroups_len = 6, .fdlimit = 1024, .loginuid = UINT32_MAX, .vmsize_kb = 1000,
	  .vmrss_kb = 500, .pfmajor = 3, .pfminor = 4000 },
	{ .tid = 100, .pid = 100, .ptid = 1, .sid = 100, .vpgid = 100, .vtid = 1, .vpid = 1, .pgid = 100,
	  .comm = "nginx", .exe = "nginx", .exepath = "/usr/sbin/nginx", .cwd = "/var/www/", .root = "/",
	  .cgroups = DOCKER_CGROUPS, .cgroups_len = sizeof(DOCKER_CGROUPS), .fdlimit = 4096, .uid = 33,
	  .gid = 33, .loginuid = UINT32_MAX },
	{ .tid = 101, .pid = 100, .ptid = 1, .sid = 100, .vpgid = 100, .vtid = 2, .vpid = 1, .pgid = 100,
	  .comm = "worker", .exe = "nginx", .exepath = "/usr/sbin/nginx", .root = "/", .flags = 0x10000,
	  .uid = 33, .gid = 33, .loginuid = 1000 },
};

static const char *const user_names[] = { "root", "www-data" };
static const char *const group_names[] = { "root", "www-data" };
static const uint32_t ids[] = { 0, 33 };

static void fd_list(struct mkcap *m, bool v2)
{
	mkcap_fds_begin(m, v2, 100);
	mkcap_fd_file2(m, 0, 5, 1, "/dev/null", 6);
	mkcap_fd_named(m, 1, 7, 1, "/var/log/nginx/access.log");
	mkcap_fd_named(m, 2, 8, 2, "/var/www");
	mkcap_fd_ipv4(m, 3, 9, "10.0.0.2", 80, "10.0.0.9", 40000, 2);
	mkcap_fd_ipv6(m, 4, 10, "fd00::2", 443, "fd00::9", 40001, 2);
	mkcap_fd_server4(m, 5, 11, "0.0.0.0", 80, 2);
	mkcap_fd_server6(m, 6, 12, "::", 443, 2);
	mkcap_fd_named(m, 7, 13, 7, "pipe:[13]");
	mkcap_fd_unix(m, 8, 14, 0x1000, 0x2000, "/run/shop.sock");
	for (uint8_t type = 9; type <= 15; type++) {
		mkcap_fd_named(m, type, type, type, "");
	}
	if (v2) {
		for (uint8_t type = 17; type <= 21; type++) {
			mkcap_fd_named(m, type, type, type, "");
		}
	}
	mkcap_fds_end(m);
	mkcap_fds_begin(m, v2, 101);
	mkcap_fds_end(m);
}

static void metadata(struct mkcap *m)
{
	mkcap_section(m, 2);
	mkcap_machine(m, "shop1", 2, T0 - 3600 * NSEC_PER_SEC);
	mkcap_interfaces(m, true, "eth0", "10.0.0.2", "255.255.255.0", "fd00::2", "ffff:ffff:ffff:ffff::");
	mkcap_accounts(m, true, user_names, ids, 2, group_names, ids, 2);
	mkcap_processes(m, 9, 76, procs, ARRAY_LEN(procs));
	fd_list(m, true);
}

/* A request served, a shell started, a file read, everything closed again. */
static void today(struct mkcap *m)
{
	metadata(m);
	mkcap_accept4(m, T0 + 1 * MS, 100, 30, "10.0.0.9", 41000, "10.0.0.2", 80);
	mkcap_recvfrom4(m, T0 + 2 * MS, 100, 16, 30, "GET / HTTP/1.1\r\n", "10.0.0.9",
			41000, "10.0.0.2", 80);
	mkcap_clone_parent(m, T0 + 3 * MS, 100, 200, "nginx", 0);
	mkcap_clone_child(m, T0 + 3 * MS + 10, 200, 200, 100, "nginx", 0);
	mkcap_execve(m, T0 + 4 * MS, 200, 200, 100, "sh", "-c\0id", 6, "sh", "/bin/sh");
	mkcap_chdir(m, T0 + 5 * MS, 200, 0, "/tmp");
	mkcap_openat(m, T0 + 6 * MS, 200, 3, "x/../passwd", 1);
	mkcap_read(m, T0 + 7 * MS, 200, 5, 3, "root:");
	mkcap_dup2(m, T0 + 8 * MS, 200, 1, 3, 1);
	mkcap_pipe(m, T0 + 9 * MS, 200, 4, 5, 77);
	mkcap_write(m, T0 + 10 * MS, 200, 4, 5, "data");
	mkcap_read(m, T0 + 11 * MS, 200, -11, 4, NULL);
	mkcap_close(m, T0 + 12 * MS, 200, 0, 3);
	mkcap_switch(m, T0 + 13 * MS, 200, 100);
	mkcap_procexit(m, T0 + 14 * MS, 200, 256);
	mkcap_write(m, T0 + 15 * MS, 100, 15, 30, "HTTP/1.1 200 OK");
	mkcap_close(m, T0 + 16 * MS, 100, 0, 30);
}

static void sockets(struct mkcap *m)
{
	metadata(m);
	mkcap_socket(m, T0, 100, 40, 2, 1, 6);
	mkcap_connect4(m, T0 + 1 * MS, 100, -115, 40, "10.0.0.2", 50000, "10.0.0.66", 4444);
	mkcap_socket(m, T0 + 2 * MS, 100, 41, 10, 2, 17);
	mkcap_connect6(m, T0 + 3 * MS, 100, 0, 41, "fd00::2", 50001, "fd00::53", 53);
	mkcap_socket(m, T0 + 4 * MS, 100, 42, 1, 1, 0);
	mkcap_connect_unix(m, T0 + 5 * MS, 100, 0, 42, 0xffff888000000001, 0xffff888000000002,
			   "/run/db.sock");
	mkcap_socketpair(m, T0 + 6 * MS, 100, 43, 44, 1, 2);
	mkcap_socket(m, T0 + 7 * MS, 100, 45, 2, 2, 0);
	mkcap_bind4(m, T0 + 8 * MS, 100, 0, 45, "0.0.0.0", 53);
	mkcap_recvfrom4(m, T0 + 9 * MS, 100, 20, 45, "?", "10.0.0.9", 5353, "10.0.0.2", 53);
	mkcap_sendto4(m, T0 + 10 * MS, 100, 20, 45, "!", "10.0.0.2", 53, "10.0.0.9", 5353);
	mkcap_accept_unix(m, T0 + 11 * MS, 101, 46, 0xffff888000000003, 0xffff888000000004,
			  "/run/shop.sock");
	mkcap_dup(m, T0 + 12 * MS, 101, 47, 46);
	mkcap_write(m, T0 + 13 * MS, 101, -32, 47, "gone");
	mkcap_write(m, T0 + 14 * MS, 999, 3, 7, "who");
	mkcap_drop(m, T0 + 15 * MS, true, 2);
	mkcap_drop(m, T0 + 16 * MS, false, 1);
}

static void containers(struct mkcap *m)
{
	metadata(m);
	mkcap_container_json(m, T0, container_json);
	mkcap_container_async(m, T0 + 1, "container", container_json);
	mkcap_container_json16(m, T0 + 2, "{\"id\":\"0123456789ab\",\"name\":\"old shape\"}");
	mkcap_container_json(m, T0 + 3, "{\"container\":{\"id\":");
	mkcap_container_old(m, T0 + 4, "fedcba987654", 1, "lxc1", "");
	mkcap_container_async(m, T0 + 5, "container_removed", container_json);
	mkcap_user_added(m, T0 + 6, 1000, 1000, "alice", "");
	mkcap_group_added(m, T0 + 7, 1000, "alice", "0123456789ab");
	m->cgroups = DOCKER_CGROUPS;
	m->cgroups_len = sizeof(DOCKER_CGROUPS);
	mkcap_clone_child(m, T0 + 1 * MS, 300, 300, 100, "nginx", UINT32_C(1) << 29);
	/* Names as an attacker picks them: a formula, an escape sequence, markup, no UTF-8, a newline. */
	mkcap_execve(m, T0 + 2 * MS, 300, 300, 100, "=1+1", "\x1b[31mred\0<b>\0\xff", 15, "@evil\n",
		     "/tmp/a b");
	mkcap_procexit(m, T0 + 3 * MS, 300, 9);
}

static void pairs(struct mkcap *m)
{
	mkcap_section(m, 1);
	mkcap_machine(m, "old", 1, 0);
	mkcap_processes(m, 5, 0, procs, ARRAY_LEN(procs));
	fd_list(m, false);
	m->v1 = true;
	mkcap_open_enter_old(m, T0, 100, NULL, 0);
	mkcap_open_exit_old(m, T0 + 1 * MS, 100, 9, "/etc/hosts", 1);
	mkcap_read_enter_old(m, T0 + 2 * MS, 100, 9, 4096);
	mkcap_read_enter_old(m, T0 + 3 * MS, 101, 9, 4096);
	mkcap_read_exit_old(m, T0 + 4 * MS, 100, 9, "127.0.0.1");
	mkcap_read_exit_old(m, T0 + 5 * MS, 101, 0, NULL);
	mkcap_socket_enter_old(m, T0 + 6 * MS, 100, 2, 1, 0);
	mkcap_socket_exit_old(m, T0 + 7 * MS, 100, 10);
	mkcap_connect_enter_old(m, T0 + 8 * MS, 100, 10, "10.0.0.7", 5432);
	mkcap_connect_exit_old(m, T0 + 9 * MS, 100, 0, "10.0.0.2", 50002, "10.0.0.7", 5432);
	mkcap_write_enter_old(m, T0 + 10 * MS, 100, 10, 6);
	mkcap_write_exit_old(m, T0 + 11 * MS, 100, 6, "select");
	mkcap_close_enter_old(m, T0 + 12 * MS, 100, 10);
	mkcap_close_exit_old(m, T0 + 13 * MS, 100, 0);
	mkcap_read_enter_old(m, T0 + 14 * MS, 100, 77, 1);
	mkcap_procexit_old(m, T0 + 15 * MS, 101);
}

/* All process list versions in sections of their own, and all tails of version 9. */
static void process_lists(struct mkcap *m)
{
	static const unsigned int tails[] = { 0, 4, 5, 29, 66, 67, 68, 76, 90 };

	for (int version = 1; version <= 8; version++) {
		mkcap_section(m, 2);
		mkcap_processes(m, version, 0, procs, ARRAY_LEN(procs));
		mkcap_users(m, version > 4, user_names, ids, 2);
		mkcap_interface4(m, version > 4, "lo", "127.0.0.1", "255.0.0.0");
	}
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		mkcap_section(m, 2);
		mkcap_processes(m, 9, tails[i], procs, ARRAY_LEN(procs));
		mkcap_write(m, T0, 100, 1, 1, "x");
	}
}

/* What mergecap makes: no metadata, V1 blocks whose events claim 4 bytes too many, packets between. */
static void merged(struct mkcap *m)
{
	static const uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0, 0x45 };

	mkcap_section_options(m, 0, "Intel", "Linux 6.1", "mergecap", "two files");
	mkcap_idb(m, 1, 262144, 9, "eth0");
	m->v1 = true;
	m->len_lie = 4;
	mkcap_openat(m, T0, 500, 3, "/etc/hosts", 1);
	mkcap_epb(m, 0, T0 + 10, frame, sizeof(frame), 1500);
	mkcap_read(m, T0 + 20, 500, 4, 3, "abcd");
	mkcap_clone_child(m, T0 + 25, 501, 501, 500, "child", 0);
	mkcap_epb(m, 0, T0 + 30, frame, 14, 14);
	mkcap_close(m, T0 + 40, 500, 0, 3);
}

static void packets(struct mkcap *m)
{
	static const uint8_t frame[64] = { 0 };

	mkcap_section_options(m, 0, NULL, "Linux", "dumpcap", NULL);
	mkcap_idb(m, 1, 64, -1, "eth0");
	mkcap_idb(m, 113, 0, 9, NULL);
	mkcap_idb(m, 1, 0, 0x80 | 20, "odd units");
	mkcap_epb(m, 0, T0 / 1000, frame, 64, 1500);
	mkcap_epb(m, 1, T0, frame, 16, 16);
	mkcap_epb(m, 2, UINT64_MAX, frame, 16, 16);
	mkcap_epb(m, 9, T0, frame, 16, 16);
	mkcap_spb(m, frame, 60, 60);
	mkcap_block(m, 5, frame, 24);
	mkcap_block(m, 0xBAD, frame, 20);
	mkcap_block(m, 0x7777, frame, 33);
	today(m);
}

static void legacy_us(struct mkcap *m)
{
	static const uint8_t frame[60] = { 0 };

	mkcap_pcap_header(m, false, 1);
	mkcap_pcap_packet(m, 1700000000, 5, frame, 60, 60);
	mkcap_pcap_packet(m, 1700000000, 999999, frame, 20, 1500);
}

static void legacy_ns(struct mkcap *m)
{
	static const uint8_t frame[60] = { 0 };

	mkcap_pcap_header(m, true, 113);
	mkcap_pcap_packet(m, 1700000000, 999999999, frame, 60, 60);
	mkcap_pcap_packet(m, 1700000001, 0, frame, 0, 0);
}

/* State-only events, comments behind events, the V1 form with flags. */
static void flags(struct mkcap *m)
{
	metadata(m);
	m->with_flags = true;
	m->event_flags = 1;
	mkcap_openat(m, T0, 100, 60, "/state/only", 1);
	mkcap_container_json(m, T0 + 1, container_json);
	m->event_flags = 0;
	m->comment = "look at this one";
	mkcap_read(m, T0 + 2, 100, 3, 60, "abc");
	m->v1 = true;
	mkcap_close(m, T0 + 3, 100, 0, 60);
	m->v1 = false;
	m->with_flags = false;
	m->comment = NULL;
	m->cpu = 65535;
	mkcap_write(m, 0, 100, 3, 60, "no time");
	mkcap_event(m, T0 + 4, 100, 500);
	mkcap_p_u64(m, 1);
	mkcap_end(m);
}

/* Counts and lengths that lie, and blocks that do not add up; a good event behind each. */
static void lies(struct mkcap *m)
{
	static const uint8_t zeros[40] = { 0 };

	metadata(m);
	m->nparams_override = 0x7fffffff;
	mkcap_read(m, T0, 100, 3, 1, "abc");
	m->nparams_override = 40;
	mkcap_read(m, T0 + 1, 100, 3, 1, "abc");
	m->nparams_override = 0;
	mkcap_read(m, T0 + 2, 100, 3, 1, "abc");
	m->nparams_override = -1;
	m->len_lie = -1000;
	mkcap_read(m, T0 + 3, 100, 3, 1, "abc");
	m->len_lie = 1000000;
	mkcap_read(m, T0 + 4, 100, 3, 1, "abc");
	m->len_lie = 0;
	mkcap_write(m, T0 + 5, 100, 3, 1, "abc");
	mkcap_block_lying(m, 0x216, zeros, 40, 52, 48);
	mkcap_write(m, T0 + 6, 100, 3, 1, "abc");
	mkcap_block(m, 0x216, zeros, 4);
	mkcap_block(m, 0x215, zeros, 40);
	mkcap_block(m, 0x218, zeros, 40);
	mkcap_block(m, 0x219, zeros, 40);
	mkcap_block(m, 0x220, zeros, 40);
	mkcap_block(m, 0x201, zeros, 40);
	mkcap_write(m, T0 + 7, 100, 3, 1, "abc");
	mkcap_block_lying(m, 0x216, zeros, 40, 8, 8);
	mkcap_write(m, T0 + 8, 100, 3, 1, "abc");
	mkcap_block_lying(m, 0x216, zeros, 40, 0xfffffff0, 52);
	mkcap_write(m, T0 + 9, 100, 3, 1, "abc");
}

/* Packets whose texts would control a terminal, end a JSON string or hide what they say, if one let them. */
static void packets_hostile(struct mkcap *m)
{
	static const char dns[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\x8\x1b[2J\"\\\n.\4evil\0\0\1\0\1";
	struct mkconv c;

	mkcap_section(m, 0);
	mkcap_idb(m, 1, 0, -1, "eth\x1b[31m\"");
	mkconv_init(&c, m, "10.0.0.9", 40000, "10.0.0.2", 80, T0 / 1000);
	mkconv_open(&c);
	mkconv_say(&c, 0, "GET /\x1b]0;owned\x07\"\\<b>\x9b\xe2\x80\xaegpj.exe HTTP/1.1\r\n\r\n");
	mkconv_say(&c, 1, "HTTP/1.1 200 \x1b[31m\xff\xfe\tred\r\n\r\n");
	mkconv_init(&c, m, "10.0.0.9", 40001, "10.0.0.2", 22, T0 / 1000 + 100000);
	mkconv_open(&c);
	mkconv_say(&c, 1, "SSH-2.0-\x1b[8mhidden\xc2\x9b\b\b\b\r\n");
	mkconv_init(&c, m, "10.0.0.9", 40002, "10.0.0.2", 6379, T0 / 1000 + 200000);
	mkconv_open(&c);
	mkconv_say(&c, 0, "*2\r\n$3\r\nGET\r\n$9\r\n\x1b[2J\r\n\xe2\x80\xa8\r\n");
	mkconv_init(&c, m, "10.0.0.9", 5000, "10.0.0.53", 53, T0 / 1000 + 300000);
	mkconv_udp(&c, 0, dns, sizeof(dns) - 1);
}

const struct seed seeds[] = {
	{ "today.scap", false, today },
	{ "today-be.scap", true, today },
	{ "sockets.scap", false, sockets },
	{ "sockets-be.scap", true, sockets },
	{ "containers.scap", false, containers },
	{ "pairs.scap", false, pairs },
	{ "pairs-be.scap", true, pairs },
	{ "process-lists.scap", false, process_lists },
	{ "merged.pcapng", false, merged },
	{ "packets.pcapng", false, packets },
	{ "legacy-us.pcap", false, legacy_us },
	{ "legacy-ns-be.pcap", true, legacy_ns },
	{ "flags.scap", false, flags },
	{ "http.pcapng", false, seed_http },
	{ "http2.pcapng", false, seed_http2 },
	{ "dns.pcapng", false, seed_dns },
	{ "dns-be.pcapng", true, seed_dns },
	{ "tls.pcapng", false, seed_tls },
	{ "links.pcapng", false, seed_links },
	{ "tunnels.pcapng", false, seed_tunnels },
	{ "packet-meta.pcapng", false, seed_packet_meta },
	{ "hostile.pcapng", false, packets_hostile },
	{ "join.pcapng", false, seed_join },
	{ "sequence.scap", false, seed_sequence },
	{ "lies.scap", false, lies },
	{ "lies-be.scap", true, lies },
	{ NULL, false, NULL },
};

void seed_build(const struct seed *s, struct mkcap *m)
{
	mkcap_init(m, s->big_endian);
	s->build(m);
}
