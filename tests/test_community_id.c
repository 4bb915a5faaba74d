/*
 * test_community_id.c - the published baselines of the Community ID specification, version 1, for seeds 0 and 1.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>

#include "net/flow.h"
#include "net/net_internal.h"

struct baseline {
	uint8_t proto;
	const char *src, *dst;
	uint16_t sport, dport;
	const char *seed0, *seed1;
};

/* ICMP ports are mapped: type of the message, type of its counterpart; type and code where there is none. */
static const struct baseline baselines[] = {
	{ 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 136,
	  "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=", "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY=" },
	{ 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 135,
	  "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=", "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY=" },
	{ 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 136,
	  "1:zavyT/cezQr1fmImYCwYnMXbgck=", "1:2hSqmsDZ2kdcY9kbiUzOEBic0iM=" },
	{ 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 136, 135,
	  "1:zavyT/cezQr1fmImYCwYnMXbgck=", "1:2hSqmsDZ2kdcY9kbiUzOEBic0iM=" },
	{ 58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
	  "1:2ObVBgIn28oZvibYZhZMBgh7WdQ=", "1:lVEtCZpYu84Xqaa++3lXFyuu2n4=" },
	{ 58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4,
	  "1:hLZd0XGWojozrvxqE0dWB1iM6R0=", "1:W8MHwXpWzpoSTD+cGcaJr4u0ys8=" },
	{ 58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 129,
	  "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=", "1:GfZxjAkDk2MkegpBYHV6tadtFXQ=" },
	{ 58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 128,
	  "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=", "1:GfZxjAkDk2MkegpBYHV6tadtFXQ=" },
	{ 58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 134,
	  "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0=", "1:L7Ka0ZMYu+J3bL4ulW2PrqyXNo8=" },
	{ 58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 133,
	  "1:pkvHqCL88/tg1k4cPigmZXUtL00=", "1:K/ee5UCqAMAQXDorP5nSa2CGLjc=" },
	{ 1, "192.168.0.89", "192.168.0.1", 8, 0,
	  "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA=" },
	{ 1, "192.168.0.1", "192.168.0.89", 0, 8,
	  "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA=" },
	{ 1, "10.0.0.1", "10.0.0.2", 11, 0,
	  "1:YHxtAirCG//0OzkcVAukqKQN9xM=", "1:XjUibYHaafLQ3pxQeiMI8g25q20=" },
	{ 6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
	  "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw=" },
	{ 6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25, 63943,
	  "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw=" },
	{ 132, "192.168.170.8", "192.168.170.56", 7, 7,
	  "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=", "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg=" },
	{ 132, "192.168.170.56", "192.168.170.8", 7, 7,
	  "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=", "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg=" },
	{ 6, "128.232.110.120", "66.35.250.204", 34855, 80,
	  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc=" },
	{ 6, "66.35.250.204", "128.232.110.120", 80, 34855,
	  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc=" },
	{ 17, "192.168.1.52", "8.8.8.8", 54585, 53,
	  "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI=" },
	{ 17, "8.8.8.8", "192.168.1.52", 53, 54585,
	  "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI=" },
	{ 46, "10.1.12.1", "10.1.12.2", 0, 0,
	  "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI=" },
	{ 46, "10.1.12.2", "10.1.12.1", 0, 0,
	  "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI=" },
};

/* The messages that stand alone keep the order of the packet: the dissection says which ones those are. */
static bool one_way(const struct baseline *b)
{
	return (b->proto == 58 && (b->sport == 3 || b->sport == 1)) ||
	       (b->proto == 1 && b->sport == 11);
}

static void key_of(const struct baseline *b, struct flow_key *ret_key)
{
	const char *ends[2] = { b->src, b->dst };
	struct layer l;

	memset(&l, 0, sizeof(l));
	for (unsigned int i = 0; i < 2; i++) {
		if (strchr(ends[i], ':') != NULL) {
			l.key.ip_version = 6;
			CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, ends[i], l.key.addr[i]), 1);
		} else {
			l.key.ip_version = 4;
			l.key.addr[i][10] = l.key.addr[i][11] = 0xFF;
			CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET, ends[i], &l.key.addr[i][12]), 1);
		}
	}
	l.key.port[0] = b->sport;
	l.key.port[1] = b->dport;
	l.key.ip_proto = b->proto;
	l.flags = one_way(b) ? LAYER_ICMP_ONE_WAY : 0;
	layer_set_flow(&l);
	*ret_key = l.key;
}

static void test_community_id_baselines(void)
{
	for (size_t i = 0; i < ARRAY_LEN(baselines); i++) {
		struct flow_key key;
		char id[COMMUNITY_ID_BYTES];

		key_of(&baselines[i], &key);
		community_id(&key, 0, id);
		CU_ASSERT_STRING_EQUAL(id, baselines[i].seed0);
		community_id(&key, 1, id);
		CU_ASSERT_STRING_EQUAL(id, baselines[i].seed1);
	}
}

/* VLANs, tunnels and scopes make other flows, but the same ID. */
static void test_community_id_ignores_the_rest(void)
{
	struct flow_key key;
	char id[COMMUNITY_ID_BYTES];

	key_of(&baselines[17], &key);
	key.vlan[0] = 7;
	key.tunnel_id = 99;
	key.scope = 3;
	key.depth = 1;
	community_id(&key, 0, id);
	CU_ASSERT_STRING_EQUAL(id, baselines[17].seed0);
}

void suite_community_id(CU_pSuite suite);

void suite_community_id(CU_pSuite suite)
{
	CU_add_test(suite, "test_community_id_baselines", test_community_id_baselines);
	CU_add_test(suite, "test_community_id_ignores_the_rest",
		    test_community_id_ignores_the_rest);
}
