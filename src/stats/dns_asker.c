/*
 * dns_asker.c - see dns_asker.h. Main thread, when the tables are built.
 */
#include "stats/dns_asker.h"

/* Resolvers that ask resolvers: more in a row are no story but a loop. */
#define RESOLVERS_IN_A_ROW 8

/* Looked up only, so that addresses order nothing that shows. */
struct by_tx {
	uintptr_t tx;
	const struct span *span;
};

struct dns_askers {
	const struct join *join;
	const struct span *spans;
	size_t span_count;
	struct by_tx *index;	/* owns */
	size_t count;
};

static int compare_tx(const void *a, const void *b)
{
	const struct by_tx *x = a, *y = b;

	return x->tx < y->tx ? -1 : x->tx > y->tx;
}

int dns_askers_new(const struct join *j, struct dns_askers **ret_a)
{
	struct dns_askers *a = calloc(1, sizeof(*a));
	size_t n = 0;

	if (a == NULL) {
		return ERR_NOMEM;
	}
	a->join = j;
	a->spans = join_spans(j, &a->span_count);
	for (size_t i = 0; i < a->span_count; i++) {
		n += a->spans[i].dns != NULL && a->spans[i].kind == SPAN_CLIENT;
	}
	a->index = calloc(n + 1, sizeof(*a->index));
	if (a->index == NULL) {
		free(a);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < a->span_count; i++) {
		if (a->spans[i].dns != NULL && a->spans[i].kind == SPAN_CLIENT) {
			a->index[a->count++] = (struct by_tx){ (uintptr_t)a->spans[i].dns, &a->spans[i] };
		}
	}
	qsort(a->index, a->count, sizeof(*a->index), compare_tx);
	*ret_a = a;
	return 0;
}

void dns_askers_free(struct dns_askers *a)
{
	if (a != NULL) {
		free(a->index);
		free(a);
	}
}

static const struct span *span_by_id(const struct span *spans, size_t count, uint32_t id)
{
	return id < count && spans[id].id == id ? &spans[id] : NULL;
}

/* Does this span serve names? By what it speaks, or by the socket programs look names up through. */
static bool serves_names(const struct span *s)
{
	const struct sock *k = s->exchange != NULL ? s->exchange->sock : NULL;

	if (s->kind != SPAN_SERVER) {
		return false;
	}
	if (s->dns != NULL || (s->protocol != NULL && strcmp(s->protocol, "dns") == 0)) {
		return true;
	}
	return k != NULL && k->kind == SOCK_UNIX_K && k->path != NULL &&
	       (strstr(k->path, "resolve") != NULL || strstr(k->path, "nscd") != NULL);
}

const struct span *dns_span_behind(const struct span *spans, size_t count, const struct span *s)
{
	for (unsigned int i = 0; i < RESOLVERS_IN_A_ROW; i++) {
		const struct span *resolver = span_by_id(spans, count, s->parent);
		const struct span *client;

		if (resolver == NULL || !serves_names(resolver)) {
			break;
		}
		client = span_by_id(spans, count, resolver->parent);
		if (client == NULL || client->kind != SPAN_CLIENT) {
			break;
		}
		s = client;
	}
	return s;
}

static struct who span_who(const struct span *s)
{
	return (struct who){ s->section, s->process, s->tid };
}

/* Without a span: who opened the socket, which need not be the thread that asked. */
static struct who opener(const struct dns_askers *a, const struct dns_tx *x)
{
	const struct pair *p = x->flow != NULL ? join_pair_of_flow(a->join, x->flow) : NULL;
	struct who w = sock_who(p != NULL ? p->side[x->client].sock : NULL);

	w.tid = -1;
	return w;
}

void dns_asker(const struct dns_askers *a, const struct dns_tx *x, struct who *ret_asker, struct who *ret_behind)
{
	const struct by_tx key = { (uintptr_t)x, NULL };
	const struct by_tx *found =
		a->count > 0 ? bsearch(&key, a->index, a->count, sizeof(*a->index), compare_tx) : NULL;
	const struct span *behind;

	*ret_behind = (struct who){ NULL, ID_NONE, -1 };
	if (found == NULL) {
		*ret_asker = opener(a, x);
		return;
	}
	*ret_asker = span_who(found->span);
	behind = dns_span_behind(a->spans, a->span_count, found->span);
	if (behind != found->span) {
		*ret_behind = span_who(behind);
	}
}
