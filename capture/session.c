/*
 * session.c - see session.h. The order of things, and the loop between begin and end. Main thread.
 */
#include "capture/session_internal.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capture/naming.h"
#include "capture/privileges.h"
#include "capture/selection.h"

/* How long the rings are waited for: what a signal or the command's end may have to wait. */
#define POLL_MS 50
/* Events of the time of a snapshot may leave the rings so long after it; then what waited is told apart. */
#define SETTLE_NS (UINT64_C(200) * 1000000)

/* ---- the snapshot's thread ------------------------------------------------------------------------------ */

static void snapshot_main(void *arg)
{
	struct snapshot_job *job = arg;

	err_init(&job->e);
	job->rc = snapshot_take(&job->opt, &job->made, &job->e);
	job->done = true;
}

static uint64_t now_of_probe(void *arg)
{
	return probe_now_ns(arg);
}

/* From here on events are held. */
static int begin_snapshot(struct session *s)
{
	struct snapshot_job *job = &s->job;

	job->opt = (struct snapshot_options){ .proc = "/proc", .skip_pid = getpid(),
					      .root = "/",
					      .no_args = s->opt->no_args,
					      .no_env = s->opt->no_env,
					      .redact = s->redact_state,
					      .now_ns = now_of_probe,
					      .now_arg = s->probe,
					      .containers = s->containers };
	job->done = false;
	job->begun_ns = probe_now_ns(s->probe);
	job->done_ns = 0;
	if (thread_start(&job->thread, snapshot_main, job) != 0) {
		return err_nomem(s->e, "the snapshot's thread");
	}
	job->running = true;
	s->holding = true;
	return 0;
}

/* The old one is needed no more: what is older than it has left the rings. */
static int take_over_snapshot(struct session *s)
{
	struct snapshot_job *job = &s->job;

	thread_join(&job->thread);
	job->running = false;
	if (job->rc != 0) {
		return err_set(s->e, job->rc, "%s", job->e.message);
	}
	snapshot_free(s->seen);
	s->seen = job->made;
	job->made = NULL;
	s->seen_until_ns = job->done_ns;
	return 0;
}

/* Once the snapshot is there and what belongs to its time left the rings. */
static int settle_snapshot(struct session *s, uint64_t now_ns)
{
	bool first = s->first;
	int rc;

	if (!s->job.running || !s->job.done) {
		return 0;
	}
	if (s->job.done_ns == 0) {
		s->job.done_ns = now_ns;
	}
	if (now_ns < s->job.done_ns + SETTLE_NS) {
		return 0;
	}
	rc = take_over_snapshot(s);
	if (rc == 0 && first) {
		struct privileges_plan plan = { .snapshots = output_rotates(s->output),
						.files = output_rotates(s->output) ||
							 (s->packets != NULL && !s->interleaved) };

		rc = s->opt->user != NULL ? privileges_user(s->opt->user, &plan.user, s->e) : 0;
		rc = rc == 0 ? privileges_drop(&plan, s->e) : rc;
	}
	return rc == 0 ? files_begin(s) : rc;
}

/* ---- beginning ------------------------------------------------------------------------------------------ */

static void packets_say(void *arg, const char *text)
{
	struct session *s = arg;

	s->say->line(s->say->arg, text);
}

static bool impatient(void *arg)
{
	struct session *s = arg;

	signals_read(s);
	return s->signals.ends > 1;
}

static struct sink_options sink_options_of(const struct capture_options *o)
{
	struct sink_options sink = { .form = naming_form(o->path), .level = (int)o->level, .force = o->force };

	switch (o->compress) {
	case COMPRESS_NONE: sink.form = SINK_PLAIN; break;
	case COMPRESS_GZIP: sink.form = SINK_GZIP; break;
	case COMPRESS_ZSTD: sink.form = SINK_ZSTD; break;
	default: sink.form = sink.form == SINK_PLAIN && o->level > 0 ? SINK_GZIP : sink.form; break;
	}
	return sink;
}

static int open_output(struct session *s)
{
	const struct capture_options *o = s->opt;
	struct output_options out = { .path = o->path,
				      .sink = sink_options_of(o),
				      .rotate_bytes = o->rotate_bytes,
				      .rotate_ns = o->rotate_seconds * NSEC_PER_SEC,
				      .rotate_events = o->rotate_events,
				      .ring_files = (uint32_t)o->ring_files,
				      .stopped = impatient,
				      .stopped_arg = s };
	struct privileges_user user = { 0 };
	int rc = o->user != NULL ? privileges_user(o->user, &user, s->e) : 0;

	s->interleaved = s->packets != NULL && (o->interleave || strcmp(o->path, "-") == 0);
	if (s->packets != NULL) {
		out.layout = s->interleaved ? OUTPUT_INTERLEAVED : o->split ? OUTPUT_SPLIT : OUTPUT_SPOOLED;
	}
	out.sink.to_user = user.given;
	out.sink.uid = user.uid;
	out.sink.gid = user.gid;
	return rc == 0 ? output_open(&out, &s->output, s->e) : rc;
}

