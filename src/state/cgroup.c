/*
 * cgroup.c - which container engine and id a list of cgroups names.
 *
 * Pure text: each engine in turn looks at each path; the first hit wins. A plain 64-digit name
 * counts as docker until a container event says otherwise. Any thread.
 */
#include "state/state_internal.h"

#define ID_DIGITS 64u
#define ID_SHOWN 12u
#define NAME_MAX_SHOWN 64u
#define UUID_BYTES 36u

/* Numbers of the container engines, as in container events. */
enum engine {
	ENGINE_DOCKER = 0,
	ENGINE_LXC = 1,
	ENGINE_LIBVIRT_LXC = 2,
	ENGINE_MESOS = 3,
	ENGINE_CRI = 6,
	ENGINE_CONTAINERD = 7,
	ENGINE_BPM = 9,
	ENGINE_PODMAN = 11,
};

struct text {
	const char *p;
	size_t len;
};

static struct text text_of(const char *p, size_t len)
{
	struct text t = { p, len };

	return t;
}

static bool is_hex(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool digit = (p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f');

		if (!digit) {
			return false;
		}
	}
	return true;
}

static bool ends_with(struct text path, const char *end)
{
	size_t n = strlen(end);

	return path.len >= n && memcmp(path.p + path.len - n, end, n) == 0;
}

static struct text without(struct text path, const char *end)
{
	path.len -= strlen(end);
	return path;
}

static const char *find(struct text path, const char *needle)
{
	return memmem(path.p, path.len, needle, strlen(needle));
}

/* PREFIX + 64 hex digits + SUFFIX at the end of the path. */
static bool hex_at_end(struct text path, const char *prefix, const char *suffix,
		       struct text *ret_id)
{
	size_t n = strlen(prefix);

	if (!ends_with(path, suffix)) {
		return false;
	}
	path = without(path, suffix);
	if (path.len < ID_DIGITS + n || !is_hex(path.p + path.len - ID_DIGITS, ID_DIGITS) ||
	    memcmp(path.p + path.len - ID_DIGITS - n, prefix, n) != 0) {
		return false;
	}
	*ret_id = text_of(path.p + path.len - ID_DIGITS, ID_SHOWN);
	return true;
}

/* What stands between the end of the prefix and the next slash or the end of the path. */
static bool name_after(struct text path, const char *prefix, struct text *ret_name)
{
	const char *at = find(path, prefix);
	const char *end = path.p + path.len;
	const char *slash;

	if (at == NULL) {
		return false;
	}
	at += strlen(prefix);
	slash = memchr(at, '/', (size_t)(end - at));
	*ret_name = text_of(at, (size_t)((slash != NULL ? slash : end) - at));
	return ret_name->len > 0;
}

static struct text cut(struct text t, size_t n)
{
	t.len = t.len < n ? t.len : n;
	return t;
}

/* ---- engines ---- */

static bool podman(struct text sub, struct text path, struct text *ret_id)
{
	static const char rootless[] = "podman-";
	const char *scope;

	if (hex_at_end(path, "/libpod-", ".scope", ret_id) ||
	    hex_at_end(path, "/libpod-", ".scope/container", ret_id) ||
	    hex_at_end(path, "/libpod-", "", ret_id)) {
		return true;
	}
	if (!hex_at_end(path, "/", "", ret_id)) {
		return false;
	}
	scope = find(path, rootless);
	if (scope != NULL &&
	    find(text_of(scope, (size_t)(path.p + path.len - scope)), ".scope/") != NULL) {
		return true;
	}
	return sub.len == 12 && memcmp(sub.p, "name=systemd", 12) == 0 && path.len > 22 &&
	       memcmp(path.p, "/user.slice/user-", 17) == 0;
}

static bool docker(struct text sub, struct text path, struct text *ret_id)
{
	UNUSED_ARG(sub);
	return hex_at_end(path, "/", "", ret_id) || hex_at_end(path, "/docker-", ".scope", ret_id);
}

static bool cri(struct text sub, struct text path, struct text *ret_id)
{
	UNUSED_ARG(sub);
	return hex_at_end(path, "/crio-", "", ret_id) ||
	       hex_at_end(path, "/crio-", ".scope", ret_id) ||
	       hex_at_end(path, "/cri-containerd-", ".scope", ret_id) ||
	       hex_at_end(path, ":cri-containerd:", "", ret_id);
}

static bool containerd(struct text sub, struct text path, struct text *ret_id)
{
	static const char prefix[] = "/default/";
	const size_t n = sizeof(prefix) - 1;
	struct text name;

	UNUSED_ARG(sub);
	if (path.len <= n || memcmp(path.p, prefix, n) != 0) {
		return false;
	}
	name = text_of(path.p + n, path.len - n);
	if (memchr(name.p, '/', name.len) != NULL || ends_with(name, ".service") ||
	    ends_with(name, ".slice") || ends_with(name, ".scope")) {
		return false;
	}
	*ret_id = cut(name, ID_SHOWN);
	return true;
}

