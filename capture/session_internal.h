/*
 * session_internal.h - what the parts of a recording share: session.c (order of things, main loop), session_files.c
 * (what goes into a file, and into which), session_signals.c.
 */
#ifndef CAPTURE_SESSION_INTERNAL_H
#define CAPTURE_SESSION_INTERNAL_H

#include "base/map.h"
#include "base/thread.h"
#include "base/version.h"
#include "capture/command.h"
#include "capture/containers.h"
#include "capture/held.h"
#include "capture/output.h"
#include "capture/packets.h"
#include "capture/probe.h"
#include "capture/redact.h"
#include "capture/session.h"
#include "capture/snapshot.h"
#include "schema/schema.h"

#define SESSION_APPLICATION "thresher-capture " THRESHER_VERSION

/* A sink's way to say: that was the last event asked for. */
#define SESSION_ENOUGH 1

/* owner: main, but for the body of the snapshot's thread between start and done. */
struct snapshot_job {
	struct thread thread;
	struct snapshot_options opt;
	struct snapshot *made;		/* owns until it is taken over */
	struct err e;
	int rc;
	bool running;
	_Atomic bool done;
	uint64_t begun_ns, done_ns;
};

struct signals {
	int fd;			/* signalfd; -1 */
	sigset_t before;	/* mask the recorder was started with */
	unsigned int ends;	/* times somebody asked for the end */
	bool statistics;	/* asked for */
};

struct session {
	const struct capture_options *opt;
	const struct session_say *say;
	struct err *e;			/* the caller's */
	struct probe *probe;
	struct output *output;
	struct packets *packets;	/* NULL: none */
	/* One for what the snapshot reads and containers tell, one for events: they work at the same time. */
	struct redact *redact_state, *redact_events;
	struct containers *containers;
	struct command command;
	int32_t *roots;			/* owns; --own-lists: the processes whose trees are recorded, NULL: all lists */
	uint32_t root_count;
	struct signals signals;
	struct snapshot_job job;
	struct snapshot *seen;		/* of the current file; NULL once nothing older comes any more */
	uint64_t seen_until_ns;
	bool first;			/* no file has begun yet */
	bool holding;			/* events wait for a snapshot */
	bool interleaved;
	struct held events;
	struct held mixed;		/* packets that wait to be mixed in; guarded by the packets' lock */
	int8_t cgroups_param[SCHEMA_EVENTS];	/* which parameter of a type tells the cgroups; -1: none */
	uint64_t written;		/* events */
	uint64_t started_ns, flushed_ns;
	uint32_t cpus;
	uint64_t *drops_told;		/* by CPU; owns */
	uint64_t scratch_told;
};

/* All events that --count asks for are written. */
static inline bool session_has_enough(const struct session *s)
{
	return s->opt->count > 0 && s->written >= s->opt->count;
}

/* session_files.c */
void files_init(struct session *s);
/* An event goes where it belongs now. 0, SESSION_ENOUGH, or an error. */
int files_event(void *arg, const struct scap_event *ev);
struct packets_target files_packets_target(struct session *s);
/* The snapshot is complete: the (next) file begins with it. */
int files_begin(struct session *s);
/* No snapshot comes: what waits goes into the current file. */
int files_release_held(struct session *s);
/* Of what waits to be mixed, everything older than that. */
int files_mix(struct session *s, uint64_t until_ns);
int files_flush(struct session *s);
/* Drops since the last time, as events. */
int files_drops(struct session *s);
int files_end(struct session *s);

/* session_signals.c */
int signals_block(struct signals *g, bool command, struct err *e);
/* Reads what came; hands it on to the command. */
void signals_read(struct session *s);
/* From now on a second request ends the program at once. */
void signals_let_kill(void);
void signals_release(struct signals *g);

/* session_report.c: statistics, line by line. */
void session_statistics(struct session *s);
void session_say_begun(struct session *s);

#endif
