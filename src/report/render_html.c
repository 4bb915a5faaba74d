/*
 * render_html.c - index.html: the template page.html with style, script, figures, drawings and
 * tables put in. One file that needs no network; its content security policy names its own style
 * and script by their hashes, so that nothing that slipped in from a capture could run.
 */
#include "report/render.h"

#include <openssl/evp.h>

#include "base/escape.h"
#include "report/page.h"
#include "report/plot.h"
#include "report/template.h"
#include "report/templates.h"
#include "report/value.h"

#define TEMPLATE_BYTES_MAX ((size_t)4 << 20)

struct page {
	const struct report *report;
	const struct buf *svgs;
	const char *plot_note;
};

/* The script's parts, in order. They make one script element. */
static void add_script(struct buf *b)
{
	buf_add(b, template_page_values_js, template_page_values_js_len);
	buf_add(b, template_page_table_js, template_page_table_js_len);
	buf_add(b, template_page_trees_js, template_page_trees_js_len);
	buf_add(b, template_page_js, template_page_js_len);
}

static void add_style(struct buf *b)
{
	buf_add(b, template_page_css, template_page_css_len);
}

/* 'sha256-...' of what stands between the tags of a style or script element. */
static void add_source_hash(struct buf *b, void (*add)(struct buf *b))
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned char base64[EVP_MAX_MD_SIZE * 2];
	struct buf text;

	buf_init(&text, TEMPLATE_BYTES_MAX);
	add(&text);
	if (text.failed || EVP_Digest(text.data, text.len, digest, NULL, EVP_sha256(), NULL) != 1) {
		b->failed = true;
	} else {
		EVP_EncodeBlock(base64, digest, 32);
		buf_printf(b, "'sha256-%s'", (const char *)base64);
	}
	buf_release(&text);
}

static void emit_csp(struct sink *s, const void *arg)
{
	UNUSED_ARG(arg);
	buf_adds(s->buf, "default-src 'none'; style-src ");
	add_source_hash(s->buf, add_style);
	buf_adds(s->buf, "; script-src ");
	add_source_hash(s->buf, add_script);
	buf_adds(s->buf, "; base-uri 'none'; form-action 'none'");
}

static void emit_style(struct sink *s, const void *arg)
{
	UNUSED_ARG(arg);
	add_style(s->buf);
}

static void emit_script(struct sink *s, const void *arg)
{
	UNUSED_ARG(arg);
	add_script(s->buf);
}

static void emit_summary(struct sink *s, const void *arg)
{
	const struct page *p = arg;

	escape_html(s->buf, p->report->summary,
		    strnlen(p->report->summary, sizeof(p->report->summary)));
}

static void emit_title(struct sink *s, const void *arg)
{
	const struct page *p = arg;

	page_title(s->buf, p->report);
}

static void emit_recorded(struct sink *s, const void *arg)
{
	const struct page *p = arg;

	page_recorded(s, p->report);
}

static void emit_notices(struct sink *s, const void *arg)
{
	const struct page *p = arg;

	page_notices(s, p->report);
}

static void emit_tiles(struct sink *s, const void *arg)
{
	const struct page *p = arg;

	page_tiles(s, p->report);
}

static bool has_plots(const struct page *p)
{
	if (p->plot_note != NULL) {
		return p->report->plot_count > 0;
	}
	for (unsigned int i = 0; p->svgs != NULL && i < p->report->plot_count; i++) {
		if (p->svgs[i].len > 0) {
			return true;
		}
	}
	return false;
}

static void emit_nav(struct sink *s, const void *arg)
{
	const struct page *p = arg;
	struct buf *b = s->buf;

	if (has_plots(p)) {
		buf_adds(b, "<li><a href=\"#plots\">Over time</a></li>\n");
	}
	if (page_has_trees(p->report)) {
		buf_adds(b, "<li><a href=\"#trees\">Slowest requests</a></li>\n");
	}
	for (unsigned int i = 0; i < p->report->table_count; i++) {
		const struct table *t = p->report->tables[i];

		if (page_is_absent(p->report, t)) {
			continue;
		}
		buf_adds(b, "<li><a href=\"#");
		page_text(b, t->def->name);
		buf_adds(b, "\">");
		page_text(b, t->def->title);
		buf_adds(b, "<span>");
		value_grouped(b, t->row_count);
		buf_adds(b, "</span></a></li>\n");
	}
}

