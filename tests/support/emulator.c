/* SPDX-License-Identifier: MIT */
#include "tests/support/emulator.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/base/width.h"
#include "widgets/canvas.h"

enum { CRIMES_MAX = 4096, SEQUENCE_MAX = 128 };

/* Where in a sequence the bytes are. */
enum place { TEXT, ESCAPE, CHARSET, CSI, OSC, OSC_ESCAPE };

struct emulator {
	enum emulator_of of;
	int rows, columns;
	VTerm *vterm;
	VTermScreen *screen;
	unsigned bells;
	struct str crimes;
	enum place place;
	const char *title;
	struct str pending; /* of a sequence, or of a character that came in two parts */
};

static void accuse(struct emulator *emulator, const char *what, const char *bytes, size_t length)
{
	if (emulator->crimes.length > CRIMES_MAX)
		return;
	str_addf(&emulator->crimes, "%s:", what);
	for (size_t i = 0; i < length && i < 40; i++)
		str_addf(&emulator->crimes, bytes[i] > ' ' && bytes[i] <= '~' ? " %c" : " %02x",
			(unsigned char)bytes[i]);
	str_addch(&emulator->crimes, '\n');
}

/* ---- what libvterm tells ---- */

static int on_bell(void *user)
{
	((struct emulator *)user)->bells++;
	return 1;
}

static int on_prop(VTermProp prop, VTermValue *value, void *user)
{
	const struct emulator *emulator = user;
	bool ours = prop == VTERM_PROP_TITLE && emulator->title &&
		    strcmp(emulator->title, value->string) == 0;
	if ((prop == VTERM_PROP_TITLE && !ours) || prop == VTERM_PROP_ICONNAME)
		accuse(user, "a title", value->string, strlen(value->string));
	if (prop == VTERM_PROP_REVERSE || (prop == VTERM_PROP_MOUSE && value->number))
		accuse(user, "a mode of the whole terminal", "", 0);
	return 1;
}

