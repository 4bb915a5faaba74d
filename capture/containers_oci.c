/*
 * containers_oci.c - a container as its bundle describes it: config.json (the OCI runtime's), with what containerd and
 * CRI-O note in its annotations and what containers/storage keeps beside.
 */
#include "capture/containers_internal.h"

#include <dirent.h>
#include <unistd.h>

#include "capture/proc_read.h"

#define TASKS "/run/containerd/io.containerd.runtime.v2.task"
#define NAMESPACES_MAX 64

/* ---- of any bundle ---- */

static bool has_option(json_t *options, const char *word)
{
	json_t *o;
	size_t i;

	json_array_foreach(options, i, o) {
		if (json_is_string(o) && strcmp(json_string_value(o), word) == 0) {
			return true;
		}
	}
	return false;
}

static const char *propagation(json_t *options)
{
	static const char *const words[] = { "rprivate", "private", "rslave", "slave", "rshared", "shared" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (has_option(options, words[i])) {
			return words[i];
		}
	}
	return NULL;
}

/* What comes from outside the container; the usual file systems of every container are not told. */
static void put_mounts(json_t *out, json_t *spec)
{
	json_t *mounts = json_array();
	json_t *m;
	size_t i;

	json_array_foreach(json_object_get(spec, "mounts"), i, m) {
		json_t *options = json_object_get(m, "options");
		const char *type = json_word(m, "type");

		if ((type != NULL && strcmp(type, "bind") == 0) || has_option(options, "bind") ||
		    has_option(options, "rbind")) {
			put_mount(mounts, json_word(m, "source"), json_word(m, "destination"), NULL,
				  !has_option(options, "ro"), propagation(options));
		}
	}
	json_object_set_new(out, "Mounts", mounts);
}

/* A namespace that is not listed is the host's. */
static bool has_namespace(json_t *spec, const char *type)
{
	json_t *n;
	size_t i;

	json_array_foreach(json_at(spec, "linux", "namespaces", NULL), i, n) {
		const char *s = json_word(n, "type");

		if (s != NULL && strcmp(s, type) == 0) {
			return true;
		}
	}
	return false;
}

/* Nothing of /proc and /sys is hidden, and the powers to load modules and to mount are there: what engines make of
 * "privileged". */
static bool is_privileged(json_t *spec)
{
	json_t *bounding = json_at(spec, "process", "capabilities", "bounding", NULL);
	json_t *linux_part = json_object_get(spec, "linux");

	return json_array_size(json_object_get(linux_part, "maskedPaths")) == 0 &&
	       json_array_size(json_object_get(linux_part, "readonlyPaths")) == 0 &&
	       has_option(bounding, "CAP_SYS_ADMIN") && has_option(bounding, "CAP_SYS_MODULE");
}

static int64_t number_at(json_t *o, const char *key)
{
	json_t *x = json_object_get(o, key);

	return json_is_integer(x) ? json_integer_value(x) : -1;
}

static void put_spec(json_t *out, json_t *spec)
{
	json_t *memory = json_at(spec, "linux", "resources", "memory", NULL);
	json_t *cpu = json_at(spec, "linux", "resources", "cpu", NULL);
	int64_t uid = number_at(json_at(spec, "process", "user", NULL), "uid");
	char user[24];

	put_mounts(out, spec);
	put_bool(out, "privileged", is_privileged(spec));
	put_bool(out, "host_pid", !has_namespace(spec, "pid"));
	put_bool(out, "host_network", !has_namespace(spec, "network"));
	put_bool(out, "host_ipc", !has_namespace(spec, "ipc"));
	put_number(out, "memory_limit", number_at(memory, "limit"));
	put_number(out, "swap_limit", number_at(memory, "swap"));
	put_number(out, "cpu_shares", number_at(cpu, "shares"));
	put_number(out, "cpu_quota", number_at(cpu, "quota"));
	put_number(out, "cpu_period", number_at(cpu, "period"));
	put_number(out, "cpuset_cpu_count", count_cpus(json_word(cpu, "cpus")));
	if (uid >= 0) {
		snprintf(user, sizeof(user), "%lld", (long long)uid);
		put_text(out, "User", user);
	}
}

