/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "themes/colour.h"
#include "themes/theme.h"

static struct theme parse(const char *text)
{
	struct theme theme;
	struct err err = {0};
	if (!theme_parse("t.yaml", text, strlen(text), &theme, &err))
		fail_msg("%s", err.text);
	return theme;
}

static void assert_refused(const char *text, const char *wanted)
{
	struct theme theme;
	struct err err = {0};
	assert_false(theme_parse("t.yaml", text, strlen(text), &theme, &err));
	assert_string_equal(err.text, wanted);
}

static void every_role_has_a_name_a_letter_and_a_parent_above_it(void **state)
{
	(void)state;
	for (int i = 0; i < ROLE_COUNT; i++) {
		const struct role_info *info = role_info((enum role)i);
		assert_true(info->help[0] && info->letter > ' ');
		assert_true(i == 0 ? info->parent == ROLE_TEXT : (int)info->parent < i);
		for (int k = 0; k < i; k++) {
			assert_string_not_equal(info->name, role_info((enum role)k)->name);
			if (info->letter == role_info((enum role)k)->letter)
				fail_msg("%s and %s share a letter", info->name,
					role_info((enum role)k)->name);
		}
	}
}

static bool is_known(colour any)
{
	return COLOUR_KIND(any) == COLOUR_KIND_RGB ||
	       (COLOUR_KIND(any) == COLOUR_KIND_INDEX && COLOUR_VALUE(any) >= 16);
}

static void every_shipped_theme_can_be_read_on_every_surface(void **state)
{
	(void)state;
	for (const char *const *name = theme_builtin_names(); *name; name++)
		for (int depth = DEPTH_256; depth <= DEPTH_RGB; depth++) {
			struct theme theme;
			struct err err = {0};
			if (!theme_builtin(*name, &theme, &err))
				fail_msg("%s", err.text);
			theme_reduce(&theme, (enum depth)depth);
			for (int role = 0; role < ROLE_COUNT; role++)
				for (int surface = 0; surface < SURFACE_COUNT; surface++) {
					struct style style = theme.styles[role][surface];
					if (!is_known(style.fg) || !is_known(style.bg))
						continue;
					double contrast = colour_contrast(
						colour_rgb(style.fg), colour_rgb(style.bg));
					bool is_rule = role == ROLE_BORDER || role == ROLE_AXIS ||
						       role == ROLE_GAUGE_EMPTY ||
						       role == ROLE_SCROLLBAR;
					if (contrast < (is_rule ? 2.0 : 3.0))
						fail_msg("%s: %s on %s: contrast %.2f", *name,
							role_info((enum role)role)->name,
							role_info(
								surface_role((enum surface)surface))
								->name,
							contrast);
				}
		}
}

static void the_words_of_a_row_reach_small_text_contrast(void **state)
{
	(void)state;
	static const enum role words[] = {
		ROLE_TEXT, ROLE_STRONG, ROLE_OK, ROLE_WARN, ROLE_CRIT, ROLE_UNKNOWN};
	static const char *const names[] = {"dark", "light", "contrast"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct theme theme;
		assert_true(theme_builtin(names[i], &theme, NULL));
		for (size_t k = 0; k < COUNT_OF(words); k++) {
			struct style plain = theme.styles[words[k]][SURFACE_SCREEN];
			struct style row = theme.styles[words[k]][SURFACE_SELECTED];
			assert_true(colour_contrast(
					    COLOUR_VALUE(plain.fg), COLOUR_VALUE(plain.bg)) >= 4.5);
			double on_row = colour_contrast(COLOUR_VALUE(row.fg), COLOUR_VALUE(row.bg));
			if (on_row < 4.0)
				fail_msg("%s: %s on a selected row: contrast %.2f", names[i],
					role_info(words[k])->name, on_row);
			assert_true(row.bg != plain.bg);
		}
	}
}

