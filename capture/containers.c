/*
 * containers.c - see containers.h: from a list of cgroups to an id, from an id to what its engine's files say, told
 * once.
 */
#include "capture/containers_internal.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/limits.h"
#include "capture/proc_parse.h"
#include "capture/proc_read.h"
#include "capture/redact.h"
#include "schema/schema.h"
#include "writers/scap.h"

#define NO_CONTAINER UINTPTR_MAX
/* Lists of cgroups remembered; then all are forgotten, which only costs looking at them again. */
#define LISTS_MAX (1u << 18)
/* A container without files is looked for again at its 2nd, 4th, 8th ... process. */
#define TRIES_MAX 64u
#define LOOKUP_OK 1
#define LOOKUP_FAILED 2
/* Nesting of what engines write; deeper is not looked into. */
#define JSON_DEPTH 16

/* ---- life ---- */

int containers_new(const char *root, const struct redact *redact, struct containers **ret_c, struct err *e)
{
	struct containers *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		return err_nomem(e, "containers");
	}
	c->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->root_fd < 0) {
		free(c);
		return err_set_at(e, ERR_OPEN, root, ERR_NO_OFFSET, "cannot open the folder");
	}
	c->redact = redact;
	c->seed = hash_seed(c);
	map_init(&c->by_cgroups);
	map_init(&c->by_id);
	buf_init(&c->text, LIMIT_CONTAINER_FILE_BYTES + 1);
	*ret_c = c;
	return 0;
}

void containers_free(struct containers *c)
{
	if (c == NULL) {
		return;
	}
	for (uint32_t i = 0; i < c->count; i++) {
		free(c->rows[i].json);
	}
	free(c->rows);
	for (uint32_t i = 0; i < CONTAINER_STORES; i++) {
		json_decref(c->lists[i].by_id);
	}
	buf_release(&c->text);
	map_release(&c->by_id);
	map_release(&c->by_cgroups);
	close(c->root_fd);
	free(c);
}

void containers_forget(struct containers *c)
{
	for (uint32_t i = 0; i < c->count; i++) {
		c->rows[i].told = c->rows[i].told_whole = false;
	}
}

uint32_t containers_count(const struct containers *c)
{
	return c->count;
}

/* ---- ids in paths ---- */

struct found {
	char id[CONTAINER_ID_BYTES + 1];
	int type;
	int64_t uid;
};

struct span {
	const char *s;
	size_t len;
};

static bool is_hex(char ch)
{
	return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f');
}

static bool ends_with(struct span t, const char *end)
{
	size_t n = strlen(end);

	return t.len >= n && memcmp(t.s + t.len - n, end, n) == 0;
}

static bool holds(struct span t, const char *word)
{
	return memmem(t.s, t.len, word, strlen(word)) != NULL;
}

/* Where the last run of exactly 64 hex digits that ends a name begins; false: none. */
static bool last_hex_run(struct span path, size_t *ret_at)
{
	size_t run = 0;
	bool found = false;

	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && is_hex(path.s[i])) {
			run++;
			continue;
		}
		if (run == CONTAINER_ID_BYTES && (i == path.len || path.s[i] == '.' || path.s[i] == '/')) {
			*ret_at = i - run;
			found = true;
		}
		run = 0;
	}
	return found;
}

/* By what stands before the id. Monitors of containers are none. */
static bool type_of_prefix(struct span before, int *ret_type)
{
	static const struct {
		const char *prefix;
		int type;
	} rows[] = {
		{ "/libpod-", CONTAINER_PODMAN },	    { "/docker-", CONTAINER_DOCKER },
		{ "/docker/", CONTAINER_DOCKER },	    { "/crio-", CONTAINER_CRIO },
		{ "cri-containerd-", CONTAINER_CONTAINERD }, { ":cri-containerd:", CONTAINER_CONTAINERD },
		{ "/nerdctl-", CONTAINER_CONTAINERD },
	};

	if (ends_with(before, "conmon-")) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (ends_with(before, rows[i].prefix)) {
			*ret_type = rows[i].type;
			return true;
		}
	}
	if (!ends_with(before, "/")) {
		return false;
	}
	*ret_type = holds(before, "/kubepods") ? CONTAINER_CRI
		    : holds(before, "podman-") ? CONTAINER_PODMAN
					       : CONTAINER_DOCKER;
	return true;
}

/* "user-1000.slice" or "user@1000.service" on the way. */
static int64_t user_of(struct span path)
{
	static const char *const marks[] = { "/user-", "/user@" };

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const char *at = memmem(path.s, path.len, marks[i], strlen(marks[i]));
		const char *end = path.s + path.len;

		if (at != NULL) {
			const char *digits = at + strlen(marks[i]);
			const char *s = digits;
			uint64_t uid = text_number(&s, end, 10);

			if (s > digits && s < end && *s == '.' && uid < UINT32_MAX) {
				return (int64_t)uid;
			}
		}
	}
	return -1;
}

