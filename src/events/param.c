/*
 * param.c - parameters of an event in today's layout: where a converted one lies, and its value.
 *
 * Reads the event and, for old layouts, its pending enter event; both point into a batch's bytes.
 * Nothing is copied: a parameter that no release stored comes from a constant. Any thread.
 */
#include "events/event.h"

#define DEFAULT_BYTES 16 /* the largest fixed size of the schema: an IPv6 address */

static const uint8_t zeros[DEFAULT_BYTES];
static const uint8_t ones[DEFAULT_BYTES] = {
	0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
	0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
};

static const struct param absent = { NULL, 0 };

/* Like event_stored_param, for events whose lengths nobody vouches for. */
static struct param stored_checked(const struct event *ev, unsigned int i)
{
	struct param v = event_stored_param(ev, i);
	size_t values_at = (size_t)ev->stored_nparams * (ev->flags & EVENT_WIDE ? 4 : 2);
	size_t off;

	if (v.p == NULL) {
		return absent;
	}
	off = (size_t)(v.p - ev->lens) - values_at;
	return off <= ev->values_len && v.len <= ev->values_len - off ? v : absent;
}

static struct param default_value(uint16_t type, unsigned int i)
{
	const struct schema_param *row;
	struct param v = { zeros, 0 };

	if (i >= schema_events[type].nparams) {
		return absent;
	}
	row = &schema_events[type].params[i];
	if (row->type == PT_UID || row->type == PT_GID) {
		v.p = ones;
	}
	v.len = row->size <= DEFAULT_BYTES ? row->size : 0;
	return v;
}

static struct param from_enter(const struct event *ev, const struct conv_source *src,
			       unsigned int i)
{
	struct param v = absent;

	if (ev->enter != NULL) {
		v = stored_checked(ev->enter, src->index);
	}
	if (v.p == NULL && src->if_missing == FROM_DEFAULT) {
		v = default_value(ev->type, i);
	}
	return v;
}

struct param event_param_converted(const struct event *ev, unsigned int i)
{
	const struct schema_conv *conv = &schema_convs[ev->conv];
	const struct conv_source *src;
	struct param v;

	if (ev->conv == 0 || conv->sources == NULL) {
		return stored_checked(ev, i);
	}
	if (i >= conv->nparams) {
		return absent;
	}
	src = &conv->sources[i];
	switch (src->from) {
	case FROM_OWN: return stored_checked(ev, src->index);
	case FROM_OWN_DYN:
		v = stored_checked(ev, src->index);
		if (v.len == 0) {
			return absent;
		}
		v.p++;
		v.len--;
		return v;
	case FROM_ENTER: return from_enter(ev, src, i);
	case FROM_DEFAULT: return default_value(ev->type, i);
	default: return absent;
	}
}

bool event_u8(const struct event *ev, unsigned int i, uint8_t *ret_x)
{
	struct param v = event_param(ev, i);

	if (v.len < 1) {
		return false;
	}
	*ret_x = v.p[0];
	return true;
}

bool event_u16(const struct event *ev, unsigned int i, uint16_t *ret_x)
{
	struct param v = event_param(ev, i);

	if (v.len < 2) {
		return false;
	}
	*ret_x = load_le16(v.p);
	return true;
}

bool event_u32(const struct event *ev, unsigned int i, uint32_t *ret_x)
{
	struct param v = event_param(ev, i);

	if (v.len < 4) {
		return false;
	}
	*ret_x = load_le32(v.p);
	return true;
}

bool event_u64(const struct event *ev, unsigned int i, uint64_t *ret_x)
{
	struct param v = event_param(ev, i);

	if (v.len < 8) {
		return false;
	}
	*ret_x = load_le64(v.p);
	return true;
}

bool event_s64(const struct event *ev, unsigned int i, int64_t *ret_x)
{
	uint64_t x;

	if (!event_u64(ev, i, &x)) {
		return false;
	}
	*ret_x = (int64_t)x;
	return true;
}

static bool is_signed(unsigned int type)
{
	switch (type) {
	case PT_INT8:
	case PT_INT16:
	case PT_INT32:
	case PT_FD32:
	case PT_PID32: return true;
	default: return false; /* 8-byte types need no widening */
	}
}

bool event_int(const struct event *ev, unsigned int i, int64_t *ret_x)
{
	const struct schema_param *row;
	struct param v;

	if (ev->type >= SCHEMA_EVENTS || i >= schema_events[ev->type].nparams) {
		return false;
	}
	row = &schema_events[ev->type].params[i];
	v = event_param(ev, i);
	if (row->size == 0 || v.len < row->size) {
		return false;
	}
	switch (row->size) {
	case 1: *ret_x = is_signed(row->type) ? (int8_t)v.p[0] : v.p[0]; return true;
	case 2:
		*ret_x = is_signed(row->type) ? (int16_t)load_le16(v.p) : load_le16(v.p);
		return true;
	case 4:
		*ret_x = is_signed(row->type) ? (int32_t)load_le32(v.p) : (int64_t)load_le32(v.p);
		return true;
	case 8: *ret_x = (int64_t)load_le64(v.p); return true;
	default: return false;
	}
}

bool event_text(const struct event *ev, unsigned int i, struct param *ret_text)
{
	struct param v = event_param(ev, i);

	if (v.len == 0) {
		return false;
	}
	if (v.p[v.len - 1] == '\0') {
		v.len--;
	}
	if ((v.len == 6 && memcmp(v.p, "(NULL)", 6) == 0) ||
	    (v.len == 4 && memcmp(v.p, "<NA>", 4) == 0)) {
		return false;
	}
	*ret_text = v;
	return true;
}

uint64_t event_messages_bytes(const struct event *ev)
{
	uint32_t size;

	if (ev->res <= 0) {
		return 0;
	}
	return (uint64_t)ev->res < event_param(ev, 3).len && event_u32(ev, 2, &size) ? size : (uint64_t)ev->res;
}

int event_param_index(uint16_t type, const char *name)
{
	const struct schema_event *row;

	if (type >= SCHEMA_EVENTS) {
		return -1;
	}
	row = &schema_events[type];
	for (unsigned int i = 0; i < row->nparams; i++) {
		if (strcmp(row->params[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

const char *event_name(const struct event *ev)
{
	const char *name = NULL;
	uint16_t code;

	if (ev->type >= SCHEMA_EVENTS) {
		return "unknown";
	}
	if (ev->type == EV_GENERIC_E || ev->type == EV_GENERIC_X) {
		if (event_u16(ev, 0, &code)) {
			name = schema_syscall_name(code);
		}
		return name != NULL ? name : "unknown";
	}
	if (ev->type == EV_ASYNCEVENT_E) {
		struct param v = event_param(ev, 1);

		if (v.len > 1 && v.p[v.len - 1] == '\0') {
			return (const char *)v.p;
		}
	}
	return schema_events[ev->type].name;
}
