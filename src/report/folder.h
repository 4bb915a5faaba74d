/*
 * folder.h - the folder a report is written to: made beside its final place, filled, put in place
 * in one step. An earlier report is replaced, anything else is left alone. Private to report_write.
 *
 * Nothing here follows a symbolic link below the parent folder: everything goes through the
 * folder's descriptors. Owner: main.
 */
#ifndef REPORT_FOLDER_H
#define REPORT_FOLDER_H

#include "base/buf.h"
#include "base/err.h"
#include "report/sink.h"

#define FOLDER_MARKER ".thresher-report"

struct folder {
	char *path; /* owns: as the user named it, without slashes at the end */
	const char *base; /* last part of path */
	int parent_fd; /* -1 or the folder it is in */
	int fd; /* -1 or the temporary folder */
	char *temp; /* owns: name of the temporary folder within the parent */
	struct buf files; /* what was written, a line each: becomes the marker */
};

/* Checks the place (ERR_USAGE, ERR_EXISTS, ERR_IO: see report_check) and opens the parent. ret_f
 * must be released, also after a failure. */
int folder_open(const char *path, struct folder *ret_f, struct err *e);

/* Removes the temporary folder if it is still there. */
void folder_release(struct folder *f);

/* Makes the temporary folder. */
int folder_begin(struct folder *f, struct err *e);
int folder_subfolder(struct folder *f, const char *name, struct err *e);

/* Opens a new file (sub may be NULL) for a sink; buf is the sink's buffer, emptied. folder_close
 * writes what is left and closes; it must be called. */
int folder_create(struct folder *f, const char *sub, const char *name, struct buf *buf,
		  struct sink *ret_s, struct err *e);
int folder_close(struct folder *f, const char *name, struct sink *s, struct err *e);

/* Writes the marker and puts the folder in place of what was there. */
int folder_commit(struct folder *f, struct err *e);

#endif
