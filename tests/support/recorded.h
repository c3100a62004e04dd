/* SPDX-License-Identifier: MIT */
/*
 * Recordings for tests: a folder of their own, a console whose engine records, one on a replay, and what a
 * screen shows. A failure ends the test.
 */
#ifndef BOTSWAIN_TESTS_RECORDED_H
#define BOTSWAIN_TESTS_RECORDED_H

#include "core/base/str.h"
#include "tests/support/console.h"

/* An empty folder; recorded_remove() removes it with its files. The caller frees the path. */
char *recorded_folder(void) MUST_CHECK;
void recorded_remove(char *folder); /* frees it */

/* Goes on until all that the screen shows is in the recording, and the disk has it. */
void recorded_settle(struct console *console);
/* Every byte of a file; the caller releases it. */
void recorded_read(const char *path, struct str *ret);
void recorded_write(const char *path, const char *bytes, size_t length);

/* A screen on a recording, standing at its end. */
struct console *recorded_replay(const char *path, int rows, int columns) MUST_CHECK;
/* Moves it, and waits for the picture. */
void recorded_go(struct console *console, int64_t time_ms);
/* The screen, text and roles, without its first line and its last two, which say whether it is now and what may be done. */
void recorded_picture(struct console *console, struct str *ret);

#endif
