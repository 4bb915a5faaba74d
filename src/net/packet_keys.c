/*
 * packet_keys.c - decryption secrets blocks: the client randoms of the TLS sessions whose keys the capture holds. The
 * keys themselves are not kept. In order, one thread.
 *
 * Lines of a TLS key log: a label, the client random and a secret, the latter two in hexadecimal (the NSS key log
 * format).
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "net/packet_meta_internal.h"

enum { RANDOM_BYTES = 32, SECRETS_TLS = 0x544c534b };

/* What stands in front of a client random; RSA lines are by something else. */
static const char *const labels[] = {
	"CLIENT_RANDOM", "CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
	"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EARLY_EXPORTER_SECRET", "EXPORTER_SECRET", "ECH_SECRET",
	"ECH_CONFIG",
};

void net_keys_release(struct net_keys *k)
{
	free(k->randoms);
	free(k->slots);
	memset(k, 0, sizeof(*k));
}

/* The slot of a random, or the empty one where it belongs. */
static size_t find_slot(const struct net_keys *k, const uint8_t *client_random)
{
	size_t i = hash_bytes(k->seed, client_random, RANDOM_BYTES) & k->mask;

	while (k->slots[i] != 0 && memcmp(k->randoms[k->slots[i] - 1], client_random, RANDOM_BYTES) != 0) {
		i = (i + 1) & k->mask;
	}
	return i;
}

bool net_keys_has(const struct net_keys *k, const uint8_t client_random[32])
{
	return k != NULL && k->count > 0 && k->slots[find_slot(k, client_random)] != 0;
}

/* Twice as many slots as randoms. */
static int grow_keys(struct net_keys *k)
{
	uint32_t cap = k->cap == 0 ? 64 : k->cap * 2;
	uint8_t (*randoms)[32] = realloc(k->randoms, cap * sizeof(*randoms));
	uint32_t *slots;

	if (randoms == NULL) {
		return ERR_NOMEM;
	}
	k->randoms = randoms;
	slots = calloc((size_t)cap * 2, sizeof(*slots));
	if (slots == NULL) {
		return ERR_NOMEM;
	}
	if (k->seed == 0) {
		k->seed = hash_seed(k);
	}
	free(k->slots);
	k->slots = slots;
	k->mask = (size_t)cap * 2 - 1;
	k->cap = cap;
	for (uint32_t i = 0; i < k->count; i++) {
		k->slots[find_slot(k, k->randoms[i])] = i + 1;
	}
	return 0;
}

static int add_random(struct net_keys *k, const uint8_t *client_random)
{
	size_t i;

	if (net_keys_has(k, client_random)) {
		return 0;
	}
	if (k->count == LIMIT_KEY_RANDOMS) {
		return 0;
	}
	if (k->count == k->cap && grow_keys(k) != 0) {
		return ERR_NOMEM;
	}
	i = find_slot(k, client_random);
	memcpy(k->randoms[k->count], client_random, RANDOM_BYTES);
	k->slots[i] = ++k->count;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_random(const char *s, uint8_t *ret_random)
{
	for (unsigned int i = 0; i < RANDOM_BYTES; i++) {
		int high = hex_digit(s[2 * i]), low = hex_digit(s[2 * i + 1]);

		if (high < 0 || low < 0) {
			return false;
		}
		ret_random[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool is_label(const char *s, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		if (strlen(labels[i]) == len && memcmp(labels[i], s, len) == 0) {
			return true;
		}
	}
	return false;
}

/* One line without its end. */
static int add_line(struct net_keys *k, const char *line, size_t len)
{
	uint8_t client_random[RANDOM_BYTES];
	const char *space = memchr(line, ' ', len);
	size_t label = space != NULL ? (size_t)(space - line) : 0;

	if (space == NULL || len - label < 1 + 2 * RANDOM_BYTES || !is_label(line, label) ||
	    !read_random(space + 1, client_random)) {
		return 0;
	}
	k->secrets++;
	return add_random(k, client_random);
}

static int add_log(struct net_keys *k, const char *s, size_t len)
{
	int rc = 0;

	while (len > 0 && rc == 0) {
		const char *end = memchr(s, '\n', len);
		size_t line = end != NULL ? (size_t)(end - s) : len;
		size_t step = end != NULL ? line + 1 : line;

		rc = add_line(k, s, line);
		s += step;
		len -= step;
	}
	return rc;
}

int net_keys_add_block(struct net_keys *k, const uint8_t *body, uint32_t len, bool be)
{
	struct cursor c = cur_make(body, len);
	uint32_t type = cur_u32(&c, be);
	uint32_t n = cur_u32(&c, be);
	const uint8_t *secrets = cur_take(&c, n);

	if (c.bad) {
		return 0;
	}
	if (type != SECRETS_TLS) {
		k->secrets++;
		return 0;
	}
	return add_log(k, (const char *)secrets, n);
}
