/*
 * print_verbose.c - see print_verbose.h. The rows are chosen on the main thread, printed by any worker.
 */
#include "cli/print_verbose.h"

#include "cli/colour.h"
#include "events/extra.h"
#include "filter/args.h"
#include "net/layer.h"

#define INDENT "    "
#define NAME_COLUMN 28
/* Ancestors shown: what is further up is init and its kin. */
#define ANCESTORS 16

/* ---- which fields ------------------------------------------------------------------------------------------- */

/* Fields that say again what others here say, or what arguments and ancestors are. A dot at the end: all that
 * follows. */
static const char *const left_out[] = {
	/* the time is shown once */
	"evt.time", "evt.time.s", "evt.datetime", "evt.datetime.s", "evt.rawtime", "evt.rawtime.s", "evt.rawtime.ns", "evt.reltime",
	"evt.reltime.s", "evt.reltime.ns", "evt.abstime", "evt.outputtime", "evt.latency.s", "evt.latency.ns", "evt.latency.quantized",
	"evt.latency_bound", "evt.wait_latency", "evt.duration", "evt.duration.human",
	/* arguments, and what they and the type say */
	"evt.args", "evt.info", "evt.arg", "evt.rawarg", "evt.rawres", "evt.buffer", "evt.is_io", "evt.is_io_read", "evt.is_io_write",
	"evt.is_open_read", "evt.is_open_write", "evt.is_open_exec", "evt.is_open_create", "evt.count", "evt.count.", "evt.source",
	"evt.around", "syscall.type",
	/* command lines, ancestors */
	"proc.args", "proc.exeline", "proc.cmdnargs", "proc.cmdlenargs", "proc.stdin.type", "proc.stdout.type", "proc.stderr.type",
	"proc.fdusage", "proc.ppid.ts", "proc.ppid.duration", "proc.pexe", "proc.pexepath", "proc.pcmdline", "proc.pname", "proc.aname",
	"proc.apid", "proc.aexe", "proc.aexepath", "proc.acmdline", "proc.aargs", "proc.aenv", "proc.vpgid.exe", "proc.vpgid.exepath",
	"proc.pgid.exe", "proc.pgid.exepath", "proc.sid.exe", "proc.exe_ino.ctime_duration_proc_start",
	"proc.exe_ino.ctime_duration_pidns_start", "thread.vmsize", "thread.vmrss",
	/* pieces of fd.name, and the same by who is who */
	"fd.typechar", "fd.directory", "fd.filename", "fd.containername", "fd.containerdirectory", "fd.uid", "fd.dev.major",
	"fd.dev.minor", "fd.types", "fd.lip", "fd.rip", "fd.lport", "fd.rport", "fd.sockfamily", "fdlist.",
	"container.mount.", "container.json", "container.ip", "k8s.pod.cni.json",
	/* bytes: -x shows them */
	"tcp.payload", "udp.payload", "data.data", "http.file_data",
};

/* Names that begin alike, in the order they are shown in; packets keep the order of the table. */
static const char *const groups[] = {
	"evt.", "source.", "fd.", "fs.", "proc.", "thread.", "user.", "group.", "container.", "k8s.",
};
enum { GROUPS_EVENT = 2, GROUPS_PROCESS = 5 }; /* behind so many come the arguments; the ancestors */

static size_t group_of(const struct field *f)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (strncmp(f->name, groups[i], strlen(groups[i])) == 0) {
			return i;
		}
	}
	return ARRAY_LEN(groups);
}

static bool is_left_out(const struct field *f)
{
	/* Its upstream name is an old one, what it says is not. */
	if (strcmp(f->name, "evt.latency.human") == 0) {
		return false;
	}
	if (f->arg == ARG_REQUIRED || f->arg == ARG_REQUIRED_DOT || strchr(f->name, '.') == NULL ||
	    (f->flags & (FIELD_FILTER_ONLY | FIELD_DEPRECATED | FIELD_DELTA)) != 0) {
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(left_out); i++) {
		size_t len = strlen(left_out[i]);

		if (strncmp(f->name, left_out[i], len) == 0 && (f->name[len] == '\0' || left_out[i][len - 1] == '.')) {
			return true;
		}
	}
	return false;
}

/* Rows of events of one group after the other. */
static void add_group(struct print_verbose *v, size_t group, bool joined, unsigned int *io_wants)
{
	size_t n = field_count();

	for (size_t i = 0; i < n; i++) {
		const struct field *f = field_at(i);

		if ((f->flags & FIELD_PACKET) == 0 && group_of(f) == group && !is_left_out(f) &&
		    ((f->flags & FIELD_JOINED) == 0 || joined)) {
			v->events[v->event_count++] = (struct field_use){ f, NULL, -1 };
			*io_wants |= f->wants;
		}
	}
}

