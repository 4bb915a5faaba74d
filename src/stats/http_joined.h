/*
 * http_joined.h - the columns of table http that the system calls know, and their cells.
 */
#ifndef STATS_HTTP_JOINED_H
#define STATS_HTTP_JOINED_H

#include "stats/join_cells.h"

#define HTTP_JOINED_COLUMNS \
	{ "seen_in", COL_TEXT, "", "packets, syscalls or both: where its bytes were found" }, \
	WHO_COLUMNS("server_", "that served the request"), \
	WHO_COLUMNS("client_", "that asked"), \
	{ "accept", COL_TIME, "", "When the server's accept returned" }, \
	{ "read", COL_TIME, "", "When the first read of the request returned" }, \
	{ "first_write", COL_TIME, "", "When the first write of the response returned" }, \
	{ "last_write", COL_TIME, "", "When the last write of the response returned" }, \
	{ "wire_to_read", COL_DURATION, "ns", "Last byte of the request on the wire to the read that returned it" }, \
	{ "wire_to_read_bound", COL_BOOL, "", "It is an upper bound" }, \
	{ "think", COL_DURATION, "ns", "Last read of the request to first write of the response" }, \
	{ "think_bound", COL_BOOL, "", "It is an upper bound" }, \
	{ "write_to_wire", COL_DURATION, "ns", "First write of the response to its first byte on the wire" }, \
	{ "write_to_wire_bound", COL_BOOL, "", "It is an upper bound" }, \
	WAIT_COLUMNS, \
	{ "accept_event", COL_U64, "id", "Number of the event of that accept" }, \
	{ "read_event", COL_U64, "id", "Number of the event of that read" }, \
	{ "first_write_event", COL_U64, "id", "Number of the event of that first write" }, \
	{ "last_write_event", COL_U64, "id", "Number of the event of that last write" }, \
	{ "span", COL_U64, "id", "Row of table spans with this id: the server's, else the client's" }, \
	{ "match", COL_TEXT, "", "What joins its flow with sockets: see table joined_flows" }, \
	{ "confidence", COL_U64, "percent", "How well that is proven" }, \
	{ "calls_source", COL_TEXT, "", "Capture of the system calls" }, \
	{ "calls_section", COL_U64, "id", "Section of that source" }, \
	{ "packet_time", COL_TIME, "", \
	  "First byte by the clock of the packets, as print shows it; unknown where the distance of the clocks is" }

/* j: NULL, all but seen_in is unknown. */
void http_joined_cells(struct net_cells *c, const struct http_tx *x, const struct http_joined *j);

#endif
