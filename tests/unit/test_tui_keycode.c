/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/rng.h"
#include "core/base/str.h"
#include "tui/keycode.h"

/* ---- names ---- */

static void names_lead_to_keys_and_back(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		keycode key;
	} table[] = {{"j", 'j'}, {"R", 'R'}, {"C-d", 'd' | K_CTRL}, {"Enter", K_ENTER},
		{"S-Tab", K_TAB | K_SHIFT}, {"F1", K_F1}, {"F12", K_F12},
		{"Alt-Left", K_LEFT | K_ALT}, {"Alt-Enter", K_ENTER | K_ALT},
		{"C-Alt-x", 'x' | K_CTRL | K_ALT}, {"Space", ' '}, {"C-Space", ' ' | K_CTRL},
		{"-", '-'}, {"C--", '-' | K_CTRL}, {"é", 0xe9}, {"PgDn", K_PAGE_DOWN},
		{"Alt-S-Up", K_UP | K_ALT | K_SHIFT}};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		keycode key = K_NONE;
		char name[KEY_NAME_MAX];
		if (!keycode_parse(table[i].name, &key))
			fail_msg("'%s' is no key", table[i].name);
		assert_int_equal(key, table[i].key);
		keycode_name(key, name);
		assert_string_equal(name, table[i].name);
	}
}

static void names_of_no_key_are_refused(void **state)
{
	(void)state;
	static const char *const names[] = {
		"", "jj", "enter", "C-", "S-a", "C-A", "C-é", "F13", "Hyper-x", "\033", "\xff"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		keycode key = 42;
		if (keycode_parse(names[i], &key))
			fail_msg("'%s' was taken for a key", names[i]);
		assert_int_equal(key, 42);
	}
}

static void every_key_of_the_table_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (keycode key = K_FIRST + 1; key < K_LAST; key++) {
		char name[KEY_NAME_MAX];
		keycode back;
		keycode_name(key, name);
		assert_true(keycode_parse(name, &back));
		assert_int_equal(back, key);
	}
}

/* ---- bytes ---- */

static void feed(struct key_decoder *decoder, const char *bytes, size_t length)
{
	size_t room;
	unsigned char *to = key_decoder_room(decoder, &room);
	assert_true(room >= length);
	memcpy(to, bytes, length);
	key_decoder_added(decoder, length);
}

/* The names of all keys that the bytes make, parted by blanks; pastes as <text>. */
static void decode(
	struct key_decoder *decoder, const char *bytes, size_t length, bool expire, struct str *to)
{
	struct key_event event;
	feed(decoder, bytes, length);
	for (int i = 0; i < 100; i++) {
		while (key_decoder_next(decoder, expire && i > 0, &event)) {
			char name[KEY_NAME_MAX];
			str_adds(to, to->length ? " " : "");
			if (event.type == KEY_EVENT_PASTE) {
				str_addf(to, "<%.*s>", (int)event.length, event.text);
				continue;
			}
			keycode_name(event.key, name);
			str_adds(to, name);
		}
		if (!expire || !key_decoder_waiting(decoder))
			return;
	}
}

static void assert_decodes(const char *bytes, const char *wanted)
{
	struct key_decoder decoder = {.start = 0};
	autostr struct str keys = STR_INIT;
	decode(&decoder, bytes, strlen(bytes), true, &keys);
	if (strcmp(keys.text, wanted) != 0)
		fail_msg("'%s' where '%s' was wanted", keys.text, wanted);
	assert_false(key_decoder_waiting(&decoder));
	key_decoder_release(&decoder);
}

static void characters_and_control_keys(void **state)
{
	(void)state;
	assert_decodes("aZ 9", "a Z Space 9");
	assert_decodes("é漢😀", "é 漢 😀");
	assert_decodes("\r\n\t\177\b", "Enter Enter Tab Backspace Backspace");
	assert_decodes("\001\004\032", "C-a C-d C-z");
	assert_decodes("\034\035\036\037", "C-\\ C-] C-^ C-_");
}

