/*
 * processes.c - table `processes`: one row per process, with what it did. Sums per process are free of order; who the
 * process was comes from the state's registry at the end. Processes of a rotated series are one row.
 */
#include "stats/event_class.h"
#include "stats/process_flows.h"
#include "stats/series.h"
#include "stats/stats.h"
#include "stats/strings.h"

struct proc_sums {
	uint64_t events, calls, errors;
	uint64_t file_in, file_out, net_in, net_out;
	uint64_t opened, connections;
};

/* Sums of one section, indexed by process id. */
struct section_sums {
	struct proc_sums *rows;		/* owns */
	uint32_t count;
};

struct processes_state {
	struct section_sums *sections;	/* owns; by section slot */
	uint32_t count;
};

static void *processes_new(void)
{
	return calloc(1, sizeof(struct processes_state));
}

static void processes_free(void *st)
{
	struct processes_state *s = st;

	for (uint32_t i = 0; i < s->count; i++) {
		free(s->sections[i].rows);
	}
	free(s->sections);
	free(s);
}

static struct section_sums *section_at(struct processes_state *s, uint32_t slot)
{
	if (slot >= s->count) {
		uint32_t n = slot + 8;
		struct section_sums *grown = realloc(s->sections, n * sizeof(*grown));

		if (grown == NULL) {
			return NULL;
		}
		memset(grown + s->count, 0, (n - s->count) * sizeof(*grown));
		s->sections = grown;
		s->count = n;
	}
	return &s->sections[slot];
}

static inline bool reserve_rows(struct section_sums *sec, uint32_t id)
{
	uint32_t n;
	struct proc_sums *grown;

	if (LIKELY(id < sec->count)) {
		return true;
	}
	n = id < 64 ? 128 : id + id / 2;
	grown = realloc(sec->rows, n * sizeof(*grown));
	if (grown == NULL) {
		return false;
	}
	memset(grown + sec->count, 0, (n - sec->count) * sizeof(*grown));
	sec->rows = grown;
	sec->count = n;
	return true;
}

static void count_bytes(struct proc_sums *p, const struct event *ev)
{
	struct event_bytes m;
	enum fd_class fd = event_fd_class(ev);

	event_bytes_moved(ev, &m);
	p->file_in += m.file_in;
	if (fd == FDC_FILE) {
		p->file_in += m.in;
		p->file_out += m.out;
	} else if (fd == FDC_NET) {
		p->net_in += m.in;
		p->net_out += m.out;
	}
}

static inline void count_event(struct proc_sums *p, const struct event *ev)
{
	p->events++;
	if (!(ev->flags & EVENT_IS_SYSCALL)) {
		return;
	}
	p->calls++;
	p->errors += (ev->flags & EVENT_FAILED) != 0;
	if (event_class_bits[ev->type] == 0) {
		return;
	}
	if (event_moves_bytes(ev)) {
		count_bytes(p, ev);
	} else if (UNLIKELY(event_opens_file(ev))) {
		p->opened++;
	} else if (UNLIKELY(event_connects(ev))) {
		p->connections++;
	}
}

static int processes_batch(void *st, const struct batch *b)
{
	struct section_sums *sec = section_at(st, b->section->slot);

	if (sec == NULL) {
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < b->event_count; i++) {
		const struct event *ev = &b->events[i];

		if (!event_counts(ev) || ev->thread == NULL || ev->thread->process == ID_NONE) {
			continue;
		}
		if (!reserve_rows(sec, ev->thread->process)) {
			return ERR_NOMEM;
		}
		count_event(&sec->rows[ev->thread->process], ev);
	}
	return 0;
}

static void add_sums(struct proc_sums *a, const struct proc_sums *b)
{
	a->events += b->events;
	a->calls += b->calls;
	a->errors += b->errors;
	a->file_in += b->file_in;
	a->file_out += b->file_out;
	a->net_in += b->net_in;
	a->net_out += b->net_out;
	a->opened += b->opened;
	a->connections += b->connections;
}

static int processes_merge(void *into, void *from)
{
	struct processes_state *a = into;
	struct processes_state *b = from;

	for (uint32_t i = 0; i < b->count; i++) {
		struct section_sums *sec;

		if (b->sections[i].count == 0) {
			continue;
		}
		sec = section_at(a, i);
		if (sec == NULL || !reserve_rows(sec, b->sections[i].count - 1)) {
			return ERR_NOMEM;
		}
		for (uint32_t k = 0; k < b->sections[i].count; k++) {
			add_sums(&sec->rows[k], &b->sections[i].rows[k]);
		}
	}
	return 0;
}

