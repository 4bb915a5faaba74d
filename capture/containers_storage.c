/*
 * containers_storage.c - where containers/storage (CRI-O, podman) keeps its lists, and entries of them. A list is read
 * again when its file changed.
 */
#include "capture/containers_internal.h"

#include <sys/stat.h>
#include <unistd.h>

#include "capture/proc_parse.h"
#include "capture/proc_read.h"

/* ---- places ---- */

struct setting {
	const char *key;
	char *value;
	size_t size;
};

/* KEY = "VALUE", as storage.conf has it. */
static bool setting_line(void *arg, const char *line, size_t len)
{
	const struct setting *w = arg;
	const char *end = line + len;
	const char *s = text_blanks(line, end);
	size_t n = strlen(w->key);
	const char *stop;

	if ((size_t)(end - s) <= n || memcmp(s, w->key, n) != 0) {
		return true;
	}
	s = text_blanks(s + n, end);
	if (s == end || *s != '=') {
		return true;
	}
	s = text_blanks(s + 1, end);
	if (s == end || *s != '"') {
		return true;
	}
	stop = memchr(s + 1, '"', (size_t)(end - s - 1));
	if (stop != NULL && (size_t)(stop - s - 1) < w->size) {
		memcpy(w->value, s + 1, (size_t)(stop - s - 1));
		w->value[stop - s - 1] = '\0';
	}
	return false;
}

static void configured(struct containers *c, const char *key, char *ret_path, size_t size)
{
	struct setting w = { key, ret_path, size };

	ret_path[0] = '\0';
	if (root_read(c->root_fd, "etc/containers/storage.conf", 1u << 20, &c->text) == 0) {
		proc_text_lines(&c->text, setting_line, &w);
	}
}

bool container_store(const struct container_ask *a, unsigned int i, char *ret_path, size_t size)
{
	ret_path[0] = '\0';
	switch (i) {
	case 0: snprintf(ret_path, size, "/var/lib/containers/storage"); return true;
	case 1: snprintf(ret_path, size, "/run/containers/storage"); return true;
	case 2: configured(a->c, "graphroot", ret_path, size); return true;
	case 3: configured(a->c, "runroot", ret_path, size); return true;
	case 4:
		if (a->home[0] != '\0') {
			snprintf(ret_path, size, "%s/.local/share/containers/storage", a->home);
		}
		return true;
	case 5:
		if (a->uid >= 0) {
			snprintf(ret_path, size, "/run/user/%lld/containers", (long long)a->uid);
		}
		return true;
	default: return false;
	}
}

/* ---- lists ---- */

static json_t *index_by_id(json_t *list)
{
	json_t *by_id = json_object();
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		const char *id = json_word(entry, "id");

		if (id != NULL) {
			json_object_set(by_id, id, entry);
		}
	}
	return by_id;
}

static bool file_mark(struct containers *c, const char *path, uint64_t *ret_mtime_ns, uint64_t *ret_size)
{
	int fd = root_open(c->root_fd, path);
	struct stat st;
	bool there = fd >= 0 && fstat(fd, &st) == 0;

	if (fd >= 0) {
		close(fd);
	}
	if (there) {
		*ret_mtime_ns = (uint64_t)st.st_mtim.tv_sec * NSEC_PER_SEC + (uint64_t)st.st_mtim.tv_nsec;
		*ret_size = (uint64_t)st.st_size;
	}
	return there;
}

/* The kept list of that path, or the place for it: the oldest gives way. */
static struct container_list *list_of(struct containers *c, const char *path)
{
	for (uint32_t i = 0; i < CONTAINER_STORES; i++) {
		if (strcmp(c->lists[i].path, path) == 0) {
			return &c->lists[i];
		}
	}
	c->next_list = (c->next_list + 1) % CONTAINER_STORES;
	json_decref(c->lists[c->next_list].by_id);
	c->lists[c->next_list].by_id = NULL;
	snprintf(c->lists[c->next_list].path, CONTAINER_PATH_BYTES, "%s", path);
	return &c->lists[c->next_list];
}

json_t *container_stored(struct containers *c, const char *store, const char *list, const char *id)
{
	char path[CONTAINER_PATH_BYTES];
	struct container_list *l;
	uint64_t mtime_ns, size;
	json_t *file;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", store, list) >= sizeof(path) ||
	    !file_mark(c, path, &mtime_ns, &size)) {
		return NULL;
	}
	l = list_of(c, path);
	if (l->by_id == NULL || l->mtime_ns != mtime_ns || l->size != size) {
		json_decref(l->by_id);
		file = container_file(c, path);
		l->by_id = index_by_id(file);
		json_decref(file);
		l->mtime_ns = mtime_ns;
		l->size = size;
	}
	return json_object_get(l->by_id, id);
}
