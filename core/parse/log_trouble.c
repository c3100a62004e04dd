/* SPDX-License-Identifier: MIT */
#include "core/parse/log_trouble.h"

#include <pthread.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/limits.h"
#include "core/base/needles.h"
#include "core/base/scan.h"

enum {
	SEARCHED_BYTES = 2048,
	NUMBER_WITHIN = 40, /* of the words that announce it */
	SLOT_BITS = 8,
	SLOTS = 1 << SLOT_BITS,
};

const char *log_trouble_word(enum log_trouble kind)
{
	static const char *const words[TROUBLES] = {
		[TROUBLE_NONE] = "-",
		[TROUBLE_CONFLICT] = "conflict",
		[TROUBLE_WEBHOOK_SET] = "webhook_set",
		[TROUBLE_UNAUTHORIZED] = "unauthorized",
		[TROUBLE_FLOOD] = "flood",
		[TROUBLE_BLOCKED] = "blocked",
		[TROUBLE_ENTITIES] = "parse",
		[TROUBLE_MEMORY] = "memory",
		[TROUBLE_UNREACHABLE] = "unreachable",
		[TROUBLE_TRACEBACK] = "traceback",
		[TROUBLE_SECRET] = "secret",
		[TROUBLE_HANDLED] = "handled",
	};
	return (unsigned)kind < TROUBLES ? words[kind] : "-";
}

/* Words in lower case, of which the first stands at the start of a word. `also` must stand in the line too; `calm`: also looked for in lines below a
 * warning. */
struct sign {
	const char *words;
	enum log_trouble kind;
	const char *also;
	bool calm;
};

/* The first that fits counts. */
/* clang-format off */
static const struct sign signs[] = {
	{"terminated by other getupdates", TROUBLE_CONFLICT, NULL, true},
	{"terminated by other long poll", TROUBLE_CONFLICT, NULL, false},
	{"terminated by setwebhook", TROUBLE_WEBHOOK_SET, NULL, false},
	{"while webhook is active", TROUBLE_WEBHOOK_SET, NULL, false},
	{"blocked by the user", TROUBLE_BLOCKED, NULL, false},
	{"user is deactivated", TROUBLE_BLOCKED, NULL, false},
	{"bot was kicked from", TROUBLE_BLOCKED, NULL, false},
	{"bot can't initiate conversation", TROUBLE_BLOCKED, NULL, false},
	{"invalid token specified", TROUBLE_UNAUTHORIZED, NULL, false},
	{"telegramunauthorizederror", TROUBLE_UNAUTHORIZED, NULL, false},
	{"was rejected by the server", TROUBLE_UNAUTHORIZED, "token", false},
	{"401: unauthorized", TROUBLE_UNAUTHORIZED, NULL, false},
	{"description: unauthorized", TROUBLE_UNAUTHORIZED, NULL, false},
	{"unauthorized", TROUBLE_UNAUTHORIZED, "telegram", false},
	{"unauthorized", TROUBLE_UNAUTHORIZED, "getupdates", false},
	{"unauthorized", TROUBLE_UNAUTHORIZED, "getting updates", false},
	{"invalid token; aborting", TROUBLE_UNAUTHORIZED, NULL, false},
	{"authkeyunregistered", TROUBLE_UNAUTHORIZED, NULL, false},
	{"auth_key_unregistered", TROUBLE_UNAUTHORIZED, NULL, false},
	{"too many requests: retry after", TROUBLE_FLOOD, NULL, true},
	{"retry_after", TROUBLE_FLOOD, "429", true},
	{"retry_after", TROUBLE_FLOOD, "flood", true},
	{"retry in", TROUBLE_FLOOD, "flood", true},
	{"flood control exceeded", TROUBLE_FLOOD, NULL, true},
	{"sleeping for", TROUBLE_FLOOD, "flood", true},
	{"a wait of", TROUBLE_FLOOD, "flood", true},
	{"a wait of", TROUBLE_FLOOD, "(caused by", true},
	{"sleeping early for", TROUBLE_FLOOD, "flood", true},
	{"waiting for", TROUBLE_FLOOD, "seconds before continuing (required by", true},
	{"flood_wait", TROUBLE_FLOOD, NULL, true},
	{"floodwait", TROUBLE_FLOOD, NULL, true},
	{"too many requests", TROUBLE_FLOOD, "telegram", false},
	{"user_is_blocked", TROUBLE_BLOCKED, NULL, false},
	{"user is blocked", TROUBLE_BLOCKED, "(caused by", false},
	{"can't parse entities", TROUBLE_ENTITIES, NULL, false},
	{"memoryerror", TROUBLE_MEMORY, NULL, false},
	{"oomkilled", TROUBLE_MEMORY, NULL, false},
	{"out of memory", TROUBLE_MEMORY, NULL, false},
	{"econnrefused", TROUBLE_UNREACHABLE, "telegram", false},
	{"etimedout", TROUBLE_UNREACHABLE, "telegram", false},
	{"enotfound", TROUBLE_UNREACHABLE, "telegram", false},
	{"connection refused", TROUBLE_UNREACHABLE, "telegram", false},
	{"cannot connect to host", TROUBLE_UNREACHABLE, "telegram", false},
	{"network request for", TROUBLE_UNREACHABLE, "failed", false},
	{"efatal: ", TROUBLE_UNREACHABLE, "polling_error", false},
	{"max retries exceeded", TROUBLE_UNREACHABLE, "telegram", false},
	{"read timed out", TROUBLE_UNREACHABLE, "telegram", false},
	{"timed out", TROUBLE_UNREACHABLE, "getting updates", false},
	{"timed out", TROUBLE_UNREACHABLE, "telegram.error", false},
	{"httpx.connecterror", TROUBLE_UNREACHABLE, "telegram", false},
	{"traceback (most recent call last)", TROUBLE_TRACEBACK, NULL, false},
	{"is handled. duration", TROUBLE_HANDLED, NULL, true},
	{"handled in", TROUBLE_HANDLED, NULL, true},
};
/* clang-format on */

