/*
 * strings.c - see strings.h.
 */
#include "stats/strings.h"

void table_str(struct table *t, const struct str *s)
{
	if (s == NULL || s->len == 0) {
		table_unknown(t);
	} else {
		table_textn(t, s->s, s->len);
	}
}

void table_command_line(struct table *t, const struct str *exe, const struct str *args)
{
	char *joined;
	size_t n = 0;

	if (args->len == 0) {
		table_str(t, exe);
		return;
	}
	joined = malloc((size_t)exe->len + 1 + args->len);
	if (joined == NULL) {
		t->failed = true;
		table_unknown(t);
		return;
	}
	memcpy(joined, exe->s, exe->len);
	n = exe->len;
	joined[n++] = ' ';
	for (uint32_t i = 0; i < args->len; i++) {
		joined[n++] = args->s[i] == '\0' ? ' ' : args->s[i];
	}
	table_textn(t, joined, n);
	free(joined);
}

void table_uid(struct table *t, uint32_t uid)
{
	if (uid == UID_NONE) {
		table_unknown(t);
	} else {
		table_u64(t, uid);
	}
}

void table_container(struct table *t, const struct container_view *c, bool known)
{
	if (c != NULL) {
		table_str(t, c->id);
	} else if (known) {
		table_text(t, "host");
	} else {
		table_unknown(t);
	}
}
