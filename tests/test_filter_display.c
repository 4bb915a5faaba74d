/*
 * test_filter_display.c - the display-filter spelling, over the events of mkfilter.h and over packets. Where
 * both spellings have a word for one thing, each row's twin is in test_filter.c.
 */
#include "mkfilter.h"

#include "filter/packet_facts.h"
#include "mkpkt.h"
#include "net/net.h"

#define ALL "ofrcw6elgsua"

/* clang-format off */
static const struct mkfilter_case event_cases[] = {
	{ "evt.type == \"read\" && proc.name == \"nginx\"", "r" },
	{ "evt.type==\"read\"&&proc.name==\"nginx\"", "r" },
	{ "evt.type==read&&proc.name==nginx", "r" },
	{ "evt.type==read||proc.name==bash", "relgu" },
	{ "evt.type == \"read\" || proc.name == \"bash\"", "relgu" },
	{ "!evt.type == \"read\"", "ofcw6elgsa" },
	{ "!(evt.type == \"read\")", "ofcw6elgsa" },
	{ "! evt.type == \"read\"", "ofcw6elgsa" },
	{ "!!(evt.type == \"read\")", "ru" },
	{ "!not evt.type == \"read\"", "ru" },
	{ "not evt.type == \"read\" and !(proc.name == \"nginx\")", "elga" },
	{ "evt.type eq \"read\"", "ru" },
	{ "evt.type ne \"read\"", "ofcw6elgsa" },
	{ "evt.rawres lt 0", "f" },
	{ "evt.rawres le 0", "fceu" },
	{ "evt.rawres gt 11", "w" },
	{ "evt.rawres ge 11", "rwl" },
	{ "evt.rawres eq -2", "f" },
	{ "evt.type == \"read\" xor proc.name == \"nginx\"", "ofcw6su" },
	{ "evt.type == \"read\" ^^ proc.name == \"nginx\"", "ofcw6su" },
	{ "evt.type == read xor proc.name == nginx xor fd.num == 5", "frcw6su" },
	{ "evt.type == read or proc.name == bash xor fd.num == 1", "regu" },
	{ "proc.name contains \"gin\"", "ofrcw6s" },
	{ "proc.name matches \"GIN\"", "ofrcw6s" },
	{ "proc.name matches \"^gin\"", "" },
	{ "proc.name matches \"^N\"", "ofrcw6s" },
	{ "proc.name ~ \"^n.*x$\"", "ofrcw6s" },
	{ "proc.name matches gin", "ofrcw6s" },
	{ "fd.name matches \"\\.txt$\"", "f" },
	{ "fd.name matches \"\\\\.txt$\"", "f" },
	{ "fd.name matches r\"\\.txt$\"", "f" },
	{ "fd.name matches \"out\\sfile\"", "l" },
	{ "fd.name matches \"\\d+\\.\\d+\"", "cw" },
	{ "fd.name matches \"\\x2f[E]tc\"", "or" },
	{ "evt.buffer matches \"^get .*http/1\\.1$\"", "w" },
	{ "evt.buffer matches \"\\n$\"", "r" },
	{ "proc.name in {\"nginx\", \"bash\"}", "ofrcw6elgs" },
	{ "proc.name in {\"nginx\" \"bash\"}", "ofrcw6elgs" },
	{ "proc.name in {nginx bash}", "ofrcw6elgs" },
	{ "proc.name in{\"nginx\"}", "ofrcw6s" },
	{ "proc.name not in {\"nginx\", \"bash\"}", "ua" },
	{ "evt.rawres in {11, 14}", "rwl" },
	{ "evt.rawres in {11..14}", "rwl" },
	{ "evt.rawres in {11 .. 14}", "rwl" },
	{ "evt.rawres in {-2..0, 7}", "fc6eu" },
	{ "evt.rawres in {-10..-2}", "f" },
	{ "evt.rawres in {1..6, 5..10, 2..3}", "o6" },
	{ "evt.rawres in {5..5}", "o" },
	{ "evt.rawres in {0x5..0xa}", "o6" },
	{ "evt.rawres in {}", "" },
	{ "fd.port in {440..450}", "cw" },
	{ "fd.port in {http..https}", "cw6" },
	{ "fd.sip in {10.0.0.0..10.0.0.9}", "cw" },
	{ "fd.sip in {10.0.0.3..10.0.0.9, fd77::1..fd77::ff}", "6" },
	{ "fd.sip in {10.0.0.0/24, fd77::/64}", "cw6" },
	{ "fd.sip == 10.0.0.0/24", "cw" },
	{ "fd.sip != 10.0.0.0/24", "6" },
	{ "fd.ip != 10.0.0.1", "6" },
	{ "fd.ip ~= 10.0.0.1", "cw6" },
	{ "fd.ip !== 10.0.0.1", "cw6" },
	{ "fd.ip any_ne 10.0.0.1", "cw6" },
	{ "fd.ip all_ne 10.0.0.1", "6" },
	{ "fd.ip === 10.0.0.1", "" },
	{ "fd.ip === 10.0.0.0/8", "cw" },
	{ "fd.ip all_eq 10.0.0.0/8", "cw" },
	{ "fd.ip any_eq 10.0.0.1", "cw" },
	{ "fd.name", "ofrcw6l" },
	{ "!fd.name", "egsua" },
	{ "not fd.name", "egsua" },
	{ "fd.name && proc.name == \"bash\"", "l" },
	{ "fd.name and fd.num", "ofrcw6l" },
	{ "(fd.name)", "ofrcw6l" },
	{ "proc.name or evt.type == \"custom\"", ALL },
	{ "fd.name[0:4] == \"/etc\"", "or" },
	{ "fd.name[:4] == \"/etc\"", "or" },
	{ "fd.name[0-3] == \"/etc\"", "or" },
	{ "fd.name[5:] == \"passwd\"", "or" },
	{ "fd.name[-4:] == \".txt\"", "f" },
	{ "fd.name[-4:4] == \".txt\"", "f" },
	{ "fd.name[0] == 2f", "ofrl" },
	{ "fd.name[0:2] == 2f:65", "or" },
	{ "fd.name[0:2] == 2F-65", "or" },
	{ "fd.name[0:2] == \"2f\"", "" },
	{ "fd.name[0:2] == 2f65", "or" },
	{ "fd.name[0-1] in {2f65, 0000}", "or" },
	{ "fd.name[0:1,1] == 2f65", "or" },
	{ "fd.name[0:2] == \"2f65\"", "" },
	{ "fd.name[0:1,5:2] == \"/pa\"", "or" },
	{ "fd.name[100] == 00", "" },
	{ "fd.name[100:] exists", "" },
	{ "fd.name[0:1000] exists", "" },
	{ "fd.name[1:3] contains \"tc\"", "or" },
	{ "fd.name[1:3] in {\"etc\", \"tmp\"}", "orl" },
	{ "evt.buffer[0:4] == \"HTTP\"", "" },
	{ "evt.buffer[0:3] == \"GET\"", "w" },
	{ "evt.buffer[0:3] == 47:45:54", "w" },
	{ "evt.buffer[-1] == 0a", "r" },
	{ "evt.buffer[7-9] matches \"htt\"", "" },
	{ "evt.buffer[6-9] matches \"htt\"", "w" },
	{ "proc.args[1][0:2] == \"ls\"", "elg" },
	{ "evt.rawarg.data[0:5] == \"HELLO\"", "l" },
	{ "upper(proc.name) == \"NGINX\"", "ofrcw6s" },
	{ "lower(fd.name) contains \"out\"", "l" },
	{ "len(proc.name) == 5", "ofrcw6s" },
	{ "evt.failed == 1", "f" },
	{ "evt.failed == True", "f" },
	{ "evt.failed == FALSE", "orcw6elu" },
	{ "evt.type == read && (proc.name in {nginx} || proc.name == bash)", "r" },
	/* bits; results: o 5, f -2, r 11, c 0, w 14, 6 7, e 0, l 11, u 0 */
	{ "evt.rawres & 1", "or6l" },
	{ "evt.rawres&1", "or6l" },
	{ "evt.rawres bitand 1", "or6l" },
	{ "evt.rawres bitwise_and 0x1", "or6l" },
	{ "{evt.rawres & 1}", "or6l" },
	{ "{ evt.rawres & 1 } == 0", "fcweu" },
	{ "!evt.rawres & 1", "fcwegsua" },
	{ "not evt.rawres & 1 and evt.rawres exists", "fcweu" },
	{ "evt.rawres & 1 exists", "or6l" },
	{ "evt.rawres & 6 == 6", "fw6" },
	{ "evt.rawres & 6 = 6", "fw6" },
	{ "evt.rawres & 6 != 6", "orcelu" },
	{ "evt.rawres&6==6&&fd.num", "fw6" },
	{ "evt.rawres & 6&&fd.num exists", "ofrw6l" },
	{ "evt.rawres & 0xe > 6", "frwl" },
	{ "evt.rawres & 0xe in (4, 6)", "o6" },
	{ "evt.rawres & 0xe in {4..8}", "o6" },
	{ "evt.rawres & 0xe not in {4..10}", "fcwegsua" },
	{ "evt.rawres & 14 & 4", "ofw6" },
	{ "evt.rawres & 0x8000000000000000", "f" },
	{ "evt.rawres & -2 == -2", "f" },
	{ "evt.rawres & -4 < 0", "f" },
	{ "evt.rawres & 0", "" },
	{ "evt.rawres & 0 == 0", "ofrcw6elu" },
	{ "evt.rawres & 15 == val(evt.rawres)", "orcw6elu" },
	{ "len(proc.name) & 4 == 4", "ofrcw6elgsu" },
	{ "fd.port & 1 == 1", "cw" },
	{ "evt.rawarg.size & 0x1000 or evt.rawarg.res & 2", "rwl" },
	/* both in one */
	{ "evt.type in (read, write) && not proc.name = bash", "rwu" },
	{ "proc.name startswith ngi && fd.num in {5}", "or" },
};
/* clang-format on */

