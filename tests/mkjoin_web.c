/*
 * mkjoin_web.c - see mkjoin.h: messages of HTTP, FastCGI, PostgreSQL and DNS, and which bytes of the streams they are.
 */
#include "mkjoin_internal.h"

#include <stdio.h>

static void put16(struct buf *b, size_t x)
{
	mkcap_u16(b, (uint16_t)x, true);
}

static void put32(struct buf *b, size_t x)
{
	mkcap_u32(b, (uint32_t)x, true);
}

/* ---- turns --------------------------------------------------------------------------------------- */

/* A turn whose request of n bytes goes behind what is in out. */
static struct mkjoin_turn *new_turn(struct mkjoin *j, const struct buf *out, uint32_t conn, uint32_t parent)
{
	struct mkjoin_turn *t;

	j->turn = mkjoin_grow(j->turn, &j->turn_count, &j->turn_cap, sizeof(*j->turn));
	t = &j->turn[j->turn_count - 1];
	t->conn = conn;
	t->parent = parent;
	t->start[0] = j->conn[conn].stream[0].len + out->len;
	return t;
}

/* Filler that differs from one message to the next, without line ends. */
static void add_body(struct mkjoin *j, struct buf *out, size_t n)
{
	uint64_t x = mkjoin_draw(j, UINT32_MAX);

	for (size_t i = 0; i < n; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		buf_addc(out, (char)('a' + (x >> 33) % 26));
	}
}

static void add_number(struct buf *out, size_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", n);
	buf_adds(out, text);
}

uint32_t mkjoin_ask(struct mkjoin *j, struct buf *out, uint32_t conn, uint32_t parent, const char *method,
		    const char *target, size_t body)
{
	struct mkjoin_turn *t = new_turn(j, out, conn, parent);
	uint32_t id = (uint32_t)(j->turn_count - 1);

	t->http = true;
	t->body[0] = body;
	snprintf(t->method, sizeof(t->method), "%s", method);
	snprintf(t->target, sizeof(t->target), "%s", target);
	buf_adds(out, method);
	buf_addc(out, ' ');
	buf_adds(out, target);
	buf_adds(out, " HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: story/");
	add_body(j, out, 1 + mkjoin_draw(j, 60));
	buf_adds(out, "\r\n");
	if (body > 0) {
		buf_adds(out, "Content-Length: ");
		add_number(out, body);
		buf_adds(out, "\r\n");
	}
	buf_adds(out, "\r\n");
	add_body(j, out, body);
	t->stop[0] = j->conn[conn].stream[0].len + out->len;
	return id;
}

void mkjoin_answer(struct mkjoin *j, struct buf *out, uint32_t turn, uint16_t status, size_t body)
{
	struct mkjoin_turn *t = &j->turn[turn];
	char line[64];

	t->status = status;
	t->body[1] = body;
	t->start[1] = j->conn[t->conn].stream[1].len + out->len;
	snprintf(line, sizeof(line), "HTTP/1.1 %u %s\r\n", status, status < 400 ? "OK" : "Not well");
	buf_adds(out, line);
	buf_adds(out, "Server: story\r\nContent-Type: text/html\r\nContent-Length: ");
	add_number(out, body);
	buf_adds(out, "\r\n\r\n");
	add_body(j, out, body);
	t->stop[1] = j->conn[t->conn].stream[1].len + out->len;
}

uint32_t mkjoin_ask_bytes(struct mkjoin *j, struct buf *out, uint32_t conn, uint32_t parent, const char *name,
			  const void *data, size_t n)
{
	struct mkjoin_turn *t = new_turn(j, out, conn, parent);

	snprintf(t->target, sizeof(t->target), "%s", name);
	t->body[0] = n;
	t->stop[0] = t->start[0] + n;
	buf_add(out, data, n);
	return (uint32_t)(j->turn_count - 1);
}

void mkjoin_answer_bytes(struct mkjoin *j, struct buf *out, uint32_t turn, const void *data, size_t n)
{
	struct mkjoin_turn *t = &j->turn[turn];

	t->body[1] = n;
	t->start[1] = j->conn[t->conn].stream[1].len + out->len;
	t->stop[1] = t->start[1] + n;
	buf_add(out, data, n);
}

uint32_t mkjoin_say(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task, unsigned int how, struct buf *out)
{
	uint32_t call = mkjoin_send(j, conn, end, task, how, out->data, out->len);

	buf_reset(out);
	return call;
}

