/*
 * compare_path.c - pmatch: does a path equal one of a list, or lie under one? Any worker.
 *
 * Component by component: /etc is over /etc/passwd, not over /etcx. Entries without glob characters are
 * looked up, once for each component of the value; those with them are tried one by one.
 */
#include "filter/eval.h"
#include "filter/glob.h"

/* Bytes of the component at s. */
static size_t component(const char *s, size_t left)
{
	const char *slash = memchr(s, '/', left);

	return slash != NULL ? (size_t)(slash - s) : left;
}

static bool glob_over(const struct constant *k, const char *s, size_t len)
{
	const char *p = k->v.text;
	size_t left = k->len;

	for (;;) {
		size_t a = component(p, left);
		size_t b = component(s, len);

		if (!glob_match(p, a, s, b, false)) {
			return false;
		}
		if (a == left) {
			return true;
		}
		if (b == len) {
			return false;
		}
		p += a + 1;
		left -= a + 1;
		s += b + 1;
		len -= b + 1;
	}
}

bool compare_path(const struct filter_test *t, struct test_run *x, const struct field_value *v,
		  const struct constant *k)
{
	const char *s = v->v.text;

	UNUSED_ARG(x);
	UNUSED_ARG(k);
	if (!value_is_text(v)) {
		return false;
	}
	for (uint32_t n = 0; t->set.slots != NULL && n <= v->len && n <= t->longest; n++) {
		if ((n == v->len || s[n] == '/') && text_map_get(&t->set, s, n) != TEXT_MAP_NONE) {
			return true;
		}
	}
	for (uint32_t i = t->plain_count; i < t->count; i++) {
		if (t->consts[i].len == 0 ? v->len == 0 : glob_over(&t->consts[i], s, v->len)) {
			return true;
		}
	}
	return false;
}