static void test_filter_display_of_events(void)
{
	CHECK_CASES(event_cases);
}

/* ---- packets ---- */

/* Letters of packets: t a TCP segment 10.0.0.1:50000 to 10.0.0.2:80, "GET /x"; b the way back, no data; d a
 * DNS-sized datagram 10.0.0.1:40000 to 10.0.0.9:53; i an ICMP echo; v TCP over IPv6, fd00::1:50001 to
 * fd00::2:443; e an event, the read "r". */
#define PACKETS 5

static struct mkpkt pkts[PACKETS];
static struct packet packets[PACKETS];
static struct batch pbatch;
static const char packet_letters[] = "tbdiv";

static void tcp_packets(void)
{
	mkpkt_eth(&pkts[0], 0x0800);
	mkpkt_ip4(&pkts[0], "10.0.0.1", "10.0.0.2", 6);
	mkpkt_tcp(&pkts[0], 50000, 80, 1000, 5000, TCP_PSH | TCP_ACK, 64240);
	mkpkt_data(&pkts[0], "GET /x", 6);
	mkpkt_eth(&pkts[1], 0x0800);
	mkpkt_ip4(&pkts[1], "10.0.0.2", "10.0.0.1", 6);
	mkpkt_tcp(&pkts[1], 80, 50000, 5000, 1006, TCP_ACK, 1000);
	mkpkt_eth(&pkts[4], 0x86dd);
	mkpkt_ip6(&pkts[4], "fd00::1", "fd00::2", 6);
	mkpkt_tcp(&pkts[4], 50001, 443, 1, 0, TCP_SYN, 1000);
}

