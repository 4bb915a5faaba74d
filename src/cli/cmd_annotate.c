/*
 * cmd_annotate.c - `thresher annotate`: the packets of all inputs into one pcapng file, with the processes they belong
 * to.
 *
 * Two passes: the first joins packets with system calls, the second reads the packets again and writes them. Main
 * thread.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "cli/annotate.h"
#include "cli/command.h"

/* ---- options ------------------------------------------------------------------------------------------------- */

static int parse_with(const char *list, unsigned int *ret_with, struct err *e)
{
	static const struct {
		const char *name;
		unsigned int bit;
	} rows[] = { { "option", WITH_OPTION }, { "block", WITH_BLOCK }, { "comment", WITH_COMMENT } };
	unsigned int with = 0;

	if (list == NULL) {
		*ret_with = WITH_USUAL;
		return 0;
	}
	for (;;) {
		size_t len = strcspn(list, ",");
		unsigned int bit = 0;

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			if (strlen(rows[i].name) == len && memcmp(rows[i].name, list, len) == 0) {
				bit = rows[i].bit;
			}
		}
		if (bit == 0) {
			return err_set(e, ERR_USAGE, "option --with knows option, block and comment, not '%.*s'",
				       (int)len, list);
		}
		with |= bit;
		if (list[len] == '\0') {
			break;
		}
		list += len + 1;
	}
	*ret_with = with;
	return 0;
}

static int parse_options(struct annotate *a, const struct options *o, struct diag *d, struct err *e)
{
	int rc = parse_with(o->with, &a->with, e);

	if (rc == 0 && o->out_file == NULL) {
		rc = err_set(e, ERR_USAGE, "no output named: -o FILE, or -o - for standard output");
	}
	a->to_calls = o->clock_written == CLOCK_WRITTEN_SYSCALLS;
	if (rc == 0) {
		rc = selection_new(&a->selection, o, d, e);
	}
	if (rc == 0 && a->selection.filter != NULL && (filter_kinds(a->selection.filter) & FILTER_OF_PACKETS) == 0) {
		rc = err_set(e, ERR_USAGE,
			     "the filter is one of events, and packets are what is written: no packet could pass");
	}
	a->join_options.offset_given = o->clock_offset_ns != OFFSET_NOT_GIVEN;
	a->join_options.offset_ns = a->join_options.offset_given ? o->clock_offset_ns : 0;
	return rc;
}

/* ---- output ------------------------------------------------------------------------------------------------- */

/* Evidence is never written over, whatever name or link it has. */
static int check_output(const struct annotate *a, const char *path, struct err *e)
{
	const struct input_list *l = &a->joined.run.inputs;
	struct stat out, in;

	if (strcmp(path, "-") == 0) {
		return isatty(STDOUT_FILENO)
			       ? err_set(e, ERR_USAGE, "standard output is a terminal: send it to a file or a pipe")
			       : 0;
	}
	if (stat(path, &out) != 0) {
		return 0;
	}
	for (size_t i = 0; i < l->count; i++) {
		bool is_stdin = strcmp(l->files[i].path, "-") == 0;

		if ((is_stdin ? fstat(STDIN_FILENO, &in) : stat(l->files[i].path, &in)) == 0 &&
		    in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
			return err_set(e, ERR_EXISTS, "'%s' is one of the inputs ('%s'): name another file", path,
				       l->files[i].path);
		}
	}
	return 0;
}

static void say_done(const struct annotate *a, struct diag *d)
{
	if (a->packets == 0) {
		diag_note(d, selection_any(&a->selection) ? "no packets: none passes"
							  : "no packets: the input holds none");
		return;
	}
	if (a->joined.pair_count == 0) {
		diag_note(d, "nothing joined: no connection is in both packets and system calls");
	}
	diag_note(d, "%llu packets written, %llu of them with a process", (unsigned long long)a->packets,
		  (unsigned long long)a->with_process);
}

