/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/msg/msg.h"

static const char *const lines[] = {
	"bot id=7 rev=3 name=\"orders\" tg_id=-5 enabled=true severity=2 why=\"webhook 502 "
	"\\\"x\\\"\\n\" "
	"reasons=[{severity=2 text=\"down\"} {severity=1}] cpu_percent=nan spark=[1 nan 2.5] "
	"logs=[\"a b\" \"\"]",
	"plan req=1 plan=2 targets=[{id=9 name=\"x\"}] notes=[\"one\"] expires_ms=1700000000000",
	"turn number=18446744073709551615 mono_ms=-9223372036854775808",
	"win_close window=1",
};

static struct msg_any parse(const char *line)
{
	struct msg_any any;
	struct err err = {0};
	if (!msg_parse(line, &any, &err))
		fail_msg("%s", err.text);
	return any;
}

static void what_is_encoded_is_decoded_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct msg_any in = parse(lines[i]), out;
		autostr struct str wire = STR_INIT, text = STR_INIT;
		msg_encode(in.kind, in.body, &wire);
		size_t used;
		struct err err;
		assert_true(msg_decode(wire.text, wire.length, MSG_FRAME_MAX, &out, &used, &err));
		assert_int_equal(used, wire.length);
		msg_dump(out.kind, out.body, &text);
		assert_string_equal(text.text, lines[i]);
		msg_any_release(&in);
		msg_any_release(&out);
	}
}

/* What stands before an element says how long it is, in one byte, two, or three. */
static void elements_of_every_length_are_decoded_the_same(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129,
		16370, 16376, 16377, 16378, 16379, 16380, 16381, 16382, 16383, 16384, 16385, 70000};
	struct msg_bot bot = {.id = 7};
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct msg_reason *reason = msg_add(bot.reasons, &bot.reasons_count);
		reason->text = xmalloc(sizes[i] + 1);
		memset(reason->text, 'a' + (int)i % 26, sizes[i]);
		reason->text[sizes[i]] = '\0';
	}
	autostr struct str bytes = STR_INIT;
	struct msg_any read;
	size_t used;
	struct err err;
	msg_encode(MSG_bot, &bot, &bytes);
	assert_true(msg_decode(bytes.text, bytes.length, MSG_FRAME_MAX, &read, &used, &err));
	assert_int_equal(used, bytes.length);
	assert_true(msg_equal(MSG_bot, &bot, read.body, false));
	msg_any_release(&read);
	msg_release(MSG_bot, &bot);
}

static void a_time_beyond_every_clock_is_none(void **state)
{
	(void)state;
	static const int64_t times[][2] = {{0, 0}, {-1, -1}, {MSG_TIME_MOST_MS, MSG_TIME_MOST_MS},
		{MSG_TIME_MOST_MS + 1, 0}, {-MSG_TIME_MOST_MS - 1, 0}, {INT64_MAX, 0},
		{INT64_MIN, 0}};
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		autostr struct str bytes = STR_INIT;
		const struct msg_rec_time time = {.wall_ms = times[i][0], .mono_ms = INT64_MAX};
		struct msg_any read;
		size_t used;
		struct err err;
		msg_encode(MSG_rec_time, &time, &bytes);
		assert_true(
			msg_decode(bytes.text, bytes.length, MSG_FRAME_MAX, &read, &used, &err));
		assert_int_equal(((struct msg_rec_time *)read.body)->wall_ms, times[i][1]);
		assert_int_equal(((struct msg_rec_time *)read.body)->mono_ms, INT64_MAX);
		msg_any_release(&read);
	}
}

static void a_cut_frame_asks_for_more_and_never_for_less(void **state)
{
	(void)state;
	struct msg_any in = parse(lines[0]), out;
	autostr struct str wire = STR_INIT;
	msg_encode(in.kind, in.body, &wire);
	for (size_t cut = 0; cut < wire.length; cut++) {
		size_t used = 99;
		autofree char *copy = xmemdup(wire.text, cut);
		assert_true(msg_decode(copy, cut, MSG_FRAME_MAX, &out, &used, NULL));
		assert_int_equal(used, 0);
	}
	msg_any_release(&in);
}

static void a_frame_over_the_limit_is_refused_before_it_is_read(void **state)
{
	(void)state;
	struct msg_any out;
	struct err err;
	size_t used;
	assert_false(msg_decode(
		"\xff\xff\xff\x7f\x10\x00", 6, MSG_FRAME_MAX_UNKNOWN, &out, &used, &err));
	assert_int_equal(err.code, ERR_LIMIT);
}

