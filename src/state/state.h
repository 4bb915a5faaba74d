/*
 * state.h - the fold: who every thread was and what every fd was open on, event by event.
 *
 * One struct state per section. state_meta and state_fold are called in file order by one thread
 * at a time (the engine guarantees it); everything they stamp into events is immutable afterwards
 * (view.h). Unknown stays unknown: placeholders have empty strings and negative ids.
 *
 * Life of views: the fold of batch N may drop views; they are kept on a list until the engine says,
 * by state_batch_released(N), that no batch up to N is in use any more.
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include "base/err.h"
#include "events/event.h"
#include "readers/batch.h"
#include "readers/source.h"
#include "state/view.h"

/* What the consumers of this run read; what nothing reads costs nothing. */
enum {
	WANT_REFS = 1,		/* batch refs for text of arguments */
	WANT_ANCESTORS = 2,	/* batch refs of the ancestors chain (proc.pname, proc.aname) */
	WANT_MEMORY = 4,	/* memory and fault counters in views */
	WANT_COUNTS = 8,	/* live threads, children, open fds: batch refs */
	WANT_RAW = 16,		/* with WANT_REFS: refs of enter events too, by the stored layout */
	/* Fields say these so that a run whose filter passes little can leave the rest undone (state_skippable);
	 * without a filter they are always there. */
	WANT_FDS = 32,		/* descriptor tables, ev->fd, cwd; WANT_REFS and WANT_COUNTS need it */
	WANT_BEGIN = 64,	/* ev->begin_ns, ev->enter: pairs of enter and exit */
	WANT_NO_FDS = 128,	/* told to state_new: nobody reads descriptors */
};

/*
 * Refs, WANT_REFS: for each shown event, in the order of its parameters (today's layout; the rows
 * of schema_refs), the objects its text needs, starting at batch->refs[ev->refs]:
 *   PT_PID, PT_PID32:  const struct thread_view * of that tid (NULL unknown)
 *   PT_FD, PT_FD32:    const struct fd_view * of that fd in the thread's table (NULL unknown)
 *   PT_FDLIST:         one fd_view * per entry (count as text_fdlist_count says)
 *   PT_UID, PT_GID:    const struct str * name (NULL unknown)
 *   PT_FSRELPATH:      const struct str * base directory with trailing slash (NULL unknown)
 * For PT_FSPATH and PT_CHARBUF nothing: the thread's cwd is in its view. WANT_ANCESTORS: then
 * struct ref_chain *. WANT_COUNTS: then struct ref_counts *. An event without any has refs =
 * EVENT_NO_REFS. Only the kinds asked for are present. An event with ancestors or counts wanted
 * and a thread always has refs. state_ref_args counts the first kind.
 */
struct ref_chain {
	uint32_t count;			/* 0: no parent known */
	/* Leaders of the process' session and groups, found by id among the living; NULL: none, or the id is of a pid
	 * namespace. */
	const struct thread_view *session, *vgroup, *group;
	const struct thread_view *up[];	/* [0] the parent's leader, [1] its parent, ... */
};

struct ref_counts {
	uint32_t threads, children, open_fds;
	const struct fd_view *std[3];	/* fd 0, 1, 2 of the process, or NULL */
	uint32_t fd_types;		/* of all its open fds: bits by enum fd_type */
	bool name_changed;		/* this event gave its fd another name, or its first */
	const struct str *user_home, *user_shell;	/* of the view's uid; "" unknown, never NULL */
	bool has_slice;			/* a switch: when the thread was switched in is known */
	uint64_t slice_ns;		/* how long ago that was */
	uint64_t thread_cpu_ns;		/* all such slices of the thread so far */
	bool has_sample;		/* a procinfo event with one of the thread before it: processor time between them */
	uint64_t sample_user_ns, sample_system_ns;
};

/* Number of argument refs an event has under WANT_REFS. */
unsigned int state_ref_args(const struct event *ev);

