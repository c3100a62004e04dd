/* SPDX-License-Identifier: MIT */
/* Replies of RESP2 out of pieces of any size. hiredis' reader says what is in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/parse/resp.h"
#include "tests/support/resp_items.h"

enum { BYTES_MAX = 1 << 20, ROUNDS = 3000 };

#define XREAD_REPLY                                                                                \
	"*2\r\n*2\r\n$10\r\nevents:one\r\n*2\r\n"                                                  \
	"*2\r\n$15\r\n1700000000000-0\r\n*4\r\n$3\r\nmsg\r\n$12\r\nit is\r\nhere.\r\n"             \
	"$5\r\nlevel\r\n$0\r\n\r\n"                                                                \
	"*2\r\n$15\r\n1700000000000-1\r\n*2\r\n$3\r\nmsg\r\n"                                      \
	"$120\r\n"                                                                                 \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"89012345678901234567890123456789\r\n"                                                     \
	"*2\r\n$3\r\ntwo\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*0\r\n"

/* As servers say them. */
static const char *const replies[] = {
	XREAD_REPLY,
	"*-1\r\n",
	"$-1\r\n",
	"+OK\r\n",
	"+\r\n",
	"-NOPERM this user has no permissions to run the 'xread' command\r\n",
	"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
	"-LOADING Redis is loading the dataset in memory\r\n",
	":0\r\n:-1\r\n:9223372036854775807\r\n:-9223372036854775808\r\n",
	"*0\r\n",
	"*3\r\n:1\r\n$-1\r\n*-1\r\n",
	"*2\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n$1\r\na\r\n$1\r\nb\r\n",
	"*2\r\n-ERR inside\r\n+OK\r\n+OK\r\n",
	"$7\r\nalone\r\n\r\n",
};

/* ---- pieces ---- */

static size_t at_once(void *context, size_t left)
{
	(void)context;
	return left;
}

static size_t byte_by_byte(void *context, size_t left)
{
	(void)context;
	(void)left;
	return 1;
}

/* The first piece is of so many bytes, the other one is the rest. */
static size_t parted(void *context, size_t left)
{
	size_t *at = context, part = *at && *at < left ? *at : left;
	*at = 0;
	return part;
}

static size_t by_chance(void *context, size_t left)
{
	return 1 + rng_below(context, left < 40 ? left : 40);
}

static void assert_items(const char *bytes, size_t length, resp_piece *piece, void *context)
{
	autostr struct str ours = STR_INIT, theirs = STR_INIT;
	struct err err;
	resp_items_ours(bytes, length, BYTES_MAX, piece, context, &ours, &err);
	assert_string_equal(err.text, "");
	assert_true(resp_items_hiredis(bytes, length, &theirs));
	assert_int_equal(ours.length, theirs.length);
	assert_memory_equal(ours.text, theirs.text, ours.length);
}

static void a_reply_is_the_same_wherever_it_is_parted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(replies); i++) {
		size_t length = strlen(replies[i]);
		assert_items(replies[i], length, at_once, NULL);
		assert_items(replies[i], length, byte_by_byte, NULL);
		for (size_t at = 1; at < length; at++) {
			size_t part = at;
			assert_items(replies[i], length, parted, &part);
		}
	}
}

/* ---- by chance ---- */

static void add_text(struct rng *rng, struct str *to, const char *alphabet, size_t length)
{
	size_t letters = strlen(alphabet) + 1; /* and NUL */
	while (length--)
		str_addch(to, alphabet[rng_below(rng, letters)]);
}

static void add_line(struct rng *rng, struct str *to, char mark)
{
	str_addch(to, mark);
	add_text(rng, to, "ab $*:", rng_below(rng, 30));
	str_adds(to, "\r\n");
}

static void add_string(struct rng *rng, struct str *to)
{
	size_t length = rng_below(rng, rng_below(rng, 20) ? 30 : 12000);
	str_addf(to, "$%zu\r\n", length);
	add_text(rng, to, "ab\r\n$*1", length);
	str_adds(to, "\r\n");
}

static void add_number(struct rng *rng, struct str *to)
{
	str_addf(to, ":%lld\r\n", (long long)(int64_t)(rng_next(rng) >> rng_below(rng, 64)));
}

static void add_reply(struct rng *rng, struct str *to, int depth)
{
	unsigned what = (unsigned)rng_below(rng, depth < RESP_DEPTH_MAX ? 12 : 8);
	if (what < 4) {
		add_string(rng, to);
	} else if (what < 6) {
		add_line(rng, to, what == 4 ? '+' : '-');
	} else if (what == 6) {
		add_number(rng, to);
	} else if (what == 7) {
		str_adds(to, depth < RESP_DEPTH_MAX && rng_below(rng, 2) ? "*-1\r\n" : "$-1\r\n");
	} else {
		size_t count = rng_below(rng, 5);
		str_addf(to, "*%zu\r\n", count);
		while (count--)
			add_reply(rng, to, depth + 1);
	}
}

