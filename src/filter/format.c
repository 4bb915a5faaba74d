/*
 * format.c - see format.h. A format is compiled on the main thread into an array of literals and
 * field uses; any worker runs it with its own context.
 */
#include "filter/format.h"

#include "filter/eval.h"
#include "filter/fields_internal.h"
#include "filter/parse.h"

/* Longer than any field's name. */
#define FIELD_NAME_MAX 127

struct format_step {
	struct field_use use; /* use.field NULL: a literal, or a transformer */
	const struct operand *call; /* a transformer, in f->tree; or NULL */
	const char *literal; /* in f->text */
	size_t literal_len;
	unsigned int width; /* 0: as it comes */
};

struct format {
	bool keep; /* leading *: lines with absent values too */
	struct format_step *steps; /* owns */
	size_t count, cap;
	char *text; /* owns: literals, unescaped */
	size_t text_len;
	struct filter_tree *tree; /* a reference: of transformers; NULL: none */
};

void format_free(struct format *f)
{
	if (f == NULL) {
		return;
	}
	for (size_t i = 0; i < f->count; i++) {
		field_use_release(&f->steps[i].use);
	}
	free(f->steps);
	free(f->text);
	filter_tree_unref(f->tree);
	free(f);
}

static struct format_step *add_step(struct format *f)
{
	struct format_step *s;

	if (f->count == f->cap) {
		size_t cap = f->cap == 0 ? 16 : f->cap * 2;
		struct format_step *grown = realloc(f->steps, cap * sizeof(*grown));

		if (grown == NULL) {
			return NULL;
		}
		f->steps = grown;
		f->cap = cap;
	}
	s = &f->steps[f->count++];
	memset(s, 0, sizeof(*s));
	return s;
}

const char *format_named(const char *name)
{
	static const struct {
		const char *letter, *word, *format;
	} rows[] = {
		{ "p", "plain",
		  "*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type "
		  "%evt.info" },
		{ "c", "container",
		  "*%evt.num %evt.outputtime %evt.cpu %container.name (%container.id) %proc.name "
		  "(%thread.tid:%thread.vtid) %evt.dir %evt.type %evt.info" },
		{ "k", "kubernetes",
		  "*%evt.num %evt.outputtime %evt.cpu %k8s.pod.name (%container.id) %proc.name "
		  "(%thread.tid:%thread.vtid) %evt.dir %evt.type %evt.info" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(name, rows[i].letter) == 0 || strcmp(name, rows[i].word) == 0) {
			return rows[i].format;
		}
	}
	return NULL;
}

/* One character of literal text joins the literal before it. */
static int add_literal(struct format *f, char c)
{
	struct format_step *s = f->count > 0 ? &f->steps[f->count - 1] : NULL;

	if (s == NULL || s->literal == NULL) {
		s = add_step(f);
		if (s == NULL) {
			return ERR_NOMEM;
		}
		s->literal = f->text + f->text_len;
	}
	f->text[f->text_len++] = c;
	s->literal_len++;
	return 0;
}

/* Letters, digits, underscores and dots. */
static size_t name_run(const char *p)
{
	return strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
}

/*
 * The longest name at p that is a field, with its argument: what follows a shorter one is text of the format. The error
 * is that of the whole run.
 */
static int parse_use(const char *p, struct field_use *ret_use, size_t *ret_len, struct err *e)
{
	int code = field_use_parse(p, ret_use, ret_len, e);
	size_t n = name_run(p);
	char name[FIELD_NAME_MAX + 1];
	struct err ignored;

	err_init(&ignored);
	while (code == ERR_USAGE && n <= FIELD_NAME_MAX) {
		while (n > 0 && p[n - 1] != '.') {
			n--;
		}
		if (n == 0) {
			break;
		}
		n--;
		memcpy(name, p, n);
		name[n] = '\0';
		code = field_use_parse(name, ret_use, ret_len, &ignored);
	}
	return code;
}

/* A field that can be printed. */
static int parse_printable(const char *p, struct field_use *ret_use, size_t *ret_len, struct err *e)
{
	int code = parse_use(p, ret_use, ret_len, e);

	if (code == 0 && (ret_use->field->flags & FIELD_FILTER_ONLY) != 0) {
		code = err_set(e, ERR_USAGE,
			       "field '%s' is of use in filters only: there is nothing to print",
			       ret_use->field->name);
		field_use_release(ret_use);
	}
	return code;
}

/* A word with a parenthesis right behind it. */
static bool at_transformer(const char *p)
{
	size_t n = name_run(p);

	return n > 0 && p[n] == '(' && memchr(p, '.', n) == NULL;
}