static void make_packets(void)
{
	for (unsigned int i = 0; i < PACKETS; i++) {
		mkpkt_init(&pkts[i]);
	}
	tcp_packets();
	mkpkt_eth(&pkts[2], 0x0800);
	mkpkt_ip4(&pkts[2], "10.0.0.1", "10.0.0.9", 17);
	mkpkt_udp(&pkts[2], 40000, 53);
	mkpkt_data(&pkts[2], "\x01\x02\x03\x04", 4);
	mkpkt_eth(&pkts[3], 0x0800);
	mkpkt_ip4(&pkts[3], "10.0.0.1", "10.0.0.2", 1);
	mkpkt_data(&pkts[3], "\x08\x00\x00\x00\x00\x01\x00\x01", 8);
	batch_init(&pbatch);
	for (unsigned int i = 0; i < PACKETS; i++) {
		mkpkt_end(&pkts[i]);
		packets[i].data = pkts[i].bytes;
		packets[i].cap_len = packets[i].orig_len = pkts[i].len;
		packets[i].link_type = 1;
	}
	pbatch.packets = packets;
	pbatch.packet_count = PACKETS;
	CU_ASSERT_EQUAL_FATAL(net_dissect(&pbatch), 0);
}

static const struct layer *last_layer(unsigned int packet)
{
	for (uint32_t i = 0; i < pbatch.layer_count; i++) {
		if (pbatch.layers[i].packet == packet &&
		    (pbatch.layers[i].flags & LAYER_LAST) != 0) {
			return &pbatch.layers[i];
		}
	}
	return NULL;
}

