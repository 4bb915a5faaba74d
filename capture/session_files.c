/*
 * session_files.c - what goes into a file: section headers, snapshot, events, packets; and which file an event
 * belongs to.
 *
 *   probe → files_event ─ holding ──→ events ─ files_begin: older than the snapshot's look at its process → the file before
 *                       │                                    else                                          → the new file
 *                       ├ interleaved → events ─ files_mix, with packets, by time
 *                       └ else ────────→ output
 *
 * Main thread, but for the packets' target.
 */
#include "capture/session_internal.h"

#include "base/cursor.h"
#include "capture/narrow.h"
#include "schema/extra.h"
#include "writers/pcapng.h"

/* Events that are mixed with packets wait so long: packets stay in the kernel's buffer for some milliseconds. */
#define MIX_NS (UINT64_C(200) * 1000000)

/* ---- one event ------------------------------------------------------------------------------------------ */

/* A stored event, for the few whose parameters matter here. */
struct view {
	uint16_t type;
	uint32_t nparams;
	const uint8_t *lens; /* u16 each */
	const uint8_t *values;
};

enum { BLOCK_EVENT = 0x216, BLOCK_EVENT_FLAGS = 0x217, BLOCK_EVENT_LARGE_FLAGS = 0x222 };

/* Blocks are our own: their lengths are right. */
static struct view view_block(const uint8_t *block)
{
	uint32_t kind = load_le32(block);
	const uint8_t *header = block + 8 + 2 + (kind == BLOCK_EVENT_FLAGS || kind == BLOCK_EVENT_LARGE_FLAGS ? 4 : 0);
	struct view v = { load_le16(header + 20), load_le32(header + 22), header + 26, NULL };

	v.values = v.lens + 2 * (size_t)v.nparams;
	return v;
}

static const uint8_t *view_param(const struct view *v, unsigned int i, size_t *ret_len)
{
	const uint8_t *p = v->values;

	if (i >= v->nparams) {
		*ret_len = 0;
		return p;
	}
	for (unsigned int k = 0; k < i; k++) {
		p += load_le16(v->lens + 2 * (size_t)k);
	}
	*ret_len = load_le16(v->lens + 2 * (size_t)i);
	return p;
}

static bool may_hold_secret(const struct schema_param *p)
{
	switch (p->type) {
	case PT_CHARBUF:
	case PT_BYTEBUF:
	case PT_CHARBUFARRAY:
	case PT_CHARBUF_PAIR_ARRAY: return true;
	default: return false;
	}
}

/* Covers secrets in an event just appended at at. */
static void redact_event(const struct session *s, struct buf *out, size_t at)
{
	struct view v;

	if (s->redact_events == NULL || out->failed || out->len == at) {
		return;
	}
	v = view_block((const uint8_t *)out->data + at);
	if (v.type >= SCHEMA_EVENTS || (schema_events[v.type].flags & EF_LARGE_PAYLOAD) != 0) {
		return; /* metadata: its lengths are wider, and who makes it covers it */
	}
	for (unsigned int i = 0; i < v.nparams && i < schema_events[v.type].nparams; i++) {
		size_t len;
		const uint8_t *p = view_param(&v, i, &len);

		if (len > 0 && (int)i != s->cgroups_param[v.type] &&
		    may_hold_secret(&schema_events[v.type].params[i])) {
			redact_apply(s->redact_events, out->data + ((const char *)p - out->data), len);
		}
	}
}

/* A process of a container not told yet: the container's event goes before it. */
static void tell_container(struct session *s, const struct view *v, uint64_t ts_ns, struct buf *out)
{
	size_t len;
	const uint8_t *p;

	if (v->type < SCHEMA_EVENTS && s->cgroups_param[v->type] >= 0) {
		p = view_param(v, (unsigned int)s->cgroups_param[v->type], &len);
		if (len > 0) {
			containers_find(s->containers, (const char *)p, len, ts_ns, out);
		}
	}
}

static bool is_birth_call(uint16_t type)
{
	return type == EV_SYSCALL_CLONE_20_X || type == EV_SYSCALL_CLONE3_X || type == EV_SYSCALL_FORK_20_X ||
	       type == EV_SYSCALL_VFORK_20_X;
}

static struct held_row row_of(const struct scap_event *ev, size_t len)
{
	struct held_row row = { .ts_ns = ev->ts_ns, .tid = ev->tid, .len = (uint32_t)len, .type = ev->type };

