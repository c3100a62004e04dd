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
	SCHEME_MAX = 16,
	PORT_DIGITS = 5,
	PORT_MAX = 65535,
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

/* A slash that JSON escaped ends no word. */
static bool ends_url(const struct shape_text *text, size_t at)
{
	unsigned char ch = (unsigned char)text->bytes[at];
	if (ch == '\\')
		return !has_at(text, at + 1, "/");
	return ch <= ' ' || strchr("\"'<>`|", ch);
}

size_t redact_last_word(const char *bytes, size_t length)
{
	const struct shape_text text = {.bytes = bytes, .length = length};
	size_t at = length;
	while (at > 0 && !ends_url(&text, at - 1))
		at--;
	return at;
}

/* "://" as it is or as JSON escapes it; 0: none. */
static size_t scheme_mark(const struct shape_text *text, size_t at)
{
	static const char *const marks[] = {"://", ":\\/\\/"};
	if (at + 1 >= text->length || (text->bytes[at + 1] != '/' && text->bytes[at + 1] != '\\'))
		return 0;
	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		if (has_at(text, at, marks[i]))
			return strlen(marks[i]);
	}
	return 0;
}

/* In a list of URLs, the separator before the next one. */
static bool is_next_url(const struct shape_text *text, size_t at)
{
	size_t end = at + 1;
	if (text->bytes[at] != ',' && text->bytes[at] != ';')
		return false;
	while (end < text->length && end - at <= SCHEME_MAX &&
		(is_token_char(text->bytes[end]) || text->bytes[end] == '+'))
		end++;
	return end > at + 1 && scheme_mark(text, end);
}

/* Whether a path begins behind what can only be a port: there an '@' ends no password. Addresses of
 * servers have no '@' in their path, so digits and a slash are the beginning of a password there. */
static bool is_web_port(const struct shape_text *text, size_t scheme_end, size_t colon)
{
	static const char *const schemes[] = {"http", "https", "ws", "wss"};
	bool is_web = false;
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		is_web |= ends_at(text, scheme_end, schemes[i]);
	size_t end = colon + 1;
	unsigned port = 0;
	for (; end < text->length && end - colon <= PORT_DIGITS && is_digit(text->bytes[end]);
		end++)
		port = port * 10 + (unsigned)(text->bytes[end] - '0');
	return is_web && end > colon + 1 && port <= PORT_MAX && end < text->length &&
	       strchr("/?#\\", text->bytes[end]);
}

/* The last '@' of the word, 0 if none: passwords are written as they are, with '@', '/', '?' and
 * '#' in them, and then nothing tells which '@' is the one before the host. A host may go with the
 * password, never a part of the password with the host. */
static size_t password_end(const struct shape_text *text, size_t start)
{
	size_t found = 0, limit = start + URL_USERINFO_MAX;
	for (size_t at = start; at < text->length && at < limit && !ends_url(text, at); at++) {
		if (text->bytes[at] == '@')
			found = at;
		else if (found && is_next_url(text, at))
			break;
	}
	return found;
}

static bool is_redacted(const struct shape_text *text, size_t at)
{
	return has_at(text, at, REDACTED);
}

/* A user may be the address of a mailbox: the colon counts also behind an '@'. */
static bool url_password(
	const struct shape_text *text, size_t at, size_t mark, struct span *ret_span)
{
	size_t start = at + mark;
	size_t colon = start;
	while (colon < text->length && colon - start < URL_USERINFO_MAX &&
		text->bytes[colon] != ':' && text->bytes[colon] != '/' && !ends_url(text, colon))
		colon++;
	if (colon >= text->length || text->bytes[colon] != ':' || is_redacted(text, colon + 1))
		return false;
	if (colon > start && is_web_port(text, at, colon))
		return false;
	size_t end = password_end(text, colon + 1);
	if (text->is_cut && start >= text->last_word)
		end = text->length; /* another '@' may have followed */
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

const char *redact_key_word(size_t index)
{
	return index < COUNT_OF(keys) ? keys[index].word : NULL;
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
	if (end < 3 || !redact_may_end_key(text->bytes + end - 2))
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

/* The first word of the value that is no scheme: `Bearer abc` is one value of two words. */
static size_t behind_schemes(const struct shape_text *text, size_t start)
{
	static const char *const schemes[] = {"bearer ", "basic ", "token ", "digest ", "bot "};
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		if (has_at(text, start, schemes[i]))
			return behind_schemes(text, start + strlen(schemes[i]));
	}
	return start;
}

/* A word that ends in a colon is a key of its own, whose value goes on behind it (`auth=Authorization: Basic abc`). */
static size_t plain_end(const struct shape_text *text, size_t start)
{
	size_t end = word_end(text, behind_schemes(text, start));
	while (end > start && text->bytes[end - 1] == ':' && end + 1 < text->length &&
		text->bytes[end] == ' ' && !ends_value(text->bytes[end + 1]))
		end = word_end(text, behind_schemes(text, end + 1));
	return end;
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

/* ---- Bearer and Basic credentials without a key before them ---- */

static bool is_token68(char ch)
{
	return is_token_char(ch) || (ch && strchr(".~+/=", ch));
}

static bool bearer(const struct shape_text *text, size_t at, struct span *ret_span)
{
	bool is_bearer = has_at(text, at, "bearer ");
	if (!(is_bearer || has_at(text, at, "basic ")) ||
		(at && is_token_char(text->bytes[at - 1])))
		return false;
	size_t start = at + strlen(is_bearer ? "bearer " : "basic "), end = start;
	bool has_digit = false; /* else it is a word of prose */
	for (; end < text->length && is_token68(text->bytes[end]); end++)
		has_digit |= is_digit(text->bytes[end]) || text->bytes[end] == '=';
	bool cut = text->is_cut && end == text->length && end > start;
	if (!cut && (!has_digit || end - start < BEARER_MIN))
		return false;
	*ret_span = (struct span){start, end};
	return true;
}

static bool find(const struct shape_text *text, size_t at, bool is_inside, struct span *ret_span)
{
	size_t mark;
	switch (text->bytes[at]) {
	case ':':
		mark = scheme_mark(text, at);
		if (mark)
			return url_password(text, at, mark, ret_span);
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
