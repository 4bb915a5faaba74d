/*
 * sock_proc.c - see sock_proc.h. Columns as the kernel prints them: addresses in hex, each 32 bits in the machine's own
 * order.
 */
#include "capture/sock_proc.h"

#include "base/buf.h"
#include "base/limits.h"
#include "capture/proc_parse.h"
#include "capture/proc_read.h"
#include "capture/sock_diag.h"

enum { STATE_TIME_WAIT = 6, STATE_LISTEN = 10 };
/* Where the kernel's addresses begin, 64 bits; what is below was hashed or hidden. */
#define KERNEL_ADDRESSES UINT64_C(0xffff000000000000)

struct table {
	struct socks *socks;
	struct buf name;
	bool v6;
	uint8_t l4;
	bool header;	/* the first line is still to come */
	int rc;
};

struct column {
	const char *s, *end;
};

static struct column next_column(const char **io_s, const char *end)
{
	struct column c;

	c.s = text_blanks(*io_s, end);
	for (c.end = c.s; c.end < end && *c.end != ' ' && *c.end != '\t'; c.end++) {
	}
	*io_s = c.end;
	return c;
}

static void skip_columns(const char **io_s, const char *end, unsigned int n)
{
	while (n-- > 0) {
		next_column(io_s, end);
	}
}

static uint64_t column_number(struct column c, unsigned int base)
{
	return text_number(&c.s, c.end, base);
}

static bool keep(struct table *t, const struct sock *row)
{
	t->rc = socks_add(t->socks, row);
	return t->rc == 0;
}

static bool is_header(struct table *t)
{
	bool header = t->header;

	t->header = false;
	return header;
}

/* ---- tcp, udp, raw, icmp ---- */

/* "0100007F:1F90"; false: not of that form. */
static bool take_end(struct column c, bool v6, uint8_t *ip, uint16_t *ret_port)
{
	size_t words = v6 ? 4 : 1;

	if ((size_t)(c.end - c.s) < words * 8 + 2 || c.s[words * 8] != ':') {
		return false;
	}
	for (size_t i = 0; i < words; i++) {
		const char *s = c.s + 8 * i;
		uint32_t word = (uint32_t)text_number(&s, c.s + 8 * (i + 1), 16);

		memcpy(ip + 4 * i, &word, sizeof(word));
	}
	c.s += words * 8 + 1;
	*ret_port = (uint16_t)column_number(c, 16);
	return true;
}

/* "sl local remote state queues timer retransmits uid timeout inode" */
static bool inet_line(void *arg, const char *line, size_t len)
{
	struct table *t = arg;
	const char *end = line + len;
	struct sock row = { .l4 = t->l4 };
	bool server;
	uint64_t state;

	if (is_header(t)) {
		return true;
	}
	skip_columns(&line, end, 1);
	if (!take_end(next_column(&line, end), t->v6, row.src_ip, &row.src_port) ||
	    !take_end(next_column(&line, end), t->v6, row.dst_ip, &row.dst_port)) {
		return true;
	}
	state = column_number(next_column(&line, end), 16);
	skip_columns(&line, end, 5);
	row.ino = column_number(next_column(&line, end), 10);
	server = t->l4 == SOCK_L4_TCP ? state == STATE_LISTEN : t->l4 == SOCK_L4_UDP && row.dst_port == 0;
	row.type = sock_inet_type(t->v6, server);
	if (t->l4 == SOCK_L4_TCP && state == STATE_TIME_WAIT) {
		return true;
	}
	return keep(t, &row);
}

/* ---- the others ---- */

/* "address: references protocol flags type state inode [path]" */
static bool unix_line(void *arg, const char *line, size_t len)
{
	struct table *t = arg;
	const char *end = line + len;
	struct sock row = { .type = SOCK_UNIX, .l4 = SOCK_L4_NA };

	if (is_header(t)) {
		return true;
	}
	row.address = column_number(next_column(&line, end), 16);
	if (row.address < KERNEL_ADDRESSES) {
		row.address = 0;
	}
	skip_columns(&line, end, 5);
	row.ino = column_number(next_column(&line, end), 10);
	if (line < end) {
		row.name = line + 1;
		row.name_len = (uint32_t)(end - line - 1);
	}
	return keep(t, &row);
}