static bool keep_name(struct found *f, const char *s, size_t len)
{
	if (len == 0 || len > CONTAINER_ID_BYTES || s[0] == '.') {
		return false;
	}
	memcpy(f->id, s, len);
	f->id[len] = '\0';
	return true;
}

/* Engines that name their containers: "/lxc/NAME", "/lxc.payload.NAME", "/default/NAME" (containerd's own client). */
static bool named(struct span path, struct found *f)
{
	static const char *const prefixes[] = { "/lxc/", "/lxc.payload/", "/lxc.payload." };
	static const char client[] = "/default/";
	const char *end = path.s + path.len;

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		const char *at = memmem(path.s, path.len, prefixes[i], strlen(prefixes[i]));

		if (at != NULL && !holds(path, "/libvirt/lxc/")) {
			const char *s = at + strlen(prefixes[i]);
			const char *slash = memchr(s, '/', (size_t)(end - s));

			f->type = CONTAINER_LXC;
			return keep_name(f, s, (size_t)((slash != NULL ? slash : end) - s));
		}
	}
	if (path.len > sizeof(client) - 1 && memcmp(path.s, client, sizeof(client) - 1) == 0) {
		const char *s = path.s + sizeof(client) - 1;

		if (memchr(s, '/', (size_t)(end - s)) == NULL && !ends_with(path, ".service") &&
		    !ends_with(path, ".slice") && !ends_with(path, ".scope")) {
			f->type = CONTAINER_CONTAINERD;
			return keep_name(f, s, (size_t)(end - s));
		}
	}
	return false;
}

static bool in_path(struct span path, struct found *f)
{
	struct span before = path;
	size_t at = 0;

	f->uid = user_of(path);
	if (!last_hex_run(path, &at)) {
		return named(path, f);
	}
	before.len = at;
	return type_of_prefix(before, &f->type) && keep_name(f, path.s + at, CONTAINER_ID_BYTES);
}

/* The first path of the list that names one. */
static bool in_cgroups(const char *cgroups, size_t len, struct found *f)
{
	const char *end = cgroups + len;

	while (cgroups < end) {
		size_t n = strnlen(cgroups, (size_t)(end - cgroups));
		const char *at = memmem(cgroups, n, "=/", 2);
		struct span path = { at != NULL ? at + 1 : NULL, at != NULL ? (size_t)(cgroups + n - at - 1) : 0 };

		if (at != NULL && in_path(path, f)) {
			return true;
		}
		cgroups += n + 1;
	}
	return false;
}

/* ---- files ---- */

struct home_walk {
	int64_t uid;
	char *home;
	size_t size;
};

/* name:password:uid:gid:comment:home:shell */
static bool home_line(void *arg, const char *line, size_t len)
{
	struct home_walk *w = arg;
	const char *end = line + len;
	const char *field[6];

	for (size_t i = 0; i < ARRAY_LEN(field); i++) {
		field[i] = line;
		line = memchr(line, ':', (size_t)(end - line));
		if (line == NULL) {
			return true;
		}
		line++;
	}
	if (text_number(&field[2], end, 10) == (uint64_t)w->uid && (size_t)(line - field[5] - 1) < w->size) {
		memcpy(w->home, field[5], (size_t)(line - field[5] - 1));
		w->home[line - field[5] - 1] = '\0';
		return false;
	}
	return true;
}

static json_t *ask_files(struct containers *c, const char *id, int64_t uid)
{
	char home[CONTAINER_PATH_BYTES / 2] = "";
	struct home_walk w = { uid, home, sizeof(home) };
	struct container_ask a = { c, id, uid > 0 ? uid : -1, home };
	json_t *out;

	if (uid > 0 && root_read(c->root_fd, "etc/passwd", LIMIT_CONTAINER_FILE_BYTES, &c->text) == 0) {
		proc_text_lines(&c->text, home_line, &w);
	}
	out = container_docker(&a);
	return out != NULL ? out : container_oci(&a);
}

/* Labels of the pod are those of its first container. */
static void put_pod_labels(struct containers *c, json_t *out, const struct container_row *row)
{
	const char *pod = json_word(out, "pod_sandbox_id");
	json_t *sandbox;
	size_t n = pod != NULL ? strlen(pod) : 0;

	if (n != CONTAINER_ID_BYTES || strcmp(pod, row->id) == 0 || strspn(pod, "0123456789abcdef") != n) {
		return;
	}
	sandbox = ask_files(c, pod, row->uid);
	if (sandbox != NULL) {
		put_labels(out, "pod_sandbox_labels", json_object_get(sandbox, "labels"));
	}
	json_decref(sandbox);
}

static void redact_texts(const struct redact *r, json_t *x, int depth)
{
	const char *key;
	json_t *value;
	size_t i;

	if (depth > JSON_DEPTH) {
		return;
	}
	if (json_is_object(x)) {
		json_object_foreach(x, key, value) {
			redact_texts(r, value, depth + 1);
		}
	} else if (json_is_array(x)) {
		json_array_foreach(x, i, value) {
			redact_texts(r, value, depth + 1);
		}
	} else if (json_is_string(x)) {
		size_t len = json_string_length(x);
		char *copy = strdup(json_string_value(x));

		if (copy != NULL && redact_apply(r, copy, len) > 0) {
			json_string_setn_nocheck(x, copy, len);
		}
		free(copy);
	}
}

