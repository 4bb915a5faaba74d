/*
 * plot_svg.c - gnuplot's SVG made fit for the page. Reads tags one by one and writes only known
 * elements and attributes, so that neither gnuplot's version nor its habits show, nothing in a
 * drawing can act, and a drawing takes its ink from the page, light or dark.
 */
#include "report/plot.h"

#include "base/escape.h"

#define DEPTH_MAX 32

static const char *const elements[] = { "svg",   "g",       "path",     "rect", "text",
					"tspan", "polygon", "polyline", "line", "circle" };

static const char *const attributes[] = { "viewBox",
					  "xmlns",
					  "id",
					  "class",
					  "fill",
					  "stroke",
					  "stroke-width",
					  "stroke-linecap",
					  "stroke-linejoin",
					  "stroke-dasharray",
					  "stroke-opacity",
					  "fill-opacity",
					  "transform",
					  "d",
					  "x",
					  "y",
					  "width",
					  "height",
					  "x1",
					  "y1",
					  "x2",
					  "y2",
					  "cx",
					  "cy",
					  "r",
					  "points",
					  "font-family",
					  "font-size",
					  "font-weight",
					  "text-anchor",
					  "clip-path",
					  "dy",
					  "dx" };

/* The colours of plot.gp that stand for ink, and how strong the ink is. */
struct ink {
	const char *color;
	const char *opacity; /* NULL: full */
};

static const struct ink inks[] = {
	{ "black", NULL },
	{ "rgb(0,0,0)", NULL },
	{ "rgb(0,0,1)", "0.75" }, /* text */
	{ "rgb(0,0,2)", "0.35" }, /* axes */
	{ "rgb(0,0,3)", "0.13" } /* grid */
};

struct text {
	const char *p;
	size_t len;
};

struct open_element {
	size_t at; /* where it begins in the output */
	bool filled; /* something was written inside */
};

struct cleaner {
	const char *p, *end;
	const char *prefix;
	const char *label;
	struct buf *out;
	struct open_element open[DEPTH_MAX];
	unsigned int depth;
};

static bool is(struct text t, const char *s)
{
	return t.len == strlen(s) && memcmp(t.p, s, t.len) == 0;
}

static bool listed(struct text t, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is(t, list[i])) {
			return true;
		}
	}
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct cleaner *c)
{
	while (c->p < c->end && is_space(*c->p)) {
		c->p++;
	}
}

/* Up to any of the given characters. */
static struct text take_until(struct cleaner *c, const char *stops)
{
	struct text t = { c->p, 0 };

	while (c->p < c->end && strchr(stops, *c->p) == NULL) {
		c->p++;
	}
	t.len = (size_t)(c->p - t.p);
	return t;
}

/* Goes on behind the given text; to the end when it is not there. */
static void skip_past(struct cleaner *c, const char *text)
{
	const char *at = memmem(c->p, (size_t)(c->end - c->p), text, strlen(text));

	c->p = at != NULL ? at + strlen(text) : c->end;
}

static bool next_attribute(struct cleaner *c, struct text *ret_name, struct text *ret_value)
{
	char quote[2] = "";
	struct text name;

	skip_space(c);
	name = take_until(c, "= />\t\r\n");
	skip_space(c);
	if (name.len == 0 || c->p == c->end || *c->p != '=') {
		return false;
	}
	c->p++;
	skip_space(c);
	if (c->p == c->end || (*c->p != '"' && *c->p != '\'')) {
		return false;
	}
	quote[0] = *c->p++;
	*ret_value = take_until(c, quote);
	if (c->p == c->end) {
		return false;
	}
	c->p++;
	*ret_name = name;
	return true;
}

static void add_attribute(struct buf *b, struct text name, const char *value, size_t len)
{
	buf_addc(b, ' ');
	buf_add(b, name.p, name.len);
	buf_adds(b, "=\"");
	/* gnuplot wraps and pads: runs of blanks are one. */
	for (size_t i = 0; i < len; i++) {
		if (!is_space(value[i])) {
			escape_html(b, value + i, 1);
		} else if (i + 1 < len && !is_space(value[i + 1])) {
			buf_addc(b, ' ');
		}
	}
	buf_addc(b, '"');
}

static void add_paint(struct cleaner *c, struct text name, struct text value)
{
	char color[32];
	size_t n = 0;

	for (size_t i = 0; i < value.len && n + 1 < sizeof(color); i++) {
		if (!is_space(value.p[i])) {
			color[n++] = value.p[i];
		}
	}
	color[n] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(inks); i++) {
		if (strcmp(color, inks[i].color) != 0) {
			continue;
		}
		add_attribute(c->out, name, "currentColor", strlen("currentColor"));
		if (inks[i].opacity != NULL) {
			buf_addc(c->out, ' ');
			buf_add(c->out, name.p, name.len);
			buf_printf(c->out, "-opacity=\"%s\"", inks[i].opacity);
		}
		return;
	}
	add_attribute(c->out, name, color, n);
}

