/*
 * content_internal.h - shared by content.c and content_pieces.c only.
 */
#ifndef JOIN_CONTENT_INTERNAL_H
#define JOIN_CONTENT_INTERNAL_H

#include "join/content.h"

#include <stdatomic.h>

/* In the order in which they are believed. */
enum place_from { PLACE_PACKET, PLACE_CLIENT_CALL, PLACE_SERVER_CALL, PLACE_FROMS };

/* Bytes of one packet or call that belong to a conversation. */
struct place {
	uint64_t num;		/* of the packet or event (raw) in its source */
	uint64_t shown;		/* of an event as print shows it; 0: not found yet */
	uint64_t offset;	/* in the direction's stream */
	uint64_t ts_ns;		/* by the syscalls' clock where it is known */
	uint8_t *bytes;		/* owns; NULL: not found yet, or none were captured */
	const struct section *section;	/* of the first pass */
	uint32_t len, got;	/* as long as it was, and how much of it is in bytes */
	uint32_t talk;
	uint8_t dir;		/* 0: from the client */
	uint8_t from;		/* enum place_from */
};

/* Its places stand together. */
struct talk_places {
	struct content_talk talk;
	size_t first, count;
};

struct content {
	struct talk_places *talks;	/* owns */
	uint32_t talk_count, talk_cap;
	struct place *places;	/* owns; each is filled by the one worker that has its batch */
	size_t place_count, place_cap;
	uint32_t *order;	/* owns; indices of places by section, kind, number */
	_Atomic uint64_t bytes;
	enum content_view view;
};

#endif
