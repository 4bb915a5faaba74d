/*
 * probe.c - loads the BPF programs, tells them what to record, attaches them, and hands over their records as events
 * (probe_ring.c, probe_event.c).
 */
#include "capture/probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "capture/calls.h"
#include "gen/probe.skel.h"
#include "capture/probe_event.h"
#include "capture/probe_ring.h"

/* Records of other CPUs may still be on their way for so long: what is younger waits for the next turn. */
#define HOLD_BACK_NS UINT64_C(2000000)
/* Without a ring half full the rings are looked at so often. */
#define LOOK_MS 10
/* Less than that the machine did not sleep. */
#define SLEPT_NS UINT64_C(10000000)
/* A turn that moved so many bytes is followed by the next without a pause. */
#define BUSY_BYTES (256u << 10)

#define TREE_PROCESSES 262144	/* of the trees asked for, alive at the same time */
#define CALLS_AT_ONCE 131072	/* threads in calls, where there is no task storage */
#define RING_BYTES_MIN 65536u

#define CPU_LIST "/sys/devices/system/cpu/online"
#define KERNEL_TYPES "/sys/kernel/btf/vmlinux"

struct probe {
	struct probe_bpf *bpf;
	struct event_maker *maker;
	struct ring_set *rings;
	struct probe_options opt;
	size_t cpus;			/* possible ones */
	uint64_t offset_ns;		/* from the boot clock to the epoch */
	/* The programs read the cheaper monotonic clock, which stands still while the machine sleeps. */
	uint64_t slept_ns;		/* what the boot clock is ahead of it */
	uint64_t looked_ns;		/* monotonic time of the last look at the rings */
	uint64_t *drops_by_cpu;
	const struct record_counters *counters;	/* one per CPU, the kernel's memory; NULL: not mapped */
	size_t counters_bytes;
	bool storage;
	bool busy;
	uint64_t events, unreadable;
	probe_sink *sink;		/* of the poll under way */
	void *sink_arg;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

/* The two clocks are read one after the other: the try in which least time passed between is the best. */
static uint64_t boot_offset(void)
{
	uint64_t best = UINT64_MAX;
	uint64_t offset = 0;

	for (int i = 0; i < 16; i++) {
		uint64_t before = clock_ns(CLOCK_BOOTTIME);
		uint64_t epoch = clock_ns(CLOCK_REALTIME);
		uint64_t after = clock_ns(CLOCK_BOOTTIME);

		if (after - before < best) {
			best = after - before;
			offset = epoch - (before + (after - before) / 2);
		}
	}
	return offset;
}

static uint64_t slept(void)
{
	uint64_t monotonic = clock_ns(CLOCK_MONOTONIC);

	return clock_ns(CLOCK_BOOTTIME) - monotonic;
}

uint64_t probe_now_ns(const struct probe *p)
{
	return clock_ns(CLOCK_BOOTTIME) + p->offset_ns;
}

/* libbpf tells its caller by code; its texts would go to stderr. */
static int no_text(enum libbpf_print_level level, const char *format, va_list args)
{
	UNUSED_ARG(level);
	UNUSED_ARG(format);
	UNUSED_ARG(args);
	return 0;
}

/* ---- before loading ---- */

static void set_constants(struct probe *p)
{
	const struct probe_options *opt = &p->opt;
	const struct call_table *calls = event_maker_calls(p->maker);

	p->bpf->rodata->cfg_self = (uint32_t)opt->self;
	p->bpf->rodata->cfg_snap_file = opt->no_data ? 0 : opt->snap_file;
	p->bpf->rodata->cfg_snap_net = opt->no_data ? 0 : opt->snap_net;
	p->bpf->rodata->cfg_snap_http = opt->no_data ? 0 : opt->snap_http;
	p->bpf->rodata->cfg_snap_other = opt->no_data ? 0 : opt->snap_other;
	p->bpf->rodata->cfg_ring_half = (uint32_t)(opt->ring_bytes / 2);
	p->bpf->rodata->cfg_storage = p->storage;
	p->bpf->rodata->cfg_no_env = opt->no_env;
	p->bpf->rodata->cfg_switches = opt->switches;
	p->bpf->rodata->cfg_by_pid = opt->pid_count > 0;
	p->bpf->rodata->cfg_by_comm = opt->comm_count > 0;
	p->bpf->rodata->cfg_by_cgroup = opt->cgroup_count > 0;
	p->bpf->rodata->cfg_by_uid = opt->uid_count > 0;
	p->bpf->rodata->cfg_nr_clone = call_number_of(calls, "clone");
	p->bpf->rodata->cfg_nr_execve = call_number_of(calls, "execve");
}

/* Data of one call has a ceiling; the rest of the record has to fit behind it. */
static uint32_t snap_ceiling(uint32_t bytes)
{
	return bytes < RECORD_DATA_MAX ? bytes : RECORD_DATA_MAX;
}

static void set_programs(struct probe *p)
{
	bpf_program__set_autoload(p->bpf->progs.on_signal, p->opt.signals);
	bpf_program__set_autoload(p->bpf->progs.on_user_fault, p->opt.page_faults);
	bpf_program__set_autoload(p->bpf->progs.on_kernel_fault, p->opt.page_faults);
}

/* ring: descriptor of a ring like those that will be put into the map. */
static int set_maps(struct probe *p, int ring)
{
	int rc = bpf_map__set_inner_map_fd(p->bpf->maps.rings, ring);

	if (rc == 0) {
		rc = bpf_map__set_max_entries(p->bpf->maps.rings, (uint32_t)p->cpus);
	}
	if (rc == 0) {
		rc = bpf_map__set_max_entries(p->bpf->maps.counters, (uint32_t)p->cpus);
	}
	if (rc == 0) {
		rc = bpf_map__set_max_entries(p->bpf->maps.scratches, (uint32_t)p->cpus * RECORD_SLOTS);
	}
	if (rc == 0 && p->opt.pid_count > 0) {
		rc = bpf_map__set_max_entries(p->bpf->maps.tree, TREE_PROCESSES);
	}
	if (rc == 0 && p->storage) {
		rc = bpf_map__set_autocreate(p->bpf->maps.calls_by_tid, false);
	} else if (rc == 0) {
		rc = bpf_map__set_autocreate(p->bpf->maps.calls, false);
		if (rc == 0) {
			rc = bpf_map__set_max_entries(p->bpf->maps.calls_by_tid, CALLS_AT_ONCE);
		}
	}
	return rc;
}

/* What a failed load most likely means. */
static int load_error(int rc, struct err *e)
{
	int code = -rc;

	if (code == EPERM || code == EACCES) {
		return err_set(e, ERR_OPEN, "the kernel does not allow to load BPF programs (%s): run as root, or give the program the "
			       "capabilities cap_bpf, cap_perfmon and cap_sys_resource", strerror(code));
	}
	if (code == ENOMEM || code == ENOSPC) {
		return err_set(e, ERR_OPEN, "no memory for the rings of all CPUs (%s): choose smaller ones",
			       strerror(code));
	}
	return err_set(e, ERR_UNSUPPORTED,
		       "the kernel cannot load the BPF programs (%s): Linux 5.8 or later is needed, built with "
		       "CONFIG_BPF_SYSCALL, CONFIG_DEBUG_INFO_BTF and CONFIG_FTRACE_SYSCALLS",
		       strerror(code));
}

static int try_load(struct probe *p)
{
	int ring, rc;

	p->bpf = probe_bpf__open();
	if (p->bpf == NULL) {
		return errno != 0 ? -errno : -ENOMEM;
	}
	ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, (uint32_t)p->opt.ring_bytes, NULL);
	if (ring < 0) {
		rc = ring;
		goto out;
	}
	set_constants(p);
	set_programs(p);
	rc = set_maps(p, ring);
	if (rc == 0) {
		rc = probe_bpf__load(p->bpf);
	}
	close(ring);
out:
	if (rc != 0) {
		probe_bpf__destroy(p->bpf);
		p->bpf = NULL;
	}
	return rc;
}

