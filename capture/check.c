/*
 * check.c - see check.h. Tries things rather than guessing from versions. Main thread.
 */
#include "capture/check.h"

#include "capture/netns.h"
#include "capture/packets.h"
#include "capture/privileges.h"
#include "capture/probe.h"

static void ignore(void *arg, const char *text)
{
	UNUSED_ARG(arg);
	UNUSED_ARG(text);
}

static void check_packets(struct buf *out)
{
	static const char *const any[] = { "any" };
	struct packets_options opt = {
		.interfaces = any, .interface_count = 1, .snaplen = 64, .buffer_bytes = 1 << 20, .say = ignore
	};
	struct packets *p = NULL;
	struct err e;

	err_init(&e);
	if (packets_open(&opt, &p, &e) == 0) {
		buf_adds(out, "ok  packets of all interfaces, times in nanoseconds\n");
	} else {
		buf_printf(out, "no  packets: %s\n", e.message);
	}
	packets_free(p);
}

static int nothing(void *arg, struct err *e)
{
	UNUSED_ARG(arg);
	UNUSED_ARG(e);
	return 0;
}

static void check_namespaces(struct buf *out)
{
	struct netns_list list = { 0 };
	uint32_t entered = 0;
	struct err e;

	err_init(&e);
	if (netns_add(&list, "all", &e) != 0) {
		buf_printf(out, "no  network namespaces: %s\n", e.message);
	}
	for (uint32_t i = 0; i < list.count; i++) {
		struct err denied;

		err_init(&denied);
		entered += netns_run(&list.rows[i], nothing, NULL, &denied) == 0;
	}
	buf_printf(out, "%s  network namespaces: %u of %u can be entered",
		   entered == list.count && list.denied == 0 ? "ok" : "no", entered, list.count);
	if (list.denied > 0) {
		buf_printf(out, "; those of %u processes cannot be seen", list.denied);
	}
	buf_addc(out, '\n');
	netns_release(&list);
}

bool check_machine(struct buf *out)
{
	bool ok = probe_check(out);

	buf_adds(out, "\nCapabilities:\n");
	ok = privileges_check(out) && ok;
	buf_adds(out, "\nPackets and namespaces:\n");
	check_packets(out);
	check_namespaces(out);
	buf_printf(out, "\n%s\n",
		   ok ? "system calls can be recorded" : "system calls cannot be recorded: see the lines with 'no'");
	return ok;
}