/* A transformer as filters have it; at p within the whole format, so that errors tell the column. */
static int parse_transformer(struct format *f, const char *format, const char *p,
			     const struct operand **ret_o, size_t *ret_len, struct err *e)
{
	struct parser parser;
	struct operand *o;
	int code;

	if (f->tree == NULL) {
		f->tree = filter_tree_new();
		if (f->tree == NULL) {
			return err_nomem(e, "the format");
		}
	}
	memset(&parser, 0, sizeof(parser));
	parser.tree = f->tree;
	parser.x.arena = &f->tree->arena;
	parser.x.e = e;
	parser.x.len = strlen(format);
	parser.x.text = arena_dup(&f->tree->arena, format, parser.x.len + 1);
	parser.x.at = (size_t)(p - format);
	if (parser.x.text == NULL) {
		return err_nomem(e, "the format");
	}
	code = parse_operand(&parser, false, &o);
	if (code == 0) {
		*ret_o = o;
		*ret_len = parser.x.at - (size_t)(p - format);
	}
	return code;
}

static int parse_field(struct format *f, const char *format, const char **text, struct err *e)
{
	const char *p = *text;
	unsigned int width = 0;
	struct format_step *s;
	size_t len;
	int code;

	while (*p >= '0' && *p <= '9') {
		width = width * 10 + (unsigned int)(*p++ - '0');
		if (width > MARK_MAX_WIDTH) {
			return err_set(e, ERR_USAGE, "width in the format is above %d",
				       MARK_MAX_WIDTH);
		}
	}
	s = add_step(f);
	if (s == NULL) {
		return err_nomem(e, "the format");
	}
	s->width = width;
	code = at_transformer(p) ? parse_transformer(f, format, p, &s->call, &len, e)
				 : parse_printable(p, &s->use, &len, e);
	*text = code == 0 ? p + len : p;
	return code;
}

/* A backslash and what follows. Unknown escapes stay as they are, as in sysdig. */
static char unescape(const char **text)
{
	const char *p = *text;
	char c = p[1] == 't' ? '\t' : p[1] == 'n' ? '\n' : p[1] == '\\' ? '\\' : '\0';

	*text += c != '\0' ? 2 : 1;
	return c != '\0' ? c : '\\';
}

/* A control byte of the format itself could be taken for a mark or reach the terminal: refused. */
static bool allowed(char c)
{
	return (unsigned char)c >= 0x20 || c == '\t' || c == '\n';
}

static int compile(struct format *f, const char *format, struct err *e)
{
	const char *p = format;
	int code = 0;

	if (*p == '*') {
		f->keep = true;
		p++;
	}
	while (code == 0 && *p != '\0') {
		if (p[0] == '%' && p[1] == '%') {
			code = add_literal(f, '%');
			p += 2;
		} else if (*p == '%') {
			p++;
			code = parse_field(f, format, &p, e);
		} else if (*p == '\\') {
			code = add_literal(f, unescape(&p));
		} else if (allowed(*p)) {
			code = add_literal(f, *p++);
		} else {
			code = err_set(e, ERR_USAGE, "control character in the format");
		}
	}
	return code == ERR_NOMEM ? err_nomem(e, "the format") : code;
}

int format_new(const char *text, struct format **ret_f, struct err *e)
{
	struct format *f = calloc(1, sizeof(*f));
	int code;

	if (f == NULL) {
		return err_nomem(e, "the format");
	}
	f->text = malloc(strlen(text) + 1);
	code = f->text == NULL ? err_nomem(e, "the format") : compile(f, text, e);
	if (code < 0) {
		format_free(f);
		return code;
	}
	*ret_f = f;
	return 0;
}

unsigned int format_wants(const struct format *f)
{
	unsigned int wants = f->tree != NULL ? f->tree->wants : 0;

	for (size_t i = 0; i < f->count; i++) {
		if (f->steps[i].use.field != NULL) {
			wants |= f->steps[i].use.field->wants;
		}
	}
	return wants;
}

static void add_kinds(const struct field *f, unsigned int *io_kinds)
{
	if ((f->flags & FIELD_BOTH) == 0) {
		*io_kinds |= (f->flags & FIELD_PACKET) != 0 ? FORMAT_OF_PACKETS : FORMAT_OF_EVENTS;
	}
	*io_kinds |= (f->flags & FIELD_JOINED) != 0 ? FORMAT_JOINED : 0;
}

unsigned int format_kinds(const struct format *f)
{
	unsigned int kinds = 0;

	for (size_t i = 0; i < f->count; i++) {
		if (f->steps[i].use.field != NULL) {
			add_kinds(f->steps[i].use.field, &kinds);
		}
	}
	for (const struct operand *o = f->tree != NULL ? f->tree->uses : NULL; o != NULL;
	     o = o->next) {
		add_kinds(o->use.field, &kinds);
	}
	return kinds;
}

