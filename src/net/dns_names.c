/*
 * dns_names.c - domain names out of untrusted messages, and the names of DNS's own numbers (IANA, "Domain Name System
 * Parameters"). See dns_message.h and dns.h. Any thread.
 */
#include "net/dns_message.h"

#include "base/cursor.h"
#include "base/err.h"

/* Octets of a name with its length octets and the root; so at most 127 labels, and no well-made name needs more
 * jumps. */
#define NAME_OCTETS 255
#define NAME_JUMPS 128

static const struct type_name {
	uint16_t number;
	const char *name;
} types[] = {
	{ 1, "A" }, { 2, "NS" }, { 3, "MD" }, { 4, "MF" }, { 5, "CNAME" }, { 6, "SOA" }, { 7, "MB" }, { 8, "MG" }, { 9, "MR" },
	{ 10, "NULL" }, { 11, "WKS" }, { 12, "PTR" }, { 13, "HINFO" }, { 14, "MINFO" }, { 15, "MX" }, { 16, "TXT" }, { 17, "RP" },
	{ 18, "AFSDB" }, { 19, "X25" }, { 20, "ISDN" }, { 21, "RT" }, { 22, "NSAP" }, { 23, "NSAP-PTR" }, { 24, "SIG" },
	{ 25, "KEY" }, { 26, "PX" }, { 27, "GPOS" }, { 28, "AAAA" }, { 29, "LOC" }, { 30, "NXT" }, { 31, "EID" },
	{ 32, "NIMLOC" }, { 33, "SRV" }, { 34, "ATMA" }, { 35, "NAPTR" }, { 36, "KX" }, { 37, "CERT" }, { 38, "A6" },
	{ 39, "DNAME" }, { 40, "SINK" }, { 41, "OPT" }, { 42, "APL" }, { 43, "DS" }, { 44, "SSHFP" }, { 45, "IPSECKEY" },
	{ 46, "RRSIG" }, { 47, "NSEC" }, { 48, "DNSKEY" }, { 49, "DHCID" }, { 50, "NSEC3" }, { 51, "NSEC3PARAM" }, { 52, "TLSA" },
	{ 53, "SMIMEA" }, { 55, "HIP" }, { 56, "NINFO" }, { 57, "RKEY" }, { 58, "TALINK" }, { 59, "CDS" }, { 60, "CDNSKEY" },
	{ 61, "OPENPGPKEY" }, { 62, "CSYNC" }, { 63, "ZONEMD" }, { 64, "SVCB" }, { 65, "HTTPS" }, { 66, "DSYNC" }, { 99, "SPF" },
	{ 100, "UINFO" }, { 101, "UID" }, { 102, "GID" }, { 103, "UNSPEC" }, { 104, "NID" }, { 105, "L32" }, { 106, "L64" },
	{ 107, "LP" }, { 108, "EUI48" }, { 109, "EUI64" }, { 249, "TKEY" }, { 250, "TSIG" }, { 251, "IXFR" }, { 252, "AXFR" },
	{ 253, "MAILB" }, { 254, "MAILA" }, { 255, "ANY" }, { 256, "URI" }, { 257, "CAA" }, { 258, "AVC" }, { 259, "DOA" },
	{ 260, "AMTRELAY" }, { 261, "RESINFO" }, { 32768, "TA" }, { 32769, "DLV" },
};

/* By number; 12 to 15 are not assigned, 16 is also BADSIG. */
static const char *const rcodes[] = {
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",  "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
	"NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", NULL,      NULL,      NULL,       NULL,
	"BADVERS", "BADKEY",  "BADTIME",  "BADMODE",   "BADNAME", "BADALG",  "BADTRUNC", "BADCOOKIE",
};

const char *dns_type_name(uint16_t type, char buf[DNS_NAME_BYTES])
{
	size_t low = 0;
	size_t high = ARRAY_LEN(types);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (types[mid].number == type) {
			return types[mid].name;
		}
		if (types[mid].number < type) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	snprintf(buf, DNS_NAME_BYTES, "TYPE%u", type);
	return buf;
}

const char *dns_rcode_name(uint16_t rcode, char buf[DNS_NAME_BYTES])
{
	if (rcode == UINT16_MAX) {
		return "";
	}
	if (rcode < ARRAY_LEN(rcodes) && rcodes[rcode] != NULL) {
		return rcodes[rcode];
	}
	snprintf(buf, DNS_NAME_BYTES, "RCODE%u", rcode);
	return buf;
}

static void add_label(struct dns_name *out, const uint8_t *p, unsigned int n)
{
	if (out->len > 0) {
		out->text[out->len++] = '.';
	}
	for (unsigned int i = 0; i < n; i++) {
		uint8_t c = p[i];

		if (c > ' ' && c < 0x7f && c != '.' && c != '\\') {
			out->text[out->len++] = (char)c;
		} else {
			out->text[out->len++] = '\\';
			out->text[out->len++] = (char)('0' + c / 100);
			out->text[out->len++] = (char)('0' + c / 10 % 10);
			out->text[out->len++] = (char)('0' + c % 10);
		}
	}
}

int dns_name_read(const uint8_t *p, size_t n, size_t *io_off, struct dns_name *out)
{
	struct cursor c = cur_make(p + *io_off, n - *io_off);
	size_t earliest = *io_off;	/* a pointer must lead before this */
	size_t end = 0;			/* behind the first pointer; 0: none yet */
	unsigned int octets = 1;
	unsigned int jumps = 0;

	if (out != NULL) {
		out->len = 0;
	}
	for (;;) {
		unsigned int len = cur_u8(&c);

		if (c.bad) {
			return ERR_MALFORMED;
		}
		if (len == 0) {
			*io_off = end != 0 ? end : (size_t)(c.p - p);
			return 0;
		}
		if (len < 64) {
			const uint8_t *label = cur_take(&c, len);

			octets += len + 1;
			if (label == NULL || octets > NAME_OCTETS) {
				return ERR_MALFORMED;
			}
			if (out != NULL) {
				add_label(out, label, len);	/* 255 octets become at most 4 * 253 characters */
			}
		} else {
			size_t to = (size_t)(len & 63) << 8 | cur_u8(&c);

			if (len < 0xc0 || c.bad || to >= earliest || ++jumps > NAME_JUMPS) {
				return ERR_MALFORMED;
			}
			end = end != 0 ? end : (size_t)(c.p - p);
			if (out == NULL) {
				*io_off = end;
				return 0;
			}
			earliest = to;
			c = cur_make(p + to, n - to);
		}
	}
}

static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

uint32_t dns_name_hash(const char *text, size_t len)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (size_t i = 0; i < len; i++) {
		h = (h ^ fold((uint8_t)text[i])) * 16777619u;
	}
	return h;
}

bool dns_name_equal(const struct text *a, const char *b, size_t b_len)
{
	if (a == NULL || a->len != b_len) {
		return false;
	}
	for (size_t i = 0; i < b_len; i++) {
		if (fold((uint8_t)a->bytes[i]) != fold((uint8_t)b[i])) {
			return false;
		}
	}
	return true;
}
