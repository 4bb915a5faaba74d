/*
 * mkjoin_shop.c - see mkjoin.h: the story of a shop with everything that connections do: nginx with two workers,
 * php-fpm behind a unix socket, PostgreSQL on the loopback interface, a resolver, a server that forks, clients on
 * another host.
 */
#include "mkjoin_internal.h"

#include <stdio.h>

#define PHP_SOCKET "/run/php.sock"
#define MS UINT64_C(1000000)
#define PAUSE_NS (2 * NSEC_PER_SEC)

enum { WEB_PORT = 80, WEB6_PORT = 8080, CLOSED_PORT = 81, ECHO_PORT = 7, DB_PORT = 5432, DNS_PORT = 53 };

struct story {
	struct mkjoin *j;
	struct mkjoin_shop *s;
	struct buf *out;
	uint32_t client;		/* task of the clients' host, or MKJOIN_NONE */
	uint16_t port;			/* next of the client */
	char client_ip[46], server_ip[46], third_ip[46], fourth_ip[46];
};

static void host_of(const struct mkjoin *j, char ip[46], unsigned int host)
{
	snprintf(ip, 46, "%s.0.%u", j->knobs.net != NULL ? j->knobs.net : "10.0", host);
}

static void cast(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;

	s->nginx = mkjoin_process(j, 100, "nginx");
	s->worker = mkjoin_process(j, 101, "nginx");
	s->worker2 = mkjoin_process(j, 102, "nginx");
	s->thread = mkjoin_thread(j, s->worker2, 103);
	s->php = mkjoin_process(j, 200, "php-fpm");
	s->postgres = mkjoin_process(j, 300, "postgres");
	s->resolver = mkjoin_process(j, 400, "dnsmasq");
	s->forker = mkjoin_process(j, 500, "inetd");
	y->client = j->knobs.one_side ? MKJOIN_NONE : mkjoin_process(j, 900, "curl");
	s->client = y->client;
	host_of(j, y->client_ip, 1);
	host_of(j, y->server_ip, 2);
	host_of(j, y->third_ip, 7);
	host_of(j, y->fourth_ip, 8);
	y->port = 40000;
	mkjoin_listens(j, s->worker, MKJOIN_TCP, "0.0.0.0", WEB_PORT, NULL);
	mkjoin_listens(j, s->worker2, MKJOIN_TCP, "0.0.0.0", WEB_PORT, NULL);
	mkjoin_listens(j, s->worker2, MKJOIN_TCP, "::", WEB6_PORT, NULL);
	mkjoin_listens(j, s->php, MKJOIN_UNIX, NULL, 0, PHP_SOCKET);
	mkjoin_listens(j, s->postgres, MKJOIN_TCP, "127.0.0.1", DB_PORT, NULL);
	mkjoin_listens(j, s->resolver, MKJOIN_UDP, "0.0.0.0", DNS_PORT, NULL);
	mkjoin_listen(j, s->forker, MKJOIN_TCP, "0.0.0.0", ECHO_PORT, NULL);
}

/* A connection from the clients' host to a port of the server. */
static uint32_t web_conn(struct story *y, uint16_t port)
{
	return mkjoin_conn(y->j, MKJOIN_TCP, y->client_ip, y->port++, y->server_ip, port);
}

static uint32_t open_web(struct story *y, uint16_t port, uint32_t server)
{
	uint32_t c = web_conn(y, port);

	mkjoin_connect(y->j, c, y->client);
	mkjoin_accept(y->j, c, server);
	return c;
}

static void pause_for(struct story *y)
{
	mkjoin_pass(y->j, PAUSE_NS / 2 + mkjoin_draw(y->j, PAUSE_NS));
}

/* A number of bytes not much above n: stories of other seeds have others. */
static size_t about(struct story *y, size_t n)
{
	return n + mkjoin_draw(y->j, n / 4 + 2);
}

static void say(struct story *y, uint32_t conn, unsigned int end, uint32_t task, unsigned int how)
{
	mkjoin_say(y->j, conn, end, task, how, y->out);
}

/* ---- chapters ------------------------------------------------------------------------------------------- */

