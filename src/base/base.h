/*
 * base.h - the ground every file stands on: feature macros, plain types and the few
 * macros used everywhere. Included first by every header and source of the project.
 * It also makes the calls that have no place in code that reads untrusted bytes into
 * compile errors.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define UNUSED_ARG(x) ((void)(x))

/* Assertions in hot loops: on in debug and sanitizer builds only. */
#ifdef THRESHER_DEBUG
#define DBG_ASSERT(x) assert(x)
#else
#define DBG_ASSERT(x) ((void)0)
#endif

#define NSEC_PER_SEC UINT64_C(1000000000)

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Sizes from untrusted counts: *ret_x is written only when nothing overflowed. */
static inline bool mul_ok(size_t a, size_t b, size_t *ret_x)
{
	size_t x;
	if (__builtin_mul_overflow(a, b, &x)) {
		return false;
	}
	*ret_x = x;
	return true;
}

static inline bool add_ok(size_t a, size_t b, size_t *ret_x)
{
	size_t x;
	if (__builtin_add_overflow(a, b, &x)) {
		return false;
	}
	*ret_x = x;
	return true;
}

/* Calls without bounds: using one does not compile. */
#define BANNED(f) f##_is_banned_here
#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strncpy
#define strncpy(...) BANNED(strncpy)
#undef strncat
#define strncat(...) BANNED(strncat)
#undef strtok
#define strtok(...) BANNED(strtok)
#undef alloca
#define alloca(...) BANNED(alloca)

#endif
