/*
 * tls_cert.c - names and validity of a certificate: its outer shape is walked here, its names and times are decoded by
 * libcrypto. Nothing is verified: who signed it, and whether it was valid then, is not this file's question. Shard's
 * thread.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <time.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "net/rows.h"
#include "net/tls_internal.h"

/* As RFC 4514 writes names, but UTF-8 as it is: escaping for the place where it is shown is the renderer's. */
#define NAME_FLAGS (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)

/* A name as text; *ret_text NULL: empty or not kept. *io_ok becomes false when it is none. */
static int name_text(struct cursor der, struct net_rows *rows, const struct text **ret_text, bool *io_ok)
{
	const uint8_t *p = der.p;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.left);
	BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n = 0;
	int rc = out == NULL ? ERR_NOMEM : 0;

	*io_ok = *io_ok && name != NULL;
	if (rc == 0 && name != NULL && X509_NAME_print_ex(out, name, 0, NAME_FLAGS) >= 0) {
		n = BIO_get_mem_data(out, &text);
	}
	if (n > 0) {
		rc = intern_get(&rows->texts, text, n < LIMIT_NET_TEXT ? (size_t)n : LIMIT_NET_TEXT, ret_text);
	}
	BIO_free(out);
	X509_NAME_free(name);
	return rc;
}

static void add_alt_name(struct buf *out, const GENERAL_NAME *name)
{
	char addr[INET6_ADDRSTRLEN];
	const ASN1_STRING *s;
	int n;

	if (name->type != GEN_DNS && name->type != GEN_EMAIL && name->type != GEN_URI && name->type != GEN_IPADD) {
		return;
	}
	s = name->d.ia5;
	n = ASN1_STRING_length(s);
	if (name->type == GEN_IPADD) {
		if ((n != 4 && n != 16) ||
		    inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(s), addr, sizeof(addr)) == NULL) {
			return;
		}
	}
	if (out->len > 0) {
		buf_addc(out, ',');
	}
	if (name->type == GEN_IPADD) {
		buf_adds(out, addr);
	} else {
		buf_add(out, ASN1_STRING_get0_data(s), (size_t)n);
	}
}

static int alt_names(struct cursor der, struct net_rows *rows, const struct text **ret_text, bool *io_ok)
{
	const uint8_t *p = der.p;
	GENERAL_NAMES *names = der.left > 0 ? d2i_GENERAL_NAMES(NULL, &p, (long)der.left) : NULL;
	struct buf out;
	int rc = 0;

	*io_ok = *io_ok && (names != NULL || der.left == 0);
	buf_init(&out, LIMIT_NET_TEXT);
	for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names) && !out.failed; i++) {
		add_alt_name(&out, sk_GENERAL_NAME_value(names, i));
	}
	if (out.len > 0) {
		rc = intern_get(&rows->texts, out.data, out.len, ret_text);
	}
	buf_release(&out);
	GENERAL_NAMES_free(names);
	return rc;
}

/* 0: unknown, until 1970, or beyond what 64 bits of nanoseconds hold (2554), as 9999 is: without a defined end. */
static uint64_t time_ns(struct cursor der)
{
	const uint8_t *p = der.p;
	ASN1_TIME *t = d2i_ASN1_TIME(NULL, &p, (long)der.left);
	struct tm tm;
	time_t seconds = -1;

	if (t != NULL && ASN1_TIME_to_tm(t, &tm)) {
		seconds = timegm(&tm);
	}
	ASN1_TIME_free(t);
	return seconds < 0 || (uint64_t)seconds > UINT64_MAX / NSEC_PER_SEC ? 0 : (uint64_t)seconds * NSEC_PER_SEC;
}

static void digest_text(const uint8_t *der, size_t n, char ret_hex[65])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (EVP_Digest(der, n, digest, &len, EVP_sha256(), NULL) && len == 32) {
		encode_hex(ret_hex, digest, len);
		ret_hex[64] = '\0';
	}
}

/* The next element: its tag, and its content without and (ret_all) with its header. False at the end or where it
 * breaks. */
static bool der_next(struct cursor *c, uint8_t *ret_tag, struct cursor *ret_body, struct cursor *ret_all)
{
	const uint8_t *start = c->p;
	uint8_t tag = cur_u8(c);
	size_t len = cur_u8(c);

	if (c->bad || (tag & 31) == 31) {
		return false;	/* tags of many bytes are not used here */
	}
	if (len >= 0x80) {
		unsigned int bytes = len & 0x7f;

		if (bytes == 0 || bytes > 3) {
			return false;
		}
		for (len = 0; bytes > 0; bytes--) {
			len = len << 8 | cur_u8(c);
		}
	}
	*ret_body = cur_sub(c, len);
	if (c->bad) {
		return false;
	}
	*ret_tag = tag;
	*ret_all = cur_make(start, (size_t)(c->p - start));
	return true;
}