static void any_reply_is_what_hiredis_reads_in_it(void **state)
{
	struct rng rng;
	(void)state;
	rng_init(&rng, 11);
	for (int round = 0; round < ROUNDS; round++) {
		autostr struct str bytes = STR_INIT;
		for (size_t i = rng_below(&rng, 4) + 1; i; i--)
			add_reply(&rng, &bytes, 0);
		assert_items(bytes.text, bytes.length, by_chance, &rng);
	}
}

/* We are the stricter ones: what we take they take, and as the same. */
static void what_is_no_reply_to_hiredis_is_none_to_us(void **state)
{
	static const char marks[] = "$*:+-\r\n0123456789 x";
	struct rng rng;
	(void)state;
	rng_init(&rng, 12);
	for (int round = 0; round < 4 * ROUNDS; round++) {
		autostr struct str bytes = STR_INIT, ours = STR_INIT, theirs = STR_INIT;
		struct err err;
		add_reply(&rng, &bytes, 0);
		for (size_t i = rng_below(&rng, 3) + 1; i; i--)
			bytes.text[rng_below(&rng, bytes.length)] =
				marks[rng_below(&rng, sizeof(marks) - 1)];
		resp_items_ours(bytes.text, bytes.length, BYTES_MAX, by_chance, &rng, &ours, &err);
		bool is_good = resp_items_hiredis(bytes.text, bytes.length, &theirs);
		assert_true(ours.length <= theirs.length);
		assert_memory_equal(ours.text, theirs.text, ours.length);
		if (is_good && err.code == ERR_NONE)
			assert_int_equal(ours.length, theirs.length);
	}
}

/* ---- nonsense ---- */

#define DEEP_8 "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"

static const struct nonsense {
	const char *bytes;
	enum err_code code;
	const char *words;
} nonsenses[] = {
	{"HTTP/1.1 400 Bad Request\r\n", ERR_PROTOCOL, "an item of an unknown kind"},
	{"\r\n", ERR_PROTOCOL, "an item of an unknown kind"},
	{"_\r\n", ERR_PROTOCOL, "an item of an unknown kind"},
	{"$536870912\r\nabc", ERR_LIMIT, "a part of a reply of more than 1 MiB"},
	{"$1048577\r\nabc", ERR_LIMIT, "a part of a reply of more than 1 MiB"},
	{"$9223372036854775807\r\nabc", ERR_LIMIT, "a part of a reply of more than 1 MiB"},
	{"$9223372036854775808\r\nabc", ERR_PROTOCOL, "the length of a string"},
	{"$99999999999999999999\r\nabc", ERR_PROTOCOL, "the length of a string"},
	{"$-2\r\n", ERR_PROTOCOL, "the length of a string"},
	{"$-0\r\n\r\n", ERR_PROTOCOL, "the length of a string"},
	{"$\r\n\r\n", ERR_PROTOCOL, "the length of a string"},
	{"$-\r\n", ERR_PROTOCOL, "the length of a string"},
	{"$01\r\na\r\n", ERR_PROTOCOL, "the length of a string"},
	{"$+1\r\na\r\n", ERR_PROTOCOL, "the length of a string"},
	{"$ 1\r\na\r\n", ERR_PROTOCOL, "the length of a string"},
	{"$1a\r\na\r\n", ERR_PROTOCOL, "the length of a string"},
	{"$1\ra\r\n", ERR_PROTOCOL, "the length of a string"},
	{"$1\n\na\r\n", ERR_PROTOCOL, "the length of a string"},
	{"$1\r\nabc\r\n", ERR_PROTOCOL, "does not end where it says"},
	{"$3\r\na\r\n$1\r\na\r\n", ERR_PROTOCOL, "does not end where it says"},
	{"*1\r\n$1\r\nab\r\n", ERR_PROTOCOL, "does not end where it says"},
	{"*1\r\n$01\r\na\r\n", ERR_PROTOCOL, "the length of a string"},
	{"*-2\r\n", ERR_PROTOCOL, "the length of an array"},
	{"*x\r\n", ERR_PROTOCOL, "the length of an array"},
	{"*2147483648\r\n", ERR_PROTOCOL, "the length of an array"},
	{":\r\n", ERR_PROTOCOL, "a number of a reply"},
	{":1.5\r\n", ERR_PROTOCOL, "a number of a reply"},
	{":9223372036854775808\r\n", ERR_PROTOCOL, "a number of a reply"},
	{":-9223372036854775809\r\n", ERR_PROTOCOL, "a number of a reply"},
	{"+a\rb\r\n", ERR_PROTOCOL, "a line of a reply"},
	{"-a\nb\r\n", ERR_PROTOCOL, "a line of a reply"},
	{DEEP_8 "*1\r\n", ERR_PROTOCOL, "too many arrays in each other"},
	{DEEP_8 "*-1\r\n", ERR_PROTOCOL, "too many arrays in each other"},
};

static void nonsense_is_refused_with_what_is_wrong_in_it(void **state)
{
	static resp_piece *const pieces[] = {at_once, byte_by_byte};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(nonsenses); i++)
		for (size_t j = 0; j < COUNT_OF(pieces); j++) {
			const struct nonsense *bad = &nonsenses[i];
			autostr struct str items = STR_INIT;
			struct err err;
			resp_items_ours(bad->bytes, strlen(bad->bytes), BYTES_MAX, pieces[j], NULL,
				&items, &err);
			if (err.code != bad->code || !strstr(err.text, bad->words))
				fail_msg("%s: %d, %s", bad->bytes, (int)err.code, err.text);
		}
}

