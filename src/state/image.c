/*
 * image.c - program images: the strings that all threads of a process share until it executes
 * another.
 *
 * A fork that still runs its parent's program shares the parent's image. Fold only.
 */
#include "state/state_internal.h"

/* Images are written only while they are made; their count belongs to the fold. */
static struct image *writable(const struct image *im)
{
	return (struct image *)(uintptr_t)im;
}

const struct image *image_ref(const struct image *im)
{
	writable(im)->refs++;
	return im;
}

void image_unref(struct state *s, const struct image *im)
{
	struct image *w = writable(im);

	if (--w->refs > 0) {
		return;
	}
	str_unref(s, w->exe);
	str_unref(s, w->exepath);
	str_unref(s, w->args);
	str_unref(s, w->env);
	str_unref(s, w->cgroups);
	slab_free(&s->slab, w, sizeof(*w));
}

static bool same(const struct str *have, const struct param *want)
{
	return str_equal(have, want->p, want->len);
}

const struct image *image_get(struct state *s, const struct image *like, const struct param *exe,
			      const struct str *exepath, const struct param *args,
			      const struct str *env, const struct str *cgroups)
{
	struct image *im;

	if (like != NULL && like->exepath == exepath && like->env == env &&
	    like->cgroups == cgroups && same(like->exe, exe) && same(like->args, args)) {
		str_unref(s, exepath);
		str_unref(s, env);
		str_unref(s, cgroups);
		return image_ref(like);
	}
	im = slab_alloc(&s->slab, sizeof(*im));
	if (im == NULL) {
		s->oom = true;
		return image_ref(s->no_image);
	}
	im->refs = 1;
	im->exe = str_get(s, exe->p, exe->len);
	im->exepath = exepath;
	im->args = str_get(s, args->p, args->len);
	im->env = env;
	im->cgroups = cgroups;
	return im;
}
