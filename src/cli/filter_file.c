/*
 * filter_file.c - see filter_file.h. Reads a file whole; YAML through libyaml, Wireshark's lines by hand.
 */
#include "cli/filter_file.h"

#include <yaml.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cli/file_text.h"

struct filter_book {
	struct filter_library *library; /* owns */
	struct saved_filter *rows; /* owns; in the order of definition */
	size_t count, cap;
};

/* ---- the book ---------------------------------------------------------------------------------------------------- */

int filter_book_empty(struct filter_book **ret_book, struct err *e)
{
	struct filter_book *book = calloc(1, sizeof(*book));

	if (book != NULL) {
		book->library = filter_library_new();
	}
	if (book == NULL || book->library == NULL) {
		filter_book_free(book);
		return err_nomem(e, "saved filters");
	}
	*ret_book = book;
	return 0;
}

static void saved_release(struct saved_filter *f)
{
	free(f->name);
	free(f->text);
	free(f->file);
}

void filter_book_free(struct filter_book *book)
{
	if (book == NULL) {
		return;
	}
	for (size_t i = 0; i < book->count; i++) {
		saved_release(&book->rows[i]);
	}
	free(book->rows);
	filter_library_free(book->library);
	free(book);
}

const struct filter_library *filter_book_library(const struct filter_book *book)
{
	return book->library;
}

/* The row of a new name at the end, of a known one in place. */
static struct saved_filter *row_of(struct filter_book *book, const char *name)
{
	for (size_t i = 0; i < book->count; i++) {
		if (strcmp(book->rows[i].name, name) == 0) {
			saved_release(&book->rows[i]);
			return &book->rows[i];
		}
	}
	if (book->count == book->cap) {
		size_t cap = book->cap == 0 ? 16 : 2 * book->cap;
		struct saved_filter *grown = realloc(book->rows, cap * sizeof(*grown));

		if (grown == NULL) {
			return NULL;
		}
		book->rows = grown;
		book->cap = cap;
	}
	return &book->rows[book->count++];
}

/* A name that a macro can have. */
static bool is_word(const char *s)
{
	if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z'))) {
		return false;
	}
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

static int add_filter(struct filter_book *book, const char *file, unsigned int line, const char *name, const char *text,
		      struct err *e)
{
	struct saved_filter *row = row_of(book, name);

	if (row == NULL) {
		return err_nomem(e, "saved filters");
	}
	*row = (struct saved_filter){ strdup(name), strdup(text), strdup(file), line };
	if (row->name == NULL || row->text == NULL || row->file == NULL) {
		saved_release(row);
		*row = book->rows[--book->count];
		return err_nomem(e, "saved filters");
	}
	/* One that makes no sense is told when it is asked for by its name, not before. */
	if (is_word(name)) {
		struct err unused;

		err_init(&unused);
		return filter_library_macro(book->library, name, text, &unused) == ERR_NOMEM
			       ? err_nomem(e, "saved filters")
			       : 0;
	}
	return 0;
}

static void add_names(const struct filter_book *book, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < book->count; i++) {
		int n = snprintf(out + len, size - len, "%s@%s", i > 0 ? ", " : "", book->rows[i].name);

		if (n < 0 || (size_t)n >= size - len) {
			snprintf(out + len, size - len, "%s", "");
			return;
		}
		len += (size_t)n;
	}
}

int filter_book_find(const struct filter_book *book, const char *name, const struct saved_filter **ret_f, struct err *e)
{
	char names[256];

	for (size_t i = 0; i < book->count; i++) {
		if (strcmp(book->rows[i].name, name) == 0) {
			*ret_f = &book->rows[i];
			return 0;
		}
	}
	if (book->count == 0) {
		return err_set(e, ERR_USAGE, "no saved filter '%s': there are none; name a file with --filter-file",
			       name);
	}
	add_names(book, names, sizeof(names));
	return err_set(e, ERR_USAGE, "no saved filter '%s'; there are %s", name, names);
}

/* ---- Wireshark's files
 * --------------------------------------------------------------------------------------------- */

