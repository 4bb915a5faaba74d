/*
 * library.c - named macros and lists, as rules define them one after the other. Main thread only.
 */
#include "filter/library.h"

#include "base/limits.h"
#include "filter/lex.h"

/* Macros and lists in others that are made again one within the other: only what was defined anew can make
 * that deep. */
#define REFRESH_DEPTH 50

struct macro {
	char *name;
	char *text;
	struct filter_tree *tree;
	uint32_t visible; /* it sees so many */
	uint64_t age; /* tree is of that age of the library */
	bool busy; /* being made again */
};

struct named_list {
	char *name;
	struct arena raw_arena;
	struct library_item *raw; /* as defined, quotes taken away */
	bool *quoted; /* of raw: it had quotes, so it names no list */
	size_t raw_count;
	struct arena arena; /* items */
	struct library_list list;
	uint32_t visible;
	uint64_t age;
	bool busy;
};

struct library_body {
	struct text_map macro_of, list_of; /* from name to place */
	struct macro *macros;
	size_t macro_count, macro_cap;
	struct named_list **lists;
	size_t list_count, list_cap;
	uint64_t age; /* grows when something is defined anew */
	uint64_t fresh; /* everything is of that age */
	bool refreshing; /* what is asked for is made again first */
	unsigned int depth; /* of what is being made again, one for the other */
};

struct filter_library {
	struct library_body *b;
};

struct filter_library *filter_library_new(void)
{
	struct filter_library *lib = calloc(1, sizeof(*lib));

	if (lib == NULL || (lib->b = calloc(1, sizeof(*lib->b))) == NULL) {
		free(lib);
		return NULL;
	}
	text_map_init(&lib->b->macro_of);
	text_map_init(&lib->b->list_of);
	return lib;
}

static void release_macro(struct macro *m)
{
	free(m->name);
	free(m->text);
	filter_tree_unref(m->tree);
}

static void free_list(struct named_list *l)
{
	if (l != NULL) {
		arena_release(&l->arena);
		arena_release(&l->raw_arena);
		free(l->name);
		free(l);
	}
}

void filter_library_free(struct filter_library *lib)
{
	if (lib == NULL) {
		return;
	}
	for (size_t i = 0; i < lib->b->macro_count; i++) {
		release_macro(&lib->b->macros[i]);
	}
	for (size_t i = 0; i < lib->b->list_count; i++) {
		free_list(lib->b->lists[i]);
	}
	free(lib->b->macros);
	free(lib->b->lists);
	text_map_release(&lib->b->macro_of);
	text_map_release(&lib->b->list_of);
	free(lib->b);
	free(lib);
}

/* Room for one more in an array. */
static int grow(void **items, size_t *cap, size_t count, size_t size)
{
	size_t bigger = *cap > 0 ? *cap * 2 : 16;
	void *p;

	if (count < *cap) {
		return 0;
	}
	p = realloc(*items, bigger * size);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	*items = p;
	*cap = bigger;
	return 0;
}

/* What stands alone in a filter and is no field. */
static int check_macro_name(const char *name, struct err *e)
{
	size_t n = 0;

	while (lex_is_name_char(name[n]) && (n > 0 || !(name[0] >= '0' && name[0] <= '9'))) {
		n++;
	}
	if (n == 0 || name[n] != '\0') {
		return err_set(e, ERR_USAGE,
			       "'%.64s' cannot be the name of a macro: letters, digits and _, a "
			       "letter first",
			       name);
	}
	return 0;
}

/* What can be a bare word. */
static int check_list_name(const char *name, struct err *e)
{
	if (name[0] == '\0' || strpbrk(name, " \t\r\n\b()\"'=,{}&|") != NULL) {
		return err_set(e, ERR_USAGE,
			       "'%.64s' cannot be the name of a list: it is no single word", name);
	}
	return 0;
}

/* ---- macros ---- */

