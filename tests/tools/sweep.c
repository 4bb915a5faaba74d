/*
 * sweep.c - every seed cut at every byte and with every byte changed, samples of syscalls and of packets cut and
 * changed at many places, gzip and zstd streams cut at every byte: each through all tables of a report, some through
 * its files. Nothing may crash or hang, and a cut inside a block may not go unnoticed.
 *
 * Runs on as many processes as there are CPUs; each input belongs to one of them by its number. What a dead
 * process was doing is said. Ends with "N passed, N failed".
 */
#include "../fuzz/in_memory.h"
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cursor.h"

#define WORKERS_MAX 64
/* One run takes milliseconds; under sanitizers on a busy machine still far less than this. */
#define RUN_SECONDS 60
/* Rendering says the same of each table over and over: it takes twice as long as all before it. */
#define RENDER_EVERY 5
/* Primes: neighbours of a field are reached in different packets and events. */
/* Of seeds as long as this, all much the same inside, one place of three. */
#define LONG_SEED 8192
#define CALLS "tests/data/small.scap"
#define CALLS_STEP 487
#define PACKETS "tests/data/small.pcapng"
#define PACKETS_STEP 53

/* What a worker is doing, in memory shared with the parent: it outlives the worker. */
struct doing {
	char what[128];
	uint64_t passed, failed;
};

struct sweep {
	struct doing *doing;
	unsigned int worker, workers;
	uint64_t number;	/* of the next input over all sweeps */
};

/* Offsets that end a block, for what a cut may hide: bit i set when a block ends at i. */
static bool *block_ends(const uint8_t *p, size_t len, bool be)
{
	bool *ends = calloc(len + 1, sizeof(*ends));
	size_t at = 0;

	if (ends == NULL) {
		abort();
	}
	while (len - at >= 12) {
		size_t n = be ? load_be32(p + at + 4) : load_le32(p + at + 4);

		n = (n + 3) & ~(size_t)3;
		if (n < 12 || n > len - at) {
			break;
		}
		at += n;
		ends[at] = true;
	}
	return ends;
}

/* One input. must_complain: silence would be a lie. */
static void run_one(struct sweep *s, const char *name, const char *how, size_t at, const void *data,
		    size_t len, bool must_complain)
{
	struct doing *p = &s->doing[s->worker];
	struct engine_options opt = in_memory_report_options();
	struct in_memory run;
	int rc;

	if (s->number++ % s->workers != s->worker) {
		return;
	}
	snprintf(p->what, sizeof(p->what), "%s %s at %zu", name, how, at);
	alarm(RUN_SECONDS);
	rc = in_memory_start(&run, data, len, &opt);
	if (rc == 0) {
		rc = p->passed % RENDER_EVERY == 0 ? in_memory_render(&run) : in_memory_tables(&run);
	}
	if (rc != 0) {
		printf("%s: %s: %s\n", p->what, err_name(rc), run.err.message);
		p->failed++;
	} else if (must_complain && in_memory_complaints(&run) == 0) {
		printf("%s: nothing was said about it\n", p->what);
		p->failed++;
	} else {
		p->passed++;
	}
	in_memory_release(&run);
	alarm(0);
}

static void cut_everywhere(struct sweep *s, const char *name, const uint8_t *data, size_t len,
			   size_t step, const bool *ends)
{
	for (size_t n = 0; n < len; n += step) {
		/* A copy of exactly n bytes: the sanitizer sees a read behind the cut. */
		uint8_t *cut = malloc(n > 0 ? n : 1);

		if (cut == NULL) {
			abort();
		}
		memcpy(cut, data, n);
		run_one(s, name, "cut", n, cut, n, ends == NULL || !ends[n]);
		free(cut);
	}
}

/* Every byte (or one in step), in one of three ways by its place: a bit, another bit, 0xff. */
static void flip_everywhere(struct sweep *s, const char *name, uint8_t *data, size_t len, size_t step)
{
	for (size_t i = 0; i < len; i += step) {
		static const char *const ways[] = { "flipped", "flipped otherwise", "0xff" };
		unsigned int way = (unsigned int)(i / step % ARRAY_LEN(ways));
		uint8_t was = data[i];

		data[i] = way == 2 ? 0xff : was ^ (uint8_t)(1u << ((i * 5 + 3 * way) % 8));
		run_one(s, name, ways[way], i, data, len, false);
		data[i] = was;
	}
}

