/*
 * container_json.c - see container_json.h. The text comes from the capture: jansson limits its
 * depth, and whatever is not of the expected shape counts as absent.
 */
#include "filter/container_json.h"

#include <fnmatch.h>
#include <jansson.h>

#define SLOTS 8u

/* A text and what it says; by the container's number, so that few containers do not push each other out. */
struct container_memory {
	struct {
		const struct str *json; /* of a view of this batch; NULL: free */
		json_t *root; /* owns; NULL: it is no JSON */
	} slots[SLOTS];
};

void container_memory_free(struct container_memory *m)
{
	for (size_t i = 0; m != NULL && i < SLOTS; i++) {
		json_decref(m->slots[i].root);
	}
	free(m);
}

/* The object with the container's keys: newer writers wrap it in one named "container". */
static const json_t *load(struct field_ctx *c, const struct container_view *k)
{
	const json_t *inner;
	size_t i;

	if (k == NULL || k->json->len == 0) {
		return NULL;
	}
	if (c->containers == NULL) {
		c->containers = calloc(1, sizeof(*c->containers));
		if (c->containers == NULL) {
			return NULL;
		}
	}
	i = k->id_index % SLOTS;
	if (c->containers->slots[i].json != k->json) {
		json_decref(c->containers->slots[i].root);
		c->containers->slots[i].root =
			json_loadb(k->json->s, k->json->len, JSON_DISABLE_EOF_CHECK, NULL);
		c->containers->slots[i].json = k->json;
	}
	inner = json_object_get(c->containers->slots[i].root, "container");
	return json_is_object(inner) ? inner : c->containers->slots[i].root;
}

bool container_json_bool(struct field_ctx *c, const struct container_view *k, const char *key,
			 bool *ret_x)
{
	const json_t *value = json_object_get(load(c, k), key);

	if (!json_is_boolean(value)) {
		return false;
	}
	*ret_x = json_is_true(value);
	return true;
}

bool container_json_u64(struct field_ctx *c, const struct container_view *k, const char *key,
			uint64_t *ret_x)
{
	const json_t *value = json_object_get(load(c, k), key);

	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		return false;
	}
	*ret_x = (uint64_t)json_integer_value(value);
	return true;
}

static bool add_text(struct buf *out, const json_t *value)
{
	if (!json_is_string(value)) {
		return false;
	}
	buf_add(out, json_string_value(value), json_string_length(value));
	return true;
}

bool container_json_text(struct field_ctx *c, const struct container_view *k, const char *key,
			 struct buf *out)
{
	return add_text(out, json_object_get(load(c, k), key));
}

/* ---- labels ---- */

bool container_json_label(struct field_ctx *c, const struct container_view *k, const char *object,
			  const char *key, struct buf *out)
{
	return add_text(out, json_object_get(json_object_get(load(c, k), object), key));
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Sorted by key, as upstream shows them: jansson has them in the order of the text. */
bool container_json_labels(struct field_ctx *c, const struct container_view *k, const char *object,
			   struct buf *out)
{
	const json_t *labels = json_object_get(load(c, k), object);
	size_t n = json_object_size(labels);
	const char **keys = n > 0 ? arena_alloc(&c->arena, n * sizeof(*keys)) : NULL;
	size_t from = out->len;
	size_t used = 0;

	if (keys == NULL) {
		return false;
	}
	c->arena_used = true;
	for (void *at = json_object_iter((json_t *)(uintptr_t)labels); at != NULL && used < n;
	     at = json_object_iter_next((json_t *)(uintptr_t)labels, at)) {
		keys[used++] = json_object_iter_key(at);
	}
	qsort(keys, used, sizeof(*keys), by_name);
	for (size_t i = 0; i < used; i++) {
		if (out->len > from) {
			buf_add(out, ", ", 2);
		}
		buf_adds(out, keys[i]);
		buf_addc(out, ':');
		add_text(out, json_object_get(labels, keys[i]));
	}
	return out->len > from;
}

/* ---- mounts, probes ---- */

/* Every string of the array, a blank before each. */
static void add_strings(struct buf *out, const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *value = json_array_get(array, i);

		if (json_is_string(value)) {
			buf_addc(out, ' ');
			add_text(out, value);
		}
	}
}

static void add_mount(struct buf *out, const json_t *m, enum mount_part part)
{
	static const char *const keys[] = {
		"", "Source", "Destination", "Mode", "RW", "Propagation"
	};

	for (unsigned int i = MOUNT_SOURCE; i <= MOUNT_PROPAGATION; i++) {
		if (part != MOUNT_ALL && part != i) {
			continue;
		}
		if (part == MOUNT_ALL && i > MOUNT_SOURCE) {
			buf_addc(out, ':');
		}
		if (i == MOUNT_RDWR) {
			buf_adds(out, json_is_true(json_object_get(m, keys[i])) ? "true" : "false");
		} else {
			add_text(out, json_object_get(m, keys[i]));
		}
	}
}

static bool matches(const json_t *m, const char *pattern, enum mount_part part)
{
	const json_t *value = json_object_get(m, part == MOUNT_SOURCE ? "Destination" : "Source");

	return json_is_string(value) && fnmatch(pattern, json_string_value(value), 0) == 0;
}

bool container_json_mount(struct field_ctx *c, const struct container_view *k, const char *arg,
			  int64_t index, enum mount_part part, struct buf *out)
{
	const json_t *mounts = json_object_get(load(c, k), "Mounts");
	bool found = false;

	for (size_t i = 0; i < json_array_size(mounts); i++) {
		const json_t *m = json_array_get(mounts, i);

		if (arg != NULL && (index >= 0 ? i != (size_t)index : !matches(m, arg, part))) {
			continue;
		}
		if (found) {
			buf_addc(out, ',');
		}
		add_mount(out, m, part);
		found = true;
		if (arg != NULL) {
			break;
		}
	}
	return found;
}

bool container_json_probe(struct field_ctx *c, const struct container_view *k, const char *key,
			  struct buf *out)
{
	const json_t *object = load(c, k);
	const json_t *probe = json_object_get(object, key);

	if (object == NULL) {
		return false;
	}
	if (!json_is_object(probe)) {
		buf_adds(out, "NONE");
	} else {
		add_text(out, json_object_get(probe, "exe"));
		add_strings(out, json_object_get(probe, "args"));
	}
	return true;
}
