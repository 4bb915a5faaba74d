/*
 * quality_copies.c - the rows of table `quality` about captures given twice: a capture and its compressed copy in one
 * folder double every number, and so do the packets of a merged file beside the file they came from. Main thread, at
 * the end.
 */
#include "net/net.h"
#include "stats/quality_rows.h"

/* What a section holds, for telling whether another holds the same. */
struct content {
	uint64_t first_ns, last_ns, events, packets;
	const struct source *source;
	uint32_t order;
};

static int by_content(const void *pa, const void *pb)
{
	const struct content *a = pa;
	const struct content *b = pb;

	if (a->first_ns != b->first_ns) {
		return a->first_ns < b->first_ns ? -1 : 1;
	}
	if (a->last_ns != b->last_ns) {
		return a->last_ns < b->last_ns ? -1 : 1;
	}
	if (a->events != b->events) {
		return a->events < b->events ? -1 : 1;
	}
	if (a->packets != b->packets) {
		return a->packets < b->packets ? -1 : 1;
	}
	return a->order < b->order ? -1 : a->order > b->order;
}

static bool is_span(const struct content *c)
{
	return c->first_ns < c->last_ns;
}

static bool events_of(const struct section *s, struct content *ret_c)
{
	memset(ret_c, 0, sizeof(*ret_c));
	ret_c->first_ns = s->first_event_ns;
	ret_c->last_ns = s->last_event_ns;
	ret_c->events = s->events;
	return s->events > 0 && is_span(ret_c);
}

/* Over the time of their flows: that of the section is the events', too, where mergecap put the packets among them. */
static bool packets_of(const struct section *s, struct content *ret_c)
{
	size_t count = 0;
	const struct flow *const *flows = s->net != NULL ? net_flows(s->net, &count) : NULL;

	memset(ret_c, 0, sizeof(*ret_c));
	ret_c->packets = s->packets;
	for (size_t i = 0; i < count; i++) {
		if (flows[i]->first_ns != 0 && (ret_c->first_ns == 0 || flows[i]->first_ns < ret_c->first_ns)) {
			ret_c->first_ns = flows[i]->first_ns;
		}
		ret_c->last_ns = max_u64(ret_c->last_ns, flows[i]->last_ns);
	}
	if (count == 0 && s->events == 0) {
		ret_c->first_ns = s->first_ns;
		ret_c->last_ns = s->last_ns;
	}
	return s->packets > 0 && is_span(ret_c);
}

static void add_twice(struct table *t, const struct content *c, const struct content *first)
{
	struct buf text;

	buf_init(&text, 8192);
	buf_printf(&text, "as many, over the same time to the nanosecond, as in '%s': counted twice",
		   first->source->shown);
	table_text(t, c->source->shown);
	table_text(t, c->events > 0 ? "same events as another source" : "same packets as another source");
	table_u64(t, c->events > 0 ? c->events : c->packets);
	table_unknown(t);
	table_unknown(t);
	table_text(t, buf_str(&text));
	buf_release(&text);
}

static size_t gather(struct content *list, const struct tap_input *in)
{
	size_t n = 0;

	for (uint32_t i = 0; i < in->source_count; i++) {
		const struct source *src = in->sources[i];

		for (uint32_t k = 0; k < src->section_count; k++) {
			size_t before = n;

			n += events_of(src->sections[k], &list[n]);
			n += packets_of(src->sections[k], &list[n]);
			for (size_t x = before; x < n; x++) {
				list[x].source = src;
				list[x].order = (uint32_t)x;
			}
		}
	}
	return n;
}

int quality_add_copies(struct table *t, const struct tap_input *in)
{
	struct content *list;
	size_t sections = 0;
	size_t n;
	size_t first = 0;

	for (uint32_t i = 0; i < in->source_count; i++) {
		sections += in->sources[i]->section_count;
	}
	list = calloc(2 * sections + 1, sizeof(*list));
	if (list == NULL) {
		return ERR_NOMEM;
	}
	n = gather(list, in);
	qsort(list, n, sizeof(*list), by_content);
	for (size_t i = 1; i < n; i++) {
		struct content same = list[first];

		same.order = list[i].order;
		if (by_content(&same, &list[i]) == 0) {
			add_twice(t, &list[i], &list[first]);
		} else {
			first = i;
		}
	}
	free(list);
	return 0;
}
