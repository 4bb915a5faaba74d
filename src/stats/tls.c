/*
 * tls.c - table `tls`: one row per TLS session found in the packets, with what is visible of it. No batches are read:
 * the shards of src/net have found them. Runs on the main thread at the end.
 */
#include "stats/net_cells.h"
#include "stats/passed.h"

static const struct column columns[] = {
	{ "time", COL_TIME, "", "Client hello; the server hello where that was not seen" },
	{ "client", COL_TEXT, "", "Address of who sent the client hello" },
	{ "server", COL_TEXT, "", "Address of the other end" },
	{ "server_port", COL_U64, "id", "Port of the server" },
	{ "server_name", COL_TEXT, "", "Host the client asked for (SNI)" },
	{ "version", COL_TEXT, "", "Version the server chose" },
	{ "cipher", COL_TEXT, "", "Cipher suite the server chose, by IANA's name" },
	{ "alpn", COL_TEXT, "", "Application protocol the server chose; encrypted since TLS 1.3" },
	{ "alpn_offered", COL_TEXT, "", "Application protocols the client offered" },
	{ "established", COL_BOOL, "", "The handshake was completed, or application data followed" },
	{ "resumed", COL_BOOL, "", "An earlier session was taken up; unknown without a server hello" },
	{ "subject", COL_TEXT, "", "Subject of the server's certificate; encrypted since TLS 1.3" },
	{ "issuer", COL_TEXT, "", "Who issued the server's certificate" },
	{ "alt_names", COL_TEXT, "", "Alternative names in the server's certificate" },
	{ "not_before", COL_TIME, "", "Begin of the certificate's validity" },
	{ "not_after", COL_TIME, "", "End of the certificate's validity" },
	{ "cert_sha256", COL_TEXT, "", "SHA-256 of the server's certificate (DER)" },
	{ "ja4", COL_TEXT, "", "JA4 fingerprint of the client hello" },
	{ "ja3", COL_TEXT, "", "JA3 fingerprint of the client hello" },
	{ "ja3s", COL_TEXT, "", "JA3S fingerprint of the server hello" },
	{ "hello_latency", COL_DURATION, "ns", "Client hello to server hello" },
	{ "handshake", COL_DURATION, "ns", "Client hello to the first application data of either end" },
	{ "client_alert", COL_TEXT, "", "Last alert of the client that was not encrypted" },
	{ "server_alert", COL_TEXT, "", "Last alert of the server that was not encrypted" },
	{ "client_data", COL_BYTES, "bytes", "Application data the client sent, encrypted" },
	{ "server_data", COL_BYTES, "bytes", "Application data the server sent, encrypted" },
	{ "client_records", COL_U64, "", "Records of it" },
	{ "server_records", COL_U64, "", "Records of it" },
	{ "client_version", COL_TEXT, "", "Highest version the client offered" },
	{ "group", COL_TEXT, "", "Group of the key exchange the server chose" },
	{ "key_logged", COL_BOOL, "", "The capture holds secrets of this session, so that others can decrypt it" },
	{ "flags", COL_TEXT, "",
	  "no_client_hello, no_server_hello: not in the capture. hello_retry: the server asked for another client "
	  "hello. "
	  "early_data: sent with the client hello. ech: encrypted client hello, server_name may be a front. "
	  "client_certificate: "
	  "the client sent one. cut: parts of the handshake are missing from the capture. malformed" },
	{ "flow", COL_U64, "id", "Row of table flows with this number, source and section" },
	{ "client_port", COL_U64, "id", "Port of the client" },
	{ "client_hello_packet", COL_U64, "id", "Number of the packet with the client hello" },
	{ "server_hello_packet", COL_U64, "id", "Number of the packet with the server hello" },
	SOURCE_COLUMNS,
};

const struct table_def tls_def = {
	"tls", "TLS", "Every TLS handshake, and what of it was not encrypted. Contents are not decrypted.",
	columns, ARRAY_LEN(columns),
};

/* Bits of no meaning in tls.h, for what is missing. */
#define NO_CLIENT_HELLO (1u << 30)
#define NO_SERVER_HELLO (1u << 31)

static const struct flag_word words[] = {
	{ NO_CLIENT_HELLO, "no_client_hello" },
	{ NO_SERVER_HELLO, "no_server_hello" },
	{ TLS_HELLO_RETRY, "hello_retry" },
	{ TLS_EARLY_DATA, "early_data" },
	{ TLS_ECH, "ech" },
	{ TLS_CLIENT_CERT, "client_certificate" },
	{ TLS_CUT, "cut" },
	{ TLS_MALFORMED, "malformed" },
};

enum { ALERT_WARNING = 1, ALERT_FATAL = 2 };

