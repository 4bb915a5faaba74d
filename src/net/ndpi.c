/*
 * ndpi.c - see ndpi.h. libndpi 4.2 wants IP packets: each is made here from the layer's ports, numbers and payload
 * between two addresses that mean nothing, so that what the library knows of address ranges does not speak. Any
 * thread.
 */
#include "net/ndpi.h"

#include "base/err.h"

#if defined(HAVE_NDPI)
/* Opens the detector's struct, for the caches in it. The header is that of the library: checked when a detector is
 * made. */
#define NDPI_LIB_COMPILATION
#include <ndpi_api.h>
#if NDPI_MAJOR == 4 && NDPI_MINOR == 2
#define WITH_NDPI 1
#endif
#endif

#ifdef WITH_NDPI

#include <pthread.h>

#include "base/cursor.h"

/* Payload shown of a packet, headers before it, and zeros behind it for a library that looks a little too far. */
#define PAYLOAD_MAX 1400
#define HEADERS_MAX (20 + 20)
#define SLACK 256

struct detector {
	struct detector *next;
	struct ndpi_detection_module_struct *ndpi;	/* owns; NULL: not usable */
};

struct ndpi_module {
	pthread_mutex_t lock;
	struct detector *idle;	/* owns; guarded by lock */
};

struct ndpi_state {
	unsigned int packets;
	struct ndpi_flow_struct flow;	/* owns what hangs on it */
};

const char *ndpi_version(void)
{
	return ndpi_revision();
}

int ndpi_module_new(struct ndpi_module **ret_m)
{
	struct ndpi_module *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		return ERR_NOMEM;
	}
	if (pthread_mutex_init(&m->lock, NULL) != 0) {
		free(m);
		return ERR_NOMEM;
	}
	*ret_m = m;
	return 0;
}

void ndpi_module_free(struct ndpi_module *m)
{
	if (m == NULL) {
		return;
	}
	while (m->idle != NULL) {
		struct detector *d = m->idle;

		m->idle = d->next;
		if (d->ndpi != NULL) {
			ndpi_exit_detection_module(d->ndpi);
		}
		free(d);
	}
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* A detector for all protocols but the two that would carry something from flow to flow that cannot be thrown away
 * (TINC), or need a library that is not set up (QUIC: there is a signature of our own). */
static struct detector *detector_new(void)
{
	/* The library sets up tables of its own without a lock. */
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	NDPI_PROTOCOL_BITMASK wanted;
	struct detector *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		return NULL;
	}
	pthread_mutex_lock(&one_at_a_time);
	d->ndpi = ndpi_init_detection_module(ndpi_dont_load_tor_hosts | ndpi_dont_init_libgcrypt);
	if (d->ndpi != NULL) {
		NDPI_BITMASK_SET_ALL(wanted);
		NDPI_BITMASK_DEL(wanted, NDPI_PROTOCOL_TINC);
		NDPI_BITMASK_DEL(wanted, NDPI_PROTOCOL_QUIC);
		ndpi_set_protocol_detection_bitmask2(d->ndpi, &wanted);
		ndpi_finalize_initialization(d->ndpi);
	}
	pthread_mutex_unlock(&one_at_a_time);
	if (d->ndpi == NULL) {
		free(d);
		return NULL;
	}
	/* Another library than the header's, whose struct is laid out otherwise, is not asked. */
	if (strncmp(ndpi_revision(), "4.2.", 4) != 0 ||
	    d->ndpi->ndpi_num_supported_protocols != ndpi_get_num_supported_protocols(d->ndpi)) {
		ndpi_exit_detection_module(d->ndpi);
		d->ndpi = NULL;
	}
	return d;
}

static struct detector *take_detector(struct ndpi_module *m)
{
	struct detector *d;

	pthread_mutex_lock(&m->lock);
	d = m->idle;
	if (d != NULL) {
		m->idle = d->next;
	}
	pthread_mutex_unlock(&m->lock);
	return d != NULL ? d : detector_new();
}

static void give_detector(struct ndpi_module *m, struct detector *d)
{
	pthread_mutex_lock(&m->lock);
	d->next = m->idle;
	m->idle = d;
	pthread_mutex_unlock(&m->lock);
}

static void drop_cache(struct ndpi_lru_cache **io_cache)
{
	if (*io_cache != NULL) {
		ndpi_lru_free_cache(*io_cache);
		*io_cache = NULL;
	}
}

/* What the library remembers of one flow for others. It makes these anew when it needs them. */
static void forget(struct ndpi_detection_module_struct *n)
{
	drop_cache(&n->ookla_cache);
	drop_cache(&n->bittorrent_cache);
	drop_cache(&n->zoom_cache);
	drop_cache(&n->stun_cache);
	drop_cache(&n->tls_cert_cache);
	drop_cache(&n->mining_cache);
	drop_cache(&n->msteams_cache);
}

static void put_be16(uint8_t *p, uint32_t x)
{
	p[0] = (uint8_t)(x >> 8);
	p[1] = (uint8_t)x;
}

static void put_be32(uint8_t *p, uint32_t x)
{
	put_be16(p, x >> 16);
	put_be16(p + 2, x & 0xffff);
}

