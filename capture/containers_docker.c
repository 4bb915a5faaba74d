/*
 * containers_docker.c - a container as the docker daemon keeps it on disk: config.v2.json says what it is,
 * hostconfig.json what it may, repositories.json which names its image has.
 */
#include "capture/containers_internal.h"

#include <arpa/inet.h>

/* Where the daemon keeps things: its own setting first. */
static bool data_root(const struct container_ask *a, unsigned int i, char *ret_path, size_t size)
{
	static const char *const usual[] = { "/var/lib/docker", "/var/snap/docker/common/var-lib-docker" };
	json_t *settings;
	const char *path;

	ret_path[0] = '\0';
	switch (i) {
	case 0:
		settings = container_file(a->c, "etc/docker/daemon.json");
		path = json_word(settings, "data-root");
		path = path != NULL ? path : json_word(settings, "graph");
		snprintf(ret_path, size, "%s", path != NULL ? path : "");
		json_decref(settings);
		return true;
	case 1:
	case 2: snprintf(ret_path, size, "%s", usual[i - 1]); return true;
	case 3:
		if (a->home[0] != '\0') {
			snprintf(ret_path, size, "%s/.local/share/docker", a->home);
		}
		return true;
	default: return false;
	}
}

static bool word_is(json_t *o, const char *key, const char *word)
{
	const char *s = json_word(o, key);

	return s != NULL && strcmp(s, word) == 0;
}

/* ---- parts ---- */

/* The image's names by its id: the one with a digest tells it. */
static void put_digest(struct containers *c, json_t *out, const char *root, const char *image)
{
	char path[CONTAINER_PATH_BYTES + 64];
	json_t *file, *names, *id;
	const char *repository, *name;

	snprintf(path, sizeof(path), "%s/image/overlay2/repositories.json", root);
	file = image != NULL ? container_file(c, path) : NULL;
	json_object_foreach(json_object_get(file, "Repositories"), repository, names) {
		json_object_foreach(names, name, id) {
			const char *at = strchr(name, '@');

			if (at != NULL && json_is_string(id) && strcmp(json_string_value(id), image) == 0) {
				put_text(out, "imagedigest", at + 1);
			}
		}
	}
	json_decref(file);
}

static void put_mounts(json_t *out, json_t *points)
{
	json_t *mounts = json_array();
	const char *name;
	json_t *p;

	json_object_foreach(points, name, p) {
		put_mount(mounts, json_word(p, "Source"), json_word(p, "Destination"), json_word(p, "Relabel"),
			  json_is_true(json_object_get(p, "RW")), json_word(p, "Propagation"));
	}
	json_object_set_new(out, "Mounts", mounts);
}

static void put_ports(json_t *out, json_t *ports)
{
	json_t *rows = json_array();
	const char *port;
	json_t *bindings, *b;
	size_t i;

	json_object_foreach(ports, port, bindings) {
		json_array_foreach(bindings, i, b) {
			const char *ip = json_word(b, "HostIp");
			const char *host_port = json_word(b, "HostPort");
			struct in_addr address = { 0 };
			json_t *row = json_object();

			if (ip != NULL) {
				inet_pton(AF_INET, ip, &address);
			}
			put_number(row, "HostIp", ntohl(address.s_addr));
			put_number(row, "HostPort", host_port != NULL ? strtol(host_port, NULL, 10) : -1);
			put_number(row, "ContainerPort", strtol(port, NULL, 10));
			json_array_append_new(rows, row);
		}
	}
	json_object_set_new(out, "port_mappings", rows);
}

static void put_address(json_t *out, json_t *settings)
{
	const char *ip = json_word(settings, "IPAddress");
	const char *name;
	json_t *network;

	json_object_foreach(json_object_get(settings, "Networks"), name, network) {
		ip = ip != NULL ? ip : json_word(network, "IPAddress");
	}
	put_text(out, "ip", ip);
}

