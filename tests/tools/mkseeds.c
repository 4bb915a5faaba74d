/*
 * mkseeds.c - writes the captures of seeds.c into a folder, which it makes.
 *
 * mkseeds FOLDER [NAME...]: all of them, or those named.
 * mkseeds --talks FOLDER: the conversations of seeds_talk.c, for the fuzz targets.
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

static bool make_folder(const char *path)
{
	if (mkdir(path, 0755) != 0 && errno != EEXIST) {
		perror(path);
		return false;
	}
	return true;
}

static int write_talks(const char *folder)
{
	for (const struct talk_seed *t = talk_seeds; t->name != NULL; t++) {
		char path[4096];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s.talk", folder, t->name);
		f = fopen(path, "wb");
		if (f == NULL || fwrite(t->bytes, 1, t->len, f) != t->len || fclose(f) != 0) {
			perror(path);
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int written = 0;

	if (argc == 3 && strcmp(argv[1], "--talks") == 0) {
		return make_folder(argv[2]) ? write_talks(argv[2]) : 1;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: mkseeds FOLDER [NAME...]\n       mkseeds --talks FOLDER\n");
		return 2;
	}
	if (!make_folder(argv[1])) {
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
