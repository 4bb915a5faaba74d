/*
 * intern.c - see intern.h.
 */
#include "base/intern.h"

#include "base/hash.h"

void intern_init(struct intern *in, size_t max_bytes)
{
	memset(in, 0, sizeof(*in));
	arena_init(&in->arena);
	in->max_bytes = max_bytes;
	in->seed = hash_seed(in);
}

void intern_release(struct intern *in)
{
	arena_release(&in->arena);
	free(in->slots);
	in->slots = NULL;
	in->mask = 0;
	in->count = 0;
	in->bytes = 0;
}

static int grow(struct intern *in)
{
	size_t n = in->slots != NULL ? (in->mask + 1) * 2 : 64;
	const struct text **slots = calloc(n, sizeof(*slots));

	if (slots == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; in->slots != NULL && i <= in->mask; i++) {
		if (in->slots[i] != NULL) {
			size_t k = in->slots[i]->hash & (n - 1);

			while (slots[k] != NULL) {
				k = (k + 1) & (n - 1);
			}
			slots[k] = in->slots[i];
		}
	}
	free(in->slots);
	in->slots = slots;
	in->mask = n - 1;
	return 0;
}

static int add(struct intern *in, size_t at, uint32_t hash, const void *p, size_t len,
	       const struct text **ret_text)
{
	struct text *t;

	if (len > UINT32_MAX || len > in->max_bytes - in->bytes) {
		in->refused++;
		*ret_text = NULL;
		return 0;
	}
	t = arena_alloc(&in->arena, sizeof(*t) + len + 1);
	if (t == NULL) {
		return ERR_NOMEM;
	}
	t->hash = hash;
	t->len = (uint32_t)len;
	if (len > 0) {
		memcpy(t->bytes, p, len);
	}
	t->bytes[len] = '\0';
	in->bytes += len;
	in->slots[at] = t;
	in->count++;
	*ret_text = t;
	return 0;
}

int intern_get(struct intern *in, const void *p, size_t len, const struct text **ret_text)
{
	uint32_t hash = (uint32_t)hash_bytes(in->seed, p, len);
	size_t i;

	if ((in->slots == NULL || in->count * 4 >= (in->mask + 1) * 3) && grow(in) != 0) {
		return ERR_NOMEM;
	}
	for (i = hash & in->mask; in->slots[i] != NULL; i = (i + 1) & in->mask) {
		const struct text *t = in->slots[i];

		if (t->hash == hash && t->len == len && (len == 0 || memcmp(t->bytes, p, len) == 0)) {
			*ret_text = t;
			return 0;
		}
	}
	return add(in, i, hash, p, len, ret_text);
}