/* Times that could not be moved are said: a file with two clocks must not look like one with one. */
static void say_clocks(const struct annotate *a, struct diag *d)
{
	uint32_t count;
	struct source *const *sources = engine_sources(a->joined.run.engine, &count);
	unsigned int unknown = 0;

	for (uint32_t i = 0; a->to_calls && i < count; i++) {
		for (uint32_t k = 0; k < sources[i]->section_count; k++) {
			const struct section *s = sources[i]->sections[k];

			unknown += s->packets > 0 && annotate_clock(a, s) == NULL;
		}
	}
	if (unknown > 0) {
		diag_warn(d, "the clock of %u capture%s of packets is unknown: times stay as they were stored", unknown,
			  unknown == 1 ? "" : "s");
	}
}

/* ---- the passes --------------------------------------------------------------------------------------------- */

/* The second pass. */
static int write_packets(struct annotate *a, struct diag *d)
{
	struct line_sink sink = { a, annotate_format, annotate_emit, true };
	struct engine_options eo;
	struct run run;
	int status;
	int code;

	memset(&eo, 0, sizeof(eo));
	eo.sink = &sink;
	eo.packets = true;
	eo.no_ndpi = true;
	eo.lookup = a->joined.lookup;
	selection_apply(&a->selection, &eo);
	run_init(&run, a->options, d);
	joined_lend_inputs(&a->joined, &run);
	code = annotate_begin(a, &run.err);
	if (code == 0) {
		status = run_engine(&run, &eo);
		code = run.code;
	} else {
		diag_err(d, &run.err);
		status = err_exit_status(code);
	}
	if (status == 0 && code == 0) {
		code = annotate_end(a, &run.err);
		code = code == 0 ? capture_file_commit(&a->file, &run.err) : code;
		if (code < 0 && code != ERR_PIPE) {
			diag_err(d, &run.err);
			status = err_exit_status(code);
		}
	}
	if (status == 0 && code != ERR_PIPE) {
		status = run_status(&run);
		if (run.code == ERR_STOPPED) {
			diag_note(d, "the file was not written");
		} else if (code == 0) {
			say_done(a, d);
		}
	}
	engine_free(run.engine);	/* before its inputs are given back */
	run.engine = NULL;
	joined_take_inputs(&run);
	run_release(&run);
	return status;
}

static int annotate_run(struct annotate *a, const struct options *o, struct diag *d)
{
	struct err e;
	int status = joined_list(&a->joined, "annotate", o, d);
	int code = 0;

	err_init(&e);
	if (status == 0) {
		code = check_output(a, o->out_file, &e);
		code = code == 0 ? capture_file_open(o->out_file, &a->file, &e) : code;
	}
	if (status == 0 && code == 0) {
		status = joined_run(&a->joined, &a->join_options);
	}
	if (status == 0 && code == 0) {
		say_clocks(a, d);
		code = annotate_subjects(a);
		if (code != 0) {
			err_nomem(&e, "the list of processes");
		}
	}
	if (code < 0) {
		diag_err(d, &e);
		return err_exit_status(code);
	}
	return status == 0 ? write_packets(a, d) : status;
}

static void annotate_release(struct annotate *a)
{
	selection_release(&a->selection);
	capture_file_release(&a->file);
	buf_release(&a->block);
	map_release(&a->interfaces);
	map_release(&a->by_process);
	free(a->written);
	free(a->subjects);
	joined_release(&a->joined);
}

int cmd_annotate(const struct options *o, struct diag *d)
{
	struct annotate a;
	struct err e;
	int status;
	int code;

	memset(&a, 0, sizeof(a));
	a.options = o;
	map_init(&a.interfaces);
	map_init(&a.by_process);
	buf_init(&a.block, 64u << 20);
	err_init(&e);
	code = parse_options(&a, o, d, &e);
	if (code < 0) {
		diag_err(d, &e);
		status = err_exit_status(code);
	} else {
		status = annotate_run(&a, o, d);
	}
	annotate_release(&a);
	return status;
}
