/*
 * state_internal.h - what the files of this folder share: the live tables behind the views.
 *
 * Mutable records (struct task, group, fd_table, container) belong to the fold alone; views are
 * what events point at. Memory: every object comes from s->slab. When memory runs out a function
 * gives NULL (or does nothing) and sets s->oom; state_fold turns that into ERR_NOMEM, so effects
 * need not hand codes around.
 *
 * A count of references is a plain integer: only the fold touches it. A view whose count drops to
 * zero is retired, not freed: batches not yet released may point at it.
 */
#ifndef STATE_STATE_INTERNAL_H
#define STATE_STATE_INTERNAL_H

#include "base/buf.h"
#include "base/limits.h"
#include "base/map.h"
#include "events/addr.h"
#include "state/slab.h"
#include "state/state.h"

/* Ceilings of this folder that no input of a sane host comes near. */
#define STATE_ANCESTORS_MAX 64	/* levels of a ref_chain: deeper trees exist only in attacks */
#define STATE_REAPER_STEPS 256	/* ancestors looked at for a reaper */
#define STATE_SCAN_FDS 4096	/* fds of a process compared to guess a socket's role */
#define STATE_SCAN_INTERFACES 256	/* interfaces compared to patch a zero address */
#define STATE_SCANS_MAX 64	/* times that events follow lists: once in a real section */
#define STATE_NAME_BYTES 255	/* user, group and interface names: the format's own ceiling */

#define NS_2S (2 * NSEC_PER_SEC)

struct container;
struct group;
struct task;

/* ---- strings (str.c) --------------------------------------------------------------------- */

struct str_slot {
	struct str *s;
	uint32_t hash;
};

struct str_table {
	struct str_slot *slots;		/* owns; from malloc */
	size_t mask, count;
	uint64_t seed;			/* against crafted collisions; order never shows */
};

/* Each gives a reference the caller must give back. Content longer than LIMIT_STRING_BYTES is cut.
 * str_get shares equal content; str_plain does not (large and rarely equal). Never NULL: without
 * memory the empty string. */
const struct str *str_get(struct state *s, const void *p, size_t len);
const struct str *str_plain(struct state *s, const void *p, size_t len);
/* A name that many threads and rows show though few events told it (comm, exepath): cut to
 * LIMIT_PATH_BYTES, or a small input would make a huge report. */
const struct str *str_name(struct state *s, const void *p, size_t len);
const struct str *str_ref(const struct str *x);
void str_unref(struct state *s, const struct str *x);
/* A string that lives as long as the state (user names, containers). */
const struct str *str_forever(struct state *s, const void *p, size_t len);
/* *field = x, giving back what was there. Takes the reference x. */
void str_set(struct state *s, const struct str **field, const struct str *x);
void str_table_release(struct str_table *t);

static inline bool str_equal(const struct str *x, const void *p, size_t len)
{
	return x->len == len && (len == 0 || memcmp(x->s, p, len) == 0);
}

/* ---- retired views (retire.c) ------------------------------------------------------------ */

enum retired_kind { RETIRED_THREAD, RETIRED_FD, RETIRED_ENTER };	/* a pointer's low bits */

struct retire_mark {
	uint64_t serial;
	uint64_t end;			/* everything before it was retired up to that batch */
};

struct retired {
	uintptr_t *ring;		/* owns */
	size_t mask;			/* slots - 1, 0: none */
	uint64_t head, tail;
	struct retire_mark *marks;	/* owns; a ring too */
	size_t mark_mask;
	uint64_t mark_head, mark_tail;
};

void retire(struct state *s, const void *p, enum retired_kind kind);
/* Everything retired so far belongs to batch serial. */
void retire_mark(struct state *s, uint64_t serial);
void retire_until(struct state *s, uint64_t serial);
void retired_release(struct retired *r);

/* ---- fds (fds.c) ------------------------------------------------------------------------- */

#define FD_CHUNK 32u
#define FD_INLINE_CHUNKS 2u

/* Entries are a view's address, bit 0 close-on-exec; 0: no fd. Chunks are shared by forked
 * tables until one of them writes. */
struct fd_chunk {
	uint32_t refs;
	uint16_t used, cloexec;		/* entries that are not 0; of those, with bit 0 */
	uintptr_t e[FD_CHUNK];
};