static void add_clean_attribute(struct cleaner *c, struct text name, struct text value)
{
	if (!listed(name, attributes, ARRAY_LEN(attributes))) {
		return;
	}
	if (is(name, "fill") || is(name, "stroke")) {
		add_paint(c, name, value);
	} else if (is(name, "id")) {
		buf_printf(c->out, " id=\"%s-", c->prefix);
		escape_html(c->out, value.p, value.len);
		buf_addc(c->out, '"');
	} else if (is(name, "clip-path")) {
		/* Clip paths live in the definitions, which are dropped: nothing reaches beyond
		 * the axes. */
	} else {
		add_attribute(c->out, name, value.p, value.len);
	}
}

static void open_element(struct cleaner *c, struct text name)
{
	if (c->depth > 0 && c->depth <= DEPTH_MAX && !is(name, "g")) {
		for (unsigned int i = 0; i < c->depth; i++) {
			c->open[i].filled = true;
		}
	}
	if (c->depth < DEPTH_MAX) {
		c->open[c->depth].at = c->out->len;
		c->open[c->depth].filled = !is(name, "g");
	}
}

/* Behind "<name". */
static void start_tag(struct cleaner *c, struct text name)
{
	struct text attribute, value;

	open_element(c, name);
	buf_addc(c->out, '<');
	buf_add(c->out, name.p, name.len);
	if (is(name, "svg")) {
		buf_adds(c->out, " role=\"img\" aria-label=\"");
		escape_html(c->out, c->label, strlen(c->label));
		buf_addc(c->out, '"');
	}
	while (next_attribute(c, &attribute, &value)) {
		add_clean_attribute(c, attribute, value);
	}
	skip_space(c);
	if (c->p < c->end && *c->p == '/') {
		buf_adds(c->out, "/>");
	} else {
		buf_addc(c->out, '>');
		c->depth++;
	}
	if (is(name, "svg") || is(name, "path") || is(name, "rect")) {
		buf_addc(c->out, '\n');
	}
	skip_past(c, ">");
}

static void end_tag(struct cleaner *c, struct text name)
{
	skip_past(c, ">");
	if (c->depth == 0 || !listed(name, elements, ARRAY_LEN(elements))) {
		return;
	}
	c->depth--;
	if (c->depth < DEPTH_MAX && !c->open[c->depth].filled) {
		c->out->len = c->open[c->depth].at;
		return;
	}
	buf_adds(c->out, "</");
	buf_add(c->out, name.p, name.len);
	buf_adds(c->out, is(name, "g") || is(name, "svg") ? ">\n" : ">");
}

/* An element that is not shown: gone with all that is inside. */
static void drop_element(struct cleaner *c, struct text name)
{
	char end[48];
	struct text tag = take_until(c, ">");

	if (tag.len > 0 && tag.p[tag.len - 1] == '/') {
		c->p++;
	} else if (name.len + 4 < sizeof(end)) {
		memcpy(end, "</", 2);
		memcpy(end + 2, name.p, name.len);
		memcpy(end + 2 + name.len, ">", 2);
		skip_past(c, end);
	} else {
		c->p = c->end;
	}
}

static void clean_tag(struct cleaner *c)
{
	struct text name;

	c->p++;
	if (c->p < c->end && (*c->p == '?' || *c->p == '!')) {
		skip_past(c, ">");
		return;
	}
	if (c->p < c->end && *c->p == '/') {
		c->p++;
		end_tag(c, take_until(c, "> \t\r\n"));
		return;
	}
	name = take_until(c, "/> \t\r\n");
	if (listed(name, elements, ARRAY_LEN(elements))) {
		start_tag(c, name);
	} else {
		drop_element(c, name);
	}
}

/* Text counts inside <text> only; everywhere else it is layout. It stays as gnuplot escaped it. */
static void clean_text(struct cleaner *c)
{
	struct text t = take_until(c, "<");
	bool blank = true;

	for (size_t i = 0; i < t.len; i++) {
		blank = blank && is_space(t.p[i]);
	}
	if (!blank && c->depth > 0) {
		buf_add(c->out, t.p, t.len);
	}
}

int plot_svg_clean(const char *svg, size_t len, const char *prefix, const char *label,
		   struct buf *out)
{
	struct cleaner c = {
		.p = svg, .end = svg + len, .prefix = prefix, .label = label, .out = out
	};
	const char *begin = len > 0 ? memmem(svg, len, "<svg", 4) : NULL;

	if (begin == NULL) {
		return ERR_MALFORMED;
	}
	c.p = begin;
	while (c.p < c.end) {
		if (*c.p == '<') {
			clean_tag(&c);
		} else {
			clean_text(&c);
		}
	}
	if (out->failed) {
		return ERR_NOMEM;
	}
	return c.depth == 0 ? 0 : ERR_MALFORMED;
}