/* ---- containerd ---- */

static const struct label_row {
	const char *label, *note;
} cri_labels[] = {
	{ "io.kubernetes.container.name", "io.kubernetes.cri.container-name" },
	{ "io.kubernetes.pod.name", "io.kubernetes.cri.sandbox-name" },
	{ "io.kubernetes.pod.namespace", "io.kubernetes.cri.sandbox-namespace" },
	{ "io.kubernetes.pod.uid", "io.kubernetes.cri.sandbox-uid" },
};

static void put_containerd(json_t *out, json_t *notes)
{
	const char *kind = json_word(notes, "io.kubernetes.cri.container-type");
	const char *name = json_word(notes, "io.kubernetes.cri.container-name");
	json_t *labels = json_object();

	for (size_t i = 0; i < ARRAY_LEN(cri_labels); i++) {
		put_text(labels, cri_labels[i].label, json_word(notes, cri_labels[i].note));
	}
	put_number(out, "type", CONTAINER_CONTAINERD);
	name = name != NULL ? name : json_word(notes, "io.kubernetes.cri.sandbox-name");
	put_text(out, "name", name != NULL ? name : json_word(notes, "nerdctl/name"));
	put_image(out, json_word(notes, "io.kubernetes.cri.image-name"));
	put_text(out, "pod_sandbox_id", json_word(notes, "io.kubernetes.cri.sandbox-id"));
	put_bool(out, "is_pod_sandbox", kind != NULL && strcmp(kind, "sandbox") == 0);
	put_labels(out, "labels", labels);
	json_decref(labels);
}

/* ---- CRI-O ---- */

static void put_crio(json_t *out, json_t *notes)
{
	const char *kind = json_word(notes, "io.kubernetes.cri-o.ContainerType");
	const char *reference = json_word(notes, "io.kubernetes.cri-o.ImageRef");
	json_t *metadata = container_text(json_word(notes, "io.kubernetes.cri-o.Metadata"));
	json_t *labels = container_text(json_word(notes, "io.kubernetes.cri-o.Labels"));
	const char *at = reference != NULL ? strchr(reference, '@') : NULL;
	const char *name = json_word(metadata, "name");
	const char *address = json_word(notes, "io.kubernetes.cri-o.IP.0");

	put_number(out, "type", CONTAINER_CRIO);
	put_text(out, "name", name != NULL ? name : json_word(notes, "io.kubernetes.container.name"));
	put_image(out, json_word(notes, "io.kubernetes.cri-o.ImageName"));
	if (at != NULL) {
		put_text(out, "imagedigest", at + 1);
	} else {
		put_image_id(out, reference);
	}
	put_created(out, json_word(notes, "io.kubernetes.cri-o.Created"));
	put_text(out, "pod_sandbox_id", json_word(notes, "io.kubernetes.cri-o.SandboxID"));
	put_bool(out, "is_pod_sandbox", kind != NULL && strcmp(kind, "sandbox") == 0);
	put_text(out, "ip", address != NULL ? address : json_word(notes, "io.kubernetes.cri-o.IP"));
	put_text(out, "cni_json", json_word(notes, "io.kubernetes.cri-o.CNIResult"));
	put_labels(out, "labels", labels);
	json_decref(labels);
	json_decref(metadata);
}

/* ---- containers/storage ---- */

/* Containers that go with the machine's uptime are in a list of their own. */
static json_t *container_entry(struct containers *c, const char *store, const char *id)
{
	json_t *entry = container_stored(c, store, "overlay-containers/containers.json", id);

	return entry != NULL ? entry : container_stored(c, store, "overlay-containers/volatile-containers.json", id);
}

/* Names and images from the lists, where annotations did not tell them. The lists of containers and images may be in
 * different stores: each is asked. */
