/*
 * fields_container.c - the container of the event's thread. Any worker, own context.
 *
 * Threads of the host are in the container "host"; where a thread is that nobody introduced is not
 * known. A container that was only seen in a cgroup path has its id and type; what a container
 * event tells is there only where the capture holds one.
 */
#include "filter/container_json.h"
#include "filter/fields_internal.h"

/* NULL: host, or unknown. */
static const struct container_view *container_of(const struct field_ctx *c)
{
	return c->ev->thread != NULL ? c->ev->thread->container : NULL;
}

static bool on_host(const struct field_ctx *c)
{
	const struct thread_view *t = c->ev->thread;

	return t != NULL && t->container == NULL &&
	       (t->flags & (TV_KNOWN | TV_IN_PIDNS)) == TV_KNOWN;
}

/* In a pid namespace of its own, but no container is known: upstream shows an empty id. */
static bool in_unknown_container(const struct field_ctx *c)
{
	const struct thread_view *t = c->ev->thread;

	return t != NULL && t->container == NULL && (t->flags & TV_IN_PIDNS) != 0;
}

enum {
	TEXT_ID,
	TEXT_FULL_ID,
	TEXT_NAME,
	TEXT_IMAGE,
	TEXT_IMAGE_ID,
	TEXT_REPO,
	TEXT_TAG,
	TEXT_DIGEST,
};

static const struct str *text_of(const struct container_view *k, int which)
{
	switch (which) {
	case TEXT_ID: return k->id;
	case TEXT_FULL_ID: return k->full_id;
	case TEXT_NAME: return k->name;
	case TEXT_IMAGE: return k->image;
	case TEXT_IMAGE_ID: return k->image_id;
	case TEXT_REPO: return k->image_repo;
	case TEXT_TAG: return k->image_tag;
	default: return k->image_digest;
	}
}

static bool value_text_of(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct container_view *k = container_of(c);
	int which = u->field->which;
	const struct str *s;

	if (k == NULL) {
		if (which != TEXT_ID && which != TEXT_FULL_ID && which != TEXT_NAME) {
			return false;
		}
		if (which == TEXT_ID && in_unknown_container(c)) {
			return value_text(v, "", 0);
		}
		return on_host(c) && value_cstr(v, "host");
	}
	s = text_of(k, which);
	return s->len > 0 && value_str(v, s);
}

static bool value_type(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	static const char *const words[] = {
		"docker", "lxc",        "libvirt-lxc", "mesos", "rkt",    "custom",
		"cri",    "containerd", "cri-o",       "bpm",   "static", "podman",
	};
	const struct container_view *k = container_of(c);

	UNUSED_ARG(u);
	if (k == NULL) {
		return on_host(c) && value_cstr(v, "host");
	}
	return k->type >= 0 && (size_t)k->type < ARRAY_LEN(words) && value_cstr(v, words[k->type]);
}

static bool value_privileged(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct container_view *k = container_of(c);

	UNUSED_ARG(u);
	return k != NULL && k->privileged >= 0 && value_bool(v, k->privileged != 0);
}

static const char *const json_keys[] = { "host_pid", "host_network", "host_ipc" };

static bool value_json_bool(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	bool x;

	return container_json_bool(c, container_of(c), json_keys[u->field->which], &x) &&
	       value_bool(v, x);
}

enum { START_TS, START_DURATION };

static bool value_start(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	uint64_t s;
	uint64_t ns;

	if (!container_json_u64(c, container_of(c), "created_time", &s) || s == 0 ||
	    s > UINT64_MAX / NSEC_PER_SEC) {
		return false;
	}
	ns = s * NSEC_PER_SEC;
	if (u->field->which == START_TS) {
		return value_uint(v, ns);
	}
	return value_uint(v, c->ev->ts_ns > ns ? c->ev->ts_ns - ns : 0);
}

static const char *const json_texts[] = { "ip", "cni_json" };

static bool text_json(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	return container_json_text(c, container_of(c), json_texts[u->field->which], out);
}

static bool text_mounts(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	return container_json_mount(c, container_of(c), NULL, -1, (enum mount_part)u->field->which,
				    out);
}

static bool text_mount(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	return container_json_mount(c, container_of(c), u->arg, u->index,
				    (enum mount_part)u->field->which, out);
}

static const char *const probe_keys[] = { "Healthcheck", "LivenessProbe", "ReadinessProbe" };

static bool text_probe(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	return container_json_probe(c, container_of(c), probe_keys[u->field->which], out);
}

