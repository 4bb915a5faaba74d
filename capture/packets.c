/*
 * packets.c - see packets.h. One thread (packets_main) reads all handles; opening and closing are the main thread's.
 */
#include "capture/packets.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "base/limits.h"
#include "base/thread.h"
#include "capture/netns.h"
#include "writers/pcapng.h"

/* Milliseconds a packet may wait in a block of the kernel's buffer that is not full. */
#define READ_MS 50
#define POLL_MS 100
/* Packets of one handle in a row, so that others get their turn and the lock is not held for long. */
#define BURST 512
#define SAY_BYTES 640

struct source {
	pcap_t *handle; /* owns; NULL: gone */
	char *interface; /* owns */
	struct netns *ns; /* a row of the list */
	uint16_t link_type;
	uint64_t packets; /* of the current section */
	struct pcap_stat base, last; /* at the section's begin, and now or when it went */
};

struct packets {
	struct packets_options opt;
	struct netns_list namespaces;
	struct source *sources; /* owns */
	uint32_t count;
	struct thread thread;
	struct packets_target target;
	pthread_mutex_t lock;
	/* Guarded by lock. */
	struct packets_counts counts;
	bool stop;
	int code;
};

/* ---- opening -------------------------------------------------------------------------------------------- */

/* Numbers of link types that the file format has differently from libpcap's. */
static uint16_t link_type_of(int dlt)
{
	enum { FILE_RAW = 101, FILE_ATM = 100, FILE_PPP_HDLC = 50, OS_PPP_SERIAL = 50 };

	switch (dlt) {
	case DLT_RAW: return FILE_RAW;
	case DLT_ATM_RFC1483: return FILE_ATM;
	case OS_PPP_SERIAL: return FILE_PPP_HDLC;
	default: return (uint16_t)dlt;
	}
}

struct opening {
	struct packets *p;
	const char *interface;
	struct source made;
	bool absent; /* no interface of that name in this namespace */
};

static int open_failed(struct opening *o, pcap_t *h, int status, struct err *e)
{
	const char *more = pcap_geterr(h);

	if (status == PCAP_ERROR_NO_SUCH_DEVICE || status == PCAP_ERROR_IFACE_NOT_UP) {
		o->absent = status == PCAP_ERROR_NO_SUCH_DEVICE;
		return err_set(e, ERR_OPEN, "cannot record interface '%s': %s", o->interface,
			       o->absent ? "no such interface" : "it is not up");
	}
	if (status == PCAP_ERROR_PERM_DENIED) {
		return err_set(
			e, ERR_OPEN,
			"cannot record interface '%s': not permitted; recording packets needs CAP_NET_RAW (root)",
			o->interface);
	}
	return err_set(e, ERR_OPEN, "cannot record interface '%s': %s%s%s", o->interface, pcap_statustostr(status),
		       more[0] != '\0' ? ": " : "", more);
}

