/*
 * scap.c - see scap.h. Lists and headers go number by number; events, of which there are millions a second, into room
 * made once.
 *
 * Lengths that readers of the format refuse are cut here (texts) or refused (events). Any thread, one buf each.
 */
#include "writers/scap.h"

#include <endian.h>

#include "base/limits.h"
#include "schema/extra.h"
#include "schema/schema.h"
#include "writers/pcapng.h"

enum {
	BLOCK_SECTION = 0x0A0D0D0A, BLOCK_MACHINE = 0x201, BLOCK_THREADS = 0x215, BLOCK_EVENT = 0x216, BLOCK_EVENT_FLAGS = 0x217,
	BLOCK_FDS = 0x218, BLOCK_INTERFACES = 0x219, BLOCK_USERS = 0x220, BLOCK_LARGE = 0x221, BLOCK_LARGE_FLAGS = 0x222
};

/* What the reference reader has room for, per text. */
#define TEXT_MAX 1023u		/* comm, exe, exepath, cwd, root; names of descriptors and interfaces */
#define LIST_MAX 4096u		/* args, env, cgroups: one that was cut has exactly so many bytes */
#define ACCOUNT_MAX 255u	/* names of users and groups, and users' paths */
#define HOSTNAME_BYTES 128u

#define EVENT_HEADER_BYTES 26u
/* After type and length of an event block that is not large. */
#define EVENT_BODY_MAX 65536u

/* ---- parts ---- */

static void add_u8(struct buf *out, uint8_t x)
{
	buf_addc(out, (char)x);
}

static void add_str16(struct buf *out, const char *s, size_t len, size_t max)
{
	len = len < max ? len : max;
	pcapng_u16(out, (uint16_t)len);
	buf_add(out, s, len);
}

static void add_text(struct buf *out, struct scap_text t)
{
	add_str16(out, t.s, t.s != NULL ? t.len : 0, TEXT_MAX);
}

static void add_list(struct buf *out, struct scap_text t)
{
	add_str16(out, t.s, t.s != NULL ? t.len : 0, LIST_MAX);
}

static void add_account(struct buf *out, const char *s)
{
	add_str16(out, s, s != NULL ? strlen(s) : 0, ACCOUNT_MAX);
}

/* An entry that begins with its own length. */
static size_t entry_begin(struct buf *out)
{
	size_t at = out->len;

	pcapng_u32(out, 0);
	return at;
}

static void patch_u32(struct buf *out, size_t at, size_t x)
{
	if (!out->failed) {
		for (unsigned int i = 0; i < 4; i++) {
			out->data[at + i] = (char)(x >> (8 * i));
		}
	}
}

static void entry_end(struct buf *out, size_t at)
{
	patch_u32(out, at, out->len - at);
}

static void block_end(struct buf *out, size_t begun)
{
	struct pcapng_block k = { out, begun };

	pcapng_end(&k);
}

/* ---- section, machine, interfaces, accounts ---- */

void scap_section(struct buf *out, const char *application)
{
	enum { APPLICATION = 4 };
	struct pcapng_block k = pcapng_begin(out, BLOCK_SECTION);

	pcapng_u32(out, 0x1A2B3C4D);
	pcapng_u16(out, 1);
	pcapng_u16(out, 2);
	pcapng_u64(out, UINT64_MAX);
	if (application != NULL && application[0] != '\0') {
		pcapng_option_text(out, APPLICATION, application);
		pcapng_options_end(out);
	}
	pcapng_end(&k);
}

void scap_machine(struct buf *out, const struct scap_machine *m)
{
	struct pcapng_block k = pcapng_begin(out, BLOCK_MACHINE);
	char name[HOSTNAME_BYTES] = "";

	if (m->hostname != NULL) {
		memcpy(name, m->hostname, strnlen(m->hostname, sizeof(name) - 1));
	}
	pcapng_u32(out, m->cpus);
	pcapng_u64(out, m->memory_bytes);
	pcapng_u64(out, m->max_pid);
	buf_add(out, name, sizeof(name));
	pcapng_u64(out, m->boot_ns);
	pcapng_u64(out, m->flags);
	pcapng_u64(out, 0);
	pcapng_u64(out, 0);
	pcapng_end(&k);
}

