/*
 * output.c - see output.h. Streams are filled by their owners, handed over in chunks, and written by one thread
 * (writer_main), which lets another (closer_main) end a file while the next is written.
 */
#include "capture/output.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"
#include "capture/naming.h"

/* A stream's buffer is handed over when it has so much. */
#define CHUNK_BYTES ((size_t)256 << 10)
/* The largest snapshot block: 100,000 threads with 4 KiB of arguments and environment each stay below. */
#define CHUNK_MAX ((size_t)1 << 30)
/* Messages that may wait for the writer: 64 MiB of chunks. */
#define QUEUE_MAX 256
#define WAIT_NS 100000000L
/* Names tried where strftime's result is taken already. */
#define NAME_TRIES 100000

enum op { OP_WRITE, OP_CLOSE };

/* The file or files that are open at the same time. */
struct files {
	char *path; /* owns; the name asked for */
	char *other; /* owns; spool or packets' file, NULL: none */
	struct sink *sinks[2]; /* by enum output_stream; owns */
	bool spooled;
};

struct message {
	enum op op;
	enum output_stream stream;
	struct files *files; /* OP_CLOSE takes them, else borrowed */
	struct buf data; /* OP_WRITE: owns */
};

struct stream {
	struct buf chunk;
	uint64_t events; /* of the current file */
};

struct ring_row {
	char *path, *other; /* own */
};

struct output {
	struct output_options opt;
	struct stream streams[2];
	struct files *files; /* owns */
	uint64_t file_bytes; /* put into the current file; guarded by lock */
	uint64_t opened_ns, number;
	struct ring_row *ring; /* owns; ring_files rows, the oldest at ring_at */
	uint32_t ring_at;
	struct output_counts counts; /* guarded by lock */

	struct thread writer, closer; /* closer: started and joined by the writer, at last by output_close */
	bool give_up; /* atomic: the writer drops what nobody takes from it */
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	/* Guarded by lock. */
	struct message queue[QUEUE_MAX];
	unsigned int first, count;
	struct buf spare[4]; /* memory of chunks written */
	unsigned int spare_count;
	bool ending;
	struct err failure; /* the first one */
	char left[1024]; /* of what could not be put together: "" nothing */
};

/* ---- what waits for the writer -------------------------------------------------------------------------- */

static void note_failure(struct output *o, const struct err *e)
{
	pthread_mutex_lock(&o->lock);
	if (o->failure.code == 0) {
		o->failure = *e;
	}
	pthread_mutex_unlock(&o->lock);
}

/* With the lock. */
static int failure_of(const struct output *o, struct err *e)
{
	if (o->failure.code != 0) {
		err_set(e, o->failure.code, "%s", o->failure.message);
	}
	return o->failure.code;
}

/* With the lock. False: the caller is to stop. */
static bool wait_for_room(struct output *o)
{
	struct timespec until;

	o->counts.waits += o->count == QUEUE_MAX;
	while (o->count == QUEUE_MAX) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += WAIT_NS;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&o->emptied, &o->lock, &until);
		if (o->count == QUEUE_MAX && o->opt.stopped != NULL && o->opt.stopped(o->opt.stopped_arg)) {
			__atomic_store_n(&o->give_up, true, __ATOMIC_RELAXED);
			return false;
		}
	}
	return true;
}

static void writer_main(void *arg);

/* The thread starts with the first message: after privileges were dropped. */
static int send(struct output *o, const struct message *m, struct err *e)
{
	int rc = 0;

	pthread_mutex_lock(&o->lock);
	if (!o->writer.running && (rc = thread_start(&o->writer, writer_main, o)) != 0) {
		err_nomem(e, "the writer's thread");
	} else if (!wait_for_room(o)) {
		rc = err_set(e, ERR_STOPPED, "stopped while nobody takes the output");
	} else {
		o->queue[(o->first + o->count++) % QUEUE_MAX] = *m;
		pthread_cond_signal(&o->filled);
		rc = m->op == OP_CLOSE ? 0 : failure_of(o, e);
	}
	pthread_mutex_unlock(&o->lock);
	return rc;
}

