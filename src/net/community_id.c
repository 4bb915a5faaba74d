/*
 * community_id.c - the Community ID, version 1, of a flow: SHA-1 over the seed, both ends in canonical order, the
 * protocol and the ports, in base64. Keys have their ends in that order already. Any thread.
 */
#include <openssl/evp.h>

#include "net/flow.h"

#include "base/encode.h"

#define SHA1_BYTES 20
#define INPUT_BYTES (2 + 2 * 16 + 2 + 2 * 2)

static size_t add_be16(uint8_t *p, size_t at, uint16_t x)
{
	p[at] = (uint8_t)(x >> 8);
	p[at + 1] = (uint8_t)x;
	return at + 2;
}

static bool has_ports(uint8_t ip_proto)
{
	switch (ip_proto) {
	case IP_TCP:
	case IP_UDP:
	case IP_SCTP:
	case IP_ICMP:
	case IP_ICMPV6:
		return true;
	default:
		return false;
	}
}

static size_t input_of(const struct flow_key *key, uint16_t seed, uint8_t p[INPUT_BYTES])
{
	size_t skip = key->ip_version == 4 ? 12 : 0;
	size_t n = add_be16(p, 0, seed);

	for (unsigned int i = 0; i < 2; i++) {
		memcpy(&p[n], &key->addr[i][skip], 16 - skip);
		n += 16 - skip;
	}
	p[n++] = key->ip_proto;
	p[n++] = 0;
	if (has_ports(key->ip_proto)) {
		n = add_be16(p, n, key->port[0]);
		n = add_be16(p, n, key->port[1]);
	}
	return n;
}

void community_id(const struct flow_key *key, uint16_t seed, char ret_id[COMMUNITY_ID_BYTES])
{
	uint8_t input[INPUT_BYTES];
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t n = input_of(key, seed, input);

	if (EVP_Digest(input, n, digest, NULL, EVP_sha1(), NULL) != 1) {
		ret_id[0] = '\0';
		return;
	}
	memcpy(ret_id, "1:", 2);
	encode_base64(ret_id + 2, digest, SHA1_BYTES);
	ret_id[2 + ENCODE_BASE64_CHARS(SHA1_BYTES)] = '\0';
}
