/* SPDX-License-Identifier: MIT */
/* The curses back end on a real pty, judged by libvterm. The screen is this program itself, run as `--screen`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "tests/support/demo.h"
#include "tests/support/vt.h"

const char *__lsan_default_suppressions(void);

/* newterm() of ncurses 6.4 forgets a block when it does not know the terminal. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libtinfo.so\n";
}

static char self_path[512];

static struct vt *open_with(int rows, int columns, const char *theme, const char *const env[])
{
	struct vt *vt = vt_spawn(
		rows, columns, (const char *const[]){self_path, "--screen", theme, NULL}, env);
	vt_must_show(vt, "prod-eu", 5000);
	assert_true(vt_wait_quiet(vt, 80, 5000));
	return vt;
}

static void close_screen(struct vt *vt)
{
	int status;
	vt_press(vt, "q");
	assert_true(vt_wait_exit(vt, true, 2000, &status));
	assert_int_equal(status, 0);
	vt_free(vt);
}

static void a_cursor_key_costs_fewer_bytes_than_in_htop(void **state)
{
	(void)state;
	static const char *const themes[] = {"system", "dark"};
	for (size_t i = 0; i < COUNT_OF(themes); i++) {
		struct vt *vt = open_with(45, 160, themes[i], NULL);
		enum { PRESSES = 8 };
		size_t before = vt_bytes(vt);
		for (int k = 0; k < PRESSES; k++) {
			vt_press(vt, "j");
			assert_true(vt_wait_quiet(vt, 60, 2000));
		}
		size_t each = (vt_bytes(vt) - before) / PRESSES;
		print_message("# %s: %zu bytes a cursor key\n", themes[i], each);
		assert_true(each > 20 && each < 387);
		close_screen(vt);
	}
}

static void nothing_is_written_while_nothing_changes(void **state)
{
	(void)state;
	struct vt *vt = open_with(45, 160, "system", NULL);
	size_t before = vt_bytes(vt);
	assert_true(vt_wait_quiet(vt, 500, 2000));
	assert_int_equal(vt_bytes(vt), before);
	close_screen(vt);
}

static void a_theme_with_a_background_paints_every_cell(void **state)
{
	(void)state;
	struct vt *vt = open_with(24, 80, "light", NULL);
	for (int row = 0; row < 24; row++)
		for (int column = 0; column < 80; column++)
			if (vt_cell(vt, row, column).width > 0)
				assert_int_not_equal(vt_cell(vt, row, column).bg, VT_DEFAULT);
	close_screen(vt);
}

static void the_system_theme_leaves_the_background_alone(void **state)
{
	(void)state;
	struct vt *vt = open_with(24, 80, "system", NULL);
	int row, column;
	assert_true(vt_find(vt, "quiz_bot", &row, &column));
	assert_int_equal(vt_cell(vt, row, column).bg, VT_DEFAULT);
	assert_int_equal(vt_cell(vt, row, column).fg, VT_DEFAULT);
	assert_true(vt_find(vt, "webhook 502", &row, &column));
	assert_int_not_equal(vt_cell(vt, row, column).fg, VT_DEFAULT);
	/* The row under the cursor is a bar from edge to edge. */
	for (column = 0; column < 80; column++)
		assert_int_not_equal(vt_cell(vt, row, column).bg, VT_DEFAULT);
	close_screen(vt);
}

static void without_colour_no_colour_is_sent(void **state)
{
	(void)state;
	struct vt *vt = open_with(24, 80, "dark", (const char *const[]){"NO_COLOR=1", NULL});
	for (int row = 0; row < 24; row++)
		for (int column = 0; column < 80; column++) {
			assert_int_equal(vt_cell(vt, row, column).fg, VT_DEFAULT);
			assert_int_equal(vt_cell(vt, row, column).bg, VT_DEFAULT);
		}
	int row, column;
	assert_true(vt_find(vt, "shop_pay", &row, &column));
	assert_true(vt_cell(vt, row, column).reverse);
	close_screen(vt);
}

