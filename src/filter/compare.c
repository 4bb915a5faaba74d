/*
 * compare.c - one value against one constant, or against a whole list: a function for each operator and class
 * of values. Any worker. A value of another kind than its field's type says (evt.rawarg of events that name
 * another thing alike) compares false.
 */
#include "filter/eval.h"
#include "filter/fields_internal.h"
#include "filter/glob.h"
#include "filter/value_read.h"

#define CMP(name)                                                         \
	static bool name(const struct filter_test *t, struct test_run *x, \
			 const struct field_value *v, const struct constant *k)

/* ---- numbers ---- */

#define CMP_NUMBER(name, test)                                                \
	CMP(name)                                                             \
	{                                                                     \
		struct number n;                                              \
                                                                              \
		UNUSED_ARG(t);                                                \
		UNUSED_ARG(x);                                                \
		return value_number(v, &n) && (number_order(n, k->v.n) test); \
	}

CMP_NUMBER(number_eq, == 0)
CMP_NUMBER(number_ne, != 0)
CMP_NUMBER(number_lt, < 0)
CMP_NUMBER(number_le, <= 0)
CMP_NUMBER(number_gt, > 0)
CMP_NUMBER(number_ge, >= 0)

/* Constants are ranges in order that do not touch. */
CMP(number_in)
{
	struct number n;
	uint32_t low = 0;
	uint32_t high = t->count;

	UNUSED_ARG(x);
	UNUSED_ARG(k);
	if (!value_number(v, &n)) {
		return false;
	}
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (number_order(t->consts[middle].to.n, n) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < t->count && number_order(t->consts[low].v.n, n) <= 0;
}

static bool value_real(const struct field_value *v, double *ret_f)
{
	struct number n;

	if (v->kind == VALUE_DOUBLE) {
		*ret_f = v->v.f;
		return true;
	}
	if (!value_number(v, &n)) {
		return false;
	}
	*ret_f = n.neg ? (double)(int64_t)n.u : (double)n.u;
	return true;
}

#define CMP_REAL(name, test)                                 \
	CMP(name)                                            \
	{                                                    \
		double f;                                    \
                                                             \
		UNUSED_ARG(t);                               \
		UNUSED_ARG(x);                               \
		return value_real(v, &f) && (f test k->v.f); \
	}

CMP_REAL(real_eq, ==)
CMP_REAL(real_ne, !=)
CMP_REAL(real_lt, <)
CMP_REAL(real_le, <=)
CMP_REAL(real_gt, >)
CMP_REAL(real_ge, >=)

CMP(real_in)
{
	double f;

	UNUSED_ARG(x);
	UNUSED_ARG(k);
	if (!value_real(v, &f)) {
		return false;
	}
	for (uint32_t i = 0; i < t->count; i++) {
		if (f >= t->consts[i].v.f && f <= t->consts[i].to.f) {
			return true;
		}
	}
	return false;
}

/* ---- texts and bytes ---- */

static ALWAYS_INLINE bool same_text(const struct field_value *v, const struct constant *k)
{
	return v->len == k->len && memcmp(v->v.text, k->v.text, k->len) == 0;
}

CMP(text_eq)
{
	UNUSED_ARG(t);
	UNUSED_ARG(x);
	return value_is_text(v) && same_text(v, k);
}

CMP(text_ne)
{
	UNUSED_ARG(t);
	UNUSED_ARG(x);
	return value_is_text(v) && !same_text(v, k);
}

static int text_order(const struct field_value *v, const struct constant *k)
{
	int order = memcmp(v->v.text, k->v.text, v->len < k->len ? v->len : k->len);

	return order != 0 ? order : (v->len > k->len) - (v->len < k->len);
}

#define CMP_TEXT(name, test)                                        \
	CMP(name)                                                   \
	{                                                           \
		UNUSED_ARG(t);                                      \
		UNUSED_ARG(x);                                      \
		return value_is_text(v) && text_order(v, k) test 0; \
	}

CMP_TEXT(text_lt, <)
CMP_TEXT(text_le, <=)
CMP_TEXT(text_gt, >)
CMP_TEXT(text_ge, >=)

/* With a set when there are many. */
CMP(text_in)
{
	UNUSED_ARG(x);
	UNUSED_ARG(k);
	if (!value_is_text(v) || v->len < t->shortest || v->len > t->longest) {
		return false;
	}
	if (t->set.slots != NULL) {
		return text_map_get(&t->set, v->v.text, v->len) != TEXT_MAP_NONE;
	}
	for (uint32_t i = 0; i < t->count; i++) {
		if (same_text(v, &t->consts[i])) {
			return true;
		}
	}
	return false;
}

/* Below this, looking for the first byte is faster than memmem's preparations. */
#define SHORT_BYTES 48

static bool holds_bytes(const struct field_value *v, const char *s, uint32_t len)
{
	const char *p = v->v.text;
	const char *end;

	if (v->len < len || len == 0) {
		return len == 0;
	}
	if (v->len >= SHORT_BYTES) {
		return memmem(p, v->len, s, len) != NULL;
	}
	for (end = p + (v->len - len) + 1;
	     p < end && (p = memchr(p, s[0], (size_t)(end - p))) != NULL; p++) {
		if (memcmp(p, s, len) == 0) {
			return true;
		}
	}
	return false;
}

CMP(text_contains)
{
	UNUSED_ARG(t);
	UNUSED_ARG(x);
	return value_is_text(v) && holds_bytes(v, k->v.text, k->len);
}

static char *lowered(struct field_ctx *c, const char *s, uint32_t len)
{
	char *low = ctx_alloc(c, (size_t)len + 1);

	for (uint32_t i = 0; low != NULL && i < len; i++) {
		low[i] = (char)ascii_lower((unsigned char)s[i]);
	}
	return low;
}

/* A constant has been lowered when it was compiled; a value of the right side has not. */
CMP(text_icontains)
{
	struct field_value low = *v;
	const char *needle = k->v.text;

	if (!value_is_text(v) || v->len < k->len) {
		return false;
	}
	low.v.text = lowered(x->c, v->v.text, v->len);
	if (t->right != NULL) {
		needle = lowered(x->c, k->v.text, k->len);
	}
	return low.v.text != NULL && needle != NULL && holds_bytes(&low, needle, k->len);
}

CMP(text_startswith)
{
	UNUSED_ARG(t);
	UNUSED_ARG(x);
	return value_is_text(v) && v->len >= k->len && memcmp(v->v.text, k->v.text, k->len) == 0;
}

CMP(text_endswith)
{
	UNUSED_ARG(t);
	UNUSED_ARG(x);
	return value_is_text(v) && v->len >= k->len &&
	       memcmp(v->v.text + v->len - k->len, k->v.text, k->len) == 0;
}

/* Digits of the right side as bytes; a constant's were read when it was compiled. */
static bool hex_of(const struct filter_test *t, struct test_run *x, const struct constant *k,
		   struct constant *ret_k)
{
	char *out;

	*ret_k = *k;
	if (t->right == NULL) {
		return true;
	}
	out = ctx_alloc(x->c, (size_t)k->len / 2 + 1);
	ret_k->v.text = out;
	return out != NULL && value_read_hex(k->v.text, k->len, out, &ret_k->len);
}

CMP(bytes_bcontains)
{
	struct constant b;

	return value_is_text(v) && hex_of(t, x, k, &b) && holds_bytes(v, b.v.text, b.len);
}

CMP(bytes_bstartswith)
{
	struct constant b;

	return value_is_text(v) && hex_of(t, x, k, &b) && v->len >= b.len &&
	       memcmp(v->v.text, b.v.text, b.len) == 0;
}

CMP(text_glob)
{
	UNUSED_ARG(t);
	UNUSED_ARG(x);
	return value_is_text(v) && glob_match(k->v.text, k->len, v->v.text, v->len, false);
}

CMP(text_iglob)
{
	UNUSED_ARG(t);
	UNUSED_ARG(x);
	return value_is_text(v) && glob_match(k->v.text, k->len, v->v.text, v->len, true);
}

/* ---- addresses ---- */

/* Within the prefix of the constant. */
static bool in_prefix(const struct field_value *v, const struct constant *k)
{
	unsigned int whole = k->bits / 8;
	unsigned int rest = k->bits % 8;

	if (v->len != k->len || memcmp(v->v.text, k->v.text, whole) != 0) {
		return false;
	}
	return rest == 0 ||
	       (((uint8_t)v->v.text[whole] ^ (uint8_t)k->v.text[whole]) >> (8 - rest)) == 0;
}

CMP(ip_eq)
{
	UNUSED_ARG(t);
	UNUSED_ARG(x);
	return v->kind == VALUE_IP && in_prefix(v, k);
}

CMP(ip_ne)
{
	UNUSED_ARG(t);
	UNUSED_ARG(x);
	return v->kind == VALUE_IP && !in_prefix(v, k);
}

static bool in_ip_range(const struct field_value *v, const struct constant *k)
{
	return v->len == k->len && memcmp(v->v.text, k->v.text, k->len) >= 0 &&
	       memcmp(v->v.text, k->to.text, k->len) <= 0;
}

/* Ranges come first and are tried one by one; networks are looked up, once for each length of prefix that
 * there is. */
CMP(ip_in)
{
	uint8_t key[17];

	UNUSED_ARG(x);
	UNUSED_ARG(k);
	if (v->kind != VALUE_IP || v->len > 16) {
		return false;
	}
	for (uint32_t i = 0; i < t->plain_count; i++) {
		if (in_ip_range(v, &t->consts[i])) {
			return true;
		}
	}
	for (uint32_t i = 0; i < t->prefix_count; i++) {
		unsigned int bits = t->prefixes[2 * i + 1];
		unsigned int whole = bits / 8;

		if (t->prefixes[2 * i] != v->len) {
			continue;
		}
		memset(key, 0, sizeof(key));
		key[0] = (uint8_t)bits;
		memcpy(key + 1, v->v.text, whole);
		if (bits % 8 != 0) {
			key[1 + whole] =
				(uint8_t)v->v.text[whole] & (uint8_t)(0xff00 >> (bits % 8));
		}
		if (text_map_get(&t->set, key, 1 + v->len) != TEXT_MAP_NONE) {
			return true;
		}
	}
	return false;
}

/* ---- which is for what ---- */

/* clang-format off */
static test_fn *const numbers[OP_COUNT] = {
	[OP_EQ] = number_eq, [OP_NE] = number_ne, [OP_LT] = number_lt,	  [OP_LE] = number_le,
	[OP_GT] = number_gt, [OP_GE] = number_ge, [OP_IN] = number_in, [OP_INTERSECTS] = number_in,
};
/* clang-format on */

/* clang-format off */
static test_fn *const reals[OP_COUNT] = {
	[OP_EQ] = real_eq, [OP_NE] = real_ne, [OP_LT] = real_lt,   [OP_LE] = real_le,
	[OP_GT] = real_gt, [OP_GE] = real_ge, [OP_IN] = real_in, [OP_INTERSECTS] = real_in,
};
/* clang-format on */

static test_fn *const texts[OP_COUNT] = {
	[OP_EQ] = text_eq,
	[OP_NE] = text_ne,
	[OP_LT] = text_lt,
	[OP_LE] = text_le,
	[OP_GT] = text_gt,
	[OP_GE] = text_ge,
	[OP_CONTAINS] = text_contains,
	[OP_ICONTAINS] = text_icontains,
	[OP_BCONTAINS] = bytes_bcontains,
	[OP_STARTSWITH] = text_startswith,
	[OP_BSTARTSWITH] = bytes_bstartswith,
	[OP_ENDSWITH] = text_endswith,
	[OP_GLOB] = text_glob,
	[OP_IGLOB] = text_iglob,
	[OP_REGEX] = compare_regex,
	[OP_MATCHES] = compare_regex,
	[OP_IN] = text_in,
	[OP_INTERSECTS] = text_in,
	[OP_PMATCH] = compare_path,
};

/* clang-format off */
static test_fn *const addresses[OP_COUNT] = {
	[OP_EQ] = ip_eq, [OP_NE] = ip_ne, [OP_IN] = ip_in, [OP_INTERSECTS] = ip_in,
};
/* clang-format on */

test_fn *compare_fn(int op, int cls)
{
	switch (cls) {
	case CLASS_TEXT:
	case CLASS_BYTES: return texts[op];
	case CLASS_DOUBLE: return reals[op];
	case CLASS_IP:
	case CLASS_NET: return addresses[op];
	default: return numbers[op];
	}
}
