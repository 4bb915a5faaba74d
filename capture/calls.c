/*
 * calls.c - the rows of calls.def, found by the numbers of the machine's system calls. The numbers come from the
 * headers of the C library the program was built with (gen/syscall_numbers.def); a call newer than those is a generic
 * event without a name.
 */
#include "capture/calls.h"

#include "schema/schema.h"

#define NO_FD RECIPE_NO_FD

/* ---- what is copied ---- */
#define NOTHING { .kind = TAKE_END }
#define STRING(n) { .kind = TAKE_STRING, .arg = n }
#define STRING_IF_OK(n) { .kind = TAKE_STRING, .arg = n, .flags = TAKE_ON_SUCCESS }
#define SOME(n, bytes) { .kind = TAKE_BYTES, .arg = n, .size = bytes }
#define SOME_IF_OK(n, bytes) { .kind = TAKE_BYTES, .arg = n, .size = bytes, .flags = TAKE_ON_SUCCESS }
#define LIST(n, count, bytes) { .kind = TAKE_ARRAY, .arg = n, .by = count, .size = bytes }
#define DATA_IN(n, len) { .kind = TAKE_DATA, .arg = n, .by = len, .flags = TAKE_IN }
#define DATA_OUT(n, len) { .kind = TAKE_DATA, .arg = n, .by = len, .flags = TAKE_OUT }
#define VECTOR_IN(n, count) { .kind = TAKE_VECTOR, .arg = n, .by = count, .flags = TAKE_IN }
#define VECTOR_OUT(n, count) { .kind = TAKE_VECTOR, .arg = n, .by = count, .flags = TAKE_OUT }
#define MESSAGE_IN(n) { .kind = TAKE_MESSAGE, .arg = n, .flags = TAKE_IN }
#define MESSAGE_OUT(n) { .kind = TAKE_MESSAGE, .arg = n, .flags = TAKE_OUT }
#define MESSAGES_IN(n, count) { .kind = TAKE_MESSAGES, .arg = n, .by = count, .flags = TAKE_IN }
#define MESSAGES_OUT(n, count) { .kind = TAKE_MESSAGES, .arg = n, .by = count, .flags = TAKE_OUT }
#define NAME(n) { .kind = TAKE_NAME, .arg = n }
#define NAME_FILLED(n) { .kind = TAKE_NAME, .arg = n, .flags = TAKE_ON_SUCCESS }
#define CONTROL(n) { .kind = TAKE_CONTROL, .arg = n, .flags = TAKE_ON_SUCCESS }
#define PASSED { .kind = TAKE_PASSED, .flags = TAKE_ON_SUCCESS }
#define ADDRESS_OF(n, len) { .kind = TAKE_ADDRESS, .arg = n, .by = len }
#define ADDRESS_FILLED(n, len) { .kind = TAKE_ADDRESS, .arg = n, .by = len, .flags = TAKE_POINTER | TAKE_ON_SUCCESS }
#define SOCKET_IN(n) { .kind = TAKE_SOCKET, .arg = n, .flags = TAKE_ON_SUCCESS }
#define SOCKET_OUT(n) { .kind = TAKE_SOCKET, .arg = n, .flags = TAKE_OUT | TAKE_ON_SUCCESS }
#define SOCKET_CONNECTED(n) { .kind = TAKE_SOCKET, .arg = n, .flags = TAKE_OUT | TAKE_ON_SUCCESS | TAKE_DEFERRED }
#define SOCKET_OF_RESULT { .kind = TAKE_SOCKET, .flags = TAKE_RESULT | TAKE_ON_SUCCESS }
#define FILE_OF_RESULT { .kind = TAKE_FILE, .flags = TAKE_RESULT | TAKE_ON_SUCCESS }
#define PATH_OF_RESULT { .kind = TAKE_PATH, .flags = TAKE_RESULT | TAKE_ON_SUCCESS }
#define PAIR(n) { .kind = TAKE_PAIR, .arg = n, .flags = TAKE_ON_SUCCESS }
#define ENTRIES(n) { .kind = TAKE_ENTRIES, .arg = n, .flags = TAKE_ON_SUCCESS }
#define MEMORY_NOW { .kind = TAKE_MEMORY }
#define CREDENTIALS { .kind = TAKE_CREDS }
#define TASK_FACTS { .kind = TAKE_TASK }
#define ARGUMENTS { .kind = TAKE_ARGUMENTS }
#define CGROUPS { .kind = TAKE_CGROUPS }
#define ARGV(n) { .kind = TAKE_ARGV, .arg = n }
#define ENVV(n) { .kind = TAKE_ARGV, .arg = n, .flags = TAKE_OUT }
#define EXEPATH { .kind = TAKE_EXEPATH }

