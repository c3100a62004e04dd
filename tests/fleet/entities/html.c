/* SPDX-License-Identifier: MIT */
/* parse_mode HTML: a few tags, four named entities and numeric ones; anything else is refused. */
#include "tests/fleet/entities/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

static const struct tag {
	const char *name;
	enum entity_type type;
	const char *attribute,
		*prefix; /* what gives the argument, and what its value begins with */
} tags[] = {
	{"a", ENTITY_text_link, "href", ""},
	{"b", ENTITY_bold, NULL, NULL},
	{"strong", ENTITY_bold, NULL, NULL},
	{"i", ENTITY_italic, NULL, NULL},
	{"em", ENTITY_italic, NULL, NULL},
	{"s", ENTITY_strikethrough, NULL, NULL},
	{"strike", ENTITY_strikethrough, NULL, NULL},
	{"del", ENTITY_strikethrough, NULL, NULL},
	{"u", ENTITY_underline, NULL, NULL},
	{"ins", ENTITY_underline, NULL, NULL},
	{"tg-spoiler", ENTITY_spoiler, NULL, NULL},
	{"span", ENTITY_spoiler, "class", "tg-"},
	{"tg-emoji", ENTITY_custom_emoji, "emoji-id", ""},
	{"pre", ENTITY_pre, NULL, NULL},
	{"code", ENTITY_code, "class", "language-"},
	{"blockquote", ENTITY_blockquote, "expandable", ""},
};

/* A tag that is open. */
struct open_tag {
	const struct tag *tag;
	char *argument;
	size_t offset, text_at; /* in units and bytes */
};

struct html {
	struct source *source;
	struct formatted *to;
	struct err *err;
	struct open_tag open[NESTED_MAX];
	size_t depth;
};

static const struct tag *find_tag(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(tags); i++)
		if (strcmp(tags[i].name, name) == 0)
			return &tags[i];
	return NULL;
}

static char *lower(const struct source *source, size_t from, size_t to)
{
	char *text = xstrndup(source->text + from, to - from);
	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return text;
}

static void skip_spaces(struct source *source)
{
	while (is_ascii_space(source_peek(source, 0)))
		source->at++;
}

static uint32_t numeric_code(const struct source *source, size_t at, size_t *ret_end)
{
	uint32_t code = 0;
	bool hex = source_at(source, at) == 'x';
	at += hex;
	for (unsigned char ch; (ch = (unsigned char)source_at(source, at)); at++) {
		if (!(hex ? isxdigit(ch) : isdigit(ch)) || code > 0x10ffff)
			break;
		uint32_t digit = isdigit(ch) ? ch - (uint32_t)'0'
					     : (uint32_t)tolower(ch) - (uint32_t)'a' + 10;
		code = code * (hex ? 16 : 10) + digit;
	}
	*ret_end = at;
	return code < 0x10ffff && (code < 0xd800 || code > 0xdfff) ? code : 0;
}

static uint32_t named_code(const struct source *source, size_t at, size_t *ret_end)
{
	static const struct {
		const char *name;
		uint32_t code;
	} names[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}};
	size_t end = at;
	while (isalpha((unsigned char)source_at(source, end)))
		end++;
	*ret_end = end;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strlen(names[i].name) == end - at &&
			memcmp(source->text + at, names[i].name, end - at) == 0)
			return names[i].code;
	return 0;
}

/* The character of the entity at the parser's place, which it then has passed; 0: there is none. */
static uint32_t decode(struct source *source)
{
	size_t end;
	if (source_peek(source, 0) != '&')
		return 0;
	uint32_t code = source_peek(source, 1) == '#' ? numeric_code(source, source->at + 2, &end)
						      : named_code(source, source->at + 1, &end);
	if (code)
		source->at = source_at(source, end) == ';' ? end + 1 : end;
	return code;
}

