/* SPDX-License-Identifier: MIT */
/*
 * The line to the terminal: our own non-blocking open of it, its modes and its size, and the bytes
 * that wait to be written. O_NONBLOCK belongs to the open file, so standard input, which the shell
 * shares, is never touched. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_TTY_H
#define BOTSWAIN_TUI_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>
#include "core/base/attr.h"
#include "core/base/str.h"

struct err;

struct tty {
	int fd; /* -1: not open */
	struct termios before;
	struct str out; /* bytes that wait, from `sent` on */
	size_t sent;
	bool lost; /* hung up, or an error that no retry can cure */
};

/* Opens the terminal behind standard input and keeps its modes. */
MUST_CHECK bool tty_open(struct tty *tty, struct err *err);
/* Closes; modes are not touched. Legal on {.fd = -1}. */
void tty_release(struct tty *tty);

/* Raw: no echo, no line, no signals, no flow control, bytes as they are. */
void tty_raw(struct tty *tty);
/* The modes that tty_open() found. */
void tty_restore(struct tty *tty);
/* False when the terminal does not say; the results are untouched then. */
bool tty_size(const struct tty *tty, int *ret_rows, int *ret_columns);

/* Queues bytes; tty_flush() sends what the line takes now. */
void tty_add(struct tty *tty, const void *data, size_t length);
void tty_adds(struct tty *tty, const char *text);
bool tty_drained(const struct tty *tty);
void tty_flush(struct tty *tty);
/* Sends everything, but waits no longer than `limit_ms` for a line that takes nothing. */
void tty_flush_wait(struct tty *tty, int limit_ms);

/* Reads what is there; 0 when nothing is, or when the line is lost (then `lost` is set). */
size_t tty_read(struct tty *tty, void *to, size_t size);

#endif
