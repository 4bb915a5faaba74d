/*
 * page_trees.c - the slowest request trees of table `spans`: a list in plain HTML, and their rows as data from which
 * page_trees.js draws a waterfall. Shows what the table holds; which rows belong to a tree is its column root.
 */
#include "report/page.h"

#include "base/escape.h"
#include "report/value.h"

#define TREES_SHOWN 50
/* A tree may be a whole session: the rest of it is in the table. */
#define TREE_ROWS 300

struct tree {
	uint64_t root, duration_ns;
	size_t row;		/* of the root */
	uint64_t spans;		/* in all */
	uint32_t rows[TREE_ROWS];
	uint32_t count;		/* of rows */
};

/* Columns of the table that are looked at here; -1 where a table has others. */
struct columns {
	int id, root, parent, kind, duration, name, process, pid, protocol, start;
};

struct trees {
	const struct table *t;
	struct columns at;
	struct tree *tree;	/* owns; the slowest first */
	size_t count;
	uint64_t roots;		/* trees in all */
};

static bool find_columns(const struct table *t, struct columns *ret_c)
{
	*ret_c = (struct columns){
		.id = table_column(t, "id"),	       .root = table_column(t, "root"),
		.parent = table_column(t, "parent"),   .kind = table_column(t, "kind"),
		.duration = table_column(t, "duration"), .name = table_column(t, "name"),
		.process = table_column(t, "process"), .pid = table_column(t, "pid"),
		.protocol = table_column(t, "protocol"), .start = table_column(t, "start"),
	};
	return ret_c->id >= 0 && ret_c->root >= 0 && ret_c->parent >= 0 && ret_c->kind >= 0 && ret_c->duration >= 0 &&
	       ret_c->name >= 0 && ret_c->process >= 0 && ret_c->pid >= 0 && ret_c->protocol >= 0 && ret_c->start >= 0;
}

static struct cell cell_at(const struct trees *x, size_t row, int col)
{
	return table_cell(x->t, row, (unsigned int)col);
}

static bool is_unknown(const struct cell *c)
{
	return (c->marks & CELL_UNKNOWN) != 0;
}

/* Slowest first; of equal ones the first. */
static bool slower(const struct tree *a, const struct tree *b)
{
	return a->duration_ns != b->duration_ns ? a->duration_ns > b->duration_ns : a->root < b->root;
}

static void keep_slowest(struct trees *x, const struct tree *one)
{
	size_t at = x->count;

	while (at > 0 && slower(one, &x->tree[at - 1])) {
		at--;
	}
	if (at == TREES_SHOWN) {
		return;
	}
	x->count += x->count < TREES_SHOWN;
	memmove(&x->tree[at + 1], &x->tree[at], (x->count - at - 1) * sizeof(*x->tree));
	x->tree[at] = *one;
}

/* The top of a tree: a request. What was only started, by nobody known, is none. */
static bool root_at(const struct trees *x, size_t row, struct tree *ret_tree)
{
	struct cell parent = cell_at(x, row, x->at.parent);
	struct cell duration, kind;

	if (!is_unknown(&parent)) {
		return false;
	}
	duration = cell_at(x, row, x->at.duration);
	kind = cell_at(x, row, x->at.kind);
	if (is_unknown(&duration) || (kind.len == 7 && memcmp(kind.v.text, "process", 7) == 0)) {
		return false;
	}
	ret_tree->root = cell_at(x, row, x->at.id).v.u;
	ret_tree->duration_ns = duration.v.u;
	ret_tree->row = row;
	return true;
}

static void find_roots(struct trees *x)
{
	struct tree one = { 0 };

	for (size_t row = 0; row < x->t->row_count; row++) {
		if (root_at(x, row, &one)) {
			x->roots++;
			keep_slowest(x, &one);
		}
	}
}

static struct tree *tree_of(struct trees *x, uint64_t root)
{
	for (size_t i = 0; i < x->count; i++) {
		if (x->tree[i].root == root) {
			return &x->tree[i];
		}
	}
	return NULL;
}

static void gather_rows(struct trees *x)
{
	for (size_t row = 0; row < x->t->row_count; row++) {
		struct cell root = cell_at(x, row, x->at.root);
		struct tree *tree = is_unknown(&root) ? NULL : tree_of(x, root.v.u);

		if (tree == NULL) {
			continue;
		}
		tree->spans++;
		if (tree->count < TREE_ROWS) {
			tree->rows[tree->count++] = (uint32_t)row;
		}
	}
}