struct fd_table {
	uint32_t refs;		/* groups that share it (CLONE_FILES without CLONE_THREAD) */
	uint32_t used;		/* open fds */
	uint32_t chunks;	/* length of dir */
	struct fd_chunk **dir;
	struct fd_chunk *few[FD_INLINE_CHUNKS];
	uint32_t *types;	/* owns; open fds by type, FD_TYPE_COUNT of them. NULL: nobody asks (WANT_COUNTS) */
};

#define FD_VIEW(e) ((struct fd_view *)((e) & ~(uintptr_t)1))
#define FD_CLOEXEC(e) (((e) & 1) != 0)

static inline uintptr_t fds_entry(const struct fd_table *t, int64_t fd)
{
	const struct fd_chunk *c;

	if (UNLIKELY((uint64_t)fd >= (uint64_t)t->chunks * FD_CHUNK)) {
		return 0;
	}
	c = t->dir[(uint64_t)fd / FD_CHUNK];
	return c != NULL ? c->e[(uint64_t)fd % FD_CHUNK] : 0;
}

static inline struct fd_view *fds_get(const struct fd_table *t, int64_t fd)
{
	return FD_VIEW(fds_entry(t, fd));
}

struct fd_table *fds_new(struct state *s);
struct fd_table *fds_copy(struct state *s, const struct fd_table *from);
void fds_unref(struct state *s, struct fd_table *t);
/* Puts v at fd, replacing what was there. Takes a reference of v. False: beyond a ceiling
 * (counted) or no memory. */
bool fds_set(struct state *s, struct fd_table *t, int64_t fd, struct fd_view *v, bool cloexec);
void fds_remove(struct state *s, struct fd_table *t, int64_t fd);
void fds_set_cloexec(struct state *s, struct fd_table *t, int64_t fd, bool cloexec);
/* close_range: removes, or only marks close-on-exec. */
void fds_remove_range(struct state *s, struct fd_table *t, uint64_t first, uint64_t last,
		      bool mark);
void fds_remove_cloexec(struct state *s, struct fd_table *t);
/* Types of the open fds as bits by enum fd_type; only with WANT_COUNTS. */
uint32_t fds_types(const struct fd_table *t);
/* Open fds in rising order: start with fd = -1; -1 at the end. */
int64_t fds_next(const struct fd_table *t, int64_t fd, uintptr_t *ret_entry);

void fd_view_unref(struct state *s, struct fd_view *v);
void fd_view_free(struct state *s, struct fd_view *v);

/* A new open file of task t (NULL: from the scan): a new id, this name, one reference. NULL:
 * no memory. */
struct fd_view *fd_view_new(struct state *s, const struct task *t, unsigned int type,
			    const char *name, size_t len);
/* v in the table at fd. Takes the reference. Returns v (borrowed), or NULL when it is in no
 * table. */
struct fd_view *fd_put(struct state *s, struct fd_table *t, int64_t fd, struct fd_view *v,
		       bool cloexec);

/*
 * A view being made from another, or whose name is not known yet: fields and name in scratch
 * memory of the state, until it is committed.
 */
struct fd_view *fd_draft(struct state *s, const struct fd_view *old);
struct fd_view *fd_draft_new(struct state *s, const struct task *t, unsigned int type);
void fd_draft_name(struct state *s, const char *name, size_t len);
/* The draft as a view with one reference, or NULL. */
struct fd_view *fd_draft_view(struct state *s);
/* The draft in the table at fd; as fd_put. */
struct fd_view *fd_commit(struct state *s, struct fd_table *t, int64_t fd, bool cloexec);

/* ---- threads (tasks.c) ----------------------------------------------------------------- */

struct container {
	const struct container_view *view;	/* today's */
	uint32_t index;
	bool from_event;
	struct map users, groups;		/* id + 1 to struct user_row *, to const struct str * */
};

