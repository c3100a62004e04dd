/* SPDX-License-Identifier: MIT */
#include "core/base/redact_shape.h"

#include <string.h>
#include <strings.h>

#include "core/base/attr.h"
#include "core/base/redact.h"

enum {
	ID_DIGITS_MIN = 5,
	ID_DIGITS_MAX = 16,
	TOKEN_MIN = 24,
	BEARER_MIN = 16,
	URL_USERINFO_MAX = 1024,
};

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static bool is_token_char(char ch)
{
	char lower = (char)(ch | 0x20);
	return is_digit(ch) || (lower >= 'a' && lower <= 'z') || ch == '_' || ch == '-';
}

static bool has_at(const struct shape_text *text, size_t at, const char *word)
{
	size_t size = strlen(word);
	return at <= text->length && size <= text->length - at &&
	       strncasecmp(text->bytes + at, word, size) == 0;
}

static bool ends_at(const struct shape_text *text, size_t end, const char *word)
{
	size_t size = strlen(word);
	return size <= end && strncasecmp(text->bytes + end - size, word, size) == 0;
}

/* ---- Telegram tokens: digits, a separator (':' as such or encoded), the secret ---- */

static bool token(const struct shape_text *text, size_t at, size_t separator, struct span *ret_span)
{
	size_t digits = 0;
	while (digits < ID_DIGITS_MAX && digits < at && is_digit(text->bytes[at - digits - 1]))
		digits++;
	size_t start = at + separator, end = start;
	while (end < text->length && is_token_char(text->bytes[end]))
		end++;
	bool in_path = digits > 0 && ends_at(text, at - digits, "/bot");
	bool whole = digits >= ID_DIGITS_MIN && end - start >= TOKEN_MIN;
	bool cut = text->is_cut && digits >= ID_DIGITS_MIN && end == text->length;
	if (end == start || !(in_path || whole || cut))
		return false;
	*ret_span = (struct span){start, end};
	return true;
}

static bool encoded_token(const struct shape_text *text, size_t at, struct span *ret_span)
{
	if (has_at(text, at, "%3A"))
		return token(text, at, 3, ret_span);
	return has_at(text, at, "%253A") && token(text, at, 5, ret_span);
}

/* ---- scheme://user:password@host ---- */

static bool ends_url(char ch)
{
	return (unsigned char)ch <= ' ' || strchr("\"'<>\\`|", ch);
}

/* The last '@' of the authority. A password with an unencoded '/' pushes it further back: then the
 * "port" before the slash is no number, and the last '@' of the whole word counts. */
static size_t userinfo_end(const struct shape_text *text, size_t start)
{
	size_t found = 0, limit = start + URL_USERINFO_MAX;
	bool past_authority = false, number = true, in_port = false;
	for (size_t at = start; at < text->length && at < limit && !ends_url(text->bytes[at]);
		at++) {
		char ch = text->bytes[at];
		if (ch == '@')
			found = at;
		if (ch == '/' || ch == '?' || ch == '#') {
			if (found || number)
				break;
			past_authority = true;
		}
		if (!past_authority && in_port && !is_digit(ch))
			number = false;
		if (ch == ':')
			in_port = true;
	}
	return found;
}

static bool is_redacted(const struct shape_text *text, size_t at)
{
	return has_at(text, at, REDACTED);
}

static bool url_password(const struct shape_text *text, size_t at, struct span *ret_span)
{
	size_t start = at + strlen("://");
	size_t colon = start;
	while (colon < text->length && colon - start < URL_USERINFO_MAX &&
		text->bytes[colon] != ':' && text->bytes[colon] != '@' &&
		text->bytes[colon] != '/' && !ends_url(text->bytes[colon]))
		colon++;
	if (colon >= text->length || text->bytes[colon] != ':')
		return false;
	if (is_redacted(text, colon + 1))
		return false;
	size_t end = userinfo_end(text, start);
	if (!end && text->is_cut) {
		size_t last = colon + 1;
		while (last < text->length && !ends_url(text->bytes[last]) &&
			text->bytes[last] != '/')
			last++;
		end = last == text->length ? last : 0;
	}
	if (end <= colon + 1)
		return false;
	*ret_span = (struct span){colon + 1, end};
	return true;
}

/* ---- key=value, key: value, "key": "value" ---- */

struct key {
	const char *word; /* what the key ends with */
	size_t value_min; /* shorter values without quotes are words of prose or numbers */
};

/* clang-format off */
static const struct key keys[] = {
	{"password", 1}, {"passwd", 1}, {"passphrase", 1}, {"pwd", 1}, {"requirepass", 1}, {"masterauth", 1},
	{"authorization", 1}, {"secret", 8}, {"token", 8}, {"api_key", 8}, {"apikey", 8}, {"api-key", 8},
	{"access_key", 8}, {"secret_key", 8}, {"private_key", 8}, {"session_string", 8}, {"api_hash", 8},
	{"cookie", 8},
};
/* clang-format on */