static int load(struct probe *p, struct err *e)
{
	int rc;

	if (access(KERNEL_TYPES, R_OK) != 0) {
		return err_set(e, ERR_UNSUPPORTED,
			       "%s is not there: the kernel was built without CONFIG_DEBUG_INFO_BTF", KERNEL_TYPES);
	}
	if (p->opt.page_faults && libbpf_find_vmlinux_btf_id("page_fault_user", BPF_TRACE_RAW_TP) <= 0) {
		return err_set(e, ERR_UNSUPPORTED, "this kernel has no tracepoints for page faults");
	}
	/* Kernels before 5.12 do not let these programs keep anything at a task. */
	p->storage = true;
	rc = try_load(p);
	if (rc != 0 && rc != -EPERM) {
		p->storage = false;
		rc = try_load(p);
	}
	return rc == 0 ? 0 : load_error(rc, e);
}

/* ---- between loading and attaching ---- */

static int put(struct bpf_map *map, const void *key, const void *value, struct err *e)
{
	if (bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY) != 0) {
		return err_set(e, ERR_OPEN, "cannot fill the map %s: %s", bpf_map__name(map), strerror(errno));
	}
	return 0;
}

static bool call_wanted(const struct probe_options *opt, unsigned int number)
{
	return opt->all_syscalls || (number < PROBE_SYSCALLS && (opt->syscalls[number / 64] >> (number % 64) & 1));
}