static void an_unknown_kind_is_skipped_whole(void **state)
{
	(void)state;
	struct msg_any out = {.kind = MSG_bot};
	size_t used;
	assert_true(msg_decode("\x05\x00\x00\x00\xff\x7f"
			       "abc",
		9, MSG_FRAME_MAX, &out, &used, NULL));
	assert_int_equal(out.kind, MSG_none);
	assert_int_equal(used, 9);
}

static void damaged_frames_are_refused_or_read_but_never_harm(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 1);
	struct msg_any in = parse(lines[0]), out;
	autostr struct str wire = STR_INIT;
	msg_encode(in.kind, in.body, &wire);
	unsigned refused = 0;
	for (int i = 0; i < 20000; i++) {
		autofree char *copy = xmemdup(wire.text, wire.length);
		for (int n = 0; n < 3; n++)
			copy[6 + rng_below(&rng, wire.length - 6)] = (char)rng_next(&rng);
		size_t used;
		if (!msg_decode(copy, wire.length, MSG_FRAME_MAX, &out, &used, NULL)) {
			refused++;
			continue;
		}
		autostr struct str text = STR_INIT;
		msg_dump(out.kind, out.body, &text);
		msg_any_release(&out);
	}
	assert_true(refused > 100);
	msg_any_release(&in);
}

static void copies_are_deep_and_equal_but_for_the_revision(void **state)
{
	(void)state;
	struct msg_any in = parse(lines[0]);
	struct msg_bot *copy = msg_copy(in.kind, in.body);
	copy->rev++;
	assert_true(msg_equal(MSG_bot, in.body, copy, true));
	assert_false(msg_equal(MSG_bot, in.body, copy, false));
	copy->reasons[0].text[0] = 'D';
	assert_false(msg_equal(MSG_bot, in.body, copy, true));
	msg_free(MSG_bot, copy);
	msg_any_release(&in);
}

static void two_messages_are_equal_when_their_bytes_are(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 2);
	struct msg_any in = parse(lines[0]), out;
	autostr struct str wire = STR_INIT;
	unsigned equal = 0, different = 0;
	msg_encode(in.kind, in.body, &wire);
	for (int i = 0; i < 20000; i++) {
		autostr struct str again = STR_INIT;
		autofree char *copy = xmemdup(wire.text, wire.length);
		size_t used, at = 6 + rng_below(&rng, wire.length - 6);
		copy[at] = (char)(copy[at] ^ (char)(1 << rng_below(&rng, 8)));
		if (i % 10 == 0)
			memcpy(copy, wire.text, wire.length);
		if (!msg_decode(copy, wire.length, MSG_FRAME_MAX, &out, &used, NULL))
			continue;
		msg_encode(out.kind, out.body, &again);
		bool same = again.length == wire.length &&
			    memcmp(again.text, wire.text, wire.length) == 0;
		assert_int_equal(msg_equal(in.kind, in.body, out.body, false), same);
		*(same ? &equal : &different) += 1;
		msg_any_release(&out);
	}
	assert_true(equal > 1000 && different > 1000);
	msg_any_release(&in);
}

static void numbers_and_tags_are_unique_and_sorted(void **state)
{
	(void)state;
	for (size_t i = 0; msg_info_at(i); i++) {
		const struct msg_info *info = msg_info_at(i);
		assert_ptr_equal(msg_info(info->kind), info);
		if (i)
			assert_true(msg_info_at(i - 1)->kind < info->kind);
		for (size_t a = 0; a < info->field_count; a++)
			for (size_t b = 0; b < a; b++)
				assert_int_not_equal(info->fields[a].tag, info->fields[b].tag);
		if (info->kind >= 16 && info->kind < 32) {
			assert_string_equal(info->fields[0].name, "id");
			assert_string_equal(info->fields[1].name, "rev");
		}
	}
}

static void observations_are_known_by_their_numbers(void **state)
{
	(void)state;
	const struct msg_info *info;
	for (size_t i = 0; (info = msg_info_at(i)); i++)
		if (msg_is_observation(info->kind) != starts_with(info->name, "obs_"))
			fail_msg("'%s' has the number %d: 64 to 89 and 100 to 127 are for messages "
				 "that "
				 "begin with obs_",
				info->name, (int)info->kind);
}

static void bad_text_is_refused_with_its_byte(void **state)
{
	(void)state;
	struct err err;
	struct msg_any out;
	assert_false(msg_parse("bot name=\"orders", &out, &err));
	assert_non_null(strstr(err.text, "byte 16"));
	assert_false(msg_parse("bot nme=1", &out, &err));
	assert_false(msg_parse("bat", &out, &err));
}