static bool lxc(struct text sub, struct text path, struct text *ret_id)
{
	UNUSED_ARG(sub);
	if (find(path, "/libvirt/lxc/") != NULL) {
		return false; /* the next engine's */
	}
	return name_after(path, "/lxc/", ret_id) || name_after(path, "/lxc.payload/", ret_id) ||
	       name_after(path, "/lxc.payload.", ret_id);
}

/* The run without slashes that ends at the end of the text. */
static bool last_part(struct text path, struct text *ret_name)
{
	const char *slash = memrchr(path.p, '/', path.len);
	const char *from = slash != NULL ? slash + 1 : path.p;

	*ret_name = text_of(from, (size_t)(path.p + path.len - from));
	return slash != NULL && ret_name->len > 0;
}

static bool libvirt_lxc(struct text sub, struct text path, struct text *ret_id)
{
	static const char scope_mark[] = "-lxc\\x2d";
	const char *at = find(path, scope_mark);
	struct text name;

	UNUSED_ARG(sub);
	if (ends_with(path, ".libvirt-lxc")) {
		return last_part(without(path, ".libvirt-lxc"), ret_id);
	}
	if (at != NULL) {
		at += sizeof(scope_mark) - 1;
		name = text_of(at, (size_t)(path.p + path.len - at));
		if (ends_with(name, ".scope/libvirt")) {
			name = without(name, "/libvirt");
		}
		if (ends_with(name, ".scope")) {
			*ret_id = without(name, ".scope");
			return ret_id->len > 0;
		}
	}
	return name_after(path, "/libvirt/lxc/", ret_id);
}

static bool bpm(struct text sub, struct text path, struct text *ret_id)
{
	const char *at = find(path, "bpm-");
	const char *scope;

	UNUSED_ARG(sub);
	if (at == NULL) {
		return false;
	}
	at += 4;
	scope = find(text_of(at, (size_t)(path.p + path.len - at)), ".scope");
	if (scope == NULL || scope == at) {
		return false;
	}
	*ret_id = text_of(at, (size_t)(scope - at));
	return true;
}

static bool mesos(struct text sub, struct text path, struct text *ret_id)
{
	struct text name;

	UNUSED_ARG(sub);
	if (!name_after(path, "/mesos/", &name) || name.len != UUID_BYTES) {
		return false;
	}
	for (size_t i = 0; i < name.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? name.p[i] != '-' : !is_hex(&name.p[i], 1)) {
			return false;
		}
	}
	*ret_id = name;
	return true;
}

static const struct engine_row {
	enum engine type;
	bool (*match)(struct text sub, struct text path, struct text *ret_id);
	bool needs_task; /* only with a Mesos task id in the environment */
} engine_rows[] = {
	{ ENGINE_PODMAN, podman, false }, { ENGINE_DOCKER, docker, false },
	{ ENGINE_CRI, cri, false },       { ENGINE_CONTAINERD, containerd, false },
	{ ENGINE_LXC, lxc, false },       { ENGINE_LIBVIRT_LXC, libvirt_lxc, false },
	{ ENGINE_MESOS, mesos, true },    { ENGINE_BPM, bpm, false },
};

static bool has_task(const char *env, size_t len)
{
	return memmem(env, len, "MESOS_TASK_ID=", 14) != NULL ||
	       memmem(env, len, "mesos_task_id=", 14) != NULL;
}

/* The next "subsystem=path" of the list; false at its end. The subsystem itself may hold
 * "name=systemd". */
static bool next_cgroup(struct text *list, struct text *ret_sub, struct text *ret_path)
{
	while (list->len > 0) {
		size_t n = strnlen(list->p, list->len);
		struct text item = text_of(list->p, n);
		const char *path = memmem(item.p, item.len, "=/", 2);

		n += n < list->len ? 1 : 0;
		list->p += n;
		list->len -= n;
		if (path != NULL) {
			*ret_sub = text_of(item.p, (size_t)(path - item.p));
			*ret_path = text_of(path + 1, item.len - ret_sub->len - 1);
			return true;
		}
	}
	return false;
}

bool cgroup_container(const char *cgroups, size_t len, const char *env, size_t env_len,
		      struct param *ret_id, int *ret_type)
{
	for (size_t i = 0; i < ARRAY_LEN(engine_rows); i++) {
		const struct engine_row *row = &engine_rows[i];
		struct text list = text_of(cgroups, len);
		struct text sub, path, id;

		if (row->needs_task && !has_task(env, env_len)) {
			continue;
		}
		while (next_cgroup(&list, &sub, &path)) {
			if (row->match(sub, path, &id)) {
				id = cut(id, NAME_MAX_SHOWN);
				ret_id->p = (const uint8_t *)id.p;
				ret_id->len = (uint32_t)id.len;
				*ret_type = (int)row->type;
				return true;
			}
		}
	}
	return false;
}
