/*
 * seeds_join.c - small captures in which calls and packets of the same connections meet: see seeds.h.
 */
#include "schema/extra.h"
#include "seeds.h"

#include "mkjoin.h"

#define T0 (UINT64_C(1700000000) * NSEC_PER_SEC)

/* All that was made so far gives way to the one file of the story. */
static void take(struct mkcap *m, struct mkjoin *j)
{
	mkjoin_finish(j);
	buf_reset(&m->out);
	buf_add(&m->out, j->calls.out.data, j->calls.out.len);
	mkjoin_release(j);
}

/* What one end sends and the other takes. */
static void pass(struct mkjoin *j, uint32_t conn, unsigned int from, uint32_t sender, uint32_t receiver,
		 struct buf *out)
{
	size_t n = out->len;

	mkjoin_say(j, conn, from, sender, MKJOIN_RW, out);
	mkjoin_receive(j, conn, 1 - from, receiver, MKJOIN_RW, n);
}

/* A request to a web server that asks another process over a unix socket, and one without; the clocks are apart. */
void seed_join(struct mkcap *m)
{
	const struct mkjoin_knobs knobs = { .one_file = true,
					    .offset_ns = 3600 * (int64_t)NSEC_PER_SEC,
					    .call_snaplen = 64 };
	struct mkjoin j;
	struct buf out;
	uint32_t web, php, curl, c, inner, asked;

	mkjoin_init(&j, &knobs);
	buf_init(&out, 64u << 10);
	web = mkjoin_process(&j, 100, "nginx");
	php = mkjoin_process(&j, 110, "php-fpm");
	curl = mkjoin_process(&j, 200, "curl");
	mkjoin_listen(&j, web, MKJOIN_TCP, "10.0.0.2", 80, NULL);
	mkjoin_listen(&j, php, MKJOIN_UNIX, NULL, 0, "/run/php.sock");
	c = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
	mkjoin_connect(&j, c, curl);
	mkjoin_accept(&j, c, web);
	asked = mkjoin_ask(&j, &out, c, MKJOIN_NONE, "GET", "/item.php?id=1", 0);
	pass(&j, c, 0, curl, web, &out);
	inner = mkjoin_conn(&j, MKJOIN_UNIX, NULL, 0, "/run/php.sock", 0);
	mkjoin_connect(&j, inner, web);
	mkjoin_accept(&j, inner, php);
	mkjoin_fastcgi_request(&out, "/srv/item.php", "/item.php?id=1");
	pass(&j, inner, 0, web, php, &out);
	mkjoin_sleep(&j, php, 2000000);
	mkjoin_fastcgi_response(&out, "one");
	pass(&j, inner, 1, php, web, &out);
	mkjoin_hang_up(&j, inner, 1, web, php);
	mkjoin_answer(&j, &out, asked, 200, 100);
	pass(&j, c, 1, web, curl, &out);
	mkjoin_get(&j, c, curl, web, "/", 30);
	mkjoin_hang_up(&j, c, 0, curl, web);
	buf_release(&out);
	take(m, &j);
}

static void told(struct mkcap *m, struct buf *items, uint64_t begin_ns, uint32_t write_seq, uint32_t copied_seq)
{
	struct buf x;

	buf_init(&x, 64);
	buf_reset(items);
	mkcap_u64(&x, begin_ns, m->big_endian);
	mkcap_extra(m, items, EXTRA_BEGIN, x.data, x.len);
	buf_reset(&x);
	mkcap_u32(&x, write_seq, m->big_endian);
	mkcap_u32(&x, copied_seq, m->big_endian);
	mkcap_u32(&x, 5000, m->big_endian);
	mkcap_u32(&x, 1000, m->big_endian);
	mkcap_extra(m, items, EXTRA_TCP, x.data, x.len);
	buf_release(&x);
	m->extra = items;
}

/* Calls that tell sequence numbers: one looks, one is missing. */
void seed_sequence(struct mkcap *m)
{
	struct mkcap_proc p = { .tid = 100, .pid = 100, .ptid = 1, .sid = 100, .vpgid = 100, .vtid = 100, .vpid = 100, .pgid = 100,
				.comm = "nginx", .exe = "nginx", .exepath = "/usr/sbin/nginx", .cwd = "/", .root = "/",
				.fdlimit = 1024, .loginuid = UINT32_MAX };
	struct buf items;

	buf_init(&items, 256);
	mkcap_section(m, 2);
	mkcap_machine(m, "host", 2, T0 - NSEC_PER_SEC);
	mkcap_processes(m, 9, 76, &p, 1);
	mkcap_accept4(m, T0 + 1000, 100, 7, "10.0.0.9", 4000, "10.0.0.1", 80);
	told(m, &items, T0 + 1500, 5000, 1000);
	mkcap_read(m, T0 + 2000, 100, 18, 7, "GET / HTTP/1.1\r\n\r\n");
	told(m, &items, T0 + 2500, 5000, 1000);
	mkcap_read(m, T0 + 3000, 100, 18, 7, "GET / HTTP/1.1\r\n\r\n");
	told(m, &items, T0 + 3500, 5000, 1018);
	mkcap_write(m, T0 + 4000, 100, 19, 7, "HTTP/1.1 200 OK\r\n\r\n");
	told(m, &items, T0 + 4500, 5119, 1018);
	mkcap_write(m, T0 + 5000, 100, 10, 7, "0123456789");
	m->extra = NULL;
	mkcap_close(m, T0 + 6000, 100, 0, 7);
	buf_release(&items);
}
