/*
 * packet_bpf.c - see packet_bpf.h. Reads the text of --packet-filter and produces one BPF program for each link layer;
 * any worker runs them.
 */
#include "filter/packet_bpf.h"

#include <nss.h>
#include <pcap/pcap.h>

#include "base/limits.h"

/* Link layers by their number in files, and by libpcap's own, which differs for a few. Those that libpcap can look
 * into; the programs of others could only count bytes. */
static const struct {
	uint16_t link_type;
	int dlt;
} rows[] = {
	{ 1, DLT_EN10MB },
	{ 0, DLT_NULL },
	{ 3, DLT_AX25 },
	{ 6, DLT_IEEE802 },
	{ 8, DLT_SLIP },
	{ 9, DLT_PPP },
	{ 10, DLT_FDDI },
	{ 50, DLT_PPP_SERIAL },
	{ 51, DLT_PPP_ETHER },
	{ 99, DLT_SYMANTEC_FIREWALL },
	{ 100, DLT_ATM_RFC1483 },
	{ 101, DLT_RAW },
	{ 104, DLT_C_HDLC },
	{ 105, DLT_IEEE802_11 },
	{ 106, DLT_ATM_CLIP },
	{ 107, DLT_FRELAY },
	{ 108, DLT_LOOP },
	{ 113, DLT_LINUX_SLL },
	{ 114, DLT_LTALK },
	{ 117, DLT_PFLOG },
	{ 119, DLT_PRISM_HEADER },
	{ 122, DLT_IP_OVER_FC },
	{ 123, DLT_SUNATM },
	{ 127, DLT_IEEE802_11_RADIO },
	{ 163, DLT_IEEE802_11_RADIO_AVS },
	{ 192, DLT_PPI },
	{ 224, DLT_FC_2 },
	{ 228, DLT_IPV4 },
	{ 229, DLT_IPV6 },
	{ 276, DLT_LINUX_SLL2 },
};

struct packet_bpf {
	bool compiled[ARRAY_LEN(rows)];
	struct bpf_program programs[ARRAY_LEN(rows)];	/* owns, where compiled */
};

/* Longest frame a file may hold. */
#define SNAPLEN ((int)LIMIT_BLOCK_BYTES)

/* One link layer. 0, ERR_USAGE with libpcap's message, ERR_NOMEM. */
static int compile(struct packet_bpf *f, size_t row, const char *text, struct err *e)
{
	pcap_t *dead = pcap_open_dead(rows[row].dlt, SNAPLEN);
	int rc = 0;

	if (dead == NULL) {
		return err_nomem(e, "the packet filter");
	}
	if (pcap_compile(dead, &f->programs[row], text, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		f->compiled[row] = true;
	} else {
		rc = err_set(e, ERR_USAGE, "packet filter: %s", pcap_geterr(dead));
	}
	pcap_close(dead);
	return rc;
}

int packet_bpf_new(const char *text, struct packet_bpf **ret_f, struct err *e)
{
	struct packet_bpf *f;
	struct err first;
	bool any = false;

	if (strlen(text) > LIMIT_FILTER_BYTES) {
		return err_set(e, ERR_USAGE, "packet filter of more than %u bytes", (unsigned int)LIMIT_FILTER_BYTES);
	}
	f = calloc(1, sizeof(*f));
	if (f == NULL) {
		return err_nomem(e, "the packet filter");
	}
	err_init(&first);
	__nss_configure_lookup("hosts", "files");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err why;

		err_init(&why);
		if (compile(f, i, text, &why) == 0) {
			any = true;
		} else if (why.code == ERR_NOMEM || first.code == 0) {
			first = why;
		}
	}
	if (!any || first.code == ERR_NOMEM) {
		packet_bpf_free(f);
		return err_set(e, first.code, "%s", first.message);
	}
	*ret_f = f;
	return 0;
}

void packet_bpf_free(struct packet_bpf *f)
{
	if (f == NULL) {
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (f->compiled[i]) {
			pcap_freecode(&f->programs[i]);
		}
	}
	free(f);
}

bool packet_bpf_match(const struct packet_bpf *f, const struct packet *p)
{
	struct pcap_pkthdr header = { .caplen = p->cap_len, .len = p->orig_len };

	if ((p->flags & PACKET_NO_INTERFACE) != 0) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].link_type == p->link_type) {
			return f->compiled[i] && pcap_offline_filter(&f->programs[i], &header, p->data) != 0;
		}
	}
	return false;
}
