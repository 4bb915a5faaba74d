/*
 * annotate.h - packets written out again with the processes they belong to: the parts of `thresher annotate`.
 *
 *     annotate_packet.c   any worker: packets of a batch as blocks of pcapng with options of their process
 *     annotate_file.c     one thread at a time, in order: interfaces and processes before the packets that name them, the file
 *     cmd_annotate.c      the command: options, both passes
 *
 * Interfaces are numbered and processes described when the first packet names them, in the order of writing, which is
 * that of the input: so the file depends on the input alone.
 */
#ifndef CLI_ANNOTATE_H
#define CLI_ANNOTATE_H

#include "base/map.h"
#include "cli/joined.h"
#include "cli/select.h"
#include "writers/capture_file.h"

/* How processes are written. */
enum { WITH_OPTION = 1, WITH_BLOCK = 2, WITH_COMMENT = 4 };
/* What all readers understand: Wireshark before 5.0 takes the blocks for frames. */
#define WITH_USUAL (WITH_OPTION | WITH_COMMENT)

/* A process that a packet may belong to. */
struct subject {
	const struct section *calls;
	const struct process *process;
	/* Another host's process has the same pid: a file can describe one of them only. This one is told in
	 * comments. */
	bool foreign;
	bool written;			/* owner: who emits */
};

/* What stands before each block on its way from format to emit. */
struct annotate_head {
	uint32_t len;			/* of the block behind it */
	uint32_t interface;		/* index in its section; UINT32_MAX: not described there */
	const struct section *section;	/* of the second run */
	const struct packet_interface *description;	/* lives as long as the section; NULL: none */
	struct subject *subject;	/* described before this block; NULL: none */
	const struct clock_pair *clock;	/* between the subject's calls and the packets as stored; NULL: unknown */
	const struct clock_pair *moved;	/* that the packets' times were moved by; NULL: they were not */
	bool packet;			/* else a block handed on */
	bool has_process;		/* of a packet: the join knows whose it is */
	uint64_t ts_ns;
};

struct annotate {
	const struct options *options;	/* borrowed */
	unsigned int with;		/* WITH_ */
	bool to_calls;			/* times by the clock of the syscalls */
	struct join_options join_options;
	struct selection selection;	/* of packets */
	struct joined joined;
	struct subject *subjects;	/* owns */
	size_t subject_count;
	struct map by_process;		/* slot of section, id of process -> index + 1; frozen before the second pass */

	/* owner: who emits */
	struct capture_file file;
	struct buf block;
	struct map interfaces;		/* address of section and index -> number + 1 */
	struct annotate_interface *written;	/* owns */
	size_t written_count, written_cap;
	uint64_t packets, with_process;
};

struct annotate_interface {
	const struct section *section;	/* of the second run */
	uint32_t interface;
	uint64_t packets;
	uint64_t last_ns;
};

/* ---- annotate_packet.c ---- */

/* Lists all processes of joined sockets; after the first pass. 0 or ERR_NOMEM. */
int annotate_subjects(struct annotate *a);
/* line_sink.format and .emit */
int annotate_format(void *arg, const struct batch *b, struct lines *out);
/* The clock that the times of a joined section's packets are moved by; NULL: none is known. */
const struct clock_pair *annotate_clock(const struct annotate *a, const struct section *packets);

/* ---- annotate_file.c ---- */

/* The section header. */
int annotate_begin(struct annotate *a, struct err *e);
int annotate_emit(void *arg, const struct source *src, const char *text, size_t len, size_t line_count,
		  const struct line *rows, size_t base, struct err *e);
/* Statistics of interfaces; while the second run's sections live. */
int annotate_end(struct annotate *a, struct err *e);

#endif