/* Unlike other entries' lengths this one does not count itself. */
static void add_interface(struct buf *out, const struct scap_interface *i)
{
	enum { IPV4 = 1, IPV6 = 2 };
	size_t at = entry_begin(out);
	size_t n = i->v6 ? 16 : 4;
	size_t len = i->name != NULL ? strnlen(i->name, TEXT_MAX) : 0;

	pcapng_u16(out, i->v6 ? IPV6 : IPV4);
	pcapng_u16(out, (uint16_t)len);
	buf_add(out, i->ip, n);
	buf_add(out, i->mask, n);
	buf_add(out, i->broadcast, n);
	pcapng_u64(out, 0);	/* speed of the link: nobody ever told it */
	buf_add(out, i->name, len);
	patch_u32(out, at, out->len - at - 4);
}

void scap_interfaces(struct buf *out, const struct scap_interface *rows, size_t count)
{
	struct pcapng_block k = pcapng_begin(out, BLOCK_INTERFACES);

	for (size_t i = 0; i < count; i++) {
		add_interface(out, &rows[i]);
	}
	pcapng_end(&k);
}

void scap_users(struct buf *out, const struct scap_user *users, size_t user_count, const struct scap_group *groups,
		size_t group_count)
{
	enum { USER = 0, GROUP = 1 };
	struct pcapng_block k = pcapng_begin(out, BLOCK_USERS);

	for (size_t i = 0; i < user_count; i++) {
		size_t at = entry_begin(out);

		add_u8(out, USER);
		pcapng_u32(out, users[i].uid);
		pcapng_u32(out, users[i].gid);
		add_account(out, users[i].name);
		add_account(out, users[i].home);
		add_account(out, users[i].shell);
		entry_end(out, at);
	}
	for (size_t i = 0; i < group_count; i++) {
		size_t at = entry_begin(out);

		add_u8(out, GROUP);
		pcapng_u32(out, groups[i].gid);
		add_account(out, groups[i].name);
		entry_end(out, at);
	}
	pcapng_end(&k);
}

/* ---- threads ---- */

size_t scap_threads_begin(struct buf *out)
{
	return pcapng_begin(out, BLOCK_THREADS).at;
}

/* What grew behind the root over the years. */
static void add_tail(struct buf *out, const struct scap_thread *t)
{
	pcapng_u64(out, t->pidns_start_ns);
	pcapng_u32(out, t->tty);
	pcapng_u32(out, t->loginuid);
	add_u8(out, t->exe_writable);
	pcapng_u64(out, t->cap_inheritable);
	pcapng_u64(out, t->cap_permitted);
	pcapng_u64(out, t->cap_effective);
	add_u8(out, t->exe_upper);
	pcapng_u64(out, t->exe_ino);
	pcapng_u64(out, t->exe_ctime_ns);
	pcapng_u64(out, t->exe_mtime_ns);
	add_u8(out, t->exe_memfd);
	add_u8(out, t->exe_lower);
	pcapng_u64(out, (uint64_t)t->pgid);
}

void scap_thread(struct buf *out, const struct scap_thread *t)
{
	size_t at = entry_begin(out);

	pcapng_u64(out, (uint64_t)t->tid);
	pcapng_u64(out, (uint64_t)t->pid);
	pcapng_u64(out, (uint64_t)t->ptid);
	pcapng_u64(out, (uint64_t)t->sid);
	pcapng_u64(out, (uint64_t)t->vpgid);
	add_text(out, t->comm);
	add_text(out, t->exe);
	add_text(out, t->exepath);
	add_list(out, t->args);
	add_text(out, t->cwd);
	pcapng_u64(out, (uint64_t)t->fdlimit);
	pcapng_u32(out, t->flags);
	pcapng_u32(out, t->uid);
	pcapng_u32(out, t->gid);
	pcapng_u32(out, t->vmsize_kb);
	pcapng_u32(out, t->vmrss_kb);
	pcapng_u32(out, t->vmswap_kb);
	pcapng_u64(out, t->pfmajor);
	pcapng_u64(out, t->pfminor);
	add_list(out, t->env);
	pcapng_u64(out, (uint64_t)t->vtid);
	pcapng_u64(out, (uint64_t)t->vpid);
	add_list(out, t->cgroups);
	add_text(out, t->root);
	add_tail(out, t);
	entry_end(out, at);
}