static int set_filter(struct opening *o, pcap_t *h, struct err *e)
{
	const char *text = o->p->opt.filter;
	struct bpf_program program;
	int r;

	if (text == NULL) {
		return 0;
	}
	if (pcap_compile(h, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		return err_set(e, ERR_USAGE, "packet filter '%s' is not understood: %s", text, pcap_geterr(h));
	}
	r = pcap_setfilter(h, &program);
	pcap_freecode(&program);
	return r == 0 ? 0 : err_set(e, ERR_OPEN, "cannot set packet filter '%s': %s", text, pcap_geterr(h));
}

/* In the namespace: a socket stays in the one in which it was made. */
static int open_here(void *arg, struct err *e)
{
	struct opening *o = arg;
	const struct packets_options *opt = &o->p->opt;
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *h = pcap_create(o->interface, text);
	int rc, status;

	if (h == NULL) {
		return err_set(e, ERR_OPEN, "cannot record interface '%s': %s", o->interface, text);
	}
	pcap_set_snaplen(h, (int)opt->snaplen);
	pcap_set_promisc(h, opt->promiscuous);
	pcap_set_timeout(h, READ_MS);
	pcap_set_buffer_size(h, (int)min_u64(opt->buffer_bytes, INT32_MAX));
	pcap_set_tstamp_precision(h, PCAP_TSTAMP_PRECISION_NANO);
	status = pcap_activate(h);
	rc = status < 0 ? open_failed(o, h, status, e) : set_filter(o, h, e);
	if (rc == 0 && pcap_setnonblock(h, 1, text) != 0) {
		rc = err_set(e, ERR_OPEN, "cannot record interface '%s': %s", o->interface, text);
	}
	if (rc == 0 && pcap_get_tstamp_precision(h) != PCAP_TSTAMP_PRECISION_NANO) {
		rc = err_set(e, ERR_UNSUPPORTED, "interface '%s' has no times in nanoseconds", o->interface);
	}
	if (rc != 0) {
		pcap_close(h);
		return rc;
	}
	o->made.handle = h;
	o->made.link_type = link_type_of(pcap_datalink(h));
	return 0;
}

static int add_source(struct packets *p, const struct source *made, struct err *e)
{
	struct source *rows =
		p->count < LIMIT_CAPTURE_INTERFACES ? realloc(p->sources, (p->count + 1) * sizeof(*rows)) : NULL;

	if (rows == NULL) {
		return err_set(e, ERR_LIMIT, "too many interfaces in too many namespaces (%u at most)",
			       LIMIT_CAPTURE_INTERFACES);
	}
	p->sources = rows;
	rows[p->count++] = *made;
	return 0;
}

/* One interface in one namespace. Absent from this one is no error where others are looked at too. */
static int open_source(struct packets *p, const char *interface, struct netns *ns, bool *io_found, struct err *e)
{
	struct opening o = { .p = p, .interface = interface };
	struct err tried;
	int rc;

	err_init(&tried);
	o.made.ns = ns;
	rc = netns_run(ns, open_here, &o, &tried);
	if (rc != 0 && o.absent && p->namespaces.count > 1) {
		return 0;
	}
	if (rc != 0) {
		return err_set(e, rc, "%s%s%s%s", tried.message, ns->name[0] != '\0' ? " (network namespace '" : "",
			       ns->name, ns->name[0] != '\0' ? "')" : "");
	}
	*io_found = true;
	o.made.interface = strdup(interface);
	rc = o.made.interface == NULL ? err_nomem(e, "an interface") : add_source(p, &o.made, e);
	if (rc != 0) {
		pcap_close(o.made.handle);
		free(o.made.interface);
	}
	return rc;
}

static int open_sources(struct packets *p, struct err *e)
{
	for (uint32_t i = 0; i < p->opt.interface_count; i++) {
		const char *interface = p->opt.interfaces[i];
		bool found = false;

		for (uint32_t k = 0; k < p->namespaces.count; k++) {
			int rc = open_source(p, interface, &p->namespaces.rows[k], &found, e);

			if (rc != 0) {
				return rc;
			}
		}
		if (!found) {
			return err_set(
				e, ERR_OPEN,
				"cannot record interface '%s': no such interface in any of %u network namespaces",
				interface, p->namespaces.count);
		}
	}
	return 0;
}

int packets_open(const struct packets_options *opt, struct packets **ret_p, struct err *e)
{
	struct packets *p = calloc(1, sizeof(*p));
	char text[PCAP_ERRBUF_SIZE];
	int rc = 0;

	if (p == NULL) {
		return err_nomem(e, "packets");
	}
	p->opt = *opt;
	pthread_mutex_init(&p->lock, NULL);
	if (pcap_init(PCAP_CHAR_ENC_LOCAL, text) != 0) {
		rc = err_set(e, ERR_OPEN, "libpcap does not start: %s", text);
	}
	for (uint32_t i = 0; i < opt->namespace_count && rc == 0; i++) {
		rc = netns_add(&p->namespaces, opt->namespaces[i], e);
	}
	if (rc == 0 && opt->namespace_count == 0) {
		rc = netns_add_own(&p->namespaces, e);
	}
	rc = rc == 0 ? open_sources(p, e) : rc;
	if (rc != 0) {
		packets_free(p);
		return rc;
	}
	p->counts.interfaces = p->count;
	*ret_p = p;
	return 0;
}

void packets_free(struct packets *p)
{
	if (p == NULL) {
		return;
	}
	packets_stop(p);
	for (uint32_t i = 0; i < p->count; i++) {
		if (p->sources[i].handle != NULL) {
			pcap_close(p->sources[i].handle);
		}
		free(p->sources[i].interface);
	}
	free(p->sources);
	netns_release(&p->namespaces);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* ---- the thread ----------------------------------------------------------------------------------------- */

struct taking {
	struct packets *p;
	uint32_t interface;
};

/* One packet, with the lock. */
static void take(u_char *arg, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct taking *t = (struct taking *)(void *)arg;
	struct packets *p = t->p;
	struct buf *out = p->target.room(p->target.arg);
	uint64_t ts_ns =
		(uint64_t)h->ts.tv_sec * NSEC_PER_SEC + (uint64_t)h->ts.tv_usec; /* nanoseconds, as asked for */
	struct pcapng_packet packet = { t->interface, ts_ns, bytes, h->caplen, h->len };
	size_t at = out->len;
	struct pcapng_block k;

	if (p->code != 0) {
		return;
	}
	k = pcapng_packet_begin(out, &packet);
	pcapng_end(&k);
	p->sources[t->interface].packets++;
	p->counts.packets++;
	p->counts.bytes += h->caplen;
	p->code = p->target.put(p->target.arg, ts_ns, out->len - at);
}

static void read_stats(struct source *s)
{
	struct pcap_stat st;

	if (s->handle != NULL && pcap_stats(s->handle, &st) == 0) {
		s->last = st;
	}
}

/* Its interface is gone: the others go on. */
static void lose(struct packets *p, struct source *s)
{
	char text[SAY_BYTES];

	snprintf(text, sizeof(text), "interface '%s'%s%s is not recorded any more: %s", s->interface,
		 s->ns->name[0] != '\0' ? " of network namespace " : "", s->ns->name, pcap_geterr(s->handle));
	read_stats(s);
	pcap_close(s->handle);
	s->handle = NULL;
	p->counts.gone++;
	p->opt.say(p->opt.say_arg, text);
}

/* What this handle has now. */
static void drain(struct packets *p, uint32_t i)
{
	struct taking t = { p, i };
	int n = BURST;

	while (n >= BURST) {
		pthread_mutex_lock(&p->lock);
		n = p->sources[i].handle != NULL && p->code == 0
			    ? pcap_dispatch(p->sources[i].handle, BURST, take, (u_char *)(void *)&t)
			    : 0;
		if (n < 0) {
			lose(p, &p->sources[i]);
		}
		pthread_mutex_unlock(&p->lock);
	}
}

static bool stopped(struct packets *p)
{
	bool stop;

	pthread_mutex_lock(&p->lock);
	stop = p->stop || p->code != 0;
	pthread_mutex_unlock(&p->lock);
	return stop;
}

static void packets_main(void *arg)
{
	struct packets *p = arg;
	struct pollfd *fds = calloc(p->count, sizeof(*fds));

	while (fds != NULL && !stopped(p)) {
		for (uint32_t i = 0; i < p->count; i++) {
			fds[i] = (struct pollfd){ p->sources[i].handle != NULL
							  ? pcap_get_selectable_fd(p->sources[i].handle)
							  : -1,
						  POLLIN, 0 };
		}
		if (poll(fds, p->count, POLL_MS) < 0 && errno != EINTR) {
			break;
		}
		for (uint32_t i = 0; i < p->count; i++) {
			if (fds[i].revents != 0) {
				drain(p, i);
			}
		}
	}
	for (uint32_t i = 0; i < p->count; i++) {
		drain(p, i); /* blocks of the ring that were not handed over when the end came */
	}
	free(fds);
}

int packets_start(struct packets *p, const struct packets_target *target, struct err *e)
{
	p->target = *target;
	return thread_start(&p->thread, packets_main, p) == 0 ? 0 : err_nomem(e, "the packets' thread");
}

void packets_stop(struct packets *p)
{
	struct timespec last_block = { 0, 2 * READ_MS * 1000000L };

	if (p->thread.running) {
		/* What arrived before now leaves the kernel's buffer with its block, within READ_MS. */
		nanosleep(&last_block, NULL);
		packets_lock(p);
		p->stop = true;
		packets_unlock(p);
		thread_join(&p->thread);
	}
}

void packets_lock(struct packets *p)
{
	pthread_mutex_lock(&p->lock);
}

void packets_unlock(struct packets *p)
{
	pthread_mutex_unlock(&p->lock);
}

/* ---- blocks --------------------------------------------------------------------------------------------- */

void packets_interfaces(struct packets *p, const char *comment, struct buf *out)
{
	for (uint32_t i = 0; i < p->count; i++) {
		struct source *s = &p->sources[i];
		struct pcapng_interface row = { .link_type = s->link_type,
						.snaplen = p->opt.snaplen,
						.digits = 9,
						.name = s->interface,
						.filter = p->opt.filter,
						.comment = comment };
		char description[SAY_BYTES] = "";

		if (s->ns->name[0] != '\0') {
			snprintf(description, sizeof(description), "network namespace %s", s->ns->name);
		}
		row.description = description;
		pcapng_interface(out, &row);
		read_stats(s);
		s->base = s->last;
		s->packets = 0;
	}
}

void packets_statistics(struct packets *p, uint64_t now_ns, struct buf *out)
{
	for (uint32_t i = 0; i < p->count; i++) {
		struct source *s = &p->sources[i];
		struct pcapng_statistics st = { .interface = i, .units = now_ns };

		read_stats(s);
		st.drops_os = s->last.ps_drop - s->base.ps_drop;
		st.drops_interface = s->last.ps_ifdrop - s->base.ps_ifdrop;
		/* libpcap counts what passed the filter; what was taken since is what was written. */
		st.received = max_u64(s->last.ps_recv - s->base.ps_recv, s->packets);
		pcapng_statistics(out, &st);
	}
}

void packets_counts(struct packets *p, struct packets_counts *ret_c)
{
	packets_lock(p);
	for (uint32_t i = 0; i < p->count; i++) {
		read_stats(&p->sources[i]);
	}
	*ret_c = p->counts;
	ret_c->drops_kernel = 0;
	ret_c->drops_interface = 0;
	for (uint32_t i = 0; i < p->count; i++) {
		ret_c->drops_kernel += p->sources[i].last.ps_drop;
		ret_c->drops_interface += p->sources[i].last.ps_ifdrop;
	}
	packets_unlock(p);
}