/* What is said of the signs below, made once: where one may begin, and those with the same start in order. */
struct index {
	struct needles needles;
	uint8_t first[SLOTS], next[COUNT_OF(signs)]; /* a sign's number and 1; 0: no more */
	uint8_t lengths[COUNT_OF(signs)];
	uint64_t starts[COUNT_OF(signs)]; /* eight bytes, which all signs have */
};

/* Letters in small ones; of other bytes some are taken for others. */
static uint64_t folded(const char *text)
{
	uint64_t word;
	memcpy(&word, text, sizeof(word));
	return word | SCAN_ONES * 0x20;
}

static size_t slot_of(uint64_t start)
{
	return start * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SLOT_BITS);
}

static struct index calm_signs, all_signs;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_index(struct index *index, bool calm)
{
	for (size_t i = COUNT_OF(signs); i > 0; i--) {
		const struct sign *sign = &signs[i - 1];
		if (calm && !sign->calm)
			continue;
		uint64_t start = folded(sign->words);
		uint8_t *first = &index->first[slot_of(start)];
		index->next[i - 1] = *first;
		index->lengths[i - 1] = (uint8_t)strlen(sign->words);
		index->starts[i - 1] = start;
		*first = (uint8_t)i;
		needles_add(&index->needles, sign->words);
	}
	needles_end(&index->needles);
}

static void make_indexes(void)
{
	make_index(&calm_signs, true);
	make_index(&all_signs, false);
}

enum { LOWERED_AT_ONCE = 16 };

typedef uint8_t letters __attribute__((vector_size(LOWERED_AT_ONCE)));

static void lower_some(const char *text, char *to)
{
	letters some;
	memcpy(&some, text, sizeof(some));
	some |= (letters)((some >= 'A') & (some <= 'Z')) & 0x20;
	memcpy(to, &some, sizeof(some));
}

static void lower(const char *text, size_t length, char *to)
{
	size_t at = 0;
	for (; at + LOWERED_AT_ONCE <= length; at += LOWERED_AT_ONCE)
		lower_some(text + at, to + at);
	if (at < length && length >= LOWERED_AT_ONCE) {
		at = length - LOWERED_AT_ONCE; /* some of them once more */
		lower_some(text + at, to + at);
		return;
	}
	for (; at < length; at++)
		to[at] = (char)(text[at] >= 'A' && text[at] <= 'Z' ? text[at] + 32 : text[at]);
}

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* The first whole number within reach, capped; -1 when there is none. `ret_end` is behind its
 * digits. */