static bool unclosed(struct html *html, const char *name, size_t begin)
{
	return name ? err_set(html->err, ERR_SYNTAX, "Unclosed start tag \"%s\" at byte offset %zu",
			      name, begin)
		    : err_set(html->err, ERR_SYNTAX, "Unclosed start tag at byte offset %zu",
			      begin);
}

static void read_literal(struct source *source, struct str *value)
{
	char quote = source->text[source->at++], bytes[UTF8_MAX_BYTES];
	while (source->at < source->length && source_peek(source, 0) != quote) {
		uint32_t code = decode(source);
		if (code)
			str_add(value, bytes, utf8_encode(code, bytes));
		else
			str_addch(value, source->text[source->at++]);
	}
	if (source->at < source->length)
		source->at++;
}

static bool read_value(struct html *html, size_t begin, struct str *value)
{
	struct source *source = html->source;
	if (source_peek(source, 0) == '"' || source_peek(source, 0) == '\'') {
		read_literal(source, value);
	} else {
		size_t token = source->at;
		for (char ch; isalnum((unsigned char)(ch = source_peek(source, 0))) || ch == '.' ||
			      ch == '-';
			source->at++)
			str_addch(value, (char)tolower((unsigned char)ch));
		if (!is_ascii_space(source_peek(source, 0)) && source_peek(source, 0) != '>')
			return err_set(html->err, ERR_SYNTAX,
				"Unexpected end of name token at byte offset %zu", token);
	}
	return source->at < source->length || unclosed(html, NULL, begin);
}

static void take_attribute(
	const struct tag *tag, const char *name, const char *value, char **argument)
{
	if (!tag->attribute || strcmp(name, tag->attribute) != 0 ||
		!starts_with(value, tag->prefix))
		return;
	free(*argument);
	*argument = xstrdup(value + strlen(tag->prefix));
}

static bool ends_name(char ch)
{
	return !ch || is_ascii_space(ch) || strchr("=>/\"'", ch);
}

static bool read_attribute(struct html *html, const struct tag *tag, size_t begin, char **argument)
{
	struct source *source = html->source;
	size_t from = source->at;
	while (!ends_name(source_peek(source, 0)))
		source->at++;
	autofree char *name = lower(source, from, source->at);
	if (!*name)
		return source->at == source->length ? unclosed(html, tag->name, begin)
						    : err_set(html->err, ERR_SYNTAX,
							      "Empty attribute name in the tag "
							      "\"%s\" at byte offset %zu",
							      tag->name, begin);
	skip_spaces(source);
	autostr struct str value = STR_INIT;
	if (source_peek(source, 0) == '=') {
		source->at++;
		skip_spaces(source);
		if (source->at == source->length)
			return unclosed(html, tag->name, begin);
		if (!read_value(html, begin, &value))
			return false;
	} else if (source->at == source->length) {
		return unclosed(html, tag->name, begin);
	}
	take_attribute(tag, name, value.text, argument);
	return true;
}

static bool read_attributes(struct html *html, const struct tag *tag, size_t begin, char **argument)
{
	struct source *source = html->source;
	for (;;) {
		skip_spaces(source);
		if (source_peek(source, 0) == '>')
			break;
		if (!read_attribute(html, tag, begin, argument))
			return false;
	}
	source->at++;
	if (strcmp(tag->name, "span") == 0 && (!*argument || strcmp(*argument, "spoiler") != 0))
		return err_set(html->err, ERR_SYNTAX,
			"Tag \"span\" must have class \"tg-spoiler\" at byte offset %zu", begin);
	return true;
}

static bool open_tag(struct html *html)
{
	struct source *source = html->source;
	size_t begin = source->at++;
	while (source->at < source->length && !is_ascii_space(source_peek(source, 0)) &&
		source_peek(source, 0) != '>')
		source->at++;
	if (source->at == source->length)
		return unclosed(html, NULL, begin);
	autofree char *name = lower(source, begin + 1, source->at);
	const struct tag *tag = find_tag(name);
	if (!tag)
		return err_set(html->err, ERR_SYNTAX,
			"Unsupported start tag \"%s\" at byte offset %zu", name, begin);
	char *argument = NULL;
	if (!read_attributes(html, tag, begin, &argument) || html->depth == NESTED_MAX) {
		free(argument);
		return html->err->code != ERR_NONE
			       ? false
			       : err_set(html->err, ERR_LIMIT, "Too many nested tags");
	}
	html->open[html->depth++] =
		(struct open_tag){tag, argument, html->to->units, html->to->text.length};
	return true;
}