/* What is wrong with a file, and where. */
static int bad_line(const char *file, unsigned int line, const char *what, struct err *e)
{
	return err_set(e, ERR_USAGE, "'%s', line %u: %s", file, line, what);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "text" with \" and \\ and, in buttons, \xHH; behind the quote in the end. False: no text in quotes. */
static bool quoted(const char **io_s, struct buf *out)
{
	const char *s = *io_s;

	buf_reset(out);
	if (*s++ != '"') {
		return false;
	}
	for (; *s != '"'; s++) {
		if (*s == '\0') {
			return false;
		}
		if (s[0] == '\\' && s[1] == 'x' && hex_digit(s[2]) >= 0 && hex_digit(s[3]) >= 0) {
			buf_addc(out, (char)(hex_digit(s[2]) * 16 + hex_digit(s[3])));
			s += 3;
		} else {
			s += s[0] == '\\' && s[1] != '\0';
			buf_addc(out, *s);
		}
	}
	*io_s = s + 1;
	return !out->failed;
}

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* "TRUE","name","expression","comment": those switched off can be used too. */
static int read_button(struct filter_book *book, const char *file, unsigned int line, const char *s, struct err *e)
{
	static const char what[] = "expected \"TRUE\",\"name\",\"expression\"";
	struct buf name, text;
	int rc;

	buf_init(&name, LIMIT_FILTER_BYTES);
	buf_init(&text, LIMIT_FILTER_BYTES);
	if (!quoted(&s, &text) || *s++ != ',' || !quoted(&s, &name) || *s++ != ',' || !quoted(&s, &text)) {
		rc = bad_line(file, line, what, e);
	} else {
		rc = add_filter(book, file, line, buf_str(&name), buf_str(&text), e);
	}
	buf_release(&name);
	buf_release(&text);
	return rc;
}

/* "name" expression */
static int read_display_filter(struct filter_book *book, const char *file, unsigned int line, const char *s,
			       struct err *e)
{
	struct buf name;
	int rc;

	buf_init(&name, LIMIT_FILTER_BYTES);
	if (!quoted(&s, &name) || *skip_blanks(s) == '\0') {
		rc = bad_line(file, line, "expected \"name\" expression", e);
	} else {
		rc = add_filter(book, file, line, buf_str(&name), skip_blanks(s), e);
	}
	buf_release(&name);
	return rc;
}

/* One line, without its end. */
static int read_line(struct filter_book *book, const char *file, unsigned int line, const char *s, struct err *e)
{
	if (*s == '\0' || *s == '#') {
		return 0;
	}
	if (strncmp(s, "\"TRUE\",", 7) == 0 || strncmp(s, "\"FALSE\",", 8) == 0) {
		return read_button(book, file, line, s, e);
	}
	return read_display_filter(book, file, line, s, e);
}

static int read_lines(struct filter_book *book, const char *file, const char *text, size_t len, struct err *e)
{
	const char *end = text + len;
	struct buf one;
	int rc = 0;

	buf_init(&one, LIMIT_FILTER_FILE_BYTES + 1);
	for (unsigned int line = 1; rc == 0 && text < end; line++) {
		const char *lf = memchr(text, '\n', (size_t)(end - text));
		size_t n = lf != NULL ? (size_t)(lf - text) : (size_t)(end - text);

		buf_reset(&one);
		buf_add(&one, text, n > 0 && text[n - 1] == '\r' ? n - 1 : n);
		rc = read_line(book, file, line, skip_blanks(buf_str(&one)), e);
		text += n + (lf != NULL);
	}
	buf_release(&one);
	return rc;
}

/* Wireshark's lines begin with a quote, YAML's items do not. */
static bool is_wireshark(const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *lf;

		while (text < end && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n')) {
			text++;
		}
		if (text == end || *text != '#') {
			break;
		}
		lf = memchr(text, '\n', (size_t)(end - text));
		text = lf != NULL ? lf : end;
	}
	return text < end && *text == '"';
}

