/* SPDX-License-Identifier: MIT */
/* OSC 52: copying into the clipboard of the terminal that the operator sits at, also over SSH.
 * Pure. */
#ifndef BOTSWAIN_TUI_OSC52_H
#define BOTSWAIN_TUI_OSC52_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct err;
struct str;

/* Appends the sequence for `text`, wrapped for the multiplexer that we run in. Fails when terminals
 * would not take it because of its length (TERM_COPY_MAX bytes of base64). */
MUST_CHECK bool osc52_write(struct str *to, bool in_tmux, bool in_screen, const char *text,
	size_t length, struct err *err);

#endif