/* A live thread group. After its end it stays as a shell while children point at it. */
struct group {
	struct fd_table *fds;
	uint32_t version;		/* rises when something its threads' views show changes */
	uint32_t id;			/* of the process row, ID_NONE beyond the ceiling */
	uint64_t first_ns, last_ns;	/* of its events, 0: none; written to the row at the end */
	struct task *threads;		/* doubly linked */
	struct task *leader;		/* may be NULL */
	struct process *row;
	struct group *parent;		/* a reference, or NULL; may be a shell: see group_parent */
	struct group *heir;		/* of a shell: who took its children over (a reference) */
	int64_t heir_tid;
	int64_t pid;			/* -1: unknown (placeholder) */
	int64_t ptid, sid, vpgid, pgid, fdlimit;
	const struct str *cwd, *root;
	struct group *next, *prev;	/* all live groups */
	uint32_t refs;			/* being alive, children, shells that point here */
	uint32_t live;			/* threads not dead */
	uint32_t all;			/* threads in the list */
	uint32_t children;		/* live child groups */
	bool dead, reaper;
	/* Refs of the current batch, shared by events while nothing changed. */
	const struct ref_chain *chain;
	uint64_t chain_stamp;
};

struct task {
	int64_t tid;
	struct group *group;
	struct thread_view *view;
	const struct event *enter;	/* pending, or NULL */
	uint64_t prev_ns;		/* last syscall exit, or creation; 0: unknown */
	uint64_t seen_epoch;
	uint32_t seen_version;
	uint32_t listed;		/* place in s->enters + 1, 0: not there */
	bool known;			/* not a placeholder */
	bool dead;
	bool fresh;			/* the view is in no event yet: may be changed in place */
	bool enter_owned;		/* enter is a copy of ours, not in the batch */
	struct container *container;
	struct task *next, *prev;	/* of the group */
	uint64_t cpu_ns;		/* sum of slices whose both ends were recorded */
	uint64_t sample_user_ns, sample_system_ns;	/* of the last procinfo event, UINT64_MAX: none */
};

struct tid_slot {
	struct task *thread;
	struct group *group;		/* whose pid this number is */
};

#define TID_PAGE 1024u
#define TID_PAGES 4096u	/* direct table up to Linux' highest pid; others go to a map */

struct recent_exit {
	int64_t tid, ptid, ppid;
	uint64_t ts_ns;
};

#define RECENT_EXITS 1024u

/* A seeded bijection for map keys an input may choose: they can't be made to collide. */
uint64_t key_mix(const struct state *s, uint64_t x);
struct task *task_find_slow(const struct state *s, int64_t tid);
struct group *group_find(const struct state *s, int64_t pid);
/* A new thread without group; an existing one of that tid must have been removed. NULL:
 * ceiling or memory. */
struct task *task_add(struct state *s, int64_t tid);
/* The thread, or a new placeholder. NULL: tid < 0, ceiling or memory. */
struct task *task_get(struct state *s, int64_t tid);
/* Out of its group and all tables; ends the group when it was the last. */
void task_remove(struct state *s, struct task *t);
/* The record alone: of a thread in no group's list. */
void task_discard(struct state *s, struct task *t);
void task_move(struct state *s, struct task *t, struct group *g);
/* The thread is of process pid: moves it or names its group. */
void task_set_pid(struct state *s, struct task *t, int64_t pid);
/* The thread's view for writing, or NULL. */
struct thread_view *task_edit(struct state *s, struct task *t);
/* Brings the view up to date with its group, parent, container and users. */
void task_sync(struct state *s, struct task *t);
void thread_view_free(struct state *s, struct thread_view *v);
void task_set_image(struct state *s, struct thread_view *v, const struct image *im);
/* A reference to the image of these strings; like (may be NULL) when it is equal. Takes the
 * references of exepath, env and cgroups. */
const struct image *image_get(struct state *s, const struct image *like, const struct param *exe,
			      const struct str *exepath, const struct param *args,
			      const struct str *env, const struct str *cgroups);
const struct image *image_ref(const struct image *im);
void image_unref(struct state *s, const struct image *im);