void scap_threads_end(struct buf *out, size_t begun)
{
	block_end(out, begun);
}

/* ---- descriptors ---- */

enum fd_type { FD_IPV4 = 3, FD_IPV6 = 4, FD_IPV4_SERVER = 5, FD_IPV6_SERVER = 6, FD_UNIX = 8, FD_FILE_V2 = 16 };

size_t scap_fds_begin(struct buf *out, int64_t tid)
{
	size_t at = pcapng_begin(out, BLOCK_FDS).at;

	pcapng_u64(out, (uint64_t)tid);
	return at;
}

static void add_pair(struct buf *out, const struct scap_fd *fd, size_t n)
{
	buf_add(out, fd->src_ip, n);
	buf_add(out, fd->dst_ip, n);
	pcapng_u16(out, fd->src_port);
	pcapng_u16(out, fd->dst_port);
	add_u8(out, fd->l4);
}

static void add_server(struct buf *out, const struct scap_fd *fd, size_t n)
{
	buf_add(out, fd->src_ip, n);
	pcapng_u16(out, fd->src_port);
	add_u8(out, fd->l4);
}

void scap_fd(struct buf *out, const struct scap_fd *fd)
{
	size_t at = entry_begin(out);

	pcapng_u64(out, (uint64_t)fd->fd);
	pcapng_u64(out, fd->ino);
	add_u8(out, fd->type);
	switch (fd->type) {
	case 0: break;
	case FD_IPV4: add_pair(out, fd, 4); break;
	case FD_IPV6: add_pair(out, fd, 16); break;
	case FD_IPV4_SERVER: add_server(out, fd, 4); break;
	case FD_IPV6_SERVER: add_server(out, fd, 16); break;
	case FD_UNIX:
		pcapng_u64(out, fd->unix_src);
		pcapng_u64(out, fd->unix_dst);
		add_text(out, fd->name);
		break;
	case FD_FILE_V2:
		pcapng_u32(out, fd->open_flags);
		add_text(out, fd->name);
		pcapng_u32(out, fd->dev);
		break;
	default: add_text(out, fd->name); break;
	}
	entry_end(out, at);
}

void scap_fds_end(struct buf *out, size_t begun)
{
	block_end(out, begun);
}

/* ---- events ---- */

static uint8_t *put16(uint8_t *p, uint16_t x)
{
	x = htole16(x);
	memcpy(p, &x, sizeof(x));
	return p + sizeof(x);
}

static uint8_t *put32(uint8_t *p, uint32_t x)
{
	x = htole32(x);
	memcpy(p, &x, sizeof(x));
	return p + sizeof(x);
}

static uint8_t *put64(uint8_t *p, uint64_t x)
{
	x = htole64(x);
	memcpy(p, &x, sizeof(x));
	return p + sizeof(x);
}

static uint8_t *put_zeros(uint8_t *p, size_t n)
{
	memset(p, 0, n);
	return p + n;
}

static size_t round4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static uint32_t param_len(const struct scap_event *ev, uint32_t i)
{
	return ev->lens != NULL ? ev->lens[i] : ev->lens32[i];
}

/* What a block is made of. */
struct layout {
	bool wide;		/* lengths of parameters are u32 */
	uint32_t lens_bytes, values_bytes;
	uint32_t event_bytes;	/* header, lengths, values */
	size_t head;		/* cpu and flags */
	size_t option_bytes;	/* value of the custom option, 0: no options */
	size_t total;
};