/* "" is unknown. */
static void add_maybe(struct table *t, const char *s)
{
	table_text(t, s[0] != '\0' ? s : NULL);
}

typedef const char *name_fn(uint16_t number, char buf[TLS_NAME_BYTES]);

/* A name by its number; 0 is unknown. */
static void add_number_name(struct table *t, uint16_t number, name_fn *name)
{
	char text[TLS_NAME_BYTES];

	table_text(t, number != 0 ? name(number, text) : NULL);
}

static void add_who(struct net_cells *c, const struct tls_session *x)
{
	cells_time(c, x->client_hello_ns != 0 ? x->client_hello_ns : x->server_hello_ns);
	cells_address(c, x->flow, x->client);
	cells_address(c, x->flow, !x->client);
	cells_port(c, x->flow, !x->client);
	cells_text(c, x->sni);
}

static void add_choice(struct net_cells *c, const struct tls_session *x)
{
	add_number_name(c->table, x->version, tls_version_name);
	add_number_name(c->table, x->cipher, tls_cipher_name);
	cells_text(c, x->alpn);
	cells_text(c, x->alpn_offered);
	table_bool(c->table, x->flags & TLS_ESTABLISHED);
	if (x->flags & TLS_SERVER_HELLO) {
		table_bool(c->table, x->flags & TLS_RESUMED);
	} else {
		table_unknown(c->table);
	}
}

static void add_certificate(struct net_cells *c, const struct tls_session *x)
{
	cells_text(c, x->subject);
	cells_text(c, x->issuer);
	cells_text(c, x->alt_names);
	table_time(c->table, x->not_before_ns);
	table_time(c->table, x->not_after_ns);
	add_maybe(c->table, x->cert_sha256);
}

/* The earlier of two times that were seen. */
static uint64_t first_of(uint64_t a, uint64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static void add_alert(struct net_cells *c, uint8_t level, uint8_t alert)
{
	char text[TLS_NAME_BYTES];

	if (level == 0) {
		table_unknown(c->table);
		return;
	}
	if (level == ALERT_WARNING || level == ALERT_FATAL) {
		buf_adds(&c->scratch, level == ALERT_FATAL ? "fatal " : "warning ");
	}
	buf_adds(&c->scratch, tls_alert_name(alert, text));
	cells_scratch(c);
}

static void add_course(struct net_cells *c, const struct tls_session *x)
{
	struct table *t = c->table;

	add_maybe(t, x->ja4);
	add_maybe(t, x->ja3);
	add_maybe(t, x->ja3s);
	cells_span(c, x->client_hello_ns, x->server_hello_ns);
	cells_span(c, x->client_hello_ns, first_of(x->client_data_ns, x->server_data_ns));
	add_alert(c, x->alert_level[x->client], x->alert[x->client]);
	add_alert(c, x->alert_level[!x->client], x->alert[!x->client]);
	table_bytes(t, x->data_bytes[x->client]);
	table_bytes(t, x->data_bytes[!x->client]);
	table_u64(t, x->records[x->client]);
	table_u64(t, x->records[!x->client]);
	add_number_name(t, x->client_version, tls_version_name);
	add_number_name(t, x->group, tls_group_name);
	table_bool(t, x->flags & TLS_KEY_LOGGED);
}

void tls_row(struct net_cells *c, const struct tls_session *x)
{
	uint32_t flags = x->flags;

	flags |= x->flags & TLS_CLIENT_HELLO ? 0 : NO_CLIENT_HELLO;
	flags |= x->flags & TLS_SERVER_HELLO ? 0 : NO_SERVER_HELLO;
	add_who(c, x);
	add_choice(c, x);
	add_certificate(c, x);
	add_course(c, x);
	cells_words(c, flags, words, ARRAY_LEN(words));
	cells_flow(c, x->flow);
	cells_port(c, x->flow, x->client);
	cells_id(c, x->client_hello_num);
	cells_id(c, x->server_hello_num);
	cells_source(c);
}

static void tls_rows(struct net_cells *c)
{
	struct net_quality q;
	size_t count;
	const struct tls_session *const *rows = net_tls(c->net, &count);

	for (size_t i = 0; i < count; i++) {
		if (tls_passes(rows[i])) {
			tls_row(c, rows[i]);
		}
	}
	net_quality(c->net, &q);
	c->table->rows_dropped += q.tls_dropped;
}

static int tls_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	UNUSED_ARG(st);
	return net_table(&tls_def, in, r, e, tls_rows);
}

const struct tap tap_tls = {
	.name = "tls",
	.help = "TLS handshakes and what they show",
	.order = TAP_FREE,
	.flows = true,
	.tables = tls_tables,
};
