/* SPDX-License-Identifier: MIT */
/* What we say to the terminal in OSC: the clipboard that the operator sits at, and the window title. Pure. */
#ifndef BOTSWAIN_TUI_OSC_H
#define BOTSWAIN_TUI_OSC_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct err;
struct str;

/* Appends the sequence for `text`, wrapped for the multiplexer that we run in. Fails when terminals
 * would not take it because of its length (TERM_COPY_MAX bytes of base64). */
MUST_CHECK bool osc_copy(struct str *to, bool in_tmux, bool in_screen, const char *text,
	size_t length, struct err *err);

/* Appends the sequence that names the window; what is not printable ASCII is left out. */
void osc_title(struct str *to, const char *text);

#endif