static bool lay_out(const struct scap_event *ev, struct layout *ret_l)
{
	struct layout l = { .head = ev->flags != 0 ? 6 : 2 };
	uint64_t values = 0;
	size_t ceiling;

	if (ev->nparams > LIMIT_EVENT_PARAMS || (ev->nparams > 0 && ev->lens == NULL && ev->lens32 == NULL)) {
		return false;
	}
	l.wide = ev->type < SCHEMA_EVENTS ? (schema_events[ev->type].flags & EF_LARGE_PAYLOAD) != 0 : ev->lens == NULL;
	for (uint32_t i = 0; i < ev->nparams; i++) {
		uint32_t len = param_len(ev, i);

		if (!l.wide && len > UINT16_MAX) {
			return false;
		}
		values += len;
	}
	ceiling = l.wide ? LIMIT_BLOCK_BYTES - 64 : EVENT_BODY_MAX;
	l.lens_bytes = ev->nparams * (l.wide ? 4 : 2);
	l.option_bytes = ev->extra_len > 0 ? 8 + (size_t)ev->extra_len : 0;
	if (values > ceiling || l.option_bytes > PCAPNG_OPTION_BYTES_MAX) {
		return false;
	}
	l.values_bytes = (uint32_t)values;
	l.event_bytes = EVENT_HEADER_BYTES + l.lens_bytes + l.values_bytes;
	l.total = 12 + round4(l.head + l.event_bytes);
	if (l.option_bytes > 0) {
		l.total += 4 + round4(l.option_bytes) + 4;
	}
	/* Of the ordinary block the two lengths and the type are not counted by readers. */
	if (l.total - 8 > ceiling) {
		return false;
	}
	*ret_l = l;
	return true;
}

static uint8_t *put_lens(uint8_t *p, const struct scap_event *ev, bool wide)
{
	for (uint32_t i = 0; i < ev->nparams; i++) {
		p = wide ? put32(p, param_len(ev, i)) : put16(p, (uint16_t)param_len(ev, i));
	}
	return p;
}

static uint8_t *put_extra(uint8_t *p, const struct scap_event *ev, size_t option_bytes)
{
	p = put16(p, EXTRA_OPTION);
	p = put16(p, (uint16_t)option_bytes);
	p = put32(p, EXTRA_PEN);
	memcpy(p, EXTRA_MAGIC, EXTRA_MAGIC_BYTES);
	memcpy(p + EXTRA_MAGIC_BYTES, ev->extra, ev->extra_len);
	p = put_zeros(p + EXTRA_MAGIC_BYTES + ev->extra_len, round4(option_bytes) - option_bytes);
	return put32(p, PCAPNG_END);
}

bool scap_event(struct buf *out, const struct scap_event *ev)
{
	struct layout l;
	uint8_t *p;
	size_t body;

	if (!lay_out(ev, &l)) {
		return false;
	}
	p = (uint8_t *)buf_room(out, l.total);
	if (p == NULL) {
		return true;	/* the buf has failed, which its owner looks at */
	}
	if (l.wide) {
		p = put32(p, ev->flags != 0 ? BLOCK_LARGE_FLAGS : BLOCK_LARGE);
	} else {
		p = put32(p, ev->flags != 0 ? BLOCK_EVENT_FLAGS : BLOCK_EVENT);
	}
	p = put32(p, (uint32_t)l.total);
	p = put16(p, ev->cpu);
	if (ev->flags != 0) {
		p = put32(p, ev->flags);
	}
	p = put64(p, ev->ts_ns);
	p = put64(p, (uint64_t)ev->tid);
	p = put32(p, l.event_bytes);
	p = put16(p, ev->type);
	p = put32(p, ev->nparams);
	p = put_lens(p, ev, l.wide);
	if (l.values_bytes > 0) {
		memcpy(p, ev->values, l.values_bytes);
		p += l.values_bytes;
	}
	body = l.head + l.event_bytes;
	p = put_zeros(p, round4(body) - body);
	if (l.option_bytes > 0) {
		p = put_extra(p, ev, l.option_bytes);
	}
	put32(p, (uint32_t)l.total);
	out->len += l.total;
	return true;
}