/* ---- YAML
 * ------------------------------------------------------------------------------------------------------------ */

/* An item of the list on its way into the book. */
struct item {
	struct filter_book *book;
	const char *file;
	yaml_document_t *doc;
	yaml_node_t *node;
};

static unsigned int line_of(const yaml_node_t *n)
{
	return (unsigned int)n->start_mark.line + 1;
}

static int bad_node(const struct item *it, const yaml_node_t *n, const char *what, struct err *e)
{
	return bad_line(it->file, line_of(n), what, e);
}

/* Its text, or NULL: no text, or one with a NUL inside. */
static const char *scalar(const yaml_node_t *n)
{
	if (n == NULL || n->type != YAML_SCALAR_NODE ||
	    strlen((const char *)n->data.scalar.value) != n->data.scalar.length) {
		return NULL;
	}
	return (const char *)n->data.scalar.value;
}

/* The value of a key of the item, or NULL. */
static yaml_node_t *value_of(const struct item *it, const char *key)
{
	const yaml_node_pair_t *pairs = it->node->data.mapping.pairs.start;

	for (; pairs < it->node->data.mapping.pairs.top; pairs++) {
		const char *name = scalar(yaml_document_get_node(it->doc, pairs->key));

		if (name != NULL && strcmp(name, key) == 0) {
			return yaml_document_get_node(it->doc, pairs->value);
		}
	}
	return NULL;
}

static int read_condition(const struct item *it, const char *name, bool macro, struct err *e)
{
	const yaml_node_t *node = value_of(it, "condition");
	const char *text = scalar(node);
	struct err why;
	int rc;

	if (text == NULL || text[0] == '\0') {
		return bad_node(it, node != NULL ? node : it->node, "'condition' is missing, or is no text", e);
	}
	if (!macro) {
		return add_filter(it->book, it->file, line_of(it->node), name, text, e);
	}
	err_init(&why);
	rc = filter_library_macro(it->book->library, name, text, &why);
	if (rc < 0) {
		return err_set(e, rc, "'%s', line %u: macro '%s': %s", it->file, line_of(it->node), name, why.message);
	}
	return 0;
}

static int read_list(const struct item *it, const char *name, struct err *e)
{
	yaml_node_t *node = value_of(it, "items");
	const char **items;
	struct err why;
	size_t n;
	int rc = 0;

	if (node == NULL || node->type != YAML_SEQUENCE_NODE) {
		return bad_node(it, node != NULL ? node : it->node, "'items' is missing, or is no list", e);
	}
	n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	items = calloc(n + 1, sizeof(*items));
	if (items == NULL) {
		return err_nomem(e, "a list of saved filters");
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const yaml_node_t *value = yaml_document_get_node(it->doc, node->data.sequence.items.start[i]);

		items[i] = scalar(value);
		if (items[i] == NULL) {
			rc = bad_node(it, value != NULL ? value : node, "an item of the list is no text", e);
		}
	}
	if (rc == 0) {
		err_init(&why);
		rc = filter_library_list(it->book->library, name, items, n, &why);
		if (rc < 0) {
			err_set(e, rc, "'%s', line %u: list '%s': %s", it->file, line_of(it->node), name, why.message);
		}
	}
	free(items);
	return rc;
}

static int read_item(const struct item *it, struct err *e)
{
	static const char *const passed_over[] = { "rule", "required_engine_version", "required_plugin_versions" };
	static const char *const kinds[] = { "filter", "macro", "list" };

	if (it->node->type != YAML_MAPPING_NODE) {
		return bad_node(it, it->node, "expected an item such as '- filter: NAME'", e);
	}
	for (size_t i = 0; i < ARRAY_LEN(passed_over); i++) {
		if (value_of(it, passed_over[i]) != NULL) {
			return 0;
		}
	}
	if (value_of(it, "append") != NULL || value_of(it, "override") != NULL) {
		return bad_node(it, it->node,
				"'append' and 'override' have no meaning outside rules files: define it once", e);
	}
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const yaml_node_t *node = value_of(it, kinds[i]);
		const char *name = scalar(node);

		if (node == NULL) {
			continue;
		}
		if (name == NULL || name[0] == '\0') {
			return bad_node(it, node, "the name is empty, or is no text", e);
		}
		return i == 2 ? read_list(it, name, e) : read_condition(it, name, i == 1, e);
	}
	return bad_node(it, it->node, "an item is a filter, a macro or a list", e);
}

