/*
 * pcapng.c - see pcapng.h. Numbers byte by byte, so that the machine's own order plays no part. Any thread.
 */
#include "writers/pcapng.h"

enum {
	BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6, BLOCK_CUSTOM_COPY = 0xBAD, BLOCK_SECTION = 0x0A0D0D0A
};

/* ---- numbers, blocks, options --------------------------------------------------------------------------- */

void pcapng_u16(struct buf *out, uint16_t x)
{
	const uint8_t bytes[2] = { (uint8_t)x, (uint8_t)(x >> 8) };

	buf_add(out, bytes, sizeof(bytes));
}

void pcapng_u32(struct buf *out, uint32_t x)
{
	const uint8_t bytes[4] = { (uint8_t)x, (uint8_t)(x >> 8), (uint8_t)(x >> 16), (uint8_t)(x >> 24) };

	buf_add(out, bytes, sizeof(bytes));
}

void pcapng_u64(struct buf *out, uint64_t x)
{
	pcapng_u32(out, (uint32_t)x);
	pcapng_u32(out, (uint32_t)(x >> 32));
}

void pcapng_pad(struct buf *out, size_t at)
{
	static const uint8_t zeros[4];

	buf_add(out, zeros, (4 - (out->len - at) % 4) % 4);
}

static void patch_u32(struct buf *out, size_t at, uint32_t x)
{
	if (!out->failed) {
		for (unsigned int i = 0; i < 4; i++) {
			out->data[at + i] = (char)(x >> (8 * i));
		}
	}
}

struct pcapng_block pcapng_begin(struct buf *out, uint32_t type)
{
	struct pcapng_block k = { out, out->len };

	pcapng_u32(out, type);
	pcapng_u32(out, 0);
	return k;
}

void pcapng_end(struct pcapng_block *k)
{
	uint32_t total;

	pcapng_pad(k->out, k->at);
	total = (uint32_t)(k->out->len - k->at) + 4;
	pcapng_u32(k->out, total);
	patch_u32(k->out, k->at + 4, total);
}

void pcapng_block(struct buf *out, uint32_t type, const void *body, size_t len)
{
	struct pcapng_block k = pcapng_begin(out, type);

	buf_add(out, body, len);
	pcapng_end(&k);
}

size_t pcapng_option_begin(struct buf *out, uint16_t code)
{
	size_t at = out->len;

	pcapng_u16(out, code);
	pcapng_u16(out, 0);
	return at;
}

void pcapng_option_end(struct buf *out, size_t at)
{
	size_t len = out->len - at - 4;

	if (out->failed) {
		return;
	}
	if (len > PCAPNG_OPTION_BYTES_MAX) {
		len = PCAPNG_OPTION_BYTES_MAX;
		out->len = at + 4 + len;
	}
	out->data[at + 2] = (char)len;
	out->data[at + 3] = (char)(len >> 8);
	pcapng_pad(out, at);
}

void pcapng_option(struct buf *out, uint16_t code, const void *value, size_t len)
{
	size_t at = pcapng_option_begin(out, code);

	buf_add(out, value, len < PCAPNG_OPTION_BYTES_MAX ? len : PCAPNG_OPTION_BYTES_MAX);
	pcapng_option_end(out, at);
}

void pcapng_option_text(struct buf *out, uint16_t code, const char *text)
{
	if (text != NULL && text[0] != '\0') {
		pcapng_option(out, code, text, strlen(text));
	}
}

void pcapng_option_u32(struct buf *out, uint16_t code, uint32_t x)
{
	size_t at = pcapng_option_begin(out, code);

	pcapng_u32(out, x);
	pcapng_option_end(out, at);
}

void pcapng_option_u64(struct buf *out, uint16_t code, uint64_t x)
{
	size_t at = pcapng_option_begin(out, code);

	pcapng_u64(out, x);
	pcapng_option_end(out, at);
}

void pcapng_options_end(struct buf *out)
{
	pcapng_u32(out, PCAPNG_END);
}

/* ---- blocks ------------------------------------------------------------------------------------------------ */

