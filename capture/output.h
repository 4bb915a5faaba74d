/*
 * output.h - the files of a recording: which bytes go to which file, when a file is full and the next begins, and the
 * thread that writes them.
 *
 *   events  ─ output_room, output_put ─┐                    ┌→ FILE, or FILE.events~ while packets go to FILE
 *                                      ├→ queue → writer ───┤
 *   packets ─ output_room, output_put ─┘                    └→ FILE, or day.packets.pcapng (naming.h)
 *
 * Layouts: OUTPUT_EVENTS has one stream. OUTPUT_SPOOLED keeps packets in a section of their own before the events, as
 * readers of scap need it: packets are written to FILE, events to a spool beside it, and when the file is closed (or
 * rotated) the spool is appended and removed; a recorder that is killed leaves both, each readable.
 * OUTPUT_INTERLEAVED is one stream too: who calls mixes packets into the events. OUTPUT_SPLIT leaves two files.
 *
 * Whole blocks only are appended to a stream's buffer. Each stream is filled by one thread at a time; everything else
 * is the main thread's, while no other fills a stream. The queue is bounded: who is faster than the disk waits, and
 * the kernel's rings fill.
 */
#ifndef CAPTURE_OUTPUT_H
#define CAPTURE_OUTPUT_H

#include "base/buf.h"
#include "capture/sink.h"

enum output_layout { OUTPUT_EVENTS, OUTPUT_SPOOLED, OUTPUT_INTERLEAVED, OUTPUT_SPLIT };
enum output_stream { OUTPUT_OF_EVENTS, OUTPUT_OF_PACKETS };

struct output_options {
	const char *path;		/* as asked for; "-" is standard output; borrows until output_free */
	struct sink_options sink;
	enum output_layout layout;
	/* A file is full when it has so much; all 0: never. */
	uint64_t rotate_bytes, rotate_ns, rotate_events;
	uint32_t ring_files;		/* the oldest goes when there are more; 0: all stay */
	/* Asked while there is no room in the queue: true gives up waiting (ERR_STOPPED). NULL: never. */
	bool (*stopped)(void *arg);
	void *stopped_arg;
};

struct output_counts {
	uint64_t bytes;			/* of blocks, before compression */
	uint64_t disk_bytes;		/* in files closed, and in those that are open */
	uint32_t files;
	uint64_t waits;			/* times the queue was full */
};

struct output;

/* Opens the first file. ERR_USAGE for options that do not go together, and what sink_open returns. */
int output_open(const struct output_options *opt, struct output **ret_o, struct err *e);

/* Where whole blocks of a stream are appended, then output_put. */
struct buf *output_room(struct output *o, enum output_stream s);
/* Behind an append of so many events (packets). 0, or the writer's first failure. */
int output_put(struct output *o, enum output_stream s, uint32_t events, struct err *e);
/* What was put is written, so that it can be read from the disk. Returns before it is there. */
int output_send(struct output *o, enum output_stream s, struct err *e);

/* The current file has what a file may have. For the thread that fills the stream of events. */
bool output_full(struct output *o, uint64_t now_ns);
/* Ends the current file (in the background) and opens the next; both streams begin anew with their section headers. */
int output_next(struct output *o, uint64_t now_ns, struct err *e);
bool output_rotates(const struct output *o);

/* Ends everything and waits for it. 0, or the first failure. */
int output_close(struct output *o, struct err *e);
/* After output_close: what of a file could not be put together and lies in two, as a sentence; NULL: nothing. */
const char *output_left(const struct output *o);
/* NULL-safe; what was not closed stays as it lies on the disk, but for files into which nothing was put: they go. */
void output_free(struct output *o);

/* Names of the current file, for messages, and of the file that holds the other stream (OUTPUT_SPLIT), or NULL. */
const char *output_path(const struct output *o);
const char *output_partner(const struct output *o, enum output_stream s);
void output_counts(struct output *o, struct output_counts *ret_c);

#endif
