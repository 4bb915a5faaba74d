/*
 * containers_json.c - JSON files of engines in, the object of an event out. Files are taken as input: any key may be
 * missing or of another kind.
 */
#include "capture/containers_internal.h"

#include <stdarg.h>
#include <time.h>

#include "base/limits.h"
#include "capture/proc_read.h"

#define LABEL_BYTES 4096u
#define LABELS_MAX 1024u

/* ---- in ---- */

json_t *container_file(struct containers *c, const char *path)
{
	json_t *root;

	if (root_read(c->root_fd, path, LIMIT_CONTAINER_FILE_BYTES, &c->text) != 0 || c->text.len == 0) {
		return NULL;
	}
	root = json_loadb(c->text.data, c->text.len, JSON_DISABLE_EOF_CHECK, NULL);
	if (!json_is_object(root) && !json_is_array(root)) {
		json_decref(root);
		return NULL;
	}
	return root;
}

json_t *container_text(const char *text)
{
	json_t *root = text != NULL ? json_loads(text, 0, NULL) : NULL;

	if (!json_is_object(root)) {
		json_decref(root);
		return NULL;
	}
	return root;
}

json_t *json_at(json_t *o, ...)
{
	const char *key;
	va_list ap;

	va_start(ap, o);
	while (o != NULL && (key = va_arg(ap, const char *)) != NULL) {
		o = json_object_get(o, key);
	}
	va_end(ap);
	return o;
}

const char *json_word(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL && s[0] != '\0' ? s : NULL;
}

/* ---- out ---- */

void put_text(json_t *o, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0') {
		json_object_set_new(o, key, json_string(text));
	}
}

void put_number(json_t *o, const char *key, int64_t x)
{
	if (x >= 0) {
		json_object_set_new(o, key, json_integer(x));
	}
}

void put_bool(json_t *o, const char *key, bool x)
{
	json_object_set_new(o, key, json_boolean(x));
}

static void put_part(json_t *o, const char *key, const char *s, size_t len)
{
	if (len > 0) {
		json_object_set_new(o, key, json_stringn(s, len));
	}
}

/* The tag's ':' is behind the last '/'; another one belongs to the registry's port. */
void put_image(json_t *o, const char *reference)
{
	const char *digest, *slash, *tag, *end;

	if (reference == NULL || reference[0] == '\0') {
		return;
	}
	digest = strchr(reference, '@');
	end = digest != NULL ? digest : reference + strlen(reference);
	slash = memrchr(reference, '/', (size_t)(end - reference));
	slash = slash != NULL ? slash : reference;
	tag = memchr(slash, ':', (size_t)(end - slash));
	json_object_set_new(o, "image", json_string(reference));
	if (digest == NULL && strncmp(reference, "sha256:", 7) == 0) {
		return;	/* an id, not a name */
	}
	put_part(o, "imagerepo", reference, (size_t)((tag != NULL ? tag : end) - reference));
	if (tag != NULL) {
		put_part(o, "imagetag", tag + 1, (size_t)(end - tag - 1));
	} else if (digest == NULL) {
		put_text(o, "imagetag", "latest");
	}
	if (digest != NULL) {
		put_text(o, "imagedigest", digest + 1);
	}
}

void put_image_id(json_t *o, const char *id)
{
	if (id != NULL && strncmp(id, "sha256:", 7) == 0) {
		id += 7;
	}
	put_text(o, "imageid", id);
}

/* Cut between characters: a byte 10xxxxxx goes on with one. */
static json_t *label_value(json_t *value)
{
	const char *s = json_string_value(value);
	size_t len = json_string_length(value);

	if (len > LABEL_BYTES) {
		len = LABEL_BYTES;
		while (len > 0 && ((unsigned char)s[len] & 0xC0) == 0x80) {
			len--;
		}
	}
	return json_stringn(s, len);
}

void put_labels(json_t *o, const char *key, json_t *labels)
{
	json_t *copy = json_object();
	const char *name;
	json_t *value;
	size_t n = 0;

	json_object_foreach(labels, name, value) {
		if (json_is_string(value) && n++ < LABELS_MAX) {
			json_object_set_new(copy, name, label_value(value));
		}
	}
	json_object_set_new(o, key, copy);
}

void put_mount(json_t *mounts, const char *source, const char *destination, const char *mode, bool writable,
	       const char *propagation)
{
	json_t *row = json_object();

	json_object_set_new(row, "Source", json_string(source != NULL ? source : ""));
	json_object_set_new(row, "Destination", json_string(destination != NULL ? destination : ""));
	json_object_set_new(row, "Mode", json_string(mode != NULL ? mode : ""));
	json_object_set_new(row, "RW", json_boolean(writable));
	json_object_set_new(row, "Propagation", json_string(propagation != NULL ? propagation : ""));
	json_array_append_new(mounts, row);
}

void put_created(json_t *o, const char *text)
{
	struct tm t = { 0 };
	const char *rest = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%S", &t) : NULL;
	int64_t seconds;
	long hours, minutes;

	if (rest == NULL) {
		return;
	}
	seconds = (int64_t)timegm(&t);
	rest += strspn(rest, ".0123456789");
	if ((rest[0] == '+' || rest[0] == '-') && strlen(rest) >= 6) {
		hours = strtol(rest + 1, NULL, 10);
		minutes = strtol(rest + 4, NULL, 10);
		seconds += (rest[0] == '+' ? -1 : 1) * (hours * 3600 + minutes * 60);
	}
	if (seconds > 0) {	/* year 1 is what engines write for never */
		put_number(o, "created_time", seconds);
	}
}

int64_t count_cpus(const char *list)
{
	int64_t count = 0;

	while (list != NULL && *list >= '0' && *list <= '9') {
		char *end;
		long from = strtol(list, &end, 10);
		long to = *end == '-' ? strtol(end + 1, &end, 10) : from;

		if (to < from || to > 65535) {
			return 0;
		}
		count += to - from + 1;
		list = *end == ',' ? end + 1 : end;
	}
	return count;
}
