/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/sanitize.h"
#include "core/base/utf8.h"
#include "core/base/width.h"

static void assert_shows(const char *bytes, size_t length, unsigned flags, const char *expected)
{
	autostr struct str safe = STR_INIT;
	sanitize_as(&safe, bytes, length, flags);
	assert_string_equal(safe.text, expected);
}

#define shows(literal, expected) assert_shows(literal, sizeof(literal) - 1, 0, expected)

static void ordinary_text_passes_unchanged(void **state)
{
	(void)state;
	shows("GET /hook 200 ~[x]", "GET /hook 200 ~[x]");
	shows("Привет, שלום, 日本語, e\u0301 😀", "Привет, שלום, 日本語, e\u0301 😀");
	shows("", "");
}

static void escape_sequences_become_visible_characters(void **state)
{
	(void)state;
	shows("\x1b[31mred\x1b[0m", "^[[31mred^[[0m");
	shows("\x1b]0;title\a", "^[]0;title^G");
	shows("\x1b]52;c;aGk=\x1b\\", "^[]52;c;aGk=^[\\");
	shows("\x1bP$q\"p\x1b\\", "^[P$q\"p^[\\");
	shows("a\b\bb\x7f\0c", "a^H^Hb^?^@c");
	shows("\x1b", "^[");
}

static void c1_controls_are_named_and_lone_c1_bytes_are_replaced(void **state)
{
	(void)state;
	shows("\xc2\x9b\x33\x31m", "<U+009B>31m");
	shows("\xc2\x85\xc2\x90", "<U+0085><U+0090>");
	shows("\x9b\x33\x31m", "\ufffd31m");
	shows("\x90\x9d\x9c", "\ufffd\ufffd\ufffd");
}

static void line_ends_and_tabs_stay_in_their_cell(void **state)
{
	(void)state;
	shows("a\tb", "a    b");
	shows("one\r\n12:00 ERROR forged", "one␍⏎12:00 ERROR forged");
	assert_shows("one\r\ntwo\nthree\r!", 16, SANITIZE_ROWS, "one\ntwo\nthree␍!");
}

static void bidi_and_invisible_characters_are_named(void **state)
{
	(void)state;
	shows("abc\u202ecba", "abc<U+202E>cba");
	shows("\u2066x\u2069", "<U+2066>x<U+2069>");
	shows("sh\u200bop", "sh<U+200B>op");
	shows("\ufeffbom\u00adsoft", "<U+FEFF>bom<U+00AD>soft");
	shows("\u2028\u2029\u3164\u115f", "<U+2028><U+2029><U+3164><U+115F>");
	shows("\ue000\U000e0041\uffff", "<U+E000><U+E0041><U+FFFF>");
	shows("a\ufff9b\U0001fae8", "a<U+FFF9>b<U+1FAE8>");
}