/* The tree of the age of the library. */
static int remake_macro(const struct filter_library *lib, struct macro *m, struct err *e)
{
	struct filter_tree *tree;
	int code;

	if (m->age == lib->b->age) {
		return 0;
	}
	if (lib->b->depth >= REFRESH_DEPTH) {
		return err_set(e, ERR_USAGE,
			       "macro '%.64s' is defined by too many that were defined after it",
			       m->name);
	}
	m->busy = true;
	lib->b->depth++;
	code = filter_parse(m->text, m->name, lib, m->visible, &tree, e);
	lib->b->depth--;
	m->busy = false;
	if (code == 0) {
		filter_tree_unref(m->tree);
		m->tree = tree;
		m->age = lib->b->age;
	}
	return code;
}

int library_find_macro(const struct filter_library *lib, const char *name, size_t len,
		       uint32_t visible, struct filter_tree **ret_tree, struct err *e)
{
	uint32_t i =
		lib != NULL ? text_map_get(&lib->b->macro_of, name, (uint32_t)len) : TEXT_MAP_NONE;
	int code = 0;

	*ret_tree = NULL;
	if (i == TEXT_MAP_NONE || i >= visible) {
		return 0;
	}
	if (lib->b->macros[i].busy) {
		return err_set(e, ERR_USAGE, "macro '%.64s' uses itself", lib->b->macros[i].name);
	}
	/* Those that come later in the order, but were there when the asking one was defined anew. */
	if (lib->b->refreshing) {
		code = remake_macro(lib, &lib->b->macros[i], e);
	}
	if (code == 0) {
		*ret_tree = lib->b->macros[i].tree;
	}
	return code;
}

static int add_macro(struct library_body *b, struct macro *m)
{
	if (grow((void **)&b->macros, &b->macro_cap, b->macro_count, sizeof(*b->macros)) < 0 ||
	    text_map_set(&b->macro_of, m->name, (uint32_t)strlen(m->name),
			 (uint32_t)b->macro_count) < 0) {
		return ERR_NOMEM;
	}
	b->macros[b->macro_count++] = *m;
	return 0;
}

/* In the place of the one of that name; what uses it is made again when it is next needed. */
static int replace_macro(struct library_body *b, uint32_t at, struct macro *m)
{
	if (text_map_set(&b->macro_of, m->name, (uint32_t)strlen(m->name), at) < 0) {
		return ERR_NOMEM;
	}
	b->age++;
	release_macro(&b->macros[at]);
	b->macros[at] = *m;
	return 0;
}

int filter_library_macro(struct filter_library *lib, const char *name, const char *text,
			 struct err *e)
{
	struct library_body *b = lib->b;
	struct macro m = { .visible = (uint32_t)b->macro_count,
			   .age = b->fresh == b->age ? b->age : UINT64_MAX };
	uint32_t at = text_map_get(&b->macro_of, name, (uint32_t)strlen(name));
	int code = check_macro_name(name, e);

	if (code < 0) {
		return code;
	}
	/* Its own name is not there for it. */
	if (at != TEXT_MAP_NONE) {
		b->macros[at].busy = true;
	}
	code = filter_parse(text, name, lib, m.visible, &m.tree, e);
	if (at != TEXT_MAP_NONE) {
		b->macros[at].busy = false;
	}
	if (code < 0) {
		return code;
	}
	m.name = strdup(name);
	m.text = strdup(text);
	code = m.name == NULL || m.text == NULL ? ERR_NOMEM
	       : at == TEXT_MAP_NONE            ? add_macro(b, &m)
						: replace_macro(b, at, &m);
	if (code < 0) {
		release_macro(&m);
		return err_nomem(e, "a macro");
	}
	return 0;
}

/* ---- lists ---- */

const struct library_list *library_find_list(const struct filter_library *lib, const char *name,
					     size_t len)
{
	uint32_t i =
		lib != NULL ? text_map_get(&lib->b->list_of, name, (uint32_t)len) : TEXT_MAP_NONE;

	return i != TEXT_MAP_NONE ? &lib->b->lists[i]->list : NULL;
}