static int open_packets(struct session *s)
{
	const struct capture_options *o = s->opt;
	struct packets_options p = { .interfaces = o->interfaces.items,
				     .interface_count = o->interfaces.count,
				     .namespaces = o->namespaces.items,
				     .namespace_count = o->namespaces.count,
				     .filter = o->packet_filter,
				     .snaplen = o->snap[SNAP_PACKET],
				     .buffer_bytes = o->packet_buffer,
				     .promiscuous = o->promiscuous,
				     .say = packets_say,
				     .say_arg = s };

	return o->interfaces.count > 0 ? packets_open(&p, &s->packets, s->e) : 0;
}

/* "secrets" is the built-in set. Twice: see struct session. */
static int open_redact(struct session *s, struct redact **ret_r)
{
	const char *patterns[OPTIONS_LIST_MAX];
	bool secrets = false;
	size_t count = 0;

	for (uint32_t i = 0; i < s->opt->redact.count; i++) {
		if (strcmp(s->opt->redact.items[i], "secrets") == 0) {
			secrets = true;
		} else {
			patterns[count++] = s->opt->redact.items[i];
		}
	}
	return redact_new(patterns, count, secrets, ret_r, s->e);
}

static int keep_roots(struct session *s, const struct probe_options *p)
{
	if (p->pid_count == 0) {
		return err_set(s->e, ERR_USAGE, "--own-lists is about processes: name some (--pid), or a command");
	}
	s->roots = malloc(p->pid_count * sizeof(*s->roots));
	if (s->roots == NULL) {
		return err_nomem(s->e, "processes");
	}
	memcpy(s->roots, p->pids, p->pid_count * sizeof(*s->roots));
	s->root_count = p->pid_count;
	return 0;
}

static int open_probe(struct session *s)
{
	struct probe_options p;
	int rc = selection_resolve(s->opt, &p, s->e);

	if (rc == 0 && s->command.pid > 0) {
		if (p.pid_count == PROBE_LIST_MAX) {
			return err_set(s->e, ERR_USAGE, "a command and %u processes are too many", p.pid_count);
		}
		p.pids[p.pid_count++] = s->command.pid;
	}
	rc = rc == 0 && s->opt->own_lists ? keep_roots(s, &p) : rc;
	return rc == 0 ? probe_open(&p, &s->probe, s->e) : rc;
}

/* Of this thread and those it starts later; the command keeps its own. Not permitted: as it is. */
static void raise_priority(const struct session *s)
{
	if (s->opt->priority > 0) {
		setpriority(PRIO_PROCESS, 0, -(int)s->opt->priority);
	}
}

/* An old file goes when little else can fail. Not so a pipe: while nobody reads it, what the probe tells would be
 * lost. */
static bool output_is_last(const struct capture_options *o)
{
	struct stat st;

	return o->force && stat(o->path, &st) == 0 && S_ISREG(st.st_mode);
}

static int open_all(struct session *s)
{
	bool last = output_is_last(s->opt);
	int rc = signals_block(&s->signals, s->opt->command != NULL, s->e);

	rc = rc == 0 && s->opt->command != NULL ? command_start(&s->command, s->opt->command, &s->signals.before, s->e)
						: rc;
	rc = rc == 0 ? open_redact(s, &s->redact_state) : rc;
	rc = rc == 0 ? open_redact(s, &s->redact_events) : rc;
	rc = rc == 0 ? containers_new("/", s->redact_state, &s->containers, s->e) : rc;
	rc = rc == 0 ? open_packets(s) : rc;
	rc = rc == 0 && !last ? open_output(s) : rc;
	rc = rc == 0 ? open_probe(s) : rc;
	rc = rc == 0 && last ? open_output(s) : rc;
	raise_priority(s);
	rc = rc == 0 ? begin_snapshot(s) : rc;
	s->started_ns = rc == 0 ? probe_now_ns(s->probe) : 0;
	return rc;
}

/* The first file has begun. ret_status: of a command that could not be run. */
static int go(struct session *s, int *ret_status)
{
	struct packets_target target = files_packets_target(s);
	int rc = s->packets != NULL ? packets_start(s->packets, &target, s->e) : 0;

	if (!s->opt->quiet) {
		session_say_begun(s);
	}
	rc = rc == 0 ? files_flush(s) : rc;
	return rc == 0 && s->command.pid > 0 ? command_release(&s->command, ret_status, s->e) : rc;
}

/* ---- the loop ------------------------------------------------------------------------------------------- */

static int look_at_rings(struct session *s)
{
	static const struct timespec wait = { 0, POLL_MS * 1000000L };

	if (held_full(&s->events)) {
		nanosleep(&wait, NULL); /* what comes waits in the rings */
		return 0;
	}
	return probe_poll(s->probe, POLL_MS, files_event, s, s->e);
}