static void wide_letters_keep_their_columns(void **state)
{
	(void)state;
	struct vt *vt = open_with(30, 100, "system", NULL);
	int row, column, other, other_column;
	assert_true(vt_find(vt, "漢字bot", &row, &column));
	assert_true(vt_find(vt, "echo_demo", &other, &other_column));
	assert_int_equal(column, other_column);
	assert_int_equal(vt_cell(vt, row, column).width, 2);
	assert_string_equal(vt_cell(vt, row, column + 4).text, "b");
	close_screen(vt);
}

static void the_escape_key_needs_no_second_key(void **state)
{
	(void)state;
	struct vt *vt = open_with(24, 80, "system", NULL);
	vt_press(vt, "d");
	vt_must_show(vt, "Cancel", 1000);
	vt_press(vt, "Esc");
	vt_must_not_show(vt, "Cancel", 1000);
	close_screen(vt);
}

static void answers_of_the_terminal_are_no_keys(void **state)
{
	(void)state;
	struct vt *vt = open_with(24, 80, "system", NULL);
	/* A colour report, a cursor report, device attributes, a mouse, a title report: each holds a q. */
	vt_type(vt, "\033]11;rgb:1c1c/qqqq/"
		    "1c1c\033\\\033[12;40R\033[?62;22c\033[<0;10;10M\033]lq\033\\\033P1$rq\033\\");
	assert_true(vt_wait_quiet(vt, 100, 2000));
	vt_must_show(vt, "prod-eu", 100);
	vt_press(vt, "d");
	vt_must_show(vt, "Cancel", 1000);
	close_screen(vt);
}

static void pasted_text_presses_no_key(void **state)
{
	(void)state;
	struct vt *vt = open_with(24, 80, "system", NULL);
	vt_type(vt, "\033[200~qqCHd\r\033[201~");
	assert_true(vt_wait_quiet(vt, 100, 2000));
	vt_must_show(vt, "prod-eu", 100);
	assert_false(vt_shows(vt, "Cancel"));
	close_screen(vt);
}

/* ---- terminals ---- */

static void known_and_unknown_terminals_show_the_screen(void **state)
{
	(void)state;
	static const char *const terms[] = {"TERM=vt100", "TERM=ansi", "TERM=linux", "TERM=xterm",
		"TERM=screen", "TERM=tmux-256color", "TERM=xterm-unheard-of", "TERM=brand-new"};
	for (size_t i = 0; i < COUNT_OF(terms); i++) {
		struct vt *vt = open_with(24, 80, "dark", (const char *const[]){terms[i], NULL});
		vt_must_show(vt, "webhook 502 x38 6m", 1000);
		vt_press(vt, "j");
		assert_true(vt_wait_quiet(vt, 60, 2000));
		vt_must_show(vt, "no heartbeat 48s", 1000);
		close_screen(vt);
	}
}

