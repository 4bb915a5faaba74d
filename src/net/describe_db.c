/*
 * describe_db.c - one line for Redis (its serialization protocol, versions 2 and 3), PostgreSQL (protocol 3.0) and
 * MySQL (client/server protocol 4.1): what is asked, what kind of answer comes. Reads the captured payload of one
 * layer; any thread.
 */
#include "net/describe_internal.h"

/* ---- Redis --------------------------------------------------------------------------------------- */

/* "*3" or "$5": the number behind the mark, its line taken. False: not one, or not whole. */
static bool resp_number(struct cursor *c, uint8_t mark, int64_t *ret_number)
{
	int64_t x = 0;
	bool negative;
	bool ended;
	size_t len = describe_line_bytes(c->p, c->left, &ended);
	const uint8_t *p = c->p;

	if (!ended || len < 2 || len > 20 || p[0] != mark) {
		return false;
	}
	negative = p[1] == '-';
	for (size_t i = 1 + negative; i < len; i++) {
		if (p[i] < '0' || p[i] > '9') {
			return false;
		}
		x = x > INT32_MAX ? x : x * 10 + (p[i] - '0');
	}
	cur_skip(c, len);
	cur_skip(c, *c->p == '\r' && c->left > 1 ? 2 : 1);
	*ret_number = negative ? -x : x;
	return true;
}

/* Words of a command: "*2 $3 GET $1 x". */
static bool resp_command(struct cursor c, struct buf *out)
{
	int64_t words;
	int64_t len;
	unsigned int shown = 0;

	if (!resp_number(&c, '*', &words) || words < 1) {
		return false;
	}
	while (words-- > 0 && resp_number(&c, '$', &len) && len >= 0) {
		size_t cap = (uint64_t)len < c.left ? (size_t)len : c.left;

		if (shown == DESCRIBE_MESSAGES) {
			ADD(out, " ...");
			break;
		}
		if (shown++ > 0) {
			buf_addc(out, ' ');
		}
		describe_value(out, c.p, cap, DESCRIBE_VALUE_BYTES);
		cur_skip(&c, cap);
		cur_skip(&c, c.left < 2 ? c.left : 2);
	}
	return shown > 0;
}

static bool resp_reply(struct cursor c, struct buf *out)
{
	int64_t n;
	bool ended;

	if (resp_number(&c, '$', &n)) {
		if (n < 0) {
			ADD(out, "(nil)");
		} else {
			size_t cap = (uint64_t)n < c.left ? (size_t)n : c.left;

			describe_value(out, c.p, cap, DESCRIBE_VALUE_BYTES);
		}
		return true;
	}
	if (resp_number(&c, '*', &n)) {
		ADD(out, "array of ");
		buf_add_s64(out, n);
		return true;
	}
	describe_value(out, c.p, describe_line_bytes(c.p, c.left, &ended), DESCRIBE_VALUE_BYTES);
	return true;
}

bool describe_redis(const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	size_t start = out->len;
	bool ok;

	if (l->from_client) {
		ADD(out, "Request: ");
		ok = *c.p == '*' ? resp_command(c, out) : resp_reply(c, out);
	} else {
		ADD(out, "Response: ");
		ok = strchr("+-:$*_#,(!=%~>|", *c.p) != NULL && *c.p != 0 && resp_reply(c, out);
	}
	if (!ok) {
		out->len = start;
	}
	return ok;
}

/* ---- PostgreSQL ------------------------------------------------------------------------------------ */

/* By type byte; the texts are NULL where a kind does not exist. */
static const char *pg_client_kind(uint8_t type)
{
	switch (type) {
	case 'Q': return "Query";
	case 'P': return "Parse";
	case 'B': return "Bind";
	case 'E': return "Execute";
	case 'D': return "Describe";
	case 'C': return "Close";
	case 'H': return "Flush";
	case 'S': return "Sync";
	case 'F': return "Function call";
	case 'p': return "Password message";
	case 'd': return "Copy data";
	case 'c': return "Copy completion";
	case 'f': return "Copy failure";
	case 'X': return "Termination";
	default: return NULL;
	}
}