/* Connections that live while the captures begin. */
static void old_ones(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;

	s->inherited = web_conn(y, WEB_PORT);
	mkjoin_established(j, s->inherited, y->client, s->worker);
	s->inherited_turn[0] = mkjoin_get(j, s->inherited, y->client, s->worker, "/before", about(y, 700));
	s->keepalive = open_web(y, WEB_PORT, s->worker2);
	s->keepalive_turn[0] = mkjoin_get(j, s->keepalive, y->client, s->worker2, "/one", about(y, 1000));
	pause_for(y);
	if (j->knobs.late_calls) {
		mkjoin_begin_calls(j);
	}
	pause_for(y);
	if (j->knobs.late_packets) {
		mkjoin_begin_packets(j);
	}
	pause_for(y);
	s->inherited_turn[1] = mkjoin_get(j, s->inherited, y->client, s->worker, "/after/the/begin", about(y, 3100));
	mkjoin_hang_up(j, s->inherited, 1, y->client, s->worker);
	s->keepalive_turn[1] = mkjoin_get(j, s->keepalive, y->client, s->worker2, "/two/longer", about(y, 20000));
	s->keepalive_turn[2] = mkjoin_get(j, s->keepalive, y->client, s->worker2, "/three", about(y, 150));
	mkjoin_hang_up(j, s->keepalive, 0, y->client, s->worker2);
}

static void pipelined(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint32_t c = open_web(y, WEB_PORT, s->worker);

	s->pipelined = c;
	s->pipelined_turn[0] = mkjoin_ask(j, y->out, c, MKJOIN_NONE, "GET", "/p/first", 0);
	s->pipelined_turn[1] = mkjoin_ask(j, y->out, c, MKJOIN_NONE, "GET", "/p/second", 0);
	say(y, c, 0, y->client, MKJOIN_V);
	mkjoin_receive(j, c, 1, s->worker, MKJOIN_FROM, 0);
	for (unsigned int i = 0; i < 2; i++) {
		mkjoin_file(j, s->worker, "/var/www/p", 400);
		mkjoin_answer(j, y->out, s->pipelined_turn[i], 200, about(y, 400 + 100 * i));
		say(y, c, 1, s->worker, MKJOIN_V);
	}
	mkjoin_receive(j, c, 0, y->client, MKJOIN_RW | MKJOIN_WAITS, 0);
	mkjoin_hang_up(j, c, 0, y->client, s->worker);
}

/* One thread turns from one connection to the other with each call. */
static void interleaved(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint32_t *c = s->interleaved;

	for (unsigned int i = 0; i < 2; i++) {
		c[i] = open_web(y, WEB_PORT, s->worker);
	}
	for (unsigned int i = 0; i < 2; i++) {
		s->interleaved_turn[i] =
			mkjoin_ask(j, y->out, c[i], MKJOIN_NONE, "GET", i == 0 ? "/left" : "/right/side", 0);
		say(y, c[i], 0, y->client, MKJOIN_RW);
	}
	mkjoin_epoll(j, s->worker, 2);
	mkjoin_receive(j, c[0], 1, s->worker, MKJOIN_FROM, 0);
	mkjoin_file(j, s->worker, "/var/www/left", 900);
	mkjoin_receive(j, c[1], 1, s->worker, MKJOIN_FROM, 0);
	mkjoin_file(j, s->worker, "/var/www/right", 300);
	mkjoin_answer(j, y->out, s->interleaved_turn[0], 200, about(y, 900));
	say(y, c[0], 1, s->worker, MKJOIN_V);
	mkjoin_answer(j, y->out, s->interleaved_turn[1], 404, about(y, 300));
	say(y, c[1], 1, s->worker, MKJOIN_V);
	for (unsigned int i = 0; i < 2; i++) {
		mkjoin_receive(j, c[i], 0, y->client, MKJOIN_RW | MKJOIN_WAITS, 0);
		mkjoin_hang_up(j, c[i], i, y->client, s->worker);
	}
}