static int64_t number_near(const char *text, size_t length, size_t *ret_end)
{
	size_t at = 0, reach = length < NUMBER_WITHIN ? length : NUMBER_WITHIN;
	int64_t number = 0;
	while (at < reach && !is_digit(text[at]))
		at++;
	if (at == reach)
		return -1;
	for (; at < length && is_digit(text[at]); at++)
		number = number < INT32_MAX ? number * 10 + (text[at] - '0') : number;
	*ret_end = at;
	return number;
}

static int64_t retry_after(const char *text, size_t length)
{
	size_t end;
	int64_t wait_s = number_near(text, length, &end);
	return wait_s < 0 ? 0 : wait_s < LIMIT_RETRY_AFTER_S ? wait_s : LIMIT_RETRY_AFTER_S;
}

/* `338492 ms`, `12.5 ms`, `2 s`; false without a unit. */
static bool duration(const char *text, size_t length, int64_t *ret_ms)
{
	size_t at = 0;
	int64_t value = number_near(text, length, &at);
	if (value < 0)
		return false;
	while (at < length && (text[at] == '.' || is_digit(text[at])))
		at++;
	at += at < length && text[at] == ' ';
	const char *unit = text + at;
	bool is_ms = length - at >= 2 && memcmp(unit, "ms", 2) == 0;
	bool is_s = length - at >= 1 && *unit == 's';
	if (is_ms || is_s)
		*ret_ms = is_ms ? value : value * 1000;
	return is_ms || is_s;
}

static bool read_sign(
	const struct sign *sign, const char *after, size_t left, struct log_trouble_find *find)
{
	find->kind = sign->kind;
	if (sign->kind == TROUBLE_FLOOD)
		find->retry_after_s = retry_after(after, left);
	return sign->kind != TROUBLE_HANDLED || duration(after, left, &find->duration_ms);
}

/* A text, and the same in small letters as soon as it is needed. */
struct lowered {
	const char *text;
	size_t size;
	bool is_done;
	char small[SEARCHED_BYTES];
};

static const char *small_letters(struct lowered *lowered)
{
	if (!lowered->is_done)
		lower(lowered->text, lowered->size, lowered->small);
	lowered->is_done = true;
	return lowered->small;
}

static bool is_word_char(char ch)
{
	char small = (char)(ch | 0x20);
	return (small >= 'a' && small <= 'z') || is_digit(ch) || ch == '_';
}

/* The sign stands there, and what must stand in the line too. */
static bool stands(const struct sign *sign, struct lowered *lowered, size_t at, size_t length)
{
	const char *small = small_letters(lowered);
	return memcmp(small + at, sign->words, length) == 0 &&
	       (!sign->also || memmem(small, lowered->size, sign->also, strlen(sign->also)));
}

/* The best sign that stands at a place, if it is better than `best`. */
static size_t best_at(const struct index *index, struct lowered *lowered, size_t at, size_t best,
	struct log_trouble_find *find)
{
	size_t left = lowered->size - at;
	uint64_t start = left < sizeof(start) ? 0 : folded(lowered->text + at);
	for (size_t i = index->first[slot_of(start)]; i && i <= best; i = index->next[i - 1]) {
		const struct sign *sign = &signs[i - 1];
		struct log_trouble_find read = {0};
		size_t length = index->lengths[i - 1];
		if (index->starts[i - 1] != start || length > left ||
			!stands(sign, lowered, at, length))
			continue;
		if (!read_sign(sign, lowered->small + at + length, left - length, &read))
			continue;
		*find = read;
		return i - 1;
	}
	return best;
}

/* Nearly all lines have no place at which a sign may begin. */
struct log_trouble_find log_trouble_of(const char *text, size_t length, enum log_level level)
{
	struct lowered lowered;
	struct log_trouble_find find = {0};
	size_t size = length < SEARCHED_BYTES ? length : SEARCHED_BYTES, best = COUNT_OF(signs);
	bool calm = level != LOG_LEVEL_NONE && level < LOG_LEVEL_WARN;
	const struct index *index = calm ? &calm_signs : &all_signs;
	pthread_once(&once, make_indexes);
	lowered.text = text;
	lowered.size = size;
	lowered.is_done = false;
	for (size_t from = 0; from < size; from += NEEDLES_PLACES) {
		uint64_t places = needles_places(&index->needles, text, size, from);
		for (; places; places &= places - 1) {
			size_t at = from + (size_t)__builtin_ctzll(places);
			if (!at || !is_word_char(text[at - 1]))
				best = best_at(index, &lowered, at, best, &find);
		}
	}
	return find;
}
