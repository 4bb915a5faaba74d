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

/* Standard input that is read twice (print --join) is kept in a file: so much of it is the window of the join. */
#define LIMIT_SPOOL_BYTES (UINT64_C(4) << 30)

/* Rows of table spans: the slowest trees, whole; --trace writes all. */
#define LIMIT_SPAN_ROWS 50000

/* Bytes read for one archive header (of 7z and zip: the directory of all members, about 100 bytes
 * each): libarchive believes the lengths in it and would take the whole file into memory. */
#define LIMIT_ARCHIVE_HEADER_BYTES (64u << 20)

/* Damaged archive headers stepped over one after the other before an archive is given up. */
#define LIMIT_ARCHIVE_RETRIES 16

/* Sources open at the same time (print merges by time): each costs a file and two batches. */
#define LIMIT_OPEN_SOURCES 256

/* Threads of -j. */
#define LIMIT_THREADS_J 256

/* Flows kept of one section, beyond their end: about 500 bytes each. */
#define LIMIT_FLOWS (4u << 20)

/* Flows of one section that are live at the same time: tables, reassembly and analyzers on top of the row. */
#define LIMIT_LIVE_FLOWS (1u << 20)

/* A flow is over when nothing came for so long; the same tuple is then another flow. TCP: a quiet connection with
 * keep-alives speaks every two hours, and some minutes are for those that get lost; UDP: what Linux' connection
 * tracking gives a stream. */
#define LIMIT_FLOW_IDLE_TCP_NS (UINT64_C(9000) * 1000000000)
#define LIMIT_FLOW_IDLE_UDP_NS (UINT64_C(180) * 1000000000)
#define LIMIT_FLOW_IDLE_OTHER_NS (UINT64_C(60) * 1000000000)
/* After both FINs or a RST: twice the maximum segment lifetime of Linux. */
#define LIMIT_FLOW_LINGER_NS (UINT64_C(120) * 1000000000)

/* Bytes of one direction that came early and wait for a gap to be filled: a window of 4 MiB is rare, loss in it
 * rarer. */
#define LIMIT_REORDER_BYTES (1u << 20)
/* The same over all flows of a section. */
#define LIMIT_REORDER_TOTAL_BYTES (256u << 20)

/* What one analyzer keeps of one conversation: heads of messages and what is between them. */
#define LIMIT_ANALYZER_BYTES (64u << 10)
/* The same over all conversations of a section. */
#define LIMIT_ANALYZER_TOTAL_BYTES (1u << 30)

/* Head of one HTTP message that is kept: servers accept 8 to 64 KiB. */
#define LIMIT_HTTP_HEAD_BYTES (32u << 10)
/* Requests of one connection that wait for their response: pipelines are short, HTTP/2 allows 100 streams by
 * default. */
#define LIMIT_HTTP_PENDING 1024
#define LIMIT_HTTP (8u << 20)
#define LIMIT_DNS (8u << 20)
#define LIMIT_TLS (4u << 20)
/* Queries of one flow that wait for their response. */
#define LIMIT_DNS_PENDING 256
/* Answers of one response that are kept. */
#define LIMIT_DNS_ANSWERS 64
/* The same over all responses of a section: about 50 bytes each, beside their texts. */
#define LIMIT_DNS_KEPT (16u << 20)
/* A query without response for so long is unanswered: resolvers give up after 5 to 30 s. */
#define LIMIT_DNS_WAIT_NS (UINT64_C(60) * 1000000000)
/* The same for questions to the mDNS group: responders wait 20 to 500 ms (RFC 6762). Open questions of one section. */
#define LIMIT_MDNS_WAIT_NS (UINT64_C(5) * 1000000000)
#define LIMIT_MDNS_PENDING 256

/* Distinct texts (hosts, targets, names) of one section, and the longest one kept. */
#define LIMIT_NET_TEXT_BYTES (UINT64_C(1) << 30)
#define LIMIT_NET_TEXT 8192

/* Places of bytes in time, of all flows or all sockets of one section: about 12 bytes a segment or call. */
#define LIMIT_KNOT_BYTES (UINT64_C(1) << 30)

/* Sockets (each with its peer) and exchanges of one section that are kept. */
#define LIMIT_SOCKS (2u << 20)
#define LIMIT_EXCHANGES (4u << 20)
/* Places of one direction of a socket where its sequence numbers jump: each is a loss of the recorder. */
#define LIMIT_SEQ_PIECES 1024
/* Threads listed per socket, and exchanges of a pair of them that are open at once. */
#define LIMIT_SOCK_USERS 64
/* Matching of what shares no tuple: prints of sockets in its index (16 bytes each), and hits of flows in it. */
#define LIMIT_JOIN_SAMPLES (4u << 20)
/* Causal bounds kept for one pair of clocks, of each kind: 16 bytes each; a few hundred already make a good clock. */
#define LIMIT_CLOCK_BOUNDS (1u << 20)

