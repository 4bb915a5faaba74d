/*
 * extra.h - what thresher-capture tells of an event beyond its parameters: in a custom option behind the event inside
 * its block, which readers of standard scap pass over.
 *
 *   option code   2989 (custom, binary, may be copied)
 *   value         u32 private enterprise number, 4 bytes magic, then items until the option's length
 *   item          u16 kind, u16 length of the value, value; no padding; unknown kinds are passed over
 *
 * Numbers in the byte order of the section. EXTRA_PEN is the number reserved for documentation (RFC 5612): the magic
 * makes the option unmistakable until the project has a number of its own.
 */
#ifndef SCHEMA_EXTRA_H
#define SCHEMA_EXTRA_H

#define EXTRA_OPTION 2989u
#define EXTRA_PEN 32473u
#define EXTRA_MAGIC "THR1"
#define EXTRA_MAGIC_BYTES 4u

enum extra_kind {
	EXTRA_BEGIN = 1, /* u64: when the call began, ns since the epoch by the clock of the event's time */
	/* Of a call on a TCP socket, at its begin: u32 sequence number the next byte written gets (write_seq), u32 that
	 * of the next byte to be read (copied_seq), u32 the same of the first byte ever sent and received (initial
	 * numbers + 1), 0 where unknown */
	EXTRA_TCP = 2,
	EXTRA_SERIAL = 3, /* u64: ordinal of the record on its CPU, from 1; a gap is a drop */
	EXTRA_DIRENTS = 4, /* getdents64: for each entry: u64 inode, u8 type (DT_), u8 name length, name; cut to the snaplen */
	EXTRA_DROPS = 5, /* of a DROP event: u16 cpu, u16 cause (enum extra_drop), u64 records dropped since the last such */
	/* 7 was the lengths of the messages of a call, while that was one event. */
	/* sendmmsg, recvmmsg that moved more than one message, which is an event each: u32 ordinal of the message in
	 * the call, from 0, u32 how many the call moved. Events behind the first have no serial. */
	EXTRA_MESSAGE = 9,
	/* recvmsg, recvmmsg that brought descriptors (SCM_RIGHTS): for each of the first 32 an entry as the descriptor
	 * lists (block 0x218) have them, with its length, files without name. Sockets' ends are those at the call's
	 * end. */
	EXTRA_PASSED = 8,
	EXTRA_BYTES_AT = 6, /* u64: of a partial buffer, the offset of its first byte in the call's data (vectors cut) */
};

enum extra_drop { EXTRA_DROP_RING_FULL = 1, EXTRA_DROP_SCRATCH = 2, EXTRA_DROP_DISK = 3 };

#endif
