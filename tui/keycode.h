/* SPDX-License-Identifier: MIT */
/*
 * Keys as numbers, as names and as the bytes that terminals send for them.
 *
 * A keycode is a Unicode code point or one of KEY_*, with modifiers above it. Shift is never set on
 * characters ("R" is 'R'), Ctrl goes with a lower-case letter ("C-d"). The decoder reads what any
 * xterm-like terminal sends: UTF-8, CSI and SS3 sequences, modifiers, bracketed paste, Alt as an
 * ESC before a key. Everything else that looks like a sequence - reports, answers to questions,
 * mice - is noise and makes no key. Pure; no clock, no descriptor.
 */
#ifndef BOTSWAIN_TUI_KEYCODE_H
#define BOTSWAIN_TUI_KEYCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/str.h"

typedef uint32_t keycode;

enum {
	K_SHIFT = 1 << 24,
	K_ALT = 1 << 25,
	K_CTRL = 1 << 26,
	K_MODIFIERS = K_SHIFT | K_ALT | K_CTRL,
	K_NONE = 0,
	K_FIRST = 0x110000, /* above the last code point */
#define KEY(id, name) K_##id,
#include "tui/keys.def"
#undef KEY
	K_LAST,
};

enum {
	KEY_NAME_MAX = 24,
	KEY_PASTE_MAX = 64 * 1024, /* bytes of one paste; what is longer is cut */
};

/* "j", "C-d", "Enter", "S-Tab", "F1", "Alt-Left", "C-Alt-x". False: not a key. Case of the name
 * counts. */
bool keycode_parse(const char *name, keycode *ret_key);
/* The name; always the same for the same key, and keycode_parse() reads it back. */
void keycode_name(keycode key, char ret_name[KEY_NAME_MAX]);
/* True for a character that can be typed into a field; `ret_utf8` takes it, terminated. */
bool keycode_text(keycode key, char ret_utf8[5]);

/* ---- bytes to keys ---- */

enum key_event_type { KEY_EVENT_NONE, KEY_EVENT_KEY, KEY_EVENT_PASTE };

struct key_event {
	enum key_event_type type;
	keycode key;
	const char *text; /* of a paste: raw bytes, to be sanitised; valid until the next call */
	size_t length;
};

enum { KEY_INPUT_MAX = 4096 };

/* Private; keep one a terminal, zeroed, and release it. */
struct key_decoder {
	unsigned char bytes[KEY_INPUT_MAX];
	size_t start, end;
	struct str paste;
	bool pasting, paste_given, skipping;
	int patience; /* ESC timeouts that an unfinished paste or sequence still has */
};

void key_decoder_release(struct key_decoder *decoder);
/* Room for more bytes; read into it and then call key_decoder_added(). Never empty when
 * key_decoder_next() has returned false. */
unsigned char *key_decoder_room(struct key_decoder *decoder, size_t *ret_size);
void key_decoder_added(struct key_decoder *decoder, size_t count);
/* The next key or paste; false when more bytes are needed. `expired`: no byte came for the time of
 * an ESC key, so that an unfinished sequence is taken for what it is (ESC alone is the Esc key, the
 * rest is noise). */
bool key_decoder_next(struct key_decoder *decoder, bool expired, struct key_event *ret_event);
/* True while bytes wait for their rest: poll with the ESC timeout, then call key_decoder_next(..,
 * true, ..). */
bool key_decoder_waiting(const struct key_decoder *decoder);

#endif