/* IP datagrams of one section that wait for fragments, their bytes, and for how long (Linux: 4 MiB, 30 s). */
#define LIMIT_FRAGMENT_DATAGRAMS 4096
#define LIMIT_FRAGMENT_BYTES (8u << 20)
#define LIMIT_FRAGMENT_WAIT_NS (UINT64_C(30) * 1000000000)
#define LIMIT_FRAGMENTS_PER_DATAGRAM 1024

/* Tunnels in tunnels: more is an attack. */
#define LIMIT_TUNNELS 4

/* Processes that capture files name beside packets, names of addresses, and decryption secrets. */
#define LIMIT_PACKET_PROCESSES (1u << 18)
#define LIMIT_ADDRESS_NAMES (1u << 18)
#define LIMIT_KEY_RANDOMS (1u << 20)

/* Of one filter: operators in operators, and steps of the compiled program (each list entry is one). */
#define LIMIT_FILTER_DEPTH 100
#define LIMIT_FILTER_STEPS (1u << 20)
#define LIMIT_FILTER_BYTES (4u << 20)
/* Of filters with macros and lists (rules), and of macros in macros: upstream's number. Each level is one of
 * recursion. */
#define LIMIT_FILTER_RULES_DEPTH 1000
/* Regular expressions of one filter: each is some KiB of machine code. */
#define LIMIT_FILTER_REGEXES 4096
/* Comparisons with the type of an event that are worked out for every type beforehand: 20 us each. */
#define LIMIT_FILTER_TYPE_TESTS 4096
/* Steps of one match of one regular expression: some ms, after which a hostile text has not won. */
#define LIMIT_REGEX_STEPS (1u << 20)

/* Of a file of saved filters; lists of addresses are the longest. */
#define LIMIT_FILTER_FILE_BYTES (16u << 20)

/* Lines around what passes a filter: so many of each open capture are kept until it is known that nothing near them
 * passes. */
#define LIMIT_AROUND_LINES 10000

/* The recorder: interfaces in namespaces it listens to (each has a kernel buffer), network namespaces it looks into,
 * and events it keeps back while a snapshot is taken (seconds of a machine at its worst). */
#define LIMIT_CAPTURE_INTERFACES 1024u
#define LIMIT_NAMESPACES (1u << 16)
#define LIMIT_HELD_BYTES ((size_t)512 << 20)

/* Of a machine the recorder looks at: mounts over all mount namespaces (a Kubernetes node has some thousands), and the
 * list of one of them; sockets, and one table of /proc/net; a table of accounts; a file of a container engine (the list
 * of all containers is the longest). */
#define LIMIT_MOUNTS (1u << 18)
#define LIMIT_MOUNT_LIST_BYTES (64u << 20)
#define LIMIT_SOCKETS (4u << 20)
#define LIMIT_PROC_NET_BYTES (UINT64_C(1) << 30)
#define LIMIT_ACCOUNTS_BYTES (64u << 20)
#define LIMIT_CONTAINER_FILE_BYTES (16u << 20)

/* Different values that `top` keeps apart. */
#define LIMIT_TOP_ROWS (1u << 20)

/* Scripts of one report, the text of one, and the fields it is given of an event. */
#define LIMIT_SCRIPTS 16
#define LIMIT_SCRIPT_BYTES (1u << 20)
#define LIMIT_SCRIPT_FIELDS 64
/* Steps of the Lua machine that a script gets for one event or packet (some 20 ms), and for its beginning and its end
 * (some 5 s). */
#define LIMIT_SCRIPT_STEPS 1000000u
#define LIMIT_SCRIPT_END_STEPS 250000000u
/* Memory of one script; one string of it: what handles a string in one step must not take long. */
#define LIMIT_SCRIPT_MEMORY ((size_t)256 << 20)
#define LIMIT_SCRIPT_STRING_BYTES ((size_t)1 << 20)
/* One value that a script is given; longer texts and lists are cut. Data of one event is 64 KiB at most. */
#define LIMIT_SCRIPT_VALUE_BYTES (64u << 10)
/* What a script prints, and the tables it adds: a page with more of them is none to read. */
#define LIMIT_SCRIPT_PRINT_BYTES (64u << 10)
#define LIMIT_SCRIPT_TABLES 32
#define LIMIT_SCRIPT_COLUMNS 64
#define LIMIT_SCRIPT_ROWS (1u << 20)

/* What `follow` keeps: conversations, packets and calls that carried their bytes (80 bytes each), and the bytes. */
#define LIMIT_FOLLOW_TALKS 4096
#define LIMIT_FOLLOW_PLACES (8u << 20)
#define LIMIT_FOLLOW_BYTES (UINT64_C(2) << 30)

/* Points of a time series: what a plot 1200 pixels wide can show. */
#define LIMIT_SERIES_POINTS 1200

/* Rows of one table inside index.html: a browser sorts these without a pause. csv/ and report.json have all. */
#define LIMIT_PAGE_ROWS 100000
/* The same in cells, for tables of many columns: about 20 MB of page. */
#define LIMIT_PAGE_CELLS (2u << 20)

/* Seconds gnuplot gets for all plots, and bytes of one drawing: 1200 points of 8 series are 200 KiB. */
#define LIMIT_PLOT_SECONDS 20
#define LIMIT_PLOT_BYTES (16u << 20)

#endif
