/*
 * version.h - the version that both programs tell, and write into what they make. Man pages name it, too.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define THRESHER_VERSION "0.1.0"

#endif