static void add_plot(struct sink *s, const struct report *r, const struct plot_def *def, const struct buf *svg)
{
	struct buf *b = s->buf;
	struct plot_axis axis;

	buf_adds(b, "<figure class=\"card plot\" data-table=\"");
	page_text(b, def->table);
	buf_adds(b, "\" data-columns=\"");
	for (unsigned int i = 0; i < def->series_count; i++) {
		buf_adds(b, i > 0 ? " " : "");
		page_text(b, def->series[i].column);
	}
	if (plot_axis(r, def, &axis)) {
		buf_adds(b, "\" data-spans=\"");
		for (unsigned int i = 0; i < axis.count; i++) {
			buf_adds(b, i > 0 ? " " : "");
			value_time(b, axis.span[i].from_ns);
			buf_addc(b, ' ');
			value_time(b, axis.span[i].to_ns);
		}
	}
	buf_adds(b, "\"><figcaption>");
	page_text(b, def->title);
	buf_adds(b, "</figcaption><div class=\"scroll\">\n");
	buf_add(b, svg->data, svg->len);
	buf_adds(b, "</div></figure>\n");
	sink_more(s);
}

/* Does any drawing leave time out? */
static bool has_breaks(const struct page *p)
{
	struct plot_axis axis;

	for (unsigned int i = 0; p->svgs != NULL && i < p->report->plot_count; i++) {
		if (p->svgs[i].len > 0 && plot_axis(p->report, &p->report->plots[i], &axis) && axis.count > 1) {
			return true;
		}
	}
	return false;
}

static void emit_plots(struct sink *s, const void *arg)
{
	const struct page *p = arg;

	if (!has_plots(p)) {
		return;
	}
	buf_adds(s->buf, "<section id=\"plots\" aria-label=\"Over time\">\n");
	if (p->plot_note != NULL) {
		buf_adds(s->buf, "<p class=\"note\">Plots are missing: ");
		page_text(s->buf, p->plot_note);
		buf_adds(s->buf, "</p>\n");
	}
	if (has_breaks(p)) {
		buf_adds(s->buf, "<p class=\"note\">Grey bars stand for the time between captures, when nothing was "
				 "recorded.</p>\n");
	}
	for (unsigned int i = 0; p->svgs != NULL && i < p->report->plot_count; i++) {
		if (p->svgs[i].len > 0) {
			add_plot(s, p->report, &p->report->plots[i], &p->svgs[i]);
		}
	}
	buf_adds(s->buf, "</section>\n");
}

static void emit_trees(struct sink *s, const void *arg)
{
	const struct page *p = arg;

	page_trees(s, p->report);
}

static void emit_tables(struct sink *s, const void *arg)
{
	const struct page *p = arg;

	for (unsigned int i = 0; i < p->report->table_count; i++) {
		if (!page_is_absent(p->report, p->report->tables[i])) {
			page_table(s, p->report, p->report->tables[i]);
		}
	}
}

static void emit_data(struct sink *s, const void *arg)
{
	const struct page *p = arg;

	for (unsigned int i = 0; i < p->report->table_count; i++) {
		page_data(s, p->report->tables[i]);
	}
}

static void emit_provenance(struct sink *s, const void *arg)
{
	const struct page *p = arg;
	struct buf *b = s->buf;

	buf_adds(b, "Made by ");
	page_text(b, p->report->version);
	if (p->report->created_ns != 0) {
		buf_adds(b, " at <time>");
		value_time(b, p->report->created_ns);
		buf_adds(b, "</time>");
	}
	if (p->report->command_line[0] != '\0') {
		buf_adds(b, " with <code>");
		page_text(b, p->report->command_line);
		buf_adds(b, "</code>");
	}
}

static const struct template_slot slots[] = {
	{ "csp", emit_csp },         { "style", emit_style },          { "script", emit_script },
	{ "summary", emit_summary }, { "notices", emit_notices },      { "tiles", emit_tiles },
	{ "nav", emit_nav },         { "plots", emit_plots },          { "tables", emit_tables },
	{ "data", emit_data },       { "provenance", emit_provenance }, { "trees", emit_trees },
	{ "title", emit_title },     { "recorded", emit_recorded },
};

void render_html_to(const struct report *r, const struct buf *svgs, const char *plot_note,
		    struct sink *s)
{
	struct page p = { r, svgs, plot_note };

	template_expand(s, template_page_html, template_page_html_len, slots, ARRAY_LEN(slots), &p);
}

void render_html(const struct report *r, const struct buf *svgs, const char *plot_note,
		 struct buf *out)
{
	struct sink s = { out, -1, 0 };

	render_html_to(r, svgs, plot_note, &s);
}
