/*
 * fuzz_replay.c - a plain main for a fuzz target: gives it the files named, and those in the folders named,
 * one after the other, so that a corpus is also a test and needs no fuzzer.
 *
 * Ends with "N inputs". When the target dies, the file it died of is the last line on stderr.
 */
#include "base/buf.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define INPUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* nftw has no argument to pass: the name is for the signal handler, the count for main. */
static char current[4096];
static unsigned long inputs;

static void on_death(int sig)
{
	/* Only what a handler may call; the default action then ends the process as it would have. */
	(void)!write(2, "died of ", 8);
	(void)!write(2, current, strlen(current));
	(void)!write(2, "\n", 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

static int replay(const char *path)
{
	struct buf b;
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL) {
		perror(path);
		return 1;
	}
	buf_init(&b, INPUT_MAX);
	do {
		char *room = buf_room(&b, 65536);

		n = room != NULL ? fread(room, 1, 65536, f) : 0;
		b.len += n;
	} while (n > 0);
	fclose(f);
	snprintf(current, sizeof(current), "%s", path);
	LLVMFuzzerTestOneInput((const uint8_t *)(b.data != NULL ? b.data : ""), b.len);
	buf_release(&b);
	inputs++;
	return 0;
}

static int visit(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	UNUSED_ARG(st);
	UNUSED_ARG(where);
	return kind == FTW_F ? replay(path) : 0;
}

int main(int argc, char **argv)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

	for (size_t i = 0; i < ARRAY_LEN(deadly); i++) {
		signal(deadly[i], on_death);
	}
	for (int i = 1; i < argc; i++) {
		if (nftw(argv[i], visit, 16, FTW_PHYS) != 0) {
			perror(argv[i]);
			return 1;
		}
	}
	printf("%lu inputs\n", inputs);
	return inputs > 0 ? 0 : 1;
}