/* php asks the database, over a connection of its own. */
static void ask_database(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	struct buf data;
	uint32_t c = mkjoin_conn(j, MKJOIN_TCP, "127.0.0.1", 51000, "127.0.0.1", DB_PORT);

	s->query = c;
	j->conn[c].wire = false;
	j->conn[c].latency_ns = 1000;
	mkjoin_connect(j, c, s->php);
	mkjoin_accept(j, c, s->postgres);
	buf_init(&data, 1 << 16);
	mkjoin_query(&data, "SELECT name FROM item WHERE id = 7");
	s->query_turn = mkjoin_ask_bytes(j, y->out, c, s->fastcgi_turn, "SELECT name FROM item WHERE id = 7", data.data,
					 data.len);
	say(y, c, 0, s->php, MKJOIN_FROM);
	mkjoin_receive(j, c, 1, s->postgres, MKJOIN_FROM | MKJOIN_WAITS, 0);
	mkjoin_file(j, s->postgres, "/var/lib/postgresql/base/1", 8192);
	buf_reset(&data);
	mkjoin_result(&data, "a green lamp");
	mkjoin_answer_bytes(j, y->out, s->query_turn, data.data, data.len);
	say(y, c, 1, s->postgres, MKJOIN_FROM);
	mkjoin_receive(j, c, 0, s->php, MKJOIN_FROM | MKJOIN_WAITS, 0);
	mkjoin_hang_up(j, c, 0, s->php, s->postgres);
	buf_release(&data);
}

static void ask_php(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	struct buf data;
	uint32_t c = mkjoin_conn(j, MKJOIN_UNIX, NULL, 0, PHP_SOCKET, 0);

	s->fastcgi = c;
	mkjoin_connect(j, c, s->worker);
	mkjoin_accept(j, c, s->php);
	buf_init(&data, 1 << 16);
	mkjoin_fastcgi_request(&data, "/var/www/item.php", "/item.php?id=7");
	s->fastcgi_turn = mkjoin_ask_bytes(j, y->out, c, s->dynamic_turn, "/item.php?id=7", data.data, data.len);
	say(y, c, 0, s->worker, MKJOIN_V);
	mkjoin_receive(j, c, 1, s->php, MKJOIN_RW, 0);
	mkjoin_file(j, s->php, "/var/www/item.php", 325);
	ask_database(y);
	mkjoin_sleep(j, s->php, 350 * MS);
	buf_reset(&data);
	mkjoin_fastcgi_response(&data, "Content-Type: text/html\r\n\r\n<h1>a green lamp</h1>\n");
	mkjoin_answer_bytes(j, y->out, s->fastcgi_turn, data.data, data.len);
	say(y, c, 1, s->php, MKJOIN_RW);
	mkjoin_epoll(j, s->worker, 1);
	mkjoin_receive(j, c, 0, s->worker, MKJOIN_V, 0);
	mkjoin_hang_up(j, c, 1, s->worker, s->php);
	buf_release(&data);
}

static void dynamic(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint32_t c = open_web(y, WEB_PORT, s->worker);

	s->dynamic = c;
	s->dynamic_turn = mkjoin_ask(j, y->out, c, MKJOIN_NONE, "GET", "/item.php?id=7", 0);
	say(y, c, 0, y->client, MKJOIN_FROM);
	mkjoin_epoll(j, s->worker, 1);
	mkjoin_receive(j, c, 1, s->worker, MKJOIN_FROM, 0);
	ask_php(y);
	mkjoin_answer(j, y->out, s->dynamic_turn, 200, about(y, 23));
	say(y, c, 1, s->worker, MKJOIN_V);
	mkjoin_receive(j, c, 0, y->client, MKJOIN_FROM | MKJOIN_WAITS, 0);
	mkjoin_hang_up(j, c, 0, y->client, s->worker);
}