/* A peer that only announces costs nothing, and what is wrong stays wrong. */
static void what_is_announced_takes_no_memory(void **state)
{
	static const char much[] = "*2147483647\r\n*2147483647\r\n$1000000\r\nabc";
	struct resp resp;
	struct resp_item item;
	struct err err;
	(void)state;
	resp_init(&resp, BYTES_MAX);
	resp_feed(&resp, much, sizeof(much) - 1);
	assert_int_equal(resp_next(&resp, &item, &err), RESP_ITEM);
	assert_int_equal(item.count, INT32_MAX);
	assert_int_equal(resp_next(&resp, &item, &err), RESP_ITEM);
	assert_int_equal(resp_next(&resp, &item, &err), RESP_MORE);
	assert_true(resp.size <= 64 << 10);
	resp_release(&resp);
	resp_init(&resp, BYTES_MAX);
	resp_feed(&resp, "!\r\n+OK\r\n", 8);
	assert_int_equal(resp_next(&resp, &item, &err), RESP_BAD);
	assert_int_equal(resp_next(&resp, &item, &err), RESP_BAD);
	resp_release(&resp);
}

static void a_line_without_an_end_is_not_kept_for_ever(void **state)
{
	struct resp resp;
	struct resp_item item;
	struct err err = {.code = ERR_NONE};
	size_t fed = 0, size;
	(void)state;
	resp_init(&resp, BYTES_MAX);
	resp_feed(&resp, "-", 1);
	while (resp_next(&resp, &item, &err) == RESP_MORE && fed < 2 * BYTES_MAX) {
		char *to = resp_room(&resp, &size);
		memset(to, 'x', size);
		resp_received(&resp, size);
		fed += size;
	}
	assert_int_equal(err.code, ERR_LIMIT);
	assert_true(fed < 2 * BYTES_MAX);
	assert_true(resp.size <= 4 * BYTES_MAX);
	resp_release(&resp);
}

static void a_long_string_is_whole_and_its_memory_is_not_kept(void **state)
{
	autofree char *text = xmalloc(BYTES_MAX);
	struct resp resp;
	struct resp_item item;
	struct err err;
	size_t size;
	(void)state;
	for (size_t i = 0; i < BYTES_MAX; i++)
		text[i] = (char)(i % 251);
	resp_init(&resp, BYTES_MAX);
	resp_feed(&resp, "*1\r\n$1048576\r\n", 14);
	assert_int_equal(resp_next(&resp, &item, &err), RESP_ITEM);
	for (size_t at = 0; at < BYTES_MAX; at += 4096) {
		assert_int_equal(resp_next(&resp, &item, &err), RESP_MORE);
		resp_feed(&resp, text + at, 4096);
	}
	resp_feed(&resp, "\r\n", 2);
	assert_int_equal(resp_next(&resp, &item, &err), RESP_ITEM);
	assert_int_equal(item.length, BYTES_MAX);
	assert_true(item.is_last);
	assert_memory_equal(item.text, text, BYTES_MAX);
	assert_int_equal(resp_next(&resp, &item, &err), RESP_END);
	(void)!resp_room(&resp, &size);
	assert_true(resp.size <= 64 << 10);
	resp_release(&resp);
}

static void what_lies_behind_a_reply_is_given_away_unread(void **state)
{
	static const char two[] = "*1\r\n:5\r\n+PONG\r\n$3";
	struct resp resp;
	struct resp_item item;
	struct err err;
	size_t length;
	(void)state;
	resp_init(&resp, BYTES_MAX);
	resp_feed(&resp, two, sizeof(two) - 1);
	while (resp_next(&resp, &item, &err) == RESP_ITEM)
		;
	const char *rest = resp_take_rest(&resp, &length);
	assert_int_equal(length, 9);
	assert_memory_equal(rest, "+PONG\r\n$3", length);
	assert_int_equal(resp_next(&resp, &item, &err), RESP_MORE);
	resp_feed(&resp, "+again\r\n", 8);
	assert_int_equal(resp_next(&resp, &item, &err), RESP_ITEM);
	assert_int_equal(item.kind, RESP_STATUS);
	assert_int_equal(item.length, 5);
	resp_release(&resp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_is_the_same_wherever_it_is_parted),
		cmocka_unit_test(any_reply_is_what_hiredis_reads_in_it),
		cmocka_unit_test(what_is_no_reply_to_hiredis_is_none_to_us),
		cmocka_unit_test(nonsense_is_refused_with_what_is_wrong_in_it),
		cmocka_unit_test(what_is_announced_takes_no_memory),
		cmocka_unit_test(a_line_without_an_end_is_not_kept_for_ever),
		cmocka_unit_test(a_long_string_is_whole_and_its_memory_is_not_kept),
		cmocka_unit_test(what_lies_behind_a_reply_is_given_away_unread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
