/*
 * test_print_hex.c - data below a line: hex, text, what was cut, hostile bytes. Expected lines follow the layout that
 * print_hex.h describes; hex of the longer block is what `od -An -tx1` prints.
 */
#include "mkevent.h"

#include <CUnit/CUnit.h>

#include "cli/print_hex.h"

static const struct data_style hex = { true, false, false };
static const struct data_style ascii = { false, true, false };
static const struct data_style frames = { true, false, true };

static struct buf out;
static struct mkevent m;

static void make_read(const void *data, size_t len, int64_t res)
{
	mkevent_init(&m, EV_SYSCALL_READ_X);
	mkevent_num(&m, (uint64_t)res, 8);
	mkevent_bytes(&m, data, len);
	mkevent_num(&m, 3, 8);
	mkevent_num(&m, 4096, 4);
	mkevent_done(&m);
	m.ev.flags |= EVENT_EXIT | EVENT_SHOWN | EVENT_HAS_RES;
	m.ev.res = res;
}

static const char *shown(const struct data_style *style)
{
	buf_reset(&out);
	print_event_data(style, &m.ev, &out);
	return buf_str(&out);
}

static void test_print_hex_lines(void)
{
	make_read("HTTP/1.1 200 OK\r\nX", 18, 18);
	CU_ASSERT_STRING_EQUAL(shown(&hex),
			       "\n    data, 18 bytes"
			       "\n    0000  48 54 54 50 2f 31 2e 31  20 32 30 30 20 4f 4b 0d  HTTP/1.1 200 OK."
			       "\n    0010  0a 58                                             .X");
	make_read("\x00\x1f\x20\x7e\x7f\x80\xff\x1b[2J", 10, 10);
	CU_ASSERT_STRING_EQUAL(shown(&hex), "\n    data, 10 bytes"
					    "\n    0000  00 1f 20 7e 7f 80 ff 1b  5b 32                    .. ~....[2");
	make_read("x", 1, 1);
	CU_ASSERT_STRING_EQUAL(shown(&hex),
			       "\n    data, 1 byte\n    0000  78                                                x");
}

static void test_print_hex_cut(void)
{
	make_read("abc", 3, 4096);
	CU_ASSERT_STRING_EQUAL(shown(&ascii), "\n    data, 3 of 4096 bytes\n    abc");
	make_read("", 0, 4096);
	CU_ASSERT_STRING_EQUAL(shown(&ascii), "\n    data, 0 of 4096 bytes");
	make_read("", 0, 0);
	CU_ASSERT_STRING_EQUAL(shown(&ascii), "");
	/* a failed call moved nothing; what was recorded is shown */
	make_read("ab", 2, -11);
	CU_ASSERT_STRING_EQUAL(shown(&ascii), "\n    data, 2 bytes\n    ab");
}

static void test_print_hex_ascii(void)
{
	make_read("GET / HTTP/1.1\r\nHost: a\r\n\r\nx\033[31m\ty\xc3\xa9", 37, 37);
	CU_ASSERT_STRING_EQUAL(shown(&ascii),
			       "\n    data, 37 bytes\n    GET / HTTP/1.1\n    Host: a\n    \n    x.[31m\ty..");
	make_read("one\n", 4, 4);
	CU_ASSERT_STRING_EQUAL(shown(&ascii), "\n    data, 4 bytes\n    one");
	make_read("a\rb\r\r\n", 6, 6);
	CU_ASSERT_STRING_EQUAL(shown(&ascii), "\n    data, 6 bytes\n    a.b.");
}

/* Offsets beyond 64 KiB have eight digits, all of them. */
static void test_print_hex_long(void)
{
	static uint8_t bytes[0x10001];
	struct packet p = { .data = bytes, .cap_len = sizeof(bytes), .orig_len = sizeof(bytes) };
	const char *last;

	buf_reset(&out);
	print_packet_data(&hex, &p, NULL, &out);
	last = strrchr(buf_str(&out), '\n');
	CU_ASSERT_EQUAL(strncmp(last, "\n    00010000  00 ", 17), 0);
	CU_ASSERT_EQUAL(strncmp(buf_str(&out), "\n    packet, 65537 bytes\n    00000000  00 ", 41), 0);
}

static void test_print_hex_packets(void)
{
	static const uint8_t bytes[] = "headerBODY";
	struct packet p = { .data = bytes, .cap_len = 10, .orig_len = 12 };
	struct layer l = { .payload = bytes + 6, .payload_cap = 4, .payload_len = 6 };

	buf_reset(&out);
	print_packet_data(&ascii, &p, &l, &out);
	CU_ASSERT_STRING_EQUAL(buf_str(&out), "\n    payload, 4 of 6 bytes\n    BODY");
	buf_reset(&out);
	print_packet_data(&frames, &p, &l, &out);
	CU_ASSERT_STRING_EQUAL(buf_str(&out),
			       "\n    packet, 10 of 12 bytes"
			       "\n    0000  68 65 61 64 65 72 42 4f  44 59                    headerBODY");
	/* nothing above the transport: nothing to show; no transport: all of it */
	l.payload_cap = 0;
	l.payload_len = 0;
	buf_reset(&out);
	print_packet_data(&ascii, &p, &l, &out);
	CU_ASSERT_EQUAL(out.len, 0);
	l.flags = LAYER_NO_FLOW;
	print_packet_data(&ascii, &p, &l, &out);
	CU_ASSERT_STRING_EQUAL(buf_str(&out), "\n    packet, 10 of 12 bytes\n    headerBODY");
}

/* Arguments and environment are lists of strings, not data. */
static void test_print_hex_strings_are_no_data(void)
{
	mkevent_init(&m, EV_SYSCALL_EXECVE_19_X);
	mkevent_num(&m, 0, 8);
	mkevent_str(&m, "/bin/ls");
	mkevent_bytes(&m, "-l\0", 3);
	mkevent_done(&m);
	CU_ASSERT_STRING_EQUAL(shown(&hex), "");
	m.ev.flags |= EVENT_UNKNOWN_TYPE;
	CU_ASSERT_STRING_EQUAL(shown(&hex), "");
	buf_release(&out);
}

void suite_print_hex(CU_pSuite suite);
void suite_print_hex(CU_pSuite suite)
{
	buf_init(&out, 1u << 20);
	CU_add_test(suite, "test_print_hex_lines", test_print_hex_lines);
	CU_add_test(suite, "test_print_hex_cut", test_print_hex_cut);
	CU_add_test(suite, "test_print_hex_ascii", test_print_hex_ascii);
	CU_add_test(suite, "test_print_hex_long", test_print_hex_long);
	CU_add_test(suite, "test_print_hex_packets", test_print_hex_packets);
	CU_add_test(suite, "test_print_hex_strings_are_no_data", test_print_hex_strings_are_no_data);
}
