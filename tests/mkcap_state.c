/*
 * mkcap_state.c - see mkcap.h: the metadata lists in front of the events: machine, processes, fds,
 * users, groups, interfaces, in every version a writer produced.
 */
#include "mkcap.h"

#include <stdio.h>
#include <stdlib.h>

/* Bytes of the V9 tail, newest layout, up to and with pgid. */
#define TAIL_FULL 76
/* Up to this many bytes the tail is the older one without pidns_init_start_ts and tty. */
#define TAIL_OLD_MAX 29

void mkcap_machine(struct mkcap *m, const char *hostname, uint32_t cpus, uint64_t boot_ns)
{
	char host[128] = { 0 };

	memcpy(host, hostname, strnlen(hostname, sizeof(host)));
	mkcap_block_begin(m, 0x201);
	mkcap_u32(&m->out, cpus, m->big_endian);
	mkcap_u64(&m->out, UINT64_C(8) << 30, m->big_endian);
	mkcap_u64(&m->out, 4194304, m->big_endian);
	buf_add(&m->out, host, sizeof(host));
	mkcap_u64(&m->out, boot_ns, m->big_endian);
	mkcap_u64(&m->out, 0, m->big_endian);
	mkcap_u64(&m->out, 0, m->big_endian);
	mkcap_u64(&m->out, 0, m->big_endian);
	mkcap_block_end(m);
}

/* ---- processes ----------------------------------------------------------------------------- */

static void text16(struct mkcap *m, const char *s)
{
	mkcap_str16(&m->out, s, s != NULL ? strlen(s) : 0, m->big_endian);
}

static void s64(struct mkcap *m, int64_t x)
{
	mkcap_u64(&m->out, (uint64_t)x, m->big_endian);
}

static void memory_fields(struct mkcap *m, const struct mkcap_proc *p)
{
	mkcap_u32(&m->out, p->vmsize_kb, m->big_endian);
	mkcap_u32(&m->out, p->vmrss_kb, m->big_endian);
	mkcap_u32(&m->out, p->vmswap_kb, m->big_endian);
	mkcap_u64(&m->out, p->pfmajor, m->big_endian);
	mkcap_u64(&m->out, p->pfminor, m->big_endian);
}

static void caps(struct mkcap *m, struct buf *b, const struct mkcap_proc *p)
{
	mkcap_u64(b, p->cap_inheritable, m->big_endian);
	mkcap_u64(b, p->cap_permitted, m->big_endian);
	mkcap_u64(b, p->cap_effective, m->big_endian);
}

static void tail_old(struct mkcap *m, struct buf *b, const struct mkcap_proc *p)
{
	mkcap_u32(b, p->loginuid, m->big_endian);
	buf_addc(b, (char)p->exe_writable);
	caps(m, b, p);
}

static void tail_new(struct mkcap *m, struct buf *b, const struct mkcap_proc *p)
{
	mkcap_u64(b, p->pidns_init_start_ns, m->big_endian);
	mkcap_u32(b, p->tty, m->big_endian);
	mkcap_u32(b, p->loginuid, m->big_endian);
	buf_addc(b, (char)p->exe_writable);
	caps(m, b, p);
	buf_addc(b, (char)p->exe_upper);
	mkcap_u64(b, p->exe_ino, m->big_endian);
	mkcap_u64(b, p->exe_ctime_ns, m->big_endian);
	mkcap_u64(b, p->exe_mtime_ns, m->big_endian);
	buf_addc(b, (char)p->exe_memfd);
	buf_addc(b, (char)p->exe_lower);
	mkcap_u64(b, (uint64_t)p->pgid, m->big_endian);
}

static bool tail_known(unsigned int n)
{
	static const unsigned int known[] = { 0, 4, 5, 29, 66, 67, 68, TAIL_FULL };

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (n == known[i]) {
			return true;
		}
	}
	return n > TAIL_FULL;
}

static void tail(struct mkcap *m, unsigned int n, const struct mkcap_proc *p)
{
	struct buf b;

	if (!tail_known(n)) {
		fprintf(stderr, "mkcap: no writer made a tail of %u bytes (pgid ends at %d)\n", n,
			TAIL_FULL);
		abort();
	}
	buf_init(&b, 4096);
	if (n <= TAIL_OLD_MAX) {
		tail_old(m, &b, p);
	} else {
		tail_new(m, &b, p);
	}
	while (b.len < n) {
		buf_addc(&b, '\0');
	}
	buf_add(&m->out, b.data, n);
	buf_release(&b);
}

