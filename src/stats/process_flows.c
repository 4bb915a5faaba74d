/*
 * process_flows.c - see process_flows.h. Main thread, when the tables are built.
 */
#include "stats/process_flows.h"

#include "join/join.h"
#include "stats/series.h"

struct timed {
	uint32_t process;
	uint64_t rtt_ns;
};

struct process_flows {
	struct process_net *rows;	/* owns; by number of the process */
	uint32_t count;
	uint64_t *last_end;		/* owns; what a process was counted for last: 1 + 2 * number of the pair + end */
	struct timed *times;		/* owns */
	size_t time_count, time_cap;
};

uint64_t flow_round_trip(const struct flow *f)
{
	uint64_t server = flow_rtt_server(f);
	uint64_t client = flow_rtt_client(f);

	return server == UINT64_MAX || client == UINT64_MAX ? UINT64_MAX : server + client;
}

static int add_time(struct process_flows *f, uint32_t process, uint64_t rtt_ns)
{
	if (f->time_count == f->time_cap) {
		size_t cap = f->time_cap < 64 ? 64 : f->time_cap * 2;
		struct timed *grown = realloc(f->times, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		f->times = grown;
		f->time_cap = cap;
	}
	f->times[f->time_count++] = (struct timed){ process, rtt_ns };
	return 0;
}

/* floor(whole * part / total), whole without overflow. */
static uint64_t portion(uint64_t whole, uint64_t part, uint64_t total)
{
	return (uint64_t)((unsigned __int128)whole * part / total);
}

struct part {
	uint64_t packets, retransmissions, rtt_ns;
	uint64_t pair;
	unsigned int end;
};

/* A process may have several threads at one end: their parts add up. Who talks to itself suffers the flow once. */
static int add_part(struct process_flows *f, uint32_t process, const struct part *p)
{
	uint64_t end0 = 1 + 2 * p->pair;
	bool first;

	if (process >= f->count || (p->end == 1 && f->last_end[process] == end0)) {
		return 0;
	}
	first = f->last_end[process] < end0;
	f->last_end[process] = end0 + p->end;
	f->rows[process].packets += p->packets;
	f->rows[process].retransmissions += p->retransmissions;
	f->rows[process].flows += first;
	return first && p->rtt_ns != UINT64_MAX ? add_time(f, process, p->rtt_ns) : 0;
}

/* By the bytes that each thread moved; where nobody moved any, all is the opener's. */
static int add_sock(struct process_flows *f, const struct sock *s, const struct part *whole, process_number number,
		    const void *arg)
{
	uint64_t total = 0;
	uint64_t done = 0;
	int rc = 0;

	for (uint32_t i = 0; i < s->user_count; i++) {
		total += s->users[i].bytes[0] + s->users[i].bytes[1];
	}
	if (total == 0) {
		return add_part(f, number(arg, s->section, s->process), whole);
	}
	for (uint32_t i = 0; i < s->user_count && rc == 0; i++) {
		uint64_t now = done + s->users[i].bytes[0] + s->users[i].bytes[1];
		struct part p = *whole;

		p.packets = portion(whole->packets, now, total) - portion(whole->packets, done, total);
		p.retransmissions =
			portion(whole->retransmissions, now, total) - portion(whole->retransmissions, done, total);
		if (now > done) {
			rc = add_part(f, number(arg, s->section, s->users[i].process), &p);
		}
		done = now;
	}
	return rc;
}

static int add_pair(struct process_flows *f, const struct pair *p, uint64_t at, process_number number, const void *arg)
{
	const struct flow *w = p->flow;
	struct part whole = {
		.packets = w->side[0].packets + w->side[1].packets,
		.retransmissions = (uint64_t)w->side[0].retransmissions + w->side[1].retransmissions,
		.rtt_ns = flow_round_trip(w),
		.pair = at,
	};
	int rc = 0;

	for (unsigned int end = 0; end < 2 && rc == 0; end++) {
		whole.end = end;
		if (p->side[end].sock != NULL) {
			rc = add_sock(f, p->side[end].sock, &whole, number, arg);
		}
	}
	return rc;
}

static int compare_times(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	if (x->process != y->process) {
		return x->process < y->process ? -1 : 1;
	}
	return x->rtt_ns < y->rtt_ns ? -1 : x->rtt_ns > y->rtt_ns;
}

/* Of an even number the lower one of the middle: a time that was measured. */
static void set_times(struct process_flows *f)
{
	size_t to;

	if (f->time_count > 0) {
		qsort(f->times, f->time_count, sizeof(*f->times), compare_times);
	}
	for (size_t from = 0; from < f->time_count; from = to) {
		struct process_net *row = &f->rows[f->times[from].process];

		to = from;
		while (to < f->time_count && f->times[to].process == f->times[from].process) {
			to++;
		}
		row->rtt_median_ns = f->times[from + (to - from - 1) / 2].rtt_ns;
		row->rtt_max_ns = f->times[to - 1].rtt_ns;
	}
}

int process_flows_of(const struct pair *pairs, size_t count, uint32_t processes, process_number number, const void *arg,
		     struct process_flows **ret_f)
{
	struct process_flows *f = calloc(1, sizeof(*f));
	int rc = f != NULL ? 0 : ERR_NOMEM;

	if (rc == 0) {
		f->count = processes;
		f->rows = calloc((size_t)processes + 1, sizeof(*f->rows));
		f->last_end = calloc((size_t)processes + 1, sizeof(*f->last_end));
		rc = f->rows != NULL && f->last_end != NULL ? 0 : ERR_NOMEM;
	}
	for (uint32_t i = 0; i < processes && rc == 0; i++) {
		f->rows[i].rtt_median_ns = f->rows[i].rtt_max_ns = UINT64_MAX;
	}
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = add_pair(f, &pairs[i], i, number, arg);
	}
	if (rc < 0) {
		process_flows_free(f);
		return rc;
	}
	set_times(f);
	*ret_f = f;
	return 0;
}

static uint32_t number_in_series(const void *arg, const struct section *sec, uint32_t process)
{
	uint32_t section = series_section_of_slot(arg, sec->slot);

	return section != UINT32_MAX && process != ID_NONE ? series_process(arg, section, process) : UINT32_MAX;
}

static bool has_packets(const struct tap_input *in)
{
	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			if (in->sources[i]->sections[k]->packets > 0) {
				return true;
			}
		}
	}
	return false;
}

int process_flows_new(const struct tap_input *in, struct process_flows **ret_f)
{
	const struct pair *pairs;
	size_t count;

	if (in->join == NULL || !has_packets(in)) {
		*ret_f = NULL;
		return 0;
	}
	pairs = join_pairs(in->join, &count);
	return process_flows_of(pairs, count, series_process_count(in->series), number_in_series, in->series, ret_f);
}

void process_flows_free(struct process_flows *f)
{
	if (f != NULL) {
		free(f->rows);
		free(f->last_end);
		free(f->times);
		free(f);
	}
}

void process_flows_get(const struct process_flows *f, uint32_t process, struct process_net *ret_net)
{
	if (f == NULL || process >= f->count) {
		*ret_net = (struct process_net){ .rtt_median_ns = UINT64_MAX, .rtt_max_ns = UINT64_MAX };
	} else {
		*ret_net = f->rows[process];
	}
}