/* The chunk goes, a written one's memory comes in its place. */
static int hand_over(struct output *o, enum output_stream s, struct err *e)
{
	struct stream *st = &o->streams[s];
	struct message m = { OP_WRITE, s, o->files, st->chunk };
	int rc;

	if (st->chunk.failed) {
		return err_nomem(e, "what was recorded");
	}
	if (st->chunk.len == 0) {
		return 0;
	}
	buf_init(&st->chunk, CHUNK_MAX);
	pthread_mutex_lock(&o->lock);
	o->counts.bytes += m.data.len;
	o->file_bytes += m.data.len;
	if (o->spare_count > 0) {
		st->chunk = o->spare[--o->spare_count];
	}
	pthread_mutex_unlock(&o->lock);
	rc = send(o, &m, e);
	if (rc == ERR_STOPPED || (rc == ERR_NOMEM && !o->writer.running)) {
		buf_release(&m.data);
	}
	return rc;
}

struct buf *output_room(struct output *o, enum output_stream s)
{
	return &o->streams[s].chunk;
}

int output_put(struct output *o, enum output_stream s, uint32_t events, struct err *e)
{
	struct stream *st = &o->streams[s];

	st->events += events;
	return st->chunk.len >= CHUNK_BYTES || st->chunk.failed ? hand_over(o, s, e) : 0;
}

int output_send(struct output *o, enum output_stream s, struct err *e)
{
	return hand_over(o, s, e);
}

/* ---- the writer's thread -------------------------------------------------------------------------------- */

static void files_free(struct files *f)
{
	if (f != NULL) {
		sink_free(f->sinks[0]);
		sink_free(f->sinks[1]);
		free(f->path);
		free(f->other);
		free(f);
	}
}

/* Both ends, then the spool behind the packets. What cannot be put together stays in two files. */
static int end_files(struct files *f, struct err *e)
{
	int rc = 0;

	for (unsigned int s = 0; s < 2; s++) {
		int r = f->sinks[s] != NULL ? sink_end(f->sinks[s], e) : 0;

		rc = rc == 0 ? r : rc;
	}
	if (rc != 0 || !f->spooled) {
		return rc;
	}
	rc = sink_append(f->sinks[OUTPUT_OF_PACKETS], f->other, e);
	if (rc == 0 && unlink(f->other) != 0) {
		rc = err_set(e, ERR_IO, "cannot remove '%s', whose events are in '%s': %s", f->other, f->path,
			     strerror(errno));
	}
	return rc;
}

static void note_left(struct output *o, const struct files *f)
{
	if (f->spooled && access(f->other, F_OK) == 0) {
		pthread_mutex_lock(&o->lock);
		snprintf(o->left, sizeof(o->left), "packets and events are in two files: '%s' and '%s'", f->path,
			 f->other);
		pthread_mutex_unlock(&o->lock);
	}
}

struct closing {
	struct output *o;
	struct files *files;
};

static void closer_main(void *arg)
{
	struct closing *c = arg;
	struct output *o = c->o;
	uint64_t bytes = 0;
	struct err e;

	err_init(&e);
	if (end_files(c->files, &e) != 0) {
		note_left(o, c->files);
		note_failure(o, &e);
	}
	for (unsigned int s = 0; s < 2; s++) {
		bool gone = s == OUTPUT_OF_EVENTS && c->files->spooled && e.code == 0;

		bytes += c->files->sinks[s] != NULL && !gone ? sink_bytes(c->files->sinks[s]) : 0;
	}
	pthread_mutex_lock(&o->lock);
	o->counts.disk_bytes += bytes;
	pthread_mutex_unlock(&o->lock);
	files_free(c->files);
	free(c);
}

/* In the background, but one file at a time. Without memory or thread: here and now. */
static void close_files(struct output *o, struct files *f)
{
	struct closing *c = malloc(sizeof(*c));
	struct err e;

	thread_join(&o->closer);
	if (c == NULL) {
		err_init(&e);
		err_nomem(&e, "the end of a file");
		note_failure(o, &e);
		files_free(f);
		return;
	}
	*c = (struct closing){ o, f };
	if (thread_start(&o->closer, closer_main, c) != 0) {
		closer_main(c);
	}
}

