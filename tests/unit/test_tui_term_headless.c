/* SPDX-License-Identifier: MIT */
/* The back end in memory, and OSC 52. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/osc.h"
#include "tui/term.h"

static void keys_pastes_and_sizes_come_in_order(void **state)
{
	(void)state;
	struct term *term =
		term_headless_new(24, 80, &(struct term_options){.clock = clock_real()});
	struct term_event event;
	assert_false(term_next_event(term, &event));
	assert_int_equal(term_timeout_ms(term, false), -1);
	term_headless_key(term, 'j');
	term_headless_paste(term, "two\nlines");
	term_headless_resize(term, 12, 40);
	term_headless_lose(term);
	assert_int_equal(term_timeout_ms(term, false), 0);
	assert_true(term_next_event(term, &event));
	assert_true(event.type == TERM_EVENT_KEY && event.key == 'j');
	assert_true(term_next_event(term, &event));
	assert_int_equal(event.type, TERM_EVENT_PASTE);
	assert_memory_equal(event.text, "two\nlines", event.length);
	assert_true(term_next_event(term, &event));
	assert_true(event.type == TERM_EVENT_RESIZE && event.rows == 12 && event.columns == 40);
	assert_true(term_next_event(term, &event));
	assert_int_equal(event.type, TERM_EVENT_LOST);
	assert_false(term_next_event(term, &event));
	term_free(term);
}

static void what_was_presented_can_be_looked_at(void **state)
{
	(void)state;
	struct term *term = term_headless_new(2, 10, &(struct term_options){.clock = clock_real()});
	struct grid *grid = grid_new(2, 10, term->glyphs);
	struct canvas canvas = canvas_of(grid);
	autostr struct str text = STR_INIT;
	canvas_text(&canvas, 1, 2, ROLE_CRIT, "down");
	assert_true(term_can_present(term));
	term_present(term, grid);
	canvas_text(&canvas, 1, 2, ROLE_OK, "fine");
	grid_dump_text(term_headless_grid(term), &text);
	assert_string_equal(text.text, "\n  down\n");
	assert_int_equal(grid_cell(term_headless_grid(term), 1, 2)->role, ROLE_CRIT);
	assert_int_equal(term_headless_frames(term), 1);
	grid_free(grid);
	term_free(term);
}

static void copying_is_kept_up_to_what_terminals_take(void **state)
{
	(void)state;
	struct err err = {0};
	struct term *term = term_headless_new(2, 10, &(struct term_options){.clock = clock_real()});
	autofree char *many = xcalloc(1, TERM_COPY_MAX);
	assert_true(term_copy(term, "one line", 8, &err));
	assert_string_equal(term_headless_copied(term), "one line");
	assert_false(term_copy(term, many, TERM_COPY_MAX, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(term_headless_copied(term), "one line");
	term_free(term);
}

/* ---- OSC 52 ---- */

static void assert_osc52(const char *text, bool tmux, bool screen, const char *wanted)
{
	autostr struct str to = STR_INIT;
	assert_true(osc_copy(&to, tmux, screen, text, strlen(text), NULL));
	assert_string_equal(to.text, wanted);
}

static void base64_has_its_padding(void **state)
{
	(void)state;
	assert_osc52("", false, false, "\033]52;c;\a");
	assert_osc52("f", false, false, "\033]52;c;Zg==\a");
	assert_osc52("fo", false, false, "\033]52;c;Zm8=\a");
	assert_osc52("foo", false, false, "\033]52;c;Zm9v\a");
	assert_osc52("\xff\xfe\xfd", false, false, "\033]52;c;//79\a");
}

static void multiplexers_get_it_in_their_wrapping(void **state)
{
	(void)state;
	assert_osc52("foo", true, false, "\033]52;c;Zm9v\a\033Ptmux;\033\033]52;c;Zm9v\a\033\\");
	assert_osc52("foo", false, true, "\033P\033]52;c;Zm9v\a\033\\");
	assert_string_equal(osc_copy_way(false, false), "OSC 52");
	assert_string_equal(osc_copy_way(true, false), "OSC 52, through tmux");
	assert_string_equal(osc_copy_way(false, true), "OSC 52, through screen");
}

static void screen_gets_pieces_that_it_can_hold(void **state)
{
	(void)state;
	char text[3000];
	memset(text, 'x', sizeof(text));
	autostr struct str to = STR_INIT;
	assert_true(osc_copy(&to, false, true, text, sizeof(text), NULL));
	size_t longest = 0;
	for (const char *at = to.text, *end; (end = strstr(at, "\033\\")); at = end + 2)
		longest = (size_t)(end - at) > longest ? (size_t)(end - at) : longest;
	assert_true(longest > 500 && longest < 600);
}

/* ---- notifications ---- */

static void assert_notified(
	unsigned ways, bool tmux, bool screen, const char *text, const char *wanted)
{
	autostr struct str to = STR_INIT;
	osc_notify(&to, ways, tmux, screen, "botswain prod", text);
	assert_string_equal(to.text, wanted);
}

