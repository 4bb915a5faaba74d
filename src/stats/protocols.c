/*
 * protocols.c - table `protocols`: which protocols lie in which, with frames and bytes, as a tree written out depth
 * first. Free of order: sums per path of protocols. What lies above the transport is known per flow only at its
 * end, so those rows come from the flows, on the main thread.
 */
#include <math.h>

#include "stats/flow_walk.h"
#include "stats/groups.h"
#include "stats/net_cells.h"

/* Real captures have some dozens of paths; more are made up. Those with the smallest numbers are kept, so that it does
 * not matter which worker saw which first. */
#define PATHS_MAX 1024

struct path_sums {
	uint64_t path;		/* UINT64_MAX: all that found no place */
	uint64_t frames, bytes, payload_frames, payload;
};

struct protocols_state {
	struct path_sums paths[PATHS_MAX];	/* by path */
	uint32_t count, last;
	struct path_sums others;
};

static void *protocols_new(void)
{
	return calloc(1, sizeof(struct protocols_state));
}

static void protocols_free(void *st)
{
	free(st);
}

static void add_sums(struct path_sums *into, const struct path_sums *from)
{
	into->frames += from->frames;
	into->bytes += from->bytes;
	into->payload_frames += from->payload_frames;
	into->payload += from->payload;
}

/* Where a path is, or belongs. */
static uint32_t place_of(const struct protocols_state *s, uint64_t path)
{
	uint32_t low = 0;
	uint32_t high = s->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->paths[mid].path < path) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

static struct path_sums *sums_of(struct protocols_state *s, uint64_t path)
{
	uint32_t at;

	if (LIKELY(s->last < s->count && s->paths[s->last].path == path)) {
		return &s->paths[s->last];
	}
	at = place_of(s, path);
	if (at == s->count || s->paths[at].path != path) {
		if (at == PATHS_MAX) {
			return &s->others;
		}
		if (s->count == PATHS_MAX) {
			add_sums(&s->others, &s->paths[--s->count]);
		}
		memmove(&s->paths[at + 1], &s->paths[at], (s->count - at) * sizeof(s->paths[0]));
		memset(&s->paths[at], 0, sizeof(s->paths[0]));
		s->paths[at].path = path;
		s->count++;
	}
	s->last = at;
	return &s->paths[at];
}

static int protocols_batch(void *st, const struct batch *b)
{
	struct protocols_state *s = st;

	for (uint32_t i = 0; i < b->layer_count; i++) {
		const struct layer *l = &b->layers[i];
		struct path_sums *sums;

		if (!(l->flags & LAYER_LAST) || UNLIKELY(b->packets[l->packet].flags & PACKET_HIDDEN)) {
			continue;
		}
		sums = sums_of(s, l->path != 0 ? l->path : PROTO_OTHER);
		if (!(l->flags & LAYER_REBUILT)) {	/* its bytes came in fragments, which are frames */
			sums->frames++;
			sums->bytes += b->packets[l->packet].orig_len;
		}
		if (!(l->flags & LAYER_FRAGMENT)) {
			sums->payload_frames += l->payload_len > 0;
			sums->payload += l->payload_len;
		}
	}
	return 0;
}

static int protocols_merge(void *into, void *from)
{
	struct protocols_state *a = into;
	const struct protocols_state *b = from;

	for (uint32_t i = 0; i < b->count; i++) {
		add_sums(sums_of(a, b->paths[i].path), &b->paths[i]);
	}
	add_sums(&a->others, &b->others);
	return 0;
}

/* ---- the tree ---------------------------------------------------------------------------------------- */

#define APP_BYTES 24

/* One row: a path, and what lies above it. */
struct node {
	uint64_t path;
	char app[APP_BYTES];	/* padded with zeros; "": the path itself */
	struct path_sums sums;
};

#define NODE_KEY_BYTES offsetof(struct node, sums)
_Static_assert(NODE_KEY_BYTES == 8 + APP_BYTES, "compared as bytes");

static unsigned int depth_of(uint64_t path)
{
	unsigned int n = 0;

	while (n < PATH_LEVELS && path_at(path, n) != PROTO_NONE) {
		n++;
	}
	return n;
}

static int add_node(struct groups *nodes, uint64_t path, const char *app, const struct path_sums *sums)
{
	struct node key = { .path = path };
	struct node *n;

	memcpy(key.app, app, strnlen(app, APP_BYTES));
	n = groups_get(nodes, &key);
	if (n == NULL) {
		return ERR_NOMEM;
	}
	add_sums(&n->sums, sums);
	return 0;
}

/* A path and all that it lies in. */
static int add_path(struct groups *nodes, uint64_t path, const struct path_sums *sums)
{
	unsigned int depth = depth_of(path);
	int rc = 0;

	for (unsigned int n = 1; n <= depth && rc == 0; n++) {
		rc = add_node(nodes, path & ((UINT64_C(1) << (5 * n)) - 1), "", sums);
	}
	return rc;
}