static void sent_file(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint32_t c = open_web(y, WEB_PORT, s->worker2);
	size_t body = about(y, 50000);
	size_t head;

	s->sendfile = c;
	s->sendfile_turn = mkjoin_ask(j, y->out, c, MKJOIN_NONE, "GET", "/big.iso", 0);
	say(y, c, 0, y->client, MKJOIN_RW);
	mkjoin_receive(j, c, 1, s->worker2, MKJOIN_FROM, 0);
	mkjoin_answer(j, y->out, s->sendfile_turn, 200, body);
	head = y->out->len - body;
	mkjoin_send(j, c, 1, s->worker2, MKJOIN_V, y->out->data, head);
	mkjoin_send(j, c, 1, s->worker2, MKJOIN_FILE, y->out->data + head, body);
	buf_reset(y->out);
	mkjoin_receive(j, c, 0, y->client, MKJOIN_RW | MKJOIN_WAITS, head + 10000);
	mkjoin_receive(j, c, 0, y->client, MKJOIN_RW | MKJOIN_WAITS, 0);
	mkjoin_hang_up(j, c, 0, y->client, s->worker2);
}

static void upload(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint32_t c = web_conn(y, WEB_PORT);

	/* Its sequence numbers pass zero. */
	j->conn[c].isn[0] = UINT32_MAX - 9000;
	mkjoin_connect(j, c, y->client);
	mkjoin_accept(j, c, s->worker);
	s->upload = c;
	s->upload_turn = mkjoin_ask(j, y->out, c, MKJOIN_NONE, "POST", "/cart", about(y, 20000));
	say(y, c, 0, y->client, MKJOIN_MSG);
	for (unsigned int i = 0; i < 2; i++) {
		mkjoin_receive(j, c, 1, s->worker, MKJOIN_FROM, 8192);
	}
	mkjoin_receive(j, c, 1, s->worker, MKJOIN_MSG, 0);
	mkjoin_lock(j, s->worker, 3 * MS);
	mkjoin_answer(j, y->out, s->upload_turn, 200, about(y, 11));
	say(y, c, 1, s->worker, MKJOIN_MSG);
	mkjoin_receive(j, c, 0, y->client, MKJOIN_MSG | MKJOIN_WAITS, 0);
	mkjoin_shutdown(j, c, 0, y->client);
	mkjoin_eof(j, c, 1, s->worker);
	mkjoin_close(j, c, 1, s->worker);
	mkjoin_eof(j, c, 0, y->client);
	mkjoin_close(j, c, 0, y->client);
}

/* Accepted by one process, served by its child; then one that both use. */
static void inherited_by_fork(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint32_t c = open_web(y, ECHO_PORT, s->forker);
	uint32_t helper;

	s->forked_conn = c;
	s->forked = mkjoin_fork(j, s->forker, 501);
	mkjoin_close(j, c, 1, s->forker);
	s->forked_turn = mkjoin_get(j, c, y->client, s->forked, "/served/by/the/child", about(y, 2222));
	mkjoin_hang_up(j, c, 0, y->client, s->forked);
	mkjoin_exit(j, s->forked);

	c = open_web(y, ECHO_PORT, s->forker);
	s->shared = c;
	helper = mkjoin_fork(j, s->forker, 502);
	s->helper = helper;
	s->shared_turn = mkjoin_ask(j, y->out, c, MKJOIN_NONE, "GET", "/two/hands", 0);
	say(y, c, 0, y->client, MKJOIN_RW);
	mkjoin_receive(j, c, 1, helper, MKJOIN_RW, 0);
	mkjoin_answer(j, y->out, s->shared_turn, 200, about(y, 600));
	say(y, c, 1, s->forker, MKJOIN_RW);
	mkjoin_receive(j, c, 0, y->client, MKJOIN_RW | MKJOIN_WAITS, 0);
	mkjoin_close(j, c, 1, helper);
	mkjoin_hang_up(j, c, 1, y->client, s->forker);
	mkjoin_exit(j, helper);
}

static void reused(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint16_t port = y->port++;

	for (unsigned int i = 0; i < SHOP_REUSES; i++) {
		uint32_t c = mkjoin_conn(j, MKJOIN_TCP, y->client_ip, port, y->server_ip, WEB_PORT);
		char target[32];

		/* The packets of the second one were not captured. */
		s->reused[i] = c;
		j->conn[c].wire = i != 1;
		snprintf(target, sizeof(target), "/again/%u", i);
		mkjoin_connect(j, c, y->client);
		mkjoin_accept(j, c, s->worker);
		mkjoin_get(j, c, y->client, s->worker, target, about(y, 300 + 170 * i));
		mkjoin_hang_up(j, c, 0, y->client, s->worker);
		pause_for(y);
	}
}