static void notifications_have_the_form_that_terminals_know(void **state)
{
	(void)state;
	assert_notified(0, false, false, "down", "");
	assert_notified(OSC_9, false, false, "down", "\033]9;botswain prod: down\a");
	assert_notified(OSC_777, false, false, "down", "\033]777;notify;botswain prod;down\a");
	assert_notified(
		OSC_9, true, false, "down", "\033Ptmux;\033\033]9;botswain prod: down\a\033\\");
	assert_notified(OSC_9, false, true, "down", "\033P\033]9;botswain prod: down\a\033\\");
}

static void nothing_in_a_text_ends_the_notification(void **state)
{
	(void)state;
	static const char *const hostile[] = {"\a\033]52;c;ZXZpbA==\a", "\033\\\033]2;owned\033\\",
		"\x9c\x9d"
		"2;owned\x9c",
		"\xc2\x9c\xc2\x9d"
		"2;x",
		"a;b;c", "\x18\x1a\r\n\t\x7f",
		"\xe2\x80\xae"
		"gnp.exe",
		"\xff\xfe"};
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		autostr struct str to = STR_INIT;
		osc_notify(&to, OSC_777, false, false, hostile[i], hostile[i]);
		assert_memory_equal(to.text, "\033]777;notify;", 13);
		assert_int_equal(to.text[to.length - 1], '\a');
		size_t fields = 0;
		for (size_t at = 2; at < to.length - 1; at++) {
			assert_in_range(to.text[at], ' ', '~');
			fields += to.text[at] == ';';
		}
		assert_int_equal(fields, 3);
	}
}

static void a_long_text_is_cut(void **state)
{
	(void)state;
	char text[4000];
	autostr struct str to = STR_INIT;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	osc_notify(&to, OSC_9 | OSC_777, true, false, text, text);
	assert_true(to.length < 4 * OSC_NOTE_BYTES + 100);
}

static const char *const plain[] = {
	"linux", "vt100", "vt220", "ansi", "screen.linux", "dumb", "", "cons25", "sun", "eterm"};

static void a_window_is_named_where_the_terminal_takes_it(void **state)
{
	(void)state;
	static const char *const readers[] = {"xterm-256color", "tmux-256color", "screen", "foot",
		"rxvt-unicode-256color", "alacritty", "xterm-kitty", "st-256color"};
	autostr struct str to = STR_INIT;
	for (size_t i = 0; i < COUNT_OF(plain); i++)
		osc_title(&to, plain[i], "prod");
	osc_title(&to, NULL, "prod");
	assert_string_equal(to.text, "");
	for (size_t i = 0; i < COUNT_OF(readers); i++) {
		str_clear(&to);
		osc_title(&to, readers[i], "prod\a\033]52;c;ZXZpbA==\xc2\x9c");
		assert_string_equal(to.text, "\033]2;prod]52;c;ZXZpbA==\033\\");
	}
}

static void a_terminal_that_would_show_the_bytes_gets_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(plain); i++)
		for (unsigned way = NOTIFY_AUTO; way <= NOTIFY_NO; way++)
			assert_int_equal(osc_notify_ways((enum notify_way)way, plain[i], true), 0);
	assert_int_equal(osc_notify_ways(NOTIFY_AUTO, "xterm-256color", false), OSC_9);
	assert_int_equal(osc_notify_ways(NOTIFY_AUTO, "xterm-256color", true), OSC_777);
	assert_int_equal(osc_notify_ways(NOTIFY_AUTO, "rxvt-unicode-256color", false), OSC_777);
	assert_int_equal(osc_notify_ways(NOTIFY_AUTO, "tmux-256color", false), OSC_9);
	assert_int_equal(osc_notify_ways(NOTIFY_OSC9, "xterm-kitty", true), OSC_9);
	assert_int_equal(osc_notify_ways(NOTIFY_OSC777, "foot", false), OSC_777);
	assert_int_equal(osc_notify_ways(NOTIFY_BOTH, "foot", false), OSC_9 | OSC_777);
	assert_int_equal(osc_notify_ways(NOTIFY_NO, "foot", false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_pastes_and_sizes_come_in_order),
		cmocka_unit_test(what_was_presented_can_be_looked_at),
		cmocka_unit_test(copying_is_kept_up_to_what_terminals_take),
		cmocka_unit_test(base64_has_its_padding),
		cmocka_unit_test(multiplexers_get_it_in_their_wrapping),
		cmocka_unit_test(screen_gets_pieces_that_it_can_hold),
		cmocka_unit_test(notifications_have_the_form_that_terminals_know),
		cmocka_unit_test(a_window_is_named_where_the_terminal_takes_it),
		cmocka_unit_test(nothing_in_a_text_ends_the_notification),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(a_terminal_that_would_show_the_bytes_gets_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
