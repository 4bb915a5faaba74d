/*
 * limits.h - every ceiling of the program, each with its reason. Hitting one is an error
 * code or a counted eviction, never a crash; what was cut is shown in the report.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* One pcapng block. libs' largest events are 16 MB container records; packets are far smaller. */
#define LIMIT_BLOCK_BYTES (64u << 20)

/* Batch size: small enough to stay in a core's cache, large enough to make locks invisible. */
#define LIMIT_BATCH_BYTES_DEFAULT (512u << 10)
#define LIMIT_BATCH_BYTES_MIN (4u << 10)
#define LIMIT_BATCH_BYTES_MAX (64u << 20)

/* Parameters of one event: the schema has at most 32, newer writers may append. */
#define LIMIT_EVENT_PARAMS 64

/* A path rebuilt from cwd or directory fd and name: the reference library's own ceiling. */
#define LIMIT_PATH_BYTES 1024

/* Text of one string of a process: args, env and cgroups are 4096 by the format; 64 KiB is slack. */
#define LIMIT_STRING_BYTES (64u << 10)

/* Live threads of one source: Linux' own pid ceiling is 4,194,304. */
#define LIMIT_THREADS (4u << 20)

/* Processes ever seen in one source (rows of the processes table). */
#define LIMIT_PROCESSES (8u << 20)

/* Rows of the commands table of one source. */
#define LIMIT_COMMANDS (4u << 20)

/* Highest fd number followed: the kernel's default nr_open is 1,048,576. */
#define LIMIT_FD_NUMBER (1u << 20)

/* Live fds of one source over all tables: 40 to 200 bytes each. */
#define LIMIT_FDS (16u << 20)

/* Memory of one section's state, over all its tables and strings: a busy host with 100,000 processes
 * needs 1 GiB. The ceilings by number above multiply with names of any length. */
#define LIMIT_STATE_BYTES (UINT64_C(8) << 30)

/* Containers, users, groups, interfaces of one source: real hosts have hundreds. */
#define LIMIT_CONTAINERS (1u << 16)
#define LIMIT_USERS (1u << 18)
#define LIMIT_INTERFACES (1u << 16)

/* Sections of one capture: each has a state of its own. Files put together from a day of captures have
 * some hundreds. */
#define LIMIT_SECTIONS (1u << 12)

/* Packet interfaces (interface description blocks) of one section. */
#define LIMIT_PACKET_INTERFACES (1u << 16)

/* CPUs whose context switches are followed: Linux' NR_CPUS ceiling is 8192. */
#define LIMIT_CPUS 8192

/* Damage entries kept word for word per source; further ones are only counted. */
#define LIMIT_DAMAGE_ENTRIES 64

/* Compression inside archive inside compression inside archive: more is an attack. */
#define LIMIT_NESTING 4

/* Files in one directory tree and members in one archive. */
#define LIMIT_INPUT_FILES (1u << 20)
#define LIMIT_ARCHIVE_MEMBERS (1u << 16)

/* Output bytes per input byte of one compressed input, once past the grace: deflate's own
 * maximum is 1032, captures reach 10 to 40; a bomb is far above. */
#define LIMIT_EXPANSION_RATIO 4096
#define LIMIT_EXPANSION_GRACE (UINT64_C(1) << 30)

/* Window of a zstd frame, as a power of two: 128 MiB is what zstd itself accepts unasked and what its
 * highest level writes; more is memory an attacker would choose. */
#define LIMIT_ZSTD_WINDOW_LOG 27

/* Name of an archive member, as shown: Linux' own PATH_MAX. */
#define LIMIT_MEMBER_NAME 4096

/* Name shown of a capture inside nested archives: each level may add a member name. */
#define LIMIT_SOURCE_NAME (64u << 10)

/* Chunks of 256 KiB between the reader of a stream and the thread that hashes it. */
#define LIMIT_HASH_QUEUE 8

/* Files mapped at the same time; each is a row that the fault handler looks through. */
#define LIMIT_MAPPINGS 512

/* Bytes read for one archive header (of 7z and zip: the directory of all members, about 100 bytes
 * each): libarchive believes the lengths in it and would take the whole file into memory. */
#define LIMIT_ARCHIVE_HEADER_BYTES (64u << 20)

/* Damaged archive headers stepped over one after the other before an archive is given up. */
#define LIMIT_ARCHIVE_RETRIES 16

/* Sources open at the same time (print merges by time): each costs a file and two batches. */
#define LIMIT_OPEN_SOURCES 256

/* Threads of -j. */
#define LIMIT_THREADS_J 256

/* Points of a time series: what a plot 1200 pixels wide can show. */
#define LIMIT_SERIES_POINTS 1200

/* Rows of one table inside index.html: a browser sorts these without a pause. csv/ and report.json have all. */
#define LIMIT_PAGE_ROWS 100000

/* Seconds gnuplot gets for all plots, and bytes of one drawing: 1200 points of 8 series are 200 KiB. */
#define LIMIT_PLOT_SECONDS 20
#define LIMIT_PLOT_BYTES (16u << 20)

#endif