/* Where the parts of a certificate stand (RFC 5280, 4.1), each with its header; empty: not there. */
struct parts {
	struct cursor issuer, subject, not_before, not_after, alt_names;
};

enum der_tag { DER_SEQUENCE = 0x30, DER_VERSION = 0xa0, DER_EXTENSIONS = 0xa3, DER_OID = 0x06, DER_OCTETS = 0x04 };

/* Extensions: sequences of an OID, perhaps a boolean, and octets. */
static void find_alt_names(struct cursor list, struct parts *parts)
{
	static const uint8_t oid[] = { 0x55, 0x1d, 0x11 };	/* 2.5.29.17 */
	struct cursor extension;
	struct cursor body;
	struct cursor all;
	uint8_t tag;

	while (der_next(&list, &tag, &extension, &all)) {
		if (tag != DER_SEQUENCE || !der_next(&extension, &tag, &body, &all) || tag != DER_OID ||
		    body.left != sizeof(oid) || memcmp(body.p, oid, sizeof(oid)) != 0) {
			continue;
		}
		while (der_next(&extension, &tag, &body, &all)) {
			if (tag == DER_OCTETS) {
				parts->alt_names = body;
			}
		}
	}
}

/* Walks the outer shape alone: decoding the public key, which nobody asks for, costs libcrypto 0.2 ms. */
static bool find_parts(struct cursor c, struct parts *ret_parts)
{
	struct cursor cert;
	struct cursor tbs;
	struct cursor body;
	struct cursor all;
	uint8_t tag;

	memset(ret_parts, 0, sizeof(*ret_parts));
	if (!der_next(&c, &tag, &cert, &all) || tag != DER_SEQUENCE || c.left > 0 ||
	    !der_next(&cert, &tag, &tbs, &all) || tag != DER_SEQUENCE || !der_next(&tbs, &tag, &body, &all)) {
		return false;
	}
	if (tag == DER_VERSION && !der_next(&tbs, &tag, &body, &all)) {
		return false;
	}
	/* Behind the serial number: signature, issuer, validity, subject, key. */
	if (!der_next(&tbs, &tag, &body, &all) || !der_next(&tbs, &tag, &body, &ret_parts->issuer) ||
	    !der_next(&tbs, &tag, &body, &all) || !der_next(&body, &tag, &cert, &ret_parts->not_before) ||
	    !der_next(&body, &tag, &cert, &ret_parts->not_after) || !der_next(&tbs, &tag, &body, &ret_parts->subject) ||
	    !der_next(&tbs, &tag, &body, &all)) {
		return false;
	}
	while (der_next(&tbs, &tag, &body, &all)) {
		if (tag == DER_EXTENSIONS && der_next(&body, &tag, &cert, &all) && tag == DER_SEQUENCE) {
			find_alt_names(cert, ret_parts);
		}
	}
	return true;
}

/* The same certificate was decoded before. */
static void copy_names(const struct tls_session *from, struct tls_session *s)
{
	s->subject = from->subject;
	s->issuer = from->issuer;
	s->alt_names = from->alt_names;
	s->not_before_ns = from->not_before_ns;
	s->not_after_ns = from->not_after_ns;
}

int tls_certificate(const uint8_t *der, size_t n, struct net_rows *rows, struct tls_session *s)
{
	const struct tls_session **known;
	struct parts parts;
	bool ok;
	int rc = 0;

	digest_text(der, n, s->cert_sha256);
	known = &rows->certificates[(uint8_t)s->cert_sha256[0] % ARRAY_LEN(rows->certificates)];
	if (*known != NULL && s->cert_sha256[0] != '\0' && strcmp((*known)->cert_sha256, s->cert_sha256) == 0) {
		copy_names(*known, s);
		return 0;
	}
	ok = find_parts(cur_make(der, n), &parts);
	if (ok) {
		rc = name_text(parts.subject, rows, &s->subject, &ok);
		rc = rc != 0 ? rc : name_text(parts.issuer, rows, &s->issuer, &ok);
		rc = rc != 0 ? rc : alt_names(parts.alt_names, rows, &s->alt_names, &ok);
		s->not_before_ns = time_ns(parts.not_before);
		s->not_after_ns = time_ns(parts.not_after);
	}
	if (ok) {
		*known = s;
	} else {
		s->flags |= TLS_MALFORMED;
	}
	ERR_clear_error();
	return rc;
}