/* Default_Ignorable_Code_Point of Unicode 14: what a terminal is free to show nothing of. */
static void two_names_that_differ_only_in_what_cannot_be_seen_look_different(void **state)
{
	(void)state;
	static const uint32_t ranges[][2] = {{0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c},
		{0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},
		{0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f},
		{0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};
	for (size_t i = 0; i < COUNT_OF(ranges); i++)
		for (uint32_t code = ranges[i][0]; code <= ranges[i][1]; code++) {
			autostr struct str name = STR_INIT, safe = STR_INIT;
			char bytes[UTF8_MAX_BYTES];
			str_adds(&name, "pay");
			str_add(&name, bytes, utf8_encode(code, bytes));
			str_adds(&name, "ment");
			sanitize(&safe, name.text, name.length);
			if (text_width(safe.text, safe.length) <= strlen("payment"))
				fail_msg("U+%04X shows nothing: '%s'", code, safe.text);
		}
	shows("1\ufe0fx", "1<U+FE0F>x");
}

static void bad_bytes_become_replacement_characters(void **state)
{
	(void)state;
	shows("\xc0\xaf\xe0\x80\xaf", "\ufffd\ufffd\ufffd\ufffd\ufffd");
	shows("\xed\xa0\x80", "\ufffd\ufffd\ufffd");
	shows("cut \xf0\x9f\x98", "cut \ufffd");
}

static void zalgo_keeps_four_marks_and_counts_the_rest(void **state)
{
	(void)state;
	shows("a\u0301\u0302\u0303\u0304", "a\u0301\u0302\u0303\u0304");
	shows("a\u0301\u0302\u0303\u0304\u0305\u0306z", "a\u0301\u0302\u0303\u0304<+2>z");
	shows("a\u0301\u0302\u0303\u0304\u0305", "a\u0301\u0302\u0303\u0304<+1>");
}

static void a_mark_never_reaches_the_cell_before_the_text(void **state)
{
	(void)state;
	shows("\u0301x", "◌\u0301x");
	assert_shows("a\n\u0301x", 5, SANITIZE_ROWS, "a\n◌\u0301x");
}

static void emoji_are_reduced_to_what_terminals_agree_on(void **state)
{
	(void)state;
	shows("👨‍👩‍👧", "👨👩👧");
	shows("❤️ ok", "❤ ok");
	shows("👍🏽", "👍");
	shows("1️⃣", "1\u20e3");
	shows("🏴󠁧󠁢󠁥󠁮󠁧󠁿!", "🏴!");
	shows("🏴\U000e0067x", "🏴<U+E0067>x");
	shows("a\u200db", "a<U+200D>b");
	shows("🇩🇪", "🇩🇪");
	shows("🏽", "🏽");
}

static void ascii_mode_has_nothing_but_ascii(void **state)
{
	(void)state;
	assert_shows("né\tок\n\x1b\xff 日e\u0301", strlen("né\tок\n\x1b\xff 日e\u0301"),
		SANITIZE_ASCII, "n?    ??^J^[? ?e");
}

/* Texts of requirement E.16: emoji, arrows and Cyrillic that were read with a wrong code page. */
static void mojibake_is_drawn_without_losing_columns(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t cells;
	} samples[] = {{"‚úÖ", 3}, {"‚Üí", 3}, {"—Å", 2}, {"âœ…", 3}, {"â†’", 3}, {"ÔøΩ", 3},
		{"Implementednk Task Tracking", 27}, {"✅ готово → да", 14}};
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		autostr struct str safe = STR_INIT;
		sanitize(&safe, samples[i].text, strlen(samples[i].text));
		assert_string_equal(safe.text, samples[i].text);
		assert_int_equal(text_width(safe.text, safe.length), samples[i].cells);
	}
	/* The same characters with their C1 halves as bytes: each is named, none reaches the
	 * terminal. */
	shows("\xc3\xa2\xc2\x9c\xc2\x85", "â<U+009C><U+0085>");
}

static void clipping_ends_in_an_ellipsis_and_never_overflows(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t cells;
		const char *expected;
		size_t width;
	} cases[] = {{"shop_pay", 8, "shop_pay", 8}, {"shop_pay", 7, "shop_p…", 7},
		{"日本語", 6, "日本語", 6}, {"日本語", 5, "日本…", 5}, {"日本語", 4, "日…", 3},
		{"ab", 0, "", 0}, {"", 0, "", 0}, {"ab", 1, "…", 1}, {"e\u0301e\u0301", 1, "…", 1},
		{"e\u0301", 1, "e\u0301", 1}, {"\x1b[31m", 4, "^[[…", 4}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autostr struct str safe = STR_INIT;
		str_adds(&safe, "|");
		size_t width =
			sanitize_clip(&safe, cases[i].text, strlen(cases[i].text), cases[i].cells);
		assert_string_equal(safe.text + 1, cases[i].expected);
		assert_int_equal(width, cases[i].width);
		autostr struct str whole = STR_INIT, again = STR_INIT;
		sanitize(&whole, cases[i].text, strlen(cases[i].text));
		bool is_cut =
			sanitize_cut(&again, cases[i].text, strlen(cases[i].text), cases[i].cells);
		assert_int_equal(
			is_cut, strcmp(cases[i].expected, whole.text ? whole.text : "") != 0);
	}
}