bool format_has_marks(const struct format *f, const struct field_settings *set)
{
	bool relative = set->time_style == TIME_RELATIVE || set->time_style == TIME_DELTA;

	for (size_t i = 0; i < f->count; i++) {
		const struct field *field = f->steps[i].use.field;

		if (field != NULL && ((field->flags & FIELD_DELTA) ||
				      (relative && strcmp(field->name, "evt.outputtime") == 0))) {
			return true;
		}
	}
	return false;
}

/* Bytes of the first n characters of UTF-8 text, and how many characters there are up to n. */
static size_t chars_prefix(const char *p, size_t len, unsigned int n, unsigned int *ret_chars)
{
	unsigned int chars = 0;
	size_t i = 0;

	while (i < len && chars < n) {
		i++;
		while (i < len && ((unsigned char)p[i] & 0xc0) == 0x80) {
			i++;
		}
		chars++;
	}
	*ret_chars = chars;
	return i;
}

static void pad(struct buf *out, unsigned int n)
{
	while (n-- > 0) {
		buf_addc(out, ' ');
	}
}

/* Cuts or pads what was added since from; a mark takes the width with it. */
static void set_width(struct buf *out, size_t from, unsigned int width)
{
	unsigned int chars;
	size_t keep;

	if (out->len - from == MARK_BYTES && out->data[from] == 1) {
		out->data[from + 2] = (char)('0' + width / 100);
		out->data[from + 3] = (char)('0' + width / 10 % 10);
		out->data[from + 4] = (char)('0' + width % 10);
		return;
	}
	keep = chars_prefix(out->data + from, out->len - from, width, &chars);
	out->len = from + keep;
	pad(out, width - chars);
}

static bool print_call(const struct operand *o, struct field_ctx *c, struct buf *out)
{
	unsigned int subject = c->ev != NULL ? FILTER_OF_EVENTS : FILTER_OF_PACKETS;
	struct field_value v;

	if (!operand_value(o, c, subject, &v)) {
		return false;
	}
	field_value_print(&v, PT_CHARBUF, FMT_DEC, out);
	return true;
}

bool format_line(const struct format *f, struct field_ctx *c, struct buf *out)
{
	const size_t start = out->len;

	for (size_t i = 0; i < f->count; i++) {
		const struct format_step *s = &f->steps[i];
		size_t from = out->len;

		if (s->literal != NULL) {
			buf_add(out, s->literal, s->literal_len);
			continue;
		}
		if (!(s->call != NULL ? print_call(s->call, c, out)
				      : field_print(c, &s->use, out))) {
			if (!f->keep) {
				out->len = start;
				return false;
			}
			buf_add(out, "<NA>", 4);
		}
		if (s->width != 0 && !out->failed) {
			set_width(out, from, s->width);
		}
	}
	return true;
}

void format_mark(struct buf *out, int kind)
{
	const char mark[MARK_BYTES] = { 1, (char)kind, '0', '0', '0' };

	buf_add(out, mark, sizeof(mark));
}

static void fill_one(struct buf *out, const char *mark, uint64_t rel_ns, uint64_t delta_ns)
{
	unsigned int width = (unsigned int)(mark[2] - '0') * 100 +
			     (unsigned int)(mark[3] - '0') * 10 + (unsigned int)(mark[4] - '0');
	uint64_t ns = mark[1] < MARK_DELTA ? rel_ns : delta_ns;
	size_t from = out->len;

	switch (mark[1]) {
	case MARK_DELTA: buf_add_u64(out, ns); break;
	case MARK_DELTA_S: buf_add_u64(out, ns / NSEC_PER_SEC); break;
	case MARK_DELTA_NS: buf_add_u64_pad(out, ns % NSEC_PER_SEC, 9); break;
	default: add_seconds(out, ns); break;
	}
	if (width != 0 && !out->failed) {
		set_width(out, from, width);
	}
}

void format_fill(struct buf *out, const char *line, size_t len, uint64_t rel_ns, uint64_t delta_ns)
{
	const char *end = line + len;

	while (line < end) {
		const char *mark = memchr(line, 1, (size_t)(end - line));

		if (mark == NULL || end - mark < MARK_BYTES) {
			buf_add(out, line, (size_t)(end - line));
			return;
		}
		buf_add(out, line, (size_t)(mark - line));
		fill_one(out, mark, rel_ns, delta_ns);
		line = mark + MARK_BYTES;
	}
}
