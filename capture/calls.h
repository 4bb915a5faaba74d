/*
 * calls.h - the calls that have an event type of their own: what is copied when one returns (for the kernel side) and
 * which parameter of the event each copy or argument becomes (for the user side). One row per call in calls.def;
 * every other call becomes a generic event.
 */
#ifndef CAPTURE_CALLS_H
#define CAPTURE_CALLS_H

#include "base/base.h"
#include "capture/record.h"

#define CALLS_PARAMS 32

/* Where the value of a parameter comes from. a, b and c: an argument (ARG...), an item, an offset: see calls.def. */
enum rule_how {
	RULE_NONE,
	RULE_RESULT,
	RULE_ARG,		/* argument a, all 64 bits */
	RULE_INT,		/* argument a as an int: descriptors, process ids */
	RULE_UINT,
	RULE_CONST,		/* a */
	RULE_CONVERT,		/* conversion b (enum convert) of argument a */
	RULE_CONVERT_AT, RULE_CONVERT_AT32, RULE_CONVERT_AT16,	/* conversion c of the u64 (u32, u16) at offset b of item a */
	RULE_MORE,		/* how many bytes item a could have held */
	RULE_BYTES,		/* item a */
	RULE_TEXT,		/* item a, a text ended by NUL */
	RULE_U32_AT, RULE_U64_AT, RULE_U16_AT,	/* number at offset b of item a; absent: 0 */
	RULE_TIME_AT,		/* struct timespec at offset b of item a, as ns; absent: all ones */
	RULE_OPEN_FLAGS,	/* open flags in argument a, file in item b */
	RULE_OPEN_FLAGS_AT,	/* open flags at offset 0 of item a, file in item b */
	RULE_OPEN_MODE,		/* mode in argument b, if the flags in argument a create a file */
	RULE_OPEN_MODE_AT,	/* both in the struct open_how in item a */
	RULE_DEVICE, RULE_INODE,	/* of the file in item a */
	RULE_LAYER,		/* of the file in item a, as creat has it */
	RULE_PATH,		/* path from the parts in item a */
	RULE_ADDRESS,		/* socket address in item a */
	RULE_TUPLE_OUT, RULE_TUPLE_IN,	/* of the socket in item a, peer from the address in item b (or NO_ITEM) */
	RULE_MESSAGES_RESULT,	/* bytes of the message at hand; the result when the call failed */
	RULE_MESSAGES_SIZE,	/* the same; of a failed call how many bytes the messages in item a hold */
	RULE_MESSAGES_DATA,
	RULE_QUEUE_PERCENT, RULE_QUEUE, RULE_QUEUE_MAX,		/* of the listening socket in item a */
	RULE_PAIR_FD,		/* descriptor b of the pair in item a */
	RULE_PAIR_INODE, RULE_PAIR_SOCKET,
	RULE_POLL,		/* descriptors of the struct pollfds in item a */
	RULE_OPTION,		/* value in item a of socket option arg b + 1 of level arg b */
	RULE_OPTION_LEVEL, RULE_OPTION_NAME,	/* of the socket option of level argument a */
	RULE_PTRACE_ADDRESS, RULE_PTRACE_DATA,
	RULE_KEYCTL,		/* argument a, its text in item b */
	RULE_PRCTL_TEXT,	/* text in item a where the option (argument 0) has one */
	RULE_PRCTL_NUMBER,	/* argument a, or the int in item b where the option fills one */
	RULE_BYTES_IF,		/* item a if argument 1 is b, else nothing */
	RULE_TEXT_IF,		/* the same for a text, if it is b or c */
	RULE_MEMORY,		/* number a (0 size, 1 resident, 2 swapped) of item b */
	RULE_CAPABILITIES,	/* set a of item b */
	RULE_QUOTA,		/* number a of the struct dqblk (or dqinfo) in item b */
	RULE_TASK,		/* what a (enum task_rule) of clone and exec */
};

enum task_rule {
	TASK_EXE, TASK_ARGS, TASK_TID, TASK_PID, TASK_PARENT, TASK_CWD, TASK_FD_LIMIT, TASK_FAULTS_MAJOR, TASK_FAULTS_MINOR, TASK_COMM,
	TASK_CGROUPS, TASK_CLONE_FLAGS, TASK_UID, TASK_GID, TASK_VTID, TASK_VPID, TASK_PIDNS_START, TASK_ENVIRON, TASK_TTY, TASK_VPGID,
	TASK_LOGINUID, TASK_EXE_FLAGS, TASK_EXE_INODE, TASK_EXE_CTIME, TASK_EXE_MTIME, TASK_EXEPATH, TASK_PGID, TASK_FILENAME,
};

/* From the kernel's numbers to those of the event schema. */
enum convert {
	CONVERT_NONE,
	CONVERT_OPEN, CONVERT_CLONE, CONVERT_PROTECTION, CONVERT_MAP, CONVERT_MODE, CONVERT_MODE_TYPE, CONVERT_SOCKET_FLAGS, CONVERT_FCNTL,
	CONVERT_FCHOWNAT, CONVERT_SHUTDOWN, CONVERT_WHENCE, CONVERT_RESOURCE, CONVERT_RESOLVE, CONVERT_SEMCTL, CONVERT_SEMGET,
	CONVERT_SEMOP, CONVERT_PTRACE, CONVERT_EPOLL_CREATE, CONVERT_PIDFD, CONVERT_DELETE_MODULE, CONVERT_URING_SETUP, CONVERT_MOUNT,
	CONVERT_FAMILY, CONVERT_QUOTA, CONVERT_QUOTA_TYPE, CONVERT_QUOTA_FORMAT, CONVERT_RENAME, CONVERT_TIMER, CONVERTS,
};

struct rule {
	uint8_t how, a, b, c;
};

struct call_row {
	const char *name;
	uint16_t type;		/* EV_ */
	uint8_t fd;		/* see struct recipe */
	struct take takes[RECORD_TAKES];	/* up to the first of kind TAKE_NONE or TAKE_END */
	struct rule rules[CALLS_PARAMS];	/* as many as the schema's type has parameters */
};

#define TAKE_END 255
#define NO_ITEM 255

/* Index into the kernel's recipes: number of the call, of the 32-bit table behind the native one. */
#define CALLS_NUMBERS (2 * RECORD_SYSCALLS)

struct call_number {
	const struct call_row *row;	/* NULL: generic */
	const char *name;		/* NULL: no such call known */
	uint16_t id;			/* the schema's code of the call, 0 unknown */
	uint16_t native;		/* number in the native table */
};

struct call_table {
	struct call_number numbers[CALLS_NUMBERS];
};

/* Fills the table for the architecture this was built for. */
void call_table_init(struct call_table *t);

/* The native number of a call that every table has. */
uint32_t call_number_of(const struct call_table *t, const char *name);

/* The kernel side's recipe for a number. */
void call_recipe(const struct call_number *n, bool compat, struct recipe *ret_r);

/* Rows by themselves, for tests: NULL behind the last. */
const struct call_row *call_row_at(size_t i);

#endif
