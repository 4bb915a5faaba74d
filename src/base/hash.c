/*
 * hash.c - see hash.h.
 */
#include "base/hash.h"

#include <sys/auxv.h>

uint64_t hash_seed(const void *owner)
{
	/* 16 random bytes that the kernel lays beside the arguments of every program. */
	const uint8_t *random = (const uint8_t *)getauxval(AT_RANDOM);
	uint64_t a = UINT64_C(0x9E3779B97F4A7C15);
	uint64_t b = (uintptr_t)&hash_seed;

	if (random != NULL) {
		a ^= load_le64(random);
		b ^= load_le64(random + 8);
	}
	return hash_mix(a ^ (uintptr_t)owner, b | 1);
}
