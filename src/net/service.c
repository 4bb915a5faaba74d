/*
 * service.c - names of services, and signatures of protocols that have no analyzer. Each signature reads only what
 * it needs to be sure: a flow named wrongly is worse than one named by its port. Any thread.
 */
#include "net/service.h"

#include "base/cursor.h"
#include "net/layer.h"

/* ---- names ------------------------------------------------------------------------------------------------ */

static const char *const service_names[] = {
	"",
#define SERVICE(id, name) name,
#include "net/services.def"
#undef SERVICE
};
_Static_assert(ARRAY_LEN(service_names) == SERVICE_COUNT, "a name each");

static const struct port_name {
	uint8_t ip_proto;
	uint16_t port;
	const char *name;
} ports[] = {
#define PORT(ip_proto, port, name) { ip_proto, port, name },
#include "net/service_ports.def"
#undef PORT
};

const char *service_name(uint8_t service)
{
	return service < SERVICE_COUNT ? service_names[service] : "";
}

const char *service_by_name(uint8_t by)
{
	switch (by) {
	case BY_CONTENT: return "content";
	case BY_NDPI: return "ndpi";
	case BY_PORT: return "port";
	default: return "";
	}
}

const char *service_of_port(uint8_t ip_proto, uint16_t port)
{
	size_t low = 0;
	size_t high = ARRAY_LEN(ports);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (ports[mid].port < port) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	for (; low < ARRAY_LEN(ports) && ports[low].port == port; low++) {
		if (ports[low].ip_proto == ip_proto) {
			return ports[low].name;
		}
	}
	return NULL;
}

/* ---- text ------------------------------------------------------------------------------------------------- */

static bool starts_with(const uint8_t *p, size_t n, const char *prefix)
{
	size_t len = strlen(prefix);

	return n >= len && memcmp(p, prefix, len) == 0;
}

/* The same in any case. */
static bool says(const uint8_t *p, size_t n, const char *prefix)
{
	size_t len = strlen(prefix);

	for (size_t i = 0; i < len; i++) {
		if (i >= n || ((p[i] >= 'a' && p[i] <= 'z') ? p[i] - 32 : p[i]) != (uint8_t)prefix[i]) {
			return false;
		}
	}
	return true;
}

static bool has(const uint8_t *p, size_t n, const char *part)
{
	return memmem(p, n, part, strlen(part)) != NULL;
}

static bool printable(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((p[i] < ' ' && p[i] != '\t' && p[i] != '\n' && p[i] != '\r') || p[i] == 0x7f) {
			return false;
		}
	}
	return true;
}

/* The first line with its end, or everything. */
static size_t line_length(const uint8_t *p, size_t n)
{
	const uint8_t *end = n > 0 ? memchr(p, '\n', n) : NULL;

	return end != NULL ? (size_t)(end - p) + 1 : n;
}

/* ---- signatures ------------------------------------------------------------------------------------------- */

static bool is_ssh(bool from_client, const uint8_t *p, size_t n)
{
	UNUSED_ARG(from_client);
	return starts_with(p, n, "SSH-2.0-") || starts_with(p, n, "SSH-1.");
}

/* "*3\r\n": a marker, up to five digits, a line end. Moves the cursor behind it. */
static bool resp_count(struct cursor *c, char marker, size_t *ret_count)
{
	size_t count = 0;
	unsigned int digits = 0;
	uint8_t byte;

	if (cur_u8(c) != (uint8_t)marker) {
		return false;
	}
	while ((byte = cur_u8(c)) >= '0' && byte <= '9' && digits++ < 5) {
		count = count * 10 + (byte - '0');
	}
	*ret_count = count;
	return digits > 0 && byte == '\r' && cur_u8(c) == '\n' && !c->bad;
}

/* A command is an array of strings whose first is a word; a reply is told by the errors and greetings of Redis, or
 * a string of the length it says. */