static int read_document(struct filter_book *book, const char *file, yaml_document_t *doc, struct err *e)
{
	struct item it = { book, file, doc, yaml_document_get_root_node(doc) };
	yaml_node_t *root = it.node;
	int rc = 0;

	if (root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0) {
		return 0; /* nothing but comments */
	}
	if (root->type != YAML_SEQUENCE_NODE) {
		return bad_node(&it, root, "expected a list of items such as '- filter: NAME'", e);
	}
	for (yaml_node_item_t *i = root->data.sequence.items.start; rc == 0 && i < root->data.sequence.items.top; i++) {
		it.node = yaml_document_get_node(doc, *i);
		rc = it.node != NULL ? read_item(&it, e) : 0;
	}
	return rc;
}

static int bad_yaml(const char *file, const yaml_parser_t *parser, struct err *e)
{
	if (parser->error == YAML_MEMORY_ERROR) {
		return err_nomem(e, "saved filters");
	}
	return bad_line(file, (unsigned int)parser->problem_mark.line + 1,
			parser->problem != NULL ? parser->problem : "no YAML", e);
}

static int read_yaml(struct filter_book *book, const char *file, const char *text, size_t len, struct err *e)
{
	yaml_parser_t parser;
	bool more = true;
	int rc = 0;

	if (!yaml_parser_initialize(&parser)) {
		return err_nomem(e, "saved filters");
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (rc == 0 && more) {
		yaml_document_t doc;

		if (!yaml_parser_load(&parser, &doc)) {
			rc = bad_yaml(file, &parser, e);
			break;
		}
		more = yaml_document_get_root_node(&doc) != NULL;
		rc = more ? read_document(book, file, &doc, e) : 0;
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return rc;
}

/* ---- files
 * ------------------------------------------------------------------------------------------------------------ */

int filter_book_read(struct filter_book *book, const char *file, const char *text, size_t len, struct err *e)
{
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	return is_wireshark(text, len) ? read_lines(book, file, text, len, e) : read_yaml(book, file, text, len, e);
}

/* optional: it need not be there. */
static int read_file(struct filter_book *book, const char *file, bool optional, struct err *e)
{
	struct buf text;
	int rc;

	buf_init(&text, LIMIT_FILTER_FILE_BYTES);
	rc = file_text_read(file, "a file of filters", optional, &text, e);
	if (rc == 0) {
		rc = filter_book_read(book, file, buf_str(&text), text.len, e);
	}
	buf_release(&text);
	return rc == ERR_EOF ? 0 : rc;
}

static int read_default(struct filter_book *book, struct err *e)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	bool xdg = config != NULL && config[0] == '/';
	struct buf path;
	int rc;

	if (!xdg && (home == NULL || home[0] != '/')) {
		return 0;
	}
	buf_init(&path, 64u << 10);
	buf_adds(&path, xdg ? config : home);
	buf_adds(&path, xdg ? "/thresher/filters.yaml" : "/.config/thresher/filters.yaml");
	rc = path.failed ? err_nomem(e, "a path") : read_file(book, buf_str(&path), true, e);
	buf_release(&path);
	return rc;
}

int filter_book_new(const struct option_texts *files, struct filter_book **ret_book, struct err *e)
{
	struct filter_book *book = NULL;
	int rc = filter_book_empty(&book, e);

	if (rc < 0) {
		return rc;
	}
	rc = read_default(book, e);
	for (size_t i = 0; rc == 0 && i < files->count; i++) {
		rc = read_file(book, files->items[i], false, e);
	}
	if (rc < 0) {
		filter_book_free(book);
		return rc;
	}
	*ret_book = book;
	return 0;
}
