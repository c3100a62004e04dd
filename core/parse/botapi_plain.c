/* SPDX-License-Identifier: MIT */
#include "core/parse/botapi_plain.h"

#include <string.h>

enum { DIGITS_MAX = 18 }; /* fit into 64 bits whatever they are */

struct scan {
	const char *at, *end;
};

enum plain_type { PLAIN_TEXT, PLAIN_INTEGER, PLAIN_BOOL, PLAIN_NULL };

struct value {
	enum plain_type type;
	const char *text; /* not terminated */
	size_t length;
	int64_t integer;
	bool truth;
};

static void skip_blanks(struct scan *scan)
{
	while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4))
		scan->at++;
}

static bool take(struct scan *scan, char wanted)
{
	skip_blanks(scan);
	if (scan->at == scan->end || *scan->at != wanted)
		return false;
	scan->at++;
	return true;
}

static bool take_text(struct scan *scan, struct value *value)
{
	if (!take(scan, '"'))
		return false;
	value->type = PLAIN_TEXT;
	value->text = scan->at;
	while (scan->at < scan->end && *scan->at >= ' ' && *scan->at <= '~' && *scan->at != '"' &&
		*scan->at != '\\')
		scan->at++;
	value->length = (size_t)(scan->at - value->text);
	return take(scan, '"') && value->text[value->length] == '"';
}

static bool is_digit(const struct scan *scan)
{
	return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

/* What follows must end it: `1.5`, `1e3` and `01` are for the document. */
static bool take_integer(struct scan *scan, struct value *value)
{
	bool is_negative = *scan->at == '-';
	scan->at += is_negative;
	const char *first = scan->at;
	value->type = PLAIN_INTEGER;
	value->integer = 0;
	for (; is_digit(scan) && scan->at - first < DIGITS_MAX; scan->at++)
		value->integer = value->integer * 10 + (*scan->at - '0');
	bool is_whole = scan->at > first && (*first != '0' || scan->at == first + 1) &&
			scan->at < scan->end && memchr(",} \t\r\n", *scan->at, 6);
	if (is_negative)
		value->integer = -value->integer;
	return is_whole;
}

static bool take_word(struct scan *scan, struct value *value)
{
	static const struct {
		const char *word;
		struct value value;
	} words[] = {{"true", {.type = PLAIN_BOOL, .truth = true}}, {"false", {.type = PLAIN_BOOL}},
		{"null", {.type = PLAIN_NULL}}};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		size_t length = strlen(words[i].word);
		if ((size_t)(scan->end - scan->at) <= length ||
			memcmp(scan->at, words[i].word, length) != 0)
			continue;
		scan->at += length;
		*value = words[i].value;
		return true;
	}
	return false;
}

static bool take_value(struct scan *scan, struct value *value)
{
	skip_blanks(scan);
	if (scan->at == scan->end)
		return false;
	if (*scan->at == '"')
		return take_text(scan, value);
	return *scan->at == '-' || is_digit(scan) ? take_integer(scan, value)
						  : take_word(scan, value);
}

static bool is_key(const struct value *key, const char *word)
{
	return strlen(word) == key->length && memcmp(key->text, word, key->length) == 0;
}

static bool take_key(struct scan *scan, struct value *key)
{
	skip_blanks(scan);
	return take_text(scan, key) && take(scan, ':');
}

/* ---- the result ---- */

#define MEMBER(type, key, field)                                                                   \
	{                                                                                          \
		key, type, offsetof(struct botapi_webhook, field),                                 \
			sizeof(((struct botapi_webhook *)0)->field)                                \
	}
static const struct member {
	const char *key;
	enum plain_type type;
	size_t offset, size;
} members[] = {
	MEMBER(PLAIN_TEXT, "url", url),
	MEMBER(PLAIN_INTEGER, "pending_update_count", pending_update_count),
	MEMBER(PLAIN_BOOL, "has_custom_certificate", has_custom_certificate),
	MEMBER(PLAIN_TEXT, "ip_address", ip_address),
	MEMBER(PLAIN_INTEGER, "last_error_date", last_error_date_s),
	MEMBER(PLAIN_TEXT, "last_error_message", last_error_message),
	MEMBER(PLAIN_INTEGER, "last_synchronization_error_date", last_synchronization_error_date_s),
	MEMBER(PLAIN_INTEGER, "max_connections", max_connections),
};
enum { MUST_BE_THERE = 0x3 }; /* the first two */

static void put(const struct member *member, const struct value *value, struct botapi_webhook *to)
{
	char *field = (char *)to + member->offset;
	if (value->type == PLAIN_TEXT)
		memcpy(field, value->text,
			value->length < member->size ? value->length : member->size - 1);
	else if (value->type == PLAIN_INTEGER)
		*(int64_t *)(void *)field = value->integer < 0 ? 0 : value->integer;
	else
		*(bool *)field = value->truth;
}

/* A member that nobody asks for may be anything plain. */
static bool keep(const struct value *key, const struct value *value, unsigned *seen,
	struct botapi_webhook *to)
{
	for (unsigned i = 0; i < COUNT_OF(members); i++) {
		if (!is_key(key, members[i].key))
			continue;
		if (value->type != members[i].type || *seen >> i & 1)
			return false;
		*seen |= 1u << i;
		put(&members[i], value, to);
		return true;
	}
	return true;
}

static bool take_result(struct scan *scan, struct botapi_webhook *to)
{
	unsigned seen = 0;
	if (!take(scan, '{'))
		return false;
	do {
		struct value key, value;
		if (!take_key(scan, &key) || !take_value(scan, &value) ||
			!keep(&key, &value, &seen, to))
			return false;
	} while (take(scan, ','));
	return take(scan, '}') && (seen & MUST_BE_THERE) == MUST_BE_THERE;
}

bool botapi_plain_webhook(const char *body, size_t length, struct botapi_reply *ret_reply,
	struct botapi_webhook *ret_webhook)
{
	struct scan scan = {body, body + length};
	struct value key, ok;
	struct botapi_webhook webhook = {0};
	if (length > LIMIT_HTTP_BODY_BYTES || !take(&scan, '{') || !take_key(&scan, &key) ||
		!is_key(&key, "ok") || !take_value(&scan, &ok) || ok.type != PLAIN_BOOL ||
		!ok.truth || !take(&scan, ',') || !take_key(&scan, &key) ||
		!is_key(&key, "result") || !take_result(&scan, &webhook) || !take(&scan, '}'))
		return false;
	skip_blanks(&scan);
	if (scan.at != scan.end)
		return false;
	*ret_reply = (struct botapi_reply){.ok = true};
	*ret_webhook = webhook;
	return true;
}
