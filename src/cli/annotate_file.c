/*
 * annotate_file.c - the blocks of annotate_packet.c into the file, in order: see annotate.h. Numbers interfaces,
 * describes processes before the first packet that names them. One thread at a time.
 */
#include "cli/annotate.h"

#include "base/version.h"
#include "cli/command.h"
#include "writers/pcapng.h"

/* Of packets whose interface the capture does not describe: no link layer that is known. */
#define LINK_USER0 147u

/* Offset of the interface's number in the block of a packet. */
#define PACKET_INTERFACE_AT 8u

static int write_block(struct annotate *a, struct err *e)
{
	int rc = a->block.failed ? err_nomem(e, "a block of the output") :
				   capture_file_write(&a->file, a->block.data, a->block.len, e);

	buf_reset(&a->block);
	return rc;
}

int annotate_begin(struct annotate *a, struct err *e)
{
	const struct pcapng_section s = { .application = "thresher " THRESHER_VERSION };

	pcapng_section(&a->block, &s);
	return write_block(a, e);
}

/* ---- interfaces --------------------------------------------------------------------------------------------- */

/* Sections of one run have slots of their own; a described interface its index, one that is not the next number. */
static uint64_t interface_key(const struct section *s, uint32_t interface)
{
	return (uint64_t)s->slot << 32 | interface;
}

static int describe_interface(struct annotate *a, const struct annotate_head *h, struct err *e)
{
	const struct packet_interface *p = h->description;
	struct pcapng_interface i = { .link_type = LINK_USER0, .digits = 9 };
	struct buf comment;
	int rc;

	buf_init(&comment, 64u << 10);
	buf_printf(&comment, "from %s", joined_shown(&a->joined, h->section->source));
	if (p != NULL) {
		i.link_type = p->link_type;
		i.snaplen = p->snaplen;
		i.name = p->name;
		i.filter = p->filter;
		if (h->interface > 0) {
			buf_printf(&comment, ", interface %u", h->interface);
		}
	} else {
		i.description = "not described in the capture";
	}
	i.comment = buf_str(&comment);
	pcapng_interface(&a->block, &i);
	rc = comment.failed ? err_nomem(e, "an interface") : write_block(a, e);
	buf_release(&comment);
	return rc;
}

static int add_interface(struct annotate *a, const struct annotate_head *h, uint32_t *ret_number, struct err *e)
{
	if (a->written_count == a->written_cap) {
		size_t cap = a->written_cap == 0 ? 8 : a->written_cap * 2;
		struct annotate_interface *grown = realloc(a->written, cap * sizeof(*grown));

		if (grown == NULL) {
			return err_nomem(e, "the list of interfaces");
		}
		a->written = grown;
		a->written_cap = cap;
	}
	a->written[a->written_count] = (struct annotate_interface){ .section = h->section, .interface = h->interface };
	if (map_set(&a->interfaces, interface_key(h->section, h->interface), a->written_count + 1) != 0) {
		return err_nomem(e, "the list of interfaces");
	}
	*ret_number = (uint32_t)a->written_count++;
	return describe_interface(a, h, e);
}

static int interface_number(struct annotate *a, const struct annotate_head *h, uint32_t *ret_number, struct err *e)
{
	uintptr_t known = map_get(&a->interfaces, interface_key(h->section, h->interface));

	if (known != 0) {
		*ret_number = (uint32_t)(known - 1);
		return 0;
	}
	return add_interface(a, h, ret_number, e);
}

int annotate_end(struct annotate *a, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < a->written_count && rc == 0; i++) {
		const struct annotate_interface *w = &a->written[i];
		struct pcapng_statistics s = { .interface = (uint32_t)i, .units = w->last_ns, .received = w->packets,
					       .drops_interface = UINT64_MAX, .drops_os = UINT64_MAX };

		if (w->interface < w->section->interface_count) {
			s.drops_interface = w->section->interfaces[w->interface].drops_interface;
			s.drops_os = w->section->interfaces[w->interface].drops_os;
		}
		pcapng_statistics(&a->block, &s);
		rc = write_block(a, e);
	}
	return rc;
}

