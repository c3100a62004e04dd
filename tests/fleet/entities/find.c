/* SPDX-License-Identifier: MIT */
/* What the server finds in a text by itself: commands, mentions, hashtags, cashtags, links, addresses. */
#include "tests/fleet/entities/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

enum { COMMAND_MAX = 64, USERNAME_MAX = 32 };

static bool is_word(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || (unsigned char)ch >= 0x80;
}

static bool is_name(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_';
}

static size_t run_of(const char *text, bool (*is)(char ch))
{
	size_t length = 0;
	while (text[length] && is(text[length]))
		length++;
	return length;
}

/* Each of these returns how many bytes at `text` are of its type, 0: none; `before` is the byte before, or 0. */

static size_t command_at(const char *text, char before)
{
	if (text[0] != '/' || is_word(before) || (before && strchr("/<>", before)))
		return 0;
	size_t length = run_of(text + 1, is_name), name = 0;
	if (!length || length > COMMAND_MAX)
		return 0;
	length++;
	if (text[length] == '@')
		name = run_of(text + length + 1, is_name);
	if (name >= 3 && name <= USERNAME_MAX)
		length += 1 + name;
	return is_word(text[length]) || (text[length] && strchr("/<>", text[length])) ? 0 : length;
}

static size_t mention_at(const char *text, char before)
{
	size_t name = text[0] == '@' && !is_word(before) ? run_of(text + 1, is_name) : 0;
	return name >= 2 && name <= USERNAME_MAX && !is_word(text[1 + name]) ? 1 + name : 0;
}

static size_t hashtag_at(const char *text, char before)
{
	if (text[0] != '#' || is_word(before))
		return 0;
	size_t length = run_of(text + 1, is_word), digits = strspn(text + 1, "0123456789");
	return length > digits ? 1 + length : 0;
}

static bool is_capital(char ch)
{
	return ch >= 'A' && ch <= 'Z';
}

static size_t cashtag_at(const char *text, char before)
{
	size_t length = text[0] == '$' && !is_word(before) ? run_of(text + 1, is_capital) : 0;
	return length >= 3 && length <= 8 && !is_word(text[1 + length]) ? 1 + length : 0;
}

static bool is_url(char ch)
{
	return !is_ascii_space(ch) && !strchr("<>\"{}|\\^`[]", ch);
}

static size_t url_at(const char *text, char before)
{
	static const char *const schemes[] = {"https://", "http://", "tg://", "ton://"};
	for (size_t i = 0; i < COUNT_OF(schemes) && !is_word(before); i++) {
		size_t scheme = strlen(schemes[i]);
		if (strncasecmp(text, schemes[i], scheme) != 0)
			continue;
		size_t length = run_of(text + scheme, is_url);
		while (length && strchr(".,:;!?'()", text[scheme + length - 1]))
			length--;
		return length ? scheme + length : 0;
	}
	return 0;
}

static bool is_local_part(char ch)
{
	return is_name(ch) || (ch && strchr(".+-", ch));
}

static bool is_domain(char ch)
{
	return isalnum((unsigned char)ch) || ch == '-' || ch == '.';
}

static size_t email_at(const char *text, char before)
{
	if (is_local_part(before) || is_word(before))
		return 0;
	size_t local = run_of(text, is_local_part);
	if (!local || text[local] != '@')
		return 0;
	size_t domain = run_of(text + local + 1, is_domain);
	while (domain && text[local + domain] == '.')
		domain--;
	const char *dot = memchr(text + local + 1, '.', domain);
	return dot && dot > text + local + 1 ? local + 1 + domain : 0;
}

static const struct {
	enum entity_type type;
	size_t (*length)(const char *text, char before);
} finders[] = {
	{ENTITY_bot_command, command_at},
	{ENTITY_mention, mention_at},
	{ENTITY_hashtag, hashtag_at},
	{ENTITY_cashtag, cashtag_at},
	{ENTITY_url, url_at},
	{ENTITY_email, email_at},
};

/* Nothing is looked for inside of code and links. */
static bool is_opaque(enum entity_type type)
{
	return type == ENTITY_pre || type == ENTITY_code || type == ENTITY_text_link ||
	       type == ENTITY_text_mention || type == ENTITY_custom_emoji ||
	       (type >= ENTITY_mention && type <= ENTITY_phone_number);
}

/* For each unit of the text whether something opaque lies over it; the caller frees it. */
static bool *opaque_units(const struct formatted *formatted)
{
	size_t size = formatted->units + 1;
	autofree int *change = xcalloc(size, sizeof(*change));
	bool *opaque = xcalloc(size, sizeof(*opaque));
	for (size_t i = 0; i < formatted->count; i++) {
		const struct entity *entity = &formatted->items[i];
		if (!is_opaque(entity->type))
			continue;
		change[entity->offset]++;
		change[entity->offset + entity->length]--;
	}
	int depth = 0;
	for (size_t i = 0; i < size; i++) {
		depth += change[i];
		opaque[i] = depth > 0;
	}
	return opaque;
}

static bool is_taken(const bool *opaque, size_t from, size_t to)
{
	while (from < to && !opaque[from])
		from++;
	return from < to;
}

static size_t units_of(const char *text, size_t length)
{
	size_t units = 0;
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		units += (byte & 0xc0) != 0x80;
		units += byte >= 0xf0;
	}
	return units;
}

/* Bytes of what is found at `at`, or 0. */
static size_t find_at(const char *text, size_t at, enum entity_type *ret_type)
{
	char before = at ? text[at - 1] : '\0';
	for (size_t i = 0; i < COUNT_OF(finders); i++) {
		size_t length = finders[i].length(text + at, before);
		*ret_type = finders[i].type;
		if (length)
			return length;
	}
	return 0;
}

void find_unmarked(struct formatted *formatted)
{
	const char *text = formatted->text.text;
	autofree bool *opaque = opaque_units(formatted);
	size_t at = 0, units = 0, found = 0;
	while (at < formatted->text.length && found < ENTITIES_MAX) {
		enum entity_type type;
		size_t length = find_at(text, at, &type);
		size_t step = length ? length : 1, step_units = units_of(text + at, step);
		if (length && !is_taken(opaque, units, units + step_units)) {
			struct entity entity = {type, units, step_units, NULL};
			formatted->items = grow(formatted->items, formatted->count,
				&formatted->capacity, sizeof(entity));
			formatted->items[formatted->count++] = entity;
			found++;
		}
		at += step;
		units += step_units;
	}
}
