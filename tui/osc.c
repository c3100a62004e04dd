/* SPDX-License-Identifier: MIT */
#include "tui/osc.h"

#include <stdint.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "tui/term.h"

/* What GNU screen takes in one device control string. */
enum { SCREEN_CHUNK = 512 };

static void add_base64(struct str *to, const char *text, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *bytes = (const unsigned char *)text;
	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t group = (uint32_t)bytes[i] << 16 |
				 (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
				 (left > 2 ? bytes[i + 2] : 0);
		str_addch(to, digits[group >> 18]);
		str_addch(to, digits[group >> 12 & 63]);
		str_addch(to, left > 1 ? digits[group >> 6 & 63] : '=');
		str_addch(to, left > 2 ? digits[group & 63] : '=');
	}
}

/* screen passes a DCS through to its terminal, but only short ones; the pieces join on the other
 * side. */
static void add_for_screen(struct str *to, const struct str *sequence)
{
	for (size_t at = 0; at < sequence->length; at += SCREEN_CHUNK) {
		size_t left = sequence->length - at;
		str_adds(to, "\033P");
		str_add(to, sequence->text + at, left < SCREEN_CHUNK ? left : SCREEN_CHUNK);
		str_adds(to, "\033\\");
	}
}

/* tmux takes OSC 52 itself with `set-clipboard on`, and passes a DCS through with
 * `allow-passthrough on`: it gets both. In the DCS every ESC is doubled; ours has one, at its
 * start. */
static void add_through_tmux(struct str *to, const struct str *sequence)
{
	str_adds(to, "\033Ptmux;\033");
	str_add(to, sequence->text, sequence->length);
	str_adds(to, "\033\\");
}

static void add_for_tmux(struct str *to, const struct str *sequence)
{
	str_add(to, sequence->text, sequence->length);
	add_through_tmux(to, sequence);
}

const char *osc_copy_way(bool in_tmux, bool in_screen)
{
	return in_tmux ? "OSC 52, through tmux" : in_screen ? "OSC 52, through screen" : "OSC 52";
}

bool osc_copy(struct str *to, bool in_tmux, bool in_screen, const char *text, size_t length,
	struct err *err)
{
	if ((length + 2) / 3 * 4 > TERM_COPY_MAX)
		return err_set(err, ERR_LIMIT, "cannot copy %zu bytes: terminals take %d at most",
			length, TERM_COPY_MAX / 4 * 3);
	autostr struct str sequence = STR_INIT;
	str_adds(&sequence, "\033]52;c;");
	add_base64(&sequence, text, length);
	str_adds(&sequence, "\a");
	if (in_tmux)
		add_for_tmux(to, &sequence);
	else if (in_screen)
		add_for_screen(to, &sequence);
	else
		str_add(to, sequence.text, sequence.length);
	return true;
}

/* ---- who reads them ---- */

/*
 * Those that read an OSC to its end, also one that they do not know. Everything else gets none: the Linux console reads
 * `]P` and `]R` only, and older kernels showed the rest as text; real terminals (vt100, vt220, wyse) do not know OSC at
 * all; dumb ones, emacs' (eterm) and what nobody has heard of may print it. "xterm" is what most others say they are.
 */
static bool reads_osc(const char *term)
{
	static const char *const readers[] = {"xterm", "screen", "tmux", "rxvt", "foot",
		"alacritty", "wezterm", "kitty", "ghostty", "contour", "konsole", "gnome", "vte",
		"mintty", "iterm", "st-", "putty"};
	bool reads = false;
	for (size_t i = 0; i < COUNT_OF(readers); i++)
		reads |= starts_with(term, readers[i]);
	return reads && !strstr(term, "linux"); /* screen.linux: its terminal is the console */
}

/* ---- notifications ---- */

unsigned osc_notify_ways(enum notify_way wish, const char *term, bool is_vte)
{
	static const char *const of_777[] = {"rxvt", "gnome", "vte"};
	for (size_t i = 0; i < COUNT_OF(of_777); i++)
		is_vte |= starts_with(term, of_777[i]);
	if (!reads_osc(term) || wish == NOTIFY_NO)
		return 0;
	if (wish == NOTIFY_AUTO)
		return is_vte ? OSC_777 : OSC_9;
	return wish == NOTIFY_BOTH ? OSC_9 | OSC_777 : wish == NOTIFY_OSC9 ? OSC_9 : OSC_777;
}

/* Without what parts fields. */
static void add_field(struct str *to, const char *text)
{
	autostr struct str safe = STR_INIT;
	sanitize_as(&safe, text, strlen(text), SANITIZE_ASCII);
	for (size_t i = 0; i < safe.length && i < OSC_NOTE_BYTES; i++)
		str_addch(to, safe.text[i] == ';' ? ',' : safe.text[i]);
}

static void add_wrapped(struct str *to, const struct str *sequence, bool in_tmux, bool in_screen)
{
	if (in_tmux)
		add_through_tmux(to, sequence);
	else if (in_screen)
		add_for_screen(to, sequence);
	else
		str_add(to, sequence->text, sequence->length);
}

void osc_notify(struct str *to, unsigned ways, bool in_tmux, bool in_screen, const char *title,
	const char *text)
{
	static const struct {
		unsigned way;
		const char *begin, *between;
	} forms[] = {{OSC_9, "\033]9;", ": "}, {OSC_777, "\033]777;notify;", ";"}};
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		autostr struct str sequence = STR_INIT;
		if (!(ways & forms[i].way))
			continue;
		str_adds(&sequence, forms[i].begin);
		add_field(&sequence, title);
		str_adds(&sequence, forms[i].between);
		add_field(&sequence, text);
		str_addch(&sequence, '\a');
		add_wrapped(to, &sequence, in_tmux, in_screen);
	}
}

void osc_title(struct str *to, const char *term, const char *text)
{
	if (!term || !reads_osc(term))
		return;
	str_adds(to, "\033]2;");
	for (; *text; text++)
		if (*text >= ' ' && *text <= '~')
			str_addch(to, *text);
	str_adds(to, "\033\\");
}
