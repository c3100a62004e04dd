/* SPDX-License-Identifier: MIT */
#include "tests/fleet/entities/internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

static const struct {
	const char *name, *title;
	int rank;
} types[] = {
#define ENTITY(name, title, rank) {#name, title, rank},
#include "tests/fleet/entities/entities.def"
#undef ENTITY
};

const char *entity_name(enum entity_type type)
{
	return types[type].name;
}

const char *entity_title(enum entity_type type)
{
	return types[type].title;
}

enum entity_type entity_find(const char *name)
{
	enum entity_type type = 0;
	while (type < ENTITY_TYPES && strcmp(types[type].name, name) != 0)
		type++;
	return type;
}

void formatted_init(struct formatted *formatted)
{
	*formatted = (struct formatted){0};
	str_init(&formatted->text);
}

void formatted_release(struct formatted *formatted)
{
	for (size_t i = 0; i < formatted->count; i++)
		free(formatted->items[i].argument);
	free(formatted->items);
	str_release(&formatted->text);
	*formatted = (struct formatted){0};
}

char source_at(const struct source *source, size_t at)
{
	return at < source->length ? source->text[at] : '\0';
}

char source_peek(const struct source *source, size_t ahead)
{
	return source_at(source, source->at + ahead);
}

void source_copy(struct source *source, struct formatted *to)
{
	struct utf8_char ch = utf8_next(source->text + source->at, source->length - source->at);
	formatted_put(to, ch.code);
	source->at += ch.size ? ch.size : 1;
}

static bool is_dropped(uint32_t code)
{
	return code == '\r' || (code >= 0x2028 && code <= 0x202e);
}

void formatted_put(struct formatted *to, uint32_t code)
{
	char bytes[UTF8_MAX_BYTES];
	if (is_dropped(code))
		return;
	if (code < ' ' && code != '\n')
		code = ' ';
	str_add(&to->text, bytes, utf8_encode(code, bytes));
	to->units += code > 0xffff ? 2 : 1;
}

static void add(struct formatted *to, struct entity entity)
{
	to->items = grow(to->items, to->count, &to->capacity, sizeof(*to->items));
	to->items[to->count++] = entity;
}

void formatted_close(struct formatted *to, enum entity_type type, size_t offset, char *argument)
{
	if (to->units > offset)
		add(to, (struct entity){type, offset, to->units - offset, argument});
	else
		free(argument);
}

