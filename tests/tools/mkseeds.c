/*
 * mkseeds.c - writes the captures of seeds.c into a folder, which it makes.
 *
 * mkseeds FOLDER [NAME...]: all of them, or those named.
 */
#include "seeds.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static bool wanted(const char *name, char **names)
{
	if (*names == NULL) {
		return true;
	}
	for (; *names != NULL; names++) {
		if (strcmp(*names, name) == 0) {
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	unsigned int written = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: mkseeds FOLDER [NAME...]\n");
		return 2;
	}
	if (mkdir(argv[1], 0755) != 0 && errno != EEXIST) {
		perror(argv[1]);
		return 1;
	}
	for (const struct seed *s = seeds; s->name != NULL; s++) {
		char path[4096];
		struct mkcap m;

		if (!wanted(s->name, argv + 2)) {
			continue;
		}
		snprintf(path, sizeof(path), "%s/%s", argv[1], s->name);
		seed_build(s, &m);
		mkcap_save(&m, path);
		mkcap_release(&m);
		written++;
	}
	if (written == 0 || (argc > 2 && written != (unsigned int)argc - 2)) {
		fprintf(stderr, "mkseeds: no seed of that name\n");
		return 1;
	}
	return 0;
}