/* ---- parameters ---- */
#define RESULT { .how = RULE_RESULT }
#define ARG(n) { .how = RULE_ARG, .a = n }
#define INT(n) { .how = RULE_INT, .a = n }
#define UINT(n) { .how = RULE_UINT, .a = n }
#define CONST(n) { .how = RULE_CONST, .a = n }
#define CONVERT(n, what) { .how = RULE_CONVERT, .a = n, .b = CONVERT_##what }
#define CONVERT_AT(k, offset, what) { .how = RULE_CONVERT_AT, .a = k, .b = offset, .c = CONVERT_##what }
#define CONVERT_AT32(k, offset, what) { .how = RULE_CONVERT_AT32, .a = k, .b = offset, .c = CONVERT_##what }
#define CONVERT_AT16(k, offset, what) { .how = RULE_CONVERT_AT16, .a = k, .b = offset, .c = CONVERT_##what }
#define MORE(k) { .how = RULE_MORE, .a = k }
#define BYTES(k) { .how = RULE_BYTES, .a = k }
#define TEXT(k) { .how = RULE_TEXT, .a = k }
#define BYTES_IF(k, value) { .how = RULE_BYTES_IF, .a = k, .b = value }
#define TEXT_IF(k, value, other) { .how = RULE_TEXT_IF, .a = k, .b = value, .c = other }
#define U16_AT(k, offset) { .how = RULE_U16_AT, .a = k, .b = offset }
#define U32_AT(k, offset) { .how = RULE_U32_AT, .a = k, .b = offset }
#define U64_AT(k, offset) { .how = RULE_U64_AT, .a = k, .b = offset }
#define TIME_AT(k, offset) { .how = RULE_TIME_AT, .a = k, .b = offset }
#define OPEN_FLAGS(n, k) { .how = RULE_OPEN_FLAGS, .a = n, .b = k }
#define OPEN_FLAGS_AT(k, file) { .how = RULE_OPEN_FLAGS_AT, .a = k, .b = file }
#define OPEN_MODE(n, m) { .how = RULE_OPEN_MODE, .a = n, .b = m }
#define OPEN_MODE_AT(k) { .how = RULE_OPEN_MODE_AT, .a = k }
#define DEVICE(k) { .how = RULE_DEVICE, .a = k }
#define INODE(k) { .how = RULE_INODE, .a = k }
#define LAYER(k) { .how = RULE_LAYER, .a = k }
#define PATH(k) { .how = RULE_PATH, .a = k }
#define ADDRESS(k) { .how = RULE_ADDRESS, .a = k }
#define TUPLE_OUT(k, address) { .how = RULE_TUPLE_OUT, .a = k, .b = address }
#define TUPLE_IN(k, address) { .how = RULE_TUPLE_IN, .a = k, .b = address }
#define MESSAGES_RESULT(k) { .how = RULE_MESSAGES_RESULT, .a = k }
#define MESSAGES_SIZE(k) { .how = RULE_MESSAGES_SIZE, .a = k }
#define MESSAGES_DATA(k) { .how = RULE_MESSAGES_DATA, .a = k }
#define QUEUE_PERCENT(k) { .how = RULE_QUEUE_PERCENT, .a = k }
#define QUEUE(k) { .how = RULE_QUEUE, .a = k }
#define QUEUE_MAX(k) { .how = RULE_QUEUE_MAX, .a = k }
#define PAIR_FD(k, which) { .how = RULE_PAIR_FD, .a = k, .b = which }
#define PAIR_INODE(k) { .how = RULE_PAIR_INODE, .a = k }
#define PAIR_SOCKET(k, which) { .how = RULE_PAIR_SOCKET, .a = k, .b = which }
#define POLL(k) { .how = RULE_POLL, .a = k }
#define OPTION(k, level) { .how = RULE_OPTION, .a = k, .b = level }
#define OPTION_LEVEL(n) { .how = RULE_OPTION_LEVEL, .a = n }
#define OPTION_NAME(n) { .how = RULE_OPTION_NAME, .a = n }
#define PTRACE_ADDRESS { .how = RULE_PTRACE_ADDRESS }
#define PTRACE_DATA { .how = RULE_PTRACE_DATA }
#define KEYCTL(n, k) { .how = RULE_KEYCTL, .a = n, .b = k }
#define PRCTL_TEXT(k) { .how = RULE_PRCTL_TEXT, .a = k }
#define PRCTL_NUMBER(n, k) { .how = RULE_PRCTL_NUMBER, .a = n, .b = k }
#define MEMORY(which, k) { .how = RULE_MEMORY, .a = which, .b = k }
#define CAPABILITIES(which, k) { .how = RULE_CAPABILITIES, .a = which, .b = k }
#define QUOTA(which, k) { .how = RULE_QUOTA, .a = which, .b = k }
#define TASK(what) { .how = RULE_TASK, .a = TASK_##what }