/* In rules an item may stand in quotes of its own, within those of YAML: "10.0.0.0/8" as a string of a filter. */
static int read_item(struct named_list *l, const char *s, struct library_item *ret_item,
		     bool *ret_quoted, struct err *e)
{
	struct lexer x = {
		.text = s, .len = strlen(s), .at = 0, .macro = NULL, .arena = &l->raw_arena, .e = e
	};
	struct lexed w;
	int code;

	if (x.len > LIMIT_FILTER_BYTES) {
		return ERR_LIMIT;
	}
	*ret_quoted = s[0] == '"' || s[0] == '\'';
	if (!*ret_quoted) {
		ret_item->len = (uint32_t)x.len;
		ret_item->s = arena_dup(&l->raw_arena, s, x.len);
		return ret_item->s == NULL ? ERR_NOMEM : 0;
	}
	code = lex_quoted(&x, LEX_SYSDIG, &w);
	if (code == 0 && x.at < x.len) {
		code = lex_expected(&x, "the end of the item");
	}
	if (code == 0) {
		ret_item->s = w.s;
		ret_item->len = w.len;
	}
	return code;
}

static int read_items(struct named_list *l, const char *const *items, size_t count, struct err *e)
{
	int code = 0;

	if (count > LIMIT_FILTER_STEPS) {
		return ERR_LIMIT;
	}
	l->raw = arena_alloc(&l->raw_arena, (count + 1) * sizeof(*l->raw));
	l->quoted = arena_alloc(&l->raw_arena, count + 1);
	if (l->raw == NULL || l->quoted == NULL) {
		return ERR_NOMEM;
	}
	for (; code == 0 && l->raw_count < count; l->raw_count++) {
		code = read_item(l, items[l->raw_count], &l->raw[l->raw_count],
				 &l->quoted[l->raw_count], e);
	}
	return code;
}

static int expand_list(struct library_body *b, struct named_list *l);

/* The list that an item names, of the age of the library; NULL: it names none. */
static int list_of_item(struct library_body *b, const struct named_list *l, size_t item,
			const struct library_list **ret)
{
	const struct library_item *r = &l->raw[item];
	uint32_t i = l->quoted[item] ? TEXT_MAP_NONE : text_map_get(&b->list_of, r->s, r->len);
	int code = 0;

	*ret = NULL;
	if (i == TEXT_MAP_NONE || i >= l->visible || b->lists[i]->busy ||
	    strcmp(b->lists[i]->name, l->name) == 0) {
		return 0;
	}
	if (b->refreshing) {
		code = expand_list(b, b->lists[i]);
	}
	if (code == 0) {
		*ret = &b->lists[i]->list;
	}
	return code;
}

static int fill_list(struct library_body *b, const struct named_list *l, struct arena *a,
		     struct buf *out)
{
	for (size_t i = 0; i < l->raw_count; i++) {
		const struct library_list *other;
		int code = list_of_item(b, l, i, &other);

		if (code < 0) {
			return code;
		}
		if (other == NULL) {
			buf_add(out, &l->raw[i], sizeof(l->raw[i]));
		}
		for (size_t k = 0; other != NULL && k < other->count && !out->failed; k++) {
			struct library_item copy = { arena_dup(a, other->items[k].s,
							       other->items[k].len),
						     other->items[k].len };

			if (copy.s == NULL) {
				return ERR_NOMEM;
			}
			buf_add(out, &copy, sizeof(copy));
		}
		if (out->failed) {
			return ERR_LIMIT;
		}
	}
	return 0;
}

