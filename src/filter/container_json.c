/*
 * container_json.c - see container_json.h. The text comes from the capture: jansson limits its
 * depth, and whatever is not of the expected shape counts as absent.
 */
#include "filter/container_json.h"

#include <fnmatch.h>
#include <jansson.h>

/* The object with the container's keys: newer writers wrap it in one named "container". *ret_root
 * is owned. */
static json_t *load(const struct container_view *k, json_t **ret_root)
{
	json_t *root;
	json_t *inner;

	if (k == NULL || k->json->len == 0) {
		return NULL;
	}
	root = json_loadb(k->json->s, k->json->len, JSON_DISABLE_EOF_CHECK, NULL);
	if (root == NULL) {
		return NULL;
	}
	*ret_root = root;
	inner = json_object_get(root, "container");
	return json_is_object(inner) ? inner : root;
}

bool container_json_bool(const struct container_view *k, const char *key, bool *ret_x)
{
	json_t *root = NULL;
	json_t *value = json_object_get(load(k, &root), key);
	bool found = json_is_boolean(value);

	if (found) {
		*ret_x = json_is_true(value);
	}
	json_decref(root);
	return found;
}

bool container_json_u64(const struct container_view *k, const char *key, uint64_t *ret_x)
{
	json_t *root = NULL;
	json_t *value = json_object_get(load(k, &root), key);
	bool found = json_is_integer(value) && json_integer_value(value) >= 0;

	if (found) {
		*ret_x = (uint64_t)json_integer_value(value);
	}
	json_decref(root);
	return found;
}

bool container_json_text(const struct container_view *k, const char *key, struct buf *out)
{
	json_t *root = NULL;
	json_t *value = json_object_get(load(k, &root), key);
	bool found = json_is_string(value);

	if (found) {
		buf_add(out, json_string_value(value), json_string_length(value));
	}
	json_decref(root);
	return found;
}

static void add_string(struct buf *out, json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (json_is_string(value)) {
		buf_add(out, json_string_value(value), json_string_length(value));
	}
}

/* Every string of the array, a blank before each. */
static void add_strings(struct buf *out, json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *value = json_array_get(array, i);

		if (json_is_string(value)) {
			buf_addc(out, ' ');
			buf_add(out, json_string_value(value), json_string_length(value));
		}
	}
}

static void add_mount(struct buf *out, json_t *m, enum mount_part part)
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
			add_string(out, m, keys[i]);
		}
	}
}

static bool matches(json_t *m, const char *pattern, enum mount_part part)
{
	json_t *value = json_object_get(m, part == MOUNT_SOURCE ? "Destination" : "Source");

	return json_is_string(value) && fnmatch(pattern, json_string_value(value), 0) == 0;
}

bool container_json_mount(const struct container_view *k, const char *arg, int64_t index,
			  enum mount_part part, struct buf *out)
{
	json_t *root = NULL;
	json_t *mounts = json_object_get(load(k, &root), "Mounts");
	bool found = false;

	for (size_t i = 0; i < json_array_size(mounts); i++) {
		json_t *m = json_array_get(mounts, i);

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
	json_decref(root);
	return found;
}

bool container_json_probe(const struct container_view *k, const char *key, struct buf *out)
{
	json_t *root = NULL;
	json_t *object = load(k, &root);
	json_t *probe = json_object_get(object, key);

	if (object == NULL) {
		return false;
	}
	if (!json_is_object(probe)) {
		buf_adds(out, "NONE");
	} else {
		add_string(out, probe, "exe");
		add_strings(out, json_object_get(probe, "args"));
	}
	json_decref(root);
	return true;
}
