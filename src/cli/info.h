/*
 * info.h - what `thresher info` knows after its run, as text and as JSON. The collecting is done by
 * the engine; here is only what both forms share.
 */
#ifndef CLI_INFO_H
#define CLI_INFO_H

#include "base/buf.h"
#include "cli/info_passing.h"
#include "readers/input.h"
#include "readers/source.h"

struct info {
	struct source *const *sources;
	uint32_t source_count;
	const struct input_skip *skips;
	size_t skip_count;
	bool stopped;
	bool all; /* text: every kind of event */
	const struct info_passing *passing; /* NULL: no filter */
};

void info_text(const struct info *in, struct buf *out);
/* One object: {"schema":"thresher-info/1","sources":[...],"skipped":[...],"stopped":false}; with a filter each
 * section has a key "passing" (events, packets, first_time, last_time). */
void info_json(const struct info *in, struct buf *out);

/* "pcapng" or "pcap". */
const char *section_kind_name(const struct section *s);

#endif
