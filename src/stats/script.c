/*
 * script.c - the scripts of a run: see script.h. Takes them in, hands records to them, and adds what they made to the
 * report. Main thread, but for script_set_feed.
 */
#include "stats/script_internal.h"

#include "readers/hasher.h"
#include "stats/quality_rows.h"

static const struct column columns[] = {
	{ "script", COL_TEXT, "", "File" },
	{ "sha256", COL_TEXT, "", "SHA-256 of its text" },
	{ "events", COL_U64, "", "Events it was given" },
	{ "packets", COL_U64, "", "Packets it was given" },
	{ "tables", COL_TEXT, "", "Tables it added to this report" },
	{ "failure", COL_TEXT, "", "Why it ended early, and its tables are missing; empty: it did not" },
};

const struct table_def scripts_table_def = {
	"scripts", "Scripts", "Lua scripts that looked at events and packets, and the tables that are theirs. Only with --script.",
	columns, ARRAY_LEN(columns),
};

#ifdef HAVE_LUA

const char *script_version(void)
{
	return "Lua " LUA_VERSION_MAJOR "." LUA_VERSION_MINOR;
}

/* ---- life -------------------------------------------------------------------------------------------------- */

int script_set_new(struct script_set **ret_set, struct err *e)
{
	struct script_set *set = calloc(1, sizeof(*set));

	if (set == NULL) {
		return err_nomem(e, "the scripts");
	}
	pthread_mutex_init(&set->lock, NULL);
	set->settings.time_style = TIME_ISO;
	*ret_set = set;
	return 0;
}

static void free_tables(struct script *s)
{
	for (unsigned int i = 0; i < s->table_count; i++) {
		script_table_free(s->tables[i]);
	}
	s->table_count = 0;
}

static void script_free(struct script *s)
{
	if (s != NULL) {
		script_close(s);
		script_wish_release(&s->wish);
		free_tables(s);
		buf_release(&s->printed);
		free(s->path);
		free(s);
	}
}

static void free_workers(struct script_set *set)
{
	while (set->idle != NULL) {
		struct script_worker *w = set->idle;

		set->idle = w->next;
		for (unsigned int i = 0; i < LIMIT_SCRIPTS; i++) {
			filter_state_free(w->states[i]);
		}
		field_ctx_release(&w->ctx);
		buf_release(&w->text);
		free(w);
	}
}

void script_set_free(struct script_set *set)
{
	if (set == NULL) {
		return;
	}
	free_workers(set);
	for (unsigned int i = 0; i < set->count; i++) {
		script_free(set->scripts[i]);
	}
	pthread_mutex_destroy(&set->lock);
	free(set);
}

static int hash_text(struct script *s, const char *text, size_t len, struct err *e)
{
	struct hasher *h;
	int rc = hasher_new(&h, e);

	if (rc == 0) {
		hasher_update(h, text, len);
		rc = hasher_finish(h, s->sha256, e);
		hasher_free(h);
	}
	return rc;
}

int script_set_add(struct script_set *set, const char *path, const char *text, size_t len, struct err *e)
{
	const char *slash;
	struct script *s;
	int rc;

	if (set->count == LIMIT_SCRIPTS) {
		return err_set(e, ERR_USAGE, "more than %d scripts", LIMIT_SCRIPTS);
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		return err_nomem(e, "a script");
	}
	buf_init(&s->printed, LIMIT_SCRIPT_PRINT_BYTES);
	s->path = strdup(path);
	if (s->path == NULL) {
		script_free(s);
		return err_nomem(e, "a script");
	}
	slash = strrchr(s->path, '/');
	s->name = slash != NULL ? slash + 1 : s->path;
	rc = hash_text(s, text, len, e);
	rc = rc == 0 ? script_load(s, text, len, e) : rc;
	if (rc != 0) {
		script_free(s);
		return rc;
	}
	set->scripts[set->count++] = s;
	return 0;
}

/* ---- before the run ---------------------------------------------------------------------------------------- */