/* The layer as an IPv4 packet. Returns its length. */
static unsigned short make_packet(const struct layer *l, uint8_t out[HEADERS_MAX + PAYLOAD_MAX + SLACK])
{
	uint32_t n = l->payload_cap < PAYLOAD_MAX ? l->payload_cap : PAYLOAD_MAX;
	uint32_t transport = l->key.ip_proto == IP_TCP ? 20 : 8;
	uint32_t total = 20 + transport + n;
	uint8_t *t = out + 20;

	memset(out, 0, 20 + transport);
	out[0] = 0x45;
	put_be16(out + 2, total);
	put_be16(out + 6, 0x4000);	/* don't fragment */
	out[8] = 64;
	out[9] = l->key.ip_proto;
	put_be32(out + 12, l->from == 0 ? 0x0a000001 : 0x0a000002);
	put_be32(out + 16, l->from == 0 ? 0x0a000002 : 0x0a000001);
	put_be16(t, l->key.port[l->from]);
	put_be16(t + 2, l->key.port[!l->from]);
	if (l->key.ip_proto == IP_TCP) {
		put_be32(t + 4, l->seq);
		put_be32(t + 8, l->ack);
		t[12] = 0x50;
		t[13] = l->tcp_flags;
		put_be16(t + 14, l->window);
	} else {
		put_be16(t + 4, 8 + n);
	}
	memcpy(t + transport, l->payload, n);
	memset(t + transport + n, 0, SLACK);
	return (unsigned short)total;
}

/* The innermost name, in lower case; "" unknown. Only what the content showed counts; a cache knows but this very
 * packet. */
static void set_name(struct ndpi_detection_module_struct *n, const struct ndpi_state *st, ndpi_protocol found,
		     char ret_name[NDPI_NAME_BYTES])
{
	uint16_t id = found.app_protocol != NDPI_PROTOCOL_UNKNOWN ? found.app_protocol : found.master_protocol;

	ret_name[0] = '\0';
	if (id == NDPI_PROTOCOL_UNKNOWN || st->flow.confidence < NDPI_CONFIDENCE_DPI_CACHE) {
		return;
	}
	snprintf(ret_name, NDPI_NAME_BYTES, "%s", ndpi_get_proto_name(n, id));
	for (char *c = ret_name; *c != '\0'; c++) {
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
	}
}

int ndpi_look(struct ndpi_module *m, struct ndpi_state **io_state, const struct packet *p, const struct layer *l,
	      uint64_t ts_ns, char ret_name[NDPI_NAME_BYTES])
{
	uint8_t bytes[HEADERS_MAX + PAYLOAD_MAX + SLACK];
	struct ndpi_state *st = *io_state;
	struct detector *d;
	ndpi_protocol found;
	unsigned short n;

	UNUSED_ARG(p);
	if (l->payload_cap == 0 || (l->flags & (LAYER_QUOTED | LAYER_NO_FLOW | LAYER_FRAGMENT)) != 0 ||
	    (l->key.ip_proto != IP_TCP && l->key.ip_proto != IP_UDP)) {
		return 0;
	}
	d = take_detector(m);
	if (st == NULL) {
		st = *io_state = calloc(1, sizeof(*st));
	}
	if (d == NULL || st == NULL) {
		if (d != NULL) {
			give_detector(m, d);
		}
		return ERR_NOMEM;
	}
	ret_name[0] = '\0';
	if (d->ndpi != NULL) {
		n = make_packet(l, bytes);
		found = ndpi_detection_process_packet(d->ndpi, &st->flow, bytes, n, ts_ns / 1000000);
		forget(d->ndpi);
		set_name(d->ndpi, st, found, ret_name);
	}
	st->packets++;
	give_detector(m, d);
	if (ret_name[0] == '\0' && st->packets < NDPI_PACKETS) {
		return 0;
	}
	ndpi_state_free(st);
	*io_state = NULL;
	return 1;
}

void ndpi_state_free(struct ndpi_state *state)
{
	if (state != NULL) {
		ndpi_free_flow_data(&state->flow);
		free(state);
	}
}

#else

const char *ndpi_version(void)
{
	return NULL;
}

int ndpi_module_new(struct ndpi_module **ret_m)
{
	*ret_m = NULL;
	return 0;
}

void ndpi_module_free(struct ndpi_module *m)
{
	UNUSED_ARG(m);
}

int ndpi_look(struct ndpi_module *m, struct ndpi_state **io_state, const struct packet *p, const struct layer *l,
	      uint64_t ts_ns, char ret_name[NDPI_NAME_BYTES])
{
	UNUSED_ARG(m);
	UNUSED_ARG(io_state);
	UNUSED_ARG(p);
	UNUSED_ARG(l);
	UNUSED_ARG(ts_ns);
	ret_name[0] = '\0';
	return 1;
}

void ndpi_state_free(struct ndpi_state *state)
{
	UNUSED_ARG(state);
}

#endif

void ndpi_give_up(struct ndpi_module *m, struct ndpi_state **io_state, char ret_name[NDPI_NAME_BYTES])
{
	/* What the library would say now is a guess by port or address. */
	UNUSED_ARG(m);
	ndpi_state_free(*io_state);
	*io_state = NULL;
	ret_name[0] = '\0';
}