	if (is_birth_call(ev->type) && ev->nparams > 0 && ev->lens != NULL && ev->lens[0] == 8) {
		row.child = (int64_t)load_le64(ev->values);
		row.born = row.child == 0;
		row.child = row.child > 0 ? row.child : 0;
	}
	return row;
}

static int hold(struct session *s, const struct scap_event *ev)
{
	struct buf *out = held_room(&s->events);
	size_t at = out->len;
	struct held_row row;

	if (!scap_event(out, ev)) {
		return 0;
	}
	redact_event(s, out, at);
	row = row_of(ev, out->len - at);
	return held_add(&s->events, &row) == 0 ? 0 : err_nomem(s->e, "events");
}

/* The snapshot of the current file holds what this event did. */
static bool in_snapshot(const struct session *s, const struct held_row *row)
{
	if (s->seen == NULL || row->ts_ns > s->seen_until_ns) {
		return false;
	}
	/* 0, where a process was not looked at, is before everything. */
	return row->ts_ns < snapshot_seen_ns(s->seen, row->tid) ||
	       (row->child > 0 && row->ts_ns < snapshot_seen_ns(s->seen, row->child));
}

static int count_event(struct session *s)
{
	s->written++;
	return session_has_enough(s) ? SESSION_ENOUGH : 0;
}

/* Straight into the current file. */
static int write_event(struct session *s, const struct scap_event *ev)
{
	struct buf *out = output_room(s->output, OUTPUT_OF_EVENTS);
	struct view v = { ev->type, ev->nparams, (const uint8_t *)ev->lens, ev->values };
	size_t at;
	int rc;

	if (s->seen != NULL) {
		struct held_row row = row_of(ev, 0);

		if (in_snapshot(s, &row)) {
			return 0;
		}
	}
	if (ev->lens != NULL) {
		tell_container(s, &v, ev->ts_ns, out);
	}
	at = out->len;
	if (!scap_event(out, ev)) {
		return 0;
	}
	redact_event(s, out, at);
	rc = output_put(s->output, OUTPUT_OF_EVENTS, 1, s->e);
	return rc != 0 ? rc : count_event(s);
}

int files_event(void *arg, const struct scap_event *ev)
{
	struct session *s = arg;

	if (session_has_enough(s)) {
		return SESSION_ENOUGH;
	}
	return s->holding || s->interleaved ? hold(s, ev) : write_event(s, ev);
}

/* The oldest event that was held, into the current file. */
static int write_held(struct session *s)
{
	const struct held_row *row = held_first(&s->events);
	struct buf *out = output_room(s->output, OUTPUT_OF_EVENTS);
	const uint8_t *block = held_block(&s->events);
	struct view v = view_block(block);
	int rc;

	/* What made it enough may have been held, too: the end asks for the rest of those. */
	if (session_has_enough(s)) {
		return SESSION_ENOUGH;
	}
	tell_container(s, &v, row->ts_ns, out);
	buf_add(out, block, row->len);
	held_take(&s->events);
	rc = output_put(s->output, OUTPUT_OF_EVENTS, 1, s->e);
	return rc != 0 ? rc : count_event(s);
}

/* ---- packets -------------------------------------------------------------------------------------------- */

static struct buf *packets_room(void *arg)
{
	struct session *s = arg;

	return s->interleaved ? held_room(&s->mixed) : output_room(s->output, OUTPUT_OF_PACKETS);
}

/* The packets' thread, with their lock. Its failure shows to the main thread with the next thing it writes. */
static int packets_put(void *arg, uint64_t ts_ns, size_t len)
{
	struct session *s = arg;
	struct held_row row = { .ts_ns = ts_ns, .len = (uint32_t)len };

	return s->interleaved ? held_add(&s->mixed, &row) : output_put(s->output, OUTPUT_OF_PACKETS, 1, NULL);
}

struct packets_target files_packets_target(struct session *s)
{
	return (struct packets_target){ packets_room, packets_put, s };
}

static int write_mixed_packet(struct session *s)
{
	const struct held_row *row = held_first(&s->mixed);

	buf_add(output_room(s->output, OUTPUT_OF_EVENTS), held_block(&s->mixed), row->len);
	held_take(&s->mixed);
	return output_put(s->output, OUTPUT_OF_EVENTS, 0, s->e);
}