static const struct column columns[] = {
	{ "pid", COL_S64, "", "Process id" },
	{ "name", COL_TEXT, "", "Name of the process at its end (comm)" },
	{ "exe", COL_TEXT, "", "Path of the executable; what it was called by where the path was not recorded" },
	{ "command_line", COL_TEXT, "", "How it was called last: argv[0] and arguments" },
	{ "parent_pid", COL_S64, "", "Process id of the parent" },
	{ "parent", COL_TEXT, "", "Name of the parent at its end" },
	{ "user", COL_TEXT, "", "User at the end (effective)" },
	{ "uid", COL_U64, "", "Number of that user" },
	{ "container", COL_TEXT, "", "Container id, \"host\" outside of containers" },
	{ "start", COL_TIME, "", "When it was started; unknown when it was there before the capture" },
	{ "end", COL_TIME, "", "When its exit was seen" },
	{ "exit_code", COL_S64, "", "Exit code; 128 + signal when a signal ended it" },
	{ "cpu_time", COL_DURATION, "ns",
	  "Time on a CPU, from context switches; unknown when a switch-in was not recorded" },
	{ "cpu_time_seen", COL_DURATION, "ns", "The part of it between recorded switches: at least this much" },
	{ "events", COL_U64, "", "Completed calls and other events" },
	{ "syscalls", COL_U64, "", "Completed calls" },
	{ "errors", COL_U64, "", "Calls that returned a negative result" },
	{ "file_read", COL_BYTES, "bytes", "Bytes read from files" },
	{ "file_written", COL_BYTES, "bytes", "Bytes written to files" },
	{ "net_in", COL_BYTES, "bytes", "Bytes received on network sockets" },
	{ "net_out", COL_BYTES, "bytes", "Bytes sent on network sockets" },
	{ "files_opened", COL_U64, "", "Successful opens" },
	{ "connections", COL_U64, "", "Connections made and accepted" },
	{ "children", COL_U64, "", "Its child processes, those of the snapshot included" },
	{ "threads", COL_U64, "", "Threads it ever had" },
	{ "execs", COL_U64, "", "Programs it became" },
	{ "unfinished_calls", COL_U64, "", "Calls that began and never returned in the capture" },
	{ "flows", COL_U64, "", "Flows in the packets that its sockets were matched with; unknown without packets and sockets to join" },
	{ "packets", COL_U64, "", "Packets of those flows: of a flow of several processes its share by bytes" },
	{ "retransmissions", COL_U64, "", "Retransmissions in those flows, shared out the same way" },
	{ "rtt_median", COL_DURATION, "ns", "Round trip in the handshake of those flows, from SYN to the ACK that ends it: median" },
	{ "rtt_max", COL_DURATION, "ns", "Longest of it" },
	{ "first_seen", COL_TIME, "", "First event" },
	{ "last_seen", COL_TIME, "", "Last event" },
	{ "host", COL_TEXT, "", "Host of the capture" },
	{ "source", COL_TEXT, "", "Capture it was seen in first" },
};

static const struct table_def def = {
	"processes", "Processes",
	"One row per process from its start to its end; a reused process id is another row. Processes of consecutive "
	"files of one host are counted once.",
	columns, ARRAY_LEN(columns),
};

/* All parts of a process added up. */
struct whole {
	const struct process *first, *last;
	uint32_t first_section, last_section;
	struct proc_sums sums;
	uint64_t cpu_ns, cpu_slices, cpu_unknown, unfinished, children, threads, execs;
	uint64_t first_ns, last_ns, start_ns;
};

static void add_part(struct whole *w, const struct processes_state *st, const struct section *sec,
		     const struct process *p)
{
	if (st != NULL && sec->slot < st->count && p->id < st->sections[sec->slot].count) {
		add_sums(&w->sums, &st->sections[sec->slot].rows[p->id]);
	}
	w->cpu_ns += p->cpu_ns;
	w->cpu_slices += p->cpu_slices;
	w->cpu_unknown += p->cpu_slices_unknown;
	w->unfinished += p->unfinished_calls;
	w->children += p->children;
	w->threads = max_u64(w->threads, p->threads);
	w->execs += p->execs;
	if (p->first_ns != 0 && (w->first_ns == 0 || p->first_ns < w->first_ns)) {
		w->first_ns = p->first_ns;
	}
	w->last_ns = max_u64(w->last_ns, p->last_ns);
	w->start_ns = w->start_ns == 0 ? p->start_ns : w->start_ns;
}

