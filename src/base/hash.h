/*
 * hash.h - placing bytes of the input in hash tables so that nobody can choose bytes that collide.
 *
 * A secret drawn by the kernel for this run stands on both sides of every multiplication. Results must not depend on
 * it: it differs from run to run.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/cursor.h"

/* A seed for one table: different for each address that owns one. Not to be varied by hand: numbers that belong to a
 * key are added to the hash, through map_hash. */
uint64_t hash_seed(const void *owner);

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 x = (unsigned __int128)a * b;

	return (uint64_t)x ^ (uint64_t)(x >> 64);
}

static inline uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t n)
{
	const uint8_t *p = (const uint8_t *)bytes;
	uint64_t other = seed << 32 | seed >> 32;
	uint64_t h = seed ^ n * (other | 1);
	uint64_t a = 0;
	uint64_t b = 0;

	for (; n > 16; n -= 16, p += 16) {
		h = hash_mix(load_le64(p) ^ seed, load_le64(p + 8) ^ h);
	}
	if (n >= 8) {
		a = load_le64(p);
		b = load_le64(p + n - 8);
	} else if (n >= 4) {
		a = load_le32(p);
		b = load_le32(p + n - 4);
	} else if (n > 0) {
		a = (uint64_t)p[0] << 16 | (uint64_t)p[n >> 1] << 8 | p[n - 1];
	}
	return hash_mix(a ^ other, b ^ h);
}

#endif
