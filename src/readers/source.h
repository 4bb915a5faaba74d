/*
 * source.h - one capture (a file, an archive member, stdin) and its sections, with the counts
 * and the damage found in it. Filled in order by one thread at a time (the lane that reads the
 * source, then its in-order stage); frozen when the pipeline has ended.
 */
#ifndef READERS_SOURCE_H
#define READERS_SOURCE_H

#include "base/base.h"
#include "base/limits.h"

struct net;
struct socks;
struct state;

/* Damage is data: where, how much, why. */
struct damage {
	uint64_t offset;	/* in the uncompressed source, of the first bad byte */
	uint64_t bytes;		/* skipped because of it; 0: nothing skipped */
	char what[96];		/* "block length 12 is below the minimum", not escaped */
};

struct block_count {
	uint32_t type;
	uint64_t blocks;
	uint64_t bytes;
};

/* Types counted apart: the smallest numbers of all that there are (so that it does not matter in which parts
 * they were counted); the others share the last row, whose type is BLOCK_OTHERS. */
#define SOURCE_BLOCK_TYPES 64
#define BLOCK_OTHERS UINT32_MAX

enum section_kind { SECTION_PCAPNG, SECTION_PCAP };

/* One packet interface: an interface description block, or the header of a legacy pcap file. */
struct packet_interface {
	uint16_t link_type;
	uint32_t snaplen;
	uint64_t ts_units;	/* units per second, 1000000 by default */
	int64_t ts_offset_s;
	char name[64];		/* "" unknown; cut */
	char filter[128];
	uint64_t packets, bytes, cut_packets;	/* seen here (set when the source is done); cut: cap_len < orig_len */
	uint64_t drops_interface, drops_os;	/* of the last statistics block, UINT64_MAX unknown */
};

struct interface_tally {
	uint64_t packets, bytes, cut_packets;
};

/* A section: what lies between two section headers (or one legacy pcap file). */
/* Which packets or events of a section have passed the run's filter: a bit each, by ordinal. */
struct passed {
	uint64_t *words;		/* owns; NULL: the run has no filter, or nothing came: all have passed */
	uint64_t first, count;		/* ordinal of bit 0, bits */
	size_t cap;			/* words */
};

struct section {
	struct source *source;		/* borrowed: the source owns its sections */
	uint32_t index;			/* within the source, from 0 */
	uint32_t slot;			/* dense over the run, in no meaningful order: index for taps */
	uint8_t kind;			/* enum section_kind */
	bool big_endian;
	bool has_scap;			/* any scap block was seen */
	uint16_t major, minor;
	uint64_t offset;		/* of its header in the uncompressed source */

	/* From the section header's options, "" unknown; cut, not escaped. */
	char hardware[128], os[128], application[128], comment[256];

	/* From machine info (scap). */
	bool has_machine;
	char hostname[129];
	uint32_t num_cpus;
	uint64_t memory_bytes, boot_ns, machine_flags, max_pid;

	/* Grown by the framer while workers decode earlier batches: a batch keeps the array of its moment
	 * (batch->interfaces), so outgrown arrays live as long as the section. */
	struct packet_interface *interfaces;	/* owns */
	uint32_t interface_count, interface_cap;
	struct packet_interface *outgrown[20];	/* owns */
	uint32_t outgrown_count;
	struct interface_tally *interface_tally;	/* owns; kept by the in-order stage */
	uint32_t interface_tally_count;

	/* Counts, kept by the in-order stage. */
	uint64_t events, events_shown, events_state_only, events_unknown, events_time_zero;
	uint64_t events_bad_params, enter_events;
	uint64_t packets, packet_bytes, packets_cut;
	uint64_t first_ns, last_ns;	/* of events and packets with a time; first_ns 0: none */
	uint64_t first_event_ns, last_event_ns;
	uint64_t drop_events;		/* DROP events (sampling mode) */
	uint64_t *events_by_type;	/* owns; SCHEMA_EVENTS counts by stored type, or NULL */

	struct passed passed_packets, passed_events;	/* kept by the in-order stage; events by raw ordinal */
	struct net *net;		/* owns; NULL when packets are not tracked. net/net.h */
	struct socks *socks;		/* owns; NULL when sockets are not collected. join/sock.h */
	struct state *state;		/* owns; NULL when nothing folds. state/state.h */
};

/* How often each kind of wrapping was undone, outermost first: "tar+gzip", "" for plain. */
#define SOURCE_WRAP_BYTES 64

struct source {
	uint32_t id;			/* order of the report: path, then member */
	char *name;			/* owns; as the user named it: "dir/a.tar:b.scap.gz", "-" for stdin; not escaped */
	const char *shown;		/* in reports: name without a leading absolute directory; within name */
	char wrap[SOURCE_WRAP_BYTES];
	uint64_t file_bytes;		/* of the file on disk (not the member), UINT64_MAX unknown */
	uint64_t bytes;			/* uncompressed bytes read */
	bool mapped;
	bool stopped;			/* the run was stopped before its end */
	char sha256[65];		/* of the file on disk as stored, "" not asked for */

	struct section **sections;	/* owns */
	uint32_t section_count, section_cap;

	struct block_count blocks[SOURCE_BLOCK_TYPES];
	uint32_t block_types;

	struct damage *damages;		/* owns; by offset, at most LIMIT_DAMAGE_ENTRIES */
	uint32_t damage_count, damage_cap;
	uint64_t damages_total;		/* counted beyond the ceiling too */
	uint64_t damage_bytes;
	int error;			/* ERR_ code that ended reading early, 0: none */
	char error_text[256];
	char note[160];			/* oddity of the wrapping that cost nothing, "" none */
};

struct source *source_new(uint32_t id, const char *name);
void source_free(struct source *s);

/* A new section at the end, zeroed but for source, index, offset. NULL: no memory. */
struct section *source_add_section(struct source *s, uint64_t offset);

/* Order by name of the file and place in it: the same in every run and of every pass. <0, 0, >0. */
int section_compare(const struct section *a, const struct section *b);

/* The next ordinal's bit; ordinals come without gaps. 0 or ERR_NOMEM. */
int passed_add(struct passed *p, uint64_t num, bool yes);
/* Without a filter everything has passed. */
static inline bool passed_has(const struct passed *p, uint64_t num)
{
	uint64_t i = num - p->first;

	return p->words == NULL || (num >= p->first && i < p->count && (p->words[i / 64] >> (i % 64) & 1) != 0);
}

/* Reads the body of a machine info block into the section; false, and nothing changed, when it is too
 * short. In-order stage. */
bool section_parse_machine(struct section *s, const uint8_t *body, size_t len);

/* Copies the entry (or only counts it, beyond the ceiling). Returns 0 or ERR_NOMEM. */
int source_add_damage(struct source *s, const struct damage *d);

/* The row of a type that has none yet; may push the largest one out to the others. */
struct block_count *block_count_new(struct block_count *rows, uint32_t *io_count, uint32_t type);

/* Adds to the row of a type; rows has SOURCE_BLOCK_TYPES of which *io_count are in use. */
static inline void block_count_add(struct block_count *rows, uint32_t *io_count, uint32_t type,
				   uint64_t blocks, uint64_t bytes)
{
	uint32_t i = 0;

	while (i < *io_count && rows[i].type != type) {
		i++;
	}
	rows = LIKELY(i < *io_count) ? &rows[i] : block_count_new(rows, io_count, type);
	rows->blocks += blocks;
	rows->bytes += bytes;
}

/* "event V2", "enhanced packet", ... ; "unknown" for others. Private 2014 numbers are known too. */
const char *block_type_name(uint32_t type);

#endif