/* The items, with those of the lists among them. */
static int expand_list(struct library_body *b, struct named_list *l)
{
	struct library_list list;
	struct arena a;
	struct buf out;
	int code;

	if (l->age == b->age && l->list.items != NULL) {
		return 0;
	}
	if (b->depth >= REFRESH_DEPTH) {
		return ERR_LIMIT;
	}
	arena_init(&a);
	buf_init(&out, (size_t)LIMIT_FILTER_STEPS * sizeof(struct library_item));
	l->busy = true;
	b->depth++;
	code = fill_list(b, l, &a, &out);
	b->depth--;
	l->busy = false;
	list.count = out.len / sizeof(struct library_item);
	list.items = code == 0 ? arena_dup(&a, out.data, out.len) : NULL;
	buf_release(&out);
	if (list.items == NULL) {
		arena_release(&a);
		return code < 0 ? code : ERR_NOMEM;
	}
	arena_release(&l->arena);
	l->arena = a;
	l->list = list;
	l->age = b->refreshing || b->fresh == b->age ? b->age : UINT64_MAX;
	return 0;
}

static int put_list(struct library_body *b, struct named_list *l)
{
	uint32_t len = (uint32_t)strlen(l->name);
	uint32_t i = text_map_get(&b->list_of, l->name, len);
	bool again = i != TEXT_MAP_NONE;

	if (!again) {
		if (grow((void **)&b->lists, &b->list_cap, b->list_count,
			 sizeof(struct named_list *)) < 0) {
			return ERR_NOMEM;
		}
		i = (uint32_t)b->list_count;
	}
	if (text_map_set(&b->list_of, l->name, len, i) < 0) {
		return ERR_NOMEM;
	}
	if (again) {
		free_list(b->lists[i]);
		b->age++;
	} else {
		b->list_count++;
	}
	b->lists[i] = l;
	return 0;
}

static int list_error(const char *name, int code, const struct err *why, struct err *e)
{
	if (code == ERR_LIMIT) {
		return err_set(e, ERR_USAGE, "list '%.64s' is too long: more than %u items", name,
			       LIMIT_FILTER_STEPS);
	}
	return code == ERR_USAGE ? err_set(e, ERR_USAGE, "list '%.64s': %s", name, why->message)
				 : err_nomem(e, "a list");
}

int filter_library_list(struct filter_library *lib, const char *name, const char *const *items,
			size_t count, struct err *e)
{
	int code = check_list_name(name, e);
	struct named_list *l;
	struct err why;

	if (code < 0) {
		return code;
	}
	err_init(&why);
	l = calloc(1, sizeof(*l));
	if (l == NULL) {
		return err_nomem(e, "a list");
	}
	arena_init(&l->raw_arena);
	arena_init(&l->arena);
	l->visible = (uint32_t)lib->b->list_count;
	l->name = strdup(name);
	code = l->name != NULL ? read_items(l, items, count, &why) : ERR_NOMEM;
	if (code == 0) {
		code = expand_list(lib->b, l);
	}
	if (code == 0) {
		code = put_list(lib->b, l);
	}
	if (code < 0) {
		free_list(l);
		return list_error(name, code, &why, e);
	}
	return 0;
}

/* ---- what was defined anew ---- */

static int refresh(const struct filter_library *lib, struct library_body *b, struct err *e)
{
	for (size_t i = 0; i < b->list_count; i++) {
		int code = expand_list(b, b->lists[i]);

		if (code < 0) {
			return list_error(b->lists[i]->name, code, NULL, e);
		}
	}
	for (size_t i = 0; i < b->macro_count; i++) {
		int code = remake_macro(lib, &b->macros[i], e);

		if (code < 0) {
			return code;
		}
	}
	return 0;
}

int library_refresh(const struct filter_library *lib, struct err *e)
{
	struct library_body *b = lib != NULL ? lib->b : NULL;
	int code;

	if (b == NULL || b->fresh == b->age) {
		return 0;
	}
	b->refreshing = true;
	code = refresh(lib, b, e);
	b->refreshing = false;
	if (code == 0) {
		b->fresh = b->age;
	}
	return code;
}