#define TASK_BEGIN_PARAMS RESULT, TASK(EXE), TASK(ARGS), TASK(TID), TASK(PID), TASK(PARENT), TASK(CWD), TASK(FD_LIMIT), \
	TASK(FAULTS_MAJOR), TASK(FAULTS_MINOR), MEMORY(0, 0), MEMORY(1, 0), MEMORY(2, 0), TASK(COMM), TASK(CGROUPS)
#define CLONE_PARAMS TASK_BEGIN_PARAMS, TASK(CLONE_FLAGS), TASK(UID), TASK(GID), TASK(VTID), TASK(VPID), TASK(PIDNS_START)
#define EXEC_PARAMS TASK_BEGIN_PARAMS, TASK(ENVIRON), TASK(TTY), TASK(VPGID), TASK(LOGINUID), TASK(EXE_FLAGS), CAPABILITIES(0, 0), \
	CAPABILITIES(1, 0), CAPABILITIES(2, 0), TASK(EXE_INODE), TASK(EXE_CTIME), TASK(EXE_MTIME), TASK(UID), TASK(EXEPATH), \
	TASK(PGID), TASK(GID)

#define ROW(...) { __VA_ARGS__ }
#define CALL(n, event, descriptor, copies, params) \
	{ .name = #n, .type = EV_##event, .fd = descriptor, .takes = ROW copies, .rules = ROW params },

static const struct call_row rows[] = {
#include "capture/calls.def"
};

struct name_number {
	const char *name;
	uint16_t number;
};

#define SYSCALL(name, number) { #name, number },
static const struct name_number native_numbers[] = {
#include "gen/syscall_numbers.def"
};
static const struct name_number compat_numbers[] = {
#include "gen/syscall_numbers_32.def"
	{ NULL, 0 }
};
#undef SYSCALL

/* Calls of the 32-bit table whose arguments mean something else than those of the native one with their name. */
static const char *const compat_others[] = { "mmap", "select", "pread64", "pwrite64", "preadv", "pwritev", "splice" };

/* Calls that have another name in the 32-bit table, where an older, narrower one has theirs. */
static const char *const compat_names[][2] = {
	{ "chown32", "chown" }, { "fchown32", "fchown" }, { "lchown32", "lchown" }, { "fcntl64", "fcntl" },
	{ "stat64", "stat" }, { "lstat64", "lstat" }, { "fstat64", "fstat" }, { "fstatat64", "newfstatat" },
	{ "getuid32", "getuid" }, { "geteuid32", "geteuid" }, { "getgid32", "getgid" }, { "getegid32", "getegid" },
	{ "setuid32", "setuid" }, { "setgid32", "setgid" }, { "setreuid32", "setreuid" }, { "setregid32", "setregid" },
	{ "setresuid32", "setresuid" }, { "setresgid32", "setresgid" }, { "sendfile64", "sendfile" }, { "_newselect", "select" },
	{ "futex_time64", "futex" }, { "ppoll_time64", "ppoll" }, { "recvmmsg_time64", "recvmmsg" },
};

const struct call_row *call_row_at(size_t i)
{
	return i < ARRAY_LEN(rows) ? &rows[i] : NULL;
}

static const struct call_row *row_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].name, name) == 0) {
			return &rows[i];
		}
	}
	return NULL;
}