void pcapng_section(struct buf *out, const struct pcapng_section *s)
{
	enum { HARDWARE = 2, OS = 3, APPLICATION = 4 };
	struct pcapng_block k = pcapng_begin(out, BLOCK_SECTION);

	pcapng_u32(out, 0x1A2B3C4D);
	pcapng_u16(out, 1);
	pcapng_u16(out, 0);
	pcapng_u64(out, UINT64_MAX);
	pcapng_option_text(out, PCAPNG_COMMENT, s->comment);
	pcapng_option_text(out, HARDWARE, s->hardware);
	pcapng_option_text(out, OS, s->os);
	pcapng_option_text(out, APPLICATION, s->application);
	pcapng_options_end(out);
	pcapng_end(&k);
}

void pcapng_interface(struct buf *out, const struct pcapng_interface *i)
{
	enum { NAME = 2, DESCRIPTION = 3, RESOLUTION = 9, FILTER = 11 };
	struct pcapng_block k = pcapng_begin(out, BLOCK_INTERFACE);
	size_t at;

	pcapng_u16(out, i->link_type);
	pcapng_u16(out, 0);
	pcapng_u32(out, i->snaplen);
	pcapng_option_text(out, PCAPNG_COMMENT, i->comment);
	pcapng_option_text(out, NAME, i->name);
	pcapng_option_text(out, DESCRIPTION, i->description);
	pcapng_option(out, RESOLUTION, &i->digits, 1);
	if (i->filter != NULL && i->filter[0] != '\0') {
		at = pcapng_option_begin(out, FILTER);
		buf_addc(out, 0);	/* an expression in words follows, not its byte code */
		buf_adds(out, i->filter);
		pcapng_option_end(out, at);
	}
	pcapng_options_end(out);
	pcapng_end(&k);
}

struct pcapng_block pcapng_packet_begin(struct buf *out, const struct pcapng_packet *p)
{
	struct pcapng_block k = pcapng_begin(out, BLOCK_PACKET);

	pcapng_u32(out, p->interface);
	pcapng_u32(out, (uint32_t)(p->units >> 32));
	pcapng_u32(out, (uint32_t)p->units);
	pcapng_u32(out, p->cap_len);
	pcapng_u32(out, p->orig_len);
	buf_add(out, p->data, p->cap_len);
	pcapng_pad(out, k.at);
	return k;
}

void pcapng_statistics(struct buf *out, const struct pcapng_statistics *s)
{
	enum { RECEIVED = 4, DROPPED = 5, OS_DROPPED = 7 };
	const struct {
		uint16_t code;
		uint64_t x;
	} rows[] = { { RECEIVED, s->received }, { DROPPED, s->drops_interface }, { OS_DROPPED, s->drops_os } };
	struct pcapng_block k = pcapng_begin(out, BLOCK_STATISTICS);

	pcapng_u32(out, s->interface);
	pcapng_u32(out, (uint32_t)(s->units >> 32));
	pcapng_u32(out, (uint32_t)s->units);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].x != UINT64_MAX) {
			pcapng_option_u64(out, rows[i].code, rows[i].x);
		}
	}
	pcapng_options_end(out);
	pcapng_end(&k);
}

struct pcapng_block pcapng_custom_begin(struct buf *out, uint32_t enterprise)
{
	struct pcapng_block k = pcapng_begin(out, BLOCK_CUSTOM_COPY);

	pcapng_u32(out, enterprise);
	return k;
}

void pcapng_process(struct buf *out, const struct pcapng_process *p)
{
	enum { ENTRY = 3, NAME = 2, PATH = 3, CMDLINE = 4, PPID = 5, UID = 6, USER = 7, START = 9 };
	struct pcapng_block k = pcapng_custom_begin(out, PCAPNG_ENTERPRISE_WIRESHARK);
	size_t at;

	pcapng_u32(out, ENTRY);
	pcapng_u32(out, 0);
	at = out->len;
	pcapng_u32(out, p->pid);
	pcapng_option_text(out, NAME, p->name);
	pcapng_option_text(out, PATH, p->path);
	if (p->cmdline_len > 0) {
		pcapng_option(out, CMDLINE, p->cmdline, p->cmdline_len);
	}
	if (p->ppid != UINT32_MAX) {
		pcapng_option_u32(out, PPID, p->ppid);
	}
	if (p->uid != UINT32_MAX) {
		pcapng_option_u32(out, UID, p->uid);
	}
	pcapng_option_text(out, USER, p->user);
	if (p->start_ns != 0) {
		pcapng_option_u64(out, START, p->start_ns);
	}
	pcapng_options_end(out);
	if (!out->failed) {
		patch_u32(out, at - 4, (uint32_t)(out->len - at));
	}
	pcapng_end(&k);
}
