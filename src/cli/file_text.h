/*
 * file_text.h - a small file of the user's as a whole: saved filters, scripts. Main thread.
 */
#ifndef CLI_FILE_TEXT_H
#define CLI_FILE_TEXT_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends the file to out, whose ceiling is the largest that is taken; what: "a script", for the message. ERR_OPEN,
 * ERR_IO; ERR_USAGE: larger than that. ERR_EOF, with nothing in e: there is no such file, and optional.
 */
int file_text_read(const char *path, const char *what, bool optional, struct buf *out, struct err *e);

#endif