/* ---- processes ---------------------------------------------------------------------------------------------- */

/* When the process began, by the clock of the packets, and never after the first of its packets: clocks are known to
 * some microseconds only, and readers look for a start before the packet. 0: unknown. */
static uint64_t start_of(const struct annotate_head *h)
{
	uint64_t ns = h->subject->process->start_ns;

	if (ns != 0 && (h->moved == NULL || h->moved != h->clock)) {
		ns = h->clock != NULL ? clock_to_packets(h->clock, ns) : 0;
		ns = ns != 0 && h->moved != NULL ? clock_to_calls(h->moved, ns) : ns;
	}
	return ns < h->ts_ns ? ns : h->ts_ns;
}

static void add_cmdline(struct buf *out, const struct process *p)
{
	if (p->exe->len > 0) {
		buf_add(out, p->exe->s, p->exe->len);
		buf_addc(out, '\0');
		if (p->args->len > 0) {
			buf_add(out, p->args->s, p->args->len);
			buf_addc(out, '\0');
		}
	}
}

static int describe_process(struct annotate *a, const struct annotate_head *h, struct err *e)
{
	const struct process *p = h->subject->process;
	struct pcapng_process x = { .pid = (uint32_t)p->pid, .uid = p->uid, .start_ns = start_of(h) };
	struct buf cmdline;
	int rc;

	buf_init(&cmdline, 1u << 20);
	add_cmdline(&cmdline, p);
	x.ppid = p->ppid >= 0 && p->ppid < UINT32_MAX ? (uint32_t)p->ppid : UINT32_MAX;
	x.name = p->comm->s;
	x.path = p->exepath->s;
	x.user = p->user_name->s;
	x.cmdline = cmdline.data;
	x.cmdline_len = cmdline.len;
	pcapng_process(&a->block, &x);
	rc = cmdline.failed ? err_nomem(e, "a command line") : write_block(a, e);
	buf_release(&cmdline);
	return rc;
}

/* ---- blocks ------------------------------------------------------------------------------------------------- */

static int emit_packet(struct annotate *a, const struct annotate_head *h, const char *block, struct err *e)
{
	uint32_t number = 0;
	int rc = interface_number(a, h, &number, e);

	if (rc == 0 && h->subject != NULL && (a->with & WITH_BLOCK) != 0 && !h->subject->written) {
		h->subject->written = true;
		rc = describe_process(a, h, e);
	}
	if (rc != 0) {
		return rc;
	}
	a->written[number].packets++;
	a->written[number].last_ns = max_u64(a->written[number].last_ns, h->ts_ns);
	a->packets++;
	a->with_process += h->has_process;
	buf_add(&a->block, block, PACKET_INTERFACE_AT);
	pcapng_u32(&a->block, number);
	rc = write_block(a, e);
	return rc == 0 ? capture_file_write(&a->file, block + PACKET_INTERFACE_AT + 4, h->len - PACKET_INTERFACE_AT - 4,
					    e)
		       : rc;
}

int annotate_emit(void *arg, const struct source *src, const char *text, size_t len, size_t line_count,
		  const struct line *rows, size_t base, struct err *e)
{
	struct annotate *a = arg;
	size_t from = 0;
	int rc = 0;

	UNUSED_ARG(src);
	UNUSED_ARG(len);
	for (size_t i = 0; i < line_count && rc == 0; i++) {
		const char *block = text + from + sizeof(struct annotate_head);
		struct annotate_head h;

		memcpy(&h, text + from, sizeof(h));
		from = rows[i].end - base;
		rc = h.packet ? emit_packet(a, &h, block, e) : capture_file_write(&a->file, block, h.len, e);
	}
	return rc;
}
