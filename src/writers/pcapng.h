/*
 * pcapng.h - blocks of a pcapng file (draft-ietf-opsawg-pcapng), appended to a struct buf.
 *
 * Little-endian. Each function appends whole blocks; a block with options is begun and ended around them. A buf that
 * failed stays failed: test it once before its bytes are used. No state but the caller's: any thread, one buf each.
 */
#ifndef WRITERS_PCAPNG_H
#define WRITERS_PCAPNG_H

#include "base/buf.h"

/* Codes of options that are written here. */
enum {
	PCAPNG_END = 0,
	PCAPNG_COMMENT = 1,
	PCAPNG_PACKET_FLAGS = 2,
	PCAPNG_PROCESS_THREAD = 8,	/* epb_processid_threadid: u32 pid, u32 tid */
};

/* An option's value is at most so long. */
#define PCAPNG_OPTION_BYTES_MAX 65535u

/* Where the block being built begins in its buf. Blocks do not nest. */
struct pcapng_block {
	struct buf *out;	/* borrowed */
	size_t at;
};

void pcapng_u16(struct buf *out, uint16_t x);
void pcapng_u32(struct buf *out, uint32_t x);
void pcapng_u64(struct buf *out, uint64_t x);
/* Zeros up to the next multiple of four of what was appended since at. */
void pcapng_pad(struct buf *out, size_t at);

struct pcapng_block pcapng_begin(struct buf *out, uint32_t type);
void pcapng_end(struct pcapng_block *k);
/* A block whose body is there already (not padded). */
void pcapng_block(struct buf *out, uint32_t type, const void *body, size_t len);

/* Options of the block at hand; longer values are cut. Text that is empty or NULL is left out. */
void pcapng_option(struct buf *out, uint16_t code, const void *value, size_t len);
void pcapng_option_text(struct buf *out, uint16_t code, const char *text);
void pcapng_option_u32(struct buf *out, uint16_t code, uint32_t x);
void pcapng_option_u64(struct buf *out, uint16_t code, uint64_t x);
/* An option whose value is appended to out between these two. */
size_t pcapng_option_begin(struct buf *out, uint16_t code);
void pcapng_option_end(struct buf *out, size_t at);
/* Ends the options of a block that may have had any. */
void pcapng_options_end(struct buf *out);

/* A section header of unknown length. */
struct pcapng_section {
	const char *hardware, *os, *application, *comment;	/* NULL or "": not said */
};
void pcapng_section(struct buf *out, const struct pcapng_section *s);

/* An interface: numbered from 0 in the order of writing, from the section header on. */
struct pcapng_interface {
	uint16_t link_type;
	uint32_t snaplen;		/* 0: none */
	uint8_t digits;			/* of times: 9 for nanoseconds */
	const char *name, *filter, *description, *comment;	/* NULL or "": not said */
};
void pcapng_interface(struct buf *out, const struct pcapng_interface *i);

/* An enhanced packet. units: since the epoch, in those of the interface. Options may be appended before pcapng_end. */
struct pcapng_packet {
	uint32_t interface;
	uint64_t units;
	const uint8_t *data;
	uint32_t cap_len, orig_len;
};
struct pcapng_block pcapng_packet_begin(struct buf *out, const struct pcapng_packet *p);

/* Statistics of an interface; UINT64_MAX: unknown, not written. */
struct pcapng_statistics {
	uint32_t interface;
	uint64_t units;			/* when they were taken */
	uint64_t received, drops_interface, drops_os;
};
void pcapng_statistics(struct buf *out, const struct pcapng_statistics *s);

/* A custom block that may be copied, of the enterprise of that number; its data follows, then pcapng_end. */
struct pcapng_block pcapng_custom_begin(struct buf *out, uint32_t enterprise);

/* A process, in Wireshark's way: a custom block of enterprise 32622, entry type 3. Packets name it by its pid; of
 * several the one with the latest start that is not after the packet counts. */
#define PCAPNG_ENTERPRISE_WIRESHARK 32622u
struct pcapng_process {
	uint32_t pid;
	uint32_t ppid, uid;		/* UINT32_MAX: unknown */
	uint64_t start_ns;		/* 0: unknown */
	const char *name, *path, *user;	/* NULL or "": unknown */
	const void *cmdline;		/* arguments, each with a NUL behind it */
	size_t cmdline_len;
};
void pcapng_process(struct buf *out, const struct pcapng_process *p);

#endif