static const char *pg_server_kind(uint8_t type)
{
	switch (type) {
	case 'R': return "Authentication request";
	case 'S': return "Parameter status";
	case 'K': return "Backend key data";
	case 'Z': return "Ready for query";
	case 'T': return "Row description";
	case 'D': return "Data row";
	case 'C': return "Command completion";
	case 'E': return "Error";
	case 'N': return "Notice";
	case 'A': return "Notification";
	case '1': return "Parse completion";
	case '2': return "Bind completion";
	case '3': return "Close completion";
	case 'n': return "No data";
	case 't': return "Parameter description";
	case 's': return "Portal suspended";
	case 'I': return "Empty query response";
	case 'G': return "Copy in response";
	case 'H': return "Copy out response";
	case 'W': return "Copy both response";
	case 'd': return "Copy data";
	case 'c': return "Copy completion";
	case 'V': return "Function call response";
	case 'v': return "Negotiate protocol version";
	default: return NULL;
	}
}

/* Bytes up to a NUL or the end. */
static size_t string_bytes(struct cursor c)
{
	const uint8_t *end = c.left > 0 ? memchr(c.p, '\0', c.left) : NULL;

	return end != NULL ? (size_t)(end - c.p) : c.left;
}

static void skip_string(struct cursor *c)
{
	size_t len = string_bytes(*c);

	cur_skip(c, len < c->left ? len + 1 : len);
}

static void add_string(struct buf *out, const char *before, struct cursor c)
{
	buf_adds(out, before);
	describe_value(out, c.p, string_bytes(c), DESCRIBE_VALUE_BYTES);
}

/* The sentence among the fields of an error: M, then text. */
static void add_pg_error(struct buf *out, struct cursor c)
{
	while (c.left > 1) {
		if (cur_u8(&c) == 'M') {
			add_string(out, ": ", c);
			return;
		}
		skip_string(&c);
	}
}

/* What a message holds that the eye looks for. */
static void add_pg_content(struct buf *out, bool from_client, uint8_t type, struct cursor c)
{
	if (from_client && type == 'Q') {
		add_string(out, ": ", c);
	} else if (from_client && type == 'P') {
		skip_string(&c);	/* the statement's name */
		add_string(out, ": ", c);
	} else if (!from_client && type == 'C') {
		add_string(out, ": ", c);
	} else if (!from_client && type == 'E') {
		add_pg_error(out, c);
	}
}

/* The first packet of a connection has no type byte. */
static bool pg_startup(struct cursor c, struct buf *out)
{
	uint32_t len = cur_be32(&c);
	uint32_t code = cur_be32(&c);

	if (c.bad || len < 8 || len > 10000) {
		return false;
	}
	switch (code) {
	case 80877103: ADD(out, "SSL request"); return true;
	case 80877104: ADD(out, "GSSAPI encryption request"); return true;
	case 80877102: ADD(out, "Cancel request"); return true;
	case 196608: break;
	default: return false;
	}
	ADD(out, "Startup message");
	/* Pairs of name and value. */
	while (c.left > 1) {
		size_t name = string_bytes(c);
		const uint8_t *p = c.p;

		if (name == 0 || name == c.left) {
			break;
		}
		cur_skip(&c, name + 1);
		if ((name == 4 && memcmp(p, "user", 4) == 0) || (name == 8 && memcmp(p, "database", 8) == 0)) {
			add_string(out, name == 4 ? " user=" : " database=", c);
		}
		skip_string(&c);
	}
	return true;
}

