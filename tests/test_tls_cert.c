/*
 * test_tls_cert.c - the end of a certificate's validity, where it is far away: what 64 bits of nanoseconds do not hold
 * is unknown, not some other date. The certificate is mktls.h's with another end; seconds are those of date(1).
 */
#include "mktalk.h"
#include "mktls.h"

#include "net/tls_internal.h"

#include <CUnit/Basic.h>

/* mktls_cert with a GeneralizedTime, two bytes longer than the UTCTime that stood there. */
static size_t with_end(uint8_t *out, const char *time)
{
	static const uint8_t old[] = "\x17\x0d" "271121124907Z";
	const size_t old_len = sizeof(old) - 1;
	size_t at = 0;

	while (memcmp(mktls_cert + at, old, old_len) != 0) {
		at++;
	}
	memcpy(out, mktls_cert, at);
	out[at] = 0x18;
	out[at + 1] = 15;
	memcpy(out + at + 2, time, 15);
	memcpy(out + at + 17, mktls_cert + at + old_len, sizeof(mktls_cert) - at - old_len);
	/* The certificate, what is signed of it, and its validity. */
	out[3] = (uint8_t)(out[3] + 2);
	out[7] = (uint8_t)(out[7] + 2);
	out[at - 16] = (uint8_t)(out[at - 16] + 2);
	return sizeof(mktls_cert) + 2;
}

static void test_tls_cert_far_ends(void)
{
	static const struct {
		const char *time;
		uint64_t want;	/* seconds; 0 unknown */
	} cases[] = {
		{ "20491231235959Z", 2524607999 },
		{ "25540721233433Z", UINT64_C(18446744073) },
		{ "25540721233434Z", 0 },
		{ "99991231235959Z", 0 },	/* RFC 5280, 4.1.2.5: no well-defined end */
		{ "19691231235959Z", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t der[sizeof(mktls_cert) + 2];
		struct net_rows rows;
		struct tls_session s;
		size_t n = with_end(der, cases[i].time);

		mktalk_rows(&rows);
		memset(&rows.certificates, 0, sizeof(rows.certificates));
		memset(&s, 0, sizeof(s));
		CU_ASSERT_EQUAL_FATAL(tls_certificate(der, n, &rows, &s), 0);
		CU_ASSERT_EQUAL(s.flags & TLS_MALFORMED, 0);
		CU_ASSERT_EQUAL(s.not_before_ns, MKTLS_CERT_FROM * NSEC_PER_SEC);
		CU_ASSERT_EQUAL(s.not_after_ns, cases[i].want * NSEC_PER_SEC);
		mktalk_rows_release(&rows);
	}
}

void suite_tls_cert(CU_pSuite suite);

void suite_tls_cert(CU_pSuite suite)
{
	CU_add_test(suite, "test_tls_cert_far_ends", test_tls_cert_far_ends);
}
