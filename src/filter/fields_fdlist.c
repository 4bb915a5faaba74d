/*
 * fields_fdlist.c - the files of a poll: comma-separated lists over its fd list. Any worker, own
 * context.
 */
#include "events/addr.h"
#include "events/text.h"
#include "filter/fields_internal.h"

enum { LIST_NUMS, LIST_NAMES, LIST_CIPS, LIST_SIPS, LIST_CPORTS, LIST_SPORTS };

#define FDLIST_HEAD_BYTES 2
#define FDLIST_ITEM_BYTES 10

/* The parameter that is a list, and the number of its first object among the event's refs. */
static bool find_list(const struct event *ev, struct param *ret_list, uint32_t *ret_ref)
{
	const struct schema_refs *refs;

	if (ev->flags & EVENT_UNKNOWN_TYPE) {
		return false;
	}
	refs = &schema_refs[ev->type];
	for (uint32_t i = 0; i < refs->count; i++) {
		if (refs->rows[i].kind == REF_FDLIST) {
			*ret_list = event_param(ev, refs->rows[i].param);
			*ret_ref = i;
			return ret_list->p != NULL;
		}
	}
	return false;
}

static void add_end(struct buf *out, const struct fd_view *fd, int which)
{
	bool source = which == LIST_CIPS || which == LIST_CPORTS;

	if (!fd_is_inet(fd)) {
		return;
	}
	if (which == LIST_CPORTS || which == LIST_SPORTS) {
		buf_add_u64(out, source ? fd->src_port : fd->dst_port);
	} else {
		addr_add_ip(out, fd->type == FD_IPV6 || fd->type == FD_IPV6_SERVER,
			    source ? fd->src_ip : fd->dst_ip);
	}
}

static void add_item(struct buf *out, const uint8_t *item, const struct fd_view *fd, int which)
{
	if (which == LIST_NUMS) {
		buf_add_s64(out, (int64_t)load_le64(item));
	} else if (fd == NULL) {
		buf_adds(out, "<NA>");
	} else if (which == LIST_NAMES) {
		buf_add(out, fd->name, fd->name_len);
	} else {
		add_end(out, fd, which);
	}
}

static bool text_list(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct event *ev = c->ev;
	struct param list;
	uint32_t ref;
	unsigned int n;

	if (!find_list(ev, &list, &ref)) {
		return false;
	}
	n = text_fdlist_count(list);
	if (n == 0) {
		return false;
	}
	for (unsigned int i = 0; i < n; i++) {
		size_t at = (size_t)ev->refs + ref + i;
		const struct fd_view *fd = ev->refs != EVENT_NO_REFS && at < c->batch->ref_count
						   ? c->batch->refs[at]
						   : NULL;

		if (i > 0) {
			buf_addc(out, ',');
		}
		add_item(out, list.p + FDLIST_HEAD_BYTES + (size_t)i * FDLIST_ITEM_BYTES, fd,
			 u->field->which);
	}
	return true;
}

#define REFS (WANT_FOLD | WANT_FDS | WANT_REFS)

/* clang-format off */
static const struct field rows[] = {
	{ "fdlist.nums", PT_CHARBUF, FMT_ID, ARG_NONE, 0, REFS, NULL, text_list, LIST_NUMS,
	  "fd numbers of a poll, separated by commas" },
	{ "fdlist.names", PT_CHARBUF, FMT_NA, ARG_NONE, 0, REFS, NULL, text_list, LIST_NAMES,
	  "their names" },
	{ "fdlist.cips", PT_CHARBUF, FMT_NA, ARG_NONE, 0, REFS, NULL, text_list, LIST_CIPS,
	  "addresses of their clients' ends" },
	{ "fdlist.sips", PT_CHARBUF, FMT_NA, ARG_NONE, 0, REFS, NULL, text_list, LIST_SIPS,
	  "addresses of their servers' ends" },
	{ "fdlist.cports", PT_CHARBUF, FMT_NA, ARG_NONE, 0, REFS, NULL, text_list, LIST_CPORTS,
	  "ports of their clients' ends" },
	{ "fdlist.sports", PT_CHARBUF, FMT_NA, ARG_NONE, 0, REFS, NULL, text_list, LIST_SPORTS,
	  "ports of their servers' ends" },
};
/* clang-format on */

const struct field_class field_class_fdlist = { "fd list of a poll", rows, ARRAY_LEN(rows), "fdlist" };