/* A live group with an empty fd table and a process row; pid -1: unknown. */
struct group *group_add(struct state *s, int64_t pid);
/* A table of its own when it was shared with another process. */
void group_own_fds(struct state *s, struct group *g);
bool group_put_pid(struct state *s, int64_t pid, struct group *g);
/* Process end: children go to heir (NULL: nobody). */
void group_end(struct state *s, struct group *g, struct group *heir, int64_t heir_tid);
void group_set_parent(struct state *s, struct group *g, struct group *parent);
struct group *group_parent(struct state *s, struct group *g);
struct group *group_heir(struct state *s, struct group *g, int64_t reaper_tid, int64_t *ret_tid);
void group_set_cwd(struct state *s, struct group *g, const char *path, size_t len);
/* What the row says of the process now. */
void group_note(struct state *s, struct group *g);

void task_die(struct state *s, const struct event *ev);	/* exec.c: s->dying, after its exit event */

/* ---- the state --------------------------------------------------------------------------- */

/* What a list of cgroups was found to name. */
struct cgroup_memo {
	const struct str *cgroups;	/* a reference, or NULL */
	struct container *container;
};

#define CGROUP_MEMOS 64u

struct cpu_slot {
	uint64_t ts_ns;
	int64_t next;			/* tid switched in, -1: unknown */
};

/* An inet socket of an fd list: whether its process serves or calls is found out after all lists. */
struct listed_fd {
	int64_t tid;
	int32_t fd;
};

#define PROCESS_CHUNK 256u

#define PORT_BYTES (65536u / 8)

struct state {
	struct section *section;
	unsigned int wants;
	bool no_fds;		/* WANT_NO_FDS */
	bool oom;
	struct batch *batch;		/* being folded */
	struct slab slab;
	struct retired retired;
	struct str_table strs;
	struct str *empty;
	struct image *no_image;

	/* threads */
	struct tid_slot *pages[TID_PAGES];
	struct map far_threads, far_groups;	/* numbers beyond the pages; keys mixed */
	struct task *last;			/* of the last event */
	struct task *nobody;			/* parent of those whose parent has no number */
	struct group *groups;			/* live, newest first */
	uint64_t thread_count;
	uint64_t epoch;				/* rises when views show things of others */
	uint64_t chain_stamp;			/* rises with every change of a view */
	struct recent_exit recent[RECENT_EXITS];
	struct task **enters;			/* with an enter event of this batch; owns */
	size_t enter_count, enter_cap;

	/* the event at hand */
	struct task *dying;			/* removed after the event is stamped */
	int64_t dying_reaper;
	int64_t closing;			/* fd to remove after the stamps, -1: none */
	const struct event *at_enter;		/* its enter event, or of execveat (not linked) */
	bool seen_enters;			/* of any type */
	bool seen_enter[SCHEMA_EVENTS / 2 + 1];
	uint64_t last_ts_ns;

	/* fds */
	uint64_t fd_slots;			/* over all tables, against LIMIT_FDS */
	uint64_t fds_live;
	uint32_t next_fd_id;
	bool renamed;				/* the event being folded gave its fd another name; kept with WANT_COUNTS */
	struct fd_view *draft;			/* room for a name of LIMIT_PATH_BYTES and more */
	char *path;				/* scratch for joining */
	struct buf text;			/* scratch for socket names */

	/* metadata */
	bool scan_pending;			/* lists were read since the last event */
	uint32_t scans;
	struct map scan_inodes;			/* of listed sockets, to fd id + 1 */
	struct listed_fd *listed;		/* inet sockets read since the last event */
	uint32_t listed_count, listed_cap;
	uint8_t served[PORT_BYTES];		/* a bit for each TCP port that listened or was accepted on */
	struct interface_row *interfaces;
	uint32_t interface_count, interface_cap;
	struct user_row *users;
	uint32_t user_count, user_cap;
	struct group_row *user_groups;
	uint32_t user_group_count, user_group_cap;
	struct map host_users, host_groups;	/* id + 1 to place + 1 */
	uint64_t name_count;

	/* containers */
	struct container **containers;
	const struct container_view **container_views;
	uint32_t container_count, container_cap;
	struct map container_ids;		/* interned id to place + 1 */
	struct cgroup_memo memos[CGROUP_MEMOS];

	/* processes */
	struct process **rows;			/* chunks of PROCESS_CHUNK */
	uint32_t row_count, chunk_cap;
	struct process sink;			/* beyond LIMIT_PROCESSES */
	struct exec_row *execs;
	uint32_t exec_count, exec_cap;
	struct cpu_slot *cpus;
	uint32_t cpu_count;
	/* Of the event being folded, for its counts. */
	bool has_slice, has_sample;
	uint64_t slice_ns, sample_user_ns, sample_system_ns;
	uint64_t first_call_ns;			/* of the section, 0: none yet */

