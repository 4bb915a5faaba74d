/*
 * naming.h - names of the files of a recording.
 *
 *   day.scap.zst            the one asked for; with rotation:
 *   day-00001.scap.zst      a number before what tells the kind, counting on from the highest there is in the folder
 *   day-2026...scap         or, where the name has conversions (%H), the local time by strftime, and a number where it is taken
 *   day.packets.pcapng.zst  packets in a file of their own (--split)
 *   day.scap.zst.events~    events spooled until they are put behind the packets
 */
#ifndef CAPTURE_NAMING_H
#define CAPTURE_NAMING_H

#include "base/err.h"
#include "capture/sink.h"

#include <time.h>

/* Appended to the name of the file whose events wait there. */
#define NAMING_SPOOL ".events~"

/* By the end of the name: ".gz", ".zst". */
enum sink_form naming_form(const char *path);

/* Of a rotated file: number inserted, and where '%' occurs in path the time t. Owned by the caller; ERR_NOMEM,
 * ERR_USAGE. */
int naming_rotated(const char *path, uint64_t number, time_t t, char **ret_name, struct err *e);
int naming_packets(const char *path, char **ret_name, struct err *e);
int naming_spool(const char *path, char **ret_name, struct err *e);

/* The highest number that a file of this recording's kind has in its folder; 0: none. */
uint64_t naming_highest(const char *path);

/* Behind the last slash. */
const char *naming_base(const char *path);

#endif