static bool text_label(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	return container_json_label(c, container_of(c), "labels", u->arg, out);
}

static bool text_labels(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	UNUSED_ARG(u);
	return container_json_labels(c, container_of(c), "labels", out);
}

#define FOLD WANT_FOLD

/* clang-format off */
static const struct field rows[] = {
	{ "container.id", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_text_of, NULL, TEXT_ID,
	  "first 12 characters of the container's id, or host" },
	{ "container.full_id", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_text_of, NULL, TEXT_FULL_ID,
	  "the container's id in full" },
	{ "container.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_text_of, NULL, TEXT_NAME,
	  "name of the container" },
	{ "container.image", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_text_of, NULL, TEXT_IMAGE,
	  "image it was made from" },
	{ "container.image.id", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_text_of, NULL, TEXT_IMAGE_ID,
	  "id of that image" },
	{ "container.image.repository", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_text_of, NULL,
	  TEXT_REPO, "repository of that image" },
	{ "container.image.tag", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_text_of, NULL, TEXT_TAG,
	  "tag of that image" },
	{ "container.image.digest", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_text_of, NULL, TEXT_DIGEST,
	  "digest of that image" },
	{ "container.type", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_type, NULL, 0,
	  "what runs it: docker, containerd, podman, lxc, ..., or host" },
	{ "container.privileged", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_privileged, NULL, 0,
	  "true for privileged containers" },
	{ "container.host_pid", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_json_bool, NULL, 0,
	  "true when it shares the host's pid namespace" },
	{ "container.host_network", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_json_bool, NULL, 1,
	  "true when it shares the host's network" },
	{ "container.host_ipc", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_json_bool, NULL, 2,
	  "true when it shares the host's IPC namespace" },
	{ "container.ip", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_json, 0,
	  "address of the container" },
	{ "container.cni.json", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_json, 1,
	  "result of its network plugin" },
	{ "container.start_ts", PT_UINT64, FMT_DEC, ARG_NONE, 0, FOLD, value_start, NULL, START_TS,
	  "creation of the container, nanoseconds since 1970" },
	{ "container.duration", PT_RELTIME, FMT_DEC, ARG_NONE, 0, FOLD, value_start, NULL, START_DURATION,
	  "nanoseconds since then" },
	{ "container.mounts", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_mounts, MOUNT_ALL,
	  "all mounts as source:dest:mode:rdwr:propagation, separated by commas" },
	{ "container.mount", PT_CHARBUF, FMT_NA, ARG_REQUIRED, 0, FOLD, NULL, text_mount, MOUNT_ALL,
	  "one mount: [n], or a pattern for its source" },
	{ "container.mount.source", PT_CHARBUF, FMT_NA, ARG_REQUIRED, 0, FOLD, NULL, text_mount,
	  MOUNT_SOURCE, "source of a mount: [n], or a pattern for its destination" },
	{ "container.mount.dest", PT_CHARBUF, FMT_NA, ARG_REQUIRED, 0, FOLD, NULL, text_mount, MOUNT_DEST,
	  "destination of a mount: [n], or a pattern for its source" },
	{ "container.mount.mode", PT_CHARBUF, FMT_NA, ARG_REQUIRED, 0, FOLD, NULL, text_mount, MOUNT_MODE,
	  "mode of a mount" },
	{ "container.mount.rdwr", PT_CHARBUF, FMT_NA, ARG_REQUIRED, 0, FOLD, NULL, text_mount, MOUNT_RDWR,
	  "true when a mount may be written" },
	{ "container.mount.propagation", PT_CHARBUF, FMT_NA, ARG_REQUIRED, 0, FOLD, NULL, text_mount,
	  MOUNT_PROPAGATION, "propagation of a mount" },
	{ "container.healthcheck", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_probe, 0,
	  "command of the health check, or NONE" },
	{ "container.liveness_probe", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_probe, 1,
	  "command of the liveness probe, or NONE" },
	{ "container.readiness_probe", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_probe, 2,
	  "command of the readiness probe, or NONE" },
	{ "container.label", PT_CHARBUF, FMT_NA, ARG_REQUIRED_DOT, 0, FOLD, NULL, text_label, 0,
	  "value of one label" },
	{ "container.labels", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_labels, 0,
	  "all labels as key:value, separated by commas" },
};
/* clang-format on */

const struct field_class field_class_container = { "container", rows, ARRAY_LEN(rows),
						   "container" };