/* Without data of calls, what they told of folders is none of it either. */
static void leave_out_entries(struct recipe *r)
{
	for (size_t i = 0; i < RECORD_TAKES; i++) {
		if (r->take[i].kind == TAKE_ENTRIES) {
			r->take[i].kind = TAKE_NONE;
		}
	}
}

static int put_recipes(struct probe *p, struct err *e)
{
	const struct call_table *calls = event_maker_calls(p->maker);
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < CALLS_NUMBERS; i++) {
		const struct call_number *n = &calls->numbers[i];
		struct recipe r;

		call_recipe(n, i >= RECORD_SYSCALLS, &r);
		r.wanted = call_wanted(&p->opt, n->native);
		if (p->opt.no_data) {
			leave_out_entries(&r);
		}
		rc = put(p->bpf->maps.recipes, &i, &r, e);
	}
	return rc;
}

static int put_filters(struct probe *p, struct err *e)
{
	const struct probe_options *opt = &p->opt;
	const uint8_t yes = 1;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < opt->pid_count; i++) {
		rc = put(p->bpf->maps.tree, &opt->pids[i], &yes, e);
	}
	for (uint32_t i = 0; rc == 0 && i < opt->comm_count; i++) {
		char key[16] = { 0 };

		memcpy(key, opt->comms[i], strnlen(opt->comms[i], sizeof(key) - 1));
		rc = put(p->bpf->maps.comms, key, &yes, e);
	}
	for (uint32_t i = 0; rc == 0 && i < opt->cgroup_count; i++) {
		rc = put(p->bpf->maps.cgroup_ids, &opt->cgroups[i], &yes, e);
	}
	for (uint32_t i = 0; rc == 0 && i < opt->uid_count; i++) {
		rc = put(p->bpf->maps.uids, &opt->uids[i], &yes, e);
	}
	return rc;
}

static int put_ring(struct probe *p, uint32_t cpu, struct err *e)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, (uint32_t)p->opt.ring_bytes, NULL);
	int rc;

	if (fd < 0) {
		return err_set(e, ERR_OPEN, "no memory for the ring of CPU %u (%zu bytes): %s", cpu, p->opt.ring_bytes,
			       strerror(errno));
	}
	rc = put(p->bpf->maps.rings, &cpu, &fd, e);
	if (rc != 0) {
		close(fd);
		return rc;
	}
	return ring_set_add(p->rings, fd, (uint16_t)cpu, e);
}

