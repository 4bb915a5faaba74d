/*
 * containers_internal.h - what the readers of engines' files share.
 *
 *   containers.c           ids in cgroups; what was told; events out
 *   containers_docker.c    config.v2.json, hostconfig.json, repositories.json
 *   containers_oci.c       config.json of a bundle: containerd, CRI-O, podman
 *   containers_storage.c   the lists of containers/storage: names and images of CRI-O and podman
 *   containers_json.c      reading and making JSON
 *
 * A reader gets the id of a container and gives the object of its event (a new reference), or NULL when the engine does
 * not know it.
 */
#ifndef CAPTURE_CONTAINERS_INTERNAL_H
#define CAPTURE_CONTAINERS_INTERNAL_H

#include "base/buf.h"
#include "base/map.h"
#include "capture/containers.h"

#include <jansson.h>

/* Numbers of the engines in events. */
enum {
	CONTAINER_DOCKER = 0, CONTAINER_LXC = 1, CONTAINER_CRI = 6, CONTAINER_CONTAINERD = 7, CONTAINER_CRIO = 8, CONTAINER_PODMAN = 11
};

#define CONTAINER_ID_BYTES 64u
#define CONTAINER_ID_SHOWN 12u
#define CONTAINER_PATH_BYTES 1024u
#define CONTAINER_STORES 16

/* A list of containers/storage as it was when it was last read. */
struct container_list {
	char path[CONTAINER_PATH_BYTES];
	uint64_t mtime_ns, size;
	json_t *by_id;		/* owns; object: id to entry. NULL: not read */
};

struct container_row {
	char id[CONTAINER_ID_BYTES + 1];
	int type;		/* as the cgroup tells it */
	int64_t uid;		/* user whose cgroup it is in: engines without root keep files at home; -1: none */
	uint32_t met;		/* how often its cgroup was met while its files were not there */
	bool told, told_whole;	/* since containers_forget; with what the files say */
	char *json;		/* owns; text of the event; NULL: the files are not there yet */
	uint32_t json_len;
};

struct containers {
	int root_fd;
	const struct redact *redact;
	struct map by_cgroups;	/* hash of a list of cgroups: index of the row + 1, or NO_CONTAINER */
	struct map by_id;	/* hash of an id: index of the row + 1 */
	uint64_t seed;
	struct container_row *rows;	/* owns */
	uint32_t count, cap;
	struct container_list lists[CONTAINER_STORES];
	uint32_t next_list;
	struct buf text;
};

/* What is looked for. */
struct container_ask {
	struct containers *c;
	const char *id;
	int64_t uid;		/* whose container it is when not root's; -1 */
	const char *home;	/* of that user; "" none */
};

json_t *container_docker(const struct container_ask *a);
json_t *container_oci(const struct container_ask *a);

/* Entry of an id in STORE/overlay-containers/containers.json or STORE/overlay-images/images.json; borrowed; NULL:
 * none. */
json_t *container_stored(struct containers *c, const char *store, const char *list, const char *id);
/* The folders that containers/storage may be in, one after the other: false when there is no more. */
bool container_store(const struct container_ask *a, unsigned int i, char *ret_path, size_t size);

/* ---- containers_json.c ---- */

/* A JSON object from a file below the root, a new reference; NULL: not there, too long, or no object. */
json_t *container_file(struct containers *c, const char *path);
json_t *container_text(const char *text);
/* Follows keys until a NULL one; borrowed; NULL: absent. */
json_t *json_at(json_t *o, ...) __attribute__((sentinel));
/* The string there, or NULL when absent or empty. */
const char *json_word(json_t *o, const char *key);

/* Sets a key; text NULL or empty, or a negative number: left out. */
void put_text(json_t *o, const char *key, const char *text);
void put_number(json_t *o, const char *key, int64_t x);
void put_bool(json_t *o, const char *key, bool x);
/* image, imagerepo, imagetag, imagedigest of a reference such as "host:5000/name:tag@sha256:digest". */
void put_image(json_t *o, const char *reference);
/* "sha256:ID" or "ID" */
void put_image_id(json_t *o, const char *id);
/* Strings of an object; long ones are cut. */
void put_labels(json_t *o, const char *key, json_t *labels);
/* One row of Mounts. */
void put_mount(json_t *mounts, const char *source, const char *destination, const char *mode, bool writable,
	       const char *propagation);
/* created_time: seconds of "2024-01-02T03:04:05.678Z" */
void put_created(json_t *o, const char *text);
/* How many CPUs "0-3,8" names; 0: none. */
int64_t count_cpus(const char *list);

#endif