static void put_stored(struct containers *c, json_t *out, const char *store, const char *id)
{
	json_t *entry = container_entry(c, store, id);
	json_t *metadata = container_text(json_word(entry, "metadata"));
	const char *image_id = json_word(entry, "image");
	const char *image_name = json_word(metadata, "image-name");
	json_t *image;

	image_id = image_id != NULL ? image_id : json_word(out, "imageid");
	image = image_id != NULL ? container_stored(c, store, "overlay-images/images.json", image_id) : NULL;
	if (json_word(out, "name") == NULL) {
		put_text(out, "name", json_string_value(json_array_get(json_object_get(entry, "names"), 0)));
	}
	if (json_word(out, "image") == NULL) {
		put_image(out, image_name != NULL
				       ? image_name
				       : json_string_value(json_array_get(json_object_get(image, "names"), 0)));
	}
	if (image_id != NULL && json_word(out, "imageid") == NULL) {
		put_image_id(out, image_id);
	}
	if (json_word(out, "imagedigest") == NULL) {
		put_text(out, "imagedigest", json_word(image, "digest"));
	}
	if (json_object_get(out, "created_time") == NULL) {
		put_created(out, json_word(entry, "created"));
	}
	if (json_is_true(json_object_get(metadata, "privileged"))) {
		put_bool(out, "privileged", true);
	}
	json_decref(metadata);
}

static json_t *from_storage(const struct container_ask *a)
{
	char store[CONTAINER_PATH_BYTES], path[CONTAINER_PATH_BYTES + 160];
	json_t *out = NULL;

	for (unsigned int i = 0; out == NULL && container_store(a, i, store, sizeof(store)); i++) {
		json_t *spec;

		if (store[0] == '\0') {
			continue;
		}
		snprintf(path, sizeof(path), "%s/overlay-containers/%s/userdata/config.json", store, a->id);
		spec = container_file(a->c, path);
		if (spec != NULL) {
			json_t *notes = json_object_get(spec, "annotations");

			out = json_object();
			put_spec(out, spec);
			if (json_word(notes, "io.kubernetes.cri-o.ContainerType") != NULL) {
				put_crio(out, notes);
			} else {
				put_number(out, "type", CONTAINER_PODMAN);
			}
			json_decref(spec);
		}
	}
	/* Twice: the image is known once the container's entry was met, wherever that is. */
	for (unsigned int pass = 0; out != NULL && pass < 2; pass++) {
		for (unsigned int i = 0; container_store(a, i, store, sizeof(store)); i++) {
			if (store[0] != '\0') {
				put_stored(a->c, out, store, a->id);
			}
		}
	}
	return out;
}

/* ---- containerd's tasks ---- */

static json_t *from_task(const struct container_ask *a, const char *space)
{
	char path[CONTAINER_PATH_BYTES];
	json_t *spec, *out;

	if ((size_t)snprintf(path, sizeof(path), TASKS "/%s/%s/config.json", space, a->id) >= sizeof(path)) {
		return NULL;
	}
	spec = container_file(a->c, path);
	if (spec == NULL) {
		return NULL;
	}
	out = json_object();
	put_spec(out, spec);
	put_containerd(out, json_object_get(spec, "annotations"));
	json_decref(spec);
	return out;
}

static json_t *from_tasks(const struct container_ask *a)
{
	int fd = root_open_folder(a->c->root_fd, TASKS);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	json_t *out = NULL;
	struct dirent *d;
	int n = 0;

	if (dir == NULL) {
		if (fd >= 0) {
			close(fd);
		}
		return NULL;
	}
	while (out == NULL && (d = readdir(dir)) != NULL && n < NAMESPACES_MAX) {
		if (d->d_name[0] != '.') {
			out = from_task(a, d->d_name);
			n++;
		}
	}
	closedir(dir);
	return out;
}

json_t *container_oci(const struct container_ask *a)
{
	json_t *out = from_tasks(a);

	return out != NULL ? out : from_storage(a);
}