#define SYSCALL_CODES 512	/* more than the schema has */

static uint16_t code_of(const char *name)
{
	for (unsigned int code = 1; code < SYSCALL_CODES; code++) {
		const char *known = schema_syscall_name(code);

		if (known != NULL && strcmp(known, name) == 0) {
			return (uint16_t)code;
		}
	}
	return 0;
}

static bool compat_differs(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(compat_others); i++) {
		if (strcmp(compat_others[i], name) == 0) {
			return true;
		}
	}
	return false;
}

/* The native table's name of a call of the 32-bit one. */
static const char *native_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(compat_names); i++) {
		if (strcmp(compat_names[i][0], name) == 0) {
			return compat_names[i][1];
		}
	}
	return name;
}

static void put_number(struct call_table *t, const struct name_number *n, bool compat)
{
	const char *name = compat ? native_name(n->name) : n->name;
	struct call_number *c;
	uint16_t native = n->number;

	if (n->number >= RECORD_SYSCALLS) {
		return;
	}
	for (size_t i = 0; compat && i < ARRAY_LEN(native_numbers); i++) {
		if (strcmp(native_numbers[i].name, name) == 0) {
			native = native_numbers[i].number;
		}
	}
	c = &t->numbers[n->number + (compat ? RECORD_SYSCALLS : 0)];
	c->name = n->name;
	c->native = native;
	c->id = code_of(name);
	c->row = compat && compat_differs(n->name) ? NULL : row_of(name);
}

void call_table_init(struct call_table *t)
{
	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < CALLS_NUMBERS; i++) {
		t->numbers[i].native = (uint16_t)(i & (RECORD_SYSCALLS - 1));
	}
	for (size_t i = 0; i < ARRAY_LEN(native_numbers); i++) {
		put_number(t, &native_numbers[i], false);
	}
	for (size_t i = 0; compat_numbers[i].name != NULL; i++) {
		put_number(t, &compat_numbers[i], true);
	}
}

uint32_t call_number_of(const struct call_table *t, const char *name)
{
	for (uint32_t i = 0; i < RECORD_SYSCALLS; i++) {
		if (t->numbers[i].name != NULL && strcmp(t->numbers[i].name, name) == 0) {
			return i;
		}
	}
	return UINT32_MAX;
}

/* Structures with longs in them look otherwise in a 32-bit process: left out there. */
static bool same_in_compat(uint8_t kind)
{
	switch (kind) {
	case TAKE_BYTES:
	case TAKE_CONTROL:
	case TAKE_PASSED:
		return false;
	default:
		return true;
	}
}

void call_recipe(const struct call_number *n, bool compat, struct recipe *ret_r)
{
	const struct call_row *row = n->row;

	memset(ret_r, 0, sizeof(*ret_r));
	ret_r->wanted = 1;
	ret_r->fd = RECIPE_NO_FD;
	if (row == NULL) {
		return;
	}
	ret_r->fd = row->fd;
	ret_r->silent_zero = row->takes[0].kind == TAKE_TASK;
	for (size_t i = 0; i < RECORD_TAKES && row->takes[i].kind != TAKE_NONE && row->takes[i].kind != TAKE_END; i++) {
		ret_r->take[i] = row->takes[i];
		if (compat && !same_in_compat(row->takes[i].kind)) {
			ret_r->take[i].kind = TAKE_NONE;
		}
		ret_r->takes++;
	}
}
