/*
 * probe_build.h - one record becoming one event: the record's items, the values put so far. Used by the files
 * probe_*.c that know parameters; nothing here outlives the record.
 */
#ifndef CAPTURE_PROBE_BUILD_H
#define CAPTURE_PROBE_BUILD_H

#include "capture/calls.h"

/* Values of one event: blocks up to 64 KiB are what readers take. */
#define BUILD_VALUE_BYTES 65000u
/* Extra items: what getdents64 told is the largest. */
#define BUILD_EXTRA_BYTES 65000u

struct build_item {
	const uint8_t *data;	/* borrows until the record is given back to the ring */
	uint32_t len, more;
};

/* The messages of one call are an event each: the one at hand. */
struct build_messages {
	bool many;		/* the record is of such a call */
	uint32_t told, count;	/* of the record's, and events of it */
	uint32_t i;
	size_t at;		/* in item 0: the next one */
	struct build_item data;
	uint64_t len;
};

struct build {
	const struct record *rec;
	const struct record_tcp *tcp;	/* or NULL */
	const struct call_row *row;	/* or NULL */
	struct build_item items[RECORD_TAKES];
	struct build_messages messages;
	uint16_t lens[CALLS_PARAMS];
	uint32_t nparams;
	uint32_t len, extra_len;
	uint8_t values[BUILD_VALUE_BYTES];
	uint8_t extra[BUILD_EXTRA_BYTES];
};

/* An item that was not copied is empty. */
const struct build_item *build_item(const struct build *b, unsigned int i);

/* A number at offset of an item, 0 where the item ends before. */
uint16_t build_u16(const struct build_item *it, size_t offset);
uint32_t build_u32(const struct build_item *it, size_t offset);
uint64_t build_u64(const struct build_item *it, size_t offset);

/* Bytes of the value under way. */
void build_add(struct build *b, const void *p, size_t n);
/* The same for a number in n bytes, lowest first. */
void build_number(struct build *b, uint64_t x, size_t n);
/* Ends the value under way, which began at from: it is the next parameter. */
void build_end(struct build *b, uint32_t from);

/* ---- probe_socket.c ---- */
void build_address(struct build *b, const struct build_item *it);
/* address: of the peer as the call was given or told it, may be empty. */
void build_tuple(struct build *b, const struct build_item *socket, const struct build_item *address, bool outgoing);
uint64_t socket_option_level(uint64_t level);
uint64_t socket_option_name(uint64_t level, uint64_t name);
/* result: of the call; a failed one has no value. */
void build_option(struct build *b, const struct build_item *it, uint64_t level, uint64_t name);

/* ---- probe_task.c ---- */
void build_task(struct build *b, unsigned int what, uint32_t bytes);
/* Path from its parts, innermost first, with its NUL. */
void build_path(struct build *b, const struct build_item *it);

/* ---- probe_call.c ---- */
void build_poll(struct build *b, const struct build_item *it);
/* Of a call that moves messages (TAKE_MESSAGES in item 0, addresses in item 2): begins with the first one; the next
 * one, false: no more. */
void build_messages_begin(struct build *b);
bool build_messages_next(struct build *b);
void build_ptrace_data(struct build *b);
void build_keyctl(struct build *b, unsigned int arg, unsigned int item);
bool build_prctl_has_text(uint64_t option);
uint64_t build_prctl_number(const struct build *b, unsigned int arg, unsigned int item);
void build_quota(struct build *b, unsigned int which, const struct build_item *it, unsigned int bytes);

/* ---- probe_extra.c ---- */
/* offset_ns: what makes the record's times epoch times. */
void build_extra(struct build *b, uint64_t offset_ns);

/* ---- probe_passed.c ---- */
/* Of the struct record_passed in it (TAKE_PASSED), what goes along with the event. */
void build_passed(struct build *b, const struct build_item *it);

/* ---- probe_number.c ---- */
uint64_t convert_number(unsigned int what, uint64_t x);
/* file: struct record_file, may be empty. */
uint64_t convert_open_flags(uint64_t flags, const struct build_item *file);
bool open_flags_create(uint64_t flags);
uint64_t convert_device(uint32_t kernel);

#endif