static void the_system_theme_names_no_colour_of_its_own(void **state)
{
	(void)state;
	struct theme theme;
	assert_true(theme_builtin("system", &theme, NULL));
	for (int role = 0; role < ROLE_COUNT; role++)
		for (int surface = 0; surface < SURFACE_COUNT; surface++) {
			struct style style = theme.styles[role][surface];
			assert_int_not_equal(COLOUR_KIND(style.fg), COLOUR_KIND_RGB);
			assert_int_not_equal(COLOUR_KIND(style.bg), COLOUR_KIND_RGB);
		}
	assert_int_equal(theme.styles[ROLE_TEXT][SURFACE_SCREEN].bg, COLOUR_DEFAULT);
	assert_int_equal(theme.styles[ROLE_TEXT][SURFACE_SCREEN].fg, COLOUR_DEFAULT);
	/* Nobody knows how green looks on the terminal's cyan: on the selected row text is the row's own. */
	assert_int_equal(theme.styles[ROLE_OK][SURFACE_SELECTED].fg,
		theme.styles[ROLE_TEXT][SURFACE_SELECTED].fg);
}

static void what_is_wrong_stands_out_of_the_row_of_the_cursor(void **state)
{
	static const enum role wrong[] = {ROLE_CRIT, ROLE_WARN};
	struct theme theme;
	(void)state;
	assert_true(theme_builtin("system", &theme, NULL));
	struct style row = theme.styles[ROLE_TEXT][SURFACE_SELECTED];
	assert_int_equal(theme.styles[ROLE_OK][SURFACE_SELECTED].bg, row.bg);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct style style = theme.styles[wrong[i]][SURFACE_SELECTED];
		assert_int_equal(style.bg, theme.styles[wrong[i]][SURFACE_SCREEN].fg);
		assert_int_not_equal(style.bg, row.bg);
	}
}

static void without_colours_selection_and_trouble_still_stand_out(void **state)
{
	(void)state;
	struct theme theme;
	assert_true(theme_builtin("mono", &theme, NULL));
	theme_reduce(&theme, DEPTH_256); /* the terminal could show more */
	for (int role = 0; role < ROLE_COUNT; role++)
		assert_int_equal(theme.styles[role][SURFACE_SCREEN].fg, COLOUR_DEFAULT);
	assert_int_not_equal(theme.styles[ROLE_CRIT][SURFACE_SCREEN].attrs,
		theme.styles[ROLE_TEXT][SURFACE_SCREEN].attrs);
	assert_int_not_equal(theme.styles[ROLE_TEXT][SURFACE_SELECTED].attrs,
		theme.styles[ROLE_TEXT][SURFACE_SCREEN].attrs);
	assert_int_not_equal(theme.styles[ROLE_CRIT][SURFACE_SELECTED].attrs,
		theme.styles[ROLE_TEXT][SURFACE_SELECTED].attrs);
}

/* xterm's colours stand for those of terminals whose own nobody knows. */
static double contrast_of(struct style style)
{
	return colour_contrast(colour_rgb(style.fg), colour_rgb(style.bg));
}

static void the_line_of_what_is_not_now_looks_like_no_other_line(void **state)
{
	(void)state;
	for (const char *const *name = theme_builtin_names(); *name; name++)
		for (int depth = DEPTH_MONO; depth <= DEPTH_RGB; depth++) {
			struct theme theme;
			assert_true(theme_builtin(*name, &theme, NULL));
			theme_reduce(&theme, (enum depth)depth);
			struct style past = theme.styles[ROLE_PAST][SURFACE_STATUS];
			struct style now = theme.styles[ROLE_TEXT][SURFACE_STATUS];
			struct style banner = theme.styles[ROLE_BANNER][SURFACE_STATUS];
			bool is_mono = past.bg == COLOUR_DEFAULT;
			assert_int_equal(is_mono, depth == DEPTH_MONO || !strcmp(*name, "mono"));
			if (is_mono) {
				assert_true((past.attrs ^ now.attrs) & STYLE_REVERSE);
				assert_int_not_equal(past.attrs, banner.attrs);
				continue;
			}
			assert_int_not_equal(past.bg, now.bg);
			assert_int_not_equal(past.bg, banner.bg);
			if (contrast_of(past) < 3.5)
				fail_msg("%s at depth %d: contrast %.2f", *name, depth,
					contrast_of(past));
		}
}

static void public_base16_files_load_in_both_forms(void **state)
{
	(void)state;
	struct theme old = parse(
		"scheme: \"A Name\"\nauthor: \"Somebody (http://example.org)\"\nbase00: 101010\n"
		"base05: d0d0d0\nbase08: ff5050\n");
	assert_string_equal(old.name, "A Name");
	assert_int_equal(old.styles[ROLE_CRIT][SURFACE_SCREEN].fg, COLOUR_RGB(0xff5050));
	struct theme new =
		parse("system: base16\nname: B\nvariant: light\npalette:\n  base00: \"#ffffff\"\n"
		      "  base05: \"#000000\"\n  base08: \"#A00000\"\n");
	assert_true(new.light);
	assert_int_equal(new.styles[ROLE_CRIT][SURFACE_SCREEN].fg, COLOUR_RGB(0xa00000));
	assert_int_equal(new.styles[ROLE_TEXT][SURFACE_SCREEN].bg, COLOUR_RGB(0xffffff));
}