static void do_message(struct output *o, struct message *m)
{
	struct err e;
	int rc = 0;

	err_init(&e);
	if (m->op == OP_CLOSE) {
		close_files(o, m->files);
	} else {
		rc = sink_write(m->files->sinks[m->stream], m->data.data, m->data.len, &e);
	}
	if (rc != 0) {
		note_failure(o, &e);
	}
}

/* With the lock: the memory of a chunk serves again, unless a snapshot made it large. */
static void keep_spare(struct output *o, struct buf *b)
{
	if (o->spare_count < ARRAY_LEN(o->spare) && b->cap <= 4 * CHUNK_BYTES) {
		buf_reset(b);
		o->spare[o->spare_count++] = *b;
	} else {
		buf_release(b);
	}
}

static void writer_main(void *arg)
{
	struct output *o = arg;

	pthread_mutex_lock(&o->lock);
	for (;;) {
		struct message m;

		while (o->count == 0 && !o->ending) {
			pthread_cond_wait(&o->filled, &o->lock);
		}
		if (o->count == 0) {
			break;
		}
		m = o->queue[o->first];
		o->first = (o->first + 1) % QUEUE_MAX;
		o->count--;
		pthread_cond_signal(&o->emptied);
		pthread_mutex_unlock(&o->lock);
		do_message(o, &m);
		pthread_mutex_lock(&o->lock);
		if (m.op == OP_WRITE) {
			keep_spare(o, &m.data);
		}
	}
	pthread_mutex_unlock(&o->lock);
}

/* ---- files ---------------------------------------------------------------------------------------------- */

bool output_rotates(const struct output *o)
{
	return o->opt.rotate_bytes > 0 || o->opt.rotate_ns > 0 || o->opt.rotate_events > 0;
}

/* The second file of a layout that has one. */
static int open_other(struct output *o, struct files *f, struct err *e)
{
	enum output_stream first = OUTPUT_OF_EVENTS, second = OUTPUT_OF_PACKETS;
	int rc = 0;

	if (o->opt.layout == OUTPUT_SPOOLED) {
		f->spooled = true;
		first = OUTPUT_OF_PACKETS;
		second = OUTPUT_OF_EVENTS;
		rc = naming_spool(f->path, &f->other, e);
	} else if (o->opt.layout == OUTPUT_SPLIT) {
		rc = naming_packets(f->path, &f->other, e);
	}
	if (rc == 0 && f->other != NULL) {
		rc = sink_open(f->other, &o->opt.sink, &f->sinks[second], e);
	}
	if (rc == 0) {
		rc = sink_open(f->path, &o->opt.sink, &f->sinks[first], e);
		if (rc != 0 && f->other != NULL && f->sinks[second] != NULL && sink_is_file(f->sinks[second])) {
			unlink(f->other); /* ours, and empty */
		}
	}
	if (rc == 0 && f->other != NULL && !sink_is_file(f->sinks[first])) {
		unlink(f->other);
		rc = err_set(e, ERR_USAGE, "'%s' is no file that packets and events can share: use --interleave",
			     f->path);
	}
	for (unsigned int s = 0; s < 2 && rc == 0; s++) {
		if (f->sinks[s] != NULL) {
			sink_give_up_on(f->sinks[s], &o->give_up);
		}
	}
	return rc;
}

static int open_named(struct output *o, char *name, struct files **ret_f, struct err *e)
{
	struct files *f = calloc(1, sizeof(*f));
	int rc;

	if (f == NULL) {
		free(name);
		return err_nomem(e, "the output file");
	}
	f->path = name;
	rc = open_other(o, f, e);
	if (rc != 0) {
		files_free(f);
		return rc;
	}
	*ret_f = f;
	return 0;
}

/* Rotated files: the next name; where time makes it, a number is added while it is taken. */
static int open_rotated(struct output *o, uint64_t now_ns, struct files **ret_f, struct err *e)
{
	bool timed = strchr(o->opt.path, '%') != NULL;
	int rc = ERR_EXISTS;

	for (unsigned int i = 0; rc == ERR_EXISTS && i < NAME_TRIES; i++) {
		struct err tried;
		char *name;

		err_init(&tried);
		rc = naming_rotated(o->opt.path, timed ? i : ++o->number, (time_t)(now_ns / NSEC_PER_SEC), &name,
				    &tried);
		rc = rc == 0 ? open_named(o, name, ret_f, &tried) : rc;
		if (rc != 0 && (rc != ERR_EXISTS || i + 1 == NAME_TRIES)) {
			return err_set(e, rc, "%s", tried.message);
		}
	}
	return rc;
}

