/*
 * params.c - parameters of clone and execve, which have up to 31 of them: located in one walk.
 *
 * Reads an event and its enter event through event_param; copies nothing. Fold only.
 */
#include "state/state_internal.h"

static const struct param none = { NULL, 0 };

void params_load(const struct event *ev, struct params *ret_ps)
{
	unsigned int n = ev->stored_nparams < PARAMS_MAX ? ev->stored_nparams : PARAMS_MAX;
	bool wide = (ev->flags & EVENT_WIDE) != 0;
	const uint8_t *value = ev->lens + (size_t)ev->stored_nparams * (wide ? 4 : 2);

	if (ev->conv != 0) {
		ret_ps->count = ev->nparams < PARAMS_MAX ? ev->nparams : PARAMS_MAX;
		for (unsigned int i = 0; i < ret_ps->count; i++) {
			ret_ps->p[i] = event_param(ev, i);
		}
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		ret_ps->p[i].p = value;
		ret_ps->p[i].len = event_stored_len(ev, i);
		value += ret_ps->p[i].len;
	}
	ret_ps->count = n;
}

static struct param get(const struct params *ps, unsigned int i)
{
	return i < ps->count ? ps->p[i] : none;
}

int64_t params_s64(const struct params *ps, unsigned int i, int64_t absent)
{
	struct param v = get(ps, i);

	return v.len >= 8 ? (int64_t)load_le64(v.p) : absent;
}

uint64_t params_u64(const struct params *ps, unsigned int i, uint64_t absent)
{
	struct param v = get(ps, i);

	return v.len >= 8 ? load_le64(v.p) : absent;
}

uint32_t params_u32(const struct params *ps, unsigned int i, uint32_t absent)
{
	struct param v = get(ps, i);

	return v.len >= 4 ? load_le32(v.p) : absent;
}

struct param param_text(struct param v)
{
	static const char null_text[] = "(NULL)";
	static const char na_text[] = "<NA>";

	if (v.p == NULL || v.len == 0) {
		return none;
	}
	v.len = (uint32_t)strnlen((const char *)v.p, v.len);
	if (v.len == 4 && memcmp(v.p, na_text, 4) == 0) {
		return none;
	}
	if (v.len == 6 && memcmp(v.p, null_text, 6) == 0) {
		return none;
	}
	return v;
}

struct param params_text(const struct params *ps, unsigned int i)
{
	return param_text(get(ps, i));
}

struct param params_list(const struct params *ps, unsigned int i)
{
	struct param v = get(ps, i);

	if (v.p != NULL && v.len > 0 && v.p[v.len - 1] == '\0') {
		v.len--;
	}
	return v;
}