static void process(struct mkcap *m, int version, unsigned int tail_bytes,
		    const struct mkcap_proc *p)
{
	size_t entry_at = m->out.len;

	if (version >= 9) {
		mkcap_u32(&m->out, 0, m->big_endian);
	}
	s64(m, p->tid);
	s64(m, p->pid);
	s64(m, p->ptid);
	if (version >= 6) {
		s64(m, p->sid);
	}
	if (version >= 8) {
		s64(m, p->vpgid);
	}
	text16(m, p->comm);
	text16(m, p->exe);
	if (version >= 7) {
		text16(m, p->exepath);
	}
	mkcap_str16(&m->out, p->args, p->args_len, m->big_endian);
	text16(m, p->cwd);
	s64(m, p->fdlimit);
	mkcap_u32(&m->out, p->flags, m->big_endian);
	mkcap_u32(&m->out, p->uid, m->big_endian);
	mkcap_u32(&m->out, p->gid, m->big_endian);
	if (version >= 2) {
		memory_fields(m, p);
	}
	if (version >= 3) {
		mkcap_str16(&m->out, p->env, p->env_len, m->big_endian);
	}
	if (version >= 4) {
		s64(m, p->vtid);
		s64(m, p->vpid);
		mkcap_str16(&m->out, p->cgroups, p->cgroups_len, m->big_endian);
	}
	if (version >= 5) {
		text16(m, p->root);
	}
	if (version >= 9) {
		tail(m, tail_bytes, p);
		mkcap_patch32(&m->out, entry_at, (uint32_t)(m->out.len - entry_at), m->big_endian);
	}
}

void mkcap_processes(struct mkcap *m, int version, unsigned int tail_bytes,
		     const struct mkcap_proc *p, size_t n)
{
	static const uint32_t block_type[] = {
		0, 0x202, 0x207, 0x209, 0x210, 0x211, 0x212, 0x213, 0x214, 0x215,
	};

	assert(version >= 1 && version <= 9);
	mkcap_block_begin(m, block_type[version]);
	for (size_t i = 0; i < n; i++) {
		process(m, version, tail_bytes, &p[i]);
	}
	mkcap_block_end(m);
}

/* ---- fds ----------------------------------------------------------------------------------- */

void mkcap_fds_begin(struct mkcap *m, bool v2, int64_t tid)
{
	m->fds_v2 = v2;
	mkcap_block_begin(m, v2 ? 0x218 : 0x203);
	s64(m, tid);
}

static void entry_begin(struct mkcap *m, int64_t fd, uint64_t ino, uint8_t type)
{
	m->entry_at = m->out.len;
	if (m->fds_v2) {
		mkcap_u32(&m->out, 0, m->big_endian);
	}
	s64(m, fd);
	mkcap_u64(&m->out, ino, m->big_endian);
	buf_addc(&m->out, (char)type);
}

static void entry_end(struct mkcap *m)
{
	if (m->fds_v2) {
		mkcap_patch32(&m->out, m->entry_at, (uint32_t)(m->out.len - m->entry_at),
			      m->big_endian);
	}
}

void mkcap_fd_named(struct mkcap *m, int64_t fd, uint64_t ino, uint8_t type, const char *name)
{
	entry_begin(m, fd, ino, type);
	text16(m, name);
	entry_end(m);
}

void mkcap_fd_file2(struct mkcap *m, int64_t fd, uint64_t ino, uint32_t flags, const char *name,
		    uint32_t dev)
{
	entry_begin(m, fd, ino, 16);
	mkcap_u32(&m->out, flags, m->big_endian);
	text16(m, name);
	if (m->fds_v2) {
		mkcap_u32(&m->out, dev, m->big_endian);
	}
	entry_end(m);
}

void mkcap_fd_ipv4(struct mkcap *m, int64_t fd, uint64_t ino, const char *sip, uint16_t sport,
		   const char *dip, uint16_t dport, uint8_t l4)
{
	entry_begin(m, fd, ino, 3);
	mkcap_ip4(&m->out, sip);
	mkcap_ip4(&m->out, dip);
	mkcap_u16(&m->out, sport, m->big_endian);
	mkcap_u16(&m->out, dport, m->big_endian);
	buf_addc(&m->out, (char)l4);
	entry_end(m);
}

void mkcap_fd_ipv6(struct mkcap *m, int64_t fd, uint64_t ino, const char *sip, uint16_t sport,
		   const char *dip, uint16_t dport, uint8_t l4)
{
	entry_begin(m, fd, ino, 4);
	mkcap_ip6(&m->out, sip);
	mkcap_ip6(&m->out, dip);
	mkcap_u16(&m->out, sport, m->big_endian);
	mkcap_u16(&m->out, dport, m->big_endian);
	buf_addc(&m->out, (char)l4);
	entry_end(m);
}

void mkcap_fd_server4(struct mkcap *m, int64_t fd, uint64_t ino, const char *ip, uint16_t port,
		      uint8_t l4)
{
	entry_begin(m, fd, ino, 5);
	mkcap_ip4(&m->out, ip);
	mkcap_u16(&m->out, port, m->big_endian);
	buf_addc(&m->out, (char)l4);
	entry_end(m);
}