	uint64_t num, raw, packets;		/* ordinals of the next ones */
	struct state_counts counts;
};

static inline struct task *task_find(const struct state *s, int64_t tid)
{
	const struct tid_slot *page;

	if (UNLIKELY((uint64_t)tid >= (uint64_t)TID_PAGES * TID_PAGE)) {
		return task_find_slow(s, tid);
	}
	page = s->pages[(uint64_t)tid / TID_PAGE];
	return page != NULL ? page[(uint64_t)tid % TID_PAGE].thread : NULL;
}

/* The up-to-date view, from now on immutable. */
static inline const struct thread_view *task_publish(struct state *s, struct task *t)
{
	if (UNLIKELY(t->seen_epoch != s->epoch || t->seen_version != t->group->version)) {
		task_sync(s, t);
	}
	t->fresh = false;
	return t->view;
}

/* No room for more: what would make the state grow is refused and counted. */
static inline bool state_full(const struct state *s)
{
	return UNLIKELY(s->slab.live > LIMIT_STATE_BYTES);
}

/* Grows an array of the slab to hold at least one more item; sets oom and returns false
 * otherwise. */
bool state_grow(struct state *s, void **items, uint32_t count, uint32_t *cap, size_t item_size);

/* ---- parameters of large events ---------------------------------------------------------- */

#define PARAMS_MAX 32

struct params {
	unsigned int count;
	struct param p[PARAMS_MAX];
};

/* All parameters in one walk over the lengths. */
void params_load(const struct event *ev, struct params *ret_ps);
int64_t params_s64(const struct params *ps, unsigned int i, int64_t absent);
uint32_t params_u32(const struct params *ps, unsigned int i, uint32_t absent);
uint64_t params_u64(const struct params *ps, unsigned int i, uint64_t absent);
/* Text without its NUL; absent for null and <NA>. */
struct param params_text(const struct params *ps, unsigned int i);
/* NUL-separated strings without the last NUL. */
struct param params_list(const struct params *ps, unsigned int i);
struct param param_text(struct param v);

/* ---- names (names.c) ---------------------------------------------------------------------- */

/* STATE's join rule into out (at least LIMIT_PATH_BYTES + 1 bytes, terminated). Returns the
 * length. */
size_t path_join(char *out, const char *base, size_t base_len, const char *path, size_t path_len);

/* Base of a path relative to dirfd: points into the state's scratch, a view, or a constant. */
void path_base(const struct task *t, int64_t dirfd, char *scratch,
	       const char **ret_p, size_t *ret_len);	/* scratch: LIMIT_PATH_BYTES + 2 */

/* A tuple or address of an inet or unix socket; false for others. Mapped IPv6 comes out as IPv4. */
bool tuple_parse(struct param v, struct addr_tuple *ret_t);
bool sockaddr_parse(struct param v, struct addr_sock *ret_a);

/* Name of an inet socket by type, l4, addresses; of a unix one: "hexsrc->hexdst path".
 * Replaces out. */
void socket_name(const struct fd_view *v, struct buf *out);
void unix_name(const struct addr_tuple *t, struct buf *out);

/* ---- effects ------------------------------------------------------------------------------ */

/* An event's effect. t is NULL only for rows marked any (handlers.c). */
typedef void (*effect)(struct state *s, struct event *ev, struct task *t);

enum effect_kind { EFFECT_THREADS, EFFECT_FDS, EFFECT_COUNTS };	/* what it keeps */

struct effect_row {
	effect fn;
	bool any;		/* also without a known thread; and no placeholder is made for it */
	uint8_t kind;		/* enum effect_kind */
	uint8_t wants;		/* WANT_ bits without which it is not called */
};

extern const struct effect_row effect_rows[SCHEMA_EVENTS];

/* Parameters that clone and execve have in common: cgroups as the event has them, or as like (a
 * reference); comm, or exe without one; memory counters. */
