/*
 * mkcap_calls.c - see mkcap.h: whole events in today's layout, and the pairs of older drivers.
 * Parameters are written in the order of the event table, each with its index where it helps.
 */
#include "mkcap.h"

#define AT_FDCWD_VALUE (-100)
#define DEVICE 0x801

static void data_param(struct mkcap *m, const char *data)
{
	mkcap_p_bytes(m, data, data != NULL ? strlen(data) : 0);
}

static uint32_t size_of(int64_t res, const char *data)
{
	return res > 0 ? (uint32_t)res : (uint32_t)(data != NULL ? strlen(data) : 0);
}

void mkcap_openat(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, const char *path,
		  uint32_t flags)
{
	mkcap_event(m, ts, tid, 307);
	mkcap_p_s64(m, fd);
	mkcap_p_s64(m, AT_FDCWD_VALUE);
	mkcap_p_str(m, path);
	mkcap_p_u32(m, flags);
	mkcap_p_u32(m, 0644);
	mkcap_p_u32(m, DEVICE);
	mkcap_p_u64(m, 1000 + (uint64_t)fd);
	mkcap_end(m);
}

static void transfer(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type, int64_t res,
		     int64_t fd, const char *data)
{
	mkcap_event(m, ts, tid, type);
	mkcap_p_s64(m, res);
	data_param(m, data);
	mkcap_p_s64(m, fd);
	mkcap_p_u32(m, size_of(res, data));
	mkcap_end(m);
}

void mkcap_read(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		const char *data)
{
	transfer(m, ts, tid, 7, res, fd, data);
}

void mkcap_write(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		 const char *data)
{
	transfer(m, ts, tid, 9, res, fd, data);
}

void mkcap_close(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd)
{
	mkcap_event(m, ts, tid, 5);
	mkcap_p_s64(m, res);
	mkcap_p_s64(m, fd);
	mkcap_end(m);
}

/* ---- processes ----------------------------------------------------------------------------- */

/* Parameters 0 to 14, which clone and execve have in common. */
static void task_head(struct mkcap *m, const struct mkcap_task *t)
{
	mkcap_p_s64(m, t->res);
	mkcap_p_str(m, t->exe);
	mkcap_p_bytes(m, t->args, t->args_len);
	mkcap_p_s64(m, t->tid);
	mkcap_p_s64(m, t->pid);
	mkcap_p_s64(m, t->ptid);
	mkcap_p_str(m, t->cwd != NULL ? t->cwd : "");
	mkcap_p_s64(m, t->fdlimit);
	mkcap_p_u64(m, t->pgft_maj);
	mkcap_p_u64(m, t->pgft_min);
	mkcap_p_u32(m, t->vm_size);
	mkcap_p_u32(m, t->vm_rss);
	mkcap_p_u32(m, t->vm_swap);
	mkcap_p_str(m, t->comm);
	mkcap_p_bytes(m, t->cgroups, t->cgroups_len);
}

void mkcap_clone_full(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type,
		      unsigned int nparams, const struct mkcap_task *t)
{
	assert(nparams == 20 || nparams == 21);
	mkcap_event(m, ts, tid, type);
	task_head(m, t);
	mkcap_p_u32(m, t->flags);
	mkcap_p_u32(m, t->uid);
	mkcap_p_u32(m, t->gid);
	mkcap_p_s64(m, t->vtid);
	mkcap_p_s64(m, t->vpid);
	if (nparams > 20) {
		mkcap_p_u64(m, t->pidns_init_start_ns);
	}
	mkcap_end(m);
}

static void execve_param(struct mkcap *m, unsigned int index, const struct mkcap_task *t)
{
	switch (index) {
	case 15: mkcap_p_bytes(m, t->env, t->env_len); break;
	case 16: mkcap_p_u32(m, t->tty); break;
	case 17: mkcap_p_s64(m, t->vpgid); break;
	case 18: mkcap_p_u32(m, t->loginuid); break;
	case 19: mkcap_p_u32(m, t->flags); break;
	case 20: mkcap_p_u64(m, t->cap_inheritable); break;
	case 21: mkcap_p_u64(m, t->cap_permitted); break;
	case 22: mkcap_p_u64(m, t->cap_effective); break;
	case 23: mkcap_p_u64(m, t->exe_ino); break;
	case 24: mkcap_p_u64(m, t->exe_ctime_ns); break;
	case 25: mkcap_p_u64(m, t->exe_mtime_ns); break;
	case 26: mkcap_p_u32(m, t->uid); break;
	case 27: mkcap_p_str(m, t->exepath); break;
	case 28: mkcap_p_s64(m, t->pgid); break;
	case 29: mkcap_p_u32(m, t->gid); break;
	case 30: mkcap_p_str(m, t->filename); break;
	default: assert(index < 31); break;
	}
}

