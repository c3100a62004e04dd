/* SPDX-License-Identifier: MIT */
/* A folder of its own for the test that runs, under /tmp, and the files in it. One at a time; failures fail the test. */
#ifndef BOTSWAIN_TESTS_FOLDER_H
#define BOTSWAIN_TESTS_FOLDER_H

#include <stdio.h>
#include <sys/types.h>
#include "core/base/attr.h"

extern char folder[64]; /* its path; "": there is none */

/* Of cmocka: makes it, removes it with all that is in it (legal without one). */
int folder_setup(void **state);
int folder_teardown(void **state);

/* The path of a file in it; the caller frees it. */
char *folder_path(const char *name) MUST_CHECK;
/* As fopen(); never NULL. The caller closes it. */
FILE *folder_open(const char *name, const char *mode) MUST_CHECK;
/* The whole file takes the place of what was there: nobody sees a part of it. */
void folder_write(const char *name, mode_t mode, const char *format, ...) PRINTF_LIKE(3, 4);
void folder_append(const char *name, const char *format, ...) PRINTF_LIKE(2, 3);
/* A file at which whoever opens it to read waits, until it is opened for all: then it is one of one line. */
void folder_gate(const char *name);
void folder_gate_open(const char *name);
/* What a file holds, its first 64 KiB, "" when there is none; the caller frees it. */
char *folder_read(const char *name) MUST_CHECK;

#endif
