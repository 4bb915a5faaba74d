/*
 * ja.c - fingerprints of hellos: JA3 and JA3S (MD5 of decimal lists; John Althouse and others, 2017), JA4 (FoxIO,
 * 2023: a readable part and two truncated SHA-256, of sorted ciphers and of sorted extensions with signature
 * algorithms). GREASE counts nowhere. Reads hellos that are whole; shard's thread.
 */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "net/tls_internal.h"

/* More than a hello of TLS_MESSAGE_BYTES can give: at most six characters for two bytes. */
#define JA_TEXT_BYTES (2 * LIMIT_ANALYZER_BYTES)
#define JA4_HASH 12

enum { EXT_SERVER_NAME = 0, EXT_ALPN = 16 };

/* Lower-case hex of the first n bytes of the hash; "" where the library refuses it. */
static void hash_text(const EVP_MD *md, const struct buf *text, size_t n, char *ret_hex)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	ret_hex[0] = '\0';
	if (!EVP_Digest(text->len > 0 ? text->data : "", text->len, digest, &len, md, NULL) || len < n) {
		ERR_clear_error();
		return;
	}
	encode_hex(ret_hex, digest, n);
	ret_hex[2 * n] = '\0';
}

static void add_decimal(struct buf *out, uint16_t x, bool *io_first)
{
	if (tls_is_grease(x)) {
		return;
	}
	if (!*io_first) {
		buf_addc(out, '-');
	}
	*io_first = false;
	buf_add_u64(out, x);
}

static void add_list(struct buf *out, struct cursor list)
{
	bool first = true;

	while (list.left >= 2) {
		add_decimal(out, cur_be16(&list), &first);
	}
}

static void add_extensions(struct buf *out, struct cursor list)
{
	struct cursor body;
	uint16_t type;
	bool first = true;

	while (tls_next_extension(&list, &type, &body)) {
		add_decimal(out, type, &first);
	}
}

static void add_formats(struct buf *out, struct cursor list)
{
	bool first = true;

	while (list.left > 0) {
		add_decimal(out, cur_u8(&list), &first);
	}
}

static int finish_ja3(struct buf *text, char ret_ja3[33])
{
	int rc = text->failed ? ERR_NOMEM : 0;

	if (rc == 0) {
		hash_text(EVP_md5(), text, 16, ret_ja3);
	}
	buf_release(text);
	return rc;
}

int ja3_client(const struct tls_hello *h, char ret_ja3[33])
{
	struct buf text;

	buf_init(&text, JA_TEXT_BYTES);
	buf_add_u64(&text, h->version);
	buf_addc(&text, ',');
	add_list(&text, h->ciphers);
	buf_addc(&text, ',');
	add_extensions(&text, h->extensions);
	buf_addc(&text, ',');
	add_list(&text, h->groups);
	buf_addc(&text, ',');
	add_formats(&text, h->formats);
	return finish_ja3(&text, ret_ja3);
}

int ja3_server(const struct tls_hello *h, char ret_ja3s[33])
{
	struct buf text;

	buf_init(&text, JA_TEXT_BYTES);
	buf_add_u64(&text, h->version);
	buf_addc(&text, ',');
	buf_add_u64(&text, h->cipher);
	buf_addc(&text, ',');
	add_extensions(&text, h->extensions);
	return finish_ja3(&text, ret_ja3s);
}

/* ---- JA4 ------------------------------------------------------------------------------------------------ */

static int by_number(const void *pa, const void *pb)
{
	const uint16_t *a = pa;
	const uint16_t *b = pb;

	return *a - *b;
}

static void add_hex(struct buf *out, char separator, uint16_t x)
{
	static const char digits[] = "0123456789abcdef";
	char text[5] = { separator, digits[x >> 12], digits[x >> 8 & 15], digits[x >> 4 & 15], digits[x & 15] };

	buf_add(out, separator != '\0' ? text : text + 1, separator != '\0' ? 5 : 4);
}

static void add_sorted(struct buf *out, uint16_t *list, size_t n)
{
	qsort(list, n, sizeof(*list), by_number);
	for (size_t i = 0; i < n; i++) {
		add_hex(out, i > 0 ? ',' : '\0', list[i]);
	}
}