static void errors_name_their_place(void **state)
{
	(void)state;
	assert_refused("base00: 000000\nbase05: ffffff\nbase08: red\n",
		"t.yaml:3:9: not a colour (rrggbb, 0-255 or default): 'red'");
	assert_refused("base00: 000000\nbase05: ffffff\nroles:\n  crti: {fg: base08}\n",
		"t.yaml:4:3: unknown role (see themes/roles.def): 'crti'");
	assert_refused("base00: 000000\nbase05: ffffff\nroles:\n  crit: {attrs: [bald]}\n",
		"t.yaml:4:18: not an attribute (bold, dim, underline, reverse, italic): 'bald'");
	assert_refused("palette: {base99: 000000}\n",
		"t.yaml:1:11: not a slot base00 to base17: 'base99'");
	assert_refused("name: x\n",
		"t.yaml: not a theme: base00 (background) and base05 (text) are needed");
	struct theme theme;
	struct err err = {0};
	assert_false(theme_parse("t.yaml", "a: [b\n", 6, &theme, &err));
	assert_memory_equal(err.text, "t.yaml:", 7);
}

static void colours_come_down_to_what_the_terminal_has(void **state)
{
	(void)state;
	assert_int_equal(colour_reduce(COLOUR_RGB(0xff0000), DEPTH_RGB), COLOUR_RGB(0xff0000));
	assert_int_equal(colour_reduce(COLOUR_RGB(0xff0000), DEPTH_256), COLOUR_INDEX(196));
	assert_int_equal(colour_reduce(COLOUR_RGB(0x303030), DEPTH_256), COLOUR_INDEX(236));
	assert_int_equal(colour_reduce(COLOUR_RGB(0xff0000), DEPTH_16), COLOUR_INDEX(9));
	assert_int_equal(colour_reduce(COLOUR_RGB(0xff0000), DEPTH_8), COLOUR_INDEX(1));
	assert_int_equal(colour_reduce(COLOUR_INDEX(12), DEPTH_8), COLOUR_INDEX(4));
	assert_int_equal(colour_reduce(COLOUR_INDEX(4), DEPTH_MONO), COLOUR_DEFAULT);
	assert_int_equal(colour_reduce(COLOUR_DEFAULT, DEPTH_8), COLOUR_DEFAULT);
}

static void no_theme_hides_text_in_its_background_at_any_depth(void **state)
{
	(void)state;
	for (const char *const *name = theme_builtin_names(); *name; name++)
		for (int depth = DEPTH_8; depth <= DEPTH_256; depth++) {
			struct theme theme;
			assert_true(theme_builtin(*name, &theme, NULL));
			theme_reduce(&theme, (enum depth)depth);
			for (int role = 0; role < ROLE_COUNT; role++)
				for (int surface = 0; surface < SURFACE_COUNT; surface++) {
					struct style style = theme.styles[role][surface];
					if (COLOUR_KIND(style.fg) == COLOUR_KIND_INDEX)
						assert_int_not_equal(style.fg, style.bg);
				}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_has_a_name_a_letter_and_a_parent_above_it),
		cmocka_unit_test(every_shipped_theme_can_be_read_on_every_surface),
		cmocka_unit_test(the_words_of_a_row_reach_small_text_contrast),
		cmocka_unit_test(the_system_theme_names_no_colour_of_its_own),
		cmocka_unit_test(what_is_wrong_stands_out_of_the_row_of_the_cursor),
		cmocka_unit_test(without_colours_selection_and_trouble_still_stand_out),
		cmocka_unit_test(the_line_of_what_is_not_now_looks_like_no_other_line),
		cmocka_unit_test(public_base16_files_load_in_both_forms),
		cmocka_unit_test(errors_name_their_place),
		cmocka_unit_test(colours_come_down_to_what_the_terminal_has),
		cmocka_unit_test(no_theme_hides_text_in_its_background_at_any_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
