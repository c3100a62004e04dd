/* SPDX-License-Identifier: MIT */
/* What we say to the terminal in OSC: the clipboard that the operator sits at, and the window title. Pure. */
#ifndef BOTSWAIN_TUI_OSC_H
#define BOTSWAIN_TUI_OSC_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/conf/settings.h"

struct err;
struct str;

/* Appends the sequence for `text`, wrapped for the multiplexer that we run in. Fails when terminals
 * would not take it because of its length (TERM_COPY_MAX bytes of base64). */
/* How a copy goes, for whoever made it: "OSC 52, through tmux". */
const char *osc_copy_way(bool in_tmux, bool in_screen);
MUST_CHECK bool osc_copy(struct str *to, bool in_tmux, bool in_screen, const char *text,
	size_t length, struct err *err);

/* Sets of notifications. */
enum { OSC_9 = 1 << 0, OSC_777 = 1 << 1 };
/*
 * What a terminal of this TERM gets: nothing unless its kind is known to read an OSC to its end (the Linux console of
 * older kernels would show it as text). auto: OSC 777 for the family of VTE and rxvt, OSC 9 for the others.
 */
unsigned osc_notify_ways(enum notify_way wish, const char *term, bool is_vte);
/*
 * Appends the sequences of a set, wrapped for the multiplexer that we run in. Title and text become printable ASCII
 * of at most OSC_NOTE_BYTES, so that nothing in them ends the sequence, is a field of it, or is one of the commands
 * that some terminals take after `9;` (those begin with a digit, we do not).
 */
enum { OSC_NOTE_BYTES = 180 };
void osc_notify(struct str *to, unsigned ways, bool in_tmux, bool in_screen, const char *title,
	const char *text);

/* Appends the sequence that names the window (OSC 2), for a terminal of a TERM (NULL: none) that is known to read it, else
 * nothing; what is not printable ASCII is left out. */
void osc_title(struct str *to, const char *term, const char *text);

#endif
