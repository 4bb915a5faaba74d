/*
 * fields_k8s.c - the Kubernetes pod of the event's thread, as its container's record tells. Any worker, own context.
 *
 * A pod is known by its sandbox: containers whose record names none have no k8s values. What upstream once asked the
 * API server for (controllers, services, deployments, namespaces' ids) is in no capture of today: known names without
 * values.
 */
#include "filter/container_json.h"
#include "filter/fields_internal.h"

#define LABELS "pod_sandbox_labels"
#define SANDBOX_ID "pod_sandbox_id"
#define SHORT_ID 12

static const struct container_view *container_of(const struct field_ctx *c)
{
	return c->ev->thread != NULL ? c->ev->thread->container : NULL;
}

/* The container, when it is part of a pod. Its sandbox's id is left in tmp2. */
static const struct container_view *in_pod(struct field_ctx *c)
{
	const struct container_view *k = container_of(c);

	buf_reset(&c->tmp2);
	return container_json_text(c, k, SANDBOX_ID, &c->tmp2) && c->tmp2.len > 0 ? k : NULL;
}

/* The labels of the pod: in the container's own record, or in that of the sandbox, whose parsed text lies elsewhere. */
static const struct container_view *with_labels(const struct container_view *k,
						struct container_view *room)
{
	if (k == NULL || k->sandbox_json->len == 0) {
		return k;
	}
	*room = *k;
	room->json = k->sandbox_json;
	room->id_index++;
	return room;
}

static bool add_label(struct field_ctx *c, const char *key, struct buf *out)
{
	struct container_view room;
	const struct container_view *k = with_labels(in_pod(c), &room);

	return k != NULL && container_json_label(c, k, LABELS, key, out);
}

enum { LABEL_POD, LABEL_NAMESPACE, LABEL_UID };

static const char *const label_keys[] = {
	"io.kubernetes.pod.name",
	"io.kubernetes.pod.namespace",
	"io.kubernetes.pod.uid",
};

static bool text_known_label(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	return add_label(c, label_keys[u->field->which], out);
}

static bool text_label(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	return add_label(c, u->arg, out);
}

static bool text_labels(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	struct container_view room;
	const struct container_view *k = with_labels(in_pod(c), &room);

	UNUSED_ARG(u);
	return k != NULL && container_json_labels(c, k, LABELS, out);
}

/* which: how many characters of the id, 0: all. */
static bool text_sandbox(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	size_t n = (size_t)u->field->which;

	if (in_pod(c) == NULL) {
		return false;
	}
	buf_add(out, c->tmp2.data, n != 0 && n < c->tmp2.len ? n : c->tmp2.len);
	return true;
}

static const char *const json_texts[] = { "ip", "cni_json" };

static bool text_json(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct container_view *k = in_pod(c);

	return k != NULL && container_json_text(c, k, json_texts[u->field->which], out);
}

#define FOLD WANT_FOLD
#define TEXT(name, arg, fn, which, help)                                      \
	{                                                                     \
		name, PT_CHARBUF, FMT_NA, arg, 0, FOLD, NULL, fn, which, help \
	}
#define OLD(name, arg)                                                                     \
	{                                                                                  \
		name, PT_CHARBUF, FMT_NA, arg, FIELD_DEPRECATED, 0, value_absent, NULL, 0, \
			"never: came from the API server in old versions"                  \
	}

/* clang-format off */
static const struct field rows[] = {
	TEXT("k8s.pod.name", ARG_NONE, text_known_label, LABEL_POD, "name of the pod"),
	TEXT("k8s.ns.name", ARG_NONE, text_known_label, LABEL_NAMESPACE, "namespace of the pod"),
	TEXT("k8s.pod.id", ARG_NONE, text_known_label, LABEL_UID, "the same as k8s.pod.uid"),
	TEXT("k8s.pod.uid", ARG_NONE, text_known_label, LABEL_UID, "unique id of the pod"),
	TEXT("k8s.pod.sandbox_id", ARG_NONE, text_sandbox, SHORT_ID, "first 12 characters of the id of the pod's sandbox"),
	TEXT("k8s.pod.full_sandbox_id", ARG_NONE, text_sandbox, 0, "id of the pod's sandbox in full"),
	TEXT("k8s.pod.label", ARG_REQUIRED_DOT, text_label, 0, "value of one of the pod's labels"),
	TEXT("k8s.pod.labels", ARG_NONE, text_labels, 0, "all labels of the pod as key:value, separated by commas"),
	TEXT("k8s.pod.ip", ARG_NONE, text_json, 0, "address of the pod"),
	TEXT("k8s.pod.cni.json", ARG_NONE, text_json, 1, "result of the pod's network plugin"),
	OLD("k8s.rc.name", ARG_NONE),
	OLD("k8s.rc.id", ARG_NONE),
	OLD("k8s.rc.label", ARG_REQUIRED_DOT),
	OLD("k8s.rc.labels", ARG_NONE),
	OLD("k8s.svc.name", ARG_NONE),
	OLD("k8s.svc.id", ARG_NONE),
	OLD("k8s.svc.label", ARG_REQUIRED_DOT),
	OLD("k8s.svc.labels", ARG_NONE),
	OLD("k8s.ns.id", ARG_NONE),
	OLD("k8s.ns.label", ARG_REQUIRED_DOT),
	OLD("k8s.ns.labels", ARG_NONE),
	OLD("k8s.rs.name", ARG_NONE),
	OLD("k8s.rs.id", ARG_NONE),
	OLD("k8s.rs.label", ARG_REQUIRED_DOT),
	OLD("k8s.rs.labels", ARG_NONE),
	OLD("k8s.deployment.name", ARG_NONE),
	OLD("k8s.deployment.id", ARG_NONE),
	OLD("k8s.deployment.label", ARG_REQUIRED_DOT),
	OLD("k8s.deployment.labels", ARG_NONE),
};
/* clang-format on */

const struct field_class field_class_k8s = { "Kubernetes", rows, ARRAY_LEN(rows), "k8s" };