static void other_addresses(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint32_t c = web_conn(y, WEB6_PORT);

	s->mapped = c;
	j->conn[c].end[1].mapped = true;
	mkjoin_connect(j, c, y->client);
	mkjoin_accept(j, c, s->worker2);
	/* Accepted by one thread, served by another. */
	s->mapped_turn = mkjoin_get(j, c, y->client, s->thread, "/mapped", about(y, 640));
	mkjoin_hang_up(j, c, 0, y->client, s->thread);

	c = mkjoin_conn(j, MKJOIN_TCP, "fd00::1", y->port++, "fd00::2", WEB6_PORT);
	s->v6 = c;
	mkjoin_connect(j, c, y->client);
	mkjoin_accept(j, c, s->worker2);
	s->v6_turn = mkjoin_get(j, c, y->client, s->worker2, "/v6", about(y, 650));
	mkjoin_hang_up(j, c, 1, y->client, s->worker2);
}

static void name_asked(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	struct buf data;
	uint32_t c = mkjoin_conn(j, MKJOIN_UDP, y->client_ip, 35353, y->server_ip, DNS_PORT);
	uint16_t id = (uint16_t)mkjoin_draw(j, 65536);

	s->dns = c;
	j->conn[c].end[0].wild = true;
	j->conn[c].end[1].wild = true;
	mkjoin_socket(j, c, y->client);
	buf_init(&data, 1 << 16);
	mkjoin_dns_question(&data, id, "shop.example");
	s->dns_turn = mkjoin_ask_bytes(j, y->out, c, MKJOIN_NONE, "shop.example", data.data, data.len);
	say(y, c, 0, y->client, MKJOIN_FROM);
	mkjoin_accept(j, c, s->resolver);
	mkjoin_receive(j, c, 1, s->resolver, MKJOIN_MSG | MKJOIN_WAITS, 0);
	buf_reset(&data);
	mkjoin_dns_answer(&data, id, "shop.example", y->server_ip);
	mkjoin_answer_bytes(j, y->out, s->dns_turn, data.data, data.len);
	say(y, c, 1, s->resolver, MKJOIN_MSG);
	mkjoin_receive(j, c, 0, y->client, MKJOIN_FROM | MKJOIN_WAITS, 0);
	mkjoin_close(j, c, 0, y->client);
	buf_release(&data);
}

/* What one of the captures lacks. */
static void half_seen(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint32_t c = web_conn(y, CLOSED_PORT);

	s->refused = c;
	j->conn[c].refused = true;
	mkjoin_connect(j, c, y->client);
	if (y->client != MKJOIN_NONE) {
		mkjoin_close(j, c, 0, y->client);
	}

	c = mkjoin_conn(j, MKJOIN_TCP, y->third_ip, y->port++, y->fourth_ip, WEB_PORT);
	s->unseen_calls = c;
	mkjoin_connect(j, c, MKJOIN_NONE);
	mkjoin_get(j, c, MKJOIN_NONE, MKJOIN_NONE, "/not/ours", about(y, 900));
	mkjoin_hang_up(j, c, 0, MKJOIN_NONE, MKJOIN_NONE);

	c = mkjoin_conn(j, MKJOIN_TCP, "172.16.0.1", y->port++, "172.16.0.2", WEB_PORT);
	s->unseen_packets = c;
	j->conn[c].wire = false;
	mkjoin_connect(j, c, MKJOIN_NONE);
	mkjoin_accept(j, c, s->worker);
	mkjoin_get(j, c, MKJOIN_NONE, s->worker, "/over/there", about(y, 901));
	mkjoin_hang_up(j, c, 0, MKJOIN_NONE, s->worker);
}