const struct str *birth_cgroups(struct state *s, const struct params *ps, const struct image *like);
struct param birth_comm(const struct params *ps);
void birth_memory(const struct params *ps, struct thread_view *v);

/* clone.c, exec.c, creds.c, process.c */
void effect_clone(struct state *s, struct event *ev, struct task *t);
void effect_execve(struct state *s, struct event *ev, struct task *t);
void effect_procexit(struct state *s, struct event *ev, struct task *t);
void effect_chdir(struct state *s, struct event *ev, struct task *t);
void effect_fchdir(struct state *s, struct event *ev, struct task *t);
void effect_getcwd(struct state *s, struct event *ev, struct task *t);
void effect_chroot(struct state *s, struct event *ev, struct task *t);
void effect_setuid(struct state *s, struct event *ev, struct task *t);
void effect_setgid(struct state *s, struct event *ev, struct task *t);
void effect_setresuid(struct state *s, struct event *ev, struct task *t);
void effect_setresgid(struct state *s, struct event *ev, struct task *t);
void effect_setsid(struct state *s, struct event *ev, struct task *t);
void effect_setpgid(struct state *s, struct event *ev, struct task *t);
void effect_capset(struct state *s, struct event *ev, struct task *t);
void effect_unshare(struct state *s, struct event *ev, struct task *t);
void effect_setns(struct state *s, struct event *ev, struct task *t);
void effect_rlimit(struct state *s, struct event *ev, struct task *t);
void effect_prlimit(struct state *s, struct event *ev, struct task *t);
void effect_prctl(struct state *s, struct event *ev, struct task *t);
void effect_memory(struct state *s, struct event *ev, struct task *t);
void effect_switch(struct state *s, struct event *ev, struct task *t);
void effect_procinfo(struct state *s, struct event *ev, struct task *t);
void effect_signal(struct state *s, struct event *ev, struct task *t);
void effect_page_fault(struct state *s, struct event *ev, struct task *t);
/* files.c */
void effect_open(struct state *s, struct event *ev, struct task *t);
void effect_creat(struct state *s, struct event *ev, struct task *t);
void effect_openat(struct state *s, struct event *ev, struct task *t);
void effect_openat2(struct state *s, struct event *ev, struct task *t);
void effect_open_by_handle(struct state *s, struct event *ev, struct task *t);
void effect_close(struct state *s, struct event *ev, struct task *t);
void effect_close_range(struct state *s, struct event *ev, struct task *t);
void effect_dup(struct state *s, struct event *ev, struct task *t);
void effect_dup3(struct state *s, struct event *ev, struct task *t);
void effect_fcntl(struct state *s, struct event *ev, struct task *t);
void effect_pipe(struct state *s, struct event *ev, struct task *t);
void effect_anonymous(struct state *s, struct event *ev, struct task *t);
void effect_bpf(struct state *s, struct event *ev, struct task *t);
void effect_memfd(struct state *s, struct event *ev, struct task *t);
void effect_pidfd_open(struct state *s, struct event *ev, struct task *t);
void effect_pidfd_getfd(struct state *s, struct event *ev, struct task *t);
/* sockets.c, transfer.c */
void effect_socket(struct state *s, struct event *ev, struct task *t);
void effect_socketpair(struct state *s, struct event *ev, struct task *t);
void effect_bind(struct state *s, struct event *ev, struct task *t);
void effect_connect(struct state *s, struct event *ev, struct task *t);
void effect_accept(struct state *s, struct event *ev, struct task *t);
void effect_getsockopt(struct state *s, struct event *ev, struct task *t);
void effect_send(struct state *s, struct event *ev, struct task *t);
void effect_recv(struct state *s, struct event *ev, struct task *t);
void effect_recvfrom(struct state *s, struct event *ev, struct task *t);
void effect_recvmsg(struct state *s, struct event *ev, struct task *t);
void effect_recvmmsg(struct state *s, struct event *ev, struct task *t);
/* container_events.c, users.c */
void effect_container_old(struct state *s, struct event *ev, struct task *t);
void effect_container_json(struct state *s, struct event *ev, struct task *t);
void effect_async(struct state *s, struct event *ev, struct task *t);
void effect_user_added(struct state *s, struct event *ev, struct task *t);
void effect_user_deleted(struct state *s, struct event *ev, struct task *t);
void effect_group_added(struct state *s, struct event *ev, struct task *t);
void effect_group_deleted(struct state *s, struct event *ev, struct task *t);