/* A ring for each CPU that is there now: "0-3,8". Records of one that comes later are dropped, and counted. */
static int put_rings(struct probe *p, struct err *e)
{
	FILE *f = fopen(CPU_LIST, "re");
	unsigned int first, last;
	int rc = 0;

	if (f == NULL) {
		return err_set(e, ERR_OPEN, "cannot read %s: %s", CPU_LIST, strerror(errno));
	}
	while (rc == 0 && fscanf(f, "%u", &first) == 1) {
		int c = fgetc(f);

		last = first;
		if (c == '-') {
			if (fscanf(f, "%u", &last) != 1) {
				break;
			}
			c = fgetc(f);
		}
		for (unsigned int cpu = first; rc == 0 && cpu <= last && cpu < p->cpus; cpu++) {
			rc = put_ring(p, cpu, e);
		}
		if (c != ',') {
			break;
		}
	}
	fclose(f);
	return rc;
}

static int map_counters(struct probe *p, struct err *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *m;

	p->counters_bytes = (p->cpus * sizeof(*p->counters) + page - 1) / page * page;
	m = mmap(NULL, p->counters_bytes, PROT_READ, MAP_SHARED, bpf_map__fd(p->bpf->maps.counters), 0);
	if (m == MAP_FAILED) {
		return err_set(e, ERR_OPEN, "cannot map the counters of the programs: %s", strerror(errno));
	}
	p->counters = m;
	return 0;
}

/* Ends before beginnings, so that no call is seen to begin without its end. */
static int attach(struct probe *p, struct err *e)
{
	int rc = probe_bpf__attach(p->bpf);

	if (rc != 0) {
		return err_set(e, ERR_OPEN, "the kernel does not allow to attach to its tracepoints: %s",
			       strerror(-rc));
	}
	return 0;
}

/* ---- life ---- */

static int check_options(const struct probe_options *opt, struct err *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t n = opt->ring_bytes;

	if (n < RING_BYTES_MIN || n < page || n > (1u << 30) || (n & (n - 1)) != 0) {
		return err_set(e, ERR_USAGE, "a ring has a power of two of bytes, from %u to 1 GiB", RING_BYTES_MIN);
	}
	return 0;
}

static int prepare(struct probe *p, struct err *e)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus <= 0) {
		return err_set(e, ERR_OPEN, "cannot tell how many CPUs there are: %s", strerror(-cpus));
	}
	p->cpus = (size_t)cpus;
	p->maker = event_maker_new(p->opt.no_args);
	p->rings = ring_set_new(p->cpus, p->opt.ring_bytes);
	p->drops_by_cpu = calloc(p->cpus, sizeof(*p->drops_by_cpu));
	if (p->maker == NULL || p->rings == NULL || p->drops_by_cpu == NULL) {
		return err_nomem(e, "the probe");
	}
	p->opt.snap_file = snap_ceiling(p->opt.snap_file);
	p->opt.snap_net = snap_ceiling(p->opt.snap_net);
	p->opt.snap_http = snap_ceiling(p->opt.snap_http);
	p->opt.snap_other = snap_ceiling(p->opt.snap_other);
	p->offset_ns = boot_offset();
	p->slept_ns = slept();
	return 0;
}

int probe_open(const struct probe_options *opt, struct probe **ret_p, struct err *e)
{
	struct probe *p;
	int rc = check_options(opt, e);

	if (rc != 0) {
		return rc;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		return err_nomem(e, "the probe");
	}
	libbpf_set_print(no_text);
	p->opt = *opt;
	rc = prepare(p, e);
	if (rc == 0) {
		rc = load(p, e);
	}
	if (rc == 0) {
		rc = put_recipes(p, e);
	}
	if (rc == 0) {
		rc = put_filters(p, e);
	}
	if (rc == 0) {
		rc = put_rings(p, e);
	}
	if (rc == 0) {
		rc = map_counters(p, e);
	}
	if (rc == 0) {
		rc = attach(p, e);
	}
	if (rc != 0) {
		probe_close(p);
		return rc;
	}
	*ret_p = p;
	return 0;
}