unsigned int script_set_wants(const struct script_set *set)
{
	unsigned int wants = 0;

	for (unsigned int i = 0; i < set->count; i++) {
		const struct script_wish *w = &set->scripts[i]->wish;

		wants |= w->filter != NULL ? filter_wants(w->filter) : 0;
		for (unsigned int k = 0; k < w->field_count; k++) {
			wants |= w->fields[k].field->wants;
		}
	}
	return wants;
}

bool script_set_packets(const struct script_set *set)
{
	bool any = false;

	for (unsigned int i = 0; i < set->count; i++) {
		any = any || set->scripts[i]->wish.packets;
	}
	return any;
}

bool script_set_joins(const struct script_set *set)
{
	bool any = false;

	for (unsigned int i = 0; i < set->count; i++) {
		const struct script_wish *w = &set->scripts[i]->wish;

		any = any || (w->filter != NULL && (filter_kinds(w->filter) & FILTER_JOINED) != 0);
		for (unsigned int k = 0; k < w->field_count; k++) {
			any = any || (w->fields[k].field->flags & FIELD_JOINED) != 0;
		}
	}
	return any;
}

void script_set_settings(struct script_set *set, unsigned int wants, const struct lookup *lookup)
{
	set->settings.wants = wants;
	set->settings.lookup = lookup;
}

/* ---- in order ---------------------------------------------------------------------------------------------- */

void script_set_feed(struct script_set *set, const char *source, const char *records, size_t len)
{
	const char *end = records + len;

	while (records < end) {
		struct script_record rec;
		struct script *s;

		memcpy(&rec, records, sizeof(rec));
		s = set->scripts[rec.script];
		s->place.source = source;
		script_call(s, &rec, records + sizeof(rec));
		records += rec.len;
	}
}

/* ---- the report -------------------------------------------------------------------------------------------- */

/* Quality was built before scripts ended; a report of tests may have none. */
static void note_failure(const struct script *s, struct report *r)
{
	for (unsigned int i = 0; i < r->table_count; i++) {
		if (strcmp(r->tables[i]->def->name, "quality") == 0) {
			quality_add(r->tables[i], NULL, "script failed", 1, s->failure);
		}
	}
}

static void add_script_row(struct table *t, const struct script *s)
{
	struct buf names;

	buf_init(&names, 1u << 16);
	for (unsigned int i = 0; i < s->table_count; i++) {
		buf_adds(&names, i > 0 ? " " : "");
		buf_adds(&names, s->tables[i]->def.name);
	}
	table_text(t, s->name);
	table_text(t, s->sha256);
	table_u64(t, s->events);
	table_u64(t, s->packets);
	table_text(t, buf_str(&names));
	table_text(t, s->failure[0] != '\0' ? s->failure : NULL);
	buf_release(&names);
}

static int add_tables(struct script *s, struct report *r)
{
	int rc = 0;

	for (unsigned int i = 0; i < s->table_count && rc == 0; i++) {
		rc = report_add(r, s->tables[i]->table);
		s->tables[i]->table = NULL;
	}
	return rc;
}

int script_set_report(struct script_set *set, struct report *r, struct err *e)
{
	struct table *t = table_new(&scripts_table_def);
	int rc = t != NULL ? 0 : ERR_NOMEM;

	for (unsigned int i = 0; i < set->count && rc == 0; i++) {
		struct script *s = set->scripts[i];

		script_finish(s, r);
		if (s->failure[0] != '\0') {
			free_tables(s);
			note_failure(s, r);
		}
		add_script_row(t, s);
		rc = add_tables(s, r);
	}
	if (rc != 0) {
		table_free(t);
		return err_nomem(e, "the tables of scripts");
	}
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table scripts");
}

size_t script_set_count(const struct script_set *set)
{
	return set->count;
}

const char *script_name(const struct script_set *set, size_t i)
{
	return set->scripts[i]->name;
}

const char *script_failure(const struct script_set *set, size_t i)
{
	return set->scripts[i]->failure[0] != '\0' ? set->scripts[i]->failure : NULL;
}

const char *script_printed(const struct script_set *set, size_t i, size_t *ret_len)
{
	*ret_len = set->scripts[i]->printed.len;
	return set->scripts[i]->printed.data;
}

#endif
