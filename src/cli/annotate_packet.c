/*
 * annotate_packet.c - packets as blocks of pcapng, with what the join knows of their process: see annotate.h. Reads
 * stamped batches of the second run; any worker.
 */
#include "cli/annotate.h"

#include "base/escape.h"
#include "cli/print_join.h"
#include "cli/print_packet.h"
#include "readers/blocks.h"
#include "writers/pcapng.h"
#include "writers/pcapng_copy.h"

/* ---- processes ----------------------------------------------------------------------------------------------- */

static uint64_t subject_key(const struct section *calls, uint32_t process)
{
	return (uint64_t)calls->slot << 32 | process;
}

static struct subject *find_subject(const struct annotate *a, const struct packet_owner *o)
{
	uintptr_t i = map_get(&a->by_process, subject_key(o->side->sock->section, o->process));

	return i != 0 ? &a->subjects[i - 1] : NULL;
}

static int add_subject(struct annotate *a, size_t *cap, const struct section *calls, uint32_t id)
{
	struct subject s = { .calls = calls };

	if (calls->state == NULL || id >= state_process_count(calls->state) ||
	    map_get(&a->by_process, subject_key(calls, id)) != 0) {
		return 0;
	}
	s.process = state_process(calls->state, id);
	if (a->subject_count == *cap) {
		size_t more = *cap == 0 ? 64 : *cap * 2;
		struct subject *grown = realloc(a->subjects, more * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		a->subjects = grown;
		*cap = more;
	}
	a->subjects[a->subject_count++] = s;
	return map_set(&a->by_process, subject_key(calls, id), a->subject_count);
}

static bool same_text(const struct str *a, const struct str *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

/* One process in two sections (parts of one capture), as far as a block could tell. */
static bool same_process(const struct subject *a, const struct subject *b)
{
	return same_text(a->process->comm, b->process->comm) && same_text(a->process->args, b->process->args) &&
	       same_text(a->process->exepath, b->process->exepath);
}

/* The first section in the order of the input that has a pid keeps it. */
static int mark_foreign(struct annotate *a)
{
	struct map by_pid;
	int rc = 0;

	map_init(&by_pid);
	for (size_t i = 0; i < a->subject_count && rc == 0; i++) {
		struct subject *s = &a->subjects[i];
		uintptr_t first = s->process->pid >= 0 ? map_get(&by_pid, (uint64_t)s->process->pid) : 0;
		const struct subject *owner = first != 0 ? &a->subjects[first - 1] : NULL;

		if (owner != NULL) {
			s->foreign = owner->calls != s->calls && !same_process(owner, s);
		} else if (s->process->pid >= 0) {
			rc = map_set(&by_pid, (uint64_t)s->process->pid, i + 1);
		}
	}
	map_release(&by_pid);
	return rc;
}

int annotate_subjects(struct annotate *a)
{
	size_t pairs_count = 0;
	size_t cap = 0;
	const struct pair *pairs = a->joined.join != NULL ? join_pairs(a->joined.join, &pairs_count) : NULL;
	int rc = 0;

	for (size_t i = 0; i < pairs_count && rc == 0; i++) {
		for (unsigned int end = 0; end < 2 && rc == 0; end++) {
			const struct sock *s = pairs[i].side[end].sock;

			if (s == NULL) {
				continue;
			}
			rc = add_subject(a, &cap, s->section, s->process);
			for (uint32_t k = 0; k < s->user_count && rc == 0; k++) {
				rc = add_subject(a, &cap, s->section, s->users[k].process);
			}
		}
	}
	return rc == 0 ? mark_foreign(a) : rc;
}

const struct clock_pair *annotate_clock(const struct annotate *a, const struct section *packets)
{
	const struct clock_pair *best = NULL;
	const struct clock_pair *clocks;
	size_t count;

	if (a->joined.join == NULL) {
		return NULL;
	}
	clocks = join_clocks(a->joined.join, &count);
	for (size_t i = 0; i < count; i++) {
		if (clocks[i].packets == packets && clocks[i].origin != CLOCK_UNKNOWN &&
		    (best == NULL || clocks[i].flows > best->flows)) {
			best = &clocks[i];
		}
	}
	return best;
}

/* ---- comments ------------------------------------------------------------------------------------------------ */

/* A line "Key: text" of a comment. */
static void add_key(struct buf *out, size_t at, const char *key)
{
	if (out->len > at + 4) {
		buf_addc(out, '\n');
	}
	buf_adds(out, key);
	buf_adds(out, ": ");
}

static void add_text(struct buf *out, size_t at, const char *key, const struct str *s)
{
	if (s != NULL && s->len > 0) {
		add_key(out, at, key);
		escape_terminal(out, s->s, s->len);
	}
}

static void add_number(struct buf *out, size_t at, const char *key, int64_t x)
{
	add_key(out, at, key);
	buf_add_s64(out, x);
}

/* Name of the program and its arguments, with blanks between them. */
static void add_command(struct buf *out, size_t at, const char *key, const struct process *p)
{
	const char *s = p->args->s;
	size_t left = p->args->len;

	if (p->exe->len == 0) {
		return;
	}
	add_text(out, at, key, p->exe);
	while (left > 0) {
		size_t n = strnlen(s, left);

		buf_addc(out, ' ');
		escape_terminal(out, s, n);
		n += n < left;
		s += n;
		left -= n;
	}
}

static const struct str *program(const struct process *p)
{
	return p->exepath->len > 0 ? p->exepath : p->comm;
}

static void comment_process(struct buf *out, const struct process *p)
{
	size_t at = pcapng_option_begin(out, PCAPNG_COMMENT);

	add_number(out, at, "PID", p->pid);
	add_text(out, at, "Cmd", program(p));
	add_command(out, at, "Args", p);
	pcapng_option_end(out, at);
}

static void comment_parent(struct buf *out, const struct state *s, const struct process *p)
{
	const struct process *up = p->parent < state_process_count(s) ? state_process(s, p->parent) : NULL;
	int64_t pid = up != NULL && up->pid >= 0 ? up->pid : p->ppid;
	size_t at;

	if (pid < 0) {
		return;
	}
	at = pcapng_option_begin(out, PCAPNG_COMMENT);
	add_number(out, at, "ParentPID", pid);
	if (up != NULL) {
		add_text(out, at, "ParentCmd", program(up));
		add_command(out, at, "ParentArgs", up);
	}
	pcapng_option_end(out, at);
}

static void comment_container(struct buf *out, const struct container_view *c)
{
	size_t at = pcapng_option_begin(out, PCAPNG_COMMENT);

	add_key(out, at, "ContainerName");
	escape_terminal(out, c->name->s, c->name->len);
	add_text(out, at, "ContainerId", c->full_id->len > 0 ? c->full_id : c->id);
	add_text(out, at, "ContainerImage", c->image);
	pcapng_option_end(out, at);
}

/* How the process was found. */
static void comment_join(const struct annotate *a, struct buf *out, const struct packet_owner *o)
{
	const char *source = joined_shown(&a->joined, o->side->sock->section->source);
	size_t at = pcapng_option_begin(out, PCAPNG_COMMENT);

	add_key(out, at, "JoinSide");
	buf_adds(out, o->sender ? "sender" : "receiver");
	if (o->call.shown != 0) {
		add_key(out, at, "JoinCall");
		buf_adds(out, joined_call_name(&o->call));
		buf_addc(out, ' ');
		buf_add_u64(out, o->call.shown);
		if (o->calls > 1) {
			buf_printf(out, " +%u", o->calls - 1);
		}
	}
	add_key(out, at, "JoinSource");
	escape_terminal(out, source, strlen(source));
	add_key(out, at, "JoinReason");
	buf_adds(out, match_reason_name(o->pair->reason));
	add_key(out, at, "JoinConfidence");
	buf_printf(out, "%u%%", o->pair->confidence);
	pcapng_option_end(out, at);
}

static void add_comments(const struct annotate *a, struct buf *out, const struct packet_owner *o)
{
	const struct process *p = joined_process(o);
	size_t at;

	if (p != NULL && p->pid >= 0) {
		comment_process(out, p);
		at = pcapng_option_begin(out, PCAPNG_COMMENT);
		add_number(out, at, "ThreadId", o->tid);
		pcapng_option_end(out, at);
		if (p->uid != UID_NONE) {
			at = pcapng_option_begin(out, PCAPNG_COMMENT);
			add_number(out, at, "UserId", p->uid);
			pcapng_option_end(out, at);
		}
		comment_parent(out, o->side->sock->section->state, p);
		if (p->container != NULL) {
			comment_container(out, p->container);
		}
	}
	comment_join(a, out, o);
}

/* ---- blocks -------------------------------------------------------------------------------------------------- */

/* A batch on its way into blocks. */
struct turn {
	const struct annotate *a;
	const struct batch *b;
	const struct lookup_section *section;	/* NULL: nothing of it is joined */
	const struct clock_pair *clock;		/* that times are moved by; NULL: they are not */
	struct layer_walk layers;
	struct lines *out;
	uint32_t next_meta;
	uint64_t last_ns;
};

static size_t begin_line(struct turn *t)
{
	struct annotate_head head;
	size_t at = t->out->text.len;

	memset(&head, 0, sizeof(head));
	buf_add(&t->out->text, &head, sizeof(head));
	return at;
}

static int end_line(struct turn *t, size_t at, struct annotate_head *head, uint64_t num)
{
	struct buf *text = &t->out->text;

	if (text->failed) {
		return ERR_NOMEM;
	}
	head->len = (uint32_t)(text->len - at - sizeof(*head));
	head->section = t->b->section;
	memcpy(text->data + at, head, sizeof(*head));
	return lines_add(t->out, t->last_ns, num);
}

/* What others wrote beside packets: handed on where it stood. */
static int hand_on(struct turn *t, const struct meta_block *m)
{
	bool be = t->b->section->big_endian;
	size_t at = begin_line(t);
	struct buf *text = &t->out->text;
	struct annotate_head head;
	bool any = false;

	switch (m->type) {
	case BLOCK_NRB:
		any = pcapng_copy_names(text, m->body, m->body_len, be);
		break;
	case BLOCK_DSB:
		any = pcapng_copy_secrets(text, m->body, m->body_len, be);
		break;
	case BLOCK_CUSTOM:
		any = pcapng_copy_custom(text, m->body, m->body_len, be);
		break;
	default:
		break;
	}
	if (!any) {
		text->len = text->failed ? text->len : at;
		return text->failed ? ERR_NOMEM : 0;
	}
	memset(&head, 0, sizeof(head));
	return end_line(t, at, &head, 0);
}

static int hand_on_before(struct turn *t, uint32_t block_off)
{
	int rc = 0;

	while (rc == 0 && t->next_meta < t->b->meta_count && t->b->metas[t->next_meta].block_off < block_off) {
		rc = hand_on(t, &t->b->metas[t->next_meta++]);
	}
	return rc;
}

static void add_process(struct turn *t, const struct packet_owner *o, bool has_option, struct annotate_head *head)
{
	const struct annotate *a = t->a;
	struct subject *s = find_subject(a, o);
	unsigned int end = o->side == &o->pair->side[1];
	struct buf *out = &t->out->text;
	const struct clock_pair *clocks;
	size_t count, at;

	if (s != NULL && s->process->pid >= 0 && !s->foreign) {
		if ((a->with & WITH_OPTION) != 0 && !has_option) {
			at = pcapng_option_begin(out, PCAPNG_PROCESS_THREAD);
			pcapng_u32(out, (uint32_t)s->process->pid);
			pcapng_u32(out, (uint32_t)o->tid);
			pcapng_option_end(out, at);
		}
		clocks = join_clocks(a->joined.join, &count);
		head->subject = s;
		head->clock = o->pair->clock[end] < count ? &clocks[o->pair->clock[end]] : NULL;
		head->moved = t->clock;
	}
	if ((a->with & WITH_COMMENT) != 0) {
		add_comments(a, out, o);
	}
}

static int add_packet(struct turn *t, uint32_t i)
{
	const struct batch *b = t->b;
	const struct packet *p = &b->packets[i];
	uint64_t num = b->first_packet_num + i;
	struct pcapng_packet x = { .units = p->ts_ns, .data = p->data, .cap_len = p->cap_len, .orig_len = p->orig_len };
	const struct layer *l = layer_walk_next(&t->layers, i);
	struct packet_owner owner;
	struct annotate_head head;
	struct pcapng_block k;
	bool has_option = false;
	size_t at;

	if ((p->flags & PACKET_HIDDEN) != 0) {
		return 0;
	}
	if (t->clock != NULL && (p->flags & PACKET_NO_TIME) == 0 && p->ts_ns != UINT64_MAX) {
		x.units = clock_to_calls(t->clock, p->ts_ns);
	}
	if ((p->flags & PACKET_NO_TIME) == 0 && x.units != UINT64_MAX) {
		t->last_ns = x.units;
	}
	at = begin_line(t);
	memset(&head, 0, sizeof(head));
	head.packet = true;
	head.ts_ns = x.units;
	head.interface = (p->flags & PACKET_NO_INTERFACE) != 0 ? UINT32_MAX : p->interface;
	head.description = head.interface < b->interface_count ? &b->interfaces[head.interface] : NULL;
	k = pcapng_packet_begin(&t->out->text, &x);
	if (p->options != NULL) {
		has_option =
			pcapng_copy_packet_options(&t->out->text, p->options, p->options_len, b->section->big_endian);
	}
	if (t->section != NULL && joined_owner(&t->a->joined, t->section, b, l, num, &owner)) {
		head.has_process = true;
		add_process(t, &owner, has_option, &head);
	}
	pcapng_options_end(&t->out->text);
	pcapng_end(&k);
	return end_line(t, at, &head, num);
}

int annotate_format(void *arg, const struct batch *b, struct lines *out)
{
	const struct annotate *a = arg;
	struct turn t;
	int rc = 0;

	memset(&t, 0, sizeof(t));
	t.a = a;
	t.b = b;
	t.out = out;
	if (b->section == NULL) {
		return 0;
	}
	layer_walk_init(&t.layers, b);
	t.section = a->joined.lookup != NULL ? lookup_section(a->joined.lookup, b->section) : NULL;
	if (t.section != NULL && a->to_calls) {
		t.clock = annotate_clock(a, lookup_section_joined(t.section));
	}
	for (uint32_t i = 0; i < b->packet_count && rc == 0; i++) {
		rc = hand_on_before(&t, b->packets[i].block_off);
		rc = rc == 0 ? add_packet(&t, i) : rc;
	}
	return rc == 0 ? hand_on_before(&t, UINT32_MAX) : rc;
}
