/* SPDX-License-Identifier: MIT */
/* The words of an action: what stands between {{ and }}. */
#include <string.h>

#include "core/alert/template/internal.h"
#include "core/base/str.h"
#include "core/conf/arena.h"
#include "core/series/promql/literal.h"

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static bool is_letter(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
}

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static void take(struct words *words, enum word_kind kind, size_t length)
{
	words->now.kind = kind;
	words->now.text = arena_text_n(words->arena, words->at, length);
	words->at += length;
}

static void fail(struct words *words, const char *why)
{
	words->now.kind = WORD_WRONG;
	words->now.text = arena_text(words->arena, "");
	words->wrong = why;
}

static size_t name_length(const char *at, const char *end)
{
	size_t length = 0;
	while (at + length < end && (is_letter(at[length]) || is_digit(at[length])))
		length++;
	return length;
}

/* Behind its last character; NULL: it does not end. */
static const char *end_of_text(const char *at, const char *end)
{
	char quote = *at++;
	while (at < end && *at != quote) {
		if (quote == '`' || *at != '\\')
			at++;
		else
			at += 2;
	}
	return at < end ? at + 1 : NULL;
}

static void take_text(struct words *words)
{
	autostr struct str text = STR_INIT;
	const char *end = end_of_text(words->at, words->end);
	size_t at = 0;
	if (!end) {
		fail(words, "a text does not end");
		return;
	}
	const char *why = literal_string(words->at, (size_t)(end - words->at), &text, &at);
	if (why || strlen(text.text) != text.length) {
		fail(words, why ? why : "a NUL byte in a text");
		return;
	}
	words->now.kind = WORD_TEXT;
	words->now.text = arena_text(words->arena, text.text);
	words->at = end;
}

static void take_number(struct words *words)
{
	const char *begin = words->at;
	bool is_minus = *begin == '-' || *begin == '+';
	size_t length = is_minus;
	while (begin + length < words->end &&
		(is_digit(begin[length]) || is_letter(begin[length]) || begin[length] == '.' ||
			((begin[length] == '-' || begin[length] == '+') &&
				(begin[length - 1] | 32) == 'e')))
		length++;
	if (!literal_number(begin + is_minus, length - is_minus, &words->now.number)) {
		fail(words, "this is no number");
		return;
	}
	words->now.number = *begin == '-' ? -words->now.number : words->now.number;
	words->now.is_whole = !memchr(begin, '.', length) && !memchr(begin, 'e', length);
	take(words, WORD_NUMBER, length);
}

static void take_sign(struct words *words)
{
	size_t left = (size_t)(words->end - words->at);
	if (left > 1 && words->at[0] == ':' && words->at[1] == '=')
		take(words, WORD_SIGN, 2);
	else if (strchr("|(),=", *words->at))
		take(words, WORD_SIGN, 1);
	else
		fail(words, "an unexpected character");
}

void words_next(struct words *words)
{
	const char *before = words->at;
	while (words->at < words->end && is_blank(*words->at))
		words->at++;
	words->now = (struct word){.kind = WORD_END, .is_joined = words->at == before};
	if (words->at == words->end)
		return;
	const char *at = words->at, *end = words->end;
	char next = at + 1 < end ? at[1] : '\0';
	if (*at == '"' || *at == '`')
		take_text(words);
	else if (is_digit(*at) || ((*at == '-' || *at == '+' || *at == '.') && is_digit(next)))
		take_number(words);
	else if (*at == '.')
		take(words, is_letter(next) ? WORD_FIELD : WORD_DOT, 1 + name_length(at + 1, end));
	else if (*at == '$')
		take(words, WORD_VARIABLE, 1 + name_length(at + 1, end));
	else if (is_letter(*at))
		take(words, WORD_NAME, name_length(at, end));
	else
		take_sign(words);
}