static void sequences_of_all_usual_terminals(void **state)
{
	(void)state;
	assert_decodes("\033[A\033[B\033[C\033[D\033[H\033[F", "Up Down Right Left Home End");
	assert_decodes("\033OA\033OH\033OP\033OQ\033OR\033OS\033OM", "Up Home F1 F2 F3 F4 Enter");
	assert_decodes(
		"\033[1~\033[2~\033[3~\033[4~\033[5~\033[6~", "Home Insert Delete End PgUp PgDn");
	assert_decodes("\033[15~\033[17~\033[24~\033[11~", "F5 F6 F12 F1");
	assert_decodes("\033[[A\033[[E", "F1 F5");
	assert_decodes("\033[Z", "S-Tab");
	assert_decodes(
		"\033[1;5A\033[1;2D\033[3;3~\033[1;8C", "C-Up S-Left Alt-Delete C-Alt-S-Right");
	assert_decodes("\033[27;5;105~\033[105;5u\033[13;2u", "C-i C-i S-Enter");
	assert_decodes("\033Oj\033Om\033Oy", "* - 9");
}

static void alt_is_an_escape_before_a_key(void **state)
{
	(void)state;
	assert_decodes("\033x\033X\033\r\033\177", "Alt-x Alt-X Alt-Enter Alt-Backspace");
	assert_decodes("\033é", "Alt-é");
	assert_decodes("\033\033[A", "Alt-Up");
	assert_decodes("\033[", "Alt-[");
	assert_decodes("\033O", "Alt-O");
	assert_decodes("\033]", "Alt-]");
}

static void escape_alone_is_a_key_once_nothing_follows(void **state)
{
	(void)state;
	struct key_decoder decoder = {.start = 0};
	autostr struct str keys = STR_INIT;
	decode(&decoder, "\033", 1, false, &keys);
	assert_string_equal(keys.text, "");
	assert_true(key_decoder_waiting(&decoder));
	decode(&decoder, "", 0, true, &keys);
	assert_string_equal(keys.text, "Esc");
	assert_decodes("\033\033", "Esc Esc");
	key_decoder_release(&decoder);
}

static void sequences_may_come_in_pieces(void **state)
{
	(void)state;
	static const char bytes[] = "\033[1;5Aé\033[200~p\033[201~\033OPx";
	struct key_decoder decoder = {.start = 0};
	autostr struct str keys = STR_INIT;
	for (size_t i = 0; i < sizeof(bytes) - 1; i++)
		decode(&decoder, bytes + i, 1, false, &keys);
	assert_string_equal(keys.text, "C-Up é <p> F1 x");
	key_decoder_release(&decoder);
}

static void reports_and_answers_are_noise(void **state)
{
	(void)state;
	assert_decodes("\033[12;40Rj", "j");
	assert_decodes("\033[?62;22cj", "j");
	assert_decodes("\033[0nj\033[>1;2c\033[?2026;2$yk", "j k");
	assert_decodes("\033]11;rgb:1c1c/1c1c/1c1c\033\\j\033]0;rm -rf\ak", "j k");
	assert_decodes("\033P1$r0m\033\\j\033_Gi=1\033\\k\033^x\033\\l", "j k l");
	assert_decodes("\033[M qqj\033[<0;1;1Mj\033[I\033[O", "j j");
	assert_decodes("\033[1;2Rj", "j");
	assert_decodes("\033[8;24;80tj", "j");
	assert_decodes("\xc2\x9b\x41j", "A j");
}

static void an_answer_that_is_cut_types_nothing(void **state)
{
	(void)state;
	struct key_decoder decoder = {.start = 0};
	struct key_event event;
	autostr struct str keys = STR_INIT;
	/* Two ESC timeouts pass in the middle of it: the line is slow. */
	decode(&decoder, "\033]11;rgb:qq", 11, false, &keys);
	for (int i = 0; i < 2; i++)
		assert_false(key_decoder_next(&decoder, true, &event));
	decode(&decoder, "qq/qqqq\033\\j", 10, false, &keys);
	assert_string_equal(keys.text, "j");
	key_decoder_release(&decoder);
}