bool describe_postgresql(const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	unsigned int count = 0;
	uint8_t last = 0;

	if (l->from_client && *c.p == 0) {
		return pg_startup(c, out);
	}
	if (!l->from_client && c.left == 1 && (*c.p == 'S' || *c.p == 'N')) {
		buf_adds(out, *c.p == 'S' ? "SSL accepted" : "SSL refused");
		return true;
	}
	while (c.left >= 5) {
		uint8_t type = cur_u8(&c);
		uint32_t len = cur_be32(&c);
		const char *kind = l->from_client ? pg_client_kind(type) : pg_server_kind(type);
		size_t cap;

		if (kind == NULL || len < 4 || len > INT32_MAX) {
			break;
		}
		cap = len - 4 < c.left ? len - 4 : c.left;
		if (type != last || count == 0) {	/* rows come in thousands: named once */
			if (count == DESCRIBE_MESSAGES) {
				ADD(out, ", ...");
				break;
			}
			if (count++ > 0) {
				ADD(out, ", ");
			}
			buf_adds(out, kind);
			add_pg_content(out, l->from_client, type, cur_make(c.p, cap));
		}
		last = type;
		cur_skip(&c, cap);
	}
	return count > 0;
}

/* ---- MySQL ----------------------------------------------------------------------------------------- */

static const char *mysql_command(uint8_t code)
{
	static const char *const names[] = {
		[0x01] = "Quit", [0x02] = "Use database", [0x03] = "Query", [0x04] = "Show fields",
		[0x05] = "Create database", [0x06] = "Drop database", [0x08] = "Shutdown", [0x09] = "Statistics",
		[0x0a] = "Show processlist", [0x0c] = "Kill process", [0x0d] = "Debug", [0x0e] = "Ping",
		[0x11] = "Change user", [0x12] = "Binlog dump", [0x16] = "Prepare statement",
		[0x17] = "Execute statement", [0x18] = "Send long data", [0x19] = "Close statement",
		[0x1a] = "Reset statement", [0x1b] = "Set option", [0x1c] = "Fetch data", [0x1f] = "Reset connection",
	};

	return code < ARRAY_LEN(names) ? names[code] : NULL;
}

static bool mysql_request(struct cursor c, uint8_t sequence, struct buf *out)
{
	uint8_t code = cur_u8(&c);
	const char *name = mysql_command(code);

	if (sequence != 0) {	/* within the handshake: what it holds is not for the eye */
		ADD(out, "Login request");
		return sequence == 1;
	}
	if (name == NULL) {
		return false;
	}
	ADD(out, "Request: ");
	buf_adds(out, name);
	if (code == 0x02 || code == 0x03 || code == 0x16) {
		buf_addc(out, ' ');
		describe_value(out, c.p, c.left, DESCRIBE_VALUE_BYTES);
	}
	return true;
}

static bool mysql_reply(struct cursor c, uint8_t sequence, struct buf *out)
{
	uint8_t code = cur_u8(&c);
	uint16_t number;

	if (sequence == 0 && code == 10) {
		add_string(out, "Server greeting: version ", c);
		return true;
	}
	switch (code) {
	case 0x00: ADD(out, "Response: OK"); return true;
	case 0xfe: ADD(out, "Response: EOF"); return true;
	case 0xfb: ADD(out, "Response: local infile request"); return true;
	case 0xff:
		number = cur_le16(&c);
		ADD(out, "Response: Error ");
		buf_add_u64(out, number);
		buf_addc(out, ' ');
		describe_value(out, c.p, c.left, DESCRIBE_VALUE_BYTES);
		return true;
	default:
		ADD(out, "Response: result set");
		return sequence == 1;
	}
}

bool describe_mysql(const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	size_t start = out->len;
	size_t len = cur_u8(&c);
	uint8_t sequence;
	bool ok;

	len |= (size_t)cur_le16(&c) << 8;
	sequence = cur_u8(&c);
	if (c.left == 0 || len == 0) {
		return false;
	}
	c.left = len < c.left ? len : c.left;
	ok = l->from_client ? mysql_request(c, sequence, out) : mysql_reply(c, sequence, out);
	if (!ok) {
		out->len = start;
	}
	return ok;
}