void probe_close(struct probe *p)
{
	if (p == NULL) {
		return;
	}
	if (p->counters != NULL) {
		munmap((void *)(uintptr_t)p->counters, p->counters_bytes);
	}
	ring_set_free(p->rings);
	probe_bpf__destroy(p->bpf);
	event_maker_free(p->maker);
	free(p->drops_by_cpu);
	free(p);
}

/* ---- events ---- */

static int make_event(void *arg, const struct record *rec, size_t len, uint16_t cpu)
{
	struct probe *p = arg;
	uint64_t offset_ns = p->offset_ns + p->slept_ns;
	struct scap_event ev;
	int rc;

	if (!event_make(p->maker, rec, len, cpu, offset_ns, &ev)) {
		p->unreadable++;
		return 0;
	}
	do {
		p->events++;
		rc = p->sink(p->sink_arg, &ev);
	} while (rc == 0 && event_make_more(p->maker, offset_ns, &ev));
	return rc;
}

static int hand_over(struct probe *p, uint64_t until_ns, probe_sink *sink, void *arg, size_t *ret_bytes)
{
	p->sink = sink;
	p->sink_arg = arg;
	return ring_set_read(p->rings, until_ns, make_event, p, ret_bytes);
}

/*
 * When the machine slept since the last look: what the rings hold from before has the old distance of the clocks. Two
 * readings of clocks are never quite together, so small differences are none.
 */
static int wake_up(struct probe *p, probe_sink *sink, void *arg)
{
	uint64_t ns = slept();
	size_t bytes;
	int rc = 0;

	if (ns > p->slept_ns + SLEPT_NS) {
		rc = hand_over(p, p->looked_ns, sink, arg, &bytes);
		p->slept_ns = ns;
	}
	return rc;
}

int probe_poll(struct probe *p, int timeout_ms, probe_sink *sink, void *arg, struct err *e)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + (uint64_t)timeout_ms * 1000000;

	for (;;) {
		uint64_t now;
		size_t bytes;
		int rc;

		if (!p->busy) {
			rc = ring_set_wait(p->rings, timeout_ms < LOOK_MS ? timeout_ms : LOOK_MS, e);
			if (rc != 0) {
				return rc;
			}
		}
		rc = wake_up(p, sink, arg);
		if (rc != 0) {
			return rc;
		}
		now = clock_ns(CLOCK_MONOTONIC);
		rc = hand_over(p, now - HOLD_BACK_NS, sink, arg, &bytes);
		p->looked_ns = now;
		p->busy = bytes >= BUSY_BYTES;
		if (rc != 0 || bytes > 0 || now >= end) {
			return rc;
		}
	}
}

int probe_drain(struct probe *p, probe_sink *sink, void *arg, struct err *e)
{
	size_t bytes;

	UNUSED_ARG(e);
	probe_bpf__detach(p->bpf);
	return hand_over(p, UINT64_MAX, sink, arg, &bytes);
}

void probe_stats(struct probe *p, struct probe_stats *ret_st)
{
	memset(ret_st, 0, sizeof(*ret_st));
	ret_st->events = p->events;
	ret_st->cpus = (uint32_t)p->cpus;
	ret_st->drops_by_cpu = p->drops_by_cpu;
	ret_st->drops_scratch = p->unreadable;	/* none, unless one of both sides is wrong */
	for (size_t i = 0; i < p->cpus; i++) {
		struct record_counters n = p->counters[i];

		ret_st->bytes += n.bytes;
		ret_st->drops_ring += n.drops_ring;
		ret_st->drops_scratch += n.drops_scratch + n.lost_children;
		p->drops_by_cpu[i] = n.drops_ring + n.drops_scratch;
	}
}
