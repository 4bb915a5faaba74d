/*
 * regex.c - see regex.h.
 */
#include "filter/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/err.h"
#include "base/limits.h"
#include "filter/eval.h"

#define JIT_STACK_MIN (32u << 10)
#define JIT_STACK_MAX (1u << 20)
#define HEAP_KIB 4096 /* of the interpreter, where there is no JIT */

void *regex_new(const char *pattern, size_t len, bool anywhere, char *why, size_t why_size)
{
	uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
	int error;
	PCRE2_SIZE at;
	PCRE2_UCHAR message[100];
	pcre2_code *re;

	options |= anywhere ? PCRE2_CASELESS : PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	re = pcre2_compile((PCRE2_SPTR)pattern, len, options, &error, &at, NULL);
	if (re == NULL) {
		if (pcre2_get_error_message(error, message, sizeof(message)) < 0) {
			message[0] = '\0';
		}
		(void)snprintf(why, why_size, "%s, at its character %zu", (const char *)message,
			       (size_t)at + 1);
		return NULL;
	}
	/* Without JIT it is interpreted. */
	(void)pcre2_jit_compile(re, PCRE2_JIT_COMPLETE);
	return re;
}

int regex_state_init(struct filter_state *st)
{
	/* What the groups caught is not asked for: one pair of offsets is enough. */
	st->match = pcre2_match_data_create(1, NULL);
	st->context = pcre2_match_context_create(NULL);
	st->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
	if (st->match == NULL || st->context == NULL) {
		return ERR_NOMEM;
	}
	pcre2_set_match_limit(st->context, LIMIT_REGEX_STEPS);
	pcre2_set_heap_limit(st->context, HEAP_KIB);
	if (st->stack != NULL) {
		pcre2_jit_stack_assign(st->context, NULL, st->stack);
	}
	return 0;
}

void regex_state_release(struct filter_state *st)
{
	pcre2_match_data_free(st->match);
	pcre2_match_context_free(st->context);
	pcre2_jit_stack_free(st->stack);
}

bool compare_regex(const struct filter_test *t, struct test_run *x, const struct field_value *v,
		   const struct constant *k)
{
	int n;

	UNUSED_ARG(t);
	if (!value_is_text(v) || x->st == NULL) {
		return false;
	}
	n = pcre2_match(k->v.re, (PCRE2_SPTR)v->v.text, v->len, 0, 0, x->st->match, x->st->context);
	if (UNLIKELY(n < 0 && n != PCRE2_ERROR_NOMATCH)) {
		x->st->gave_up++;
	}
	return n >= 0;
}