/* Conversations in which nothing was said (attempts, scans) have no protocol above the transport. */
static int add_flow(void *arg, uint32_t source, const struct flow *f)
{
	static const struct path_sums none;
	const char *app = flow_service(f);
	struct path_sums sums = { 0 };

	UNUSED_ARG(source);
	for (unsigned int end = 0; end < 2; end++) {
		const struct flow_side *side = &f->side[end];

		sums.frames += side->packets;
		sums.bytes += side->bytes;
		sums.payload_frames += side->payload_packets;
		sums.payload += side->payload_bytes;
	}
	if (!flow_has_ports(f) || sums.payload_frames == 0) {
		return 0;
	}
	if (add_path(arg, f->path, &none) != 0) {
		return ERR_NOMEM;
	}
	return add_node(arg, f->path, app != NULL ? app : "data", &sums);
}

/* Depth first: a path before those that go on from it, what lies above it by name right behind. */
static int depth_first(const void *pa, const void *pb)
{
	const struct node *a = pa;
	const struct node *b = pb;

	for (unsigned int n = 0; n < PATH_LEVELS; n++) {
		uint8_t x = path_at(a->path, n);
		uint8_t y = path_at(b->path, n);

		if (x != y) {
			return x < y ? -1 : 1;
		}
	}
	return memcmp(a->app, b->app, APP_BYTES);
}

/* ---- rows --------------------------------------------------------------------------------------------- */

static const struct column columns[] = {
	{ "path", COL_TEXT, "", "Protocols from the link up; \"data\": nothing known above the transport" },
	{ "level", COL_U64, "", "Protocols in the path" },
	{ "frames", COL_U64, "", "Frames with this path; of an application protocol: all packets of its flows" },
	{ "bytes", COL_BYTES, "bytes",
	  "Their bytes on the wire; of an application protocol in a tunnel: without the tunnel's headers" },
	{ "share", COL_F64, "%", "These bytes, of all bytes" },
	{ "payload_frames", COL_U64, "",
	  "Frames with bytes above these protocols (what other tools count for an application protocol); a datagram "
	  "put "
	  "together from fragments counts once" },
	{ "payload", COL_BYTES, "bytes", "Bytes above these protocols, as sent; of an application protocol: its own" },
};

static const struct table_def def = {
	"protocols", "Protocol hierarchy",
	"Which protocols lie in which, over all sources. A row counts for all rows below it. Application protocols are "
	"those of the flows: by content, else by their port; conversations without any payload have none.",
	columns, ARRAY_LEN(columns),
};

static void add_row(struct table *t, const char *path, size_t len, unsigned int level, const struct path_sums *s,
		    uint64_t all_bytes)
{
	table_textn(t, path, len);
	table_u64(t, level);
	table_u64(t, s->frames);
	table_bytes(t, s->bytes);
	table_f64(t, all_bytes > 0 ? rint((double)s->bytes * 10000 / (double)all_bytes) / 100 : NAN);
	table_u64(t, s->payload_frames);
	table_bytes(t, s->payload);
}

static void add_node_row(struct table *t, const struct node *n, uint64_t all_bytes)
{
	unsigned int depth = depth_of(n->path);
	size_t app_len = strnlen(n->app, APP_BYTES);
	struct buf text;

	buf_init(&text, 1024);
	for (unsigned int i = 0; i < depth; i++) {
		buf_adds(&text, i > 0 ? ":" : "");
		buf_adds(&text, proto_name(path_at(n->path, i)));
	}
	if (app_len > 0) {
		buf_addc(&text, ':');
		buf_add(&text, n->app, app_len);
	}
	t->failed = t->failed || text.failed;
	add_row(t, text.data, text.len, depth + (app_len > 0), &n->sums, all_bytes);
	buf_release(&text);
}

static int fill(struct table *t, struct groups *nodes, const struct protocols_state *s, const struct tap_input *in)
{
	uint64_t all_bytes = s->others.bytes;

	for (uint32_t i = 0; i < s->count; i++) {
		all_bytes += s->paths[i].bytes;
		if (add_path(nodes, s->paths[i].path, &s->paths[i]) != 0) {
			return ERR_NOMEM;
		}
	}
	if (flow_walk(in, add_flow, nodes) != 0) {
		return ERR_NOMEM;
	}
	groups_sort(nodes, depth_first);
	for (size_t i = 0; i < nodes->count; i++) {
		add_node_row(t, groups_row(nodes, i), all_bytes);
	}
	if (s->others.frames + s->others.payload_frames > 0) {
		static const char further[] = "(further paths)";

		add_row(t, further, sizeof(further) - 1, 0, &s->others, all_bytes);
	}
	return 0;
}

static int protocols_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);
	struct groups nodes;
	int rc;

	groups_init(&nodes, NODE_KEY_BYTES, sizeof(struct node));
	rc = t == NULL || (st != NULL && fill(t, &nodes, st, in) != 0) ? ERR_NOMEM : 0;
	groups_release(&nodes);
	if (rc != 0) {
		table_free(t);
		return err_nomem(e, "table protocols");
	}
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table protocols");
}

const struct tap tap_protocols = {
	.name = "protocols",
	.help = "which protocols lie in which, with frames and bytes",
	.order = TAP_FREE,
	.packets = true,
	.flows = true,
	.state_new = protocols_new,
	.state_free = protocols_free,
	.batch = protocols_batch,
	.merge = protocols_merge,
	.tables = protocols_tables,
};