static bool is_printable(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

static int on_osc(const char *command, size_t length, void *user)
{
	const struct emulator *emulator = user;
	bool is_note = length > 2 && memcmp(command, "9;", 2) == 0;
	if (emulator->of != EMULATOR_CONSOLE || !is_note || !is_printable(command, length))
		accuse(user, "an OSC", command, length);
	return 1;
}

static int on_dcs(const char *command, size_t length, void *user)
{
	accuse(user, "a DCS", command, length);
	return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_prop, .bell = on_bell};
static const VTermParserCallbacks strangers = {.osc = on_osc, .dcs = on_dcs};

/* ---- what may be sent at all ---- */

static bool all_of(const char *text, size_t length, const char *allowed)
{
	for (size_t i = 0; i < length; i++)
		if (!strchr(allowed, text[i]))
			return false;
	return true;
}

/* Modes of ours, and the title that xterm's description has saved at the start and restored at the end. */
static bool is_mode(const char *csi, size_t length)
{
	static const char *const ours[] = {"?1h", "?1l", "?7h", "?7l", "?12l", "?12h", "?12;25h",
		"?25h", "?25l", "?1049h", "?1049l", "?2004h", "?2004l", "?2026h", "?2026l", "8l",
		"8h", "4h", "4l", "22;0;0t", "23;0;0t", "!p", "?3;4l"};
	for (size_t i = 0; i < COUNT_OF(ours); i++)
		if (strlen(ours[i]) == length && memcmp(ours[i], csi, length) == 0)
			return true;
	return false;
}

static bool is_allowed_csi(const char *csi, size_t length)
{
	char last = csi[length - 1];
	if (is_mode(csi, length))
		return true;
	return strchr("HfABCDEFGdJKXPLM@STrmb`ae", last) && last &&
	       all_of(csi, length - 1, last == 'm' ? "0123456789;:" : "0123456789;");
}

static void take_csi(struct emulator *emulator, char byte)
{
	str_addch(&emulator->pending, byte);
	bool ends = byte >= 0x40 && byte <= 0x7e;
	if (!ends && emulator->pending.length < SEQUENCE_MAX && byte >= 0x20)
		return;
	if (!is_allowed_csi(emulator->pending.text, emulator->pending.length))
		accuse(emulator, "a CSI that is not ours", emulator->pending.text,
			emulator->pending.length);
	str_clear(&emulator->pending);
	emulator->place = TEXT;
}

/* A string of ours is printable to its end. */
static void take_osc(struct emulator *emulator, char byte)
{
	if (emulator->place == OSC_ESCAPE || byte == '\a')
		emulator->place = TEXT;
	else if (byte == '\033')
		emulator->place = OSC_ESCAPE;
	else if (!is_printable(&byte, 1))
		accuse(emulator, "in an OSC", &byte, 1);
}

static void take_escape(struct emulator *emulator, char byte)
{
	bool may_osc = emulator->of == EMULATOR_CONSOLE;
	emulator->place = byte == '['                  ? CSI
			  : byte == ']' && may_osc     ? OSC
			  : byte == '(' || byte == ')' ? CHARSET
						       : TEXT;
	if (emulator->place == TEXT && (!strchr("78M=>", byte) || !byte))
		accuse(emulator, "an escape sequence that is not ours", &byte, 1);
}

static void take_control(struct emulator *emulator, char byte)
{
	bool is_screen = emulator->of != EMULATOR_LINES;
	if (byte == '\033' && is_screen)
		emulator->place = ESCAPE;
	else if (!strchr(is_screen ? "\r\n\b\a\t\016\017" : "\r\n", byte) || !byte)
		accuse(emulator, "a control character", &byte, 1);
}

/* A character at the start of `bytes`; returns its size, 0 when the rest of it is still to come. */
static size_t take_character(struct emulator *emulator, const char *bytes, size_t length)
{
	struct utf8_char now = utf8_next(bytes, length);
	if (!now.valid && length < UTF8_MAX_BYTES && (unsigned char)*bytes >= 0xc2)
		return 0;
	if (!now.valid)
		accuse(emulator, "no UTF-8", bytes, 1);
	else if (code_is_hidden(now.code))
		accuse(emulator, "a hidden character", bytes, now.size);
	return now.size;
}

static size_t take_text(struct emulator *emulator, const char *bytes, size_t length)
{
	if ((unsigned char)*bytes >= 0x20 && *bytes != 0x7f)
		return take_character(emulator, bytes, length);
	take_control(emulator, *bytes);
	return 1;
}

static void scan(struct emulator *emulator, const char *bytes, size_t length)
{
	for (size_t at = 0; at < length;) {
		size_t used = 1;
		if (emulator->place == TEXT)
			used = take_text(emulator, bytes + at, length - at);
		else if (emulator->place == ESCAPE)
			take_escape(emulator, bytes[at]);
		else if (emulator->place == CSI)
			take_csi(emulator, bytes[at]);
		else if (emulator->place == OSC || emulator->place == OSC_ESCAPE)
			take_osc(emulator, bytes[at]);
		else
			emulator->place = TEXT; /* the letter of a character set */
		if (!used) {
			str_add(&emulator->pending, bytes + at, length - at);
			return;
		}
		at += used;
	}
}

/* ---- its life ---- */

static void open_vterm(struct emulator *emulator)
{
	emulator->vterm = vterm_new(emulator->rows, emulator->columns);
	vterm_set_utf8(emulator->vterm, 1);
	emulator->screen = vterm_obtain_screen(emulator->vterm);
	vterm_screen_set_callbacks(emulator->screen, &callbacks, emulator);
	vterm_screen_set_unrecognised_fallbacks(emulator->screen, &strangers, emulator);
	vterm_screen_enable_altscreen(emulator->screen, 1);
	vterm_screen_reset(emulator->screen, 1);
}

struct emulator *emulator_new(enum emulator_of of, int rows, int columns)
{
	struct emulator *emulator = xcalloc(1, sizeof(*emulator));
	emulator->of = of;
	emulator->rows = rows;
	emulator->columns = columns;
	str_init(&emulator->crimes);
	str_init(&emulator->pending);
	open_vterm(emulator);
	return emulator;
}

void emulator_free(struct emulator *emulator)
{
	if (!emulator)
		return;
	vterm_free(emulator->vterm);
	str_release(&emulator->crimes);
	str_release(&emulator->pending);
	free(emulator);
}

void emulator_permit_title(struct emulator *emulator, const char *title)
{
	emulator->title = title;
}

void emulator_resize(struct emulator *emulator, int rows, int columns)
{
	emulator->rows = rows;
	emulator->columns = columns;
	vterm_set_size(emulator->vterm, rows, columns);
}

void emulator_take(struct emulator *emulator, const char *bytes, size_t length)
{
	autostr struct str joined = STR_INIT;
	if (emulator->place == TEXT && emulator->pending.length) {
		str_add(&joined, emulator->pending.text, emulator->pending.length);
		str_clear(&emulator->pending);
	}
	str_add(&joined, bytes, length);
	scan(emulator, joined.text, joined.length);
	vterm_input_write(emulator->vterm, bytes, length);
	char answer[256];
	for (size_t got; (got = vterm_output_read(emulator->vterm, answer, sizeof(answer))) > 0;)
		accuse(emulator, "an answer of the terminal", answer, got);
}

unsigned emulator_bells(const struct emulator *emulator)
{
	return emulator->bells;
}

const char *emulator_crimes(const struct emulator *emulator)
{
	return emulator->crimes.text;
}

/* ---- the picture ---- */

/* What a cell shows; returns its width, 0 for the right half of a wide one. */
static int read_cell(struct emulator *emulator, int row, int column, struct str *to)
{
	VTermScreenCell cell;
	if (!vterm_screen_get_cell(emulator->screen, (VTermPos){.row = row, .col = column}, &cell))
		return 1;
	if (cell.chars[0] == (uint32_t)-1)
		return 0;
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++) {
		char bytes[UTF8_MAX_BYTES];
		str_add(to, bytes, utf8_encode(cell.chars[i], bytes));
	}
	if (!cell.chars[0])
		str_addch(to, ' ');
	return cell.width;
}

/* In the last column the back end leaves out what combines. */
static bool is_as(struct emulator *emulator, int row, int column, const struct cell *wanted,
	struct str *shown)
{
	str_clear(shown);
	int width = read_cell(emulator, row, column, shown);
	if (column + wanted->width == emulator->columns && shown->length)
		return width == wanted->width && starts_with(wanted->text, shown->text);
	return width == wanted->width && strcmp(shown->text, wanted->text) == 0;
}

void emulator_compare(struct emulator *emulator, const struct grid *grid, struct str *ret)
{
	autostr struct str shown = STR_INIT;
	for (int row = 0; row < grid->rows && row < emulator->rows; row++)
		for (int column = 0; column < grid->columns && column < emulator->columns;
			column++) {
			const struct cell *wanted = grid_cell(grid, row, column);
			if (is_as(emulator, row, column, wanted, &shown))
				continue;
			str_addf(ret, "row %d, column %d shows '%s', not '%s' of %d cells", row,
				column, shown.text, wanted->text, wanted->width);
			return;
		}
}

void emulator_row(struct emulator *emulator, int row, struct str *to)
{
	for (int column = 0; column < emulator->columns; column++) {
		if (column)
			str_addch(to, '\002');
		if (!read_cell(emulator, row, column, to))
			str_addch(to, '\001');
	}
}