static void an_answer_without_end_is_dropped_with_all_that_follows_at_once(void **state)
{
	(void)state;
	struct key_decoder decoder = {.start = 0};
	struct key_event event;
	autostr struct str keys = STR_INIT;
	char many[1024];
	memset(many, 'q', sizeof(many));
	decode(&decoder, "\033]0;", 4, false, &keys);
	for (int i = 0; i < 20; i++) {
		size_t room;
		key_decoder_room(&decoder, &room);
		decode(&decoder, many, room < sizeof(many) ? room : sizeof(many), false, &keys);
	}
	assert_string_equal(keys.text, "");
	assert_false(key_decoder_next(&decoder, true, &event));
	decode(&decoder, "j", 1, false, &keys);
	assert_string_equal(keys.text, "j");
	key_decoder_release(&decoder);
}

static void pastes_are_text_whatever_is_in_them(void **state)
{
	(void)state;
	assert_decodes("a\033[200~q\033[A\r\003\033[201~b", "a <q\033[A\r\003> b");
	assert_decodes("\033[200~\033[201~", "<>");
	assert_decodes("\033[200~one\033[201~\033[200~two\033[201~", "<one> <two>");
}

static void a_paste_without_end_ends_after_a_while(void **state)
{
	(void)state;
	assert_decodes("\033[200~lost", "<lost>");
}

static void a_paste_that_is_too_long_is_cut(void **state)
{
	(void)state;
	struct key_decoder decoder = {.start = 0};
	struct key_event event;
	char many[1000];
	memset(many, 'x', sizeof(many));
	feed(&decoder, "\033[200~", 6);
	for (int i = 0; i < 100; i++) {
		assert_false(key_decoder_next(&decoder, false, &event));
		feed(&decoder, many, sizeof(many));
	}
	assert_false(key_decoder_next(&decoder, false, &event));
	feed(&decoder, "\033[201~j", 7);
	assert_true(key_decoder_next(&decoder, false, &event));
	assert_int_equal(event.type, KEY_EVENT_PASTE);
	assert_int_equal(event.length, KEY_PASTE_MAX);
	assert_true(key_decoder_next(&decoder, false, &event));
	assert_int_equal(event.key, 'j');
	key_decoder_release(&decoder);
}

static void any_bytes_in_any_pieces_are_taken_and_never_held_for_ever(void **state)
{
	(void)state;
	static const unsigned char likely[] = "\033\033[[O]P0123;~MABCRu\a\\\r\xc3\xa9\xe6\xff<?";
	struct rng rng;
	struct key_decoder decoder = {.start = 0};
	struct key_event event;
	rng_init(&rng, 5);
	for (int round = 0; round < 20000; round++) {
		char bytes[64];
		size_t length = (size_t)rng_below(&rng, sizeof(bytes));
		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)(rng_below(&rng, 4)
						  ? likely[rng_below(&rng, sizeof(likely) - 1)]
						  : rng_next(&rng));
		size_t room;
		key_decoder_room(&decoder, &room);
		assert_true(room > 0);
		feed(&decoder, bytes, length < room ? length : room);
		while (key_decoder_next(&decoder, false, &event))
			assert_true(event.type == KEY_EVENT_PASTE ||
				    (event.key & ~(keycode)K_MODIFIERS) < K_LAST);
	}
	for (int i = 0; i < 200 && key_decoder_waiting(&decoder); i++)
		while (key_decoder_next(&decoder, true, &event))
			continue;
	assert_false(key_decoder_waiting(&decoder));
	key_decoder_release(&decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lead_to_keys_and_back),
		cmocka_unit_test(names_of_no_key_are_refused),
		cmocka_unit_test(every_key_of_the_table_has_a_name_of_its_own),
		cmocka_unit_test(characters_and_control_keys),
		cmocka_unit_test(sequences_of_all_usual_terminals),
		cmocka_unit_test(alt_is_an_escape_before_a_key),
		cmocka_unit_test(escape_alone_is_a_key_once_nothing_follows),
		cmocka_unit_test(sequences_may_come_in_pieces),
		cmocka_unit_test(reports_and_answers_are_noise),
		cmocka_unit_test(an_answer_that_is_cut_types_nothing),
		cmocka_unit_test(an_answer_without_end_is_dropped_with_all_that_follows_at_once),
		cmocka_unit_test(pastes_are_text_whatever_is_in_them),
		cmocka_unit_test(a_paste_without_end_ends_after_a_while),
		cmocka_unit_test(a_paste_that_is_too_long_is_cut),
		cmocka_unit_test(any_bytes_in_any_pieces_are_taken_and_never_held_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