static bool find_table(struct trees *x, const struct report *r)
{
	memset(x, 0, sizeof(*x));
	x->t = report_table(r, "spans");
	return x->t != NULL && find_columns(x->t, &x->at);
}

/* False: no such table, nothing in it, or no memory (the buffer then says so). */
static bool trees_init(struct trees *x, const struct report *r, struct buf *b)
{
	if (!find_table(x, r) || x->t->row_count == 0) {
		return false;
	}
	x->tree = calloc(TREES_SHOWN + 1, sizeof(*x->tree));
	if (x->tree == NULL) {
		b->failed = true;
		return false;
	}
	find_roots(x);
	gather_rows(x);
	return x->count > 0;
}

static void add_cell_text(struct buf *b, const struct cell *c, const char *unknown)
{
	if (is_unknown(c)) {
		buf_adds(b, unknown);
	} else {
		escape_html(b, c->v.text, c->len);
	}
}

static void add_tree(struct buf *b, const struct trees *x, const struct tree *tree)
{
	struct cell name = cell_at(x, tree->row, x->at.name);
	struct cell process = cell_at(x, tree->row, x->at.process);
	struct cell protocol = cell_at(x, tree->row, x->at.protocol);
	struct cell pid = cell_at(x, tree->row, x->at.pid);
	struct cell start = cell_at(x, tree->row, x->at.start);

	buf_adds(b, "<li><b>");
	value_duration_short(b, tree->duration_ns);
	buf_adds(b, "</b> <code>");
	add_cell_text(b, &name, "–");
	buf_adds(b, "</code> ");
	add_cell_text(b, &protocol, "");
	buf_adds(b, " in ");
	add_cell_text(b, &process, "a process not known");
	if (!is_unknown(&pid)) {
		buf_adds(b, " (");
		buf_add_s64(b, pid.v.s);
		buf_addc(b, ')');
	}
	buf_adds(b, ", ");
	page_count(b, tree->spans, "span", "spans");
	if (!is_unknown(&start)) {
		buf_adds(b, ", <time>");
		value_time(b, start.v.u);
		buf_adds(b, "</time>");
	}
	buf_adds(b, "</li>\n");
}

/* One array per tree: how many spans it has in all, then rows, each with its number in the table before its cells. */
static void add_data(struct sink *s, const struct trees *x)
{
	struct cell *cells = table_row_new(x->t);
	struct buf *b = s->buf;

	if (cells == NULL) {
		b->failed = true;
		return;
	}
	buf_adds(b, "<script type=\"application/json\" id=\"data-trees\">[");
	for (size_t i = 0; i < x->count; i++) {
		buf_adds(b, i > 0 ? ",\n[" : "\n[");
		buf_add_u64(b, x->tree[i].spans);
		for (uint32_t k = 0; k < x->tree[i].count; k++) {
			buf_adds(b, ",\n[");
			buf_add_u64(b, x->tree[i].rows[k]);
			buf_addc(b, ',');
			table_row(x->t, x->tree[i].rows[k], cells);
			page_data_row(b, x->t, cells);
			buf_addc(b, ']');
			sink_more(s);
		}
		buf_addc(b, ']');
	}
	buf_adds(b, "]</script>\n");
	free(cells);
}

bool page_has_trees(const struct report *r)
{
	struct tree one;
	struct trees x;

	if (!find_table(&x, r)) {
		return false;
	}
	for (size_t row = 0; row < x.t->row_count; row++) {
		if (root_at(&x, row, &one)) {
			return true;
		}
	}
	return false;
}

void page_trees(struct sink *s, const struct report *r)
{
	struct buf *b = s->buf;
	struct trees x;

	if (trees_init(&x, r, b)) {
		buf_adds(b, "<section class=\"card trees\" id=\"trees\">\n<header><h2>Slowest requests</h2><span "
			    "class=\"count\">");
		if (x.roots > x.count) {
			buf_add_u64(b, x.count);
			buf_adds(b, " of ");
		}
		page_count(b, x.roots, "tree", "trees");
		buf_adds(b, "</span><p>Each with what was asked and started on its behalf, in this process and others. "
			    "All are in table "
			    "<a href=\"#spans\">");
		page_text(b, x.t->def->title);
		buf_adds(b, "</a>.</p></header>\n<ol>\n");
		for (size_t i = 0; i < x.count; i++) {
			add_tree(b, &x, &x.tree[i]);
		}
		buf_adds(b, "</ol>\n");
		add_data(s, &x);
		buf_adds(b, "</section>\n");
		sink_more(s);
	}
	free(x.tree);
}
