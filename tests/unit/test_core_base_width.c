/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "core/base/utf8.h"
#include "core/base/width.h"

static size_t width(const char *text)
{
	return text_width(text, strlen(text));
}

static void plain_letters_are_one_cell_and_east_asian_ones_two(void **state)
{
	(void)state;
	assert_int_equal(width("botswain"), 8);
	assert_int_equal(width("Привет, бот"), 11);
	assert_int_equal(width("日本語"), 6);
	assert_int_equal(width("한국어"), 6);
	assert_int_equal(width("ｆｕｌｌ"), 8);
	assert_int_equal(width("ｶﾀｶﾅ"), 4);
	assert_int_equal(width("😀✅"), 4);
	assert_int_equal(width("→✓█…"), 4);
}

static void marks_take_no_cell_of_their_own(void **state)
{
	(void)state;
	assert_int_equal(width("e\u0301"), 1);
	assert_int_equal(width("\u1112\u1161\u11ab"), 2); /* Hangul from its letters */
	assert_int_equal(width("กำ"), 2);
	assert_int_equal(width("\u0301"), 0);
}

static void joined_emoji_are_one_cluster_of_two_cells(void **state)
{
	(void)state;
	const char *const clusters[] = {"👨‍👩‍👧‍👦", "👍🏽", "❤️",
		"1️⃣", "👩🏽‍🚀", "🏳️‍🌈", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"};
	for (size_t i = 0; i < sizeof(clusters) / sizeof(clusters[0]); i++) {
		struct cluster cluster = text_cluster(clusters[i], strlen(clusters[i]));
		assert_int_equal(cluster.size, strlen(clusters[i]));
		assert_int_equal(cluster.cells, 2);
	}
	assert_int_equal(width("🇩🇪"), 2);
	assert_int_equal(width("a\u200db"), 2);
}

static void clipping_keeps_whole_clusters(void **state)
{
	(void)state;
	size_t cells;
	const char *text = "ae\u0301日x";
	assert_int_equal(text_clip(text, strlen(text), 0, &cells), 0);
	assert_int_equal(cells, 0);
	assert_int_equal(text_clip(text, strlen(text), 2, &cells), 4);
	assert_int_equal(cells, 2);
	assert_int_equal(text_clip(text, strlen(text), 3, &cells), 4);
	assert_int_equal(cells, 2);
	assert_int_equal(text_clip(text, strlen(text), 4, &cells), 7);
	assert_int_equal(cells, 4);
	assert_int_equal(text_clip(text, strlen(text), 99, NULL), strlen(text));
}

static void moving_back_finds_the_cluster_before(void **state)
{
	(void)state;
	const char *text = "ae\u0301👍🏽";
	assert_int_equal(text_cluster_before(text, strlen(text)).size, 8);
	assert_int_equal(text_cluster_before(text, 4).size, 3);
	assert_int_equal(text_cluster_before(text, 1).size, 1);
	assert_int_equal(text_cluster_before(text, 0).size, 0);
}

static void bad_bytes_are_one_cell_each(void **state)
{
	(void)state;
	assert_int_equal(text_width("a\xff\x9bz", 4), 4);
	assert_int_equal(text_width("\xe2\x82", 2), 1);
}

static void what_must_not_be_drawn_is_known(void **state)
{
	(void)state;
	const uint32_t hidden[] = {0x1b, 0x7f, 0x9b, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x180e,
		0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060,
		0x2064, 0x2066, 0x2069, 0x3164, 0xe000, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffb,
		0xffff, 0xe0001, 0xe0041, 0xe0100, 0xf0000, 0x10fffe, 0x10ffff, 0x1fae8, 0x378};
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		assert_true(code_is_hidden(hidden[i]));
		assert_int_equal(code_width(hidden[i]), 0);
	}
	assert_false(code_is_hidden(0xfffd));
	assert_false(code_is_hidden(0x5d0)); /* a Hebrew letter */
}

/* The oracle is the C library, which is what ncurses asks: whatever we draw, both must agree on. */
static void every_drawable_character_is_as_wide_as_the_terminal_library_says(void **state)
{
	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	unsigned differ = 0;
	for (uint32_t code = 0x20; code <= 0x10ffff; code++) {
		if (code_is_hidden(code) || (code >= 0xd800 && code <= 0xdfff))
			continue;
		int theirs = wcwidth((wchar_t)code);
		if (theirs == (int)code_width(code))
			continue;
		differ++;
		print_message("U+%04X: %d here, %d there\n", code, (int)code_width(code), theirs);
	}
	assert_int_equal(differ, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_letters_are_one_cell_and_east_asian_ones_two),
		cmocka_unit_test(marks_take_no_cell_of_their_own),
		cmocka_unit_test(joined_emoji_are_one_cluster_of_two_cells),
		cmocka_unit_test(clipping_keeps_whole_clusters),
		cmocka_unit_test(moving_back_finds_the_cluster_before),
		cmocka_unit_test(bad_bytes_are_one_cell_each),
		cmocka_unit_test(what_must_not_be_drawn_is_known),
		cmocka_unit_test(every_drawable_character_is_as_wide_as_the_terminal_library_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