/* The event's text into the row: whole when the files are there. False: no memory. */
static bool describe(struct containers *c, struct container_row *row)
{
	json_t *facts = row->type == CONTAINER_LXC ? json_pack("{s:s,s:i}", "name", row->id, "type", row->type) :
						     ask_files(c, row->id, row->uid);
	json_t *inner, *outer;

	if (facts == NULL) {
		return false;
	}
	put_pod_labels(c, facts, row);
	if (c->redact != NULL) {
		redact_texts(c->redact, facts, 0);
	}
	inner = json_object();
	json_object_set_new(inner, "id",
			    json_stringn(row->id, strnlen(row->id, row->type == CONTAINER_LXC ? CONTAINER_ID_BYTES
											      : CONTAINER_ID_SHOWN)));
	put_text(inner, "full_id", row->id);
	json_object_update(inner, facts);
	put_number(inner, "lookup_state", LOOKUP_OK);
	json_decref(facts);
	outer = json_object();
	json_object_set_new(outer, "container", inner);
	row->json = json_dumps(outer, JSON_COMPACT);
	row->json_len = row->json != NULL ? (uint32_t)strlen(row->json) : 0;
	json_decref(outer);
	return row->json != NULL;
}

/* ---- events ---- */

static bool add_event(const char *json, size_t len, uint64_t ts_ns, struct buf *out)
{
	uint32_t size = (uint32_t)len + 1;
	struct scap_event ev = { .ts_ns = ts_ns, .tid = -1, .type = EV_CONTAINER_JSON_2_E, .nparams = 1, .lens32 = &size,
				 .values = (const uint8_t *)json };

	return scap_event(out, &ev);
}

static bool tell_failed(const struct container_row *row, uint64_t ts_ns, struct buf *out)
{
	char json[256];
	int n = snprintf(json, sizeof(json),
			 "{\"container\":{\"id\":\"%.*s\",\"full_id\":\"%s\",\"type\":%d,\"lookup_state\":%d}}",
			 (int)CONTAINER_ID_SHOWN, row->id, row->id, row->type, LOOKUP_FAILED);

	return add_event(json, (size_t)n, ts_ns, out);
}

static bool is_power_of_two(uint32_t x)
{
	return (x & (x - 1)) == 0;
}

static bool tell(struct containers *c, struct container_row *row, uint64_t ts_ns, struct buf *out)
{
	if (row->told_whole) {
		return false;
	}
	if (row->json == NULL && row->met < TRIES_MAX && is_power_of_two(++row->met)) {
		describe(c, row);
	}
	if (row->json == NULL) {
		if (row->told) {
			return false;
		}
		row->told = true;
		return tell_failed(row, ts_ns, out);
	}
	row->told = row->told_whole = true;
	return add_event(row->json, row->json_len, ts_ns, out);
}

/* ---- rows ---- */

/* Names are put into JSON and paths as they are. */
static bool plain_id(const char *id)
{
	return id[strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] == '\0';
}

static uintptr_t row_of(struct containers *c, const struct found *f)
{
	uint64_t key = hash_bytes(c->seed, f->id, strlen(f->id));
	uintptr_t at = map_get(&c->by_id, key);
	struct container_row *row;

	if (at != 0) {
		return at;
	}
	if (!plain_id(f->id) || c->count >= LIMIT_CONTAINERS) {
		return NO_CONTAINER;
	}
	if (c->count == c->cap) {
		uint32_t cap = c->cap != 0 ? c->cap * 2 : 64;
		struct container_row *rows = realloc(c->rows, cap * sizeof(*rows));

		if (rows == NULL) {
			return NO_CONTAINER;
		}
		c->rows = rows;
		c->cap = cap;
	}
	row = &c->rows[c->count];
	memset(row, 0, sizeof(*row));
	memcpy(row->id, f->id, sizeof(row->id));
	row->type = f->type;
	row->uid = f->uid;
	return map_set(&c->by_id, key, c->count + 1) == 0 ? ++c->count : NO_CONTAINER;
}

bool containers_find(struct containers *c, const char *cgroups, size_t len, uint64_t ts_ns, struct buf *out)
{
	uint64_t key = hash_bytes(c->seed, cgroups, len);
	uintptr_t at = map_get(&c->by_cgroups, key);
	struct found f = { .uid = -1 };

	if (at == 0) {
		at = in_cgroups(cgroups, len, &f) ? row_of(c, &f) : NO_CONTAINER;
		if (c->by_cgroups.count >= LISTS_MAX) {
			map_clear(&c->by_cgroups);
		}
		map_set(&c->by_cgroups, key, at);
	}
	return at != NO_CONTAINER && tell(c, &c->rows[at - 1], ts_ns, out);
}
