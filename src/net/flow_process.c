/*
 * flow_process.c - which end of a flow the process is at that the capture's writer names beside a packet.
 * Runs in the shard of the flow.
 */
#include "base/cursor.h"
#include "net/track.h"

enum { OPTION_FLAGS = 2 };

/* 1 inbound, 2 outbound, 0 not said: the option epb_flags. */
static unsigned int packet_direction(const struct batch *b, const struct packet *p)
{
	struct cursor c = cur_make(p->options, p->options_len);
	bool be = b->section->big_endian;
	struct cur_option o;

	while (cur_option(&c, be, &o)) {
		if (o.code == OPTION_FLAGS && o.value.left == 4) {
			return cur_u32(&o.value, be) & 3;
		}
	}
	return 0;
}

/* The writer names one process a packet: of the end on its host. Where it does not say which one that is, of
 * the first to send. */
void flow_set_process(struct live_flow *lf, const struct batch *b, const struct seen *p)
{
	const struct packet_process *proc = b->packet_processes[p->layer->packet];
	struct flow *f = lf->flow;
	unsigned int end = p->dir;

	if (proc == NULL || (f->process[0] != NULL && f->process[1] != NULL)) {
		return;
	}
	switch (packet_direction(b, p->packet)) {
	case 1:
		end = 1 - p->dir;
		break;
	case 2:
		break;
	default:
		if (f->process[1 - end] == proc) {
			return;
		}
		break;
	}
	if (f->process[end] == NULL) {
		f->process[end] = proc;
	}
}
