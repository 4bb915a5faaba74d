/*
 * record.h - what the BPF programs put into the rings and what user space makes events of: shared by both sides.
 *
 * A record is raw: the kernel side copies what only it can see (memory of the process, files, sockets, tasks) and
 * user space turns that into parameters (probe_event.c). Which copies a call needs is told by its recipe, a list of
 * takes; each take leaves one item behind the record, in the order of the recipe, also when there was nothing to
 * copy.
 *
 *   struct record, [struct record_tcp], items
 *   item: struct record_item, len bytes, zero bytes up to a multiple of 8
 *
 * Numbers in the byte order of the machine; times are ns of the monotonic clock.
 */
#ifndef CAPTURE_RECORD_H
#define CAPTURE_RECORD_H

#include <linux/types.h>

#define RECORD_SYSCALLS 512	/* numbers of the native table; of compat calls the same again, behind them */
#define RECORD_ARGS 6
#define RECORD_TAKES 7
#define RECORD_PASSED 32	/* descriptors that came with one message */
#define RECORD_MESSAGES 64	/* of one call, each with its peer and data; of more there is the sum */
#define RECORD_NAME 127		/* longest address of a message's peer */
/* Bytes of items: an event's lengths are u16, and readers take blocks up to 64 KiB. A power of two. */
#define RECORD_BODY 65536u
/* Data of one call: leaves room for the other items. */
#define RECORD_DATA_MAX 57344u
#define RECORD_SLOTS 3		/* records under way on one CPU, see bpf/maps.h */
#define RECORD_PATH 4096u	/* PATH_MAX, and what the format gives args, env and cgroups */

enum record_kind {
	RECORD_CALL = 1,	/* a call returned */
	RECORD_EXEC,		/* an execve succeeded: the process as it is now */
	RECORD_CHILD,		/* the new task of a clone, before it runs: tid is the child's, args are the parent's call */
	RECORD_END,		/* a task ends */
	RECORD_SWITCH,
	RECORD_SIGNAL,
	RECORD_FAULT,
};

enum record_flag {
	RECORD_BEGUN = 1,	/* begin and args are of the entry */
	RECORD_TCP = 2,
	RECORD_COMPAT = 4,	/* nr is of the 32-bit table */
};

struct record {
	__u64 ts, begin;
	__u64 serial;		/* ordinal on its CPU, from 1, also of those that were dropped */
	__s64 ret;
	__s32 tid, pid;
	__u16 nr;
	__u8 kind, flags;
	__u32 bytes;		/* behind the record */
	__u64 args[RECORD_ARGS];
};

struct record_tcp {
	__u32 write_seq, copied_seq;
	__u32 first_sent, first_received;	/* sequence numbers of the first bytes ever; 0 unknown */
};

struct record_item {
	__u32 len;
	__u32 more;	/* data: bytes the vectors could have held; messages: their count; else 0 */
};

/*
 * What a take copies. arg is the argument with the pointer or descriptor, by an other argument (a length) where said.
 */
enum take_kind {
	TAKE_NONE,
	TAKE_STRING,	/* text at arg */
	TAKE_BYTES,	/* size bytes at arg */
	TAKE_ARRAY,	/* args[by] elements of size bytes at arg */
	TAKE_DATA,	/* a buffer at arg, of args[by] bytes */
	TAKE_VECTOR,	/* args[by] iovecs at arg */
	TAKE_MESSAGE,	/* data of the msghdr at arg */
	TAKE_MESSAGES,	/* struct record_messages, then of the args[by] mmsghdrs at arg each a struct record_message */
	TAKE_NAME,	/* address of the msghdr at arg; of messages, the item is filled from theirs */
	TAKE_CONTROL,	/* control messages of the msghdr at arg */
	TAKE_PASSED,	/* a struct record_passed for each descriptor that came in the control messages taken before */
	TAKE_ADDRESS,	/* socket address at arg; its length is args[by], or behind that pointer with TAKE_POINTER */
	TAKE_SOCKET,	/* struct record_socket of the descriptor in arg, or of the result */
	TAKE_FILE,	/* struct record_file of the descriptor in arg, or of the result */
	TAKE_PATH,	/* parts of the path of the descriptor, innermost first, each ended by NUL */
	TAKE_PAIR,	/* the two descriptors at arg: struct record_pair */
	TAKE_TASK,	/* struct record_task */
	TAKE_ARGUMENTS,	/* argument area of the process */
	TAKE_ENVIRON,
	TAKE_ARGV,	/* texts of the pointer list at arg, each ended by NUL */
	TAKE_EXEPATH,	/* as TAKE_PATH of the executable */
	TAKE_CGROUPS,	/* struct record_cgroup and its parts, one behind the other */
	TAKE_MEMORY,	/* struct record_memory */
	TAKE_CREDS,	/* struct record_creds */
	TAKE_ENTRIES,	/* directory entries: result bytes at arg */
	TAKE_FILENAME,	/* the name exec was given */
};