/* Two connections with one tuple at one time, in two networks: the calls of the one, the packets of the other. */
static void bait(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint16_t port = y->port++;

	s->bait_calls = mkjoin_conn(j, MKJOIN_TCP, y->client_ip, port, y->server_ip, WEB_PORT);
	s->bait_packets = mkjoin_conn(j, MKJOIN_TCP, y->client_ip, port, y->server_ip, WEB_PORT);
	j->conn[s->bait_calls].wire = false;
	mkjoin_connect(j, s->bait_packets, MKJOIN_NONE);
	mkjoin_connect(j, s->bait_calls, y->client);
	mkjoin_accept(j, s->bait_calls, s->worker);
	mkjoin_get(j, s->bait_packets, MKJOIN_NONE, MKJOIN_NONE, "/the/other/network", about(y, 1500));
	mkjoin_get(j, s->bait_calls, y->client, s->worker, "/this", about(y, 812));
	mkjoin_get(j, s->bait_calls, y->client, s->worker, "/this/too", about(y, 333));
	mkjoin_hang_up(j, s->bait_packets, 0, MKJOIN_NONE, MKJOIN_NONE);
	mkjoin_hang_up(j, s->bait_calls, 0, y->client, s->worker);
}

/* Head and body are sent apart, so that the calls show the beginning of both. */
static void behind_nat(struct story *y)
{
	static const char *const targets[] = { "/price?id=7", "/stock?id=7", "/label?id=7" };
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;
	uint32_t c = mkjoin_conn(j, MKJOIN_TCP, y->server_ip, 50000, "203.0.113.9", WEB_PORT);

	s->nat = c;
	mkjoin_nat(j, c, 0, "198.51.100.7", 61000);
	mkjoin_connect(j, c, s->php);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		size_t body = about(y, 900);
		uint32_t turn = mkjoin_ask(j, y->out, c, MKJOIN_NONE, "GET", targets[i], 0);
		size_t head;

		say(y, c, 0, s->php, MKJOIN_FROM);
		mkjoin_answer(j, y->out, turn, 200, body);
		head = y->out->len - body;
		mkjoin_send(j, c, 1, MKJOIN_NONE, MKJOIN_RW, y->out->data, head);
		mkjoin_receive(j, c, 0, s->php, MKJOIN_FROM | MKJOIN_WAITS, 0);
		mkjoin_send(j, c, 1, MKJOIN_NONE, MKJOIN_RW, y->out->data + head, body);
		buf_reset(y->out);
		mkjoin_receive(j, c, 0, s->php, MKJOIN_FROM | MKJOIN_WAITS, 0);
	}
	mkjoin_hang_up(j, c, 0, s->php, MKJOIN_NONE);
}

static void brief_ones(struct story *y)
{
	struct mkjoin *j = y->j;
	struct mkjoin_shop *s = y->s;

	for (unsigned int i = 0; i < SHOP_SHORT; i++) {
		uint32_t server = i % 3 == 0 ? s->worker2 : s->worker;
		uint32_t c = open_web(y, WEB_PORT, server);
		char target[32];

		s->brief[i] = c;
		snprintf(target, sizeof(target), "/short/%u", i);
		mkjoin_get(j, c, y->client, server, target, 50 + mkjoin_draw(j, 3000));
		mkjoin_hang_up(j, c, i % 2, y->client, server);
		mkjoin_pass(j, 2 * PAUSE_NS + mkjoin_draw(j, PAUSE_NS));
	}
}

void mkjoin_shop(struct mkjoin *j, struct mkjoin_shop *ret_shop)
{
	static void (*const chapters[])(struct story * y) = {
		old_ones, pipelined,       interleaved, dynamic,   sent_file, upload,     inherited_by_fork,
		reused,   other_addresses, name_asked,  half_seen, bait,      behind_nat, brief_ones,
	};
	struct story y = { .j = j, .s = ret_shop, .out = &j->text };

	memset(ret_shop, 0, sizeof(*ret_shop));
	cast(&y);
	for (size_t i = 0; i < ARRAY_LEN(chapters); i++) {
		chapters[i](&y);
		pause_for(&y);
	}
	mkjoin_finish(j);
}