void mkcap_fd_server6(struct mkcap *m, int64_t fd, uint64_t ino, const char *ip, uint16_t port,
		      uint8_t l4)
{
	entry_begin(m, fd, ino, 6);
	mkcap_ip6(&m->out, ip);
	mkcap_u16(&m->out, port, m->big_endian);
	buf_addc(&m->out, (char)l4);
	entry_end(m);
}

void mkcap_fd_unix(struct mkcap *m, int64_t fd, uint64_t ino, uint64_t src, uint64_t dst,
		   const char *path)
{
	entry_begin(m, fd, ino, 8);
	mkcap_u64(&m->out, src, m->big_endian);
	mkcap_u64(&m->out, dst, m->big_endian);
	text16(m, path);
	entry_end(m);
}

void mkcap_fds_end(struct mkcap *m)
{
	mkcap_block_end(m);
}

/* ---- users and interfaces ------------------------------------------------------------------ */

static void user(struct mkcap *m, bool v2, const char *name, uint32_t uid)
{
	size_t at = m->out.len;
	struct buf home;

	buf_init(&home, 4096);
	buf_adds(&home, "/home/");
	buf_adds(&home, name);
	if (v2) {
		mkcap_u32(&m->out, 0, m->big_endian);
	}
	buf_addc(&m->out, 0);
	mkcap_u32(&m->out, uid, m->big_endian);
	mkcap_u32(&m->out, uid, m->big_endian);
	text16(m, name);
	mkcap_str16(&m->out, home.data, home.len, m->big_endian);
	text16(m, "/bin/sh");
	if (v2) {
		mkcap_patch32(&m->out, at, (uint32_t)(m->out.len - at), m->big_endian);
	}
	buf_release(&home);
}

static void group(struct mkcap *m, bool v2, const char *name, uint32_t gid)
{
	size_t at = m->out.len;

	if (v2) {
		mkcap_u32(&m->out, 0, m->big_endian);
	}
	buf_addc(&m->out, 1);
	mkcap_u32(&m->out, gid, m->big_endian);
	text16(m, name);
	if (v2) {
		mkcap_patch32(&m->out, at, (uint32_t)(m->out.len - at), m->big_endian);
	}
}

void mkcap_accounts(struct mkcap *m, bool v2, const char *const *users, const uint32_t *uids,
		    size_t nusers, const char *const *groups, const uint32_t *gids, size_t ngroups)
{
	mkcap_block_begin(m, v2 ? 0x220 : 0x206);
	for (size_t i = 0; i < nusers; i++) {
		user(m, v2, users[i], uids[i]);
	}
	for (size_t i = 0; i < ngroups; i++) {
		group(m, v2, groups[i], gids[i]);
	}
	mkcap_block_end(m);
}

void mkcap_users(struct mkcap *m, bool v2, const char *const *names, const uint32_t *uids, size_t n)
{
	mkcap_accounts(m, v2, names, uids, n, NULL, NULL, 0);
}

void mkcap_groups(struct mkcap *m, bool v2, const char *const *names, const uint32_t *gids,
		  size_t n)
{
	mkcap_accounts(m, v2, NULL, NULL, 0, names, gids, n);
}

/* The entry's length field does not count itself, unlike those of the other lists. */
static void interface(struct mkcap *m, bool v2, const char *name, const char *ip, const char *mask,
		      bool six)
{
	size_t at = m->out.len;

	if (v2) {
		mkcap_u32(&m->out, 0, m->big_endian);
	}
	mkcap_u16(&m->out, six ? 2 : 1, m->big_endian);
	mkcap_u16(&m->out, (uint16_t)strlen(name), m->big_endian);
	if (six) {
		mkcap_ip6(&m->out, ip);
		mkcap_ip6(&m->out, mask);
		mkcap_ip6(&m->out, "::");
	} else {
		mkcap_ip4(&m->out, ip);
		mkcap_ip4(&m->out, mask);
		mkcap_ip4(&m->out, "0.0.0.0");
	}
	mkcap_u64(&m->out, 0, m->big_endian);
	buf_adds(&m->out, name);
	if (v2) {
		mkcap_patch32(&m->out, at, (uint32_t)(m->out.len - at - 4), m->big_endian);
	}
}

void mkcap_interfaces(struct mkcap *m, bool v2, const char *name, const char *ip4,
		      const char *mask4, const char *ip6, const char *mask6)
{
	mkcap_block_begin(m, v2 ? 0x219 : 0x205);
	if (ip4 != NULL) {
		interface(m, v2, name, ip4, mask4, false);
	}
	if (ip6 != NULL) {
		interface(m, v2, name, ip6, mask6, true);
	}
	mkcap_block_end(m);
}

void mkcap_interface4(struct mkcap *m, bool v2, const char *name, const char *ip, const char *mask)
{
	mkcap_interfaces(m, v2, name, ip, mask, NULL, NULL);
}

void mkcap_interface6(struct mkcap *m, bool v2, const char *name, const char *ip, const char *mask)
{
	mkcap_interfaces(m, v2, name, NULL, NULL, ip, mask);
}