int print_verbose_init(struct print_verbose *v, bool colour, bool joined, unsigned int *ret_wants, struct err *e)
{
	size_t n = field_count();
	unsigned int wants = WANT_FOLD | WANT_REFS | WANT_ANCESTORS;

	memset(v, 0, sizeof(*v));
	v->colour = colour;
	v->joined = joined;
	v->events = calloc(n, sizeof(*v->events));
	v->packets = calloc(n, sizeof(*v->packets));
	if (v->events == NULL || v->packets == NULL) {
		print_verbose_release(v);
		return err_nomem(e, "the list of fields");
	}
	for (size_t group = 0; group <= ARRAY_LEN(groups); group++) {
		add_group(v, group, joined, &wants);
	}
	for (size_t i = 0; i < n; i++) {
		const struct field *f = field_at(i);

		if ((f->flags & (FIELD_PACKET | FIELD_BOTH)) != 0 && !is_left_out(f) &&
		    ((f->flags & FIELD_JOINED) == 0 || joined)) {
			v->packets[v->packet_count++] = (struct field_use){ f, NULL, -1 };
		}
	}
	*ret_wants = wants;
	return 0;
}

void print_verbose_release(struct print_verbose *v)
{
	free(v->events);
	free(v->packets);
	v->events = NULL;
	v->packets = NULL;
}

/* ---- lines --------------------------------------------------------------------------------------------------- */

/* The value's text is to follow. */
static void begin_name(const struct print_verbose *v, struct buf *out)
{
	buf_adds(out, "\n" INDENT);
	colour_begin(out, v->colour, COLOUR_NAME);
}

/* from: where the name began, behind the colour. */
static void end_name(const struct print_verbose *v, size_t from, struct buf *out)
{
	size_t len = out->len - from;

	colour_end(out, v->colour, COLOUR_NAME);
	do {
		buf_addc(out, ' ');
	} while (!out->failed && ++len < NAME_COLUMN);
}

static void add_name(const struct print_verbose *v, const char *name, struct buf *out)
{
	size_t from;

	begin_name(v, out);
	from = out->len;
	buf_adds(out, name);
	end_name(v, from, out);
}

static bool text_is(const struct buf *out, size_t from, const char *text)
{
	size_t len = strlen(text);

	return out->len - from == len && memcmp(out->data + from, text, len) == 0;
}

/* Says nothing: switched off, empty, unknown. */
static bool is_off(const struct field *f, const struct buf *out, size_t from)
{
	return out->len == from || text_is(out, from, "<NA>") || text_is(out, from, "-1") ||
	       (f->type == PT_BOOL && text_is(out, from, "false"));
}

static void add_field(const struct print_verbose *v, struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	size_t start = out->len;
	size_t from;

	add_name(v, u->field->name, out);
	from = out->len;
	if (!field_print(c, u, out) || out->failed || is_off(u->field, out, from)) {
		out->len = out->failed ? out->len : start;
	}
}

/* Parameters with what they mean, as evt.args has them, but whole. */
static void add_args(const struct print_verbose *v, struct field_ctx *c, struct buf *out)
{
	const struct event *ev = c->ev;
	struct text_ctx t = args_text(c);
	unsigned int n;

	if (ev->flags & EVENT_UNKNOWN_TYPE) {
		return;
	}
	t.data_max = UINT32_MAX;
	n = ev->nparams < schema_events[ev->type].nparams ? ev->nparams : schema_events[ev->type].nparams;
	for (unsigned int i = 0; i < n; i++) {
		size_t from, plain;

		begin_name(v, out);
		from = out->len;
		buf_adds(out, "evt.arg.");
		buf_adds(out, schema_events[ev->type].params[i].name);
		end_name(v, from, out);
		from = out->len;
		text_param_plain(&t, ev, i, out);
		plain = out->len - from;
		buf_addc(out, '(');
		text_param(&t, ev, i, out);
		if (!out->failed && out->len - from == 2 * plain + 1 &&
		    memcmp(out->data + from, out->data + from + plain + 1, plain) == 0) {
			out->len = from + plain;
		} else {
			buf_addc(out, ')');
		}
	}
}