static bool is_redis(bool from_client, const uint8_t *p, size_t n)
{
	struct cursor c = cur_make(p, n);
	struct cursor word;
	size_t count;
	size_t len;

	if (n > 0 && *p == '*') {
		if (!resp_count(&c, '*', &count) || count == 0 || !resp_count(&c, '$', &len) || len == 0) {
			return false;
		}
		word = cur_sub(&c, len);
		if (from_client) {
			for (size_t i = 0; i < word.left; i++) {
				uint8_t letter = word.p[i] & 0xdf;

				if ((letter < 'A' || letter > 'Z') && word.p[i] != '.' && word.p[i] != '_' &&
				    word.p[i] != '-') {
					return false;
				}
			}
			return !word.bad && len <= 32 && cur_u8(&c) == '\r' && cur_u8(&c) == '\n';
		}
		return true;
	}
	if (from_client) {
		return false;
	}
	if (n > 0 && *p == '$') {
		return resp_count(&c, '$', &len) && c.left == len + 2 && c.p[len] == '\r' && c.p[len + 1] == '\n';
	}
	return (n == 7 && starts_with(p, n, "+PONG\r\n")) || starts_with(p, n, "-NOAUTH ") ||
	       starts_with(p, n, "-WRONGPASS ") || starts_with(p, n, "-ERR unknown command") ||
	       starts_with(p, n, "-DENIED Redis");
}

/* Key and value texts until an empty key at the very end; "user" is never missing. */
static bool postgres_startup(struct cursor c)
{
	bool user = false;

	while (c.left > 1) {
		const uint8_t *end = memchr(c.p, 0, c.left);
		const uint8_t *value = end != NULL ? memchr(end + 1, 0, c.left - (size_t)(end + 1 - c.p)) : NULL;

		if (value == NULL || end == c.p || !printable(c.p, (size_t)(end - c.p))) {
			return false;
		}
		user = user || strcmp((const char *)c.p, "user") == 0;
		cur_skip(&c, (size_t)(value + 1 - c.p));
	}
	return user && c.left == 1 && *c.p == 0;
}

/* Messages with a letter and a length, exactly to the end; the last one's letter, or 0. */
static uint8_t postgres_chain(struct cursor c, const char *letters)
{
	uint8_t letter = 0;

	while (c.left > 0) {
		uint32_t len;

		letter = cur_u8(&c);
		len = cur_be32(&c);
		if (c.bad || letter == 0 || strchr(letters, letter) == NULL || len < 4 || len - 4 > c.left) {
			return 0;
		}
		cur_skip(&c, len - 4);
	}
	return letter;
}

static bool postgres_client(struct cursor c)
{
	struct cursor all = c;
	uint32_t len = cur_be32(&c);
	uint32_t code = cur_be32(&c);

	if (!c.bad && len == all.left) {
		if (len == 8 && (code == 80877103 || code == 80877104)) {
			return true;	/* SSLRequest, GSSENCRequest */
		}
		if (len == 16 && code == 80877102) {
			return true;	/* CancelRequest */
		}
		if (code == 0x30000 && postgres_startup(c)) {
			return true;
		}
	}
	switch (postgres_chain(all, "QPBEDHSCdcfpX")) {
	case 'Q': return all.p[all.left - 1] == 0 && all.left > 6 && printable(all.p + 5, all.left - 6);
	case 'S': return all.left > 5;
	default: return false;
	}
}

static bool postgres_server(struct cursor c)
{
	struct cursor all = c;
	uint8_t letter = cur_u8(&c);
	uint32_t len = cur_be32(&c);
	uint32_t code = cur_be32(&c);

	if (c.bad) {
		return false;
	}
	if (letter == 'R' && ((len == 8 && (code == 0 || code == 3)) || (len == 12 && code == 5) ||
			      (len > 12 && len < 256 && code == 10))) {
		return true;	/* Authentication: ok, password, MD5, SASL */
	}
	if (letter == 'E' && len == all.left - 1 && (code >> 24) == 'S' && has(all.p, all.left, "FATAL")) {
		return true;
	}
	/* A whole answer ends ready for the next query: idle, in a transaction, in a failed one. */
	return postgres_chain(all, "TDCZSEN1234nsItKRAVWGHdc") == 'Z' && all.left >= 6 && all.p[all.left - 2] == 5 &&
	       strchr("ITE", all.p[all.left - 1]) != NULL && all.p[all.left - 1] != 0;
}