/* One process: a thread group from its start to its end. Rows are never freed before the state. */
struct process {
	uint32_t id;
	uint32_t parent;		/* process id, ID_NONE unknown */
	int64_t pid, ppid;		/* -1 unknown */
	int64_t vpid, sid;
	uint64_t start_ns;		/* clone seen; 0: before the capture, or not seen */
	uint64_t first_ns, last_ns;	/* first and last event of any of its threads, 0: none */
	uint64_t end_ns;		/* exit of the last thread seen; 0: none seen */
	bool has_exit;
	int64_t exit_status;		/* wait status (exit code << 8 | signal) when has_exit */
	bool known;			/* not a placeholder */
	bool from_scan;
	uint32_t uid, loginuid, tty;	/* last known */
	/* Last known (after the last exec); owned by the state. */
	const struct str *comm, *exe, *exepath, *args;
	const struct str *cwd, *user_name;
	const struct container_view *container;		/* last known; NULL host or unknown */
	uint32_t execs;			/* successful */
	uint32_t children;		/* processes it started */
	uint32_t threads;		/* threads it ever had, itself included */
	uint64_t cpu_ns;		/* sum of slices whose both ends were recorded */
	uint64_t cpu_slices;		/* of those */
	uint64_t cpu_slices_unknown;	/* switched out without a recorded switch-in */
	uint64_t unfinished_calls;	/* enter without exit */
};

/* One exec (or failed attempt). */
struct exec_row {
	uint64_t ts_ns;
	uint64_t event_num;		/* raw ordinal within the source */
	uint64_t offset;		/* of the block in the uncompressed source */
	int64_t result;			/* 0, or -errno */
	uint32_t process;		/* after the exec the same id as before it */
	uint32_t parent;		/* process id or ID_NONE */
	int64_t tid;
	uint32_t uid, loginuid, tty;
	const struct str *comm, *exe, *exepath, *args, *cwd, *user_name, *parent_comm;
	const struct container_view *container;
};

struct state_counts {
	uint64_t unknown_threads;	/* placeholders created */
	uint64_t unknown_thread_events;	/* events stamped with a placeholder */
	uint64_t orphan_fd_events;	/* events on an fd number that is in no table */
	uint64_t orphan_fd_lists;	/* fd list blocks of unknown threads */
	uint64_t unfinished_calls;	/* enter events whose exit never came */
	uint64_t exits_without_enter;	/* in a section that has enter events for that type */
	uint64_t time_reversals;	/* events earlier than the one before by more than 1 s */
	uint64_t thread_evictions, fd_evictions, process_evictions, command_evictions;
	uint64_t text_evictions;	/* strings not kept: shown empty */
	uint64_t name_evictions;	/* containers, users, groups, interfaces beyond their ceilings */
	uint64_t meta_malformed;	/* metadata entries that could not be read */
	uint64_t switches, page_faults, signals;
	uint64_t threads_live, fds_live;	/* at the end */
};

struct user_row { uint32_t uid, gid; const struct str *name, *home, *shell; };
struct group_row { uint32_t gid; const struct str *name; };
struct interface_row { bool v6; uint8_t ip[16], mask[16], broadcast[16]; const struct str *name; };

struct state;

/* section is borrowed for the life of the state (machine info is read from and written to it). */
int state_new(struct section *section, unsigned int wants, struct state **ret_s, struct err *e);
void state_free(struct state *s);

/* Types of events (today's codes) that no view depends on when only wants is asked for: 1 in ret_skip. */
void state_skippable(unsigned int wants, uint8_t ret_skip[SCHEMA_EVENTS]);

/* Ordinals of the next shown event, event and packet (all 1 at first): a section goes on
 * counting where the one before it in the source ended. The getter tells where this one
 * stands. */
void state_set_ordinals(struct state *s, uint64_t num, uint64_t raw, uint64_t packets);
void state_ordinals(const struct state *s, uint64_t *ret_num, uint64_t *ret_raw,
		    uint64_t *ret_packets);

/* One batch: its metadata blocks and events, in order. Sets stamps, refs and the ordinals' bases.
 * Damage found in metadata is added to the source. 0, or ERR_NOMEM. */
int state_fold(struct state *s, struct batch *b, struct err *e);

/* No batch with serial <= serial is in use: views dropped up to then may be freed. Same thread
 * as the fold. */
void state_batch_released(struct state *s, uint64_t serial);

/* After the last batch: ends what is pending (counts unfinished calls, sets process ends). */
void state_finish(struct state *s);

/* Frozen after state_finish. */
uint32_t state_process_count(const struct state *s);
const struct process *state_process(const struct state *s, uint32_t id);
const struct exec_row *state_execs(const struct state *s, uint32_t *ret_count);
const struct state_counts *state_counts(const struct state *s);
const struct container_view *const *state_containers(const struct state *s, uint32_t *ret_count);
const struct user_row *state_users(const struct state *s, uint32_t *ret_count);
const struct group_row *state_groups(const struct state *s, uint32_t *ret_count);
const struct interface_row *state_interfaces(const struct state *s, uint32_t *ret_count);

#endif