uint32_t mkjoin_get(struct mkjoin *j, uint32_t conn, uint32_t client, uint32_t server, const char *target, size_t body)
{
	uint32_t turn = mkjoin_ask(j, &j->text, conn, MKJOIN_NONE, "GET", target, 0);

	mkjoin_say(j, conn, 0, client, MKJOIN_RW, &j->text);
	mkjoin_receive(j, conn, 1, server, MKJOIN_FROM, 0);
	mkjoin_pass(j, 20000 + mkjoin_draw(j, 80000));
	mkjoin_answer(j, &j->text, turn, 200, body);
	mkjoin_say(j, conn, 1, server, MKJOIN_V, &j->text);
	mkjoin_receive(j, conn, 0, client, MKJOIN_RW | MKJOIN_WAITS, 0);
	return turn;
}

/* ---- FastCGI 1.0 ---------------------------------------------------------------------------------------- */

enum { FCGI_BEGIN = 1, FCGI_END = 3, FCGI_PARAMS = 4, FCGI_STDIN = 5, FCGI_STDOUT = 6 };

/* Version, type, request 1, length, no padding. */
static void record(struct buf *out, char type, const char *data, size_t n)
{
	buf_addc(out, 1);
	buf_addc(out, type);
	put16(out, 1);
	put16(out, n);
	put16(out, 0);
	buf_add(out, data, n);
}

static void param(struct buf *out, const char *name, const char *value)
{
	size_t n = strlen(name);
	size_t v = strlen(value);

	mkjoin_need(n < 128 && v < 128, "short names and values");
	buf_addc(out, (char)n);
	buf_addc(out, (char)v);
	buf_adds(out, name);
	buf_adds(out, value);
}

void mkjoin_fastcgi_request(struct buf *out, const char *script, const char *uri)
{
	static const char responder[8] = { 0, 1, 0 };
	struct buf params;

	buf_init(&params, 1 << 16);
	param(&params, "SCRIPT_FILENAME", script);
	param(&params, "REQUEST_METHOD", "GET");
	param(&params, "REQUEST_URI", uri);
	record(out, FCGI_BEGIN, responder, sizeof(responder));
	record(out, FCGI_PARAMS, params.data, params.len);
	record(out, FCGI_PARAMS, NULL, 0);
	record(out, FCGI_STDIN, NULL, 0);
	buf_release(&params);
}

void mkjoin_fastcgi_response(struct buf *out, const char *text)
{
	static const char over[8] = { 0 };

	record(out, FCGI_STDOUT, text, strlen(text));
	record(out, FCGI_STDOUT, NULL, 0);
	record(out, FCGI_END, over, sizeof(over));
}

/* ---- PostgreSQL 3.0 ------------------------------------------------------------------------------------- */

void mkjoin_query(struct buf *out, const char *sql)
{
	buf_addc(out, 'Q');
	put32(out, 4 + strlen(sql) + 1);
	buf_add(out, sql, strlen(sql) + 1);
}

/* One row of one column of text. */
void mkjoin_result(struct buf *out, const char *value)
{
	buf_addc(out, 'T');
	put32(out, 4 + 2 + 5 + 18);
	put16(out, 1);
	buf_add(out, "name", 5);
	put32(out, 0);
	put16(out, 0);
	put32(out, 25);
	put16(out, 65535);
	put32(out, UINT32_MAX);
	put16(out, 0);
	buf_addc(out, 'D');
	put32(out, 4 + 2 + 4 + strlen(value));
	put16(out, 1);
	put32(out, strlen(value));
	buf_adds(out, value);
	buf_addc(out, 'C');
	put32(out, 4 + 9);
	buf_add(out, "SELECT 1", 9);
	buf_addc(out, 'Z');
	put32(out, 5);
	buf_addc(out, 'I');
}

/* ---- DNS --------------------------------------------------------------------------------------------- */

static void dns_message(struct buf *out, uint16_t id, uint16_t flags, uint16_t answers, const char *name)
{
	put16(out, id);
	put16(out, flags);
	put16(out, 1);
	put16(out, answers);
	put32(out, 0);
	while (*name != '\0') {
		size_t n = strcspn(name, ".");

		buf_addc(out, (char)n);
		buf_add(out, name, n);
		name += n + (name[n] == '.');
	}
	buf_addc(out, '\0');
	put32(out, 0x00010001);
}

void mkjoin_dns_question(struct buf *out, uint16_t id, const char *name)
{
	dns_message(out, id, 0x0100, 0, name);
}

void mkjoin_dns_answer(struct buf *out, uint16_t id, const char *name, const char *ip)
{
	dns_message(out, id, 0x8180, 1, name);
	put16(out, 0xC00C);
	put32(out, 0x00010001);
	put32(out, 60);
	put16(out, 4);
	mkcap_ip4(out, ip);
}
