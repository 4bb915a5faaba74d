/*
 * probe.h - the BPF programs in the kernel and the rings they fill: loading, filters, drained events in the order of
 * their times.
 *
 *   probe_open      loads and attaches; from then on events collect in the rings
 *   probe_poll      hands over what has collected, oldest first over all CPUs
 *   probe_close     detaches; probe_drain before it hands over what is left
 *
 * One thread. Times are ns since the epoch: the kernel's monotonic clock plus what probe_open found it behind (and
 * what the machine slept since).
 */
#ifndef CAPTURE_PROBE_H
#define CAPTURE_PROBE_H

#include "base/err.h"
#include "writers/scap.h"

/* Which calls: bits by the kernel's number of the capturing architecture. */
#define PROBE_SYSCALLS 512
#define PROBE_LIST_MAX 64

struct probe_options {
	size_t ring_bytes;		/* per CPU, a power of two of pages */
	/* Bytes kept of the data of one call, by what its descriptor is. */
	uint32_t snap_file, snap_net, snap_http, snap_other;	/* http: data that begins like HTTP; 0: none */
	bool no_args, no_env, no_data;
	bool switches, signals, page_faults;
	/* Each list empty: everything. All that are given must agree. */
	int32_t pids[PROBE_LIST_MAX];	/* these and what they start from now on */
	uint32_t pid_count;
	char comms[PROBE_LIST_MAX][16];
	uint32_t comm_count;
	uint64_t cgroups[PROBE_LIST_MAX];	/* ids of cgroup v2 folders; these and those below */
	uint32_t cgroup_count;
	uint32_t uids[PROBE_LIST_MAX];
	uint32_t uid_count;
	bool all_syscalls;
	uint64_t syscalls[PROBE_SYSCALLS / 64];	/* unless all_syscalls */
	int32_t self;			/* the recorder: never recorded */
};

struct probe_stats {
	uint64_t events, bytes;
	uint64_t drops_ring, drops_scratch;	/* no room in the ring; no scratch memory */
	uint32_t cpus;
	uint64_t *drops_by_cpu;		/* cpus of them; owned by the probe */
};

struct probe;

/* ERR_USAGE, ERR_UNSUPPORTED or ERR_OPEN with what the kernel lacks or does not allow, and what to do, in e. */
int probe_open(const struct probe_options *opt, struct probe **ret_p, struct err *e);
void probe_close(struct probe *p);

/* ev and what it points to are the probe's, until the call returns. Not 0: stop, and probe_poll returns it. */
typedef int probe_sink(void *arg, const struct scap_event *ev);

/*
 * Waits up to timeout_ms for something to hand over. Held back a little so that CPUs are merged by time: probe_drain
 * is the end.
 */
int probe_poll(struct probe *p, int timeout_ms, probe_sink *sink, void *arg, struct err *e);
int probe_drain(struct probe *p, probe_sink *sink, void *arg, struct err *e);

void probe_stats(struct probe *p, struct probe_stats *ret_st);

/* Epoch time of now, by the clock of the events. */
uint64_t probe_now_ns(const struct probe *p);

/* What this machine can do, line by line, for --check: true when recording will work. */
bool probe_check(struct buf *out);

#endif
