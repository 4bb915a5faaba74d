/*
 * packet_bpf.h - a packet filter in tcpdump's language, compiled by libpcap for every usual link layer.
 *
 * Compiled on the main thread; constant afterwards and shared by all workers. Host names are looked up in /etc/hosts
 * only: a run never asks the network.
 */
#ifndef FILTER_PACKET_BPF_H
#define FILTER_PACKET_BPF_H

#include "base/err.h"
#include "readers/batch.h"

struct packet_bpf;

/* ERR_USAGE with libpcap's words in e when the text means nothing on any link layer; ERR_NOMEM. */
int packet_bpf_new(const char *text, struct packet_bpf **ret_f, struct err *e);
void packet_bpf_free(struct packet_bpf *f);

/* False too for a packet of an unknown interface, or of a link layer on which the text means nothing. Any thread. */
bool packet_bpf_match(const struct packet_bpf *f, const struct packet *p);

#endif