void mkcap_execve_full(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type,
		       unsigned int nparams, const struct mkcap_task *t)
{
	assert(nparams >= 15 && nparams <= (type == 331 ? 30 : 31));
	mkcap_event(m, ts, tid, type);
	task_head(m, t);
	for (unsigned int i = 15; i < nparams; i++) {
		execve_param(m, i, t);
	}
	mkcap_end(m);
}

static struct mkcap_task task_of(const struct mkcap *m, int64_t tid, int64_t pid, int64_t ptid,
				 const char *comm)
{
	struct mkcap_task t = {
		.tid = tid,
		.pid = pid,
		.ptid = ptid,
		.exe = comm,
		.comm = comm,
		.vtid = tid,
		.vpid = pid,
		.cgroups = m->cgroups,
		.cgroups_len = m->cgroups_len,
		.fdlimit = 1024,
		.uid = m->uid,
		.gid = m->gid,
		.loginuid = UINT32_MAX,
		.vpgid = pid,
		.pgid = pid,
	};
	return t;
}

void mkcap_clone_child(struct mkcap *m, uint64_t ts, int64_t tid, int64_t pid, int64_t ptid,
		       const char *comm, uint32_t flags)
{
	struct mkcap_task t = task_of(m, tid, pid, ptid, comm);

	t.flags = flags;
	mkcap_clone_full(m, ts, tid, 223, 21, &t);
}

void mkcap_clone_parent(struct mkcap *m, uint64_t ts, int64_t tid, int64_t child, const char *comm,
			uint32_t flags)
{
	struct mkcap_task t = task_of(m, tid, tid, 1, comm);

	t.res = child;
	t.flags = flags;
	mkcap_clone_full(m, ts, tid, 223, 21, &t);
}

void mkcap_execve(struct mkcap *m, uint64_t ts, int64_t tid, int64_t pid, int64_t ptid,
		  const char *exe, const char *args, size_t args_len, const char *comm,
		  const char *path)
{
	struct mkcap_task t = task_of(m, tid, pid, ptid, comm);

	t.exe = exe;
	t.args = args;
	t.args_len = args_len;
	t.exepath = path;
	t.filename = path;
	mkcap_execve_full(m, ts, tid, 293, 31, &t);
}

/* status is a wait status: exit code in bits 8 to 15, signal in 0 to 6, core dump in 7. */
void mkcap_procexit(struct mkcap *m, uint64_t ts, int64_t tid, int64_t status)
{
	mkcap_event(m, ts, tid, 186);
	mkcap_p_s64(m, status);
	mkcap_p_s64(m, (status & 0x7F) == 0 ? status >> 8 & 0xFF : -1);
	mkcap_p_u8(m, (uint8_t)(status & 0x7F));
	mkcap_p_u8(m, (status & 0x80) != 0);
	mkcap_p_s64(m, 1);
	mkcap_end(m);
}

void mkcap_procexit_old(struct mkcap *m, uint64_t ts, int64_t tid)
{
	mkcap_event(m, ts, tid, 16);
	mkcap_end(m);
}

void mkcap_switch(struct mkcap *m, uint64_t ts, int64_t tid, int64_t next)
{
	mkcap_event(m, ts, tid, 152);
	mkcap_p_s64(m, next);
	mkcap_p_u64(m, 0);
	mkcap_p_u64(m, 0);
	mkcap_p_u32(m, 0);
	mkcap_p_u32(m, 0);
	mkcap_p_u32(m, 0);
	mkcap_end(m);
}

void mkcap_chdir(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, const char *path)
{
	mkcap_event(m, ts, tid, 95);
	mkcap_p_s64(m, res);
	mkcap_p_str(m, path);
	mkcap_end(m);
}

/* ---- descriptors --------------------------------------------------------------------------- */

void mkcap_dup(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t oldfd)
{
	mkcap_event(m, ts, tid, 367);
	mkcap_p_s64(m, res);
	mkcap_p_s64(m, oldfd);
	mkcap_end(m);
}

void mkcap_dup2(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t oldfd,
		int64_t newfd)
{
	mkcap_event(m, ts, tid, 363);
	mkcap_p_s64(m, res);
	mkcap_p_s64(m, oldfd);
	mkcap_p_s64(m, newfd);
	mkcap_end(m);
}

void mkcap_pipe(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd1, int64_t fd2, uint64_t ino)
{
	mkcap_event(m, ts, tid, 393);
	mkcap_p_s64(m, 0);
	mkcap_p_s64(m, fd1);
	mkcap_p_s64(m, fd2);
	mkcap_p_u64(m, ino);
	mkcap_p_u32(m, 0);
	mkcap_end(m);
}