static void json_escapes_and_says_null_for_nan(void **state)
{
	(void)state;
	struct msg_any any = parse("pair name=\"a\\\"\\n\"");
	autostr struct str out = STR_INIT;
	msg_json(any.kind, any.body, &out);
	assert_string_equal(out.text, "{\"name\":\"a\\\"\\u000a\",\"value\":\"\"}");
	msg_any_release(&any);
	any = parse("sample value=nan");
	str_clear(&out);
	msg_json(any.kind, any.body, &out);
	assert_string_equal(out.text, "{\"name\":\"\",\"labels\":\"\",\"value\":null,\"id\":0}");
	msg_any_release(&any);
}

static void json_is_utf_8_whatever_a_text_holds(void **state)
{
	(void)state;
	struct msg_any any = parse("pair name=\"a\"");
	struct msg_pair *pair = any.body;
	autostr struct str out = STR_INIT;
	(void)msg_set(&pair->value, "\xff\xed\xa0\x80 \xc3\xa4\x7f");
	msg_json(any.kind, any.body, &out);
	assert_string_equal(out.text,
		"{\"name\":\"a\",\"value\":\"\\ufffd\\ufffd\\ufffd\\ufffd \xc3\xa4\\u007f\"}");
	msg_any_release(&any);
}

static void json_times_are_rfc_3339_under_a_name_without_the_unit(void **state)
{
	(void)state;
	struct msg_any any = parse("worker_seen id=\"0\" seen_ms=1700000000123");
	autostr struct str out = STR_INIT;
	msg_json(any.kind, any.body, &out);
	assert_string_equal(out.text, "{\"id\":\"0\",\"seen\":\"2023-11-14T22:13:20.123Z\"}");
	msg_any_release(&any);
}

static void every_time_is_named_as_one(void **state)
{
	(void)state;
	for (size_t i = 0; msg_info_at(i); i++)
		for (size_t f = 0; f < msg_info_at(i)->field_count; f++) {
			const struct msg_field *field = &msg_info_at(i)->fields[f];
			if (field->type == MSG_T_TIME)
				assert_string_equal(field->name + strlen(field->name) - 3, "_ms");
		}
}

static void an_entity_id_is_exact_as_a_json_number(void **state)
{
	(void)state;
	for (char name[2] = "a"; name[0] <= 'z'; name[0]++) {
		uint64_t id = entity_id("bot", name);
		assert_true(id > 0 && id < UINT64_C(1) << 53);
		assert_true((uint64_t)(double)id == id);
	}
}

/* The part of a name that JSON shows. */
static size_t json_length(const struct msg_field *field)
{
	return strlen(field->name) - (field->type == MSG_T_TIME ? strlen("_ms") : 0);
}

static void no_two_fields_of_a_message_have_the_same_name_in_json(void **state)
{
	(void)state;
	const struct msg_info *info;
	for (size_t kind = 0; (info = msg_info_at(kind)); kind++)
		for (size_t i = 0; i < info->field_count; i++)
			for (size_t j = 0; j < i; j++) {
				const struct msg_field *a = &info->fields[i], *b = &info->fields[j];
				if (json_length(a) == json_length(b) &&
					strncmp(a->name, b->name, json_length(a)) == 0)
					fail_msg("%s: %s and %s", info->name, a->name, b->name);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_encoded_is_decoded_the_same),
		cmocka_unit_test(elements_of_every_length_are_decoded_the_same),
		cmocka_unit_test(a_time_beyond_every_clock_is_none),
		cmocka_unit_test(a_cut_frame_asks_for_more_and_never_for_less),
		cmocka_unit_test(a_frame_over_the_limit_is_refused_before_it_is_read),
		cmocka_unit_test(an_unknown_kind_is_skipped_whole),
		cmocka_unit_test(damaged_frames_are_refused_or_read_but_never_harm),
		cmocka_unit_test(copies_are_deep_and_equal_but_for_the_revision),
		cmocka_unit_test(two_messages_are_equal_when_their_bytes_are),
		cmocka_unit_test(numbers_and_tags_are_unique_and_sorted),
		cmocka_unit_test(observations_are_known_by_their_numbers),
		cmocka_unit_test(bad_text_is_refused_with_its_byte),
		cmocka_unit_test(no_two_fields_of_a_message_have_the_same_name_in_json),
		cmocka_unit_test(json_times_are_rfc_3339_under_a_name_without_the_unit),
		cmocka_unit_test(every_time_is_named_as_one),
		cmocka_unit_test(an_entity_id_is_exact_as_a_json_number),
		cmocka_unit_test(json_escapes_and_says_null_for_nan),
		cmocka_unit_test(json_is_utf_8_whatever_a_text_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