/* With the packets' lock. Events that the snapshot holds are left out, unless it is that of the file after this one. */
static int mix(struct session *s, uint64_t until_ns, bool before_snapshot)
{
	int rc = 0;

	while (rc == 0) {
		const struct held_row *event = held_first(&s->events);
		const struct held_row *packet = held_first(&s->mixed);

		if (packet != NULL && packet->ts_ns <= until_ns && (event == NULL || packet->ts_ns < event->ts_ns)) {
			rc = write_mixed_packet(s);
		} else if (event == NULL || event->ts_ns > until_ns) {
			break;
		} else if (!before_snapshot && in_snapshot(s, event)) {
			held_take(&s->events);
		} else {
			rc = write_held(s);
		}
	}
	return rc;
}

int files_mix(struct session *s, uint64_t until_ns)
{
	int rc;

	if (!s->interleaved || s->holding || s->first) {
		return 0;
	}
	packets_lock(s->packets);
	rc = mix(s, until_ns > MIX_NS && until_ns != UINT64_MAX ? until_ns - MIX_NS : until_ns, false);
	packets_unlock(s->packets);
	return rc;
}

/* ---- files ---------------------------------------------------------------------------------------------- */

/*
 * Readers of scap take section headers without options only, in front of packets too, unless these have a file of
 * their own; that file names the one of the events. Who wrote it is told beside the interfaces.
 */
static int begin_packets(struct session *s)
{
	struct buf *out = output_room(s->output, OUTPUT_OF_PACKETS);
	const char *partner = output_partner(s->output, OUTPUT_OF_PACKETS);
	struct pcapng_section section = { .application = SESSION_APPLICATION };
	char comment[512];

	if (partner != NULL) {
		snprintf(comment, sizeof(comment), "system calls are in %s", partner);
		section.comment = comment;
		pcapng_section(out, &section);
	} else {
		scap_section(out, NULL);
	}
	packets_interfaces(s->packets, SESSION_APPLICATION, out);
	return output_put(s->output, OUTPUT_OF_PACKETS, 0, s->e);
}

static int begin_events(struct session *s)
{
	struct buf *out = output_room(s->output, OUTPUT_OF_EVENTS);
	size_t at;

	scap_section(out, s->interleaved ? SESSION_APPLICATION : NULL);
	if (s->interleaved) {
		packets_interfaces(s->packets, SESSION_APPLICATION, out);
	}
	at = out->len;
	snapshot_blocks(s->seen, out);
	if (s->roots == NULL) {
		snapshot_containers(s->seen, s->job.begun_ns, out);
	} else if (narrow_blocks(out, at, s->roots, s->root_count, s->e) != 0) {
		return ERR_NOMEM;
	}
	return output_put(s->output, OUTPUT_OF_EVENTS, 0, s->e);
}

/* With the packets' lock, if there are any. */
static void end_packets(struct session *s)
{
	enum output_stream stream = s->interleaved ? OUTPUT_OF_EVENTS : OUTPUT_OF_PACKETS;

	if (s->packets != NULL) {
		packets_statistics(s->packets, probe_now_ns(s->probe), output_room(s->output, stream));
	}
}

/*
 * A process that the snapshot did not meet and whose birth was not seen since it began belongs to the file that knows
 * it. Before the first file there is none: such a process ended before its turn, and nothing is known of it.
 */
static bool of_file_before(const struct session *s, const struct map *born, const struct held_row *row)
{
	if (in_snapshot(s, row) || row->ts_ns < s->job.begun_ns) {
		return true;
	}
	return row->ts_ns <= s->seen_until_ns && snapshot_seen_ns(s->seen, row->tid) == 0 &&
	       map_get(born, (uint64_t)row->tid) == 0;
}

static int write_before(struct session *s, const struct held *h)
{
	int rc;

	if (s->first) {
		return 0;
	}
	if (session_has_enough(s)) {
		return SESSION_ENOUGH;
	}
	buf_add(output_room(s->output, OUTPUT_OF_EVENTS), held_block(h), held_first(h)->len);
	rc = output_put(s->output, OUTPUT_OF_EVENTS, 1, s->e);
	return rc != 0 ? rc : count_event(s);
}

/* Of the events that waited, those of the file before are written there (of the first: left out), in their order;
 * the others stay. */
static int part_held(struct session *s)
{
	struct held later = s->events;
	struct map born;
	int rc = 0;

	held_init(&s->events);
	map_init(&born);
	for (; rc == 0 && held_first(&later) != NULL; held_take(&later)) {
		const struct held_row *row = held_first(&later);

		if (row->born) {
			rc = map_set(&born, (uint64_t)row->tid, 1);
		}
		if (rc == 0 && of_file_before(s, &born, row)) {
			rc = write_before(s, &later);
		} else if (rc == 0) {
			buf_add(held_room(&s->events), held_block(&later), row->len);
			rc = held_add(&s->events, row);
		}
	}
	held_release(&later);
	map_release(&born);
	return rc == ERR_NOMEM ? err_nomem(s->e, "events") : rc;
}

