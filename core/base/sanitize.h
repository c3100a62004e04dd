/* SPDX-License-Identifier: MIT */
/*
 * The one door from outside text to a cell, a title, a clipboard or a message: any bytes in, safe
 * UTF-8 out. It works on code points, never on escape sequences, so that an unterminated or novel
 * sequence is as harmless as any other. What comes out is drawable as it stands: every cluster is
 * one spacing code point with at most four marks, no control, format, bidi or invisible character
 * is in it, and its text_width() is what a terminal will use. Sanitising twice changes nothing.
 *
 *   ESC, BEL, DEL, other C0      ^[ ^G ^?              bidi, zero width, tags,     <U+202E>
 *   C1 (U+0080..9F)              <U+009B>              private, unassigned
 *   TAB, LF, CR                  four spaces, ⏎, ␍    invalid byte sequence       U+FFFD each
 *   fifth mark of a base and on  <+N>                  mark without a base         ◌ carries it
 *
 * Emoji are reduced to what every terminal draws alike: ZWJ between pictographs, VS15/VS16 behind one,
 * skin tones and the tags of the three national flags are dropped. Elsewhere they are named, as all that
 * cannot be seen is, so that two names that differ in it look different. Letters of right-to-left scripts
 * pass. Pure; any thread.
 */
#ifndef BOTSWAIN_BASE_SANITIZE_H
#define BOTSWAIN_BASE_SANITIZE_H

#include <stdbool.h>
#include "core/base/str.h"

enum sanitize_flags {
	SANITIZE_ASCII =
		1
		<< 0, /* for terminals without UTF-8: LF is ^J, CR ^M, each other character is ? */
	SANITIZE_ROWS = 1 << 1, /* keep LF as a row break (and drop the CR of CR LF); the caller
				   splits on it */
};

/* Appends the safe form of `bytes` to `to`. */
void sanitize(struct str *to, const char *bytes, size_t length);
void sanitize_as(struct str *to, const char *bytes, size_t length, unsigned flags);

/* As sanitize(), but only whole clusters that fit in `cells`; when something is left out the last
 * cell is `…`. Reads no more of `bytes` than it needs. Returns the width of what it appended. */
size_t sanitize_clip(struct str *to, const char *bytes, size_t length, size_t cells);
/* The same; returns true when something was left out. */
bool sanitize_cut(struct str *to, const char *bytes, size_t length, size_t cells);

#endif