static void a_terminal_without_cursor_movement_is_refused_with_what_to_do(void **state)
{
	(void)state;
	int status;
	struct vt *vt = vt_spawn(24, 80, (const char *const[]){self_path, "--screen", NULL},
		(const char *const[]){"TERM=dumb", NULL});
	assert_true(vt_wait_exit(vt, true, 2000, &status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(vt_shows(vt, "TERM is 'dumb'"));
	vt_free(vt);
}

static void a_locale_without_utf8_gets_ascii_alone(void **state)
{
	(void)state;
	struct vt *vt = vt_spawn(24, 80, (const char *const[]){self_path, "--screen", NULL},
		(const char *const[]){"LC_ALL=C", NULL});
	vt_record(vt);
	vt_must_show(vt, "prod-eu", 5000);
	assert_true(vt_wait_quiet(vt, 80, 2000));
	for (size_t i = 0; i < vt_recorded(vt)->length; i++)
		assert_true((unsigned char)vt_recorded(vt)->text[i] < 0x80);
	vt_must_show(vt, "-- 1 Bots --", 100);
	close_screen(vt);
}

/* ---- bytes ---- */

/* Length of the sequence at `text` if it is one that may be sent, else 0. */
static size_t allowed_sequence(const char *text)
{
	static const char *const whole[] = {"\033(B", "\033)0", "\033[?1049h", "\033[?1049l",
		"\033[22;0;0t", "\033[23;0;0t", "\033[?2004h", "\033[?2004l", "\033[?2026h",
		"\033[?2026l", "\033[?25h", "\033[?25l", "\033[?12l", "\033[?12h", "\033[?1l",
		"\033>", "\033=", "\033[8l", "\033[8h", "\033[4l", "\033[?7h", "\033[39;49m",
		"\033M"};
	for (size_t i = 0; i < COUNT_OF(whole); i++)
		if (strncmp(text, whole[i], strlen(whole[i])) == 0)
			return strlen(whole[i]);
	if (text[0] != '\033' || text[1] != '[')
		return 0;
	size_t length = 2 + strspn(text + 2, "0123456789;");
	return text[length] && strchr("mHJKXPbABCDGdrLM@ST", text[length]) ? length + 1 : 0;
}

static void only_known_sequences_are_sent(void **state)
{
	(void)state;
	struct vt *vt =
		vt_spawn(30, 120, (const char *const[]){self_path, "--screen", "dark", NULL}, NULL);
	vt_record(vt);
	vt_must_show(vt, "prod-eu", 5000);
	vt_press(vt, "j j d Esc . Esc t w");
	assert_true(vt_wait_quiet(vt, 150, 3000));
	vt_press(vt, "q");
	int status;
	assert_true(vt_wait_exit(vt, true, 2000, &status));
	const char *text = vt_recorded(vt)->text;
	while (*text) {
		size_t length = 1;
		if (*text == '\033')
			length = allowed_sequence(text);
		else if ((unsigned char)*text < ' ')
			length = strchr("\r\n\b", *text) != NULL;
		if (!length)
			fail_msg("sent: \\x%02x %.20s", *text, text + 1);
		text += length;
	}
	vt_free(vt);
}

static void every_update_is_one_bracketed_frame(void **state)
{
	(void)state;
	struct vt *vt = open_with(24, 80, "system", NULL);
	vt_record(vt);
	vt_press(vt, "j");
	assert_true(vt_wait_quiet(vt, 60, 2000));
	const char *text = vt_recorded(vt)->text;
	assert_memory_equal(text, "\033[?2026h", 8);
	assert_memory_equal(text + strlen(text) - 8, "\033[?2026l", 8);
	assert_null(strstr(text + 8, "\033[?2026h"));
	close_screen(vt);
}

static void copying_sends_osc52(void **state)
{
	(void)state;
	struct vt *vt = open_with(24, 80, "system", NULL);
	vt_record(vt);
	vt_press(vt, "y");
	assert_true(vt_wait_quiet(vt, 60, 2000));
	assert_non_null(strstr(vt_recorded(vt)->text, "\033]52;c;Y29waWVkIHRleHQ=\a"));
	close_screen(vt);
}

/* ---- sizes ---- */

static void after_a_storm_of_sizes_the_last_one_is_drawn_right(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 3);
	struct vt *vt = open_with(45, 160, "dark", NULL);
	for (int i = 0; i < 300; i++)
		vt_resize(vt, 1 + (int)rng_below(&rng, 200), 1 + (int)rng_below(&rng, 400));
	for (int i = 0; i < 5; i++)
		vt_resize(vt, 1, 1 + i);
	vt_resize(vt, 24, 80);
	assert_true(vt_wait_quiet(vt, 150, 5000));
	autostr struct str after = STR_INIT, fresh = STR_INIT;
	vt_screen(vt, &after);
	struct vt *other = open_with(24, 80, "dark", NULL);
	vt_screen(other, &fresh);
	assert_string_equal(after.text, fresh.text);
	close_screen(vt);
	close_screen(other);
}

/* ---- lines that do not take what they are given ---- */

static void a_terminal_that_stops_reading_freezes_nothing_but_itself(void **state)
{
	(void)state;
	struct vt *vt = open_with(45, 160, "dark", NULL);
	int status;
	vt_press(vt, "F"); /* every frame is new from now on */
	/* Nobody reads: the line fills, and stays full. */
	assert_true(vt_wait_full(vt, 3000));
	vt_press(vt, "q");
	assert_true(vt_wait_exit(vt, false, 1000, &status));
	assert_int_equal(status, 0);
	vt_free(vt);
}

static void when_it_reads_again_the_newest_state_is_shown(void **state)
{
	(void)state;
	struct vt *vt = open_with(45, 160, "dark", NULL);
	vt_press(vt, "F");
	assert_true(vt_wait_full(vt, 3000));
	vt_press(vt, "F d");
	size_t before = vt_bytes(vt);
	vt_must_show(vt, "Cancel", 2000);
	assert_true(vt_wait_quiet(vt, 100, 2000));
	/* What had piled up is one frame and the line's own buffer, not every frame that was due. */
	assert_true(vt_bytes(vt) - before < 120000);
	close_screen(vt);
}

/* performance.md 9, T3. A pty takes some 20 kB at once, and no sender can see how much of that waits. */
static void on_a_slow_line_under_a_flood_a_key_is_answered_within_two_seconds(void **state)
{
	(void)state;
	struct vt *vt = open_with(45, 160, "dark", NULL);
	vt_press(vt, "F");
	vt_throttle(vt, 20000);
	assert_true(vt_wait_bytes(vt, 60000, 10000));
	int64_t start = clock_mono_ms(clock_real());
	vt_press(vt, "j");
	vt_must_show(vt, "▶ ? news_de", 5000);
	int64_t took = clock_mono_ms(clock_real()) - start;
	print_message("# answered after %d ms\n", (int)took);
	assert_true(took < 2000);
	vt_throttle(vt, 0);
	vt_press(vt, "F k");
	assert_true(vt_wait_quiet(vt, 200, 3000));
	/* After the flood the screen is whole again. */
	autostr struct str after = STR_INIT, fresh = STR_INIT;
	struct vt *other = open_with(45, 160, "dark", NULL);
	vt_screen(vt, &after);
	vt_screen(other, &fresh);
	assert_string_equal(after.text, fresh.text);
	close_screen(vt);
	close_screen(other);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--screen") == 0)
		return demo_main(argc - 1, argv + 1);
	ssize_t length = readlink("/proc/self/exe", self_path, sizeof(self_path) - 1);
	assert_true(length > 0);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cursor_key_costs_fewer_bytes_than_in_htop),
		cmocka_unit_test(nothing_is_written_while_nothing_changes),
		cmocka_unit_test(a_theme_with_a_background_paints_every_cell),
		cmocka_unit_test(the_system_theme_leaves_the_background_alone),
		cmocka_unit_test(without_colour_no_colour_is_sent),
		cmocka_unit_test(wide_letters_keep_their_columns),
		cmocka_unit_test(the_escape_key_needs_no_second_key),
		cmocka_unit_test(answers_of_the_terminal_are_no_keys),
		cmocka_unit_test(pasted_text_presses_no_key),
		cmocka_unit_test(known_and_unknown_terminals_show_the_screen),
		cmocka_unit_test(a_terminal_without_cursor_movement_is_refused_with_what_to_do),
		cmocka_unit_test(a_locale_without_utf8_gets_ascii_alone),
		cmocka_unit_test(only_known_sequences_are_sent),
		cmocka_unit_test(every_update_is_one_bracketed_frame),
		cmocka_unit_test(copying_sends_osc52),
		cmocka_unit_test(after_a_storm_of_sizes_the_last_one_is_drawn_right),
		cmocka_unit_test(a_terminal_that_stops_reading_freezes_nothing_but_itself),
		cmocka_unit_test(when_it_reads_again_the_newest_state_is_shown),
		cmocka_unit_test(on_a_slow_line_under_a_flood_a_key_is_answered_within_two_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