void mkcap_socket(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, uint32_t domain,
		  uint32_t type, uint32_t proto)
{
	mkcap_event(m, ts, tid, 19);
	mkcap_p_s64(m, fd);
	mkcap_p_u32(m, domain);
	mkcap_p_u32(m, type);
	mkcap_p_u32(m, proto);
	mkcap_p_u32(m, 0);
	mkcap_end(m);
}

void mkcap_socketpair(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd1, int64_t fd2,
		      uint64_t source, uint64_t peer)
{
	mkcap_event(m, ts, tid, 43);
	mkcap_p_s64(m, 0);
	mkcap_p_s64(m, fd1);
	mkcap_p_s64(m, fd2);
	mkcap_p_u64(m, source);
	mkcap_p_u64(m, peer);
	mkcap_p_u32(m, 1);
	mkcap_p_u32(m, 1);
	mkcap_p_u32(m, 0);
	mkcap_end(m);
}

void mkcap_bind4(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, const char *ip,
		 uint16_t port)
{
	mkcap_event(m, ts, tid, 21);
	mkcap_p_s64(m, res);
	mkcap_p_sockaddr4(m, ip, port);
	mkcap_p_s64(m, fd);
	mkcap_end(m);
}

void mkcap_connect4(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		    const char *sip, uint16_t sport, const char *dip, uint16_t dport)
{
	mkcap_event(m, ts, tid, 23);
	mkcap_p_s64(m, res);
	mkcap_p_tuple4(m, sip, sport, dip, dport);
	mkcap_p_s64(m, fd);
	mkcap_p_sockaddr4(m, dip, dport);
	mkcap_end(m);
}

void mkcap_connect6(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		    const char *sip, uint16_t sport, const char *dip, uint16_t dport)
{
	mkcap_event(m, ts, tid, 23);
	mkcap_p_s64(m, res);
	mkcap_p_tuple6(m, sip, sport, dip, dport);
	mkcap_p_s64(m, fd);
	mkcap_p_sockaddr6(m, dip, dport);
	mkcap_end(m);
}

void mkcap_connect_unix(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
			uint64_t src, uint64_t dst, const char *path)
{
	mkcap_event(m, ts, tid, 23);
	mkcap_p_s64(m, res);
	mkcap_p_tuple_unix(m, src, dst, path);
	mkcap_p_s64(m, fd);
	mkcap_p_sockaddr_unix(m, path);
	mkcap_end(m);
}

/* Parameters 2 to 5 of accept4: the queue and the flags. */
static void accept_tail(struct mkcap *m)
{
	mkcap_p_u8(m, 0);
	mkcap_p_u32(m, 0);
	mkcap_p_u32(m, 128);
	mkcap_p_u32(m, 0);
	mkcap_end(m);
}

void mkcap_accept4(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, const char *sip,
		   uint16_t sport, const char *dip, uint16_t dport)
{
	mkcap_event(m, ts, tid, 389);
	mkcap_p_s64(m, fd);
	mkcap_p_tuple4(m, sip, sport, dip, dport);
	accept_tail(m);
}

void mkcap_accept_unix(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, uint64_t src,
		       uint64_t dst, const char *path)
{
	mkcap_event(m, ts, tid, 389);
	mkcap_p_s64(m, fd);
	mkcap_p_tuple_unix(m, src, dst, path);
	accept_tail(m);
}

void mkcap_sendto4(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		   const char *data, const char *sip, uint16_t sport, const char *dip,
		   uint16_t dport)
{
	mkcap_event(m, ts, tid, 31);
	mkcap_p_s64(m, res);
	data_param(m, data);
	mkcap_p_s64(m, fd);
	mkcap_p_u32(m, size_of(res, data));
	mkcap_p_tuple4(m, sip, sport, dip, dport);
	mkcap_end(m);
}

void mkcap_recvfrom4(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		     const char *data, const char *sip, uint16_t sport, const char *dip,
		     uint16_t dport)
{
	mkcap_event(m, ts, tid, 35);
	mkcap_p_s64(m, res);
	data_param(m, data);
	mkcap_p_tuple4(m, sip, sport, dip, dport);
	mkcap_p_s64(m, fd);
	mkcap_p_u32(m, size_of(res, data));
	mkcap_end(m);
}

void mkcap_drop(struct mkcap *m, uint64_t ts, bool enter, uint32_t ratio)
{
	mkcap_event(m, ts, -1, enter ? 148 : 149);
	mkcap_p_u32(m, ratio);
	mkcap_end(m);
}

/* ---- state records ------------------------------------------------------------------------- */

void mkcap_container_json(struct mkcap *m, uint64_t ts, const char *json)
{
	mkcap_event(m, ts, -1, 324);
	mkcap_p_str(m, json);
	mkcap_end(m);
}