static void sweep_seeds(struct sweep *s)
{
	for (const struct seed *seed = seeds; seed->name != NULL; seed++) {
		bool pcap = strstr(seed->name, ".pcap") != NULL &&
			    strstr(seed->name, ".pcapng") == NULL;
		bool lies = strncmp(seed->name, "lies", 4) == 0;
		uint8_t *bytes;
		bool *ends;
		struct mkcap m;

		seed_build(seed, &m);
		bytes = (uint8_t *)m.out.data;
		ends = block_ends(bytes, m.out.len, seed->big_endian);
		/* Cuts of a pcap file end records, not blocks; the lies have no ends to know. */
		for (size_t i = 0; pcap && i <= m.out.len; i++) {
			ends[i] = i >= 24;
		}
		for (size_t i = 0; lies && i <= m.out.len; i++) {
			ends[i] = true;
		}
		cut_everywhere(s, seed->name, bytes, m.out.len, m.out.len > LONG_SEED ? 3 : 1, ends);
		flip_everywhere(s, seed->name, bytes, m.out.len, m.out.len > LONG_SEED ? 3 : 1);
		free(ends);
		mkcap_release(&m);
	}
}

static size_t gzip_of(const struct buf *in, uint8_t *out, size_t cap)
{
	z_stream z = { .next_in = (Bytef *)in->data,
		       .avail_in = (uInt)in->len,
		       .next_out = out,
		       .avail_out = (uInt)cap };

	if (deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflate(&z, Z_FINISH) != Z_STREAM_END) {
		abort();
	}
	deflateEnd(&z);
	return z.total_out;
}

static size_t zstd_of(const struct buf *in, uint8_t *out, size_t cap)
{
	size_t n;
	ZSTD_CCtx *c = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	n = ZSTD_compress2(c, out, cap, in->data, in->len);
	if (ZSTD_isError(n)) {
		abort();
	}
	ZSTD_freeCCtx(c);
	return n;
}

static void sweep_wrapped(struct sweep *s)
{
	static uint8_t out[65536];
	struct mkcap m;
	size_t n;

	seed_build(&seeds[0], &m);
	n = gzip_of(&m.out, out, sizeof(out));
	cut_everywhere(s, "gzip", out, n, 1, NULL);
	flip_everywhere(s, "gzip", out, n, 1);
	n = zstd_of(&m.out, out, sizeof(out));
	cut_everywhere(s, "zstd", out, n, 1, NULL);
	flip_everywhere(s, "zstd", out, n, 1);
	mkcap_release(&m);
}

static void sweep_sample(struct sweep *s, const char *path, size_t step)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = malloc(1 << 20);
	size_t n = f != NULL && bytes != NULL ? fread(bytes, 1, 1 << 20, f) : 0;
	bool *ends;

	if (n == 0) {
		perror(path);
		abort();
	}
	fclose(f);
	ends = block_ends(bytes, n, false);
	cut_everywhere(s, path, bytes, n, step, ends);
	flip_everywhere(s, path, bytes, n, step);
	free(ends);
	free(bytes);
}

static void work(struct sweep *s)
{
	sweep_seeds(s);
	sweep_wrapped(s);
	sweep_sample(s, CALLS, CALLS_STEP);
	sweep_sample(s, PACKETS, PACKETS_STEP);
	fflush(stdout);
	/* exit, so that the leak check runs. */
	exit(0);
}

int main(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct sweep s = { .workers = cpus < 1             ? 1
				      : cpus > WORKERS_MAX ? WORKERS_MAX
							   : (unsigned int)cpus };
	uint64_t passed = 0;
	uint64_t failed = 0;
	pid_t children[WORKERS_MAX];

	s.doing = mmap(NULL, WORKERS_MAX * sizeof(*s.doing), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s.doing == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	for (s.worker = 0; s.worker < s.workers; s.worker++) {
		children[s.worker] = fork();
		if (children[s.worker] < 0) {
			perror("fork");
			return 1;
		}
		if (children[s.worker] == 0) {
			work(&s);
		}
	}
	for (unsigned int i = 0; i < s.workers; i++) {
		const struct doing *p = &s.doing[i];
		int status;

		waitpid(children[i], &status, 0);
		passed += p->passed;
		failed += p->failed;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			printf("worker %u ended with %s %d during: %s\n", i,
			       WIFEXITED(status) ? "status" : "signal",
			       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), p->what);
			failed++;
		}
	}
	printf("%llu passed, %llu failed\n", (unsigned long long)passed,
	       (unsigned long long)failed);
	return failed == 0 ? 0 : 1;
}