/* "address protocol port groups read written dump locks drops inode" */
static bool netlink_line(void *arg, const char *line, size_t len)
{
	struct table *t = arg;
	const char *end = line + len;
	struct sock row = { .type = SOCK_NETLINK, .l4 = SOCK_L4_NA };
	uint64_t protocol, port;

	if (is_header(t)) {
		return true;
	}
	skip_columns(&line, end, 1);
	protocol = column_number(next_column(&line, end), 10);
	port = column_number(next_column(&line, end), 10);
	skip_columns(&line, end, 6);
	row.ino = column_number(next_column(&line, end), 10);
	buf_reset(&t->name);
	sock_netlink_name(&t->name, (unsigned int)protocol, (uint32_t)port);
	row.name = t->name.data;
	row.name_len = (uint32_t)t->name.len;
	return keep(t, &row);
}

/* "address references type protocol interface running memory user inode" */
static bool packet_line(void *arg, const char *line, size_t len)
{
	struct table *t = arg;
	const char *end = line + len;
	struct sock row = { .type = SOCK_OTHER, .l4 = SOCK_L4_NA };
	uint64_t protocol, interface;
	char number[24];

	if (is_header(t)) {
		return true;
	}
	skip_columns(&line, end, 3);
	protocol = column_number(next_column(&line, end), 16);
	interface = column_number(next_column(&line, end), 10);
	skip_columns(&line, end, 3);
	row.ino = column_number(next_column(&line, end), 10);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)interface);
	buf_reset(&t->name);
	sock_packet_name(&t->name, interface != 0 ? number : NULL, (unsigned int)protocol);
	row.name = t->name.data;
	row.name_len = (uint32_t)t->name.len;
	return keep(t, &row);
}

/* ---- tables ---- */

static const struct table_row {
	const char *path;
	proc_line *line;
	bool v6;
	uint8_t l4;
	unsigned int told;
} table_rows[] = {
	{ "net/tcp", inet_line, false, SOCK_L4_TCP, SOCKS_TCP },
	{ "net/tcp6", inet_line, true, SOCK_L4_TCP, SOCKS_TCP6 },
	{ "net/udp", inet_line, false, SOCK_L4_UDP, SOCKS_UDP },
	{ "net/udp6", inet_line, true, SOCK_L4_UDP, SOCKS_UDP6 },
	{ "net/raw", inet_line, false, SOCK_L4_RAW, SOCKS_RAW },
	{ "net/raw6", inet_line, true, SOCK_L4_RAW, SOCKS_RAW6 },
	{ "net/icmp", inet_line, false, SOCK_L4_ICMP, SOCKS_ICMP },
	{ "net/icmp6", inet_line, true, SOCK_L4_ICMP, SOCKS_ICMP6 },
	{ "net/netlink", netlink_line, false, 0, SOCKS_NETLINK },
	{ "net/packet", packet_line, false, 0, SOCKS_PACKET },
	{ "net/unix", unix_line, false, 0, SOCKS_UNIX },
};

int sock_proc_list(struct socks *s, int pid_fd, unsigned int told, bool addresses)
{
	struct table t = { .socks = s };
	int rc = 0;

	if (addresses) {
		told &= ~(unsigned int)SOCKS_UNIX;
	}
	buf_init(&t.name, 256);
	for (size_t i = 0; i < ARRAY_LEN(table_rows) && rc == 0; i++) {
		const struct table_row *row = &table_rows[i];

		if ((told & row->told) != 0) {
			continue;
		}
		t.v6 = row->v6;
		t.l4 = row->l4;
		t.header = true;
		rc = proc_lines(pid_fd, row->path, LIMIT_PROC_NET_BYTES, row->line, &t);
		rc = rc == ERR_NOMEM ? rc : t.rc;
	}
	buf_release(&t.name);
	return rc;
}
