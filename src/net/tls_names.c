/*
 * tls_names.c - names of TLS's numbers, from IANA's registries "TLS Cipher Suites", "TLS Supported Groups" and "TLS
 * Alerts". Any thread.
 */
#include "net/tls.h"

struct tls_name {
	uint16_t number;
	const char *name;
};

static const struct tls_name ciphers[] = {
#define CIPHER(number, name) { number, name },
#include "net/tls_ciphers.def"
#undef CIPHER
};

static const struct tls_name groups[] = {
	{ 1, "sect163k1" }, { 2, "sect163r1" }, { 3, "sect163r2" }, { 4, "sect193r1" }, { 5, "sect193r2" }, { 6, "sect233k1" },
	{ 7, "sect233r1" }, { 8, "sect239k1" }, { 9, "sect283k1" }, { 10, "sect283r1" }, { 11, "sect409k1" }, { 12, "sect409r1" },
	{ 13, "sect571k1" }, { 14, "sect571r1" }, { 15, "secp160k1" }, { 16, "secp160r1" }, { 17, "secp160r2" }, { 18, "secp192k1" },
	{ 19, "secp192r1" }, { 20, "secp224k1" }, { 21, "secp224r1" }, { 22, "secp256k1" }, { 23, "secp256r1" }, { 24, "secp384r1" },
	{ 25, "secp521r1" }, { 26, "brainpoolP256r1" }, { 27, "brainpoolP384r1" }, { 28, "brainpoolP512r1" }, { 29, "x25519" },
	{ 30, "x448" }, { 31, "brainpoolP256r1tls13" }, { 32, "brainpoolP384r1tls13" }, { 33, "brainpoolP512r1tls13" },
	{ 34, "GC256A" }, { 35, "GC256B" }, { 36, "GC256C" }, { 37, "GC256D" }, { 38, "GC512A" }, { 39, "GC512B" }, { 40, "GC512C" },
	{ 41, "curveSM2" }, { 256, "ffdhe2048" }, { 257, "ffdhe3072" }, { 258, "ffdhe4096" }, { 259, "ffdhe6144" },
	{ 260, "ffdhe8192" }, { 512, "MLKEM512" }, { 513, "MLKEM768" }, { 514, "MLKEM1024" }, { 4587, "SecP256r1MLKEM768" },
	{ 4588, "X25519MLKEM768" }, { 4589, "SecP384r1MLKEM1024" }, { 4590, "curveSM2MLKEM768" }, { 25497, "X25519Kyber768Draft00" },
	{ 25498, "SecP256r1Kyber768Draft00" }, { 65281, "arbitrary_explicit_prime_curves" },
	{ 65282, "arbitrary_explicit_char2_curves" },
};

static const struct tls_name alerts[] = {
	{ 0, "close_notify" }, { 10, "unexpected_message" }, { 20, "bad_record_mac" }, { 21, "decryption_failed" },
	{ 22, "record_overflow" }, { 30, "decompression_failure" }, { 40, "handshake_failure" }, { 41, "no_certificate" },
	{ 42, "bad_certificate" }, { 43, "unsupported_certificate" }, { 44, "certificate_revoked" }, { 45, "certificate_expired" },
	{ 46, "certificate_unknown" }, { 47, "illegal_parameter" }, { 48, "unknown_ca" }, { 49, "access_denied" },
	{ 50, "decode_error" }, { 51, "decrypt_error" }, { 52, "too_many_cids_requested" }, { 60, "export_restriction" },
	{ 70, "protocol_version" }, { 71, "insufficient_security" }, { 80, "internal_error" }, { 86, "inappropriate_fallback" },
	{ 90, "user_canceled" }, { 100, "no_renegotiation" }, { 109, "missing_extension" }, { 110, "unsupported_extension" },
	{ 111, "certificate_unobtainable" }, { 112, "unrecognized_name" }, { 113, "bad_certificate_status_response" },
	{ 114, "bad_certificate_hash_value" }, { 115, "unknown_psk_identity" }, { 116, "certificate_required" },
	{ 117, "general_error" }, { 120, "no_application_protocol" }, { 121, "ech_required" },
};

static const struct tls_name versions[] = {
	{ 0x0002, "SSL 2.0" }, { 0x0300, "SSL 3.0" }, { 0x0301, "TLS 1.0" }, { 0x0302, "TLS 1.1" }, { 0x0303, "TLS 1.2" },
	{ 0x0304, "TLS 1.3" },
};

/* Tables are sorted by number. NULL: not there. */
static const char *find(const struct tls_name *table, size_t n, uint16_t number)
{
	size_t low = 0;

	while (low < n) {
		size_t mid = low + (n - low) / 2;

		if (table[mid].number == number) {
			return table[mid].name;
		}
		if (table[mid].number < number) {
			low = mid + 1;
		} else {
			n = mid;
		}
	}
	return NULL;
}

static const char *name_or_hex(const char *name, uint16_t number, char buf[TLS_NAME_BYTES])
{
	if (name != NULL) {
		return name;
	}
	snprintf(buf, TLS_NAME_BYTES, "0x%04x", number);
	return buf;
}

const char *tls_version_name(uint16_t version, char buf[TLS_NAME_BYTES])
{
	return name_or_hex(find(versions, ARRAY_LEN(versions), version), version, buf);
}

const char *tls_cipher_name(uint16_t cipher, char buf[TLS_NAME_BYTES])
{
	return name_or_hex(find(ciphers, ARRAY_LEN(ciphers), cipher), cipher, buf);
}

const char *tls_group_name(uint16_t group, char buf[TLS_NAME_BYTES])
{
	return name_or_hex(find(groups, ARRAY_LEN(groups), group), group, buf);
}

const char *tls_alert_name(uint8_t alert, char buf[TLS_NAME_BYTES])
{
	const char *name = find(alerts, ARRAY_LEN(alerts), alert);

	if (name != NULL) {
		return name;
	}
	snprintf(buf, TLS_NAME_BYTES, "%u", alert);
	return buf;
}