/* One field with the number of an ancestor; false: no value. */
static bool add_numbered(struct field_ctx *c, const char *name, unsigned int n, struct buf *out)
{
	struct field_use u = { field_find(name, strlen(name)), NULL, n };
	char arg[8];

	snprintf(arg, sizeof(arg), "%u", n);
	u.arg = arg;
	return u.field != NULL && field_print(c, &u, out);
}

/* "proc.aname[2]  bash (1234) /usr/bin/bash"; false: nothing is known of it. */
static bool add_ancestor(const struct print_verbose *v, struct field_ctx *c, unsigned int n, struct buf *out)
{
	char name[32];
	size_t from;

	snprintf(name, sizeof(name), "proc.aname[%u]", n);
	add_name(v, name, out);
	from = out->len;
	if (!add_numbered(c, "proc.aname", n, out) || out->failed || text_is(out, from, "<NA>")) {
		return false;
	}
	buf_adds(out, " (");
	add_numbered(c, "proc.apid", n, out);
	buf_adds(out, ") ");
	add_numbered(c, "proc.aexepath", n, out);
	return true;
}

static void add_ancestors(const struct print_verbose *v, struct field_ctx *c, struct buf *out)
{
	for (unsigned int n = 1; n <= ANCESTORS; n++) {
		size_t start = out->len;

		if (!add_ancestor(v, c, n, out)) {
			out->len = out->failed ? out->len : start;
			return;
		}
	}
}

static void add_number(const struct print_verbose *v, const char *name, uint64_t x, struct buf *out)
{
	add_name(v, name, out);
	buf_add_u64(out, x);
}

/* What thresher-capture told beyond the parameters. */
static void add_extra(const struct print_verbose *v, struct field_ctx *c, struct buf *out)
{
	struct event_extra x;

	if ((c->ev->flags & EVENT_EXTRA) == 0 || !event_extra(c->batch, c->ev, &x)) {
		return;
	}
	if (x.serial != 0) {
		add_number(v, "(record on its CPU)", x.serial, out);
	}
	if (x.has_tcp) {
		add_number(v, "(next byte written: seq)", x.write_seq, out);
		add_number(v, "(next byte read: seq)", x.copied_seq, out);
	}
	if (x.bytes_at != 0) {
		add_number(v, "(data begins at byte)", x.bytes_at, out);
	}
	if (x.dropped != 0) {
		add_number(v, "(records dropped)", x.dropped, out);
		add_number(v, "(on CPU)", x.drop_cpu, out);
	}
}

static void verbose_event(const struct print_verbose *v, struct field_ctx *c, struct buf *out)
{
	size_t group = 0;

	for (size_t i = 0; i <= v->event_count; i++) {
		size_t next = i < v->event_count ? group_of(v->events[i].field) : ARRAY_LEN(groups);

		if (group < GROUPS_EVENT && next >= GROUPS_EVENT) {
			add_args(v, c, out);
			add_extra(v, c, out);
		}
		if (group < GROUPS_PROCESS && next >= GROUPS_PROCESS) {
			add_ancestors(v, c, out);
		}
		group = next;
		if (i < v->event_count) {
			add_field(v, c, &v->events[i], out);
		}
	}
}

/* Layers around the innermost: what their own headers say. */
static void verbose_outer(const struct print_verbose *v, struct field_ctx *c, struct buf *out)
{
	static const char *const of_layers[] = { "ip.",     "ipv6.", "udp.",   "tcp.", "icmp.",
						 "icmpv6.", "gre.",  "vxlan.", "flow." };
	const struct layer *inner = c->layer;
	unsigned int n = 1;

	while (c->layer != NULL && c->layer->outer < c->batch->layer_count) {
		c->layer = &c->batch->layers[c->layer->outer];
		c->facts_ready = false;
		buf_printf(out, "\n" INDENT "(around it, layer %u)", n++);
		for (size_t i = 0; i < v->packet_count; i++) {
			for (size_t k = 0; k < ARRAY_LEN(of_layers); k++) {
				if (strncmp(v->packets[i].field->name, of_layers[k], strlen(of_layers[k])) == 0) {
					add_field(v, c, &v->packets[i], out);
				}
			}
		}
	}
	c->layer = inner;
	c->facts_ready = false;
}

void print_verbose(const struct print_verbose *v, struct field_ctx *c, struct buf *out)
{
	if (c->ev != NULL) {
		verbose_event(v, c, out);
		return;
	}
	for (size_t i = 0; i < v->packet_count; i++) {
		add_field(v, c, &v->packets[i], out);
	}
	verbose_outer(v, c, out);
}
