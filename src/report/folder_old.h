/*
 * folder_old.h - may this folder be replaced, and removing one that was. A report's folder is known
 * by its marker, which names its files; whatever else lies in it is somebody's and stays.
 */
#ifndef REPORT_FOLDER_OLD_H
#define REPORT_FOLDER_OLD_H

#include "base/buf.h"
#include "base/err.h"

/* 0 when nothing is there, or an empty folder, or an earlier report with nothing but its own
 * files. Else ERR_EXISTS that tells why (path is what the user calls it), or ERR_IO. */
int folder_old_check(int parent_fd, const char *name, const char *path, struct err *e);

/* Removes the files that files (lines; NULL: those of its marker) names, then the folders that
 * are empty. What is not named stays, with its folder. Never follows links. */
void folder_old_remove(int parent_fd, const char *name, const struct buf *files);

#endif