void mkcap_container_json16(struct mkcap *m, uint64_t ts, const char *json)
{
	mkcap_event(m, ts, -1, 272);
	mkcap_p_str(m, json);
	mkcap_end(m);
}

void mkcap_container_async(struct mkcap *m, uint64_t ts, const char *name, const char *json)
{
	mkcap_event(m, ts, -1, 402);
	mkcap_p_u32(m, 0);
	mkcap_p_str(m, name);
	mkcap_p_bytes(m, json, strlen(json) + 1);
	mkcap_end(m);
}

void mkcap_container_old(struct mkcap *m, uint64_t ts, const char *id, uint32_t type,
			 const char *name, const char *image)
{
	mkcap_event(m, ts, -1, 228);
	mkcap_p_str(m, id);
	mkcap_p_u32(m, type);
	mkcap_p_str(m, name);
	mkcap_p_str(m, image);
	mkcap_end(m);
}

void mkcap_user_added(struct mkcap *m, uint64_t ts, uint32_t uid, uint32_t gid, const char *name,
		      const char *container)
{
	mkcap_event(m, ts, -1, 354);
	mkcap_p_u32(m, uid);
	mkcap_p_u32(m, gid);
	mkcap_p_str(m, name);
	mkcap_p_str(m, "/home");
	mkcap_p_str(m, "/bin/sh");
	mkcap_p_str(m, container);
	mkcap_end(m);
}

void mkcap_group_added(struct mkcap *m, uint64_t ts, uint32_t gid, const char *name,
		       const char *container)
{
	mkcap_event(m, ts, -1, 358);
	mkcap_p_u32(m, gid);
	mkcap_p_str(m, name);
	mkcap_p_str(m, container);
	mkcap_end(m);
}

/* ---- pairs of older drivers ---------------------------------------------------------------- */

static void enter_fd_size(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type, int64_t fd,
			  uint32_t size)
{
	mkcap_event(m, ts, tid, type);
	mkcap_p_s64(m, fd);
	mkcap_p_u32(m, size);
	mkcap_end(m);
}

static void exit_res_data(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type, int64_t res,
			  const char *data)
{
	mkcap_event(m, ts, tid, type);
	mkcap_p_s64(m, res);
	data_param(m, data);
	mkcap_end(m);
}

/* Events with one s64, the fd or the result. */
static void single_s64(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type, int64_t x)
{
	mkcap_event(m, ts, tid, type);
	mkcap_p_s64(m, x);
	mkcap_end(m);
}

void mkcap_read_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, uint32_t size)
{
	enter_fd_size(m, ts, tid, 6, fd, size);
}

void mkcap_read_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, const char *data)
{
	exit_res_data(m, ts, tid, 7, res, data);
}

void mkcap_write_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, uint32_t size)
{
	enter_fd_size(m, ts, tid, 8, fd, size);
}

void mkcap_write_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, const char *data)
{
	exit_res_data(m, ts, tid, 9, res, data);
}

void mkcap_close_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd)
{
	single_s64(m, ts, tid, 4, fd);
}

void mkcap_close_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res)
{
	single_s64(m, ts, tid, 5, res);
}

void mkcap_open_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, const char *name,
			  uint32_t flags)
{
	mkcap_event(m, ts, tid, 2);
	if (name != NULL) {
		mkcap_p_str(m, name);
		mkcap_p_u32(m, flags);
		mkcap_p_u32(m, 0644);
	}
	mkcap_end(m);
}

void mkcap_open_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, const char *name,
			 uint32_t flags)
{
	mkcap_event(m, ts, tid, 3);
	mkcap_p_s64(m, fd);
	mkcap_p_str(m, name);
	mkcap_p_u32(m, flags);
	mkcap_p_u32(m, 0644);
	mkcap_end(m);
}

void mkcap_socket_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, uint32_t domain,
			    uint32_t type, uint32_t proto)
{
	mkcap_event(m, ts, tid, 18);
	mkcap_p_u32(m, domain);
	mkcap_p_u32(m, type);
	mkcap_p_u32(m, proto);
	mkcap_end(m);
}

void mkcap_socket_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd)
{
	single_s64(m, ts, tid, 19, fd);
}

void mkcap_connect_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, const char *ip,
			     uint16_t port)
{
	mkcap_event(m, ts, tid, 22);
	mkcap_p_s64(m, fd);
	if (ip != NULL) {
		mkcap_p_sockaddr4(m, ip, port);
	}
	mkcap_end(m);
}

void mkcap_connect_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, const char *sip,
			    uint16_t sport, const char *dip, uint16_t dport)
{
	mkcap_event(m, ts, tid, 23);
	mkcap_p_s64(m, res);
	mkcap_p_tuple4(m, sip, sport, dip, dport);
	mkcap_end(m);
}
