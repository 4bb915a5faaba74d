/*
 * template.c - see template.h.
 */
#include "report/template.h"

static const struct template_slot *slot_of(const char *name, size_t len,
					   const struct template_slot *slots, size_t slot_count)
{
	for (size_t i = 0; i < slot_count; i++) {
		if (strlen(slots[i].name) == len && memcmp(slots[i].name, name, len) == 0) {
			return &slots[i];
		}
	}
	return NULL;
}

void template_expand(struct sink *s, const char *text, size_t len,
		     const struct template_slot *slots, size_t slot_count, const void *arg)
{
	const char *end = text + len;

	while (text < end) {
		const char *open = memmem(text, (size_t)(end - text), "{{", 2);
		const char *close =
			open == NULL ? NULL : memmem(open, (size_t)(end - open), "}}", 2);
		const struct template_slot *slot;

		if (close == NULL) {
			break;
		}
		slot = slot_of(open + 2, (size_t)(close - open) - 2, slots, slot_count);
		assert(slot != NULL);
		buf_add(s->buf, text, (size_t)(open - text));
		slot->emit(s, arg);
		sink_more(s);
		text = close + 2;
	}
	buf_add(s->buf, text, (size_t)(end - text));
}