static void clipping_a_line_of_four_mebibytes_reads_only_its_start(void **state)
{
	(void)state;
	size_t length = 4 << 20;
	char *text = xmalloc(length);
	memset(text, 'x', length);
	autostr struct str safe = STR_INIT;
	assert_int_equal(sanitize_clip(&safe, text, length, 80), 80);
	assert_true(safe.capacity < 4096);
	str_clear(&safe);
	sanitize(&safe, text, length);
	assert_int_equal(safe.length, length);
	memset(text, 0x9b, length);
	str_clear(&safe);
	sanitize(&safe, text, length);
	assert_int_equal(safe.length, length * 3);
	free(text);
}

static void assert_drawable(const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		struct utf8_char next = utf8_next(text + at, length - at);
		assert_true(next.valid);
		assert_false(code_is_hidden(next.code));
		struct cluster cluster = text_cluster(text + at, length - at);
		assert_in_range(cluster.cells, 1, 2);
		assert_true(cluster.size <= next.size + 4 * UTF8_MAX_BYTES);
		at += cluster.size;
	}
}

/* Hostile pieces in random order: what comes out is drawable, and sanitising it again changes
 * nothing. */
static void any_mixture_comes_out_drawable_and_stable(void **state)
{
	(void)state;
	static const char *const pieces[] = {"a", "日", "\x1b[", "\xc2\x9b", "\x9b", "\u0301",
		"\u202e", "\u200d", "👨", "🏽", "\ufe0f", "🏴", "\U000e0067", "\U000e007f",
		"\xf0\x9f", "\t", "\n", "\r", "<+", "🇩", "\u1160", "󠁧󠁢󠁥󠁮󠁧󠁿"};
	struct rng rng;
	rng_init(&rng, 7);
	for (int round = 0; round < 20000; round++) {
		autostr struct str raw = STR_INIT;
		autostr struct str once = STR_INIT;
		autostr struct str twice = STR_INIT;
		for (uint64_t left = rng_below(&rng, 12); left; left--)
			str_adds(&raw, pieces[rng_below(&rng, COUNT_OF(pieces))]);
		sanitize(&once, raw.text, raw.length);
		sanitize(&twice, once.text, once.length);
		assert_string_equal(once.text, twice.text);
		assert_drawable(once.text, once.length);
		size_t cells = rng_below(&rng, 20);
		str_clear(&twice);
		size_t width = sanitize_clip(&twice, raw.text, raw.length, cells);
		assert_true(width <= cells);
		assert_int_equal(width, text_width(twice.text, twice.length));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_text_passes_unchanged),
		cmocka_unit_test(escape_sequences_become_visible_characters),
		cmocka_unit_test(c1_controls_are_named_and_lone_c1_bytes_are_replaced),
		cmocka_unit_test(line_ends_and_tabs_stay_in_their_cell),
		cmocka_unit_test(bidi_and_invisible_characters_are_named),
		cmocka_unit_test(two_names_that_differ_only_in_what_cannot_be_seen_look_different),
		cmocka_unit_test(bad_bytes_become_replacement_characters),
		cmocka_unit_test(zalgo_keeps_four_marks_and_counts_the_rest),
		cmocka_unit_test(a_mark_never_reaches_the_cell_before_the_text),
		cmocka_unit_test(emoji_are_reduced_to_what_terminals_agree_on),
		cmocka_unit_test(ascii_mode_has_nothing_but_ascii),
		cmocka_unit_test(mojibake_is_drawn_without_losing_columns),
		cmocka_unit_test(clipping_ends_in_an_ellipsis_and_never_overflows),
		cmocka_unit_test(clipping_a_line_of_four_mebibytes_reads_only_its_start),
		cmocka_unit_test(any_mixture_comes_out_drawable_and_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