enum take_flag {
	TAKE_IN = 1,		/* data the call filled: result bytes of it, if it succeeded */
	TAKE_OUT = 2,		/* data given to the call: of a failed call the length asked for */
	TAKE_POINTER = 4,
	TAKE_RESULT = 8,	/* the descriptor is the result, not arg */
	TAKE_ON_SUCCESS = 16,	/* not when the call failed */
	TAKE_ON_FAILURE = 32,
	TAKE_DEFERRED = 64,	/* also when the result is -EINPROGRESS */
};

struct take {
	__u8 kind;
	__u8 flags;
	__u8 arg;
	__u8 by;
	__u32 size;
};

#define RECIPE_NO_FD 255

struct recipe {
	__u8 wanted;
	__u8 fd;		/* argument with the descriptor whose kind (and TCP state) is looked at on entry, or RECIPE_NO_FD */
	__u8 takes;
	__u8 silent_zero;	/* no record when the result is 0: the new side of clone and exec has one of its own */
	__u8 spare[4];
	struct take take[RECORD_TAKES];
};

struct record_file {
	__u64 ino;
	__u32 dev;		/* as the kernel numbers it: major << 20 | minor */
	__u32 mode;		/* i_mode */
	__u32 open_mode;	/* f_mode */
	__u32 layer;		/* enum record_layer */
	__u32 links, spare;
};

enum record_layer { RECORD_LAYER_NONE, RECORD_LAYER_UPPER, RECORD_LAYER_LOWER };

#define RECORD_UNIX_PATH 108

/* IPv4: the first 4 bytes. Ports in host order. A record without path ends before it. */
struct record_socket {
	__u16 family, type, protocol, state;
	__u16 local_port, peer_port;
	__u32 queue, queue_max;	/* of a listening socket */
	__u32 path_len;
	__u8 local[16], peer[16];
	__u64 own_address, peer_address;	/* unix: of the kernel's objects */
	__u8 path[RECORD_UNIX_PATH];	/* unix: outgoing that of the peer, incoming the own; begins with NUL when abstract */
	__u8 spare[4];
};

/* A descriptor that came over a unix socket, and what it is open on. */
struct record_passed {
	__s32 fd;
	__u32 spare;
	struct record_file file;
	struct record_socket socket;	/* family 0: none */
};

/* Of the messages of one call: how many follow, each with its address and data behind it, and bytes of those that do
 * not. */
struct record_messages {
	__u32 count, spare;
	__u64 rest;
};

struct record_message {
	__u32 len;		/* bytes sent or received; of a failed call, asked for */
	__u16 name, data;	/* bytes of the address and the data, which follow */
};

struct record_pair {
	__s32 fd[2];
	__u64 ino;
	__u64 first, second;	/* addresses of the sockets */
};

struct record_memory {
	__u32 size_kb, rss_kb, swap_kb, spare;
};

struct record_creds {
	__u64 inheritable, permitted, effective;
	__u32 uid, euid, suid, gid, egid, sgid;
};

struct record_task {
	struct record_memory memory;
	struct record_creds creds;
	__s64 fd_limit;
	__u64 faults_major, faults_minor;
	__s32 tid, pid, parent, vtid, vpid, pgid, vpgid;
	__u32 loginuid, tty;
	__u32 level;		/* of its pid namespace: 0 the initial one */
	__u32 child_level;	/* of the one its children get */
	__u32 memfd;
	__u64 pidns_start_ns;
	__u64 exe_ctime_ns, exe_mtime_ns;	/* since the epoch */
	struct record_file exe;
	__u32 exe_uid, exe_gid;
	char comm[16];
};

struct record_cgroup {
	__u32 subsystem;	/* enum record_subsystem */
	__u32 bytes;		/* of the parts of its path that follow, innermost first, each ended by NUL */
};

enum record_subsystem { RECORD_CPUSET, RECORD_CPU, RECORD_CPUACCT, RECORD_IO, RECORD_MEMORY, RECORD_UNIFIED, RECORD_SUBSYSTEMS };

/* Counters of one CPU, kept by the kernel side and mapped by the other; a cache line of its own. */
struct record_counters {
	__u64 serial;
	__u64 bytes;
	__u64 drops_ring, drops_scratch;
	__u64 lost_children;	/* processes that found no room in the list of those of the trees */
	__u64 spare[3];
};

#endif