static void gather(struct whole *w, const struct series *series, const struct processes_state *st,
		   uint32_t process)
{
	const struct process *p;
	uint32_t section;
	uint32_t id;

	memset(w, 0, sizeof(*w));
	w->first = series_first(series, process, &w->first_section);
	w->last = series_last(series, process, &w->last_section);
	p = w->first;
	section = w->first_section;
	while (p != NULL) {
		add_part(w, st, series_section(series, section), p);
		id = p->id;
		p = series_next_part(series, &section, &id);
	}
}

static void add_identity(struct table *t, const struct whole *w, const struct section *sec)
{
	const struct process *p = w->last;
	const struct process *parent =
		p->parent != ID_NONE ? state_process(sec->state, p->parent) : NULL;

	if (p->pid >= 0) {
		table_s64(t, p->pid);
	} else {
		table_unknown(t);
	}
	table_str(t, p->comm);
	table_str(t, p->exepath->len > 0 ? p->exepath : p->exe);
	table_command_line(t, p->exe, p->args);
	if (p->ppid >= 0) {
		table_s64(t, p->ppid);
	} else {
		table_unknown(t);
	}
	if (parent != NULL) {
		table_str(t, parent->comm);
	} else {
		table_unknown(t);
	}
	table_str(t, p->user_name);
	table_uid(t, p->uid);
	table_container(t, p->container, p->known);
}

static void add_life(struct table *t, const struct whole *w)
{
	const struct process *p = w->last;

	table_time(t, w->start_ns);
	table_time(t, p->end_ns);
	if (p->has_exit) {
		int64_t sig = p->exit_status & 0x7F;

		table_s64(t, sig != 0 ? 128 + sig : (p->exit_status >> 8) & 0xFF);
	} else {
		table_unknown(t);
	}
	if (w->cpu_unknown == 0 && w->cpu_slices > 0) {
		table_duration(t, w->cpu_ns);
	} else {
		table_unknown(t);
	}
	if (w->cpu_slices > 0) {
		table_duration(t, w->cpu_ns);
	} else {
		table_unknown(t);
	}
}

static void add_rtt(struct table *t, uint64_t ns)
{
	if (ns != UINT64_MAX) {
		table_duration(t, ns);
	} else {
		table_unknown(t);
	}
}

/* net: NULL, nothing was joined. */
static void add_net(struct table *t, const struct process_net *net)
{
	if (net == NULL) {
		for (unsigned int i = 0; i < 5; i++) {
			table_unknown(t);
		}
		return;
	}
	table_u64(t, net->flows);
	table_u64(t, net->packets);
	table_u64(t, net->retransmissions);
	add_rtt(t, net->rtt_median_ns);
	add_rtt(t, net->rtt_max_ns);
}

static void add_row(struct table *t, const struct whole *w, const struct series *series, const struct process_net *net)
{
	const struct section *last = series_section(series, w->last_section);
	const struct section *first = series_section(series, w->first_section);
	const struct proc_sums *s = &w->sums;

	add_identity(t, w, last);
	add_life(t, w);
	table_u64(t, s->events);
	table_u64(t, s->calls);
	table_u64(t, s->errors);
	table_bytes(t, s->file_in);
	table_bytes(t, s->file_out);
	table_bytes(t, s->net_in);
	table_bytes(t, s->net_out);
	table_u64(t, s->opened);
	table_u64(t, s->connections);
	table_u64(t, w->children);
	table_u64(t, w->threads);
	table_u64(t, w->execs);
	table_u64(t, w->unfinished);
	add_net(t, net);
	table_time(t, w->first_ns);
	table_time(t, w->last_ns);
	table_text(t, first->hostname[0] != '\0' ? first->hostname : NULL);
	table_text(t, first->source->shown);
}

static int processes_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);
	struct process_flows *flows = NULL;

	if (t == NULL || process_flows_new(in, &flows) < 0) {
		table_free(t);
		return err_nomem(e, "table processes");
	}
	for (uint32_t i = 0; i < series_process_count(in->series); i++) {
		struct process_net net;
		struct whole w;

		gather(&w, in->series, st, i);
		if ((in->filtered || !w.last->known) && w.sums.events == 0) {
			continue;	/* nothing of it passed; or a mere mention of an id: nobody knows it, nothing happened in it */
		}
		process_flows_get(flows, i, &net);
		add_row(t, &w, in->series, flows != NULL ? &net : NULL);
	}
	process_flows_free(flows);
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table processes");
}

const struct tap tap_processes = {
	.name = "processes",
	.help = "one row per process and what it did",
	.order = TAP_FREE,
	.events = true,
	.join = true,
	.state_new = processes_new,
	.state_free = processes_free,
	.batch = processes_batch,
	.merge = processes_merge,
	.tables = processes_tables,
};