/* Letters of the packets that pass, then "e" if the event does; or the message. */
static const char *pass(const char *text)
{
	static char out[600];
	struct filter *f;
	struct filter_state *st;
	struct err e;
	unsigned int n = 0;

	err_init(&e);
	if (filter_new(text, NULL, &f, &e) != 0) {
		(void)snprintf(out, sizeof(out), "%s", e.message);
		return out;
	}
	CU_ASSERT_EQUAL_FATAL(filter_state_new(f, &st, &e), 0);
	for (unsigned int i = 0; i < PACKETS; i++) {
		field_ctx_packet(&world.c, &packets[i], last_layer(i), i + 1, i);
		if (filter_match(f, st, &world.c)) {
			out[n++] = packet_letters[i];
		}
	}
	mkfilter_subject(2);
	if (filter_match(f, st, &world.c)) {
		out[n++] = 'e';
	}
	out[n] = '\0';
	filter_state_free(st);
	filter_free(f);
	return out;
}

/* clang-format off */
static const struct mkfilter_case packet_cases[] = {
	{ "tcp.port == 80", "tb" },
	{ "tcp.port == http", "tb" },
	{ "tcp.port = 80", "tb" },
	{ "tcp.port != 80", "v" },
	{ "!(tcp.port == 80)", "div" },
	{ "tcp.port in {80, 443}", "tbv" },
	{ "tcp.port in {1..100}", "tb" },
	{ "tcp.port in (80, 443)", "tbv" },
	{ "tcp.port == 80 && ip.src == 10.0.0.1", "t" },
	{ "tcp.port==80&&ip.src==10.0.0.1", "t" },
	{ "tcp.srcport == 80", "b" },
	{ "tcp.dstport in {80, 443}", "tv" },
	{ "ip.addr == 10.0.0.9", "d" },
	{ "ip.addr == 10.0.0.0/24", "tbdi" },
	{ "ip.addr != 10.0.0.9", "tbi" },
	{ "ip.addr == 10.0.0.1 and not ip.addr == 10.0.0.2", "d" },
	{ "ipv6.addr == fd00::1", "v" },
	{ "ipv6.src == fd00::/64", "v" },
	{ "ip", "tbdi" },
	{ "tcp", "tbv" },
	{ "udp", "d" },
	{ "!tcp", "di" },
	{ "ip && !tcp", "di" },
	{ "tcp and ip.ttl exists", "tb" },
	{ "udp.port == 53", "d" },
	{ "udp.port == domain", "d" },
	{ "icmp.type == 8", "i" },
	{ "tcp.flags.syn == 1", "v" },
	{ "tcp.flags.syn == true", "v" },
	{ "tcp.flags.syn", "tbv" },
	{ "tcp.flags.syn == 0", "tb" },
	{ "tcp.payload contains \"GET\"", "t" },
	{ "tcp.payload[0:3] == \"GET\"", "t" },
	{ "tcp.payload[0:3] == 47:45:54", "t" },
	{ "tcp.payload[0:3] == 474554", "t" },
	{ "tcp.payload[0:3] == GET", "t" },
	{ "tcp.payload == 47:45:54:20:2f:78", "t" },
	{ "tcp.payload matches \"get /[a-z]\"", "t" },
	{ "udp.payload == 01:02:03:04", "d" },
	{ "udp.payload[1:2] == 02-03", "d" },
	{ "udp.payload[0] == 01", "d" },
	{ "udp.payload bcontains 0203", "d" },
	{ "frame[12:2] == 86:dd", "v" },
	{ "frame contains \"GET\"", "t" },
	{ "tcp.len == 6", "t" },
	{ "tcp.len > 0 || udp", "td" },
	{ "frame.number in {2..3}", "bd" },
	{ "tcp.flags & 0x02", "v" },
	{ "tcp.flags & 0x18 == 0x18", "t" },
	{ "tcp.flags & 0x12 in {2, 16}", "tbv" },
	{ "tcp.port & 1", "v" },
	{ "tcp.port & 1 != 1", "tb" },
	{ "tcp.port & 1 === 1", "v" },
	{ "{tcp.port & 0x10} all_eq 0x10", "tbv" },
	{ "udp.port & 1 || evt.rawres & 1", "de" },
	{ "tcp.srcport == val(tcp.dstport)", "" },
	{ "tcp.srcport > val(tcp.dstport)", "tv" },
	{ "ip.src != val(ip.dst)", "tbdi" },
	{ "tcp.port == 80 xor ip.addr == 10.0.0.1", "di" },
	/* of events and packets: fields of the other kind have no value */
	{ "proc.name = nginx", "e" },
	{ "not proc.name = nginx", "" },
	{ "not tcp.port = 80", "div" },
	{ "tcp.port = 80 or proc.name = nginx", "tbe" },
	{ "tcp.port = 80 and proc.name = nginx", "" },
	{ "not tcp.port = 80 and not proc.name = bash", "dive" },
	{ "tcp.port = 80 or len(fd.name) = 0", "tb" },
	{ "concat(proc.name, frame.protocols) exists", "" },
	{ "tcp.port = 80 or evt.type = read", "tbe" },
	{ "tcp.port = 80 or not evt.type = read", "tbdiv" },
	{ "proc.name = val(frame.protocols)", "" },
};
/* clang-format on */

static void test_filter_display_of_packets(void)
{
	mkfilter_set_up();
	make_packets();
	for (size_t i = 0; i < ARRAY_LEN(packet_cases); i++) {
		const char *got = pass(packet_cases[i].filter);

		if (strcmp(got, packet_cases[i].expected) != 0) {
			fprintf(stderr, "\n  %s\n    expected %s\n    got      %s\n",
				packet_cases[i].filter, packet_cases[i].expected, got);
		}
		CU_ASSERT_STRING_EQUAL(got, packet_cases[i].expected);
	}
	pbatch.packets = NULL;
	pbatch.packet_count = 0;
	batch_release(&pbatch);
}

void suite_filter_display(CU_pSuite suite);
void suite_filter_display(CU_pSuite suite)
{
	suite->pCleanupFunc = mkfilter_tear_down;
	CU_add_test(suite, "test_filter_display_of_events", test_filter_display_of_events);
	CU_add_test(suite, "test_filter_display_of_packets", test_filter_display_of_packets);
}
