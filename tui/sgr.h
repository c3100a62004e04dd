/* SPDX-License-Identifier: MIT */
/*
 * Fewer bytes for the same picture. ncurses says every change of colour in full ("\e(B\e[0;1m\e[38;5;235m\e[48;5;231m"),
 * also back and forth between cells where nothing is drawn. This filter follows the pen that its output asks for, and
 * sends only the difference, and only when something is drawn with it. About half of what a cursor key costs. Pure.
 */
#ifndef BOTSWAIN_TUI_SGR_H
#define BOTSWAIN_TUI_SGR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "themes/theme.h"

struct str;

/* The number of a colour for the terminal, -1: its default. */
int sgr_number(colour value, enum depth depth);

struct sgr_pen {
	uint32_t fg, bg; /* 0 default; 1 << 24 | palette index; 2 << 24 | rrggbb */
	uint16_t attrs;  /* bit n: SGR n, for 1 (bold) to 9 */
	char charset;    /* of G0: 'B', '0' ... */
};

struct sgr_filter {
	bool off;   /* bytes pass as they are */
	bool known; /* `sent` is what the terminal has */
	bool colon; /* this terminal's description writes 38:2:: rather than 38;2; */
	struct sgr_pen sent, wanted;
};

/* Appends `bytes` (whole sequences, as one update of ncurses is) to `to`, squeezed. */
void sgr_squeeze(struct sgr_filter *filter, const char *bytes, size_t length, struct str *to);
/* Sends what is still wanted: before the terminal is given back. */
void sgr_settle(struct sgr_filter *filter, struct str *to);
/* The terminal may have any pen now: after it was somebody else's. */
void sgr_forget(struct sgr_filter *filter);

#endif