/* Whether any of the keys ends with these two letters: most words are told apart by them. */
static bool may_end_key(const char *two)
{
	static const char ends[] = "rdwdsessthonetenyeyngshie";
	char first = (char)(two[0] | 0x20), second = (char)(two[1] | 0x20);
	for (size_t i = 0; i + 1 < sizeof(ends) - 1; i++) {
		if (ends[i] == first && ends[i + 1] == second)
			return true;
	}
	return false;
}

/* The key that ends before `at`, behind blanks and its closing quote. */
static const struct key *key_before(const struct shape_text *text, size_t at)
{
	size_t end = at;
	while (end > 0 && at - end < 2 && text->bytes[end - 1] == ' ')
		end--;
	if (end > 0 && (text->bytes[end - 1] == '"' || text->bytes[end - 1] == '\''))
		end--;
	if (end > 0 && text->bytes[end - 1] == '\\')
		end--;
	if (end < 3 || !may_end_key(text->bytes + end - 2))
		return NULL;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		if (ends_at(text, end, keys[i].word))
			return &keys[i];
	}
	return NULL;
}

static bool ends_value(char ch)
{
	return (unsigned char)ch <= ' ' || strchr("&;,\"')]}`|", ch);
}

static size_t word_end(const struct shape_text *text, size_t at)
{
	while (at < text->length && !ends_value(text->bytes[at]))
		at++;
	return at;
}

/* Where a value that opened with `quote` (after a backslash: `escaped`) closes; the end when it
 * does not. */
static size_t quote_end(const struct shape_text *text, size_t at, char quote, bool escaped)
{
	for (; at < text->length; at++) {
		if (escaped && text->bytes[at] == '\\' && at + 1 < text->length &&
			text->bytes[at + 1] == quote)
			return at;
		if (!escaped && text->bytes[at] == '\\')
			at++;
		else if (!escaped && text->bytes[at] == quote)
			return at;
	}
	return text->length;
}

/* `Bearer abc` is one value of two words. */
static size_t plain_end(const struct shape_text *text, size_t start)
{
	static const char *const schemes[] = {"bearer ", "basic ", "token ", "digest ", "bot "};
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		if (has_at(text, start, schemes[i]))
			return word_end(text, start + strlen(schemes[i]));
	}
	return word_end(text, start);
}

static bool key_value(const struct shape_text *text, size_t at, struct span *ret_span)
{
	const struct key *key = key_before(text, at);
	if (!key)
		return false;
	size_t start = at + 1, end;
	while (start < text->length && text->bytes[start] == ' ')
		start++;
	bool escaped = start + 1 < text->length && text->bytes[start] == '\\' &&
		       (text->bytes[start + 1] == '"' || text->bytes[start + 1] == '\'');
	start += escaped;
	bool quoted =
		start < text->length && (text->bytes[start] == '"' || text->bytes[start] == '\'');
	if (quoted) {
		end = quote_end(text, start + 1, text->bytes[start], escaped);
		start++;
	} else {
		end = plain_end(text, start);
		if (!text->is_cut && end - start < key->value_min)
			return false;
	}
	if (end <= start || end > text->length)
		return false;
	*ret_span = (struct span){start, end};
	return true;
}

/* ---- Bearer credentials without a key before them ---- */

static bool is_token68(char ch)
{
	return is_token_char(ch) || (ch && strchr(".~+/=", ch));
}

static bool bearer(const struct shape_text *text, size_t at, struct span *ret_span)
{
	if (!has_at(text, at, "bearer ") || (at && is_token_char(text->bytes[at - 1])))
		return false;
	size_t start = at + strlen("bearer "), end = start;
	bool has_digit = false;
	for (; end < text->length && is_token68(text->bytes[end]); end++)
		has_digit |= is_digit(text->bytes[end]);
	bool cut = text->is_cut && end == text->length && end > start;
	if (!cut && (!has_digit || end - start < BEARER_MIN))
		return false;
	*ret_span = (struct span){start, end};
	return true;
}

static bool find(const struct shape_text *text, size_t at, bool is_inside, struct span *ret_span)
{
	switch (text->bytes[at]) {
	case ':':
		if (has_at(text, at, "://"))
			return url_password(text, at, ret_span);
		return token(text, at, 1, ret_span) ||
		       (!is_inside && key_value(text, at, ret_span));
	case '=':
		return !is_inside && key_value(text, at, ret_span);
	case '%':
		return encoded_token(text, at, ret_span);
	default:
		return bearer(text, at, ret_span);
	}
}

bool redact_shape(const struct shape_text *text, size_t at, bool is_inside, struct span *ret_span)
{
	struct span span;
	if (!find(text, at, is_inside, &span))
		return false;
	size_t size = span.end - span.start;
	if (size == strlen(REDACTED) && is_redacted(text, span.start))
		return false;
	*ret_span = span;
	return true;
}
