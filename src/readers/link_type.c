/*
 * link_type.c - see link_type.h. Constant; any thread.
 */
#include "readers/link_type.h"

static const struct {
	uint16_t type;
	const char *name;
} link_types[] = {
	{ 0, "null" },
	{ 1, "ethernet" },
	{ 6, "token ring" },
	{ 9, "ppp" },
	{ 101, "raw ip" },
	{ 105, "802.11" },
	{ 108, "loopback" },
	{ 113, "linux cooked v1" },
	{ 127, "802.11 radiotap" },
	{ 147, "user 0" },
	{ 187, "bluetooth h4" },
	{ 228, "ipv4" },
	{ 229, "ipv6" },
	{ 239, "nflog" },
	{ 249, "usbpcap" },
	{ 276, "linux cooked v2" },
};

const char *link_type_name(unsigned int link_type)
{
	for (size_t i = 0; i < ARRAY_LEN(link_types); i++) {
		if (link_types[i].type == link_type) {
			return link_types[i].name;
		}
	}
	return NULL;
}
