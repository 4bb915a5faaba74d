/*
 * container_events.c - container events: JSON of today, four fields of 2016, async events.
 *
 * What an event tells replaces what was known, but for a failed look-up, which tells only id and
 * type. A removed container stays for the report. Fold only.
 */
#include <jansson.h>

#include "state/state_internal.h"

#define LOOKUP_FAILED 2
#define CONTAINER_ID_SHOWN 12 /* characters of a full id that name a container */

/* ---- JSON ---- */

static void take_text(struct state *s, const json_t *o, const char *key, const struct str **field)
{
	const json_t *x = json_object_get(o, key);

	if (json_is_string(x)) {
		str_set(s, field, str_get(s, json_string_value(x), json_string_length(x)));
	}
}

static void fill(struct state *s, const json_t *o, struct container_view *v)
{
	const json_t *x = json_object_get(o, "privileged");

	take_text(s, o, "full_id", &v->full_id);
	take_text(s, o, "name", &v->name);
	take_text(s, o, "image", &v->image);
	take_text(s, o, "imageid", &v->image_id);
	take_text(s, o, "imagerepo", &v->image_repo);
	take_text(s, o, "imagetag", &v->image_tag);
	take_text(s, o, "imagedigest", &v->image_digest);
	if (json_is_boolean(x)) {
		v->privileged = json_is_true(x);
	}
}

/* The record of the pod's sandbox, a container too, where only that one has the labels and is known by now. */
static void take_sandbox(struct state *s, const json_t *o, struct container_view *v)
{
	const json_t *id = json_object_get(o, "pod_sandbox_id");
	const struct container *c;

	if (!json_is_string(id) || json_object_size(json_object_get(o, "pod_sandbox_labels")) > 0) {
		return;
	}
	c = container_find(s, json_string_value(id), min_u64(json_string_length(id), CONTAINER_ID_SHOWN));
	if (c != NULL && c->index != v->id_index) {
		str_set(s, &v->sandbox_json, str_ref(c->view->json));
	}
}

static void take_container(struct state *s, const json_t *o, struct param text)
{
	const json_t *id = json_object_get(o, "id");
	const json_t *type = json_object_get(o, "type");
	const json_t *state = json_object_get(o, "lookup_state");
	struct container *c;
	struct container_view *v;
	int number = -1;

	if (!json_is_string(id) || json_string_length(id) == 0) {
		s->counts.meta_malformed++;
		return;
	}
	if (json_is_integer(type) && json_integer_value(type) >= 0 &&
	    json_integer_value(type) < 256) {
		number = (int)json_integer_value(type);
	}
	c = container_add(s, json_string_value(id), json_string_length(id), number);
	if (c == NULL || str_equal(c->view->json, text.p, text.len)) {
		return;
	}
	v = container_view_new(s, c->index, c->view->id->s, c->view->id->len,
			       number >= 0 ? number : c->view->type);
	if (v == NULL) {
		return;
	}
	if (!json_is_integer(state) || json_integer_value(state) != LOOKUP_FAILED) {
		fill(s, o, v);
		take_sandbox(s, o, v);
	}
	str_set(s, &v->json, str_plain(s, text.p, text.len));
	c->from_event = true;
	container_set_view(s, c, v);
}

/* Objects come with and without the outer key. */
static void take_json(struct state *s, struct param text)
{
	json_t *root;
	const json_t *inner;

	text.len = (uint32_t)strnlen((const char *)text.p, text.len);
	root = json_loadb((const char *)text.p, text.len, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(root)) {
		s->counts.meta_malformed++;
		json_decref(root);
		return;
	}
	inner = json_object_get(root, "container");
	take_container(s, json_is_object(inner) ? inner : root, text);
	json_decref(root);
}

void effect_container_json(struct state *s, struct event *ev, struct task *t)
{
	struct param text = event_param(ev, 0);

	UNUSED_ARG(t);
	if (schema_convs[ev->conv].action == CONV_CONTAINER) {
		effect_container_old(s, ev, t);
	} else if (text.p != NULL && text.len > 0) {
		take_json(s, text);
	}
}

/* plugin id, name, data */
void effect_async(struct state *s, struct event *ev, struct task *t)
{
	struct param name = param_text(event_param(ev, 1));
	struct param data = event_param(ev, 2);

	UNUSED_ARG(t);
	if (name.len == 9 && memcmp(name.p, "container", 9) == 0 && data.p != NULL &&
	    data.len > 0) {
		take_json(s, data);
	}
}

/* ---- the four fields of the oldest event: id, type, name, image ---- */

void effect_container_old(struct state *s, struct event *ev, struct task *t)
{
	struct param id = param_text(event_stored_param(ev, 0));
	struct param type = event_stored_param(ev, 1);
	struct param name = param_text(event_stored_param(ev, 2));
	struct param image = param_text(event_stored_param(ev, 3));
	int number = type.len >= 4 && load_le32(type.p) < 256 ? (int)load_le32(type.p) : -1;
	struct container *c;
	struct container_view *v;

	UNUSED_ARG(t);
	if (id.p == NULL) {
		s->counts.meta_malformed++;
		return;
	}
	c = container_add(s, (const char *)id.p, id.len, number);
	if (c == NULL) {
		return;
	}
	v = container_view_new(s, c->index, c->view->id->s, c->view->id->len, number);
	if (v == NULL) {
		return;
	}
	str_set(s, &v->name, str_get(s, name.p, name.len));
	str_set(s, &v->image, str_get(s, image.p, image.len));
	c->from_event = true;
	container_set_view(s, c, v);
}