static bool is_postgresql(bool from_client, const uint8_t *p, size_t n)
{
	return from_client ? postgres_client(cur_make(p, n)) : postgres_server(cur_make(p, n));
}

static bool is_sql(const uint8_t *p, size_t n)
{
	static const char *const verbs[] = { "SELECT ", "INSERT ", "UPDATE ", "DELETE ", "SHOW ",
					     "SET ",    "BEGIN",   "COMMIT",  "START ",  "CREATE " };

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (says(p, n, verbs[i])) {
			return true;
		}
	}
	return false;
}

/* Three bytes of length, a number, then: the server's greeting of protocol 10 with its version, its refusal, or a
 * query. */
static bool is_mysql(bool from_client, const uint8_t *p, size_t n)
{
	struct cursor c = cur_make(p, n);
	uint32_t head = cur_le32(&c);
	uint8_t kind = cur_u8(&c);
	size_t version;

	if (c.bad || (head >> 24) != 0 || (head & 0xffffff) != n - 4) {
		return false;
	}
	if (from_client) {
		return kind == 3 && is_sql(c.p, c.left);
	}
	if (kind == 0xff) {
		uint16_t code = cur_le16(&c);

		/* Too many connections, host not allowed, ... */
		return code >= 1040 && code <= 1159 && c.left > 8 && printable(c.p, c.left);
	}
	version = strnlen((const char *)c.p, c.left);
	return kind == 10 && version >= 3 && version < 64 && c.left >= version + 1 + 4 + 8 + 1 + 2 && *c.p >= '0' &&
	       *c.p <= '9' && printable(c.p, version) && c.p[version + 1 + 4 + 8] == 0;
}

static bool is_smtp(bool from_client, const uint8_t *p, size_t n)
{
	size_t line = line_length(p, n);

	if (from_client) {
		return (says(p, n, "EHLO ") || says(p, n, "HELO ") || says(p, n, "LHLO ")) && line > 6 &&
		       p[line - 1] == '\n' && printable(p, line);
	}
	return (starts_with(p, n, "220 ") || starts_with(p, n, "220-")) && has(p, line, "SMTP");
}

static bool is_ftp(bool from_client, const uint8_t *p, size_t n)
{
	size_t line = line_length(p, n);

	return !from_client && (starts_with(p, n, "220 ") || starts_with(p, n, "220-")) && !has(p, line, "SMTP") &&
	       (has(p, line, "FTP") || has(p, line, "FileZilla"));
}

/* Version 1, begin request, 8 bytes of content: a role of 1 to 3, flags of 0 or 1, five zeros. */
static bool is_fastcgi(bool from_client, const uint8_t *p, size_t n)
{
	static const uint8_t zeros[5];

	if (from_client) {
		return n >= 16 && p[0] == 1 && p[1] == 1 && load_be16(p + 4) == 8 && p[7] == 0 && p[8] == 0 &&
		       p[9] >= 1 && p[9] <= 3 && p[10] <= 1 && memcmp(p + 11, zeros, sizeof(zeros)) == 0;
	}
	/* Standard output or error of a CGI, which begins with a field. */
	return n >= 20 && p[0] == 1 && (p[1] == 6 || p[1] == 7) && p[7] == 0 && load_be16(p + 4) > 8 &&
	       (says(p + 8, n - 8, "STATUS: ") || says(p + 8, n - 8, "CONTENT-TYPE: ") ||
		says(p + 8, n - 8, "X-POWERED-BY: ") || says(p + 8, n - 8, "PHP MESSAGE: "));
}

/* JSON-RPC of mining pools, spaces or not. */
static bool is_stratum(bool from_client, const uint8_t *p, size_t n)
{
	size_t line = line_length(p, n);

	UNUSED_ARG(from_client);
	if (n < 16 || *p != '{' || !has(p, line, "\"method\"")) {
		return false;
	}
	return has(p, line, "\"mining.") || has(p, line, "\"eth_submitLogin\"") || has(p, line, "\"eth_submitWork\"") ||
	       (has(p, line, "\"login\"") && (has(p, line, "\"algo\"") || has(p, line, "\"agent\""))) ||
	       (has(p, line, "\"job\"") && has(p, line, "\"blob\"") && has(p, line, "\"target\""));
}