/* The call has a result and it is no error. */
static inline bool call_ok(const struct event *ev)
{
	return ev->res >= 0 && (ev->flags & EVENT_HAS_RES) != 0;
}

static inline struct fd_table *task_fds(const struct task *t)
{
	return t->group->fds;
}

/* sockets.c, for transfer.c: fields of a draft, and the draft in place of the event's fd. */
void socket_set_name(struct state *s, struct fd_view *d);
void socket_set_unix(struct state *s, struct fd_view *d, const struct addr_tuple *tu);
void socket_set_pair(struct fd_view *d, const struct addr_tuple *tu);
void socket_swap(struct fd_view *d);
void socket_replace(struct state *s, struct event *ev, struct task *t);
void socket_mark(struct state *s, struct event *ev, struct task *t, uint8_t set, uint8_t clear);

/* Stamps a created fd, or none when the call failed. */
void stamp_created(struct event *ev, int64_t fd, const struct fd_view *v);

/* ---- metadata (meta.c, proclist.c, fdlist.c), users.c, container.c, refs.c ---------------- */

void state_meta(struct state *s, const struct meta_block *m);
void meta_malformed(struct state *s, const struct meta_block *m, uint64_t left, const char *what);
void meta_processes(struct state *s, const struct meta_block *m, int version);
/* The list tells a process' environment with its first thread only, whose entry may come behind those of the others:
 * all its threads have it. */
void scan_share_env(struct state *s);
void meta_fds(struct state *s, const struct meta_block *m, bool v2);
/* The entries that the recorder tells of descriptors which came in a message: t has them from now on. */
void fds_passed(struct state *s, struct cursor entries, struct task *t);
/* After the lists, before the first event: parents, roles of listed sockets. */
void scan_finish(struct state *s);
/* Somebody here takes connections on this port. */
void port_serves(struct state *s, uint16_t port);
void socket_patch_zero(const struct state *s, struct fd_view *d);

void user_put(struct state *s, struct container *c, uint32_t uid, uint32_t gid, struct param name,
	      struct param home, struct param shell);
void group_put(struct state *s, struct container *c, uint32_t gid, struct param name);
/* "" when unknown. */
const struct str *user_find(const struct state *s, const struct container *c, uint32_t uid);
/* NULL when unknown; home and shell may be NULL or "". */
const struct user_row *user_row_find(const struct state *s, const struct container *c, uint32_t uid);
const struct str *user_group_find(const struct state *s, const struct container *c, uint32_t gid);

/* cgroup names of an event or list, normalised. A reference. */
const struct str *cgroups_get(struct state *s, struct param raw);
/* Container of these cgroups (as in an image), or NULL. */
struct container *container_of_cgroups(struct state *s, const struct image *im);
struct container *container_find(struct state *s, const char *id, size_t len);
struct container *container_add(struct state *s, const char *id, size_t len, int type);
/* A view being made: id and type, the rest unknown. container_set_view makes it today's (takes
 * it). */
struct container_view *container_view_new(struct state *s, uint32_t index, const char *id,
					  size_t len, int type);
void container_set_view(struct state *s, struct container *c, struct container_view *v);
const struct container_view *container_ref(const struct container_view *v);
void container_unref(struct state *s, const struct container_view *v);
/* Which engine and id a cgroup list names. False: none. */
bool cgroup_container(const char *cgroups, size_t len, const char *env, size_t env_len,
		      struct param *ret_id, int *ret_type);

void refs_stamp(struct state *s, struct event *ev, struct task *t);
void state_exec_row(struct state *s, const struct event *ev, struct task *t,
		    const struct params *ps);
struct process *process_add(struct state *s, uint32_t *ret_id);

/* pairing.c */
void pair_enter(struct state *s, struct event *ev, struct task *t);
void pair_exit(struct state *s, struct event *ev, struct task *t);
void pair_drop(struct state *s, struct task *t);	/* pending enter is stale: counted */
void pair_keep(struct state *s);			/* end of batch */
void enter_free(struct state *s, struct event *ev);

#endif