/* With the packets' lock, if there are any. */
static int next_file(struct session *s)
{
	end_packets(s);
	containers_forget(s->containers);
	return output_next(s->output, probe_now_ns(s->probe), s->e);
}

static int begin_both(struct session *s)
{
	int rc = s->interleaved && !s->first ? mix(s, s->job.begun_ns, true) : 0;

	rc = rc == 0 ? part_held(s) : rc;
	rc = rc == 0 && !s->first ? next_file(s) : rc;

	if (rc == 0 && s->packets != NULL && !s->interleaved) {
		rc = begin_packets(s);
	}
	return rc == 0 ? begin_events(s) : rc;
}

int files_begin(struct session *s)
{
	int rc;

	if (s->packets != NULL) {
		packets_lock(s->packets);
	}
	rc = begin_both(s);
	if (s->packets != NULL) {
		packets_unlock(s->packets);
	}
	s->first = false;
	s->holding = false;
	return rc == 0 && !s->interleaved ? files_release_held(s) : rc;
}

int files_release_held(struct session *s)
{
	int rc = 0;

	while (rc == 0 && held_first(&s->events) != NULL) {
		if (in_snapshot(s, held_first(&s->events))) {
			held_take(&s->events);
		} else {
			rc = write_held(s);
		}
	}
	return rc;
}

int files_flush(struct session *s)
{
	int rc = output_send(s->output, OUTPUT_OF_EVENTS, s->e);

	if (rc == 0 && s->packets != NULL && !s->interleaved) {
		packets_lock(s->packets);
		rc = output_send(s->output, OUTPUT_OF_PACKETS, s->e);
		packets_unlock(s->packets);
	}
	return rc;
}

/* ---- drops ---------------------------------------------------------------------------------------------- */

static int drop_event(struct session *s, uint16_t cpu, uint16_t cause, uint64_t dropped)
{
	const uint16_t len = 4;
	uint8_t ratio[4] = { 1, 0, 0, 0 };
	struct scap_event ev = { .ts_ns = probe_now_ns(s->probe),
				 .tid = -1,
				 .cpu = cpu == UINT16_MAX ? 0 : cpu,
				 .type = EV_DROP_E,
				 .nparams = 1,
				 .lens = &len,
				 .values = ratio };
	struct buf extra;
	int rc;

	buf_init(&extra, 64);
	pcapng_u16(&extra, EXTRA_DROPS);
	pcapng_u16(&extra, 12);
	pcapng_u16(&extra, cpu);
	pcapng_u16(&extra, cause);
	pcapng_u64(&extra, dropped);
	ev.extra = (const uint8_t *)extra.data;
	ev.extra_len = (uint32_t)extra.len;
	rc = files_event(s, &ev);
	buf_release(&extra);
	return rc;
}

int files_drops(struct session *s)
{
	struct probe_stats st;
	int rc = 0;

	probe_stats(s->probe, &st);
	if (s->drops_told == NULL && st.cpus > 0) {
		s->drops_told = calloc(st.cpus, sizeof(*s->drops_told));
		s->cpus = s->drops_told != NULL ? st.cpus : 0;
	}
	for (uint32_t i = 0; i < s->cpus && i < st.cpus && rc == 0; i++) {
		uint64_t more = st.drops_by_cpu[i] - s->drops_told[i];

		if (more > 0) {
			s->drops_told[i] = st.drops_by_cpu[i];
			rc = drop_event(s, (uint16_t)i,
					st.drops_scratch > s->scratch_told ? EXTRA_DROP_SCRATCH : EXTRA_DROP_RING_FULL,
					more);
		}
	}
	s->scratch_told = st.drops_scratch;
	return rc;
}

int files_end(struct session *s)
{
	int rc = s->interleaved && !s->first ? files_mix(s, UINT64_MAX) : files_release_held(s);
	int closed;

	end_packets(s);
	closed = output_close(s->output, s->e);
	return rc < 0 ? rc : closed;
}

void files_init(struct session *s)
{
	held_init(&s->events);
	held_init(&s->mixed);
	for (unsigned int t = 0; t < SCHEMA_EVENTS; t++) {
		s->cgroups_param[t] = -1;
		for (unsigned int i = 0; i < schema_events[t].nparams; i++) {
			if (strcmp(schema_events[t].params[i].name, "cgroups") == 0) {
				s->cgroups_param[t] = (int8_t)i;
			}
		}
	}
}