static bool is_dhcp(bool from_client, const uint8_t *p, size_t n)
{
	UNUSED_ARG(from_client);
	return n >= 240 && (p[0] == 1 || p[0] == 2) && p[2] <= 16 && load_be32(p + 236) == 0x63825363;
}

/* A time of 64 bits is all over its range; delay and dispersion to the reference (16.16 seconds) are small. */
static bool is_ntp(bool from_client, const uint8_t *p, size_t n)
{
	uint8_t version;
	uint8_t mode;

	UNUSED_ARG(from_client);
	if (n < 48 || n > 48 + 64 || n % 4 != 0) {
		return false;
	}
	version = p[0] >> 3 & 7;
	mode = p[0] & 7;
	return version >= 1 && version <= 4 && mode >= 1 && mode <= 5 && p[1] <= 16 && p[2] <= 17 &&
	       (p[3] == 0 || p[3] >= 0xd0) && load_be16(p + 4) < 16 && load_be16(p + 8) < 16 &&
	       load_be64(p + 40) != 0;
}

/* A variable-length integer of RFC 9000. */
static uint64_t quic_number(struct cursor *c)
{
	uint8_t first = cur_u8(c);
	uint64_t x = first & 63;

	for (unsigned int i = 1; i < 1u << (first >> 6); i++) {
		x = x << 8 | cur_u8(c);
	}
	return x;
}

/* A long header of version 1, 2 or a draft whose lengths stay within the datagram. A client's first one is padded
 * to 1200 bytes. */
static bool is_quic(bool from_client, const uint8_t *p, size_t n)
{
	struct cursor c = cur_make(p, n);
	uint8_t first = cur_u8(&c);
	uint32_t version = cur_be32(&c);
	uint8_t len;
	uint8_t type = first >> 4 & 3;

	if (first < 0xc0 || (version != 1 && version != 0x6b3343cf && (version >> 8) != 0xff0000)) {
		return false;
	}
	for (unsigned int i = 0; i < 2; i++) {
		len = cur_u8(&c);
		if (len > 20) {
			return false;
		}
		cur_skip(&c, len);
	}
	if (version == 0x6b3343cf) {
		type = (type + 3) & 3;	/* RFC 9369 counts them from another start */
	}
	if (type == 0) {
		uint64_t token = quic_number(&c);

		if (c.bad || token > c.left) {
			return false;
		}
		cur_skip(&c, (size_t)token);
	}
	if (type != 3) {
		uint64_t rest = quic_number(&c);

		return !c.bad && rest >= 20 && rest <= c.left && (type != 0 || !from_client || n >= 1200);
	}
	return !c.bad && c.left > 16;	/* a retry: a token and its tag */
}

static const struct signature {
	uint8_t ip_proto;
	uint8_t service;
	bool (*matches)(bool from_client, const uint8_t *p, size_t n);
} signatures[] = {
	{ IP_TCP, SERVICE_SSH, is_ssh },
	{ IP_TCP, SERVICE_REDIS, is_redis },
	{ IP_TCP, SERVICE_POSTGRESQL, is_postgresql },
	{ IP_TCP, SERVICE_MYSQL, is_mysql },
	{ IP_TCP, SERVICE_SMTP, is_smtp },
	{ IP_TCP, SERVICE_FTP, is_ftp },
	{ IP_TCP, SERVICE_FASTCGI, is_fastcgi },
	{ IP_TCP, SERVICE_STRATUM, is_stratum },
	{ IP_UDP, SERVICE_DHCP, is_dhcp },
	{ IP_UDP, SERVICE_NTP, is_ntp },
	{ IP_UDP, SERVICE_QUIC, is_quic },
};

uint8_t service_of_bytes(uint8_t ip_proto, bool from_client, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(signatures) && n > 0; i++) {
		if (signatures[i].ip_proto == ip_proto && signatures[i].matches(from_client, p, n)) {
			return signatures[i].service;
		}
	}
	return SERVICE_NONE;
}