bool is_ascii_space(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* What stands before "://", or NULL when a link has a scheme that no message may hold. */
static bool has_good_scheme(const char *url)
{
	static const char *const good[] = {"http://", "https://", "tg://", "ton://", "tonsite://"};
	if (!strstr(url, "://"))
		return strchr(url, '.') && !strpbrk(url, " \n:");
	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (strncasecmp(url, good[i], strlen(good[i])) == 0)
			return url[strlen(good[i])] != '\0';
	return false;
}

/* Links are kept as the server shows them: with a scheme, and with a slash after the bare host. */
static char *whole_link(const char *url)
{
	const char *scheme = strstr(url, "://") ? "" : "http://";
	const char *host = *scheme ? url : strstr(url, "://") + 3;
	bool bare = !strpbrk(host, "/?#") && strncasecmp(url, "tg:", 3) != 0;
	return xasprintf("%s%s%s", scheme, url, bare ? "/" : "");
}

void formatted_link(struct formatted *to, size_t offset, char *url)
{
	static const char user[] = "tg://user?id=";
	if (strncasecmp(url, user, strlen(user)) == 0) {
		formatted_close(to, ENTITY_text_mention, offset, xstrdup(url + strlen(user)));
	} else if (has_good_scheme(url)) {
		formatted_close(to, ENTITY_text_link, offset, whole_link(url));
	}
	free(url);
}

bool parse_mode_find(const char *name, enum parse_mode *ret_mode)
{
	static const struct {
		const char *name;
		enum parse_mode mode;
	} modes[] = {{"", PARSE_PLAIN}, {"none", PARSE_PLAIN}, {"markdown", PARSE_MARKDOWN},
		{"markdownv2", PARSE_MARKDOWN_V2}, {"html", PARSE_HTML}};
	for (size_t i = 0; i < COUNT_OF(modes); i++)
		if (strcasecmp(name ? name : "", modes[i].name) == 0) {
			*ret_mode = modes[i].mode;
			return true;
		}
	return false;
}

static bool parse_plain(struct source *source, struct formatted *to)
{
	while (source->at < source->length)
		source_copy(source, to);
	return true;
}

bool formatted_parse(struct formatted *to, enum parse_mode mode, const char *text, size_t length,
	struct err *err)
{
	struct source source = {.text = text, .length = length};
	if (mode == PARSE_HTML)
		return parse_html(&source, to, err);
	if (mode == PARSE_MARKDOWN_V2)
		return parse_markdown_v2(&source, to, err);
	return mode == PARSE_MARKDOWN ? parse_markdown(&source, to, err) : parse_plain(&source, to);
}

/* The byte where the unit `offset` begins; *ret_inside when a character lies over it. */
static size_t byte_of(const struct formatted *formatted, size_t offset, bool *ret_inside)
{
	size_t at = 0, units = 0;
	while (units < offset && at < formatted->text.length) {
		struct utf8_char ch =
			utf8_next(formatted->text.text + at, formatted->text.length - at);
		at += ch.size;
		units += ch.code > 0xffff ? 2 : 1;
	}
	*ret_inside = units > offset;
	return at;
}

static bool check_bounds(
	const struct formatted *formatted, int64_t offset, int64_t length, struct err *err)
{
	int64_t end = offset + length, units = (int64_t)formatted->units;
	bool inside;
	if (offset < 0 || offset > units)
		return err_set(err, ERR_INVALID,
			"Entity begins after the end of the text at UTF-16 offset %lld",
			(long long)offset);
	size_t at = byte_of(formatted, (size_t)offset, &inside);
	if (inside)
		return err_set(err, ERR_INVALID,
			"Entity begins in a middle of a UTF-16 symbol at byte offset %zu", at);
	if (length > units || end > units)
		return err_set(err, ERR_INVALID,
			"Entity beginning at UTF-16 offset %lld ends after the end of the text at "
			"UTF-16 offset %lld",
			(long long)offset, (long long)end);
	at = byte_of(formatted, (size_t)end, &inside);
	return !inside ||
	       err_set(err, ERR_INVALID,
		       "Entity beginning at UTF-16 offset %lld ends in a middle of a UTF-16 symbol "
		       "at byte offset %zu",
		       (long long)offset, at);
}

bool formatted_mark(struct formatted *formatted, enum entity_type type, int64_t offset,
	int64_t length, char *argument, struct err *err)
{
	bool good = length <= 0 || check_bounds(formatted, offset, length, err);
	if (good && length > 0)
		add(formatted, (struct entity){type, (size_t)offset, (size_t)length, argument});
	else
		free(argument);
	return good;
}

/* White space is one unit a character. */
static void trim(struct formatted *formatted)
{
	struct str *text = &formatted->text;
	size_t lead = 0, tail = 0;
	while (tail < text->length && is_ascii_space(text->text[text->length - 1 - tail]))
		tail++;
	str_truncate(text, text->length - tail);
	while (lead < text->length && is_ascii_space(text->text[lead]))
		lead++;
	str_remove(text, 0, lead);
	formatted->units -= lead + tail;
	for (size_t i = 0; i < formatted->count; i++) {
		struct entity *entity = &formatted->items[i];
		size_t end = entity->offset + entity->length;
		size_t from = entity->offset > lead ? entity->offset - lead : 0;
		end = end > lead ? end - lead : 0;
		end = end < formatted->units ? end : formatted->units;
		entity->offset = from;
		entity->length = end > from ? end - from : 0;
	}
}

static int compare(const void *a, const void *b)
{
	const struct entity *left = a, *right = b;
	if (left->offset != right->offset)
		return left->offset < right->offset ? -1 : 1;
	if (left->length != right->length)
		return left->length > right->length ? -1 : 1;
	return types[left->type].rank - types[right->type].rank;
}

static void sort(struct formatted *formatted)
{
	if (formatted->count)
		qsort(formatted->items, formatted->count, sizeof(*formatted->items), compare);
}

static void remove_empty(struct formatted *formatted)
{
	size_t kept = 0;
	for (size_t i = 0; i < formatted->count; i++)
		if (formatted->items[i].length)
			formatted->items[kept++] = formatted->items[i];
		else
			free(formatted->items[i].argument);
	formatted->count = kept;
}

/* An entity that crosses the end of one before it is cut in two there. True when something was cut. */
static bool cut_crossing(struct formatted *formatted)
{
	size_t count = formatted->count;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++) {
			struct entity *inner = &formatted->items[j];
			size_t border = formatted->items[i].offset + formatted->items[i].length;
			size_t end = inner->offset + inner->length;
			if (inner->offset >= border || end <= border)
				continue;
			inner->length = border - inner->offset;
			const char *argument = inner->argument;
			struct entity rest = {inner->type, border, end - border,
				argument ? xstrdup(argument) : NULL};
			add(formatted, rest);
			return true;
		}
	return false;
}

static void bound(struct formatted *formatted)
{
	while (formatted->count > ENTITIES_MAX)
		free(formatted->items[--formatted->count].argument);
}

void formatted_finish(struct formatted *formatted)
{
	find_unmarked(formatted);
	trim(formatted);
	remove_empty(formatted);
	sort(formatted);
	bound(formatted);
	while (formatted->count < 2 * ENTITIES_MAX && cut_crossing(formatted))
		sort(formatted);
	bound(formatted);
}