static const char *ja4_version(uint16_t version)
{
	switch (version) {
	case 0x0304: return "13";
	case 0x0303: return "12";
	case 0x0302: return "11";
	case 0x0301: return "10";
	case 0x0300: return "s3";
	case 0x0002: return "s2";
	default: return "00";
	}
}

static bool alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* First and last character of the first protocol offered, or of its hex where they are not letters or digits. */
static void ja4_alpn(struct cursor list, char ret_two[2])
{
	static const char digits[] = "0123456789abcdef";
	size_t len = cur_u8(&list);
	struct cursor name = cur_sub(&list, len);
	uint8_t first;
	uint8_t last;

	ret_two[0] = ret_two[1] = '0';
	if (name.left == 0) {
		return;
	}
	first = name.p[0];
	last = name.p[name.left - 1];
	if (alphanumeric(first) && alphanumeric(last)) {
		ret_two[0] = (char)first;
		ret_two[1] = (char)last;
	} else {
		ret_two[0] = digits[first >> 4];
		ret_two[1] = digits[last & 15];
	}
}

/* The list without GREASE; n: how many. */
static size_t collect_ciphers(struct cursor list, uint16_t *ret_list)
{
	size_t n = 0;

	while (list.left >= 2) {
		ret_list[n] = cur_be16(&list);
		n += !tls_is_grease(ret_list[n]);
	}
	return n;
}

/* The same of extensions; name and protocols are left out of the list, not of the count. */
static size_t collect_extensions(struct cursor list, uint16_t *ret_list, size_t *ret_all)
{
	struct cursor body;
	uint16_t type;
	size_t n = 0;
	size_t all = 0;

	while (tls_next_extension(&list, &type, &body)) {
		if (!tls_is_grease(type)) {
			all++;
			if (type != EXT_SERVER_NAME && type != EXT_ALPN) {
				ret_list[n++] = type;
			}
		}
	}
	*ret_all = all;
	return n;
}

static void hash_part(const struct buf *text, bool empty, char ret_hex[JA4_HASH + 1])
{
	if (empty) {
		memcpy(ret_hex, "000000000000", JA4_HASH + 1);
	} else {
		hash_text(EVP_sha256(), text, JA4_HASH / 2, ret_hex);
	}
}

int ja4_client(const struct tls_hello *h, char ret_ja4[40])
{
	uint16_t *list = malloc((h->ciphers.left / 2 + h->extensions.left / 4 + 1) * sizeof(*list));
	char ciphers[JA4_HASH + 1];
	char rest[JA4_HASH + 1];
	char alpn[2];
	struct cursor signatures = h->signatures;
	struct buf text;
	size_t cipher_count;
	size_t extension_count;
	size_t n;
	bool first = true;
	int rc = ERR_NOMEM;

	buf_init(&text, JA_TEXT_BYTES);
	if (list == NULL) {
		goto out;
	}
	cipher_count = collect_ciphers(h->ciphers, list);
	add_sorted(&text, list, cipher_count);
	hash_part(&text, cipher_count == 0, ciphers);
	rc = text.failed ? ERR_NOMEM : 0;

	buf_reset(&text);
	n = collect_extensions(h->extensions, list, &extension_count);
	add_sorted(&text, list, n);
	while (signatures.left >= 2) {
		uint16_t signature = cur_be16(&signatures);

		if (!tls_is_grease(signature)) {
			add_hex(&text, first ? '_' : ',', signature);
			first = false;
		}
	}
	hash_part(&text, n == 0, rest);
	if (rc != 0 || text.failed) {
		rc = ERR_NOMEM;
		goto out;
	}
	ja4_alpn(h->alpn, alpn);
	snprintf(ret_ja4, 40, "t%s%c%02zu%02zu%c%c_%s_%s", ja4_version(tls_offered_version(h)),
		 h->has_sni ? 'd' : 'i', cipher_count < 99 ? cipher_count : 99,
		 extension_count < 99 ? extension_count : 99, alpn[0], alpn[1], ciphers, rest);
out:
	buf_release(&text);
	free(list);
	return rc;
}