/* The oldest file of the ring makes way for this one. */
static void keep_ring(struct output *o, const struct files *f)
{
	struct ring_row *row;

	if (o->opt.ring_files == 0) {
		return;
	}
	row = &o->ring[o->ring_at];
	if (row->path != NULL) {
		unlink(row->path);
	}
	if (row->other != NULL) {
		unlink(row->other);
	}
	free(row->path);
	free(row->other);
	row->path = strdup(f->path);
	row->other = f->other != NULL ? strdup(f->other) : NULL;
	o->ring_at = (o->ring_at + 1) % o->opt.ring_files;
}

static int open_next(struct output *o, uint64_t now_ns, struct err *e)
{
	struct files *f = NULL;
	char *name;
	int rc;

	if (output_rotates(o)) {
		rc = open_rotated(o, now_ns, &f, e);
	} else {
		name = strdup(o->opt.path);
		rc = name == NULL ? err_nomem(e, "the output file") : open_named(o, name, &f, e);
	}
	if (rc != 0) {
		return rc;
	}
	keep_ring(o, f);
	o->files = f;
	o->opened_ns = now_ns;
	pthread_mutex_lock(&o->lock);
	o->file_bytes = 0;
	o->counts.files++;
	pthread_mutex_unlock(&o->lock);
	o->streams[0].events = 0;
	o->streams[1].events = 0;
	return 0;
}

static int close_current(struct output *o, struct err *e)
{
	struct message m = { .op = OP_CLOSE, .files = o->files };
	int rc = 0;

	for (unsigned int s = 0; s < 2; s++) {
		int r = hand_over(o, s, e);

		rc = rc == 0 ? r : rc;
	}
	if (send(o, &m, e) == 0) {
		o->files = NULL;
	}
	return rc;
}

int output_next(struct output *o, uint64_t now_ns, struct err *e)
{
	int rc = close_current(o, e);

	return rc == 0 ? open_next(o, now_ns, e) : rc;
}

/* Of packets, whose buffer is another thread's, what was sent. */
static uint64_t bytes_of_file(struct output *o)
{
	uint64_t bytes = 0;

	if (o->opt.sink.form == SINK_PLAIN) {
		pthread_mutex_lock(&o->lock);
		bytes = o->file_bytes + o->streams[OUTPUT_OF_EVENTS].chunk.len;
		pthread_mutex_unlock(&o->lock);
		return bytes;
	}
	for (unsigned int s = 0; s < 2; s++) {
		bytes += o->files->sinks[s] != NULL ? sink_bytes(o->files->sinks[s]) : 0;
	}
	return bytes;
}

