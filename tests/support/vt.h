/* SPDX-License-Identifier: MIT */
/*
 * A program on a real terminal, as a test sees it: forkpty() below, libvterm as the only judge of
 * what is on the screen. Nothing sleeps: every wait polls the terminal and the process until what
 * is waited for is true or its limit has passed. Functions that "must" succeed fail the running
 * cmocka test, with the screen in the message.
 */
#ifndef BOTSWAIN_TESTS_VT_H
#define BOTSWAIN_TESTS_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>
#include "core/base/attr.h"

struct str;
struct vt;

/* A cell as the terminal shows it. Colours: 0xrrggbb, or VT_DEFAULT. */
#define VT_DEFAULT 0xff000000u
struct vt_cell {
	char text[32]; /* UTF-8; "" when nothing was ever written there */
	int width;     /* 0: the right half of a wide character */
	uint32_t fg, bg;
	bool bold, underline, reverse;
};

/* Starts argv[0] (searched in PATH) on a terminal of its own, with `env` ("NAME=value",
 * NULL-terminated, may be NULL) added to the environment; TERM is xterm-256color unless said
 * otherwise, LC_ALL is C.UTF-8. */
struct vt *vt_spawn(
	int rows, int columns, const char *const argv[], const char *const env[]) MUST_CHECK;
/* Closes the line, kills what is left of the program's session leader, frees. NULL is legal. */
void vt_free(struct vt *vt);

/* Waits while the terminal's input is full, and reads meanwhile. */
void vt_send(struct vt *vt, const char *bytes, size_t length);
/* Keys: text as it is; words ("Enter", "C-d", "Up", "Esc", "Alt-x", "F1", "j") in one string parted
 * by blanks. */
void vt_type(struct vt *vt, const char *text);
void vt_press(struct vt *vt, const char *keys);
void vt_resize(struct vt *vt, int rows, int columns);

/* From now on reads no more than so many bytes a second: a slow line. 0: as fast as they come. */
void vt_throttle(struct vt *vt, size_t bytes_a_second);
/* Reads what the program has written, for at most `limit_ms`, until `done` says so (checked after
 * every read). */
bool vt_wait(struct vt *vt, bool (*done)(struct vt *vt, const void *data), const void *data,
	int limit_ms);
/* The text is on the screen / is no more. */
bool vt_wait_text(struct vt *vt, const char *text, int limit_ms);
bool vt_wait_no_text(struct vt *vt, const char *text, int limit_ms);
void vt_must_show(struct vt *vt, const char *text, int limit_ms);
void vt_must_not_show(struct vt *vt, const char *text, int limit_ms);
/* So many bytes more have come. */
bool vt_wait_bytes(struct vt *vt, size_t count, int limit_ms);
/* Nothing has been written for `quiet_ms`. */
bool vt_wait_quiet(struct vt *vt, int quiet_ms, int limit_ms);
/* The program has ended; `ret_status` is that of waitpid(). Waits without reading when `reading` is
 * false. */
bool vt_wait_exit(struct vt *vt, bool reading, int limit_ms, int *ret_status);
/* Reads nothing until the line has filled up: bytes wait, and for 100 ms no more come. */
bool vt_wait_full(struct vt *vt, int limit_ms);
/* Closes the line under the program (a lost connection). */
void vt_hang_up(struct vt *vt);

/* What the screen shows. Rows count from 0; trailing blanks are cut. */
bool vt_shows(struct vt *vt, const char *text);
/* Row and column (in cells) of the first place where `text` stands; false when nowhere. */
bool vt_find(struct vt *vt, const char *text, int *ret_row, int *ret_column);
void vt_row(struct vt *vt, int row, struct str *to);
void vt_screen(struct vt *vt, struct str *to);
struct vt_cell vt_cell(struct vt *vt, int row, int column);
void vt_cursor(struct vt *vt, int *ret_row, int *ret_column, bool *ret_visible);
bool vt_alt_screen(const struct vt *vt);
/* The modes of the line (ICANON, ECHO ...). */
struct termios vt_modes(const struct vt *vt);

/* How often the bell was rung; the sequences that this terminal does not know (OSC 9 ...), one a line. */
unsigned vt_bells(const struct vt *vt);
const char *vt_oscs(const struct vt *vt);
/* It was rung so often. */
bool vt_wait_bells(struct vt *vt, unsigned count, int limit_ms);

pid_t vt_pid(const struct vt *vt);
/* The process group that has the terminal, by the pid of its leader. */
pid_t vt_foreground(const struct vt *vt);
/* Bytes that the program has written so far. */
size_t vt_bytes(const struct vt *vt);
/* When the last of them were read: us of the monotonic clock, before the emulator had them; 0: never. */
double vt_read_us(const struct vt *vt);
/* Keeps the raw bytes from now on, for tests of what may be sent at all; borrowed. */
void vt_record(struct vt *vt);
const struct str *vt_recorded(const struct vt *vt);

#endif
