/*
 * fuzz_print.c - fuzz target: any bytes through the state and into text, as `thresher print` makes it: the
 * default format, JSON and every field, of shown events and of events as stored; and packets through dissection and
 * flows into every field.
 *
 * Fields that take an argument get one of a few from event to event. Nothing is written anywhere.
 */
#include "in_memory.h"

#include <stdlib.h>

#include "cli/print_json.h"
#include "filter/format.h"
#include "net/layer_walk.h"
#include "state/state.h"

#define LINE \
	"*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info" \
	" %12evt.deltatime %8proc.cmdline"
#define USES_MAX 2048u
#define TEXT_MAX ((size_t)256 << 20)

struct use_row {
	struct field_use use;
	unsigned int turn, turns;	/* printed for events whose place is turn modulo turns */
};

/* Made once, on the first input; the fuzzer runs one thread. */
static struct format *line;
static struct use_row *uses;
static unsigned int use_count;

static const char *const arguments[] = { "0", "1", "3", "fd", "name", "path", "data", "res", "src", "tuple",
					 "dst", "flags", "cpu", "PATH", "open", "*" };

static void add_use(const struct field *f, const char *argument, unsigned int turn, unsigned int turns)
{
	struct use_row *row = &uses[use_count];
	char text[128];
	struct err e;
	size_t len;

	err_init(&e);
	snprintf(text, sizeof(text), argument != NULL ? "%s[%s]" : "%s", f->name, argument);
	if (use_count < USES_MAX && field_use_parse(text, &row->use, &len, &e) == 0) {
		row->turn = turn;
		row->turns = turns;
		use_count++;
	}
}

static void add_uses(const struct field *f)
{
	if (f->arg == ARG_NONE || f->arg == ARG_OPTIONAL) {
		add_use(f, NULL, 0, 1);
	}
	for (unsigned int i = 0; f->arg != ARG_NONE && i < ARRAY_LEN(arguments); i++) {
		add_use(f, arguments[i], i, ARRAY_LEN(arguments));
	}
}

static void set_up(void)
{
	struct err e;

	err_init(&e);
	uses = calloc(USES_MAX, sizeof(*uses));
	if (uses == NULL || format_new(LINE, &line, &e) != 0) {
		abort();
	}
	for (size_t i = 0; i < field_count(); i++) {
		add_uses(field_at(i));
	}
}

/* Nothing captured may reach a terminal as a control. Marks (format.h) begin with 1. */
static bool is_control(const char *p, size_t left, bool marks)
{
	unsigned char c = (unsigned char)*p;

	if (c == 0xC2 && left > 1) {
		return (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xA0;
	}
	return (c < 0x20 && !(marks && c == 1)) || c == 0x7F;
}

static void need_clean(const struct buf *text, size_t from, bool marks)
{
	const char *p = text->data;

	if (text->failed) {
		return;
	}
	for (size_t i = from; i < text->len; i++) {
		if (is_control(p + i, text->len - i, marks)) {
			fprintf(stderr, "control byte %d in: %.*s\n", p[i], (int)(text->len - from),
				p + from);
			abort();
		}
	}
}

/* Values as a filter takes them, and texts. */
static void every_field(struct field_ctx *c, struct buf *out)
{
	for (unsigned int i = 0; i < use_count; i++) {
		struct field_value v;
		size_t at;

		if (c->position % uses[i].turns != uses[i].turn) {
			continue;
		}
		(void)field_get(c, &uses[i].use, &v);
		at = out->len;
		(void)field_print(c, &uses[i].use, out);
		if (out->failed) {
			return;
		}
		need_clean(out, at, true);
	}
}

static void every_packet(struct field_ctx *c, const struct batch *b, struct buf *text)
{
	struct layer_walk w;

	layer_walk_init(&w, b);
	for (uint32_t i = 0; i < b->packet_count; i++) {
		buf_reset(text);
		field_ctx_packet(c, &b->packets[i], layer_walk_next(&w, i), b->first_packet_num + i, i);
		every_field(c, text);
	}
}

static int format_batch(void *arg, const struct batch *b, struct lines *out)
{
	const struct field_settings *set = arg;
	struct field_ctx c;
	struct buf text;

	(void)out;
	buf_init(&text, TEXT_MAX);
	field_ctx_init(&c, set);
	field_ctx_batch(&c, b);
	for (uint32_t i = 0; i < b->event_count; i++) {
		struct event raw = event_as_stored(&b->events[i]);

		if (!set->raw && (b->events[i].flags & EVENT_SHOWN) == 0) {
			continue;
		}
		buf_reset(&text);
		field_ctx_event(&c, set->raw ? &raw : &b->events[i], i, i);
		(void)format_line(line, &c, &text);
		need_clean(&text, 0, true);
		buf_reset(&text);
		print_json_event(&c, &text);
		need_clean(&text, 0, false);
		every_field(&c, &text);
	}
	every_packet(&c, b, &text);
	field_ctx_release(&c);
	buf_release(&text);
	return 0;
}

static void run(const uint8_t *data, size_t size, bool raw)
{
	struct field_settings set = { .raw = raw, .time_style = TIME_OF_DAY };
	struct line_sink sink = { .arg = &set, .format = format_batch };
	struct engine_options opt = in_memory_options();
	struct in_memory r;

	opt.fold = true;
	opt.packets = !raw;
	opt.wants = WANT_REFS | WANT_ANCESTORS | WANT_MEMORY | WANT_COUNTS | (raw ? WANT_RAW : 0u);
	opt.sink = &sink;
	set.wants = opt.wants | WANT_FOLD;
	in_memory_start(&r, data, size, &opt);
	in_memory_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (line == NULL) {
		set_up();
	}
	run(data, size, false);
	run(data, size, true);
	return 0;
}