/* ["CMD", exe, args...] or ["CMD-SHELL", command] */
static void put_healthcheck(json_t *out, json_t *test)
{
	const char *kind = json_string_value(json_array_get(test, 0));
	json_t *args, *check;

	if (kind == NULL || json_array_size(test) < 2 || (strcmp(kind, "CMD") != 0 && strcmp(kind, "CMD-SHELL") != 0)) {
		return;
	}
	args = json_array();
	check = json_object();
	if (strcmp(kind, "CMD") == 0) {
		put_text(check, "exe", json_string_value(json_array_get(test, 1)));
	} else {
		put_text(check, "exe", "/bin/sh");
		json_array_append_new(args, json_string("-c"));
		json_array_append(args, json_array_get(test, 1));
	}
	for (size_t i = 2; i < json_array_size(test); i++) {
		json_array_append(args, json_array_get(test, i));
	}
	json_object_set_new(check, "args", args);
	json_object_set_new(out, "Healthcheck", check);
}

static void put_limits(json_t *out, json_t *host)
{
	static const struct {
		const char *key, *from;
	} rows[] = {
		{ "memory_limit", "Memory" },	{ "swap_limit", "MemorySwap" }, { "cpu_shares", "CpuShares" },
		{ "cpu_quota", "CpuQuota" },	{ "cpu_period", "CpuPeriod" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *x = json_object_get(host, rows[i].from);

		put_number(out, rows[i].key, json_is_integer(x) ? json_integer_value(x) : -1);
	}
	put_number(out, "cpuset_cpu_count", count_cpus(json_word(host, "CpusetCpus")));
	put_bool(out, "privileged", json_is_true(json_object_get(host, "Privileged")));
	put_bool(out, "host_pid", word_is(host, "PidMode", "host"));
	put_bool(out, "host_network", word_is(host, "NetworkMode", "host"));
	put_bool(out, "host_ipc", word_is(host, "IpcMode", "host"));
}

/* What kubelets that drove docker wrote beside. */
static void put_pod(json_t *out, json_t *labels)
{
	put_bool(out, "is_pod_sandbox", word_is(labels, "io.kubernetes.docker.type", "podsandbox"));
	put_text(out, "pod_sandbox_id", json_word(labels, "io.kubernetes.sandbox.id"));
}

/* ---- the container ---- */

static json_t *describe(const struct container_ask *a, const char *root, json_t *config)
{
	char path[CONTAINER_PATH_BYTES + 128];
	json_t *out = json_object();
	json_t *inner = json_object_get(config, "Config");
	json_t *labels = json_object_get(inner, "Labels");
	const char *name = json_word(config, "Name");
	const char *image = json_word(config, "Image");
	json_t *host;

	put_number(out, "type", CONTAINER_DOCKER);
	put_text(out, "name", name != NULL && name[0] == '/' ? name + 1 : name);
	put_image(out, json_word(inner, "Image"));
	put_image_id(out, image);
	put_digest(a->c, out, root, image);
	put_created(out, json_word(config, "Created"));
	put_text(out, "User", json_word(inner, "User"));
	put_mounts(out, json_object_get(config, "MountPoints"));
	put_address(out, json_object_get(config, "NetworkSettings"));
	put_ports(out, json_at(config, "NetworkSettings", "Ports", NULL));
	put_healthcheck(out, json_at(inner, "Healthcheck", "Test", NULL));
	put_labels(out, "labels", labels);
	put_pod(out, labels);
	snprintf(path, sizeof(path), "%s/containers/%s/hostconfig.json", root, a->id);
	host = container_file(a->c, path);
	if (host != NULL) {
		put_limits(out, host);
	}
	json_decref(host);
	return out;
}

json_t *container_docker(const struct container_ask *a)
{
	char root[CONTAINER_PATH_BYTES];
	char path[CONTAINER_PATH_BYTES + 128];
	json_t *out = NULL;

	for (unsigned int i = 0; out == NULL && data_root(a, i, root, sizeof(root)); i++) {
		json_t *config;

		if (root[0] == '\0') {
			continue;
		}
		snprintf(path, sizeof(path), "%s/containers/%s/config.v2.json", root, a->id);
		config = container_file(a->c, path);
		out = config != NULL ? describe(a, root, config) : NULL;
		json_decref(config);
	}
	return out;
}