bool output_full(struct output *o, uint64_t now_ns)
{
	const struct output_options *opt = &o->opt;
	uint64_t bytes = opt->rotate_bytes > 0 ? bytes_of_file(o) : 0;

	return (opt->rotate_bytes > 0 && bytes >= opt->rotate_bytes) ||
	       (opt->rotate_ns > 0 && now_ns >= o->opened_ns + opt->rotate_ns) ||
	       (opt->rotate_events > 0 && o->streams[OUTPUT_OF_EVENTS].events >= opt->rotate_events);
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

static int check_options(const struct output_options *opt, bool rotates, struct err *e)
{
	bool pipe = strcmp(opt->path, "-") == 0;

	if (opt->path[0] == '\0' || opt->path[strlen(opt->path) - 1] == '/') {
		return err_set(e, ERR_USAGE, "'%s' is no name for a file", opt->path);
	}
	if (pipe && rotates) {
		return err_set(e, ERR_USAGE, "standard output cannot be rotated: name a file");
	}
	if (pipe && (opt->layout == OUTPUT_SPOOLED || opt->layout == OUTPUT_SPLIT)) {
		return err_set(e, ERR_USAGE, "standard output takes packets and events interleaved only");
	}
	if (opt->ring_files > 0 && !rotates) {
		return err_set(e, ERR_USAGE,
			       "a ring of files needs a size, time or number of events after which the next begins");
	}
	return 0;
}

int output_open(const struct output_options *opt, struct output **ret_o, struct err *e)
{
	struct output *o = calloc(1, sizeof(*o));
	struct timespec now;
	int rc;

	if (o == NULL) {
		return err_nomem(e, "the output");
	}
	o->opt = *opt;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->filled, NULL);
	pthread_cond_init(&o->emptied, NULL);
	buf_init(&o->streams[0].chunk, CHUNK_MAX);
	buf_init(&o->streams[1].chunk, CHUNK_MAX);
	err_init(&o->failure);
	clock_gettime(CLOCK_REALTIME, &now);
	rc = check_options(opt, output_rotates(o), e);
	if (rc == 0 && opt->ring_files > 0) {
		o->ring = calloc(opt->ring_files, sizeof(*o->ring));
		rc = o->ring == NULL ? err_nomem(e, "the ring of files") : 0;
	}
	if (rc == 0) {
		o->number = output_rotates(o) ? naming_highest(opt->path) : 0;
		rc = open_next(o, (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec, e);
	}
	if (rc != 0) {
		output_free(o);
		return rc;
	}
	*ret_o = o;
	return 0;
}

static void stop_writer(struct output *o)
{
	pthread_mutex_lock(&o->lock);
	o->ending = true;
	pthread_cond_signal(&o->filled);
	pthread_mutex_unlock(&o->lock);
	thread_join(&o->writer);
	thread_join(&o->closer);
}

/* Nothing was given to it: the recording did not begin. */
static bool is_unused(const struct output *o)
{
	return o->counts.files == 1 && o->counts.bytes == 0 && o->streams[0].chunk.len == 0 &&
	       o->streams[1].chunk.len == 0;
}

int output_close(struct output *o, struct err *e)
{
	int rc = o->files != NULL && !is_unused(o) ? close_current(o, e) : 0;

	stop_writer(o);
	return rc == 0 ? failure_of(o, e) : rc;
}

/* Of files made for a recording that did not begin nothing is to stay. */
static void remove_unused(const struct output *o)
{
	const struct files *f = o->files;

	for (unsigned int s = 0; s < 2; s++) {
		const struct sink *sink = f->sinks[s];

		if (sink != NULL && sink_is_file(sink) && sink_bytes(sink) == 0) {
			unlink(sink_path(sink));
		}
	}
}

void output_free(struct output *o)
{
	if (o == NULL) {
		return;
	}
	stop_writer(o);
	if (o->files != NULL) {
		remove_unused(o);
	}
	files_free(o->files);
	buf_release(&o->streams[0].chunk);
	buf_release(&o->streams[1].chunk);
	for (unsigned int i = 0; i < o->spare_count; i++) {
		buf_release(&o->spare[i]);
	}
	for (uint32_t i = 0; i < o->opt.ring_files && o->ring != NULL; i++) {
		free(o->ring[i].path);
		free(o->ring[i].other);
	}
	free(o->ring);
	pthread_cond_destroy(&o->emptied);
	pthread_cond_destroy(&o->filled);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

const char *output_left(const struct output *o)
{
	return o->left[0] != '\0' ? o->left : NULL;
}

const char *output_path(const struct output *o)
{
	return o->files != NULL ? o->files->path : o->opt.path;
}

const char *output_partner(const struct output *o, enum output_stream s)
{
	if (o->opt.layout != OUTPUT_SPLIT || o->files == NULL) {
		return NULL;
	}
	return naming_base(s == OUTPUT_OF_EVENTS ? o->files->other : o->files->path);
}

void output_counts(struct output *o, struct output_counts *ret_c)
{
	pthread_mutex_lock(&o->lock);
	*ret_c = o->counts;
	pthread_mutex_unlock(&o->lock);
	for (unsigned int s = 0; s < 2 && o->files != NULL; s++) {
		ret_c->disk_bytes += o->files->sinks[s] != NULL ? sink_bytes(o->files->sinks[s]) : 0;
	}
}