/* <pre><code class="language-x"> around the same text is one entity. */
static bool joins_code(struct html *html, const struct open_tag *open)
{
	struct formatted *to = html->to;
	struct entity *last = to->count ? &to->items[to->count - 1] : NULL;
	if (!last || last->type != ENTITY_code || !last->argument || last->offset != open->offset ||
		last->offset + last->length != to->units)
		return false;
	last->type = ENTITY_pre;
	return true;
}

static void close_link(struct html *html, struct open_tag *open)
{
	char *url = open->argument ? open->argument : xstrdup(html->to->text.text + open->text_at);
	open->argument = NULL;
	formatted_link(html->to, open->offset, url);
}

static void close_entity(struct html *html, struct open_tag *open)
{
	enum entity_type type = open->tag->type;
	char **argument = &open->argument;
	if (type == ENTITY_text_link) {
		close_link(html, open);
		return;
	}
	if (type == ENTITY_pre && joins_code(html, open))
		return;
	if (type == ENTITY_blockquote && *argument)
		type = ENTITY_expandable_blockquote;
	bool has_argument = type == ENTITY_code || type == ENTITY_custom_emoji;
	formatted_close(html->to, type, open->offset, has_argument ? *argument : NULL);
	if (has_argument)
		*argument = NULL;
}

static bool close_tag(struct html *html)
{
	struct source *source = html->source;
	size_t begin = source->at;
	if (!html->depth)
		return err_set(
			html->err, ERR_SYNTAX, "Unexpected end tag at byte offset %zu", begin);
	source->at += 2;
	while (source->at < source->length && !is_ascii_space(source_peek(source, 0)) &&
		source_peek(source, 0) != '>')
		source->at++;
	autofree char *name = lower(source, begin + 2, source->at);
	skip_spaces(source);
	if (source_peek(source, 0) != '>')
		return err_set(html->err, ERR_SYNTAX, "Unclosed end tag at byte offset %zu", begin);
	struct open_tag *open = &html->open[html->depth - 1];
	if (*name && strcmp(name, open->tag->name) != 0)
		return err_set(html->err, ERR_SYNTAX,
			"Unmatched end tag at byte offset %zu, expected \"</%s>\", found \"</%s>\"",
			begin, open->tag->name, name);
	source->at++;
	close_entity(html, open);
	free(open->argument);
	html->depth--;
	return true;
}

static bool step(struct html *html)
{
	struct source *source = html->source;
	uint32_t code = decode(source);
	if (code) {
		formatted_put(html->to, code);
		return true;
	}
	if (source_peek(source, 0) == '<')
		return source_peek(source, 1) == '/' ? close_tag(html) : open_tag(html);
	source_copy(source, html->to);
	return true;
}

bool parse_html(struct source *source, struct formatted *to, struct err *err)
{
	struct html html = {.source = source, .to = to, .err = err};
	bool good = true;
	err->code = ERR_NONE;
	while (good && source->at < source->length)
		good = step(&html);
	if (good && html.depth)
		good = err_set(err, ERR_SYNTAX,
			"Can't find end tag corresponding to start tag \"%s\"",
			html.open[html.depth - 1].tag->name);
	/* A <code class="language-x"> that no <pre> wraps is plain code. */
	for (size_t i = 0; i < to->count; i++)
		if (to->items[i].type == ENTITY_code) {
			free(to->items[i].argument);
			to->items[i].argument = NULL;
		}
	while (html.depth)
		free(html.open[--html.depth].argument);
	return good;
}
