/* SPDX-License-Identifier: MIT */
/* Keys off the line: the decoder, and the time that an ESC byte waits for its rest. Screen thread only. */
#ifndef BOTSWAIN_TUI_KEY_READER_H
#define BOTSWAIN_TUI_KEY_READER_H

#include <stdbool.h>
#include <stdint.h>
#include "tui/keycode.h"

struct tty;

struct key_reader {
	struct key_decoder decoder;
	int64_t since_ms; /* when the last byte came */
	int escape_ms;
};

void key_reader_release(struct key_reader *reader);
/* Reads what is there; keys come out of key_reader_next(). */
void key_reader_fill(struct key_reader *reader, struct tty *tty, int64_t now_ms);
bool key_reader_next(struct key_reader *reader, int64_t now_ms, struct key_event *ret_event);
/* Milliseconds until unfinished bytes are taken for what they are; -1: none wait. */
int64_t key_reader_wait_ms(const struct key_reader *reader, int64_t now_ms);

#endif