/* What is due by the clock. */
static int look_at_clock(struct session *s, uint64_t now_ns)
{
	int rc = files_mix(s, now_ns);

	if (rc == 0 && now_ns - s->flushed_ns >= s->opt->flush_ms * 1000000) {
		s->flushed_ns = now_ns;
		rc = files_drops(s);
		rc = rc == 0 ? files_flush(s) : rc;
	}
	if (rc == 0 && s->seen != NULL && !s->holding && now_ns > s->seen_until_ns + 2 * NSEC_PER_SEC) {
		snapshot_free(s->seen);
		s->seen = NULL;
	}
	if (rc == 0 && !s->holding && output_full(s->output, now_ns)) {
		rc = begin_snapshot(s);
	}
	return rc;
}

static bool over(struct session *s, uint64_t now_ns)
{
	signals_read(s);
	if (s->signals.statistics) {
		s->signals.statistics = false;
		session_statistics(s);
	}
	if (s->first) {
		return s->signals.ends > 1; /* else with a whole snapshot, at least */
	}
	if (s->opt->duration_s > 0 && now_ns - s->started_ns >= s->opt->duration_s * NSEC_PER_SEC) {
		return true;
	}
	/* A signal ends the command, and that the recording; who insists ends the recording at once. */
	return s->command.pid > 0 ? command_ended(&s->command) || s->signals.ends > 1 : s->signals.ends > 0;
}

/* 0, SESSION_ENOUGH, or an error. */
static int record(struct session *s, int *ret_status)
{
	int rc = 0;

	while (rc == 0) {
		bool was_first = s->first;
		uint64_t now_ns;

		rc = look_at_rings(s);
		now_ns = probe_now_ns(s->probe);
		rc = rc == 0 ? settle_snapshot(s, now_ns) : rc;
		if (rc == 0 && was_first && !s->first) {
			s->started_ns = now_ns;
			rc = go(s, ret_status);
		}
		rc = rc == 0 && !s->first ? look_at_clock(s, now_ns) : rc;
		if (rc == 0 && over(s, now_ns)) {
			break;
		}
	}
	return rc;
}

/* ---- ending --------------------------------------------------------------------------------------------- */

/* What is in the rings, in the kernel's packet buffers and on its way to the disk. A snapshot under way comes too
 * late. */
static int finish(struct session *s)
{
	int rc = session_has_enough(s) ? SESSION_ENOUGH : probe_drain(s->probe, files_event, s, s->e);

	if (s->job.running) {
		thread_join(&s->job.thread);
		s->job.running = false;
		s->holding = false;
		snapshot_free(s->seen);
		s->seen = NULL;
	}
	rc = rc == 0 ? files_drops(s) : rc;
	if (s->packets != NULL) {
		packets_stop(s->packets);
	}
	signals_let_kill();
	return rc >= 0 && !s->first ? files_end(s) : output_close(s->output, s->e);
}

static void release(struct session *s)
{
	if (s->job.running) {
		thread_join(&s->job.thread);
	}
	command_drop(&s->command);
	packets_free(s->packets);
	output_free(s->output);
	probe_close(s->probe);
	snapshot_free(s->job.made);
	snapshot_free(s->seen);
	containers_free(s->containers);
	redact_free(s->redact_state);
	redact_free(s->redact_events);
	held_release(&s->events);
	held_release(&s->mixed);
	free(s->drops_told);
	free(s->roots);
	signals_release(&s->signals);
}

/* Of a pipe whose reader is gone nothing is to be told: it has what it wanted. */
static int status_of(const struct session *s, int rc, int status)
{
	if (status != 0) {
		return status;
	}
	if (s->opt->command != NULL) {
		return rc != 0 && rc != ERR_PIPE ? COMMAND_RECORDER_FAILED : command_exit_status(&s->command);
	}
	return err_exit_status(rc);
}

int session_run(const struct capture_options *opt, const struct session_say *say, int *ret_status, struct err *e)
{
	struct session *s = calloc(1, sizeof(*s));
	int status = 0;
	int rc;

	if (s == NULL) {
		*ret_status = opt->command != NULL ? COMMAND_RECORDER_FAILED : err_exit_status(ERR_NOMEM);
		return err_nomem(e, "the recording");
	}
	s->opt = opt;
	s->say = say;
	s->e = e;
	s->first = true;
	s->signals.fd = -1;
	files_init(s);
	rc = open_all(s);
	if (rc == 0) {
		int ended;

		rc = record(s, &status);
		ended = finish(s);
		rc = rc < 0 ? rc : ended;
		if (output_left(s->output) != NULL) {
			say->line(say->arg, output_left(s->output));
		}
		if (!opt->quiet) {
			session_statistics(s);
		}
		if (!s->command.waiting) {
			command_wait(&s->command); /* what failed here must not end it */
		}
	}
	*ret_status = status_of(s, rc, status);
	release(s);
	free(s);
	return rc;
}
